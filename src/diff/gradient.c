/* Reverse mode, recorded: the sweep of backward.c with nodes in place of numbers, so that its result can be differentiated
 * again. */
#include "diff/rules.h"
#include "diff/sweep.h"

#include <tad/diff.h>
#include <tad/elementwise.h>
#include <tad/operations.h>

/* The cotangent of each node from `low` to `high`: none, or a node's number. */
#define INACTIVE UINT32_MAX        /* does not depend on any x */
#define UNREACHED (UINT32_MAX - 1) /* does, and has no cotangent yet */

typedef struct sweep {
    tad_tape      *tape;
    uint32_t       low, high;
    uint32_t      *cotangents;
    size_t         outside; /* x below `low`, of nodes that are not swept: their cotangents stand behind the others */
    const tad_var *x;
    const char    *name;
    const void    *caller;
} sweep;

/* Where the cotangent of a node is kept; NULL for one below `low` that is no x. */
static uint32_t *slot(const sweep *s, uint32_t id)
{
    if (id >= s->low)
        return &s->cotangents[id - s->low];
    for (size_t i = 0; i < s->outside; i++)
        if (s->x[i].id == id)
            return &s->cotangents[(size_t)s->high - s->low + 1 + i];
    return NULL;
}

static bool is_active(const sweep *s, uint32_t id)
{
    const uint32_t *cotangent = slot(s, id);
    return cotangent && *cotangent != INACTIVE;
}

static void mark_active(const sweep *s, size_t n, const tad_var x[])
{
    for (uint32_t id = s->low; id <= s->high; id++)
        s->cotangents[id - s->low] = INACTIVE;
    for (size_t i = 0; i < n; i++)
        if (x[i].id <= s->high)
            *slot(s, x[i].id) = UNREACHED;
    for (uint32_t id = s->low; id <= s->high; id++) {
        const uint32_t *in;
        int             count = tad__operands(s->tape, id, &in);
        for (int k = 0; k < count; k++)
            if (is_active(s, in[k]))
                s->cotangents[id - s->low] = UNREACHED;
    }
}

static tad_status add_cotangent(const sweep *s, uint32_t id, tad_var g)
{
    uint32_t *cotangent = slot(s, id);
    if (*cotangent != UNREACHED)
        g = tad_add(tad__handle(s->tape, *cotangent), g);
    if (!tad_is_valid(g))
        return tad__status_of_failure(s->tape);
    *cotangent = g.id;
    return TAD_OK;
}

static tad_status pull(const sweep *s, uint32_t id)
{
    const uint32_t *in;
    int             n = tad__operands(s->tape, id, &in);
    uint32_t        operands[TAD_MAX_ARITY];
    tad_var         gx[TAD_MAX_ARITY];
    bool            wanted[TAD_MAX_ARITY], any = false;
    for (int k = 0; k < n; k++) {
        operands[k] = in[k];
        wanted[k] = is_active(s, in[k]);
        any |= wanted[k];
    }
    if (!any)
        return TAD_OK;
    tad_var    gy = tad__handle(s->tape, s->cotangents[id - s->low]);
    tad_status status = tad__check_uses(s->tape, id, s->name, s->caller);
    if (status == TAD_OK)
        status = tad__record_vjp(s->tape, id, gy, wanted, gx, s->caller);
    for (int k = 0; k < n && status == TAD_OK; k++)
        if (wanted[k] && gx[k].tape)
            status = add_cotangent(s, operands[k], gx[k]);
    return status;
}

static tad_status run(const sweep *s, size_t m, const tad_var y[], const tad_var gy[], size_t n, const tad_var x[],
                      tad_var gx[])
{
    tad_status status = TAD_OK;
    mark_active(s, n, x);
    for (size_t i = 0; i < m && status == TAD_OK; i++)
        if (y[i].id >= s->low && s->cotangents[y[i].id - s->low] != INACTIVE)
            status = add_cotangent(s, y[i].id, gy[i]);
    for (uint32_t id = s->high + 1; id-- > s->low && status == TAD_OK;)
        if (s->cotangents[id - s->low] < UNREACHED)
            status = pull(s, id);
    for (size_t i = 0; i < n && status == TAD_OK; i++) {
        uint32_t cotangent = x[i].id <= s->high ? *slot(s, x[i].id) : UNREACHED;
        if (cotangent >= UNREACHED && s->outside) /* nothing to hand on */
            continue;
        gx[i] = cotangent < UNREACHED ? tad__handle(s->tape, cotangent) : tad__constant_like(x[i], 0);
        if (!tad_is_valid(gx[i]))
            status = tad__status_of_failure(s->tape);
    }
    return status;
}

