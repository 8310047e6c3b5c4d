/* Whole Jacobians and Hessians, recorded and as numbers. */
#include "suites.h"
#include "support.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double numbers[] = {0.5, -0.25, 1.5, 0.75, -1, 2, 0.125, -2, 3, -0.5, 1.25, 0.375};

static double number(size_t i)
{
    return sin((double)i + 1) * 1.25;
}

static void expect_shape(tad_var x, int rank, const int64_t dims[])
{
    ck_assert_int_eq(tad_rank(x), rank);
    for (int i = 0; i < rank; i++)
        ck_assert_int_eq(tad_dim(x, i), dims[i]);
}

/* ---- recorded ---- */

START_TEST(of_a_product)
{
    tad_tape *tape = tad_tape_new();
    tad_var   a = matrix(tape, 2, 3, numbers), b = vector(tape, 3, numbers + 3), J;
    expect_ok(tad_jacobian(tad_matmul(a, b), b, &J)); /* rows are fewer */
    expect_shape(J, 2, (const int64_t[]){2, 3});
    expect_values(J, 0.5, -0.25, 1.5, 0.75, -1, 2);
    expect_ok(tad_jacobian(tad_matmul(tad_transpose(a), vector(tape, 2, numbers)), vector(tape, 2, numbers), &J));
    expect_values(J, 0, 0, 0, 0, 0, 0); /* another vector of the same numbers */
    tad_var c = vector(tape, 2, numbers);
    expect_ok(tad_jacobian(tad_matmul(tad_transpose(a), c), c, &J)); /* columns are */
    expect_shape(J, 2, (const int64_t[]){3, 2});
    expect_values(J, 0.5, 0.75, -0.25, -1, 1.5, 2);
    expect_ok(tad_jacobian(tad_matmul(a, b), a, &J));
    expect_shape(J, 3, (const int64_t[]){2, 2, 3});
    expect_values(J, 0.75, -1, 2, 0, 0, 0, 0, 0, 0, 0.75, -1, 2);
    expect_no_error(tape);
    tad_tape_free(tape);
}
END_TEST

START_TEST(of_scalars)
{
    tad_tape *tape = tad_tape_new();
    tad_var   x = tad_scalar(tape, 3), v = vector(tape, 2, numbers), J;
    expect_ok(tad_jacobian(tad_square(x), x, &J));
    expect_shape(J, 0, NULL);
    expect_values(J, 6);
    expect_ok(tad_jacobian(tad_mul(x, v), x, &J));
    expect_values(J, 0.5, -0.25);
    expect_ok(tad_jacobian(tad_sum(tad_mul(x, v)), v, &J));
    expect_values(J, 3, 3);
    expect_ok(tad_jacobian(v, v, &J));
    expect_values(J, 1, 0, 0, 1);
    double  numbers_of_older[4];
    tad_var later = vector(tape, 2, numbers);
    expect_ok(tad_read_jacobian(1, &v, 1, &later, numbers_of_older, sizeof numbers_of_older)); /* nothing to sweep */
    for (size_t i = 0; i < 4; i++)
        ck_assert_double_eq(numbers_of_older[i], 0);
    tad_tape_free(tape);
}
END_TEST

