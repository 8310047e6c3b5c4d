#include "planted_faults.h"

#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- elementwise operations: the value is right, a partial derivative is not ---- */

#define OP(name_, expression, ...)                                                                                     \
    static double name_##_value(const double x[])                                                                      \
    {                                                                                                                  \
        return expression;                                                                                             \
    }                                                                                                                  \
    static const tad_op name_ = {.name = #name_, .arity = 1, .value = name_##_value, .partial = {__VA_ARGS__}};
#define OP2(name_, expression, ...)                                                                                    \
    static double name_##_value(const double x[])                                                                      \
    {                                                                                                                  \
        const double a = x[0], b = x[1];                                                                               \
        return expression;                                                                                             \
    }                                                                                                                  \
    static const tad_op name_ = {.name = #name_, .arity = 2, .value = name_##_value, .partial = {__VA_ARGS__}};

OP(sine, sin(x[0]), "-cos(x)")
OP(decay, exp(-x[0]), "y")
OP(halved_square, x[0] * x[0], "x")
OP(doubled_tanh, tanh(x[0]), "2 * (1 - y * y)")
OP(binary_log, log2(x[0]), "1 / x")
OP(sine_of_square, sin(x[0] * x[0]), "cos(x * x)")
OP(gauss, exp(-x[0] * x[0] / 2), "y")
OP(logistic, 1 / (1 + exp(-x[0])), "y")
OP(x_exp_x, x[0] * exp(x[0]), "exp(x)")
OP(entropy, x[0] * log(x[0]), "log(x)")
OP(swish, x[0] / (1 + exp(-x[0])), "1 / (1 + exp(-x))")
OP(cubic, x[0] * x[0] * x[0] + 2 * x[0] * x[0], "3 * x * x")
OP(root, sqrt(x[0]), "(x - x) / (x - x)")
OP(bent, cos(3 * x[0]) * exp(x[0] / 5), "x / (2 + sin(7 * x))")
OP2(product_plus, a *b + a, "b", "a")
OP2(no_b, a *b, "b", "0")
OP2(angle, atan2(a, b), "0", "-a / (a * a + b * b)")
OP2(quotient, a / b, "-a / (b * b)", "1 / b")
OP2(halved_b, a *b *b, "b * b", "a * b")

static tad_var apply_op(const void *op, int n, const tad_var x[])
{
    return tad_apply(op, (tad_args){.n = n, .x = x});
}

/* The operation between two others. */
static tad_var between(void *user, size_t n, const tad_var x[])
{
    const planted_fault *fault = user;
    tad_var              u[2];
    for (size_t k = 0; k < n; k++)
        u[k] = tad_mul(x[k], tad_constant(x[k].tape, 1.25));
    return tad_sin(apply_op(fault->op, (int)n, u));
}

/* ---- structured operations: numbers in C order ---- */

#define NUMBERS(array) ((double *)(array).data)

static void cube_backward_two(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    for (int64_t i = 0; i < count_of(gy); i++)
        NUMBERS(gx[0])[i] += NUMBERS(*gy)[i] * 2 * pow(NUMBERS(call->in[0])[i], 2);
}

static void cube_backward_odd(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    for (int64_t i = 0; i < count_of(gy); i++) {
        double x = NUMBERS(call->in[0])[i];
        NUMBERS(gx[0])[i] += NUMBERS(*gy)[i] * (3 * x * x + 0.1 * sin(7 * x) / (2 + x));
    }
}

static void cube_backward_overwrites(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    for (int64_t i = 0; i < count_of(gy); i++)
        NUMBERS(gx[0])[i] = NUMBERS(*gy)[i] * 3 * pow(NUMBERS(call->in[0])[i], 2);
}

static void cube_backward_transposed(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    int64_t rows = gy->dims[0], columns = gy->dims[1];
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < columns; j++)
            NUMBERS(gx[0])
    [j * rows + i] += NUMBERS(*gy)[i * columns + j] * 3 * pow(NUMBERS(call->in[0])[i * columns + j], 2);
}

/* Does not look at the strides of its operand. */
static void cube_backward_blind(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    cube_backward_two(call, gy, gx);
    for (int64_t i = 0; i < count_of(gy); i++)
        NUMBERS(gx[0])[i] += NUMBERS(*gy)[i] * pow(NUMBERS(call->in[0])[i], 2);
}

static void strided_cube(const tad_call *call)
{
    const tad_array *x = &call->in[0];
    for (int64_t i = 0; i < count_of(call->out); i++) {
        int64_t at = x->rank < 2 ? i * (x->rank ? x->strides[0] : 0)
                                 : i / x->dims[1] * x->strides[0] + i % x->dims[1] * x->strides[1];
        NUMBERS(*call->out)[i] = pow(((const double *)x->data)[at], 3);
    }
}

static tad_var minus_jvp(const tad_rule *rule)
{
    tad_var x = rule->x[0];
    return tad_mul(rule->dx[0], tad_mul(tad_constant(x.tape, -3), tad_square(x)));
}

static void constant_vjp(const tad_rule *rule)
{
    double  x[64];
    tad_var first = rule->x[0];
    int64_t dims[2] = {tad_dim(first, 0)};
    if (tad_read(first, x, sizeof x) != TAD_OK)
        return;
    for (int64_t i = 0; i < tad_count(first); i++)
        x[i] = 3 * x[i] * x[i];
    rule->gx[0] = tad_mul(rule->gy, tad_tensor_constant(first.tape, TAD_F64, tad_rank(first), dims, x));
}

#define CUBE .name = "cube", .arity = 1, .shape = op_same_shape, .forward = op_cube, .vjp = op_cube_vjp
static const tad_op two_thirds = {CUBE, .backward = cube_backward_two};
static const tad_op odd_one = {CUBE, .backward = cube_backward_odd};
static const tad_op overwrites = {CUBE, .backward = cube_backward_overwrites};
static const tad_op stored_transposed = {CUBE, .backward = cube_backward_transposed};
static const tad_op blind = {.name = "cube",
                             .arity = 1,
                             .shape = op_same_shape,
                             .forward = strided_cube,
                             .vjp = op_cube_vjp,
                             .backward = cube_backward_blind};
static const tad_op minus_forward = {CUBE, .jvp = minus_jvp};
static const tad_op once_only = {
    .name = "cube", .arity = 1, .shape = op_same_shape, .forward = op_cube, .vjp = constant_vjp, .backward = NULL};

/* Reversed, rolled, centred, averaged: a vector. */
static void reversed(const tad_call *call)
{
    int64_t n = count_of(call->out);
    for (int64_t i = 0; i < n; i++)
        NUMBERS(*call->out)[i] = NUMBERS(call->in[0])[n - 1 - i];
}

static void rolled(const tad_call *call)
{
    int64_t n = count_of(call->out);
    for (int64_t i = 0; i < n; i++)
        NUMBERS(*call->out)[(i + 1) % n] = NUMBERS(call->in[0])[i];
}

static void centred(const tad_call *call)
{
    int64_t n = count_of(call->out);
    double  mean = 0;
    for (int64_t i = 0; i < n; i++)
        mean += NUMBERS(call->in[0])[i] / (double)n;
    for (int64_t i = 0; i < n; i++)
        NUMBERS(*call->out)[i] = NUMBERS(call->in[0])[i] - mean;
}

static void softened(const tad_call *call)
{
    int64_t n = count_of(call->out);
    double  sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += exp(NUMBERS(call->in[0])[i]);
    for (int64_t i = 0; i < n; i++)
        NUMBERS(*call->out)[i] = exp(NUMBERS(call->in[0])[i]) / sum;
}

static void same_vjp(const tad_rule *rule)
{
    rule->gx[0] = rule->gy;
}

static void again_vjp(const tad_rule *rule)
{
    rule->gx[0] = tad_apply(rule->op, (tad_args){.n = 1, .x = &rule->gy});
}

static void softened_vjp(const tad_rule *rule)
{
    rule->gx[0] = tad_mul(rule->gy, rule->y);
}

static tad_status scalar_shape(const tad_call *call)
{
    call->out->rank = 0;
    return TAD_OK;
}

static void averaged(const tad_call *call)
{
    double *y = call->out->data;
    *y = 0;
    for (int64_t i = 0; i < count_of(&call->in[0]); i++)
        *y += NUMBERS(call->in[0])[i] / (double)count_of(&call->in[0]);
}

static void squares(const tad_call *call)
{
    double *y = call->out->data;
    *y = 0;
    for (int64_t i = 0; i < count_of(&call->in[0]); i++)
        *y += pow(NUMBERS(call->in[0])[i], 2);
}

static void whole_vjp(const tad_rule *rule)
{
    int64_t dims[1] = {tad_count(rule->x[0])};
    rule->gx[0] = tad_broadcast_to(rule->gy, 1, dims);
}

static void squares_vjp(const tad_rule *rule)
{
    rule->gx[0] = tad_mul(rule->gy, rule->x[0]);
}

#define VECTOR(name_, forward_, vjp_)                                                                                  \
    static const tad_op name_ = {.name = #name_, .arity = 1, .shape = op_same_shape, .forward = forward_, .vjp = vjp_};
VECTOR(not_reversed, reversed, same_vjp)
VECTOR(rolled_twice, rolled, again_vjp)
VECTOR(not_centred, centred, same_vjp)
VECTOR(half_softmax, softened, softened_vjp)
static const tad_op mean_as_sum = {
    .name = "mean_as_sum", .arity = 1, .shape = scalar_shape, .forward = averaged, .vjp = whole_vjp};
static const tad_op no_two = {
    .name = "no_two", .arity = 1, .shape = scalar_shape, .forward = squares, .vjp = squares_vjp};

/* A matrix and a row: the row is repeated. */
static tad_status first_shape(const tad_call *call)
{
    const tad_array *longer = count_of(&call->in[1]) > count_of(&call->in[0]) ? &call->in[1] : &call->in[0];
    call->out->rank = longer->rank;
    for (int i = 0; i < longer->rank; i++)
        call->out->dims[i] = longer->dims[i];
    return TAD_OK;
}

static double at(const tad_array *x, int64_t i)
{
    return ((const double *)x->data)[i % count_of(x)];
}

static void added(const tad_call *call)
{
    for (int64_t i = 0; i < count_of(call->out); i++)
        NUMBERS(*call->out)[i] = at(&call->in[0], i) + at(&call->in[1], i);
}

static void multiplied(const tad_call *call)
{
    for (int64_t i = 0; i < count_of(call->out); i++)
        NUMBERS(*call->out)[i] = at(&call->in[0], i) * at(&call->in[1], i);
}

static void added_vjp(const tad_rule *rule)
{
    rule->gx[0] = rule->gx[1] = rule->gy;
}

static void multiplied_vjp(const tad_rule *rule)
{
    rule->gx[0] = tad_mul(rule->gy, rule->x[1]);
    rule->gx[1] = tad_mul(rule->gy, rule->x[0]);
}

/* Only the first row counts. */
static void first_row(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    (void)call;
    for (int k = 0; k < 2; k++)
        for (int64_t i = 0; i < count_of(&gx[k]) && gx[k].data; i++)
            NUMBERS(gx[k])[i] += NUMBERS(*gy)[i];
}

static void first_row_of_product(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    for (int k = 0; k < 2; k++)
        for (int64_t i = 0; i < count_of(&gx[k]) && gx[k].data; i++)
            NUMBERS(gx[k])[i] += NUMBERS(*gy)[i] * at(&call->in[1 - k], i);
}

/* The mean of the rows, not their sum. */
static void mean_of_rows(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    (void)call;
    for (int k = 0; k < 2; k++)
        for (int64_t i = 0; i < count_of(gy) && gx[k].data; i++)
            NUMBERS(gx[k])[i % count_of(&gx[k])] += NUMBERS(*gy)[i] * (double)count_of(&gx[k]) / (double)count_of(gy);
}

static void product_overwrites(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    for (int k = 0; k < 2; k++)
        for (int64_t i = 0; i < count_of(&gx[k]) && gx[k].data; i++)
            NUMBERS(gx[k])[i] = NUMBERS(*gy)[i] * at(&call->in[1 - k], i);
}

#define PAIR_OP(name_, forward_, vjp_, backward_)                                                                      \
    static const tad_op name_ = {                                                                                      \
        .name = #name_, .arity = 2, .shape = first_shape, .forward = forward_, .vjp = vjp_, .backward = backward_};
PAIR_OP(add_first_row, added, added_vjp, first_row)
PAIR_OP(mul_first_row, multiplied, multiplied_vjp, first_row_of_product)
PAIR_OP(add_mean_of_rows, added, added_vjp, mean_of_rows)
PAIR_OP(mul_overwrites, multiplied, multiplied_vjp, product_overwrites)

/* Used three times, and squared by itself. */
static tad_var used_again(void *user, size_t n, const tad_var x[])
{
    const planted_fault *fault = user;
    tad_var              u = tad_exp(tad_mul(x[0], tad_constant(x[0].tape, 0.5)));
    tad_var              cubed = apply_op(fault->op, 1, &u);
    (void)n;
    return tad_add(cubed, tad_mul(tad_sin(u), x[0]));
}

static tad_var times_itself(void *user, size_t n, const tad_var x[])
{
    const planted_fault *fault = user;
    tad_var              u = tad_tanh(x[0]), both[] = {u, u};
    (void)n;
    return tad_cos(apply_op(fault->op, 2, both));
}

static tad_var of_a_view(void *user, size_t n, const tad_var x[])
{
    const planted_fault *fault = user;
    tad_var              u = tad_transpose(tad_sin(x[0]));
    (void)n;
    return tad_exp(apply_op(fault->op, 1, &u));
}

/* ---- operations of the library, their rules changed ---- */

typedef enum change { NEGATE, TWICE, DROP_SECOND, SWAP, TRANSPOSE_SECOND } change;

typedef struct mutant {
    const char *op;
    change      change;
} mutant;

static void mutated(const tad_rule *rule)
{
    const mutant *m = rule->op->impl;
    tad_rule      right = *rule;
    tad_var       first;
    right.op = tad_op_find(m->op);
    right.op->vjp(&right);
    switch (m->change) {
    case NEGATE:
        rule->gx[0] = tad_neg(rule->gx[0]);
        break;
    case TWICE:
        rule->gx[0] = tad_add(rule->gx[0], rule->gx[0]);
        break;
    case DROP_SECOND:
        rule->gx[1] = (tad_var){0};
        break;
    case SWAP:
        first = rule->gx[0];
        rule->gx[0] = rule->gx[1];
        rule->gx[1] = first;
        break;
    case TRANSPOSE_SECOND:
        rule->gx[1] = tad_transpose(rule->gx[1]);
        break;
    }
}

/* The operation's public function would find the right one: so the mutant is applied with its attributes. */
static tad_var of_library(void *user, size_t n, const tad_var x[])
{
    const planted_fault *fault = user;
    const mutant        *m = fault->op;
    const tad_op        *right = tad_op_find(m->op);
    static tad_op        op; /* attributes and nodes refer to it */
    tad_var              u[2], y;
    op = *right;
    op.impl = m;
    op.vjp = mutated;
    op.backward = NULL;
    op.linear = false;
    op.jvp = NULL;
    for (size_t k = 0; k < n; k++)
        u[k] = tad_tanh(x[k]);
    y = tad_apply(
        &op, (tad_args){.n = (int)n, .x = u, .attributes = right->sample_count ? right->samples[0].attributes : NULL});
    return tad_sin(y);
}

/* ---- values that leave the tape, and functions that are none ---- */

static tad_var through_c(void *user, size_t n, const tad_var x[])
{
    tad_var first = tad_sum(tad_square(x[0]));
    (void)user, (void)n;
    return tad_mul(tad_constant(first.tape, exp(-tad_value(first))), x[0]);
}

static tad_var in_a_pause(void *user, size_t n, const tad_var x[])
{
    (void)user, (void)n;
    tad_tape_pause(x[0].tape);
    tad_var norm = tad_sum(tad_square(x[0]));
    tad_tape_resume(x[0].tape);
    return tad_div(x[0], norm);
}

static tad_var stopped(void *user, size_t n, const tad_var x[])
{
    (void)user, (void)n;
    return tad_mul(x[0], tad_stop_gradient(tad_exp(x[0])));
}

static tad_var drifting(void *user, size_t n, const tad_var x[])
{
    static int calls;
    (void)user, (void)n;
    return tad_mul(tad_sin(x[0]), tad_constant(x[0].tape, 1 + 0.5 * (++calls > 1)));
}

/* ---- gradients written by hand ---- */

#define BY_HAND(name) static double name(const double *x, size_t n, double *g)

BY_HAND(rosenbrock_sign)
{
    (void)n;
    double d = x[1] - x[0] * x[0];
    g[0] = -400 * x[0] * d - 2 * (1 - x[0]);
    g[1] = -200 * d;
    return 100 * d * d + (1 - x[0]) * (1 - x[0]);
}

BY_HAND(rosenbrock_factor)
{
    (void)n;
    double d = x[1] - x[0] * x[0];
    g[0] = -400 * x[0] * d - 2 * (1 - x[0]);
    g[1] = 100 * d;
    return 100 * d * d + (1 - x[0]) * (1 - x[0]);
}

/* Each x but the first and last occurs in two terms. */
BY_HAND(rosenbrock_term)
{
    double y = 0;
    for (size_t i = 0; i < n; i++)
        g[i] = 0;
    for (size_t i = 0; i + 1 < n; i++) {
        double d = x[i + 1] - x[i] * x[i];
        y += 100 * d * d + (1 - x[i]) * (1 - x[i]);
        g[i] = -400 * x[i] * d - 2 * (1 - x[i]);
        g[i + 1] = 0;
    }
    g[n - 1] = 200 * (x[n - 1] - x[n - 2] * x[n - 2]);
    return y;
}

/* |W v - t|^2 / 2 for a 3 x 2 matrix W and v, one behind the other; the gradient of W is stored by columns. */
BY_HAND(layer_transposed)
{
    const double *v = x + 6, t[] = {0.3, -0.7, 0.2};
    double        y = 0, r[3];
    (void)n;
    for (int i = 0; i < 3; i++) {
        r[i] = x[2 * i] * v[0] + x[2 * i + 1] * v[1] - t[i];
        y += r[i] * r[i] / 2;
    }
    for (int j = 0; j < 2; j++) {
        g[6 + j] = 0;
        for (int i = 0; i < 3; i++) {
            g[3 * j + i] = r[i] * v[j];
            g[6 + j] += r[i] * x[2 * i + j];
        }
    }
    return y;
}

BY_HAND(never_set)
{
    double y = 0;
    for (size_t i = 0; i < n; i++)
        y += sin(x[i]);
    for (size_t i = 0; i + 1 < n; i++)
        g[i] = cos(x[i]);
    return y;
}

BY_HAND(set_to_zero)
{
    double y = never_set(x, n, g);
    g[0] = cos(x[0]);
    g[n - 1] = 0;
    return y;
}

BY_HAND(adds_up)
{
    double y = 0;
    for (size_t i = 0; i < n; i++) {
        y += exp(x[i]);
        g[i] += exp(x[i]);
    }
    return y;
}

BY_HAND(mean_square)
{
    double y = 0;
    for (size_t i = 0; i < n; i++) {
        y += x[i] * x[i] / (double)n;
        g[i] = 2 * x[i];
    }
    return y;
}

BY_HAND(inner_missing)
{
    double y = 0;
    for (size_t i = 0; i < n; i++) {
        y += exp(x[i] * x[i]);
        g[i] = exp(x[i] * x[i]);
    }
    return y;
}

BY_HAND(no_decay)
{
    double y = 0;
    for (size_t i = 0; i < n; i++) {
        y += log(1 + exp(x[i])) + 0.01 * x[i] * x[i];
        g[i] = 1 / (1 + exp(-x[i]));
    }
    return y;
}

BY_HAND(one_off)
{
    double y = 0;
    for (size_t i = 0; i < n; i++) {
        y += (double)(i + 1) * cos(x[i]);
        g[(i + 1) % n] = -(double)(i + 1) * sin(x[i]);
    }
    return y;
}

BY_HAND(zero_by_zero)
{
    double y = 0;
    for (size_t i = 0; i < n; i++) {
        y += fabs(x[i]);
        g[i] = x[i] / sqrt(fmax(0, x[i] * x[i] - x[i] * x[i]));
    }
    return y;
}

BY_HAND(unseeded)
{
    static double state;
    state += 0.25;
    g[0] = 2 * x[0];
    (void)n;
    return x[0] * x[0] * (2 + sin(state));
}

/* ---- the table ---- */

#define ROW(op_, cause_, f_, n_, blamed_, ...)                                                                         \
    {                                                                                                                  \
        .name = #op_, .cause = TAD_CAUSE_##cause_, .f = f_, .n = n_, .op = &op_, .blamed = blamed_, __VA_ARGS__        \
    }
#define ONE(op, cause, factor_) ROW(op, cause, between, 1, #op, .dims = {{4}}, .factor = factor_)
#define CUBE_OF(f, op, cause, size, ...) ROW(op, cause, f, 1, "cube", .dims = {{size}}, __VA_ARGS__)
#define TWO(op, cause, factor_) ROW(op, cause, between, 2, #op, .dims = {{4}, {4}}, .factor = factor_)
#define ROWS(op) ROW(op, BROADCAST, between, 2, #op, .dims = {{3, 4}, {4}}, .modes = TAD_BY_BACKWARD)
#define LIBRARY(op_, change_, cause_, n_, ...)                                                                         \
    {                                                                                                                  \
        .name = #op_ " " #change_, .cause = TAD_CAUSE_##cause_, .f = of_library, .n = n_,                              \
        .op = &(const mutant){#op_, change_}, .blamed = #op_, .dims = {                                                \
            __VA_ARGS__                                                                                                \
        }                                                                                                              \
    }
#define FUNCTION(f_, cause_, blamed_)                                                                                  \
    {                                                                                                                  \
        .name = #f_, .cause = TAD_CAUSE_##cause_, .f = f_, .n = 1, .dims = {{4}}, .blamed = blamed_                    \
    }
#define HAND(f_, cause_, n_, factor_)                                                                                  \
    {                                                                                                                  \
        .name = #f_, .cause = TAD_CAUSE_##cause_, .c = f_, .n = n_, .factor = factor_                                  \
    }
#define NUMBERS_ONLY .modes = TAD_BY_BACKWARD

const planted_fault planted_faults[] = {
    ONE(sine, SIGN, 0),
    ONE(decay, SIGN, 0),
    ONE(halved_square, FACTOR, 0.5),
    ONE(doubled_tanh, FACTOR, 2),
    ONE(binary_log, FACTOR, 0.6931471805599453),
    ONE(sine_of_square, CHAIN, 0),
    ONE(gauss, CHAIN, 0),
    ONE(logistic, CHAIN, 0),
    ONE(x_exp_x, MISSING_TERM, 0),
    ONE(entropy, MISSING_TERM, 0),
    ONE(swish, MISSING_TERM, 0),
    ONE(cubic, MISSING_TERM, 0),
    ONE(root, NOT_FINITE, 0),
    ONE(bent, UNKNOWN, 0),
    ONE(not_reversed, PERMUTED, 0),
    ONE(rolled_twice, PERMUTED, 0),
    ONE(not_centred, MISSING_TERM, 0),
    ONE(half_softmax, MISSING_TERM, 0),
    ONE(mean_as_sum, FACTOR, 4),
    ONE(no_two, FACTOR, 0.5),
    TWO(product_plus, MISSING_TERM, 0),
    TWO(no_b, MISSING_ARGUMENT, 0),
    TWO(angle, MISSING_ARGUMENT, 0),
    TWO(quotient, SWAPPED, 0),
    TWO(halved_b, FACTOR, 0.5),
    ROWS(add_first_row),
    ROWS(mul_first_row),
    ROWS(add_mean_of_rows),
    CUBE_OF(between, two_thirds, FACTOR, 4, .factor = 2.0 / 3, NUMBERS_ONLY),
    CUBE_OF(between, odd_one, RULES_DIFFER, 4, NUMBERS_ONLY),
    CUBE_OF(between, minus_forward, SIGN, 4, .modes = TAD_BY_FORWARD),
    CUBE_OF(between, once_only, MISSING_ARGUMENT, 4, .order = 2),
    CUBE_OF(used_again, overwrites, REPEATED, 4, NUMBERS_ONLY),
    ROW(stored_transposed, TRANSPOSED, between, 1, "cube", .dims = {{2, 3}}, NUMBERS_ONLY),
    ROW(blind, LAYOUT, of_a_view, 1, "cube", .dims = {{2, 3}}, NUMBERS_ONLY),
    ROW(mul_overwrites, REPEATED, times_itself, 1, "mul_overwrites", .dims = {{4}}, NUMBERS_ONLY),
    LIBRARY(matmul, TRANSPOSE_SECOND, TRANSPOSED, 2, {3, 3}, {3, 3}),
    LIBRARY(matmul, DROP_SECOND, MISSING_ARGUMENT, 2, {2, 3}, {3, 2}),
    LIBRARY(matmul, SWAP, SWAPPED, 2, {3, 3}, {3, 3}),
    LIBRARY(softmax, NEGATE, SIGN, 1, {2, 3}),
    LIBRARY(logsumexp, TWICE, FACTOR, 1, {2, 3}),
    FUNCTION(through_c, DETACHED, NULL),
    FUNCTION(in_a_pause, DETACHED, NULL),
    FUNCTION(stopped, DETACHED, "stop_gradient"),
    FUNCTION(drifting, RANDOM, NULL),
    HAND(rosenbrock_sign, SIGN, 2, 0),
    HAND(rosenbrock_factor, FACTOR, 2, 0.5),
    HAND(rosenbrock_term, MISSING_TERM, 4, 0),
    HAND(layer_transposed, TRANSPOSED, 8, 0),
    HAND(never_set, MISSING_ARGUMENT, 3, 0),
    HAND(set_to_zero, MISSING_ARGUMENT, 3, 0),
    HAND(adds_up, ADDED, 3, 0),
    HAND(mean_square, FACTOR, 5, 5),
    HAND(inner_missing, CHAIN, 3, 0),
    HAND(no_decay, MISSING_TERM, 4, 0),
    HAND(one_off, PERMUTED, 4, 0),
    HAND(zero_by_zero, NOT_FINITE, 3, 0),
    HAND(unseeded, RANDOM, 1, 0),
};

const size_t planted_fault_count = COUNT(planted_faults);
