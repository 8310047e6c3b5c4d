/* indices: gathering and scattering by indices of other shapes: they are seen in the shape that gather wants, with
 * strides of 0, so that whole rows are moved at once and nothing is built. */
#include "ops/arguments.h"
#include "ops/axes.h"
#include "ops/indices.h"
#include "ops/sample.h"
#include "ops/sizes.h"
#include "tensor/array.h"

#include <tad/operations.h>

#include <inttypes.h>

enum { X, INDICES, SOURCE };

static int find_axis(const tad_call *call)
{
    return tad__find_axis(call, call->in[X].rank, *(const int *)call->attributes);
}

/* ---- take_along_axis ---- */

static tad_status shape_of_take(const tad_call *call)
{
    const tad_array *x = &call->in[X], *index = &call->in[INDICES];
    int              axis = find_axis(call);
    if (axis < 0)
        return TAD_EARG;
    if (index->rank != x->rank)
        return tad_refuse(call, TAD_ESHAPE, "expected as many axes of indices as of x");
    tad_array rest = *x;
    rest.dims[axis] = index->dims[axis];
    if (!tad__array_broadcast_shape(&rest, index, call->out))
        return tad_refuse(call, TAD_ESHAPE, "axes other than %d do not broadcast: sizes must be equal or 1", axis);
    return tad__check_indices(call, INDICES, axis, x->dims[axis]);
}

static tad_var compose_take(const tad_rule *rule)
{
    tad_var x = rule->x[X], indices = rule->x[INDICES];
    int64_t of_x[TAD_MAX_RANK], of_indices[TAD_MAX_RANK];
    int     rank = tad__shape_of(x, of_x), axis = tad__array_axis(rank, *(const int *)rule->attributes);
    tad__shape_of(indices, of_indices);
    for (int i = 0; i < rank; i++)
        if (i != axis)
            of_x[i] = of_indices[i] = of_x[i] == 1 ? of_indices[i] : of_x[i];
    return tad_gather(tad_broadcast_to(x, rank, of_x), axis, tad_broadcast_to(indices, rank, of_indices));
}

/* ---- index_select, index_add ---- */

/* A list of indices, each of them repeated for all elements that it selects. */
static tad_var along(tad_var indices, int axis, int rank, const int64_t dims[])
{
    int64_t column[TAD_MAX_RANK];
    for (int i = 0; i < rank; i++)
        column[i] = i == axis ? dims[axis] : 1;
    return tad_broadcast_to(tad_reshape(indices, rank, column), rank, dims);
}

/* The shape of x with as many elements along the axis as there are indices. */
static tad_status shape_of_selection(const tad_call *call)
{
    const tad_array *x = &call->in[X], *index = &call->in[INDICES];
    int              axis = find_axis(call);
    if (axis < 0)
        return TAD_EARG;
    if (index->rank != 1)
        return tad_refuse(call, TAD_ESHAPE, "expected a list of indices, of rank 1");
    tad__array_set_shape(call->out, x->rank, x->dims);
    call->out->dims[axis] = index->dims[0];
    return tad__check_indices(call, INDICES, axis, x->dims[axis]);
}

static tad_var compose_select(const tad_rule *rule)
{
    int64_t dims[TAD_MAX_RANK];
    int     rank = tad__shape_of(rule->x[X], dims), axis = tad__array_axis(rank, *(const int *)rule->attributes);
    dims[axis] = tad_dim(rule->x[INDICES], 0);
    return tad_gather(rule->x[X], axis, along(rule->x[INDICES], axis, rank, dims));
}

static tad_status shape_of_index_add(const tad_call *call)
{
    tad_status status = shape_of_selection(call);
    if (status != TAD_OK)
        return status;
    if (!tad__array_same_shape(&call->in[SOURCE], call->out))
        return tad_refuse(call, TAD_ESHAPE,
                          "expected a source of the shape of x, with %" PRId64 " elements along axis %d",
                          call->in[INDICES].dims[0], *(const int *)call->attributes);
    tad__array_set_shape(call->out, call->in[X].rank, call->in[X].dims);
    return TAD_OK;
}

