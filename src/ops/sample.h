/* Writing samples: {.n = 2, .in = {SHAPE(2, 3), SHAPE(3, 4)}, .attributes = ...}. A scalar is {0}. */
#ifndef TAD__OPS_SAMPLE_H
#define TAD__OPS_SAMPLE_H

#include <tad/op.h>

#define SHAPE(...)                                                                                                     \
    {                                                                                                                  \
        .rank = (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), .dims = { __VA_ARGS__ }                     \
    }

#define SAMPLES(list) .samples = list, .sample_count = (int)(sizeof list / sizeof *list)

#endif
