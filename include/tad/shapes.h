/**
 * tad/shapes.h - the same elements in other shapes and places. What is common to all is told in operations.h.
 *
 * Written by `make headers` from the files of src/ops: change those, not this one.
 */
#ifndef TAD_SHAPES_H
#define TAD_SHAPES_H

#include <tad/options.h>
#include <tad/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

/** x repeated to the shape dims[0] x ... x dims[rank - 1], aligned at the last axis: axes that x lacks, or has with size
 * 1, are repeated. A view: nothing is copied. The gradient is the sum over what was repeated.
 * Errors: TAD_ESHAPE (x does not broadcast so), TAD_EARG (dims NULL, rank outside 0..8, a negative size). */
TAD_API tad_var tad_broadcast_to(tad_var x, int rank, const int64_t dims[]);

/** The adjoint of tad_broadcast_to: x summed down to a shape that broadcasts to the shape of x.
 * Errors: TAD_ESHAPE (the shape does not broadcast so), TAD_EARG (dims NULL, rank outside 0..8, a negative size). */
TAD_API tad_var tad_sum_to(tad_var x, int rank, const int64_t dims[]);

/** The n values x[0], x[1], ... one behind the other along an axis. Their other axes, and their types, are the same.
 * dy/dx[k] is the part of gy that came from x[k]. If n is below 1 or x NULL, the result is a zeroed handle, for there is no
 * tape to keep an error. Errors: TAD_EARG (no such axis), TAD_ESHAPE (they differ in another axis), TAD_EDTYPE. */
TAD_API tad_var tad_concat(int n, const tad_var x[], int axis);

/** The n values x[0], x[1], ... of one shape and type, side by side along a new axis of size n, which is axis number `axis`
 * of the result; -1 is behind all others. If n is below 1 or x NULL, the result is a zeroed handle.
 * Errors: TAD_EARG (no such axis), TAD_ESHAPE (shapes differ, or have eight axes already), TAD_EDTYPE. */
TAD_API tad_var tad_stack(int n, const tad_var x[], int axis);

/** x with the elements of the n axes listed in reverse. A view: nothing is copied.
 * Errors: TAD_EARG (axes NULL, no such axis, an axis named twice). */
TAD_API tad_var tad_flip(tad_var x, int n, const int axes[]);

/** x with the elements of one axis moved `shift` places towards its end, or towards its start if that is negative; those
 * that fall off come back at the other end. Errors: TAD_EARG (no such axis). */
TAD_API tad_var tad_roll(tad_var x, int64_t shift, int axis);

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

/** x with its last two axes swapped: y[..., i, j] = x[..., j, i]. A view: nothing is copied.
 * Errors: TAD_ESHAPE (x has fewer than two axes). */
TAD_API tad_var tad_transpose(tad_var x);

#ifdef __cplusplus
}
#endif
#endif
