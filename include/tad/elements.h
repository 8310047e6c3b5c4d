/**
 * tad/elements.h - choices and conversions, element by element. What is common to all is told in operations.h.
 *
 * Written by `make headers` from the files of src/ops: change those, not this one.
 */
#ifndef TAD_ELEMENTS_H
#define TAD_ELEMENTS_H

#include <tad/options.h>
#include <tad/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

/** x with elements of type `dtype`, rounded to nearest where that is narrower, and towards 0 for TAD_I64, which has no
 * gradient. The gradient comes back in the type of x.
 * Errors: TAD_EDTYPE (no element type). */
TAD_API tad_var tad_cast(tad_var x, tad_dtype dtype);

/** x where it lies between `low` and `high`, bounds included, else the bound it is beyond, and `high` where low > high;
 * all three broadcast. The gradient goes to what was chosen: at a bound to x. NaN stays NaN. Errors: TAD_ESHAPE, TAD_EDTYPE. */
TAD_API tad_var tad_clamp(tad_var x, tad_var low, tad_var high);

/** The value of x as a constant: y = x, and dy/dx counts as 0, in every mode and to any order. A view: nothing is copied.
 * To record a whole stretch without derivatives, see tad_tape_pause. */
TAD_API tad_var tad_stop_gradient(tad_var x);

/** a where the condition c is true, that is, not 0 (NaN is), and b elsewhere; all three broadcast. The gradient of the value
 * that is not chosen is exactly 0, also where it is NaN or infinite, to any order; that of c is 0 as well. c may be of any
 * type; between a and b f32 and f64 do not mix, except that an f64 scalar takes the other's type.
 * Errors: TAD_ESHAPE (shapes do not broadcast), TAD_EDTYPE. */
TAD_API tad_var tad_where(tad_var c, tad_var a, tad_var b);

#ifdef __cplusplus
}
#endif
#endif
