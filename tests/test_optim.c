/* Optimisers: 100 steps and rates as PyTorch has them (tests/torch/optim.txt by make_optim.py), single steps as ONNX's
 * operators define them, and minimisers on functions whose minima are known. */
#include "suites.h"
#include "support.h"

#include "tensor/step.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 37 };

/* ---- PyTorch ---- */

#define METHOD(name, ...)                                                                                              \
    {                                                                                                                  \
#name,                                                                                                         \
        {                                                                                                              \
            __VA_ARGS__                                                                                                \
        }                                                                                                              \
    }
static const struct {
    const char           *name;
    tad_optimiser_options options;
} cases[] = {
    METHOD(sgd, .rate = 0.05),
    METHOD(sgd_decay, .rate = 0.05, .weight_decay = 0.1),
    METHOD(sgd_momentum, .rate = 0.05, .momentum = 0.9),
    METHOD(sgd_dampening, .rate = 0.05, .momentum = 0.9, .dampening = 0.5, .weight_decay = 0.01),
    METHOD(sgd_nesterov, .rate = 0.05, .momentum = 0.9, .nesterov = true, .weight_decay = 0.01),
    METHOD(adam, .method = TAD_ADAM),
    METHOD(adam_numbers, .method = TAD_ADAM, .rate = 0.05, .beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-4,
           .weight_decay = 0.1),
    METHOD(adam_amsgrad, .method = TAD_ADAM, .rate = 0.05, .amsgrad = true),
    METHOD(adamw, .method = TAD_ADAMW, .rate = 0.05, .weight_decay = 0.01),
    METHOD(adamw_amsgrad, .method = TAD_ADAMW, .rate = 0.05, .weight_decay = 0.1, .amsgrad = true),
    METHOD(rmsprop, .method = TAD_RMSPROP),
    METHOD(rmsprop_momentum, .method = TAD_RMSPROP, .rate = 0.01, .smoothing = 0.9, .momentum = 0.9,
           .weight_decay = 0.1),
    METHOD(rmsprop_centred, .method = TAD_RMSPROP, .rate = 0.01, .smoothing = 0.9, .epsilon = 1e-3, .centred = true),
    METHOD(rmsprop_both, .method = TAD_RMSPROP, .rate = 0.01, .smoothing = 0.9, .epsilon = 1e-3, .centred = true,
           .momentum = 0.5),
    METHOD(adagrad, .method = TAD_ADAGRAD),
    METHOD(adagrad_numbers, .method = TAD_ADAGRAD, .rate = 0.1, .rate_decay = 0.01, .weight_decay = 0.1,
           .epsilon = 1e-3),
    METHOD(clip_norm, .rate = 0.05, .momentum = 0.9, .clip_norm = 0.5),
    METHOD(clip_value, .method = TAD_ADAM, .rate = 0.05, .clip_value = 0.25),
    METHOD(clip_both, .rate = 0.05, .clip_norm = 1.5, .clip_value = 0.125),
    METHOD(average, .rate = 0.05, .average = 0.9),
};

static FILE *open_at(const char *what, const char *name)
{
    static char word[64];
    FILE       *file = fopen("tests/torch/optim.txt", "r");
    ck_assert_msg(file, "cannot open tests/torch/optim.txt: run the tests from the root of the repository");
    while (fscanf(file, "%63s", word) == 1)
        if (strcmp(word, what) == 0 && fscanf(file, "%63s", word) == 1 && strcmp(word, name) == 0)
            return file;
    ck_abort_msg("tests/torch/optim.txt has no %s %s", what, name);
    return NULL;
}

static void expect_steps(FILE *file, int t, const char *name, tad_dtype dtype, const void *w)
{
    int stored;
    ck_assert_int_eq(fscanf(file, " steps %d", &stored), 1);
    ck_assert_int_eq(stored, t);
    for (int i = 0; i < N; i++) {
        double expected, found = dtype == TAD_F64 ? ((const double *)w)[i] : (double)((const float *)w)[i];
        double tolerance = dtype == TAD_F64 ? 1e-12 : 2e-5;
        ck_assert_int_eq(fscanf(file, "%lf", &expected), 1);
        ck_assert_msg(fabs(found - expected) <= tolerance * fmax(1, fabs(expected)),
                      "%s, %s, step %d, element %d: %.17g, expected %.17g", name, tad_dtype_name(dtype), t, i, found,
                      expected);
    }
}

