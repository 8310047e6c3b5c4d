/* layers: pooling over one axis: that over two, with a width of 1. */
#include "ops/arguments.h"
#include "ops/pool.h"
#include "ops/sample.h"
#include "ops/width.h"

static tad_status shape(const tad_call *call)
{
    int rank = call->in[0].rank;
    call->out->rank = 0; /* the pooling over two axes finds the shape */
    if (rank < 1 || rank >= TAD_MAX_RANK)
        return tad_refuse(call, TAD_ESHAPE, "%d axes; expected 1 to %d", rank, TAD_MAX_RANK - 1);
    return TAD_OK;
}

static tad_var pool(const tad_rule *rule, tad_var pooling(tad_var x, const tad_pool_options *options))
{
    const tad_pool_options *given = &((const tad__pool_attributes *)rule->attributes)->options;
    tad_pool_options        options = {.kernel = {given->kernel[0], 1},
                                       .stride = {given->stride[0]},
                                       .padding = {given->padding[0]},
                                       .dilation = {given->dilation[0]},
                                       .exclude_padding = given->exclude_padding};
    return tad__without_width(pooling(tad__with_width(rule->x[0]), &options));
}

static tad_var compose_max(const tad_rule *rule)
{
    return pool(rule, tad_max_pool2d);
}

static tad_var compose_avg(const tad_rule *rule)
{
    return pool(rule, tad_avg_pool2d);
}

#define OPTIONS(...)                                                                                                   \
    .attributes = &(const tad__pool_attributes)                                                                        \
    {                                                                                                                  \
        .options = { __VA_ARGS__ }                                                                                     \
    }

static const tad_sample maxima[] = {
    {.in = "[1]", OPTIONS(.kernel = {1})},
    {.in = "[7]", OPTIONS(.kernel = {2})},
    {.in = "[17]", OPTIONS(.kernel = {3}, .padding = {1})},
    {.in = "[2, 3, 6]", OPTIONS(.kernel = {3}, .stride = {1}, .padding = {1})},
    {.in = "[2, 9]", OPTIONS(.kernel = {2}, .stride = {3})},
    {.in = "[2, 9]", OPTIONS(.kernel = {3}, .stride = {2}, .padding = {2}, .dilation = {2})},
    {.in = "[3, 5]", OPTIONS(.kernel = {5})},
    {.in = "[0, 3]", OPTIONS(.kernel = {2})},
};

static const tad_sample averages[] = {
    {.in = "[1]", OPTIONS(.kernel = {1})},
    {.in = "[7]", OPTIONS(.kernel = {2})},
    {.in = "[17]", OPTIONS(.kernel = {3}, .padding = {1})},
    {.in = "[2, 3, 6]", OPTIONS(.kernel = {3}, .stride = {1}, .padding = {1})},
    {.in = "[2, 3, 6]", OPTIONS(.kernel = {3}, .stride = {1}, .padding = {1}, .exclude_padding = true)},
    {.in = "[2, 9]", OPTIONS(.kernel = {2}, .stride = {3})},
    {.in = "[3, 5]", OPTIONS(.kernel = {5})},
    {.in = "[0, 3]", OPTIONS(.kernel = {2})},
};

const tad_op tad__op_max_pool1d = {
    .name = "max_pool1d",
    .about = "the largest in windows over the last axis",
    .formula = "max_pool1d(x)",
    .arity = 1,
    .attribute_bytes = sizeof(tad__pool_attributes),
    ARGUMENTS(NAMED("kernel", tad__pool_attributes, options.kernel[0], LONG, REQUIRED),
              NAMED("stride", tad__pool_attributes, options.stride[0], LONG),
              NAMED("padding", tad__pool_attributes, options.padding[0], LONG),
              NAMED("dilation", tad__pool_attributes, options.dilation[0], LONG)),
    .defaults = &(const tad__pool_attributes){.options = {.dilation = {1, 1}}},
    .shape = shape,
    .compose = compose_max,
    .kink = "ties in a window",
    SAMPLES(maxima),
};

const tad_op tad__op_avg_pool1d = {
    .name = "avg_pool1d",
    .about = "averages in windows over the last axis",
    .formula = "avg_pool1d(x)",
    .arity = 1,
    .attribute_bytes = sizeof(tad__pool_attributes),
    ARGUMENTS(NAMED("kernel", tad__pool_attributes, options.kernel[0], LONG, REQUIRED),
              NAMED("stride", tad__pool_attributes, options.stride[0], LONG),
              NAMED("padding", tad__pool_attributes, options.padding[0], LONG),
              NAMED("exclude_padding", tad__pool_attributes, options.exclude_padding, FLAG)),
    .shape = shape,
    .compose = compose_avg,
    SAMPLES(averages),
};

/** The largest of x in each window over its last axis: as tad_max_pool2d, with a width of 1; what options has for the width is
 * ignored. Errors: as tad_max_pool2d; TAD_ESHAPE (no axis, or eight). */
TAD_API tad_var tad_max_pool1d(tad_var x, const tad_pool_options *options)
{
    return tad__pool_in(&tad__op_max_pool1d, x, options, TAD_CALLER);
}

/** The average of x in each window over its last axis: as tad_avg_pool2d, with a width of 1; what options has for the width is
 * ignored. Errors: as tad_avg_pool2d; TAD_ESHAPE (no axis, or eight). */
TAD_API tad_var tad_avg_pool1d(tad_var x, const tad_pool_options *options)
{
    return tad__pool_in(&tad__op_avg_pool1d, x, options, TAD_CALLER);
}
