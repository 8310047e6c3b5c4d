#include "ops/matrix.h"

#include "base/text.h"
#include "ops/sizes.h"
#include "tensor/lapack.h"
#include "tensor/move.h"

#include <tad/elementwise.h>
#include <tad/operations.h>

#include <inttypes.h>
#include <math.h>

static tad_array leading_axes(const tad_array *array)
{
    tad_array batch = *array;
    batch.rank -= 2;
    return batch;
}

int64_t tad__matrix_count(const tad_array *array)
{
    tad_array batch = leading_axes(array);
    return tad__array_count(array) ? tad__array_count(&batch) : 0;
}

tad_array tad__matrix_at(const tad_array *array, int64_t i)
{
    int       leading = array->rank - 2;
    int64_t   offset = 0;
    tad_array matrix = {.dtype = array->dtype, .rank = 2, .data = array->data};
    for (int axis = leading - 1; axis >= 0; axis--) {
        offset += i % array->dims[axis] * array->strides[axis];
        i /= array->dims[axis];
    }
    for (int axis = 0; axis < 2; axis++) {
        matrix.dims[axis] = array->dims[leading + axis];
        matrix.strides[axis] = array->strides[leading + axis];
    }
    if (matrix.data)
        matrix.data = (char *)array->data + offset * (int64_t)tad_dtype_size(array->dtype);
    return matrix;
}

tad_array tad__matrix_broadcast(const tad_array *array, const tad_array *batch)
{
    tad_array leading = leading_axes(array), to = leading_axes(batch), view = tad__array_broadcast(&leading, &to);
    for (int axis = 0; axis < 2; axis++) {
        view.dims[view.rank] = array->dims[leading.rank + axis];
        view.strides[view.rank++] = array->strides[leading.rank + axis];
    }
    return view;
}

tad_array tad__column_major(tad_dtype dtype, int64_t rows, int64_t columns, void *data)
{
    return (tad_array){.dtype = dtype, .rank = 2, .dims = {rows, columns}, .strides = {1, rows}, .data = data};
}

double tad__number_at(tad_dtype dtype, const void *data, int64_t i)
{
    return dtype == TAD_F32 ? (double)((const float *)data)[i] : ((const double *)data)[i];
}

void tad__set_number(tad_dtype dtype, void *data, int64_t i, double number)
{
    if (dtype == TAD_F32)
        ((float *)data)[i] = (float)number;
    else
        ((double *)data)[i] = number;
}

bool tad__matrix_load(const tad_array *matrix, tad__part part, void *data)
{
    tad_dtype type = matrix->dtype;
    int64_t   rows = matrix->dims[0], columns = matrix->dims[1];
    tad_array to = tad__column_major(type, rows, columns, data);
    bool      finite = true;
    tad__copy(&to, matrix);
    for (int64_t j = 0; j < columns; j++)
        for (int64_t i = 0; i < rows; i++) {
            if (part != TAD__WHOLE && i < j)
                tad__set_number(type, data, i + j * rows,
                                part == TAD__LOWER ? 0 : tad__number_at(type, data, j + i * rows));
            finite &= isfinite(tad__number_at(type, data, i + j * rows)) != 0;
        }
    return finite;
}

void tad__matrix_store(const tad_array *matrix, const void *data)
{
    tad_array from = tad__column_major(matrix->dtype, matrix->dims[0], matrix->dims[1], (void *)(uintptr_t)data);
    tad__copy(matrix, &from);
}

tad_status tad__check_matrices(const tad_call *call, int operand, bool square)
{
    const tad_array *x = &call->in[operand];
    const char      *which = call->n == 1 ? "" : operand == 0 ? "the first operand: " : "the second operand: ";
    if (x->rank < 2)
        return tad_refuse(call, TAD_ESHAPE, "%sexpected a matrix: at least two axes", which);
    int64_t rows = x->dims[x->rank - 2], columns = x->dims[x->rank - 1];
    if (square && rows != columns)
        return tad_refuse(call, TAD_ESHAPE, "%s%" PRId64 " rows and %" PRId64 " columns; expected a square matrix",
                          which, rows, columns);
    return TAD_OK;
}

tad_status tad__square_shape(const tad_call *call)
{
    tad_status status = tad__check_matrices(call, 0, true);
    tad__array_set_shape(call->out, call->in[0].rank, call->in[0].dims);
    return status;
}

