/* Operations on [N, C, ...] whose axis 1 counts channels: numbers that belong to a channel. */
#ifndef TAD__OPS_CHANNELS_H
#define TAD__OPS_CHANNELS_H

#include "ops/rows.h"

#include <tad/operations.h>

#include <inttypes.h>

/* A vector of C numbers seen in the shape of x. */
static inline tad_array tad__channels_view(const tad_array *vector, const tad_array *x)
{
    tad_array view = *vector;
    tad__array_set_shape(&view, x->rank, x->dims);
    for (int i = 0; i < view.rank; i++)
        view.strides[i] = i == 1 ? vector->strides[0] : 0;
    return view;
}

/* A new vector, one number for each channel of x, all `fill`. */
static inline tad_array tad__channels_new(const tad_call *call, const tad_array *x, tad_dtype dtype, double fill)
{
    tad_array vector = {.dtype = dtype, .rank = 1, .dims = {x->dims[1]}};
    vector = tad__rows_new(call, &vector);
    if (vector.data)
        tad__fill(&vector, fill);
    return vector;
}

/* The operands from the second on, of which there are less than `most`, are vectors of C numbers. */
static inline tad_status tad__channels_check(const tad_call *call, int most, const char *const names[])
{
    const tad_array *x = &call->in[0];
    if (x->rank < 2)
        return tad_refuse(call, TAD_ESHAPE, "expected two axes or more, of which the second counts channels");
    for (int k = 1; k < call->n && k < most; k++)
        if (call->in[k].rank != 1 || call->in[k].dims[0] != x->dims[1])
            return tad_refuse(call, TAD_ESHAPE, "%s: expected [%" PRId64 "], a number for each channel", names[k],
                              x->dims[1]);
    return TAD_OK;
}

/* Recorded: a vector of C numbers as [C, 1, ...], which broadcasts to x. */
static inline tad_var tad__channels_spread(tad_var vector, tad_var x)
{
    int64_t dims[TAD_MAX_RANK] = {tad_dim(x, 1), 1, 1, 1, 1, 1, 1, 1};
    return tad_reshape(vector, tad_rank(x) - 1, dims);
}

/* Recorded: its adjoint, the sums over each channel. */
static inline tad_var tad__channels_gather(tad_var x)
{
    int64_t dims[TAD_MAX_RANK] = {tad_dim(x, 1), 1, 1, 1, 1, 1, 1, 1};
    return tad_reshape(tad_sum_to(x, tad_rank(x) - 1, dims), 1, dims);
}

#endif
