/* Kernels for numbers that belong to channels. All arrays are given in the same shape, so what is the same all over a channel
 * has strides of 0 on the other axes (tad__array_broadcast). */
#ifndef TAD__TENSOR_CHANNELS_H
#define TAD__TENSOR_CHANNELS_H

#include "tensor/array.h"

/* y = (x - centre) * a + b, or y += it; all of one type */
void tad__channels_map(bool add, const tad_array *y, const tad_array *x, const tad_array *centre, const tad_array *a,
                       const tad_array *b);

/* sum += (x - centre)^2, where sum and centre are of type f64 */
void tad__channels_squares(const tad_array *sum, const tad_array *x, const tad_array *centre);

/* sum += g and product += g (x - centre), where sum and product are of type f64 */
void tad__channels_sums(const tad_array *sum, const tad_array *product, const tad_array *g, const tad_array *x,
                        const tad_array *centre);

#endif