static tad_var compose_index_add(const tad_rule *rule)
{
    int64_t dims[TAD_MAX_RANK];
    int     rank = tad__shape_of(rule->x[SOURCE], dims), axis = tad__array_axis(rank, *(const int *)rule->attributes);
    return tad_scatter_add(rule->x[X], axis, along(rule->x[INDICES], axis, rank, dims), rule->x[SOURCE]);
}

/* ---- embedding ---- */

static tad_status shape_of_embedding(const tad_call *call)
{
    const tad_array *weights = &call->in[X], *index = &call->in[INDICES];
    tad_array       *out = call->out;
    if (weights->rank != 2)
        return tad_refuse(call, TAD_ESHAPE, "expected weights of rank 2, one row for each index");
    if (index->rank == TAD_MAX_RANK)
        return tad_refuse(call, TAD_ESHAPE, "the result would have rank %d; at most %d", index->rank + 1, TAD_MAX_RANK);
    tad__array_set_shape(out, index->rank, index->dims);
    out->dims[out->rank++] = weights->dims[1];
    return tad__check_indices(call, INDICES, 0, weights->dims[0]);
}

static tad_var compose_embedding(const tad_rule *rule)
{
    int64_t dims[TAD_MAX_RANK], n = tad_count(rule->x[INDICES]), width = tad_dim(rule->x[X], 1);
    int     rank = tad__shape_of(rule->x[INDICES], dims);
    dims[rank] = width;
    tad_var list = tad_reshape(rule->x[INDICES], 1, &n);
    return tad_reshape(tad_gather(rule->x[X], 0, along(list, 0, 2, (const int64_t[]){n, width})), rank + 1, dims);
}

static const int        first = 0, second = 1, last = -1;
static const tad_sample takes[] = {
    {.in = "[1] [1]<1", .attributes = &first},
    {.in = "[5] [7]<5", .attributes = &first},
    {.in = "[3, 5] [1, 4]<5", .attributes = &last},
    {.in = "[1, 5] [4, 3]<5", .attributes = &second},
    {.in = "[3, 5] [2, 5]<3", .attributes = &first},
    {.in = "[2, 3, 4] [2, 2, 1]<3", .attributes = &second},
    {.in = "[2, 1, 2, 3] [1, 3, 2, 2]<3", .attributes = &last},
    {.in = "[3, 2] [0, 1]<3", .attributes = &first},
};
static const tad_sample selects[] = {
    {.in = "[1] [1]<1", .attributes = &first},        {.in = "[5] [7]<5", .attributes = &first},
    {.in = "[3, 5] [4]<3", .attributes = &first},     {.in = "[3, 5] [2]<5", .attributes = &last},
    {.in = "[2, 3, 4] [5]<3", .attributes = &second}, {.in = "[2, 1, 2, 3] [3]<2", .attributes = &first},
    {.in = "[3, 2] [0]<3", .attributes = &first},     {.in = "[2, 0] [3]<2", .attributes = &first},
};
static const tad_sample adds[] = {
    {.in = "[1] [1]<1 [1]", .attributes = &first},
    {.in = "[5] [7]<5 [7]", .attributes = &first},
    {.in = "[3, 5] [4]<3 [4, 5]", .attributes = &first},
    {.in = "[3, 5] [2]<5 [3, 2]", .attributes = &last},
    {.in = "[2, 3, 4] [5]<3 [2, 5, 4]", .attributes = &second},
    {.in = "[3, 2] [0]<3 [0, 2]", .attributes = &first},
};
static const tad_sample embeddings[] = {
    {.in = "[1, 1] [1]<1"},       {.in = "[5, 3] []<5"},  {.in = "[5, 3] [7]<5"}, {.in = "[3, 9] [2, 3]<3"},
    {.in = "[4, 2] [2, 1, 3]<4"}, {.in = "[3, 1] [9]<3"}, {.in = "[3, 2] [0]<3"}, {.in = "[3, 0] [4]<3"},
};

const tad_op tad__op_take_along_axis = {
    .name = "take_along_axis",
    .about = "elements chosen by index along an axis, where the other axes broadcast",
    .formula = "take_along_axis(x, indices)",
    .arity = 2,
    .indices = 1u << INDICES,
    .any_dtype = true,
    .attribute_bytes = sizeof(int),
    .operands = "x indices",
    ARGUMENTS(AXIS_ARGUMENT),
    .defaults = &(const int){0},
    .shape = shape_of_take,
    .compose = compose_take,
    SAMPLES(takes),
};

