/* reductions: a linear recurrence of first order along an axis: what the derivatives of cumulative products are made
 * of, and of itself. */
#include "ops/arguments.h"
#include "ops/lines.h"
#include "ops/sample.h"
#include "tensor/scan.h"

#include <tad/elementwise.h>
#include <tad/operations.h>

enum { A, B };

static tad_status shape(const tad_call *call)
{
    if (!tad__array_same_shape(&call->in[A], &call->in[B]))
        return tad_refuse(call, TAD_ESHAPE, "expected two operands of the same shape");
    return tad__line_shape(call);
}

static void forward(const tad_call *call)
{
    tad_array carry = tad__line_carry(call, 0), to = tad__line_seen(call, call->out, false),
              a = tad__line_seen(call, &call->in[A], false), b = tad__line_seen(call, &call->in[B], false);
    if (carry.data)
        tad__scan_recurrence(&carry, &to, &a, &b);
}

/* An array less one element of each line: the first, or the last. */
static tad_array without(const tad_array *array, int axis, bool first)
{
    tad_array part = *array;
    part.dims[axis]--;
    if (first)
        part.data = (char *)array->data + array->strides[axis] * (int64_t)tad_dtype_size(array->dtype);
    return part;
}

/* A walk back gathers what reaches each y, which is the gradient of b; that of a is it times the y before. */
static void backward(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    const tad__line *line = call->attributes;
    int              axis = tad__array_axis(call->out->rank, line->axis);
    tad_array        carry = tad__line_carry(call, 0), total = tad__line_doubles(call);
    if (!carry.data || !total.data)
        return;
    tad_array g = tad__line_seen(call, gy, true), gb = tad__line_seen(call, &gx[B], true),
              gy_total = tad__line_seen(call, &total, true), a = tad__line_seen(call, &call->in[A], true);
    tad__scan_pull_recurrence(&carry, &gb, &gy_total, &g, &a);
    if (!gx[A].data || total.dims[axis] == 0)
        return;
    tad_array ga = without(&gx[A], axis, !line->reverse), from = without(&total, axis, !line->reverse),
              y = without(call->out, axis, line->reverse);
    tad__add_products(&ga, &from, &y);
}

tad_var tad__line_recurrence(tad_var a, tad_var b, int axis, bool reverse)
{
    const tad__line line = {.axis = axis, .reverse = reverse};
    const tad_var   x[] = {a, b};
    return tad_apply(&tad__op_linear_recurrence, (tad_args){.n = 2, .x = x, .attributes = &line});
}

static void vjp(const tad_rule *rule)
{
    const tad__line *line = rule->attributes;
    tad_var total = tad__line_recurrence(tad__line_next(rule->x[A], line), rule->gy, line->axis, !line->reverse);
    if (rule->wanted[A])
        rule->gx[A] = tad_mul(total, tad__line_last(rule->y, line));
    if (rule->wanted[B])
        rule->gx[B] = total;
}

static tad_var jvp(const tad_rule *rule)
{
    const tad__line *line = rule->attributes;
    tad_var          own = {0};
    if (rule->wanted[A])
        own = tad_mul(rule->dx[A], tad__line_last(rule->y, line));
    if (rule->wanted[B])
        own = rule->wanted[A] ? tad_add(own, rule->dx[B]) : rule->dx[B];
    return tad__line_recurrence(rule->x[A], own, line->axis, line->reverse);
}

#define LINE(...)                                                                                                      \
    .attributes = &(const tad__line)                                                                                   \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }
static const tad_sample samples[] = {
    {.in = "[2] [2]", LINE(.axis = 0)},
    {.in = "[7] [7]", LINE(.axis = 0)},
    {.in = "[9] [9]", LINE(.axis = -1, .reverse = true)},
    {.in = "[3, 5] [3, 5]", LINE(.axis = 0)},
    {.in = "[3, 5] [3, 5]", LINE(.axis = -1)},
    {.in = "[5, 3] [5, 3]", LINE(.axis = 0, .reverse = true)},
    {.in = "[2, 3, 4] [2, 3, 4]", LINE(.axis = 1)},
    {.in = "[2, 3, 2, 3] [2, 3, 2, 3]", LINE(.axis = 2, .reverse = true)},
    {.in = "[0, 3] [0, 3]", LINE(.axis = 1)},
    {.in = "[2, 0] [2, 0]", LINE(.axis = 1)},
};

const tad_op tad__op_linear_recurrence = {
    .name = "linear_recurrence",
    .about = "linear recurrence of first order along an axis",
    .formula = "linear_recurrence(a, b)",
    .arity = 2,
    .attribute_bytes = sizeof(tad__line),
    ARGUMENTS(AXIS_ARGUMENT),
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .depends = tad__line_depends,
    .vjp = vjp,
    .jvp = jvp,
    SAMPLES(samples),
};

/** The linear recurrence y[i] = a[i] * y[i - 1] + b[i] along one axis, with y[0] = b[0] (a[0] has no part in it); a, b and y
 * have one shape. A discounted sum, an exponential moving average or a first-order filter, in one pass. With the cotangents
 * that reach y added up from the end, t[i] = gy[i] + a[i + 1] * t[i + 1]: the gradient of b is t, that of a is
 * t[i] * y[i - 1]. Computed one by one, in double. Errors: TAD_ESHAPE (shapes differ), TAD_EARG (no such axis), TAD_EDTYPE. */
TAD_API tad_var tad_linear_recurrence(tad_var a, tad_var b, int axis)
{
    const tad__line line = {.axis = axis};
    const tad_var   x[] = {a, b};
    return tad_apply(&tad__op_linear_recurrence, (tad_args){.n = 2, .x = x, .attributes = &line, .caller = TAD_CALLER});
}
