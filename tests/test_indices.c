/* Adding by index, one-hot vectors, and what duplicates, special numbers and empty axes give. */
#include "suites.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static tad_tape *tape;

#define D(...) ((const int64_t[]){__VA_ARGS__})

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

static tad_var indices(int rank, const int64_t dims[], const int64_t data[])
{
    return tad_tensor_constant(tape, TAD_I64, rank, dims, data);
}

/* ---- Against naive loops ---- */

enum { ROWS = 5, COLUMNS = 4, LONG = 9 };

static void fill(double *to, int n, int seed)
{
    for (int i = 0; i < n; i++)
        to[i] = (i * 37 + seed * 11) % 64 - 30;
}

/* f64 or f32 from doubles that both hold. */
static tad_var numbers(tad_dtype dtype, int64_t rows, int64_t columns, const double data[])
{
    tad_var x = matrix(tape, rows, columns, data);
    return dtype == TAD_F64 ? x : tad_cast(x, dtype);
}

static void expect_numbers(tad_var x, tad_status read(tad_var, void *, size_t), int n, const double expected[])
{
    double doubles[ROWS * LONG];
    float  floats[ROWS * LONG];
    ck_assert_int_eq(tad_count(x), n);
    bool narrow = tad_dtype_of(x) == TAD_F32;
    expect_ok(read(x, narrow ? (void *)floats : (void *)doubles, sizeof doubles / (narrow ? 2 : 1)));
    for (int i = 0; i < n; i++)
        expect_near(narrow ? (double)floats[i] : doubles[i], expected[i], 0);
}

/* scatter_add along axis _i, with indices that do not fill x, and a source that is larger than they are; many duplicates. */
START_TEST(scatter_add_as_a_loop)
{
    enum { I = LONG, J = COLUMNS - 1, SOURCE_COLUMNS = COLUMNS + 1 };
    int     axis = _i % 2;
    int64_t shown[I * J];
    double  x[ROWS * COLUMNS], source[I * SOURCE_COLUMNS], y[ROWS * COLUMNS], w[ROWS * COLUMNS];
    double  g[I * SOURCE_COLUMNS] = {0};
    for (int dtype = TAD_F32; dtype <= TAD_F64; dtype++) {
        fill(x, ROWS * COLUMNS, 1);
        fill(source, I * SOURCE_COLUMNS, 2);
        fill(w, ROWS * COLUMNS, 3);
        memcpy(y, x, sizeof y);
        memset(g, 0, sizeof g);
        for (int i = 0; i < I; i++)
            for (int j = 0; j < J; j++) {
                int64_t k = (i * 5 + j * 3) % 4 + (i == j);
                shown[i * J + j] = (i + j) % 3 ? k : k - ROWS;
                y[k * COLUMNS + j] += source[i * SOURCE_COLUMNS + j];
                g[i * SOURCE_COLUMNS + j] = w[k * COLUMNS + j];
            }
        tad_var a = numbers((tad_dtype)dtype, ROWS, COLUMNS, x), gx[2];
        tad_var b = numbers((tad_dtype)dtype, I, SOURCE_COLUMNS, source);
        tad_var at = indices(2, D(I, J), shown), gy = numbers((tad_dtype)dtype, ROWS, COLUMNS, w), z;
        if (axis == 0) {
            z = tad_scatter_add(a, 0, at, b);
        } else { /* the same in the other direction */
            tad_var t = tad_scatter_add(tad_transpose(a), -1, tad_transpose(at), tad_transpose(b));
            z = tad_transpose(t);
        }
        expect_numbers(z, tad_read, ROWS * COLUMNS, y);
        expect_ok(tad_backward(tad_sum(tad_mul(z, gy))));
        expect_numbers(a, tad_read_grad, ROWS * COLUMNS, w);
        expect_numbers(b, tad_read_grad, I * SOURCE_COLUMNS, g);
        expect_ok(tad_vjp(z, gy, 2, (const tad_var[]){a, b}, gx));
        expect_numbers(gx[0], tad_read, ROWS * COLUMNS, w);
        expect_numbers(gx[1], tad_read, I * SOURCE_COLUMNS, g);
    }
}
END_TEST

