/* shapes: values joined along an axis, and cut apart again. */
#include "ops/arguments.h"
#include "ops/axes.h"
#include "ops/sample.h"
#include "ops/sizes.h"
#include "tensor/move.h"

#include <tad/operations.h>

#include <inttypes.h>

/* ---- concat ---- */

static tad_status shape_of_concat(const tad_call *call)
{
    const tad_array *first = &call->in[0];
    tad_array       *out = call->out;
    int              axis = tad__find_axis(call, first->rank, *(const int *)call->attributes);
    if (axis < 0)
        return TAD_EARG;
    tad__array_set_shape(out, first->rank, first->dims);
    for (int k = 1; k < call->n; k++) {
        tad_array x = call->in[k];
        int64_t   size = x.dims[axis];
        x.dims[axis] = first->dims[axis];
        if (!tad__array_same_shape(&x, first))
            return tad_refuse(call, TAD_ESHAPE, "operand %d differs from the first in more than axis %d", k + 1, axis);
        if (size > INT64_MAX - out->dims[axis])
            return tad_refuse(call, TAD_ESHAPE, "the joined axis would be longer than 2^63 - 1");
        out->dims[axis] += size;
    }
    return TAD_OK;
}

/* Where operand k stands in an array of the result's shape, given where the one before ends. */
static tad_array part(const tad_call *call, const tad_array *whole, int k, int64_t *end)
{
    int       axis = tad__array_axis(whole->rank, *(const int *)call->attributes);
    tad_array view = *whole;
    view.dims[axis] = call->in[k].dims[axis];
    if (tad__array_count(&view) > 0)
        view.data = (char *)whole->data + *end * whole->strides[axis] * (int64_t)tad_dtype_size(whole->dtype);
    *end += view.dims[axis];
    return view;
}

static void forward_concat(const tad_call *call)
{
    int64_t end = 0;
    for (int k = 0; k < call->n; k++) {
        tad_array to = part(call, call->out, k, &end);
        tad__copy(&to, &call->in[k]);
    }
}

static void backward_concat(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    int64_t end = 0;
    for (int k = 0; k < call->n; k++) {
        tad_array from = part(call, gy, k, &end);
        if (gx[k].data)
            tad__accumulate(&gx[k], &from, 1);
    }
}

static void vjp_concat(const tad_rule *rule)
{
    int     axis = *(const int *)rule->attributes;
    int64_t end = 0;
    for (int k = 0; k < rule->n; k++) {
        int64_t start = end;
        end += tad_dim(rule->x[k], axis);
        if (rule->wanted[k])
            rule->gx[k] = tad_slice(rule->gy, axis, start, end);
    }
}

static tad_var jvp_concat(const tad_rule *rule)
{
    tad_var dx[TAD_MAX_ARITY];
    for (int k = 0; k < rule->n; k++)
        dx[k] = rule->wanted[k] ? rule->dx[k] : tad__zeros_like(rule->x[k]);
    return tad_concat(rule->n, dx, *(const int *)rule->attributes);
}

static const int        first = 0, second = 1, third = 2, last = -1, last_but_one = -2;
static const tad_sample concats[] = {
    {.in = "[1]", .attributes = &first},
    {.in = "[3] [4]", .attributes = &first},
    {.in = "[7] [1] [9]", .attributes = &last},
    {.in = "[2, 3] [1, 3]", .attributes = &first},
    {.in = "[2, 3] [2, 1] [2, 2]", .attributes = &second},
    {.in = "[2, 2, 3] [2, 1, 3]", .attributes = &last_but_one},
    {.in = "[2, 1, 2, 3] [2, 1, 2, 3]", .attributes = &third},
    {.in = "[1, 1] [1, 1] [1, 1] [1, 1] [1, 2]", .attributes = &last},
    {.in = "[0, 2] [3, 2]", .attributes = &first},
    {.in = "[0] [0]", .attributes = &first},
};

const tad_op tad__op_concat = {
    .name = "concat",
    .about = "values joined along an axis",
    .formula = "concat(x...)",
    .arity = TAD_MAX_ARITY,
    .optional = TAD_MAX_ARITY - 1,
    .any_dtype = true,
    .attribute_bytes = sizeof(int),
    ARGUMENTS(AXIS_ARGUMENT),
    .defaults = &(const int){0},
    .shape = shape_of_concat,
    .forward = forward_concat,
    .backward = backward_concat,
    .vjp = vjp_concat,
    .jvp = jvp_concat,
    SAMPLES(concats),
};

