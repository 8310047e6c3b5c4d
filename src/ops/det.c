/* linalg: determinants, and the adjugate, which is what the gradient of a determinant is made of. */
#include "ops/matrix.h"
#include "ops/pairs.h"
#include "ops/sample.h"
#include "tensor/adjugate.h"
#include "tensor/lapack.h"
#include "tensor/move.h"

#include <tad/elementwise.h>
#include <tad/operations.h>

#include <float.h>
#include <math.h>

/* The LU factors of one matrix after another. */
typedef struct factors {
    tad_dtype dtype;
    int64_t   n, count;
    void     *a;
    int      *pivots;
} factors;

static factors start(const tad_call *call)
{
    const tad_array *x = &call->in[0];
    tad_array        batch = *x;
    batch.rank -= 2; /* a matrix without elements has a determinant, too */
    factors f = {.dtype = x->dtype, .n = x->dims[x->rank - 1], .count = tad__array_count(&batch)};
    f.a = tad__scratch_elements(call, f.dtype, f.n * f.n);
    f.pivots = tad__scratch_elements(call, TAD_F32, f.n);
    if (!f.a || !f.pivots)
        f.count = 0;
    return f;
}

/* false: an element is NaN or infinite. */
static bool factor(const tad_call *call, const factors *f, int64_t i)
{
    tad_array x = tad__matrix_at(&call->in[0], i);
    bool      finite = tad__matrix_load(&x, TAD__WHOLE, f->a);
    if (finite)
        tad__factor(f->dtype, f->n, f->a, f->pivots);
    return finite;
}

static double pivot(const factors *f, int64_t j)
{
    return tad__number_at(f->dtype, f->a, j + j * f->n);
}

static double sign_of_exchanges(const factors *f)
{
    double sign = 1;
    for (int64_t j = 0; j < f->n; j++)
        sign = f->pivots[j] == j ? sign : -sign;
    return sign;
}

/* In double for floats, too: in between, the product may be far larger or smaller than at the end. */
static double product_of(const factors *f)
{
    double product = sign_of_exchanges(f);
    for (int64_t j = 0; j < f->n; j++)
        product *= pivot(f, j);
    return product;
}

static void prepare(int n, tad_var x[])
{
    (void)n;
    x[0] = tad__well_conditioned(x[0]);
}

static tad_var sum_of_product(tad_var a, tad_var b, bool keepdims)
{
    return tad_sum_axes(tad_mul(a, b), 2, (const int[]){-2, -1}, keepdims);
}

static const tad_sample samples[] = {
    {.in = "[1, 1]"},    {.in = "[2, 2]"},       {.in = "[3, 3]"}, {.in = "[4, 4]"},    {.in = "[5, 5]"},
    {.in = "[2, 3, 3]"}, {.in = "[2, 1, 2, 2]"}, {.in = "[0, 0]"}, {.in = "[2, 0, 0]"},
};

/* ---- adjugate ---- */

/* Are the pivots large enough for the inverse to tell the adjugate? */
static bool is_regular(const factors *f)
{
    double least = (double)INFINITY, largest = 0, epsilon = f->dtype == TAD_F32 ? (double)FLT_EPSILON : DBL_EPSILON;
    for (int64_t j = 0; j < f->n; j++) {
        double size = fabs(pivot(f, j));
        least = size < least ? size : least;
        largest = size > largest ? size : largest;
    }
    return least > 16 * (double)f->n * epsilon * largest;
}

static void multiply(const factors *f, void *b, double by)
{
    for (int64_t i = 0; i < f->n * f->n; i++)
        tad__set_number(f->dtype, b, i, by * tad__number_at(f->dtype, b, i));
}

