/* What a derivative costs: the time of the reverse sweep over the time of the recording, for every operation on about 100,000
 * elements, and the sum of its result: a view alone would take no time to record. An operation without a row here is reported, and the benchmark fails. */
#include "bench.h"

#include "base/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_OPERANDS = 8, ELEMENTS = 100000, RUNS = 7 };
static const double target = 4;

/* Shapes as in tad_sample: "[2, 3] [4]<5"; a + behind a square matrix makes it symmetric and positive definite. */
typedef struct cost {
    const char *op, *shapes;
    tad_var (*record)(const tad_var x[]);
} cost;

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

/* ---- operands ---- */

typedef struct operand {
    int     rank;
    int64_t dims[TAD_MAX_RANK], count, below;
    bool    definite;
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
        to->definite = at[1] == '+';
    }
    return n;
}

static double number(const operand *o, int k, int64_t i, double low, double high)
{
    int64_t side = o->rank ? o->dims[o->rank - 1] : 1, row = i / side % side, column = i % side;
    if (o->definite) /* the same above and below the diagonal */
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
    tad_var x = o->below           ? tad_tensor_constant(tape, TAD_I64, o->rank, o->dims, i64)
                : dtype == TAD_F32 ? tad_tensor(tape, TAD_F32, o->rank, o->dims, f32)
                                   : tad_tensor(tape, TAD_F64, o->rank, o->dims, f64);
    free(f64);
    free(f32);
    free(i64);
    return x;
}

/* ---- times ---- */

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool measure(const tad_op *op, const cost *row, tad_dtype dtype)
{
    static const double usual[] = {-1, 1, -1, 1};
    operand             operands[MOST_OPERANDS];
    tad_var             x[MOST_OPERANDS], y = {0};
    double              forward[RUNS], backward[RUNS];
    char                shapes[64];
    tad_tape           *tape = tad_tape_new();
    snprintf(shapes, sizeof shapes, "[%d] [%d]", ELEMENTS, op->arity == 2 ? ELEMENTS : 0);
    int n = parse(row ? row->shapes : shapes, operands);
    for (int k = 0; k < n; k++) {
        const double *domain = row || k > 1 ? usual : &op->domain[2 * k];
        x[k] = leaf(tape, &operands[k], k, dtype, domain[0], domain[1]);
    }
    size_t mark = tad_tape_mark(tape);
    for (int i = -1; i < RUNS; i++) { /* the first is not counted */
        tad_tape_rewind(tape, mark);
        double start = bench_now();
        y = row ? row->record(x) : tad_apply(op, (tad_args){.n = op->arity, .x = x});
        tad_var sum = tad_sum(y);
        double  middle = bench_now();
        bench_require(tad_backward(sum) == TAD_OK, tad_tape_message(tape));
        if (i >= 0) {
            forward[i] = middle - start;
            backward[i] = bench_now() - middle;
        }
    }
    qsort(forward, RUNS, sizeof *forward, ascending);
    qsort(backward, RUNS, sizeof *backward, ascending);
    double ratio = backward[RUNS / 2] / forward[RUNS / 2];
    printf("  %-24s %s %10.1f us %10.1f us %7.2f%s\n", op->name, tad_dtype_name(dtype), forward[RUNS / 2] * 1e6,
           backward[RUNS / 2] * 1e6, ratio, ratio > target ? "  MISSED" : "");
    tad_tape_free(tape);
    return ratio <= target;
}

static const cost *find(const char *name)
{
    for (size_t i = 0; i < sizeof costs / sizeof *costs; i++)
        if (strcmp(costs[i].op, name) == 0)
            return &costs[i];
    return NULL;
}

bool bench_costs(bool wanted(const char *name, char *const words[]), char *const words[])
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
            printf("what derivatives cost, at most %g      forward      backward   ratio\n", target);
        for (tad_dtype dtype = TAD_F32; dtype <= TAD_F64; dtype++, measured++)
            missed += !measure(op, row, dtype);
    }
    if (measured > 0)
        printf("  %d of %d ratios within %g\n\n", measured - missed, measured, target);
    return missing == 0;
}
