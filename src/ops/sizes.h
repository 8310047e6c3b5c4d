/* The attribute of operations that are told a shape. */
#ifndef TAD__OPS_SIZES_H
#define TAD__OPS_SIZES_H

#include <tad/op.h>

typedef struct tad__sizes {
    int     rank; /* -1: the list is missing */
    int64_t dims[TAD_MAX_RANK];
} tad__sizes;

/* The caller's list; a rank beyond the largest is kept, to be refused. */
static inline tad__sizes tad__sizes_of(int rank, const int64_t dims[])
{
    tad__sizes sizes = {.rank = rank > 0 && !dims ? -1 : rank};
    for (int i = 0; i < sizes.rank && i < TAD_MAX_RANK; i++)
        sizes.dims[i] = dims[i];
    return sizes;
}

#endif
