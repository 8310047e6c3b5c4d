/* Checkpoints: the same numbers as without, less memory, and every way to use them wrongly. */
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

/* ---- Functions ---- */

static int calls;

/* sin(a b) + b^2, of any shapes */
static tad_var model(void *user, size_t n, const tad_var x[])
{
    (void)user;
    ck_assert_uint_eq(n, 2);
    calls++;
    return tad_add(tad_sin(tad_mul(x[0], x[1])), tad_square(x[1]));
}

static tad_var nested(void *user, size_t n, const tad_var x[])
{
    tad_var inner = tad_checkpoint(model, user, n, x);
    return tad_checkpoint(model, user, 2, (const tad_var[]){tad_tanh(inner), x[0]});
}

static tad_var identity(void *user, size_t n, const tad_var x[])
{
    (void)user;
    return x[n - 1];
}

static tad_var with_constants(void *user, size_t n, const tad_var x[])
{
    (void)n;
    tad_var inside = tad_scalar(x[0].tape, 3); /* a leaf of its own; its gradient is nobody's */
    return tad_mul(tad_mul(x[0], *(const tad_var *)user), inside);
}

static tad_var constant(void *user, size_t n, const tad_var x[])
{
    (void)user, (void)n;
    return tad_greater(x[0], tad_constant(x[0].tape, 0));
}

/* What goes in and what comes out differ in shape and type; an operation without a rule in numbers is among them. */
static void cube(const tad_call *call)
{
    tad_array x = call->in[0];
    ck_assert_int_eq(x.dtype, TAD_F64);
    op_cube(call);
}
static const tad_op cube_op = {.name = "cube", .arity = 1, .shape = op_same_shape, .forward = cube, .vjp = op_cube_vjp};

static tad_var mixed(void *user, size_t n, const tad_var x[])
{
    (void)user, (void)n;
    tad_var a = tad_cast(tad_matmul(x[0], tad_transpose(x[0])), TAD_F64);
    return tad_sum_axes(tad_mul(apply_one(&cube_op, tad_mul(a, tad_constant(x[0].tape, 1))), x[1]), 1, (const int[]){0},
                        false);
}

static tad_var with_gradient(void *user, size_t n, const tad_var x[])
{
    tad_var g[2], y = tad_sum(model(user, n, x));
    return tad_gradient(y, 2, x, g) == TAD_OK ? tad_add(tad_mul(g[0], g[1]), x[0]) : (tad_var){0};
}

/* ---- The same numbers ---- */

typedef struct values {
    double y[16], g[2][16], r[2][16], h[2][16], t[16];
} values;

static void read_all(tad_var x, double out[16])
{
    float  floats[16];
    size_t n = (size_t)tad_count(x);
    ck_assert_uint_le(n, 16);
    if (tad_dtype_of(x) == TAD_F64) {
        expect_ok(tad_read(x, out, 16 * sizeof *out));
        return;
    }
    expect_ok(tad_read(x, floats, sizeof floats));
    for (size_t i = 0; i < n; i++)
        out[i] = (double)floats[i];
}

static void read_grad(tad_var x, double out[16])
{
    float  floats[16];
    size_t n = (size_t)tad_count(x);
    if (tad_dtype_of(x) == TAD_F64) {
        expect_ok(tad_read_grad(x, out, 16 * sizeof *out));
        return;
    }
    expect_ok(tad_read_grad(x, floats, sizeof floats));
    for (size_t i = 0; i < n; i++)
        out[i] = (double)floats[i];
}

/* Value, numeric and recorded gradient, Hessian-vector product, and tangent of f, with or without a checkpoint. */
static void compute(values *v, tad_function *f, bool checkpoint, const tad_var x[2])
{
    tad_var at[] = {x[0], tad_tanh(x[1])};
    if (f != mixed && f != with_gradient) /* operands that depend on each other */
        at[0] = tad_mul(at[1], at[0]);
    tad_var y = checkpoint ? tad_checkpoint(f, NULL, 2, at) : f(NULL, 2, at), s, g[2], h[2], t;
    expect_no_error(tape);
    read_all(y, v->y);
    s = tad_sum(tad_square(y));
    expect_ok(tad_backward(s));
    read_grad(x[0], v->g[0]);
    read_grad(x[1], v->g[1]);
    expect_ok(tad_gradient(s, 2, x, g));
    read_all(g[0], v->r[0]);
    read_all(g[1], v->r[1]);
    expect_ok(tad_hvp(s, 2, x, x, h));
    read_all(h[0], v->h[0]);
    read_all(h[1], v->h[1]);
    expect_ok(tad_jvp(y, 2, x, x, &t));
    read_all(t, v->t);
}

