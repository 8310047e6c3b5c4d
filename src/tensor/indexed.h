/* The product of two matrices of which tables say where their elements lie: what a convolution is without its input being
 * copied once for every element of the kernel. */
#ifndef TAD__TENSOR_INDEXED_H
#define TAD__TENSOR_INDEXED_H

#include <tad/base.h>

/* c[i][j] = sum over l of a[row[i] + column[l]] * b[line[l] + j], plus c[i][j] if `add`, for i < m, j < n, l < k.
 * Work goes on in whole vectors: up to TAD__INDEXED_SLACK - 1 elements behind each line and each row of c are read, and those
 * of c written, so there has to be room; what they are does not matter. */
typedef struct tad__indexed {
    tad_dtype      dtype;
    int64_t        m, n, k;
    bool           add;
    const void    *a, *b;
    void          *c;
    int64_t        c_stride; /* from row to row, in elements */
    const int64_t *row, *column, *line;
} tad__indexed;

enum { TAD__INDEXED_SLACK = 16 };

void tad__indexed_product(const tad__indexed *product);

/* The same by one of the kernels; false: this processor has not what it takes, and nothing was done. */
typedef enum tad__kernel { TAD__AVX512, TAD__AVX2, TAD__PORTABLE } tad__kernel;
bool tad__indexed_product_by(tad__kernel kernel, const tad__indexed *product);

#endif
