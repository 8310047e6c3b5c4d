/* Reductions and cumulative operations against loops that know nothing of strides: small whole numbers, bit for bit, over
 * every set of axes, every layout and both element types. */
#include "suites.h"
#include "support.h"

#include <tad/op.h>

#include <math.h>
#include <string.h>

enum { MOST = 128 };

/* ---- operands: whole numbers in C order, and the same as a view ---- */

typedef enum layout { PLAIN, TRANSPOSED, SLICED, REPEATED, LAYOUTS } layout;

typedef struct operand {
    int     rank;
    int64_t dims[TAD_MAX_RANK], count;
    double  numbers[MOST];
    tad_var leaf, x;
} operand;

static int64_t product_of(int n, const int64_t dims[])
{
    int64_t count = 1;
    for (int i = 0; i < n; i++)
        count *= dims[i];
    return count;
}

static tad_var tensor(tad_tape *tape, tad_dtype dtype, int rank, const int64_t dims[], const double numbers[])
{
    float floats[2 * MOST];
    for (int64_t i = 0; i < product_of(rank, dims); i++)
        floats[i] = (float)numbers[i];
    return tad_tensor(tape, dtype, rank, dims, dtype == TAD_F32 ? (const void *)floats : (const void *)numbers);
}

/* The value, or the adjoint, as doubles. */
static void read_doubles(tad_var x, tad_status read(tad_var, void *, size_t), double out[])
{
    float floats[2 * MOST];
    bool  f32 = tad_dtype_of(x) == TAD_F32;
    expect_ok(read(x, f32 ? (void *)floats : (void *)out, 2 * MOST * (f32 ? sizeof *floats : sizeof *out)));
    for (int64_t i = 0; i < tad_count(x) && f32; i++)
        out[i] = (double)floats[i];
}

/* Numbers from -range to range, many of which tie, and some of which are 0. */
static int64_t whole(uint64_t *seed, int64_t range)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (int64_t)(*seed >> 33) % (2 * range + 1) - range;
}

static void make(operand *to, tad_tape *tape, tad_dtype dtype, const char *shape, layout how, int64_t range,
                 uint64_t *seed)
{
    double  data[2 * MOST], numbers[2 * MOST];
    int64_t dims[TAD_MAX_RANK] = {0};
    to->rank = (int)strlen(shape);
    for (int i = 0; i < to->rank; i++)
        dims[i] = to->dims[i] = shape[i] - '0';
    int last = to->rank - 1;
    if (how == TRANSPOSED) {
        dims[last] = to->dims[last - 1];
        dims[last - 1] = to->dims[last];
    } else if (how == SLICED) {
        dims[last] += 2;
    } else if (how == REPEATED) {
        dims[0] = 1;
    }
    for (int64_t i = 0; i < product_of(to->rank, dims); i++)
        data[i] = (double)whole(seed, range);
    to->leaf = to->x = tensor(tape, dtype, to->rank, dims, data);
    if (how == TRANSPOSED)
        to->x = tad_transpose(to->leaf);
    else if (how == SLICED)
        to->x = tad_slice(to->leaf, -1, 1, 1 + to->dims[last]);
    else if (how == REPEATED)
        to->x = tad_broadcast_to(to->leaf, to->rank, to->dims);
    to->count = product_of(to->rank, to->dims);
    read_doubles(to->x, tad_read, numbers);
    memcpy(to->numbers, numbers, sizeof to->numbers);
}

static const char *const shapes[] = {"", "1", "7", "9", "35", "53", "234", "314", "2323", "20", "022"};

static bool fits(const char *shape, layout how)
{
    static const size_t least[] = {0, 2, 1, 1};
    return strlen(shape) >= least[how] && !(how == REPEATED && shape[0] == '0');
}

/* ---- groups ---- */

