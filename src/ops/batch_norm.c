/* layers: batch normalisation: mean and variance of each channel, and normalising with a mean and variance given. */
#include "ops/arguments.h"
#include "ops/channels.h"
#include "ops/normalize.h"
#include "ops/pairs.h"
#include "ops/sample.h"
#include "tensor/channels.h"

#include <tad/elementwise.h>

#include <math.h>

/* ---- statistics: [2, C], the means and the variances ---- */

static tad_status shape_of_statistics(const tad_call *call)
{
    tad_status status = tad__channels_check(call, 1, NULL);
    call->out->rank = 2;
    call->out->dims[0] = 2;
    call->out->dims[1] = status == TAD_OK ? call->in[0].dims[1] : 0;
    return status;
}

/* How many numbers a channel has; 1 instead of none, so that their mean is 0. */
static double channel_size(int64_t count, int64_t channels)
{
    int64_t size = channels ? count / channels : 0;
    return size ? (double)size : 1;
}

static tad_array row_of(const tad_array *statistics, int row)
{
    tad_array vector = *statistics;
    vector.rank = 1;
    vector.dims[0] = statistics->dims[1];
    vector.strides[0] = statistics->strides[1];
    vector.data = (char *)statistics->data + row * statistics->strides[0] * (int64_t)tad_dtype_size(statistics->dtype);
    return vector;
}

static void forward_statistics(const tad_call *call)
{
    const tad_array *x = &call->in[0];
    double           size = channel_size(tad__array_count(x), x->dims[1]);
    tad_array        mean = tad__channels_new(call, x, TAD_F64, 0), variance = tad__channels_new(call, x, TAD_F64, 0);
    if (!mean.data || !variance.data)
        return;
    tad_array mean_view = tad__channels_view(&mean, x), variance_view = tad__channels_view(&variance, x);
    tad_array means = row_of(call->out, 0), variances = row_of(call->out, 1);
    tad__accumulate(&mean_view, x, 1);
    tad__divide(&mean, size);
    tad__channels_squares(&variance_view, x, &mean_view);
    tad__divide(&variance, size);
    tad__copy(&means, &mean);
    tad__copy(&variances, &variance);
}

/* gx += (x - mean) * 2 / size * g of the variance + g of the mean / size */
static void backward_statistics(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    const tad_array *x = &call->in[0];
    double           size = channel_size(tad__array_count(x), x->dims[1]);
    tad_array        a = tad__channels_new(call, x, x->dtype, 0), b = tad__channels_new(call, x, x->dtype, 0);
    if (!a.data || !b.data)
        return;
    tad_array mean = row_of(call->out, 0), g_mean = row_of(gy, 0), g_variance = row_of(gy, 1);
    tad__accumulate(&a, &g_variance, 2 / size);
    tad__accumulate(&b, &g_mean, 1 / size);
    mean = tad__channels_view(&mean, x);
    a = tad__channels_view(&a, x);
    b = tad__channels_view(&b, x);
    tad__channels_map(true, &gx[0], x, &mean, &a, &b);
}

static tad_var statistic(tad_var statistics, int row)
{
    return tad_reshape(tad_slice(statistics, 0, row, row + 1), 1, (const int64_t[]){tad_dim(statistics, 1)});
}

static void vjp_statistics(const tad_rule *rule)
{
    tad_var x = rule->x[0], size = tad_constant(x.tape, channel_size(tad_count(x), tad_dim(x, 1)));
    tad_var centred = tad_sub(x, tad__channels_spread(statistic(rule->y, 0), x));
    tad_var g_mean = tad__channels_spread(tad_div(statistic(rule->gy, 0), size), x);
    tad_var g_variance = tad_div(statistic(rule->gy, 1), tad_mul(size, tad_constant(x.tape, 0.5)));
    rule->gx[0] = tad_add(tad_mul(centred, tad__channels_spread(g_variance, x)), g_mean);
}

