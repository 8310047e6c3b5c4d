/* Recurrent cells: the matrix products, and the gates behind them. */
#include "ops/gates.h"
#include "ops/sample.h"

#include <tad/elementwise.h>
#include <tad/operations.h>

#include <inttypes.h>

enum { X, H, STATES }; /* an LSTM's c follows; then w_ih, w_hh, b_ih, b_hh */
enum { W_IH, W_HH, B_IH, B_HH, PARAMETERS };

/* What sets a cell apart. */
typedef struct kind {
    const tad_op *gates;
    int           states; /* operands in front of the parameters */
    int           factor; /* rows of the parameters for each hidden unit */
} kind;

static const kind lstm = {&tad__op_lstm_gates, STATES + 1, 4}, gru = {&tad__op_gru_gates, STATES, 3};

static tad_status check(const tad_call *call, int k, const char *name, int rank, int64_t rows, int64_t columns)
{
    const tad_array *x = &call->in[k];
    bool             good = x->rank == rank && x->dims[0] == rows && (rank == 1 || x->dims[1] == columns);
    if (good)
        return TAD_OK;
    return rank == 1 ? tad_refuse(call, TAD_ESHAPE, "%s: expected [%" PRId64 "]", name, rows)
                     : tad_refuse(call, TAD_ESHAPE, "%s: expected [%" PRId64 ", %" PRId64 "]", name, rows, columns);
}

static tad_status shape(const tad_call *call)
{
    static const char *const names[PARAMETERS] = {"w_ih", "w_hh", "b_ih", "b_hh"};
    const kind              *is = call->op->impl;
    const tad_array         *in = call->in;
    if (in[X].rank != 2 || in[H].rank != 2)
        return tad_refuse(call, TAD_ESHAPE, "expected x [batch, inputs] and h [batch, units]");
    int64_t batch = in[X].dims[0], inputs = in[X].dims[1], units = in[H].dims[1];
    if (units > INT32_MAX)
        return tad_refuse(call, TAD_ESHAPE, "more than 2^31 - 1 units");
    const int64_t columns[PARAMETERS] = {inputs, units};
    tad_status    status = check(call, H, "h", 2, batch, units);
    if (status == TAD_OK && is->states > STATES)
        status = check(call, STATES, "c", 2, batch, units);
    for (int k = is->states; k < call->n && status == TAD_OK; k++)
        status = check(call, k, names[k - is->states], k - is->states < B_IH ? 2 : 1, is->factor * units,
                       columns[k - is->states]);
    call->out->rank = 2;
    call->out->dims[0] = batch;
    call->out->dims[1] = is->states > STATES ? 2 * units : units;
    return status;
}

static tad_var compose(const tad_rule *rule)
{
    const kind    *is = rule->op->impl;
    const tad_var *parameters = rule->x + is->states;
    int            biases = rule->n - is->states - B_IH;
    tad_var        x[] = {tad_matmul(rule->x[X], tad_transpose(parameters[W_IH])),
                          tad_matmul(rule->x[H], tad_transpose(parameters[W_HH])), rule->x[is->states - 1],
                   biases > 0 ? parameters[B_IH] : (tad_var){0}, biases > 1 ? parameters[B_HH] : (tad_var){0}};
           return tad_apply(is->gates, (tad_args){.n = 3 + biases, .x = x});
}

static const tad_sample lstm_samples[] = {
    {.in = "[1, 1] [1, 1] [1, 1] [4, 1] [4, 1]"},         {.in = "[2, 3] [2, 2] [2, 2] [8, 3] [8, 2]"},
    {.in = "[3, 2] [3, 1] [3, 1] [4, 2] [4, 1] [4]"},     {.in = "[2, 3] [2, 2] [2, 2] [8, 3] [8, 2] [8] [8]"},
    {.in = "[1, 0] [1, 1] [1, 1] [4, 0] [4, 1] [4] [4]"},
};

static const tad_sample gru_samples[] = {
    {.in = "[1, 1] [1, 1] [3, 1] [3, 1]"},         {.in = "[2, 3] [2, 2] [6, 3] [6, 2]"},
    {.in = "[3, 1] [3, 2] [6, 1] [6, 2] [6]"},     {.in = "[2, 3] [2, 2] [6, 3] [6, 2] [6] [6]"},
    {.in = "[0, 2] [0, 1] [3, 2] [3, 1] [3] [3]"},
};

const tad_op tad__op_lstm_cell = {
    .name = "lstm_cell",
    .about = "one step of a long short-term memory: h and c side by side",
    .formula = "lstm_cell(x, h, c, w_ih, w_hh)",
    .arity = STATES + 1 + PARAMETERS,
    .optional = 2,
    .shape = shape,
    .compose = compose,
    .impl = &lstm,
    SAMPLES(lstm_samples),
};

