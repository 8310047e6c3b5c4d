/* Elements of files as elements of tensors. */
#include "io/archive.h"

#include <math.h>
#include <string.h>

/* IEEE binary16: one bit of sign, five of exponent, ten of fraction. Every one is a float. */
static float from_f16(uint16_t bits)
{
    int   exponent = bits >> 10 & 31, fraction = bits & 1023;
    float size = exponent == 31 ? (fraction ? NAN : INFINITY)
                 : exponent     ? ldexpf((float)(1024 + fraction), exponent - 25)
                                : ldexpf((float)fraction, -24);
    return bits >> 15 ? -size : size;
}

/* The upper half of a float. */
static float from_bf16(uint16_t bits)
{
    uint32_t wide = (uint32_t)bits << 16;
    float    x;
    memcpy(&x, &wide, sizeof x);
    return x;
}

static int64_t whole(double x)
{
    return isnan(x) ? 0 : x >= 0x1p63 ? INT64_MAX : x < -0x1p63 ? INT64_MIN : (int64_t)x;
}

static int64_t whole_f(float x)
{
    return whole((double)x);
}

static int64_t of_u64(uint64_t x)
{
    return x > INT64_MAX ? INT64_MAX : (int64_t)x;
}

#define SAME(x) (x)
/* enumerator, C type, its value, what makes an i64 of it */
#define TYPES(X)                                                                                                       \
    X(BOOL, uint8_t, !!, (int64_t))                                                                                    \
    X(U8, uint8_t, SAME, (int64_t))                                                                                    \
    X(I8, int8_t, SAME, (int64_t))                                                                                     \
    X(I16, int16_t, SAME, (int64_t))                                                                                   \
    X(U16, uint16_t, SAME, (int64_t))                                                                                  \
    X(F16, uint16_t, from_f16, whole_f)                                                                                \
    X(BF16, uint16_t, from_bf16, whole_f)                                                                              \
    X(I32, int32_t, SAME, (int64_t))                                                                                   \
    X(U32, uint32_t, SAME, (int64_t))                                                                                  \
    X(F32, float, SAME, whole_f)                                                                                       \
    X(F64, double, SAME, whole)                                                                                        \
    X(I64, int64_t, SAME, (int64_t))                                                                                   \
    X(U64, uint64_t, SAME, of_u64)

tad_status tad_entry_read(const tad_entry *entry, tad_dtype dtype, void *out, int64_t count)
{
    if (!entry || (!out && count) || count != entry->count)
        return TAD_EARG;
    if (tad_dtype_size(dtype) == 0)
        return TAD_EDTYPE;
    switch (entry->element) {
#define CASE(name, type, value, integer)                                                                               \
    case TAD_ELEMENT_##name:                                                                                           \
        for (int64_t i = 0; i < count; i++) {                                                                          \
            type x = ((const type *)entry->data)[i];                                                                   \
            if (dtype == TAD_F32)                                                                                      \
                ((float *)out)[i] = (float)value(x);                                                                   \
            else if (dtype == TAD_F64)                                                                                 \
                ((double *)out)[i] = (double)value(x);                                                                 \
            else                                                                                                       \
                ((int64_t *)out)[i] = integer((value(x)));                                                             \
        }                                                                                                              \
        return TAD_OK;
        TYPES(CASE)
#undef CASE
    default:
        return TAD_EDTYPE;
    }
}
