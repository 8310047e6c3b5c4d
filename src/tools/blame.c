/* Blame: the operations of a function one by one, the first that is wrong by itself, and the line that recorded it. */
#include "base/callsite.h"
#include "base/text.h"
#include "tensor/move.h"
#include "tools/local.h"

#include <math.h>
#include <string.h>

typedef struct search {
    tad__checked *c;
    tad_tape     *tape;
    uint32_t      first, end; /* the nodes of the function */
    tad__local    local;      /* that of the node looked at */
    uint32_t      found;
    bool          any;
} search;

/* ---- the function once more ---- */

static tad_status record(tad__checked *c, tad_var *y)
{
    *y = c->f(c->user, c->n, c->inputs);
    if (tad_is_valid(*y) && y->tape == c->tape)
        return TAD_OK;
    tad_status status = c->tape->status != TAD_OK ? c->tape->status : TAD_EARG;
    return tad__fail(c->tape, c->caller, status, "tad_gradcheck: the function returned an invalid result");
}

/* Recording stops in front of the node: the error that this gives is of the line that wants to record it. */
static void locate(search *s)
{
    tad_tape  *tape = s->tape;
    size_t     mark = tad_tape_mark(tape);
    tad_blame *blame = &s->c->report->blame;
    tad_var    y;
    if (tape->status != TAD_OK)
        return;
    tad__set_limit(tape, s->found - s->first + tape->count);
    tad_status status = record(s->c, &y);
    tad__set_limit(tape, 0);
    const void *caller = tape->caller;
    if (tape->count >= mark)
        tad_tape_rewind(tape, mark);
    tad_tape_clear_error(tape);
    tad__text where = {.out = blame->where, .size = sizeof blame->where};
    if (status != TAD_OK)
        tad__callsite_add(&where, caller);
}

/* ---- looking at the nodes ---- */

typedef tad_status visitor(search *s, bool *found);

static tad_status wrong_along(search *s, bool *found)
{
    return tad__local_check(&s->local, found);
}

static tad_status wrong_in_place(search *s, bool *found)
{
    tad__in_place where;
    tad_status    status = tad__local_in_place(&s->local, &where);
    *found = status == TAD_OK && where.cause != TAD_CAUSE_NONE;
    if (*found) {
        tad_gradcheck_report *report = s->c->report;
        bool                  repeated = where.cause == TAD_CAUSE_REPEATED;
        report->cause = where.cause;
        report->modes = TAD_BY_BACKWARD;
        report->blame.operand = where.operand;
        report->blame.element = where.element;
        report->blame.analytic = where.found;
        report->blame.numeric = where.right;
        tad__text words = {.out = report->evidence, .size = sizeof report->evidence};
        tad__text_add(&words, "tad_backward: the operation is right where its operands are %s, and wrong %s",
                      repeated ? "used only once" : "in C order",
                      repeated ? "where an operand is used again, by it or by another operation" : "where they are views");
    }
    return status;
}

/* Nodes of which some operand is differentiable, and whose result is floats. */
static bool eligible(const search *s, uint32_t id, bool constant)
{
    const uint32_t *in;
    const tad_op   *op = tad__op_of_node(s->tape, id);
    int             n = tad__operands(s->tape, id, &in);
    tad_array       out;
    bool            any = false;
    for (int k = 0; k < n; k++)
        any |= (s->tape->nodes[in[k]].flags & TAD__DIFFERENTIABLE) != 0;
    tad__value_array(s->tape, id, &out);
    return op && any && out.dtype != TAD_I64 && op->constant == constant;
}

static tad_status search_with(search *s, visitor *visit, bool constant)
{
    tad_status status = TAD_OK;
    for (uint32_t id = s->first; id < s->end && status == TAD_OK && !s->any; id++) {
        if (!eligible(s, id, constant))
            continue;
        tad__local_open(&s->local, s->tape, id);
        status = tad__local_read(&s->local);
        if (status == TAD_OK)
            status = visit(s, &s->any);
        tad__local_close(&s->local);
        if (s->any)
            s->found = id;
    }
    return status;
}

/* ---- what is found ---- */

static void describe(const search *s)
{
    const tad__local *local = &s->local;
    tad_blame        *blame = &s->c->report->blame;
    tad__text         name = {.out = blame->operation, .size = sizeof blame->operation};
    tad__text         call = {.out = blame->call, .size = sizeof blame->call};
    tad__text_add(&name, "%s", local->op->name);
    tad__text_add(&call, "%s(", local->op->name);
    for (int k = 0; k < local->n; k++) {
        tad__text_add(&call, k ? ", " : "");
        tad__text_add_shape(&call, &local->in[k]);
    }
    tad__text_add(&call, ") = ");
    tad__text_add_shape(&call, &local->out);
    blame->node = s->found - s->first;
}

