/* Order within layers: depth first from the results, then sweeps down and up that put each node at the median of its neighbours
 * and exchange neighbours, as long as fewer links cross. */
#include "tools/layered.h"

#include <stdlib.h>
#include <string.h>

/* How many sweeps, and how many of them without fewer crossings end them. Large graphs get fewer. */
enum { SWEEPS = 24, PATIENCE = 5, LARGE = 60000, SWEEPS_OF_LARGE = 8, EXCHANGE_BELOW = 20000 };

typedef struct ranked {
    double   key;
    uint32_t place, node;
} ranked;

typedef struct order_work {
    tad__layered *g;
    uint32_t     *tree; /* a Fenwick tree over the places of a layer */
    uint32_t     *best; /* the order with the least crossings so far */
    uint64_t      least;
    ranked       *ranked;
    uint32_t     *next, *stack,
        *filled; /* for the walk: of each node, its neighbour to go to next; of each layer, nodes so far */
    bool *seen;
} order_work;

static void set_places(tad__layered *g, uint32_t layer)
{
    for (uint32_t i = g->start[layer]; i < g->start[layer + 1]; i++)
        g->place[g->order[i]] = i - g->start[layer];
}

/* The links of a layer's nodes to one side: those of the far layer in order, each appended to its near end. */
static void sort_links(const tad__layered *g, uint32_t layer, bool down)
{
    const tad__layered_side *to = down ? &g->down : &g->up, *from = down ? &g->up : &g->down;
    if (down ? layer + 1 == g->layer_count : layer == 0)
        return;
    for (uint32_t i = g->start[layer]; i < g->start[layer + 1]; i++)
        g->filled[g->order[i]] = to->start[g->order[i]];
    uint32_t beyond = down ? layer + 1 : layer - 1;
    for (uint32_t i = g->start[beyond]; i < g->start[beyond + 1]; i++) {
        uint32_t far = g->order[i];
        for (uint32_t k = from->start[far]; k < from->start[far + 1]; k++) {
            uint32_t near = down ? g->links[from->links[k]].upper : g->links[from->links[k]].lower;
            to->links[g->filled[near]++] = from->links[k];
        }
    }
}

static void sort_all_links(const tad__layered *g)
{
    for (uint32_t layer = 0; layer < g->layer_count; layer++) {
        sort_links(g, layer, false);
        sort_links(g, layer, true);
    }
}

/* ---- crossings ---- */

/* Links go by upper and then lower ends: one crosses those before it that end further to the right. */
static uint64_t crossings_below(const order_work *w, uint32_t layer)
{
    const tad__layered *g = w->g;
    uint32_t            size = tad__layered_size(g, layer + 1), links = 0;
    uint64_t            sum = 0;
    memset(w->tree, 0, (size + 1) * sizeof *w->tree);
    for (uint32_t i = g->start[layer]; i < g->start[layer + 1]; i++) {
        uint32_t v = g->order[i];
        for (uint32_t k = g->down.start[v]; k < g->down.start[v + 1]; k++) {
            uint32_t at = g->place[g->links[g->down.links[k]].lower] + 1, left = 0;
            for (uint32_t j = at; j > 0; j &= j - 1)
                left += w->tree[j];
            sum += links - left;
            links++;
            for (uint32_t j = at; j <= size; j += j & (0 - j))
                w->tree[j]++;
        }
    }
    return sum;
}

static uint64_t crossings(const order_work *w)
{
    uint64_t sum = 0;
    for (uint32_t layer = 0; layer + 1 < w->g->layer_count; layer++)
        sum += crossings_below(w, layer);
    return sum;
}

static uint32_t far_place(const tad__layered *g, uint32_t link, bool down)
{
    return g->place[down ? g->links[link].lower : g->links[link].upper];
}

/* How many more links cross with a to the left of b than the other way round, to one side. */
static int64_t excess(const tad__layered *g, const tad__layered_side *side, bool down, uint32_t a, uint32_t b)
{
    int64_t  sum = 0;
    uint32_t less = side->start[b], not_more = side->start[b], end = side->start[b + 1];
    for (uint32_t i = side->start[a]; i < side->start[a + 1]; i++) {
        uint32_t at = far_place(g, side->links[i], down);
        while (less < end && far_place(g, side->links[less], down) < at)
            less++;
        while (not_more < end && far_place(g, side->links[not_more], down) <= at)
            not_more++;
        sum += (int64_t)(less - side->start[b]) - (int64_t)(end - not_more);
    }
    return sum;
}

