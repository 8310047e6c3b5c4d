/* reductions: variance and standard deviation, over all axes or some. */
#include "ops/arguments.h"
#include "ops/center.h"
#include "ops/norm.h"
#include "ops/sample.h"
#include "tensor/fold.h"
#include "tensor/move.h"

#include <tad/elementwise.h>
#include <tad/operations.h>

#include <math.h>

typedef struct attributes {
    tad__axes axes;
    int       correction;
} attributes;

/* n - correction, which is positive */
static double degrees(const void *of, int64_t group)
{
    const attributes *to = of;
    int64_t           free = group - to->correction;
    return (double)free;
}

static tad_status shape(const tad_call *call)
{
    const attributes *to = call->attributes;
    if (to->correction < 0)
        return tad_refuse(call, TAD_EARG, "a correction of %d; expected 0 or more", to->correction);
    return tad__axes_shape_of(call, (int64_t)to->correction + 1);
}

static void forward_variance(const tad_call *call)
{
    double    one = 1;
    tad_array means, result, number = tad__array_of_number(&one), ones = tad__array_broadcast(&number, &call->in[0]);
    if (!tad__axes_result(call, 0, &result) || !tad__means(call, &call->in[0], &means))
        return;
    tad_array to = tad__axes_expand(call, &result), center = tad__axes_expand(call, &means);
    tad__fold_squares(&to, &call->in[0], &center, &ones);
    tad__divide(&result, degrees(call->attributes, tad__axes_group(call)));
    tad__axes_store(call, &result);
}

static void forward_std(const tad_call *call)
{
    tad_array means, result;
    if (!tad__axes_result(call, 0, &result) || !tad__means(call, &call->in[0], &means) ||
        !tad__norms(call, &means, &result))
        return;
    tad__divide(&result, sqrt(degrees(call->attributes, tad__axes_group(call))));
    tad__axes_store(call, &result);
}

/* gx += gy (x - mean) / divisor */
static void pull(const tad_call *call, const tad_array *gy, const tad_array *divisors, const tad_array *gx)
{
    tad_array means;
    if (!tad__means(call, &call->in[0], &means))
        return;
    tad_array g = tad__axes_expand(call, gy), center = tad__axes_expand(call, &means),
              divisor = tad__axes_expand(call, divisors);
    tad__pull_differences(gx, &g, &call->in[0], &center, &divisor);
}

static void backward_variance(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    tad_array divisors;
    if (tad__axes_doubles(call, degrees(call->attributes, tad__axes_group(call)) / 2, &divisors))
        pull(call, gy, &divisors, &gx[0]);
}

static void backward_std(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    tad_array divisors;
    if (!tad__axes_doubles(call, 0, &divisors))
        return;
    tad__accumulate(&divisors, call->out, degrees(call->attributes, tad__axes_group(call)));
    pull(call, gy, &divisors, &gx[0]);
}

/* ---- recorded ---- */

/* (x - mean(x)) / (n - correction) */
static tad_var deviations(const tad_rule *rule)
{
    double free = degrees(rule->attributes, tad__axes_count(rule));
    return tad_div(tad__centered(rule), tad_constant(rule->y.tape, free));
}

static tad_var two(const tad_rule *rule)
{
    return tad_constant(rule->y.tape, 2);
}

static void vjp_variance(const tad_rule *rule)
{
    rule->gx[0] = tad_scale(tad__axes_keep(rule, tad_mul(rule->gy, two(rule))), deviations(rule));
}

static tad_var jvp_variance(const tad_rule *rule)
{
    return tad_mul(tad__axes_sum(rule, tad_scale(rule->dx[0], deviations(rule))), two(rule));
}

/* v / y, and 0 where y is 0, to any order. */
static tad_var safely_divided(const tad_rule *rule, tad_var v)
{
    tad_var zero = tad_constant(rule->y.tape, 0), is_zero = tad_equal(rule->y, zero);
    return tad_where(is_zero, zero, tad_div(v, tad_where(is_zero, tad_constant(rule->y.tape, 1), rule->y)));
}

static void vjp_std(const tad_rule *rule)
{
    rule->gx[0] = tad_scale(tad__axes_keep(rule, safely_divided(rule, rule->gy)), deviations(rule));
}

static tad_var jvp_std(const tad_rule *rule)
{
    return safely_divided(rule, tad__axes_sum(rule, tad_scale(rule->dx[0], deviations(rule))));
}

static tad_var parts_of_variance(const tad_rule *rule)
{
    tad_var sum = tad__axes_sum(rule, tad_square(tad__centered(rule)));
    return tad_div(sum, tad_constant(sum.tape, degrees(rule->attributes, tad__axes_count(rule))));
}

static tad_var parts_of_std(const tad_rule *rule)
{
    return tad_sqrt(parts_of_variance(rule));
}

#define ATTRIBUTES(with, ...)                                                                                          \
    .attributes = &(const attributes)                                                                                  \
    {                                                                                                                  \
        .axes = {__VA_ARGS__}, .correction = with                                                                      \
    }
