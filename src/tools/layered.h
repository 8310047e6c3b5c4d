/* A graph in layers, with bends where arrows pass a layer, so that every link leads from one layer to the next. Between the
 * three steps of the layout: layers (layout.c), order within them (layout_order.c), places (layout_place.c). */
#ifndef TAD__TOOLS_LAYERED_H
#define TAD__TOOLS_LAYERED_H

#include "base/memory.h"

typedef struct tad__layered_link {
    uint32_t upper, lower; /* nodes */
} tad__layered_link;

/* The links of each node to one side, from left to right: links[start[v]] up to before links[start[v + 1]]. */
typedef struct tad__layered_side {
    uint32_t *start, *links;
} tad__layered_side;

typedef struct tad__layered {
    uint32_t           count, box_count; /* nodes: boxes, then bends */
    uint32_t           layer_count, link_count;
    uint32_t          *layer;         /* of each node */
    uint32_t          *start;         /* of each layer in `order`, and the end */
    uint32_t          *order, *place; /* the nodes, layer by layer; and where in its layer each node is */
    tad__layered_link *links;
    tad__layered_side  up, down;
    uint32_t          *filled;    /* of each node, while its links are sorted: where the next one goes */
    double            *width, *x; /* of each node; x: of its middle */
    double             gap;
} tad__layered;

/* An array in the arena, of zeros; NULL: out of memory. */
void *tad__layered_take(tad__arena *arena, size_t count, size_t item_bytes);

/* Orders the nodes of each layer so that few links cross, and the links of each node by place. */
bool tad__layered_order(tad__arena *arena, tad__layered *g);

/* Sets x. */
bool tad__layered_place(tad__arena *arena, tad__layered *g);

/* Moves what is set towards what it is linked with. */
bool tad__layered_tighten(tad__arena *arena, tad__layered *g);

static inline bool tad__layered_is_bend(const tad__layered *g, uint32_t node)
{
    return node >= g->box_count;
}

static inline uint32_t tad__layered_size(const tad__layered *g, uint32_t layer)
{
    return g->start[layer + 1] - g->start[layer];
}

/* The node beside v, to the right (or to the left); UINT32_MAX if v is the last. */
static inline uint32_t tad__layered_beside(const tad__layered *g, uint32_t v, bool right)
{
    uint32_t layer = g->layer[v], at = g->start[layer] + g->place[v];
    if (right ? at + 1 == g->start[layer + 1] : at == g->start[layer])
        return UINT32_MAX;
    return g->order[right ? at + 1 : at - 1];
}

/* From middle to middle of neighbours; lines may run closer together than boxes. */
static inline double tad__layered_distance(const tad__layered *g, uint32_t a, uint32_t b)
{
    double gap = g->gap;
    if (tad__layered_is_bend(g, a) || tad__layered_is_bend(g, b))
        gap *= tad__layered_is_bend(g, a) && tad__layered_is_bend(g, b) ? 0.4 : 0.6;
    return (g->width[a] + g->width[b]) / 2 + gap;
}

#endif
