/* losses: losses that compare each number with a target: compositions of elementwise operations, and what becomes of
 * their results. */
#include "ops/arguments.h"
#include "ops/reduction.h"
#include "ops/sample.h"
#include "tensor/array.h"

enum { X, TARGET, OPERANDS };

typedef struct attributes {
    tad_reduction reduction;
    double        limit; /* huber_loss, smooth_l1_loss: where the parabola becomes a line */
} attributes;

static tad_status same_shapes(const tad_call *call, tad_reduction last)
{
    const attributes *to = call->attributes;
    if (!tad__array_same_shape(&call->in[X], &call->in[TARGET]))
        return tad_refuse(call, TAD_ESHAPE, "expected a target of the same shape");
    tad__reduced_shape(call, &call->in[X], to->reduction);
    return tad__check_reduction(call, to->reduction, last);
}

static tad_status shape(const tad_call *call)
{
    return same_shapes(call, TAD_NONE);
}

static tad_status shape_of_huber(const tad_call *call)
{
    const attributes *to = call->attributes;
    if (!(to->limit > 0))
        return tad_refuse(call, TAD_EARG, "delta is %g; expected more than 0", to->limit);
    return same_shapes(call, TAD_NONE);
}

static tad_status shape_of_smooth_l1(const tad_call *call)
{
    const attributes *to = call->attributes;
    if (!(to->limit >= 0))
        return tad_refuse(call, TAD_EARG, "beta is %g; expected 0 or more", to->limit);
    return same_shapes(call, TAD_NONE);
}

static tad_status shape_of_kl_div(const tad_call *call)
{
    const attributes *to = call->attributes;
    if (to->reduction == TAD_BATCH_MEAN && call->in[X].rank == 0)
        return tad_refuse(call, TAD_EARG, "TAD_BATCH_MEAN of a scalar; expected a first axis");
    return same_shapes(call, TAD_BATCH_MEAN);
}

/* ---- recorded ---- */

static tad_var finish(const tad_rule *rule, tad_var losses)
{
    const attributes *to = rule->attributes;
    return tad__reduce(losses, to->reduction);
}

static tad_var times(tad_var x, double factor)
{
    return factor == 1 ? x : tad_mul(x, tad_constant(x.tape, factor));
}

static tad_var distance(const tad_rule *rule)
{
    return tad_abs(tad_sub(rule->x[X], rule->x[TARGET]));
}

static tad_var compose_mse(const tad_rule *rule)
{
    return finish(rule, tad_square(tad_sub(rule->x[X], rule->x[TARGET])));
}

static tad_var compose_l1(const tad_rule *rule)
{
    return finish(rule, distance(rule));
}

/* slope * (d^2 / (2 limit) up to the limit, and d - limit / 2 beyond it) */
static tad_var parabola_and_line(const tad_rule *rule, double slope)
{
    const attributes *to = rule->attributes;
    tad_var           d = distance(rule), limit = tad_constant(d.tape, to->limit);
    tad_var           parabola = times(tad_square(d), slope / to->limit / 2);
    tad_var           line = times(tad_sub(d, tad_constant(d.tape, to->limit / 2)), slope);
    return finish(rule, tad_where(tad_greater(d, limit), line, parabola));
}

static tad_var compose_huber(const tad_rule *rule)
{
    const attributes *to = rule->attributes;
    return parabola_and_line(rule, to->limit);
}

static tad_var compose_smooth_l1(const tad_rule *rule)
{
    const attributes *to = rule->attributes;
    return to->limit == 0 ? compose_l1(rule) : parabola_and_line(rule, 1);
}

/* t (log t - x), and 0 with gradient 0 where t is 0. */
static tad_var compose_kl_div(const tad_rule *rule)
{
    tad_var t = rule->x[TARGET], zero = tad_constant(t.tape, 0), none = tad_equal(t, zero);
    tad_var logarithm = tad_log(tad_where(none, tad_constant(t.tape, 1), t));
    tad_var losses = tad_where(none, zero, tad_mul(t, tad_sub(logarithm, rule->x[X])));
    return finish(rule, losses);
}

/* ---- for tests ---- */

/* Terms of one sign: x below -3, the target above exp(-2). */
static void prepare_target(int n, tad_var x[])
{
    (void)n;
    x[X] = tad_sub(tad_constant(x[X].tape, -3), tad_softplus(x[X]));
    x[TARGET] = tad_exp(x[TARGET]);
}

/* The limit is 0.25, in the middle between numbers that are a multiple of 0.1 apart. */
#define SAMPLES_OF_TWO                                                                                                 \
    {.in = "[] []", .attributes = &(const attributes){TAD_MEAN, 0.25}},                                                \
        {.in = "[1] [1]", .attributes = &(const attributes){TAD_SUM, 0.25}},                                           \
        {.in = "[7] [7]", .attributes = &(const attributes){TAD_MEAN, 0.25}},                                          \
        {.in = "[9] [9]", .attributes = &(const attributes){TAD_NONE, 0.25}},                                          \
        {.in = "[3, 5] [3, 5]", .attributes = &(const attributes){TAD_MEAN, 0.25}},                                    \
        {.in = "[3, 5] [3, 5]", .attributes = &(const attributes){TAD_NONE, 0.25}},                                    \
        {.in = "[2, 3, 4] [2, 3, 4]", .attributes = &(const attributes){TAD_SUM, 0.25}},                               \
        {.in = "[2, 3, 2, 2] [2, 3, 2, 2]", .attributes = &(const attributes){TAD_MEAN, 0.25}},                        \
    {                                                                                                                  \
        .in = "[2, 0] [2, 0]", .attributes = &(const attributes)                                                       \
        {                                                                                                              \
            TAD_SUM, 0.25                                                                                              \
        }                                                                                                              \
    }