static const tad_sample samples[] = {
    {.in = "[3]", ATTRIBUTES(0, .all = true)},
    {.in = "[3]", ATTRIBUTES(1, .all = true)},
    {.in = "[7]", ATTRIBUTES(2, .all = true)},
    {.in = "[9]", ATTRIBUTES(1, .n = 1, .axes = {0}, .keepdims = true)},
    {.in = "[3, 5]", ATTRIBUTES(0, .all = true, .keepdims = true)},
    {.in = "[3, 5]", ATTRIBUTES(1, .n = 1, .axes = {0})},
    {.in = "[3, 5]", ATTRIBUTES(1, .n = 1, .axes = {-1}, .keepdims = true)},
    {.in = "[2, 9]", ATTRIBUTES(0, .n = 1, .axes = {1})},
    {.in = "[17, 2]", ATTRIBUTES(1, .n = 1, .axes = {-2})},
    {.in = "[2, 3, 4]", ATTRIBUTES(3, .n = 2, .axes = {0, -1})},
    {.in = "[3, 1, 4]", ATTRIBUTES(0, .n = 2, .axes = {1, 2})},
    {.in = "[2, 3, 2, 3]", ATTRIBUTES(1, .n = 2, .axes = {2, 1}, .keepdims = true)},
    {.in = "[2, 0]", ATTRIBUTES(0, .n = 1, .axes = {0})},
};

const tad_op tad__op_variance = {
    .name = "variance",
    .about = "variance over axes",
    .formula = "variance(x)",
    .arity = 1,
    .attribute_bytes = sizeof(attributes),
    ARGUMENTS(AXES_ARGUMENTS, MEMBER(attributes, correction, INT)),
    .defaults = &(const attributes){.axes = {.all = true}},
    .shape = shape,
    .forward = forward_variance,
    .parts = parts_of_variance,
    .backward = backward_variance,
    .depends = tad__axes_depends,
    .vjp = vjp_variance,
    .jvp = jvp_variance,
    SAMPLES(samples),
};

const tad_op tad__op_std = {
    .name = "std",
    .about = "standard deviation over axes",
    .formula = "std(x)",
    .arity = 1,
    .attribute_bytes = sizeof(attributes),
    ARGUMENTS(AXES_ARGUMENTS, MEMBER(attributes, correction, INT)),
    .defaults = &(const attributes){.axes = {.all = true}},
    .shape = shape,
    .forward = forward_std,
    .parts = parts_of_std,
    .backward = backward_std,
    .depends = tad__axes_depends,
    .vjp = vjp_std,
    .jvp = jvp_std,
    .kink = "all elements are equal",
    SAMPLES(samples),
};

static tad_var over(const tad_op *op, tad_var x, tad__axes axes, int correction, const void *caller)
{
    attributes to = {axes, correction};
    return tad_apply(op, (tad_args){.n = 1, .x = &x, .attributes = &to, .caller = caller});
}

/** Variance of all n elements, of rank 0: y = sum((x - mean(x))^2) / n; dy/dx[i] = 2 (x[i] - mean(x)) / n. The mean is
 * subtracted before squaring, all in double, and where all elements are equal y is exactly 0. If one is infinite or NaN, y
 * and the gradient are NaN.
 * Errors: TAD_ESHAPE (no elements). */
TAD_API tad_var tad_variance(tad_var x)
{
    return over(&tad__op_variance, x, (tad__axes){.all = true}, 0, TAD_CALLER);
}

/** Variance over the n axes listed, each of which vanishes from the shape, or stays with size 1 if `keepdims`: the sum of
 * squares divided by the number of elements less `correction` (1: the unbiased estimate from a sample).
 * Errors: TAD_ESHAPE (not more elements than the correction), TAD_EARG (axes NULL, no such axis, an axis named twice, a
 * negative correction). */
TAD_API tad_var tad_variance_axes(tad_var x, int n, const int axes[], int correction, bool keepdims)
{
    return over(&tad__op_variance, x, tad__axes_of(n, axes, keepdims), correction, TAD_CALLER);
}

/** Standard deviation of all n elements, of rank 0: the square root of tad_variance; dy/dx[i] = (x[i] - mean(x)) / (n y).
 * Where y is 0 its gradient is 0, as are all higher derivatives. Squares neither overflow nor underflow.
 * Errors: TAD_ESHAPE (no elements). */
TAD_API tad_var tad_std(tad_var x)
{
    return over(&tad__op_std, x, (tad__axes){.all = true}, 0, TAD_CALLER);
}

/** Standard deviation over the n axes listed: the square root of tad_variance_axes, errors too; gradients as tad_std's. */
TAD_API tad_var tad_std_axes(tad_var x, int n, const int axes[], int correction, bool keepdims)
{
    return over(&tad__op_std, x, tad__axes_of(n, axes, keepdims), correction, TAD_CALLER);
}
