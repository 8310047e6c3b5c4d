/* layers: convolution, transposed convolution and the gradient of the kernel: the derivatives of one sum (see
 * tensor/conv.h) by its three arrays. Each is linear in the other two, and its derivatives are the other operations. */
#include "ops/conv.h"
#include "ops/arguments.h"

#include "ops/pairs.h"
#include "ops/sample.h"
#include "tensor/move.h"

#include <tad/elementwise.h>
#include <tad/operations.h>

enum { CHUNK_BYTES = 1 << 18 };

/* ---- numbers ---- */

/* The bias, or its gradient, in the shape of the result. */
static tad_array along_channels(const tad_array *bias, const tad_array *shape)
{
    tad_array view = *bias;
    tad__array_set_shape(&view, 4, shape->dims);
    for (int i = 0; i < 4; i++)
        view.strides[i] = i == 1 ? bias->strides[0] : 0;
    return view;
}

static void add_derivative(const tad_call *call, const tad__conv *g, tad__conv_role role,
                           const tad_array arrays[TAD__CONV_ROLES])
{
    void *scratch = tad_scratch(call, tad__conv_scratch(g, role, call->out->dtype));
    if (scratch)
        tad__conv_add(g, role, arrays, scratch);
}

/* Elements `first` and behind of the batch. */
static tad_array part_of_batch(const tad_array *array, int64_t first, int64_t n)
{
    tad_array part = *array;
    part.dims[0] = n;
    part.data = (char *)array->data + first * array->strides[0] * (int64_t)tad_dtype_size(array->dtype);
    return part;
}

static void fill(const tad_call *call, const tad_array *out)
{
    if (call->n <= TAD__CONV_BIAS) {
        tad__fill(out, 0);
        return;
    }
    tad_array bias = along_channels(&call->in[TAD__CONV_BIAS], out);
    tad__copy(out, &bias);
}

/* A few of the batch at a time, so that they are still in the cache when what was filled is added to. */
static void forward(const tad_call *call)
{
    tad__conv_role        result = ((const tad__conv_attributes *)call->attributes)->result;
    const tad__conv_role *in = tad__conv_operands[result];
    tad__conv             g;
    tad_array             arrays[TAD__CONV_ROLES];
    if (tad__conv_geometry(call, &g) != TAD_OK)
        return; /* never: the shape was found before */
    arrays[result] = *call->out;
    for (int k = 0; k < 2; k++)
        arrays[in[k]] = call->in[k];
    if (result == TAD__CONV_W) {
        tad__fill(call->out, 0);
        add_derivative(call, &g, result, arrays);
        return;
    }
    void *scratch = tad_scratch(call, tad__conv_scratch(&g, result, call->out->dtype));
    if (!scratch || tad__array_count(call->out) == 0)
        return;
    tad_array whole[TAD__CONV_ROLES] = {arrays[0], arrays[1], arrays[2]};
    int64_t   each = (int64_t)tad__array_bytes(call->out) / g.batch, step = 1 + CHUNK_BYTES / each;
    for (int64_t first = 0, batch = g.batch; first < batch; first += step) {
        g.batch = batch - first < step ? batch - first : step;
        arrays[TAD__CONV_X] = part_of_batch(&whole[TAD__CONV_X], first, g.batch);
        arrays[TAD__CONV_Y] = part_of_batch(&whole[TAD__CONV_Y], first, g.batch);
        fill(call, &arrays[result]);
        tad__conv_add(&g, result, arrays, scratch);
    }
}

static void backward(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    tad__conv_role        result = ((const tad__conv_attributes *)call->attributes)->result;
    const tad__conv_role *in = tad__conv_operands[result];
    tad__conv             g;
    if (tad__conv_geometry(call, &g) != TAD_OK)
        return; /* never */
    for (int k = 0; k < 2; k++) {
        tad_array arrays[TAD__CONV_ROLES];
        arrays[result] = *gy;
        arrays[in[k]] = gx[k];
        arrays[in[1 - k]] = call->in[1 - k];
        if (gx[k].data)
            add_derivative(call, &g, in[k], arrays);
    }
    if (call->n > TAD__CONV_BIAS && gx[TAD__CONV_BIAS].data) {
        tad_array view = along_channels(&gx[TAD__CONV_BIAS], gy);
        tad__accumulate(&view, gy, 1);
    }
}

/* ---- rules ---- */

