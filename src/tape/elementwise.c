/* The public functions of elementwise.def. Two scalars on the same tape take the short way: a few comparisons, the row's
 * arithmetic, and 24 bytes written. Everything else goes through tad_apply. */
#include "base/hints.h"
#include "ops/double_rows.h"
#include "tape/tape.h"

#include <tad/elementwise.h>

#include <math.h>

/* The handles come first, so that they stay in the registers in which the public function got them. */
static TAD__NOINLINE tad_var apply(tad_var a, tad_var b, int row, const void *caller)
{
    const tad_op *op = &tad__elementwise[row];
    return tad_apply(op, (tad_args){.n = op->arity, .x = (const tad_var[]){a, b}, .caller = caller});
}

static inline tad_var push(tad_tape *tape, int row, tad_var a, tad_var b, unsigned flags, double value)
{
    uint32_t   id = tape->count++, birth = tape->birth;
    tad__node *node = &tape->nodes[id];
    double    *to = &tape->values[id];
    if (id % 4 == 0) /* a line of nodes */
        TAD__PREFETCH_TO_WRITE(node + TAD__AHEAD);
    if (id % 8 == 0) /* and one of values */
        TAD__PREFETCH_TO_WRITE(to + TAD__AHEAD);
    *to = value;
    *node = (tad__node){(uint16_t)row, (uint16_t)flags, {a.id, b.id}, birth};
    return (tad_var){tape, id, birth};
}

/* With a constant operand: apart, so that the usual way needs few registers. */
static TAD__NOINLINE tad_var push_mixed(tad_var a, tad_var b, int row, unsigned steps, double value)
{
    const tad__node *nodes = a.tape->nodes;
    return push(a.tape, row, a, b, tad__scalar_flags(nodes[a.id].flags, nodes[b.id].flags) | steps, value);
}

/* A row whose derivatives are all 0 is piecewise constant. */
#define STEPS(vanishes) ((vanishes) ? TAD__STEPS : 0u)

#define UNARY(name, about, where, value, dx)                                                                           \
    tad_var tad_##name(tad_var handle)                                                                                 \
    {                                                                                                                  \
        tad_tape *tape = handle.tape;                                                                                  \
        if (TAD__LIKELY(tape && handle.id < tape->count && tape->count < tape->capacity)) {                            \
            const tad__node *node = &tape->nodes[handle.id];                                                           \
            if (TAD__LIKELY(node->birth == handle.birth && node->flags & TAD__SCALAR)) {                               \
                const double x = tape->values[handle.id];                                                              \
                return push(tape, TAD__ROW_##name, handle, handle,                                                     \
                            tad__scalar_flags(node->flags, 0) | STEPS(TAD__VANISHES(dx)), (value));                    \
            }                                                                                                          \
        }                                                                                                              \
        return apply(handle, handle, TAD__ROW_##name, TAD_CALLER);                                                     \
    }
#define BINARY(name, about, where, value, da, db)                                                                      \
    tad_var tad_##name(tad_var first, tad_var second)                                                                  \
    {                                                                                                                  \
        tad_tape *tape = first.tape;                                                                                   \
        if (TAD__LIKELY(tape && tape == second.tape && first.id < tape->count && second.id < tape->count &&            \
                        tape->count < tape->capacity)) {                                                               \
            const tad__node *n1 = &tape->nodes[first.id], *n2 = &tape->nodes[second.id];                               \
            const unsigned   both = n1->flags & n2->flags;                                                             \
            if (TAD__LIKELY(n1->birth == first.birth && n2->birth == second.birth && both & TAD__SCALAR)) {            \
                const double   a = tape->values[first.id], b = tape->values[second.id];                                \
                const unsigned steps = STEPS(TAD__VANISHES(da) && TAD__VANISHES(db));                                  \
                if (both & TAD__DIFFERENTIABLE) /* mostly, and then the flags are known */                             \
                    return push(tape, TAD__ROW_##name, first, second,                                                  \
                                tad__scalar_flags(TAD__DIFFERENTIABLE, TAD__DIFFERENTIABLE) | steps, (value));         \
                return push_mixed(first, second, TAD__ROW_##name, steps, (value));                                     \
            }                                                                                                          \
        }                                                                                                              \
        return apply(first, second, TAD__ROW_##name, TAD_CALLER);                                                      \
    }
#include "ops/elementwise.def"
