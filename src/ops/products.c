/* linalg: products of vectors, and the trace: formulas of other operations. */
#include "ops/matrix.h"
#include "ops/sample.h"
#include "ops/sizes.h"

#include <tad/elementwise.h>
#include <tad/operations.h>

#include <inttypes.h>

static tad_status set_scalar(const tad_call *call)
{
    call->out->rank = 0; /* of a composition the shape is not asked for */
    return TAD_OK;
}

/* ---- dot ---- */

static tad_status shape_of_dot(const tad_call *call)
{
    const tad_array *a = &call->in[0], *b = &call->in[1];
    if (a->rank < 1 || b->rank < 1)
        return tad_refuse(call, TAD_ESHAPE, "expected vectors: at least one axis each");
    int64_t n = a->dims[a->rank - 1], m = b->dims[b->rank - 1];
    if (n != m)
        return tad_refuse(call, TAD_ESHAPE, "vectors of %" PRId64 " and %" PRId64 " numbers; expected as many", n, m);
    tad_array both;
    if (!tad__array_broadcast_shape(a, b, &both))
        return tad_refuse(call, TAD_ESHAPE, "leading axes do not broadcast: sizes must be equal or 1");
    return set_scalar(call);
}

static tad_var compose_dot(const tad_rule *rule)
{
    tad_var a = rule->x[0], b = rule->x[1];
    if (tad_rank(a) == 1 && tad_rank(b) == 1)
        return tad_matmul(a, b);
    return tad_sum_axes(tad_mul(a, b), 1, (const int[]){-1}, false);
}

/* ---- outer ---- */

static tad_status shape_of_outer(const tad_call *call)
{
    const tad_array *a = &call->in[0], *b = &call->in[1];
    if (a->rank < 1 || b->rank < 1 || a->rank == TAD_MAX_RANK || b->rank == TAD_MAX_RANK)
        return tad_refuse(call, TAD_ESHAPE, "expected vectors: 1 to %d axes", TAD_MAX_RANK - 1);
    tad_array leading_a = *a, leading_b = *b, both;
    leading_a.rank--;
    leading_b.rank--;
    if (!tad__array_broadcast_shape(&leading_a, &leading_b, &both))
        return tad_refuse(call, TAD_ESHAPE, "leading axes do not broadcast: sizes must be equal or 1");
    return set_scalar(call);
}

/* Vectors as matrices of one column, or of one row. */
static tad_var as_matrices(tad_var x, bool column)
{
    int64_t dims[TAD_MAX_RANK + 1];
    int     rank = tad__shape_of(x, dims);
    dims[rank] = column ? 1 : dims[rank - 1];
    dims[rank - 1] = column ? dims[rank - 1] : 1;
    return tad_reshape(x, rank + 1, dims);
}

static tad_var compose_outer(const tad_rule *rule)
{
    return tad_mul(as_matrices(rule->x[0], true), as_matrices(rule->x[1], false));
}

/* ---- trace ---- */

static tad_status shape_of_trace(const tad_call *call)
{
    tad_status status = tad__check_matrices(call, 0, true);
    return status == TAD_OK ? set_scalar(call) : status;
}

static tad_var compose_trace(const tad_rule *rule)
{
    return tad_sum_axes(tad_diagonal(rule->x[0], 0), 1, (const int[]){-1}, false);
}

static const tad_sample dots[] = {
    {.in = "[1] [1]"},    {.in = "[7] [7]"},          {.in = "[17] [17]"}, {.in = "[3, 5] [3, 5]"},
    {.in = "[3, 5] [5]"}, {.in = "[2, 1, 3] [4, 3]"}, {.in = "[0] [0]"},   {.in = "[2, 0] [0]"},
};

static const tad_sample outers[] = {
    {.in = "[1] [1]"},    {.in = "[7] [5]"},          {.in = "[3] [9]"}, {.in = "[2, 3] [2, 4]"},
    {.in = "[3] [2, 4]"}, {.in = "[2, 1, 3] [3, 2]"}, {.in = "[0] [3]"},
};

static const tad_sample traces[] = {
    {.in = "[1, 1]"}, {.in = "[3, 3]"}, {.in = "[7, 7]"}, {.in = "[2, 3, 3]"}, {.in = "[2, 1, 4, 4]"}, {.in = "[0, 0]"},
};

const tad_op tad__op_dot = {
    .name = "dot",
    .about = "scalar product",
    .formula = "dot(a, b)",
    .arity = 2,
    .shape = shape_of_dot,
    .compose = compose_dot,
    .linear = true,
    SAMPLES(dots),
};

const tad_op tad__op_outer = {
    .name = "outer",
    .about = "matrix of the products of two vectors' elements",
    .formula = "outer(a, b)",
    .arity = 2,
    .shape = shape_of_outer,
    .compose = compose_outer,
    .linear = true,
    SAMPLES(outers),
};

const tad_op tad__op_trace = {
    .name = "trace",
    .about = "sum of the diagonal",
    .formula = "trace(x)",
    .arity = 1,
    .shape = shape_of_trace,
    .compose = compose_trace,
    .linear = true,
    SAMPLES(traces),
};

/** Scalar product along the last axis, [..., n] and [..., n] to [...]: y = a[0] b[0] + a[1] b[1] + ...; dy/da = b, dy/db = a.
 * Leading axes broadcast. Of no numbers it is 0. Errors: TAD_ESHAPE (last axes differ, leading axes do not broadcast, an
 * operand of rank 0), TAD_EDTYPE. */
TAD_API tad_var tad_dot(tad_var a, tad_var b)
{
    const tad_var x[] = {a, b};
    return tad_apply(&tad__op_dot, (tad_args){.n = 2, .x = x, .caller = TAD_CALLER});
}

/** Outer product of the last axes, [..., m] and [..., n] to [..., m, n]: y[i][j] = a[i] * b[j]; dy/da: gy b, dy/db: gy' a.
 * Leading axes broadcast. Errors: TAD_ESHAPE (leading axes do not broadcast, an operand with no axis or eight),
 * TAD_EDTYPE. */
TAD_API tad_var tad_outer(tad_var a, tad_var b)
{
    const tad_var x[] = {a, b};
    return tad_apply(&tad__op_outer, (tad_args){.n = 2, .x = x, .caller = TAD_CALLER});
}

/** Sum of the diagonal of square matrices, [..., n, n] to [...]: y = x[0][0] + x[1][1] + ...; dy/dx is the identity. Of a
 * matrix without elements it is 0. Errors: TAD_ESHAPE (x is not square, or has fewer than two axes). */
TAD_API tad_var tad_trace(tad_var x)
{
    return tad_apply(&tad__op_trace, (tad_args){.n = 1, .x = &x, .caller = TAD_CALLER});
}
