/* reductions: sums and products of all elements up to each one, along an axis. */
#include "ops/arguments.h"
#include "ops/lines.h"
#include "ops/sample.h"
#include "tensor/scan.h"

#include <tad/elementwise.h>
#include <tad/operations.h>

/* ---- sums: the adjoint is the same from the other end ---- */

static void forward_cumsum(const tad_call *call)
{
    tad_array carry = tad__line_carry(call, 0), to = tad__line_seen(call, call->out, false),
              from = tad__line_seen(call, &call->in[0], false);
    if (carry.data)
        tad__scan_sums(&carry, &to, &from);
}

static void backward_cumsum(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    tad_array carry = tad__line_carry(call, 0), to = tad__line_seen(call, &gx[0], true),
              from = tad__line_seen(call, gy, true);
    if (carry.data)
        tad__scan_add_sums(&carry, &to, &from);
}

static void vjp_cumsum(const tad_rule *rule)
{
    tad__line back = *(const tad__line *)rule->attributes;
    back.reverse = !back.reverse;
    rule->gx[0] = tad_apply(rule->op, (tad_args){.n = 1, .x = &rule->gy, .attributes = &back});
}

/* ---- products: no derivative divides, so that zeros are like any other number ---- */

static void forward_cumprod(const tad_call *call)
{
    const tad__line *line = call->attributes;
    tad_array        carry = tad__line_carry(call, 1), to = tad__line_seen(call, call->out, false),
              from = tad__line_seen(call, &call->in[0], false);
    if (carry.data)
        tad__scan_products(&carry, &to, &from, line->before);
}

/* dy[k]/dx[i] is the product of what is before i, times that of what is between i and k: the first is found going forth, the
 * sum of the second times gy[k] coming back. */
static void backward_cumprod(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    const tad__line *line = call->attributes;
    const tad_array *x = &call->in[0];
    tad_array products = tad__line_carry(call, 1), sums = tad__line_carry(call, 0), left = tad__line_doubles(call);
    if (!products.data || !sums.data || !left.data)
        return;
    tad_array to = tad__line_seen(call, &left, false), from = tad__line_seen(call, x, false);
    tad__scan_products(&products, &to, &from, true);
    tad_array gx_back = tad__line_seen(call, &gx[0], true), gy_back = tad__line_seen(call, gy, true),
              left_back = tad__line_seen(call, &left, true), x_back = tad__line_seen(call, x, true);
    tad__scan_pull_products(&sums, &gx_back, &gy_back, &left_back, &x_back, line->before);
}

tad_var tad__line_products(tad_var x, const tad__line *line)
{
    return tad_apply(&tad__op_cumprod, (tad_args){.n = 1, .x = &x, .attributes = line});
}

/* What is before each element. */
static tad_var left_of(const tad_rule *rule)
{
    tad__line before = *(const tad__line *)rule->attributes;
    if (before.before)
        return rule->y;
    before.before = true;
    return tad__line_products(rule->x[0], &before);
}

static void vjp_cumprod(const tad_rule *rule)
{
    const tad__line *line = rule->attributes;
    tad_var          x = rule->x[0], sums;
    if (line->before)
        sums = tad__line_next(tad__line_recurrence(x, rule->gy, line->axis, !line->reverse), line);
    else
        sums = tad__line_recurrence(tad__line_next(x, line), rule->gy, line->axis, !line->reverse);
    rule->gx[0] = tad_mul(left_of(rule), sums);
}

static tad_var jvp_cumprod(const tad_rule *rule)
{
    const tad__line *line = rule->attributes;
    tad_var          own = tad_mul(left_of(rule), rule->dx[0]);
    tad_var          dy = tad__line_recurrence(rule->x[0], own, line->axis, line->reverse);
    return line->before ? tad__line_last(dy, line) : dy;
}

#define LINE(...)                                                                                                      \
    .attributes = &(const tad__line)                                                                                   \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }
