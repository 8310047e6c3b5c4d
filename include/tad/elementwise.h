/**
 * tad/elementwise.h - operations on numbers, element by element.
 *
 * Written by `make headers` from src/ops/elementwise.def: change that file, not this one.
 *
 * Shapes. Operands of any shape broadcast as NumPy's do: shapes are aligned at the last axis, and
 * two sizes must be equal or one of them 1, which is then repeated. The result has the broadcast
 * shape. The tape owns it.
 *
 * Types. f32 and f64 do not mix, except that an f64 scalar (rank 0) takes the other operand's type.
 *
 * Values. NaN and infinities follow IEEE 754, as the formulas say. In them y is the result, a
 * comparison is 1 if true and 0 if not, half is 1 / 2 and two_over_sqrt_pi is 2 / sqrt(pi).
 * Derivatives are operations, too, and can be differentiated again.
 *
 * Errors give an invalid result, and the tape keeps the first: TAD_ESHAPE (sizes neither equal nor
 * 1), TAD_EDTYPE (f32 and f64 mixed), TAD_ETAPE (an operand zeroed or from another tape), TAD_ESTALE
 * (an operand from before a rewind), TAD_ENOMEM.
 */
#ifndef TAD_ELEMENTWISE_H
#define TAD_ELEMENTWISE_H

#include <tad/options.h>
#include <tad/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Sum: y = a + b, dy/da = 1, dy/db = 1. */
TAD_API tad_var tad_add(tad_var a, tad_var b);

/** Difference: y = a - b, dy/da = 1, dy/db = -1. */
TAD_API tad_var tad_sub(tad_var a, tad_var b);

/** Product: y = a * b, dy/da = b, dy/db = a. */
TAD_API tad_var tad_mul(tad_var a, tad_var b);

/** Product, and 0 where a is, even if b is infinite or NaN: how a cotangent a meets a derivative b: y = a == 0 ? 0 : a
 * * b, dy/da = b, dy/db = a. */
TAD_API tad_var tad_scale(tad_var a, tad_var b);

/** Quotient: y = a / b, dy/da = 1 / b, dy/db = -y / b. */
TAD_API tad_var tad_div(tad_var a, tad_var b);

/** Negation: y = -x, dy/dx = -1. */
TAD_API tad_var tad_neg(tad_var x);

/** Square: y = x * x, dy/dx = 2 * x. */
TAD_API tad_var tad_square(tad_var x);

/** Reciprocal: y = 1 / x, dy/dx = -y * y. */
TAD_API tad_var tad_reciprocal(tad_var x);

/** Power: y = pow(a, b), dy/da = b * pow(a, b - (b != 0)), dy/db = y * log(a + (a == 0)). */
TAD_API tad_var tad_pow(tad_var a, tad_var b);

/** Square root: y = sqrt(x), dy/dx = half / y. */
TAD_API tad_var tad_sqrt(tad_var x);

/** Cube root: y = cbrt(x), dy/dx = y * half == y ? 1 / (y * y) : y / (3 * x). */
TAD_API tad_var tad_cbrt(tad_var x);

/** Length of the vector (a, b): y = hypot(a, b), dy/da = a / (y + (y == 0)), dy/db = b / (y + (y == 0)). */
TAD_API tad_var tad_hypot(tad_var a, tad_var b);

/** Exponential: y = exp(x), dy/dx = y. */
TAD_API tad_var tad_exp(tad_var x);

/** Power of 2: y = exp2(x), dy/dx = y * ln2. */
TAD_API tad_var tad_exp2(tad_var x);

/** Exponential minus one: y = expm1(x), dy/dx = exp(x). */
TAD_API tad_var tad_expm1(tad_var x);

/** Natural logarithm: y = log(x), dy/dx = 1 / x. */
TAD_API tad_var tad_log(tad_var x);

/** Binary logarithm: y = log2(x), dy/dx = 1 / (x * ln2). */
TAD_API tad_var tad_log2(tad_var x);

/** Decimal logarithm: y = log10(x), dy/dx = 1 / (x * ln10). */
TAD_API tad_var tad_log10(tad_var x);

/** Logarithm of one plus x: y = log1p(x), dy/dx = 1 / (1 + x). */
TAD_API tad_var tad_log1p(tad_var x);

/** Sine: y = sin(x), dy/dx = cos(x). */
TAD_API tad_var tad_sin(tad_var x);

/** Cosine: y = cos(x), dy/dx = -sin(x). */
TAD_API tad_var tad_cos(tad_var x);

/** Tangent: y = tan(x), dy/dx = 1 + y * y. */
TAD_API tad_var tad_tan(tad_var x);

/** Arc sine: y = asin(x), dy/dx = 1 / sqrt((1 - x) * (1 + x)). */
TAD_API tad_var tad_asin(tad_var x);

