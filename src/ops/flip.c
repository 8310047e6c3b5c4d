/* The elements of axes in reverse, or moved along with those that fall off put back at the other end. */
#include "ops/arguments.h"
#include "ops/sample.h"
#include "tensor/array.h"

#include <tad/operations.h>

#include <inttypes.h>

typedef struct axis_list {
    int n; /* -1: the list is missing */
    int axes[TAD_MAX_RANK];
} axis_list;

typedef struct rotation {
    int     axis;
    int64_t shift;
} rotation;

static tad_status shape_of_flip(const tad_call *call)
{
    const axis_list *to = call->attributes;
    int              rank = call->in[0].rank;
    bool             flipped[TAD_MAX_RANK] = {false};
    if (to->n < 0 || to->n > rank)
        return tad_refuse(call, TAD_EARG, "%d axes; expected a list of 0 to %d", to->n, rank);
    for (int i = 0; i < to->n; i++) {
        int axis = tad__array_axis(rank, to->axes[i]);
        if (axis < 0)
            return tad_refuse(call, TAD_EARG, "axis %d; expected -%d to %d", to->axes[i], rank, rank - 1);
        if (flipped[axis])
            return tad_refuse(call, TAD_EARG, "axis %d is named twice", to->axes[i]);
        flipped[axis] = true;
    }
    tad__array_set_shape(call->out, rank, call->in[0].dims);
    return TAD_OK;
}

static tad_var compose_flip(const tad_rule *rule)
{
    const axis_list *to = rule->attributes;
    tad_var          y = rule->x[0];
    for (int i = 0; i < to->n; i++)
        y = tad_slice_step(y, to->axes[i], TAD_END, TAD_END, -1);
    return y;
}

static tad_status shape_of_roll(const tad_call *call)
{
    const rotation  *to = call->attributes;
    const tad_array *x = &call->in[0];
    if (tad__array_axis(x->rank, to->axis) < 0)
        return tad_refuse(call, TAD_EARG, "axis %d; expected -%d to %d", to->axis, x->rank, x->rank - 1);
    tad__array_set_shape(call->out, x->rank, x->dims);
    return TAD_OK;
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
    {.in = "[]", .attributes = &(const axis_list){0}},
    {.in = "[1]", .attributes = &(const axis_list){1, {0}}},
    {.in = "[7]", .attributes = &(const axis_list){1, {0}}},
    {.in = "[3, 3]", .attributes = &(const axis_list){1, {0}}},
    {.in = "[2, 5]", .attributes = &(const axis_list){2, {-1, 0}}},
    {.in = "[2, 3, 4]", .attributes = &(const axis_list){2, {0, 2}}},
    {.in = "[2, 0]", .attributes = &(const axis_list){1, {1}}},
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
    .attribute_bytes = sizeof(axis_list),
    ARGUMENTS(NAMED("axes", axis_list, n, AXES, REQUIRED)),
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
    axis_list to = {.n = axes || n == 0 ? n : -1};
    for (int i = 0; i < to.n && i < TAD_MAX_RANK; i++)
        to.axes[i] = axes[i];
    return tad_apply(&tad__op_flip, (tad_args){.n = 1, .x = &x, .attributes = &to, .caller = TAD_CALLER});
}

/** x with the elements of one axis moved `shift` places towards its end, or towards its start if that is negative; those
 * that fall off come back at the other end. Errors: TAD_EARG (no such axis). */
TAD_API tad_var tad_roll(tad_var x, int64_t shift, int axis)
{
    const rotation to = {axis, shift};
    return tad_apply(&tad__op_roll, (tad_args){.n = 1, .x = &x, .attributes = &to, .caller = TAD_CALLER});
}
