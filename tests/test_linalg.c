/* Linear algebra: values, special values, batches and views, derivatives at the edges, errors. Einsum and the backends have
 * suites of their own. */
#include "suites.h"
#include "support.h"

#include "base/random.h"

#include <math.h>
#include <string.h>

static tad_tape *tape;

static void set_up(void)
{
    tape = tad_tape_new();
}

static void tear_down(void)
{
    expect_no_error(tape);
    tad_tape_free(tape);
}

#define MATRIX(rows, columns, ...) matrix(tape, (rows), (columns), (const double[]){__VA_ARGS__})
#define VECTOR(n, ...) vector(tape, (n), (const double[]){__VA_ARGS__})
#define NAN_ ((double)NAN)
#define INF_ ((double)INFINITY)

static tad_var tensor(int rank, const int64_t dims[], const double data[])
{
    return tad_tensor(tape, TAD_F64, rank, dims, data);
}
#define TENSOR(dims, ...)                                                                                              \
    tensor((int)COUNT(((const int64_t[])dims)), (const int64_t[])dims, (const double[]){__VA_ARGS__})
#define DIMS(...)                                                                                                      \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }

/* Random numbers of -1 to 1. */
static tad_var random_tensor(uint64_t seed, int rank, const int64_t dims[])
{
    static double numbers[4096];
    return random_f64(tape, seed, 1, rank, dims, numbers);
}

static tad_var random_matrix(uint64_t seed, int64_t rows, int64_t columns)
{
    return random_tensor(seed, 2, (const int64_t[]){rows, columns});
}

/* n times the identity, plus x. */
static tad_var shifted(tad_var x, double by)
{
    int64_t n = tad_dim(x, -1);
    return tad_add(x, tad_diag(tad_broadcast_to(tad_constant(tape, by), 1, &n)));
}

static double largest(tad_var x)
{
    static double numbers[8192];
    double        most = 0;
    expect_ok(tad_read(x, numbers, sizeof numbers));
    for (int64_t i = 0; i < tad_count(x); i++)
        most = isnan(numbers[i]) || fabs(numbers[i]) > most ? fabs(numbers[i]) : most;
    return most;
}

static double distance(tad_var a, tad_var b)
{
    return largest(tad_sub(a, b));
}

static void expect_all_nan(tad_var x)
{
    double numbers[64];
    expect_no_error(tape);
    ck_assert_int_le((int)tad_count(x), (int)COUNT(numbers));
    expect_ok(tad_read(x, numbers, sizeof numbers));
    for (int64_t i = 0; i < tad_count(x); i++)
        ck_assert_msg(isnan(numbers[i]), "element %d is %g; expected NaN", (int)i, numbers[i]);
}

/* y is there, but neither its gradient in numbers nor the recorded one. */
static void expect_refused_gradient(tad_var y, tad_var x, const char *text)
{
    tad_var g;
    expect_no_error(tape);
    ck_assert_int_eq(tad_backward(tad_sum(y)), TAD_ESINGULAR);
    expect_error(tape, TAD_ESINGULAR, text);
    ck_assert_int_eq(tad_gradient(tad_sum(y), 1, &x, &g), TAD_ESINGULAR);
    expect_error(tape, TAD_ESINGULAR, text);
}

/* ---- Products and parts ---- */

START_TEST(products)
{
    tad_var a = VECTOR(3, 1, 2, 3), b = VECTOR(3, 4, -5, 6), c = MATRIX(2, 3, 1, 0, 2, 0, 1, -1);
    expect_values(tad_dot(a, b), 12);
    expect_values(tad_dot(c, b), 16, -11);
    expect_values(tad_dot(b, c), 16, -11);
    expect_values(tad_dot(VECTOR(0, 0), VECTOR(0, 0)), 0);
    expect_values(tad_outer(VECTOR(2, 2, 3), a), 2, 4, 6, 3, 6, 9);
    expect_values(tad_outer(c, VECTOR(2, 1, 10)), 1, 10, 0, 0, 2, 20, 0, 0, 1, 10, -1, -10);
    expect_values(tad_trace(MATRIX(2, 2, 1, 2, 3, 4)), 5);
    expect_values(tad_trace(TENSOR(DIMS(2, 2, 2), 1, 2, 3, 4, 5, 6, 7, 8)), 5, 13);
    expect_values(tad_trace(tad_tensor(tape, TAD_F64, 2, (const int64_t[]){0, 0}, &(double){0})), 0);
    expect_ok(tad_backward(tad_sum(tad_outer(a, tad_dot(c, b)))));
    expect_grads(a, 5, 5, 5);
    expect_grads(b, 6, 6, 6);
    expect_grads(c, 24, -30, 36, 24, -30, 36);
}
END_TEST

