/* Random graphs of 5 to 500 nodes with fan-out, views, broadcasting, reductions and products of matrices: reverse mode
 * against differences and against forward mode.
 *
 * A failure prints the graph's seed; TAD_SEED=that TAD_GRAPHS=1 repeats it. TAD_GRAPHS says how many there are. */
#include "base/random.h"
#include "suites.h"
#include "support.h"
#include "tape/tape.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_NODES = 500, MOST_LEAVES = 4, PARTS = 8 };
static const size_t graphs = SANITIZED ? 500 : 10000;

/* A graph is a function of its seed. All shapes broadcast with each other: an axis is `rows` or 1, the next `columns` or 1.
 * Every operation is scaled so that it does not enlarge a change of its operands: so values and derivatives stay moderate
 * however deep the graph is, and the differences can be trusted. */
typedef struct graph {
    uint64_t seed, draws;
    int64_t  rows, columns;
    bool     kinks; /* with kinks and ties: for algebra, not for differences */
    int      size;
} graph;

static uint64_t draw(graph *g, uint64_t below)
{
    return tad__random_bits(g->seed, g->draws++) % below;
}

static double draw_number(graph *g, double low, double high)
{
    return tad__random_uniform(g->seed, g->draws++, low, high);
}

static tad_var number(tad_var like, double value)
{
    return tad_constant(like.tape, value);
}

static tad_var scale(tad_var x, double factor)
{
    return tad_mul(x, number(x, factor));
}

static tad_var shift(tad_var x, double by)
{
    return tad_add(x, number(x, by));
}

static tad_var unary(graph *g, tad_var x)
{
    switch (draw(g, g->kinks ? 20 : 18)) {
    case 0:
        return tad_sin(x);
    case 1:
        return tad_cos(x);
    case 2:
        return tad_tanh(x);
    case 3:
        return tad_sigmoid(x);
    case 4:
        return scale(tad_erf(x), 0.8);
    case 5:
        return shift(tad_softplus(x), -0.5);
    case 6:
        return scale(tad_square(tad_sin(x)), 0.9);
    case 7:
        return tad_sqrt(shift(tad_square(x), 0.7));
    case 8:
        return tad_exp(tad_neg(tad_square(x)));
    case 9:
        return tad_reciprocal(shift(tad_square(x), 1));
    case 10:
        return scale(tad_log(shift(tad_square(x), 1.5)), 0.9);
    case 11:
        return tad_log1p(tad_square(x));
    case 12:
        return scale(tad_expm1(tad_sin(x)), 0.3);
    case 13:
        return tad_neg(x);
    case 14:
        return tad_atan(x);
    case 15:
        return scale(tad_gelu(x), 0.8);
    case 16:
        return tad_asinh(x);
    case 17:
        return tad_where(tad_greater(x, x), tad_log(tad_sub(x, x)), tad_cos(x)); /* what is not chosen is infinite */
    case 18:
        return tad_relu(x);
    default:
        return tad_abs(x);
    }
}

static tad_var binary(graph *g, tad_var a, tad_var b)
{
    switch (draw(g, g->kinks ? 10 : 7)) {
    case 0:
        return scale(tad_add(a, b), 0.5);
    case 1:
        return scale(tad_sub(a, b), 0.5);
    case 2:
        return scale(tad_mul(tad_sin(a), tad_tanh(b)), 0.7);
    case 3:
        return scale(tad_div(a, shift(tad_square(b), 2)), 0.8);
    case 4:
        return scale(tad_pow(shift(tad_sin(a), 2), tad_tanh(b)), 0.4);
    case 5:
        return tad_atan2(a, shift(tad_square(b), 2));
    case 6:
        return tad_add(scale(a, 0.9), scale(b, -0.1));
    case 7:
        return tad_maximum(a, b);
    case 8:
        return tad_minimum(a, b);
    default:
        return scale(tad_mul(a, tad_greater(a, b)), 0.5);
    }
}

static tad_var whole(const graph *g, tad_var x)
{
    return tad_broadcast_to(x, 2, (const int64_t[]){g->rows, g->columns});
}

