/* Leaves and what can be read of them: shapes, values, views, names, operations and operands. */
#include "suites.h"
#include "support.h"

#include <tad/op.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static tad_tape *tape;

static void set_up(void)
{
    tape = tad_tape_new();
    ck_assert_ptr_nonnull(tape);
}

static void tear_down(void)
{
    expect_no_error(tape); /* a test here clears what it provokes */
    tad_tape_free(tape);
}

/* ---- Leaves ---- */

static const int64_t all_dims[] = {2, 1, 3, 1, 2, 1, 1, 2};
enum { MOST_ELEMENTS = 24 };

START_TEST(leaves_of_every_rank)
{
    int     rank = _i;
    int64_t count = 1;
    double  wide[MOST_ELEMENTS], wide_back[MOST_ELEMENTS];
    float   narrow[MOST_ELEMENTS], narrow_back[MOST_ELEMENTS];
    for (int i = 0; i < rank; i++)
        count *= all_dims[i];
    for (int i = 0; i < MOST_ELEMENTS; i++) {
        wide[i] = i + 0.25;
        narrow[i] = (float)i + 0.5f;
    }
    tad_var x = tad_tensor(tape, TAD_F64, rank, all_dims, wide),
            y = tad_tensor_constant(tape, TAD_F32, rank, all_dims, narrow);
    size_t n = (size_t)count;
    ck_assert_int_eq(tad_rank(x), rank);
    ck_assert_int_eq(tad_count(y), count);
    ck_assert(tad_dtype_of(x) == TAD_F64 && tad_dtype_of(y) == TAD_F32);
    ck_assert(tad_is_differentiable(x) && !tad_is_differentiable(y));
    for (int i = 0; i < rank; i++) {
        ck_assert_int_eq(tad_dim(x, i), all_dims[i]);
        ck_assert_int_eq(tad_dim(x, i - rank), all_dims[i]);
    }
    memset(wide, 0, sizeof wide); /* the tape has its own copy */
    expect_ok(tad_read(x, wide_back, n * sizeof *wide));
    expect_ok(tad_read(y, narrow_back, n * sizeof *narrow));
    for (size_t i = 0; i < n; i++)
        expect_near(wide_back[i], (double)i + 0.25, 0);
    ck_assert_mem_eq(narrow_back, narrow, n * sizeof *narrow);
}
END_TEST

START_TEST(leaves_without_elements)
{
    static const int64_t shapes[][3] = {{0, 2, 3}, {2, 0, 3}, {2, 3, 0}, {0, 0, 0}};
    for (size_t i = 0; i < COUNT(shapes); i++) {
        tad_var x = tad_tensor(tape, TAD_F64, 3, shapes[i], NULL);
        ck_assert(tad_is_valid(x));
        ck_assert_int_eq(tad_count(x), 0);
        ck_assert_int_eq(tad_dim(x, 1), shapes[i][1]);
        expect_ok(tad_read(x, NULL, 0));
        tad_var y = tad_sum(tad_exp(tad_transpose(x)));
        expect_near(tad_value(y), 0, 0);
        expect_ok(tad_backward(y));
        expect_ok(tad_read_grad(x, NULL, 0));
        ck_assert(isnan(tad_value(x)));
        expect_error(tape, TAD_ESHAPE, "tad_value: the value has 0 elements; expected one");
    }
}
END_TEST

START_TEST(a_value_of_one_element)
{
    static const int64_t ones[] = {1, 1, 1};
    for (int rank = 0; rank <= 3; rank++) {
        expect_near(tad_value(tad_tensor(tape, TAD_F64, rank, ones, &(const double){0.1})), 0.1, 0);
        expect_near(tad_value(tad_tensor(tape, TAD_F32, rank, ones, &(const float){0.1f})), (double)0.1f, 0);
    }
    ck_assert(isnan(tad_value(vector(tape, 2, (const double[]){1, 2}))));
    expect_error(tape, TAD_ESHAPE, "tad_value: the value has 2 elements; expected one: use tad_read");
}
END_TEST

/* ---- Reading ---- */

