/* layers: normalisation of groups of channels. */
#include "ops/arguments.h"
#include "ops/channels.h"
#include "ops/normalize.h"
#include "ops/sample.h"

#include <tad/elementwise.h>

typedef struct attributes {
    int64_t groups;
    double  eps;
} attributes;

static tad_status shape(const tad_call *call)
{
    static const char *const names[] = {"x", "gamma", "beta"};
    const attributes        *to = call->attributes;
    tad_status               status = tad__channels_check(call, 3, names);
    if (status != TAD_OK)
        return status;
    int64_t channels = call->in[0].dims[1];
    if (to->groups < 1 || channels % to->groups != 0)
        return tad_refuse(call, TAD_EARG, "%" PRId64 " groups of %" PRId64 " channels; expected a divisor of that",
                          to->groups, channels);
    tad__array_set_shape(call->out, call->in[0].rank, call->in[0].dims);
    return tad__norm_check_eps(call, to->eps);
}

static tad_var compose(const tad_rule *rule)
{
    const attributes *to = rule->attributes;
    tad_var           x = rule->x[0];
    int64_t           dims[TAD_MAX_RANK], rows[3] = {tad_dim(x, 0), to->groups, tad_dim(x, 1) / to->groups};
    for (int i = 0; i < tad_rank(x); i++) {
        dims[i] = tad_dim(x, i);
        rows[2] *= i > 1 ? dims[i] : 1;
    }
    tad_var y = tad_layer_norm(tad_reshape(x, 3, rows), 1, &(const tad_norm_options){.eps = to->eps});
    y = tad_reshape(y, tad_rank(x), dims);
    if (rule->n > 1)
        y = tad_mul(y, tad__channels_spread(rule->x[1], x));
    return rule->n > 2 ? tad_add(y, tad__channels_spread(rule->x[2], x)) : y;
}

static const tad_sample samples[] = {
    {.in = "[1, 1]", .attributes = &(const attributes){1, 0.5}},
    {.in = "[3, 4]", .attributes = &(const attributes){2, 0.25}},
    {.in = "[2, 4] [4]", .attributes = &(const attributes){1, 0.25}},
    {.in = "[2, 9] [9] [9]", .attributes = &(const attributes){3, 0.25}},
    {.in = "[2, 4, 3] [4] [4]", .attributes = &(const attributes){2, 0.25}},
    {.in = "[1, 2, 7] [2] [2]", .attributes = &(const attributes){2, 0.25}},
    {.in = "[2, 2, 3, 2] [2] [2]", .attributes = &(const attributes){1, 0.5}},
    {.in = "[2, 3, 2, 2]", .attributes = &(const attributes){3, 0.25}},
    {.in = "[0, 4] [4] [4]", .attributes = &(const attributes){2, 0.25}},
    {.in = "[2, 2, 0] [2]", .attributes = &(const attributes){2, 0.25}},
};

const tad_op tad__op_group_norm = {
    .name = "group_norm",
    .about = "groups of channels normalised to mean 0 and variance 1",
    .formula = "group_norm(x)",
    .arity = 3,
    .optional = 2,
    .attribute_bytes = sizeof(attributes),
    .operands = "x gamma beta",
    ARGUMENTS(MEMBER(attributes, groups, LONG, REQUIRED), MEMBER(attributes, eps, NUMBER)),
    .defaults = &(const attributes){.eps = 1e-5},
    .shape = shape,
    .compose = compose,
    SAMPLES(samples),
};

/** Group normalisation: the C channels of x, [N, C] or [N, C, ...], in `groups` groups of neighbours; the numbers of each
 * group and sample are normalised as a row by tad_layer_norm, then multiplied with gamma and added to beta, [C] each. One group
 * for each channel is instance normalisation. `options` may be NULL: no gamma, no beta, eps 1e-5. Source: Y. Wu, K. He, Group
 * Normalization, 2018. Errors: TAD_ESHAPE (fewer than two axes; gamma or beta), TAD_EARG (groups does not divide C; eps). */
TAD_API tad_var tad_group_norm(tad_var x, int64_t groups, const tad_norm_options *options)
{
    tad_var    operands[3] = {x};
    attributes to = {groups, tad__norm_eps(options)};
    return tad_apply(&tad__op_group_norm, (tad_args){.n = tad__norm_add_operands(options, 1, operands),
                                                     .x = operands,
                                                     .attributes = &to,
                                                     .caller = TAD_CALLER});
}
