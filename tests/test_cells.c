/* Recurrent cells against the same made of operations on the tape, over some steps. */
#include "suites.h"
#include "support.h"

#include "base/random.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { BATCH = 3, INPUTS = 5, MOST_UNITS = 33, STEPS = 3, LEAVES = 7, MOST = 4 * MOST_UNITS * MOST_UNITS };
enum { X, H, C, W_IH, W_HH, B_IH, B_HH };

typedef struct setting {
    tad_dtype dtype;
    int       gates, units; /* 4 gates: LSTM, 3: GRU */
    bool      with_b_ih, with_b_hh;
} setting;

static tad_var leaf(tad_tape *tape, tad_dtype dtype, int rank, const int64_t dims[], uint64_t seed)
{
    static double doubles[MOST];
    static float  floats[MOST];
    int64_t       n = dims[0] * (rank > 1 ? dims[1] : 1);
    for (int64_t i = 0; i < n; i++)
        doubles[i] = (double)(floats[i] = (float)tad__random_uniform(seed, (uint64_t)i, -1, 1));
    return tad_tensor(tape, dtype, rank, dims, dtype == TAD_F32 ? (const void *)floats : doubles);
}

static void record_leaves(const setting *s, tad_tape *tape, tad_var x[LEAVES])
{
    int64_t       rows = s->gates * s->units, n = s->units;
    const int64_t dims[LEAVES][2] = {{BATCH, INPUTS}, {BATCH, n}, {BATCH, n}, {rows, INPUTS},
                                     {rows, n},       {rows},     {rows}};
    for (int i = 0; i < LEAVES; i++) {
        bool given = (i != B_IH || s->with_b_ih) && (i != B_HH || s->with_b_hh);
        x[i] = given ? leaf(tape, s->dtype, i < B_IH ? 2 : 1, dims[i], (uint64_t)i) : (tad_var){0};
    }
}

/* ---- the same, made of other operations ---- */

static tad_var affine(tad_var x, tad_var w, tad_var b)
{
    tad_var y = tad_matmul(x, tad_transpose(w));
    return b.tape ? tad_add(y, b) : y;
}

static tad_var gate(tad_var x, int k, int64_t n)
{
    return tad_slice(x, 1, k * n, (k + 1) * n);
}

static void compose_lstm(const tad_var x[], tad_var *h, tad_var *c)
{
    int64_t n = tad_dim(*h, 1);
    tad_var a = tad_add(affine(x[X], x[W_IH], x[B_IH]), affine(*h, x[W_HH], x[B_HH]));
    tad_var keep = tad_mul(tad_sigmoid(gate(a, 1, n)), *c);
    *c = tad_add(keep, tad_mul(tad_sigmoid(gate(a, 0, n)), tad_tanh(gate(a, 2, n))));
    *h = tad_mul(tad_sigmoid(gate(a, 3, n)), tad_tanh(*c));
}

static void compose_gru(const tad_var x[], tad_var *h)
{
    int64_t n = tad_dim(*h, 1);
    tad_var a = affine(x[X], x[W_IH], x[B_IH]), b = affine(*h, x[W_HH], x[B_HH]);
    tad_var r = tad_sigmoid(tad_add(gate(a, 0, n), gate(b, 0, n)));
    tad_var z = tad_sigmoid(tad_add(gate(a, 1, n), gate(b, 1, n)));
    tad_var u = tad_tanh(tad_add(gate(a, 2, n), tad_mul(r, gate(b, 2, n))));
    *h = tad_add(tad_mul(tad_sub(tad_constant(u.tape, 1), z), u), tad_mul(z, *h));
}

/* Some steps; what comes out depends on all that goes in. */
static tad_var unroll(const setting *s, bool composed, const tad_var x[LEAVES])
{
    tad_var h = x[H], c = x[C];
    for (int step = 0; step < STEPS; step++) {
        if (s->gates == 3 && composed)
            compose_gru(x, &h);
        else if (s->gates == 3)
            h = tad_gru_cell(x[X], h, x[W_IH], x[W_HH], x[B_IH], x[B_HH]);
        else if (composed)
            compose_lstm(x, &h, &c);
        else
            expect_ok(tad_lstm_cell(x[X], h, c, x[W_IH], x[W_HH], x[B_IH], x[B_HH], &h, &c));
    }
    tad_var all = tad_add(h, tad_mul(c, tad_constant(h.tape, 0.5)));
    return tad_sum(tad_mul(all, leaf(all.tape, s->dtype, 2, (const int64_t[]){BATCH, s->units}, 99)));
}

