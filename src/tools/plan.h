/* What a derivation of dy/dx says and leaves out: which nodes lie between x and y, which of them stand for themselves and which
 * are part of a formula, how many paths there are, and for numbers the adjoints. */
#ifndef TAD__TOOLS_PLAN_H
#define TAD__TOOLS_PLAN_H

#include "tape/tape.h"

/* A formula without a name of its own has at most so many operations. */
enum { TAD__MOST_INLINED = 12 };

typedef struct tad__spot {
    double   adjoint; /* numbers only */
    double   so_far;  /* the same, as far as it is written */
    double   paths;   /* from here down to x */
    uint64_t exact;   /* the same, UINT64_MAX if there are more */
    uint32_t number;  /* of v1, v2, ...; 0: none */
    uint32_t first_edge, edges;
    uint16_t size;      /* operations in its formula */
    uint8_t  uses;      /* by nodes between, 2 for more than one */
    bool     between;   /* depends on x, and y on it */
    bool     shown;     /* stands for itself */
    bool     mentioned; /* not between, but in the formula of one that is shown */
} tad__spot;

typedef struct tad__plan {
    tad_tape   *tape;
    uint32_t    x, y;
    const void *caller;
    tad__spot  *spots;   /* of nodes 0 to y, or to x if that is later */
    bool        numbers; /* are all nodes between numbers? */
    size_t      shown;   /* nodes between that are shown, x and y among them */
    char        letter;  /* of v1, v2, ... */
} tad__plan;

/* The handles are good. After an error there is nothing to free. */
tad_status tad__plan_make(tad__plan *plan, tad_var y, tad_var x, const void *caller);
void       tad__plan_free(tad__plan *plan);

/* The next node between that is shown, downwards from below `id`; false past x. */
bool tad__next_shown(const tad__plan *plan, uint32_t *id);

/* Does a derivative pass from the node to operand k, which is between? */
bool tad__is_passed(const tad__plan *plan, uint32_t id, int k);

/* One way from a shown node down to the next one, through nodes that are part of its formula. */
typedef struct tad__link {
    uint32_t node;
    int      operand;
} tad__link;

typedef struct tad__step_down {
    uint32_t  to, from;
    double    derivative; /* d to / d from along this way */
    size_t    n;
    tad__link links[TAD__MOST_INLINED + 1];
} tad__step_down;

/* Calls `visit` for each step down from a shown node, until it returns an error. Numbers only. */
typedef tad_status tad__step_visitor(void *user, const tad__step_down *step);
tad_status         tad__each_step(const tad__plan *plan, uint32_t id, tad__step_visitor *visit, void *user);

/* The value of a node that is a number. (tad_value would remember that it was read.) */
double tad__number_of(const tad__plan *plan, uint32_t id);

/* Is the node an unnamed number that was given, not computed? It is written as that number. */
bool tad__is_literal(const tad__plan *plan, uint32_t id);

/* The label of a node; NULL if it has none. `ordinal`: 0, or which of the nodes of that name it is. */
const char *tad__label_of(const tad__plan *plan, uint32_t id, size_t *ordinal);

/* tad_local_derivative, for the function `name`. */
tad_status tad__local_derivative(tad_tape *tape, uint32_t id, int k, double *derivative, const char *name,
                                 const void *caller);

#endif
