/* Moving numbers between arrays of the same shape, of any strides and element types. */
#ifndef TAD__TENSOR_MOVE_H
#define TAD__TENSOR_MOVE_H

#include "tensor/array.h"

/* to = from; floats become integers by truncation */
void tad__copy(const tad_array *to, const tad_array *from);

/* to += factor * from, both of floats. A stride of 0 in `to` sums: this one function is reduction, the adjoint of broadcasting and the
 * accumulation of adjoints. Sums along the innermost axis are kept in double, in a fixed order. */
void tad__accumulate(const tad_array *to, const tad_array *from, double factor);

/* to /= divisor */
void tad__divide(const tad_array *to, double divisor);

/* An operand as elementwise kernels want it: seen in the shape of the result, and in its type: `number` is where an f64
 * scalar then becomes a float. */
tad_array tad__match(const tad_array *operand, const tad_array *result, float *number);

void tad__fill(const tad_array *to, double number);

#endif
