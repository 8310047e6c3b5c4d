/* The gradient checker's text, its errors, and what it leaves behind. */
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

static tad_var sine(void *user, size_t n, const tad_var x[])
{
    (void)user, (void)n;
    return tad_sin(x[0]);
}

static tad_var kink(void *user, size_t n, const tad_var x[])
{
    (void)user, (void)n;
    return tad_relu(x[0]);
}

/* ---- Text ---- */

static const char expected_text[] =
    "input 0, element 0 at 0: 0 by tad_backward, 0 by tad_gradient, 0.5 by differences: wrong\n"
    "input 1, element 2 at 1.5: 1 by tad_backward, 2 by tad_gradient, 3 by differences: not smooth here\n"
    "3 entries: 1 agree, 1 wrong, 1 not smooth here, 0 undecided; worst error 5.0e-01\n";

START_TEST(text)
{
    tad_gradcheck_entry entries[] = {
        {.numeric = 0.5, .verdict = TAD_WRONG},
        {.element = 1, .value = 7, .analytic = 8, .recorded = 8, .forward = 8, .numeric = 8},
        {.input = 1, .element = 2, .value = 1.5, .analytic = 1, .recorded = 2, .forward = 1, .numeric = 3, .verdict = TAD_NOT_SMOOTH},
    };
    tad_gradcheck_report report = {
        .count = 3, .entries = entries, .agree = 1, .wrong = 1, .not_smooth = 1, .worst = 0.5};
    char   found[1000], part[1000];
    size_t length = tad_gradcheck_write(&report, false, found, sizeof found);
    ck_assert_str_eq(found, expected_text);
    ck_assert_uint_eq(length, sizeof expected_text - 1);
    size_t all = tad_gradcheck_write(&report, true, found, sizeof found);
    ck_assert_ptr_nonnull(
        strstr(found, "input 0, element 1 at 7: 8 by tad_backward, 8 by tad_gradient, 8 by differences: agrees"));
    ck_assert_uint_eq(all, strlen(found));
    for (size_t size = 0; size <= all + 1; size++) { /* as snprintf does */
        memset(part, '#', sizeof part);
        ck_assert_uint_eq(tad_gradcheck_write(&report, true, part, size), all);
        size_t kept = size == 0 ? 0 : size <= all ? size - 1 : all;
        ck_assert(memcmp(part, found, kept) == 0 && (size == 0 || part[kept] == '\0'));
        ck_assert(part[size > kept + 1 ? kept + 1 : size] == '#');
    }
    ck_assert_uint_eq(tad_gradcheck_write(&report, true, NULL, 0), all);
    ck_assert_uint_eq(tad_gradcheck_write(NULL, true, part, sizeof part), 0);
    ck_assert_str_eq(part, "");
}
END_TEST

START_TEST(verdict_names)
{
    ck_assert_str_eq(tad_verdict_name(TAD_AGREES), "agrees");
    ck_assert_str_eq(tad_verdict_name(TAD_WRONG), "wrong");
    ck_assert_str_eq(tad_verdict_name(TAD_NOT_SMOOTH), "not smooth here");
    ck_assert_str_eq(tad_verdict_name(TAD_UNDECIDED), "cannot be decided at this precision");
    ck_assert_str_eq(tad_verdict_name((tad_verdict)4), "unknown verdict");
    tad_gradcheck_free(NULL);
    tad_gradcheck_free(&(tad_gradcheck_report){0});
}
END_TEST

/* ---- What it leaves behind ---- */

