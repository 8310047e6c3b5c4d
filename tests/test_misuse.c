/* Every public function, given handles that are zeroed, stale, of another tape, or the result of a failure, and NULL:
 * never a crash, always an error with a message where there is a tape to keep it. A public function that has no row
 * here fails the last test. */
#include "suites.h"
#include "support.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static tad_tape *tape, *other;
static tad_var   good;

/* ---- What each function makes of a bad handle: does it say so in its result? ---- */

static bool nan_of(double value)
{
    return isnan(value);
}

static bool bad_handles(size_t n, const tad_var x[])
{
    for (size_t i = 0; i < n; i++)
        if (tad_is_valid(x[i]))
            return false;
    return true;
}

/* A status function that fills handles. */
#define FAILS(call) ((call) != TAD_OK)
#define FAILS_AND_FILLS(call, n, x) ((call) != TAD_OK && bad_handles((n), (x)))

static bool visit(void *user, size_t n, const tad_path_step steps[], double product)
{
    (void)user, (void)n, (void)steps, (void)product;
    ck_abort_msg("there is no path to visit");
    return false;
}

static bool refuse(void *user, const char *text, size_t bytes)
{
    (void)user, (void)text, (void)bytes;
    ck_abort_msg("there is nothing to write");
    return false;
}

#define WRITER ((tad_writer){refuse, NULL})

static tad_var identity(void *user, size_t n, const tad_var x[])
{
    (void)user;
    return n ? x[0] : (tad_var){0};
}

static void stay(void *user, size_t i, const tad_var state[], const tad_var params[], tad_var next[])
{
    (void)user, (void)i, (void)params;
    next[0] = state[0];
}

static bool forget(void *user, const char *text, size_t bytes)
{
    (void)user, (void)text, (void)bytes;
    return true;
}

static const tad_writer nowhere = {forget, NULL};

static double        room[8];
static tad_sparse    sparse;
static tad_digits    digits;
static tad_nonfinite nonfinite;
static tad_var       g[2];

static bool meet(void *user, const tad_near_kink *kink)
{
    (void)user, (void)kink;
    return true;
}

/* The name, the start of the message ("": none is kept), and the call with the handle `x`. */
#define ALONE(ROW)                                                                                                     \
    ROW(tad_is_valid, "", !tad_is_valid(x))                                                                            \
    ROW(tad_rank, "tad_rank: ", tad_rank(x) == -1)                                                                     \
    ROW(tad_dim, "tad_dim: ", tad_dim(x, 0) == -1)                                                                     \
    ROW(tad_dtype_of, "tad_dtype_of: ", tad_dtype_of(x) == TAD_F64)                                                    \
    ROW(tad_count, "tad_count: ", tad_count(x) == -1)                                                                  \
    ROW(tad_value, "tad_value: ", nan_of(tad_value(x)))                                                                \
    ROW(tad_read, "tad_read: ", FAILS(tad_read(x, room, sizeof room)))                                                 \
    ROW(tad_named, "tad_named: ", !tad_is_valid(tad_named(x, "name")))                                                 \
    ROW(tad_name, "tad_name: ", tad_name(x) == NULL)                                                                   \
    ROW(tad_op_of, "tad_op_of: ", tad_op_of(x) == NULL)                                                                \
    ROW(tad_operand_count, "tad_operand_count: ", tad_operand_count(x) == -1)                                          \
    ROW(tad_operand, "tad_operand: ", !tad_is_valid(tad_operand(x, 0)))                                                \
    ROW(tad_is_differentiable, "tad_is_differentiable: ", !tad_is_differentiable(x))                                   \
    ROW(tad_scope_of, "tad_scope_of: ", tad_scope_of(x, (char *)room, sizeof room) == 0 && *(char *)room == 0)         \
    ROW(tad_write_html, "tad_write_html: ", FAILS(tad_write_html(x, NULL, (tad_writer){refuse, NULL})))                \
    ROW(tad_backward, "tad_backward: ", FAILS(tad_backward(x)))                                                        \
    ROW(tad_grad, "tad_grad: ", nan_of(tad_grad(x)))                                                                   \
    ROW(tad_read_grad, "tad_read_grad: ", FAILS(tad_read_grad(x, room, sizeof room)))                                  \
    ROW(tad_gradient, "tad_gradient: ", FAILS_AND_FILLS(tad_gradient(x, 1, &x, g), 1, g))                              \
    ROW(tad_vjp, "tad_vjp: ", FAILS_AND_FILLS(tad_vjp(x, x, 1, &x, g), 1, g))                                          \
    ROW(tad_jvp, "tad_jvp: ", FAILS_AND_FILLS(tad_jvp(x, 1, &x, &x, g), 1, g))                                         \
    ROW(tad_hvp, "tad_hvp: ", FAILS_AND_FILLS(tad_hvp(x, 1, &x, &x, g), 1, g))                                         \
    ROW(tad_jacobian, "tad_jacobian: ", FAILS_AND_FILLS(tad_jacobian(x, x, g), 1, g))                                  \
    ROW(tad_hessian, "tad_hessian: ", FAILS_AND_FILLS(tad_hessian(x, x, g), 1, g))                                     \
    ROW(tad_read_jacobian, "tad_read_jacobian: y[0] is ", FAILS(tad_read_jacobian(1, &x, 1, &x, room, sizeof room)))   \
    ROW(tad_read_hessian, "tad_read_hessian: ", FAILS(tad_read_hessian(x, 1, &x, room, sizeof room)))                  \
    ROW(tad_sparse_jacobian, "tad_sparse_jacobian: y[0] is ", FAILS(tad_sparse_jacobian(1, &x, 1, &x, &sparse)))       \
    ROW(tad_sparse_jacobian_pattern, "tad_sparse_jacobian_pattern: y[0] is ",                                          \
        FAILS(tad_sparse_jacobian_pattern(1, &x, 1, &x, &sparse)))                                                     \
    ROW(tad_sparse_hessian, "tad_sparse_hessian: ", FAILS(tad_sparse_hessian(x, 1, &x, &sparse)))                      \
    ROW(tad_sparse_hessian_pattern,                                                                                    \
        "tad_sparse_hessian_pattern: ", FAILS(tad_sparse_hessian_pattern(x, 1, &x, &sparse)))                          \
    ROW(tad_matmul, "matmul(", !tad_is_valid(tad_matmul(x, x)))                                                        \
    ROW(tad_apply, "sin(", !tad_is_valid(tad_apply(tad_op_find("sin"), (tad_args){.n = 1, .x = &x})))                  \
    ROW(tad_formula, "", tad_formula(x, TAD_NUMBERS, (char *)room, sizeof room) == 1 && *(char *)room == '?')          \
    ROW(tad_local_derivative, "tad_local_derivative: ", nan_of(tad_local_derivative(x, 0)))                            \
    ROW(tad_each_path, "tad_each_path: ", FAILS(tad_each_path(x, x, visit, NULL)))                                     \
    ROW(tad_write_dot, "tad_write_dot: y[0] is ", FAILS(tad_write_dot(1, &x, NULL, nowhere)))                          \
    ROW(tad_write_svg, "tad_write_svg: y[0] is ", FAILS(tad_write_svg(1, &x, NULL, nowhere)))                          \
    ROW(tad_write_mermaid, "tad_write_mermaid: y[0] is ", FAILS(tad_write_mermaid(1, &x, NULL, nowhere)))              \
    ROW(tad_explain, "tad_explain: ", FAILS(tad_explain(x, x, NULL, WRITER)))                                          \
    ROW(tad_gradcheck, "tad_gradcheck: ", FAILS(tad_gradcheck(identity, NULL, 1, &x, NULL, NULL)))                     \
    ROW(tad_checkpoint, "checkpoint(", !tad_is_valid(tad_checkpoint(identity, NULL, 1, &x)))                           \
    ROW(tad_loop, "tad_loop: state[0] is ", FAILS_AND_FILLS(tad_loop(LOOP(&x, 0, NULL), g), 1, g))                     \
    ROW(tad_set, "tad_set: ", FAILS(tad_set(x, room, sizeof *room)))                                                   \
    ROW(tad_set_value, "tad_set_value: ", FAILS(tad_set_value(x, 1)))                                                  \
    ROW(tad_branch, "tad_branch: ", !tad_branch(x))                                                                    \
    ROW(tad_near_kinks, "tad_near_kinks: ", FAILS(tad_near_kinks(x, 1, meet, NULL)))                                   \
    ROW(tad_trusted_digits, "tad_trusted_digits: ", FAILS(tad_trusted_digits(x, 1, &x, 1, &digits)))