static double value_of(const tad__local *local, int operand, int64_t element)
{
    const double *values = local->values;
    for (int k = 0; k < operand; k++)
        values += tad__array_count(&local->shape[k]);
    return values[element];
}

/* The entry that is most wrong, and how. */
static tad_status find_entry(search *s)
{
    tad_gradcheck_report local;
    tad__outputs         outputs = {0};
    tad_blame           *blame = &s->c->report->blame;
    tad_status           status = tad__local_probe(&s->local, 0, &local, &outputs);
    if (status == TAD_OK && local.wrong > 0) {
        const tad_gradcheck_entry *entry = &local.entries[local.worst_entry];
        double                     derivatives[] = {entry->analytic, entry->recorded, entry->forward};
        blame->operand = (int)entry->input;
        blame->element = entry->element;
        blame->numeric = entry->numeric;
        blame->analytic = entry->analytic;
        for (int k = 0; k < 3; k++) /* the one that is wrong */
            if (!(fabs(derivatives[k] - entry->numeric) <= fabs(blame->analytic - entry->numeric)))
                blame->analytic = derivatives[k];
    }
    tad__give_back_items(&s->local.tape->allocator, outputs.y, (size_t)outputs.room, 2 * sizeof(double));
    tad_gradcheck_free(&local);
    return status == TAD_ENOMEM ? status : TAD_OK;
}

static tad_status diagnose_node(search *s)
{
    tad_gradcheck_report *report = s->c->report;
    int                   rank[TAD_MAX_ARITY];
    int64_t               dims[TAD_MAX_ARITY][TAD_MAX_RANK];
    for (int k = 0; k < s->local.n; k++) {
        rank[k] = s->local.shape[k].rank;
        memcpy(dims[k], s->local.shape[k].dims, (size_t)rank[k] * sizeof(int64_t));
    }
    bool       broadcast = false;
    tad_status status = s->local.order == 2 ? TAD_OK : tad__local_right_if_repeated(&s->local, &broadcast);
    if (status != TAD_OK)
        return status;
    const tad__subject subject = {.probe = tad__local_probe,
                                  .user = &s->local,
                                  .n = (size_t)s->local.n,
                                  .rank = rank,
                                  .dims = (const int64_t(*)[TAD_MAX_RANK])dims,
                                  .input = "operand",
                                  .name = "the derivative"};
    status = tad__diagnose(&subject, &s->local.tape->allocator, report);
    if (status == TAD_OK && broadcast) {
        tad__text words = {.out = report->evidence, .size = sizeof report->evidence};
        report->cause = TAD_CAUSE_BROADCAST;
        report->factor = 0;
        tad__text_add(&words, "the operation is right on operands that are repeated to one shape beforehand, and wrong "
                              "where it has to repeat them itself");
    }
    return status;
}

static tad_status finish(search *s, bool in_place)
{
    tad__local_open(&s->local, s->tape, s->found);
    tad_status status = tad__local_read(&s->local);
    if (status == TAD_OK && !in_place)
        status = find_entry(s);
    if (status == TAD_OK) {
        describe(s);
        s->c->report->blame.value = value_of(&s->local, s->c->report->blame.operand, s->c->report->blame.element);
    }
    if (status == TAD_OK && !in_place)
        status = diagnose_node(s);
    tad__local_close(&s->local);
    return status;
}

/* ---- no operation is to blame: the function as a whole ---- */

typedef struct whole {
    tad__checked *c;
    tad__inner    inner;
} whole;

static tad_status probe_whole(void *user, int point, tad_gradcheck_report *report, tad__outputs *outputs)
{
    const whole  *w = user;
    tad_tape     *tape = w->c->tape;
    size_t        mark = tad_tape_mark(tape);
    bool          clean = tape->status == TAD_OK;
    tad__checked  c = *w->c;
    tad_status    status = TAD_OK;
    tad_var      *x = tad__take_items(&tape->allocator, c.n, sizeof *x);
    (void)outputs;
    *report = (tad_gradcheck_report){0};
    if (!x)
        return TAD_ENOMEM;
    for (size_t k = 0; k < c.n && status == TAD_OK; k++) {
        tad_array in, copy;
        x[k] = c.inputs[k];
        tad__value_array(tape, x[k].id, &in);
        if (!tad_is_differentiable(x[k]))
            continue;
        copy = in;
        copy.dtype = TAD_F64;
        tad__array_set_c_order(&copy);
        int64_t count = tad__array_count(&copy);
        double *numbers = copy.data = tad__arena_take(&tape->scratch, (size_t)count * sizeof *numbers);
        status = numbers ? TAD_OK : TAD_ENOMEM;
        if (status != TAD_OK)
            break;
        tad__copy(&copy, &in);
        for (int64_t i = 0; i < count; i++)
            numbers[i] = tad__moved(numbers[i], point, (uint64_t)i + 1000 * k);
        x[k] = tad_tensor(tape, TAD_F64, copy.rank, copy.dims, numbers);
        status = tad_is_valid(x[k]) ? TAD_OK : TAD_ENOMEM;
        tad__arena_rewind(&tape->scratch, numbers);
    }
    c.inputs = x;
    c.report = report;
    c.most = TAD__MOST_ENTRIES;
    c.options.no_diagnosis = true;
    if (c.options.order == 2) {
        c.f = tad__gradient_of;
        c.user = (void *)(uintptr_t)&w->inner;
    }
    if (status == TAD_OK)
        status = tad__check_function(&c);
    tad__give_back_items(&tape->allocator, x, c.n, sizeof *x);
    tad_tape_rewind(tape, mark);
    if (clean && status != TAD_ENOMEM)
        tad_tape_clear_error(tape);
    return status;
}

