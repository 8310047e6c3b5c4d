/* Replay: the values of a recorded tape computed again, in place, from other values of its leaves. */
#include "base/hints.h"
#include "base/text.h"
#include "ops/double_rows.h"
#include "tape/tape.h"
#include "tensor/move.h"

#include <tad/replay.h>

#include <math.h>
#include <string.h>

/* ---- computing nodes again ---- */

uint32_t tad__recompute_scalars(const tad_tape *tape, uint32_t id, uint32_t end)
{
    const tad__node *const nodes = tape->nodes;
    double *const          values = tape->values;
    for (; id < end; id++) {
        TAD__PREFETCH(nodes + id + TAD__AHEAD);
        TAD__PREFETCH_TO_WRITE(values + id + TAD__AHEAD);
        const tad__node node = nodes[id];
        if (node.flags & (TAD__RECORD | TAD__LEAF)) {
            if (node.flags & TAD__RECORD)
                return id;
            continue;
        }
        switch (node.row) {
#define UNARY(name, about, where, value, dx)                                                                           \
    case TAD__ROW_##name: {                                                                                            \
        const double x = values[node.in[0]];                                                                           \
        values[id] = (value);                                                                                          \
        break;                                                                                                         \
    }
#define BINARY(name, about, where, value, da, db)                                                                      \
    case TAD__ROW_##name: {                                                                                            \
        const double a = values[node.in[0]], b = values[node.in[1]];                                                   \
        values[id] = (value);                                                                                          \
        break;                                                                                                         \
    }
#include "ops/elementwise.def"
        }
    }
    return end;
}

/* A view follows what it views, except that numbers of scalars stand in the array of values and are copied. */
static void recompute_view(const tad_tape *tape, uint32_t id, const tad__record *record)
{
    double *number = record->array.data;
    if (tape->nodes[record->in[0]].flags & TAD__SCALAR && tad__array_count(&record->array) > 0)
        *number = tape->values[record->in[0]];
    if (tape->nodes[id].flags & TAD__SCALAR)
        tape->values[id] = *number;
}

static tad_status recompute_checkpoint(tad_tape *tape, uint32_t id, const tad__record *record, const void *caller)
{
    tad_var   x[TAD_MAX_ARITY];
    tad_array value, again;
    uint32_t  mark = tape->count;
    for (int k = 0; k < record->n; k++)
        x[k] = tad__handle(tape, record->in[k]);
    const tad_rule rule = {.op = record->op, .n = record->n, .x = x, .attributes = record->attributes, .forgets = true};
    tad__value_array(tape, id, &value);
    tad_var y = tad__record_again(tape, &rule, &value, caller);
    if (tad_is_valid(y)) {
        tad__value_array(tape, id, &value); /* recording may have moved it */
        tad__value_array(tape, y.id, &again);
        tad__copy(&value, &again);
    }
    if (tape->count >= mark)
        tad_tape_rewind(tape, mark);
    return y.id != TAD__INVALID ? TAD_OK : tape->status;
}

static tad_status recompute_record(tad_tape *tape, uint32_t id, const void *caller)
{
    const tad__record *record = tape->records[tape->nodes[id].in[0]];
    const tad_op      *op = record->op;
    tad_array          in[TAD_MAX_ARITY], out;
    if (!op)
        return TAD_OK;
    if (op->compose)
        return recompute_checkpoint(tape, id, record, caller);
    if (tape->nodes[id].flags & TAD__VIEW) {
        recompute_view(tape, id, record);
        return TAD_OK;
    }
    tad__value_array(tape, id, &out);
    for (int k = 0; k < record->n; k++)
        tad__value_array(tape, record->in[k], &in[k]);
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
    if (op->forward)
        op->forward(&call);
    else
        tad__elementwise_map(&call);
    return tad__end_call(&call);
}

tad_status tad__recompute(tad_tape *tape, uint32_t *id, uint32_t end, const void *caller)
{
    tad_status status = TAD_OK;
    tad_frame  outer = tad_enter(tape, NULL, caller);
    while (status == TAD_OK && (*id = tad__recompute_scalars(tape, *id, end)) < end) {
        status = recompute_record(tape, *id, caller);
        ++*id;
    }
    tad_leave(tape, outer);
    return status;
}

/* ---- leaves ---- */

static void swap(void *a, void *b, size_t bytes)
{
    char buffer[512], *p = a, *q = b;
    for (size_t size; bytes > 0; bytes -= size, p += size, q += size) {
        size = bytes < sizeof buffer ? bytes : sizeof buffer;
        memcpy(buffer, p, size);
        memcpy(p, q, size);
        memcpy(q, buffer, size);
    }
}

static void exchange_leaves(const tad_tape *tape)
{
    for (size_t i = 0; i < tape->staged_count; i++) {
        tad__staged *staged = &tape->staged[i];
        tad_array    value;
        tad__value_array(tape, staged->id, &value);
        swap(value.data, staged->data ? staged->data : &staged->number, tad__array_bytes(&value));
    }
}

static void forget_staged(tad_tape *tape)
{
    for (size_t i = 0; i < tape->staged_count; i++)
        tape->nodes[tape->staged[i].id].flags &= (uint16_t)~TAD__STAGED;
    tape->staged_count = 0;
    tad__arena_clear(&tape->staged_arena);
}

void tad__forget_replay(tad_tape *tape, uint32_t id)
{
    size_t kept = 0;
    while (tape->branch_count > 0 && tape->branches[tape->branch_count - 1].id >= id)
        tape->branch_count--;
    for (size_t i = 0; i < tape->staged_count; i++)
        if (tape->staged[i].id < id)
            tape->staged[kept++] = tape->staged[i];
    tape->staged_count = kept;
}