const tad_op tad__op_gru_cell = {
    .name = "gru_cell",
    .about = "one step of a gated recurrent unit",
    .formula = "gru_cell(x, h, w_ih, w_hh)",
    .arity = STATES + PARAMETERS,
    .optional = 2,
    .shape = shape,
    .compose = compose,
    .impl = &gru,
    SAMPLES(gru_samples),
};

/* Leaves out what is not given; zeros stand for an input bias that is missing where the other is there. */
static tad_var apply(const tad_op *op, int states, tad_var x[], const void *caller)
{
    tad_var *b_ih = &x[states + B_IH], *b_hh = &x[states + B_HH];
    int      n = states + (b_hh->tape ? PARAMETERS : b_ih->tape ? B_HH : B_IH);
    if (b_hh->tape && !b_ih->tape && tad_is_valid(*b_hh) && tad_rank(*b_hh) == 1) {
        int64_t size = tad_dim(*b_hh, 0);
        *b_ih = tad_broadcast_to(tad_cast(tad_constant(b_hh->tape, 0), tad_dtype_of(*b_hh)), 1, &size);
    } else if (b_hh->tape && !b_ih->tape) {
        *b_ih = *b_hh; /* for the complaint */
    }
    return tad_apply(op, (tad_args){.n = n, .x = x, .caller = caller});
}

/** One step of a long short-term memory: from x [b, i] and the state h [b, n], c [b, n] to a new state,
 *
 *     i, f, g, o = w_ih x + b_ih + w_hh h + b_hh         (row by row, in this order)
 *     c_new = sigmoid(f) c + sigmoid(i) tanh(g)
 *     h_new = sigmoid(o) tanh(c_new)
 *
 * with w_ih [4 n, i], w_hh [4 n, n], b_ih [4 n] and b_hh [4 n]: the order and meaning of PyTorch's LSTMCell. Either bias may be
 * left out (a zeroed handle). h_new and c_new are views of one value. Fills both with invalid handles after an error:
 * TAD_EARG (NULL), TAD_ESHAPE, TAD_EDTYPE, TAD_ETAPE, TAD_ESTALE, TAD_ENOMEM.
 * Source: S. Hochreiter, J. Schmidhuber, Neural Computation 9, 1997; with the forget gate of F. Gers and others, 2000. */
TAD_API TAD_CHECKED tad_status tad_lstm_cell(tad_var x, tad_var h, tad_var c, tad_var w_ih, tad_var w_hh, tad_var b_ih,
                                             tad_var b_hh, tad_var *h_new, tad_var *c_new)
{
    tad_var    operands[] = {x, h, c, w_ih, w_hh, b_ih, b_hh}, ignored;
    tad_tape  *tape = x.tape;
    const bool good = h_new && c_new;
    for (size_t i = 0; i < sizeof operands / sizeof *operands && !tape; i++)
        tape = operands[i].tape;
    h_new = h_new ? h_new : &ignored;
    c_new = c_new ? c_new : &ignored;
    *h_new = *c_new = (tad_var){0};
    if (!tape)
        return TAD_ETAPE;
    if (!good)
        return tad_refuse(&(tad_call){.op = &tad__op_lstm_cell, .tape = tape, .caller = TAD_CALLER}, TAD_EARG,
                          "h_new or c_new is NULL");
    tad_var y = apply(&tad__op_lstm_cell, lstm.states, operands, TAD_CALLER);
    if (tad_is_valid(y)) {
        int64_t units = tad_dim(y, 1) / 2;
        *h_new = tad_slice(y, -1, 0, units);
        *c_new = tad_slice(y, -1, units, 2 * units);
    }
    return tad_is_valid(*c_new) ? TAD_OK : tad_tape_status(tape);
}

/** One step of a gated recurrent unit: from x [b, i] and the state h [b, n] to the new state [b, n],
 *
 *     r, z = sigmoid(w_ih x + b_ih + w_hh h + b_hh)                         (the first 2 n rows)
 *     u    = tanh(w_ih x + b_ih + r (w_hh h + b_hh))                        (the last n rows)
 *     y    = (1 - z) u + z h
 *
 * with w_ih [3 n, i], w_hh [3 n, n], b_ih [3 n] and b_hh [3 n]: the order and meaning of PyTorch's GRUCell. Either bias may be
 * left out (a zeroed handle). Errors: TAD_ESHAPE.
 * Source: K. Cho and others, EMNLP 2014, with the reset gate behind the product. */
TAD_API tad_var tad_gru_cell(tad_var x, tad_var h, tad_var w_ih, tad_var w_hh, tad_var b_ih, tad_var b_hh)
{
    tad_var operands[] = {x, h, w_ih, w_hh, b_ih, b_hh};
    return apply(&tad__op_gru_cell, gru.states, operands, TAD_CALLER);
}
