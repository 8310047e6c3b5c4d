/* Places within layers: nodes are aligned with medians of their neighbours to straight blocks, which are then packed. This is done
 * four times, from above or below and from the left or the right; the middle of the four is taken, which keeps the order and
 * the distances. Source: U. Brandes, B. Koepf, Fast and Simple Horizontal Coordinate Assignment, Graph Drawing 2001. */
#include "tools/layered.h"

#include <math.h>
#include <string.h>

/* Links that blocks are not aligned along. */
enum {
    CROSSES = 1, /* one between bends, which are to be straight */
    YIELDS = 2,  /* to another of the same box, along which the reader's eye goes on */
};

typedef struct place_work {
    const tad__layered *g;
    uint8_t            *flags; /* of each link */
    uint32_t           *root,
        *next; /* of each node: its block's first node, and the next in the block, the first behind the last */
    uint32_t *waits, *queue; /* of each block: neighbours that are to be packed before it; and the order of packing */
    double   *x[4];
} place_work;

/* ---- blocks ---- */

/* The link from a bend to the bend above it; UINT32_MAX if v is none such. */
static uint32_t inner_link(const tad__layered *g, uint32_t v)
{
    if (!tad__layered_is_bend(g, v))
        return UINT32_MAX;
    uint32_t link = g->up.links[g->up.start[v]];
    return tad__layered_is_bend(g, g->links[link].upper) ? link : UINT32_MAX;
}

static void find_crossings(const place_work *w)
{
    const tad__layered *g = w->g;
    for (uint32_t layer = 1; layer < g->layer_count; layer++) {
        uint32_t least = 0, done = g->start[layer];
        for (uint32_t i = g->start[layer]; i < g->start[layer + 1]; i++) {
            uint32_t inner = inner_link(g, g->order[i]);
            if (inner == UINT32_MAX && i + 1 < g->start[layer + 1])
                continue;
            uint32_t most = inner == UINT32_MAX ? UINT32_MAX : g->place[g->links[inner].upper];
            for (; done <= i; done++) {
                uint32_t v = g->order[done];
                for (uint32_t k = g->up.start[v]; k < g->up.start[v + 1]; k++) {
                    uint32_t at = g->place[g->links[g->up.links[k]].upper];
                    if ((at < least || at > most) && inner_link(g, v) == UINT32_MAX)
                        w->flags[g->up.links[k]] |= CROSSES;
                }
            }
            least = most == UINT32_MAX ? 0 : most;
        }
    }
}

/* Is it a leaf with one user, which can as well stand beside what leads on? */
static bool is_pendant(const tad__layered *g, uint32_t v)
{
    return !tad__layered_is_bend(g, v) && g->up.start[v] == g->up.start[v + 1] &&
           g->down.start[v] + 1 == g->down.start[v + 1];
}

/* Boxes are aligned with boxes rather than with bends, and with pendants only if there is nothing else: so a chain of
 * operations is straight, and what it passes by goes around it. */
static void find_yielding(const place_work *w)
{
    const tad__layered *g = w->g;
    for (uint32_t v = 0; v < g->box_count; v++) {
        bool solid = false, bend = false, below = false;
        for (uint32_t k = g->up.start[v]; k < g->up.start[v + 1]; k++) {
            uint32_t u = g->links[g->up.links[k]].upper;
            bend |= tad__layered_is_bend(g, u);
            solid |= !tad__layered_is_bend(g, u) && !is_pendant(g, u);
        }
        for (uint32_t k = g->up.start[v]; k < g->up.start[v + 1]; k++) {
            uint32_t u = g->links[g->up.links[k]].upper;
            if (is_pendant(g, u) ? solid || bend : solid && tad__layered_is_bend(g, u))
                w->flags[g->up.links[k]] |= YIELDS;
        }
        for (uint32_t k = g->down.start[v]; k < g->down.start[v + 1]; k++)
            below |= !tad__layered_is_bend(g, g->links[g->down.links[k]].lower);
        for (uint32_t k = g->down.start[v]; k < g->down.start[v + 1]; k++)
            if (below && tad__layered_is_bend(g, g->links[g->down.links[k]].lower))
                w->flags[g->down.links[k]] |= YIELDS;
    }
}

/* The k-th link of v that does not yield; counts them all. */
static uint32_t nth_link(const place_work *w, const tad__layered_side *side, uint32_t v, uint32_t k, uint32_t *count)
{
    uint32_t found = UINT32_MAX;
    *count = 0;
    for (uint32_t i = side->start[v]; i < side->start[v + 1]; i++) {
        if (w->flags[side->links[i]] & YIELDS)
            continue;
        if ((*count)++ == k)
            found = side->links[i];
    }
    return found;
}

/* Aligns v with a median of its neighbours that is free and beyond `*last`, the place of the one taken before. */
static void align(const place_work *w, uint32_t v, bool down, bool left, int64_t *last)
{
    const tad__layered      *g = w->g;
    const tad__layered_side *side = down ? &g->up : &g->down;
    uint32_t                 n;
    nth_link(w, side, v, 0, &n);
    for (int i = 0; i < 2 && n > 0 && w->next[v] == v; i++) {
        uint32_t link = nth_link(w, side, v, (i == 0) == left ? (n - 1) / 2 : n / 2, &n);
        uint32_t u = down ? g->links[link].upper : g->links[link].lower;
        int64_t  at = g->place[u];
        if (w->flags[link] & CROSSES || (left ? at <= *last : at >= *last))
            continue;
        w->next[v] = w->next[u]; /* the block's last leads to its first */
        w->next[u] = v;
        w->root[v] = w->root[u];
        *last = at;
    }
}

