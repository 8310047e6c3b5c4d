/* Attention in blocks against the plain composition, around the sizes of blocks; what is hidden; and its memory. */
#include "suites.h"
#include "support.h"

#include "base/random.h"
#include "tensor/attention.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST = 2 * TAD__ATTENTION_KEYS + 1, WIDTH = 5, VALUES = 3, MASKS = 4 };

static double numbers[2 * LARGEST * LARGEST];

static tad_var random_tensor(tad_tape *tape, tad_dtype dtype, int rank, const int64_t dims[], uint64_t seed)
{
    static float floats[2 * LARGEST * WIDTH];
    int64_t      n = 1;
    for (int i = 0; i < rank; i++)
        n *= dims[i];
    ck_assert_int_le(n, (int64_t)COUNT(floats));
    for (int64_t i = 0; i < n; i++)
        numbers[i] = (double)(floats[i] = (float)tad__random_uniform(seed, (uint64_t)i, -2, 2));
    return tad_tensor(tape, dtype, rank, dims, dtype == TAD_F32 ? (const void *)floats : numbers);
}

/* A constant mask: of 0 none, 1 finite numbers, 2 hides one pair in four, 3 is a row that hides one key in three. */
static tad_var mask_of(tad_tape *tape, tad_dtype dtype, int kind, int64_t m, int64_t n)
{
    static float  floats[LARGEST * LARGEST];
    const int64_t dims[] = {kind == 3 ? 1 : m, n};
    if (kind == 0)
        return (tad_var){0};
    for (int64_t i = 0; i < dims[0] * n; i++) {
        uint64_t bits = tad__random_bits(77, (uint64_t)i);
        bool     hidden = (kind == 2 && bits % 4 == 0) || (kind == 3 && bits % 3 == 0);
        floats[i] = hidden ? -INFINITY : (float)(bits % 1000) / 500 - 1;
        numbers[i] = (double)floats[i];
    }
    return tad_tensor_constant(tape, dtype, 2, dims, dtype == TAD_F32 ? (const void *)floats : numbers);
}

/* softmax(q k' scale + mask) v by operations on the tape; what a query does not see is masked. Every row sees a key. */
static tad_var composed(tad_var q, tad_var k, tad_var v, const tad_attention_options *options)
{
    int64_t m = tad_dim(q, -2), n = tad_dim(k, -2), width = tad_dim(q, -1);
    double  scale = options->scale != 0 ? options->scale : 1 / sqrt((double)width);
    tad_var scores = tad_mul(tad_matmul(q, tad_transpose(k)), tad_constant(q.tape, scale));
    if (options->mask.tape)
        scores = tad_add(scores, options->mask);
    if (options->causal) {
        for (int64_t i = 0; i < m * n; i++)
            numbers[i] = i % n <= i / n;
        tad_var seen = tad_tensor_constant(q.tape, TAD_F64, 2, (const int64_t[]){m, n}, numbers);
        scores = tad_where(seen, scores, tad_constant(q.tape, -(double)INFINITY));
    }
    tad_var e = tad_exp(scores);
    return tad_div(tad_matmul(e, v), tad_sum_axes(e, 1, (const int[]){-1}, true));
}

static double largest_of(int64_t count, const double x[])
{
    double largest = 0;
    for (int64_t i = 0; i < count; i++)
        largest = fmax(largest, fabs(x[i]));
    return largest;
}

static void expect_close(const char *what, int64_t count, const double found[], const double expected[],
                         double tolerance, double largest)
{
    for (int64_t i = 0; i < count; i++)
        ck_assert_msg(fabs(found[i] - expected[i]) <= tolerance * largest,
                      "%s: number %d is %.17g; expected %.17g: off by %.3g of %.3g", what, (int)i, found[i],
                      expected[i], fabs(found[i] - expected[i]), largest);
}

