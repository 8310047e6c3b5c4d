/* Formulas, local derivatives, and the chain rule path by path. */
#include "samples.h"
#include "suites.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static tad_tape *tape, *other;

static void set_up(void)
{
    tape = tad_tape_new();
    other = tad_tape_new();
    ck_assert(tape && other);
}

static void tear_down(void)
{
    expect_no_error(tape);
    tad_tape_free(other);
    tad_tape_free(tape);
}

/* ---- Formulas ---- */

#define expect_formula(x, symbols, numbers) expect_formula_at((x), (symbols), (numbers), __LINE__)
static void expect_formula_at(tad_var x, const char *symbols, const char *numbers, int line)
{
    char text[500];
    ck_assert_uint_eq(tad_formula(x, TAD_SYMBOLS, text, sizeof text), strlen(text));
    ck_assert_msg(strcmp(text, symbols) == 0, "line %d: \"%s\", expected \"%s\"", line, text, symbols);
    ck_assert_uint_eq(tad_formula(x, TAD_NUMBERS, text, sizeof text), strlen(text));
    ck_assert_msg(strcmp(text, numbers) == 0, "line %d: \"%s\", expected \"%s\"", line, text, numbers);
}

START_TEST(operators)
{
    tad_var a = tad_named(tad_scalar(tape, 2), "a"), b = tad_named(tad_scalar(tape, -0.5), "b");
    tad_var c = tad_scalar(tape, 3), sum = tad_add(a, b), product = tad_mul(a, c);
    expect_formula(sum, "a + b", "2 + (-0.5)");
    expect_formula(tad_sub(a, b), "a - b", "2 - (-0.5)");
    expect_formula(product, "a * 3", "2 * 3");
    expect_formula(tad_div(b, a), "b / a", "(-0.5) / 2");
    /* parentheses where precedence needs them, and nowhere else */
    expect_formula(tad_mul(sum, c), "(a + b) * 3", "(2 + (-0.5)) * 3");
    expect_formula(tad_add(product, c), "a * 3 + 3", "2 * 3 + 3");
    expect_formula(tad_add(sum, c), "a + b + 3", "2 + (-0.5) + 3");
    expect_formula(tad_add(c, sum), "3 + (a + b)", "3 + (2 + (-0.5))");
    expect_formula(tad_sub(c, tad_sub(a, b)), "3 - (a - b)", "3 - (2 - (-0.5))");
    expect_formula(tad_div(c, product), "3 / (a * 3)", "3 / (2 * 3)");
    expect_formula(tad_div(product, c), "a * 3 / 3", "2 * 3 / 3");
    expect_formula(tad_neg(sum), "-(a + b)", "-(2 + (-0.5))");
    expect_formula(tad_neg(tad_neg(a)), "-(-a)", "-(-2)");
    expect_formula(tad_mul(tad_neg(a), c), "-a * 3", "-2 * 3");
    expect_formula(tad_greater(sum, c), "a + b > 3", "2 + (-0.5) > 3");
    expect_formula(tad_add(tad_less_equal(a, c), c), "(a <= 3) + 3", "(2 <= 3) + 3");
    expect_formula(tad_equal(tad_not_equal(a, b), c), "a != b == 3", "2 != (-0.5) == 3");
    expect_formula(tad_greater_equal(a, tad_less(a, b)), "a >= (a < b)", "2 >= (2 < (-0.5))");
    /* functions, nested, of two operands */
    expect_formula(tad_sin(sum), "sin(a + b)", "sin(2 + (-0.5))");
    expect_formula(tad_pow(a, tad_exp(b)), "pow(a, exp(b))", "pow(2, exp(-0.5))");
    expect_formula(tad_mul(tad_tanh(a), sum), "tanh(a) * (a + b)", "tanh(2) * (2 + (-0.5))");
}
END_TEST

