/* The gradient checker: verdicts, reports, options, errors. That it finds mutants is tested in test_mutants.c. */
#include "samples.h"
#include "suites.h"
#include "support.h"

#include "base/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
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

/* ---- Functions to check: an operation applied to the inputs ---- */

static tad_var apply(void *user, size_t n, const tad_var x[])
{
    return tad_apply(user, (tad_args){.n = (int)n, .x = x});
}

#define VALUE(name, expression)                                                                                        \
    static double name(const double x[])                                                                               \
    {                                                                                                                  \
        return expression;                                                                                             \
    }
VALUE(sine, sin(x[0]))
VALUE(x_exp_x, x[0] * exp(x[0]))
VALUE(product, x[0] * x[1])
VALUE(itself, x[0])

/* Operations of which some are wrong. */
static const tad_op right_sine = {.name = "sine", .arity = 1, .value = sine, .partial = {"cos(x)"}};
static const tad_op sign_error = {.name = "sign_error", .arity = 1, .value = sine, .partial = {"-cos(x)"}};
static const tad_op factor_two = {.name = "factor_two", .arity = 1, .value = sine, .partial = {"2 * cos(x)"}};
static const tad_op tiny_error = {.name = "tiny_error", .arity = 1, .value = sine, .partial = {"1.000001 * cos(x)"}};
static const tad_op no_term = {.name = "no_term", .arity = 1, .value = x_exp_x, .partial = {"exp(x)"}};
static const tad_op all_terms = {.name = "all_terms", .arity = 1, .value = x_exp_x, .partial = {"exp(x) + y"}};
static const tad_op no_b = {.name = "no_b", .arity = 2, .value = product, .partial = {"b", "0"}};
static const tad_op infinite = {.name = "infinite", .arity = 1, .value = itself, .partial = {"1 / (x - x)"}};
static const tad_op no_number = {.name = "no_number", .arity = 1, .value = itself, .partial = {"(x - x) / (x - x)"}};

/* An operation of the library, or one of ours. */
static const tad_op *find_op(const char *name)
{
    static const tad_op *const own[] = {&right_sine, &sign_error, &factor_two, &tiny_error, &no_term,
                                        &all_terms,  &no_b,       &infinite,   &no_number};
    for (size_t i = 0; i < COUNT(own); i++)
        if (strcmp(own[i]->name, name) == 0)
            return own[i];
    return tad_op_find(name);
}