static void read_as_doubles(tad_var x, tad_status read(tad_var, void *, size_t), double out[])
{
    static float floats[2 * LARGEST * WIDTH];
    int64_t      n = tad_count(x);
    bool         f32 = tad_dtype_of(x) == TAD_F32;
    ck_assert(n >= 0 && n <= (int64_t)COUNT(floats));
    expect_ok(read(x, f32 ? (void *)floats : out, (size_t)n * tad_dtype_size(tad_dtype_of(x))));
    for (int64_t i = 0; i < n && f32; i++)
        out[i] = (double)floats[i];
}

/* Value and gradients for a random cotangent: out[0] is the value, out[1] to out[3] the gradients of q, k, v. */
static void run(tad_tape *tape, tad_dtype dtype, bool blocked, int64_t m, int64_t n, bool causal, int mask,
                double out[4][2 * LARGEST * WIDTH])
{
    tad_tape_rewind(tape, 0);
    const int64_t dims[3][3] = {{2, m, WIDTH}, {2, n, WIDTH}, {2, n, VALUES}};
    tad_var       x[3];
    for (int i = 0; i < 3; i++)
        x[i] = random_tensor(tape, dtype, 3, dims[i], 10 + (uint64_t)i);
    tad_attention_options options = {.causal = causal, .mask = mask_of(tape, dtype, mask, m, n)};
    tad_var y = blocked ? tad_attention(x[0], x[1], x[2], &options) : composed(x[0], x[1], x[2], &options);
    tad_var w = random_tensor(tape, dtype, 3, (const int64_t[]){2, m, VALUES}, 20);
    read_as_doubles(y, tad_read, out[0]);
    expect_ok(tad_backward(tad_sum(tad_mul(y, w))));
    for (int i = 0; i < 3; i++)
        read_as_doubles(x[i], tad_read_grad, out[i + 1]);
    expect_no_error(tape);
}

static const int64_t sizes[] = {1, 63, 64, 65, 129, TAD__ATTENTION_KEYS - 1, TAD__ATTENTION_KEYS, LARGEST};

START_TEST(blocks_equal_the_composition)
{
    static double      found[4][2 * LARGEST * WIDTH], narrow[COUNT(found)][COUNT(*found)], expected[4][COUNT(*found)];
    static const char *names[] = {"value", "gradient of q", "gradient of k", "gradient of v"};
    int64_t            m = sizes[_i % (int)COUNT(sizes)], n = sizes[_i / (int)COUNT(sizes)];
    bool               large = m * n > 200 * 200;
    tad_tape          *tape = tad_tape_new();
    for (int kind = 0; kind < 2 * MASKS; kind++) {
        bool causal = kind % 2;
        int  mask = kind / 2;
        if (mask > 1 && (causal || n < 63))
            continue; /* some row might see nothing */
        if (large && (SANITIZED || under_valgrind() || (kind + _i) % 3 > 0))
            continue;
        run(tape, TAD_F64, false, m, n, causal, mask, expected);
        run(tape, TAD_F64, true, m, n, causal, mask, found);
        run(tape, TAD_F32, true, m, n, causal, mask, narrow);
        /* gradients of q and k are differences of what the gradient of v is made of, and can be 0 */
        double shared = fmax(largest_of(2 * m * VALUES, expected[0]), largest_of(2 * n * VALUES, expected[3]));
        for (int i = 0; i < 4; i++) {
            int64_t count = 2 * (i < 2 ? m : n) * (i == 0 || i == 3 ? VALUES : WIDTH);
            expect_close(names[i], count, found[i], expected[i], 64 * DBL_EPSILON, shared);
            expect_close(names[i], count, narrow[i], expected[i], 64 * (double)FLT_EPSILON, shared);
        }
    }
    tad_tape_free(tape);
}
END_TEST

/* ---- what is hidden ---- */

#define MATRIX(tape, m, n, ...) matrix((tape), (m), (n), (const double[]){__VA_ARGS__})

