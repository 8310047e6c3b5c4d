/* Pooling: the last two axes seen through windows, and what each gives. All arrays are of one type, with any strides. */
#ifndef TAD__TENSOR_POOL_H
#define TAD__TENSOR_POOL_H

#include "tensor/array.h"

/* The places of an axis that one window has: first, first + step, ... */
typedef struct tad__window {
    int64_t first, step, count;
    int64_t divisor; /* of an average, for this axis */
} tad__window;

/* The windows of the rows and of the columns: one for each place of y. */
typedef struct tad__pool {
    const tad__window *windows[2];
} tad__pool;

/* y += the average of x in each window. `row` has room for as many numbers as x has columns; they are sums in double. */
void tad__pool_average(const tad__pool *pool, const tad_array *y, const tad_array *x, double *row);

/* The adjoint: each element of y adds its share to all of its window in x. */
void tad__pool_spread(const tad__pool *pool, const tad_array *x, const tad_array *y, double *row);

/* In each window the largest of x is looked up, the first of equal ones, or the first that is NaN. Then, at its place,
 *
 *     TAKE   y = v, or -infinity where a window has no place
 *     ADD    y += v
 *     PUT    v += y
 */
typedef enum tad__pool_action { TAD__POOL_TAKE, TAD__POOL_ADD, TAD__POOL_PUT } tad__pool_action;

void tad__pool_maxima(const tad__pool *pool, tad__pool_action action, const tad_array *x, const tad_array *v,
                      const tad_array *y);

#endif
