#include "samples.h"
#include "sanitized.h"
#include "terms.h"

#include "base/random.h"
#include "ops/elementwise.h"
#include "ops/expression.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- shapes of elementwise operations ---- */

#define SHAPE(...) .rank = (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), .dims = {__VA_ARGS__}
#define T .layout = SAMPLE_TRANSPOSED
#define S .layout = SAMPLE_SLICED
#define R .layout = SAMPLE_REPEATED
#define F .layout = SAMPLE_FLIPPED

static const sample_operand unary[] = {
    {.rank = 0},      {SHAPE(1)},          {SHAPE(7)},          {SHAPE(9)},       {SHAPE(17)},      {SHAPE(33)},
    {SHAPE(3, 5)},    {SHAPE(2, 3, 4)},    {SHAPE(2, 3, 2, 2)}, {SHAPE(0)},       {SHAPE(2, 0, 3)}, {SHAPE(3, 5), T},
    {SHAPE(9, 1), T}, {SHAPE(2, 3, 4), T}, {SHAPE(7), S},       {SHAPE(9, 1), S}, {SHAPE(3, 5), S}, {SHAPE(0, 3), S},
    {SHAPE(9), R},    {SHAPE(4, 3), R},    {SHAPE(3, 2, 2), R}, {SHAPE(600)},     {SHAPE(17), F},   {SHAPE(3, 5), F},
};

static const sample_operand binary[][2] = {
    {{.rank = 0}, {.rank = 0}},
    {{SHAPE(1)}, {SHAPE(1)}},
    {{SHAPE(7)}, {SHAPE(7)}},
    {{SHAPE(17)}, {SHAPE(17)}},
    {{SHAPE(3, 5)}, {SHAPE(3, 5)}},
    {{SHAPE(2, 3, 2)}, {SHAPE(2, 3, 2)}},
    /* broadcast: row, column, scalar, both, leading axes */
    {{SHAPE(3, 5)}, {SHAPE(5)}},
    {{SHAPE(5)}, {SHAPE(3, 5)}},
    {{SHAPE(3, 5)}, {SHAPE(3, 1)}},
    {{SHAPE(3, 1)}, {SHAPE(3, 9)}},
    {{SHAPE(3, 5)}, {.rank = 0}},
    {{.rank = 0}, {SHAPE(9)}},
    {{SHAPE(33)}, {SHAPE(1)}},
    {{SHAPE(3, 1)}, {SHAPE(1, 5)}},
    {{SHAPE(2, 3, 4)}, {SHAPE(3, 1)}},
    {{SHAPE(2, 1, 2, 1)}, {SHAPE(3, 1, 3)}},
    /* no elements */
    {{SHAPE(0, 3)}, {SHAPE(3)}},
    {{.rank = 0}, {SHAPE(2, 0)}},
    /* views */
    {{SHAPE(3, 5), T}, {SHAPE(3, 5)}},
    {{SHAPE(3, 5)}, {SHAPE(3, 5), T}},
    {{SHAPE(3, 4), T}, {SHAPE(4), S}},
    {{SHAPE(7), S}, {SHAPE(7)}},
    {{SHAPE(9, 1), S}, {SHAPE(9, 1), S}},
    {{SHAPE(3, 5), S}, {SHAPE(3, 1), S}},
    {{SHAPE(9), R}, {SHAPE(9)}},
    {{SHAPE(4, 3), R}, {SHAPE(4, 3), R}},
    {{SHAPE(2, 3), R}, {SHAPE(3, 1, 3), T}},
    {{SHAPE(9), F}, {SHAPE(9)}},
    {{SHAPE(3, 5), F}, {SHAPE(5), F}},
    /* above the blocks in which sums are made */
    {{SHAPE(600)}, {.rank = 0}},
    {{.rank = 0}, {SHAPE(600)}},
    {{SHAPE(600)}, {SHAPE(600)}},
};
#undef T
#undef S
#undef R
#undef F

static int64_t count_of(int rank, const int64_t dims[])
{
    int64_t count = 1;
    for (int i = 0; i < rank; i++)
        count *= dims[i];
    return count;
}

/* Only leaves of few elements are perturbed one by one. */
static bool is_large(const sample *s)
{
    int64_t perturbed = 0;
    for (int k = 0; k < s->n; k++)
        perturbed += s->wanted & 1u << k ? count_of(s->in[k].rank, s->in[k].dims) : 0;
    return perturbed > 100;
}

