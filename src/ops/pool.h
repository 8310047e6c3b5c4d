/* What all pooling has in common: the attributes, the shapes and the windows. */
#ifndef TAD__OPS_POOL_H
#define TAD__OPS_POOL_H

#include "tensor/pool.h"

#include <tad/op.h>
#include <tad/options.h>

typedef struct tad__pool_attributes {
    tad_pool_options options;  /* as they were given */
    bool             adaptive; /* y has size[], and windows that cover x evenly */
    int64_t          size[2];
} tad__pool_attributes;

/* What a pooling operation accepts. */
typedef enum tad__pooling { TAD__POOL_MAXIMA, TAD__POOL_AVERAGES } tad__pooling;

/* The shape of y from that of x; or a refusal. */
tad_status tad__pool_shape(const tad_call *call, tad__pooling kind, const tad_array *x, tad_array *y);

/* Scratch memory with the windows, and behind them, in *row, room for a row of x. false: out of memory, refused already. */
bool tad__pool_windows(const tad_call *call, const tad_array *x, const tad_array *y, tad__pool *pool, double **row);

/* A `depends` for places y, of windows of x, of which one is the result and one the operand: given as views of the sets. */
bool tad__pool_depends(const tad__pool_attributes *to, bool x_is_out, tad_array *out, tad_array *in);

/* How the public functions end: with the options that a caller gave, NULL being refused later; or with windows evenly. */
tad_var tad__pool_in(const tad_op *op, tad_var x, const tad_pool_options *options, const void *caller);
tad_var tad__pool_evenly(const tad_op *op, tad_var x, int64_t height, int64_t width, const void *caller);

extern const tad_op tad__op_avg_pool2d, tad__op_adaptive_avg_pool2d, tad__op_avg_pool2d_spread;
extern const tad_op tad__op_max_pool2d, tad__op_adaptive_max_pool2d, tad__op_max_pool2d_gather,
    tad__op_max_pool2d_scatter;

#endif
