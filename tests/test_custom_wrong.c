/* Operations of a user's own that are wrong: what is said about them, and that nothing worse happens. */
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

static void product(const tad_call *call)
{
    const double *a = call->in[0].data, *b = call->in[1].data;
    double       *y = call->out->data;
    for (int64_t i = 0; i < count_of(call->out); i++)
        y[i] = a[i] * b[i];
}

static bool never(const tad_call *call, const tad_array *base, tad_array *out)
{
    (void)call, (void)base, (void)out;
    return false;
}

static void reversed_vjp(const tad_rule *rule)
{
    rule->gx[0] = apply_one(rule->op, rule->gy);
}

static double number(const double x[])
{
    return x[0];
}

#define NAMED .name = "custom", .arity = 1, .shape = op_same_shape

/* ---- Operations that lack something ---- */

#define PLAIN NAMED, .forward = op_cube

static const tad_op whole = {PLAIN, .vjp = op_cube_vjp};

static const struct {
    tad_op      op;
    const char *message;
} incomplete[] = {
    {{.arity = 1, .shape = op_same_shape, .forward = op_cube, .vjp = op_cube_vjp},
     "(an operation without a name): expected an operation with name"},
    {{.name = "custom", .arity = 1, .forward = op_cube, .vjp = op_cube_vjp}, "custom: expected an operation with"},
    {{NAMED, .vjp = op_cube_vjp}, "with name, shape, one of forward and view, and vjp"},
    {{PLAIN}, "with name, shape, one of forward and view, and vjp"},
    {{.name = "custom", .arity = 1, .value = number}, "with name, value and the partial of each operand"},
    {{.name = "custom", .arity = 1, .partial = {"x"}}, "with name, value and the partial of each operand"},
    {{.arity = 1, .value = number, .partial = {"x"}}, "(an operation without a name): expected"},
    {{.name = "custom", .arity = 0, .shape = op_same_shape, .forward = op_cube, .vjp = op_cube_vjp},
     "custom: 1 operands; expected 0"},
    {{.name = "custom", .arity = 2, .shape = op_same_shape, .forward = op_cube, .vjp = op_cube_vjp},
     "custom: 1 operands; expected 2"},
    {{.name = "custom", .arity = 9, .shape = op_same_shape, .forward = op_cube, .vjp = op_cube_vjp},
     "expected 9 (at most 32)"},
    {{.name = "custom", .arity = -1, .shape = op_same_shape, .forward = op_cube, .vjp = op_cube_vjp},
     "expected -1 (at most 32)"},
    {{PLAIN, .vjp = op_cube_vjp, .attribute_bytes = 8}, "custom: attributes are NULL; expected 8 bytes"},
};

START_TEST(incomplete_operations)
{
    tad_var x = vector(tape, 2, (const double[]){1, 2});
    for (size_t i = 0; i < COUNT(incomplete); i++) {
        ck_assert(!tad_is_valid(apply_one(&incomplete[i].op, x)));
        expect_error(tape, TAD_EARG, incomplete[i].message);
    }
    ck_assert(!tad_is_valid(apply_one(NULL, x)));
    expect_error(tape, TAD_EARG, "tad_apply: the operation is NULL");
    ck_assert(!tad_is_valid(tad_apply(&whole, (tad_args){.n = 2, .x = (const tad_var[]){x, x}})));
    expect_error(tape, TAD_EARG, "custom: 2 operands; expected 1");
    ck_assert(!tad_is_valid(tad_apply(&whole, (tad_args){.n = 1})));
    ck_assert(!tad_is_valid(tad_apply(&whole, (tad_args){0})));
}
END_TEST

/* Partial derivatives are of one operand or two, and of each of them. */
static const tad_op three_partials = {
    .name = "three", .arity = 3, .shape = op_same_shape, .forward = product, .partial = {"b", "a"}};
static const tad_op one_of_two = {
    .name = "one_of_two", .arity = 2, .shape = op_same_shape, .forward = product, .partial = {"b"}};

static void no_vjp(const tad_rule *rule)
{
    (void)rule;
}

static const tad_op three_and_vjp = {
    .name = "three", .arity = 3, .shape = op_same_shape, .forward = product, .vjp = no_vjp, .partial = {"b", "a"}};
static const tad_op one_and_vjp = {
    .name = "one_of_two", .arity = 2, .shape = op_same_shape, .forward = product, .vjp = no_vjp, .partial = {"b"}};

