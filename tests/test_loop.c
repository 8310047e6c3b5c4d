/* Loops: the gradient of the plain loop, the fewest steps that are possible, and memory that does not grow with them. */
#include "suites.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static tad_tape *tape;

static void set_up(void)
{
    tape = tad_tape_new();
}

static void tear_down(void)
{
    tad_tape_clear_error(tape);
    tad_var x = tad_scalar(tape, 0.5), y = tad_sin(x);
    expect_ok(tad_backward(y)); /* the tape works on */
    expect_near(tad_grad(x), cos(0.5), 0);
    expect_no_error(tape);
    tad_tape_free(tape);
}

/* ---- Steps ---- */

static size_t calls;

/* A pendulum with damping params[0] and a force params[1] that depends on time: explicit Euler, angle and speed. */
static void pendulum(void *user, size_t i, const tad_var state[], const tad_var params[], tad_var next[])
{
    double  h = *(const double *)user;
    tad_var step = tad_constant(state[0].tape, h), time = tad_constant(state[0].tape, h * (double)i);
    tad_var force = tad_mul(params[1], tad_cos(time));
    tad_var speed = tad_sub(force, tad_add(tad_sin(state[0]), tad_mul(params[0], state[1])));
    calls++;
    next[0] = tad_add(state[0], tad_mul(step, state[1]));
    next[1] = tad_add(state[1], tad_mul(step, speed));
}

/* States of several shapes and types. */
static void mixed(void *user, size_t i, const tad_var state[], const tad_var params[], tad_var next[])
{
    (void)user, (void)i;
    calls++;
    next[0] = tad_sin(tad_add(state[0], tad_cast(tad_sum(state[1]), TAD_F64)));
    next[1] = tad_tanh(tad_mul(tad_matmul(state[1], tad_transpose(state[1])), params[0]));
    next[2] = tad_mul(state[2], state[0]);
}

/* The loop as a program would write it. */
static void plain(const tad_loop_args *loop, tad_var out[])
{
    memcpy(out, loop->state, loop->state_count * sizeof *out);
    for (size_t i = 0; i < loop->steps; i++) {
        tad_var next[4];
        loop->step(loop->user, i, out, loop->params, next);
        memcpy(out, next, loop->state_count * sizeof *out);
    }
}

static void run(bool checkpointed, const tad_loop_args *loop, tad_var out[])
{
    if (checkpointed)
        expect_ok(tad_loop(loop, out));
    else
        plain(loop, out);
}

static double step_size = 0.01;

static tad_loop_args loop_of_pendulum(size_t steps, size_t snapshots, const tad_var x[4])
{
    return (tad_loop_args){.step = pendulum,
                           .user = &step_size,
                           .steps = steps,
                           .snapshots = snapshots,
                           .state_count = 2,
                           .state = x,
                           .param_count = 2,
                           .params = x + 2};
}

static void leaves(tad_tape *on, tad_var x[4])
{
    const double at[] = {0.5, -0.25, 0.125, 0.75};
    for (int k = 0; k < 4; k++)
        x[k] = tad_scalar(on, at[k]);
}

/* ---- The same numbers ---- */

START_TEST(the_gradient_of_the_plain_loop)
{
    static const size_t cases[][2] = {{1, 1},  {2, 1},  {2, 2},  {3, 1},  {3, 2},  {7, 2},
                                      {10, 3}, {33, 3}, {50, 0}, {20, 1}, {9, 100}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        double g[2][6], r[2][6];
        for (int which = 0; which < 2; which++) {
            tad_var x[4], out[2], gx[4], h[4];
            tad_tape_rewind(tape, 0);
            leaves(tape, x);
            tad_loop_args loop = loop_of_pendulum(cases[i][0], cases[i][1], x);
            run(which, &loop, out);
            tad_var y = tad_add(tad_square(out[0]), tad_sin(out[1]));
            expect_ok(tad_backward(y));
            for (int k = 0; k < 4; k++)
                g[which][k] = tad_grad(x[k]);
            g[which][4] = tad_grad(out[0]);
            g[which][5] = tad_value(y);
            expect_ok(tad_gradient(y, 4, x, gx));
            expect_ok(tad_hvp(y, 4, x, x, h));
            for (int k = 0; k < 4; k++)
                r[which][k] = tad_value(gx[k]);
            r[which][4] = tad_value(h[0]);
            r[which][5] = tad_value(h[3]);
        }
        ck_assert_mem_eq(g[0], g[1], sizeof g[0]);
        ck_assert_mem_eq(g[0], r[0], 4 * sizeof(double));
        for (int k = 0; k < 6; k++) /* sums in another order */
            expect_near(r[1][k], r[0][k], 1e-14);
        ck_assert_double_ne(g[0][3], 0);
    }
}
END_TEST

