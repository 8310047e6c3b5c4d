/* R1: each allocation fails in turn, once and for ever. No crash, no leak, an error that says so, and a tape that gives
 * the right result, to the last bit, once there is memory again. */
#include "suites.h"
#include "support.h"

#include "tape/tape.h"

#include <tad/op.h>

#include <stdio.h>
#include <string.h>

/* What a scenario computes, to be compared bit for bit. */
typedef struct result {
    size_t n;
    double numbers[64];
} result;

static tad_status keep(result *r, tad_var x, tad_status (*read)(tad_var x, void *out, size_t bytes))
{
    double buffer[16];
    float  narrow[16];
    bool   wide = tad_dtype_of(x) == TAD_F64;
    size_t n = (size_t)tad_count(x);
    if (!tad_is_valid(x) || n > COUNT(buffer) || r->n + n > COUNT(r->numbers))
        return TAD_EARG;
    tad_status status = wide ? read(x, buffer, sizeof buffer) : read(x, narrow, sizeof narrow);
    for (size_t i = 0; i < n && status == TAD_OK; i++)
        r->numbers[r->n++] = wide ? buffer[i] : (double)narrow[i];
    return status;
}

/* Stops at the first failure, as a program that checks each status does. */
#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        tad_status status_ = (call);                                                                                   \
        if (status_ != TAD_OK)                                                                                         \
            return status_;                                                                                            \
    } while (0)
#define VALUE(x) TRY(keep(r, (x), tad_read))
#define GRAD(x) TRY(keep(r, (x), tad_read_grad))

/* ---- Scenarios ---- */

static const double numbers[] = {0.5, -0.25, 1.5, 0.75, -1, 2};

static tad_status scalars(tad_tape *tape, result *r)
{
    tad_var x = tad_scalar(tape, 0.5), w = tad_scalar(tape, -0.75), y = tad_constant(tape, 1);
    for (int i = 0; i < 1500; i++) /* beyond the first block of nodes */
        y = tad_tanh(tad_add(tad_mul(w, y), x));
    TRY(tad_backward(y));
    VALUE(y);
    GRAD(x);
    GRAD(w);
    return TAD_OK;
}

static tad_status tensors(tad_tape *tape, result *r)
{
    tad_var x = matrix(tape, 2, 3, numbers), w = vector(tape, 3, numbers + 1), b = tad_scalar(tape, 0.25);
    tad_var y = tad_sigmoid(tad_add(tad_matmul(x, tad_transpose(x)), b));
    tad_var z = tad_pad(tad_slice(tad_mul(x, w), 1, 0, 2), 0, 1, 0);
    tad_var n = tad_cast(
        tad_broadcast_to(tad_cast(tad_mean_axes(z, 1, (const int[]){0}, false), TAD_F32), 2, (const int64_t[]){2, 2}),
        TAD_F64);
    tad_var s = tad_sum(
        tad_mul(tad_reshape(y, 1, (const int64_t[]){-1}), tad_reshape(tad_transpose(n), 1, (const int64_t[]){4})));
    TRY(tad_backward(tad_add(s, tad_mean(tad_matmul(x, w)))));
    VALUE(s);
    GRAD(x);
    GRAD(w);
    GRAD(b);
    return TAD_OK;
}

static tad_status floats(tad_tape *tape, result *r)
{
    const float data[] = {0.5f, -0.25f, 1.5f, 0.75f};
    tad_var     x = tad_tensor(tape, TAD_F32, 2, (const int64_t[]){2, 2}, data), s = tad_scalar(tape, 1.25);
    tad_var     y = tad_mean(tad_exp(tad_mul(s, tad_matmul(x, x))));
    TRY(tad_backward(y));
    VALUE(y);
    GRAD(x);
    GRAD(s);
    return TAD_OK;
}

static tad_status second_order(tad_tape *tape, result *r)
{
    tad_var x = vector(tape, 3, numbers), s = tad_scalar(tape, 0.5), g[2], h;
    tad_var y = tad_sum(tad_pow(tad_softplus(tad_mul(x, s)), tad_constant(tape, 2.5)));
    TRY(tad_gradient(y, 2, (const tad_var[]){x, s}, g));
    VALUE(g[0]);
    VALUE(g[1]);
    TRY(tad_gradient(g[1], 1, &s, &h));
    VALUE(h);
    TRY(tad_backward(tad_sum(tad_square(g[0]))));
    GRAD(x);
    return TAD_OK;
}

