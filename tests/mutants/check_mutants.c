/* Are wrong derivatives found? Linked with a library whose elementwise.def has the rows of write_mutants.c: of every
 * original row the gradient check must agree with the derivatives, of every mutant it must call them wrong, in every way in
 * which a row is executed. What differences cannot see has to differ from special.def. */
#include "samples.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBERS = 9 };

/* Mutants that are no mistakes: the text differs, the derivative is the same for all operands. */
static const struct {
    const char *op, *text;
} equivalent[] = {
    {"relu", "(y > 0)"},                          /* y = x where x > 0, and 0 elsewhere */
    {"maximum", "((y > b) + (half * (a == b)))"}, /* y is a or b, and greater than b only if it is a */
    {"maximum", "((y > a) + (half * (a == b)))"},
    {"hypot", "(a / (y + (a == 0)))"}, /* 0 over anything but 0 */
    {"hypot", "(a / (y - (y == 0)))"},
    {"hypot", "(b / (y + (b == 0)))"},
    {"hypot", "(b / (y - (y == 0)))"},
    {"asinh", "(1 / hypot(one, x))"},
    {"softsign", "(1 / ((1 + ((y < 0) ? -(x) : x)) * (1 + ((x < 0) ? -(x) : x))))"}, /* y has the sign of x */
    {"softsign", "(1 / ((1 + ((x < 0) ? -(x) : x)) * (1 + ((y < 0) ? -(x) : x))))"},
    {"softsign", "(1 / ((1 + ((x <= 0) ? -(x) : x)) * (1 + ((x < 0) ? -(x) : x))))"},
    {"softsign", "(1 / ((1 + ((x < 0) ? -(x) : x)) * (1 + ((x <= 0) ? -(x) : x))))"},
    {"leaky_relu", "((a >= 0) ? 0 : a)"},
    {"elu", "((a >= 0) ? 0 : expm1(a))"},
    {"selu", "((y > 0) ? selu_scale : ((selu_scale * selu_alpha) * exp(x)))"},
    {"hardtanh", "((y < 1) ? (x > -(1)) : 0)"},
    {"hardtanh", "((x < 1) ? (y > -(1)) : 0)"},
    {"copysign", "(copysign(one, y) * (((a > 0) ? one : 0) - ((a < 0) ? one : 0)))"},
    {"copysign", "(copysign(one, b) * ((a > 0) - ((a < 0) ? one : 0)))"}, /* one is 1 */
    {"copysign", "(copysign(one, b) * (((a > 0) ? one : 0) - (a < 0)))"},
    {"abs", "((x > 0) - ((x < 0) ? one : 0))"},
    {"abs", "(((x > 0) ? one : 0) - (x < 0))"},
    {"cbrt", "(((x * half) == y) ? (1 / (y * y)) : (y / (3 * x)))"}, /* 0 and infinity alone are meant */
    {"cbrt", "(((y / half) == y) ? (1 / (y * y)) : (y / (3 * x)))"},
    {"cbrt", "(((y * half) == x) ? (1 / (y * y)) : (y / (3 * x)))"},
    {"cbrt", "(((y * half) == y) ? (2 / (y * y)) : (y / (3 * x)))"},
    {"cbrt", "(((y * half) == y) ? (1 / (x * y)) : (y / (3 * x)))"},
    {"cbrt", "(((y * half) == y) ? (1 / (y * x)) : (y / (3 * x)))"},
    {"minimum", "((y < b) + (half * (a == b)))"},
    {"minimum", "((y < a) + (half * (a == b)))"},
};

static const struct {
    const char *name;
    double      x[2], gradient[2];
} specials[] = {
#define SPECIAL(name, a, b, value, da, db) {#name, {(double)(a), (double)(b)}, {(double)(da), (double)(db)}},
#define SPECIAL_F64(name, a, b, value, da, db) SPECIAL(name, a, b, value, da, db)
#include "special.def"
};

