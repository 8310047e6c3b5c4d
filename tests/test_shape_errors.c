/* What the operations on shapes and indices refuse, and in which words. */
#include "suites.h"
#include "support.h"

static tad_tape *tape;
static tad_var   v3, m23, f3, i3, wide, eight;

#define A(...) ((const int[]){__VA_ARGS__})
#define D(...) ((const int64_t[]){__VA_ARGS__})

static void set_up(void)
{
    static const float floats[] = {1, 2, 3};
    const double       numbers[] = {1, 2, 3, 4, 5, 6};
    tape = tad_tape_new();
    v3 = vector(tape, 3, numbers);
    m23 = matrix(tape, 2, 3, numbers);
    f3 = tad_tensor(tape, TAD_F32, 1, D(3), floats);
    i3 = tad_tensor_constant(tape, TAD_I64, 1, D(3), D(0, 2, -1));
    wide = tad_broadcast_to(tad_constant(tape, 1), 2, D(1, INT64_MAX / 8));
    eight = tad_broadcast_to(tad_constant(tape, 1), 8, D(1, 1, 1, 1, 1, 1, 1, 1));
}

static void tear_down(void)
{
    expect_near(tad_value(tad_sum(m23)), 21, 0); /* the tape works on */
    expect_no_error(tape);
    tad_tape_free(tape);
}

static tad_var indices(int rank, const int64_t dims[], const int64_t data[])
{
    return tad_tensor_constant(tape, TAD_I64, rank, dims, data);
}

#define REFUSED(status, text, call) expect_refused(tape, call, status, text)

START_TEST(views)
{
    REFUSED(TAD_EARG, "slice(f64 [2, 3]): axis 2; expected -2 to 1", tad_slice_step(m23, 2, 0, 1, 1));
    REFUSED(TAD_EARG, "slice(f64 [2, 3]): a step of 0; expected one up or down", tad_slice_step(m23, 0, 0, 1, 0));
    REFUSED(TAD_EARG, "permute(f64 [2, 3]): 1 axes; expected a list of all 2", tad_permute(m23, 1, A(0)));
    REFUSED(TAD_EARG, "permute(f64 [2, 3]): -1 axes; expected a list of all 2", tad_permute(m23, 2, NULL));
    REFUSED(TAD_EARG, "permute(f64 [2, 3]): axis -3; expected -2 to 1", tad_permute(m23, 2, A(0, -3)));
    REFUSED(TAD_EARG, "permute(f64 [2, 3]): axis -1 is named twice", tad_permute(m23, 2, A(1, -1)));
    REFUSED(TAD_EARG, "permute(f64 [2, 3]): 9 axes", tad_permute(m23, 9, A(0, 1, 2, 3, 4, 5, 6, 7, 8)));
    REFUSED(TAD_EARG, "squeeze(f64 [2, 3]): axis 2; expected -2 to 1", tad_squeeze(m23, 2));
    REFUSED(TAD_ESHAPE, "squeeze(f64 [2, 3]): axis -1 has size 3; expected 1", tad_squeeze(m23, -1));
    REFUSED(TAD_EARG, "squeeze(f64 scalar): axis 0", tad_squeeze(tad_sum(v3), 0));
    REFUSED(TAD_EARG, "unsqueeze(f64 [2, 3]): axis 3; expected -3 to 2", tad_unsqueeze(m23, 3));
    REFUSED(TAD_ESHAPE, "there are 8 axes already", tad_unsqueeze(eight, 0));
    REFUSED(TAD_EARG, "flip(f64 [2, 3]): axis 2; expected -2 to 1", tad_flip(m23, 1, A(2)));
    REFUSED(TAD_EARG, "flip(f64 [2, 3]): axis -2 is named twice", tad_flip(m23, 2, A(0, -2)));
    REFUSED(TAD_EARG, "flip(f64 [2, 3]): 3 axes; expected a list of 0 to 2", tad_flip(m23, 3, A(0, 1, 2)));
    REFUSED(TAD_EARG, "flip(f64 [2, 3]): -1 axes; expected a list of 0 to 2", tad_flip(m23, 1, NULL));
    REFUSED(TAD_EARG, "roll(f64 [2, 3]): axis -3; expected -2 to 1", tad_roll(m23, 1, -3));
}
END_TEST

