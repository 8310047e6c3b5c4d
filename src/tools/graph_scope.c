/* Scopes: names with dots, "encoder.0.w", say which part of a model a node belongs to. Unnamed nodes belong to the part whose
 * parameters they use, or else to the part in which their operands are. */
#include "tools/graph.h"

#include "base/table.h"
#include "tape/tape.h"

#include <string.h>

/* A scope while they are found, by its whole name. */
typedef struct entry {
    const char    *name;
    uint32_t       scope;
    UT_hash_handle hh;
} entry;

typedef struct scope_work {
    tad__graph *graph;
    entry      *table;
    size_t      capacity; /* of graph->scopes */
} scope_work;

static const uint32_t no_scope = UINT32_MAX;

uint32_t tad__scope_at(const tad__graph *graph, uint32_t scope, uint32_t depth)
{
    while (graph->scopes[scope].depth > depth)
        scope = graph->scopes[scope].parent;
    return scope;
}

/* The innermost scope that holds both; either may be no_scope. */
static uint32_t common(const tad__graph *graph, uint32_t a, uint32_t b)
{
    if (a == no_scope || b == no_scope)
        return a == no_scope ? b : a;
    while (a != b) {
        uint32_t *deeper = graph->scopes[a].depth >= graph->scopes[b].depth ? &a : &b;
        *deeper = graph->scopes[*deeper].parent;
    }
    return a;
}

/* The scope called by the first `length` bytes of `name`, in `parent`; UINT32_MAX: no memory. */
static uint32_t intern(scope_work *w, const char *name, uint32_t length, uint32_t parent)
{
    tad__graph          *graph = w->graph;
    const tad_allocator *table_allocator = graph->arena.allocator;
    bool                 out_of_memory = false;
    entry               *e;
    HASH_FIND(hh, w->table, name, length, e);
    if (e)
        return e->scope;
    if (graph->scope_count == w->capacity) {
        size_t            twice = 2 * w->capacity;
        tad__graph_scope *scopes = tad__arena_take(&graph->arena, twice * sizeof *scopes);
        if (!scopes)
            return UINT32_MAX;
        memcpy(scopes, graph->scopes, w->capacity * sizeof *scopes);
        graph->scopes = scopes;
        w->capacity = twice;
    }
    e = tad__arena_take(&graph->arena, sizeof *e);
    if (!e)
        return UINT32_MAX;
    *e = (entry){.name = name, .scope = graph->scope_count};
    HASH_ADD_KEYPTR(hh, w->table, e->name, length, e);
    if (out_of_memory)
        return UINT32_MAX;
    graph->scopes[graph->scope_count] = (tad__graph_scope){name, length, parent, graph->scopes[parent].depth + 1};
    return graph->scope_count++;
}

/* The deepest scope of a name: what stands before its last dot. */
static uint32_t scope_of_name(scope_work *w, const char *name)
{
    uint32_t scope = 0;
    for (const char *dot = strchr(name, '.'); dot && scope != UINT32_MAX; dot = strchr(dot + 1, '.'))
        if (dot > name)
            scope = intern(w, name, (uint32_t)(dot - name), scope);
    return scope;
}

static uint32_t scope_of_operands(const tad__graph *graph, uint32_t id)
{
    const uint32_t *in;
    int             n = tad__operands(graph->tape, id, &in);
    uint32_t        parameters = no_scope, all = no_scope;
    bool            named = false;
    for (int k = 0; k < n; k++) {
        uint32_t scope = graph->scope_of[in[k]];
        bool     leaf = graph->tape->nodes[in[k]].flags & TAD__LEAF;
        named |= leaf && scope != no_scope;
        if (leaf && scope != no_scope && scope != 0)
            parameters = common(graph, parameters, scope);
        all = common(graph, all, scope);
    }
    if (parameters != no_scope)
        return parameters;
    return named || all == no_scope ? 0 : all;
}

