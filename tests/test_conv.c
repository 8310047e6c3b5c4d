/* Convolutions against seven nested loops, on small whole numbers: values and all gradients equal to the last bit. */
#include "suites.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { X, W, Y, ROLES, MOST = 1 << 19 };

typedef struct geometry {
    int64_t batch, groups, x_channels, y_channels; /* channels of one group */
    int64_t x[2], w[2], stride[2], padding[2], dilation[2];
} geometry;

static const geometry geometries[] = {
    {1, 1, 1, 1, {1, 1}, {1, 1}, {1, 1}, {0, 0}, {1, 1}},
    {2, 1, 3, 5, {7, 9}, {3, 3}, {1, 1}, {1, 1}, {1, 1}},
    {2, 1, 2, 3, {5, 6}, {2, 4}, {1, 1}, {0, 0}, {1, 1}},
    {1, 1, 9, 17, {6, 5}, {3, 2}, {1, 1}, {1, 0}, {1, 1}},   /* odd channels */
    {3, 1, 4, 8, {8, 8}, {3, 3}, {2, 2}, {1, 1}, {1, 1}},    /* strided */
    {1, 1, 2, 3, {11, 13}, {2, 3}, {4, 5}, {1, 2}, {1, 1}},  /* stride larger than the kernel */
    {1, 1, 2, 2, {12, 11}, {3, 3}, {1, 1}, {2, 3}, {2, 3}},  /* dilated */
    {1, 1, 2, 3, {15, 14}, {4, 3}, {2, 3}, {3, 2}, {3, 2}},  /* both, coprime */
    {1, 1, 2, 3, {15, 16}, {3, 4}, {4, 6}, {2, 3}, {2, 4}},  /* both, with a common divisor */
    {2, 1, 1, 2, {9, 9}, {3, 3}, {2, 2}, {4, 4}, {4, 4}},    /* the stride divides the dilation */
    {2, 3, 2, 4, {6, 5}, {3, 3}, {1, 2}, {1, 1}, {1, 1}},    /* groups */
    {2, 5, 1, 1, {6, 7}, {3, 3}, {1, 1}, {1, 1}, {1, 1}},    /* depthwise */
    {1, 3, 1, 2, {9, 6}, {3, 2}, {2, 1}, {0, 1}, {1, 2}},    /* depthwise, two each */
    {2, 1, 7, 3, {5, 4}, {1, 1}, {1, 1}, {0, 0}, {1, 1}},    /* one place of the kernel */
    {2, 1, 3, 4, {7, 8}, {1, 1}, {2, 3}, {1, 1}, {1, 1}},    /* the same, strided and padded */
    {1, 1, 1, 2, {2, 3}, {3, 2}, {2, 1}, {5, 6}, {1, 1}},    /* padding larger than the input */
    {1, 1, 1, 1, {1, 2}, {2, 2}, {7, 3}, {9, 4}, {1, 1}},    /* most windows see padding only */
    {1, 1, 2, 2, {4, 5}, {4, 5}, {1, 1}, {0, 0}, {1, 1}},    /* the kernel as large as the input */
    {1, 1, 2, 3, {1, 70}, {1, 5}, {1, 2}, {0, 2}, {1, 1}},   /* one row */
    {1, 1, 2, 3, {71, 1}, {5, 1}, {3, 1}, {2, 0}, {2, 1}},   /* one column */
    {0, 1, 2, 3, {4, 4}, {3, 3}, {1, 1}, {1, 1}, {1, 1}},    /* no batch */
    {2, 1, 0, 3, {4, 4}, {3, 3}, {1, 1}, {1, 1}, {1, 1}},    /* no channels */
    {1, 1, 8, 3, {190, 90}, {3, 3}, {1, 1}, {1, 1}, {1, 1}}, /* more than one block of rows */
    {1, 1, 6, 5, {250, 90}, {3, 3}, {2, 2}, {0, 1}, {1, 1}},
    {1, 1, 2, 2, {60001, 1}, {3, 1}, {1, 1}, {1, 0}, {1, 1}},
    {3, 1, 2, 40, {20, 33}, {2, 2}, {1, 1}, {0, 0}, {1, 1}}, /* more than one part of the batch */
};

static int64_t size_of_y(const geometry *g, int i)
{
    return (g->x[i] + 2 * g->padding[i] - g->dilation[i] * (g->w[i] - 1) - 1) / g->stride[i] + 1;
}

