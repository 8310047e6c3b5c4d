/* Operations that only move elements, against maps from the place of each element of the result to where it comes from:
 * values and gradients equal to the last bit, in every element type, for operands that lie in memory in every way. */
#include "suites.h"
#include "support.h"
#include "tape/tape.h"

#include <tad/op.h>

#include <stdlib.h>
#include <string.h>

enum { MOST = 600, OPERANDS = 3, CONSTANT = -7 };

static tad_tape *tape;

static void set_up(void)
{
    tape = tad_tape_new();
    ck_assert_ptr_nonnull(tape);
}

static void tear_down(void)
{
    expect_no_error(tape);
    tad_tape_free(tape);
}

/* ---- Blocks of whole numbers, and how they lie on a tape ---- */

typedef struct block {
    int     rank;
    int64_t dims[TAD_MAX_RANK];
    double  v[MOST];
} block;

static int64_t count(const block *b)
{
    int64_t n = 1;
    for (int i = 0; i < b->rank; i++)
        n *= b->dims[i];
    ck_assert_int_le(n, MOST);
    return n;
}

static int64_t place(const block *b, const int64_t at[])
{
    int64_t p = 0;
    for (int i = 0; i < b->rank; i++) {
        ck_assert(at[i] >= 0 && at[i] < b->dims[i]);
        p = p * b->dims[i] + at[i];
    }
    return p;
}

static void place_to_coordinates(const block *b, int64_t p, int64_t at[])
{
    for (int i = b->rank - 1; i >= 0; i--) {
        at[i] = p % b->dims[i];
        p /= b->dims[i];
    }
}

/* STEPPED: every second element along the last two axes. */
typedef enum lie { PLAIN, PERMUTED, FLIPPED, STEPPED, LIES } lie;

static bool is_stepped(const block *b, lie how, int axis)
{
    return how == STEPPED && axis >= b->rank - 2;
}

/* The block that is to be recorded, so that a view of it is `b`, and where the element at[] then lies. */
static block leaf_of(const block *b, lie how)
{
    block leaf = {.rank = b->rank};
    for (int i = 0; i < b->rank; i++)
        leaf.dims[i] = how == PERMUTED         ? b->dims[b->rank - 1 - i]
                       : is_stepped(b, how, i) ? 2 * b->dims[i] + 1
                                               : b->dims[i];
    for (int64_t p = 0; p < count(&leaf); p++)
        leaf.v[p] = 99;
    return leaf;
}

static int64_t place_in_leaf(const block *b, const block *leaf, lie how, int64_t p)
{
    int64_t at[TAD_MAX_RANK], to[TAD_MAX_RANK];
    place_to_coordinates(b, p, at);
    for (int i = 0; i < b->rank; i++)
        to[i] = how == PERMUTED         ? at[b->rank - 1 - i]
                : how == FLIPPED        ? b->dims[i] - 1 - at[i]
                : is_stepped(b, how, i) ? 2 * at[i] + 1
                                        : at[i];
    return place(leaf, to);
}

static tad_var record_block(const block *b, tad_dtype dtype)
{
    float   floats[MOST];
    int64_t integers[MOST];
    for (int64_t i = 0; i < count(b); i++)
        integers[i] = (int64_t)(floats[i] = (float)b->v[i]);
    const void *data[] = {floats, b->v, integers};
    return dtype == TAD_I64 ? tad_tensor_constant(tape, dtype, b->rank, b->dims, data[dtype])
                            : tad_tensor(tape, dtype, b->rank, b->dims, data[dtype]);
}

/* `b` as a view of a leaf. */
static tad_var record_view(const block *b, tad_dtype dtype, lie how, tad_var *leaf)
{
    static const int axes[] = {0, 1, 2, 3, 4, 5, 6, 7};
    int              reversed[TAD_MAX_RANK];
    block            from = leaf_of(b, how);
    for (int64_t p = 0; p < count(b); p++)
        from.v[place_in_leaf(b, &from, how, p)] = b->v[p];
    *leaf = record_block(&from, dtype);
    tad_var x = *leaf;
    if (how == PERMUTED) {
        for (int i = 0; i < b->rank; i++)
            reversed[i] = b->rank - 1 - i;
        x = tad_permute(x, b->rank, reversed);
    } else if (how == FLIPPED) {
        x = tad_flip(x, b->rank, axes);
    } else if (how == STEPPED) {
        for (int i = 0; i < b->rank; i++)
            x = is_stepped(b, how, i) ? tad_slice_step(x, i, 1, TAD_END, 2) : x;
    }
    return x;
}