/* More than 32 rows or columns are joined in a tree. */
START_TEST(of_many)
{
    enum { M = 70, N = 1100 };
    static double x0[N];
    for (size_t i = 0; i < N; i++)
        x0[i] = number(i);
    tad_tape *tape = tad_tape_new();
    tad_var   x = vector(tape, N, x0), y = tad_square(tad_slice(x, 0, 3, 3 + M)), J, K;
    double   *J_numbers = malloc(M * N * sizeof *J_numbers), *K_numbers = malloc(M * N * sizeof *K_numbers);
    expect_ok(tad_jacobian(y, x, &J));
    expect_ok(tad_jacobian(tad_mul(tad_matmul(J, tad_square(x)), tad_constant(tape, 1)), x, &K)); /* J can go on */
    expect_ok(tad_read(J, J_numbers, M * N * sizeof *J_numbers));
    expect_ok(tad_read(K, K_numbers, M * N * sizeof *K_numbers));
    for (size_t i = 0; i < M; i++)
        for (size_t j = 0; j < N; j++) {
            double at = x0[i + 3];
            ck_assert_double_eq(J_numbers[i * N + j], j == i + 3 ? 2 * at : 0);
            expect_near(K_numbers[i * N + j], j == i + 3 ? 6 * at * at : 0, 1e-15); /* of 2 x^3 */
        }
    tad_var few = tad_slice(x, 0, 0, 40), many = tad_mul(tad_reshape(few, 2, (const int64_t[]){40, 1}), few);
    expect_ok(tad_jacobian(many, few, &J));
    expect_shape(J, 3, (const int64_t[]){40, 40, 40});
    expect_ok(tad_read(J, J_numbers, 64000 * sizeof *J_numbers));
    for (size_t i = 0; i < 40; i++)
        for (size_t j = 0; j < 40; j++)
            for (size_t k = 0; k < 40; k++)
                ck_assert_double_eq(J_numbers[(i * 40 + j) * 40 + k], (k == i ? x0[j] : 0) + (k == j ? x0[i] : 0));
    expect_ok(tad_backward(tad_sum(tad_square(tad_slice(J, 0, 0, 1))))); /* one row: x0^2 and a factor 2 */
    expect_ok(tad_read_grad(few, K_numbers, 40 * sizeof *K_numbers));
    for (size_t j = 0; j < 40; j++) { /* of |x|^2 + 40 x0^2 + 2 x0^2 */
        double x_j = x0[j];
        expect_near(K_numbers[j], j ? 2 * x_j : 2 * x_j + 80 * x_j + 4 * x_j, 1e-14);
    }
    tad_var direction = tad_constant(tape, 1), moved;
    direction = tad_broadcast_to(direction, 1, (const int64_t[]){40});
    expect_ok(tad_jvp(J, 1, &few, &direction, &moved));
    ck_assert_double_eq(tad_value(tad_sum(moved)), 2 * 40 * 40);
    expect_no_error(tape);
    free(J_numbers);
    free(K_numbers);
    tad_tape_free(tape);
}
END_TEST

START_TEST(of_types_and_nothing)
{
    tad_tape *tape = tad_tape_new();
    float     half = 0.5f;
    tad_var   x = tad_tensor(tape, TAD_F32, 1, (const int64_t[]){1}, &half), s = tad_scalar(tape, 3), J;
    expect_ok(tad_jacobian(tad_mul(s, x), s, &J));
    ck_assert_int_eq(tad_dtype_of(J), TAD_F32);
    ck_assert_double_eq(tad_value(J), 0.5);
    expect_ok(tad_jacobian(tad_cast(x, TAD_F64), x, &J));
    ck_assert_int_eq(tad_dtype_of(J), TAD_F64);
    ck_assert_double_eq(tad_value(J), 1);
    tad_var none = tad_tensor(tape, TAD_F32, 2, (const int64_t[]){2, 0}, NULL);
    expect_ok(tad_jacobian(none, s, &J));
    expect_shape(J, 2, (const int64_t[]){2, 0});
    ck_assert_int_eq(tad_dtype_of(J), TAD_F32);
    expect_ok(tad_jacobian(s, none, &J));
    expect_shape(J, 2, (const int64_t[]){2, 0});
    expect_ok(tad_hessian(tad_sum(tad_square(none)), none, &J));
    expect_shape(J, 4, (const int64_t[]){2, 0, 2, 0});
    tad_tape_free(tape);
}
END_TEST

/* f = x0^2 x1 + x1^3 */
START_TEST(hessian_goes_on)
{
    tad_tape *tape = tad_tape_new();
    tad_var   x = vector(tape, 2, (const double[]){2, 3}), H, T;
    tad_var   x0 = tad_slice(x, 0, 0, 1), x1 = tad_slice(x, 0, 1, 2);
    tad_var   y = tad_sum(tad_add(tad_mul(tad_square(x0), x1), tad_mul(x1, tad_square(x1))));
    expect_ok(tad_hessian(y, x, &H));
    expect_values(H, 6, 4, 4, 18);
    expect_ok(tad_jacobian(H, x, &T));
    expect_shape(T, 3, (const int64_t[]){2, 2, 2});
    expect_values(T, 0, 2, 2, 0, 2, 0, 0, 6);
    expect_no_error(tape);
    tad_tape_free(tape);
}
END_TEST

/* ---- as numbers ---- */

