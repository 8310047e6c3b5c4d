/* Parameters: the store, how they begin, their leaves, gradients and versions. */
#include "suites.h"
#include "support.h"

#include <math.h>
#include <string.h>

static const int64_t square[] = {3, 3};

static tad_param *ones(tad_params *store, const char *name, int rank)
{
    return tad_param_new(store, name, TAD_F64, rank, square, (tad_init){TAD_ONES, 0});
}

static void expect_store_error(tad_params *store, tad_status status, const char *text)
{
    ck_assert_str_eq(tad_status_name(tad_params_status(store)), tad_status_name(status));
    ck_assert_msg(strstr(tad_params_message(store), text) != NULL, "%s", tad_params_message(store));
    tad_params_clear_error(store);
}

START_TEST(a_store_finds_its_parameters)
{
    tad_params *store = tad_params_new(NULL, 1);
    tad_param  *a = ones(store, "layer.0.weight", 2), *b = ones(store, "layer.0.bias", 1);
    ck_assert_uint_eq(tad_params_count(store), 2);
    ck_assert_ptr_eq(tad_params_at(store, 0), a);
    ck_assert_ptr_eq(tad_params_at(store, 1), b);
    ck_assert_ptr_null(tad_params_at(store, 2));
    ck_assert_ptr_eq(tad_params_find(store, "layer.0.bias"), b);
    ck_assert_ptr_null(tad_params_find(store, "layer"));
    ck_assert_uint_eq((uintptr_t)a->value % 64, 0);
    ck_assert_int_eq(tad_params_elements(store, true), 12);
    ck_assert_uint_eq(tad_params_freeze(store, "layer.0.w", true), 1);
    ck_assert_int_eq(tad_params_elements(store, false), 3);
    char   text[1024], little[8];
    size_t length = tad_params_summary(store, text, sizeof text);
    ck_assert_uint_eq(length, strlen(text));
    ck_assert_uint_eq(tad_params_summary(store, little, sizeof little), length);
    ck_assert_ptr_nonnull(strstr(text, "layer.0.weight"));
    ck_assert_ptr_nonnull(strstr(text, "f64 [3, 3]"));
    ck_assert_ptr_nonnull(strstr(text, "2 parameters of 12 elements, 3 of them trained; 96 bytes"));
    tad_params_free(store);
}
END_TEST

START_TEST(a_store_refuses)
{
    tad_params *store = tad_params_new(NULL, 1);
    ones(store, "w", 1);
    ck_assert_ptr_null(ones(store, "w", 1));
    expect_store_error(store, TAD_EARG, "there is a parameter \"w\" already");
    ck_assert_ptr_null(ones(store, NULL, 1));
    expect_store_error(store, TAD_EARG, "the name is NULL");
    ck_assert_ptr_null(ones(store, "", 1));
    expect_store_error(store, TAD_EARG, "the name is empty");
    ck_assert_ptr_null(ones(store, "v", 9));
    expect_store_error(store, TAD_EARG, "rank 9");
    ck_assert_ptr_null(tad_param_new(store, "v", TAD_I64, 0, NULL, (tad_init){TAD_ONES, 0}));
    expect_store_error(store, TAD_EDTYPE, "expected f32 or f64");
    ck_assert_ptr_null(tad_param_new(store, "v", TAD_F32, 1, (const int64_t[]){-1}, (tad_init){TAD_ONES, 0}));
    expect_store_error(store, TAD_EARG, "is negative");
    ck_assert_ptr_null(tad_param_new(store, "v", TAD_F32, 1, square, (tad_init){TAD_ORTHOGONAL, 0}));
    expect_store_error(store, TAD_ESHAPE, "needs two axes");
    ck_assert_uint_eq(tad_params_count(store), 1);
    tad_params_free(store);
    ck_assert_ptr_null(ones(NULL, "w", 1));
    ck_assert_int_eq(tad_params_status(NULL), TAD_EARG);
    ck_assert_ptr_nonnull(strstr(tad_params_message(NULL), "the store is NULL"));
    tad_params_free(NULL);
}
END_TEST

