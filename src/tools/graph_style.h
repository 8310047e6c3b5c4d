/* How boxes look, in all languages alike. Colours are of Okabe and Ito's palette, which the colour-blind can tell apart; form and
 * line tell the same once more, for black and white. */
#ifndef TAD__TOOLS_GRAPH_STYLE_H
#define TAD__TOOLS_GRAPH_STYLE_H

#include "tools/graph.h"

typedef struct tad__graph_style {
    const char *name;
    const char *fill[2], *stroke[2]; /* light, dark */
    const char *width;
    bool        round, dashed, twice, stacked; /* twice: a double border; stacked: one behind the other */
} tad__graph_style;

enum { TAD__STYLES = 5 };
extern const tad__graph_style tad__graph_styles[TAD__STYLES];

/* What is not a box: light, dark. */
typedef struct tad__graph_ink {
    const char *page, *text, *muted, *arrow, *adjoint;
} tad__graph_ink;
extern const tad__graph_ink tad__graph_inks[2];

const tad__graph_style *tad__style_of(const tad__box *box);

/* Does no derivative go back along the link? */
bool tad__is_constant_link(const tad__graph *graph, const tad__link *link);

#endif
