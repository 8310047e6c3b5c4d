#include "page_models.h"

#include "base/random.h"
#include "samples.h"

#include <math.h>
#include <stdio.h>

enum { TOKENS = 6, WIDTH = 12, DEPTH = 4 };

/* ---- a transformer ---- */

static tad_var weights(tad_tape *tape, int64_t rows, int64_t columns, const char *name)
{
    static uint64_t const seed = 7;
    float                 data[WIDTH * 2 * WIDTH];
    size_t                mark = tad_tape_mark(tape);
    for (int64_t i = 0; i < rows * columns; i++)
        data[i] = (float)tad__random_uniform(seed + mark, (uint64_t)i, -0.5, 0.5);
    return tad_named(tad_tensor(tape, TAD_F32, 2, (int64_t[]){rows, columns}, data), name);
}

static tad_var linear(tad_var x, int64_t from, int64_t to, const char *w, const char *b)
{
    tad_var product = tad_matmul(x, weights(x.tape, from, to, w));
    return tad_add(product, weights(x.tape, 1, to, b));
}

static tad_var head(tad_var x)
{
    tad_var q = tad_named(linear(x, WIDTH, DEPTH, "Wq", "bq"), "q");
    tad_var k = tad_named(linear(x, WIDTH, DEPTH, "Wk", "bk"), "k");
    tad_var v = tad_named(linear(x, WIDTH, DEPTH, "Wv", "bv"), "v");
    tad_var scores = tad_mul(tad_matmul(q, tad_transpose(k)), tad_constant(x.tape, 0.5));
    tad_var mixed = tad_matmul(tad_named(tad_softmax(scores, -1), "attention"), v);
    return linear(mixed, DEPTH, WIDTH, "Wo", "bo");
}

static void begin(tad_tape *tape, const char *kind, int number)
{
    char name[40];
    snprintf(name, sizeof name, "%s %d", kind, number);
    tad_scope_begin(tape, name);
}

static tad_var layer(tad_var x, int heads)
{
    tad_tape *tape = x.tape;
    tad_var   y = tad_layer_norm(x, 1, NULL), sum = x;
    for (int i = 0; i < heads; i++) {
        begin(tape, "head", i);
        tad_var part = head(y);
        tad_scope_end(tape);
        sum = tad_add(sum, part);
    }
    tad_scope_begin(tape, "mlp");
    tad_var hidden = tad_relu(linear(tad_layer_norm(sum, 1, NULL), WIDTH, 2 * WIDTH, "W1", "b1"));
    tad_var out = linear(hidden, 2 * WIDTH, WIDTH, "W2", "b2");
    tad_scope_end(tape);
    return tad_add(sum, out);
}

tad_var record_transformer(tad_tape *tape, int layers, int heads)
{
    tad_var x = weights(tape, TOKENS, WIDTH, "tokens");
    for (int i = 0; i < layers; i++) {
        begin(tape, "layer", i);
        x = layer(x, heads);
        tad_scope_end(tape);
    }
    return tad_named(tad_mean(tad_square(x)), "loss");
}

/* ---- every row ---- */

tad_var record_every_row(tad_tape *tape)
{
    tad_var       sum = tad_scalar(tape, 0);
    const tad_op *op;
    for (size_t i = 0; (op = tad_op_at(i)) != NULL && op->partial[0]; i++) {
        double numbers[2][3];
        sample_numbers(op, 3, 3, numbers[0], numbers[1]);
        for (int j = 0; j < 3; j++) {
            tad_var x[2] = {tad_scalar(tape, numbers[0][j]), tad_scalar(tape, op->arity == 2 ? numbers[1][j] : 0)};
            sum = tad_add(sum, tad_apply(op, (tad_args){.n = op->arity, .x = x}));
        }
    }
    return tad_named(sum, "sum");
}

/* ---- troubles ---- */

tad_var record_troubles(tad_tape *tape)
{
    static const double zeros[] = {0.0, -0.0, 1, (double)NAN, (double)INFINITY, -2};
    static const double values[] = {-3, -1, -0.5, 12, 0.25, -7};
    tad_var             x = tad_named(tad_scalar(tape, -2), "</script><script>alert(1)</script>");
    tad_var             evil = tad_named(tad_scalar(tape, 0.1), "\"'\\`${1}<!-- &amp; \n\x01 --> ]]>");
    tad_var             broken = tad_named(tad_scalar(tape, 40), "\xff\xc3 \xe2\x82\xac \xf0\x9f\x98\x80");
    tad_var             unused = tad_named(tad_exp(x), "unused");
    tad_var             dead = tad_named(tad_relu(x), "dead"), saturated = tad_named(tad_sigmoid(broken), "saturated");
    tad_var             twice = tad_named(tad_mul(evil, evil), "twice"), zero = tad_named(tad_scalar(tape, -0.0), "-0");
    tad_var             vector = tad_named(tad_tensor(tape, TAD_F64, 1, (int64_t[]){6}, zeros), "zeros");
    tad_var             matrix = tad_named(tad_tensor(tape, TAD_F64, 2, (int64_t[]){2, 3}, values), "matrix");
    tad_var             empty = tad_tensor(tape, TAD_F32, 2, (int64_t[]){0, 3}, NULL);
    tad_var             one = tad_tensor(tape, TAD_F32, 2, (int64_t[]){1, 1}, &(const float){0.1f});
    tad_var             index = tad_tensor_constant(tape, TAD_I64, 1, (int64_t[]){2}, (const int64_t[]){1, 0});
    tad_var             picked = tad_index_select(matrix, 0, index), units = tad_relu(matrix);
    tad_var             root = tad_sqrt(tad_mul(zero, tad_constant(tape, 1))); /* its derivative at 0 is infinite */
    tad_var             sum = tad_add(tad_add(dead, saturated), tad_add(twice, root));
    sum = tad_add(sum, tad_sum(tad_mul(vector, vector)));
    sum = tad_add(sum, tad_add(tad_sum(tad_matmul(matrix, tad_transpose(matrix))), tad_sum(picked)));
    sum = tad_add(sum, tad_add(tad_sum(units), tad_cast(tad_sum(empty), TAD_F64)));
    (void)unused;
    return tad_named(tad_add(sum, tad_cast(tad_sum(tad_mul(one, evil)), TAD_F64)), "y");
}

/* ---- what is folded ---- */

tad_var record_chain(tad_tape *tape, int steps)
{
    tad_var x = tad_scalar(tape, 0.5), w = tad_scalar(tape, 0.9);
    for (int i = 0; i < steps; i++)
        x = tad_tanh(tad_add(tad_mul(x, w), tad_constant(tape, 0.1)));
    return x;
}

tad_var record_named_layers(tad_tape *tape, int layers)
{
    tad_var x = weights(tape, TOKENS, WIDTH, "x");
    for (int i = 0; i < layers; i++) {
        char w[40], b[40];
        snprintf(w, sizeof w, "encoder.%d.w", i);
        snprintf(b, sizeof b, "encoder.%d.b", i);
        x = tad_tanh(linear(x, WIDTH, WIDTH, w, b));
    }
    return tad_sum(x);
}
