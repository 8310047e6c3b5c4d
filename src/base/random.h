/* Random numbers without state: number i of stream `seed`, the same on every machine.
 * Source: SplitMix64's output function; G. Steele, D. Lea, C. Flood, OOPSLA 2014, fig. 16. */
#ifndef TAD__BASE_RANDOM_H
#define TAD__BASE_RANDOM_H

#include <stdint.h>

uint64_t tad__random_bits(uint64_t seed, uint64_t i);

/* Uniform in [low, high). */
double tad__random_uniform(uint64_t seed, uint64_t i, double low, double high);

#endif
