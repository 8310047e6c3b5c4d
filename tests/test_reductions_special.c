/* Reductions at NaN, infinities, ties, zeros and empty axes; second derivatives where the first are defined by convention; and
 * what they refuse. */
#include "suites.h"
#include "support.h"

#include <tad/op.h>

#include <float.h>
#include <math.h>

static tad_tape *tape;

static void set_up(void)
{
    tape = tad_tape_new();
    ck_assert_ptr_nonnull(tape);
}

static void tear_down(void)
{
    expect_no_error(tape); /* a test here clears what it provokes */
    tad_tape_free(tape);
}

/* ---- a table: the numbers, the value, the gradient ---- */

enum { LENGTH = 4 };

typedef struct special {
    const char *name;
    tad_var (*all)(tad_var x);
    double x[LENGTH], y, gx[LENGTH];
    bool   only_f64;
} special;

#define INF HUGE_VAL
#define QNAN ((double)NAN)

static const special specials[] = {
    {"max", tad_max, {1, 3, 2, 3}, 3, {0, 0.5, 0, 0.5}, false},
    {"max", tad_max, {2, 2, 2, 2}, 2, {0.25, 0.25, 0.25, 0.25}, false},
    {"max", tad_max, {0.0, -0.0, -1, -2}, 0, {0.5, 0.5, 0, 0}, false},
    {"max", tad_max, {1, QNAN, 3, 2}, QNAN, {0, 0, 0, 0}, false},
    {"max", tad_max, {QNAN, 1, INF, 2}, QNAN, {0, 0, 0, 0}, false},
    {"max", tad_max, {1, INF, -INF, 2}, INF, {0, 1, 0, 0}, false},
    {"max", tad_max, {-INF, -INF, -INF, -INF}, -INF, {0.25, 0.25, 0.25, 0.25}, false},
    {"min", tad_min, {1, 3, 2, 1}, 1, {0.5, 0, 0, 0.5}, false},
    {"min", tad_min, {0.0, -0.0, 1, 2}, 0, {0.5, 0.5, 0, 0}, false},
    {"min", tad_min, {1, 3, 2, QNAN}, QNAN, {0, 0, 0, 0}, false},
    {"min", tad_min, {1, INF, -INF, 2}, -INF, {0, 0, 1, 0}, false},
    {"min", tad_min, {INF, INF, INF, INF}, INF, {0.25, 0.25, 0.25, 0.25}, false},
    {"prod", tad_prod, {2, 0, 3, 4}, 0, {0, 24, 0, 0}, false},
    {"prod", tad_prod, {2, 0, 3, 0}, 0, {0, 0, 0, 0}, false},
    {"prod", tad_prod, {0, 0, 0, 0}, 0, {0, 0, 0, 0}, false},
    {"prod", tad_prod, {2, -0.0, 3, 4}, -0.0, {0, 24, 0, 0}, false},
    {"prod", tad_prod, {1, INF, 2, 3}, INF, {INF, 6, INF, INF}, false},
    {"prod", tad_prod, {1, QNAN, 2, 3}, QNAN, {QNAN, 6, QNAN, QNAN}, false},
    {"prod", tad_prod, {0, INF, 2, 3}, QNAN, {INF, 0, QNAN, QNAN}, false},
    {"prod", tad_prod, {1e30, 1e-30, 1e-30, 1e30}, 1, {1e-30, 1e30, 1e30, 1e-30}, false},
    {"logsumexp", tad_logsumexp, {0, 0, 0, 0}, 1.3862943611198906, {0.25, 0.25, 0.25, 0.25}, false},
    {"logsumexp", tad_logsumexp, {1000, -1000, -5000, 0}, 1000, {1, 0, 0, 0}, false},
    {"logsumexp", tad_logsumexp, {-1000, -5000, -3000, -2000}, -1000, {1, 0, 0, 0}, false},
    {"logsumexp", tad_logsumexp, {-INF, 2, -INF, 2}, 2.6931471805599454, {0, 0.5, 0, 0.5}, false},
    {"logsumexp", tad_logsumexp, {-INF, -INF, -INF, -INF}, -INF, {0, 0, 0, 0}, false},
    {"logsumexp", tad_logsumexp, {1, INF, -INF, 5}, INF, {0, 1, 0, 0}, false},
    {"logsumexp", tad_logsumexp, {INF, INF, 0, INF}, INF, {1. / 3, 1. / 3, 0, 1. / 3}, false},
    {"logsumexp", tad_logsumexp, {1, QNAN, 2, 3}, QNAN, {QNAN, QNAN, QNAN, QNAN}, false},
    {"variance", tad_variance, {0.1, 0.1, 0.1, 0.1}, 0, {0, 0, 0, 0}, false},
    {"variance", tad_variance, {1, 2, 3, 4}, 1.25, {-0.75, -0.25, 0.25, 0.75}, false},
    {"variance", tad_variance, {1e9 + 1, 1e9 + 2, 1e9 + 3, 1e9 + 4}, 1.25, {-0.75, -0.25, 0.25, 0.75}, true},
    {"variance", tad_variance, {1, INF, 2, 3}, QNAN, {QNAN, QNAN, QNAN, QNAN}, false},
    {"variance", tad_variance, {INF, 1, 2, INF}, QNAN, {QNAN, QNAN, QNAN, QNAN}, false},
    {"variance", tad_variance, {1, QNAN, 2, 3}, QNAN, {QNAN, QNAN, QNAN, QNAN}, false},
    {"std", tad_std, {0.1, 0.1, 0.1, 0.1}, 0, {0, 0, 0, 0}, false},
    {"std", tad_std, {-1, -1, 1, 1}, 1, {-0.25, -0.25, 0.25, 0.25}, false},
    {"std", tad_std, {-1e200, -1e200, 1e200, 1e200}, 1e200, {-0.25, -0.25, 0.25, 0.25}, true},
    {"std", tad_std, {-1e-200, -1e-200, 1e-200, 1e-200}, 1e-200, {-0.25, -0.25, 0.25, 0.25}, true},
    {"std", tad_std, {1, INF, 2, 3}, QNAN, {QNAN, QNAN, QNAN, QNAN}, false},
    {"norm", tad_norm, {0, 0, 0, 0}, 0, {0, 0, 0, 0}, false},
    {"norm", tad_norm, {-0.0, 0, 0, 0}, 0, {0, 0, 0, 0}, false},
    {"norm", tad_norm, {0, -3, 0, 4}, 5, {0, -0.6, 0, 0.8}, false},
    {"norm", tad_norm, {1e30, 1e30, -1e30, 1e30}, 2e30, {0.5, 0.5, -0.5, 0.5}, false},
    {"norm", tad_norm, {1e200, 1e200, -1e200, 1e200}, 2e200, {0.5, 0.5, -0.5, 0.5}, true},
    {"norm", tad_norm, {1e-200, 1e-200, -1e-200, 1e-200}, 2e-200, {0.5, 0.5, -0.5, 0.5}, true},
    {"norm", tad_norm, {DBL_MAX, 0, 0, 1}, DBL_MAX, {1, 0, 0, 1 / DBL_MAX}, true},
    {"norm", tad_norm, {5e-324, 0, 0, 0}, 5e-324, {1, 0, 0, 0}, true},
    {"norm", tad_norm, {1e-310, 1e-310, 1e-310, -1e-310}, 2e-310, {0.5, 0.5, 0.5, -0.5}, true},
    {"norm", tad_norm, {3, INF, 4, 0}, INF, {0, QNAN, 0, 0}, false},
    {"norm", tad_norm, {3, INF, QNAN, 0}, QNAN, {QNAN, QNAN, QNAN, QNAN}, false},
};