START_TEST(numbers_depend_on_seed_name_and_element)
{
    const int64_t n = 4000;
    tad_params   *store = tad_params_new(NULL, 7), *same = tad_params_new(NULL, 7);
    const double *x = tad_param_new(store, "x", TAD_F64, 1, &n, (tad_init){TAD_NORMAL, 2})->value;
    const double *u = tad_param_new(store, "u", TAD_F64, 1, &n, (tad_init){TAD_UNIFORM, 2})->value;
    const double *again = tad_param_new(same, "x", TAD_F64, 1, &n, (tad_init){TAD_NORMAL, 2})->value;
    double        mean = 0, squares = 0, fourth = 0, uniform = 0;
    ck_assert_int_eq(memcmp(x, again, (size_t)n * sizeof *x), 0);
    for (int64_t i = 0; i < n; i++) {
        mean += x[i] / (double)n;
        squares += x[i] * x[i] / (double)n;
        fourth += pow(x[i], 4) / (double)n;
        uniform += u[i] * u[i] / (double)n;
        ck_assert(fabs(u[i]) <= 2);
    }
    ck_assert(fabs(mean) < 0.15 && fabs(squares - 4) < 0.4 && fabs(fourth - 48) < 10);
    ck_assert(fabs(uniform - 4.0 / 3) < 0.1);
    tad_params_free(store);
    tad_params_free(same);
}
END_TEST

START_TEST(orthogonal_matrices_are)
{
    const int64_t dims[][2] = {{5, 3}, {3, 5}, {4, 4}, {1, 1}};
    tad_params   *store = tad_params_new(NULL, 3);
    for (size_t k = 0; k < COUNT(dims); k++) {
        const char    name[] = {(char)('a' + k), '\0'};
        const double *w = tad_param_new(store, name, TAD_F64, 2, dims[k], (tad_init){TAD_ORTHOGONAL, 0})->value;
        int64_t       rows = dims[k][0], columns = dims[k][1];
        bool          tall = rows > columns;
        int64_t       n = tall ? columns : rows, m = tall ? rows : columns;
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = 0; j < n; j++) {
                double dot = 0;
                for (int64_t t = 0; t < m; t++)
                    dot += tall ? w[t * columns + i] * w[t * columns + j] : w[i * columns + t] * w[j * columns + t];
                expect_near(dot, i == j, 1e-14);
            }
    }
    tad_params_free(store);
}
END_TEST

START_TEST(a_leaf_is_the_memory_and_gradients_add_up)
{
    tad_params *store = tad_params_new(NULL, 1);
    tad_tape   *tape = tad_tape_new();
    tad_param  *w = ones(store, "w", 1), *s = ones(store, "s", 0);
    double     *value = w->value, *gradient = w->gradient;
    for (int step = 1; step <= 2; step++) {
        tad_tape_rewind(tape, 0);
        tad_var x = tad_use(tape, w), y = tad_use(tape, w);
        ck_assert_uint_eq(x.id, y.id);
        ck_assert_str_eq(tad_name(x), "w");
        value[2] = 4;
        expect_values(x, 1, 1, 4);
        expect_ok(tad_params_backward(store, tad_mul(tad_sum(tad_mul(x, y)), tad_use(tape, s))));
        for (int i = 0; i < 3; i++)
            expect_near(gradient[i], step * 2 * value[i], 0);
        expect_near(*(double *)s->gradient, step * 18, 0);
    }
    tad_params_zero_gradients(store);
    expect_near(gradient[0] + *(double *)s->gradient, 0, 0);
    expect_no_error(tape);
    tad_tape_free(tape);
    tad_params_free(store);
}
END_TEST

START_TEST(a_change_after_recording_is_stale)
{
    tad_params *store = tad_params_new(NULL, 1);
    tad_tape   *tape = tad_tape_new();
    tad_param  *w = ones(store, "net.w", 2), *s = ones(store, "net.s", 0);
    tad_var     x = tad_use(tape, w), y = tad_sum(tad_matmul(tad_transpose(x), x)), z = tad_square(tad_use(tape, s)), g;
    tad_param_touch(w);
    tad_param_touch(s);
    const char *message = "the parameter \"net.w\" was changed after it was recorded";
    ck_assert_int_eq(tad_backward(y), TAD_ESTALE);
    expect_error(tape, TAD_ESTALE, message);
    ck_assert_int_eq(tad_params_backward(store, y), TAD_ESTALE);
    expect_error(tape, TAD_ESTALE, message);
    ck_assert_int_eq(tad_gradient(y, 1, &x, &g), TAD_ESTALE);
    expect_error(tape, TAD_ESTALE, message);
    ck_assert_int_eq(tad_vjp(y, y, 1, &x, &g), TAD_ESTALE);
    expect_error(tape, TAD_ESTALE, message);
    ck_assert_int_eq(tad_jvp(y, 1, &x, &x, &g), TAD_ESTALE);
    expect_error(tape, TAD_ESTALE, message);
    ck_assert_int_eq(tad_backward(z), TAD_ESTALE);
    expect_error(tape, TAD_ESTALE, "net.s");
    tad_var again = tad_use(tape, w);
    ck_assert_uint_ne(again.id, x.id);
    expect_ok(tad_params_backward(store, tad_sum(again)));
    tad_tape_free(tape);
    tad_params_free(store);
}
END_TEST

