/* The reverse sweep, as numbers: from y down, every node that the sweep has reached hands its adjoint on to its operands.
 * It knows no operation: a scalar's arithmetic comes from the rows, a tensor's from its operation. */
#include "base/hints.h"
#include "diff/adjoints.h"
#include "diff/rules.h"
#include "ops/double_rows.h"
#include "tensor/move.h"

#include <tad/diff.h>

#include <math.h>
#include <string.h>

static inline void add(tad__adjoint *to, double contribution)
{
    to->number = to->bits == TAD__UNREACHED ? contribution : to->number + contribution;
}

/* The sweep has come to the end of its nodes. */
#define DONE UINT32_MAX

/* Hands on the adjoints of nodes below `id` and from `floor` on, as long as they are scalars, and returns the first that has
 * a record, or DONE. */
static uint32_t pull_scalars(const tad_tape *tape, uint32_t id, uint32_t floor)
{
    const tad__node *const nodes = tape->nodes;
    const double *const    values = tape->values;
    tad__adjoint *const    adjoints = tape->adjoints;
    while (id-- > floor) {
        if (id % 8 == 0) { /* a line of adjoints and one of values, two of nodes */
            TAD__PREFETCH_TO_WRITE(adjoints + id - TAD__AHEAD);
            TAD__PREFETCH(values + id - TAD__AHEAD);
            TAD__PREFETCH(nodes + id - TAD__AHEAD);
            TAD__PREFETCH(nodes + id - TAD__AHEAD + 4);
        }
        const tad__adjoint adjoint = adjoints[id];
        const tad__node    node = nodes[id];
        if (adjoint.bits == TAD__UNREACHED || !(node.flags & (TAD__WANT_A | TAD__WANT_B | TAD__RECORD)))
            continue;
        if (node.flags & TAD__RECORD)
            return id;
        const double g = adjoint.number, y = values[id];
        if (g == 0) /* a zero hands nothing on, not even to an infinite derivative */
            continue;
        switch (node.row) {
#define UNARY(name, about, where, value, dx)                                                                           \
    case TAD__ROW_##name: {                                                                                            \
        const double x = values[node.in[0]];                                                                           \
        (void)x, (void)y;                                                                                              \
        if (!TAD__VANISHES(dx))                                                                                        \
            add(&adjoints[node.in[0]], g *(dx));                                                                       \
        break;                                                                                                         \
    }
#define BINARY(name, about, where, value, da, db)                                                                      \
    case TAD__ROW_##name: {                                                                                            \
        const double a = values[node.in[0]], b = values[node.in[1]];                                                   \
        (void)a, (void)b, (void)y;                                                                                     \
        if (!TAD__VANISHES(da) && node.flags & TAD__WANT_A)                                                            \
            add(&adjoints[node.in[0]], g *(da));                                                                       \
        if (!TAD__VANISHES(db) && node.flags & TAD__WANT_B)                                                            \
            add(&adjoints[node.in[1]], g *(db));                                                                       \
        break;                                                                                                         \
    }
#include "ops/elementwise.def"
        }
    }
    return DONE;
}

/* An operation without a rule in numbers: its recorded rule is recorded, read, and forgotten. */
static tad_status pull_by_recording(tad_tape *tape, uint32_t id, const tad_array *gy, const bool wanted[],
                                    const void *caller)
{
    size_t     mark = tape->count;
    tad_var    gx[TAD_MAX_ARITY], cotangent = tad__constant_view(tape, gy, caller, "tad_backward");
    tad_status status = tad_is_valid(cotangent) ? tad__record_vjp(tape, id, cotangent, wanted, gx, caller) : TAD_ENOMEM;
    const uint32_t *in;
    int             n = tad__operands(tape, id, &in);
    for (int k = 0; k < n && status == TAD_OK; k++) {
        tad_array to, from;
        if (!wanted[k] || !gx[k].tape)
            continue;
        status = tad__adjoint_array(tape, in[k], &to, caller);
        if (status != TAD_OK)
            break;
        tad__value_array(tape, gx[k].id, &from);
        tad__accumulate(&to, &from, 1);
    }
    tad_tape_rewind(tape, mark);
    return status;
}