static tad_var four(const double x[LENGTH], tad_dtype dtype)
{
    float floats[LENGTH];
    for (int i = 0; i < LENGTH; i++)
        floats[i] = (float)x[i];
    return tad_tensor(tape, dtype, 1, (const int64_t[]){LENGTH}, dtype == TAD_F32 ? (const void *)floats : x);
}

static void expect_numbers(const special *s, const char *what, tad_var x, tad_status read(tad_var, void *, size_t),
                           int n, const double expected[])
{
    double doubles[LENGTH];
    float  floats[LENGTH];
    bool   f32 = tad_dtype_of(x) == TAD_F32;
    expect_ok(read(x, f32 ? (void *)floats : (void *)doubles, f32 ? sizeof floats : sizeof doubles));
    for (int i = 0; i < n; i++) {
        double found = f32 ? (double)floats[i] : doubles[i];
        double allowed = 4 * (f32 ? (double)FLT_EPSILON : DBL_EPSILON) * fabs(expected[i]);
        bool   same = isnan(expected[i])   ? isnan(found)
                      : isinf(expected[i]) ? found == expected[i]
                                           : fabs(found - expected[i]) <= allowed;
        ck_assert_msg(same, "%s(%g, %g, %g, %g) in %s: %s, element %d is %.17g, expected %.17g", s->name, s->x[0],
                      s->x[1], s->x[2], s->x[3], f32 ? "f32" : "f64", what, i, found, expected[i]);
    }
}

