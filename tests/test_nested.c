/* Derivatives of functions that differentiate inside: the minimiser of an inner function, by unrolled steps and by the
 * implicit function theorem, on one tape. */
#include "suites.h"
#include "support.h"

#include <math.h>

/* ---- one variable: f(z, t) = exp(z) + z^2 / 2 - t z, so exp(z) + z = t at the minimum ---- */

static tad_var inner(tad_var z, tad_var t)
{
    tad_var half = tad_constant(z.tape, 0.5);
    return tad_sub(tad_add(tad_exp(z), tad_mul(half, tad_square(z))), tad_mul(t, z));
}

static tad_var newton(tad_var z, tad_var t)
{
    tad_var g, h;
    expect_ok(tad_gradient(inner(z, t), 1, &z, &g));
    expect_ok(tad_gradient(g, 1, &z, &h));
    return tad_sub(z, tad_div(g, h));
}

static tad_var descent(tad_var z, tad_var t, double rate)
{
    tad_var g;
    expect_ok(tad_gradient(inner(z, t), 1, &z, &g));
    return tad_sub(z, tad_mul(tad_constant(z.tape, rate), g));
}

/* The number z with exp(z) + z = t. */
static double solve(double t)
{
    double z = 0;
    for (int i = 0; i < 60; i++)
        z -= (exp(z) + z - t) / (exp(z) + 1);
    return z;
}

/* The minimiser z(t): dz/dt = 1 / (exp(z) + 1), d2z/dt2 = -exp(z) / (exp(z) + 1)^3. */
static void expect_minimiser(tad_var z, tad_var t, double tolerance)
{
    tad_var dz, ddz;
    double  at = solve(tad_value(t)), slope = 1 / (exp(at) + 1);
    expect_near(tad_value(z), at, tolerance);
    expect_ok(tad_backward(z));
    expect_near(tad_grad(t), slope, tolerance);
    expect_ok(tad_gradient(z, 1, &t, &dz));
    expect_near(tad_value(dz), slope, tolerance);
    expect_ok(tad_gradient(dz, 1, &t, &ddz));
    expect_near(tad_value(ddz), -exp(at) * slope * slope * slope, tolerance);
    expect_ok(tad_jvp(z, 1, &t, (const tad_var[]){tad_constant(t.tape, 1)}, &dz));
    expect_near(tad_value(dz), slope, tolerance);
}

START_TEST(unrolled_newton)
{
    tad_tape *tape = tad_tape_new();
    tad_var   t = tad_scalar(tape, 2.5), z = tad_constant(tape, 0);
    for (int i = 0; i < 8; i++)
        z = newton(z, t);
    expect_minimiser(z, t, 1e-12);
    expect_no_error(tape);
    tad_tape_free(tape);
}
END_TEST

START_TEST(unrolled_descent)
{
    tad_tape *tape = tad_tape_new();
    tad_var   t = tad_scalar(tape, 2.5), z = tad_constant(tape, 0);
    for (int i = 0; i < 120; i++)
        z = descent(z, t, 0.3);
    expect_minimiser(z, t, 1e-10);
    expect_no_error(tape);
    tad_tape_free(tape);
}
END_TEST

/* Found in whatever way and cut off; then one Newton step from there, which changes nothing but knows t. Its derivative is
 * exact; a second step makes the second derivative exact, too. */
START_TEST(implicit)
{
    tad_tape *tape = tad_tape_new();
    tad_var   t = tad_scalar(tape, 2.5), z = tad_constant(tape, 0), dz;
    size_t    mark = tad_tape_mark(tape);
    double    number = 0;
    for (int i = 0; i < 8; i++) { /* as numbers, forgetting each step */
        number = tad_value(newton(tad_constant(tape, number), t));
        tad_tape_rewind(tape, mark);
    }
    for (int i = 0; i < 8; i++) /* as nodes */
        z = newton(z, t);
    z = tad_stop_gradient(z);
    ck_assert_double_eq(tad_value(z), number);
    ck_assert(!tad_is_differentiable(z));
    tad_var once = newton(z, t);
    expect_ok(tad_gradient(once, 1, &t, &dz));
    expect_near(tad_value(dz), 1 / (exp(solve(2.5)) + 1), 1e-14);
    expect_minimiser(newton(once, t), t, 1e-12);
    expect_no_error(tape);
    tad_tape_free(tape);
}
END_TEST

