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

/** The largest of x in each window over its last axis: as tad_max_pool2d, with a width of 1; what options has for the width is
 * ignored. Errors: as tad_max_pool2d; TAD_ESHAPE (no axis, or eight). */
TAD_API tad_var tad_max_pool1d(tad_var x, const tad_pool_options *options);

/** The average of x in each window over its last axis: as tad_avg_pool2d, with a width of 1; what options has for the width is
 * ignored. Errors: as tad_avg_pool2d; TAD_ESHAPE (no axis, or eight). */
TAD_API tad_var tad_avg_pool1d(tad_var x, const tad_pool_options *options);

/** Sum of all elements: y = x[0] + x[1] + ..., of rank 0; dy/dx[i] = 1. The sum of no elements is 0. Floats are summed
 * in double, in an order that depends on the shape alone. */
TAD_API tad_var tad_sum(tad_var x);

/** Sum over the n axes listed, each of which vanishes from the shape, or stays with size 1 if `keepdims`.
 * Errors: TAD_EARG (axes NULL, no such axis, an axis named twice). */
TAD_API tad_var tad_sum_axes(tad_var x, int n, const int axes[], bool keepdims);

/** Arithmetic mean of all elements, of rank 0: y = sum(x) / n, dy/dx[i] = 1 / n. The mean of no elements is 0. */
TAD_API tad_var tad_mean(tad_var x);

/** Mean over the n axes listed; otherwise as tad_sum_axes. */
TAD_API tad_var tad_mean_axes(tad_var x, int n, const int axes[], bool keepdims);

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

/** x with its last two axes swapped: y[..., i, j] = x[..., j, i]. A view: nothing is copied.
 * Errors: TAD_ESHAPE (x has fewer than two axes). */
TAD_API tad_var tad_transpose(tad_var x);

/** a where the condition c is true, that is, not 0 (NaN is), and b elsewhere; all three broadcast. The gradient of the value
 * that is not chosen is exactly 0, also where it is NaN or infinite, to any order; that of c is 0 as well. c may be of any
 * type; between a and b f32 and f64 do not mix, except that an f64 scalar takes the other's type.
 * Errors: TAD_ESHAPE (shapes do not broadcast), TAD_EDTYPE. */
TAD_API tad_var tad_where(tad_var c, tad_var a, tad_var b);

#ifdef __cplusplus
}
#endif
#endif
