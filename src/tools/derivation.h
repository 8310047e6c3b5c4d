/* The parts that a derivation is written in: sentences, rows of formulas, values. */
#ifndef TAD__TOOLS_DERIVATION_H
#define TAD__TOOLS_DERIVATION_H

#include "tools/terms.h"

typedef struct tad__derivation {
    tad__plan  plan;
    tad__pen   pen;
    size_t     most_paths, most_nodes;
    tad__terms terms; /* of the row that is being written */
} tad__derivation;

/* Sentences, with {x} and {y} for their names and {d} for dy/dx. A line of "#" begins a title. */
void tad__say(tad__derivation *d, const char *text);

/* d to / d from; `use` 0: the only one, otherwise the how manieth of several. */
void tad__put_derivative(tad__derivation *d, uint32_t to, uint32_t from, size_t use);

void tad__put_adjoint(tad__derivation *d, uint32_t id);

/* A number, or the first ones of a tensor. */
void tad__put_value(tad__derivation *d, tad_var x);

/* A row: how the node was computed, in names and in numbers, and its value. In text its name is padded to `width`. */
void tad__put_definition(tad__derivation *d, uint32_t id, size_t width);

/* In text: what is `own` characters wide is padded to `width`, unless that is far. */
void tad__put_padding(tad__derivation *d, size_t own, size_t width);

/* "= symbols = numbers =", as far as that is more than the number that follows. `term` -1: nothing is known. */
void tad__put_symbols(tad__derivation *d, int term);

/* Begins a row, with its own terms. */
void tad__begin_formula(tad__derivation *d);

/* The derivation path by path, and as a reverse sweep over numbers or tensors. */
tad_status tad__explain_paths(tad__derivation *d);
tad_status tad__explain_sweep(tad__derivation *d);

/* Adjoints that are tensors: recorded, all in one sweep, of n nodes (the last is x). What is recorded stays on the tape. */
tad_status tad__record_adjoints(tad__derivation *d, size_t n, const uint32_t ids[], tad_var adjoints[]);

/* Rows: what a node with that adjoint hands on to its operands. */
tad_status tad__put_tensor_contributions(tad__derivation *d, uint32_t id, tad_var adjoint);

#endif
