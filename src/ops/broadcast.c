/* shapes: repeating a value to a larger shape, and its adjoint, summing one down to a smaller shape. */
#include "ops/arguments.h"
#include "ops/sample.h"
#include "ops/sizes.h"
#include "tensor/move.h"

#include <tad/operations.h>

#include <inttypes.h>

static tad_status set_shape(const tad_call *call)
{
    const tad__sizes *to = call->attributes;
    tad_array        *out = call->out;
    if (to->rank < 0 || to->rank > TAD_MAX_RANK)
        return tad_refuse(call, TAD_EARG, "expected a list of 0 to %d sizes", TAD_MAX_RANK);
    tad__array_set_shape(out, to->rank, to->dims);
    for (int i = 0; i < out->rank; i++)
        if (out->dims[i] < 0)
            return tad_refuse(call, TAD_EARG, "size %" PRId64 " of axis %d is negative", out->dims[i], i);
    return TAD_OK;
}

static tad_status shape_of_broadcast(const tad_call *call)
{
    tad_status status = set_shape(call);
    if (status == TAD_OK && !tad__array_broadcasts_to(&call->in[0], call->out))
        return tad_refuse(call, TAD_ESHAPE,
                          "does not broadcast to the shape given: aligned at the last axis, a size must be equal or 1");
    return status;
}

static tad_status shape_of_sum(const tad_call *call)
{
    tad_status status = set_shape(call);
    if (status == TAD_OK && !tad__array_broadcasts_to(call->out, &call->in[0]))
        return tad_refuse(call, TAD_ESHAPE,
                          "cannot be summed to the shape given: aligned at the last axis, a size must be equal or 1");
    return status;
}

static bool view(const tad_call *call, const tad_array *base, tad_array *out)
{
    (void)call;
    *out = tad__array_broadcast(base, out);
    return true;
}

/* The sweep sums a gradient down to the operand's shape, and that is all there is to do. */
static void vjp_broadcast(const tad_rule *rule)
{
    rule->gx[0] = rule->gy;
}

static void forward_sum(const tad_call *call)
{
    tad_array view = tad__array_broadcast(call->out, &call->in[0]);
    tad__fill(call->out, 0);
    tad__accumulate(&view, &call->in[0], 1);
}

static void backward_sum(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    tad_array view = tad__array_broadcast(gy, &call->in[0]);
    tad__accumulate(&gx[0], &view, 1);
}

static bool depends(const tad_call *call, int k, tad_array *out, tad_array *in)
{
    (void)call, (void)k;
    *out = tad__array_broadcast(out, in);
    return true;
}

static void vjp_sum(const tad_rule *rule)
{
    int64_t dims[TAD_MAX_RANK];
    int     rank = tad__shape_of(rule->x[0], dims);
    rule->gx[0] = tad_broadcast_to(rule->gy, rank, dims);
}

static const tad_sample broadcasts[] = {
    {.in = "[]", .attributes = &(const tad__sizes){0}},
    {.in = "[]", .attributes = &(const tad__sizes){1, {5}}},
    {.in = "[]", .attributes = &(const tad__sizes){2, {2, 3}}},
    {.in = "[1]", .attributes = &(const tad__sizes){1, {7}}},
    {.in = "[3]", .attributes = &(const tad__sizes){2, {4, 3}}},
    {.in = "[3, 1]", .attributes = &(const tad__sizes){2, {3, 5}}},
    {.in = "[1, 3]", .attributes = &(const tad__sizes){3, {2, 4, 3}}},
    {.in = "[2, 1, 3]", .attributes = &(const tad__sizes){4, {2, 2, 4, 3}}},
    {.in = "[2, 3]", .attributes = &(const tad__sizes){2, {2, 3}}},
    {.in = "[1, 3]", .attributes = &(const tad__sizes){2, {0, 3}}},
};

static const tad_sample sums[] = {
    {.in = "[]", .attributes = &(const tad__sizes){0}},
    {.in = "[5]", .attributes = &(const tad__sizes){0}},
    {.in = "[2, 3]", .attributes = &(const tad__sizes){0}},
    {.in = "[7]", .attributes = &(const tad__sizes){1, {1}}},
    {.in = "[4, 3]", .attributes = &(const tad__sizes){1, {3}}},
    {.in = "[3, 5]", .attributes = &(const tad__sizes){2, {3, 1}}},
    {.in = "[2, 4, 3]", .attributes = &(const tad__sizes){2, {1, 3}}},
    {.in = "[2, 2, 4, 3]", .attributes = &(const tad__sizes){3, {2, 1, 3}}},
    {.in = "[2, 3]", .attributes = &(const tad__sizes){2, {2, 3}}},
    {.in = "[0, 3]", .attributes = &(const tad__sizes){2, {1, 3}}},
};

const tad_op tad__op_broadcast_to = {
    .name = "broadcast_to",
    .about = "a value repeated to a larger shape",
    .formula = "broadcast_to(x)",
    .arity = 1,
    .any_dtype = true,
    .attribute_bytes = sizeof(tad__sizes),
    ARGUMENTS(NAMED("shape", tad__sizes, rank, SIZES, REQUIRED)),
    .shape = shape_of_broadcast,
    .view = view,
    .vjp = vjp_broadcast,
    .linear = true,
    SAMPLES(broadcasts),
};

const tad_op tad__op_sum_to = {
    .name = "sum_to",
    .about = "a value summed down to a smaller shape",
    .formula = "sum_to(x)",
    .arity = 1,
    .attribute_bytes = sizeof(tad__sizes),
    ARGUMENTS(NAMED("shape", tad__sizes, rank, SIZES, REQUIRED)),
    .shape = shape_of_sum,
    .forward = forward_sum,
    .backward = backward_sum,
    .depends = depends,
    .vjp = vjp_sum,
    .linear = true,
    SAMPLES(sums),
};

/** x repeated to the shape dims[0] x ... x dims[rank - 1], aligned at the last axis: axes that x lacks, or has with size
 * 1, are repeated. A view: nothing is copied. The gradient is the sum over what was repeated.
 * Errors: TAD_ESHAPE (x does not broadcast so), TAD_EARG (dims NULL, rank outside 0..8, a negative size). */
TAD_API tad_var tad_broadcast_to(tad_var x, int rank, const int64_t dims[])
{
    tad__sizes to = tad__sizes_of(rank, dims);
    return tad_apply(&tad__op_broadcast_to, (tad_args){.n = 1, .x = &x, .attributes = &to, .caller = TAD_CALLER});
}

/** The adjoint of tad_broadcast_to: x summed down to a shape that broadcasts to the shape of x.
 * Errors: TAD_ESHAPE (the shape does not broadcast so), TAD_EARG (dims NULL, rank outside 0..8, a negative size). */
TAD_API tad_var tad_sum_to(tad_var x, int rank, const int64_t dims[])
{
    tad__sizes to = tad__sizes_of(rank, dims);
    return tad_apply(&tad__op_sum_to, (tad_args){.n = 1, .x = &x, .attributes = &to, .caller = TAD_CALLER});
}
