/* Replay: what a fresh recording at the new leaves gives, to the last bit; and branches that would go another way. */
#include "samples.h"
#include "suites.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static tad_tape *tape;

static void set_up(void)
{
    tape = tad_tape_new();
}

static void tear_down(void)
{
    tad_tape_clear_error(tape);
    tad_var x = tad_scalar(tape, 0.5), y = tad_sin(x);
    expect_ok(tad_backward(y)); /* the tape works on */
    expect_near(tad_grad(x), cos(0.5), 0);
    expect_no_error(tape);
    tad_tape_free(tape);
}

/* ---- As recorded afresh ---- */

START_TEST(scalars)
{
    tad_var x = tad_scalar(tape, 0.5), c = tad_constant(tape, 2), g, h;
    tad_var y = tad_mul(tad_exp(tad_mul(c, x)), tad_sin(x));
    expect_ok(tad_gradient(y, 1, &x, &g));
    expect_ok(tad_gradient(g, 1, &x, &h));
    size_t mark = tad_tape_mark(tape);
    for (int i = 0; i < 3; i++) {
        double at = 0.25 * i, k = 1 + i;
        expect_ok(tad_set_value(x, at));
        expect_ok(tad_set_value(c, k));
        expect_ok(tad_replay(tape));
        ck_assert_uint_eq(tad_tape_mark(tape), mark);
        expect_near(tad_value(x), at, 0);
        expect_near(tad_value(c), k, 0);
        expect_near(tad_value(y), exp(k * at) * sin(at), 1e-15);
        double dy = exp(k * at) * (k * sin(at) + cos(at));
        expect_near(tad_value(g), dy, 1e-15);
        expect_near(tad_value(h), exp(k * at) * ((k * k - 1) * sin(at) + 2 * k * cos(at)), 1e-14);
        expect_ok(tad_backward(y));
        expect_near(tad_grad(x), dy, 1e-15);
    }
}
END_TEST

START_TEST(before_the_replay_all_is_as_it_was)
{
    tad_var x = tad_scalar(tape, 3), y = tad_square(x);
    expect_ok(tad_backward(y));
    expect_ok(tad_set_value(x, 5));
    expect_ok(tad_set_value(x, 4)); /* the last one counts */
    expect_near(tad_value(x), 3, 0);
    expect_near(tad_value(y), 9, 0);
    expect_near(tad_grad(x), 6, 0);
    tad_var z = tad_add(y, x);
    expect_near(tad_value(z), 12, 0);
    expect_ok(tad_replay(tape));
    expect_near(tad_value(z), 20, 0);
    tad_grad(x);
    expect_error(tape, TAD_EARG,
                 "tad_grad: there are no adjoints: no tad_backward succeeded since the rewind or replay");
    expect_ok(tad_backward(z));
    expect_near(tad_grad(x), 9, 0);
    expect_ok(tad_replay(tape)); /* nothing was set */
    expect_near(tad_value(z), 20, 0);
}
END_TEST

