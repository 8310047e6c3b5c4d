/* The derivative rules of single nodes, recorded as operations on the tape. Here alone a row's text becomes nodes. */
#ifndef TAD__DIFF_RULES_H
#define TAD__DIFF_RULES_H

#include "tape/tape.h"

/* Sets gx[k], for each operand k wanted, to the gradient that the cotangent gy of node `id` gives it, of the shape and
 * element type of that operand, or to a zeroed handle if it gives none. */
tad_status tad__record_vjp(tad_tape *tape, uint32_t id, tad_var gy, const bool wanted[], tad_var gx[],
                           const void *caller);

/* Sets *dy to the tangent of node `id`, given the tangents dx[k] of its operands (zeroed handles: none), or to a zeroed
 * handle if it has none. */
tad_status tad__record_jvp(tad_tape *tape, uint32_t id, const tad_var dx[], tad_var *dy, const void *caller);

/* What tad_vjp and tad_jvp give for y of the nodes from `low` on, as functions of x that are all below `low`, each another
 * node: nodes below are not looked at, so that an x may depend on another one. */
tad_status tad__vjp_above(uint32_t low, tad_var y, tad_var gy, size_t n, const tad_var x[], tad_var gx[],
                          const char *name, const void *caller);
tad_status tad__jvp_above(uint32_t low, tad_var y, size_t n, const tad_var x[], const tad_var dx[], tad_var *dy,
                          const char *name, const void *caller);

/* The rules of a checkpoint, for rule->wanted, gy and gx, and for tangents dx of some operands. */
tad_status tad__vjp_of_checkpoint(tad_tape *tape, const tad_rule *rule, const void *caller);
tad_status tad__jvp_of_checkpoint(tad_tape *tape, const tad_rule *rule, const tad_var dx[], tad_var *dy,
                                  const void *caller);

/* A constant of the shape and element type of x, with the same number everywhere. */
tad_var tad__constant_like(tad_var x, double number);

/* Is dx of the shape and element type of x? If not, the error is kept for the function `name`. */
tad_status tad__check_like(tad_var dx, tad_var x, const char *name, const void *caller);

/* The status of an invalid handle that a rule made: the tape's error, if it has one. */
tad_status tad__status_of_failure(const tad_tape *tape);

#endif
