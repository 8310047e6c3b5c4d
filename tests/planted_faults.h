/* Gradients that are wrong on purpose, of every cause that the checker tests for. */
#ifndef TESTS_PLANTED_FAULTS_H
#define TESTS_PLANTED_FAULTS_H

#include <tad/tad.h>

typedef struct planted_fault {
    const char     *name;
    tad_cause       cause;
    tad_function   *f;    /* on a tape, of one or two inputs, or */
    tad_c_function *c;    /* by hand, of so many numbers */
    int             n;    /* inputs, or numbers */
    int64_t         dims[2][2]; /* of the inputs; a size of 0: no such axis */
    const char     *blamed;     /* the operation to blame; NULL: none */
    double          factor;     /* if that is the cause */
    unsigned        modes;      /* which derivatives are wrong; 0: all */
    int             order;
    const void     *op; /* for f */
} planted_fault;

extern const planted_fault planted_faults[];
extern const size_t        planted_fault_count;

#endif
