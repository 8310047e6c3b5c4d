/* losses: losses of classifiers: negative log-likelihood and cross-entropy, with class indices or probabilities as
 * targets. */
#include "ops/arguments.h"
#include "ops/pick_class.h"
#include "ops/reduction.h"
#include "ops/sample.h"

#include <inttypes.h>

enum { LOGITS, TARGETS, WEIGHTS, OPERANDS };

typedef struct attributes {
    int64_t       ignored;
    double        smoothing;
    tad_reduction reduction;
} attributes;

static tad_status check_options(const tad_call *call)
{
    const attributes *to = call->attributes;
    const tad_array  *x = &call->in[LOGITS];
    int64_t           classes = x->rank ? x->dims[tad__class_axis(x->rank)] : 0;
    if (call->n > WEIGHTS && (call->in[WEIGHTS].rank != 1 || call->in[WEIGHTS].dims[0] != classes))
        return tad_refuse(call, TAD_ESHAPE, "weights: expected [%" PRId64 "], one for each class", classes);
    if (!(to->smoothing >= 0 && to->smoothing <= 1))
        return tad_refuse(call, TAD_EARG, "label smoothing is %g; expected 0 to 1", to->smoothing);
    return tad__check_reduction(call, to->reduction, TAD_NONE);
}

static tad_status shape(const tad_call *call)
{
    const attributes *to = call->attributes;
    tad_status        status = tad__check_targets(call, &call->in[LOGITS], &call->in[TARGETS]);
    tad__reduced_shape(call, &call->in[TARGETS], to->reduction);
    return status == TAD_OK ? check_options(call) : status;
}

static tad_status shape_of_soft(const tad_call *call)
{
    const attributes *to = call->attributes;
    const tad_array  *x = &call->in[LOGITS];
    if (x->rank < 1 || !tad__array_same_shape(x, &call->in[TARGETS]))
        return tad_refuse(call, TAD_ESHAPE, "expected [C] or [N, C, ...], and targets of the same shape");
    tad_array samples = *x;
    samples.rank = 0;
    for (int i = 0; i < x->rank; i++)
        if (i != tad__class_axis(x->rank))
            samples.dims[samples.rank++] = x->dims[i];
    tad__reduced_shape(call, &samples, to->reduction);
    return check_options(call);
}

/* ---- recorded ---- */

static int class_axis_of(tad_var x)
{
    return tad__class_axis(tad_rank(x));
}

/* Numbers that are the same for all samples, one for each class or a scalar, in the shape of x. */
static tad_var spread(tad_var numbers, tad_var x)
{
    int64_t dims[TAD_MAX_RANK], own[TAD_MAX_RANK];
    int     rank = tad_rank(x), axis = class_axis_of(x);
    bool    scalar = tad_rank(numbers) == 0;
    for (int i = 0; i < rank; i++) {
        dims[i] = tad_dim(x, i);
        own[i] = i == axis && !scalar ? dims[i] : 1;
    }
    return tad_broadcast_to(tad_reshape(numbers, rank, own), rank, dims);
}

/* 1 for a target that counts, 0 for one that is ignored. */
static tad_var counts(const tad_rule *rule)
{
    const attributes *to = rule->attributes;
    tad_var           x = rule->x[LOGITS], one = tad_cast(tad_constant(x.tape, 1), tad_dtype_of(x));
    return tad__pick_class(spread(one, x), rule->x[TARGETS], to->ignored);
}

/* The weight of its class for a target that counts, 0 for one that is ignored. */
static tad_var target_weights(const tad_rule *rule)
{
    const attributes *to = rule->attributes;
    if (rule->n <= WEIGHTS)
        return counts(rule);
    return tad__pick_class(spread(rule->x[WEIGHTS], rule->x[LOGITS]), rule->x[TARGETS], to->ignored);
}

