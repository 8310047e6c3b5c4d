/* Checking a function that is recorded on a tape: its values at moved inputs, and what they say of its derivatives. */
#include "tools/check.h"
#include "diff/adjoints.h"
#include "tensor/move.h"

#include <tad/diff.h>
#include <tad/elementwise.h>
#include <tad/operations.h>

#include "base/random.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* From so many entries on the recorded tape is computed again with moved inputs, instead of being recorded again. */
enum { REPLAY_FROM = 24, LISTS = 5 };

static const char name[] = "tad_gradcheck";

void *tad__take_items(const tad_allocator *allocator, size_t count, size_t item_bytes)
{
    size_t bytes;
    return tad__multiply(count, item_bytes, &bytes) ? tad__resize(allocator, NULL, 0, bytes) : NULL;
}

void tad__give_back_items(const tad_allocator *allocator, void *block, size_t count, size_t item_bytes)
{
    tad__resize(allocator, block, block ? count * item_bytes : 0, 0);
}

tad_status tad__check_no_memory(const tad__checker *k)
{
    return tad__fail_memory(k->tape, k->c->caller, name);
}

/* ---- evaluating the function ---- */

tad_var tad__leaf_like(const tad__checker *k, tad_var input, const double values[], bool differentiable)
{
    tad_array array;
    tad__value_array(k->tape, input.id, &array);
    return differentiable ? tad_tensor(k->tape, TAD_F64, array.rank, array.dims, values)
                          : tad_tensor_constant(k->tape, TAD_F64, array.rank, array.dims, values);
}

static tad_status record_inputs(const tad__checker *k)
{
    const double *values = k->values;
    for (size_t i = 0; i < k->c->n; i++) {
        k->x[i] = k->c->inputs[i];
        if (!tad_is_differentiable(k->c->inputs[i]))
            continue;
        k->x[i] = tad__leaf_like(k, k->c->inputs[i], values, true);
        if (!tad_is_valid(k->x[i]))
            return TAD_ENOMEM;
        values += tad_count(k->c->inputs[i]);
    }
    return TAD_OK;
}

static tad_status evaluate(const tad__checker *k, tad_var *y)
{
    tad_status status = record_inputs(k);
    if (status != TAD_OK)
        return status;
    bool clean = k->tape->status == TAD_OK;
    *y = k->c->f(k->c->user, k->c->n, k->x);
    if (clean && k->tape->status == TAD_ENOMEM) /* C may have gone on with something else */
        return TAD_ENOMEM;
    if (y->tape == k->tape && tad_is_valid(*y))
        return TAD_OK;
    status = k->tape->status != TAD_OK ? k->tape->status : TAD_EARG;
    return tad__fail(k->tape, k->c->caller, status, "%s: the function returned an invalid result", name);
}

void tad__read_numbers(const tad__checker *k, tad_var x, double to[])
{
    tad_array from, copy;
    tad__value_array(k->tape, x.id, &from);
    copy = from;
    copy.dtype = TAD_F64;
    copy.data = to;
    tad__array_set_c_order(&copy);
    tad__copy(&copy, &from);
}

static tad_status evaluate_again(const tad__checker *k, double y[])
{
    tad_var    result;
    size_t     mark = tad_tape_mark(k->tape);
    tad_status status = evaluate(k, &result);
    if (status == TAD_OK && tad_count(result) != k->outputs)
        status = tad__fail(k->tape, k->c->caller, TAD_ESHAPE, "%s: the function's result changes its shape", name);
    if (status == TAD_OK)
        tad__read_numbers(k, result, y);
    tad_tape_rewind(k->tape, mark);
    return status;
}

/* Computes y again, from node `first` on. */
tad_status tad__replay_from(const tad__checker *k, uint32_t first, tad_var y, double to[])
{
    uint32_t   id = first;
    tad_status status = tad__recompute(k->tape, &id, y.id + 1, k->c->caller);
    if (status == TAD_OK)
        tad__read_numbers(k, y, to);
    return status;
}

/* Where number i of the leaves is. Those of scalars lie in an array of the tape, which may move. */
double *tad__place(const tad__checker *k, const tad_var leaves[], size_t i)
{
    const tad_gradcheck_entry *entry = &k->c->report->entries[i];
    tad_array                  array;
    tad__value_array(k->tape, leaves[entry->input].id, &array);
    return (double *)array.data + entry->element;
}

void tad__set_all(const tad__checker *k, const tad_var leaves[], const double values[])
{
    for (size_t i = 0; i < k->count; i++)
        *tad__place(k, leaves, i) = values[i];
}

static tad_status evaluate_moved(void *user, size_t i, double y[])
{
    const tad__checker *k = user;
    if (!k->replays)
        return evaluate_again(k, y);
    double was = *tad__place(k, k->leaf, i);
    *tad__place(k, k->leaf, i) = k->values[i];
    tad_status status = tad__replay_from(k, k->first, k->y, y);
    *tad__place(k, k->leaf, i) = was;
    return status;
}

