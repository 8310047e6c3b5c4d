/* Sine, cosine, tangent and their inverses. */
#include "tensor/pair.h"

static const double    quarter[] = {0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54, -0x1.f1976b7ed8fbcp-110,
                                    0x1.4cf98e804177dp-164}; /* pi / 2 */
static const tad__pair one = {1, 0};

/* a - k pi / 2 for the nearest k, whose remainder by 4 is returned. */
static int reduce(tad__pair *a)
{
    double k = rint(a->hi / quarter[0]);
    for (int i = 0; i < 4; i++)
        *a = tad__pair_sub(*a, tad__pair_product(k, quarter[i]));
    return (int)(k - 4 * floor(k / 4));
}

/* Taylor's series for |a| <= pi / 4: the factor of 1 (`first` 1: cosine) or of a (`first` 2: sine). */
static tad__pair series(tad__pair a, int first)
{
    tad__pair square = tad__pair_mul(a, a), sum = one;
    for (int n = first + 28; n >= first; n -= 2)
        sum = tad__pair_sub(one, tad__pair_div(tad__pair_mul(sum, square), tad__pair_of(n * (n + 1))));
    return sum;
}

static tad__pair turned(tad__pair a, int turns)
{
    if (a.hi == 0 && turns == 0)
        return a;
    turns = (turns + reduce(&a)) % 4;
    tad__pair y = turns % 2 ? series(a, 1) : tad__pair_mul(a, series(a, 2));
    return turns >= 2 ? tad__pair_neg(y) : y;
}

tad__pair tad__pair_sin(tad__pair a)
{
    if (!(fabs(a.hi) <= TAD__PAIR_TURNS))
        return isfinite(a.hi) ? tad__pair_sum(sin(a.hi), cos(a.hi) * a.lo) : tad__pair_of(sin(a.hi));
    return turned(a, 0);
}

tad__pair tad__pair_cos(tad__pair a)
{
    if (!(fabs(a.hi) <= TAD__PAIR_TURNS))
        return isfinite(a.hi) ? tad__pair_sum(cos(a.hi), -sin(a.hi) * a.lo) : tad__pair_of(cos(a.hi));
    return turned(a, 1);
}

tad__pair tad__pair_tan(tad__pair a)
{
    return tad__pair_div(tad__pair_sin(a), tad__pair_cos(a));
}

/* The angle that double arithmetic gives, and how far the point still is from it. */
tad__pair tad__pair_atan2(tad__pair a, tad__pair b)
{
    double    angle = atan2(a.hi, b.hi), larger = fmax(fabs(a.hi), fabs(b.hi));
    tad__pair t = tad__pair_of(angle);
    if (!isfinite(angle) || !isfinite(larger) || a.hi == 0 || b.hi == 0) {
        if (fabs(angle) > 1) /* a multiple of pi / 2 or pi / 4 */
            t = tad__pair_mul(tad__pair_of(rint(angle / (quarter[0] / 2))),
                              tad__pair_ldexp((tad__pair){quarter[0], quarter[1]}, -1));
        if (!isfinite(angle) || !isfinite(larger) || a.hi == 0)
            return t;
    }
    int exponent;
    frexp(larger, &exponent);
    a = tad__pair_ldexp(a, -exponent);
    b = tad__pair_ldexp(b, -exponent);
    tad__pair s = tad__pair_sin(t), c = tad__pair_cos(t);
    tad__pair across = tad__pair_sub(tad__pair_mul(a, c), tad__pair_mul(b, s));
    tad__pair along = tad__pair_add(tad__pair_mul(b, c), tad__pair_mul(a, s));
    return tad__pair_add(t, tad__pair_div(across, along));
}

tad__pair tad__pair_atan(tad__pair a)
{
    return tad__pair_atan2(a, one);
}

/* sqrt(1 - a^2) */
static tad__pair other_leg(tad__pair a)
{
    return tad__pair_sqrt(tad__pair_mul(tad__pair_sub(one, a), tad__pair_add(one, a)));
}

tad__pair tad__pair_asin(tad__pair a)
{
    return fabs(a.hi) <= 1 ? tad__pair_atan2(a, other_leg(a)) : tad__pair_of(asin(a.hi));
}

tad__pair tad__pair_acos(tad__pair a)
{
    return fabs(a.hi) <= 1 ? tad__pair_atan2(other_leg(a), a) : tad__pair_of(acos(a.hi));
}
