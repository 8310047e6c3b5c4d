/* Scalars: a determinant (a million nodes), a tiny network, chains that grow, bytes per node. */
#include "adolc.h"
#include "bench.h"

#include <math.h>

/* ---- determinant by minors ---- */

enum { MAX_SIZE = 9 };

static struct {
    int     size;
    double  numbers[MAX_SIZE * MAX_SIZE];
    tad_var vars[MAX_SIZE * MAX_SIZE];
} matrix;

#define NAME determinant
#define NUMBER tad_var
#define ENTRY(i, j) matrix.vars[(i)*matrix.size + (j)]
#define ADD tad_add
#define SUB tad_sub
#define MUL tad_mul
#include "determinant.inc"

#define NAME plain_determinant
#define NUMBER double
#define ENTRY(i, j) matrix.numbers[(i)*matrix.size + (j)]
#define ADD(a, b) ((a) + (b))
#define SUB(a, b) ((a) - (b))
#define MUL(a, b) ((a) * (b))
#include "determinant.inc"

static bool set_matrix(bench_work *work)
{
    matrix.size = (int)work->size;
    for (int i = 0; i < matrix.size * matrix.size; i++)
        matrix.numbers[i] = bench_number((unsigned)i);
    return true;
}

static void run_determinant(bench_work *work, bench_result *result)
{
    tad_tape *tape = work->tape;
    result->n = work->size * work->size;
    tad_tape_rewind(tape, 0);
    for (size_t i = 0; i < result->n; i++)
        matrix.vars[i] = tad_scalar(tape, matrix.numbers[i]);
    tad_var y = determinant(0, (1u << work->size) - 1);
    bench_require(tad_backward(y) == TAD_OK, tad_tape_message(tape));
    result->value = tad_value(y);
    for (size_t i = 0; i < result->n; i++)
        result->gradient[i] = tad_grad(matrix.vars[i]);
    work->units = (double)tad_tape_mark(tape);
}

/* Recorded once, then replayed. */
static bool record_matrix(bench_work *work)
{
    static tad_var y;
    set_matrix(work);
    for (size_t i = 0; i < work->size * work->size; i++)
        matrix.vars[i] = tad_scalar(work->tape, 0);
    y = determinant(0, (1u << work->size) - 1);
    work->state = &y;
    work->units = (double)tad_tape_mark(work->tape);
    return tad_is_valid(y);
}

static void run_determinant_again(bench_work *work, bench_result *result)
{
    tad_tape *tape = work->tape;
    tad_var   y = *(tad_var *)work->state;
    result->n = work->size * work->size;
    for (size_t i = 0; i < result->n; i++)
        bench_require(tad_set_value(matrix.vars[i], matrix.numbers[i]) == TAD_OK, tad_tape_message(tape));
    bench_require(tad_replay(tape) == TAD_OK, tad_tape_message(tape));
    bench_require(tad_backward(y) == TAD_OK, tad_tape_message(tape));
    result->value = tad_value(y);
    for (size_t i = 0; i < result->n; i++)
        result->gradient[i] = tad_grad(matrix.vars[i]);
}

static void run_plain_determinant(bench_work *work, bench_result *result)
{
    result->value = plain_determinant(0, (1u << work->size) - 1);
}

/* ---- the worked network ---- */

#define NAME network
#define NUMBER tad_var
#define CONSTANT(c) tad_constant(x[0].tape, c)
#define ADD tad_add
#define SUB tad_sub
#define MUL tad_mul
#define SIGMOID tad_sigmoid
#include "network.inc"

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

#define NAME plain_network
#define NUMBER double
#define CONSTANT(c) (c)
#define ADD(a, b) ((a) + (b))
#define SUB(a, b) ((a) - (b))
#define MUL(a, b) ((a) * (b))
#define SIGMOID sigmoid
#include "network.inc"

enum { WEIGHTS = 10 };
static double weights[BENCH_SIDES][WEIGHTS];

static bool set_weights(bench_work *work)
{
    work->units = 1;
    for (int side = 0; side < BENCH_SIDES; side++) {
        for (int i = 0; i < 8; i++)
            weights[side][i] = 0.1 * (i + 1);
        weights[side][8] = 0.25;
        weights[side][9] = 0.35;
    }
    return true;
}

static void run_network(bench_work *work, bench_result *result)
{
    tad_tape *tape = work->tape;
    tad_var   x[WEIGHTS];
    tad_tape_rewind(tape, 0);
    for (int i = 0; i < WEIGHTS; i++)
        x[i] = tad_scalar(tape, weights[BENCH_OURS][i]);
    tad_var y = network(x);
    bench_require(tad_backward(y) == TAD_OK, tad_tape_message(tape));
    result->value = tad_value(y);
    result->n = WEIGHTS;
    for (int i = 0; i < WEIGHTS; i++)
        result->gradient[i] = tad_grad(x[i]);
}

static void run_network_nodes(bench_work *work, bench_result *result)
{
    run_network(work, result);
    work->units = (double)tad_tape_mark(work->tape);
}

static void run_plain_network(bench_work *work, bench_result *result)
{
    (void)work;
    result->value = plain_network(weights[BENCH_PLAIN]);
}

static void update(double x[], const double gradient[])
{
    for (int i = 0; i < WEIGHTS; i++)
        x[i] -= 0.5 * gradient[i];
}

static void run_training(bench_work *work, bench_result *result)
{
    run_network(work, result);
    update(weights[BENCH_OURS], result->gradient);
}