static tad_status products(tad_tape *tape, result *r)
{
    tad_var       x = matrix(tape, 2, 2, numbers), b = vector(tape, 2, numbers + 4), dy, hv[2], gx[2];
    tad_var       y = tad_tanh(tad_div(tad_matmul(x, b), tad_add(tad_square(b), tad_constant(tape, 1))));
    const tad_var at[] = {x, b}, v[] = {matrix(tape, 2, 2, numbers + 1), vector(tape, 2, numbers)};
    TRY(tad_jvp(y, 2, at, v, &dy));
    VALUE(dy);
    TRY(tad_hvp(tad_sum(y), 2, at, v, hv));
    VALUE(hv[0]);
    VALUE(hv[1]);
    TRY(tad_vjp(y, b, 2, at, gx));
    VALUE(gx[0]);
    return TAD_OK;
}

static tad_status names(tad_tape *tape, result *r)
{
    char    name[32];
    tad_var x = tad_named(tad_scalar(tape, 1), "x");
    size_t  mark = tad_tape_mark(tape);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 40; i++) {
            if (i == 0)
                tad_tape_rewind(tape, mark);
            snprintf(name, sizeof name, "node %d", i);
            tad_named(tad_scalar(tape, i), name);
            tad_named(x, name);
        }
    TRY(tad_tape_status(tape)); /* naming fails without an invalid result */
    r->numbers[r->n++] = strcmp(tad_name(x), "node 39") == 0;
    return TAD_OK;
}

static tad_status custom(tad_tape *tape, result *r)
{
    static const tad_op by_vjp = {
        .name = "by_vjp", .arity = 1, .shape = op_same_shape, .forward = op_cube, .vjp = op_cube_vjp};
    static const tad_op by_text = {
        .name = "by_text", .arity = 1, .shape = op_same_shape, .forward = op_cube, .partial = {"3 * x * x"}};
    tad_var x = vector(tape, 3, numbers), y = tad_apply(&by_vjp, (tad_args){.n = 1, .x = &x}), dy;
    tad_var z = tad_apply(&by_text, (tad_args){.n = 1, .x = &y});
    TRY(tad_backward(tad_sum(z)));
    VALUE(z);
    GRAD(x);
    TRY(tad_jvp(z, 1, &x, &x, &dy));
    VALUE(dy);
    return TAD_OK;
}

static tad_var model(void *user, size_t n, const tad_var x[])
{
    (void)user, (void)n;
    return tad_named(tad_sin(tad_add(tad_mul(x[0], x[1]), tad_mul(x[1], x[1]))), "y");
}

static tad_var wave(void *user, size_t n, const tad_var x[])
{
    (void)user, (void)n;
    return tad_sin(tad_add(tad_mul(x[0], x[1]), tad_mul(x[1], x[1])));
}

static tad_var nested_model(void *user, size_t n, const tad_var x[])
{
    tad_var inner = tad_checkpoint(wave, user, n, x);
    return tad_mul(inner, x[1]);
}

static bool add_up(void *user, size_t n, const tad_path_step steps[], double product)
{
    (void)n, (void)steps;
    *(double *)user += product;
    return true;
}

static bool count_bytes(void *user, const char *text, size_t bytes)
{
    (void)text;
    *(double *)user += (double)bytes;
    return true;
}

static tad_status tools(tad_tape *tape, result *r)
{
    double  sum = 0;
    tad_var x[] = {tad_scalar(tape, 0.5), tad_scalar(tape, 0.25)}, y = model(NULL, 2, x);
    TRY(tad_each_path(y, x[1], add_up, &sum));
    r->numbers[r->n++] = sum;
    r->numbers[r->n++] = tad_local_derivative(y, 0);
    double bytes = 0; /* by paths, by a sweep over numbers, and one over tensors */
    for (size_t most = 0; most < 2; most++)
        TRY(tad_explain(y, x[1], &(tad_explain_options){.most_nodes = most}, (tad_writer){count_bytes, &bytes}));
    tad_var v = vector(tape, 3, numbers);
    TRY(tad_explain(tad_sum(tad_mul(tad_softmax(v, 0), v)), v, NULL, (tad_writer){count_bytes, &bytes}));
    r->numbers[r->n++] = bytes;
    tad_gradcheck_report report;
    tad_status           status = tad_gradcheck(model, NULL, 2, x, NULL, &report);
    r->numbers[r->n++] = (double)report.agree;
    tad_gradcheck_free(&report);
    TRY(status);
    return tad_tape_status(tape);
}

static bool count_kinks(void *user, const tad_near_kink *kink)
{
    *(double *)user += 1 + kink->distance;
    return true;
}

