/* The chain rule path by path: the products over all paths add up to the derivative. */
#include "suites.h"
#include "support.h"

#include "base/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static tad_tape *tape, *other;

static void set_up(void)
{
    tape = tad_tape_new();
    other = tad_tape_new();
    ck_assert(tape && other);
}

static void tear_down(void)
{
    expect_no_error(tape);
    tad_tape_free(other);
    tad_tape_free(tape);
}

/* What a visitor saw. */
typedef struct seen {
    tad_var y, x;
    size_t  paths, steps, stop_after;
    double  sum;
    char    text[500]; /* "y<h1<x;" for each path, in names */
} seen;

static const char *name_of(tad_var v)
{
    return tad_name(v) ? tad_name(v) : "_";
}

static bool visit(void *user, size_t n, const tad_path_step steps[], double product)
{
    seen  *s = user;
    double all = 1;
    size_t used = strlen(s->text);
    for (size_t i = 0; i < n; i++) {
        ck_assert(i == 0 || steps[i].to.id == steps[i - 1].from.id);
        ck_assert(tad_is_valid(steps[i].to) && tad_is_valid(steps[i].from) && steps[i].from.id < steps[i].to.id);
        all *= steps[i].derivative;
        used += (size_t)snprintf(s->text + used, used < sizeof s->text ? sizeof s->text - used : 0, "%s<",
                                 name_of(steps[i].to));
        used = used < sizeof s->text ? used : sizeof s->text - 1;
    }
    snprintf(s->text + used, sizeof s->text - used, "%s;", name_of(s->x));
    if (n > 0)
        ck_assert(steps[0].to.id == s->y.id && steps[n - 1].from.id == s->x.id);
    ck_assert(fabs(all - product) <= 1e-14 * fabs(product));
    s->paths++;
    s->steps += n;
    s->sum += product;
    return s->stop_after == 0 || s->paths < s->stop_after;
}

static seen walk(tad_var y, tad_var x)
{
    seen s = {.y = y, .x = x};
    expect_ok(tad_each_path(y, x, visit, &s));
    return s;
}

/* The sum over all paths is the adjoint. */
static void expect_sum(tad_var y, tad_var x)
{
    seen s = walk(y, x);
    expect_ok(tad_backward(y));
    ck_assert_msg(fabs(s.sum - tad_grad(x)) <= 1e-12 * (1 + fabs(s.sum)),
                  "%d paths add up to %.17g, tad_grad gives %.17g", (int)s.paths, s.sum, tad_grad(x));
}

/* The 2-2-2 network that is worked out by hand in many places: two inputs, a hidden and an output layer of two sigmoids,
 * and half the squared distance to the targets. Source of the numbers: M. Mazur, A Step by Step Backpropagation Example, 2015. */
typedef struct network {
    tad_var w[8], b[2], error;
} network;

static network make_network(void)
{
    static const double      weights[] = {0.15, 0.2, 0.25, 0.3, 0.4, 0.45, 0.5, 0.55}, targets[] = {0.01, 0.99};
    static const char *const names[] = {"w1", "w2", "w3", "w4", "w5", "w6", "w7", "w8"};
    static const char *const units[] = {"h1", "h2", "o1", "o2"}, *const errors[] = {"E1", "E2"};
    tad_var in[] = {tad_named(tad_constant(tape, 0.05), "i1"), tad_named(tad_constant(tape, 0.1), "i2")}, out[2], e[2];
    network n = {.b = {tad_named(tad_scalar(tape, 0.35), "b1"), tad_named(tad_scalar(tape, 0.6), "b2")}};
    for (int i = 0; i < 8; i++)
        n.w[i] = tad_named(tad_scalar(tape, weights[i]), names[i]);
    for (int layer = 0; layer < 2; layer++) {
        for (int i = 0; i < 2; i++) {
            const tad_var *w = &n.w[4 * layer + 2 * i];
            tad_var        sum = tad_add(tad_add(tad_mul(w[0], in[0]), tad_mul(w[1], in[1])), n.b[layer]);
            out[i] = tad_named(tad_sigmoid(sum), units[2 * layer + i]);
        }
        memcpy(in, out, sizeof in);
    }
    for (int i = 0; i < 2; i++) {
        tad_var distance = tad_sub(tad_constant(tape, targets[i]), in[i]);
        e[i] = tad_named(tad_mul(tad_constant(tape, 0.5), tad_square(distance)), errors[i]);
    }
    n.error = tad_named(tad_add(e[0], e[1]), "E");
    return n;
}

