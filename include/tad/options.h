/**
 * tad/options.h - what operations with many settings are told. All zero means the defaults.
 */
#ifndef TAD_OPTIONS_H
#define TAD_OPTIONS_H

#include <tad/base.h>

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

/* ---- recurrence and attention ---- */

#ifdef __cplusplus
}
#endif
#endif