/** Arc cosine: y = acos(x), dy/dx = -1 / sqrt((1 - x) * (1 + x)). */
TAD_API tad_var tad_acos(tad_var x);

/** Arc tangent: y = atan(x), dy/dx = 1 / (1 + x * x). */
TAD_API tad_var tad_atan(tad_var x);

/** Angle of the point (b, a): y = atan2(a, b), dy/da = b / (a * a + b * b), dy/db = -a / (a * a + b * b). */
TAD_API tad_var tad_atan2(tad_var a, tad_var b);

/** Hyperbolic sine: y = sinh(x), dy/dx = cosh(x). */
TAD_API tad_var tad_sinh(tad_var x);

/** Hyperbolic cosine: y = cosh(x), dy/dx = sinh(x). */
TAD_API tad_var tad_cosh(tad_var x);

/** Hyperbolic tangent: y = tanh(x), dy/dx = 1 / (cosh(x) * cosh(x)). */
TAD_API tad_var tad_tanh(tad_var x);

/** Inverse hyperbolic sine: y = asinh(x), dy/dx = 1 / hypot(x, one). */
TAD_API tad_var tad_asinh(tad_var x);

/** Inverse hyperbolic cosine: y = acosh(x), dy/dx = 1 / (sqrt(x - 1) * sqrt(x + 1)). */
TAD_API tad_var tad_acosh(tad_var x);

/** Inverse hyperbolic tangent: y = atanh(x), dy/dx = 1 / ((1 - x) * (1 + x)). */
TAD_API tad_var tad_atanh(tad_var x);

/** Error function: y = erf(x), dy/dx = two_over_sqrt_pi * exp(-x * x). */
TAD_API tad_var tad_erf(tad_var x);

/** 1 - erf(x): y = erfc(x), dy/dx = -two_over_sqrt_pi * exp(-x * x). */
TAD_API tad_var tad_erfc(tad_var x);

/** Logarithm of the absolute value of the gamma function: y = lgamma(x), dy/dx = digamma(x). */
TAD_API tad_var tad_lgamma(tad_var x);

/** Derivative of lgamma: y = digamma(x), dy/dx = trigamma(x). */
TAD_API tad_var tad_digamma(tad_var x);

/** Derivative of digamma: y = trigamma(x), dy/dx = polygamma(2, x). */
TAD_API tad_var tad_trigamma(tad_var x);

/** A-th derivative of digamma at b, a rounded to an integer from 0 to 100: y = polygamma(a, b), dy/da = 0, dy/db =
 * polygamma(a + 1, b). Not smooth where cos(pi * a) = 0. */
TAD_API tad_var tad_polygamma(tad_var a, tad_var b);

/** Logistic function: y = 1 / (1 + exp(-x)), dy/dx = y * sigmoid(-x). */
TAD_API tad_var tad_sigmoid(tad_var x);

/** Inverse of sigmoid: y = fabs(2 * x - 1) < half ? 2 * atanh(2 * x - 1) : log(x / (1 - x)), dy/dx = 1 / (x * (1 -
 * x)). */
TAD_API tad_var tad_logit(tad_var x);

/** Logarithm of 1 + exp(x): y = (x > 0 ? x : 0) + log1p(exp(-fabs(x))), dy/dx = sigmoid(x). */
TAD_API tad_var tad_softplus(tad_var x);

/** Logarithm of sigmoid: y = (x < 0 ? x : 0) - log1p(exp(-fabs(x))), dy/dx = sigmoid(-x). */
TAD_API tad_var tad_log_sigmoid(tad_var x);

/** X over 1 + |x|: y = x / (1 + fabs(x)), dy/dx = 1 / ((1 + (x < 0 ? -x : x)) * (1 + (x < 0 ? -x : x))). Not smooth
 * where x = 0. */
TAD_API tad_var tad_softsign(tad_var x);

/** Positive part: y = x < 0 ? 0 : x, dy/dx = x > 0. Not smooth where x = 0. */
TAD_API tad_var tad_relu(tad_var x);

/** A, times b where negative: y = a > 0 ? a : a * b, dy/da = a > 0 ? 1 : b, dy/db = a > 0 ? 0 : a. Not smooth where a =
 * 0. */
TAD_API tad_var tad_leaky_relu(tad_var a, tad_var b);

/** A, or b * (exp(a) - 1) where negative: y = a > 0 ? a : b * expm1(a), dy/da = a > 0 ? 1 : b * exp(a), dy/db = a > 0 ?
 * 0 : expm1(a). Not smooth where a = 0. */
TAD_API tad_var tad_elu(tad_var a, tad_var b);

/** Elu, scaled to keep mean 0 and variance 1 (Klambauer et al. 2017): y = selu_scale * (x > 0 ? x : selu_alpha *
 * expm1(x)), dy/dx = x > 0 ? selu_scale : selu_scale * selu_alpha * exp(x). Not smooth where x = 0. */
TAD_API tad_var tad_selu(tad_var x);

