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

/** Scaled dot-product attention: softmax(scale q k' + mask) v, the softmax along the keys. q is [..., m, d], k [..., n, d],
 * v [..., n, e] and the result [..., m, e]; leading axes (batch, heads) are the same in all three. `options` may be NULL:
 *
 *   - causal: query i sees keys 0 to i only, both counted from the first;
 *   - scale: 0 means 1 / sqrt(d);
 *   - mask: broadcasts to [..., m, n] and is added; -infinity hides a key, and its gradient is then 0.
 *
 * A query that sees no key gives zeros and hands on zeros. Values that are hidden have to be finite all the same: their weight
 * is 0, and 0 times infinity or NaN is NaN.
 *
 * Value and tad_backward are computed in blocks: no m x n matrix is ever kept, so memory grows with m + n, beyond a mask's own.
 * Recorded derivatives (tad_gradient, tad_vjp, tad_jvp) keep such matrices. Source: T. Dao and others, FlashAttention, 2022.
 * Errors: TAD_ESHAPE (rank below 2, leading axes, elements of queries and keys, or numbers of keys and values that differ, a
 * mask that does not broadcast), TAD_EARG (a scale that is infinite or NaN). */
TAD_API tad_var tad_attention(tad_var q, tad_var k, tad_var v, const tad_attention_options *options);

/** The average of x in each window over its last two axes, height and width. A size of the result is
 * (size of x + 2 padding - kernel) / stride + 1, rounded down. Padding counts as zeros, unless options->exclude_padding: then the
 * sum is divided by the number of places of x in the window only. Sums are made in double. dy/dx[i] is the sum over the windows
 * that have i of 1 / divisor.
 * Errors: TAD_EARG (options NULL, a kernel of 0, an option negative or above 2^31 - 1, padding of more than half the kernel,
 * dilation), TAD_ESHAPE (fewer than two axes, a window that does not fit the padded x, an axis of 2^31 or more). */
TAD_API tad_var tad_avg_pool2d(tad_var x, const tad_pool_options *options);

/** The averages of x in height x width windows that cover its last two axes: window i of n has the places
 * floor(i size / n) to ceil((i + 1) size / n) - 1 of an axis, so neighbours overlap where n does not divide its size.
 * Errors: TAD_EARG (height or width negative or above 2^31 - 1), TAD_ESHAPE (fewer than two axes, an axis of size 0, an axis
 * of 2^31 or more). */
TAD_API tad_var tad_adaptive_avg_pool2d(tad_var x, int64_t height, int64_t width);

/** Batch normalisation while training: x is [N, C] or [N, C, ...], and each of the C channels is normalised with its own mean
 * and (biased) variance over all other axes: y = (x - mean) / sqrt(variance + eps) * gamma + beta, where gamma and beta are
 * [C]. *mean and *variance, both [C], are for the caller's running statistics (of which PyTorch's have the unbiased variance:
 * times m / (m - 1), for m numbers a channel); either may be NULL. The gradient goes through all three results. A channel of
 * equal numbers gives beta. `options` may be NULL: no gamma, no beta, eps 1e-5. Source: S. Ioffe, C. Szegedy, Batch
 * Normalization, 2015. Errors: TAD_EARG (y is NULL; a negative or NaN eps), TAD_ESHAPE (fewer than two axes; gamma or beta);
 * the results are then invalid. */
TAD_API TAD_CHECKED tad_status tad_batch_norm(tad_var x, const tad_norm_options *options, tad_var *y, tad_var *mean,
                                              tad_var *variance);

/** Batch normalisation with a mean and variance given, [C] each, as after training; otherwise as tad_batch_norm. The gradient
 * goes to all operands: with f = gamma / sqrt(variance + eps), dx: gy f; dmean: -sum(gy) f; dvariance: -sum(gy (x - mean)) f /
 * (2 (variance + eps)); dgamma: sum(gy (x - mean)) / sqrt(variance + eps); dbeta: sum(gy).
 * Errors: TAD_ESHAPE (fewer than two axes; mean, variance, gamma or beta is not [C]), TAD_EARG (a negative or NaN eps). */
TAD_API tad_var tad_batch_norm_inference(tad_var x, tad_var mean, tad_var variance, const tad_norm_options *options);

