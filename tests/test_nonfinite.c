/* tad_tape_find_nonfinite: planted NaN and infinities, created and passed on, in both passes. */
#include "suites.h"
#include "support.h"

#include <math.h>
#include <string.h>

static tad_tape *tape;

static void set_up(void)
{
    tape = tad_tape_new();
    ck_assert_ptr_nonnull(tape);
}

static void tear_down(void)
{
    expect_no_error(tape);
    tad_tape_free(tape);
}

static tad_nonfinite find(tad_var y)
{
    tad_nonfinite found;
    expect_ok(tad_tape_find_nonfinite(tape, y, &found));
    return found;
}

#define expect_found(found, origin_, node_, element_, words)                                                           \
    do {                                                                                                               \
        tad_nonfinite f_ = (found);                                                                                    \
        ck_assert_str_eq(tad_nonfinite_origin_name(f_.origin), tad_nonfinite_origin_name(origin_));                    \
        ck_assert_msg(f_.node.id == (node_).id, "node %u: %s", f_.node.id, f_.text);                                   \
        ck_assert_int_eq(f_.element, element_);                                                                        \
        ck_assert_msg(strstr(f_.text, words) != NULL, "\"%s\"; expected \"%s\"", f_.text, words);                      \
    } while (0)

static tad_var scalar(double value)
{
    return tad_scalar(tape, value);
}

/* ---- the forward pass: an operation of scalars, the place, and what is said ---- */

static const struct {
    const char *op;
    double      x[2];
    double      value;
    const char *words;
} forward[] = {
    {"log", {-1}, (double)NAN, "log(-1) = nan: the logarithm of a negative number"},
    {"log", {0}, -HUGE_VAL, "log(0) = -inf: the logarithm of 0"},
    {"log2", {-0.5}, (double)NAN, "log2(-0.5) = nan: the logarithm of a negative number"},
    {"log10", {0}, -HUGE_VAL, "the logarithm of 0"},
    {"log1p", {-1}, -HUGE_VAL, "log1p(-1) = -inf: the logarithm of 1 - 1"},
    {"log1p", {-3}, (double)NAN, "the logarithm of a negative number"},
    {"sqrt", {-4}, (double)NAN, "sqrt(-4) = nan: the square root of a negative number"},
    {"div", {0, 0}, (double)NAN, "div(0, 0) = nan: a division by 0"},
    {"div", {1, 0}, HUGE_VAL, "div(1, 0) = inf: a division by 0"},
    {"div", {1e300, 1e-300}, HUGE_VAL, "div(1e+300, 1e-300) = inf: overflow: the largest f64"},
    {"reciprocal", {0}, HUGE_VAL, "a division by 0"},
    {"fmod", {1, 0}, (double)NAN, "the remainder of a division by 0"},
    {"pow", {0, -1}, HUGE_VAL, "pow(0, -1) = inf: a negative power of 0"},
    {"pow", {-2, 0.5}, (double)NAN, "pow(-2, 0.5) = nan: a power of a negative number"},
    {"pow", {10, 400}, HUGE_VAL, "overflow: the largest f64"},
    {"asin", {1.5}, (double)NAN, "defined from -1 to 1 only"},
    {"acos", {-2}, (double)NAN, "defined from -1 to 1 only"},
    {"atanh", {1}, HUGE_VAL, "infinite at 1"},
    {"atanh", {-1}, -HUGE_VAL, "infinite at -1"},
    {"atanh", {2}, (double)NAN, "defined between -1 and 1 only"},
    {"acosh", {0.5}, (double)NAN, "defined from 1 on only"},
    {"lgamma", {-2}, HUGE_VAL, "a pole"},
    {"digamma", {-1}, (double)NAN, "a pole"},
    {"logit", {0}, -HUGE_VAL, "infinite at 0"},
    {"logit", {1}, HUGE_VAL, "infinite at 1"},
    {"logit", {2}, (double)NAN, "defined from 0 to 1 only"},
    {"exp", {1000}, HUGE_VAL, "exp(1000) = inf: overflow: exp is too large from 709.8 on"},
    {"mul", {1e200, -1e200}, -HUGE_VAL, "mul(1e+200, -1e+200) = -inf: overflow: the largest f64 is 1.8e308"},
    {"add", {1.7e308, 1.7e308}, HUGE_VAL, "overflow"},
};

