/* Derivatives that are recorded: of higher order, and Jacobian and Hessian products against closed forms. */
#include "suites.h"
#include "support.h"

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

/* ---- Gradients of gradients ---- */

static tad_var power_5(tad_var x)
{
    return tad_pow(x, tad_constant(x.tape, 5));
}

static tad_var product_5(tad_var x)
{
    tad_var square = tad_mul(x, x);
    return tad_mul(tad_mul(square, square), x);
}

static const struct {
    const char *name;
    tad_var (*f)(tad_var x);
    double x, derivatives[5]; /* of order 0 to 4 */
} functions[] = {
    {"x^5", power_5, 2, {32, 80, 160, 240, 240}}, {"x*x*x*x*x", product_5, 2, {32, 80, 160, 240, 240}},
    {"exp", tad_exp, 0, {1, 1, 1, 1, 1}},         {"sin", tad_sin, 0, {0, 1, 0, -1, 0}},
    {"cos", tad_cos, 0, {1, 0, -1, 0, 1}},        {"reciprocal", tad_reciprocal, 1, {1, -1, 2, -6, 24}},
    {"log", tad_log, 1, {0, 1, -1, 2, -6}},       {"sqrt", tad_sqrt, 1, {1, 0.5, -0.25, 0.375, -0.9375}},
    {"tanh", tad_tanh, 0, {0, 1, 0, -2, 0}},      {"relu", tad_relu, 2, {2, 1, 0, 0, 0}},
};

START_TEST(derivatives_of_higher_order)
{
    tad_var x = tad_scalar(tape, functions[_i].x), y = functions[_i].f(x);
    for (int order = 0; order <= 4; order++) {
        double value = tad_value(y), expected = functions[_i].derivatives[order];
        ck_assert_msg(fabs(value - expected) <= 1e-13 * fmax(1, fabs(expected)), "%s, order %d: %.17g; expected %.17g",
                      functions[_i].name, order, value, expected);
        expect_ok(tad_backward(y)); /* the sweep in numbers agrees */
        tad_var g;
        double  swept = tad_is_differentiable(y) ? tad_grad(x) : 0;
        expect_ok(tad_gradient(y, 1, &x, &g));
        expect_near(swept, tad_value(g), 1e-13);
        y = g;
    }
}
END_TEST

/* f = 100 (b - a^2)^2 + (1 - a)^2: H. H. Rosenbrock, Comput. J. 3 (1960), 175-184. */
static tad_var rosenbrock(tad_var a, tad_var b)
{
    tad_var one = tad_constant(a.tape, 1), hundred = tad_constant(a.tape, 100);
    return tad_add(tad_mul(hundred, tad_square(tad_sub(b, tad_square(a)))), tad_square(tad_sub(one, a)));
}

static const double points[][2] = {{1, 1}, {-1.25, 1}, {0, 0}, {2, -3}};

START_TEST(the_hessian_of_rosenbrock)
{
    double        a = points[_i][0], b = points[_i][1];
    const double  hessian[2][2] = {{1200 * a * a - 400 * b + 2, -400 * a}, {-400 * a, 200}};
    const tad_var x[2] = {tad_scalar(tape, a), tad_scalar(tape, b)};
    tad_var       y = rosenbrock(x[0], x[1]), g[2];
    expect_ok(tad_gradient(y, 2, x, g));
    expect_near(tad_value(g[0]), -400 * a * (b - a * a) - 2 * (1 - a), 1e-14);
    expect_near(tad_value(g[1]), 200 * (b - a * a), 1e-14);
    for (int k = 0; k < 2; k++) {
        const tad_var v[2] = {tad_constant(tape, k == 0), tad_constant(tape, k == 1)};
        tad_var       row[2], column[2], forward[2];
        expect_ok(tad_gradient(g[k], 2, x, row)); /* reverse over reverse */
        expect_ok(tad_hvp(y, 2, x, v, column));   /* forward over reverse */
        for (int i = 0; i < 2; i++) {
            expect_ok(tad_jvp(g[i], 2, x, v, &forward[i]));
            expect_near(tad_value(row[i]), hessian[k][i], 1e-14);
            expect_near(tad_value(column[i]), hessian[i][k], 1e-14);
            expect_near(tad_value(forward[i]), hessian[i][k], 1e-14);
        }
    }
}
END_TEST

/* ---- Jacobian products of tensors ---- */