/* Next to a good one, which has a tape: then a zeroed handle and one of another tape are errors with a message, too. */
#define IN_COMPANY(ROW)                                                                                                \
    ROW(tad_matmul, "matmul(", !tad_is_valid(tad_matmul(x, good)))                                                     \
    ROW(tad_matmul, "matmul(", !tad_is_valid(tad_matmul(good, x)))                                                     \
    ROW(tad_apply, "atan2(", !tad_is_valid(tad_apply(tad_op_find("atan2"), PAIR(x, good))))                            \
    ROW(tad_apply, "atan2(", !tad_is_valid(tad_apply(tad_op_find("atan2"), PAIR(good, x))))                            \
    ROW(tad_gradient, "tad_gradient: x[1] is ", FAILS_AND_FILLS(tad_gradient(good, 2, LIST(good, x), g), 2, g))        \
    ROW(tad_vjp, "tad_vjp: ", FAILS_AND_FILLS(tad_vjp(good, x, 1, &good, g), 1, g))                                    \
    ROW(tad_vjp, "tad_vjp: x[0] is ", FAILS_AND_FILLS(tad_vjp(good, good, 1, &x, g), 1, g))                            \
    ROW(tad_jvp, "tad_jvp: x[0] is ", FAILS_AND_FILLS(tad_jvp(good, 1, &x, &good, g), 1, g))                           \
    ROW(tad_jvp, "tad_jvp: the ", FAILS_AND_FILLS(tad_jvp(good, 1, &good, &x, g), 1, g))                               \
    ROW(tad_hvp, "tad_hvp: x[1] is ", FAILS_AND_FILLS(tad_hvp(good, 2, LIST(good, x), LIST(good, good), g), 2, g))     \
    ROW(tad_hvp, "tad_hvp: the ", FAILS_AND_FILLS(tad_hvp(good, 2, LIST(good, good), LIST(good, x), g), 2, g))         \
    ROW(tad_jacobian, "tad_jacobian: x[0] is ", FAILS_AND_FILLS(tad_jacobian(good, x, g), 1, g))                       \
    ROW(tad_hessian, "tad_hessian: x[0] is ", FAILS_AND_FILLS(tad_hessian(good, x, g), 1, g))                          \
    ROW(tad_read_jacobian, "tad_read_jacobian: y[1] is ",                                                              \
        FAILS(tad_read_jacobian(2, LIST(good, x), 1, &good, room, sizeof room)))                                       \
    ROW(tad_read_jacobian, "tad_read_jacobian: x[0] is ",                                                              \
        FAILS(tad_read_jacobian(1, &good, 1, &x, room, sizeof room)))                                                  \
    ROW(tad_read_hessian, "tad_read_hessian: x[1] is ",                                                                \
        FAILS(tad_read_hessian(good, 2, LIST(good, x), room, sizeof room)))                                            \
    ROW(tad_sparse_jacobian, "tad_sparse_jacobian: x[0] is ", FAILS(tad_sparse_jacobian(1, &good, 1, &x, &sparse)))    \
    ROW(tad_sparse_jacobian_pattern, "tad_sparse_jacobian_pattern: x[0] is ",                                          \
        FAILS(tad_sparse_jacobian_pattern(1, &good, 1, &x, &sparse)))                                                  \
    ROW(tad_sparse_hessian, "tad_sparse_hessian: x[0] is ", FAILS(tad_sparse_hessian(good, 1, &x, &sparse)))           \
    ROW(tad_sparse_hessian_pattern, "tad_sparse_hessian_pattern: x[0] is ",                                            \
        FAILS(tad_sparse_hessian_pattern(good, 1, &x, &sparse)))                                                       \
    ROW(tad_each_path, "tad_each_path: x is ", FAILS(tad_each_path(good, x, visit, NULL)))                             \
    ROW(tad_write_dot, "tad_write_dot: y[1] is ", FAILS(tad_write_dot(2, LIST(good, x), NULL, nowhere)))               \
    ROW(tad_write_svg, "tad_write_svg: y[1] is ", FAILS(tad_write_svg(2, LIST(good, x), NULL, nowhere)))               \
    ROW(tad_write_mermaid, "tad_write_mermaid: y[1] is ", FAILS(tad_write_mermaid(2, LIST(good, x), NULL, nowhere)))   \
    ROW(tad_explain, "tad_explain: x is ", FAILS(tad_explain(good, x, NULL, WRITER)))                                  \
    ROW(tad_gradcheck, "tad_gradcheck: inputs[1] is ",                                                                 \
        FAILS(tad_gradcheck(identity, NULL, 2, LIST(good, x), NULL, NULL)))                                            \
    ROW(tad_checkpoint, "checkpoint(", !tad_is_valid(tad_checkpoint(identity, NULL, 2, LIST(good, x))))                \
    ROW(tad_pack, "pack(", !tad_is_valid(tad_pack(2, LIST(x, good))))                                                  \
    ROW(tad_loop, "tad_loop: params[0] is ", FAILS_AND_FILLS(tad_loop(LOOP(&good, 1, &x), g), 1, g))                   \
    ROW(tad_trusted_digits, "tad_trusted_digits: x[0] is ", FAILS(tad_trusted_digits(good, 1, &x, 1, &digits)))
