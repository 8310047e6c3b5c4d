#include "tensor/gemm.h"

#ifdef TAD_HAVE_CBLAS
#include <cblas.h>
#include <limits.h>

/* How CBLAS sees a rows x columns matrix in row-major order: stored as it is, or transposed. */
typedef struct layout {
    CBLAS_TRANSPOSE transpose;
    int             leading;
} layout;

static bool fits(int64_t stride, int64_t least)
{
    return stride >= least && stride >= 1 && stride <= INT_MAX;
}

static bool lay_out(const tad__matrix *matrix, int64_t rows, int64_t columns, layout *out)
{
    int64_t row_stride = rows == 1 ? columns : matrix->row_stride; /* of a single row or column, any will do */
    int64_t column_stride = columns == 1 ? rows : matrix->column_stride;
    if ((columns == 1 || column_stride == 1) && fits(row_stride, columns)) {
        *out = (layout){CblasNoTrans, (int)row_stride};
        return true;
    }
    if ((rows == 1 || row_stride == 1) && fits(column_stride, rows)) {
        *out = (layout){CblasTrans, (int)column_stride};
        return true;
    }
    return false;
}

bool tad__gemm_cblas(const tad__product *p)
{
    layout a, b, c;
    if (p->m > INT_MAX || p->n > INT_MAX || p->k > INT_MAX || p->m < 1 || p->n < 1 || p->k < 1)
        return false;
    if (!lay_out(&p->a, p->m, p->k, &a) || !lay_out(&p->b, p->k, p->n, &b) || !lay_out(&p->c, p->m, p->n, &c) ||
        c.transpose != CblasNoTrans)
        return false;
    int m = (int)p->m, n = (int)p->n, k = (int)p->k;
    if (p->dtype == TAD_F32)
        cblas_sgemm(CblasRowMajor, a.transpose, b.transpose, m, n, k, 1.0f, p->a.data, a.leading, p->b.data, b.leading,
                    1.0f, p->c.data, c.leading);
    else
        cblas_dgemm(CblasRowMajor, a.transpose, b.transpose, m, n, k, 1.0, p->a.data, a.leading, p->b.data, b.leading,
                    1.0, p->c.data, c.leading);
    return true;
}
#else
bool tad__gemm_cblas(const tad__product *product)
{
    (void)product;
    return false;
}
#endif
