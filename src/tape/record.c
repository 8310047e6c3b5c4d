/* tad_apply: recording any operation. Scalars of elementwise operations have a shorter way in tape/elementwise.c. */
#include "tape/tape.h"

#include "base/text.h"
#include "tensor/move.h"

#include <string.h>

static tad_tape *first_tape(tad_args args)
{
    for (int i = 0; args.x && i < args.n; i++)
        if (args.x[i].tape)
            return args.x[i].tape;
    return NULL;
}

static tad_status check_op(tad_tape *tape, const tad_op *op, tad_args args)
{
    if (!op)
        return tad__fail(tape, args.caller, TAD_EARG, "tad_apply: the operation is NULL");
    const char *name = op->name ? op->name : "(an operation without a name)";
    bool        rule = op->vjp || op->constant || tad__has_partials(op);
    bool        whole = op->compose || (op->shape && (op->forward || op->view) && rule);
    bool        elementwise = op->value && tad__has_partials(op);
    if (!op->name || (!whole && !elementwise))
        return tad__fail(tape, args.caller, TAD_EARG,
                         "%s: expected an operation with name, value and the partial of each operand (one or two), or "
                         "with name, shape, one of forward and view, and vjp, or with name and compose",
                         name);
    int least = op->arity - op->optional;
    if (op->arity < 1 || op->arity > TAD_MAX_ARITY || args.n < (least > 1 ? least : 1) || args.n > op->arity)
        return tad__fail(tape, args.caller, TAD_EARG, "%s: %d operands; expected %s%d (at most %d)", name, args.n,
                         op->optional ? "up to " : "", op->arity, TAD_MAX_ARITY);
    if (op->attribute_bytes && !args.attributes)
        return tad__fail(tape, args.caller, TAD_EARG, "%s: attributes are NULL; expected %zu bytes", name,
                         op->attribute_bytes);
    return TAD_OK;
}

/* The message shows all operands, so that the bad one can be found. */
static tad_status check_operands(tad_tape *tape, const tad_op *op, tad_args args)
{
    for (int i = 0; i < args.n; i++) {
        tad_status status = tad__handle_status(tape, args.x[i]);
        if (status == TAD_OK)
            continue;
        if (tape->status != TAD_OK)
            return status;
        char      words[320];
        tad__text text = {.out = words, .size = sizeof words};
        for (int k = 0; k < args.n; k++) {
            tad__text_add(&text, k ? ", " : "");
            if (tad__is_on(tape, args.x[k])) {
                tad_array array;
                tad__value_array(tape, args.x[k].id, &array);
                tad__text_add_shape(&text, &array);
            } else {
                tad__text_add(&text, "%s", tad__handle_problem(tape, args.x[k]));
            }
        }
        return tad__fail(tape, args.caller, status, "%s(%s): operand %d is %s", op->name, words, i + 1,
                         tad__handle_problem(tape, args.x[i]));
    }
    return TAD_OK;
}

static bool all_scalars(const tad_tape *tape, tad_args args)
{
    for (int i = 0; i < args.n; i++)
        if (!(tape->nodes[args.x[i].id].flags & TAD__SCALAR))
            return false;
    return true;
}

tad_var tad__record_scalar(tad_tape *tape, int row, uint32_t a, uint32_t b, const void *caller)
{
    if (tape->count >= tape->capacity && !tad__grow(tape, caller, tad__elementwise[row].name))
        return tad__invalid(tape);
    uint32_t id = tape->count++;
    uint16_t flags = tad__scalar_flags(tape->nodes[a].flags, tape->nodes[b].flags);
    if (tad__is_piecewise_constant(&tad__elementwise[row]))
        flags |= TAD__STEPS;
    tape->nodes[id] = (tad__node){(uint16_t)row, flags, {a, b}, tape->birth};
    tad__recompute_scalars(tape, id, id + 1);
    if (tape->paused)
        tape->nodes[id] = (tad__node){.flags = TAD__LEAF | TAD__SCALAR, .birth = tape->birth};
    return (tad_var){tape, id, tape->birth};
}

/* During a pause the result is a leaf, which has an array of its own. */
static tad_status copy_view(const tad_call *call)
{
    tad_array view = *call->out;
    tad__array_set_c_order(call->out);
    call->out->data = tad__arena_take(&call->tape->arena, tad__array_bytes(&view));
    if (!call->out->data)
        return tad__fail_memory(call->tape, call->caller, call->op->name);
    tad__copy(call->out, &view);
    return TAD_OK;
}

