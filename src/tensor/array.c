#include "tensor/array.h"

#include "base/memory.h"

#include <string.h>

int64_t tad__array_count(const tad_array *array)
{
    int64_t count = 1;
    for (int i = 0; i < array->rank; i++)
        count *= array->dims[i];
    return count;
}

size_t tad__array_bytes(const tad_array *array)
{
    return (size_t)tad__array_count(array) * tad_dtype_size(array->dtype);
}

/* Sizes of 0 count as 1 here, so that no partial product (a stride) overflows either. */
bool tad__array_fits(const tad_array *array)
{
    size_t bytes = tad_dtype_size(array->dtype);
    for (int i = 0; i < array->rank; i++)
        if (array->dims[i] > 0 && !tad__multiply(bytes, (size_t)array->dims[i], &bytes))
            return false;
    return bytes <= PTRDIFF_MAX;
}

void tad__array_set_c_order(tad_array *array)
{
    int64_t stride = 1;
    for (int i = array->rank - 1; i >= 0; i--) {
        array->strides[i] = stride;
        stride *= array->dims[i] > 0 ? array->dims[i] : 1;
    }
}

static bool has_strides_of_c_order(const tad_array *array, bool or_reversed)
{
    int64_t stride = 1;
    for (int i = array->rank - 1; i >= 0; i--) {
        if (array->dims[i] != 1 && array->strides[i] != stride && !(or_reversed && array->strides[i] == -stride))
            return false;
        stride *= array->dims[i] > 0 ? array->dims[i] : 1;
    }
    return true;
}

bool tad__array_is_c_order(const tad_array *array)
{
    return has_strides_of_c_order(array, false);
}

bool tad__array_is_c_order_or_reversed(const tad_array *array)
{
    return has_strides_of_c_order(array, true);
}

/* From the last axis on, the new axes use up blocks of old ones, which are as long as their strides go on evenly. */
bool tad__array_reshape(const tad_array *from, tad_array *to)
{
    int     axis = from->rank - 1;
    int64_t left = 1, stride = 1; /* what is left of the block, and its stride there */
    tad__array_set_c_order(to);
    if (tad__array_count(from) == 0)
        return true;
    for (int i = to->rank - 1; i >= 0; i--) {
        int64_t size = to->dims[i];
        if (size == 1)
            continue;
        while (left == 1 && axis >= 0) { /* a new block */
            left = from->dims[axis];
            stride = from->strides[axis--];
            for (; axis >= 0 && left > 1; axis--) {
                if (from->dims[axis] != 1 && from->strides[axis] != stride * left)
                    break;
                left *= from->dims[axis];
            }
        }
        if (left % size != 0)
            return false;
        to->strides[i] = stride;
        stride *= size;
        left /= size;
    }
    return true;
}

bool tad__array_same_shape(const tad_array *a, const tad_array *b)
{
    return a->rank == b->rank && memcmp(a->dims, b->dims, (size_t)a->rank * sizeof *a->dims) == 0;
}

void tad__array_set_shape(tad_array *array, int rank, const int64_t dims[])
{
    array->rank = rank;
    if (rank)
        memmove(array->dims, dims, (size_t)rank * sizeof *dims);
}

bool tad__array_broadcast_shape(const tad_array *a, const tad_array *b, tad_array *out)
{
    if (a->rank < b->rank) {
        const tad_array *longer = b;
        b = a;
        a = longer;
    }
    int     shift = a->rank - b->rank;
    int64_t dims[TAD_MAX_RANK];
    for (int i = 0; i < a->rank; i++) {
        int64_t x = a->dims[i], y = i < shift ? 1 : b->dims[i - shift];
        if (x != y && x != 1 && y != 1)
            return false;
        dims[i] = x == 1 ? y : x;
    }
    tad__array_set_shape(out, a->rank, dims);
    return true;
}

bool tad__array_broadcasts_to(const tad_array *from, const tad_array *to)
{
    int shift = to->rank - from->rank;
    if (shift < 0)
        return false;
    for (int i = 0; i < from->rank; i++)
        if (from->dims[i] != 1 && from->dims[i] != to->dims[i + shift])
            return false;
    return true;
}

tad_array tad__array_broadcast(const tad_array *array, const tad_array *shape)
{
    tad_array view;
    view.dtype = array->dtype;
    view.data = array->data;
    tad__array_set_shape(&view, shape->rank, shape->dims);
    int shift = shape->rank - array->rank;
    for (int i = 0; i < shape->rank; i++) {
        bool repeats = i < shift || array->dims[i - shift] == 1;
        view.strides[i] = repeats ? 0 : array->strides[i - shift];
    }
    return view;
}

tad_array tad__array_of_number(double *number)
{
    return (tad_array){.dtype = TAD_F64, .rank = 0, .data = number};
}

double tad__array_number(const tad_array *array)
{
    switch (array->dtype) {
    case TAD_F32:
        return (double)*(const float *)array->data;
    case TAD_I64:
        return (double)*(const int64_t *)array->data;
    case TAD_F64:
        break;
    }
    return *(const double *)array->data;
}

int tad__array_axis(int rank, int axis)
{
    if (axis < -rank || axis >= rank)
        return -1;
    return axis < 0 ? axis + rank : axis;
}