/* ---- branches ---- */

/* The value that a program read, in C order. */
static tad_array outcome(const tad_tape *tape, const tad__branch *branch)
{
    tad_array value;
    tad__value_array(tape, branch->id, &value);
    return value;
}

/* Copies of all outcomes from node `id` on, one behind the other, in scratch memory; NULL: no memory. */
static char *save_outcomes(tad_tape *tape, uint32_t id)
{
    size_t bytes = 0;
    for (size_t i = tape->branch_count; i-- > 0 && tape->branches[i].id >= id;) {
        tad_array value = outcome(tape, &tape->branches[i]);
        bytes += tad__array_bytes(&value);
    }
    char *copies = tad__arena_take(&tape->scratch, bytes), *to = copies;
    for (size_t i = tape->branch_count; copies && i-- > 0 && tape->branches[i].id >= id;) {
        tad_array value = outcome(tape, &tape->branches[i]);
        memcpy(to, value.data, tad__array_bytes(&value));
        to += tad__array_bytes(&value);
    }
    return copies;
}

static tad_status refuse_branch(tad_tape *tape, const tad__branch *branch, int64_t element, double before, double after)
{
    const tad_op   *op = tad__op_of_node(tape, branch->id);
    const uint32_t *in;
    int             n = tad__operands(tape, branch->id, &in);
    char            words[320];
    tad__text       text = {.out = words, .size = sizeof words};
    tad_array       array = outcome(tape, branch);
    tad__text_add(&text, "%s(", op ? op->name : "leaf");
    for (int k = 0; k < n; k++) {
        tad_array operand;
        tad__value_array(tape, in[k], &operand);
        tad__text_add(&text, k ? ", " : "");
        tad__text_add_shape(&text, &operand);
    }
    tad__text_add(&text, ")");
    if (tad__array_count(&array) > 1)
        tad__text_add(&text, ", element %lld,", (long long)element);
    return tad__fail(
        tape, branch->caller, TAD_EBRANCH,
        "tad_replay: %s was %g and would be %g, and the program may branch on it: record it again; it was read", words,
        before, after);
}

/* Is what the program read, of nodes from `from` to below `end`, as it was? */
static tad_status check_outcomes(tad_tape *tape, uint32_t from, uint32_t end, const char *copies)
{
    const tad__branch *changed = NULL;
    int64_t            element = 0;
    double             before = 0, after = 0;
    for (size_t i = tape->branch_count; i-- > 0 && tape->branches[i].id >= from;) {
        const tad__branch *branch = &tape->branches[i];
        tad_array          now = outcome(tape, branch), then = now;
        size_t             size = tad_dtype_size(now.dtype);
        int64_t            count = tad__array_count(&now);
        now.rank = 0; /* element by element */
        then.rank = 0;
        for (int64_t k = 0; k < count; k++, copies += size) {
            then.data = (void *)(uintptr_t)copies;
            double was = tad__array_number(&then), is = tad__array_number(&now);
            bool   same = branch->truth ? (was != 0) == (is != 0) : was == is || (isnan(was) && isnan(is));
            if (!same && branch->id < end) { /* the first one is reported */
                changed = branch;
                element = k;
                before = was;
                after = is;
                copies += (size_t)(count - k) * size;
                break;
            }
            now.data = (char *)now.data + size;
        }
    }
    return changed ? refuse_branch(tape, changed, element, before, after) : TAD_OK;
}

/* ---- all of it ---- */

/* An error that came of taking the wrong branch is not the one to be told. */
static tad_status prefer_branch(tad_tape *tape, tad_status status, tad_status before, uint32_t from, uint32_t end,
                                const char *copies)
{
    char        message[sizeof tape->message];
    const void *caller = tape->caller;
    tad_status  kept = tape->status;
    if (before == TAD_OK) {
        memcpy(message, tape->message, sizeof message);
        tad_tape_clear_error(tape);
    }
    tad_status branch = check_outcomes(tape, from, end, copies);
    if (branch == TAD_OK && before == TAD_OK && kept != TAD_OK) {
        memcpy(tape->message, message, sizeof message);
        tape->status = kept;
        tape->caller = caller;
    }
    return branch != TAD_OK ? branch : status;
}

static tad_status replay(tad_tape *tape, uint32_t from, const char *copies, const void *caller)
{
    uint32_t   end = tape->count, id = from;
    tad_status before = tape->status;
    exchange_leaves(tape);
    tad_status status = tad__recompute(tape, &id, end, caller);
    if (status == TAD_OK && tape->branch_count == 0)
        return TAD_OK;
    /* of a node that refused, nothing is known */
    status = prefer_branch(tape, status, before, from, status == TAD_OK ? end : id - 1, copies);
    if (status == TAD_OK)
        return TAD_OK;
    exchange_leaves(tape);
    uint32_t again = from;
    if (tad__recompute(tape, &again, id, caller) != TAD_OK)
        tad_tape_rewind(tape, from);
    return status;
}

tad_status tad_replay(tad_tape *tape)
{
    const void *caller = TAD_CALLER;
    if (!tape)
        return TAD_EARG;
    if (tape->busy)
        return tad__fail(tape, caller, TAD_EARG,
                         "tad_replay: it was called by a function that is being recorded for a checkpoint");
    tape->swept = 0;
    uint32_t from = tape->count;
    for (size_t i = 0; i < tape->staged_count; i++)
        if (tape->staged[i].id < from)
            from = tape->staged[i].id;
    char      *copies = save_outcomes(tape, from);
    tad_status status = copies ? replay(tape, from, copies, caller) : tad__fail_memory(tape, caller, "tad_replay");
    if (copies)
        tad__arena_rewind(&tape->scratch, copies);
    forget_staged(tape);
    return status;
}
