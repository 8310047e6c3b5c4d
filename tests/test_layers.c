/* Layers: gradients of all their parameters against differences, running statistics, misuse, memory. */
#include "suites.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* One of each, on f64. */
typedef struct layers {
    tad_linear    linear;
    tad_conv      conv;
    tad_layernorm norm;
    tad_batchnorm batch;
    tad_table     table;
    tad_recurrent recurrent;
    tad_heads     heads;
    tad_block     block;
} layers;

static double numbers[256];

static tad_var input(tad_tape *tape, int rank, const int64_t dims[])
{
    for (size_t i = 0; i < COUNT(numbers); i++)
        numbers[i] = sin(1.7 * (double)(i + 1));
    return tad_tensor_constant(tape, TAD_F64, rank, dims, numbers);
}

static tad_var linear(tad_tape *tape, const layers *l)
{
    return tad_linear_apply(&l->linear, input(tape, 3, (const int64_t[]){2, 2, 3}));
}

static tad_var conv(tad_tape *tape, const layers *l)
{
    return tad_conv_apply(&l->conv, input(tape, 4, (const int64_t[]){2, 2, 4, 3}));
}

static tad_var norm(tad_tape *tape, const layers *l)
{
    return tad_layernorm_apply(&l->norm, input(tape, 2, (const int64_t[]){3, 5}));
}

static tad_var batch(tad_tape *tape, const layers *l)
{
    return tad_batchnorm_apply(&l->batch, input(tape, 3, (const int64_t[]){3, 2, 2}), true);
}

static tad_var batch_after(tad_tape *tape, const layers *l)
{
    return tad_batchnorm_apply(&l->batch, input(tape, 3, (const int64_t[]){3, 2, 2}), false);
}

static tad_var table(tad_tape *tape, const layers *l)
{
    const int64_t indices[] = {2, 0, 2};
    return tad_table_apply(&l->table, tad_tensor_constant(tape, TAD_I64, 1, (const int64_t[]){3}, indices));
}

static tad_var recurrent(tad_tape *tape, const layers *l)
{
    return tad_recurrent_apply(&l->recurrent, input(tape, 3, (const int64_t[]){5, 2, 3}), NULL, NULL);
}

static tad_var heads(tad_tape *tape, const layers *l)
{
    return tad_heads_apply(&l->heads, input(tape, 3, (const int64_t[]){2, 3, 4}), NULL);
}

static tad_var block(tad_tape *tape, const layers *l)
{
    return tad_block_apply(&l->block, input(tape, 3, (const int64_t[]){2, 3, 4}),
                           &(tad_attention_options){.causal = true});
}

static void make_linear(tad_params *store, layers *l)
{
    l->linear = tad_linear_new(store, "l", TAD_F64, 3, 2, false);
}

static void make_bare(tad_params *store, layers *l)
{
    l->linear = tad_linear_new(store, "l", TAD_F64, 3, 2, true);
}

static void make_conv(tad_params *store, layers *l)
{
    const tad_conv_shape shape = {
        .in = 2, .out = 4, .height = 3, .width = 2, .options = {.padding = {1, 0}, .groups = 2}};
    l->conv = tad_conv_new(store, "l", TAD_F64, &shape);
}

static void make_norm(tad_params *store, layers *l)
{
    l->norm = tad_layernorm_new(store, "l", TAD_F64, 5);
}

static void make_batch(tad_params *store, layers *l)
{
    l->batch = tad_batchnorm_new(store, "l", TAD_F64, 2);
}

static void make_table(tad_params *store, layers *l)
{
    l->table = tad_table_new(store, "l", TAD_F64, 3, 4);
}

static void make_lstm(tad_params *store, layers *l)
{
    l->recurrent = tad_lstm_new(store, "l", TAD_F64, 3, 2);
}

static void make_gru(tad_params *store, layers *l)
{
    l->recurrent = tad_gru_new(store, "l", TAD_F64, 3, 2);
}

static void make_heads(tad_params *store, layers *l)
{
    l->heads = tad_heads_new(store, "l", TAD_F64, 4, 2);
}

static void make_block(tad_params *store, layers *l)
{
    l->block = tad_block_new(store, "l", TAD_F64, 4, 2);
}

