/* Missing factors and terms: candidates in a table, fitted to what the derivative lacks, at all entries and points. */
#include "tools/diagnose.h"

#include <math.h>

/* What may be missing, in words and as an expression of a sample `s`. */
#define FACTORS(X)                                                                                                     \
    X("x", s->x)                                                                                                       \
    X("1 / x", 1 / s->x)                                                                                               \
    X("x^2", s->x *s->x)                                                                                               \
    X("1 / x^2", 1 / (s->x * s->x))                                                                                    \
    X("y", s->y)                                                                                                       \
    X("1 / y", 1 / s->y)                                                                                               \
    X("y^2", s->y *s->y)                                                                                               \
    X("1 - y", 1 - s->y)                                                                                               \
    X("1 - y^2", 1 - s->y * s->y)                                                                                      \
    X("y (1 - y)", s->y * (1 - s->y))                                                                                  \
    X("1 - x^2", 1 - s->x * s->x)                                                                                      \
    X("1 + x^2", 1 + s->x * s->x)                                                                                      \
    X("exp(x)", exp(s->x))                                                                                             \
    X("exp(-x)", exp(-s->x))                                                                                           \
    X("cos(x)", cos(s->x))                                                                                             \
    X("sin(x)", sin(s->x))                                                                                             \
    X("the other argument", s->other)                                                                                  \
    X("1 / the other argument", 1 / s->other)                                                                          \
    X("the cotangent", s->g)                                                                                           \
    X("1 / the cotangent", 1 / s->g)

#define TERMS(X)                                                                                                       \
    X("the cotangent g, times a constant", s->g)                                                                       \
    X("g x", s->g *s->x)                                                                                               \
    X("g x^2", s->g *s->x *s->x)                                                                                       \
    X("g x^3", s->g *s->x *s->x *s->x)                                                                                 \
    X("g y", s->g *s->y)                                                                                               \
    X("g y^2", s->g *s->y *s->y)                                                                                       \
    X("g y^2 / x", s->g *s->y *s->y / s->x)                                                                            \
    X("g x y", s->g *s->x *s->y)                                                                                       \
    X("g / x", s->g / s->x)                                                                                            \
    X("g y / x", s->g *s->y / s->x)                                                                                    \
    X("g times the other argument b", s->g *s->other)                                                                  \
    X("g b x", s->g *s->other *s->x)                                                                                   \
    X("g b^2", s->g *s->other *s->other)                                                                               \
    X("g / b", s->g / s->other)                                                                                        \
    X("g exp(x)", s->g *exp(s->x))                                                                                     \
    X("g exp(-x)", s->g *exp(-s->x))                                                                                   \
    X("g sin(x)", s->g *sin(s->x))                                                                                     \
    X("g cos(x)", s->g *cos(s->x))                                                                                     \
    X("g log(x)", s->g *log(fabs(s->x)))                                                                               \
    X("what is there, times x", s->a *s->x)                                                                            \
    X("what is there, times x^2", s->a *s->x *s->x)                                                                    \
    X("what is there, divided by x", s->a / s->x)                                                                      \
    X("what is there, times y", s->a *s->y)                                                                            \
    X("what is there, times b", s->a *s->other)                                                                        \
    X("what is there, divided by b", s->a / s->other)                                                                  \
    X("the left neighbour", s->left)                                                                                   \
    X("the right neighbour", s->right)                                                                                 \
    X("the left neighbour squared", s->left *s->left)                                                                  \
    X("the right neighbour squared", s->right *s->right)                                                               \
    X("x times the left neighbour", s->x *s->left)                                                                     \
    X("x times the right neighbour", s->x *s->right)                                                                   \
    X("the sum of g", s->sum_g)                                                                                        \
    X("the sum of g y", s->sum_gy)                                                                                     \
    X("y times the sum of g", s->y *s->sum_g)                                                                          \
    X("y times the sum of g y", s->y *s->sum_gy)                                                                       \
    X("x times the sum of g", s->x *s->sum_g)                                                                          \
    X("x times the sum of g y", s->x *s->sum_gy)                                                                       \
    X("the sum of x", s->sum_x)                                                                                        \
    X("the sum of the gradient", s->sum_a)                                                                             \
    X("y times the sum of the gradient", s->y *s->sum_a)

