/* Optimisers: what they keep of each parameter, and a step of all. */
#include "base/memory.h"
#include "tensor/step.h"

#include <tad/optim.h>

#include <math.h>
#include <string.h>

struct tad_optimiser {
    tad_optimiser_options options; /* with defaults filled in */
    tad_allocator         allocator;
    tad_optimiser_state **states;
    size_t                count, capacity;
    tad__arena            arena; /* states and what they point to */
    double                norm;
};

/* What a method is, beside its numbers. */
static const struct {
    tad__step_kind kind;
    double         rate, epsilon;
} methods[] = {
    [TAD_SGD] = {TAD__STEP_SGD, 1e-3, 0},
    [TAD_ADAM] = {TAD__STEP_ADAM, 1e-3, 1e-8},
    [TAD_ADAMW] = {TAD__STEP_ADAM, 1e-3, 1e-8},
    [TAD_RMSPROP] = {TAD__STEP_RMSPROP, 1e-2, 1e-8},
    [TAD_ADAGRAD] = {TAD__STEP_ADAGRAD, 1e-2, 1e-10},
};

static bool at_least_0(double x)
{
    return x >= 0 && isfinite(x);
}

static bool below_1(double x)
{
    return x >= 0 && x < 1;
}

static void set_default(double *x, double value)
{
    if (*x == 0)
        *x = value;
}

static bool good_options(tad_optimiser_options *o)
{
    if ((unsigned)o->method >= sizeof methods / sizeof *methods)
        return false;
    set_default(&o->rate, methods[o->method].rate);
    set_default(&o->epsilon, methods[o->method].epsilon);
    set_default(&o->beta1, 0.9);
    set_default(&o->beta2, 0.999);
    set_default(&o->smoothing, 0.99);
    if (o->nesterov && (o->momentum <= 0 || o->dampening != 0))
        return false;
    return at_least_0(o->rate) && at_least_0(o->weight_decay) && at_least_0(o->momentum) && at_least_0(o->dampening) &&
           at_least_0(o->rate_decay) && at_least_0(o->epsilon) && at_least_0(o->clip_norm) &&
           at_least_0(o->clip_value) && below_1(o->beta1) && below_1(o->beta2) && below_1(o->smoothing) &&
           below_1(o->average);
}

tad_optimiser *tad_optimiser_new(const tad_optimiser_options *options)
{
    tad_optimiser_options o = options ? *options : (tad_optimiser_options){0};
    tad_allocator         allocator = o.allocator ? *o.allocator : tad__malloc_allocator;
    if (!allocator.resize || !good_options(&o))
        return NULL;
    tad_optimiser *optimiser = tad__resize(&allocator, NULL, 0, sizeof *optimiser);
    if (!optimiser)
        return NULL;
    *optimiser = (tad_optimiser){.options = o, .allocator = allocator};
    optimiser->arena.allocator = &optimiser->allocator;
    return optimiser;
}

void tad_optimiser_free(tad_optimiser *optimiser)
{
    if (!optimiser)
        return;
    tad_allocator allocator = optimiser->allocator;
    tad__arena_free(&optimiser->arena);
    tad__resize(&allocator, optimiser->states, optimiser->capacity * sizeof(void *), 0);
    tad__resize(&allocator, optimiser, sizeof *optimiser, 0);
}

/* ---- Parameters ---- */

/* Which of the three moments a method keeps, as bits. */
static unsigned moments_of(const tad_optimiser_options *o)
{
    switch (methods[o->method].kind) {
    case TAD__STEP_SGD:
        return o->momentum > 0 ? 1 : 0;
    case TAD__STEP_ADAM:
        return o->amsgrad ? 7 : 3;
    case TAD__STEP_RMSPROP:
        return 1 | (o->momentum > 0 ? 2 : 0) | (o->centred ? 4 : 0);
    case TAD__STEP_ADAGRAD:
        return 1;
    }
    return 0;
}

static void *take_zeros(tad_optimiser *optimiser, size_t bytes)
{
    void *block = tad__arena_take(&optimiser->arena, bytes);
    if (block)
        memset(block, 0, bytes);
    return block;
}

static bool take_state(tad_optimiser *optimiser, tad_optimiser_state *state)
{
    size_t   bytes = (size_t)state->param->count * tad_dtype_size(state->param->dtype);
    unsigned moments = moments_of(&optimiser->options);
    for (unsigned k = 0; k < 3; k++)
        if ((moments >> k & 1) && !(state->moments[k] = take_zeros(optimiser, bytes)))
            return false;
    return optimiser->options.average == 0 || (state->average = take_zeros(optimiser, bytes));
}

