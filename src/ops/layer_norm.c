/* layers: normalisation of each row of an array, with its mean and variance or with its mean square. */
#include "ops/arguments.h"
#include "ops/normalize.h"
#include "ops/pairs.h"
#include "ops/rows.h"
#include "ops/sample.h"
#include "tensor/normalise.h"

#include <tad/elementwise.h>

#include <string.h>

enum { X, GAMMA, BETA, OPERANDS };

typedef struct attributes {
    int    n; /* axes that make a row: the last ones */
    double eps;
} attributes;

static tad_status shape(const tad_call *call)
{
    const attributes *to = call->attributes;
    const tad_array  *x = &call->in[X];
    if (to->n < 1 || to->n > x->rank)
        return tad_refuse(call, TAD_EARG, "%d axes; expected 1 to %d, the rank", to->n, x->rank);
    for (int k = GAMMA; k < call->n; k++) {
        const tad_array *p = &call->in[k];
        if (p->rank != to->n || memcmp(p->dims, &x->dims[x->rank - to->n], (size_t)to->n * sizeof *p->dims) != 0)
            return tad_refuse(call, TAD_ESHAPE, "%s: expected the shape of the operand's last %d axes",
                              k == GAMMA ? "gamma" : "beta", to->n);
    }
    tad__array_set_shape(call->out, x->rank, x->dims);
    return tad__norm_check_eps(call, to->eps);
}

/* The kernel's arguments; false: out of memory. */
static bool prepare(const tad_call *call, bool centred, tad__normalise *s)
{
    const attributes *to = call->attributes;
    tad_array         rows[OPERANDS] = {{.data = NULL}};
    for (int k = 0; k < call->n; k++) {
        rows[k] = tad__rows_of(call, &call->in[k]);
        if (!rows[k].data)
            return false;
    }
    *s = (tad__normalise){.dtype = call->out->dtype,
                          .centred = centred,
                          .eps = to->eps,
                          .rows = tad__rows_count(&rows[X], to->n),
                          .size = tad__rows_size(&rows[X], to->n),
                          .x = rows[X].data,
                          .gamma = rows[GAMMA].data,
                          .beta = rows[BETA].data};
    return true;
}

static void compute(const tad_call *call, bool centred)
{
    tad__normalise s;
    if (prepare(call, centred, &s))
        tad__normalise_forward(&s, call->out->data);
}

/* The adjoint of gamma or beta, summed over the rows in double. */
static tad_array sums_for(const tad_call *call, const tad_array gx[], int k)
{
    tad_array sums = {.dtype = TAD_F64};
    if (k >= call->n || !gx[k].data)
        return sums;
    tad__array_set_shape(&sums, gx[k].rank, gx[k].dims);
    sums = tad__rows_new(call, &sums);
    if (sums.data)
        memset(sums.data, 0, tad__array_bytes(&sums));
    return sums;
}

static void pull(const tad_call *call, const tad_array *gy, const tad_array gx[], bool centred)
{
    tad__normalise s;
    tad_array      g = tad__rows_of(call, gy), to = tad__rows_to_add(call, &gx[X]);
    tad_array      sums[OPERANDS];
    for (int k = GAMMA; k <= BETA; k++)
        sums[k] = sums_for(call, gx, k);
    if (*call->refused != TAD_OK || !prepare(call, centred, &s))
        return;
    tad__normalise_pull(&s, g.data, to.data, sums[GAMMA].data, sums[BETA].data);
    tad__rows_added(&gx[X], &to);
    for (int k = GAMMA; k < call->n; k++)
        if (gx[k].data)
            tad__accumulate(&gx[k], &sums[k], 1);
}

static void forward_layer(const tad_call *call)
{
    compute(call, true);
}

static void backward_layer(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    pull(call, gy, gx, true);
}

static void forward_rms(const tad_call *call)
{
    compute(call, false);
}

static void backward_rms(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    pull(call, gy, gx, false);
}

/* ---- recorded ---- */

typedef struct row {
    bool    centred;
    int     n;
    tad_var factor, normalised;
} row;

static tad_var mean_of(const row *r, tad_var x)
{
    int axes[TAD_MAX_RANK];
    for (int i = 0; i < r->n; i++)
        axes[i] = -1 - i;
    return tad_mean_axes(x, r->n, axes, true);
}

