/* reductions: sum and mean, over all axes or some. */
#include "ops/arguments.h"
#include "ops/axes.h"
#include "ops/sizes.h"
#include "tensor/move.h"

#include <tad/elementwise.h>
#include <tad/operations.h>

/* The mean of no elements is 0. */
static double divisor(int64_t group)
{
    int64_t least = group > 0 ? group : 1;
    return (double)least;
}

static void total(const tad_call *call, double divide_by)
{
    tad_array result;
    if (!tad__axes_result(call, 0, &result))
        return;
    tad_array view = tad__axes_expand(call, &result);
    tad__accumulate(&view, &call->in[0], 1);
    if (divide_by != 1)
        tad__divide(&result, divide_by);
    tad__axes_store(call, &result);
}

static void forward_sum(const tad_call *call)
{
    total(call, 1);
}

static void forward_mean(const tad_call *call)
{
    total(call, divisor(tad__axes_group(call)));
}

static void backward_sum(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    tad_array view = tad__axes_expand(call, gy);
    tad__accumulate(&gx[0], &view, 1);
}

static void backward_mean(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    tad_array view = tad__axes_expand(call, gy);
    tad__accumulate(&gx[0], &view, 1 / divisor(tad__axes_group(call)));
}

/* gy repeated to the shape of x. */
static tad_var spread(const tad_rule *rule)
{
    int64_t dims[TAD_MAX_RANK];
    int     rank = tad__shape_of(rule->x[0], dims);
    return tad_broadcast_to(tad__axes_keep(rule, rule->gy), rank, dims);
}

static void vjp_sum(const tad_rule *rule)
{
    rule->gx[0] = spread(rule);
}

static void vjp_mean(const tad_rule *rule)
{
    rule->gx[0] = tad_div(spread(rule), tad_constant(rule->y.tape, divisor(tad__axes_count(rule))));
}

static tad_var parts_of_mean(const tad_rule *rule)
{
    tad_var sum = tad__axes_sum(rule, rule->x[0]);
    return tad_div(sum, tad_constant(sum.tape, divisor(tad__axes_count(rule))));
}

const tad_op tad__op_sum = {
    .name = "sum",
    .about = "sum over axes",
    .formula = "sum(x)",
    .arity = 1,
    .attribute_bytes = sizeof(tad__axes),
    ARGUMENTS(AXES_ARGUMENTS),
    .defaults = &(const tad__axes){.all = true},
    .shape = tad__axes_shape,
    .forward = forward_sum,
    .backward = backward_sum,
    .depends = tad__axes_depends,
    .vjp = vjp_sum,
    .linear = true,
    .samples = tad__axes_samples,
    .sample_count = TAD__AXES_SAMPLES,
};

const tad_op tad__op_mean = {
    .name = "mean",
    .about = "arithmetic mean over axes",
    .formula = "mean(x)",
    .arity = 1,
    .attribute_bytes = sizeof(tad__axes),
    ARGUMENTS(AXES_ARGUMENTS),
    .defaults = &(const tad__axes){.all = true},
    .shape = tad__axes_shape,
    .forward = forward_mean,
    .parts = parts_of_mean,
    .backward = backward_mean,
    .depends = tad__axes_depends,
    .vjp = vjp_mean,
    .linear = true,
    .samples = tad__axes_samples,
    .sample_count = TAD__AXES_SAMPLES,
};

/** Sum of all elements: y = x[0] + x[1] + ..., of rank 0; dy/dx[i] = 1. The sum of no elements is 0. Floats are summed
 * in double and rounded once, in an order that depends on shape and strides alone. */
TAD_API tad_var tad_sum(tad_var x)
{
    return tad__over_all(&tad__op_sum, x, TAD_CALLER);
}

/** Sum over the n axes listed, each of which vanishes from the shape, or stays with size 1 if `keepdims`.
 * Errors: TAD_EARG (axes NULL, no such axis, an axis named twice). */
TAD_API tad_var tad_sum_axes(tad_var x, int n, const int axes[], bool keepdims)
{
    return tad__over_axes(&tad__op_sum, x, tad__axes_of(n, axes, keepdims), TAD_CALLER);
}

/** Arithmetic mean of all elements, of rank 0: y = sum(x) / n, dy/dx[i] = 1 / n. The mean of no elements is 0. */
TAD_API tad_var tad_mean(tad_var x)
{
    return tad__over_all(&tad__op_mean, x, TAD_CALLER);
}

/** Mean over the n axes listed; otherwise as tad_sum_axes. */
TAD_API tad_var tad_mean_axes(tad_var x, int n, const int axes[], bool keepdims)
{
    return tad__over_axes(&tad__op_mean, x, tad__axes_of(n, axes, keepdims), TAD_CALLER);
}