/* The derivative by `role`, recorded, from the other two arrays; its size is that of `like`. */
static tad_var derivative(const tad_rule *rule, tad__conv_role role, const tad_var arrays[TAD__CONV_ROLES],
                          tad_var like)
{
    static const tad_op *const by_role[] = {&tad__op_conv_transpose2d, &tad__op_conv2d_kernel, &tad__op_conv2d};
    tad__conv_attributes       to = *(const tad__conv_attributes *)rule->attributes;
    const tad_var              x[] = {arrays[tad__conv_operands[role][0]], arrays[tad__conv_operands[role][1]]};
    to.result = role;
    to.sized = true;
    to.size[0] = tad_dim(like, 2);
    to.size[1] = tad_dim(like, 3);
    return tad_apply(by_role[role], (tad_args){.n = 2, .x = x, .attributes = &to});
}

static void vjp(const tad_rule *rule)
{
    tad__conv_role        result = ((const tad__conv_attributes *)rule->attributes)->result;
    const tad__conv_role *in = tad__conv_operands[result];
    for (int k = 0; k < 2; k++) {
        tad_var arrays[TAD__CONV_ROLES] = {{0}};
        arrays[result] = rule->gy;
        arrays[in[1 - k]] = rule->x[1 - k];
        if (rule->wanted[k])
            rule->gx[k] = derivative(rule, in[k], arrays, rule->x[k]);
    }
    if (rule->n > TAD__CONV_BIAS && rule->wanted[TAD__CONV_BIAS])
        rule->gx[TAD__CONV_BIAS] = tad_sum_axes(rule->gy, 3, (const int[]){0, 2, 3}, false);
}

/* Linear in each of the two, and the bias is only added. */
static tad_var jvp(const tad_rule *rule)
{
    tad__conv_role        result = ((const tad__conv_attributes *)rule->attributes)->result;
    const tad__conv_role *in = tad__conv_operands[result];
    tad_var               dy = {0};
    for (int k = 0; k < rule->n; k++) {
        tad_var d, arrays[TAD__CONV_ROLES] = {{0}};
        if (!rule->wanted[k])
            continue;
        if (k == TAD__CONV_BIAS) {
            d = tad_reshape(rule->dx[TAD__CONV_BIAS], 3, (const int64_t[]){tad_count(rule->dx[TAD__CONV_BIAS]), 1, 1});
        } else {
            arrays[in[k]] = rule->dx[k];
            arrays[in[1 - k]] = rule->x[1 - k];
            d = derivative(rule, result, arrays, rule->y);
        }
        dy = dy.tape ? tad_add(dy, d) : d;
    }
    return dy;
}

/* ---- operations ---- */

#define ATTRIBUTES(...)                                                                                                \
    .attributes = &(const tad__conv_attributes)                                                                        \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }
#define CONV(...) ATTRIBUTES(.result = TAD__CONV_Y, .options = {__VA_ARGS__})
#define TRANSPOSED(...) ATTRIBUTES(.result = TAD__CONV_X, .options = {__VA_ARGS__})
#define KERNEL(height, width, ...)                                                                                     \
    ATTRIBUTES(.result = TAD__CONV_W, .options = {__VA_ARGS__}, .sized = true, .size = {height, width})

static const tad_sample convolutions[] = {
    {.in = "[1, 1, 1, 1] [1, 1, 1, 1]", CONV(.groups = 1)},
    {.in = "[1, 1, 4, 5] [1, 1, 3, 2]", CONV(.groups = 1)},
    {.in = "[2, 2, 3, 4] [3, 2, 2, 2] [3]", CONV(.groups = 1)},
    {.in = "[1, 2, 4, 4] [2, 2, 3, 3] [2]", CONV(.padding = {1, 1})},
    {.in = "[1, 2, 5, 6] [2, 2, 2, 3]", CONV(.stride = {2, 3}, .padding = {1, 0})},
    {.in = "[1, 1, 6, 7] [2, 1, 2, 3] [2]", CONV(.dilation = {3, 2})},
    {.in = "[1, 1, 7, 6] [1, 1, 3, 3]", CONV(.stride = {2, 3}, .padding = {2, 1}, .dilation = {3, 2})},
    {.in = "[2, 4, 3, 3] [4, 2, 2, 2] [4]", CONV(.groups = 2)},
    {.in = "[1, 3, 4, 3] [6, 1, 3, 2]", CONV(.padding = {1, 1}, .groups = 3)},
    {.in = "[2, 3, 3, 3] [5, 3, 1, 1] [5]", CONV(.groups = 1)},
    {.in = "[1, 1, 2, 2] [1, 1, 2, 2]", CONV(.padding = {3, 3}, .stride = {3, 3})},
    {.in = "[1, 1, 1, 19] [1, 1, 1, 3]", CONV(.padding = {0, 1})},
    {.in = "[0, 2, 3, 3] [2, 2, 2, 2] [2]", CONV(.groups = 1)},
};