START_TEST(index_add_as_a_loop)
{
    static const int64_t rows[LONG] = {4, 0, 0, -1, 2, 2, 2, -5, 1};
    double               x[ROWS * COLUMNS], source[LONG * COLUMNS], y[ROWS * COLUMNS], w[ROWS * COLUMNS];
    double               g[LONG * COLUMNS];
    fill(x, ROWS * COLUMNS, 1);
    fill(source, LONG * COLUMNS, 2);
    fill(w, ROWS * COLUMNS, 3);
    memcpy(y, x, sizeof y);
    for (int i = 0; i < LONG; i++)
        for (int j = 0; j < COLUMNS; j++) {
            int64_t k = (rows[i] + ROWS) % ROWS;
            y[k * COLUMNS + j] += source[i * COLUMNS + j];
            g[i * COLUMNS + j] = w[k * COLUMNS + j];
        }
    for (int dtype = TAD_F32; dtype <= TAD_F64; dtype++)
        for (int axis = 0; axis < 2; axis++) {
            tad_var a = numbers((tad_dtype)dtype, ROWS, COLUMNS, x);
            tad_var b = numbers((tad_dtype)dtype, LONG, COLUMNS, source);
            tad_var at = indices(1, D(LONG), rows), gy = numbers((tad_dtype)dtype, ROWS, COLUMNS, w);
            tad_var z = axis == 0 ? tad_index_add(a, -2, at, b)
                                  : tad_transpose(tad_index_add(tad_transpose(a), 1, at, tad_transpose(b)));
            expect_numbers(z, tad_read, ROWS * COLUMNS, y);
            expect_ok(tad_backward(tad_sum(tad_mul(z, gy))));
            expect_numbers(a, tad_read_grad, ROWS * COLUMNS, w);
            expect_numbers(b, tad_read_grad, LONG * COLUMNS, g);
        }
}
END_TEST

/* The gradient of an embedding is the product with the one-hot matrix, transposed. */
START_TEST(embedding_and_one_hot)
{
    static const int64_t words[2 * 3] = {3, 0, 3, -1, 1, 3};
    double               weights[ROWS * COLUMNS], w[2 * 3 * COLUMNS], direct[ROWS * COLUMNS];
    fill(weights, ROWS * COLUMNS, 1);
    fill(w, 2 * 3 * COLUMNS, 2);
    tad_var x = matrix(tape, ROWS, COLUMNS, weights), at = indices(2, D(2, 3), words);
    tad_var gy = tad_tensor_constant(tape, TAD_F64, 3, D(2, 3, COLUMNS), w);
    tad_var hot = tad_one_hot(at, ROWS, TAD_F64), y = tad_embedding(x, at), z = tad_matmul(hot, x);
    ck_assert(!tad_is_differentiable(hot));
    ck_assert_int_eq(tad_rank(y), 3);
    expect_near(tad_value(tad_sum(tad_abs(tad_sub(y, z)))), 0, 0);
    expect_ok(tad_backward(tad_sum(tad_mul(z, gy))));
    expect_ok(tad_read_grad(x, direct, sizeof direct));
    expect_ok(tad_backward(tad_sum(tad_mul(y, gy))));
    expect_numbers(x, tad_read_grad, ROWS * COLUMNS, direct);
}
END_TEST

START_TEST(one_hot_in_every_type)
{
    tad_var at = indices(1, D(3), D(2, 0, -1));
    int64_t integers[9];
    float   floats[9];
    expect_values(tad_one_hot(at, 3, TAD_F64), 0, 0, 1, 1, 0, 0, 0, 0, 1);
    expect_ok(tad_read(tad_one_hot(at, 3, TAD_I64), integers, sizeof integers));
    expect_ok(tad_read(tad_one_hot(tad_slice_step(at, 0, TAD_END, TAD_END, -1), 3, TAD_F32), floats, sizeof floats));
    for (int i = 0; i < 9; i++) {
        ck_assert_int_eq(integers[i], i == 2 || i == 3 || i == 8);
        expect_near((double)floats[i], i == 2 || i == 3 || i == 8, 0);
    }
    expect_values(tad_one_hot(indices(0, NULL, D(1)), 3, TAD_F64), 0, 1, 0);
    ck_assert_int_eq(tad_count(tad_one_hot(at, 4, TAD_F32)), 12);
    tad_var none = indices(1, D(0), NULL);
    ck_assert_int_eq(tad_dim(tad_one_hot(none, 3, TAD_F64), 1), 3);
    ck_assert_int_eq(tad_count(tad_one_hot(none, 0, TAD_F64)), 0);
}
END_TEST

