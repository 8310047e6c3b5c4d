/**
 * tad/options.h - what operations with many settings are told. All zero means the defaults.
 */
#ifndef TAD_OPTIONS_H
#define TAD_OPTIONS_H

#include <tad/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- linear algebra ---- */

/** Which triangle of a matrix tad_solve_triangular reads, and what it solves; all zero: the lower one, and a x = b. */
typedef struct tad_triangular_options {
    bool upper;         /**< the upper triangle counts, not the lower one */
    bool transposed;    /**< a' x = b is solved */
    bool unit_diagonal; /**< the diagonal is taken to be 1, and not read */
} tad_triangular_options;

/* ---- losses and normalisation ---- */

/* ---- convolution and pooling ---- */

/** For the convolutions; [0] is for the height or, in one dimension, the length, [1] for the width. At most 2^31 - 1. */
typedef struct tad_conv_options {
    int64_t stride[2];         /**< places from window to window; 0 means 1 */
    int64_t padding[2];        /**< zeros on both sides of x */
    int64_t dilation[2];       /**< places from element to element of the kernel; 0 means 1 */
    int64_t output_padding[2]; /**< transposed only: places more at the end, fewer than the stride or the dilation */
    int64_t groups;            /**< groups of channels that know nothing of each other; 0 means 1 */
} tad_conv_options;

/** For pooling; [0] is for the height or, in one dimension, the length, [1] for the width. At most 2^31 - 1. */
typedef struct tad_pool_options {
    int64_t kernel[2];       /**< size of a window; required */
    int64_t stride[2];       /**< places from window to window; 0 means as many as the kernel has */
    int64_t padding[2];      /**< places on both sides of x, at most half the kernel */
    int64_t dilation[2];     /**< maxima only: places from element to element of a window; 0 means 1 */
    bool    exclude_padding; /**< averages only: divide by the number of places of x in a window, not by all */
} tad_pool_options;

/* ---- recurrence and attention ---- */

/** For tad_attention. */
typedef struct tad_attention_options {
    bool    causal; /**< query i sees keys 0 to i only */
    double  scale;  /**< of the products q k'; 0: 1 / sqrt(d), d being the number of elements of a query */
    tad_var mask;   /**< added to the scaled products, where it is -infinity the key is not seen; zeroed: none */
} tad_attention_options;

#ifdef __cplusplus
}
#endif
#endif
