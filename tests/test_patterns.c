/* How many entries the pattern of an operation's Jacobian has: no more than there have to be. That it has all of those that are not
 * 0 is seen for every operation in test_sparse.c. */
#include "suites.h"
#include "support.h"

#include "base/random.h"

enum { MOST = 64 };

/* Random numbers, with a 1 on the diagonals: matrices have inverses. */
static tad_var tensor(tad_tape *tape, int rank, const int64_t dims[])
{
    double  numbers[MOST];
    int64_t count = 1, n = rank ? dims[rank - 1] : 1;
    for (int i = 0; i < rank; i++)
        count *= dims[i];
    ck_assert_int_le((int)count, MOST);
    for (int64_t i = 0; i < count; i++)
        numbers[i] = i % (n * n) % (n + 1) == 0 ? 1 : 0.1 * tad__random_uniform(1, (uint64_t)i, -1, 1);
    return tad_tensor(tape, TAD_F64, rank, dims, numbers);
}
#define T(...) tensor(tape, (int)COUNT(((const int64_t[]){__VA_ARGS__})), (const int64_t[]){__VA_ARGS__})
#define INDICES(...)                                                                                                   \
    tad_tensor_constant(tape, TAD_I64, 1, (const int64_t[]){COUNT(((const int64_t[]){__VA_ARGS__}))},                  \
                        (const int64_t[]){__VA_ARGS__})

static tad_var normalised(tad_tape *tape, tad_var x)
{
    tad_var    y;
    tad_status status = tad_batch_norm(x, NULL, &y, NULL, NULL);
    ck_assert_msg(status == TAD_OK, "%s", tad_tape_message(tape));
    return y;
}

static tad_var new_state(tad_tape *tape, tad_var x)
{
    const tad_var none = {0};
    tad_var       h, c;
    tad_status    status = tad_lstm_cell(x, T(2, 3), T(2, 3), T(12, 4), T(12, 3), none, none, &h, &c);
    ck_assert_msg(status == TAD_OK, "%s", tad_tape_message(tape));
    return h;
}

