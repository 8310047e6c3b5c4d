/* Writes docs/operations.md to standard output: every operation of the library with its formula, derivative, where it is not
 * smooth, and the worst errors measured. Run by `make docs`; tests/scripts/check_operations.sh keeps the page fresh. */
#include "precision.h"
#include "samples.h"

#include "ops/elementwise.h"

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char intro[] = "# Operations\n\n"
                            "Written by `make docs` from the operations themselves; every number is measured while it "
                            "is written, and `make check`\n"
                            "measures them again.\n\n"
                            "Every operation can be differentiated to any order, in reverse and forward mode, in f32 "
                            "and f64. Errors are the worst\n"
                            "found at random points of the domain the operation is tested in, in units in the last "
                            "place (ulp) of the element type:\n"
                            "of the value, of the first derivative, and of the second.\n\n";

static const char elementwise_intro[] =
    "## Element by element\n\n"
    "Shapes broadcast as NumPy's. `y` is the result; a comparison is 1 if true and "
    "0 if not; `c ? a : b` is `where(c, a, b)`.\n"
    "Errors are against the same formulas with 113 bits. Derivatives may pass "
    "through 0: errors of the first are in ulps of\n"
    "the terms that it is a sum of, if it is one, those of the second in ulps of its "
    "mean magnitude where it is smaller than that.\n\n"
    "| operation | value | derivative | not smooth where | f32: y, y', y'' | f64: "
    "y, y', y'' |\n|---|---|---|---|---|---|\n";

static const char structured_intro[] = "\n## Whole tensors\n\n"
                                       "By families, each of which has a header. The example shows the operands' "
                                       "shapes of one of the cases that the operation "
                                       "is tested with, and that of the result; a\n"
                                       "number behind `<` says that the operand holds indices below it. Errors of f32 "
                                       "are against f64, in ulps of the largest\n"
                                       "element of the result; the derivatives are products with random vectors. "
                                       "`composed` operations record others; `linear` ones\n"
                                       "are linear in each operand.\n";

static const char structured_columns[] =
    "| operation | what it is | formula | kind | not smooth where | example | f32: "
    "y, y', y'' |\n|---|---|---|---|---|---|---|\n";

/* Rounded up, so that the page does not change with every breath of the compiler. */
static void write_error(double error, const char *after)
{
    double steps = error <= 4 ? 0.5 : error <= 16 ? 1 : error <= 100 ? 10 : 100;
    if (isfinite(error))
        printf("%g%s", ceil(error / steps) * steps, after);
    else
        printf("?%s", after);
}

static void write_precision(const precision *p)
{
    write_error(p->value, ", ");
    write_error(p->first, ", ");
    write_error(p->second, " |");
}

/* A text in a table: | would end the column. */
static void write_text(const char *text, const char *around)
{
    const char *start = text;
    printf(" %s", *text ? around : "");
    for (; *text; text++)
        printf(*text == '|' ? "\\|" : "%c", *text);
    printf("%s |", *start ? around : "");
}

static void write_row(const tad_op *op)
{
    precision f32, f64;
    bool      measured = precision_of(op, TAD_F32, &f32) && precision_of(op, TAD_F64, &f64);
    printf("| `%s` |", op->name);
    write_text(op->formula, "`");
    if (op->arity == 1)
        printf(" `%s` |", op->partial[0]);
    else
        printf(" `%s`, `%s` |", op->partial[0], op->partial[1]);
    if (op->kink)
        printf(" `%s = 0` | ", op->kink);
    else
        printf(" | ");
    if (!measured) {
        printf("? | ? |\n");
        return;
    }
    write_precision(&f32);
    printf(" ");
    write_precision(&f64);
    printf("\n");
}

/* ---- structured operations ---- */

typedef struct measure {
    tad_tape *tape;
    precision worst;
    char      example[200];
    int64_t   size; /* elements of the result in the example */
} measure;

/* The largest difference over the largest expected number, in ulps of a float. */
static void compare(tad_var found, tad_var expected, double *worst)
{
    static double a[SAMPLE_ELEMENTS], b[SAMPLE_ELEMENTS];
    double        error = 0, size = 0;
    int64_t       n = sample_read(found, a);
    if (n < 0 || sample_read(expected, b) != n)
        error = (double)NAN;
    for (int64_t i = 0; i < n; i++) {
        if (a[i] == b[i])
            continue;
        error = fmax(error, fabs(a[i] - b[i]));
        size = fmax(size, fabs(b[i]));
    }
    for (int64_t i = 0; i < n; i++)
        size = fmax(size, isfinite(b[i]) ? fabs(b[i]) : 0);
    error = error == 0 ? 0 : error / (size * (double)FLT_EPSILON);
    if (!(error <= *worst))
        *worst = error;
}

typedef struct results {
    tad_var y, gx[SAMPLE_OPERANDS], hv[SAMPLE_OPERANDS];
    size_t  n;
} results;

