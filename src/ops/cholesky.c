/* linalg: the Cholesky factor of symmetric positive definite matrices. */
#include "ops/matrix.h"
#include "ops/pairs.h"
#include "ops/sample.h"
#include "tensor/gemm.h"
#include "tensor/lapack.h"
#include "tensor/move.h"

#include <tad/elementwise.h>
#include <tad/operations.h>

#include <inttypes.h>

static void forward(const tad_call *call)
{
    const tad_array   *x = &call->in[0];
    int64_t            n = x->dims[x->rank - 1], count = tad__matrix_count(x);
    const tad__lapack *lapack = tad__lapack_for(n, n, TAD__SMALL_CHOLESKY);
    void              *a = tad__scratch_elements(call, x->dtype, n * n);
    for (int64_t i = 0; i < count && a; i++) {
        tad_array from = tad__matrix_at(x, i), to = tad__matrix_at(call->out, i);
        int64_t   minor = 0;
        bool      finite = tad__matrix_load(&from, TAD__LOWER, a);
        if (finite)
            minor = lapack->cholesky(x->dtype, n, a);
        if (!finite || minor) {
            tad__matrix_name name = tad__name_matrix(x, i);
            if (finite)
                tad_refuse(call, TAD_ESINGULAR,
                           "%s is not positive definite: its leading minor of order %" PRId64 " is not positive",
                           name.text, minor);
            else
                tad_refuse(call, TAD_ESINGULAR, "%s is not positive definite: it has a NaN or infinite element",
                           name.text);
            return;
        }
        tad__matrix_store(&to, a);
    }
}

/* p := l' g, in column-major memory. */
static void multiply(tad_dtype dtype, int64_t n, void *l, void *g, void *p)
{
    tad_array result = tad__column_major(dtype, n, n, p);
    tad__fill(&result, 0);
    tad__gemm(&(tad__product){dtype, n, n, n, {g, n, 1}, {l, 1, n}, {p, n, 1}}); /* transposed: rows are contiguous */
}

/* The upper triangle becomes 0, and the diagonal is halved. */
static void halve(tad_dtype dtype, int64_t n, void *p)
{
    for (int64_t j = 0; j < n; j++) {
        for (int64_t i = 0; i < j; i++)
            tad__set_number(dtype, p, i + j * n, 0);
        tad__set_number(dtype, p, j + j * n, tad__number_at(dtype, p, j + j * n) / 2);
    }
}

/* The same as vjp below, matrix by matrix. */
static void backward(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    const tad_array    *x = &call->in[0];
    const tad_dtype     type = x->dtype;
    const tad__triangle how = {.lower = true, .transposed = true};
    int64_t             n = x->dims[x->rank - 1], count = tad__matrix_count(x);
    const tad__lapack  *lapack = tad__lapack_for(n, n, TAD__SMALL_TRIANGULAR);
    void               *l = tad__scratch_elements(call, type, n * n), *g = tad__scratch_elements(call, type, n * n);
    void               *p = tad__scratch_elements(call, type, n * n);
    for (int64_t i = 0; i < count && l && g && p; i++) {
        tad_array y = tad__matrix_at(call->out, i), from = tad__matrix_at(gy, i), to = tad__matrix_at(&gx[0], i);
        tad_array whole = tad__column_major(type, n, n, g), transposed = whole, half = tad__column_major(type, n, n, p);
        transposed.strides[0] = n;
        transposed.strides[1] = 1;
        tad__matrix_load(&y, TAD__WHOLE, l);
        tad__matrix_load(&from, TAD__WHOLE, g);
        multiply(type, n, l, g, p);
        halve(type, n, p);
        lapack->triangular_solve(type, how, n, n, l, p);
        tad__copy(&transposed, &half);
        lapack->triangular_solve(type, how, n, n, l, g);
        tad__accumulate(&to, &whole, 0.5);
        tad__accumulate(&to, &transposed, 0.5);
    }
}

/* The lower triangle, with the diagonal halved: the part of a symmetric matrix that, plus its transpose, makes it. */
static tad_var lower_part(tad_var x)
{
    return tad_mul(tad_add(tad_tril(x, 0), tad_tril(x, -1)), tad_constant(x.tape, 0.5));
}

static const tad_triangular_options by_transpose = {.transposed = true};

/* With P = lower_part(l' gl): the symmetric part of l'^-1 P l^-1 (I. Murray, Differentiation of the Cholesky decomposition,
 * arXiv:1602.07527, 2016) */
static void vjp(const tad_rule *rule)
{
    tad_var l = rule->y, part = lower_part(tad_matmul(tad_transpose(l), rule->gy));
    tad_var half = tad_solve_triangular(l, part, &by_transpose);
    tad_var whole = tad_solve_triangular(l, tad_transpose(half), &by_transpose);
    rule->gx[0] = tad__symmetric_part(whole);
}

/* l lower_part(l^-1 dx l'^-1), with the symmetric part of dx */
static tad_var jvp(const tad_rule *rule)
{
    tad_var l = rule->y, half = tad_solve_triangular(l, tad__symmetric_part(rule->dx[0]), NULL);
    return tad_matmul(l, lower_part(tad_solve_triangular(l, tad_transpose(half), NULL)));
}

static void prepare(int n, tad_var x[])
{
    (void)n;
    x[0] = tad__positive_definite(x[0]);
}

static const tad_sample samples[] = {
    {.in = "[1, 1]"},       {.in = "[2, 2]"}, {.in = "[3, 3]"}, {.in = "[5, 5]"},    {.in = "[2, 3, 3]"},
    {.in = "[2, 1, 2, 2]"}, {.in = "[9, 9]"}, {.in = "[0, 0]"}, {.in = "[3, 0, 0]"},
};

const tad_op tad__op_cholesky = {
    .name = "cholesky",
    .about = "Cholesky factor",
    .formula = "cholesky(x)",
    .arity = 1,
    .shape = tad__square_shape,
    .forward = forward,
    .backward = backward,
    .depends = tad__depends_by_matrix,
    .vjp = vjp,
    .jvp = jvp,
    .prepare = prepare,
    SAMPLES(samples),
};

/** The Cholesky factor y of symmetric positive definite matrices [..., n, n]: x = y y', with y lower triangular and its
 * diagonal positive. Only the lower triangle of x is read. The gradient takes x to be symmetric: it is the symmetric g with
 * dL = sum(g * dx) for each symmetric change dx, so changes of one element alone, as differences make them, are to be made
 * to (x + x') / 2. Computed by LAPACK where the library was built with it.
 * Errors: TAD_ESHAPE (x is not square, or has fewer than two axes), TAD_ESINGULAR (a matrix is not positive definite, or its
 * lower triangle has a NaN or infinite element). */
TAD_API tad_var tad_cholesky(tad_var x)
{
    return tad_apply(&tad__op_cholesky, (tad_args){.n = 1, .x = &x, .caller = TAD_CALLER});
}
