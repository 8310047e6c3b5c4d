/* Folding an array into one of doubles of the same shape, where a stride of 0 in the target gathers what is folded: the
 * numeric side of reductions other than sums, and of their adjoints. `from` is of floats; a run along a stride of 0 is
 * summed as in sum.h. */
#ifndef TAD__TENSOR_FOLD_H
#define TAD__TENSOR_FOLD_H

#include "tensor/array.h"

/* to = the extreme one of to and from (of magnitudes: of to and |from|); NaN if one is */
typedef enum tad__extreme { TAD__MAX, TAD__MIN, TAD__MAX_MAGNITUDE, TAD__EXTREMES } tad__extreme;
void tad__fold_extreme(tad__extreme which, const tad_array *to, const tad_array *from);

/* to *= from, one by one */
void tad__fold_product(const tad_array *to, const tad_array *from);

/* to += ((from - center) * scale)^2; center and scale are doubles */
void tad__fold_squares(const tad_array *to, const tad_array *from, const tad_array *center, const tad_array *scale);

/* to += from - center */
void tad__fold_differences(const tad_array *to, const tad_array *from, const tad_array *center);

/* to += exp(from - shift), where shift holds doubles that are numbers of the type of `from` */
void tad__fold_exponentials(const tad_array *to, const tad_array *from, const tad_array *shift);

/* to += 1 where from == y, which is of the same type */
void tad__fold_ties(const tad_array *to, const tad_array *from, const tad_array *y);

/* ---- adjoints: gx, gy, x and y are floats of one type, the others doubles; where gy is 0 nothing is added ---- */

/* gx += gy / ties where x == y */
void tad__pull_ties(const tad_array *gx, const tad_array *gy, const tad_array *x, const tad_array *y,
                    const tad_array *ties);

/* gx += gy * exp(x - y); where y is infinite, as tad__pull_ties, and nothing at -infinity */
void tad__pull_exponentials(const tad_array *gx, const tad_array *gy, const tad_array *x, const tad_array *y,
                            const tad_array *ties);

/* gx += gy * ((x - center) / divisor); nothing where divisor is 0 */
void tad__pull_differences(const tad_array *gx, const tad_array *gy, const tad_array *x, const tad_array *center,
                           const tad_array *divisor);

#endif
