/**
 * tad/indices.h - what is chosen by index, and indices of what is chosen. What is common to all is told in operations.h.
 *
 * Written by `make headers` from the files of src/ops: change those, not this one.
 */
#ifndef TAD_INDICES_H
#define TAD_INDICES_H

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

/** Indices (i64; negative ones count from the end) as vectors of `depth` numbers along a new last axis: 1 at the index and 0
 * elsewhere. A constant: it has no gradient. To look up rows of a matrix tad_embedding is the faster way.
 * Errors: TAD_EINDEX (an index outside -depth to depth - 1), TAD_EARG (a negative depth), TAD_ESHAPE (nine axes), TAD_EDTYPE
 * (indices not i64, `dtype` no element type). */
TAD_API tad_var tad_one_hot(tad_var indices, int64_t depth, tad_dtype dtype);

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
 * rows that were not chosen get 0. A row for padding that learns nothing: tad_where(is_padding, tad_constant(tape, 0), y), with
 * the y from here and a constant is_padding of the indices' shape and an axis of size 1 behind. Errors: TAD_EINDEX (an index outside -n to n - 1), TAD_ESHAPE (weights not of rank 2, the
 * result of more than eight axes), TAD_EDTYPE (indices not i64). */
TAD_API tad_var tad_embedding(tad_var weights, tad_var indices);

#ifdef __cplusplus
}
#endif
#endif