/* Outputs of several shapes, of two inputs: recorded Jacobians block by block, against numbers. */
START_TEST(numbers_are_those_recorded)
{
    tad_tape     *tape = tad_tape_new();
    tad_var       w = matrix(tape, 2, 3, numbers), s = tad_scalar(tape, 0.75);
    tad_var       product = tad_tanh(tad_mul(s, tad_matmul(tad_transpose(w), w)));
    const tad_var x[] = {w, s};
    const tad_var y[] = {product, tad_sum(product), tad_constant(tape, 2), tad_slice(w, 1, 1, 2), s};
    enum { ROWS = 9 + 1 + 1 + 2 + 1, COLUMNS = 6 + 1 };
    double J[ROWS][COLUMNS], block[64];
    size_t mark = tad_tape_mark(tape);
    expect_ok(tad_read_jacobian(COUNT(y), y, COUNT(x), x, J[0], sizeof J));
    ck_assert_uint_eq(tad_tape_mark(tape), mark);
    for (size_t k = 0, row = 0; k < COUNT(y); row += (size_t)tad_count(y[k++]))
        for (size_t l = 0, column = 0; l < COUNT(x); column += (size_t)tad_count(x[l++])) {
            tad_var recorded;
            expect_ok(tad_jacobian(y[k], x[l], &recorded));
            expect_ok(tad_read(recorded, block, sizeof block));
            for (size_t i = 0; i < (size_t)tad_count(y[k]); i++)
                for (size_t j = 0; j < (size_t)tad_count(x[l]); j++)
                    expect_near(J[row + i][column + j], block[i * (size_t)tad_count(x[l]) + j], 1e-15);
        }
    expect_no_error(tape);
    tad_tape_free(tape);
}
END_TEST

/* Enough rows that columns are pushed: what they are is known. An operation without a rule in numbers is among them. */
START_TEST(tall)
{
    static const tad_op cube = {
        .name = "cube", .arity = 1, .shape = op_same_shape, .forward = op_cube, .vjp = op_cube_vjp};
    enum { N = 400 };
    static double c0[N], J[N + 1][3];
    for (size_t i = 0; i < N; i++)
        c0[i] = number(i);
    tad_tape     *tape = tad_tape_new();
    tad_var       a = tad_scalar(tape, 0.5), b = vector(tape, 1, numbers + 3), c = vector(tape, N, c0);
    tad_var       u = tad_add(tad_mul(a, c), tad_square(b));
    const tad_var y[] = {apply_one(&cube, u), tad_mul(a, tad_sum(b))}, x[] = {a, b, a};
    expect_ok(tad_read_jacobian(2, y, 3, x, J[0], sizeof J));
    for (size_t i = 0; i < N; i++) {
        double at = 0.5 * c0[i] + 0.75 * 0.75;
        expect_near(J[i][0], 3 * at * at * c0[i], 1e-14);
        expect_near(J[i][1], 3 * at * at * 1.5, 1e-14);
        ck_assert_double_eq(J[i][2], J[i][0]); /* named twice */
    }
    ck_assert_double_eq(J[N][0], 0.75);
    ck_assert_double_eq(J[N][1], 0.5);
    expect_no_error(tape);
    tad_tape_free(tape);
}
END_TEST

/* x[1] is made of x[0]: x[0] acts through it, too, both by rows and by columns. */
START_TEST(one_made_of_another)
{
    tad_tape *tape = tad_tape_new();
    tad_var   x0 = tad_scalar(tape, 2), x1 = tad_square(x0), y[500];
    double    J[500][2];
    for (size_t i = 0; i < COUNT(y); i++)
        y[i] = tad_mul(tad_mul(x0, x1), tad_constant(tape, (double)i));
    for (size_t m = 1; m <= COUNT(y); m += COUNT(y) - 1) {
        expect_ok(tad_read_jacobian(m, y, 2, (const tad_var[]){x0, x1}, J[0], sizeof J));
        for (size_t i = 0; i < m; i++) {
            ck_assert_double_eq(J[i][0], 12 * (double)i); /* of x^3 */
            ck_assert_double_eq(J[i][1], 2 * (double)i);
        }
    }
    tad_tape_free(tape);
}
END_TEST

