/* Powers, exponentials, logarithms; see pair_angle.c and pair_gamma.c for the others. */
#include "tensor/pair.h"

static const tad__pair ln2 = {0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56};
static const double    ln2_rest = 0x1.7b57a079a1934p-111;
static const tad__pair ln10 = {0x1.26bb1bbb55516p+1, -0x1.f48ad494ea3e9p-53};
static const tad__pair one = {1, 0};

tad__pair tad__pair_div(tad__pair a, tad__pair b)
{
    double q = a.hi / b.hi;
    if (!isfinite(q) || q == 0 || isinf(b.hi))
        return tad__pair_of(q);
    tad__pair rest = tad__pair_sub(a, tad__pair_mul(b, tad__pair_of(q)));
    double    r = rest.hi / b.hi;
    rest = tad__pair_sub(rest, tad__pair_mul(b, tad__pair_of(r)));
    tad__pair sum = tad__pair_renormalise(q, r);
    return tad__pair_add(sum, tad__pair_of(rest.hi / b.hi));
}

tad__pair tad__pair_abs(tad__pair a)
{
    return signbit(a.hi) ? tad__pair_neg(a) : a;
}

tad__pair tad__pair_floor(tad__pair a)
{
    double whole = floor(a.hi);
    return whole == a.hi && isfinite(whole) ? tad__pair_renormalise(whole, floor(a.lo)) : tad__pair_of(whole);
}

tad__pair tad__pair_trunc(tad__pair a)
{
    return a.hi < 0 ? tad__pair_neg(tad__pair_floor(tad__pair_neg(a))) : tad__pair_floor(a);
}

tad__pair tad__pair_round(tad__pair a)
{
    if (!isfinite(a.hi) || a.hi == 0)
        return a;
    tad__pair whole = tad__pair_floor(tad__pair_add(tad__pair_abs(a), tad__pair_of(0.5)));
    return a.hi < 0 ? tad__pair_neg(whole) : whole;
}

/* One step of Newton's iteration doubles the digits of what double arithmetic gives. */
tad__pair tad__pair_sqrt(tad__pair a)
{
    double s = sqrt(a.hi);
    if (!isfinite(s) || s == 0)
        return tad__pair_of(s);
    tad__pair rest = tad__pair_sub(a, tad__pair_product(s, s));
    return tad__pair_renormalise(s, rest.hi / (2 * s));
}

tad__pair tad__pair_cbrt(tad__pair a)
{
    double y = cbrt(a.hi);
    if (!isfinite(y) || y == 0)
        return tad__pair_of(y);
    int exponent; /* the cube of what is tiny would underflow */
    frexp(y, &exponent);
    tad__pair scaled = tad__pair_ldexp(tad__pair_ldexp(a, -2 * exponent), -exponent);
    double    z = ldexp(y, -exponent);
    tad__pair rest = tad__pair_sub(scaled, tad__pair_mul(tad__pair_product(z, z), tad__pair_of(z)));
    return tad__pair_ldexp(tad__pair_renormalise(z, rest.hi / (3 * z * z)), exponent);
}

tad__pair tad__pair_hypot(tad__pair a, tad__pair b)
{
    double length = hypot(a.hi, b.hi);
    if (!isfinite(length) || length == 0)
        return tad__pair_of(length);
    int exponent;
    frexp(length, &exponent);
    a = tad__pair_ldexp(a, -exponent);
    b = tad__pair_ldexp(b, -exponent);
    return tad__pair_ldexp(tad__pair_sqrt(tad__pair_add(tad__pair_mul(a, a), tad__pair_mul(b, b))), exponent);
}

/* exp(a) - 1 with all its digits, for |a| < 0.6: by Taylor's series of a / 512, and exp(2a) - 1 = s (s + 2) nine times. */
static tad__pair small_expm1(tad__pair a)
{
    tad__pair r = tad__pair_ldexp(a, -9), s = one;
    if (fabs(a.hi) < 0x1p-120)
        return a;
    for (int n = 11; n > 1; n--)
        s = tad__pair_add(one, tad__pair_mul(s, tad__pair_div(r, tad__pair_of(n))));
    s = tad__pair_mul(s, r);
    for (int i = 0; i < 9; i++)
        s = tad__pair_add(tad__pair_ldexp(s, 1), tad__pair_mul(s, s));
    return s;
}

tad__pair tad__pair_exp(tad__pair a)
{
    double y = exp(a.hi), k = rint(a.hi / ln2.hi);
    if (a.hi == 0 || !isfinite(y) || y == 0)
        return tad__pair_of(y);
    tad__pair r = tad__pair_sub(a, tad__pair_product(k, ln2.hi));
    r = tad__pair_sub(r, tad__pair_product(k, ln2.lo));
    r = tad__pair_sub(r, tad__pair_of(k * ln2_rest));
    return tad__pair_ldexp(tad__pair_add(one, small_expm1(r)), (int)k);
}

tad__pair tad__pair_exp2(tad__pair a)
{
    double y = exp2(a.hi), k = rint(a.hi);
    if (!isfinite(y) || y == 0)
        return tad__pair_of(y);
    tad__pair r = tad__pair_mul(tad__pair_sub(a, tad__pair_of(k)), ln2);
    return tad__pair_ldexp(tad__pair_add(one, small_expm1(r)), (int)k);
}

tad__pair tad__pair_expm1(tad__pair a)
{
    if (a.hi == 0)
        return a;
    return fabs(a.hi) < 0.5 ? small_expm1(a) : tad__pair_sub(tad__pair_exp(a), one);
}

