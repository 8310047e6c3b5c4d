#define REAL double
#define REAL_IS_FLOAT 0
#include "tensor/attention.inc"
