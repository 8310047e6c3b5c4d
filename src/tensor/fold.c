#include "tensor/fold.h"

#include "tensor/loop.h"
#include "tensor/sum.h"

#include <math.h>

_Static_assert(TAD__LANES *(TAD__SUM_BLOCK / TAD__LANES) == TAD__SUM_BLOCK, "a block is a whole number of lanes");

/* ---- extremes ---- */

/* NaN is worse than anything, and stays. */
#define GREATER(x, m) ((x) > (m) || (x) != (x) ? (x) : (m))
#define LESSER(x, m) ((x) < (m) || (x) != (x) ? (x) : (m))
#define ITSELF(x) (x)

#define DEFINE_EXTREME(name, type, of, better)                                                                         \
    static void name##_##type(void *context, int64_t n, char *const at[], const int64_t strides[])                     \
    {                                                                                                                  \
        (void)context;                                                                                                 \
        double     *to = (double *)(void *)at[0];                                                                      \
        const type *from = (const type *)(const void *)at[1];                                                          \
        int64_t     s = strides[1], i = 0;                                                                             \
        if (strides[0] != 0) {                                                                                         \
            for (; i < n; i++) {                                                                                       \
                double x = (double)of(from[i * s]), m = to[i * strides[0]];                                            \
                to[i * strides[0]] = better(x, m);                                                                     \
            }                                                                                                          \
            return;                                                                                                    \
        }                                                                                                              \
        type lanes[TAD__LANES];                                                                                        \
        for (int k = 0; k < TAD__LANES; k++)                                                                           \
            lanes[k] = (type)*to; /* what was folded before is of this type */                                         \
        for (; i + TAD__LANES <= n; i += TAD__LANES)                                                                   \
            for (int k = 0; k < TAD__LANES; k++) {                                                                     \
                type x = of(from[(i + k) * s]);                                                                        \
                lanes[k] = better(x, lanes[k]);                                                                        \
            }                                                                                                          \
        for (; i < n; i++) {                                                                                           \
            type x = of(from[i * s]);                                                                                  \
            lanes[0] = better(x, lanes[0]);                                                                            \
        }                                                                                                              \
        for (int k = 0; k < TAD__LANES; k++)                                                                           \
            *to = better((double)lanes[k], *to);                                                                       \
    }
DEFINE_EXTREME(maximum, float, ITSELF, GREATER)
DEFINE_EXTREME(maximum, double, ITSELF, GREATER)
DEFINE_EXTREME(minimum, float, ITSELF, LESSER)
DEFINE_EXTREME(minimum, double, ITSELF, LESSER)
DEFINE_EXTREME(magnitude, float, fabsf, GREATER)
DEFINE_EXTREME(magnitude, double, fabs, GREATER)

void tad__fold_extreme(tad__extreme which, const tad_array *to, const tad_array *from)
{
    static tad__run_function *const runs[TAD__EXTREMES][2] = {
        {maximum_float, maximum_double}, {minimum_float, minimum_double}, {magnitude_float, magnitude_double}};
    tad__loop(2, (const tad_array *const[]){to, from}, runs[which][from->dtype], NULL);
}

/* ---- products ---- */

#define DEFINE_PRODUCT(type)                                                                                           \
    static void product_##type(void *context, int64_t n, char *const at[], const int64_t strides[])                    \
    {                                                                                                                  \
        (void)context;                                                                                                 \
        double     *to = (double *)(void *)at[0];                                                                      \
        const type *from = (const type *)(const void *)at[1];                                                          \
        if (strides[0] != 0) {                                                                                         \
            for (int64_t i = 0; i < n; i++)                                                                            \
                to[i * strides[0]] *= (double)from[i * strides[1]];                                                    \
            return;                                                                                                    \
        }                                                                                                              \
        double product = *to;                                                                                          \
        for (int64_t i = 0; i < n; i++)                                                                                \
            product *= (double)from[i * strides[1]];                                                                   \
        *to = product;                                                                                                 \
    }
