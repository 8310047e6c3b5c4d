/* Which entries of a Jacobian can be other than 0, whatever the values: found by sending sets of columns through the tape. */
#ifndef TAD__DIFF_PATTERN_H
#define TAD__DIFF_PATTERN_H

#include "diff/products.h"

/* Line i has the entries at[start[i]], ..., at[start[i + 1] - 1], ascending. */
typedef struct tad__lines {
    size_t  n, across; /* lines, and how long each would be in full */
    size_t *start, *at;
} tad__lines;

typedef struct tad__pattern {
    tad__lines rows, columns; /* the same entries, by rows and by columns */
} tad__pattern;

/* The arrays are taken with tad__take. `symmetric`: entries of the transposed matrix are added. */
tad_status tad__find_pattern(const tad__jacobian *j, bool symmetric, tad__pattern *out);

#endif