/** Binary cross-entropy of logits x with targets t, mostly 0 to 1: weight (pos_weight t log(1 + exp(-x)) + (1 - t) log(1 +
 * exp(x))), as PyTorch's binary_cross_entropy_with_logits, and their mean, sum or none of it. Exact to the last digits also for
 * large x; a term whose factor, t or 1 - t, is 0 counts nothing even if x is infinite. All operands get a gradient; dx:
 * weight ((1 - t) sigmoid(x) - pos_weight t sigmoid(-x)). The mean of no numbers is NaN. `options` may be NULL.
 * Errors: TAD_ESHAPE (t has another shape than x, or a weight does not broadcast to it), TAD_EARG (no such reduction). */
TAD_API tad_var tad_bce_with_logits(tad_var x, tad_var target, const tad_bce_options *options);

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

/** One step of a long short-term memory: from x [b, i] and the state h [b, n], c [b, n] to a new state,
 *
 *     i, f, g, o = w_ih x + b_ih + w_hh h + b_hh         (row by row, in this order)
 *     c_new = sigmoid(f) c + sigmoid(i) tanh(g)
 *     h_new = sigmoid(o) tanh(c_new)
 *
 * with w_ih [4 n, i], w_hh [4 n, n], b_ih [4 n] and b_hh [4 n]: the order and meaning of PyTorch's LSTMCell. Either bias may be
 * left out (a zeroed handle). h_new and c_new are views of one value. Fills both with invalid handles after an error:
 * TAD_EARG (NULL), TAD_ESHAPE, TAD_EDTYPE, TAD_ETAPE, TAD_ESTALE, TAD_ENOMEM.
 * Source: S. Hochreiter, J. Schmidhuber, Neural Computation 9, 1997; with the forget gate of F. Gers and others, 2000. */
TAD_API TAD_CHECKED tad_status tad_lstm_cell(tad_var x, tad_var h, tad_var c, tad_var w_ih, tad_var w_hh, tad_var b_ih,
                                             tad_var b_hh, tad_var *h_new, tad_var *c_new);

/** One step of a gated recurrent unit: from x [b, i] and the state h [b, n] to the new state [b, n],
 *
 *     r, z = sigmoid(w_ih x + b_ih + w_hh h + b_hh)                         (the first 2 n rows)
 *     u    = tanh(w_ih x + b_ih + r (w_hh h + b_hh))                        (the last n rows)
 *     y    = (1 - z) u + z h
 *
 * with w_ih [3 n, i], w_hh [3 n, n], b_ih [3 n] and b_hh [3 n]: the order and meaning of PyTorch's GRUCell. Either bias may be
 * left out (a zeroed handle). Errors: TAD_ESHAPE.
 * Source: K. Cho and others, EMNLP 2014, with the reset gate behind the product. */
TAD_API tad_var tad_gru_cell(tad_var x, tad_var h, tad_var w_ih, tad_var w_hh, tad_var b_ih, tad_var b_hh);

/** The Cholesky factor y of symmetric positive definite matrices [..., n, n]: x = y y', with y lower triangular and its
 * diagonal positive. Only the lower triangle of x is read. The gradient takes x to be symmetric: it is the symmetric g with
 * dL = sum(g * dx) for each symmetric change dx, so changes of one element alone, as differences make them, are to be made
 * to (x + x') / 2. Computed by LAPACK where the library was built with it.
 * Errors: TAD_ESHAPE (x is not square, or has fewer than two axes), TAD_ESINGULAR (a matrix is not positive definite, or its
 * lower triangle has a NaN or infinite element). */
TAD_API tad_var tad_cholesky(tad_var x);

/** x where it lies between `low` and `high`, bounds included, else the bound it is beyond, and `high` where low > high;
 * all three broadcast. The gradient goes to what was chosen: at a bound to x. NaN stays NaN. Errors: TAD_ESHAPE, TAD_EDTYPE. */
TAD_API tad_var tad_clamp(tad_var x, tad_var low, tad_var high);

/** The n values x[0], x[1], ... one behind the other along an axis. Their other axes, and their types, are the same.
 * dy/dx[k] is the part of gy that came from x[k]. If n is below 1 or x NULL, the result is a zeroed handle, for there is no
 * tape to keep an error. Errors: TAD_EARG (no such axis), TAD_ESHAPE (they differ in another axis), TAD_EDTYPE. */
TAD_API tad_var tad_concat(int n, const tad_var x[], int axis);

/** The n values x[0], x[1], ... of one shape and type, side by side along a new axis of size n, which is axis number `axis`
 * of the result; -1 is behind all others. If n is below 1 or x NULL, the result is a zeroed handle.
 * Errors: TAD_EARG (no such axis), TAD_ESHAPE (shapes differ, or have eight axes already), TAD_EDTYPE. */
