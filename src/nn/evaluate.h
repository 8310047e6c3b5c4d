/* A function of a minimiser, recorded at a point and forgotten. */
#ifndef TAD__NN_EVALUATE_H
#define TAD__NN_EVALUATE_H

#include "tape/tape.h"

#include <math.h>

typedef struct tad__objective {
    tad_tape     *tape;
    tad_function *f;
    void         *user;
    size_t        mark; /* where the tape is rewound to */
    const char   *name; /* of the public function */
    const void   *caller;
} tad__objective;

/* Rewinds and records f of n operands x. The result is checked: valid, on this tape, f64. */
tad_status tad__evaluate(const tad__objective *o, size_t n, const tad_var x[], tad_var *y);

static inline bool tad__all_finite(size_t n, const double x[])
{
    bool finite = true;
    for (size_t i = 0; i < n; i++)
        finite &= isfinite(x[i]) != 0;
    return finite;
}

#endif
