/* linalg: matrix product over the last two axes; leading axes broadcast. */
#include "ops/sample.h"
#include "tensor/gemm.h"
#include "tensor/loop.h"

#include <tad/operations.h>

#include <inttypes.h>
#include <string.h>

static tad_array leading_axes(const tad_array *array)
{
    tad_array batch = *array;
    batch.rank -= 2;
    return batch;
}

static tad_array transposed(const tad_array *array)
{
    tad_array view = *array;
    int       last = array->rank - 1;
    view.dims[last] = array->dims[last - 1];
    view.dims[last - 1] = array->dims[last];
    view.strides[last] = array->strides[last - 1];
    view.strides[last - 1] = array->strides[last];
    return view;
}

static tad__matrix matrix_of(const tad_array *array)
{
    return (tad__matrix){.row_stride = array->strides[array->rank - 2],
                         .column_stride = array->strides[array->rank - 1]};
}

static tad_status shape(const tad_call *call)
{
    const tad_array *a = &call->in[0], *b = &call->in[1];
    tad_array       *out = call->out;
    if (a->rank < 2 || b->rank < 2)
        return tad_refuse(call, TAD_ESHAPE, "expected at least one axis each");
    int64_t inner = a->dims[a->rank - 1], rows = b->dims[b->rank - 2];
    if (inner != rows)
        return tad_refuse(call, TAD_ESHAPE,
                          "inner dimensions differ: the left has %" PRId64 " columns, the right %" PRId64 " rows",
                          inner, rows);
    tad_array batch_a = leading_axes(a), batch_b = leading_axes(b);
    if (!tad__array_broadcast_shape(&batch_a, &batch_b, out))
        return tad_refuse(call, TAD_ESHAPE, "leading axes do not broadcast: sizes must be equal or 1");
    out->dims[out->rank++] = a->dims[a->rank - 2];
    out->dims[out->rank++] = b->dims[b->rank - 1];
    return TAD_OK;
}

/* c, a, b: the matrices of a run of the batch */
static void run_products(void *context, int64_t n, char *const at[], const int64_t strides[])
{
    tad__product product = *(const tad__product *)context;
    int64_t      size = (int64_t)tad_dtype_size(product.dtype);
    for (int64_t i = 0; i < n; i++) {
        product.c.data = at[0] + i * strides[0] * size;
        product.a.data = at[1] + i * strides[1] * size;
        product.b.data = at[2] + i * strides[2] * size;
        tad__gemm(&product);
    }
}

/* c += a b for each matrix of the batch. A leading axis that c lacks, or has with size 1, is summed over. */
static void multiply_add(const tad_array *c, const tad_array *a, const tad_array *b, const tad_array *batch)
{
    tad__product product = {.dtype = c->dtype,
                            .m = c->dims[c->rank - 2],
                            .n = c->dims[c->rank - 1],
                            .k = a->dims[a->rank - 1],
                            .a = matrix_of(a),
                            .b = matrix_of(b),
                            .c = matrix_of(c)};
    if (product.m == 0 || product.n == 0 || product.k == 0)
        return;
    if (batch->rank == 0) {
        run_products(&product, 1, (char *const[]){c->data, a->data, b->data}, (const int64_t[]){0, 0, 0});
        return;
    }
    tad_array        leading[3] = {leading_axes(c), leading_axes(a), leading_axes(b)}, views[3];
    const tad_array *arrays[3];
    for (int i = 0; i < 3; i++) {
        views[i] = tad__array_broadcast(&leading[i], batch);
        arrays[i] = &views[i];
    }
    tad__loop(3, arrays, run_products, &product);
}

static void forward(const tad_call *call)
{
    tad_array batch = leading_axes(call->out);
    memset(call->out->data, 0, tad__array_bytes(call->out));
    multiply_add(call->out, &call->in[0], &call->in[1], &batch);
}

static void backward(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    tad_array batch = leading_axes(call->out);
    if (gx[0].data) {
        tad_array b = transposed(&call->in[1]);
        multiply_add(&gx[0], gy, &b, &batch);
    }
    if (gx[1].data) {
        tad_array a = transposed(&call->in[0]);
        multiply_add(&gx[1], &a, gy, &batch);
    }
}