/* Neighbours change places where that leaves fewer crossings. */
static void exchange(tad__layered *g)
{
    for (uint32_t layer = 0; layer < g->layer_count; layer++) {
        sort_links(g, layer, false);
        sort_links(g, layer, true);
        for (uint32_t i = g->start[layer]; i + 1 < g->start[layer + 1]; i++) {
            uint32_t a = g->order[i], b = g->order[i + 1];
            if (excess(g, &g->up, false, a, b) + excess(g, &g->down, true, a, b) > 0) {
                g->order[i] = b;
                g->order[i + 1] = a;
            }
        }
        set_places(g, layer);
    }
    sort_all_links(g);
}

/* ---- sweeps ---- */

static int by_key(const void *left, const void *right)
{
    const ranked *a = left, *b = right;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return a->place < b->place ? -1 : a->place > b->place;
}

/* Of the places that a node's links lead to: the median, or between two of them nearer to where it is crowded less. */
static double median(const tad__layered *g, const tad__layered_side *side, bool down, uint32_t v)
{
    uint32_t        n = side->start[v + 1] - side->start[v];
    const uint32_t *links = side->links + side->start[v];
    double          low = far_place(g, links[(n - 1) / 2], down), high = far_place(g, links[n / 2], down);
    if (n <= 2 || n % 2)
        return (low + high) / 2;
    double left = low - far_place(g, links[0], down), right = far_place(g, links[n - 1], down) - high;
    return left + right > 0 ? (low * right + high * left) / (left + right) : (low + high) / 2;
}

/* Nodes without neighbours there stay where they are. */
static void sort_layer(const order_work *w, uint32_t layer, bool down)
{
    tad__layered            *g = w->g;
    const tad__layered_side *side = down ? &g->down : &g->up;
    uint32_t                 n = 0, next = 0;
    sort_links(g, layer, down);
    for (uint32_t i = g->start[layer]; i < g->start[layer + 1]; i++) {
        uint32_t v = g->order[i];
        if (side->start[v] < side->start[v + 1])
            w->ranked[n++] = (ranked){median(g, side, down, v), g->place[v], v};
    }
    qsort(w->ranked, n, sizeof *w->ranked, by_key);
    for (uint32_t i = g->start[layer]; i < g->start[layer + 1]; i++) {
        uint32_t v = g->order[i];
        if (side->start[v] < side->start[v + 1])
            g->order[i] = w->ranked[next++].node;
    }
    set_places(g, layer);
}

/* Down: by the neighbours above. */
static void sweep(const order_work *w, bool down)
{
    const tad__layered *g = w->g;
    for (uint32_t i = 0; i < g->layer_count; i++)
        sort_layer(w, down ? i : g->layer_count - 1 - i, !down);
    sort_all_links(g);
}

/* The mirror image has as many crossings. The better one has more boxes in the order of their numbers. */
static void choose_side(tad__layered *g)
{
    int64_t rising = 0;
    for (uint32_t layer = 0; layer < g->layer_count; layer++) {
        uint32_t last = UINT32_MAX;
        for (uint32_t i = g->start[layer]; i < g->start[layer + 1]; i++) {
            uint32_t v = g->order[i];
            if (tad__layered_is_bend(g, v))
                continue;
            rising += last == UINT32_MAX ? 0 : last < v ? 1 : -1;
            last = v;
        }
    }
    for (uint32_t layer = 0; layer < g->layer_count && rising < 0; layer++) {
        uint32_t *order = g->order + g->start[layer], n = tad__layered_size(g, layer);
        for (uint32_t i = 0; i < n / 2; i++) {
            uint32_t v = order[i];
            order[i] = order[n - 1 - i];
            order[n - 1 - i] = v;
        }
    }
}

/* Sweeps, from the order that is there; the best goes to w->best. */
static void improve(order_work *w)
{
    tad__layered *g = w->g;
    bool          large = g->count > LARGE;
    for (int i = 0, patience = PATIENCE; i < (large ? SWEEPS_OF_LARGE : SWEEPS) && patience > 0; i++) {
        uint64_t now = crossings(w);
        patience = now < w->least ? PATIENCE : patience - 1;
        if (now < w->least) {
            w->least = now;
            memcpy(w->best, g->order, g->count * sizeof *w->best);
        }
        if (now == 0)
            return;
        sweep(w, i % 2 == 0);
        if (g->count < EXCHANGE_BELOW)
            exchange(g);
    }
}

