/* Sparse Jacobians and Hessians: patterns, colourings, values. */
#include "samples.h"
#include "suites.h"
#include "support.h"

#include "base/random.h"
#include "diff/sets.h"
#include "tape/tape.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double number(size_t i)
{
    return sin((double)i + 1) * 1.25;
}

static uint64_t below(uint64_t seed, uint64_t i, uint64_t n)
{
    return tad__random_bits(seed, i) % n;
}

/* ---- comparing ---- */

/* A well-formed matrix. */
static void expect_form(const tad_sparse *s, size_t rows, size_t columns)
{
    ck_assert_uint_eq(s->rows, rows);
    ck_assert_uint_eq(s->columns, columns);
    ck_assert_uint_eq(s->row_start[0], 0);
    ck_assert_uint_eq(s->row_start[rows], s->nnz);
    for (size_t i = 0; i < rows; i++)
        for (size_t k = s->row_start[i]; k < s->row_start[i + 1]; k++)
            ck_assert(s->column[k] < columns && (k == s->row_start[i] || s->column[k] > s->column[k - 1]));
}

/* The entries of `dense`, which has no others than 0. */
static void expect_dense(const char *what, const tad_sparse *s, const double dense[], double tolerance)
{
    for (size_t i = 0; i < s->rows; i++) {
        size_t k = s->row_start[i];
        for (size_t j = 0; j < s->columns; j++) {
            bool   has = k < s->row_start[i + 1] && s->column[k] == j;
            double found = has ? s->value[k++] : 0, expected = dense[i * s->columns + j];
            ck_assert_msg(fabs(found - expected) <= tolerance * fmax(1, fabs(expected)) ||
                              (!(found <= 0) && !(found > 0) && isnan(expected)),
                          "%s: entry %zu, %zu (%s) is %.17g; expected %.17g", what, i, j, has ? "there" : "not there",
                          found, expected);
        }
    }
}

/* "x..\nxx." */
static void expect_pattern(const tad_sparse *s, const char *picture)
{
    char   drawn[1000];
    size_t n = 0;
    for (size_t i = 0; i < s->rows; i++) {
        size_t k = s->row_start[i];
        for (size_t j = 0; j < s->columns; j++) {
            bool has = k < s->row_start[i + 1] && s->column[k] == j;
            drawn[n++] = has ? 'x' : '.';
            k += has;
        }
        drawn[n++] = ' ';
    }
    drawn[n - 1] = '\0';
    ck_assert_str_eq(drawn, picture);
}

/* ---- Rosenbrock's function ---- */

enum { N = 1000 };

/* sum of 100 (x[i + 1] - x[i]^2)^2 + (1 - x[i])^2 */
static tad_var rosenbrock_of_scalars(tad_tape *tape, const double x0[], tad_var x[])
{
    tad_var y = tad_constant(tape, 0), one = tad_constant(tape, 1), hundred = tad_constant(tape, 100);
    for (size_t i = 0; i < N; i++)
        x[i] = tad_scalar(tape, x0[i]);
    for (size_t i = 0; i + 1 < N; i++) {
        tad_var a = tad_square(tad_sub(x[i + 1], tad_square(x[i]))), b = tad_square(tad_sub(one, x[i]));
        y = tad_add(y, tad_add(tad_mul(hundred, a), b));
    }
    return y;
}

static tad_var rosenbrock_of_a_tensor(tad_var x)
{
    tad_var one = tad_constant(x.tape, 1), hundred = tad_constant(x.tape, 100);
    tad_var here = tad_slice(x, 0, 0, -1), next = tad_slice(x, 0, 1, TAD_END);
    tad_var a = tad_square(tad_sub(next, tad_square(here))), b = tad_square(tad_sub(one, here));
    return tad_sum(tad_add(tad_mul(hundred, a), b));
}

static void expect_rosenbrock(const tad_sparse *H, const double x[])
{
    expect_form(H, N, N);
    ck_assert_uint_eq(H->nnz, 3 * N - 2);
    ck_assert_uint_eq(H->products, 3);
    for (size_t i = 0; i < N; i++)
        for (size_t k = H->row_start[i]; k < H->row_start[i + 1]; k++) {
            size_t j = H->column[k];
            double diagonal = (i + 1 < N ? 1200 * x[i] * x[i] - 400 * x[i + 1] + 2 : 0) + (i > 0 ? 200 : 0);
            double expected = i == j ? diagonal : -400 * x[i < j ? i : j];
            double magnitude = 202 + 1200 * x[i] * x[i] + 400 * fabs(x[i + 1 < N ? i + 1 : i]); /* of its terms */
            ck_assert(i == j || i + 1 == j || j + 1 == i);
            ck_assert_double_le(fabs(H->value[k] - expected), 4 * DBL_EPSILON * magnitude);
        }
}