TAD_API tad_var tad_stack(int n, const tad_var x[], int axis);

/** Convolution (as networks have it: cross-correlation) of x, [batch, channels, height, width] or without the batch, with
 * the kernel w, [output channels, channels / groups, height, width], to y, [batch, output channels, height, width]:
 *
 *     y[n, c, o] = b[c] + sum over channels i of c's group and places t of w[c, i, t] x[n, i, o * stride + t * dilation - padding]
 *
 * for both axes, x being 0 outside. A size is (size of x + 2 padding - dilation (size of w - 1) - 1) / stride + 1, rounded down. b, a
 * vector of the output's channels, is left out if it is (tad_var){0}; options NULL means the defaults. dy/dx is the transposed
 * convolution of gy with w, dy/dw a convolution of x with gy, dy/db the sum of gy over all but the channels. Elements of f32 are
 * added up in f32, in an order that depends on the shapes and the processor alone.
 * Errors: TAD_ESHAPE (another number of axes, channels that do not agree, groups that do not divide them, a kernel that is
 * empty or larger than the padded x, an axis other than the batch of 2^31 or more), TAD_EARG (an option out of range). */
TAD_API tad_var tad_conv2d(tad_var x, tad_var w, tad_var b, const tad_conv_options *options);

/** Transposed convolution: the adjoint of tad_conv2d, of x, [batch, channels, height, width] or without the batch, with the
 * kernel w, [channels, output channels / groups, height, width], plus b for each output channel: each x[n, c, o] adds
 * x[n, c, o] w[c, i, t] to y[n, i, o * stride + t * dilation - padding], where that is inside. A size is
 * (size of x - 1) stride - 2 padding + dilation (size of w - 1) + output_padding + 1. b and options may be left out as for
 * tad_conv2d; dy/dx is the convolution of gy with w.
 * Errors: as tad_conv2d; TAD_ESHAPE (nothing would be left), TAD_EARG (an output padding that is less than neither stride nor
 * dilation). */
TAD_API tad_var tad_conv_transpose2d(tad_var x, tad_var w, tad_var b, const tad_conv_options *options);

/** Convolution over one axis: of x, [batch, channels, length] or without the batch, with the kernel w,
 * [output channels, channels / groups, length], plus b for each output channel, to y, [batch, output channels, length]. As
 * tad_conv2d, with a width of 1: b may be (tad_var){0} and options NULL, and what they have for the width is ignored.
 * Errors: as tad_conv2d. */
TAD_API tad_var tad_conv1d(tad_var x, tad_var w, tad_var b, const tad_conv_options *options);

/** Transposed convolution over one axis, the adjoint of tad_conv1d: of x, [batch, channels, length] or without the batch, with
 * the kernel w, [channels, output channels / groups, length]. As tad_conv_transpose2d, with a width of 1.
 * Errors: as tad_conv_transpose2d. */
TAD_API tad_var tad_conv_transpose1d(tad_var x, tad_var w, tad_var b, const tad_conv_options *options);

/** Negative log-likelihood: as tad_cross_entropy with class indices, for x that are logarithms of probabilities already. */
TAD_API tad_var tad_nll_loss(tad_var x, tad_var targets, const tad_cross_entropy_options *options);

/** Cross-entropy of logits, [N, C] or [N, C, ...] with the C classes along axis 1, or [C], as PyTorch's cross_entropy. With
 * p = log_softmax(logits), weights w (1 by default) and label smoothing s (0 by default):
 *
 * class indices, targets of TAD_I64 and the logits' shape without C: a sample of class t loses
 *     -(1 - s) w[t] p[t] - s / C sum over c of w[c] p[c],
 * or 0 if t is the ignored index, and the mean is the sum divided by the sum of w[t] of those not ignored;
 *
 * probabilities, targets of the logits' type and shape: a sample loses
 *     -sum over c of w[c] ((1 - s) t[c] + s / C) p[c],
 * where a class of probability 0 counts nothing even if its logit is -INFINITY, and the mean is the sum divided by the number
 * of samples.
 *
 * Gradients flow to the logits, to the weights, and to targets that are probabilities. The mean of no samples (an empty batch,
 * or all ignored) is NaN with gradient 0, as PyTorch's. `options` may be NULL. Large logits do not overflow; for NaN and
 * infinities see tad_log_softmax. Errors: TAD_ESHAPE (targets or weights do not fit), TAD_EINDEX (a target neither below C nor
 * ignored), TAD_EARG (label smoothing outside 0..1, no such reduction), TAD_EDTYPE. */