/* Which group each element is in, groups in C order. Returns their number. */
static int64_t find_groups(const operand *x, unsigned reduced, int64_t of[])
{
    int64_t groups = 1;
    for (int i = 0; i < x->rank; i++)
        groups *= reduced >> i & 1 ? 1 : x->dims[i];
    for (int64_t e = 0; e < x->count; e++) {
        int64_t rest = e, weight = 1;
        of[e] = 0;
        for (int i = x->rank - 1; i >= 0; i--) {
            if (!(reduced >> i & 1)) {
                of[e] += rest % x->dims[i] * weight;
                weight *= x->dims[i];
            }
            rest /= x->dims[i];
        }
    }
    return groups;
}

/* Value and gradient of one group of numbers, for a cotangent of g. */
typedef double loop(int n, const double x[], double g, double gx[]);

static double loop_sum(int n, const double x[], double g, double gx[])
{
    double y = 0;
    for (int i = 0; i < n; i++) {
        y += x[i];
        gx[i] = g;
    }
    return y;
}

static double loop_mean(int n, const double x[], double g, double gx[])
{
    double y = loop_sum(n, x, g * (1. / (n ? n : 1)), gx);
    return y / (n ? n : 1);
}

static double loop_prod(int n, const double x[], double g, double gx[])
{
    double y = 1;
    for (int i = 0; i < n; i++) {
        y *= x[i];
        gx[i] = g;
        for (int k = 0; k < n; k++)
            gx[i] *= k == i ? 1 : x[k];
    }
    return y;
}

static double loop_max(int n, const double x[], double g, double gx[])
{
    double y = x[0];
    int    ties = 0;
    for (int i = 1; i < n; i++)
        y = x[i] > y ? x[i] : y;
    for (int i = 0; i < n; i++)
        ties += x[i] == y;
    for (int i = 0; i < n; i++)
        gx[i] = x[i] == y ? g / ties : 0;
    return y;
}

static double loop_min(int n, const double x[], double g, double gx[])
{
    double negative[MOST];
    for (int i = 0; i < n; i++)
        negative[i] = -x[i];
    return -loop_max(n, negative, g, gx);
}

static const struct {
    const char *name;
    tad_var (*all)(tad_var x);
    tad_var (*axes)(tad_var x, int n, const int axes[], bool keepdims);
    loop *naive;
    int   range;
    bool  needs_elements;
    int   gradient_ulps; /* where the gradient has quotients, which the loop may round elsewhere */
} reductions[] = {
    {"sum", tad_sum, tad_sum_axes, loop_sum, 9, false, 0},
    {"mean", tad_mean, tad_mean_axes, loop_mean, 9, false, 2},
    {"prod", tad_prod, tad_prod_axes, loop_prod, 2, false, 0},
    {"max", tad_max, tad_max_axes, loop_max, 3, true, 2},
    {"min", tad_min, tad_min_axes, loop_min, 3, true, 2},
};

static void expect_equal(const char *name, const char *what, const operand *x, unsigned reduced, int64_t n,
                         const double found[], const double expected[], double tolerance)
{
    for (int64_t i = 0; i < n; i++)
        ck_assert_msg(fabs(found[i] - expected[i]) <= tolerance * fabs(expected[i]),
                      "%s of rank %d, axes %#x: %s, element %d is %.17g, expected %.17g", name, x->rank, reduced, what,
                      (int)i, found[i], expected[i]);
}

/* What the gradient of the operand comes to at its leaf. */
static void gradient_at_leaf(const operand *x, layout how, const double gx[], double out[])
{
    int64_t rows = x->rank ? x->dims[0] : 1, row = rows ? x->count / rows : 0;
    memset(out, 0, 2 * MOST * sizeof *out);
    for (int64_t i = 0; i < x->count; i++)
        out[how == REPEATED ? i % row : i] += gx[i];
}