START_TEST(a_query_that_sees_no_key)
{
    tad_tape *tape = tad_tape_new();
    double    none = -(double)INFINITY;
    tad_var   q = MATRIX(tape, 2, 2, 1, 2, 3, -1), k = MATRIX(tape, 2, 2, 0.5, 1, -1, 2), v = MATRIX(tape, 2, 1, 5, 7);
    tad_var   mask = MATRIX(tape, 2, 2, none, none, 0, none);
    tad_var   x[] = {q, k, v, mask}, g[4], hv[4];
    tad_var   y = tad_attention(q, k, v, &(const tad_attention_options){.mask = mask});
    expect_values(y, 0, 5);
    expect_ok(tad_backward(tad_sum(y)));
    expect_grads(q, 0, 0, 0, 0);
    expect_grads(k, 0, 0, 0, 0);
    expect_grads(v, 1, 0);
    expect_grads(mask, 0, 0, 0, 0);
    expect_ok(tad_gradient(tad_sum(y), 4, x, g));
    expect_values(g[0], 0, 0, 0, 0);
    expect_values(g[2], 1, 0);
    expect_values(g[3], 0, 0, 0, 0);
    expect_ok(tad_hvp(tad_sum(tad_square(y)), 3, x, x, hv)); /* nothing hidden shows in higher derivatives, either */
    expect_values(hv[0], 0, 0, 0, 0);
    expect_values(hv[1], 0, 0, 0, 0);
    expect_values(hv[2], 10, 0);

    tad_var no_keys = tad_attention(q, tad_slice(k, 0, 0, 0), tad_slice(v, 0, 0, 0), NULL);
    expect_values(no_keys, 0, 0);
    expect_ok(tad_backward(tad_sum(no_keys)));
    expect_grads(q, 0, 0, 0, 0);
    expect_no_error(tape);
    tad_tape_free(tape);
}
END_TEST

/* Later keys and values change nothing for a causal query, to the last bit; query i of more queries than keys sees all. */
START_TEST(later_positions_are_not_seen)
{
    enum { POSITIONS = TAD__ATTENTION_KEYS + 44, SEEN = TAD__ATTENTION_KEYS + 3 };
    static double               first[POSITIONS], second[POSITIONS], g[POSITIONS];
    tad_tape                   *tape = tad_tape_new();
    const tad_attention_options causal = {.causal = true};
    const int64_t               dims[] = {POSITIONS, 1};
    tad_var                     x[3];
    for (int i = 0; i < 3; i++)
        x[i] = random_tensor(tape, TAD_F64, 2, dims, 30 + (uint64_t)i);
    tad_var y = tad_attention(x[0], x[1], x[2], &causal);
    expect_ok(tad_read(y, first, sizeof first));
    expect_ok(tad_backward(tad_sum(tad_slice(y, 0, 0, SEEN))));
    for (int i = 0; i < 3; i++) {
        expect_ok(tad_read_grad(x[i], g, sizeof g));
        for (int j = SEEN; j < POSITIONS; j++)
            ck_assert_double_eq(g[j], 0);
        tad_var changed = tad_mul(tad_slice(x[i], 0, SEEN, POSITIONS), tad_constant(tape, 100));
        x[i] = tad_add(tad_pad(tad_slice(x[i], 0, 0, SEEN), 0, 0, POSITIONS - SEEN), tad_pad(changed, 0, SEEN, 0));
    }
    expect_ok(tad_read(tad_attention(x[0], x[1], x[2], &causal), second, sizeof second));
    ck_assert_mem_eq(first, second, SEEN * sizeof *first);
    ck_assert_double_ne(first[SEEN], second[SEEN]);

    tad_var q = MATRIX(tape, 3, 1, 0, 0, 0), k = MATRIX(tape, 2, 1, 1, 1), v = MATRIX(tape, 2, 1, 2, 4);
    expect_values(tad_attention(q, k, v, &causal), 2, 3, 3);
    expect_no_error(tape);
    tad_tape_free(tape);
}
END_TEST

