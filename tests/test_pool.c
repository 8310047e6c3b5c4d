/* Pooling against plain loops: values and gradients equal to the last bit; ties, NaN and infinities; what is refused. */
#include "suites.h"
#include "support.h"

#include <math.h>
#include <string.h>

#define INFINITE ((double)INFINITY)
#define NOT_A_NUMBER ((double)NAN)

enum { MOST = 4096 };

typedef struct geometry {
    int64_t planes, size[2];
    int64_t kernel[2], stride[2], padding[2], dilation[2]; /* a kernel of 0: adaptive, to stride[] */
} geometry;

static const geometry geometries[] = {
    {1, {1, 1}, {1, 1}, {0, 0}, {0, 0}, {0, 0}},  {2, {4, 6}, {2, 2}, {0, 0}, {0, 0}, {0, 0}},
    {3, {7, 9}, {2, 3}, {0, 0}, {0, 0}, {0, 0}},  {2, {7, 9}, {3, 3}, {1, 2}, {1, 1}, {0, 0}},
    {2, {6, 6}, {2, 2}, {3, 4}, {0, 0}, {0, 0}},  {1, {5, 5}, {4, 5}, {1, 1}, {2, 2}, {0, 0}},
    {1, {1, 1}, {2, 2}, {1, 1}, {1, 1}, {0, 0}},  {2, {9, 8}, {3, 2}, {2, 1}, {2, 1}, {2, 3}},
    {1, {1, 2}, {2, 2}, {1, 1}, {2, 2}, {3, 3}},  {2, {1, 33}, {1, 3}, {1, 2}, {0, 1}, {0, 0}},
    {2, {33, 1}, {3, 1}, {2, 1}, {1, 0}, {0, 0}}, {0, {4, 4}, {2, 2}, {0, 0}, {0, 0}, {0, 0}},
    {2, {5, 7}, {0, 0}, {1, 1}, {0, 0}, {0, 0}},  {2, {5, 7}, {0, 0}, {2, 3}, {0, 0}, {0, 0}},
    {1, {3, 4}, {0, 0}, {7, 5}, {0, 0}, {0, 0}},  {2, {8, 6}, {0, 0}, {4, 6}, {0, 0}, {0, 0}},
    {2, {8, 6}, {0, 0}, {0, 2}, {0, 0}, {0, 0}},
};

enum { MAXIMUM, AVERAGE, AVERAGE_INSIDE, KINDS };

static int64_t or (int64_t number, int64_t otherwise)
{
    return number ? number : otherwise;
}

static bool is_adaptive(const geometry *g)
{
    return g->kernel[0] == 0;
}

static int64_t places(const geometry *g, int i)
{
    int64_t d = or (g->dilation[i], 1), room = g->size[i] + 2 * g->padding[i] - d * (g->kernel[i] - 1) - 1;
    return is_adaptive(g) ? g->stride[i] : room / or (g->stride[i], g->kernel[i]) + 1;
}

/* The place of x that element t of window o has, -1: padding; and how many elements the window has. */
static int64_t place(const geometry *g, int i, int64_t o, int64_t t, int64_t *elements)
{
    int64_t at = o * or (g->stride[i], g->kernel[i]) - g->padding[i] + t * or (g->dilation[i], 1);
    *elements = g->kernel[i];
    if (is_adaptive(g)) {
        int64_t low = (int64_t)floor((double)(o * g->size[i]) / (double)places(g, i));
        *elements = (int64_t)ceil((double)((o + 1) * g->size[i]) / (double)places(g, i)) - low;
        at = low + t;
    }
    return at < 0 || at >= g->size[i] ? -1 : at;
}

/* One window of a plane: the place of the maximum (-1: none), the sum, and how many are inside and in all. */
typedef struct window {
    int64_t best, inside, all;
    double  sum;
} window;

static window look(const geometry *g, const double *x, int64_t r, int64_t c)
{
    window  w = {.best = -1};
    int64_t rows, columns = 1;
    place(g, 0, r, 0, &rows);
    place(g, 1, c, 0, &columns);
    w.all = rows * columns;
    for (int64_t t = 0; t < w.all; t++) {
        int64_t i = place(g, 0, r, t / columns, &rows), j = place(g, 1, c, t % columns, &columns);
        if (i < 0 || j < 0)
            continue;
        double number = x[i * g->size[1] + j];
        w.inside++;
        w.sum += number;
        if (w.best < 0 || number > x[w.best] || (isnan(number) && !isnan(x[w.best])))
            w.best = i * g->size[1] + j;
    }
    return w;
}