static void expect_same(tad_function *f, const tad_var x[2])
{
    static const values none;
    values              plain = {0}, checkpointed = {0};
    compute(&plain, f, false, x);
    size_t mark = tad_tape_mark(tape);
    compute(&checkpointed, f, true, x);
    tad_tape_rewind(tape, mark);
    ck_assert_mem_ne(&plain, &none, sizeof none);
    const double *a = (const double *)&plain, *b = (const double *)&checkpointed;
    for (size_t i = 0; i < sizeof plain / sizeof *a; i++)
        ck_assert_msg(a[i] == b[i], "number %zu: %.17g without a checkpoint, %.17g with one", i, a[i], b[i]);
}

static tad_function *const functions[] = {model, nested, identity, with_gradient};

START_TEST(the_same_numbers)
{
    static const double data[] = {0.5, -0.25, 1.5, 0.75, -1, 2, 0.125, 3, -0.5};
    const float         floats[] = {0.5f, -0.25f, 1.5f, 0.75f, -1, 2};
    tad_function       *f = functions[_i];
    expect_same(f, (const tad_var[]){tad_scalar(tape, 0.5), tad_scalar(tape, -0.75)});
    expect_same(f, (const tad_var[]){vector(tape, 3, data), vector(tape, 3, data + 3)});
    if (f == model || f == nested)
        expect_same(f, (const tad_var[]){tad_scalar(tape, 0.5), vector(tape, 3, data + 3)});
    expect_same(f, (const tad_var[]){tad_tensor(tape, TAD_F32, 2, (const int64_t[]){2, 2}, floats),
                                     tad_tensor(tape, TAD_F32, 2, (const int64_t[]){2, 2}, floats + 2)});
    expect_same(
        f, (const tad_var[]){tad_transpose(matrix(tape, 2, 3, data)), tad_transpose(matrix(tape, 2, 3, data + 3))});
}
END_TEST

START_TEST(the_same_numbers_of_other_shapes_and_types)
{
    static const double data[] = {0.5, -0.25};
    const float         floats[] = {0.5f, -0.25f, 1.5f, 0.75f, -1, 2};
    expect_same(
        mixed, (const tad_var[]){tad_tensor(tape, TAD_F32, 2, (const int64_t[]){2, 3}, floats), vector(tape, 2, data)});
}
END_TEST

START_TEST(the_same_operand_twice)
{
    tad_var x = tad_scalar(tape, 0.5), at[] = {x, x}, g, t, h, one = tad_constant(tape, 1);
    tad_var y = tad_checkpoint(model, NULL, 2, at); /* sin(x^2) + x^2 */
    double  dy = 2 * 0.5 * cos(0.25) + 2 * 0.5, ddy = 2 * cos(0.25) - 4 * 0.25 * sin(0.25) + 2;
    expect_ok(tad_backward(y));
    expect_near(tad_grad(x), dy, 1e-15);
    expect_ok(tad_gradient(y, 1, &x, &g));
    expect_near(tad_value(g), dy, 1e-15);
    expect_ok(tad_jvp(y, 1, &x, &one, &t));
    expect_near(tad_value(t), dy, 1e-15);
    expect_ok(tad_hvp(y, 1, &x, &one, &h));
    expect_near(tad_value(h), ddy, 1e-15);
}
END_TEST

START_TEST(the_checker_agrees)
{
    tad_var x[] = {tad_scalar(tape, 0.5), tad_scalar(tape, -0.75)};
    expect_ok(tad_gradcheck(nested, NULL, 2, x, NULL, NULL));
    expect_ok(tad_gradcheck(with_gradient, NULL, 2, x, NULL, NULL));
}
END_TEST