/* Infinite and undefined derivatives stay in their own entries. */
START_TEST(infinite_derivatives)
{
    tad_tape *tape = tad_tape_new();
    tad_var   x = vector(tape, 3, (const double[]){0, 4, 0}), y = tad_sqrt(x);
    double    J[9], tall_J[3 * 500];
    tad_var   many[500];
    expect_ok(tad_read_jacobian(1, &y, 1, &x, J, sizeof J));
    for (size_t i = 0; i < 9; i++)
        ck_assert(J[i] == (i == 4 ? 0.25 : i % 4 == 0 ? HUGE_VAL : 0));
    for (size_t i = 0; i < COUNT(many); i++)
        many[i] = tad_sum(tad_slice(y, 0, (int64_t)i % 3, (int64_t)i % 3 + 1));
    expect_ok(tad_read_jacobian(COUNT(many), many, 1, &x, tall_J, sizeof tall_J));
    for (size_t i = 0; i < COUNT(many); i++)
        for (size_t j = 0; j < 3; j++)
            ck_assert(tall_J[i * 3 + j] == (i % 3 != j ? 0 : j == 1 ? 0.25 : HUGE_VAL));
    tad_tape_free(tape);
}
END_TEST

/* ---- Hessian ---- */

enum { DENSE = 100 };

/* (sum over i of sin(x[i]) cos(i))^2 exp(-mean(x^2)) + sum over i of tanh(x[i] x[i + 1] / 2) */
static tad_var dense(tad_var x)
{
    double  c[DENSE];
    int64_t n = DENSE;
    for (size_t i = 0; i < DENSE; i++)
        c[i] = cos((double)i);
    tad_var s = tad_sum(tad_mul(tad_sin(x), tad_tensor_constant(x.tape, TAD_F64, 1, &n, c)));
    tad_var neighbours = tad_mul(tad_slice(x, 0, 0, DENSE - 1), tad_slice(x, 0, 1, DENSE));
    return tad_add(tad_mul(tad_square(s), tad_exp(tad_neg(tad_mean(tad_square(x))))),
                   tad_sum(tad_tanh(tad_mul(neighbours, tad_constant(x.tape, 0.5)))));
}

START_TEST(dense_hessian)
{
    static double x0[DENSE], H[DENSE][DENSE], recorded[DENSE][DENSE], scalars[DENSE][DENSE], v0[DENSE], Hv[DENSE];
    tad_tape     *tape = tad_tape_new();
    tad_var       r, v, hv, each[DENSE];
    for (size_t i = 0; i < DENSE; i++) {
        x0[i] = number(i);
        v0[i] = number(i + 50);
        each[i] = tad_scalar(tape, x0[i]);
    }
    tad_var x = vector(tape, DENSE, x0), y = dense(x);
    expect_ok(tad_read_hessian(y, 1, &x, H[0], sizeof H));
    expect_ok(tad_hessian(y, x, &r));
    expect_ok(tad_read(r, recorded, sizeof recorded));
    v = vector(tape, DENSE, v0);
    expect_ok(tad_hvp(y, 1, &x, &v, &hv));
    expect_ok(tad_read(hv, Hv, sizeof Hv));
    tad_var sum = tad_constant(tape, 0), squares = sum, products = sum;
    for (size_t i = 0; i < DENSE; i++) {
        sum = tad_add(sum, tad_mul(tad_sin(each[i]), tad_constant(tape, cos((double)i))));
        squares = tad_add(squares, tad_div(tad_square(each[i]), tad_constant(tape, DENSE)));
        if (i > 0)
            products = tad_add(products, tad_tanh(tad_mul(tad_mul(each[i - 1], each[i]), tad_constant(tape, 0.5))));
    }
    tad_var again = tad_add(tad_mul(tad_square(sum), tad_exp(tad_neg(squares))), products);
    expect_ok(tad_read_hessian(again, DENSE, each, scalars[0], sizeof scalars));
    double largest = 0;
    for (size_t i = 0; i < DENSE; i++)
        for (size_t j = 0; j < DENSE; j++)
            largest = fmax(largest, fabs(H[i][j]));
    ck_assert_double_gt(largest, 0.1);
    for (size_t i = 0; i < DENSE; i++) {
        double row = 0;
        for (size_t j = 0; j < DENSE; j++) {
            row += H[i][j] * v0[j];
            ck_assert_double_le(fabs(H[i][j] - H[j][i]), 1e-12 * largest);
            ck_assert_double_le(fabs(recorded[i][j] - recorded[j][i]), 1e-12 * largest);
            ck_assert_double_le(fabs(H[i][j] - recorded[i][j]), 1e-12 * largest);
            ck_assert_double_le(fabs(H[i][j] - scalars[i][j]), 1e-12 * largest);
        }
        expect_near(row, Hv[i], 1e-12);
    }
    expect_no_error(tape);
    tad_tape_free(tape);
}
END_TEST

