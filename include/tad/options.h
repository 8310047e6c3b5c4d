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

/** What a loss makes of its numbers, one for each sample. The mean or sum of none is NaN or 0. */
typedef enum tad_reduction {
    TAD_MEAN,       /**< their mean: a scalar */
    TAD_SUM,        /**< their sum: a scalar */
    TAD_NONE,       /**< themselves */
    TAD_BATCH_MEAN, /**< their sum divided by the size of the first axis: tad_kl_div only */
} tad_reduction;

/** Of tad_cross_entropy. */
typedef struct tad_cross_entropy_options {
    tad_var       weights;          /**< one for each class; zeroed: all 1 */
    bool          has_ignore_index; /**< false: targets of -100 are ignored */
    int64_t       ignore_index;     /**< targets of this are ignored */
    double        label_smoothing;  /**< 0 to 1 */
    tad_reduction reduction;
} tad_cross_entropy_options;

/** Of tad_bce_with_logits. */
typedef struct tad_bce_options {
    tad_var       weight;     /**< of each loss, broadcast to x; zeroed: 1 */
    tad_var       pos_weight; /**< of the positive targets, broadcast to x; zeroed: 1 */
    tad_reduction reduction;
} tad_bce_options;

/** Of the normalisations. */
typedef struct tad_norm_options {
    tad_var gamma,
        beta;   /**< what the normalised numbers are multiplied with, and then added to them; zeroed: nothing */
    double eps; /**< added to the variance; 0: 1e-5. For none at all give one too small to count, as 1e-300 */
} tad_norm_options;

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
