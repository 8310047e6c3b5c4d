/* shapes: axes of size 1, taken away and put in. */
#include "ops/arguments.h"
#include "ops/axes.h"
#include "ops/sample.h"
#include "ops/sizes.h"
#include "tensor/array.h"

#include <tad/operations.h>

#include <inttypes.h>

typedef struct attributes {
    bool all;
    int  axis;
} attributes;

static tad_status shape_of_squeeze(const tad_call *call)
{
    const attributes *to = call->attributes;
    const tad_array  *x = &call->in[0];
    tad_array        *out = call->out;
    int               axis = to->all ? 0 : tad__find_axis(call, x->rank, to->axis);
    if (axis < 0)
        return TAD_EARG;
    if (!to->all && x->dims[axis] != 1)
        return tad_refuse(call, TAD_ESHAPE, "axis %d has size %" PRId64 "; expected 1", to->axis, x->dims[axis]);
    out->rank = 0;
    for (int i = 0; i < x->rank; i++)
        if (to->all ? x->dims[i] != 1 : i != axis)
            out->dims[out->rank++] = x->dims[i];
    return TAD_OK;
}

static tad_status shape_of_unsqueeze(const tad_call *call)
{
    const attributes *to = call->attributes;
    const tad_array  *x = &call->in[0];
    tad_array        *out = call->out;
    if (x->rank == TAD_MAX_RANK)
        return tad_refuse(call, TAD_ESHAPE, "there are %d axes already, the most there can be", TAD_MAX_RANK);
    int axis = tad__find_axis(call, x->rank + 1, to->axis);
    if (axis < 0)
        return TAD_EARG;
    out->rank = x->rank + 1;
    for (int i = 0; i < out->rank; i++)
        out->dims[i] = i == axis ? 1 : x->dims[i - (i > axis)];
    return TAD_OK;
}

static bool view(const tad_call *call, const tad_array *base, tad_array *out)
{
    (void)call;
    out->data = base->data;
    return tad__array_reshape(base, out);
}

static void vjp(const tad_rule *rule)
{
    int64_t dims[TAD_MAX_RANK];
    int     rank = tad__shape_of(rule->x[0], dims);
    rule->gx[0] = tad_reshape(rule->gy, rank, dims);
}

static const tad_sample squeezes[] = {
    {.in = "[1]", .attributes = &(const attributes){false, 0}},
    {.in = "[1, 7]", .attributes = &(const attributes){false, 0}},
    {.in = "[3, 1]", .attributes = &(const attributes){false, -1}},
    {.in = "[2, 1, 3]", .attributes = &(const attributes){false, 1}},
    {.in = "[2, 1, 3, 2]", .attributes = &(const attributes){false, -3}},
    {.in = "[1, 2, 1, 3]", .attributes = &(const attributes){.all = true}},
    {.in = "[1, 1]", .attributes = &(const attributes){.all = true}},
    {.in = "[]", .attributes = &(const attributes){.all = true}},
    {.in = "[0, 1]", .attributes = &(const attributes){false, 1}},
};

static const tad_sample unsqueezes[] = {
    {.in = "[]", .attributes = &(const attributes){false, 0}},
    {.in = "[7]", .attributes = &(const attributes){false, 0}},
    {.in = "[7]", .attributes = &(const attributes){false, -1}},
    {.in = "[2, 3]", .attributes = &(const attributes){false, 1}},
    {.in = "[2, 3, 4]", .attributes = &(const attributes){false, -4}},
    {.in = "[2, 1, 2, 3]", .attributes = &(const attributes){false, 4}},
    {.in = "[2, 0]", .attributes = &(const attributes){false, 2}},
};

const tad_op tad__op_squeeze = {
    .name = "squeeze",
    .about = "without axes of size 1",
    .formula = "squeeze(x)",
    .arity = 1,
    .any_dtype = true,
    .attribute_bytes = sizeof(attributes),
    ARGUMENTS(MEMBER(attributes, axis, INT, TURNS(attributes, all))),
    .defaults = &(const attributes){.all = true},
    .shape = shape_of_squeeze,
    .view = view,
    .vjp = vjp,
    .linear = true,
    SAMPLES(squeezes),
};

const tad_op tad__op_unsqueeze = {
    .name = "unsqueeze",
    .about = "with one more axis of size 1",
    .formula = "unsqueeze(x)",
    .arity = 1,
    .any_dtype = true,
    .attribute_bytes = sizeof(attributes),
    ARGUMENTS(MEMBER(attributes, axis, INT, REQUIRED)),
    .shape = shape_of_unsqueeze,
    .view = view,
    .vjp = vjp,
    .linear = true,
    SAMPLES(unsqueezes),
};

static tad_var apply(const tad_op *op, tad_var x, attributes to, const void *caller)
{
    return tad_apply(op, (tad_args){.n = 1, .x = &x, .attributes = &to, .caller = caller});
}

/** x without an axis of size 1. A view: nothing is copied. Errors: TAD_EARG (no such axis), TAD_ESHAPE (its size is not 1). */
TAD_API tad_var tad_squeeze(tad_var x, int axis)
{
    return apply(&tad__op_squeeze, x, (attributes){.axis = axis}, TAD_CALLER);
}

/** x without all its axes of size 1. A view: nothing is copied. */
TAD_API tad_var tad_squeeze_all(tad_var x)
{
    return apply(&tad__op_squeeze, x, (attributes){.all = true}, TAD_CALLER);
}

/** x with one more axis, of size 1, which will be axis number `axis` of the result; -1 is behind all others. A view: nothing
 * is copied. Errors: TAD_EARG (no such axis), TAD_ESHAPE (x has eight axes already). */
TAD_API tad_var tad_unsqueeze(tad_var x, int axis)
{
    return apply(&tad__op_unsqueeze, x, (attributes){.axis = axis}, TAD_CALLER);
}