/* Is the result the operand seen otherwise? A scalar's number lies in an array that grows, so a view of it views a copy in
 * the arena. TAD_EARG: not viewable. */
static tad_status make_view(const tad_call *call, const tad_array *operand)
{
    tad_array base = *operand;
    if (tad__array_is_scalar(&base)) {
        double *number = tad__arena_take(&call->tape->arena, sizeof *number);
        if (!number)
            return tad__fail_memory(call->tape, call->caller, call->op->name);
        *number = *(const double *)base.data;
        base.data = number;
    }
    if (!call->op->view(call, &base, call->out))
        return TAD_EARG;
    return call->tape->paused ? copy_view(call) : TAD_OK;
}

void *tad_scratch(const tad_call *call, size_t bytes)
{
    void *block = tad__arena_take(&call->tape->scratch, bytes);
    if (!block)
        *call->refused = tad__fail_memory(call->tape, call->caller, call->op->name);
    else if (!*call->scratch)
        *call->scratch = block;
    return block;
}

tad_status tad__end_call(const tad_call *call)
{
    if (*call->scratch)
        tad__arena_rewind(&call->tape->scratch, *call->scratch);
    return *call->refused;
}

/* Computes the value of a call whose shape is known. `slot` is where a scalar result goes; *flags learns of a view. */
static tad_status compute(const tad_call *call, double *slot, uint16_t *flags)
{
    tad_array *out = call->out;
    bool       scalar = tad__array_is_scalar(out);
    if (call->op->view) {
        tad_status status = make_view(call, &call->in[0]);
        if (status == TAD_ENOMEM)
            return status;
        if (status == TAD_OK) {
            *flags |= TAD__VIEW;
            if (scalar)
                *slot = *(const double *)out->data;
            return TAD_OK;
        }
        if (!call->op->forward)
            return tad_refuse(call, TAD_EARG, "this operand cannot be viewed so, and the operation has no forward");
    }
    tad__array_set_c_order(out);
    out->data = scalar ? slot : tad__arena_take(&call->tape->arena, tad__array_bytes(out));
    if (!out->data)
        return tad__fail_memory(call->tape, call->caller, call->op->name);
    if (call->op->forward)
        call->op->forward(call);
    else
        tad__elementwise_map(call);
    return tad__end_call(call);
}

/* Operands that hold indices where they should, and floats of one type elsewhere. Sets the result's type. */
static tad_status check_dtypes(const tad_call *call)
{
    const tad_op *op = call->op;
    tad_dtype     floats = TAD_I64;
    for (int k = 0; k < call->n; k++) {
        tad_dtype dtype = call->in[k].dtype;
        bool      indices = op->indices >> k & 1;
        if (indices ? dtype == TAD_I64 : op->any_dtype || dtype != TAD_I64) {
            if (indices)
                continue;
            if (floats != TAD_I64 && floats != dtype)
                return tad_refuse(call, TAD_EDTYPE, "%s and %s do not mix", tad_dtype_name(floats),
                                  tad_dtype_name(dtype));
            floats = dtype;
            continue;
        }
        return indices ? tad_refuse(call, TAD_EDTYPE, "operand %d is %s; expected indices, i64", k + 1,
                                    tad_dtype_name(dtype))
                       : tad_refuse(call, TAD_EDTYPE, "operand %d is i64; expected f32 or f64: use tad_cast", k + 1);
    }
    call->out->dtype = floats;
    return TAD_OK;
}

static tad_status ask_shape(const tad_call *call)
{
    tad_status status = !call->op->shape || call->op->mixes ? TAD_OK : check_dtypes(call);
    if (status != TAD_OK)
        return status;
    return call->op->shape ? call->op->shape(call) : tad__elementwise_shape(call);
}