/* A view of a scalar is of a copy; one that cannot view copies; a scalar can view a tensor; leaves of every type. */
START_TEST(views_and_leaves)
{
    const float   f[] = {1, 2};
    const int64_t n[] = {3};
    double        a[] = {1, 2, 3, 4, 5, 6};
    tad_var       s = tad_scalar(tape, 2), m = matrix(tape, 2, 3, a),
            t = tad_tensor(tape, TAD_F32, 1, (const int64_t[]){2}, f);
    tad_var i = tad_tensor_constant(tape, TAD_I64, 1, (const int64_t[]){1}, n), e = vector(tape, 0, NULL);
    tad_var row = tad_broadcast_to(s, 1, (const int64_t[]){3}), one = tad_reshape(s, 0, NULL);
    tad_var none = tad_broadcast_to(s, 1, (const int64_t[]){0});
    tad_var copied = tad_reshape(tad_transpose(m), 1, (const int64_t[]){6});
    tad_var last = tad_reshape(tad_slice(tad_slice(m, 0, 1, 2), 1, 2, 3), 0, NULL);
    tad_var again = tad_broadcast_to(tad_mul(one, last), 1, (const int64_t[]){2});
    tad_var casted = tad_cast(i, TAD_F64), product = tad_mul(s, t);
    expect_values(again, 12, 12);
    expect_ok(tad_set_value(s, 3));
    for (int k = 0; k < 6; k++)
        a[k] = -a[k];
    expect_ok(tad_set(m, a, sizeof a));
    expect_ok(tad_set(t, (const float[]){4, 5}, 2 * sizeof(float)));
    expect_ok(tad_set_value(i, 7));
    expect_ok(tad_set(e, NULL, 0));
    memset(a, 0, sizeof a); /* they were copied */
    expect_ok(tad_replay(tape));
    expect_values(row, 3, 3, 3);
    expect_near(tad_value(one), 3, 0);
    ck_assert_int_eq(tad_count(none), 0);
    expect_values(m, -1, -2, -3, -4, -5, -6);
    expect_values(copied, -1, -4, -2, -5, -3, -6);
    expect_near(tad_value(last), -6, 0);
    expect_values(again, -18, -18);
    expect_values(casted, 7);
    float p[2];
    expect_ok(tad_read(product, p, sizeof p));
    ck_assert(p[0] == 12 && p[1] == 15);
    expect_ok(tad_backward(tad_sum(tad_add(copied, tad_sum(row)))));
    expect_grads(m, 1, 1, 1, 1, 1, 1);
    expect_near(tad_grad(s), 18, 0);
}
END_TEST

static tad_var branching(void *user, size_t n, const tad_var x[])
{
    (void)user, (void)n;
    return tad_branch(tad_greater(x[0], x[1])) ? tad_mul(x[0], x[1]) : tad_sub(x[0], x[1]);
}

static void grow(void *user, size_t i, const tad_var state[], const tad_var params[], tad_var next[])
{
    (void)user, (void)i;
    next[0] = tad_add(state[0], tad_mul(params[0], state[0]));
}

START_TEST(checkpoints_call_their_functions)
{
    tad_var       x[] = {tad_scalar(tape, 2), tad_scalar(tape, 1)}, y = tad_checkpoint(branching, NULL, 2, x), out;
    tad_loop_args loop = {
        .step = grow, .steps = 10, .snapshots = 2, .state_count = 1, .state = x, .param_count = 1, .params = x + 1};
    expect_ok(tad_loop(&loop, &out));
    expect_near(tad_value(y), 2, 0);
    expect_near(tad_value(out), 2048, 0);
    expect_ok(tad_set_value(x[1], 3)); /* which takes the other branch, and may */
    expect_ok(tad_replay(tape));
    expect_near(tad_value(y), -1, 0);
    expect_near(tad_value(out), 2 * (double)(1 << 20), 0);
    expect_ok(tad_backward(tad_add(y, out)));
    expect_near(tad_grad(x[0]), 1 + (1 << 20), 0);
    expect_near(tad_grad(x[1]), -1 + 20 * (double)(1 << 18), 0);
}
END_TEST

/* Every operation, with its recorded gradient: replayed from other leaves, against a recording at those. */

typedef struct numbers {
    size_t  n;
    double  data[40 * SAMPLE_ELEMENTS];
    tad_var nodes[40];
} numbers;

static void read_nodes(numbers *to, size_t n, const tad_var nodes[])
{
    to->n = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t count = 0;
        if (tad_dtype_of(nodes[i]) == TAD_I64) {
            int64_t integers[SAMPLE_ELEMENTS];
            count = tad_count(nodes[i]);
            expect_ok(tad_read(nodes[i], integers, sizeof integers));
            for (int64_t k = 0; k < count; k++)
                to->data[to->n + (size_t)k] = (double)integers[k];
        } else {
            count = sample_read(nodes[i], to->data + to->n);
        }
        ck_assert_int_ge(count, 0);
        to->n += (size_t)count;
    }
}

