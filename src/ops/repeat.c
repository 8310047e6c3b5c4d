/* shapes: copies of a value side by side, and copies of each element side by side. */
#include "ops/arguments.h"
#include "ops/axes.h"
#include "ops/sample.h"
#include "ops/sizes.h"
#include "tensor/array.h"

#include <tad/operations.h>

#include <inttypes.h>

typedef struct repetition {
    int     axis;
    int64_t repeats;
} repetition;

/* In C order x is outer x block elements, where `block` begins at axis `axis`. Each block comes `repeats` times, and axis
 * `longer` is so many times as long. */
static tad_var repeat_blocks(tad_var x, int axis, int longer, int64_t repeats)
{
    int64_t dims[TAD_MAX_RANK], outer = 1, block = 1;
    int     rank = tad__shape_of(x, dims);
    for (int i = 0; i < rank; i++)
        *(i < axis ? &outer : &block) *= dims[i];
    dims[longer] *= repeats;
    tad_var blocks = tad_reshape(x, 3, (const int64_t[]){outer, 1, block});
    return tad_reshape(tad_broadcast_to(blocks, 3, (const int64_t[]){outer, repeats, block}), rank, dims);
}

static tad_status repeat_axis(const tad_call *call, int axis, int64_t repeats)
{
    int64_t *size = &call->out->dims[axis];
    if (repeats < 0)
        return tad_refuse(call, TAD_EARG, "%" PRId64 " repeats; expected 0 or more", repeats);
    if (*size > 0 && repeats > INT64_MAX / *size)
        return tad_refuse(call, TAD_ESHAPE, "axis %d would be longer than 2^63 - 1", axis);
    *size *= repeats;
    return TAD_OK;
}

/* ---- tile ---- */

static tad_status shape_of_tile(const tad_call *call)
{
    const tad__sizes *to = call->attributes;
    const tad_array  *x = &call->in[0];
    tad_array        *out = call->out;
    if (to->rank < 0 || to->rank > TAD_MAX_RANK)
        return tad_refuse(call, TAD_EARG, "expected a list of 0 to %d repeats", TAD_MAX_RANK);
    out->rank = to->rank > x->rank ? to->rank : x->rank;
    tad_status status = TAD_OK;
    for (int i = 0; i < out->rank && status == TAD_OK; i++) {
        int of_x = i - out->rank + x->rank, given = i - out->rank + to->rank;
        out->dims[i] = of_x < 0 ? 1 : x->dims[of_x];
        status = given < 0 ? TAD_OK : repeat_axis(call, i, to->dims[given]);
    }
    return status;
}

static tad_var compose_tile(const tad_rule *rule)
{
    const tad__sizes *to = rule->attributes;
    tad_var           y = rule->x[0];
    while (tad_rank(y) < to->rank && tad_is_valid(y))
        y = tad_unsqueeze(y, 0);
    int rank = tad_rank(y);
    for (int i = to->rank - 1; i >= 0 && tad_is_valid(y); i--)
        if (to->dims[i] != 1)
            y = repeat_blocks(y, rank - to->rank + i, rank - to->rank + i, to->dims[i]);
    return y;
}

/* ---- repeat_interleave ---- */

static tad_status shape_of_repeat(const tad_call *call)
{
    const repetition *to = call->attributes;
    const tad_array  *x = &call->in[0];
    int               axis = tad__find_axis(call, x->rank, to->axis);
    if (axis < 0)
        return TAD_EARG;
    tad__array_set_shape(call->out, x->rank, x->dims);
    return repeat_axis(call, axis, to->repeats);
}

static tad_var compose_repeat(const tad_rule *rule)
{
    const repetition *to = rule->attributes;
    int               axis = tad__array_axis(tad_rank(rule->x[0]), to->axis);
    return repeat_blocks(rule->x[0], axis + 1, axis, to->repeats);
}

static const tad_sample tiles[] = {
    {.in = "[]", .attributes = &(const tad__sizes){0}},
    {.in = "[]", .attributes = &(const tad__sizes){2, {2, 3}}},
    {.in = "[7]", .attributes = &(const tad__sizes){1, {2}}},
    {.in = "[3]", .attributes = &(const tad__sizes){2, {2, 2}}},
    {.in = "[2, 3]", .attributes = &(const tad__sizes){1, {3}}},
    {.in = "[2, 3]", .attributes = &(const tad__sizes){2, {2, 1}}},
    {.in = "[2, 1, 3]", .attributes = &(const tad__sizes){3, {1, 3, 2}}},
    {.in = "[2, 3]", .attributes = &(const tad__sizes){2, {0, 2}}},
    {.in = "[0, 2]", .attributes = &(const tad__sizes){2, {2, 2}}},
};

static const tad_sample interleaves[] = {
    {.in = "[1]", .attributes = &(const repetition){0, 1}},
    {.in = "[7]", .attributes = &(const repetition){0, 3}},
    {.in = "[3, 3]", .attributes = &(const repetition){0, 2}},
    {.in = "[2, 5]", .attributes = &(const repetition){-1, 2}},
    {.in = "[2, 3, 2]", .attributes = &(const repetition){1, 3}},
    {.in = "[2, 2]", .attributes = &(const repetition){1, 0}},
    {.in = "[2, 0]", .attributes = &(const repetition){0, 2}},
};

const tad_op tad__op_tile = {
    .name = "tile",
    .about = "copies of a value side by side",
    .formula = "tile(x)",
    .arity = 1,
    .any_dtype = true,
    .attribute_bytes = sizeof(tad__sizes),
    ARGUMENTS(NAMED("repeats", tad__sizes, rank, SIZES, REQUIRED)),
    .shape = shape_of_tile,
    .compose = compose_tile,
    SAMPLES(tiles),
};

const tad_op tad__op_repeat_interleave = {
    .name = "repeat_interleave",
    .about = "copies of each element side by side",
    .formula = "repeat_interleave(x)",
    .arity = 1,
    .any_dtype = true,
    .attribute_bytes = sizeof(repetition),
    ARGUMENTS(NAMED("times", repetition, repeats, LONG, REQUIRED), MEMBER(repetition, axis, INT)),
    .shape = shape_of_repeat,
    .compose = compose_repeat,
    SAMPLES(interleaves),
};

/** Copies of x side by side: repeats[i] of them along axis i, where the n axes are the last ones, and axes that x lacks are
 * put in front with size 1. The gradient is the sum over the copies.
 * Errors: TAD_EARG (repeats NULL, n outside 0..8, a negative number), TAD_ESHAPE (too large). */
TAD_API tad_var tad_tile(tad_var x, int n, const int64_t repeats[])
{
    tad__sizes to = tad__sizes_of(n, repeats);
    return tad_apply(&tad__op_tile, (tad_args){.n = 1, .x = &x, .attributes = &to, .caller = TAD_CALLER});
}

/** Each element of an axis `times` times in a row: 0 1 2 becomes 0 0 1 1 2 2. The gradient is the sum over the copies.
 * Errors: TAD_EARG (no such axis, a negative number), TAD_ESHAPE (too large). */
TAD_API tad_var tad_repeat_interleave(tad_var x, int64_t times, int axis)
{
    const repetition to = {axis, times};
    return tad_apply(&tad__op_repeat_interleave, (tad_args){.n = 1, .x = &x, .attributes = &to, .caller = TAD_CALLER});
}
