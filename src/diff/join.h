/* Any number of values in one. */
#ifndef TAD__DIFF_JOIN_H
#define TAD__DIFF_JOIN_H

#include "tape/tape.h"

/* Records the elements of x[0], ..., x[n - 1], all of one type, one after the other in a vector; n > 0. An invalid operand
 * gives an invalid result. x is overwritten. */
tad_var tad__join(size_t n, tad_var x[]);

#endif
