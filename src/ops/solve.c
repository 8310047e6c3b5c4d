/* linalg: systems of linear equations: with triangular matrices, and with any. */
#include "ops/arguments.h"
#include "ops/matrix.h"
#include "ops/pairs.h"
#include "ops/sample.h"
#include "tensor/lapack.h"
#include "tensor/move.h"

#include <tad/elementwise.h>
#include <tad/operations.h>

#include <inttypes.h>
#include <math.h>

enum { A, B };

static tad_status shape(const tad_call *call)
{
    const tad_array *a = &call->in[A], *b = &call->in[B];
    tad_array       *out = call->out, leading_a = *a, leading_b = *b;
    tad_status       status = tad__check_matrices(call, A, true);
    if (status == TAD_OK)
        status = tad__check_matrices(call, B, false);
    if (status != TAD_OK)
        return status;
    int64_t n = a->dims[a->rank - 1], rows = b->dims[b->rank - 2];
    if (n != rows)
        return tad_refuse(call, TAD_ESHAPE, "the right-hand side has %" PRId64 " rows; expected %" PRId64, rows, n);
    leading_a.rank -= 2;
    leading_b.rank -= 2;
    if (!tad__array_broadcast_shape(&leading_a, &leading_b, out))
        return tad_refuse(call, TAD_ESHAPE, "leading axes do not broadcast: sizes must be equal or 1");
    out->dims[out->rank++] = n;
    out->dims[out->rank++] = b->dims[b->rank - 1];
    return TAD_OK;
}

/* The matrix and the right-hand side of system i, and its result; false: the matrix is that of the system before. */
static bool system_at(const tad_call *call, int64_t i, tad_array m[3], const void **last)
{
    tad_array a = tad__matrix_broadcast(&call->in[A], call->out), b = tad__matrix_broadcast(&call->in[B], call->out);
    m[0] = tad__matrix_at(&a, i);
    m[1] = tad__matrix_at(&b, i);
    m[2] = tad__matrix_at(call->out, i);
    bool other = *last != m[0].data;
    *last = m[0].data;
    return other;
}

/* ---- triangular ---- */

static tad__triangle triangle_of(const tad_call *call)
{
    const tad_triangular_options *to = call->attributes;
    return (tad__triangle){.lower = !to->upper, .transposed = to->transposed, .unit = to->unit_diagonal};
}

static void forward_triangular(const tad_call *call)
{
    const tad__triangle how = triangle_of(call);
    const tad_array    *out = call->out;
    const tad_dtype     type = out->dtype;
    const int64_t       n = out->dims[out->rank - 2], m = out->dims[out->rank - 1], systems = tad__matrix_count(out);
    const tad__lapack  *lapack = tad__lapack_for(n, m, TAD__SMALL_TRIANGULAR);
    void               *a = tad__scratch_elements(call, type, n * n), *b = tad__scratch_elements(call, type, n * m);
    const void         *last = NULL;
    for (int64_t i = 0; i < systems && a && b; i++) {
        tad_array system[3];
        if (system_at(call, i, system, &last))
            tad__matrix_load(&system[0], TAD__WHOLE, a);
        for (int64_t j = 0; j < n && !how.unit; j++)
            if (tad__number_at(type, a, j + j * n) == 0) {
                tad_refuse(call, TAD_ESINGULAR, "%s is singular: number %" PRId64 " of its diagonal is 0",
                           tad__name_matrix(out, i).text, j);
                return;
            }
        tad__matrix_load(&system[1], TAD__WHOLE, b);
        lapack->triangular_solve(type, how, n, m, a, b);
        tad__matrix_store(&system[2], b);
    }
}

/* The elements of x that count in the triangle. */
static tad_var in_triangle(tad_var x, const tad_triangular_options *to)
{
    int64_t k = to->unit_diagonal ? 1 : 0;
    return to->upper ? tad_triu(x, k) : tad_tril(x, -k);
}

static void vjp_triangular(const tad_rule *rule)
{
    const tad_triangular_options *to = rule->attributes;
    tad_triangular_options        other = *to;
    other.transposed = !to->transposed;
    tad_var gb = tad_solve_triangular(rule->x[A], rule->gy, &other);
    if (rule->wanted[B])
        rule->gx[B] = gb;
    if (rule->wanted[A]) {
        tad_var left = to->transposed ? rule->y : gb, right = to->transposed ? gb : rule->y;
        rule->gx[A] = tad_neg(in_triangle(tad_matmul(left, tad_transpose(right)), to));
    }
}