/* The result, its gradient, and the gradient of that. */
static size_t record_sample(const sample *s, const tad_var leaves[], tad_var nodes[])
{
    size_t  n = 0;
    tad_var x[SAMPLE_OPERANDS], y = sample_record((void *)(uintptr_t)s, (size_t)s->n, leaves);
    for (int k = 0; k < s->n; k++)
        if (s->wanted & 1u << k)
            x[n++] = leaves[k];
    ck_assert_msg(tad_is_valid(y), "%s: %s", sample_text(s), tad_tape_message(tape));
    nodes[0] = y;
    if (!tad_is_differentiable(y))
        return 1;
    expect_ok(tad_vjp(y, sample_random_like(y, s->seed), n, x, nodes + 1));
    tad_var sum = tad_constant(tape, 0);
    for (size_t k = 1; k <= n; k++)
        sum = tad_add(sum, tad_cast(tad_sum(tad_square(nodes[k])), TAD_F64));
    if (!tad_is_differentiable(sum))
        return 1 + n;
    expect_ok(tad_gradient(sum, n, x, nodes + 1 + n));
    return 1 + 2 * n;
}

static void set_like(tad_var leaf, const numbers *from, size_t *at)
{
    size_t  count = (size_t)tad_count(leaf);
    float   floats[SAMPLE_ELEMENTS];
    int64_t integers[SAMPLE_ELEMENTS];
    for (size_t i = 0; i < count; i++) {
        floats[i] = (float)from->data[*at + i];
        integers[i] = (int64_t)from->data[*at + i];
    }
    switch (tad_dtype_of(leaf)) {
    case TAD_F32:
        expect_ok(tad_set(leaf, floats, count * sizeof *floats));
        break;
    case TAD_F64:
        expect_ok(tad_set(leaf, from->data + *at, count * sizeof(double)));
        break;
    case TAD_I64:
        expect_ok(tad_set(leaf, integers, count * sizeof *integers));
        break;
    }
    *at += count;
}

static void check_sample(const sample *s, void *user)
{
    static numbers first, fresh, replayed, set;
    for (tad_dtype dtype = TAD_F32; dtype <= TAD_F64; dtype++) {
        tad_var leaves[SAMPLE_OPERANDS], nodes[40];
        sample  other = *s;
        other.seed += 0x777; /* other numbers, and the same cotangent */
        tad_tape_rewind(tape, 0);
        sample_leaves(&other, tape, dtype, leaves);
        read_nodes(&set, (size_t)s->n, leaves);
        read_nodes(&fresh, record_sample(s, leaves, nodes), nodes);
        tad_tape_rewind(tape, 0);
        sample_leaves(s, tape, dtype, leaves);
        size_t n = record_sample(s, leaves, nodes), at = 0;
        read_nodes(&first, n, nodes);
        for (int k = 0; k < s->n; k++)
            set_like(leaves[k], &set, &at);
        tad_tape_rewind(tape, tad_tape_mark(tape)); /* nothing is lost by that */
        tad_status status = tad_replay(tape);
        if (status == TAD_EBRANCH) { /* a comparison: it was read above */
            tad_tape_clear_error(tape);
            read_nodes(&replayed, n, nodes);
            ck_assert_msg(memcmp(replayed.data, first.data, first.n * sizeof(double)) == 0, "%s: not as before",
                          sample_text(s));
            (*(size_t *)user)++;
            continue;
        }
        ck_assert_msg(status == TAD_OK, "%s: %s", sample_text(s), tad_tape_message(tape));
        read_nodes(&replayed, n, nodes);
        ck_assert_uint_eq(replayed.n, fresh.n);
        for (size_t i = 0; i < fresh.n; i++)
            ck_assert_msg(memcmp(&replayed.data[i], &fresh.data[i], sizeof(double)) == 0,
                          "%s: number %zu is %.17g, recorded afresh %.17g", sample_text(s), i, replayed.data[i],
                          fresh.data[i]);
        for (size_t i = 0; i < fresh.n; i++)
            *(size_t *)user += first.data[i] != fresh.data[i];
    }
}

START_TEST(every_operation)
{
    const tad_op *op = tad_op_at((size_t)_i);
    size_t        changed = 0;
    uint64_t      operands = (UINT64_C(1) << op->arity) - 1;
    if (!sample_chosen(op) || (op->indices & operands) == operands) /* indices alone: nothing to set */
        return;
    ck_assert_uint_gt(sample_each(op, check_sample, &changed), 0);
    bool steps = op->partial[0] && strcmp(op->partial[0], "0") == 0; /* numbers that are equal are not among them */
    ck_assert_msg(changed > 0 || steps, "%s: nothing changes", op->name);
}
END_TEST