TAD_API tad_var tad_cross_entropy(tad_var logits, tad_var targets, const tad_cross_entropy_options *options);

/** Cumulative sum along one axis: y[i] = x[0] + ... + x[i], of the shape of x; dy[k]/dx[i] = 1 where i <= k. Summed one by
 * one, in double. Errors: TAD_EARG (no such axis). */
TAD_API tad_var tad_cumsum(tad_var x, int axis);

/** Cumulative product along one axis: y[i] = x[0] * ... * x[i], of the shape of x; dy[k]/dx[i] is the product of the others
 * up to k where i <= k. Derivatives are right at zeros, however many and to any order. Multiplied one by one, in double.
 * Errors: TAD_EARG (no such axis). */
TAD_API tad_var tad_cumprod(tad_var x, int axis);

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

/** Dropout: each number becomes 0 with probability p, and x / (1 - p) otherwise, so that the mean stays; p = 0, as after
 * training, gives x (a view), and p = 1 zeros. Linear in x: dy/dx is 0 or 1 / (1 - p), also where x is infinite or NaN. Whether
 * element i, counted in C order, is dropped depends on seed and i alone, on every machine: nothing is stored. Take another seed
 * for each layer and step. Source: N. Srivastava et al., JMLR 15 (2014), 1929-1958. Errors: TAD_EARG (p outside 0..1, or NaN). */
TAD_API tad_var tad_dropout(tad_var x, double p, uint64_t seed);

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

/** x with the elements of the n axes listed in reverse. A view: nothing is copied.
 * Errors: TAD_EARG (axes NULL, no such axis, an axis named twice). */
TAD_API tad_var tad_flip(tad_var x, int n, const int axes[]);

/** x with the elements of one axis moved `shift` places towards its end, or towards its start if that is negative; those
 * that fall off come back at the other end. Errors: TAD_EARG (no such axis). */
TAD_API tad_var tad_roll(tad_var x, int64_t shift, int axis);

/** Elements of x chosen along one axis: y[i][j] = x[indices[i][j]][j] for axis 0, x[i][indices[i][j]] for axis 1, and so on.
 * The indices (i64; negative ones count from the end) have as many axes as x, each not longer than that of x except along
 * `axis`; the result has their shape. The gradient adds up where an element was chosen more than once.
 * Errors: TAD_EINDEX (an index outside the axis), TAD_EARG (no such axis), TAD_ESHAPE, TAD_EDTYPE (indices not i64). */
TAD_API tad_var tad_gather(tad_var x, int axis, tad_var indices);

/** x with source added to elements chosen along one axis: for axis 0 y[indices[i][j]][j] += source[i][j], and so on. Where an
 * index comes more than once everything adds up, in C order of the source, so that the result is always the same to the
 * last bit. The indices (i64; negative ones count from the end) have as many axes as x, each not longer than that of the
 * source, nor, except along `axis`, than that of x; what the source has beyond them is not added, and its gradient is 0.
 * dy/dx is 1; dy/dsource is the gather of gy.
 * Errors: TAD_EINDEX (an index outside the axis), TAD_EARG (no such axis), TAD_ESHAPE, TAD_EDTYPE (indices not i64). */
TAD_API tad_var tad_scatter_add(tad_var x, int axis, tad_var indices, tad_var source);

/** Group normalisation: the C channels of x, [N, C] or [N, C, ...], in `groups` groups of neighbours; the numbers of each
 * group and sample are normalised as a row by tad_layer_norm, then multiplied with gamma and added to beta, [C] each. One group
 * for each channel is instance normalisation. `options` may be NULL: no gamma, no beta, eps 1e-5. Source: Y. Wu, K. He, Group
 * Normalization, 2018. Errors: TAD_ESHAPE (fewer than two axes; gamma or beta), TAD_EARG (groups does not divide C; eps). */
TAD_API tad_var tad_group_norm(tad_var x, int64_t groups, const tad_norm_options *options);

/** The inverse y of matrices [..., n, n], by LU factorisation with partial pivoting; dL/dx = -y' gy y'. Where x has a NaN or
 * infinite element, y is NaN. To solve equations tad_solve is faster and more accurate. Errors: TAD_ESHAPE (x is not square,
 * or has fewer than two axes), TAD_ESINGULAR (a pivot is exactly 0). */
TAD_API tad_var tad_inverse(tad_var x);

