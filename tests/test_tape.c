/* The tape: handles, marks, errors that stick, leaves, reading, names, and what was recorded. */
#include "suites.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static tad_tape *tape;

static void set_up(void)
{
    tape = tad_tape_new();
    ck_assert_ptr_nonnull(tape);
}

static void tear_down(void)
{
    tad_tape_free(tape);
}

/* ---- Handles ---- */

START_TEST(a_zeroed_handle_is_invalid)
{
    ck_assert(!tad_is_valid((tad_var){0}));
    ck_assert(!tad_is_valid((tad_var){.tape = tape}));
    tad_scalar(tape, 1);
    ck_assert(!tad_is_valid((tad_var){0}));
    expect_no_error(tape); /* asking is not an error */
}
END_TEST

START_TEST(a_handle_is_stale_after_a_rewind)
{
    tad_var kept = tad_scalar(tape, 1);
    size_t  mark = tad_tape_mark(tape);
    tad_var lost = tad_scalar(tape, 2);
    ck_assert_uint_eq(mark, 1);
    tad_tape_rewind(tape, mark);
    ck_assert(tad_is_valid(kept));
    ck_assert(!tad_is_valid(lost));
    ck_assert(isnan(tad_value(lost)));
    expect_error(tape, TAD_ESTALE, "tad_value: the handle is a stale handle, from before a rewind");

    tad_var again = tad_scalar(tape, 3); /* the same place on the tape */
    ck_assert_uint_eq(again.id, lost.id);
    ck_assert(tad_is_valid(again));
    ck_assert(!tad_is_valid(lost));
    ck_assert(!tad_is_valid(tad_add(lost, kept)));
    expect_error(tape, TAD_ESTALE, "add(a stale handle, from before a rewind, f64 scalar): operand 1 is a stale");
    expect_near(tad_value(again), 3, 0);
}
END_TEST

START_TEST(a_rewind_to_the_end_makes_nothing_stale)
{
    tad_var x = tad_scalar(tape, 1), y = tad_exp(x);
    tad_tape_rewind(tape, tad_tape_mark(tape));
    ck_assert(tad_is_valid(x) && tad_is_valid(y));
    tad_var z = tad_add(x, y); /* operands of two periods */
    ck_assert(tad_is_valid(z));
    expect_ok(tad_backward(z));
    expect_near(tad_grad(x), 1 + exp(1), 1e-15);
}
END_TEST

START_TEST(a_handle_of_another_tape_is_refused)
{
    tad_tape *other = tad_tape_new();
    tad_var   here = tad_scalar(tape, 1), there = tad_scalar(other, 2);
    ck_assert(!tad_is_valid(tad_mul(here, there)));
    expect_error(tape, TAD_ETAPE, "mul(f64 scalar, a handle of another tape): operand 2 is a handle of another tape");
    expect_no_error(other);
    ck_assert(!tad_is_valid(tad_mul(there, here)));
    expect_error(other, TAD_ETAPE, "operand 2 is a handle of another tape");
    ck_assert(!tad_is_valid(tad_mul(here, (tad_var){0})));
    expect_error(tape, TAD_ETAPE, "mul(f64 scalar, a zeroed handle): operand 2 is a zeroed handle");
    ck_assert(!tad_is_valid(tad_mul((tad_var){0}, here)));
    expect_error(tape, TAD_ETAPE, "operand 1 is a zeroed handle");
    tad_tape_free(other);
}
END_TEST

START_TEST(a_handle_of_a_freed_tape_does_not_fit_a_new_one)
{
    for (int i = 0; i < 100; i++) { /* malloc likes to hand out the same address again */
        tad_tape *first = tad_tape_new();
        tad_var   x = tad_scalar(first, 1);
        tad_tape_free(first);
        tad_tape *second = tad_tape_new();
        tad_var   y = tad_scalar(second, 2);
        ck_assert(x.tape != y.tape || !tad_is_valid(x));
        tad_tape_free(second);
    }
}
END_TEST

