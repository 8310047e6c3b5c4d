/* Of the numbers for each class, that of the target's class: what losses with class indices are made of. */
#ifndef TAD__OPS_PICK_CLASS_H
#define TAD__OPS_PICK_CLASS_H

#include "ops/rows.h"

#include <tad/op.h>

typedef struct tad__classes {
    int64_t count;   /* place: how many there are */
    int64_t ignored; /* targets of this pick 0, and place nothing */
} tad__classes;

/* Axis 1 of [N, C, ...], or the only one. */
static inline int tad__class_axis(int rank)
{
    return rank > 1;
}

/* Have the targets the shape of x without the classes? */
tad_status tad__check_targets(const tad_call *call, const tad_array *x, const tad_array *targets);

/* Recorded. A target that is no class and not ignored is TAD_EINDEX. */
tad_var tad__pick_class(tad_var x, tad_var targets, int64_t ignored);
tad_var tad__place_class(tad_var x, tad_var targets, int64_t count, int64_t ignored);

#endif