static const struct {
    const char *op;
    double      x[2];
    tad_verdict verdicts[2];
} verdicts[] = {
    {"sine", {0.7}, {TAD_AGREES}},
    {"all_terms", {0.7}, {TAD_AGREES}},
    {"sign_error", {0.7}, {TAD_WRONG}},
    {"factor_two", {0.7}, {TAD_WRONG}},
    {"tiny_error", {0.7}, {TAD_WRONG}},
    {"no_term", {0.7}, {TAD_WRONG}},
    {"no_b", {0.7, -1.5}, {TAD_AGREES, TAD_WRONG}},
    {"infinite", {0.7}, {TAD_WRONG}},
    {"no_number", {0.7}, {TAD_WRONG}},
    /* kinks: on one, nearer than the first stencil, outside it, far away; where the slopes' mean is the rule, all is well */
    {"relu", {0}, {TAD_NOT_SMOOTH}},
    {"relu", {1e-6}, {TAD_AGREES}},
    {"relu", {-1e-6}, {TAD_AGREES}},
    {"relu", {1e-3}, {TAD_AGREES}},
    {"relu", {-1e-3}, {TAD_AGREES}},
    {"relu", {1}, {TAD_AGREES}},
    {"abs", {0}, {TAD_AGREES}},
    {"abs", {1e-6}, {TAD_AGREES}},
    {"abs", {-1e-3}, {TAD_AGREES}},
    {"maximum", {1, 1}, {TAD_AGREES, TAD_AGREES}},
    {"maximum", {1, 1 + 1e-6}, {TAD_AGREES, TAD_AGREES}},
    {"minimum", {1, 1 - 1e-6}, {TAD_AGREES, TAD_AGREES}},
    {"maximum", {1, 1 - 1e-3}, {TAD_AGREES, TAD_AGREES}},
    /* jumps */
    {"greater", {1, 1}, {TAD_NOT_SMOOTH, TAD_NOT_SMOOTH}},
    {"greater", {1, 1 + 1e-6}, {TAD_AGREES, TAD_AGREES}},
    {"less_equal", {1, 1}, {TAD_NOT_SMOOTH, TAD_NOT_SMOOTH}},
    {"greater", {1, 1 + 1e-3}, {TAD_AGREES, TAD_AGREES}},
    {"greater", {1, 2}, {TAD_AGREES, TAD_AGREES}},
    /* not finite here, or so near that only a small stencil is */
    {"log", {0}, {TAD_UNDECIDED}},
    {"log", {1e-6}, {TAD_AGREES}},
    {"log", {1e-12}, {TAD_AGREES}},
    {"reciprocal", {1e-12}, {TAD_AGREES}},
    {"reciprocal", {-1e12}, {TAD_AGREES}},
    {"log", {1e-3}, {TAD_AGREES}},
    {"sqrt", {0}, {TAD_UNDECIDED}},
    {"sqrt", {1e-3}, {TAD_AGREES}},
    {"reciprocal", {0}, {TAD_UNDECIDED}},
    {"div", {1, 0}, {TAD_UNDECIDED, TAD_UNDECIDED}},
    {"log", {-1}, {TAD_UNDECIDED}},
    /* far from 1 */
    {"sin", {1e3}, {TAD_AGREES}},
    {"sin", {1e6}, {TAD_AGREES}}, /* waves shorter than the first stencil, which grows with x */
    {"square", {1e12}, {TAD_AGREES}},
    {"square", {1e-12}, {TAD_AGREES}},
    {"exp", {-30}, {TAD_AGREES}},
    {"exp", {30}, {TAD_AGREES}},
};

static size_t counted(const tad_gradcheck_report *report, tad_verdict verdict)
{
    const size_t counts[] = {report->agree, report->wrong, report->not_smooth, report->undecided};
    return counts[verdict];
}

START_TEST(verdict_table)
{
    const tad_op        *op = find_op(verdicts[_i].op);
    tad_gradcheck_report report;
    tad_var              x[] = {tad_scalar(tape, verdicts[_i].x[0]), tad_scalar(tape, verdicts[_i].x[1])};
    ck_assert_ptr_nonnull(op);
    expect_ok(tad_gradcheck(apply, (void *)(uintptr_t)op, (size_t)op->arity, x, NULL, &report));
    ck_assert_uint_eq(report.count, (size_t)op->arity);
    for (size_t i = 0; i < report.count; i++) {
        const tad_gradcheck_entry *entry = &report.entries[i];
        size_t                     expected = 0;
        for (size_t k = 0; k < report.count; k++)
            expected += verdicts[_i].verdicts[k] == verdicts[_i].verdicts[i];
        ck_assert_msg(entry->verdict == verdicts[_i].verdicts[i],
                      "%s(%g, %g), operand %d: %s, expected %s (%.17g by tad_backward, %.17g by tad_gradient, %.17g)",
                      op->name, verdicts[_i].x[0], verdicts[_i].x[1], (int)i, tad_verdict_name(entry->verdict),
                      tad_verdict_name(verdicts[_i].verdicts[i]), entry->analytic, entry->recorded, entry->numeric);
        ck_assert(entry->input == i && entry->element == 0 && entry->value == verdicts[_i].x[i]);
        ck_assert_uint_eq(counted(&report, entry->verdict), expected);
    }
    tad_gradcheck_free(&report);
    ck_assert_ptr_null(report.entries);
    ck_assert_uint_eq(report.count, 0);
}
END_TEST

/* ---- No false alarms ---- */

typedef struct chain {
    const tad_op *outer, *inner;
    double        scale;
} chain;