START_TEST(an_invalid_result_flows_on)
{
    tad_var x = tad_scalar(tape, 1), bad = tad_transpose(x);
    tad_var y = tad_exp(tad_mul(tad_add(bad, x), x));
    ck_assert(!tad_is_valid(y));
    ck_assert_ptr_eq(y.tape, tape);
    ck_assert(isnan(tad_value(y)));
    ck_assert_uint_eq(tad_tape_mark(tape), 1); /* nothing was recorded for it */
    expect_error(tape, TAD_ESHAPE, "transpose(f64 scalar): expected at least two axes");
    tad_add(bad, x);
    expect_error(tape, TAD_EARG, "operand 1 is the invalid result of a failed operation");
}
END_TEST

/* ---- Errors ---- */

START_TEST(the_first_error_sticks)
{
    tad_var x = tad_scalar(tape, 1);
    ck_assert_str_eq(tad_tape_message(tape), "");
    tad_transpose(x);
    char first[700];
    snprintf(first, sizeof first, "%s", tad_tape_message(tape));
    ck_assert(!tad_is_valid(tad_operand(x, 3)));
    tad_mul(x, (tad_var){0});
    ck_assert(isnan(tad_value((tad_var){.tape = tape})));
    ck_assert_int_eq(tad_tape_status(tape), TAD_ESHAPE);
    ck_assert_str_eq(tad_tape_message(tape), first);

    ck_assert(tad_is_valid(tad_exp(x))); /* the tape still works */
    tad_tape_rewind(tape, 0);
    ck_assert_int_eq(tad_tape_status(tape), TAD_ESHAPE); /* and a rewind does not hide the error */
    tad_tape_clear_error(tape);
    expect_no_error(tape);
    ck_assert_str_eq(tad_tape_message(tape), "");
    tad_operand(tad_scalar(tape, 1), 3);
    expect_error(tape, TAD_EARG, "tad_operand: operand 3 of a node that has 0");
}
END_TEST

/* With libdw the message ends in file, line and function, without it in program and offset. */
#define fails_here(call) (void)(call), expect_place(__LINE__)
static void expect_place(int line)
{
    char place[64];
    snprintf(place, sizeof place, ", at test_tape.c:%d", line);
    const char *message = tad_tape_message(tape);
    ck_assert_msg(strstr(message, place) || strstr(message, ", at check_tad+0x"), "'%s'; expected '%s'", message,
                  place);
    tad_tape_clear_error(tape);
}

START_TEST(an_error_names_the_line_of_the_call)
{
    tad_status    status;
    const int64_t two = 2, three = 3;
    tad_var       a = vector(tape, 2, (const double[]){1, 2}), b = vector(tape, 3, (const double[]){1, 2, 3});
    fails_here(tad_add(a, b));
    fails_here(tad_exp((tad_var){.tape = tape, .id = 9}));
    fails_here(tad_tensor(tape, TAD_F64, 1, &two, NULL));
    fails_here(tad_reshape(a, 1, &three));
    fails_here(tad_broadcast_to(a, 1, &three));
    fails_here(tad_matmul(a, b));
    fails_here(tad_slice(a, 7, 0, 1));
    fails_here(tad_value(a));
    fails_here(status = tad_backward(a));
    ck_assert_int_eq(status, TAD_ESHAPE);
    fails_here(tad_grad(a));
    fails_here((tad_tape_rewind(tape, 99), 0));
}
END_TEST

START_TEST(an_error_inside_sum_to_names_the_line_of_the_call)
{
    const int64_t three = 3;
    fails_here(tad_sum_to(vector(tape, 2, (const double[]){1, 2}), 1, &three));
}
END_TEST

START_TEST(an_error_inside_a_gradient_names_the_line_of_the_call)
{
    heap       h = {0};
    tad_tape  *usual = tape;
    tad_status status;
    tape = heap_tape(&h);
    tad_var x = tad_scalar(tape, 2), y = tad_tanh(x), g;
    h.fail_at = h.calls + 2; /* in the rule of tanh */
    h.for_ever = true;
    fails_here(status = tad_gradient(y, 1, &x, &g));
    ck_assert_int_eq(status, TAD_ENOMEM);
    tad_tape_free(tape);
    tape = usual;
}
END_TEST

/* ---- Marks ---- */

