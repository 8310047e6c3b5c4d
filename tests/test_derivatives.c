/* Every operation of the library on every sample: differences, floats against doubles, dot products, second order. */
#include "samples.h"
#include "suites.h"
#include "support.h"
#include "terms.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { LEAST_SAMPLES = 24 };

/* What a check of one sample has at hand; `text` is for its complaints. */
typedef struct visit {
    tad_tape *tape;
    size_t    entries; /* numbers compared */
} visit;

static tad_tape *start(const sample *s, visit *v, tad_dtype dtype, tad_var leaves[])
{
    (void)s;
    tad_tape_rewind(v->tape, 0);
    sample_leaves(s, v->tape, dtype, leaves);
    return v->tape;
}

/* The leaves that are wanted, and how many. */
static size_t wanted_of(const sample *s, const tad_var leaves[], tad_var out[])
{
    size_t n = 0;
    for (int k = 0; k < s->n; k++)
        if (s->wanted & 1u << k)
            out[n++] = leaves[k];
    return n;
}

static void expect_good(const sample *s, tad_status status, const tad_tape *tape)
{
    ck_assert_msg(status == TAD_OK && tad_tape_status(tape) == TAD_OK, "%s: %s: %s", sample_text(s),
                  tad_status_name(status), tad_tape_message(tape));
}

/* |found - expected| <= tolerance * magnitude, element by element. */
static void expect_close(const sample *s, visit *v, const char *what, tad_var found, tad_var expected,
                         tad_var magnitude, double tolerance)
{
    static double a[SAMPLE_ELEMENTS], b[SAMPLE_ELEMENTS], m[SAMPLE_ELEMENTS];
    int64_t       n = sample_read(found, a);
    ck_assert_msg(n >= 0 && sample_read(expected, b) == n && sample_read(magnitude, m) == n, "%s: %s: %d elements",
                  sample_text(s), what, (int)n);
    for (int64_t i = 0; i < n; i++)
        ck_assert_msg(fabs(a[i] - b[i]) <= tolerance * m[i],
                      "%s: %s: element %d is %.17g, expected %.17g: off by %.3g, allowed %.3g", sample_text(s), what,
                      (int)i, a[i], b[i], fabs(a[i] - b[i]), tolerance * m[i]);
    v->entries += (size_t)n;
}

static double dot(tad_var x, tad_var y, double *magnitude)
{
    static double a[SAMPLE_ELEMENTS], b[SAMPLE_ELEMENTS];
    double        sum = 0;
    int64_t       n = sample_read(x, a);
    ck_assert(n >= 0 && sample_read(y, b) == n);
    for (int64_t i = 0; i < n; i++) {
        sum += a[i] * b[i];
        *magnitude += fabs(a[i] * b[i]);
    }
    return sum;
}

static bool has_floats(const tad_op *op)
{
    uint64_t all = (UINT64_C(1) << op->arity) - 1;
    return (op->indices & all) != all;
}

/* For each operation as loop index: all its samples. One of indices alone has no derivatives. */
static void each_sample_of(int op, sample_visitor *visitor)
{
    visit         v = {0};
    const tad_op *tested = tad_op_at((size_t)op);
    if (!sample_chosen(tested) || tested->constant || !has_floats(tested)) /* of a constant there is no derivative */
        return;
    v.tape = tad_tape_new();
    ck_assert_ptr_nonnull(v.tape);
    size_t samples = sample_each(tested, visitor, &v);
    tad_tape_free(v.tape);
    ck_assert_msg(samples * 2 >= (SANITIZED ? 1 : LEAST_SAMPLES),
                  "%s: %d samples in two element types; expected %d or more", tad_op_at((size_t)op)->name,
                  (int)samples * 2, LEAST_SAMPLES);
    ck_assert_uint_gt(v.entries, 0);
}

/* ---- Differences ---- */

