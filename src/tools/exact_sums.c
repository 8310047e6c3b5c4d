/* Sums of elements and of products, by the operations' own kernels and still exactly: operands are cut into slices of so few
 * bits that no product and no sum of them rounds in double, whatever the order, and the results are added up with pairs
 * (K. Ozaki, T. Ogita, S. Oishi, S. Rump, Numer. Algorithms 59 (2012), 95-118). */
#include "tools/exact.h"

#include <tad/operations.h>

#include <float.h>
#include <string.h>

enum { MOST_SLICES = 120 };

/* Which operands are cut together, as terms of one sum, and which are multiplied with each other. */
static const struct {
    const char *op;
    bool        multiplies;
} sums[] = {
    {"sum", false},          {"sum_to", false},          {"cumsum", false},
    {"scatter_add", false},  {"pick_class", false},      {"place_class", false},
    {"pack", false},         {"matmul", true},           {"conv2d", true},
    {"conv2d_kernel", true}, {"conv_transpose2d", true},
};

static int find(const tad_op *op)
{
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++)
        if (strcmp(op->name, sums[i].op) == 0 && tad_op_find(op->name) == op)
            return (int)i;
    return -1;
}

bool tad__exact_is_sum(const tad_op *op)
{
    return find(op) >= 0;
}

/* What is left to be cut of an operand, and the slice in hand. */
typedef struct cut {
    int64_t count;
    double *hi, *lo, *slice; /* copies */
} cut;

static bool is_finite(const cut *c)
{
    bool finite = true;
    for (int64_t i = 0; i < c->count; i++)
        finite &= isfinite(c->hi[i]) != 0;
    return finite;
}

/* The next power of two above everything that is left; 0: nothing is. */
static double top_of(const cut *c)
{
    double largest = 0;
    int    exponent;
    for (int64_t i = 0; i < c->count; i++)
        largest = fmax(largest, fabs(c->hi[i]));
    if (largest == 0)
        return 0;
    frexp(largest, &exponent);
    return ldexp(1, exponent > 1023 ? 1023 : exponent);
}

/* Takes off everything above `unit`, rounded to it. */
static void take_slice(cut *c, double unit)
{
    for (int64_t i = 0; i < c->count; i++) {
        double whole = rint(c->hi[i] / unit) * unit;
        c->slice[i] = whole;
        tad__pair rest = tad__pair_sum(c->hi[i] - whole, c->lo[i]);
        c->hi[i] = rest.hi;
        c->lo[i] = rest.lo;
    }
}

static bool open_cut(const tad__exact_node *node, int k, cut *c)
{
    size_t bytes;
    c->count = tad__array_count(&node->hi[k]);
    bytes = (size_t)(c->count > 0 ? c->count : 1) * sizeof(double);
    double *block = tad__arena_take(&node->e->tape->scratch, 3 * bytes);
    if (!block)
        return false;
    c->hi = block;
    c->lo = block + bytes / sizeof *block;
    c->slice = c->lo + bytes / sizeof *block;
    memcpy(c->hi, node->hi[k].data, (size_t)c->count * sizeof *block);
    memcpy(c->lo, node->lo[k].data, (size_t)c->count * sizeof *block);
    return true;
}

static void add_result(const tad__exact_node *node, const double *sum)
{
    int64_t count = tad__array_count(&node->out_hi);
    for (int64_t i = 0; i < count; i++) {
        tad__pair total = tad__exact_get(&node->out_hi, &node->out_lo, i);
        tad__exact_put(node, i, tad__pair_add(total, tad__pair_of(sum[i])));
    }
}

typedef struct summing {
    tad__exact_node *node;
    tad_array        out; /* of one sum */
    tad_array        in[TAD_MAX_ARITY];
    int              bits; /* of a slice */
} summing;

static tad_status run(summing *s)
{
    s->node->call.in = s->in;
    tad_status status = tad__exact_forward(s->node, &s->out);
    s->node->call.in = s->node->hi;
    if (status == TAD_OK)
        add_result(s->node, s->out.data);
    return status;
}

