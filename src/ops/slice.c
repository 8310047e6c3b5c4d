/* shapes: elements of one axis at equal distances, and their adjoint, a value with a constant around and between its
 * elements. */
#include "ops/arguments.h"
#include "ops/axes.h"
#include "ops/sample.h"
#include "tensor/move.h"

#include <tad/operations.h>

#include <inttypes.h>

typedef struct bounds {
    int     axis;
    int64_t start, stop, step;
    bool    lenient; /* bounds outside the axis are moved to its ends, as Python does */
} bounds;

typedef struct padding {
    int     axis;
    int64_t before, behind;
    int64_t step; /* from one element of the operand to the next */
    double  value;
} padding;

/* The elements first, first + step, ... of an axis. */
typedef struct range {
    int64_t first, count, step;
} range;

static int64_t clamp(int64_t index, int64_t low, int64_t high)
{
    return index < low ? low : index > high ? high : index;
}

/* A bound that is lenient: as TAD_END it is the end in the direction of the step. */
static int64_t lenient_bound(int64_t index, int64_t size, bool down, bool is_stop)
{
    if (index == TAD_END && is_stop && down)
        return -1;
    if (index < 0)
        index = index < -size ? -1 : index + size;
    return down ? clamp(index, -1, size - 1) : clamp(index, 0, size);
}

static int64_t from_end(int64_t index, int64_t size)
{
    return index == TAD_END ? size : index < 0 ? index + size : index;
}

/* first and count; a count below 0 says that the bounds are outside the axis. */
static range range_of(const bounds *to, int64_t size)
{
    range r = {.step = to->step};
    if (!to->lenient) {
        r.first = from_end(to->start, size);
        int64_t stop = from_end(to->stop, size);
        r.count = r.first < 0 || stop < r.first || stop > size ? -1 : stop - r.first;
        return r;
    }
    bool    down = to->step < 0;
    int64_t stop = lenient_bound(to->stop, size, down, true), length;
    r.first = lenient_bound(to->start, size, down, false);
    length = down ? r.first - stop : stop - r.first;
    if (r.step == INT64_MIN) /* so that it has a magnitude */
        r.step = -INT64_MAX;
    if (length > 0)
        r.count = (length - 1) / (down ? -r.step : r.step) + 1;
    else
        r.first = 0;
    return r;
}

/* The elements of a range, which are there. */
static tad_array part(const tad_array *array, int axis, range r)
{
    tad_array view = *array;
    view.dims[axis] = r.count;
    if (r.count > 1)
        view.strides[axis] *= r.step;
    if (view.data && r.count > 0)
        view.data = (char *)array->data + r.first * array->strides[axis] * (int64_t)tad_dtype_size(array->dtype);
    return view;
}

static tad_status find_axis(const tad_call *call, int given, int *axis)
{
    const tad_array *x = &call->in[0];
    *axis = tad__find_axis(call, x->rank, given);
    tad__array_set_shape(call->out, x->rank, x->dims);
    return *axis < 0 ? TAD_EARG : TAD_OK;
}

/* ---- slice ---- */

static tad_status shape_of_slice(const tad_call *call)
{
    const bounds *to = call->attributes;
    int           axis;
    tad_status    status = find_axis(call, to->axis, &axis);
    if (status != TAD_OK)
        return status;
    if (to->step == 0)
        return tad_refuse(call, TAD_EARG, "a step of 0; expected one up or down");
    int64_t size = call->in[0].dims[axis];
    range   r = range_of(to, size);
    if (r.count < 0)
        return tad_refuse(call, TAD_EARG, "elements %" PRId64 " to %" PRId64 " of axis %d, which has %" PRId64,
                          to->start, to->stop, to->axis, size);
    call->out->dims[axis] = r.count;
    return TAD_OK;
}

static bool view_slice(const tad_call *call, const tad_array *base, tad_array *out)
{
    const bounds *to = call->attributes;
    int           axis = tad__array_axis(base->rank, to->axis);
    *out = part(base, axis, range_of(to, base->dims[axis]));
    return true;
}

static tad_var pad(tad_var x, padding to, const void *caller);
static tad_var slice(tad_var x, bounds to, const void *caller);

