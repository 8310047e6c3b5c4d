/* The sizes of convolutions, and what is wrong with them. */
#include "ops/conv.h"

#include <inttypes.h>

enum { LARGEST = INT32_MAX };

const tad__conv_role tad__conv_operands[TAD__CONV_ROLES][2] = {[TAD__CONV_X] = {TAD__CONV_Y, TAD__CONV_W},
                                                               [TAD__CONV_W] = {TAD__CONV_X, TAD__CONV_Y},
                                                               [TAD__CONV_Y] = {TAD__CONV_X, TAD__CONV_W}};

static tad_status check_options(const tad_call *call, const tad_conv_options *o)
{
    const struct {
        const char    *name;
        const int64_t *numbers;
    } checked[] = {{"stride", o->stride},
                   {"padding", o->padding},
                   {"dilation", o->dilation},
                   {"output padding", o->output_padding}};
    for (int k = 0; k < 4; k++)
        for (int i = 0; i < 2; i++)
            if (checked[k].numbers[i] < 0 || checked[k].numbers[i] > LARGEST)
                return tad_refuse(call, TAD_EARG, "%s %" PRId64 "; expected 0 to 2147483647", checked[k].name,
                                  checked[k].numbers[i]);
    if (o->groups < 0 || o->groups > LARGEST)
        return tad_refuse(call, TAD_EARG, "%" PRId64 " groups; expected 0 to 2147483647", o->groups);
    return TAD_OK;
}

static tad_status check_operands(const tad_call *call, tad__conv_role result)
{
    static const char *const axes[TAD__CONV_ROLES] = {"[batch, channels, height, width]",
                                                      "[output channels, input channels / groups, height, width]",
                                                      "[batch, channels, height, width]"};
    for (int k = 0; k < 2; k++) {
        const tad_array *x = &call->in[k];
        if (x->rank != 4)
            return tad_refuse(call, TAD_ESHAPE, "operand %d has %d axes; expected %s", k + 1, x->rank,
                              axes[tad__conv_operands[result][k]]);
        for (int i = 1; i < 4; i++)
            if (x->dims[i] > LARGEST)
                return tad_refuse(call, TAD_ESHAPE, "an axis of operand %d has size %" PRId64 "; at most 2147483647",
                                  k + 1, x->dims[i]);
    }
    return TAD_OK;
}

static int64_t or_one(int64_t number)
{
    return number ? number : 1;
}

/* Everything but the sizes of the result. arrays[role]: NULL for the result. */
static tad_status start_geometry(const tad_call *call, const tad_conv_options *o,
                                 const tad_array *arrays[TAD__CONV_ROLES], tad__conv *g)
{
    *g = (tad__conv){.groups = or_one(o->groups)};
    int64_t *const sizes[TAD__CONV_ROLES] = {g->x, g->w, g->y};
    for (int i = 0; i < 2; i++) {
        g->stride[i] = or_one(o->stride[i]);
        g->padding[i] = o->padding[i];
        g->dilation[i] = or_one(o->dilation[i]);
        for (int role = 0; role < TAD__CONV_ROLES; role++)
            if (arrays[role])
                sizes[role][i] = arrays[role]->dims[2 + i];
    }
    const tad_array *x = arrays[TAD__CONV_X], *w = arrays[TAD__CONV_W], *y = arrays[TAD__CONV_Y];
    int64_t          groups = g->groups, all = w ? w->dims[0] : y->dims[1];
    g->batch = x ? x->dims[0] : y->dims[0];
    if (all % groups != 0)
        return tad_refuse(call, TAD_ESHAPE, "%" PRId64 " groups do not divide %" PRId64 " channels", groups, all);
    if (x && x->dims[1] % groups != 0)
        return tad_refuse(call, TAD_ESHAPE, "%" PRId64 " groups do not divide %" PRId64 " channels", groups,
                          x->dims[1]);
    g->y_channels = all / groups;
    g->x_channels = w ? w->dims[1] : x->dims[1] / groups;
    if (x && w && x->dims[1] / groups != w->dims[1])
        return tad_refuse(call, TAD_ESHAPE,
                          "the kernel is for %" PRId64 " channels in each of %" PRId64
                          " groups, the input has %" PRId64,
                          w->dims[1], groups, x->dims[1]);
    if (w && y && y->dims[1] != w->dims[0])
        return tad_refuse(call, TAD_ESHAPE, "the kernel is for %" PRId64 " channels, the input has %" PRId64,
                          w->dims[0], y->dims[1]);
    if (x && y && x->dims[0] != y->dims[0])
        return tad_refuse(call, TAD_ESHAPE, "batches of %" PRId64 " and %" PRId64, x->dims[0], y->dims[0]);
    if (w && (g->w[0] == 0 || g->w[1] == 0))
        return tad_refuse(call, TAD_ESHAPE, "a kernel of %" PRId64 "x%" PRId64 "; expected 1 or more", g->w[0],
                          g->w[1]);
    return TAD_OK;
}

