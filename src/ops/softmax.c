/* layers: softmax and its logarithm along one axis. */
#include "tensor/softmax.h"
#include "ops/arguments.h"
#include "ops/axes.h"
#include "ops/pairs.h"
#include "ops/rows.h"
#include "ops/sample.h"

#include <tad/elementwise.h>
#include <tad/operations.h>

#include <string.h>

static tad_status shape(const tad_call *call)
{
    const int       *axis = call->attributes;
    const tad_array *x = &call->in[0];
    tad__array_set_shape(call->out, x->rank, x->dims);
    return tad__find_axis(call, x->rank, *axis) < 0 ? TAD_EARG : TAD_OK;
}

/* The array with the axis as its last one. */
static tad_array axis_last(const tad_call *call, const tad_array *array)
{
    tad_array view = *array;
    int       axis = tad__array_axis(array->rank, *(const int *)call->attributes), last = array->rank - 1;
    for (int i = axis; i < last; i++) {
        view.dims[i] = array->dims[i + 1];
        view.strides[i] = array->strides[i + 1];
    }
    view.dims[last] = array->dims[axis];
    view.strides[last] = array->strides[axis];
    return view;
}

static tad__softmax rows_of(const tad_array *view, bool logarithm)
{
    return (tad__softmax){.dtype = view->dtype,
                          .logarithm = logarithm,
                          .rows = tad__rows_count(view, 1),
                          .size = tad__rows_size(view, 1)};
}

static void compute(const tad_call *call, bool logarithm)
{
    tad_array x = axis_last(call, &call->in[0]), y = axis_last(call, call->out);
    tad_array from = tad__rows_of(call, &x), to = tad__array_is_c_order(&y) ? y : tad__rows_new(call, &y);
    if (!from.data || !to.data)
        return;
    tad__softmax s = rows_of(&x, logarithm);
    tad__softmax_forward(&s, from.data, to.data);
    if (to.data != y.data)
        tad__copy(&y, &to);
}

static void pull(const tad_call *call, const tad_array *gy, const tad_array gx[], bool logarithm)
{
    tad_array y = axis_last(call, call->out), g = axis_last(call, gy), to = axis_last(call, &gx[0]);
    tad_array y_rows = tad__rows_of(call, &y), g_rows = tad__rows_of(call, &g), to_rows = tad__rows_to_add(call, &to);
    if (!y_rows.data || !g_rows.data || !to_rows.data)
        return;
    tad__softmax s = rows_of(&y, logarithm);
    tad__softmax_pull(&s, y_rows.data, g_rows.data, to_rows.data);
    tad__rows_added(&to, &to_rows);
}

static void forward_softmax(const tad_call *call)
{
    compute(call, false);
}

static void forward_log_softmax(const tad_call *call)
{
    compute(call, true);
}

static void backward_softmax(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    pull(call, gy, gx, false);
}

static void backward_log_softmax(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    pull(call, gy, gx, true);
}

static tad_var sum_along(const tad_rule *rule, tad_var x)
{
    return tad_sum_axes(x, 1, rule->attributes, true);
}

/* The Jacobian, diag(y) - y y', is symmetric: it makes the tangent as it makes the gradient. */
static void vjp_softmax(const tad_rule *rule)
{
    tad_var g = rule->gy, y = rule->y;
    rule->gx[0] = tad_scale(tad_sub(g, sum_along(rule, tad_scale(g, y))), y);
}

static tad_var jvp_softmax(const tad_rule *rule)
{
    tad_var dx = rule->dx[0], y = rule->y;
    return tad_scale(tad_sub(dx, sum_along(rule, tad_scale(dx, y))), y);
}

static void vjp_log_softmax(const tad_rule *rule)
{
    rule->gx[0] = tad_sub(rule->gy, tad_scale(sum_along(rule, rule->gy), tad_exp(rule->y)));
}

static tad_var jvp_log_softmax(const tad_rule *rule)
{
    tad_var dx = rule->dx[0];
    return tad_sub(dx, sum_along(rule, tad_scale(dx, tad_exp(rule->y))));
}

static tad_var less_the_greatest(const tad_rule *rule)
{
    tad_var x = rule->x[0];
    return tad_count(x) > 0 ? tad_sub(x, tad_max_axes(x, 1, rule->attributes, true)) : x;
}

