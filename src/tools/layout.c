/* Layers, and at the end coordinates of boxes and points of arrows. */
#include "tools/layout.h"

#include "tools/layered.h"

#include <math.h>
#include <string.h>

/* An arrow that spans many layers bends in each; a graph may have as many bends as this allows, and its longest arrows, if
 * there are more, go straight from end to end. */
enum { BENDS_PER_BOX = 30, BENDS = 20000 };

typedef struct layout_work {
    tad__arena  *arena;
    tad__layout *layout;
    tad__layered g;
    uint32_t    *bends;        /* of each box: the number of its first bend; arrows from one box share their bends */
    uint32_t    *lengths;      /* of each box: how many bends it has */
    uint32_t     longest;      /* arrows that span more layers have no bends */
    double      *top, *bottom; /* of each layer */
    double      *arrival;      /* of each arrow: x where it ends */
} layout_work;

void *tad__layered_take(tad__arena *arena, size_t count, size_t item_bytes)
{
    size_t bytes;
    void  *items = tad__multiply(count, item_bytes, &bytes) ? tad__arena_take(arena, bytes) : NULL;
    if (items)
        memset(items, 0, bytes);
    return items;
}

/* The ends of an arrow by number. */
static uint32_t low_end(const tad__layout_arrow *arrow)
{
    return arrow->from < arrow->to ? arrow->from : arrow->to;
}

static uint32_t high_end(const tad__layout_arrow *arrow)
{
    return arrow->from < arrow->to ? arrow->to : arrow->from;
}

/* ---- layers ---- */

/* Each box as high up as its operands allow, and then as far down as shortens arrows, those from leaves aside: what only it uses
 * moves along. */
static bool choose_layers(layout_work *w)
{
    const tad__layout *l = w->layout;
    uint32_t           n = l->box_count, *layer = w->g.layer;
    uint32_t          *start = tad__layered_take(w->arena, (size_t)n + 2, sizeof *start);
    uint32_t          *into = tad__layered_take(w->arena, l->arrow_count, sizeof *into); /* arrows by high end */
    uint32_t          *outs = tad__layered_take(w->arena, n, sizeof *outs);
    uint32_t          *pull = tad__layered_take(w->arena, n, sizeof *pull);
    uint32_t          *room = tad__layered_take(w->arena, n, sizeof *room); /* the lowest layer its users allow */
    if (!start || !into || !outs || !pull || !room)
        return false;
    for (uint32_t i = 0; i < l->arrow_count; i++) {
        start[high_end(&l->arrows[i]) + 2]++;
        outs[low_end(&l->arrows[i])]++;
    }
    for (uint32_t v = 0; v < n; v++)
        start[v + 2] += start[v + 1];
    for (uint32_t i = 0; i < l->arrow_count; i++)
        into[start[high_end(&l->arrows[i]) + 1]++] = i;
    for (uint32_t v = 0; v < n; v++) {
        room[v] = UINT32_MAX;
        for (uint32_t i = start[v]; i < start[v + 1]; i++) {
            uint32_t u = low_end(&l->arrows[into[i]]);
            if (u == v)
                continue;
            layer[v] = layer[v] > layer[u] ? layer[v] : layer[u] + 1;
            pull[v] += start[u] < start[u + 1] && (outs[u] > 1 || pull[u] > 0);
        }
    }
    for (uint32_t v = n; v-- > 0;) {
        if (room[v] != UINT32_MAX && outs[v] > pull[v])
            layer[v] = room[v];
        for (uint32_t i = start[v]; i < start[v + 1]; i++) {
            uint32_t u = low_end(&l->arrows[into[i]]);
            if (u != v && room[u] > layer[v] - 1)
                room[u] = layer[v] - 1;
        }
        w->g.layer_count = w->g.layer_count > layer[v] ? w->g.layer_count : layer[v] + 1;
    }
    return true;
}

/* ---- bends and links ---- */

static uint32_t span(const layout_work *w, const tad__layout_arrow *arrow)
{
    return w->g.layer[high_end(arrow)] - w->g.layer[low_end(arrow)];
}

static bool has_links(const layout_work *w, const tad__layout_arrow *arrow)
{
    return arrow->from != arrow->to && span(w, arrow) <= w->longest;
}

static size_t count_bends(layout_work *w)
{
    const tad__layout *l = w->layout;
    size_t             sum = 0;
    memset(w->lengths, 0, l->box_count * sizeof *w->lengths);
    for (uint32_t i = 0; i < l->arrow_count; i++) {
        uint32_t u = low_end(&l->arrows[i]), length = span(w, &l->arrows[i]) - 1;
        if (has_links(w, &l->arrows[i]) && length > w->lengths[u]) {
            sum += length - w->lengths[u];
            w->lengths[u] = length;
        }
    }
    return sum;
}

/* The node by which arrows of box u pass `layer`, or start. */
static uint32_t passes(const layout_work *w, uint32_t u, uint32_t layer)
{
    uint32_t below = layer - w->g.layer[u];
    return below ? w->bends[u] + below - 1 : u;
}

