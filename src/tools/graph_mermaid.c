/* Graphs for Mermaid. */
#include "tools/graph_style.h"

#include <string.h>

/* Inside quotes: what could mean something to Mermaid, Markdown or HTML is written by its number. */
static void add_quoted(tad__output *out, const char *text)
{
    for (const char *at = text; *at; at++) {
        unsigned char c = (unsigned char)*at;
        bool          plain = c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                     strchr(" _,+=()[]:", c) || (strchr(".-", c) && at[1] != ' ');
        char piece[] = {*at, '\0'};
        if (plain)
            tad__output_text(out, piece);
        else
            tad__output_add(out, "#%u;", c);
    }
}

/* The two ends of a shape, by style. */
static const char *const shapes[TAD__STYLES][2] = {
    [TAD__BOX_INPUT] = {"([\"", "\"])"}, [TAD__BOX_CONSTANT] = {"(\"", "\")"}, [TAD__BOX_OPERATION] = {"[\"", "\"]"},
    [TAD__BOX_FOLD] = {"{{\"", "\"}}"},  [TAD__STYLES - 1] = {"[[\"", "\"]]"},
};

static void open(const tad__graph *graph, uint32_t scope, tad__output *out)
{
    char name[1024];
    tad__clean_text(graph->scopes[scope].name, graph->scopes[scope].length, 250, name, sizeof name);
    tad__output_add(out, "  subgraph s%u[\"", scope);
    add_quoted(out, name);
    tad__output_text(out, "\"]\n");
}

static void box(const tad__graph *graph, uint32_t at, tad__output *out)
{
    const tad__box         *b = &graph->boxes[at];
    const tad__graph_style *style = tad__style_of(b);
    const char *const      *shape = shapes[style - tad__graph_styles];
    tad__label_text         label;
    tad__graph_label(graph, at, &label);
    tad__output_add(out, "  v%u%s", b->id, shape[0]);
    for (int i = 0; i < TAD__LABEL_LINES; i++) {
        if (!label.lines[i][0])
            continue;
        tad__output_text(out, i ? "<br/>" : "");
        add_quoted(out, label.lines[i]);
    }
    tad__output_add(out, "%s:::%s\n", shape[1], style->name);
}

static void close(const tad__graph *graph, uint32_t scope, tad__output *out)
{
    (void)graph, (void)scope;
    tad__output_text(out, "  end\n");
}

static bool write(tad__graph *graph, tad__output *out)
{
    static const tad__scope_visitor visitor = {open, box, close};
    const tad_graph_options        *options = &graph->options;
    int                             dark = options->theme == TAD_THEME_DARK;
    if (options->title) {
        char title[1024];
        tad__clean_title(options->title, title, sizeof title);
        tad__output_text(out, "---\ntitle: \"");
        tad__output_json(out, title);
        tad__output_text(out, "\"\n---\n");
    }
    tad__output_text(out, dark ? "%%{init: {\"theme\": \"dark\"}}%%\n" : "");
    tad__output_add(out, "flowchart %s\n", options->direction == TAD_LEFT_RIGHT ? "LR" : "TD");
    if (!tad__graph_each_in_scopes(graph, &visitor, out))
        return false;
    for (uint32_t i = 0; i < graph->link_count; i++) {
        const tad__link *link = &graph->links[i];
        tad__output_add(out, "  v%u %s", graph->boxes[link->from].id,
                        tad__is_constant_link(graph, link) ? "-.->" : "-->");
        if (link->times > 1)
            tad__output_add(out, "|\"\xc3\x97%u\"|", link->times);
        tad__output_add(out, " v%u\n", graph->boxes[link->to].id);
    }
    for (int i = 0; i < TAD__STYLES; i++) {
        const tad__graph_style *style = &tad__graph_styles[i];
        tad__output_add(out, "  classDef %s fill:%s,stroke:%s,stroke-width:%spx,color:%s%s\n", style->name,
                        style->fill[dark], style->stroke[dark], style->width, tad__graph_inks[dark].text,
                        style->dashed ? ",stroke-dasharray:5 3" : "");
    }
    return true;
}

tad_status tad_write_mermaid(size_t n, const tad_var y[], const tad_graph_options *options, tad_writer out)
{
    return tad__write_graph("tad_write_mermaid", TAD_CALLER, n, y, options, TAD__USUAL_MOST_MERMAID, out, write);
}
