/* The non-linear parts of recurrent cells, behind the matrix products: one pass over the gates, forward and backward. */
#include "ops/gates.h"
#include "ops/sample.h"
#include "tensor/cell.h"
#include "tensor/move.h"

#include <tad/elementwise.h>
#include <tad/operations.h>

#include <inttypes.h>
#include <string.h>

enum { INPUT, HIDDEN, STATE, INPUT_BIAS, HIDDEN_BIAS, OPERANDS };

/* What sets a cell apart. */
typedef struct kind {
    int               gates, results; /* times the hidden units: columns of the operands, and of the result */
    tad__cell_kernel *forward[2], *backward[2];
} kind;

static const kind lstm = {.gates = 4,
                          .results = 2,
                          .forward = {tad__lstm_forward_f32, tad__lstm_forward_f64},
                          .backward = {tad__lstm_backward_f32, tad__lstm_backward_f64}};
static const kind gru = {.gates = 3,
                         .results = 1,
                         .forward = {tad__gru_forward_f32, tad__gru_forward_f64},
                         .backward = {tad__gru_backward_f32, tad__gru_backward_f64}};

static tad_status shape(const tad_call *call, const kind *is)
{
    const tad_array *in = call->in;
    if (in[STATE].rank != 2)
        return tad_refuse(call, TAD_ESHAPE, "operand %d has rank %d; expected a matrix", STATE + 1, in[STATE].rank);
    int64_t batch = in[STATE].dims[0], size = in[STATE].dims[1];
    for (int k = INPUT; k < call->n; k++) {
        const tad_array *x = &in[k];
        int64_t          columns = x->rank > 0 ? x->dims[x->rank - 1] : 0;
        bool             bias = k > STATE, fits = columns / is->gates == size && columns % is->gates == 0;
        if (k != STATE && (!fits || x->rank != (bias ? 1 : 2) || (!bias && x->dims[0] != batch)))
            return tad_refuse(call, TAD_ESHAPE, "operand %d: expected %d numbers for each of %" PRId64 " units%s",
                              k + 1, is->gates, size, bias ? "" : ", and as many rows as the state has");
    }
    call->out->rank = 2;
    call->out->dims[0] = batch;
    call->out->dims[1] = is->results * size;
    return TAD_OK;
}

/* ---- numbers ---- */

static tad_array new_array(const tad_call *call, int64_t rows, int64_t columns)
{
    tad_array array = {call->out->dtype, 2, {rows, columns}, {0}, NULL};
    tad__array_set_c_order(&array);
    array.data = tad_scratch(call, tad__array_bytes(&array));
    return array;
}

/* The rows of an operand, copied where they are not contiguous. */
static bool load(const tad_call *call, const tad_array *x, tad__rows *out)
{
    tad_array copy = *x;
    int       last = x->rank - 1;
    if (x->strides[last] != 1 && x->dims[last] > 1) {
        tad__array_set_c_order(&copy);
        copy.data = tad_scratch(call, tad__array_bytes(&copy));
        if (copy.data)
            tad__copy(&copy, x);
    }
    *out = (tad__rows){copy.data, last > 0 ? copy.strides[0] : 0};
    return copy.data != NULL;
}

static bool load_bias(const tad_call *call, int k, tad__rows *out)
{
    if (k < call->n)
        return load(call, &call->in[k], out);
    tad_array zeros = new_array(call, 1, call->in[INPUT].dims[1]);
    if (zeros.data)
        memset(zeros.data, 0, tad__array_bytes(&zeros));
    *out = (tad__rows){zeros.data, 0};
    return zeros.data != NULL;
}

static bool load_cell(const tad_call *call, tad__cell *cell)
{
    const tad_array *in = call->in;
    *cell = (tad__cell){.batch = in[STATE].dims[0], .size = in[STATE].dims[1]};
    cell->out = (tad__rows){call->out->data, call->out->dims[1]};
    return load(call, &in[INPUT], &cell->input) && load(call, &in[HIDDEN], &cell->hidden) &&
           load(call, &in[STATE], &cell->state) && load_bias(call, INPUT_BIAS, &cell->input_bias) &&
           load_bias(call, HIDDEN_BIAS, &cell->hidden_bias);
}

static void forward(const tad_call *call, const kind *is)
{
    tad__cell cell;
    if (load_cell(call, &cell))
        is->forward[call->out->dtype](&cell);
}

