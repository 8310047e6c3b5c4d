/* losses: of the numbers for each class, that of the target's class; and the adjoint, which puts a number at its class.
 * The classes are axis 1 of [N, C, ...], or the only axis; the targets have the other axes. */
#include "ops/pick_class.h"
#include "base/text.h"
#include "ops/sample.h"
#include "tensor/loop.h"
#include "tensor/move.h"

#include <inttypes.h>
#include <string.h>

enum { NUMBERS, TARGETS };

static bool is_of_class_axis(const tad_array *targets, const tad_array *x)
{
    int axis = tad__class_axis(x->rank);
    if (targets->rank != x->rank - 1)
        return false;
    for (int i = 0; i < targets->rank; i++)
        if (targets->dims[i] != x->dims[i < axis ? i : i + 1])
            return false;
    return true;
}

tad_status tad__check_targets(const tad_call *call, const tad_array *x, const tad_array *targets)
{
    if (x->rank < 1)
        return tad_refuse(call, TAD_ESHAPE, "expected [C] or [N, C, ...], where C counts classes");
    if (!is_of_class_axis(targets, x))
        return tad_refuse(call, TAD_ESHAPE, "expected targets of that shape without axis %d, the classes",
                          tad__class_axis(x->rank));
    return TAD_OK;
}

static tad_status shape_of_pick(const tad_call *call)
{
    tad__array_set_shape(call->out, call->in[TARGETS].rank, call->in[TARGETS].dims);
    return tad__check_targets(call, &call->in[NUMBERS], &call->in[TARGETS]);
}

static tad_status shape_of_place(const tad_call *call)
{
    const tad__classes *to = call->attributes;
    const tad_array    *x = &call->in[NUMBERS];
    tad_array          *out = call->out;
    int                 axis = tad__class_axis(x->rank + 1);
    if (!tad__array_same_shape(x, &call->in[TARGETS]))
        return tad_refuse(call, TAD_ESHAPE, "expected a target for each number");
    if (x->rank == TAD_MAX_RANK)
        return tad_refuse(call, TAD_ESHAPE, "expected at most %d axes", TAD_MAX_RANK - 1);
    out->rank = x->rank + 1;
    for (int i = 0; i < out->rank; i++)
        out->dims[i] = i == axis ? to->count : x->dims[i < axis ? i : i - 1];
    return TAD_OK;
}

/* The array's part for the first class, of the targets' shape. */
static tad_array first_class(const tad_array *x)
{
    tad_array view = *x;
    view.rank--;
    for (int i = tad__class_axis(x->rank); i < view.rank; i++) {
        view.dims[i] = x->dims[i + 1];
        view.strides[i] = x->strides[i + 1];
    }
    return view;
}

typedef struct classes {
    int64_t count, stride, ignored;
    int64_t place;      /* of the next target, in C order */
    int64_t bad, where; /* the first target out of range; where is -1: none is */
} classes;

static bool is_good(classes *c, int64_t target)
{
    c->place++;
    if (target == c->ignored)
        return false;
    if (target >= 0 && target < c->count)
        return true;
    if (c->where < 0) {
        c->where = c->place - 1;
        c->bad = target;
    }
    return false;
}

/* Of the targets, the numbers picked and those of the first class: picked = x, or x += picked. */
#define DEFINE_RUNS(type)                                                                                              \
    static void pick_##type(void *context, int64_t n, char *const at[], const int64_t strides[])                       \
    {                                                                                                                  \
        classes       *c = context;                                                                                    \
        const int64_t *target = (const int64_t *)(const void *)at[0];                                                  \
        type          *picked = (type *)(void *)at[1];                                                                 \
        const type    *x = (const type *)(const void *)at[2];                                                          \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            int64_t class = target[i * strides[0]];                                                                    \
            picked[i * strides[1]] = is_good(c, class) ? x[i * strides[2] + class * c->stride] : 0;                    \
        }                                                                                                              \
    }                                                                                                                  \
    static void place_##type(void *context, int64_t n, char *const at[], const int64_t strides[])                      \
    {                                                                                                                  \
        classes       *c = context;                                                                                    \
        const int64_t *target = (const int64_t *)(const void *)at[0];                                                  \
        const type    *picked = (const type *)(const void *)at[1];                                                     \
        type          *x = (type *)(void *)at[2];                                                                      \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            int64_t class = target[i * strides[0]];                                                                    \
            if (is_good(c, class))                                                                                     \
                x[i * strides[2] + class * c->stride] += picked[i * strides[1]];                                       \
        }                                                                                                              \
    }
DEFINE_RUNS(float)
DEFINE_RUNS(double)

static void refuse(const tad_call *call, const classes *c)
{
    const tad_array *targets = &call->in[TARGETS];
    char             words[200];
    tad__text        text = {.out = words, .size = sizeof words};
    int64_t          rest = c->where, size = tad__array_count(targets);
    tad__text_add(&text, "[");
    for (int i = 0; i < targets->rank; i++) {
        size /= targets->dims[i];
        tad__text_add(&text, "%s%" PRId64, i ? ", " : "", rest / size);
        rest %= size;
    }
    tad__text_add(&text, "]");
    tad_refuse(call, TAD_EINDEX,
               "target %" PRId64 " at %s; expected 0 to %" PRId64 ", or %" PRId64 ", which is ignored", c->bad, words,
               c->count - 1, c->ignored);
}

