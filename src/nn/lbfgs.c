/* Minimising by L-BFGS with a line search to the strong Wolfe conditions. */
#include "nn/evaluate.h"

#include <tad/diff.h>
#include <tad/optim.h>

#include <string.h>

/* A point of the line: how far along, value, slope. Its gradient is in the array that it is evaluated into. */
typedef struct point {
    double t, f, slope;
} point;

typedef struct lbfgs {
    tad__objective    o;
    size_t            n;
    int               memory, kept, newest;
    double           *x, *g, *d, *trial, *trial_g; /* n */
    double           *s, *y;                       /* memory x n: steps, differences of gradients */
    double           *rho, *alpha;                 /* memory */
    double            f;
    tad_lbfgs_report  report;
    tad_lbfgs_options options;
} lbfgs;

static const double armijo = 1e-4, curvature = 0.9;

static double dot(size_t n, const double *a, const double *b)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static double largest(size_t n, const double *x)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, fabs(x[i]));
    return most;
}

/* Value and gradient at x. */
static tad_status evaluate(lbfgs *l, const double *x, double *f, double *g)
{
    tad_tape     *tape = l->o.tape;
    const int64_t n = (int64_t)l->n;
    tad_var       y;
    tad_tape_rewind(tape, l->o.mark);
    tad_var    leaf = tad_tensor(tape, TAD_F64, 1, &n, x);
    tad_status status = tad__evaluate(&l->o, 1, &leaf, &y);
    l->report.evaluations++;
    if (status == TAD_OK && tad_count(y) != 1)
        status = tad__fail(tape, l->o.caller, TAD_ESHAPE, "%s: the function's result has %lld elements; expected one",
                           l->o.name, (long long)tad_count(y));
    if (status == TAD_OK)
        status = tad_read(y, f, sizeof *f);
    if (status == TAD_OK)
        status = tad_backward(y);
    return status == TAD_OK ? tad_read_grad(leaf, g, l->n * sizeof *g) : status;
}

/* The point at t along d; not finite: f is infinite. */
static tad_status look(lbfgs *l, double t, point *p)
{
    for (size_t i = 0; i < l->n; i++)
        l->trial[i] = l->x[i] + t * l->d[i];
    tad_status status = evaluate(l, l->trial, &p->f, l->trial_g);
    p->t = t;
    p->slope = dot(l->n, l->trial_g, l->d);
    if (!isfinite(p->f) || !isfinite(p->slope)) {
        p->f = (double)INFINITY;
        p->slope = 0;
    }
    return status;
}

/* The minimum of the cubic through two points, kept away from both ends; the middle where there is none. */
static double between(const point *a, const point *b)
{
    double width = b->t - a->t, middle = a->t + width / 2;
    if (!isfinite(a->f) || !isfinite(b->f))
        return middle;
    double d1 = a->slope + b->slope - 3 * (a->f - b->f) / (a->t - b->t), square = d1 * d1 - a->slope * b->slope;
    if (!(square >= 0))
        return middle;
    double d2 = width > 0 ? sqrt(square) : -sqrt(square);
    double t = b->t - width * (b->slope + d2 - d1) / (b->slope - a->slope + 2 * d2), part = (t - a->t) / width;
    return part > 0.1 && part < 0.9 ? t : isfinite(part) ? a->t + width * (part <= 0.1 ? 0.1 : 0.9) : middle;
}

static bool falls_enough(const point *start, const point *p)
{
    return p->f <= start->f + armijo * p->t * start->slope;
}

/* Algorithms 3.5 and 3.6 as one loop: `low` is the best point so far, and a minimum lies between it and `high` once there
 * is one. The last point looked at is the result if *found. */
static tad_status search(lbfgs *l, point start, double t, point *p, bool *found)
{
    point low = start, high = start;
    bool  bracketed = false;
    *found = false;
    for (int i = 0; i < 60; i++) {
        tad_status status = look(l, bracketed ? between(&low, &high) : t, p);
        if (status != TAD_OK)
            return status;
        if (falls_enough(&start, p) && fabs(p->slope) <= -curvature * start.slope) {
            *found = true;
            return TAD_OK;
        }
        if (!falls_enough(&start, p) || p->f >= low.f) {
            high = *p;
            bracketed = true;
        } else {
            if (bracketed ? p->slope * (high.t - low.t) >= 0 : p->slope >= 0) {
                high = low;
                bracketed = true;
            }
            low = *p;
            t *= 2;
        }
        if (bracketed && fabs(high.t - low.t) <= 1e-14 * fabs(high.t))
            break;
    }
    if (low.t == 0) /* nothing lower was found */
        return TAD_OK;
    *found = true; /* lower, if not to the second condition */
    return look(l, low.t, p);
}

/* d = -H g by the two loops over the pairs. */
static void direct(lbfgs *l)
{
    size_t n = l->n;
    for (size_t i = 0; i < n; i++)
        l->d[i] = -l->g[i];
    for (int k = 0; k < l->kept; k++) {
        int at = (l->newest - k + l->memory) % l->memory;
        l->alpha[at] = l->rho[at] * dot(n, l->s + (size_t)at * n, l->d);
        for (size_t i = 0; i < n; i++)
            l->d[i] -= l->alpha[at] * l->y[(size_t)at * n + i];
    }
    if (l->kept > 0) {
        const double *y = l->y + (size_t)l->newest * n;
        double        scale = 1 / (l->rho[l->newest] * dot(n, y, y));
        for (size_t i = 0; i < n; i++)
            l->d[i] *= scale;
    }
    for (int k = l->kept; k-- > 0;) {
        int    at = (l->newest - k + l->memory) % l->memory;
        double beta = l->rho[at] * dot(n, l->y + (size_t)at * n, l->d);
        for (size_t i = 0; i < n; i++)
            l->d[i] += (l->alpha[at] - beta) * l->s[(size_t)at * n + i];
    }
}