#define LOOP(states, n, parameters)                                                                                    \
    (&(const tad_loop_args){                                                                                           \
        .step = stay, .steps = 3, .state_count = 1, .state = (states), .param_count = (n), .params = (parameters)})
#define PAIR(a, b) ((tad_args){.n = 2, .x = LIST(a, b)})
#define LIST(a, b) ((const tad_var[]){(a), (b)})

/* NULL where it is not allowed. `x` is a good handle; the message starts so, "" if there is no tape to keep it. */
#define WITHOUT(ROW)                                                                                                   \
    ROW(tad_tape_new_with, "", tad_tape_new_with(NULL) == NULL)                                                        \
    ROW(tad_params_new, "", tad_params_new(&(tad_allocator){NULL, NULL}, 1) == NULL)                                   \
    ROW(tad_params_free, "", (tad_params_free(NULL), true))                                                            \
    ROW(tad_params_status, "", tad_params_status(NULL) == TAD_EARG)                                                    \
    ROW(tad_params_message, "", strstr(tad_params_message(NULL), "the store is NULL") != NULL)                         \
    ROW(tad_params_clear_error, "", (tad_params_clear_error(NULL), true))                                              \
    ROW(tad_param_new, "", tad_param_new(NULL, "w", TAD_F64, 0, NULL, (tad_init){TAD_ONES, 0}) == NULL)                \
    ROW(tad_params_count, "", tad_params_count(NULL) == 0)                                                             \
    ROW(tad_params_at, "", tad_params_at(NULL, 0) == NULL)                                                             \
    ROW(tad_params_find, "", tad_params_find(NULL, "w") == NULL)                                                       \
    ROW(tad_params_elements, "", tad_params_elements(NULL, true) == 0)                                                 \
    ROW(tad_params_freeze, "", tad_params_freeze(NULL, "", true) == 0)                                                 \
    ROW(tad_params_summary, "", tad_params_summary(NULL, NULL, 0) > 0)                                                 \
    ROW(tad_use, "tad_use: the parameter is NULL", !tad_is_valid(tad_use(tape, NULL)))                                 \
    ROW(tad_param_touch, "", (tad_param_touch(NULL), true))                                                            \
    ROW(tad_params_backward, "tad_params_backward: the store is NULL", FAILS(tad_params_backward(NULL, x)))            \
    ROW(tad_params_zero_gradients, "", (tad_params_zero_gradients(NULL), true))                                        \
    ROW(tad_linear_new, "", !tad_linear_new(NULL, "l", TAD_F64, 1, 1, false).weight)                                   \
    ROW(tad_conv_new, "", !tad_conv_new(NULL, "l", TAD_F64, NULL).weight)                                              \
    ROW(tad_layernorm_new, "", !tad_layernorm_new(NULL, "l", TAD_F64, 1).weight)                                       \
    ROW(tad_batchnorm_new, "", !tad_batchnorm_new(NULL, "l", TAD_F64, 1).mean)                                         \
    ROW(tad_table_new, "", !tad_table_new(NULL, "l", TAD_F64, 1, 1).weight)                                            \
    ROW(tad_lstm_new, "", !tad_lstm_new(NULL, "l", TAD_F64, 1, 1).weight_ih)                                           \
    ROW(tad_gru_new, "", !tad_gru_new(NULL, "l", TAD_F64, 1, 1).weight_ih)                                             \
    ROW(tad_heads_new, "", !tad_heads_new(NULL, NULL, TAD_F64, 1, 1).in.weight)                                        \
    ROW(tad_block_new, "", !tad_block_new(NULL, "l", TAD_F64, 1, 1).up.weight)                                         \
    ROW(tad_tape_free, "", (tad_tape_free(NULL), true))                                                                \
    ROW(tad_tape_mark, "", tad_tape_mark(NULL) == 0)                                                                   \
    ROW(tad_tape_rewind, "", (tad_tape_rewind(NULL, 1), true))                                                         \
    ROW(tad_tape_status, "", tad_tape_status(NULL) == TAD_EARG)                                                        \
    ROW(tad_tape_message, "", strstr(tad_tape_message(NULL), "the tape is NULL") != NULL)                              \
    ROW(tad_tape_clear_error, "", (tad_tape_clear_error(NULL), true))                                                  \
    ROW(tad_tape_pause, "", (tad_tape_pause(NULL), true))                                                              \
    ROW(tad_tape_resume, "", (tad_tape_resume(NULL), true))                                                            \
    ROW(tad_tape_resume, "tad_tape_resume: the tape is not paused", (tad_tape_resume(tape), true))                     \
    ROW(tad_scope_begin, "", (tad_scope_begin(NULL, "s"), true))                                                       \
    ROW(tad_scope_begin, "tad_scope_begin: the name", (tad_scope_begin(tape, NULL), true))                             \
    ROW(tad_scope_end, "", (tad_scope_end(NULL), true))                                                                \
    ROW(tad_scope_end, "tad_scope_end: no scope is open", (tad_scope_end(tape), true))                                 \
    ROW(tad_scope_of, "", tad_scope_of(x, NULL, 0) == 0)                                                               \
    ROW(tad_write_html, "tad_write_html: there is no writer", FAILS(tad_write_html(x, NULL, (tad_writer){0})))         \
    ROW(tad_scalar, "", !tad_is_valid(tad_scalar(NULL, 1)))                                                            \
    ROW(tad_constant, "", !tad_is_valid(tad_constant(NULL, 1)))                                                        \
    ROW(tad_tensor, "", !tad_is_valid(tad_tensor(NULL, TAD_F64, 0, NULL, room)))                                       \
    ROW(tad_tensor_constant, "", !tad_is_valid(tad_tensor_constant(NULL, TAD_F64, 0, NULL, room)))                     \
    ROW(tad_tensor, "tad_tensor: data", !tad_is_valid(tad_tensor(tape, TAD_F64, 0, NULL, NULL)))                       \
    ROW(tad_named, "tad_named: the name", tad_is_valid(tad_named(x, NULL)))                                            \
    ROW(tad_read, "tad_read: 8 bytes at NULL", FAILS(tad_read(x, NULL, 8)))                                            \
    ROW(tad_gradient, "tad_gradient: x or gx is NULL", FAILS_AND_FILLS(tad_gradient(x, 1, NULL, g), 1, g))             \
    ROW(tad_gradient, "tad_gradient: x or gx is NULL", FAILS(tad_gradient(x, 1, &x, NULL)))                            \
    ROW(tad_vjp, "tad_vjp: x or gx is NULL", FAILS_AND_FILLS(tad_vjp(x, x, 1, NULL, g), 1, g))                         \
    ROW(tad_vjp, "tad_vjp: x or gx is NULL", FAILS(tad_vjp(x, x, 1, &x, NULL)))                                        \
    ROW(tad_jvp, "tad_jvp: an array is NULL", FAILS_AND_FILLS(tad_jvp(x, 1, NULL, &x, g), 1, g))                       \
    ROW(tad_jvp, "tad_jvp: an array is NULL", FAILS_AND_FILLS(tad_jvp(x, 1, &x, NULL, g), 1, g))                       \
    ROW(tad_jvp, "tad_jvp: an array is NULL", FAILS(tad_jvp(x, 1, &x, &x, NULL)))                                      \
    ROW(tad_hvp, "tad_hvp: an array is NULL", FAILS_AND_FILLS(tad_hvp(x, 1, NULL, &x, g), 1, g))                       \
    ROW(tad_hvp, "tad_hvp: an array is NULL", FAILS_AND_FILLS(tad_hvp(x, 1, &x, NULL, g), 1, g))                       \
    ROW(tad_hvp, "tad_hvp: an array is NULL", FAILS(tad_hvp(x, 1, &x, &x, NULL)))                                      \
    ROW(tad_jacobian, "tad_jacobian: there is no place", FAILS(tad_jacobian(x, x, NULL)))                              \
    ROW(tad_hessian, "tad_hessian: there is no place", FAILS(tad_hessian(x, x, NULL)))                                 \
    ROW(tad_read_jacobian, "tad_read_jacobian: y or x is NULL",                                                        \
        FAILS(tad_read_jacobian(1, NULL, 1, &x, room, sizeof room)))                                                   \
    ROW(tad_read_jacobian, "tad_read_jacobian: y or x is NULL",                                                        \
        FAILS(tad_read_jacobian(1, &x, 1, NULL, room, sizeof room)))                                                   \
    ROW(tad_read_jacobian, "", FAILS(tad_read_jacobian(1, NULL, 1, NULL, room, sizeof room)))                          \
    ROW(tad_read_jacobian, "tad_read_jacobian: 8 bytes at NULL", FAILS(tad_read_jacobian(1, &x, 1, &x, NULL, 8)))      \
    ROW(tad_read_hessian, "tad_read_hessian: y or x is NULL", FAILS(tad_read_hessian(x, 1, NULL, room, sizeof room)))  \
    ROW(tad_read_hessian, "tad_read_hessian: 8 bytes at NULL", FAILS(tad_read_hessian(x, 1, &x, NULL, 8)))             \
    ROW(tad_sparse_jacobian, "tad_sparse_jacobian: there is no", FAILS(tad_sparse_jacobian(1, &x, 1, &x, NULL)))       \
    ROW(tad_sparse_jacobian, "tad_sparse_jacobian: y or x", FAILS(tad_sparse_jacobian(1, &x, 1, NULL, &sparse)))       \
    ROW(tad_sparse_jacobian_pattern, "tad_sparse_jacobian_pattern: there is no",                                       \
        FAILS(tad_sparse_jacobian_pattern(1, &x, 1, &x, NULL)))                                                        \
    ROW(tad_sparse_hessian, "tad_sparse_hessian: there is no", FAILS(tad_sparse_hessian(x, 1, &x, NULL)))              \
    ROW(tad_sparse_hessian_pattern, "tad_sparse_hessian_pattern: there is no",                                         \
        FAILS(tad_sparse_hessian_pattern(x, 1, &x, NULL)))                                                             \
    ROW(tad_sparse_free, "", (tad_sparse_free(NULL), true))                                                            \
    ROW(tad_apply, "tad_apply: the operation is NULL", !tad_is_valid(tad_apply(NULL, PAIR(x, x))))                     \
    ROW(tad_apply, "", !tad_is_valid(tad_apply(tad_op_find("add"), (tad_args){.n = 2})))                               \
    ROW(tad_apply, "sum: attributes", !tad_is_valid(tad_apply(tad_op_find("sum"), (tad_args){.n = 1, .x = &x})))       \
    ROW(tad_checkpoint, "tad_checkpoint: the function is NULL", !tad_is_valid(tad_checkpoint(NULL, NULL, 1, &x)))      \
    ROW(tad_checkpoint, "", !tad_is_valid(tad_checkpoint(identity, NULL, 1, NULL)))                                    \
    ROW(tad_pack, "", !tad_is_valid(tad_pack(1, NULL)))                                                                \
    ROW(tad_loop, "", FAILS(tad_loop(NULL, g)))                                                                        \
    ROW(tad_loop, "", FAILS_AND_FILLS(tad_loop(LOOP(NULL, 0, NULL), g), 1, g))                                         \
    ROW(tad_loop, "tad_loop: params is NULL", FAILS_AND_FILLS(tad_loop(LOOP(&x, 1, NULL), g), 1, g))                   \
    ROW(tad_loop, "tad_loop: out is NULL", FAILS(tad_loop(LOOP(&x, 0, NULL), NULL)))                                   \
    ROW(tad_set, "tad_set: 8 bytes at NULL", FAILS(tad_set(x, NULL, 8)))                                               \
    ROW(tad_replay, "", tad_replay(NULL) == TAD_EARG)                                                                  \
    ROW(tad_op_find, "", tad_op_find(NULL) == NULL)                                                                    \
    ROW(tad_formula, "", tad_formula(x, TAD_SYMBOLS, NULL, 0) > 0)                                                     \
    ROW(tad_each_path, "tad_each_path: the visitor is NULL", FAILS(tad_each_path(x, x, NULL, NULL)))                   \
    ROW(tad_write_dot, "", FAILS(tad_write_dot(1, NULL, NULL, nowhere)))                                               \
    ROW(tad_write_dot, "", FAILS(tad_write_dot(0, &x, NULL, nowhere)))                                                 \
    ROW(tad_write_dot, "tad_write_dot: the writer", FAILS(tad_write_dot(1, &x, NULL, (tad_writer){0})))                \
    ROW(tad_write_svg, "", FAILS(tad_write_svg(1, NULL, NULL, nowhere)))                                               \
    ROW(tad_write_svg, "", FAILS(tad_write_svg(0, &x, NULL, nowhere)))                                                 \
    ROW(tad_write_svg, "tad_write_svg: the writer", FAILS(tad_write_svg(1, &x, NULL, (tad_writer){0})))                \
    ROW(tad_write_mermaid, "", FAILS(tad_write_mermaid(1, NULL, NULL, nowhere)))                                       \
    ROW(tad_write_mermaid, "", FAILS(tad_write_mermaid(0, &x, NULL, nowhere)))                                         \
    ROW(tad_write_mermaid, "tad_write_mermaid: the writer", FAILS(tad_write_mermaid(1, &x, NULL, (tad_writer){0})))    \
    ROW(tad_explain, "tad_explain: the writer is NULL", FAILS(tad_explain(x, x, NULL, (tad_writer){0})))               \
    ROW(tad_gradcheck, "tad_gradcheck: the function", FAILS(tad_gradcheck(NULL, NULL, 1, &x, NULL, NULL)))             \
    ROW(tad_gradcheck, "", FAILS(tad_gradcheck(identity, NULL, 1, NULL, NULL, NULL)))                                  \
    ROW(tad_gradcheck_write, "", tad_gradcheck_write(NULL, true, NULL, 0) == 0)                                        \
    ROW(tad_gradcheck_json, "", tad_gradcheck_json(NULL, (tad_writer){0}) == TAD_EARG)                                 \
    ROW(tad_gradcheck_function, "", tad_gradcheck_function(NULL, 1, (const double[]){1}, NULL, NULL) == TAD_EARG)      \
    ROW(tad_gradcheck_free, "", (tad_gradcheck_free(NULL), true))                                                      \
    ROW(tad_tape_find_nonfinite, "", tad_tape_find_nonfinite(NULL, x, &nonfinite) == TAD_EARG)                         \
    ROW(tad_tape_find_nonfinite, "tad_tape_find_nonfinite: there is no place",                                         \
        FAILS(tad_tape_find_nonfinite(tape, x, NULL)))                                                                 \
    ROW(tad_near_kinks, "tad_near_kinks: the visitor is NULL", FAILS(tad_near_kinks(x, 1, NULL, NULL)))                \
    ROW(tad_trusted_digits, "tad_trusted_digits: x is NULL", FAILS(tad_trusted_digits(x, 1, NULL, 1, &digits)))        \
    ROW(tad_trusted_digits, "tad_trusted_digits: out is NULL", FAILS(tad_trusted_digits(x, 1, &x, 1, NULL)))           \
    ROW(tad_archive_free, "", (tad_archive_free(NULL), true))                                                          \
    ROW(tad_archive_count, "", tad_archive_count(NULL) == 0)                                                           \
    ROW(tad_archive_at, "", tad_archive_at(NULL, 0) == NULL)                                                           \
    ROW(tad_archive_find, "", tad_archive_find(NULL, "a") == NULL)                                                     \
    ROW(tad_archive_add, "", FAILS(tad_archive_add(NULL, "a", TAD_ELEMENT_F64, 0, NULL, room, NULL)))                  \
    ROW(tad_archive_set_note, "", FAILS(tad_archive_set_note(NULL, "a", "b")))                                         \
    ROW(tad_archive_note, "", tad_archive_note(NULL, "a") == NULL)                                                     \
    ROW(tad_archive_note_key, "", tad_archive_note_key(NULL, 0) == NULL)                                               \
    ROW(tad_entry_read, "", FAILS(tad_entry_read(NULL, TAD_F64, room, 1)))                                             \
    ROW(tad_archive_load, "", FAILS(tad_archive_load(NULL, NULL, NULL, NULL)))                                         \
    ROW(tad_archive_parse, "", FAILS(tad_archive_parse(NULL, 1, NULL, NULL, NULL)))                                    \
    ROW(tad_archive_save, "", FAILS(tad_archive_save(NULL, NULL, NULL, NULL)))                                         \
    ROW(tad_params_save, "", FAILS(tad_params_save(NULL, NULL, NULL)))                                                 \
    ROW(tad_params_load, "", FAILS(tad_params_load(NULL, NULL, NULL)))                                                 \
    ROW(tad_optimiser_free, "", (tad_optimiser_free(NULL), true))                                                      \
    ROW(tad_optimiser_add, "", FAILS(tad_optimiser_add(NULL, NULL)))                                                   \
    ROW(tad_optimiser_add_all, "", FAILS(tad_optimiser_add_all(NULL, NULL)))                                           \
    ROW(tad_optimiser_step, "", FAILS(tad_optimiser_step(NULL)))                                                       \
    ROW(tad_optimiser_rate, "", nan_of(tad_optimiser_rate(NULL)))                                                      \
    ROW(tad_optimiser_set_rate, "", FAILS(tad_optimiser_set_rate(NULL, 1)))                                            \
    ROW(tad_optimiser_norm, "", nan_of(tad_optimiser_norm(NULL)))                                                      \
    ROW(tad_optimiser_at, "", tad_optimiser_at(NULL, 0) == NULL)                                                       \
    ROW(tad_optimiser_swap_averages, "", FAILS(tad_optimiser_swap_averages(NULL)))                                     \
    ROW(tad_schedule_rate, "", nan_of(tad_schedule_rate(NULL, 0)))                                                     \
    ROW(tad_minimise_lbfgs, "tad_minimise_lbfgs: the function",                                                        \
        FAILS(tad_minimise_lbfgs(tape, NULL, NULL, 1, room, NULL, NULL)))                                              \
    ROW(tad_fit_least_squares, "tad_fit_least_squares: x is NULL",                                                     \
        FAILS(tad_fit_least_squares(tape, identity, NULL, 1, NULL, NULL, NULL)))

