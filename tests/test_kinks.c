/* tad_near_kinks: planted kinks, near ones and far ones, of every kind of operation. */
#include "samples.h"
#include "suites.h"
#include "support.h"

#include "ops/elementwise.h"

#include <math.h>
#include <string.h>

static tad_tape *tape;

static void set_up(void)
{
    tape = tad_tape_new();
    ck_assert_ptr_nonnull(tape);
}

static void tear_down(void)
{
    expect_no_error(tape);
    tad_tape_free(tape);
}

typedef struct kinks {
    size_t        n, most;
    tad_near_kink found[64];
} kinks;

static bool keep(void *user, const tad_near_kink *kink)
{
    kinks *k = user;
    ck_assert_uint_lt(k->n, COUNT(k->found));
    k->found[k->n++] = *kink;
    return k->n != k->most;
}

static kinks find(tad_var y, double delta)
{
    kinks k = {0};
    expect_ok(tad_near_kinks(y, delta, keep, &k));
    return k;
}

#define expect_kink(kink, node_, element_, distance_)                                                                  \
    do {                                                                                                               \
        ck_assert_uint_eq((kink).node.id, (node_).id);                                                                 \
        ck_assert_int_eq((kink).element, element_);                                                                    \
        expect_near((kink).distance, distance_, 1e-8);                                                                 \
    } while (0)

/* ---- rows of the table: at x (and the second operand) the nearest kink is that far away ---- */

static const struct {
    const char *op;
    double      x[2], distance;
} rows[] = {
    {"relu", {0.001}, 0.001},
    {"relu", {-0.001}, 0.001},
    {"abs", {0}, 0},
    {"abs", {-0.005}, 0.005},
    {"sign", {0.001}, 0.001},
    {"softsign", {0.002}, 0.002},
    {"selu", {-0.002}, 0.002},
    {"hardtanh", {0.999}, 0.001},
    {"hardtanh", {-1.001}, 0.001 / 1.001},
    {"floor", {2.999}, 0.001 / 2.999},
    {"ceil", {-3}, 0},
    {"round", {0.501}, 0.001},
    {"trunc", {5.001}, 0.001 / 5.001},
    {"leaky_relu", {0.003, 0.1}, 0.003},
    {"elu", {-0.003, 1}, 0.003},
    {"maximum", {1, 1.002}, 0.001 / 1.002},
    {"minimum", {0.5, 0.5}, 0},
    {"copysign", {0.001, 3}, 0.001 / 3.001 / 3 * 3},
    {"greater", {2, 2.002}, 0.001 / 2.002},
    {"equal", {1e6, 1e6 + 1}, 0.5 / (1e6 + 1)},
    {"less", {-4, -4}, 0},
    {"fmod", {3.001, 1.5}, 0.001 / (1 + 3.001 / 1.5) / 3.001},
};

START_TEST(elementwise)
{
    const tad_op *op = tad_op_find(rows[_i].op);
    tad_var       x[] = {tad_scalar(tape, rows[_i].x[0]), tad_scalar(tape, rows[_i].x[1])};
    tad_var       y = tad_apply(op, (tad_args){.n = op->arity, .x = x}), z = tad_exp(tad_sin(y));
    kinks         k = find(z, 0.01);
    ck_assert_msg(k.n == 1, "%s: %zu kinks", op->name, k.n);
    ck_assert_str_eq(k.found[0].kink, op->kink);
    ck_assert_uint_eq(k.found[0].node.id, y.id);
    ck_assert_msg(fabs(k.found[0].distance - rows[_i].distance) <= 0.01 * rows[_i].distance, "%s: %g; expected %g",
                  op->name, k.found[0].distance, rows[_i].distance);
    ck_assert_uint_eq(find(z, rows[_i].distance * 0.9).n, rows[_i].distance == 0);
}
END_TEST

/* Every row with a kink, away from it: nothing is found; at it, everything is. */
START_TEST(all_rows)
{
    for (int row = 0; row < TAD__ROWS; row++) {
        static double a[SAMPLE_ELEMENTS], b[SAMPLE_ELEMENTS];
        const tad_op *op = &tad__elementwise[row];
        sample_numbers(op, 7, 40, a, b);
        tad_tape_rewind(tape, 0);
        tad_var x[] = {vector(tape, 40, a), vector(tape, 40, b)};
        tad_var y = tad_apply(op, (tad_args){.n = op->arity, .x = x});
        ck_assert_msg(find(y, 1e-5).n == 0, "%s", op->name);
    }
}
END_TEST

