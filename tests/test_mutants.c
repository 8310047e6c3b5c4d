/* Mutants of the structured operations' derivatives: each operation is copied, its rule in numbers or its recorded rule made
 * wrong, and the gradient check has to notice. (Mutants of elementwise.def are compiled: see tests/mutants.) */
#include "samples.h"
#include "suites.h"
#include "support.h"

#include "tensor/array.h"
#include "tensor/move.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_OPERANDS = SAMPLE_OPERANDS, MOST_ELEMENTS = 256 };

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
    if (!rule->wanted[m->operand] || (!g->tape && m->change != SWAP))
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
        if (call->in[k].dtype == TAD_I64)
            continue;
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
        if (to[k].data)
            tad__accumulate(&to[k], &right[k], 1);
}

/* ---- checking them ---- */

typedef struct subject {
    tad_op        op;
    const sample *sample;
} subject;

static tad_var record(void *user, size_t n, const tad_var leaves[])
{
    const subject *s = user;
    sample         with = *s->sample;
    with.op = &s->op;
    return sample_record(&with, n, leaves);
}

static int64_t count_at(const sample *s, int k)
{
    int64_t count = 1;
    for (int i = 0; i < s->in[k].rank; i++)
        count *= s->in[k].dims[i];
    return count;
}

static bool is_square(const sample_operand *x)
{
    return x->rank >= 2 && x->dims[x->rank - 1] == x->dims[x->rank - 2] && x->dims[x->rank - 1] > 1;
}

/* Can this gradient be changed so? What is prepared can be symmetric, and then another order may be as good. */
static bool applies(const sample *s, change c, int operand)
{
    const sample_operand *x = &s->in[operand], *other = &s->in[1];
    if (s->op->prepare && (c == SWAP || c == TRANSPOSE || c == ROTATE))
        return false;
    if (c == SWAP)
        return s->n == 2 && operand == 0 && !other->below && x->rank == other->rank &&
               memcmp(x->dims, other->dims, sizeof x->dims) == 0;
    if (c == TRANSPOSE)
        return is_square(x);
    return c != ROTATE || count_at(s, operand) > 1;
}

/* A change of order changes nothing where the numbers are equal. The report has the gradients before the change. */
static bool changes_numbers(const tad_gradcheck_report *report, const sample *s, change c, int operand)
{
    double  g[MOST_ELEMENTS], other[MOST_ELEMENTS];
    int64_t n = 0, m = 0, side = c == TRANSPOSE ? s->in[operand].dims[s->in[operand].rank - 1] : 1;
    bool    differs = false;
    for (size_t i = 0; i < report->count; i++) {
        if (report->entries[i].input == (size_t)operand)
            g[n++] = report->entries[i].analytic;
        else
            other[m++] = report->entries[i].analytic;
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
    ck_assert_msg(report.wrong > 0, "%s: the %s gradient of operand %d is %s, and nothing is found wrong",
                  sample_text(s->sample), what, m->operand, change_names[m->change]);
    tad_gradcheck_free(&report);
    expect_no_error(tape);
}

/* Both executions of one change; returns how many mutants that were. An operation without a rule in numbers has one. */
static int check_change(const tad_op *op, const sample *s, tad_tape *tape, size_t n, const tad_var x[], change c,
                        int operand)
{
    const mutation m = {op, c, operand};
    subject        numbers = {*op, s}, nodes = {*op, s};
    numbers.op.impl = nodes.op.impl = &m;
    numbers.op.backward = mutated_backward;
    nodes.op.vjp = mutated_vjp;
    bool has_numbers = op->backward || op->view;
    if (has_numbers)
        expect_found(&numbers, tape, n, x, "numeric");
    expect_found(&nodes, tape, n, x, "recorded");
    return has_numbers ? 2 : 1;
}

typedef struct tally {
    tad_tape *tape;
    int       samples, mutants;
} tally;

static void check_sample(const sample *s, void *user)
{
    tally               *t = user;
    subject              right = {*s->op, s};
    tad_gradcheck_report report;
    tad_var              x[MOST_OPERANDS];
    bool                 empty = false, plain = true;
    unsigned             floats = 0;
    for (int k = 0; k < s->n; k++) {
        empty |= count_at(s, k) == 0;
        plain &= s->in[k].layout == SAMPLE_PLAIN;
        floats |= s->in[k].below ? 0 : 1u << k;
    }
    if (empty || !plain || s->wanted != floats || s->large)
        return;
    tad_tape_rewind(t->tape, 0);
    sample_leaves(s, t->tape, TAD_F64, x);
    expect_ok(tad_gradcheck(record, &right, (size_t)s->n, x, NULL, &report));
    ck_assert_msg(report.agree == report.count, "%s", sample_text(s));
    t->samples++;
    for (int operand = 0; operand < s->n; operand++)
        for (int c = NEGATE; c < CHANGES && floats >> operand & 1; c++)
            if (applies(s, (change)c, operand) && changes_numbers(&report, s, (change)c, operand))
                t->mutants += check_change(s->op, s, t->tape, (size_t)s->n, x, (change)c, operand);
    tad_gradcheck_free(&report);
}

static const tad_op *structured(int i)
{
    const tad_op *op;
    for (size_t at = 0; (op = tad_op_at(at)) != NULL; at++)
        if (!op->partial[0] && op->vjp && i-- == 0)
            return op;
    return NULL;
}

START_TEST(structured_operations)
{
    const tad_op *op = structured(_i);
    tally         t = {0};
    if (!sample_chosen(op))
        return;
    t.tape = tad_tape_new();
    sample_each(op, check_sample, &t);
    int least = SANITIZED ? 0 : 3 * t.samples; /* with sanitizers there are few samples */
    ck_assert_msg(t.samples > 0 && t.mutants >= least, "%s: only %d mutants in %d samples", op->name, t.mutants,
                  t.samples);
    tad_tape_free(t.tape);
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
