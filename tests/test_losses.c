/* Softmax, losses and dropout: against naive loops, at special values, and every error. */
#include "suites.h"
#include "support.h"

#include "base/random.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define INF ((double)INFINITY)
#define QNAN ((double)NAN)
#define LN2 0.69314718055994531

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

static double number(uint64_t seed, int64_t i)
{
    return tad__random_uniform(seed, (uint64_t)i, -3, 3);
}

static tad_var indices(int rank, const int64_t dims[], const int64_t data[])
{
    return tad_tensor_constant(tape, TAD_I64, rank, dims, data);
}

#define expect_list(x, read, what, ...)                                                                                \
    expect_all_near((x), (read), (int64_t)COUNT(((const double[]){__VA_ARGS__})), (const double[]){__VA_ARGS__},       \
                    1e-15, (what))

/* ---- Softmax ---- */

static void naive_softmax(int outer, int size, int inner, bool logarithm, const double x[], double y[])
{
    for (int o = 0; o < outer; o++)
        for (int i = 0; i < inner; i++) {
            long double sum = 0;
            for (int k = 0; k < size; k++)
                sum += expl((long double)x[(o * size + k) * inner + i]);
            for (int k = 0; k < size; k++) {
                int at = (o * size + k) * inner + i;
                y[at] = (double)(logarithm ? (long double)x[at] - logl(sum) : expl((long double)x[at]) / sum);
            }
        }
}

START_TEST(softmax_along_every_axis)
{
    const int64_t dims[] = {3, 17, 2};
    double        x[102], y[102];
    tad_var       t = random_f64(tape, 1, 3, 3, dims, x);
    for (int axis = 0; axis < 3; axis++) {
        int outer = axis == 0 ? 1 : axis == 1 ? 3 : 51, inner = axis == 0 ? 34 : axis == 1 ? 2 : 1;
        naive_softmax(outer, (int)dims[axis], inner, false, x, y);
        expect_all_near(tad_softmax(t, axis), tad_read, 102, y, 1e-15, "softmax");
        expect_all_near(tad_softmax(t, axis - 3), tad_read, 102, y, 1e-15, "softmax, negative axis");
        naive_softmax(outer, (int)dims[axis], inner, true, x, y);
        expect_all_near(tad_log_softmax(t, axis), tad_read, 102, y, 1e-15, "log_softmax");
    }
}
END_TEST

/* Value and gradient of a vector, for the cotangent g. */
static const struct {
    double x[3], g[3], softmax[3], softmax_gx[3], log_softmax[3], log_softmax_gx[3];
} special[] = {
    {{1e4, 1e4, -1e4}, {1, 0, 0}, {0.5, 0.5, 0}, {0.25, -0.25, 0}, {-LN2, -LN2, -2e4 - LN2}, {0.5, -0.5, 0}},
    {{-1e300, 0, -1e300}, {1, 2, 3}, {0, 1, 0}, {0, 0, 0}, {-1e300, 0, -1e300}, {1, -4, 3}},
    {{0, -INF, 0}, {3, 100, 1}, {0.5, 0, 0.5}, {0.5, 0, -0.5}, {-LN2, -INF, -LN2}, {-49, 100, -51}},
    {{0, -INF, -INF}, {3, 1, 2}, {1, 0, 0}, {0, 0, 0}, {0, -INF, -INF}, {-3, 1, 2}},
    {{-INF, -INF, -INF}, {1, 0, 0}, {QNAN, QNAN, QNAN}, {QNAN, QNAN, QNAN}, {QNAN, QNAN, QNAN}, {QNAN, QNAN, QNAN}},
    {{-INF, -INF, -INF}, {0, 0, 0}, {QNAN, QNAN, QNAN}, {0, 0, 0}, {QNAN, QNAN, QNAN}, {0, 0, 0}},
    {{1, INF, 0}, {1, 0, 0}, {QNAN, QNAN, QNAN}, {QNAN, QNAN, QNAN}, {QNAN, QNAN, QNAN}, {QNAN, QNAN, QNAN}},
    {{QNAN, 1, 2}, {1, 2, 0}, {QNAN, QNAN, QNAN}, {QNAN, QNAN, QNAN}, {QNAN, QNAN, QNAN}, {QNAN, QNAN, QNAN}},
    {{1, 2, QNAN}, {1, -1, 0}, {QNAN, QNAN, QNAN}, {QNAN, QNAN, QNAN}, {QNAN, QNAN, QNAN}, {1, -1, 0}},
};

static tad_var weigh(tad_var y, tad_var g)
{
    return tad_sum(tad_scale(g, y));
}