START_TEST(smooth)
{
    tad_var x = vector(tape, 3, (const double[]){0, 1, -1}), y = tad_sum(tad_mul(tad_exp(x), tad_tanh(x)));
    ck_assert_uint_eq(find(y, 1).n, 0);
    tad_var c = tad_relu(tad_constant(tape, 0)); /* does not move */
    ck_assert_uint_eq(find(tad_add(y, c), 1).n, 0);
    ck_assert_uint_eq(find(tad_stop_gradient(y), 1).n, 0);
}
END_TEST

START_TEST(tensors)
{
    tad_var x = matrix(tape, 2, 3, (const double[]){1, -1e-4, 3, 0.5, 2, 0}), r = tad_relu(tad_transpose(x));
    kinks   k = find(tad_sum(r), 1e-3);
    ck_assert_uint_eq(k.n, 2);
    expect_kink(k.found[0], r, 2, 1e-4); /* [1][0] of the transpose */
    expect_kink(k.found[1], r, 5, 0);
    tad_var m = tad_maximum(x, vector(tape, 3, (const double[]){7, -1e-4, 3.0003}));
    k = find(tad_sum(m), 1e-3);
    ck_assert_uint_eq(k.n, 2);
    expect_kink(k.found[0], m, 1, 0);
    expect_near(k.found[1].distance, 0.00015 / 3.0003, 1e-8);
    kinks first = {.most = 1};
    expect_ok(tad_near_kinks(tad_add(tad_sum(m), tad_sum(r)), 1e-3, keep, &first));
    ck_assert_uint_eq(first.n, 1); /* the visitor stopped it */
    const float data[] = {0.25f, 1e-6f};
    tad_var     f = tad_abs(tad_tensor(tape, TAD_F32, 1, (const int64_t[]){2}, data));
    k = find(tad_sum(f), 1e-3);
    ck_assert_uint_eq(k.n, 1);
    expect_kink(k.found[0], f, 1, 1e-6);
}
END_TEST

START_TEST(groups)
{
    tad_var x = matrix(tape, 2, 3, (const double[]){1, 5, 4.99, -2, -2.0002, 3});
    tad_var by_row = tad_max_axes(x, 1, (const int[]){1}, false),
            by_column = tad_min_axes(x, 1, (const int[]){0}, true);
    kinks k = find(tad_sum(by_row), 0.01);
    ck_assert_uint_eq(k.n, 1);
    expect_kink(k.found[0], by_row, 0, 0.005 / 5);
    ck_assert_uint_eq(find(tad_sum(by_column), 0.01).n, 0);
    tad_var least = tad_min(x);
    k = find(least, 0.01);
    ck_assert_uint_eq(k.n, 1);
    expect_kink(k.found[0], least, 0, 0.0001 / 2.0002);
    tad_var alone = tad_max(tad_scalar(tape, 3));
    ck_assert_uint_eq(find(alone, 100).n, 0); /* there is no other */
}
END_TEST

START_TEST(windows)
{
    const double     data[] = {1, 2, 3, 4, 5, 5.001, 7, 7, 9, 0, 1, 2, 3, 4, 5, 6};
    tad_pool_options options = {.kernel = {2, 2}};
    tad_var          x = matrix(tape, 4, 4, data), p = tad_max_pool2d(x, &options), g;
    kinks            k = find(tad_sum(p), 1e-3);
    ck_assert_uint_eq(k.n, 2);
    expect_kink(k.found[0], p, 0, 0.0005 / 5.001);
    expect_kink(k.found[1], p, 1, 0);
    expect_ok(tad_gradient(tad_sum(tad_square(p)), 1, &x, &g));
    k = find(tad_sum(g), 1e-3); /* the adjoint chooses likewise */
    ck_assert_uint_ge(k.n, 4);
    for (size_t i = 0; i < k.n; i++)
        ck_assert(!isnan(k.found[i].distance));
    tad_var a = tad_adaptive_max_pool2d(x, 1, 2);
    k = find(tad_sum(a), 1e-3);
    ck_assert_uint_eq(k.n, 1);
    expect_kink(k.found[0], a, 1, 0);
}
END_TEST

