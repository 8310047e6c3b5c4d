/* Gradients that are wrong on purpose: all are found, and the cause is named. */
#include "planted_faults.h"
#include "suites.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const double numbers[] = {0.4, 0.9, 1.3, 0.7, 1.1, 0.55, 0.85, 1.45, 0.62, 1.2, 0.35, 0.75};

static tad_status check(const planted_fault *fault, tad_tape *tape, tad_gradcheck_report *report)
{
    const tad_gradcheck_options options = {.order = fault->order};
    tad_var                     x[2];
    if (fault->c)
        return tad_gradcheck_function(fault->c, (size_t)fault->n, numbers, &options, report);
    for (int k = 0; k < fault->n; k++)
        x[k] = tad_tensor(tape, TAD_F64, fault->dims[k][1] ? 2 : 1, fault->dims[k], numbers + 2 * k);
    return tad_gradcheck(fault->f, (void *)(uintptr_t)fault, (size_t)fault->n, x, &options, report);
}

static bool named_right(const planted_fault *fault, const tad_gradcheck_report *report)
{
    bool right =
        report->cause == fault->cause && strcmp(report->blame.operation, fault->blamed ? fault->blamed : "") == 0;
    if (fault->factor != 0)
        right &= fabs(report->factor - fault->factor) < 1e-7;
    if (fault->modes)
        right &= report->modes == fault->modes;
    return right;
}

START_TEST(planted_fault_table)
{
    static char          text[6000];
    const planted_fault *fault = &planted_faults[_i];
    tad_tape            *tape = tad_tape_new();
    tad_gradcheck_report report;
    expect_ok(check(fault, tape, &report));
    tad_gradcheck_write(&report, false, text, sizeof text);
    ck_assert_msg(report.wrong > 0 || fault->cause == TAD_CAUSE_RANDOM, "%s is not found:\n%s", fault->name, text);
    ck_assert_msg(named_right(fault, &report), "%s: expected %s in %s:\n%s", fault->name, tad_cause_name(fault->cause),
                  fault->blamed ? fault->blamed : "nothing", text);
    if (fault->blamed) /* the offset, where debugging information cannot be read */
        ck_assert_msg(!report.blame.where[0] || strstr(report.blame.where, "planted_faults.c:") ||
                          strstr(report.blame.where, "+0x"),
                      "%s", text);
    tad_gradcheck_free(&report);
    expect_no_error(tape);
    tad_tape_free(tape);
}
END_TEST

/* ---- large gradients ---- */

static double half_tanh_value(const double x[])
{
    return tanh(x[0]);
}

static const tad_op wrong_tanh = {
    .name = "wrong_tanh", .arity = 1, .value = half_tanh_value, .partial = {"(1 - y * y) / 2"}};

/* A network of 100, 90 and 10 units: 10,000 parameters. */
static tad_var network(void *user, size_t n, const tad_var x[])
{
    const tad_op *squash = user;
    double        input[100];
    int64_t       width = 100;
    (void)n;
    for (int i = 0; i < 100; i++)
        input[i] = sin(i);
    tad_var in = tad_tensor_constant(x[0].tape, TAD_F64, 1, &width, input);
    tad_var hidden = tad_add(tad_matmul(in, x[0]), x[1]);
    hidden = squash ? apply_one(squash, hidden) : tad_tanh(hidden);
    return tad_logsumexp(tad_sigmoid(tad_add(tad_matmul(hidden, x[2]), x[3])));
}

START_TEST(ten_thousand_entries)
{
    static const int64_t shapes[4][2] = {{100, 90}, {90}, {90, 10}, {10}};
    static double        data[9000];
    tad_tape            *tape = tad_tape_new();
    tad_var              x[4];
    for (int i = 0; i < 9000; i++)
        data[i] = 0.1 * cos(1.7 * i);
    for (int k = 0; k < 4; k++)
        x[k] = tad_tensor(tape, TAD_F64, k % 2 ? 1 : 2, shapes[k], data);
    for (int wrong = 0; wrong < 2; wrong++) {
        tad_gradcheck_report report;
        clock_t              start = clock();
        expect_ok(tad_gradcheck(network, wrong ? (void *)(uintptr_t)&wrong_tanh : NULL, 4, x, NULL, &report));
        double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
        if (getenv("TAD_SHOW"))
            fprintf(stderr, "10,000 entries, %zu wrong, %s: %.2f s\n", report.wrong, tad_cause_name(report.cause),
                    seconds);
        ck_assert(report.count == 10000 && report.undecided == 0 && report.not_smooth == 0);
        ck_assert_uint_eq(report.wrong,
                          wrong ? 9000 : 0); /* the layer behind it, and the weights of an input of 0, are right */
        ck_assert_str_eq(report.blame.operation, wrong ? "wrong_tanh" : "");
        ck_assert(report.cause == (wrong ? TAD_CAUSE_FACTOR : TAD_CAUSE_NONE) &&
                  fabs(report.factor - 0.5 * wrong) < 1e-9);
        if (!SANITIZED && !under_valgrind())
            ck_assert_msg(seconds < 5, "10,000 entries took %.1f s", seconds);
        tad_gradcheck_free(&report);
    }
    expect_no_error(tape);
    tad_tape_free(tape);
}
END_TEST

Suite *planted_suite(void)
{
    Suite *suite = suite_create("planted");
    TCase *tests = tcase_create("planted faults");
    tcase_set_timeout(tests, 30);
    tcase_add_loop_test(tests, planted_fault_table, 0, (int)planted_fault_count);
    suite_add_tcase(suite, tests);
    TCase *large = tcase_create("large gradients");
    tcase_set_timeout(large, 60);
    tcase_add_test(large, ten_thousand_entries);
    suite_add_tcase(suite, large);
    return suite;
}