static size_t read_gradient(tad_var x, double out[MOST])
{
    static float floats[MOST];
    int64_t      n = tad_count(x);
    bool         f32 = tad_dtype_of(x) == TAD_F32;
    expect_ok(tad_read_grad(x, f32 ? (void *)floats : out, MOST * (f32 ? sizeof *floats : sizeof *out)));
    for (int64_t i = 0; i < n && f32; i++)
        out[i] = (double)floats[i];
    return (size_t)n;
}

static void check_gradients(const setting *s, tad_tape *tape, const tad_var x[], const setting *exact, double tolerance)
{
    static double expected[LEAVES][MOST], found[MOST];
    tad_var       leaves[LEAVES], all = {0};
    record_leaves(exact, tape, leaves);
    all = unroll(exact, true, leaves);
    expect_ok(tad_backward(all));
    for (int i = 0; i < LEAVES; i++)
        if (leaves[i].tape)
            read_gradient(leaves[i], expected[i]);
    tad_var y = unroll(s, false, x);
    expect_near(tad_value(y), tad_value(all), tolerance);
    expect_ok(tad_backward(y));
    for (int i = 0; i < LEAVES; i++) {
        if (!x[i].tape)
            continue;
        size_t n = read_gradient(x[i], found);
        double largest = 0;
        for (size_t k = 0; k < n; k++)
            largest = fmax(largest, fabs(expected[i][k]));
        for (size_t k = 0; k < n; k++)
            ck_assert_msg(fabs(found[k] - expected[i][k]) <= tolerance * largest,
                          "%d gates, %d units: operand %d, number %zu is %.17g; expected %.17g", s->gates, s->units, i,
                          k, found[k], expected[i][k]);
    }
}

START_TEST(steps_equal_the_composition)
{
    static const int units[] = {1, 7, 16, MOST_UNITS};
    setting s = {.gates = 3 + _i % 2, .units = units[_i / 2 % 4], .with_b_ih = _i / 8 % 2, .with_b_hh = _i / 16};
    for (int f32 = 0; f32 < 2; f32++) {
        tad_tape *tape = tad_tape_new();
        tad_var   x[LEAVES];
        setting   exact = s;
        exact.dtype = TAD_F64;
        s.dtype = f32 ? TAD_F32 : TAD_F64;
        record_leaves(&s, tape, x);
        check_gradients(&s, tape, x, &exact, f32 ? 32 * (double)FLT_EPSILON : 32 * DBL_EPSILON);
        expect_no_error(tape);
        tad_tape_free(tape);
    }
}
END_TEST

/* Operands in any layout: transposed weights, parts of wider inputs, and biases and states that repeat. */
START_TEST(any_layout)
{
    setting   s = {.dtype = TAD_F64, .gates = 3 + _i, .units = 4, .with_b_ih = true, .with_b_hh = true};
    tad_tape *tape = tad_tape_new();
    double    g[2];
    tad_var   x[LEAVES], z[2];
    record_leaves(&s, tape, x);
    int64_t rows = s.gates * s.units;
    x[X] = tad_slice(tad_tensor(tape, TAD_F64, 2, (const int64_t[]){BATCH, INPUTS + 2}, (const double[21]){1, 2, 3}), 1,
                     1, 1 + INPUTS);
    x[W_IH] = tad_transpose(leaf(tape, TAD_F64, 2, (const int64_t[]){INPUTS, rows}, 50));
    x[H] = x[C] = tad_broadcast_to(tad_slice(x[H], 0, 0, 1), 2, (const int64_t[]){BATCH, s.units});
    tad_var b = tad_scalar(tape, 0.25);
    x[B_HH] = tad_broadcast_to(b, 1, &rows);
    for (int composed = 0; composed < 2; composed++) {
        z[composed] = unroll(&s, composed, x);
        expect_ok(tad_backward(z[composed]));
        g[composed] = tad_grad(b);
    }
    expect_near(tad_value(z[0]), tad_value(z[1]), 32 * DBL_EPSILON);
    expect_near(g[0], g[1], 32 * DBL_EPSILON);
    expect_no_error(tape);
    tad_tape_free(tape);
}
END_TEST

