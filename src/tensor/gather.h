/* Moving elements by index along one axis. The loops run over the shape of the indices; other arrays may be longer along any
 * axis. Indices count from the end where they are negative, and have to be good. */
#ifndef TAD__TENSOR_GATHER_H
#define TAD__TENSOR_GATHER_H

#include "tensor/array.h"

/* Looks for an index outside -size..size - 1: false if there is none; else the first in C order and its place. */
bool tad__find_bad_index(const tad_array *index, int64_t size, int64_t *bad, int64_t place[TAD_MAX_RANK]);

/* to[..., i, ...] = from[..., index[..., i, ...], ...] */
void tad__gather(const tad_array *to, const tad_array *from, int axis, const tad_array *index);

/* The same with += in place of =, for floats. */
void tad__gather_add(const tad_array *to, const tad_array *from, int axis, const tad_array *index);

/* to[..., index[..., i, ...], ...] += from[..., i, ...], in C order: duplicates add up, always in the same order. */
void tad__scatter_add(const tad_array *to, const tad_array *from, int axis, const tad_array *index);

#endif