static size_t visit_subsets(sample *s, sample_visitor *visit, void *user)
{
    size_t   visited = 0;
    unsigned indices = 0;
    for (int k = 0; k < s->n; k++)
        indices |= s->in[k].below ? 1u << k : 0;
    for (s->wanted = 1; s->wanted < 1u << s->n; s->wanted++) {
        /* with many operands: all, each alone, and each left out */
        unsigned all = (1u << s->n) - 1, left = all & ~s->wanted & ~indices;
        bool     few = (s->wanted & (s->wanted - 1)) == 0 || (left & (left - 1)) == 0;
        if (s->wanted & indices || (s->n > 3 && !few))
            continue;
        if (SANITIZED && (s->wanted | indices) != all) /* memory is touched most when all are wanted */
            continue;
        s->large = is_large(s);
        s->seed += 0x10001;
        if (SANITIZED && s->seed / 0x10001 % 2 == 0)
            continue;
        visit(s, user);
        visited++;
    }
    return visited;
}

static size_t each_elementwise(sample *s, sample_visitor *visit, void *user)
{
    size_t visited = 0, shapes = s->n == 1 ? sizeof unary / sizeof *unary : sizeof binary / sizeof *binary;
    for (size_t i = 0; i < shapes; i++) {
        memcpy(s->in, s->n == 1 ? &unary[i] : binary[i], (size_t)s->n * sizeof *s->in);
        visited += visit_subsets(s, visit, user);
    }
    return visited;
}

/* Reads "[2, 3] []  [4]<5": returns the number of operands. */
static int parse_shapes(const char *text, sample_operand in[])
{
    int n = 0;
    for (const char *at = text; *at; n++) {
        sample_operand to = {.rank = 0};
        char          *end;
        at = strchr(at, '[');
        if (!at || n == SAMPLE_OPERANDS)
            abort();
        for (at += 1 + strspn(at + 1, " "); *at != ']'; at += strspn(at, ", ")) {
            if (to.rank == TAD_MAX_RANK)
                abort();
            to.dims[to.rank++] = strtoll(at, &end, 10);
            if (end == at)
                abort();
            at = end;
        }
        if (*++at == '<') {
            to.below = strtoll(at + 1, &end, 10);
            at = end;
        }
        at += strspn(at, " ");
        in[n] = to;
    }
    return n;
}

/* The operation's own samples, each with all operands in each layout that their shapes allow. */
static size_t each_structured(sample *s, sample_visitor *visit, void *user)
{
    static const int least_rank[] = {0, 2, 1, 1, 1};
    size_t           visited = 0;
    for (int i = 0; i < s->op->sample_count; i++) {
        const tad_sample *own = &s->op->samples[i];
        s->attributes = own->attributes;
        for (int layout = SAMPLE_PLAIN; layout <= SAMPLE_FLIPPED; layout++) {
            bool some = layout == SAMPLE_PLAIN;
            s->n = parse_shapes(own->in, s->in);
            for (int k = 0; k < s->n; k++)
                if (!s->in[k].below && s->in[k].rank >= least_rank[layout]) {
                    s->in[k].layout = (sample_layout)layout;
                    some = true;
                }
            visited += some ? visit_subsets(s, visit, user) : 0;
        }
    }
    return visited;
}

size_t sample_each(const tad_op *op, sample_visitor *visit, void *user)
{
    sample s = {.op = op, .n = op->arity};
    return op->partial[0] ? each_elementwise(&s, visit, user) : each_structured(&s, visit, user);
}

bool sample_chosen(const tad_op *op)
{
    const char *names = getenv("TAD_OPS");
    size_t      length = strlen(op->name);
    for (const char *at = names; at && (at = strstr(at, op->name)) != NULL; at += length)
        if ((at == names || at[-1] == ',') && (at[length] == ',' || !at[length]))
            return true;
    return !names || !*names;
}

/* ---- numbers ---- */

enum { POOL = 8, TRIES = 1000 };
static const double margin = 0.05; /* a stencil reaches 0.035 to each side */

static double as_float(double number)
{
    return (double)(float)number;
}

/* A number for operand k that keeps away from the kink whatever the other operand is. */
static double pick(const sample *s, const tad__expression *kink, int k, uint64_t i, int others, const double other[])
{
    const double *domain = &s->op->domain[2 * k];
    double        size;
    for (uint64_t try = 0; try < TRIES; try++) {
        double number = as_float(tad__random_uniform(s->seed * 2 + (uint64_t)k, i * TRIES + try, domain[0], domain[1]));
        bool   good = true;
        for (int j = 0; j < others && good && kink->count; j++)
            good =
                fabs(terms_evaluate(kink, (double[]){k ? other[j] : number, k ? number : other[j]}, &size)) >= margin;
        if (good)
            return number;
    }
    fprintf(stderr, "%s: found no numbers away from its kink\n", s->op->name);
    abort();
}

