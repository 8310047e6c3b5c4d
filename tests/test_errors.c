/* Every status, provoked by arguments of the right kind that do not fit, and what its message says. */
#include "suites.h"
#include "support.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LARGEST = 1 << 20 }; /* bytes the allocator of these tests gives at once */

static tad_tape *tape;
static heap      memory;

/* What the rows below are applied to. */
static tad_var scalar, vector3, matrix23, single3;

static void set_up(void)
{
    memory = (heap){.limit = LARGEST};
    tape = heap_tape(&memory);
    scalar = tad_scalar(tape, 1);
    vector3 = vector(tape, 3, (const double[]){1, 2, 3});
    matrix23 = matrix(tape, 2, 3, (const double[]){1, 2, 3, 4, 5, 6});
    single3 = tad_tensor(tape, TAD_F32, 1, (const int64_t[]){3}, (const float[]){1, 2, 3});
    expect_no_error(tape);
}

static void tear_down(void)
{
    tad_tape_free(tape);
    ck_assert_uint_eq(memory.blocks, 0);
}

/* ---- Statuses ---- */

START_TEST(statuses)
{
    static const struct {
        tad_status  status;
        const char *name;
    } names[] = {{TAD_OK, "TAD_OK"},           {TAD_ENOMEM, "TAD_ENOMEM"}, {TAD_ESHAPE, "TAD_ESHAPE"},
                 {TAD_EDTYPE, "TAD_EDTYPE"},   {TAD_ETAPE, "TAD_ETAPE"},   {TAD_ESTALE, "TAD_ESTALE"},
                 {TAD_EARG, "TAD_EARG"},       {TAD_EINDEX, "TAD_EINDEX"}, {TAD_ESINGULAR, "TAD_ESINGULAR"},
                 {TAD_EBRANCH, "TAD_EBRANCH"}, {TAD_EIO, "TAD_EIO"}};
    for (size_t i = 0; i < COUNT(names); i++) {
        ck_assert_int_eq((int)names[i].status, (int)i);
        ck_assert_str_eq(tad_status_name(names[i].status), names[i].name);
        ck_assert_uint_gt(strlen(tad_status_meaning(names[i].status)), 5);
        ck_assert_uint_gt(strlen(tad_status_hint(names[i].status)), 5);
    }
    static const int none[] = {(int)COUNT(names), -1, INT_MAX, INT_MIN};
    for (size_t i = 0; i < COUNT(none); i++) {
        ck_assert_str_eq(tad_status_name((tad_status)none[i]), "unknown status");
        ck_assert_str_eq(tad_status_meaning((tad_status)none[i]), "unknown status");
        ck_assert_str_eq(tad_status_hint((tad_status)none[i]), "this number is not a tad_status");
        ck_assert_str_eq(tad_dtype_name((tad_dtype)none[i]), "?");
        ck_assert_uint_eq(tad_dtype_size((tad_dtype)none[i]), 0);
        ck_assert_str_eq(tad_verdict_name((tad_verdict)none[i]), "unknown verdict");
    }
    ck_assert_str_eq(tad_dtype_name(TAD_F32), "f32");
    ck_assert_str_eq(tad_dtype_name(TAD_F64), "f64");
    ck_assert_uint_eq(tad_dtype_size(TAD_F32), 4);
    ck_assert_uint_eq(tad_dtype_size(TAD_F64), 8);
}
END_TEST

/* ---- Shapes and axes ---- */

#define MORE ((int64_t)1 << 40)

