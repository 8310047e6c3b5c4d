/**
 * tad/options.h - what operations with many settings are told. All zero means the defaults.
 */
#ifndef TAD_OPTIONS_H
#define TAD_OPTIONS_H

#include <tad/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- losses and normalisation ---- */

/* ---- convolution and pooling ---- */

/* ---- recurrence and attention ---- */

#ifdef __cplusplus
}
#endif
#endif