static void read_block(tad_var x, tad_status read(tad_var, void *, size_t), block *out)
{
    float   floats[MOST];
    int64_t integers[MOST];
    void   *data[] = {floats, out->v, integers};
    out->rank = tad_rank(x);
    for (int i = 0; i < out->rank; i++)
        out->dims[i] = tad_dim(x, i);
    expect_ok(read(x, data[tad_dtype_of(x)], sizeof out->v));
    for (int64_t i = 0; i < count(out) && tad_dtype_of(x) != TAD_F64; i++)
        out->v[i] = tad_dtype_of(x) == TAD_F32 ? (double)floats[i] : (double)integers[i];
}

/* ---- The operations ---- */

#define A(...) ((const int[]){__VA_ARGS__})
#define D(...) ((const int64_t[]){__VA_ARGS__})

/* CASE(name, the result of operands x[0], x[1]..., and indices; where its element at o[0], o[1]... comes from: i[0], i[1]...
 * of operand k. At first i is o and k is 0.) */
#define CASE(name, expression, ...)                                                                                    \
    static tad_var record_##name(const tad_var x[], tad_var indices)                                                   \
    {                                                                                                                  \
        (void)x, (void)indices;                                                                                        \
        return expression;                                                                                             \
    }                                                                                                                  \
    static int from_##name(const int64_t o[], int64_t i[], const double index[])                                       \
    {                                                                                                                  \
        int k = 0;                                                                                                     \
        (void)o, (void)i, (void)index;                                                                                 \
        __VA_ARGS__;                                                                                                   \
        return k;                                                                                                      \
    }

CASE(permute, tad_permute(x[0], 3, A(2, 0, -2)), i[2] = o[0], i[0] = o[1], i[1] = o[2])
CASE(permute_8, tad_permute(x[0], 8, A(7, 6, 5, 4, 3, 2, 1, 0)), for (int a = 0; a < 8; a++) i[a] = o[7 - a])
CASE(squeeze, tad_squeeze(x[0], -2), i[1] = 0, i[2] = o[1])
CASE(squeeze_all, tad_squeeze_all(x[0]), i[0] = 0, i[1] = o[0], i[2] = 0, i[3] = o[1])
CASE(unsqueeze, tad_unsqueeze(x[0], -2), i[1] = o[2])
CASE(reshape, tad_reshape(x[0], 2, D(4, 3)), i[0] = (3 * o[0] + o[1]) / 6, i[1] = (3 * o[0] + o[1]) % 6)
CASE(slice, tad_slice(x[0], 1, -3, TAD_END), i[1] = o[1] + 2)
CASE(slice_step, tad_slice_step(x[0], -1, 4, TAD_END, -2), i[1] = 4 - 2 * o[1])
CASE(slice_twice, tad_slice_step(tad_slice_step(x[0], 1, 1, 9, 2), 1, TAD_END, TAD_END, -1), i[1] = 3 - 2 * o[1])
CASE(slice_transposed, tad_flip(tad_slice_step(tad_transpose(x[0]), 0, 0, 5, 2), 1, A(1)), i[0] = 2 - o[1],
     i[1] = 2 * o[0])