START_TEST(special_values)
{
    for (int f32 = 0; f32 <= 1; f32++) {
        const special *s = &specials[_i];
        if (f32 && s->only_f64)
            continue;
        tad_var x = four(s->x, f32 ? TAD_F32 : TAD_F64), y = s->all(x), g;
        expect_numbers(s, "y", y, tad_read, 1, &s->y);
        expect_ok(tad_backward(y));
        expect_numbers(s, "tad_backward", x, tad_read_grad, LENGTH, s->gx);
        expect_ok(tad_gradient(y, 1, &x, &g));
        expect_numbers(s, "tad_gradient", g, tad_read, LENGTH, s->gx);
    }
}
END_TEST

/* ---- second order ---- */

/* Element i of the gradient of y, as a value, differentiated once more by tad_backward, and the rows of the Hessian again by
 * tad_jvp over the recorded gradient. */
static void hessian(tad_var y, tad_var x, double out[LENGTH][LENGTH])
{
    tad_var g, column;
    expect_ok(tad_gradient(y, 1, &x, &g));
    for (int i = 0; i < LENGTH; i++) {
        double forward[LENGTH], unit[LENGTH] = {0};
        unit[i] = 1;
        tad_var e = tad_tensor_constant(tape, TAD_F64, 1, (const int64_t[]){LENGTH}, unit);
        expect_ok(tad_backward(tad_sum(tad_slice(g, 0, i, i + 1))));
        expect_ok(tad_read_grad(x, out[i], LENGTH * sizeof(double)));
        expect_ok(tad_jvp(g, 1, &x, &e, &column));
        expect_ok(tad_read(column, forward, sizeof forward));
        for (int k = 0; k < LENGTH; k++)
            expect_near(forward[k], out[i][k], 1e-14); /* symmetric, too */
    }
}

/* d2 y / dx[i] dx[k] is the product of all others, which are whole numbers here. */
START_TEST(second_derivatives_of_products)
{
    static const double numbers[][LENGTH] = {{2, 3, -4, 5}, {2, 0, 3, -4}, {0, 3, 0, 4}, {2, 0, 0, 3},
                                             {0, 0, 5, 0},  {0, 0, 0, 0},  {3, 3, 3, 3}};
    for (size_t n = 0; n < COUNT(numbers); n++) {
        double  h[LENGTH][LENGTH], last[LENGTH][LENGTH], square[LENGTH][LENGTH];
        tad_var x = four(numbers[n], TAD_F64);
        hessian(tad_prod(x), x, h);
        hessian(tad_sum(tad_slice(tad_cumprod(x, 0), 0, LENGTH - 1, LENGTH)), x, last);
        tad_var table = tad_reshape(x, 2, (const int64_t[]){2, 2});
        hessian(tad_prod_axes(table, 2, (const int[]){1, 0}, false), x, square);
        for (int i = 0; i < LENGTH; i++)
            for (int k = 0; k < LENGTH; k++) {
                double others = i != k;
                for (int j = 0; j < LENGTH; j++)
                    others *= j == i || j == k ? 1 : numbers[n][j];
                expect_near(h[i][k], others, 0);
                expect_near(last[i][k], others, 0);
                expect_near(square[i][k], others, 0);
            }
    }
}
END_TEST

