#include "diff/depend.h"

#include "tensor/loop.h"
#include "tensor/move.h"

#include <string.h>

/* A node no y depends on; one that they do, which depends on no x (so far); one of which sets are known. */
enum { UNNEEDED, NEEDED, KNOWN };

/* ---- arrays of sets ---- */

static tad_array value_of(const tad__dependence *d, uint32_t id)
{
    tad_array value;
    tad__value_array(d->j->tape, id, &value);
    return value;
}

static bool is_scalar(const tad__dependence *d, uint32_t id)
{
    return d->j->tape->nodes[id].flags & TAD__SCALAR;
}

static bool is_known(const tad__dependence *d, uint32_t id)
{
    return id >= d->low && id <= d->high && d->states[id - d->low] == KNOWN;
}

static tad_array sets_of(const tad__dependence *d, uint32_t id)
{
    tad__known *known = &d->known[id - d->low];
    if (!is_scalar(d, id))
        return *known->sets;
    return (tad_array){.dtype = TAD_I64, .rank = 0, .data = &known->set};
}

/* An array of empty sets. */
static bool new_sets(const tad__dependence *d, const tad_array *shape, tad_array *out)
{
    *out = *shape;
    out->dtype = TAD_I64;
    tad__array_set_c_order(out);
    out->data = tad__take(d->j, (size_t)tad__array_count(out), sizeof(int64_t));
    if (out->data)
        memset(out->data, 0, tad__array_bytes(out));
    return out->data;
}

static void unite_run(void *context, int64_t n, char *const at[], const int64_t strides[])
{
    tad__sets     *sets = context;
    int64_t       *to = (int64_t *)(void *)at[0];
    const int64_t *from = (const int64_t *)(const void *)at[1];
    for (int64_t i = 0; i < n; i++) {
        int64_t *set = &to[i * strides[0]];
        *set = tad__sets_union(sets, (uint32_t)*set, (uint32_t)from[i * strides[1]]);
    }
}

static void unite(tad__dependence *d, const tad_array *to, const tad_array *from)
{
    tad__loop(2, (const tad_array *const[]){to, from}, unite_run, &d->sets);
}

/* The same, where `to` repeats along some axes and `from` along others (as in a matrix product): what is united is united
 * first, and then repeated. */
static bool unite_in_two(tad__dependence *d, const tad_array *to, const tad_array *from)
{
    tad_array united = *from, narrow = *from, wide = *to, sums;
    bool      unites = false, repeats = false;
    for (int i = 0; i < to->rank; i++) {
        bool gone = to->strides[i] == 0 && to->dims[i] > 1, again = from->strides[i] == 0 && from->dims[i] > 1;
        unites |= gone && !again;
        repeats |= again && !gone;
        narrow.dims[i] = again ? 1 : to->dims[i];
        wide.dims[i] = gone ? 1 : to->dims[i];
        united.dims[i] = gone || again ? 1 : to->dims[i];
    }
    if (!unites || !repeats || tad__array_count(to) == 0) {
        unite(d, to, from);
        return true;
    }
    if (!new_sets(d, &united, &sums))
        return false;
    tad_array into = tad__array_broadcast(&sums, &narrow), out_of = tad__array_broadcast(&sums, &wide);
    unite(d, &into, &narrow);
    unite(d, &wide, &out_of);
    return true;
}

/* ---- one node ---- */

/* What is being found out: the sets of node `id`. */
typedef struct visit {
    tad__dependence *d;
    uint32_t         id;
    const tad_op    *op;
    tad_call         call;
    tad_array        in[TAD_MAX_ARITY], out; /* values */
    tad_array        sets[TAD_MAX_ARITY];    /* of the operands that have some */
    bool             has[TAD_MAX_ARITY];
    tad_array        result;
} visit;

static bool vanishes(const tad_op *op, int k)
{
    return k < 2 && op->partial[k] && strcmp(op->partial[k], "0") == 0;
}

static bool by_view(visit *v)
{
    tad_array seen = v->out;
    seen.dtype = TAD_I64;
    tad_call call = v->call;
    call.out = &seen;
    if (!v->op->view || !v->has[0] || !v->op->view(&call, &v->sets[0], &seen))
        return false;
    v->result = seen;
    return true;
}

static bool is_elementwise(const visit *v)
{
    bool fits = tad__has_partials(v->op);
    for (int k = 0; k < v->call.n; k++)
        fits &= tad__array_broadcasts_to(&v->in[k], &v->out);
    return fits;
}

