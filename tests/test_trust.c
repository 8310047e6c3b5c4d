/* tad_trusted_digits: functions that cancel and functions that do not, every operation of the table, random graphs against 113
 * bits. */
#include "samples.h"
#include "suites.h"
#include "support.h"

#include "base/random.h"

#include <math.h>
#include <string.h>

#if defined(__SIZEOF_FLOAT128__) && defined(__has_include)
#if __has_include(<quadmath.h>)
#define HAVE_QUAD
#pragma GCC diagnostic ignored "-Wpedantic" /* quads are an extension */
#include <quadmath.h>
#endif
#endif

enum { MOST = 2048 };
static const double most_f64 = 15.9546, most_f32 = 7.2248;

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

static tad_var number(double value)
{
    return tad_constant(tape, value);
}

static tad_digits digits_of(tad_var y, tad_var x)
{
    tad_digits d;
    expect_ok(tad_trusted_digits(y, 1, &x, 1, &d));
    return d;
}

/* ---- functions whose derivative is known ---- */

static tad_var cosine_quotient(tad_var x)
{
    return tad_div(tad_sub(number(1), tad_cos(x)), tad_square(x));
}

static tad_var half_versine(tad_var x) /* the same, without cancellation */
{
    tad_var half = tad_mul(x, number(0.5));
    return tad_mul(tad_square(tad_div(tad_sin(half), half)), number(0.5));
}

static tad_var exponential_quotient(tad_var x)
{
    return tad_sub(tad_exp(x), number(1)); /* whose derivative is as good as exp */
}

static tad_var root_difference(tad_var x)
{
    return tad_sub(tad_sqrt(tad_add(x, number(1))), tad_sqrt(x));
}

static tad_var root_quotient(tad_var x)
{
    return tad_reciprocal(tad_add(tad_sqrt(tad_add(x, number(1))), tad_sqrt(x)));
}

static tad_var swamped(tad_var x) /* (x^2 + 1e12)^2 - 1e24 - 2e12 x^2 is x^4 */
{
    tad_var square = tad_square(x), big = tad_add(square, number(1e12));
    return tad_sub(tad_sub(tad_square(big), number(1e24)), tad_mul(number(2e12), square));
}

static tad_var logarithm_near_one(tad_var x)
{
    return tad_square(tad_log(tad_add(number(1), x)));
}

static tad_var polynomial(tad_var x) /* (x - 1)^7, expanded */
{
    static const double coefficients[] = {7, -21, 35, -35, 21, -7, 1};
    tad_var             sum = number(-1), power = number(1);
    for (size_t i = 0; i < COUNT(coefficients); i++) {
        power = tad_mul(power, x);
        sum = tad_add(sum, tad_mul(number(coefficients[i]), power));
    }
    return sum;
}

static tad_var benign(tad_var x)
{
    return tad_mul(tad_exp(tad_sin(x)), tad_tanh(tad_sqrt(x)));
}

static const struct {
    const char *name;
    tad_var (*f)(tad_var x);
    double at, derivative; /* right to 12 digits */
    double least, most;    /* digits that are left */
} functions[] = {
    {"(1 - cos x) / x^2", cosine_quotient, 1e-4, -8.33333332777777778e-06, 0, 4},
    {"2 sin^2(x / 2) / x^2", half_versine, 1e-4, -8.33333332777777778e-06, 4, 13},
    {"exp(x) - 1", exponential_quotient, 1e-9, 1.000000001, 15, 16},
    {"sqrt(x + 1) - sqrt(x)", root_difference, 1e8, -2.4999999812500000156e-13, 5, 9},
    {"1 / (sqrt(x + 1) + sqrt(x))", root_quotient, 1e8, -2.4999999812500000156e-13, 15, 16},
    {"x^4, swamped", swamped, 0.3, 0.108, 1, 5},
    {"log(1 + x)^2", logarithm_near_one, 1e-9, 1.999999997e-9, 6, 10},
    {"(x - 1)^7, expanded", polynomial, 1.01, 7e-12, 0, 5},
    {"exp(sin(x)) tanh(sqrt(x))", benign, 1.5, 0.485252861752752, 14.5, 16},
};