typedef struct subject {
    const tad_op *op, *original;
    tad_tape     *tape;
    double        x[2][NUMBERS];
} subject;

static tad_var record(void *user, size_t n, const tad_var x[])
{
    return tad_apply(user, (tad_args){.n = (int)n, .x = x});
}

static void give_up(const subject *s, const char *what)
{
    fprintf(stderr, "%s: %s failed: %s\n", s->op->name, what, tad_tape_message(s->tape));
    exit(2);
}

/* Operands: scalars (number i), vectors, or a vector and a scalar that is broadcast. */
typedef enum form { SCALARS, VECTORS, BROADCAST, FORMS } form;

static void make_operands(const subject *s, form f, int i, tad_dtype dtype, tad_var x[])
{
    for (int k = 0; k < s->op->arity; k++) {
        float   floats[NUMBERS];
        bool    scalar = f == SCALARS || (f == BROADCAST && k == i % s->op->arity);
        int64_t count = NUMBERS;
        for (int j = 0; j < NUMBERS; j++)
            floats[j] = (float)s->x[k][(j + (scalar ? i : 0)) % NUMBERS];
        const void *data = dtype == TAD_F32 ? (const void *)floats : (const void *)&s->x[k][scalar ? i : 0];
        x[k] = tad_tensor(s->tape, dtype, scalar ? 0 : 1, &count, data);
    }
}

/* The verdict of the gradient check; if `both`, the derivative must be wrong in numbers and recorded. */
static bool found_wrong(const subject *s, form f, bool both)
{
    bool wrong = false;
    for (int i = 0; i < (f == VECTORS ? 1 : NUMBERS); i++) {
        tad_gradcheck_report report;
        tad_var              x[2];
        make_operands(s, f, i, TAD_F64, x);
        if (tad_gradcheck(record, (void *)(uintptr_t)s->op, (size_t)s->op->arity, x, NULL, &report) != TAD_OK)
            give_up(s, "tad_gradcheck");
        for (size_t e = 0; e < report.count; e++) {
            const tad_gradcheck_entry *entry = &report.entries[e];
            double                     allowed = 1e-9 * fabs(entry->numeric) + entry->noise;
            bool                       numbers = !(fabs(entry->analytic - entry->numeric) <= allowed);
            bool                       nodes = !(fabs(entry->recorded - entry->numeric) <= allowed);
            wrong |= both ? entry->verdict == TAD_WRONG && numbers && nodes : entry->verdict != TAD_AGREES;
        }
        tad_gradcheck_free(&report);
        tad_tape_rewind(s->tape, 0);
    }
    return wrong;
}

/* Floats are compared with the original's doubles. */
static bool floats_differ(const subject *s)
{
    float   narrow[NUMBERS];
    double  wide[NUMBERS];
    tad_var x[2];
    bool    differ = false;
    for (int k = 0; k < s->op->arity; k++) {
        make_operands(s, VECTORS, 0, TAD_F32, x);
        if (tad_backward(tad_sum(record((void *)(uintptr_t)s->op, (size_t)s->op->arity, x))) != TAD_OK ||
            tad_read_grad(x[k], narrow, sizeof narrow) != TAD_OK)
            give_up(s, "tad_backward of floats");
        make_operands(s, VECTORS, 0, TAD_F64, x);
        if (tad_backward(tad_sum(record((void *)(uintptr_t)s->original, (size_t)s->op->arity, x))) != TAD_OK ||
            tad_read_grad(x[k], wide, sizeof wide) != TAD_OK)
            give_up(s, "tad_backward");
        for (int i = 0; i < NUMBERS; i++)
            differ |= !(fabs((double)narrow[i] - wide[i]) <= 1e-5 * fabs(wide[i]));
    }
    tad_tape_rewind(s->tape, 0);
    return differ;
}

static bool same(double found, double expected)
{
    if (isinf(expected))
        return found == expected;
    return isnan(expected) ? isnan(found) : found == expected || fabs(found - expected) <= 1e-14 * fabs(expected);
}