/* A node with a record. */
static tad_status pull_record(tad_tape *tape, uint32_t id, const void *caller)
{
    const tad__record *record = tape->records[tape->nodes[id].in[0]];
    const tad_op      *op = record->op;
    tad_array          in[TAD_MAX_ARITY], gx[TAD_MAX_ARITY], out, gy;
    bool               wanted[TAD_MAX_ARITY] = {false};
    if (!op)
        return TAD_OK;
    bool any = false, only_first = true; /* a view hands on to its first operand only */
    for (int k = 0; k < record->n; k++) {
        wanted[k] = tape->nodes[record->in[k]].flags & TAD__DIFFERENTIABLE;
        any |= wanted[k];
        only_first &= k == 0 || !wanted[k];
    }
    tad_status status = any ? tad__adjoint_array(tape, id, &gy, caller) : TAD_OK;
    if (!any || status != TAD_OK)
        return status;
    if (!op->backward && !(op->view && only_first))
        return pull_by_recording(tape, id, &gy, wanted, caller);
    tad__value_array(tape, id, &out);
    bool fresh = false;
    for (int k = 0; k < record->n; k++) {
        tad__value_array(tape, record->in[k], &in[k]);
        gx[k] = in[k];
        gx[k].data = NULL;
        if (wanted[k])
            status = op->backward ? tad__adjoint_array(tape, record->in[k], &gx[k], caller)
                                  : tad__adjoint_array_to_write(tape, record->in[k], &gx[k], &fresh, caller);
        if (status != TAD_OK)
            return status;
    }
    tad_status refused = TAD_OK;
    void      *scratch = NULL;
    tad_call   call = {.op = op,
                       .n = record->n,
                       .in = in,
                       .out = &out,
                       .attributes = record->attributes,
                       .tape = tape,
                       .caller = caller,
                       .refused = &refused,
                       .scratch = &scratch};
    if (op->backward) {
        op->backward(&call, &gy, gx);
        return tad__end_call(&call);
    }
    tad_array seen = out; /* the adjoint of the operand, viewed as the operand was */
    call.out = &seen;
    if (!op->view(&call, &gx[0], &seen))
        return tad__fail(tape, caller, TAD_EARG, "%s: cannot view an array in C order", op->name);
    if (fresh && tad__array_is_c_order(&seen) && tad__array_bytes(&seen) == tad__array_bytes(&gx[0])) {
        memcpy(gx[0].data, gy.data, tad__array_bytes(&gy)); /* the same elements, as after a reshape */
        return TAD_OK;
    }
    if (fresh)
        memset(gx[0].data, 0, tad__array_bytes(&gx[0]));
    tad__accumulate(&seen, &gy, 1);
    return TAD_OK;
}

static bool is_checkpoint(const tad_tape *tape, uint32_t id)
{
    const tad_op *op = tape->records[tape->nodes[id].in[0]]->op;
    return op && op->compose;
}

/* A checkpoint recorded again at the end of the tape, with its adjoint handed on to the result. A node that was itself
 * recorded in passing, as those from `floor` on are, and everything behind it, has served, and makes room for it. */
static tad_status expand(tad_tape *tape, uint32_t id, uint32_t floor, const void *caller)
{
    const tad__record *record = tape->records[tape->nodes[id].in[0]];
    tad_var            x[TAD_MAX_ARITY], y;
    tad_array          gy, to, value;
    double             number;
    tad_status         status = tad__adjoint_array(tape, id, &gy, caller);
    if (status != TAD_OK)
        return status;
    if (tad__array_is_scalar(&gy)) { /* which lies in an array that grows */
        number = *(double *)gy.data;
        gy.data = &number;
    }
    value = gy;
    for (int k = 0; k < record->n; k++)
        x[k] = tad__handle(tape, record->in[k]);
    tad_rule rule = {.op = record->op, .n = record->n, .x = x, .attributes = record->attributes};
    void    *attributes = tad__arena_take(&tape->scratch, rule.op->attribute_bytes);
    if (!attributes)
        return tad__fail_memory(tape, caller, "tad_backward");
    if (rule.op->attribute_bytes)
        rule.attributes = memcpy(attributes, record->attributes, rule.op->attribute_bytes);
    if (id >= floor)
        tad_tape_rewind(tape, id);
    uint32_t from = tape->count;
    y = tad__record_again(tape, &rule, &value, caller);
    status = tad_is_valid(y) ? tad__adjoints_open(tape, from, tape->count, caller) : tape->status;
    if (status == TAD_OK && tape->nodes[y.id].flags & TAD__DIFFERENTIABLE)
        status = tad__adjoint_array(tape, y.id, &to, caller);
    if (status == TAD_OK && tape->nodes[y.id].flags & TAD__DIFFERENTIABLE)
        tad__accumulate(&to, &gy, 1);
    if (id >= floor)
        tad__adjoint_give_back(tape, &gy);
    tad__arena_rewind(&tape->scratch, attributes);
    return status;
}

/* What checkpoints record is swept at once, from the end of the tape down, and so are the checkpoints in it, each in place
 * of its node: nothing here recurses, and the tape is never longer than what is needed at the time. */
static tad_status pull_checkpoint(tad_tape *tape, uint32_t id, const void *caller)
{
    uint32_t   mark = tape->count;
    tad_status status = expand(tape, id, mark, caller);
    id = tape->count;
    while (status == TAD_OK && (id = pull_scalars(tape, id, mark)) != DONE) {
        if (is_checkpoint(tape, id)) {
            status = expand(tape, id, mark, caller);
            id = tape->count;
        } else {
            tad_array adjoint;
            status = pull_record(tape, id, caller);
            if (status == TAD_OK)
                status = tad__adjoint_array(tape, id, &adjoint, caller);
            if (status == TAD_OK)
                tad__adjoint_give_back(tape, &adjoint);
        }
    }
    if (tape->count >= mark)
        tad_tape_rewind(tape, mark);
    return status;
}

