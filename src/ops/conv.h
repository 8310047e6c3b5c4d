/* The convolutions of two axes: each gives one array of three from the others (see tensor/conv.h). */
#ifndef TAD__OPS_CONV_H
#define TAD__OPS_CONV_H

#include "tensor/conv.h"

#include <tad/op.h>
#include <tad/options.h>

typedef struct tad__conv_attributes {
    tad__conv_role   result;
    tad_conv_options options; /* as they were given */
    bool             sized;   /* is the result's size told, and not what follows from the operands? */
    int64_t          size[2];
} tad__conv_attributes;

/* The roles of the operands, by that of the result; a third operand is added to every place of a channel. */
enum { TAD__CONV_ROLES = 3, TAD__CONV_BIAS = 2 };
extern const tad__conv_role tad__conv_operands[TAD__CONV_ROLES][2];

/* Sets all of the geometry, or refuses. */
tad_status tad__conv_geometry(const tad_call *call, tad__conv *g);

/* The `shape` of the operations. */
tad_status tad__conv_shape(const tad_call *call);

extern const tad_op tad__op_conv2d, tad__op_conv_transpose2d, tad__op_conv2d_kernel;

#endif