START_TEST(larger_ones)
{
    REFUSED(TAD_EARG, "pad(f64 [2, 3]): 0 elements before and -1 behind", tad_pad_value(m23, 1, 0, -1, 3));
    REFUSED(TAD_EARG, "pad_reflect(f64 [2, 3]): axis 2; expected -2 to 1", tad_pad_reflect(m23, 2, 1, 1));
    REFUSED(TAD_EARG, "pad_reflect(f64 [2, 3]): -1 elements before", tad_pad_reflect(m23, 1, -1, 1));
    REFUSED(TAD_ESHAPE, "pad_reflect(f64 [2, 3]): axis 1 has 3 elements; expected 4 or more",
            tad_pad_reflect(m23, 1, 0, 3));
    REFUSED(TAD_ESHAPE, "pad_reflect(f64 [2, 3]): axis 1 has 3 elements; expected 1 or more",
            tad_pad_reflect(m23, 1, INT64_MAX, 0));
    REFUSED(TAD_ESHAPE, "pad_replicate(f64 [2, 0]): axis 1 has 0 elements; expected 1 or more",
            tad_pad_replicate(tad_slice(m23, 1, 0, 0), 1, 0, 1));
    REFUSED(TAD_ESHAPE, "pad_replicate(f64 [3]): the padded axis would be longer than 2^63 - 1",
            tad_pad_replicate(v3, 0, INT64_MAX / 2, INT64_MAX / 2));
    REFUSED(TAD_ESHAPE, "pad_replicate(f64 [3]): the result would have more bytes than memory can address",
            tad_pad_replicate(v3, 0, INT64_MAX / 4, 0));
    REFUSED(TAD_EARG, "tile(f64 [2, 3]): expected a list of 0 to 8 repeats", tad_tile(m23, 2, NULL));
    REFUSED(TAD_EARG, "tile(f64 [2, 3]): expected a list of 0 to 8 repeats",
            tad_tile(m23, 9, D(1, 1, 1, 1, 1, 1, 1, 1, 1)));
    REFUSED(TAD_EARG, "tile(f64 [2, 3]): -1 repeats; expected 0 or more", tad_tile(m23, 1, D(-1)));
    REFUSED(TAD_ESHAPE, "tile(f64 [2, 3]): axis 0 would be longer than 2^63 - 1", tad_tile(m23, 2, D(INT64_MAX, 1)));
    REFUSED(TAD_ESHAPE, "tile(f64 [2, 3]): the result would have more bytes than memory can address",
            tad_tile(m23, 1, D(INT64_MAX / 4)));
    REFUSED(TAD_EARG, "repeat_interleave(f64 [2, 3]): axis 2", tad_repeat_interleave(m23, 1, 2));
    REFUSED(TAD_EARG, "repeat_interleave(f64 [2, 3]): -1 repeats", tad_repeat_interleave(m23, -1, 0));
    REFUSED(TAD_ESHAPE, "repeat_interleave(f64 [2, 3]): axis 1 would be longer than 2^63 - 1",
            tad_repeat_interleave(m23, INT64_MAX, 1));
}
END_TEST

