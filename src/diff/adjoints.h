/* Where the numeric sweep keeps adjoints. Those of tensors lie in an arena that lasts until the next sweep; those of nodes
 * that a checkpoint records in passing are given back one by one and used again. */
#ifndef TAD__DIFF_ADJOINTS_H
#define TAD__DIFF_ADJOINTS_H

#include "diff/sweep.h"

/* Room for adjoints of nodes `from` to below `to`, of which none is reached yet. */
tad_status tad__adjoints_open(const tad__sweep *s, uint32_t from, uint32_t to);

/* Forgets all adjoints of the sweep before. */
void tad__adjoints_clear(tad_tape *tape);

/* The adjoint of a node as an array in C order; 0 where it was not reached yet. */
tad_status tad__adjoint_array(const tad__sweep *s, uint32_t id, tad_array *out);

/* Has the sweep add the adjoint of a node, no scalar, to what lies at `data` in C order. */
void tad__adjoint_place(const tad_tape *tape, uint32_t id, void *data);

/* Has the sweep reached the node? If not its adjoint is 0, and need not be made to be read. */
bool tad__is_reached(const tad_tape *tape, uint32_t id);

/* Gives back the memory of an adjoint that tad__adjoint_array took: that of a node like `array`, which was reached. */
void tad__adjoint_give_back(tad_tape *tape, const tad_array *array);

#endif