START_TEST(a_partial_for_each_operand_or_vjp)
{
    static const tad_op *const ops[] = {&one_and_vjp, &three_and_vjp};
    tad_var                    x = vector(tape, 2, (const double[]){1, 2}), operands[3] = {x, x, x}, dy;
    tad_var                    y = tad_apply(ops[_i], (tad_args){.n = ops[_i]->arity, .x = operands});
    if (tad_is_valid(y) && tad_jvp(y, 1, &x, &x, &dy) == TAD_OK)
        expect_values(dy, 0, 0); /* by vjp, which is whole */
    else
        expect_error(tape, TAD_EARG, ops[_i]->name);
}
END_TEST

START_TEST(a_partial_for_each_operand)
{
    static const tad_op *const ops[] = {&one_of_two, &three_partials};
    tad_var                    x = vector(tape, 2, (const double[]){1, 2}), operands[3] = {x, x, x};
    tad_var                    y = tad_apply(ops[_i], (tad_args){.n = ops[_i]->arity, .x = operands});
    if (tad_is_valid(y)) /* it is refused here, or there */
        ck_assert_int_eq(tad_backward(tad_sum(y)), TAD_EARG);
    expect_error(tape, TAD_EARG, ops[_i]->name);
}
END_TEST

START_TEST(a_view_that_cannot_and_has_no_forward)
{
    static const tad_op op = {NAMED, .view = never, .vjp = reversed_vjp};
    ck_assert(!tad_is_valid(apply_one(&op, vector(tape, 2, (const double[]){1, 2}))));
    expect_error(tape, TAD_EARG, "custom(f64 [2]): ");
}
END_TEST

/* ---- Shape functions ---- */

static tad_status refusing_silently(const tad_call *call)
{
    (void)call;
    return TAD_EDTYPE;
}

static tad_status refusing(const tad_call *call)
{
    return tad_refuse(call, TAD_ESHAPE, "%d is %s", 7, "too odd");
}

static tad_status rank_9(const tad_call *call)
{
    call->out->dtype = TAD_F64;
    call->out->rank = 9;
    return TAD_OK;
}

static tad_status sized(const tad_call *call, tad_dtype dtype, int64_t rows, int64_t columns)
{
    call->out->dtype = dtype;
    call->out->rank = 2;
    call->out->dims[0] = rows;
    call->out->dims[1] = columns;
    return TAD_OK;
}

static tad_status too_large(const tad_call *call)
{
    return sized(call, TAD_F64, (int64_t)1 << 40, (int64_t)1 << 40);
}

static tad_status negative(const tad_call *call)
{
    return sized(call, TAD_F64, -2, -3);
}

static tad_status typeless(const tad_call *call)
{
    return sized(call, (tad_dtype)7, 2, 3);
}

static void nothing(const tad_call *call)
{
    (void)call;
}

static const struct {
    tad_op      op;
    tad_status  status;
    const char *message;
} shapes[] = {
#define SHAPED(function)                                                                                               \
    {                                                                                                                  \
        .name = "custom", .arity = 1, .shape = function, .forward = nothing, .vjp = op_cube_vjp                        \
    }
    {SHAPED(refusing_silently), TAD_EDTYPE, "custom(f64 [2]): the operation refused its operands"},
    {SHAPED(refusing), TAD_ESHAPE, "custom(f64 [2]): 7 is too odd"},
    {SHAPED(rank_9), TAD_ESHAPE, "custom(f64 [2]): the result would have rank 9; at most 8"},
    {SHAPED(too_large), TAD_ESHAPE, "custom(f64 [2]): the result would have more bytes than memory can address"},
    {SHAPED(negative), TAD_ESHAPE, "custom(f64 [2]): "},
    {SHAPED(typeless), TAD_EDTYPE, "custom(f64 [2]): "},
};

START_TEST(shapes_that_are_refused)
{
    tad_var x = vector(tape, 2, (const double[]){1, 2});
    ck_assert(!tad_is_valid(apply_one(&shapes[_i].op, x)));
    ck_assert_uint_eq(tad_tape_mark(tape), 1);
    expect_error(tape, shapes[_i].status, shapes[_i].message);
}
END_TEST

/* ---- Rules that are wrong ---- */

static tad_tape *foreign;

