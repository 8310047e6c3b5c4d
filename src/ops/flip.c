/* shapes: the elements of axes in reverse, or moved along with those that fall off put back at the other end. */
#include "ops/arguments.h"
#include "ops/axes.h"
#include "ops/sample.h"

#include <tad/operations.h>

typedef struct rotation {
    int     axis;
    int64_t shift;
} rotation;

static tad_status shape_of_flip(const tad_call *call)
{
    const tad__axes *to = call->attributes;
    tad__array_set_shape(call->out, call->in[0].rank, call->in[0].dims);
    return tad__check_axes(call, to->n, to->axes);
}

static tad_var compose_flip(const tad_rule *rule)
{
    const tad__axes *to = rule->attributes;
    tad_var          y = rule->x[0];
    for (int i = 0; i < to->n; i++)
        y = tad_slice_step(y, to->axes[i], TAD_END, TAD_END, -1);
    return y;
}

static tad_status shape_of_roll(const tad_call *call)
{
    const rotation  *to = call->attributes;
    const tad_array *x = &call->in[0];
    tad__array_set_shape(call->out, x->rank, x->dims);
    return tad__find_axis(call, x->rank, to->axis) < 0 ? TAD_EARG : TAD_OK;
}

static tad_var compose_roll(const tad_rule *rule)
{
    const rotation *to = rule->attributes;
    tad_var         x = rule->x[0];
    int64_t         size = tad_dim(x, to->axis), cut = size ? to->shift % size : 0;
    if (cut == 0)
        return x;
    cut = cut > 0 ? size - cut : -cut; /* the element that comes first */
    return tad_concat(2, (const tad_var[]){tad_slice(x, to->axis, cut, TAD_END), tad_slice(x, to->axis, 0, cut)},
                      to->axis);
}

static const tad_sample flips[] = {
    {.in = "[]", .attributes = &(const tad__axes){.n = 0}},
    {.in = "[1]", .attributes = &(const tad__axes){.n = 1, .axes = {0}}},
    {.in = "[7]", .attributes = &(const tad__axes){.n = 1, .axes = {0}}},
    {.in = "[3, 3]", .attributes = &(const tad__axes){.n = 1, .axes = {0}}},
    {.in = "[2, 5]", .attributes = &(const tad__axes){.n = 2, .axes = {-1, 0}}},
    {.in = "[2, 3, 4]", .attributes = &(const tad__axes){.n = 2, .axes = {0, 2}}},
    {.in = "[2, 0]", .attributes = &(const tad__axes){.n = 1, .axes = {1}}},
};

static const tad_sample rolls[] = {
    {.in = "[1]", .attributes = &(const rotation){0, 1}},       {.in = "[7]", .attributes = &(const rotation){0, 2}},
    {.in = "[7]", .attributes = &(const rotation){-1, -9}},     {.in = "[3, 3]", .attributes = &(const rotation){0, 1}},
    {.in = "[2, 3, 4]", .attributes = &(const rotation){1, 5}}, {.in = "[2, 0]", .attributes = &(const rotation){1, 1}},
};

const tad_op tad__op_flip = {
    .name = "flip",
    .about = "the elements of axes in reverse",
    .formula = "flip(x)",
    .arity = 1,
    .any_dtype = true,
    .attribute_bytes = sizeof(tad__axes),
    ARGUMENTS(NAMED("axes", tad__axes, n, AXES, REQUIRED)),
    .shape = shape_of_flip,
    .compose = compose_flip,
    SAMPLES(flips),
};

const tad_op tad__op_roll = {
    .name = "roll",
    .about = "the elements of an axis moved round",
    .formula = "roll(x)",
    .arity = 1,
    .any_dtype = true,
    .attribute_bytes = sizeof(rotation),
    ARGUMENTS(MEMBER(rotation, shift, LONG, REQUIRED), MEMBER(rotation, axis, INT)),
    .shape = shape_of_roll,
    .compose = compose_roll,
    SAMPLES(rolls),
};

/** x with the elements of the n axes listed in reverse. A view: nothing is copied.
 * Errors: TAD_EARG (axes NULL, no such axis, an axis named twice). */
TAD_API tad_var tad_flip(tad_var x, int n, const int axes[])
{
    return tad__over_axes(&tad__op_flip, x, tad__axes_of(n, axes, false), TAD_CALLER);
}

/** x with the elements of one axis moved `shift` places towards its end, or towards its start if that is negative; those
 * that fall off come back at the other end. Errors: TAD_EARG (no such axis). */
TAD_API tad_var tad_roll(tad_var x, int64_t shift, int axis)
{
    const rotation to = {axis, shift};
    return tad_apply(&tad__op_roll, (tad_args){.n = 1, .x = &x, .attributes = &to, .caller = TAD_CALLER});
}
