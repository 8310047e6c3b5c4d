/* A training loop: after the second step it allocates nothing and faults no page. */
#include "suites.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { STEPS = SANITIZED ? 100 : 1000, WIDTH = 16, BATCH = 8 };

static double weights[WIDTH * WIDTH], inputs[BATCH * WIDTH];

/* One step of gradient descent; the tape starts empty. */
static void step_of_scalars(tad_tape *tape, bool named)
{
    tad_var w[WIDTH], y = tad_constant(tape, 0);
    for (int i = 0; i < WIDTH; i++)
        w[i] = tad_scalar(tape, weights[i]);
    for (int i = 0; i < WIDTH; i++) {
        char name[16];
        snprintf(name, sizeof name, "w%d", i);
        if (named)
            tad_named(w[i], name);
    }
    for (int k = 0; k < BATCH; k++) {
        tad_var sum = tad_constant(tape, 0);
        for (int i = 0; i < WIDTH; i++)
            sum = tad_add(sum, tad_mul(w[i], tad_constant(tape, inputs[k * WIDTH + i])));
        y = tad_add(y, tad_square(tad_sub(tad_sigmoid(sum), tad_constant(tape, 0.25))));
    }
    expect_ok(tad_backward(named ? tad_named(y, "loss") : y));
    for (int i = 0; i < WIDTH; i++)
        weights[i] -= 0.01 * tad_grad(w[i]);
}

static void step_of_tensors(tad_tape *tape, bool named)
{
    double  gradient[WIDTH * WIDTH];
    tad_var w = matrix(tape, WIDTH, WIDTH, weights), g;
    tad_var x = tad_tensor_constant(tape, TAD_F64, 2, (const int64_t[]){BATCH, WIDTH}, inputs);
    if (named)
        tad_named(w, "w");
    tad_var hidden = tad_tanh(tad_matmul(x, tad_transpose(w)));
    tad_var y = tad_mean(tad_square(tad_slice(hidden, 1, 0, WIDTH / 2)));
    expect_ok(tad_backward(named ? tad_named(y, "loss") : y));
    expect_ok(tad_read_grad(w, gradient, sizeof gradient));
    for (int i = 0; i < WIDTH * WIDTH; i++)
        weights[i] -= 0.01 * gradient[i];
    expect_ok(tad_gradient(y, 1, &w, &g)); /* a recorded gradient, too; what it takes for a while it gives back */
}

static void (*const steps[])(tad_tape *tape, bool named) = {step_of_scalars, step_of_tensors};

static void fill(void)
{
    for (int i = 0; i < WIDTH * WIDTH; i++)
        weights[i] = (i % 7 - 3) / 8.0;
    for (int i = 0; i < BATCH * WIDTH; i++)
        inputs[i] = (i % 11 - 5) / 4.0;
}

static long page_faults(void)
{
    struct rusage usage;
    ck_assert_int_eq(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_minflt;
}

/* Loop test _i: which step in bit 0, names in bit 1. */
START_TEST(no_memory_is_taken)
{
    heap      h = {0};
    tad_tape *tape = heap_tape(&h);
    size_t    bytes = 0, calls = 0;
    fill();
    for (int i = 0; i < STEPS; i++) {
        tad_tape_rewind(tape, 0);
        steps[_i & 1](tape, _i & 2);
        if (i == 1)
            bytes = h.bytes, calls = h.calls;
    }
    expect_no_error(tape);
    ck_assert_uint_gt(bytes, 0);
    ck_assert_uint_eq(h.bytes, bytes);
    ck_assert_uint_eq(h.calls, calls);
    tad_tape_free(tape);
    ck_assert_uint_eq(h.blocks, 0);
}
END_TEST

START_TEST(no_page_is_faulted)
{
    if (under_valgrind()) /* it faults pages of its own */
        return;
    tad_tape *tape = tad_tape_new();
    long      before = 0;
    fill();
    for (int i = 0; i < STEPS + 3; i++) {
        if (i == 3)
            before = page_faults();
        tad_tape_rewind(tape, 0);
        steps[_i & 1](tape, _i & 2);
    }
    ck_assert_int_eq(page_faults() - before, 0);
    expect_no_error(tape);
    tad_tape_free(tape);
}
END_TEST

/* The same values from a fresh tape and from one that was used before, to the last bit. */
START_TEST(a_used_tape_gives_the_same)
{
    double    fresh[WIDTH], first;
    tad_tape *tape = tad_tape_new();
    fill();
    steps[_i](tape, false);
    first = weights[0];
    for (int i = 0; i < WIDTH; i++)
        fresh[i] = weights[i];
    ck_assert_double_ne(first, -3 / 8.0);
    for (int round = 0; round < 3; round++) {
        steps[!_i](tape, true); /* something else in between */
        fill();
        tad_tape_rewind(tape, 0);
        steps[_i](tape, false);
        ck_assert_mem_eq(weights, fresh, sizeof fresh);
    }
    tad_tape_free(tape);
}
END_TEST

Suite *steady_suite(void)
{
    Suite *suite = suite_create("steady");
    TCase *loops = tcase_create("loops");
    tcase_set_timeout(loops, 60);
    tcase_add_loop_test(loops, no_memory_is_taken, 0, 4);
    if (!SANITIZED)
        tcase_add_loop_test(loops, no_page_is_faulted, 0, 4);
    tcase_add_loop_test(loops, a_used_tape_gives_the_same, 0, 2);
    suite_add_tcase(suite, loops);
    return suite;
}