START_TEST(diagonals)
{
    tad_var x = MATRIX(2, 3, 1, 2, 3, 4, 5, 6);
    expect_values(tad_diagonal(x, 0), 1, 5);
    expect_values(tad_diagonal(x, 1), 2, 6);
    expect_values(tad_diagonal(x, 2), 3);
    expect_values(tad_diagonal(x, -1), 4);
    ck_assert_int_eq(tad_dim(tad_diagonal(x, 3), 0), 0);
    ck_assert_int_eq(tad_dim(tad_diagonal(x, -2), 0), 0);
    expect_values(tad_diagonal(tad_transpose(x), 0), 1, 5);
    expect_values(tad_diagonal(tad_transpose(x), -2), 3);
    expect_values(tad_diag(VECTOR(2, 7, 8)), 7, 0, 0, 8);
    expect_values(tad_diag(MATRIX(2, 1, 7, 8)), 7, 8);
    expect_ok(tad_backward(tad_sum(tad_mul(tad_diagonal(x, 1), VECTOR(2, 10, 20)))));
    expect_grads(x, 0, 10, 0, 0, 0, 20);

    int64_t integers[] = {1, 2, 3, 4}, found[2]; /* elements of any type */
    tad_var i = tad_tensor_constant(tape, TAD_I64, 2, (const int64_t[]){2, 2}, integers);
    expect_ok(tad_read(tad_diagonal(i, 0), found, sizeof found));
    ck_assert(found[0] == 1 && found[1] == 4);
    expect_ok(tad_read(tad_tril(i, 0), integers, sizeof integers));
    ck_assert(integers[1] == 0 && integers[2] == 3);
}
END_TEST

START_TEST(triangles)
{
    tad_var x = MATRIX(2, 3, 1, 2, NAN_, 4, 5, INF_);
    expect_values(tad_tril(x, 0), 1, 0, 0, 4, 5, 0);
    expect_values(tad_tril(x, -1), 0, 0, 0, 4, 0, 0);
    expect_values(tad_tril(x, INT64_MIN), 0, 0, 0, 0, 0, 0);
    expect_values(tad_triu(tad_transpose(x), 0), 1, 4, 0, 5, 0, 0);
    expect_values(tad_triu(tad_transpose(x), 1), 0, 4, 0, 0, 0, 0);
    expect_values(tad_triu(x, INT64_MAX), 0, 0, 0, 0, 0, 0);
    tad_var y = MATRIX(2, 2, 1, 2, 3, 4);
    expect_values(tad_tril(y, INT64_MAX), 1, 2, 3, 4);
    expect_values(tad_triu(y, INT64_MIN), 1, 2, 3, 4);
    expect_ok(tad_backward(tad_sum(tad_mul(tad_triu(tad_transpose(y), 0), MATRIX(2, 2, 1, 2, 3, 4)))));
    expect_grads(y, 1, 0, 2, 4);
}
END_TEST

START_TEST(permutation)
{
    tad_var x = TENSOR(DIMS(2, 1, 3), 1, 2, 3, 4, 5, 6), y = tad_permute(x, 3, (const int[]){-1, 0, 1});
    ck_assert(tad_dim(y, 0) == 3 && tad_dim(y, 1) == 2 && tad_dim(y, 2) == 1);
    expect_values(y, 1, 4, 2, 5, 3, 6);
    expect_values(tad_permute(y, 3, (const int[]){1, 2, 0}), 1, 2, 3, 4, 5, 6);
}
END_TEST

/* ---- Factorisations and solutions ---- */

START_TEST(cholesky)
{
    tad_var x = MATRIX(2, 2, 4, NAN_, 6, 25), y = tad_cholesky(x); /* what is above the diagonal is not read */
    expect_values(y, 2, 0, 3, 4);
    tad_var symmetric = TENSOR(DIMS(2, 2, 2), 4, 6, 6, 25, 1, 0, 0, 9);
    expect_values(tad_cholesky(symmetric), 2, 0, 3, 4, 1, 0, 0, 3);
    expect_values(tad_cholesky(MATRIX(1, 1, 9)), 3);

    tad_var z = MATRIX(2, 2, 4, 6, 6, 25), l = tad_cholesky(z);
    expect_ok(tad_backward(tad_sum(tad_mul(l, MATRIX(2, 2, 0, 0, 1, 0))))); /* l10 = x10 / sqrt(x00) */
    expect_grads(z, -0.375, 0.25, 0.25, 0);                                 /* symmetric: 1 / sqrt(x00) in halves */

    tad_var big = shifted(random_matrix(1, 50, 50), 8), a = tad_matmul(big, tad_transpose(big)), f = tad_cholesky(a);
    ck_assert(distance(tad_matmul(f, tad_transpose(f)), a) <= 1e-13 * largest(a));
    expect_values(tad_sum(tad_abs(tad_triu(f, 1))), 0);
}
END_TEST

START_TEST(triangular_systems)
{
    const tad_triangular_options upper = {.upper = true}, unit = {.unit_diagonal = true};
    const tad_triangular_options both = {.transposed = true, .upper = true};
    tad_var a = MATRIX(2, 2, 2, NAN_, 4, -1), b = VECTOR(2, 6, 10), c = MATRIX(2, 2, 2, 4, NAN_, -1);
    expect_values(tad_solve_triangular(a, b, NULL), 3, 2);
    expect_values(tad_solve_triangular(c, b, &upper), 23, -10);
    expect_values(tad_solve_triangular(c, b, &both), 3, 2);
    expect_values(tad_solve_triangular(MATRIX(2, 2, 0, 7, 4, 0), b, &unit), 6, -14);
    ck_assert_int_eq(tad_rank(tad_solve_triangular(a, b, NULL)), 1);
    expect_values(tad_solve_triangular(a, MATRIX(2, 2, 6, 2, 10, 5), NULL), 3, 1, 2, -1);
    expect_values(tad_solve_triangular(a, TENSOR(DIMS(2, 2, 1), 6, 10, 2, 5), NULL), 3, 2, 1, -1);
    expect_all_nan(tad_solve_triangular(a, VECTOR(2, NAN_, 0), NULL));
    expect_ok(tad_backward(tad_sum(tad_solve_triangular(a, b, NULL))));
    expect_grads(b, 2.5, -1);
    expect_grads(a, -7.5, 0, 3, 2); /* -gb x', below the diagonal */
}
END_TEST

