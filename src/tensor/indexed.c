#include "tensor/indexed.h"

/* Vectors as GCC and Clang have them; the instruction set is chosen at run time. Compiled so that products and sums may be
 * fused (see the Makefile). */
#if defined(__clang__)
#define UNROLL /* it does so by itself, and better without being told */
#else
#define UNROLL _Pragma("GCC unroll 8")
#endif

#define TARGET
#define VECTOR 16
#define ROWS 4
#define REAL float
#define NAME(x) any_f32_##x
#include "tensor/indexed.inc"
#define REAL double
#define NAME(x) any_f64_##x
#include "tensor/indexed.inc"
#undef TARGET
#undef VECTOR
#undef ROWS

#ifdef __x86_64__
#define TARGET __attribute__((target("avx2,fma")))
#define VECTOR 32
#define ROWS 4
#define REAL float
#define NAME(x) avx2_f32_##x
#include "tensor/indexed.inc"
#define REAL double
#define NAME(x) avx2_f64_##x
#include "tensor/indexed.inc"
#undef TARGET
#undef VECTOR
#undef ROWS

#define TARGET __attribute__((target("avx512f")))
#define VECTOR 64
#define ROWS 8
#define REAL float
#define NAME(x) avx512_f32_##x
#include "tensor/indexed.inc"
#define REAL double
#define NAME(x) avx512_f64_##x
#include "tensor/indexed.inc"
#endif

/* The kernels for f32 and f64; NULL: there is none for this processor. */
typedef void            kernel_function(const tad__indexed *product);
static kernel_function *find_kernel(tad__kernel kernel, tad_dtype dtype)
{
    bool f32 = dtype == TAD_F32;
    switch (kernel) {
    case TAD__AVX512:
#ifdef __x86_64__
        if (__builtin_cpu_supports("avx512f"))
            return f32 ? avx512_f32_product : avx512_f64_product;
#endif
        return NULL;
    case TAD__AVX2:
#ifdef __x86_64__
        if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
            return f32 ? avx2_f32_product : avx2_f64_product;
#endif
        return NULL;
    case TAD__PORTABLE:
        break;
    }
    return f32 ? any_f32_product : any_f64_product;
}

/* So many terms at a time that the lines they need stay near. */
enum { TERMS = 256 };

bool tad__indexed_product_by(tad__kernel kernel, const tad__indexed *product)
{
    kernel_function *multiply = find_kernel(kernel, product->dtype);
    tad__indexed     part = *product;
    int64_t          left = product->k;
    if (!multiply)
        return false;
    do {
        part.k = left < TERMS ? left : TERMS;
        multiply(&part);
        part.column += part.k;
        part.line += part.k;
        part.add = true;
        left -= part.k;
    } while (left > 0);
    return true;
}

void tad__indexed_product(const tad__indexed *product)
{
    tad__kernel kernel = TAD__AVX512;
    while (!tad__indexed_product_by(kernel, product))
        kernel++;
}
