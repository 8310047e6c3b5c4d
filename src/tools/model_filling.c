/* Fillings: tensors of numbers that a rule gives. Random ones depend on the seed and the element alone. */
#include "tools/model.h"

#include "base/random.h"

#include <math.h>
#include <string.h>

static void fill_number(const void *attributes, tad__literal *out)
{
    for (int64_t i = 0; i < out->count; i++)
        out->data[i] = ((const tad__filled *)attributes)->a;
}

static void fill_uniform(const void *attributes, tad__literal *out)
{
    const tad__filled *to = attributes;
    for (int64_t i = 0; i < out->count; i++)
        out->data[i] = tad__random_uniform((uint64_t)to->seed, (uint64_t)i, to->a, to->b);
}

/* Source: G. Box, M. Muller, Ann. Math. Statist. 29 (1958). 1 - u is above 0. */
static void fill_normal(const void *attributes, tad__literal *out)
{
    const tad__filled *to = attributes;
    const double       two_pi = 6.283185307179586;
    for (int64_t i = 0; i < out->count; i++) {
        double radius = sqrt(-2 * log(1 - tad__random_uniform((uint64_t)to->seed, 2 * (uint64_t)i, 0, 1)));
        double angle = two_pi * tad__random_uniform((uint64_t)to->seed, 2 * (uint64_t)i + 1, 0, 1);
        out->data[i] = to->a + to->b * radius * cos(angle);
    }
}

#define SHAPE MEMBER(tad__filled, shape, SIZES, REQUIRED)
#define SEED MEMBER(tad__filled, seed, LONG, REQUIRED)
#define DEFAULTS(first, second)                                                                                        \
    .defaults = &(const tad__filled)                                                                                   \
    {                                                                                                                  \
        .a = first, .b = second                                                                                        \
    }

static const tad__filling fillings[] = {
    {.name = "zeros", ARGUMENTS(SHAPE), .fill = fill_number},
    {.name = "ones", ARGUMENTS(SHAPE), DEFAULTS(1, 0), .fill = fill_number},
    {.name = "uniform",
     ARGUMENTS(SHAPE, SEED, NAMED("low", tad__filled, a, NUMBER), NAMED("high", tad__filled, b, NUMBER)),
     DEFAULTS(0, 1),
     .fill = fill_uniform},
    {.name = "normal",
     ARGUMENTS(SHAPE, SEED, NAMED("mean", tad__filled, a, NUMBER), NAMED("deviation", tad__filled, b, NUMBER)),
     DEFAULTS(0, 1),
     .fill = fill_normal},
};

const tad__filling *tad__filling_at(size_t i)
{
    return i < sizeof fillings / sizeof *fillings ? &fillings[i] : NULL;
}

const tad__filling *tad__filling_find(const char *word, size_t length)
{
    const tad__filling *filling;
    for (size_t i = 0; (filling = tad__filling_at(i)) != NULL; i++)
        if (strlen(filling->name) == length && strncmp(filling->name, word, length) == 0)
            return filling;
    return NULL;
}
