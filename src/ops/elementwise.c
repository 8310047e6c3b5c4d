/* What all elementwise operations share: broadcasting, element types, and walking through the arrays. */
#include "ops/elementwise.h"

#include "tensor/loop.h"
#include "tensor/move.h"

/* f32 and f64 do not mix, except that an f64 scalar takes the other operand's type. */
static bool common_dtype(const tad_array *a, const tad_array *b, tad_dtype *out)
{
    if (a->dtype != b->dtype && !tad__array_is_scalar(a) && !tad__array_is_scalar(b))
        return false;
    *out = tad__array_is_scalar(a) ? b->dtype : a->dtype;
    return true;
}

tad_status tad__elementwise_shape(const tad_call *call)
{
    const tad_array *a = &call->in[0], *b = &call->in[call->n - 1];
    if (a->dtype == TAD_I64 || b->dtype == TAD_I64)
        return tad_refuse(call, TAD_EDTYPE, "i64 holds indices, not numbers: use tad_cast");
    if (!common_dtype(a, b, &call->out->dtype))
        return tad_refuse(call, TAD_EDTYPE, "f32 and f64 do not mix, except for an f64 scalar");
    if (!tad__array_broadcast_shape(a, b, call->out))
        return tad_refuse(call, TAD_ESHAPE,
                          "shapes do not broadcast: aligned at the last axis, sizes must be equal or 1");
    return TAD_OK;
}

static const tad__kernels *kernels_of(const tad_call *call)
{
    const tad__kernels *table = call->out->dtype == TAD_F32 ? tad__kernels_f32 : tad__kernels_f64;
    return &table[call->op - tad__elementwise];
}

/* out, a, b */
static void run_forward(void *context, int64_t n, char *const at[], const int64_t strides[])
{
    tad__run run = {.n = n, .a = at[1], .b = at[2], .stride_a = strides[1], .stride_b = strides[2], .out = at[0]};
    (*(tad__kernel **)context)(&run);
}

static void forward(const tad_call *call)
{
    float        numbers[2];
    tad_array    a = tad__match(&call->in[0], call->out, &numbers[0]);
    tad_array    b = tad__match(&call->in[call->n - 1], call->out, &numbers[1]);
    tad__kernel *kernel = kernels_of(call)->forward;
    tad__loop(3, (const tad_array *const[]){call->out, &a, &b}, run_forward, &kernel);
}

/* out, a, b: numbers of either type, computed in double. */
static void run_map(void *context, int64_t n, char *const at[], const int64_t strides[])
{
    const tad_call *call = context;
    bool            floats = call->out->dtype == TAD_F32;
    for (int64_t i = 0; i < n; i++) {
        double x[2];
        for (int k = 0; k < 2; k++) {
            const void *from = at[1 + k];
            int64_t     offset = i * strides[1 + k];
            x[k] = floats ? (double)((const float *)from)[offset] : ((const double *)from)[offset];
        }
        double y = call->op->value(x);
        if (floats)
            ((float *)(void *)at[0])[i * strides[0]] = (float)y;
        else
            ((double *)(void *)at[0])[i * strides[0]] = y;
    }
}

void tad__elementwise_map(const tad_call *call)
{
    float     numbers[2];
    tad_array a = tad__match(&call->in[0], call->out, &numbers[0]);
    tad_array b = tad__match(&call->in[call->n - 1], call->out, &numbers[1]);
    tad_call  context = *call;
    tad__loop(3, (const tad_array *const[]){call->out, &a, &b}, run_map, &context);
}

/* y, gy, a, b, the adjoint of the operand */
static void run_pull(void *context, int64_t n, char *const at[], const int64_t strides[])
{
    tad__run run = {.n = n,
                    .a = at[2],
                    .b = at[3],
                    .stride_a = strides[2],
                    .stride_b = strides[3],
                    .y = at[0],
                    .gy = at[1],
                    .out = at[4],
                    .stride_out = strides[4]};
    (*(tad__kernel **)context)(&run);
}

static void backward(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    float     numbers[2];
    tad_array a = tad__match(&call->in[0], call->out, &numbers[0]);
    tad_array b = tad__match(&call->in[call->n - 1], call->out, &numbers[1]);
    for (int k = 0; k < call->n; k++) {
        if (!gx[k].data)
            continue;
        bool      converts = gx[k].dtype != call->out->dtype; /* a float kernel, the adjoint of an f64 scalar */
        float     sum = 0;
        tad_array to = gx[k];
        if (converts) {
            to.dtype = TAD_F32;
            to.data = &sum;
        }
        tad_array    view = tad__array_broadcast(&to, call->out);
        tad__kernel *kernel = kernels_of(call)->pull[k];
        tad__loop(5, (const tad_array *const[]){call->out, gy, &a, &b, &view}, run_pull, &kernel);
        if (converts)
            tad__accumulate(&gx[k], &to, 1);
    }
}

bool tad__elementwise_depends(const tad_call *call, int k, tad_array *out, tad_array *in)
{
    (void)call, (void)k;
    *in = tad__array_broadcast(in, out);
    return true;
}

#define domain(...) .domain = {__VA_ARGS__}
#define kinked(expression, ...) .domain = {__VA_ARGS__}, .kink = #expression
#define linear_domain(...) .domain = {__VA_ARGS__}, .linear = true
#define COMMON .mixes = true, .shape = tad__elementwise_shape, .forward = forward, .backward = backward

const tad_op tad__elementwise[TAD__ROWS] = {
#define UNARY(name_, about_, where, value, dx)                                                                         \
    {.name = #name_, .about = about_, .formula = #value, .arity = 1, .partial = {#dx}, where, COMMON},
#define BINARY(name_, about_, where, value, da, db)                                                                    \
    {.name = #name_, .about = about_, .formula = #value, .arity = 2, .partial = {#da, #db}, where, COMMON},
#include "ops/elementwise.def"
};

int tad__row_of(const tad_op *op)
{
    uintptr_t offset = (uintptr_t)op - (uintptr_t)tad__elementwise;
    return offset < sizeof tad__elementwise ? (int)(offset / sizeof *op) : -1;
}
