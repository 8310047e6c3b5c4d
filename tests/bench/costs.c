/* What a derivative costs: the time of the reverse sweep over the time of the recording, for every operation on about 100,000
 * elements, and the sum of its result (a view alone would take no time to record), and for some models. Times are the least of
 * several runs: others may be at work on the machine. An operation without a row is reported, and the benchmark fails. */
#include "bench.h"

#include "base/random.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_OPERANDS = 12, ELEMENTS = 100000, RUNS = 15 };
static const double target = 4, model_target = 3;

/* Shapes as in tad_sample: "[2, 3] [4]<5"; behind one, a + makes it positive (square matrices: symmetric and positive
 * definite), and a = constant. */
typedef struct cost {
    const char *name, *shapes;
    tad_var (*record)(const tad_var x[]);
} cost;

/* The operation with the attributes of one of its samples. */
static tad_var apply(const char *name, int sample, const tad_var x[])
{
    const tad_op *op = tad_op_find(name);
    return tad_apply(op, (tad_args){.n = op->arity, .x = x, .attributes = op->samples[sample].attributes});
}

#define COST(op, shapes, call)                                                                                         \
    static tad_var record_##op(const tad_var x[])                                                                      \
    {                                                                                                                  \
        return call;                                                                                                   \
    }
#include "costs.def"
#undef COST

static const cost costs[] = {
#define COST(op, shapes, call) {#op, shapes, record_##op},
#include "costs.def"
#undef COST
};

static const cost models[] = {
#define MODEL(name, shapes, function) {name, shapes, function},
#include "models.def"
#undef MODEL
};

/* ---- operands ---- */

typedef struct operand {
    int     rank;
    int64_t dims[TAD_MAX_RANK], count, below;
    bool    positive, constant;
} operand;

static int parse(const char *text, operand out[])
{
    int n = 0;
    for (const char *at = text; (at = strchr(at, '[')) != NULL; n++) {
        operand *to = &out[n];
        char    *end;
        *to = (operand){.count = 1};
        for (at++; *at != ']'; at = end + strspn(end, ", ")) {
            to->dims[to->rank] = strtoll(at, &end, 10);
            to->count *= to->dims[to->rank++];
        }
        if (at[1] == '<')
            to->below = strtoll(at + 2, NULL, 10);
        to->positive = at[1] == '+';
        to->constant = at[1] == '=';
    }
    return n;
}

static double number(const operand *o, int k, int64_t i, double low, double high)
{
    int64_t side = o->rank ? o->dims[o->rank - 1] : 1, row = i / side % side, column = i % side;
    bool    square = o->rank >= 2 && o->dims[o->rank - 2] == side;
    if (o->positive)
        low = 0.1;
    if (o->positive && square) /* the same above and below the diagonal */
        return row == column ? 2 + (double)row / (double)side
                             : 0.5 / (double)side * cos((double)(row + column) + (double)(row * column));
    if (o->below)
        return (double)(tad__random_bits((uint64_t)k, (uint64_t)i) % (uint64_t)o->below);
    return tad__random_uniform((uint64_t)k, (uint64_t)i, low, high);
}

static tad_var leaf(tad_tape *tape, const operand *o, int k, tad_dtype dtype, double low, double high)
{
    size_t   count = (size_t)o->count;
    double  *f64 = calloc(count + 1, sizeof *f64);
    float   *f32 = calloc(count + 1, sizeof *f32);
    int64_t *i64 = calloc(count + 1, sizeof *i64);
    bench_require(f64 && f32 && i64, "out of memory");
    for (int64_t i = 0; i < o->count; i++)
        i64[i] = (int64_t)(f32[i] = (float)(f64[i] = number(o, k, i, low, high)));
    const void *data = dtype == TAD_F32 ? (const void *)f32 : f64;
    tad_var     x = o->below      ? tad_tensor_constant(tape, TAD_I64, o->rank, o->dims, i64)
                    : o->constant ? tad_tensor_constant(tape, dtype, o->rank, o->dims, data)
                                  : tad_tensor(tape, dtype, o->rank, o->dims, data);
    free(f64);
    free(f32);
    free(i64);
    return x;
}

