/* The non-linear parts of recurrent cells, for the rows of a batch: what is left when the matrix products are done. */
#ifndef TAD__TENSOR_CELL_H
#define TAD__TENSOR_CELL_H

#include <stdint.h>

/* Numbers whose rows are contiguous. */
typedef struct tad__rows {
    void   *data;
    int64_t stride; /* from row to row, in elements */
} tad__rows;

/* What the gates are functions of, `size` numbers each: of an LSTM those of i, f, g, o; of a GRU those of r and z, and the two
 * parts of n, from the input and from the hidden state. */
enum { TAD__CELL_GATES = 4 };

typedef struct tad__cell {
    int64_t   batch, size; /* rows, and hidden units */
    tad__rows state;       /* LSTM: c; GRU: h */
    tad__rows out;         /* the new h; LSTM: the new c; and, given, the numbers of the gates */
    tad__rows g_out;       /* backward: of the shape of out */
    tad__rows g_gates;     /* backward: written */
    tad__rows g_state;     /* backward: written; without what comes by way of the gates */
} tad__cell;

typedef void tad__cell_kernel(const tad__cell *cell);

/* c' = sigmoid(f) c + sigmoid(i) tanh(g), h' = sigmoid(o) tanh(c') */
tad__cell_kernel tad__lstm_forward_f32, tad__lstm_forward_f64, tad__lstm_backward_f32, tad__lstm_backward_f64;

/* u = tanh(input part + sigmoid(r) hidden part), h' = u + sigmoid(z) (h - u) */
tad__cell_kernel tad__gru_forward_f32, tad__gru_forward_f64, tad__gru_backward_f32, tad__gru_backward_f64;

#endif
