/* Recording without derivatives: tad_tape_pause, and tad_stop_gradient. */
#include "suites.h"
#include "support.h"

#include "tape/tape.h"

#include <math.h>

static const double numbers[] = {0.5, -0.25, 1.5, 0.75};

static void expect_constant(tad_var x)
{
    ck_assert(tad_is_valid(x));
    ck_assert(!tad_is_differentiable(x));
    ck_assert_ptr_null(tad_op_of(x));
    ck_assert_int_eq(tad_operand_count(x), 0);
}

/* On a fresh tape, on one with room, and where it has to grow. */
START_TEST(what_is_recorded_is_constant)
{
    tad_tape *tape = tad_tape_new();
    tad_tape_pause(tape);
    expect_constant(tad_scalar(tape, 1));
    tad_tape_resume(tape);
    tad_var x = tad_scalar(tape, 0.5), v = vector(tape, 4, numbers), s = x;
    tad_tape_pause(tape);
    for (int i = 0; i < 5000; i++)
        s = tad_sin(tad_add(s, x));
    expect_constant(s);
    expect_constant(tad_constant(tape, 2));
    expect_constant(vector(tape, 2, numbers));
    expect_constant(tad_exp(v));
    expect_constant(tad_slice(v, 0, 1, 3));
    expect_constant(tad_reshape(x, 1, (const int64_t[]){1}));
    expect_constant(tad_sum(v));
    expect_values(tad_mul(v, v), 0.25, 0.0625, 2.25, 0.5625);
    expect_values(tad_slice(v, 0, 1, 3), -0.25, 1.5);
    tad_tape_resume(tape);
    double expected = 0.5;
    for (int i = 0; i < 5000; i++)
        expected = sin(expected + 0.5);
    ck_assert_double_eq(tad_value(s), expected);
    tad_var y = tad_mul(s, x), g[2]; /* the sine of which s was made counts no more */
    ck_assert(tad_is_differentiable(y));
    expect_ok(tad_backward(y));
    ck_assert_double_eq(tad_grad(x), expected);
    expect_ok(tad_gradient(y, 2, (const tad_var[]){x, s}, g));
    ck_assert_double_eq(tad_value(g[0]), expected);
    ck_assert_double_eq(tad_value(g[1]), 0.5);
    expect_no_error(tape);
    tad_tape_free(tape);
}
END_TEST

START_TEST(pauses_nest)
{
    tad_tape *tape = tad_tape_new();
    tad_var   x = tad_scalar(tape, 2);
    tad_tape_pause(tape);
    tad_tape_pause(tape);
    tad_tape_resume(tape);
    ck_assert(!tad_is_differentiable(tad_square(x)));
    tad_tape_rewind(tape, 0); /* changes nothing */
    ck_assert(!tad_is_differentiable(tad_scalar(tape, 1)));
    tad_tape_resume(tape);
    x = tad_scalar(tape, 2);
    ck_assert(tad_is_differentiable(tad_square(x)));
    expect_no_error(tape);
    tad_tape_resume(tape);
    expect_error(tape, TAD_EARG, "tad_tape_resume: the tape is not paused");
    ck_assert(tad_is_differentiable(tad_square(x)));
    tape->paused = UINT32_MAX;
    tad_tape_pause(tape);
    expect_error(tape, TAD_EARG, "tad_tape_pause: 2^32 - 1 pauses are open");
    tad_tape_free(tape);
}
END_TEST

static const tad_op cube = {.name = "cube", .arity = 1, .shape = op_same_shape, .forward = op_cube, .vjp = op_cube_vjp};

