/* layers: recurrent cells. The node packs the new state and, as more columns, the numbers that the gates are functions
 * of: sums of the matrix products and biases. With them the derivatives need no product again. */
#include "tensor/cell.h"
#include "ops/pairs.h"
#include "ops/sample.h"
#include "tensor/gemm.h"
#include "tensor/move.h"

#include <tad/elementwise.h>
#include <tad/operations.h>

#include <inttypes.h>
#include <string.h>

/* Operands: the input, the states (of an LSTM h and c), and the parameters. */
enum { X, H, C };
enum { W_IH, W_HH, B_IH, B_HH, PARAMETERS };
enum { INPUT, HIDDEN, SIDES }; /* where a product comes from: x w_ih' or h w_hh' */

/* Rows of a weight, and columns of the gates' numbers that they give, both in units of one gate. */
typedef struct piece {
    int side, row, column, gates;
} piece;

/* What sets a cell apart. */
typedef struct kind {
    int               states; /* also the results */
    int               rows;   /* of each weight, in units of one gate */
    int               pieces;
    piece             piece[3];
    tad__cell_kernel *forward[2], *backward[2];
} kind;

static const kind lstm = {
    .states = 2,
    .rows = 4,
    .pieces = 2,
    .piece = {{INPUT, 0, 0, 4}, {HIDDEN, 0, 0, 4}},
    .forward = {tad__lstm_forward_f32, tad__lstm_forward_f64},
    .backward = {tad__lstm_backward_f32, tad__lstm_backward_f64},
};
static const kind gru = {
    .states = 1,
    .rows = 3,
    .pieces = 3,
    .piece = {{INPUT, 0, 0, 3}, {HIDDEN, 0, 0, 2}, {HIDDEN, 2, 3, 1}},
    .forward = {tad__gru_forward_f32, tad__gru_forward_f64},
    .backward = {tad__gru_backward_f32, tad__gru_backward_f64},
};

/* The number of the operand that is a parameter. */
static int parameter(const kind *is, int which)
{
    return 1 + is->states + which;
}

/* ---- shape ---- */

static tad_status check(const tad_call *call, int k, const char *name, int rank, int64_t rows, int64_t columns)
{
    const tad_array *x = &call->in[k];
    if (x->rank == rank && x->dims[0] == rows && (rank == 1 || x->dims[1] == columns))
        return TAD_OK;
    return rank == 1 ? tad_refuse(call, TAD_ESHAPE, "%s: expected [%" PRId64 "]", name, rows)
                     : tad_refuse(call, TAD_ESHAPE, "%s: expected [%" PRId64 ", %" PRId64 "]", name, rows, columns);
}

static tad_status shape(const tad_call *call, const kind *is)
{
    static const char *const states[] = {"h", "c"}, *const parameters[PARAMETERS] = {"w_ih", "w_hh", "b_ih", "b_hh"};
    const tad_array *in = call->in;
    if (in[X].rank != 2 || in[H].rank != 2)
        return tad_refuse(call, TAD_ESHAPE, "expected x [batch, inputs] and h [batch, units]");
    int64_t batch = in[X].dims[0], size = in[H].dims[1];
    if (size > INT32_MAX)
        return tad_refuse(call, TAD_ESHAPE, "more than 2^31 - 1 units");
    const int64_t columns[PARAMETERS] = {in[X].dims[1], size};
    tad_status    status = TAD_OK;
    for (int k = 0; k < is->states && status == TAD_OK; k++)
        status = check(call, H + k, states[k], 2, batch, size);
    for (int k = 0; parameter(is, k) < call->n && status == TAD_OK; k++)
        status = check(call, parameter(is, k), parameters[k], k < B_IH ? 2 : 1, is->rows * size, columns[k]);
    call->out->rank = 2;
    call->out->dims[0] = batch;
    call->out->dims[1] = (is->states + TAD__CELL_GATES) * size;
    return status;
}

/* ---- numbers ---- */

static int64_t size_of(const tad_call *call)
{
    return call->in[H].dims[1];
}

/* The elements of a matrix or vector from `first` on, along an axis, in units of one gate. */
static tad_array part(const tad_call *call, const tad_array *x, int axis, int64_t first, int64_t count)
{
    tad_array view = *x;
    int64_t   size = size_of(call), offset = first * size * x->strides[axis];
    view.dims[axis] = count * size;
    view.data = (char *)x->data + offset * (int64_t)tad_dtype_size(x->dtype);
    return view;
}

