/* shapes: swapping the last two axes. */
#include "ops/sample.h"

#include <tad/operations.h>

static tad_status shape(const tad_call *call)
{
    const tad_array *x = &call->in[0];
    tad_array       *out = call->out;
    if (x->rank < 2)
        return tad_refuse(call, TAD_ESHAPE, "expected at least two axes");
    out->rank = x->rank;
    for (int i = 0; i < x->rank - 2; i++)
        out->dims[i] = x->dims[i];
    out->dims[x->rank - 2] = x->dims[x->rank - 1];
    out->dims[x->rank - 1] = x->dims[x->rank - 2];
    return TAD_OK;
}

static bool view(const tad_call *call, const tad_array *base, tad_array *out)
{
    (void)call;
    int last = base->rank - 1;
    for (int i = 0; i < last - 1; i++)
        out->strides[i] = base->strides[i];
    out->strides[last - 1] = base->strides[last];
    out->strides[last] = base->strides[last - 1];
    out->data = base->data;
    return true;
}

static void vjp(const tad_rule *rule)
{
    rule->gx[0] = tad_transpose(rule->gy);
}

static const tad_sample samples[] = {
    {.in = "[1, 1]"}, {.in = "[2, 3]"},    {.in = "[1, 5]"},       {.in = "[7, 1]"},
    {.in = "[4, 4]"}, {.in = "[2, 3, 4]"}, {.in = "[2, 3, 2, 3]"}, {.in = "[0, 3]"},
};

const tad_op tad__op_transpose = {
    .name = "transpose",
    .about = "the last two axes swapped",
    .formula = "transpose(x)",
    .arity = 1,
    .any_dtype = true,
    .shape = shape,
    .view = view,
    .vjp = vjp,
    .linear = true,
    SAMPLES(samples),
};

/** x with its last two axes swapped: y[..., i, j] = x[..., j, i]. A view: nothing is copied.
 * Errors: TAD_ESHAPE (x has fewer than two axes). */
TAD_API tad_var tad_transpose(tad_var x)
{
    return tad_apply(&tad__op_transpose, (tad_args){.n = 1, .x = &x, .caller = TAD_CALLER});
}
