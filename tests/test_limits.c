/* R6 and threads: graphs that are deep or wide, on a small stack, and tapes that are used at the same time. */
#include "suites.h"
#include "support.h"

#include <math.h>
#include <pthread.h>

#define SHORTER (SANITIZED ? 10 : 1)

enum { STACK = 256 * 1024, TIMEOUT = 120 };

/* ---- A small stack ---- */

/* What a task found, compared outside: a failed assertion would leave the thread by a long jump. */
typedef struct outcome {
    tad_status status;
    double     value, gradient;
} outcome;

typedef struct job {
    void (*run)(tad_tape *tape, outcome *o);
    outcome    found;
    tad_status tape_status;
} job;

static void *run_job(void *argument)
{
    job      *j = argument;
    tad_tape *tape = tad_tape_new();
    j->found.status = TAD_ENOMEM;
    if (tape)
        j->run(tape, &j->found);
    j->tape_status = tad_tape_status(tape);
    tad_tape_free(tape);
    return NULL;
}

/* `stack` 0: as large as usual. */
static pthread_t start(job *j, size_t stack)
{
    pthread_t      thread;
    pthread_attr_t attributes;
    ck_assert_int_eq(pthread_attr_init(&attributes), 0);
    if (stack)
        ck_assert_int_eq(pthread_attr_setstacksize(&attributes, stack), 0);
    ck_assert_int_eq(pthread_create(&thread, &attributes, run_job, j), 0);
    pthread_attr_destroy(&attributes);
    return thread;
}

static outcome run_alone(void (*run)(tad_tape *tape, outcome *o), size_t stack)
{
    job j = {.run = run};
    ck_assert_int_eq(pthread_join(start(&j, stack), NULL), 0);
    ck_assert_str_eq(tad_status_name(j.found.status), "TAD_OK");
    ck_assert_str_eq(tad_status_name(j.tape_status), "TAD_OK");
    return j.found;
}

/* ---- Deep and wide graphs ---- */

enum { CHAIN = 10000000 / SHORTER, FAN = (1 << 20) / SHORTER, RECORDED = 1000000 / SHORTER, VIEWS = 100000 / SHORTER };

/* x goes through 1 + x again and again, and is halved twice: exact in doubles. */
static void chain(tad_tape *tape, outcome *o)
{
    tad_var x = tad_scalar(tape, 3), one = tad_constant(tape, 1), half = tad_constant(tape, 0.5), y = x;
    for (int i = 0; i < CHAIN; i++)
        y = i == CHAIN / 3 || i == CHAIN / 2 ? tad_mul(y, half) : tad_add(y, one);
    o->value = tad_value(y);
    o->status = tad_backward(y);
    o->gradient = tad_grad(x);
}

START_TEST(a_long_chain)
{
    double expected = 3;
    for (int i = 0; i < CHAIN; i++)
        expected = i == CHAIN / 3 || i == CHAIN / 2 ? expected * 0.5 : expected + 1;
    outcome o = run_alone(chain, STACK);
    expect_near(o.value, expected, 0);
    expect_near(o.gradient, 0.25, 0);
}
END_TEST

static void fan_out(tad_tape *tape, outcome *o)
{
    tad_var x = tad_scalar(tape, 2), y = tad_constant(tape, 0);
    for (int i = 0; i < FAN; i++)
        y = tad_add(y, tad_mul(x, x));
    o->value = tad_value(y);
    o->status = tad_backward(y);
    o->gradient = tad_grad(x);
}

START_TEST(a_wide_fan_out)
{
    outcome o = run_alone(fan_out, STACK);
    expect_near(o.value, 4.0 * FAN, 0);
    expect_near(o.gradient, 4.0 * FAN, 0);
}
END_TEST

/* y = 2^-k x^2 after some doublings and halvings; the gradient is recorded, and then swept. */
static void recorded(tad_tape *tape, outcome *o)
{
    tad_var x = tad_scalar(tape, 3), two = tad_constant(tape, 2), y = tad_square(x), g;
    for (int i = 0; i < RECORDED; i++)
        y = i % 2 ? tad_mul(y, two) : tad_div(y, two);
    o->status = tad_gradient(y, 1, &x, &g);
    if (o->status != TAD_OK)
        return;
    o->value = tad_value(g);
    o->status = tad_backward(g);
    o->gradient = tad_grad(x);
}

START_TEST(a_long_chain_recorded)
{
    outcome o = run_alone(recorded, STACK);
    expect_near(o.value, 6, 0);
    expect_near(o.gradient, 2, 0);
}
END_TEST

