/* layers: convolutions over one axis: those over two, with a width of 1. */
#include "ops/arguments.h"
#include "ops/sample.h"
#include "ops/width.h"

enum { X, W, BIAS, OPERANDS };

typedef struct attributes {
    tad_conv_options options;
} attributes;

static tad_status shape(const tad_call *call)
{
    const tad_array *x = &call->in[X], *w = &call->in[W];
    call->out->rank = 0; /* the convolution finds the shape */
    if (x->rank < 2 || x->rank > 3)
        return tad_refuse(call, TAD_ESHAPE, "operand 1 has %d axes; expected [batch, channels, length]", x->rank);
    if (w->rank != 3)
        return tad_refuse(call, TAD_ESHAPE, "operand 2 has %d axes; expected [channels, channels / groups, length]",
                          w->rank);
    return TAD_OK;
}

static tad_var convolve(const tad_rule *rule,
                        tad_var         convolution(tad_var x, tad_var w, tad_var b, const tad_conv_options *options))
{
    const tad_conv_options *given = &((const attributes *)rule->attributes)->options;
    tad_conv_options        options = {.stride = {given->stride[0]},
                                       .padding = {given->padding[0]},
                                       .dilation = {given->dilation[0]},
                                       .output_padding = {given->output_padding[0]},
                                       .groups = given->groups};
    tad_var                 b = rule->n > BIAS ? rule->x[BIAS] : (tad_var){0};
    return tad__without_width(convolution(tad__with_width(rule->x[X]), tad__with_width(rule->x[W]), b, &options));
}

static tad_var compose_conv(const tad_rule *rule)
{
    return convolve(rule, tad_conv2d);
}

static tad_var compose_transpose(const tad_rule *rule)
{
    return convolve(rule, tad_conv_transpose2d);
}

#define OPTIONS(...)                                                                                                   \
    .attributes = &(const attributes)                                                                                  \
    {                                                                                                                  \
        .options = { __VA_ARGS__ }                                                                                     \
    }

static const tad_sample convolutions[] = {
    {.in = "[1, 1, 1] [1, 1, 1]", OPTIONS(.groups = 1)},
    {.in = "[1, 1, 19] [1, 1, 3]", OPTIONS(.padding = {1})},
    {.in = "[2, 7] [3, 2, 4] [3]", OPTIONS(.groups = 1)},
    {.in = "[2, 2, 6] [3, 2, 2] [3]", OPTIONS(.stride = {2}, .padding = {1})},
    {.in = "[1, 2, 9] [2, 2, 3]", OPTIONS(.stride = {3}, .padding = {2}, .dilation = {2})},
    {.in = "[2, 4, 5] [4, 2, 2] [4]", OPTIONS(.groups = 2)},
    {.in = "[1, 3, 5] [3, 1, 3]", OPTIONS(.padding = {1}, .groups = 3)},
    {.in = "[2, 3, 4] [5, 3, 1]", OPTIONS(.groups = 1)},
    {.in = "[2, 1, 9] [2, 1, 2] [2]", OPTIONS(.stride = {4})},
    {.in = "[1, 1, 2] [1, 1, 2]", OPTIONS(.stride = {3}, .padding = {3})},
    {.in = "[1, 1, 3] [2, 1, 3]", OPTIONS(.padding = {4}, .dilation = {3})},
    {.in = "[0, 2, 3] [2, 2, 2]", OPTIONS(.groups = 1)},
};

