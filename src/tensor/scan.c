#include "tensor/scan.h"

#include "tensor/loop.h"

tad_array tad__reversed(const tad_array *array, const bool axes[])
{
    tad_array view = *array;
    int64_t   last = 0;
    for (int i = 0; i < array->rank; i++)
        if (axes[i]) {
            last += array->dims[i] > 0 ? (array->dims[i] - 1) * array->strides[i] : 0;
            view.strides[i] = -array->strides[i];
        }
    if (view.data)
        view.data = (char *)array->data + last * (int64_t)tad_dtype_size(array->dtype);
    return view;
}

/* A run of steps, in which `c` is what is carried. Along a line that is one number; across lines each has its own, and what lies
 * side by side is compiled for itself, so that it vectorises. */
#define DEFINE_SCAN(name, suffix, step)                                                                                \
    static inline void name##_##suffix##_steps(bool before, int64_t n, char *const at[], int64_t s0, int64_t s1,       \
                                               int64_t s2, int64_t s3, int64_t s4)                                     \
    {                                                                                                                  \
        double *carry = (double *)(void *)at[0], c = *carry;                                                           \
        (void)before, (void)s3, (void)s4;                                                                              \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            c = s0 ? carry[i * s0] : c;                                                                                \
            step;                                                                                                      \
            if (s0)                                                                                                    \
                carry[i * s0] = c;                                                                                     \
        }                                                                                                              \
        if (!s0)                                                                                                       \
            *carry = c;                                                                                                \
    }                                                                                                                  \
    static void name##_##suffix(void *context, int64_t n, char *const at[], const int64_t s[])                         \
    {                                                                                                                  \
        const bool *before = context;                                                                                  \
        if (s[0] == 0)                                                                                                 \
            name##_##suffix##_steps(*before, n, at, 0, s[1], s[2], s[3], s[4]);                                        \
        else if (s[0] == 1 && s[1] == 1 && s[2] == 1 && s[3] == 1 && s[4] == 1)                                        \
            name##_##suffix##_steps(*before, n, at, 1, 1, 1, 1, 1);                                                    \
        else                                                                                                           \
            name##_##suffix##_steps(*before, n, at, s[0], s[1], s[2], s[3], s[4]);                                     \
    }

#define AT(k, type) ((type *)(void *)at[k])[i * s##k]

#define SUMS(type)                                                                                                     \
    c += (double)AT(2, type);                                                                                          \
    AT(1, type) = (type)c;
#define ADD_SUMS(type)                                                                                                 \
    c += (double)AT(2, type);                                                                                          \
    AT(1, type) += (type)c;
#define PRODUCTS(to_type, type)                                                                                        \
    const double product = c * (double)AT(2, type);                                                                    \
    AT(1, to_type) = (to_type)(before ? c : product);                                                                  \
    c = product;
#define PULL_PRODUCTS(type)                                                                                            \
    const double g = at[2] ? (double)AT(2, type) : 0;                                                                  \
    const double x = (double)AT(4, type);                                                                              \
    const double reaching = before ? c : c + g;                                                                        \
    AT(1, type) += (type)(AT(3, double) * reaching);                                                                   \
    c = before ? c * x + g : reaching * x;
#define RECURRENCE(type)                                                                                               \
    c = (double)AT(2, type) * c + (double)AT(3, type);                                                                 \
    AT(1, type) = (type)c;
#define PULL_RECURRENCE(type)                                                                                          \
    c += (double)AT(3, type);                                                                                          \
    if (at[1])                                                                                                         \
        AT(1, type) += (type)c;                                                                                        \
    AT(2, double) = c;                                                                                                 \
    c *= (double)AT(4, type);

DEFINE_SCAN(sums, f32, SUMS(float))
DEFINE_SCAN(sums, f64, SUMS(double))
DEFINE_SCAN(add_sums, f32, ADD_SUMS(float))
DEFINE_SCAN(add_sums, f64, ADD_SUMS(double))
DEFINE_SCAN(products, f32, PRODUCTS(float, float))
DEFINE_SCAN(products, f64, PRODUCTS(double, double))
DEFINE_SCAN(products, f64_f32, PRODUCTS(double, float))
DEFINE_SCAN(pull_products, f32, PULL_PRODUCTS(float))
DEFINE_SCAN(pull_products, f64, PULL_PRODUCTS(double))
DEFINE_SCAN(recurrence, f32, RECURRENCE(float))
DEFINE_SCAN(recurrence, f64, RECURRENCE(double))
DEFINE_SCAN(pull_recurrence, f32, PULL_RECURRENCE(float))
DEFINE_SCAN(pull_recurrence, f64, PULL_RECURRENCE(double))

#define RUN(name, dtype) ((dtype) == TAD_F32 ? name##_f32 : name##_f64)

/* A kernel looks at five strides: where there are fewer arrays, the last is given again. */
static void scan(tad__run_function *run, const tad_array *carry, const tad_array *a, const tad_array *b,
                 const tad_array *c, const tad_array *d, bool before)
{
    tad__loop(5, (const tad_array *const[]){carry, a, b, c, d}, run, &before);
}

void tad__scan_sums(const tad_array *carry, const tad_array *to, const tad_array *from)
{
    scan(RUN(sums, from->dtype), carry, to, from, from, from, false);
}

void tad__scan_add_sums(const tad_array *carry, const tad_array *to, const tad_array *from)
{
    scan(RUN(add_sums, from->dtype), carry, to, from, from, from, false);
}

void tad__scan_products(const tad_array *carry, const tad_array *to, const tad_array *from, bool before)
{
    scan(to->dtype != from->dtype ? products_f64_f32 : RUN(products, from->dtype), carry, to, from, from, from, before);
}

void tad__scan_pull_products(const tad_array *carry, const tad_array *gx, const tad_array *gy, const tad_array *left,
                             const tad_array *x, bool before)
{
    scan(RUN(pull_products, x->dtype), carry, gx, gy, left, x, before);
}

void tad__scan_recurrence(const tad_array *carry, const tad_array *to, const tad_array *a, const tad_array *b)
{
    scan(RUN(recurrence, a->dtype), carry, to, a, b, b, false);
}

void tad__scan_pull_recurrence(const tad_array *carry, const tad_array *gb, const tad_array *gy_total,
                               const tad_array *gy, const tad_array *a)
{
    scan(RUN(pull_recurrence, a->dtype), carry, gb, gy_total, gy, a, false);
}

/* ---- no line ---- */

#define DEFINE_ADD_PRODUCTS(suffix, type)                                                                              \
    static void add_products_##suffix(void *context, int64_t n, char *const at[], const int64_t s[])                   \
    {                                                                                                                  \
        const int64_t s0 = s[0], s1 = s[1], s2 = s[2];                                                                 \
        (void)context;                                                                                                 \
        for (int64_t i = 0; i < n; i++)                                                                                \
            AT(0, type) += (type)(AT(1, double) * (double)AT(2, type));                                                \
    }
DEFINE_ADD_PRODUCTS(f32, float)
DEFINE_ADD_PRODUCTS(f64, double)

void tad__add_products(const tad_array *to, const tad_array *a, const tad_array *b)
{
    tad__loop(3, (const tad_array *const[]){to, a, b}, RUN(add_products, to->dtype), NULL);
}
