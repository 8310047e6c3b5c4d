/* The inside of the gradient checker: differences of numbers, checks of functions, and what a diagnosis is made of. */
#ifndef TAD__TOOLS_GRADCHECK_H
#define TAD__TOOLS_GRADCHECK_H

#include "tape/tape.h"

#include <tad/gradcheck.h>

/* ---- stencil.c: differences ---- */

/* A function of numbers, several at once: `evaluate` sets y at the numbers x, of which x[i] is not where it was. */
typedef struct tad__stencil {
    tad_status (*evaluate)(void *user, size_t i, double y[]);
    void         *user;
    size_t        outputs;
    const double *weights; /* of the outputs: w . y is what is differentiated */
    const double *centre;  /* y where nothing is moved */
    double       *sums;    /* room for tad__stencil_room(outputs) numbers */
    double        epsilon, step, tolerance;
    double        largest; /* of all derivatives */
    bool          three;   /* is there a derivative by forward mode? */
} tad__stencil;

size_t tad__stencil_room(size_t outputs);

/* Sets value, numeric, noise and verdict of an entry, by moving *x = x[i]. */
tad_status tad__judge(const tad__stencil *s, size_t i, double *x, tad_gradcheck_entry *entry);

/* The largest distance of the derivatives of an entry from its numeric one; NaN if one of them is NaN. */
double tad__distance(const tad_gradcheck_entry *entry, bool three);

/* Weight number i of a random cotangent: 0.5 to 1.5, of either sign. */
double tad__weight(uint64_t seed, uint64_t i);

/* ---- check.c: functions on a tape ---- */

typedef struct tad__checked {
    tad_tape             *tape;
    const void           *caller;
    tad_function         *f;
    void                 *user;
    size_t                n;
    const tad_var        *inputs;
    tad_gradcheck_options options;
    tad_gradcheck_report *report;
    size_t                most;     /* entries to judge; those left out are TAD_UNDECIDED, their numeric NaN. 0: all */
    bool                  detached; /* found: the function's values depend on numbers that left the tape */
    bool                  random;   /* found: it gives other values for the same inputs */
} tad__checked;

/* Verdicts on all entries; of the report, everything but the diagnosis. */
tad_status tad__check_function(tad__checked *c);

/* The options with defaults in place; false: they are no good. */
bool tad__gradcheck_options(const tad_gradcheck_options *given, tad_gradcheck_options *options);

/* Counts the verdict of entry i, and keeps the worst. */
void tad__count_verdict(tad_gradcheck_report *report, size_t i, bool three);

/* u . gradient of (w . f): what a check of second order differentiates. `user` is a tad__inner. */
typedef struct tad__inner {
    tad_function *f;
    void         *user;
    uint64_t      seed;
} tad__inner;

/* Random weights of the shape of x, as a constant. */
tad_var tad__random_like(tad_var x, uint64_t seed);

tad_var tad__gradient_of(void *user, size_t n, const tad_var x[]);

/* ---- diagnose.c: causes, tested ---- */

enum { TAD__POINTS = 6, TAD__MOST_ENTRIES = 160 };

/* The result at a point, and its cotangent; no more than a few thousand numbers, or none. */
typedef struct tad__outputs {
    double *y, *g; /* one block */
    int64_t count, room;
} tad__outputs;

/* What is diagnosed: something that can be checked at several points; point 0 is where it was found wrong. */
typedef struct tad__subject {
    tad_status (*probe)(void *user, int point, tad_gradcheck_report *report, tad__outputs *outputs);
    void          *user;
    size_t         n;      /* inputs */
    const int     *rank;   /* of each, and sizes */
    const int64_t (*dims)[TAD_MAX_RANK];
    const char    *input;  /* what an input is called: "input", "operand" */
    const char    *name;   /* of the derivative that is checked: "tad_backward", "the gradient" */
    bool           single; /* one derivative, not three */
} tad__subject;

/* Finds the cause, and sets cause, factor, modes and evidence of the report. */
tad_status tad__diagnose(const tad__subject *subject, const tad_allocator *allocator, tad_gradcheck_report *report);

/* The numbers of a point, moved by some per cent of themselves. */
double tad__moved(double x, int point, uint64_t i);

/* ---- blame.c ---- */

/* Looks for the operation to blame, and for the cause. c->report has something wrong in it. */
tad_status tad__blame(tad__checked *c);

/* ---- memory ---- */

void *tad__take_items(const tad_allocator *allocator, size_t count, size_t item_bytes);
void  tad__give_back_items(const tad_allocator *allocator, void *block, size_t count, size_t item_bytes);

#endif