static void expect_agreement(const sample *s, visit *v, tad_function *f, const tad_var leaves[],
                             const tad_gradcheck_options *options)
{
    static char          text[8000];
    tad_gradcheck_report report;
    tad_status           status = tad_gradcheck(f, (void *)(uintptr_t)s, (size_t)s->n, leaves, options, &report);
    expect_good(s, status, v->tape);
    if (report.agree != report.count)
        tad_gradcheck_write(&report, false, text, sizeof text);
    ck_assert_msg(report.agree == report.count, "%s:\n%s", sample_text(s), text);
    v->entries += report.count;
    tad_gradcheck_free(&report);
}

static void check_differences(const sample *s, void *user)
{
    tad_var                     leaves[SAMPLE_OPERANDS];
    const tad_gradcheck_options options = {.tolerance = 1e-9, .seed = s->seed};
    if (s->large)
        return;
    start(s, user, TAD_F64, leaves);
    expect_agreement(s, user, sample_record, leaves, &options);
}

START_TEST(differences)
{
    each_sample_of(_i, check_differences);
}
END_TEST

/* ---- How large the terms are that a result is the sum of ---- */

static int shape_of(tad_var x, int64_t dims[])
{
    int rank = tad_rank(x);
    for (int i = 0; i < rank; i++)
        dims[i] = tad_dim(x, i);
    return rank;
}

/* Operations that are linear and have coefficients >= 0 have their magnitudes where all operands are positive. */
static void positive_leaves(const sample *s, const tad_var leaves[], tad_var out[])
{
    static double numbers[SAMPLE_ELEMENTS];
    int64_t       dims[TAD_MAX_RANK];
    for (int k = 0; k < s->n; k++) {
        out[k] = leaves[k];
        if (s->in[k].below)
            continue;
        int64_t n = sample_read(leaves[k], numbers);
        for (int64_t i = 0; i < n; i++)
            numbers[i] = fabs(numbers[i]);
        out[k] = tad_tensor(leaves[k].tape, TAD_F64, shape_of(leaves[k], dims), dims, numbers);
    }
}

static tad_var total(tad_var x)
{
    return tad_sum(tad_abs(x));
}

static tad_var value_magnitude(const sample *s, const tad_var leaves[], tad_var y)
{
    tad_var positive[SAMPLE_OPERANDS];
    if (s->op->partial[0])
        return tad_abs(y);
    if (s->op->linear) {
        positive_leaves(s, leaves, positive);
        return sample_record((void *)(uintptr_t)s, (size_t)s->n, positive);
    }
    return tad_add(tad_abs(y), total(y));
}

/* Elementwise: the terms of each operand's gradient before they are summed down to its shape. */
static void gradient_magnitude(const sample *s, const tad_var leaves[], tad_var w, const tad_var gx[], tad_var out[])
{
    tad_var x[SAMPLE_OPERANDS], repeated[SAMPLE_OPERANDS], g[SAMPLE_OPERANDS], m;
    int64_t dims[TAD_MAX_RANK];
    size_t  n = (size_t)s->n, wanted = 0, floats = 0;
    if (!s->op->partial[0] && s->op->linear) {
        positive_leaves(s, leaves, x);
        wanted = wanted_of(s, x, g);
        expect_good(s, tad_vjp(sample_record((void *)(uintptr_t)s, n, x), tad_abs(w), wanted, g, out), w.tape);
        return;
    }
    if (!s->op->partial[0]) {
        sample_operands(s, leaves, x); /* what is summed over a view may cancel: the operands' gradients count */
        for (size_t k = 0; k < n; k++)
            if (tad_dtype_of(x[k]) != TAD_I64)
                repeated[floats++] = x[k];
        tad_var y = tad_apply(s->op, (tad_args){.n = s->n, .x = x, .attributes = s->attributes});
        expect_good(s, tad_vjp(y, w, floats, repeated, g), w.tape);
        m = tad_constant(w.tape, 0);
        for (size_t k = 0; k < floats; k++)
            m = tad_add(m, total(g[k]));
        for (size_t i = 0; i < wanted_of(s, leaves, x); i++)
            out[i] = tad_add(tad_abs(gx[i]), m);
        return;
    }
    sample_operands(s, leaves, x);
    int rank = shape_of(w, dims);
    for (size_t k = 0; k < n; k++)
        repeated[k] = tad_broadcast_to(x[k], rank, dims);
    static double a[SAMPLE_ELEMENTS], b[SAMPLE_ELEMENTS], terms[SAMPLE_ELEMENTS];
    int64_t       count = sample_read(repeated[0], a);
    sample_read(repeated[n - 1], b);
    for (size_t k = 0; k < n; k++) {
        if (!(s->wanted & 1u << k))
            continue;
        terms_of_partial(s->op, (int)k, count, a, b, terms);
        m = tad_tensor_constant(w.tape, TAD_F64, shape_of(w, dims), dims, terms);
        m = tad_sum_to(tad_mul(tad_abs(w), m), shape_of(x[k], dims), dims);
        expect_good(s, tad_vjp(x[k], m, 1, &leaves[k], &out[wanted++]), w.tape);
    }
}

