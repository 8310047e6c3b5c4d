/* The error function, and the gamma function's logarithm with its derivatives. */
#include "tensor/pair.h"

static const tad__pair two_over_sqrt_pi = {0x1.20dd750429b6dp+0, 0x1.1ae3a914fed80p-56};
static const tad__pair half_log_two_pi = {0x1.d67f1c864beb5p-1, -0x1.65b5a1b7ff5dfp-55};
static const tad__pair one = {1, 0};

/* Bernoulli's numbers B(2), B(4), ... */
enum { BERNOULLI = 13 };
static const double bernoulli[BERNOULLI][2] = {
    {1, 6},       {-1, 30},       {1, 42},       {-1, 30},           {5, 66},      {-691, 2730}, {7, 6}, {-3617, 510},
    {43867, 798}, {-174611, 330}, {854513, 138}, {-236364091, 2730}, {8553103, 6},
};

enum { FAR = 40, LEAST_TAIL = 3, TAIL_TERMS = 250 };

static tad__pair gaussian(tad__pair a)
{
    return tad__pair_mul(two_over_sqrt_pi, tad__pair_exp(tad__pair_neg(tad__pair_mul(a, a))));
}

/* exp(-a^2) 2 / sqrt(pi) times the sum of a (2 a^2)^n / (1 3 5 ... (2n + 1)), all of one sign. */
static tad__pair erf_series(tad__pair a)
{
    tad__pair sum = a, term = a, twice = tad__pair_ldexp(tad__pair_mul(a, a), 1);
    for (int n = 1; fabs(term.hi) > 0x1p-110 * fabs(sum.hi); n++) {
        term = tad__pair_div(tad__pair_mul(term, twice), tad__pair_of(2 * n + 1));
        sum = tad__pair_add(sum, term);
    }
    return tad__pair_mul(gaussian(a), sum);
}

/* For a >= 3, by Laplace's continued fraction from the end: 1 + (k / (2 a^2)) / (1 + ...). */
static tad__pair erfc_tail(tad__pair a)
{
    tad__pair unit = tad__pair_div(tad__pair_of(0.5), tad__pair_mul(a, a)), f = one;
    if (erfc(a.hi) == 0)
        return tad__pair_of(0);
    for (int k = TAIL_TERMS; k > 0; k--)
        f = tad__pair_add(one, tad__pair_div(tad__pair_mul(tad__pair_of(k), unit), f));
    return tad__pair_div(tad__pair_ldexp(gaussian(a), -1), tad__pair_mul(a, f));
}

tad__pair tad__pair_erfc(tad__pair a)
{
    if (!isfinite(a.hi))
        return tad__pair_of(erfc(a.hi));
    if (a.hi >= LEAST_TAIL)
        return erfc_tail(a);
    if (a.hi <= -LEAST_TAIL)
        return tad__pair_sub(tad__pair_of(2), erfc_tail(tad__pair_neg(a)));
    return tad__pair_sub(one, a.hi == 0 ? a : erf_series(a));
}

tad__pair tad__pair_erf(tad__pair a)
{
    if (a.hi == 0 || !isfinite(a.hi))
        return tad__pair_of(erf(a.hi));
    return fabs(a.hi) < LEAST_TAIL ? erf_series(a) : tad__pair_sub(one, tad__pair_erfc(a));
}

static tad__pair power(tad__pair a, int n)
{
    tad__pair product = one;
    for (int k = 0; k < n; k++)
        product = tad__pair_mul(product, a);
    return product;
}

static tad__pair bernoulli_at(int k)
{
    return tad__pair_div(tad__pair_of(bernoulli[k - 1][0]), tad__pair_of(bernoulli[k - 1][1]));
}

/* Stirling's series far out; up to there by lgamma(a) = lgamma(a + 1) - log|a|, the factors multiplied first. */
tad__pair tad__pair_lgamma(tad__pair a)
{
    double y = lgamma(a.hi);
    if (!isfinite(y) || a.hi < TAD__PAIR_LEAST || (y == 0 && a.lo == 0))
        return tad__pair_of(y);
    tad__pair product = one, logs = tad__pair_of(0);
    for (; a.hi < FAR; a = tad__pair_add(a, one)) {
        product = tad__pair_mul(product, tad__pair_abs(a));
        if (product.hi > 1e200 || product.hi < 1e-200) {
            logs = tad__pair_add(logs, tad__pair_log(product));
            product = one;
        }
    }
    logs = tad__pair_add(logs, tad__pair_log(product));
    tad__pair square = tad__pair_mul(a, a), at = a;
    tad__pair sum = tad__pair_mul(tad__pair_sub(a, tad__pair_of(0.5)), tad__pair_log(a));
    sum = tad__pair_add(tad__pair_sub(sum, a), half_log_two_pi);
    for (int k = 1; k <= BERNOULLI; k++) {
        sum = tad__pair_add(sum, tad__pair_div(bernoulli_at(k), tad__pair_mul(tad__pair_of(2 * k * (2 * k - 1)), at)));
        at = tad__pair_mul(at, square);
    }
    return tad__pair_sub(sum, logs);
}

/* The asymptotic series far out, and up to there the sum of 1 / (a + k)^(n + 1), times n! and the sign (Abramowitz and Stegun
 * 6.4.10 and 6.4.11). */
tad__pair tad__pair_polygamma(tad__pair order, tad__pair a)
{
    int       n = (int)rint(order.hi);
    tad__pair factorial = one, sum = tad__pair_of(0), whole; /* (n - 1)! or 1 */
    for (int k = 2; k < n; k++)
        factorial = tad__pair_mul(factorial, tad__pair_of(k));
    whole = n > 0 ? tad__pair_mul(factorial, tad__pair_of(n)) : tad__pair_of(-1);
    for (; a.hi < FAR + 2 * n; a = tad__pair_add(a, one))
        sum = tad__pair_add(sum, tad__pair_div(whole, power(a, n + 1)));
    tad__pair ends = tad__pair_div(whole, tad__pair_ldexp(power(a, n + 1), 1));
    sum = tad__pair_add(sum, ends);
    sum = tad__pair_add(sum, n > 0 ? tad__pair_div(factorial, power(a, n)) : tad__pair_log(a));
    for (int k = 1; k <= BERNOULLI; k++) {
        tad__pair rising = n > 0 ? one : tad__pair_div(tad__pair_of(-1), tad__pair_of(2 * k));
        for (int j = 2 * k + 1; j <= 2 * k + n - 1; j++) /* (2k + n - 1)! / (2k)! */
            rising = tad__pair_mul(rising, tad__pair_of(j));
        sum = tad__pair_add(sum, tad__pair_div(tad__pair_mul(bernoulli_at(k), rising), power(a, 2 * k + n)));
    }
    return n > 0 && n % 2 == 0 ? tad__pair_neg(sum) : sum;
}
