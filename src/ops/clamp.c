/* elements: a value held between two bounds. */
#include "ops/sample.h"

#include <tad/elementwise.h>
#include <tad/op.h>
#include <tad/operations.h>

/* At a bound x is still itself, and NaN is neither below nor above. */
static tad_var compose(const tad_rule *rule)
{
    tad_var x = rule->x[0], low = rule->x[1], high = rule->x[2];
    tad_var raised = tad_where(tad_less(x, low), low, x);
    return tad_where(tad_greater(raised, high), high, raised);
}

/* The lower bound below the upper one. */
static void prepare(int n, tad_var x[])
{
    (void)n;
    tad_var apart = tad_constant(x[0].tape, 1.03);
    x[2] = tad_add(tad_abs(x[2]), apart);
    x[1] = tad_sub(tad_neg(tad_abs(x[1])), apart);
    x[0] = tad_mul(x[0], tad_constant(x[0].tape, 3));
}

static const tad_sample samples[] = {
    {.in = "[] [] []"},          {.in = "[1] [1] [1]"}, {.in = "[7] [] []"},        {.in = "[17] [17] [1]"},
    {.in = "[3, 5] [3, 1] [5]"}, {.in = "[] [3] [3]"},  {.in = "[2, 3, 4] [4] []"}, {.in = "[2, 0] [] [1]"},
};

const tad_op tad__op_clamp = {
    .name = "clamp",
    .about = "a value held between two bounds",
    .formula = "min(max(a, low), high)",
    .arity = 3,
    .operands = "x low high",
    .compose = compose,
    .kink = "(x - low) * (x - high)",
    .prepare = prepare,
    SAMPLES(samples),
};

/** x where it lies between `low` and `high`, bounds included, else the bound it is beyond, and `high` where low > high;
 * all three broadcast. The gradient goes to what was chosen: at a bound to x. NaN stays NaN. Errors: TAD_ESHAPE, TAD_EDTYPE. */
TAD_API tad_var tad_clamp(tad_var x, tad_var low, tad_var high)
{
    const tad_var operands[] = {x, low, high};
    return tad_apply(&tad__op_clamp, (tad_args){.n = 3, .x = operands, .caller = TAD_CALLER});
}
