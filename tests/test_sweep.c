/* The reverse sweep in numbers: sums over paths, what is reached, what can be read and when. */
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

/* ---- The chain rule ---- */

START_TEST(both_operands_are_the_same)
{
    tad_var a = tad_scalar(tape, 3), b = tad_add(a, a), c = tad_mul(b, b);
    expect_near(tad_value(c), 36, 0);
    expect_ok(tad_backward(c));
    expect_near(tad_grad(a), 24, 0); /* c = 4 a^2 */
    expect_near(tad_grad(b), 12, 0); /* the adjoint of a node between */
    expect_near(tad_grad(c), 1, 0);

    tad_var x = vector(tape, 2, (const double[]){3, -1}), y = tad_add(x, x);
    expect_ok(tad_backward(tad_sum(tad_mul(y, y))));
    expect_grads(x, 24, -8);
    expect_grads(y, 12, -4);
}
END_TEST

START_TEST(fan_out_adds_up)
{
    tad_var x = tad_scalar(tape, 0.5), y = tad_constant(tape, 0);
    double  expected = 0;
    for (int i = 1; i <= 10; i++) {
        y = tad_add(y, tad_mul(tad_constant(tape, i), tad_sin(x)));
        expected += i * cos(0.5);
    }
    expect_ok(tad_backward(y));
    expect_near(tad_grad(x), expected, 1e-15);
}
END_TEST

START_TEST(a_diamond_of_tensors)
{
    tad_var x = matrix(tape, 2, 2, (const double[]){1, 2, 3, 4}), t = tad_transpose(x);
    tad_var y = tad_sum(tad_add(tad_mul(x, t), tad_slice(tad_pad(x, 0, 1, 0), 0, 0, 2)));
    expect_ok(tad_backward(y)); /* y = sum of x[i][j] x[j][i], and the first row of x */
    expect_grads(x, 3, 7, 4, 8);
}
END_TEST

START_TEST(the_gradient_of_what_was_broadcast_is_summed)
{
    tad_var m = matrix(tape, 2, 3, (const double[]){1, 2, 3, 4, 5, 6}),
            r = vector(tape, 3, (const double[]){1, 10, 100});
    tad_var c = matrix(tape, 2, 1, (const double[]){2, 3}), s = tad_scalar(tape, 5);
    tad_var y = tad_mul(tad_mul(tad_mul(m, r), c), s);
    expect_ok(tad_backward(tad_sum(y)));
    expect_grads(m, 10, 100, 1000, 15, 150, 1500);
    expect_grads(r, 5 * (2 * 1 + 3 * 4), 5 * (2 * 2 + 3 * 5), 5 * (2 * 3 + 3 * 6));
    expect_grads(c, 5 * 321, 5 * 654);
    expect_grads(s, 2 * 321 + 3 * 654);
}
END_TEST

START_TEST(a_sweep_starts_afresh)
{
    tad_var x = tad_scalar(tape, 2), v = vector(tape, 2, (const double[]){3, 4});
    tad_var y = tad_mul(x, x), z = tad_sum(tad_mul(y, v));
    for (int i = 0; i < 3; i++) {
        expect_ok(tad_backward(z));
        expect_near(tad_grad(x), 28, 0);
        expect_grads(v, 4, 4);
        expect_ok(tad_backward(y));
        expect_near(tad_grad(x), 4, 0);
        expect_grads(v, 0, 0);          /* y does not depend on v */
        expect_near(tad_grad(z), 0, 0); /* nor on what comes after it */
    }
}
END_TEST

/* ---- What y can be ---- */

START_TEST(y_is_a_leaf)
{
    tad_var x = tad_scalar(tape, 2), w = tad_scalar(tape, 3), v = vector(tape, 1, (const double[]){4});
    expect_ok(tad_backward(x));
    expect_near(tad_grad(x), 1, 0);
    expect_near(tad_grad(w), 0, 0);
    expect_ok(tad_backward(v));
    expect_grads(v, 1);
    expect_near(tad_grad(x), 0, 0);
}
END_TEST

/* Nothing is reached from a y that depends on constants alone, whatever operation made it. */
static tad_var constant_results(int i)
{
    const double numbers[] = {1, 2, 3, 4};
    tad_var      c = tad_tensor_constant(tape, TAD_F64, 2, (const int64_t[]){2, 2}, numbers);
    tad_var one = tad_tensor_constant(tape, TAD_F64, 2, (const int64_t[]){1, 1}, numbers), k = tad_constant(tape, 3);
    const tad_var results[] = {
        k,
        tad_exp(k),
        one,
        tad_exp(one),
        tad_sum(c),
        tad_mean(c),
        tad_sum_axes(one, 1, (const int[]){0}, true),
        tad_matmul(one, one),
        tad_reshape(one, 0, NULL),
        tad_transpose(one),
        tad_slice(tad_slice(c, 0, 0, 1), 1, 0, 1),
        tad_pad(tad_slice(one, 0, 0, 0), 0, 1, 0),
        tad_cast(one, TAD_F32),
        tad_broadcast_to(k, 1, (const int64_t[]){1}),
    };
    ck_assert_int_lt(i, (int)COUNT(results));
    return results[i];
}
enum { CONSTANT_RESULTS = 14 };

