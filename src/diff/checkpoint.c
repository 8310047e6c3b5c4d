/* Checkpoints of functions. What makes them work is in tape/checkpoint.c, and in the sweeps. */
#include "tape/tape.h"

#include <tad/checkpoint.h>

typedef struct closure {
    tad_function *f;
    void         *user;
} closure;

static tad_var compose(const tad_rule *rule)
{
    const closure *c = rule->attributes;
    return c->f(c->user, (size_t)rule->n, rule->x);
}

static const tad_op checkpoint = {
    .name = "checkpoint",
    .about = "a function whose value alone is kept",
    .formula = "checkpoint(x)",
    .arity = TAD_MAX_ARITY,
    .optional = TAD_MAX_ARITY - 1,
    .attribute_bytes = sizeof(closure),
    .compose = compose,
    .checkpoint = true,
};

tad_var tad_checkpoint(tad_function *f, void *user, size_t n, const tad_var x[])
{
    const void   *caller = TAD_CALLER;
    const closure c = {f, user};
    int           count = n <= TAD_MAX_ARITY ? (int)n : TAD_MAX_ARITY + 1;
    if (!f && x && n > 0 && x[0].tape) {
        tad__fail(x[0].tape, caller, TAD_EARG, "tad_checkpoint: the function is NULL");
        return tad__invalid(x[0].tape);
    }
    return tad_apply(&checkpoint, (tad_args){.n = count, .x = x, .attributes = &c, .caller = caller});
}