/* Views, reductions, products. */
static tad_var structured(graph *g, tad_var a, tad_var b)
{
    int64_t flat = g->rows * g->columns, shape[] = {g->rows, g->columns}, first = (int64_t)draw(g, (uint64_t)g->rows);
    tad_var row;
    switch (draw(g, 8)) {
    case 0:
        return tad_transpose(tad_tanh(tad_transpose(whole(g, a))));
    case 1:
        return tad_reshape(tad_sin(tad_reshape(tad_transpose(whole(g, a)), 1, &flat)), 2, shape);
    case 2:
        return tad_mean(a);
    case 3:
        return tad_mean_axes(whole(g, a), 1, (const int[]){0}, false);
    case 4:
        return scale(tad_sum_axes(whole(g, a), 1, (const int[]){-1}, true), 1.0 / (double)g->columns);
    case 5:
        row = tad_slice(whole(g, a), 0, first, first + 1);
        return draw(g, 2) ? row : tad_pad(row, 0, first, g->rows - first - 1);
    case 6:
        row = tad_matmul(whole(g, tad_sin(a)), tad_transpose(whole(g, b)));
        return scale(tad_matmul(row, whole(g, tad_tanh(b))), 0.4 / (double)flat);
    default:
        return scale(tad_matmul(whole(g, tad_tanh(a)), tad_reshape(tad_slice(whole(g, b), 0, 0, 1), 1, &g->columns)),
                     0.5 / (double)g->columns);
    }
}

/* A vector of `rows` numbers becomes a column, so that it broadcasts with the rest. */
static tad_var as_column(const graph *g, tad_var x)
{
    bool vector_of_rows = tad_rank(x) == 1 && tad_dim(x, 0) == g->rows && g->rows != g->columns && g->rows != 1;
    return vector_of_rows ? tad_reshape(x, 2, (const int64_t[]){g->rows, 1}) : x;
}

/* A tad_function: the result is a weighted sum of some nodes from everywhere in the graph. */
static tad_var record_graph(void *user, size_t n, const tad_var leaves[])
{
    graph   g = *(const graph *)user;
    tad_var nodes[MOST_LEAVES + MOST_NODES], sum = tad_constant(leaves[0].tape, 0);
    int     count = 0;
    for (size_t i = 0; i < n; i++)
        nodes[count++] = leaves[i];
    for (int i = 0; i < g.size; i++) {
        uint64_t near = count < 10 ? (uint64_t)count : 10;
        tad_var  a = nodes[draw(&g, 3) ? count - 1 - (int)draw(&g, near) : (int)draw(&g, (uint64_t)count)];
        tad_var  b = nodes[draw(&g, (uint64_t)count)];
        uint64_t kind = draw(&g, 10);
        tad_var  y = kind < 3 ? unary(&g, a) : kind < 8 ? binary(&g, a, b) : structured(&g, a, b);
        nodes[count++] = as_column(&g, y);
    }
    for (int i = 0; i < PARTS; i++) {
        tad_var part = nodes[i < 3 ? count - 1 - i : (int)draw(&g, (uint64_t)count)];
        sum = tad_add(sum, scale(tad_mean(part), draw_number(&g, 0.5, 1.5)));
    }
    return sum;
}

/* A quarter of the graphs is larger than 60 nodes. */
static graph make_graph(uint64_t seed)
{
    graph  g = {.seed = seed};
    double share = draw_number(&g, 0, 1);
    g.size = 5 + (int)((MOST_NODES - 5) * share * share * share * share);
    g.kinks = draw(&g, 4) == 0;
    g.rows = 1 + (int64_t)draw(&g, 3);
    g.columns = 1 + (int64_t)draw(&g, 3);
    return g;
}

/* Two to four leaves of at most ten numbers in all. */
static size_t make_leaves(const graph *from, tad_tape *tape, tad_var leaves[])
{
    graph   g = *from;
    int64_t left = 10;
    size_t  n = 0, wanted = 2 + (size_t)draw(&g, MOST_LEAVES - 1);
    g.draws = 1000000;
    while (n < wanted) {
        double  numbers[9];
        int64_t dims[2];
        int     rank = (int)draw(&g, 3);
        dims[0] = draw(&g, 2) ? g.rows : 1;
        dims[1] = draw(&g, 2) ? g.columns : 1;
        if (rank == 2 && dims[0] * dims[1] > left)
            rank = 0;
        dims[0] = rank == 1 ? dims[1] : dims[0];
        int64_t count = rank == 2 ? dims[0] * dims[1] : rank == 1 ? dims[0] : 1;
        for (int64_t i = 0; i < count; i++)
            numbers[i] = draw_number(&g, -1, 1);
        leaves[n++] = tad_tensor(tape, TAD_F64, rank, dims, numbers);
        left -= count;
    }
    return n;
}

#define expect_graph(condition, ...)                                                                                   \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            char words[4000];                                                                                          \
            snprintf(words, sizeof words, __VA_ARGS__);                                                                \
            ck_abort_msg("%s\n  Again: TAD_SEED=%llu TAD_GRAPHS=1 check_tad graphs", words,                            \
                         (unsigned long long)g->seed);                                                                 \
        }                                                                                                              \
    } while (0)

