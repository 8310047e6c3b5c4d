/* The non-linear parts of recurrent cells, for rows of a batch: what is left when the matrix products are done. */
#ifndef TAD__TENSOR_CELL_H
#define TAD__TENSOR_CELL_H

#include "tensor/array.h"

/* Numbers whose rows are contiguous. */
typedef struct tad__rows {
    void   *data;
    int64_t stride; /* from row to row, in elements; 0: the same row again */
} tad__rows;

typedef struct tad__cell {
    int64_t   batch, size;   /* rows, and hidden units */
    tad__rows input, hidden; /* w_ih x and w_hh h: `size` numbers for each gate, gate by gate */
    tad__rows input_bias, hidden_bias;
    tad__rows state;             /* LSTM: c; GRU: h */
    tad__rows out;               /* LSTM: the new h, and behind it the new c; GRU: the new h */
    tad__rows g_out;             /* backward: of the shape of out */
    tad__rows g_input, g_hidden; /* backward: written; LSTM: both are the same, and g_hidden is not looked at */
    tad__rows g_state;           /* backward: written */
} tad__cell;

typedef void tad__cell_kernel(const tad__cell *cell);

/* Gates i, f, g, o: c' = sigmoid(f) c + sigmoid(i) tanh(g), h' = sigmoid(o) tanh(c'). */
tad__cell_kernel tad__lstm_forward_f32, tad__lstm_forward_f64, tad__lstm_backward_f32, tad__lstm_backward_f64;

/* Gates r, z, n: h' = n + sigmoid(z) (h - n) with n = tanh(its input + sigmoid(r) times its hidden part). */
tad__cell_kernel tad__gru_forward_f32, tad__gru_forward_f64, tad__gru_backward_f32, tad__gru_backward_f64;

#endif
