/* What operations on batches of matrices share: the last two axes are a matrix, the others number the batch. */
#ifndef TAD__OPS_MATRIX_H
#define TAD__OPS_MATRIX_H

#include "tensor/array.h"

#include <tad/op.h>

/* How many matrices there are; 0 if they have no elements. */
int64_t tad__matrix_count(const tad_array *array);

/* Matrix i of them, in C order of the leading axes. */
tad_array tad__matrix_at(const tad_array *array, int64_t i);

/* An array of matrices whose leading axes broadcast to those of `batch`, seen with these. */
tad_array tad__matrix_broadcast(const tad_array *array, const tad_array *batch);

/* Memory as a rows x columns matrix in column-major order, which is that of LAPACK. */
tad_array tad__column_major(tad_dtype dtype, int64_t rows, int64_t columns, void *data);

/* Copies a matrix to column-major memory: all of it, or its lower triangle with zeros above, or with that mirrored. true:
 * all numbers copied are finite. */
typedef enum tad__part { TAD__WHOLE, TAD__LOWER, TAD__MIRRORED } tad__part;
bool tad__matrix_load(const tad_array *matrix, tad__part part, void *data);
void tad__matrix_store(const tad_array *matrix, const void *data);

/* Number i of memory that holds floats or doubles. */
double tad__number_at(tad_dtype dtype, const void *data, int64_t i);
void   tad__set_number(tad_dtype dtype, void *data, int64_t i, double number);

/* Refuses what has fewer than two axes, and, if `square`, what is not square. */
tad_status tad__check_matrices(const tad_call *call, int operand, bool square);

/* A `shape` function: a square matrix for each of the operand's. */
tad_status tad__square_shape(const tad_call *call);

/* "the matrix", or "matrix 3 of the batch". */
typedef struct tad__matrix_name {
    char text[48];
} tad__matrix_name;
tad__matrix_name tad__name_matrix(const tad_array *array, int64_t i);

/* Scratch for `count` elements of a type; NULL where there is no memory, or could not be. */
void *tad__scratch_elements(const tad_call *call, tad_dtype dtype, int64_t count);

/* LU factorisation in column-major memory: -1, or the first pivot that is 0. */
int64_t tad__factor(tad_dtype dtype, int64_t n, void *a, int *pivots);

/* b := the inverse, given these factors. */
void tad__invert(tad_dtype dtype, int64_t n, const void *a, const int *pivots, void *b);

/* Refuses matrix i, whose pivot `zero` is 0. */
void tad__refuse_singular(const tad_call *call, const tad_array *array, int64_t i, int64_t zero);

/* Records the n x n identity times `factor`, in the element type of x. */
tad_var tad__identity_like(tad_var x, int64_t n, double factor);

/* Records (x + x') / 2. */
tad_var tad__symmetric_part(tad_var x);

/* For samples: small numbers x / 4 + x^2 / 16, not linear in x, so that no second derivative vanishes but for rounding; such
 * matrices + (n / 2 + 1) 1, which are well conditioned; and symmetric positive definite ones. */
tad_var tad__curved(tad_var x);
tad_var tad__well_conditioned(tad_var x);
tad_var tad__positive_definite(tad_var x);

/* Records x without an axis of size 1. */
tad_var tad__drop_axis(tad_var x, int axis);

/* Records numbers [...] as matrices [..., 1, 1]. */
tad_var tad__lift(tad_var x);

/* How functions with two results end, which are packed in y one behind the other: hands out the first `at` elements along
 * the axis, and the others, to whom is not NULL. With the axis dropped, each is one element. */
typedef struct tad__packing {
    const char *name;
    int         axis;
    int64_t     at;
    bool        drop_first, drop_second;
} tad__packing;
tad_status tad__hand_out(tad_var y, tad__packing packing, tad_var *first, tad_var *second, const void *caller);

#endif
