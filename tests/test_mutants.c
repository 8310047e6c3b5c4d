/* Mutants of the structured operations' derivatives: each operation is copied, its rule in numbers or its recorded rule made
 * wrong, and the gradient check has to notice. (Mutants of elementwise.def are compiled: see tests/mutants.) */
#include "suites.h"
#include "support.h"

#include "base/random.h"
#include "tensor/array.h"
#include "tensor/move.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_OPERANDS = 4, MOST_ELEMENTS = 256 };

typedef enum change { NEGATE, TWICE, HALF, DROP, SWAP, TRANSPOSE, ROTATE, CHANGES } change;
static const char *const change_names[] = {"negated", "doubled",    "halved", "dropped",
                                           "swapped", "transposed", "rotated"};

/* What a mutated operation carries as `impl`. */
typedef struct mutation {
    const tad_op *op; /* the right one */
    change        change;
    int           operand; /* whose gradient is changed */
} mutation;

/* ---- the recorded rule ---- */

static tad_var sum_down(tad_var g, tad_var x)
{
    int64_t dims[TAD_MAX_RANK];
    for (int i = 0; i < tad_rank(x); i++)
        dims[i] = tad_dim(x, i);
    return tad_sum_to(g, tad_rank(x), dims);
}

/* The last number moves to the front. */
static tad_var rotate(tad_var g)
{
    int64_t n = tad_count(g), dims[TAD_MAX_RANK];
    tad_var flat = tad_reshape(g, 1, &n);
    for (int i = 0; i < tad_rank(g); i++)
        dims[i] = tad_dim(g, i);
    flat = tad_add(tad_pad(tad_slice(flat, 0, 0, n - 1), 0, 1, 0), tad_pad(tad_slice(flat, 0, n - 1, n), 0, 0, n - 1));
    return tad_reshape(flat, tad_rank(g), dims);
}

static void mutated_vjp(const tad_rule *rule)
{
    const mutation *m = rule->op->impl;
    tad_rule        right = *rule;
    right.op = m->op;
    m->op->vjp(&right);
    for (int k = 0; k < rule->n; k++)
        if (rule->wanted[k] && rule->gx[k].tape)
            rule->gx[k] = sum_down(rule->gx[k], rule->x[k]);
    tad_var *g = &rule->gx[m->operand], other;
    if (!rule->wanted[m->operand] || !g->tape)
        return;
    switch (m->change) {
    case NEGATE:
        *g = tad_neg(*g);
        break;
    case TWICE:
        *g = tad_add(*g, *g);
        break;
    case HALF:
        *g = tad_mul(*g, tad_constant(g->tape, 0.5));
        break;
    case DROP:
        *g = (tad_var){0};
        break;
    case SWAP:
        other = rule->gx[1 - m->operand];
        rule->gx[1 - m->operand] = *g;
        *g = other;
        break;
    case TRANSPOSE:
        *g = tad_transpose(*g);
        break;
    case ROTATE:
        *g = rotate(*g);
        break;
    case CHANGES:
        break;
    }
}

/* ---- the rule in numbers ---- */

static void right_numbers(const tad_call *call, const tad_op *op, const tad_array *gy, const tad_array gx[])
{
    tad_call  right = *call;
    tad_array seen = *call->out;
    right.op = op;
    if (op->backward) {
        op->backward(&right, gy, gx);
        return;
    }
    right.out = &seen;
    ck_assert(op->view(&right, &gx[0], &seen));
    tad__accumulate(&seen, gy, 1);
}

static void mutated_backward(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    static double   numbers[MOST_OPERANDS][MOST_ELEMENTS], changed[MOST_ELEMENTS];
    const mutation *m = call->op->impl;
    tad_array       right[MOST_OPERANDS], to[MOST_OPERANDS];
    int64_t         counts[MOST_OPERANDS];
    memset(numbers, 0, sizeof numbers);
    for (int k = 0; k < call->n; k++) {
        to[k] = right[k] = gx[k];
        counts[k] = tad__array_count(&gx[k]);
        ck_assert(gx[k].data && gx[k].dtype == TAD_F64 && counts[k] <= MOST_ELEMENTS);
        tad__array_set_c_order(&right[k]);
        right[k].data = numbers[k];
    }
    right_numbers(call, m->op, gy, right);
    double      *g = numbers[m->operand];
    int64_t      n = counts[m->operand];
    const double factors[CHANGES] = {[NEGATE] = -1, [TWICE] = 2, [HALF] = 0.5, [DROP] = 0};
    if (m->change == SWAP) {
        right[0].data = numbers[1];
        right[1].data = numbers[0];
    } else if (m->change == TRANSPOSE) {
        int64_t side = gx[m->operand].dims[gx[m->operand].rank - 1];
        for (int64_t i = 0; i < n; i++)
            changed[i] = g[i / (side * side) * side * side + i % side * side + i / side % side];
        right[m->operand].data = changed;
    } else if (m->change == ROTATE) {
        for (int64_t i = 0; i < n; i++)
            changed[i] = g[(i + n - 1) % n];
        right[m->operand].data = changed;
    } else {
        for (int64_t i = 0; i < n; i++)
            g[i] *= factors[m->change];
    }
    for (int k = 0; k < call->n; k++)
        tad__accumulate(&to[k], &right[k], 1);
}

/* ---- checking them ---- */

typedef struct subject {
    tad_op            op;
    const tad_sample *sample;
} subject;