/* ---- several: f(z, t) = sum of (z - a t)^4 / 4 + |z|^2 / 2 + z[0] z[1] z[2] / 10, for a hyperparameter t ---- */

static tad_var inner_of_three(tad_var z, tad_var t)
{
    tad_tape *tape = z.tape;
    tad_var   a = tad_tensor_constant(tape, TAD_F64, 1, (const int64_t[]){3}, (const double[]){1, -0.5, 2});
    tad_var   fourth = tad_square(tad_square(tad_sub(z, tad_mul(a, t))));
    tad_var   product = tad_mul(tad_mul(tad_slice(z, 0, 0, 1), tad_slice(z, 0, 1, 2)), tad_slice(z, 0, 2, 3));
    return tad_add(tad_add(tad_mul(tad_constant(tape, 0.25), tad_sum(fourth)),
                           tad_mul(tad_constant(tape, 0.5), tad_sum(tad_square(z)))),
                   tad_mul(tad_constant(tape, 0.1), tad_sum(product)));
}

static tad_var element(tad_var x, int64_t i)
{
    return tad_sum(tad_slice(x, 0, i, i + 1));
}

/* z - H^-1 g by Cramer's rule, with H and g recorded. */
static tad_var newton_of_three(tad_var z, tad_var t)
{
    tad_var g, H, h[9], b[3], m[3][3], steps[3];
    expect_ok(tad_gradient(inner_of_three(z, t), 1, &z, &g));
    expect_ok(tad_jacobian(g, z, &H));
    H = tad_reshape(H, 1, (const int64_t[]){9});
    for (int i = 0; i < 9; i++)
        h[i] = element(H, i);
    for (int i = 0; i < 3; i++)
        b[i] = element(g, i);
    tad_var determinants[4];
    for (int k = 0; k < 4; k++) { /* column k replaced by g; none for k = 3 */
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++)
                m[i][j] = j == k ? b[i] : h[3 * i + j];
        tad_var sum = tad_constant(z.tape, 0);
        for (int i = 0; i < 3; i++) {
            int p = (i + 1) % 3, q = (i + 2) % 3;
            sum = tad_add(sum, tad_mul(m[0][i], tad_sub(tad_mul(m[1][p], m[2][q]), tad_mul(m[1][q], m[2][p]))));
        }
        determinants[k] = sum;
    }
    for (int k = 0; k < 3; k++)
        steps[k] =
            tad_pad(tad_reshape(tad_div(determinants[k], determinants[3]), 1, (const int64_t[]){1}), 0, k, 2 - k);
    return tad_sub(z, tad_add(steps[0], tad_add(steps[1], steps[2])));
}

static tad_var outer(tad_var z)
{
    return tad_sum(tad_square(tad_sub(z, tad_constant(z.tape, 0.5))));
}

/* Hypergradient and its derivative by unrolled and implicit ways, and the hypergradient by differences. */
START_TEST(hypergradients_agree)
{
    double value[2], first[2], second[2], around[2];
    for (int implicitly = 0; implicitly < 2; implicitly++) {
        tad_tape *tape = tad_tape_new();
        tad_var   t = tad_scalar(tape, 0.8),
                z = tad_tensor_constant(tape, TAD_F64, 1, (const int64_t[]){3}, (const double[]){0.5, 0, 1});
        tad_var d, dd;
        for (int i = 0; i < 12; i++)
            z = newton_of_three(z, t);
        if (implicitly)
            z = newton_of_three(newton_of_three(tad_stop_gradient(z), t), t);
        tad_var loss = outer(z);
        expect_ok(tad_gradient(loss, 1, &t, &d));
        expect_ok(tad_gradient(d, 1, &t, &dd));
        value[implicitly] = tad_value(loss);
        first[implicitly] = tad_value(d);
        second[implicitly] = tad_value(dd);
        expect_no_error(tape);
        tad_tape_free(tape);
    }
    ck_assert_double_gt(fabs(first[0]), 0.1);
    expect_near(value[1], value[0], 1e-13);
    expect_near(first[1], first[0], 1e-10);
    expect_near(second[1], second[0], 1e-10);
    const double h = 1e-3;
    for (int side = 0; side < 2; side++) {
        tad_tape *tape = tad_tape_new();
        tad_var   t = tad_scalar(tape, 0.8 + (side ? h : -h)),
                z = tad_tensor_constant(tape, TAD_F64, 1, (const int64_t[]){3}, (const double[]){0.5, 0, 1});
        for (int i = 0; i < 12; i++)
            z = newton_of_three(z, t);
        around[side] = tad_value(outer(z));
        tad_tape_free(tape);
    }
    expect_near((around[1] - around[0]) / (2 * h), first[0], 1e-5);
}
END_TEST