/* Zeros where no element was taken. */
static void vjp_slice(const tad_rule *rule)
{
    const bounds *to = rule->attributes;
    int64_t       size = tad_dim(rule->x[0], to->axis);
    range         r = range_of(to, size);
    bool          down = r.step < 0;
    int64_t       step = down ? -r.step : r.step, span = r.count ? (r.count - 1) * step + 1 : 0;
    int64_t       low = down ? r.first + (r.count ? 1 : 0) - span : r.first;
    tad_var       up = down ? slice(rule->gy, (bounds){to->axis, TAD_END, TAD_END, -1, true}, NULL) : rule->gy;
    rule->gx[0] = pad(up, (padding){to->axis, low, size - low - span, r.count > 1 ? step : 1, 0}, NULL);
}

/* ---- pad ---- */

static tad_status shape_of_pad(const tad_call *call)
{
    const padding *to = call->attributes;
    int            axis;
    tad_status     status = find_axis(call, to->axis, &axis);
    if (status != TAD_OK)
        return status;
    int64_t size = call->in[0].dims[axis];
    if (to->before < 0 || to->behind < 0)
        return tad_refuse(call, TAD_EARG, "%" PRId64 " elements before and %" PRId64 " behind; expected 0 or more",
                          to->before, to->behind);
    int64_t span = size > 1 ? (size - 1) * to->step + 1 : size;
    if (to->before > INT64_MAX - span || to->behind > INT64_MAX - span - to->before)
        return tad_refuse(call, TAD_ESHAPE, "the padded axis would be longer than 2^63 - 1");
    call->out->dims[axis] = to->before + span + to->behind;
    return TAD_OK;
}

/* Where the operand stands in an array of the padded shape. */
static tad_array inside(const tad_call *call, const tad_array *padded)
{
    const padding *to = call->attributes;
    int            axis = tad__array_axis(padded->rank, to->axis);
    return part(padded, axis, (range){to->before, call->in[0].dims[axis], to->step});
}

static void forward_pad(const tad_call *call)
{
    const padding *with = call->attributes;
    tad_array      to = inside(call, call->out);
    tad__fill(call->out, with->value);
    tad__copy(&to, &call->in[0]);
}

static void backward_pad(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    tad_array from = inside(call, gy);
    tad__accumulate(&gx[0], &from, 1);
}

static void vjp_pad(const tad_rule *rule)
{
    const padding *to = rule->attributes;
    int64_t        stop = tad_dim(rule->gy, to->axis) - to->behind;
    rule->gx[0] = slice(rule->gy, (bounds){to->axis, to->before, stop, to->step, true}, NULL);
}

static tad_var jvp_pad(const tad_rule *rule)
{
    padding zeros = *(const padding *)rule->attributes;
    zeros.value = 0;
    return pad(rule->dx[0], zeros, NULL);
}

static const tad_sample slices[] = {
    {.in = "[5]", .attributes = &(const bounds){0, 1, 4, 1, false}},
    {.in = "[5]", .attributes = &(const bounds){-1, -3, TAD_END, 1, false}},
    {.in = "[1]", .attributes = &(const bounds){0, 0, 1, 1, false}},
    {.in = "[3, 4]", .attributes = &(const bounds){0, 2, 3, 1, false}},
    {.in = "[3, 4]", .attributes = &(const bounds){1, 0, -1, 1, false}},
    {.in = "[2, 3, 4]", .attributes = &(const bounds){1, 1, 3, 1, false}},
    {.in = "[2, 3, 2, 3]", .attributes = &(const bounds){-2, 1, 2, 1, false}},
    {.in = "[3, 2]", .attributes = &(const bounds){0, 1, 1, 1, false}},
    {.in = "[7]", .attributes = &(const bounds){0, 0, TAD_END, 3, true}},
    {.in = "[17]", .attributes = &(const bounds){0, TAD_END, TAD_END, -1, true}},
    {.in = "[8]", .attributes = &(const bounds){0, -2, 1, -2, true}},
    {.in = "[4, 4]", .attributes = &(const bounds){0, 3, TAD_END, -2, true}},
    {.in = "[2, 3, 4]", .attributes = &(const bounds){-1, 1, 9, 2, true}},
    {.in = "[3, 2]", .attributes = &(const bounds){0, 0, 2, -1, true}},
    {.in = "[2, 0]", .attributes = &(const bounds){1, TAD_END, TAD_END, -1, true}},
};