START_TEST(known)
{
    tad_var    x = tad_scalar(tape, functions[_i].at), y = functions[_i].f(x);
    tad_digits d = digits_of(y, x);
    double     error = fabs(d.gradient - d.reference) / fabs(d.reference);
    ck_assert_msg(d.digits >= functions[_i].least && d.digits <= functions[_i].most,
                  "%s: %.2f digits of %.17g (%.17g); expected %g to %g", functions[_i].name, d.digits, d.gradient,
                  d.reference, functions[_i].least, functions[_i].most);
    ck_assert_msg(fabs(d.reference / functions[_i].derivative - 1) < 1e-9, "%s: reference %.17g; expected %.17g",
                  functions[_i].name, d.reference, functions[_i].derivative);
    ck_assert(d.digits >= most_f64 - 0.3 || fabs(d.digits + log10(error)) < 0.3 || d.digits == 0);
    ck_assert(!d.estimated);
}
END_TEST

/* S. Rump's polynomial, in A. Cuyt e.a., Numer. Algorithms 27 (2001), 401-411: precisions of 24, 53 and 113 bits agree on a
 * wrong value. 106 bits do not suffice either, and must not be trusted. Its derivative in a, with the terms of value 6e36
 * that cancel, and without the fraction. */
START_TEST(rump)
{
    tad_var a = tad_scalar(tape, 77617), b = tad_scalar(tape, 33096), a2 = tad_square(a), b2 = tad_square(b);
    tad_var b4 = tad_square(b2), b6 = tad_mul(b4, b2), b8 = tad_square(b4), z = tad_scalar(tape, 1);
    tad_var inner =
        tad_sub(tad_sub(tad_sub(tad_mul(number(11), tad_mul(a2, b2)), b6), tad_mul(number(121), b4)), number(2));
    tad_var f = tad_add(tad_add(tad_mul(number(333.75), b6), tad_mul(a2, inner)), tad_mul(number(5.5), b8));
    tad_var y = tad_mul(z, tad_add(f, tad_div(a, tad_mul(number(2), b)))); /* dy/dz is the polynomial */
    ck_assert_double_eq(digits_of(y, z).digits, 0);
    ck_assert_double_gt(digits_of(y, a).digits, 14); /* what the derivative itself does not cancel */
}
END_TEST

/* The gradient of (sum of x)^2 is twice the sum, of 1, 1e16 and -1e16, in the worst order. */
START_TEST(ill_conditioned_sum)
{
    double     data[300], exact = 0;
    tad_digits d[COUNT(data)];
    for (size_t i = 0; i < COUNT(data); i += 3) {
        data[i] = 1e16 * (1 + (double)i);
        data[i + 1] = 0.1 + (double)i;
        data[i + 2] = -data[i];
        exact += 2 * data[i + 1];
    }
    tad_var x = vector(tape, COUNT(data), data);
    expect_ok(tad_trusted_digits(tad_square(tad_sum(x)), 1, &x, COUNT(d), d));
    for (size_t i = 0; i < COUNT(d); i++) {
        expect_near(d[i].reference, exact, 1e-14);
        ck_assert_double_lt(d[i].digits, 6);
        ck_assert(!d[i].estimated);
    }
    double well[300];
    for (size_t i = 0; i < COUNT(well); i++)
        well[i] = 1.0 / (double)(i + 1);
    x = vector(tape, COUNT(well), well);
    expect_ok(tad_trusted_digits(tad_square(tad_sum(x)), 1, &x, COUNT(d), d));
    ck_assert_double_gt(d[0].digits, 15);
}
END_TEST