const tad_op tad__op_index_select = {
    .name = "index_select",
    .about = "parts of a value chosen by index along an axis",
    .formula = "index_select(x, indices)",
    .arity = 2,
    .indices = 1u << INDICES,
    .any_dtype = true,
    .attribute_bytes = sizeof(int),
    .operands = "x indices",
    ARGUMENTS(AXIS_ARGUMENT),
    .defaults = &(const int){0},
    .shape = shape_of_selection,
    .compose = compose_select,
    SAMPLES(selects),
};

const tad_op tad__op_index_add = {
    .name = "index_add",
    .about = "a value with others added to parts chosen by index along an axis",
    .formula = "index_add(x, indices, source)",
    .arity = 3,
    .indices = 1u << INDICES,
    .attribute_bytes = sizeof(int),
    .operands = "x indices source",
    ARGUMENTS(AXIS_ARGUMENT),
    .defaults = &(const int){0},
    .shape = shape_of_index_add,
    .compose = compose_index_add,
    SAMPLES(adds),
};

const tad_op tad__op_embedding = {
    .name = "embedding",
    .about = "rows of a matrix chosen by index",
    .formula = "embedding(weights, indices)",
    .arity = 2,
    .operands = "weights indices",
    .indices = 1u << INDICES,
    .any_dtype = true,
    .shape = shape_of_embedding,
    .compose = compose_embedding,
    SAMPLES(embeddings),
};

static tad_var apply(const tad_op *op, const tad_var x[], const int *axis, const void *caller)
{
    return tad_apply(op, (tad_args){.n = op->arity, .x = x, .attributes = axis, .caller = caller});
}

/** As tad_gather, but all axes other than `axis` broadcast between x and the indices (NumPy's take_along_axis); there are as
 * many axes of indices as of x. With the indices that sort an axis it is the sorted x.
 * Errors: TAD_EINDEX (an index outside the axis), TAD_EARG (no such axis), TAD_ESHAPE, TAD_EDTYPE (indices not i64). */
TAD_API tad_var tad_take_along_axis(tad_var x, tad_var indices, int axis)
{
    return apply(&tad__op_take_along_axis, (const tad_var[]){x, indices}, &axis, TAD_CALLER);
}

/** Rows, columns and so on chosen by a list of indices (i64 of rank 1; negative ones count from the end): for axis 0
 * y[i][j] = x[indices[i]][j]. The gradient adds up where an index comes more than once: tad_index_add.
 * Errors: TAD_EINDEX (an index outside the axis), TAD_EARG (no such axis), TAD_ESHAPE, TAD_EDTYPE (indices not i64). */
TAD_API tad_var tad_index_select(tad_var x, int axis, tad_var indices)
{
    return apply(&tad__op_index_select, (const tad_var[]){x, indices}, &axis, TAD_CALLER);
}

/** x with source added to rows, columns and so on chosen by a list of indices (i64 of rank 1; negative ones count from the
 * end): for axis 0 y[indices[i]][j] += source[i][j]. Where an index comes more than once everything adds up, in C order of
 * the source. Errors: TAD_EINDEX (an index outside the axis), TAD_EARG (no such axis), TAD_ESHAPE, TAD_EDTYPE (indices not
 * i64). */
TAD_API tad_var tad_index_add(tad_var x, int axis, tad_var indices, tad_var source)
{
    return apply(&tad__op_index_add, (const tad_var[]){x, indices, source}, &axis, TAD_CALLER);
}

/** The rows of the matrix weights [n, width] that indices (i64, of any shape; negative ones count from the end) name, in the
 * shape of the indices with an axis of size `width` behind. The gradient of the weights adds up the rows of gy by index;
 * rows that were not chosen get 0. A row for padding that learns nothing: tad_where(is_padding, tad_constant(tape, 0), y), with
 * the y from here and a constant is_padding of the indices' shape and an axis of size 1 behind. Errors: TAD_EINDEX (an index outside -n to n - 1), TAD_ESHAPE (weights not of rank 2, the
 * result of more than eight axes), TAD_EDTYPE (indices not i64). */
TAD_API tad_var tad_embedding(tad_var weights, tad_var indices)
{
    return apply(&tad__op_embedding, (const tad_var[]){weights, indices}, NULL, TAD_CALLER);
}
