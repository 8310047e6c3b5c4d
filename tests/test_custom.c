/* Operations of a user's own: which members suffice, and what they give. */
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

/* ---- Members to make operations of; f64 in C order only ---- */

static void product(const tad_call *call)
{
    const double *a = call->in[0].data, *b = call->in[1].data;
    double       *y = call->out->data;
    for (int64_t i = 0; i < count_of(call->out); i++)
        y[i] = a[i] * b[i];
}

static void cube_backward(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    const double *x = call->in[0].data, *g = gy->data;
    double       *to = gx[0].data;
    for (int64_t i = 0; i < count_of(gy) && to; i++)
        to[i] += g[i] * 3 * x[i] * x[i];
}

/* The elements of a vector, the last one first. */
static bool reversed(const tad_call *call, const tad_array *base, tad_array *out)
{
    (void)call;
    out->strides[0] = -base->strides[0];
    out->data = (double *)base->data + (base->dims[0] - 1) * base->strides[0];
    return true;
}

static void reversed_vjp(const tad_rule *rule)
{
    const tad_var operands[2] = {rule->gy, rule->x[rule->n - 1]};
    rule->gx[0] = tad_apply(rule->op, (tad_args){.n = rule->n, .x = operands});
}

/* An operation on numbers, from the example in tad/op.h, and one of two operands. */
static double gaussian_value(const double x[])
{
    return exp(-x[0] * x[0]);
}

static double hypot_value(const double x[])
{
    return sqrt(x[0] * x[0] + x[1] * x[1]);
}

static const tad_op gaussian = {.name = "gaussian", .arity = 1, .value = gaussian_value, .partial = {"-2 * x * y"}};
static const tad_op length = {.name = "length", .arity = 2, .value = hypot_value, .partial = {"a / y", "b / y"}};

#define NAMED .name = "custom", .arity = 1, .shape = op_same_shape

static const tad_op by_vjp = {NAMED, .forward = op_cube, .vjp = op_cube_vjp};
static const tad_op by_partial = {NAMED, .forward = op_cube, .partial = {"3 * x * x"}};
static const tad_op by_backward = {NAMED, .forward = op_cube, .vjp = op_cube_vjp, .backward = cube_backward};
static const tad_op by_view = {NAMED, .view = reversed, .vjp = reversed_vjp, .linear = true};

/* ---- Operations that work ---- */

START_TEST(a_rule_of_each_kind)
{
    static const tad_op *const ops[] = {&by_vjp, &by_partial, &by_backward};
    for (size_t i = 0; i < COUNT(ops); i++) {
        tad_var x = vector(tape, 3, (const double[]){1, 2, -3}), w = vector(tape, 3, (const double[]){1, 10, 100});
        tad_var y = tad_sum(tad_mul(w, apply_one(ops[i], x))), g, h, s = tad_scalar(tape, 2), dy;
        size_t  mark = tad_tape_mark(tape);
        expect_ok(tad_backward(y));
        ck_assert_uint_eq(tad_tape_mark(tape), mark); /* what the sweep records it forgets */
        expect_grads(x, 3, 120, 2700);
        expect_ok(tad_gradient(y, 1, &x, &g));
        expect_values(g, 3, 120, 2700);
        expect_ok(tad_backward(tad_sum(g)));
        expect_grads(x, 6, 120, -1800);
        expect_ok(tad_hvp(y, 1, &x, &w, &h));
        expect_values(h, 6, 1200, -180000);
        expect_ok(tad_jvp(apply_one(ops[i], x), 1, &x, &w, &dy));
        expect_values(dy, 3, 120, 2700);

        y = apply_one(ops[i], s); /* a scalar */
        expect_near(tad_value(y), 8, 0);
        expect_ok(tad_backward(tad_mul(y, y)));
        expect_near(tad_grad(s), 6 * 32, 0);
    }
}
END_TEST

START_TEST(a_view)
{
    tad_var x = vector(tape, 3, (const double[]){1, 2, 3}), w = vector(tape, 3, (const double[]){1, 10, 100});
    tad_var y = apply_one(&by_view, x), z = tad_sum(tad_mul(w, y)), g, dy;
    expect_values(y, 3, 2, 1);
    expect_values(apply_one(&by_view, y), 1, 2, 3);
    expect_ok(tad_backward(z));
    expect_grads(x, 100, 10, 1);
    expect_ok(tad_gradient(z, 1, &x, &g));
    expect_values(g, 100, 10, 1);
    expect_ok(tad_jvp(y, 1, &x, &w, &dy));
    expect_values(dy, 100, 10, 1);
}
END_TEST

/* A view of the first operand; the second one only says how, and has no gradient. */
static const tad_op view_of_two = {
    .name = "view_of_two", .arity = 2, .shape = op_same_shape, .view = reversed, .vjp = reversed_vjp};