/* A f64 gradient that f32 numbers lose half the digits of, and what underflows and overflows in f32 only. */
START_TEST(floats)
{
    const float data[] = {0.1f, 1.5f, 3};
    tad_digits  d[3];
    tad_var     x = tad_tensor(tape, TAD_F32, 1, (const int64_t[]){3}, data);
    expect_ok(tad_trusted_digits(tad_sum(tad_tanh(tad_mul(x, x))), 1, &x, 3, d));
    for (int i = 0; i < 3; i++)
        ck_assert_msg(d[i].digits > 5.5 && d[i].digits <= most_f32, "%g digits", d[i].digits);
    x = tad_tensor(tape, TAD_F32, 1, (const int64_t[]){3}, (const float[]){100, 1, 50});
    expect_ok(tad_trusted_digits(tad_sum(tad_exp(x)), 1, &x, 3, d));
    ck_assert_double_eq(d[0].digits, 0); /* infinite */
    ck_assert_double_gt(d[0].reference, 1e43);
    ck_assert_double_gt(d[1].digits, 6.5);
}
END_TEST

START_TEST(several_inputs)
{
    tad_var    x[] = {vector(tape, 3, (const double[]){1, 2, 3}), tad_scalar(tape, 0.5), tad_scalar(tape, 7)};
    tad_digits d[5];
    expect_ok(tad_trusted_digits(tad_sum(tad_mul(x[0], tad_sin(x[1]))), 3, x, 5, d));
    for (int i = 0; i < 3; i++)
        expect_near(d[i].gradient, sin(0.5), 1e-16);
    expect_near(d[3].gradient, 6 * cos(0.5), 1e-15);
    ck_assert_double_eq(d[4].gradient, 0); /* does not depend on it */
    ck_assert_double_eq_tol(d[4].digits, most_f64, 1e-3);
}
END_TEST

/* Two nodes of the same value: their difference is 0, and 0 is right. */
START_TEST(zero)
{
    tad_var    x = tad_scalar(tape, 0.3);
    tad_digits d = digits_of(tad_sub(tad_exp(x), tad_exp(x)), x);
    ck_assert_double_eq(d.gradient, 0);
    ck_assert_double_eq_tol(d.digits, most_f64, 1e-3);
    d = digits_of(tad_sub(tad_exp(x), tad_exp(tad_add(x, number(1e-17)))), x); /* 0, and should be 1e-17 */
    ck_assert_double_eq(d.gradient, 0);
    ck_assert_double_eq(d.digits, 0);
}
END_TEST

/* Ill-conditioned: Hilbert's matrix of order 8 loses 10 digits, that of order 2 next to none. */
static tad_digits solve_hilbert(int64_t n)
{
    double data[64], ones[8];
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            data[i * n + j] = 1 / (double)(i + j + 1);
            ones[i] = 1;
        }
    tad_digits d[64];
    tad_var    h = matrix(tape, n, n, data);
    expect_ok(tad_trusted_digits(tad_sum(tad_square(tad_solve(h, vector(tape, n, ones)))), 1, &h, (size_t)(n * n), d));
    return d[0];
}

START_TEST(factorisations)
{
    tad_digits good = solve_hilbert(2), bad = solve_hilbert(8);
    ck_assert_double_gt(good.digits, 13);
    ck_assert_double_lt(bad.digits, 9);
    ck_assert_double_gt(bad.digits, 3);
    ck_assert(good.estimated && bad.estimated);
}
END_TEST

static tad_var wave(void *user, size_t n, const tad_var x[])
{
    (void)user, (void)n;
    return cosine_quotient(x[0]);
}

static tad_var nested(void *user, size_t n, const tad_var x[])
{
    return tad_sin(tad_checkpoint(wave, user, n, x));
}

/* A checkpoint gives the same digits as what it stands for. */
START_TEST(checkpoints)
{
    tad_var    x = tad_scalar(tape, 1e-4);
    tad_digits plain = digits_of(tad_exp(tad_sin(cosine_quotient(x))), x);
    tad_digits kept = digits_of(tad_exp(tad_checkpoint(nested, NULL, 1, &x)), x);
    ck_assert_double_eq(plain.gradient, kept.gradient);
    ck_assert_double_eq(plain.reference, kept.reference);
    ck_assert_double_eq(plain.digits, kept.digits);
}
END_TEST