/* ---- the first order ---- */

static uint32_t links_up(const tad__layered *g, uint32_t v)
{
    return g->up.start[v + 1] - g->up.start[v];
}

/* Neighbour k of v: those above come first. */
static uint32_t neighbour(const tad__layered *g, uint32_t v, uint32_t k)
{
    uint32_t ups = links_up(g, v);
    return k < ups ? g->links[g->up.links[g->up.start[v] + k]].upper
                   : g->links[g->down.links[g->down.start[v] + k - ups]].lower;
}

static uint32_t degree(const tad__layered *g, uint32_t v, bool both)
{
    return links_up(g, v) + (both ? g->down.start[v + 1] - g->down.start[v] : 0);
}

/* Depth first from a result: to operands, from left to right, and if `both`, on to what else uses them. With a stack of our
 * own. */
static void walk_from(const order_work *w, uint32_t result, bool both)
{
    const tad__layered *g = w->g;
    uint32_t            depth = 0;
    for (uint32_t v = result;;) {
        if (!w->seen[v]) {
            w->seen[v] = true;
            w->next[v] = 0;
            g->order[g->start[g->layer[v]] + w->filled[g->layer[v]]++] = v;
            w->stack[depth++] = v;
        }
        while (depth > 0 && w->next[w->stack[depth - 1]] == degree(g, w->stack[depth - 1], both))
            depth--;
        if (depth == 0)
            return;
        v = neighbour(g, w->stack[depth - 1], w->next[w->stack[depth - 1]]++);
    }
}

/* From each result; if `both`, first from those at an end of the graph, which have one neighbour. */
static void walk(const order_work *w, bool both)
{
    tad__layered *g = w->g;
    memset(w->seen, 0, g->count * sizeof *w->seen);
    memset(w->filled, 0, g->layer_count * sizeof *w->filled);
    for (int ends = both; ends >= 0; ends--)
        for (uint32_t v = 0; v < g->box_count; v++)
            if (g->down.start[v] == g->down.start[v + 1] && (!ends || links_up(g, v) == 1))
                walk_from(w, v, both);
    for (uint32_t layer = 0; layer < g->layer_count; layer++)
        set_places(g, layer);
    sort_all_links(g);
}

static bool take_memory(tad__arena *arena, order_work *w)
{
    tad__layered *g = w->g;
    g->start = tad__layered_take(arena, (size_t)g->layer_count + 1, sizeof *g->start);
    g->order = tad__layered_take(arena, g->count, sizeof *g->order);
    g->place = tad__layered_take(arena, g->count, sizeof *g->place);
    g->filled = tad__layered_take(arena, g->count, sizeof *g->filled);
    w->tree = tad__layered_take(arena, (size_t)g->count + 1, sizeof *w->tree);
    w->best = tad__layered_take(arena, g->count, sizeof *w->best);
    w->ranked = tad__layered_take(arena, g->count, sizeof *w->ranked);
    w->next = tad__layered_take(arena, g->count, sizeof *w->next);
    w->stack = tad__layered_take(arena, g->count, sizeof *w->stack);
    w->filled = tad__layered_take(arena, g->layer_count, sizeof *w->filled);
    w->seen = tad__layered_take(arena, g->count, sizeof *w->seen);
    return g->start && g->order && g->place && g->filled && w->tree && w->best && w->ranked && w->next && w->stack &&
           w->filled && w->seen;
}

bool tad__layered_order(tad__arena *arena, tad__layered *g)
{
    order_work w = {.g = g, .least = UINT64_MAX};
    if (!take_memory(arena, &w))
        return false;
    for (uint32_t v = 0; v < g->count; v++)
        g->start[g->layer[v] + 1]++;
    for (uint32_t layer = 0; layer < g->layer_count; layer++)
        g->start[layer + 1] += g->start[layer];
    walk(&w, false);
    improve(&w);
    if (w.least > 0 && g->count < EXCHANGE_BELOW) {
        walk(&w, true);
        improve(&w);
    }
    memcpy(g->order, w.best, g->count * sizeof *w.best);
    choose_side(g);
    for (uint32_t layer = 0; layer < g->layer_count; layer++)
        set_places(g, layer);
    sort_all_links(g);
    return true;
}
