/**
 * tad/sparse.h - Jacobians and Hessians of which few entries can be other than 0, from few products.
 *
 * Rows that share no column with an entry can be had from one product with their sum: lines are coloured so that each entry
 * can be read off a product directly. Sources: A. R. Curtis, M. J. D. Powell, J. K. Reid, J. Inst. Maths Applics 13 (1974)
 * for the Jacobian; T. F. Coleman and J. J. Moré, Math. Prog. 28 (1984), for the Hessian; the greedy star colouring is
 * algorithm 4.1 of A. H. Gebremedhin, F. Manne, A. Pothen, SIAM Review 47 (2005).
 */
#ifndef TAD_SPARSE_H
#define TAD_SPARSE_H

#include <tad/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A matrix by rows: those of row i are the entries k with row_start[i] <= k < row_start[i + 1], of column column[k], ascending,
 * and value value[k]. Start with all zero (`= {0}`); to be freed with tad_sparse_free. It may outlive the tape. */
typedef struct tad_sparse {
    size_t                  rows, columns, nnz;
    size_t                 *row_start; /**< rows + 1 of them */
    size_t                 *column;
    double                 *value;
    size_t                  products; /**< how many products, each a sweep, the values take */
    struct tad_sparse_plan *plan;     /**< which entry comes from which product */
} tad_sparse;

/** Finds which entries of the Jacobian of m values for n others (as tad_read_jacobian has them) can be other than 0, and from
 * which products they will be read; values are 0. What J held before is freed.
 *
 * From the tape alone, not from numbers: an entry that is there is 0 only by its values. Exact for elementwise operations,
 * views, reductions, matrix products, choices, what moves elements, and windows without padding. Lines of softmax, of cumulative
 * sums and of what is scattered, channels, rows of a batch, matrices of a batch, and images under padded windows count as
 * wholes; checkpoints and other operations as depending on all elements of their operands (an operation of your own can say
 * better: tad_op.depends). What a value depends on only by a comparison or behind tad_stop_gradient is no dependence. Time:
 * linear in the elements recorded, and in the entries times the lengths of the
 * lines they stand in. Memory: 16 bytes an element and at most 180 for each different set of columns that elements depend on,
 * while it runs.
 * Products: rows (VJPs) or columns (JVPs), whichever take fewer; a few dense lines of the other kind are taken one by one, so
 * that an arrow takes three.
 * Errors: TAD_EARG (J NULL, x that depend on constants only), TAD_EDTYPE (i64), TAD_ESHAPE (2^32 - 1 columns or more), TAD_ETAPE,
 * TAD_ESTALE, TAD_ENOMEM; J is then empty. */
TAD_API TAD_CHECKED tad_status tad_sparse_jacobian_pattern(size_t m, const tad_var y[], size_t n, const tad_var x[],
                                                           tad_sparse *J);

/** The values of the Jacobian, by J->products products. If J is empty its pattern is found first; else it is used again, for the
 * same function recorded anew at other values, and nothing is allocated from the second time on. The adjoints of the last
 * tad_backward are lost.
 * Errors: TAD_ESHAPE (J has other rows or columns, or is a Hessian), TAD_EARG (a product has a number where J has
 * no entry: the function recorded has another structure; not every change shows), and as tad_sparse_jacobian_pattern; the pattern stays. */
TAD_API TAD_CHECKED tad_status tad_sparse_jacobian(size_t m, const tad_var y[], size_t n, const tad_var x[],
                                                   tad_sparse *J);

/** The same for the Hessian of y, which has one element: the pattern is that of the recorded gradient's Jacobian, made
 * symmetric. Errors: TAD_ESHAPE (y has not one element), and as tad_sparse_jacobian_pattern. */
TAD_API TAD_CHECKED tad_status tad_sparse_hessian_pattern(tad_var y, size_t n, const tad_var x[], tad_sparse *H);

/** The values of the Hessian, by H->products Hessian-vector products: three for a tridiagonal one. Otherwise as
 * tad_sparse_jacobian. */
TAD_API TAD_CHECKED tad_status tad_sparse_hessian(tad_var y, size_t n, const tad_var x[], tad_sparse *H);

/** Frees what the matrix holds and makes it empty. NULL is allowed. */
TAD_API void tad_sparse_free(tad_sparse *matrix);

#ifdef __cplusplus
}
#endif
#endif
