/* Normalisations: against naive loops, at special values, and every error. */
#include "suites.h"
#include "support.h"

#include <math.h>

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

/* What normalises the numbers first + i * step + j, i < n and j < run. */
typedef struct stats {
    double mean, variance;
} stats;

static stats stats_of(const double x[], int first, int n, int step, int run)
{
    long double sum = 0, squares = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < run; j++)
            sum += (long double)x[first + i * step + j];
    sum /= n * run;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < run; j++) {
            long double d = (long double)x[first + i * step + j] - sum;
            squares += d * d;
        }
    return (stats){(double)sum, (double)(squares / (n * run))};
}

/* ---- Rows ---- */

/* Loop index: how many axes, 1 or 2, make a row, and whether gamma and beta are there. */
START_TEST(rows_as_defined)
{
    const int64_t dims[] = {3, 5, 17};
    int           n = 1 + (_i & 1), size = n == 1 ? 17 : 85;
    double        x[255], gamma[85], beta[85], layer[255], rms[255];
    tad_var       t = random_f64(tape, 1, 3, 3, dims, x), g = random_f64(tape, 2, 3, n, dims + 3 - n, gamma),
            b = random_f64(tape, 3, 3, n, dims + 3 - n, beta);
    tad_norm_options options = {.eps = 0.125};
    if (_i & 2)
        options.gamma = g;
    if (_i & 4)
        options.beta = b;
    for (int i = 0; i < 255; i++) {
        stats  s = stats_of(x, i / size * size, 1, 0, size);
        double square = s.variance + s.mean * s.mean, factor = _i & 2 ? gamma[i % size] : 1;
        layer[i] = (x[i] - s.mean) / sqrt(s.variance + 0.125) * factor + (_i & 4 ? beta[i % size] : 0);
        rms[i] = x[i] / sqrt(square + 0.125) * factor + (_i & 4 ? beta[i % size] : 0);
    }
    expect_all_near(tad_layer_norm(t, n, &options), tad_read, 255, layer, 4e-15, "layer_norm");
    expect_all_near(tad_rms_norm(t, n, &options), tad_read, 255, rms, 4e-15, "rms_norm");
}
END_TEST

/* Of blocks of sums, and with a mean that is large beside the deviation. */
START_TEST(long_rows)
{
    static double x[1500], y[1500];
    static float  narrow[1500], found[1500];
    const int64_t dims[] = {1500};
    random_f64(tape, 4, 3, 1, dims, x);
    for (int i = 0; i < 1500; i++) {
        narrow[i] = (float)(x[i] + 4096);
        x[i] = (double)narrow[i];
    }
    stats s = stats_of(x, 0, 1, 0, 1500);
    for (int i = 0; i < 1500; i++)
        y[i] = (x[i] - s.mean) / sqrt(s.variance + 1e-5);
    expect_all_near(tad_layer_norm(tad_tensor(tape, TAD_F64, 1, dims, x), 1, NULL), tad_read, 1500, y, 1e-12, "f64");
    expect_ok(tad_read(tad_layer_norm(tad_tensor(tape, TAD_F32, 1, dims, narrow), 1, NULL), found, sizeof found));
    for (int i = 0; i < 1500; i++) /* as if the mean had been subtracted exactly */
        expect_near((double)found[i], y[i], 3e-7);
}
END_TEST

/* Rows of equal numbers: the normalised numbers are 0, and the derivative is that of the formula. */
START_TEST(equal_numbers)
{
    const double twos[4] = {2, 2, 2, 2}, zeros[4] = {0};
    tad_var x = vector(tape, 4, twos), z = vector(tape, 4, zeros), beta = vector(tape, 4, (const double[]){1, 2, 3, 4});
    tad_var w = vector(tape, 4, (const double[]){1, 0, 0, 3}), gx;
    expect_values(tad_layer_norm(x, 1, NULL), 0, 0, 0, 0);
    expect_values(tad_layer_norm(x, 1, &(const tad_norm_options){.beta = beta}), 1, 2, 3, 4);
    expect_values(tad_rms_norm(z, 1, &(const tad_norm_options){.beta = beta}), 1, 2, 3, 4);
    tad_var y = tad_layer_norm(x, 1, &(const tad_norm_options){.eps = 0.25});
    expect_ok(tad_backward(tad_sum(tad_mul(y, w)))); /* 2 (w - mean(w)) */
    expect_grads(x, 0, -2, -2, 4);
    expect_ok(tad_vjp(y, w, 1, &x, &gx));
    expect_values(gx, 0, -2, -2, 4);
    y = tad_rms_norm(z, 1, &(const tad_norm_options){.eps = 0.25});
    expect_ok(tad_backward(tad_sum(tad_mul(y, w)))); /* 2 w */
    expect_grads(z, 2, 0, 0, 6);
    expect_ok(tad_vjp(y, w, 1, &z, &gx));
    expect_values(gx, 2, 0, 0, 6);

    /* eps too small to count: nothing is hidden where there is a variance, and where there is none it is finite yet */
    const tad_norm_options tiny = {.eps = 1e-300};
    expect_values(tad_layer_norm(vector(tape, 2, (const double[]){-1, 1}), 1, &tiny), -1, 1);
    expect_values(tad_layer_norm(x, 1, &tiny), 0, 0, 0, 0);
}
END_TEST