/* Functions with nothing to misuse, and those whose misuse is tested elsewhere. */
#define ELSEWHERE(ROW)                                                                                                 \
    ROW(tad_tape_new, "", )                                                                                            \
    ROW(tad_status_name, "", )                                                                                         \
    ROW(tad_status_meaning, "", )                                                                                      \
    ROW(tad_status_hint, "", )                                                                                         \
    ROW(tad_dtype_size, "", )                                                                                          \
    ROW(tad_dtype_name, "", )                                                                                          \
    ROW(tad_verdict_name, "", )                                                                                        \
    ROW(tad_model_parse, "", )                                                                                         \
    ROW(tad_model_free, "", )                                                                                          \
    ROW(tad_model_count, "", )                                                                                         \
    ROW(tad_model_symbol, "", )                                                                                        \
    ROW(tad_model_find, "", )                                                                                          \
    ROW(tad_model_set, "", ) ROW(tad_model_record, "", ) ROW(tad_model_record_with, "", )                              \
        ROW(tad_text_error_write, "", ) ROW(tad_op_signature, "", ) ROW(tad_cause_name, "", )                          \
            ROW(tad_cause_hint, "", ) ROW(tad_nonfinite_origin_name, "", ) ROW(tad_op_at, "", ) ROW(tad_refuse, "", )  \
                ROW(tad_enter, "", ) ROW(tad_scratch, "", ) ROW(tad_leave, "", ) ROW(tad_element_name, "", )           \
                    ROW(tad_element_size, "", ) ROW(tad_archive_new, "", ) ROW(tad_stop_name, "", )                    \
                        ROW(tad_optimiser_new, "", )

