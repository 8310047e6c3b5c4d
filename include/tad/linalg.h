/**
 * tad/linalg.h - products and factorisations of matrices. What is common to all is told in operations.h.
 *
 * Written by `make headers` from the files of src/ops: change those, not this one.
 */
#ifndef TAD_LINALG_H
#define TAD_LINALG_H

#include <tad/options.h>
#include <tad/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The Cholesky factor y of symmetric positive definite matrices [..., n, n]: x = y y', with y lower triangular and its
 * diagonal positive. Only the lower triangle of x is read. The gradient takes x to be symmetric: it is the symmetric g with
 * dL = sum(g * dx) for each symmetric change dx, so changes of one element alone, as differences make them, are to be made
 * to (x + x') / 2. Computed by LAPACK where the library was built with it.
 * Errors: TAD_ESHAPE (x is not square, or has fewer than two axes), TAD_ESINGULAR (a matrix is not positive definite, or its
 * lower triangle has a NaN or infinite element). */
TAD_API tad_var tad_cholesky(tad_var x);

/** The adjugate y of matrices [..., n, n], the transpose of the matrix of cofactors: x y = y x = det(x) 1. It is there, and
 * accurate, whatever the rank of x: of rank 1 at rank n - 1, and 0 below. Its gradient divides by det(x) where n > 2, so at
 * a singular matrix it is then NaN or infinite. Where x has a NaN or infinite element, y is NaN. Errors: TAD_ESHAPE (x is
 * not square, or has fewer than two axes). */
TAD_API tad_var tad_adjugate(tad_var x);

/** The determinant of matrices, [..., n, n] to [...], by LU factorisation; of a 0 x 0 matrix it is 1. dy/dx is the transpose
 * of tad_adjugate(x), at singular matrices, too; derivatives of higher order are NaN or infinite there if n > 2. Where x has a
 * NaN or infinite element, y is NaN. Overflows for large n: see tad_slogdet. Errors: TAD_ESHAPE (x is not square, or has
 * fewer than two axes). */
TAD_API tad_var tad_det(tad_var x);

/** The sign (1, -1, or 0 at a singular matrix) of the determinant of matrices [..., n, n], and the logarithm of its absolute
 * value (-infinity at a singular matrix), of shape [...]; either may be NULL. d logdet / dx is the transposed inverse, the
 * sign has gradient 0; at a singular matrix the gradient is an error, TAD_ESINGULAR. Where x has a NaN or infinite element,
 * both are NaN. Errors: TAD_ESHAPE (x is not square, or has fewer than two axes); both handles are then invalid. */
TAD_API TAD_CHECKED tad_status tad_slogdet(tad_var x, tad_var *sign, tad_var *logdet);

/** A diagonal of the matrices [..., m, n]: y[..., i] = x[..., i, i + k] for k >= 0, and x[..., i - k, i] for k < 0, which is
 * below the main diagonal. A view: nothing is copied. Errors: TAD_ESHAPE (x has fewer than two axes), TAD_EARG (k outside
 * -m..n; at either end the diagonal is empty). */
TAD_API tad_var tad_diagonal(tad_var x, int64_t k);

/** Square matrices [..., n, n] with the numbers [..., n] on the main diagonal and 0 elsewhere: the adjoint of tad_diagonal.
 * Errors: TAD_ESHAPE (x has no axis, or eight). */
TAD_API tad_var tad_diag(tad_var x);

/** Eigenvalues w, [..., n], ascending, and eigenvectors V, [..., n, n], of symmetric matrices: x V = V diag(w), where vector k
 * is column k of V, of norm 1, its largest component (the first of equal ones) positive. Either may be NULL. Only the lower
 * triangle of x is read, and the gradient takes x to be symmetric: see tad_cholesky. Where eigenvalues are repeated, the
 * vectors are no function of x, and a gradient that came by them is NaN or infinite; one that came by the values alone is
 * right, but not its own derivative. Where the lower triangle has a NaN or infinite element, all is NaN. Computed by LAPACK
 * where the library was built with it, else by Jacobi rotations. Errors: TAD_ESHAPE (x is not square, or has fewer than two
 * axes); both handles are then invalid. */
TAD_API TAD_CHECKED tad_status tad_eigh(tad_var x, tad_var *values, tad_var *vectors);

/** Eigenvalues of symmetric matrices, [..., n, n] to [..., n], ascending; as tad_eigh, and as much work. */
TAD_API tad_var tad_eigvalsh(tad_var x);

/** Einstein's summation: the product of n operands (1 to 8) whose axes are named by letters, summed over all letters that the
 * result lacks. "ij,jk->ik" is a matrix product, "bij,bjk->bik" one of batches, "ii->i" a diagonal, "i,j->ij" an outer
 * product. Without "->" the result has the letters that occur once, in alphabetical order, capitals first. An ellipsis stands
 * for all other axes, which broadcast, and are the first of an implied result. Operands are multiplied from left to right,
 * two at a time, each as a matrix product; nothing larger than these products is made. Derivatives of any order are those of
 * the operations it is made of. Errors: TAD_EARG (the equation is NULL or cannot be read, with the column and what was
 * expected), TAD_ESHAPE (an operand has another number of axes than subscripts, a letter names axes of different sizes,
 * those of an ellipsis do not broadcast, a product of more than eight axes), TAD_EDTYPE. */
TAD_API tad_var tad_einsum(const char *equation, int n, const tad_var x[]);

/** The inverse y of matrices [..., n, n], by LU factorisation with partial pivoting; dL/dx = -y' gy y'. Where x has a NaN or
 * infinite element, y is NaN. To solve equations tad_solve is faster and more accurate. Errors: TAD_ESHAPE (x is not square,
 * or has fewer than two axes), TAD_ESINGULAR (a pivot is exactly 0). */
TAD_API tad_var tad_inverse(tad_var x);

/** Matrix product over the last two axes, [..., m, k] times [..., k, n] to [..., m, n]: y[i][j] = sum over l of
 * a[i][l] * b[l][j]; dy/da: gy b', dy/db: a' gy. Leading axes broadcast. A vector of k numbers is a row on the left and
 * a column on the right, and its axis vanishes from the result. Computed by BLAS where the library was built with it.
 * Errors: TAD_ESHAPE (inner dimensions differ, leading axes do not broadcast, an operand of rank 0), TAD_EDTYPE. */
TAD_API tad_var tad_matmul(tad_var a, tad_var b);

/** Scalar product along the last axis, [..., n] and [..., n] to [...]: y = a[0] b[0] + a[1] b[1] + ...; dy/da = b, dy/db = a.
 * Leading axes broadcast. Of no numbers it is 0. Errors: TAD_ESHAPE (last axes differ, leading axes do not broadcast, an
 * operand of rank 0), TAD_EDTYPE. */
TAD_API tad_var tad_dot(tad_var a, tad_var b);

/** Outer product of the last axes, [..., m] and [..., n] to [..., m, n]: y[i][j] = a[i] * b[j]; dy/da: gy b, dy/db: gy' a.
 * Leading axes broadcast. Errors: TAD_ESHAPE (leading axes do not broadcast, an operand with no axis or eight),
 * TAD_EDTYPE. */
TAD_API tad_var tad_outer(tad_var a, tad_var b);

/** Sum of the diagonal of square matrices, [..., n, n] to [...]: y = x[0][0] + x[1][1] + ...; dy/dx is the identity. Of a
 * matrix without elements it is 0. Errors: TAD_ESHAPE (x is not square, or has fewer than two axes). */
TAD_API tad_var tad_trace(tad_var x);

/** The reduced QR factorisation x = q r of matrices [..., m, n] with m >= n: q, [..., m, n], has orthonormal columns, and r,
 * [..., n, n], is upper triangular with a diagonal >= 0, which makes both unique where the columns of x are independent.
 * Either may be NULL. Dependent columns give zeros on the diagonal of r, and a gradient that is an error, TAD_ESINGULAR. Where
 * x has a NaN or infinite element, both are NaN. Computed by LAPACK where the library was built with it, else by Householder
 * reflections. Errors: TAD_ESHAPE (fewer rows than columns, or fewer than two axes); both handles are then invalid. */
TAD_API TAD_CHECKED tad_status tad_qr(tad_var x, tad_var *q, tad_var *r);

/** The solution x of a x = b, or a' x = b, with triangular matrices a, [..., n, n], and b, [..., n, m]. Leading axes
 * broadcast; a b of rank 1 is one column, and so is the result. Of a only the triangle that `options` say is read, and only
 * that has a gradient: gb solves a' gb = gy, and ga = -gb x'. NULL for the options: the defaults. NaN and infinities go as
 * IEEE 754 says. Errors: TAD_ESHAPE (a is not square, the rows of b are not as many, leading axes do not broadcast),
 * TAD_EDTYPE, TAD_ESINGULAR (the diagonal has a 0, and is not taken to be 1). */
TAD_API tad_var tad_solve_triangular(tad_var a, tad_var b, const tad_triangular_options *options);

/** The solution x of a x = b, with matrices a, [..., n, n], and b, [..., n, m], by LU factorisation with partial pivoting.
 * Leading axes broadcast; a b of rank 1 is one column, and so is the result. gb solves a' gb = gy, and ga = -gb x'. Where a
 * has a NaN or infinite element, so that no pivot can be chosen, x is NaN. Errors: TAD_ESHAPE (a is not square, the rows of b
 * are not as many, leading axes do not broadcast), TAD_EDTYPE, TAD_ESINGULAR (a pivot is exactly 0). */
TAD_API tad_var tad_solve(tad_var a, tad_var b);

/** The lower triangle of each matrix: y[i][j] = x[i][j] where j <= i + k, and 0 elsewhere, even where x is NaN. k = 0 is the
 * main diagonal, k = -1 the one below it; any k will do. Errors: TAD_ESHAPE (x has fewer than two axes). */
TAD_API tad_var tad_tril(tad_var x, int64_t k);

/** The upper triangle of each matrix: y[i][j] = x[i][j] where j >= i + k, and 0 elsewhere; otherwise as tad_tril. */
TAD_API tad_var tad_triu(tad_var x, int64_t k);

#ifdef __cplusplus
}
#endif
#endif
