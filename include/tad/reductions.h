/**
 * tad/reductions.h - sums, extremes and the like over axes, and along them. What is common to all is told in operations.h.
 *
 * Written by `make headers` from the files of src/ops: change those, not this one.
 */
#ifndef TAD_REDUCTIONS_H
#define TAD_REDUCTIONS_H

#include <tad/options.h>
#include <tad/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

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

/** Euclidean norm of all elements: y = sqrt(x[0]^2 + x[1]^2 + ...), of rank 0; dy/dx[i] = x[i] / y. Right as long as y
 * itself neither overflows nor underflows. Where y is 0 its gradient is 0, as are all higher derivatives. If an element is
 * infinite y is infinite, and the derivative is NaN for that element and 0 for finite ones; NaN gives NaN. */
TAD_API tad_var tad_norm(tad_var x);

/** The same over the n axes listed, each of which vanishes from the shape, or stays with size 1 if `keepdims`.
 * Errors: TAD_EARG (axes NULL, no such axis, an axis named twice). */
TAD_API tad_var tad_norm_axes(tad_var x, int n, const int axes[], bool keepdims);

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

#ifdef __cplusplus
}
#endif
#endif