START_TEST(systems)
{
    tad_var a = MATRIX(2, 2, 0, 2, 4, -1), b = VECTOR(2, 6, 10), x = tad_solve(a, b);
    expect_values(x, 3.25, 3);
    ck_assert_int_eq(tad_rank(x), 1);
    expect_values(tad_solve(tad_transpose(a), b), 5.75, 1.5);
    tad_var batch = TENSOR(DIMS(2, 2, 2), 0, 2, 4, -1, 1, 0, 0, 2);
    expect_values(tad_solve(batch, b), 3.25, 3, 6, 5);
    expect_values(tad_solve(a, TENSOR(DIMS(2, 2, 1), 6, 10, 2, 3)), 3.25, 3, 1, 1);
    tad_var repeated = tad_broadcast_to(a, 3, (const int64_t[]){3, 2, 2}); /* factorised once */
    expect_values(tad_solve(repeated, MATRIX(2, 1, 6, 10)), 3.25, 3, 3.25, 3, 3.25, 3);
    expect_all_nan(tad_solve(MATRIX(2, 2, 1, NAN_, 0, 1), b));
    expect_all_nan(tad_solve(MATRIX(2, 2, INF_, 0, 0, 1), b));
    tad_var mixed = tad_solve(TENSOR(DIMS(2, 1, 1), NAN_, 2), MATRIX(1, 1, 6)), second = tad_slice(mixed, 0, 1, 2);
    expect_values(second, 3);

    tad_var big = shifted(random_matrix(1, 50, 50), 8), right = random_matrix(2, 50, 7), y = tad_solve(big, right);
    ck_assert(distance(tad_matmul(big, y), right) <= 1e-13);
    ck_assert(distance(tad_matmul(tad_inverse(big), right), y) <= 1e-13);
}
END_TEST

START_TEST(inverses)
{
    tad_var x = MATRIX(2, 2, 0, 2, 4, 0), y = tad_inverse(x);
    expect_values(y, 0, 0.25, 0.5, 0);
    expect_ok(tad_backward(tad_sum(tad_mul(y, MATRIX(2, 2, 1, 2, 3, 4)))));
    expect_grads(x, -0.5, -0.75, -0.125, -0.125); /* -y' gy y' */
    expect_values(tad_inverse(TENSOR(DIMS(2, 1, 1), 2, -4)), 0.5, -0.25);
    expect_all_nan(tad_inverse(MATRIX(2, 2, 1, 0, NAN_, 1)));
}
END_TEST

/* ---- Determinants ---- */

/* A matrix, its determinant, and the gradient, which is its cofactors. */
static const struct determinant {
    const char *name;
    int64_t     n;
    double      x[9], det, gradient[9], tolerance;
} determinants[] = {
    {"1 x 1", 1, {-3}, -3, {1}, 0},
    {"1 x 1 zero", 1, {0}, 0, {1}, 0},
    {"2 x 2", 2, {1, 2, 3, 4}, -2, {4, -3, -2, 1}, 1e-15},
    {"exchanged", 2, {0, 1, 1, 0}, -1, {0, -1, -1, 0}, 0},
    {"2 x 2 of rank 1", 2, {1, 2, 2, 4}, 0, {4, -2, -2, 1}, 1e-15},
    {"2 x 2 of rank 0", 2, {0, 0, 0, 0}, 0, {0, 0, 0, 0}, 0},
    {"3 x 3", 3, {2, 0, 1, 1, 1, 0, 0, 3, 1}, 5, {1, -1, 3, 3, 2, -6, -1, 1, 2}, 1e-15},
    {"3 x 3 of rank 2", 3, {1, 2, 3, 4, 5, 6, 7, 8, 9}, 0, {-3, 6, -3, 6, -12, 6, -3, 6, -3}, 1e-14},
    {"a column of zeros", 3, {1, 0, 2, 3, 0, 4, 5, 0, 7}, 0, {0, -1, 0, 0, -3, 0, 0, 2, 0}, 1e-15},
    {"3 x 3 of rank 1", 3, {1, 2, 3, 2, 4, 6, 3, 6, 9}, 0, {0, 0, 0, 0, 0, 0, 0, 0, 0}, 1e-14},
    {"3 x 3 of rank 0", 3, {0}, 0, {0}, 0},
    {"nearly singular", 2, {1, 1, 1, 1 + 0x1p-50}, 0x1p-50, {1 + 0x1p-50, -1, -1, 1}, 0},
};

START_TEST(determinant)
{
    const struct determinant *d = &determinants[_i];
    double                    found[9], again[9];
    tad_var                   x = matrix(tape, d->n, d->n, d->x), y = tad_det(x), g;
    ck_assert_int_eq(tad_rank(y), 0);
    expect_near(tad_value(y), d->det, d->tolerance);
    expect_ok(tad_backward(y));
    expect_ok(tad_read_grad(x, found, sizeof found));
    expect_ok(tad_gradient(y, 1, &x, &g));
    expect_ok(tad_read(g, again, sizeof again));
    for (int i = 0; i < d->n * d->n; i++)
        ck_assert_msg(fabs(found[i] - d->gradient[i]) <= d->tolerance * 12 && found[i] == again[i],
                      "%s: derivative %d is %.17g; expected %g", d->name, i, found[i], d->gradient[i]);
    float floats[9]; /* and in floats */
    for (int i = 0; i < 9; i++)
        floats[i] = (float)d->x[i];
    x = tad_tensor(tape, TAD_F32, 2, (const int64_t[]){d->n, d->n}, floats);
    expect_ok(tad_backward(tad_det(x)));
    expect_ok(tad_read_grad(x, floats, sizeof floats));
    for (int i = 0; i < d->n * d->n; i++)
        ck_assert_msg(fabs((double)floats[i] - d->gradient[i]) <= 1e-5, "%s: derivative %d is %g in floats", d->name, i,
                      (double)floats[i]);
}
END_TEST