/* ---- Branches ---- */

static int read_line; /* where the comparison is read */

/* |x| by branching, and what became of it. */
static tad_var absolute(tad_var x)
{
    tad_var positive = tad_greater_equal(x, tad_constant(x.tape, 0));
    read_line = __LINE__ + 1;
    return tad_value(positive) != 0 ? tad_mul(x, tad_constant(x.tape, 1)) : tad_neg(x);
}

START_TEST(a_branch_that_goes_the_other_way_is_refused)
{
    char    where[60];
    tad_var x = tad_scalar(tape, 2), w = tad_scalar(tape, 3), y = tad_mul(tad_sin(w), absolute(x));
    double  before = tad_value(y);
    size_t  mark = tad_tape_mark(tape);
    expect_ok(tad_set_value(x, 4));
    expect_ok(tad_replay(tape));
    expect_near(tad_value(y), 2 * before, 0);
    expect_ok(tad_set_value(x, -1));
    expect_ok(tad_set_value(w, 1));
    ck_assert_int_eq(tad_replay(tape), TAD_EBRANCH);
    snprintf(where, sizeof where, "test_replay.c:%d", read_line);
    const char *message = tad_tape_message(tape);
    ck_assert_msg(strstr(message, where) || !strstr(message, ".c:"), "%s; expected %s", message, where);
    expect_error(
        tape, TAD_EBRANCH,
        "tad_replay: greater_equal(f64 scalar, f64 scalar) was 1 and would be 0, and the program may branch on it: "
        "record it again; it was read, at ");
    expect_near(tad_value(x), 4, 0);
    expect_near(tad_value(w), 3, 0);
    expect_near(tad_value(y), 2 * before, 0);
    expect_ok(tad_replay(tape)); /* what was set is forgotten */
    expect_near(tad_value(w), 3, 0);
    tad_tape_rewind(tape, 2); /* and so are the branches of forgotten nodes */
    expect_ok(tad_set_value(x, -1));
    expect_ok(tad_replay(tape));
    y = tad_mul(tad_sin(w), absolute(x));
    ck_assert_uint_eq(tad_tape_mark(tape), mark - 1);
    expect_ok(tad_set_value(x, -2));
    expect_ok(tad_replay(tape));
    expect_near(tad_value(y), before, 0);
}
END_TEST

START_TEST(comparisons_that_nobody_reads_may_change)
{
    tad_var x = tad_scalar(tape, 2), zero = tad_constant(tape, 0);
    tad_var y = tad_where(tad_less(x, zero), tad_neg(x), x), z = tad_mul(tad_greater(x, zero), y);
    expect_near(tad_value(y), 2, 0); /* not a comparison */
    expect_ok(tad_set_value(x, -3));
    expect_ok(tad_replay(tape));
    expect_near(tad_value(y), 3, 0);
    expect_near(tad_value(z), 0, 0);
    expect_ok(tad_backward(y));
    expect_near(tad_grad(x), -1, 0);
}
END_TEST

START_TEST(tensors_of_comparisons)
{
    double  a[] = {1, -2, 3}, found[3];
    tad_var x = vector(tape, 3, a), y = tad_less(x, tad_constant(tape, 0));
    expect_ok(tad_read(y, found, sizeof found));
    ck_assert(found[0] == 0 && found[1] == 1 && found[2] == 0);
    a[1] = -5;
    expect_ok(tad_set(x, a, sizeof a));
    expect_ok(tad_replay(tape));
    a[2] = -1;
    expect_ok(tad_set(x, a, sizeof a));
    ck_assert_int_eq(tad_replay(tape), TAD_EBRANCH);
    expect_error(tape, TAD_EBRANCH, "less(f64 [3], f64 scalar), element 2, was 0 and would be 1");
    expect_values(x, 1, -5, 3);
    expect_values(y, 0, 1, 0);
}
END_TEST

