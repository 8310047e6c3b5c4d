/* How large the terms are that an elementwise derivative is the sum of: where it passes through 0 they are what its rounding
 * errors are to be compared with. */
#ifndef TESTS_TERMS_H
#define TESTS_TERMS_H

#include "ops/expression.h"

/* The value of an expression at a point. In *size: with |a| + |b| for each sum or difference outside of functions and divisors, and
 * so never less than its magnitude. */
double terms_evaluate(const tad__expression *expression, const double at[], double *size);

/* The sizes of the derivative by operand k of an operation at n points. */
void terms_of_partial(const tad_op *op, int k, int64_t n, const double a[], const double b[], double out[]);

#endif
