/* The product of two matrices: c += a b, with any strides. Two backends: CBLAS where the library was built with it and
 * it can express the strides, and a portable kernel. */
#ifndef TAD__TENSOR_GEMM_H
#define TAD__TENSOR_GEMM_H

#include "tensor/array.h"

/* a is m x k, b is k x n, c is m x n. */
typedef struct tad__matrix {
    void   *data;
    int64_t row_stride, column_stride; /* in elements */
} tad__matrix;

typedef struct tad__product {
    tad_dtype   dtype;
    int64_t     m, n, k;
    tad__matrix a, b, c;
} tad__product;

void tad__gemm(const tad__product *product);

void tad__gemm_portable(const tad__product *product);

/* false: CBLAS is not there, or it cannot express these strides or sizes; nothing was done. */
bool tad__gemm_cblas(const tad__product *product);

#endif