START_TEST(joined_ones)
{
    const tad_var different[] = {v3, m23}, types[] = {v3, f3}, good[] = {m23, m23}, wides[] = {wide, wide};
    tad_var       many[40], parts[3];
    for (int i = 0; i < 40; i++)
        many[i] = i == 39 ? m23 : v3;
    REFUSED(TAD_ESHAPE, "concat(f64 [3], f64 [2, 3]): operand 2 differs from the first in more than axis 0",
            tad_concat(2, different, 0));
    REFUSED(TAD_ESHAPE, "concat(f64 [2, 3], f64 [3, 2]): operand 2 differs from the first in more than axis 0",
            tad_concat(2, ((const tad_var[]){m23, tad_transpose(m23)}), 0));
    REFUSED(TAD_EDTYPE, "concat(f64 [3], f32 [3]): f64 and f32 do not mix", tad_concat(2, types, 0));
    REFUSED(TAD_EARG, "concat(f64 [2, 3], f64 [2, 3]): axis 2; expected -2 to 1", tad_concat(2, good, 2));
    REFUSED(TAD_EARG, "concat(f64 scalar): axis 0 of a scalar, which has none",
            tad_concat(1, ((const tad_var[]){tad_sum(v3)}), 0));
    REFUSED(TAD_ESHAPE, "f64 [2, 3]): operand 8 differs", tad_concat(40, many, 0));
    many[7] = m23;
    REFUSED(TAD_ESHAPE, "f64 [2, 3], ... 32 operands): operand 8 differs", tad_concat(40, many, 0));
    REFUSED(TAD_ESHAPE,
            "concat(f64 [1, 1152921504606846975], f64 [1, 1152921504606846975]): the result would have more",
            tad_concat(2, wides, 1));
    ck_assert(!tad_concat(0, good, 0).tape && !tad_concat(-1, good, 0).tape && !tad_concat(2, NULL, 0).tape);
    ck_assert(!tad_stack(0, good, 0).tape && !tad_stack(2, NULL, 0).tape);
    REFUSED(TAD_ESHAPE, "stack(f64 [3], f64 [2, 3]): operand 2 has another shape", tad_stack(2, different, 0));
    REFUSED(TAD_EDTYPE, "stack(f64 [3], f32 [3]): f64 and f32 do not mix", tad_stack(2, types, 0));
    REFUSED(TAD_EARG, "stack(f64 [2, 3], f64 [2, 3]): axis -4; expected -3 to 2", tad_stack(2, good, -4));
    REFUSED(TAD_ESHAPE, "there are 8 axes already", tad_stack(1, &eight, 0));

#define NO_PARTS(status, text, call)                                                                                   \
    do {                                                                                                               \
        parts[0] = parts[1] = parts[2] = v3;                                                                           \
        ck_assert_int_eq(call, status);                                                                                \
        expect_error_of(#call, tape, status, text);                                                                    \
    } while (0)
    NO_PARTS(TAD_ESHAPE, "split(f64 [2, 3]): axis 1 has 3 elements, which do not make 2 equal parts",
             tad_split(m23, 1, 2, NULL, parts));
    ck_assert(!tad_is_valid(parts[0]) && !tad_is_valid(parts[1]) && tad_is_valid(parts[2]));
    NO_PARTS(TAD_EARG, "split(f64 [3]): axis 1; expected -1 to 0", tad_split(v3, 1, 3, NULL, parts));
    NO_PARTS(TAD_EARG, "split(f64 [3]): 0 parts; expected 1 or more", tad_split(v3, 0, 0, NULL, parts));
    NO_PARTS(TAD_EARG, "split(f64 [3]): 3 parts at NULL; expected", tad_split(v3, 0, 3, NULL, NULL));
    NO_PARTS(TAD_EARG, "split(f64 [3]): part 1 has -1 elements", tad_split(v3, 0, 3, D(1, -1, 3), parts));
    NO_PARTS(TAD_ESHAPE, "split(f64 [3]): the parts have more elements than axis 0, which has 3",
             tad_split(v3, 0, 3, D(1, 1, 2), parts));
    NO_PARTS(TAD_ESHAPE, "split(f64 [3]): the parts leave 1 elements of axis 0 over",
             tad_split(v3, 0, 2, D(1, 1), parts));
    NO_PARTS(TAD_ESHAPE, "the parts have more elements", tad_split(v3, 0, 2, D(INT64_MAX, INT64_MAX), parts));
    ck_assert_int_eq(tad_split((tad_var){0}, 0, 1, NULL, parts), TAD_ETAPE);
}
END_TEST

START_TEST(indices_that_do_not_fit)
{
    tad_var list = indices(1, D(2), D(0, 1)), column = indices(2, D(3, 1), D(0, 1, 0)),
            row = indices(2, D(1, 3), D(0, 1, 0));
    REFUSED(TAD_EDTYPE, "gather(f64 [3], f64 [3]): operand 2 is f64; expected indices, i64", tad_gather(v3, 0, v3));
    REFUSED(TAD_EARG, "gather(f64 [3], i64 [2]): axis 1; expected -1 to 0", tad_gather(v3, 1, list));
    REFUSED(TAD_ESHAPE, "gather(f64 [2, 3], i64 [2]): expected the same number of axes everywhere",
            tad_gather(m23, 0, list));
    REFUSED(TAD_ESHAPE, "gather(f64 [2, 3], i64 [3, 1]): along axis 0 there are 3 indices for 2 elements",
            tad_gather(m23, 1, column));
    REFUSED(TAD_EARG, "scatter_add(f64 [3], i64 [2], f64 [3]): axis -2; expected -1 to 0",
            tad_scatter_add(v3, -2, list, v3));
    REFUSED(TAD_ESHAPE, "scatter_add(f64 [2, 3], i64 [1, 3], f64 [3]): expected the same number of axes everywhere",
            tad_scatter_add(m23, 0, row, v3));
    REFUSED(TAD_ESHAPE, "scatter_add(f64 [3], i64 [3], f64 [2]): along axis 0 there are 3 indices for 2 elements",
            tad_scatter_add(v3, 0, i3, tad_slice(v3, 0, 0, 2)));
    REFUSED(TAD_ESHAPE, "along axis 0 there are 3 indices for 2 elements",
            tad_scatter_add(m23, 1, column, tad_transpose(m23)));
    REFUSED(TAD_EDTYPE, "scatter_add(f64 [3], i64 [2], f32 [3]): f64 and f32 do not mix",
            tad_scatter_add(v3, 0, list, f3));
    REFUSED(TAD_EDTYPE, "operand 1 is i64; expected f32 or f64", tad_scatter_add(i3, 0, list, i3));
    REFUSED(TAD_EARG, "take_along_axis(f64 [3], i64 [2]): axis 1; expected -1 to 0", tad_take_along_axis(v3, list, 1));
    REFUSED(TAD_ESHAPE, "take_along_axis(f64 [2, 3], i64 [2]): expected as many axes",
            tad_take_along_axis(m23, list, 0));
    REFUSED(TAD_ESHAPE, "take_along_axis(f64 [2, 3], i64 [3, 1]): axes other than 1 do not broadcast",
            tad_take_along_axis(m23, column, 1));
    REFUSED(TAD_EARG, "index_select(f64 [2, 3], i64 [2]): axis 2; expected -2 to 1", tad_index_select(m23, 2, list));
    REFUSED(TAD_ESHAPE, "index_select(f64 [2, 3], i64 [1, 3]): expected a list of indices",
            tad_index_select(m23, 1, row));
    REFUSED(TAD_EDTYPE, "index_select(f64 [2, 3], f64 [3]): operand 2 is f64", tad_index_select(m23, 1, v3));
    REFUSED(TAD_ESHAPE, "index_add(f64 [2, 3], i64 [2], f64 [2, 3]): expected a source of the shape of x, with 2",
            tad_index_add(m23, 1, list, m23));
    REFUSED(TAD_EARG, "axis 2; expected -2 to 1", tad_index_add(m23, 2, list, m23));
    REFUSED(TAD_ESHAPE, "embedding(f64 [3], i64 [2]): expected weights of rank 2", tad_embedding(v3, list));
    REFUSED(TAD_EDTYPE, "embedding(f64 [2, 3], f64 [3]): operand 2 is f64; expected indices, i64",
            tad_embedding(m23, v3));
    tad_var deep = tad_cast(eight, TAD_I64);
    REFUSED(TAD_ESHAPE, "the result would have rank 9; at most 8", tad_embedding(m23, deep));
    REFUSED(TAD_ESHAPE, "the result would have rank 9; at most 8", tad_one_hot(deep, 3, TAD_F64));
    REFUSED(TAD_EARG, "one_hot(i64 [2]): depth -1; expected 0 or more", tad_one_hot(list, -1, TAD_F64));
    REFUSED(TAD_EDTYPE, "one_hot(i64 [2]): 7 is no element type", tad_one_hot(list, 3, (tad_dtype)7));
    REFUSED(TAD_EDTYPE, "one_hot(f64 [3]): operand 1 is f64; expected indices, i64", tad_one_hot(v3, 3, TAD_F64));
}
END_TEST

START_TEST(indices_out_of_range)
{
    tad_var wrong = indices(2, D(2, 3), D(0, 1, -2, 1, 2, 5)), list = indices(1, D(3), D(0, -3, 2)),
            huge = indices(1, D(2), D(0, INT64_MIN)), none = indices(1, D(1), D(0)), empty = tad_slice(m23, 0, 0, 0);
    REFUSED(TAD_EINDEX, "gather(f64 [2, 3], i64 [2, 3]): index 2 at [1, 1]; expected -2 to 1, axis 0 has 2 elements",
            tad_gather(m23, 0, wrong));
    REFUSED(TAD_EINDEX, "index 5 at [1, 2]; expected -3 to 2, axis 1 has 3 elements", tad_gather(m23, -1, wrong));
    REFUSED(TAD_EINDEX, "index 5 at [0, 0]", tad_gather(m23, 1, tad_flip(wrong, 2, A(0, 1))));
    REFUSED(TAD_EINDEX, "gather(f64 [3], i64 [2]): index -9223372036854775808 at [1]", tad_gather(v3, 0, huge));
    REFUSED(TAD_EINDEX, "index 5 at [2, 1]; expected -2 to 1",
            tad_gather(m23, 0, tad_slice(tad_transpose(indices(2, D(2, 3), D(0, 1, -2, 1, 0, 5))), 1, 0, 2)));
    REFUSED(TAD_EINDEX, "scatter_add(f64 [2, 3], i64 [2, 3], f64 [2, 3]): index 2 at [1, 1]; expected -2 to 1",
            tad_scatter_add(m23, 0, wrong, m23));
    REFUSED(TAD_EINDEX, "take_along_axis(f64 [2, 3], i64 [2, 3]): index 5 at [1, 2]",
            tad_take_along_axis(m23, wrong, 1));
    REFUSED(TAD_EINDEX, "index_select(f64 [2, 3], i64 [3]): index -3 at [1]; expected -2 to 1, axis 0 has 2 elements",
            tad_index_select(m23, 0, list));
    REFUSED(TAD_EINDEX, "index_add(f64 [2, 3], i64 [3], f64 [3, 3]): index -3 at [1]",
            tad_index_add(m23, 0, list, tad_broadcast_to(v3, 2, D(3, 3))));
    REFUSED(TAD_EINDEX, "embedding(f64 [2, 3], i64 [2, 3]): index 2 at [1, 1]; expected -2 to 1",
            tad_embedding(m23, wrong));
    REFUSED(TAD_EINDEX, "embedding(f64 [0, 3], i64 [1]): index 0 at [0]; expected none, axis 0 has no elements",
            tad_embedding(empty, none));
    REFUSED(TAD_EINDEX, "index 0 at [0, 0]; expected none", tad_gather(empty, 0, tad_unsqueeze(none, 0)));
    REFUSED(TAD_EINDEX, "one_hot(i64 [2, 3]): index 5 at [1, 2]; expected -3 to 2, axis 2 has 3 elements",
            tad_one_hot(wrong, 3, TAD_F64));
    REFUSED(TAD_EINDEX, "one_hot(i64 [1]): index 0 at [0]; expected none, axis 1 has no elements",
            tad_one_hot(none, 0, TAD_F64));
    REFUSED(TAD_EINDEX, "one_hot(i64 scalar): index 4 at []", tad_one_hot(indices(0, NULL, D(4)), 4, TAD_F32));
}
END_TEST

Suite *shape_errors_suite(void)
{
    Suite *suite = suite_create("shape_errors");
    TCase *tests = tcase_create("errors");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, views);
    tcase_add_test(tests, larger_ones);
    tcase_add_test(tests, joined_ones);
    tcase_add_test(tests, indices_that_do_not_fit);
    tcase_add_test(tests, indices_out_of_range);
    suite_add_tcase(suite, tests);
    return suite;
}
