/* Graphs as SVG, laid out by us. */
#include "tools/graph_style.h"
#include "tools/layout.h"
#include "tools/text_width.h"

#include <math.h>
#include <stdlib.h>

/* Pixels. `fit` allows for fonts that are wider than the one measured. */
static const double padding_x = 12, padding_y = 7, least_width = 36, gap_x = 22, gap_y = 40, margin = 20, stack = 4,
                    inset = 3, fit = 1.06, title_size = 17;

/* The lines of a box: title, operation and shape, value, adjoint. */
typedef struct line_style {
    const char *class, *css;
    double size, height;
    double widen; /* bold is wider */
} line_style;

static const line_style line_styles[TAD__LABEL_LINES] = {
    {"t", "font-size:13px;font-weight:bold", 13, 17, 1.07},
    {"o", "font-size:11px", 11, 15, 1},
    {"n", "font-size:12px", 12, 16, 1},
    {"a", "font-size:12px;font-style:italic", 12, 16, 1},
};

typedef struct svg_work {
    tad__graph  *graph;
    tad__output *out;
    tad__layout  layout;
    bool         across; /* from left to right: x and y of the layout change places */
    double       top;    /* of the graph, below the title */
} svg_work;

/* A coordinate with one decimal, whatever the locale. */
static void add_number(tad__output *out, double x)
{
    long tenths = lround(10 * x);
    tad__output_add(out, "%s%ld", tenths < 0 ? "-" : "", labs(tenths) / 10);
    if (tenths % 10)
        tad__output_add(out, ".%ld", labs(tenths) % 10);
}

static void add_attribute(tad__output *out, const char *name, double x)
{
    tad__output_add(out, " %s=\"", name);
    add_number(out, x);
    tad__output_text(out, "\"");
}

/* ---- sizes ---- */

static void measure(const tad__label_text *label, const tad__graph_style *style, double *width, double *height)
{
    double widest = 0, sum = 0;
    for (int i = 0; i < TAD__LABEL_LINES; i++) {
        if (!label->lines[i][0])
            continue;
        widest = fmax(widest, line_styles[i].widen * tad__text_width(label->lines[i], line_styles[i].size));
        sum += line_styles[i].height;
    }
    double more = style->twice ? 2 * inset : style->stacked ? stack : 0;
    *width = fmax(least_width, ceil(fit * widest + 2 * padding_x)) + more;
    *height = sum + 2 * padding_y + more;
}

static bool lay_out(svg_work *w)
{
    tad__graph  *graph = w->graph;
    tad__layout *l = &w->layout;
    l->box_count = graph->box_count;
    l->arrow_count = graph->link_count;
    l->gap_x = gap_x;
    l->gap_y = gap_y;
    l->boxes = tad__arena_take(&graph->arena, l->box_count * sizeof *l->boxes);
    l->arrows = tad__arena_take(&graph->arena, l->arrow_count * sizeof *l->arrows);
    if (!l->boxes || !l->arrows)
        return false;
    for (uint32_t b = 0; b < l->box_count; b++) {
        tad__label_text label;
        double          width, height;
        tad__graph_label(graph, b, &label);
        measure(&label, tad__style_of(&graph->boxes[b]), &width, &height);
        l->boxes[b] = (tad__layout_box){.width = w->across ? height : width, .height = w->across ? width : height};
    }
    for (uint32_t i = 0; i < l->arrow_count; i++)
        l->arrows[i] = (tad__layout_arrow){.from = graph->links[i].from, .to = graph->links[i].to};
    return tad__layout_run(&graph->arena, l);
}

/* ---- the head ---- */

static void add_colours(tad__output *out, int dark)
{
    const tad__graph_ink *ink = &tad__graph_inks[dark];
    tad__output_add(out,
                    ".tad-graph .page{fill:%s}\n.tad-graph text{fill:%s}\n.tad-graph .o,.tad-graph .times{fill:%s}\n"
                    ".tad-graph .a{fill:%s}\n.tad-graph .line{stroke:%s}\n.tad-graph .tip{fill:%s}\n",
                    ink->page, ink->text, ink->muted, ink->adjoint, ink->arrow, ink->arrow);
    for (int i = 0; i < TAD__STYLES; i++)
        tad__output_add(out, ".tad-graph .%s rect{fill:%s;stroke:%s}\n", tad__graph_styles[i].name,
                        tad__graph_styles[i].fill[dark], tad__graph_styles[i].stroke[dark]);
}