/* ---- may the tape be replayed? ---- */

/* At inputs moved at random: does a replay give what recording gives? */
static tad_status compare(tad__checker *k, double *moved, bool *same)
{
    double *by_replay = k->weights + 2 * k->outputs, *by_recording = by_replay + k->outputs, *swap = k->values;
    size_t  bytes = (size_t)k->outputs * sizeof *by_replay;
    for (size_t i = 0; i < k->count; i++)
        moved[i] = k->values[i] + k->vector[i] * 0.01 * k->c->options.step * fmax(1e-3, fabs(k->values[i]));
    tad_status status = evaluate_again(k, by_recording);
    k->c->random = status == TAD_OK && memcmp(by_recording, k->weights + k->outputs, bytes) != 0;
    k->values = moved;
    if (status == TAD_OK)
        status = evaluate_again(k, by_recording);
    k->values = swap;
    tad__set_all(k, k->leaf, moved);
    if (status == TAD_OK)
        status = tad__replay_from(k, k->first, k->y, by_replay);
    *same = status == TAD_OK && memcmp(by_replay, by_recording, bytes) == 0;
    k->c->detached = status == TAD_OK && !*same && !k->c->random;
    return status;
}

/* A replay does not see what C did with numbers that it read, so it is used only where none were read, and where it gives what
 * recording gives. */
static tad_status try_replay(tad__checker *k, bool has_read)
{
    bool       clean = k->tape->status == TAD_OK, same;
    tad_status status = compare(k, k->values + k->count, &same);
    k->replays = same && !has_read;
    tad__set_all(k, k->leaf, k->values);
    tad_status back = tad__replay_from(k, k->first, k->y, k->weights + 2 * k->outputs);
    if (status == TAD_ENOMEM || back != TAD_OK)
        return status == TAD_ENOMEM ? status : back;
    if (clean) /* a function may refuse other inputs */
        tad_tape_clear_error(k->tape);
    return TAD_OK;
}

/* ---- differences ---- */

void tad__count_verdict(tad_gradcheck_report *report, size_t i, bool three)
{
    const tad_gradcheck_entry *entry = &report->entries[i];
    size_t *const              counts[] = {&report->agree, &report->wrong, &report->not_smooth, &report->undecided};
    ++*counts[entry->verdict];
    if (entry->verdict != TAD_AGREES && entry->verdict != TAD_WRONG)
        return;
    double far = tad__distance(entry, three);
    double scale = fmax(fabs(entry->analytic), fabs(entry->numeric));
    double error = !isfinite(far) ? HUGE_VAL : far > entry->noise ? (far - entry->noise) / scale : 0;
    if (error > report->worst) {
        report->worst = error;
        report->worst_entry = i;
    }
}

static tad_status difference_all(tad__checker *k)
{
    tad_gradcheck_report *report = k->c->report;
    double               *centre = k->weights + k->outputs;
    tad__stencil          s = {.evaluate = evaluate_moved,
                               .user = k,
                               .outputs = (size_t)k->outputs,
                               .weights = k->weights,
                               .centre = centre,
                               .sums = centre + k->outputs,
                               .epsilon = k->epsilon,
                               .rounding = k->rounding,
                               .step = k->c->options.step,
                               .tolerance = k->c->options.tolerance,
                               .three = k->three};
    tad_status            status = TAD_OK;
    for (int64_t i = 0; i < k->outputs; i++)
        k->weights[i] /= k->unit;
    for (size_t i = 0; i < k->count; i++)
        if (isfinite(report->entries[i].analytic))
            s.largest = fmax(s.largest, fabs(report->entries[i].analytic));
    for (size_t i = 0; i < k->count && status == TAD_OK; i++) {
        tad_gradcheck_entry *entry = &report->entries[i];
        entry->value = k->values[i];
        if (tad__is_chosen(k, i)) {
            status = tad__judge(&s, i, &k->values[i], entry);
        } else {
            entry->numeric = nan("");
            entry->verdict = TAD_UNDECIDED;
        }
        if (status == TAD_OK)
            tad__count_verdict(report, i, k->three);
    }
    return status;
}

/* ---- all of it ---- */

static tad_status differentiate(tad__checker *k)
{
    for (int64_t i = 0; i < k->outputs; i++)
        k->weights[i] = tad__weight(k->c->options.seed, (uint64_t)i);
    k->unit = k->outputs == 1 ? k->weights[0] : 1;
    tad__read_numbers(k, k->y, k->weights + k->outputs);
    if (k->c->options.step == 0)
        k->c->options.step = pow(k->epsilon, 1.0 / 7);
    tad_status status = tad__go_back(k);
    return status == TAD_OK ? tad__go_forward(k) : status;
}