START_TEST(states_of_several_shapes_and_types)
{
    const double a[] = {0.5, -0.25, 0.75};
    const float  b[] = {0.5f, -1, 0.25f, 2}, w[] = {0.25f, 0.5f, -0.5f, 1};
    double       g[2][7];
    float        f[2][8];
    for (int which = 0; which < 2; which++) {
        tad_var             x[] = {tad_scalar(tape, 0.125), tad_tensor(tape, TAD_F32, 2, (const int64_t[]){2, 2}, b),
                                   vector(tape, 3, a), tad_tensor(tape, TAD_F32, 2, (const int64_t[]){2, 2}, w)};
        const tad_loop_args loop = {.step = mixed,
                                    .steps = 12,
                                    .snapshots = 3,
                                    .state_count = 3,
                                    .state = x,
                                    .param_count = 1,
                                    .params = x + 3};
        tad_var             out[3];
        run(which, &loop, out);
        for (int k = 0; k < 3; k++) {
            ck_assert_int_eq(tad_dtype_of(out[k]), tad_dtype_of(x[k]));
            ck_assert_int_eq(tad_rank(out[k]), tad_rank(x[k]));
        }
        tad_var y = tad_add(tad_add(out[0], tad_cast(tad_sum(tad_square(out[1])), TAD_F64)), tad_sum(out[2]));
        expect_ok(tad_backward(y));
        expect_ok(tad_read_grad(x[2], g[which], 3 * sizeof(double)));
        expect_ok(tad_read(out[2], g[which] + 3, 3 * sizeof(double)));
        g[which][6] = tad_grad(x[0]);
        expect_ok(tad_read_grad(x[1], f[which], 4 * sizeof(float)));
        expect_ok(tad_read_grad(x[3], f[which] + 4, 4 * sizeof(float)));
    }
    ck_assert_mem_eq(g[0], g[1], sizeof g[0]);
    ck_assert_mem_eq(f[0], f[1], sizeof f[0]);
    ck_assert_double_ne(g[0][6], 0);
}
END_TEST

static tad_var checked(void *user, size_t n, const tad_var x[])
{
    tad_var       out[2];
    tad_loop_args loop = loop_of_pendulum(10, 2, x);
    (void)user, (void)n;
    return tad_loop(&loop, out) == TAD_OK ? tad_mul(out[0], out[1]) : (tad_var){0};
}

START_TEST(the_checker_agrees)
{
    tad_var x[4];
    leaves(tape, x);
    expect_ok(tad_gradcheck(checked, NULL, 4, x, NULL, NULL));
    tad_var y = checked(NULL, 4, x), z = tad_checkpoint(checked, NULL, 4, x); /* a loop in a checkpoint */
    expect_ok(tad_backward(y));
    double g[4];
    for (int k = 0; k < 4; k++)
        g[k] = tad_grad(x[k]);
    expect_ok(tad_backward(z));
    for (int k = 0; k < 4; k++)
        expect_near(tad_grad(x[k]), g[k], 0);
}
END_TEST

START_TEST(no_steps)
{
    tad_var x[4], out[2];
    leaves(tape, x);
    tad_loop_args loop = loop_of_pendulum(0, 1, x);
    expect_ok(tad_loop(&loop, out));
    ck_assert_mem_eq(out, x, sizeof out);
}
END_TEST

/* ---- Evaluations ---- */

static double binomial(size_t n, size_t k)
{
    double c = 1;
    for (size_t i = 1; i <= k; i++)
        c = c * (double)(n - k + i) / (double)i;
    return round(c);
}

