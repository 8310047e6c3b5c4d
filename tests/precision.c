#include "precision.h"

#include "ops/elementwise.h"
#include "samples.h"
#include "terms.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#if defined(__SIZEOF_FLOAT128__) && defined(__has_include)
#if __has_include(<quadmath.h>)
#define HAVE_QUAD
#endif
#endif

#ifdef HAVE_QUAD
#pragma GCC diagnostic ignored "-Wpedantic" /* quads are an extension */
#include <quadmath.h>

typedef __float128 quad;

/* ---- the rows, evaluated with quads ---- */

#define sqrt sqrtq
#define cbrt cbrtq
#define hypot hypotq
#define exp expq
#define exp2 exp2q
#define expm1 expm1q
#define log logq
#define log2 log2q
#define log10 log10q
#define log1p log1pq
#define sin sinq
#define cos cosq
#define tan tanq
#define asin asinq
#define acos acosq
#define atan atanq
#define atan2 atan2q
#define sinh sinhq
#define cosh coshq
#define tanh tanhq
#define asinh asinhq
#define acosh acoshq
#define atanh atanhq
#define erf erfq
#define erfc erfcq
#define lgamma lgammaq
#define fabs fabsq
#define floor floorq
#define ceil ceilq
#define round roundq
#define trunc truncq
#define fmod fmodq
#define copysign copysignq
#define pow powq
#include "ops/special_functions.h"
#undef digamma
#undef polygamma
#define digamma(x) polygamma_q(0, x)
#define polygamma(n, x) polygamma_q(n, x)

#define CONSTANT(name, value) static const quad name __attribute__((unused)) = value##Q;
#include "ops/constants.def"
#undef CONSTANT

static quad power(quad x, int n)
{
    quad product = 1;
    for (int k = 0; k < n; k++)
        product *= x;
    return product;
}

/* For x > 0: recurrence up to 40, then the asymptotic series (Abramowitz and Stegun 6.4.11). */
static quad polygamma_q(quad order, quad x)
{
    static const quad bernoulli[] = {1.0Q / 6,       -1.0Q / 30,       1.0Q / 42,       -1.0Q / 30,
                                     5.0Q / 66,      -691.0Q / 2730,   7.0Q / 6,        -3617.0Q / 510,
                                     43867.0Q / 798, -174611.0Q / 330, 854513.0Q / 138, -236364091.0Q / 2730,
                                     8553103.0Q / 6};
    int               n = (int)(order + half);
    quad              factorial = 1, sum = 0; /* (n - 1)! or 1 */
    for (int k = 2; k < n; k++)
        factorial *= k;
    quad whole = n > 0 ? factorial * n : 1;
    for (; x < 40; x++)
        sum += n > 0 ? whole / power(x, n + 1) : -1 / x;
    if (n == 0)
        sum += logq(x) - half / x;
    else
        sum += factorial / power(x, n) + whole * half / power(x, n + 1);
    for (int k = 1; k <= (int)(sizeof bernoulli / sizeof *bernoulli); k++) {
        quad term = bernoulli[k - 1] / power(x, 2 * k + n);
        quad rising = 1; /* (2k + n - 1)! / (2k)! */
        for (int j = 2 * k + 1; j <= 2 * k + n - 1; j++)
            rising *= j;
        sum += n > 0 ? term * rising : -term / (2 * k);
    }
    return n > 0 && n % 2 == 0 ? -sum : sum;
}

#define UNARY(name, about, where, text, dx)                                                                            \
    static void evaluate_##name(const quad in[2], quad *value, quad partial[2])                                        \
    {                                                                                                                  \
        const quad x = in[0], y = (text);                                                                              \
        *value = y;                                                                                                    \
        partial[0] = (dx);                                                                                             \
        partial[1] = 0;                                                                                                \
        (void)x;                                                                                                       \
    }
#define BINARY(name, about, where, text, da, db)                                                                       \
    static void evaluate_##name(const quad in[2], quad *value, quad partial[2])                                        \
    {                                                                                                                  \
        const quad a = in[0], b = in[1], y = (text);                                                                   \
        *value = y;                                                                                                    \
        partial[0] = (da);                                                                                             \
        partial[1] = (db);                                                                                             \
        (void)a, (void)b;                                                                                              \
    }
#include "ops/elementwise.def"
#undef UNARY
#undef BINARY

static void (*const evaluations[])(const quad in[2], quad *value, quad partial[2]) = {
#define UNARY(name, ...) evaluate_##name,
#define BINARY(name, ...) evaluate_##name,
#include "ops/elementwise.def"
};