/* What the transposed convolution needs to come back to the size of x. */
static int64_t output_padding(const geometry *g, int i)
{
    return (g->x[i] + 2 * g->padding[i] - g->dilation[i] * (g->w[i] - 1) - 1) % g->stride[i];
}

static tad_conv_options options_of(const geometry *g, bool transposed)
{
    tad_conv_options o = {.groups = g->groups};
    for (int i = 0; i < 2; i++) {
        o.stride[i] = g->stride[i];
        o.padding[i] = g->padding[i];
        o.dilation[i] = g->dilation[i];
        o.output_padding[i] = transposed ? output_padding(g, i) : 0;
    }
    return o;
}

static void dims_of(const geometry *g, int role, int64_t dims[4])
{
    const int64_t all[ROLES][4] = {{g->batch, g->groups * g->x_channels, g->x[0], g->x[1]},
                                   {g->groups * g->y_channels, g->x_channels, g->w[0], g->w[1]},
                                   {g->batch, g->groups * g->y_channels, size_of_y(g, 0), size_of_y(g, 1)}};
    memcpy(dims, all[role], sizeof all[role]);
}

static int64_t size(const int64_t dims[4])
{
    return dims[0] * dims[1] * dims[2] * dims[3];
}

/* The sum's terms, x w y: to[ROLE] += the product of the other two. */
static void naive(const geometry *g, const double *const from[ROLES], double *const to[ROLES])
{
    int64_t y[2] = {size_of_y(g, 0), size_of_y(g, 1)};
    for (int64_t n = 0; n < g->batch; n++)
        for (int64_t co = 0; co < g->groups * g->y_channels; co++)
            for (int64_t c = 0; c < g->x_channels; c++)
                for (int64_t o = 0; o < y[0] * y[1]; o++)
                    for (int64_t t = 0; t < g->w[0] * g->w[1]; t++) {
                        int64_t i0 = o / y[1] * g->stride[0] + t / g->w[1] * g->dilation[0] - g->padding[0];
                        int64_t i1 = o % y[1] * g->stride[1] + t % g->w[1] * g->dilation[1] - g->padding[1];
                        if (i0 < 0 || i1 < 0 || i0 >= g->x[0] || i1 >= g->x[1])
                            continue;
                        int64_t channel = co / g->y_channels * g->x_channels + c;
                        int64_t at_x = ((n * g->groups * g->x_channels + channel) * g->x[0] + i0) * g->x[1] + i1;
                        int64_t at_w = (co * g->x_channels + c) * g->w[0] * g->w[1] + t;
                        int64_t at_y = (n * g->groups * g->y_channels + co) * y[0] * y[1] + o;
                        to[X][at_x] += from[W][at_w] * from[Y][at_y];
                        to[W][at_w] += from[X][at_x] * from[Y][at_y];
                        to[Y][at_y] += from[X][at_x] * from[W][at_w];
                    }
}

static double numbers[ROLES + 1][MOST], expected[ROLES][MOST];

static void fill(double *to, int64_t n, int64_t seed)
{
    ck_assert_int_le(n, MOST);
    for (int64_t i = 0; i < n; i++)
        to[i] = (double)((i * 7 + i / 5 * 3 + seed * 5) % 7 - 3);
}

static tad_var leaf(tad_tape *tape, tad_dtype dtype, int rank, const int64_t dims[], const double *from)
{
    tad_var exact = tad_tensor(tape, TAD_F64, rank, dims, from);
    return dtype == TAD_F64 ? exact : tad_cast(exact, dtype);
}

/* The same value with its last axes transposed and a longer batch in memory. */
static tad_var spread(tad_var x)
{
    int64_t dims[TAD_MAX_RANK];
    for (int i = 0; i < tad_rank(x); i++)
        dims[i] = tad_dim(x, i);
    tad_var t = tad_transpose(x);
    dims[tad_rank(x) - 2] = tad_dim(t, tad_rank(x) - 2);
    dims[tad_rank(x) - 1] = tad_dim(t, tad_rank(x) - 1);
    tad_var copy = tad_pad(t, 1, 1, 2);
    return tad_transpose(tad_slice(copy, 1, 1, 1 + dims[1]));
}

