/* layers: the largest in each window, and two operations that are linear while the choice stays as it is: what another
 * array has where x has its maxima (gather), and the adjoint of that (scatter). */
#include "ops/arguments.h"
#include "ops/pairs.h"
#include "ops/pool.h"
#include "ops/sample.h"
#include "tensor/move.h"

#include <tad/operations.h>

#include <inttypes.h>

static tad_status shape(const tad_call *call)
{
    return tad__pool_shape(call, TAD__POOL_MAXIMA, &call->in[0], call->out);
}

static void maxima(const tad_call *call, tad__pool_action action, const tad_array *v, const tad_array *y)
{
    tad__pool pool;
    double   *row;
    if (tad__pool_windows(call, &call->in[0], y, &pool, &row))
        tad__pool_maxima(&pool, action, &call->in[0], v, y);
}

static tad_var apply_chosen(const tad_rule *rule, const tad_op *op, tad_var v)
{
    const tad_var x[] = {rule->x[0], v};
    return tad_apply(op, (tad_args){.n = 2, .x = x, .attributes = rule->attributes});
}

static void forward(const tad_call *call)
{
    maxima(call, TAD__POOL_TAKE, &call->in[0], call->out);
}

static void backward(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    maxima(call, TAD__POOL_PUT, &gx[0], gy);
}

static void vjp(const tad_rule *rule)
{
    rule->gx[0] = apply_chosen(rule, &tad__op_max_pool2d_scatter, rule->gy);
}

static tad_var jvp(const tad_rule *rule)
{
    return apply_chosen(rule, &tad__op_max_pool2d_gather, rule->dx[0]);
}

/* ---- gather(x, v) ---- */

static tad_status shape_of_gather(const tad_call *call)
{
    if (!tad__array_same_shape(&call->in[0], &call->in[1]))
        return tad_refuse(call, TAD_ESHAPE, "expected two values of one shape");
    return shape(call);
}

static void forward_gather(const tad_call *call)
{
    tad__fill(call->out, 0);
    maxima(call, TAD__POOL_ADD, &call->in[1], call->out);
}

static void backward_gather(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    if (gx[1].data)
        maxima(call, TAD__POOL_PUT, &gx[1], gy);
}

static void vjp_gather(const tad_rule *rule)
{
    if (rule->wanted[1])
        rule->gx[1] = apply_chosen(rule, &tad__op_max_pool2d_scatter, rule->gy);
}

static tad_var jvp_chosen(const tad_rule *rule)
{
    return rule->wanted[1] ? apply_chosen(rule, rule->op, rule->dx[1]) : (tad_var){0};
}

/* ---- scatter(x, gy) ---- */

static tad_status shape_of_scatter(const tad_call *call)
{
    const tad_array *x = &call->in[0];
    tad_array        expected;
    tad_status       status = tad__pool_shape(call, TAD__POOL_MAXIMA, x, &expected);
    if (status == TAD_OK && !tad__array_same_shape(&expected, &call->in[1]))
        return tad_refuse(call, TAD_ESHAPE, "expected %" PRId64 "x%" PRId64 " maxima", expected.dims[x->rank - 2],
                          expected.dims[x->rank - 1]);
    tad__array_set_shape(call->out, x->rank, x->dims);
    return status;
}

static void forward_scatter(const tad_call *call)
{
    tad__fill(call->out, 0);
    maxima(call, TAD__POOL_PUT, call->out, &call->in[1]);
}

static void backward_scatter(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    if (gx[1].data)
        maxima(call, TAD__POOL_ADD, gy, &gx[1]);
}

static void vjp_scatter(const tad_rule *rule)
{
    if (rule->wanted[1])
        rule->gx[1] = apply_chosen(rule, &tad__op_max_pool2d_gather, rule->gy);
}

/* ---- operations ---- */

#define WINDOWS(...)                                                                                                   \
    .attributes = &(const tad__pool_attributes)                                                                        \
    {                                                                                                                  \
        .options = { __VA_ARGS__ }                                                                                     \
    }