static void gives_invalid(const tad_rule *rule)
{
    rule->gx[0] = (tad_var){.tape = rule->y.tape, .id = UINT32_MAX};
}

static void gives_failed(const tad_rule *rule)
{
    rule->gx[0] = tad_matmul(rule->gy, rule->gy);
}

static void gives_foreign(const tad_rule *rule)
{
    (void)rule;
    rule->gx[0] = vector(foreign, 6, (const double[6]){0});
}

static void gives_longer(const tad_rule *rule)
{
    rule->gx[0] = vector(rule->y.tape, 5, (const double[5]){0});
}

static void gives_scalar(const tad_rule *rule)
{
    rule->gx[0] = tad_sum(rule->gy);
}

static void gives_transposed(const tad_rule *rule) /* as many elements, another shape */
{
    rule->gx[0] = tad_transpose(rule->gy);
}

static void gives_flat(const tad_rule *rule)
{
    rule->gx[0] = tad_reshape(rule->gy, 1, (const int64_t[]){-1});
}

static const struct {
    tad_op      op;
    tad_status  status;
    const char *message;
} rules[] = {
    {{PLAIN, .vjp = gives_invalid}, TAD_EARG, "custom: its rule gave an invalid gradient for operand 1"},
    {{PLAIN, .vjp = gives_failed}, TAD_ESHAPE, "matmul(f64 [2, 3], f64 [2, 3]): inner dimensions differ"},
    {{PLAIN, .vjp = gives_foreign}, TAD_EARG, "custom: its rule gave an invalid gradient for operand 1"},
    {{PLAIN, .vjp = gives_longer}, TAD_ESHAPE, "f64 [5]"},
    {{PLAIN, .vjp = gives_scalar}, TAD_ESHAPE, "f64 scalar"},
    {{PLAIN, .vjp = gives_transposed}, TAD_ESHAPE, "f64 [3, 2]"},
    {{PLAIN, .vjp = gives_flat}, TAD_ESHAPE, "f64 [6]"},
    {{PLAIN, .partial = {"3 * x *"}}, TAD_EARG, "custom: derivative \"3 * x *\", column 8: expected a number, a name"},
    {{PLAIN, .partial = {"3 * a"}}, TAD_EARG, "custom: derivative \"3 * a\", column 5: unknown name 'a'"},
    {{PLAIN, .partial = {""}}, TAD_EARG, "custom: derivative \"\", column 1: "},
};

START_TEST(rules_that_are_wrong)
{
    foreign = tad_tape_new();
    tad_var x = matrix(tape, 2, 3, (const double[]){1, 2, 3, 4, 5, 6}), g;
    tad_var y = tad_sum(apply_one(&rules[_i].op, x));
    size_t  mark = tad_tape_mark(tape);
    expect_near(tad_value(y), 441, 0); /* the value is right all the same */
    ck_assert_int_eq(tad_backward(y), rules[_i].status);
    expect_error(tape, rules[_i].status, rules[_i].message);
    ck_assert_int_eq(tad_gradient(y, 1, &x, &g), rules[_i].status);
    expect_error(tape, rules[_i].status, rules[_i].message);
    ck_assert(!tad_is_valid(g));
    ck_assert_uint_eq(tad_tape_mark(tape), mark); /* nothing is left behind */
    ck_assert(isnan(tad_grad(tad_sum(x))));       /* and no half a gradient can be read */
    expect_error(tape, TAD_EARG, "there are no adjoints");
    tad_tape_free(foreign);
}
END_TEST

Suite *custom_wrong_suite(void)
{
    Suite *suite = suite_create("custom_wrong");
    TCase *wrong = tcase_create("wrong");
    tcase_add_checked_fixture(wrong, set_up, tear_down);
    tcase_add_test(wrong, incomplete_operations);
    tcase_add_loop_test(wrong, a_partial_for_each_operand, 0, 2);
    tcase_add_loop_test(wrong, a_partial_for_each_operand_or_vjp, 0, 2);
    tcase_add_test(wrong, a_view_that_cannot_and_has_no_forward);
    tcase_add_loop_test(wrong, shapes_that_are_refused, 0, (int)COUNT(shapes));
    tcase_add_loop_test(wrong, rules_that_are_wrong, 0, (int)COUNT(rules));
    suite_add_tcase(suite, wrong);
    return suite;
}