START_TEST(softmax_of_special_values)
{
    tad_var x = vector(tape, 3, special[_i].x), g = vector(tape, 3, special[_i].g), gx, y;
    y = tad_softmax(x, 0);
    expect_all_near(y, tad_read, 3, special[_i].softmax, 1e-15, "softmax");
    expect_ok(tad_backward(weigh(y, g)));
    expect_all_near(x, tad_read_grad, 3, special[_i].softmax_gx, 1e-15, "softmax, backward");
    expect_ok(tad_vjp(y, g, 1, &x, &gx));
    expect_all_near(gx, tad_read, 3, special[_i].softmax_gx, 1e-15, "softmax, recorded");
    y = tad_log_softmax(x, 0);
    expect_all_near(y, tad_read, 3, special[_i].log_softmax, 1e-15, "log_softmax");
    expect_ok(tad_backward(weigh(y, g)));
    expect_all_near(x, tad_read_grad, 3, special[_i].log_softmax_gx, 1e-15, "log_softmax, backward");
    expect_ok(tad_vjp(y, g, 1, &x, &gx));
    expect_all_near(gx, tad_read, 3, special[_i].log_softmax_gx, 1e-15, "log_softmax, recorded");
}
END_TEST

/* ---- Cross-entropy ---- */

enum { N = 5, C = 3, D = 2 };

typedef struct setting {
    bool          weighted, soft;
    double        smoothing;
    int64_t       ignored;
    tad_reduction reduction;
} setting;

static const double  weights[C] = {0.5, 2, 1.25};
static const int64_t targets[N * D] = {0, 2, 1, 1, 2, 0, 0, 2, 1, 2};

/* PyTorch's definition, sample by sample; t are probabilities of [N, C, D]. Returns how many losses there are. */
static int naive_cross_entropy(const setting *s, const double x[], const double t[], double out[])
{
    double p[N * C * D], sum = 0, divisor = 0;
    naive_softmax(N, C, D, true, x, p);
    for (int n = 0; n < N; n++)
        for (int d = 0; d < D; d++) {
            int64_t target = targets[n * D + d];
            bool    ignored = !s->soft && target == s->ignored;
            double  loss = 0;
            for (int c = 0; c < C && !ignored; c++) {
                double w = s->weighted ? weights[c] : 1, hard = s->soft ? t[(n * C + c) * D + d] : c == target;
                loss -= w * ((1 - s->smoothing) * hard + s->smoothing / C) * p[(n * C + c) * D + d];
            }
            divisor += ignored ? 0 : s->weighted && !s->soft ? weights[target] : 1;
            sum += out[n * D + d] = loss;
        }
    if (s->reduction == TAD_NONE)
        return N * D;
    out[0] = s->reduction == TAD_MEAN ? sum / divisor : sum;
    return 1;
}

/* Bits of the loop's index: weights, soft targets, smoothing, an ignored index; then the reduction. */
START_TEST(cross_entropy_as_defined)
{
    const int64_t             dims[] = {N, C, D}, without[] = {N, D};
    double                    x[N * C * D], p[N * C * D], t[N * C * D], expected[N * D];
    const setting             s = {_i & 1, _i & 2, _i & 4 ? 0.3 : 0, _i & 8 ? 2 : -100, (tad_reduction)(_i / 16)};
    tad_var                   logits = random_f64(tape, 7, 3, 3, dims, x), soft = random_f64(tape, 8, 3, 3, dims, t);
    tad_cross_entropy_options options = {
        .has_ignore_index = _i & 8, .ignore_index = 2, .label_smoothing = s.smoothing, .reduction = s.reduction};
    if (s.weighted)
        options.weights = vector(tape, C, weights);
    tad_var target = s.soft ? soft : indices(2, without, targets);
    int     n = naive_cross_entropy(&s, x, t, expected);
    tad_var y = tad_cross_entropy(logits, target, &options);
    ck_assert_int_eq(tad_rank(y), s.reduction == TAD_NONE ? 2 : 0);
    expect_all_near(y, tad_read, n, expected, 1e-14, "cross_entropy");
    if (s.soft)
        return;
    naive_softmax(N, C, D, true, x, p);
    y = tad_nll_loss(tad_tensor(tape, TAD_F64, 3, dims, p), target, &options);
    expect_all_near(y, tad_read, n, expected, 1e-14, "nll_loss");
}
END_TEST

static const tad_cross_entropy_options none = {.reduction = TAD_NONE};