DEFINE_PRODUCT(float)
DEFINE_PRODUCT(double)

void tad__fold_product(const tad_array *to, const tad_array *from)
{
    tad__loop(2, (const tad_array *const[]){to, from}, from->dtype == TAD_F32 ? product_float : product_double, NULL);
}

/* ---- sums of terms in x and the numbers c and r of its group ---- */

#define DEFINE_TERMS(name, type, c_type, term)                                                                         \
    static void name##_##type(void *context, int64_t n, char *const at[], const int64_t strides[])                     \
    {                                                                                                                  \
        (void)context;                                                                                                 \
        double       *to = (double *)(void *)at[0];                                                                    \
        const type   *from = (const type *)(const void *)at[1];                                                        \
        const c_type *cs = (const c_type *)(const void *)at[2];                                                        \
        const double *rs = (const double *)(const void *)at[3];                                                        \
        double        terms[TAD__SUM_BLOCK];                                                                           \
        if (strides[0] != 0 || strides[2] != 0 || strides[3] != 0) {                                                   \
            for (int64_t i = 0; i < n; i++) {                                                                          \
                const type   x = from[i * strides[1]];                                                                 \
                const c_type c = cs[i * strides[2]];                                                                   \
                const double r = rs[i * strides[3]];                                                                   \
                (void)r;                                                                                               \
                to[i * strides[0]] += (term);                                                                          \
            }                                                                                                          \
            return;                                                                                                    \
        }                                                                                                              \
        const c_type c = *cs;                                                                                          \
        const double r = *rs;                                                                                          \
        (void)r;                                                                                                       \
        for (int64_t start = 0; start < n; start += TAD__SUM_BLOCK) {                                                  \
            int64_t     count = n - start < TAD__SUM_BLOCK ? n - start : TAD__SUM_BLOCK;                               \
            const type *block = from + start * strides[1];                                                             \
            for (int64_t i = 0; i < count; i++) {                                                                      \
                const type x = block[i * strides[1]];                                                                  \
                terms[i] = (term);                                                                                     \
            }                                                                                                          \
            *to += tad__sum_f64(count, terms, 1);                                                                      \
        }                                                                                                              \
    }

static inline double squared(double x)
{
    return x * x;
}

DEFINE_TERMS(squares, float, double, squared(((double)x - c) * r))
DEFINE_TERMS(squares, double, double, squared((x - c) * r))
DEFINE_TERMS(differences, float, double, (double)x - c)
DEFINE_TERMS(differences, double, double, x - c)
DEFINE_TERMS(exponentials, float, double, (double)expf(x - (float)c))
DEFINE_TERMS(exponentials, double, double, exp(x - c))
DEFINE_TERMS(ties, float, float, (double)(x == c))
DEFINE_TERMS(ties, double, double, (double)(x == c))

static void fold_terms(const tad_array *to, const tad_array *from, const tad_array *c, const tad_array *r,
                       tad__run_function *of_floats, tad__run_function *of_doubles)
{
    double    one = 1;
    tad_array number = tad__array_of_number(&one), ones = tad__array_broadcast(&number, from);
    tad__loop(4, (const tad_array *const[]){to, from, c, r ? r : &ones},
              from->dtype == TAD_F32 ? of_floats : of_doubles, NULL);
}

void tad__fold_squares(const tad_array *to, const tad_array *from, const tad_array *center, const tad_array *scale)
{
    fold_terms(to, from, center, scale, squares_float, squares_double);
}

void tad__fold_differences(const tad_array *to, const tad_array *from, const tad_array *center)
{
    fold_terms(to, from, center, NULL, differences_float, differences_double);
}

void tad__fold_exponentials(const tad_array *to, const tad_array *from, const tad_array *shift)
{
    fold_terms(to, from, shift, NULL, exponentials_float, exponentials_double);
}