START_TEST(products_with_a_jacobian)
{
    tad_var a = matrix(tape, 2, 3, (const double[]){1, 2, 3, 4, 5, 6}), x = vector(tape, 3, (const double[]){1, -1, 2});
    tad_var y = tad_square(tad_matmul(a, x)); /* (5, 11) squared */
    tad_var gy = vector(tape, 2, (const double[]){1, -1}), dx = vector(tape, 3, (const double[]){1, 0, 1});
    tad_var g[2], dy;
    expect_values(y, 25, 121);
    expect_ok(tad_vjp(y, gy, 2, (const tad_var[]){a, x}, g)); /* a' (10, -22) */
    expect_values(g[0], 10, -10, 20, -22, 22, -44);
    expect_values(g[1], 10 - 88, 20 - 110, 30 - 132);
    expect_ok(tad_jvp(y, 1, &x, &dx, &dy)); /* 2 (5, 11) * (4, 10) */
    expect_values(dy, 40, 220);
    expect_ok(tad_hvp(tad_sum(y), 1, &x, &dx, &g[0])); /* 2 a' a dx, a dx = (4, 10) */
    expect_values(g[0], 2 * (4 + 40), 2 * (8 + 50), 2 * (12 + 60));
}
END_TEST

START_TEST(what_y_does_not_depend_on)
{
    tad_var x = vector(tape, 2, (const double[]){1, 2}), w = vector(tape, 2, (const double[]){3, 4});
    tad_var y = tad_sum(tad_mul(x, x)), later = tad_scalar(tape, 5), one = tad_scalar(tape, 1), dy;
    tad_var g[3], h[2];
    expect_ok(tad_gradient(y, 3, (const tad_var[]){w, x, later}, g));
    expect_values(g[0], 0, 0);
    expect_values(g[1], 2, 4);
    expect_values(g[2], 0);
    ck_assert(!tad_is_differentiable(g[0]) && tad_is_differentiable(g[1]));
    expect_ok(tad_jvp(y, 1, &later, &one, &dy));
    expect_values(dy, 0);
    expect_ok(tad_jvp(y, 1, &w, &w, &dy));
    expect_values(dy, 0);
    expect_ok(tad_hvp(y, 2, (const tad_var[]){w, x}, (const tad_var[]){x, w}, h));
    expect_values(h[0], 0, 0);
    expect_values(h[1], 6, 8);
}
END_TEST

START_TEST(with_respect_to_any_node)
{
    tad_var x = tad_scalar(tape, 2), u = tad_square(x), y = tad_exp(tad_neg(u)), g[3], dy;
    expect_ok(tad_gradient(y, 3, (const tad_var[]){u, y, x}, g));
    expect_near(tad_value(g[0]), -exp(-4), 1e-15);
    expect_near(tad_value(g[1]), 1, 0);
    expect_near(tad_value(g[2]), -4 * exp(-4), 1e-15);
    expect_ok(tad_jvp(y, 1, &u, &x, &dy));
    expect_near(tad_value(dy), -2 * exp(-4), 1e-15);
    expect_ok(tad_jvp(y, 1, &y, &x, &dy));
    expect_near(tad_value(dy), 2, 0);
    tad_var c = tad_constant(tape, 3); /* a constant can be asked about, too */
    expect_ok(tad_gradient(tad_mul(c, c), 1, &c, g));
    expect_near(tad_value(g[0]), 6, 0);
}
END_TEST

/* By the formula dy = sum over i of dy/dx[i] * dx[i]. */
START_TEST(the_same_node_twice)
{
    tad_var       a = tad_scalar(tape, 3), y = tad_square(a), dy, g[2], h[2];
    const tad_var x[2] = {a, a}, dx[2] = {tad_constant(tape, 1), tad_constant(tape, 10)};
    expect_ok(tad_gradient(y, 2, x, g));
    expect_near(tad_value(g[0]), 6, 0);
    expect_near(tad_value(g[1]), 6, 0);
    expect_ok(tad_jvp(y, 2, x, dx, &dy));
    expect_near(tad_value(dy), 66, 0);
    expect_ok(tad_hvp(y, 2, x, dx, h));
    expect_near(tad_value(h[0]), 22, 0);
}
END_TEST

