/* Loops over time, with binomial checkpointing. Steps from..to are one node, a checkpoint (tape/checkpoint.c) whose
 * operands are the state before and the parameters, and whose value is the state after, packed. Recorded in passing it is
 * simply run through; recorded again for a derivative, it becomes
 *
 *     from..m1 as a node, m1..m2 as a node, ..., and the last step as it is,
 *
 * with the m where Griewank and Walther put snapshots. The sweep replaces the nodes in turn, from the last one. */
#include "tape/tape.h"

#include <tad/checkpoint.h>
#include <tad/operations.h>

typedef struct segment {
    tad_step   *step;
    void       *user;
    size_t      from, to;
    size_t      snapshots; /* that may be kept while it is swept, with the state before */
    size_t      states;
    const void *caller; /* of tad_loop */
} segment;

/* ---- where the snapshots go ---- */

/* The steps that `snapshots` can reverse, none running more than r + 1 times: C(snapshots + r, r); `limit` if that is more. */
static size_t reach(size_t snapshots, size_t r, size_t limit)
{
    size_t steps = 1;
    for (size_t i = 1; i <= r && steps < limit; i++) {
        size_t product;
        if (!tad__multiply(steps, snapshots + i, &product))
            return limit;
        steps = product / i;
    }
    return steps < limit ? steps : limit;
}

/* How many of `steps` > 1 steps come before the next snapshot: the fewest of what is optimal. */
static size_t split(size_t steps, size_t snapshots)
{
    size_t r = 1;
    if (snapshots > steps)
        snapshots = steps;
    if (snapshots == 1)
        return steps - 1;
    while (reach(snapshots, r, steps) < steps)
        r++;
    size_t least = r >= 2 ? reach(snapshots, r - 2, steps) : 1, rest = reach(snapshots - 1, r, steps - 1);
    return least > steps - rest ? least : steps - rest;
}

/* As many snapshots as no step needs to run more than three times. */
static size_t usual_snapshots(size_t steps)
{
    size_t snapshots = 1;
    while (reach(snapshots, 2, steps) < steps)
        snapshots++;
    return snapshots;
}

/* ---- running steps ---- */

static tad_status check_next(tad_tape *tape, const segment *s, size_t i, const tad_var state[], const tad_var next[])
{
    const void *caller = s->caller;
    for (size_t k = 0; k < s->states; k++) {
        tad_array before, after;
        if (!tad__is_on(tape, next[k])) {
            tad__fail(tape, caller, TAD_EARG, "tad_loop: step %zu left %s in next[%zu]", i,
                      tad__handle_problem(tape, next[k]), k);
            return tape->status; /* the step may have failed before */
        }
        tad__value_array(tape, state[k].id, &before);
        tad__value_array(tape, next[k].id, &after);
        if (before.dtype != after.dtype)
            return tad__fail(tape, caller, TAD_EDTYPE, "tad_loop: step %zu turns state %zu from %s into %s", i, k,
                             tad_dtype_name(before.dtype), tad_dtype_name(after.dtype));
        if (!tad__array_same_shape(&before, &after))
            return tad__fail(tape, caller, TAD_ESHAPE,
                             "tad_loop: step %zu changes the shape of state %zu; rank %d before, %d after", i, k,
                             before.rank, after.rank);
    }
    return TAD_OK;
}

/* One step, in place. */
static tad_status run_step(tad_tape *tape, const segment *s, size_t i, tad_var state[], const tad_var params[])
{
    tad_var next[TAD_MAX_ARITY] = {0};
    s->step(s->user, i, state, params, next);
    tad_status status = check_next(tape, s, i, state, next);
    for (size_t k = 0; k < s->states && status == TAD_OK; k++)
        state[k] = next[k];
    return status;
}

/* The steps one after another, of which each leaves nothing but the state behind. */
static tad_status run_through(tad_tape *tape, const segment *s, tad_args args, tad_var state[])
{
    uint32_t   base = tape->count;
    tad_status status = TAD_OK;
    for (size_t i = s->from; i < s->to && status == TAD_OK; i++) {
        uint32_t from = tape->count, last = tape->nodes[from - 1].birth;
        status = run_step(tape, s, i, state, args.x + s->states);
        if (tape->count < from || tape->nodes[from - 1].birth != last)
            return tad__fail(tape, s->caller, TAD_EARG, "tad_loop: step %zu rewound the tape to before its state", i);
        if (status == TAD_OK)
            status = tad__check_captured(tape, "tad_loop", args, base, from, s->states, state);
        if (status == TAD_OK && i + 1 < s->to && !tad__keep_values(tape, base, s->states, state, s->caller, "tad_loop"))
            status = TAD_ENOMEM;
    }
    return status;
}

/* ---- states, packed and not ---- */

static tad_var pack(const segment *s, const tad_var state[])
{
    if (s->states == 1)
        return state[0];
    tad_frame outer = tad_enter(state[0].tape, "tad_loop", s->caller);
    tad_var   packed = tad_pack(s->states, state);
    tad_leave(state[0].tape, outer);
    return packed;
}

/* The inverse; what state[k] was before tells its shape and type. */
static void unpack(const segment *s, tad_var packed, tad_var state[])
{
    int64_t   start = 0;
    tad_frame outer = tad_enter(packed.tape, "tad_loop", s->caller);
    for (size_t k = 0; k < s->states && s->states > 1; k++) {
        tad_array like;
        tad__value_array(packed.tape, state[k].id, &like);
        int64_t count = tad__array_count(&like);
        tad_var part = tad_reshape(tad_slice(packed, 0, start, start + count), like.rank, like.dims);
        state[k] = tad_dtype_of(packed) == like.dtype ? part : tad_cast(part, like.dtype);
        start += count;
    }
    tad_leave(packed.tape, outer);
    if (s->states == 1)
        state[0] = packed;
}

