/* Differences of a function of numbers: the stencil, its error bar, the sweep of steps, and what may be concluded. */
#include "base/random.h"
#include "tools/gradcheck.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum {
    CENTRE = 3,
    POINTS = 7, /* x - 3h ... x + 3h */
    SHRINK_BY = 8,
    MOST_STEPS = 24,
    WIDER = 3, /* how often the step may grow where the derivative drowns in noise */
};

/* Weights of f(x + (k - 3) h). The fourth-order derivative and the sixth difference tell how far to trust the first. */
static const double sixth_order[POINTS] = {-1.0 / 60, 9.0 / 60, -45.0 / 60, 0, 45.0 / 60, -9.0 / 60, 1.0 / 60};
static const double fourth_order[POINTS] = {0, 1.0 / 12, -8.0 / 12, 0, 8.0 / 12, -1.0 / 12, 0};
static const double sixth_difference[POINTS] = {1, -6, 15, -20, 15, -6, 1};

/* The second step of a pair, relative to the first: not a multiple, so that waves do not look alike. */
#define NEARBY 0.6

/* Differences are believed if they disagree among themselves by at most this share of the disagreement, and of themselves. */
#define DOUBT 0.02

/* What agrees at a step other than the first has to agree in so many digits. */
#define SHARP 1e-3

typedef struct estimate {
    double step, derivative, noise;
    double roughness; /* tiny for a smooth function, of the size of a kink's jump in slope */
    double scatter;   /* error bar, whatever its reason */
    bool   finite;
} estimate;

double tad__weight(uint64_t seed, uint64_t i)
{
    double w = tad__random_uniform(seed, i, -1, 1);
    return w < 0 ? w - 0.5 : w + 0.5;
}

size_t tad__stencil_room(size_t outputs)
{
    return 5 * outputs;
}

static void add_point(const tad__stencil *s, int k, const double y[])
{
    for (size_t i = 0; i < s->outputs; i++) {
        double *sums = s->sums + 4 * i;
        sums[0] += sixth_order[k] * y[i];
        sums[1] += fourth_order[k] * y[i];
        sums[2] += sixth_difference[k] * y[i];
        sums[3] = isfinite(y[i]) ? fmax(sums[3], fabs(y[i])) : HUGE_VAL;
    }
}

/* A step of a few bits, so that x + kh is mostly exact. */
static double round_step(double h)
{
    int    exponent;
    double mantissa = frexp(h, &exponent);
    return ldexp(round(ldexp(mantissa, 9)), exponent - 9);
}

static tad_status difference(const tad__stencil *s, size_t i, double *value, double step, estimate *out)
{
    const double x = *value, h = round_step(step);
    double      *now = s->sums + 4 * s->outputs, totals[4] = {0}, missed = 0;
    tad_status   status = TAD_OK;
    memset(s->sums, 0, 4 * s->outputs * sizeof *s->sums);
    add_point(s, CENTRE, s->centre);
    for (int k = 0; k < POINTS && status == TAD_OK; k++) {
        if (k == CENTRE)
            continue;
        *value = x + (k - CENTRE) * h;
        missed = fmax(missed, fabs((*value - x) - (k - CENTRE) * h));
        status = s->evaluate(s->user, i, now);
        if (status == TAD_OK)
            add_point(s, k, now);
    }
    *value = x;
    for (size_t j = 0; j < s->outputs; j++)
        for (int k = 0; k < 4; k++)
            totals[k] += (k < 3 ? s->weights[j] : fabs(s->weights[j])) * s->sums[4 * j + (size_t)k];
    out->step = h;
    out->finite = isfinite(totals[3]);
    out->derivative = totals[0] / h;
    /* How many roundings the values are off: the sixth difference multiplies them by 30 and the derivative by 1, so a third
     * of it is ample. At a kink it is large for another reason, hence the limit. */
    double rounding = s->epsilon * totals[3];
    out->noise = fmin(fmax(fabs(totals[2]) / 3, 8 * rounding), 64 * rounding) / h;
    out->noise += 2 * missed / h * fabs(out->derivative);
    out->roughness = fmax(fabs(totals[1] - totals[0]) / h, fabs(totals[2]) / (10 * h));
    out->scatter = fabs(totals[2]) / (3 * h) + out->noise;
    return status;
}

