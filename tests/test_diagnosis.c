/* The diagnosis of a wrong gradient: its text, its JSON, what it leaves behind, second order, and without memory. */
#include "planted_faults.h"
#include "suites.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double numbers[] = {0.4, 0.9, 1.3, 0.7, 1.1, 0.55, 0.85, 1.45, 0.62, 1.2, 0.35, 0.75};

static const planted_fault *find(const char *name)
{
    for (size_t i = 0; i < planted_fault_count; i++)
        if (strcmp(planted_faults[i].name, name) == 0)
            return &planted_faults[i];
    ck_abort_msg("no fault %s", name);
    return NULL;
}

static tad_status check(const planted_fault *fault, tad_tape *tape, const tad_gradcheck_options *options,
                        tad_gradcheck_report *report)
{
    tad_var x[2];
    for (int k = 0; k < fault->n; k++)
        x[k] = tad_tensor(tape, TAD_F64, fault->dims[k][1] ? 2 : 1, fault->dims[k], numbers + 2 * k);
    if (tad_tape_status(tape) != TAD_OK)
        return tad_tape_status(tape);
    return tad_gradcheck(fault->f, (void *)(uintptr_t)fault, (size_t)fault->n, x, options, report);
}

typedef struct page {
    char   text[20000];
    size_t length, most;
} page;

static bool append(void *user, const char *text, size_t bytes)
{
    page *p = user;
    if (p->length + bytes > p->most)
        return false;
    memcpy(p->text + p->length, text, bytes);
    p->length += bytes;
    p->text[p->length] = '\0';
    return true;
}

START_TEST(words)
{
    static const struct {
        const char *fault, *text[4], *json[3];
    } cases[] = {
        {"two_thirds",
         {"cause: constant factor\n", "tad_backward: it is the differences times 0.6666667 = 2/3",
          "wrong is only: tad_backward", "in: cube(f64 [4]) = f64 [4], node 2"},
         {"\"cause\": \"constant factor\"", "\"wrong_modes\": [\"tad_backward\"]", "\"operation\": \"cube\""}},
        {"mean_as_sum", {"times 4, the number of elements", "hint: look for a 2, a 1/2"}, {"\"factor\": 4"}},
        {"mul_first_row",
         {"cause: broadcasting", "mul_first_row(f64 [3, 4], f64 [4]) = f64 [3, 4]"},
         {"\"cause\": \"broadcasting\""}},
        {"minus_forward",
         {"cause: sign", "forward mode: it is -1 times", "whatever the differences say"},
         {"[\"forward\"]"}},
        {"through_c", {"cause: detached", "hint: numbers left the tape"}, {"\"blame\": null"}},
    };
    static page p;
    tad_tape   *tape = tad_tape_new();
    for (size_t i = 0; i < COUNT(cases); i++) {
        tad_gradcheck_report report;
        expect_ok(check(find(cases[i].fault), tape, NULL, &report));
        char text[6000];
        tad_gradcheck_write(&report, false, text, sizeof text);
        for (size_t k = 0; k < COUNT(cases[i].text) && cases[i].text[k]; k++)
            ck_assert_msg(strstr(text, cases[i].text[k]) != NULL, "%s: expected \"%s\" in:\n%s", cases[i].fault,
                          cases[i].text[k], text);
        p = (page){.most = sizeof p.text - 1};
        expect_ok(tad_gradcheck_json(&report, (tad_writer){append, &p}));
        for (size_t k = 0; k < COUNT(cases[i].json) && cases[i].json[k]; k++)
            ck_assert_msg(strstr(p.text, cases[i].json[k]) != NULL, "%s: expected %s in:\n%s", cases[i].fault,
                          cases[i].json[k], p.text);
        ck_assert(p.text[0] == '{' && strcmp(p.text + p.length - 3, "]}\n") == 0);
        p = (page){.most = 40};
        ck_assert_int_eq(tad_gradcheck_json(&report, (tad_writer){append, &p}), TAD_EIO);
        tad_gradcheck_free(&report);
    }
    expect_no_error(tape);
    tad_tape_free(tape);
}
END_TEST