/* ---- segments ---- */

static tad_var compose(const tad_rule *rule);

static const tad_op loop_op = {
    .name = "loop",
    .about = "steps of a loop, of which the last state alone is kept",
    .formula = "loop(x)",
    .arity = TAD_MAX_ARITY,
    .optional = TAD_MAX_ARITY - 1,
    .attribute_bytes = sizeof(segment),
    .compose = compose,
    .checkpoint = true,
};

/* All but the last step as nodes, the last one in place. `state` moves on. x: operands of the segment. */
static tad_status record_steps(tad_tape *tape, const segment *s, tad_args args, tad_var state[])
{
    segment before = *s;
    while (s->to - before.from > 1) {
        tad_var x[TAD_MAX_ARITY];
        before.to = before.from + split(s->to - before.from, before.snapshots);
        for (size_t k = 0; k < (size_t)args.n; k++)
            x[k] = k < s->states ? state[k] : args.x[k];
        tad_var packed =
            tad_apply(&loop_op, (tad_args){.n = args.n, .x = x, .attributes = &before, .caller = s->caller});
        if (tad_is_valid(packed))
            unpack(s, packed, state);
        for (size_t k = 0; k < s->states; k++)
            if (!tad_is_valid(packed) || !tad_is_valid(state[k]))
                return tape->status;
        before.from = before.to;
        if (before.snapshots > 1)
            before.snapshots--;
    }
    return run_step(tape, s, before.from, state, args.x + s->states);
}

static tad_var compose(const tad_rule *rule)
{
    const segment *s = rule->attributes;
    tad_tape      *tape = rule->x[0].tape;
    tad_args       args = {.n = rule->n, .x = rule->x, .caller = s->caller};
    tad_var        state[TAD_MAX_ARITY];
    for (size_t k = 0; k < s->states; k++)
        state[k] = rule->x[k];
    tad_status status = rule->forgets ? run_through(tape, s, args, state) : record_steps(tape, s, args, state);
    return status == TAD_OK ? pack(s, state) : tad__invalid(tape);
}

/* ---- the loop ---- */

static tad_status check(tad_tape *tape, const tad_loop_args *loop, const tad_var out[], const void *caller)
{
    if (!loop->step || !out || (!loop->params && loop->param_count > 0))
        return tad__fail(tape, caller, TAD_EARG, "tad_loop: %s is NULL",
                         !loop->step ? "step"
                         : !out      ? "out"
                                     : "params");
    if (loop->state_count > TAD_MAX_ARITY || loop->param_count > TAD_MAX_ARITY - loop->state_count)
        return tad__fail(tape, caller, TAD_EARG,
                         "tad_loop: %zu states and %zu parameters; expected at most %d together", loop->state_count,
                         loop->param_count, TAD_MAX_ARITY);
    for (size_t k = 0; k < loop->state_count + loop->param_count; k++) {
        bool       is_state = k < loop->state_count;
        size_t     i = is_state ? k : k - loop->state_count;
        tad_var    x = is_state ? loop->state[i] : loop->params[i];
        tad_status status = tad__handle_status(tape, x);
        if (status != TAD_OK)
            return tad__fail(tape, caller, status, "tad_loop: %s[%zu] is %s", is_state ? "state" : "params", i,
                             tad__handle_problem(tape, x));
        if (is_state && tad_dtype_of(x) == TAD_I64)
            return tad__fail(tape, caller, TAD_EDTYPE, "tad_loop: state[%zu] holds indices (i64); expected f32 or f64",
                             i);
    }
    return TAD_OK;
}

static tad_status run(tad_tape *tape, const tad_loop_args *loop, tad_var out[], const void *caller)
{
    tad_var x[TAD_MAX_ARITY];
    size_t  n = loop->state_count + loop->param_count, snapshots = loop->snapshots;
    for (size_t k = 0; k < n; k++)
        x[k] = k < loop->state_count ? loop->state[k] : loop->params[k - loop->state_count];
    for (size_t k = 0; k < loop->state_count; k++)
        out[k] = x[k];
    if (loop->steps == 0)
        return TAD_OK;
    segment s = {.step = loop->step,
                 .user = loop->user,
                 .to = loop->steps,
                 .snapshots = snapshots > 0 ? snapshots : usual_snapshots(loop->steps),
                 .states = loop->state_count,
                 .caller = caller};
    return record_steps(tape, &s, (tad_args){.n = (int)n, .x = x}, out);
}

tad_status tad_loop(const tad_loop_args *loop, tad_var out[])
{
    const void *caller = TAD_CALLER;
    tad_tape   *tape = NULL;
    if (!loop)
        return TAD_EARG;
    for (size_t k = 0; loop->state && k < loop->state_count && !tape; k++)
        tape = loop->state[k].tape;
    tad_status status = TAD_EARG;
    if (tape)
        status = check(tape, loop, out, caller);
    else if (loop->state && loop->state_count > 0)
        status = TAD_ETAPE;
    if (status == TAD_OK) {
        size_t mark = tape->count;
        status = run(tape, loop, out, caller);
        if (status != TAD_OK && tape->count >= mark)
            tad_tape_rewind(tape, mark);
    }
    for (size_t k = 0; out && k < loop->state_count && status != TAD_OK; k++)
        out[k] = (tad_var){.tape = tape, .id = TAD__INVALID};
    return status;
}