/* Proposition 1 of Griewank and Walther, with the steps that are recorded. */
static double optimum(size_t steps, size_t snapshots)
{
    size_t r = 0;
    while (binomial(snapshots + r, snapshots) < (double)steps)
        r++;
    return (double)steps + (double)(r * steps) - binomial(snapshots + r, snapshots + 1);
}

/* The same without a formula: the best of all ways to place the next snapshot. */
enum { FEW = 40 };
static size_t best[FEW + 1][FEW + 1];

static void search(void)
{
    for (size_t c = 1; c <= FEW; c++)
        for (size_t l = 2; l <= FEW; l++) {
            best[l][c] = SIZE_MAX;
            for (size_t m = 1; m < l; m++) {
                size_t behind = c > 1 || l - m == 1 ? best[l - m][c > 1 ? c - 1 : 1] : SIZE_MAX / 2;
                size_t all = m + best[m][c] + behind;
                best[l][c] = all < best[l][c] ? all : best[l][c];
            }
        }
}

static size_t calls_of(size_t steps, size_t snapshots)
{
    tad_var x[4], out[2];
    calls = 0;
    tad_tape_rewind(tape, 0);
    leaves(tape, x);
    tad_loop_args loop = loop_of_pendulum(steps, snapshots, x);
    expect_ok(tad_loop(&loop, out));
    ck_assert_uint_eq(calls, steps);
    expect_ok(tad_backward(tad_add(out[0], out[1])));
    return calls;
}

START_TEST(the_fewest_steps_that_are_possible)
{
    search();
    for (size_t c = 1; c <= FEW; c++)
        for (size_t l = 1; l <= FEW; l++) {
            ck_assert_msg(calls_of(l, c) == l + best[l][c], "%zu steps, %zu snapshots: %zu calls; the best is %zu", l,
                          c, calls, l + best[l][c]);
            ck_assert_double_eq(optimum(l, c), (double)(l + best[l][c]));
        }
    static const size_t cases[][2] = {{1000, 10}, {1000, 3},  {1000, 1}, {1000, 1000},
                                      {5000, 20}, {3003, 10}, {3004, 10}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t l = cases[i][0], c = cases[i][1];
        ck_assert_msg((double)calls_of(l, c) == optimum(l, c), "%zu steps, %zu snapshots: %zu calls; the best is %.0f",
                      l, c, calls, optimum(l, c));
        if (getenv("TAD_TELL"))
            printf("%zu steps, %zu snapshots: %zu calls of step\n", l, c, calls);
    }
    ck_assert_uint_le(calls_of(1000, 0), 3 * 1000);
}
END_TEST

/* ---- Memory ---- */

enum { LONG = SANITIZED ? 1000 : 10000, SIZE = 1000 };

typedef struct usage {
    size_t peak, calls, after_first; /* allocations, and how many of them the second round made */
    double gradient;
} usage;

static void rotate(void *user, size_t i, const tad_var state[], const tad_var params[], tad_var next[])
{
    tad_var h = tad_constant(state[0].tape, *(const double *)user);
    (void)i;
    calls++;
    next[0] = tad_add(state[0], tad_mul(h, tad_mul(params[0], tad_sin(state[0]))));
}

static usage use(size_t steps, size_t snapshots)
{
    static double data[SIZE];
    usage         u = {0};
    heap          h = {0};
    tad_tape     *own = heap_tape(&h);
    for (int i = 0; i < SIZE; i++)
        data[i] = sin(i);
    double size = 1.0 / (double)steps;
    for (int round = 0; round < 2; round++) {
        size_t before = h.calls;
        tad_tape_rewind(own, 0);
        tad_var             x = vector(own, SIZE, data), w = tad_scalar(own, 0.5), out;
        const tad_loop_args loop = {.step = rotate,
                                    .user = &size,
                                    .steps = steps,
                                    .snapshots = snapshots,
                                    .state_count = 1,
                                    .state = &x,
                                    .param_count = 1,
                                    .params = &w};
        run(snapshots > 0, &loop, &out);
        expect_ok(tad_backward(tad_sum(tad_square(out))));
        u.gradient = tad_grad(w);
        u.after_first = h.calls - before;
    }
    u.peak = h.peak;
    u.calls = h.calls;
    tad_tape_free(own);
    ck_assert_uint_eq(h.blocks, 0);
    return u;
}

