/* The operation that created the first NaN or infinity, in either pass. */
#include "diff/adjoints.h"
#include "tensor/move.h"
#include "tools/elements.h"
#include "tools/nonfinite_text.h"

#include <math.h>

typedef struct search {
    tad_tape      *tape;
    const void    *caller;
    tad_nonfinite *found;
} search;

const char *tad_nonfinite_origin_name(tad_nonfinite_origin origin)
{
    switch (origin) {
    case TAD_ALL_FINITE:
        return "all finite";
    case TAD_IN_LEAF:
        return "in a leaf";
    case TAD_IN_FORWARD:
        return "in the forward pass";
    case TAD_IN_BACKWARD:
        return "in the backward pass";
    }
    return "?";
}

/* The first element that is not finite; false: all are. */
static bool find_in(const tad_array *array, int64_t *element, double *value)
{
    int64_t count = array->dtype == TAD_I64 ? 0 : tad__array_count(array);
    for (int64_t i = 0; i < count; i++) {
        double number;
        if (tad__element_at(array, array, i, &number) && !isfinite(number)) {
            *element = i;
            *value = isnan(number) ? fabs(number) : number; /* a NaN has no sign worth printing */
            return true;
        }
    }
    return false;
}

/* Are values of node `id` all finite? If not, the first that is not is what was found. */
static bool find_in_node(const search *s, uint32_t id)
{
    tad_nonfinite *found = s->found;
    tad_array      value;
    tad__value_array(s->tape, id, &value);
    if (!find_in(&value, &found->element, &found->value))
        return false;
    found->node = tad__handle(s->tape, id);
    found->origin = tad_op_of(found->node) ? TAD_IN_FORWARD : TAD_IN_LEAF;
    found->operand = -1;
    tad__describe_nonfinite(found, NULL);
    return true;
}

/* Node `id` has handed on: is that finite? */
static tad_status look_behind(const tad__sweep *s, const search *of, uint32_t id)
{
    tad_nonfinite  *found = of->found;
    const uint32_t *in;
    int             n = tad__operands(s->tape, id, &in);
    for (int k = 0; k < n; k++) {
        tad_array  adjoint, cotangent;
        tad_status status;
        if (!(s->tape->nodes[in[k]].flags & TAD__DIFFERENTIABLE) || !tad__is_reached(s->tape, in[k]))
            continue;
        status = tad__adjoint_array(s, in[k], &adjoint);
        if (status != TAD_OK)
            return status;
        if (!find_in(&adjoint, &found->element, &found->value))
            continue;
        found->origin = TAD_IN_BACKWARD;
        found->node = tad__handle(s->tape, id);
        found->operand = k;
        status = tad__adjoint_array(s, id, &cotangent);
        if (status == TAD_OK)
            tad__describe_nonfinite(found, &cotangent);
        return status;
    }
    return TAD_OK;
}

static tad_status find_backward(const search *of, tad_var y)
{
    const tad__sweep s = {.tape = y.tape, .high = y.id, .name = "tad_tape_find_nonfinite", .caller = of->caller};
    tad_array        seed;
    tad_status       status = tad__sweep_start(&s);
    if (status == TAD_OK)
        status = tad__adjoint_array(&s, y.id, &seed);
    if (status == TAD_OK)
        tad__fill(&seed, 1);
    for (uint32_t id = y.id + 1; id-- > 0 && status == TAD_OK && of->found->origin == TAD_ALL_FINITE;) {
        if (!tad__is_reached(s.tape, id))
            continue;
        status = tad__sweep_node(&s, id);
        if (status == TAD_OK)
            status = look_behind(&s, of, id);
    }
    return status;
}

static tad_status find_below(const search *s, tad_var y)
{
    tad_array value;
    int64_t   element;
    double    number;
    tad__value_array(y.tape, y.id, &value);
    if (!find_in(&value, &element, &number)) {
        tad__adjoints callers = tad__adjoints_put_aside(y.tape);
        tad_status    status = find_backward(s, y);
        tad__adjoints_put_back(y.tape, callers);
        if (status != TAD_OK || s->found->origin != TAD_ALL_FINITE)
            return status;
    }
    bool *below = tad__mark_below(y.tape, 0, 1, &y);
    if (!below)
        return tad__fail_memory(s->tape, s->caller, "tad_tape_find_nonfinite");
    for (uint32_t id = 0; id <= y.id; id++)
        if (below[id] && find_in_node(s, id))
            break;
    tad__arena_rewind(&y.tape->scratch, below);
    return TAD_OK;
}

tad_status tad_tape_find_nonfinite(tad_tape *tape, tad_var y, tad_nonfinite *found)
{
    static const char *const name = "tad_tape_find_nonfinite";
    search                   s = {.tape = tape, .caller = TAD_CALLER, .found = found};
    if (found)
        *found = (tad_nonfinite){.operand = -1, .element = -1, .text = "all finite"};
    if (!tape)
        return TAD_EARG;
    if (!found)
        return tad__fail(tape, s.caller, TAD_EARG, "%s: there is no place for what is found (NULL)", name);
    if (!y.tape) {
        for (uint32_t id = 0; id < tape->count; id++)
            if (find_in_node(&s, id))
                break;
        return TAD_OK;
    }
    tad_status status = tad__handle_status(tape, y);
    if (status != TAD_OK)
        return tad__fail(tape, s.caller, status, "%s: y is %s", name, tad__handle_problem(tape, y));
    if (tad_count(y) != 1)
        return tad__fail(tape, s.caller, TAD_ESHAPE, "%s: y has %lld elements; expected one", name,
                         (long long)tad_count(y));
    status = find_below(&s, y);
    if (status != TAD_OK)
        *found = (tad_nonfinite){.operand = -1, .element = -1};
    return status;
}
