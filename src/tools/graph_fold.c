/* Folding. A group of boxes becomes one box. No step can make a cycle: what is used by one box only may join it, and so may
 * neighbours in an order in which operands come before what uses them. */
#include "tools/graph.h"

#include "tape/tape.h"

#include <string.h>

static const uint32_t nobody = UINT32_MAX, several = UINT32_MAX - 1;

static bool is_leaf(const tad__box *box)
{
    return box->kind == TAD__BOX_INPUT || box->kind == TAD__BOX_CONSTANT;
}

/* ---- boxes from groups ---- */

/* Boxes that are roots stay, in their order; `new_of` is where they go. */
static void keep_roots(tad__graph *graph, const uint32_t root[], bool folds, uint32_t new_of[])
{
    uint32_t next = 0;
    for (uint32_t b = 0; b < graph->box_count; b++)
        graph->boxes[b].count = 0;
    for (uint32_t b = 0; b < graph->box_count; b++)
        graph->boxes[root[b]].count++; /* for now, of boxes */
    for (uint32_t b = 0; b < graph->box_count; b++) {
        if (root[b] != b)
            continue;
        tad__box box = graph->boxes[b];
        if (folds && box.count > 1)
            box.kind = TAD__BOX_FOLD;
        box.count = 0;
        new_of[b] = next;
        graph->boxes[next++] = box;
    }
    graph->box_count = next;
}

static void list_members(tad__graph *graph)
{
    uint32_t first = 0;
    for (uint32_t id = 0; id < graph->node_count; id++)
        if (graph->box_of[id] != TAD__NO_BOX)
            graph->boxes[graph->box_of[id]].count++;
    for (uint32_t b = 0; b < graph->box_count; b++) {
        graph->boxes[b].first = first;
        first += graph->boxes[b].count;
        graph->boxes[b].count = 0;
    }
    for (uint32_t id = 0; id < graph->node_count; id++) {
        if (graph->box_of[id] == TAD__NO_BOX)
            continue;
        tad__box *box = &graph->boxes[graph->box_of[id]];
        graph->members[box->first + box->count++] = id;
    }
}

/* `slot`: of each box, which link led from it last. */
static void list_links(tad__graph *graph, uint32_t slot[])
{
    memset(slot, 0xff, graph->box_count * sizeof *slot);
    graph->link_count = 0;
    for (uint32_t b = 0; b < graph->box_count; b++) {
        tad__box *box = &graph->boxes[b];
        box->first_link = graph->link_count;
        for (uint32_t i = 0; i < box->count; i++) {
            const uint32_t *in;
            int             n = tad__operands(graph->tape, graph->members[box->first + i], &in);
            for (int k = 0; k < n; k++) {
                uint32_t from = graph->box_of[in[k]];
                if (from == b)
                    continue;
                if (slot[from] != nobody && slot[from] >= box->first_link)
                    graph->links[slot[from]].times += box->count == 1;
                else {
                    slot[from] = graph->link_count;
                    graph->links[graph->link_count++] = (tad__link){from, b, 1};
                }
            }
        }
        box->links = graph->link_count - box->first_link;
    }
}

/* Room for members and links, of which there are never more than in the beginning. */
static bool make_room(tad__graph *graph)
{
    size_t operands = 0;
    for (uint32_t b = 0; b < graph->box_count; b++) {
        const uint32_t *in;
        operands += (size_t)tad__operands(graph->tape, graph->boxes[b].id, &in);
    }
    graph->members = tad__arena_take(&graph->arena, graph->box_count * sizeof *graph->members);
    graph->links = tad__arena_take(&graph->arena, operands * sizeof *graph->links);
    return graph->members && graph->links;
}

bool tad__graph_regroup(tad__graph *graph, uint32_t root[], bool folds)
{
    if (!graph->members && !make_room(graph))
        return false;
    uint32_t *scratch = tad__arena_take(&graph->arena, graph->box_count * sizeof *scratch);
    if (!scratch)
        return false;
    keep_roots(graph, root, folds, scratch);
    for (uint32_t id = 0; id < graph->node_count; id++)
        if (graph->box_of[id] != TAD__NO_BOX)
            graph->box_of[id] = scratch[root[graph->box_of[id]]];
    list_members(graph);
    list_links(graph, scratch);
    tad__arena_rewind(&graph->arena, scratch);
    return true;
}

/* ---- steps: each sets the root of every box ---- */

/* More nodes than this are no formula that one could read. */
enum { TERMS = 12 };

static bool joins_formula(const tad__graph *graph, const tad__box *box, const tad__box *user)
{
    if (user->kind != TAD__BOX_OPERATION || box->count + user->count > TERMS)
        return false;
    return (box->kind == TAD__BOX_CONSTANT || box->kind == TAD__BOX_OPERATION) &&
           !tad_name(tad__handle(graph->tape, box->id));
}

/* A leaf of the fold's scope, or one that has none to speak of. */
static bool joins_fold(const tad__graph *graph, const tad__box *box, const tad__box *user)
{
    return is_leaf(box) && user->kind == TAD__BOX_FOLD &&
           (!tad_name(tad__handle(graph->tape, box->id)) ||
            tad__scope_at(graph, box->scope, graph->scopes[user->scope].depth) == user->scope);
}

