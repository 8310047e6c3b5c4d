/* shapes: the axes in another order. */
#include "ops/arguments.h"
#include "ops/axes.h"
#include "ops/sample.h"

#include <tad/operations.h>

static tad_status shape(const tad_call *call)
{
    const tad__axes *to = call->attributes;
    const tad_array *x = &call->in[0];
    if (to->n != x->rank)
        return tad_refuse(call, TAD_EARG, "%d axes; expected a list of all %d", to->n, x->rank);
    tad_status status = tad__check_axes(call, to->n, to->axes);
    call->out->rank = x->rank;
    for (int i = 0; i < x->rank && status == TAD_OK; i++)
        call->out->dims[i] = x->dims[tad__array_axis(x->rank, to->axes[i])];
    return status;
}

static bool view(const tad_call *call, const tad_array *base, tad_array *out)
{
    const tad__axes *to = call->attributes;
    for (int i = 0; i < base->rank; i++)
        out->strides[i] = base->strides[tad__array_axis(base->rank, to->axes[i])];
    out->data = base->data;
    return true;
}

static void vjp(const tad_rule *rule)
{
    const tad__axes *to = rule->attributes;
    int              inverse[TAD_MAX_RANK];
    for (int i = 0; i < to->n; i++)
        inverse[tad__array_axis(to->n, to->axes[i])] = i;
    rule->gx[0] = tad_permute(rule->gy, to->n, inverse);
}

static const tad_sample samples[] = {
    {.in = "[]", .attributes = &(const tad__axes){.n = 0}},
    {.in = "[5]", .attributes = &(const tad__axes){.n = 1, .axes = {-1}}},
    {.in = "[1, 1]", .attributes = &(const tad__axes){.n = 2, .axes = {1, 0}}},
    {.in = "[2, 3]", .attributes = &(const tad__axes){.n = 2, .axes = {1, 0}}},
    {.in = "[3, 3]", .attributes = &(const tad__axes){.n = 2, .axes = {-1, -2}}},
    {.in = "[2, 3, 4]", .attributes = &(const tad__axes){.n = 3, .axes = {2, 0, 1}}},
    {.in = "[2, 3, 4]", .attributes = &(const tad__axes){.n = 3, .axes = {0, 2, 1}}},
    {.in = "[2, 1, 3, 2]", .attributes = &(const tad__axes){.n = 4, .axes = {3, -3, 0, 2}}},
    {.in = "[2, 0, 3]", .attributes = &(const tad__axes){.n = 3, .axes = {1, 2, 0}}},
};

const tad_op tad__op_permute = {
    .name = "permute",
    .about = "the axes in another order",
    .formula = "permute(x)",
    .arity = 1,
    .any_dtype = true,
    .attribute_bytes = sizeof(tad__axes),
    ARGUMENTS(NAMED("axes", tad__axes, n, AXES, REQUIRED)),
    .shape = shape,
    .view = view,
    .vjp = vjp,
    .linear = true,
    SAMPLES(samples),
};

/** x with its axes in another order: axis i of the result is axis axes[i] of x. n is the rank of x. A view: nothing is
 * copied. Errors: TAD_EARG (axes NULL, not all of them, no such axis, an axis named twice). */
TAD_API tad_var tad_permute(tad_var x, int n, const int axes[])
{
    return tad__over_axes(&tad__op_permute, x, tad__axes_of(n, axes, false), TAD_CALLER);
}