START_TEST(numbers_that_are_none)
{
    double        y[6];
    const tad_var x = matrix(tape, 3, 2, (const double[]){1, (double)NAN, (double)INFINITY, 1, 3, 5});
    for (int which = 0; which < 2; which++) { /* stays in its row */
        expect_ok(tad_read(which ? tad_rms_norm(x, 1, NULL) : tad_layer_norm(x, 1, NULL), y, sizeof y));
        ck_assert(isnan(y[0]) && isnan(y[1]) && isnan(y[2]));
        ck_assert(isfinite(y[4]) && isfinite(y[5]));
    }
    tad_var empty = tad_tensor(tape, TAD_F64, 2, (const int64_t[]){2, 0}, NULL);
    ck_assert_int_eq(tad_count(tad_layer_norm(empty, 1, NULL)), 0);
    ck_assert_int_eq(tad_count(tad_group_norm(tad_transpose(empty), 2, NULL)), 0);
}
END_TEST

/* ---- Channels ---- */

/* Loop index: [7, 3] or [4, 3, 2, 5]; gamma, beta. */
START_TEST(channels_as_defined)
{
    enum { C = 3 };
    const int64_t wide[] = {4, C, 2, 5}, flat[] = {7, C};
    int           n = _i & 1 ? 7 : 4, run = _i & 1 ? 1 : 10, count = n * C * run;
    double        x[120], gamma[C], beta[C], y[120], means[C], variances[C];
    tad_var       t = random_f64(tape, 5, 3, _i & 1 ? 2 : 4, _i & 1 ? flat : wide, x), out, mean, variance;
    tad_var       g = random_f64(tape, 6, 3, 1, (const int64_t[]){C}, gamma),
            b = random_f64(tape, 7, 3, 1, (const int64_t[]){C}, beta);
    tad_norm_options options = {.eps = 0.125};
    if (_i & 2)
        options.gamma = g;
    if (_i & 4)
        options.beta = b;
    for (int i = 0; i < count; i++) {
        int   c = i / run % C;
        stats s = stats_of(x, c * run, n, C * run, run);
        means[c] = s.mean;
        variances[c] = s.variance;
        y[i] = (x[i] - s.mean) / sqrt(s.variance + 0.125) * (_i & 2 ? gamma[c] : 1) + (_i & 4 ? beta[c] : 0);
    }
    expect_ok(tad_batch_norm(t, &options, &out, &mean, &variance));
    expect_all_near(out, tad_read, count, y, 4e-15, "batch_norm");
    expect_all_near(mean, tad_read, C, means, 4e-15, "mean");
    expect_all_near(variance, tad_read, C, variances, 4e-15, "variance");
    expect_ok(tad_batch_norm(t, &options, &out, NULL, NULL));
    expect_all_near(out, tad_read, count, y, 4e-15, "batch_norm alone");
    tad_var m = vector(tape, C, (const double[]){1, 2, -1}), v = vector(tape, C, (const double[]){1, 4, 0.5});
    for (int i = 0; i < count; i++) {
        int          c = i / run % C;
        const double by[] = {1, 4, 0.5}, from[] = {1, 2, -1};
        y[i] = (x[i] - from[c]) / sqrt(by[c] + 0.125) * (_i & 2 ? gamma[c] : 1) + (_i & 4 ? beta[c] : 0);
    }
    expect_all_near(tad_batch_norm_inference(t, m, v, &options), tad_read, count, y, 4e-15, "batch_norm_inference");
}
END_TEST

/* The whole of training mode against differences, mean and variance with it. */
static tad_var train(void *user, size_t n, const tad_var x[])
{
    tad_var y, mean, variance;
    (void)user, (void)n;
    if (tad_batch_norm(x[0], &(const tad_norm_options){x[1], x[2], 0.25}, &y, &mean, &variance) != TAD_OK)
        return y;
    return tad_add(tad_sum_axes(tad_mul(y, tad_square(y)), 1, (const int[]){0}, false),
                   tad_mul(mean, tad_exp(variance)));
}

