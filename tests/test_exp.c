/* exp.inc: its functions against those of the C library, and at the edges. */
#include "suites.h"
#include "support.h"

#define REAL float
#define REAL_IS_FLOAT 1
#include "tensor/exp.inc"
#undef REAL
#undef REAL_IS_FLOAT
#undef NAME
#undef BITS
#define REAL double
#define REAL_IS_FLOAT 0
#include "tensor/exp.inc"
#undef exp
#undef tanh
#undef fabs

#include <float.h>

static const struct {
    const char *name;
    float (*f32)(float x);
    double (*f64)(double x);
    double (*expected)(double x);
    double low, high; /* of doubles; for floats at most -80 and 80 */
    double ulps;
} functions[] = {
    {"exp", exp_f32, exp_f64, exp, -700, 700, 1},
    {"exp near 0", exp_f32, exp_f64, exp, -1, 1, 1},
    {"tanh", tanh_f32, tanh_f64, tanh, -20, 20, 2},
    {"tanh near 0", tanh_f32, tanh_f64, tanh, -1e-3, 1e-3, 2},
};

START_TEST(against_the_library)
{
    enum { POINTS = SANITIZED ? 20000 : 200000 };
    double low = functions[_i].low, high = functions[_i].high;
    for (int i = 0; i < POINTS; i++) {
        double x = low + (high - low) * (i + 0.37) / POINTS, y = functions[_i].expected(x);
        double error = fabs(functions[_i].f64(x) - y);
        ck_assert_msg(error <= (functions[_i].ulps + 0.5) * DBL_EPSILON * fabs(y), "%s(%.17g): off by %.3g of %.17g",
                      functions[_i].name, x, error, y);
        float narrow = (float)(x < -80 ? -80 : x > 80 ? 80 : x);
        y = functions[_i].expected((double)narrow);
        error = fabs((double)functions[_i].f32(narrow) - y);
        ck_assert_msg(error <= functions[_i].ulps * (double)FLT_EPSILON * fabs(y), "%s(%.9gf): off by %.3g of %.9g",
                      functions[_i].name, (double)narrow, error, y);
    }
}
END_TEST

static const struct {
    double x, exp, tanh, sigmoid;
} edges[] = {
    {0, 1, 0, 0.5},
    {-0.0, 1, -0.0, 0.5},
    {(double)INFINITY, (double)INFINITY, 1, 1},
    {-(double)INFINITY, 0, -1, 0},
    {1e30, (double)INFINITY, 1, 1},
    {-1e30, 0, -1, 0},
    {(double)NAN, (double)NAN, (double)NAN, (double)NAN},
};

static void expect_same(const char *name, double x, double found, double expected)
{
    bool same = found == expected ? signbit(found) == signbit(expected) : isnan(found) && isnan(expected);
    ck_assert_msg(same, "%s(%g) is %g; expected %g", name, x, found, expected);
}

START_TEST(at_the_edges)
{
    for (size_t i = 0; i < COUNT(edges); i++) {
        double x = edges[i].x;
        float  narrow = (float)x;
        expect_same("exp_f64", x, exp_f64(x), edges[i].exp);
        expect_same("exp_f32", x, (double)exp_f32(narrow), edges[i].exp);
        expect_same("tanh_f64", x, tanh_f64(x), edges[i].tanh);
        expect_same("tanh_f32", x, (double)tanh_f32(narrow), edges[i].tanh);
        expect_same("sigmoid_f64", x, sigmoid_f64(x), edges[i].sigmoid);
        expect_same("sigmoid_f32", x, (double)sigmoid_f32(narrow), edges[i].sigmoid);
    }
    /* the largest results, and the first that overflows or is taken as 0 */
    expect_near((double)exp_f32(88.7f) / exp((double)88.7f), 1, 1e-6);
    expect_near(exp_f64(709.7) / exp(709.7), 1, 1e-15);
    expect_same("exp_f32", 88.73, (double)exp_f32(88.73f), (double)INFINITY);
    expect_same("exp_f64", 709.79, exp_f64(709.79), (double)INFINITY);
    expect_same("exp_f32", -86.01, (double)exp_f32(-86.01f), 0);
    expect_same("exp_f64", -707.1, exp_f64(-707.1), 0);
    ck_assert(exp_f32(-86) > 0 && exp_f64(-707) > 0);
}
END_TEST

Suite *exp_suite(void)
{
    Suite *suite = suite_create("exp");
    TCase *tests = tcase_create("functions");
    tcase_add_loop_test(tests, against_the_library, 0, COUNT(functions));
    tcase_add_test(tests, at_the_edges);
    suite_add_tcase(suite, tests);
    return suite;
}
