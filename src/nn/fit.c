/* Least squares by the method of Levenberg and Marquardt. */
#include "nn/evaluate.h"
#include "tensor/householder.h"

#include <tad/jacobian.h>
#include <tad/optim.h>

#include <float.h>
#include <string.h>

/* Unknowns are p = scale * x inside. A is Q' J / scale of the current point, of which the upper triangle is R. */
typedef struct fit {
    tad__objective o;
    size_t         n, m;
    tad_var       *vars;
    double        *x, *scale, *p, *trial, *kept; /* n */
    double        *largest;                      /* n: of each scale so far, which damping is measured by (More) */
    double        *r, *q;                        /* m: residual, and Q' of it */
    double        *J, *A;                        /* m x n: row-major, column-major */
    double        *B, *c;                        /* 2 n x n, 2 n: R on top of the damping */
    double         sum, damping, growth;
    tad_fit_report report;
} fit;

static double norm2(size_t n, const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * x[i];
    return sum;
}

/* Records the residual at x; `count` becomes its number of elements. */
static tad_status record(fit *s, const double x[], tad_var *y, size_t *count)
{
    tad_tape_rewind(s->o.tape, s->o.mark);
    for (size_t k = 0; k < s->n; k++)
        s->vars[k] = tad_scalar(s->o.tape, x[k]);
    tad_status status = tad__evaluate(&s->o, s->n, s->vars, y);
    s->report.evaluations++;
    if (status == TAD_OK)
        *count = (size_t)tad_count(*y);
    return status;
}

/* The residual at x, in r, and its sum of squares; the Jacobian too if `derive`. */
static tad_status evaluate(fit *s, const double x[], double *r, double *sum, bool derive)
{
    tad_var    y;
    size_t     count = 0;
    tad_status status = record(s, x, &y, &count);
    if (status == TAD_OK && count != s->m)
        status = tad__fail(s->o.tape, s->o.caller, TAD_ESHAPE, "%s: the residual has %zu elements, and had %zu before",
                           s->o.name, count, s->m);
    if (status == TAD_OK)
        status = tad_read(y, r, s->m * sizeof *r);
    if (status == TAD_OK && derive)
        status = tad_read_jacobian(1, &y, s->n, s->vars, s->J, s->m * s->n * sizeof *s->J);
    *sum = norm2(s->m, r);
    return status;
}

/* Scales the Jacobian and brings it to a triangle. */
static void factor(fit *s)
{
    for (size_t j = 0; j < s->n; j++) {
        double length = 0;
        for (size_t i = 0; i < s->m; i++)
            length = hypot(length, s->J[i * s->n + j]);
        s->scale[j] = length > 0 && isfinite(length) ? length : 1;
        s->largest[j] = fmax(s->largest[j], s->scale[j]);
        for (size_t i = 0; i < s->m; i++)
            s->A[j * s->m + i] = s->J[i * s->n + j] / s->scale[j];
    }
    memcpy(s->q, s->r, s->m * sizeof *s->q);
    tad__triangularise(s->m, s->n, s->A, s->q);
}

static tad_status evaluate_and_factor(fit *s)
{
    tad_status status = evaluate(s, s->x, s->r, &s->sum, true);
    if (status == TAD_OK)
        factor(s);
    return status;
}

/* trial = x - p / scale; the length of p relative to that of x. */
static double move(fit *s)
{
    double length = 0;
    for (size_t j = 0; j < s->n; j++) {
        s->trial[j] = s->x[j] - s->p[j] / s->scale[j];
        length += s->scale[j] * s->x[j] * s->scale[j] * s->x[j];
    }
    return sqrt(norm2(s->n, s->p) / (length > 0 ? length : 1));
}

/* p of the damped problem |q - R p|^2 + damping |p|^2, and how much it promises to gain. */
static double solve_damped(fit *s)
{
    size_t n = s->n;
    memset(s->B, 0, 2 * n * n * sizeof *s->B);
    for (size_t j = 0; j < n; j++) {
        memcpy(s->B + j * 2 * n, s->A + j * s->m, (j + 1) * sizeof *s->B);
        s->B[j * 2 * n + n + j] = sqrt(s->damping) * s->largest[j] / s->scale[j];
        s->c[j] = s->q[j];
        s->c[n + j] = 0;
    }
    tad__triangularise(2 * n, n, s->B, s->c);
    tad__solve_upper(2 * n, n, s->B, s->c, s->p);
    return norm2(n, s->c);
}

