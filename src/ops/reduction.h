/* What the losses share: what becomes of the loss of each sample. */
#ifndef TAD__OPS_REDUCTION_H
#define TAD__OPS_REDUCTION_H

#include <tad/elementwise.h>
#include <tad/op.h>
#include <tad/operations.h>

/* Refuses what is no reduction; `last` is the last one that is allowed. */
static inline tad_status tad__check_reduction(const tad_call *call, tad_reduction reduction, tad_reduction last)
{
    if ((unsigned)reduction <= (unsigned)last)
        return TAD_OK;
    return tad_refuse(call, TAD_EARG, "reduction %d; expected TAD_MEAN, TAD_SUM%s", (int)reduction,
                      last == TAD_NONE ? " or TAD_NONE" : ", TAD_NONE or TAD_BATCH_MEAN");
}

/* The mean of no losses is NaN. */
static inline tad_var tad__reduce(tad_var losses, tad_reduction reduction)
{
    double size = 1;
    switch (reduction) {
    case TAD_NONE:
        return losses;
    case TAD_SUM:
        return tad_sum(losses);
    case TAD_MEAN:
        size = (double)tad_count(losses);
        break;
    case TAD_BATCH_MEAN:
        size = (double)tad_dim(losses, 0);
        break;
    }
    return tad_div(tad_sum(losses), tad_constant(losses.tape, size));
}

/* Sets the result's shape: a scalar, or the shape of x. */
static inline void tad__reduced_shape(const tad_call *call, const tad_array *x, tad_reduction reduction)
{
    call->out->rank = 0;
    for (int i = 0; i < x->rank && reduction == TAD_NONE; i++)
        call->out->dims[call->out->rank++] = x->dims[i];
}

#endif