static void expect_equal(const char *what, int i, tad_var x, bool gradient, const double *right)
{
    static double found[MOST];
    static float  floats[MOST];
    int64_t       n = tad_count(x);
    bool          f32 = tad_dtype_of(x) == TAD_F32;
    void         *to = f32 ? (void *)floats : (void *)found;
    expect_ok(gradient ? tad_read_grad(x, to, f32 ? sizeof floats : sizeof found)
                       : tad_read(x, to, f32 ? sizeof floats : sizeof found));
    for (int64_t k = 0; k < n; k++) {
        double number = f32 ? (double)floats[k] : found[k];
        ck_assert_msg(number == right[k], "geometry %d, %s, element %d: %.17g, expected %.17g", i, what, (int)k, number,
                      right[k]);
    }
}

typedef tad_var convolution(tad_var x, tad_var w, tad_var b, const tad_conv_options *options);

static void check(int i, tad_dtype dtype, bool transposed, bool views)
{
    const geometry *g = &geometries[i];
    int             in = transposed ? Y : X, out = transposed ? X : Y;
    tad_tape       *tape = tad_tape_new();
    int64_t         dims[ROLES][4], channels, n;
    for (int role = 0; role < ROLES; role++) {
        dims_of(g, role, dims[role]);
        fill(numbers[role], size(dims[role]), role);
        memset(expected[role], 0, (size_t)size(dims[role]) * sizeof(double));
    }
    channels = dims[out][1];
    n = channels ? size(dims[out]) / (channels ? channels : 1) : 0;
    fill(numbers[ROLES], channels, ROLES);
    naive(g, (const double *const[]){numbers[X], numbers[W], numbers[Y]},
          (double *const[]){expected[X], expected[W], expected[Y]});
    int64_t plane = dims[out][2] * dims[out][3];
    double  bias_gradient[256] = {0};
    for (int64_t k = 0; k < n * channels; k++) {
        expected[out][k] += numbers[ROLES][k / plane % channels];
        bias_gradient[k / plane % channels] += numbers[out][k];
    }
    tad_var          leaves[] = {leaf(tape, dtype, 4, dims[in], numbers[in]), leaf(tape, dtype, 4, dims[W], numbers[W]),
                                 leaf(tape, dtype, 1, &channels, numbers[ROLES])};
    tad_var          x = views ? spread(leaves[0]) : leaves[0], w = views ? spread(leaves[1]) : leaves[1], gx[3];
    tad_conv_options options = options_of(g, transposed);
    convolution     *apply = transposed ? tad_conv_transpose2d : tad_conv2d;
    tad_var          y = apply(x, w, leaves[2], &options), gy = leaf(tape, dtype, 4, dims[out], numbers[out]);
    expect_no_error(tape);
    expect_equal("value", i, y, false, expected[out]);
    tad_var cotangent = views ? spread(gy) : gy;
    expect_ok(tad_vjp(y, cotangent, 3, leaves, gx));
    expect_ok(tad_backward(tad_sum(tad_mul(y, cotangent))));
    const double *const right[] = {expected[in], expected[W], bias_gradient};
    const char *const   names[] = {"gradient of x", "gradient of w", "gradient of b"};
    for (int k = 0; k < 3; k++) {
        expect_equal(names[k], i, gx[k], false, right[k]);
        expect_equal(names[k], i, leaves[k], true, right[k]);
    }
    expect_no_error(tape);
    tad_tape_free(tape);
}

START_TEST(equal_to_loops)
{
    for (int dtype = TAD_F32; dtype <= TAD_F64; dtype++)
        for (int transposed = 0; transposed < 2; transposed++)
            for (int views = 0; views < 2; views++)
                check(_i, (tad_dtype)dtype, transposed, views);
}
END_TEST

/* <conv(x, w), y> = <x, conv_transpose(y, w)>, in whole numbers. */
START_TEST(adjoint)
{
    const geometry *g = &geometries[_i];
    tad_tape       *tape = tad_tape_new();
    tad_var         v[ROLES], none = {0};
    for (int role = 0; role < ROLES; role++) {
        int64_t dims[4];
        dims_of(g, role, dims);
        fill(numbers[role], size(dims), role);
        v[role] = leaf(tape, TAD_F64, 4, dims, numbers[role]);
    }
    tad_conv_options forth = options_of(g, false), back = options_of(g, true);
    double           left = tad_value(tad_sum(tad_mul(tad_conv2d(v[X], v[W], none, &forth), v[Y])));
    double           right = tad_value(tad_sum(tad_mul(v[X], tad_conv_transpose2d(v[Y], v[W], none, &back))));
    expect_no_error(tape);
    ck_assert_msg(left == right, "geometry %d: %.17g and %.17g", _i, left, right);
    tad_tape_free(tape);
}
END_TEST

