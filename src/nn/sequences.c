/* Layers over steps: recurrence, attention, the transformer's block. */
#include "nn/layers.h"

#include <tad/elementwise.h>
#include <tad/nn.h>
#include <tad/op.h>
#include <tad/operations.h>

#include <math.h>

/* ---- recurrence ---- */

static tad_recurrent recurrent(tad_params *params, const char *name, tad_dtype dtype, int gates, int64_t in,
                               int64_t size)
{
    const tad_init init = {TAD_UNIFORM, size > 0 ? 1 / sqrt((double)size) : 1};
    const int64_t  ih[] = {gates * size, in}, hh[] = {gates * size, size};
    tad_recurrent  layer = {.gates = gates};
    layer.weight_ih = tad__layer_param(params, name, "weight_ih", dtype, 2, ih, init);
    layer.weight_hh = tad__layer_param(params, name, "weight_hh", dtype, 2, hh, init);
    layer.bias_ih = tad__layer_param(params, name, "bias_ih", dtype, 1, ih, init);
    layer.bias_hh = tad__layer_param(params, name, "bias_hh", dtype, 1, ih, init);
    return layer;
}

tad_recurrent tad_lstm_new(tad_params *params, const char *name, tad_dtype dtype, int64_t in, int64_t size)
{
    return recurrent(params, name, dtype, 4, in, size);
}

tad_recurrent tad_gru_new(tad_params *params, const char *name, tad_dtype dtype, int64_t in, int64_t size)
{
    return recurrent(params, name, dtype, 3, in, size);
}

static tad_var zeros(tad_tape *tape, const tad_recurrent *layer, int64_t batch)
{
    const int64_t one[] = {1, 1}, dims[] = {batch, layer->weight_hh->dims[1]};
    return tad_broadcast_to(tad_tensor_constant(tape, layer->weight_hh->dtype, 2, one, (const double[]){0}), 2, dims);
}

/* The states, one behind the other: as many as an operation takes at a time are joined, and then added to those before. */
static tad_var run(const tad_recurrent *layer, tad_var x, tad_var *h, tad_var *c)
{
    tad_var y = {0}, states[TAD_MAX_ARITY];
    tad_var w_ih = tad__layer_use(x, layer->weight_ih), w_hh = tad__layer_use(x, layer->weight_hh);
    tad_var b_ih = tad__layer_use(x, layer->bias_ih), b_hh = tad__layer_use(x, layer->bias_hh);
    int     waiting = 0;
    for (int64_t t = 0, steps = tad_dim(x, 0); t < steps; t++) {
        tad_var now = tad_squeeze(tad_slice(x, 0, t, t + 1), 0);
        if (layer->gates == 3)
            *h = tad_gru_cell(now, *h, w_ih, w_hh, b_ih, b_hh);
        else if (tad_lstm_cell(now, *h, *c, w_ih, w_hh, b_ih, b_hh, h, c) != TAD_OK)
            return *h;
        states[waiting++] = tad_unsqueeze(*h, 0);
        if (waiting < TAD_MAX_ARITY && t < steps - 1)
            continue;
        y = tad_concat(waiting, states, 0);
        states[0] = y;
        waiting = 1;
    }
    return y;
}

tad_var tad_recurrent_apply(const tad_recurrent *layer, tad_var x, tad_var *h, tad_var *c)
{
    tad_tape *tape = x.tape;
    tad_frame outer = tad_enter(tape, "tad_recurrent_apply", TAD_CALLER);
    bool      whole = layer && layer->weight_ih && layer->weight_hh && layer->bias_ih && layer->bias_hh;
    tad_var   y, h_own = {0}, c_own = {0};
    h = h ? h : &h_own;
    c = c ? c : &c_own;
    if (!whole) {
        y = tad__layer_use(x, NULL);
    } else if (!tad_is_valid(x) || tad_rank(x) != 3 || tad_dim(x, 0) == 0) {
        y = tad_permute(tad_slice(x, 0, 0, 1), 3, (const int[]){0, 1, 2}); /* refuses, with the shape of x */
    } else {
        int64_t batch = tad_dim(x, 1);
        *h = h->tape ? *h : zeros(tape, layer, batch);
        *c = c->tape || layer->gates == 3 ? *c : zeros(tape, layer, batch);
        y = run(layer, x, h, c);
    }
    tad_leave(tape, outer);
    return y;
}