static const struct {
    const char *name, *first; /* of its parameters */
    void (*make)(tad_params *store, layers *l);
    tad_var (*apply)(tad_tape *tape, const layers *l);
    size_t params;
} rows[] = {
    {"linear", "l.weight", make_linear, linear, 2},
    {"linear without bias", "l.weight", make_bare, linear, 1},
    {"conv", "l.weight", make_conv, conv, 2},
    {"layernorm", "l.weight", make_norm, norm, 2},
    {"batchnorm", "l.weight", make_batch, batch, 4},
    {"batchnorm after training", "l.weight", make_batch, batch_after, 4},
    {"table", "l.weight", make_table, table, 1},
    {"lstm", "l.weight_ih", make_lstm, recurrent, 4},
    {"gru", "l.weight_ih", make_gru, recurrent, 4},
    {"heads", "l.in.weight", make_heads, heads, 4},
    {"block", "l.norm1.weight", make_block, block, 12},
};

/* A number that depends on every element of the layer's result in its own way. */
static tad_var loss_of(tad_tape *tape, const layers *l, int row)
{
    tad_tape_rewind(tape, 0);
    return tad_mean(tad_square(tad_add(rows[row].apply(tape, l), tad_constant(tape, 0.5))));
}

/* Of row _i. */
START_TEST(gradients_are_right)
{
    tad_params *store = tad_params_new(NULL, 5);
    tad_tape   *tape = tad_tape_new();
    layers      l = {0};
    rows[_i].make(store, &l);
    ck_assert_uint_eq(tad_params_count(store), rows[_i].params);
    ck_assert_str_eq(tad_params_at(store, 0)->name, rows[_i].first);
    expect_ok(tad_params_backward(store, loss_of(tape, &l, _i)));
    for (size_t k = 0; k < tad_params_count(store); k++) {
        tad_param *param = tad_params_at(store, k);
        double    *value = param->value, h = 1e-6, largest = 0;
        for (int64_t i = 0; i < param->count && !param->frozen; i++) {
            double was = value[i], up, down, found = ((double *)param->gradient)[i];
            value[i] = was + h;
            up = tad_value(loss_of(tape, &l, _i));
            value[i] = was - h;
            down = tad_value(loss_of(tape, &l, _i));
            value[i] = was;
            ck_assert_msg(fabs(found - (up - down) / (2 * h)) < 1e-8,
                          "%s: element %lld of %s: %.12g, by differences %.12g", rows[_i].name, (long long)i,
                          param->name, found, (up - down) / (2 * h));
            largest = fabs(found) > largest ? fabs(found) : largest;
        }
        ck_assert_msg(param->frozen || largest > 1e-6, "%s: %s has no gradient", rows[_i].name, param->name);
    }
    expect_no_error(tape);
    tad_tape_free(tape);
    tad_params_free(store);
}
END_TEST

START_TEST(running_statistics_follow)
{
    tad_params   *store = tad_params_new(NULL, 5);
    tad_tape     *tape = tad_tape_new();
    tad_batchnorm l = tad_batchnorm_new(store, "l", TAD_F64, 1);
    tad_var       x = tad_tensor(tape, TAD_F64, 2, (const int64_t[]){2, 1}, (const double[]){1, 3});
    ck_assert(tad_is_valid(tad_batchnorm_apply(&l, x, true)));
    expect_near(*(double *)l.mean->value, 0.2, 1e-15);
    expect_near(*(double *)l.variance->value, 0.9 + 0.1 * 2, 1e-15);
    ck_assert_uint_eq(tad_params_freeze(store, "", false), 2); /* statistics stay frozen */
    ck_assert(l.mean->frozen && l.variance->frozen);
    tad_tape_free(tape);
    tad_params_free(store);
}
END_TEST

/* Of row _i: parameters that could not be made, and no layer at all. */
START_TEST(a_layer_that_is_not_made_is_an_error)
{
    tad_tape *tape = tad_tape_new();
    layers    l = {0};
    rows[_i].make(NULL, &l);
    ck_assert(!tad_is_valid(loss_of(tape, &l, _i)));
    expect_error_of(rows[_i].name, tape, TAD_EARG, "the parameter is NULL");
    tad_var       x = tad_scalar(tape, 1);
    const tad_var results[] = {tad_linear_apply(NULL, x),      tad_conv_apply(NULL, x),
                               tad_layernorm_apply(NULL, x),   tad_batchnorm_apply(NULL, x, true),
                               tad_table_apply(NULL, x),       tad_recurrent_apply(NULL, x, NULL, NULL),
                               tad_heads_apply(NULL, x, NULL), tad_block_apply(NULL, x, NULL)};
    for (size_t i = 0; i < COUNT(results); i++)
        ck_assert_msg(!tad_is_valid(results[i]), "result %zu", i);
    tad_tape_free(tape);
}
END_TEST

