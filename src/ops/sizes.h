/* Shapes as operations are told them, and as rules ask for them. */
#ifndef TAD__OPS_SIZES_H
#define TAD__OPS_SIZES_H

#include <tad/op.h>
#include <tad/operations.h>

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

/* The shape of x: returns its rank. */
static inline int tad__shape_of(tad_var x, int64_t dims[TAD_MAX_RANK])
{
    int rank = tad_rank(x);
    for (int i = 0; i < rank; i++)
        dims[i] = tad_dim(x, i);
    return rank;
}

/* A constant in the shape and element type of x, the same number everywhere. */
static inline tad_var tad__filled_like(tad_var x, double number)
{
    int64_t dims[TAD_MAX_RANK];
    int     rank = tad__shape_of(x, dims);
    return tad_broadcast_to(tad_cast(tad_constant(x.tape, number), tad_dtype_of(x)), rank, dims);
}

static inline tad_var tad__zeros_like(tad_var x)
{
    return tad__filled_like(x, 0);
}

#endif