START_TEST(created)
{
    const tad_op *op = tad_op_find(forward[_i].op);
    tad_var       x[] = {scalar(forward[_i].x[0]), scalar(forward[_i].x[1])};
    tad_var       y = tad_apply(op, (tad_args){.n = op->arity, .x = x});
    tad_var       z = tad_mul(tad_add(y, x[0]), y); /* passes it on */
    tad_nonfinite found = find(z);
    expect_found(found, TAD_IN_FORWARD, y, 0, forward[_i].words);
    ck_assert_int_eq(found.operand, -1);
    if (isnan(forward[_i].value))
        ck_assert(isnan(found.value));
    else
        ck_assert_double_eq(found.value, forward[_i].value);
    expect_found(find((tad_var){0}), TAD_IN_FORWARD, y, 0, forward[_i].words);
}
END_TEST

/* inf - inf is not where it began: the overflow before it is. */
START_TEST(infinity_less_infinity)
{
    tad_var x = scalar(800), e = tad_exp(x), y = tad_sub(e, e);
    ck_assert(isnan(tad_value(y)));
    expect_found(find(y), TAD_IN_FORWARD, e, 0, "overflow");
}
END_TEST

START_TEST(leaves)
{
    tad_var good = vector(tape, 3, (const double[]){1, 2, 3});
    expect_found(find((tad_var){0}), TAD_ALL_FINITE, (tad_var){0}, -1, "all finite");
    tad_var bad = tad_named(matrix(tape, 2, 2, (const double[]){1, 2, HUGE_VAL, (double)NAN}), "w");
    expect_found(find(tad_sum(bad)), TAD_IN_LEAF, bad, 2, "the leaf \"w\" was given inf, element 2 of f64 [2, 2]");
    expect_found(find((tad_var){0}), TAD_IN_LEAF, bad, 2, "inf");
    expect_found(find(tad_sum(good)), TAD_ALL_FINITE, (tad_var){0}, -1, "all finite"); /* bad is not below it */
    tad_var nan_leaf = scalar((double)NAN);
    expect_found(find(tad_exp(nan_leaf)), TAD_IN_LEAF, nan_leaf, 0, "a leaf was given nan");
}
END_TEST

START_TEST(elements)
{
    tad_var a = matrix(tape, 2, 3, (const double[]){1, 2, 3, 4, 5, 6}), b = vector(tape, 3, (const double[]){1, 0, 2});
    tad_var q = tad_named(tad_div(a, b), "q"), y = tad_sum(q);
    expect_found(find(y), TAD_IN_FORWARD, q, 1, "\"q\" = div(2, 0) = inf, element 1 of f64 [2, 3]: a division by 0");
    tad_var t = tad_transpose(a), l = tad_log(tad_sub(t, scalar(4))); /* of a view: element 1 is a[1][0] - 4 */
    expect_found(find(tad_sum(l)), TAD_IN_FORWARD, l, 0, "log(-3)");
    tad_var big = tad_mul(a, scalar(1e160)), m = tad_matmul(big, tad_transpose(big));
    expect_found(find(tad_sum(m)), TAD_IN_FORWARD, m, 0,
                 "matmul(f64 [2, 3], f64 [3, 2]) = inf, element 0 of f64 [2, 2]");
    tad_var f = tad_tensor(tape, TAD_F32, 1, (const int64_t[]){3}, (const float[]){1, 90, 80}), e = tad_exp(f);
    expect_found(find(tad_sum(e)), TAD_IN_FORWARD, e, 1, "exp(90) = inf, element 1 of f32 [3]: overflow");
    tad_var s = tad_square(tad_mul(f, scalar(1e18)));
    expect_found(find(tad_sum(s)), TAD_IN_FORWARD, s, 1, "overflow: the largest f32");
}
END_TEST

