#include "tensor/move.h"

#include "tensor/loop.h"
#include "tensor/sum.h"

#define DEFINE_COPY(name, to_type, from_type)                                                                          \
    static void copy_##name(void *context, int64_t n, char *const at[], const int64_t strides[])                       \
    {                                                                                                                  \
        (void)context;                                                                                                 \
        to_type         *to = (to_type *)(void *)at[0];                                                                \
        const from_type *from = (const from_type *)(const void *)at[1];                                                \
        if (strides[0] == 1 && strides[1] == 1)                                                                        \
            for (int64_t i = 0; i < n; i++)                                                                            \
                to[i] = (to_type)from[i];                                                                              \
        else                                                                                                           \
            for (int64_t i = 0; i < n; i++)                                                                            \
                to[i * strides[0]] = (to_type)from[i * strides[1]];                                                    \
    }
#define DEFINE_ACCUMULATE(name, to_type, from_type, sum)                                                               \
    static void accumulate_##name(void *context, int64_t n, char *const at[], const int64_t strides[])                 \
    {                                                                                                                  \
        const double     factor = *(const double *)context;                                                            \
        const from_type  scale = (from_type)factor;                                                                    \
        to_type         *to = (to_type *)(void *)at[0];                                                                \
        const from_type *from = (const from_type *)(const void *)at[1];                                                \
        if (strides[0] == 0)                                                                                           \
            *to = (to_type)((double)*to + factor * sum(n, from, strides[1]));                                          \
        else if (strides[0] == 1 && strides[1] == 1)                                                                   \
            for (int64_t i = 0; i < n; i++)                                                                            \
                to[i] += (to_type)(scale * from[i]);                                                                   \
        else if (strides[0] == 1 && strides[1] == 0) {                                                                 \
            const to_type number = (to_type)(scale * *from);                                                           \
            for (int64_t i = 0; i < n; i++)                                                                            \
                to[i] += number;                                                                                       \
        } else                                                                                                         \
            for (int64_t i = 0; i < n; i++)                                                                            \
                to[i * strides[0]] += (to_type)(scale * from[i * strides[1]]);                                         \
    }

/* Where a float is no integer's size, any integer will do, as long as it is the same everywhere. */
static int64_t truncated(double number)
{
    return number >= -0x1p63 && number < 0x1p63 ? (int64_t)number : INT64_MIN;
}

#define DEFINE_TRUNCATE(name, from_type)                                                                               \
    static void copy_##name(void *context, int64_t n, char *const at[], const int64_t strides[])                       \
    {                                                                                                                  \
        (void)context;                                                                                                 \
        for (int64_t i = 0; i < n; i++)                                                                                \
            ((int64_t *)(void *)at[0])[i * strides[0]] =                                                               \
                truncated((double)((const from_type *)(const void *)at[1])[i * strides[1]]);                           \
    }

DEFINE_COPY(f32_f32, float, float)
DEFINE_COPY(f32_f64, float, double)
DEFINE_COPY(f32_i64, float, int64_t)
DEFINE_COPY(f64_f32, double, float)
DEFINE_COPY(f64_f64, double, double)
DEFINE_COPY(f64_i64, double, int64_t)
DEFINE_COPY(i64_i64, int64_t, int64_t)
DEFINE_TRUNCATE(i64_f32, float)
DEFINE_TRUNCATE(i64_f64, double)

DEFINE_ACCUMULATE(f32_f32, float, float, tad__sum_f32)
DEFINE_ACCUMULATE(f32_f64, float, double, tad__sum_f64)
DEFINE_ACCUMULATE(f64_f32, double, float, tad__sum_f32)
DEFINE_ACCUMULATE(f64_f64, double, double, tad__sum_f64)

static tad__run_function *const copies[3][3] = {
    {copy_f32_f32, copy_f32_f64, copy_f32_i64},
    {copy_f64_f32, copy_f64_f64, copy_f64_i64},
    {copy_i64_f32, copy_i64_f64, copy_i64_i64},
};
static tad__run_function *const accumulations[2][2] = {{accumulate_f32_f32, accumulate_f32_f64},
                                                       {accumulate_f64_f32, accumulate_f64_f64}};

void tad__copy(const tad_array *to, const tad_array *from)
{
    tad__loop(2, (const tad_array *const[]){to, from}, copies[to->dtype][from->dtype], NULL);
}

void tad__accumulate(const tad_array *to, const tad_array *from, double factor)
{
    tad__loop(2, (const tad_array *const[]){to, from}, accumulations[to->dtype][from->dtype], &factor);
}

#define DEFINE_DIVIDE(type)                                                                                            \
    static void divide_##type(void *context, int64_t n, char *const at[], const int64_t strides[])                     \
    {                                                                                                                  \
        type *to = (type *)(void *)at[0];                                                                              \
        for (int64_t i = 0; i < n; i++)                                                                                \
            to[i * strides[0]] /= (type) * (const double *)context;                                                    \
    }
DEFINE_DIVIDE(float)
DEFINE_DIVIDE(double)

void tad__divide(const tad_array *to, double divisor)
{
    tad__loop(1, (const tad_array *const[]){to}, to->dtype == TAD_F32 ? divide_float : divide_double, &divisor);
}

void tad__fill(const tad_array *to, double number)
{
    tad_array from = tad__array_of_number(&number);
    from = tad__array_broadcast(&from, to);
    tad__copy(to, &from);
}

tad_array tad__match(const tad_array *operand, const tad_array *result, float *number)
{
    tad_array converted = *operand;
    if (operand->dtype != result->dtype) {
        converted.dtype = TAD_F32;
        converted.data = number;
        tad__copy(&converted, operand);
    }
    return tad__array_broadcast(&converted, result);
}
