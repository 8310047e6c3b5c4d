#include "tensor/sum.h"

enum { LANES = 8 };

#define DEFINE_SUM(name, type)                                                                                         \
    static double name##_block(int64_t n, const type *from, int64_t stride)                                            \
    {                                                                                                                  \
        double  lanes[LANES] = {0};                                                                                    \
        int64_t i = 0;                                                                                                 \
        for (; i + LANES <= n; i += LANES)                                                                             \
            for (int k = 0; k < LANES; k++)                                                                            \
                lanes[k] += (double)from[(i + k) * stride];                                                            \
        for (; i < n; i++)                                                                                             \
            lanes[i % LANES] += (double)from[i * stride];                                                              \
        double low = (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);                                                    \
        return low + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));                                                  \
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