/* What a report of numbers reads as. */
START_TEST(json)
{
    tad_gradcheck_entry entries[] = {
        {.input = 1, .element = 2, .value = 0.1, .analytic = (double)NAN, .verdict = TAD_WRONG}};
    tad_gradcheck_report report = {
        .count = 1, .entries = entries, .wrong = 1, .worst = HUGE_VAL, .evidence = "\"<&>\""};
    static page p;
    p = (page){.most = sizeof p.text - 1};
    expect_ok(tad_gradcheck_json(&report, (tad_writer){append, &p}));
    ck_assert_str_eq(
        p.text, "{\"count\": 1, \"agree\": 0, \"wrong\": 1, \"not_smooth\": 0, \"undecided\": 0, \"worst\": null, "
                "\"worst_entry\": 0, \"identity\": 0, \"cause\": \"none\", \"factor\": 0, \"wrong_modes\": [], "
                "\"evidence\": \"\\u0022\\u003c\\u0026\\u003e\\u0022\", \"hint\": \"nothing to do\", \"blame\": null, "
                "\"entries\": [\n{\"input\": 1, \"element\": 2, \"value\": 0.1, \"analytic\": null, \"recorded\": 0, "
                "\"forward\": 0, \"numeric\": 0, \"noise\": 0, \"verdict\": \"wrong\"}]}\n");
    ck_assert_int_eq(tad_gradcheck_json(NULL, (tad_writer){append, &p}), TAD_EARG);
    ck_assert_int_eq(tad_gradcheck_json(&report, (tad_writer){0}), TAD_EARG);
}
END_TEST

START_TEST(names)
{
    ck_assert_str_eq(tad_cause_name(TAD_CAUSE_NONE), "none");
    ck_assert_str_eq(tad_cause_name(TAD_CAUSE_UNKNOWN), "unknown");
    ck_assert_str_eq(tad_cause_name((tad_cause)99), "unknown cause");
    ck_assert_str_eq(tad_cause_hint((tad_cause)99), "");
    for (int i = 0; i <= TAD_CAUSE_UNKNOWN; i++)
        ck_assert(tad_cause_name((tad_cause)i)[0] && tad_cause_hint((tad_cause)i)[0]);
}
END_TEST

START_TEST(left_as_it_was)
{
    static const char *const faults[] = {"matmul TRANSPOSE_SECOND", "overwrites", "through_c", "stopped"};
    tad_tape                *tape = tad_tape_new();
    tad_var                  x = tad_scalar(tape, 0.3), y = tad_exp(x);
    expect_ok(tad_backward(y));
    for (size_t i = 0; i < COUNT(faults); i++) {
        tad_gradcheck_report report;
        size_t               mark = tad_tape_mark(tape);
        expect_ok(check(find(faults[i]), tape, NULL, &report));
        ck_assert_uint_eq(tad_tape_mark(tape), mark + (size_t)find(faults[i])->n);
        ck_assert(tad_grad(x) == exp(0.3) && report.wrong > 0);
        tad_gradcheck_free(&report);
        const tad_gradcheck_options only = {.no_diagnosis = true};
        expect_ok(check(find(faults[i]), tape, &only, &report));
        ck_assert(report.wrong > 0 && report.cause == TAD_CAUSE_NONE && !report.blame.operation[0]);
        tad_gradcheck_free(&report);
        ck_assert_int_eq(check(find(faults[i]), tape, NULL, NULL), TAD_EARG); /* without a report, in the error */
        expect_error(tape, TAD_EARG, "cause: ");
    }
    expect_no_error(tape);
    tad_tape_free(tape);
}
END_TEST

static tad_var smooth(void *user, size_t n, const tad_var x[])
{
    (void)user, (void)n;
    return tad_tanh(tad_mul(x[0], tad_exp(tad_mean(x[0]))));
}