static const tad_sample pads[] = {
    {.in = "[1]", .attributes = &(const padding){0, 0, 0, 1, 0}},
    {.in = "[3]", .attributes = &(const padding){0, 1, 2, 1, 0}},
    {.in = "[7]", .attributes = &(const padding){-1, 0, 3, 1, -1.5}},
    {.in = "[2, 3]", .attributes = &(const padding){0, 2, 0, 1, 0}},
    {.in = "[2, 3]", .attributes = &(const padding){1, 1, 1, 1, 0.5}},
    {.in = "[2, 3, 2]", .attributes = &(const padding){1, 0, 2, 1, 0}},
    {.in = "[2, 1, 2, 3]", .attributes = &(const padding){-3, 1, 1, 1, 0}},
    {.in = "[0, 2]", .attributes = &(const padding){0, 1, 1, 1, 2}},
    {.in = "[5]", .attributes = &(const padding){0, 1, 0, 3, 0}},
    {.in = "[3, 2]", .attributes = &(const padding){0, 0, 2, 2, 0}},
};

const tad_op tad__op_slice = {
    .name = "slice",
    .about = "elements of one axis at equal distances",
    .formula = "slice(x)",
    .arity = 1,
    .any_dtype = true,
    .attribute_bytes = sizeof(bounds),
    ARGUMENTS(MEMBER(bounds, start, LONG, REQUIRED), MEMBER(bounds, stop, LONG, REQUIRED), MEMBER(bounds, axis, INT)),
    .defaults = &(const bounds){.step = 1},
    .shape = shape_of_slice,
    .view = view_slice,
    .vjp = vjp_slice,
    .linear = true,
    SAMPLES(slices),
};

const tad_op tad__op_pad = {
    .name = "pad",
    .about = "a constant around one axis",
    .formula = "pad(x)",
    .arity = 1,
    .any_dtype = true,
    .attribute_bytes = sizeof(padding),
    ARGUMENTS(MEMBER(padding, before, LONG, REQUIRED), MEMBER(padding, behind, LONG, REQUIRED),
              MEMBER(padding, axis, INT), MEMBER(padding, value, NUMBER)),
    .defaults = &(const padding){.step = 1},
    .shape = shape_of_pad,
    .forward = forward_pad,
    .backward = backward_pad,
    .vjp = vjp_pad,
    .jvp = jvp_pad,
    SAMPLES(pads),
};

static tad_var slice(tad_var x, bounds to, const void *caller)
{
    return tad_apply(&tad__op_slice, (tad_args){.n = 1, .x = &x, .attributes = &to, .caller = caller});
}

static tad_var pad(tad_var x, padding to, const void *caller)
{
    return tad_apply(&tad__op_pad, (tad_args){.n = 1, .x = &x, .attributes = &to, .caller = caller});
}

/** The elements start <= i < stop of one axis. Negative indices count from the end, and TAD_END is the end. A view: nothing
 * is copied. Errors: TAD_EARG (no such axis, or indices outside it). */
TAD_API tad_var tad_slice(tad_var x, int axis, int64_t start, int64_t stop)
{
    return slice(x, (bounds){axis, start, stop, 1, false}, TAD_CALLER);
}

/** The elements start, start + step, ... before stop of one axis, as Python's x[start:stop:step]: negative indices count
 * from the end, and bounds beyond an end mean that end. A step below 0 goes down, and stops above stop. TAD_END as stop
 * leaves it out: the way goes on to the end, or down to element 0; as start it is the end of the axis, so that
 * (TAD_END, TAD_END, -1) is all elements in reverse. A view: nothing is copied.
 * Errors: TAD_EARG (no such axis, a step of 0). */
TAD_API tad_var tad_slice_step(tad_var x, int axis, int64_t start, int64_t stop, int64_t step)
{
    return slice(x, (bounds){axis, start, stop, step, true}, TAD_CALLER);
}

/** x with `before` zeros in front of one axis and `behind` zeros after it: the adjoint of tad_slice.
 * Errors: TAD_EARG (no such axis, or a negative number of zeros), TAD_ESHAPE (too large). */
TAD_API tad_var tad_pad(tad_var x, int axis, int64_t before, int64_t behind)
{
    return pad(x, (padding){axis, before, behind, 1, 0}, TAD_CALLER);
}

/** The same with another value than 0 around x; it has no gradient. It is rounded to the type of x.
 * Errors: as tad_pad. */
TAD_API tad_var tad_pad_value(tad_var x, int axis, int64_t before, int64_t behind, double value)
{
    return pad(x, (padding){axis, before, behind, 1, value}, TAD_CALLER);
}