static double value_of_loss(const double x[])
{
    return x[0] * x[0] * exp(x[0]);
}

/* An operation from elsewhere is estimated; one whose text is all that is known of its derivative, too. */
START_TEST(custom)
{
    static const tad_op op = {.name = "loss", .arity = 1, .value = value_of_loss, .partial = {"x * (2 + x) * exp(x)"}};
    tad_var             x = tad_scalar(tape, 0.75);
    tad_digits          d = digits_of(tad_apply(&op, (tad_args){.n = 1, .x = &x}), x);
    ck_assert_double_gt(d.digits, 14);
    d = digits_of(tad_square(tad_apply(&op, (tad_args){.n = 1, .x = &x})), x);
    ck_assert_double_gt(d.digits, 14);
    ck_assert(d.estimated);
}
END_TEST

/* ---- the tape stays as it was ---- */

START_TEST(leaves_no_trace)
{
    tad_var x = tad_scalar(tape, 0.5), y = tad_exp(x), z = tad_mul(y, x);
    expect_ok(tad_backward(y));
    size_t mark = tad_tape_mark(tape);
    digits_of(z, x);
    ck_assert_uint_eq(tad_tape_mark(tape), mark);
    ck_assert_double_eq(tad_grad(x), exp(0.5));
    tad_tape_pause(tape);
    digits_of(z, x);
    ck_assert_uint_eq(tad_tape_mark(tape), mark);
    tad_tape_resume(tape);
    ck_assert_double_eq(tad_grad(x), exp(0.5));
}
END_TEST

START_TEST(errors)
{
    tad_digits d[4];
    tad_var    x = vector(tape, 2, (const double[]){1, 2}), c = number(3), y = tad_sum(x);
    tad_var    i = tad_tensor_constant(tape, TAD_I64, 0, NULL, &(const int64_t){1});
    ck_assert_int_eq(tad_trusted_digits(x, 1, &x, 2, d), TAD_ESHAPE);
    expect_error(tape, TAD_ESHAPE, "tad_trusted_digits: y has 2 elements; expected one");
    ck_assert_int_eq(tad_trusted_digits(y, 1, &x, 3, d), TAD_EARG);
    expect_error(tape, TAD_EARG, "tad_trusted_digits: room for 3 entries; x has 2 elements");
    ck_assert_int_eq(tad_trusted_digits(y, 1, &c, 1, d), TAD_EARG);
    expect_error(tape, TAD_EARG, "tad_trusted_digits: x[0] does not depend on a differentiable leaf");
    ck_assert_int_eq(tad_trusted_digits(y, 1, &i, 1, d), TAD_EDTYPE);
    expect_error(tape, TAD_EDTYPE, "tad_trusted_digits: x[0] holds indices");
    expect_ok(tad_trusted_digits(y, 0, NULL, 0, NULL));
}
END_TEST

/* ---- every operation ---- */

