/* indices: elements chosen by index along an axis, and its adjoint, adding to elements so chosen. */
#include "tensor/gather.h"
#include "ops/arguments.h"
#include "ops/axes.h"
#include "ops/indices.h"
#include "ops/pairs.h"
#include "ops/sample.h"
#include "ops/sizes.h"
#include "tensor/move.h"

#include <tad/operations.h>

#include <inttypes.h>

enum { X, INDICES, SOURCE };

/* Finds the axis; the indices have as many axes as x, and no other one is longer than that of operand k. */
static tad_status check_shape(const tad_call *call, int k, int *axis)
{
    const tad_array *x = &call->in[X], *index = &call->in[INDICES], *other = &call->in[k];
    *axis = tad__find_axis(call, x->rank, *(const int *)call->attributes);
    if (*axis < 0)
        return TAD_EARG;
    if (index->rank != x->rank || other->rank != x->rank)
        return tad_refuse(call, TAD_ESHAPE, "expected the same number of axes everywhere");
    for (int i = 0; i < x->rank; i++)
        if (index->dims[i] > other->dims[i] && (k == SOURCE || i != *axis))
            return tad_refuse(call, TAD_ESHAPE, "along axis %d there are %" PRId64 " indices for %" PRId64 " elements",
                              i, index->dims[i], other->dims[i]);
    return TAD_OK;
}

static int axis_of(const tad_call *call)
{
    return tad__array_axis(call->in[X].rank, *(const int *)call->attributes);
}

static bool good_indices(const tad_call *call)
{
    int axis = axis_of(call);
    return tad__check_indices(call, INDICES, axis, call->in[X].dims[axis]) == TAD_OK;
}

/* ---- gather ---- */

static tad_status shape_of_gather(const tad_call *call)
{
    int        axis;
    tad_status status = check_shape(call, X, &axis);
    tad__array_set_shape(call->out, call->in[INDICES].rank, call->in[INDICES].dims);
    return status;
}

static void forward_gather(const tad_call *call)
{
    if (good_indices(call))
        tad__gather(call->out, &call->in[X], axis_of(call), &call->in[INDICES]);
}

static void backward_gather(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    tad__scatter_add(&gx[X], gy, axis_of(call), &call->in[INDICES]);
}

static void vjp_gather(const tad_rule *rule)
{
    rule->gx[X] =
        tad_scatter_add(tad__zeros_like(rule->x[X]), *(const int *)rule->attributes, rule->x[INDICES], rule->gy);
}

/* ---- scatter_add ---- */

static tad_status shape_of_scatter(const tad_call *call)
{
    int        axis;
    tad_status status = check_shape(call, X, &axis);
    if (status == TAD_OK)
        status = check_shape(call, SOURCE, &axis);
    tad__array_set_shape(call->out, call->in[X].rank, call->in[X].dims);
    return status;
}

static void forward_scatter(const tad_call *call)
{
    tad__copy(call->out, &call->in[X]);
    if (good_indices(call))
        tad__scatter_add(call->out, &call->in[SOURCE], axis_of(call), &call->in[INDICES]);
}

static void backward_scatter(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    if (gx[X].data)
        tad__accumulate(&gx[X], gy, 1);
    if (gx[SOURCE].data)
        tad__gather_add(&gx[SOURCE], gy, axis_of(call), &call->in[INDICES]);
}

/* Elements of the source for which there are no indices are not added. */
static void vjp_scatter(const tad_rule *rule)
{
    rule->gx[X] = rule->gy;
    if (!rule->wanted[SOURCE])
        return;
    tad_var g = tad_gather(rule->gy, *(const int *)rule->attributes, rule->x[INDICES]);
    for (int i = 0; i < tad_rank(g); i++) {
        int64_t behind = tad_dim(rule->x[SOURCE], i) - tad_dim(g, i);
        if (behind > 0)
            g = tad_pad(g, i, 0, behind);
    }
    rule->gx[SOURCE] = g;
}

static tad_var jvp_scatter(const tad_rule *rule)
{
    if (!rule->wanted[SOURCE])
        return rule->dx[X];
    return tad_scatter_add(rule->wanted[X] ? rule->dx[X] : tad__zeros_like(rule->x[X]), *(const int *)rule->attributes,
                           rule->x[INDICES], rule->dx[SOURCE]);
}

static const int        first = 0, second = 1, last = -1;
static const tad_sample gathers[] = {
    {.in = "[1] [1]<1", .attributes = &first},
    {.in = "[5] [7]<5", .attributes = &first},
    {.in = "[3, 5] [2, 5]<3", .attributes = &first},
    {.in = "[3, 5] [3, 9]<5", .attributes = &last},
    {.in = "[3, 5] [2, 3]<5", .attributes = &second},
    {.in = "[2, 3, 4] [2, 5, 4]<3", .attributes = &second},
    {.in = "[2, 3, 4] [1, 3, 2]<4", .attributes = &last},
    {.in = "[2, 1, 2, 3] [4, 1, 2, 3]<2", .attributes = &first},
    {.in = "[3, 2] [0, 2]<3", .attributes = &first},
    {.in = "[0, 2] [0, 2]<1", .attributes = &first},
};