static void forward(tad_tape *tape, outcome *o)
{
    tad_var x = tad_scalar(tape, 3), dx = tad_constant(tape, 1), two = tad_constant(tape, 2), y = tad_square(x), dy, hv;
    for (int i = 0; i < RECORDED / 10; i++)
        y = i % 2 ? tad_mul(y, two) : tad_div(y, two);
    o->status = tad_jvp(y, 1, &x, &dx, &dy);
    o->value = tad_value(dy);
    if (o->status == TAD_OK)
        o->status = tad_hvp(y, 1, &x, &dx, &hv);
    o->gradient = o->status == TAD_OK ? tad_value(hv) : 0;
}

START_TEST(a_long_chain_forward)
{
    outcome o = run_alone(forward, STACK);
    expect_near(o.value, 6, 0);
    expect_near(o.gradient, 2, 0);
}
END_TEST

static void views(tad_tape *tape, outcome *o)
{
    tad_var x = matrix(tape, 2, 3, (const double[]){1, 2, 3, 4, 5, 6}), y = x;
    for (int i = 0; i < VIEWS; i++) {
        y = tad_transpose(y);
        if (i % 1000 == 0)
            y = tad_slice(tad_broadcast_to(y, 3, (const int64_t[]){1, tad_dim(y, 0), tad_dim(y, 1)}), 1, 0, TAD_END);
        if (i % 1000 == 0)
            y = tad_reshape(y, 2, (const int64_t[]){tad_dim(y, 1), tad_dim(y, 2)});
    }
    tad_var s = tad_sum(tad_mul(tad_slice(y, 0, 1, 2), tad_constant(tape, 2)));
    double  g[6] = {0};
    o->value = tad_value(s);
    o->status = tad_backward(s);
    if (o->status == TAD_OK)
        o->status = tad_read_grad(x, g, sizeof g);
    o->gradient = g[0] == 0 && g[1] == 0 && g[2] == 0 && g[3] == 2 && g[4] == 2 ? g[5] : -1;
}

START_TEST(a_long_chain_of_views)
{
    outcome o = run_alone(views, STACK);
    expect_near(o.value, 30, 0); /* an even number of transpositions */
    expect_near(o.gradient, 2, 0);
}
END_TEST

/* ---- Threads ---- */

enum { THREADS = 4 };

static void mixed(tad_tape *tape, outcome *o)
{
    double gradient[64], data[64];
    for (int i = 0; i < 64; i++)
        data[i] = sin(i);
    for (int round = 0; round < 20; round++) {
        tad_tape_rewind(tape, 0);
        tad_var w = tad_named(matrix(tape, 8, 8, data), "w"), s = tad_scalar(tape, 0.5), g;
        tad_var y = tad_mean(tad_softplus(tad_matmul(tad_tanh(tad_mul(s, w)), tad_transpose(w))));
        o->status = tad_gradient(y, 1, &s, &g);
        if (o->status == TAD_OK)
            o->status = tad_backward(tad_add(y, tad_square(g)));
        if (o->status == TAD_OK)
            o->status = tad_read_grad(w, gradient, sizeof gradient);
        if (o->status != TAD_OK)
            return;
        for (int i = 0; i < 64; i++)
            data[i] -= 0.1 * gradient[i];
        o->value = tad_value(y);
        o->gradient = gradient[17];
    }
    tad_transpose(tad_scalar(tape, 1)); /* messages are per tape, too */
    if (tad_tape_message(tape)[0] == '\0')
        o->status = TAD_EARG;
    tad_tape_clear_error(tape);
}

START_TEST(tapes_in_threads)
{
    outcome   alone = run_alone(mixed, 0);
    job       jobs[THREADS];
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        jobs[i] = (job){.run = mixed};
        threads[i] = start(&jobs[i], 0);
    }
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        ck_assert_str_eq(tad_status_name(jobs[i].found.status), "TAD_OK");
        expect_near(jobs[i].found.value, alone.value, 0);
        expect_near(jobs[i].found.gradient, alone.gradient, 0);
    }
}
END_TEST

Suite *limits_suite(void)
{
    Suite *suite = suite_create("limits");
    TCase *deep = tcase_create("deep and wide");
    tcase_set_timeout(deep, TIMEOUT);
    tcase_add_test(deep, a_long_chain);
    tcase_add_test(deep, a_wide_fan_out);
    tcase_add_test(deep, a_long_chain_recorded);
    tcase_add_test(deep, a_long_chain_forward);
    tcase_add_test(deep, a_long_chain_of_views);
    suite_add_tcase(suite, deep);

    TCase *threads = tcase_create("threads");
    tcase_set_timeout(threads, TIMEOUT);
    tcase_add_test(threads, tapes_in_threads);
    suite_add_tcase(suite, threads);
    return suite;
}
