/**
 * tad/diff.h - derivatives of what a tape recorded.
 *
 * For y = f(x) with Jacobian J = dy/dx, reverse mode computes the vector-Jacobian product gy' J (VJP) and forward
 * mode the Jacobian-vector product J dx (JVP). Source: A. Griewank and A. Walther, Evaluating Derivatives, SIAM 2008,
 * chapter 3.
 */
#ifndef TAD_DIFF_H
#define TAD_DIFF_H

#include <tad/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Reverse sweep from y, which has one element: the adjoint dy/dv of every node v that y depends on and that depends
 * on a differentiable leaf. Adjoints start afresh at every call. They are numbers, not nodes: to differentiate again
 * use tad_gradient. Time: a small multiple of the recording; no recursion.
 * Errors: TAD_ESHAPE (y has not one element), TAD_ETAPE, TAD_ESTALE, TAD_ENOMEM (no adjoint is then readable). */
TAD_API TAD_CHECKED tad_status tad_backward(tad_var y);

/** dy/dx of the last tad_backward for a one-element x: 0 if y does not depend on x. NaN with an error if x is a
 * constant or depends on constants only (TAD_EARG), if there was no sweep since the last rewind (TAD_EARG), if x has
 * not one element (TAD_ESHAPE), or is invalid. */
TAD_API double tad_grad(tad_var x);

/** Copies the adjoint of x, which has x's shape and element type, into `out`, in C order. Errors as tad_grad and
 * tad_read. */
TAD_API TAD_CHECKED tad_status tad_read_grad(tad_var x, void *out, size_t bytes);

/** Records gx[i] = dy/dx[i] for one-element y as new nodes, each of the shape of x[i]; they can be differentiated
 * again. x may be any nodes, leaves or not: gx[i] is the adjoint that the reverse sweep gives x[i], whatever else is asked
 * for. Where y does not depend on x[i], it is a constant zero.
 * Errors: as tad_backward; gx is then filled with invalid handles. */
TAD_API TAD_CHECKED tad_status tad_gradient(tad_var y, size_t n, const tad_var x[], tad_var gx[]);

/** Records the vector-Jacobian products gx[i] = sum over the elements of y of gy * dy/dx[i], for y of any shape and a
 * cotangent gy of the same shape. Errors: TAD_ESHAPE (gy does not have y's shape), and as tad_gradient. */
TAD_API TAD_CHECKED tad_status tad_vjp(tad_var y, tad_var gy, size_t n, const tad_var x[], tad_var gx[]);

/** Records the Jacobian-vector product dy = sum over i of dy/dx[i] * dx[i], of y's shape; dx[i] has the shape of
 * x[i]. The x move independently, also where one was computed from another, and an x named twice moves in the sum of its
 * directions. Forward mode: one pass from the x to y. Errors: TAD_ESHAPE, TAD_ETAPE, TAD_ESTALE, TAD_ENOMEM. */
TAD_API TAD_CHECKED tad_status tad_jvp(tad_var y, size_t n, const tad_var x[], const tad_var dx[], tad_var *dy);

/** Records the Hessian-vector products hv[i] = sum over j of d2y/dx[i]dx[j] * v[j] for one-element y, forward over
 * reverse. Errors: as tad_gradient and tad_jvp. */
TAD_API TAD_CHECKED tad_status tad_hvp(tad_var y, size_t n, const tad_var x[], const tad_var v[], tad_var hv[]);

#ifdef __cplusplus
}
#endif
#endif
