/* The chain rule path by path: local derivatives, and every way from a value down to one it depends on. */
#include "diff/rules.h"
#include "tools/plan.h"

#include <tad/explain.h>

#include <math.h>

/* ---- local derivatives ---- */

static tad_status by_recording(tad_tape *tape, uint32_t id, int k, double *derivative, const void *caller)
{
    size_t     mark = tape->count;
    bool       wanted[TAD_MAX_ARITY] = {false};
    tad_var    gx[TAD_MAX_ARITY], one = tad__constant_like(tad__handle(tape, id), 1);
    tad_status status = tad_is_valid(one) ? TAD_OK : tad__status_of_failure(tape);
    wanted[k] = true;
    if (status == TAD_OK)
        status = tad__record_vjp(tape, id, one, wanted, gx, caller);
    if (status == TAD_OK)
        *derivative = gx[k].tape ? tad_value(gx[k]) : 0;
    tad_tape_rewind(tape, mark);
    return status;
}

static tad_status check_one(tad_tape *tape, uint32_t id, const char *name, const void *caller)
{
    tad_array array;
    tad__value_array(tape, id, &array);
    int64_t count = tad__array_count(&array);
    return count == 1 ? TAD_OK
                      : tad__fail(tape, caller, TAD_ESHAPE, "%s: a value on the way has %lld elements; expected one",
                                  name, (long long)count);
}

/* Of operand k, which is there, for the public function `name`. */
tad_status tad__local_derivative(tad_tape *tape, uint32_t id, int k, double *derivative, const char *name,
                                 const void *caller)
{
    const tad__node *node = &tape->nodes[id];
    const uint32_t  *in;
    tad__operands(tape, id, &in);
    tad_status status = check_one(tape, id, name, caller);
    if (status == TAD_OK)
        status = check_one(tape, in[k], name, caller);
    if (status != TAD_OK || node->flags & TAD__RECORD)
        return status != TAD_OK ? status : by_recording(tape, id, k, derivative, caller);
    double   one = 1;
    tad__run run = {.n = 1,
                    .a = &tape->values[in[0]],
                    .b = &tape->values[in[1]],
                    .stride_a = 1,
                    .stride_b = 1,
                    .y = &tape->values[id],
                    .gy = &one,
                    .out = derivative,
                    .stride_out = 1};
    *derivative = 0;
    tad__kernels_f64[node->row].pull[k](&run);
    return TAD_OK;
}

double tad_local_derivative(tad_var x, int k)
{
    static const char name[] = "tad_local_derivative";
    const void       *caller = TAD_CALLER;
    const uint32_t   *in;
    double            derivative;
    if (tad__check(x, name, caller) != TAD_OK)
        return nan("");
    int n = tad__operands(x.tape, x.id, &in);
    if (k < 0 || k >= n) {
        tad__fail(x.tape, caller, TAD_EARG, "%s: operand %d of a node that has %d", name, k, n);
        return nan("");
    }
    return tad__local_derivative(x.tape, x.id, k, &derivative, name, caller) == TAD_OK ? derivative : nan("");
}

/* ---- paths ---- */

/* A node on the way down, and which of its operands the way goes on with. */
typedef struct place {
    uint32_t id;
    int      operand;
    double   derivative; /* d node / d operand */
} place;

typedef struct walk {
    tad_tape         *tape;
    const void       *caller;
    uint32_t          from, to; /* x and y */
    bool             *reaches;  /* of each node from x to y: does it depend on x? */
    place            *places;   /* from y down */
    size_t            depth, place_capacity;
    tad_path_step    *steps;
    size_t            step_capacity;
    tad_path_visitor *visit;
    void             *user;
} walk;

static void mark_reaching(const walk *w)
{
    w->reaches[0] = true;
    for (uint32_t id = w->from + 1; id <= w->to; id++) {
        const uint32_t *in;
        int             n = tad__operands(w->tape, id, &in);
        bool            reaches = false;
        for (int k = 0; k < n; k++)
            reaches |= in[k] >= w->from && w->reaches[in[k] - w->from];
        w->reaches[id - w->from] = reaches;
    }
}