START_TEST(network_by_hand)
{
    network n = make_network();
    expect_near(tad_value(n.error), 0.298371109, 1e-9);
    seen s = walk(n.error, n.w[0]);
    ck_assert_str_eq(s.text, "E<E1<o1<h1<w1;E<E2<o2<h1<w1;");
    expect_near(s.sum, 0.000438568, 1e-9);
    s = walk(n.error, n.w[4]);
    ck_assert_str_eq(s.text, "E<E1<o1<w5;");
    expect_near(s.sum, 0.082167041, 1e-9);
    s = walk(n.error, n.b[0]);
    ck_assert_uint_eq(s.paths, 4);
    for (int i = 0; i < 8; i++)
        expect_sum(n.error, n.w[i]);
    expect_sum(n.error, n.b[0]);
    expect_sum(n.error, n.b[1]);
}
END_TEST

/* Unnamed nodes are multiplied into one step; naming them splits it. */
START_TEST(steps)
{
    tad_var x = tad_named(tad_scalar(tape, 0.5), "x"), a = tad_sin(x), b = tad_exp(a), y = tad_mul(b, b);
    seen    s = walk(y, x);
    ck_assert_str_eq(s.text, "_<x;_<x;");
    ck_assert_uint_eq(s.steps, 2);
    tad_named(a, "a");
    s = walk(y, x);
    ck_assert_str_eq(s.text, "_<a<x;_<a<x;");
    ck_assert_uint_eq(s.steps, 4);
    expect_sum(y, x);
    expect_sum(y, a); /* x need not be a leaf */
    ck_assert_uint_eq(walk(y, b).paths, 2);
    ck_assert(walk(tad_add(x, x), x).sum == 2);
}
END_TEST

START_TEST(ends)
{
    tad_var x = tad_scalar(tape, 0.5), y = tad_sin(x), c = tad_constant(tape, 3), z = tad_mul(y, c);
    seen    s = walk(y, y); /* one path, of no steps */
    ck_assert(s.paths == 1 && s.steps == 0 && s.sum == 1);
    ck_assert_uint_eq(walk(x, y).paths, 0); /* recorded later */
    ck_assert_uint_eq(walk(tad_sin(c), x).paths, 0);
    ck_assert(walk(z, c).paths == 1 && walk(z, c).sum == sin(0.5)); /* constants are nodes, too */
    s = (seen){.y = z, .x = x, .stop_after = 1};
    tad_var w = tad_add(z, tad_add(z, z));
    s.y = w;
    expect_ok(tad_each_path(w, x, visit, &s));
    ck_assert_uint_eq(s.paths, 1);
    s = (seen){.y = w, .x = x, .stop_after = 2};
    expect_ok(tad_each_path(w, x, visit, &s));
    ck_assert_uint_eq(s.paths, 2);
    ck_assert_uint_eq(walk(w, x).paths, 3);
}
END_TEST

/* 2^12 paths; and with more than could ever be visited, the first few. */
START_TEST(many_paths)
{
    tad_var x = tad_scalar(tape, 1), y = x;
    for (int i = 0; i < 12; i++)
        y = tad_mul(tad_add(y, y), tad_constant(tape, 0.5));
    seen s = walk(y, x);
    ck_assert(s.paths == 4096 && s.sum == 1);
    for (int i = 0; i < 5000; i++)
        y = tad_mul(tad_add(y, y), tad_constant(tape, 0.5));
    s = (seen){.y = y, .x = x, .stop_after = 7};
    expect_ok(tad_each_path(y, x, visit, &s));
    ck_assert_uint_eq(s.paths, 7);
}
END_TEST

/* Random scalar graphs: as many paths as counting them on the graph gives, and the right sum. */
START_TEST(random_graphs)
{
    for (uint64_t seed = 0; seed < 200; seed++) {
        enum { NODES = 24 };
        tad_var  v[NODES];
        double   ways[NODES] = {1}; /* from v[0] */
        uint64_t draws = 0;
        tad_tape_rewind(tape, 0);
        v[0] = tad_scalar(tape, tad__random_uniform(seed, draws++, 0.5, 1));
        v[1] = tad_scalar(tape, tad__random_uniform(seed, draws++, 0.5, 1));
        for (uint64_t i = 2; i < NODES; i++) {
            uint64_t a = tad__random_bits(seed, draws++) % i, b = tad__random_bits(seed, draws++) % i;
            uint64_t kind = tad__random_bits(seed, draws++) % 6;
            a = i > 6 && a < i - 6 ? i - 1 - a % 3 : a;
            v[i] = kind == 0   ? tad_sin(v[a])
                   : kind == 1 ? tad_tanh(v[a])
                   : kind == 2 ? tad_add(v[a], v[b])
                   : kind == 3 ? tad_sub(v[a], v[b])
                   : kind == 4 ? tad_mul(tad_sin(v[a]), v[b])
                               : tad_sigmoid(tad_mul(v[a], v[b]));
            ways[i] = ways[a] + (kind < 2 ? 0 : ways[b]);
            if (tad__random_bits(seed, draws++) % 2)
                tad_named(v[i], "named");
        }
        if (ways[NODES - 1] > 20000)
            continue;
        ck_assert_double_eq((double)walk(v[NODES - 1], v[0]).paths, ways[NODES - 1]);
        expect_sum(v[NODES - 1], v[0]);
        expect_sum(v[NODES - 1], v[1]);
    }
}
END_TEST