static const tad_sample scatters[] = {
    {.in = "[1] [1]<1 [1]", .attributes = &first},
    {.in = "[5] [7]<5 [7]", .attributes = &first},
    {.in = "[3, 5] [4, 5]<3 [4, 5]", .attributes = &first},
    {.in = "[3, 5] [3, 2]<5 [3, 3]", .attributes = &last},
    {.in = "[3, 5] [2, 3]<5 [3, 4]", .attributes = &second},
    {.in = "[2, 3, 4] [2, 5, 3]<3 [2, 5, 3]", .attributes = &second},
    {.in = "[2, 1, 2, 3] [3, 1, 2, 2]<2 [3, 1, 2, 2]", .attributes = &first},
    {.in = "[3, 2] [0, 2]<3 [4, 2]", .attributes = &first},
    {.in = "[0, 2] [0, 2]<1 [0, 2]", .attributes = &first},
};

const tad_op tad__op_gather = {
    .name = "gather",
    .about = "elements chosen by index along an axis",
    .formula = "gather(x, indices)",
    .arity = 2,
    .indices = 1u << INDICES,
    .any_dtype = true,
    .attribute_bytes = sizeof(int),
    .operands = "x indices",
    ARGUMENTS(AXIS_ARGUMENT),
    .defaults = &(const int){0},
    .shape = shape_of_gather,
    .forward = forward_gather,
    .backward = backward_gather,
    .vjp = vjp_gather,
    .linear = true,
    SAMPLES(gathers),
};

/* The source goes to places of its line along the axis. */
static bool depends(const tad_call *call, int k, tad_array *out, tad_array *in)
{
    int        axis = axis_of(call);
    tad__pairs p = tad__pairs_start(out, in);
    if (k == X)
        return true;
    for (int i = 0; i < out->rank; i++) {
        int64_t size = call->in[INDICES].dims[i];
        tad__pairs_axis(&p, size, i == axis ? 0 : out->strides[i], in->strides[i]);
        if (i == axis)
            tad__pairs_axis(&p, out->dims[i], out->strides[i], 0);
    }
    return tad__pairs_end(&p, out, in);
}

const tad_op tad__op_scatter_add = {
    .name = "scatter_add",
    .about = "a value with others added to elements chosen by index along an axis",
    .formula = "scatter_add(x, indices, source)",
    .arity = 3,
    .indices = 1u << INDICES,
    .attribute_bytes = sizeof(int),
    .operands = "x indices source",
    ARGUMENTS(AXIS_ARGUMENT),
    .defaults = &(const int){0},
    .shape = shape_of_scatter,
    .forward = forward_scatter,
    .backward = backward_scatter,
    .depends = depends,
    .vjp = vjp_scatter,
    .jvp = jvp_scatter,
    SAMPLES(scatters),
};

/** Elements of x chosen along one axis: y[i][j] = x[indices[i][j]][j] for axis 0, x[i][indices[i][j]] for axis 1, and so on.
 * The indices (i64; negative ones count from the end) have as many axes as x, each not longer than that of x except along
 * `axis`; the result has their shape. The gradient adds up where an element was chosen more than once.
 * Errors: TAD_EINDEX (an index outside the axis), TAD_EARG (no such axis), TAD_ESHAPE, TAD_EDTYPE (indices not i64). */
TAD_API tad_var tad_gather(tad_var x, int axis, tad_var indices)
{
    const tad_var operands[] = {x, indices};
    return tad_apply(&tad__op_gather, (tad_args){.n = 2, .x = operands, .attributes = &axis, .caller = TAD_CALLER});
}

/** x with source added to elements chosen along one axis: for axis 0 y[indices[i][j]][j] += source[i][j], and so on. Where an
 * index comes more than once everything adds up, in C order of the source, so that the result is always the same to the
 * last bit. The indices (i64; negative ones count from the end) have as many axes as x, each not longer than that of the
 * source, nor, except along `axis`, than that of x; what the source has beyond them is not added, and its gradient is 0.
 * dy/dx is 1; dy/dsource is the gather of gy.
 * Errors: TAD_EINDEX (an index outside the axis), TAD_EARG (no such axis), TAD_ESHAPE, TAD_EDTYPE (indices not i64). */
TAD_API tad_var tad_scatter_add(tad_var x, int axis, tad_var indices, tad_var source)
{
    const tad_var operands[] = {x, indices, source};
    return tad_apply(&tad__op_scatter_add,
                     (tad_args){.n = 3, .x = operands, .attributes = &axis, .caller = TAD_CALLER});
}