/* ---- memory ---- */

START_TEST(steady)
{
    static double J[500 * 2], H[4];
    heap          h = {0};
    tad_tape     *tape = heap_tape(&h);
    size_t        calls = 0;
    for (int step = 0; step < 20; step++) {
        tad_tape_rewind(tape, 0);
        tad_var x = vector(tape, 2, numbers), y[500];
        for (size_t i = 0; i < COUNT(y); i++)
            y[i] = tad_sum(tad_pow(tad_softplus(x), tad_constant(tape, (double)i / 200)));
        tad_var sum = tad_sum(tad_square(tad_matmul(x, tad_reshape(tad_exp(x), 2, (const int64_t[]){2, 1}))));
        expect_ok(tad_read_jacobian(3, y, 1, &x, J, sizeof J));
        expect_ok(tad_read_jacobian(COUNT(y), y, 1, &x, J, sizeof J));
        expect_ok(tad_read_hessian(sum, 1, &x, H, sizeof H));
        if (step == 1)
            calls = h.calls;
    }
    ck_assert_uint_eq(h.calls, calls);
    tad_tape_free(tape);
    ck_assert_uint_eq(h.blocks, 0);
}
END_TEST

/* Jacobians of a long tape's end do not walk its beginning. */
START_TEST(at_the_end_of_a_long_tape)
{
    enum { LONG = SANITIZED ? 100000 : 1000000, TIMES = SANITIZED ? 200 : 20000 };
    tad_tape *tape = tad_tape_new();
    tad_var   z = tad_scalar(tape, 0.5);
    for (int i = 0; i < LONG; i++)
        z = tad_sin(z);
    tad_var x = tad_add(z, tad_constant(tape, 1)), y = tad_square(x), J;
    double  slope = 0;
    for (int i = 0; i < TIMES; i++) { /* hours, if each walked the tape */
        expect_ok(tad_read_jacobian(1, &y, 1, &x, &slope, sizeof slope));
        ck_assert_double_eq(slope, 2 * tad_value(x));
        if (i % 10 == 0)
            expect_ok(tad_jacobian(y, x, &J));
    }
    expect_ok(tad_backward(y)); /* after sweeps of a part */
    ck_assert_double_eq(tad_grad(x), slope);
    tad_tape_free(tape);
}
END_TEST

/* ---- errors ---- */

/* ---- through checkpoints ---- */

static int calls;

/* x tanh(x w), where w reverses a vector of 4. */
static tad_var inner(void *user, size_t n, const tad_var x[])
{
    (void)user, (void)n;
    calls++;
    static const double reversal[16] = {[3] = 1, [6] = 1, [9] = 1, [12] = 1};
    tad_var             w = tad_tensor_constant(x[0].tape, TAD_F64, 2, (const int64_t[]){4, 4}, reversal);
    return tad_mul(x[0], tad_tanh(tad_matmul(x[0], w)));
}

static tad_var checkpointed(void *user, size_t n, const tad_var x[])
{
    tad_var a = tad_sin(tad_checkpoint(inner, user, n, x));
    return tad_mul(a, tad_slice(x[0], 0, 0, 1)); /* scalars and tensors */
}

static void step(void *user, size_t i, const tad_var state[], const tad_var params[], tad_var next[])
{
    (void)user, (void)i, (void)params;
    next[0] = inner(NULL, 1, state);
}

typedef struct matrices {
    double recorded[16], hessian[16], rows[16], columns[64 * 4], sparse[16], numbers[16];
} matrices;

static void keep_entries(double to[], const tad_sparse *from)
{
    for (size_t i = 0; i < from->rows; i++)
        for (size_t k = from->row_start[i]; k < from->row_start[i + 1]; k++)
            to[i * from->columns + from->column[k]] = from->value[k];
}