START_TEST(rosenbrock)
{
    static double  x0[N];
    static tad_var each[N];
    tad_tape      *tape = tad_tape_new();
    tad_sparse     scalars = {0}, tensor = {0};
    for (int round = 0; round < 2; round++) { /* the second uses the pattern again, for other values */
        tad_tape_rewind(tape, 0);
        for (size_t i = 0; i < N; i++)
            x0[i] = number(i + 7 * (size_t)round);
        tad_var y = rosenbrock_of_scalars(tape, x0, each), x = vector(tape, N, x0);
        expect_ok(tad_sparse_hessian(y, N, each, &scalars));
        expect_ok(tad_sparse_hessian(rosenbrock_of_a_tensor(x), 1, &x, &tensor));
        expect_rosenbrock(&scalars, x0);
        expect_rosenbrock(&tensor, x0);
    }
    expect_no_error(tape);
    tad_tape_free(tape);
    ck_assert_double_ne(scalars.value[0], 0); /* it outlives the tape */
    tad_sparse_free(&scalars);
    tad_sparse_free(&tensor);
}
END_TEST

/* ---- systems ---- */

/* Row i: x[i - 2], ..., x[i + 1]. */
START_TEST(banded)
{
    enum { SIZE = 60 };
    static double J[SIZE * SIZE];
    tad_tape     *tape = tad_tape_new();
    tad_var       x[SIZE], y[SIZE];
    tad_sparse    sparse = {0};
    for (size_t i = 0; i < SIZE; i++)
        x[i] = tad_scalar(tape, number(i));
    for (size_t i = 0; i < SIZE; i++) {
        y[i] = tad_sin(x[i]);
        for (size_t j = i < 2 ? 0 : i - 2; j < SIZE && j <= i + 1; j++)
            y[i] = tad_mul(y[i], tad_add(x[j], x[i]));
    }
    expect_ok(tad_sparse_jacobian(SIZE, y, SIZE, x, &sparse));
    expect_form(&sparse, SIZE, SIZE);
    ck_assert_uint_eq(sparse.nnz, 4 * SIZE - 4);
    ck_assert_uint_eq(sparse.products, 4);
    expect_ok(tad_read_jacobian(SIZE, y, SIZE, x, J, sizeof J));
    expect_dense("banded", &sparse, J, 1e-14);
    tad_sparse_free(&sparse);
    tad_tape_free(tape);
}
END_TEST

/* A dense row, a dense column, or both, beside the diagonal; by scalars (0) or one tensor (1). */
static tad_var arrow(tad_var x, bool row, bool column)
{
    int64_t n = tad_dim(x, 0);
    tad_var first = tad_slice(x, 0, 0, 1), y = tad_square(x);
    if (column)
        y = tad_mul(y, tad_exp(first));
    if (row)
        y = tad_add(y, tad_pad(tad_reshape(tad_sum(tad_sin(x)), 1, (const int64_t[]){1}), 0, 0, n - 1));
    return y;
}

START_TEST(arrows)
{
    enum { SIZE = 200 };
    static double       x0[SIZE], J[SIZE * SIZE];
    static const size_t products[] = {1, 2, 2, 3};
    for (size_t i = 0; i < SIZE; i++)
        x0[i] = number(i);
    for (unsigned kind = 0; kind < 4; kind++) {
        tad_tape  *tape = tad_tape_new();
        tad_sparse sparse = {0};
        tad_var    x = vector(tape, SIZE, x0), y = arrow(x, kind & 1, kind & 2);
        expect_ok(tad_sparse_jacobian(1, &y, 1, &x, &sparse));
        expect_form(&sparse, SIZE, SIZE);
        ck_assert_uint_eq(sparse.nnz, SIZE + (kind & 1 ? SIZE - 1 : 0) + (kind & 2 ? SIZE - 1 : 0));
        ck_assert_uint_eq(sparse.products, products[kind]);
        expect_ok(tad_read_jacobian(1, &y, 1, &x, J, sizeof J));
        expect_dense("arrow", &sparse, J, 1e-14);
        tad_sparse_free(&sparse);
        tad_tape_free(tape);
    }
}
END_TEST