/* The third derivative of a product of three zeros and a 7. */
START_TEST(third_derivative_of_a_product_of_zeros)
{
    tad_var x = four((const double[]){0, 7, 0, 0}, TAD_F64), g = tad_prod(x);
    for (int i = 0; i < LENGTH; i++) {
        tad_var all;
        if (i == 1)
            continue;
        expect_ok(tad_gradient(g, 1, &x, &all));
        g = tad_sum(tad_slice(all, 0, i, i + 1));
    }
    expect_near(tad_value(g), 7, 0);
}
END_TEST

/* Where the first derivative is a convention, the second is 0 and no NaN: ties, norms and deviations of 0, infinities. */
START_TEST(second_derivatives_by_convention)
{
    static const struct {
        tad_var (*all)(tad_var x);
        double x[LENGTH];
    } rows[] = {
        {tad_max, {1, 3, 2, 3}},           {tad_min, {2, 2, 2, 2}},         {tad_max, {1, QNAN, 3, 2}},
        {tad_norm, {0, 0, 0, 0}},          {tad_std, {0.1, 0.1, 0.1, 0.1}}, {tad_logsumexp, {-INF, -INF, -INF, -INF}},
        {tad_logsumexp, {1, INF, INF, 5}},
    };
    for (size_t n = 0; n < COUNT(rows); n++) {
        double  h[LENGTH][LENGTH];
        tad_var x = four(rows[n].x, TAD_F64);
        hessian(rows[n].all(x), x, h);
        for (int i = 0; i < LENGTH; i++)
            for (int k = 0; k < LENGTH; k++)
                expect_near(h[i][k], 0, 0);
    }
}
END_TEST

/* H = (I - u u') / y with u = x / y, also where squares would overflow or vanish. */
START_TEST(second_derivatives_of_norms)
{
    const double sizes[] = {1, 1e100, 1e-100};
    for (size_t n = 0; n < COUNT(sizes); n++) {
        double  h[LENGTH][LENGTH], numbers[] = {1, -1, 1, -1};
        tad_var x;
        for (int i = 0; i < LENGTH; i++)
            numbers[i] *= sizes[n];
        x = four(numbers, TAD_F64);
        hessian(tad_mul(tad_norm(x), tad_constant(tape, sizes[n])), x, h);
        for (int i = 0; i < LENGTH; i++)
            for (int k = 0; k < LENGTH; k++)
                expect_near(h[i][k], ((i == k) - 0.25 * (i % 2 == k % 2 ? 1 : -1)) / 2, 1e-15);
    }
}
END_TEST

/* ---- rounding ---- */

/* Floats are folded in double and rounded once, along any axis. */
START_TEST(floats_are_summed_in_double)
{
    enum { N = 999 };
    float x[N][2], found[2];
    for (int i = 0; i < N; i++)
        x[i][0] = x[i][1] = i == 0 ? 0x1p24f : 1;
    tad_var a = tad_tensor(tape, TAD_F32, 2, (const int64_t[]){N, 2}, x);
    tad_var sum = tad_sum_axes(a, 1, (const int[]){0}, false), line = tad_cumsum(a, 0);
    expect_ok(tad_read(sum, found, sizeof found));
    expect_near((double)found[0], 0x1p24 + N - 1, 0);
    expect_near((double)found[1], 0x1p24 + N - 1, 0);
    expect_ok(tad_read(tad_slice(line, 0, -1, TAD_END), found, sizeof found));
    expect_near((double)found[1], 0x1p24 + N - 1, 0);
    expect_near(tad_value(tad_sum(a)), 2 * (0x1p24 + N - 1), 0);
}
END_TEST