/* The derivative of partial i with respect to operand j, by the 6-point stencil. */
static quad second_derivative(int row, const quad in[2], int i, int j)
{
    static const int weights[] = {0, 45, -9, 1};
    const quad       h = 1e-4Q;
    quad             sum = 0;
    for (int k = -3; k <= 3; k++) {
        quad at[2] = {in[0], in[1]}, y, partial[2];
        at[j] += k * h;
        evaluations[row](at, &y, partial);
        sum += (k < 0 ? -1 : 1) * weights[abs(k)] * partial[i];
    }
    return sum / (60 * h);
}

/* ---- errors ---- */

/* In units of the last place of `size`. */
static double ulps(double found, quad exact, quad size, tad_dtype dtype)
{
    int digits = dtype == TAD_F32 ? FLT_MANT_DIG : DBL_MANT_DIG, exponent;
    if ((quad)found == exact)
        return 0;
    if (size == 0)
        return HUGE_VAL;
    frexpq(size, &exponent);
    return (double)(fabsq((quad)found - exact) / ldexpq(1, exponent - digits));
}

static void raise(double *worst, double error)
{
    if (!(error <= *worst)) /* NaN, too */
        *worst = error;
}

enum { POINTS = 500, SEEDS = 4 };

typedef struct points {
    const tad_op *op;
    tad_dtype     dtype;
    tad_tape     *tape;
    double        in[2][POINTS];
    tad_var       x[2];
} points;

static void first_errors(const points *p, int row, precision *worst)
{
    static double y[SAMPLE_ELEMENTS], g[2][SAMPLE_ELEMENTS];
    tad_var       value = tad_apply(p->op, (tad_args){.n = p->op->arity, .x = p->x});
    bool          good = tad_backward(tad_sum(value)) == TAD_OK && sample_read(value, y) == POINTS;
    for (int k = 0; k < p->op->arity; k++)
        good = good && sample_read_gradient(p->x[k], g[k]) == POINTS;
    for (int i = 0; i < POINTS; i++) {
        quad in[2] = {p->in[0][i], p->in[1][i]}, exact, partial[2];
        evaluations[row](in, &exact, partial);
        raise(&worst->value, good ? ulps(y[i], exact, exact, p->dtype) : (double)NAN);
        for (int k = 0; k < p->op->arity; k++) {
            double terms;
            terms_of_partial(p->op, k, 1, &p->in[0][i], &p->in[1][i], &terms);
            raise(&worst->first, ulps(g[k][i], partial[k], terms > fabsq(partial[k]) ? terms : partial[k], p->dtype));
        }
    }
}

static void second_errors(const points *p, int row, precision *worst)
{
    static double h[SAMPLE_ELEMENTS];
    static quad   exact[POINTS];
    tad_var       gx[2], ggx[2], value = tad_apply(p->op, (tad_args){.n = p->op->arity, .x = p->x});
    size_t        n = (size_t)p->op->arity;
    bool          good = tad_gradient(tad_sum(value), n, p->x, gx) == TAD_OK;
    for (int i = 0; i < p->op->arity && good; i++) {
        good = tad_gradient(tad_sum(gx[i]), n, p->x, ggx) == TAD_OK;
        for (int j = 0; j < p->op->arity && good; j++) {
            quad mean = 0;
            good = sample_read(ggx[j], h) == POINTS;
            for (int k = 0; k < POINTS; k++) {
                exact[k] = second_derivative(row, (const quad[]){p->in[0][k], p->in[1][k]}, i, j);
                mean += fabsq(exact[k]) / POINTS;
            }
            for (int k = 0; k < POINTS; k++) /* what the stencil makes of a constant is not quite 0 */
                if (fabsq(exact[k]) > 1e-20Q || h[k] != 0)
                    raise(&worst->second, ulps(h[k], exact[k], fabsq(exact[k]) > mean ? exact[k] : mean, p->dtype));
        }
    }
    if (!good)
        worst->second = (double)NAN;
}

bool precision_of(const tad_op *op, tad_dtype dtype, precision *worst)
{
    static points p;
    const int64_t count = POINTS;
    int           row = tad__row_of(op);
    p = (points){.op = op, .dtype = dtype, .tape = tad_tape_new()};
    *worst = (precision){0, 0, 0};
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        sample_numbers(op, seed, count, p.in[0], p.in[1]);
        tad_tape_rewind(p.tape, 0);
        for (int k = 0; k < op->arity; k++) {
            static float floats[POINTS];
            for (int i = 0; i < POINTS; i++)
                floats[i] = (float)p.in[k][i];
            p.x[k] = tad_tensor(p.tape, dtype, 1, &count, dtype == TAD_F32 ? (void *)floats : (void *)p.in[k]);
        }
        first_errors(&p, row, worst);
        second_errors(&p, row, worst);
    }
    tad_tape_free(p.tape);
    return true;
}

#else

bool precision_of(const tad_op *op, tad_dtype dtype, precision *worst)
{
    (void)op, (void)dtype;
    *worst = (precision){0, 0, 0};
    return false;
}
#endif