START_TEST(tape_as_it_was)
{
    tad_var x = tad_scalar(tape, 0.3), y = tad_exp(x), constant = tad_constant(tape, 2);
    size_t  mark = tad_tape_mark(tape);
    tad_named(y, "before");
    expect_ok(tad_gradcheck(sine, NULL, 1, &x, NULL, NULL));
    expect_ok(tad_gradcheck(kink, NULL, 1, &y, NULL, NULL)); /* any node can be an input */
    ck_assert_uint_eq(tad_tape_mark(tape), mark);
    ck_assert(tad_is_valid(x) && tad_is_valid(y) && tad_value(y) == exp(0.3));
    ck_assert_str_eq(tad_name(y), "before");
    expect_ok(tad_backward(y));
    ck_assert(tad_grad(x) == exp(0.3));
    /* nothing is differentiable: there is nothing to check */
    tad_gradcheck_report report;
    expect_ok(tad_gradcheck(sine, NULL, 1, &constant, NULL, &report));
    ck_assert(report.count == 0 && !report.entries);
    tad_gradcheck_free(&report);
}
END_TEST

START_TEST(no_elements)
{
    tad_gradcheck_report report;
    tad_var              x = tad_tensor(tape, TAD_F64, 1, (const int64_t[]){0}, NULL);
    expect_ok(tad_gradcheck(sine, NULL, 1, &x, NULL, &report));
    ck_assert(report.count == 0 && report.wrong == 0);
    tad_gradcheck_free(&report);
}
END_TEST

/* ---- Errors ---- */

static tad_var invalid_result(void *user, size_t n, const tad_var x[])
{
    (void)user, (void)n, (void)x;
    return (tad_var){0};
}

static tad_var foreign_result(void *user, size_t n, const tad_var x[])
{
    (void)user, (void)n, (void)x;
    return tad_scalar(other, 1);
}

static tad_var refused(void *user, size_t n, const tad_var x[])
{
    (void)user, (void)n;
    return tad_transpose(x[0]);
}

/* Its shape is another one at every second call. */
static tad_var growing(void *user, size_t n, const tad_var x[])
{
    int *calls = user;
    (void)n;
    return ++*calls % 2 ? tad_sin(x[0]) : tad_broadcast_to(x[0], 1, (const int64_t[]){2});
}

/* Fails once the tape holds what it does at the second call. */
static tad_var late(void *user, size_t n, const tad_var x[])
{
    int *calls = user;
    (void)n;
    return ++*calls > 3 ? tad_transpose(x[0]) : tad_sin(x[0]);
}

START_TEST(functions_that_fail)
{
    static const struct {
        tad_function *f;
        tad_status    status;
        const char   *text;
    } cases[] = {
        {NULL, TAD_EARG, "the function is NULL"},
        {invalid_result, TAD_EARG, "the function returned an invalid result"},
        {foreign_result, TAD_EARG, "the function returned an invalid result"},
        {refused, TAD_ESHAPE, "transpose(f64 scalar)"},
        {growing, TAD_ESHAPE, "changes its shape"},
        {late, TAD_ESHAPE, "transpose(f64 scalar)"},
    };
    tad_var x = tad_scalar(tape, 0.3);
    for (size_t i = 0; i < COUNT(cases); i++)
        for (int with = 0; with < 2; with++) {
            int                  calls = 0;
            tad_gradcheck_report report;
            size_t               mark = tad_tape_mark(tape);
            tad_status           status = tad_gradcheck(cases[i].f, &calls, 1, &x, NULL, with ? &report : NULL);
            ck_assert_str_eq(tad_status_name(status), tad_status_name(cases[i].status));
            expect_error(tape, cases[i].status, cases[i].text);
            ck_assert(tad_tape_mark(tape) == mark && tad_is_valid(x));
            if (with)
                tad_gradcheck_free(&report);
        }
}
END_TEST