static void scan(const sample *s, void *user)
{
    static tad_digits d[MOST];
    tad_var           leaves[SAMPLE_OPERANDS], wanted[SAMPLE_OPERANDS];
    size_t            n = 0, count = 0;
    tad_dtype         dtype = *(const tad_dtype *)user;
    tad_tape_rewind(tape, 0);
    sample_leaves(s, tape, dtype, leaves);
    tad_var y = sample_record((void *)(uintptr_t)s, (size_t)s->n, leaves);
    if (tad_dtype_of(y) == TAD_I64 || !tad_is_differentiable(y))
        return;
    y = tad_sum(tad_mul(y, sample_random_like(y, 5)));
    for (int k = 0; k < s->n; k++)
        if (tad_is_differentiable(leaves[k])) {
            wanted[n++] = leaves[k];
            count += (size_t)tad_count(leaves[k]);
        }
    ck_assert_uint_le(count, MOST);
    tad_status status = tad_trusted_digits(y, n, wanted, count, d);
    ck_assert_msg(status == TAD_OK, "%s: %s", sample_text(s), tad_tape_message(tape));
    double largest = 1, tolerance = dtype == TAD_F64 ? 1e-11 : 1e-3;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs(d[i].reference));
    for (size_t i = 0; i < count; i++) {
        bool right = fabs(d[i].gradient - d[i].reference) <= tolerance * largest;
        ck_assert_msg(right, "%s, %s: entry %zu is %.17g; by pairs %.17g", sample_text(s), tad_dtype_name(dtype), i,
                      d[i].gradient, d[i].reference);
        ck_assert_msg(d[i].digits >= 0 && d[i].digits <= most_f64 + 1e-3, "%s: %g", sample_text(s), d[i].digits);
    }
}

START_TEST(operations)
{
    const tad_op *op = tad_op_at((size_t)_i);
    if (op && sample_chosen(op))
        for (tad_dtype dtype = TAD_F32; dtype <= TAD_F64; dtype++)
            sample_each(op, scan, &dtype);
}
END_TEST

/* An operation and its parts are the same function. */
static void compare_parts(const sample *s, void *user)
{
    static double found[SAMPLE_ELEMENTS], expected[SAMPLE_ELEMENTS];
    tad_var       leaves[SAMPLE_OPERANDS], x[SAMPLE_OPERANDS];
    (void)user;
    tad_tape_rewind(tape, 0);
    sample_leaves(s, tape, TAD_F64, leaves);
    sample_operands(s, leaves, x);
    const tad_rule rule = {.op = s->op, .n = s->n, .x = x, .attributes = s->attributes};
    tad_var        y = tad_apply(s->op, (tad_args){.n = s->n, .x = x, .attributes = s->attributes});
    tad_var        parts = s->op->parts(&rule);
    ck_assert_msg(tad_is_valid(parts), "%s: %s", sample_text(s), tad_tape_message(tape));
    ck_assert_int_eq(tad_rank(parts), tad_rank(y));
    int64_t n = sample_read(y, expected);
    ck_assert_int_eq(sample_read(parts, found), n);
    for (int64_t i = 0; i < n; i++)
        ck_assert_msg(found[i] == expected[i] || fabs(found[i] - expected[i]) <= 1e-13 * fmax(1, fabs(expected[i])),
                      "%s: element %d is %.17g; by parts %.17g", sample_text(s), (int)i, expected[i], found[i]);
}

START_TEST(parts)
{
    size_t with = 0;
    for (size_t i = 0; tad_op_at(i); i++)
        if (tad_op_at(i)->parts) {
            sample_each(tad_op_at(i), compare_parts, NULL);
            with++;
        }
    ck_assert_uint_ge(with, 10);
}
END_TEST

/* ---- random graphs against 113 bits ---- */
#ifdef HAVE_QUAD
typedef struct dual {
    __float128 value, slope;
} dual;

enum { GRAPHS = 400, NODES = 24 };