static tad__matrix matrix(const tad_array *x)
{
    return (tad__matrix){x->data, x->strides[0], x->strides[1]};
}

static tad__matrix turned(const tad_array *x)
{
    return (tad__matrix){x->data, x->strides[1], x->strides[0]};
}

static void add_product(const tad_array *to, int64_t inner, tad__matrix a, tad__matrix b)
{
    if (to->dims[0] > 0 && to->dims[1] > 0 && inner > 0)
        tad__gemm(&(tad__product){to->dtype, to->dims[0], to->dims[1], inner, a, b, matrix(to)});
}

static tad_array new_matrix(const tad_call *call, int64_t rows, int64_t columns)
{
    tad_array array = {call->out->dtype, 2, {rows, columns}, {0}, NULL};
    tad__array_set_c_order(&array);
    array.data = tad_scratch(call, tad__array_bytes(&array));
    return array;
}

static tad__rows rows_of(const tad_array *x)
{
    return (tad__rows){x->data, x->strides[0]};
}

/* The rows of a matrix, copied where they are not contiguous. */
static bool load(const tad_call *call, const tad_array *x, tad__rows *out)
{
    tad_array copy = *x;
    if (x->strides[1] != 1 && x->dims[1] > 1) {
        copy = new_matrix(call, x->dims[0], x->dims[1]);
        if (copy.data)
            tad__copy(&copy, x);
    }
    *out = rows_of(&copy);
    return copy.data != NULL;
}

/* The last state is what the kernels look at. */
static bool load_cell(const tad_call *call, const kind *is, tad__cell *cell)
{
    *cell = (tad__cell){.batch = call->out->dims[0], .size = size_of(call), .out = rows_of(call->out)};
    return load(call, &call->in[is->states], &cell->state);
}

static void forward(const tad_call *call, const kind *is)
{
    tad__cell cell;
    if (!load_cell(call, is, &cell))
        return;
    memset(call->out->data, 0, tad__array_bytes(call->out));
    for (int i = 0; i < is->pieces; i++) {
        const piece *p = &is->piece[i];
        tad_array    to = part(call, call->out, 1, is->states + p->column, p->gates);
        tad_array    w = part(call, &call->in[parameter(is, W_IH + p->side)], 0, p->row, p->gates);
        int          b = parameter(is, B_IH + p->side);
        if (b < call->n) {
            tad_array bias = part(call, &call->in[b], 0, p->row, p->gates);
            bias = tad__array_broadcast(&bias, &to);
            tad__accumulate(&to, &bias, 1);
        }
        add_product(&to, w.dims[1], matrix(&call->in[p->side]), turned(&w));
    }
    is->forward[call->out->dtype](&cell);
}

/* What a piece gets of the gradient g of its columns is handed on to input or state, weight and bias. */
static void hand_on(const tad_call *call, const kind *is, const piece *p, const tad_array *g, const tad_array gx[])
{
    int              weight = parameter(is, W_IH + p->side), bias = parameter(is, B_IH + p->side);
    const tad_array *x = &call->in[p->side];
    tad_array        w = part(call, &call->in[weight], 0, p->row, p->gates);
    if (gx[p->side].data)
        add_product(&gx[p->side], w.dims[0], matrix(g), matrix(&w));
    if (gx[weight].data) {
        tad_array to = part(call, &gx[weight], 0, p->row, p->gates);
        add_product(&to, g->dims[0], turned(g), matrix(x));
    }
    if (bias < call->n && gx[bias].data) {
        tad_array to = part(call, &gx[bias], 0, p->row, p->gates);
        to = tad__array_broadcast(&to, g);
        tad__accumulate(&to, g, 1);
    }
}

static void backward(const tad_call *call, const tad_array *gy, const tad_array gx[], const kind *is)
{
    tad__cell cell;
    int64_t   batch = call->out->dims[0], size = size_of(call);
    if (!load_cell(call, is, &cell) || !load(call, gy, &cell.g_out))
        return;
    tad_array gates = new_matrix(call, batch, TAD__CELL_GATES * size), state = new_matrix(call, batch, size);
    if (!gates.data || !state.data)
        return;
    cell.g_gates = rows_of(&gates);
    cell.g_state = rows_of(&state);
    is->backward[call->out->dtype](&cell);
    if (gx[is->states].data)
        tad__accumulate(&gx[is->states], &state, 1);
    for (int i = 0; i < is->pieces; i++) {
        tad_array g = part(call, &gates, 1, is->piece[i].column, is->piece[i].gates);
        hand_on(call, is, &is->piece[i], &g, gx);
    }
}