START_TEST(views_are_read_in_c_order)
{
    tad_var x = matrix(tape, 2, 3, (const double[]){1, 2, 3, 4, 5, 6});
    expect_values(tad_transpose(x), 1, 4, 2, 5, 3, 6);
    expect_values(tad_slice(x, 1, 1, TAD_END), 2, 3, 5, 6);
    expect_values(tad_transpose(tad_slice(x, 1, -2, -1)), 2, 5);
    expect_values(tad_reshape(tad_transpose(x), 2, (const int64_t[]){2, -1}), 1, 4, 2, 5, 3, 6);
    expect_values(tad_broadcast_to(tad_slice(x, 0, 1, 2), 2, (const int64_t[]){2, 3}), 4, 5, 6, 4, 5, 6);
    expect_values(tad_broadcast_to(tad_scalar(tape, 7), 1, (const int64_t[]){3}), 7, 7, 7);
    tad_var view = tad_reshape(tad_scalar(tape, 8), 1, (const int64_t[]){1});
    for (int i = 0; i < 5000; i++) /* the scalars' array grows and moves */
        tad_scalar(tape, i);
    expect_values(view, 8);
}
END_TEST

START_TEST(reading_needs_room)
{
    tad_var x = tad_transpose(matrix(tape, 2, 3, (const double[]){1, 2, 3, 4, 5, 6}));
    double  out[6] = {-1, -1, -1, -1, -1, -1};
    ck_assert_int_eq(tad_read(x, out, sizeof out - 1), TAD_EARG);
    expect_error(tape, TAD_EARG, "tad_read: 47 bytes of room; the value has 48");
    ck_assert_int_eq(tad_read(x, out, 0), TAD_EARG);
    expect_error(tape, TAD_EARG, "tad_read: 0 bytes of room; the value has 48");
    ck_assert_int_eq(tad_read(x, NULL, 48), TAD_EARG);
    expect_error(tape, TAD_EARG, "tad_read: 48 bytes at NULL; the value has 48");
    for (int i = 0; i < 6; i++)
        expect_near(out[i], -1, 0); /* nothing is written */
    double larger[7] = {0, 0, 0, 0, 0, 0, -1};
    expect_ok(tad_read(x, larger, sizeof larger));
    expect_near(larger[5], 6, 0);
    expect_near(larger[6], -1, 0);

    expect_ok(tad_backward(tad_sum(x)));
    ck_assert_int_eq(tad_read_grad(x, out, sizeof out - 1), TAD_EARG);
    expect_error(tape, TAD_EARG, "tad_read_grad: 47 bytes of room; the gradient has 48");
    ck_assert_int_eq(tad_read_grad(x, NULL, 48), TAD_EARG);
    expect_error(tape, TAD_EARG, "tad_read_grad: 48 bytes at NULL; the gradient has 48");
    expect_near(out[0], -1, 0);
}
END_TEST

START_TEST(axes_that_are_not_there)
{
    tad_var x = matrix(tape, 2, 3, (const double[6]){0});
    for (int axis = -4; axis <= 3; axis++)
        if (axis < -2 || axis > 1) {
            char text[64];
            snprintf(text, sizeof text, "tad_dim: axis %d of a value of rank 2", axis);
            ck_assert_int_eq(tad_dim(x, axis), -1);
            expect_error(tape, TAD_EARG, text);
        }
    ck_assert_int_eq(tad_dim(tad_scalar(tape, 1), 0), -1);
    expect_error(tape, TAD_EARG, "tad_dim: axis 0 of a value of rank 0");
}
END_TEST