/* One more node in both arithmetics; every fourth is off by a large number and comes back. */
static void step(uint64_t seed, uint64_t i, tad_var x, dual u, tad_var z, dual v, tad_var *y, dual *w)
{
    double        shift = floor(exp2(tad__random_uniform(seed, 900 + i, 0, 24)));
    __float128    f;
    const tad_var s = number(shift);
    switch (tad__random_bits(seed, i) % 10) {
    case 0:
        *y = tad_sin(x), *w = (dual){sinq(u.value), cosq(u.value) * u.slope};
        return;
    case 1:
        *y = tad_mul(x, z), *w = (dual){u.value * v.value, u.value * v.slope + v.value * u.slope};
        return;
    case 2:
        *y = tad_sub(x, z), *w = (dual){u.value - v.value, u.slope - v.slope};
        return;
    case 3:
        f = expq(-u.value * u.value);
        *y = tad_exp(tad_neg(tad_square(x))), *w = (dual){f, -2 * u.value * f * u.slope};
        return;
    case 4:
        f = u.value * u.value + 1.5Q;
        *y = tad_log(tad_add(tad_square(x), number(1.5))), *w = (dual){logq(f), 2 * u.value * u.slope / f};
        return;
    case 5:
        f = v.value * v.value + 1;
        *y = tad_div(x, tad_add(tad_square(z), number(1)));
        *w = (dual){u.value / f, u.slope / f - u.value * 2 * v.value * v.slope / (f * f)};
        return;
    case 6:
        f = tanhq(u.value);
        *y = tad_tanh(x), *w = (dual){f, (1 - f * f) * u.slope};
        return;
    case 7:
        f = erfq(u.value);
        *y = tad_erf(x), *w = (dual){f, M_2_SQRTPIq * expq(-u.value * u.value) * u.slope};
        return;
    default: /* x^2, by way of something larger */
        f = u.value + (__float128)shift;
        *y = tad_sub(tad_square(tad_add(x, s)), tad_mul(s, tad_add(tad_mul(number(2), x), s)));
        *w = (dual){f * f - (__float128)shift * (2 * u.value + (__float128)shift), 2 * u.value * u.slope};
    }
}

START_TEST(random_graphs)
{
    size_t poor = 0, good = 0;
    for (uint64_t seed = 0; seed < GRAPHS; seed++) {
        tad_tape_rewind(tape, 0);
        double  start = tad__random_uniform(seed, 500, -1.5, 1.5);
        tad_var x = tad_scalar(tape, start), nodes[NODES + 1] = {x};
        dual    exact[NODES + 1] = {{(__float128)start, 1}};
        for (uint64_t i = 0; i < NODES; i++) {
            size_t j = (size_t)(tad__random_bits(seed, 100 + i) % (i + 1)),
                   k = (size_t)(tad__random_bits(seed, 200 + i) % (i + 1));
            j = i - (i - j) / 4;
            step(seed, i, nodes[j], exact[j], nodes[k], exact[k], &nodes[i + 1], &exact[i + 1]);
        }
        tad_digits d = digits_of(nodes[NODES], x);
        __float128 slope = exact[NODES].slope, error = fabsq((__float128)d.gradient - slope);
        if (!isfinite((double)slope) || fabsq(slope) < 1e-30Q)
            continue;
        double expected = error == 0 ? most_f64 : -log10((double)(error / fabsq(slope)));
        expected = fmin(fmax(expected, 0), most_f64);
        bool same = fabs(d.digits - expected) < (expected > 14 ? 0.5 : 0.1);
        ck_assert_msg(same, "graph %d: %.3f digits; by quads %.3f", (int)seed, d.digits, expected);
        poor += expected < 10;
        good += expected > 14;
    }
    ck_assert_msg(poor > 20 && good > 20, "%zu poor ones, %zu good ones", poor, good);
}
END_TEST
#endif

Suite *trust_suite(void)
{
    Suite *suite = suite_create("trust");
    TCase *tests = tcase_create("digits");
    size_t count = 0;
    while (tad_op_at(count))
        count++;
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, known, 0, COUNT(functions));
    tcase_add_test(tests, rump);
    tcase_add_test(tests, ill_conditioned_sum);
    tcase_add_test(tests, floats);
    tcase_add_test(tests, several_inputs);
    tcase_add_test(tests, zero);
    tcase_add_test(tests, factorisations);
    tcase_add_test(tests, checkpoints);
    tcase_add_test(tests, custom);
    tcase_add_test(tests, leaves_no_trace);
    tcase_add_test(tests, errors);
    tcase_add_loop_test(tests, operations, 0, (int)count);
    tcase_add_test(tests, parts);
#ifdef HAVE_QUAD
    tcase_add_test(tests, random_graphs);
#endif
    suite_add_tcase(suite, tests);
    return suite;
}
