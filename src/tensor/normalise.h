/* Rows of numbers in C order, normalised: y = (x - mean) / sqrt(variance + eps) * gamma + beta, or without the mean, and what
 * their adjoints hand on. Mean, variance and all sums are made in double. */
#ifndef TAD__TENSOR_NORMALISE_H
#define TAD__TENSOR_NORMALISE_H

#include "tensor/array.h"

typedef struct tad__normalise {
    tad_dtype   dtype;
    bool        centred; /* false: x / sqrt(mean square + eps) */
    double      eps;
    int64_t     rows, size;
    const void *x;
    const void *gamma, *beta; /* a row each, or NULL */
} tad__normalise;

void tad__normalise_forward(const tad__normalise *s, void *y);

/* Adds to the adjoints of x (C order), gamma and beta; each may be NULL. */
void tad__normalise_pull(const tad__normalise *s, const void *gy, void *gx, double *ggamma, double *gbeta);

#endif
