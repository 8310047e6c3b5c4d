/* shapes: all elements of several values in one vector. */
#include "ops/sample.h"
#include "tensor/move.h"

#include <tad/elementwise.h>
#include <tad/operations.h>

static tad_status shape(const tad_call *call)
{
    int64_t total = 0;
    call->out->dtype = TAD_F32;
    for (int k = 0; k < call->n; k++) {
        int64_t count = tad__array_count(&call->in[k]);
        if (call->in[k].dtype == TAD_I64)
            return tad_refuse(call, TAD_EDTYPE, "operand %d is i64; expected f32 or f64: use tad_cast", k + 1);
        if (call->in[k].dtype == TAD_F64)
            call->out->dtype = TAD_F64;
        if (count > INT64_MAX - total)
            return tad_refuse(call, TAD_ESHAPE, "together they have more than 2^63 - 1 elements");
        total += count;
    }
    tad__array_set_shape(call->out, 1, &total);
    return TAD_OK;
}

/* The elements of the vector that are those of `operand`, in its shape. Moves *start on behind them. */
static tad_array part(const tad_array *vector, const tad_array *operand, int64_t *start)
{
    tad_array view = *operand;
    tad__array_set_c_order(&view);
    view.dtype = vector->dtype;
    view.data = (char *)vector->data + *start * vector->strides[0] * (int64_t)tad_dtype_size(vector->dtype);
    for (int i = 0; i < view.rank; i++)
        view.strides[i] *= vector->strides[0];
    *start += tad__array_count(operand);
    return view;
}

static void forward(const tad_call *call)
{
    int64_t start = 0;
    for (int k = 0; k < call->n; k++) {
        tad_array to = part(call->out, &call->in[k], &start);
        tad__copy(&to, &call->in[k]);
    }
}

static void backward(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    int64_t start = 0;
    for (int k = 0; k < call->n; k++) {
        tad_array from = part(gy, &call->in[k], &start);
        if (gx[k].data)
            tad__accumulate(&gx[k], &from, 1);
    }
}

static void vjp(const tad_rule *rule)
{
    int64_t start = 0;
    for (int k = 0; k < rule->n; k++) {
        int64_t dims[TAD_MAX_RANK], count = tad_count(rule->x[k]);
        int     rank = tad_rank(rule->x[k]);
        for (int i = 0; i < rank; i++)
            dims[i] = tad_dim(rule->x[k], i);
        if (rule->wanted[k])
            rule->gx[k] = tad_reshape(tad_slice(rule->gy, 0, start, start + count), rank, dims);
        start += count;
    }
}

static tad_var jvp(const tad_rule *rule)
{
    tad_var dx[TAD_MAX_ARITY], zero = tad_constant(rule->y.tape, 0);
    for (int k = 0; k < rule->n; k++) {
        const int64_t count = tad_count(rule->x[k]);
        dx[k] = rule->wanted[k] ? rule->dx[k] : tad_cast(tad_broadcast_to(zero, 1, &count), tad_dtype_of(rule->x[k]));
    }
    return tad_pack((size_t)rule->n, dx);
}

static const tad_sample samples[] = {
    {.in = "[]"},
    {.in = "[1] []"},
    {.in = "[7]"},
    {.in = "[2, 3]"},
    {.in = "[2, 3] [3]"},
    {.in = "[] [5] []"},
    {.in = "[3, 5] [4, 2]"},
    {.in = "[0] [3]"},
    {.in = "[2, 0] [0, 3]"},
    {.in = "[17] [9]"},
    {.in = "[2, 3, 4] [2]"},
    {.in = "[2] [3, 1] [] [2, 2]"},
};

const tad_op tad__op_pack = {
    .name = "pack",
    .about = "all elements of several values in one vector",
    .formula = "pack(x)",
    .arity = TAD_MAX_ARITY,
    .optional = TAD_MAX_ARITY - 1,
    .mixes = true,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .vjp = vjp,
    .jvp = jvp,
    SAMPLES(samples),
};

/** The elements of x[0], ..., x[n - 1], each in C order, one after another in one vector: parameters of several shapes as
 * one. The vector is f32 if all x are, else f64. Gradients come back in shape and type of each x; slices and tad_reshape
 * take it apart again. Errors: TAD_EARG (more than 32 x), TAD_EDTYPE (indices), TAD_ESHAPE (too many elements). */
TAD_API tad_var tad_pack(size_t n, const tad_var x[])
{
    int count = n <= TAD_MAX_ARITY ? (int)n : TAD_MAX_ARITY + 1;
    return tad_apply(&tad__op_pack, (tad_args){.n = count, .x = x, .caller = TAD_CALLER});
}