START_TEST(determinants_of_batches)
{
    tad_var x = TENSOR(DIMS(3, 2, 2), 1, 2, 3, 4, 1, 2, 2, 4, NAN_, 1, 1, 1), d = tad_det(x);
    double  found[3], g[12];
    ck_assert_int_eq(tad_rank(d), 1);
    expect_ok(tad_read(d, found, sizeof found));
    ck_assert(fabs(found[0] + 2) < 1e-15 && found[1] == 0 && isnan(found[2]));
    expect_ok(tad_backward(tad_sum(tad_mul(d, VECTOR(3, 1, 2, 3)))));
    expect_ok(tad_read_grad(x, g, sizeof g));
    ck_assert(fabs(g[0] - 4) < 1e-14 && g[4] == 8 && g[5] == -4 && isnan(g[8]));
    tad_var none = tad_tensor(tape, TAD_F64, 2, (const int64_t[]){0, 0}, &(double){0});
    expect_values(tad_det(none), 1);
    expect_values(tad_det(tad_tensor(tape, TAD_F64, 3, (const int64_t[]){2, 0, 0}, &(double){0})), 1, 1);
    expect_ok(tad_backward(tad_det(none)));
}
END_TEST

/* d2 det / dx00 dx11 = 1 and d2 det / dx01 dx10 = -1, at a singular matrix, too. */
START_TEST(second_derivative_of_determinant)
{
    tad_var x = MATRIX(2, 2, 1, 2, 2, 4), v = MATRIX(2, 2, 1, 10, 100, 1000), hv, y = tad_det(x);
    expect_ok(tad_hvp(y, 1, &x, &v, &hv));
    expect_values(hv, 1000, -100, -10, 1);
}
END_TEST

START_TEST(logarithms_of_determinants)
{
    tad_var sign, logdet, x = TENSOR(DIMS(2, 2, 2), 0, 2, 4, 0, 2, 0, 0, 2);
    expect_ok(tad_slogdet(x, &sign, &logdet));
    expect_values(sign, -1, 1);
    expect_near(tad_value(tad_slice(logdet, 0, 0, 1)), log(8), 1e-15);
    expect_ok(tad_backward(tad_sum(logdet)));
    expect_grads(x, 0, 0.5, 0.25, 0, 0.5, 0, 0, 0.5); /* -0 == 0 */
    expect_ok(tad_backward(tad_sum(sign)));
    expect_grads(x, 0, 0, 0, 0, 0, 0, 0, 0);

    tad_var singular = MATRIX(2, 2, 1, 2, 2, 4);
    expect_ok(tad_slogdet(singular, &sign, NULL));
    expect_ok(tad_slogdet(singular, NULL, &logdet));
    expect_values(sign, 0);
    expect_values(logdet, -INF_);
    expect_refused_gradient(logdet, singular, "inverse(f64 [2, 2]): the matrix is singular: pivot 1 of its LU");

    tad_var large = shifted(tad_mul(random_matrix(1, 50, 50), tad_constant(tape, 0)), 1e200); /* det overflows */
    expect_ok(tad_slogdet(large, &sign, &logdet));
    expect_values(sign, 1);
    expect_near(tad_value(logdet), 50 * log(1e200), 1e-14);
    expect_values(tad_det(large), INF_);
    expect_ok(tad_slogdet(MATRIX(2, 2, 1, INF_, 1, 2), &sign, &logdet));
    expect_all_nan(sign);
    expect_all_nan(logdet);
    expect_ok(tad_slogdet(tad_tensor(tape, TAD_F64, 2, (const int64_t[]){0, 0}, &(double){0}), &sign, &logdet));
    expect_values(sign, 1);
    expect_values(logdet, 0);
}
END_TEST

START_TEST(adjugates)
{
    tad_var x = random_matrix(3, 5, 5), identity = shifted(tad_mul(x, tad_constant(tape, 0)), 1);
    tad_var y = tad_adjugate(x), d = tad_mul(tad_det(x), identity);
    ck_assert(distance(tad_matmul(x, y), d) <= 1e-14 && distance(tad_matmul(y, x), d) <= 1e-14);
    expect_values(tad_adjugate(MATRIX(2, 2, 1, 2, 3, 6)), 6, -2, -3, 1);
    expect_all_nan(tad_adjugate(MATRIX(2, 2, 1, 2, 3, NAN_)));
    expect_values(tad_adjugate(MATRIX(1, 1, 0)), 1);
}
END_TEST

/* ---- QR and eigenvectors ---- */

