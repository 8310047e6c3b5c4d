/* Where the boxes of a directed graph stand: in layers, arrows going down, few crossings, arrows as straight as possible.
 *
 * Boxes and arrows in, coordinates out; it knows nothing of tapes. Give `width` and `height` of each box and the two ends of
 * each arrow; an arrow is taken to go from the lower to the higher number (so the graph has no cycle), and drawn from `from` to
 * `to`. An arrow from a box to itself has no points. Swap widths and heights, and afterwards x and y, for left to right. */
#ifndef TAD__TOOLS_LAYOUT_H
#define TAD__TOOLS_LAYOUT_H

#include "base/memory.h"

typedef struct tad__layout_box {
    double   width, height; /* in */
    double   x, y;          /* out: upper left corner */
    uint32_t layer;         /* out: from 0 at the top */
} tad__layout_box;

typedef struct tad__layout_point {
    double x, y;
} tad__layout_point;

typedef struct tad__layout_arrow {
    uint32_t from, to; /* in */
    uint32_t first_point,
        points; /* out: `points` of layout.points. 0, 1: top to bottom across a gap, 2, 3: the next gap, ... */
} tad__layout_arrow;

typedef struct tad__layout {
    uint32_t           box_count, arrow_count;
    tad__layout_box   *boxes;
    tad__layout_arrow *arrows;
    double             gap_x, gap_y;  /* in: between neighbours, between layers */
    tad__layout_point *points;        /* out, in the arena */
    double             width, height; /* out: of everything */
    uint32_t           layer_count;   /* out */
} tad__layout;

/* Takes memory from the arena, which the caller frees. false: out of memory. */
bool tad__layout_run(tad__arena *arena, tad__layout *layout);

#endif