START_TEST(no_x_at_all)
{
    tad_var y = tad_exp(tad_scalar(tape, 2)), dy;
    expect_ok(tad_gradient(y, 0, NULL, NULL));
    expect_ok(tad_hvp(y, 0, NULL, NULL, NULL));
    expect_ok(tad_jvp(y, 0, NULL, NULL, &dy));
    expect_near(tad_value(dy), 0, 0);
}
END_TEST

/* ---- Element types ---- */

START_TEST(gradients_have_the_type_of_their_operand)
{
    const float numbers[] = {1, 2, 3};
    float       out[3];
    tad_var     x = tad_tensor(tape, TAD_F32, 1, (const int64_t[]){3}, numbers), s = tad_scalar(tape, 0.5);
    tad_var     y = tad_sum(tad_square(tad_mul(s, x))), g[2], h[2]; /* s^2 * 14 */
    expect_ok(tad_gradient(y, 2, (const tad_var[]){s, x}, g));
    expect_values(g[0], 14);
    ck_assert(tad_dtype_of(g[1]) == TAD_F32);
    expect_ok(tad_read(g[1], out, sizeof out));
    expect_near((double)out[2], 1.5, 0);
    expect_ok(tad_hvp(y, 2, (const tad_var[]){s, x}, (const tad_var[]){tad_constant(tape, 1), x}, h));
    expect_values(h[0], 28 + 28);
    expect_ok(tad_read(h[1], out, sizeof out));
    expect_near((double)out[1], 2 * 0.5 * 2 * 2 + 2 * 0.25 * 2, 0);

    tad_var direction = vector(tape, 3, (const double[]){1, 2, 3}), dy;
    ck_assert_int_eq(tad_jvp(y, 1, &x, &direction, &dy), TAD_EDTYPE);
    expect_error(tape, TAD_EDTYPE, "tad_jvp: the direction is f64; expected f32, the type of its value");
    ck_assert(!tad_is_valid(dy));
}
END_TEST

START_TEST(through_a_cast)
{
    tad_var x = vector(tape, 2, (const double[]){1, 3}), narrow = tad_cast(x, TAD_F32), g;
    tad_var y = tad_sum(tad_square(narrow));
    ck_assert(tad_dtype_of(y) == TAD_F32);
    expect_ok(tad_backward(y));
    expect_grads(x, 2, 6);
    expect_ok(tad_gradient(y, 1, &x, &g));
    expect_values(g, 2, 6);
    expect_ok(tad_gradient(tad_sum(g), 1, &x, &g));
    expect_values(g, 2, 2);
}
END_TEST

START_TEST(an_infinite_derivative_out_of_reach)
{
    tad_var x = tad_scalar(tape, 0), root = tad_sqrt(x), y = tad_add(tad_mul(x, x), x), g[2], dy;
    expect_ok(tad_gradient(y, 2, (const tad_var[]){x, root}, g));
    expect_near(tad_value(g[0]), 1, 0);
    expect_near(tad_value(g[1]), 0, 0);
    tad_var one = tad_constant(tape, 1);
    expect_ok(tad_jvp(y, 1, &x, &one, &dy));
    expect_near(tad_value(dy), 1, 0);
}
END_TEST

Suite *recorded_suite(void)
{
    Suite *suite = suite_create("recorded");
    TCase *higher = tcase_create("higher order");
    tcase_add_checked_fixture(higher, set_up, tear_down);
    tcase_add_loop_test(higher, derivatives_of_higher_order, 0, (int)COUNT(functions));
    tcase_add_loop_test(higher, the_hessian_of_rosenbrock, 0, (int)COUNT(points));
    suite_add_tcase(suite, higher);

    TCase *products = tcase_create("products");
    tcase_add_checked_fixture(products, set_up, tear_down);
    tcase_add_test(products, products_with_a_jacobian);
    tcase_add_test(products, what_y_does_not_depend_on);
    tcase_add_test(products, with_respect_to_any_node);
    tcase_add_test(products, the_same_node_twice);
    tcase_add_test(products, no_x_at_all);
    suite_add_tcase(suite, products);

    TCase *types = tcase_create("types and infinities");
    tcase_add_checked_fixture(types, set_up, tear_down);
    tcase_add_test(types, gradients_have_the_type_of_their_operand);
    tcase_add_test(types, through_a_cast);
    tcase_add_test(types, an_infinite_derivative_out_of_reach);
    suite_add_tcase(suite, types);
    return suite;
}