START_TEST(arguments_that_are_refused)
{
    tad_gradcheck_report report;
    tad_var              stale = tad_scalar(tape, 1), good, foreign = tad_scalar(other, 1);
    tad_tape_rewind(tape, 0);
    good = tad_scalar(tape, 1);
    const tad_var failed = tad_transpose(good);
    expect_error(tape, TAD_ESHAPE, "transpose");
    const struct {
        tad_var     x[2];
        tad_status  status;
        const char *text;
    } cases[] = {
        {{good, {0}}, TAD_ETAPE, "inputs[1] is a zeroed handle"},
        {{{0}, good}, TAD_ETAPE, "inputs[0] is a zeroed handle"},
        {{good, foreign}, TAD_ETAPE, "inputs[1] is a handle of another tape"},
        {{stale, good}, TAD_ESTALE, "inputs[0] is a stale handle"},
        {{good, failed}, TAD_EARG, "inputs[1] is the invalid result"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        tad_status status = tad_gradcheck(sine, NULL, 2, cases[i].x, NULL, &report);
        ck_assert_str_eq(tad_status_name(status), tad_status_name(cases[i].status));
        expect_error(tape, cases[i].status, cases[i].text);
        ck_assert(report.count == 0 && !report.entries);
    }
    ck_assert_int_eq(tad_gradcheck(sine, NULL, 1, NULL, NULL, &report), TAD_EARG);
    ck_assert_int_eq(tad_gradcheck(sine, NULL, 0, &good, NULL, &report), TAD_EARG);
    ck_assert_int_eq(tad_gradcheck(sine, NULL, 1, &(tad_var){0}, NULL, NULL), TAD_ETAPE);
    expect_no_error(tape);
    static const tad_gradcheck_options options[] = {
        {.tolerance = -1}, {.tolerance = (double)NAN}, {.step = -1e-3}, {.step = (double)NAN}};
    for (size_t i = 0; i < COUNT(options); i++) {
        ck_assert_int_eq(tad_gradcheck(sine, NULL, 1, &good, &options[i], &report), TAD_EARG);
        expect_error(tape, TAD_EARG, "expected 0 (the default) or more");
    }
}
END_TEST

static tad_var network(void *user, size_t n, const tad_var x[])
{
    (void)user, (void)n;
    return tad_tanh(tad_add(tad_matmul(x[0], x[1]), x[2]));
}

/* The n-th request for memory fails (once, or it and all later ones), for n = 1, 2, ... until none does. The result is an
 * error, or right. */
START_TEST(without_memory)
{
    static const double numbers[] = {0.5, -0.25, 1, 0.75, -1, 0.1};
    size_t              failures = 0;
    bool                done = false;
    for (size_t n = 1; !done; n++) {
        heap                 h = {0};
        tad_gradcheck_report report;
        tad_tape            *small = heap_tape(&h);
        tad_var x[] = {matrix(small, 2, 3, numbers), matrix(small, 3, 1, numbers), vector(small, 1, numbers)};
        size_t  mark = tad_tape_mark(small);
        expect_no_error(small);
        h.fail_at = h.calls + n;
        h.for_ever = _i;
        tad_status status = tad_gradcheck(network, NULL, 3, x, NULL, &report);
        done = h.calls < h.fail_at;
        h.fail_at = 0;
        bool unharmed = status == TAD_OK && report.agree == 10; /* an arena that is refused much asks for less */
        ck_assert_msg(done || !_i || status == TAD_ENOMEM, "%s without memory", tad_status_name(status));
        ck_assert_msg(unharmed || (!done && status == TAD_ENOMEM), "request %d: %s", (int)n, tad_status_name(status));
        ck_assert_uint_eq(tad_tape_mark(small), mark);
        tad_gradcheck_free(&report);
        if (!unharmed) {
            expect_error(small, TAD_ENOMEM, "out of memory");
            expect_ok(tad_gradcheck(network, NULL, 3, x, NULL, &report)); /* the tape is usable */
            ck_assert_uint_eq(report.agree, 10);
            tad_gradcheck_free(&report);
            failures++;
        }
        tad_tape_free(small);
        ck_assert_uint_eq(h.blocks, 0);
    }
    ck_assert_uint_gt(failures, 8);
}
END_TEST

Suite *gradcheck_errors_suite(void)
{
    Suite *suite = suite_create("gradcheck errors");
    TCase *tests = tcase_create("errors");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, text);
    tcase_add_test(tests, verdict_names);
    tcase_add_test(tests, tape_as_it_was);
    tcase_add_test(tests, no_elements);
    tcase_add_test(tests, functions_that_fail);
    tcase_add_test(tests, arguments_that_are_refused);
    tcase_add_loop_test(tests, without_memory, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}
