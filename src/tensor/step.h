/* Steps of optimisers: one pass over a parameter, its gradient and what is kept of it. */
#ifndef TAD__TENSOR_STEP_H
#define TAD__TENSOR_STEP_H

#include <tad/base.h>

typedef enum tad__step_kind { TAD__STEP_SGD, TAD__STEP_ADAM, TAD__STEP_RMSPROP, TAD__STEP_ADAGRAD } tad__step_kind;

/* Numbers of one step: those of tad_optimiser_options, with what depends on the count of steps worked out. */
typedef struct tad__step {
    tad__step_kind kind;
    bool           nesterov, centred;
    bool           first;                     /* nothing is kept yet */
    double         rate, scale, limit, decay; /* g becomes cut(g * scale) + decay * w; limit is infinite for none */
    double         shrink;                    /* w is multiplied by it before */
    double         momentum, gain;            /* m = momentum * m + gain * g; for Adam, momentum is beta1 */
    double         smoothing;                 /* v = smoothing * v + (1 - smoothing) * g^2; for Adam, beta2 */
    double         epsilon, root;             /* Adam: sqrt(v) / root + epsilon */
    double         average;
} tad__step;

/* w by one step from g; m[0..2] and mean as tad_optimiser_state tells, NULL where not kept. Arrays do not overlap. */
void tad__take_step(const tad__step *step, tad_dtype dtype, int64_t n, void *w, const void *g, void *const m[3],
                    void *mean);
void tad__take_step_f32(const tad__step *step, int64_t n, float *w, const float *g, float *const m[3], float *mean);
void tad__take_step_f64(const tad__step *step, int64_t n, double *w, const double *g, double *const m[3], double *mean);

/* The sum of squares, in double, always in the same order. */
double tad__sum_squares(tad_dtype dtype, int64_t n, const void *x);
double tad__sum_squares_f32(int64_t n, const float *x);
double tad__sum_squares_f64(int64_t n, const double *x);

#endif
