/* For operations over one axis that are those over two: an axis of size 1 behind the others, and that removed. */
#ifndef TAD__OPS_WIDTH_H
#define TAD__OPS_WIDTH_H

#include <tad/operations.h>

static inline tad_var tad__with_width(tad_var x)
{
    int64_t dims[TAD_MAX_RANK + 1];
    int     rank = tad_rank(x);
    for (int i = 0; i < rank; i++)
        dims[i] = tad_dim(x, i);
    dims[rank] = 1;
    return tad_reshape(x, rank + 1, dims);
}

/* An invalid value stays one. */
static inline tad_var tad__without_width(tad_var y)
{
    int64_t dims[TAD_MAX_RANK];
    int     rank = tad_is_valid(y) ? tad_rank(y) : 0;
    for (int i = 0; i < rank; i++)
        dims[i] = tad_dim(y, i);
    return rank ? tad_reshape(y, rank - 1, dims) : y;
}

#endif
