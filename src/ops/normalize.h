/* What the normalisations share: their settings, and the operands that can be left out. */
#ifndef TAD__OPS_NORMALIZE_H
#define TAD__OPS_NORMALIZE_H

#include "ops/sizes.h"

#include <tad/op.h>
#include <tad/operations.h>

/* eps of the options; the default where it is 0 or there are none. */
static inline double tad__norm_eps(const tad_norm_options *options)
{
    return options && options->eps != 0 ? options->eps : 1e-5;
}

static inline tad_status tad__norm_check_eps(const tad_call *call, double eps)
{
    return eps >= 0 ? TAD_OK : tad_refuse(call, TAD_EARG, "eps is %g; expected 0 (the default) or more", eps);
}

/* Puts gamma and beta, as far as there are any, behind the n operands in x; returns how many there are then. */
static inline int tad__norm_add_operands(const tad_norm_options *options, int n, tad_var x[])
{
    if (!options || (!options->gamma.tape && !options->beta.tape))
        return n;
    tad_var gamma = options->gamma, beta = options->beta;
    if (!gamma.tape)
        gamma = tad_is_valid(beta) ? tad__filled_like(beta, 1) : beta;
    x[n++] = gamma;
    if (beta.tape)
        x[n++] = beta;
    return n;
}

#endif