/* Snapshots on the tape and of the sweep, and adjoints of the former; two steps of four nodes, and adjoints of both. Arenas
 * may be half empty, and begin with 64 KB, of which there are three. */
static double most_of(size_t snapshots)
{
    const double state = SIZE * sizeof(double);
    return 2 * (3 * (double)snapshots + 4 * 5) * state + 3 * 65536;
}

START_TEST(memory_is_that_of_the_snapshots)
{
    const double state = SIZE * sizeof(double);
    usage        small = use(LONG / 10, 10), large = use(LONG, 10), one = use(300, 1), reference = use(LONG / 10, 0);
    if (getenv("TAD_TELL"))
        printf(
            "states of memory: %d steps in full %.1f; with 10 snapshots %.1f, %d steps %.1f; 300 steps with 1 %.1f\n",
            LONG / 10, (double)reference.peak / state, (double)small.peak / state, LONG, (double)large.peak / state,
            (double)one.peak / state);
    expect_near(small.gradient, reference.gradient, 0);
    ck_assert_double_gt((double)reference.peak, (double)(LONG / 10) * 8 * state);
    ck_assert_double_lt((double)large.peak, most_of(10));
    ck_assert_double_lt((double)large.peak, 1.1 * (double)small.peak);
    ck_assert_double_lt((double)one.peak, most_of(1));
    ck_assert_uint_eq(large.after_first, 0);
}
END_TEST

/* ---- Errors ---- */

static tad_var captured;

static void wrong(void *user, size_t i, const tad_var state[], const tad_var params[], tad_var next[])
{
    const char *what = user;
    next[0] = tad_sin(state[0]);
    next[1] = tad_add(state[1], params[0]);
    if (i < 3)
        return;
    if (strcmp(what, "nothing") == 0)
        next[1] = (tad_var){0};
    else if (strcmp(what, "shape") == 0)
        next[1] = tad_broadcast_to(state[1], 1, (const int64_t[]){2});
    else if (strcmp(what, "type") == 0)
        next[0] = tad_cast(state[0], TAD_F32);
    else if (strcmp(what, "refusal") == 0)
        next[0] = tad_transpose(state[0]);
    else if (strcmp(what, "capture") == 0)
        next[0] = tad_mul(state[0], captured);
    else if (strcmp(what, "captured state") == 0)
        next[0] = captured;
    else if (strcmp(what, "rewind") == 0)
        tad_tape_rewind(state[0].tape, 0);
    else if (strcmp(what, "sweep") == 0)
        next[0] = tad_backward(next[0]) == TAD_OK ? next[0] : (tad_var){0};
}