static const struct shape {
    int            rank;
    const int64_t *dims; /* nine, whatever the rank says */
    tad_status     status;
    const char    *leaf, *view; /* the message of a leaf, and of a view */
} shapes[] = {
#define DIMS(...)                                                                                                      \
    (const int64_t[9])                                                                                                 \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }
    {9, DIMS(1, 1, 1, 1, 1, 1, 1, 2, 3), TAD_EARG, "rank 9; expected 0 to 8", "expected a list of 0 to 8 sizes"},
    {-1, DIMS(2, 3), TAD_EARG, "rank -1; expected 0 to 8", "expected a list of 0 to 8 sizes"},
    {INT_MAX, DIMS(2, 3), TAD_EARG, "rank 2147483647; expected 0 to 8", "expected a list of 0 to 8 sizes"},
    {INT_MIN, DIMS(2, 3), TAD_EARG, "rank -2147483648; expected 0 to 8", "expected a list of 0 to 8 sizes"},
    {2, NULL, TAD_EARG, "dims is NULL; expected 2 sizes", "expected a list of 0 to 8 sizes"},
    {2, DIMS(2, -3), TAD_EARG, "size -3 of axis 1 is negative", "size -3 of axis 1 is negative"},
    {2, DIMS(INT64_MIN, 3), TAD_EARG, "size -9223372036854775808 of axis 0 is negative", "of axis 0 is negative"},
    {2, DIMS(MORE, MORE), TAD_ESHAPE, "the sizes' product is more bytes than memory can address", "f64 [2, 3]): "},
    {1, DIMS(INT64_MAX), TAD_ESHAPE, "the sizes' product is more bytes than memory can address", "f64 [2, 3]): "},
    {3, DIMS(0, INT64_MAX, INT64_MAX), TAD_ESHAPE, "the sizes' product is more bytes than memory can address",
     "[2, 3]): "},
    {8, DIMS(INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX), TAD_ESHAPE,
     "the sizes' product is more bytes than memory can address", "f64 [2, 3]): "},
};

static tad_var new_leaf(tad_var x, int rank, const int64_t dims[])
{
    return tad_tensor(x.tape, TAD_F64, rank, dims, &rank);
}

static tad_var new_constant(tad_var x, int rank, const int64_t dims[])
{
    return tad_tensor_constant(x.tape, TAD_F32, rank, dims, &rank);
}

static const struct {
    const char *name;
    tad_var (*call)(tad_var x, int rank, const int64_t dims[]);
    int which; /* message */
} shaped[] = {{"tad_tensor: ", new_leaf, 0},
              {"tad_tensor_constant: ", new_constant, 0},
              {"broadcast_to(", tad_broadcast_to, 1},
              {"reshape(", tad_reshape, 1},
              {"", tad_sum_to, 2}};

START_TEST(shapes_that_cannot_be)
{
    for (size_t i = 0; i < COUNT(shaped); i++) {
        const struct shape *shape = &shapes[_i];
        ck_assert(!tad_is_valid(shaped[i].call(matrix23, shape->rank, shape->dims)));
        ck_assert_msg(strncmp(tad_tape_message(tape), shaped[i].name, strlen(shaped[i].name)) == 0, "%s '%s'",
                      shaped[i].name, tad_tape_message(tape));
        const char *messages[] = {shape->leaf, shape->view, ""};
        expect_error_of(shaped[i].name, tape, shape->status, messages[shaped[i].which]);
    }
}
END_TEST

/* What one axis can be asked for. */
static tad_var sum_axis(tad_var x, int axis)
{
    return tad_sum_axes(x, 1, &axis, false);
}

static tad_var mean_axis(tad_var x, int axis)
{
    return tad_mean_axes(x, 1, &axis, true);
}

static tad_var slice_axis(tad_var x, int axis)
{
    return tad_slice(x, axis, 0, 1);
}

static tad_var pad_axis(tad_var x, int axis)
{
    return tad_pad(x, axis, 1, 1);
}

START_TEST(axes_that_are_not_there)
{
    static const int bad[] = {2, -3, 8, INT_MAX, INT_MIN};
    static tad_var (*const calls[])(tad_var x, int axis) = {sum_axis, mean_axis, slice_axis, pad_axis};
    static const char *const names[] = {"sum", "mean", "slice", "pad"};
    for (size_t i = 0; i < COUNT(calls); i++) {
        for (size_t k = 0; k < COUNT(bad); k++) {
            char text[64];
            snprintf(text, sizeof text, "%s(f64 [2, 3]): axis %d", names[i], bad[k]);
            ck_assert(!tad_is_valid(calls[i](matrix23, bad[k])));
            expect_error(tape, TAD_EARG, text);
        }
        ck_assert(tad_is_valid(calls[i](matrix23, -1)));
        expect_no_error(tape);
    }
}
END_TEST

/* ---- Everything else, one row each ---- */

#define D(...)                                                                                                         \
    (const int64_t[])                                                                                                  \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }
#define A(...)                                                                                                         \
    (const int[])                                                                                                      \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }

