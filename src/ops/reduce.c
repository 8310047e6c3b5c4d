/* Sum and mean, over all axes or some. */
#include "ops/sample.h"
#include "tensor/move.h"

#include <tad/elementwise.h>
#include <tad/operations.h>

#include <inttypes.h>

typedef struct attributes {
    bool all, keepdims;
    int  n; /* -1: the list of axes is missing */
    int  axes[TAD_MAX_RANK];
} attributes;

static tad_status mark_axes(const tad_call *call, bool reduced[TAD_MAX_RANK])
{
    const attributes *to = call->attributes;
    int               rank = call->in[0].rank;
    if (to->n < 0 || to->n > rank)
        return tad_refuse(call, TAD_EARG, "%d axes; expected a list of 0 to %d", to->n, rank);
    for (int i = 0; i < rank; i++)
        reduced[i] = to->all;
    for (int i = 0; i < to->n; i++) {
        int axis = tad__array_axis(rank, to->axes[i]);
        if (axis < 0)
            return tad_refuse(call, TAD_EARG, "axis %d; expected -%d to %d", to->axes[i], rank, rank - 1);
        if (reduced[axis])
            return tad_refuse(call, TAD_EARG, "axis %d is named twice", to->axes[i]);
        reduced[axis] = true;
    }
    return TAD_OK;
}

static tad_status shape(const tad_call *call)
{
    const attributes *to = call->attributes;
    const tad_array  *x = &call->in[0];
    bool              reduced[TAD_MAX_RANK];
    tad_status        status = mark_axes(call, reduced);
    if (status != TAD_OK)
        return status;
    call->out->rank = 0;
    for (int i = 0; i < x->rank; i++)
        if (!reduced[i] || to->keepdims)
            call->out->dims[call->out->rank++] = reduced[i] ? 1 : x->dims[i];
    return TAD_OK;
}

/* An array of the result's shape, in C order, seen in the shape of the operand: reduced axes repeat. */
static tad_array expand(const tad_call *call, const tad_array *array)
{
    tad_array view = *array;
    bool      reduced[TAD_MAX_RANK];
    if (mark_axes(call, reduced) != TAD_OK)
        return view; /* never: the shape was found before */
    tad__array_set_shape(&view, call->in[0].rank, call->in[0].dims);
    int64_t stride = 1;
    for (int i = view.rank - 1; i >= 0; i--) {
        view.strides[i] = reduced[i] ? 0 : stride;
        stride *= reduced[i] ? 1 : view.dims[i];
    }
    return view;
}

/* How many elements each element of the result is made of. */
static double group_size(int64_t elements, int64_t groups)
{
    int64_t size = groups ? elements / groups : 1;
    return (double)size;
}

static double group_size_of(const tad_call *call)
{
    return group_size(tad__array_count(&call->in[0]), tad__array_count(call->out));
}

static void forward_sum(const tad_call *call)
{
    tad_array view = expand(call, call->out);
    tad__fill(call->out, 0);
    tad__accumulate(&view, &call->in[0], 1);
}

static void forward_mean(const tad_call *call)
{
    forward_sum(call);
    tad__divide(call->out, group_size_of(call));
}

static void backward_sum(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    tad_array view = expand(call, gy);
    tad__accumulate(&gx[0], &view, 1);
}

static void backward_mean(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    tad_array view = expand(call, gy);
    tad__accumulate(&gx[0], &view, 1 / group_size_of(call));
}

static bool depends(const tad_call *call, int k, tad_array *out, tad_array *in)
{
    (void)k, (void)in;
    *out = expand(call, out);
    return true;
}

/* gy with the reduced axes put back as axes of size 1, repeated to the shape of x. */
static tad_var expand_recorded(const tad_rule *rule)
{
    const attributes *to = rule->attributes;
    tad_var           x = rule->x[0];
    int64_t           dims[TAD_MAX_RANK], kept[TAD_MAX_RANK];
    int               rank = tad_rank(x);
    for (int i = 0; i < rank; i++) {
        dims[i] = tad_dim(x, i);
        kept[i] = to->all ? 1 : dims[i];
    }
    for (int i = 0; i < to->n; i++)
        kept[tad__array_axis(rank, to->axes[i])] = 1;
    return tad_broadcast_to(tad_reshape(rule->gy, rank, kept), rank, dims);
}