/* Not reached, not asked for, not differentiable at all. */
START_TEST(where_nothing_depends)
{
    tad_var x = tad_scalar(tape, 0.5), c = tad_constant(tape, 2), at[] = {x, c}, g[2], t;
    tad_var y = tad_checkpoint(with_constants, &c, 1, &x);
    expect_near(tad_value(y), 3, 0);
    expect_ok(tad_backward(y));
    expect_near(tad_grad(x), 6, 0);
    calls = 0;
    y = tad_checkpoint(model, NULL, 2, (const tad_var[]){c, c});
    ck_assert(!tad_is_differentiable(y));
    y = tad_mul(y, x);
    expect_ok(tad_backward(y));
    ck_assert_int_eq(calls, 1); /* nothing to record again for */
    y = tad_checkpoint(model, NULL, 2, at);
    expect_ok(tad_backward(tad_mul(x, x)));
    ck_assert_int_eq(calls, 2);
    expect_ok(tad_gradient(y, 2, at, g));
    expect_near(tad_value(g[1]), 0.5 * cos(1) + 4, 1e-15);
    y = tad_checkpoint(constant, NULL, 1, &x);
    expect_near(tad_value(y), 1, 0);
    expect_ok(tad_gradient(y, 1, &x, g));
    expect_near(tad_value(g[0]), 0, 0);
    expect_ok(tad_jvp(y, 1, &x, &c, &t));
    expect_near(tad_value(t), 0, 0);
    expect_ok(tad_backward(tad_mul(y, x)));
    expect_near(tad_grad(x), 1, 0);
    y = tad_checkpoint(identity, NULL, 1, &c);
    expect_near(tad_value(y), 2, 0);
}
END_TEST

START_TEST(it_is_one_node)
{
    tad_var x[] = {tad_scalar(tape, 0.5), tad_scalar(tape, -0.75)};
    size_t  mark = tad_tape_mark(tape);
    tad_var y = tad_checkpoint(nested, NULL, 2, x);
    ck_assert_uint_eq(tad_tape_mark(tape), mark + 1);
    ck_assert_str_eq(tad_op_of(y)->name, "checkpoint");
    ck_assert_int_eq(tad_operand_count(y), 2);
    expect_ok(tad_backward(y));
    ck_assert_uint_eq(tad_tape_mark(tape), mark + 1);
    double adjoint = tad_grad(x[1]);
    ck_assert_double_ne(adjoint, 0);
    ck_assert(tad_is_valid(y) && tad_is_valid(x[1]));
}
END_TEST

/* ---- Memory ---- */

enum { LAYERS = 144, ROOT = 12, WIDTH = 32, BATCH = 64 };

static tad_var layers(void *user, size_t n, const tad_var x[])
{
    (void)n;
    tad_var h = x[0];
    for (int i = 0; i < *(const int *)user; i++)
        h = tad_tanh(tad_matmul(h, x[1]));
    return h;
}

/* What a chain of layers takes at most, in blocks of `block` layers that are checkpoints if there is more than one. */
static size_t peak_of(int block, double gradient[WIDTH * WIDTH])
{
    static double w[WIDTH * WIDTH], in[BATCH * WIDTH];
    heap          h = {0};
    tad_tape     *own = heap_tape(&h);
    for (int i = 0; i < WIDTH * WIDTH; i++)
        w[i] = sin(i) / 4;
    for (int i = 0; i < BATCH * WIDTH; i++)
        in[i] = cos(i);
    tad_var x[] = {matrix(own, BATCH, WIDTH, in), matrix(own, WIDTH, WIDTH, w)};
    for (int i = 0; i < LAYERS; i += block)
        x[0] = block == LAYERS ? layers(&block, 2, x) : tad_checkpoint(layers, &block, 2, x);
    expect_ok(tad_backward(tad_sum(x[0])));
    expect_ok(tad_read_grad(x[1], gradient, WIDTH * WIDTH * sizeof *gradient));
    size_t peak = h.peak;
    tad_tape_free(own);
    return peak;
}