START_TEST(cross_entropy_by_hand)
{
    const int64_t three[] = {0, 1, 2};
    const double  zeros[9] = {0}, w[] = {1, 2, 3}, l = log(3);
    tad_var       x = matrix(tape, 3, 3, zeros), t = indices(1, (const int64_t[]){3}, three);
    tad_var       weight = vector(tape, 3, w);
    expect_list(tad_cross_entropy(x, t, NULL), tad_read, "mean", l);
    expect_list(tad_cross_entropy(x, t, &(const tad_cross_entropy_options){.weights = weight, .reduction = TAD_NONE}),
                tad_read, "none", l, 2 * l, 3 * l);
    tad_var y = tad_cross_entropy(x, t, &(const tad_cross_entropy_options){.weights = weight, .label_smoothing = 0.3});
    expect_list(y, tad_read, "smoothed", l);
    expect_ok(tad_backward(y));
    /* row i: ((1 - s) w[i] + s sum(w) / C) / 3 - (1 - s) w[i] (c == i) - s w[c] / C, all by sum(w) */
    double gx[9];
    for (int i = 0; i < 3; i++)
        for (int c = 0; c < 3; c++)
            gx[3 * i + c] = ((0.7 * w[i] + 0.3 * 2) / 3 - 0.7 * w[i] * (c == i) - 0.3 * w[c] / 3) / 6;
    expect_all_near(x, tad_read_grad, 9, gx, 1e-15, "gradient");

    /* one sample without an axis for it */
    tad_var one = vector(tape, 2, (const double[]){1, 3}), index = indices(0, NULL, (const int64_t[]){1});
    expect_list(tad_cross_entropy(one, index, NULL), tad_read, "one sample", log1p(exp(-2)));
    ck_assert_int_eq(tad_rank(tad_cross_entropy(one, index, &none)), 0);

    /* large logits */
    x = matrix(tape, 2, 2, (const double[]){1e4, -1e4, 1e4, -1e4});
    y = tad_cross_entropy(x, indices(1, (const int64_t[]){2}, three), &none);
    expect_list(y, tad_read, "large logits", 0, 2e4);
    expect_ok(tad_backward(tad_sum(y)));
    expect_list(x, tad_read_grad, "large logits", 0, 0, 1, -1);
}
END_TEST

START_TEST(cross_entropy_of_nothing)
{
    const int64_t ignored[] = {-100, -100};
    tad_var x = matrix(tape, 2, 2, (const double[]){1, 2, QNAN, INF}), w = vector(tape, 2, (const double[]){1, 2});
    tad_var t = indices(1, (const int64_t[]){2}, ignored), gx[2], in[] = {x, w};
    for (int smooth = 0; smooth < 2; smooth++)
        for (int weighted = 0; weighted < 2; weighted++) {
            tad_cross_entropy_options options = {.label_smoothing = 0.25 * smooth};
            if (weighted)
                options.weights = w;
            tad_var y = tad_cross_entropy(x, t, &options);
            expect_list(y, tad_read, "the mean of none", QNAN);
            expect_ok(tad_backward(y));
            expect_list(x, tad_read_grad, "the gradient of none", 0, 0, 0, 0);
            expect_ok(tad_gradient(y, 2, in, gx));
            expect_list(gx[0], tad_read, "the recorded gradient of none", 0, 0, 0, 0);
            if (weighted)
                expect_list(w, tad_read_grad, "the gradient of the weights", 0, 0);
            options.reduction = TAD_SUM;
            expect_list(tad_cross_entropy(x, t, &options), tad_read, "the sum of none", 0);
            options.reduction = TAD_NONE;
            expect_list(tad_cross_entropy(x, t, &options), tad_read, "none", 0, 0);
        }
    tad_var empty = tad_tensor(tape, TAD_F64, 2, (const int64_t[]){0, 3}, NULL);
    t = indices(1, (const int64_t[]){0}, NULL);
    expect_list(tad_cross_entropy(empty, t, NULL), tad_read, "an empty batch", QNAN);
    expect_list(tad_cross_entropy(empty, empty, NULL), tad_read, "an empty batch of probabilities", QNAN);
    expect_list(tad_cross_entropy(empty, t, &(const tad_cross_entropy_options){.reduction = TAD_SUM}), tad_read, "sum",
                0);
    ck_assert_int_eq(tad_count(tad_cross_entropy(empty, t, &none)), 0);
}
END_TEST

/* A logit that is masked out: it counts nothing, unless it is the target. */
START_TEST(cross_entropy_of_masked_logits)
{
    tad_var x = matrix(tape, 1, 3, (const double[]){0, 0, -INF}), p, y;
    y = tad_cross_entropy(x, indices(1, (const int64_t[]){1}, (const int64_t[]){1}), NULL);
    expect_list(y, tad_read, "indices", LN2);
    expect_ok(tad_backward(y));
    expect_list(x, tad_read_grad, "indices", 0.5, -0.5, 0);
    y = tad_cross_entropy(x, indices(1, (const int64_t[]){1}, (const int64_t[]){2}), NULL);
    expect_list(y, tad_read, "masked target", INF);
    p = matrix(tape, 1, 3, (const double[]){1, 0, 0});
    y = tad_cross_entropy(x, p, NULL);
    expect_list(y, tad_read, "probabilities", LN2);
    expect_ok(tad_backward(y));
    expect_list(x, tad_read_grad, "probabilities", -0.5, 0.5, 0);
    expect_list(p, tad_read_grad, "the probabilities' own gradient", LN2, LN2, INF);
}
END_TEST

