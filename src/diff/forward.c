/* Forward mode, recorded: tangents travel from the x up to y, node by node. */
#include "diff/rules.h"
#include "diff/slots.h"
#include "diff/sweep.h"

#include <tad/diff.h>

/* A slot that is in holds the tangent of a node that some y depends on. */
static void mark_needed(const tad__slots *s, size_t m, const tad_var y[])
{
    for (size_t i = 0; i < m; i++)
        if (y[i].id >= s->low)
            s->at[y[i].id - s->low] = TAD__SLOT_EMPTY;
    for (uint32_t id = s->high + 1; id-- > s->low;) {
        const uint32_t *in;
        int             n = s->at[id - s->low] == TAD__SLOT_EMPTY ? tad__operands(s->tape, id, &in) : 0;
        for (int k = 0; k < n; k++)
            if (in[k] >= s->low)
                s->at[in[k] - s->low] = TAD__SLOT_EMPTY;
    }
}

static tad_status push(const tad__slots *s, uint32_t id)
{
    const uint32_t *in;
    int             n = tad__operands(s->tape, id, &in);
    tad_var         dx[TAD_MAX_ARITY], dy;
    bool            any = false;
    for (int k = 0; k < n; k++) {
        const uint32_t *tangent = tad__slot_of(s, in[k]);
        bool            moves = tangent && *tangent < TAD__SLOT_EMPTY;
        dx[k] = moves ? tad__handle(s->tape, *tangent) : (tad_var){0};
        any |= moves;
    }
    if (!any)
        return TAD_OK;
    tad_status status = tad__check_uses(s->tape, id, s->name, s->caller);
    if (status == TAD_OK)
        status = tad__record_jvp(s->tape, id, dx, &dy, s->caller);
    if (status == TAD_OK && dy.tape)
        s->at[id - s->low] = dy.id;
    return status;
}

/* An x that is named twice moves in the sum of its directions. */
static tad_status run(const tad__slots *s, size_t m, const tad_var y[], size_t n, const tad_var x[], const tad_var dx[],
                      tad_var dy[])
{
    tad_status status = TAD_OK;
    mark_needed(s, m, y);
    for (size_t i = 0; i < n && status == TAD_OK; i++)
        if (x[i].id <= s->high && *tad__slot_of(s, x[i].id) != TAD__SLOT_OUT)
            status = tad__slot_add(s, tad__slot_of(s, x[i].id), dx[i]);
    for (uint32_t id = s->low; id <= s->high && status == TAD_OK; id++)
        if (s->at[id - s->low] == TAD__SLOT_EMPTY)
            status = push(s, id);
    for (size_t i = 0; i < m && status == TAD_OK; i++)
        status = tad__slot_read(s, y[i].id >= s->low ? s->at[y[i].id - s->low] : TAD__SLOT_EMPTY, y[i], &dy[i]);
    return status;
}

/* `outside` x are below `low`, and nodes there are not looked at. */
static tad_status push_from(uint32_t low, size_t outside, size_t m, const tad_var y[], size_t n, const tad_var x[],
                            const tad_var dx[], tad_var dy[], const char *name, const void *caller)
{
    tad__slots s = {.tape = y[0].tape, .low = low, .outside = outside, .x = x, .name = name, .caller = caller};
    tad_status status = tad__slots_take(&s, m, y, name);
    if (status == TAD_OK) {
        status = run(&s, m, y, n, x, dx, dy);
        tad__slots_free(&s);
    }
    return status;
}

tad_status tad__record_jvps(size_t m, const tad_var y[], size_t n, const tad_var x[], const tad_var dx[], tad_var dy[],
                            const char *name, const void *caller)
{
    uint32_t low = y[0].id;
    for (size_t i = 0; i < n; i++)
        low = x[i].id < low ? x[i].id : low;
    return push_from(low, 0, m, y, n, x, dx, dy, name, caller);
}

tad_status tad__jvp_above(uint32_t low, tad_var y, size_t n, const tad_var x[], const tad_var dx[], tad_var *dy,
                          const char *name, const void *caller)
{
    return push_from(low, n, 1, &y, n, x, dx, dy, name, caller);
}

static tad_status check(tad_var y, size_t n, const tad_var x[], const tad_var dx[], const tad_var dy[],
                        const char *name, const void *caller)
{
    tad_status status = tad__check(y, name, caller);
    if (status != TAD_OK)
        return status;
    if (n > 0 && (!x || !dx || !dy))
        return tad__fail(y.tape, caller, TAD_EARG, "%s: an array is NULL; expected %zu handles each", name, n);
    for (size_t i = 0; i < n && status == TAD_OK; i++) {
        status = tad__handle_status(y.tape, x[i]);
        if (status != TAD_OK)
            return tad__fail(y.tape, caller, status, "%s: x[%zu] is %s", name, i, tad__handle_problem(y.tape, x[i]));
        if (tad_dtype_of(x[i]) == TAD_I64)
            return tad__fail(y.tape, caller, TAD_EDTYPE, "%s: x[%zu] holds indices (i64), which have no tangent", name,
                             i);
        status = tad__check_like(dx[i], x[i], name, caller);
    }
    return status;
}

tad_status tad_jvp(tad_var y, size_t n, const tad_var x[], const tad_var dx[], tad_var *dy)
{
    const void *caller = TAD_CALLER;
    tad_tape   *tape = y.tape;
    tad_status  status = check(y, n, x, dx, dy, "tad_jvp", caller);
    if (status == TAD_OK && !dy)
        status = tad__fail(tape, caller, TAD_EARG, "tad_jvp: dy is NULL");
    if (status == TAD_OK) {
        tad__recording r = tad__begin_recording(tape, caller);
        status = tad__record_jvps(1, &y, n, x, dx, dy, "tad_jvp", caller);
        status = tad__end_recording(tape, r, status, 1, dy);
    }
    if (status != TAD_OK && dy)
        *dy = (tad_var){.tape = tape, .id = TAD__INVALID};
    return status;
}

tad_status tad_hvp(tad_var y, size_t n, const tad_var x[], const tad_var v[], tad_var hv[])
{
    const void *caller = TAD_CALLER;
    tad_tape   *tape = y.tape;
    tad_status  status = check(y, n, x, v, hv, "tad_hvp", caller);
    if (status == TAD_OK && n > 0) {
        tad__recording r = tad__begin_recording(tape, caller);
        size_t         bytes = n * sizeof(tad_var);
        tad_var       *gx = tad__arena_take(&tape->scratch, bytes);
        status = gx ? tad_gradient(y, n, x, gx) : tad__fail_memory(tape, caller, "tad_hvp");
        if (status == TAD_OK && gx)
            status = tad__record_jvps(n, gx, n, x, v, hv, "tad_hvp", caller);
        if (gx)
            tad__arena_rewind(&tape->scratch, gx);
        status = tad__end_recording(tape, r, status, n, hv);
    }
    for (size_t i = 0; i < n && hv && status != TAD_OK; i++)
        hv[i] = (tad_var){.tape = tape, .id = TAD__INVALID};
    return status;
}