static bool run(const sample *s, tad_tape *tape, tad_dtype dtype, results *r)
{
    tad_var leaves[SAMPLE_OPERANDS], x[SAMPLE_OPERANDS], v[SAMPLE_OPERANDS];
    r->n = 0;
    sample_leaves(s, tape, dtype, leaves);
    for (int k = 0; k < s->n; k++)
        if (s->wanted >> k & 1)
            x[r->n++] = leaves[k];
    r->y = sample_record((void *)(uintptr_t)s, (size_t)s->n, leaves);
    if (!tad_is_valid(r->y) || tad_dtype_of(r->y) == TAD_I64)
        return tad_is_valid(r->y);
    tad_var z = tad_sum(tad_mul(r->y, sample_random_like(r->y, s->seed)));
    for (size_t i = 0; i < r->n; i++)
        v[i] = sample_random_like(x[i], s->seed + 1 + i);
    return tad_gradient(z, r->n, x, r->gx) == TAD_OK && tad_hvp(z, r->n, x, v, r->hv) == TAD_OK;
}

static void measure_sample(const sample *s, void *user)
{
    measure *m = user;
    results  f32, f64;
    unsigned floats = 0;
    for (int k = 0; k < s->n; k++) {
        floats |= s->in[k].below ? 0 : 1u << k;
        if (s->in[k].layout != SAMPLE_PLAIN)
            return;
    }
    if (s->wanted != floats)
        return;
    tad_tape_rewind(m->tape, 0);
    if (!run(s, m->tape, TAD_F64, &f64) || !run(s, m->tape, TAD_F32, &f32)) {
        fprintf(stderr, "%s: %s\n", sample_text(s), tad_tape_message(m->tape));
        exit(EXIT_FAILURE);
    }
    compare(f32.y, f64.y, &m->worst.value);
    for (size_t i = 0; i < f64.n && tad_dtype_of(f64.y) != TAD_I64; i++) {
        compare(f32.gx[i], f64.gx[i], &m->worst.first);
        compare(f32.hv[i], f64.hv[i], &m->worst.second);
    }
    int64_t most = 1;
    for (int i = 0; i < tad_rank(f64.y); i++)
        most *= tad_dim(f64.y, i);
    if (m->size >= 6 || most <= m->size) /* a small one, but not the smallest */
        return;
    m->size = most;
    const char *text = sample_text(s), *open = strchr(text, '('), *close = strstr(text, "), wanted");
    int         used = snprintf(m->example, sizeof m->example, "%.*s -> [", (int)(close - open - 1), open + 1);
    for (int i = 0; i < tad_rank(f64.y); i++)
        used +=
            snprintf(m->example + used, sizeof m->example - (size_t)used, i ? ", %d" : "%d", (int)tad_dim(f64.y, i));
    snprintf(m->example + used, sizeof m->example - (size_t)used, "]");
}

static const struct section {
    const char *operation, *family;
} sections[] = {
#define SECTION(operation, family) {#operation, #family},
#include "sections.inc"
#undef SECTION
};

static bool is_of(const tad_op *op, const char *family)
{
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        if (strcmp(sections[i].operation, op->name) == 0)
            return strcmp(sections[i].family, family) == 0;
    return false;
}

static void write_structured(const tad_op *op, tad_tape *tape)
{
    measure m = {.tape = tape};
    sample_each(op, measure_sample, &m);
    printf("| `%s` |", op->name);
    write_text(op->about, "");
    write_text(op->formula, "`");
    printf(" %s |", op->compose    ? "composed"
                    : op->constant ? "constant"
                    : op->view     ? "view"
                    : op->linear   ? "linear"
                                   : "");
    write_text(op->kink ? op->kink : "", op->kink && strchr(op->kink, ' ') == NULL ? "`" : "");
    write_text(m.example, "`");
    printf(" ");
    write_precision(&m.worst);
    printf("\n");
}

/* The operations of a family, of those from number `i` on. */
static void write_family(const char *family, const char *title, size_t i, tad_tape *tape)
{
    printf("\n### %c%s\n\nDeclared in `tad/%s.h`.\n\n%s", toupper((unsigned char)*title), title + 1, family,
           structured_columns);
    for (const tad_op *op; (op = tad_op_at(i)) != NULL; i++)
        if (is_of(op, family))
            write_structured(op, tape);
}

int main(void)
{
    tad_tape     *tape = tad_tape_new();
    const tad_op *op;
    size_t        i = 0;
    printf("%s%s", intro, elementwise_intro);
    for (; (op = tad_op_at(i)) != NULL && tad__row_of(op) >= 0; i++)
        write_row(op);
    printf("%s", structured_intro);
#define FAMILY(name, title) write_family(#name, title, i, tape);
#include "host/families.def"
#undef FAMILY
    tad_tape_free(tape);
    return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}
