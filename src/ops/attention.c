/* layers: scaled dot-product attention. The node packs the result and, as one more column, the logarithm of the sum of
 * the exponentials of each row's scores, from which the derivatives find the weights again: none of queries x keys
 * numbers is kept. */
#include "tensor/attention.h"
#include "ops/arguments.h"
#include "ops/pairs.h"
#include "ops/sample.h"

#include <tad/elementwise.h>
#include <tad/operations.h>

#include <inttypes.h>
#include <math.h>

enum { Q, K, V, MASK, OPERANDS };

typedef struct attributes {
    bool   causal;
    double scale; /* 0: 1 / sqrt(width) */
} attributes;

static double scale_for(const attributes *to, int64_t width)
{
    double w = (double)width;
    return to->scale != 0 ? to->scale : width > 0 ? 1 / sqrt(w) : 1;
}

/* ---- shape ---- */

static int64_t last(const tad_array *x)
{
    return x->dims[x->rank - 1];
}

static int64_t rows(const tad_array *x)
{
    return x->dims[x->rank - 2];
}

static bool same_leading_axes(const tad_array *a, const tad_array *b)
{
    bool same = a->rank == b->rank;
    for (int i = 0; i < a->rank - 2 && same; i++)
        same = a->dims[i] == b->dims[i];
    return same;
}

/* The shape of queries x keys for each head. */
static tad_array scores_of(const tad_call *call)
{
    tad_array scores = call->in[Q];
    scores.dims[scores.rank - 1] = rows(&call->in[K]);
    return scores;
}

static tad_status shape(const tad_call *call)
{
    const tad_array  *q = &call->in[Q], *k = &call->in[K], *v = &call->in[V];
    const attributes *to = call->attributes;
    tad_array        *out = call->out;
    if (!isfinite(to->scale))
        return tad_refuse(call, TAD_EARG, "a scale of %g; expected a finite one, or 0 for 1 / sqrt(d)", to->scale);
    for (int i = Q; i <= V; i++)
        if (call->in[i].rank < 2)
            return tad_refuse(call, TAD_ESHAPE, "operand %d has rank %d; expected [..., positions, elements]", i + 1,
                              call->in[i].rank);
    if (!same_leading_axes(q, k) || !same_leading_axes(q, v))
        return tad_refuse(call, TAD_ESHAPE, "leading axes of queries, keys and values differ");
    if (last(q) != last(k))
        return tad_refuse(call, TAD_ESHAPE, "a query has %" PRId64 " elements and a key %" PRId64 "; expected as many",
                          last(q), last(k));
    if (rows(k) != rows(v))
        return tad_refuse(call, TAD_ESHAPE, "%" PRId64 " keys and %" PRId64 " values; expected as many", rows(k),
                          rows(v));
    if (last(q) > INT32_MAX || last(v) > INT32_MAX)
        return tad_refuse(call, TAD_ESHAPE, "a query or value of more than 2^31 - 1 elements");
    tad_array scores = scores_of(call);
    if (call->n > MASK && !tad__array_broadcasts_to(&call->in[MASK], &scores))
        return tad_refuse(call, TAD_ESHAPE, "the mask does not broadcast to [..., %" PRId64 ", %" PRId64 "]", rows(q),
                          rows(k));
    tad__array_set_shape(out, q->rank, q->dims);
    out->dims[q->rank - 1] = last(v) + 1;
    return TAD_OK;
}

/* ---- numbers ---- */

static int64_t head_count(const tad_call *call)
{
    int64_t count = 1;
    for (int i = 0; i < call->in[Q].rank - 2; i++)
        count *= call->in[Q].dims[i];
    return count;
}

/* Matrix i of those that lie along the leading axes. */
static tad__matrix head(const tad_array *x, int64_t i)
{
    int64_t offset = 0;
    for (int axis = x->rank - 3; axis >= 0; axis--) {
        offset += i % x->dims[axis] * x->strides[axis];
        i /= x->dims[axis];
    }
    void *data = x->data ? (char *)x->data + offset * (int64_t)tad_dtype_size(x->dtype) : NULL;
    return (tad__matrix){data, x->strides[x->rank - 2], x->strides[x->rank - 1]};
}