static tad_status diagnose_whole(tad__checked *c)
{
    const tad_allocator *allocator = &c->tape->allocator;
    int                 *rank = tad__take_items(allocator, c->n, sizeof *rank);
    int64_t(*dims)[TAD_MAX_RANK] = tad__take_items(allocator, c->n, sizeof *dims);
    whole              w = {c, {c->f, c->user, c->options.seed + 7}};
    const tad__subject subject = {.probe = probe_whole,
                                  .user = &w,
                                  .n = c->n,
                                  .rank = rank,
                                  .dims = (const int64_t(*)[TAD_MAX_RANK])dims,
                                  .input = "input",
                                  .name = "the derivative"};
    tad_status         status = rank && dims ? TAD_OK : TAD_ENOMEM;
    for (size_t k = 0; k < c->n && status == TAD_OK; k++) {
        tad_array array;
        tad__value_array(c->tape, c->inputs[k].id, &array);
        rank[k] = array.rank;
        memcpy(dims[k], array.dims, (size_t)array.rank * sizeof(int64_t));
    }
    if (status == TAD_OK)
        status = tad__diagnose(&subject, allocator, c->report);
    tad__give_back_items(allocator, rank, c->n, sizeof *rank);
    tad__give_back_items(allocator, dims, c->n, sizeof *dims);
    return status;
}

static void say(tad_gradcheck_report *report, tad_cause cause, const char *evidence)
{
    tad__text words = {.out = report->evidence, .size = sizeof report->evidence};
    report->cause = cause;
    tad__text_add(&words, "%s", evidence);
}

/* ---- all of it ---- */

static tad_status look(search *s)
{
    tad_gradcheck_report *report = s->c->report;
    bool                  in_place = false, cut = false;
    tad_status            status = search_with(s, wrong_along, false);
    if (status == TAD_OK && !s->any && s->local.order < 2) {
        status = search_with(s, wrong_in_place, false);
        in_place = s->any;
    }
    if (status == TAD_OK && !s->any) {
        status = search_with(s, wrong_along, true);
        cut = s->any;
    }
    if (status == TAD_OK && s->any) {
        status = finish(s, in_place);
        if (status == TAD_OK)
            locate(s);
        if (cut)
            say(report, TAD_CAUSE_DETACHED, "the result of this operation is a constant to derivatives, and not to differences");
        return status;
    }
    if (status == TAD_OK && s->c->detached)
        say(report, TAD_CAUSE_DETACHED,
            "each operation is right, and with moved inputs the recorded operations give something else than the function");
    else if (status == TAD_OK)
        status = diagnose_whole(s->c);
    return status;
}

tad_status tad__blame(tad__checked *c)
{
    tad_tape  *tape = c->tape;
    size_t     mark = tad_tape_mark(tape);
    search     s = {.c = c, .tape = tape, .first = tape->count};
    tad_var    y;
    if (c->random) {
        say(c->report, TAD_CAUSE_RANDOM, "the function gave another value for the same inputs");
        return TAD_OK;
    }
    s.local.tape = tad_tape_new_with(&tape->allocator);
    if (!s.local.tape)
        return tad__fail_memory(tape, c->caller, "tad_gradcheck");
    s.local.order = c->options.order;
    s.local.seed = c->options.seed + 11;
    tad_status status = record(c, &y);
    s.end = tape->count;
    if (status == TAD_OK)
        status = look(&s);
    tad_tape_free(s.local.tape);
    tad_tape_rewind(tape, mark);
    return status == TAD_ENOMEM ? tad__fail_memory(tape, c->caller, "tad_gradcheck") : status;
}
