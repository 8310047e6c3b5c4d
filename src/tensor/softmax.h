/* Softmax and its logarithm over rows of numbers in C order, and what their adjoints hand on. Sums are made in double. */
#ifndef TAD__TENSOR_SOFTMAX_H
#define TAD__TENSOR_SOFTMAX_H

#include "tensor/array.h"

typedef struct tad__softmax {
    tad_dtype dtype;
    bool      logarithm;
    int64_t   rows, size;
} tad__softmax;

void tad__softmax_forward(const tad__softmax *s, const void *x, void *y);

/* gx += the adjoint of x. */
void tad__softmax_pull(const tad__softmax *s, const void *y, const void *gy, void *gx);

#endif
