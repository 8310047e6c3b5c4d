/* How exact the elementwise operations are: value, first and second derivatives, in units in the last place, against the same
 * rows evaluated with 113 bits (libquadmath). */
#ifndef TESTS_PRECISION_H
#define TESTS_PRECISION_H

#include <tad/tad.h>

/* The worst errors found, in ulps of the element type. */
typedef struct precision {
    double value;
    double first;  /* of the terms that the derivative is a sum of: it may pass through 0 */
    double second; /* of the larger of the derivative and its mean magnitude: second derivatives pass through 0 */
} precision;

/* False where there is no libquadmath. The operation is a row of elementwise.def. */
bool precision_of(const tad_op *op, tad_dtype dtype, precision *worst);

#endif
