/* For kernels that want rows of numbers in C order: operands and adjoints of any strides, copied where they have to be. */
#ifndef TAD__OPS_ROWS_H
#define TAD__OPS_ROWS_H

#include "tensor/move.h"

#include <tad/op.h>

/* An array of this shape in C order, in memory of the call's; `data` is NULL if there is none, which is then refused. */
static inline tad_array tad__rows_new(const tad_call *call, const tad_array *shape)
{
    tad_array rows = *shape;
    tad__array_set_c_order(&rows);
    rows.data = tad_scratch(call, tad__array_bytes(shape));
    return rows;
}

/* The same numbers in C order. */
static inline tad_array tad__rows_of(const tad_call *call, const tad_array *from)
{
    if (tad__array_is_c_order(from))
        return *from;
    tad_array rows = tad__rows_new(call, from);
    if (rows.data)
        tad__copy(&rows, from);
    return rows;
}

/* What stands in for an adjoint to add to: the adjoint itself if it is in C order, else zeros. `data` stays NULL where no
 * adjoint is wanted. */
static inline tad_array tad__rows_to_add(const tad_call *call, const tad_array *gx)
{
    if (!gx->data || tad__array_is_c_order(gx))
        return *gx;
    tad_array rows = tad__rows_new(call, gx);
    if (rows.data)
        tad__fill(&rows, 0);
    return rows;
}

/* Hands on what was added to the stand-in. */
static inline void tad__rows_added(const tad_array *gx, const tad_array *rows)
{
    if (rows->data != gx->data && rows->data)
        tad__accumulate(gx, rows, 1);
}

/* The shape of x without its last n axes, and with only those: how many rows there are, and how long they are. */
static inline int64_t tad__rows_count(const tad_array *x, int n)
{
    int64_t count = 1;
    for (int i = 0; i < x->rank - n; i++)
        count *= x->dims[i];
    return count;
}

static inline int64_t tad__rows_size(const tad_array *x, int n)
{
    int64_t size = 1;
    for (int i = x->rank - n; i < x->rank; i++)
        size *= x->dims[i];
    return size;
}

#endif
