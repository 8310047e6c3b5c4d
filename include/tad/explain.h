/**
 * tad/explain.h - what a tape says about itself: formulas, the chain rule path by path, and whole derivations.
 */
#ifndef TAD_EXPLAIN_H
#define TAD_EXPLAIN_H

#include <tad/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How tad_formula writes the operands of a formula. */
typedef enum tad_formula_style {
    TAD_SYMBOLS, /**< "i1 * w1 + b1": names; unnamed leaves by value */
    TAD_NUMBERS, /**< "0.1 * 0.15 + 0.25": values, five digits */
} tad_formula_style;

/** Writes how x was computed from the nearest named nodes and leaves below it, with C's operators and precedence,
 * as snprintf does: at most `size` bytes with the final 0; returns the length the whole text has. What is
 * nested more than 64 deep or comes after 65,536 characters is shortened to "...". "?" if x is invalid. */
TAD_API size_t tad_formula(tad_var x, tad_formula_style style, char *out, size_t size);

/** The local derivative dx/d(operand k) of the node that made x, where both have one element: how much x changes when
 * that operand alone does. NaN with an error if there is none (TAD_EARG), if x or operand has not one element
 * (TAD_ESHAPE), or no memory. */
TAD_API double tad_local_derivative(tad_var x, int k);

/** One step of a path: from node `to` back to node `from`, which it was computed from. */
typedef struct tad_path_step {
    tad_var to, from;
    double  derivative; /**< d to / d from along this path */
} tad_path_step;

/** Called for each path; steps[0].to is y and steps[n - 1].from is x. `product` is the product of all derivatives:
 * the path's share of dy/dx. Return false to stop. */
typedef bool tad_path_visitor(void *user, size_t n, const tad_path_step steps[], double product);

/** Visits every path from y down to x: by the chain rule dy/dx is the sum of the products over all paths (Bauer's
 * formula: F. L. Bauer, SIAM J. Numer. Anal. 11 (1974), 87-96). Steps go from named node to named node: unnamed nodes
 * between them are multiplied into one step. All nodes on the way have one element. The number of paths can grow
 * exponentially with the depth of the graph: stop when you have seen enough.
 * Errors: TAD_EARG (NULL), TAD_ESHAPE, TAD_ETAPE, TAD_ESTALE, TAD_ENOMEM. */
TAD_API TAD_CHECKED tad_status tad_each_path(tad_var y, tad_var x, tad_path_visitor *visit, void *user);

/** How tad_explain writes. */
typedef enum tad_explain_format {
    TAD_TEXT,     /**< for a terminal; formulas in the language of models (tad/model.h) */
    TAD_LATEX,    /**< a document for LaTeX with amsmath, ASCII throughout */
    TAD_MARKDOWN, /**< formulas between $ and $$, as GitHub shows them */
} tad_explain_format;

/** All zero means the defaults. */
typedef struct tad_explain_options {
    tad_explain_format format;
    int                digits;     /**< significant digits of numbers, 1 to 17; 0: 5 */
    size_t             most_paths; /**< with more paths than this the derivation goes node by node; 0: 32 */
    size_t most_nodes; /**< the same for nodes on the way; node by node, no more than this are shown; 0: 48 */
} tad_explain_options;

/** Derives dy/dx as a textbook does, symbols and numbers: what is computed on the way from x to y, the local derivatives,
 * each path from y down to x with its factors and their product, and the sum over the paths.
 *
 * A value stands for itself if it is named, is y or x, is used more than once, or is a function of others; sums and products
 * without a name are part of the formula they are in. What has no name and needs one is called v1, v2, ... If several nodes have
 * the same name, they are told apart by a number: h#1, h#2. A local derivative is that of the operation's `partial`,
 * in the usual form where the operation has another one for the sake of rounding. Paths along which every derivative is 0 (through
 * comparisons and indices) are left out; if there is no other, the derivative is 0, and the text says so.
 *
 * If there are too many paths or nodes the text says how many, and shows the reverse sweep instead: node by node, from y
 * down, each contribution to an adjoint (`adj v5 += adj v7 * v6 = ...`). So it does if a value between x and y has not one
 * element: adjoints are then tensors, of which the first numbers are shown, and for a y of several elements the derivation is of the
 * sum of its elements. For one element of x or y, record it with tad_slice or tad_take and explain that.
 *
 * `options` may be NULL. The tape is left as it was, adjoints included. After an error some of the text may be written.
 * Errors: TAD_EARG (no writer, options out of range), TAD_EDTYPE (indices), TAD_ETAPE, TAD_ESTALE, TAD_ENOMEM, TAD_EIO. */
TAD_API TAD_CHECKED tad_status tad_explain(tad_var y, tad_var x, const tad_explain_options *options, tad_writer out);

#ifdef __cplusplus
}
#endif
#endif