START_TEST(ignored_indices)
{
    const int64_t             two[] = {2}, marked[] = {-1, 0}, in_range[] = {0, 1};
    tad_var                   x = matrix(tape, 2, 2, (const double[]){5, 1, 0, 0});
    tad_cross_entropy_options options = {.has_ignore_index = true, .ignore_index = -1};
    expect_list(tad_cross_entropy(x, indices(1, two, marked), &options), tad_read, "-1", LN2);
    options.ignore_index = 0; /* a class can be ignored, too */
    expect_list(tad_cross_entropy(x, indices(1, two, in_range), &options), tad_read, "a class", LN2);
    options.has_ignore_index = false;
    options.reduction = TAD_NONE;
    expect_all_near(tad_cross_entropy(x, indices(1, two, in_range), &options), tad_read, 2,
                    (const double[]){log1p(exp(-4)), LN2}, 1e-15, "no class");
}
END_TEST

/* ---- Other losses ---- */

static double naive_loss(int which, double x, double t)
{
    double d = fabs(x - t);
    switch (which) {
    case 0:
        return (x - t) * (x - t);
    case 1:
        return d;
    case 2:
        return d <= 0.75 ? d * d / 2 : 0.75 * (d - 0.375);
    case 3:
        return d <= 0.75 ? d * d / 1.5 : d - 0.375;
    case 4:
        return t == 0 ? 0 : t * (log(t) - x);
    case 5:
        return d;
    default:
        return t * log1p(exp(-x)) + (1 - t) * log1p(exp(x));
    }
}

static tad_var loss(int which, tad_var x, tad_var t, tad_reduction reduction)
{
    switch (which) {
    case 0:
        return tad_mse_loss(x, t, reduction);
    case 1:
        return tad_l1_loss(x, t, reduction);
    case 2:
        return tad_huber_loss(x, t, 0.75, reduction);
    case 3:
        return tad_smooth_l1_loss(x, t, 0.75, reduction);
    case 4:
        return tad_kl_div(x, t, reduction);
    case 5:
        return tad_smooth_l1_loss(x, t, 0, reduction);
    default:
        return tad_bce_with_logits(x, t, &(const tad_bce_options){.reduction = reduction});
    }
}
enum { LOSSES = 7 };

START_TEST(losses_as_defined)
{
    const int64_t dims[] = {3, 5};
    double        x[15], t[15], expected[15], sum = 0;
    random_f64(tape, 20, 3, 2, dims, x);
    for (int i = 0; i < 15; i++) {
        t[i] = fabs(number(21, i)) * (i != 4);
        sum += expected[i] = naive_loss(_i, x[i], t[i]);
    }
    tad_var a = matrix(tape, 3, 5, x), b = matrix(tape, 3, 5, t);
    expect_all_near(loss(_i, a, b, TAD_NONE), tad_read, 15, expected, 1e-15, "none");
    expect_near(tad_value(loss(_i, a, b, TAD_SUM)), sum, 1e-14);
    expect_near(tad_value(loss(_i, a, b, TAD_MEAN)), sum / 15, 1e-14);
    tad_var empty = tad_tensor(tape, TAD_F64, 2, (const int64_t[]){0, 2}, NULL);
    ck_assert(isnan(tad_value(loss(_i, empty, empty, TAD_MEAN))));
    expect_near(tad_value(loss(_i, empty, empty, TAD_SUM)), 0, 0);
}
END_TEST

/* x, target, loss, dx, dtarget */
static const struct {
    int    which;
    double x, t, y, dx, dt;
} values[] = {
    {1, 2, 2, 0, 0, 0},
    {1, INF, 2, INF, 1, -1},
    {2, 0.75, 0, 0.28125, 0.75, -0.75},
    {2, 3, 0, 1.96875, 0.75, -0.75},
    {2, -INF, 0, INF, -0.75, 0.75},
    {2, QNAN, 0, QNAN, QNAN, QNAN},
    {3, 0.75, 0, 0.375, 1, -1},
    {3, INF, 0, INF, 1, -1},
    {4, -INF, 0, 0, 0, 0},
    {4, 7, 0, 0, 0, 0},
    {4, 0, 1, 0, -1, 1},
    {4, -INF, 1, INF, -1, INF},
    {4, 0, -1, QNAN, 1, QNAN},
    {5, 1, 1, 0, 0, 0},
    {6, 0, 0.5, LN2, 0, 0},
    {6, 1e4, 1, 0, 0, -1e4},
    {6, 1e4, 0, 1e4, 1, -1e4},
    {6, -1e4, 0, 0, 0, 1e4},
    {6, INF, 1, 0, 0, -INF},
    {6, -INF, 0, 0, 0, INF},
    {6, INF, 0, INF, 1, -INF},
    {6, 40, 1, 4.2483542552915889e-18, -4.2483542552915889e-18, -40},
    {6, QNAN, 0, QNAN, QNAN, QNAN},
};

