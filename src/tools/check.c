/* Checking a function that is recorded on a tape: its three derivatives, and its values at moved inputs. */
#include "tensor/move.h"
#include "tools/gradcheck.h"

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

typedef struct checker {
    tad__checked   *c;
    tad_tape     *tape;
    size_t        count;   /* entries */
    double       *values;  /* of all entries, and behind them room for as many numbers */
    double       *vector;  /* a random direction v */
    tad_var      *x;       /* the leaves of one evaluation, as all lists here one for each input */
    tad_var      *leaf;    /* those of the first, which stays on the tape */
    tad_var      *wanted, *gx, *dx;
    uint32_t      first;   /* node of the first evaluation */
    tad_var       y;       /* its result */
    int64_t       outputs;
    double        unit;    /* what a single output is weighed with: divided out, so that its gradient is reported */
    double       *weights; /* of the outputs; behind them the centre and the sums of the stencil */
    bool          replays, three;
} checker;

void *tad__take_items(const tad_allocator *allocator, size_t count, size_t item_bytes)
{
    size_t bytes;
    return tad__multiply(count, item_bytes, &bytes) ? tad__resize(allocator, NULL, 0, bytes) : NULL;
}

void tad__give_back_items(const tad_allocator *allocator, void *block, size_t count, size_t item_bytes)
{
    tad__resize(allocator, block, block ? count * item_bytes : 0, 0);
}

static tad_status out_of_memory(const checker *k)
{
    return tad__fail_memory(k->tape, k->c->caller, name);
}

/* ---- evaluating the function ---- */

static tad_var leaf_like(const checker *k, tad_var input, const double values[], bool differentiable)
{
    tad_array array;
    tad__value_array(k->tape, input.id, &array);
    return differentiable ? tad_tensor(k->tape, TAD_F64, array.rank, array.dims, values)
                          : tad_tensor_constant(k->tape, TAD_F64, array.rank, array.dims, values);
}

static tad_status record_inputs(const checker *k)
{
    const double *values = k->values;
    for (size_t i = 0; i < k->c->n; i++) {
        k->x[i] = k->c->inputs[i];
        if (!tad_is_differentiable(k->c->inputs[i]))
            continue;
        k->x[i] = leaf_like(k, k->c->inputs[i], values, true);
        if (!tad_is_valid(k->x[i]))
            return TAD_ENOMEM;
        values += tad_count(k->c->inputs[i]);
    }
    return TAD_OK;
}

static tad_status evaluate(const checker *k, tad_var *y)
{
    tad_status status = record_inputs(k);
    if (status != TAD_OK)
        return status;
    *y = k->c->f(k->c->user, k->c->n, k->x);
    if (y->tape == k->tape && tad_is_valid(*y))
        return TAD_OK;
    status = k->tape->status != TAD_OK ? k->tape->status : TAD_EARG;
    return tad__fail(k->tape, k->c->caller, status, "%s: the function returned an invalid result", name);
}

static void read_numbers(const checker *k, tad_var x, double to[])
{
    tad_array from, copy;
    tad__value_array(k->tape, x.id, &from);
    copy = from;
    copy.dtype = TAD_F64;
    copy.data = to;
    tad__array_set_c_order(&copy);
    tad__copy(&copy, &from);
}

static tad_status evaluate_again(const checker *k, double y[])
{
    tad_var    result;
    size_t     mark = tad_tape_mark(k->tape);
    tad_status status = evaluate(k, &result);
    if (status == TAD_OK && tad_count(result) != k->outputs)
        status = tad__fail(k->tape, k->c->caller, TAD_ESHAPE, "%s: the function's result changes its shape", name);
    if (status == TAD_OK)
        read_numbers(k, result, y);
    tad_tape_rewind(k->tape, mark);
    return status;
}