/* A function of x, of this shape; and how many numbers of x each element of the result depends on. */
#define CASES(CASE)                                                                                                    \
    CASE(3, tad_softmax(x, 1), 2, 3, 4)                                                                                \
    CASE(4, tad_log_softmax(x, -1), 2, 3, 4)                                                                           \
    CASE(4, tad_layer_norm(x, 1, NULL), 3, 4)                                                                          \
    CASE(6, tad_rms_norm(x, 2, NULL), 2, 3, 2)                                                                         \
    CASE(1, tad_layer_norm(T(3, 4), 1, &(tad_norm_options){.gamma = x}), 4)                                            \
    CASE(6, normalised(tape, x), 3, 4, 2)                                                                              \
    CASE(3, tad_cumsum(x, 0), 3, 4)                                                                                    \
    CASE(4, tad_cumprod(x, 1), 3, 4)                                                                                   \
    CASE(3, tad_variance_axes(x, 1, (const int[]){0}, 0, false), 3, 4)                                                 \
    CASE(9, tad_cholesky(x), 2, 3, 3)                                                                                  \
    CASE(9, tad_inverse(x), 2, 1, 3, 3)                                                                                \
    CASE(9, tad_det(x), 2, 3, 3)                                                                                       \
    CASE(9, tad_adjugate(x), 2, 3, 3)                                                                                  \
    CASE(3, tad_solve(T(2, 3, 3), x), 2, 3, 2)                                                                         \
    CASE(3, tad_solve(T(2, 3, 3), x), 3, 2)                                                                            \
    CASE(9, tad_solve(x, T(2, 3, 2)), 3, 3)                                                                            \
    CASE(3, tad_solve_triangular(T(3, 3), x, NULL), 2, 3, 2)                                                           \
    CASE(9, tad_conv2d(x, T(4, 1, 3, 3), (tad_var){0}, &(tad_conv_options){.groups = 2}), 2, 2, 4, 4)                  \
    CASE(8, tad_conv2d(x, T(1, 2, 2, 2), (tad_var){0}, &(tad_conv_options){.stride = {2, 1}}), 1, 2, 4, 4)             \
    CASE(16, tad_conv2d(x, T(4, 1, 3, 3), (tad_var){0}, &(tad_conv_options){.groups = 2, .padding = {1, 1}}), 2, 2, 4, \
         4)                                                                                                            \
    CASE(8, tad_conv2d(T(2, 2, 4, 4), x, (tad_var){0}, NULL), 3, 2, 2, 2)                                              \
    CASE(1, tad_conv2d(T(1, 2, 4, 4), T(3, 2, 2, 2), x, NULL), 3)                                                      \
    CASE(2, tad_conv_transpose2d(x, T(2, 1, 2, 2), (tad_var){0}, &(tad_conv_options){.stride = {2, 2}}), 1, 2, 3, 3)   \
    CASE(4, tad_avg_pool2d(x, &(tad_pool_options){.kernel = {2, 2}}), 2, 4, 4)                                         \
    CASE(6, tad_max_pool2d(x, &(tad_pool_options){.kernel = {2, 3}, .stride = {1, 1}}), 2, 4, 4)                       \
    CASE(2, tad_avg_pool1d(x, &(tad_pool_options){.kernel = {2}}), 2, 6)                                               \
    CASE(16, tad_adaptive_avg_pool2d(x, 2, 2), 2, 4, 4)                                                                \
    CASE(2, tad_attention(x, T(2, 4, 2), T(2, 4, 3), NULL), 2, 3, 2)                                                   \
    CASE(8, tad_attention(T(2, 3, 2), x, T(2, 4, 3), NULL), 2, 4, 2)                                                   \
    CASE(12, tad_attention(T(2, 3, 2), T(2, 4, 2), x, NULL), 2, 4, 3)                                                  \
    CASE(4, new_state(tape, x), 2, 4)                                                                                  \
    CASE(1, tad_scatter_add(x, 0, INDICES(1, 1, 4), T(3)), 5)                                                          \
    CASE(3, tad_scatter_add(T(5), 0, INDICES(1, 1, 4), x), 3)                                                          \
    CASE(3, tad_cross_entropy(x, INDICES(0, 2, 1, 1), &(tad_cross_entropy_options){.reduction = TAD_NONE}), 4, 3)      \
    CASE(1, tad_dropout(x, 0.5, 1), 7)

#define CASE(each, call, ...) {each, #call},
static const struct {
    size_t      each;
    const char *text;
} cases[] = {CASES(CASE)};
#undef CASE

#define CASE(each, call, ...)                                                                                          \
    if (which-- == 0) {                                                                                                \
        tad_var x = *leaf = T(__VA_ARGS__);                                                                            \
        return call;                                                                                                   \
    }
static tad_var apply(int which, tad_tape *tape, tad_var *leaf)
{
    CASES(CASE)
    return (tad_var){0};
}
#undef CASE

START_TEST(entries)
{
    tad_tape  *tape = tad_tape_new();
    tad_var    x, y = apply(_i, tape, &x);
    tad_sparse s = {0};
    tad_status status = tad_sparse_jacobian_pattern(1, &y, 1, &x, &s);
    ck_assert_msg(status == TAD_OK, "%s: %s", cases[_i].text, tad_tape_message(tape));
    ck_assert_msg(s.nnz == cases[_i].each * s.rows, "%s: %zu entries in %zu rows; expected %zu in each", cases[_i].text,
                  s.nnz, s.rows, cases[_i].each);
    tad_sparse_free(&s);
    tad_tape_free(tape);
}
END_TEST

Suite *patterns_suite(void)
{
    Suite *suite = suite_create("patterns");
    TCase *tests = tcase_create("entries");
    tcase_add_loop_test(tests, entries, 0, (int)COUNT(cases));
    suite_add_tcase(suite, tests);
    return suite;
}