/* Goes to the trial point, and keeps the pair if its curvature is positive. */
static void advance(lbfgs *l, double f)
{
    size_t  n = l->n;
    int     next = (l->newest + 1) % l->memory;
    double *s = l->s + (size_t)next * n, *y = l->y + (size_t)next * n;
    for (size_t i = 0; i < n; i++) {
        s[i] = l->trial[i] - l->x[i];
        y[i] = l->trial_g[i] - l->g[i];
    }
    double sy = dot(n, s, y);
    if (sy > 1e-300) {
        l->rho[next] = 1 / sy;
        l->newest = next;
        l->kept += l->kept < l->memory;
    }
    memcpy(l->x, l->trial, n * sizeof *l->x);
    memcpy(l->g, l->trial_g, n * sizeof *l->g);
    l->f = f;
}

static tad_status iterate(lbfgs *l)
{
    tad_status status = evaluate(l, l->x, &l->f, l->g);
    if (status == TAD_OK && !(isfinite(l->f) && tad__all_finite(l->n, l->g)))
        status = tad__fail(l->o.tape, l->o.caller, TAD_EARG, "%s: the function is not finite at the start", l->o.name);
    l->report.reason = TAD_STOP_ITERATIONS;
    while (status == TAD_OK) {
        double most = largest(l->n, l->g), before = l->f;
        if (most <= l->options.gradient_tolerance * fmax(1, fabs(l->f))) {
            l->report.reason = TAD_STOP_GRADIENT;
            break;
        }
        if (l->report.iterations == l->options.iterations)
            break;
        direct(l);
        point start = {0, l->f, dot(l->n, l->g, l->d)}, p;
        bool  found = false;
        if (start.slope < 0)
            status = search(l, start, l->kept ? 1 : fmin(1, 1 / sqrt(dot(l->n, l->g, l->g))), &p, &found);
        if (status != TAD_OK)
            break;
        if (!found && l->kept > 0) { /* once more along the gradient */
            l->kept = 0;
            continue;
        }
        if (!found) {
            l->report.reason = TAD_STOP_STUCK;
            break;
        }
        l->report.iterations++;
        advance(l, p.f);
        if (before - l->f <= l->options.value_tolerance * fmax(1, fabs(l->f))) {
            l->report.reason = TAD_STOP_VALUE;
            break;
        }
    }
    l->report.value = l->f;
    l->report.gradient = largest(l->n, l->g);
    return status;
}

static tad_status open_and_iterate(lbfgs *l)
{
    tad_tape *tape = l->o.tape;
    size_t    n = l->n, m = (size_t)l->memory;
    bool      fits = n <= SIZE_MAX / 64 / (2 * m + 6);
    double   *block = fits ? tad__arena_take(&tape->scratch, ((5 + 2 * m) * n + 2 * m) * sizeof *block) : NULL;
    if (!block)
        return tad__fail_memory(tape, l->o.caller, l->o.name);
    memset(block, 0, ((5 + 2 * m) * n + 2 * m) * sizeof *block);
    l->g = block;
    l->d = l->g + n;
    l->trial = l->d + n;
    l->trial_g = l->trial + n;
    l->s = l->trial_g + n;
    l->y = l->s + m * n;
    l->rho = l->y + m * n;
    l->alpha = l->rho + m;
    tad_status status = iterate(l);
    tad__arena_rewind(&tape->scratch, block);
    return status;
}

tad_status tad_minimise_lbfgs(tad_tape *tape, tad_function *f, void *user, size_t n, double x[],
                              const tad_lbfgs_options *options, tad_lbfgs_report *report)
{
    static const char name[] = "tad_minimise_lbfgs";
    const void       *caller = TAD_CALLER;
    if (!tape)
        return TAD_EARG;
    tad_lbfgs_options o = options ? *options : (tad_lbfgs_options){0};
    if (!f || !x)
        return tad__fail(tape, caller, TAD_EARG, "%s: %s is NULL", name, f ? "x" : "the function");
    if (o.memory < 0 || o.iterations < 0 || !(o.gradient_tolerance >= 0) || !(o.value_tolerance >= 0))
        return tad__fail(tape, caller, TAD_EARG, "%s: an option is negative or NaN", name);
    o.memory = o.memory ? o.memory : 10;
    o.iterations = o.iterations ? o.iterations : 1000;
    o.gradient_tolerance = o.gradient_tolerance > 0 ? o.gradient_tolerance : 1e-8;
    o.value_tolerance = o.value_tolerance > 0 ? o.value_tolerance : 1e-15;
    lbfgs l = {
        .o = {tape, f, user, tad_tape_mark(tape), name, caller}, .n = n, .x = x, .memory = o.memory, .options = o};
    uint32_t   paused = tad__end_pause(tape);
    tad_status status = open_and_iterate(&l);
    tad_tape_rewind(tape, l.o.mark);
    tad__pause_again(tape, paused);
    if (report)
        *report = l.report;
    return status;
}
