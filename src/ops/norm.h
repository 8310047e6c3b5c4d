/* Square roots of sums of squares that do not overflow on the way. */
#ifndef TAD__OPS_NORM_H
#define TAD__OPS_NORM_H

#include "ops/axes.h"

/* norms (from tad__axes_doubles or tad__axes_result, all 0) = sqrt(sum((x - center)^2)) for each group; centers are doubles
 * in the result's shape, NULL: 0. false: out of memory, which is refused. */
bool tad__norms(const tad_call *call, const tad_array *centers, const tad_array *norms);

#endif