static void check_differences(const graph *g, size_t n, const tad_var leaves[])
{
    static char          text[3000];
    tad_gradcheck_report report;
    tad_status           status = tad_gradcheck(record_graph, (void *)(uintptr_t)g, n, leaves, NULL, &report);
    expect_graph(status == TAD_OK, "%s: %s", tad_status_name(status), tad_tape_message(leaves[0].tape));
    if (report.agree != report.count)
        tad_gradcheck_write(&report, false, text, sizeof text);
    expect_graph(report.count > 0 && report.agree == report.count, "%s", text);
    tad_gradcheck_free(&report);
}

/* How far off rounding can make dy, to first order: each node that it was computed from is off by a few roundings of its own,
 * and its adjoint says what that does to dy. */
static double rounding_error(tad_tape *tape, tad_var dy)
{
    double sum = 0;
    if (tad_backward(dy) != TAD_OK)
        return nan("");
    for (uint32_t id = 0; id <= dy.id; id++) {
        double  values[64], adjoints[64];
        tad_var node = tad__handle(tape, id);
        if (!tad_is_differentiable(node))
            continue;
        if (tad_read(node, values, sizeof values) != TAD_OK || tad_read_grad(node, adjoints, sizeof adjoints) != TAD_OK)
            return nan("");
        for (int64_t k = 0; k < tad_count(node); k++)
            sum += adjoints[k] != 0 ? fabs(values[k] * adjoints[k]) : 0; /* what was not chosen may be infinite */
    }
    return 4 * DBL_EPSILON * sum;
}

/* The derivative in a random direction: forward, reverse in numbers, and reverse recorded. */
static void check_directions(graph *g, size_t n, const tad_var leaves[])
{
    tad_tape *tape = leaves[0].tape;
    tad_var   dx[MOST_LEAVES], gx[MOST_LEAVES], dy, y = record_graph(g, n, leaves);
    double    reverse = 0, recorded = 0, error = nan("");
    for (size_t i = 0; i < n; i++) {
        dx[i] = tad_sin(scale(leaves[i], 37 + (double)i)); /* any numbers will do */
        dx[i] = tad_add(dx[i], number(dx[i], 0.25));
    }
    tad_status status = tad_jvp(y, n, leaves, dx, &dy);
    if (status == TAD_OK)
        error = rounding_error(tape, dy);
    if (status == TAD_OK)
        status = tad_gradient(y, n, leaves, gx);
    if (status == TAD_OK)
        status = tad_backward(y);
    expect_graph(status == TAD_OK, "%s: %s", tad_status_name(status), tad_tape_message(tape));
    for (size_t i = 0; i < n; i++) {
        double  v[9], numbers[9], nodes[9];
        int64_t count = tad_count(leaves[i]);
        expect_graph(tad_read(dx[i], v, sizeof v) == TAD_OK &&
                         tad_read_grad(leaves[i], numbers, sizeof numbers) == TAD_OK &&
                         tad_read(gx[i], nodes, sizeof nodes) == TAD_OK,
                     "%s", tad_tape_message(tape));
        for (int64_t k = 0; k < count; k++) {
            reverse += numbers[k] * v[k];
            recorded += nodes[k] * v[k];
        }
    }
    expect_graph(fabs(tad_value(dy) - reverse) <= error, "tad_jvp gives %.17g, tad_backward %.17g; allowed %.3g",
                 tad_value(dy), reverse, error);
    expect_graph(fabs(recorded - reverse) <= error, "tad_gradient gives %.17g, tad_backward %.17g; allowed %.3g",
                 recorded, reverse, error);
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

START_TEST(random_graphs)
{
    uint64_t  seed = setting("TAD_SEED", 1), count = setting("TAD_GRAPHS", graphs);
    size_t    smooth = 0;
    tad_tape *tape = tad_tape_new();
    ck_assert_uint_gt(count, 0);
    for (uint64_t i = 0; i < count; i++) {
        graph   g = make_graph(seed + i);
        tad_var leaves[MOST_LEAVES];
        tad_tape_rewind(tape, 0);
        size_t n = make_leaves(&g, tape, leaves);
        check_directions(&g, n, leaves);
        if (!g.kinks)
            check_differences(&g, n, leaves);
        smooth += !g.kinks;
    }
    ck_assert_msg(count == 1 || smooth > 0, "no graph was checked with differences");
    tad_tape_free(tape);
}
END_TEST

Suite *graphs_suite(void)
{
    Suite *suite = suite_create("graphs");
    TCase *tests = tcase_create("random graphs");
    tcase_set_timeout(tests, 600);
    tcase_add_test(tests, random_graphs);
    suite_add_tcase(suite, tests);
    return suite;
}
