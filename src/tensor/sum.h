/* The sum of n numbers: in eight lanes, which vectorises, and in blocks, which keeps the rounding error near that of
 * pairwise summation (N. Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 4.2). Floats are summed in
 * double. The order depends on n alone. */
#ifndef TAD__TENSOR_SUM_H
#define TAD__TENSOR_SUM_H

#include <stdint.h>

enum { TAD__SUM_BLOCK = 512 };

double tad__sum_f32(int64_t n, const float *from, int64_t stride);
double tad__sum_f64(int64_t n, const double *from, int64_t stride);

#endif