void tad__fold_ties(const tad_array *to, const tad_array *from, const tad_array *y)
{
    fold_terms(to, from, y, NULL, ties_float, ties_double);
}

/* ---- adjoints ---- */

/* gx += the term in g, x and the numbers c and r of the group; within a group those and g stand still */
#define DEFINE_PULL(name, type, c_type, term)                                                                          \
    static inline void name##_##type##_group(int64_t n, type *gx, const type *xs, int64_t s, int64_t sx, type g,       \
                                             c_type c, double r)                                                       \
    {                                                                                                                  \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            const type x = xs[i * sx];                                                                                 \
            gx[i * s] += (type)(term);                                                                                 \
        }                                                                                                              \
    }                                                                                                                  \
    static void name##_##type(void *context, int64_t n, char *const at[], const int64_t strides[])                     \
    {                                                                                                                  \
        (void)context;                                                                                                 \
        type         *gx = (type *)(void *)at[0];                                                                      \
        const type   *gy = (const type *)(const void *)at[1], *xs = (const type *)(const void *)at[2];                 \
        const c_type *cs = (const c_type *)(const void *)at[3];                                                        \
        const double *rs = (const double *)(const void *)at[4];                                                        \
        if (strides[1] == 0 && strides[3] == 0 && strides[4] == 0) {                                                   \
            if (*gy == 0)                                                                                              \
                return;                                                                                                \
            if (strides[0] == 1 && strides[2] == 1)                                                                    \
                name##_##type##_group(n, gx, xs, 1, 1, *gy, *cs, *rs);                                                 \
            else                                                                                                       \
                name##_##type##_group(n, gx, xs, strides[0], strides[2], *gy, *cs, *rs);                               \
            return;                                                                                                    \
        }                                                                                                              \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            const type   g = gy[i * strides[1]], x = xs[i * strides[2]];                                               \
            const c_type c = cs[i * strides[3]];                                                                       \
            const double r = rs[i * strides[4]];                                                                       \
            gx[i * strides[0]] += g == 0 ? 0 : (type)(term);                                                           \
        }                                                                                                              \
    }

DEFINE_PULL(pull_ties, float, float, x == c ? (double)g / r : 0)
DEFINE_PULL(pull_ties, double, double, x == c ? g / r : 0)
DEFINE_PULL(pull_exponentials, float, float, isinf(c) ? (c > 0 && x == c ? g / (float)r : 0) : g *expf(x - c))
DEFINE_PULL(pull_exponentials, double, double, isinf(c) ? (c > 0 && x == c ? g / r : 0) : g *exp(x - c))
/* in double, as the differences are: where x is near its center, floats would leave little of them */
DEFINE_PULL(pull_differences, float, double, r == 0 ? 0 : (double)g * (((double)x - c) / r))
DEFINE_PULL(pull_differences, double, double, r == 0 ? 0 : g * ((x - c) / r))

void tad__pull_ties(const tad_array *gx, const tad_array *gy, const tad_array *x, const tad_array *y,
                    const tad_array *ties)
{
    tad__loop(5, (const tad_array *const[]){gx, gy, x, y, ties},
              x->dtype == TAD_F32 ? pull_ties_float : pull_ties_double, NULL);
}

void tad__pull_exponentials(const tad_array *gx, const tad_array *gy, const tad_array *x, const tad_array *y,
                            const tad_array *ties)
{
    tad__loop(5, (const tad_array *const[]){gx, gy, x, y, ties},
              x->dtype == TAD_F32 ? pull_exponentials_float : pull_exponentials_double, NULL);
}

void tad__pull_differences(const tad_array *gx, const tad_array *gy, const tad_array *x, const tad_array *center,
                           const tad_array *divisor)
{
    tad__loop(5, (const tad_array *const[]){gx, gy, x, center, divisor},
              x->dtype == TAD_F32 ? pull_differences_float : pull_differences_double, NULL);
}