/* One unit, no products: the gates are the biases. */
static void gates_of(tad_tape *tape, int gates, const double b[], double h, double c, double out[2])
{
    tad_var       x = tad_tensor(tape, TAD_F64, 2, (const int64_t[]){1, 0}, NULL), bias = vector(tape, gates, b);
    const int64_t rows[] = {gates, 0}, square[] = {gates, 1};
    const double  zeros[4] = {0};
    tad_var       w = tad_tensor(tape, TAD_F64, 2, rows, NULL), w_hh = tad_tensor(tape, TAD_F64, 2, square, zeros);
    tad_var       y[2], state = matrix(tape, 1, 1, &h), none = {0};
    if (gates == 3) {
        y[0] = y[1] = tad_gru_cell(x, state, w, w_hh, bias, none);
    } else {
        expect_ok(tad_lstm_cell(x, state, matrix(tape, 1, 1, &c), w, w_hh, bias, none, &y[0], &y[1]));
    }
    out[0] = tad_value(y[0]);
    out[1] = tad_value(y[1]);
}

START_TEST(gates_in_their_order)
{
    tad_tape *tape = tad_tape_new();
    double    y[2], on = 1000, off = -1000, inf = (double)INFINITY;
    gates_of(tape, 4, (const double[]){off, on, on, on}, 0, 0.5, y); /* i f g o: only what was remembered */
    expect_near(y[1], 0.5, 0);
    expect_near(y[0], tanh(0.5), DBL_EPSILON);
    gates_of(tape, 4, (const double[]){on, off, on, off}, 0, 0.5, y); /* only the new, and not shown */
    expect_near(y[1], 1, 0);
    expect_near(y[0], 0, 0);
    gates_of(tape, 4, (const double[]){on, on, off, on}, 0, 0.5, y);
    expect_near(y[1], -0.5, 0);
    gates_of(tape, 4, (const double[]){inf, -inf, -inf, inf}, 0, 0.5, y);
    expect_near(y[1], -1, 0);
    gates_of(tape, 4, (const double[]){0, (double)NAN, 0, 0}, 0, 0.5, y);
    ck_assert(isnan(y[0]) && isnan(y[1]));
    gates_of(tape, 3, (const double[]){0, on, 7}, 0.25, 0, y); /* r z n: z keeps the old */
    expect_near(y[0], 0.25, 0);
    gates_of(tape, 3, (const double[]){0, off, on}, 0.25, 0, y);
    expect_near(y[0], 1, 0);
    gates_of(tape, 3, (const double[]){0, (double)NAN, 0}, 0.25, 0, y);
    ck_assert(isnan(y[0]));
    expect_no_error(tape);
    tad_tape_free(tape);
}
END_TEST