static void check_gradient(const char *name, const operand *x, layout how, unsigned reduced, tad_var y,
                           const double weights[], const double gx[], int ulps)
{
    double  found[2 * MOST], expected[2 * MOST];
    int64_t dims[TAD_MAX_RANK];
    tad_var of = how == REPEATED ? x->leaf : x->x, recorded;
    for (int i = 0; i < tad_rank(y); i++)
        dims[i] = tad_dim(y, i);
    tad_var w = tensor(y.tape, tad_dtype_of(y), tad_rank(y), dims, weights);
    double  tolerance = ulps * (how == REPEATED ? 8 : 1) * (tad_dtype_of(y) == TAD_F32 ? 0x1p-24 : 0x1p-53);
    gradient_at_leaf(x, how, gx, expected);
    expect_ok(tad_vjp(y, w, 1, &of, &recorded));
    read_doubles(recorded, tad_read, found);
    expect_equal(name, "gradient by tad_vjp", x, reduced, tad_count(of), found, expected, tolerance);
    expect_ok(tad_backward(tad_sum(tad_mul(y, w))));
    read_doubles(of, tad_read_grad, found);
    expect_equal(name, "gradient by tad_backward", x, reduced, tad_count(of), found, expected, tolerance);
}

static void check_reduction(int which, const operand *x, layout how, unsigned reduced, bool keepdims, tad_var y)
{
    int64_t of[MOST], groups = find_groups(x, reduced, of);
    double  expected[MOST], found[2 * MOST], gx[MOST], weights[MOST];
    for (int64_t group = 0; group < groups; group++) {
        double numbers[MOST], g[MOST];
        int    at[MOST], n = 0;
        for (int e = 0; e < x->count; e++)
            if (of[e] == group) {
                at[n] = e;
                numbers[n++] = x->numbers[e];
            }
        weights[group] = (double)(group % 5 + 1); /* of one sign: shares do not cancel */
        expected[group] = reductions[which].naive(n, numbers, weights[group], g);
        for (int i = 0; i < n; i++)
            gx[at[i]] = g[i];
    }
    const char *name = reductions[which].name;
    ck_assert_msg(tad_is_valid(y), "%s: %s", name, tad_tape_message(x->x.tape));
    ck_assert_int_eq(tad_count(y), groups);
    int rank = 0;
    for (int i = 0; i < x->rank; i++) {
        bool gone = reduced >> i & 1;
        if (!gone || keepdims)
            ck_assert_int_eq(tad_dim(y, rank++), gone ? 1 : x->dims[i]);
    }
    ck_assert_int_eq(tad_rank(y), rank);
    read_doubles(y, tad_read, found);
    /* the quotient in double is what a float mean is rounded from */
    for (int64_t i = 0; i < groups && tad_dtype_of(y) == TAD_F32; i++)
        expected[i] = (double)(float)expected[i];
    expect_equal(name, "value", x, reduced, groups, found, expected, 0);
    check_gradient(name, x, how, reduced, y, weights, gx, reductions[which].gradient_ulps);
}

START_TEST(reductions_against_loops)
{
    uint64_t  seed = 1 + (uint64_t)_i;
    tad_tape *tape = tad_tape_new();
    tad_dtype dtypes[] = {TAD_F64, TAD_F32};
    int       checked = 0;
    for (size_t at = 0; at < COUNT(shapes) * LAYOUTS * 2; at++) {
        const char *shape = shapes[at / LAYOUTS / 2];
        layout      how = (layout)(at / 2 % LAYOUTS);
        operand     x;
        if (!fits(shape, how))
            continue;
        for (unsigned reduced = 0; reduced < 1u << strlen(shape); reduced++) {
            int  axes[TAD_MAX_RANK], n = 0;
            bool keepdims = (reduced + at / 2) % 2, empty = false;
            for (int i = (int)strlen(shape) - 1; i >= 0; i--)
                if (reduced >> i & 1) {
                    axes[n++] = reduced % 3 ? i : i - (int)strlen(shape); /* some from the end */
                    empty |= shape[i] == '0';
                }
            if (empty && reductions[_i].needs_elements)
                continue;
            tad_tape_rewind(tape, 0);
            make(&x, tape, dtypes[at % 2], shape, how, reductions[_i].range, &seed);
            check_reduction(_i, &x, how, reduced, keepdims, reductions[_i].axes(x.x, n, axes, keepdims));
            if (reduced == (1u << x.rank) - 1)
                check_reduction(_i, &x, how, reduced, false, reductions[_i].all(x.x));
            checked++;
        }
    }
    expect_no_error(tape);
    ck_assert_int_ge(checked, 300);
    tad_tape_free(tape);
}
END_TEST