START_TEST(qr)
{
    tad_var q, r, x = MATRIX(3, 2, 3, 1, 0, -2, 4, 3);
    expect_ok(tad_qr(x, &q, &r));
    expect_near(largest(tad_sub(r, MATRIX(2, 2, 5, 3, 0, sqrt(5)))), 0, 4e-15);
    ck_assert(distance(tad_matmul(q, r), x) <= 4e-15);
    for (uint64_t seed = 0; seed < 20; seed++) {
        int64_t n = seed < 10 ? 3 : 40, m = n + (int64_t)(seed % 3);
        tad_var a = random_matrix(seed, m, n);
        expect_ok(tad_qr(a, &q, &r));
        ck_assert(distance(tad_matmul(q, r), a) <= 1e-13);
        ck_assert(largest(shifted(tad_matmul(tad_transpose(q), q), -1)) <= 1e-14);
        double diagonal[40];
        expect_ok(tad_read(tad_diagonal(r, 0), diagonal, sizeof diagonal));
        for (int64_t i = 0; i < n; i++)
            ck_assert_msg(diagonal[i] > 0, "r[%d][%d] is %g", (int)i, (int)i, diagonal[i]);
        expect_values(tad_sum(tad_abs(tad_tril(r, -1))), 0);
    }
    tad_var dependent = MATRIX(2, 2, 3, 0, 4, 0);
    expect_ok(tad_qr(dependent, &q, &r));
    expect_values(r, 5, 0, 0, 0);
    expect_refused_gradient(r, dependent,
                            "solve_triangular(f64 [2, 2], f64 [2, 2]): the matrix is singular: number 1 of");
    expect_ok(tad_qr(MATRIX(2, 1, NAN_, 1), &q, NULL));
    expect_all_nan(q);
    expect_ok(tad_qr(MATRIX(2, 1, INF_, 1), NULL, &r));
    expect_all_nan(r);
}
END_TEST

START_TEST(eigenvectors)
{
    tad_var w, v, x = MATRIX(2, 2, 2, NAN_, 1, 2); /* what is above the diagonal is not read */
    expect_ok(tad_eigh(x, &w, &v));
    expect_near(distance(w, VECTOR(2, 1, 3)), 0, 1e-15);
    const double h = sqrt(0.5);
    expect_near(distance(tad_abs(v), MATRIX(2, 2, h, h, h, h)), 0, 1e-15);
    for (uint64_t seed = 0; seed < 20; seed++) {
        int64_t n = seed < 10 ? 4 : 30;
        double  numbers[900], values[30], again[30];
        tad_var a = random_matrix(seed, n, n), s = tad_add(a, tad_transpose(a));
        expect_ok(tad_eigh(s, &w, &v));
        ck_assert(distance(tad_matmul(s, v), tad_mul(v, w)) <= 1e-13);
        ck_assert(largest(shifted(tad_matmul(tad_transpose(v), v), -1)) <= 1e-14);
        expect_ok(tad_read(v, numbers, sizeof numbers));
        expect_ok(tad_read(w, values, sizeof values));
        expect_ok(tad_read(tad_eigvalsh(s), again, sizeof again));
        for (int64_t j = 0; j < n; j++) {
            double component = 0;
            for (int64_t i = 0; i < n; i++)
                component = fabs(numbers[i * n + j]) > fabs(component) ? numbers[i * n + j] : component;
            ck_assert_msg(component > 0, "the largest component of vector %d is %g", (int)j, component);
            ck_assert(again[j] == values[j] && (j == 0 || values[j - 1] <= values[j]));
        }
    }
    expect_ok(tad_eigh(MATRIX(2, 2, 1, 0, NAN_, 2), &w, &v));
    expect_all_nan(w);
    expect_all_nan(v);
    expect_ok(tad_eigh(TENSOR(DIMS(2, 1, 1), INF_, 2), NULL, &v));
    expect_values(tad_slice(v, 0, 1, 2), 1);
}
END_TEST

/* The gradient of the sum of the values is the identity, whether they are repeated or not; that of the vectors is not there
 * where they are. */
START_TEST(repeated_eigenvalues)
{
    tad_var w, v, g, x = MATRIX(3, 3, 2, 0, 0, 0, 2, 0, 0, 0, 5);
    expect_ok(tad_eigh(x, &w, &v));
    expect_values(w, 2, 2, 5);
    expect_ok(tad_backward(tad_sum(w)));
    expect_grads(x, 1, 0, 0, 0, 1, 0, 0, 0, 1);
    expect_ok(tad_gradient(tad_sum(w), 1, &x, &g));
    expect_values(g, 1, 0, 0, 0, 1, 0, 0, 0, 1);
    expect_ok(tad_gradient(tad_sum(tad_mul(v, random_matrix(1, 3, 3))), 1, &x, &g));
    ck_assert(!isfinite(tad_value(tad_sum(g))));

    tad_var y = MATRIX(2, 2, 2, 0, 0, 5), values = tad_eigvalsh(y);
    expect_ok(tad_backward(tad_sum(tad_mul(values, VECTOR(2, 3, 4)))));
    expect_grads(y, 3, 0, 0, 4);
}
END_TEST

/* ---- Derivatives ---- */

static tad_var q_and_r(tad_var x)
{
    tad_var q, r;
    expect_ok(tad_qr(x, &q, &r));
    return tad_add(q, r);
}

static tad_var values_and_vectors(tad_var x)
{
    tad_var w, v;
    expect_ok(tad_eigh(x, &w, &v));
    return tad_add(w, v);
}

static tad_var logdet(tad_var x)
{
    tad_var y;
    expect_ok(tad_slogdet(x, NULL, &y));
    return y;
}

static tad_var solve_itself(tad_var x)
{
    return tad_solve(x, tad_square(x));
}

