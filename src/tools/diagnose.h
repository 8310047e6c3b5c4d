/* What hypotheses about a wrong gradient are tested on. */
#ifndef TAD__TOOLS_DIAGNOSE_H
#define TAD__TOOLS_DIAGNOSE_H

#include "base/text.h"
#include "tools/gradcheck.h"

/* A derivative that differences decide, and what a missing factor or term might be made of. */
typedef struct tad__sample {
    size_t  input;
    int64_t element;
    int     point;
    bool    wrong;
    double  a, numeric, noise;           /* the derivative that is tested, and what is right */
    double  x, left, right, other;       /* the value, its neighbours, and that of another input at the same place */
    double  y, g;                        /* the element of the result at the same place, and its cotangent */
    double  sum_x, sum_a, sum_g, sum_gy; /* over all elements */
} tad__sample;

typedef struct tad__evidence {
    const tad__subject  *subject;
    tad_gradcheck_report reports[TAD__POINTS];
    tad__outputs         outputs[TAD__POINTS];
    int64_t             *first, *counts; /* of each input: its first entry (-1: none), and how many */
    unsigned             modes, mode;    /* all that are wrong, and the one that is tested */
    tad__sample         *samples;
    size_t               count, wrong;
    double              *room; /* for twice as many numbers as there are entries */
} tad__evidence;

typedef struct tad__finding {
    tad__text words;
    double    factor;
} tad__finding;

/* diagnose.c: the derivative of an entry that is tested; are two numbers equal, as far as differences tell; and the entry of
 * element `element` of input `input` at a point, NULL if there is none. */
double                     tad__derivative_of(const tad__evidence *e, const tad_gradcheck_entry *entry);
bool                       tad__near(double a, double b, double noise);
const tad_gradcheck_entry *tad__entry_at(const tad__evidence *e, int point, size_t input, int64_t element);

/* order.c: are the numbers right, and in wrong places? */
bool tad__transposed(const tad__evidence *e, tad__finding *f);
bool tad__swapped(const tad__evidence *e, tad__finding *f);
bool tad__permuted(const tad__evidence *e, tad__finding *f);

/* terms.c: is what is right the derivative times a factor that depends on x, or the derivative plus a term? */
bool tad__missing_factor(const tad__evidence *e, tad__finding *f);
bool tad__missing_term(const tad__evidence *e, tad__finding *f);

#endif