static const tad_sample statistics_samples[] = {
    {.in = "[1, 1]"},    {.in = "[5, 1]"},    {.in = "[1, 5]"},       {.in = "[4, 3]"},    {.in = "[3, 9]"},
    {.in = "[2, 3, 4]"}, {.in = "[3, 2, 7]"}, {.in = "[2, 3, 2, 2]"}, {.in = "[1, 2, 5]"}, {.in = "[2, 2, 1, 3]"},
    {.in = "[17, 1]"},   {.in = "[0, 3]"},    {.in = "[2, 0, 3]"},    {.in = "[2, 3, 0]"}, {.in = "[1, 2, 3, 3]"},
};

/* Mean and variance of a channel depend on all of it. */
static bool statistics_depend(const tad_call *call, int k, tad_array *out, tad_array *in)
{
    (void)call, (void)k;
    tad__pairs p = tad__pairs_start(out, in);
    tad__pairs_axis(&p, 2, out->strides[0], 0);
    for (int i = 0; i < in->rank; i++)
        tad__pairs_axis(&p, in->dims[i], i == 1 ? out->strides[1] : 0, in->strides[i]);
    return tad__pairs_end(&p, out, in);
}

const tad_op tad__op_batch_statistics = {
    .name = "batch_statistics",
    .about = "mean and variance of each channel",
    .formula = "batch_statistics(x)",
    .arity = 1,
    .packed = true,
    .shape = shape_of_statistics,
    .forward = forward_statistics,
    .backward = backward_statistics,
    .depends = statistics_depend,
    .vjp = vjp_statistics,
    SAMPLES(statistics_samples),
};

/* ---- normalising: y = (x - mean) * gamma / sqrt(variance + eps) + beta ---- */

enum { X, MEAN, VARIANCE, GAMMA, BETA, OPERANDS };

static tad_status shape(const tad_call *call)
{
    static const char *const names[OPERANDS] = {"x", "mean", "variance", "gamma", "beta"};
    tad_status               status = tad__channels_check(call, OPERANDS, names);
    tad__array_set_shape(call->out, call->in[X].rank, call->in[X].dims);
    return status == TAD_OK ? tad__norm_check_eps(call, *(const double *)call->attributes) : status;
}

/* Operand k as f64 numbers; `otherwise` where it was left out. */
static tad_array wide(const tad_call *call, int k, double otherwise)
{
    tad_array vector = tad__channels_new(call, &call->in[X], TAD_F64, otherwise);
    if (vector.data && k < call->n)
        tad__copy(&vector, &call->in[k]);
    return vector;
}

/* What each channel is multiplied with: gamma / sqrt(variance + eps), and the latter alone, in f64. */
static bool find_factors(const tad_call *call, tad_array *factor, tad_array *deviation)
{
    *deviation = wide(call, VARIANCE, 1);
    *factor = wide(call, GAMMA, 1);
    if (!factor->data || !deviation->data)
        return false;
    double *f = factor->data, *d = deviation->data;
    for (int64_t c = 0; c < factor->dims[0]; c++) {
        d[c] = 1 / sqrt(d[c] + *(const double *)call->attributes);
        f[c] *= d[c];
    }
    return true;
}

/* The numbers of a vector in the type of x, in its shape; `data` is NULL if there is no memory. */
static tad_array spread(const tad_call *call, const tad_array *vector)
{
    const tad_array *x = &call->in[X];
    tad_array        narrow = tad__channels_new(call, x, x->dtype, 0);
    if (narrow.data)
        tad__copy(&narrow, vector);
    return tad__channels_view(&narrow, x);
}

static void forward(const tad_call *call)
{
    tad_array factor, deviation, beta = wide(call, BETA, 0);
    if (!beta.data || !find_factors(call, &factor, &deviation))
        return;
    tad_array mean = tad__channels_view(&call->in[MEAN], &call->in[X]);
    factor = spread(call, &factor);
    beta = spread(call, &beta);
    if (factor.data && beta.data)
        tad__channels_map(false, call->out, &call->in[X], &mean, &factor, &beta);
}

static void multiply(const tad_array *vector, const tad_array *by)
{
    double       *v = vector->data;
    const double *factors = by->data;
    for (int64_t c = 0; c < vector->dims[0]; c++)
        v[c] *= factors[c];
}