static tad_status go_down(walk *w, uint32_t id)
{
    if (!tad__reserve(&w->tape->allocator, (void **)&w->places, &w->place_capacity, w->depth + 1, sizeof *w->places))
        return tad__fail_memory(w->tape, w->caller, "tad_each_path");
    w->places[w->depth++] = (place){.id = id, .operand = -1};
    return TAD_OK;
}

/* Hands the path that ends in x to the visitor: a step for each named node. */
static tad_status report(walk *w, bool *go_on)
{
    if (!tad__reserve(&w->tape->allocator, (void **)&w->steps, &w->step_capacity, w->depth, sizeof *w->steps))
        return tad__fail_memory(w->tape, w->caller, "tad_each_path");
    double        product = 1;
    size_t        n = 0;
    tad_path_step step = {.to = tad__handle(w->tape, w->to), .derivative = 1};
    for (size_t i = 0; i + 1 < w->depth; i++) {
        step.from = tad__handle(w->tape, w->places[i + 1].id);
        step.derivative *= w->places[i].derivative;
        product *= w->places[i].derivative;
        if (i + 2 == w->depth || tad_name(step.from)) {
            w->steps[n++] = step;
            step = (tad_path_step){.to = step.from, .derivative = 1};
        }
    }
    *go_on = w->visit(w->user, n, w->steps, product);
    return TAD_OK;
}

/* Depth first, with a stack of its own: the depth of the graph is not the program's. */
static tad_status walk_paths(walk *w)
{
    bool       go_on = true;
    tad_status status = w->reaches[w->to - w->from] ? go_down(w, w->to) : TAD_OK;
    while (status == TAD_OK && w->depth > 0 && go_on) {
        place *at = &w->places[w->depth - 1];
        if (at->id == w->from) {
            status = report(w, &go_on);
            w->depth--;
            continue;
        }
        const uint32_t *in;
        int             n = tad__operands(w->tape, at->id, &in);
        do
            at->operand++;
        while (at->operand < n && !(in[at->operand] >= w->from && w->reaches[in[at->operand] - w->from]));
        if (at->operand >= n) {
            w->depth--;
            continue;
        }
        uint32_t next = in[at->operand];
        status = tad__local_derivative(w->tape, at->id, at->operand, &at->derivative, "tad_each_path", w->caller);
        if (status == TAD_OK)
            status = go_down(w, next);
    }
    return status;
}

tad_status tad_each_path(tad_var y, tad_var x, tad_path_visitor *visit, void *user)
{
    walk       w = {.tape = y.tape, .caller = TAD_CALLER, .from = x.id, .to = y.id, .visit = visit, .user = user};
    tad_status status = tad__check(y, "tad_each_path", w.caller);
    if (status != TAD_OK)
        return status;
    status = tad__handle_status(y.tape, x);
    if (status != TAD_OK)
        return tad__fail(y.tape, w.caller, status, "tad_each_path: x is %s", tad__handle_problem(y.tape, x));
    if (!visit)
        return tad__fail(y.tape, w.caller, TAD_EARG, "tad_each_path: the visitor is NULL");
    if (x.id > y.id)
        return TAD_OK; /* y was recorded before x: no path */
    const tad_allocator *allocator = &w.tape->allocator;
    size_t               bytes = ((size_t)y.id - x.id + 1) * sizeof *w.reaches;
    w.reaches = tad__resize(allocator, NULL, 0, bytes);
    if (!w.reaches)
        return tad__fail_memory(w.tape, w.caller, "tad_each_path");
    mark_reaching(&w);
    status = check_one(w.tape, y.id, "tad_each_path", w.caller);
    if (status == TAD_OK)
        status = walk_paths(&w);
    tad__resize(allocator, w.reaches, bytes, 0);
    tad__resize(allocator, w.places, w.place_capacity * sizeof *w.places, 0);
    tad__resize(allocator, w.steps, w.step_capacity * sizeof *w.steps, 0);
    return status;
}