/* y, and gx for the cotangent gy. */
static void naive(const geometry *g, int kind, const double *x, const double *gy, double *y, double *gx)
{
    int64_t size = g->size[0] * g->size[1], rows = places(g, 0), columns = places(g, 1);
    for (int64_t o = 0; o < g->planes * rows * columns; o++) {
        int64_t plane = o / (rows * columns) * size, r = o / columns % rows, c = o % columns, ignored;
        window  w = look(g, x + plane, r, c);
        double  divisor = kind == AVERAGE ? (double)w.all : (double)w.inside;
        y[o] = kind == MAXIMUM ? (w.best < 0 ? -INFINITE : x[plane + w.best]) : w.sum / divisor;
        if (kind == MAXIMUM && w.best >= 0)
            gx[plane + w.best] += gy[o];
        for (int64_t i = 0; i < size && kind != MAXIMUM; i++)
            for (int64_t t = 0; t < w.all; t++) {
                int64_t elements, width;
                place(g, 1, c, 0, &width);
                if (place(g, 0, r, t / width, &elements) == i / g->size[1] &&
                    place(g, 1, c, t % width, &ignored) == i % g->size[1])
                    gx[plane + i] += gy[o] / divisor;
            }
    }
}

static tad_var pool(const geometry *g, int kind, tad_var x)
{
    tad_pool_options o = {.exclude_padding = kind == AVERAGE_INSIDE};
    memcpy(o.kernel, g->kernel, sizeof o.kernel);
    memcpy(o.stride, g->stride, sizeof o.stride);
    memcpy(o.padding, g->padding, sizeof o.padding);
    memcpy(o.dilation, g->dilation, sizeof o.dilation);
    if (is_adaptive(g))
        return kind == MAXIMUM ? tad_adaptive_max_pool2d(x, g->stride[0], g->stride[1])
                               : tad_adaptive_avg_pool2d(x, g->stride[0], g->stride[1]);
    return kind == MAXIMUM ? tad_max_pool2d(x, &o) : tad_avg_pool2d(x, &o);
}

static void expect_equal(int i, int kind, tad_var x, bool gradient, const double *right)
{
    double  found[MOST];
    int64_t n = tad_count(x);
    tad_var exact = gradient ? x : tad_cast(x, TAD_F64);
    expect_ok(gradient ? tad_read_grad(exact, found, sizeof found) : tad_read(exact, found, sizeof found));
    for (int64_t k = 0; k < n; k++)
        ck_assert_msg(found[k] == right[k], "geometry %d, kind %d%s, element %d: %.17g, expected %.17g", i, kind,
                      gradient ? ", gradient" : "", (int)k, found[k], right[k]);
}

static void check(int i, int kind, tad_dtype dtype, bool transposed)
{
    const geometry *g = &geometries[i];
    double          x[MOST], gy[MOST], y[MOST] = {0}, gx[MOST] = {0};
    tad_tape       *tape = tad_tape_new();
    int64_t         dims[] = {g->planes, g->size[0], g->size[1]}, out[] = {g->planes, places(g, 0), places(g, 1)};
    for (int64_t k = 0; k < MOST; k++) {
        x[k] = (double)((k * 7 + k / 4 * 5) % 9 - 4);                 /* with many ties */
        gy[k] = (double)((k * 5 + k / 3) % 7 - 3) * 3465 * 3465 * 64; /* so that every quotient is a whole number */
    }
    naive(g, kind, x, gy, y, gx);
    for (int64_t k = 0; k < MOST; k++) {
        y[k] = dtype == TAD_F32 ? (double)(float)y[k] : y[k];
        ck_assert(dtype == TAD_F32 || gx[k] == floor(gx[k]));
    }
    tad_var leaf = tad_tensor(tape, TAD_F64, 3, dims, x), cotangent = tad_tensor(tape, TAD_F64, 3, out, gy), g_leaf;
    tad_var in =
        transposed ? tad_transpose(tad_slice(tad_pad(tad_transpose(leaf), 1, 1, 2), 1, 1, 1 + g->size[1])) : leaf;
    tad_var result = pool(g, kind, dtype == TAD_F64 ? in : tad_cast(in, dtype));
    expect_no_error(tape);
    for (int k = 0; k < 3; k++)
        ck_assert_int_eq(tad_dim(result, k), out[k]);
    expect_equal(i, kind, result, false, y);
    if (dtype == TAD_F64) {
        expect_ok(tad_backward(tad_sum(tad_mul(result, cotangent))));
        expect_equal(i, kind, leaf, true, gx);
        expect_ok(tad_vjp(result, cotangent, 1, &leaf, &g_leaf));
        expect_equal(i, kind, g_leaf, false, gx);
    }
    expect_no_error(tape);
    tad_tape_free(tape);
}

