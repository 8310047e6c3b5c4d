/* linalg: the inverse of matrices. */
#include "ops/matrix.h"
#include "ops/pairs.h"
#include "ops/sample.h"
#include "tensor/lapack.h"
#include "tensor/move.h"

#include <tad/elementwise.h>
#include <tad/operations.h>

#include <math.h>

static void forward(const tad_call *call)
{
    const tad_array *x = &call->in[0];
    int64_t          n = x->dims[x->rank - 1], count = tad__matrix_count(x);
    void *a = tad__scratch_elements(call, x->dtype, n * n), *b = tad__scratch_elements(call, x->dtype, n * n);
    int  *pivots = tad__scratch_elements(call, TAD_F32, n);
    for (int64_t i = 0; i < count && a && b && pivots; i++) {
        tad_array from = tad__matrix_at(x, i), to = tad__matrix_at(call->out, i);
        if (!tad__matrix_load(&from, TAD__WHOLE, a)) {
            tad__fill(&to, (double)NAN);
            continue;
        }
        int64_t zero = tad__factor(x->dtype, n, a, pivots);
        if (zero >= 0) {
            tad__refuse_singular(call, x, i, zero);
            return;
        }
        tad__invert(x->dtype, n, a, pivots, b);
        tad__matrix_store(&to, b);
    }
}

/* d y = -y dx y */
static void vjp(const tad_rule *rule)
{
    tad_var y = tad_transpose(rule->y);
    rule->gx[0] = tad_neg(tad_matmul(tad_matmul(y, rule->gy), y));
}

static tad_var jvp(const tad_rule *rule)
{
    return tad_neg(tad_matmul(tad_matmul(rule->y, rule->dx[0]), rule->y));
}

static void prepare(int n, tad_var x[])
{
    (void)n;
    x[0] = tad__well_conditioned(x[0]);
}

static const tad_sample samples[] = {
    {.in = "[1, 1]"},    {.in = "[2, 2]"},       {.in = "[3, 3]"}, {.in = "[5, 5]"},
    {.in = "[2, 3, 3]"}, {.in = "[2, 1, 2, 2]"}, {.in = "[9, 9]"}, {.in = "[0, 0]"},
};

const tad_op tad__op_inverse = {
    .name = "inverse",
    .about = "inverse matrix",
    .formula = "inverse(x)",
    .arity = 1,
    .shape = tad__square_shape,
    .forward = forward,
    .depends = tad__depends_by_matrix,
    .vjp = vjp,
    .jvp = jvp,
    .prepare = prepare,
    SAMPLES(samples),
};

/** The inverse y of matrices [..., n, n], by LU factorisation with partial pivoting; dL/dx = -y' gy y'. Where x has a NaN or
 * infinite element, y is NaN. To solve equations tad_solve is faster and more accurate. Errors: TAD_ESHAPE (x is not square,
 * or has fewer than two axes), TAD_ESINGULAR (a pivot is exactly 0). */
TAD_API tad_var tad_inverse(tad_var x)
{
    return tad_apply(&tad__op_inverse, (tad_args){.n = 1, .x = &x, .caller = TAD_CALLER});
}
