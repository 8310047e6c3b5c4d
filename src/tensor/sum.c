#include "tensor/sum.h"

#define DEFINE_SUM(name, type)                                                                                         \
    static double name##_block(int64_t n, const type *from, int64_t stride)                                            \
    {                                                                                                                  \
        double  lanes[TAD__LANES] = {0};                                                                               \
        int64_t i = 0;                                                                                                 \
        for (; i + TAD__LANES <= n; i += TAD__LANES)                                                                   \
            for (int k = 0; k < TAD__LANES; k++)                                                                       \
                lanes[k] += (double)from[(i + k) * stride];                                                            \
        for (; i < n; i++)                                                                                             \
            lanes[i % TAD__LANES] += (double)from[i * stride];                                                         \
        return tad__lanes_total(lanes);                                                                                \
    }                                                                                                                  \
    double name(int64_t n, const type *from, int64_t stride)                                                           \
    {                                                                                                                  \
        if (n > TAD__SUM_BLOCK) { /* halves, cut at a whole block: as deep as the logarithm of n */                    \
            int64_t half = (n / 2 + TAD__SUM_BLOCK - 1) / TAD__SUM_BLOCK * TAD__SUM_BLOCK;                             \
            return name(half, from, stride) + name(n - half, from + half * stride, stride);                            \
        }                                                                                                              \
        return stride == 1 ? name##_block(n, from, 1) : name##_block(n, from, stride);                                 \
    }

DEFINE_SUM(tad__sum_f32, float)
DEFINE_SUM(tad__sum_f64, double)
