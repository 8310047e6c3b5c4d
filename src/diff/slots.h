/* What a recorded sweep keeps for each node: a cotangent or a tangent, by its number on the tape, or one of two marks. */
#ifndef TAD__DIFF_SLOTS_H
#define TAD__DIFF_SLOTS_H

#include "tape/tape.h"

/* Anything from TAD__SLOT_EMPTY on is a mark, and no node. */
#define TAD__SLOT_OUT UINT32_MAX         /* the sweep has no business with this node */
#define TAD__SLOT_EMPTY (UINT32_MAX - 1) /* it has, and nothing has arrived yet */

/* For the nodes low to high; and for `outside` x, all of them, if these are nodes below `low`, where the sweep does not go. */
typedef struct tad__slots {
    tad_tape      *tape;
    uint32_t       low, high;
    size_t         outside;
    const tad_var *x;
    uint32_t      *at;   /* the nodes', and behind them those of x */
    const char    *name; /* the public function, for errors */
    const void    *caller;
} tad__slots;

/* Takes memory, for the nodes up to the highest of the m values y; all slots but those of x outside are out.
 * tad__slots_free gives it back. `name` is the public function, for errors. */
tad_status tad__slots_take(tad__slots *s, size_t m, const tad_var y[], const char *name);
void       tad__slots_free(tad__slots *s);

/* The slot of a node up to `high`; NULL for one below `low` that is no x. */
uint32_t *tad__slot_of(const tad__slots *s, uint32_t id);

/* Adds v to what is there, recorded. */
tad_status tad__slot_add(const tad__slots *s, uint32_t *slot, tad_var v);

/* The node that is there, or a constant of zeros in the shape and type of `like`. */
tad_status tad__slot_read(const tad__slots *s, uint32_t slot, tad_var like, tad_var *out);

#endif