/* ---- along an axis ---- */

/* Values and gradients of a line: y, and for cotangents gy those of a and b. */
typedef void line_loop(int n, const double a[], const double b[], const double gy[], double y[], double ga[],
                       double gb[]);

static void line_cumsum(int n, const double a[], const double b[], const double gy[], double y[], double ga[],
                        double gb[])
{
    (void)b, (void)gb;
    for (int i = 0; i < n; i++) {
        y[i] = ga[i] = 0;
        for (int k = 0; k <= i; k++)
            y[i] += a[k];
        for (int k = i; k < n; k++)
            ga[i] += gy[k];
    }
}

static void line_cumprod(int n, const double a[], const double b[], const double gy[], double y[], double ga[],
                         double gb[])
{
    (void)b, (void)gb;
    for (int i = 0; i < n; i++) {
        y[i] = 1;
        ga[i] = 0;
        for (int k = 0; k <= i; k++)
            y[i] *= a[k];
        for (int k = i; k < n; k++) {
            double others = gy[k];
            for (int j = 0; j <= k; j++)
                others *= j == i ? 1 : a[j];
            ga[i] += others;
        }
    }
}

/* y[k] = sum over i <= k of b[i] a[i + 1] ... a[k] */
static void line_recurrence(int n, const double a[], const double b[], const double gy[], double y[], double ga[],
                            double gb[])
{
    for (int i = 0; i < n; i++)
        y[i] = ga[i] = gb[i] = 0;
    for (int k = 0; k < n; k++)
        for (int i = 0; i <= k; i++) {
            double factor = 1;
            for (int j = i + 1; j <= k; j++)
                factor *= a[j];
            y[k] += b[i] * factor;
            gb[i] += gy[k] * factor;
            for (int l = i + 1; l <= k; l++) {
                double others = b[i] * gy[k];
                for (int j = i + 1; j <= k; j++)
                    others *= j == l ? 1 : a[j];
                ga[l] += others;
            }
        }
}

static tad_var cumsum(tad_var a, tad_var b, int axis)
{
    (void)b;
    return tad_cumsum(a, axis);
}

static tad_var cumprod(tad_var a, tad_var b, int axis)
{
    (void)b;
    return tad_cumprod(a, axis);
}

static const struct {
    const char *name;
    tad_var (*record)(tad_var a, tad_var b, int axis);
    line_loop *naive;
    bool       binary;
} lines[] = {{"cumsum", cumsum, line_cumsum, false},
             {"cumprod", cumprod, line_cumprod, false},
             {"linear_recurrence", tad_linear_recurrence, line_recurrence, true}};

static void check_line(int which, const operand *a, const operand *b, layout how, int axis, tad_var y)
{
    int64_t of[MOST], groups = find_groups(a, 1u << axis, of);
    double  expected[MOST], found[2 * MOST], ga[MOST], gb[MOST], weights[MOST];
    for (int64_t i = 0; i < a->count; i++)
        weights[i] = (double)(i % 5 - 2);
    for (int64_t group = 0; group < groups; group++) {
        double x[2][MOST], gy[MOST], out[MOST], g[2][MOST];
        int    at[MOST], n = 0;
        for (int e = 0; e < a->count; e++)
            if (of[e] == group) {
                at[n] = e;
                gy[n] = weights[e];
                x[0][n] = a->numbers[e];
                x[1][n++] = b->numbers[e];
            }
        lines[which].naive(n, x[0], x[1], gy, out, g[0], g[1]);
        for (int i = 0; i < n; i++) {
            expected[at[i]] = out[i];
            ga[at[i]] = g[0][i];
            gb[at[i]] = lines[which].binary ? g[1][i] : 0;
        }
    }
    ck_assert_msg(tad_is_valid(y), "%s: %s", lines[which].name, tad_tape_message(a->x.tape));
    ck_assert_int_eq(tad_count(y), a->count);
    read_doubles(y, tad_read, found);
    expect_equal(lines[which].name, "value", a, 1u << axis, a->count, found, expected, 0);
    check_gradient(lines[which].name, a, how, 1u << axis, y, weights, ga, 0);
    check_gradient(lines[which].name, b, how, 1u << axis, y, weights, gb, 0);
}

