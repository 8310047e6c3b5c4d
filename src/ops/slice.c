/* A part of one axis, and its adjoint, a value with zeros around it. */
#include "ops/sample.h"
#include "tensor/move.h"

#include <tad/operations.h>

#include <inttypes.h>

typedef struct attributes {
    int     axis;
    int64_t first, last; /* slice: start and stop; pad: zeros before and behind */
} attributes;

static int64_t from_end(int64_t index, int64_t size)
{
    return index == TAD_END ? size : index < 0 ? index + size : index;
}

/* The elements start <= i < stop of an axis, which are there. */
static tad_array part(const tad_array *array, int axis, int64_t start, int64_t stop)
{
    tad_array view = *array;
    view.dims[axis] = stop - start;
    if (view.data)
        view.data = (char *)array->data + start * array->strides[axis] * (int64_t)tad_dtype_size(array->dtype);
    return view;
}

static tad_status find_axis(const tad_call *call, int *axis)
{
    const attributes *to = call->attributes;
    const tad_array  *x = &call->in[0];
    *axis = tad__array_axis(x->rank, to->axis);
    if (*axis < 0)
        return tad_refuse(call, TAD_EARG, "axis %d of a value of rank %d", to->axis, x->rank);
    tad__array_set_shape(call->out, x->rank, x->dims);
    return TAD_OK;
}

static tad_status shape_of_slice(const tad_call *call)
{
    const attributes *to = call->attributes;
    int               axis;
    tad_status        status = find_axis(call, &axis);
    if (status != TAD_OK)
        return status;
    int64_t size = call->in[0].dims[axis], start = from_end(to->first, size), stop = from_end(to->last, size);
    if (start < 0 || start > stop || stop > size)
        return tad_refuse(call, TAD_EARG, "elements %" PRId64 " to %" PRId64 " of axis %d, which has %" PRId64,
                          to->first, to->last, to->axis, size);
    call->out->dims[axis] = stop - start;
    return TAD_OK;
}

static bool view_slice(const tad_call *call, const tad_array *base, tad_array *out)
{
    const attributes *to = call->attributes;
    int               axis = tad__array_axis(base->rank, to->axis);
    int64_t           size = base->dims[axis];
    *out = part(base, axis, from_end(to->first, size), from_end(to->last, size));
    return true;
}

static void vjp_slice(const tad_rule *rule)
{
    const attributes *to = rule->attributes;
    int64_t           size = tad_dim(rule->x[0], to->axis);
    rule->gx[0] = tad_pad(rule->gy, to->axis, from_end(to->first, size), size - from_end(to->last, size));
}

static tad_status shape_of_pad(const tad_call *call)
{
    const attributes *to = call->attributes;
    int               axis;
    tad_status        status = find_axis(call, &axis);
    if (status != TAD_OK)
        return status;
    int64_t size = call->in[0].dims[axis];
    if (to->first < 0 || to->last < 0)
        return tad_refuse(call, TAD_EARG, "%" PRId64 " zeros before and %" PRId64 " behind; expected 0 or more",
                          to->first, to->last);
    if (to->first > INT64_MAX - size || to->last > INT64_MAX - size - to->first)
        return tad_refuse(call, TAD_ESHAPE, "the padded axis would be longer than 2^63 - 1");
    call->out->dims[axis] = to->first + size + to->last;
    return TAD_OK;
}

/* Where the operand stands in an array of the padded shape. */
static tad_array inside(const tad_call *call, const tad_array *padded)
{
    const attributes *to = call->attributes;
    int               axis = tad__array_axis(padded->rank, to->axis);
    return part(padded, axis, to->first, to->first + call->in[0].dims[axis]);
}

static void forward_pad(const tad_call *call)
{
    tad_array to = inside(call, call->out);
    tad__fill(call->out, 0);
    tad__copy(&to, &call->in[0]);
}

static void backward_pad(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    tad_array from = inside(call, gy);
    tad__accumulate(&gx[0], &from, 1);
}

static void vjp_pad(const tad_rule *rule)
{
    const attributes *to = rule->attributes;
    int64_t           size = tad_dim(rule->x[0], to->axis);
    rule->gx[0] = tad_slice(rule->gy, to->axis, to->first, to->first + size);
}

static const tad_sample slices[] = {
    {.in = "[5]", .attributes = &(const attributes){0, 1, 4}},
    {.in = "[5]", .attributes = &(const attributes){-1, -3, TAD_END}},
    {.in = "[1]", .attributes = &(const attributes){0, 0, 1}},
    {.in = "[3, 4]", .attributes = &(const attributes){0, 2, 3}},
    {.in = "[3, 4]", .attributes = &(const attributes){1, 0, -1}},
    {.in = "[2, 3, 4]", .attributes = &(const attributes){1, 1, 3}},
    {.in = "[2, 3, 2, 3]", .attributes = &(const attributes){-2, 1, 2}},
    {.in = "[3, 2]", .attributes = &(const attributes){0, 1, 1}},
};

static const tad_sample pads[] = {
    {.in = "[1]", .attributes = &(const attributes){0, 0, 0}},
    {.in = "[3]", .attributes = &(const attributes){0, 1, 2}},
    {.in = "[7]", .attributes = &(const attributes){-1, 0, 3}},
    {.in = "[2, 3]", .attributes = &(const attributes){0, 2, 0}},
    {.in = "[2, 3]", .attributes = &(const attributes){1, 1, 1}},
    {.in = "[2, 3, 2]", .attributes = &(const attributes){1, 0, 2}},
    {.in = "[2, 1, 2, 3]", .attributes = &(const attributes){-3, 1, 1}},
    {.in = "[0, 2]", .attributes = &(const attributes){0, 1, 1}},
};

const tad_op tad__op_slice = {
    .name = "slice",
    .about = "a part of one axis",
    .formula = "slice(x)",
    .arity = 1,
    .any_dtype = true,
    .attribute_bytes = sizeof(attributes),
    .shape = shape_of_slice,
    .view = view_slice,
    .vjp = vjp_slice,
    .linear = true,
    SAMPLES(slices),
};

const tad_op tad__op_pad = {
    .name = "pad",
    .about = "zeros around one axis",
    .formula = "pad(x)",
    .arity = 1,
    .any_dtype = true,
    .attribute_bytes = sizeof(attributes),
    .shape = shape_of_pad,
    .forward = forward_pad,
    .backward = backward_pad,
    .vjp = vjp_pad,
    .linear = true,
    SAMPLES(pads),
};

/** The elements start <= i < stop of one axis. Negative indices count from the end, and TAD_END is the end. A view: nothing
 * is copied. Errors: TAD_EARG (no such axis, or indices outside it). */
TAD_API tad_var tad_slice(tad_var x, int axis, int64_t start, int64_t stop)
{
    attributes to = {axis, start, stop};
    return tad_apply(&tad__op_slice, (tad_args){.n = 1, .x = &x, .attributes = &to, .caller = TAD_CALLER});
}

/** x with `before` zeros in front of one axis and `behind` zeros after it: the adjoint of tad_slice.
 * Errors: TAD_EARG (no such axis, or a negative number of zeros), TAD_ESHAPE (too large). */
TAD_API tad_var tad_pad(tad_var x, int axis, int64_t before, int64_t behind)
{
    attributes to = {axis, before, behind};
    return tad_apply(&tad__op_pad, (tad_args){.n = 1, .x = &x, .attributes = &to, .caller = TAD_CALLER});
}