/* ---- Floats against doubles; numbers against nodes ---- */

typedef struct run {
    tad_var y, w, leaves[SAMPLE_OPERANDS], x[SAMPLE_OPERANDS];
    tad_var gx[SAMPLE_OPERANDS];      /* recorded */
    tad_var numeric[SAMPLE_OPERANDS]; /* by tad_backward, as constants */
} run;

/* Value, recorded gradient, and gradient in numbers for the cotangent w. */
static size_t differentiate(const sample *s, visit *v, tad_dtype dtype, run *r)
{
    static double numbers[SAMPLE_ELEMENTS];
    int64_t       dims[TAD_MAX_RANK];
    sample_leaves(s, v->tape, dtype, r->leaves);
    r->y = sample_record((void *)(uintptr_t)s, (size_t)s->n, r->leaves);
    r->w = sample_random_like(r->y, s->seed);
    size_t n = wanted_of(s, r->leaves, r->x);
    expect_good(s, tad_vjp(r->y, r->w, n, r->x, r->gx), v->tape);
    expect_good(s, tad_backward(tad_sum(tad_mul(r->y, r->w))), v->tape);
    for (size_t i = 0; i < n; i++) {
        ck_assert_msg(tad_dtype_of(r->gx[i]) == dtype, "%s: the gradient is %s", sample_text(s),
                      tad_dtype_name(tad_dtype_of(r->gx[i])));
        ck_assert_int_eq(sample_read_gradient(r->x[i], numbers), tad_count(r->x[i]));
        r->numeric[i] = tad_tensor_constant(v->tape, TAD_F64, shape_of(r->x[i], dims), dims, numbers);
    }
    return n;
}

static void check_floats(const sample *s, void *user)
{
    visit  *v = user;
    run     f64, f32;
    tad_var magnitude[SAMPLE_OPERANDS], leaves[SAMPLE_OPERANDS];
    double  ulps = 8 * (double)FLT_EPSILON;
    start(s, v, TAD_F64, leaves);
    differentiate(s, v, TAD_F32, &f32);
    size_t n = differentiate(s, v, TAD_F64, &f64);
    expect_close(s, v, "f32 value", f32.y, f64.y, value_magnitude(s, f64.leaves, f64.y), ulps);
    gradient_magnitude(s, f64.leaves, f64.w, f64.gx, magnitude);
    for (size_t i = 0; i < n; i++) {
        expect_close(s, v, "f32 tad_backward", f32.numeric[i], f64.gx[i], magnitude[i], ulps);
        expect_close(s, v, "f32 tad_vjp", f32.gx[i], f64.gx[i], magnitude[i], ulps);
    }
    expect_good(s, TAD_OK, v->tape);
}

START_TEST(floats)
{
    each_sample_of(_i, check_floats);
}
END_TEST

static void check_numbers(const sample *s, void *user)
{
    visit  *v = user;
    run     r;
    tad_var magnitude[SAMPLE_OPERANDS], leaves[SAMPLE_OPERANDS];
    start(s, v, TAD_F64, leaves);
    size_t n = differentiate(s, v, TAD_F64, &r);
    gradient_magnitude(s, r.leaves, r.w, r.gx, magnitude);
    for (size_t i = 0; i < n; i++)
        expect_close(s, v, "tad_backward against tad_vjp", r.numeric[i], r.gx[i], magnitude[i], 1e-14);
    expect_good(s, TAD_OK, v->tape);
}

