/* Gradients that are wrong on purpose: all are found, and the cause is named. */
#include "planted_faults.h"
#include "suites.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    bool right = report->cause == fault->cause && strcmp(report->blame.operation, fault->blamed ? fault->blamed : "") == 0;
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
    if (fault->blamed)
        ck_assert_msg(!report.blame.where[0] || strstr(report.blame.where, "planted_faults.c:"), "%s", text);
    tad_gradcheck_free(&report);
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
    return suite;
}