/** Layer normalisation over the last n axes, which make a row: y = (x - mean) / sqrt(variance + eps) * gamma + beta, with the
 * row's own mean and (biased) variance, made in double; gamma and beta have the shape of a row. With h the normalised row and
 * p = gy * gamma, dx: (p - mean(p) - h mean(p h)) / sqrt(variance + eps); dgamma: gy h; dbeta: gy, both summed over the rows.
 * A row of equal numbers gives beta. `options` may be NULL: no gamma, no beta, eps 1e-5. Source: J. Ba, J. Kiros, G. Hinton,
 * Layer Normalization, 2016. Errors: TAD_EARG (n outside 1..rank, a negative or NaN eps), TAD_ESHAPE (gamma or beta). */
TAD_API tad_var tad_layer_norm(tad_var x, int n, const tad_norm_options *options);

/** The same without the mean: y = x / sqrt(mean(x^2) + eps) * gamma + beta; dx: (p - h mean(p h)) / sqrt(mean(x^2) + eps).
 * A row of zeros gives beta. Source: B. Zhang, R. Sennrich, Root Mean Square Layer Normalization, 2019.
 * Errors: as tad_layer_norm. */
TAD_API tad_var tad_rms_norm(tad_var x, int n, const tad_norm_options *options);

/** y = log(exp(x[0]) + exp(x[1]) + ...), of rank 0, without overflow; dy/dx[i] = exp(x[i] - y), which is softmax. If all
 * elements are -infinity, or there are none, y is -infinity and the gradient 0. If some are +infinity, y is, and they share
 * a derivative of 1 equally. NaN gives NaN. The derivative's relative error is that of exp(y): up to |y| roundings. */
TAD_API tad_var tad_logsumexp(tad_var x);

/** The same over the n axes listed, each of which vanishes from the shape, or stays with size 1 if `keepdims`.
 * Errors: TAD_EARG (axes NULL, no such axis, an axis named twice). */
TAD_API tad_var tad_logsumexp_axes(tad_var x, int n, const int axes[], bool keepdims);

/** Mean squared error: (x - target)^2, and their mean, sum or none of it. x and target have the same shape, and both get a
 * gradient; so in all losses here. The mean of no numbers is NaN. Errors: TAD_ESHAPE (another shape; nothing broadcasts),
 * TAD_EARG (no such reduction). */
TAD_API tad_var tad_mse_loss(tad_var x, tad_var target, tad_reduction reduction);

/** Mean absolute error: |x - target|, with derivative 0 where they are equal; otherwise as tad_mse_loss. */
TAD_API tad_var tad_l1_loss(tad_var x, tad_var target, tad_reduction reduction);

/** With d = |x - target|: d^2 / 2 up to delta, and delta (d - delta / 2) beyond it. The second derivative jumps at delta.
 * Source: P. Huber, Ann. Math. Statist. 35 (1964), 73-101. Errors: TAD_EARG (delta not above 0), and as tad_mse_loss. */
TAD_API tad_var tad_huber_loss(tad_var x, tad_var target, double delta, tad_reduction reduction);

/** With d = |x - target|: d^2 / (2 beta) up to beta, and d - beta / 2 beyond it: tad_huber_loss divided by beta. For beta = 0
 * it is tad_l1_loss. Errors: TAD_EARG (beta negative or NaN), and as tad_mse_loss. */
TAD_API tad_var tad_smooth_l1_loss(tad_var x, tad_var target, double beta, tad_reduction reduction);

/** Kullback-Leibler divergence of target, probabilities, from x, logarithms of probabilities: target (log(target) - x). Where
 * target is 0 it is 0, and so are both gradients, even if x is -INFINITY. TAD_MEAN divides by the number of elements, as
 * PyTorch's does, and TAD_BATCH_MEAN, the divergence proper, by the size of the first axis. Errors: as tad_mse_loss. */
TAD_API tad_var tad_kl_div(tad_var x, tad_var target, tad_reduction reduction);

/** Matrix product over the last two axes, [..., m, k] times [..., k, n] to [..., m, n]: y[i][j] = sum over l of
 * a[i][l] * b[l][j]; dy/da: gy b', dy/db: a' gy. Leading axes broadcast. A vector of k numbers is a row on the left and
 * a column on the right, and its axis vanishes from the result. Computed by BLAS where the library was built with it.
 * Errors: TAD_ESHAPE (inner dimensions differ, leading axes do not broadcast, an operand of rank 0), TAD_EDTYPE. */
TAD_API tad_var tad_matmul(tad_var a, tad_var b);

