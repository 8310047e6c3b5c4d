/**
 * tad/optim.h - optimisers: steps that lower a loss, schedules of their rate, and minimisers that run to the end.
 *
 *     tad_optimiser *adam = tad_optimiser_new(&(tad_optimiser_options){.method = TAD_ADAM, .rate = 1e-3});
 *     tad_optimiser_add_all(adam, model);
 *     for (...) {                                      // a step of a training loop
 *         ...                                          // loss from a batch
 *         tad_params_backward(model, loss);            // adds to the gradients
 *         tad_optimiser_step(adam);
 *         tad_params_zero_gradients(model);
 *     }
 *
 * Few unknowns and a sum of squares: tad_fit_least_squares. A smooth function as a whole: tad_minimise_lbfgs.
 */
#ifndef TAD_OPTIM_H
#define TAD_OPTIM_H

#include <tad/params.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Steps ---- */

/** How a step follows from the gradient g, which stands below for clip(g) + weight_decay * w. PyTorch 1.13's definitions; t
 * counts the steps of a parameter from 1. */
typedef enum tad_method {
    /** w -= rate * g; with momentum, m = momentum * m + (1 - dampening) * g (m = g at first) and w -= rate * m, or with
     * `nesterov` w -= rate * (g + momentum * m). */
    TAD_SGD,
    /** m = beta1 * m + (1 - beta1) * g; v = beta2 * v + (1 - beta2) * g^2;
     * w -= rate / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon). With `amsgrad`, the largest v so far takes its
     * place. D. Kingma, J. Ba, ICLR 2015. */
    TAD_ADAM,
    /** The same, but the weight decay is w *= 1 - rate * weight_decay, before. I. Loshchilov, F. Hutter, ICLR 2019. */
    TAD_ADAMW,
    /** v = smoothing * v + (1 - smoothing) * g^2; u = g / (sqrt(v) + epsilon), with v less the square of the mean gradient if
     * `centred`; w -= rate * u, or with momentum m = momentum * m + u and w -= rate * m. */
    TAD_RMSPROP,
    /** v = v + g^2; w -= rate / (1 + (t - 1) * rate_decay) * g / (sqrt(v) + epsilon). J. Duchi et al., JMLR 12 (2011). */
    TAD_ADAGRAD,
} tad_method;

/** All zero: gradient descent at PyTorch's defaults. What a method does not use, it ignores. */
typedef struct tad_optimiser_options {
    tad_method method;
    double     rate;         /**< 0: 1e-3 (SGD, Adam, AdamW) or 1e-2 (RMSProp, Adagrad) */
    double     weight_decay; /**< 0: none, for AdamW too */
    double     momentum;     /**< SGD, RMSProp; 0: none */
    double     dampening;    /**< SGD */
    bool       nesterov;     /**< SGD; wants momentum, and no dampening */
    double     beta1, beta2; /**< Adam, AdamW; 0: 0.9 and 0.999 */
    bool       amsgrad;      /**< Adam, AdamW */
    double     smoothing;    /**< RMSProp; 0: 0.99 */
    bool       centred;      /**< RMSProp */
    double     rate_decay;   /**< Adagrad */
    double     epsilon;      /**< 0: 1e-8, for Adagrad 1e-10 */
    double
        clip_norm; /**< gradients are multiplied by min(1, clip_norm / (their norm + 1e-6)), all by the same; 0: not */
    double clip_value; /**< and then each element is cut to -clip_value..clip_value; 0: not */
    double average;    /**< mean = average * mean + (1 - average) * w after each step, w after the first; 0: no means */

    const tad_allocator *allocator; /**< copied; NULL: malloc */
} tad_optimiser_options;

/** What an optimiser keeps of one parameter, C order and its type. Fields may be written: so a saved training goes on. */
typedef struct tad_optimiser_state {
    tad_param *param;
    uint64_t   steps;
    void      *moments
        [3]; /**< SGD: m. Adam, AdamW: m, v, largest v. RMSProp: v, m, mean gradient. Adagrad: v. NULL: not kept */
    void *average; /**< NULL: not kept */
} tad_optimiser_state;