START_TEST(any_value_can_be_a_branch)
{
    tad_var x = tad_scalar(tape, 2), y = tad_sub(x, tad_constant(tape, 1));
    ck_assert(tad_branch(y));
    ck_assert(tad_branch(x));
    ck_assert(tad_branch(tad_constant(tape, (double)NAN)));
    ck_assert(!tad_branch(tad_constant(tape, 0)));
    expect_ok(tad_set_value(x, 7));
    expect_ok(tad_replay(tape)); /* only whether it is 0 matters */
    expect_near(tad_value(y), 6, 0);
    expect_ok(tad_set_value(x, 1));
    ck_assert_int_eq(tad_replay(tape), TAD_EBRANCH);
    expect_error(tape, TAD_EBRANCH, "sub(f64 scalar, f64 scalar) was 6 and would be 0");
    expect_ok(tad_set_value(x, 0));
    ck_assert_int_eq(tad_replay(tape), TAD_EBRANCH);
    expect_error(tape, TAD_EBRANCH, "leaf() was 7 and would be 0");
    expect_near(tad_value(y), 6, 0);
    tad_var c = tad_greater(x, y); /* read in full, and as a branch: the first counts */
    ck_assert(tad_branch(c));
    expect_near(tad_value(c), 1, 0);
    ck_assert(!tad_branch(vector(tape, 2, (const double[]){1, 2})));
    expect_error(tape, TAD_ESHAPE, "tad_branch: the value has 2 elements; expected one");
}
END_TEST

/* Of several, the first on the tape is named; ones read later about older nodes are found, too. */
START_TEST(the_first_branch_is_named)
{
    tad_var x = tad_scalar(tape, 2), zero = tad_constant(tape, 0);
    tad_var a = tad_greater(x, zero), b = tad_less(x, zero), c = tad_less_equal(x, zero);
    tad_value(c);
    tad_value(a);
    tad_value(b);
    expect_ok(tad_set_value(x, -2));
    ck_assert_int_eq(tad_replay(tape), TAD_EBRANCH);
    expect_error(tape, TAD_EBRANCH, "greater(");
    tad_tape_rewind(tape, b.id); /* forgets two of them */
    tad_less_equal(x, zero);
    expect_ok(tad_set_value(x, 3));
    expect_ok(tad_replay(tape));
    expect_ok(tad_set_value(x, -2));
    ck_assert_int_eq(tad_replay(tape), TAD_EBRANCH);
    expect_error(tape, TAD_EBRANCH, "greater(");
}
END_TEST

/* ---- Refusals ---- */

/* 1 / x, for x that are not 0. */
static void invert(const tad_call *call)
{
    double *scratch = tad_scratch(call, sizeof *scratch);
    if (!scratch)
        return;
    *scratch = *(const double *)call->in[0].data;
    if (*scratch == 0)
        tad_refuse(call, TAD_ESINGULAR, "0 has no inverse");
    *(double *)call->out->data = 1 / *scratch;
}

static const tad_op inverse = {
    .name = "inverse", .arity = 1, .shape = op_same_shape, .forward = invert, .partial = {"-y * y"}};

START_TEST(an_operation_that_refuses)
{
    tad_var x = tad_scalar(tape, 2), v = vector(tape, 1, (const double[]){3}), y = tad_mul(apply_one(&inverse, x), v);
    expect_ok(tad_set_value(x, 0));
    expect_ok(tad_set_value(v, 5));
    ck_assert_int_eq(tad_replay(tape), TAD_ESINGULAR);
    expect_error(tape, TAD_ESINGULAR, "inverse(f64 scalar): 0 has no inverse, at test_replay.c");
    expect_values(y, 1.5);
    expect_near(tad_value(x), 2, 0);
    expect_ok(tad_set_value(x, 4));
    expect_ok(tad_replay(tape));
    expect_values(y, 0.75);
}
END_TEST