static void pull_to_channels(const tad_call *call, const tad_array *gy, const tad_array gx[], const tad_array *factor,
                             const tad_array *deviation)
{
    const tad_array *x = &call->in[X];
    tad_array        sum = tad__channels_new(call, x, TAD_F64, 0), product = tad__channels_new(call, x, TAD_F64, 0);
    if (!sum.data || !product.data)
        return;
    tad_array sums = tad__channels_view(&sum, x), products = tad__channels_view(&product, x);
    tad_array mean = tad__channels_view(&call->in[MEAN], x);
    tad__channels_sums(&sums, &products, gy, x, &mean);
    if (call->n > BETA && gx[BETA].data)
        tad__accumulate(&gx[BETA], &sum, 1);
    multiply(&sum, factor);
    if (gx[MEAN].data)
        tad__accumulate(&gx[MEAN], &sum, -1);
    multiply(&product, deviation);
    if (call->n > GAMMA && gx[GAMMA].data)
        tad__accumulate(&gx[GAMMA], &product, 1);
    multiply(&product, factor);
    multiply(&product, deviation);
    if (gx[VARIANCE].data)
        tad__accumulate(&gx[VARIANCE], &product, -0.5);
}

static void backward(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    const tad_array *x = &call->in[X];
    tad_array        factor, deviation;
    if (!find_factors(call, &factor, &deviation))
        return;
    if (gx[X].data) {
        tad_array by = spread(call, &factor), zeros = tad__channels_new(call, x, x->dtype, 0);
        if (!by.data || !zeros.data)
            return;
        zeros = tad__channels_view(&zeros, x);
        tad__channels_map(true, &gx[X], gy, &zeros, &by, &zeros);
    }
    bool channels = false;
    for (int k = MEAN; k < call->n; k++)
        channels |= gx[k].data != NULL;
    if (channels)
        pull_to_channels(call, gy, gx, &factor, &deviation);
}

static void vjp(const tad_rule *rule)
{
    tad_var x = rule->x[X], eps = tad_constant(x.tape, *(const double *)rule->attributes), p = rule->gy;
    tad_var deviation = tad_reciprocal(tad_sqrt(tad_add(rule->x[VARIANCE], eps)));
    tad_var centred = tad_sub(x, tad__channels_spread(rule->x[MEAN], x));
    tad_var factor = rule->n > GAMMA ? tad_mul(rule->x[GAMMA], deviation) : deviation;
    if (rule->wanted[X])
        rule->gx[X] = tad_mul(p, tad__channels_spread(factor, x));
    if (rule->wanted[MEAN])
        rule->gx[MEAN] = tad_neg(tad_mul(tad__channels_gather(p), factor));
    if (rule->n > BETA && rule->wanted[BETA])
        rule->gx[BETA] = tad__channels_gather(p);
    tad_var along = tad__channels_gather(tad_mul(p, centred));
    if (rule->n > GAMMA && rule->wanted[GAMMA])
        rule->gx[GAMMA] = tad_mul(along, deviation);
    if (rule->wanted[VARIANCE])
        rule->gx[VARIANCE] =
            tad_mul(tad_mul(along, factor), tad_mul(tad_square(deviation), tad_constant(x.tape, -0.5)));
}

/* A variance is positive. */
static void prepare(int n, tad_var x[])
{
    (void)n;
    x[VARIANCE] = tad_exp(x[VARIANCE]);
}

static const tad_sample samples[] = {
    {.in = "[1, 1] [1] [1]", .attributes = &(const double){0.25}},
    {.in = "[4, 3] [3] [3]", .attributes = &(const double){0}},
    {.in = "[4, 3] [3] [3] [3]", .attributes = &(const double){0.25}},
    {.in = "[3, 9] [9] [9] [9] [9]", .attributes = &(const double){0.25}},
    {.in = "[2, 3, 4] [3] [3] [3] [3]", .attributes = &(const double){0.5}},
    {.in = "[2, 1, 17] [1] [1] [1]", .attributes = &(const double){0.125}},
    {.in = "[2, 3, 2, 2] [3] [3] [3] [3]", .attributes = &(const double){0.25}},
    {.in = "[1, 2, 3, 1] [2] [2]", .attributes = &(const double){0.25}},
    {.in = "[0, 3] [3] [3] [3] [3]", .attributes = &(const double){0.25}},
};