/* ---- The tables made of these lists ---- */

#define CASE(name, message, ...)                                                                                       \
    if (row-- == 0)                                                                                                    \
        return (__VA_ARGS__);
#define NAMES(name, message, ...) {#name, message},

struct row {
    const char *name, *message;
};
#define TABLE(list, rows, call)                                                                                        \
    static const struct row rows[] = {list(NAMES)};                                                                    \
    static bool             call(size_t row, tad_var x)                                                                \
    {                                                                                                                  \
        list(CASE) ck_abort_msg("no row %zu of %d", row, (int)tad_is_valid(x));                                        \
        return false;                                                                                                  \
    }
TABLE(ALONE, alone, call_alone)
TABLE(IN_COMPANY, in_company, call_in_company)
TABLE(WITHOUT, without, call_without)
static const struct row elsewhere[] = {ELSEWHERE(NAMES)};

/* Operations on whole tensors: misuse.def. */
#define MISUSE(name, message, ...) {#name, message},
static const struct row operations[] = {
#include "misuse.def"
};
#undef MISUSE
#define MISUSE(name, message, ...)                                                                                     \
    if (row-- == 0)                                                                                                    \
        return !tad_is_valid(__VA_ARGS__);
static bool call_operation(size_t row, tad_var x)
{
#include "misuse.def"
    ck_abort_msg("no row %zu of %d", row, (int)tad_is_valid(x));
    return false;
}

