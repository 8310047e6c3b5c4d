/* The nodes that results depend on. */
#include "tools/graph.h"

#include "tape/tape.h"

#include <string.h>

/* Every node that y depends on gets a box, in the order of recording; nothing here recurses. */
static bool find_boxes(tad__graph *graph, size_t n, const tad_var y[])
{
    for (size_t i = 0; i < n; i++)
        graph->node_count = y[i].id >= graph->node_count ? y[i].id + 1 : graph->node_count;
    graph->box_of = tad__arena_take(&graph->arena, graph->node_count * sizeof *graph->box_of);
    if (!graph->box_of)
        return false;
    memset(graph->box_of, 0, graph->node_count * sizeof *graph->box_of);
    for (size_t i = 0; i < n; i++)
        graph->box_of[y[i].id] = 1;
    for (uint32_t id = graph->node_count; id-- > 0;) {
        const uint32_t *in;
        int             operands = graph->box_of[id] ? tad__operands(graph->tape, id, &in) : 0;
        graph->box_count += graph->box_of[id];
        for (int k = 0; k < operands; k++)
            graph->box_of[in[k]] = 1;
    }
    graph->boxes = tad__arena_take(&graph->arena, graph->box_count * sizeof *graph->boxes);
    uint32_t *root = tad__arena_take(&graph->arena, graph->box_count * sizeof *root);
    if (!graph->boxes || !root)
        return false;
    uint32_t next = 0;
    for (uint32_t id = 0; id < graph->node_count; id++) {
        if (!graph->box_of[id]) {
            graph->box_of[id] = TAD__NO_BOX;
            continue;
        }
        unsigned      flags = graph->tape->nodes[id].flags;
        tad__box_kind leaf = flags & TAD__DIFFERENTIABLE ? TAD__BOX_INPUT : TAD__BOX_CONSTANT;
        graph->boxes[next] = (tad__box){.id = id, .count = 1, .kind = flags & TAD__LEAF ? leaf : TAD__BOX_OPERATION};
        root[next] = next;
        graph->box_of[id] = next++;
    }
    for (size_t i = 0; i < n; i++)
        graph->boxes[graph->box_of[y[i].id]].output = true;
    if (!tad__graph_find_scopes(graph))
        return false;
    for (uint32_t b = 0; b < graph->box_count; b++)
        graph->boxes[b].scope = graph->scope_of[graph->boxes[b].id];
    return tad__graph_regroup(graph, root, false);
}

static bool in_range(const tad_graph_options *o)
{
    return o->digits >= 0 && o->digits <= 17 && (unsigned)o->direction <= TAD_LEFT_RIGHT &&
           (unsigned)o->theme <= TAD_THEME_DARK;
}

static tad_status check(const char *name, const void *caller, size_t n, const tad_var y[],
                        const tad_graph_options *options, tad_writer out)
{
    if (n == 0 || !y)
        return TAD_EARG;
    tad_tape *tape = y[0].tape;
    for (size_t i = 1; i < n && !tape; i++)
        tape = y[i].tape;
    if (!tape)
        return TAD_ETAPE;
    for (size_t i = 0; i < n; i++) {
        tad_status status = tad__handle_status(tape, y[i]);
        if (status != TAD_OK)
            return tad__fail(tape, caller, status, "%s: y[%zu] is %s", name, i, tad__handle_problem(tape, y[i]));
    }
    if (!out.write)
        return tad__fail(tape, caller, TAD_EARG, "%s: the writer's function is NULL", name);
    if (options && !in_range(options))
        return tad__fail(tape, caller, TAD_EARG,
                         "%s: digits = %d, direction = %d, theme = %d; expected 0 to 17 digits, and values of the "
                         "enumerations",
                         name, options->digits, (int)options->direction, (int)options->theme);
    return TAD_OK;
}

tad_status tad__write_graph(const char *name, const void *caller, size_t n, const tad_var y[],
                            const tad_graph_options *options, size_t usual_most, tad_writer out,
                            tad__graph_writer *write)
{
    tad_status status = check(name, caller, n, y, options, out);
    if (status != TAD_OK)
        return status;
    tad__graph  graph = {.tape = y[0].tape};
    tad__output output;
    if (options)
        graph.options = *options;
    graph.options.digits += graph.options.digits ? 0 : 4;
    graph.options.most_boxes += graph.options.most_boxes ? 0 : usual_most;
    graph.arena.allocator = &graph.tape->allocator;
    tad__output_start(&output, out);
    if (!find_boxes(&graph, n, y) || !tad__graph_fold(&graph) || !write(&graph, &output))
        status = tad__fail_memory(graph.tape, caller, name);
    else if (tad__output_end(&output) != TAD_OK)
        status = tad__fail(graph.tape, caller, TAD_EIO, "%s: the writer refused to go on", name);
    tad__arena_free(&graph.arena);
    return status;
}