static tad_var solve_triangle_of_itself(tad_var x)
{
    const tad_triangular_options options = {.upper = true, .transposed = true};
    return tad_add(tad_solve_triangular(x, tad_square(x), NULL), tad_solve_triangular(x, tad_exp(x), &options));
}

static const struct function {
    const char *name;
    tad_var (*f)(tad_var x);
} functions[] = {
    {"cholesky", tad_cholesky}, {"solve", solve_itself}, {"solve_triangular", solve_triangle_of_itself},
    {"inverse", tad_inverse},   {"det", tad_det},        {"adjugate", tad_adjugate},
    {"slogdet", logdet},        {"qr", q_and_r},         {"eigh", values_and_vectors},
};

/* Matrices too large for the portable kernels: <J v, w> = <v, J' w>, in numbers and recorded. Positive definite, and with
 * eigenvalues that keep apart. */
START_TEST(large_matrices)
{
    const struct function *f = &functions[_i];
    const int64_t          n = 40;
    double                 spread[40];
    for (int64_t i = 0; i < n; i++)
        spread[i] = 0.5 + (double)i / 40;
    tad_var x = tad_mul(random_matrix(1, n, n), tad_constant(tape, 1.0 / 256)), s = tad_add(x, tad_transpose(x));
    tad_var a = tad_add(s, tad_diag(vector(tape, n, spread))), v = random_matrix(2, n, n), y = f->f(a), dy, g;
    v = tad_add(v, tad_transpose(v));
    tad_var w = tad_rank(y) == 0 ? tad_constant(tape, 1.5) : random_matrix(3, n, n);
    expect_ok(tad_jvp(y, 1, &a, &v, &dy));
    expect_ok(tad_vjp(y, w, 1, &a, &g));
    double left = tad_value(tad_sum(tad_mul(dy, w))), right = tad_value(tad_sum(tad_mul(v, g)));
    double size = tad_value(tad_sum(tad_abs(tad_mul(dy, w)))) + tad_value(tad_sum(tad_abs(tad_mul(v, g))));
    ck_assert_msg(fabs(left - right) <= 1e-13 * size, "%s: <J v, w> = %.17g, <v, J' w> = %.17g", f->name, left, right);
}
END_TEST