CASE(flip, tad_flip(x[0], 2, A(-1, 0)), i[0] = 1 - o[0], i[2] = 3 - o[2])
CASE(flip_none, tad_flip(x[0], 0, NULL), )
CASE(roll, tad_roll(x[0], 7, 1), i[1] = (o[1] + 3) % 5)
CASE(roll_back, tad_roll(x[0], -7, -1), i[1] = (o[1] + 2) % 5)
CASE(roll_round, tad_roll(x[0], 10, 1), )
CASE(pad, tad_pad_value(x[0], 0, 2, 1, CONSTANT), i[0] = o[0] - 2, k = o[0] < 2 || o[0] > 4 ? CONSTANT : 0)
CASE(reflect, tad_pad_reflect(x[0], 1, 4, 3), i[1] = o[1] < 4 ? 4 - o[1] : o[1] < 9 ? o[1] - 4 : 12 - o[1])
CASE(reflect_before, tad_pad_reflect(x[0], 0, 2, 0), i[0] = o[0] < 2 ? 2 - o[0] : o[0] - 2)
CASE(replicate, tad_pad_replicate(x[0], -1, 2, 9), i[1] = o[1] < 2 ? 0 : o[1] < 7 ? o[1] - 2 : 4)
CASE(tile, tad_tile(x[0], 3, D(2, 3, 2)), i[0] = o[1] % 3, i[1] = o[2] % 5)
CASE(tile_last, tad_tile(x[0], 1, D(3)), i[1] = o[1] % 5)
CASE(tile_0, tad_tile(x[0], 2, D(2, 0)), )
CASE(repeat, tad_repeat_interleave(x[0], 3, 1), i[1] = o[1] / 3)
CASE(repeat_first, tad_repeat_interleave(x[0], 2, -2), i[0] = o[0] / 2)
CASE(concat, tad_concat(3, x, 1), k = o[1] < 3 ? 0 : o[1] < 4 ? 1 : 2, i[1] = o[1] - (k == 0 ? 0 : k == 1 ? 3 : 4))
CASE(concat_same, tad_concat(2, (const tad_var[]){x[0], x[0]}, -2), i[0] = o[0] % 3)
CASE(stack, tad_stack(3, x, 1), k = (int)o[1], i[1] = o[2])
CASE(stack_last, tad_stack(3, x, -1), k = (int)o[2])
CASE(gather, tad_gather(x[0], 0, indices), i[0] = ((int64_t)index[2 * o[0] + o[1]] + 3) % 3)
CASE(gather_last, tad_gather(x[0], -1, indices), i[1] = ((int64_t)index[4 * o[0] + o[1]] + 5) % 5)
CASE(gather_permuted, tad_gather(tad_permute(x[0], 2, A(1, 0)), 1, indices),
     i[0] = ((int64_t)index[4 * o[0] + o[1]] + 3) % 3, i[1] = o[0])
CASE(take, tad_take_along_axis(x[0], indices, 1), i[1] = ((int64_t)index[o[1]] + 5) % 5)
CASE(take_broadcast, tad_take_along_axis(tad_slice(x[0], 0, 2, 3), indices, 1), i[0] = 2,
     i[1] = ((int64_t)index[4 * o[0] + o[1]] + 5) % 5)
CASE(select, tad_index_select(x[0], 1, indices), i[1] = ((int64_t)index[o[1]] + 5) % 5)
CASE(select_first, tad_index_select(x[0], -3, indices), i[0] = ((int64_t)index[o[0]] + 2) % 2)
CASE(embedding, tad_embedding(x[0], indices), i[0] = ((int64_t)index[3 * o[0] + o[1]] + 3) % 3, i[1] = o[2])
CASE(embedding_of_one, tad_embedding(x[0], indices), i[0] = ((int64_t)index[0] + 3) % 3, i[1] = o[0])
CASE(empty_slice, tad_slice_step(x[0], 1, 3, 3, -1), )
CASE(empty_select, tad_index_select(x[0], 0, indices), )
CASE(empty_stack, tad_stack(2, x, 2), )

typedef struct shape {
    int     rank;
    int64_t dims[TAD_MAX_RANK];
} shape;

