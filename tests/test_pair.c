/* Pairs of doubles against 113 bits: arithmetic and every function to 25 digits, and what is not finite. */
#include "suites.h"
#include "support.h"

#include "base/random.h"
#include "tensor/pair.h"

#include <float.h>

#if defined(__SIZEOF_FLOAT128__) && defined(__has_include)
#if __has_include(<quadmath.h>)
#define HAVE_QUAD
#endif
#endif

enum { POINTS = 400 };

#ifdef HAVE_QUAD
#pragma GCC diagnostic ignored "-Wpedantic" /* quads are an extension */
#include <quadmath.h>

typedef __float128 quad;

static quad exact(tad__pair a)
{
    return (quad)a.hi + (quad)a.lo;
}

/* A number from low to high with 109 bits, which a quad can hold; every fourth on a scale of its own. */
static tad__pair draw(uint64_t seed, uint64_t i, double low, double high)
{
    double x = tad__random_uniform(seed, 3 * i, low, high);
    if (i % 4 == 0 && low <= 0 && high >= 0)
        x *= exp2(tad__random_uniform(seed, 3 * i + 1, -60, 0));
    int exponent;
    frexp(x, &exponent);
    double unit = ldexp(1, exponent - 109), rest = x * tad__random_uniform(seed, 3 * i + 2, -0x1p-54, 0x1p-54);
    return tad__pair_sum(x, unit > 0 ? rint(rest / unit) * unit : 0);
}

static quad plus(quad a, quad b)
{
    return a + b;
}
static quad minus(quad a, quad b)
{
    return a - b;
}
static quad times(quad a, quad b)
{
    return a * b;
}
static quad over(quad a, quad b)
{
    return a / b;
}
static quad exp2_of(quad a)
{
    return powq(2, a);
}

typedef struct unary {
    const char *name;
    tad__pair (*function)(tad__pair);
    quad (*expected)(quad);
    double low, high;
} unary;

static const unary unaries[] = {
    {"abs", tad__pair_abs, fabsq, -2, 2},
    {"floor", tad__pair_floor, floorq, -5, 5},
    {"trunc", tad__pair_trunc, truncq, -5, 5},
    {"round", tad__pair_round, roundq, -5, 5},
    {"sqrt", tad__pair_sqrt, sqrtq, 0, 1e9},
    {"cbrt", tad__pair_cbrt, cbrtq, -1e9, 1e9},
    {"exp", tad__pair_exp, expq, -50, 50},
    {"exp, far", tad__pair_exp, expq, -660, 709},
    {"exp2", tad__pair_exp2, exp2_of, -900, 900},
    {"expm1", tad__pair_expm1, expm1q, -30, 30},
    {"log", tad__pair_log, logq, 0, 3},
    {"log, far", tad__pair_log, logq, 0, 1e300},
    {"log2", tad__pair_log2, log2q, 0, 30},
    {"log10", tad__pair_log10, log10q, 0, 300},
    {"log1p", tad__pair_log1p, log1pq, -1, 5},
    {"sin", tad__pair_sin, sinq, -7, 7},
    {"sin, far", tad__pair_sin, sinq, -1e6, 1e6},
    {"cos", tad__pair_cos, cosq, -7, 7},
    {"cos, far", tad__pair_cos, cosq, -1e12, 1e12},
    {"tan", tad__pair_tan, tanq, -7, 7},
    {"asin", tad__pair_asin, asinq, -1, 1},
    {"acos", tad__pair_acos, acosq, -1, 1},
    {"atan", tad__pair_atan, atanq, -1e3, 1e3},
    {"sinh", tad__pair_sinh, sinhq, -10, 10},
    {"sinh, far", tad__pair_sinh, sinhq, -709, 709},
    {"cosh", tad__pair_cosh, coshq, -709, 709},
    {"tanh", tad__pair_tanh, tanhq, -50, 50},
    {"asinh", tad__pair_asinh, asinhq, -1e3, 1e3},
    {"acosh", tad__pair_acosh, acoshq, 1, 30},
    {"acosh, far", tad__pair_acosh, acoshq, 1, 1e200},
    {"atanh", tad__pair_atanh, atanhq, -1, 1},
    {"erf", tad__pair_erf, erfq, -8, 8},
    {"erfc", tad__pair_erfc, erfcq, -8, 25},
    {"lgamma", tad__pair_lgamma, lgammaq, 3, 100},
    {"lgamma, below", tad__pair_lgamma, lgammaq, -20, 3},
};