void sample_numbers(const tad_op *op, uint64_t seed, int64_t count, double a[], double b[])
{
    static const char *const names[][2] = {{"x"}, {"a", "b"}};
    const sample             s = {.op = op, .n = op->arity, .seed = seed};
    double                   pools[2][POOL];
    tad__expression          kink = {0};
    tad_text_error           error;
    if (op->kink &&
        tad__expression_parse(&tad__malloc_allocator, op->kink, names[op->arity - 1], op->arity, &kink, &error))
        abort();
    bool         pairs = op->arity == 2 && kink.count; /* any a may meet any b: both come from a few that get on */
    const double within = op->domain[2] + 0.7 * (op->domain[3] - op->domain[2]); /* a kink may lie in a alone */
    for (uint64_t i = 0; i < POOL && pairs; i++)
        pools[0][i] = pick(&s, &kink, 0, i, 1, &within);
    for (uint64_t i = 0; i < POOL && pairs; i++)
        pools[1][i] = pick(&s, &kink, 1, i, POOL, pools[0]);
    for (int64_t i = 0; i < count; i++) {
        uint64_t n = (uint64_t)i;
        a[i] = pairs ? pools[0][tad__random_bits(seed, 2 * n) % POOL] : pick(&s, &kink, 0, n, 1, (double[]){0});
        if (op->arity == 2)
            b[i] = pairs ? pools[1][tad__random_bits(seed, 2 * n + 1) % POOL] : pick(&s, &kink, 1, n, 0, NULL);
    }
    tad__expression_free(&tad__malloc_allocator, &kink);
}

/* ---- recording ---- */

static tad_var leaf(tad_tape *tape, tad_dtype dtype, int rank, const int64_t dims[], const double numbers[],
                    bool differentiable)
{
    float       floats[SAMPLE_ELEMENTS];
    int64_t     indices[SAMPLE_ELEMENTS];
    const void *data = dtype == TAD_F32 ? (const void *)floats : (const void *)numbers;
    for (int64_t i = 0; i < count_of(rank, dims); i++)
        indices[i] = (int64_t)(floats[i] = (float)numbers[i]);
    if (dtype == TAD_I64)
        return tad_tensor_constant(tape, dtype, rank, dims, indices);
    return differentiable ? tad_tensor(tape, dtype, rank, dims, data)
                          : tad_tensor_constant(tape, dtype, rank, dims, data);
}

static sample_operand shape_of_leaf(const sample_operand *view)
{
    sample_operand from = *view;
    int            last = from.rank - 1;
    if (from.layout == SAMPLE_TRANSPOSED) {
        from.dims[last] = view->dims[last - 1];
        from.dims[last - 1] = view->dims[last];
    } else if (from.layout == SAMPLE_SLICED) {
        from.dims[last] += 3;
    } else if (from.layout == SAMPLE_REPEATED) {
        from.dims[0] = 1;
    }
    return from;
}

/* Numbers that keep 0.1 apart from each other and from 0, in random order: what has a kink at 0 or at ties is smooth there. */
static double spread(uint64_t seed, int64_t i, int64_t count)
{
    int64_t stride = 7919; /* coprime to any count: it is prime, and larger */
    int64_t place = (i * stride + (int64_t)(tad__random_bits(seed, 0) % (uint64_t)count)) % count;
    return as_float(((double)place - (double)(count / 2) + 0.5) * 0.1);
}

/* Element i of operand k. */
static double number_for(const sample *s, int k, int64_t i, int64_t most)
{
    int64_t place = i + k * most;
    if (s->in[k].below)
        return (double)(tad__random_bits(s->seed + (uint64_t)k, (uint64_t)i) % (uint64_t)s->in[k].below);
    if (s->op->kink)
        return spread(s->seed, place, most * s->n);
    return as_float(tad__random_uniform(s->seed, (uint64_t)place, -2, 2));
}

