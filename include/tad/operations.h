/**
 * tad/operations.h - operations on whole tensors, by families.
 *
 * Written by `make headers` from src/host/families.def: change that file, not this one.
 *
 * A negative axis counts from the end: -1 is the last one. The tape owns the result.
 *
 * Errors give an invalid result, and the tape keeps the first. Common to all, and not repeated for each:
 * TAD_ETAPE (an operand zeroed or from another tape), TAD_ESTALE (an operand from before a rewind),
 * TAD_ENOMEM, and with several operands TAD_EDTYPE (f32 and f64 mixed).
 */
#ifndef TAD_OPERATIONS_H
#define TAD_OPERATIONS_H

#include <tad/elements.h> /* choices and conversions, element by element */
#include <tad/shapes.h> /* the same elements in other shapes and places */
#include <tad/indices.h> /* what is chosen by index, and indices of what is chosen */
#include <tad/reductions.h> /* sums, extremes and the like over axes, and along them */
#include <tad/linalg.h> /* products and factorisations of matrices */
#include <tad/losses.h> /* losses */
#include <tad/layers.h> /* parts of networks */

#endif
