/* What operations along one axis have in common. The elements along it are a line, walked from its first or its last. */
#ifndef TAD__OPS_LINES_H
#define TAD__OPS_LINES_H

#include "tensor/array.h"

#include <tad/op.h>

typedef struct tad__line {
    int  axis;
    bool reverse; /* from the last element to the first */
    bool before;  /* products: of the elements before, without the one at the place itself */
} tad__line;

/* A `shape` function: that of the first operand. */
tad_status tad__line_shape(const tad_call *call);

/* A double for each line, which all start as `number`, in the shape of the operand; NULL data: out of memory, refused. */
tad_array tad__line_carry(const tad_call *call, double number);

/* A double for each element; NULL data: out of memory, refused. */
tad_array tad__line_doubles(const tad_call *call);

/* An array as it is walked; `back`: in a walk the other way. */
tad_array tad__line_seen(const tad_call *call, const tad_array *array, bool back);

/* ---- recorded ---- */

/* The element one step on in the direction of the walk, and 0 at its end; tad__line_last: one step back. */
tad_var tad__line_next(tad_var x, const tad__line *line);
tad_var tad__line_last(tad_var x, const tad__line *line);

/* cumprod, with all of its settings */
extern const tad_op tad__op_cumprod;
tad_var             tad__line_products(tad_var x, const tad__line *line);

/* y = a * (y one step back) + b */
extern const tad_op tad__op_linear_recurrence;
tad_var             tad__line_recurrence(tad_var a, tad_var b, int axis, bool reverse);

/* A `depends`: on all of the line. */
bool tad__line_depends(const tad_call *call, int k, tad_array *out, tad_array *in);

#endif