/* scale * outer(inner(x, y) bent into the outer one's domain, ...) */
static tad_var apply_chain(void *user, size_t n, const tad_var x[])
{
    const chain *c = user;
    tad_var      z = apply((void *)(uintptr_t)c->inner, (size_t)c->inner->arity, x), u[2];
    (void)n;
    for (int k = 0; k < c->outer->arity; k++) {
        double low = c->outer->domain[2 * k], high = c->outer->domain[2 * k + 1];
        u[k] = tad_sin(k ? tad_add(z, x[0]) : z);
        u[k] = tad_add(tad_constant(tape, (low + high) / 2), tad_mul(tad_constant(tape, 0.4 * (high - low)), u[k]));
    }
    return tad_mul(tad_constant(tape, c->scale), apply((void *)(uintptr_t)c->outer, (size_t)c->outer->arity, u));
}

static const tad_op *smooth_op(uint64_t bits)
{
    static const tad_op *ops[100];
    static size_t        count;
    const tad_op        *op;
    if (count == 0)
        for (size_t i = 0; (op = tad_op_at(i)) != NULL && count < COUNT(ops); i++)
            if (op->partial[0] && !op->kink)
                ops[count++] = op;
    return ops[bits % count];
}

START_TEST(smooth_functions_agree)
{
    static char text[2000];
    for (uint64_t i = 0; i < 500; i++) {
        chain  c = {smooth_op(tad__random_bits(1, i)), smooth_op(tad__random_bits(2, i)), 0};
        double a, b = 0;
        c.scale = pow(10, tad__random_uniform(3, i, -12, 12));
        sample_numbers(c.inner, i, 1, &a, &b);
        tad_var              x[] = {tad_scalar(tape, a), tad_scalar(tape, b)};
        tad_gradcheck_report report;
        expect_ok(tad_gradcheck(apply_chain, &c, (size_t)c.inner->arity, x, NULL, &report));
        if (report.agree != report.count)
            tad_gradcheck_write(&report, true, text, sizeof text);
        ck_assert_msg(report.agree == report.count, "function %d: %g * %s(%s(%.17g, %.17g)):\n%s", (int)i, c.scale,
                      c.outer->name, c.inner->name, a, b, text);
        tad_gradcheck_free(&report);
        tad_tape_rewind(tape, 0);
    }
}
END_TEST

static tad_var narrow_result(void *user, size_t n, const tad_var x[])
{
    return tad_cast(apply(user, n, x), TAD_F32);
}

static tad_var narrow_inside(void *user, size_t n, const tad_var x[])
{
    return tad_cast(narrow_result(user, n, x), TAD_F64);
}

/* A float result has a float's rounding errors; a float on the way is noise that must not look like an error. */
START_TEST(floats)
{
    tad_gradcheck_report report;
    float                numbers[] = {0.25f, 0.75f, -1.5f};
    tad_var              x = tad_tensor(tape, TAD_F32, 1, (const int64_t[]){3}, numbers);
    expect_ok(tad_gradcheck(narrow_result, (void *)(uintptr_t)&right_sine, 1, &x, NULL, &report));
    ck_assert(report.count == 3 && report.agree == 3);
    tad_gradcheck_free(&report);
    expect_ok(tad_gradcheck(narrow_result, (void *)(uintptr_t)&factor_two, 1, &x, NULL, &report));
    ck_assert(report.count == 3 && report.wrong == 3);
    tad_gradcheck_free(&report);
    expect_ok(tad_gradcheck(narrow_inside, (void *)(uintptr_t)&right_sine, 1, &x, NULL, &report));
    ck_assert(report.count == 3 && report.wrong == 0);
    tad_gradcheck_free(&report);
    expect_ok(tad_gradcheck(apply, (void *)(uintptr_t)&right_sine, 1, &x, NULL, &report));
    ck_assert(report.count == 3 && report.agree == 3);
    tad_gradcheck_free(&report);
}
END_TEST

/* ---- Reports and options ---- */