/* A float anywhere on the way makes the result one of a float's precision. */
static double precision(const tad__checker *k)
{
    tad_array array;
    for (uint32_t id = k->first; id < k->tape->count; id++) {
        tad__value_array(k->tape, id, &array);
        if (array.dtype == TAD_F32 && k->tape->nodes[id].flags & TAD__DIFFERENTIABLE)
            return (double)FLT_EPSILON;
    }
    return tad_dtype_of(k->y) == TAD_F32 ? (double)FLT_EPSILON : DBL_EPSILON;
}

static tad_status run(tad__checker *k)
{
    tad_tape            *tape = k->tape;
    const tad_allocator *allocator = &tape->allocator;
    uint64_t             reads = tape->reads;
    k->first = tape->count;
    tad_status status = evaluate(k, &k->y);
    if (status != TAD_OK)
        return status;
    memcpy(k->leaf, k->x, k->c->n * sizeof *k->leaf);
    tad__list_entries(k);
    k->epsilon = precision(k);
    bool   has_read = tape->reads != reads;
    size_t after = tad_tape_mark(tape);
    k->outputs = tad_count(k->y);
    size_t room = 3 * (size_t)(k->outputs > 0 ? k->outputs : 1) + tad__stencil_room((size_t)k->outputs);
    k->weights = tad__take_items(allocator, room, sizeof *k->weights);
    if (!k->weights)
        return tad__check_no_memory(k);
    status = differentiate(k);
    tad_tape_rewind(tape, after);
    if (status == TAD_OK && k->count >= REPLAY_FROM)
        status = try_replay(k, has_read);
    if (status == TAD_OK)
        status = difference_all(k);
    if (status == TAD_OK && k->count < REPLAY_FROM && k->c->report->agree < k->count && !k->c->options.no_diagnosis)
        status = try_replay(k, has_read); /* for the diagnosis */
    tad__give_back_items(allocator, k->weights, room, sizeof *k->weights);
    return status;
}

static tad_status check_inputs(const tad__checked *c, size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < c->n; i++) {
        tad_status status = tad__handle_status(c->tape, c->inputs[i]);
        if (status != TAD_OK)
            return tad__fail(c->tape, c->caller, status, "%s: inputs[%zu] is %s", name, i,
                             tad__handle_problem(c->tape, c->inputs[i]));
        if (tad_is_differentiable(c->inputs[i]))
            *count += (size_t)tad_count(c->inputs[i]);
    }
    return TAD_OK;
}

static tad_status run_apart(tad__checker *k)
{
    tad_tape     *tape = k->tape;
    size_t        mark = tad_tape_mark(tape);
    double       *values = k->values;
    tad_status    status;
    tad__adjoints callers = tad__adjoints_put_aside(tape);
    for (size_t i = 0; i < k->c->n; i++)
        if (tad_is_differentiable(k->c->inputs[i])) {
            tad__read_numbers(k, k->c->inputs[i], values);
            values += tad_count(k->c->inputs[i]);
        }
    for (size_t i = 0; i < k->count; i++)
        k->vector[i] = tad__weight(k->c->options.seed + 101, i);
    status = run(k);
    tad_tape_rewind(tape, mark);
    tad__adjoints_put_back(tape, callers);
    return status;
}

tad_status tad__check_function(tad__checked *c)
{
    const tad_allocator *allocator = &c->tape->allocator;
    tad__checker         k = {.c = c, .tape = c->tape, .three = true};
    tad_status           status = check_inputs(c, &k.count);
    if (status != TAD_OK || k.count == 0)
        return status;
    c->report->allocator = *allocator;
    c->report->entries = tad__take_items(allocator, k.count, sizeof *c->report->entries);
    k.values = tad__take_items(allocator, k.count, 3 * sizeof *k.values);
    k.x = tad__take_items(allocator, c->n, LISTS * sizeof *k.x);
    if (c->report->entries && k.values && k.x) {
        c->report->count = k.count;
        k.leaf = k.x + c->n;
        k.wanted = k.leaf + c->n;
        k.gx = k.wanted + c->n;
        k.dx = k.gx + c->n;
        k.vector = k.values + 2 * k.count;
        memset(c->report->entries, 0, k.count * sizeof *c->report->entries);
        status = run_apart(&k);
    } else {
        status = tad__check_no_memory(&k);
    }
    if (!c->report->count) {
        tad__give_back_items(allocator, c->report->entries, k.count, sizeof *c->report->entries);
        c->report->entries = NULL;
    }
    tad__give_back_items(allocator, k.values, k.count, 3 * sizeof *k.values);
    tad__give_back_items(allocator, k.x, c->n, LISTS * sizeof *k.x);
    return status;
}