static void vjp_sum(const tad_rule *rule)
{
    rule->gx[0] = expand_recorded(rule);
}

static void vjp_mean(const tad_rule *rule)
{
    double size = group_size(tad_count(rule->x[0]), tad_count(rule->y));
    rule->gx[0] = tad_div(expand_recorded(rule), tad_constant(rule->y.tape, size));
}

static const tad_sample samples[] = {
    {.in = "[]", .attributes = &(const attributes){.all = true}},
    {.in = "[1]", .attributes = &(const attributes){.all = true}},
    {.in = "[7]", .attributes = &(const attributes){.all = true}},
    {.in = "[3, 5]", .attributes = &(const attributes){.all = true, .keepdims = true}},
    {.in = "[3, 5]", .attributes = &(const attributes){.n = 1, .axes = {0}}},
    {.in = "[3, 5]", .attributes = &(const attributes){.n = 1, .axes = {-1}, .keepdims = true}},
    {.in = "[2, 3, 4]", .attributes = &(const attributes){.n = 2, .axes = {0, -1}}},
    {.in = "[2, 3, 2, 3]", .attributes = &(const attributes){.n = 2, .axes = {2, 1}, .keepdims = true}},
    {.in = "[2, 3]", .attributes = &(const attributes){.n = 0}},
    {.in = "[2, 0]", .attributes = &(const attributes){.n = 1, .axes = {0}}},
};

const tad_op tad__op_sum = {
    .name = "sum",
    .about = "sum over axes",
    .formula = "sum(x)",
    .arity = 1,
    .attribute_bytes = sizeof(attributes),
    .shape = shape,
    .forward = forward_sum,
    .backward = backward_sum,
    .depends = depends,
    .vjp = vjp_sum,
    .linear = true,
    SAMPLES(samples),
};

const tad_op tad__op_mean = {
    .name = "mean",
    .about = "arithmetic mean over axes",
    .formula = "mean(x)",
    .arity = 1,
    .attribute_bytes = sizeof(attributes),
    .shape = shape,
    .forward = forward_mean,
    .backward = backward_mean,
    .depends = depends,
    .vjp = vjp_mean,
    .linear = true,
    SAMPLES(samples),
};

static tad_var over_all(const tad_op *op, tad_var x, const void *caller)
{
    return tad_apply(op, (tad_args){.n = 1, .x = &x, .attributes = &(attributes){.all = true}, .caller = caller});
}

static tad_var over_axes(const tad_op *op, tad_var x, attributes to, const int axes[], const void *caller)
{
    if (!axes && to.n > 0)
        to.n = -1;
    for (int i = 0; i < to.n && i < TAD_MAX_RANK; i++)
        to.axes[i] = axes[i];
    return tad_apply(op, (tad_args){.n = 1, .x = &x, .attributes = &to, .caller = caller});
}

/** Sum of all elements: y = x[0] + x[1] + ..., of rank 0; dy/dx[i] = 1. The sum of no elements is 0. Floats are summed
 * in double, in an order that depends on the shape alone. */
TAD_API tad_var tad_sum(tad_var x)
{
    return over_all(&tad__op_sum, x, TAD_CALLER);
}

/** Sum over the n axes listed, each of which vanishes from the shape, or stays with size 1 if `keepdims`.
 * Errors: TAD_EARG (axes NULL, no such axis, an axis named twice). */
TAD_API tad_var tad_sum_axes(tad_var x, int n, const int axes[], bool keepdims)
{
    return over_axes(&tad__op_sum, x, (attributes){.n = n, .keepdims = keepdims}, axes, TAD_CALLER);
}

/** Arithmetic mean of all elements, of rank 0: y = sum(x) / n, dy/dx[i] = 1 / n. The mean of no elements is 0. */
TAD_API tad_var tad_mean(tad_var x)
{
    return over_all(&tad__op_mean, x, TAD_CALLER);
}

/** Mean over the n axes listed; otherwise as tad_sum_axes. */
TAD_API tad_var tad_mean_axes(tad_var x, int n, const int axes[], bool keepdims)
{
    return over_axes(&tad__op_mean, x, (attributes){.n = n, .keepdims = keepdims}, axes, TAD_CALLER);
}