#define EVENLY(height, width)                                                                                          \
    .attributes = &(const tad__pool_attributes)                                                                        \
    {                                                                                                                  \
        .adaptive = true, .size = { height, width }                                                                    \
    }

static const tad_sample samples[] = {
    {.in = "[1, 1]", WINDOWS(.kernel = {1, 1})},
    {.in = "[4, 6]", WINDOWS(.kernel = {2, 2})},
    {.in = "[5, 7]", WINDOWS(.kernel = {2, 3})},
    {.in = "[2, 5, 5]", WINDOWS(.kernel = {3, 3}, .stride = {1, 2}, .padding = {1, 1})},
    {.in = "[7, 6]", WINDOWS(.kernel = {3, 2}, .stride = {1, 2}, .padding = {2, 1}, .dilation = {2, 3})},
    {.in = "[2, 2, 4, 4]", WINDOWS(.kernel = {2, 2}, .stride = {3, 3})},
    {.in = "[1, 1, 1, 17]", WINDOWS(.kernel = {1, 3}, .padding = {0, 1})},
    {.in = "[2, 2, 3, 3]", WINDOWS(.kernel = {3, 3})},
    {.in = "[1, 2]", WINDOWS(.kernel = {2, 3}, .stride = {1, 1}, .padding = {1, 1})},
    {.in = "[0, 3, 3]", WINDOWS(.kernel = {2, 2})},
};

static const tad_sample adaptive_samples[] = {
    {.in = "[1, 1]", EVENLY(1, 1)},    {.in = "[5, 7]", EVENLY(1, 1)},       {.in = "[5, 7]", EVENLY(2, 3)},
    {.in = "[2, 4, 6]", EVENLY(4, 3)}, {.in = "[2, 2, 3, 3]", EVENLY(5, 2)}, {.in = "[1, 2, 2, 9]", EVENLY(1, 4)},
    {.in = "[3, 1, 1]", EVENLY(2, 2)}, {.in = "[0, 3, 3]", EVENLY(2, 2)},
};

static const tad_sample gathers[] = {
    {.in = "[1, 1] [1, 1]", WINDOWS(.kernel = {1, 1})},
    {.in = "[5, 7] [5, 7]", WINDOWS(.kernel = {2, 3})},
    {.in = "[2, 4, 4] [2, 4, 4]", WINDOWS(.kernel = {3, 3}, .stride = {1, 2}, .padding = {1, 1})},
    {.in = "[7, 6] [7, 6]", WINDOWS(.kernel = {3, 2}, .stride = {1, 2}, .padding = {2, 1}, .dilation = {2, 3})},
    {.in = "[5, 7] [5, 7]", EVENLY(2, 3)},
    {.in = "[0, 3, 3] [0, 3, 3]", WINDOWS(.kernel = {2, 2})},
};

static const tad_sample scatters[] = {
    {.in = "[1, 1] [1, 1]", WINDOWS(.kernel = {1, 1})},
    {.in = "[5, 7] [2, 2]", WINDOWS(.kernel = {2, 3})},
    {.in = "[2, 4, 4] [2, 4, 2]", WINDOWS(.kernel = {3, 3}, .stride = {1, 2}, .padding = {1, 1})},
    {.in = "[7, 6] [7, 3]", WINDOWS(.kernel = {3, 2}, .stride = {1, 2}, .padding = {2, 1}, .dilation = {2, 3})},
    {.in = "[5, 7] [2, 3]", EVENLY(2, 3)},
    {.in = "[0, 3, 3] [0, 1, 1]", WINDOWS(.kernel = {2, 2})},
};

static const char kink[] = "ties in a window";

/* Of v, or of all of x: which place is largest is not known beforehand. */
static bool depends(const tad_call *call, int k, tad_array *out, tad_array *in)
{
    (void)k;
    return tad__pool_depends(call->attributes, false, out, in);
}

/* The x of these two only chooses. */
static bool scatter_depends(const tad_call *call, int k, tad_array *out, tad_array *in)
{
    return k == 0 ? tad__pairs_none(out, in) : tad__pool_depends(call->attributes, true, out, in);
}