/* It refuses because the program would not have come there. */
START_TEST(a_branch_is_told_before_its_consequences)
{
    tad_var x = tad_scalar(tape, 2), y = tad_constant(tape, 0);
    if (tad_branch(tad_not_equal(x, y)))
        y = apply_one(&inverse, x);
    tad_var later = tad_less(x, tad_constant(tape, 1));
    tad_value(later);
    expect_ok(tad_set_value(x, 0));
    ck_assert_int_eq(tad_replay(tape), TAD_EBRANCH);
    expect_error(tape, TAD_EBRANCH, "not_equal(f64 scalar, f64 scalar) was 1 and would be 0");
    expect_near(tad_value(y), 0.5, 0);
    /* an error from before is not lost */
    tad_transpose(x);
    expect_ok(tad_set_value(x, 0));
    ck_assert_int_eq(tad_replay(tape), TAD_EBRANCH);
    expect_error(tape, TAD_ESHAPE, "transpose(");
    expect_near(tad_value(y), 0.5, 0);
}
END_TEST

START_TEST(a_refusal_with_branches_that_stay)
{
    tad_var x = tad_scalar(tape, 2), c = tad_less(x, tad_constant(tape, 5)), y = apply_one(&inverse, x);
    expect_near(tad_value(c), 1, 0);
    expect_ok(tad_set_value(x, 0));
    ck_assert_int_eq(tad_replay(tape), TAD_ESINGULAR);
    expect_error(tape, TAD_ESINGULAR, "inverse(f64 scalar): 0 has no inverse, at test_replay.c");
    expect_near(tad_value(y), 0.5, 0);
}
END_TEST

static tad_var shape_shifting(void *user, size_t n, const tad_var x[])
{
    (void)user, (void)n;
    return tad_value(x[0]) > 0 ? tad_sin(x[0]) : tad_broadcast_to(x[0], 1, (const int64_t[]){2});
}

START_TEST(a_checkpoint_that_changes)
{
    tad_var x = tad_scalar(tape, 2), y = tad_checkpoint(shape_shifting, NULL, 1, &x);
    expect_ok(tad_set_value(x, -2));
    ck_assert_int_eq(tad_replay(tape), TAD_ESHAPE);
    expect_error(tape, TAD_ESHAPE,
                 "checkpoint: recorded again, the function gave f64 [2], and f64 scalar the first time");
    expect_near(tad_value(y), sin(2), 0);
}
END_TEST

START_TEST(what_can_be_set)
{
    double  a[2] = {1, 2};
    tad_var x = vector(tape, 2, a), y = tad_sin(x), z = tad_reshape(x, 2, (const int64_t[]){1, 2});
    ck_assert_int_eq(tad_set(y, a, sizeof a), TAD_EARG);
    expect_error(tape, TAD_EARG, "tad_set: the value is a result of sin; expected a leaf");
    ck_assert_int_eq(tad_set(z, a, sizeof a), TAD_EARG);
    expect_error(tape, TAD_EARG, "tad_set: the value is a result of reshape; expected a leaf");
    ck_assert_int_eq(tad_set(x, a, sizeof *a), TAD_EARG);
    expect_error(tape, TAD_EARG, "tad_set: 8 bytes; the leaf has 16");
    ck_assert_int_eq(tad_set(x, a, 3 * sizeof *a), TAD_EARG);
    expect_error(tape, TAD_EARG, "tad_set: 24 bytes; the leaf has 16");
    ck_assert_int_eq(tad_set(x, NULL, sizeof a), TAD_EARG);
    expect_error(tape, TAD_EARG, "tad_set: 16 bytes at NULL; the leaf has 16");
    ck_assert_int_eq(tad_set_value(x, 1), TAD_ESHAPE);
    expect_error(tape, TAD_ESHAPE, "tad_set_value: the leaf has 2 elements; expected one: use tad_set");
    ck_assert_int_eq(tad_set_value(y, 1), TAD_EARG);
    expect_error(tape, TAD_EARG, "tad_set_value: the value is a result of sin; expected a leaf");
    ck_assert_int_eq(tad_replay(NULL), TAD_EARG);
    tad_var f = tad_tensor(tape, TAD_F32, 2, (const int64_t[]){1, 1}, &(const float){1});
    expect_ok(tad_set_value(f, 0.1));
    expect_ok(tad_replay(tape));
    expect_near(tad_value(f), (double)0.1f, 0);
    /* a rewind forgets what was set for forgotten leaves */
    size_t  mark = tad_tape_mark(tape);
    tad_var gone = tad_scalar(tape, 1);
    expect_ok(tad_set_value(gone, 2));
    expect_ok(tad_set_value(f, 0.5));
    tad_tape_rewind(tape, mark);
    tad_var instead = tad_scalar(tape, 1);
    expect_ok(tad_replay(tape));
    expect_near(tad_value(instead), 1, 0);
    expect_near(tad_value(f), 0.5, 0);
    ck_assert_int_eq(tad_set_value(gone, 2), TAD_ESTALE);
    expect_error(tape, TAD_ESTALE, "tad_set_value: the handle is a stale handle");
}
END_TEST