START_TEST(training_is_differentiated)
{
    double  numbers[15];
    tad_var x[3] = {random_f64(tape, 8, 3, 2, (const int64_t[]){5, 3}, numbers),
                    random_f64(tape, 9, 3, 1, (const int64_t[]){3}, numbers),
                    random_f64(tape, 10, 3, 1, (const int64_t[]){3}, numbers)};
    expect_ok(tad_gradcheck(train, NULL, 3, x, &(const tad_gradcheck_options){.seed = 3}, NULL));
}
END_TEST

START_TEST(channels_of_equal_numbers)
{
    tad_var x = matrix(tape, 3, 2, (const double[]){5, 1, 5, 2, 5, 3}), y, mean, variance;
    expect_ok(tad_batch_norm(x, NULL, &y, &mean, &variance));
    expect_values(tad_slice(y, 1, 0, 1), 0, 0, 0);
    expect_values(mean, 5, 2);
    expect_values(variance, 0, 2.0 / 3);
    expect_ok(tad_backward(tad_sum(tad_slice(tad_slice(y, 1, 0, 1), 0, 0, 1))));
    double g[6];
    expect_ok(tad_read_grad(x, g, sizeof g));
    for (int i = 0; i < 3; i++) /* (w - mean(w)) / sqrt(eps) */
        expect_near(g[2 * i], ((i == 0) - 1.0 / 3) / sqrt(1e-5), 1e-12);
    tad_var empty = tad_tensor(tape, TAD_F64, 2, (const int64_t[]){0, 2}, NULL);
    expect_ok(tad_batch_norm(empty, NULL, &y, &mean, &variance));
    ck_assert_int_eq(tad_count(y), 0);
    expect_values(mean, 0, 0); /* of no numbers, as tad_mean */
    expect_values(variance, 0, 0);
}
END_TEST

START_TEST(groups_as_defined)
{
    enum { CHANNELS = 6, RUN = 4, COUNT_ALL = 2 * CHANNELS * RUN };
    double  x[COUNT_ALL], gamma[CHANNELS], beta[CHANNELS], y[COUNT_ALL];
    tad_var t = random_f64(tape, 11, 3, 4, (const int64_t[]){2, CHANNELS, 2, 2}, x);
    tad_var g = random_f64(tape, 12, 3, 1, (const int64_t[]){CHANNELS}, gamma),
            b = random_f64(tape, 13, 3, 1, (const int64_t[]){CHANNELS}, beta);
    const int groups[] = {1, 2, 3, 6};
    for (size_t k = 0; k < COUNT(groups); k++) {
        int size = CHANNELS / groups[k] * RUN;
        for (int i = 0; i < COUNT_ALL; i++) {
            stats s = stats_of(x, i / size * size, 1, 0, size);
            int   c = i / RUN % CHANNELS;
            y[i] = (x[i] - s.mean) / sqrt(s.variance + 1e-5) * gamma[c] + beta[c];
        }
        tad_var out = tad_group_norm(t, groups[k], &(const tad_norm_options){.gamma = g, .beta = b});
        expect_all_near(out, tad_read, COUNT_ALL, y, 1e-13, "group_norm");
        ck_assert_int_eq(tad_rank(out), 4);
    }
}
END_TEST

/* ---- Errors ---- */

typedef struct operands {
    tad_var x, v3, v2, narrow, scalar, stale;
} operands;

#define WITH(...) (&(const tad_norm_options){__VA_ARGS__})

static tad_var batch(tad_var x, const tad_norm_options *options)
{
    tad_var y, mean, variance;
    if (tad_batch_norm(x, options, &y, &mean, &variance) == TAD_OK)
        return x;
    ck_assert(!tad_is_valid(mean) && !tad_is_valid(variance));
    return y;
}

#define REFUSED(call, status, text) expect_refused(tape, call, status, text)