/* ---- attention ---- */

tad_heads tad_heads_new(tad_params *params, const char *name, tad_dtype dtype, int64_t width, int64_t heads)
{
    char in[TAD__LONGEST_NAME], out[TAD__LONGEST_NAME];
    return (tad_heads){
        .in = tad_linear_new(params, tad__layer_name(in, name, "in"), dtype, width, 3 * width, false),
        .out = tad_linear_new(params, tad__layer_name(out, name, "out"), dtype, width, width, false),
        .heads = heads > 0 ? heads : 1,
    };
}

/* [batch, steps, 3 heads d] is seen as [3, batch, heads, steps, d], which has queries, keys and values one by one. */
static tad_var attend(const tad_heads *layer, tad_var x, const tad_attention_options *options)
{
    int64_t batch = tad_dim(x, 0), steps = tad_dim(x, 1), width = tad_dim(x, 2);
    tad_var qkv = tad_reshape(tad_linear_apply(&layer->in, x), 5,
                              (const int64_t[]){batch, steps, 3, layer->heads, width / layer->heads});
    tad_var part[3];
    qkv = tad_permute(qkv, 5, (const int[]){2, 0, 3, 1, 4});
    for (int k = 0; k < 3; k++)
        part[k] = tad_squeeze(tad_slice(qkv, 0, k, k + 1), 0);
    tad_var y = tad_permute(tad_attention(part[0], part[1], part[2], options), 4, (const int[]){0, 2, 1, 3});
    return tad_linear_apply(&layer->out, tad_reshape(y, 3, (const int64_t[]){batch, steps, width}));
}

tad_var tad_heads_apply(const tad_heads *layer, tad_var x, const tad_attention_options *options)
{
    tad_frame outer = tad_enter(x.tape, "tad_heads_apply", TAD_CALLER);
    tad_var   y;
    if (!layer)
        y = tad__layer_use(x, NULL);
    else if (!tad_is_valid(x) || tad_rank(x) != 3)
        y = tad_permute(x, 3, (const int[]){0, 1, 2}); /* refuses, with the shape of x */
    else
        y = attend(layer, x, options);
    tad_leave(x.tape, outer);
    return y;
}

tad_block tad_block_new(tad_params *params, const char *name, tad_dtype dtype, int64_t width, int64_t heads)
{
    char      part[TAD__LONGEST_NAME];
    tad_block layer;
    layer.norm1 = tad_layernorm_new(params, tad__layer_name(part, name, "norm1"), dtype, width);
    layer.attention = tad_heads_new(params, tad__layer_name(part, name, "attention"), dtype, width, heads);
    layer.norm2 = tad_layernorm_new(params, tad__layer_name(part, name, "norm2"), dtype, width);
    layer.up = tad_linear_new(params, tad__layer_name(part, name, "up"), dtype, width, 4 * width, false);
    layer.down = tad_linear_new(params, tad__layer_name(part, name, "down"), dtype, 4 * width, width, false);
    return layer;
}

tad_var tad_block_apply(const tad_block *layer, tad_var x, const tad_attention_options *options)
{
    tad_frame outer = tad_enter(x.tape, "tad_block_apply", TAD_CALLER);
    tad_var   y = layer ? x : tad__layer_use(x, NULL);
    if (layer) {
        y = tad_add(y, tad_heads_apply(&layer->attention, tad_layernorm_apply(&layer->norm1, y), options));
        tad_var inside = tad_gelu(tad_linear_apply(&layer->up, tad_layernorm_apply(&layer->norm2, y)));
        y = tad_add(y, tad_linear_apply(&layer->down, inside));
    }
    tad_leave(x.tape, outer);
    return y;
}
