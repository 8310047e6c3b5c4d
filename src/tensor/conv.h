/* Convolution over two axes. Three arrays belong together,
 *
 *     x [batch, groups * x_channels, x[0], x[1]]
 *     w [groups * y_channels, x_channels, w[0], w[1]]
 *     y [batch, groups * y_channels, y[0], y[1]]
 *
 * by one sum, taken over all places o of y, all elements t of the kernel, batch and channels:
 *
 *     sum of x[o * stride + t * dilation - padding] * w[t] * y[o], with x = 0 outside its axes
 *
 * Its derivative by one of the three is a function of the other two: by y it is the convolution of x with w; by x the
 * transposed convolution of y with w, which is the gradient of x; by w the gradient of the kernel. */
#ifndef TAD__TENSOR_CONV_H
#define TAD__TENSOR_CONV_H

#include "tensor/array.h"

typedef struct tad__conv {
    int64_t batch, groups, x_channels, y_channels; /* channels of one group */
    int64_t x[2], w[2], y[2];                      /* heights and widths, below 2^31; w >= 1 */
    int64_t stride[2], padding[2], dilation[2];
} tad__conv;

typedef enum tad__conv_role { TAD__CONV_X, TAD__CONV_W, TAD__CONV_Y } tad__conv_role;

/* How many bytes of scratch memory the derivative by `role` takes; SIZE_MAX: more than there can be. */
size_t tad__conv_scratch(const tad__conv *conv, tad__conv_role role, tad_dtype dtype);

/* arrays[role] += the derivative by it, from the other two; all of rank 4, with any strides, and of one type. */
void tad__conv_add(const tad__conv *conv, tad__conv_role role, const tad_array arrays[3], void *scratch);

#endif