/* Batch, row, column, and what is summed over. */
static bool depends(const tad_call *call, int k, tad_array *out, tad_array *in)
{
    int       last = out->rank;
    tad_array shape = *out, batch = leading_axes(out), operand = leading_axes(in);
    if (last == TAD_MAX_RANK)
        return false;
    operand = tad__array_broadcast(&operand, &batch);
    shape.rank++;
    shape.dims[last] = call->in[0].dims[call->in[0].rank - 1];
    shape.strides[last] = 0;
    operand.rank = shape.rank;
    for (int i = last - 2; i <= last; i++)
        operand.dims[i] = shape.dims[i];
    operand.strides[last - 2] = k == 0 ? in->strides[in->rank - 2] : 0;
    operand.strides[last - 1] = k == 0 ? 0 : in->strides[in->rank - 1];
    operand.strides[last] = in->strides[k == 0 ? in->rank - 1 : in->rank - 2];
    *out = shape;
    *in = operand;
    return true;
}

static void vjp(const tad_rule *rule)
{
    if (rule->wanted[0])
        rule->gx[0] = tad_matmul(rule->gy, tad_transpose(rule->x[1]));
    if (rule->wanted[1])
        rule->gx[1] = tad_matmul(tad_transpose(rule->x[0]), rule->gy);
}

static const tad_sample samples[] = {
    {.in = "[1, 1] [1, 1]"}, {.in = "[2, 3] [3, 4]"},    {.in = "[1, 5] [5, 1]"},    {.in = "[5, 1] [1, 3]"},
    {.in = "[7, 3] [3, 5]"}, {.in = "[2, 2, 3] [3, 2]"}, {.in = "[2, 3] [2, 3, 2]"}, {.in = "[2, 1, 2, 3] [3, 3, 2]"},
    {.in = "[0, 3] [3, 2]"}, {.in = "[2, 0] [0, 3]"},
};

static tad_var call(tad_args args)
{
    return tad_matmul(args.x[0], args.x[1]);
}

const tad_op tad__op_matmul = {
    .name = "matmul",
    .about = "matrix product",
    .formula = "matmul(a, b)",
    .arity = 2,
    .call = call,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .depends = depends,
    .vjp = vjp,
    .linear = true,
    SAMPLES(samples),
};

/* A vector as a matrix of one row (before the product) or one column (behind it). */
static tad_var as_matrix(tad_var x, bool row)
{
    int64_t n = tad_dim(x, 0);
    return tad_reshape(x, 2, row ? (const int64_t[]){1, n} : (const int64_t[]){n, 1});
}

static tad_var without_axis(tad_var x, int axis)
{
    int64_t dims[TAD_MAX_RANK];
    int     rank = 0;
    for (int i = 0; i < tad_rank(x); i++)
        if (i != axis)
            dims[rank++] = tad_dim(x, i);
    return tad_reshape(x, rank, dims);
}

/** Matrix product over the last two axes, [..., m, k] times [..., k, n] to [..., m, n]: y[i][j] = sum over l of
 * a[i][l] * b[l][j]; dy/da: gy b', dy/db: a' gy. Leading axes broadcast. A vector of k numbers is a row on the left and
 * a column on the right, and its axis vanishes from the result. Computed by BLAS where the library was built with it.
 * Errors: TAD_ESHAPE (inner dimensions differ, leading axes do not broadcast, an operand of rank 0), TAD_EDTYPE. */
TAD_API tad_var tad_matmul(tad_var a, tad_var b)
{
    const void *caller = TAD_CALLER;
    bool        row = tad_is_valid(a) && tad_rank(a) == 1, column = tad_is_valid(b) && tad_rank(b) == 1;
    tad_var     operands[] = {row ? as_matrix(a, true) : a, column ? as_matrix(b, false) : b};
    tad_var     y = tad_apply(&tad__op_matmul, (tad_args){.n = 2, .x = operands, .caller = caller});
    if (column && tad_is_valid(y))
        y = without_axis(y, tad_rank(y) - 1);
    if (row && tad_is_valid(y))
        y = without_axis(y, tad_rank(y) - (column ? 1 : 2));
    return y;
}
