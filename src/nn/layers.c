/* Layers that know no steps: linear, convolution, normalisation, tables. */
#include "nn/layers.h"

#include "base/text.h"

#include <tad/elementwise.h>
#include <tad/nn.h>
#include <tad/op.h>
#include <tad/operations.h>

#include <math.h>

const char *tad__layer_name(char out[TAD__LONGEST_NAME], const char *name, const char *part)
{
    tad__text text = {.out = out, .size = TAD__LONGEST_NAME};
    out[0] = '\0';
    if (name)
        tad__text_add(&text, "%s.%s", name, part);
    return out;
}

tad_param *tad__layer_param(tad_params *params, const char *name, const char *part, tad_dtype dtype, int rank,
                            const int64_t dims[], tad_init init)
{
    char whole[TAD__LONGEST_NAME];
    return tad_param_new(params, tad__layer_name(whole, name, part), dtype, rank, dims, init);
}

tad_var tad__layer_use(tad_var x, tad_param *param)
{
    return tad_is_valid(x) ? tad_use(x.tape, param) : tad_stop_gradient(x);
}

static tad_init uniform(double fan)
{
    return (tad_init){TAD_UNIFORM, fan > 0 ? 1 / sqrt(fan) : 1};
}

tad_linear tad_linear_new(tad_params *params, const char *name, tad_dtype dtype, int64_t in, int64_t out,
                          bool without_bias)
{
    tad_linear layer = {.without_bias = without_bias};
    tad_init   init = uniform((double)in);
    layer.weight = tad__layer_param(params, name, "weight", dtype, 2, (const int64_t[]){out, in}, init);
    if (!without_bias)
        layer.bias = tad__layer_param(params, name, "bias", dtype, 1, &out, init);
    return layer;
}

tad_var tad_linear_apply(const tad_linear *layer, tad_var x)
{
    tad_frame outer = tad_enter(x.tape, "tad_linear_apply", TAD_CALLER);
    tad_var   y = tad_matmul(x, tad_transpose(tad__layer_use(x, layer ? layer->weight : NULL)));
    if (layer && !layer->without_bias)
        y = tad_add(y, tad__layer_use(x, layer->bias));
    tad_leave(x.tape, outer);
    return y;
}

tad_conv tad_conv_new(tad_params *params, const char *name, tad_dtype dtype, const tad_conv_shape *shape)
{
    tad_conv layer = {0};
    if (!shape)
        return layer;
    int64_t  groups = shape->options.groups > 0 ? shape->options.groups : 1;
    int64_t  dims[] = {shape->out, shape->in / groups, shape->height, shape->width};
    tad_init init = uniform((double)dims[1] * (double)dims[2] * (double)dims[3]);
    layer.options = shape->options;
    layer.weight = tad__layer_param(params, name, "weight", dtype, 4, dims, init);
    layer.bias = tad__layer_param(params, name, "bias", dtype, 1, dims, init);
    return layer;
}

tad_var tad_conv_apply(const tad_conv *layer, tad_var x)
{
    tad_frame outer = tad_enter(x.tape, "tad_conv_apply", TAD_CALLER);
    tad_var   w = tad__layer_use(x, layer ? layer->weight : NULL), b = tad__layer_use(x, layer ? layer->bias : NULL);
    tad_var   y = tad_is_valid(b) ? tad_conv2d(x, w, b, &layer->options) : b;
    tad_leave(x.tape, outer);
    return y;
}

tad_layernorm tad_layernorm_new(tad_params *params, const char *name, tad_dtype dtype, int64_t size)
{
    tad_layernorm layer = {0};
    layer.weight = tad__layer_param(params, name, "weight", dtype, 1, &size, (tad_init){TAD_ONES, 0});
    layer.bias = tad__layer_param(params, name, "bias", dtype, 1, &size, (tad_init){TAD_ZEROS, 0});
    return layer;
}