/* Steps of Levenberg and Marquardt until the residual is all but orthogonal to the columns (the relative offset of D. Bates
 * and D. Watts, Technometrics 23 (1981)), or nothing is gained. */
static tad_status descend(fit *s, int iterations, bool *far)
{
    tad_status status = evaluate_and_factor(s);
    *far = true;
    while (status == TAD_OK && s->report.iterations < iterations) {
        if (norm2(s->n, s->q) <= 1e-12 * s->sum) {
            *far = false;
            return TAD_OK;
        }
        s->report.iterations++;
        double promised = solve_damped(s), sum;
        bool   still = move(s) < 0.25 * DBL_EPSILON;
        if (still || s->damping > 1e60) {
            s->report.reason = TAD_STOP_STUCK;
            *far = false;
            return TAD_OK;
        }
        status = evaluate(s, s->trial, s->c + 2 * s->n, &sum, false);
        double ratio = (s->sum - sum) / promised;
        if (ratio > 1e-4 && isfinite(sum)) {
            double t = 2 * ratio - 1;
            s->damping *= fmax(1.0 / 3, 1 - t * t * t);
            s->growth = 2;
            memcpy(s->x, s->trial, s->n * sizeof *s->x);
            if (status == TAD_OK)
                status = evaluate_and_factor(s);
        } else {
            s->damping *= s->growth;
            s->growth *= 2;
        }
    }
    return status;
}

/* Steps of Gauss and Newton as long as they shrink: differences of sums of squares are too coarse here to judge them by. */
static tad_status polish(fit *s, double tolerance)
{
    double     last = (double)INFINITY, sum = s->sum;
    tad_status status = TAD_OK;
    for (int i = 0; i < 200 && status == TAD_OK; i++) {
        tad__solve_upper(s->m, s->n, s->A, s->q, s->p);
        double length = tad__all_finite(s->n, s->p) ? move(s) : (double)INFINITY;
        if (length < tolerance) {
            s->report.reason = TAD_STOP_STEP;
            return TAD_OK;
        }
        if (!(length < last))
            break;
        last = length;
        memcpy(s->kept, s->x, s->n * sizeof *s->x);
        memcpy(s->x, s->trial, s->n * sizeof *s->x);
        status = evaluate_and_factor(s);
        if (status == TAD_OK && !(s->sum <= sum * (1 + 1e-6)) && length > 1e-9) {
            memcpy(s->x, s->kept, s->n * sizeof *s->x);
            return evaluate_and_factor(s);
        }
        if (s->report.reason != TAD_STOP_STUCK || s->sum <= sum)
            s->report.reason = TAD_STOP_VALUE;
    }
    return status;
}

/* inverse(J' J) = inverse(R) inverse(R)', in units of the scale, times the variance of a residual. */
static void write_covariance(const fit *s, double *covariance, double *deviations)
{
    size_t n = s->n;
    double variance = s->report.deviation * s->report.deviation;
    bool   full = true;
    for (size_t j = 0; j < n; j++)
        full &= fabs(s->A[j * s->m + j]) > 4 * DBL_EPSILON;
    for (size_t i = 0; i < n; i++) { /* column i of inverse(R), in B */
        for (size_t j = 0; j < n; j++)
            s->c[j] = j == i;
        tad__solve_upper(s->m, n, s->A, s->c, s->B + i * n);
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double sum = 0;
            for (size_t k = i > j ? i : j; k < n; k++)
                sum += s->B[k * n + i] * s->B[k * n + j];
            sum = full ? variance * sum / s->scale[i] / s->scale[j] : (double)NAN;
            if (covariance)
                covariance[i * n + j] = sum;
            if (deviations && i == j)
                deviations[i] = sqrt(sum);
        }
}

