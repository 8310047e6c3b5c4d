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

/** Matrix product over the last two axes, [..., m, k] times [..., k, n] to [..., m, n]: y[i][j] = sum over l of
 * a[i][l] * b[l][j]; dy/da: gy b', dy/db: a' gy. Leading axes broadcast. A vector of k numbers is a row on the left and
 * a column on the right, and its axis vanishes from the result. Computed by BLAS where the library was built with it.
 * Errors: TAD_ESHAPE (inner dimensions differ, leading axes do not broadcast, an operand of rank 0), TAD_EDTYPE. */
TAD_API tad_var tad_matmul(tad_var a, tad_var b);

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