/* [2, 3] from a scalar, a constant, a column and a row. */
static tad_var mixed(void *user, size_t n, const tad_var x[])
{
    ck_assert(n == 4 && !user && !tad_is_differentiable(x[1]));
    return tad_add(tad_mul(x[2], tad_sin(x[3])), tad_mul(x[0], x[1]));
}

START_TEST(entries)
{
    tad_gradcheck_report report, other;
    double               column[] = {0.5, 2}, row[] = {1, -1, 0.25};
    tad_var x[] = {tad_scalar(tape, 3), tad_constant(tape, 4), matrix(tape, 2, 1, column), vector(tape, 3, row)};
    expect_ok(tad_gradcheck(mixed, NULL, 4, x, NULL, &report));
    static const struct {
        size_t  input;
        int64_t element;
        double  value;
    } expected[] = {{0, 0, 3}, {2, 0, 0.5}, {2, 1, 2}, {3, 0, 1}, {3, 1, -1}, {3, 2, 0.25}};
    ck_assert(report.count == 6 && report.agree == 6 && report.wrong + report.not_smooth + report.undecided == 0);
    ck_assert(report.worst >= 0 && report.worst < 1e-9);
    for (size_t i = 0; i < 6; i++) {
        const tad_gradcheck_entry *entry = &report.entries[i];
        ck_assert(entry->input == expected[i].input && entry->element == expected[i].element);
        ck_assert(entry->value == expected[i].value && entry->noise > 0 && entry->noise < 1e-9);
        expect_near(entry->recorded, entry->analytic, 1e-14);
        expect_near(entry->numeric, entry->analytic, 1e-9);
    }
    /* the cotangent is random, not all ones, and the seed's */
    ck_assert(fabs(report.entries[0].analytic - 24) > 1e-3);
    expect_ok(tad_gradcheck(mixed, NULL, 4, x, &(tad_gradcheck_options){.seed = 1}, &other));
    ck_assert(fabs(report.entries[0].analytic - other.entries[0].analytic) > 1e-3);
    tad_gradcheck_free(&other);
    expect_ok(tad_gradcheck(mixed, NULL, 4, x, &(tad_gradcheck_options){0}, &other));
    ck_assert(report.entries[0].analytic == other.entries[0].analytic);
    tad_gradcheck_free(&other);
    tad_gradcheck_free(&report);
}
END_TEST

START_TEST(worst_entry)
{
    tad_gradcheck_report report;
    tad_var              x[] = {tad_scalar(tape, 0.7), tad_scalar(tape, -1.5)};
    expect_ok(tad_gradcheck(apply, (void *)(uintptr_t)&no_b, 2, x, NULL, &report));
    ck_assert(report.worst_entry == 1 && report.wrong == 1 && report.agree == 1);
    expect_near(report.worst, 1, 1e-6);
    tad_gradcheck_free(&report);
    expect_ok(tad_gradcheck(apply, (void *)(uintptr_t)&tiny_error, 1, x, NULL, &report));
    ck_assert(report.worst > 0.99e-6 && report.worst < 1.01e-6);
    tad_gradcheck_free(&report);
}
END_TEST

/* Derivatives that are no numbers are the worst of all. */
START_TEST(worst_of_all)
{
    const tad_op *const wrong[] = {&infinite, &no_number};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        tad_gradcheck_report report;
        tad_var              x = tad_scalar(tape, 0.7);
        expect_ok(tad_gradcheck(apply, (void *)(uintptr_t)wrong[i], 1, &x, NULL, &report));
        ck_assert(report.wrong == 1 && isinf(report.worst));
        tad_gradcheck_free(&report);
    }
}
END_TEST

static tad_var far_from_zero(void *user, size_t n, const tad_var x[])
{
    return tad_add(tad_constant(tape, 1e6), apply(user, n, x));
}