static void run_case(size_t row, tad_dtype dtype)
{
    _Alignas(64) double w[N], g[N];
    float              *fw = (float *)w, *fg = (float *)g;
    tad_param      param = {.name = "w", .dtype = dtype, .rank = 1, .dims = {N}, .count = N, .value = w, .gradient = g};
    tad_optimiser *optimiser = tad_optimiser_new(&cases[row].options);
    FILE          *file = open_at("case", cases[row].name);
    expect_ok(tad_optimiser_add(optimiser, &param));
    for (int i = 0; i < N; i++)
        dtype == TAD_F64 ? (void)(w[i] = (i * 37 % 101 - 50) / 32.0) : (void)(fw[i] = (float)(i * 37 % 101 - 50) / 32);
    for (int t = 0; t < 100; t++) {
        for (int i = 0; i < N; i++) {
            double at = dtype == TAD_F64 ? w[i] : (double)fw[i];
            double gi = (1 + i % 5) / 8.0 * (at - (i % 7 - 3) / 4.0) + ((t * 7 + i * 3) % 11 - 5) / 16.0;
            dtype == TAD_F64 ? (void)(g[i] = gi) : (void)(fg[i] = (float)gi);
        }
        expect_ok(tad_optimiser_step(optimiser));
        const tad_optimiser_state *state = tad_optimiser_at(optimiser, 0);
        if (t == 0 || t == 9 || t == 99)
            expect_steps(file, t + 1, cases[row].name, dtype, state->average ? state->average : param.value);
    }
    ck_assert_uint_eq(param.version, 100);
    fclose(file);
    tad_optimiser_free(optimiser);
}

START_TEST(as_torch)
{
    run_case((size_t)_i, TAD_F64);
    run_case((size_t)_i, TAD_F32);
}
END_TEST

START_TEST(schedules_as_torch)
{
    static const struct {
        const char  *name;
        int          steps;
        tad_schedule schedule;
    } rows[] = {
        {"step", 40, {.kind = TAD_STEP_RATE, .rate = 0.25, .period = 7, .factor = 0.5}},
        {"cosine", 30, {.kind = TAD_COSINE_RATE, .rate = 0.25, .steps = 30, .floor = 0.01}},
        {"one_cycle", 40, {.kind = TAD_ONE_CYCLE_RATE, .rate = 0.25, .steps = 40}},
    };
    for (size_t row = 0; row < COUNT(rows); row++) {
        FILE        *file = open_at("schedule", rows[row].name);
        tad_schedule later = rows[row].schedule;
        later.warm_up = 5;
        for (int t = 0; t < rows[row].steps; t++) {
            double expected;
            ck_assert_int_eq(fscanf(file, "%lf", &expected), 1);
            expect_near(tad_schedule_rate(&rows[row].schedule, (uint64_t)t), expected, 1e-14);
            expect_near(tad_schedule_rate(&later, (uint64_t)t + 5), expected, 1e-14);
        }
        expect_near(tad_schedule_rate(&later, 2), 0.125, 1e-16);
        fclose(file);
    }
    ck_assert(isnan(tad_schedule_rate(NULL, 0)));
    ck_assert(isnan(tad_schedule_rate(&(tad_schedule){.kind = TAD_STEP_RATE, .rate = 1}, 0)));
    ck_assert(isnan(tad_schedule_rate(&(tad_schedule){.kind = TAD_COSINE_RATE, .rate = 1}, 0)));
    ck_assert(isnan(tad_schedule_rate(&(tad_schedule){.kind = TAD_ONE_CYCLE_RATE, .rate = 1}, 0)));
}
END_TEST

/* ---- ONNX: the stored cases of its operators (onnx 1.12, MIT), which are steps with other corrections ---- */