START_TEST(errors)
{
    tad_var stale = tad_sin(tad_scalar(tape, 1));
    tad_tape_rewind(tape, 0);
    tad_var       x = tad_scalar(tape, 1), y = tad_sin(x), foreign = tad_scalar(other, 1);
    double        data[2] = {1, 2};
    tad_var       v = tad_mul(vector(tape, 2, data), x), s = tad_sum(v);
    const tad_var failed = tad_transpose(x);
    expect_error(tape, TAD_ESHAPE, "transpose");
    const struct {
        tad_var           y, x;
        tad_path_visitor *visit;
        tad_status        status;
        const char       *text;
    } cases[] = {
        {y, x, NULL, TAD_EARG, "the visitor is NULL"},
        {y, stale, visit, TAD_ESTALE, "x is a stale handle"},
        {stale, x, visit, TAD_ESTALE, "stale handle"},
        {y, foreign, visit, TAD_ETAPE, "x is a handle of another tape"},
        {y, {0}, visit, TAD_ETAPE, "x is a zeroed handle"},
        {failed, x, visit, TAD_EARG, "invalid result"},
        {s, x, visit, TAD_ESHAPE, "a value on the way has 2 elements; expected one"},
        {v, x, visit, TAD_ESHAPE, "a value on the way has 2 elements; expected one"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        seen       seen_ = {.y = cases[i].y, .x = cases[i].x};
        tad_status status = tad_each_path(cases[i].y, cases[i].x, cases[i].visit, &seen_);
        ck_assert_str_eq(tad_status_name(status), tad_status_name(cases[i].status));
        expect_error(tape, cases[i].status, cases[i].text);
        ck_assert_uint_eq(seen_.paths, 0);
    }
    ck_assert_int_eq(tad_each_path((tad_var){0}, x, visit, NULL), TAD_ETAPE);
}
END_TEST

/* The n-th request for memory fails, for n = 1, 2, ... */
START_TEST(without_memory)
{
    size_t failures = 0;
    for (bool done = false; !done; failures += !done) {
        heap      h = {0};
        tad_tape *small = heap_tape(&h);
        double    one = 1;
        tad_var x = vector(small, 1, &one), y = tad_sum(tad_sin(tad_mul(x, x))); /* tensors: their rules are recorded */
        size_t  mark = tad_tape_mark(small);
        seen    s = {.y = y, .x = x};
        h.fail_at = h.calls + failures + 1;
        h.for_ever = _i;
        tad_status status = tad_each_path(y, x, visit, &s);
        done = h.calls < h.fail_at;
        h.fail_at = 0;
        ck_assert_uint_eq(tad_tape_mark(small), mark);
        if (status != TAD_OK || (!done && _i)) { /* after one failure an arena may make do with less */
            ck_assert_msg(!done && status == TAD_ENOMEM, "request %d failed: %s, %d paths that add up to %g",
                          (int)failures + 1, tad_status_name(status), (int)s.paths, s.sum);
            expect_error(small, TAD_ENOMEM, "out of memory");
            s = (seen){.y = y, .x = x};
            expect_ok(tad_each_path(y, x, visit, &s));
        }
        ck_assert_uint_eq(s.paths, 2);
        expect_near(s.sum, 2 * cos(1), 1e-15);
        tad_tape_free(small);
        ck_assert_uint_eq(h.blocks, 0);
    }
    ck_assert_uint_gt(failures, 2);
}
END_TEST

Suite *paths_suite(void)
{
    Suite *suite = suite_create("paths");
    TCase *tests = tcase_create("paths");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, network_by_hand);
    tcase_add_test(tests, steps);
    tcase_add_test(tests, ends);
    tcase_add_test(tests, many_paths);
    tcase_add_test(tests, random_graphs);
    tcase_add_test(tests, errors);
    tcase_add_loop_test(tests, without_memory, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}