/* No number overflows here: none is above 2^31 - 1 (nor, of a result, above that plus two paddings). */
static tad_status size_of_y(const tad_call *call, tad__conv *g)
{
    int64_t room[2];
    for (int i = 0; i < 2; i++) {
        room[i] = g->x[i] + 2 * g->padding[i] - g->dilation[i] * (g->w[i] - 1) - 1;
        g->y[i] = room[i] / g->stride[i] + 1;
    }
    if (room[0] >= 0 && room[1] >= 0)
        return TAD_OK;
    return tad_refuse(call, TAD_ESHAPE,
                      "kernel %" PRId64 "x%" PRId64 " with dilation %" PRId64 "x%" PRId64
                      " does not fit the padded input %" PRId64 "x%" PRId64,
                      g->w[0], g->w[1], g->dilation[0], g->dilation[1], g->x[0] + 2 * g->padding[0],
                      g->x[1] + 2 * g->padding[1]);
}

static tad_status size_of_x(const tad_call *call, const tad_conv_options *o, tad__conv *g)
{
    for (int i = 0; i < 2; i++) {
        int64_t extra = o->output_padding[i];
        if (extra >= g->stride[i] && extra >= g->dilation[i])
            return tad_refuse(call, TAD_EARG,
                              "output padding %" PRId64 "; expected less than the stride, %" PRId64
                              ", or the dilation, %" PRId64,
                              extra, g->stride[i], g->dilation[i]);
        g->x[i] = (g->y[i] - 1) * g->stride[i] + g->dilation[i] * (g->w[i] - 1) + extra + 1 - 2 * g->padding[i];
    }
    if (g->y[0] < 1 || g->y[1] < 1 || g->x[0] < 1 || g->x[1] < 1 || g->x[0] > LARGEST || g->x[1] > LARGEST)
        return tad_refuse(call, TAD_ESHAPE,
                          "input %" PRId64 "x%" PRId64 " would give an output of %" PRId64 "x%" PRId64
                          "; expected sizes of 1 to 2147483647",
                          g->y[0], g->y[1], g->x[0], g->x[1]);
    return TAD_OK;
}

tad_status tad__conv_geometry(const tad_call *call, tad__conv *g)
{
    const tad__conv_attributes *to = call->attributes;
    const tad_array            *arrays[TAD__CONV_ROLES] = {NULL};
    int64_t *const              sizes[TAD__CONV_ROLES] = {g->x, g->w, g->y};
    for (int k = 0; k < 2; k++)
        arrays[tad__conv_operands[to->result][k]] = &call->in[k];
    tad_status status = check_options(call, &to->options);
    if (status == TAD_OK)
        status = check_operands(call, to->result);
    if (status == TAD_OK)
        status = start_geometry(call, &to->options, arrays, g);
    if (status != TAD_OK)
        return status;
    if (!to->sized)
        return to->result == TAD__CONV_Y ? size_of_y(call, g) : size_of_x(call, &to->options, g);
    for (int i = 0; i < 2; i++) {
        sizes[to->result][i] = to->size[i];
        if (to->size[i] < 1 || to->size[i] > LARGEST)
            return tad_refuse(call, TAD_EARG, "a result of size %" PRId64 "; expected 1 to 2147483647", to->size[i]);
    }
    return TAD_OK;
}

tad_status tad__conv_shape(const tad_call *call)
{
    tad__conv  g;
    tad_array *out = call->out;
    tad_status status = tad__conv_geometry(call, &g);
    if (status != TAD_OK)
        return status;
    const int64_t dims[TAD__CONV_ROLES][4] = {{g.batch, g.groups * g.x_channels, g.x[0], g.x[1]},
                                              {g.groups * g.y_channels, g.x_channels, g.w[0], g.w[1]},
                                              {g.batch, g.groups * g.y_channels, g.y[0], g.y[1]}};
    tad__array_set_shape(out, 4, dims[((const tad__conv_attributes *)call->attributes)->result]);
    if (call->n > TAD__CONV_BIAS &&
        (call->in[TAD__CONV_BIAS].rank != 1 || call->in[TAD__CONV_BIAS].dims[0] != out->dims[1]))
        return tad_refuse(call, TAD_ESHAPE, "the bias is not a vector of %" PRId64 ", the output's channels",
                          out->dims[1]);
    return TAD_OK;
}