/* 1 x 1 matrices are numbers: derivatives up to the third are known. */
START_TEST(third_derivatives)
{
    const double x0 = 1.75;
    const struct {
        tad_var (*f)(tad_var x);
        double d[4];
    } rows[] = {
        {tad_cholesky, {sqrt(x0), 0.5 / sqrt(x0), -0.25 / pow(x0, 1.5), 0.375 / pow(x0, 2.5)}},
        {tad_inverse, {1 / x0, -1 / pow(x0, 2), 2 / pow(x0, 3), -6 / pow(x0, 4)}},
        {solve_itself, {x0, 1, 0, 0}},
        {tad_det, {x0, 1, 0, 0}},
        {logdet, {log(x0), 1 / x0, -1 / pow(x0, 2), 2 / pow(x0, 3)}},
        {tad_eigvalsh, {x0, 1, 0, 0}},
        {q_and_r, {1 + x0, 1, 0, 0}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        tad_var x = MATRIX(1, 1, x0), y = tad_sum(rows[i].f(x));
        for (int order = 0; order < 4; order++) {
            expect_near(tad_value(y), rows[i].d[order], 1e-14);
            expect_ok(tad_gradient(y, 1, &x, &y));
        }
    }
}
END_TEST

/* det(x) for 3 x 3 matrices is x00 x11 x22 + ...: the third derivative is 1. */
START_TEST(third_derivative_of_determinant)
{
    tad_var x = shifted(random_matrix(5, 3, 3), 2), y = tad_det(x);
    for (int k = 0; k < 3; k++) {
        double  unit[9] = {0};
        tad_var g;
        unit[4 * k] = 1;
        expect_ok(tad_gradient(y, 1, &x, &g));
        y = tad_sum(tad_mul(g, tad_tensor_constant(tape, TAD_F64, 2, (const int64_t[]){3, 3}, unit)));
    }
    expect_near(tad_value(y), 1, 1e-13);
}
END_TEST

/* ---- Errors ---- */

#define ERRORS(ROW)                                                                                                    \
    ROW(TAD_EARG, "permute(f64 [2, 3]): 1 axes; expected a list of all 2", tad_permute(m23, 1, axes))                  \
    ROW(TAD_EARG, "permute(f64 [2, 3]): -1 axes; expected a list of all 2", tad_permute(m23, 2, NULL))                 \
    ROW(TAD_EARG, "axis 2; expected -2 to 1", tad_permute(m23, 2, axes + 1))                                           \
    ROW(TAD_EARG, "axis 1 is named twice", tad_permute(m23, 2, axes + 3))                                              \
    ROW(TAD_ESHAPE, "diagonal(f64 [3]): expected a matrix: at least two axes", tad_diagonal(v3, 0))                    \
    ROW(TAD_EARG, "diagonal(f64 [2, 3]): diagonal 4; expected -2 to 3", tad_diagonal(m23, 4))                          \
    ROW(TAD_EARG, "diagonal -3; expected -2 to 3", tad_diagonal(m23, -3))                                              \
    ROW(TAD_ESHAPE, "diag(f64 scalar): expected 1 to 7 axes", tad_diag(number))                                        \
    ROW(TAD_ESHAPE, "expected 1 to 7 axes", tad_diag(rank8))                                                           \
    ROW(TAD_ESHAPE, "tril(f64 [3]): expected a matrix", tad_tril(v3, 0))                                               \
    ROW(TAD_ESHAPE, "triu(f64 scalar): expected a matrix", tad_triu(number, 0))                                        \
    ROW(TAD_ESHAPE, "dot(f64 [3], f64 [2]): vectors of 3 and 2 numbers; expected as many", tad_dot(v3, v2))            \
    ROW(TAD_ESHAPE, "expected vectors: at least one axis each", tad_dot(v3, number))                                   \
    ROW(TAD_ESHAPE, "leading axes do not broadcast", tad_dot(m23, m33))                                                \
    ROW(TAD_EDTYPE, "dot(f64 [3], f32 [3]): f64 and f32 do not mix", tad_dot(v3, floats))                              \
    ROW(TAD_ESHAPE, "outer(f64 [3], f64 scalar): expected vectors: 1 to 7 axes", tad_outer(v3, number))                \
    ROW(TAD_ESHAPE, "expected vectors: 1 to 7 axes", tad_outer(rank8, v2))                                             \
    ROW(TAD_ESHAPE, "outer(f64 [2, 3], f64 [3, 3]): leading axes do not broadcast", tad_outer(m23, m33))               \
    ROW(TAD_ESHAPE, "trace(f64 [2, 3]): 2 rows and 3 columns; expected a square matrix", tad_trace(m23))               \
    ROW(TAD_ESHAPE, "cholesky(f64 [2, 3]): 2 rows and 3 columns; expected a square matrix", tad_cholesky(m23))         \
    ROW(TAD_ESHAPE, "cholesky(f64 [3]): expected a matrix: at least two axes", tad_cholesky(v3))                       \
    ROW(TAD_ESINGULAR,                                                                                                 \
        "cholesky(f64 [3, 3]): the matrix is not positive definite: its leading minor of order 2 is not positive",     \
        tad_cholesky(m33))                                                                                             \
    ROW(TAD_ESINGULAR, "matrix 1 of the batch is not positive definite: its leading minor of order 1 is not positive", \
        tad_cholesky(batch))                                                                                           \
    ROW(TAD_ESINGULAR, "the matrix is not positive definite: it has a NaN or infinite element", tad_cholesky(bad))     \
    ROW(TAD_ESHAPE, "solve(f64 [2, 3], f64 [2, 1]): the first operand: 2 rows and 3 columns", tad_solve(m23, v2))      \
    ROW(TAD_ESHAPE, "the second operand: expected a matrix", tad_solve(m33, number))                                   \
    ROW(TAD_ESHAPE, "solve(f64 [3, 3], f64 [2, 1]): the right-hand side has 2 rows; expected 3", tad_solve(m33, v2))   \
    ROW(TAD_ESHAPE, "leading axes do not broadcast", tad_solve(batch, TENSOR(DIMS(3, 2, 1), 0, 0, 0, 0, 0, 0)))        \
    ROW(TAD_ESINGULAR, "the matrix is singular: pivot 2 of its LU factorisation is 0", tad_solve(m33, v3))             \
    ROW(TAD_ESINGULAR, "matrix 1 of the batch is singular: pivot 1 of its LU factorisation is 0",                      \
        tad_solve(batch, v2))                                                                                          \
    ROW(TAD_ESINGULAR, "inverse(f64 [3, 3]): the matrix is singular: pivot 2 of its LU", tad_inverse(m33))             \
    ROW(TAD_ESINGULAR, "matrix 1 of the batch is singular: pivot 1 of its LU", tad_inverse(batch))                     \
    ROW(TAD_ESHAPE, "inverse(f64 [2, 3]): 2 rows and 3 columns; expected a square matrix", tad_inverse(m23))           \
    ROW(TAD_ESINGULAR, "solve_triangular(f64 [2, 2, 2], f64 [2, 1]): matrix 1 of the batch is singular: number 0 of",  \
        tad_solve_triangular(batch, v2, NULL))                                                                         \
    ROW(TAD_ESHAPE, "solve_triangular(f64 [3, 3], f64 [2, 1]): the right-hand side has 2 rows; expected 3",            \
        tad_solve_triangular(m33, v2, NULL))                                                                           \
    ROW(TAD_EDTYPE, "f64 and f32 do not mix", tad_solve(m33, floats))                                                  \
    ROW(TAD_ESHAPE, "det(f64 [2, 3]): 2 rows and 3 columns; expected a square matrix", tad_det(m23))                   \
    ROW(TAD_ESHAPE, "adjugate(f64 [3]): expected a matrix: at least two axes", tad_adjugate(v3))                       \
    ROW(TAD_ESHAPE, "slogdet(f64 [2, 3]): 2 rows and 3 columns; expected a square matrix",                             \
        tad_slogdet(m23, &first, &second) == TAD_ESHAPE && !tad_is_valid(second) ? first : v3)                         \
    ROW(TAD_ESHAPE, "qr(f64 [2, 3]): 2 rows and 3 columns; expected at least as many rows",                            \
        tad_qr(m23, &first, &second) == TAD_ESHAPE && !tad_is_valid(second) ? first : v3)                              \
    ROW(TAD_ESHAPE, "eigh(f64 [2, 3]): 2 rows and 3 columns; expected a square matrix",                                \
        tad_eigh(m23, &first, &second) == TAD_ESHAPE && !tad_is_valid(second) ? first : v3)                            \
    ROW(TAD_ESHAPE, "eigh(f64 [3]): expected a matrix: at least two axes", tad_eigvalsh(v3))

START_TEST(errors)
{
    const int64_t ones[] = {1, 1, 1, 1, 1, 1, 1, 1};
    const int     axes[] = {0, 1, 2, -1, 1};
    tad_var       number = tad_scalar(tape, 1), v2 = VECTOR(2, 1, 2), v3 = VECTOR(3, 1, 2, 3), first, second;
    tad_var       m23 = MATRIX(2, 3, 1, 2, 3, 4, 5, 6), m33 = MATRIX(3, 3, 1, 2, 0, 2, 3, 0, 0, 0, 0);
    tad_var       batch = TENSOR(DIMS(2, 2, 2), 2, 1, 1, 2, 0, 0, 1, 1), bad = MATRIX(2, 2, 1, 0, NAN_, 1);
    tad_var       rank8 = tensor(8, ones, (const double[]){1});
    tad_var       floats = tad_tensor(tape, TAD_F32, 1, (const int64_t[]){3}, (const float[]){1, 2, 3});
    expect_no_error(tape);
#define CHECK_ROW(status, message, ...)                                                                                \
    ck_assert_msg(!tad_is_valid(__VA_ARGS__), "%s is not refused", #__VA_ARGS__);                                      \
    expect_error_of(#__VA_ARGS__, tape, (status), (message));
    ERRORS(CHECK_ROW)
}
END_TEST

/* ---- Memory ---- */

static tad_status step(tad_tape *on, double *out)
{
    const double numbers[] = {4, 1, 0.5, 1, 5, 0.25, 0.5, 0.25, 7};
    tad_var      x = matrix(on, 3, 3, numbers), b = vector(on, 3, numbers), q, r, w, v, sign, logarithm;
    tad_status   status = tad_qr(x, &q, &r);
    if (status == TAD_OK)
        status = tad_eigh(x, &w, &v);
    if (status == TAD_OK)
        status = tad_slogdet(x, &sign, &logarithm);
    if (status != TAD_OK)
        return status;
    tad_var y = tad_add(tad_solve(x, b), tad_solve_triangular(tad_cholesky(x), b, NULL));
    tad_var z = tad_add(tad_matmul(q, tad_mul(r, v)), tad_mul(tad_inverse(x), tad_adjugate(x)));
    y = tad_add(y, tad_einsum("ij,ji->i", 2, (const tad_var[]){z, x}));
    y = tad_mul(tad_add(tad_sum(y), tad_add(tad_trace(z), tad_dot(w, b))), tad_add(logarithm, tad_det(x)));
    status = tad_backward(y);
    return status == TAD_OK ? tad_read_grad(x, out, 9 * sizeof *out) : status;
}

/* Each request for memory fails in turn, once (_i = 0) or for ever; later the result is the same again. */
START_TEST(out_of_memory)
{
    double expected[9], found[9];
    expect_ok(step(tape, expected));
    bool failed = true;
    for (size_t i = 1; failed; i++) {
        heap      h = {.fail_at = i, .for_ever = _i};
        tad_tape *on = heap_tape(&h);
        failed = h.calls >= i;
        if (on) {
            tad_status status = step(on, found);
            failed = h.calls >= i;
            if (status == TAD_OK) /* an arena may make do with less */
                ck_assert(!failed || !_i);
            else
                ck_assert_msg(tad_tape_status(on) == TAD_ENOMEM, "request %zu: %s", i, tad_tape_message(on));
            h.fail_at = 0;
            tad_tape_clear_error(on);
            tad_tape_rewind(on, 0);
            expect_ok(step(on, found));
            ck_assert_mem_eq(found, expected, sizeof found);
        }
        tad_tape_free(on);
        ck_assert_uint_eq(h.blocks, 0);
        ck_assert_uint_lt(i, 1000);
    }
}
END_TEST

START_TEST(steady_state)
{
    double    found[9];
    heap      h = {0};
    tad_tape *on = heap_tape(&h);
    size_t    calls = 0;
    for (int i = 0; i < 20; i++) {
        tad_tape_rewind(on, 0);
        expect_ok(step(on, found));
        if (i == 1)
            calls = h.calls;
    }
    ck_assert_uint_eq(h.calls, calls);
    tad_tape_free(on);
}
END_TEST

Suite *linalg_suite(void)
{
    Suite *suite = suite_create("linalg");
    TCase *tests = tcase_create("linear algebra");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, products);
    tcase_add_test(tests, diagonals);
    tcase_add_test(tests, triangles);
    tcase_add_test(tests, permutation);
    tcase_add_test(tests, cholesky);
    tcase_add_test(tests, triangular_systems);
    tcase_add_test(tests, systems);
    tcase_add_test(tests, inverses);
    tcase_add_loop_test(tests, determinant, 0, (int)COUNT(determinants));
    tcase_add_test(tests, determinants_of_batches);
    tcase_add_test(tests, second_derivative_of_determinant);
    tcase_add_test(tests, logarithms_of_determinants);
    tcase_add_test(tests, adjugates);
    tcase_add_test(tests, qr);
    tcase_add_test(tests, eigenvectors);
    tcase_add_test(tests, repeated_eigenvalues);
    tcase_add_loop_test(tests, large_matrices, 0, (int)COUNT(functions));
    tcase_add_test(tests, third_derivatives);
    tcase_add_test(tests, third_derivative_of_determinant);
    tcase_add_test(tests, errors);
    tcase_add_loop_test(tests, out_of_memory, 0, 2);
    tcase_add_test(tests, steady_state);
    suite_add_tcase(suite, tests);
    return suite;
}