static const struct {
    const char *name;
    tad_var (*record)(const tad_var x[], tad_var indices);
    int (*from)(const int64_t o[], int64_t i[], const double index[]);
    int   n;
    shape in[OPERANDS], out;
    block index; /* of rank -1: there are none */
} cases[] = {
#define ROW(name, n, ...)                                                                                              \
    {                                                                                                                  \
#name, record_##name, from_##name, n, __VA_ARGS__                                                              \
    }
#define NONE                                                                                                           \
    {                                                                                                                  \
        .rank = -1                                                                                                     \
    }
#define M                                                                                                              \
    {                                                                                                                  \
        2,                                                                                                             \
        {                                                                                                              \
            3, 5                                                                                                       \
        }                                                                                                              \
    }
    ROW(permute, 1, {{3, {2, 3, 4}}}, {3, {4, 2, 3}}, NONE),
    ROW(permute_8, 1, {{8, {2, 1, 3, 1, 2, 1, 1, 2}}}, {8, {2, 1, 1, 2, 1, 3, 1, 2}}, NONE),
    ROW(squeeze, 1, {{3, {4, 1, 3}}}, {2, {4, 3}}, NONE),
    ROW(squeeze_all, 1, {{4, {1, 3, 1, 2}}}, {2, {3, 2}}, NONE),
    ROW(unsqueeze, 1, {M}, {3, {3, 1, 5}}, NONE),
    ROW(reshape, 1, {{2, {2, 6}}}, {2, {4, 3}}, NONE),
    ROW(slice, 1, {M}, {2, {3, 3}}, NONE),
    ROW(slice_step, 1, {M}, {2, {3, 3}}, NONE),
    ROW(slice_twice, 1, {M}, {2, {3, 2}}, NONE),
    ROW(slice_transposed, 1, {M}, {2, {3, 3}}, NONE),
    ROW(flip, 1, {{3, {2, 3, 4}}}, {3, {2, 3, 4}}, NONE),
    ROW(flip_none, 1, {M}, M, NONE),
    ROW(roll, 1, {M}, M, NONE),
    ROW(roll_back, 1, {M}, M, NONE),
    ROW(roll_round, 1, {M}, M, NONE),
    ROW(pad, 1, {M}, {2, {6, 5}}, NONE),
    ROW(reflect, 1, {M}, {2, {3, 12}}, NONE),
    ROW(reflect_before, 1, {M}, {2, {5, 5}}, NONE),
    ROW(replicate, 1, {M}, {2, {3, 16}}, NONE),
    ROW(tile, 1, {M}, {3, {2, 9, 10}}, NONE),
    ROW(tile_last, 1, {M}, {2, {3, 15}}, NONE),
    ROW(tile_0, 1, {M}, {2, {6, 0}}, NONE),
    ROW(repeat, 1, {M}, {2, {3, 15}}, NONE),
    ROW(repeat_first, 1, {M}, {2, {6, 5}}, NONE),
    ROW(concat, 3, {{2, {2, 3}}, {2, {2, 1}}, {2, {2, 2}}}, {2, {2, 6}}, NONE),
    ROW(concat_same, 1, {M}, {2, {6, 5}}, NONE),
    ROW(stack, 3, {M, M, M}, {3, {3, 3, 5}}, NONE),
    ROW(stack_last, 3, {M, M, M}, {3, {3, 5, 3}}, NONE),
    ROW(gather, 1, {M}, {2, {4, 2}}, {2, {4, 2}, {0, 2, -1, 1, 2, 2, -3, 0}}),
    ROW(gather_last, 1, {M}, {2, {2, 4}}, {2, {2, 4}, {4, 4, 4, -5, 0, -1, 2, 3}}),
    ROW(gather_permuted, 1, {M}, {2, {5, 4}},
        {2, {5, 4}, {0, 1, 2, 2, -1, -1, 0, 0, 1, 1, 1, 1, 2, 0, -3, 2, 0, 0, 0, 0}}),
    ROW(take, 1, {M}, {2, {3, 7}}, {2, {1, 7}, {4, 0, 0, -2, 1, 4, -5}}),
    ROW(take_broadcast, 1, {M}, {2, {3, 4}}, {2, {3, 4}, {4, 4, 0, 1, -1, 2, 2, 3, 0, 0, 0, -5}}),
    ROW(select, 1, {M}, {2, {3, 6}}, {1, {6}, {1, 1, -1, 4, 0, -5}}),
    ROW(select_first, 1, {{3, {2, 3, 2}}}, {3, {3, 3, 2}}, {1, {3}, {-1, 0, 1}}),
    ROW(embedding, 1, {M}, {3, {2, 3, 5}}, {2, {2, 3}, {2, 0, 2, -1, 1, -3}}),
    ROW(embedding_of_one, 1, {M}, {1, {5}}, {0, {0}, {-1}}),
    ROW(empty_slice, 1, {M}, {2, {3, 0}}, NONE),
    ROW(empty_select, 1, {M}, {2, {0, 5}}, {1, {0}, {0}}),
    ROW(empty_stack, 2, {{2, {3, 0}}, {2, {3, 0}}}, {3, {3, 0, 2}}, NONE),
};

