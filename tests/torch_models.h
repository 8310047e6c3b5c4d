/* What tests/torch_cases.def needs more than one line for: operations of several results, and models. */
#ifndef TESTS_TORCH_MODELS_H
#define TESTS_TORCH_MODELS_H

#include <tad/tad.h>

/* Operations of several results: one of them, two, or both in one tensor as the case has them. */
typedef struct two {
    tad_var part[2];
} two;

two     torch_slogdet(tad_var x);
two     torch_qr(tad_var x);
two     torch_eigh(tad_var x);
tad_var torch_batch_norm(tad_var x, const tad_norm_options *options);
tad_var torch_batch_norm_statistics(tad_var x);
tad_var torch_lstm_cell(const tad_var x[]);

/* Models: the loss, given data, targets and parameters in the order of tests/torch/make_golden.py. */
tad_var torch_perceptron(const tad_var x[]);
tad_var torch_convolutional(const tad_var x[]);
tad_var torch_lstm(const tad_var x[]);
tad_var torch_transformer(const tad_var x[]);

#endif