/* ---- recorded ---- */

/* Columns in units of one gate. */
static tad_var columns(tad_var x, int first, int count, int64_t size)
{
    return tad_slice(x, -1, first * size, (first + count) * size);
}

/* Parts of one gate each, side by side. */
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

/* g times the derivative of y = sigmoid(x), or of y = tanh(x) */
static tad_var through_sigmoid(tad_var g, tad_var y)
{
    return tad_mul(g, tad_mul(y, one_minus(y)));
}

static tad_var through_tanh(tad_var g, tad_var y)
{
    return tad_mul(g, tad_mul(one_minus(y), tad_add(tad_constant(y.tape, 1), y)));
}

/* From the gradient of the products on one side to those of its operands. */
static void record_side(const tad_rule *rule, const kind *is, int side, tad_var g)
{
    int weight = parameter(is, W_IH + side), bias = parameter(is, B_IH + side);
    if (rule->wanted[side])
        rule->gx[side] = tad_matmul(g, rule->x[weight]);
    if (rule->wanted[weight])
        rule->gx[weight] = tad_matmul(tad_transpose(g), rule->x[side]);
    if (bias < rule->n)
        rule->gx[bias] = g;
}

static void vjp_lstm(const tad_rule *rule)
{
    int64_t size = tad_dim(rule->x[H], 1);
    tad_var y = rule->y, gy = rule->gy, gates[TAD__CELL_GATES];
    for (int k = 0; k < TAD__CELL_GATES; k++)
        gates[k] = columns(y, 2 + k, 1, size);
    tad_var i = tad_sigmoid(gates[0]), f = tad_sigmoid(gates[1]), g = tad_tanh(gates[2]), o = tad_sigmoid(gates[3]);
    tad_var t = tad_tanh(columns(y, 1, 1, size)), gh = columns(gy, 0, 1, size);
    tad_var gc = tad_add(columns(gy, 1, 1, size), through_tanh(tad_mul(gh, o), t));
    tad_var parts[] = {through_sigmoid(tad_mul(gc, g), i), through_sigmoid(tad_mul(gc, rule->x[C]), f),
                       through_tanh(tad_mul(gc, i), g), through_sigmoid(tad_mul(gh, t), o)};
    tad_var all = tad_add(join(TAD__CELL_GATES, parts, size), columns(gy, 2, TAD__CELL_GATES, size));
    for (int side = 0; side < SIDES; side++)
        record_side(rule, &lstm, side, all);
    rule->gx[C] = tad_mul(gc, f);
}

static void vjp_gru(const tad_rule *rule)
{
    int64_t size = tad_dim(rule->x[H], 1);
    tad_var y = rule->y, gh = columns(rule->gy, 0, 1, size), h = rule->x[H], m = columns(y, 4, 1, size);
    tad_var r = tad_sigmoid(columns(y, 1, 1, size)), z = tad_sigmoid(columns(y, 2, 1, size));
    tad_var u = tad_tanh(tad_add(columns(y, 3, 1, size), tad_mul(r, m)));
    tad_var gu = through_tanh(tad_mul(gh, one_minus(z)), u);
    tad_var parts[TAD__CELL_GATES] = {through_sigmoid(tad_mul(gu, m), r),
                                      through_sigmoid(tad_mul(gh, tad_sub(h, u)), z), gu, tad_mul(gu, r)};
    for (int k = 0; k < TAD__CELL_GATES; k++)
        parts[k] = tad_add(parts[k], columns(rule->gy, 1 + k, 1, size));
    record_side(rule, &gru, INPUT, join(gru.rows, parts, size));
    parts[2] = parts[3];
    record_side(rule, &gru, HIDDEN, join(gru.rows, parts, size));
    if (rule->wanted[H])
        rule->gx[H] = tad_add(rule->gx[H], tad_mul(gh, z));
}

