/* Shapes and strides: sizes that cannot overflow, broadcasting, views. Nothing here touches elements. */
#ifndef TAD__TENSOR_ARRAY_H
#define TAD__TENSOR_ARRAY_H

#include <tad/base.h>

/* Number of elements; the shape was checked when the array was made. */
int64_t tad__array_count(const tad_array *array);

size_t tad__array_bytes(const tad_array *array);

/* Does the number of bytes fit what memory can address? (Sizes must not be negative.) */
bool tad__array_fits(const tad_array *array);

/* Sets the strides of C order. */
void tad__array_set_c_order(tad_array *array);

bool tad__array_is_c_order(const tad_array *array);

/* Is it, but for axes that run backwards? */
bool tad__array_is_c_order_or_reversed(const tad_array *array);

/* Sets the strides of `to`, whose shape has as many elements as `from`, so that it views `from` with the elements in the same
 * order. false: no strides do. */
bool tad__array_reshape(const tad_array *from, tad_array *to);

bool tad__array_same_shape(const tad_array *a, const tad_array *b);

/* Copies rank and dims. */
void tad__array_set_shape(tad_array *array, int rank, const int64_t dims[]);

/* NumPy's rule: shapes are aligned at the last axis; sizes are equal or one of them is 1. Sets the shape of `out`;
 * false: they do not fit. `out` may be one of them. */
bool tad__array_broadcast_shape(const tad_array *a, const tad_array *b, tad_array *out);

/* Can `from` be broadcast to the shape of `to`? */
bool tad__array_broadcasts_to(const tad_array *from, const tad_array *to);

/* `array` seen in the shape of `shape`, which it broadcasts to: stride 0 on the axes it repeats. */
tad_array tad__array_broadcast(const tad_array *array, const tad_array *shape);

/* A rank-0 array for one number. */
tad_array tad__array_of_number(double *number);

/* The first element of an array that has one. */
double tad__array_number(const tad_array *array);

/* 0 <= result < rank for a valid axis (negative ones count from the end), -1 otherwise. */
int tad__array_axis(int rank, int axis);

static inline bool tad__array_is_scalar(const tad_array *array)
{
    return array->rank == 0 && array->dtype == TAD_F64;
}

#endif
