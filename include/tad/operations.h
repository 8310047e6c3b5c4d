/**
 * tad/operations.h - operations on whole tensors: sums, products, views.
 *
 * Written by `make headers` from the files of src/ops: change those, not this one.
 *
 * A negative axis counts from the end: -1 is the last one. The tape owns the result.
 *
 * Errors give an invalid result, and the tape keeps the first. Common to all, and not repeated below:
 * TAD_ETAPE (an operand zeroed or from another tape), TAD_ESTALE (an operand from before a rewind),
 * TAD_ENOMEM, and with several operands TAD_EDTYPE (f32 and f64 mixed).
 */
#ifndef TAD_OPERATIONS_H
#define TAD_OPERATIONS_H

#include <tad/options.h>
#include <tad/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The index along one axis of the greatest element, as TAD_I64; the axis vanishes from the shape, or stays with size 1 if
 * `keepdims`. The first one where some tie, and the first NaN where there are any. A constant: nothing is differentiated
 * through it. Errors: TAD_EARG (no such axis), TAD_ESHAPE (it has size 0). */
TAD_API tad_var tad_argmax(tad_var x, int axis, bool keepdims);

/** The index along one axis of the least element; otherwise as tad_argmax, errors too. */
TAD_API tad_var tad_argmin(tad_var x, int axis, bool keepdims);

/** x repeated to the shape dims[0] x ... x dims[rank - 1], aligned at the last axis: axes that x lacks, or has with size
 * 1, are repeated. A view: nothing is copied. The gradient is the sum over what was repeated.
 * Errors: TAD_ESHAPE (x does not broadcast so), TAD_EARG (dims NULL, rank outside 0..8, a negative size). */
TAD_API tad_var tad_broadcast_to(tad_var x, int rank, const int64_t dims[]);

/** The adjoint of tad_broadcast_to: x summed down to a shape that broadcasts to the shape of x.
 * Errors: TAD_ESHAPE (the shape does not broadcast so), TAD_EARG (dims NULL, rank outside 0..8, a negative size). */
TAD_API tad_var tad_sum_to(tad_var x, int rank, const int64_t dims[]);

/** x with elements of type `dtype`, rounded to nearest where that is narrower, and towards 0 for TAD_I64, which has no
 * gradient. The gradient comes back in the type of x.
 * Errors: TAD_EDTYPE (no element type). */
TAD_API tad_var tad_cast(tad_var x, tad_dtype dtype);

/** x where it lies between `low` and `high`, bounds included, else the bound it is beyond; all three broadcast. The gradient
 * goes to what was chosen: to x at a bound, to `high` where low > high. NaN stays NaN. Errors: TAD_ESHAPE, TAD_EDTYPE. */
TAD_API tad_var tad_clamp(tad_var x, tad_var low, tad_var high);

/** Cumulative sum along one axis: y[i] = x[0] + ... + x[i], of the shape of x; dy[k]/dx[i] = 1 where i <= k. Summed one by
 * one, in double. Errors: TAD_EARG (no such axis). */
TAD_API tad_var tad_cumsum(tad_var x, int axis);

/** Cumulative product along one axis: y[i] = x[0] * ... * x[i], of the shape of x; dy[k]/dx[i] is the product of the others
 * up to k where i <= k. Derivatives are right at zeros, however many and to any order. Multiplied one by one, in double.
 * Errors: TAD_EARG (no such axis). */
TAD_API tad_var tad_cumprod(tad_var x, int axis);

/** The greatest element, of rank 0; NaN if there is one. dy/dx[i] is 1 for it and 0 elsewhere; elements that tie share it
 * equally, and if y is NaN it is 0. The second derivative is 0, at ties too. Of zeros that tie, y may have either sign.
 * Errors: TAD_ESHAPE (no elements). */
TAD_API tad_var tad_max(tad_var x);

/** The greatest elements over the n axes listed, each of which vanishes from the shape, or stays with size 1 if
 * `keepdims`; otherwise as tad_max. Errors: TAD_ESHAPE (an axis listed has size 0), TAD_EARG (axes NULL, no such axis, an
 * axis named twice). */
TAD_API tad_var tad_max_axes(tad_var x, int n, const int axes[], bool keepdims);