static void hand_on(const tad_array *to, const tad_array *g)
{
    if (!to->data)
        return;
    tad_array view = tad__array_broadcast(to, g); /* a bias is the same for all rows */
    tad__accumulate(&view, g, 1);
}

static void backward(const tad_call *call, const tad_array *gy, const tad_array gx[], const kind *is)
{
    tad__cell cell;
    int64_t   batch = call->in[STATE].dims[0], size = call->in[STATE].dims[1], gates = is->gates * size;
    if (!load_cell(call, &cell) || !load(call, gy, &cell.g_out))
        return;
    bool      shared = is->results == 2; /* the same for both */
    tad_array input = new_array(call, batch, gates), hidden = shared ? input : new_array(call, batch, gates);
    tad_array state = new_array(call, batch, size);
    if (!input.data || !hidden.data || !state.data)
        return;
    cell.g_input = (tad__rows){input.data, gates};
    cell.g_hidden = (tad__rows){hidden.data, gates};
    cell.g_state = (tad__rows){state.data, size};
    is->backward[call->out->dtype](&cell);
    const tad_array *const g[OPERANDS] = {&input, &hidden, &state, &input, &hidden};
    for (int k = 0; k < call->n; k++)
        hand_on(&gx[k], g[k]);
}

/* ---- recorded ---- */

/* The columns of one gate. */
static tad_var gate(tad_var x, int64_t at, int64_t size)
{
    return tad_slice(x, -1, at * size, (at + 1) * size);
}

/* The same columns of a matrix product and its bias, if there is one. */
static tad_var gate_of(const tad_rule *rule, int product, int bias, int64_t at, int64_t size)
{
    tad_var x = gate(rule->x[product], at, size);
    return bias < rule->n ? tad_add(x, gate(rule->x[bias], at, size)) : x;
}

static tad_var sum_of(const tad_rule *rule, int64_t at, int64_t size)
{
    return tad_add(gate_of(rule, INPUT, INPUT_BIAS, at, size), gate_of(rule, HIDDEN, HIDDEN_BIAS, at, size));
}

/* The gates side by side. */
static tad_var join(int n, const tad_var parts[], int64_t size)
{
    tad_var sum = {0};
    for (int i = 0; i < n; i++) {
        tad_var wide = tad_pad(parts[i], -1, i * size, (n - 1 - i) * size);
        sum = i ? tad_add(sum, wide) : wide;
    }
    return sum;
}

static tad_var one_minus(tad_var y)
{
    return tad_sub(tad_constant(y.tape, 1), y);
}

/* g times the derivative of y = sigmoid(x), of y = tanh(x) */
static tad_var through_sigmoid(tad_var g, tad_var y)
{
    return tad_mul(g, tad_mul(y, one_minus(y)));
}

static tad_var through_tanh(tad_var g, tad_var y)
{
    return tad_mul(g, tad_mul(one_minus(y), tad_add(tad_constant(y.tape, 1), y)));
}

static void vjp_lstm(const tad_rule *rule)
{
    tad_var state = rule->x[STATE];
    int64_t size = tad_dim(state, 1);
    tad_var i = tad_sigmoid(sum_of(rule, 0, size)), f = tad_sigmoid(sum_of(rule, 1, size));
    tad_var g = tad_tanh(sum_of(rule, 2, size)), o = tad_sigmoid(sum_of(rule, 3, size));
    tad_var t = tad_tanh(gate(rule->y, 1, size)), gh = gate(rule->gy, 0, size);
    tad_var gc = tad_add(gate(rule->gy, 1, size), through_tanh(tad_mul(gh, o), t));
    tad_var parts[] = {through_sigmoid(tad_mul(gc, g), i), through_sigmoid(tad_mul(gc, state), f),
                       through_tanh(tad_mul(gc, i), g), through_sigmoid(tad_mul(gh, t), o)};
    for (int k = 0; k < rule->n; k++)
        rule->gx[k] = k == INPUT ? join(4, parts, size) : rule->gx[INPUT];
    rule->gx[STATE] = tad_mul(gc, f);
}

