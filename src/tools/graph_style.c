#include "tools/graph_style.h"

#include "tape/tape.h"

const tad__graph_style tad__graph_styles[TAD__STYLES] = {
    [TAD__BOX_INPUT] = {.name = "input",
                        .fill = {"#e3f0fa", "#12324a"},
                        .stroke = {"#0072b2", "#56b4e9"},
                        .width = "2",
                        .round = true},
    [TAD__BOX_CONSTANT] = {.name = "constant",
                           .fill = {"#f6f7f8", "#1b2026"},
                           .stroke = {"#6b7280", "#9aa4af"},
                           .width = "1.5",
                           .round = true,
                           .dashed = true},
    [TAD__BOX_OPERATION] = {.name = "operation",
                            .fill = {"#ffffff", "#20262d"},
                            .stroke = {"#8a929c", "#7d8793"},
                            .width = "1"},
    [TAD__BOX_FOLD] = {.name = "fold",
                       .fill = {"#eceff2", "#2a313a"},
                       .stroke = {"#4b5563", "#aab4bf"},
                       .width = "1.5",
                       .stacked = true},
    {.name = "output", .fill = {"#fdeadd", "#46260f"}, .stroke = {"#d55e00", "#f0883e"}, .width = "1.5", .twice = true},
};

const tad__graph_ink tad__graph_inks[2] = {
    {.page = "#ffffff", .text = "#1b1f24", .muted = "#57606a", .arrow = "#7a838e", .adjoint = "#8f2d6b"},
    {.page = "#14181d", .text = "#e8eaed", .muted = "#a3adb8", .arrow = "#8a94a0", .adjoint = "#e6a3cb"},
};

const tad__graph_style *tad__style_of(const tad__box *box)
{
    return &tad__graph_styles[box->output ? TAD__STYLES - 1 : (int)box->kind];
}

bool tad__is_constant_link(const tad__graph *graph, const tad__link *link)
{
    return !(graph->tape->nodes[graph->boxes[link->from].id].flags & TAD__DIFFERENTIABLE);
}
