/* layers: dropout: each number is kept or not by a random number that depends on nothing but the seed and its place. */
#include "base/random.h"
#include "ops/arguments.h"
#include "ops/pairs.h"
#include "ops/sample.h"
#include "tensor/loop.h"
#include "tensor/move.h"

#include <tad/operations.h>

typedef struct attributes {
    double   p;
    uint64_t seed;
} attributes;

static tad_status shape(const tad_call *call)
{
    const attributes *to = call->attributes;
    if (!(to->p >= 0 && to->p <= 1))
        return tad_refuse(call, TAD_EARG, "p is %g; expected 0 to 1", to->p);
    tad__array_set_shape(call->out, call->in[0].rank, call->in[0].dims);
    return TAD_OK;
}

/* Without anything to drop it is its operand. */
static bool view(const tad_call *call, const tad_array *base, tad_array *out)
{
    const attributes *to = call->attributes;
    *out = *base;
    return to->p == 0;
}

typedef struct mask {
    uint64_t seed, place; /* of the next number, in C order */
    uint64_t threshold;   /* random numbers of 53 bits from here on keep theirs */
    double   scale;
} mask;

static mask mask_of(const tad_call *call)
{
    const attributes *to = call->attributes;
    return (mask){.seed = to->seed, .threshold = (uint64_t)(to->p * 0x1p53), .scale = to->p < 1 ? 1 / (1 - to->p) : 0};
}

/* Chosen, not multiplied: what is dropped becomes 0 even if it is infinite or NaN. Chosen from an array, as a branch would be
 * guessed wrong half the time. */
#define DEFINE_RUN(name, type, assign)                                                                                 \
    static void name(void *context, int64_t n, char *const at[], const int64_t strides[])                              \
    {                                                                                                                  \
        mask          *m = context;                                                                                    \
        const uint64_t seed = m->seed, place = m->place, threshold = m->threshold;                                     \
        const type     scale = (type)m->scale;                                                                         \
        type          *to = (type *)(void *)at[0];                                                                     \
        const type    *from = (const type *)(const void *)at[1];                                                       \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            const bool                kept = tad__random_bits(seed, place + (uint64_t)i) >> 11 >= threshold;           \
            const type                choice[] = {0, from[i * strides[1]] * scale};                                    \
            to[i * strides[0]] assign choice[kept];                                                                    \
        }                                                                                                              \
        m->place += (uint64_t)n;                                                                                       \
    }
DEFINE_RUN(choose_float, float, =)
DEFINE_RUN(choose_double, double, =)
DEFINE_RUN(add_float, float, +=)
DEFINE_RUN(add_double, double, +=)

static void forward(const tad_call *call)
{
    mask m = mask_of(call);
    tad__loop(2, (const tad_array *const[]){call->out, &call->in[0]},
              call->out->dtype == TAD_F32 ? choose_float : choose_double, &m);
}

static void backward(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    mask m = mask_of(call);
    tad__loop(2, (const tad_array *const[]){&gx[0], gy}, gy->dtype == TAD_F32 ? add_float : add_double, &m);
}

static void vjp(const tad_rule *rule)
{
    const attributes *to = rule->attributes;
    rule->gx[0] = tad_dropout(rule->gy, to->p, to->seed);
}

static const tad_sample samples[] = {
    {.in = "[]", .attributes = &(const attributes){0.5, 3}},
    {.in = "[1]", .attributes = &(const attributes){0, 1}},
    {.in = "[7]", .attributes = &(const attributes){0.5, 2}},
    {.in = "[17]", .attributes = &(const attributes){0.25, 3}},
    {.in = "[3, 5]", .attributes = &(const attributes){0.5, 4}},
    {.in = "[3, 5]", .attributes = &(const attributes){0, 5}},
    {.in = "[3, 5]", .attributes = &(const attributes){1, 6}},
    {.in = "[2, 3, 4]", .attributes = &(const attributes){0.75, 7}},
    {.in = "[2, 3, 2, 3]", .attributes = &(const attributes){0.125, 8}},
    {.in = "[33]", .attributes = &(const attributes){0.5, UINT64_MAX}},
    {.in = "[2, 0]", .attributes = &(const attributes){0.5, 9}},
};

const tad_op tad__op_dropout = {
    .name = "dropout",
    .about = "numbers dropped at random, and the others scaled up",
    .formula = "dropout(x)",
    .arity = 1,
    .attribute_bytes = sizeof(attributes),
    ARGUMENTS(MEMBER(attributes, p, NUMBER, REQUIRED), MEMBER(attributes, seed, LONG, REQUIRED)),
    .shape = shape,
    .view = view,
    .forward = forward,
    .backward = backward,
    .depends = tad__depends_in_place,
    .vjp = vjp,
    .linear = true,
    SAMPLES(samples),
};

/** Dropout: each number becomes 0 with probability p, and x / (1 - p) otherwise, so that the mean stays; p = 0, as after
 * training, gives x (a view), and p = 1 zeros. Linear in x: dy/dx is 0 or 1 / (1 - p), also where x is infinite or NaN. Whether
 * element i, counted in C order, is dropped depends on seed and i alone, on every machine: nothing is stored. Take another seed
 * for each layer and step. Source: N. Srivastava et al., JMLR 15 (2014), 1929-1958. Errors: TAD_EARG (p outside 0..1, or NaN). */
TAD_API tad_var tad_dropout(tad_var x, double p, uint64_t seed)
{
    attributes to = {p, seed};
    return tad_apply(&tad__op_dropout, (tad_args){.n = 1, .x = &x, .attributes = &to, .caller = TAD_CALLER});
}
