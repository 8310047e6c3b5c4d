#include "tensor/normalise.h"

#include "tensor/sum.h"

#include <math.h>

#define REAL float
#define NAME(name) name##_f32
#define SUM tad__sum_f32
#include "tensor/normalise.inc"
#undef REAL
#undef NAME
#undef SUM

#define REAL double
#define NAME(name) name##_f64
#define SUM tad__sum_f64
#include "tensor/normalise.inc"

void tad__normalise_forward(const tad__normalise *s, void *y)
{
    (s->dtype == TAD_F32 ? forward_f32 : forward_f64)(s, y);
}

void tad__normalise_pull(const tad__normalise *s, const void *gy, void *gx, double *ggamma, double *gbeta)
{
    (s->dtype == TAD_F32 ? pull_f32 : pull_f64)(s, gy, gx, ggamma, gbeta);
}
