#include "base/random.h"

double tad__random_uniform(uint64_t seed, uint64_t i, double low, double high)
{
    double unit = (double)(tad__random_bits(seed, i) >> 11) * 0x1p-53;
    return low + (high - low) * unit;
}
