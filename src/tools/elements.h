/* What tools that look into a tape share: single elements, and which nodes a value is made of. */
#ifndef TAD__TOOLS_ELEMENTS_H
#define TAD__TOOLS_ELEMENTS_H

#include "tape/tape.h"

/* Where element `element`, in C order, lies, in elements from the first. */
int64_t tad__offset_of(const tad_array *array, int64_t element);

/* Element `element`, in C order, of `array` seen in the shape of `shape`. False: it does not broadcast to it. */
bool tad__element_at(const tad_array *array, const tad_array *shape, int64_t element, double *value);

/* Is the operation computed element by element, operands broadcasting? */
bool tad__is_elementwise(const tad_op *op);

/* Which nodes, from `low` to the highest of the n values, these are computed from, in scratch memory; NULL: no memory. */
bool *tad__mark_below(tad_tape *tape, uint32_t low, size_t n, const tad_var y[]);

#endif