static void add_styles(tad__output *out, tad_graph_theme theme)
{
    tad__output_text(out, "<style>\n.tad-graph text{font-family:Helvetica,Arial,\"Liberation Sans\",sans-serif;"
                          "text-anchor:middle}\n.tad-graph .line{fill:none;stroke-width:1.3}\n"
                          ".tad-graph .constant-line{stroke-dasharray:4 3}\n.tad-graph .times{font-size:10px;"
                          "text-anchor:start}\n.tad-graph .heading{font-size:17px;font-weight:bold}\n");
    for (int i = 0; i < TAD__LABEL_LINES; i++)
        tad__output_add(out, ".tad-graph .%s{%s}\n", line_styles[i].class, line_styles[i].css);
    for (int i = 0; i < TAD__STYLES; i++)
        tad__output_add(out, ".tad-graph .%s rect{stroke-width:%s%s}\n", tad__graph_styles[i].name,
                        tad__graph_styles[i].width, tad__graph_styles[i].dashed ? ";stroke-dasharray:5 3" : "");
    tad__output_text(out, ".tad-graph g:hover>rect{stroke-width:3}\n");
    add_colours(out, theme == TAD_THEME_DARK);
    if (theme == TAD_THEME_AUTO) {
        tad__output_text(out, "@media (prefers-color-scheme:dark){\n");
        add_colours(out, 1);
        tad__output_text(out, "}\n");
    }
    tad__output_text(out, "</style>\n");
}

static void add_head(svg_work *w)
{
    const tad_graph_options *options = &w->graph->options;
    tad__output             *out = w->out;
    char                     title[1024] = "";
    double                   width = w->across ? w->layout.height : w->layout.width;
    double                   height = w->across ? w->layout.width : w->layout.height;
    if (options->title)
        tad__clean_title(options->title, title, sizeof title);
    w->top = margin + (title[0] ? 2 * title_size : 0);
    width = ceil(fmax(width, title[0] ? fit * 1.07 * tad__text_width(title, title_size) : 0) + 2 * margin);
    height = ceil(height + w->top + margin);
    tad__output_text(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"tad-graph\" role=\"group\" aria-label=\"");
    tad__output_xml(out, title[0] ? title : "Computational graph");
    tad__output_text(out, "\"");
    add_attribute(out, "width", width);
    add_attribute(out, "height", height);
    tad__output_add(out, " viewBox=\"0 0 %.0f %.0f\">\n<title>", width, height);
    tad__output_xml(out, title[0] ? title : "Computational graph");
    tad__output_add(out,
                    "</title>\n<desc>%u boxes in %u layers, from what they are computed from to the results.</desc>\n",
                    w->graph->box_count, w->layout.layer_count);
    add_styles(out, options->theme);
    tad__output_add(out, "<rect class=\"page\" width=\"%.0f\" height=\"%.0f\"/>\n", width, height);
    if (title[0]) {
        tad__output_text(out, "<text class=\"heading\" aria-hidden=\"true\"");
        add_attribute(out, "x", width / 2);
        add_attribute(out, "y", margin + title_size);
        tad__output_text(out, ">");
        tad__output_xml(out, title);
        tad__output_text(out, "</text>\n");
    }
}

/* ---- arrows ---- */

static tad__layout_point seen(const svg_work *w, double x, double y)
{
    tad__layout_point p = {w->across ? y : x, w->across ? x : y};
    return (tad__layout_point){p.x + margin, p.y + w->top};
}

static void add_point(const svg_work *w, char command, double x, double y)
{
    tad__layout_point p = seen(w, x, y);
    char              text[] = {command, '\0'};
    tad__output_text(w->out, text);
    add_number(w->out, p.x);
    tad__output_text(w->out, " ");
    add_number(w->out, p.y);
}