static tad_status trust(tad_tape *tape, result *r)
{
    tad_digits    digits[6];
    tad_nonfinite found;
    double        kinks = 0;
    tad_var       x = matrix(tape, 2, 3, numbers), w = matrix(tape, 2, 2, numbers);
    tad_var       c = tad_checkpoint(wave, NULL, 2, (const tad_var[]){tad_softplus(x), tad_scalar(tape, 0.5)});
    tad_var       y = tad_add(tad_sum(tad_softmax(tad_matmul(w, c), 1)), tad_sum(tad_solve(w, x)));
    tad_var       z = tad_max(tad_pad(tad_relu(tad_variance_axes(c, 1, (const int[]){0}, 0, false)), 0, 1, 1));
    TRY(tad_backward(y));
    TRY(tad_trusted_digits(tad_add(y, z), 1, &x, 6, digits));
    for (int i = 0; i < 6; i++)
        r->numbers[r->n++] = digits[i].digits;
    TRY(tad_near_kinks(z, 10, count_kinks, &kinks));
    r->numbers[r->n++] = kinks;
    TRY(tad_tape_find_nonfinite(tape, tad_sum(tad_sqrt(tad_sub(c, c))), &found));
    r->numbers[r->n++] = (double)found.origin;
    GRAD(x);
    return tad_tape_status(tape);
}

static tad_status checkpoints(tad_tape *tape, result *r)
{
    tad_var x[] = {vector(tape, 3, numbers), vector(tape, 3, numbers + 3)}, g[2], t;
    for (int i = 0; i < 3; i++)
        x[0] = tad_checkpoint(nested_model, NULL, 2, x);
    tad_var y = tad_sum(x[0]);
    VALUE(y);
    TRY(tad_backward(y));
    GRAD(x[1]);
    TRY(tad_gradient(y, 1, &x[1], g));
    VALUE(g[0]);
    TRY(tad_jvp(y, 1, &x[1], &x[1], &t));
    VALUE(t);
    return TAD_OK;
}

static void step(void *user, size_t i, const tad_var state[], const tad_var params[], tad_var next[])
{
    (void)user, (void)i;
    next[0] = tad_tanh(tad_add(state[0], tad_mul(state[1], params[0])));
    next[1] = tad_sin(state[1]);
}

static tad_status loops(tad_tape *tape, result *r)
{
    const float   narrow[] = {0.5f, -1};
    tad_var       x[] = {vector(tape, 3, numbers), tad_scalar(tape, 0.5), tad_scalar(tape, 0.25)}, out[2];
    tad_loop_args loop = {
        .step = step, .steps = 9, .snapshots = 2, .state_count = 2, .state = x, .param_count = 1, .params = x + 2};
    TRY(tad_loop(&loop, out));
    VALUE(out[0]);
    TRY(tad_backward(tad_mul(tad_sum(out[0]), out[1])));
    GRAD(x[0]);
    GRAD(x[2]);
    x[0] = tad_tensor(tape, TAD_F32, 1, (const int64_t[]){2}, narrow); /* packed with an f64 */
    loop.steps = 3;
    TRY(tad_loop(&loop, out));
    TRY(tad_backward(tad_mul(tad_cast(tad_sum(out[0]), TAD_F64), out[1])));
    GRAD(x[0]);
    return TAD_OK;
}

static tad_status replays(tad_tape *tape, result *r)
{
    tad_var x = matrix(tape, 2, 3, numbers), s = tad_scalar(tape, 0.5), c = tad_greater(x, s), g[2];
    tad_var z = tad_checkpoint(wave, NULL, 2, (const tad_var[]){x, s}), y = tad_sum(tad_mul(tad_exp(z), c));
    if (tad_branch(tad_less(s, y)))
        y = tad_mul(y, s);
    TRY(tad_gradient(y, 1, &s, g));
    double twice[6], next = 0.625;
    for (int i = 0; i < 6; i++)
        twice[i] = 2 * numbers[i];
    TRY(tad_set(x, twice, sizeof twice));
    TRY(tad_set_value(s, next));
    TRY(tad_replay(tape));
    VALUE(y);
    VALUE(g[0]);
    VALUE(c); /* from now on it must not change */
    TRY(tad_backward(y));
    GRAD(x);
    TRY(tad_set_value(s, next));
    TRY(tad_replay(tape));
    VALUE(y);
    return tad_tape_status(tape);
}

