/**
 * tad/explain.h - what a tape of scalars says about itself: formulas, and the chain rule path by path.
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

#ifdef __cplusplus
}
#endif
#endif
