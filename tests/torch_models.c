#include "torch_models.h"

#include "support.h"

two torch_slogdet(tad_var x)
{
    two y;
    expect_ok(tad_slogdet(x, &y.part[0], &y.part[1]));
    return y;
}

two torch_qr(tad_var x)
{
    two y;
    expect_ok(tad_qr(x, &y.part[0], &y.part[1]));
    return y;
}

two torch_eigh(tad_var x)
{
    two y;
    expect_ok(tad_eigh(x, &y.part[0], &y.part[1]));
    return y;
}

tad_var torch_batch_norm(tad_var x, const tad_norm_options *options)
{
    tad_var y;
    expect_ok(tad_batch_norm(x, options, &y, NULL, NULL));
    return y;
}

tad_var torch_batch_norm_statistics(tad_var x)
{
    tad_var y, statistics[2];
    expect_ok(tad_batch_norm(x, NULL, &y, &statistics[0], &statistics[1]));
    return tad_concat(2, statistics, 0);
}

/* h and c side by side. */
tad_var torch_lstm_cell(const tad_var x[])
{
    tad_var state[2];
    expect_ok(tad_lstm_cell(x[0], x[1], x[2], x[3], x[4], x[5], x[6], &state[0], &state[1]));
    return tad_concat(2, state, 1);
}

static tad_var linear(tad_var x, tad_var w, tad_var b)
{
    return tad_add(tad_matmul(x, w), b);
}

tad_var torch_perceptron(const tad_var x[])
{
    tad_var data = x[0], targets = x[1], w1 = x[2], b1 = x[3], w2 = x[4], b2 = x[5];
    return tad_mse_loss(linear(tad_tanh(linear(data, w1, b1)), w2, b2), targets, TAD_MEAN);
}

/* Convolution, maxima of 2 x 2, convolution, mean of the pixels, classes. */
tad_var torch_convolutional(const tad_var x[])
{
    tad_var data = x[0], targets = x[1], w1 = x[2], b1 = x[3], w2 = x[4], b2 = x[5], w3 = x[6], b3 = x[7];
    tad_var y = tad_relu(tad_conv2d(data, w1, b1, &(tad_conv_options){.padding = {1, 1}}));
    y = tad_max_pool2d(y, &(tad_pool_options){.kernel = {2, 2}});
    y = tad_mean_axes(tad_relu(tad_conv2d(y, w2, b2, NULL)), 2, (const int[]){2, 3}, false);
    return tad_cross_entropy(linear(y, w3, b3), targets, NULL);
}

/* A target at each step; the losses of all steps are added. */
tad_var torch_lstm(const tad_var x[])
{
    tad_var data = x[0], targets = x[1], h = x[2], c = x[2], loss = tad_constant(x[0].tape, 0);
    tad_var w_ih = x[3], w_hh = x[4], b_ih = x[5], b_hh = x[6], w = x[7], b = x[8];
    int     steps = (int)tad_dim(data, 0);
    tad_var xs[8], ts[8];
    ck_assert_int_le(steps, (int)COUNT(xs));
    expect_ok(tad_split(data, 0, steps, NULL, xs));
    expect_ok(tad_split(targets, 0, steps, NULL, ts));
    for (int i = 0; i < steps; i++) {
        expect_ok(tad_lstm_cell(tad_squeeze(xs[i], 0), h, c, w_ih, w_hh, b_ih, b_hh, &h, &c));
        loss = tad_add(loss, tad_mse_loss(linear(h, w, b), tad_squeeze(ts[i], 0), TAD_MEAN));
    }
    return loss;
}

/* [batch, length, width] to [batch, heads, length, width / heads], and back. */
static tad_var into_heads(tad_var x, int64_t heads)
{
    int64_t batch = tad_dim(x, 0), length = tad_dim(x, 1), width = tad_dim(x, 2);
    x = tad_reshape(x, 4, (const int64_t[]){batch, length, heads, width / heads});
    return tad_permute(x, 4, (const int[]){0, 2, 1, 3});
}

static tad_var out_of_heads(tad_var x)
{
    int64_t batch = tad_dim(x, 0), length = tad_dim(x, 2);
    return tad_reshape(tad_permute(x, 4, (const int[]){0, 2, 1, 3}), 3, (const int64_t[]){batch, length, -1});
}

/* A block that normalises first, with two heads of causal attention, and classes at each place. */
tad_var torch_transformer(const tad_var x[])
{
    tad_var data = x[0], targets = x[1], w_in = x[4], b_in = x[5], w_out = x[6], b_out = x[7];
    tad_var w1 = x[10], b1 = x[11], w2 = x[12], b2 = x[13], w = x[14], qkv[3];

    tad_var y = tad_layer_norm(data, 1, &(tad_norm_options){.gamma = x[2], .beta = x[3]});
    expect_ok(tad_split(linear(y, w_in, b_in), -1, 3, NULL, qkv));
    y = tad_attention(into_heads(qkv[0], 2), into_heads(qkv[1], 2), into_heads(qkv[2], 2),
                      &(tad_attention_options){.causal = true});
    y = tad_add(data, linear(out_of_heads(y), w_out, b_out));

    tad_var normal = tad_layer_norm(y, 1, &(tad_norm_options){.gamma = x[8], .beta = x[9]});
    y = tad_matmul(tad_add(y, linear(tad_gelu(linear(normal, w1, b1)), w2, b2)), w);
    return tad_cross_entropy(tad_reshape(y, 2, (const int64_t[]){-1, tad_dim(w, 1)}), targets, NULL);
}