static tad_var jvp_triangular(const tad_rule *rule)
{
    const tad_triangular_options *to = rule->attributes;
    tad_var                       d = rule->dx[B];
    if (rule->wanted[A]) {
        tad_var da = in_triangle(rule->dx[A], to);
        tad_var moved = tad_neg(tad_matmul(to->transposed ? tad_transpose(da) : da, rule->y));
        d = rule->wanted[B] ? tad_add(d, moved) : moved;
    }
    return tad_solve_triangular(rule->x[A], d, to);
}

/* ---- general ---- */

static void forward(const tad_call *call)
{
    const tad_array *out = call->out;
    const tad_dtype  type = out->dtype;
    const int64_t    n = out->dims[out->rank - 2], m = out->dims[out->rank - 1], systems = tad__matrix_count(out);
    void            *a = tad__scratch_elements(call, type, n * n), *b = tad__scratch_elements(call, type, n * m);
    int             *pivots = tad__scratch_elements(call, TAD_F32, n);
    const void      *last = NULL;
    bool             finite = true;
    for (int64_t i = 0; i < systems && a && b && pivots; i++) {
        tad_array system[3];
        if (system_at(call, i, system, &last)) {
            finite = tad__matrix_load(&system[0], TAD__WHOLE, a);
            int64_t zero = finite ? tad__factor(type, n, a, pivots) : -1;
            if (zero >= 0) {
                tad__refuse_singular(call, out, i, zero);
                return;
            }
        }
        if (!finite) {
            tad__fill(&system[2], (double)NAN);
            continue;
        }
        tad__matrix_load(&system[1], TAD__WHOLE, b);
        tad__lu_solve(type, n, m, a, pivots, b);
        tad__matrix_store(&system[2], b);
    }
}

static void vjp(const tad_rule *rule)
{
    tad_var gb = tad_solve(tad_transpose(rule->x[A]), rule->gy);
    if (rule->wanted[B])
        rule->gx[B] = gb;
    if (rule->wanted[A])
        rule->gx[A] = tad_neg(tad_matmul(gb, tad_transpose(rule->y)));
}

static tad_var jvp(const tad_rule *rule)
{
    tad_var d = rule->dx[B];
    if (rule->wanted[A]) {
        tad_var moved = tad_neg(tad_matmul(rule->dx[A], rule->y));
        d = rule->wanted[B] ? tad_add(d, moved) : moved;
    }
    return tad_solve(rule->x[A], d);
}

static void prepare(int n, tad_var x[])
{
    (void)n;
    x[A] = tad__well_conditioned(x[A]);
}

static const tad_triangular_options kinds[] = {
    {0},
    {.upper = true},
    {.transposed = true},
    {.upper = true, .transposed = true},
    {.unit_diagonal = true},
    {.upper = true, .transposed = true, .unit_diagonal = true},
};

static const tad_sample triangles[] = {
    {.in = "[1, 1] [1, 1]", .attributes = &kinds[0]},    {.in = "[3, 3] [3, 2]", .attributes = &kinds[0]},
    {.in = "[3, 3] [3, 2]", .attributes = &kinds[1]},    {.in = "[4, 4] [4, 1]", .attributes = &kinds[2]},
    {.in = "[3, 3] [3, 3]", .attributes = &kinds[3]},    {.in = "[3, 3] [3, 2]", .attributes = &kinds[4]},
    {.in = "[4, 4] [4, 2]", .attributes = &kinds[5]},    {.in = "[2, 3, 3] [2, 3, 2]", .attributes = &kinds[1]},
    {.in = "[2, 2] [3, 2, 2]", .attributes = &kinds[2]}, {.in = "[2, 1, 2, 2] [3, 2, 1]", .attributes = &kinds[0]},
    {.in = "[0, 0] [0, 2]", .attributes = &kinds[0]},    {.in = "[2, 2] [2, 0]", .attributes = &kinds[0]},
};

static const tad_sample samples[] = {
    {.in = "[1, 1] [1, 1]"}, {.in = "[2, 2] [2, 1]"},          {.in = "[3, 3] [3, 2]"},    {.in = "[5, 5] [5, 3]"},
    {.in = "[4, 4] [4, 7]"}, {.in = "[2, 3, 3] [2, 3, 2]"},    {.in = "[2, 2] [3, 2, 2]"}, {.in = "[3, 2, 2] [2, 1]"},
    {.in = "[0, 0] [0, 2]"}, {.in = "[2, 1, 2, 2] [3, 2, 1]"}, {.in = "[2, 2] [2, 0]"},
};