/* ---- the same with ADOL-C ---- */

#ifdef TAD_BENCH_ADOLC
#define PEER(name, function) .peer = (name), .run[BENCH_PEER] = (function)

static void adolc_run_determinant(bench_work *work, bench_result *result)
{
    result->n = work->size * work->size;
    adolc_determinant((int)work->size, matrix.numbers, &result->value, result->gradient);
}

static void adolc_run_determinant_again(bench_work *work, bench_result *result)
{
    result->n = work->size * work->size;
    adolc_determinant_again((int)work->size, matrix.numbers, &result->value, result->gradient);
}

static void adolc_run_network(bench_work *work, bench_result *result)
{
    (void)work;
    result->n = WEIGHTS;
    adolc_network(weights[BENCH_PEER], &result->value, result->gradient);
}

static void adolc_run_network_again(bench_work *work, bench_result *result)
{
    (void)work;
    result->n = WEIGHTS;
    adolc_network_again(weights[BENCH_PEER], &result->value, result->gradient);
}

static void adolc_run_training(bench_work *work, bench_result *result)
{
    adolc_run_network(work, result);
    update(weights[BENCH_PEER], result->gradient);
}
#else
#define PEER(name, function) .peer = NULL
#endif

/* ---- chains ---- */

static void run_chain(bench_work *work, bench_result *result)
{
    tad_tape *tape = work->tape;
    tad_tape_rewind(tape, 0);
    tad_var x = tad_scalar(tape, 0.5), y = x;
    for (size_t i = 1; i < work->size; i++) /* towards y = x / (1 - x) */
        y = i % 2 ? tad_mul(y, x) : tad_add(y, x);
    bench_require(tad_backward(y) == TAD_OK, tad_tape_message(tape));
    result->value = tad_value(y);
    result->n = 1;
    result->gradient[0] = tad_grad(x);
    work->units = (double)tad_tape_mark(tape);
}

/* The same with its derivative by hand. */
static void expect_chain(bench_work *work, bench_result *result)
{
    double x = 0.5, y = x, dy = 1;
    for (size_t i = 1; i < work->size; i++) {
        dy = i % 2 ? dy * x + y : dy + 1;
        y = i % 2 ? y * x : y + x;
    }
    result->value = y;
    result->n = 1;
    result->gradient[0] = dy;
}

/* ---- memory ---- */

static double count_bytes(void)
{
    enum { NODES = 1 << 20 }; /* where the doubling arrays are full */
    bench_memory  memory = {0};
    tad_allocator allocator = bench_counting(&memory);
    tad_tape     *tape = tad_tape_new_with(&allocator);
    tad_var       x = tad_scalar(tape, 0.5), y = x;
    while (tad_tape_mark(tape) < NODES)
        y = tad_mul(y, x);
    double bytes = tad_backward(y) == TAD_OK ? (double)memory.peak / NODES : (double)NAN;
    tad_tape_free(tape);
    return bytes;
}

#define CHAIN(title, n)                                                                                                \
    {                                                                                                                  \
        .name = (title), .unit = "node", .size = (n), .run = {[BENCH_OURS] = run_chain}, .expected = expect_chain      \
    }

static const bench_case cases[] = {
    {.name = "determinant 9x9, gradient",
     .unit = "node",
     .size = 9,
     .target_ns = 8,
     .target_ratio = 0.35,
     .setup = set_matrix,
     .run[BENCH_OURS] = run_determinant,
     .run[BENCH_PLAIN] = run_plain_determinant,
     PEER("ADOL-C", adolc_run_determinant)},
    {.name = "determinant 9x9, its trace replayed",
     .unit = "node",
     .size = 9,
     .setup = record_matrix,
     .run[BENCH_OURS] = run_determinant_again,
     .run[BENCH_PLAIN] = run_plain_determinant,
     PEER("ADOL-C", adolc_run_determinant_again)},
    {.name = "network 2-2-2, gradient",
     .unit = "step",
     .target_ns = 1000,
     .setup = set_weights,
     .run[BENCH_OURS] = run_network,
     .run[BENCH_PLAIN] = run_plain_network,
     PEER("ADOL-C", adolc_run_network)},
    {.name = "network 2-2-2, per node",
     .unit = "node",
     .setup = set_weights,
     .run[BENCH_OURS] = run_network_nodes,
     .run[BENCH_PLAIN] = run_plain_network},
#ifdef TAD_BENCH_ADOLC
    {.name = "network 2-2-2, its trace reused",
     .unit = "step",
     .setup = set_weights,
     .run[BENCH_OURS] = run_network,
     PEER("ADOL-C", adolc_run_network_again)},
#endif
    {.name = "network 2-2-2, training step",
     .unit = "step",
     .target_ns = 1000,
     .setup = set_weights,
     .run[BENCH_OURS] = run_training,
     PEER("ADOL-C", adolc_run_training)},
    CHAIN("chain of 1e3", 1000),
    CHAIN("chain of 1e4", 10000),
    CHAIN("chain of 1e5", 100000),
    CHAIN("chain of 1e6", 1000000),
    CHAIN("chain of 1e7", 10000000),
};

static const bench_count counts[] = {
    {.name = "memory of a scalar node", .unit = "bytes", .target = 32, .tolerance = 0.01, .count = count_bytes},
};

const bench_table bench_scalars = {cases, sizeof cases / sizeof *cases, counts, sizeof counts / sizeof *counts};