/* The outputs of adam_multiple are those of an epsilon of 1e-2, which its model forgets to say. */
START_TEST(as_onnx)
{
    static const struct {
        const char *name;
        tad__step   step;
        int         n;
        float       w[2], g[2], m[2][2], new_w[2], new_m[2][2];
    } rows[] = {
        {"adagrad",
         {.kind = TAD__STEP_ADAGRAD, .epsilon = 1e-5, .decay = 1e-3},
         1,
         {1},
         {-1},
         {{2}},
         {1.0576962F},
         {{2.9980011F}}},
        {"adagrad_multiple",
         {.kind = TAD__STEP_ADAGRAD, .epsilon = 1e-5, .decay = 1e-3},
         2,
         {1, 2},
         {-1, -3},
         {{4, 1}},
         {1.0446854F, 2.0948617F},
         {{4.9980011F, 9.9880037F}}},
        {"adam",
         {.kind = TAD__STEP_ADAM, .momentum = 0.95, .gain = 1 - 0.95, .smoothing = 0.1, .epsilon = 1e-7, .decay = 1e-3},
         2,
         {1.2F, 2.8F},
         {-0.94F, -2.5F},
         {{1.7F, 3.6F}, {0.1F, 0.1F}},
         {1.0250363F, 2.6610327F},
         {{1.5680600F, 3.2951398F}, {0.80321079F, 5.6224070F}}},
        {"adam_multiple",
         {.kind = TAD__STEP_ADAM,
          .momentum = 0.95,
          .gain = 1 - 0.95,
          .smoothing = 0.85,
          .epsilon = 1e-2,
          .decay = 1e-3},
         2,
         {1, 2},
         {-1, -3},
         {{4, 1}, {1, 10}},
         {0.62865281F, 1.9745853F},
         {{3.7500501F, 0.80009997F}, {0.99970019F, 9.8482008F}}},
        {"momentum",
         {.momentum = 0.95, .gain = 1, .decay = 1e-3},
         2,
         {1.2F, 2.8F},
         {-0.94F, -2.5F},
         {{1.7F, 3.6F}},
         {1.1323800F, 2.7077200F},
         {{0.67620003F, 0.92279983F}}},
        {"momentum_multiple",
         {.momentum = 0.95, .gain = 1, .decay = 1e-3},
         2,
         {1, 2},
         {-1, -3},
         {{4, 1}},
         {0.71990001F, 2.2047999F},
         {{2.8009999F, -2.0479999F}}},
        {"nesterov",
         {.momentum = 0.95, .gain = 1, .decay = 1e-2, .nesterov = true},
         2,
         {1.2F, 2.8F},
         {-0.94F, -2.5F},
         {{1.7F, 3.6F}},
         {1.2275350F, 2.9571400F},
         {{0.68700004F, 0.94799995F}}},
    };
    for (size_t row = 0; row < COUNT(rows); row++) {
        bool      adam = rows[row].step.kind == TAD__STEP_ADAM;
        tad__step step = rows[row].step;
        float     w[2], m[2][2];
        step.rate = 0.1;
        step.scale = step.shrink = step.root = 1;
        step.limit = (double)INFINITY;
        memcpy(w, rows[row].w, sizeof w);
        memcpy(m, rows[row].m, sizeof m);
        tad__take_step(&step, TAD_F32, rows[row].n, w, rows[row].g, (void *[3]){m[0], adam ? m[1] : NULL, NULL}, NULL);
        for (int i = 0; i < rows[row].n; i++) {
            ck_assert_msg(fabsf(w[i] - rows[row].new_w[i]) <= 5e-7F, "%s: w[%d] = %.9g", rows[row].name, i,
                          (double)w[i]);
            for (int k = 0; k < 2; k++)
                ck_assert_msg(fabsf(m[k][i] - rows[row].new_m[k][i]) <= 1e-6F, "%s: m[%d][%d] = %.9g", rows[row].name,
                              k, i, (double)m[k][i]);
        }
    }
}
END_TEST

/* ---- Frozen parameters, averages, memory ---- */

START_TEST(steps_take_no_memory)
{
    for (size_t fail = 1;; fail++) {
        heap                  h = {.fail_at = fail};
        tad_allocator         allocator = heap_allocator(&h);
        tad_optimiser_options options = {.method = TAD_ADAM, .average = 0.5, .clip_norm = 1, .allocator = &allocator};
        double                w[2][3] = {{1, 2, 3}, {4, 5, 6}}, g[2][3] = {{1, 1, 1}, {2, 2, 2}};
        tad_param             params[2];
        bool                  added = true;
        tad_optimiser        *optimiser = tad_optimiser_new(&options);
        for (int k = 0; k < 2; k++) {
            params[k] =
                (tad_param){.dtype = TAD_F64, .rank = 1, .dims = {3}, .count = 3, .value = w[k], .gradient = g[k]};
            params[k].frozen = k == 1;
            added = added && optimiser && tad_optimiser_add(optimiser, &params[k]) == TAD_OK;
        }
        if (added) {
            size_t calls = h.calls;
            expect_ok(tad_optimiser_add(optimiser, &params[0]));
            expect_ok(tad_optimiser_step(optimiser));
            expect_near(tad_optimiser_norm(optimiser), sqrt(3), 1e-15);
            ck_assert(w[0][0] != 1 && w[1][0] == 4 && params[0].version == 1 && params[1].version == 0);
            expect_ok(tad_optimiser_step(optimiser));
            double trained = w[0][0], mean = ((double *)tad_optimiser_at(optimiser, 0)->average)[0];
            expect_ok(tad_optimiser_swap_averages(optimiser));
            ck_assert(w[0][0] == mean && mean != trained);
            expect_ok(tad_optimiser_swap_averages(optimiser));
            ck_assert(w[0][0] == trained);
            ck_assert_ptr_null(tad_optimiser_at(optimiser, 2));
            ck_assert_uint_eq(h.calls, calls);
        }
        tad_optimiser_free(optimiser);
        ck_assert_uint_eq(h.blocks, 0);
        if (h.calls < fail)
            break;
    }
}
END_TEST