double tad__distance(const tad_gradcheck_entry *entry, bool three)
{
    const double values[] = {entry->analytic, entry->recorded, entry->forward};
    double       far = 0;
    for (int k = 0; k < (three ? 3 : 2); k++) {
        double d = fabs(values[k] - entry->numeric);
        if (isnan(d))
            return d;
        far = fmax(far, d);
    }
    return far;
}

/* Do two estimates, of steps that are no multiples of each other, agree far better than either with the derivative that is
 * checked? If not, the function has a kink here, or waves too short for the step. */
static bool believable(const estimate *a, const estimate *b, double far)
{
    double doubt = DOUBT * fmin(isfinite(far) ? far : HUGE_VAL, fabs(a->derivative)) + a->noise + b->noise;
    return b->finite && fabs(a->derivative - b->derivative) <= doubt && a->roughness <= doubt;
}

/* Richardson: the error is of order h^6 at both steps. */
static estimate extrapolate(const estimate *a, const estimate *b)
{
    const double power = pow(NEARBY, -6);
    estimate     best = *b;
    best.derivative = (power * b->derivative - a->derivative) / (power - 1);
    best.scatter = fabs(a->derivative - b->derivative) + fmax(a->scatter, b->scatter);
    return best;
}

typedef struct judgement {
    const tad__stencil  *s;
    size_t               i;
    double              *x;
    tad_gradcheck_entry *entry;
    double               reference; /* the largest derivative met so far */
    estimate             best;      /* of pairs: that with the smallest error bar */
} judgement;

/* Keeps an estimate in the entry; returns how far off the derivatives are. */
static double try_estimate(judgement *j, const estimate *at, double noise)
{
    j->entry->numeric = at->derivative;
    j->entry->noise = noise;
    if (at->finite)
        j->reference = fmax(j->reference, fabs(at->derivative));
    return tad__distance(j->entry, j->s->three);
}

static bool agrees(const judgement *j, double far)
{
    const tad_gradcheck_entry *entry = j->entry;
    double                     scale = fmax(fabs(entry->analytic), fabs(entry->numeric));
    return isfinite(far) && far <= j->s->tolerance * scale + entry->noise;
}

/* Is what is known of the derivative mostly rounding? An entry that is small beside the others, or no larger than what the
 * rounding of f leaves of a 0, may drown. */
static bool drowns(const judgement *j, const estimate *at, double share)
{
    const tad_gradcheck_entry *entry = j->entry;
    double                     scale = fmax(fabs(entry->analytic), fabs(entry->numeric));
    return fabs(entry->analytic) > 50 * at->noise * at->step && entry->noise > share * scale &&
           entry->noise > 1e-9 * j->s->largest;
}

/* What a wide step says has to hold where a step is as small as it may be for the rounding not to hide the disagreement:
 * the function may have a feature narrower than the stencil. */
static tad_status confirm(const judgement *j, const estimate *at, double far, double least, bool *confirmed)
{
    double   miss = fmin(isfinite(far) ? far : HUGE_VAL, fmax(fabs(at->derivative), j->reference));
    double   step = fmax(at->noise / (0.02 * miss) * at->step, least);
    estimate small;
    *confirmed = true;
    if (!(step < at->step / 2))
        return TAD_OK;
    tad_status status = difference(j->s, j->i, j->x, step, &small);
    if (status == TAD_OK)
        *confirmed = small.finite && fabs(small.derivative - at->derivative) <= 0.1 * miss + small.noise;
    return status;
}

/* A function that computes in float somewhere is a staircase to small steps, flat and perfectly smooth: what a wider pair knew
 * better is not contradicted. */
static bool contradicts(const judgement *j, const estimate *at)
{
    return j->best.finite && fabs(at->derivative - j->best.derivative) > 3 * (j->best.scatter + at->scatter);
}