static void make_blocks(const place_work *w, bool down, bool left)
{
    const tad__layered *g = w->g;
    for (uint32_t v = 0; v < g->count; v++)
        w->root[v] = w->next[v] = v;
    for (uint32_t k = 1; k < g->layer_count; k++) {
        uint32_t layer = down ? k : g->layer_count - 1 - k, size = tad__layered_size(g, layer);
        int64_t  last = left ? -1 : INT64_MAX;
        for (uint32_t i = 0; i < size; i++)
            align(w, g->order[g->start[layer] + (left ? i : size - 1 - i)], down, left, &last);
    }
}

/* ---- packing ---- */

/* Every block as far to the left as those to its left allow, and then back towards those to its right. If not `left` the same is
 * done to the mirror image. */
static void pack(const place_work *w, bool left, double x[])
{
    const tad__layered *g = w->g;
    uint32_t            ready = 0;
    memset(w->waits, 0, g->count * sizeof *w->waits);
    for (uint32_t v = 0; v < g->count; v++) {
        x[v] = 0;
        w->waits[w->root[v]] += tad__layered_beside(g, v, !left) != UINT32_MAX;
    }
    for (uint32_t v = 0; v < g->count; v++)
        if (w->root[v] == v && w->waits[v] == 0)
            w->queue[ready++] = v;
    for (uint32_t i = 0; i < ready; i++) {
        uint32_t v = w->queue[i];
        do {
            uint32_t u = tad__layered_beside(g, v, left);
            if (u != UINT32_MAX) {
                uint32_t root = w->root[u];
                x[root] = fmax(x[root], x[w->queue[i]] + tad__layered_distance(g, v, u));
                if (--w->waits[root] == 0)
                    w->queue[ready++] = root;
            }
            v = w->next[v];
        } while (v != w->queue[i]);
    }
    for (uint32_t i = ready; i-- > 0;) {
        uint32_t v = w->queue[i];
        double   most = HUGE_VAL;
        do {
            uint32_t u = tad__layered_beside(g, v, left);
            if (u != UINT32_MAX)
                most = fmin(most, x[w->root[u]] - tad__layered_distance(g, v, u));
            v = w->next[v];
        } while (v != w->queue[i]);
        x[v] = isfinite(most) ? fmax(x[v], most) : x[v];
    }
    for (uint32_t v = 0; v < g->count; v++)
        if (w->root[v] != v)
            x[v] = x[w->root[v]];
    for (uint32_t v = 0; v < g->count && !left; v++)
        x[v] = -x[v];
}

/* The smallest and largest x, edges of boxes included. */
static void extent(const tad__layered *g, const double x[], double *low, double *high)
{
    *low = HUGE_VAL;
    *high = -HUGE_VAL;
    for (uint32_t v = 0; v < g->count; v++) {
        *low = fmin(*low, x[v] - g->width[v] / 2);
        *high = fmax(*high, x[v] + g->width[v] / 2);
    }
}

/* Those packed to the left are brought to the left edge of the narrowest, the others to its right edge. */
static void combine(const place_work *w)
{
    const tad__layered *g = w->g;
    double              low[4], high[4];
    int                 narrowest = 0;
    for (int i = 0; i < 4; i++) {
        extent(g, w->x[i], &low[i], &high[i]);
        narrowest = high[i] - low[i] < high[narrowest] - low[narrowest] ? i : narrowest;
    }
    for (uint32_t v = 0; v < g->count; v++) {
        double at[4];
        for (int i = 0; i < 4; i++) {
            double x = w->x[i][v] + (i % 2 == 0 ? low[narrowest] - low[i] : high[narrowest] - high[i]);
            int    k = i;
            for (; k > 0 && at[k - 1] > x; k--)
                at[k] = at[k - 1];
            at[k] = x;
        }
        g->x[v] = (at[1] + at[2]) / 2;
    }
}

bool tad__layered_place(tad__arena *arena, tad__layered *g)
{
    place_work w = {.g = g};
    g->x = tad__layered_take(arena, g->count, sizeof *g->x);
    w.flags = tad__layered_take(arena, g->link_count, sizeof *w.flags);
    w.root = tad__layered_take(arena, g->count, sizeof *w.root);
    w.next = tad__layered_take(arena, g->count, sizeof *w.next);
    w.waits = tad__layered_take(arena, g->count, sizeof *w.waits);
    w.queue = tad__layered_take(arena, g->count, sizeof *w.queue);
    bool enough = g->x && w.flags && w.root && w.next && w.waits && w.queue;
    for (int i = 0; i < 4; i++)
        enough &= (w.x[i] = tad__layered_take(arena, g->count, sizeof *w.x[i])) != NULL;
    if (!enough)
        return false;
    find_crossings(&w);
    find_yielding(&w);
    for (int i = 0; i < 4; i++) {
        make_blocks(&w, i < 2, i % 2 == 0);
        pack(&w, i % 2 == 0, w.x[i]);
    }
    combine(&w);
    return true;
}
