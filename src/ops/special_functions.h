/* Functions that the rows of elementwise.def use and C does not have: what else they call is a macro here, or C's.
 * Include <math.h> or <tgmath.h> before. */
#ifndef TAD__OPS_SPECIAL_FUNCTIONS_H
#define TAD__OPS_SPECIAL_FUNCTIONS_H

/* The rows of these names, for other rows to use. */
#define sigmoid(x) (1 / (1 + exp(-(x))))
#define softplus(x) (((x) > 0 ? (x) : 0) + log1p(exp(-fabs(x))))
#define digamma(x) _Generic((x), float : tad__digamma_f32, default : tad__digamma_f64)(x)
#define trigamma(x) polygamma(1, x)
#define polygamma(n, x) _Generic((x), float : tad__polygamma_f32, default : tad__polygamma_f64)(n, x)

/* The derivative of log(gamma(x)): NaN at 0, -1, -2, ..., except for -infinity at +0 and infinity at -0. */
double tad__digamma_f64(double x);
float  tad__digamma_f32(float x);

/* The n-th derivative of digamma, n rounded to the nearest integer. Infinite at 0, -1, -2, ...; NaN for n < 0, for n > 100,
 * and for n > 30 where x < 0. */
double tad__polygamma_f64(double n, double x);
float  tad__polygamma_f32(float n, float x);

#endif
