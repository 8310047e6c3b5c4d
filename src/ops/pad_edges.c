/* shapes: an axis continued beyond its ends by its own elements. */
#include "ops/arguments.h"
#include "ops/axes.h"
#include "ops/sample.h"
#include "ops/sizes.h"
#include "tensor/array.h"

#include <tad/operations.h>

#include <inttypes.h>

typedef struct padding {
    int     axis;
    int64_t before, behind;
} padding;

/* To be mirrored, an axis has more elements than are asked for on either side; to be repeated, it has one. */
static tad_status shape(const tad_call *call, bool reflects)
{
    const padding   *to = call->attributes;
    const tad_array *x = &call->in[0];
    int              axis = tad__find_axis(call, x->rank, to->axis);
    if (axis < 0)
        return TAD_EARG;
    int64_t size = x->dims[axis], more = to->before > to->behind ? to->before : to->behind;
    if (to->before < 0 || to->behind < 0)
        return tad_refuse(call, TAD_EARG, "%" PRId64 " elements before and %" PRId64 " behind; expected 0 or more",
                          to->before, to->behind);
    if (more > 0 && size <= (reflects ? more : 0))
        return tad_refuse(call, TAD_ESHAPE, "axis %d has %" PRId64 " elements; expected %" PRId64 " or more", to->axis,
                          size, reflects && more < INT64_MAX ? more + 1 : 1);
    if (more > (INT64_MAX - size) / 2)
        return tad_refuse(call, TAD_ESHAPE, "the padded axis would be longer than 2^63 - 1");
    tad__array_set_shape(call->out, x->rank, x->dims);
    call->out->dims[axis] += to->before + to->behind;
    return TAD_OK;
}

static tad_status shape_of_reflect(const tad_call *call)
{
    return shape(call, true);
}

static tad_status shape_of_replicate(const tad_call *call)
{
    return shape(call, false);
}

static tad_var compose_reflect(const tad_rule *rule)
{
    const padding *to = rule->attributes;
    tad_var        x = rule->x[0];
    int64_t        size = tad_dim(x, to->axis);
    if (to->before == 0 && to->behind == 0)
        return x;
    int64_t       stop = to->behind < size - 1 ? size - 2 - to->behind : TAD_END;
    const tad_var parts[] = {tad_slice_step(x, to->axis, to->before, 0, -1), x,
                             tad_slice_step(x, to->axis, size - 2, stop, -1)};
    return tad_concat(3, parts, to->axis);
}

/* The element at an end, `times` times. */
static tad_var edge(tad_var x, int axis, int64_t at, int64_t times)
{
    int64_t dims[TAD_MAX_RANK];
    int     rank = tad__shape_of(x, dims);
    dims[tad__array_axis(rank, axis)] = times;
    return tad_broadcast_to(tad_slice(x, axis, at, at + 1), rank, dims);
}

static tad_var compose_replicate(const tad_rule *rule)
{
    const padding *to = rule->attributes;
    tad_var        x = rule->x[0];
    if (to->before == 0 && to->behind == 0)
        return x;
    const tad_var parts[] = {edge(x, to->axis, 0, to->before), x,
                             edge(x, to->axis, tad_dim(x, to->axis) - 1, to->behind)};
    return tad_concat(3, parts, to->axis);
}

static const tad_sample samples[] = {
    {.in = "[1]", .attributes = &(const padding){0, 0, 0}},
    {.in = "[3]", .attributes = &(const padding){0, 1, 2}},
    {.in = "[7]", .attributes = &(const padding){-1, 0, 3}},
    {.in = "[3, 2]", .attributes = &(const padding){0, 2, 0}},
    {.in = "[2, 3, 2]", .attributes = &(const padding){1, 1, 2}},
    {.in = "[2, 1, 2, 3]", .attributes = &(const padding){-1, 1, 1}},
    {.in = "[0, 4]", .attributes = &(const padding){1, 2, 1}},
};

const tad_op tad__op_pad_reflect = {
    .name = "pad_reflect",
    .about = "an axis mirrored at its ends",
    .formula = "pad_reflect(x)",
    .arity = 1,
    .any_dtype = true,
    .attribute_bytes = sizeof(padding),
    ARGUMENTS(MEMBER(padding, before, LONG, REQUIRED), MEMBER(padding, behind, LONG, REQUIRED),
              MEMBER(padding, axis, INT)),
    .shape = shape_of_reflect,
    .compose = compose_reflect,
    SAMPLES(samples),
};

const tad_op tad__op_pad_replicate = {
    .name = "pad_replicate",
    .about = "an axis with its first and last element repeated",
    .formula = "pad_replicate(x)",
    .arity = 1,
    .any_dtype = true,
    .attribute_bytes = sizeof(padding),
    ARGUMENTS(MEMBER(padding, before, LONG, REQUIRED), MEMBER(padding, behind, LONG, REQUIRED),
              MEMBER(padding, axis, INT)),
    .shape = shape_of_replicate,
    .compose = compose_replicate,
    SAMPLES(samples),
};

static tad_var apply(const tad_op *op, tad_var x, padding to, const void *caller)
{
    return tad_apply(op, (tad_args){.n = 1, .x = &x, .attributes = &to, .caller = caller});
}

/** x with an axis mirrored at its first and last element, which are not repeated: 2 before and 1 behind 0 1 2 3 make
 * 2 1 0 1 2 3 2. The gradient adds up where elements were repeated.
 * Errors: TAD_EARG (no such axis, a negative number), TAD_ESHAPE (as many elements asked for as the axis has, or more). */
TAD_API tad_var tad_pad_reflect(tad_var x, int axis, int64_t before, int64_t behind)
{
    return apply(&tad__op_pad_reflect, x, (padding){axis, before, behind}, TAD_CALLER);
}

/** x with the first element of an axis repeated `before` times in front, and the last one `behind` times after it. The
 * gradient adds up where elements were repeated.
 * Errors: TAD_EARG (no such axis, a negative number), TAD_ESHAPE (an axis without elements, or too large). */
TAD_API tad_var tad_pad_replicate(tad_var x, int axis, int64_t before, int64_t behind)
{
    return apply(&tad__op_pad_replicate, x, (padding){axis, before, behind}, TAD_CALLER);
}