/* ---- Minimisers ---- */

static tad_var rosenbrock(void *user, size_t n, const tad_var x[])
{
    (void)user, (void)n;
    int64_t count = tad_dim(x[0], 0);
    tad_var a = tad_slice(x[0], 0, 0, count - 1), b = tad_slice(x[0], 0, 1, count),
            hundred = tad_constant(x[0].tape, 100);
    tad_var one = tad_constant(x[0].tape, 1);
    return tad_sum(tad_add(tad_mul(hundred, tad_square(tad_sub(b, tad_square(a)))), tad_square(tad_sub(one, a))));
}

static tad_var vector_result(void *user, size_t n, const tad_var x[])
{
    (void)user, (void)n;
    return x[0];
}

static tad_var infinite(void *user, size_t n, const tad_var x[])
{
    (void)user, (void)n;
    return tad_sum(tad_log(tad_mul(x[0], tad_constant(x[0].tape, 0))));
}

START_TEST(lbfgs_finds_minima)
{
    for (size_t n = 2; n <= 100; n += 49) {
        tad_tape        *tape = tad_tape_new();
        double           x[128];
        tad_lbfgs_report report;
        for (size_t i = 0; i < n; i++)
            x[i] = n > 2 ? 0.5 : i % 2 ? 1 : -1.2;
        tad_var before = tad_scalar(tape, 1);
        expect_ok(tad_minimise_lbfgs(tape, rosenbrock, NULL, n, x, &(tad_lbfgs_options){.gradient_tolerance = 1e-10},
                                     &report));
        ck_assert_msg(report.gradient < 1e-6, "n = %zu: %s, gradient %g", n, tad_stop_name(report.reason),
                      report.gradient);
        for (size_t i = 0; i < n; i++)
            expect_near(x[i], 1, 1e-6);
        ck_assert(tad_is_valid(before));
        ck_assert_uint_eq(tad_tape_mark(tape), 1);
        tad_tape_free(tape);
    }
}
END_TEST

static tad_var line(void *user, size_t n, const tad_var x[])
{
    const double t[] = {0, 1, 2, 3}, y[] = {1, 3, 5, 7.5};
    (void)user, (void)n;
    tad_tape *tape = x[0].tape;
    return tad_sub(tad_exp(tad_add(x[0], tad_mul(x[1], vector(tape, 4, t)))), vector(tape, 4, y));
}

/* Each allocation fails in turn; then the results are, to the bit, those of a heap that never fails. */
START_TEST(minimisers_without_memory)
{
    double wanted[2][2];
    for (size_t fail = 0;; fail++) {
        heap      h = {.fail_at = fail};
        tad_tape *tape = heap_tape(&h);
        double    x[2][2] = {{0, 0}, {-1.2, 1}};
        if (tape) {
            tad_status fitted = tad_fit_least_squares(tape, line, NULL, 2, x[0], NULL, NULL);
            tad_status found = tad_minimise_lbfgs(tape, rosenbrock, NULL, 2, x[1], NULL, NULL);
            if (fail == 0)
                memcpy(wanted, x, sizeof wanted);
            ck_assert(fitted == TAD_OK || fitted == TAD_ENOMEM);
            ck_assert(found == TAD_OK || found == TAD_ENOMEM);
            ck_assert((fitted == TAD_OK && found == TAD_OK) || tad_tape_status(tape) == TAD_ENOMEM);
            ck_assert_uint_eq(tad_tape_mark(tape), 0);
            tad_tape_clear_error(tape);
            memcpy(x, (double[2][2]){{0, 0}, {-1.2, 1}}, sizeof x);
            expect_ok(tad_fit_least_squares(tape, line, NULL, 2, x[0], NULL, NULL));
            expect_ok(tad_minimise_lbfgs(tape, rosenbrock, NULL, 2, x[1], NULL, NULL));
            ck_assert(memcmp(x, wanted, sizeof x) == 0);
            size_t calls = h.calls;
            memcpy(x, (double[2][2]){{0, 0}, {-1.2, 1}}, sizeof x);
            expect_ok(tad_fit_least_squares(tape, line, NULL, 2, x[0], NULL, NULL));
            expect_ok(tad_minimise_lbfgs(tape, rosenbrock, NULL, 2, x[1], NULL, NULL));
            ck_assert_uint_eq(h.calls, calls);
        }
        tad_tape_free(tape);
        ck_assert_uint_eq(h.blocks, 0);
        if (fail > 0 && h.calls < fail)
            break;
    }
}
END_TEST