START_TEST(memory_falls_to_the_root)
{
    static double plain[WIDTH * WIDTH], checkpointed[WIDTH * WIDTH];
    /* in arrays of one layer's size: two values and two adjoints a layer, against two of each in the block and one of each a
     * block; arenas are at most half empty */
    const double layer = BATCH * WIDTH * sizeof(double), most = 2.0 * (4 * ROOT + 2 * ROOT + 8);
    double       before = (double)peak_of(LAYERS, plain) / layer, after = (double)peak_of(ROOT, checkpointed) / layer;
    ck_assert_mem_eq(plain, checkpointed, sizeof plain);
    ck_assert_msg(before > 4 * LAYERS, "%g layers' arrays without checkpoints", before);
    ck_assert_msg(after < most, "%g layers' arrays with checkpoints; %g without; expected at most %g", after, before,
                  most);
    if (getenv("TAD_TELL"))
        printf("%d layers: %.1f arrays at most without checkpoints, %.1f with\n", LAYERS, before, after);
}
END_TEST

START_TEST(nothing_is_allocated_after_the_first)
{
    heap      h = {0};
    tad_tape *own = heap_tape(&h);
    size_t    count = 0;
    double    data[] = {1, 2, 3, 4};
    int       block = 3;
    for (int step = 0; step < 10; step++) {
        tad_tape_rewind(own, 0);
        tad_var x[] = {matrix(own, 2, 2, data), matrix(own, 2, 2, data)};
        for (int i = 0; i < 20; i++)
            x[0] = tad_checkpoint(layers, &block, 2, x);
        expect_ok(tad_backward(tad_sum(x[0])));
        if (step == 1)
            count = h.calls;
    }
    ck_assert_uint_gt(count, 0);
    ck_assert_uint_eq(h.calls, count);
    tad_tape_free(own);
    ck_assert_uint_eq(h.blocks, 0);
}
END_TEST

/* ---- Errors ---- */

static tad_var captures(void *user, size_t n, const tad_var x[])
{
    (void)n;
    return tad_mul(x[0], *(const tad_var *)user);
}

static tad_var returns(void *user, size_t n, const tad_var x[])
{
    (void)n, (void)x;
    return *(const tad_var *)user;
}

static tad_var sweeps(void *user, size_t n, const tad_var x[])
{
    (void)user, (void)n;
    tad_var y = tad_sin(x[0]);
    return tad_backward(y) == TAD_OK ? y : (tad_var){0};
}

static tad_var reads_jacobian(void *user, size_t n, const tad_var x[])
{
    double  J;
    tad_var y = tad_sin(x[0]);
    (void)user;
    return tad_read_jacobian(1, &y, n, x, &J, sizeof J) == TAD_OK ? y : (tad_var){0};
}

static tad_var replays(void *user, size_t n, const tad_var x[])
{
    (void)user, (void)n;
    return tad_replay(x[0].tape) == TAD_OK ? x[0] : (tad_var){0};
}

static tad_var rewinds(void *user, size_t n, const tad_var x[])
{
    (void)user, (void)n;
    tad_tape_rewind(x[0].tape, 0);
    tad_scalar(x[0].tape, 1);
    return tad_scalar(x[0].tape, 1);
}

static tad_var refuses(void *user, size_t n, const tad_var x[])
{
    (void)user, (void)n;
    return tad_transpose(x[0]);
}

/* Another result the second time. */
static tad_var changes(void *user, size_t n, const tad_var x[])
{
    (void)n;
    switch ((*(int *)user)++) {
    case 0:
    case 2:
    case 4:
    case 6:
        return tad_sin(x[0]);
    case 1:
        return tad_broadcast_to(x[0], 1, (const int64_t[]){2});
    case 3:
        return tad_cast(x[0], TAD_F32);
    case 5:
        return tad_transpose(x[0]);
    default:
        return (tad_var){0};
    }
}

