/* The models of models.def, of nothing but public functions: the loss from data and parameters x. */
#include "bench.h"

static tad_var dense(tad_var x, tad_var weights, tad_var bias)
{
    return tad_add(tad_matmul(x, weights), bias);
}

/* x: images, their classes, two layers; 64 images at a time. */
tad_var bench_perceptron(const tad_var x[])
{
    tad_var hidden = tad_relu(dense(x[0], x[2], x[3]));
    return tad_cross_entropy(dense(hidden, x[4], x[5]), x[1], NULL);
}

static tad_var convolve(tad_var x, tad_var kernel, tad_var bias)
{
    const tad_pool_options halves = {.kernel = {2, 2}};
    return tad_max_pool2d(tad_relu(tad_conv2d(x, kernel, bias, NULL)), &halves);
}

/* x: images, their classes, two convolutions and a dense layer. */
tad_var bench_convolutions(const tad_var x[])
{
    tad_var features = convolve(convolve(x[0], x[2], x[3]), x[4], x[5]);
    tad_var rows = tad_reshape(features, 2, (const int64_t[]){tad_dim(features, 0), -1});
    return tad_cross_entropy(dense(rows, x[6], x[7]), x[1], NULL);
}

/* x: [steps, batch, inputs], the first state h and c, weights and biases. */
tad_var bench_lstm(const tad_var x[])
{
    tad_var h = x[1], c = x[2];
    for (int64_t i = 0; i < tad_dim(x[0], 0); i++) {
        tad_var input = tad_squeeze(tad_slice(x[0], 0, i, i + 1), 0);
        bench_require(tad_lstm_cell(input, h, c, x[3], x[4], x[5], x[6], &h, &c) == TAD_OK, "lstm_cell");
    }
    return tad_mean(tad_square(h));
}

enum { HEADS = 4 };

/* [batch, positions, width] to [batch, heads, positions, width of a head]; part k of the three along the last axis. */
static tad_var heads(tad_var x, int k)
{
    int64_t       width = tad_dim(x, 2) / 3;
    const int64_t dims[] = {tad_dim(x, 0), tad_dim(x, 1), HEADS, width / HEADS};
    tad_var       part = tad_slice(x, 2, k * width, (k + 1) * width);
    return tad_permute(tad_reshape(part, 4, dims), 4, (const int[]){0, 2, 1, 3});
}

/* x: [batch, positions, width]; normalisation, queries, keys and values, projection; normalisation, two layers. */
tad_var bench_transformer(const tad_var x[])
{
    tad_var normal = tad_layer_norm(x[0], 1, &(tad_norm_options){.gamma = x[1], .beta = x[2]});
    tad_var all = tad_matmul(normal, x[3]);
    tad_var seen = tad_attention(heads(all, 0), heads(all, 1), heads(all, 2), &(tad_attention_options){.causal = true});
    tad_var joined = tad_reshape(tad_permute(seen, 4, (const int[]){0, 2, 1, 3}), 3,
                                 (const int64_t[]){tad_dim(x[0], 0), tad_dim(x[0], 1), tad_dim(x[0], 2)});
    tad_var y = tad_add(x[0], tad_matmul(joined, x[4]));
    normal = tad_layer_norm(y, 1, &(tad_norm_options){.gamma = x[5], .beta = x[6]});
    y = tad_add(y, dense(tad_gelu(dense(normal, x[7], x[8])), x[9], x[10]));
    return tad_mean(tad_square(y));
}