static tad__attention sizes_of(const tad_call *call)
{
    const attributes *to = call->attributes;
    return (tad__attention){.queries = rows(&call->in[Q]),
                            .keys = rows(&call->in[K]),
                            .width = last(&call->in[Q]),
                            .value_width = last(&call->in[V]),
                            .scale = scale_for(to, last(&call->in[Q])),
                            .causal = to->causal};
}

/* The mask, or its gradient, in the shape of the scores. */
static tad_array spread(const tad_call *call, const tad_array *mask)
{
    tad_array scores = scores_of(call);
    return tad__array_broadcast(mask, &scores);
}

/* Each head: forward if gy is NULL, backward otherwise. */
static void each_head(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    tad__attention a = sizes_of(call);
    tad_array      mask = {0}, g_mask = {0};
    int64_t        count = head_count(call);
    if (count == 0 || a.queries == 0)
        return;
    void *scratch = tad_scratch(call, tad__attention_scratch(&a, call->out->dtype));
    if (!scratch)
        return;
    if (call->n > MASK)
        mask = spread(call, &call->in[MASK]);
    if (call->n > MASK && gy)
        g_mask = spread(call, &gx[MASK]);
    for (int64_t i = 0; i < count; i++) {
        a.q = head(&call->in[Q], i);
        a.k = head(&call->in[K], i);
        a.v = head(&call->in[V], i);
        a.out = head(call->out, i);
        if (call->n > MASK)
            a.mask = head(&mask, i);
        if (!gy) {
            tad__attention_forward(&a, call->out->dtype, scratch);
            continue;
        }
        a.g_out = head(gy, i);
        a.g_q = head(&gx[Q], i);
        a.g_k = head(&gx[K], i);
        a.g_v = head(&gx[V], i);
        if (call->n > MASK)
            a.g_mask = head(&g_mask, i);
        tad__attention_backward(&a, call->out->dtype, scratch);
    }
}

static void forward(const tad_call *call)
{
    each_head(call, NULL, NULL);
}

static void backward(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    each_head(call, gy, gx);
}

/* ---- recorded ---- */

/* The column of 0, 1, ..., n - 1: what is there, and behind it the same plus its length. */
static tad_var counting(tad_tape *tape, int64_t n)
{
    tad_var column = tad_reshape(tad_constant(tape, 0), 2, (const int64_t[]){1, 1});
    for (int64_t size = 1; size < n; size *= 2) {
        double  length = (double)size;
        tad_var next = tad_add(column, tad_constant(tape, length));
        column = tad_add(tad_pad(column, 0, 0, size), tad_pad(next, 0, size, 0));
    }
    return tad_slice(column, 0, 0, n);
}

/* The weights: exp(score - logarithm), where the scores that a query does not see are -infinity. */
static tad_var weights(const tad_rule *rule)
{
    const attributes *to = rule->attributes;
    tad_var           q = rule->x[Q], k = rule->x[K];
    tad_tape         *tape = q.tape;
    int64_t           width = tad_dim(rule->y, -1) - 1;
    tad_var           scale = tad_constant(tape, scale_for(to, tad_dim(q, -1)));
    tad_var           scores = tad_matmul(tad_mul(q, scale), tad_transpose(k));
    if (rule->n > MASK)
        scores = tad_add(scores, rule->x[MASK]);
    if (to->causal) {
        tad_var query = counting(tape, tad_dim(q, -2)), key = tad_transpose(counting(tape, tad_dim(k, -2)));
        scores = tad_where(tad_less_equal(key, query), scores, tad_constant(tape, -(double)INFINITY));
    }
    return tad_exp(tad_sub(scores, tad_slice(rule->y, -1, width, width + 1)));
}

static tad_var row_sums(tad_var x)
{
    return tad_sum_axes(x, 1, (const int[]){-1}, true);
}

/* With weights p, and cotangents g of the result and l of the logarithm: the gradient of the scores is
 * p (g v' + l - the sum over columns of g out). */
