#include "tensor/channels.h"

#include "tensor/loop.h"
#include "tensor/sum.h"

/* A run either lies within one channel (strides of 0: sums go to eight lanes) or steps from channel to channel. */
#define DEFINE_KERNELS(type)                                                                                           \
    static void map_##type(void *context, int64_t n, char *const at[], const int64_t strides[])                        \
    {                                                                                                                  \
        const bool  add = *(const bool *)context;                                                                      \
        type       *y = (type *)(void *)at[0];                                                                         \
        const type *x = (const type *)(const void *)at[1], *centre = (const type *)(const void *)at[2];                \
        const type *a = (const type *)(const void *)at[3], *b = (const type *)(const void *)at[4];                     \
        if (strides[0] == 1 && strides[1] == 1 && strides[2] == 0 && strides[3] == 0 && strides[4] == 0) {             \
            const type middle = *centre, factor = *a, shift = *b;                                                      \
            if (add)                                                                                                   \
                for (int64_t i = 0; i < n; i++)                                                                        \
                    y[i] += (x[i] - middle) * factor + shift;                                                          \
            else                                                                                                       \
                for (int64_t i = 0; i < n; i++)                                                                        \
                    y[i] = (x[i] - middle) * factor + shift;                                                           \
            return;                                                                                                    \
        }                                                                                                              \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            type value = (x[i * strides[1]] - centre[i * strides[2]]) * a[i * strides[3]] + b[i * strides[4]];         \
            y[i * strides[0]] = add ? y[i * strides[0]] + value : value;                                               \
        }                                                                                                              \
    }                                                                                                                  \
    static void squares_##type(void *context, int64_t n, char *const at[], const int64_t strides[])                    \
    {                                                                                                                  \
        (void)context;                                                                                                 \
        double       *sum = (double *)(void *)at[0], lanes[TAD__LANES] = {0};                                          \
        const type   *x = (const type *)(const void *)at[1];                                                           \
        const double *centre = (const double *)(const void *)at[2];                                                    \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            double d = (double)x[i * strides[1]] - centre[i * strides[2]];                                             \
            *(strides[0] == 0 ? &lanes[i % TAD__LANES] : &sum[i * strides[0]]) += d * d;                               \
        }                                                                                                              \
        *sum += tad__lanes_total(lanes);                                                                               \
    }                                                                                                                  \
    static void sums_##type(void *context, int64_t n, char *const at[], const int64_t strides[])                       \
    {                                                                                                                  \
        (void)context;                                                                                                 \
        double     *sum = (double *)(void *)at[0], *product = (double *)(void *)at[1];                                 \
        double      lanes[TAD__LANES] = {0}, products[TAD__LANES] = {0};                                               \
        const type *g = (const type *)(const void *)at[2], *x = (const type *)(const void *)at[3];                     \
        const type *centre = (const type *)(const void *)at[4];                                                        \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            const type now = g[i * strides[2]], times = now * (x[i * strides[3]] - centre[i * strides[4]]);            \
            const bool within = strides[0] == 0;                                                                       \
            *(within ? &lanes[i % TAD__LANES] : &sum[i * strides[0]]) += (double)now;                                  \
            *(within ? &products[i % TAD__LANES] : &product[i * strides[1]]) += (double)times;                         \
        }                                                                                                              \
        *sum += tad__lanes_total(lanes);                                                                               \
        *product += tad__lanes_total(products);                                                                        \
    }
DEFINE_KERNELS(float)
DEFINE_KERNELS(double)

void tad__channels_map(bool add, const tad_array *y, const tad_array *x, const tad_array *centre, const tad_array *a,
                       const tad_array *b)
{
    tad__loop(5, (const tad_array *const[]){y, x, centre, a, b}, x->dtype == TAD_F32 ? map_float : map_double, &add);
}

void tad__channels_squares(const tad_array *sum, const tad_array *x, const tad_array *centre)
{
    tad__loop(3, (const tad_array *const[]){sum, x, centre}, x->dtype == TAD_F32 ? squares_float : squares_double,
              NULL);
}

void tad__channels_sums(const tad_array *sum, const tad_array *product, const tad_array *g, const tad_array *x,
                        const tad_array *centre)
{
    tad__loop(5, (const tad_array *const[]){sum, product, g, x, centre}, x->dtype == TAD_F32 ? sums_float : sums_double,
              NULL);
}
