/* The recorded rules of a checkpoint: what it is made of is recorded again, stays, and is differentiated as it stands. */
#include "diff/rules.h"

/* What its operands are: each node once, as one may be there several times. */
typedef struct again {
    uint32_t  low; /* where the new nodes begin */
    tad_var   y;
    size_t    n;
    tad_var   x[TAD_MAX_ARITY];
    int       first[TAD_MAX_ARITY]; /* where x[i] is among the operands */
    tad_array value;
} again;

static tad_status record_again(tad_tape *tape, const tad_rule *rule, const bool wanted[], again *to, const void *caller)
{
    to->low = tape->count;
    to->n = 0;
    for (int k = 0; k < rule->n; k++) {
        size_t i = 0;
        while (i < to->n && to->x[i].id != rule->x[k].id)
            i++;
        if (i < to->n || !wanted[k])
            continue;
        to->first[to->n] = k;
        to->x[to->n++] = rule->x[k];
    }
    if (tape->depth == TAD__MAX_DEPTH)
        return tad__fail(tape, caller, TAD_EARG,
                         "%s: checkpoints in checkpoints, %d deep, are more than a recorded derivative can do: use "
                         "tad_backward, or more snapshots in a loop",
                         rule->op->name, TAD__MAX_DEPTH);
    tad__value_array(tape, rule->y.id, &to->value);
    to->y = tad__record_again(tape, rule, &to->value, caller);
    return tad_is_valid(to->y) ? TAD_OK : tad__status_of_failure(tape);
}

tad_status tad__vjp_of_checkpoint(tad_tape *tape, const tad_rule *rule, const void *caller)
{
    again      to;
    tad_var    g[TAD_MAX_ARITY] = {0};
    tad_status status = record_again(tape, rule, rule->wanted, &to, caller);
    if (status != TAD_OK)
        return status;
    tape->depth++;
    if (to.y.id >= to.low)
        status = tad__vjp_above(to.low, to.y, rule->gy, to.n, to.x, g, rule->op->name, caller);
    tape->depth--;
    for (size_t i = 0; i < to.n; i++)
        rule->gx[to.first[i]] = to.x[i].id == to.y.id ? rule->gy : g[i];
    return status;
}

tad_status tad__jvp_of_checkpoint(tad_tape *tape, const tad_rule *rule, const tad_var dx[], tad_var *dy,
                                  const void *caller)
{
    again   to;
    bool    has[TAD_MAX_ARITY];
    tad_var d[TAD_MAX_ARITY];
    for (int k = 0; k < rule->n; k++)
        has[k] = dx[k].tape != NULL;
    tad_status status = record_again(tape, rule, has, &to, caller);
    if (status != TAD_OK)
        return status;
    for (size_t i = 0; i < to.n; i++) {
        d[i] = dx[to.first[i]];
        if (to.x[i].id == to.y.id)
            *dy = d[i];
    }
    tape->depth++;
    if (to.y.id >= to.low)
        status = tad__jvp_above(to.low, to.y, to.n, to.x, d, dy, rule->op->name, caller);
    tape->depth--;
    return status;
}
