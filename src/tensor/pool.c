#include "tensor/pool.h"

#include "tensor/loop.h"

#include <math.h>

/* How the plane of an array is laid out, and what is done with it. */
typedef struct job {
    const tad__pool *pool;
    tad__pool_action action;
    double          *row;
    int64_t          columns;       /* of x */
    int64_t          places[2];     /* of y */
    int64_t          strides[3][2]; /* of the arrays in a plane */
} job;

#define REAL float
#define NAME(x) x##_f32
#include "tensor/pool.inc"
#define REAL double
#define NAME(x) x##_f64
#include "tensor/pool.inc"

/* Runs over the leading axes, the plane's being in the job. arrays[y_at] is y. */
static void each_plane(job *j, int count, const tad_array *const arrays[], int y_at, tad__run_function *run)
{
    tad_array        leading[3];
    const tad_array *pointers[3];
    for (int k = 0; k < count; k++) {
        leading[k] = *arrays[k];
        leading[k].rank -= 2;
        pointers[k] = &leading[k];
        for (int i = 0; i < 2; i++)
            j->strides[k][i] = arrays[k]->strides[leading[k].rank + i];
    }
    for (int i = 0; i < 2; i++)
        j->places[i] = arrays[y_at]->dims[arrays[y_at]->rank - 2 + i];
    tad__loop(count, pointers, run, j);
}

void tad__pool_average(const tad__pool *pool, const tad_array *y, const tad_array *x, double *row)
{
    job j = {.pool = pool, .row = row, .columns = x->dims[x->rank - 1]};
    each_plane(&j, 2, (const tad_array *const[]){y, x}, 0, y->dtype == TAD_F32 ? average_f32 : average_f64);
}

void tad__pool_spread(const tad__pool *pool, const tad_array *x, const tad_array *y, double *row)
{
    job j = {.pool = pool, .row = row, .columns = x->dims[x->rank - 1]};
    each_plane(&j, 2, (const tad_array *const[]){x, y}, 1, x->dtype == TAD_F32 ? spread_f32 : spread_f64);
}

void tad__pool_maxima(const tad__pool *pool, tad__pool_action action, const tad_array *x, const tad_array *v,
                      const tad_array *y)
{
    job j = {.pool = pool, .action = action};
    each_plane(&j, 3, (const tad_array *const[]){y, v, x}, 0, x->dtype == TAD_F32 ? maxima_f32 : maxima_f64);
}