/* ---- stack ---- */

static tad_status shape_of_stack(const tad_call *call)
{
    const tad_array *x = call->in;
    if (x->rank == TAD_MAX_RANK)
        return tad_refuse(call, TAD_ESHAPE, "there are %d axes already, the most there can be", TAD_MAX_RANK);
    for (int k = 1; k < call->n; k++)
        if (!tad__array_same_shape(&x[k], &x[0]))
            return tad_refuse(call, TAD_ESHAPE, "operand %d has another shape than the first", k + 1);
    int axis = tad__find_axis(call, x->rank + 1, *(const int *)call->attributes);
    if (axis < 0)
        return TAD_EARG;
    call->out->rank = x->rank + 1;
    for (int i = 0; i <= x->rank; i++)
        call->out->dims[i] = i == axis ? call->n : x->dims[i - (i > axis)];
    return TAD_OK;
}

static tad_var compose_stack(const tad_rule *rule)
{
    int     axis = *(const int *)rule->attributes;
    tad_var x[TAD_MAX_ARITY];
    for (int k = 0; k < rule->n; k++)
        x[k] = tad_unsqueeze(rule->x[k], axis);
    return tad_concat(rule->n, x, axis);
}

static const tad_sample stacks[] = {
    {.in = "[]", .attributes = &first},
    {.in = "[] [] []", .attributes = &last},
    {.in = "[7] [7]", .attributes = &first},
    {.in = "[7] [7] [7]", .attributes = &last},
    {.in = "[2, 3] [2, 3]", .attributes = &second},
    {.in = "[2, 1, 3] [2, 1, 3]", .attributes = &last_but_one},
    {.in = "[2, 0] [2, 0]", .attributes = &second},
};

const tad_op tad__op_stack = {
    .name = "stack",
    .about = "values of one shape joined along a new axis",
    .formula = "stack(x...)",
    .arity = TAD_MAX_ARITY,
    .optional = TAD_MAX_ARITY - 1,
    .any_dtype = true,
    .attribute_bytes = sizeof(int),
    ARGUMENTS(AXIS_ARGUMENT),
    .defaults = &(const int){0},
    .shape = shape_of_stack,
    .compose = compose_stack,
    SAMPLES(stacks),
};

/* More operands than an operation can have are joined in groups, and the groups like any others. */
static tad_var join(const tad_op *op, int n, const tad_var x[], int axis, const void *caller)
{
    tad_var groups[TAD_MAX_ARITY];
    int     size = 1, count = 0;
    while (n > TAD_MAX_ARITY && (n - 1) / size >= TAD_MAX_ARITY)
        size *= TAD_MAX_ARITY;
    if (size == 1)
        return tad_apply(op, (tad_args){.n = n, .x = x, .attributes = &axis, .caller = caller});
    for (int k = 0; k < n; k += n - k < size ? n - k : size)
        groups[count++] = join(op, n - k < size ? n - k : size, x + k, axis, caller);
    return join(&tad__op_concat, count, groups, axis, caller);
}

/** The n values x[0], x[1], ... one behind the other along an axis. Their other axes, and their types, are the same.
 * dy/dx[k] is the part of gy that came from x[k]. If n is below 1 or x NULL, the result is a zeroed handle, for there is no
 * tape to keep an error. Errors: TAD_EARG (no such axis), TAD_ESHAPE (they differ in another axis), TAD_EDTYPE. */
TAD_API tad_var tad_concat(int n, const tad_var x[], int axis)
{
    return n < 1 || !x ? (tad_var){0} : join(&tad__op_concat, n, x, axis, TAD_CALLER);
}

/** The n values x[0], x[1], ... of one shape and type, side by side along a new axis of size n, which is axis number `axis`
 * of the result; -1 is behind all others. If n is below 1 or x NULL, the result is a zeroed handle.
 * Errors: TAD_EARG (no such axis), TAD_ESHAPE (shapes differ, or have eight axes already), TAD_EDTYPE. */
TAD_API tad_var tad_stack(int n, const tad_var x[], int axis)
{
    return n < 1 || !x ? (tad_var){0} : join(&tad__op_stack, n, x, axis, TAD_CALLER);
}