/* A large value makes differences noisy, and smaller steps more so: what a large step can decide stays decided. */
START_TEST(noise)
{
    tad_gradcheck_report report;
    tad_var              x = tad_scalar(tape, 0.7);
    expect_ok(tad_gradcheck(far_from_zero, (void *)(uintptr_t)&tiny_error, 1, &x, NULL, &report));
    ck_assert_msg(report.wrong == 1, "an error of 1e-6 is %s, with a noise of %.2g",
                  tad_verdict_name(report.entries[0].verdict), report.entries[0].noise);
    tad_gradcheck_free(&report);
    expect_ok(tad_gradcheck(far_from_zero, (void *)(uintptr_t)&right_sine, 1, &x, NULL, &report));
    ck_assert_uint_eq(report.agree, 1);
    tad_gradcheck_free(&report);
}
END_TEST

START_TEST(tolerance)
{
    tad_gradcheck_report        report;
    const tad_gradcheck_options loose = {.tolerance = 1e-5}, strict = {.tolerance = 1e-7};
    tad_var                     x = tad_scalar(tape, 0.7);
    expect_ok(tad_gradcheck(apply, (void *)(uintptr_t)&tiny_error, 1, &x, &loose, &report));
    ck_assert_uint_eq(report.agree, 1);
    tad_gradcheck_free(&report);
    expect_ok(tad_gradcheck(apply, (void *)(uintptr_t)&tiny_error, 1, &x, &strict, &report));
    ck_assert_uint_eq(report.wrong, 1);
    tad_gradcheck_free(&report);
}
END_TEST

typedef struct range {
    double low, high;
} range;

static tad_var watched(void *user, size_t n, const tad_var x[])
{
    range *r = user;
    (void)n;
    r->low = fmin(r->low, tad_value(x[0]));
    r->high = fmax(r->high, tad_value(x[0]));
    return tad_sin(x[0]);
}

/* The stencil's reach: three steps, relative to max(1, |x|). */
START_TEST(steps)
{
    static const struct {
        double x, step, reach;
    } cases[] = {{0.5, 0, 0.0174}, {0.5, 1e-3, 3e-3}, {-8, 1e-3, 24e-3}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        range                       r = {HUGE_VAL, -HUGE_VAL};
        const tad_gradcheck_options options = {.step = cases[i].step};
        tad_var                     x = tad_scalar(tape, cases[i].x);
        expect_ok(tad_gradcheck(watched, &r, 1, &x, &options, NULL));
        ck_assert(fabs(r.high - cases[i].x - cases[i].reach) < 1e-2 * cases[i].reach);
        ck_assert(fabs(cases[i].x - r.low - cases[i].reach) < 1e-2 * cases[i].reach);
    }
}
END_TEST

START_TEST(without_a_report)
{
    tad_var x[] = {tad_scalar(tape, 0.7), tad_scalar(tape, -1.5)};
    expect_ok(tad_gradcheck(apply, (void *)(uintptr_t)&right_sine, 1, x, NULL, NULL));
    expect_no_error(tape);
    ck_assert_int_eq(tad_gradcheck(apply, (void *)(uintptr_t)&no_b, 2, x, NULL, NULL), TAD_EARG);
    expect_error(tape, TAD_EARG,
                 "1 of 2 entries are wrong; the worst is input 1, element 0: 0 by tad_backward, 0 by "
                 "tad_gradient, 0.7");
    x[0] = tad_scalar(tape, 0);
    expect_ok(
        tad_gradcheck(apply, (void *)(uintptr_t)tad_op_find("relu"), 1, x, NULL, NULL)); /* not smooth, not wrong */
}
END_TEST

Suite *gradcheck_suite(void)
{
    Suite *suite = suite_create("gradcheck");
    TCase *tests = tcase_create("verdicts and reports");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 30);
    tcase_add_loop_test(tests, verdict_table, 0, (int)COUNT(verdicts));
    tcase_add_test(tests, smooth_functions_agree);
    tcase_add_test(tests, floats);
    tcase_add_test(tests, entries);
    tcase_add_test(tests, worst_entry);
    tcase_add_test(tests, worst_of_all);
    tcase_add_test(tests, noise);
    tcase_add_test(tests, tolerance);
    tcase_add_test(tests, steps);
    tcase_add_test(tests, without_a_report);
    suite_add_tcase(suite, tests);
    return suite;
}
