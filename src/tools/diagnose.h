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
    double  a, numeric, noise;      /* the derivative that is tested, and what is right */
    double  x, left, right, other;  /* the value, its neighbours, and that of another input at the same place */
    double  y, g;                   /* the element of the result at the same place, and its cotangent */
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

/* terms.c: is what is right the derivative times a factor that depends on x, or the derivative plus a term? */
bool tad__missing_factor(const tad__evidence *e, tad__finding *f);
bool tad__missing_term(const tad__evidence *e, tad__finding *f);

#endif
