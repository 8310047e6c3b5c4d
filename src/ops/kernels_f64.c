#define REAL double
#define SUM tad__sum_f64
#define KERNELS tad__kernels_f64
#include "ops/kernels.inc"