/* All operands of numbers in slices of one size: y = f(slices 1) + f(slices 2) + ... */
static tad_status sum_terms(summing *s, cut cuts[])
{
    const tad__exact_node *node = s->node;
    tad_status             status = TAD_OK;
    for (int k = 0; k < node->call.n; k++)
        if (node->lo[k].data)
            s->in[k].data = cuts[k].slice;
    for (int i = 0; i < MOST_SLICES && status == TAD_OK; i++) {
        double top = 0;
        for (int k = 0; k < node->call.n; k++)
            if (node->lo[k].data)
                top = fmax(top, top_of(&cuts[k]));
        double unit = fmax(ldexp(top, -s->bits), 0x1p-1074);
        if (top == 0)
            break;
        for (int k = 0; k < node->call.n; k++)
            if (node->lo[k].data)
                take_slice(&cuts[k], unit);
        status = run(s);
    }
    return status;
}

/* Slices of a times slices of b; products that are below the last digit of the largest are left out. */
static tad_status sum_products(summing *s, cut cuts[])
{
    enum { MOST = 24, DEEP = 280 };
    double     unit;
    tad_status status = TAD_OK;
    s->in[0].data = cuts[0].slice;
    s->in[1].data = cuts[1].slice;
    double first = top_of(&cuts[0]), second = top_of(&cuts[1]);
    for (int i = 0; i < MOST && status == TAD_OK; i++) {
        double top = top_of(&cuts[0]);
        if (top == 0 || second == 0)
            break;
        take_slice(&cuts[0], fmax(ldexp(top, -s->bits), 0x1p-1074));
        cut b = cuts[1]; /* from the beginning */
        memcpy(b.hi, s->node->hi[1].data, (size_t)b.count * sizeof *b.hi);
        memcpy(b.lo, s->node->lo[1].data, (size_t)b.count * sizeof *b.lo);
        while (status == TAD_OK && (unit = top_of(&b)) > 0 && log2(unit / second) + log2(top / first) > -DEEP) {
            take_slice(&b, fmax(ldexp(unit, -s->bits), 0x1p-1074));
            status = run(s);
        }
    }
    return status;
}

/* A bias, which is only added: the operation of zeros with it. */
static tad_status add_bias(summing *s, cut cuts[])
{
    tad__exact_node *node = s->node;
    tad_status       status = TAD_OK;
    for (int k = 0; k < 2; k++)
        memset(cuts[k].slice, 0, (size_t)cuts[k].count * sizeof(double));
    for (int part = 0; part < 2 && status == TAD_OK; part++) {
        s->in[2] = part ? node->lo[2] : node->hi[2];
        status = run(s);
    }
    return status;
}

/* What is not finite is left to double arithmetic. */
static tad_status by_double(tad__exact_node *node)
{
    memset(node->out_lo.data, 0, tad__array_bytes(&node->out_lo));
    return tad__exact_forward(node, &node->out_hi);
}

static tad_status sum(summing *s, bool multiplies)
{
    tad__exact_node *node = s->node;
    cut              cuts[3];
    int64_t          terms = 1;
    bool             finite = true;
    for (int k = 0; k < node->call.n; k++) {
        if (!node->lo[k].data)
            continue;
        if (!open_cut(node, k, &cuts[k]))
            return tad__fail_memory(node->e->tape, node->e->caller, node->e->name);
        finite &= is_finite(&cuts[k]);
        terms = cuts[k].count > terms ? cuts[k].count : terms;
    }
    if (!finite)
        return by_double(node);
    s->bits = DBL_MANT_DIG - 3 - (int)ceil(log2((double)terms));
    s->bits /= multiplies ? 2 : 1;
    if (!multiplies)
        return sum_terms(s, cuts);
    int        n = node->call.n;
    tad_status status;
    node->call.n = 2;
    status = sum_products(s, cuts);
    node->call.n = n;
    return status == TAD_OK && n > 2 ? add_bias(s, cuts) : status;
}

tad_status tad__exact_sums(tad__exact_node *node)
{
    tad__arena *scratch = &node->e->tape->scratch;
    summing    *s = tad__arena_take(scratch, sizeof *s);
    size_t      bytes = tad__array_bytes(&node->out_hi);
    if (!s)
        return tad__fail_memory(node->e->tape, node->e->caller, node->e->name);
    s->node = node;
    s->out = node->out_hi;
    s->out.data = tad__arena_take(scratch, bytes);
    memcpy(s->in, node->hi, (size_t)node->call.n * sizeof *s->in);
    memset(node->out_hi.data, 0, bytes);
    memset(node->out_lo.data, 0, bytes);
    tad_status status = s->out.data ? sum(s, sums[find(node->call.op)].multiplies)
                                    : tad__fail_memory(node->e->tape, node->e->caller, node->e->name);
    tad__arena_rewind(scratch, s);
    return status;
}