/* ---- implicit differentiation as an operation of one's own: root(t) with exp(z) + z = t ---- */

static void root(const tad_call *call)
{
    *(double *)call->out->data = solve(*(const double *)call->in[0].data);
}

static void root_vjp(const tad_rule *rule)
{
    tad_var one = tad_constant(rule->y.tape, 1);
    rule->gx[0] = tad_div(rule->gy, tad_add(tad_exp(rule->y), one));
}

START_TEST(an_operation_of_ones_own)
{
    static const tad_op op = {.name = "root", .arity = 1, .shape = op_same_shape, .forward = root, .vjp = root_vjp};
    tad_tape           *tape = tad_tape_new();
    tad_var             t = tad_scalar(tape, 2.5);
    expect_minimiser(apply_one(&op, t), t, 1e-13);
    expect_no_error(tape);
    tad_tape_free(tape);
}
END_TEST

/* ---- numbers inside: a Newton iteration on dense and sparse Hessians read as numbers, on the same tape ---- */

/* The minimum of sum of cosh(z[i]) - t z[i] + (z[i + 1] - z[i])^2 by Newton's method; the tridiagonal system by elimination. */
START_TEST(numbers_inside)
{
    enum { SIZE = 30 };
    double     z0[SIZE] = {0}, g0[SIZE], diagonal[SIZE], upper[SIZE];
    tad_tape  *tape = tad_tape_new();
    tad_var    t = tad_scalar(tape, 0.75);
    tad_sparse H = {0};
    for (int step = 0; step < 12; step++) {
        tad_var z = vector(tape, SIZE, z0), e = tad_exp(z), g;
        tad_var cosh2 = tad_add(e, tad_reciprocal(e)), half = tad_constant(tape, 0.5);
        tad_var differences = tad_sub(tad_slice(z, 0, 1, SIZE), tad_slice(z, 0, 0, SIZE - 1));
        tad_var y =
            tad_add(tad_sub(tad_mul(half, tad_sum(cosh2)), tad_mul(t, tad_sum(z))), tad_sum(tad_square(differences)));
        expect_ok(tad_gradient(y, 1, &z, &g));
        expect_ok(tad_read(g, g0, sizeof g0));
        expect_ok(tad_sparse_hessian(y, 1, &z, &H));
        ck_assert_uint_eq(H.products, 3);
        for (size_t i = 0; i < SIZE; i++)
            for (size_t k = H.row_start[i]; k < H.row_start[i + 1]; k++) {
                if (H.column[k] == i)
                    diagonal[i] = H.value[k];
                else if (H.column[k] == i + 1)
                    upper[i] = H.value[k];
            }
        for (size_t i = 1; i < SIZE; i++) {
            double factor = upper[i - 1] / diagonal[i - 1];
            diagonal[i] -= factor * upper[i - 1];
            g0[i] -= factor * g0[i - 1];
        }
        for (size_t i = SIZE; i-- > 0;) {
            g0[i] = (g0[i] - (i + 1 < SIZE ? upper[i] * g0[i + 1] : 0)) / diagonal[i];
            z0[i] -= g0[i];
        }
    }
    for (size_t i = 0; i < SIZE; i++) /* all equal: sinh(z) = t */
        expect_near(z0[i], asinh(0.75), 1e-14);
    tad_sparse_free(&H);
    expect_no_error(tape);
    tad_tape_free(tape);
}
END_TEST

Suite *nested_suite(void)
{
    Suite *suite = suite_create("nested");
    TCase *tests = tcase_create("nested");
    tcase_add_test(tests, unrolled_newton);
    tcase_add_test(tests, unrolled_descent);
    tcase_add_test(tests, implicit);
    tcase_add_test(tests, hypergradients_agree);
    tcase_add_test(tests, an_operation_of_ones_own);
    tcase_add_test(tests, numbers_inside);
    suite_add_tcase(suite, tests);
    return suite;
}