static bool by_elements(visit *v)
{
    for (int k = 0; k < v->call.n; k++) {
        tad_array from = tad__array_broadcast(&v->sets[k], &v->result);
        if (v->has[k] && !vanishes(v->op, k))
            unite(v->d, &v->result, &from);
    }
    return true;
}

/* As the operation says. Where it does not know, on all elements of the operand. */
static bool by_description(visit *v)
{
    for (int k = 0; k < v->call.n; k++) {
        tad_array to = v->result, from = v->sets[k];
        if (!v->has[k])
            continue;
        if (!v->op->depends || !v->op->depends(&v->call, k, &to, &from)) {
            int64_t   all = 0;
            tad_array one = {.dtype = TAD_I64, .rank = 0, .data = &all};
            tad_array repeated = tad__array_broadcast(&one, &from);
            to = v->result;
            unite(v->d, &repeated, &from);
            from = tad__array_broadcast(&one, &to);
            unite(v->d, &to, &from);
        } else if (!unite_in_two(v->d, &to, &from)) {
            return false;
        }
    }
    return true;
}

/* Elements that only move take sets along as they take numbers. */
static bool by_moving(visit *v)
{
    const tad_op *op = v->op;
    int64_t       empty = 0, *sets = v->result.data;
    tad_array     in[TAD_MAX_ARITY], none = {.dtype = TAD_I64, .rank = 0, .data = &empty};
    if (!op->any_dtype || op->kink || !op->forward)
        return false;
    for (int k = 0; k < v->call.n; k++) {
        in[k] = v->has[k] ? v->sets[k] : tad__array_broadcast(&none, &v->in[k]);
        if (op->indices >> k & 1)
            in[k] = v->in[k];
    }
    tad_call call = v->call;
    call.in = in;
    call.out = &v->result;
    op->forward(&call);
    if (tad__end_call(&call) != TAD_OK)
        return false;
    bool    good = true;
    int64_t n = tad__array_count(&v->result);
    for (int64_t i = 0; i < n; i++)
        good &= sets[i] >= 0 && (uint64_t)sets[i] < v->d->sets.count;
    if (!good)
        memset(sets, 0, tad__array_bytes(&v->result));
    return good;
}

static bool find_sets(visit *v)
{
    if (by_view(v))
        return true;
    if (!new_sets(v->d, &v->out, &v->result))
        return false;
    if (is_elementwise(v))
        return by_elements(v);
    return by_moving(v) || by_description(v);
}

/* Keeps what was found, beside what is known: an x that depends on another one. */
static bool keep(visit *v)
{
    tad__dependence *d = v->d;
    tad__known      *known = &d->known[v->id - d->low];
    if (is_known(d, v->id)) {
        tad_array own = sets_of(d, v->id);
        unite(d, &own, &v->result);
        return true;
    }
    d->states[v->id - d->low] = KNOWN;
    if (is_scalar(d, v->id)) {
        known->set = *(const int64_t *)v->result.data;
        return true;
    }
    known->sets = tad__take(d->j, 1, sizeof *known->sets);
    if (known->sets)
        *known->sets = v->result;
    return known->sets;
}

static void visit_scalars(tad__dependence *d, uint32_t id, int n, const uint32_t in[])
{
    const tad_op *op = tad__op_of_node(d->j->tape, id);
    tad__known   *known = &d->known[id - d->low];
    uint32_t      set = is_known(d, id) ? (uint32_t)known->set : 0;
    for (int k = 0; k < n; k++)
        if (is_known(d, in[k]) && !vanishes(op, k))
            set = tad__sets_union(&d->sets, set, (uint32_t)d->known[in[k] - d->low].set);
    known->set = set;
    d->states[id - d->low] = KNOWN;
}

static tad_status visit_record(tad__dependence *d, uint32_t id, int n, const uint32_t in[])
{
    tad_tape  *tape = d->j->tape;
    tad_status refused = TAD_OK;
    void      *scratch = NULL;
    bool       any = false;
    visit      v = {.d = d, .id = id, .op = tad__op_of_node(tape, id), .out = value_of(d, id)};
    for (int k = 0; k < n; k++) {
        v.in[k] = value_of(d, in[k]);
        v.has[k] = is_known(d, in[k]);
        v.sets[k] = v.has[k] ? sets_of(d, in[k]) : v.in[k];
        any |= v.has[k];
    }
    v.call = (tad_call){.op = v.op,
                        .n = n,
                        .in = v.in,
                        .out = &v.out,
                        .attributes = tad__attributes(tape, id),
                        .tape = tape,
                        .caller = d->j->caller,
                        .refused = &refused,
                        .scratch = &scratch};
    if (!any)
        return TAD_OK;
    bool found = find_sets(&v);
    return refused != TAD_OK ? refused : found && keep(&v) ? TAD_OK : TAD_ENOMEM;
}

