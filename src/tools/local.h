/* One operation by itself, on a tape of its own, with the operands that a node has. */
#ifndef TAD__TOOLS_LOCAL_H
#define TAD__TOOLS_LOCAL_H

#include "tools/gradcheck.h"

typedef struct tad__local {
    tad_tape     *tape; /* its own */
    const tad_op *op;
    const void   *attributes;
    int           n;
    tad_array     in[TAD_MAX_ARITY];     /* the node's operands, where they are */
    uint32_t      id[TAD_MAX_ARITY];     /* their nodes */
    bool          wanted[TAD_MAX_ARITY]; /* is it differentiable? */
    tad_array     shape[TAD_MAX_ARITY];  /* the shape it is given to the operation in: that of `in`, or what that broadcasts to */
    tad_array     out;
    double       *values; /* numbers of the operands, as f64 in C order and in these shapes, one behind the other */
    size_t        count;
    int           order;
    uint64_t      seed;
} tad__local;

/* Takes node `id` of a tape apart. */
void tad__local_open(tad__local *local, const tad_tape *tape, uint32_t id);

/* Fills in the values; tad__local_close gives them back. */
tad_status tad__local_read(tad__local *local);
void       tad__local_close(tad__local *local);

/* Is the derivative along a random direction right? An operation that refuses is taken to be right. */
tad_status tad__local_check(tad__local *local, bool *wrong);

/* Is it right on operands that are repeated to the shape of the result (or, for matrices, to its batches) beforehand? */
tad_status tad__local_right_if_repeated(tad__local *local, bool *right);

/* Is the derivative another one if the operands are as they are on the tape, shared by others and strided, than if they are
 * copies? `cause` is then REPEATED or LAYOUT, and operand, element, found and right say where. */
typedef struct tad__in_place {
    tad_cause cause;
    int       operand;
    int64_t   element;
    double    found, right;
} tad__in_place;
tad_status tad__local_in_place(tad__local *local, tad__in_place *result);

/* Checks the operation entry by entry, its operands moved to a point. */
tad_status tad__local_probe(void *user, int point, tad_gradcheck_report *report, tad__outputs *outputs);

#endif
