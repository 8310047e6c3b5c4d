/* A thousand functions whose gradients are right: none is called wrong. Random graphs of numbers and tensors, with kinks, with
 * floats on the way, and with values from 1e-12 to 1e12. */
#include "suites.h"
#include "support.h"

#include "base/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { FUNCTIONS = 1000, PARTS = 10, MOST_STEPS = 8 };

typedef struct random_graph {
    uint64_t seed;
    double   in, out;                      /* scales of input and result */
    bool     tensors, floats, kinks, bare; /* bare: one operation, straight on the badly scaled number */
} random_graph;

static double uniform(const random_graph *g, uint64_t i, double low, double high)
{
    return tad__random_uniform(g->seed, i, low, high);
}

static uint64_t pick(const random_graph *g, uint64_t i, uint64_t n)
{
    return tad__random_bits(g->seed + 17, i) % n;
}

static const tad_op *random_op(const random_graph *g, uint64_t i)
{
    static const tad_op *ops[200];
    static size_t        count;
    const tad_op        *op;
    for (size_t k = 0; count == 0 && (op = tad_op_at(k)) != NULL; k++)
        if (op->partial[0])
            ops[count++] = op;
    do
        op = ops[pick(g, i++, count)];
    while (op->kink && !g->kinks);
    return op;
}

/* Into the middle of an operation's domain. */
static tad_var bend(const tad_op *op, int k, tad_var x)
{
    double low = op->domain[2 * k], high = op->domain[2 * k + 1];
    return tad_add(tad_constant(x.tape, (low + high) / 2),
                   tad_mul(tad_constant(x.tape, 0.4 * (high - low)), tad_sin(x)));
}

static tad_var reshape(const random_graph *g, tad_var x, uint64_t i)
{
    const int64_t dims[] = {3, 4};
    tad_var       m = tad_reshape(x, 2, dims);
    switch (pick(g, i, 5)) {
    case 0:
        return tad_reshape(tad_transpose(tad_softmax(m, 1)), 1, (const int64_t[]){12});
    case 1:
        return tad_reshape(tad_matmul(tad_matmul(m, tad_transpose(m)), m), 1, (const int64_t[]){12});
    case 2:
        return tad_sub(x, tad_mean(x));
    case 3:
        return tad_reshape(tad_mul(m, tad_slice(m, 0, 1, 2)), 1, (const int64_t[]){12});
    default:
        return g->kinks ? tad_maximum(x, tad_max(tad_sin(x))) : tad_mul(x, tad_logsumexp(x));
    }
}

static tad_var record(void *user, size_t n, const tad_var x[])
{
    const random_graph      *g = user;
    static const char *const bare[] = {"reciprocal", "log", "sqrt", "square", "exp", "tanh"};
    tad_var                  y = x[0], u[2];
    (void)n;
    if (g->bare) {
        uint64_t      k = pick(g, 1, COUNT(bare));
        const tad_op *op = tad_op_find(bare[k]);
        if (k > 3)
            y = tad_mul(y, tad_constant(y.tape, uniform(g, 2, -2, 2) / g->in));
        return tad_apply(op, (tad_args){.n = 1, .x = &y});
    }
    y = tad_mul(y, tad_constant(y.tape, 1 / g->in));
    uint64_t steps = 1 + pick(g, 0, MOST_STEPS), middle = pick(g, 3, steps);
    for (uint64_t i = 0; i < steps; i++) {
        const tad_op *op = random_op(g, 100 * (i + 1));
        u[0] = bend(op, 0, y);
        u[1] = bend(op, 1, op->arity > 1 ? tad_mul(y, tad_constant(y.tape, 0.5)) : y);
        y = tad_apply(op, (tad_args){.n = op->arity, .x = u});
        if (g->tensors && pick(g, 50 + i, 2))
            y = reshape(g, tad_tanh(y), 70 + i);
        if (g->floats && i == middle)
            y = tad_cast(tad_cast(tad_tanh(y), TAD_F32), TAD_F64);
    }
    return tad_mul(tad_constant(y.tape, g->out), y);
}

static random_graph graph(uint64_t i)
{
    random_graph g = {.seed = tad__random_bits(4711, i)};
    g.in = pow(10, uniform(&g, 1, -12, 12));
    g.out = pow(10, uniform(&g, 2, -12, 12));
    g.bare = i % PARTS == 0;
    g.tensors = i % PARTS >= 6;
    g.kinks = i % PARTS % 2 == 1;
    g.floats = i % PARTS % 5 == 2;
    return g;
}

START_TEST(no_false_alarm)
{
    static char text[9000];
    size_t      entries = 0, agree = 0;
    tad_tape   *tape = tad_tape_new();
    for (uint64_t i = (uint64_t)_i; i < FUNCTIONS; i += PARTS) { /* of one kind */
        random_graph         g = graph(i);
        double               numbers[12];
        int64_t              count = g.tensors ? 12 : 1;
        tad_gradcheck_report report;
        for (int64_t k = 0; k < count; k++)
            numbers[k] = g.in * uniform(&g, 30 + (uint64_t)k, 0.2, 1.5);
        tad_var x = tad_tensor(tape, TAD_F64, 1, &count, numbers);
        expect_ok(tad_gradcheck(record, &g, 1, &x, &(const tad_gradcheck_options){.seed = i}, &report));
        tad_gradcheck_write(&report, false, text, report.wrong ? sizeof text : 400);
        ck_assert_msg(report.wrong == 0 && report.cause == TAD_CAUSE_NONE, "function %d, scales %.1e and %.1e:\n%s",
                      (int)i, g.in, g.out, text);
        if (getenv("TAD_SHOW") && report.agree < report.count)
            fprintf(stderr, "function %d, scales %.1e and %.1e:\n%s", (int)i, g.in, g.out, text);
        entries += report.count;
        agree += report.agree;
        tad_gradcheck_free(&report);
        tad_tape_rewind(tape, 0);
    }
    ck_assert_msg(agree * 100 >= entries * (graph((uint64_t)_i).floats ? 65 : 97), "only %d of %d entries agree",
                  (int)agree, (int)entries);
    expect_no_error(tape);
    tad_tape_free(tape);
}
END_TEST

Suite *false_alarms_suite(void)
{
    Suite *suite = suite_create("false alarms");
    TCase *tests = tcase_create("functions that are right");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, no_false_alarm, 0, PARTS);
    suite_add_tcase(suite, tests);
    return suite;
}
