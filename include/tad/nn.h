/**
 * tad/nn.h - the usual layers of networks: a layer is a struct of parameters, and a function that applies it.
 *
 *     tad_linear l1 = tad_linear_new(model, "l1", TAD_F32, 784, 128, false), l2 = ...;     // "l1.weight", "l1.bias"
 *     ...
 *     tad_var y = tad_linear_apply(&l2, tad_relu(tad_linear_apply(&l1, x)));              // a network is ordinary C
 *
 * A layer owns nothing: its parameters are the store's, and the struct may be copied. What a `new` function could not make the
 * store has an error for (tad_params_status), its pointers are then NULL, and applying the layer is TAD_EARG on the tape.
 * Applying one records public operations and nothing else: their errors are this one's, too. Parameters begin as PyTorch's.
 */
#ifndef TAD_NN_H
#define TAD_NN_H

#include <tad/options.h>
#include <tad/params.h>

#ifdef __cplusplus
extern "C" {
#endif

/** y = x W' + b, x being [..., in] and y [..., out]. */
typedef struct tad_linear {
    tad_param *weight; /**< [out, in] */
    tad_param *bias;   /**< [out]; NULL: none */
    bool       without_bias;
} tad_linear;

/** Parameters "name.weight" and, unless left out, "name.bias", uniform in +-1 / sqrt(in). Errors: as tad_param_new. */
TAD_API tad_linear tad_linear_new(tad_params *params, const char *name, tad_dtype dtype, int64_t in, int64_t out,
                                  bool without_bias);
TAD_API tad_var    tad_linear_apply(const tad_linear *layer, tad_var x);

/** A convolution of [batch, in, height, width] with windows of height x width: see tad_conv2d. */
typedef struct tad_conv {
    tad_param       *weight; /**< [out, in / groups, height, width] */
    tad_param       *bias;   /**< [out] */
    tad_conv_options options;
} tad_conv;

/** What a convolution is. */
typedef struct tad_conv_shape {
    int64_t          in, out, height, width;
    tad_conv_options options;
} tad_conv_shape;

/** Parameters "name.weight" and "name.bias", uniform in +-1 / sqrt(in / groups height width). Errors: as tad_param_new. */
TAD_API tad_conv tad_conv_new(tad_params *params, const char *name, tad_dtype dtype, const tad_conv_shape *shape);
TAD_API tad_var  tad_conv_apply(const tad_conv *layer, tad_var x);

/** Normalisation over the last axis of `size` numbers, scaled and shifted: see tad_layer_norm. */
typedef struct tad_layernorm {
    tad_param *weight, *bias; /**< [size]; ones and zeros at first */
} tad_layernorm;

TAD_API tad_layernorm tad_layernorm_new(tad_params *params, const char *name, tad_dtype dtype, int64_t size);
TAD_API tad_var       tad_layernorm_apply(const tad_layernorm *layer, tad_var x);

/** Batch normalisation of [batch, channels, ...]: while training with the batch's own statistics, of which the layer keeps
 * running ones (r += momentum (batch's - r), with the unbiased variance), which are used otherwise. */
typedef struct tad_batchnorm {
    tad_param *weight, *bias;   /**< [channels]; ones and zeros at first */
    tad_param *mean, *variance; /**< the running statistics: state, never trained */
    double     momentum;        /**< 0.1 */
} tad_batchnorm;

TAD_API tad_batchnorm tad_batchnorm_new(tad_params *params, const char *name, tad_dtype dtype, int64_t channels);
TAD_API tad_var       tad_batchnorm_apply(const tad_batchnorm *layer, tad_var x, bool training);

/** Row i of a table, for indices i of any shape: see tad_embedding. */
typedef struct tad_table {
    tad_param *weight; /**< [rows, width]; normal at first */
} tad_table;

TAD_API tad_table tad_table_new(tad_params *params, const char *name, tad_dtype dtype, int64_t rows, int64_t width);
TAD_API tad_var   tad_table_apply(const tad_table *layer, tad_var indices);

/** A recurrent layer over sequences [steps, batch, in], to states [steps, batch, size]: see tad_lstm_cell, tad_gru_cell. */
typedef struct tad_recurrent {
    tad_param *weight_ih, *weight_hh, *bias_ih, *bias_hh;
    int        gates; /**< 4: LSTM; 3: GRU */
} tad_recurrent;

/** Parameters "name.weight_ih" and so on, uniform in +-1 / sqrt(size). Errors: as tad_param_new. */
TAD_API tad_recurrent tad_lstm_new(tad_params *params, const char *name, tad_dtype dtype, int64_t in, int64_t size);
TAD_API tad_recurrent tad_gru_new(tad_params *params, const char *name, tad_dtype dtype, int64_t in, int64_t size);

/** From zero states, or from *h and (LSTM) *c where they are given and not zeroed handles; the last states are put there.
 * Errors: TAD_ESHAPE (x is not of rank 3, or has no steps). */
TAD_API tad_var tad_recurrent_apply(const tad_recurrent *layer, tad_var x, tad_var *h, tad_var *c);

/** Multi-head self-attention of x [batch, steps, width]: see tad_attention. */
typedef struct tad_heads {
    tad_linear in;  /**< [3 width, width]: queries, keys and values */
    tad_linear out; /**< [width, width] */
    int64_t    heads;
} tad_heads;

/** `heads` divides `width`. Errors: as tad_param_new; applying: TAD_ESHAPE. */
TAD_API tad_heads tad_heads_new(tad_params *params, const char *name, tad_dtype dtype, int64_t width, int64_t heads);
TAD_API tad_var   tad_heads_apply(const tad_heads *layer, tad_var x, const tad_attention_options *options);

/** A transformer's block, normalised first: x += attention(norm1 x); x += down gelu(up norm2 x), 4 width wide inside. */
typedef struct tad_block {
    tad_layernorm norm1, norm2;
    tad_heads     attention;
    tad_linear    up, down;
} tad_block;

TAD_API tad_block tad_block_new(tad_params *params, const char *name, tad_dtype dtype, int64_t width, int64_t heads);
TAD_API tad_var   tad_block_apply(const tad_block *layer, tad_var x, const tad_attention_options *options);

#ifdef __cplusplus
}
#endif
#endif