/* Computes y again, from node `first` on. */
static tad_status replay(const checker *k, uint32_t first, tad_var y, double to[])
{
    uint32_t   id = first;
    tad_status status = tad__recompute(k->tape, &id, y.id + 1, k->c->caller);
    if (status == TAD_OK)
        read_numbers(k, y, to);
    return status;
}

/* Where number i of the leaves is. Those of scalars lie in an array of the tape, which may move. */
static double *place(const checker *k, const tad_var leaves[], size_t i)
{
    const tad_gradcheck_entry *entry = &k->c->report->entries[i];
    tad_array                  array;
    tad__value_array(k->tape, leaves[entry->input].id, &array);
    return (double *)array.data + entry->element;
}

static void set_all(const checker *k, const tad_var leaves[], const double values[])
{
    for (size_t i = 0; i < k->count; i++)
        *place(k, leaves, i) = values[i];
}

static tad_status evaluate_moved(void *user, size_t i, double y[])
{
    const checker *k = user;
    if (!k->replays)
        return evaluate_again(k, y);
    double was = *place(k, k->leaf, i);
    *place(k, k->leaf, i) = k->values[i];
    tad_status status = replay(k, k->first, k->y, y);
    *place(k, k->leaf, i) = was;
    return status;
}

/* ---- reverse mode, in numbers and recorded ---- */

/* w . y, the scalar that is differentiated. */
static tad_var weigh(const checker *k, tad_var y)
{
    tad_array shape;
    tad__value_array(k->tape, y.id, &shape);
    if (shape.dtype != TAD_F64)
        y = tad_cast(y, TAD_F64);
    tad_var weights = tad_tensor_constant(k->tape, TAD_F64, shape.rank, shape.dims, k->weights);
    return tad_sum(tad_mul(y, weights));
}

static size_t list_wanted(const checker *k, const tad_var x[], tad_var out[])
{
    size_t n = 0;
    for (size_t i = 0; i < k->c->n; i++)
        if (tad_is_differentiable(k->c->inputs[i]))
            out[n++] = x[i];
    return n;
}

static void list_entries(const checker *k)
{
    tad_gradcheck_entry *entry = k->c->report->entries;
    for (size_t i = 0; i < k->c->n; i++)
        for (int64_t e = 0; tad_is_differentiable(k->c->inputs[i]) && e < tad_count(k->c->inputs[i]); e++) {
            entry->input = i;
            entry->element = e;
            entry++;
        }
}

static tad_status go_back(checker *k)
{
    tad_var    s = weigh(k, k->y), *gx = k->gx;
    size_t     n = list_wanted(k, k->leaf, k->wanted);
    tad_status status = tad_is_valid(s) ? tad_backward(s) : out_of_memory(k);
    if (status == TAD_OK)
        status = tad_gradient(s, n, k->wanted, gx);
    tad_gradcheck_entry *entry = k->c->report->entries;
    double              *numbers = k->values + k->count;
    for (size_t i = 0; i < n && status == TAD_OK; i++) {
        size_t count = (size_t)tad_count(k->wanted[i]);
        status = tad_read_grad(k->wanted[i], numbers, count * sizeof *numbers);
        for (size_t e = 0; e < count && status == TAD_OK; e++)
            entry[e].analytic = entry[e].forward = numbers[e] / k->unit;
        if (status == TAD_OK)
            read_numbers(k, gx[i], numbers);
        for (size_t e = 0; e < count && status == TAD_OK; e++)
            entry[e].recorded = numbers[e] / k->unit;
        entry += count;
    }
    return status;
}

/* ---- forward mode ---- */

static double weighed(const checker *k, const double y[])
{
    double sum = 0;
    for (int64_t i = 0; i < k->outputs; i++)
        sum += k->weights[i] * y[i];
    return sum / k->unit;
}

/* Is entry i one of those to be judged? */
static bool chosen(const checker *k, size_t i)
{
    size_t most = k->c->most;
    return most == 0 || k->count <= most || tad__random_bits(77, i) % k->count < most;
}