/* ---- the operations ---- */

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
    {.in = "[1, 1] [1, 1] [1, 1] [4, 1] [4, 1]"},         {.in = "[2, 3] [2, 2] [2, 2] [8, 3] [8, 2]"},
    {.in = "[3, 2] [3, 1] [3, 1] [4, 2] [4, 1] [4]"},     {.in = "[2, 1] [2, 2] [2, 2] [8, 1] [8, 2] [8] [8]"},
    {.in = "[1, 0] [1, 1] [1, 1] [4, 0] [4, 1] [4] [4]"}, {.in = "[0, 2] [0, 1] [0, 1] [4, 2] [4, 1] [4] [4]"},
    {.in = "[2, 1] [2, 0] [2, 0] [0, 1] [0, 0] [0] [0]"}, {.in = "[1, 1] [1, 9] [1, 9] [36, 1] [36, 9] [36] [36]"},
};

static const tad_sample gru_samples[] = {
    {.in = "[1, 1] [1, 1] [3, 1] [3, 1]"},         {.in = "[2, 3] [2, 2] [6, 3] [6, 2]"},
    {.in = "[3, 1] [3, 2] [6, 1] [6, 2] [6]"},     {.in = "[2, 1] [2, 3] [9, 1] [9, 3] [9] [9]"},
    {.in = "[1, 0] [1, 1] [3, 0] [3, 1] [3] [3]"}, {.in = "[0, 2] [0, 1] [3, 2] [3, 1] [3] [3]"},
    {.in = "[2, 1] [2, 0] [0, 1] [0, 0] [0] [0]"}, {.in = "[1, 1] [1, 9] [27, 1] [27, 9] [27] [27]"},
};

/* A row of the result depends on that of the inputs and states, and on all parameters. */
static bool lstm_depends(const tad_call *call, int k, tad_array *out, tad_array *in)
{
    (void)call;
    return k <= lstm.states && tad__pairs_in_block(out, 1, in, 1);
}

static bool gru_depends(const tad_call *call, int k, tad_array *out, tad_array *in)
{
    (void)call;
    return k <= gru.states && tad__pairs_in_block(out, 1, in, 1);
}

const tad_op tad__op_lstm_cell = {
    .name = "lstm_cell",
    .about = "one step of a long short-term memory",
    .formula = "lstm_cell(x, h, c, w_ih, w_hh)",
    .arity = C + 1 + PARAMETERS,
    .packed = true,
    .optional = 2,
    .shape = shape_lstm,
    .forward = forward_lstm,
    .backward = backward_lstm,
    .depends = lstm_depends,
    .vjp = vjp_lstm,
    SAMPLES(lstm_samples),
};

static tad_var call_gru(tad_args args)
{
    const tad_var *x = args.x, none = {0};
    return tad_gru_cell(x[0], x[1], x[2], x[3], args.n > 4 ? x[4] : none, args.n > 5 ? x[5] : none);
}

const tad_op tad__op_gru_cell = {
    .name = "gru_cell",
    .about = "one step of a gated recurrent unit",
    .formula = "gru_cell(x, h, w_ih, w_hh)",
    .arity = H + 1 + PARAMETERS,
    .call = call_gru,
    .operands = "x h w_ih w_hh b_ih b_hh",
    .optional = 2,
    .shape = shape_gru,
    .forward = forward_gru,
    .backward = backward_gru,
    .depends = gru_depends,
    .vjp = vjp_gru,
    SAMPLES(gru_samples),
};

/* Leaves out what is not given; zeros stand for an input bias that is missing where the other is there. */
static tad_var apply(const tad_op *op, const kind *is, tad_var x[], const void *caller)
{
    tad_var *b_ih = &x[parameter(is, B_IH)], *b_hh = &x[parameter(is, B_HH)];
    int      n = parameter(is, b_hh->tape ? PARAMETERS : b_ih->tape ? B_HH : B_IH);
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
    tad_var y = apply(&tad__op_lstm_cell, &lstm, operands, TAD_CALLER);
    if (tad_is_valid(y)) {
        int64_t units = tad_dim(y, 1) / (lstm.states + TAD__CELL_GATES);
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
    tad_var y = apply(&tad__op_gru_cell, &gru, operands, TAD_CALLER);
    return tad_is_valid(y) ? tad_slice(y, -1, 0, tad_dim(y, 1) / (gru.states + TAD__CELL_GATES)) : y;
}