/** The largest of x in each window over its last two axes, height and width. A size of the result is
 * (size of x + 2 padding - dilation (kernel - 1) - 1) / stride + 1, rounded down. Padding is never chosen: a window that has
 * no place of x gives -infinity. NaN is larger than any number. The gradient goes to the place that was chosen: of equal ones
 * the first, row by row, gets all of it.
 * Errors: TAD_EARG (options NULL, a kernel of 0, an option negative or above 2^31 - 1, padding of more than half the window,
 * exclude_padding), TAD_ESHAPE (fewer than two axes, a window that does not fit the padded x, an axis of 2^31 or more). */
TAD_API tad_var tad_max_pool2d(tad_var x, const tad_pool_options *options);

/** The largest of x in each of height x width windows that cover its last two axes, as those of tad_adaptive_avg_pool2d do;
 * otherwise as tad_max_pool2d.
 * Errors: TAD_EARG (height or width negative or above 2^31 - 1), TAD_ESHAPE (fewer than two axes, an axis of size 0, an axis
 * of 2^31 or more). */
TAD_API tad_var tad_adaptive_max_pool2d(tad_var x, int64_t height, int64_t width);

/** Euclidean norm of all elements: y = sqrt(x[0]^2 + x[1]^2 + ...), of rank 0; dy/dx[i] = x[i] / y. Right as long as y
 * itself neither overflows nor underflows. Where y is 0 its gradient is 0, as are all higher derivatives. If an element is
 * infinite y is infinite, and the derivative is NaN for that element and 0 for finite ones; NaN gives NaN. */
TAD_API tad_var tad_norm(tad_var x);

/** The same over the n axes listed, each of which vanishes from the shape, or stays with size 1 if `keepdims`.
 * Errors: TAD_EARG (axes NULL, no such axis, an axis named twice). */
TAD_API tad_var tad_norm_axes(tad_var x, int n, const int axes[], bool keepdims);

/** Indices (i64; negative ones count from the end) as vectors of `depth` numbers along a new last axis: 1 at the index and 0
 * elsewhere. A constant: it has no gradient. To look up rows of a matrix tad_embedding is the faster way.
 * Errors: TAD_EINDEX (an index outside -depth to depth - 1), TAD_EARG (a negative depth), TAD_ESHAPE (nine axes), TAD_EDTYPE
 * (indices not i64, `dtype` no element type). */
TAD_API tad_var tad_one_hot(tad_var indices, int64_t depth, tad_dtype dtype);

/** The elements of x[0], ..., x[n - 1], each in C order, one after another in one vector: parameters of several shapes as
 * one. The vector is f32 if all x are, else f64. Gradients come back in shape and type of each x; slices and tad_reshape
 * take it apart again. Errors: TAD_EARG (more than 32 x), TAD_EDTYPE (indices), TAD_ESHAPE (too many elements). */
TAD_API tad_var tad_pack(size_t n, const tad_var x[]);

/** x with an axis mirrored at its first and last element, which are not repeated: 2 before and 1 behind 0 1 2 3 make
 * 2 1 0 1 2 3 2. The gradient adds up where elements were repeated.
 * Errors: TAD_EARG (no such axis, a negative number), TAD_ESHAPE (as many elements asked for as the axis has, or more). */
TAD_API tad_var tad_pad_reflect(tad_var x, int axis, int64_t before, int64_t behind);

/** x with the first element of an axis repeated `before` times in front, and the last one `behind` times after it. The
 * gradient adds up where elements were repeated.
 * Errors: TAD_EARG (no such axis, a negative number), TAD_ESHAPE (an axis without elements, or too large). */
TAD_API tad_var tad_pad_replicate(tad_var x, int axis, int64_t before, int64_t behind);

/** x with its axes in another order: axis i of the result is axis axes[i] of x. n is the rank of x. A view: nothing is
 * copied. Errors: TAD_EARG (axes NULL, not all of them, no such axis, an axis named twice). */
TAD_API tad_var tad_permute(tad_var x, int n, const int axes[]);

/** The largest of x in each window over its last axis: as tad_max_pool2d, with a width of 1; what options has for the width is
 * ignored. Errors: as tad_max_pool2d; TAD_ESHAPE (no axis, or eight). */
TAD_API tad_var tad_max_pool1d(tad_var x, const tad_pool_options *options);

/** The average of x in each window over its last axis: as tad_avg_pool2d, with a width of 1; what options has for the width is
 * ignored. Errors: as tad_avg_pool2d; TAD_ESHAPE (no axis, or eight). */
TAD_API tad_var tad_avg_pool1d(tad_var x, const tad_pool_options *options);