START_TEST(arrow_hessian)
{
    enum { SIZE = 200 };
    static double x0[SIZE], H[SIZE * SIZE];
    for (size_t i = 0; i < SIZE; i++)
        x0[i] = number(i);
    for (int last = 0; last < 2; last++) {
        tad_tape  *tape = tad_tape_new();
        tad_sparse sparse = {0};
        tad_var    x = vector(tape, SIZE, x0), hub = tad_slice(x, 0, last ? SIZE - 1 : 0, last ? SIZE : 1);
        tad_var    y = tad_sum(tad_mul(tad_square(x), tad_exp(hub)));
        expect_ok(tad_sparse_hessian(y, 1, &x, &sparse));
        ck_assert_uint_eq(sparse.nnz, 3 * SIZE - 2);
        ck_assert_uint_eq(sparse.products, 2);
        expect_ok(tad_read_hessian(y, 1, &x, H, sizeof H));
        expect_dense("arrow", &sparse, H, 1e-13);
        tad_sparse_free(&sparse);
        tad_tape_free(tape);
    }
}
END_TEST

/* ---- patterns ---- */

/* Elements that meet numbers, scalars that do not matter, and choices. */
START_TEST(pictures)
{
    tad_tape     *tape = tad_tape_new();
    const double  numbers[] = {0.5, -0.25, 1.5, 0.75, -1, 2};
    tad_var       x = matrix(tape, 2, 3, numbers), flat = tad_reshape(x, 1, (const int64_t[]){6});
    tad_var       a = tad_slice(flat, 0, 0, 2), b = tad_slice(flat, 0, 2, 4), c = tad_slice(flat, 0, 4, 6);
    tad_var       column = tad_reshape(a, 2, (const int64_t[]){2, 1});
    tad_var       square = tad_reshape(tad_slice(flat, 0, 0, 4), 2, (const int64_t[]){2, 2});
    const int64_t wide[] = {2, 2}, two[] = {2};
    const struct {
        tad_var     y;
        const char *picture;
    } cases[] = {
        {flat, "x..... .x.... ..x... ...x.. ....x. .....x"},
        {tad_transpose(x), "x..... ...x.. .x.... ....x. ..x... .....x"},
        {tad_reshape(tad_transpose(x), 1, (const int64_t[]){6}), "x..... ...x.. .x.... ....x. ..x... .....x"},
        {tad_mul(a, b), "x.x... .x.x.."},
        {tad_mul(a, tad_slice(b, 0, 1, 2)), "x..x.. .x.x.."},
        {tad_add(column, b), "x.x... x..x.. .xx... .x.x.."},
        {tad_greater(a, b), "...... ......"},
        {tad_mul(tad_greater(a, b), c), "....x. .....x"},
        {tad_where(a, b, c), "..x.x. ...x.x"},
        {tad_where(a, tad_constant(tape, 1), c), "....x. .....x"},
        {tad_mul(tad_stop_gradient(a), b), "..x... ...x.."},
        {tad_sum(x), "xxxxxx"},
        {tad_sum_axes(x, 1, (const int[]){0}, false), "x..x.. .x..x. ..x..x"},
        {tad_mean_axes(x, 1, (const int[]){1}, true), "xxx... ...xxx"},
        {tad_sum_to(square, 1, two), "x.x... .x.x.."},
        {tad_broadcast_to(a, 2, wide), "x..... .x.... x..... .x...."},
        {tad_pad(a, 0, 1, 2), "...... x..... .x.... ...... ......"},
        {tad_cast(tad_cast(a, TAD_F32), TAD_F64), "x..... .x...."},
        {tad_cast(tad_cast(a, TAD_I64), TAD_F64), "...... ......"},
        {tad_matmul(square, b), "xxxx.. ..xx.."},
        {tad_matmul(a, square), "xxx... xx.x.."},
        {tad_matmul(tad_reshape(a, 2, (const int64_t[]){2, 1}), tad_reshape(b, 2, (const int64_t[]){1, 2})),
         "x.x... x..x.. .xx... .x.x.."},
        {tad_matmul(tad_broadcast_to(square, 3, (const int64_t[]){2, 2, 2}),
                    tad_reshape(c, 2, (const int64_t[]){2, 1})),
         "xx..xx ..xxxx xx..xx ..xxxx"},
        {tad_matmul(tad_reshape(square, 8, (const int64_t[]){1, 1, 1, 1, 1, 1, 2, 2}), /* too many axes to say */
                    tad_reshape(c, 8, (const int64_t[]){1, 1, 1, 1, 1, 1, 2, 1})),
         "xxxxxx xxxxxx"},
        {tad_constant(tape, 1), "......"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        tad_sparse s = {0};
        expect_ok(tad_sparse_jacobian_pattern(1, &cases[i].y, 1, &x, &s));
        expect_pattern(&s, cases[i].picture);
        for (size_t k = 0; k < s.nnz; k++)
            ck_assert_double_eq(s.value[k], 0);
        tad_sparse_free(&s);
    }
    expect_no_error(tape);
    tad_tape_free(tape);
}
END_TEST

static bool depends_on_itself(const tad_call *call, int k, tad_array *out, tad_array *in)
{
    (void)call, (void)k, (void)out, (void)in;
    return true;
}

static bool cannot_say(const tad_call *call, int k, tad_array *out, tad_array *in)
{
    (void)call, (void)k, (void)out, (void)in;
    return false;
}

START_TEST(operations_of_ones_own)
{
    const tad_op said = {.name = "said",
                         .arity = 1,
                         .shape = op_same_shape,
                         .forward = op_cube,
                         .vjp = op_cube_vjp,
                         .depends = depends_on_itself};
    tad_op       silent = said, unsure = said, text = said;
    silent.depends = NULL;
    unsure.depends = cannot_say;
    text.depends = NULL;
    text.vjp = NULL;
    text.partial[0] = "3 * x * x";
    const struct {
        const tad_op *op;
        const char   *picture;
        size_t        products;
    } cases[] = {
        {&said, "x.. .x. ..x", 1}, {&silent, "xxx xxx xxx", 3}, {&unsure, "xxx xxx xxx", 3}, {&text, "x.. .x. ..x", 1}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        tad_tape  *tape = tad_tape_new();
        tad_var    x = vector(tape, 3, (const double[]){1, 2, 3}), y = apply_one(cases[i].op, x);
        tad_sparse s = {0};
        expect_ok(tad_sparse_jacobian(1, &y, 1, &x, &s));
        expect_pattern(&s, cases[i].picture);
        ck_assert_uint_eq(s.products, cases[i].products);
        expect_dense(cases[i].picture, &s, (const double[]){3, 0, 0, 0, 12, 0, 0, 0, 27}, 0);
        tad_sparse_free(&s);
        tad_tape_free(tape);
    }
}
END_TEST

/* Elements that move, by indices: what holds numbers holds sets as well. */
static tad_status shape_of_take(const tad_call *call)
{
    call->out->rank = 1;
    call->out->dims[0] = call->in[1].dims[0];
    return TAD_OK;
}

static void take(const tad_call *call)
{
    const int64_t *at = call->in[1].data;
    for (int64_t i = 0; i < call->out->dims[0]; i++)
        memcpy((char *)call->out->data + 8 * i, (char *)call->in[0].data + 8 * at[i] * call->in[0].strides[0], 8);
}

/* Not what any_dtype promises. */
static void take_numbers(const tad_call *call)
{
    take(call);
    for (int64_t i = 0; i < call->out->dims[0] && call->out->dtype == TAD_I64; i++)
        ((int64_t *)call->out->data)[i] = i % 2 ? -1 : INT64_MAX;
}

static void take_floats(const tad_call *call)
{
    if (call->in[0].dtype == TAD_I64)
        tad_refuse(call, TAD_EDTYPE, "floats only");
    else
        take(call);
}

static void no_vjp(const tad_rule *rule)
{
    (void)rule;
}

START_TEST(moving)
{
    const tad_op good = {.name = "take",
                         .arity = 2,
                         .indices = 2,
                         .any_dtype = true,
                         .shape = shape_of_take,
                         .forward = take,
                         .vjp = no_vjp};
    tad_op       kinked = good, numbers = good, floats = good;
    kinked.kink = "ties";
    numbers.forward = take_numbers;
    floats.forward = take_floats;
    tad_tape     *tape = tad_tape_new();
    tad_var       x = vector(tape, 3, (const double[]){1, 2, 3});
    tad_var       at = tad_tensor_constant(tape, TAD_I64, 1, (const int64_t[]){4}, (const int64_t[]){2, 0, 2, 1});
    const tad_var operands[] = {tad_square(x), at};
    const struct {
        const tad_op *op;
        const char   *picture;
    } cases[] = {{&good, "..x x.. ..x .x."}, {&kinked, "xxx xxx xxx xxx"}, {&numbers, "xxx xxx xxx xxx"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        tad_sparse s = {0};
        tad_var    y = tad_apply(cases[i].op, (tad_args){.n = 2, .x = operands});
        expect_ok(tad_sparse_jacobian_pattern(1, &y, 1, &x, &s));
        expect_pattern(&s, cases[i].picture);
        tad_sparse_free(&s);
    }
    tad_sparse s = {0};
    tad_var    y = tad_apply(&floats, (tad_args){.n = 2, .x = operands});
    ck_assert_int_eq(tad_sparse_jacobian_pattern(1, &y, 1, &x, &s), TAD_EDTYPE);
    expect_error(tape, TAD_EDTYPE, "take(i64 [3], i64 [4]): floats only");
    tad_tape_free(tape);
}
END_TEST

/* x made of another, named twice, and not needed; y named twice, and not depending. */
START_TEST(lists)
{
    tad_tape *tape = tad_tape_new();
    tad_var   unused = tad_scalar(tape, 5), a = tad_scalar(tape, 2), b = vector(tape, 2, (const double[]){3, 4});
    tad_var   c = tad_mul(a, b), d = tad_scalar(tape, 1), u = tad_mul(c, tad_slice(b, 0, 0, 1)),
            late = tad_scalar(tape, 3);
    const tad_var x[] = {a, c, unused, b, a, late}, y[] = {u, d, u, a};
    tad_sparse    s = {0};
    double        J[6 * 8];
    expect_ok(tad_sparse_jacobian(COUNT(y), y, COUNT(x), x, &s));
    expect_pattern(&s, "xx..x.x. x.x.xxx. ........ xx..x.x. x.x.xxx. x.....x.");
    expect_ok(tad_read_jacobian(COUNT(y), y, COUNT(x), x, J, sizeof J));
    expect_dense("lists", &s, J, 0);
    tad_sparse_free(&s);
    expect_no_error(tape);
    tad_tape_free(tape);
}
END_TEST

START_TEST(nothing)
{
    tad_tape  *tape = tad_tape_new();
    tad_var    none = vector(tape, 0, NULL), x = vector(tape, 2, (const double[]){1, 2}), y = tad_constant(tape, 1);
    tad_sparse s = {0};
    expect_ok(tad_sparse_jacobian(1, &none, 1, &x, &s));
    ck_assert(s.rows == 0 && s.columns == 2 && s.nnz == 0 && s.products == 0);
    expect_ok(tad_sparse_jacobian_pattern(1, &x, 1, &none, &s)); /* frees what was there */
    ck_assert(s.rows == 2 && s.columns == 0 && s.nnz == 0 && s.products == 0);
    expect_ok(tad_sparse_jacobian(1, &x, 1, &none, &s));
    tad_sparse_free(&s);
    expect_ok(tad_sparse_hessian(y, 1, &x, &s));
    ck_assert(s.rows == 2 && s.columns == 2 && s.nnz == 0 && s.products == 0);
    tad_sparse_free(&s);
    expect_ok(tad_sparse_hessian(tad_sum(x), 1, &x, &s)); /* linear */
    ck_assert_uint_eq(s.nnz, 0);
    tad_sparse_free(&s);
    expect_ok(tad_sparse_jacobian(0, NULL, 1, &x, &s));
    tad_sparse_free(&s);
    ck_assert(s.plan == NULL && s.nnz == 0);
    tad_sparse_free(&s);
    tad_sparse_free(NULL);
    expect_no_error(tape);
    tad_tape_free(tape);
}
END_TEST

/* ---- random functions ---- */

enum { VARIABLES = 45, RANDOM = SANITIZED ? 30 : 300 };

/* Sums of products of few variables, some rows and columns dense. */
static tad_var random_function(uint64_t seed, uint64_t row, const tad_var x[])
{
    bool     is_dense = below(seed, row, 12) == 0;
    uint64_t terms = is_dense ? VARIABLES : below(seed + 1, row, 4);
    tad_var  y = tad_constant(x[0].tape, 1);
    for (uint64_t i = 0; i < terms; i++) {
        uint64_t a = is_dense ? i : below(seed + 2, row * 64 + i, VARIABLES),
                 b = below(seed + 3, row * 64 + i, VARIABLES);
        if (seed % 2)
            b = a + 1 < VARIABLES ? a + 1 : a; /* narrow */
        else if (below(seed, row * 64 + i, 4) == 0)
            b = 0; /* a dense column */
        y = tad_add(y, tad_mul(tad_sin(x[a]), tad_add(x[b], x[a])));
    }
    return y;
}

START_TEST(random_functions)
{
    static double J[VARIABLES * VARIABLES];
    for (uint64_t seed = 0; seed < RANDOM; seed++) {
        tad_tape  *tape = tad_tape_new();
        tad_var    x[VARIABLES], y[VARIABLES], sum = tad_constant(tape, 0);
        tad_sparse jacobian = {0}, hessian = {0};
        char       what[32];
        snprintf(what, sizeof what, "seed %d", (int)seed);
        for (size_t i = 0; i < VARIABLES; i++)
            x[i] = tad_scalar(tape, number(i + (size_t)seed));
        for (size_t i = 0; i < VARIABLES; i++) {
            y[i] = random_function(seed, i, x);
            sum = tad_add(sum, y[i]);
        }
        size_t m = 1 + below(seed, 99, VARIABLES);
        expect_ok(tad_sparse_jacobian(m, y, VARIABLES, x, &jacobian));
        expect_form(&jacobian, m, VARIABLES);
        expect_ok(tad_read_jacobian(m, y, VARIABLES, x, J, sizeof J));
        expect_dense(what, &jacobian, J, 1e-13);
        expect_ok(tad_sparse_hessian(sum, VARIABLES, x, &hessian));
        expect_form(&hessian, VARIABLES, VARIABLES);
        expect_ok(tad_read_hessian(sum, VARIABLES, x, J, sizeof J));
        expect_dense(what, &hessian, J, 1e-13);
        ck_assert_uint_le(jacobian.products, m);
        ck_assert_uint_le(hessian.products, VARIABLES);
        tad_sparse_free(&jacobian);
        tad_sparse_free(&hessian);
        expect_no_error(tape);
        tad_tape_free(tape);
    }
}
END_TEST

/* ---- every operation: is the pattern as large as it has to be? ---- */

static void check_sample(const sample *s, void *user)
{
    static double J[SAMPLE_ELEMENTS * SAMPLE_ELEMENTS];
    tad_tape     *tape = user;
    tad_var       leaves[SAMPLE_OPERANDS], x[SAMPLE_OPERANDS];
    size_t        n = 0;
    tad_sparse    sparse = {0};
    if (s->large)
        return;
    tad_tape_rewind(tape, 0);
    sample_leaves(s, tape, TAD_F64, leaves);
    for (int k = 0; k < s->n; k++)
        if (s->wanted & 1u << k)
            x[n++] = leaves[k];
    tad_var y = sample_record((void *)(uintptr_t)s, (size_t)s->n, leaves);
    expect_ok(tad_read_jacobian(1, &y, n, x, J, sizeof J));
    tad_status status = tad_sparse_jacobian(1, &y, n, x, &sparse);
    ck_assert_msg(status == TAD_OK, "%s: %s", sample_text(s), tad_tape_message(tape));
    expect_dense(sample_text(s), &sparse, J, 1e-12);
    tad_sparse_free(&sparse);
}

START_TEST(every_operation)
{
    tad_tape     *tape = tad_tape_new();
    const tad_op *op = tad_op_at((size_t)_i);
    if (sample_chosen(op) && !op->constant)
        ck_assert_uint_gt(sample_each(op, check_sample, tape), 0);
    tad_tape_free(tape);
}
END_TEST

/* ---- using a pattern again ---- */

START_TEST(steady)
{
    heap       h = {0};
    tad_tape  *tape = heap_tape(&h);
    tad_sparse J = {0}, H = {0};
    size_t     calls = 0;
    for (int step = 0; step < 10; step++) {
        double x0[50];
        for (size_t i = 0; i < COUNT(x0); i++)
            x0[i] = number(i + (size_t)step);
        tad_tape_rewind(tape, 0);
        tad_var x = vector(tape, COUNT(x0), x0), y = arrow(x, true, true);
        expect_ok(tad_sparse_jacobian(1, &y, 1, &x, &J));
        expect_ok(tad_sparse_hessian(tad_sum(tad_square(tad_slice(y, 0, 1, 50))), 1, &x, &H));
        ck_assert_uint_eq(tad_tape_mark(tape) > 0, true);
        if (step == 1)
            calls = h.calls;
    }
    ck_assert_uint_eq(h.calls, calls);
    tad_sparse_free(&J);
    tad_sparse_free(&H);
    tad_tape_free(tape);
    ck_assert_uint_eq(h.blocks, 0);
}
END_TEST

/* 100,000 variables, a tridiagonal Hessian: hours, were anything quadratic. */
START_TEST(large)
{
    enum { LARGE = SANITIZED ? 10000 : 100000 };
    double *x0 = malloc(LARGE * sizeof *x0);
    for (size_t i = 0; i < LARGE; i++)
        x0[i] = number(i);
    tad_tape  *tape = tad_tape_new();
    tad_sparse H = {0};
    tad_var    x = vector(tape, LARGE, x0);
    expect_ok(tad_sparse_hessian(rosenbrock_of_a_tensor(x), 1, &x, &H));
    ck_assert_uint_eq(H.nnz, 3 * LARGE - 2);
    ck_assert_uint_eq(H.products, 3);
    tad_sparse_free(&H);
    tad_tape_free(tape);
    free(x0);
}
END_TEST

/* Memory in such small pieces that every request is one to the allocator, each of which fails in turn. */
static tad_status compute_all(tad_tape *tape, double out[4])
{
    enum { SIZE = 700 };
    double     x0[SIZE];
    tad_sparse J = {0}, H = {0};
    for (size_t i = 0; i < SIZE; i++)
        x0[i] = number(i);
    tad_var    x = vector(tape, SIZE, x0), y = arrow(x, true, true), w = tad_reshape(x, 2, (const int64_t[]){350, 2});
    tad_var    z = tad_matmul(tad_slice(w, 0, 0, 20), tad_reshape(tad_slice(x, 0, 0, 4), 2, (const int64_t[]){2, 2}));
    tad_status status = tad_sparse_jacobian(1, &y, 1, &x, &J);
    if (status == TAD_OK)
        status = tad_sparse_hessian(rosenbrock_of_a_tensor(x), 1, &x, &H);
    if (status == TAD_OK) {
        out[0] = J.value[J.nnz - 1];
        out[1] = H.value[H.nnz - 1];
        status = tad_sparse_jacobian_pattern(1, &z, 1, &x, &J);
    }
    out[2] = (double)J.nnz;
    tad_sparse_free(&J);
    tad_sparse_free(&H);
    tad_var few = vector(tape, 2, x0),
            tall = tad_mul(tad_reshape(tad_slice(x, 0, 0, 100), 2, (const int64_t[]){100, 1}), few);
    double numbers[400];
    if (status == TAD_OK)
        status = tad_read_jacobian(1, &tall, 1, &few, numbers, sizeof numbers);
    out[3] = numbers[0];
    return status;
}

START_TEST(every_request_fails)
{
    double expected[4], found[4];
    size_t n = 1;
    for (bool failed = true; failed; n++) {
        heap      h = {.limit = 120000};
        tad_tape *tape = heap_tape(&h);
        while (tad__arena_take(&tape->scratch, 512) && h.calls < 3)
            continue; /* the first block is used up */
        if (n == 1)
            expect_ok(compute_all(tape, expected));
        else
            h = (heap){.limit = h.limit, .blocks = h.blocks, .bytes = h.bytes, .fail_at = n - 1, .for_ever = true};
        if (n > 1) {
            tad_status status = compute_all(tape, found);
            failed = h.calls >= h.fail_at;
            ck_assert_msg(failed == (status != TAD_OK), "request %zu: %s", n, tad_tape_message(tape));
            if (failed)
                expect_error(tape, TAD_ENOMEM, "out of memory with ");
            h.fail_at = 0;
            expect_ok(compute_all(tape, found));
            ck_assert_mem_eq(found, expected, sizeof found);
        }
        tad_tape_free(tape);
        ck_assert_uint_eq(h.blocks, 0);
    }
    ck_assert_uint_gt(n, 60);
}
END_TEST

START_TEST(errors)
{
    tad_tape  *tape = tad_tape_new();
    tad_var    x = vector(tape, 3, (const double[]){1, 2, 3}), y = tad_square(x), c = tad_constant(tape, 1);
    tad_var    mixed = tad_mul(y, tad_slice(x, 0, 1, 2)), fewer = tad_slice(y, 0, 0, 2);
    tad_var    ends = tad_pad(tad_slice(y, 0, 0, 1), 0, 0, 2);
    tad_sparse J = {0}, H = {0};
    expect_ok(tad_sparse_jacobian(1, &ends, 1, &x, &J));
    expect_ok(tad_sparse_hessian(tad_sum(mixed), 1, &x, &H));
    ck_assert_int_eq(tad_sparse_jacobian(1, &mixed, 1, &x, &J), TAD_EARG);
    expect_error(tape, TAD_EARG, "tad_sparse_jacobian: product 0 has 1 in element 1, where the pattern has no");
    ck_assert_int_eq(tad_sparse_jacobian(1, &fewer, 1, &x, &J), TAD_ESHAPE);
    expect_error(tape, TAD_ESHAPE, "tad_sparse_jacobian: the pattern is 3 x 3; expected 2 x 3");
    ck_assert_int_eq(tad_sparse_jacobian(1, &y, 1, &x, &H), TAD_ESHAPE);
    expect_error(tape, TAD_ESHAPE, "tad_sparse_jacobian: the pattern is that of a Hessian");
    ck_assert_int_eq(tad_sparse_hessian(tad_sum(y), 1, &x, &J), TAD_ESHAPE);
    expect_error(tape, TAD_ESHAPE, "tad_sparse_hessian: the pattern is that of a Jacobian");
    ck_assert_int_eq(tad_sparse_hessian(y, 1, &x, &H), TAD_ESHAPE);
    expect_error(tape, TAD_ESHAPE, "tad_sparse_hessian: the value has 3 elements; expected one");
    expect_ok(tad_sparse_jacobian(1, &ends, 1, &x, &J)); /* the patterns are still good */
    expect_ok(tad_sparse_hessian(tad_sum(mixed), 1, &x, &H));
    ck_assert_int_eq(tad_sparse_jacobian_pattern(1, &y, 1, &c, &J), TAD_EARG);
    expect_error(tape, TAD_EARG, "tad_sparse_jacobian_pattern: x[0] does not depend on a differentiable leaf");
    ck_assert(J.plan == NULL && J.nnz == 0);
    ck_assert_int_eq(tad_sparse_hessian_pattern(y, 1, &x, &H), TAD_ESHAPE);
    expect_error(tape, TAD_ESHAPE, "tad_sparse_hessian_pattern: the value has 3 elements; expected one");
    ck_assert(H.plan == NULL && H.nnz == 0);
    ck_assert_int_eq(tad_sparse_jacobian(1, &y, 1, &x, NULL), TAD_EARG);
    expect_error(tape, TAD_EARG, "tad_sparse_jacobian: there is no place for the result (NULL)");
    ck_assert_int_eq(tad_sparse_jacobian_pattern(1, &y, 1, &x, NULL), TAD_EARG);
    expect_error(tape, TAD_EARG, "tad_sparse_jacobian_pattern: there is no place for the result (NULL)");
    ck_assert_int_eq(tad_sparse_hessian(c, 1, &x, NULL), TAD_EARG);
    expect_error(tape, TAD_EARG, "tad_sparse_hessian: there is no place for the result (NULL)");
    tad_tape_free(tape);
}
END_TEST

/* ---- sets ---- */

static void mark(void *user, size_t n, const uint32_t elements[])
{
    bool *marked = user;
    for (size_t i = 0; i < n; i++)
        marked[elements[i]] = true;
}

/* Random unions, against bits. */
START_TEST(sets)
{
    enum { ELEMENTS = 200, SETS = 2000 };
    static bool   expected[SETS][ELEMENTS], found[ELEMENTS];
    uint32_t      numbers[SETS];
    tad__sets     s;
    heap          h = {0};
    tad_allocator allocator = heap_allocator(&h);
    tad__sets_open(&s, &allocator);
    for (size_t i = 0; i < SETS; i++) {
        size_t a = below(1, i, i < 400 ? ELEMENTS : i), b = below(2, i, i < 400 ? ELEMENTS : i);
        bool   single = i < ELEMENTS;
        numbers[i] = single ? tad__sets_single(&s, (uint32_t)i) : tad__sets_union(&s, numbers[a], numbers[b]);
        for (size_t k = 0; k < ELEMENTS; k++)
            expected[i][k] = single ? k == i : expected[a][k] || expected[b][k];
    }
    for (size_t i = 0; i < SETS; i++) {
        memset(found, 0, sizeof found);
        tad__sets_visit(&s, numbers[i], mark, found);
        ck_assert_mem_eq(found, expected[i], sizeof found);
    }
    ck_assert(!s.out_of_memory);
    ck_assert_uint_eq(tad__sets_single(&s, 5), numbers[5]);
    ck_assert_uint_eq(tad__sets_union(&s, numbers[5], numbers[6]), tad__sets_union(&s, numbers[6], numbers[5]));
    ck_assert_uint_eq(tad__sets_union(&s, 0, numbers[5]), numbers[5]);
    ck_assert_uint_eq(tad__sets_union(&s, numbers[5], 0), numbers[5]);
    uint32_t big = numbers[SETS - 1], bigger = tad__sets_union(&s, big, numbers[3]);
    ck_assert_uint_eq(tad__sets_union(&s, bigger, numbers[3]), bigger);
    ck_assert_uint_eq(tad__sets_union(&s, big, bigger), bigger);
    s.round = UINT32_MAX; /* the rounds begin anew */
    memset(found, 0, sizeof found);
    tad__sets_visit(&s, numbers[SETS - 1], mark, found);
    ck_assert_mem_eq(found, expected[SETS - 1], sizeof found);
    tad__sets_close(&s);
    ck_assert_uint_eq(h.blocks, 0);
}
END_TEST

Suite *sparse_suite(void)
{
    Suite *suite = suite_create("sparse");
    TCase *tests = tcase_create("sparse");
    int    operations = 0;
    while (tad_op_at((size_t)operations))
        operations++;
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, rosenbrock);
    tcase_add_test(tests, banded);
    tcase_add_test(tests, arrows);
    tcase_add_test(tests, arrow_hessian);
    tcase_add_test(tests, pictures);
    tcase_add_test(tests, operations_of_ones_own);
    tcase_add_test(tests, moving);
    tcase_add_test(tests, lists);
    tcase_add_test(tests, nothing);
    tcase_add_test(tests, random_functions);
    tcase_add_loop_test(tests, every_operation, 0, operations);
    tcase_add_test(tests, steady);
    tcase_add_test(tests, large);
    tcase_add_test(tests, every_request_fails);
    tcase_add_test(tests, errors);
    tcase_add_test(tests, sets);
    suite_add_tcase(suite, tests);
    return suite;
}
