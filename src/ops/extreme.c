/* reductions: greatest and least element, over all axes or some. */
#include "ops/arguments.h"
#include "ops/axes.h"
#include "tensor/fold.h"

#include <tad/elementwise.h>
#include <tad/operations.h>

#include <math.h>

static tad_status shape(const tad_call *call)
{
    return tad__axes_shape_of(call, 1);
}

static void fold(const tad_call *call, tad__extreme which, double start)
{
    tad_array result;
    if (!tad__axes_result(call, start, &result))
        return;
    tad_array view = tad__axes_expand(call, &result);
    tad__fold_extreme(which, &view, &call->in[0]);
    tad__axes_store(call, &result);
}

static void forward_max(const tad_call *call)
{
    fold(call, TAD__MAX, -HUGE_VAL);
}

static void forward_min(const tad_call *call)
{
    fold(call, TAD__MIN, HUGE_VAL);
}

static void backward(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    tad_array ties;
    if (!tad__axes_doubles(call, 0, &ties))
        return;
    tad_array counts = tad__axes_expand(call, &ties), y = tad__axes_expand(call, call->out),
              g = tad__axes_expand(call, gy);
    tad__fold_ties(&counts, &call->in[0], &y);
    tad__pull_ties(&gx[0], &g, &call->in[0], &y, &counts);
}

/* 1 where an element is the extreme one; of NaN there is none. */
static tad_var is_extreme(const tad_rule *rule)
{
    return tad_equal(rule->x[0], tad__axes_keep(rule, rule->y));
}

static tad_var ties(const tad_rule *rule, tad_var is)
{
    return tad_maximum(tad__axes_sum(rule, is), tad_constant(rule->y.tape, 1));
}

static void vjp(const tad_rule *rule)
{
    tad_var is = is_extreme(rule), share = tad_div(rule->gy, ties(rule, is));
    rule->gx[0] = tad_where(is, tad__axes_keep(rule, share), tad_constant(rule->y.tape, 0));
}

static tad_var jvp(const tad_rule *rule)
{
    tad_var is = is_extreme(rule), chosen = tad_where(is, rule->dx[0], tad_constant(rule->y.tape, 0));
    return tad_div(tad__axes_sum(rule, chosen), ties(rule, is));
}

const tad_op tad__op_max = {
    .name = "max",
    .about = "greatest element over axes",
    .formula = "max(x)",
    .arity = 1,
    .attribute_bytes = sizeof(tad__axes),
    ARGUMENTS(AXES_ARGUMENTS),
    .defaults = &(const tad__axes){.all = true},
    .shape = shape,
    .forward = forward_max,
    .backward = backward,
    .depends = tad__axes_depends,
    .vjp = vjp,
    .jvp = jvp,
    .kink = "two elements are greatest",
    .samples = tad__axes_samples,
    .sample_count = TAD__AXES_SAMPLES,
};

const tad_op tad__op_min = {
    .name = "min",
    .about = "least element over axes",
    .formula = "min(x)",
    .arity = 1,
    .attribute_bytes = sizeof(tad__axes),
    ARGUMENTS(AXES_ARGUMENTS),
    .defaults = &(const tad__axes){.all = true},
    .shape = shape,
    .forward = forward_min,
    .backward = backward,
    .depends = tad__axes_depends,
    .vjp = vjp,
    .jvp = jvp,
    .kink = "two elements are least",
    .samples = tad__axes_samples,
    .sample_count = TAD__AXES_SAMPLES,
};

/** The greatest element, of rank 0; NaN if there is one. dy/dx[i] is 1 for it and 0 elsewhere; elements that tie share it
 * equally, and if y is NaN it is 0. The second derivative is 0, at ties too. Of zeros that tie, y may have either sign.
 * Errors: TAD_ESHAPE (no elements). */
TAD_API tad_var tad_max(tad_var x)
{
    return tad__over_all(&tad__op_max, x, TAD_CALLER);
}

/** The greatest elements over the n axes listed, each of which vanishes from the shape, or stays with size 1 if
 * `keepdims`; otherwise as tad_max. Errors: TAD_ESHAPE (an axis listed has size 0), TAD_EARG (axes NULL, no such axis, an
 * axis named twice). */
TAD_API tad_var tad_max_axes(tad_var x, int n, const int axes[], bool keepdims)
{
    return tad__over_axes(&tad__op_max, x, tad__axes_of(n, axes, keepdims), TAD_CALLER);
}

/** The least element, of rank 0; otherwise as tad_max. Errors: TAD_ESHAPE (no elements). */
TAD_API tad_var tad_min(tad_var x)
{
    return tad__over_all(&tad__op_min, x, TAD_CALLER);
}

/** The least elements over the n axes listed; otherwise as tad_max_axes, errors too. */
TAD_API tad_var tad_min_axes(tad_var x, int n, const int axes[], bool keepdims)
{
    return tad__over_axes(&tad__op_min, x, tad__axes_of(n, axes, keepdims), TAD_CALLER);
}
