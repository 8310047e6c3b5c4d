/* The worked network, recorded with scalars: two inputs, two hidden units, two outputs.
 *
 *     i1 --w1--> h1 --w5--> o1        sum_h1 = i1*w1 + i2*w3 + b1     h1 = sigmoid(sum_h1)
 *        \      /  \       /          sum_h2 = i1*w2 + i2*w4 + b1     h2 = sigmoid(sum_h2)
 *      w2  \  / w3  w7   / w6         sum_o1 = h1*w5 + h2*w6 + b2     o1 = sigmoid(sum_o1)
 *          / \        / \             sum_o2 = h1*w7 + h2*w8 + b2     o2 = sigmoid(sum_o2)
 *     i2 --w4--> h2 --w8--> o2        E = half of (o1 - t1)^2 + (o2 - t2)^2
 */
#ifndef NETWORK_H
#define NETWORK_H

#include <tad/tad.h>

enum { WEIGHTS = 8, PARAMETERS = 10, STEPS = 11 };

static const double rate = 0.6;
static const double first_values[PARAMETERS] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.25, 0.35};

static const char *const parameter_names[PARAMETERS] = {"w1", "w2", "w3", "w4", "w5", "w6", "w7", "w8", "b1", "b2"};

/* Every named value of the forward pass, in the order of its computation; E is the last. */
typedef struct network {
    tad_var steps[STEPS];
    int     count;
} network;

static tad_var step(network *net, tad_var x, const char *name)
{
    return net->steps[net->count++] = tad_named(x, name);
}

/* x1 * w1 + x2 * w2 + b */
static tad_var weigh(tad_var x1, tad_var w1, tad_var x2, tad_var w2, tad_var b)
{
    return tad_add(tad_add(tad_mul(x1, w1), tad_mul(x2, w2)), b);
}

/* (o - t)^2 / 2 */
static tad_var half_square(tad_var o, tad_var t)
{
    return tad_mul(tad_constant(o.tape, 0.5), tad_square(tad_sub(o, t)));
}

/* Records the network on the tape of its parameters w[0..7], b[0..1] and returns E. This is all there is to say about it:
 * nobody derives a gradient. (A tad_function, so that tad_gradcheck can call it, too.) */
static tad_var record_network(void *user, size_t n, const tad_var p[])
{
    network       *net = user;
    tad_tape      *tape = p[0].tape;
    const tad_var *w = p, *b = p + WEIGHTS;
    net->count = 0;
    for (size_t i = 0; i < n; i++)
        tad_named(p[i], parameter_names[i]);

    tad_var i1 = tad_named(tad_constant(tape, 0.1), "i1"), i2 = tad_named(tad_constant(tape, 0.5), "i2");
    tad_var t1 = tad_named(tad_constant(tape, 0.05), "t1"), t2 = tad_named(tad_constant(tape, 0.95), "t2");

    tad_var sum_h1 = step(net, weigh(i1, w[0], i2, w[2], b[0]), "sum_h1");
    tad_var sum_h2 = step(net, weigh(i1, w[1], i2, w[3], b[0]), "sum_h2");
    tad_var h1 = step(net, tad_sigmoid(sum_h1), "h1");
    tad_var h2 = step(net, tad_sigmoid(sum_h2), "h2");

    tad_var sum_o1 = step(net, weigh(h1, w[4], h2, w[5], b[1]), "sum_o1");
    tad_var sum_o2 = step(net, weigh(h1, w[6], h2, w[7], b[1]), "sum_o2");
    tad_var o1 = step(net, tad_sigmoid(sum_o1), "o1");
    tad_var o2 = step(net, tad_sigmoid(sum_o2), "o2");

    tad_var e1 = step(net, half_square(o1, t1), "E1");
    tad_var e2 = step(net, half_square(o2, t2), "E2");
    return step(net, tad_add(e1, e2), "E");
}

#endif