START_TEST(an_f64_scalar_takes_the_type_of_the_other)
{
    const float numbers[] = {1, 2, 3};
    tad_var     x = tad_tensor(tape, TAD_F32, 1, (const int64_t[]){3}, numbers), s = tad_scalar(tape, 0.5);
    tad_var     y = tad_mul(s, x);
    float       out[3];
    ck_assert(tad_dtype_of(y) == TAD_F32);
    expect_ok(tad_read(y, out, sizeof out));
    expect_near((double)out[2], 1.5, 0);
    expect_ok(tad_backward(tad_sum(y)));
    expect_near(tad_grad(s), 6, 0); /* the scalar's gradient is f64 again */
    expect_ok(tad_read_grad(x, out, sizeof out));
    expect_near((double)out[0], 0.5, 0);
    ck_assert(!tad_is_valid(tad_add(x, vector(tape, 3, (const double[]){1, 2, 3}))));
    expect_error(tape, TAD_EDTYPE, "add(f32 [3], f64 [3]): f32 and f64 do not mix, except for an f64 scalar");
}
END_TEST

/* ---- Names ---- */

START_TEST(names)
{
    tad_var x = tad_scalar(tape, 1), y = tad_scalar(tape, 2);
    char    text[] = "w1";
    ck_assert_ptr_null(tad_name(x));
    tad_var same = tad_named(x, text);
    ck_assert(same.tape == tape && same.id == x.id && same.birth == x.birth);
    text[1] = '2'; /* copied */
    ck_assert_str_eq(tad_name(x), "w1");
    ck_assert_ptr_null(tad_name(y));
    tad_named(y, "");
    ck_assert_str_eq(tad_name(y), "");
    tad_named(x, "a much longer name than the one before it, which it replaces");
    ck_assert_str_eq(tad_name(x), "a much longer name than the one before it, which it replaces");
    tad_named(y, tad_name(x));
    ck_assert_str_eq(tad_name(y), tad_name(x));
    tad_named(x, NULL);
    expect_error(tape, TAD_EARG, "tad_named: the name is NULL");
    ck_assert_ptr_nonnull(tad_name(x));
}
END_TEST

enum { MANY = 3000 };

/* Node i of a tape, whatever it is. */
static tad_var many[MANY];

static void expect_names(int first, int last, const char *format)
{
    char text[32];
    for (int i = first; i < last; i++) {
        snprintf(text, sizeof text, format, i);
        ck_assert_ptr_nonnull(tad_name(many[i]));
        ck_assert_str_eq(tad_name(many[i]), text);
    }
}

static void give_names(int first, int last, const char *format)
{
    char text[32];
    for (int i = last - 1; i >= first; i--) { /* the newest first: names come in any order */
        snprintf(text, sizeof text, format, i);
        tad_named(many[i], text);
    }
}

START_TEST(many_names_and_rewinds)
{
    for (int i = 0; i < MANY; i++)
        many[i] = tad_scalar(tape, i);
    give_names(0, MANY, "n%d");
    expect_names(0, MANY, "n%d");
    give_names(10, 20, "renamed%d"); /* written behind the names of nodes that go, but of nodes that stay */
    tad_tape_rewind(tape, MANY / 2);
    expect_names(0, 10, "n%d");
    expect_names(10, 20, "renamed%d");
    expect_names(20, MANY / 2, "n%d");
    for (int i = MANY / 2; i < MANY; i++) {
        many[i] = tad_scalar(tape, i);
        ck_assert_ptr_null(tad_name(many[i])); /* a name does not come back with the place */
    }
    give_names(MANY / 2, MANY, "again%d");
    expect_names(0, 10, "n%d");
    expect_names(10, 20, "renamed%d");
    expect_names(MANY / 2, MANY, "again%d");
    tad_tape_rewind(tape, 0);
    ck_assert_ptr_null(tad_name(tad_scalar(tape, 1)));
}
END_TEST

/* A training loop that names its parameters anew at each step must not grow. */
START_TEST(renaming_takes_no_more_memory)
{
    heap      h = {0};
    tad_tape *own = heap_tape(&h);
    tad_var   w = tad_scalar(own, 1);
    size_t    mark = tad_tape_mark(own), bytes = 0;
    for (int i = 0; i < 10000; i++) {
        tad_named(w, "w");
        tad_named(tad_exp(w), "y");
        tad_tape_rewind(own, mark);
        if (i == 2)
            bytes = h.bytes;
    }
    ck_assert_uint_eq(h.bytes, bytes);
    tad_tape_free(own);
}
END_TEST