tad__matrix_name tad__name_matrix(const tad_array *array, int64_t i)
{
    tad__matrix_name name;
    tad__text        text = {.out = name.text, .size = sizeof name.text};
    if (array->rank > 2)
        tad__text_add(&text, "matrix %" PRId64 " of the batch", i);
    else
        tad__text_add(&text, "the matrix");
    return name;
}

void *tad__scratch_elements(const tad_call *call, tad_dtype dtype, int64_t count)
{
    size_t size = tad_dtype_size(dtype);
    bool   fits = (uint64_t)count < SIZE_MAX / 16 / size;
    return tad_scratch(call, fits ? ((size_t)count + 1) * size : SIZE_MAX / 2);
}

int64_t tad__factor(tad_dtype dtype, int64_t n, void *a, int *pivots)
{
    tad__lapack_for(n, n, TAD__SMALL_LU)->lu(dtype, n, a, pivots);
    for (int64_t j = 0; j < n; j++)
        if (tad__number_at(dtype, a, j + j * n) == 0)
            return j;
    return -1;
}

void tad__invert(tad_dtype dtype, int64_t n, const void *a, const int *pivots, void *b)
{
    for (int64_t i = 0; i < n * n; i++)
        tad__set_number(dtype, b, i, i % (n + 1) == 0);
    tad__lu_solve(dtype, n, n, a, pivots, b);
}

void tad__refuse_singular(const tad_call *call, const tad_array *array, int64_t i, int64_t zero)
{
    tad_refuse(call, TAD_ESINGULAR, "%s is singular: pivot %" PRId64 " of its LU factorisation is 0",
               tad__name_matrix(array, i).text, zero);
}

/* ---- records ---- */

tad_var tad__identity_like(tad_var x, int64_t n, double factor)
{
    tad_var ones = tad_broadcast_to(tad_constant(x.tape, factor), 1, &n);
    return tad_diag(tad_cast(ones, tad_dtype_of(x)));
}

tad_var tad__symmetric_part(tad_var x)
{
    return tad_mul(tad_add(x, tad_transpose(x)), tad_constant(x.tape, 0.5));
}

tad_var tad__curved(tad_var x)
{
    return tad_mul(tad_add(x, tad_mul(tad_square(x), tad_constant(x.tape, 0.25))), tad_constant(x.tape, 0.25));
}

/* Transposed twice, so that the operation is given a view. */
tad_var tad__well_conditioned(tad_var x)
{
    int64_t n = tad_dim(x, -1);
    return tad_transpose(tad_add(tad__curved(tad_transpose(x)), tad__identity_like(x, n, 1 + (double)n / 2)));
}

tad_var tad__positive_definite(tad_var x)
{
    int64_t n = tad_dim(x, -1);
    tad_var square = tad_mul(tad_matmul(x, tad_transpose(x)), tad_constant(x.tape, 0.25));
    return tad_add(square, tad__identity_like(x, n, 1 + (double)n / 2));
}

/* ---- shapes and results ---- */

tad_var tad__drop_axis(tad_var x, int axis)
{
    int64_t dims[TAD_MAX_RANK];
    int     rank = 0;
    for (int i = 0; i < tad_rank(x); i++)
        if (i != tad__array_axis(tad_rank(x), axis))
            dims[rank++] = tad_dim(x, i);
    return tad_reshape(x, rank, dims);
}

tad_var tad__lift(tad_var x)
{
    int64_t dims[TAD_MAX_RANK + 2];
    int     rank = tad__shape_of(x, dims);
    dims[rank] = dims[rank + 1] = 1;
    return tad_reshape(x, rank + 2, dims);
}

static tad_var part_of(tad_var y, int axis, int64_t from, int64_t to, bool drop)
{
    if (!tad_is_valid(y))
        return y;
    tad_var part = tad_slice(y, axis, from, to);
    return drop && tad_is_valid(part) ? tad__drop_axis(part, axis) : part;
}

tad_status tad__hand_out(tad_var y, tad__packing packing, tad_var *first, tad_var *second, const void *caller)
{
    tad_frame  outer = tad_enter(y.tape, packing.name, caller);
    tad_status status = TAD_OK;
    tad_var    parts[2] = {part_of(y, packing.axis, 0, packing.at, packing.drop_first),
                           part_of(y, packing.axis, packing.at, TAD_END, packing.drop_second)};
    tad_leave(y.tape, outer);
    for (int k = 0; k < 2; k++)
        if (!tad_is_valid(parts[k]))
            status = y.tape ? tad_tape_status(y.tape) : TAD_ETAPE;
    if (first)
        *first = parts[0];
    if (second)
        *second = parts[1];
    return status;
}
