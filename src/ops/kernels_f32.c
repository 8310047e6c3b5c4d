#define REAL float
#define SUM tad__sum_f32
#define KERNELS tad__kernels_f32
#include "ops/kernels.inc"