static row record_row(const tad_rule *rule, bool centred)
{
    const attributes *to = rule->attributes;
    tad_var           x = rule->x[X], eps = tad_constant(x.tape, to->eps);
    row               r = {.centred = centred, .n = to->n};
    if (centred)
        x = tad_sub(x, mean_of(&r, x));
    r.factor = tad_reciprocal(tad_sqrt(tad_add(mean_of(&r, tad_square(x)), eps)));
    r.normalised = tad_mul(x, r.factor);
    return r;
}

/* The derivative of the normalised row in x, times p. The Jacobian, factor * (1 - 1 1' / n - h h' / n), is symmetric: it makes
 * the tangent as it makes the gradient. */
static tad_var project(const row *r, tad_var p)
{
    tad_var along = tad_mul(r->normalised, mean_of(r, tad_mul(p, r->normalised)));
    if (r->centred)
        p = tad_sub(p, mean_of(r, p));
    return tad_mul(r->factor, tad_sub(p, along));
}

static tad_var times_gamma(const tad_rule *rule, tad_var x)
{
    return rule->n > GAMMA ? tad_mul(x, rule->x[GAMMA]) : x;
}

static void record_vjp(const tad_rule *rule, bool centred)
{
    row r = record_row(rule, centred);
    if (rule->wanted[X])
        rule->gx[X] = project(&r, times_gamma(rule, rule->gy));
    if (rule->n > GAMMA && rule->wanted[GAMMA])
        rule->gx[GAMMA] = tad_mul(rule->gy, r.normalised);
    if (rule->n > BETA && rule->wanted[BETA])
        rule->gx[BETA] = rule->gy;
}

static tad_var record_jvp(const tad_rule *rule, bool centred)
{
    row     r = record_row(rule, centred);
    tad_var terms[OPERANDS], dy = {0};
    terms[X] = rule->wanted[X] ? times_gamma(rule, project(&r, rule->dx[X])) : (tad_var){0};
    for (int k = GAMMA; k < rule->n; k++)
        terms[k] = k == BETA || !rule->wanted[k] ? rule->dx[k] : tad_mul(rule->dx[k], r.normalised);
    for (int k = 0; k < rule->n; k++)
        if (rule->wanted[k])
            dy = dy.tape ? tad_add(dy, terms[k]) : terms[k];
    return dy;
}

static void vjp_layer(const tad_rule *rule)
{
    record_vjp(rule, true);
}

static tad_var jvp_layer(const tad_rule *rule)
{
    return record_jvp(rule, true);
}

static void vjp_rms(const tad_rule *rule)
{
    record_vjp(rule, false);
}

static tad_var jvp_rms(const tad_rule *rule)
{
    return record_jvp(rule, false);
}

static tad_var parts(const tad_rule *rule, bool centred)
{
    tad_var y = times_gamma(rule, record_row(rule, centred).normalised);
    return rule->n > BETA ? tad_add(y, rule->x[BETA]) : y;
}

static tad_var parts_of_layer(const tad_rule *rule)
{
    return parts(rule, true);
}

static tad_var parts_of_rms(const tad_rule *rule)
{
    return parts(rule, false);
}

/* eps is large, so that also rows of nearly equal numbers can be checked with differences. None is made of the first axis
 * but where it has one number: where that axis repeats one row, the row would be of equal numbers. */
static const tad_sample samples[] = {
    {.in = "[1]", .attributes = &(const attributes){1, 0.5}},
    {.in = "[1, 7] [7]", .attributes = &(const attributes){1, 0.25}},
    {.in = "[3, 5]", .attributes = &(const attributes){1, 0.25}},
    {.in = "[3, 5] [5]", .attributes = &(const attributes){1, 0.25}},
    {.in = "[3, 5] [5] [5]", .attributes = &(const attributes){1, 0.5}},
    {.in = "[2, 17] [17] [17]", .attributes = &(const attributes){1, 0.125}},
    {.in = "[1, 3, 3] [3, 3] [3, 3]", .attributes = &(const attributes){2, 0.25}},
    {.in = "[2, 3, 4] [3, 4]", .attributes = &(const attributes){2, 0.25}},
    {.in = "[2, 1, 2, 5] [5] [5]", .attributes = &(const attributes){1, 0.25}},
    {.in = "[1, 2, 2, 3]", .attributes = &(const attributes){3, 0.5}},
    {.in = "[4, 1] [1] [1]", .attributes = &(const attributes){1, 1}},
    {.in = "[0, 3] [3] [3]", .attributes = &(const attributes){1, 0.25}},
    {.in = "[2, 0] [0]", .attributes = &(const attributes){1, 0.25}},
};

