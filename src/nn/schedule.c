/* How the rate of an optimiser goes with the step. */
#include <tad/optim.h>

#include <math.h>

static const double pi = 3.14159265358979323846;

/* From a to b by half a cosine. */
static double glide(double a, double b, double part)
{
    return b + (a - b) / 2 * (1 + cos(pi * part));
}

static double one_cycle(const tad_schedule *s, double t)
{
    double low = s->rate / 25, end = (double)s->steps - 1, peak = (s->peak > 0 ? s->peak : 0.3) * (double)s->steps - 1;
    t = fmin(t, end);
    if (t <= peak)
        return glide(low, s->rate, t / peak);
    return end > peak ? glide(s->rate, low / 1e4, (t - peak) / (end - peak)) : low / 1e4;
}

double tad_schedule_rate(const tad_schedule *s, uint64_t t)
{
    if (!s)
        return (double)NAN;
    if (t < s->warm_up)
        return s->rate * ((double)t + 1) / ((double)s->warm_up + 1);
    t -= s->warm_up;
    switch (s->kind) {
    case TAD_CONSTANT_RATE:
        return s->rate;
    case TAD_STEP_RATE:
        return s->period ? s->rate * pow(s->factor > 0 ? s->factor : 0.1, (double)(t / s->period)) : (double)NAN;
    case TAD_COSINE_RATE:
        return s->steps ? glide(s->rate, s->floor, fmin((double)t, (double)s->steps) / (double)s->steps) : (double)NAN;
    case TAD_ONE_CYCLE_RATE:
        return s->steps ? one_cycle(s, (double)t) : (double)NAN;
    }
    return (double)NAN;
}