static tad_status find_shape(const tad_call *call)
{
    const tad_array *out = call->out;
    tad_status       status = ask_shape(call);
    if (status != TAD_OK) /* in case the operation did not say why */
        return tad_refuse(call, status, "the operation refused its operands");
    if (tad_dtype_size(out->dtype) == 0)
        return tad_refuse(call, TAD_EDTYPE, "the result would have element type %d", (int)out->dtype);
    if (out->rank < 0 || out->rank > TAD_MAX_RANK)
        return tad_refuse(call, TAD_ESHAPE, "the result would have rank %d; at most %d", out->rank, TAD_MAX_RANK);
    for (int i = 0; i < out->rank; i++)
        if (out->dims[i] < 0)
            return tad_refuse(call, TAD_ESHAPE, "the result would have an axis of negative size");
    if (!tad__array_fits(out))
        return tad_refuse(call, TAD_ESHAPE, "the result would have more bytes than memory can address");
    return TAD_OK;
}

/* An operation that is made of others. */
static tad_var compose(tad_tape *tape, const tad_op *op, tad_args args)
{
    tad_array  in[TAD_MAX_ARITY], out;
    tad_status refused = TAD_OK;
    void      *scratch = NULL;
    tad_call   call = {.op = op,
                       .n = args.n,
                       .in = in,
                       .out = &out,
                       .attributes = args.attributes,
                       .tape = tape,
                       .caller = args.caller,
                       .refused = &refused,
                       .scratch = &scratch};
    for (int i = 0; i < args.n; i++)
        tad__value_array(tape, args.x[i].id, &in[i]);
    if (op->shape && find_shape(&call) != TAD_OK)
        return tad__invalid(tape);
    if (op->checkpoint)
        return tad__checkpoint(tape, op, args);
    const tad_rule rule = {.op = op, .n = args.n, .x = args.x, .attributes = args.attributes};
    tad_frame      outer = tad_enter(tape, op->name, args.caller);
    tad_var        y = op->compose(&rule);
    if (!tad__is_on(tape, y)) {
        tad__fail(tape, args.caller, TAD_EARG, "%s: the composition gave an invalid result", op->name);
        y = tad__invalid(tape);
    }
    tad_leave(tape, outer);
    return y;
}

static tad_var record(tad_tape *tape, const tad_op *op, tad_args args)
{
    tad_array  in[TAD_MAX_ARITY];
    uint16_t   flags = 0;
    tad_status refused = TAD_OK;
    void      *scratch = NULL;
    for (int i = 0; i < args.n; i++) {
        tad__value_array(tape, args.x[i].id, &in[i]);
        flags |= tape->nodes[args.x[i].id].flags & TAD__DIFFERENTIABLE;
    }
    tad__record *record = tad__new_record(tape, args.n, op->attribute_bytes, args.caller, op->name);
    if (!record)
        return tad__invalid(tape);
    for (int i = 0; i < args.n; i++) {
        record->in[i] = args.x[i].id;
        if (tape->nodes[args.x[i].id].flags & TAD__SCALAR)
            in[i].data = &tape->values[args.x[i].id]; /* may have moved to make room */
    }
    if (op->attribute_bytes)
        memcpy(record->attributes, args.attributes, op->attribute_bytes);
    record->op = op;
    tad_call call = {.op = op,
                     .n = args.n,
                     .in = in,
                     .out = &record->array,
                     .attributes = record->attributes,
                     .tape = tape,
                     .caller = args.caller,
                     .refused = &refused,
                     .scratch = &scratch};
    if (find_shape(&call) != TAD_OK || compute(&call, &tape->values[tape->count], &flags) != TAD_OK) {
        tad__arena_rewind(&tape->arena, record);
        return tad__invalid(tape);
    }
    if (op->constant || call.out->dtype == TAD_I64)
        flags &= (uint16_t)~TAD__DIFFERENTIABLE;
    if (tad__is_piecewise_constant(op))
        flags |= TAD__STEPS;
    return tad__push_record(tape, record, (uint16_t)(flags | (tad__array_is_scalar(call.out) ? TAD__SCALAR : 0)));
}

tad_var tad_apply(const tad_op *op, tad_args args)
{
    tad_tape *tape = first_tape(args);
    if (!tape)
        return (tad_var){0};
    if (!args.caller)
        args.caller = TAD_CALLER;
    if (check_op(tape, op, args) != TAD_OK || check_operands(tape, op, args) != TAD_OK)
        return tad__invalid(tape);
    if (op->compose)
        return compose(tape, op, args);
    int row = tad__row_of(op);
    if (row >= 0 && all_scalars(tape, args))
        return tad__record_scalar(tape, row, args.x[0].id, args.x[args.n - 1].id, args.caller);
    return record(tape, op, args);
}