/* <J v, w> against <v, J' w>, then J of one direction after the other, by computing the tangents again. */
static tad_status push_all(checker *k, uint32_t first, tad_var dy, double y[])
{
    tad_gradcheck_entry *entries = k->c->report->entries;
    double               right = 0, terms = 0;
    for (size_t i = 0; i < k->count; i++) {
        right += k->vector[i] * entries[i].analytic;
        terms += fabs(k->vector[i] * entries[i].analytic);
    }
    set_all(k, k->dx, k->vector);
    tad_status status = replay(k, first, dy, y);
    double     left = weighed(k, y);
    k->c->report->identity = left == right ? 0 : fabs(left - right) / fmax(terms, fabs(left));
    memset(k->values + k->count, 0, k->count * sizeof *k->values);
    set_all(k, k->dx, k->values + k->count);
    for (size_t i = 0; i < k->count && status == TAD_OK; i++) {
        if (!chosen(k, i))
            continue;
        *place(k, k->dx, i) = 1;
        status = replay(k, first, dy, y);
        *place(k, k->dx, i) = 0;
        entries[i].forward = weighed(k, y);
    }
    return status;
}

static tad_status record_tangent(checker *k, tad_var *dy)
{
    tad_status status = TAD_OK;
    size_t     n = 0;
    memset(k->values + k->count, 0, k->count * sizeof *k->values);
    for (size_t i = 0; i < k->c->n && status == TAD_OK; i++) {
        if (!tad_is_differentiable(k->c->inputs[i]))
            continue;
        k->dx[i] = k->gx[n++] = leaf_like(k, k->leaf[i], k->values + k->count, false);
        status = tad_is_valid(k->dx[i]) ? TAD_OK : TAD_ENOMEM;
    }
    return status == TAD_OK ? tad_jvp(k->y, n, k->wanted, k->gx, dy) : status;
}

/* A function of which forward mode is refused has only two derivatives to check. */
static tad_status go_forward(checker *k)
{
    tad_var    dy = {0};
    bool       clean = k->tape->status == TAD_OK;
    uint32_t   first = k->tape->count;
    tad_status status = record_tangent(k, &dy);
    if (status == TAD_OK)
        status = push_all(k, first, dy, k->weights + 2 * k->outputs);
    k->three = status == TAD_OK;
    if (status == TAD_OK || status == TAD_ENOMEM)
        return status;
    if (clean)
        tad_tape_clear_error(k->tape);
    k->c->report->identity = nan("");
    for (size_t i = 0; i < k->count; i++)
        k->c->report->entries[i].forward = nan("");
    return TAD_OK;
}

/* ---- may the tape be replayed? ---- */

/* At inputs moved at random: does a replay give what recording gives? */
static tad_status compare(checker *k, double *moved, bool *same)
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
    set_all(k, k->leaf, moved);
    if (status == TAD_OK)
        status = replay(k, k->first, k->y, by_replay);
    *same = status == TAD_OK && memcmp(by_replay, by_recording, bytes) == 0;
    k->c->detached = status == TAD_OK && !*same && !k->c->random;
    return status;
}

/* A replay does not see what C did with numbers that it read, so it is used only where none were read, and where it gives what
 * recording gives. */