static bool make_side(tad__arena *arena, const tad__layered *g, tad__layered_side *side)
{
    side->start = tad__layered_take(arena, (size_t)g->count + 2, sizeof *side->start);
    side->links = tad__layered_take(arena, g->link_count, sizeof *side->links);
    return side->start && side->links;
}

static bool make_links(layout_work *w)
{
    tad__layered      *g = &w->g;
    const tad__layout *l = w->layout;
    size_t             bends, most = (size_t)BENDS_PER_BOX * l->box_count + BENDS;
    for (w->longest = g->layer_count; (bends = count_bends(w)) > most; w->longest /= 2)
        ;
    g->count = l->box_count + (uint32_t)bends;
    g->links = tad__layered_take(w->arena, bends + l->arrow_count, sizeof *g->links);
    uint32_t *layer = tad__layered_take(w->arena, g->count, sizeof *layer);
    g->width = tad__layered_take(w->arena, g->count, sizeof *g->width);
    if (!g->links || !layer || !g->width)
        return false;
    memcpy(layer, g->layer, l->box_count * sizeof *layer);
    g->layer = layer;
    uint32_t next = l->box_count;
    for (uint32_t v = 0; v < l->box_count; v++) {
        g->width[v] = l->boxes[v].width;
        w->bends[v] = next;
        for (uint32_t i = 0; i < w->lengths[v]; i++, next++) {
            g->layer[next] = g->layer[v] + i + 1;
            g->links[g->link_count++] = (tad__layered_link){passes(w, v, g->layer[next] - 1), next};
        }
    }
    for (uint32_t i = 0; i < l->arrow_count; i++) {
        uint32_t high = high_end(&l->arrows[i]);
        if (has_links(w, &l->arrows[i]))
            g->links[g->link_count++] =
                (tad__layered_link){passes(w, low_end(&l->arrows[i]), g->layer[high] - 1), high};
    }
    return make_side(w->arena, g, &g->up) && make_side(w->arena, g, &g->down);
}

/* Counts the links of each node to both sides; for `down` in the order of links, `up` likewise. */
static void fill_sides(tad__layered *g)
{
    for (uint32_t e = 0; e < g->link_count; e++) {
        g->up.start[g->links[e].lower + 2]++;
        g->down.start[g->links[e].upper + 2]++;
    }
    for (uint32_t v = 0; v < g->count; v++) {
        g->up.start[v + 2] += g->up.start[v + 1];
        g->down.start[v + 2] += g->down.start[v + 1];
    }
    for (uint32_t e = 0; e < g->link_count; e++) {
        g->up.links[g->up.start[g->links[e].lower + 1]++] = e;
        g->down.links[g->down.start[g->links[e].upper + 1]++] = e;
    }
}

/* ---- coordinates ---- */

/* Tops and bottoms of layers. Where links have far to go sideways the gap is wider. */
static bool place_layers(layout_work *w)
{
    const tad__layout  *l = w->layout;
    const tad__layered *g = &w->g;
    double             *sideways = tad__layered_take(w->arena, g->layer_count, sizeof *sideways);
    w->top = tad__layered_take(w->arena, g->layer_count, sizeof *w->top);
    w->bottom = tad__layered_take(w->arena, g->layer_count, sizeof *w->bottom);
    if (!sideways || !w->top || !w->bottom)
        return false;
    for (uint32_t e = 0; e < g->link_count; e++) {
        double *most = &sideways[g->layer[g->links[e].lower]];
        *most = fmax(*most, fabs(g->x[g->links[e].upper] - g->x[g->links[e].lower]));
    }
    for (uint32_t v = 0; v < l->box_count; v++)
        if (l->boxes[v].height > w->bottom[g->layer[v]])
            w->bottom[g->layer[v]] = l->boxes[v].height;
    for (uint32_t i = 0; i < g->layer_count; i++) {
        w->top[i] = i ? w->bottom[i - 1] + l->gap_y * fmin(3, 1 + fmax(0, sideways[i] - 4 * l->gap_y) / 400) : 0;
        w->bottom[i] += w->top[i];
    }
    return true;
}

static void place_boxes(const layout_work *w)
{
    tad__layout        *l = w->layout;
    const tad__layered *g = &w->g;
    double              left = 0, right = 0;
    for (uint32_t v = 0; v < g->count; v++) {
        left = v == 0 || g->x[v] - g->width[v] / 2 < left ? g->x[v] - g->width[v] / 2 : left;
        right = v == 0 || g->x[v] + g->width[v] / 2 > right ? g->x[v] + g->width[v] / 2 : right;
    }
    for (uint32_t v = 0; v < g->count; v++)
        g->x[v] -= left;
    for (uint32_t v = 0; v < l->box_count; v++) {
        tad__layout_box *box = &l->boxes[v];
        box->layer = g->layer[v];
        box->x = g->x[v] - box->width / 2;
        box->y = (w->top[box->layer] + w->bottom[box->layer] - box->height) / 2;
    }
    l->width = right - left;
    l->height = g->layer_count ? w->bottom[g->layer_count - 1] : 0;
    l->layer_count = g->layer_count;
}