/* `picked` has the targets' shape, `x` has the classes. A target out of range is refused, and counts as ignored. */
static void walk(const tad_call *call, bool pick, const tad_array *picked, const tad_array *x)
{
    const tad__classes *to = call->attributes;
    int                 axis = tad__class_axis(x->rank);
    classes             c = {.count = x->dims[axis], .stride = x->strides[axis], .ignored = to->ignored, .where = -1};
    tad_array           first = first_class(x);
    tad__run_function  *run =
        x->dtype == TAD_F32 ? (pick ? pick_float : place_float) : (pick ? pick_double : place_double);
    tad__loop(3, (const tad_array *const[]){&call->in[TARGETS], picked, &first}, run, &c);
    if (c.where >= 0)
        refuse(call, &c);
}

static void forward_pick(const tad_call *call)
{
    walk(call, true, call->out, &call->in[NUMBERS]);
}

static void backward_pick(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    walk(call, false, gy, &gx[NUMBERS]);
}

static void vjp_pick(const tad_rule *rule)
{
    const tad__classes *to = rule->attributes;
    tad_var             x = rule->x[NUMBERS];
    rule->gx[NUMBERS] =
        tad__place_class(rule->gy, rule->x[TARGETS], tad_dim(x, tad__class_axis(tad_rank(x))), to->ignored);
}

static void forward_place(const tad_call *call)
{
    memset(call->out->data, 0, tad__array_bytes(call->out));
    walk(call, false, &call->in[NUMBERS], call->out);
}

static void backward_place(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    tad_array picked = tad__rows_new(call, &gx[NUMBERS]);
    if (!picked.data)
        return;
    walk(call, true, &picked, gy);
    tad__accumulate(&gx[NUMBERS], &picked, 1);
}

static void vjp_place(const tad_rule *rule)
{
    const tad__classes *to = rule->attributes;
    rule->gx[NUMBERS] = tad__pick_class(rule->gy, rule->x[TARGETS], to->ignored);
}

static const tad_sample picks[] = {
    {.in = "[3] []<3", .attributes = &(const tad__classes){0, -100}},
    {.in = "[1, 1] [1]<1", .attributes = &(const tad__classes){0, -100}},
    {.in = "[4, 3] [4]<3", .attributes = &(const tad__classes){0, -100}},
    {.in = "[9, 5] [9]<5", .attributes = &(const tad__classes){0, 1}},
    {.in = "[2, 3, 4] [2, 4]<3", .attributes = &(const tad__classes){0, 2}},
    {.in = "[2, 3, 2, 2] [2, 2, 2]<3", .attributes = &(const tad__classes){0, -100}},
    {.in = "[0, 3] [0]<3", .attributes = &(const tad__classes){0, -100}},
};

static const tad_sample places[] = {
    {.in = "[] []<3", .attributes = &(const tad__classes){3, -100}},
    {.in = "[1] [1]<1", .attributes = &(const tad__classes){1, -100}},
    {.in = "[4] [4]<3", .attributes = &(const tad__classes){3, -100}},
    {.in = "[9] [9]<5", .attributes = &(const tad__classes){5, 1}},
    {.in = "[2, 4] [2, 4]<3", .attributes = &(const tad__classes){3, 2}},
    {.in = "[2, 2, 2] [2, 2, 2]<3", .attributes = &(const tad__classes){3, -100}},
    {.in = "[0] [0]<3", .attributes = &(const tad__classes){3, -100}},
};

/* On that of any class. */
static bool pick_depends(const tad_call *call, int k, tad_array *out, tad_array *in)
{
    (void)call, (void)k;
    int       axis = tad__class_axis(in->rank);
    tad_array wide = *in;
    for (int i = 0; i < in->rank; i++)
        wide.strides[i] = i == axis ? 0 : out->strides[i < axis ? i : i - 1];
    wide.data = out->data;
    *out = wide;
    return true;
}

static bool place_depends(const tad_call *call, int k, tad_array *out, tad_array *in)
{
    return pick_depends(call, k, in, out);
}

const tad_op tad__op_pick_class = {
    .name = "pick_class",
    .about = "of the numbers for each class, that of the target",
    .formula = "pick_class(a, b)",
    .arity = 2,
    .indices = 1u << TARGETS,
    .attribute_bytes = sizeof(tad__classes),
    .shape = shape_of_pick,
    .forward = forward_pick,
    .backward = backward_pick,
    .depends = pick_depends,
    .vjp = vjp_pick,
    .linear = true,
    SAMPLES(picks),
};

const tad_op tad__op_place_class = {
    .name = "place_class",
    .about = "zeros for each class, and a number for that of the target",
    .formula = "place_class(a, b)",
    .arity = 2,
    .indices = 1u << TARGETS,
    .attribute_bytes = sizeof(tad__classes),
    .shape = shape_of_place,
    .forward = forward_place,
    .backward = backward_place,
    .depends = place_depends,
    .vjp = vjp_place,
    .linear = true,
    SAMPLES(places),
};

tad_var tad__pick_class(tad_var x, tad_var targets, int64_t ignored)
{
    return tad_apply(&tad__op_pick_class, (tad_args){.n = 2,
                                                     .x = (const tad_var[]){x, targets},
                                                     .attributes = &(const tad__classes){.ignored = ignored}});
}

tad_var tad__place_class(tad_var x, tad_var targets, int64_t count, int64_t ignored)
{
    return tad_apply(
        &tad__op_place_class,
        (tad_args){.n = 2, .x = (const tad_var[]){x, targets}, .attributes = &(const tad__classes){count, ignored}});
}
