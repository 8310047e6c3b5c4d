/* reductions: a value less its mean over axes: a projection, and its own adjoint. Variances are made of it. */
#include "ops/center.h"
#include "ops/pairs.h"
#include "ops/sample.h"
#include "tensor/fold.h"
#include "tensor/move.h"

#include <tad/elementwise.h>

#include <math.h>

bool tad__means(const tad_call *call, const tad_array *x, tad_array *means)
{
    tad_array differences, first = tad__axes_first(call, x);
    if (!tad__axes_doubles(call, 0, means) || !tad__axes_doubles(call, 0, &differences))
        return false;
    tad_array to = tad__axes_expand(call, &differences), center = tad__axes_expand(call, means);
    int64_t   group = tad__axes_group(call);
    double   *mean = means->data;
    tad__copy(means, &first);
    tad__fold_differences(&to, x, &center);
    tad__accumulate(means, &differences, 1 / (double)group);
    for (int64_t i = 0; i < tad__array_count(means); i++)
        if (isinf(mean[i]))
            mean[i] = nan(""); /* as where the first element is the infinite one */
    return true;
}

static tad_status shape(const tad_call *call)
{
    tad_status status = tad__axes_shape_of(call, 1);
    tad__array_set_shape(call->out, call->in[0].rank, call->in[0].dims);
    return status;
}

/* to += x - its means */
static void add_centered(const tad_call *call, const tad_array *x, const tad_array *to)
{
    float     float_one = 1;
    double    one = 1;
    tad_array groups, means, number = tad__array_of_number(&one), ones = tad__array_broadcast(&number, x);
    tad_array factor = ones;
    tad_call  reduction = *call;
    if (x->dtype == TAD_F32) {
        factor.dtype = TAD_F32;
        factor.data = &float_one;
    }
    reduction.out = &groups;
    groups.dtype = x->dtype;
    if (tad__axes_shape(&reduction) != TAD_OK || !tad__means(&reduction, x, &means))
        return;
    tad_array center = tad__axes_expand(&reduction, &means);
    tad__pull_differences(to, &factor, x, &center, &ones);
}

static void forward(const tad_call *call)
{
    tad__fill(call->out, 0);
    add_centered(call, &call->in[0], call->out);
}

static void backward(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    add_centered(call, gy, &gx[0]);
}

static tad_var again(const tad_rule *rule, tad_var x)
{
    return tad_apply(&tad__op_center, (tad_args){.n = 1, .x = &x, .attributes = rule->attributes});
}

static void vjp(const tad_rule *rule)
{
    rule->gx[0] = again(rule, rule->gy);
}

static tad_var jvp(const tad_rule *rule)
{
    return again(rule, rule->dx[0]);
}

tad_var tad__centered(const tad_rule *rule)
{
    return again(rule, rule->x[0]);
}

static tad_var parts(const tad_rule *rule)
{
    tad_var sum = tad__axes_sum(rule, rule->x[0]);
    tad_var mean = tad_div(sum, tad_constant(sum.tape, (double)tad__axes_count(rule)));
    return tad_sub(rule->x[0], tad__axes_keep(rule, mean));
}

/* None repeats a first axis that is all that is reduced: nothing but rounding would be left. */
#define ATTRIBUTES(...)                                                                                                \
    .attributes = &(const tad__axes)                                                                                   \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }
static const tad_sample samples[] = {
    {.in = "[]", ATTRIBUTES(.all = true)},
    {.in = "[1, 7]", ATTRIBUTES(.all = true)},
    {.in = "[1, 9]", ATTRIBUTES(.n = 1, .axes = {-1})},
    {.in = "[3, 5]", ATTRIBUTES(.all = true)},
    {.in = "[3, 5]", ATTRIBUTES(.n = 1, .axes = {1})},
    {.in = "[1, 5, 3]", ATTRIBUTES(.n = 1, .axes = {1})},
    {.in = "[2, 17]", ATTRIBUTES(.n = 1, .axes = {-1})},
    {.in = "[2, 3, 4]", ATTRIBUTES(.n = 2, .axes = {0, -1})},
    {.in = "[2, 3, 2, 3]", ATTRIBUTES(.n = 2, .axes = {2, 1}, .keepdims = true)},
    {.in = "[2, 0]", ATTRIBUTES(.n = 1, .axes = {0})},
};

/* On its whole group. */
static bool depends(const tad_call *call, int k, tad_array *out, tad_array *in)
{
    (void)k;
    bool       reduced[TAD_MAX_RANK];
    tad__pairs p = tad__pairs_start(out, in);
    tad__axes_reduced(call->attributes, out->rank, reduced);
    for (int i = 0; i < out->rank; i++) {
        tad__pairs_axis(&p, out->dims[i], out->strides[i], reduced[i] ? 0 : in->strides[i]);
        if (reduced[i])
            tad__pairs_axis(&p, in->dims[i], 0, in->strides[i]);
    }
    return tad__pairs_end(&p, out, in);
}

const tad_op tad__op_center = {
    .name = "center",
    .about = "a value less its mean over axes",
    .formula = "center(x)",
    .arity = 1,
    .attribute_bytes = sizeof(tad__axes),
    .shape = shape,
    .forward = forward,
    .parts = parts,
    .backward = backward,
    .depends = depends,
    .vjp = vjp,
    .jvp = jvp,
    SAMPLES(samples),
};