#define WORDS(words, expression) words,
#define VALUE(words, expression)                                                                                       \
    if (k-- == 0)                                                                                                      \
        return expression;

static const char *const factor_words[] = {FACTORS(WORDS)};
static const char *const term_words[] = {TERMS(WORDS)};

enum { FACTOR_COUNT = sizeof factor_words / sizeof *factor_words, TERM_COUNT = sizeof term_words / sizeof *term_words };

static double factor_value(const tad__sample *s, int k)
{
    FACTORS(VALUE)
    return 0;
}

static double term_value(const tad__sample *s, int k)
{
    TERMS(VALUE)
    return 0;
}

/* As many numbers as make a coincidence unlikely, for so many coefficients. */
static bool enough(const tad__evidence *e, size_t coefficients)
{
    return e->wrong >= 2 + 2 * coefficients;
}

static bool close_to(double found, double wanted, const tad__sample *s)
{
    return fabs(found - wanted) <= 1e-7 * fmax(fabs(wanted), fabs(s->numeric)) + 8 * s->noise;
}

/* Is numeric = c a q for a constant c? */
static bool fits_factor(const tad__evidence *e, int k, double *c)
{
    double product = 0, square = 0;
    for (size_t i = 0; i < e->count; i++) {
        const tad__sample *s = &e->samples[i];
        double             q = s->a * factor_value(s, k);
        if (!s->wrong)
            continue;
        if (!isfinite(q))
            return false;
        product += q * s->numeric;
        square += q * q;
    }
    *c = product / square;
    bool fits = isfinite(*c) && *c != 0;
    for (size_t i = 0; i < e->count && fits; i++) {
        const tad__sample *s = &e->samples[i];
        fits = !s->wrong || close_to(*c * s->a * factor_value(s, k), s->numeric, s);
    }
    return fits;
}

bool tad__missing_factor(const tad__evidence *e, tad__finding *f)
{
    double c;
    if (!enough(e, 1))
        return false;
    for (int k = 0; k < FACTOR_COUNT; k++)
        if (fits_factor(e, k, &c)) {
            tad__text_add(&f->words, "times %s it is right, to a factor of %.6g", factor_words[k], c);
            return true;
        }
    return false;
}

/* Least squares: numeric - a = c[0] t + c[1] u, where u may be none (-1). */
static bool fits_terms(const tad__evidence *e, int t, int u, double c[2])
{
    double tt = 0, tu = 0, uu = 0, tr = 0, ur = 0;
    for (size_t i = 0; i < e->count; i++) {
        const tad__sample *s = &e->samples[i];
        if (!s->wrong)
            continue;
        double p = term_value(s, t), q = u < 0 ? 0 : term_value(s, u), r = s->numeric - s->a;
        if (!isfinite(p) || !isfinite(q))
            return false;
        tt += p * p;
        tu += p * q;
        uu += q * q;
        tr += p * r;
        ur += q * r;
    }
    double determinant = u < 0 ? tt : tt * uu - tu * tu;
    if (!(determinant > 1e-9 * (u < 0 ? 0 : tt * uu)))
        return false;
    c[0] = u < 0 ? tr / tt : (tr * uu - ur * tu) / determinant;
    c[1] = u < 0 ? 0 : (ur * tt - tr * tu) / determinant;
    for (size_t i = 0; i < e->count; i++) {
        const tad__sample *s = &e->samples[i];
        double             found = c[0] * term_value(s, t) + (u < 0 ? 0 : c[1] * term_value(s, u));
        if (s->wrong && !close_to(found, s->numeric - s->a, s))
            return false;
    }
    return true;
}

bool tad__missing_term(const tad__evidence *e, tad__finding *f)
{
    double c[2];
    for (int t = 0; t < TERM_COUNT && enough(e, 1); t++)
        if (fits_terms(e, t, -1, c)) {
            tad__text_add(&f->words, "what is missing is %.6g times %s", c[0], term_words[t]);
            return true;
        }
    for (int t = 0; t < TERM_COUNT && enough(e, 2); t++)
        for (int u = t + 1; u < TERM_COUNT; u++)
            if (fits_terms(e, t, u, c)) {
                tad__text_add(&f->words, "what is missing is %.6g times %s and %.6g times %s", c[0], term_words[t], c[1],
                              term_words[u]);
                return true;
            }
    return false;
}