static tad_var call_triangular(tad_args args)
{
    return tad_solve_triangular(args.x[0], args.x[1], args.attributes);
}

static tad_var call(tad_args args)
{
    return tad_solve(args.x[0], args.x[1]);
}

/* A column of the solution depends on that of the right-hand side. */
static bool depends(const tad_call *call, int k, tad_array *out, tad_array *in)
{
    if (k == A)
        return tad__depends_by_matrix(call, k, out, in);
    tad__pairs p = tad__pairs_start(out, in);
    tad__pairs_leading(&p, out, 2, in, 2);
    int rows = out->rank - 2, columns = out->rank - 1;
    tad__pairs_axis(&p, out->dims[rows], out->strides[rows], 0);
    tad__pairs_axis(&p, out->dims[columns], out->strides[columns], in->strides[in->rank - 1]);
    tad__pairs_axis(&p, in->dims[in->rank - 2], 0, in->strides[in->rank - 2]);
    return tad__pairs_end(&p, out, in);
}

const tad_op tad__op_solve_triangular = {
    .name = "solve_triangular",
    .about = "solution of linear equations with a triangular matrix",
    .formula = "solve_triangular(a, b)",
    .arity = 2,
    .attribute_bytes = sizeof(tad_triangular_options),
    ARGUMENTS(MEMBER(tad_triangular_options, upper, FLAG), MEMBER(tad_triangular_options, transposed, FLAG),
              MEMBER(tad_triangular_options, unit_diagonal, FLAG)),
    .call = call_triangular,
    .shape = shape,
    .forward = forward_triangular,
    .depends = depends,
    .vjp = vjp_triangular,
    .jvp = jvp_triangular,
    .prepare = prepare,
    SAMPLES(triangles),
};

const tad_op tad__op_solve = {
    .name = "solve",
    .about = "solution of linear equations",
    .formula = "solve(a, b)",
    .arity = 2,
    .call = call,
    .shape = shape,
    .forward = forward,
    .depends = depends,
    .vjp = vjp,
    .jvp = jvp,
    .prepare = prepare,
    SAMPLES(samples),
};

/* A right-hand side that is a vector is a matrix of one column meanwhile. */
static tad_var apply(const tad_op *op, tad_var a, tad_var b, const void *attributes, const void *caller)
{
    bool    vector = tad_is_valid(b) && tad_rank(b) == 1;
    tad_var x[] = {a, vector ? tad_reshape(b, 2, (const int64_t[]){tad_dim(b, 0), 1}) : b};
    tad_var y = tad_apply(op, (tad_args){.n = 2, .x = x, .attributes = attributes, .caller = caller});
    return vector && tad_is_valid(y) ? tad__drop_axis(y, -1) : y;
}

/** The solution x of a x = b, or a' x = b, with triangular matrices a, [..., n, n], and b, [..., n, m]. Leading axes
 * broadcast; a b of rank 1 is one column, and so is the result. Of a only the triangle that `options` say is read, and only
 * that has a gradient: gb solves a' gb = gy, and ga = -gb x'. NULL for the options: the defaults. NaN and infinities go as
 * IEEE 754 says. Errors: TAD_ESHAPE (a is not square, the rows of b are not as many, leading axes do not broadcast),
 * TAD_EDTYPE, TAD_ESINGULAR (the diagonal has a 0, and is not taken to be 1). */
TAD_API tad_var tad_solve_triangular(tad_var a, tad_var b, const tad_triangular_options *options)
{
    return apply(&tad__op_solve_triangular, a, b, options ? options : &kinds[0], TAD_CALLER);
}

/** The solution x of a x = b, with matrices a, [..., n, n], and b, [..., n, m], by LU factorisation with partial pivoting.
 * Leading axes broadcast; a b of rank 1 is one column, and so is the result. gb solves a' gb = gy, and ga = -gb x'. Where a
 * has a NaN or infinite element, so that no pivot can be chosen, x is NaN. Errors: TAD_ESHAPE (a is not square, the rows of b
 * are not as many, leading axes do not broadcast), TAD_EDTYPE, TAD_ESINGULAR (a pivot is exactly 0). */
TAD_API tad_var tad_solve(tad_var a, tad_var b)
{
    return apply(&tad__op_solve, a, b, NULL, TAD_CALLER);
}
