/* shapes: the same elements in another shape. */
#include "ops/arguments.h"
#include "ops/sample.h"
#include "ops/sizes.h"
#include "tensor/move.h"

#include <tad/operations.h>

#include <inttypes.h>

static tad_status shape(const tad_call *call)
{
    const tad__sizes *to = call->attributes;
    tad_array        *out = call->out;
    if (to->rank < 0 || to->rank > TAD_MAX_RANK)
        return tad_refuse(call, TAD_EARG, "expected a list of 0 to %d sizes", TAD_MAX_RANK);
    tad__array_set_shape(out, to->rank, to->dims);
    int     open = -1;
    int64_t count = tad__array_count(&call->in[0]), given = 1;
    for (int i = 0; i < out->rank; i++) {
        if (out->dims[i] < -1)
            return tad_refuse(call, TAD_EARG, "size %" PRId64 " of axis %d is negative", out->dims[i], i);
        if (out->dims[i] == -1 && open >= 0)
            return tad_refuse(call, TAD_EARG, "axes %d and %d are both -1; at most one can be left open", open, i);
        if (out->dims[i] == -1)
            open = i;
        else if (out->dims[i] > 0 && given > INT64_MAX / out->dims[i])
            return tad_refuse(call, TAD_ESHAPE, "the sizes' product overflows; expected %" PRId64 " elements", count);
        else
            given *= out->dims[i];
    }
    if (open >= 0) {
        out->dims[open] = given ? count / given : 0;
        given *= out->dims[open];
    }
    if (given != count)
        return tad_refuse(call, TAD_ESHAPE, "the new shape has %" PRId64 " elements; expected %" PRId64, given, count);
    return TAD_OK;
}

static bool view(const tad_call *call, const tad_array *base, tad_array *out)
{
    (void)call;
    out->data = base->data;
    return tad__array_reshape(base, out);
}

static void forward(const tad_call *call)
{
    tad_array to = call->in[0];
    tad__array_set_c_order(&to);
    to.data = call->out->data;
    tad__copy(&to, &call->in[0]);
}

static void vjp(const tad_rule *rule)
{
    int64_t dims[TAD_MAX_RANK];
    int     rank = tad__shape_of(rule->x[0], dims);
    rule->gx[0] = tad_reshape(rule->gy, rank, dims);
}

static const tad_sample samples[] = {
    {.in = "[]", .attributes = &(const tad__sizes){0}},
    {.in = "[]", .attributes = &(const tad__sizes){2, {1, 1}}},
    {.in = "[1]", .attributes = &(const tad__sizes){0}},
    {.in = "[6]", .attributes = &(const tad__sizes){2, {2, 3}}},
    {.in = "[2, 3]", .attributes = &(const tad__sizes){1, {6}}},
    {.in = "[2, 3]", .attributes = &(const tad__sizes){2, {3, -1}}},
    {.in = "[3, 5]", .attributes = &(const tad__sizes){3, {5, 1, 3}}},
    {.in = "[2, 3, 4]", .attributes = &(const tad__sizes){2, {4, 6}}},
    {.in = "[2, 3, 2, 2]", .attributes = &(const tad__sizes){3, {3, 2, 4}}},
    {.in = "[2, 0]", .attributes = &(const tad__sizes){3, {0, 4, 2}}},
};

const tad_op tad__op_reshape = {
    .name = "reshape",
    .about = "the same elements in another shape",
    .formula = "reshape(x)",
    .arity = 1,
    .any_dtype = true,
    .attribute_bytes = sizeof(tad__sizes),
    ARGUMENTS(NAMED("shape", tad__sizes, rank, SIZES, REQUIRED)),
    .shape = shape,
    .view = view,
    .forward = forward,
    .vjp = vjp,
    .linear = true,
    SAMPLES(samples),
};

/** The elements of x, in C order, in the shape dims[0] x ... x dims[rank - 1]. One size may be -1: it is what remains.
 * A view where x lies in memory so that strides can express it (in C order, say), else a copy. Errors: TAD_ESHAPE (another number of elements), TAD_EARG (dims NULL, rank
 * outside 0..8, a negative size). */
TAD_API tad_var tad_reshape(tad_var x, int rank, const int64_t dims[])
{
    tad__sizes to = tad__sizes_of(rank, dims);
    return tad_apply(&tad__op_reshape, (tad_args){.n = 1, .x = &x, .attributes = &to, .caller = TAD_CALLER});
}