START_TEST(nested_marks)
{
    tad_var a = tad_scalar(tape, 2);
    size_t  outer = tad_tape_mark(tape);
    tad_var b = vector(tape, 3, (const double[]){1, 2, 3}), c = tad_mul(a, b);
    size_t  inner = tad_tape_mark(tape);
    for (int i = 0; i < 3; i++) {
        tad_var s = tad_sum(tad_mul(c, c));
        expect_near(tad_value(s), 56, 0);
        expect_ok(tad_backward(s));
        expect_near(tad_grad(a), 56, 0);
        tad_tape_rewind(tape, inner);
        ck_assert(tad_is_valid(c) && !tad_is_valid(s));
        expect_values(c, 2, 4, 6);
    }
    tad_tape_rewind(tape, outer);
    ck_assert(tad_is_valid(a) && !tad_is_valid(b) && !tad_is_valid(c));
    tad_tape_rewind(tape, 0);
    ck_assert(!tad_is_valid(a));
    ck_assert_uint_eq(tad_tape_mark(tape), 0);
    expect_no_error(tape);
}
END_TEST

START_TEST(a_mark_beyond_the_end)
{
    tad_var x = tad_scalar(tape, 1);
    tad_tape_rewind(tape, 2);
    expect_error(tape, TAD_EARG, "tad_tape_rewind: mark 2 is beyond the end of the tape, which has 1 nodes");
    tad_tape_rewind(tape, SIZE_MAX);
    expect_error(tape, TAD_EARG, "tad_tape_rewind: mark 18446744073709551615");
    ck_assert(tad_is_valid(x));
}
END_TEST

/* ---- Tapes with an allocator ---- */

START_TEST(a_tape_uses_its_allocator_alone)
{
    heap h = {0};
    ck_assert_ptr_null(tad_tape_new_with(NULL));
    ck_assert_ptr_null(tad_tape_new_with(&(tad_allocator){NULL, &h}));
    tad_tape *own = heap_tape(&h);
    ck_assert_uint_gt(h.blocks, 0);
    size_t  blocks = h.blocks;
    tad_var x = vector(own, 2, (const double[]){1, 2}), g;
    expect_ok(tad_backward(tad_named(tad_sum(tad_exp(x)), "y")));
    expect_ok(tad_gradient(tad_sum(tad_exp(x)), 1, &x, &g));
    ck_assert_uint_gt(h.blocks, blocks);
    tad_tape_free(own);
    ck_assert_uint_eq(h.blocks, 0);
    ck_assert_uint_eq(h.bytes, 0);
}
END_TEST

Suite *tape_suite(void)
{
    Suite *suite = suite_create("tape");
    TCase *handles = tcase_create("handles");
    tcase_add_checked_fixture(handles, set_up, tear_down);
    tcase_add_test(handles, a_zeroed_handle_is_invalid);
    tcase_add_test(handles, a_handle_is_stale_after_a_rewind);
    tcase_add_test(handles, a_rewind_to_the_end_makes_nothing_stale);
    tcase_add_test(handles, a_handle_of_another_tape_is_refused);
    tcase_add_test(handles, a_handle_of_a_freed_tape_does_not_fit_a_new_one);
    tcase_add_test(handles, an_invalid_result_flows_on);
    suite_add_tcase(suite, handles);

    TCase *errors = tcase_create("errors");
    tcase_add_checked_fixture(errors, set_up, tear_down);
    tcase_set_timeout(errors, 30); /* the first look into debugging information is slow */
    tcase_add_test(errors, the_first_error_sticks);
    tcase_add_test(errors, an_error_names_the_line_of_the_call);
    tcase_add_test(errors, an_error_inside_sum_to_names_the_line_of_the_call);
    tcase_add_test(errors, an_error_inside_a_gradient_names_the_line_of_the_call);
    suite_add_tcase(suite, errors);

    TCase *marks = tcase_create("marks");
    tcase_add_checked_fixture(marks, set_up, tear_down);
    tcase_add_test(marks, nested_marks);
    tcase_add_test(marks, a_mark_beyond_the_end);
    tcase_add_test(marks, a_tape_uses_its_allocator_alone);
    suite_add_tcase(suite, marks);
    return suite;
}