static const tad_sample transposes[] = {
    {.in = "[1, 1, 1, 1] [1, 1, 1, 1]", TRANSPOSED(.groups = 1)},
    {.in = "[1, 1, 3, 2] [1, 1, 2, 3]", TRANSPOSED(.groups = 1)},
    {.in = "[2, 3, 2, 2] [3, 2, 2, 2] [2]", TRANSPOSED(.groups = 1)},
    {.in = "[1, 2, 4, 4] [2, 2, 3, 3] [2]", TRANSPOSED(.padding = {1, 1})},
    {.in = "[1, 2, 2, 3] [2, 2, 3, 2]", TRANSPOSED(.stride = {2, 3}, .padding = {1, 0}, .output_padding = {1, 2})},
    {.in = "[1, 2, 2, 3] [2, 1, 2, 3] [1]", TRANSPOSED(.dilation = {3, 2})},
    {.in = "[1, 1, 3, 2] [1, 1, 3, 3]",
     TRANSPOSED(.stride = {2, 3}, .padding = {2, 1}, .dilation = {3, 2}, .output_padding = {2, 1})},
    {.in = "[2, 4, 2, 2] [4, 1, 2, 2] [2]", TRANSPOSED(.groups = 2)},
    {.in = "[1, 3, 3, 2] [3, 2, 3, 2]", TRANSPOSED(.padding = {1, 1}, .groups = 3)},
    {.in = "[2, 5, 2, 3] [5, 3, 1, 1] [3]", TRANSPOSED(.groups = 1)},
    {.in = "[1, 1, 4, 4] [1, 1, 2, 2]", TRANSPOSED(.padding = {3, 3}, .stride = {3, 3})},
    {.in = "[0, 2, 3, 3] [2, 2, 2, 2] [2]", TRANSPOSED(.groups = 1)},
};

static const tad_sample kernels[] = {
    {.in = "[1, 1, 1, 1] [1, 1, 1, 1]", KERNEL(1, 1, .groups = 1)},
    {.in = "[1, 1, 4, 5] [1, 1, 2, 4]", KERNEL(3, 2, .groups = 1)},
    {.in = "[2, 2, 3, 4] [2, 3, 2, 3]", KERNEL(2, 2, .groups = 1)},
    {.in = "[1, 2, 4, 4] [1, 2, 4, 4]", KERNEL(3, 3, .padding = {1, 1})},
    {.in = "[1, 2, 5, 6] [1, 2, 3, 2]", KERNEL(2, 3, .stride = {2, 3}, .padding = {1, 0})},
    {.in = "[1, 1, 6, 7] [1, 2, 3, 3]", KERNEL(2, 3, .dilation = {3, 2})},
    {.in = "[1, 1, 7, 6] [1, 1, 3, 2]", KERNEL(3, 3, .stride = {2, 3}, .padding = {2, 1}, .dilation = {3, 2})},
    {.in = "[2, 4, 3, 3] [2, 4, 2, 2]", KERNEL(2, 2, .groups = 2)},
    {.in = "[1, 3, 4, 3] [1, 6, 4, 4]", KERNEL(3, 2, .padding = {1, 1}, .groups = 3)},
    {.in = "[2, 3, 3, 3] [2, 5, 3, 3]", KERNEL(1, 1, .groups = 1)},
    {.in = "[1, 1, 2, 2] [1, 1, 3, 3]", KERNEL(2, 2, .padding = {3, 3}, .stride = {3, 3})},
    {.in = "[0, 2, 3, 3] [0, 2, 2, 2]", KERNEL(2, 2, .groups = 1)},
};

static tad_var call(tad_args args)
{
    const tad__conv_attributes *to = args.attributes;
    tad_var                     b = args.n > 2 ? args.x[2] : (tad_var){0};
    return (to->result == TAD__CONV_Y ? tad_conv2d : tad_conv_transpose2d)(args.x[0], args.x[1], b, &to->options);
}

/* Walking along one index of the sum moves by so much in the array of a role. */
typedef struct walk {
    int64_t size, strides[TAD__CONV_ROLES];
} walk;

enum { WALKS = 8 };

