/* Where the numeric sweep keeps adjoints. Those of tensors lie in an arena that lasts until the next sweep; those of nodes
 * that a checkpoint records in passing are given back one by one and used again. */
#ifndef TAD__DIFF_ADJOINTS_H
#define TAD__DIFF_ADJOINTS_H

#include "tape/tape.h"

/* Room for adjoints of nodes `from` to below `to`, of which none is reached yet. */
tad_status tad__adjoints_open(tad_tape *tape, uint32_t from, uint32_t to, const void *caller);

/* Forgets all adjoints of the sweep before. */
void tad__adjoints_clear(tad_tape *tape);

/* The adjoint of a node as an array in C order; 0 where it was not reached yet. */
tad_status tad__adjoint_array(tad_tape *tape, uint32_t id, tad_array *out, const void *caller);

/* The same, but where it was not reached yet it is not initialised, and *fresh is true; never so for a scalar. */
tad_status tad__adjoint_array_to_write(tad_tape *tape, uint32_t id, tad_array *out, bool *fresh, const void *caller);

/* Gives back the memory of an adjoint that tad__adjoint_array took: that of a node like `array`, which was reached. */
void tad__adjoint_give_back(tad_tape *tape, const tad_array *array);

#endif