typedef struct tad_optimiser tad_optimiser;

/** An optimiser of no parameters. NULL: out of memory, or an option that is negative, not finite or out of range (beta1,
 * beta2, smoothing, average from 0 to below 1; an unknown method; nesterov without momentum or with dampening). `options`
 * NULL: all zero. The caller frees it, before the parameters. */
TAD_API tad_optimiser *tad_optimiser_new(const tad_optimiser_options *options);
TAD_API void           tad_optimiser_free(tad_optimiser *optimiser);

/** Adds a parameter, or all of a store: its memory is taken here, and steps take none. A parameter that is there already
 * stays as it is. Errors: TAD_EARG (NULL), TAD_EDTYPE (i64), TAD_ENOMEM. */
TAD_API TAD_CHECKED tad_status tad_optimiser_add(tad_optimiser *optimiser, tad_param *param);
TAD_API TAD_CHECKED tad_status tad_optimiser_add_all(tad_optimiser *optimiser, tad_params *params);

/** One step of all parameters that are not frozen, in one pass over each: their values change, their gradients do not.
 * Clipping by norm reads the gradients once before. Errors: TAD_EARG (NULL). */
TAD_API tad_status tad_optimiser_step(tad_optimiser *optimiser);

/** The rate of the next steps; NaN for NULL. A rate that is negative or not finite is TAD_EARG and changes nothing. */
TAD_API double     tad_optimiser_rate(const tad_optimiser *optimiser);
TAD_API tad_status tad_optimiser_set_rate(tad_optimiser *optimiser, double rate);

/** The norm of all gradients before clipping at the last step; 0 without clip_norm. NaN for NULL. */
TAD_API double tad_optimiser_norm(const tad_optimiser *optimiser);

/** The state of parameter i, in the order in which they were added; NULL past the last. */
TAD_API tad_optimiser_state *tad_optimiser_at(const tad_optimiser *optimiser, size_t i);

/** Exchanges each parameter that was stepped with its mean: to measure with the means, and once more to train on.
 * Errors: TAD_EARG (NULL, or no means are kept). */
TAD_API TAD_CHECKED tad_status tad_optimiser_swap_averages(tad_optimiser *optimiser);

/* ---- Schedules ---- */

/** How a rate goes with the step t = 0, 1, ...; PyTorch's closed forms. */
typedef enum tad_schedule_kind {
    TAD_CONSTANT_RATE,
    TAD_STEP_RATE,   /**< rate * factor^floor(t / period) */
    TAD_COSINE_RATE, /**< floor + (rate - floor) * (1 + cos(pi * min(t, steps) / steps)) / 2 */
    /** By half cosines from rate / 25 up to `rate` at t = peak * steps - 1, and down to rate / 250000 at t = steps - 1.
     * L. Smith, N. Topin, 2017. */
    TAD_ONE_CYCLE_RATE,
} tad_schedule_kind;

typedef struct tad_schedule {
    tad_schedule_kind kind;
    double            rate; /**< the highest */
    uint64_t warm_up; /**< before everything else: at t < warm_up, rate * (t + 1) / (warm_up + 1); t then starts at 0 */
    uint64_t steps;   /**< cosine, one cycle: its length, without the warm-up */
    uint64_t period;  /**< step */
    double   factor;  /**< step; 0: 0.1 */
    double   floor;   /**< cosine */
    double   peak;    /**< one cycle: where it is highest; 0: 0.3 */
} tad_schedule;

/** The rate of step t, counted from 0, for tad_optimiser_set_rate. Behind the last step it stays. NaN for NULL, an unknown
 * kind, or no period or steps where the kind wants them. */
TAD_API double tad_schedule_rate(const tad_schedule *schedule, uint64_t t);

/* ---- To the end ---- */

/** Why a minimiser ended. */
typedef enum tad_stop {
    TAD_STOP_GRADIENT,   /**< the gradient is as good as 0 */
    TAD_STOP_STEP,       /**< the next step is as good as 0 */
    TAD_STOP_VALUE,      /**< nothing is gained any more */
    TAD_STOP_STUCK,      /**< no step lowers the value, though the gradient says so: not a minimum */
    TAD_STOP_ITERATIONS, /**< the limit of iterations */
} tad_stop;

