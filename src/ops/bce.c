/* losses: binary cross-entropy of logits. */
#include "ops/arguments.h"
#include "ops/reduction.h"
#include "ops/sample.h"
#include "tensor/array.h"

enum { X, TARGET, OPTIONAL, OPERANDS = 4 };

typedef struct attributes {
    tad_reduction reduction;
    bool          has_weight, has_pos_weight; /* which follow the two operands, in this order */
} attributes;

static tad_status shape(const tad_call *call)
{
    const attributes *to = call->attributes;
    const tad_array  *x = &call->in[X];
    if (!tad__array_same_shape(x, &call->in[TARGET]))
        return tad_refuse(call, TAD_ESHAPE, "expected a target of the same shape");
    if (call->n != OPTIONAL + to->has_weight + to->has_pos_weight)
        return tad_refuse(call, TAD_EARG, "expected as many weights as its attributes say");
    for (int k = OPTIONAL; k < call->n; k++)
        if (!tad__array_broadcasts_to(&call->in[k], x))
            return tad_refuse(call, TAD_ESHAPE, "%s does not broadcast to the shape of the logits",
                              k == OPTIONAL && to->has_weight ? "weight" : "pos_weight");
    tad__reduced_shape(call, x, to->reduction);
    return tad__check_reduction(call, to->reduction, TAD_NONE);
}

/* Two terms of one sign, so nothing cancels; each vanishes with its factor, even if the logit is infinite. */
static tad_var compose(const tad_rule *rule)
{
    const attributes *to = rule->attributes;
    tad_var           x = rule->x[X], t = rule->x[TARGET], one = tad_constant(x.tape, 1);
    tad_var           positive = to->has_pos_weight ? tad_mul(t, rule->x[OPTIONAL + to->has_weight]) : t;
    tad_var           losses =
        tad_add(tad_scale(positive, tad_softplus(tad_neg(x))), tad_scale(tad_sub(one, t), tad_softplus(x)));
    if (to->has_weight)
        losses = tad_mul(losses, rule->x[OPTIONAL]);
    return tad__reduce(losses, to->reduction);
}

static const tad_sample samples[] = {
    {.in = "[] []", .attributes = &(const attributes){TAD_MEAN, false, false}},
    {.in = "[1] [1] []", .attributes = &(const attributes){TAD_SUM, true, false}},
    {.in = "[7] [7]", .attributes = &(const attributes){TAD_MEAN, false, false}},
    {.in = "[9] [9] [9] [1]", .attributes = &(const attributes){TAD_NONE, true, true}},
    {.in = "[3, 5] [3, 5] [5]", .attributes = &(const attributes){TAD_MEAN, false, true}},
    {.in = "[3, 5] [3, 5] [3, 1] [5]", .attributes = &(const attributes){TAD_MEAN, true, true}},
    {.in = "[2, 3, 4] [2, 3, 4]", .attributes = &(const attributes){TAD_NONE, false, false}},
    {.in = "[2, 1, 2, 3] [2, 1, 2, 3] [2, 1]", .attributes = &(const attributes){TAD_SUM, true, false}},
    {.in = "[0, 3] [0, 3] [3]", .attributes = &(const attributes){TAD_SUM, false, true}},
};

static tad_var call(tad_args args)
{
    const attributes *to = args.attributes;
    tad_bce_options   options = {.reduction = to->reduction};
    if (args.n > OPTIONAL)
        options.weight = args.x[OPTIONAL];
    if (args.n > OPTIONAL + 1)
        options.pos_weight = args.x[OPTIONAL + 1];
    return tad_bce_with_logits(args.x[X], args.x[TARGET], &options);
}

const tad_op tad__op_bce_with_logits = {
    .name = "bce_with_logits",
    .about = "binary cross-entropy of logits",
    .formula = "bce_with_logits(a, b)",
    .arity = OPERANDS,
    .optional = 2,
    .attribute_bytes = sizeof(attributes),
    .operands = "x target weight pos_weight",
    ARGUMENTS(MEMBER(attributes, reduction, WORD, REDUCTION_WORDS)),
    .call = call,
    .shape = shape,
    .compose = compose,
    SAMPLES(samples),
};

/** Binary cross-entropy of logits x with targets t, mostly 0 to 1: weight (pos_weight t log(1 + exp(-x)) + (1 - t) log(1 +
 * exp(x))), as PyTorch's binary_cross_entropy_with_logits, and their mean, sum or none of it. Exact to the last digits also for
 * large x; a term whose factor, t or 1 - t, is 0 counts nothing even if x is infinite. All operands get a gradient; dx:
 * weight ((1 - t) sigmoid(x) - pos_weight t sigmoid(-x)). The mean of no numbers is NaN. `options` may be NULL.
 * Errors: TAD_ESHAPE (t has another shape than x, or a weight does not broadcast to it), TAD_EARG (no such reduction). */
TAD_API tad_var tad_bce_with_logits(tad_var x, tad_var target, const tad_bce_options *options)
{
    static const tad_bce_options defaults = {.reduction = TAD_MEAN};
    tad_var                      operands[OPERANDS] = {x, target};
    int                          n = OPTIONAL;
    if (!options)
        options = &defaults;
    attributes to = {options->reduction, options->weight.tape != NULL, options->pos_weight.tape != NULL};
    if (to.has_weight)
        operands[n++] = options->weight;
    if (to.has_pos_weight)
        operands[n++] = options->pos_weight;
    return tad_apply(&tad__op_bce_with_logits,
                     (tad_args){.n = n, .x = operands, .attributes = &to, .caller = TAD_CALLER});
}