/* Minus the sum over the classes of w x. */
static tad_var minus_sum(const tad_rule *rule, tad_var x)
{
    int axis = class_axis_of(x);
    if (rule->n > WEIGHTS)
        x = tad_mul(x, spread(rule->x[WEIGHTS], x));
    return tad_neg(tad_sum_axes(x, 1, &axis, false));
}

/* The loss for logarithms x of probabilities and class indices. */
static tad_var nll(const tad_rule *rule, tad_var x)
{
    const attributes *to = rule->attributes;
    tad_tape         *tape = x.tape;
    bool              weighted = rule->n > WEIGHTS, mean = to->reduction == TAD_MEAN;
    tad_var           loss = tad_neg(tad__pick_class(x, rule->x[TARGETS], to->ignored));
    tad_var           weights = weighted || mean ? target_weights(rule) : (tad_var){0};
    if (weighted)
        loss = tad_mul(loss, weights);
    if (to->smoothing > 0) {
        double  share = to->smoothing / (double)tad_dim(x, class_axis_of(x));
        tad_var smooth = tad_where(counts(rule), minus_sum(rule, x), tad_constant(tape, 0));
        loss =
            tad_add(tad_mul(loss, tad_constant(tape, 1 - to->smoothing)), tad_mul(smooth, tad_constant(tape, share)));
    }
    if (to->reduction == TAD_NONE)
        return loss;
    return mean ? tad_div(tad_sum(loss), tad_sum(weights)) : tad_sum(loss);
}

static tad_var compose_nll(const tad_rule *rule)
{
    return nll(rule, rule->x[LOGITS]);
}

static tad_var compose(const tad_rule *rule)
{
    return nll(rule, tad_log_softmax(rule->x[LOGITS], class_axis_of(rule->x[LOGITS])));
}

/* A target of 0 makes its class count nothing, also where its logit is -INFINITY. */
static tad_var compose_soft(const tad_rule *rule)
{
    const attributes *to = rule->attributes;
    tad_var           x = rule->x[LOGITS], targets = rule->x[TARGETS];
    double            share = to->smoothing / (double)tad_dim(x, class_axis_of(x));
    if (to->smoothing > 0)
        targets = tad_add(tad_mul(targets, tad_constant(x.tape, 1 - to->smoothing)), tad_constant(x.tape, share));
    x = tad_scale(targets, tad_log_softmax(x, class_axis_of(x)));
    return tad__reduce(minus_sum(rule, x), to->reduction);
}

/* For tests. Equal logits would give the same whatever they are, and equal weights the same mean, so neither stay equal, and
 * weights are made positive, as their sum divides. */
static void prepare(int n, tad_var x[])
{
    static const double differing[] = {1.5, 0.25, 0.75, 2, 0.5, 1, 1.25, 1.75, 0.125};
    int64_t             classes = tad_dim(x[LOGITS], class_axis_of(x[LOGITS]));
    tad_var             numbers = tad_tensor_constant(x[LOGITS].tape, TAD_F64, 1, &classes, differing);
    numbers = tad_cast(numbers, tad_dtype_of(x[LOGITS]));
    x[LOGITS] = tad_mul(x[LOGITS], spread(numbers, x[LOGITS]));
    if (n > WEIGHTS)
        x[WEIGHTS] = tad_add(tad_exp(x[WEIGHTS]), numbers);
}

/* Logarithms of probabilities, and probabilities: terms of both signs would cancel. */
static void prepare_nll(int n, tad_var x[])
{
    prepare(n, x);
    x[LOGITS] = tad_neg(tad_softplus(x[LOGITS]));
}

static void prepare_soft(int n, tad_var x[])
{
    prepare(n, x);
    x[TARGETS] = tad_exp(x[TARGETS]);
}