START_TEST(losses_of_special_values)
{
    tad_var x = tad_scalar(tape, values[_i].x), t = tad_scalar(tape, values[_i].t), in[] = {x, t}, g[2];
    tad_var y = loss(values[_i].which, x, t, _i & 1 ? TAD_SUM : TAD_NONE);
    char    what[40];
    snprintf(what, sizeof what, "loss %d, row %d", values[_i].which, _i);
    expect_all_near(y, tad_read, 1, &values[_i].y, 1e-15, what);
    expect_ok(tad_backward(y));
    expect_all_near(x, tad_read_grad, 1, &values[_i].dx, 1e-15, what);
    expect_all_near(t, tad_read_grad, 1, &values[_i].dt, 1e-15, what);
    expect_ok(tad_gradient(y, 2, in, g));
    expect_all_near(g[0], tad_read, 1, &values[_i].dx, 1e-15, what);
    expect_all_near(g[1], tad_read, 1, &values[_i].dt, 1e-15, what);
    if (values[_i].y > 0 && values[_i].y < 1e-10) /* all its digits, not only those of 1 + y */
        ck_assert_msg(fabs(tad_value(y) / values[_i].y - 1) < 1e-14 && fabs(tad_grad(x) / values[_i].dx - 1) < 1e-14,
                      "%s: %.17g", what, tad_value(y));
}
END_TEST

START_TEST(weights_of_binary_cross_entropy)
{
    double  x[6], t[6], expected[6];
    tad_var a = random_f64(tape, 30, 3, 2, (const int64_t[]){2, 3}, x),
            b = random_f64(tape, 31, 3, 2, (const int64_t[]){2, 3}, t);
    const double w[] = {2, 0.5}, p[] = {3, 1, 0.25};
    tad_var      weight = matrix(tape, 2, 1, w), pos_weight = vector(tape, 3, p);
    for (int which = 0; which < 4; which++) {
        tad_bce_options options = {.reduction = TAD_NONE};
        if (which & 1)
            options.weight = weight;
        if (which & 2)
            options.pos_weight = pos_weight;
        for (int i = 0; i < 6; i++)
            expected[i] = (which & 1 ? w[i / 3] : 1) *
                          (t[i] * (which & 2 ? p[i % 3] : 1) * log1p(exp(-x[i])) + (1 - t[i]) * log1p(exp(x[i])));
        expect_all_near(tad_bce_with_logits(a, b, &options), tad_read, 6, expected, 1e-14, "bce_with_logits");
    }
}
END_TEST

START_TEST(divergence_of_a_batch)
{
    double  x[12], t[12];
    tad_var a = random_f64(tape, 40, 3, 3, (const int64_t[]){3, 2, 2}, x);
    double  sum = 0;
    for (int i = 0; i < 12; i++) {
        t[i] = fabs(number(41, i));
        sum += naive_loss(4, x[i], t[i]);
    }
    tad_var b = tad_tensor(tape, TAD_F64, 3, (const int64_t[]){3, 2, 2}, t);
    expect_near(tad_value(tad_kl_div(a, b, TAD_BATCH_MEAN)), sum / 3, 1e-14);
}
END_TEST

/* ---- Dropout ---- */

START_TEST(dropout_drops_as_said)
{
    enum { SIZE = 100000 };
    static float x[SIZE], y[SIZE];
    const double p[] = {0, 0.1, 0.5, 0.9, 1};
    for (int i = 0; i < SIZE; i++)
        x[i] = 3;
    tad_var t = tad_tensor(tape, TAD_F32, 1, (const int64_t[]){SIZE}, x);
    for (size_t k = 0; k < COUNT(p); k++) {
        int dropped = 0;
        expect_ok(tad_read(tad_dropout(t, p[k], 5), y, sizeof y));
        for (int i = 0; i < SIZE; i++) {
            bool drop = (double)(tad__random_bits(5, (uint64_t)i) >> 11) * 0x1p-53 < p[k];
            ck_assert_msg(y[i] == (drop ? 0 : 3 * (float)(1 / (1 - p[k]))), "p %g: element %d is %g", p[k], i,
                          (double)y[i]);
            dropped += drop;
        }
        ck_assert_msg(fabs(dropped - p[k] * SIZE) <= 4 * sqrt(SIZE * p[k] * (1 - p[k])), "p %g: %d of %d", p[k],
                      dropped, SIZE);
    }
}
END_TEST