/* For arrays[] of which one is not there: the indices that the sum of tensor/conv.h has. Where x is padded, places of y and of the
 * kernel do not tell a place of x: each is then taken to go with each. */
static void find_walks(const tad__conv *g, const tad_array *const arrays[TAD__CONV_ROLES], walk walks[WALKS])
{
    static const int64_t none[TAD_MAX_RANK] = {0};
    const int64_t       *x = arrays[TAD__CONV_X] ? arrays[TAD__CONV_X]->strides : none;
    const int64_t       *w = arrays[TAD__CONV_W] ? arrays[TAD__CONV_W]->strides : none;
    const int64_t       *y = arrays[TAD__CONV_Y] ? arrays[TAD__CONV_Y]->strides : none;
    walks[0] = (walk){g->batch, {x[0], 0, y[0]}};
    walks[1] = (walk){g->groups, {g->x_channels * x[1], g->y_channels * w[0], g->y_channels * y[1]}};
    walks[2] = (walk){g->x_channels, {x[1], w[1], 0}};
    walks[3] = (walk){g->y_channels, {0, w[0], y[1]}};
    for (int i = 0; i < 2; i++) {
        walk *place = &walks[4 + 2 * i], *element = &walks[5 + 2 * i];
        if (g->padding[i] == 0 || !arrays[TAD__CONV_X]) {
            *place = (walk){g->y[i], {g->stride[i] * x[2 + i], 0, y[2 + i]}};
            *element = (walk){g->w[i], {g->dilation[i] * x[2 + i], w[2 + i], 0}};
        } else {
            bool by_place = arrays[TAD__CONV_Y] != NULL;
            *place = (walk){g->x[i], {x[2 + i], 0, 0}};
            *element = (walk){by_place ? g->y[i] : g->w[i], {0, by_place ? 0 : w[2 + i], by_place ? y[2 + i] : 0}};
        }
    }
}

static bool depends(const tad_call *call, int k, tad_array *out, tad_array *in)
{
    tad__conv_role   result = ((const tad__conv_attributes *)call->attributes)->result;
    const tad_array *arrays[TAD__CONV_ROLES] = {NULL};
    walk             walks[WALKS];
    tad__conv        g;
    if (k == TAD__CONV_BIAS) {
        *in = along_channels(in, out);
        return true;
    }
    tad__conv_role role = tad__conv_operands[result][k];
    if (tad__conv_geometry(call, &g) != TAD_OK)
        return false; /* never */
    arrays[result] = out;
    arrays[role] = in;
    find_walks(&g, arrays, walks);
    tad__pairs p = tad__pairs_start(out, in);
    for (int i = 0; i < WALKS; i++)
        if (walks[i].strides[result] != 0 || walks[i].strides[role] != 0)
            tad__pairs_axis(&p, walks[i].size, walks[i].strides[result], walks[i].strides[role]);
    return tad__pairs_end(&p, out, in);
}

const tad_op tad__op_conv2d = {
    .name = "conv2d",
    .about = "convolution over two axes",
    .formula = "conv2d(x, w, b)",
    .arity = 3,
    .optional = 1,
    .attribute_bytes = sizeof(tad__conv_attributes),
    .operands = "x w b",
    ARGUMENTS(NAMED("stride", tad__conv_attributes, options.stride, PAIR),
              NAMED("padding", tad__conv_attributes, options.padding, PAIR),
              NAMED("dilation", tad__conv_attributes, options.dilation, PAIR),
              NAMED("groups", tad__conv_attributes, options.groups, LONG)),
    .defaults = &(const tad__conv_attributes){.result = TAD__CONV_Y,
                                              .options = {.stride = {1, 1}, .dilation = {1, 1}, .groups = 1}},
    .call = call,
    .shape = tad__conv_shape,
    .forward = forward,
    .backward = backward,
    .depends = depends,
    .vjp = vjp,
    .jvp = jvp,
    SAMPLES(convolutions),
};

const tad_op tad__op_conv_transpose2d = {
    .name = "conv_transpose2d",
    .about = "transposed convolution over two axes",
    .formula = "conv_transpose2d(x, w, b)",
    .arity = 3,
    .optional = 1,
    .attribute_bytes = sizeof(tad__conv_attributes),
    .operands = "x w b",
    ARGUMENTS(NAMED("stride", tad__conv_attributes, options.stride, PAIR),
              NAMED("padding", tad__conv_attributes, options.padding, PAIR),
              NAMED("dilation", tad__conv_attributes, options.dilation, PAIR),
              NAMED("output_padding", tad__conv_attributes, options.output_padding, PAIR),
              NAMED("groups", tad__conv_attributes, options.groups, LONG)),
    .defaults = &(const tad__conv_attributes){.result = TAD__CONV_X,
                                              .options = {.stride = {1, 1}, .dilation = {1, 1}, .groups = 1}},
    .call = call,
    .shape = tad__conv_shape,
    .forward = forward,
    .backward = backward,
    .depends = depends,
    .vjp = vjp,
    .jvp = jvp,
    SAMPLES(transposes),
};