#define INDEX_SAMPLES(smoothing)                                                                                       \
    {.in = "[3] []<3", .attributes = &(const attributes){-100, 0, TAD_MEAN}},                                          \
        {.in = "[5] []<5 [5]", .attributes = &(const attributes){-100, smoothing, TAD_NONE}},                          \
        {.in = "[1, 1] [1]<1", .attributes = &(const attributes){-100, 0, TAD_SUM}},                                   \
        {.in = "[4, 3] [4]<3", .attributes = &(const attributes){-100, 0, TAD_MEAN}},                                  \
        {.in = "[9, 3] [9]<3 [3]", .attributes = &(const attributes){0, 0, TAD_MEAN}},                                 \
        {.in = "[9, 3] [9]<3 [3]", .attributes = &(const attributes){1, smoothing, TAD_MEAN}},                         \
        {.in = "[4, 3] [4]<3", .attributes = &(const attributes){2, smoothing, TAD_NONE}},                             \
        {.in = "[2, 9] [2]<9 [9]", .attributes = &(const attributes){-100, smoothing, TAD_SUM}},                       \
        {.in = "[2, 3, 4] [2, 4]<3", .attributes = &(const attributes){-100, smoothing, TAD_MEAN}},                    \
        {.in = "[2, 3, 2, 2] [2, 2, 2]<3 [3]", .attributes = &(const attributes){0, 0, TAD_NONE}},                     \
    {                                                                                                                  \
        .in = "[0, 3] [0]<3 [3]", .attributes = &(const attributes)                                                    \
        {                                                                                                              \
            -100, 0, TAD_SUM                                                                                           \
        }                                                                                                              \
    }

static const tad_sample samples[] = {INDEX_SAMPLES(0.25)};
static const tad_sample nll_samples[] = {INDEX_SAMPLES(0)};

static const tad_sample soft_samples[] = {
    {.in = "[3] [3]", .attributes = &(const attributes){0, 0, TAD_MEAN}},
    {.in = "[1, 1] [1, 1]", .attributes = &(const attributes){0, 0.5, TAD_SUM}},
    {.in = "[4, 3] [4, 3]", .attributes = &(const attributes){0, 0, TAD_MEAN}},
    {.in = "[4, 3] [4, 3] [3]", .attributes = &(const attributes){0, 0.25, TAD_MEAN}},
    {.in = "[4, 3] [4, 3]", .attributes = &(const attributes){0, 0.125, TAD_NONE}},
    {.in = "[2, 9] [2, 9] [9]", .attributes = &(const attributes){0, 0, TAD_SUM}},
    {.in = "[2, 3, 4] [2, 3, 4]", .attributes = &(const attributes){0, 0, TAD_MEAN}},
    {.in = "[2, 2, 2, 3] [2, 2, 2, 3] [2]", .attributes = &(const attributes){0, 0.5, TAD_NONE}},
    {.in = "[0, 3] [0, 3]", .attributes = &(const attributes){0, 0, TAD_SUM}},
};

const tad_op tad__op_nll_loss = {
    .name = "nll_loss",
    .about = "negative log-likelihood of class indices",
    .formula = "nll_loss(a, b)",
    .arity = OPERANDS,
    .optional = 1,
    .indices = 1u << TARGETS,
    .attribute_bytes = sizeof(attributes),
    .operands = "x targets weights",
    ARGUMENTS(NAMED("ignore_index", attributes, ignored, LONG), NAMED("label_smoothing", attributes, smoothing, NUMBER),
              MEMBER(attributes, reduction, WORD, REDUCTION_WORDS)),
    .defaults = &(const attributes){.ignored = -100},
    .shape = shape,
    .compose = compose_nll,
    .prepare = prepare_nll,
    SAMPLES(nll_samples),
};