START_TEST(special_values)
{
    tad_tape *tape = tad_tape_new();
    double    y[3];
    tad_var   v = MATRIX(tape, 2, 1, 2, 4);
    /* scores far beyond what exp can take */
    tad_var far = MATRIX(tape, 2, 1, 1000, -1000);
    expect_values(tad_attention(MATRIX(tape, 3, 1, 1, -1, 0), far, v, NULL), 2, 4, 3);
    /* a scale of 0 means the default, a negative one turns the order */
    tad_var q = MATRIX(tape, 1, 1, 1);
    expect_values(tad_attention(q, far, v, &(const tad_attention_options){.scale = -1}), 4);
    /* NaN and +infinity spoil the rows of their queries, and no others */
    tad_var bad = MATRIX(tape, 3, 1, (double)NAN, (double)INFINITY, 0);
    expect_ok(tad_read(tad_attention(bad, far, v, NULL), y, sizeof y));
    ck_assert(isnan(y[0]) && isnan(y[1]) && y[2] == 3);
    /* -infinity is no NaN: the other key has all the weight */
    expect_values(tad_attention(q, MATRIX(tape, 2, 1, -(double)INFINITY, 1), v, NULL), 4);
    /* queries of no elements: all keys weigh the same; values of none: no elements */
    tad_var none = tad_slice(q, 1, 0, 0), keys = tad_slice(far, 1, 0, 0);
    expect_values(tad_attention(none, keys, v, NULL), 3);
    ck_assert_int_eq(tad_count(tad_attention(q, far, keys, NULL)), 0);
    expect_no_error(tape);
    tad_tape_free(tape);
}
END_TEST

/* ---- errors ---- */

START_TEST(errors)
{
    tad_tape *tape = tad_tape_new();
    double    zeros[24] = {0};
    tad_var   q = matrix(tape, 2, 3, zeros), k = matrix(tape, 4, 3, zeros), v = matrix(tape, 4, 2, zeros);
    tad_var   three = tad_tensor(tape, TAD_F64, 3, (const int64_t[]){1, 2, 3}, zeros);
    tad_var   single = tad_tensor(tape, TAD_F32, 2, (const int64_t[]){4, 2}, zeros);
#define REFUSED(status, text, ...)                                                                                     \
    ck_assert(!tad_is_valid(tad_attention(__VA_ARGS__)));                                                              \
    expect_error(tape, status, text)
    REFUSED(TAD_ESHAPE, "attention(f64 [3], f64 [4, 3], f64 [4, 2]): operand 1 has rank 1", vector(tape, 3, zeros), k,
            v, NULL);
    REFUSED(TAD_ESHAPE, "operand 3 has rank 0", q, k, tad_scalar(tape, 1), NULL);
    REFUSED(TAD_ESHAPE, "leading axes of queries, keys and values differ", three, k, v, NULL);
    REFUSED(TAD_ESHAPE, "a query has 3 elements and a key 2", q, v, v, NULL);
    REFUSED(TAD_ESHAPE, "4 keys and 2 values", q, k, q, NULL);
    REFUSED(TAD_EDTYPE, "f64 and f32 do not mix", q, k, single, NULL);
    REFUSED(TAD_ESHAPE, "the mask does not broadcast to [..., 2, 4]", q, k, v,
            &(const tad_attention_options){.mask = k});
    REFUSED(TAD_EDTYPE, "do not mix", q, k, v, &(const tad_attention_options){.mask = single});
    REFUSED(TAD_EARG, "a scale of inf", q, k, v, &(const tad_attention_options){.scale = (double)INFINITY});
    REFUSED(TAD_EARG, "a scale of nan", q, k, v, &(const tad_attention_options){.scale = fabs((double)NAN)});
    tad_var empty = tad_tensor(tape, TAD_F64, 3, (const int64_t[]){0, 1, (int64_t)1 << 40}, NULL);
    REFUSED(TAD_ESHAPE, "more than 2^31 - 1 elements", empty, empty, empty, NULL);
    tad_tape_free(tape);
}
END_TEST