tad_status tad_optimiser_add(tad_optimiser *optimiser, tad_param *param)
{
    if (!optimiser || !param)
        return TAD_EARG;
    if (param->dtype != TAD_F32 && param->dtype != TAD_F64)
        return TAD_EDTYPE;
    for (size_t i = 0; i < optimiser->count; i++)
        if (optimiser->states[i]->param == param)
            return TAD_OK;
    if (!tad__reserve(&optimiser->allocator, (void **)&optimiser->states, &optimiser->capacity, optimiser->count + 1,
                      sizeof(void *)))
        return TAD_ENOMEM;
    tad_optimiser_state *state = take_zeros(optimiser, sizeof *state);
    if (!state)
        return TAD_ENOMEM;
    state->param = param;
    if (!take_state(optimiser, state)) {
        tad__arena_rewind(&optimiser->arena, state);
        return TAD_ENOMEM;
    }
    optimiser->states[optimiser->count++] = state;
    return TAD_OK;
}

tad_optimiser_state *tad_optimiser_at(const tad_optimiser *optimiser, size_t i)
{
    return optimiser && i < optimiser->count ? optimiser->states[i] : NULL;
}

/* ---- Steps ---- */

/* What a step of this parameter looks like: bias corrections and the like worked out. */
static tad__step plan(const tad_optimiser_options *o, uint64_t steps, double scale)
{
    double    t = (double)steps + 1;
    tad__step s = {.kind = methods[o->method].kind,
                   .nesterov = o->nesterov,
                   .centred = o->centred,
                   .first = steps == 0,
                   .rate = o->rate,
                   .scale = scale,
                   .limit = o->clip_value > 0 ? o->clip_value : (double)INFINITY,
                   .decay = o->method == TAD_ADAMW ? 0 : o->weight_decay,
                   .shrink = o->method == TAD_ADAMW ? 1 - o->rate * o->weight_decay : 1,
                   .momentum = o->momentum,
                   .gain = 1 - o->dampening,
                   .smoothing = o->smoothing,
                   .epsilon = o->epsilon,
                   .average = o->average};
    if (s.kind == TAD__STEP_ADAM) {
        s.momentum = o->beta1;
        s.gain = 1 - o->beta1;
        s.smoothing = o->beta2;
        s.rate /= 1 - pow(o->beta1, t);
        s.root = sqrt(1 - pow(o->beta2, t));
    } else if (s.kind == TAD__STEP_ADAGRAD) {
        s.rate /= 1 + (t - 1) * o->rate_decay;
    }
    return s;
}

static double norm_of_gradients(const tad_optimiser *optimiser)
{
    double sum = 0;
    for (size_t i = 0; i < optimiser->count; i++) {
        const tad_param *param = optimiser->states[i]->param;
        if (!param->frozen)
            sum += tad__sum_squares(param->dtype, param->count, param->gradient);
    }
    return sqrt(sum);
}

tad_status tad_optimiser_step(tad_optimiser *optimiser)
{
    if (!optimiser)
        return TAD_EARG;
    const tad_optimiser_options *o = &optimiser->options;
    double                       scale = 1;
    if (o->clip_norm > 0) {
        optimiser->norm = norm_of_gradients(optimiser);
        scale = o->clip_norm / (optimiser->norm + 1e-6);
        scale = scale > 1 ? 1 : scale;
    }
    for (size_t i = 0; i < optimiser->count; i++) {
        tad_optimiser_state *state = optimiser->states[i];
        tad_param           *param = state->param;
        if (param->frozen)
            continue;
        tad__step step = plan(o, state->steps, scale);
        tad__take_step(&step, param->dtype, param->count, param->value, param->gradient, state->moments,
                       state->average);
        state->steps++;
        tad_param_touch(param);
    }
    return TAD_OK;
}

double tad_optimiser_rate(const tad_optimiser *optimiser)
{
    return optimiser ? optimiser->options.rate : (double)NAN;
}

tad_status tad_optimiser_set_rate(tad_optimiser *optimiser, double rate)
{
    if (!optimiser || !at_least_0(rate))
        return TAD_EARG;
    optimiser->options.rate = rate;
    return TAD_OK;
}

double tad_optimiser_norm(const tad_optimiser *optimiser)
{
    return optimiser ? optimiser->norm : (double)NAN;
}

/* ---- Means ---- */

static void swap_bytes(size_t bytes, void *a, void *b)
{
    unsigned char *p = a, *q = b, kept[256];
    for (size_t n; bytes > 0; bytes -= n, p += n, q += n) {
        n = bytes < sizeof kept ? bytes : sizeof kept;
        memcpy(kept, p, n);
        memcpy(p, q, n);
        memcpy(q, kept, n);
    }
}

tad_status tad_optimiser_swap_averages(tad_optimiser *optimiser)
{
    if (!optimiser || optimiser->options.average == 0)
        return TAD_EARG;
    for (size_t i = 0; i < optimiser->count; i++) {
        tad_optimiser_state *state = optimiser->states[i];
        if (state->steps == 0)
            continue;
        swap_bytes((size_t)state->param->count * tad_dtype_size(state->param->dtype), state->param->value,
                   state->average);
        tad_param_touch(state->param);
    }
    return TAD_OK;
}