/* By its place in C order, whatever lies how in memory; and the same in the other direction. */
START_TEST(dropout_goes_by_place)
{
    double  x[12], y[12], again[12], g[12];
    tad_var t = random_f64(tape, 50, 3, 2, (const int64_t[]){3, 4}, x), turned = tad_transpose(t);
    tad_var a = tad_dropout(turned, 0.5, 9), b = tad_dropout(tad_mul(turned, tad_constant(tape, 1)), 0.5, 9);
    expect_ok(tad_read(a, y, sizeof y));
    expect_ok(tad_read(b, again, sizeof again));
    ck_assert_mem_eq(y, again, sizeof y);
    expect_ok(tad_backward(tad_sum(a)));
    expect_ok(tad_read_grad(t, g, sizeof g));
    bool kept = false, lost = false;
    for (int i = 0; i < 12; i++) {
        int at = i % 3 * 4 + i / 3; /* of element i of the transposed */
        expect_near(y[i], x[at] * g[at], 0);
        kept |= g[at] == 2;
        lost |= g[at] == 0;
    }
    ck_assert(kept && lost);
    expect_ok(tad_read(tad_dropout(turned, 0.5, 10), again, sizeof again));
    ck_assert(memcmp(y, again, sizeof y) != 0);

    tad_var bad = vector(tape, 3, (const double[]){QNAN, INF, -INF}), zeros = tad_dropout(bad, 1, 0);
    expect_values(zeros, 0, 0, 0);
    expect_ok(tad_backward(tad_sum(zeros)));
    expect_grads(bad, 0, 0, 0);
}
END_TEST

/* ---- Memory ---- */

/* One step of a loop that uses everything of this family, views among the operands, so that copies are made; the gradient. */
static tad_status step(tad_tape *on, double gradient[24])
{
    static const double  numbers[24] = {1, -2, 3, 0.5, 2,    -1, 4,  0, -3, 1.5, 2.5, -0.5,
                                        1, 1,  2, -4,  0.25, 3,  -1, 2, 5,  1,   0,   2};
    static const int64_t classes[] = {0, 3, 1, 2, 3, -100}, six = 6;
    tad_var leaf = matrix(on, 4, 6, numbers), x = tad_transpose(leaf), g = vector(on, 4, numbers), y, mean, variance;
    tad_var t = tad_tensor_constant(on, TAD_I64, 1, &six, classes);
    tad_norm_options norm = {.gamma = tad_slice(vector(on, 6, numbers), 0, 1, 5), .beta = g};
    y = tad_rms_norm(tad_layer_norm(x, 1, &norm), 1, NULL);
    if (tad_batch_norm(tad_add(y, x), &norm, &y, &mean, &variance) != TAD_OK)
        return tad_tape_status(on);
    y = tad_group_norm(tad_dropout(y, 0.25, 11), 2, &norm);
    y = tad_batch_norm_inference(y, tad_scale(g, g), tad_square(g), NULL);
    tad_var loss = tad_cross_entropy(
        tad_log_softmax(y, 0), t, &(const tad_cross_entropy_options){.weights = tad_square(g), .label_smoothing = 0.1});
    loss = tad_add(loss, tad_bce_with_logits(y, tad_softmax(x, 0), &(const tad_bce_options){.pos_weight = g}));
    loss = tad_add(loss, tad_cross_entropy(y, tad_softmax(x, 1), NULL));
    loss = tad_add(loss, tad_huber_loss(y, x, 1, TAD_MEAN));
    loss = tad_add(loss, tad_kl_div(y, tad_square(x), TAD_BATCH_MEAN));
    loss = tad_add(loss, tad_add(tad_sum(mean), tad_sum(variance)));
    tad_status status = tad_is_valid(loss) ? tad_backward(loss) : tad_tape_status(on);
    return status == TAD_OK ? tad_read_grad(leaf, gradient, 24 * sizeof *gradient) : status;
}

START_TEST(a_loop_takes_no_more_memory)
{
    heap      h = {0};
    tad_tape *own = heap_tape(&h);
    double    first[24], gradient[24];
    size_t    calls = 0;
    expect_ok(step(own, first));
    for (int i = 0; i < 20; i++) {
        tad_tape_rewind(own, 0);
        expect_ok(step(own, gradient));
        ck_assert_mem_eq(gradient, first, sizeof first);
        if (i == 1)
            calls = h.calls;
    }
    ck_assert_uint_eq(h.calls, calls);
    tad_tape_free(own);
}
END_TEST