/* ---- memory ---- */

enum { HEAD = 64, FIRST = 1024 };

/* The most memory that value and gradients take. */
static size_t peak_at(int64_t positions, bool causal)
{
    heap          h = {0};
    tad_tape     *tape = heap_tape(&h);
    const int64_t dims[] = {positions, HEAD};
    tad_var       x[3];
    float        *data = malloc((size_t)positions * HEAD * sizeof *data), g;
    for (int i = 0; i < 3; i++) {
        for (int64_t k = 0; k < positions * HEAD; k++)
            data[k] = (float)tad__random_uniform((uint64_t)i, (uint64_t)k, -1, 1);
        x[i] = tad_tensor(tape, TAD_F32, 2, dims, data);
    }
    free(data);
    tad_var y = tad_attention(x[0], x[1], x[2], &(const tad_attention_options){.causal = causal});
    expect_ok(tad_backward(tad_sum(tad_square(y))));
    ck_assert_int_eq(tad_read_grad(x[1], &g, 1), TAD_EARG); /* it is there, and larger */
    ck_assert(isfinite(tad_value(tad_sum(y))));
    tad_tape_free(tape);
    ck_assert_uint_eq(h.blocks, 0);
    return h.peak;
}

/* Twice the positions, twice the memory: four times would be a queries x keys matrix. Exactly 2 it cannot be: the arena
 * grows by doubling, and blocks are of fixed size. */
START_TEST(memory_grows_linearly)
{
    size_t last = 0;
    int    rounds = SANITIZED || under_valgrind() ? 2 : 4;
    for (int round = 0; round < rounds; round++) {
        int64_t positions = (int64_t)FIRST << round;
        size_t  peak = peak_at(positions, _i);
        double  ratio = (double)peak / (double)last;
        ck_assert_msg(!last || (ratio > 1.5 && ratio < 2.5), "%d positions take %zu bytes, half of them %zu",
                      (int)positions, peak, last);
        last = peak;
    }
    double positions = (double)((int64_t)FIRST << (rounds - 1));
    ck_assert_msg((double)last < 24 * 4 * HEAD * positions, "%zu bytes", last);
}
END_TEST

START_TEST(nothing_is_allocated_later)
{
    heap      h = {0};
    tad_tape *tape = heap_tape(&h);
    size_t    calls = 0;
    for (int step = 0; step < 5; step++) {
        tad_var x[3];
        tad_tape_rewind(tape, 0);
        for (int i = 0; i < 3; i++)
            x[i] = random_tensor(tape, TAD_F32, 2, (const int64_t[]){300, WIDTH}, (uint64_t)i);
        expect_ok(tad_backward(tad_sum(tad_attention(x[0], x[1], x[2], NULL))));
        if (step == 1)
            calls = h.calls;
    }
    ck_assert_uint_eq(h.calls, calls);
    tad_tape_free(tape);
}
END_TEST

Suite *attention_suite(void)
{
    Suite *suite = suite_create("attention");
    TCase *values = tcase_create("values"), *memory = tcase_create("memory");
    tcase_set_timeout(values, 60);
    tcase_add_loop_test(values, blocks_equal_the_composition, 0, COUNT(sizes) * COUNT(sizes));
    tcase_add_test(values, a_query_that_sees_no_key);
    tcase_add_test(values, later_positions_are_not_seen);
    tcase_add_test(values, special_values);
    tcase_add_test(values, errors);
    suite_add_tcase(suite, values);
    tcase_set_timeout(memory, 120);
    tcase_add_loop_test(memory, memory_grows_linearly, 0, 2);
    tcase_add_test(memory, nothing_is_allocated_later);
    suite_add_tcase(suite, memory);
    return suite;
}
