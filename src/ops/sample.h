/* Listing samples in an operation: SAMPLES(list). */
#ifndef TAD__OPS_SAMPLE_H
#define TAD__OPS_SAMPLE_H

#include <tad/op.h>

#define SAMPLES(list) .samples = list, .sample_count = (int)(sizeof list / sizeof *list)

#endif
