/* indices: where along an axis the greatest or the least element is. */
#include "ops/arguments.h"
#include "ops/axes.h"
#include "ops/sample.h"
#include "tensor/loop.h"
#include "tensor/move.h"

#include <tad/operations.h>

/* The attributes are those of a reduction of one axis. */
static tad_status shape(const tad_call *call)
{
    const tad__axes *to = call->attributes;
    call->out->dtype = TAD_I64;
    return tad__find_axis(call, call->in[0].rank, to->axes[0]) < 0 ? TAD_EARG : tad__axes_shape_of(call, 1);
}

/* The index found, the best number so far, and how many were seen. */
#define DEFINE_FIND(name, type, worse)                                                                                 \
    static void name##_##type(void *context, int64_t n, char *const at[], const int64_t strides[])                     \
    {                                                                                                                  \
        int64_t    *found = (int64_t *)(void *)at[0], *seen = (int64_t *)(void *)at[2];                                \
        double     *best = (double *)(void *)at[1];                                                                    \
        const type *from = (const type *)(const void *)at[3];                                                          \
        (void)context;                                                                                                 \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            const double x = (double)from[i * strides[3]];                                                             \
            double      *b = &best[i * strides[1]];                                                                    \
            int64_t     *count = &seen[i * strides[2]];                                                                \
            /* NaN is better than any number, and then nothing is */                                                   \
            if (*count == 0 || (*b == *b && !(x worse * b))) {                                                         \
                *b = x;                                                                                                \
                found[i * strides[0]] = *count;                                                                        \
            }                                                                                                          \
            ++*count;                                                                                                  \
        }                                                                                                              \
    }
DEFINE_FIND(greatest, float, <=)
DEFINE_FIND(greatest, double, <=)
DEFINE_FIND(least, float, >=)
DEFINE_FIND(least, double, >=)

static void find(const tad_call *call, tad__run_function *of_floats, tad__run_function *of_doubles)
{
    const tad_array *x = &call->in[0];
    tad_array        best, seen = *call->out;
    seen.data = tad_scratch(call, tad__array_bytes(&seen));
    if (!seen.data || !tad__axes_doubles(call, 0, &best))
        return;
    tad__fill(&seen, 0);
    tad_array views[] = {tad__axes_expand(call, call->out), tad__axes_expand(call, &best),
                         tad__axes_expand(call, &seen)};
    tad__loop(4, (const tad_array *const[]){&views[0], &views[1], &views[2], x},
              x->dtype == TAD_F32 ? of_floats : of_doubles, NULL);
}

static void forward_argmax(const tad_call *call)
{
    find(call, greatest_float, greatest_double);
}

static void forward_argmin(const tad_call *call)
{
    find(call, least_float, least_double);
}

#define AXIS(...)                                                                                                      \
    .attributes = &(const tad__axes)                                                                                   \
    {                                                                                                                  \
        .n = 1, __VA_ARGS__                                                                                            \
    }
static const tad_sample samples[] = {
    {.in = "[1]", AXIS(.axes = {0})},
    {.in = "[7]", AXIS(.axes = {-1}, .keepdims = true)},
    {.in = "[17]", AXIS(.axes = {0})},
    {.in = "[3, 5]", AXIS(.axes = {0})},
    {.in = "[3, 5]", AXIS(.axes = {1}, .keepdims = true)},
    {.in = "[9, 2]", AXIS(.axes = {-2})},
    {.in = "[4, 1]", AXIS(.axes = {1})},
    {.in = "[2, 3, 4]", AXIS(.axes = {1})},
    {.in = "[2, 3, 4]", AXIS(.axes = {-3}, .keepdims = true)},
    {.in = "[2, 3, 2, 3]", AXIS(.axes = {2})},
    {.in = "[0, 3]", AXIS(.axes = {1})},
    {.in = "[2, 0]", AXIS(.axes = {0})},
};

const tad_op tad__op_argmax = {
    .name = "argmax",
    .about = "index of the greatest element along an axis",
    .formula = "argmax(x)",
    .arity = 1,
    .attribute_bytes = sizeof(tad__axes),
    ARGUMENTS(NAMED("axis", tad__axes, axes[0], INT), MEMBER(tad__axes, keepdims, FLAG)),
    .defaults = &(const tad__axes){.n = 1},
    .shape = shape,
    .forward = forward_argmax,
    .constant = true,
    SAMPLES(samples),
};

const tad_op tad__op_argmin = {
    .name = "argmin",
    .about = "index of the least element along an axis",
    .formula = "argmin(x)",
    .arity = 1,
    .attribute_bytes = sizeof(tad__axes),
    ARGUMENTS(NAMED("axis", tad__axes, axes[0], INT), MEMBER(tad__axes, keepdims, FLAG)),
    .defaults = &(const tad__axes){.n = 1},
    .shape = shape,
    .forward = forward_argmin,
    .constant = true,
    SAMPLES(samples),
};

static tad_var along(const tad_op *op, tad_var x, int axis, bool keepdims, const void *caller)
{
    const tad__axes to = {.n = 1, .axes = {axis}, .keepdims = keepdims};
    return tad__over_axes(op, x, to, caller);
}

/** The index along one axis of the greatest element, as TAD_I64; the axis vanishes from the shape, or stays with size 1 if
 * `keepdims`. The first one where some tie, and the first NaN where there are any. A constant: nothing is differentiated
 * through it. Errors: TAD_EARG (no such axis), TAD_ESHAPE (it has size 0). */
TAD_API tad_var tad_argmax(tad_var x, int axis, bool keepdims)
{
    return along(&tad__op_argmax, x, axis, keepdims, TAD_CALLER);
}

/** The index along one axis of the least element; otherwise as tad_argmax, errors too. */
TAD_API tad_var tad_argmin(tad_var x, int axis, bool keepdims)
{
    return along(&tad__op_argmin, x, axis, keepdims, TAD_CALLER);
}
