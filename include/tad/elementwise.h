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

/** Exponential: y = exp(x), dy/dx = y. */
TAD_API tad_var tad_exp(tad_var x);

/** Exponential minus one: y = expm1(x), dy/dx = exp(x). */
TAD_API tad_var tad_expm1(tad_var x);

/** Natural logarithm: y = log(x), dy/dx = 1 / x. */
TAD_API tad_var tad_log(tad_var x);

/** Logarithm of one plus x: y = log1p(x), dy/dx = 1 / (1 + x). */
TAD_API tad_var tad_log1p(tad_var x);

/** Sine: y = sin(x), dy/dx = cos(x). */
TAD_API tad_var tad_sin(tad_var x);

/** Cosine: y = cos(x), dy/dx = -sin(x). */
TAD_API tad_var tad_cos(tad_var x);

/** Hyperbolic tangent: y = tanh(x), dy/dx = (1 - y) * (1 + y). */
TAD_API tad_var tad_tanh(tad_var x);

/** Angle of the point (b, a): y = atan2(a, b), dy/da = b / (a * a + b * b), dy/db = -a / (a * a + b * b). */
TAD_API tad_var tad_atan2(tad_var a, tad_var b);

/** Logistic function: y = 1 / (1 + exp(-x)), dy/dx = y * (1 - y). */
TAD_API tad_var tad_sigmoid(tad_var x);

/** Logarithm of 1 + exp(x): y = (x > 0 ? x : 0) + log1p(exp(-fabs(x))), dy/dx = 1 / (1 + exp(-x)). */
TAD_API tad_var tad_softplus(tad_var x);

/** Positive part: y = x < 0 ? 0 : x, dy/dx = x > 0. The derivative jumps where x = 0. */
TAD_API tad_var tad_relu(tad_var x);

/** Error function: y = erf(x), dy/dx = two_over_sqrt_pi * exp(-x * x). */
TAD_API tad_var tad_erf(tad_var x);

/** Absolute value: y = fabs(x), dy/dx = (x > 0) - (x < 0). The derivative jumps where x = 0. */
TAD_API tad_var tad_abs(tad_var x);

/** The greater one: y = a > b || a != a ? a : b, dy/da = (a > b) + half * (a == b), dy/db = (b > a) + half * (a == b).
 * The derivative jumps where a - b = 0. */
TAD_API tad_var tad_maximum(tad_var a, tad_var b);

/** The lesser one: y = a < b || a != a ? a : b, dy/da = (a < b) + half * (a == b), dy/db = (b < a) + half * (a == b).
 * The derivative jumps where a - b = 0. */
TAD_API tad_var tad_minimum(tad_var a, tad_var b);

/** Is a > b? y = a > b, dy/da = 0, dy/db = 0. The value jumps where a - b = 0. */
TAD_API tad_var tad_greater(tad_var a, tad_var b);

/** Is a >= b? y = a >= b, dy/da = 0, dy/db = 0. The value jumps where a - b = 0. */
TAD_API tad_var tad_greater_equal(tad_var a, tad_var b);

/** Is a < b? y = a < b, dy/da = 0, dy/db = 0. The value jumps where a - b = 0. */
TAD_API tad_var tad_less(tad_var a, tad_var b);

/** Is a <= b? y = a <= b, dy/da = 0, dy/db = 0. The value jumps where a - b = 0. */
TAD_API tad_var tad_less_equal(tad_var a, tad_var b);

/** Is a == b? y = a == b, dy/da = 0, dy/db = 0. The value jumps where a - b = 0. */
TAD_API tad_var tad_equal(tad_var a, tad_var b);

/** Is a != b? y = a != b, dy/da = 0, dy/db = 0. The value jumps where a - b = 0. */
TAD_API tad_var tad_not_equal(tad_var a, tad_var b);

#ifdef __cplusplus
}
#endif
#endif