static tad_status keep_numbers(result *r, size_t n, const double found[])
{
    if (r->n + n > COUNT(r->numbers))
        return TAD_EARG;
    memcpy(&r->numbers[r->n], found, n * sizeof *found);
    r->n += n;
    return TAD_OK;
}

static tad_status jacobians(tad_tape *tape, result *r)
{
    double  J[36 * 2];
    tad_var x = vector(tape, 2, numbers), d;
    tad_var y =
        tad_softplus(tad_mul(x, tad_reshape(tad_tensor_constant(tape, TAD_F64, 1, (const int64_t[]){6}, numbers), 2,
                                            (const int64_t[]){6, 1})));
    tad_var tall = tad_pow(tad_broadcast_to(y, 3, (const int64_t[]){3, 6, 2}), x);
    tad_var product = tad_mul(tad_reshape(x, 2, (const int64_t[]){2, 1}), tad_sin(x));
    TRY(tad_jacobian(product, x, &d));
    VALUE(d);
    TRY(tad_hessian(tad_sum(product), x, &d));
    VALUE(d);
    TRY(tad_read_jacobian(1, &y, 1, &x, J, sizeof J));
    TRY(keep_numbers(r, 24, J));
    TRY(tad_read_jacobian(1, &tall, 1, &x, J, sizeof J)); /* by columns */
    TRY(keep_numbers(r, 8, J + 64));
    TRY(tad_read_hessian(tad_sum(y), 1, &x, J, sizeof J));
    return keep_numbers(r, 4, J);
}

static tad_status sparse_matrices(tad_tape *tape, tad_sparse *J, tad_sparse *H, result *r)
{
    double data[100];
    for (size_t i = 0; i < COUNT(data); i++)
        data[i] = (double)i / 64 - 0.5;
    tad_var x = vector(tape, COUNT(data), data), first = tad_slice(x, 0, 0, 1), w = matrix(tape, 2, 3, numbers);
    tad_var row = tad_pad(tad_reshape(tad_sum(x), 1, (const int64_t[]){1}), 0, 0, 99);
    tad_var y = tad_add(tad_mul(tad_square(x), tad_exp(first)), row); /* dense row and column: three products */
    tad_var z = tad_add(tad_sum(tad_mul(tad_slice(x, 0, 1, 100), tad_sin(tad_slice(x, 0, 0, 99)))), first);
    tad_var p = tad_matmul(tad_mul(w, tad_slice(x, 0, 0, 3)), tad_transpose(w));
    TRY(tad_sparse_jacobian(1, &y, 1, &x, J));
    TRY(keep_numbers(r, 8, &J->value[J->nnz - 8]));
    TRY(tad_sparse_hessian(z, 1, &x, H));
    TRY(keep_numbers(r, 8, &H->value[H->nnz - 8]));
    TRY(tad_sparse_jacobian(1, &y, 1, &x, J)); /* with the pattern at hand */
    TRY(keep_numbers(r, 8, J->value));
    tad_tape_pause(tape);
    tad_status status = tad_sparse_jacobian_pattern(1, &p, 1, &x, J);
    if (status == TAD_OK)
        r->numbers[r->n++] = (double)J->nnz;
    tad_tape_resume(tape);
    return status;
}

static tad_status sparse(tad_tape *tape, result *r)
{
    tad_sparse J = {0}, H = {0};
    tad_status status = sparse_matrices(tape, &J, &H, r);
    tad_sparse_free(&J);
    tad_sparse_free(&H);
    return status;
}

static tad_status paused(tad_tape *tape, result *r)
{
    tad_var x = vector(tape, 3, numbers), y = tad_sum(tad_tanh(tad_mul(x, x))), g = {0}, h = {0};
    tad_tape_pause(tape);
    tad_status status = tad_gradient(y, 1, &x, &g);
    if (status == TAD_OK)
        status = tad_hvp(y, 1, &x, &g, &h);
    for (int i = 0; i < 1500 && status == TAD_OK; i++)
        h = tad_add(h, tad_exp(tad_sum(g)));
    tad_tape_resume(tape);
    TRY(status);
    VALUE(h);
    TRY(tad_backward(tad_sum(tad_mul(tad_stop_gradient(x), tad_mul(x, h)))));
    GRAD(x);
    return TAD_OK;
}

/* ---- Failing ---- */

static const struct {
    const char *name;
    tad_status (*run)(tad_tape *tape, result *r);
} scenarios[] = {
    {"scalars", scalars},         {"tensors", tensors}, {"floats", floats},   {"second order", second_order},
    {"products", products},       {"names", names},     {"custom", custom},   {"tools", tools},
    {"checkpoints", checkpoints}, {"loops", loops},     {"replays", replays}, {"jacobians", jacobians},
    {"sparse", sparse},           {"paused", paused},   {"trust", trust},
};

