/* layers: averages in windows, and their adjoint. */
#include "ops/arguments.h"
#include "ops/pool.h"
#include "ops/sample.h"
#include "tensor/move.h"

#include <tad/operations.h>

#include <inttypes.h>

static tad_status shape(const tad_call *call)
{
    return tad__pool_shape(call, TAD__POOL_AVERAGES, &call->in[0], call->out);
}

static void add_averages(const tad_call *call, const tad_array *y, const tad_array *x)
{
    tad__pool pool;
    double   *row;
    if (tad__pool_windows(call, x, y, &pool, &row))
        tad__pool_average(&pool, y, x, row);
}

static void add_shares(const tad_call *call, const tad_array *x, const tad_array *y)
{
    tad__pool pool;
    double   *row;
    if (tad__pool_windows(call, x, y, &pool, &row))
        tad__pool_spread(&pool, x, y, row);
}

static void forward(const tad_call *call)
{
    tad__fill(call->out, 0);
    add_averages(call, call->out, &call->in[0]);
}

static void backward(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    add_shares(call, &gx[0], gy);
}

/* What avg_pool2d_spread is told: how y came about, and the size of x. */
typedef struct spread_attributes {
    tad__pool_attributes pool;
    int64_t              size[2];
} spread_attributes;

static void vjp(const tad_rule *rule)
{
    int               rank = tad_rank(rule->x[0]);
    spread_attributes to = {.pool = *(const tad__pool_attributes *)rule->attributes,
                            .size = {tad_dim(rule->x[0], rank - 2), tad_dim(rule->x[0], rank - 1)}};
    rule->gx[0] = tad_apply(&tad__op_avg_pool2d_spread, (tad_args){.n = 1, .x = &rule->gy, .attributes = &to});
}

static tad_status shape_of_spread(const tad_call *call)
{
    const spread_attributes *to = call->attributes;
    const tad_array         *y = &call->in[0];
    tad_array               *x = call->out, expected;
    if (y->rank < 2)
        return tad_refuse(call, TAD_ESHAPE, "expected at least two axes: height and width");
    tad__array_set_shape(x, y->rank, y->dims);
    for (int i = 0; i < 2; i++) {
        x->dims[x->rank - 2 + i] = to->size[i];
        if (to->size[i] < 0)
            return tad_refuse(call, TAD_EARG, "size %" PRId64 "; expected 0 or more", to->size[i]);
    }
    tad_status status = tad__pool_shape(call, TAD__POOL_AVERAGES, x, &expected);
    if (status == TAD_OK && !tad__array_same_shape(&expected, y))
        return tad_refuse(call, TAD_ESHAPE, "expected %" PRId64 "x%" PRId64 " averages", expected.dims[y->rank - 2],
                          expected.dims[y->rank - 1]);
    return status;
}

static void forward_spread(const tad_call *call)
{
    tad__fill(call->out, 0);
    add_shares(call, call->out, &call->in[0]);
}

static void backward_spread(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    add_averages(call, &gx[0], gy);
}

static void vjp_spread(const tad_rule *rule)
{
    const spread_attributes *to = rule->attributes;
    rule->gx[0] = tad_apply(&tad__op_avg_pool2d, (tad_args){.n = 1, .x = &rule->gy, .attributes = &to->pool});
}

#define WINDOWS(...) .options = {__VA_ARGS__}
#define EVENLY(height, width) .adaptive = true, .size = {height, width}
#define POOL(...)                                                                                                      \
    .attributes = &(const tad__pool_attributes)                                                                        \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }
#define SPREAD(height, width, ...)                                                                                     \
    .attributes = &(const spread_attributes)                                                                           \
    {                                                                                                                  \
        .pool = {__VA_ARGS__}, .size = { height, width }                                                               \
    }

static const tad_sample averages[] = {
    {.in = "[1, 1]", POOL(WINDOWS(.kernel = {1, 1}))},
    {.in = "[4, 6]", POOL(WINDOWS(.kernel = {2, 2}))},
    {.in = "[5, 7]", POOL(WINDOWS(.kernel = {2, 3}))},
    {.in = "[2, 5, 5]", POOL(WINDOWS(.kernel = {3, 3}, .stride = {1, 2}, .padding = {1, 1}))},
    {.in = "[2, 5, 5]", POOL(WINDOWS(.kernel = {3, 3}, .stride = {1, 2}, .padding = {1, 1}, .exclude_padding = true))},
    {.in = "[2, 2, 4, 4]", POOL(WINDOWS(.kernel = {2, 2}, .stride = {3, 3}))},
    {.in = "[1, 1, 1, 17]", POOL(WINDOWS(.kernel = {1, 3}, .padding = {0, 1}, .exclude_padding = true))},
    {.in = "[2, 2, 3, 3]", POOL(WINDOWS(.kernel = {3, 3}))},
    {.in = "[1, 2]", POOL(WINDOWS(.kernel = {2, 3}, .stride = {1, 1}, .padding = {1, 1}))},
    {.in = "[0, 3, 3]", POOL(WINDOWS(.kernel = {2, 2}))},
};