static bool find(scope_work *w)
{
    tad__graph *graph = w->graph;
    w->capacity = 16;
    graph->scopes = tad__arena_take(&graph->arena, w->capacity * sizeof *graph->scopes);
    graph->scope_of = tad__arena_take(&graph->arena, graph->node_count * sizeof *graph->scope_of);
    if (!graph->scopes || !graph->scope_of)
        return false;
    graph->scopes[graph->scope_count++] = (tad__graph_scope){.name = ""};
    for (uint32_t id = 0; id < graph->node_count; id++) {
        if (graph->box_of[id] == TAD__NO_BOX)
            continue;
        const char *name = tad_name(tad__handle(graph->tape, id));
        bool        leaf = graph->tape->nodes[id].flags & TAD__LEAF;
        if (name) {
            graph->scope_of[id] = scope_of_name(w, name);
            if (graph->scope_of[id] == UINT32_MAX)
                return false;
        } else
            graph->scope_of[id] = leaf ? no_scope : scope_of_operands(graph, id);
    }
    for (uint32_t id = 0; id < graph->node_count; id++)
        if (graph->box_of[id] != TAD__NO_BOX && graph->scope_of[id] == no_scope)
            graph->scope_of[id] = 0;
    return true;
}

bool tad__graph_find_scopes(tad__graph *graph)
{
    const tad_allocator *table_allocator = graph->arena.allocator;
    bool                 out_of_memory = false;
    scope_work           w = {.graph = graph};
    bool                 found = find(&w);
    HASH_CLEAR(hh, w.table);
    return found && !out_of_memory;
}

/* ---- nested text ---- */

/* Items are boxes, and behind them scopes; each scope has a list of what is in it. */
typedef struct nesting {
    uint32_t *next, *head, *tail;
    uint32_t  box_count;
} nesting;

static const uint32_t no_item = UINT32_MAX;

static void append(const nesting *nest, uint32_t scope, uint32_t item)
{
    if (nest->head[scope] == no_item)
        nest->head[scope] = item;
    else
        nest->next[nest->tail[scope]] = item;
    nest->tail[scope] = item;
}

/* A scope is appended to its parent with the first box in it. */
static void fill(const tad__graph *graph, const nesting *nest)
{
    for (uint32_t b = 0; b < graph->box_count; b++) {
        uint32_t scope = graph->boxes[b].scope;
        bool     first = nest->head[scope] == no_item;
        append(nest, scope, b);
        for (; first && scope != 0; scope = graph->scopes[scope].parent) {
            uint32_t parent = graph->scopes[scope].parent;
            first = nest->head[parent] == no_item;
            append(nest, parent, nest->box_count + scope);
        }
    }
}

bool tad__graph_each_in_scopes(tad__graph *graph, const tad__scope_visitor *visitor, tad__output *out)
{
    size_t  items = (size_t)graph->box_count + graph->scope_count;
    nesting nest = {.box_count = graph->box_count};
    nest.next = tad__arena_take(&graph->arena, items * sizeof *nest.next);
    nest.head = tad__arena_take(&graph->arena, graph->scope_count * sizeof *nest.head);
    nest.tail = tad__arena_take(&graph->arena, graph->scope_count * sizeof *nest.tail);
    if (!nest.next || !nest.head || !nest.tail)
        return false;
    memset(nest.next, 0xff, items * sizeof *nest.next);
    memset(nest.head, 0xff, graph->scope_count * sizeof *nest.head);
    fill(graph, &nest);
    uint32_t scope = 0, item = nest.head[0];
    for (;;) {
        if (item == no_item) { /* the end of the scope: on with what is behind it */
            if (scope == 0)
                return true;
            visitor->close(graph, scope, out);
            item = nest.next[nest.box_count + scope];
            scope = graph->scopes[scope].parent;
        } else if (item < nest.box_count) {
            visitor->box(graph, item, out);
            item = nest.next[item];
        } else {
            scope = item - nest.box_count;
            visitor->open(graph, scope, out);
            item = nest.head[scope];
        }
    }
}