static bool gather_depends(const tad_call *call, int k, tad_array *out, tad_array *in)
{
    return k == 0 ? tad__pairs_none(out, in) : tad__pool_depends(call->attributes, false, out, in);
}

const tad_op tad__op_max_pool2d = {
    .name = "max_pool2d",
    .about = "the largest in windows over the last two axes",
    .formula = "max_pool2d(x)",
    .arity = 1,
    .attribute_bytes = sizeof(tad__pool_attributes),
    ARGUMENTS(NAMED("kernel", tad__pool_attributes, options.kernel, PAIR, REQUIRED),
              NAMED("stride", tad__pool_attributes, options.stride, PAIR),
              NAMED("padding", tad__pool_attributes, options.padding, PAIR),
              NAMED("dilation", tad__pool_attributes, options.dilation, PAIR)),
    .defaults = &(const tad__pool_attributes){.options = {.dilation = {1, 1}}},
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .depends = depends,
    .vjp = vjp,
    .jvp = jvp,
    .kink = kink,
    SAMPLES(samples),
};

const tad_op tad__op_adaptive_max_pool2d = {
    .name = "adaptive_max_pool2d",
    .about = "the largest in a number of windows over the last two axes",
    .formula = "adaptive_max_pool2d(x)",
    .arity = 1,
    .attribute_bytes = sizeof(tad__pool_attributes),
    ARGUMENTS(MEMBER(tad__pool_attributes, size, PAIR, REQUIRED)),
    .defaults = &(const tad__pool_attributes){.adaptive = true},
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .depends = depends,
    .vjp = vjp,
    .jvp = jvp,
    .kink = kink,
    SAMPLES(adaptive_samples),
};

const tad_op tad__op_max_pool2d_gather = {
    .name = "max_pool2d_gather",
    .about = "what v has where x is largest in a window",
    .formula = "max_pool2d_gather(x, v)",
    .arity = 2,
    .attribute_bytes = sizeof(tad__pool_attributes),
    .shape = shape_of_gather,
    .forward = forward_gather,
    .backward = backward_gather,
    .depends = gather_depends,
    .vjp = vjp_gather,
    .jvp = jvp_chosen,
    .kink = kink,
    SAMPLES(gathers),
};

const tad_op tad__op_max_pool2d_scatter = {
    .name = "max_pool2d_scatter",
    .about = "the adjoint of max_pool2d",
    .formula = "max_pool2d_scatter(x, gy)",
    .arity = 2,
    .attribute_bytes = sizeof(tad__pool_attributes),
    .shape = shape_of_scatter,
    .forward = forward_scatter,
    .backward = backward_scatter,
    .depends = scatter_depends,
    .vjp = vjp_scatter,
    .jvp = jvp_chosen,
    .kink = kink,
    SAMPLES(scatters),
};

/** The largest of x in each window over its last two axes, height and width. A size of the result is
 * (size of x + 2 padding - dilation (kernel - 1) - 1) / stride + 1, rounded down. Padding is never chosen: a window that has
 * no place of x gives -infinity. NaN is larger than any number. The gradient goes to the place that was chosen: of equal ones
 * the first, row by row, gets all of it.
 * Errors: TAD_EARG (options NULL, a kernel of 0, an option negative or above 2^31 - 1, padding of more than half the window,
 * exclude_padding), TAD_ESHAPE (fewer than two axes, a window that does not fit the padded x, an axis of 2^31 or more). */
TAD_API tad_var tad_max_pool2d(tad_var x, const tad_pool_options *options)
{
    return tad__pool_in(&tad__op_max_pool2d, x, options, TAD_CALLER);
}

/** The largest of x in each of height x width windows that cover its last two axes, as those of tad_adaptive_avg_pool2d do;
 * otherwise as tad_max_pool2d.
 * Errors: TAD_EARG (height or width negative or above 2^31 - 1), TAD_ESHAPE (fewer than two axes, an axis of size 0, an axis
 * of 2^31 or more). */
TAD_API tad_var tad_adaptive_max_pool2d(tad_var x, int64_t height, int64_t width)
{
    return tad__pool_evenly(&tad__op_adaptive_max_pool2d, x, height, width, TAD_CALLER);
}