/* ---- Special numbers ---- */

static void expect_same(tad_var x, tad_status read(tad_var, void *, size_t), int n, const double expected[])
{
    double found[8];
    expect_ok(read(x, found, sizeof found));
    for (int i = 0; i < n; i++)
        ck_assert_msg(memcmp(&found[i], &expected[i], sizeof *found) == 0 || (isnan(found[i]) && isnan(expected[i])),
                      "element %d is %g; expected %g", i, found[i], expected[i]);
}

/* Moved as they are: NaN, infinities, and the sign of a zero. What is not chosen has no gradient, whatever it is. */
START_TEST(special_numbers)
{
    const double inf = HUGE_VAL, none = nan("");
    const double special[] = {none, inf, -0.0, -inf}, sums[] = {none, inf, -0.0, 1};
    tad_var      x = vector(tape, 4, special), at = indices(1, D(3), D(1, 2, 1));
    expect_same(tad_flip(x, 1, (const int[]){0}), tad_read, 4, (const double[]){-inf, -0.0, inf, none});
    expect_same(tad_pad_value(x, 0, 1, 1, none), tad_read, 6, (const double[]){none, none, inf, -0.0, -inf, none});
    expect_same(tad_pad_value(x, 0, 1, 0, -0.0), tad_read, 2, (const double[]){-0.0, none});
    tad_var y = tad_gather(x, 0, at);
    expect_same(y, tad_read, 3, (const double[]){inf, -0.0, inf});
    expect_ok(tad_backward(tad_sum(y)));
    expect_same(x, tad_read_grad, 4, (const double[]){0, 2, 1, 0});
    tad_var z =
        tad_scatter_add(tad_slice(x, 0, 0, 3), 0, indices(1, D(1), D(1)), vector(tape, 1, (const double[]){-1}));
    expect_same(z, tad_read, 3, sums);
    y = tad_scatter_add(x, 0, indices(1, D(2), D(3, 3)), vector(tape, 2, (const double[]){inf, 1}));
    expect_same(y, tad_read, 4, (const double[]){none, inf, -0.0, none});
    ck_assert(signbit(tad_value(tad_slice(y, 0, 2, 3))));
}
END_TEST

/* In C order of the source, one after the other: the same to the last bit, and known to it. */
START_TEST(duplicates_add_up_in_order)
{
    const double source[] = {1e16, 1, -1e16, 1, 3, 0.1};
    double       sum = 0;
    for (int i = 0; i < 6; i++)
        sum += source[i];
    tad_var zero = vector(tape, 1, (const double[]){0}), s = vector(tape, 6, source);
    tad_var at = indices(1, D(6), D(0, -1, 0, 0, -1, 0));
    expect_values(tad_scatter_add(zero, 0, at, s), sum);
    expect_values(tad_index_add(zero, 0, at, s), sum);
}
END_TEST

/* ---- Empty axes, and the steady state ---- */

START_TEST(no_indices)
{
    tad_var x = matrix(tape, 2, 3, (const double[]){1, 2, 3, 4, 5, 6}), none = indices(2, D(0, 3), NULL);
    tad_var y = tad_gather(x, 0, none);
    ck_assert_int_eq(tad_dim(y, 0), 0);
    expect_ok(tad_backward(tad_sum(y)));
    expect_grads(x, 0, 0, 0, 0, 0, 0);
    y = tad_scatter_add(x, 0, none, x);
    expect_values(y, 1, 2, 3, 4, 5, 6);
    expect_ok(tad_backward(tad_sum(y)));
    expect_grads(x, 1, 1, 1, 1, 1, 1);
    y = tad_embedding(x, indices(1, D(0), NULL));
    ck_assert_int_eq(tad_dim(y, 1), 3);
    tad_var thin = tad_slice(x, 1, 0, 0);
    ck_assert_int_eq(tad_count(tad_embedding(thin, indices(1, D(2), D(1, -2)))), 0);
    ck_assert_int_eq(tad_count(tad_index_select(thin, 0, indices(1, D(3), D(1, 1, 0)))), 0);
}
END_TEST

