/* reductions: product, over all axes or some. */
#include "ops/arguments.h"
#include "ops/axes.h"
#include "ops/lines.h"
#include "tensor/fold.h"
#include "tensor/move.h"
#include "tensor/scan.h"

#include <tad/elementwise.h>
#include <tad/operations.h>

static void forward(const tad_call *call)
{
    tad_array result;
    if (!tad__axes_result(call, 1, &result))
        return;
    tad_array view = tad__axes_expand(call, &result);
    tad__fold_product(&view, &call->in[0]);
    tad__axes_store(call, &result);
}

/* The product of the others is that of those before, found going forth, times that of those behind, found coming back. */
static void backward(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    const tad_array *x = &call->in[0];
    tad_array        before, behind, left = tad__line_doubles(call), none = *x;
    bool             reduced[TAD_MAX_RANK];
    if (!left.data || !tad__axes_doubles(call, 1, &before) || !tad__axes_doubles(call, 0, &behind))
        return;
    tad__copy(&behind, gy);
    none.data = NULL;
    tad_array carry = tad__axes_expand(call, &before), back = tad__axes_expand(call, &behind);
    tad__scan_products(&carry, &left, x, true);
    tad__axes_reduced(call->attributes, x->rank, reduced);
    tad_array carry_back = tad__reversed(&back, reduced), gx_back = tad__reversed(&gx[0], reduced),
              left_back = tad__reversed(&left, reduced), x_back = tad__reversed(x, reduced);
    tad__scan_pull_products(&carry_back, &gx_back, &none, &left_back, &x_back, true);
}

/* dy/dx, axis by axis: the others in a line, times what the other lines come to. A zeroed handle stands for 1. */
static tad_var others(const tad_rule *rule)
{
    bool    reduced[TAD_MAX_RANK];
    tad_var lines = rule->x[0], product = {0};
    int     done = -1; /* the last axis that was dealt with */
    tad__axes_reduced(rule->attributes, tad_rank(lines), reduced);
    for (int i = tad_rank(lines) - 1; i >= 0; i--) {
        if (!reduced[i] || tad_dim(rule->x[0], i) == 1)
            continue;
        const tad__line before = {.axis = i, .before = true}, behind = {.axis = i, .before = true, .reverse = true};
        if (product.tape)
            lines = tad_prod_axes(lines, 1, &done, true);
        tad_var in_line = tad_mul(tad__line_products(lines, &before), tad__line_products(lines, &behind));
        product = product.tape ? tad_mul(product, in_line) : in_line;
        done = i;
    }
    return product;
}

static void vjp(const tad_rule *rule)
{
    tad_var product = others(rule), g = tad__axes_keep(rule, rule->gy);
    rule->gx[0] = product.tape ? tad_mul(g, product) : g;
}

static tad_var jvp(const tad_rule *rule)
{
    tad_var product = others(rule);
    return tad__axes_sum(rule, product.tape ? tad_mul(rule->dx[0], product) : rule->dx[0]);
}

const tad_op tad__op_prod = {
    .name = "prod",
    .about = "product over axes",
    .formula = "prod(x)",
    .arity = 1,
    .attribute_bytes = sizeof(tad__axes),
    ARGUMENTS(AXES_ARGUMENTS),
    .defaults = &(const tad__axes){.all = true},
    .shape = tad__axes_shape,
    .forward = forward,
    .backward = backward,
    .depends = tad__axes_depends,
    .vjp = vjp,
    .jvp = jvp,
    .samples = tad__axes_samples,
    .sample_count = TAD__AXES_SAMPLES,
};

/** Product of all elements: y = x[0] * x[1] * ..., of rank 0; dy/dx[i] is the product of the others, which is right at
 * zeros, however many, and to any order. The product of no elements is 1. Multiplied one by one, in double. */
TAD_API tad_var tad_prod(tad_var x)
{
    return tad__over_all(&tad__op_prod, x, TAD_CALLER);
}

/** Product over the n axes listed, each of which vanishes from the shape, or stays with size 1 if `keepdims`.
 * Errors: TAD_EARG (axes NULL, no such axis, an axis named twice). */
TAD_API tad_var tad_prod_axes(tad_var x, int n, const int axes[], bool keepdims)
{
    return tad__over_axes(&tad__op_prod, x, tad__axes_of(n, axes, keepdims), TAD_CALLER);
}