/** "the gradient vanishes", ... Static storage. */
TAD_API const char *tad_stop_name(tad_stop stop);

/** All zero means the defaults. */
typedef struct tad_lbfgs_options {
    int    memory;             /**< pairs of steps and differences of gradients that are kept; 0: 10 */
    int    iterations;         /**< 0: 1000 */
    double gradient_tolerance; /**< of the largest element, relative to max(1, |f|); 0: 1e-8 */
    double value_tolerance;    /**< of the gain of one iteration, relative to max(1, |f|); 0: 1e-15 */
} tad_lbfgs_options;

typedef struct tad_lbfgs_report {
    tad_stop reason;
    int      iterations, evaluations;
    double   value;
    double   gradient; /**< the largest element */
} tad_lbfgs_report;

/** Minimises f from x[0], ..., x[n - 1], which become the minimum. f is given one differentiable vector of n elements (f64) and
 * records a result of one element. By L-BFGS (D. Liu, J. Nocedal, Math. Programming 45 (1989)) with a line search to the
 * strong Wolfe conditions, c1 = 1e-4 and c2 = 0.9 (J. Nocedal, S. Wright, Numerical Optimization, 2006, algorithms 3.5 and
 * 3.6). Where f is not finite, steps are halved.
 *
 * Each evaluation rewinds the tape to where it was, so what was recorded before can be used in f, and nothing stays. From the
 * second call of the same size on nothing is allocated. `options` and `report` may be NULL.
 * Errors: TAD_EARG (NULL, a negative option, f not finite at the start), TAD_ESHAPE (f has not one element), those of f;
 * TAD_ENOMEM. After an error x is the best point so far. */
TAD_API TAD_CHECKED tad_status tad_minimise_lbfgs(tad_tape *tape, tad_function *f, void *user, size_t n, double x[],
                                                  const tad_lbfgs_options *options, tad_lbfgs_report *report);

/** All zero means the defaults. */
typedef struct tad_fit_options {
    int     iterations; /**< 0: 1000 */
    double  tolerance;  /**< of a step, relative to the parameters, each in units of its column's norm; 0: 1e-13 */
    double  damping;    /**< at the start, in units of the squares of the columns' norms; 0: 1e-4 */
    double *deviations; /**< room for n standard deviations, or NULL */
    double *covariance; /**< room for n * n covariances, or NULL */
} tad_fit_options;

typedef struct tad_fit_report {
    tad_stop reason;
    int      iterations, evaluations;
    double   residual;  /**< the sum of squares */
    double   deviation; /**< of one residual: sqrt(residual / (m - n)) */
    int64_t  freedom;   /**< m - n */
} tad_fit_report;

/** Fits n parameters x, which are overwritten: minimises the sum of squares of the m >= n elements of residual(x), which is given
 * n differentiable scalars (tad_pack makes a vector of them) and records a value of type f64. By the method of Levenberg and
 * Marquardt with the Jacobian of tad_read_jacobian, each parameter in units of its column's norm (J. More, LNM 630 (1978)) and
 * the damping of H. Nielsen (IMM-REP-1999-05); the last steps are of Gauss and Newton, until they shrink no more, which
 * gives the parameters to the digits that their conditioning allows. Where the residual is not finite, steps are shortened.
 *
 * The covariance is residual / (m - n) * inverse(J' J); NaN where m = n or J has not full rank. The tape is used as by
 * tad_minimise_lbfgs. `options` and `report` may be NULL.
 * Errors: TAD_EARG (NULL, n = 0, a negative option, a residual that is not finite at the start), TAD_ESHAPE (m < n, or m
 * changes), TAD_EDTYPE (not f64), those of the function; TAD_ENOMEM. After an error x is the best point so far. */
TAD_API TAD_CHECKED tad_status tad_fit_least_squares(tad_tape *tape, tad_function *residual, void *user, size_t n,
                                                     double x[], const tad_fit_options *options,
                                                     tad_fit_report *report);

#ifdef __cplusplus
}
#endif
#endif