START_TEST(minimisers_refuse)
{
    tad_tape *tape = tad_tape_new();
    double    x[2] = {1, 2};
    const struct {
        tad_function *f;
        double       *x;
        int           iterations;
        tad_status    status;
        const char   *text;
    } rows[] = {
        {NULL, x, 0, TAD_EARG, "the function is NULL"},         {rosenbrock, NULL, 0, TAD_EARG, "x is NULL"},
        {rosenbrock, x, -1, TAD_EARG, "an option is negative"}, {infinite, x, 0, TAD_EARG, "not finite at the start"},
        {vector_result, x, 0, TAD_ESHAPE, "has 2 elements"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const tad_lbfgs_options options = {.iterations = rows[i].iterations};
        ck_assert_int_eq(tad_minimise_lbfgs(tape, rows[i].f, NULL, 2, rows[i].x, &options, NULL), rows[i].status);
        expect_error(tape, rows[i].status, rows[i].text);
    }
    ck_assert_int_eq(tad_fit_least_squares(tape, vector_result, NULL, 2, x, NULL, NULL), TAD_ESHAPE);
    expect_error(tape, TAD_ESHAPE, "1 residuals for 2 parameters");
    ck_assert_int_eq(tad_fit_least_squares(tape, vector_result, NULL, 0, x, NULL, NULL), TAD_EARG);
    expect_error(tape, TAD_EARG, "there are no parameters");
    ck_assert_int_eq(tad_fit_least_squares(tape, NULL, NULL, 2, x, NULL, NULL), TAD_EARG);
    expect_error(tape, TAD_EARG, "the function is NULL");
    ck_assert_int_eq(tad_fit_least_squares(NULL, NULL, NULL, 0, NULL, NULL, NULL), TAD_EARG);
    ck_assert_int_eq(tad_minimise_lbfgs(NULL, NULL, NULL, 0, NULL, NULL, NULL), TAD_EARG);
    tad_tape_free(tape);
}
END_TEST

START_TEST(optimisers_refuse)
{
    static const tad_optimiser_options bad[] = {
        {.method = (tad_method)17}, {.rate = -1},     {.rate = (double)NAN},           {.beta1 = 1},
        {.nesterov = true},         {.average = 1.5}, {.clip_norm = (double)INFINITY}, {.weight_decay = -1},
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        ck_assert_ptr_null(tad_optimiser_new(&bad[i]));
    tad_optimiser *optimiser = tad_optimiser_new(NULL);
    tad_param      whole = {.dtype = TAD_I64};
    ck_assert_int_eq(tad_optimiser_add(optimiser, NULL), TAD_EARG);
    ck_assert_int_eq(tad_optimiser_add(NULL, &whole), TAD_EARG);
    ck_assert_int_eq(tad_optimiser_add(optimiser, &whole), TAD_EDTYPE);
    ck_assert_int_eq(tad_optimiser_step(NULL), TAD_EARG);
    ck_assert_int_eq(tad_optimiser_set_rate(optimiser, -1), TAD_EARG);
    ck_assert_int_eq(tad_optimiser_swap_averages(optimiser), TAD_EARG);
    ck_assert(tad_optimiser_rate(optimiser) == 1e-3 && isnan(tad_optimiser_rate(NULL)) &&
              isnan(tad_optimiser_norm(NULL)));
    ck_assert_ptr_null(tad_optimiser_at(optimiser, 0));
    tad_optimiser_free(optimiser);
    tad_optimiser_free(NULL);
}
END_TEST

Suite *optim_suite(void)
{
    Suite *suite = suite_create("optim");
    TCase *tests = tcase_create("optim");
    tcase_add_loop_test(tests, as_torch, 0, COUNT(cases));
    tcase_add_test(tests, schedules_as_torch);
    tcase_add_test(tests, as_onnx);
    tcase_add_test(tests, steps_take_no_memory);
    tcase_add_test(tests, minimisers_without_memory);
    tcase_add_test(tests, lbfgs_finds_minima);
    tcase_add_test(tests, minimisers_refuse);
    tcase_add_test(tests, optimisers_refuse);
    suite_add_tcase(suite, tests);
    return suite;
}