static tad_status run(fit *s, const tad_fit_options *options)
{
    int    iterations = options->iterations > 0 ? options->iterations : 1000;
    double tolerance = options->tolerance > 0 ? options->tolerance : 1e-13;
    bool   far;
    s->damping = options->damping > 0 ? options->damping : 1e-4;
    s->growth = 2;
    memset(s->largest, 0, s->n * sizeof *s->largest);
    s->report.reason = TAD_STOP_ITERATIONS;
    tad_status status = evaluate(s, s->x, s->r, &s->sum, false);
    if (status == TAD_OK && !isfinite(s->sum))
        return tad__fail(s->o.tape, s->o.caller, TAD_EARG, "%s: the residual is not finite at the start", s->o.name);
    if (status == TAD_OK)
        status = descend(s, iterations, &far);
    if (status == TAD_OK && !far)
        status = polish(s, tolerance);
    if (status != TAD_OK)
        return status;
    s->report.residual = s->sum;
    s->report.freedom = (int64_t)(s->m - s->n);
    s->report.deviation = s->m > s->n ? sqrt(s->sum / (double)(s->m - s->n)) : (double)NAN;
    if (options->deviations || options->covariance)
        write_covariance(s, options->covariance, options->deviations);
    return TAD_OK;
}

/* The number of residuals decides how much memory is wanted: a first evaluation tells it. */
static tad_status open_and_run(fit *s, const tad_fit_options *options)
{
    tad_tape  *tape = s->o.tape;
    size_t     n = s->n, m, doubles;
    tad_var    y;
    tad_status status = record(s, s->x, &y, &m);
    if (status != TAD_OK)
        return status;
    s->m = m;
    if (m < n)
        return tad__fail(tape, s->o.caller, TAD_ESHAPE,
                         "%s: %zu residuals for %zu parameters; expected at least as many", s->o.name, m, n);
    doubles = 2 * m * n + 3 * m + 2 * n * n + 7 * n;
    double *block = n > SIZE_MAX / 64 / (m + n + 1) ? NULL : tad__arena_take(&tape->scratch, doubles * sizeof *block);
    if (!block)
        return tad__fail_memory(tape, s->o.caller, s->o.name);
    double **const parts[] = {&s->scale, &s->largest, &s->p, &s->trial, &s->kept, &s->r,
                              &s->q,     &s->J,       &s->A, &s->B,     &s->c};
    const size_t   sizes[] = {n, n, n, n, n, m, m, m * n, m * n, 2 * n * n, 2 * n + m};
    double        *next = block;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; next += sizes[i++])
        *parts[i] = next;
    status = run(s, options);
    tad__arena_rewind(&tape->scratch, block);
    return status;
}

tad_status tad_fit_least_squares(tad_tape *tape, tad_function *residual, void *user, size_t n, double x[],
                                 const tad_fit_options *options, tad_fit_report *report)
{
    static const char            name[] = "tad_fit_least_squares";
    static const tad_fit_options defaults;
    const void                  *caller = TAD_CALLER;
    if (!tape)
        return TAD_EARG;
    if (!options)
        options = &defaults;
    if (!residual || !x || n == 0)
        return tad__fail(tape, caller, TAD_EARG, "%s: %s", name,
                         !residual ? "the function is NULL"
                         : !x      ? "x is NULL"
                                   : "there are no parameters");
    if (options->iterations < 0 || !(options->tolerance >= 0) || !(options->damping >= 0))
        return tad__fail(tape, caller, TAD_EARG, "%s: an option is negative or NaN", name);
    fit s = {.o = {tape, residual, user, tad_tape_mark(tape), name, caller}, .n = n, .x = x};
    s.vars = n > SIZE_MAX / sizeof *s.vars ? NULL : tad__arena_take(&tape->scratch, n * sizeof *s.vars);
    if (!s.vars)
        return tad__fail_memory(tape, caller, name);
    uint32_t   paused = tad__end_pause(tape);
    tad_status status = open_and_run(&s, options);
    tad_tape_rewind(tape, s.o.mark);
    tad__pause_again(tape, paused);
    tad__arena_rewind(&tape->scratch, s.vars);
    if (report)
        *report = s.report;
    return status;
}