const tad_op tad__op_conv2d_kernel = {
    .name = "conv2d_kernel",
    .about = "gradient of the kernel of a convolution",
    .formula = "conv2d_kernel(x, gy)",
    .arity = 2,
    .attribute_bytes = sizeof(tad__conv_attributes),
    .shape = tad__conv_shape,
    .forward = forward,
    .backward = backward,
    .depends = depends,
    .vjp = vjp,
    .linear = true,
    SAMPLES(kernels),
};

/* Without a batch axis, x is a batch of one. */
static tad_var apply(const tad_op *op, tad__conv_role result, tad_var x, tad_var w, tad_var b,
                     const tad_conv_options *options, const void *caller)
{
    tad__conv_attributes to = {.result = result};
    int                  n = b.tape ? 3 : 2;
    bool                 single = tad_is_valid(x) && tad_rank(x) == 3;
    if (options)
        to.options = *options;
    if (!single)
        return tad_apply(op, (tad_args){.n = n, .x = (const tad_var[]){x, w, b}, .attributes = &to, .caller = caller});
    tad_frame outer = tad_enter(x.tape, op->name, caller);
    tad_var   batch = tad_reshape(x, 4, (const int64_t[]){1, tad_dim(x, 0), tad_dim(x, 1), tad_dim(x, 2)});
    tad_var   y = tad_apply(op, (tad_args){.n = n, .x = (const tad_var[]){batch, w, b}, .attributes = &to});
    if (tad_is_valid(y))
        y = tad_reshape(y, 3, (const int64_t[]){tad_dim(y, 1), tad_dim(y, 2), tad_dim(y, 3)});
    tad_leave(x.tape, outer);
    return y;
}

/** Convolution (as networks have it: cross-correlation) of x, [batch, channels, height, width] or without the batch, with
 * the kernel w, [output channels, channels / groups, height, width], to y, [batch, output channels, height, width]:
 *
 *     y[n, c, o] = b[c] + sum over channels i of c's group and places t of w[c, i, t] x[n, i, o * stride + t * dilation - padding]
 *
 * for both axes, x being 0 outside. A size is (size of x + 2 padding - dilation (size of w - 1) - 1) / stride + 1, rounded down. b, a
 * vector of the output's channels, is left out if it is (tad_var){0}; options NULL means the defaults. dy/dx is the transposed
 * convolution of gy with w, dy/dw a convolution of x with gy, dy/db the sum of gy over all but the channels. Elements of f32 are
 * added up in f32, in an order that depends on the shapes and the processor alone.
 * Errors: TAD_ESHAPE (another number of axes, channels that do not agree, groups that do not divide them, a kernel that is
 * empty or larger than the padded x, an axis other than the batch of 2^31 or more), TAD_EARG (an option out of range). */
TAD_API tad_var tad_conv2d(tad_var x, tad_var w, tad_var b, const tad_conv_options *options)
{
    return apply(&tad__op_conv2d, TAD__CONV_Y, x, w, b, options, TAD_CALLER);
}

/** Transposed convolution: the adjoint of tad_conv2d, of x, [batch, channels, height, width] or without the batch, with the
 * kernel w, [channels, output channels / groups, height, width], plus b for each output channel: each x[n, c, o] adds
 * x[n, c, o] w[c, i, t] to y[n, i, o * stride + t * dilation - padding], where that is inside. A size is
 * (size of x - 1) stride - 2 padding + dilation (size of w - 1) + output_padding + 1. b and options may be left out as for
 * tad_conv2d; dy/dx is the convolution of gy with w.
 * Errors: as tad_conv2d; TAD_ESHAPE (nothing would be left), TAD_EARG (an output padding that is less than neither stride nor
 * dilation). */
TAD_API tad_var tad_conv_transpose2d(tad_var x, tad_var w, tad_var b, const tad_conv_options *options)
{
    return apply(&tad__op_conv_transpose2d, TAD__CONV_X, x, w, b, options, TAD_CALLER);
}