START_TEST(numbers_and_nodes)
{
    each_sample_of(_i, check_numbers);
}
END_TEST

/* ---- Algebra ---- */

/* The operands that are wanted, and how they move when the leaves do: what a view has several times is summed in the leaf's
 * gradient, and may cancel there, so that the operands tell how large the terms are that flow together. */
typedef struct moving {
    tad_var x[SAMPLE_OPERANDS], y;
    size_t  n;
} moving;

static moving operands_of(const sample *s, const tad_var leaves[])
{
    tad_var operands[SAMPLE_OPERANDS];
    moving  m = {.n = 0};
    sample_operands(s, leaves, operands);
    m.n = wanted_of(s, operands, m.x);
    m.y = tad_apply(s->op, (tad_args){.n = s->n, .x = operands, .attributes = s->attributes});
    return m;
}

/* The magnitude of <g, v>, with the tangents of the operands for those of the leaves. */
static double flow(const sample *s, const moving *m, const tad_var g[], size_t n, const tad_var leaves[],
                   const tad_var v[])
{
    tad_var dx;
    double  magnitude = 0;
    for (size_t k = 0; k < m->n; k++) {
        expect_good(s, tad_jvp(m->x[k], n, leaves, v, &dx), m->y.tape);
        dot(g[k], dx, &magnitude);
    }
    return magnitude;
}

/* <J v, w> = <v, J' w>, and J' (w + c u) = J' w + c J' u */
static void check_algebra(const sample *s, void *user)
{
    visit  *v = user;
    tad_var leaves[SAMPLE_OPERANDS], x[SAMPLE_OPERANDS], dx[SAMPLE_OPERANDS], dy;
    tad_var gw[SAMPLE_OPERANDS], gu[SAMPLE_OPERANDS], both[SAMPLE_OPERANDS], c;
    start(s, v, TAD_F64, leaves);
    tad_var y = sample_record((void *)(uintptr_t)s, (size_t)s->n, leaves);
    tad_var w = sample_random_like(y, s->seed), u = sample_random_like(y, s->seed + 1);
    size_t  n = wanted_of(s, leaves, x);
    for (size_t i = 0; i < n; i++)
        dx[i] = sample_random_like(x[i], s->seed + 2 + i);
    expect_good(s, tad_jvp(y, n, x, dx, &dy), v->tape);
    expect_good(s, tad_vjp(y, w, n, x, gw), v->tape);
    moving  m = operands_of(s, leaves);
    tad_var w_at_operands[SAMPLE_OPERANDS], u_at_operands[SAMPLE_OPERANDS];
    expect_good(s, tad_vjp(m.y, w, m.n, m.x, w_at_operands), v->tape);
    double magnitude = flow(s, &m, w_at_operands, n, x, dx), right = 0, left = dot(dy, w, &magnitude);
    for (size_t i = 0; i < n; i++)
        right += dot(dx[i], gw[i], &magnitude);
    ck_assert_msg(fabs(left - right) <= 1e-13 * magnitude, "%s: <J v, w> = %.17g, <v, J' w> = %.17g", sample_text(s),
                  left, right);

    c = tad_constant(v->tape, -1.75);
    expect_good(s, tad_vjp(y, u, n, x, gu), v->tape);
    expect_good(s, tad_vjp(y, tad_add(w, tad_mul(c, u)), n, x, both), v->tape);
    expect_good(s, tad_vjp(m.y, u, m.n, m.x, u_at_operands), v->tape);
    for (size_t i = 0; i < n; i++) {
        double sum = tad_value(total(tad_sub(both[i], tad_add(gw[i], tad_mul(c, gu[i])))));
        double size = tad_value(total(gw[i])) + tad_value(total(w_at_operands[i])) +
                      1.75 * (tad_value(total(gu[i])) + tad_value(total(u_at_operands[i])));
        ck_assert_msg(sum <= 1e-13 * size, "%s: the VJP is not linear in its cotangent: off by %.3g of %.3g",
                      sample_text(s), sum, size);
        v->entries += (size_t)tad_count(x[i]);
    }
    expect_good(s, TAD_OK, v->tape);
}