/* ---- the backward pass ---- */

static const struct {
    const char *op;
    double      x[2];
    int         operand;
    double      value;
    const char *words;
} backward[] = {
    {"sqrt",
     {0},
     0,
     HUGE_VAL,
     "sqrt(0) = 0 hands operand 1 inf for a cotangent of 2: the square root is infinitely steep"},
    {"cbrt", {0}, 0, HUGE_VAL, "the cube root is infinitely steep at 0"},
    {"pow", {0, 0.5}, 0, HUGE_VAL, "pow(0, 0.5) = 0 hands operand 1 inf for a cotangent of 2: a power below 1"},
    {"asin", {1}, 0, HUGE_VAL, "infinitely steep at -1 and 1"},
    {"acos", {-1}, 0, -HUGE_VAL, "infinitely steep at -1 and 1"},
    {"acosh", {1}, 0, HUGE_VAL, "infinitely steep at 1"},
    {"div", {1e-10, 1e-300}, 1, -HUGE_VAL, "hands operand 2 -inf for a cotangent of 2: overflow: the largest f64"},
    {"reciprocal", {1e-200}, 0, -HUGE_VAL, "overflow"},
};

START_TEST(handed_on)
{
    const tad_op *op = tad_op_find(backward[_i].op);
    tad_var       at[] = {scalar(backward[_i].x[0]), scalar(backward[_i].x[1])};
    tad_var       x[] = {tad_mul(at[0], scalar(1)), tad_mul(at[1], scalar(1))};
    tad_var       y = tad_apply(op, (tad_args){.n = op->arity, .x = x});
    tad_nonfinite found = find(tad_mul(tad_add(y, y), scalar(1)));
    expect_found(found, TAD_IN_BACKWARD, y, 0, backward[_i].words);
    ck_assert_int_eq(found.operand, backward[_i].operand);
    ck_assert_double_eq(found.value, backward[_i].value);
    expect_found(find((tad_var){0}), TAD_ALL_FINITE, (tad_var){0}, -1, "all finite"); /* forward only */
}
END_TEST

START_TEST(tensors_backward)
{
    tad_var       x = vector(tape, 4, (const double[]){4, 1, 0, 0}), s = tad_sqrt(x), n = tad_norm(x);
    tad_nonfinite found = find(tad_sum(tad_mul(tad_add(s, n), scalar(0.5))));
    expect_found(found, TAD_IN_BACKWARD, s, 2,
                 "sqrt(0) = 0 hands operand 1 inf for a cotangent of 0.5, element 2 of f64 [4]");
    tad_var big = vector(tape, 2, (const double[]){1e200, 1}), d = tad_dot(big, tad_mul(big, scalar(1e-200)));
    tad_var m = tad_mul(d, scalar(1e200)); /* the value is 1e400 */
    expect_found(find(m), TAD_IN_FORWARD, m, 0, "mul(");
}
END_TEST

/* What was not chosen and what came to 0 does no harm: a clean sweep says so, and only then the forward pass is reported. */
START_TEST(harmless)
{
    tad_var x = vector(tape, 2, (const double[]){0, 1}), l = tad_log(x), zero = tad_constant(tape, 0);
    tad_var chosen = tad_sum(tad_where(tad_greater(x, zero), l, zero));
    expect_found(find(chosen), TAD_IN_FORWARD, l, 0, "log(0) = -inf");
    tad_var w = scalar(0), y = tad_add(chosen, tad_sqrt(w));
    expect_found(find(y), TAD_IN_BACKWARD, tad_operand(y, 1), 0, "sqrt(0)");
    tad_var infinite = tad_log(w); /* exp(-infinity) is 0, and a cotangent of 0 hands nothing on */
    expect_found(find(tad_mul(tad_exp(infinite), w)), TAD_IN_FORWARD, infinite, 0, "log(0) = -inf");
}
END_TEST

static tad_var root(void *user, size_t n, const tad_var x[])
{
    (void)user, (void)n;
    return tad_sqrt(tad_mul(x[0], x[0]));
}