static tad_var parts_of_softmax(const tad_rule *rule)
{
    tad_var e = tad_exp(less_the_greatest(rule));
    return tad_div(e, sum_along(rule, e));
}

static tad_var parts_of_log_softmax(const tad_rule *rule)
{
    tad_var x = less_the_greatest(rule);
    return tad_sub(x, tad_log(sum_along(rule, tad_exp(x))));
}

/* None along the first axis, but of one number: where that repeats one row, all numbers are equal and nothing changes. */
static const tad_sample samples[] = {
    {.in = "[1]", .attributes = &(const int){0}},           {.in = "[1, 7]", .attributes = &(const int){1}},
    {.in = "[1, 9]", .attributes = &(const int){-1}},       {.in = "[1, 17]", .attributes = &(const int){-1}},
    {.in = "[3, 5]", .attributes = &(const int){1}},        {.in = "[1, 3, 5]", .attributes = &(const int){1}},
    {.in = "[4, 1]", .attributes = &(const int){-1}},       {.in = "[2, 3, 4]", .attributes = &(const int){1}},
    {.in = "[1, 2, 3, 4]", .attributes = &(const int){-3}}, {.in = "[2, 2, 3, 3]", .attributes = &(const int){-2}},
    {.in = "[2, 9, 2]", .attributes = &(const int){1}},     {.in = "[0, 3]", .attributes = &(const int){1}},
    {.in = "[2, 0]", .attributes = &(const int){1}},
};

static bool depends(const tad_call *call, int k, tad_array *out, tad_array *in)
{
    (void)k;
    return tad__pairs_in_line(out, in, tad__array_axis(out->rank, *(const int *)call->attributes));
}

const tad_op tad__op_softmax = {
    .name = "softmax",
    .about = "positive numbers along an axis that sum to 1",
    .formula = "softmax(x)",
    .arity = 1,
    .attribute_bytes = sizeof(int),
    ARGUMENTS(AXIS_ARGUMENT),
    .defaults = &(const int){-1},
    .shape = shape,
    .forward = forward_softmax,
    .parts = parts_of_softmax,
    .backward = backward_softmax,
    .depends = depends,
    .vjp = vjp_softmax,
    .jvp = jvp_softmax,
    SAMPLES(samples),
};

const tad_op tad__op_log_softmax = {
    .name = "log_softmax",
    .about = "logarithm of the softmax",
    .formula = "log_softmax(x)",
    .arity = 1,
    .attribute_bytes = sizeof(int),
    ARGUMENTS(AXIS_ARGUMENT),
    .defaults = &(const int){-1},
    .shape = shape,
    .forward = forward_log_softmax,
    .parts = parts_of_log_softmax,
    .backward = backward_log_softmax,
    .depends = depends,
    .vjp = vjp_log_softmax,
    .jvp = jvp_log_softmax,
    SAMPLES(samples),
};

/** Softmax along one axis: y[i] = exp(x[i]) / sum over j of exp(x[j]); dy[i]/dx[j] = y[i] ((i == j) - y[j]). The largest
 * x[j] is subtracted first, so nothing overflows. An entry -INFINITY gives exactly 0 with gradient 0; a row of nothing else,
 * or with +INFINITY or NaN, gives NaN. A row whose cotangent is 0 hands nothing on, even so.
 * Errors: TAD_EARG (no such axis; a value of rank 0 has none). */
TAD_API tad_var tad_softmax(tad_var x, int axis)
{
    return tad_apply(&tad__op_softmax, (tad_args){.n = 1, .x = &x, .attributes = &axis, .caller = TAD_CALLER});
}

/** Logarithm of the softmax along one axis: y[i] = x[i] - log(sum over j of exp(x[j])), where softmax would underflow, too;
 * dy[i]/dx[j] = (i == j) - exp(y[j]). -INFINITY gives -INFINITY; a row of nothing else, or with +INFINITY or NaN, gives NaN.
 * A row whose cotangents sum to 0 hands on just them, even so. Errors: TAD_EARG (no such axis). */
TAD_API tad_var tad_log_softmax(tad_var x, int axis)
{
    return tad_apply(&tad__op_log_softmax, (tad_args){.n = 1, .x = &x, .attributes = &axis, .caller = TAD_CALLER});
}
