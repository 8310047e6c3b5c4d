/* Steps of optimisers in double precision, and of either. */
#define NUMBER double
#define ROOT sqrt
#define TYPED(name) name##_f64
#include "tensor/step.inc"

void tad__take_step(const tad__step *step, tad_dtype dtype, int64_t n, void *w, const void *g, void *const m[3],
                    void *mean)
{
    if (dtype == TAD_F32)
        tad__take_step_f32(step, n, w, g, (float *[3]){m[0], m[1], m[2]}, mean);
    else
        tad__take_step_f64(step, n, w, g, (double *[3]){m[0], m[1], m[2]}, mean);
}

double tad__sum_squares(tad_dtype dtype, int64_t n, const void *x)
{
    return dtype == TAD_F32 ? tad__sum_squares_f32(n, x) : tad__sum_squares_f64(n, x);
}
