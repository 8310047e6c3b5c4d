/**
 * tad/jacobian.h - whole Jacobians and Hessians: recorded, to be differentiated again, or as numbers.
 *
 * For what has few entries other than 0 see tad/sparse.h.
 */
#ifndef TAD_JACOBIAN_H
#define TAD_JACOBIAN_H

#include <tad/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Records the Jacobian of y for x, of the shape of y followed by that of x: J[i..., j...] = dy[i...]/dx[j...], of the type of
 * y. It can be differentiated again. By VJPs, one for each element of y, or by JVPs, one for each of x, whichever are fewer.
 * Errors: TAD_ESHAPE (more than 8 axes together, or more bytes than memory can address), TAD_EDTYPE (i64), TAD_EARG (J
 * NULL), TAD_ETAPE, TAD_ESTALE, TAD_ENOMEM; J is then an invalid handle. */
TAD_API TAD_CHECKED tad_status tad_jacobian(tad_var y, tad_var x, tad_var *J);

/** Records the Hessian of y, which has one element, for x, of the shape of x twice over: H[i..., j...] = d2y/dx[i...]dx[j...].
 * The Jacobian of the recorded gradient. Errors: TAD_ESHAPE (y has not one element), and as tad_jacobian. */
TAD_API TAD_CHECKED tad_status tad_hessian(tad_var y, tad_var x, tad_var *H);

/** The Jacobian of m values for n others as numbers: J[i * columns + j], in row-major order, is the derivative of element i of
 * y[0], ..., y[m - 1], one value after the other, each in C order, by element j of x[0], ..., x[n - 1]. So 3 scalars for 5
 * give a 3 x 5 matrix, and so do vectors of 3 and 5 elements. The x depend on differentiable leaves; where one was computed
 * from another, derivatives are those of tad_gradient.
 *
 * One reverse sweep for each row; where there are many more rows than columns, one for each column, over y' J recorded once
 * (a product is linear in its cotangent, so its transpose is the other product). Nothing stays on the tape, and the second
 * call of the same size allocates nothing. The adjoints of the last tad_backward are lost.
 * Errors: TAD_EARG (NULL, too few bytes, or an x that depends on constants only), TAD_EDTYPE (i64), TAD_ETAPE, TAD_ESTALE,
 * TAD_ENOMEM. */
TAD_API TAD_CHECKED tad_status tad_read_jacobian(size_t m, const tad_var y[], size_t n, const tad_var x[], double J[],
                                                 size_t bytes);

/** The Hessian of y, which has one element, as numbers: H[i * columns + j] for the elements i and j of x[0], ..., x[n - 1], one
 * value after the other. The gradient is recorded once, and each row is a Hessian-vector product, a reverse sweep over it:
 * H is symmetric to rounding. Otherwise as tad_read_jacobian. Errors: TAD_ESHAPE (y has not one element), and as there. */
TAD_API TAD_CHECKED tad_status tad_read_hessian(tad_var y, size_t n, const tad_var x[], double H[], size_t bytes);

#ifdef __cplusplus
}
#endif
#endif