tad_var tad_layernorm_apply(const tad_layernorm *layer, tad_var x)
{
    tad_frame        outer = tad_enter(x.tape, "tad_layernorm_apply", TAD_CALLER);
    tad_norm_options options = {.gamma = tad__layer_use(x, layer ? layer->weight : NULL),
                                .beta = tad__layer_use(x, layer ? layer->bias : NULL)};
    tad_var          y = tad_layer_norm(x, 1, &options);
    tad_leave(x.tape, outer);
    return y;
}

static tad_param *state(tad_params *params, const char *name, const char *part, tad_dtype dtype, int64_t size,
                        tad_filling filling)
{
    tad_param *param = tad__layer_param(params, name, part, dtype, 1, &size, (tad_init){filling, 0});
    if (param)
        param->frozen = param->state = true;
    return param;
}

tad_batchnorm tad_batchnorm_new(tad_params *params, const char *name, tad_dtype dtype, int64_t channels)
{
    tad_layernorm affine = tad_layernorm_new(params, name, dtype, channels);
    tad_batchnorm layer = {.weight = affine.weight, .bias = affine.bias, .momentum = 0.1};
    layer.mean = state(params, name, "running_mean", dtype, channels, TAD_ZEROS);
    layer.variance = state(params, name, "running_var", dtype, channels, TAD_ONES);
    return layer;
}

/* running += momentum (factor batch - running) */
static void follow(tad_param *running, tad_var batch, double momentum, double factor)
{
    tad_tape *tape = batch.tape;
    size_t    bytes = (size_t)running->count * tad_dtype_size(running->dtype);
    tad_tape_pause(tape);
    tad_var was = tad_tensor_constant(tape, running->dtype, 1, running->dims, running->value);
    tad_var step = tad_sub(tad_mul(batch, tad_constant(tape, factor)), was);
    tad_var next = tad_add(was, tad_mul(step, tad_constant(tape, momentum)));
    tad_tape_resume(tape);
    if (tad_read(next, running->value, bytes) == TAD_OK)
        tad_param_touch(running);
}

static tad_var normalise(const tad_batchnorm *layer, tad_var x, bool training)
{
    tad_norm_options options = {.gamma = tad__layer_use(x, layer->weight), .beta = tad__layer_use(x, layer->bias)};
    tad_var          y, mean, variance;
    if (!training)
        return tad_batch_norm_inference(x, tad__layer_use(x, layer->mean), tad__layer_use(x, layer->variance),
                                        &options);
    if (tad_batch_norm(x, &options, &y, &mean, &variance) != TAD_OK)
        return y;
    double channels = (double)layer->mean->count, each = channels > 0 ? (double)tad_count(x) / channels : 0;
    follow(layer->mean, mean, layer->momentum, 1);
    follow(layer->variance, variance, layer->momentum, each > 1 ? each / (each - 1) : 1);
    return y;
}

tad_var tad_batchnorm_apply(const tad_batchnorm *layer, tad_var x, bool training)
{
    tad_frame outer = tad_enter(x.tape, "tad_batchnorm_apply", TAD_CALLER);
    bool      whole = layer && layer->weight && layer->bias && layer->mean && layer->variance;
    tad_var   y = whole ? normalise(layer, x, training) : tad__layer_use(x, NULL);
    tad_leave(x.tape, outer);
    return y;
}

tad_table tad_table_new(tad_params *params, const char *name, tad_dtype dtype, int64_t rows, int64_t width)
{
    const int64_t dims[] = {rows, width};
    return (tad_table){tad__layer_param(params, name, "weight", dtype, 2, dims, (tad_init){TAD_NORMAL, 0})};
}

tad_var tad_table_apply(const tad_table *layer, tad_var indices)
{
    tad_frame outer = tad_enter(indices.tape, "tad_table_apply", TAD_CALLER);
    tad_var   y = tad_embedding(tad__layer_use(indices, layer ? layer->weight : NULL), indices);
    tad_leave(indices.tape, outer);
    return y;
}