/** Product of all elements: y = x[0] * x[1] * ..., of rank 0; dy/dx[i] is the product of the others, which is right at
 * zeros, however many, and to any order. The product of no elements is 1. Multiplied one by one, in double. */
TAD_API tad_var tad_prod(tad_var x);

/** Product over the n axes listed, each of which vanishes from the shape, or stays with size 1 if `keepdims`.
 * Errors: TAD_EARG (axes NULL, no such axis, an axis named twice). */
TAD_API tad_var tad_prod_axes(tad_var x, int n, const int axes[], bool keepdims);

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

/** The linear recurrence y[i] = a[i] * y[i - 1] + b[i] along one axis, with y[0] = b[0] (a[0] has no part in it); a, b and y
 * have one shape. A discounted sum, an exponential moving average or a first-order filter, in one pass. With the cotangents
 * that reach y added up from the end, t[i] = gy[i] + a[i + 1] * t[i + 1]: the gradient of b is t, that of a is
 * t[i] * y[i - 1]. Computed one by one, in double. Errors: TAD_ESHAPE (shapes differ), TAD_EARG (no such axis), TAD_EDTYPE. */
TAD_API tad_var tad_linear_recurrence(tad_var a, tad_var b, int axis);

/** Copies of x side by side: repeats[i] of them along axis i, where the n axes are the last ones, and axes that x lacks are
 * put in front with size 1. The gradient is the sum over the copies.
 * Errors: TAD_EARG (repeats NULL, n outside 0..8, a negative number), TAD_ESHAPE (too large). */
TAD_API tad_var tad_tile(tad_var x, int n, const int64_t repeats[]);

/** Each element of an axis `times` times in a row: 0 1 2 becomes 0 0 1 1 2 2. The gradient is the sum over the copies.
 * Errors: TAD_EARG (no such axis, a negative number), TAD_ESHAPE (too large). */
TAD_API tad_var tad_repeat_interleave(tad_var x, int64_t times, int axis);

/** The elements of x, in C order, in the shape dims[0] x ... x dims[rank - 1]. One size may be -1: it is what remains.
 * A view where x lies in memory so that strides can express it (in C order, say), else a copy. Errors: TAD_ESHAPE (another number of elements), TAD_EARG (dims NULL, rank
 * outside 0..8, a negative size). */
TAD_API tad_var tad_reshape(tad_var x, int rank, const int64_t dims[]);

/** The elements start <= i < stop of one axis. Negative indices count from the end, and TAD_END is the end. A view: nothing
 * is copied. Errors: TAD_EARG (no such axis, or indices outside it). */
TAD_API tad_var tad_slice(tad_var x, int axis, int64_t start, int64_t stop);

/** The elements start, start + step, ... before stop of one axis, as Python's x[start:stop:step]: negative indices count
 * from the end, and bounds beyond an end mean that end. A step below 0 goes down, and stops above stop. TAD_END as stop
 * leaves it out: the way goes on to the end, or down to element 0; as start it is the end of the axis, so that
 * (TAD_END, TAD_END, -1) is all elements in reverse. A view: nothing is copied.
 * Errors: TAD_EARG (no such axis, a step of 0). */
TAD_API tad_var tad_slice_step(tad_var x, int axis, int64_t start, int64_t stop, int64_t step);

/** x with `before` zeros in front of one axis and `behind` zeros after it: the adjoint of tad_slice.
 * Errors: TAD_EARG (no such axis, or a negative number of zeros), TAD_ESHAPE (too large). */
TAD_API tad_var tad_pad(tad_var x, int axis, int64_t before, int64_t behind);

/** The same with another value than 0 around x; it has no gradient. It is rounded to the type of x.
 * Errors: as tad_pad. */
TAD_API tad_var tad_pad_value(tad_var x, int axis, int64_t before, int64_t behind, double value);

/** Softmax along one axis: y[i] = exp(x[i]) / sum over j of exp(x[j]); dy[i]/dx[j] = y[i] ((i == j) - y[j]). The largest
 * x[j] is subtracted first, so nothing overflows. An entry -INFINITY gives exactly 0 with gradient 0; a row of nothing else,
 * or with +INFINITY or NaN, gives NaN. A row whose cotangent is 0 hands nothing on, even so.
 * Errors: TAD_EARG (no such axis; a value of rank 0 has none). */
TAD_API tad_var tad_softmax(tad_var x, int axis);