START_TEST(algebra)
{
    each_sample_of(_i, check_algebra);
}
END_TEST

/* ---- Second order ---- */

/* A random combination of the recorded gradients, to be differentiated once more. */
static tad_var combine_gradients(void *user, size_t n, const tad_var leaves[])
{
    const sample *s = user;
    tad_var       x[SAMPLE_OPERANDS], gx[SAMPLE_OPERANDS], y = sample_record(user, n, leaves);
    tad_var       sum = tad_constant(y.tape, 0);
    size_t        wanted = wanted_of(s, leaves, x);
    if (tad_vjp(y, sample_random_like(y, s->seed), wanted, x, gx) != TAD_OK)
        return (tad_var){0};
    for (size_t i = 0; i < wanted; i++)
        sum = tad_add(sum, tad_sum(tad_mul(gx[i], sample_random_like(gx[i], s->seed + 1 + i))));
    return sum;
}

/* <H u, v> = <u, H v>, and the gradient's gradient against differences of the gradient. */
static void check_second_order(const sample *s, void *user)
{
    visit                      *v = user;
    const tad_gradcheck_options options = {.tolerance = 1e-7, .seed = s->seed};
    tad_var                     leaves[SAMPLE_OPERANDS], x[SAMPLE_OPERANDS], a[SAMPLE_OPERANDS], b[SAMPLE_OPERANDS];
    tad_var                     ha[SAMPLE_OPERANDS], hb[SAMPLE_OPERANDS];
    start(s, v, TAD_F64, leaves);
    tad_var y = sample_record((void *)(uintptr_t)s, (size_t)s->n, leaves);
    tad_var z = tad_sum(tad_mul(y, sample_random_like(y, s->seed)));
    size_t  n = wanted_of(s, leaves, x);
    for (size_t i = 0; i < n; i++) {
        a[i] = sample_random_like(x[i], s->seed + 1 + i);
        b[i] = sample_random_like(x[i], s->seed + 11 + i);
    }
    expect_good(s, tad_hvp(z, n, x, a, ha), v->tape);
    expect_good(s, tad_hvp(z, n, x, b, hb), v->tape);
    moving  m = operands_of(s, leaves);
    tad_var moved[SAMPLE_OPERANDS], at_operands[SAMPLE_OPERANDS];
    for (size_t k = 0; k < m.n; k++) { /* with random factors, so that nothing cancels in H a either */
        expect_good(s, tad_jvp(m.x[k], n, x, a, &moved[k]), v->tape);
        moved[k] = tad_mul(moved[k], sample_random_like(moved[k], s->seed + 21 + k));
    }
    z = tad_sum(tad_mul(m.y, sample_random_like(m.y, s->seed)));
    expect_good(s, tad_hvp(z, m.n, m.x, moved, at_operands), v->tape);
    double magnitude = flow(s, &m, at_operands, n, x, b), left = 0, right = 0;
    for (size_t i = 0; i < n; i++) {
        left += dot(ha[i], b[i], &magnitude);
        right += dot(a[i], hb[i], &magnitude);
    }
    ck_assert_msg(fabs(left - right) <= 1e-12 * magnitude, "%s: <H a, b> = %.17g, <a, H b> = %.17g", sample_text(s),
                  left, right);
    if (!s->large)
        expect_agreement(s, v, combine_gradients, leaves, &options);
    expect_good(s, TAD_OK, v->tape);
}

START_TEST(second_order)
{
    each_sample_of(_i, check_second_order);
}
END_TEST

Suite *derivatives_suite(void)
{
    Suite *suite = suite_create("derivatives");
    TCase *tests = tcase_create("every operation");
    int    count = 0;
    while (tad_op_at((size_t)count))
        count++;
    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, differences, 0, count);
    tcase_add_loop_test(tests, floats, 0, count);
    tcase_add_loop_test(tests, numbers_and_nodes, 0, count);
    tcase_add_loop_test(tests, algebra, 0, count);
    tcase_add_loop_test(tests, second_order, 0, count);
    return suite;
}
