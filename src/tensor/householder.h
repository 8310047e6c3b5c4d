/* Linear least squares of a few unknowns by Householder's reflections. Matrices are in column-major order without gaps. */
#ifndef TAD__TENSOR_HOUSEHOLDER_H
#define TAD__TENSOR_HOUSEHOLDER_H

#include <tad/base.h>

/* a, m x n with m >= n, becomes R above and on the diagonal (below it nothing of use), and b becomes Q' b. */
void tad__triangularise(size_t m, size_t n, double *a, double *b);

/* Solves R x = b for the upper triangle of a, m x n. A zero on the diagonal gives infinities or NaN. */
void tad__solve_upper(size_t m, size_t n, const double *a, const double *b, double *x);

#endif