/** Logarithm of the softmax along one axis: y[i] = x[i] - log(sum over j of exp(x[j])), where softmax would underflow, too;
 * dy[i]/dx[j] = (i == j) - exp(y[j]). -INFINITY gives -INFINITY; a row of nothing else, or with +INFINITY or NaN, gives NaN.
 * A row whose cotangents sum to 0 hands on just them, even so. Errors: TAD_EARG (no such axis). */
TAD_API tad_var tad_log_softmax(tad_var x, int axis);

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

/** x cut along an axis into n parts of sizes[0], sizes[1], ... elements, or, if sizes is NULL, of the same size. The
 * parts are views: nothing is copied. After an error they are invalid handles.
 * Errors: TAD_EARG (no such axis, n below 1, parts NULL, a negative size), TAD_ESHAPE (sizes do not add up to the axis, or it
 * cannot be cut into n equal parts). */
TAD_API TAD_CHECKED tad_status tad_split(tad_var x, int axis, int n, const int64_t sizes[], tad_var parts[]);

/** x without an axis of size 1. A view: nothing is copied. Errors: TAD_EARG (no such axis), TAD_ESHAPE (its size is not 1). */
TAD_API tad_var tad_squeeze(tad_var x, int axis);

/** x without all its axes of size 1. A view: nothing is copied. */
TAD_API tad_var tad_squeeze_all(tad_var x);

/** x with one more axis, of size 1, which will be axis number `axis` of the result; -1 is behind all others. A view: nothing
 * is copied. Errors: TAD_EARG (no such axis), TAD_ESHAPE (x has eight axes already). */
TAD_API tad_var tad_unsqueeze(tad_var x, int axis);

/** The value of x as a constant: y = x, and dy/dx counts as 0, in every mode and to any order. A view: nothing is copied.
 * To record a whole stretch without derivatives, see tad_tape_pause. */
TAD_API tad_var tad_stop_gradient(tad_var x);

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

/** As tad_gather, but all axes other than `axis` broadcast between x and the indices (NumPy's take_along_axis); there are as
 * many axes of indices as of x. With the indices that sort an axis it is the sorted x.
 * Errors: TAD_EINDEX (an index outside the axis), TAD_EARG (no such axis), TAD_ESHAPE, TAD_EDTYPE (indices not i64). */
TAD_API tad_var tad_take_along_axis(tad_var x, tad_var indices, int axis);

/** Rows, columns and so on chosen by a list of indices (i64 of rank 1; negative ones count from the end): for axis 0
 * y[i][j] = x[indices[i]][j]. The gradient adds up where an index comes more than once: tad_index_add.
 * Errors: TAD_EINDEX (an index outside the axis), TAD_EARG (no such axis), TAD_ESHAPE, TAD_EDTYPE (indices not i64). */
TAD_API tad_var tad_index_select(tad_var x, int axis, tad_var indices);

/** x with source added to rows, columns and so on chosen by a list of indices (i64 of rank 1; negative ones count from the
 * end): for axis 0 y[indices[i]][j] += source[i][j]. Where an index comes more than once everything adds up, in C order of
 * the source. Errors: TAD_EINDEX (an index outside the axis), TAD_EARG (no such axis), TAD_ESHAPE, TAD_EDTYPE (indices not
 * i64). */
TAD_API tad_var tad_index_add(tad_var x, int axis, tad_var indices, tad_var source);

/** The rows of the matrix weights [n, width] that indices (i64, of any shape; negative ones count from the end) name, in the
 * shape of the indices with an axis of size `width` behind. The gradient of the weights adds up the rows of gy by index;
 * rows that were not chosen get 0. Errors: TAD_EINDEX (an index outside -n to n - 1), TAD_ESHAPE (weights not of rank 2, the
 * result of more than eight axes), TAD_EDTYPE (indices not i64). */
TAD_API tad_var tad_embedding(tad_var weights, tad_var indices);

/** x with its last two axes swapped: y[..., i, j] = x[..., j, i]. A view: nothing is copied.
 * Errors: TAD_ESHAPE (x has fewer than two axes). */
TAD_API tad_var tad_transpose(tad_var x);

/** The lower triangle of each matrix: y[i][j] = x[i][j] where j <= i + k, and 0 elsewhere, even where x is NaN. k = 0 is the
 * main diagonal, k = -1 the one below it; any k will do. Errors: TAD_ESHAPE (x has fewer than two axes). */
TAD_API tad_var tad_tril(tad_var x, int64_t k);

/** The upper triangle of each matrix: y[i][j] = x[i][j] where j >= i + k, and 0 elsewhere; otherwise as tad_tril. */
TAD_API tad_var tad_triu(tad_var x, int64_t k);

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
