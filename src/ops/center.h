/* Means of groups, and what is left without them. */
#ifndef TAD__OPS_CENTER_H
#define TAD__OPS_CENTER_H

#include "ops/axes.h"

extern const tad_op tad__op_center;

/* The mean of each group of x, an array of the operand's shape, as doubles in the result's shape: the first element, and the
 * mean of the differences from it. Where all are equal, that is exact; NaN if one is infinite. Groups are not empty. false: out of memory, which is
 * refused. */
bool tad__means(const tad_call *call, const tad_array *x, tad_array *means);

/* Recorded: x less its mean over the axes of a reduction. */
tad_var tad__centered(const tad_rule *rule);

#endif