static void fill(block *b, const shape *as, int seed)
{
    b->rank = as->rank;
    memcpy(b->dims, as->dims, sizeof b->dims);
    for (int64_t p = 0; p < count(b); p++)
        b->v[p] = (double)((p * 31 + seed * 57) % 101 - 40);
}

static void expect_equal(const block *found, const block *expected, const char *what, size_t c, lie how)
{
    ck_assert_msg(found->rank == expected->rank &&
                      memcmp(found->dims, expected->dims, (size_t)found->rank * sizeof *found->dims) == 0,
                  "%s: %s: another shape", cases[c].name, what);
    for (int64_t p = 0; p < count(expected); p++)
        ck_assert_msg(found->v[p] == expected->v[p], "%s, operands in way %d: %s: element %d is %g; expected %g",
                      cases[c].name, (int)how, what, (int)p, found->v[p], expected->v[p]);
}

static void check_case(size_t c, tad_dtype dtype, lie how)
{
    static block x[OPERANDS], gx[OPERANDS], y, w, found, leaf;
    tad_var      leaves[OPERANDS], in[OPERANDS], indices = {0}, ignored, gy, g[OPERANDS];
    size_t       n = (size_t)cases[c].n;
    tad_tape_rewind(tape, 0);
    for (size_t k = 0; k < n; k++) {
        fill(&x[k], &cases[c].in[k], (int)k);
        gx[k] = x[k];
        memset(gx[k].v, 0, sizeof gx[k].v);
        in[k] = record_view(&x[k], dtype, how, &leaves[k]);
    }
    if (cases[c].index.rank >= 0)
        indices = record_view(&cases[c].index, TAD_I64, how, &ignored);
    fill(&y, &cases[c].out, 0);
    fill(&w, &cases[c].out, 7);
    for (int64_t p = 0; p < count(&y); p++) {
        int64_t o[TAD_MAX_RANK] = {0}, i[TAD_MAX_RANK];
        place_to_coordinates(&y, p, o);
        memcpy(i, o, sizeof i);
        int k = cases[c].from(o, i, cases[c].index.v);
        y.v[p] = k < 0 ? CONSTANT : x[k].v[place(&x[k], i)];
        if (k >= 0)
            gx[k].v[place(&x[k], i)] += w.v[p];
    }
    tad_var result = cases[c].record(in, indices);
    expect_no_error_of(cases[c].name, tape);
    ck_assert(tad_dtype_of(result) == dtype);
    read_block(result, tad_read, &found);
    expect_equal(&found, &y, "value", c, how);
    ck_assert(tad_is_differentiable(result) == (dtype != TAD_I64));
    if (dtype == TAD_I64)
        return;
    gy = record_block(&w, dtype);
    expect_ok(tad_backward(tad_sum(tad_mul(result, gy))));
    expect_ok(tad_vjp(result, gy, n, in, g));
    for (size_t k = 0; k < n; k++) {
        read_block(g[k], tad_read, &found);
        expect_equal(&found, &gx[k], "recorded gradient", c, how);
        read_block(in[k], tad_read_grad, &found);
        expect_equal(&found, &gx[k], "gradient", c, how);
        read_block(leaves[k], tad_read_grad, &leaf); /* through the view */
        for (int64_t p = 0; p < count(&x[k]); p++) {
            double *at = &leaf.v[place_in_leaf(&x[k], &leaf, how, p)];
            found.v[p] = *at;
            *at = 0;
        }
        expect_equal(&found, &gx[k], "gradient of the leaf", c, how);
        for (int64_t p = 0; p < count(&leaf); p++)
            ck_assert_msg(leaf.v[p] == 0, "%s: the leaf has a gradient beside the view", cases[c].name);
    }
}

START_TEST(moves)
{
    for (int how = PLAIN; how < LIES; how++)
        for (int dtype = TAD_F32; dtype <= TAD_I64; dtype++)
            check_case((size_t)_i, (tad_dtype)dtype, (lie)how);
}
END_TEST

/* ---- Slices as Python's ---- */

