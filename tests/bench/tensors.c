/* Tensors: what recording a small operation costs, and a training loop that must neither allocate nor fault. */
#define _XOPEN_SOURCE 700
#include "bench.h"

#include <math.h>
#include <sys/resource.h>

/* ---- small operations ---- */

enum { CALLS = 256 }; /* in one run */

static struct {
    double  a[4], b[4];
    tad_var x, y;
    size_t  mark;
} small;

static bool set_small(bench_work *work)
{
    const int64_t dims[] = {2, 2};
    int           rank = (int)work->size;
    for (unsigned i = 0; i < 4; i++) {
        small.a[i] = bench_number(i);
        small.b[i] = bench_number(i + 4);
    }
    work->units = CALLS;
    small.x = tad_tensor(work->tape, TAD_F64, rank, rank == 1 ? (const int64_t[]){4} : dims, small.a);
    small.y = tad_tensor(work->tape, TAD_F64, rank, rank == 1 ? (const int64_t[]){4} : dims, small.b);
    small.mark = tad_tape_mark(work->tape);
    return tad_tape_status(work->tape) == TAD_OK;
}

static tad_var to_two_by_two(tad_var x)
{
    return tad_reshape(x, 2, (const int64_t[]){2, 2});
}

/* Records `operation` CALLS times; its last value is the result. */
#define RUN_SMALL(name, operation)                                                                                     \
    static void run_##name(bench_work *work, bench_result *result)                                                     \
    {                                                                                                                  \
        tad_var z = small.x;                                                                                           \
        tad_tape_rewind(work->tape, small.mark);                                                                       \
        for (int i = 0; i < CALLS; i++)                                                                                \
            z = (operation);                                                                                           \
        if (tad_count(z) == 1) {                                                                                       \
            result->value = tad_value(z);                                                                              \
            return;                                                                                                    \
        }                                                                                                              \
        result->n = 4;                                                                                                 \
        bench_require(tad_read(z, result->gradient, 4 * sizeof(double)) == TAD_OK, #name);                             \
    }
RUN_SMALL(mul, tad_mul(small.x, small.y))
RUN_SMALL(matmul, tad_matmul(small.x, small.y))
RUN_SMALL(sum, tad_sum(small.x))
RUN_SMALL(reshape, to_two_by_two(small.x))

/* What they should give. The values of a tensor stand where gradients do. */

static void expect_mul(bench_work *work, bench_result *result)
{
    (void)work;
    result->n = 4;
    for (int i = 0; i < 4; i++)
        result->gradient[i] = small.a[i] * small.b[i];
}

static void expect_matmul(bench_work *work, bench_result *result)
{
    (void)work;
    result->n = 4;
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            result->gradient[i * 2 + j] = small.a[i * 2] * small.b[j] + small.a[i * 2 + 1] * small.b[2 + j];
}

static void expect_sum(bench_work *work, bench_result *result)
{
    (void)work;
    result->value = small.a[0] + small.a[1] + small.a[2] + small.a[3];
}

static void expect_reshape(bench_work *work, bench_result *result)
{
    (void)work;
    result->n = 4;
    for (int i = 0; i < 4; i++)
        result->gradient[i] = small.a[i];
}

/* ---- a perceptron that learns: o = tanh(x W + b) V + c, E = mean((o - t)^2) ---- */

enum { BATCH = 8, INPUTS = 8, HIDDEN = 16, OUTPUTS = 4, PARAMETERS = 4 };

static const struct {
    int     rank;
    int64_t dims[2];
} shapes[PARAMETERS] = {{2, {INPUTS, HIDDEN}}, {1, {HIDDEN}}, {2, {HIDDEN, OUTPUTS}}, {1, {OUTPUTS}}};

static struct {
    float x[BATCH * INPUTS], t[BATCH * OUTPUTS];
    float parameters[PARAMETERS][INPUTS * HIDDEN], gradient[INPUTS * HIDDEN];
} perceptron;

static size_t parameter_count(int i)
{
    return (size_t)(shapes[i].dims[0] * (shapes[i].rank == 2 ? shapes[i].dims[1] : 1));
}

static bool set_perceptron(bench_work *work)
{
    work->units = 1;
    for (unsigned i = 0; i < BATCH * INPUTS; i++)
        perceptron.x[i] = (float)bench_number(i);
    for (unsigned i = 0; i < BATCH * OUTPUTS; i++)
        perceptron.t[i] = (float)bench_number(i + 1000);
    for (int i = 0; i < PARAMETERS; i++)
        for (unsigned k = 0; k < parameter_count(i); k++)
            perceptron.parameters[i][k] = (float)bench_number(k + 2000 * (unsigned)(i + 1));
    return true;
}

static void run_perceptron(bench_work *work, bench_result *result)
{
    tad_tape *tape = work->tape;
    tad_var   p[PARAMETERS];
    tad_tape_rewind(tape, 0);
    for (int i = 0; i < PARAMETERS; i++)
        p[i] = tad_tensor(tape, TAD_F32, shapes[i].rank, shapes[i].dims, perceptron.parameters[i]);
    tad_var x = tad_tensor_constant(tape, TAD_F32, 2, (const int64_t[]){BATCH, INPUTS}, perceptron.x);
    tad_var t = tad_tensor_constant(tape, TAD_F32, 2, (const int64_t[]){BATCH, OUTPUTS}, perceptron.t);
    tad_var hidden = tad_tanh(tad_add(tad_matmul(x, p[0]), p[1]));
    tad_var error = tad_mean(tad_square(tad_sub(tad_add(tad_matmul(hidden, p[2]), p[3]), t)));
    bench_require(tad_backward(error) == TAD_OK, tad_tape_message(tape));
    result->value = tad_value(error);
    for (int i = 0; i < PARAMETERS; i++) {
        size_t n = parameter_count(i);
        bench_require(tad_read_grad(p[i], perceptron.gradient, n * sizeof(float)) == TAD_OK, tad_tape_message(tape));
        for (size_t k = 0; k < n; k++)
            perceptron.parameters[i][k] -= 0.1F * perceptron.gradient[k];
    }
}

/* ---- its steady state ---- */

static struct {
    double allocations, faults;
    bool   measured;
} steady;

static void measure_steady_state(void)
{
    enum { WARM_UP = 3, STEPS = 1000 };
    bench_memory  memory = {0};
    tad_allocator allocator = bench_counting(&memory);
    bench_work    work = {.tape = tad_tape_new_with(&allocator)};
    bench_result  first = {0}, last = {0};
    struct rusage before, after;
    set_perceptron(&work);
    run_perceptron(&work, &first);
    for (int i = 1; i < WARM_UP; i++)
        run_perceptron(&work, &last);
    unsigned long calls = memory.calls;
    getrusage(RUSAGE_SELF, &before);
    for (int i = 0; i < STEPS; i++)
        run_perceptron(&work, &last);
    getrusage(RUSAGE_SELF, &after);
    bench_require(last.value < 0.5 * first.value, "the perceptron does not learn");
    steady.allocations = (double)(memory.calls - calls);
    steady.faults = (double)(after.ru_minflt - before.ru_minflt + after.ru_majflt - before.ru_majflt);
    steady.measured = true;
    tad_tape_free(work.tape);
}

static double count_allocations(void)
{
    if (!steady.measured)
        measure_steady_state();
    return steady.allocations;
}

static double count_faults(void)
{
    if (!steady.measured)
        measure_steady_state();
    return steady.faults;
}

#define SMALL(title, function, rank_, target)                                                                          \
    {                                                                                                                  \
        .name = (title), .unit = "call", .size = (rank_), .target_ns = (target), .setup = set_small,                   \
        .run = {[BENCH_OURS] = run_##function}, .expected = expect_##function                                          \
    }

static const bench_case cases[] = {
    SMALL("record mul of 4 numbers", mul, 1, 100),
    SMALL("record matmul of 2x2", matmul, 2, 0),
    SMALL("record sum of 4 numbers", sum, 1, 0),
    SMALL("record reshape of 4 numbers", reshape, 1, 0),
    {.name = "perceptron 8-16-4, batch 8, step",
     .unit = "step",
     .setup = set_perceptron,
     .run[BENCH_OURS] = run_perceptron},
};

static const bench_count counts[] = {
    {.name = "training: allocations in 1000 steps", .unit = "calls", .count = count_allocations},
    {.name = "training: page faults in 1000 steps", .unit = "faults", .count = count_faults},
};

const bench_table bench_tensors = {cases, sizeof cases / sizeof *cases, counts, sizeof counts / sizeof *counts};
