/* reductions: euclidean norm, over all axes or some. */
#include "ops/norm.h"
#include "ops/arguments.h"

#include "tensor/fold.h"
#include "tensor/move.h"

#include <tad/elementwise.h>
#include <tad/operations.h>

#include <math.h>

/* A number in the shape of the operand. */
static tad_array repeated(const tad_call *call, double *number)
{
    tad_array array = tad__array_of_number(number);
    return tad__array_broadcast(&array, &call->in[0]);
}

/* A sum of squares that cannot have lost anything to overflow or underflow. Those of floats never do. */
static bool is_safe(double sum, tad_dtype dtype)
{
    return dtype == TAD_F32 || (sum > 0x1p-900 && sum < 0x1p1000);
}

/* A power of two that brings numbers up to m near 1; 1 if they are all 0, or some infinite or NaN, as the sum then will be. */
static double scale_for(double m)
{
    int exponent = 0;
    if (isfinite(m) && m > 0)
        (void)frexp(m, &exponent);
    exponent = exponent < -1000 ? -1000 : exponent;
    return ldexp(1, -exponent);
}

static bool scaled_norms(const tad_call *call, const tad_array *center, const tad_array *norms)
{
    tad_array largest, scales;
    if (!tad__axes_doubles(call, 0, &largest) || !tad__axes_doubles(call, 0, &scales))
        return false;
    const tad_array *x = &call->in[0];
    double          *y = norms->data, *m = largest.data, *scale = scales.data;
    int64_t          groups = tad__array_count(norms);
    tad_array        to = tad__axes_expand(call, norms), by = tad__axes_expand(call, &scales),
              magnitude = tad__axes_expand(call, &largest);
    tad__fold_extreme(TAD__MAX_MAGNITUDE, &magnitude, x);
    for (int64_t i = 0; i < groups; i++) {
        scale[i] = scale_for(m[i]);
        y[i] = 0;
    }
    tad__fold_squares(&to, x, center, &by);
    for (int64_t i = 0; i < groups; i++)
        y[i] = sqrt(y[i]) / scale[i];
    return true;
}

bool tad__norms(const tad_call *call, const tad_array *centers, const tad_array *norms)
{
    double           zero = 0, one = 1;
    const tad_array *x = &call->in[0];
    double          *y = norms->data;
    int64_t          groups = tad__array_count(norms);
    tad_array        zeros = repeated(call, &zero), ones = repeated(call, &one), to = tad__axes_expand(call, norms);
    tad_array        center = centers ? tad__axes_expand(call, centers) : zeros;
    tad__fold_squares(&to, x, &center, &ones);
    for (int64_t i = 0; i < groups; i++)
        if (!is_safe(y[i], x->dtype))
            return scaled_norms(call, &center, norms);
    for (int64_t i = 0; i < groups; i++)
        y[i] = sqrt(y[i]);
    return true;
}

static void forward(const tad_call *call)
{
    tad_array result;
    if (tad__axes_result(call, 0, &result) && tad__norms(call, NULL, &result))
        tad__axes_store(call, &result);
}

static void backward(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    double    zero = 0;
    tad_array norms, zeros = repeated(call, &zero);
    if (!tad__axes_doubles(call, 0, &norms))
        return;
    tad__copy(&norms, call->out);
    tad_array divisor = tad__axes_expand(call, &norms), g = tad__axes_expand(call, gy);
    tad__pull_differences(&gx[0], &g, &call->in[0], &zeros, &divisor);
}

/* x / y, where y is not 0, and x elsewhere. */
static tad_var direction(const tad_rule *rule, tad_var is_zero)
{
    tad_var divisor = tad_where(is_zero, tad_constant(rule->y.tape, 1), rule->y);
    return tad_div(rule->x[0], tad__axes_keep(rule, divisor));
}

/* What is not chosen gets a cotangent of 0, so that the second derivative at 0 is 0, too. */
static void vjp(const tad_rule *rule)
{
    tad_var zero = tad_constant(rule->y.tape, 0), is_zero = tad_equal(rule->y, zero);
    tad_var g = tad_where(is_zero, zero, rule->gy);
    rule->gx[0] = tad_scale(tad__axes_keep(rule, g), direction(rule, is_zero));
}

static tad_var jvp(const tad_rule *rule)
{
    tad_var zero = tad_constant(rule->y.tape, 0), is_zero = tad_equal(rule->y, zero);
    tad_var d = tad__axes_sum(rule, tad_scale(rule->dx[0], direction(rule, is_zero)));
    return tad_where(is_zero, zero, d);
}

static tad_var parts(const tad_rule *rule)
{
    return tad_sqrt(tad__axes_sum(rule, tad_square(rule->x[0])));
}

const tad_op tad__op_norm = {
    .name = "norm",
    .about = "Euclidean norm over axes",
    .formula = "norm(x)",
    .arity = 1,
    .attribute_bytes = sizeof(tad__axes),
    ARGUMENTS(AXES_ARGUMENTS),
    .defaults = &(const tad__axes){.all = true},
    .shape = tad__axes_shape,
    .forward = forward,
    .parts = parts,
    .backward = backward,
    .depends = tad__axes_depends,
    .vjp = vjp,
    .jvp = jvp,
    .kink = "the norm is 0",
    .samples = tad__axes_samples,
    .sample_count = TAD__AXES_SAMPLES,
};

/** Euclidean norm of all elements: y = sqrt(x[0]^2 + x[1]^2 + ...), of rank 0; dy/dx[i] = x[i] / y. Right as long as y
 * itself neither overflows nor underflows. Where y is 0 its gradient is 0, as are all higher derivatives. If an element is
 * infinite y is infinite, and the derivative is NaN for that element and 0 for finite ones; NaN gives NaN. */
TAD_API tad_var tad_norm(tad_var x)
{
    return tad__over_all(&tad__op_norm, x, TAD_CALLER);
}

/** The same over the n axes listed, each of which vanishes from the shape, or stays with size 1 if `keepdims`.
 * Errors: TAD_EARG (axes NULL, no such axis, an axis named twice). */
TAD_API tad_var tad_norm_axes(tad_var x, int n, const int axes[], bool keepdims)
{
    return tad__over_axes(&tad__op_norm, x, tad__axes_of(n, axes, keepdims), TAD_CALLER);
}