static const tad_sample transposes[] = {
    {.in = "[1, 1, 1] [1, 1, 1]", OPTIONS(.groups = 1)},
    {.in = "[1, 1, 17] [1, 1, 3]", OPTIONS(.padding = {1})},
    {.in = "[2, 4] [2, 3, 4] [3]", OPTIONS(.groups = 1)},
    {.in = "[2, 3, 4] [3, 2, 2] [2]", OPTIONS(.stride = {2}, .padding = {1}, .output_padding = {1})},
    {.in = "[1, 2, 5] [2, 2, 3]", OPTIONS(.stride = {3}, .padding = {2}, .dilation = {2})},
    {.in = "[2, 4, 3] [4, 1, 2] [2]", OPTIONS(.groups = 2)},
    {.in = "[1, 3, 4] [3, 1, 3]", OPTIONS(.padding = {1}, .groups = 3)},
    {.in = "[2, 5, 3] [5, 3, 1]", OPTIONS(.groups = 1)},
    {.in = "[1, 1, 3] [1, 1, 2] [1]", OPTIONS(.stride = {4}, .output_padding = {3})},
    {.in = "[1, 1, 4] [1, 1, 2]", OPTIONS(.stride = {3}, .padding = {3})},
    {.in = "[1, 2, 3] [2, 1, 3]", OPTIONS(.dilation = {3}, .output_padding = {2})},
    {.in = "[0, 2, 3] [2, 2, 2]", OPTIONS(.groups = 1)},
};

const tad_op tad__op_conv1d = {
    .name = "conv1d",
    .about = "convolution over one axis",
    .formula = "conv1d(x, w, b)",
    .arity = OPERANDS,
    .optional = 1,
    .attribute_bytes = sizeof(attributes),
    .operands = "x w b",
    ARGUMENTS(
        NAMED("stride", attributes, options.stride[0], LONG), NAMED("padding", attributes, options.padding[0], LONG),
        NAMED("dilation", attributes, options.dilation[0], LONG), NAMED("groups", attributes, options.groups, LONG)),
    .defaults = &(const attributes){.options = {.stride = {1, 1}, .dilation = {1, 1}, .groups = 1}},
    .shape = shape,
    .compose = compose_conv,
    SAMPLES(convolutions),
};

const tad_op tad__op_conv_transpose1d = {
    .name = "conv_transpose1d",
    .about = "transposed convolution over one axis",
    .formula = "conv_transpose1d(x, w, b)",
    .arity = OPERANDS,
    .optional = 1,
    .attribute_bytes = sizeof(attributes),
    .operands = "x w b",
    ARGUMENTS(NAMED("stride", attributes, options.stride[0], LONG),
              NAMED("padding", attributes, options.padding[0], LONG),
              NAMED("dilation", attributes, options.dilation[0], LONG),
              NAMED("output_padding", attributes, options.output_padding[0], LONG),
              NAMED("groups", attributes, options.groups, LONG)),
    .defaults = &(const attributes){.options = {.stride = {1, 1}, .dilation = {1, 1}, .groups = 1}},
    .shape = shape,
    .compose = compose_transpose,
    SAMPLES(transposes),
};

static tad_var apply(const tad_op *op, tad_var x, tad_var w, tad_var b, const tad_conv_options *options,
                     const void *caller)
{
    const tad_var operands[] = {x, w, b};
    attributes    to = {.options = {.groups = 0}};
    if (options)
        to.options = *options;
    return tad_apply(op, (tad_args){.n = b.tape ? 3 : 2, .x = operands, .attributes = &to, .caller = caller});
}

/** Convolution over one axis: of x, [batch, channels, length] or without the batch, with the kernel w,
 * [output channels, channels / groups, length], plus b for each output channel, to y, [batch, output channels, length]. As
 * tad_conv2d, with a width of 1: b may be (tad_var){0} and options NULL, and what they have for the width is ignored.
 * Errors: as tad_conv2d. */
TAD_API tad_var tad_conv1d(tad_var x, tad_var w, tad_var b, const tad_conv_options *options)
{
    return apply(&tad__op_conv1d, x, w, b, options, TAD_CALLER);
}

/** Transposed convolution over one axis, the adjoint of tad_conv1d: of x, [batch, channels, length] or without the batch, with
 * the kernel w, [channels, output channels / groups, length]. As tad_conv_transpose2d, with a width of 1.
 * Errors: as tad_conv_transpose2d. */
TAD_API tad_var tad_conv_transpose1d(tad_var x, tad_var w, tad_var b, const tad_conv_options *options)
{
    return apply(&tad__op_conv_transpose1d, x, w, b, options, TAD_CALLER);
}