/* Large numbers that differ little: the variance of 0, 1, 2, ... is (n^2 - 1) / 12. */
START_TEST(variances_keep_their_digits)
{
    enum { N = 1001 };
    double x[N], expected = ((double)N * N - 1) / 12;
    float  floats[N];
    for (int i = 0; i < N; i++) {
        x[i] = 1e12 + i;
        floats[i] = 0x1p23f + (float)i;
    }
    tad_var a = tad_tensor(tape, TAD_F64, 1, (const int64_t[]){N}, x),
            b = tad_tensor(tape, TAD_F32, 1, (const int64_t[]){N}, floats);
    expect_near(tad_value(tad_variance(a)), expected, 1e-15);
    expect_near(tad_value(tad_variance(b)), expected, 1e-7);
    expect_near(tad_value(tad_std_axes(a, 1, (const int[]){0}, 1, false)), sqrt(expected * N / (N - 1)), 1e-15);
    expect_ok(tad_backward(tad_variance(b)));
    expect_ok(tad_read_grad(b, floats, sizeof floats));
    for (int i = 0; i < N; i++)
        expect_near((double)floats[i], 2 * (i - (N - 1) / 2.) / N, 1e-7);
}
END_TEST

/* ---- nothing to reduce ---- */

START_TEST(empty_axes)
{
    static const int64_t dims[] = {2, 0};
    const int            one[] = {1}, zero[] = {0};
    double               out[2];
    tad_var              x = tad_tensor(tape, TAD_F64, 2, dims, NULL);
    expect_values(tad_prod_axes(x, 1, one, false), 1, 1);
    expect_values(tad_logsumexp_axes(x, 1, one, false), -INF, -INF);
    expect_values(tad_norm_axes(x, 1, one, true), 0, 0);
    expect_values(tad_mean_axes(x, 1, one, true), 0, 0);
    expect_values(tad_sum(x), 0);
    expect_ok(tad_backward(tad_add(tad_prod(x), tad_add(tad_logsumexp(x), tad_norm(x)))));
    expect_ok(tad_read_grad(x, NULL, 0));
    ck_assert_int_eq(tad_count(tad_cumsum(x, 1)), 0);
    ck_assert_int_eq(tad_count(tad_cumprod(x, 0)), 0);
    ck_assert_int_eq(tad_count(tad_max_axes(x, 1, zero, false)), 0);
    ck_assert_int_eq(tad_count(tad_std_axes(x, 1, zero, 1, false)), 0);
    ck_assert_int_eq(tad_count(tad_argmin(x, 0, false)), 0);
    expect_ok(tad_read(tad_max_axes(x, 1, zero, false), out, 0));
}
END_TEST

START_TEST(indices_at_special_values)
{
    static const struct {
        double  x[LENGTH];
        int64_t greatest, least;
    } rows[] = {{{1, 3, 3, 1}, 1, 0},          {{2, 2, 2, 2}, 0, 0},         {{0.0, -0.0, 0.0, -0.0}, 0, 0},
                {{1, QNAN, QNAN, 2}, 1, 1},    {{QNAN, INF, -INF, 2}, 0, 0}, {{-INF, 5, INF, QNAN}, 3, 3},
                {{-INF, -INF, INF, INF}, 2, 0}};
    for (size_t n = 0; n < COUNT(rows); n++)
        for (int f32 = 0; f32 <= 1; f32++) {
            int64_t found[2];
            tad_var x = four(rows[n].x, f32 ? TAD_F32 : TAD_F64);
            expect_ok(tad_read(tad_argmax(x, 0, false), &found[0], sizeof found[0]));
            expect_ok(tad_read(tad_argmin(x, -1, true), &found[1], sizeof found[1]));
            ck_assert_int_eq(found[0], rows[n].greatest);
            ck_assert_int_eq(found[1], rows[n].least);
        }
}
END_TEST

/* ---- what is refused ---- */

static tad_var sample_variance(tad_var x, int n, const int axes[], bool keepdims)
{
    return tad_variance_axes(x, n, axes, 1, keepdims);
}

static tad_var sample_std(tad_var x, int n, const int axes[], bool keepdims)
{
    return tad_std_axes(x, n, axes, 1, keepdims);
}

#define AXES(...)                                                                                                      \
    (int)(sizeof((const int[]){__VA_ARGS__}) / sizeof(int)), (const int[])                                             \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }

