/* Graphs for Graphviz. */
#include "tools/graph_style.h"

/* Inside quotes: Graphviz reads backslashes, and entities of HTML. */
static void add_quoted(tad__output *out, const char *text)
{
    for (const char *at = text; *at; at++) {
        char piece[] = {*at, '\0'};
        tad__output_text(out, *at == '"'    ? "\\\""
                              : *at == '\\' ? "\\\\"
                              : *at == '\n' ? "\\n"
                              : *at == '&'  ? "&amp;"
                                            : piece);
    }
}

static int dark(const tad__graph *graph)
{
    return graph->options.theme == TAD_THEME_DARK;
}

static void add_scope_name(const tad__graph *graph, uint32_t scope, tad__output *out)
{
    char name[1024];
    tad__clean_text(graph->scopes[scope].name, graph->scopes[scope].length, 250, name, sizeof name);
    add_quoted(out, name);
}

static void open(const tad__graph *graph, uint32_t scope, tad__output *out)
{
    tad__output_add(out, "  subgraph \"cluster_%u_", scope);
    add_scope_name(graph, scope, out);
    tad__output_text(out, "\" {\n  label=\"");
    add_scope_name(graph, scope, out);
    tad__output_text(out, "\";\n");
}

static void box(const tad__graph *graph, uint32_t at, tad__output *out)
{
    const tad__box         *b = &graph->boxes[at];
    const tad__graph_style *style = tad__style_of(b);
    tad__label_text         label;
    tad__graph_label(graph, at, &label);
    tad__output_add(out, "  \"v%u\" [label=\"", b->id);
    for (int i = 0; i < TAD__LABEL_LINES; i++) {
        if (!label.lines[i][0])
            continue;
        tad__output_text(out, i ? "\\n" : "");
        add_quoted(out, label.lines[i]);
    }
    tad__output_text(out, "\", tooltip=\"");
    add_quoted(out, label.tip);
    tad__output_add(out, "\", shape=%s, style=\"filled%s%s\", fillcolor=\"%s\", color=\"%s\", penwidth=%s%s];\n",
                    style->stacked ? "box3d" : "box", style->round ? ",rounded" : "", style->dashed ? ",dashed" : "",
                    style->fill[dark(graph)], style->stroke[dark(graph)], style->width,
                    style->twice ? ", peripheries=2" : "");
}

static void close(const tad__graph *graph, uint32_t scope, tad__output *out)
{
    (void)graph, (void)scope;
    tad__output_text(out, "  }\n");
}

static bool write(tad__graph *graph, tad__output *out)
{
    static const tad__scope_visitor visitor = {open, box, close};
    const tad_graph_options        *options = &graph->options;
    const tad__graph_ink           *ink = &tad__graph_inks[dark(graph)];
    tad__output_add(
        out,
        "digraph tad {\n"
        "  rankdir=%s; bgcolor=\"%s\"; ranksep=0.4; nodesep=0.25;\n"
        "  fontname=\"Helvetica,Arial,sans-serif\"; fontcolor=\"%s\"; color=\"%s\"; fontsize=12;\n"
        "  node [fontname=\"Helvetica,Arial,sans-serif\", fontsize=11, fontcolor=\"%s\", margin=\"0.12,0.06\", "
        "height=0.3];\n"
        "  edge [color=\"%s\", fontcolor=\"%s\", arrowsize=0.6, fontsize=10];\n",
        options->direction == TAD_LEFT_RIGHT ? "LR" : "TB", ink->page, ink->muted, ink->arrow, ink->text, ink->arrow,
        ink->muted);
    if (options->title) {
        char title[1024];
        tad__clean_title(options->title, title, sizeof title);
        tad__output_text(out, "  labelloc=t; label=\"");
        add_quoted(out, title);
        tad__output_text(out, "\";\n");
    }
    if (!tad__graph_each_in_scopes(graph, &visitor, out))
        return false;
    for (uint32_t i = 0; i < graph->link_count; i++) {
        const tad__link *link = &graph->links[i];
        tad__output_add(out, "  \"v%u\" -> \"v%u\"", graph->boxes[link->from].id, graph->boxes[link->to].id);
        if (tad__is_constant_link(graph, link))
            tad__output_text(out, " [style=dashed]");
        if (link->times > 1)
            tad__output_add(out, " [label=\"\xc3\x97%u\"]", link->times);
        tad__output_text(out, ";\n");
    }
    tad__output_text(out, "}\n");
    return true;
}

tad_status tad_write_dot(size_t n, const tad_var y[], const tad_graph_options *options, tad_writer out)
{
    return tad__write_graph("tad_write_dot", TAD_CALLER, n, y, options, TAD__USUAL_MOST, out, write);
}
