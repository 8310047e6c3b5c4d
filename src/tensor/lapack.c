#include "tensor/lapack.h"

#include <float.h>
#include <limits.h>
#include <math.h>

#define real float
#define NAME(x) x##_f32
#define SQRT sqrtf
#define ABS fabsf
#define SMALLEST FLT_MIN
#include "tensor/lapack.inc"
#undef real
#undef NAME
#undef SQRT
#undef ABS
#undef SMALLEST

#define real double
#define NAME(x) x##_f64
#define SQRT sqrt
#define ABS fabs
#define SMALLEST DBL_MIN
#include "tensor/lapack.inc"
#undef real
#undef NAME
#undef SQRT
#undef ABS
#undef SMALLEST

static int64_t cholesky(tad_dtype dtype, int64_t n, void *a)
{
    return dtype == TAD_F32 ? cholesky_f32(n, a) : cholesky_f64(n, a);
}

static void triangular_solve(tad_dtype dtype, tad__triangle how, int64_t n, int64_t m, const void *a, void *b)
{
    if (dtype == TAD_F32)
        triangular_solve_f32(how, n, m, a, b);
    else
        triangular_solve_f64(how, n, m, a, b);
}

static void lu(tad_dtype dtype, int64_t n, void *a, int *pivots)
{
    if (dtype == TAD_F32)
        lu_f32(n, a, pivots);
    else
        lu_f64(n, a, pivots);
}

static void qr(tad_dtype dtype, int64_t m, int64_t n, void *a, void *r, void *work)
{
    if (dtype == TAD_F32)
        qr_f32(m, n, a, r, work);
    else
        qr_f64(m, n, a, r, work);
}

static bool eigh(tad_dtype dtype, int64_t n, void *a, void *w, void *work)
{
    return dtype == TAD_F32 ? eigh_f32(n, a, w, work) : eigh_f64(n, a, w, work);
}

const tad__lapack tad__lapack_portable = {cholesky, triangular_solve, lu, qr, eigh};

/* What LAPACK wants: tau, and blocks of 64 columns; and what dsyevd names, its integers included. The portable kernels want
 * less. */
int64_t tad__qr_work(int64_t n)
{
    return 65 * n + 1;
}

int64_t tad__eigh_work(int64_t n)
{
    return 2 * n * n + 11 * n + 8;
}

const tad__lapack *tad__lapack_for(int64_t rows, int64_t columns, int64_t small)
{
    const tad__lapack *openblas = tad__lapack_openblas();
    bool               portable = rows <= small && columns <= small;
    if (rows > INT_MAX || columns > INT_MAX)
        portable = true;
    return openblas && !portable ? openblas : &tad__lapack_portable;
}

/* With p a = l u: l u x = p b. */
void tad__lu_solve(tad_dtype dtype, int64_t n, int64_t m, const void *factors, const int *pivots, void *b)
{
    const tad__lapack *lapack = tad__lapack_for(n, m, TAD__SMALL_TRIANGULAR);
    if (dtype == TAD_F32)
        exchange_rows_f32(n, m, pivots, b);
    else
        exchange_rows_f64(n, m, pivots, b);
    lapack->triangular_solve(dtype, (tad__triangle){.lower = true, .unit = true}, n, m, factors, b);
    lapack->triangular_solve(dtype, (tad__triangle){.lower = false}, n, m, factors, b);
}
