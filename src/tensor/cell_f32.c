#define REAL float
#define REAL_IS_FLOAT 1
#include "tensor/cell.inc"