static void read_matrices(tad_var y, tad_var x, matrices *to)
{
    tad_tape  *tape = x.tape;
    size_t     mark = tad_tape_mark(tape);
    tad_sparse J = {0};
    tad_var    d, z = tad_sum(tad_square(y)), repeated = tad_broadcast_to(y, 2, (const int64_t[]){16, 4});
    expect_ok(tad_jacobian(y, x, &d));
    expect_ok(tad_read(d, to->recorded, sizeof to->recorded));
    expect_ok(tad_hessian(z, x, &d));
    expect_ok(tad_read(d, to->hessian, sizeof to->hessian));
    expect_ok(tad_read_jacobian(1, &y, 1, &x, to->rows, sizeof to->rows));
    expect_ok(tad_read_jacobian(1, &repeated, 1, &x, to->columns, sizeof to->columns));
    expect_ok(tad_read_hessian(z, 1, &x, to->numbers, sizeof to->numbers));
    expect_ok(tad_sparse_jacobian(1, &y, 1, &x, &J));
    keep_entries(to->sparse, &J);
    tad_sparse_free(&J);
    tad_tape_rewind(tape, mark);
}

/* Are they what they are without checkpoints? By sweeps to the bits; recorded derivatives sum in another order. */
static void expect_same_matrices(tad_var with, tad_var without, tad_var x)
{
    matrices found = {0}, expected = {0};
    read_matrices(with, x, &found);
    read_matrices(without, x, &expected);
    const double *a = (const double *)&found, *b = (const double *)&expected;
    ck_assert(b[0] != 0 && expected.hessian[3] != 0);
    ck_assert_mem_eq(found.rows, expected.rows, sizeof found.rows);
    ck_assert_mem_eq(found.sparse, expected.sparse, sizeof found.sparse);
    for (size_t i = 0; i < sizeof found / sizeof *a; i++)
        ck_assert_msg(fabs(a[i] - b[i]) <= 4 * DBL_EPSILON * fmax(1, fabs(b[i])),
                      "number %zu is %.17g; without checkpoints %.17g", i, a[i], b[i]);
}

START_TEST(through_checkpoints)
{
    tad_tape     *tape = tad_tape_new();
    tad_var       x = vector(tape, 4, numbers), out, state;
    tad_loop_args loop = {.step = step, .steps = 7, .snapshots = 2, .state_count = 1, .state = &x};
    tad_var       plain = tad_mul(tad_sin(inner(NULL, 1, &x)), tad_slice(x, 0, 0, 1));
    expect_same_matrices(tad_checkpoint(checkpointed, NULL, 1, &x), plain, x);
    expect_ok(tad_loop(&loop, &out));
    state = x;
    for (size_t i = 0; i < loop.steps; i++)
        step(NULL, i, &state, NULL, &state);
    expect_same_matrices(out, state, x);
    expect_no_error(tape);
    tad_tape_free(tape);
}
END_TEST

/* A sweep that ends at the result of a checkpoint does not look into it, and neither does one that ends above its operands. */
START_TEST(down_to_a_checkpoint)
{
    tad_tape *tape = tad_tape_new();
    tad_var   x = vector(tape, 4, numbers), a = tad_checkpoint(inner, NULL, 1, &x), b = tad_scalar(tape, 2);
    tad_var   c = tad_checkpoint(inner, NULL, 1, &a), y = tad_mul(tad_add(c, a), b);
    double    J[4 * 5];
    calls = 0;
    expect_ok(tad_read_jacobian(1, &y, 1, &b, J, 4 * sizeof *J));
    ck_assert_int_eq(calls, 0);
    expect_ok(tad_read_jacobian(1, &y, 2, (const tad_var[]){c, b}, J, sizeof J));
    ck_assert_int_eq(calls, 0);
    expect_values(tad_add(c, a), J[4], J[9], J[14], J[19]);
    ck_assert(J[0] == 2 && J[6] == 2 && J[12] == 2 && J[18] == 2);
    expect_ok(tad_read_jacobian(1, &y, 1, &a, J, 16 * sizeof *J)); /* through c alone */
    ck_assert_int_eq(calls, 4);
    expect_no_error(tape);
    tad_tape_free(tape);
}
END_TEST