START_TEST(a_captured_value_is_refused)
{
    tad_var x = tad_scalar(tape, 0.5), w = tad_scalar(tape, 2), c = tad_constant(tape, 3);
    size_t  mark = tad_tape_mark(tape);
    ck_assert(!tad_is_valid(tad_checkpoint(captures, &w, 1, &x)));
    ck_assert_uint_eq(tad_tape_mark(tape), mark);
    expect_error(tape, TAD_EARG, "checkpoint: the function uses node 1 (f64 scalar), which is not among its operands");
    tad_named(w, "weight");
    ck_assert(!tad_is_valid(tad_checkpoint(returns, &w, 1, &x)));
    expect_error(tape, TAD_EARG, "uses node 1 (\"weight\", f64 scalar)");
    ck_assert(tad_is_valid(tad_checkpoint(captures, &c, 1, &x)));
    ck_assert(tad_is_valid(tad_checkpoint(returns, &c, 1, &x)));
    ck_assert(tad_is_valid(tad_checkpoint(captures, &w, 2, (const tad_var[]){x, w})));
    expect_no_error(tape);
    static const double data[6] = {0};
    tad_var             m = matrix(tape, 2, 3, data);
    ck_assert(!tad_is_valid(tad_checkpoint(captures, &m, 1, &x)));
    expect_error(tape, TAD_EARG, "(f64 [2, 3])");
    expect_error(tape, TAD_OK, "");
}
END_TEST

/* The gradient with respect to an operand that another one was computed from goes by way of nodes outside. */
START_TEST(a_gradient_that_goes_outside_is_refused)
{
    tad_var x = tad_scalar(tape, 0.5), w = tad_scalar(tape, 2), at[] = {tad_mul(w, x), x};
    ck_assert(!tad_is_valid(tad_checkpoint(with_gradient, NULL, 2, at)));
    expect_error(tape, TAD_EARG, "checkpoint: the function uses node 1 (f64 scalar)");
}
END_TEST

START_TEST(what_a_function_must_not_do)
{
    static const struct {
        tad_function *f;
        tad_status    status;
        const char   *message;
    } cases[] = {
        {sweeps, TAD_EARG,
         "tad_backward: it was called by a function that is being recorded for a checkpoint; use tad_gra"},
        {reads_jacobian, TAD_EARG, "tad_read_jacobian: it was called by a function that is being recorded for"},
        {replays, TAD_EARG, "tad_replay: it was called by a function that is being recorded for a checkpoint"},
        {rewinds, TAD_EARG, "checkpoint: the function rewound the tape to before its operands"},
        {refuses, TAD_ESHAPE, "transpose(f64 scalar): "},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        tad_tape_rewind(tape, 0);
        tad_scalar(tape, 1);
        tad_var x = tad_scalar(tape, 0.5);
        ck_assert(!tad_is_valid(tad_checkpoint(cases[i].f, NULL, 1, &x)));
        expect_error(tape, cases[i].status, cases[i].message);
    }
    tad_var x = tad_scalar(tape, 0.5), none = {0};
    ck_assert(!tad_is_valid(tad_checkpoint(returns, &none, 1, &x)));
    expect_error(tape, TAD_EARG, "checkpoint: the function returned a zeroed handle");
    tad_tape *other = tad_tape_new();
    tad_var   foreign = tad_scalar(other, 1);
    ck_assert(!tad_is_valid(tad_checkpoint(returns, &foreign, 1, &x)));
    expect_error(tape, TAD_EARG, "checkpoint: the function returned a handle of another tape");
    tad_tape_free(other);
}
END_TEST

START_TEST(a_function_that_changes)
{
    static const struct {
        tad_status  status;
        const char *message;
    } cases[] = {
        {TAD_ESHAPE, "checkpoint: recorded again, the function gave f64 [2], and f64 scalar the first time"},
        {TAD_ESHAPE, "the function gave f32 scalar, and f64 scalar the first time"},
        {TAD_ESHAPE, "transpose(f64 scalar): "},
        {TAD_EARG, "checkpoint: the function returned a zeroed handle"},
    };
    tad_var x = tad_scalar(tape, 0.5), g, t;
    int     state = 0;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int     start = state;
        tad_var y = tad_checkpoint(changes, &state, 1, &x);
        size_t  mark = tad_tape_mark(tape);
        ck_assert_int_eq(tad_backward(y), cases[i].status);
        expect_error(tape, cases[i].status, cases[i].message);
        tad_grad(x);
        expect_error(tape, TAD_EARG, "tad_grad: there are no adjoints");
        state = start + 1;
        ck_assert_int_eq(tad_gradient(y, 1, &x, &g), cases[i].status);
        expect_error(tape, cases[i].status, cases[i].message);
        state = start + 1;
        ck_assert_int_eq(tad_jvp(y, 1, &x, &x, &t), cases[i].status);
        expect_error(tape, cases[i].status, cases[i].message);
        ck_assert_uint_eq(tad_tape_mark(tape), mark);
    }
}
END_TEST