/* x is [2, 3], v3 [3], v2 [2] */
START_TEST(errors)
{
    const double numbers[6] = {0};
    const float  floats[3] = {0};
    operands     o = {.stale = vector(tape, 3, numbers)};
    tad_tape_rewind(tape, 0);
    o.x = matrix(tape, 2, 3, numbers);
    o.v3 = vector(tape, 3, numbers);
    o.v2 = vector(tape, 2, numbers);
    o.narrow = tad_tensor(tape, TAD_F32, 1, (const int64_t[]){3}, floats);
    o.scalar = tad_scalar(tape, 1);
    REFUSED(tad_layer_norm(o.x, 0, NULL), TAD_EARG, "layer_norm(f64 [2, 3]): 0 axes; expected 1 to 2, the rank");
    REFUSED(tad_rms_norm(o.x, 3, NULL), TAD_EARG, "rms_norm(f64 [2, 3]): 3 axes; expected 1 to 2, the rank");
    REFUSED(tad_layer_norm(o.scalar, 1, NULL), TAD_EARG, "1 axes; expected 1 to 0");
    REFUSED(tad_layer_norm(o.x, 1, WITH(.gamma = o.v2)), TAD_ESHAPE,
            "layer_norm(f64 [2, 3], f64 [2]): gamma: expected the shape of the operand's last 1 axes");
    REFUSED(tad_layer_norm(o.x, 2, WITH(.gamma = o.x, .beta = o.v3)), TAD_ESHAPE, "beta: expected the shape of");
    REFUSED(tad_rms_norm(o.x, 1, WITH(.beta = o.v2)), TAD_ESHAPE, "expected the shape of the operand's last 1 axes");
    REFUSED(tad_layer_norm(o.x, 1, WITH(.eps = -1)), TAD_EARG, "eps is -1; expected 0 (the default) or more");
    REFUSED(tad_rms_norm(o.x, 1, WITH(.eps = (double)NAN)), TAD_EARG, "eps is nan");
    REFUSED(tad_layer_norm(o.x, 1, WITH(.gamma = o.narrow)), TAD_EDTYPE, "f64 and f32 do not mix");
    REFUSED(tad_layer_norm(o.x, 1, WITH(.beta = o.stale)), TAD_ESTALE, "a stale handle");
    REFUSED(tad_group_norm(o.x, 2, NULL), TAD_EARG, "group_norm(f64 [2, 3]): 2 groups of 3 channels");
    REFUSED(tad_group_norm(o.x, 0, NULL), TAD_EARG, "0 groups of 3 channels; expected a divisor of that");
    REFUSED(tad_group_norm(o.v3, 1, NULL), TAD_ESHAPE,
            "expected two axes or more, of which the second counts channels");
    REFUSED(tad_group_norm(o.x, 1, WITH(.gamma = o.v2)), TAD_ESHAPE, "gamma: expected [3], a number for each channel");
    REFUSED(tad_group_norm(o.x, 1, WITH(.eps = -1)), TAD_EARG, "eps is -1");
    REFUSED(batch(o.v3, NULL), TAD_ESHAPE, "batch_norm: batch_statistics(f64 [3]): expected two axes or more");
    REFUSED(batch(o.x, WITH(.gamma = o.v2)), TAD_ESHAPE, "gamma: expected [3], a number for each channel");
    REFUSED(batch(o.x, WITH(.eps = -1)), TAD_EARG, "eps is -1");
    REFUSED(batch(o.x, WITH(.gamma = o.stale)), TAD_ESTALE, "a stale handle");
    REFUSED(tad_batch_norm_inference(o.x, o.v2, o.v3, NULL), TAD_ESHAPE, "mean: expected [3], a number for each");
    REFUSED(tad_batch_norm_inference(o.x, o.v3, o.v2, NULL), TAD_ESHAPE, "variance: expected [3]");
    REFUSED(tad_batch_norm_inference(o.x, o.v3, o.v3, WITH(.beta = o.v2)), TAD_ESHAPE, ": expected [3], a number");
    REFUSED(tad_batch_norm_inference(o.v3, o.v3, o.v3, NULL), TAD_ESHAPE, "expected two axes or more");
    tad_var mean;
    ck_assert_int_eq(tad_batch_norm(o.x, NULL, NULL, &mean, NULL), TAD_EARG);
    expect_error(tape, TAD_EARG, "batch_norm(): y is NULL");
    ck_assert(!tad_is_valid(mean));
    ck_assert_int_eq(tad_batch_norm((tad_var){0}, NULL, &mean, NULL, NULL), TAD_ETAPE);
}
END_TEST

Suite *norms_suite(void)
{
    Suite *suite = suite_create("norms");
    TCase *tests = tcase_create("normalisations");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, rows_as_defined, 0, 8);
    tcase_add_test(tests, long_rows);
    tcase_add_test(tests, equal_numbers);
    tcase_add_test(tests, numbers_that_are_none);
    tcase_add_loop_test(tests, channels_as_defined, 0, 8);
    tcase_add_test(tests, training_is_differentiated);
    tcase_add_test(tests, channels_of_equal_numbers);
    tcase_add_test(tests, groups_as_defined);
    tcase_add_test(tests, errors);
    suite_add_tcase(suite, tests);
    return suite;
}
