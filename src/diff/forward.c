/* Forward mode, recorded: tangents travel from the x up to y, node by node. */
#include "diff/rules.h"
#include "diff/sweep.h"

#include <tad/diff.h>
#include <tad/elementwise.h>

/* The tangent of each node from `low` to `high`: none, or a node's number. */
#define UNNEEDED UINT32_MAX     /* no y depends on it */
#define NEEDED (UINT32_MAX - 1) /* one does; it has no tangent */

typedef struct pass {
    tad_tape      *tape;
    uint32_t       low, high;
    uint32_t      *tangents;
    size_t         outside; /* x below `low`: their tangents stand behind the others */
    const tad_var *x;
    const char    *name;
    const void    *caller;
} pass;

/* Where the tangent of a node is kept; NULL for one below `low` that is no x. */
static uint32_t *slot(const pass *p, uint32_t id)
{
    if (id >= p->low)
        return &p->tangents[id - p->low];
    for (size_t i = 0; i < p->outside; i++)
        if (p->x[i].id == id)
            return &p->tangents[(size_t)p->high - p->low + 1 + i];
    return NULL;
}

static void mark_needed(const pass *p, size_t m, const tad_var y[])
{
    for (uint32_t id = p->low; id <= p->high; id++)
        p->tangents[id - p->low] = UNNEEDED;
    for (size_t i = 0; i < p->outside; i++)
        *slot(p, p->x[i].id) = NEEDED;
    for (size_t i = 0; i < m; i++)
        if (y[i].id >= p->low)
            p->tangents[y[i].id - p->low] = NEEDED;
    for (uint32_t id = p->high + 1; id-- > p->low;) {
        const uint32_t *in;
        int             n = p->tangents[id - p->low] == NEEDED ? tad__operands(p->tape, id, &in) : 0;
        for (int k = 0; k < n; k++)
            if (in[k] >= p->low)
                p->tangents[in[k] - p->low] = NEEDED;
    }
}

static tad_status push(const pass *p, uint32_t id)
{
    const uint32_t *in;
    int             n = tad__operands(p->tape, id, &in);
    tad_var         dx[TAD_MAX_ARITY], dy;
    bool            any = false;
    for (int k = 0; k < n; k++) {
        const uint32_t *at = slot(p, in[k]);
        uint32_t        tangent = at ? *at : UNNEEDED;
        dx[k] = tangent < NEEDED ? tad__handle(p->tape, tangent) : (tad_var){0};
        any |= tangent < NEEDED;
    }
    if (!any)
        return TAD_OK;
    tad_status status = tad__check_uses(p->tape, id, p->name, p->caller);
    if (status == TAD_OK)
        status = tad__record_jvp(p->tape, id, dx, &dy, p->caller);
    if (status == TAD_OK && dy.tape)
        p->tangents[id - p->low] = dy.id;
    return status;
}

/* An x that is named twice moves in the sum of its directions. */
static tad_status start_with(const pass *p, uint32_t id, tad_var dx)
{
    uint32_t *tangent = slot(p, id);
    if (*tangent == UNNEEDED)
        return TAD_OK;
    if (*tangent != NEEDED)
        dx = tad_add(tad__handle(p->tape, *tangent), dx);
    if (!tad_is_valid(dx))
        return tad__status_of_failure(p->tape);
    *tangent = dx.id;
    return TAD_OK;
}

static tad_status run(const pass *p, size_t m, const tad_var y[], size_t n, const tad_var x[], const tad_var dx[],
                      tad_var dy[])
{
    tad_status status = TAD_OK;
    mark_needed(p, m, y);
    for (size_t i = 0; i < n && status == TAD_OK; i++)
        if (x[i].id <= p->high)
            status = start_with(p, x[i].id, dx[i]);
    for (uint32_t id = p->low; id <= p->high && status == TAD_OK; id++)
        if (p->tangents[id - p->low] == NEEDED)
            status = push(p, id);
    for (size_t i = 0; i < m && status == TAD_OK; i++) {
        uint32_t tangent = y[i].id >= p->low ? p->tangents[y[i].id - p->low] : NEEDED;
        dy[i] = tangent < NEEDED ? tad__handle(p->tape, tangent) : tad__constant_like(y[i], 0);
        if (!tad_is_valid(dy[i]))
            status = tad__status_of_failure(p->tape);
    }
    return status;
}

/* `outside` x are below `low`, and nodes there are not looked at. */
static tad_status push_from(uint32_t low, size_t outside, size_t m, const tad_var y[], size_t n, const tad_var x[],
                            const tad_var dx[], tad_var dy[], const char *name, const void *caller)
{
    pass p = {.tape = y[0].tape, .low = low, .high = low, .outside = outside, .x = x, .name = name, .caller = caller};
    for (size_t i = 0; i < m; i++)
        p.high = y[i].id > p.high ? y[i].id : p.high;
    size_t bytes = ((size_t)p.high - p.low + 1 + outside) * sizeof *p.tangents;
    p.tangents = tad__arena_take(&p.tape->scratch, bytes);
    if (!p.tangents)
        return tad__fail_memory(p.tape, caller, name);
    tad_status status = run(&p, m, y, n, x, dx, dy);
    tad__arena_rewind(&p.tape->scratch, p.tangents);
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