const tad_op tad__op_cross_entropy = {
    .name = "cross_entropy",
    .about = "cross-entropy of class indices",
    .formula = "cross_entropy(a, b)",
    .arity = OPERANDS,
    .optional = 1,
    .indices = 1u << TARGETS,
    .attribute_bytes = sizeof(attributes),
    .operands = "x targets weights",
    ARGUMENTS(NAMED("ignore_index", attributes, ignored, LONG), NAMED("label_smoothing", attributes, smoothing, NUMBER),
              MEMBER(attributes, reduction, WORD, REDUCTION_WORDS)),
    .defaults = &(const attributes){.ignored = -100},
    .shape = shape,
    .compose = compose,
    .prepare = prepare,
    SAMPLES(samples),
};

const tad_op tad__op_cross_entropy_soft = {
    .name = "cross_entropy_soft",
    .about = "cross-entropy of probabilities",
    .formula = "cross_entropy_soft(a, b)",
    .arity = OPERANDS,
    .optional = 1,
    .attribute_bytes = sizeof(attributes),
    .operands = "x targets weights",
    ARGUMENTS(NAMED("ignore_index", attributes, ignored, LONG), NAMED("label_smoothing", attributes, smoothing, NUMBER),
              MEMBER(attributes, reduction, WORD, REDUCTION_WORDS)),
    .defaults = &(const attributes){.ignored = -100},
    .shape = shape_of_soft,
    .compose = compose_soft,
    .prepare = prepare_soft,
    SAMPLES(soft_samples),
};

static tad_var apply(const tad_op *op, tad_var x, tad_var targets, const tad_cross_entropy_options *options,
                     const void *caller)
{
    static const tad_cross_entropy_options defaults = {.reduction = TAD_MEAN};
    if (!options)
        options = &defaults;
    tad_var    operands[OPERANDS] = {x, targets, options->weights};
    attributes to = {options->has_ignore_index ? options->ignore_index : -100, options->label_smoothing,
                     options->reduction};
    return tad_apply(
        op, (tad_args){
                .n = options->weights.tape ? OPERANDS : WEIGHTS, .x = operands, .attributes = &to, .caller = caller});
}

/** Negative log-likelihood: as tad_cross_entropy with class indices, for x that are logarithms of probabilities already. */
TAD_API tad_var tad_nll_loss(tad_var x, tad_var targets, const tad_cross_entropy_options *options)
{
    return apply(&tad__op_nll_loss, x, targets, options, TAD_CALLER);
}

/** Cross-entropy of logits, [N, C] or [N, C, ...] with the C classes along axis 1, or [C], as PyTorch's cross_entropy. With
 * p = log_softmax(logits), weights w (1 by default) and label smoothing s (0 by default):
 *
 * class indices, targets of TAD_I64 and the logits' shape without C: a sample of class t loses
 *     -(1 - s) w[t] p[t] - s / C sum over c of w[c] p[c],
 * or 0 if t is the ignored index, and the mean is the sum divided by the sum of w[t] of those not ignored;
 *
 * probabilities, targets of the logits' type and shape: a sample loses
 *     -sum over c of w[c] ((1 - s) t[c] + s / C) p[c],
 * where a class of probability 0 counts nothing even if its logit is -INFINITY, and the mean is the sum divided by the number
 * of samples.
 *
 * Gradients flow to the logits, to the weights, and to targets that are probabilities. The mean of no samples (an empty batch,
 * or all ignored) is NaN with gradient 0, as PyTorch's. `options` may be NULL. Large logits do not overflow; for NaN and
 * infinities see tad_log_softmax. Errors: TAD_ESHAPE (targets or weights do not fit), TAD_EINDEX (a target neither below C nor
 * ignored), TAD_EARG (label smoothing outside 0..1, no such reduction), TAD_EDTYPE. */
TAD_API tad_var tad_cross_entropy(tad_var logits, tad_var targets, const tad_cross_entropy_options *options)
{
    bool soft = tad_is_valid(targets) && tad_dtype_of(targets) != TAD_I64;
    return apply(soft ? &tad__op_cross_entropy_soft : &tad__op_cross_entropy, logits, targets, options, TAD_CALLER);
}