static const tad_sample samples[] = {SAMPLES_OF_TWO};
static const tad_sample smooth_samples[] = {
    SAMPLES_OF_TWO,
    {.in = "[5] [5]", .attributes = &(const attributes){TAD_MEAN, 0}},
};
static const tad_sample kl_div_samples[] = {
    SAMPLES_OF_TWO,
    {.in = "[3, 4] [3, 4]", .attributes = &(const attributes){TAD_BATCH_MEAN, 0}},
};

#define LOSS(text, words, symbol)                                                                                      \
    .name = text, .about = words, .formula = symbol, .arity = OPERANDS, .attribute_bytes = sizeof(attributes)

#define REDUCTION MEMBER(attributes, reduction, WORD, REDUCTION_WORDS)

const tad_op tad__op_mse_loss = {
    LOSS("mse_loss", "mean squared error", "mse_loss(a, b)"),
    .operands = "x target",
    ARGUMENTS(REDUCTION),
    .shape = shape,
    .compose = compose_mse,
    SAMPLES(samples),
};

const tad_op tad__op_l1_loss = {
    LOSS("l1_loss", "mean absolute error", "l1_loss(a, b)"),
    .operands = "x target",
    ARGUMENTS(REDUCTION),
    .shape = shape,
    .compose = compose_l1,
    .kink = "a - b",
    SAMPLES(samples),
};

const tad_op tad__op_huber_loss = {
    LOSS("huber_loss", "squared error where it is small, absolute error elsewhere", "huber_loss(a, b)"),
    .operands = "x target",
    ARGUMENTS(NAMED("delta", attributes, limit, NUMBER), REDUCTION),
    .defaults = &(const attributes){.limit = 1},
    .shape = shape_of_huber,
    .compose = compose_huber,
    .kink = "|a - b| - delta",
    SAMPLES(samples),
};

const tad_op tad__op_smooth_l1_loss = {
    LOSS("smooth_l1_loss", "absolute error, rounded off where it is small", "smooth_l1_loss(a, b)"),
    .operands = "x target",
    ARGUMENTS(NAMED("beta", attributes, limit, NUMBER), REDUCTION),
    .defaults = &(const attributes){.limit = 1},
    .shape = shape_of_smooth_l1,
    .compose = compose_smooth_l1,
    .kink = "|a - b| - beta",
    SAMPLES(smooth_samples),
};

const tad_op tad__op_kl_div = {
    LOSS("kl_div", "Kullback-Leibler divergence", "kl_div(a, b)"),
    .operands = "x target",
    ARGUMENTS(MEMBER(attributes, reduction, WORD, .words = "mean sum none batch_mean")),
    .shape = shape_of_kl_div,
    .compose = compose_kl_div,
    .prepare = prepare_target,
    SAMPLES(kl_div_samples),
};

static tad_var apply(const tad_op *op, tad_var x, tad_var target, attributes to, const void *caller)
{
    return tad_apply(op,
                     (tad_args){.n = OPERANDS, .x = (const tad_var[]){x, target}, .attributes = &to, .caller = caller});
}

/** Mean squared error: (x - target)^2, and their mean, sum or none of it. x and target have the same shape, and both get a
 * gradient; so in all losses here. The mean of no numbers is NaN. Errors: TAD_ESHAPE (another shape; nothing broadcasts),
 * TAD_EARG (no such reduction). */
TAD_API tad_var tad_mse_loss(tad_var x, tad_var target, tad_reduction reduction)
{
    return apply(&tad__op_mse_loss, x, target, (attributes){reduction, 0}, TAD_CALLER);
}

/** Mean absolute error: |x - target|, with derivative 0 where they are equal; otherwise as tad_mse_loss. */
TAD_API tad_var tad_l1_loss(tad_var x, tad_var target, tad_reduction reduction)
{
    return apply(&tad__op_l1_loss, x, target, (attributes){reduction, 0}, TAD_CALLER);
}

/** With d = |x - target|: d^2 / 2 up to delta, and delta (d - delta / 2) beyond it. The second derivative jumps at delta.
 * Source: P. Huber, Ann. Math. Statist. 35 (1964), 73-101. Errors: TAD_EARG (delta not above 0), and as tad_mse_loss. */
TAD_API tad_var tad_huber_loss(tad_var x, tad_var target, double delta, tad_reduction reduction)
{
    return apply(&tad__op_huber_loss, x, target, (attributes){reduction, delta}, TAD_CALLER);
}

/** With d = |x - target|: d^2 / (2 beta) up to beta, and d - beta / 2 beyond it: tad_huber_loss divided by beta. For beta = 0
 * it is tad_l1_loss. Errors: TAD_EARG (beta negative or NaN), and as tad_mse_loss. */
TAD_API tad_var tad_smooth_l1_loss(tad_var x, tad_var target, double beta, tad_reduction reduction)
{
    return apply(&tad__op_smooth_l1_loss, x, target, (attributes){reduction, beta}, TAD_CALLER);
}

/** Kullback-Leibler divergence of target, probabilities, from x, logarithms of probabilities: target (log(target) - x). Where
 * target is 0 it is 0, and so are both gradients, even if x is -INFINITY. TAD_MEAN divides by the number of elements, as
 * PyTorch's does, and TAD_BATCH_MEAN, the divergence proper, by the size of the first axis. Errors: as tad_mse_loss. */
TAD_API tad_var tad_kl_div(tad_var x, tad_var target, tad_reduction reduction)
{
    return apply(&tad__op_kl_div, x, target, (attributes){reduction, 0}, TAD_CALLER);
}
