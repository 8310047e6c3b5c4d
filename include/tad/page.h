/**
 * tad/page.h - a page that shows the chain rule at work: one HTML file, to be opened in any browser, from disk.
 */
#ifndef TAD_PAGE_H
#define TAD_PAGE_H

#include <tad/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The most nodes that a page shows. */
enum { TAD_PAGE_NODES = 20000 };

/** All zero is a good choice. */
typedef struct tad_page_options {
    const char *title; /**< NULL: the name of y */
    const char *about; /**< a sentence or two under the title; NULL: none */
} tad_page_options;

/** Runs the reverse sweep from y, which has one element, and writes a page with every node up to y and every step of both
 * passes: its equation in symbols and in numbers, each contribution to an adjoint by itself. The page needs no network and no
 * other file. Its numbers are those of this run, to the last bit. Where all nodes are f64 scalars of built-in elementwise
 * operations, inputs can be changed on the page and every gradient is checked there by differences, with any step size; tensors
 * are shown as heat maps with statistics. What tad_scope_begin names is folded, and so are runs of blocks that are alike. NaN,
 * infinities, dead units (constant where they are, so that nothing is handed on) and saturated ones (nearly so) are marked.
 *
 * Afterwards the tape is as after tad_backward(y): adjoints can be read. `options` may be NULL.
 * Errors: TAD_EARG (no writer; more than TAD_PAGE_NODES nodes), TAD_ESHAPE (y has not one element), TAD_ETAPE, TAD_ESTALE,
 * TAD_ENOMEM, TAD_EIO (the writer refused). What was written before an error is not a page. */
TAD_API TAD_CHECKED tad_status tad_write_html(tad_var y, const tad_page_options *options, tad_writer out);

#ifdef __cplusplus
}
#endif
#endif
