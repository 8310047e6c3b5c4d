/* Steps of optimisers in single precision. */
#define NUMBER float
#define ROOT sqrtf
#define TYPED(name) name##_f32
#include "tensor/step.inc"
