/* After places are found: what stands straight below each other is moved together, towards what it is linked with, as far as its
 * neighbours let it. Arrows get shorter with every move, and the picture narrower. */
#include "tools/layered.h"

#include <math.h>
#include <stdlib.h>

/* Large graphs get fewer. */
enum { ROUNDS = 12, LARGE = 20000, ROUNDS_OF_LARGE = 3 };

typedef struct tighten_work {
    tad__layered *g;
    uint32_t     *next;  /* of each node: the next of its block; the first behind the last */
    bool         *first; /* is it the first of its block? */
    double       *ways;
} tighten_work;

/* A node belongs to the block of the node straight above it. */
static void make_blocks(const tighten_work *w)
{
    const tad__layered *g = w->g;
    for (uint32_t i = 0; i < g->count; i++) {
        uint32_t v = g->order[i];
        w->next[v] = v;
        w->first[v] = true;
        for (uint32_t k = g->up.start[v]; k < g->up.start[v + 1] && w->first[v]; k++) {
            uint32_t u = g->links[g->up.links[k]].upper;
            if (fabs(g->x[u] - g->x[v]) > 1e-3)
                continue;
            w->next[v] = w->next[u];
            w->next[u] = v;
            w->first[v] = false;
        }
    }
}

static int by_size(const void *left, const void *right)
{
    const double *a = left, *b = right;
    return *a < *b ? -1 : *a > *b;
}

/* To what it is linked with: the median of all ways, and how far neighbours let it go. */
static void move_block(const tighten_work *w, uint32_t first)
{
    tad__layered *g = w->g;
    double        least = -HUGE_VAL, most = HUGE_VAL;
    uint32_t      v = first, n = 0;
    do {
        uint32_t left = tad__layered_beside(g, v, false), right = tad__layered_beside(g, v, true);
        if (left != UINT32_MAX)
            least = fmax(least, g->x[left] + tad__layered_distance(g, left, v) - g->x[v]);
        if (right != UINT32_MAX)
            most = fmin(most, g->x[right] - tad__layered_distance(g, v, right) - g->x[v]);
        for (uint32_t k = g->up.start[v]; k < g->up.start[v + 1]; k++)
            w->ways[n++] = g->x[g->links[g->up.links[k]].upper] - g->x[v];
        for (uint32_t k = g->down.start[v]; k < g->down.start[v + 1]; k++)
            w->ways[n++] = g->x[g->links[g->down.links[k]].lower] - g->x[v];
        v = w->next[v];
    } while (v != first);
    uint32_t others = 0; /* links within the block want it to stay, but it moves as a whole */
    for (uint32_t i = 0; i < n; i++)
        if (fabs(w->ways[i]) > 1e-3)
            w->ways[others++] = w->ways[i];
    if (others == 0)
        return;
    qsort(w->ways, others, sizeof *w->ways, by_size);
    double low = w->ways[(others - 1) / 2], high = w->ways[others / 2];
    double way = fmax(least, fmin(most, low > 0 || high < 0 ? (low + high) / 2 : 0));
    if (least > most || fabs(way) < 0.5)
        return;
    do {
        g->x[v] += way;
        v = w->next[v];
    } while (v != first);
}

bool tad__layered_tighten(tad__arena *arena, tad__layered *g)
{
    tighten_work w = {.g = g};
    w.next = tad__layered_take(arena, g->count, sizeof *w.next);
    w.first = tad__layered_take(arena, g->count, sizeof *w.first);
    w.ways = tad__layered_take(arena, 2 * (size_t)g->link_count, sizeof *w.ways);
    if (!w.next || !w.first || !w.ways)
        return false;
    make_blocks(&w);
    for (int round = 0; round < (g->count > LARGE ? ROUNDS_OF_LARGE : ROUNDS); round++)
        for (uint32_t i = 0; i < g->count; i++) {
            uint32_t v = g->order[round % 2 ? g->count - 1 - i : i];
            if (w.first[v])
                move_block(&w, v);
        }
    return true;
}