static void vjp(const tad_rule *rule)
{
    tad_var p = weights(rule), v = rule->x[V];
    int64_t width = tad_dim(rule->y, -1) - 1;
    tad_var g = tad_slice(rule->gy, -1, 0, width), l = tad_slice(rule->gy, -1, width, width + 1);
    if (rule->wanted[V])
        rule->gx[V] = tad_matmul(tad_transpose(p), g);
    tad_var out = tad_slice(rule->y, -1, 0, width);
    tad_var scores = tad_add(tad_matmul(g, tad_transpose(v)), tad_sub(l, row_sums(tad_mul(g, out))));
    scores = tad_mul(p, scores);
    tad_var scale = tad_constant(p.tape, scale_for(rule->attributes, tad_dim(rule->x[Q], -1)));
    if (rule->wanted[Q])
        rule->gx[Q] = tad_mul(tad_matmul(scores, rule->x[K]), scale);
    if (rule->wanted[K])
        rule->gx[K] = tad_mul(tad_matmul(tad_transpose(scores), rule->x[Q]), scale);
    if (rule->n > MASK && rule->wanted[MASK])
        rule->gx[MASK] = scores;
}

static void add_to(tad_var *sum, tad_var x)
{
    *sum = sum->tape ? tad_add(*sum, x) : x;
}

static tad_var jvp(const tad_rule *rule)
{
    tad_var p = weights(rule), scores = {0}, result = {0};
    int64_t width = tad_dim(rule->y, -1) - 1;
    tad_var scale = tad_constant(p.tape, scale_for(rule->attributes, tad_dim(rule->x[Q], -1)));
    if (rule->wanted[Q])
        add_to(&scores, tad_matmul(tad_mul(rule->dx[Q], scale), tad_transpose(rule->x[K])));
    if (rule->wanted[K])
        add_to(&scores, tad_matmul(tad_mul(rule->x[Q], scale), tad_transpose(rule->dx[K])));
    if (rule->n > MASK && rule->wanted[MASK])
        add_to(&scores, rule->dx[MASK]);
    if (rule->wanted[V])
        add_to(&result, tad_pad(tad_matmul(p, rule->dx[V]), -1, 0, 1));
    if (!scores.tape)
        return result;
    scores = tad_mul(p, scores);
    tad_var l = row_sums(scores), out = tad_slice(rule->y, -1, 0, width);
    add_to(&result, tad_pad(tad_sub(tad_matmul(scores, rule->x[V]), tad_mul(out, l)), -1, 0, 1));
    return tad_add(result, tad_pad(l, -1, width, 0));
}

static const attributes plain = {0}, causal = {.causal = true}, scaled = {.scale = -0.75},
                        causal_scaled = {.causal = true, .scale = 0.5};

/* A leading axis of size 1 keeps tests from repeating one key: of keys that are all the same the second derivatives are 0. */
static const tad_sample samples[] = {
    {.in = "[1, 1] [1, 1] [1, 1]", .attributes = &plain},
    {.in = "[1, 2, 3] [1, 4, 3] [1, 4, 2]", .attributes = &plain},
    {.in = "[1, 5, 1] [1, 3, 1] [1, 3, 4]", .attributes = &scaled},
    {.in = "[1, 3, 3] [1, 3, 3] [1, 3, 3]", .attributes = &causal},
    {.in = "[1, 5, 2] [1, 3, 2] [1, 3, 3]", .attributes = &causal},
    {.in = "[1, 2, 2] [1, 4, 2] [1, 4, 1]", .attributes = &causal_scaled},
    {.in = "[2, 3, 2] [2, 2, 2] [2, 2, 3]", .attributes = &plain},
    {.in = "[2, 1, 2, 3] [2, 1, 3, 3] [2, 1, 3, 2]", .attributes = &causal},
    {.in = "[1, 2, 3] [1, 4, 3] [1, 4, 2] [2, 4]", .attributes = &plain},
    {.in = "[1, 3, 2] [1, 3, 2] [1, 3, 2] [1, 3]", .attributes = &causal},
    {.in = "[2, 2, 2] [2, 3, 2] [2, 3, 1] [2, 3]", .attributes = &scaled},
    {.in = "[2, 2, 2] [2, 3, 2] [2, 3, 1] [2, 1, 3]", .attributes = &plain},
    {.in = "[0, 2] [3, 2] [3, 2]", .attributes = &plain},
    {.in = "[2, 2] [0, 2] [0, 3]", .attributes = &plain},
    {.in = "[2, 0] [3, 0] [3, 2] [1, 3]", .attributes = &plain},
    {.in = "[1, 2, 3] [1, 4, 3] [1, 4, 0] [1, 4]", .attributes = &causal},
};