static tad_var ones(tad_tape *tape, int rank, const int64_t dims[])
{
    tad_var one = tad_constant(tape, 1);
    return tad_broadcast_to(one, rank, dims);
}
#define ONES(...) ones(tape, (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (const int64_t[]){__VA_ARGS__})

/* Without a batch, over one axis, with default options. */
START_TEST(other_forms)
{
    tad_tape *tape = tad_tape_new();
    tad_var   x = vector(tape, 5, (const double[]){1, 2, 3, 4, 5}), w = vector(tape, 2, (const double[]){1, 10});
    tad_var row = tad_reshape(x, 3, (const int64_t[]){1, 1, 5}), kernel = tad_reshape(w, 3, (const int64_t[]){1, 1, 2});
    tad_var b = vector(tape, 1, (const double[]){100}), none = {0};
    tad_conv_options options = {.stride = {2, 77}, .padding = {1, 77}};
    expect_values(tad_conv1d(row, kernel, none, NULL), 21, 32, 43, 54);
    expect_values(tad_conv1d(row, kernel, b, &options), 110, 132, 154);
    expect_values(tad_conv_transpose1d(row, kernel, none, NULL), 1, 12, 23, 34, 45, 50);
    tad_var y = tad_conv1d(tad_reshape(x, 2, (const int64_t[]){1, 5}), kernel, none, NULL);
    ck_assert_int_eq(tad_rank(y), 2);
    expect_values(y, 21, 32, 43, 54);
    y = tad_conv2d(tad_reshape(x, 3, (const int64_t[]){1, 1, 5}), tad_reshape(w, 4, (const int64_t[]){1, 1, 1, 2}), b,
                   NULL);
    ck_assert_int_eq(tad_rank(y), 3);
    expect_values(y, 121, 132, 143, 154);
    y = tad_conv_transpose2d(tad_reshape(x, 3, (const int64_t[]){1, 1, 5}),
                             tad_reshape(w, 4, (const int64_t[]){1, 1, 1, 2}), none, NULL);
    ck_assert_int_eq(tad_rank(y), 3);
    expect_values(y, 1, 12, 23, 34, 45, 50);
    /* an output padding beyond the stride, allowed by the dilation: the places behind are 0 */
    options = (tad_conv_options){.dilation = {3}, .output_padding = {2}};
    y = tad_conv_transpose1d(tad_reshape(w, 3, (const int64_t[]){1, 1, 2}), kernel, none, &options);
    expect_values(y, 1, 10, 0, 10, 100, 0, 0);
    expect_ok(tad_backward(tad_sum(y)));
    expect_grads(w, 22, 22);
    expect_no_error(tape);
    tad_tape_free(tape);
}
END_TEST

/* What is not a number stays in the windows that see it. */
START_TEST(special_numbers)
{
    const double specials[] = {(double)NAN, (double)INFINITY, (double)-INFINITY};
    for (size_t s = 0; s < COUNT(specials); s++) {
        tad_tape *tape = tad_tape_new();
        double    data[7 * 6], out[7 * 6];
        for (int i = 0; i < 7 * 6; i++)
            data[i] = i == 2 * 6 + 5 ? specials[s] : 1;
        tad_var          x = tad_tensor(tape, TAD_F64, 4, (const int64_t[]){1, 1, 7, 6}, data);
        tad_conv_options options = {.padding = {1, 1}};
        tad_var          y = tad_conv2d(x, ONES(1, 1, 3, 3), (tad_var){0}, &options);
        expect_ok(tad_read(y, out, sizeof out));
        for (int i = 0; i < 7 * 6; i++) {
            bool sees = i / 6 >= 1 && i / 6 <= 3 && i % 6 >= 4;
            ck_assert_msg(sees ? !isfinite(out[i]) : isfinite(out[i]), "%g: place %d is %g", specials[s], i, out[i]);
            ck_assert(!sees || isnan(specials[s]) || out[i] == specials[s]);
        }
        tad_tape_free(tape);
    }
}
END_TEST