START_TEST(equal_to_loops)
{
    const geometry *g = &geometries[_i];
    for (int kind = 0; kind < KINDS; kind++)
        for (int dtype = TAD_F32; dtype <= TAD_F64; dtype++) {
            if (kind != MAXIMUM && (g->dilation[0] || (kind == AVERAGE_INSIDE && is_adaptive(g))))
                continue;
            check(_i, kind, (tad_dtype)dtype, false);
            check(_i, kind, (tad_dtype)dtype, true);
        }
}
END_TEST

static tad_var row(tad_tape *tape, int64_t n, const double data[])
{
    return tad_reshape(vector(tape, n, data), 2, (const int64_t[]){1, n});
}

/* Ties, and what is no number: pairs of (number, number), their maximum, and the share of each. */
START_TEST(special_numbers)
{
    static const struct {
        double a, b, y, da, db;
    } rows[] = {
        {1, 1, 1, 1, 0},
        {0.0, -0.0, 0.0, 1, 0},
        {-0.0, 0.0, -0.0, 1, 0},
        {1, NOT_A_NUMBER, NOT_A_NUMBER, 0, 1},
        {NOT_A_NUMBER, 1, NOT_A_NUMBER, 1, 0},
        {NOT_A_NUMBER, NOT_A_NUMBER, NOT_A_NUMBER, 1, 0},
        {INFINITE, NOT_A_NUMBER, NOT_A_NUMBER, 0, 1},
        {-INFINITE, -INFINITE, -INFINITE, 1, 0},
        {-INFINITE, 5, 5, 0, 1},
        {INFINITE, INFINITE, INFINITE, 1, 0},
    };
    const tad_pool_options pairs = {.kernel = {1, 2}};
    for (size_t i = 0; i < COUNT(rows); i++)
        for (int dtype = TAD_F32; dtype <= TAD_F64; dtype++) {
            tad_tape *tape = tad_tape_new();
            tad_var   x = row(tape, 2, (const double[]){rows[i].a, rows[i].b}), g;
            tad_var   y = tad_max_pool2d(tad_cast(x, (tad_dtype)dtype), &pairs);
            double    found = tad_value(y), gradient[2];
            ck_assert_msg(isnan(rows[i].y) ? isnan(found) : found == rows[i].y && signbit(found) == signbit(rows[i].y),
                          "row %d: %g", (int)i, found);
            expect_ok(tad_backward(y));
            expect_ok(tad_read_grad(x, gradient, sizeof gradient));
            ck_assert_msg(gradient[0] == rows[i].da && gradient[1] == rows[i].db, "row %d: %g and %g", (int)i,
                          gradient[0], gradient[1]);
            expect_ok(tad_gradient(y, 1, &x, &g));
            expect_values(g, rows[i].da, rows[i].db);
            tad_tape_free(tape);
        }
}
END_TEST

/* Padding is never chosen; a window with nothing but padding gives -infinity, and no gradient. */
START_TEST(padding)
{
    tad_tape              *tape = tad_tape_new();
    const tad_pool_options wide = {.kernel = {1, 2}, .stride = {1, 1}, .padding = {0, 2}, .dilation = {1, 3}};
    tad_var                x = row(tape, 1, (const double[]){-7}), y = tad_max_pool2d(x, &wide);
    expect_values(y, -INFINITE, -INFINITE);
    expect_ok(tad_backward(tad_sum(y)));
    expect_grads(x, 0);
    const tad_pool_options three = {.kernel = {1, 3}, .stride = {1, 1}, .padding = {0, 1}};
    x = row(tape, 3, (const double[]){-5, -6, -7});
    expect_values(tad_max_pool2d(x, &three), -5, -5, -6);
    expect_values(tad_avg_pool2d(x, &three), -11 / 3.0, -6, -13 / 3.0);
    const tad_pool_options inside = {.kernel = {1, 3}, .stride = {1, 1}, .padding = {0, 1}, .exclude_padding = true};
    expect_values(tad_avg_pool2d(x, &inside), -5.5, -6, -6.5);
    x = row(tape, 3, (const double[]){1, INFINITE, NOT_A_NUMBER});
    double found[3];
    y = tad_avg_pool2d(x, &(const tad_pool_options){.kernel = {1, 1}});
    expect_ok(tad_read(y, found, sizeof found));
    ck_assert(found[0] == 1 && isinf(found[1]) && isnan(found[2]));
    expect_no_error(tape);
    tad_tape_free(tape);
}
END_TEST

/* max_pool's gradient differentiated again: the choice stays. */
START_TEST(second_derivative)
{
    tad_tape              *tape = tad_tape_new();
    const tad_pool_options pairs = {.kernel = {2, 77}, .stride = {2, 77}};
    tad_var                x = vector(tape, 4, (const double[]){1, 3, 5, 2}), g, h;
    tad_var                y = tad_sum(tad_pow(tad_max_pool1d(x, &pairs), tad_constant(tape, 3)));
    expect_ok(tad_gradient(y, 1, &x, &g));
    expect_values(g, 0, 27, 75, 0);
    expect_ok(tad_gradient(tad_sum(g), 1, &x, &h));
    expect_values(h, 0, 18, 30, 0);
    expect_values(tad_avg_pool1d(x, &pairs), 2, 3.5);
    tad_tape_free(tape);
}
END_TEST