/* ---- times ---- */

/* op, if there is no row for it, is elementwise. */
static bool measure(const char *name, const cost *row, const tad_op *op, tad_dtype dtype, double range, double most)
{
    operand   operands[MOST_OPERANDS];
    tad_var   x[MOST_OPERANDS], y;
    double    forward = DBL_MAX, backward = DBL_MAX;
    char      shapes[64];
    tad_tape *tape = tad_tape_new();
    snprintf(shapes, sizeof shapes, "[%d] [%d]", ELEMENTS, ELEMENTS);
    int n = row ? parse(row->shapes, operands) : (parse(shapes, operands), op->arity);
    for (int k = 0; k < n; k++)
        x[k] = row ? leaf(tape, &operands[k], k, dtype, -range, range)
                   : leaf(tape, &operands[k], k, dtype, op->domain[2 * k], op->domain[2 * k + 1]);
    size_t mark = tad_tape_mark(tape);
    for (int i = -1; i < RUNS; i++) { /* the first is not counted */
        tad_tape_rewind(tape, mark);
        double start = bench_now();
        y = tad_sum(row ? row->record(x) : tad_apply(op, (tad_args){.n = n, .x = x}));
        double middle = bench_now();
        bench_require(tad_backward(y) == TAD_OK, tad_tape_message(tape));
        double end = bench_now();
        if (i >= 0) {
            forward = fmin(forward, middle - start);
            backward = fmin(backward, end - middle);
        }
    }
    double ratio = backward / forward;
    printf("  %-24s %s %10.1f us %10.1f us %7.2f%s\n", name, tad_dtype_name(dtype), forward * 1e6, backward * 1e6,
           ratio, ratio > most ? "  MISSED" : "");
    tad_tape_free(tape);
    return ratio <= most;
}

static const cost *find(const char *name)
{
    for (size_t i = 0; i < sizeof costs / sizeof *costs; i++)
        if (strcmp(costs[i].name, name) == 0)
            return &costs[i];
    return NULL;
}

static bool measure_operations(bool wanted(const char *name, char *const words[]), char *const words[])
{
    int           missed = 0, measured = 0, missing = 0;
    const tad_op *op;
    for (size_t i = 0; (op = tad_op_at(i)) != NULL; i++) {
        const cost *row = find(op->name);
        char        name[100];
        snprintf(name, sizeof name, "cost of %s", op->name);
        if (op->constant || !wanted(name, words))
            continue;
        if (!row && !op->partial[0]) {
            printf("  %-24s has no row in tests/bench/costs.def: WRONG\n", op->name);
            missing++;
            continue;
        }
        if (measured == 0)
            printf("derivatives of operations, <= %g       forward      backward   ratio\n", target);
        for (tad_dtype dtype = TAD_F32; dtype <= TAD_F64; dtype++, measured++)
            missed += !measure(op->name, row, op, dtype, 1, target);
    }
    if (measured > 0)
        printf("  %d of %d ratios within %g\n\n", measured - missed, measured, target);
    return missing == 0;
}

static void measure_models(bool wanted(const char *name, char *const words[]), char *const words[])
{
    int missed = 0, measured = 0;
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        char name[100];
        snprintf(name, sizeof name, "cost of %s", models[i].name);
        if (!wanted(name, words))
            continue;
        if (measured == 0)
            printf("derivatives of models, <= %g           forward      backward   ratio\n", model_target);
        for (tad_dtype dtype = TAD_F32; dtype <= TAD_F64; dtype++, measured++)
            missed += !measure(models[i].name, &models[i], NULL, dtype, 0.1, model_target);
    }
    if (measured > 0)
        printf("  %d of %d ratios within %g\n\n", measured - missed, measured, model_target);
}

bool bench_costs(bool wanted(const char *name, char *const words[]), char *const words[])
{
    bool complete = measure_operations(wanted, words);
    measure_models(wanted, words);
    return complete;
}