static int64_t walk(int64_t n, int64_t start, int64_t stop, int64_t step, int64_t out[])
{
    int64_t count_taken = 0;
    bool    to_end = stop == TAD_END;
    if (start < 0)
        start += n;
    if (stop < 0)
        stop += n;
    if (step > 0)
        for (int64_t i = start < 0 ? 0 : start; i < n && i < stop; i += step)
            out[count_taken++] = i;
    else
        for (int64_t i = start >= n ? n - 1 : start; i >= 0 && (to_end || i > stop); i += step)
            out[count_taken++] = i;
    return count_taken;
}

START_TEST(slices_of_every_kind)
{
    static const int64_t bounds[] = {INT64_MIN, -9, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 9, INT64_MAX - 1, TAD_END};
    static const int64_t steps[] = {INT64_MIN, -7, -3, -2, -1, 1, 2, 3, 7, INT64_MAX};
    static const double  numbers[] = {1, 2, 3, 4, 5}, weights[] = {10, 20, 30, 40, 50};
    for (int64_t n = 0; n <= 5; n++)
        for (size_t a = 0; a < COUNT(bounds); a++)
            for (size_t b = 0; b < COUNT(bounds); b++)
                for (size_t s = 0; s < COUNT(steps); s++) {
                    int64_t taken[5];
                    int64_t step = steps[s] == INT64_MAX ? 100 : steps[s] == INT64_MIN ? -100 : steps[s];
                    int64_t m = walk(n, bounds[a], bounds[b], step, taken);
                    double  values[5], grads[5] = {0};
                    for (int64_t i = 0; i < m; i++) {
                        values[i] = numbers[taken[i]];
                        grads[taken[i]] = weights[i];
                    }
                    tad_tape_rewind(tape, 0);
                    tad_var x = vector(tape, n, numbers), g, y = tad_slice_step(x, 0, bounds[a], bounds[b], steps[s]);
                    expect_array_at(y, tad_read, (size_t)m, values, "slice", __FILE__, (int)bounds[a]);
                    tad_var w = tad_tensor_constant(tape, TAD_F64, 1, &m, weights);
                    expect_ok(tad_backward(tad_sum(tad_mul(y, w))));
                    expect_array_at(x, tad_read_grad, (size_t)n, grads, "gradient", __FILE__, __LINE__);
                    expect_ok(tad_vjp(y, w, 1, &x, &g));
                    expect_array_at(g, tad_read, (size_t)n, grads, "recorded gradient", __FILE__, __LINE__);
                }
}
END_TEST

/* ---- Many operands ---- */

/* n scalars stacked, or vectors of one number joined: more than an operation can have. */
static void check_many(int n)
{
    tad_var *x = calloc((size_t)n, sizeof *x);
    double  *numbers = calloc((size_t)n, sizeof *numbers);
    tad_tape_rewind(tape, 0);
    for (int i = 0; i < n; i++) {
        numbers[i] = i + 1;
        x[i] = tad_scalar(tape, numbers[i]);
    }
    tad_var w = vector(tape, n, numbers), y = tad_stack(n, x, -1);
    expect_array_at(y, tad_read, (size_t)n, numbers, "stack", __FILE__, n);
    expect_ok(tad_backward(tad_sum(tad_mul(y, w))));
    for (int i = 0; i < n; i++)
        expect_near(tad_grad(x[i]), numbers[i], 0);
    for (int i = 0; i < n; i++)
        x[i] = tad_unsqueeze(x[i], 0);
    y = tad_concat(n, x, 0);
    expect_array_at(y, tad_read, (size_t)n, numbers, "concat", __FILE__, n);
    expect_ok(tad_backward(tad_sum(tad_mul(y, w))));
    for (int i = 0; i < n; i++)
        expect_near(tad_grad(x[i]), numbers[i], 0);
    free(x);
    free(numbers);
}

START_TEST(many_operands)
{
    static const int counts[] = {1, 31, 32, 33, 64, 65, 1023, 1024, 1025, 3000};
    for (size_t i = 0; i < COUNT(counts); i++)
        check_many(counts[i]);
}
END_TEST

/* ---- Split ---- */