/* At special values the original has the derivatives of the table; a mutant is to differ, in numbers and recorded. */
static bool differs_from_table(const subject *s)
{
    bool differs = false;
    for (size_t i = 0; i < sizeof specials / sizeof *specials; i++) {
        if (strcmp(specials[i].name, s->original->name) != 0)
            continue;
        tad_var x[2] = {tad_scalar(s->tape, specials[i].x[0]), tad_scalar(s->tape, specials[i].x[1])}, gx[2];
        tad_var y = record((void *)(uintptr_t)s->op, (size_t)s->op->arity, x);
        if (tad_backward(y) != TAD_OK || tad_gradient(y, 2, x, gx) != TAD_OK)
            give_up(s, "a special value");
        bool numbers = false, nodes = false;
        for (int k = 0; k < s->op->arity; k++) {
            numbers |= !same(tad_grad(x[k]), specials[i].gradient[k]);
            nodes |= !same(tad_value(gx[k]), specials[i].gradient[k]);
        }
        differs |= numbers && nodes;
        tad_tape_rewind(s->tape, 0);
    }
    return differs;
}

static bool is_equivalent(const subject *s)
{
    for (size_t i = 0; i < sizeof equivalent / sizeof *equivalent; i++)
        if (strcmp(equivalent[i].op, s->original->name) == 0)
            for (int k = 0; k < s->op->arity; k++)
                if (strcmp(equivalent[i].text, s->op->partial[k]) == 0)
                    return true;
    return false;
}

/* The row that a mutant was made of; NULL for an original. */
static const tad_op *original_of(const tad_op *op)
{
    char        name[100];
    const char *end = strstr(op->name, "_mutant_");
    if (!end)
        return NULL;
    snprintf(name, sizeof name, "%.*s", (int)(end - op->name), op->name);
    return tad_op_find(name);
}

int main(void)
{
    subject       s = {.tape = tad_tape_new()};
    int           originals = 0, mutants = 0, by_differences = 0, by_table = 0, same_as = 0, bad = 0;
    const tad_op *op;
    for (size_t i = 0; (op = tad_op_at(i)) != NULL; i++) {
        const tad_op *original = original_of(op);
        if (!op->partial[0])
            continue;
        s.op = op;
        s.original = original ? original : op;
        sample_numbers(s.original, 1, NUMBERS, s.x[0], s.x[1]);
        bool found = true, any = false;
        for (int f = SCALARS; f < FORMS; f++) {
            bool wrong = found_wrong(&s, (form)f, original != NULL);
            found &= wrong;
            any |= wrong;
        }
        bool floats = floats_differ(&s), table = differs_from_table(&s);
        if (!original) {
            originals++;
            if (any || floats || table)
                bad += printf("%s is right, and was found wrong\n", op->name) > 0;
            continue;
        }
        mutants++;
        found = found && floats;
        if (is_equivalent(&s)) {
            same_as++;
            if (any || table)
                bad +=
                    printf("%s: was found, so it is not equivalent: check_mutants.c is out of date\n", op->about) > 0;
        } else if (any ? !found : !table) {
            bad += printf("%s: not found%s\n", op->about, any ? " in every way in which it is executed" : "") > 0;
        }
        by_differences += found;
        by_table += !found && table;
    }
    if (same_as != (int)(sizeof equivalent / sizeof *equivalent))
        bad += printf("%d equivalent mutants, expected %zu\n", same_as, sizeof equivalent / sizeof *equivalent) > 0;
    if (originals == 0 || mutants < 10 * originals)
        bad += printf("%d mutants of %d rows: too few\n", mutants, originals) > 0;
    printf("%d mutants of %d rows: %d found by differences, %d by special values, %d equivalent\n", mutants, originals,
           by_differences, by_table, same_as);
    tad_tape_free(s.tape);
    return bad != 0;
}
