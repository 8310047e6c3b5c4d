/* elements: a value cut off from what it was made of. */
#include "ops/sample.h"

#include <tad/elementwise.h>
#include <tad/operations.h>

static tad_status shape(const tad_call *call)
{
    *call->out = call->in[0];
    return TAD_OK;
}

static bool view(const tad_call *call, const tad_array *base, tad_array *out)
{
    (void)call;
    *out = *base;
    return true;
}

/* Differences see what the gradient does not, so it is tested where there are none: with a comparison's result. */
static void prepare(int n, tad_var x[])
{
    (void)n;
    x[0] = tad_greater(x[0], tad_constant(x[0].tape, 0));
}

static const tad_sample samples[] = {
    {.in = "[]"},        {.in = "[1]"},       {.in = "[2]"},          {.in = "[7]"},
    {.in = "[17]"},      {.in = "[3, 5]"},    {.in = "[1, 4]"},       {.in = "[4, 1]"},
    {.in = "[2, 3, 4]"}, {.in = "[2, 1, 3]"}, {.in = "[0]"},          {.in = "[2, 0]"},
    {.in = "[0, 0]"},    {.in = "[1, 1, 1]"}, {.in = "[2, 3, 2, 2]"}, {.in = "[33]"},
};

const tad_op tad__op_stop_gradient = {
    .name = "stop_gradient",
    .about = "a value that counts as a constant",
    .formula = "stop_gradient(x)",
    .arity = 1,
    .any_dtype = true,
    .constant = true,
    .shape = shape,
    .view = view,
    .kink = "everywhere",
    .prepare = prepare,
    SAMPLES(samples),
};

/** The value of x as a constant: y = x, and dy/dx counts as 0, in every mode and to any order. A view: nothing is copied.
 * To record a whole stretch without derivatives, see tad_tape_pause. */
TAD_API tad_var tad_stop_gradient(tad_var x)
{
    return tad_apply(&tad__op_stop_gradient, (tad_args){.n = 1, .x = &x, .caller = TAD_CALLER});
}