START_TEST(shapes_are_refused_by_name)
{
    tad_params   *store = tad_params_new(NULL, 5);
    tad_tape     *tape = tad_tape_new();
    tad_heads     attention = tad_heads_new(store, "a", TAD_F64, 4, 2);
    tad_recurrent lstm = tad_lstm_new(store, "r", TAD_F64, 4, 2);
    tad_linear    l = tad_linear_new(store, "l", TAD_F64, 4, 2, false);
    tad_var       x = input(tape, 2, (const int64_t[]){2, 3});
    ck_assert(!tad_is_valid(tad_linear_apply(&l, x)));
    expect_error(tape, TAD_ESHAPE, "tad_linear_apply: matmul(");
    ck_assert(!tad_is_valid(tad_heads_apply(&attention, x, NULL)));
    ck_assert_ptr_nonnull(strstr(tad_tape_message(tape), "tad_heads_apply: "));
    tad_tape_clear_error(tape);
    ck_assert(!tad_is_valid(tad_recurrent_apply(&lstm, x, NULL, NULL)));
    ck_assert_ptr_nonnull(strstr(tad_tape_message(tape), "tad_recurrent_apply: "));
    tad_tape_free(tape);
    tad_params_free(store);
}
END_TEST

START_TEST(long_sequences_and_states)
{
    tad_params   *store = tad_params_new(NULL, 5);
    tad_tape     *tape = tad_tape_new();
    tad_recurrent l = tad_lstm_new(store, "l", TAD_F64, 1, 2);
    tad_var       x = input(tape, 3, (const int64_t[]){100, 1, 1}), h = {0}, c = {0}, h2 = {0}, c2 = {0};
    double        whole[200], parts[200];
    expect_ok(tad_read(tad_recurrent_apply(&l, x, &h, &c), whole, sizeof whole));
    expect_ok(tad_read(tad_recurrent_apply(&l, tad_slice(x, 0, 0, 37), &h2, &c2), parts, 37 * 16));
    expect_ok(tad_read(tad_recurrent_apply(&l, tad_slice(x, 0, 37, 100), &h2, &c2), parts + 74, 63 * 16));
    ck_assert_int_eq(memcmp(whole, parts, sizeof whole), 0);
    tad_tape_free(tape);
    tad_params_free(store);
}
END_TEST

/* Of row _i: after the second step nothing is taken. */
START_TEST(a_loop_takes_no_memory)
{
    heap          h = {0};
    tad_allocator allocator = heap_allocator(&h);
    tad_params   *store = tad_params_new(&allocator, 5);
    tad_tape     *tape = tad_tape_new_with(&allocator);
    layers        l = {0};
    size_t        calls = 0;
    rows[_i].make(store, &l);
    for (int step = 0; step < 10; step++) {
        expect_ok(tad_params_backward(store, loss_of(tape, &l, _i)));
        if (step == 1)
            calls = h.calls;
    }
    ck_assert_uint_eq(h.calls, calls);
    tad_tape_free(tape);
    tad_params_free(store);
}
END_TEST

/* Of row _i. */
START_TEST(every_request_for_memory_may_fail)
{
    for (size_t at = 1;; at++) {
        heap          h = {.fail_at = at, .for_ever = true};
        tad_allocator allocator = heap_allocator(&h);
        tad_params   *store = tad_params_new(&allocator, 5);
        tad_tape     *tape = tad_tape_new_with(&allocator);
        layers        l = {0};
        rows[_i].make(store, &l);
        bool good = tape && tad_params_backward(store, loss_of(tape, &l, _i)) == TAD_OK;
        ck_assert(good == (h.calls < at));
        tad_tape_free(tape);
        tad_params_free(store);
        ck_assert_uint_eq(h.blocks, 0);
        if (good)
            break;
    }
}
END_TEST

Suite *layers_suite(void)
{
    Suite *suite = suite_create("layers");
    TCase *tests = tcase_create("layers");
    tcase_add_loop_test(tests, gradients_are_right, 0, (int)COUNT(rows));
    tcase_add_test(tests, running_statistics_follow);
    tcase_add_loop_test(tests, a_layer_that_is_not_made_is_an_error, 0, (int)COUNT(rows));
    tcase_add_test(tests, shapes_are_refused_by_name);
    tcase_add_test(tests, long_sequences_and_states);
    tcase_add_loop_test(tests, a_loop_takes_no_memory, 0, (int)COUNT(rows));
    tcase_add_loop_test(tests, every_request_for_memory_may_fail, 0, (int)COUNT(rows));
    suite_add_tcase(suite, tests);
    return suite;
}