/* Loop index: does it fail once, or for ever? */
START_TEST(memory_that_is_refused)
{
    double right[24], gradient[24];
    expect_ok(step(tape, right));
    tad_tape_rewind(tape, 0);
    bool done = false;
    for (size_t n = 1; !done; n++) {
        heap      h = {0};
        tad_tape *own = heap_tape(&h);
        h.fail_at = h.calls + n;
        h.for_ever = _i;
        tad_status status = step(own, gradient);
        done = h.calls < h.fail_at;
        ck_assert_msg(status == (done ? TAD_OK : TAD_ENOMEM) || (status == TAD_OK && !_i), "request %d: %s", (int)n,
                      tad_tape_message(own));
        ck_assert(tad_tape_status(own) == status);
        h.fail_at = 0;
        tad_tape_clear_error(own);
        tad_tape_rewind(own, 0);
        expect_ok(step(own, gradient));
        ck_assert_mem_eq(gradient, right, sizeof right);
        tad_tape_free(own);
        ck_assert_uint_eq(h.blocks, 0);
        ck_assert_uint_lt(n, 1000);
    }
}
END_TEST

/* ---- Errors ---- */

typedef struct operands {
    tad_var x, y, v, i, high, scalar, narrow;
} operands;

#define CE(...) (&(const tad_cross_entropy_options){__VA_ARGS__})
#define BCE(...) (&(const tad_bce_options){__VA_ARGS__})
#define BAD ((tad_reduction)7)

#define REFUSED(call, status, text) expect_refused(tape, call, status, text)