static void expect_digits(const char *name, tad__pair found, quad expected, double at, double floor_of)
{
    quad size = fabsq(expected) > floor_of ? fabsq(expected) : floor_of;
    quad error = fabsq(exact(found) - expected) / size;
    ck_assert_msg(error <= 1e-25Q, "%s(%.17g) = %.17g: relative error %.3g", name, at, found.hi, (double)error);
}

START_TEST(functions)
{
    const unary *row = &unaries[_i];
    double       least = row->expected == lgammaq ? 1 : 0; /* next to its zeros digits are absolute */
    for (uint64_t i = 0; i < POINTS; i++) {
        tad__pair x = draw((uint64_t)_i, i, row->low, row->high);
        if (isfinite((double)row->expected(exact(x))) && fabs((double)row->expected(exact(x))) > 1e-280)
            expect_digits(row->name, row->function(x), row->expected(exact(x)), x.hi, least);
    }
}
END_TEST

static const struct {
    const char *name;
    tad__pair (*function)(tad__pair, tad__pair);
    quad (*expected)(quad, quad);
    double low[2], high[2];
} binaries[] = {
    {"add", tad__pair_add, plus, {-2, -2}, {2, 2}},
    {"sub", tad__pair_sub, minus, {-2, -2}, {2, 2}},
    {"mul", tad__pair_mul, times, {-2, -1e100}, {2, 1e100}},
    {"div", tad__pair_div, over, {-2, -1e100}, {2, 1e100}},
    {"hypot", tad__pair_hypot, hypotq, {-2, -3}, {2, 3}},
    {"hypot, far", tad__pair_hypot, hypotq, {-1e300, -1e300}, {1e300, 1e300}},
    {"atan2", tad__pair_atan2, atan2q, {-2, -3}, {2, 3}},
    {"pow", tad__pair_pow, powq, {0, -30}, {30, 30}},
    {"pow, near 1", tad__pair_pow, powq, {0.99, -3000}, {1.01, 3000}},
};

START_TEST(functions_of_two)
{
    for (uint64_t i = 0; i < POINTS; i++) {
        tad__pair a = draw((uint64_t)_i, i, binaries[_i].low[0], binaries[_i].high[0]);
        tad__pair b = draw((uint64_t)_i + 50, i, binaries[_i].low[1], binaries[_i].high[1]);
        quad      expected = binaries[_i].expected(exact(a), exact(b));
        if (isfinite((double)expected) && fabs((double)expected) > 1e-280)
            expect_digits(binaries[_i].name, binaries[_i].function(a, b), expected, a.hi, 0);
    }
}
END_TEST

/* By f(x) - f(x + 1) = (-1)^(n + 1) n! / x^(n + 1), and trigamma(1) = pi^2 / 6, digamma(1) = -0.5772... */
START_TEST(polygammas)
{
    const quad euler = 0.577215664901532860606512090082402431Q;
    expect_digits("digamma", tad__pair_polygamma(tad__pair_of(0), tad__pair_of(1)), -euler, 1, 0);
    expect_digits("trigamma", tad__pair_polygamma(tad__pair_of(1), tad__pair_of(1)), M_PIq * M_PIq / 6, 1, 0);
    expect_digits("psi''", tad__pair_polygamma(tad__pair_of(2), tad__pair_of(1)),
                  -2 * 1.20205690315959428539973816151144999Q, 1, 0);
    for (int n = 0; n <= 100; n += 7) {
        quad factorial = 1, x = 39.5Q;
        for (int k = 2; k <= n; k++)
            factorial *= k;
        tad__pair order = tad__pair_of(n), at = tad__pair_of(39.5), next = tad__pair_of(40.5);
        quad      step = exact(tad__pair_polygamma(order, at)) - exact(tad__pair_polygamma(order, next));
        quad      expected = (n % 2 ? 1 : -1) * factorial / powq(x, n + 1);
        ck_assert_msg(fabsq(step - expected) <= 1e-25Q * fabsq(exact(tad__pair_polygamma(order, at))), "order %d", n);
    }
}
END_TEST
#endif