START_TEST(errors)
{
    tad_tape *tape = tad_tape_new();
    tad_var   x = vector(tape, 2, numbers), y = tad_square(x), c = tad_constant(tape, 1), J;
    tad_var   indices = tad_tensor_constant(tape, TAD_I64, 1, (const int64_t[]){1}, (const int64_t[]){3});
    tad_var   deep = tad_reshape(x, 5, (const int64_t[]){1, 1, 1, 1, 2});
    double    room[4];
    size_t    mark = tad_tape_mark(tape);
    ck_assert_int_eq(tad_jacobian(deep, deep, &J), TAD_ESHAPE);
    ck_assert(!tad_is_valid(J));
    expect_error(tape, TAD_ESHAPE, "tad_jacobian: values of rank 5 and 5 give one of rank 10; at most 8");
    ck_assert_int_eq(tad_jacobian(indices, x, &J), TAD_EDTYPE);
    expect_error(tape, TAD_EDTYPE, "tad_jacobian: y[0] holds indices (i64)");
    ck_assert_int_eq(tad_jacobian(y, indices, &J), TAD_EDTYPE);
    expect_error(tape, TAD_EDTYPE, "tad_jacobian: x[0] holds indices (i64)");
    ck_assert_int_eq(tad_jacobian(y, x, NULL), TAD_EARG);
    expect_error(tape, TAD_EARG, "tad_jacobian: there is no place for the result (NULL)");
    ck_assert_int_eq(tad_hessian(y, x, &J), TAD_ESHAPE);
    expect_error(tape, TAD_ESHAPE, "tad_hessian: the value has 2 elements; expected one");
    ck_assert_int_eq(tad_read_hessian(y, 1, &x, room, sizeof room), TAD_ESHAPE);
    expect_error(tape, TAD_ESHAPE, "tad_read_hessian: the value has 2 elements; expected one");
    ck_assert_int_eq(tad_read_jacobian(1, &y, 1, &x, room, sizeof room - 1), TAD_EARG);
    expect_error(tape, TAD_EARG, "tad_read_jacobian: 31 bytes of room; 2 rows of 2 numbers have 32");
    ck_assert_int_eq(tad_read_jacobian(1, &y, 1, &x, NULL, sizeof room), TAD_EARG);
    expect_error(tape, TAD_EARG, "tad_read_jacobian: 32 bytes at NULL; 2 rows of 2 numbers have 32");
    ck_assert_int_eq(tad_read_jacobian(1, &y, 1, &c, room, sizeof room), TAD_EARG);
    expect_error(tape, TAD_EARG, "tad_read_jacobian: x[0] does not depend on a differentiable leaf");
    ck_assert_int_eq(tad_read_jacobian(1, NULL, 1, &x, room, sizeof room), TAD_EARG);
    expect_error(tape, TAD_EARG, "tad_read_jacobian: y or x is NULL; expected 1 and 1 handles");
    ck_assert_int_eq(tad_read_jacobian(0, NULL, 0, NULL, NULL, 0), TAD_EARG); /* no tape to keep it */
    expect_no_error(tape);
    expect_ok(tad_read_jacobian(0, NULL, 1, &x, NULL, 0));
    expect_ok(tad_read_jacobian(1, &y, 0, NULL, NULL, 0));
    ck_assert_uint_eq(tad_tape_mark(tape), mark);
    expect_no_error(tape);
    tad_tape_free(tape);
}
END_TEST

START_TEST(adjoints_of_the_last_sweep_are_lost)
{
    tad_tape *tape = tad_tape_new();
    tad_var   x = tad_scalar(tape, 3), y = tad_square(x);
    double    J;
    expect_ok(tad_backward(y));
    expect_ok(tad_read_jacobian(1, &y, 1, &x, &J, sizeof J));
    ck_assert(isnan(tad_grad(x)));
    expect_error(tape, TAD_EARG, "tad_grad: there are no adjoints");
    tad_tape_free(tape);
}
END_TEST

Suite *jacobian_suite(void)
{
    Suite *suite = suite_create("jacobian");
    TCase *tests = tcase_create("jacobian");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, of_a_product);
    tcase_add_test(tests, of_scalars);
    tcase_add_test(tests, of_many);
    tcase_add_test(tests, of_types_and_nothing);
    tcase_add_test(tests, hessian_goes_on);
    tcase_add_test(tests, numbers_are_those_recorded);
    tcase_add_test(tests, tall);
    tcase_add_test(tests, one_made_of_another);
    tcase_add_test(tests, infinite_derivatives);
    tcase_add_test(tests, dense_hessian);
    tcase_add_test(tests, steady);
    tcase_add_test(tests, at_the_end_of_a_long_tape);
    tcase_add_test(tests, through_checkpoints);
    tcase_add_test(tests, down_to_a_checkpoint);
    tcase_add_test(tests, errors);
    tcase_add_test(tests, adjoints_of_the_last_sweep_are_lost);
    suite_add_tcase(suite, tests);
    return suite;
}