/* ---- all of them ---- */

static void mark_needed(tad__dependence *d)
{
    memset(d->states, UNNEEDED, (size_t)d->high - d->low + 1);
    for (size_t i = 0; i < d->j->y.n; i++)
        if (d->j->y.x[i].id >= d->low)
            d->states[d->j->y.x[i].id - d->low] = NEEDED;
    for (uint32_t id = d->high + 1; id-- > d->low;) {
        const uint32_t *in;
        int             n = d->states[id - d->low] == NEEDED ? tad__operands(d->j->tape, id, &in) : 0;
        for (int k = 0; k < n; k++)
            if (in[k] >= d->low)
                d->states[in[k] - d->low] = NEEDED;
    }
}

/* Each element of an x depends on itself. */
static bool start_with(tad__dependence *d, uint32_t id, uint32_t element)
{
    visit v = {.d = d, .id = id, .out = value_of(d, id)};
    if (id > d->high || d->states[id - d->low] == UNNEEDED)
        return true;
    if (!new_sets(d, &v.out, &v.result))
        return false;
    int64_t n = tad__array_count(&v.result), *sets = v.result.data;
    for (int64_t i = 0; i < n; i++)
        sets[i] = tad__sets_single(&d->sets, element++);
    return keep(&v);
}

static tad_status run(tad__dependence *d)
{
    const tad__jacobian *j = d->j;
    uint32_t             element = 0;
    tad_status           status = TAD_OK;
    mark_needed(d);
    for (size_t i = 0; i < j->x.n; i++) {
        tad_array value = value_of(d, j->x.x[i].id);
        if (!start_with(d, j->x.x[i].id, element))
            return TAD_ENOMEM;
        element += (uint32_t)tad__array_count(&value);
    }
    for (uint32_t id = d->low; id <= d->high && status == TAD_OK && !d->sets.out_of_memory; id++) {
        const uint32_t *in;
        if (d->states[id - d->low] == UNNEEDED || !(j->tape->nodes[id].flags & TAD__DIFFERENTIABLE))
            continue;
        int n = tad__operands(j->tape, id, &in);
        if (j->tape->nodes[id].flags & TAD__RECORD && n > 0)
            status = visit_record(d, id, n, in);
        else if (n > 0)
            visit_scalars(d, id, n, in);
    }
    return d->sets.out_of_memory ? tad__fail_memory(j->tape, j->caller, j->name) : status;
}

tad_status tad__open_dependence(const tad__jacobian *j, tad__dependence *d)
{
    *d = (tad__dependence){.j = j, .low = UINT32_MAX};
    tad__sets_open(&d->sets, &j->tape->allocator);
    if (d->sets.out_of_memory)
        return tad__fail_memory(j->tape, j->caller, j->name);
    for (size_t i = 0; i < j->x.n; i++)
        d->low = j->x.x[i].id < d->low ? j->x.x[i].id : d->low;
    for (size_t i = 0; i < j->y.n; i++)
        d->high = j->y.x[i].id > d->high ? j->y.x[i].id : d->high;
    if (d->low > d->high)
        return TAD_OK;
    if (j->x.elements >= UINT32_MAX)
        return tad__fail(j->tape, j->caller, TAD_ESHAPE, "%s: %zu columns; fewer than 2^32 - 1 are expected", j->name,
                         j->x.elements);
    size_t nodes = (size_t)d->high - d->low + 1;
    d->states = tad__take(j, nodes, sizeof *d->states);
    d->known = d->states ? tad__take(j, nodes, sizeof *d->known) : NULL;
    return d->known ? run(d) : TAD_ENOMEM;
}

void tad__close_dependence(tad__dependence *d)
{
    tad__sets_close(&d->sets);
}

int64_t tad__dependence_count(const tad__dependence *d, uint32_t id)
{
    tad_array value = value_of(d, id);
    return tad__array_count(&value);
}

uint32_t tad__dependence_at(const tad__dependence *d, uint32_t id, int64_t i)
{
    if (!is_known(d, id))
        return 0;
    tad_array sets = sets_of(d, id);
    int64_t   offset = 0;
    for (int axis = sets.rank - 1; axis >= 0; axis--) {
        offset += i % sets.dims[axis] * sets.strides[axis];
        i /= sets.dims[axis];
    }
    return (uint32_t)((const int64_t *)sets.data)[offset];
}