/* log(1 + a) with all its digits, for |a| < 0.5: Newton's iteration on exp(y) - 1. */
static tad__pair small_log1p(tad__pair a)
{
    double y = log1p(a.hi);
    if (a.hi == 0)
        return a;
    tad__pair e = small_expm1(tad__pair_of(y));
    tad__pair step = tad__pair_div(tad__pair_sub(a, e), tad__pair_add(one, e));
    return tad__pair_add(tad__pair_of(y), step);
}

tad__pair tad__pair_log(tad__pair a)
{
    int exponent;
    if (!isfinite(a.hi) || a.hi <= 0)
        return tad__pair_of(log(a.hi));
    exponent = frexp(a.hi, &exponent) < 0.7 ? exponent - 1 : exponent;
    tad__pair whole = tad__pair_mul(tad__pair_of(exponent), ln2);
    return tad__pair_add(whole, small_log1p(tad__pair_sub(tad__pair_ldexp(a, -exponent), one)));
}

tad__pair tad__pair_log2(tad__pair a)
{
    int    exponent;
    double half = isfinite(a.hi) && a.hi > 0 ? frexp(a.hi, &exponent) : 0;
    if (half == 0.5 && a.lo == 0) /* a power of two */
        return tad__pair_of(exponent - 1);
    return tad__pair_div(tad__pair_log(a), ln2);
}

tad__pair tad__pair_log10(tad__pair a)
{
    return tad__pair_div(tad__pair_log(a), ln10);
}

tad__pair tad__pair_log1p(tad__pair a)
{
    return fabs(a.hi) < 0.4 ? small_log1p(a) : tad__pair_log(tad__pair_add(one, a));
}

static tad__pair whole_power(tad__pair a, int n)
{
    tad__pair y = one;
    for (unsigned k = (unsigned)(n < 0 ? -n : n); k; k /= 2) {
        y = k % 2 ? tad__pair_mul(y, a) : y;
        a = tad__pair_mul(a, a);
    }
    return n < 0 ? tad__pair_div(one, y) : y;
}

tad__pair tad__pair_pow(tad__pair a, tad__pair b)
{
    double y = pow(a.hi, b.hi);
    bool   whole = b.lo == 0 && b.hi == rint(b.hi);
    if (!isfinite(y) || y == 0 || a.hi == 0 || !isfinite(a.hi) || !isfinite(b.hi))
        return tad__pair_of(y);
    if (whole && fabs(b.hi) <= 64) {
        tad__pair power = whole_power(a, (int)b.hi);
        if (isfinite(power.hi) && power.hi != 0)
            return power;
    }
    tad__pair size = tad__pair_exp(tad__pair_mul(b, tad__pair_log(tad__pair_abs(a))));
    return y < 0 ? tad__pair_neg(size) : size;
}

/* exp(a) - 1 without overflow for a of the size of its logarithm: exp(a / 2) squared, halved before. */
tad__pair tad__pair_sinh(tad__pair a)
{
    tad__pair x = tad__pair_abs(a), y;
    if (a.hi == 0 || !isfinite(a.hi))
        return a;
    if (x.hi > 300) {
        tad__pair root = tad__pair_exp(tad__pair_ldexp(x, -1));
        y = tad__pair_mul(tad__pair_ldexp(root, -1), root);
    } else {
        tad__pair s = tad__pair_expm1(x);
        y = tad__pair_ldexp(tad__pair_add(s, tad__pair_div(s, tad__pair_add(one, s))), -1);
    }
    return a.hi < 0 ? tad__pair_neg(y) : y;
}

tad__pair tad__pair_cosh(tad__pair a)
{
    tad__pair x = tad__pair_abs(a);
    if (x.hi > 300 || !isfinite(x.hi))
        return tad__pair_abs(tad__pair_sinh(x));
    tad__pair e = tad__pair_exp(x);
    return tad__pair_ldexp(tad__pair_add(e, tad__pair_div(one, e)), -1);
}

tad__pair tad__pair_tanh(tad__pair a)
{
    if (a.hi == 0 || !(fabs(a.hi) < 40))
        return tad__pair_of(tanh(a.hi));
    tad__pair s = tad__pair_expm1(tad__pair_ldexp(a, 1));
    return tad__pair_div(s, tad__pair_add(tad__pair_of(2), s));
}

tad__pair tad__pair_asinh(tad__pair a)
{
    tad__pair x = tad__pair_abs(a), y;
    if (a.hi == 0 || !isfinite(a.hi))
        return a;
    if (x.hi > 1e100) {
        y = tad__pair_add(tad__pair_log(x), ln2);
    } else {
        tad__pair square = tad__pair_mul(x, x), root = tad__pair_sqrt(tad__pair_add(one, square));
        y = tad__pair_log1p(tad__pair_add(x, tad__pair_div(square, tad__pair_add(one, root))));
    }
    return a.hi < 0 ? tad__pair_neg(y) : y;
}

tad__pair tad__pair_acosh(tad__pair a)
{
    if (!isfinite(a.hi) || a.hi < 1)
        return tad__pair_of(acosh(a.hi));
    if (a.hi > 1e100)
        return tad__pair_add(tad__pair_log(a), ln2);
    tad__pair t = tad__pair_sub(a, one), sum = tad__pair_add(tad__pair_ldexp(t, 1), tad__pair_mul(t, t));
    return tad__pair_log1p(tad__pair_add(t, tad__pair_sqrt(sum)));
}

tad__pair tad__pair_atanh(tad__pair a)
{
    tad__pair x = tad__pair_abs(a);
    if (!(x.hi < 1) || a.hi == 0)
        return tad__pair_of(atanh(a.hi));
    tad__pair y = tad__pair_div(tad__pair_ldexp(x, 1), tad__pair_sub(one, x));
    y = tad__pair_ldexp(tad__pair_log1p(y), -1);
    return a.hi < 0 ? tad__pair_neg(y) : y;
}