START_TEST(lines_against_loops)
{
    uint64_t  seed = 1 + (uint64_t)_i;
    tad_tape *tape = tad_tape_new();
    tad_dtype dtypes[] = {TAD_F64, TAD_F32};
    int       checked = 0;
    for (size_t at = 0; at < COUNT(shapes) * LAYOUTS * 2; at++) {
        const char *shape = shapes[at / LAYOUTS / 2];
        layout      how = (layout)(at / 2 % LAYOUTS);
        operand     a, b;
        if (!fits(shape, how))
            continue;
        for (int axis = 0; axis < (int)strlen(shape); axis++) {
            tad_tape_rewind(tape, 0);
            make(&a, tape, dtypes[at % 2], shape, how, 2, &seed);
            make(&b, tape, dtypes[at % 2], shape, how, 2, &seed);
            tad_var y = lines[_i].record(a.x, b.x, at % 4 < 2 ? axis : axis - a.rank);
            check_line(_i, &a, &b, how, axis, y);
            checked++;
        }
    }
    expect_no_error(tape);
    ck_assert_int_ge(checked, 100);
    tad_tape_free(tape);
}
END_TEST

/* ---- where the extreme is ---- */

START_TEST(indices_against_loops)
{
    uint64_t  seed = 1;
    bool      greatest = _i == 0;
    tad_tape *tape = tad_tape_new();
    for (size_t at = 0; at < COUNT(shapes) * LAYOUTS * 2; at++) {
        const char *shape = shapes[at / LAYOUTS / 2];
        layout      how = (layout)(at / 2 % LAYOUTS);
        operand     x;
        for (int axis = 0; axis < (int)strlen(shape) && fits(shape, how); axis++) {
            int64_t of[MOST], found[MOST];
            if (shape[axis] == '0')
                continue;
            tad_tape_rewind(tape, 0);
            make(&x, tape, at % 2 ? TAD_F32 : TAD_F64, shape, how, 2, &seed);
            bool    keepdims = (at + (size_t)axis) % 3 == 0;
            tad_var y = (greatest ? tad_argmax : tad_argmin)(x.x, axis - x.rank, keepdims);
            int64_t groups = find_groups(&x, 1u << axis, of);
            ck_assert(tad_is_valid(y) && tad_dtype_of(y) == TAD_I64 && !tad_is_differentiable(y));
            ck_assert_int_eq(tad_rank(y), x.rank - (keepdims ? 0 : 1));
            ck_assert_int_eq(tad_count(y), groups);
            expect_ok(tad_read(y, found, sizeof found));
            for (int64_t group = 0; group < groups; group++) {
                int64_t best = 0, n = 0;
                double  number = 0;
                for (int64_t e = 0; e < x.count; e++) {
                    double sign = greatest ? 1 : -1;
                    if (of[e] != group)
                        continue;
                    if (n == 0 || sign * x.numbers[e] > sign * number) {
                        best = n;
                        number = x.numbers[e];
                    }
                    n++;
                }
                ck_assert_int_eq(found[group], best);
            }
        }
    }
    expect_no_error(tape);
    tad_tape_free(tape);
}
END_TEST

Suite *reductions_suite(void)
{
    Suite *suite = suite_create("reductions");
    TCase *tests = tcase_create("against loops");
    tcase_add_loop_test(tests, reductions_against_loops, 0, (int)COUNT(reductions));
    tcase_add_loop_test(tests, lines_against_loops, 0, (int)COUNT(lines));
    tcase_add_loop_test(tests, indices_against_loops, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}