/* Within a checkpoint, and through operations that have no rule in numbers. */
START_TEST(recorded_rules)
{
    tad_var x = scalar(0), c = tad_checkpoint(root, NULL, 1, &x);
    expect_found(find(tad_add(c, x)), TAD_IN_BACKWARD, c, 0, "checkpoint(f64 scalar) = 0 hands operand 1 nan");
    static const tad_op op = {
        .name = "cubed", .arity = 1, .shape = op_same_shape, .forward = op_cube, .vjp = op_cube_vjp};
    tad_var v = vector(tape, 2, (const double[]){1, 1e160}), y = apply_one(&op, tad_div(v, scalar(1e60)));
    tad_var sum = tad_sum(tad_mul(y, scalar(1e-10)));
    ck_assert(isfinite(tad_value(sum)));
    expect_found(find(sum), TAD_ALL_FINITE, (tad_var){0}, -1, "all finite");
    sum = tad_sum(tad_mul(apply_one(&op, tad_mul(scalar(1e-160), tad_sqrt(tad_sub(v, v)))), scalar(1)));
    expect_found(find(sum), TAD_ALL_FINITE, (tad_var){0}, -1, "all finite"); /* a cotangent of 0 again */
}
END_TEST

/* ---- the tape stays as it was ---- */

START_TEST(leaves_no_trace)
{
    tad_var x = vector(tape, 2, (const double[]){1, 2}), good = tad_sum(tad_exp(x)), w = scalar(0), y = tad_sqrt(w);
    expect_ok(tad_backward(good));
    size_t mark = tad_tape_mark(tape);
    expect_found(find(y), TAD_IN_BACKWARD, y, 0, "sqrt(0)");
    ck_assert_uint_eq(tad_tape_mark(tape), mark);
    expect_grads(x, exp(1), exp(2));
    tad_tape_pause(tape);
    expect_found(find(y), TAD_IN_BACKWARD, y, 0, "sqrt(0)");
    tad_tape_resume(tape);
    expect_grads(x, exp(1), exp(2));
    expect_found(find(tad_constant(tape, 3)), TAD_ALL_FINITE, (tad_var){0}, -1, "all finite");
}
END_TEST

START_TEST(errors)
{
    tad_nonfinite found;
    tad_var       x = vector(tape, 2, (const double[]){1, 2});
    ck_assert_int_eq(tad_tape_find_nonfinite(tape, x, &found), TAD_ESHAPE);
    expect_error(tape, TAD_ESHAPE, "tad_tape_find_nonfinite: y has 2 elements; expected one");
    ck_assert_int_eq(found.origin, TAD_ALL_FINITE);
    tad_tape *other = tad_tape_new();
    ck_assert_int_eq(tad_tape_find_nonfinite(tape, tad_scalar(other, 1), &found), TAD_ETAPE);
    expect_error(tape, TAD_ETAPE, "tad_tape_find_nonfinite: y is ");
    tad_tape_free(other);
    tad_var late = scalar(1);
    tad_tape_rewind(tape, tad_tape_mark(tape) - 1);
    ck_assert_int_eq(tad_tape_find_nonfinite(tape, late, &found), TAD_ESTALE);
    expect_error(tape, TAD_ESTALE, "tad_tape_find_nonfinite: y is ");
    ck_assert_str_eq(tad_nonfinite_origin_name((tad_nonfinite_origin)17), "?");
}
END_TEST

Suite *nonfinite_suite(void)
{
    Suite *suite = suite_create("nonfinite");
    TCase *tests = tcase_create("nonfinite");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, created, 0, COUNT(forward));
    tcase_add_loop_test(tests, handed_on, 0, COUNT(backward));
    tcase_add_test(tests, infinity_less_infinity);
    tcase_add_test(tests, leaves);
    tcase_add_test(tests, elements);
    tcase_add_test(tests, tensors_backward);
    tcase_add_test(tests, harmless);
    tcase_add_test(tests, recorded_rules);
    tcase_add_test(tests, leaves_no_trace);
    tcase_add_test(tests, errors);
    suite_add_tcase(suite, tests);
    return suite;
}