static tad_var call(tad_args args)
{
    const attributes           *to = args.attributes;
    const tad_attention_options options = {
        .causal = to->causal, .scale = to->scale, .mask = args.n > MASK ? args.x[MASK] : (tad_var){0}};
    return tad_attention(args.x[Q], args.x[K], args.x[V], &options);
}

/* A row of the result depends on its query and mask, and on all keys and values. */
static bool depends(const tad_call *call, int k, tad_array *out, tad_array *in)
{
    int       row = out->rank - 2, column = out->rank - 1;
    bool      by_row = k == Q || k == MASK;
    tad_array scores = scores_of(call);
    if (k == MASK)
        *in = tad__array_broadcast(in, &scores);
    tad__pairs p = tad__pairs_start(out, in);
    tad__pairs_leading(&p, out, 2, in, 2);
    tad__pairs_axis(&p, out->dims[row], out->strides[row], by_row ? in->strides[row] : 0);
    tad__pairs_axis(&p, out->dims[column], out->strides[column], 0);
    tad__pairs_last_of_in(&p, in, by_row ? 1 : 2);
    return tad__pairs_end(&p, out, in);
}

const tad_op tad__op_attention = {
    .name = "attention",
    .about = "scaled dot-product attention",
    .formula = "attention(q, k, v)",
    .arity = OPERANDS,
    .optional = 1,
    .attribute_bytes = sizeof(attributes),
    .operands = "q k v mask",
    ARGUMENTS(MEMBER(attributes, causal, FLAG), MEMBER(attributes, scale, NUMBER)),
    .call = call,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .depends = depends,
    .vjp = vjp,
    .jvp = jvp,
    SAMPLES(samples),
};

/** Scaled dot-product attention: softmax(scale q k' + mask) v, the softmax along the keys. q is [..., m, d], k [..., n, d],
 * v [..., n, e] and the result [..., m, e]; leading axes (batch, heads) are the same in all three. `options` may be NULL:
 *
 *   - causal: query i sees keys 0 to i only, both counted from the first;
 *   - scale: 0 means 1 / sqrt(d);
 *   - mask: broadcasts to [..., m, n] and is added; -infinity hides a key, and its gradient is then 0.
 *
 * A query that sees no key gives zeros and hands on zeros. Values that are hidden have to be finite all the same: their weight
 * is 0, and 0 times infinity or NaN is NaN.
 *
 * Value and tad_backward are computed in blocks: no m x n matrix is ever kept, so memory grows with m + n, beyond a mask's own.
 * Recorded derivatives (tad_gradient, tad_vjp, tad_jvp) keep such matrices. Source: T. Dao and others, FlashAttention, 2022.
 * Errors: TAD_ESHAPE (rank below 2, leading axes, elements of queries and keys, or numbers of keys and values that differ, a
 * mask that does not broadcast), TAD_EARG (a scale that is infinite or NaN). */
TAD_API tad_var tad_attention(tad_var q, tad_var k, tad_var v, const tad_attention_options *options)
{
    const tad_attention_options defaults = {0}, *to = options ? options : &defaults;
    const tad_var               x[OPERANDS] = {[Q] = q, [K] = k, [V] = v, [MASK] = to->mask};
    const attributes            given = {.causal = to->causal, .scale = to->scale};
    tad_args args = {.n = to->mask.tape ? OPERANDS : MASK, .x = x, .attributes = &given, .caller = TAD_CALLER};
    tad_var  y = tad_apply(&tad__op_attention, args);
    return tad_is_valid(y) ? tad_slice(y, -1, 0, tad_dim(y, -1) - 1) : y;
}
