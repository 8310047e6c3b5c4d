/**
 * tad/graph.h - pictures of what a value was computed from: for Graphviz, as SVG, for Mermaid.
 *
 *     tad_write_svg(1, &loss, &(tad_graph_options){.values = true, .gradients = true}, out);
 *
 * A box is a node: its name, its operation, its type and shape unless it is a number. Inputs (differentiable leaves) are round
 * and blue, constants round and dashed, results orange with a double border, everything else is plain; so they can be told apart
 * without colours, too. An arrow leads from operand to result. Boxes and arrows come in the order of recording, and a node is
 * called v and its place on the tape, so two graphs of the same computation can be compared line by line.
 */
#ifndef TAD_GRAPH_H
#define TAD_GRAPH_H

#include <tad/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum tad_graph_direction {
    TAD_TOP_DOWN,   /**< inputs at the top, results at the bottom */
    TAD_LEFT_RIGHT, /**< inputs on the left */
} tad_graph_direction;

typedef enum tad_graph_theme {
    TAD_THEME_AUTO, /**< SVG: as the reader's system is set; others: light */
    TAD_THEME_LIGHT,
    TAD_THEME_DARK,
} tad_graph_theme;

/** How a graph is drawn. All zero is the default. */
typedef struct tad_graph_options {
    bool values; /**< show values: a number, the few elements of a small tensor, or the range of a larger one */
    bool
        gradients; /**< show adjoints, likewise: those of the last tad_backward. Nothing where there is none to be read */
    bool formulas; /**< one box for a named value and the unnamed ones that only it uses, with its formula */
    tad_graph_direction direction;
    tad_graph_theme     theme;
    int                 digits;     /**< significant digits of numbers, 1 to 17; 0: 4 */
    size_t              most_boxes; /**< a larger graph is folded, see below; 0: 5,000, and 250 for Mermaid */
    const char         *title;      /**< shown above; NULL: none */
} tad_graph_options;

/* A graph of more than most_boxes nodes is folded step by step until it fits. First as for `formulas`; then scopes, the
 * deepest first: "encoder.0.w" is in the scope "encoder.0", and what is computed from it, unnamed, is so too; then neighbours
 * in the order of recording. A folded box says what is in it. Results are never folded. */

/** Writes the graph of all that y[0], ..., y[n - 1] depend on, for Graphviz's dot. Scopes are clusters. Takes memory from the
 * tape's allocator, gives it back, and leaves the tape as it is.
 * Errors: TAD_EARG (NULL, n is 0, options out of range), TAD_ETAPE, TAD_ESTALE, TAD_ENOMEM, TAD_EIO (the writer refused). */
TAD_API TAD_CHECKED tad_status tad_write_dot(size_t n, const tad_var y[], const tad_graph_options *options,
                                             tad_writer out);

/** The same as a picture: SVG 1.1 in one file without reference to any other. Whole numbers and texts are shown when the pointer
 * rests on a box, and read out by screen readers. Layers and their order: K. Sugiyama, S. Tagawa, M. Toda, IEEE Trans. SMC
 * 11 (1981), 109-125; places within layers: U. Brandes, B. Koepf, Graph Drawing 2001, 31-44. */
TAD_API TAD_CHECKED tad_status tad_write_svg(size_t n, const tad_var y[], const tad_graph_options *options,
                                             tad_writer out);

/** The same as a flowchart for Mermaid, which many web sites show in Markdown. Scopes are subgraphs. */
TAD_API TAD_CHECKED tad_status tad_write_mermaid(size_t n, const tad_var y[], const tad_graph_options *options,
                                                 tad_writer out);

#ifdef __cplusplus
}
#endif
#endif
