/* Scopes: which nodes are in which, nesting, rewinds. */
#include "suites.h"
#include "support.h"

#include <stdio.h>
#include <string.h>

static tad_tape *tape;

static void set_up(void)
{
    tape = tad_tape_new();
}

static void tear_down(void)
{
    expect_no_error(tape);
    tad_tape_free(tape);
}

static void expect_scope(tad_var x, const char *expected)
{
    char text[200];
    ck_assert_uint_eq(tad_scope_of(x, text, sizeof text), strlen(expected));
    ck_assert_str_eq(text, expected);
}

START_TEST(nesting)
{
    tad_var before = tad_scalar(tape, 1);
    tad_scope_begin(tape, "encoder");
    tad_var outer = tad_sin(before);
    tad_scope_begin(tape, "0");
    tad_var inner = tad_sin(outer);
    tad_scope_end(tape);
    tad_scope_begin(tape, "1");
    tad_scope_begin(tape, "attention");
    tad_var deep = tad_sin(inner);
    tad_scope_end(tape);
    tad_scope_end(tape);
    tad_var again = tad_sin(deep);
    tad_scope_end(tape);
    tad_var after = tad_sin(again);
    expect_scope(before, "");
    expect_scope(outer, "encoder");
    expect_scope(inner, "encoder/0");
    expect_scope(deep, "encoder/1/attention");
    expect_scope(again, "encoder");
    expect_scope(after, "");
}
END_TEST

START_TEST(open_scopes)
{
    tad_scope_begin(tape, "a");
    tad_scope_begin(tape, "b");
    tad_var x = tad_scalar(tape, 1);
    expect_scope(x, "a/b");
    tad_scope_end(tape);
    tad_var y = tad_scalar(tape, 1);
    expect_scope(y, "a");
    tad_scope_end(tape);
    expect_scope(tad_scalar(tape, 1), "");
    expect_scope(x, "a/b");
}
END_TEST

START_TEST(rewinds)
{
    tad_scope_begin(tape, "loop");
    tad_var first = tad_scalar(tape, 1);
    for (int step = 0; step < 3; step++) {
        tad_tape_rewind(tape, 1);
        tad_scope_begin(tape, "step");
        expect_scope(tad_sin(first), "loop/step");
        tad_scope_end(tape);
        expect_scope(tad_sin(first), "loop");
    }
    tad_scope_begin(tape, "open");
    tad_sin(first);
    tad_tape_rewind(tape, 0); /* what is open stays open */
    expect_scope(tad_scalar(tape, 1), "loop/open");
    tad_scope_end(tape);
    expect_scope(tad_scalar(tape, 1), "loop");
    tad_scope_end(tape);
    tad_tape_rewind(tape, 0);
    expect_scope(tad_scalar(tape, 1), "");
    /* cut in the middle of a scope that has ended */
    tad_tape_rewind(tape, 0);
    tad_scope_begin(tape, "cut");
    tad_var kept = tad_scalar(tape, 1);
    tad_scalar(tape, 2);
    tad_scope_end(tape);
    tad_tape_rewind(tape, 1);
    expect_scope(kept, "cut");
    expect_scope(tad_scalar(tape, 1), "");
}
END_TEST

/* Rules record and rewind at the end of the tape: that leaves scopes alone. */
START_TEST(derivatives_leave_scopes_alone)
{
    double one = 1;
    tad_scope_begin(tape, "s");
    tad_var x = vector(tape, 1, &one), y = tad_sum(tad_sin(tad_mul(x, x)));
    ck_assert(tad_local_derivative(tad_sin(x), 0) < 1);
    expect_ok(tad_backward(y));
    expect_scope(y, "s");
    expect_scope(tad_sin(y), "s");
    tad_scope_end(tape);
    expect_ok(tad_backward(y));
    expect_scope(y, "s");
}
END_TEST

START_TEST(names)
{
    char        text[200];
    const char *name = "0123456789012345678901234567890123456789012345\xc3\xa9 and more";
    tad_scope_begin(tape, name);
    tad_var x = tad_scalar(tape, 1);
    tad_scope_end(tape);
    ck_assert_uint_eq(tad_scope_of(x, text, sizeof text), 46); /* the 47th byte begins a character of two */
    ck_assert(memcmp(text, name, 46) == 0);
    for (size_t size = 0; size < 50; size++) {
        memset(text, '#', sizeof text);
        ck_assert_uint_eq(tad_scope_of(x, text, size), 46);
        ck_assert(size == 0 || strlen(text) == (size <= 46 ? size - 1 : 46));
        ck_assert(text[size] == '#');
    }
    ck_assert_uint_eq(tad_scope_of(x, NULL, 10), 46);
}
END_TEST

START_TEST(many_steps_take_no_memory)
{
    heap      h = {0};
    tad_tape *small = heap_tape(&h);
    size_t    calls = 0;
    for (int step = 0; step < 100; step++) {
        tad_tape_rewind(small, 0);
        tad_scope_begin(small, "outer");
        tad_scope_begin(small, "empty");
        tad_scope_end(small);
        tad_scope_begin(small, "inner");
        tad_scalar(small, 1);
        tad_scope_end(small);
        tad_scope_end(small);
        calls = step == 1 ? h.calls : calls;
    }
    ck_assert_uint_eq(h.calls, calls);
    h.fail_at = h.calls + 1;
    h.for_ever = true;
    for (int i = 0; i < 100; i++)
        tad_scope_begin(small, "more");
    expect_error(small, TAD_ENOMEM, "tad_scope_begin: out of memory");
    tad_tape_free(small);
    ck_assert_uint_eq(h.blocks, 0);
}
END_TEST

START_TEST(errors)
{
    tad_scope_begin(tape, NULL);
    expect_error(tape, TAD_EARG, "tad_scope_begin: the name is NULL");
    tad_scope_end(tape);
    expect_error(tape, TAD_EARG, "tad_scope_end: no scope is open");
    tad_scope_begin(NULL, "x");
    tad_scope_end(NULL);
}
END_TEST

Suite *scopes_suite(void)
{
    Suite *suite = suite_create("scopes");
    TCase *tests = tcase_create("scopes");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, nesting);
    tcase_add_test(tests, open_scopes);
    tcase_add_test(tests, rewinds);
    tcase_add_test(tests, derivatives_leave_scopes_alone);
    tcase_add_test(tests, names);
    tcase_add_test(tests, many_steps_take_no_memory);
    tcase_add_test(tests, errors);
    suite_add_tcase(suite, tests);
    return suite;
}