/* What is used by one box only joins it, if `joins` says so: results first, so that whole trees do. */
static void join_users(tad__graph *graph, uint32_t root[], uint32_t user[],
                       bool (*joins)(const tad__graph *graph, const tad__box *box, const tad__box *user))
{
    memset(user, 0xff, graph->box_count * sizeof *user);
    for (uint32_t b = graph->box_count; b-- > 0;) {
        const tad__box *box = &graph->boxes[b];
        bool            alone = box->output || user[b] == nobody || user[b] == several;
        root[b] = alone || !joins(graph, box, &graph->boxes[user[b]]) ? b : user[b];
        if (root[b] != b)
            graph->boxes[root[b]].count += box->count;
        for (uint32_t i = 0; i < box->links; i++) {
            uint32_t *of = &user[graph->links[box->first_link + i].from];
            *of = *of == nobody || *of == root[b] ? root[b] : several;
        }
    }
}

/* Operations that were recorded one after the other and are in the same scope, at that depth. */
static void join_scope(const tad__graph *graph, uint32_t root[], uint32_t depth)
{
    uint32_t last = nobody;
    for (uint32_t b = graph->box_count; b-- > 0;) {
        const tad__box *box = &graph->boxes[b];
        root[b] = b;
        if (is_leaf(box))
            continue;
        if (box->output || graph->scopes[box->scope].depth < depth)
            last = nobody;
        else if (last != nobody &&
                 tad__scope_at(graph, box->scope, depth) == tad__scope_at(graph, graph->boxes[last].scope, depth))
            root[b] = last;
        else
            last = b;
    }
}

/* Neighbours, so that no more than `most` groups are left. Of operations the root is the last, of leaves the first. */
static void join_neighbours(const tad__graph *graph, uint32_t root[], bool leaves, size_t most)
{
    size_t   total = 0, seen = 0, last_part = SIZE_MAX;
    uint32_t last = nobody;
    for (uint32_t b = 0; b < graph->box_count; b++)
        total += is_leaf(&graph->boxes[b]) == leaves && !graph->boxes[b].output;
    for (uint32_t i = 0; i < graph->box_count; i++) {
        uint32_t        b = leaves ? i : graph->box_count - 1 - i;
        const tad__box *box = &graph->boxes[b];
        root[b] = b;
        if (is_leaf(box) != leaves)
            continue;
        if (box->output) {
            last = leaves ? last : nobody;
            continue;
        }
        size_t part = total > most ? seen * most / total : seen;
        if (last != nobody && part == last_part)
            root[b] = last;
        else
            last = b;
        last_part = part;
        seen++;
    }
}

/* The scopes of groups: the innermost that holds all operations of it. */
static void set_scopes(tad__graph *graph, const uint32_t root[])
{
    for (uint32_t b = 0; b < graph->box_count; b++) {
        uint32_t *scope = &graph->boxes[root[b]].scope, other = graph->boxes[b].scope;
        if (is_leaf(&graph->boxes[b]) && !is_leaf(&graph->boxes[root[b]]))
            continue;
        while (*scope != tad__scope_at(graph, other, graph->scopes[*scope].depth))
            *scope = graph->scopes[*scope].parent;
    }
}

static bool apply(tad__graph *graph, uint32_t root[], bool folds)
{
    if (folds)
        set_scopes(graph, root);
    return tad__graph_regroup(graph, root, folds);
}

static bool fold_formulas(tad__graph *graph, uint32_t root[], uint32_t user[])
{
    join_users(graph, root, user, joins_formula);
    return apply(graph, root, false);
}

static bool fold_scopes(tad__graph *graph, uint32_t root[], uint32_t user[])
{
    uint32_t deepest = 0;
    for (uint32_t b = 0; b < graph->box_count; b++)
        deepest =
            graph->scopes[graph->boxes[b].scope].depth > deepest ? graph->scopes[graph->boxes[b].scope].depth : deepest;
    for (uint32_t depth = deepest; depth > 0 && graph->box_count > graph->options.most_boxes; depth--) {
        join_scope(graph, root, depth);
        if (!apply(graph, root, true))
            return false;
        join_users(graph, root, user, joins_fold);
        if (!apply(graph, root, true))
            return false;
    }
    return true;
}

static bool fold_neighbours(tad__graph *graph, uint32_t root[], uint32_t user[])
{
    size_t most = graph->options.most_boxes, operations = 0;
    join_neighbours(graph, root, false, most > 2 ? most - most / 3 : 1);
    if (!apply(graph, root, true))
        return false;
    join_users(graph, root, user, joins_fold);
    if (!apply(graph, root, true))
        return false;
    if (graph->box_count <= most)
        return true;
    for (uint32_t b = 0; b < graph->box_count; b++)
        operations += !is_leaf(&graph->boxes[b]);
    join_neighbours(graph, root, true, most > operations ? most - operations : 1);
    return apply(graph, root, true);
}

bool tad__graph_fold(tad__graph *graph)
{
    size_t    most = graph->options.most_boxes;
    uint32_t *root = tad__arena_take(&graph->arena, graph->box_count * sizeof *root);
    uint32_t *user = tad__arena_take(&graph->arena, graph->box_count * sizeof *user);
    if (!root || !user)
        return false;
    if (graph->options.formulas && !fold_formulas(graph, root, user))
        return false;
    if (graph->box_count > most && !fold_scopes(graph, root, user))
        return false;
    if (graph->box_count > most && !fold_formulas(graph, root, user))
        return false;
    return graph->box_count <= most || fold_neighbours(graph, root, user);
}