START_TEST(parts)
{
    tad_var x = vector(tape, 6, (const double[]){1, 2, 3, 4, 5, 6}), p[4];
    expect_ok(tad_split(x, -1, 3, NULL, p));
    expect_values(p[0], 1, 2);
    expect_values(p[2], 5, 6);
    expect_ok(tad_split(x, 0, 4, D(1, 0, 3, 2), p));
    expect_values(p[0], 1);
    ck_assert_int_eq(tad_count(p[1]), 0);
    expect_values(p[2], 2, 3, 4);
    expect_ok(tad_backward(tad_sum(tad_mul(p[3], tad_slice(p[2], 0, 0, 2)))));
    expect_grads(x, 0, 5, 6, 0, 2, 3);
    ck_assert_ptr_eq(tad_op_of(p[0]), tad_op_find("slice"));
    expect_ok(tad_split(tad_slice(x, 0, 0, 0), 0, 2, NULL, p));
    ck_assert_int_eq(tad_count(p[1]), 0);
}
END_TEST

/* ---- What is a view ---- */

static tad_var reshaped(tad_var x)
{
    return tad_reshape(x, 4, D(tad_dim(x, 0), 1, -1, 2));
}

static tad_var unsqueezed(tad_var x)
{
    return tad_unsqueeze(x, 1);
}

static tad_var squeezed(tad_var x)
{
    return tad_squeeze(tad_unsqueeze(x, 1), 1);
}

static tad_var flipped(tad_var x)
{
    return tad_flip(x, 2, A(0, 1));
}

static tad_var permuted(tad_var x)
{
    return tad_permute(x, 2, A(1, 0));
}

START_TEST(views_copy_nothing)
{
    static const struct {
        const char *op;
        tad_var (*f)(tad_var x);
    } views[] = {
        {"reshape", reshaped}, {"unsqueeze", unsqueezed}, {"squeeze", squeezed},
        {"slice", flipped},    {"permute", permuted},
    };
    const double numbers[24] = {0};
    tad_var      leaf = matrix(tape, 4, 6, numbers);
    tad_array    base, view;
    for (size_t i = 0; i < COUNT(views); i++) {
        tad_var y = views[i].f(tad_transpose(leaf));
        ck_assert_str_eq(tad_op_of(y)->name, views[i].op);
        tad__value_array(tape, leaf.id, &base);
        tad__value_array(tape, y.id, &view);
        const double *first = base.data, *at = view.data;
        ck_assert_msg(at >= first && at < first + 24, "%s copies", views[i].op);
    }
}
END_TEST

/* Which reshapes of a 4 x 6 array with these strides are views, and that a view has the elements in the same order, is seen in
 * the case `reshape`; here those that no strides can express. */
START_TEST(reshapes_that_have_to_copy)
{
    const double numbers[] = {1, 2, 3, 4, 5, 6};
    tad_var      x = matrix(tape, 2, 3, numbers);
    expect_values(tad_reshape(tad_transpose(x), 1, D(6)), 1, 4, 2, 5, 3, 6);
    expect_values(tad_reshape(tad_transpose(x), 2, D(2, 3)), 1, 4, 2, 5, 3, 6);
    expect_values(tad_reshape(tad_flip(x, 1, A(1)), 1, D(6)), 3, 2, 1, 6, 5, 4);
    expect_values(tad_reshape(tad_flip(x, 2, A(0, 1)), 1, D(6)), 6, 5, 4, 3, 2, 1); /* strides -3 and -1 go on evenly */
    expect_values(tad_reshape(tad_slice_step(x, 1, 0, 3, 2), 1, D(4)), 1, 3, 4, 6);
    expect_values(tad_reshape(tad_broadcast_to(tad_scalar(tape, 7), 2, D(2, 3)), 3, D(3, 1, 2)), 7, 7, 7, 7, 7, 7);
    expect_values(tad_reshape(tad_broadcast_to(tad_slice(x, 0, 1, 2), 2, D(2, 3)), 1, D(6)), 4, 5, 6, 4, 5, 6);
}
END_TEST

Suite *shape_suite(void)
{
    Suite *suite = suite_create("shape");
    TCase *tests = tcase_create("moving elements");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, moves, 0, (int)COUNT(cases));
    tcase_add_test(tests, slices_of_every_kind);
    tcase_add_test(tests, many_operands);
    tcase_add_test(tests, parts);
    tcase_add_test(tests, views_copy_nothing);
    tcase_add_test(tests, reshapes_that_have_to_copy);
    suite_add_tcase(suite, tests);
    return suite;
}