/* A call with x [2, 3], y [3, 2], v [3], i two indices, and what it is refused with. */
START_TEST(errors)
{
    const double   numbers[6] = {0};
    const float    floats[6] = {0};
    const int64_t  two[] = {2}, dims[] = {2, 3};
    const operands o = {matrix(tape, 2, 3, numbers),
                        matrix(tape, 3, 2, numbers),
                        vector(tape, 3, numbers),
                        indices(1, two, (const int64_t[]){0, 1}),
                        indices(1, two, (const int64_t[]){-100, 3}),
                        tad_scalar(tape, 1),
                        tad_tensor(tape, TAD_F32, 2, dims, floats)};
    REFUSED(tad_softmax(o.x, 2), TAD_EARG, "softmax(f64 [2, 3]): axis 2; expected -2 to 1");
    REFUSED(tad_log_softmax(o.x, -3), TAD_EARG, "log_softmax(f64 [2, 3]): axis -3; expected -2 to 1");
    REFUSED(tad_softmax(o.scalar, 0), TAD_EARG, "axis 0 of a scalar, which has none");
    REFUSED(tad_softmax(o.i, 0), TAD_EDTYPE, "operand 1 is i64; expected f32 or f64");
    REFUSED(tad_cross_entropy(o.x, o.high, NULL), TAD_EINDEX,
            "target 3 at [1]; expected 0 to 2, or -100, which is ignored");
    REFUSED(tad_nll_loss(o.x, o.high, CE(.has_ignore_index = true, .ignore_index = 1)), TAD_EINDEX,
            "target -100 at [0]; expected 0 to 2, or 1, which is ignored");
    REFUSED(tad_cross_entropy(o.y, o.i, NULL), TAD_ESHAPE,
            "cross_entropy(f64 [3, 2], i64 [2]): expected targets of that shape without axis 1, the classes");
    REFUSED(tad_cross_entropy(o.v, o.i, NULL), TAD_ESHAPE, "without axis 0");
    REFUSED(tad_cross_entropy(o.scalar, o.i, NULL), TAD_ESHAPE, "expected [C] or [N, C, ...]");
    REFUSED(tad_cross_entropy(o.i, o.i, NULL), TAD_EDTYPE, "operand 1 is i64");
    REFUSED(tad_cross_entropy(o.x, o.y, NULL), TAD_ESHAPE,
            "cross_entropy_soft(f64 [2, 3], f64 [3, 2]): expected [C] or [N, C, ...], and targets of the same shape");
    REFUSED(tad_cross_entropy(o.x, o.narrow, NULL), TAD_EDTYPE, "f64 and f32 do not mix");
    REFUSED(tad_cross_entropy(o.x, o.i, CE(.weights = o.x)), TAD_ESHAPE, "weights: expected [3], one for each class");
    REFUSED(tad_cross_entropy(o.y, o.y, CE(.weights = o.v)), TAD_ESHAPE, "weights: expected [2], one for each class");
    REFUSED(tad_cross_entropy(o.x, o.i, CE(.label_smoothing = 1.5)), TAD_EARG,
            "label smoothing is 1.5; expected 0 to 1");
    REFUSED(tad_cross_entropy(o.x, o.x, CE(.label_smoothing = QNAN)), TAD_EARG, "label smoothing is nan");
    REFUSED(tad_cross_entropy(o.x, o.i, CE(.reduction = BAD)), TAD_EARG,
            "reduction 7; expected TAD_MEAN, TAD_SUM or TAD_NONE");
    REFUSED(tad_cross_entropy(o.x, o.i, CE(.reduction = TAD_BATCH_MEAN)), TAD_EARG, "reduction 3");
    REFUSED(tad_nll_loss(o.x, o.x, NULL), TAD_EDTYPE, "nll_loss(f64 [2, 3], f64 [2, 3]): operand 2 is f64");
    REFUSED(tad_bce_with_logits(o.x, o.y, NULL), TAD_ESHAPE,
            "bce_with_logits(f64 [2, 3], f64 [3, 2]): expected a target of the same shape");
    REFUSED(tad_bce_with_logits(o.y, o.y, BCE(.weight = o.v)), TAD_ESHAPE, "weight does not broadcast");
    REFUSED(tad_bce_with_logits(o.y, o.y, BCE(.pos_weight = o.v)), TAD_ESHAPE, "pos_weight does not broadcast");
    REFUSED(tad_bce_with_logits(o.x, o.x, BCE(.reduction = TAD_BATCH_MEAN)), TAD_EARG, "reduction 3");
    REFUSED(tad_mse_loss(o.x, o.v, TAD_MEAN), TAD_ESHAPE,
            "mse_loss(f64 [2, 3], f64 [3]): expected a target of the same shape");
    REFUSED(tad_mse_loss(o.x, o.narrow, TAD_MEAN), TAD_EDTYPE, "f64 and f32 do not mix");
    REFUSED(tad_mse_loss(o.x, o.x, BAD), TAD_EARG, "reduction 7; expected TAD_MEAN, TAD_SUM or TAD_NONE");
    REFUSED(tad_l1_loss(o.x, o.v, TAD_MEAN), TAD_ESHAPE, "l1_loss(f64 [2, 3], f64 [3])");
    REFUSED(tad_huber_loss(o.x, o.x, 0, TAD_MEAN), TAD_EARG, "delta is 0; expected more than 0");
    REFUSED(tad_huber_loss(o.x, o.x, QNAN, TAD_MEAN), TAD_EARG, "delta is nan");
    REFUSED(tad_smooth_l1_loss(o.x, o.x, -1, TAD_MEAN), TAD_EARG, "beta is -1; expected 0 or more");
    REFUSED(tad_smooth_l1_loss(o.x, o.y, 1, TAD_MEAN), TAD_ESHAPE, "expected a target of the same shape");
    REFUSED(tad_kl_div(o.x, o.x, BAD), TAD_EARG, "reduction 7; expected TAD_MEAN, TAD_SUM, TAD_NONE or TAD_BATCH_MEAN");
    REFUSED(tad_kl_div(o.scalar, o.scalar, TAD_BATCH_MEAN), TAD_EARG, "TAD_BATCH_MEAN of a scalar");
    REFUSED(tad_dropout(o.x, -0.5, 1), TAD_EARG, "dropout(f64 [2, 3]): p is -0.5; expected 0 to 1");
    REFUSED(tad_dropout(o.x, 1.5, 1), TAD_EARG, "p is 1.5");
    REFUSED(tad_dropout(o.x, QNAN, 1), TAD_EARG, "p is nan");
}
END_TEST

Suite *losses_suite(void)
{
    Suite *suite = suite_create("losses");
    TCase *tests = tcase_create("softmax, losses, dropout");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, softmax_along_every_axis);
    tcase_add_loop_test(tests, softmax_of_special_values, 0, COUNT(special));
    tcase_add_loop_test(tests, cross_entropy_as_defined, 0, 48);
    tcase_add_test(tests, cross_entropy_by_hand);
    tcase_add_test(tests, cross_entropy_of_nothing);
    tcase_add_test(tests, cross_entropy_of_masked_logits);
    tcase_add_test(tests, ignored_indices);
    tcase_add_loop_test(tests, losses_as_defined, 0, LOSSES);
    tcase_add_loop_test(tests, losses_of_special_values, 0, COUNT(values));
    tcase_add_test(tests, weights_of_binary_cross_entropy);
    tcase_add_test(tests, divergence_of_a_batch);
    tcase_add_test(tests, dropout_drops_as_said);
    tcase_add_test(tests, dropout_goes_by_place);
    tcase_add_test(tests, a_loop_takes_no_more_memory);
    tcase_add_loop_test(tests, memory_that_is_refused, 0, 2);
    tcase_add_test(tests, errors);
    suite_add_tcase(suite, tests);
    return suite;
}
