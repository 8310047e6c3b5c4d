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

/* Hands on the adjoints of nodes below `id` and from `low` on, as long as they are scalars, and returns the first that has a
 * record, or DONE. */
static uint32_t pull_scalars(const tad_tape *tape, uint32_t id, uint32_t low)
{
    const tad__node *const nodes = tape->nodes;
    const double *const    values = tape->values;
    tad__adjoint *const    adjoints = tape->adjoints;
    while (id-- > low) {
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
static tad_status pull_by_recording(const tad__sweep *s, uint32_t id, const tad_array *gy, const bool wanted[])
{
    tad_tape  *tape = s->tape;
    size_t     mark = tape->count;
    tad_var    gx[TAD_MAX_ARITY], cotangent = tad__constant_view(tape, gy, s->caller, s->name);
    tad_status status =
        tad_is_valid(cotangent) ? tad__record_vjp(tape, id, cotangent, wanted, gx, s->caller) : TAD_ENOMEM;
    const uint32_t *in;
    int             n = tad__operands(tape, id, &in);
    for (int k = 0; k < n && status == TAD_OK; k++) {
        tad_array to, from;
        if (!wanted[k] || !gx[k].tape)
            continue;
        status = tad__adjoint_array(s, in[k], &to);
        if (status != TAD_OK)
            break;
        tad__value_array(tape, gx[k].id, &from);
        tad__accumulate(&to, &from, 1);
    }
    tad_tape_rewind(tape, mark);
    return status;
}

static bool is_wanted(const tad__sweep *s, uint32_t id)
{
    return id >= s->low && s->tape->nodes[id].flags & TAD__DIFFERENTIABLE;
}

/* A node with a record. */
static tad_status pull_record(const tad__sweep *s, uint32_t id)
{
    tad_tape          *tape = s->tape;
    const tad__record *record = tape->records[tape->nodes[id].in[0]];
    const tad_op      *op = record->op;
    tad_array          in[TAD_MAX_ARITY], gx[TAD_MAX_ARITY], out, gy;
    bool               wanted[TAD_MAX_ARITY] = {false};
    if (!op || !(tape->nodes[id].flags & TAD__DIFFERENTIABLE)) /* a leaf, or cut off from its operands */
        return TAD_OK;
    bool any = false, only_first = true; /* a view hands on to its first operand only */
    for (int k = 0; k < record->n; k++) {
        wanted[k] = is_wanted(s, record->in[k]);
        any |= wanted[k];
        only_first &= k == 0 || !wanted[k];
    }
    tad_status status = any ? tad__check_uses(tape, id, s->name, s->caller) : TAD_OK;
    if (any && status == TAD_OK)
        status = tad__adjoint_array(s, id, &gy);
    if (!any || status != TAD_OK)
        return status;
    if (!op->backward && !(op->view && only_first))
        return pull_by_recording(s, id, &gy, wanted);
    tad__value_array(tape, id, &out);
    for (int k = 0; k < record->n; k++) {
        tad__value_array(tape, record->in[k], &in[k]);
        gx[k] = in[k];
        gx[k].data = NULL;
        if (wanted[k])
            status = tad__adjoint_array(s, record->in[k], &gx[k]);
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
                       .caller = s->caller,
                       .refused = &refused,
                       .scratch = &scratch};
    if (op->backward) {
        op->backward(&call, &gy, gx);
        return tad__end_call(&call);
    }
    tad_array seen = out; /* the adjoint of the operand, viewed as the operand was */
    call.out = &seen;
    if (!op->view(&call, &gx[0], &seen))
        return tad__fail(tape, s->caller, TAD_EARG, "%s: cannot view an array in C order", op->name);
    tad__accumulate(&seen, &gy, 1);
    return TAD_OK;
}

/* Is it a checkpoint that has something to hand on? */
static bool expands(const tad__sweep *s, uint32_t id)
{
    const tad__record *record = s->tape->records[s->tape->nodes[id].in[0]];
    bool               any = false;
    for (int k = 0; k < record->n; k++)
        any |= is_wanted(s, record->in[k]);
    return any && record->op->compose;
}

/* A checkpoint recorded again at the end of the tape, with its adjoint handed on to the result. A node that was itself
 * recorded in passing, as those from `floor` on are, and everything behind it, has served, and makes room for it. */
static tad_status expand(const tad__sweep *s, uint32_t id, uint32_t floor)
{
    tad_tape          *tape = s->tape;
    const tad__record *record = tape->records[tape->nodes[id].in[0]];
    tad_var            x[TAD_MAX_ARITY], y;
    tad_array          gy, to, value;
    double             number;
    tad_status         status = tad__adjoint_array(s, id, &gy);
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
        return tad__fail_memory(tape, s->caller, s->name);
    if (rule.op->attribute_bytes)
        rule.attributes = memcpy(attributes, record->attributes, rule.op->attribute_bytes);
    if (id >= floor)
        tad_tape_rewind(tape, id);
    uint32_t from = tape->count;
    y = tad__record_again(tape, &rule, &value, s->caller);
    status = tad_is_valid(y) ? tad__adjoints_open(s, from, tape->count) : tape->status;
    if (status == TAD_OK && tape->nodes[y.id].flags & TAD__DIFFERENTIABLE)
        status = tad__adjoint_array(s, y.id, &to);
    if (status == TAD_OK && tape->nodes[y.id].flags & TAD__DIFFERENTIABLE)
        tad__accumulate(&to, &gy, 1);
    if (id >= floor)
        tad__adjoint_give_back(tape, &gy);
    tad__arena_rewind(&tape->scratch, attributes);
    return status;
}

/* What checkpoints record is swept at once, from the end of the tape down, and so are the checkpoints in it, each in place
 * of its node: nothing here recurses, and the tape is never longer than what is needed at the time. */
static tad_status pull_checkpoint(const tad__sweep *s, uint32_t id)
{
    tad_tape  *tape = s->tape;
    uint32_t   mark = tape->count;
    tad_status status = expand(s, id, mark);
    id = tape->count;
    while (status == TAD_OK && (id = pull_scalars(tape, id, mark)) != DONE) {
        if (expands(s, id)) {
            status = expand(s, id, mark);
            id = tape->count;
        } else {
            tad_array adjoint;
            status = pull_record(s, id);
            if (status == TAD_OK)
                status = tad__adjoint_array(s, id, &adjoint);
            if (status == TAD_OK)
                tad__adjoint_give_back(tape, &adjoint);
        }
    }
    if (tape->count >= mark)
        tad_tape_rewind(tape, mark);
    return status;
}

tad_status tad__sweep_start(const tad__sweep *s)
{
    if (s->tape->busy)
        return tad__fail(s->tape, s->caller, TAD_EARG,
                         "%s: it was called by a function that is being recorded for a checkpoint; use tad_gradient "
                         "there",
                         s->name);
    s->tape->swept = 0;
    tad__adjoints_clear(s->tape);
    return tad__adjoints_open(s, s->low, s->high + 1);
}

/* Numbers are copied, so their derivatives are right, but not those that an update of the parameter should use. */
static tad_status check_numbers(const tad__sweep *s)
{
    const tad_tape *tape = s->tape;
    tad_status      status = TAD_OK;
    for (size_t i = 0; i < tape->use_count && status == TAD_OK; i++) {
        uint32_t id = tape->uses[i].id;
        if (id >= s->low && id <= s->high && tape->nodes[id].flags & TAD__SCALAR && tad__is_reached(tape, id))
            status = tad__check_use(s->tape, &tape->uses[i], s->name, s->caller);
    }
    return status;
}

tad_status tad__sweep_run(const tad__sweep *s)
{
    tad_tape  *tape = s->tape;
    tad_frame  outer = tad_enter(tape, NULL, s->caller);
    uint32_t   paused = tad__end_pause(tape), id = s->high + 1;
    tad_status status = TAD_OK;
    while (status == TAD_OK && (id = pull_scalars(tape, id, s->low)) != DONE)
        status = expands(s, id) ? pull_checkpoint(s, id) : pull_record(s, id);
    if (status == TAD_OK)
        status = check_numbers(s);
    tad__pause_again(tape, paused);
    tad_leave(tape, outer);
    return status;
}

static tad_status start(const tad__sweep *s, tad__place_adjoints *place, void *user)
{
    tad_array adjoint;
    tad__value_array(s->tape, s->high, &adjoint);
    int64_t count = tad__array_count(&adjoint);
    if (count != 1)
        return tad__fail(s->tape, s->caller, TAD_ESHAPE, "%s: the value has %lld elements; expected one: sum it first",
                         s->name, (long long)count);
    tad_status status = tad__sweep_start(s);
    if (status == TAD_OK)
        place(s, user);
    if (status == TAD_OK)
        status = tad__adjoint_array(s, s->high, &adjoint);
    if (status == TAD_OK)
        tad__fill(&adjoint, tad__array_number(&adjoint) + 1); /* it may be a parameter, and have one */
    return status;
}

tad_status tad__backward(tad_var y, tad__place_adjoints *place, void *user, const char *name, const void *caller)
{
    tad_status status = tad__check(y, name, caller);
    if (status != TAD_OK)
        return status;
    const tad__sweep s = {.tape = y.tape, .high = y.id, .name = name, .caller = caller};
    status = start(&s, place, user);
    if (status == TAD_OK)
        status = tad__sweep_run(&s);
    if (status == TAD_OK)
        y.tape->swept = y.id + 1;
    return status;
}

static void place_nothing(const tad__sweep *s, void *user)
{
    (void)s, (void)user;
}

tad_status tad_backward(tad_var y)
{
    return tad__backward(y, place_nothing, NULL, "tad_backward", TAD_CALLER);
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
    const tad__sweep s = {.tape = tape, .name = name, .caller = caller};
    return x.id < tape->swept && tad__is_reached(tape, x.id) ? tad__adjoint_array(&s, x.id, out) : TAD_OK;
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
