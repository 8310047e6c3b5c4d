#include "diff/slots.h"

#include "diff/rules.h"

#include <tad/elementwise.h>

static size_t nodes_of(const tad__slots *s)
{
    return (size_t)s->high - s->low + 1;
}

tad_status tad__slots_take(tad__slots *s, size_t m, const tad_var y[], const char *name)
{
    s->high = s->low;
    for (size_t i = 0; i < m; i++)
        s->high = y[i].id > s->high ? y[i].id : s->high;
    size_t n = nodes_of(s);
    s->at = tad__arena_take(&s->tape->scratch, (n + s->outside) * sizeof *s->at);
    if (!s->at)
        return tad__fail_memory(s->tape, s->caller, name);
    for (size_t i = 0; i < n + s->outside; i++)
        s->at[i] = i < n ? TAD__SLOT_OUT : TAD__SLOT_EMPTY;
    return TAD_OK;
}

void tad__slots_free(tad__slots *s)
{
    tad__arena_rewind(&s->tape->scratch, s->at);
}

uint32_t *tad__slot_of(const tad__slots *s, uint32_t id)
{
    if (id >= s->low)
        return &s->at[id - s->low];
    for (size_t i = 0; i < s->outside; i++)
        if (s->x[i].id == id)
            return &s->at[nodes_of(s) + i];
    return NULL;
}

tad_status tad__slot_add(const tad__slots *s, uint32_t *slot, tad_var v)
{
    if (*slot < TAD__SLOT_EMPTY)
        v = tad_add(tad__handle(s->tape, *slot), v);
    if (!tad_is_valid(v))
        return tad__status_of_failure(s->tape);
    *slot = v.id;
    return TAD_OK;
}

tad_status tad__slot_read(const tad__slots *s, uint32_t slot, tad_var like, tad_var *out)
{
    *out = slot < TAD__SLOT_EMPTY ? tad__handle(s->tape, slot) : tad__constant_like(like, 0);
    return tad_is_valid(*out) ? TAD_OK : tad__status_of_failure(s->tape);
}