/* ---- What was recorded ---- */

START_TEST(operations_and_operands)
{
    tad_var a = tad_scalar(tape, 1), b = tad_constant(tape, 2), c = tad_sub(a, b), d = tad_exp(b);
    tad_var v = vector(tape, 2, (const double[]){1, 2}), m = tad_mul(c, v), s = tad_sum(m);
    ck_assert_ptr_null(tad_op_of(a));
    ck_assert_ptr_null(tad_op_of(v));
    expect_no_error(tape);
    ck_assert_ptr_eq(tad_op_of(c), tad_op_find("sub"));
    ck_assert_ptr_eq(tad_op_of(m), tad_op_find("mul"));
    ck_assert_ptr_eq(tad_op_of(s), tad_op_find("sum"));
    const struct {
        tad_var x;
        int     n;
        bool    differentiable;
        tad_var in[2];
    } rows[] = {{a, 0, true, {{0}}}, {b, 0, false, {{0}}}, {c, 2, true, {a, b}}, {d, 1, false, {b}},
                {v, 0, true, {{0}}}, {m, 2, true, {c, v}}, {s, 1, true, {m}}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        ck_assert_int_eq(tad_operand_count(rows[i].x), rows[i].n);
        ck_assert_int_eq(tad_is_differentiable(rows[i].x), rows[i].differentiable);
        for (int k = 0; k < rows[i].n; k++) {
            tad_var in = tad_operand(rows[i].x, k);
            ck_assert(in.tape == tape && in.id == rows[i].in[k].id && in.birth == rows[i].in[k].birth);
        }
        ck_assert(!tad_is_valid(tad_operand(rows[i].x, rows[i].n)));
        expect_error(tape, TAD_EARG, "tad_operand: operand ");
        ck_assert(!tad_is_valid(tad_operand(rows[i].x, -1)));
        expect_error(tape, TAD_EARG, "tad_operand: operand -1 of a node that has ");
    }
}
END_TEST

START_TEST(the_list_of_operations)
{
    size_t n = 0;
    for (const tad_op *op; (op = tad_op_at(n)) != NULL; n++) {
        ck_assert_ptr_eq(tad_op_find(op->name), op); /* names are unique */
        ck_assert(op->about && op->formula && op->shape && op->arity >= 1 && op->arity <= TAD_MAX_ARITY);
        ck_assert(op->forward || op->view);
        ck_assert(op->vjp || op->partial[0] || op->constant);
    }
    ck_assert_uint_gt(n, 30);
    ck_assert_ptr_null(tad_op_at(n));
    ck_assert_ptr_null(tad_op_at(SIZE_MAX));
    ck_assert_ptr_null(tad_op_find("no such operation"));
    ck_assert_ptr_null(tad_op_find(""));
    ck_assert_ptr_null(tad_op_find(NULL));
}
END_TEST

Suite *values_suite(void)
{
    Suite *suite = suite_create("values");
    TCase *values = tcase_create("values");
    tcase_add_checked_fixture(values, set_up, tear_down);
    tcase_add_loop_test(values, leaves_of_every_rank, 0, TAD_MAX_RANK + 1);
    tcase_add_test(values, leaves_without_elements);
    tcase_add_test(values, a_value_of_one_element);
    tcase_add_test(values, views_are_read_in_c_order);
    tcase_add_test(values, reading_needs_room);
    tcase_add_test(values, axes_that_are_not_there);
    tcase_add_test(values, an_f64_scalar_takes_the_type_of_the_other);
    suite_add_tcase(suite, values);

    TCase *inspection = tcase_create("inspection");
    tcase_add_checked_fixture(inspection, set_up, tear_down);
    tcase_add_test(inspection, names);
    tcase_add_test(inspection, many_names_and_rewinds);
    tcase_add_test(inspection, renaming_takes_no_more_memory);
    tcase_add_test(inspection, operations_and_operands);
    tcase_add_test(inspection, the_list_of_operations);
    suite_add_tcase(suite, inspection);
    return suite;
}