static const struct {
    const char *name;
    tad_var (*unary)(tad_var x);
    tad_var (*binary)(tad_var a, tad_var b);
} elementwise[] = {
#define UNARY(name, ...) {#name, tad_##name, NULL},
#define BINARY(name, ...) {#name, NULL, tad_##name},
#include "ops/elementwise.def"
};

/* ---- Bad handles ---- */

enum { ZEROED, FOREIGN, STALE, RECORDED_AGAIN, FAILED, KINDS };

static const struct {
    tad_status  status;
    const char *problem;
} kinds[KINDS] = {
    [ZEROED] = {TAD_ETAPE, "a zeroed handle"},
    [FOREIGN] = {TAD_ETAPE, "a handle of another tape"},
    [STALE] = {TAD_ESTALE, "a stale handle, from before a rewind"},
    [RECORDED_AGAIN] = {TAD_ESTALE, "a stale handle, from before a rewind"},
    [FAILED] = {TAD_EARG, "the invalid result of a failed operation"},
};

static tad_var bad[KINDS];

static void set_up(void)
{
    tape = tad_tape_new();
    other = tad_tape_new();
    good = tad_scalar(tape, 0.5);
    bad[FOREIGN] = tad_scalar(other, 2);
    bad[RECORDED_AGAIN] = tad_scalar(tape, 1);
    bad[STALE] = tad_scalar(tape, 1);
    tad_tape_rewind(tape, 1);
    tad_scalar(tape, 3);
    bad[FAILED] = tad_transpose(good);
    tad_tape_clear_error(tape);
}