static bool depends(const tad_call *call, int k, tad_array *out, tad_array *in)
{
    int n = ((const attributes *)call->attributes)->n;
    return k == X ? tad__pairs_in_block(out, n, in, n) : tad__depends_in_place(call, k, out, in);
}

const tad_op tad__op_layer_norm = {
    .name = "layer_norm",
    .about = "rows normalised to mean 0 and variance 1",
    .formula = "layer_norm(x)",
    .arity = OPERANDS,
    .optional = 2,
    .attribute_bytes = sizeof(attributes),
    .operands = "x gamma beta",
    ARGUMENTS(MEMBER(attributes, n, INT), MEMBER(attributes, eps, NUMBER)),
    .defaults = &(const attributes){.n = 1, .eps = 1e-5},
    .shape = shape,
    .forward = forward_layer,
    .parts = parts_of_layer,
    .backward = backward_layer,
    .depends = depends,
    .vjp = vjp_layer,
    .jvp = jvp_layer,
    SAMPLES(samples),
};

const tad_op tad__op_rms_norm = {
    .name = "rms_norm",
    .about = "rows normalised to mean square 1",
    .formula = "rms_norm(x)",
    .arity = OPERANDS,
    .optional = 2,
    .attribute_bytes = sizeof(attributes),
    .operands = "x gamma beta",
    ARGUMENTS(MEMBER(attributes, n, INT), MEMBER(attributes, eps, NUMBER)),
    .defaults = &(const attributes){.n = 1, .eps = 1e-5},
    .shape = shape,
    .forward = forward_rms,
    .parts = parts_of_rms,
    .backward = backward_rms,
    .depends = depends,
    .vjp = vjp_rms,
    .jvp = jvp_rms,
    SAMPLES(samples),
};

static tad_var apply(const tad_op *op, tad_var x, int n, const tad_norm_options *options, const void *caller)
{
    tad_var    operands[OPERANDS] = {x};
    attributes to = {n, tad__norm_eps(options)};
    return tad_apply(
        op, (tad_args){
                .n = tad__norm_add_operands(options, 1, operands), .x = operands, .attributes = &to, .caller = caller});
}

/** Layer normalisation over the last n axes, which make a row: y = (x - mean) / sqrt(variance + eps) * gamma + beta, with the
 * row's own mean and (biased) variance, made in double; gamma and beta have the shape of a row. With h the normalised row and
 * p = gy * gamma, dx: (p - mean(p) - h mean(p h)) / sqrt(variance + eps); dgamma: gy h; dbeta: gy, both summed over the rows.
 * A row of equal numbers gives beta. `options` may be NULL: no gamma, no beta, eps 1e-5. Source: J. Ba, J. Kiros, G. Hinton,
 * Layer Normalization, 2016. Errors: TAD_EARG (n outside 1..rank, a negative or NaN eps), TAD_ESHAPE (gamma or beta). */
TAD_API tad_var tad_layer_norm(tad_var x, int n, const tad_norm_options *options)
{
    return apply(&tad__op_layer_norm, x, n, options, TAD_CALLER);
}

/** The same without the mean: y = x / sqrt(mean(x^2) + eps) * gamma + beta; dx: (p - h mean(p h)) / sqrt(mean(x^2) + eps).
 * A row of zeros gives beta. Source: B. Zhang, R. Sennrich, Root Mean Square Layer Normalization, 2019.
 * Errors: as tad_layer_norm. */
TAD_API tad_var tad_rms_norm(tad_var x, int n, const tad_norm_options *options)
{
    return apply(&tad__op_rms_norm, x, n, options, TAD_CALLER);
}