START_TEST(errors)
{
    tad_tape *tape = tad_tape_new();
    tad_var   none = {0}, x = ONES(2, 4, 4, 4), w = ONES(6, 4, 3, 3), pair = ONES(2);
#define WITH(...) &(const tad_conv_options){__VA_ARGS__}
#define REFUSED(call, status, text) expect_refused(tape, call, status, text);
    REFUSED(tad_conv2d(ONES(2, 4), w, none, NULL), TAD_ESHAPE,
            "conv2d(f64 [2, 4], f64 [6, 4, 3, 3]): operand 1 has 2 axes; expected [batch, channels, height, width]")
    REFUSED(tad_conv2d(x, ONES(4, 3, 3), none, NULL), TAD_ESHAPE,
            "operand 2 has 3 axes; expected [output channels, input channels / groups, height, width]")
    REFUSED(tad_conv2d(x, ONES(6, 4, 5, 5), none, NULL), TAD_ESHAPE,
            "kernel 5x5 with dilation 1x1 does not fit the padded input 4x4")
    REFUSED(tad_conv2d(x, w, none, WITH(.padding = {1}, .dilation = {3, 1})), TAD_ESHAPE,
            "kernel 3x3 with dilation 3x1 does not fit the padded input 6x4")
    REFUSED(tad_conv2d(x, ONES(6, 4, 0, 3), none, NULL), TAD_ESHAPE, "a kernel of 0x3; expected 1 or more")
    REFUSED(tad_conv2d(x, ONES(6, 3, 3, 3), none, NULL), TAD_ESHAPE,
            "the kernel is for 3 channels in each of 1 groups, the input has 4")
    REFUSED(tad_conv2d(x, ONES(6, 1, 3, 3), none, WITH(.groups = 3)), TAD_ESHAPE, "3 groups do not divide 4 channels")
    REFUSED(tad_conv2d(x, ONES(5, 2, 3, 3), none, WITH(.groups = 2)), TAD_ESHAPE, "2 groups do not divide 5 channels")
    REFUSED(tad_conv2d(x, w, none, WITH(.stride = {-1, 1})), TAD_EARG, "stride -1; expected 0 to 2147483647")
    REFUSED(tad_conv2d(x, w, none, WITH(.padding = {1, -2})), TAD_EARG, "padding -2; expected 0 to 2147483647")
    REFUSED(tad_conv2d(x, w, none, WITH(.dilation = {1, INT64_MAX})), TAD_EARG,
            "dilation 9223372036854775807; expected")
    REFUSED(tad_conv2d(x, w, none, WITH(.groups = -1)), TAD_EARG, "-1 groups; expected 0 to 2147483647")
    REFUSED(tad_conv2d(x, w, pair, NULL), TAD_ESHAPE, "the bias is not a vector of 6, the output's channels")
    REFUSED(tad_conv2d(x, w, ONES(1, 6), NULL), TAD_ESHAPE, "the bias is not a vector of 6")
    REFUSED(tad_conv2d(x, tad_cast(w, TAD_F32), none, NULL), TAD_EDTYPE, "f64 and f32 do not mix")
    REFUSED(tad_conv2d(ONES(4, 4, 4), ONES(4, 3, 3), none, NULL), TAD_ESHAPE, "conv2d(f64 [1, 4, 4, 4], f64 [4, 3, 3])")
    REFUSED(tad_conv2d(ONES(1, 1, (int64_t)1 << 31, 1), ONES(1, 1, 1, 1), none, NULL), TAD_ESHAPE,
            "an axis of operand 1 has size 2147483648; at most 2147483647")
    REFUSED(tad_conv2d(x, w, none, WITH(.padding = {INT32_MAX, INT32_MAX})), TAD_ESHAPE, "more bytes than memory")
    REFUSED(tad_conv_transpose2d(x, ONES(5, 4, 3, 3), none, NULL), TAD_ESHAPE,
            "the kernel is for 5 channels, the input has 4")
    REFUSED(tad_conv_transpose2d(x, ONES(4, 2, 3, 3), none, WITH(.groups = 3)), TAD_ESHAPE, "3 groups do not divide 4")
    REFUSED(tad_conv_transpose2d(x, ONES(4, 2, 3, 3), pair, WITH(.stride = {2, 2}, .output_padding = {1, 2})), TAD_EARG,
            "output padding 2; expected less than the stride, 2, or the dilation, 1")
    REFUSED(tad_conv_transpose2d(x, ONES(4, 2, 3, 3), pair, WITH(.padding = {3, 2})), TAD_ESHAPE,
            "input 4x4 would give an output of 0x2; expected sizes of 1 to 2147483647")
    REFUSED(tad_conv_transpose2d(x, ONES(4, 2, 3, 3), pair, WITH(.stride = {INT32_MAX, 1})), TAD_ESHAPE,
            "would give an output of 6442450944x6")
    REFUSED(tad_conv_transpose2d(x, ONES(4, 2, 3, 3), ONES(3), NULL), TAD_ESHAPE, "the bias is not a vector of 2")
    REFUSED(tad_conv1d(ONES(2), ONES(1, 1, 1), none, NULL), TAD_ESHAPE,
            "conv1d(f64 [2], f64 [1, 1, 1]): operand 1 has 1 axes; expected [batch, channels, length]")
    REFUSED(tad_conv1d(ONES(1, 2, 3), ONES(2, 2), none, NULL), TAD_ESHAPE,
            "operand 2 has 2 axes; expected [channels, channels / groups, length]")
    REFUSED(tad_conv1d(ONES(1, 2, 3), ONES(2, 2, 4), none, NULL), TAD_ESHAPE, "conv1d")
    REFUSED(tad_conv_transpose1d(ONES(1, 2, 3), ONES(3, 2, 4), none, NULL), TAD_ESHAPE, "conv_transpose1d")
    tad_tape_free(tape);
}
END_TEST