/* ---- Memory ---- */

START_TEST(nothing_is_allocated)
{
    heap          h = {0};
    tad_tape     *own = heap_tape(&h);
    double        a[] = {1, 2, 3, 4, 5, 6};
    tad_var       m = matrix(own, 2, 3, a), s = tad_scalar(own, 1), x[] = {s, m}, out;
    tad_loop_args loop = {
        .step = grow, .steps = 10, .snapshots = 2, .state_count = 1, .state = x + 1, .param_count = 1, .params = x};
    expect_ok(tad_loop(&loop, &out));
    tad_var y = tad_sum(out);
    ck_assert(tad_branch(tad_greater(y, s)));
    size_t calls = 0;
    for (int i = 0; i < 20; i++) {
        a[0] = i;
        expect_ok(tad_set(m, a, sizeof a));
        expect_ok(tad_set_value(s, 1 + i / 100.0));
        expect_ok(tad_replay(own));
        expect_ok(tad_backward(y));
        if (i == 1)
            calls = h.calls;
    }
    ck_assert_uint_gt(calls, 0);
    ck_assert_uint_eq(h.calls, calls);
    tad_tape_free(own);
    ck_assert_uint_eq(h.blocks, 0);
}
END_TEST

/* Where there is no memory even to compute the old values again, nothing wrong can be read. */
START_TEST(no_memory_to_go_back)
{
    heap      h = {0};
    tad_tape *own = heap_tape(&h);
    tad_var   before = tad_scalar(own, 7), x = tad_scalar(own, 2),
            y = tad_checkpoint(branching, NULL, 2, (const tad_var[]){x, before});
    while (tad_tape_mark(own) < 1024) /* a checkpoint has no room any more */
        tad_scalar(own, 1);
    expect_ok(tad_set_value(x, 3));
    h.fail_at = h.calls + 1;
    h.for_ever = true;
    ck_assert_int_eq(tad_replay(own), TAD_ENOMEM);
    h.fail_at = 0;
    expect_error(own, TAD_ENOMEM, "out of memory with ");
    ck_assert(!tad_is_valid(x) && !tad_is_valid(y));
    expect_near(tad_value(before), 7, 0);
    tad_tape_free(own);
    ck_assert_uint_eq(h.blocks, 0);
}
END_TEST

Suite *replay_suite(void)
{
    Suite *suite = suite_create("replay");
    TCase *tests = tcase_create("replay");
    int    operations = 0;
    while (tad_op_at((size_t)operations))
        operations++;
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, scalars);
    tcase_add_test(tests, before_the_replay_all_is_as_it_was);
    tcase_add_test(tests, views_and_leaves);
    tcase_add_test(tests, checkpoints_call_their_functions);
    tcase_add_loop_test(tests, every_operation, 0, operations);
    tcase_add_test(tests, a_branch_that_goes_the_other_way_is_refused);
    tcase_add_test(tests, comparisons_that_nobody_reads_may_change);
    tcase_add_test(tests, tensors_of_comparisons);
    tcase_add_test(tests, any_value_can_be_a_branch);
    tcase_add_test(tests, the_first_branch_is_named);
    tcase_add_test(tests, an_operation_that_refuses);
    tcase_add_test(tests, a_branch_is_told_before_its_consequences);
    tcase_add_test(tests, a_refusal_with_branches_that_stay);
    tcase_add_test(tests, a_checkpoint_that_changes);
    tcase_add_test(tests, what_can_be_set);
    tcase_add_test(tests, nothing_is_allocated);
    tcase_add_test(tests, no_memory_to_go_back);
    suite_add_tcase(suite, tests);
    return suite;
}
