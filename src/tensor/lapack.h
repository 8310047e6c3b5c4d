/* Factorisations of one dense matrix, in place. Two backends: LAPACK as OpenBLAS brings it, and portable kernels, which
 * are also faster for small matrices. Matrices are in column-major order without gaps, as LAPACK has them, of floats or
 * doubles, and have no NaN or infinity (triangular_solve: any numbers). */
#ifndef TAD__TENSOR_LAPACK_H
#define TAD__TENSOR_LAPACK_H

#include "tensor/array.h"

/* A triangular matrix, and what is to be solved: a x = b or a' x = b. */
typedef struct tad__triangle {
    bool lower, transposed, unit; /* unit: the diagonal is taken to be 1 */
} tad__triangle;

typedef struct tad__lapack {
    /* a: the lower triangle of an n x n matrix, replaced by its Cholesky factor; what is above is left as it was. Returns
     * 0, or the order of the first leading minor that is not positive. */
    int64_t (*cholesky)(tad_dtype dtype, int64_t n, void *a);

    /* b, n x m, is replaced by the solution. a may have zeros on its diagonal: the result is then infinite or NaN. */
    void (*triangular_solve)(tad_dtype dtype, tad__triangle how, int64_t n, int64_t m, const void *a, void *b);

    /* a, n x n, is replaced by factors of it with rows exchanged: below the diagonal L, whose diagonal is 1, else U. Row
     * i was exchanged with row pivots[i], for one i after the other. A zero pivot is left on the diagonal. */
    void (*lu)(tad_dtype dtype, int64_t n, void *a, int *pivots);

    /* a, m x n with m >= n, is replaced by Q; r, n x n, is set to R, of which the diagonal may have either sign. work:
     * tad__qr_work(n) elements. */
    void (*qr)(tad_dtype dtype, int64_t m, int64_t n, void *a, void *r, void *work);

    /* a, n x n and symmetric, is replaced by the eigenvectors, as columns; w is set to the eigenvalues, ascending. work:
     * tad__eigh_work(n) elements. false: no convergence. */
    bool (*eigh)(tad_dtype dtype, int64_t n, void *a, void *w, void *work);
} tad__lapack;

int64_t tad__qr_work(int64_t n);
int64_t tad__eigh_work(int64_t n);

extern const tad__lapack tad__lapack_portable;

/* NULL: the library was built without it. */
const tad__lapack *tad__lapack_openblas(void);

/* Up to these sizes the portable kernels are faster (measured). */
enum {
    TAD__SMALL_CHOLESKY = 16,
    TAD__SMALL_TRIANGULAR = 3,
    TAD__SMALL_LU = 32,
    TAD__SMALL_QR = 24,
    TAD__SMALL_EIGH = 6
};

/* The backend for matrices of this size. */
const tad__lapack *tad__lapack_for(int64_t rows, int64_t columns, int64_t small);

/* Solves a x = b for the n x m matrix b, given what lu made of a. */
void tad__lu_solve(tad_dtype dtype, int64_t n, int64_t m, const void *factors, const int *pivots, void *b);

#endif