/* One pair of steps: true if the verdict is known. */
static tad_status try_pair(judgement *j, const estimate *at, double least, bool *known)
{
    estimate     nearby;
    const double far = try_estimate(j, at, at->noise);
    tad_status   status = difference(j->s, j->i, j->x, NEARBY * at->step, &nearby);
    *known = false;
    if (status != TAD_OK || !nearby.finite)
        return status;
    if (contradicts(j, at))
        return status;
    if (believable(at, &nearby, far)) {
        status = confirm(j, at, far, least, known);
        j->entry->verdict = *known ? TAD_WRONG : TAD_NOT_SMOOTH;
    }
    estimate best = extrapolate(at, &nearby);
    if (!*known && (!j->best.finite || best.scatter < j->best.scatter))
        j->best = best;
    return status;
}

/* No step decided: perhaps the function is rough because it computes in float somewhere. */
static void settle(judgement *j)
{
    if (!j->best.finite)
        return;
    double far = try_estimate(j, &j->best, j->best.scatter);
    j->entry->verdict =
        j->best.scatter <= 0.01 * fmax(fabs(j->entry->analytic), fabs(j->entry->numeric)) && agrees(j, far)
            ? TAD_AGREES
            : TAD_NOT_SMOOTH;
}

/* A disagreement counts as wrong only where the differences are believable; where they are not, smaller steps are tried. */
static tad_status sweep(judgement *j, const estimate *first)
{
    const double least = fmax(fabs(*j->x) * ldexp(1, -34), first->step * ldexp(1, -64));
    estimate     at = *first;
    tad_status   status = TAD_OK;
    bool         known = false;
    for (int k = 0; k < MOST_STEPS && status == TAD_OK; k++) {
        if (at.finite) {
            double far = try_estimate(j, &at, at.noise);
            bool good = k > 0 && agrees(j, far);
            if (good && at.noise <= SHARP * fmax(j->reference, 1e-3 * j->s->largest)) {
                j->entry->verdict = TAD_AGREES;
                return TAD_OK;
            }
            if (k > 0 && at.noise > 0.1 * j->reference) { /* smaller steps say no more */
                if (good && !j->best.finite)
                    j->entry->verdict = drowns(j, &at, 0.5) ? TAD_UNDECIDED : TAD_AGREES;
                break;
            }
            status = try_pair(j, &at, least, &known);
            if (known || status != TAD_OK)
                return status;
        }
        if (at.step / SHRINK_BY < least)
            break;
        status = difference(j->s, j->i, j->x, at.step / SHRINK_BY, &at);
    }
    settle(j);
    return status;
}

/* The derivative drowns at the first step: a wider one sees more of it, if the function is smooth so far. */
static tad_status widen(judgement *j, const estimate *first)
{
    estimate at = *first, wide, nearby;
    for (int k = 0; k < WIDER; k++) {
        tad_status status = difference(j->s, j->i, j->x, at.step * SHRINK_BY, &wide);
        if (status == TAD_OK)
            status = difference(j->s, j->i, j->x, at.step * SHRINK_BY * NEARBY, &nearby);
        if (status != TAD_OK)
            return status;
        if (!wide.finite || !nearby.finite || wide.roughness > wide.noise + nearby.noise ||
            fabs(wide.derivative - nearby.derivative) > wide.noise + nearby.noise)
            break;
        at = wide;
        double far = try_estimate(j, &at, at.noise);
        if (!agrees(j, far)) {
            j->entry->verdict = TAD_WRONG;
            return TAD_OK;
        }
        if (!drowns(j, &at, 0.1))
            break;
    }
    try_estimate(j, &at, at.noise);
    j->entry->verdict = drowns(j, &at, 0.5) ? TAD_UNDECIDED : TAD_AGREES;
    return TAD_OK;
}

tad_status tad__judge(const tad__stencil *s, size_t i, double *x, tad_gradcheck_entry *entry)
{
    judgement  j = {.s = s, .i = i, .x = x, .entry = entry, .reference = fabs(entry->analytic)};
    estimate   first;
    tad_status status = difference(s, i, x, s->step * fmax(1, fabs(*x)), &first);
    entry->value = *x;
    entry->verdict = TAD_UNDECIDED;
    if (status != TAD_OK)
        return status;
    if (!isfinite(j.reference))
        j.reference = 0;
    double far = try_estimate(&j, &first, first.noise);
    if (first.finite && agrees(&j, far)) {
        entry->verdict = TAD_AGREES;
        return drowns(&j, &first, 0.1) ? widen(&j, &first) : TAD_OK;
    }
    return sweep(&j, &first);
}