static void tear_down(void)
{
    tad_tape_clear_error(tape);
    expect_near(tad_value(tad_sin(good)), sin(0.5), 0); /* the tape works on */
    expect_no_error(tape);
    expect_no_error(other);
    tad_tape_free(tape);
    tad_tape_free(other);
}

static void check_error(const char *name, const char *start, int kind)
{
    if (*start == '\0')
        return;
    tad_tape   *keeper = tad_tape_status(other) != TAD_OK ? other : tape; /* the tape of the first operand */
    const char *message = tad_tape_message(keeper);
    ck_assert_msg(strncmp(message, start, strlen(start)) == 0, "%s: '%s'; expected '%s...'", name, message, start);
    expect_error_of(name, keeper, kinds[kind].status, kinds[kind].problem);
}

START_TEST(a_bad_handle_alone)
{
    for (size_t i = 0; i < COUNT(alone); i++) {
        if (_i == FOREIGN)
            continue; /* fine on its own */
        ck_assert_msg(call_alone(i, bad[_i]), "%s does not refuse %s", alone[i].name, kinds[_i].problem);
        if (_i != ZEROED)
            check_error(alone[i].name, alone[i].message, _i);
        tad_tape_clear_error(tape);
    }
}
END_TEST

START_TEST(a_bad_handle_in_operations)
{
    for (size_t i = 0; i < COUNT(operations); i++) {
        if (_i == FOREIGN)
            continue; /* fine on its own */
        ck_assert_msg(call_operation(i, bad[_i]), "%s does not refuse %s", operations[i].name, kinds[_i].problem);
        if (_i != ZEROED)
            check_error(operations[i].name, operations[i].message, _i);
        tad_tape_clear_error(tape);
    }
}
END_TEST

