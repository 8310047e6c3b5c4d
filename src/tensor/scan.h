/* Walking along lines of numbers with something carried from one to the next: the numeric side of cumulative sums and products,
 * of linear recurrences, and of their adjoints. All arrays of a call have one shape. `carry` is of doubles, with stride 0
 * along the lines, and starts as it is. The other way round is the same with all arrays reversed along the lines. What has no type given is
 * of floats, all of one type. */
#ifndef TAD__TENSOR_SCAN_H
#define TAD__TENSOR_SCAN_H

#include "tensor/array.h"

/* An array seen from its other end, along some axes. */
tad_array tad__reversed(const tad_array *array, const bool axes[]);

/* to = carry += from */
void tad__scan_sums(const tad_array *carry, const tad_array *to, const tad_array *from);

/* to += carry += from */
void tad__scan_add_sums(const tad_array *carry, const tad_array *to, const tad_array *from);

/* to = carry *= from; before: to = carry, and only then carry *= from. `to` is of doubles or as `from`. */
void tad__scan_products(const tad_array *carry, const tad_array *to, const tad_array *from, bool before);

/* The adjoint of products, from the last to the first, where `left` (doubles) is the product of the elements before:
 * carry += gy, gx += left * carry, carry *= x; before: gx first, then carry = carry * x + gy. gy with data NULL is 0. */
void tad__scan_pull_products(const tad_array *carry, const tad_array *gx, const tad_array *gy, const tad_array *left,
                             const tad_array *x, bool before);

/* to = carry = a * carry + b */
void tad__scan_recurrence(const tad_array *carry, const tad_array *to, const tad_array *a, const tad_array *b);

/* Its adjoint, from the last to the first: carry += gy, gb += carry (data NULL: not wanted), gy_total = carry (doubles),
 * carry *= a. */
void tad__scan_pull_recurrence(const tad_array *carry, const tad_array *gb, const tad_array *gy_total,
                               const tad_array *gy, const tad_array *a);

/* to += a * b, where a is of doubles */
void tad__add_products(const tad_array *to, const tad_array *a, const tad_array *b);

#endif