START_TEST(norms_and_choices)
{
    tad_var x = matrix(tape, 2, 2, (const double[]){3e-5, 4e-5, 1, 1}),
            n = tad_norm_axes(x, 1, (const int[]){1}, false);
    kinks k = find(tad_sum(n), 1e-3);
    ck_assert_uint_eq(k.n, 1);
    expect_kink(k.found[0], n, 0, 5e-5);
    tad_var s = tad_std_axes(x, 1, (const int[]){1}, 0, false);
    k = find(tad_sum(s), 1e-3);
    ck_assert_uint_eq(k.n, 2);
    expect_kink(k.found[1], s, 1, 0);
    tad_var zero = tad_constant(tape, 0), c = tad_greater(x, tad_constant(tape, 0.5));
    tad_var w = tad_where(c, x, zero); /* c is 0 in places, but far from a jump */
    ck_assert_uint_eq(find(tad_sum(w), 1e-3).n, 0);
    tad_var v = tad_where(x, x, zero); /* this condition moves */
    k = find(tad_sum(v), 1e-3);
    ck_assert_uint_eq(k.n, 2);
    expect_kink(k.found[0], v, 0, 3e-5);
    tad_var clamped = tad_clamp(x, tad_constant(tape, 0), tad_constant(tape, 1.0001));
    ck_assert_uint_eq(find(tad_sum(clamped), 1e-3).n, 4);
}
END_TEST

static double plus_part(const double x[])
{
    return x[0] > 2 ? x[0] - 2 : 0;
}

static tad_var wave(void *user, size_t n, const tad_var x[])
{
    (void)user, (void)n;
    return tad_abs(x[0]);
}

START_TEST(custom)
{
    static const tad_op by_text = {
        .name = "plus_part", .arity = 1, .value = plus_part, .partial = {"x > 2"}, .kink = "x - 2"};
    static const tad_op bad_text = {
        .name = "bad", .arity = 1, .value = plus_part, .partial = {"x > 2"}, .kink = "z - 2"};
    static const tad_op in_words = {.name = "words",
                                    .arity = 1,
                                    .shape = op_same_shape,
                                    .forward = op_cube,
                                    .vjp = op_cube_vjp,
                                    .kink = "here and there"};
    tad_var x = vector(tape, 2, (const double[]){2.001, 3}), y = apply_one(&by_text, x), z = apply_one(&in_words, x);
    kinks   k = find(tad_sum(y), 0.01);
    ck_assert_uint_eq(k.n, 1);
    expect_kink(k.found[0], y, 0, 0.001 / 2.001);
    k = find(tad_sum(z), 0.01);
    ck_assert_uint_eq(k.n, 1);
    ck_assert_uint_eq(k.found[0].node.id, z.id);
    ck_assert_int_eq(k.found[0].element, -1);
    ck_assert(isnan(k.found[0].distance));
    ck_assert_str_eq(k.found[0].kink, "here and there");
    ck_assert_int_eq(tad_near_kinks(tad_sum(apply_one(&bad_text, x)), 1, keep, &k), TAD_EARG);
    expect_error(tape, TAD_EARG, "tad_near_kinks: the kink of bad, \"z - 2\", column 1: ");
    tad_var small = tad_scalar(tape, 1e-9);
    ck_assert_uint_eq(find(tad_checkpoint(wave, NULL, 1, &small), 0.01).n, 0); /* is not looked into */
}
END_TEST

START_TEST(errors)
{
    tad_var x = tad_scalar(tape, 1);
    ck_assert_int_eq(tad_near_kinks(x, -1, keep, NULL), TAD_EARG);
    expect_error(tape, TAD_EARG, "tad_near_kinks: delta -1; expected 0 or more");
    ck_assert_int_eq(tad_near_kinks(x, (double)NAN, keep, NULL), TAD_EARG);
    expect_error(tape, TAD_EARG, "tad_near_kinks: delta nan");
}
END_TEST

Suite *kinks_suite(void)
{
    Suite *suite = suite_create("kinks");
    TCase *tests = tcase_create("kinks");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, elementwise, 0, COUNT(rows));
    tcase_add_test(tests, all_rows);
    tcase_add_test(tests, smooth);
    tcase_add_test(tests, tensors);
    tcase_add_test(tests, groups);
    tcase_add_test(tests, windows);
    tcase_add_test(tests, norms_and_choices);
    tcase_add_test(tests, custom);
    tcase_add_test(tests, errors);
    suite_add_tcase(suite, tests);
    return suite;
}