START_TEST(a_bad_handle_in_company)
{
    expect_ok(tad_backward(good));
    for (size_t i = 0; i < COUNT(in_company); i++) {
        ck_assert_msg(call_in_company(i, bad[_i]), "%s does not refuse %s", in_company[i].name, kinds[_i].problem);
        check_error(in_company[i].name, in_company[i].message, _i);
    }
}
END_TEST

START_TEST(a_bad_handle_in_elementwise_operations)
{
    for (size_t i = 0; i < COUNT(elementwise); i++) {
        char start[40];
        snprintf(start, sizeof start, "%s(", elementwise[i].name);
        for (int place = 0; place < (elementwise[i].unary ? 1 : 2); place++) {
            tad_var a = place == 0 ? bad[_i] : good, b = place == 0 ? good : bad[_i];
            if (elementwise[i].unary && _i == FOREIGN)
                continue;
            tad_var y = elementwise[i].unary ? elementwise[i].unary(a) : elementwise[i].binary(a, b);
            ck_assert_msg(!tad_is_valid(y), "%s does not refuse %s", elementwise[i].name, kinds[_i].problem);
            if (_i != ZEROED || elementwise[i].binary)
                check_error(elementwise[i].name, start, _i);
        }
    }
}
END_TEST

START_TEST(null)
{
    for (size_t i = 0; i < COUNT(without); i++) {
        ck_assert_msg(call_without(i, good), "%s(NULL)", without[i].name);
        const char *message = tad_tape_message(tape), *start = without[i].message;
        ck_assert_msg(strncmp(message, start, strlen(start)) == 0 && (*start || !*message),
                      "%s: '%s'; expected '%s...'", without[i].name, message, start);
        if (*start)
            ck_assert_int_eq(tad_tape_status(tape), TAD_EARG);
        tad_tape_clear_error(tape);
    }
}
END_TEST

/* ---- Is any function missing above? ---- */

static bool is_listed(const char *name)
{
    const struct {
        const struct row *rows;
        size_t            n;
    } lists[] = {{alone, COUNT(alone)},
                 {in_company, COUNT(in_company)},
                 {without, COUNT(without)},
                 {operations, COUNT(operations)},
                 {elsewhere, COUNT(elsewhere)}};
    for (size_t k = 0; k < COUNT(lists); k++)
        for (size_t i = 0; i < lists[k].n; i++)
            if (strcmp(lists[k].rows[i].name, name) == 0)
                return true;
    for (size_t i = 0; i < COUNT(elementwise); i++)
        if (strcmp(elementwise[i].name, name + strlen("tad_")) == 0)
            return true;
    return false;
}

/* Every name between TAD_API and a parenthesis; returns their number. */
static int check_header(const char *path)
{
    static char text[1 << 20];
    FILE       *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s: cannot be opened; run the tests in the root of the repository", path);
    size_t length = fread(text, 1, sizeof text - 1, file);
    text[length] = '\0';
    fclose(file);
    int n = 0;
    for (char *at = text; (at = strstr(at, "\nTAD_API")) != NULL; n++) {
        char *end = strchr(at, '('), *start = end;
        while (start > at && strchr(" *", start[-1]) == NULL)
            start--;
        at = end + 1;
        *end = '\0';
        ck_assert_msg(is_listed(start), "%s: %s has no row in tests/test_misuse.c or tests/misuse.def", path, start);
    }
    return n;
}

START_TEST(every_public_function_is_here)
{
    DIR *directory = opendir("include/tad");
    int  n = 0;
    ck_assert_msg(directory != NULL, "include/tad: not found; run the tests in the root of the repository");
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        char path[300];
        if (!strstr(entry->d_name, ".h"))
            continue;
        snprintf(path, sizeof path, "include/tad/%s", entry->d_name);
        n += check_header(path);
    }
    closedir(directory);
    ck_assert_int_ge(n, 80);
}
END_TEST

Suite *misuse_suite(void)
{
    Suite *suite = suite_create("misuse");
    TCase *handles = tcase_create("handles");
    tcase_add_checked_fixture(handles, set_up, tear_down);
    tcase_set_timeout(handles, 60);
    tcase_add_loop_test(handles, a_bad_handle_alone, 0, KINDS);
    tcase_add_loop_test(handles, a_bad_handle_in_operations, 0, KINDS);
    tcase_add_loop_test(handles, a_bad_handle_in_company, 0, KINDS);
    tcase_add_loop_test(handles, a_bad_handle_in_elementwise_operations, 0, KINDS);
    tcase_add_test(handles, null);
    suite_add_tcase(suite, handles);

    TCase *completeness = tcase_create("completeness");
    tcase_add_test(completeness, every_public_function_is_here);
    suite_add_tcase(suite, completeness);
    return suite;
}