/* What is not finite, and zeros, are what double arithmetic gives. */
START_TEST(special)
{
    static const double values[] = {0.0, -0.0, HUGE_VAL, -HUGE_VAL, (double)NAN, 1, -1, 2, -2.5, 1e308, -1e308, 5e-324};
#define SAME(name, pairs, doubles)                                                                                     \
    {                                                                                                                  \
        name, pairs, doubles                                                                                           \
    }
    static const struct {
        const char *name;
        tad__pair (*function)(tad__pair);
        double (*expected)(double);
    } same[] = {
        SAME("sqrt", tad__pair_sqrt, sqrt),    SAME("cbrt", tad__pair_cbrt, cbrt),
        SAME("exp", tad__pair_exp, exp),       SAME("exp2", tad__pair_exp2, exp2),
        SAME("expm1", tad__pair_expm1, expm1), SAME("log", tad__pair_log, log),
        SAME("log2", tad__pair_log2, log2),    SAME("log10", tad__pair_log10, log10),
        SAME("log1p", tad__pair_log1p, log1p), SAME("sin", tad__pair_sin, sin),
        SAME("cos", tad__pair_cos, cos),       SAME("tan", tad__pair_tan, tan),
        SAME("asin", tad__pair_asin, asin),    SAME("acos", tad__pair_acos, acos),
        SAME("atan", tad__pair_atan, atan),    SAME("sinh", tad__pair_sinh, sinh),
        SAME("cosh", tad__pair_cosh, cosh),    SAME("tanh", tad__pair_tanh, tanh),
        SAME("asinh", tad__pair_asinh, asinh), SAME("acosh", tad__pair_acosh, acosh),
        SAME("atanh", tad__pair_atanh, atanh), SAME("erf", tad__pair_erf, erf),
        SAME("erfc", tad__pair_erfc, erfc),    SAME("lgamma", tad__pair_lgamma, lgamma),
        SAME("floor", tad__pair_floor, floor), SAME("trunc", tad__pair_trunc, trunc),
        SAME("round", tad__pair_round, round),
    };
    for (size_t k = 0; k < COUNT(same); k++)
        for (size_t i = 0; i < COUNT(values); i++) {
            tad__pair y = same[k].function(tad__pair_of(values[i]));
            double    expected = same[k].expected(values[i]);
            bool      fine = isnan(expected) ? isnan(y.hi) : fabs(y.hi - expected) <= 4 * DBL_EPSILON * fabs(expected);
            ck_assert_msg(fine || y.hi == expected, "%s(%g) = %g; expected %g", same[k].name, values[i], y.hi,
                          expected);
            ck_assert_msg(isfinite(y.hi) || y.lo == 0, "%s(%g) has a second part", same[k].name, values[i]);
        }
    for (size_t i = 0; i < COUNT(values); i++)
        for (size_t j = 0; j < COUNT(values); j++) {
            double a = values[i], b = values[j];
#define EXPECT(found, expected)                                                                                        \
    ck_assert_msg(isnan(expected) ? isnan((found).hi)                                                                  \
                                  : (found).hi == (expected) || fabs((found).hi / (expected)-1) < 1e-15,               \
                  #found " of %g and %g is %g; expected %g", a, b, (found).hi, expected)
            EXPECT(tad__pair_add(tad__pair_of(a), tad__pair_of(b)), a + b);
            EXPECT(tad__pair_mul(tad__pair_of(a), tad__pair_of(b)), a * b);
            EXPECT(tad__pair_div(tad__pair_of(a), tad__pair_of(b)), a / b);
            EXPECT(tad__pair_pow(tad__pair_of(a), tad__pair_of(b)), pow(a, b));
            EXPECT(tad__pair_atan2(tad__pair_of(a), tad__pair_of(b)), atan2(a, b));
            EXPECT(tad__pair_hypot(tad__pair_of(a), tad__pair_of(b)), hypot(a, b));
        }
}
END_TEST

Suite *pair_suite(void)
{
    Suite *suite = suite_create("pair");
    TCase *tests = tcase_create("pair");
    tcase_set_timeout(tests, 60);
#ifdef HAVE_QUAD
    tcase_add_loop_test(tests, functions, 0, COUNT(unaries));
    tcase_add_loop_test(tests, functions_of_two, 0, COUNT(binaries));
    tcase_add_test(tests, polygammas);
#endif
    tcase_add_test(tests, special);
    suite_add_tcase(suite, tests);
    return suite;
}
