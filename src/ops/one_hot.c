/* indices: indices as vectors with a single 1. */
#include "ops/arguments.h"
#include "ops/indices.h"
#include "ops/sample.h"
#include "tensor/gather.h"
#include "tensor/move.h"

#include <tad/operations.h>

#include <inttypes.h>

typedef struct attributes {
    int64_t   depth;
    tad_dtype dtype;
} attributes;

static tad_status shape(const tad_call *call)
{
    const attributes *to = call->attributes;
    const tad_array  *index = &call->in[0];
    tad_array        *out = call->out;
    if (tad_dtype_size(to->dtype) == 0)
        return tad_refuse(call, TAD_EDTYPE, "%d is no element type; expected TAD_F32, TAD_F64 or TAD_I64",
                          (int)to->dtype);
    if (to->depth < 0)
        return tad_refuse(call, TAD_EARG, "depth %" PRId64 "; expected 0 or more", to->depth);
    if (index->rank == TAD_MAX_RANK)
        return tad_refuse(call, TAD_ESHAPE, "the result would have rank %d; at most %d", index->rank + 1, TAD_MAX_RANK);
    tad__array_set_shape(out, index->rank, index->dims);
    out->dims[out->rank++] = to->depth;
    out->dtype = to->dtype;
    return TAD_OK;
}

/* The number 1 is added at each index to what is 0. */
static void forward(const tad_call *call)
{
    const attributes *to = call->attributes;
    tad_array         index = call->in[0], ones;
    double            one = 1, room;
    tad_array         number = tad__array_of_number(&one);
    tad__fill(call->out, 0);
    if (tad__check_indices(call, 0, index.rank, to->depth) != TAD_OK)
        return;
    index.strides[index.rank] = 0;
    index.dims[index.rank++] = 1;
    ones = (tad_array){.dtype = to->dtype, .data = &room};
    tad__copy(&ones, &number);
    ones = tad__array_broadcast(&ones, &index);
    tad__scatter_add(call->out, &ones, index.rank - 1, &index);
}

static const tad_sample samples[] = {
    {.in = "[]<3", .attributes = &(const attributes){3, TAD_F64}},
    {.in = "[7]<5", .attributes = &(const attributes){5, TAD_F64}},
    {.in = "[2, 3]<4", .attributes = &(const attributes){4, TAD_F32}},
};

const tad_op tad__op_one_hot = {
    .name = "one_hot",
    .about = "indices as vectors with a single 1",
    .formula = "one_hot(indices)",
    .arity = 1,
    .indices = 1u,
    .attribute_bytes = sizeof(attributes),
    .operands = "indices",
    ARGUMENTS(MEMBER(attributes, depth, LONG, REQUIRED), MEMBER(attributes, dtype, WORD, DTYPE_WORDS)),
    .defaults = &(const attributes){.dtype = TAD_F64},
    .shape = shape,
    .forward = forward,
    .constant = true,
    SAMPLES(samples),
};

/** Indices (i64; negative ones count from the end) as vectors of `depth` numbers along a new last axis: 1 at the index and 0
 * elsewhere. A constant: it has no gradient. To look up rows of a matrix tad_embedding is the faster way.
 * Errors: TAD_EINDEX (an index outside -depth to depth - 1), TAD_EARG (a negative depth), TAD_ESHAPE (nine axes), TAD_EDTYPE
 * (indices not i64, `dtype` no element type). */
TAD_API tad_var tad_one_hot(tad_var indices, int64_t depth, tad_dtype dtype)
{
    const attributes to = {depth, dtype};
    return tad_apply(&tad__op_one_hot, (tad_args){.n = 1, .x = &indices, .attributes = &to, .caller = TAD_CALLER});
}