/** The least element, of rank 0; otherwise as tad_max. Errors: TAD_ESHAPE (no elements). */
TAD_API tad_var tad_min(tad_var x);

/** The least elements over the n axes listed; otherwise as tad_max_axes, errors too. */
TAD_API tad_var tad_min_axes(tad_var x, int n, const int axes[], bool keepdims);

/** y = log(exp(x[0]) + exp(x[1]) + ...), of rank 0, without overflow; dy/dx[i] = exp(x[i] - y), which is softmax. If all
 * elements are -infinity, or there are none, y is -infinity and the gradient 0. If some are +infinity, y is, and they share
 * a derivative of 1 equally. NaN gives NaN. The derivative's relative error is that of exp(y): up to |y| roundings. */
TAD_API tad_var tad_logsumexp(tad_var x);

/** The same over the n axes listed, each of which vanishes from the shape, or stays with size 1 if `keepdims`.
 * Errors: TAD_EARG (axes NULL, no such axis, an axis named twice). */
TAD_API tad_var tad_logsumexp_axes(tad_var x, int n, const int axes[], bool keepdims);

/** Matrix product over the last two axes, [..., m, k] times [..., k, n] to [..., m, n]: y[i][j] = sum over l of
 * a[i][l] * b[l][j]; dy/da: gy b', dy/db: a' gy. Leading axes broadcast. A vector of k numbers is a row on the left and
 * a column on the right, and its axis vanishes from the result. Computed by BLAS where the library was built with it.
 * Errors: TAD_ESHAPE (inner dimensions differ, leading axes do not broadcast, an operand of rank 0), TAD_EDTYPE. */
TAD_API tad_var tad_matmul(tad_var a, tad_var b);

/** Euclidean norm of all elements: y = sqrt(x[0]^2 + x[1]^2 + ...), of rank 0; dy/dx[i] = x[i] / y. Right as long as y
 * itself neither overflows nor underflows. Where y is 0 its gradient is 0, as are all higher derivatives. If an element is
 * infinite y is infinite, and the derivative is NaN for that element and 0 for finite ones; NaN gives NaN. */
TAD_API tad_var tad_norm(tad_var x);

/** The same over the n axes listed, each of which vanishes from the shape, or stays with size 1 if `keepdims`.
 * Errors: TAD_EARG (axes NULL, no such axis, an axis named twice). */
TAD_API tad_var tad_norm_axes(tad_var x, int n, const int axes[], bool keepdims);

/** The elements of x[0], ..., x[n - 1], each in C order, one after another in one vector: parameters of several shapes as
 * one. The vector is f32 if all x are, else f64. Gradients come back in shape and type of each x; slices and tad_reshape
 * take it apart again. Errors: TAD_EARG (more than 32 x), TAD_EDTYPE (indices), TAD_ESHAPE (too many elements). */
TAD_API tad_var tad_pack(size_t n, const tad_var x[]);

/** Product of all elements: y = x[0] * x[1] * ..., of rank 0; dy/dx[i] is the product of the others, which is right at
 * zeros, however many, and to any order. The product of no elements is 1. Multiplied one by one, in double. */
TAD_API tad_var tad_prod(tad_var x);

/** Product over the n axes listed, each of which vanishes from the shape, or stays with size 1 if `keepdims`.
 * Errors: TAD_EARG (axes NULL, no such axis, an axis named twice). */
TAD_API tad_var tad_prod_axes(tad_var x, int n, const int axes[], bool keepdims);

/** The linear recurrence y[i] = a[i] * y[i - 1] + b[i] along one axis, with y[0] = b[0] (a[0] has no part in it); a, b and y
 * have one shape. A discounted sum, an exponential moving average or a first-order filter, in one pass. With the cotangents
 * that reach y added up from the end, t[i] = gy[i] + a[i + 1] * t[i + 1]: the gradient of b is t, that of a is
 * t[i] * y[i - 1]. Computed one by one, in double. Errors: TAD_ESHAPE (shapes differ), TAD_EARG (no such axis), TAD_EDTYPE. */
TAD_API tad_var tad_linear_recurrence(tad_var a, tad_var b, int axis);