static tad_status start(tad_var y, tad_array *adjoint, const void *caller)
{
    tad_tape *tape = y.tape;
    tad_array value;
    tad__value_array(tape, y.id, &value);
    if (tad__array_count(&value) != 1)
        return tad__fail(tape, caller, TAD_ESHAPE,
                         "tad_backward: the value has %lld elements; expected one: sum it first",
                         (long long)tad__array_count(&value));
    tape->swept = 0;
    tad__adjoints_clear(tape);
    tad_status status = tad__adjoints_open(tape, 0, y.id + 1, caller);
    if (status == TAD_OK)
        status = tad__adjoint_array(tape, y.id, adjoint, caller);
    if (status == TAD_OK)
        tad__fill(adjoint, 1);
    return status;
}

tad_status tad_backward(tad_var y)
{
    const void *caller = TAD_CALLER;
    tad_array   adjoint = {0};
    tad_status  status = tad__check(y, "tad_backward", caller);
    if (status == TAD_OK && y.tape->busy)
        status = tad__fail(y.tape, caller, TAD_EARG,
                           "tad_backward: it was called by a function that is being recorded for a checkpoint; use "
                           "tad_gradient there");
    if (status == TAD_OK)
        status = start(y, &adjoint, caller);
    if (status != TAD_OK)
        return status;
    tad_tape *tape = y.tape;
    tad_frame outer = tad_enter(tape, NULL, caller);
    uint32_t  id = y.id + 1;
    while (status == TAD_OK && (id = pull_scalars(tape, id, 0)) != DONE)
        status = is_checkpoint(tape, id) ? pull_checkpoint(tape, id, caller) : pull_record(tape, id, caller);
    tad_leave(tape, outer);
    if (status == TAD_OK)
        tape->swept = y.id + 1;
    return status;
}

/* The adjoint of x for reading; data is NULL if the sweep did not reach it. */
static tad_status find_adjoint(tad_var x, tad_array *out, const char *name, const void *caller)
{
    tad_status status = tad__check(x, name, caller);
    if (status != TAD_OK)
        return status;
    tad_tape *tape = x.tape;
    if (tape->swept == 0)
        return tad__fail(tape, caller, TAD_EARG,
                         "%s: there are no adjoints: no tad_backward succeeded since the rewind or replay", name);
    if (!(tape->nodes[x.id].flags & TAD__DIFFERENTIABLE))
        return tad__fail(
            tape, caller, TAD_EARG,
            "%s: the value does not depend on a differentiable leaf: record it with tad_scalar or tad_tensor", name);
    tad__value_array(tape, x.id, out);
    tad__array_set_c_order(out);
    out->data = NULL;
    if (x.id < tape->swept && tape->adjoints[x.id].bits != TAD__UNREACHED)
        return tad__adjoint_array(tape, x.id, out, caller);
    return TAD_OK;
}

double tad_grad(tad_var x)
{
    const tad_tape *tape = x.tape;
    const uint16_t  scalar = TAD__SCALAR | TAD__DIFFERENTIABLE;
    if (tape && tad__is_on(tape, x) && x.id < tape->swept && (tape->nodes[x.id].flags & scalar) == scalar)
        return tape->adjoints[x.id].bits == TAD__UNREACHED ? 0 : tape->adjoints[x.id].number;
    tad_array adjoint = {0};
    if (find_adjoint(x, &adjoint, "tad_grad", TAD_CALLER) != TAD_OK)
        return nan("");
    int64_t count = tad__array_count(&adjoint);
    if (count != 1) {
        tad__fail(x.tape, TAD_CALLER, TAD_ESHAPE,
                  "tad_grad: the value has %lld elements; expected one: use tad_read_grad", (long long)count);
        return nan("");
    }
    if (!adjoint.data)
        return 0;
    return tad__array_number(&adjoint);
}

tad_status tad_read_grad(tad_var x, void *out, size_t bytes)
{
    tad_array  adjoint = {0};
    tad_status status = find_adjoint(x, &adjoint, "tad_read_grad", TAD_CALLER);
    if (status != TAD_OK)
        return status;
    size_t needed = tad__array_bytes(&adjoint);
    if (bytes < needed || (!out && needed))
        return tad__fail(x.tape, TAD_CALLER, TAD_EARG, "tad_read_grad: %zu bytes%s; the gradient has %zu", bytes,
                         out ? " of room" : " at NULL", needed);
    if (needed && adjoint.data)
        memcpy(out, adjoint.data, needed);
    else if (needed)
        memset(out, 0, needed);
    return TAD_OK;
}
