/* Parameters on a tape: leaves whose arrays are the parameters' own memory. */
#include "tape/tape.h"

#include <tad/params.h>

void tad__forget_uses(tad_tape *tape, uint32_t id)
{
    while (tape->use_count > 0 && tape->uses[tape->use_count - 1].id >= id)
        tape->use_count--;
}

/* The last use of the parameter. It serves again if it is of the same version and as differentiable as wanted. */
static const tad__use *find(const tad_tape *tape, const tad_param *param, bool differentiable)
{
    for (size_t i = tape->use_count; i-- > 0;) {
        const tad__use *use = &tape->uses[i];
        if (use->param == param) {
            bool same = !(tape->nodes[use->id].flags & TAD__DIFFERENTIABLE) == !differentiable;
            return same && use->version == param->version ? use : NULL;
        }
    }
    return NULL;
}

/* A leaf that is the array, or the number in it. */
static tad_var leaf(tad_tape *tape, const tad_array *array, bool differentiable, const void *caller)
{
    tad_var x = tad__constant_view(tape, array, caller, "tad_use");
    if (tad_is_valid(x))
        tape->nodes[x.id].flags |= TAD__USED | (differentiable ? TAD__DIFFERENTIABLE : 0);
    return x;
}

tad_var tad_use(tad_tape *tape, tad_param *param)
{
    const void *caller = TAD_CALLER;
    if (!tape)
        return (tad_var){0};
    if (!param) {
        tad__fail(tape, caller, TAD_EARG, "tad_use: the parameter is NULL: does its store have an error?");
        return tad__invalid(tape);
    }
    bool            differentiable = !param->frozen && !tape->paused;
    const tad__use *there = find(tape, param, differentiable);
    if (there)
        return tad__handle(tape, there->id);
    if (tape->busy && differentiable) {
        tad__fail(
            tape, caller, TAD_EARG,
            "tad_use: \"%s\" is used in a function that is recorded for a checkpoint, where its gradient would be "
            "lost: use it outside and pass it in",
            param->name);
        return tad__invalid(tape);
    }
    if (!tad__reserve(&tape->allocator, (void **)&tape->uses, &tape->use_capacity, tape->use_count + 1,
                      sizeof *tape->uses)) {
        tad__fail_memory(tape, caller, "tad_use");
        return tad__invalid(tape);
    }
    tad_array array = {.dtype = param->dtype, .data = param->value};
    tad__array_set_shape(&array, param->rank, param->dims);
    tad_var x = leaf(tape, &array, differentiable, caller);
    if (!tad_is_valid(x))
        return x;
    tape->uses[tape->use_count++] = (tad__use){x.id, param, param->version};
    return tad_named(x, param->name);
}

void tad_param_touch(tad_param *param)
{
    if (param)
        param->version++;
}

tad_status tad__check_use(tad_tape *tape, const tad__use *use, const char *name, const void *caller)
{
    const tad_param *param = use->param;
    if (param->version == use->version)
        return TAD_OK;
    return tad__fail(
        tape, caller, TAD_ESTALE,
        "%s: the parameter \"%s\" was changed after it was recorded: differentiate before, or record again", name,
        param->name);
}

static uint32_t viewed(const tad_tape *tape, uint32_t id)
{
    while (tape->nodes[id].flags & TAD__VIEW)
        id = tape->records[tape->nodes[id].in[0]]->in[0];
    return id;
}

tad_status tad__check_uses(tad_tape *tape, uint32_t id, const char *name, const void *caller)
{
    const uint32_t *in;
    tad_status      status = TAD_OK;
    int             n = tape->use_count > 0 ? tad__operands(tape, id, &in) : 0;
    for (int k = 0; k < n && status == TAD_OK; k++) {
        uint32_t base = viewed(tape, in[k]);
        if (!(tape->nodes[base].flags & TAD__USED))
            continue;
        for (size_t i = tape->use_count; i-- > 0;)
            if (tape->uses[i].id == base)
                status = tad__check_use(tape, &tape->uses[i], name, caller);
    }
    return status;
}