/* The result is invalid, and the tape says so in these words. */
#define refused(call, status, message)                                                                                 \
    do {                                                                                                               \
        ck_assert(!tad_is_valid(call));                                                                                \
        expect_error_of(#call, tape, status, message);                                                                 \
    } while (0)

START_TEST(operands_that_do_not_fit)
{
    refused(tad_add(vector3, tad_slice(vector3, 0, 0, 2)), TAD_ESHAPE,
            "add(f64 [3], f64 [2]): shapes do not broadcast: aligned at the last axis, sizes must be equal or 1");
    refused(tad_pow(matrix23, tad_transpose(matrix23)), TAD_ESHAPE,
            "pow(f64 [2, 3], f64 [3, 2]): shapes do not broadcast");
    refused(tad_mul(single3, vector3), TAD_EDTYPE,
            "mul(f32 [3], f64 [3]): f32 and f64 do not mix, except for an f64 scalar");
    refused(tad_matmul(matrix23, matrix23), TAD_ESHAPE,
            "matmul(f64 [2, 3], f64 [2, 3]): inner dimensions differ: the left has 3 columns, the right 2 rows");
    refused(tad_matmul(scalar, matrix23), TAD_ESHAPE,
            "matmul(f64 scalar, f64 [2, 3]): expected at least one axis each");
    refused(tad_matmul(vector3, matrix23), TAD_ESHAPE,
            "inner dimensions differ: the left has 3 columns, the right 2 rows");
    refused(tad_matmul(matrix23, single3), TAD_EDTYPE, "matmul(f64 [2, 3], f32 [3, 1]): f64 and f32 do not mix");
    refused(tad_matmul(tad_reshape(matrix23, 3, D(2, 1, 3)), tad_broadcast_to(tad_transpose(matrix23), 3, D(3, 3, 2))),
            TAD_ESHAPE,
            "matmul(f64 [2, 1, 3], f64 [3, 3, 2]): leading axes do not broadcast: sizes must be equal or 1");
    refused(tad_transpose(vector3), TAD_ESHAPE, "transpose(f64 [3]): expected at least two axes");
    refused(tad_reshape(matrix23, 1, D(4)), TAD_ESHAPE,
            "reshape(f64 [2, 3]): the new shape has 4 elements; expected 6");
    refused(tad_reshape(vector3, 1, D(2)), TAD_ESHAPE, "reshape(f64 [3]): the new shape has 2 elements; expected 3");
    refused(tad_reshape(matrix23, 2, D(-1, -1)), TAD_EARG,
            "reshape(f64 [2, 3]): axes 0 and 1 are both -1; at most one can be left open");
    refused(tad_broadcast_to(matrix23, 2, D(2, 5)), TAD_ESHAPE,
            "broadcast_to(f64 [2, 3]): does not broadcast to the shape given");
    refused(tad_broadcast_to(matrix23, 1, D(3)), TAD_ESHAPE,
            "broadcast_to(f64 [2, 3]): does not broadcast to the shape given");
    refused(tad_broadcast_to(matrix23, 2, D(2, -1)), TAD_EARG,
            "broadcast_to(f64 [2, 3]): size -1 of axis 1 is negative");
    refused(tad_sum_axes(matrix23, 2, A(1, -1), false), TAD_EARG, "sum(f64 [2, 3]): axis -1 is named twice");
    refused(tad_sum_axes(matrix23, 1, NULL, false), TAD_EARG, "sum(f64 [2, 3]): -1 axes; expected a list of 0 to 2");
    refused(tad_mean_axes(matrix23, 3, A(0, 1, 2), false), TAD_EARG,
            "mean(f64 [2, 3]): 3 axes; expected a list of 0 to 2");
    refused(tad_slice(matrix23, 1, 0, 4), TAD_EARG, "slice(f64 [2, 3]): elements 0 to 4 of axis 1, which has 3");
    refused(tad_slice(matrix23, 1, 2, 1), TAD_EARG, "slice(f64 [2, 3]): elements 2 to 1 of axis 1, which has 3");
    refused(tad_slice(matrix23, 1, -4, 1), TAD_EARG, "slice(f64 [2, 3]): elements -4 to 1 of axis 1, which has 3");
    refused(tad_slice(matrix23, 1, INT64_MIN, TAD_END), TAD_EARG,
            "slice(f64 [2, 3]): elements -9223372036854775808 to");
    refused(tad_pad(matrix23, 1, -1, 0), TAD_EARG,
            "pad(f64 [2, 3]): -1 elements before and 0 behind; expected 0 or more");
    refused(tad_pad(matrix23, 1, INT64_MAX, 1), TAD_ESHAPE,
            "pad(f64 [2, 3]): the padded axis would be longer than 2^63 - 1");
    refused(tad_pad(matrix23, 1, (int64_t)1 << 61, 0), TAD_ESHAPE,
            "pad(f64 [2, 3]): the result would have more bytes than memory can address");
    refused(tad_pad(matrix23, 1, LARGEST, 0), TAD_ENOMEM, "pad: out of memory with ");
    expect_near(tad_value(tad_sum(matrix23)), 21, 0); /* the tape works on */
    expect_no_error(tape);
}
END_TEST

START_TEST(types_and_sizes_that_do_not_fit)
{
    const double numbers[] = {1, 2, 3};
    refused(tad_cast(matrix23, (tad_dtype)7), TAD_EDTYPE,
            "cast(f64 [2, 3]): 7 is no element type; expected TAD_F32, TAD_F64 or TAD_I64");
    refused(tad_tensor(tape, (tad_dtype)7, 1, D(3), numbers), TAD_EDTYPE,
            "tad_tensor: 7 is no element type; expected TAD_F32, TAD_F64 or TAD_I64");
    refused(tad_tensor(tape, TAD_F64, 1, D(3), NULL), TAD_EARG, "tad_tensor: data is NULL; expected 24 bytes");
    refused(tad_tensor(tape, TAD_F64, 1, D(LARGEST), numbers), TAD_ENOMEM, "tad_tensor: out of memory with ");
    expect_near(tad_value(tad_sum(matrix23)), 21, 0);
    expect_no_error(tape);
}
END_TEST

START_TEST(directions_that_do_not_fit)
{
    tad_var g;
    ck_assert_int_eq(tad_gradient(vector3, 1, &scalar, &g), TAD_ESHAPE);
    ck_assert(!tad_is_valid(g));
    expect_error(tape, TAD_ESHAPE, "tad_gradient: the value has 3 elements; expected one: use tad_vjp");
    ck_assert_int_eq(tad_vjp(vector3, scalar, 1, &scalar, &g), TAD_ESHAPE);
    ck_assert(!tad_is_valid(g));
    expect_error(tape, TAD_ESHAPE, "tad_vjp: the direction is f64 scalar; expected f64 [3], the shape of its value");
    ck_assert_int_eq(tad_jvp(scalar, 1, &scalar, &vector3, &g), TAD_ESHAPE);
    ck_assert(!tad_is_valid(g));
    expect_error(tape, TAD_ESHAPE, "tad_jvp: the direction is f64 [3]; expected f64 scalar, the shape of its value");
    ck_assert_int_eq(tad_hvp(scalar, 1, &scalar, &vector3, &g), TAD_ESHAPE);
    ck_assert(!tad_is_valid(g));
    expect_error(tape, TAD_ESHAPE, "tad_hvp: the direction is f64 [3]; expected f64 scalar, the shape of its value");
    ck_assert(isnan(tad_local_derivative(tad_sum(vector3), 0)));
    expect_error(tape, TAD_ESHAPE, "tad_local_derivative: a value on the way has 3 elements; expected one");
}
END_TEST

Suite *errors_suite(void)
{
    Suite *suite = suite_create("errors");
    TCase *errors = tcase_create("errors");
    tcase_add_checked_fixture(errors, set_up, tear_down);
    tcase_set_timeout(errors, 30);
    tcase_add_test(errors, statuses);
    tcase_add_loop_test(errors, shapes_that_cannot_be, 0, (int)COUNT(shapes));
    tcase_add_test(errors, axes_that_are_not_there);
    tcase_add_test(errors, operands_that_do_not_fit);
    tcase_add_test(errors, types_and_sizes_that_do_not_fit);
    tcase_add_test(errors, directions_that_do_not_fit);
    suite_add_tcase(suite, errors);
    return suite;
}
