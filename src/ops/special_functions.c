/* digamma and polygamma. Sources: M. Abramowitz and I. Stegun, Handbook of Mathematical Functions, chapters 6.3 and 6.4, for the
 * asymptotic series, recurrence and reflection; the Taylor coefficients were computed to 60 digits. */
#include <math.h>

#include "ops/special_functions.h"

#include <stdbool.h>

#define COUNT_OF(array) ((int)(sizeof(array) / sizeof *(array)))

static const double pi = 3.14159265358979323846;

/* sum of c[k] * x^k */
static double horner(int count, const double c[], double x)
{
    double sum = 0;
    for (int k = count; k-- > 0;)
        sum = sum * x + c[k];
    return sum;
}

static bool is_pole(double x)
{
    return x <= 0 && x == floor(x);
}

/* pi x, reduced first, so that its tangent and sine are right for large x. */
static double pi_times(double x)
{
    return pi * (x - floor(x + 0.5));
}

/* ---- digamma ---- */

/* Around its only positive zero, which two doubles hold: there a series keeps the relative precision. */
static const double root = 1.4616321449683622, root_rest = 9.549995429965697e-17;
static const double at_root[] = {
    0.9676722454476212,     -0.4427631689835921,     0.258499760955651,      -0.16394270544240652,
    0.10782405069126237,    -0.07219956125645471,    0.04880428816414311,    -0.03316112647484736,
    0.022597648232218104,   -0.01542476590494896,    0.010538791616612175,   -0.007204534386356869,
    0.004926781395729853,   -0.003369801655439328,   0.002305126326734928,   -0.0015769367714301972,
    0.0010788252019162967,  -0.0007380709389960052,  0.000504953265834602,   -0.0003454680251063077,
    0.00023635601564027053, -0.00016170622091974803, 0.0001106337276874741,  -7.569179582195066e-05,
    5.178575795222081e-05,  -3.5430070947659604e-05, 2.424006611860132e-05,  -1.6584242271854135e-05,
    1.134638458466385e-05,  -7.762817668462094e-06,  5.3110609208898636e-06, -3.6336507898010456e-06,
    2.486022733129538e-06,  -1.7008538854332607e-06, 1.1636675363548843e-06, -7.96142543124197e-07,
    5.446941930669446e-07,  -3.7266161283438227e-07, 2.549626552021554e-07,  -1.7443695117727745e-07,
};

/* B[2k] / (2k), k = 1, 2, ...: digamma(x) = log(x) - 1 / (2x) - sum of them over x^2k */
static const double asymptotic[] = {1.0 / 12,  -1.0 / 120,     1.0 / 252, -1.0 / 240,
                                    1.0 / 132, -691.0 / 32760, 1.0 / 12,  -3617.0 / 8160};

double tad__digamma_f64(double x)
{
    if (x == 0)
        return -1 / x;
    if (is_pole(x))
        return (double)NAN;
    if (x < 0)
        return tad__digamma_f64(1 - x) - pi / tan(pi_times(x));
    if (x < 10) { /* to the interval around the root; going up instead would cancel digits there */
        double shift = x < 1 ? -1 / x : 0;
        for (x += x<1; x> 2; shift += 1 / x)
            x--;
        double from_root = (x - root) - root_rest;
        return from_root * horner(COUNT_OF(at_root), at_root, from_root) + shift;
    }
    double square = 1 / (x * x);
    return log(x) - 0.5 / x - square * horner(COUNT_OF(asymptotic), asymptotic, square);
}

float tad__digamma_f32(float x)
{
    return (float)tad__digamma_f64((double)x);
}

/* ---- polygamma ---- */

enum { MOST_ORDERS = 100, MOST_REFLECTED = 30 };

/* B[2k] / (2k)!, k = 1, 2, ... */
static const double bernoulli[] = {
    0.08333333333333333,   -0.001388888888888889,  3.306878306878307e-05,  -8.267195767195768e-07,
    2.08767569878681e-08,  -5.284190138687493e-10, 1.3382536530684679e-11, -3.3896802963225827e-13,
    8.586062056277845e-15, -2.174868698558062e-16, 5.5090028283602295e-18, -1.3954464685812522e-19,
};

/* x^-s; by multiplication where that is as accurate. */
static double inverse_power(double x, int s)
{
    switch (s) {
    case 2:
        return 1 / (x * x);
    case 3:
        return 1 / (x * x * x);
    case 4:
        return 1 / (x * x * (x * x));
    default:
        return pow(x, -s);
    }
}

/* Hurwitz's zeta function, sum of (x + k)^-s over k = 0, 1, ..., for x > 0: the first terms, and Euler-Maclaurin's formula for
 * the rest. */
static double zeta(int s, double x)
{
    double sum = 0, end = 10 + s;
    for (; x < end; x++)
        sum += inverse_power(x, s);
    double power = inverse_power(x, s), rising = s / x, tail = 0;
    for (int k = 0; k < COUNT_OF(bernoulli); k++) {
        tail += bernoulli[k] * rising;
        rising *= (s + 2 * k + 1) / x * ((s + 2 * k + 2) / x);
    }
    return sum + power * (x / (s - 1) + 0.5 + tail);
}

static double factorial(int n)
{
    double product = 1;
    for (int k = 2; k <= n; k++)
        product *= k;
    return product;
}

/* The n-th derivative of cot(t): a polynomial in c = cot(t), since dc/dt = -(1 + c^2). */
static double cotangent_derivative(int n, double c)
{
    double p[MOST_REFLECTED + 3] = {0, 1};
    for (int order = 0; order < n; order++) {
        double q[MOST_REFLECTED + 3] = {0};
        for (int k = 1; k <= order + 1; k++) {
            q[k - 1] -= k * p[k];
            q[k + 1] -= k * p[k];
        }
        for (int k = 0; k <= order + 2; k++)
            p[k] = q[k];
    }
    return horner(n + 2, p, c);
}

double tad__polygamma_f64(double order, double x)
{
    if (!(order >= 0 && order <= MOST_ORDERS) || isnan(x))
        return (double)NAN;
    int n = (int)(order + 0.5);
    if (n == 0)
        return tad__digamma_f64(x);
    double sign = n % 2 ? 1 : -1;
    if (is_pole(x))
        return n % 2 ? (double)INFINITY : x == 0 ? copysign((double)INFINITY, -x) : (double)NAN;
    if (isinf(x))
        return x > 0 ? sign * 0 : (double)NAN;
    if (x > 0)
        return sign * factorial(n) * zeta(n + 1, x);
    if (n > MOST_REFLECTED)
        return (double)NAN;
    return -sign * tad__polygamma_f64(n, 1 - x) - pow(pi, n + 1) * cotangent_derivative(n, 1 / tan(pi_times(x)));
}

float tad__polygamma_f32(float n, float x)
{
    return (float)tad__polygamma_f64((double)n, (double)x);
}