START_TEST(refusals)
{
    tad_var x = matrix(tape, 2, 3, (const double[6]){0}),
            none = tad_tensor(tape, TAD_F64, 2, (const int64_t[]){2, 0}, NULL);
    tad_var v = vector(tape, 2, (const double[2]){0}), scalar = tad_scalar(tape, 1);
    tad_var floats = tad_tensor(tape, TAD_F32, 2, (const int64_t[]){2, 3}, (const float[6]){0});
    tad_var indices = tad_argmax(x, 0, false);
#define REFUSED(call, status, text) expect_refused(tape, call, status, text)
#define REFUSED_AXES(function, name)                                                                                   \
    REFUSED(function(x, AXES(2), false), TAD_EARG, name "(f64 [2, 3]): axis 2; expected -2 to 1");                     \
    REFUSED(function(x, AXES(-3), true), TAD_EARG, name "(f64 [2, 3]): axis -3; expected -2 to 1");                    \
    REFUSED(function(x, AXES(1, -1), false), TAD_EARG, name "(f64 [2, 3]): axis -1 is named twice");                   \
    REFUSED(function(x, 1, NULL, false), TAD_EARG, name "(f64 [2, 3]): -1 axes; expected a list of 0 to 2");           \
    REFUSED(function(x, -5, NULL, false), TAD_EARG, name "(f64 [2, 3]): -5 axes; expected a list of 0 to 2");          \
    REFUSED(function(x, AXES(0, 1, 0), false), TAD_EARG, name "(f64 [2, 3]): 3 axes; expected a list of 0 to 2");      \
    REFUSED(function(scalar, AXES(0), false), TAD_EARG, name "(f64 scalar): 1 axes; expected a list of 0 to 0");       \
    REFUSED(function(indices, AXES(0), false), TAD_EDTYPE,                                                             \
            name "(i64 [3]): operand 1 is i64; expected f32 or f64: use tad_cast")
    REFUSED_AXES(tad_sum_axes, "sum");
    REFUSED_AXES(tad_mean_axes, "mean");
    REFUSED_AXES(tad_prod_axes, "prod");
    REFUSED_AXES(tad_max_axes, "max");
    REFUSED_AXES(tad_min_axes, "min");
    REFUSED_AXES(tad_logsumexp_axes, "logsumexp");
    REFUSED_AXES(tad_norm_axes, "norm");
    REFUSED_AXES(sample_variance, "variance");
    REFUSED_AXES(sample_std, "std");

    REFUSED(tad_max(none), TAD_ESHAPE, "max(f64 [2, 0]): reduces 0 elements to one; expected at least 1");
    REFUSED(tad_min_axes(none, AXES(1), true), TAD_ESHAPE, "min(f64 [2, 0]): reduces 0 elements to one");
    REFUSED(tad_variance(none), TAD_ESHAPE, "variance(f64 [2, 0]): reduces 0 elements to one; expected at least 1");
    REFUSED(tad_std(none), TAD_ESHAPE, "std(f64 [2, 0]): reduces 0 elements to one; expected at least 1");
    REFUSED(tad_variance_axes(x, AXES(0), 2, false), TAD_ESHAPE,
            "variance(f64 [2, 3]): reduces 2 elements to one; expected at least 3");
    REFUSED(tad_std_axes(x, AXES(0), -1, false), TAD_EARG, "std(f64 [2, 3]): a correction of -1; expected 0 or more");
    REFUSED(tad_cumsum(x, 2), TAD_EARG, "cumsum(f64 [2, 3]): axis 2; expected -2 to 1");
    REFUSED(tad_cumprod(scalar, 0), TAD_EARG, "cumprod(f64 scalar): axis 0 of a scalar, which has none");
    REFUSED(tad_linear_recurrence(x, x, -3), TAD_EARG,
            "linear_recurrence(f64 [2, 3], f64 [2, 3]): axis -3; expected -2 to 1");
    REFUSED(tad_linear_recurrence(x, v, 0), TAD_ESHAPE,
            "linear_recurrence(f64 [2, 3], f64 [2]): expected two operands of the same shape");
    REFUSED(tad_linear_recurrence(x, floats, 0), TAD_EDTYPE,
            "linear_recurrence(f64 [2, 3], f32 [2, 3]): f64 and f32 do not mix");
    REFUSED(tad_argmax(x, 2, false), TAD_EARG, "argmax(f64 [2, 3]): axis 2; expected -2 to 1");
    REFUSED(tad_argmax(none, 1, false), TAD_ESHAPE, "argmax(f64 [2, 0]): reduces 0 elements to one");
    REFUSED(tad_argmin(scalar, 0, true), TAD_EARG, "argmin(f64 scalar): axis 0 of a scalar, which has none");
}
END_TEST