/** X held between -1 and 1: y = x < -1 ? -1 : x > 1 ? 1 : x, dy/dx = x < 1 ? x > -1 : 0. Not smooth where (x - 1) * (x
 * + 1) = 0. */
TAD_API tad_var tad_hardtanh(tad_var x);

/** X * sigmoid(x): y = x / (1 + exp(-x)), dy/dx = sigmoid(x) + y * sigmoid(-x). */
TAD_API tad_var tad_silu(tad_var x);

/** X times the normal distribution function of x: y = half * x * erfc(-sqrt_half * x), dy/dx = half * erfc(-sqrt_half *
 * x) + one_over_sqrt_two_pi * x * exp(-half * x * x). */
TAD_API tad_var tad_gelu(tad_var x);

/** Gelu's usual approximation by tanh: y = x / (1 + exp(-gelu_slope * (x + gelu_cubic * x * x * x))), dy/dx =
 * sigmoid(gelu_slope * (x + gelu_cubic * x * x * x)) + y * sigmoid(-gelu_slope * (x + gelu_cubic * x * x * x)) *
 * gelu_slope * (1 + 3 * gelu_cubic * x * x). */
TAD_API tad_var tad_gelu_tanh(tad_var x);

/** X * tanh(softplus(x)): y = x * tanh(softplus(x)), dy/dx = tanh(softplus(x)) + x * sigmoid(x) / (cosh(softplus(x)) *
 * cosh(softplus(x))). */
TAD_API tad_var tad_mish(tad_var x);

/** Absolute value: y = fabs(x), dy/dx = (x > 0 ? one : 0) - (x < 0 ? one : 0). Not smooth where x = 0. */
TAD_API tad_var tad_abs(tad_var x);

/** The greater one: y = a > b || a != a ? a : b, dy/da = (a > b) + half * (a == b), dy/db = (b > a) + half * (a == b).
 * Not smooth where a - b = 0. */
TAD_API tad_var tad_maximum(tad_var a, tad_var b);

/** The lesser one: y = a < b || a != a ? a : b, dy/da = (a < b) + half * (a == b), dy/db = (b < a) + half * (a == b).
 * Not smooth where a - b = 0. */
TAD_API tad_var tad_minimum(tad_var a, tad_var b);

/** Sign: -1, 0 or 1: y = x != x ? x : (x > 0) - (x < 0), dy/dx = 0. Not smooth where x = 0. */
TAD_API tad_var tad_sign(tad_var x);

/** |a| with the sign of b: y = copysign(a, b), dy/da = copysign(one, b) * ((a > 0 ? one : 0) - (a < 0 ? one : 0)),
 * dy/db = 0. Not smooth where a * b = 0. */
TAD_API tad_var tad_copysign(tad_var a, tad_var b);

/** Greatest integer not above x: y = floor(x), dy/dx = 0. Not smooth where sin(pi * x) = 0. */
TAD_API tad_var tad_floor(tad_var x);

/** Least integer not below x: y = ceil(x), dy/dx = 0. Not smooth where sin(pi * x) = 0. */
TAD_API tad_var tad_ceil(tad_var x);

/** Nearest integer: y = round(x), dy/dx = 0. Not smooth where cos(pi * x) = 0. */
TAD_API tad_var tad_round(tad_var x);

/** Integer part: y = trunc(x), dy/dx = 0. Not smooth where sin(pi * x) = 0. */
TAD_API tad_var tad_trunc(tad_var x);

/** Remainder of a / b, with the sign of a: y = fmod(a, b), dy/da = 1, dy/db = -trunc(a / b). Not smooth where sin(pi *
 * a / b) = 0. */
TAD_API tad_var tad_fmod(tad_var a, tad_var b);

/** Is a > b? y = a > b, dy/da = 0, dy/db = 0. It jumps where a - b = 0. */
TAD_API tad_var tad_greater(tad_var a, tad_var b);

/** Is a >= b? y = a >= b, dy/da = 0, dy/db = 0. It jumps where a - b = 0. */
TAD_API tad_var tad_greater_equal(tad_var a, tad_var b);

/** Is a < b? y = a < b, dy/da = 0, dy/db = 0. It jumps where a - b = 0. */
TAD_API tad_var tad_less(tad_var a, tad_var b);

/** Is a <= b? y = a <= b, dy/da = 0, dy/db = 0. It jumps where a - b = 0. */
TAD_API tad_var tad_less_equal(tad_var a, tad_var b);

/** Is a == b? y = a == b, dy/da = 0, dy/db = 0. It jumps where a - b = 0. */
TAD_API tad_var tad_equal(tad_var a, tad_var b);

/** Is a != b? y = a != b, dy/da = 0, dy/db = 0. It jumps where a - b = 0. */
TAD_API tad_var tad_not_equal(tad_var a, tad_var b);

#ifdef __cplusplus
}
#endif
#endif