START_TEST(errors)
{
    tad_tape *tape = tad_tape_new();
    setting   s = {.dtype = TAD_F64, .gates = 4, .units = 2, .with_b_ih = true, .with_b_hh = true};
    tad_var   x[LEAVES], none = {0}, h, c, v = vector(tape, 2, (const double[]){1, 2});
    tad_var   single = tad_cast(v, TAD_F32);
    record_leaves(&s, tape, x);
#define LSTM(status, text, ...)                                                                                        \
    h = c = x[H];                                                                                                      \
    ck_assert_str_eq(tad_status_name(tad_lstm_cell(__VA_ARGS__, &h, &c)), #status);                                    \
    ck_assert(!tad_is_valid(h) && !tad_is_valid(c));                                                                   \
    expect_error(tape, status, text)
    LSTM(TAD_ESHAPE, "lstm_cell(f64 [2], f64 [3, 2], f64 [3, 2], f64 [8, 5], f64 [8, 2]): expected x [batch, inputs]",
         v, x[H], x[C], x[W_IH], x[W_HH], none, none);
    LSTM(TAD_ESHAPE, "h: expected [5, 2]", tad_transpose(x[X]), x[H], x[C], x[W_IH], x[W_HH], none, none);
    LSTM(TAD_ESHAPE, "c: expected [3, 2]", x[X], x[H], x[X], x[W_IH], x[W_HH], none, none);
    LSTM(TAD_ESHAPE, "w_ih: expected [8, 5]", x[X], x[H], x[C], x[W_HH], x[W_HH], none, none);
    LSTM(TAD_ESHAPE, "w_hh: expected [8, 2]", x[X], x[H], x[C], x[W_IH], x[W_IH], none, none);
    LSTM(TAD_ESHAPE, "b_ih: expected [8]", x[X], x[H], x[C], x[W_IH], x[W_HH], v, none);
    LSTM(TAD_ESHAPE, "b_hh: expected [8]", x[X], x[H], x[C], x[W_IH], x[W_HH], x[B_IH], x[X]);
    LSTM(TAD_ESHAPE, "b_ih: expected [8]", x[X], x[H], x[C], x[W_IH], x[W_HH], none, v);
    LSTM(TAD_ESHAPE, "b_ih: expected [8]", x[X], x[H], x[C], x[W_IH], x[W_HH], none, x[X]);
    LSTM(TAD_EDTYPE, "f64 and f32 do not mix", x[X], x[H], x[C], x[W_IH], x[W_HH], single, none);
    LSTM(TAD_ETAPE, "lstm_cell(", x[X], none, x[C], x[W_IH], x[W_HH], none, none);
    ck_assert_int_eq(tad_lstm_cell(x[X], x[H], x[C], x[W_IH], x[W_HH], none, none, &h, NULL), TAD_EARG);
    ck_assert(!tad_is_valid(h));
    expect_error(tape, TAD_EARG, "lstm_cell(): h_new or c_new is NULL");
    ck_assert_int_eq(tad_lstm_cell(none, x[H], x[C], x[W_IH], x[W_HH], none, none, NULL, &c), TAD_EARG);
    expect_error(tape, TAD_EARG, "lstm_cell(): h_new or c_new is NULL");
    ck_assert_int_eq(tad_lstm_cell(none, none, none, none, none, none, none, &h, &c), TAD_ETAPE);
    tad_var wide = tad_tensor(tape, TAD_F64, 2, (const int64_t[]){0, (int64_t)1 << 40}, NULL);
    LSTM(TAD_ESHAPE, "more than 2^31 - 1 units", wide, wide, wide, x[W_IH], x[W_HH], none, none);

    ck_assert(!tad_is_valid(tad_gru_cell(x[X], x[H], x[W_IH], x[W_HH], none, none)));
    expect_error(tape, TAD_ESHAPE, "gru_cell(f64 [3, 5], f64 [3, 2], f64 [8, 5], f64 [8, 2]): w_ih: expected [6, 5]");
    tad_tape_free(tape);
}
END_TEST

START_TEST(nothing_is_allocated_later)
{
    setting   s = {.dtype = TAD_F32, .gates = 3 + _i, .units = 16, .with_b_hh = true};
    heap      h = {0};
    tad_tape *tape = heap_tape(&h);
    size_t    calls = 0;
    tad_var   x[LEAVES];
    for (int step = 0; step < 5; step++) {
        tad_tape_rewind(tape, 0);
        record_leaves(&s, tape, x);
        expect_ok(tad_backward(unroll(&s, false, x)));
        if (step == 1)
            calls = h.calls;
    }
    ck_assert_uint_eq(h.calls, calls);
    tad_tape_free(tape);
}
END_TEST

Suite *cells_suite(void)
{
    Suite *suite = suite_create("cells");
    TCase *tests = tcase_create("cells");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, steps_equal_the_composition, 0, 32);
    tcase_add_loop_test(tests, any_layout, 0, 2);
    tcase_add_test(tests, gates_in_their_order);
    tcase_add_test(tests, errors);
    tcase_add_loop_test(tests, nothing_is_allocated_later, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}