/* Every derivative of what was recorded before is right within a pause, and a constant. */
START_TEST(derivatives_within_a_pause)
{
    tad_tape *tape = tad_tape_new();
    tad_var   x = vector(tape, 2, (const double[]){2, 3}), v = vector(tape, 2, (const double[]){1, 10}), d;
    tad_var   y = apply_one(&cube, x), z = tad_sum(y); /* its JVP is made of its VJP */
    double    J[2][2];
    tad_tape_pause(tape);
    expect_ok(tad_backward(z));
    expect_grads(x, 12, 27);
    expect_ok(tad_gradient(z, 1, &x, &d));
    expect_values(d, 12, 27);
    expect_constant(d);
    expect_ok(tad_vjp(y, v, 1, &x, &d));
    expect_values(d, 12, 270);
    expect_constant(d);
    expect_ok(tad_jvp(y, 1, &x, &v, &d));
    expect_values(d, 12, 270);
    expect_constant(d);
    expect_ok(tad_hvp(z, 1, &x, &v, &d));
    expect_values(d, 12, 180);
    expect_constant(d);
    expect_ok(tad_jacobian(y, x, &d));
    expect_values(d, 12, 0, 0, 27);
    expect_constant(d);
    expect_ok(tad_hessian(z, x, &d));
    expect_values(d, 12, 0, 0, 18);
    expect_constant(d);
    expect_ok(tad_read_jacobian(1, &y, 1, &x, J[0], sizeof J));
    ck_assert(J[0][0] == 12 && J[0][1] == 0 && J[1][0] == 0 && J[1][1] == 27);
    expect_ok(tad_read_hessian(z, 1, &x, J[0], sizeof J));
    ck_assert(J[0][0] == 12 && J[0][1] == 0 && J[1][0] == 0 && J[1][1] == 18);
    tad_sparse H = {0};
    expect_ok(tad_sparse_hessian(z, 1, &x, &H));
    ck_assert(H.nnz == 2 && H.value[0] == 12 && H.value[1] == 18);
    tad_sparse_free(&H);
    expect_constant(tad_square(x)); /* still paused */
    tad_tape_resume(tape);
    ck_assert(tad_is_differentiable(tad_square(x)));
    expect_no_error(tape);
    tad_tape_free(tape);
}
END_TEST

START_TEST(a_failure_leaves_the_pause)
{
    tad_tape *tape = tad_tape_new();
    tad_var   x = vector(tape, 2, numbers), d;
    tad_tape_pause(tape);
    ck_assert_int_eq(tad_gradient(x, 1, &x, &d), TAD_ESHAPE);
    ck_assert_int_eq(tad_hessian(x, x, &d), TAD_ESHAPE);
    tad_tape_clear_error(tape);
    expect_constant(tad_square(x));
    tad_tape_free(tape);
}
END_TEST

/* ---- checkpoints and replay ---- */

static tad_var times_three(void *user, size_t n, const tad_var x[])
{
    (void)n;
    return tad_mul(tad_mul(x[0], *(const tad_var *)user), tad_scalar(x[0].tape, 3));
}

static void double_state(void *user, size_t i, const tad_var state[], const tad_var params[], tad_var next[])
{
    (void)user, (void)i;
    next[0] = tad_mul(state[0], params[0]);
}

/* Recorded in a pause, they are constants, that may be made of anything. */
START_TEST(checkpoints_within_a_pause)
{
    tad_tape     *tape = tad_tape_new();
    tad_var       x = vector(tape, 2, (const double[]){2, 5}), two = tad_scalar(tape, 2), out;
    tad_loop_args loop = {.step = double_state,
                          .steps = 5,
                          .snapshots = 2,
                          .state_count = 1,
                          .state = &x,
                          .param_count = 1,
                          .params = &two};
    tad_tape_pause(tape);
    tad_var c = tad_checkpoint(times_three, &two, 1, &x);
    expect_constant(c);
    expect_values(c, 12, 30);
    expect_constant(tad_checkpoint(times_three, &x, 1, &two));
    expect_ok(tad_loop(&loop, &out));
    expect_constant(out);
    expect_values(out, 64, 160);
    tad_tape_resume(tape);
    expect_ok(tad_backward(tad_sum(tad_mul(tad_add(c, out), x))));
    expect_grads(x, 76, 190);
    expect_no_error(tape);
    tad_tape_free(tape);
}
END_TEST

/* One recorded before is differentiated as ever. */
START_TEST(a_pause_after_a_checkpoint)
{
    tad_tape *tape = tad_tape_new();
    tad_var   three = tad_constant(tape, 3), x = tad_scalar(tape, 2);
    tad_var   y = tad_checkpoint(times_three, &three, 1, &x), z = tad_square(y), d;
    double    J;
    tad_tape_pause(tape);
    expect_ok(tad_backward(z));
    expect_grads(x, 324);
    expect_ok(tad_jacobian(z, x, &d));
    expect_values(d, 324);
    expect_constant(d);
    expect_ok(tad_hessian(z, x, &d));
    expect_values(d, 162);
    expect_ok(tad_read_jacobian(1, &z, 1, &x, &J, sizeof J));
    ck_assert_double_eq(J, 324);
    expect_ok(tad_set_value(x, 3));
    expect_ok(tad_replay(tape)); /* the pause changes nothing for what is computed again */
    expect_values(y, 27);
    expect_constant(tad_square(x));
    tad_tape_resume(tape);
    expect_ok(tad_backward(z));
    expect_grads(x, 486);
    expect_no_error(tape);
    tad_tape_free(tape);
}
END_TEST