/* ---- memory ---- */

static tad_status step(tad_tape *on)
{
    const int one[] = {1};
    float     numbers[12];
    for (int i = 0; i < 12; i++)
        numbers[i] = (float)(i % 5) + 0.5f;
    tad_var x = tad_tensor(on, TAD_F32, 2, (const int64_t[]){3, 4}, numbers), g;
    tad_var y = tad_add(tad_prod_axes(x, 1, one, false), tad_max_axes(x, 1, one, false));
    y = tad_add(y, tad_add(tad_min_axes(x, 1, one, false), tad_logsumexp_axes(x, 1, one, false)));
    y = tad_add(y, tad_add(tad_norm_axes(x, 1, one, false), tad_std_axes(x, 1, one, 1, false)));
    y = tad_add(y, tad_add(tad_variance_axes(x, 1, one, 1, false), tad_mean_axes(x, 1, one, false)));
    y = tad_add(tad_sum(y), tad_sum(tad_linear_recurrence(tad_cumsum(x, 0), tad_cumprod(x, 1), 0)));
    tad_argmax(x, 0, false);
    tad_status status = tad_gradient(y, 1, &x, &g);
    if (status == TAD_OK)
        status = tad_backward(tad_sum(tad_mul(g, g)));
    tad_tape_rewind(on, 0);
    return status;
}

START_TEST(nothing_is_allocated_from_the_second_step_on)
{
    heap      h = {0};
    tad_tape *on = heap_tape(&h);
    expect_ok(step(on));
    size_t calls = h.calls;
    expect_ok(step(on));
    expect_ok(step(on));
    ck_assert_uint_eq(h.calls, calls);
    expect_no_error(on);
    tad_tape_free(on);
    ck_assert_uint_eq(h.blocks, 0);
}
END_TEST

/* Any request for memory may fail, once or for ever: an error, no crash, and the next step is good. */
START_TEST(out_of_memory)
{
    bool failed = true;
    for (size_t n = 1; failed; n++) {
        heap      h = {0};
        tad_tape *on = heap_tape(&h);
        ck_assert_ptr_nonnull(on);
        h.fail_at = h.calls + n;
        h.for_ever = _i;
        failed = step(on) != TAD_OK || tad_tape_status(on) != TAD_OK;
        if (failed)
            expect_error(on, TAD_ENOMEM, "out of memory");
        h.fail_at = 0;
        tad_tape_clear_error(on);
        expect_ok(step(on));
        expect_no_error(on);
        tad_tape_free(on);
        ck_assert_uint_eq(h.blocks, 0);
    }
}
END_TEST

Suite *reductions_special_suite(void)
{
    Suite *suite = suite_create("reductions_special");
    TCase *tests = tcase_create("special values and errors");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, special_values, 0, (int)COUNT(specials));
    tcase_add_test(tests, second_derivatives_of_products);
    tcase_add_test(tests, third_derivative_of_a_product_of_zeros);
    tcase_add_test(tests, second_derivatives_by_convention);
    tcase_add_test(tests, second_derivatives_of_norms);
    tcase_add_test(tests, floats_are_summed_in_double);
    tcase_add_test(tests, variances_keep_their_digits);
    tcase_add_test(tests, empty_axes);
    tcase_add_test(tests, indices_at_special_values);
    tcase_add_test(tests, refusals);
    tcase_add_test(tests, nothing_is_allocated_from_the_second_step_on);
    tcase_add_loop_test(tests, out_of_memory, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}
