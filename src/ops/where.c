/* elements: the choice between two values, element by element. */
#include "ops/elementwise.h"
#include "ops/sample.h"
#include "tensor/loop.h"
#include "tensor/move.h"

#include <tad/elementwise.h>
#include <tad/operations.h>

enum { CONDITION, YES, NO, OPERANDS };

/* The type of the operands that are not f64 scalars, which take any; the condition may be of another one. */
static tad_status shape(const tad_call *call)
{
    const tad_array *in = call->in;
    tad_array       *out = call->out;
    if (in[YES].dtype == TAD_I64 || in[NO].dtype == TAD_I64)
        return tad_refuse(call, TAD_EDTYPE, "i64 holds indices, not numbers: use tad_cast");
    if (in[YES].dtype != in[NO].dtype && !tad__array_is_scalar(&in[YES]) && !tad__array_is_scalar(&in[NO]))
        return tad_refuse(call, TAD_EDTYPE, "f32 and f64 do not mix, except for an f64 scalar");
    out->dtype = tad__array_is_scalar(&in[YES]) ? in[NO].dtype : in[YES].dtype;
    if (tad__array_is_scalar(&in[YES]) && tad__array_is_scalar(&in[NO]) && in[CONDITION].dtype == TAD_F32)
        out->dtype = TAD_F32;
    if (!tad__array_broadcast_shape(&in[YES], &in[NO], out) || !tad__array_broadcast_shape(&in[CONDITION], out, out))
        return tad_refuse(call, TAD_ESHAPE,
                          "shapes do not broadcast: aligned at the last axis, sizes must be equal or 1");
    return TAD_OK;
}

static bool holds(const char *at, tad_dtype dtype, int64_t offset)
{
    const void *from = at;
    switch (dtype) {
    case TAD_F32:
        return ((const float *)from)[offset] != 0;
    case TAD_I64:
        return ((const int64_t *)from)[offset] != 0;
    case TAD_F64:
        break;
    }
    return ((const double *)from)[offset] != 0;
}

/* What a run needs to know. */
typedef struct choice {
    tad_dtype condition, type;
    bool      wanted; /* pull: is it the operand for true conditions? */
} choice;

#define DEFINE_RUNS(type)                                                                                              \
    static void choose_##type(const choice *c, int64_t n, char *const at[], const int64_t strides[])                   \
    {                                                                                                                  \
        type       *out = (type *)(void *)at[0];                                                                       \
        const type *yes = (const type *)(const void *)at[2], *no = (const type *)(const void *)at[3];                  \
        for (int64_t i = 0; i < n; i++)                                                                                \
            out[i * strides[0]] =                                                                                      \
                holds(at[1], c->condition, i * strides[1]) ? yes[i * strides[2]] : no[i * strides[3]];                 \
    }                                                                                                                  \
    static void pull_##type(const choice *c, int64_t n, char *const at[], const int64_t strides[])                     \
    {                                                                                                                  \
        type       *gx = (type *)(void *)at[0];                                                                        \
        const type *gy = (const type *)(const void *)at[2];                                                            \
        double      sum = 0;                                                                                           \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            if (holds(at[1], c->condition, i * strides[1]) != c->wanted)                                               \
                continue;                                                                                              \
            if (strides[0] == 0)                                                                                       \
                sum += (double)gy[i * strides[2]];                                                                     \
            else                                                                                                       \
                gx[i * strides[0]] += gy[i * strides[2]];                                                              \
        }                                                                                                              \
        if (strides[0] == 0)                                                                                           \
            *gx = (type)((double)*gx + sum);                                                                           \
    }
DEFINE_RUNS(float)
DEFINE_RUNS(double)

static void choose(void *context, int64_t n, char *const at[], const int64_t strides[])
{
    const choice *c = context;
    (c->type == TAD_F32 ? choose_float : choose_double)(c, n, at, strides);
}

static void pull(void *context, int64_t n, char *const at[], const int64_t strides[])
{
    const choice *c = context;
    (c->type == TAD_F32 ? pull_float : pull_double)(c, n, at, strides);
}

