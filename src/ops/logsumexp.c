/* reductions: log(sum(exp(x))), over all axes or some. */
#include "ops/arguments.h"
#include "ops/axes.h"
#include "tensor/fold.h"

#include <tad/elementwise.h>
#include <tad/operations.h>

#include <math.h>

extern const tad_op tad__op_max;

/* The greatest element is taken out, so that no exponential overflows; where that is infinite, nothing is. */
static void forward(const tad_call *call)
{
    tad_array result, sums;
    if (!tad__axes_result(call, -HUGE_VAL, &result) || !tad__axes_doubles(call, 0, &sums))
        return;
    const tad_array *x = &call->in[0];
    double          *y = result.data, *sum = sums.data;
    int64_t          groups = tad__array_count(&result);
    tad_array        shift = tad__axes_expand(call, &result), to = tad__axes_expand(call, &sums);
    tad__fold_extreme(TAD__MAX, &shift, x);
    for (int64_t i = 0; i < groups; i++)
        y[i] = isfinite(y[i]) ? y[i] : 0;
    tad__fold_exponentials(&to, x, &shift);
    for (int64_t i = 0; i < groups; i++)
        y[i] += log(sum[i]);
    tad__axes_store(call, &result);
}

static void backward(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    tad_array ties;
    if (!tad__axes_doubles(call, 0, &ties))
        return;
    tad_array counts = tad__axes_expand(call, &ties), y = tad__axes_expand(call, call->out),
              g = tad__axes_expand(call, gy);
    tad__fold_ties(&counts, &call->in[0], &y);
    tad__pull_exponentials(&gx[0], &g, &call->in[0], &y, &counts);
}

/* The derivative: exp(x - y); where y is +infinity shared among those that are, and 0 at -infinity. */
static tad_var weights(const tad_rule *rule)
{
    tad_tape *tape = rule->y.tape;
    tad_var   zero = tad_constant(tape, 0), one = tad_constant(tape, 1), infinity = tad_constant(tape, HUGE_VAL);
    tad_var   x = rule->x[0], y = tad__axes_keep(rule, rule->y), tie = tad_equal(x, y);
    tad_var   share = tad_div(tad_greater(rule->y, zero), tad_maximum(tad__axes_sum(rule, tie), one));
    tad_var   shared = tad_mul(tie, tad__axes_keep(rule, share));
    return tad_where(tad_equal(tad_abs(y), infinity), shared, tad_exp(tad_sub(x, y)));
}

static void vjp(const tad_rule *rule)
{
    rule->gx[0] = tad_scale(tad__axes_keep(rule, rule->gy), weights(rule));
}

static tad_var jvp(const tad_rule *rule)
{
    return tad__axes_sum(rule, tad_scale(rule->dx[0], weights(rule)));
}

/* As forward does: the greatest element is taken out, where it is finite. */
static tad_var parts(const tad_rule *rule)
{
    tad_var x = rule->x[0], zero = tad_constant(x.tape, 0), infinity = tad_constant(x.tape, HUGE_VAL);
    if (tad_count(x) == 0)
        return tad_log(tad__axes_sum(rule, tad_exp(x)));
    tad_var most = tad_apply(&tad__op_max, (tad_args){.n = 1, .x = &x, .attributes = rule->attributes});
    most = tad_where(tad_equal(tad_abs(most), infinity), zero, most);
    return tad_add(most, tad_log(tad__axes_sum(rule, tad_exp(tad_sub(x, tad__axes_keep(rule, most))))));
}

const tad_op tad__op_logsumexp = {
    .name = "logsumexp",
    .about = "logarithm of the sum of exponentials over axes",
    .formula = "logsumexp(x)",
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
    .samples = tad__axes_samples,
    .sample_count = TAD__AXES_SAMPLES,
};

/** y = log(exp(x[0]) + exp(x[1]) + ...), of rank 0, without overflow; dy/dx[i] = exp(x[i] - y), which is softmax. If all
 * elements are -infinity, or there are none, y is -infinity and the gradient 0. If some are +infinity, y is, and they share
 * a derivative of 1 equally. NaN gives NaN. The derivative's relative error is that of exp(y): up to |y| roundings. */
TAD_API tad_var tad_logsumexp(tad_var x)
{
    return tad__over_all(&tad__op_logsumexp, x, TAD_CALLER);
}

/** The same over the n axes listed, each of which vanishes from the shape, or stays with size 1 if `keepdims`.
 * Errors: TAD_EARG (axes NULL, no such axis, an axis named twice). */
TAD_API tad_var tad_logsumexp_axes(tad_var x, int n, const int axes[], bool keepdims)
{
    return tad__over_axes(&tad__op_logsumexp, x, tad__axes_of(n, axes, keepdims), TAD_CALLER);
}