static const tad_sample sums[] = {
    {.in = "[1]", LINE(.axis = 0)},
    {.in = "[7]", LINE(.axis = 0)},
    {.in = "[17]", LINE(.axis = -1, .reverse = true)},
    {.in = "[3, 5]", LINE(.axis = 0)},
    {.in = "[3, 5]", LINE(.axis = 1)},
    {.in = "[5, 3]", LINE(.axis = -1, .reverse = true)},
    {.in = "[4, 1]", LINE(.axis = 1)},
    {.in = "[2, 3, 4]", LINE(.axis = 1)},
    {.in = "[2, 3, 4]", LINE(.axis = -3, .reverse = true)},
    {.in = "[2, 3, 2, 3]", LINE(.axis = 2)},
    {.in = "[0, 3]", LINE(.axis = 1)},
    {.in = "[2, 0]", LINE(.axis = 1)},
};

static const tad_sample products[] = {
    {.in = "[1]", LINE(.axis = 0)},
    {.in = "[2]", LINE(.axis = 0, .before = true)},
    {.in = "[7]", LINE(.axis = 0)},
    {.in = "[9]", LINE(.axis = -1, .reverse = true)},
    {.in = "[5]", LINE(.axis = 0, .before = true, .reverse = true)},
    {.in = "[3, 5]", LINE(.axis = 0)},
    {.in = "[3, 5]", LINE(.axis = 1, .before = true)},
    {.in = "[5, 3]", LINE(.axis = -2, .reverse = true)},
    {.in = "[4, 1]", LINE(.axis = 1)},
    {.in = "[2, 3, 4]", LINE(.axis = 1)},
    {.in = "[2, 3, 2, 3]", LINE(.axis = 2, .before = true, .reverse = true)},
    {.in = "[0, 3]", LINE(.axis = 1)},
    {.in = "[2, 0]", LINE(.axis = 1)},
};

const tad_op tad__op_cumsum = {
    .name = "cumsum",
    .about = "cumulative sum along an axis",
    .formula = "cumsum(x)",
    .arity = 1,
    .attribute_bytes = sizeof(tad__line),
    ARGUMENTS(AXIS_ARGUMENT),
    .shape = tad__line_shape,
    .forward = forward_cumsum,
    .backward = backward_cumsum,
    .depends = tad__line_depends,
    .vjp = vjp_cumsum,
    .linear = true,
    SAMPLES(sums),
};

const tad_op tad__op_cumprod = {
    .name = "cumprod",
    .about = "cumulative product along an axis",
    .formula = "cumprod(x)",
    .arity = 1,
    .attribute_bytes = sizeof(tad__line),
    ARGUMENTS(AXIS_ARGUMENT),
    .shape = tad__line_shape,
    .forward = forward_cumprod,
    .backward = backward_cumprod,
    .depends = tad__line_depends,
    .vjp = vjp_cumprod,
    .jvp = jvp_cumprod,
    SAMPLES(products),
};

/** Cumulative sum along one axis: y[i] = x[0] + ... + x[i], of the shape of x; dy[k]/dx[i] = 1 where i <= k. Summed one by
 * one, in double. Errors: TAD_EARG (no such axis). */
TAD_API tad_var tad_cumsum(tad_var x, int axis)
{
    const tad__line line = {.axis = axis};
    return tad_apply(&tad__op_cumsum, (tad_args){.n = 1, .x = &x, .attributes = &line, .caller = TAD_CALLER});
}

/** Cumulative product along one axis: y[i] = x[0] * ... * x[i], of the shape of x; dy[k]/dx[i] is the product of the others
 * up to k where i <= k. Derivatives are right at zeros, however many and to any order. Multiplied one by one, in double.
 * Errors: TAD_EARG (no such axis). */
TAD_API tad_var tad_cumprod(tad_var x, int axis)
{
    const tad__line line = {.axis = axis};
    return tad_apply(&tad__op_cumprod, (tad_args){.n = 1, .x = &x, .attributes = &line, .caller = TAD_CALLER});
}
