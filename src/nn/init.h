/* How parameters begin. */
#ifndef TAD__NN_INIT_H
#define TAD__NN_INIT_H

#include "base/memory.h"

#include <tad/params.h>

/* Fills param->value. False: no memory. */
bool tad__init(tad_param *param, tad_init init, uint64_t seed, tad__arena *scratch);

#endif
