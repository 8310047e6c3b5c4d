/* One walk for every kernel: the elements of several arrays of the same shape in C order, as few runs along the innermost
 * axis. Neighbouring axes that all arrays step through evenly are merged, so contiguous arrays are one single run. */
#ifndef TAD__TENSOR_LOOP_H
#define TAD__TENSOR_LOOP_H

#include "tensor/array.h"

enum { TAD__LOOP_MAX = 5 };

/* Called with the length of a run and, for each array, where the run starts and its stride in elements. */
typedef void tad__run_function(void *context, int64_t n, char *const at[], const int64_t strides[]);

/* arrays[0] gives the shape; the others have the same. A data pointer may be NULL: it stays NULL. */
void tad__loop(int count, const tad_array *const arrays[], tad__run_function *run, void *context);

#endif
