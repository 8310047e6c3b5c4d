#include "base/random.h"

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t tad__random_bits(uint64_t seed, uint64_t i)
{
    return mix(mix(seed + 0x9e3779b97f4a7c15u) + (i + 1) * 0x9e3779b97f4a7c15u);
}

double tad__random_uniform(uint64_t seed, uint64_t i, double low, double high)
{
    double unit = (double)(tad__random_bits(seed, i) >> 11) * 0x1p-53;
    return low + (high - low) * unit;
}
