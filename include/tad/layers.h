/**
 * tad/layers.h - parts of networks. What is common to all is told in operations.h.
 *
 * Written by `make headers` from the files of src/ops: change those, not this one.
 */
#ifndef TAD_LAYERS_H
#define TAD_LAYERS_H

#include <tad/options.h>
#include <tad/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

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

/** Dropout: each number becomes 0 with probability p, and x / (1 - p) otherwise, so that the mean stays; p = 0, as after
 * training, gives x (a view), and p = 1 zeros. Linear in x: dy/dx is 0 or 1 / (1 - p), also where x is infinite or NaN. Whether
 * element i, counted in C order, is dropped depends on seed and i alone, on every machine: nothing is stored. Take another seed
 * for each layer and step. Source: N. Srivastava et al., JMLR 15 (2014), 1929-1958. Errors: TAD_EARG (p outside 0..1, or NaN). */
TAD_API tad_var tad_dropout(tad_var x, double p, uint64_t seed);

/** Group normalisation: the C channels of x, [N, C] or [N, C, ...], in `groups` groups of neighbours; the numbers of each
 * group and sample are normalised as a row by tad_layer_norm, then multiplied with gamma and added to beta, [C] each. One group
 * for each channel is instance normalisation. `options` may be NULL: no gamma, no beta, eps 1e-5. Source: Y. Wu, K. He, Group
 * Normalization, 2018. Errors: TAD_ESHAPE (fewer than two axes; gamma or beta), TAD_EARG (groups does not divide C; eps). */
TAD_API tad_var tad_group_norm(tad_var x, int64_t groups, const tad_norm_options *options);

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

/** The largest of x in each window over its last axis: as tad_max_pool2d, with a width of 1; what options has for the width is
 * ignored. Errors: as tad_max_pool2d; TAD_ESHAPE (no axis, or eight). */
TAD_API tad_var tad_max_pool1d(tad_var x, const tad_pool_options *options);

/** The average of x in each window over its last axis: as tad_avg_pool2d, with a width of 1; what options has for the width is
 * ignored. Errors: as tad_avg_pool2d; TAD_ESHAPE (no axis, or eight). */
TAD_API tad_var tad_avg_pool1d(tad_var x, const tad_pool_options *options);

/** Softmax along one axis: y[i] = exp(x[i]) / sum over j of exp(x[j]); dy[i]/dx[j] = y[i] ((i == j) - y[j]). The largest
 * x[j] is subtracted first, so nothing overflows. An entry -INFINITY gives exactly 0 with gradient 0; a row of nothing else,
 * or with +INFINITY or NaN, gives NaN. A row whose cotangent is 0 hands nothing on, even so.
 * Errors: TAD_EARG (no such axis; a value of rank 0 has none). */
TAD_API tad_var tad_softmax(tad_var x, int axis);

/** Logarithm of the softmax along one axis: y[i] = x[i] - log(sum over j of exp(x[j])), where softmax would underflow, too;
 * dy[i]/dx[j] = (i == j) - exp(y[j]). -INFINITY gives -INFINITY; a row of nothing else, or with +INFINITY or NaN, gives NaN.
 * A row whose cotangents sum to 0 hands on just them, even so. Errors: TAD_EARG (no such axis). */
TAD_API tad_var tad_log_softmax(tad_var x, int axis);

#ifdef __cplusplus
}
#endif
#endif