START_TEST(a_frozen_one_is_a_constant)
{
    tad_params *store = tad_params_new(NULL, 1);
    tad_tape   *tape = tad_tape_new();
    tad_param  *w = ones(store, "w", 1);
    w->frozen = true;
    ck_assert(!tad_is_differentiable(tad_use(tape, w)));
    w->frozen = false;
    ck_assert(tad_is_differentiable(tad_use(tape, w)));
    tad_tape_pause(tape);
    ck_assert(!tad_is_differentiable(tad_use(tape, w)));
    tad_tape_resume(tape);
    ck_assert(tad_is_differentiable(tad_use(tape, w)));
    ck_assert_int_eq(tad_set(tad_use(tape, w), w->value, 24), TAD_EARG);
    expect_error(tape, TAD_EARG, "the leaf is a parameter");
    ck_assert(!tad_is_valid(tad_use(tape, NULL)));
    expect_error(tape, TAD_EARG, "the parameter is NULL");
    ck_assert(!tad_is_valid(tad_use(NULL, w)));
    tad_tape_free(tape);
    tad_params_free(store);
}
END_TEST

static tad_var uses(void *user, size_t n, const tad_var x[])
{
    (void)n;
    return tad_mul(x[0], tad_use(x[0].tape, user));
}

START_TEST(a_checkpoint_must_be_given_them)
{
    tad_params *store = tad_params_new(NULL, 1);
    tad_tape   *tape = tad_tape_new();
    tad_var     x = tad_scalar(tape, 2);
    ck_assert(!tad_is_valid(tad_checkpoint(uses, ones(store, "w", 1), 1, &x)));
    expect_error(tape, TAD_EARG, "use it outside and pass it in");
    tad_tape_free(tape);
    tad_params_free(store);
}
END_TEST

static bool everything(const tad_allocator *allocator)
{
    tad_params *store = tad_params_new(allocator, 1);
    tad_tape   *tape = tad_tape_new_with(allocator);
    tad_param  *w = tad_param_new(store, "w", TAD_F64, 2, square, (tad_init){TAD_ORTHOGONAL, 0});
    bool        good = w && tape && tad_params_backward(store, tad_sum(tad_use(tape, w))) == TAD_OK;
    if (good)
        expect_near(((double *)w->gradient)[8], 1, 0);
    else
        ck_assert(!store || !tape || tad_params_status(store) == TAD_ENOMEM || tad_tape_status(tape) == TAD_ENOMEM);
    tad_tape_free(tape);
    tad_params_free(store);
    return good;
}

START_TEST(every_request_for_memory_may_fail)
{
    for (size_t at = 1;; at++) {
        heap          h = {.fail_at = at, .for_ever = true};
        tad_allocator allocator = heap_allocator(&h);
        bool          good = everything(&allocator);
        ck_assert_uint_eq(h.blocks, 0);
        if (h.calls < at) {
            ck_assert(good);
            break;
        }
    }
}
END_TEST

START_TEST(a_loop_takes_no_memory)
{
    heap          h = {0};
    tad_allocator allocator = heap_allocator(&h);
    tad_params   *store = tad_params_new(&allocator, 1);
    tad_tape     *tape = tad_tape_new_with(&allocator);
    tad_param    *w = ones(store, "w", 2);
    size_t        calls = 0;
    for (int step = 0; step < 20; step++) {
        tad_tape_rewind(tape, 0);
        expect_ok(tad_params_backward(store, tad_sum(tad_tanh(tad_use(tape, w)))));
        tad_param_touch(w);
        if (step == 1)
            calls = h.calls;
    }
    ck_assert_uint_eq(h.calls, calls);
    tad_tape_free(tape);
    tad_params_free(store);
}
END_TEST

Suite *params_suite(void)
{
    Suite *suite = suite_create("params");
    TCase *tests = tcase_create("params");
    tcase_add_test(tests, a_store_finds_its_parameters);
    tcase_add_test(tests, a_store_refuses);
    tcase_add_test(tests, numbers_depend_on_seed_name_and_element);
    tcase_add_test(tests, orthogonal_matrices_are);
    tcase_add_test(tests, a_leaf_is_the_memory_and_gradients_add_up);
    tcase_add_test(tests, a_change_after_recording_is_stale);
    tcase_add_test(tests, a_frozen_one_is_a_constant);
    tcase_add_test(tests, a_checkpoint_must_be_given_them);
    tcase_add_test(tests, every_request_for_memory_may_fail);
    tcase_add_test(tests, a_loop_takes_no_memory);
    suite_add_tcase(suite, tests);
    return suite;
}
