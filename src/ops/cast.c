/* elements: the same numbers in another element type. */
#include "ops/arguments.h"
#include "ops/elementwise.h"
#include "ops/sample.h"
#include "tensor/move.h"

#include <tad/operations.h>

static tad_status shape(const tad_call *call)
{
    const tad_dtype *to = call->attributes;
    if (tad_dtype_size(*to) == 0)
        return tad_refuse(call, TAD_EDTYPE, "%d is no element type; expected TAD_F32, TAD_F64 or TAD_I64", (int)*to);
    call->out->dtype = *to;
    tad__array_set_shape(call->out, call->in[0].rank, call->in[0].dims);
    return TAD_OK;
}

static void forward(const tad_call *call)
{
    tad__copy(call->out, &call->in[0]);
}

static void backward(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    (void)call;
    tad__accumulate(&gx[0], gy, 1);
}

static void vjp(const tad_rule *rule)
{
    rule->gx[0] = tad_cast(rule->gy, tad_dtype_of(rule->x[0]));
}

static const tad_dtype  f32 = TAD_F32, f64 = TAD_F64;
static const tad_sample samples[] = {
    {.in = "[]", .attributes = &f64},     {.in = "[1]", .attributes = &f64},       {.in = "[7]", .attributes = &f64},
    {.in = "[2, 3]", .attributes = &f64}, {.in = "[2, 3, 4]", .attributes = &f64}, {.in = "[0, 2]", .attributes = &f32},
};

const tad_op tad__op_cast = {
    .name = "cast",
    .about = "the same numbers in another element type",
    .formula = "cast(x)",
    .arity = 1,
    .mixes = true,
    .attribute_bytes = sizeof(tad_dtype),
    ARGUMENTS({.name = "dtype", .kind = TAD_ARGUMENT_WORD, REQUIRED, DTYPE_WORDS}),
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .depends = tad__elementwise_depends,
    .vjp = vjp,
    .linear = true,
    SAMPLES(samples),
};

/** x with elements of type `dtype`, rounded to nearest where that is narrower, and towards 0 for TAD_I64, which has no
 * gradient. The gradient comes back in the type of x.
 * Errors: TAD_EDTYPE (no element type). */
TAD_API tad_var tad_cast(tad_var x, tad_dtype dtype)
{
    return tad_apply(&tad__op_cast, (tad_args){.n = 1, .x = &x, .attributes = &dtype, .caller = TAD_CALLER});
}
