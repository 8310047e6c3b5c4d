/* What the texts of elementwise.def need to be compiled for double: include this before expanding them. */
#ifndef TAD__OPS_DOUBLE_ROWS_H
#define TAD__OPS_DOUBLE_ROWS_H

#include <math.h>

#include "ops/special_functions.h"

#define CONSTANT(name, value) static const double name __attribute__((unused)) = value;
#include "ops/constants.def"
#undef CONSTANT

#endif
