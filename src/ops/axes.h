/* Axes that a caller names, and what operations that reduce them have in common: being told which, the result's shape, and seeing one number a group in the
 * shape of the operand. A group is the elements of the operand that one element of the result is made of. */
#ifndef TAD__OPS_AXES_H
#define TAD__OPS_AXES_H

#include "tensor/array.h"

#include <tad/op.h>

/* The attributes, or their first member. */
typedef struct tad__axes {
    bool all, keepdims;
    int  n; /* -1: the list of axes is missing */
    int  axes[TAD_MAX_RANK];
} tad__axes;

/* ---- for any `shape` function ---- */

/* The axis that `given` names, of so many; below 0: refused, with TAD_EARG. */
int tad__find_axis(const tad_call *call, int rank, int given);

/* Refuses a list that names an axis that the first operand has not, or one twice. */
tad_status tad__check_axes(const tad_call *call, int n, const int axes[]);

/* ---- for reductions ---- */

/* The caller's list; a number of axes beyond the largest rank is kept, to be refused. */
tad__axes tad__axes_of(int n, const int axes[], bool keepdims);

/* Which of so many axes are reduced, according to attributes that were found good. */
void tad__axes_reduced(const void *attributes, int rank, bool reduced[TAD_MAX_RANK]);

/* ---- for functions that see numbers ---- */

/* A `shape` function. */
tad_status tad__axes_shape(const tad_call *call);

/* The same; refuses groups of fewer than `least` elements. */
tad_status tad__axes_shape_of(const tad_call *call, int64_t least);

/* How many elements a group has. */
int64_t tad__axes_group(const tad_call *call);

/* An array of the result's shape, seen in the shape of the operand: reduced axes repeat. */
tad_array tad__axes_expand(const tad_call *call, const tad_array *array);

/* An array of the operand's shape with its reduced axes cut down to their first element, in the result's shape. */
tad_array tad__axes_first(const tad_call *call, const tad_array *x);

/* A `depends`: an element of the result depends on its group. */
bool tad__axes_depends(const tad_call *call, int k, tad_array *out, tad_array *in);

/* A double for each group, to fold into, filled with `number`: the result itself if that is f64 and `forward` fills it, or
 * else scratch, for tad__axes_store to round. false: out of memory, which is refused. */
bool tad__axes_doubles(const tad_call *call, double number, tad_array *out);
bool tad__axes_result(const tad_call *call, double number, tad_array *out);
void tad__axes_store(const tad_call *call, const tad_array *result);

/* ---- for rules ---- */

/* A value of the result's shape with the reduced axes put back, of size 1: it then broadcasts against the operand. */
tad_var tad__axes_keep(const tad_rule *rule, tad_var v);

/* A value of the operand's shape summed over the reduced axes, to the result's shape; tad__axes_count: how many there are. */
tad_var tad__axes_sum(const tad_rule *rule, tad_var v);
int64_t tad__axes_count(const tad_rule *rule);

/* ---- for public functions ---- */

tad_var tad__over_all(const tad_op *op, tad_var x, const void *caller);
tad_var tad__over_axes(const tad_op *op, tad_var x, tad__axes to, const void *caller);

/* Samples for any reduction; no group is empty. */
enum { TAD__AXES_SAMPLES = 14 };
extern const tad_sample tad__axes_samples[TAD__AXES_SAMPLES];

#endif