START_TEST(second_derivatives)
{
    tad_var x = vector(tape, 3, (const double[]){1, 2, 3}), g, v = vector(tape, 3, (const double[]){1, 10, 100}), hv;
    tad_var y = tad_gather(x, 0, indices(1, D(4), D(2, 0, 2, 1)));
    tad_var z = tad_sum(tad_mul(tad_square(y), y)); /* x0^3 + x1^3 + 2 x2^3 */
    expect_ok(tad_gradient(z, 1, &x, &g));
    expect_values(g, 3, 12, 54);
    expect_ok(tad_hvp(z, 1, &x, &v, &hv));
    expect_values(hv, 6, 120, 3600);
}
END_TEST

START_TEST(nothing_is_allocated)
{
    static const int64_t words[6] = {3, 0, 3, -1, 1, 3};
    heap                 h = {0};
    double               weights[ROWS * COLUMNS];
    fill(weights, ROWS * COLUMNS, 1);
    tad_tape *own = tape;
    tape = heap_tape(&h);
    size_t calls = 0;
    for (int step = 0; step < 50; step++) {
        tad_tape_rewind(tape, 0);
        tad_var x = matrix(tape, ROWS, COLUMNS, weights), at = indices(2, D(2, 3), words), p[2], g;
        tad_var e = tad_reshape(tad_embedding(x, at), 2, D(6, COLUMNS));
        expect_ok(tad_split(tad_flip(e, 1, (const int[]){0}), 0, 2, NULL, p));
        tad_var y = tad_tile(tad_roll(tad_stack(2, p, 0), 1, 1), 1, D(2));
        y = tad_sum(tad_square(
            tad_index_add(tad_reshape(y, 2, D(6, -1)), 0, indices(1, D(6), words), tad_reshape(y, 2, D(6, -1)))));
        expect_ok(tad_backward(y));
        expect_ok(tad_gradient(y, 1, &x, &g));
        if (step == 1)
            calls = h.calls;
        ck_assert(step < 2 || h.calls == calls);
    }
    tad_tape_free(tape);
    tape = own;
}
END_TEST

/* As documented: the row for padding gives zeros and gets no gradient, whatever it holds. */
START_TEST(padding_of_an_embedding)
{
    const int64_t words[] = {1, 0, 2, 0};
    const double  weights[] = {HUGE_VAL, HUGE_VAL, 3, 4, 5, 6}, padding[] = {0, 1, 0, 1};
    tad_var       x = matrix(tape, 3, 2, weights), zero = tad_constant(tape, 0), gx;
    tad_var       is_padding = tad_tensor_constant(tape, TAD_F64, 2, D(4, 1), padding);
    tad_var       y = tad_where(is_padding, zero, tad_embedding(x, indices(1, D(4), words)));
    expect_values(y, 3, 4, 0, 0, 5, 6, 0, 0);
    y = tad_sum(tad_square(y));
    expect_ok(tad_backward(y));
    expect_grads(x, 0, 0, 6, 8, 10, 12);
    expect_ok(tad_gradient(y, 1, &x, &gx));
    expect_values(gx, 0, 0, 6, 8, 10, 12);
}
END_TEST

Suite *indices_suite(void)
{
    Suite *suite = suite_create("indices");
    TCase *tests = tcase_create("indices");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 30);
    tcase_add_loop_test(tests, scatter_add_as_a_loop, 0, 2);
    tcase_add_test(tests, index_add_as_a_loop);
    tcase_add_test(tests, embedding_and_one_hot);
    tcase_add_test(tests, padding_of_an_embedding);
    tcase_add_test(tests, one_hot_in_every_type);
    tcase_add_test(tests, special_numbers);
    tcase_add_test(tests, duplicates_add_up_in_order);
    tcase_add_test(tests, no_indices);
    tcase_add_test(tests, second_derivatives);
    tcase_add_test(tests, nothing_is_allocated);
    suite_add_tcase(suite, tests);
    return suite;
}