static const tad_sample adaptive_averages[] = {
    {.in = "[1, 1]", POOL(EVENLY(1, 1))},       {.in = "[5, 7]", POOL(EVENLY(1, 1))},
    {.in = "[5, 7]", POOL(EVENLY(2, 3))},       {.in = "[2, 4, 6]", POOL(EVENLY(4, 3))},
    {.in = "[2, 2, 3, 3]", POOL(EVENLY(5, 2))}, {.in = "[1, 2, 2, 9]", POOL(EVENLY(1, 4))},
    {.in = "[3, 1, 1]", POOL(EVENLY(2, 2))},    {.in = "[0, 3, 3]", POOL(EVENLY(2, 2))},
};

static const tad_sample spreads[] = {
    {.in = "[1, 1]", SPREAD(1, 1, WINDOWS(.kernel = {1, 1}))},
    {.in = "[2, 3]", SPREAD(5, 7, WINDOWS(.kernel = {2, 2}))},
    {.in = "[2, 5, 3]", SPREAD(5, 5, WINDOWS(.kernel = {3, 3}, .stride = {1, 2}, .padding = {1, 1}))},
    {.in = "[2, 5, 3]",
     SPREAD(5, 5, WINDOWS(.kernel = {3, 3}, .stride = {1, 2}, .padding = {1, 1}, .exclude_padding = true))},
    {.in = "[2, 2, 1, 1]", SPREAD(4, 4, WINDOWS(.kernel = {2, 2}, .stride = {3, 3}))},
    {.in = "[2, 3]", SPREAD(5, 7, EVENLY(2, 3))},
    {.in = "[2, 5, 2]", SPREAD(3, 3, EVENLY(5, 2))},
    {.in = "[0, 1, 1]", SPREAD(3, 3, WINDOWS(.kernel = {2, 2}))},
};

static bool depends(const tad_call *call, int k, tad_array *out, tad_array *in)
{
    (void)k;
    return tad__pool_depends(call->attributes, false, out, in);
}

static bool spread_depends(const tad_call *call, int k, tad_array *out, tad_array *in)
{
    (void)k;
    return tad__pool_depends(&((const spread_attributes *)call->attributes)->pool, true, out, in);
}

const tad_op tad__op_avg_pool2d = {
    .name = "avg_pool2d",
    .about = "averages in windows over the last two axes",
    .formula = "avg_pool2d(x)",
    .arity = 1,
    .attribute_bytes = sizeof(tad__pool_attributes),
    ARGUMENTS(NAMED("kernel", tad__pool_attributes, options.kernel, PAIR, REQUIRED),
              NAMED("stride", tad__pool_attributes, options.stride, PAIR),
              NAMED("padding", tad__pool_attributes, options.padding, PAIR),
              NAMED("exclude_padding", tad__pool_attributes, options.exclude_padding, FLAG)),
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .depends = depends,
    .vjp = vjp,
    .linear = true,
    SAMPLES(averages),
};

const tad_op tad__op_adaptive_avg_pool2d = {
    .name = "adaptive_avg_pool2d",
    .about = "averages in a number of windows over the last two axes",
    .formula = "adaptive_avg_pool2d(x)",
    .arity = 1,
    .attribute_bytes = sizeof(tad__pool_attributes),
    ARGUMENTS(MEMBER(tad__pool_attributes, size, PAIR, REQUIRED)),
    .defaults = &(const tad__pool_attributes){.adaptive = true},
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .depends = depends,
    .vjp = vjp,
    .linear = true,
    SAMPLES(adaptive_averages),
};

const tad_op tad__op_avg_pool2d_spread = {
    .name = "avg_pool2d_spread",
    .about = "the adjoint of avg_pool2d",
    .formula = "avg_pool2d_spread(gy)",
    .arity = 1,
    .attribute_bytes = sizeof(spread_attributes),
    .shape = shape_of_spread,
    .forward = forward_spread,
    .backward = backward_spread,
    .depends = spread_depends,
    .vjp = vjp_spread,
    .linear = true,
    SAMPLES(spreads),
};

/** The average of x in each window over its last two axes, height and width. A size of the result is
 * (size of x + 2 padding - kernel) / stride + 1, rounded down. Padding counts as zeros, unless options->exclude_padding: then the
 * sum is divided by the number of places of x in the window only. Sums are made in double. dy/dx[i] is the sum over the windows
 * that have i of 1 / divisor.
 * Errors: TAD_EARG (options NULL, a kernel of 0, an option negative or above 2^31 - 1, padding of more than half the kernel,
 * dilation), TAD_ESHAPE (fewer than two axes, a window that does not fit the padded x, an axis of 2^31 or more). */
TAD_API tad_var tad_avg_pool2d(tad_var x, const tad_pool_options *options)
{
    return tad__pool_in(&tad__op_avg_pool2d, x, options, TAD_CALLER);
}

/** The averages of x in height x width windows that cover its last two axes: window i of n has the places
 * floor(i size / n) to ceil((i + 1) size / n) - 1 of an axis, so neighbours overlap where n does not divide its size.
 * Errors: TAD_EARG (height or width negative or above 2^31 - 1), TAD_ESHAPE (fewer than two axes, an axis of size 0, an axis
 * of 2^31 or more). */
TAD_API tad_var tad_adaptive_avg_pool2d(tad_var x, int64_t height, int64_t width)
{
    return tad__pool_evenly(&tad__op_adaptive_avg_pool2d, x, height, width, TAD_CALLER);
}
