/**
 * tad/options.h - what operations with many settings are told. All zero means the defaults.
 */
#ifndef TAD_OPTIONS_H
#define TAD_OPTIONS_H

#include <tad/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- losses and normalisation ---- */

/* ---- convolution and pooling ---- */

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
