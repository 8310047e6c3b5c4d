/* The adjugate of a matrix whatever its rank: what the inverse times the determinant is where there is an inverse. */
#ifndef TAD__TENSOR_ADJUGATE_H
#define TAD__TENSOR_ADJUGATE_H

#include <stdint.h>

/* a, n x n in column-major order, is destroyed; out is set. work: 3 * n doubles. */
void tad__adjugate(int64_t n, double *a, double *out, double *work);

#endif
