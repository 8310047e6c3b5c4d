/* What the files that write a page share. page.c writes the frame, page_tape.c the tape as JSON, page_code.c the operations
 * as JavaScript; page_sweep.c watches the reverse sweep, page_numbers.c sums up arrays. */
#ifndef TAD__TOOLS_PAGE_H
#define TAD__TOOLS_PAGE_H

#include "base/output.h"
#include "tape/tape.h"

#include <tad/page.h>

/* A file of src/tools/page, which the build puts into the library. */
typedef struct tad__page_file {
    const char *name, *text;
} tad__page_file;

/* In the order of their names; the last one's name is NULL. */
extern const tad__page_file tad__page_files[];

/* What an array is like. */
typedef struct tad__summary {
    int64_t count, zeros, nans, infinities;
    double  least, most, mean, deviation, rms; /* of finite elements; 0 if there are none */
} tad__summary;

/* What the sweep handed on to one operand of a node. */
typedef enum tad__share_kind {
    TAD__NOTHING,
    TAD__LOCAL, /* number: the local derivative; the share is adjoint * number, and was added as such */
    TAD__ONE,   /* number: the share; after: the adjoint of the operand with it */
    TAD__MANY   /* summary: of the share */
} tad__share_kind;

typedef struct tad__share {
    tad__share_kind kind;
    double          number, after;
    tad__summary    summary;
} tad__share;

typedef struct tad__page {
    tad_tape    *tape;
    uint32_t     last; /* y */
    const void  *caller;
    tad__share  *shares; /* of all operands of node 0, then of node 1, ... */
    size_t       share_count, share_capacity;
    double      *numbers; /* of the array in hand, in C order; a second array behind it */
    size_t       number_capacity;
    int          side; /* of a heat map, at most */
    tad__output *output;
} tad__page;

/* ---- page_sweep.c ---- */

/* The sweep of tad_backward, watched: fills page->shares. */
tad_status tad__page_sweep(tad__page *page);

/* ---- page_numbers.c ---- */

/* Copies the elements to page->numbers + offset, as doubles in C order. False: no memory. */
bool tad__page_load(tad__page *page, const tad_array *array, size_t offset);

tad__summary tad__summarise(const double *numbers, int64_t count);

/* How many elements of the value of node `id` are dead and how many saturated; page->numbers is used. False: no memory. */
bool tad__page_units(tad__page *page, uint32_t id, int64_t *dead, int64_t *saturated);

/* Writes page->numbers as a heat map of at most page->side cells a side: [rows, columns, "cells"]. */
void tad__page_heat_map(tad__page *page, const tad_array *shape);

/* ---- page_tape.c ---- */

/* Writes tape and shares as JSON. */
tad_status tad__page_tape(tad__page *page, const tad_page_options *options);

/* ---- page_code.c ---- */

/* Writes an expression in JavaScript: an object that has, for each row that the tape uses, its functions. */
tad_status tad__page_code(tad__page *page);

#endif