START_TEST(second_order)
{
    const tad_gradcheck_options second = {.order = 2}, third = {.order = 3}, negative = {.order = -1};
    tad_tape                   *tape = tad_tape_new();
    tad_var                     x = vector(tape, 4, numbers);
    tad_gradcheck_report        report;
    expect_ok(tad_gradcheck(smooth, NULL, 1, &x, &second, &report));
    ck_assert(report.agree == 4 && report.count == 4 && report.identity < 1e-12);
    tad_gradcheck_free(&report);
    ck_assert_int_eq(tad_gradcheck(smooth, NULL, 1, &x, &third, &report), TAD_EARG);
    expect_error(tape, TAD_EARG, "order 3; expected");
    ck_assert_int_eq(tad_gradcheck(smooth, NULL, 1, &x, &negative, &report), TAD_EARG);
    expect_error(tape, TAD_EARG, "order -1; expected");
    tad_tape_free(tape);
}
END_TEST

static double bowl(const double *x, size_t n, double *grad)
{
    double y = 0;
    for (size_t i = 0; i < n; i++) {
        y += x[i] * x[i];
        grad[i] = 2 * x[i];
    }
    return y;
}

START_TEST(by_hand)
{
    tad_gradcheck_report        report;
    const tad_gradcheck_options bad[] = {{.order = 2}, {.tolerance = -1}, {.step = (double)NAN}};
    expect_ok(tad_gradcheck_function(bowl, 12, numbers, NULL, &report));
    ck_assert(report.count == 12 && report.agree == 12 && isnan(report.identity));
    ck_assert(report.entries[3].element == 3 && report.entries[3].value == numbers[3]);
    tad_gradcheck_free(&report);
    ck_assert_int_eq(tad_gradcheck_function(NULL, 1, numbers, NULL, &report), TAD_EARG);
    ck_assert_int_eq(tad_gradcheck_function(bowl, 0, numbers, NULL, &report), TAD_EARG);
    ck_assert_int_eq(tad_gradcheck_function(bowl, 1, NULL, NULL, &report), TAD_EARG);
    ck_assert_int_eq(tad_gradcheck_function(bowl, 1, numbers, NULL, NULL), TAD_EARG);
    for (size_t i = 0; i < COUNT(bad); i++)
        ck_assert_int_eq(tad_gradcheck_function(bowl, 1, numbers, &bad[i], &report), TAD_EARG);
    ck_assert(report.count == 0 && !report.entries);
}
END_TEST

/* The n-th request for memory fails, for n = 1, 2, ... until none does. The result is an error, or right. */
START_TEST(without_memory)
{
    static const char *const faults[] = {"matmul TRANSPOSE_SECOND", "mul_first_row", "overwrites", "through_c",
                                         "once_only"};
    const planted_fault     *fault = find(faults[_i]);
    size_t                   failures = 0;
    bool                     done = false;
    for (size_t n = 1; !done; n += 1 + n / 40) {
        heap                        h = {0};
        tad_gradcheck_report        report = {0};
        const tad_gradcheck_options options = {.order = fault->order};
        tad_tape                   *tape = heap_tape(&h);
        h.fail_at = h.calls + n;
        tad_status status = check(fault, tape, &options, &report);
        done = h.calls < h.fail_at;
        h.fail_at = 0;
        bool unharmed = status == TAD_OK && report.wrong > 0 && report.cause == fault->cause;
        ck_assert_msg(unharmed || (!done && status == TAD_ENOMEM), "request %d: %s, %s", (int)n,
                      tad_status_name(status), tad_cause_name(report.cause));
        failures += !unharmed;
        tad_gradcheck_free(&report);
        tad_tape_free(tape);
        ck_assert_uint_eq(h.blocks, 0);
    }
    ck_assert_uint_gt(failures, 8);
}
END_TEST

Suite *diagnosis_suite(void)
{
    Suite *suite = suite_create("diagnosis");
    TCase *tests = tcase_create("diagnosis");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, words);
    tcase_add_test(tests, json);
    tcase_add_test(tests, names);
    tcase_add_test(tests, left_as_it_was);
    tcase_add_test(tests, second_order);
    tcase_add_test(tests, by_hand);
    tcase_add_loop_test(tests, without_memory, 0, 5);
    suite_add_tcase(suite, tests);
    return suite;
}