static void expect_same(const char *name, size_t n, const result *found, const result *expected)
{
    ck_assert_msg(found->n == expected->n && found->n > 0, "%s, allocation %zu: %zu results; expected %zu", name, n,
                  found->n, expected->n);
    ck_assert_msg(memcmp(found->numbers, expected->numbers, found->n * sizeof *found->numbers) == 0,
                  "%s, allocation %zu: the result differs", name, n);
}

/* Allocation n fails; returns whether there was one. */
static bool fail_once(size_t scenario, size_t n, bool for_ever, const result *expected)
{
    heap        h = {.fail_at = n, .for_ever = for_ever};
    const char *name = scenarios[scenario].name;
    tad_tape   *tape = heap_tape(&h);
    if (tape) {
        result     r = {0};
        tad_status status = scenarios[scenario].run(tape, &r);
        bool       failed = h.calls >= n;
        if (!failed)
            ck_assert_str_eq(tad_status_name(status), "TAD_OK");
        if (status == TAD_OK) { /* it may have managed with less */
            expect_no_error_of(name, tape);
            expect_same(name, n, &r, expected);
        } else {
            ck_assert_msg(tad_tape_status(tape) == TAD_ENOMEM, "%s, allocation %zu: %s", name, n,
                          tad_tape_message(tape));
            ck_assert_msg(strstr(tad_tape_message(tape), "out of memory with "), "%s", tad_tape_message(tape));
        }
        h.fail_at = 0;
        for (int again = 0; again < 2; again++) {
            r = (result){0};
            tad_tape_clear_error(tape);
            tad_tape_rewind(tape, 0);
            status = scenarios[scenario].run(tape, &r);
            ck_assert_msg(status == TAD_OK, "%s, after allocation %zu: %s", name, n, tad_tape_message(tape));
            expect_same(name, n, &r, expected);
        }
        tad_tape_free(tape);
        ck_assert_msg(h.blocks == 0 && h.bytes == 0, "%s, allocation %zu: %zu blocks leak", name, n, h.blocks);
        return failed;
    }
    ck_assert_uint_eq(h.blocks, 0);
    return true;
}

static void fail_each(size_t scenario, bool for_ever)
{
    result    expected = {0};
    tad_tape *tape = tad_tape_new();
    expect_ok(scenarios[scenario].run(tape, &expected));
    tad_tape_free(tape);
    size_t n = 1;
    while (fail_once(scenario, n, for_ever, &expected))
        n++;
    ck_assert_msg(n > 4, "%s allocates only %zu times", scenarios[scenario].name, n - 1);
}

START_TEST(an_allocation_fails_once)
{
    fail_each((size_t)_i, false);
}
END_TEST

START_TEST(allocations_fail_for_ever)
{
    fail_each((size_t)_i, true);
}
END_TEST

START_TEST(a_scalar_node_costs_32_bytes)
{
    ck_assert_uint_eq(sizeof(tad__node), 16);
    ck_assert_uint_eq(sizeof *((tad_tape *)NULL)->values, 8);
    ck_assert_uint_eq(sizeof(tad__adjoint), 8);
    ck_assert_uint_eq(sizeof(tad_var), 16);

    heap      h = {0};
    tad_tape *tape = heap_tape(&h);
    tad_var   x = tad_scalar(tape, 1);
    size_t    nodes = 1 << 16;
    while (tad_tape_mark(tape) < nodes)
        x = tad_sin(x);
    expect_ok(tad_backward(x));
    ck_assert_uint_ge(h.bytes, 32 * nodes);
    ck_assert_uint_le(h.bytes, 32 * nodes + 4096);
    tad_tape_free(tape);
}
END_TEST

Suite *memory_suite(void)
{
    Suite *suite = suite_create("memory");
    TCase *failing = tcase_create("failing");
    tcase_set_timeout(failing, 60);
    tcase_add_loop_test(failing, an_allocation_fails_once, 0, (int)COUNT(scenarios));
    tcase_add_loop_test(failing, allocations_fail_for_ever, 0, (int)COUNT(scenarios));
    suite_add_tcase(suite, failing);
    TCase *size = tcase_create("size");
    tcase_add_test(size, a_scalar_node_costs_32_bytes);
    suite_add_tcase(suite, size);
    return suite;
}