START_TEST(number_texts)
{
    static const struct {
        double      value;
        const char *text;
    } cases[] = {
        {0, "0"},           {-0.0, "-0"},           {1, "1"},          {100, "100"},      {0.1, "0.1"},
        {-0.25, "-0.25"},   {1.0 / 3, "0.33333"},   {1e-3, "0.001"},   {1e-4, "0.0001"},  {1e-5, "1e-05"},
        {999999, "999999"}, {1e6, "1e+06"},         {-1e30, "-1e+30"}, {HUGE_VAL, "inf"}, {-HUGE_VAL, "-inf"},
        {1e-300, "1e-300"}, {123456.5, "123456.5"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        expect_formula(tad_scalar(tape, cases[i].value), cases[i].text, cases[i].text);
}
END_TEST

START_TEST(names_and_tensors)
{
    double  data[6] = {0};
    tad_var a = tad_named(tad_scalar(tape, 2), "a"), m = matrix(tape, 2, 3, data),
            one = vector(tape, 1, (const double[]){7});
    tad_var h = tad_named(tad_mul(a, a), "h"), y = tad_add(tad_sin(h), a);
    expect_formula(a, "a", "2");
    expect_formula(h, "a * a", "2 * 2");
    expect_formula(y, "sin(h) + a", "sin(4) + 2"); /* from the nearest names on */
    expect_formula(m, "f64 [2, 3]", "f64 [2, 3]");
    expect_formula(tad_sum(tad_mul(m, a)), "sum(f64 [2, 3] * a)", "sum(f64 [2, 3] * 2)");
    expect_formula(tad_exp(one), "exp(7)", "exp(7)");
    expect_formula(tad_matmul(tad_named(m, "W"), tad_transpose(m)), "matmul(W, transpose(W))",
                   "matmul(f64 [2, 3], transpose(f64 [2, 3]))");
    expect_formula((tad_var){0}, "?", "?");
    tad_var stale = tad_scalar(tape, 1);
    tad_tape_rewind(tape, 0);
    char text[10];
    ck_assert_uint_eq(tad_formula(stale, TAD_SYMBOLS, text, sizeof text), 1);
    ck_assert_str_eq(text, "?");
}
END_TEST

START_TEST(truncation)
{
    char    whole[100], part[100];
    tad_var a = tad_named(tad_scalar(tape, 2), "alpha"), y = tad_mul(tad_add(a, a), tad_sin(a));
    size_t  length = tad_formula(y, TAD_SYMBOLS, whole, sizeof whole);
    ck_assert_str_eq(whole, "(alpha + alpha) * sin(alpha)");
    for (size_t size = 0; size <= length + 2; size++) {
        memset(part, '#', sizeof part);
        ck_assert_uint_eq(tad_formula(y, TAD_SYMBOLS, part, size), length);
        size_t kept = size == 0 ? 0 : size <= length ? size - 1 : length;
        ck_assert(memcmp(part, whole, kept) == 0 && (size == 0 || part[kept] == '\0') &&
                  part[kept + (size > 0)] == '#');
    }
    ck_assert_uint_eq(tad_formula(y, TAD_SYMBOLS, NULL, 0), length);
    ck_assert_uint_eq(tad_formula(y, TAD_SYMBOLS, NULL, 50), length);
}
END_TEST

/* A chain is cut where it is too deep; a formula exponentially longer than its graph, where it is too long. */
START_TEST(bounds)
{
    char    text[2000];
    tad_var chain = tad_named(tad_scalar(tape, 1), "x"), tree = chain;
    for (int i = 0; i < 100000; i++)
        chain = tad_sin(chain);
    size_t length = tad_formula(chain, TAD_SYMBOLS, text, sizeof text);
    ck_assert(length == strlen(text) && length < 64 * 6 + 10 && strstr(text, "sin(...)"));
    for (int i = 0; i < 60; i++)
        tree = tad_mul(tree, tree);
    length = tad_formula(tree, TAD_SYMBOLS, text, sizeof text);
    ck_assert(length > 65536 && length < 80000 && strlen(text) == sizeof text - 1);
}
END_TEST

/* ---- Local derivatives ---- */

START_TEST(local_derivatives)
{
    const tad_op *op;
    for (size_t i = 0; (op = tad_op_at(i)) != NULL && op->partial[0]; i++) {
        double numbers[2][5];
        sample_numbers(op, 3, 5, numbers[0], numbers[1]);
        for (int j = 0; j < 10; j++) { /* scalars, then tensors of one element */
            double  a = numbers[0][j % 5], b = op->arity == 2 ? numbers[1][j % 5] : 0;
            tad_var x[2] = {j < 5 ? tad_scalar(tape, a) : vector(tape, 1, &a),
                            j < 5 ? tad_scalar(tape, b) : vector(tape, 1, &b)};
            tad_var y = tad_apply(op, (tad_args){.n = op->arity, .x = x});
            size_t  mark = tad_tape_mark(tape);
            expect_ok(tad_backward(y));
            for (int k = 0; k < op->arity; k++)
                expect_near(tad_local_derivative(y, k), tad_grad(x[k]), 1e-14);
            ck_assert_uint_eq(tad_tape_mark(tape), mark);
        }
    }
    double  seven = 7;
    tad_var x = vector(tape, 1, &seven), m = matrix(tape, 1, 1, &seven);
    ck_assert(tad_local_derivative(tad_sum(x), 0) == 1);
    ck_assert(tad_local_derivative(tad_mean(x), 0) == 1);
    ck_assert(tad_local_derivative(tad_matmul(m, m), 1) == 7);
    ck_assert(tad_local_derivative(tad_reshape(x, 0, NULL), 0) == 1);
    ck_assert(tad_local_derivative(tad_slice(x, 0, 0, 1), 0) == 1);
    ck_assert(tad_local_derivative(tad_greater(x, x), 0) == 0);
    /* each operand alone, even where both are the same node */
    tad_var a = tad_scalar(tape, 3);
    ck_assert(tad_local_derivative(tad_sub(a, a), 0) == 1);
    ck_assert(tad_local_derivative(tad_sub(a, a), 1) == -1);
    ck_assert(tad_local_derivative(tad_mul(tad_constant(tape, 5), a), 0) == 3); /* a constant has one, too */
}
END_TEST

START_TEST(local_derivative_errors)
{
    double  data[2] = {1, 2};
    tad_var x = tad_scalar(tape, 1), y = tad_sin(x), v = vector(tape, 2, data);
    ck_assert(isnan(tad_local_derivative(y, 1)));
    expect_error(tape, TAD_EARG, "operand 1 of a node that has 1");
    ck_assert(isnan(tad_local_derivative(y, -1)));
    expect_error(tape, TAD_EARG, "operand -1");
    ck_assert(isnan(tad_local_derivative(x, 0)));
    expect_error(tape, TAD_EARG, "operand 0 of a node that has 0");
    ck_assert(isnan(tad_local_derivative(tad_sin(v), 0)));
    expect_error(tape, TAD_ESHAPE, "2 elements; expected one");
    ck_assert(isnan(tad_local_derivative(tad_sum(v), 0)));
    expect_error(tape, TAD_ESHAPE, "2 elements; expected one");
    ck_assert(isnan(tad_local_derivative((tad_var){0}, 0)));
    tad_tape_rewind(tape, 1);
    ck_assert(isnan(tad_local_derivative(y, 0)));
    expect_error(tape, TAD_ESTALE, "stale");
}
END_TEST

Suite *explain_suite(void)
{
    Suite *suite = suite_create("explain");
    TCase *tests = tcase_create("formulas and local derivatives");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, operators);
    tcase_add_test(tests, number_texts);
    tcase_add_test(tests, names_and_tensors);
    tcase_add_test(tests, truncation);
    tcase_add_test(tests, bounds);
    tcase_add_test(tests, local_derivatives);
    tcase_add_test(tests, local_derivative_errors);
    suite_add_tcase(suite, tests);
    return suite;
}