void sample_leaves(const sample *s, tad_tape *tape, tad_dtype dtype, tad_var leaves[])
{
    double         numbers[SAMPLE_OPERANDS][SAMPLE_ELEMENTS];
    sample_operand from[SAMPLE_OPERANDS];
    int64_t        most = 0;
    for (int k = 0; k < s->n; k++) {
        from[k] = shape_of_leaf(&s->in[k]);
        int64_t count = count_of(from[k].rank, from[k].dims);
        if (count > SAMPLE_ELEMENTS)
            abort();
        most = count > most ? count : most;
    }
    if (s->op->partial[0])
        sample_numbers(s->op, s->seed, most, numbers[0], numbers[1]);
    for (int64_t i = 0; i < most * s->n && !s->op->partial[0]; i++)
        numbers[i / most][i % most] = number_for(s, (int)(i / most), i % most, most);
    for (int k = 0; k < s->n; k++)
        leaves[k] =
            leaf(tape, from[k].below ? TAD_I64 : dtype, from[k].rank, from[k].dims, numbers[k], s->wanted & 1u << k);
}

void sample_operands(const sample *s, const tad_var leaves[], tad_var x[])
{
    for (int k = 0; k < s->n; k++) {
        const sample_operand *to = &s->in[k];
        x[k] = leaves[k];
        if (to->layout == SAMPLE_TRANSPOSED)
            x[k] = tad_transpose(leaves[k]);
        else if (to->layout == SAMPLE_SLICED)
            x[k] = tad_slice(leaves[k], -1, 1, 1 + to->dims[to->rank - 1]);
        else if (to->layout == SAMPLE_REPEATED)
            x[k] = tad_broadcast_to(leaves[k], to->rank, to->dims);
        else if (to->layout == SAMPLE_FLIPPED)
            x[k] = tad_slice_step(leaves[k], -1, TAD_END, TAD_END, -1);
    }
    if (s->op->prepare)
        s->op->prepare(s->n, x);
}

tad_var sample_record(void *user, size_t n, const tad_var leaves[])
{
    const sample *s = user;
    tad_var       x[SAMPLE_OPERANDS];
    (void)n;
    sample_operands(s, leaves, x);
    return tad_apply(s->op, (tad_args){.n = s->n, .x = x, .attributes = s->attributes});
}

tad_var sample_random_like(tad_var x, uint64_t seed)
{
    double  numbers[SAMPLE_ELEMENTS];
    int64_t dims[TAD_MAX_RANK];
    for (int i = 0; i < tad_rank(x); i++)
        dims[i] = tad_dim(x, i);
    for (int64_t i = 0; i < tad_count(x); i++) {
        double number = as_float(tad__random_uniform(~seed, (uint64_t)i, -1, 1));
        numbers[i] = as_float(number + (number < 0 ? -0.5 : 0.5));
    }
    return leaf(x.tape, tad_dtype_of(x), tad_rank(x), dims, numbers, false);
}

/* ---- reading ---- */

static int64_t read_with(tad_var x, tad_status read(tad_var, void *, size_t), double out[])
{
    float      floats[SAMPLE_ELEMENTS];
    bool       f32 = tad_dtype_of(x) == TAD_F32;
    int64_t    count = tad_count(x);
    tad_status status = f32 ? read(x, floats, sizeof floats) : read(x, out, SAMPLE_ELEMENTS * sizeof *out);
    for (int64_t i = 0; i < count && f32; i++)
        out[i] = (double)floats[i];
    return status == TAD_OK ? count : -1;
}

int64_t sample_read(tad_var x, double out[SAMPLE_ELEMENTS])
{
    return read_with(x, tad_read, out);
}

int64_t sample_read_gradient(tad_var x, double out[SAMPLE_ELEMENTS])
{
    return read_with(x, tad_read_grad, out);
}

const char *sample_text(const sample *s)
{
    static char              text[300];
    static const char *const layouts[] = {"", " transposed", " sliced", " repeated", " flipped"};
    int                      used = snprintf(text, sizeof text, "%s(", s->op->name);
    for (int k = 0; k < s->n; k++) {
        used += snprintf(text + used, sizeof text - (size_t)used, k ? ", [" : "[");
        for (int i = 0; i < s->in[k].rank; i++)
            used += snprintf(text + used, sizeof text - (size_t)used, i ? ", %d" : "%d", (int)s->in[k].dims[i]);
        used += snprintf(text + used, sizeof text - (size_t)used, "]%s", layouts[s->in[k].layout]);
    }
    snprintf(text + used, sizeof text - (size_t)used, "), wanted %u, seed %llu", s->wanted,
             (unsigned long long)s->seed);
    return text;
}