static tad_var record(void *user, size_t n, const tad_var x[])
{
    const subject *s = user;
    return tad_apply(&s->op, (tad_args){.n = (int)n, .x = x, .attributes = s->sample->attributes});
}

static void make_inputs(const subject *s, tad_tape *tape, tad_var x[])
{
    for (int k = 0; k < s->sample->n; k++) {
        double numbers[MOST_ELEMENTS];
        for (uint64_t i = 0; i < MOST_ELEMENTS; i++)
            numbers[i] = tad__random_uniform(7 + (uint64_t)k, i, -2, 2);
        x[k] = tad_tensor(tape, TAD_F64, s->sample->in[k].rank, s->sample->in[k].dims, numbers);
    }
}

static bool is_empty(const tad_sample *sample)
{
    bool empty = false;
    for (int k = 0; k < sample->n; k++)
        empty |= tad__array_count(&sample->in[k]) == 0;
    return empty;
}

/* Can this gradient be changed so? */
static bool applies(const tad_sample *sample, change c, int operand)
{
    const tad_array *x = &sample->in[operand];
    if (c == SWAP)
        return sample->n == 2 && operand == 0 && tad__array_same_shape(x, &sample->in[1]);
    if (c == TRANSPOSE)
        return x->rank >= 2 && x->dims[x->rank - 1] == x->dims[x->rank - 2] && x->dims[x->rank - 1] > 1;
    return c != ROTATE || tad__array_count(x) > 1;
}

/* A change of order changes nothing where the numbers are equal. The report has the gradients before the change. */
static bool changes_numbers(const tad_gradcheck_report *report, const tad_sample *sample, change c, int operand)
{
    double  g[MOST_ELEMENTS], other[MOST_ELEMENTS];
    int64_t n = 0, m = 0, side = c == TRANSPOSE ? sample->in[operand].dims[sample->in[operand].rank - 1] : 1;
    bool    differs = false;
    for (size_t i = 0; i < report->count; i++) {
        if (report->entries[i].input == (size_t)operand)
            g[n++] = report->entries[i].numeric;
        else
            other[m++] = report->entries[i].numeric;
    }
    for (int64_t i = 0; i < n; i++) {
        int64_t from = i / (side * side) * side * side + i % side * side + i / side % side;
        double  now = c == ROTATE ? g[(i + n - 1) % n] : c == TRANSPOSE ? g[from] : c == SWAP ? other[i] : 0;
        differs |= fabs(now - g[i]) > 1e-3 * fabs(g[i]);
    }
    return differs;
}

static void expect_found(const subject *s, tad_tape *tape, size_t n, const tad_var x[], const char *what)
{
    tad_gradcheck_report report;
    const mutation      *m = s->op.impl;
    expect_ok(tad_gradcheck(record, (void *)(uintptr_t)s, n, x, NULL, &report));
    ck_assert_msg(report.wrong > 0, "%s, sample %d: the %s gradient of operand %d is %s, and nothing is found wrong",
                  s->op.name, (int)(s->sample - m->op->samples), what, m->operand, change_names[m->change]);
    tad_gradcheck_free(&report);
    expect_no_error(tape);
}

/* Both executions of one change; returns how many mutants that were. */
static int check_change(const tad_op *op, const tad_sample *sample, tad_tape *tape, size_t n, const tad_var x[],
                        change c, int operand)
{
    const mutation m = {op, c, operand};
    subject        numbers = {*op, sample}, nodes = {*op, sample};
    numbers.op.impl = nodes.op.impl = &m;
    numbers.op.backward = mutated_backward;
    nodes.op.vjp = mutated_vjp;
    expect_found(&numbers, tape, n, x, "numeric");
    expect_found(&nodes, tape, n, x, "recorded");
    return 2;
}

static int check_sample(const tad_op *op, const tad_sample *sample, tad_tape *tape)
{
    subject              right = {*op, sample};
    tad_gradcheck_report report;
    tad_var              x[MOST_OPERANDS];
    int                  mutants = 0;
    tad_tape_rewind(tape, 0);
    make_inputs(&right, tape, x);
    expect_ok(tad_gradcheck(record, &right, (size_t)sample->n, x, NULL, &report));
    ck_assert_uint_eq(report.agree, report.count);
    for (int operand = 0; operand < sample->n; operand++)
        for (int c = NEGATE; c < CHANGES; c++)
            if (applies(sample, (change)c, operand) && changes_numbers(&report, sample, (change)c, operand))
                mutants += check_change(op, sample, tape, (size_t)sample->n, x, (change)c, operand);
    tad_gradcheck_free(&report);
    return mutants;
}

static const tad_op *structured(int i)
{
    const tad_op *op;
    for (size_t at = 0; (op = tad_op_at(at)) != NULL; at++)
        if (!op->partial[0] && i-- == 0)
            return op;
    return NULL;
}

START_TEST(structured_operations)
{
    const tad_op *op = structured(_i);
    tad_tape     *tape = tad_tape_new();
    int           mutants = 0;
    for (int i = 0; i < op->sample_count; i++)
        if (!is_empty(&op->samples[i]))
            mutants += check_sample(op, &op->samples[i], tape);
    ck_assert_msg(mutants >= 2 * 4 * op->arity * 3, "%s: only %d mutants", op->name, mutants);
    tad_tape_free(tape);
}
END_TEST

Suite *mutants_suite(void)
{
    Suite *suite = suite_create("mutants");
    TCase *tests = tcase_create("structured operations");
    int    count = 0;
    while (structured(count))
        count++;
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, structured_operations, 0, count);
    suite_add_tcase(suite, tests);
    return suite;
}
