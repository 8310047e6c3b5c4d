#include "tensor/gemm.h"

/* Row by row of c, accumulating rows of b: the innermost loop runs along rows and vectorises where they are
 * contiguous. The order of the additions depends on the shape alone. */
#define DEFINE_GEMM(name, type)                                                                                        \
    static void name(const tad__product *p)                                                                            \
    {                                                                                                                  \
        const type *a = p->a.data, *b = p->b.data;                                                                     \
        type       *c = p->c.data;                                                                                     \
        bool        contiguous = p->b.column_stride == 1 && p->c.column_stride == 1;                                   \
        for (int64_t i = 0; i < p->m; i++) {                                                                           \
            type *row = c + i * p->c.row_stride;                                                                       \
            for (int64_t l = 0; l < p->k; l++) {                                                                       \
                type        factor = a[i * p->a.row_stride + l * p->a.column_stride];                                  \
                const type *from = b + l * p->b.row_stride;                                                            \
                if (contiguous)                                                                                        \
                    for (int64_t j = 0; j < p->n; j++)                                                                 \
                        row[j] += factor * from[j];                                                                    \
                else                                                                                                   \
                    for (int64_t j = 0; j < p->n; j++)                                                                 \
                        row[j * p->c.column_stride] += factor * from[j * p->b.column_stride];                          \
            }                                                                                                          \
        }                                                                                                              \
    }

DEFINE_GEMM(gemm_f32, float)
DEFINE_GEMM(gemm_f64, double)

void tad__gemm_portable(const tad__product *product)
{
    (product->dtype == TAD_F32 ? gemm_f32 : gemm_f64)(product);
}

/* Below about 4 x 4 x 4 the portable kernel is done before CBLAS has looked at its arguments (measured). */
enum { SMALL = 64 };

void tad__gemm(const tad__product *product)
{
    bool small = product->m <= SMALL && product->n <= SMALL && product->k <= SMALL &&
                 product->m * product->n * product->k <= SMALL;
    if (small || !tad__gemm_cblas(product))
        tad__gemm_portable(product);
}