/* Views that are recorded in a pause are values as any other: a replay leaves them, and they can be set. */
START_TEST(a_replay_leaves_what_was_paused)
{
    tad_tape *tape = tad_tape_new();
    tad_var   x = vector(tape, 2, (const double[]){2, 5}), s = tad_scalar(tape, 7), y = tad_sum(tad_square(x)), g;
    tad_tape_pause(tape);
    tad_var flipped = tad_flip(x, 1, (const int[]){0}), doubled = tad_mul(x, tad_constant(tape, 2));
    tad_var one = tad_reshape(s, 1, (const int64_t[]){1}), wide = tad_broadcast_to(s, 1, (const int64_t[]){3});
    expect_ok(tad_gradient(y, 1, &x, &g));
    tad_tape_resume(tape);
    tad_var sum = tad_sum(wide);
    expect_ok(tad_set(x, (const double[]){-1, 1}, 2 * sizeof(double)));
    expect_ok(tad_set_value(s, 8));
    expect_ok(tad_set(wide, (const double[]){1, 2, 4}, 3 * sizeof(double)));
    expect_ok(tad_replay(tape));
    expect_values(y, 2);
    expect_values(flipped, 5, 2);
    expect_values(doubled, 4, 10);
    expect_values(one, 7);
    expect_values(wide, 1, 2, 4);
    expect_values(sum, 7);
    expect_values(g, 4, 10);
    expect_values(s, 8);
    expect_no_error(tape);
    tad_tape_free(tape);
}
END_TEST

/* ---- stop_gradient ---- */

START_TEST(a_stopped_value)
{
    tad_tape *tape = tad_tape_new();
    tad_var   x = tad_scalar(tape, 3), v = vector(tape, 4, numbers), g, dy, one = tad_constant(tape, 1), h;
    tad_var   stopped = tad_stop_gradient(x), y = tad_mul(stopped, x);
    ck_assert_double_eq(tad_value(stopped), 3);
    ck_assert(!tad_is_differentiable(stopped));
    expect_ok(tad_backward(y));
    ck_assert_double_eq(tad_grad(x), 3);
    expect_ok(tad_gradient(y, 1, &x, &g));
    ck_assert_double_eq(tad_value(g), 3);
    expect_ok(tad_gradient(g, 1, &x, &h));
    ck_assert_double_eq(tad_value(h), 0);
    expect_ok(tad_jvp(y, 1, &x, &one, &dy));
    ck_assert_double_eq(tad_value(dy), 3);
    tad_var part = tad_stop_gradient(tad_transpose(tad_reshape(v, 2, (const int64_t[]){2, 2})));
    expect_values(part, 0.5, 1.5, -0.25, 0.75);
    expect_ok(tad_backward(tad_sum(tad_mul(part, tad_reshape(v, 2, (const int64_t[]){2, 2})))));
    expect_grads(v, 0.5, 1.5, -0.25, 0.75);
    expect_ok(tad_backward(stopped)); /* as the result itself it hands on nothing */
    ck_assert_double_eq(tad_grad(x), 0);
    expect_ok(tad_backward(tad_cast(x, TAD_I64)));
    ck_assert_double_eq(tad_grad(x), 0);
    tad_var indices = tad_tensor_constant(tape, TAD_I64, 1, (const int64_t[]){1}, (const int64_t[]){7});
    ck_assert_int_eq(tad_dtype_of(tad_stop_gradient(indices)), TAD_I64);
    ck_assert_double_eq(tad_value(tad_stop_gradient(indices)), 7);
    expect_no_error(tape);
    tad_tape_free(tape);
}
END_TEST

Suite *pause_suite(void)
{
    Suite *suite = suite_create("pause");
    TCase *tests = tcase_create("pause");
    tcase_add_test(tests, what_is_recorded_is_constant);
    tcase_add_test(tests, pauses_nest);
    tcase_add_test(tests, derivatives_within_a_pause);
    tcase_add_test(tests, a_failure_leaves_the_pause);
    tcase_add_test(tests, checkpoints_within_a_pause);
    tcase_add_test(tests, a_pause_after_a_checkpoint);
    tcase_add_test(tests, a_replay_leaves_what_was_paused);
    tcase_add_test(tests, a_stopped_value);
    suite_add_tcase(suite, tests);
    return suite;
}
