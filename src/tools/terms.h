/* Formulas as trees: of what was recorded, and of its derivatives, in symbols. */
#ifndef TAD__TOOLS_TERMS_H
#define TAD__TOOLS_TERMS_H

#include "tools/notation.h"
#include "tools/plan.h"

enum { TAD__MOST_TERMS = 1024, TAD__MOST_PARTS = 2048 };

typedef enum tad__term_kind {
    TAD__TERM_NUMBER,
    TAD__TERM_NODE, /* by its name, or its value */
    TAD__TERM_CALL,
    TAD__TERM_DOTS, /* there was no more room */
} tad__term_kind;

typedef struct tad__term {
    tad__term_kind kind;
    double         number;
    uint32_t       node;
    const tad_op  *op;
    int            n, first; /* operands: parts[first] and on */
} tad__term;

/* Terms are numbers of `terms`; a part may belong to several. Make one with `count` and `used` of 0. */
typedef struct tad__terms {
    const tad__plan *plan;
    int              count, used;
    tad__term        terms[TAD__MOST_TERMS];
    int              parts[TAD__MOST_PARTS];
} tad__terms;

/* A node as an operand: by itself, or the formula it is part of another as. */
int tad__operand_term(tad__terms *t, uint32_t id);

/* How the node was computed, from what is shown. */
int tad__formula_term(tad__terms *t, uint32_t id);

/* The derivatives along the links, multiplied. *term is -1 if one of them has no formula. TAD_ENOMEM. */
tad_status tad__derivative_term(tad__terms *t, size_t n, const tad__link links[], int *term);

/* Is it more than one number or name? And of how many does it consist, operations included? */
bool tad__is_compound(const tad__terms *t, int term);
int  tad__size_of(const tad__terms *t, int term);

/* `values`: with numbers in place of names. */
void tad__put_term(tad__pen *pen, const tad__terms *t, int term, bool values, int strength);

/* The name of a node within a formula, and how wide it is in text. */
void   tad__put_node(tad__pen *pen, const tad__plan *plan, uint32_t id);
size_t tad__width_of(const tad__plan *plan, uint32_t id);

#endif