/* A network of every operation here, and its gradient. */
static bool step(tad_tape *tape)
{
    int64_t          dims[] = {2, 3, 9, 9}, kernel[] = {4, 3, 3, 3}, back[] = {4, 2, 2, 2};
    tad_conv_options strided = {.stride = {2, 2}, .padding = {1, 1}};
    tad_pool_options windows = {.kernel = {2, 2}, .stride = {1, 1}};
    tad_var          x = tad_tensor(tape, TAD_F32, 4, dims, numbers[X]);
    tad_var w = tad_tensor(tape, TAD_F32, 4, kernel, numbers[X]), v = tad_tensor(tape, TAD_F32, 4, back, numbers[X]), g;
    tad_var y = tad_max_pool2d(tad_conv2d(x, w, (tad_var){0}, &strided), &windows);
    tad_var z = tad_sum(tad_square(tad_avg_pool2d(tad_conv_transpose2d(y, v, (tad_var){0}, &strided), &windows)));
    return tad_backward(z) == TAD_OK && tad_gradient(z, 1, &w, &g) == TAD_OK;
}

START_TEST(no_memory_is_taken)
{
    heap      h = {0};
    tad_tape *tape = heap_tape(&h);
    size_t    calls = 0;
    for (int i = 0; i < 20; i++) {
        tad_tape_rewind(tape, 0);
        ck_assert(step(tape));
        if (i == 1)
            calls = h.calls;
    }
    ck_assert_uint_gt(calls, 0);
    ck_assert_uint_eq(h.calls, calls);
    tad_tape_free(tape);
    ck_assert_uint_eq(h.blocks, 0);
}
END_TEST

START_TEST(every_request_for_memory_fails)
{
    bool done = false;
    for (size_t fail_at = 1; !done; fail_at++) {
        heap      h = {.fail_at = fail_at, .for_ever = true};
        tad_tape *tape = heap_tape(&h);
        if (!tape)
            continue;
        done = step(tape);
        ck_assert_int_eq(tad_tape_status(tape), done ? TAD_OK : TAD_ENOMEM);
        tad_tape_free(tape);
        ck_assert_uint_eq(h.blocks, 0);
        ck_assert_uint_lt(fail_at, 1000);
    }
}
END_TEST

Suite *conv_suite(void)
{
    Suite *suite = suite_create("conv");
    TCase *tests = tcase_create("convolution");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, equal_to_loops, 0, (int)COUNT(geometries));
    tcase_add_loop_test(tests, adjoint, 0, (int)COUNT(geometries));
    tcase_add_test(tests, other_forms);
    tcase_add_test(tests, special_numbers);
    tcase_add_test(tests, errors);
    tcase_add_test(tests, no_memory_is_taken);
    tcase_add_test(tests, every_request_for_memory_fails);
    suite_add_tcase(suite, tests);
    return suite;
}