START_TEST(what_a_step_must_not_do)
{
    static const struct {
        const char *what;
        tad_status  status;
        const char *message;
    } cases[] = {
        {"nothing", TAD_EARG, "tad_loop: step 3 left a zeroed handle in next[1], at test_loop.c"},
        {"shape", TAD_ESHAPE, "tad_loop: step 3 changes the shape of state 1; rank 0 before, 1 after"},
        {"type", TAD_EDTYPE, "tad_loop: step 3 turns state 0 from f64 into f32"},
        {"refusal", TAD_ESHAPE, "transpose(f64 scalar): "},
        {"capture", TAD_EARG, "tad_loop: the function uses node 3 (f64 scalar), which is not among its operands"},
        {"captured state", TAD_EARG, "tad_loop: the function uses node 3 (f64 scalar)"},
        {"rewind", TAD_EARG, "tad_loop: step 3 "},
        {"sweep", TAD_EARG, "tad_backward: it was called by a function that is being recorded for a checkpoint"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t steps = 8; steps >= 4; steps -= 4) { /* step 3 is forgotten, or stays */
            tad_var x[4], out[2];
            tad_tape_rewind(tape, 0);
            leaves(tape, x);
            captured = x[3];
            const tad_loop_args loop = {.step = wrong,
                                        .user = (void *)(uintptr_t)cases[i].what,
                                        .steps = steps,
                                        .snapshots = 1,
                                        .state_count = 2,
                                        .state = x,
                                        .param_count = 1,
                                        .params = x + 2};
            tad_status          status = tad_loop(&loop, out);
            if (steps == 4 && i >= 4) { /* the last step stays on the tape, so that nothing is lost */
                tad_tape_clear_error(tape);
                continue;
            }
            ck_assert_int_eq(status, cases[i].status);
            expect_error_of(cases[i].what, tape, cases[i].status, cases[i].message);
            ck_assert(!tad_is_valid(out[0]) && !tad_is_valid(out[1]));
        }
}
END_TEST

START_TEST(wrong_arguments)
{
    tad_var x[33], out[33];
    for (size_t i = 0; i < COUNT(x); i++)
        x[i] = tad_scalar(tape, 0.5);
    size_t              mark = tad_tape_mark(tape);
    const tad_loop_args good = loop_of_pendulum(4, 2, x);
    tad_loop_args       loop = good;
    ck_assert_int_eq(tad_loop(NULL, out), TAD_EARG);
    loop.state = NULL;
    ck_assert_int_eq(tad_loop(&loop, out), TAD_EARG);
    ck_assert(!tad_is_valid(out[0]));
    loop = good;
    loop.state_count = 0;
    ck_assert_int_eq(tad_loop(&loop, out), TAD_EARG);
    loop = good;
    loop.step = NULL;
    ck_assert_int_eq(tad_loop(&loop, out), TAD_EARG);
    expect_error(tape, TAD_EARG, "tad_loop: step is NULL");
    loop = good;
    loop.params = NULL;
    ck_assert_int_eq(tad_loop(&loop, out), TAD_EARG);
    expect_error(tape, TAD_EARG, "tad_loop: params is NULL");
    ck_assert_int_eq(tad_loop(&good, NULL), TAD_EARG);
    expect_error(tape, TAD_EARG, "tad_loop: out is NULL");
    loop = good;
    loop.state_count = 33;
    ck_assert_int_eq(tad_loop(&loop, out), TAD_EARG);
    expect_error(tape, TAD_EARG, "tad_loop: 33 states and 2 parameters; expected at most 32 together");
    loop.state_count = 31;
    ck_assert_int_eq(tad_loop(&loop, out), TAD_EARG);
    expect_error(tape, TAD_EARG, "tad_loop: 31 states and 2 parameters");
    x[1] = tad_tensor_constant(tape, TAD_I64, 0, NULL, &(const int64_t){1});
    mark++;
    ck_assert_int_eq(tad_loop(&good, out), TAD_EDTYPE);
    expect_error(tape, TAD_EDTYPE, "tad_loop: state[1] holds indices");
    x[1] = (tad_var){0};
    ck_assert_int_eq(tad_loop(&good, out), TAD_ETAPE);
    expect_error(tape, TAD_ETAPE, "tad_loop: state[1] is a zeroed handle");
    x[1] = x[4];
    x[3].birth--;
    ck_assert_int_eq(tad_loop(&good, out), TAD_ESTALE);
    expect_error(tape, TAD_ESTALE, "tad_loop: params[1] is a stale handle");
    x[0] = x[1] = (tad_var){0};
    ck_assert_int_eq(tad_loop(&good, out), TAD_ETAPE);
    ck_assert_uint_eq(tad_tape_mark(tape), mark);
}
END_TEST

Suite *loop_suite(void)
{
    Suite *suite = suite_create("loop");
    TCase *tests = tcase_create("loop");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, the_gradient_of_the_plain_loop);
    tcase_add_test(tests, states_of_several_shapes_and_types);
    tcase_add_test(tests, the_checker_agrees);
    tcase_add_test(tests, no_steps);
    tcase_add_test(tests, the_fewest_steps_that_are_possible);
    tcase_add_test(tests, memory_is_that_of_the_snapshots);
    tcase_add_test(tests, what_a_step_must_not_do);
    tcase_add_test(tests, wrong_arguments);
    suite_add_tcase(suite, tests);
    return suite;
}