START_TEST(errors)
{
    tad_tape *tape = tad_tape_new();
    tad_var   x = tad_broadcast_to(tad_constant(tape, 1), 3, (const int64_t[]){2, 4, 4});
    tad_var   empty = tad_slice(x, 1, 0, 0), line = vector(tape, 3, (const double[]){1, 2, 3});
    tad_var   long_axis = tad_broadcast_to(tad_constant(tape, 1), 2, (const int64_t[]){(int64_t)1 << 31, 1});
#define WITH(...) &(const tad_pool_options){__VA_ARGS__}
#define REFUSED(call, status, text) expect_refused(tape, call, status, text);
    REFUSED(tad_max_pool2d(x, NULL), TAD_EARG, "max_pool2d(f64 [2, 4, 4]): kernel 0; expected 1 to 2147483647")
    REFUSED(tad_avg_pool2d(x, NULL), TAD_EARG, "avg_pool2d(f64 [2, 4, 4]): kernel 0; expected 1 to 2147483647")
    REFUSED(tad_max_pool2d(x, WITH(.kernel = {2, -2})), TAD_EARG, "kernel -2; expected 1 to")
    REFUSED(tad_max_pool2d(x, WITH(.kernel = {2, 2}, .stride = {-1})), TAD_EARG, "stride -1; expected 0 to 2147483647")
    REFUSED(tad_max_pool2d(x, WITH(.kernel = {2, 2}, .dilation = {INT64_MAX})), TAD_EARG,
            "dilation 9223372036854775807")
    REFUSED(tad_avg_pool2d(x, WITH(.kernel = {2, 2}, .padding = {0, -1})), TAD_EARG, "padding -1; expected 0 to")
    REFUSED(tad_avg_pool2d(x, WITH(.kernel = {2, 2}, .padding = {2})), TAD_EARG,
            "padding 2; expected at most half the window, 2")
    REFUSED(tad_avg_pool2d(x, WITH(.kernel = {2, 2}, .dilation = {2, 1})), TAD_EARG, "dilation 2x1; averages have none")
    REFUSED(tad_max_pool2d(x, WITH(.kernel = {2, 2}, .exclude_padding = true)), TAD_EARG,
            "exclude_padding is for averages")
    REFUSED(tad_max_pool2d(x, WITH(.kernel = {7, 5}, .padding = {1, 1})), TAD_ESHAPE,
            "window 7x5 with dilation 1x1 does not fit the padded input 6x6")
    REFUSED(tad_max_pool2d(line, WITH(.kernel = {2, 2})), TAD_ESHAPE, "expected at least two axes: height and width")
    REFUSED(tad_avg_pool2d(long_axis, WITH(.kernel = {1, 1})), TAD_ESHAPE,
            "height 2147483648 and width 1; at most 2147483647")
    REFUSED(tad_adaptive_max_pool2d(x, -1, 1), TAD_EARG, "size -1; expected 0 to 2147483647")
    REFUSED(tad_adaptive_avg_pool2d(x, 1, (int64_t)1 << 31), TAD_EARG, "size 2147483648; expected 0 to 2147483647")
    REFUSED(tad_adaptive_avg_pool2d(empty, 1, 1), TAD_ESHAPE, "an axis of size 0 has no windows")
    REFUSED(tad_adaptive_max_pool2d(line, 1, 1), TAD_ESHAPE, "expected at least two axes")
    REFUSED(tad_max_pool1d(tad_constant(tape, 1), WITH(.kernel = {1})), TAD_ESHAPE, "0 axes; expected 1 to 7")
    REFUSED(tad_avg_pool1d(line, NULL), TAD_EARG, "avg_pool1d")
    REFUSED(tad_avg_pool1d(line, WITH(.kernel = {4})), TAD_ESHAPE,
            "window 4x1 with dilation 1x1 does not fit the padded input 3x1")
    tad_tape_free(tape);
}
END_TEST

Suite *pool_suite(void)
{
    Suite *suite = suite_create("pool");
    TCase *tests = tcase_create("pooling");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, equal_to_loops, 0, (int)COUNT(geometries));
    tcase_add_test(tests, special_numbers);
    tcase_add_test(tests, padding);
    tcase_add_test(tests, second_derivative);
    tcase_add_test(tests, errors);
    suite_add_tcase(suite, tests);
    return suite;
}
