/* The sum of n numbers: in eight lanes, which vectorises, and in blocks, which keeps the rounding error near that of
 * pairwise summation (N. Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 4.2). Floats are summed in
 * double. The order depends on n alone. */
#ifndef TAD__TENSOR_SUM_H
#define TAD__TENSOR_SUM_H

#include <stdint.h>

enum { TAD__SUM_BLOCK = 512 };

/* How many sums a kernel keeps so that it vectorises, and what they come to. */
enum { TAD__LANES = 8 };

static inline double tad__lanes_total(const double lanes[TAD__LANES])
{
    return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

double tad__sum_f32(int64_t n, const float *from, int64_t stride);
double tad__sum_f64(int64_t n, const double *from, int64_t stride);

#endif