/** The elements of x, in C order, in the shape dims[0] x ... x dims[rank - 1]. One size may be -1: it is what remains.
 * A view where x is in C order, else a copy. Errors: TAD_ESHAPE (another number of elements), TAD_EARG (dims NULL, rank
 * outside 0..8, a negative size). */
TAD_API tad_var tad_reshape(tad_var x, int rank, const int64_t dims[]);

/** The elements start <= i < stop of one axis. Negative indices count from the end, and TAD_END is the end. A view: nothing
 * is copied. Errors: TAD_EARG (no such axis, or indices outside it). */
TAD_API tad_var tad_slice(tad_var x, int axis, int64_t start, int64_t stop);

/** x with `before` zeros in front of one axis and `behind` zeros after it: the adjoint of tad_slice.
 * Errors: TAD_EARG (no such axis, or a negative number of zeros), TAD_ESHAPE (too large). */
TAD_API tad_var tad_pad(tad_var x, int axis, int64_t before, int64_t behind);

/** Sum of all elements: y = x[0] + x[1] + ..., of rank 0; dy/dx[i] = 1. The sum of no elements is 0. Floats are summed
 * in double and rounded once, in an order that depends on shape and strides alone. */
TAD_API tad_var tad_sum(tad_var x);

/** Sum over the n axes listed, each of which vanishes from the shape, or stays with size 1 if `keepdims`.
 * Errors: TAD_EARG (axes NULL, no such axis, an axis named twice). */
TAD_API tad_var tad_sum_axes(tad_var x, int n, const int axes[], bool keepdims);

/** Arithmetic mean of all elements, of rank 0: y = sum(x) / n, dy/dx[i] = 1 / n. The mean of no elements is 0. */
TAD_API tad_var tad_mean(tad_var x);

/** Mean over the n axes listed; otherwise as tad_sum_axes. */
TAD_API tad_var tad_mean_axes(tad_var x, int n, const int axes[], bool keepdims);

/** x with its last two axes swapped: y[..., i, j] = x[..., j, i]. A view: nothing is copied.
 * Errors: TAD_ESHAPE (x has fewer than two axes). */
TAD_API tad_var tad_transpose(tad_var x);

/** Variance of all n elements, of rank 0: y = sum((x - mean(x))^2) / n; dy/dx[i] = 2 (x[i] - mean(x)) / n. The mean is
 * subtracted before squaring, all in double, and where all elements are equal y is exactly 0. If one is infinite or NaN, y
 * and the gradient are NaN.
 * Errors: TAD_ESHAPE (no elements). */
TAD_API tad_var tad_variance(tad_var x);

/** Variance over the n axes listed, each of which vanishes from the shape, or stays with size 1 if `keepdims`: the sum of
 * squares divided by the number of elements less `correction` (1: the unbiased estimate from a sample).
 * Errors: TAD_ESHAPE (not more elements than the correction), TAD_EARG (axes NULL, no such axis, an axis named twice, a
 * negative correction). */
TAD_API tad_var tad_variance_axes(tad_var x, int n, const int axes[], int correction, bool keepdims);

/** Standard deviation of all n elements, of rank 0: the square root of tad_variance; dy/dx[i] = (x[i] - mean(x)) / (n y).
 * Where y is 0 its gradient is 0, as are all higher derivatives. Squares neither overflow nor underflow.
 * Errors: TAD_ESHAPE (no elements). */
TAD_API tad_var tad_std(tad_var x);

/** Standard deviation over the n axes listed: the square root of tad_variance_axes, errors too; gradients as tad_std's. */
TAD_API tad_var tad_std_axes(tad_var x, int n, const int axes[], int correction, bool keepdims);

/** a where the condition c is true, that is, not 0 (NaN is), and b elsewhere; all three broadcast. The gradient of the value
 * that is not chosen is exactly 0, also where it is NaN or infinite, to any order; that of c is 0 as well. c may be of any
 * type; between a and b f32 and f64 do not mix, except that an f64 scalar takes the other's type.
 * Errors: TAD_ESHAPE (shapes do not broadcast), TAD_EDTYPE. */
TAD_API tad_var tad_where(tad_var c, tad_var a, tad_var b);

#ifdef __cplusplus
}
#endif
#endif
