/* Random numbers without state: number i of stream `seed`, the same on every machine.
 * Source: SplitMix64's output function; G. Steele, D. Lea, C. Flood, OOPSLA 2014, fig. 16. */
#ifndef TAD__BASE_RANDOM_H
#define TAD__BASE_RANDOM_H

#include <stdint.h>

static inline uint64_t tad__random_mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* In the header, so that a loop over i mixes the seed once. */
static inline uint64_t tad__random_bits(uint64_t seed, uint64_t i)
{
    return tad__random_mix(tad__random_mix(seed + 0x9e3779b97f4a7c15u) + (i + 1) * 0x9e3779b97f4a7c15u);
}

/* Uniform in [low, high). */
double tad__random_uniform(uint64_t seed, uint64_t i, double low, double high);

#endif
