/* Numbers of 106 bits, each the unevaluated sum of two doubles of which the second is at most half a unit in the last place of
 * the first. Arithmetic is right to a few units of 2^-104, the functions to at least 25 digits; the range is that of
 * double. What is not finite has 0 for its second part, and is what double arithmetic gives.
 *
 * Sources: T. J. Dekker, Numer. Math. 18 (1971), 224-242; Y. Hida, X. Li, D. Bailey, Algorithms for quad-double precision
 * floating point arithmetic, ARITH-15 (2001). */
#ifndef TAD__TENSOR_PAIR_H
#define TAD__TENSOR_PAIR_H

#include <math.h>
#include <stdbool.h>

typedef struct tad__pair {
    double hi, lo;
} tad__pair;

static inline tad__pair tad__pair_of(double x)
{
    return (tad__pair){x, 0};
}

/* a + b exactly, where |a| >= |b| */
static inline tad__pair tad__pair_renormalise(double a, double b)
{
    double s = a + b;
    return (tad__pair){s, b - (s - a)};
}

/* a + b exactly */
static inline tad__pair tad__pair_sum(double a, double b)
{
    double s = a + b, part = s - a;
    return (tad__pair){s, (a - (s - part)) + (b - part)};
}

/* a * b exactly, unless it underflows */
static inline tad__pair tad__pair_product(double a, double b)
{
    double p = a * b;
    return (tad__pair){p, fma(a, b, -p)};
}

static inline tad__pair tad__pair_neg(tad__pair a)
{
    return (tad__pair){-a.hi, -a.lo};
}

static inline tad__pair tad__pair_add(tad__pair a, tad__pair b)
{
    tad__pair s = tad__pair_sum(a.hi, b.hi), t = tad__pair_sum(a.lo, b.lo);
    if (!isfinite(s.hi))
        return tad__pair_of(s.hi);
    s = tad__pair_renormalise(s.hi, s.lo + t.hi);
    return tad__pair_renormalise(s.hi, s.lo + t.lo);
}

static inline tad__pair tad__pair_sub(tad__pair a, tad__pair b)
{
    return tad__pair_add(a, tad__pair_neg(b));
}

static inline tad__pair tad__pair_mul(tad__pair a, tad__pair b)
{
    tad__pair p = tad__pair_product(a.hi, b.hi);
    if (!isfinite(p.hi) || p.hi == 0)
        return tad__pair_of(p.hi);
    return tad__pair_renormalise(p.hi, p.lo + (a.hi * b.lo + a.lo * b.hi));
}

/* Times a power of two. */
static inline tad__pair tad__pair_ldexp(tad__pair a, int exponent)
{
    return (tad__pair){ldexp(a.hi, exponent), ldexp(a.lo, exponent)};
}

/* -1, 0 or 1: a < b, a == b, a > b. Neither is NaN. */
static inline int tad__pair_compare(tad__pair a, tad__pair b)
{
    if (a.hi != b.hi)
        return a.hi < b.hi ? -1 : 1;
    return (a.lo > b.lo) - (a.lo < b.lo);
}

tad__pair tad__pair_div(tad__pair a, tad__pair b);
tad__pair tad__pair_abs(tad__pair a);

tad__pair tad__pair_floor(tad__pair a);
tad__pair tad__pair_trunc(tad__pair a);
tad__pair tad__pair_round(tad__pair a); /* ties away from 0 */

tad__pair tad__pair_sqrt(tad__pair a);
tad__pair tad__pair_cbrt(tad__pair a);
tad__pair tad__pair_hypot(tad__pair a, tad__pair b);
tad__pair tad__pair_pow(tad__pair a, tad__pair b);

tad__pair tad__pair_exp(tad__pair a);
tad__pair tad__pair_exp2(tad__pair a);
tad__pair tad__pair_expm1(tad__pair a);
tad__pair tad__pair_log(tad__pair a);
tad__pair tad__pair_log2(tad__pair a);
tad__pair tad__pair_log10(tad__pair a);
tad__pair tad__pair_log1p(tad__pair a);

/* |a| up to TAD__PAIR_TURNS; beyond that to the precision of double. */
#define TAD__PAIR_TURNS 1e15
tad__pair tad__pair_sin(tad__pair a);
tad__pair tad__pair_cos(tad__pair a);
tad__pair tad__pair_tan(tad__pair a);
tad__pair tad__pair_asin(tad__pair a);
tad__pair tad__pair_acos(tad__pair a);
tad__pair tad__pair_atan(tad__pair a);
tad__pair tad__pair_atan2(tad__pair a, tad__pair b);
tad__pair tad__pair_sinh(tad__pair a);
tad__pair tad__pair_cosh(tad__pair a);
tad__pair tad__pair_tanh(tad__pair a);
tad__pair tad__pair_asinh(tad__pair a);
tad__pair tad__pair_acosh(tad__pair a);
tad__pair tad__pair_atanh(tad__pair a);

tad__pair tad__pair_erf(tad__pair a);
tad__pair tad__pair_erfc(tad__pair a);

/* From TAD__PAIR_LEAST on; below that to the precision of double. Next to their zeros digits are absolute, not relative. */
#define TAD__PAIR_LEAST (-1000.0)
tad__pair tad__pair_lgamma(tad__pair a);
tad__pair tad__pair_polygamma(tad__pair order, tad__pair a); /* order 0: digamma */

#endif