/* Straight past layers, and with a curve across each gap; the point of the arrow is a triangle at the end. */
static void add_arrow(const svg_work *w, uint32_t i)
{
    const tad__layout_arrow *arrow = &w->layout.arrows[i];
    const tad__layout_point *p = w->layout.points + arrow->first_point;
    const tad__link         *link = &w->graph->links[i];
    const double             length = 8, half = 3.5;
    uint32_t                 last = arrow->points - 1;
    double                   end = p[last].y;
    if (arrow->points < 2)
        return;
    tad__output_add(w->out, "<path class=\"line%s\" d=\"",
                    tad__is_constant_link(w->graph, link) ? " constant-line" : "");
    add_point(w, 'M', p[0].x, p[0].y);
    for (uint32_t k = 1; k < last; k++) {
        bool   curve = k % 2 == 0 && p[k].x != p[k - 1].x;
        double middle = (p[k - 1].y + p[k].y) / 2;
        if (k % 2 && fabs(p[k].y - p[k - 1].y) < 0.05)
            continue;
        if (curve) {
            add_point(w, 'C', p[k - 1].x, middle);
            add_point(w, ' ', p[k].x, middle);
            add_point(w, ' ', p[k].x, k + 1 == last && p[k].y > end - length / 2 ? end - length / 2 : p[k].y);
        } else if (k + 1 < last)
            add_point(w, 'L', p[k].x, p[k].y);
    }
    add_point(w, 'L', p[last].x, end - length / 2);
    tad__output_text(w->out, "\"/><path class=\"tip\" d=\"");
    add_point(w, 'M', p[last].x, end);
    add_point(w, 'L', p[last].x - half, end - length);
    add_point(w, 'L', p[last].x + half, end - length);
    tad__output_text(w->out, "z\"/>\n");
    if (link->times > 1) {
        tad__layout_point at = seen(w, p[last].x, end - (w->across ? 18 : 10));
        tad__output_text(w->out, "<text class=\"times\"");
        add_attribute(w->out, "x", at.x + (w->across ? 0 : 5));
        add_attribute(w->out, "y", at.y - (w->across ? 5 : 0));
        tad__output_add(w->out, ">\xc3\x97%u</text>\n", link->times);
    }
}

/* ---- boxes ---- */

static void add_rectangle(const svg_work *w, double x, double y, double width, double height, double radius)
{
    tad__output_text(w->out, "<rect");
    add_attribute(w->out, "x", x);
    add_attribute(w->out, "y", y);
    add_attribute(w->out, "width", width);
    add_attribute(w->out, "height", height);
    if (radius > 0)
        add_attribute(w->out, "rx", radius);
    tad__output_text(w->out, "/>");
}

static void add_border(const svg_work *w, const tad__graph_style *style, double x, double y, double width,
                       double height)
{
    double radius = style->round ? fmin(height / 2, 16) : 3;
    if (style->stacked) {
        add_rectangle(w, x + stack, y + stack, width - stack, height - stack, radius);
        add_rectangle(w, x, y, width - stack, height - stack, radius);
    } else
        add_rectangle(w, x, y, width, height, radius);
    if (style->twice)
        add_rectangle(w, x + inset, y + inset, width - 2 * inset, height - 2 * inset, 1);
}

static void add_box(const svg_work *w, uint32_t b)
{
    const tad__layout_box  *box = &w->layout.boxes[b];
    const tad__graph_style *style = tad__style_of(&w->graph->boxes[b]);
    tad__layout_point       at = seen(w, box->x, box->y);
    double                  width = w->across ? box->height : box->width, height = w->across ? box->width : box->height;
    tad__label_text         label;
    tad__graph_label(w->graph, b, &label);
    tad__output_add(w->out, "<g class=\"%s\" role=\"img\" aria-label=\"%s: ", style->name, style->name);
    tad__output_xml(w->out, label.tip);
    tad__output_text(w->out, "\"><title>");
    tad__output_xml(w->out, label.tip);
    tad__output_text(w->out, "</title>");
    add_border(w, style, at.x, at.y, width, height);
    double middle = at.x + (width - (style->stacked ? stack : 0)) / 2;
    double y = at.y + padding_y + (style->twice ? inset : 0);
    for (int i = 0; i < TAD__LABEL_LINES; i++) {
        if (!label.lines[i][0])
            continue;
        tad__output_add(w->out, "<text class=\"%s\"", line_styles[i].class);
        add_attribute(w->out, "x", middle);
        add_attribute(w->out, "y", y + (line_styles[i].height + 0.72 * line_styles[i].size) / 2);
        tad__output_text(w->out, ">");
        tad__output_xml(w->out, label.lines[i]);
        tad__output_text(w->out, "</text>");
        y += line_styles[i].height;
    }
    tad__output_text(w->out, "</g>\n");
}

static bool write(tad__graph *graph, tad__output *out)
{
    svg_work w = {.graph = graph, .out = out, .across = graph->options.direction == TAD_LEFT_RIGHT};
    if (!lay_out(&w))
        return false;
    add_head(&w);
    tad__output_text(out, "<g aria-hidden=\"true\">\n");
    for (uint32_t i = 0; i < w.layout.arrow_count; i++)
        add_arrow(&w, i);
    tad__output_text(out, "</g>\n");
    for (uint32_t b = 0; b < w.layout.box_count; b++)
        add_box(&w, b);
    tad__output_text(out, "</svg>\n");
    return true;
}

tad_status tad_write_svg(size_t n, const tad_var y[], const tad_graph_options *options, tad_writer out)
{
    return tad__write_graph("tad_write_svg", TAD_CALLER, n, y, options, TAD__USUAL_MOST, out, write);
}