/* Arrows end on the upper side of their box where they come from above, but apart from each other. `at`: where the links of
 * v come from, from left to right, and where they end. */
static void spread(const tad__layout_box *box, uint32_t n, double at[])
{
    double left = box->x + 0.2 * box->width, right = box->x + 0.8 * box->width;
    double apart = n > 1 && (right - left) / (n - 1) < 12 ? (right - left) / (n - 1) : 12;
    for (uint32_t i = 0; i < n; i++) {
        double least = i ? at[i - 1] + apart : left;
        at[i] = at[i] < right ? at[i] : right;
        at[i] = at[i] > least ? at[i] : least;
    }
    for (uint32_t i = n; i-- > 0;) {
        double most = i + 1 < n ? at[i + 1] - apart : right;
        at[i] = at[i] < most ? at[i] : most;
    }
}

/* `ends`: of each link, where it ends. */
static void choose_ends(const layout_work *w, double ends[], double at[])
{
    const tad__layered *g = &w->g;
    for (uint32_t v = 0; v < g->count; v++) {
        const uint32_t *links = g->up.links + g->up.start[v];
        uint32_t        n = g->up.start[v + 1] - g->up.start[v];
        for (uint32_t i = 0; i < n; i++)
            at[i] = tad__layered_is_bend(g, v) ? g->x[v] : g->x[g->links[links[i]].upper];
        if (!tad__layered_is_bend(g, v))
            spread(&w->layout->boxes[v], n, at);
        for (uint32_t i = 0; i < n; i++)
            ends[links[i]] = at[i];
    }
}

static void reverse(tad__layout_point points[], uint32_t n)
{
    for (uint32_t i = 0; i < n / 2; i++) {
        tad__layout_point other = points[i];
        points[i] = points[n - 1 - i];
        points[n - 1 - i] = other;
    }
}

/* From the lower side of u to the upper side of v: across each gap, and straight past each layer. */
static uint32_t draw_arrow(const layout_work *w, const tad__layout_arrow *arrow, double end, tad__layout_point points[])
{
    const tad__layered    *g = &w->g;
    uint32_t               u = low_end(arrow), v = high_end(arrow), n = 0;
    const tad__layout_box *from = &w->layout->boxes[u], *to = &w->layout->boxes[v];
    points[n++] = (tad__layout_point){g->x[u], from->y + from->height};
    for (uint32_t i = from->layer; i < to->layer; i++) {
        bool last = i + 1 == to->layer;
        if (!has_links(w, arrow) && i > from->layer && !last)
            continue;
        if (has_links(w, arrow) || i == from->layer)
            points[n++] = (tad__layout_point){g->x[passes(w, u, i)], w->bottom[i]};
        if (has_links(w, arrow) || last)
            points[n++] = (tad__layout_point){last ? end : g->x[passes(w, u, i + 1)], w->top[i + 1]};
    }
    points[n++] = (tad__layout_point){end, to->y};
    if (arrow->from > arrow->to)
        reverse(points, n);
    return n;
}

static bool draw_arrows(layout_work *w)
{
    tad__layout *l = w->layout;
    size_t       most = 0;
    double      *ends = tad__layered_take(w->arena, w->g.link_count, sizeof *ends);
    double      *at = tad__layered_take(w->arena, w->g.link_count, sizeof *at);
    for (uint32_t i = 0; i < l->arrow_count; i++)
        most += has_links(w, &l->arrows[i]) ? 2 + 2 * (size_t)span(w, &l->arrows[i]) : 4;
    l->points = tad__layered_take(w->arena, most, sizeof *l->points);
    if (!ends || !at || !l->points)
        return false;
    choose_ends(w, ends, at);
    uint32_t link = w->g.count - l->box_count, next = 0; /* those of bends come first */
    for (uint32_t i = 0; i < l->arrow_count; i++) {
        tad__layout_arrow *arrow = &l->arrows[i];
        arrow->first_point = next;
        if (arrow->from != arrow->to)
            next += draw_arrow(w, arrow, has_links(w, arrow) ? ends[link] : w->g.x[high_end(arrow)], l->points + next);
        link += has_links(w, arrow);
        arrow->points = next - arrow->first_point;
    }
    return true;
}

bool tad__layout_run(tad__arena *arena, tad__layout *layout)
{
    layout_work w = {.arena = arena, .layout = layout};
    w.g.box_count = layout->box_count;
    w.g.gap = layout->gap_x;
    w.g.layer = tad__layered_take(arena, layout->box_count, sizeof *w.g.layer);
    w.bends = tad__layered_take(arena, layout->box_count, sizeof *w.bends);
    w.lengths = tad__layered_take(arena, layout->box_count, sizeof *w.lengths);
    if (!w.g.layer || !w.bends || !w.lengths || !choose_layers(&w) || !make_links(&w))
        return false;
    fill_sides(&w.g);
    if (!tad__layered_order(arena, &w.g) || !tad__layered_place(arena, &w.g) || !tad__layered_tighten(arena, &w.g) ||
        !place_layers(&w))
        return false;
    place_boxes(&w);
    return draw_arrows(&w);
}
