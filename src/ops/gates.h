/* The non-linear part of a recurrent cell: of w_ih x, w_hh h, the state, and the biases, if there are any. */
#ifndef TAD__OPS_GATES_H
#define TAD__OPS_GATES_H

#include <tad/op.h>

extern const tad_op tad__op_lstm_gates; /* state: c; result: the new h, and behind it the new c */
extern const tad_op tad__op_gru_gates;  /* state: h; result: the new h */

#endif