static tad_status try_replay(checker *k, bool has_read)
{
    bool       clean = k->tape->status == TAD_OK, same;
    tad_status status = compare(k, k->values + k->count, &same);
    k->replays = same && !has_read;
    set_all(k, k->leaf, k->values);
    tad_status back = replay(k, k->first, k->y, k->weights + 2 * k->outputs);
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

static tad_status difference_all(checker *k)
{
    tad_gradcheck_report *report = k->c->report;
    double               *centre = k->weights + k->outputs;
    tad__stencil          s = {.evaluate = evaluate_moved,
                               .user = k,
                               .outputs = (size_t)k->outputs,
                               .weights = k->weights,
                               .centre = centre,
                               .sums = centre + k->outputs,
                               .epsilon = tad_dtype_of(k->y) == TAD_F32 ? (double)FLT_EPSILON : DBL_EPSILON,
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
        if (chosen(k, i)) {
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

/* The sweep of the check has adjoints of its own: those of the caller's last tad_backward stay. */
typedef struct adjoints {
    tad__adjoint *items;
    size_t        capacity;
    tad__arena    arena;
    uint32_t      swept;
} adjoints;

static adjoints exchange_adjoints(tad_tape *tape, adjoints with)
{
    adjoints was = {tape->adjoints, tape->adjoint_capacity, tape->adjoint_arena, tape->swept};
    tape->adjoints = with.items;
    tape->adjoint_capacity = with.capacity;
    tape->adjoint_arena = with.arena;
    tape->swept = with.swept;
    return was;
}

static tad_status differentiate(checker *k)
{
    for (int64_t i = 0; i < k->outputs; i++)
        k->weights[i] = tad__weight(k->c->options.seed, (uint64_t)i);
    k->unit = k->outputs == 1 ? k->weights[0] : 1;
    read_numbers(k, k->y, k->weights + k->outputs);
    if (k->c->options.step == 0)
        k->c->options.step = pow(tad_dtype_of(k->y) == TAD_F32 ? (double)FLT_EPSILON : DBL_EPSILON, 1.0 / 7);
    tad_status status = go_back(k);
    return status == TAD_OK ? go_forward(k) : status;
}

static tad_status run(checker *k)
{
    tad_tape            *tape = k->tape;
    const tad_allocator *allocator = &tape->allocator;
    uint64_t             reads = tape->reads;
    k->first = tape->count;
    tad_status status = evaluate(k, &k->y);
    if (status != TAD_OK)
        return status;
    memcpy(k->leaf, k->x, k->c->n * sizeof *k->leaf);
    list_entries(k);
    bool   has_read = tape->reads != reads;
    size_t after = tad_tape_mark(tape);
    k->outputs = tad_count(k->y);
    size_t room = 3 * (size_t)(k->outputs > 0 ? k->outputs : 1) + tad__stencil_room((size_t)k->outputs);
    k->weights = tad__take_items(allocator, room, sizeof *k->weights);
    if (!k->weights)
        return out_of_memory(k);
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

static tad_status run_apart(checker *k)
{
    tad_tape  *tape = k->tape;
    size_t     mark = tad_tape_mark(tape);
    double    *values = k->values;
    adjoints   callers = exchange_adjoints(tape, (adjoints){.arena.allocator = &tape->allocator});
    tad_status status;
    for (size_t i = 0; i < k->c->n; i++)
        if (tad_is_differentiable(k->c->inputs[i])) {
            read_numbers(k, k->c->inputs[i], values);
            values += tad_count(k->c->inputs[i]);
        }
    for (size_t i = 0; i < k->count; i++)
        k->vector[i] = tad__weight(k->c->options.seed + 101, i);
    status = run(k);
    tad_tape_rewind(tape, mark);
    adjoints own = exchange_adjoints(tape, callers);
    tad__arena_free(&own.arena);
    tad__resize(&tape->allocator, own.items, own.capacity * sizeof *own.items, 0);
    return status;
}

tad_status tad__check_function(tad__checked *c)
{
    const tad_allocator *allocator = &c->tape->allocator;
    checker              k = {.c = c, .tape = c->tape, .three = true};
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
        status = out_of_memory(&k);
    }
    if (!c->report->count) {
        tad__give_back_items(allocator, c->report->entries, k.count, sizeof *c->report->entries);
        c->report->entries = NULL;
    }
    tad__give_back_items(allocator, k.values, k.count, 3 * sizeof *k.values);
    tad__give_back_items(allocator, k.x, c->n, LISTS * sizeof *k.x);
    return status;
}