static void vjp_gru(const tad_rule *rule)
{
    tad_var state = rule->x[STATE];
    int64_t size = tad_dim(state, 1);
    tad_var r = tad_sigmoid(sum_of(rule, 0, size)), z = tad_sigmoid(sum_of(rule, 1, size));
    tad_var hidden = gate_of(rule, HIDDEN, HIDDEN_BIAS, 2, size);
    tad_var n = tad_tanh(tad_add(gate_of(rule, INPUT, INPUT_BIAS, 2, size), tad_mul(r, hidden)));
    tad_var gn = through_tanh(tad_mul(rule->gy, one_minus(z)), n);
    tad_var parts[] = {through_sigmoid(tad_mul(gn, hidden), r),
                       through_sigmoid(tad_mul(rule->gy, tad_sub(state, n)), z), gn};
    tad_var input = join(3, parts, size);
    parts[2] = tad_mul(gn, r);
    tad_var       to_hidden = join(3, parts, size);
    const tad_var g[OPERANDS] = {input, to_hidden, tad_mul(rule->gy, z), input, to_hidden};
    for (int k = 0; k < rule->n; k++)
        rule->gx[k] = g[k];
}

/* The operation's functions, for one kind of cell. */
#define DEFINE_FUNCTIONS(kind)                                                                                         \
    static tad_status shape_##kind(const tad_call *call)                                                               \
    {                                                                                                                  \
        return shape(call, &(kind));                                                                                   \
    }                                                                                                                  \
    static void forward_##kind(const tad_call *call)                                                                   \
    {                                                                                                                  \
        forward(call, &(kind));                                                                                        \
    }                                                                                                                  \
    static void backward_##kind(const tad_call *call, const tad_array *gy, const tad_array gx[])                       \
    {                                                                                                                  \
        backward(call, gy, gx, &(kind));                                                                               \
    }
DEFINE_FUNCTIONS(lstm)
DEFINE_FUNCTIONS(gru)

static const tad_sample lstm_samples[] = {
    {.in = "[1, 4] [1, 4] [1, 1]"},         {.in = "[2, 12] [2, 12] [2, 3]"},
    {.in = "[3, 4] [3, 4] [3, 1]"},         {.in = "[1, 68] [1, 68] [1, 17]"},
    {.in = "[0, 8] [0, 8] [0, 2]"},         {.in = "[2, 0] [2, 0] [2, 0] [0]"},
    {.in = "[3, 8] [3, 8] [3, 2] [8]"},     {.in = "[1, 20] [1, 20] [1, 5] [20]"},
    {.in = "[2, 4] [2, 4] [2, 1] [4] [4]"}, {.in = "[3, 8] [3, 8] [3, 2] [8] [8]"},
    {.in = "[0, 4] [0, 4] [0, 1] [4] [4]"}, {.in = "[2, 68] [2, 68] [2, 17] [68] [68]"},
};

static const tad_sample gru_samples[] = {
    {.in = "[1, 3] [1, 3] [1, 1]"},         {.in = "[2, 9] [2, 9] [2, 3]"},
    {.in = "[3, 3] [3, 3] [3, 1]"},         {.in = "[1, 51] [1, 51] [1, 17]"},
    {.in = "[0, 6] [0, 6] [0, 2]"},         {.in = "[2, 0] [2, 0] [2, 0] [0]"},
    {.in = "[3, 6] [3, 6] [3, 2] [6]"},     {.in = "[1, 15] [1, 15] [1, 5] [15]"},
    {.in = "[2, 3] [2, 3] [2, 1] [3] [3]"}, {.in = "[3, 6] [3, 6] [3, 2] [6] [6]"},
    {.in = "[0, 3] [0, 3] [0, 1] [3] [3]"}, {.in = "[2, 51] [2, 51] [2, 17] [51] [51]"},
};

const tad_op tad__op_lstm_gates = {
    .name = "lstm_gates",
    .about = "the gates of an LSTM cell, applied to its state",
    .formula = "lstm_gates(x, h, c)",
    .arity = OPERANDS,
    .optional = 2,
    .shape = shape_lstm,
    .forward = forward_lstm,
    .backward = backward_lstm,
    .vjp = vjp_lstm,
    SAMPLES(lstm_samples),
};

const tad_op tad__op_gru_gates = {
    .name = "gru_gates",
    .about = "the gates of a GRU cell, applied to its state",
    .formula = "gru_gates(x, h, state)",
    .arity = OPERANDS,
    .optional = 2,
    .shape = shape_gru,
    .forward = forward_gru,
    .backward = backward_gru,
    .vjp = vjp_gru,
    SAMPLES(gru_samples),
};
