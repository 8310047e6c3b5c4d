/* The axes in another order. */
#include "ops/arguments.h"
#include "ops/sample.h"
#include "tensor/array.h"

#include <tad/operations.h>

typedef struct attributes {
    int n; /* -1: the list of axes is missing */
    int axes[TAD_MAX_RANK];
} attributes;

static tad_status shape(const tad_call *call)
{
    const attributes *to = call->attributes;
    const tad_array  *x = &call->in[0];
    bool              used[TAD_MAX_RANK] = {false};
    if (to->n != x->rank)
        return tad_refuse(call, TAD_EARG, "%d axes; expected a list of all %d", to->n, x->rank);
    call->out->rank = x->rank;
    for (int i = 0; i < x->rank; i++) {
        int axis = tad__array_axis(x->rank, to->axes[i]);
        if (axis < 0)
            return tad_refuse(call, TAD_EARG, "axis %d; expected -%d to %d", to->axes[i], x->rank, x->rank - 1);
        if (used[axis])
            return tad_refuse(call, TAD_EARG, "axis %d is named twice", to->axes[i]);
        used[axis] = true;
        call->out->dims[i] = x->dims[axis];
    }
    return TAD_OK;
}

static bool view(const tad_call *call, const tad_array *base, tad_array *out)
{
    const attributes *to = call->attributes;
    for (int i = 0; i < base->rank; i++)
        out->strides[i] = base->strides[tad__array_axis(base->rank, to->axes[i])];
    out->data = base->data;
    return true;
}

static void vjp(const tad_rule *rule)
{
    const attributes *to = rule->attributes;
    int               inverse[TAD_MAX_RANK];
    for (int i = 0; i < to->n; i++)
        inverse[tad__array_axis(to->n, to->axes[i])] = i;
    rule->gx[0] = tad_permute(rule->gy, to->n, inverse);
}

static const tad_sample samples[] = {
    {.in = "[]", .attributes = &(const attributes){0}},
    {.in = "[5]", .attributes = &(const attributes){1, {-1}}},
    {.in = "[1, 1]", .attributes = &(const attributes){2, {1, 0}}},
    {.in = "[2, 3]", .attributes = &(const attributes){2, {1, 0}}},
    {.in = "[3, 3]", .attributes = &(const attributes){2, {-1, -2}}},
    {.in = "[2, 3, 4]", .attributes = &(const attributes){3, {2, 0, 1}}},
    {.in = "[2, 3, 4]", .attributes = &(const attributes){3, {0, 2, 1}}},
    {.in = "[2, 1, 3, 2]", .attributes = &(const attributes){4, {3, -3, 0, 2}}},
    {.in = "[2, 0, 3]", .attributes = &(const attributes){3, {1, 2, 0}}},
};

const tad_op tad__op_permute = {
    .name = "permute",
    .about = "the axes in another order",
    .formula = "permute(x)",
    .arity = 1,
    .any_dtype = true,
    .attribute_bytes = sizeof(attributes),
    ARGUMENTS(NAMED("axes", attributes, n, AXES, REQUIRED)),
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
    attributes to = {.n = axes || n == 0 ? n : -1};
    for (int i = 0; i < to.n && i < TAD_MAX_RANK; i++)
        to.axes[i] = axes[i];
    return tad_apply(&tad__op_permute, (tad_args){.n = 1, .x = &x, .attributes = &to, .caller = TAD_CALLER});
}