START_TEST(a_view_with_a_second_operand)
{
    tad_var x = tad_tensor_constant(tape, TAD_F64, 1, (const int64_t[]){2}, (const double[]){1, 2});
    tad_var w = vector(tape, 2, (const double[]){3, 4});
    tad_var y = tad_apply(&view_of_two, (tad_args){.n = 2, .x = (const tad_var[]){x, w}});
    expect_values(y, 2, 1);
    expect_ok(tad_backward(tad_sum(y)));
    expect_grads(w, 0, 0);
}
END_TEST

static const tad_op binary = {
    .name = "binary", .arity = 2, .shape = op_same_shape, .forward = product, .partial = {"b", "a"}};

START_TEST(two_operands_with_partials)
{
    tad_var       a = vector(tape, 2, (const double[]){1, 2}), b = vector(tape, 2, (const double[]){3, 4}), g[2], h[2];
    const tad_var x[2] = {a, b};
    tad_var       y = tad_sum(tad_apply(&binary, (tad_args){.n = 2, .x = x}));
    expect_ok(tad_backward(y));
    expect_grads(a, 3, 4);
    expect_grads(b, 1, 2);
    expect_ok(tad_gradient(y, 2, x, g));
    expect_values(g[1], 1, 2);
    expect_ok(tad_hvp(y, 2, x, x, h));
    expect_values(h[0], 3, 4);
}
END_TEST

START_TEST(functions_of_numbers)
{
    const float one = 1;
    tad_var     x = tad_scalar(tape, 1), y = apply_one(&gaussian, x), g;
    expect_near(tad_value(y), exp(-1), 0);
    expect_ok(tad_backward(y));
    expect_near(tad_grad(x), -2 * exp(-1), 1e-15);
    expect_ok(tad_gradient(y, 1, &x, &g));
    expect_ok(tad_backward(g));
    expect_near(tad_grad(x), 2 * exp(-1), 1e-15);
    tad_var narrow = apply_one(&gaussian, tad_tensor(tape, TAD_F32, 1, (const int64_t[]){1}, &one));
    ck_assert(tad_dtype_of(narrow) == TAD_F32);
    expect_near(tad_value(narrow), (double)(float)exp(-1), 0);

    const tad_var ab[] = {matrix(tape, 2, 1, (const double[]){3, 6}), vector(tape, 3, (const double[]){4, 4, 8})};
    tad_var       z = tad_apply(&length, (tad_args){.n = 2, .x = ab}), gx[2], dy; /* the shapes broadcast */
    expect_values(tad_slice(tad_slice(z, 0, 0, 1), 1, 0, 2), 5, 5);
    expect_values(tad_slice(tad_slice(z, 0, 1, 2), 1, 2, 3), 10);
    expect_ok(tad_backward(tad_sum(tad_slice(z, 1, 0, 2))));
    expect_ok(tad_gradient(tad_sum(tad_slice(z, 1, 0, 2)), 2, ab, gx));
    double found[2];
    expect_ok(tad_read_grad(ab[0], found, sizeof found));
    expect_near(found[0], 2 * 3 / 5.0, 1e-15);
    expect_near(found[1], 2 * 6 / sqrt(52), 1e-15);
    expect_ok(tad_read(gx[0], found, sizeof found));
    expect_near(found[1], 2 * 6 / sqrt(52), 1e-15);
    expect_ok(tad_jvp(z, 2, ab, ab, &dy)); /* the length is homogeneous */
    expect_values(tad_slice(tad_slice(dy, 0, 0, 1), 1, 0, 1), 5);
}
END_TEST

static void gives_nothing(const tad_rule *rule)
{
    (void)rule;
}

START_TEST(a_rule_that_gives_nothing)
{
    static const tad_op op = {NAMED, .forward = op_cube, .vjp = gives_nothing};
    tad_var             x = vector(tape, 2, (const double[]){1, 2}), y = tad_sum(apply_one(&op, x)), g, dy;
    expect_ok(tad_backward(y));
    expect_grads(x, 0, 0);
    expect_ok(tad_gradient(y, 1, &x, &g));
    expect_values(g, 0, 0);
    expect_ok(tad_jvp(y, 1, &x, &x, &dy));
    expect_values(dy, 0);
}
END_TEST

Suite *custom_suite(void)
{
    Suite *suite = suite_create("custom");
    TCase *working = tcase_create("working");
    tcase_add_checked_fixture(working, set_up, tear_down);
    tcase_add_test(working, a_rule_of_each_kind);
    tcase_add_test(working, functions_of_numbers);
    tcase_add_test(working, a_view);
    tcase_add_test(working, a_view_with_a_second_operand);
    tcase_add_test(working, two_operands_with_partials);
    tcase_add_test(working, a_rule_that_gives_nothing);
    suite_add_tcase(suite, working);
    return suite;
}