/* Near a singular matrix: in doubles. */
static void adjugate_by_cofactors(const tad_call *call, int64_t i, double *room[3])
{
    tad_array x = tad__matrix_at(&call->in[0], i), y = tad__matrix_at(call->out, i);
    int64_t   n = x.dims[0];
    tad_array a = tad__column_major(TAD_F64, n, n, room[0]), b = tad__column_major(TAD_F64, n, n, room[1]);
    tad__copy(&a, &x);
    tad__adjugate(n, room[0], room[1], room[2]);
    tad__copy(&y, &b);
}

static void forward_adjugate(const tad_call *call)
{
    factors f = start(call);
    void   *b = tad__scratch_elements(call, f.dtype, f.n * f.n);
    double *room[3] = {tad__scratch_elements(call, TAD_F64, f.n * f.n), tad__scratch_elements(call, TAD_F64, f.n * f.n),
                       tad__scratch_elements(call, TAD_F64, 3 * f.n)};
    if (!b || !room[0] || !room[1] || !room[2] || f.n == 0)
        return;
    for (int64_t i = 0; i < f.count; i++) {
        tad_array y = tad__matrix_at(call->out, i);
        if (!factor(call, &f, i)) {
            tad__fill(&y, (double)NAN);
        } else if (is_regular(&f)) {
            tad__invert(f.dtype, f.n, f.a, f.pivots, b);
            multiply(&f, b, product_of(&f));
            tad__matrix_store(&y, b);
        } else {
            adjugate_by_cofactors(call, i, room);
        }
    }
}

/* d adj(x) = (sum(y' * dx) y - y dx y) / det(x), and simpler where the elements are numbers or linear in those of x */
static void vjp_adjugate(const tad_rule *rule)
{
    tad_var x = rule->x[0], g = rule->gy, y = tad_transpose(rule->y);
    int64_t n = tad_dim(x, -1);
    if (n == 2) {
        tad_var trace = tad__lift(tad_trace(g));
        rule->gx[0] = tad_sub(tad_mul(trace, tad__identity_like(x, n, 1)), g);
    } else if (n > 2) {
        tad_var whole = tad_mul(sum_of_product(g, rule->y, true), y), part = tad_matmul(tad_matmul(y, g), y);
        rule->gx[0] = tad_div(tad_sub(whole, part), tad__lift(tad_det(x)));
    }
}

const tad_op tad__op_adjugate = {
    .name = "adjugate",
    .about = "adjugate matrix",
    .formula = "adjugate(x)",
    .arity = 1,
    .shape = tad__square_shape,
    .forward = forward_adjugate,
    .depends = tad__depends_by_matrix,
    .vjp = vjp_adjugate,
    .prepare = prepare,
    SAMPLES(samples),
};

/* ---- determinant ---- */

static tad_status shape_of_det(const tad_call *call)
{
    tad_status status = tad__check_matrices(call, 0, true);
    if (status == TAD_OK)
        tad__array_set_shape(call->out, call->in[0].rank - 2, call->in[0].dims);
    return status;
}

static void forward_det(const tad_call *call)
{
    factors f = start(call);
    for (int64_t i = 0; i < f.count; i++)
        tad__set_number(f.dtype, call->out->data, i, factor(call, &f, i) ? product_of(&f) : (double)NAN);
}

static void vjp_det(const tad_rule *rule)
{
    rule->gx[0] = tad_mul(tad__lift(rule->gy), tad_transpose(tad_adjugate(rule->x[0])));
}

static tad_var jvp_det(const tad_rule *rule)
{
    return sum_of_product(tad_transpose(tad_adjugate(rule->x[0])), rule->dx[0], false);
}

static bool depends(const tad_call *call, int k, tad_array *out, tad_array *in)
{
    (void)k;
    return tad__pairs_in_block(out, out->rank + 2 - call->in[0].rank, in, 2);
}

const tad_op tad__op_det = {
    .name = "det",
    .about = "determinant",
    .formula = "det(x)",
    .arity = 1,
    .shape = shape_of_det,
    .forward = forward_det,
    .depends = depends,
    .vjp = vjp_det,
    .jvp = jvp_det,
    .prepare = prepare,
    SAMPLES(samples),
};

