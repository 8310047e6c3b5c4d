/* For `depends` functions: the two views, of one shape, are made axis by axis. Walking along an axis moves by its strides in the
 * result and in the operand; a stride of 0 stays where it is. */
#ifndef TAD__OPS_PAIRS_H
#define TAD__OPS_PAIRS_H

#include "tensor/array.h"

#include <tad/op.h>

typedef struct tad__pairs {
    tad_array out, in; /* with the axes so far */
    bool      fit;     /* no more than there can be */
} tad__pairs;

tad__pairs tad__pairs_start(const tad_array *out, const tad_array *in);
void       tad__pairs_axis(tad__pairs *p, int64_t size, int64_t out_stride, int64_t in_stride);

/* All axes but the last ones, those of the operand broadcasting to those of the result. */
void tad__pairs_leading(tad__pairs *p, const tad_array *out, int out_last, const tad_array *in, int in_last);

/* The last axes of the result, or of the operand, alone: each with everything. */
void tad__pairs_last_of_out(tad__pairs *p, const tad_array *out, int last);
void tad__pairs_last_of_in(tad__pairs *p, const tad_array *in, int last);

/* Sets the views; false: too many axes. */
bool tad__pairs_end(const tad__pairs *p, tad_array *out, tad_array *in);

/* An element depends on all of its line along an axis of either, which has the same number in both, as have the others. */
bool tad__pairs_in_line(tad_array *out, tad_array *in, int axis);

/* The last axes of either are blocks, each of which depends on the one at the same place, as a whole. */
bool tad__pairs_in_block(tad_array *out, int out_last, tad_array *in, int in_last);

/* Nothing depends on the operand. */
bool tad__pairs_none(tad_array *out, tad_array *in);

/* `depends` functions: an element depends on that at its place, where the operand broadcasts; and for the last two axes. */
bool tad__depends_in_place(const tad_call *call, int k, tad_array *out, tad_array *in);
bool tad__depends_by_matrix(const tad_call *call, int k, tad_array *out, tad_array *in);

#endif
