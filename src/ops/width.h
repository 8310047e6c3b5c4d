/* For operations over one axis that are those over two: an axis of size 1 behind the others, and that removed. */
#ifndef TAD__OPS_WIDTH_H
#define TAD__OPS_WIDTH_H

#include "ops/sizes.h"

static inline tad_var tad__with_width(tad_var x)
{
    int64_t dims[TAD_MAX_RANK + 1];
    int     rank = tad__shape_of(x, dims);
    dims[rank] = 1;
    return tad_reshape(x, rank + 1, dims);
}

/* An invalid value stays one. */
static inline tad_var tad__without_width(tad_var y)
{
    int64_t dims[TAD_MAX_RANK];
    int     rank = tad_is_valid(y) ? tad__shape_of(y, dims) : 0;
    return rank ? tad_reshape(y, rank - 1, dims) : y;
}

#endif
