/**
 * tad - tape-based automatic differentiation. Include this.
 *
 *     tape.h         the tape: leaves, handles, values, marks, errors
 *     elementwise.h  operations on numbers, element by element
 *     operations.h   operations on whole tensors, by families: elements.h, shapes.h, indices.h, reductions.h, linalg.h,
 *                    losses.h, layers.h
 *     diff.h         derivatives
 *     checkpoint.h   time for memory: functions and loops that are recorded again where a derivative needs them
 *     replay.h       a recorded tape again, with other numbers
 *     jacobian.h     whole Jacobians and Hessians
 *     sparse.h       those with few entries other than 0
 *     gradcheck.h    derivatives against finite differences
 *     explain.h      formulas and the chain rule, path by path
 *     graph.h        what was recorded as a picture: for Graphviz, as SVG, for Mermaid
 *     trust.h        NaN, kinks, and digits to trust
 *     page.h         a page for the browser that shows both passes step by step
 *     params.h       parameters that outlive the tape
 *     nn.h           layers of networks, with their parameters
 *     optim.h        optimisers, schedules, minimisers
 *     files.h        arrays in files: safetensors, .npy, .npz, IDX, CSV
 *     op.h           operations of your own
 */
#ifndef TAD_H
#define TAD_H

#include <tad/base.h>

#include <tad/tape.h>

#include <tad/checkpoint.h>
#include <tad/diff.h>
#include <tad/elementwise.h>
#include <tad/explain.h>
#include <tad/files.h>
#include <tad/gradcheck.h>
#include <tad/graph.h>
#include <tad/jacobian.h>
#include <tad/model.h>
#include <tad/nn.h>
#include <tad/op.h>
#include <tad/operations.h>
#include <tad/optim.h>
#include <tad/page.h>
#include <tad/params.h>
#include <tad/replay.h>
#include <tad/sparse.h>
#include <tad/trust.h>

#endif