/* ---- its sign and logarithm, packed along a last axis of two ---- */

static tad_status shape_of_slogdet(const tad_call *call)
{
    tad_status status = shape_of_det(call);
    if (status == TAD_OK)
        call->out->dims[call->out->rank++] = 2;
    return status;
}

static void forward_slogdet(const tad_call *call)
{
    factors f = start(call);
    for (int64_t i = 0; i < f.count; i++) {
        bool   finite = factor(call, &f, i);
        double sign = finite ? sign_of_exchanges(&f) : (double)NAN, logarithm = finite ? 0 : (double)NAN;
        for (int64_t j = 0; j < f.n && finite; j++) {
            double number = pivot(&f, j);
            sign *= (number > 0) - (number < 0);
            logarithm += log(fabs(number));
        }
        tad__set_number(f.dtype, call->out->data, 2 * i, sign);
        tad__set_number(f.dtype, call->out->data, 2 * i + 1, logarithm);
    }
}

static void vjp_slogdet(const tad_rule *rule)
{
    tad_var g = tad__lift(tad__drop_axis(tad_slice(rule->gy, -1, 1, 2), -1));
    rule->gx[0] = tad_mul(g, tad_transpose(tad_inverse(rule->x[0])));
}

const tad_op tad__op_slogdet = {
    .name = "slogdet",
    .about = "sign of the determinant, and logarithm of its absolute value",
    .formula = "slogdet(x)",
    .arity = 1,
    .packed = true,
    .shape = shape_of_slogdet,
    .forward = forward_slogdet,
    .depends = depends,
    .vjp = vjp_slogdet,
    .prepare = prepare,
    SAMPLES(samples),
};

/** The adjugate y of matrices [..., n, n], the transpose of the matrix of cofactors: x y = y x = det(x) 1. It is there, and
 * accurate, whatever the rank of x: of rank 1 at rank n - 1, and 0 below. Its gradient divides by det(x) where n > 2, so at
 * a singular matrix it is then NaN or infinite. Where x has a NaN or infinite element, y is NaN. Errors: TAD_ESHAPE (x is
 * not square, or has fewer than two axes). */
TAD_API tad_var tad_adjugate(tad_var x)
{
    return tad_apply(&tad__op_adjugate, (tad_args){.n = 1, .x = &x, .caller = TAD_CALLER});
}

/** The determinant of matrices, [..., n, n] to [...], by LU factorisation; of a 0 x 0 matrix it is 1. dy/dx is the transpose
 * of tad_adjugate(x), at singular matrices, too; derivatives of higher order are NaN or infinite there if n > 2. Where x has a
 * NaN or infinite element, y is NaN. Overflows for large n: see tad_slogdet. Errors: TAD_ESHAPE (x is not square, or has
 * fewer than two axes). */
TAD_API tad_var tad_det(tad_var x)
{
    return tad_apply(&tad__op_det, (tad_args){.n = 1, .x = &x, .caller = TAD_CALLER});
}

/** The sign (1, -1, or 0 at a singular matrix) of the determinant of matrices [..., n, n], and the logarithm of its absolute
 * value (-infinity at a singular matrix), of shape [...]; either may be NULL. d logdet / dx is the transposed inverse, the
 * sign has gradient 0; at a singular matrix the gradient is an error, TAD_ESINGULAR. Where x has a NaN or infinite element,
 * both are NaN. Errors: TAD_ESHAPE (x is not square, or has fewer than two axes); both handles are then invalid. */
TAD_API TAD_CHECKED tad_status tad_slogdet(tad_var x, tad_var *sign, tad_var *logdet)
{
    const void *caller = TAD_CALLER;
    tad_var     y = tad_apply(&tad__op_slogdet, (tad_args){.n = 1, .x = &x, .caller = caller});
    return tad__hand_out(y, (tad__packing){"slogdet", -1, 1, true, true}, sign, logdet, caller);
}