static void forward(const tad_call *call)
{
    float     numbers[2];
    tad_array condition = tad__array_broadcast(&call->in[CONDITION], call->out);
    tad_array yes = tad__match(&call->in[YES], call->out, &numbers[0]);
    tad_array no = tad__match(&call->in[NO], call->out, &numbers[1]);
    choice    c = {.condition = condition.dtype, .type = call->out->dtype};
    tad__loop(4, (const tad_array *const[]){call->out, &condition, &yes, &no}, choose, &c);
}

static void backward(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    tad_array condition = tad__array_broadcast(&call->in[CONDITION], call->out);
    for (int k = YES; k <= NO; k++) {
        if (!gx[k].data)
            continue;
        float     sum = 0;
        bool      converts = gx[k].dtype != call->out->dtype; /* the adjoint of an f64 scalar */
        tad_array to = gx[k];
        if (converts) {
            to.dtype = TAD_F32;
            to.data = &sum;
        }
        tad_array view = tad__array_broadcast(&to, call->out);
        choice    c = {.condition = condition.dtype, .type = call->out->dtype, .wanted = k == YES};
        tad__loop(3, (const tad_array *const[]){&view, &condition, gy}, pull, &c);
        if (converts)
            tad__accumulate(&gx[k], &to, 1);
    }
}

static bool depends(const tad_call *call, int k, tad_array *out, tad_array *in)
{
    tad__elementwise_depends(call, k, out, in);
    if (k == CONDITION)
        *out = *in = (tad_array){.dtype = out->dtype, .rank = 1, .dims = {0}};
    return true;
}

/* Selected, not multiplied: what is not chosen gets 0 even if it is infinite or NaN. */
static void vjp(const tad_rule *rule)
{
    tad_var zero = tad_constant(rule->y.tape, 0);
    if (rule->wanted[YES])
        rule->gx[YES] = tad_where(rule->x[CONDITION], rule->gy, zero);
    if (rule->wanted[NO])
        rule->gx[NO] = tad_where(rule->x[CONDITION], zero, rule->gy);
}

static tad_var jvp(const tad_rule *rule)
{
    tad_var zero = tad_constant(rule->y.tape, 0);
    if (!rule->wanted[YES] && !rule->wanted[NO])
        return (tad_var){0};
    return tad_where(rule->x[CONDITION], rule->wanted[YES] ? rule->dx[YES] : zero,
                     rule->wanted[NO] ? rule->dx[NO] : zero);
}

/* Conditions of random numbers hold nearly everywhere, so the samples' are made of signs. */
static void prepare_condition(int n, tad_var x[])
{
    (void)n;
    x[CONDITION] = tad_greater(x[CONDITION], tad_constant(x[CONDITION].tape, 0));
}

static const tad_sample samples[] = {
    {.in = "[] [] []"},         {.in = "[7] [7] [7]"},   {.in = "[3, 5] [3, 5] [3, 5]"}, {.in = "[3, 1] [5] [1, 5]"},
    {.in = "[2, 3, 4] [] [4]"}, {.in = "[] [2, 3] [3]"}, {.in = "[17] [17] []"},         {.in = "[2, 0] [2, 1] [1]"},
};

const tad_op tad__op_where = {
    .name = "where",
    .about = "choice between two values",
    .formula = "c ? a : b",
    .arity = OPERANDS,
    .operands = "c a b",
    .mixes = true,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .depends = depends,
    .vjp = vjp,
    .jvp = jvp,
    .kink = "c",
    .prepare = prepare_condition,
    SAMPLES(samples),
};

/** a where the condition c is true, that is, not 0 (NaN is), and b elsewhere; all three broadcast. The gradient of the value
 * that is not chosen is exactly 0, also where it is NaN or infinite, to any order; that of c is 0 as well. c may be of any
 * type; between a and b f32 and f64 do not mix, except that an f64 scalar takes the other's type.
 * Errors: TAD_ESHAPE (shapes do not broadcast), TAD_EDTYPE. */
TAD_API tad_var tad_where(tad_var c, tad_var a, tad_var b)
{
    const tad_var x[] = {c, a, b};
    return tad_apply(&tad__op_where, (tad_args){.n = OPERANDS, .x = x, .caller = TAD_CALLER});
}