tad_status tad__check_list(tad_tape *tape, size_t n, const tad_var x[], const char *list, const char *name,
                           const void *caller)
{
    for (size_t i = 0; i < n; i++) {
        tad_status status = tad__handle_status(tape, x[i]);
        if (status != TAD_OK)
            return tad__fail(tape, caller, status, "%s: %s[%zu] is %s", name, list, i, tad__handle_problem(tape, x[i]));
        if (tad_dtype_of(x[i]) == TAD_I64)
            return tad__fail(tape, caller, TAD_EDTYPE, "%s: %s[%zu] holds indices (i64), which have no gradient", name,
                             list, i);
    }
    return TAD_OK;
}

static tad_status check(tad_var y, size_t n, const tad_var x[], const tad_var gx[], const char *name,
                        const void *caller)
{
    tad_status status = tad__check(y, name, caller);
    if (status != TAD_OK)
        return status;
    if (n > 0 && (!x || !gx))
        return tad__fail(y.tape, caller, TAD_EARG, "%s: x or gx is NULL; expected %zu handles each", name, n);
    return tad__check_list(y.tape, n, x, "x", name, caller);
}

/* `outside` x are below `low`, and nodes there are not swept. */
static tad_status sweep_to(uint32_t low, size_t outside, size_t m, const tad_var y[], const tad_var gy[], size_t n,
                           const tad_var x[], tad_var gx[], const char *name, const void *caller)
{
    sweep s = {.tape = y[0].tape, .low = low, .high = low, .outside = outside, .x = x, .name = name, .caller = caller};
    for (size_t i = 0; i < m; i++)
        s.high = y[i].id > s.high ? y[i].id : s.high;
    size_t bytes = ((size_t)s.high - s.low + 1 + outside) * sizeof *s.cotangents;
    s.cotangents = tad__arena_take(&s.tape->scratch, bytes);
    if (!s.cotangents)
        return tad__fail_memory(s.tape, caller, name);
    tad_status status = run(&s, m, y, gy, n, x, gx);
    tad__arena_rewind(&s.tape->scratch, s.cotangents);
    return status;
}

tad_status tad__record_vjps(size_t m, const tad_var y[], const tad_var gy[], size_t n, const tad_var x[], tad_var gx[],
                            const char *name, const void *caller)
{
    uint32_t low = y[0].id;
    for (size_t i = 0; i < n; i++)
        low = x[i].id < low ? x[i].id : low;
    return sweep_to(low, 0, m, y, gy, n, x, gx, name, caller);
}

tad_status tad__vjp_above(uint32_t low, tad_var y, tad_var gy, size_t n, const tad_var x[], tad_var gx[],
                          const char *name, const void *caller)
{
    return sweep_to(low, n, 1, &y, &gy, n, x, gx, name, caller);
}

tad__recording tad__begin_recording(tad_tape *tape, const void *caller)
{
    return (tad__recording){tad_enter(tape, NULL, caller), tape->count, tad__end_pause(tape)};
}

tad_status tad__end_recording(tad_tape *tape, tad__recording r, tad_status status, size_t n, tad_var results[])
{
    tad__pause_again(tape, r.paused);
    for (size_t i = 0; i < n && r.paused && status == TAD_OK; i++) {
        results[i] = tad_stop_gradient(results[i]);
        if (!tad_is_valid(results[i]))
            status = tad__status_of_failure(tape);
    }
    tad_leave(tape, r.outer);
    if (status != TAD_OK)
        tad_tape_rewind(tape, r.mark);
    return status;
}

/* `gy` NULL: the gradient, with cotangent 1. After an error the tape is as it was. */
static tad_status record(tad_var y, const tad_var *gy, size_t n, const tad_var x[], tad_var gx[], const char *name,
                         const void *caller)
{
    tad_tape  *tape = y.tape;
    tad_status status = check(y, n, x, gx, name, caller);
    if (status == TAD_OK && gy)
        status = tad__check_like(*gy, y, name, caller);
    if (status == TAD_OK && !gy && tad_count(y) != 1)
        status = tad__fail(tape, caller, TAD_ESHAPE, "%s: the value has %lld elements; expected one: use tad_vjp", name,
                           (long long)tad_count(y));
    if (status == TAD_OK) {
        tad__recording r = tad__begin_recording(tape, caller);
        tad_var        cotangent = gy ? *gy : tad__constant_like(y, 1);
        status = tad_is_valid(cotangent) ? tad__record_vjps(1, &y, &cotangent, n, x, gx, name, caller)
                                         : tad__status_of_failure(tape);
        status = tad__end_recording(tape, r, status, n, gx);
    }
    for (size_t i = 0; i < n && gx && status != TAD_OK; i++)
        gx[i] = (tad_var){.tape = tape, .id = TAD__INVALID};
    return status;
}

tad_status tad_gradient(tad_var y, size_t n, const tad_var x[], tad_var gx[])
{
    return record(y, NULL, n, x, gx, "tad_gradient", TAD_CALLER);
}

tad_status tad_vjp(tad_var y, tad_var gy, size_t n, const tad_var x[], tad_var gx[])
{
    return record(y, &gy, n, x, gx, "tad_vjp", TAD_CALLER);
}