static bool depends(const tad_call *call, int k, tad_array *out, tad_array *in)
{
    (void)call;
    if (k != X)
        *in = tad__channels_view(in, out);
    return true;
}

const tad_op tad__op_batch_norm = {
    .name = "batch_norm",
    .about = "each channel normalised with a mean and variance given",
    .formula = "batch_norm(x)",
    .arity = OPERANDS,
    .optional = 2,
    .attribute_bytes = sizeof(double),
    .operands = "x mean variance gamma beta",
    ARGUMENTS({.name = "eps", .kind = TAD_ARGUMENT_NUMBER}),
    .defaults = &(const double){1e-5},
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .depends = depends,
    .vjp = vjp,
    .prepare = prepare,
    SAMPLES(samples),
};

static tad_var normalise(tad_var x, tad_var mean, tad_var variance, const tad_norm_options *options, const void *caller)
{
    tad_var operands[OPERANDS] = {x, mean, variance};
    double  eps = tad__norm_eps(options);
    return tad_apply(&tad__op_batch_norm, (tad_args){.n = tad__norm_add_operands(options, GAMMA, operands),
                                                     .x = operands,
                                                     .attributes = &eps,
                                                     .caller = caller});
}

/** Batch normalisation while training: x is [N, C] or [N, C, ...], and each of the C channels is normalised with its own mean
 * and (biased) variance over all other axes: y = (x - mean) / sqrt(variance + eps) * gamma + beta, where gamma and beta are
 * [C]. *mean and *variance, both [C], are for the caller's running statistics (of which PyTorch's have the unbiased variance:
 * times m / (m - 1), for m numbers a channel); either may be NULL. The gradient goes through all three results. A channel of
 * equal numbers gives beta. `options` may be NULL: no gamma, no beta, eps 1e-5. Source: S. Ioffe, C. Szegedy, Batch
 * Normalization, 2015. Errors: TAD_EARG (y is NULL; a negative or NaN eps), TAD_ESHAPE (fewer than two axes; gamma or beta);
 * the results are then invalid. */
TAD_API TAD_CHECKED tad_status tad_batch_norm(tad_var x, const tad_norm_options *options, tad_var *y, tad_var *mean,
                                              tad_var *variance)
{
    const void    *caller = TAD_CALLER;
    const tad_call here = {.op = &tad__op_batch_norm, .tape = x.tape, .caller = caller};
    tad_frame      outer = tad_enter(x.tape, "batch_norm", caller);
    tad_var        parts[2], none, statistics, out;
    statistics = tad_apply(&tad__op_batch_statistics, (tad_args){.n = 1, .x = &x, .caller = caller});
    for (int i = 0; i < 2; i++)
        parts[i] = tad_is_valid(statistics) ? statistic(statistics, i) : statistics;
    out = tad_is_valid(statistics) ? normalise(x, parts[0], parts[1], options, caller) : statistics;
    tad_leave(x.tape, outer);
    if (!y && tad_is_valid(out)) {
        tad_refuse(&here, TAD_EARG, "y is NULL");
        out = (tad_var){0};
    }
    bool good = tad_is_valid(out);
    *(y ? y : &none) = out;
    *(mean ? mean : &none) = good ? parts[0] : out;
    *(variance ? variance : &none) = good ? parts[1] : out;
    if (good)
        return TAD_OK;
    return !x.tape ? TAD_ETAPE : tad_tape_status(x.tape) != TAD_OK ? tad_tape_status(x.tape) : TAD_EARG;
}

/** Batch normalisation with a mean and variance given, [C] each, as after training; otherwise as tad_batch_norm. The gradient
 * goes to all operands: with f = gamma / sqrt(variance + eps), dx: gy f; dmean: -sum(gy) f; dvariance: -sum(gy (x - mean)) f /
 * (2 (variance + eps)); dgamma: sum(gy (x - mean)) / sqrt(variance + eps); dbeta: sum(gy).
 * Errors: TAD_ESHAPE (fewer than two axes; mean, variance, gamma or beta is not [C]), TAD_EARG (a negative or NaN eps). */
TAD_API tad_var tad_batch_norm_inference(tad_var x, tad_var mean, tad_var variance, const tad_norm_options *options)
{
    return normalise(x, mean, variance, options, TAD_CALLER);
}