START_TEST(y_is_a_constant)
{
    tad_var x = tad_scalar(tape, 2), y = constant_results(_i);
    ck_assert(!tad_is_differentiable(y));
    expect_ok(tad_backward(y));
    expect_near(tad_grad(x), 0, 0);
    ck_assert(isnan(tad_grad(y)));
    expect_error(tape, TAD_EARG,
                 "tad_grad: the value does not depend on a differentiable leaf: record it with tad_scalar");
}
END_TEST

START_TEST(y_has_not_one_element)
{
    tad_var x = vector(tape, 3, (const double[]){1, 2, 3}), none = vector(tape, 0, NULL);
    ck_assert_int_eq(tad_backward(x), TAD_ESHAPE);
    expect_error(tape, TAD_ESHAPE, "tad_backward: the value has 3 elements; expected one: sum it first");
    ck_assert_int_eq(tad_backward(none), TAD_ESHAPE);
    expect_error(tape, TAD_ESHAPE, "tad_backward: the value has 0 elements; expected one: sum it first");
}
END_TEST

START_TEST(y_has_one_element_and_axes)
{
    tad_var x = matrix(tape, 1, 1, (const double[]){3});
    expect_ok(tad_backward(tad_square(x)));
    expect_near(tad_grad(x), 6, 0);
    float   three = 3, gradient;
    tad_var n = tad_tensor(tape, TAD_F32, 0, NULL, &three);
    expect_ok(tad_backward(tad_square(n)));
    expect_near(tad_grad(n), 6, 0);
    expect_ok(tad_read_grad(n, &gradient, sizeof gradient));
    expect_near((double)gradient, 6, 0);
}
END_TEST

/* ---- What can be read, and when ---- */

START_TEST(no_gradient_before_a_sweep)
{
    double  out[2];
    tad_var x = vector(tape, 2, (const double[]){1, 2}), s = tad_sum(x);
    ck_assert(isnan(tad_grad(s)));
    expect_error(tape, TAD_EARG, "tad_grad: there are no adjoints: no tad_backward succeeded since the rewind");
    ck_assert_int_eq(tad_read_grad(x, out, sizeof out), TAD_EARG);
    expect_error(tape, TAD_EARG, "tad_read_grad: there are no adjoints");
    expect_ok(tad_backward(s));
    ck_assert_int_eq(tad_backward(x), TAD_ESHAPE); /* a refused sweep leaves the last one as it was */
    expect_error(tape, TAD_ESHAPE, "tad_backward");
    ck_assert(isnan(tad_grad(x)));
    expect_error(tape, TAD_ESHAPE, "tad_grad: the value has 2 elements; expected one: use tad_read_grad");
    expect_grads(x, 1, 1);
}
END_TEST

START_TEST(a_constant_has_no_gradient)
{
    double  out[2];
    tad_var c = tad_constant(tape, 2), x = tad_scalar(tape, 3);
    tad_var v = tad_tensor_constant(tape, TAD_F64, 1, (const int64_t[]){2}, (const double[]){1, 2});
    expect_ok(tad_backward(tad_sum(tad_mul(tad_mul(c, x), tad_exp(v)))));
    expect_near(tad_grad(x), 2 * (exp(1) + exp(2)), 1e-15);
    ck_assert(isnan(tad_grad(c)));
    expect_error(tape, TAD_EARG, "does not depend on a differentiable leaf");
    ck_assert(isnan(tad_grad(tad_exp(c))));
    expect_error(tape, TAD_EARG, "does not depend on a differentiable leaf");
    ck_assert_int_eq(tad_read_grad(v, out, sizeof out), TAD_EARG);
    expect_error(tape, TAD_EARG, "tad_read_grad: the value does not depend on a differentiable leaf");
}
END_TEST