START_TEST(wrong_operands)
{
    tad_var x[33];
    for (size_t i = 0; i < COUNT(x); i++)
        x[i] = tad_scalar(tape, (double)i);
    ck_assert(!tad_is_valid(tad_checkpoint(identity, NULL, 33, x)));
    expect_error(tape, TAD_EARG, "checkpoint: 33 operands; expected up to 32");
    tad_var y = tad_checkpoint(identity, NULL, 32, x);
    expect_near(tad_value(y), 31, 0);
    expect_ok(tad_backward(y));
    expect_near(tad_grad(x[31]), 1, 0);
    expect_near(tad_grad(x[30]), 0, 0);
    ck_assert(!tad_is_valid(tad_checkpoint(identity, NULL, 0, x))); /* there is no tape to say so */
    ck_assert(!tad_is_valid(tad_checkpoint(NULL, NULL, 1, x)));
    expect_error(tape, TAD_EARG, "tad_checkpoint: the function is NULL");
    ck_assert(!tad_is_valid(tad_checkpoint(identity, NULL, 1, NULL)));
}
END_TEST

/* Numbers want no stack for checkpoints in checkpoints; recorded derivatives say when it is too much. */
static tad_var tower(void *user, size_t n, const tad_var x[])
{
    static const int levels[] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
                                 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40};
    int              level = *(const int *)user;
    return level == 0 ? tad_sin(x[0]) : tad_checkpoint(tower, (void *)(uintptr_t)&levels[level - 1], n, x);
}

START_TEST(checkpoints_in_checkpoints)
{
    tad_var x = tad_scalar(tape, 0.5), g;
    int     levels = 40;
    tad_var y = tower(&levels, 1, &x);
    expect_near(tad_value(y), sin(0.5), 0);
    expect_ok(tad_backward(y));
    expect_near(tad_grad(x), cos(0.5), 0);
    ck_assert_int_eq(tad_gradient(y, 1, &x, &g), TAD_EARG);
    expect_error(tape, TAD_EARG, "checkpoint: checkpoints in checkpoints, 32 deep");
    levels = 32;
    y = tower(&levels, 1, &x);
    expect_ok(tad_gradient(y, 1, &x, &g));
    expect_near(tad_value(g), cos(0.5), 0);
    expect_ok(tad_jvp(g, 1, &x, &x, &g));
    expect_near(tad_value(g), -0.5 * sin(0.5), 1e-16);
}
END_TEST

Suite *checkpoint_suite(void)
{
    Suite *suite = suite_create("checkpoint");
    TCase *tests = tcase_create("checkpoint");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, the_same_numbers, 0, (int)COUNT(functions));
    tcase_add_test(tests, the_same_numbers_of_other_shapes_and_types);
    tcase_add_test(tests, the_same_operand_twice);
    tcase_add_test(tests, the_checker_agrees);
    tcase_add_test(tests, where_nothing_depends);
    tcase_add_test(tests, it_is_one_node);
    tcase_add_test(tests, memory_falls_to_the_root);
    tcase_add_test(tests, nothing_is_allocated_after_the_first);
    tcase_add_test(tests, a_captured_value_is_refused);
    tcase_add_test(tests, a_gradient_that_goes_outside_is_refused);
    tcase_add_test(tests, what_a_function_must_not_do);
    tcase_add_test(tests, a_function_that_changes);
    tcase_add_test(tests, wrong_operands);
    tcase_add_test(tests, checkpoints_in_checkpoints);
    suite_add_tcase(suite, tests);
    return suite;
}
