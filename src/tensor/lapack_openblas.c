#include "tensor/lapack.h"

#ifdef TAD_HAVE_CBLAS
#include <cblas.h>

/* LAPACK's own interface, in the calling convention of gfortran: every argument by its address, and the lengths of strings
 * at the end. */
#define DECLARE(p, real)                                                                                               \
    void p##potrf_(const char *uplo, const int *n, real *a, const int *lda, int *info, size_t);                        \
    void p##getrf_(const int *m, const int *n, real *a, const int *lda, int *pivots, int *info);                       \
    void p##geqrf_(const int *m, const int *n, real *a, const int *lda, real *tau, real *work, const int *size,        \
                   int *info);                                                                                         \
    void p##orgqr_(const int *m, const int *n, const int *k, real *a, const int *lda, const real *tau, real *work,     \
                   const int *size, int *info);                                                                        \
    void p##syevd_(const char *job, const char *uplo, const int *n, real *a, const int *lda, real *w, real *work,      \
                   const int *size, int *integers, const int *integer_size, int *info, size_t, size_t);
DECLARE(s, float)
DECLARE(d, double)

/* The same for both types. The minor is looked for in the factor: not every version notices NaN. */
#define DEFINE(p, real)                                                                                                \
    static int64_t p##_cholesky(int n, real *a)                                                                        \
    {                                                                                                                  \
        int lda = n > 0 ? n : 1, info;                                                                                 \
        p##potrf_("L", &n, a, &lda, &info, 1);                                                                         \
        for (int64_t j = 0; j < n && (info == 0 || j + 1 < info); j++)                                                 \
            if (!(a[j + j * n] > 0))                                                                                   \
                return j + 1;                                                                                          \
        return info;                                                                                                   \
    }                                                                                                                  \
    static void p##_triangular_solve(tad__triangle how, int n, int m, const real *a, real *b)                          \
    {                                                                                                                  \
        cblas_##p##trsm(CblasColMajor, CblasLeft, how.lower ? CblasLower : CblasUpper,                                 \
                        how.transposed ? CblasTrans : CblasNoTrans, how.unit ? CblasUnit : CblasNonUnit, n, m, 1, a,   \
                        n > 0 ? n : 1, b, n > 0 ? n : 1);                                                              \
    }                                                                                                                  \
    static void p##_lu(int n, real *a, int *pivots)                                                                    \
    {                                                                                                                  \
        int lda = n > 0 ? n : 1, info;                                                                                 \
        p##getrf_(&n, &n, a, &lda, pivots, &info);                                                                     \
        for (int i = 0; i < n; i++)                                                                                    \
            pivots[i]--;                                                                                               \
    }                                                                                                                  \
    static void p##_qr(int m, int n, real *a, real *r, real *work)                                                     \
    {                                                                                                                  \
        int lda = m > 0 ? m : 1, size = 64 * n > 0 ? 64 * n : 1, info;                                                 \
        p##geqrf_(&m, &n, a, &lda, work, work + n, &size, &info);                                                      \
        for (int64_t j = 0; j < n; j++)                                                                                \
            for (int64_t i = 0; i < n; i++)                                                                            \
                r[i + j * n] = i <= j ? a[i + j * m] : 0;                                                              \
        p##orgqr_(&m, &n, &n, a, &lda, work, work + n, &size, &info);                                                  \
    }                                                                                                                  \
    static bool p##_eigh(int n, real *a, real *w, real *work)                                                          \
    {                                                                                                                  \
        if (n > 32000) /* it counts its workspace in int */                                                            \
            return tad__lapack_portable.eigh(sizeof(real) == 4 ? TAD_F32 : TAD_F64, n, a, w, work);                    \
        int  lda = n > 0 ? n : 1, size = 1 + 6 * n + 2 * n * n, integer_size = 3 + 5 * n, info;                        \
        int *integers = (int *)work;                                                                                   \
        p##syevd_("V", "L", &n, a, &lda, w, work + 5 * n + 4, &size, integers, &integer_size, &info, 1, 1);            \
        return info == 0;                                                                                              \
    }
DEFINE(s, float)
DEFINE(d, double)

static int64_t cholesky(tad_dtype dtype, int64_t n, void *a)
{
    return dtype == TAD_F32 ? s_cholesky((int)n, a) : d_cholesky((int)n, a);
}

static void triangular_solve(tad_dtype dtype, tad__triangle how, int64_t n, int64_t m, const void *a, void *b)
{
    if (dtype == TAD_F32)
        s_triangular_solve(how, (int)n, (int)m, a, b);
    else
        d_triangular_solve(how, (int)n, (int)m, a, b);
}

static void lu(tad_dtype dtype, int64_t n, void *a, int *pivots)
{
    if (dtype == TAD_F32)
        s_lu((int)n, a, pivots);
    else
        d_lu((int)n, a, pivots);
}

static void qr(tad_dtype dtype, int64_t m, int64_t n, void *a, void *r, void *work)
{
    if (dtype == TAD_F32)
        s_qr((int)m, (int)n, a, r, work);
    else
        d_qr((int)m, (int)n, a, r, work);
}

static bool eigh(tad_dtype dtype, int64_t n, void *a, void *w, void *work)
{
    return dtype == TAD_F32 ? s_eigh((int)n, a, w, work) : d_eigh((int)n, a, w, work);
}

static const tad__lapack openblas = {cholesky, triangular_solve, lu, qr, eigh};

const tad__lapack *tad__lapack_openblas(void)
{
    return &openblas;
}
#else
const tad__lapack *tad__lapack_openblas(void)
{
    return NULL;
}
#endif