START_TEST(a_rewind_behind_y_keeps_the_gradient)
{
    tad_var x = tad_scalar(tape, 2), v = vector(tape, 2, (const double[]){1, 2}), y = tad_sum(tad_mul(x, v));
    size_t  mark = tad_tape_mark(tape);
    expect_ok(tad_backward(y));
    tad_var later = tad_sum(tad_exp(v));
    expect_near(tad_grad(later), 0, 0);
    tad_tape_rewind(tape, mark);
    expect_near(tad_grad(x), 3, 0);
    expect_grads(v, 2, 2);
    tad_tape_rewind(tape, mark - 1);
    ck_assert(isnan(tad_grad(x)));
    expect_error(tape, TAD_EARG, "tad_grad: there are no adjoints");
}
END_TEST

START_TEST(a_node_recorded_after_a_rewind_is_not_reached)
{
    tad_var x = tad_scalar(tape, 2);
    expect_ok(tad_backward(x));
    size_t  mark = tad_tape_mark(tape);
    tad_var y = tad_exp(x);
    expect_ok(tad_backward(y));
    tad_tape_rewind(tape, mark);
    tad_exp(x);
    ck_assert(isnan(tad_grad(x)));
    expect_error(tape, TAD_EARG, "tad_grad: there are no adjoints");
}
END_TEST

/* ---- NaN and infinities ---- */

START_TEST(an_infinite_derivative_out_of_reach)
{
    tad_var x = tad_scalar(tape, 0), root = tad_sqrt(x), y = tad_add(tad_mul(x, x), x);
    expect_ok(tad_backward(y));
    expect_near(tad_grad(x), 1, 0); /* 0 * infinity would be NaN */
    expect_near(tad_grad(root), 0, 0);
    tad_var v = vector(tape, 2, (const double[]){0, 1}), roots = tad_sqrt(v);
    expect_ok(tad_backward(tad_sum(tad_add(tad_mul(v, v), v))));
    expect_grads(v, 1, 3);
    expect_grads(roots, 0, 0);
}
END_TEST

START_TEST(an_infinite_derivative_within_reach)
{
    tad_var x = tad_scalar(tape, 0), y = tad_sqrt(x);
    expect_ok(tad_backward(y));
    ck_assert(isinf(tad_grad(x)) && tad_grad(x) > 0);
    expect_ok(tad_backward(tad_mul(y, tad_constant(tape, 0))));
    expect_near(tad_grad(x), 0, 0); /* a cotangent of 0 hands nothing on, though 0 * infinity is NaN */
    tad_var gx;
    expect_ok(tad_gradient(tad_mul(y, tad_constant(tape, 0)), 1, &x, &gx));
    expect_near(tad_value(gx), 0, 0);
}
END_TEST

START_TEST(nan_travels)
{
    tad_var x = tad_scalar(tape, (double)NAN), w = tad_scalar(tape, 1), y = tad_add(tad_mul(x, x), w);
    ck_assert(isnan(tad_value(y)));
    expect_no_error(tape); /* NaN is a number like others */
    expect_ok(tad_backward(y));
    ck_assert(isnan(tad_grad(x)));
    expect_near(tad_grad(w), 1, 0);
}
END_TEST

Suite *sweep_suite(void)
{
    Suite *suite = suite_create("sweep");
    TCase *chain = tcase_create("chain rule");
    tcase_add_checked_fixture(chain, set_up, tear_down);
    tcase_add_test(chain, both_operands_are_the_same);
    tcase_add_test(chain, fan_out_adds_up);
    tcase_add_test(chain, a_diamond_of_tensors);
    tcase_add_test(chain, the_gradient_of_what_was_broadcast_is_summed);
    tcase_add_test(chain, a_sweep_starts_afresh);
    suite_add_tcase(suite, chain);

    TCase *results = tcase_create("y");
    tcase_add_checked_fixture(results, set_up, tear_down);
    tcase_add_test(results, y_is_a_leaf);
    tcase_add_loop_test(results, y_is_a_constant, 0, CONSTANT_RESULTS);
    tcase_add_test(results, y_has_not_one_element);
    tcase_add_test(results, y_has_one_element_and_axes);
    suite_add_tcase(suite, results);

    TCase *reading = tcase_create("reading");
    tcase_add_checked_fixture(reading, set_up, tear_down);
    tcase_add_test(reading, no_gradient_before_a_sweep);
    tcase_add_test(reading, a_constant_has_no_gradient);
    tcase_add_test(reading, a_rewind_behind_y_keeps_the_gradient);
    tcase_add_test(reading, a_node_recorded_after_a_rewind_is_not_reached);
    suite_add_tcase(suite, reading);

    TCase *special = tcase_create("NaN and infinities");
    tcase_add_checked_fixture(special, set_up, tear_down);
    tcase_add_test(special, an_infinite_derivative_out_of_reach);
    tcase_add_test(special, an_infinite_derivative_within_reach);
    tcase_add_test(special, nan_travels);
    suite_add_tcase(suite, special);
    return suite;
}
