/* What the writers of graphs share: the nodes that results depend on, as boxes in the order of recording, folded as the options
 * say, and the text of each. */
#ifndef TAD__TOOLS_GRAPH_H
#define TAD__TOOLS_GRAPH_H

#include "base/memory.h"
#include "base/output.h"

#include <tad/graph.h>

typedef enum tad__box_kind {
    TAD__BOX_INPUT,
    TAD__BOX_CONSTANT,
    TAD__BOX_OPERATION, /* perhaps with unnamed ones that only it uses */
    TAD__BOX_FOLD,      /* nodes of a scope, or neighbours */
} tad__box_kind;

typedef struct tad__box {
    uint32_t      id;                /* of its node; of the last one if it has several */
    uint32_t      first, count;      /* its nodes: members[first], ..., ascending */
    uint32_t      first_link, links; /* what it is computed from: links[first_link], ... */
    uint32_t      scope;
    tad__box_kind kind;
    bool          output;
} tad__box;

/* From operand to result; `times` if it is an operand of the box's only node more than once. */
typedef struct tad__link {
    uint32_t from, to, times; /* boxes; from < to */
} tad__link;

/* "encoder.0" in "encoder"; the first is that of all nodes without one. */
typedef struct tad__graph_scope {
    const char *name; /* `length` bytes of it */
    uint32_t    length, parent, depth;
} tad__graph_scope;

typedef struct tad__graph {
    tad_tape         *tape;
    tad_graph_options options; /* digits and most_boxes are set */
    tad__arena        arena;

    uint32_t         *box_of; /* of each node below node_count: TAD__NO_BOX if no result depends on it */
    uint32_t         *scope_of;
    uint32_t          node_count, box_count, link_count, scope_count;
    tad__box         *boxes;
    tad__link        *links; /* by `to`, and then in the order of operands */
    uint32_t         *members;
    tad__graph_scope *scopes;
} tad__graph;

#define TAD__NO_BOX UINT32_MAX

/* options.most_boxes unless it is given. Mermaid refuses much larger graphs. */
enum { TAD__USUAL_MOST = 5000, TAD__USUAL_MOST_MERMAID = 250 };

/* Writes a graph in one of the languages: false if there is no memory. */
typedef bool tad__graph_writer(tad__graph *graph, tad__output *out);

/* What the public functions have in common. `usual_most`: boxes unless the options say so. */
tad_status tad__write_graph(const char *name, const void *caller, size_t n, const tad_var y[],
                            const tad_graph_options *options, size_t usual_most, tad_writer out,
                            tad__graph_writer *write);

/* ---- graph_fold.c ---- */

/* One box for each root: root[b] is the root of box b's group, that of a root itself. `folds`: the groups are folds. */
bool tad__graph_regroup(tad__graph *graph, uint32_t root[], bool folds);

/* As options.formulas and options.most_boxes want it. */
bool tad__graph_fold(tad__graph *graph);

/* ---- graph_scope.c ---- */

/* Finds the scope of every node. */
bool tad__graph_find_scopes(tad__graph *graph);

/* The scope of that depth that holds `scope`, whose depth is at least that. */
uint32_t tad__scope_at(const tad__graph *graph, uint32_t scope, uint32_t depth);

/* Boxes and scopes as text in which scopes are nested: calls `open` and `close` for scopes and `box` for what is in them, in order
 * of the first box. */
typedef struct tad__scope_visitor {
    void (*open)(const tad__graph *graph, uint32_t scope, tad__output *out);
    void (*box)(const tad__graph *graph, uint32_t box, tad__output *out);
    void (*close)(const tad__graph *graph, uint32_t scope, tad__output *out);
} tad__scope_visitor;
bool tad__graph_each_in_scopes(tad__graph *graph, const tad__scope_visitor *visitor, tad__output *out);

/* ---- graph_label.c ---- */

enum { TAD__LABEL_LINES = 4, TAD__LABEL_LINE = 256, TAD__LABEL_TIP = 1600 };

/* What is written in a box, and what is told of it in full. Valid UTF-8 without control characters (newlines in the tip). */
typedef struct tad__label_text {
    char lines[TAD__LABEL_LINES]
              [TAD__LABEL_LINE]; /* title, operation and shape, value, adjoint; empty where there is none */
    char tip[TAD__LABEL_TIP];
} tad__label_text;

void tad__graph_label(const tad__graph *graph, uint32_t box, tad__label_text *label);

/* Any text as valid UTF-8 without control characters, cut to `most` characters. */
void tad__clean_text(const char *text, size_t bytes, size_t most, char *out, size_t size);
void tad__clean_title(const char *title, char *out, size_t size); /* 200 characters */

#endif
