/* linalg: QR factorisation: q on top of r in one tensor. */
#include "ops/matrix.h"
#include "ops/pairs.h"
#include "ops/sample.h"
#include "tensor/lapack.h"
#include "tensor/move.h"

#include <tad/elementwise.h>
#include <tad/operations.h>

#include <inttypes.h>
#include <math.h>

static tad_status shape(const tad_call *call)
{
    const tad_array *x = &call->in[0];
    tad_status       status = tad__check_matrices(call, 0, false);
    if (status != TAD_OK)
        return status;
    int64_t m = x->dims[x->rank - 2], n = x->dims[x->rank - 1];
    if (m < n)
        return tad_refuse(call, TAD_ESHAPE, "%" PRId64 " rows and %" PRId64 " columns; expected at least as many rows",
                          m, n);
    tad__array_set_shape(call->out, x->rank, x->dims);
    call->out->dims[x->rank - 2] = m + n;
    return TAD_OK;
}

/* Rows of a matrix. */
static tad_array rows_of(const tad_array *matrix, int64_t first, int64_t count)
{
    tad_array rows = *matrix;
    rows.dims[0] = count;
    rows.data = (char *)matrix->data + first * matrix->strides[0] * (int64_t)tad_dtype_size(matrix->dtype);
    return rows;
}

/* Makes the diagonal of r positive, or 0. */
static void choose_signs(tad_dtype type, int64_t m, int64_t n, void *q, void *r)
{
    for (int64_t j = 0; j < n; j++) {
        if (tad__number_at(type, r, j + j * n) >= 0)
            continue;
        for (int64_t i = 0; i < m; i++)
            tad__set_number(type, q, i + j * m, -tad__number_at(type, q, i + j * m));
        for (int64_t k = j; k < n; k++)
            tad__set_number(type, r, j + k * n, -tad__number_at(type, r, j + k * n));
    }
}

static void forward(const tad_call *call)
{
    const tad_array   *x = &call->in[0];
    const tad_dtype    type = x->dtype;
    int64_t            m = x->dims[x->rank - 2], n = x->dims[x->rank - 1];
    int64_t            count = tad__matrix_count(x);
    const tad__lapack *lapack = tad__lapack_for(m, n, TAD__SMALL_QR);
    void              *q = tad__scratch_elements(call, type, m * n), *r = tad__scratch_elements(call, type, n * n);
    void              *work = tad__scratch_elements(call, type, tad__qr_work(n));
    for (int64_t i = 0; i < count && q && r && work; i++) {
        tad_array from = tad__matrix_at(x, i), to = tad__matrix_at(call->out, i);
        if (!tad__matrix_load(&from, TAD__WHOLE, q)) {
            tad__fill(&to, (double)NAN);
            continue;
        }
        lapack->qr(type, m, n, q, r, work);
        choose_signs(type, m, n, q, r);
        tad_array upper = rows_of(&to, 0, m), lower = rows_of(&to, m, n);
        tad__matrix_store(&upper, q);
        tad__matrix_store(&lower, r);
    }
}

/* With M = r gr' - gq' q, and S the symmetric matrix that has its lower triangle: (gq + q S) r'^-1 (M. Seeger et al.,
 * Auto-differentiating linear algebra, arXiv:1710.08717, 2017) */
static void vjp(const tad_rule *rule)
{
    const tad_triangular_options upper = {.upper = true};
    int64_t                      m = tad_dim(rule->x[0], -2);
    tad_var                      q = tad_slice(rule->y, -2, 0, m), r = tad_slice(rule->y, -2, m, TAD_END);
    tad_var gq = tad_slice(rule->gy, -2, 0, m), gr = tad_triu(tad_slice(rule->gy, -2, m, TAD_END), 0);
    tad_var inner = tad_sub(tad_matmul(r, tad_transpose(gr)), tad_matmul(tad_transpose(gq), q));
    tad_var symmetric = tad_add(tad_tril(inner, 0), tad_transpose(tad_tril(inner, -1)));
    tad_var g = tad_add(gq, tad_matmul(q, symmetric));
    rule->gx[0] = tad_transpose(tad_solve_triangular(r, tad_transpose(g), &upper));
}

/* Columns that are far from dependent: small numbers plus a diagonal. */
static void prepare(int n, tad_var x[])
{
    (void)n;
    int64_t rows = tad_dim(x[0], -2), columns = tad_dim(x[0], -1);
    tad_var one = tad__identity_like(x[0], columns, 1 + (double)columns / 2);
    x[0] = tad_add(tad__curved(x[0]), tad_pad(one, 0, 0, rows - columns));
}

static const tad_sample samples[] = {
    {.in = "[1, 1]"}, {.in = "[2, 2]"},       {.in = "[3, 2]"}, {.in = "[5, 1]"}, {.in = "[4, 4]"}, {.in = "[2, 4, 3]"},
    {.in = "[7, 3]"}, {.in = "[2, 1, 3, 2]"}, {.in = "[9, 9]"}, {.in = "[3, 0]"}, {.in = "[0, 0]"}, {.in = "[0, 3, 2]"},
};

const tad_op tad__op_qr = {
    .name = "qr",
    .about = "QR factorisation",
    .formula = "qr(x)",
    .arity = 1,
    .packed = true,
    .shape = shape,
    .forward = forward,
    .depends = tad__depends_by_matrix,
    .vjp = vjp,
    .prepare = prepare,
    SAMPLES(samples),
};

/** The reduced QR factorisation x = q r of matrices [..., m, n] with m >= n: q, [..., m, n], has orthonormal columns, and r,
 * [..., n, n], is upper triangular with a diagonal >= 0, which makes both unique where the columns of x are independent.
 * Either may be NULL. Dependent columns give zeros on the diagonal of r, and a gradient that is an error, TAD_ESINGULAR. Where
 * x has a NaN or infinite element, both are NaN. Computed by LAPACK where the library was built with it, else by Householder
 * reflections. Errors: TAD_ESHAPE (fewer rows than columns, or fewer than two axes); both handles are then invalid. */
TAD_API TAD_CHECKED tad_status tad_qr(tad_var x, tad_var *q, tad_var *r)
{
    const void *caller = TAD_CALLER;
    tad_var     y = tad_apply(&tad__op_qr, (tad_args){.n = 1, .x = &x, .caller = caller});
    int64_t     rows = tad_is_valid(y) ? tad_dim(x, -2) : 0;
    return tad__hand_out(y, (tad__packing){"qr", -2, rows, false, false}, q, r, caller);
}
