/* linalg: eigenvalues and eigenvectors of symmetric matrices: a row of values on top of the matrix of vectors. */
#include "ops/matrix.h"
#include "ops/pairs.h"
#include "ops/sample.h"
#include "tensor/lapack.h"
#include "tensor/move.h"

#include <tad/elementwise.h>
#include <tad/operations.h>

#include <math.h>

static tad_status shape(const tad_call *call)
{
    tad_status status = tad__check_matrices(call, 0, true);
    tad__array_set_shape(call->out, call->in[0].rank, call->in[0].dims);
    if (status == TAD_OK)
        call->out->dims[call->out->rank - 2]++;
    return status;
}

/* Makes the first of the largest components of each vector positive. */
static void choose_signs(tad_dtype type, int64_t n, void *vectors)
{
    for (int64_t j = 0; j < n; j++) {
        double largest = 0;
        for (int64_t i = 0; i < n; i++) {
            double component = tad__number_at(type, vectors, i + j * n);
            largest = fabs(component) > fabs(largest) ? component : largest;
        }
        for (int64_t i = 0; i < n && largest < 0; i++)
            tad__set_number(type, vectors, i + j * n, -tad__number_at(type, vectors, i + j * n));
    }
}

/* Values and vectors, one value and its vector a column of `to`. */
static void store(const tad_array *to, const void *values, const void *vectors)
{
    int64_t   n = to->dims[1], size = (int64_t)tad_dtype_size(to->dtype);
    tad_array row = *to, rest = *to, from = tad__column_major(to->dtype, 1, n, (void *)(uintptr_t)values);
    row.dims[0] = 1;
    rest.dims[0] = n;
    rest.data = (char *)to->data + to->strides[0] * size;
    tad__copy(&row, &from);
    tad__matrix_store(&rest, vectors);
}

static void forward(const tad_call *call)
{
    const tad_array   *x = &call->in[0];
    const tad_dtype    type = x->dtype;
    int64_t            n = x->dims[x->rank - 1], count = tad__matrix_count(x);
    const tad__lapack *lapack = tad__lapack_for(n, n, TAD__SMALL_EIGH);
    void              *a = tad__scratch_elements(call, type, n * n), *values = tad__scratch_elements(call, type, n);
    void              *work = tad__scratch_elements(call, type, tad__eigh_work(n));
    for (int64_t i = 0; i < count && a && values && work; i++) {
        tad_array from = tad__matrix_at(x, i), to = tad__matrix_at(call->out, i);
        if (!tad__matrix_load(&from, TAD__MIRRORED, a) || !lapack->eigh(type, n, a, values, work)) {
            tad__fill(&to, (double)NAN);
            continue;
        }
        choose_signs(type, n, a);
        store(&to, values, a);
    }
}

/* V (diag(gw) + F * V' gV) V', made symmetric, with F = 1 / (w_j - w_i) beside its diagonal, which is 0 (M. Giles, An
 * extended collection of matrix derivative results, 2008). Where V' gV is 0, so is its product with an infinite F. */
static void vjp(const tad_rule *rule)
{
    int64_t n = tad_dim(rule->x[0], -1);
    tad_var w = tad_slice(rule->y, -2, 0, 1), v = tad_slice(rule->y, -2, 1, TAD_END);
    tad_var gw = tad_slice(rule->gy, -2, 0, 1), gv = tad_slice(rule->gy, -2, 1, TAD_END);
    tad_var one = tad__identity_like(w, n, 1);
    tad_var f = tad_sub(tad_reciprocal(tad_add(tad_sub(w, tad_transpose(w)), one)), one);
    tad_var inner = tad_scale(tad_matmul(tad_transpose(v), gv), f);
    tad_var whole = tad_add(tad_diag(tad__drop_axis(gw, -2)), inner);
    rule->gx[0] = tad__symmetric_part(tad_matmul(tad_matmul(v, whole), tad_transpose(v)));
}

/* Symmetric, with eigenvalues near 4, 8, 12, ... */
static void prepare(int n, tad_var x[])
{
    (void)n;
    double  numbers[16];
    int64_t size = tad_dim(x[0], -1);
    for (int64_t i = 0; i < size && i < 16; i++)
        numbers[i] = 4 * (double)(i + 1);
    tad_var diagonal = tad_tensor_constant(x[0].tape, TAD_F64, 1, &size, numbers);
    tad_var separate = tad_diag(tad_cast(diagonal, tad_dtype_of(x[0])));
    x[0] = tad_add(tad_mul(tad__symmetric_part(x[0]), tad_constant(x[0].tape, 0.25)), separate);
}

static const tad_sample samples[] = {
    {.in = "[1, 1]"},    {.in = "[2, 2]"},       {.in = "[3, 3]"}, {.in = "[5, 5]"},
    {.in = "[2, 3, 3]"}, {.in = "[2, 1, 2, 2]"}, {.in = "[9, 9]"}, {.in = "[0, 0]"},
};

const tad_op tad__op_eigh = {
    .name = "eigh",
    .about = "eigenvalues and eigenvectors of a symmetric matrix",
    .formula = "eigh(x)",
    .arity = 1,
    .packed = true,
    .shape = shape,
    .forward = forward,
    .depends = tad__depends_by_matrix,
    .vjp = vjp,
    .prepare = prepare,
    SAMPLES(samples),
};

static tad_status decompose(tad_var x, const char *name, tad_var *values, tad_var *vectors, const void *caller)
{
    tad_var y = tad_apply(&tad__op_eigh, (tad_args){.n = 1, .x = &x, .caller = caller});
    return tad__hand_out(y, (tad__packing){name, -2, 1, true, false}, values, vectors, caller);
}

/** Eigenvalues w, [..., n], ascending, and eigenvectors V, [..., n, n], of symmetric matrices: x V = V diag(w), where vector k
 * is column k of V, of norm 1, its largest component (the first of equal ones) positive. Either may be NULL. Only the lower
 * triangle of x is read, and the gradient takes x to be symmetric: see tad_cholesky. Where eigenvalues are repeated, the
 * vectors are no function of x, and a gradient that came by them is NaN or infinite; one that came by the values alone is
 * right, but not its own derivative. Where the lower triangle has a NaN or infinite element, all is NaN. Computed by LAPACK
 * where the library was built with it, else by Jacobi rotations. Errors: TAD_ESHAPE (x is not square, or has fewer than two
 * axes); both handles are then invalid. */
TAD_API TAD_CHECKED tad_status tad_eigh(tad_var x, tad_var *values, tad_var *vectors)
{
    return decompose(x, "eigh", values, vectors, TAD_CALLER);
}

/** Eigenvalues of symmetric matrices, [..., n, n] to [..., n], ascending; as tad_eigh, and as much work. */
TAD_API tad_var tad_eigvalsh(tad_var x)
{
    tad_var values;
    (void)!decompose(x, "eigvalsh", &values, NULL, TAD_CALLER);
    return values;
}
