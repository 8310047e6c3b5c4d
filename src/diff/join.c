#include "diff/join.h"

#include "tensor/move.h"

#include <tad/operations.h>

static tad_status shape(const tad_call *call)
{
    call->out->rank = 1;
    call->out->dims[0] = 0;
    for (int k = 0; k < call->n; k++)
        call->out->dims[0] += tad__array_count(&call->in[k]);
    return TAD_OK;
}

/* Where operand k, from element *at on, stands in the result or its cotangent: an array of the operand's shape. */
static tad_array part_of(const tad_call *call, const tad_array *whole, int k, int64_t *at)
{
    tad_array part = call->in[k];
    tad__array_set_c_order(&part);
    for (int i = 0; i < part.rank; i++)
        part.strides[i] *= whole->strides[0];
    part.data = (char *)whole->data + *at * whole->strides[0] * (int64_t)tad_dtype_size(whole->dtype);
    *at += tad__array_count(&part);
    return part;
}

static void forward(const tad_call *call)
{
    int64_t at = 0;
    for (int k = 0; k < call->n; k++) {
        tad_array to = part_of(call, call->out, k, &at);
        tad__copy(&to, &call->in[k]);
    }
}

static void backward(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    int64_t at = 0;
    for (int k = 0; k < call->n; k++) {
        tad_array from = part_of(call, gy, k, &at);
        if (gx[k].data)
            tad__accumulate(&gx[k], &from, 1);
    }
}

static int shape_of(tad_var x, int64_t dims[])
{
    int rank = tad_rank(x);
    for (int i = 0; i < rank; i++)
        dims[i] = tad_dim(x, i);
    return rank;
}

static void vjp(const tad_rule *rule)
{
    int64_t at = 0, dims[TAD_MAX_RANK];
    for (int k = 0; k < rule->n; k++) {
        int64_t from = at;
        at += tad_count(rule->x[k]);
        if (rule->wanted[k])
            rule->gx[k] = tad_reshape(tad_slice(rule->gy, 0, from, at), shape_of(rule->x[k], dims), dims);
    }
}

static tad_var jvp(const tad_rule *rule)
{
    int64_t dims[TAD_MAX_RANK];
    tad_var dx[TAD_MAX_ARITY], zero = tad_cast(tad_constant(rule->y.tape, 0), tad_dtype_of(rule->y));
    for (int k = 0; k < rule->n; k++)
        dx[k] = rule->wanted[k] ? rule->dx[k] : tad_broadcast_to(zero, shape_of(rule->x[k], dims), dims);
    return tad_apply(rule->op, (tad_args){.n = rule->n, .x = dx});
}

static const tad_op join = {
    .name = "join",
    .about = "the elements of several values, in a vector",
    .formula = "join(...)",
    .arity = TAD_MAX_ARITY,
    .optional = TAD_MAX_ARITY - 1,
    .any_dtype = true,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .vjp = vjp,
    .jvp = jvp,
};

/* A tree, as an operation has only so many operands. */
tad_var tad__join(size_t n, tad_var x[])
{
    do {
        size_t joined = 0;
        for (size_t i = 0; i < n; i += TAD_MAX_ARITY) {
            size_t few = n - i < TAD_MAX_ARITY ? n - i : TAD_MAX_ARITY;
            x[joined++] = tad_apply(&join, (tad_args){.n = (int)few, .x = &x[i]});
        }
        n = joined;
    } while (n > 1);
    return x[0];
}
