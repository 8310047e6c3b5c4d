#include "tensor/softmax.h"

#include "tensor/sum.h"

#include <tgmath.h>

#define REAL float
#define NAME(name) name##_f32
#define SUM tad__sum_f32
#include "tensor/softmax.inc"
#undef REAL
#undef NAME
#undef SUM

#define REAL double
#define NAME(name) name##_f64
#define SUM tad__sum_f64
#include "tensor/softmax.inc"

void tad__softmax_forward(const tad__softmax *s, const void *x, void *y)
{
    (s->dtype == TAD_F32 ? forward_f32 : forward_f64)(s, x, y);
}

void tad__softmax_pull(const tad__softmax *s, const void *y, const void *gy, void *gx)
{
    (s->dtype == TAD_F32 ? pull_f32 : pull_f64)(s, y, gy, gx);
}
