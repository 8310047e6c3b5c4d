/* The next values of leaves, for tad_replay. */
#include "tape/tape.h"

#include "tensor/move.h"

#include <tad/replay.h>

#include <string.h>

/* Room for the next value of a leaf, where it is to be written; NULL and an error if there is none. */
static void *stage(tad_var leaf, const char *name, const void *caller)
{
    tad_tape  *tape = leaf.tape;
    tad__node *node = &tape->nodes[leaf.id];
    if (node->flags & TAD__STAGED)
        for (size_t i = 0; i < tape->staged_count; i++)
            if (tape->staged[i].id == leaf.id)
                return tape->staged[i].data ? tape->staged[i].data : &tape->staged[i].number;
    tad_array array;
    void     *data = NULL;
    bool      scalar = node->flags & TAD__SCALAR;
    tad__value_array(tape, leaf.id, &array);
    bool there = tad__reserve(&tape->allocator, (void **)&tape->staged, &tape->staged_capacity, tape->staged_count + 1,
                              sizeof *tape->staged);
    if (there && !scalar) {
        data = tad__arena_take(&tape->staged_arena, tad__array_bytes(&array));
        there = data != NULL;
    }
    if (!there) {
        tad__fail_memory(tape, caller, name);
        return NULL;
    }
    node->flags |= TAD__STAGED;
    tad__staged *staged = &tape->staged[tape->staged_count++];
    *staged = (tad__staged){.id = leaf.id, .data = data};
    return scalar ? &staged->number : data;
}

static tad_status check_leaf(tad_var leaf, tad_array *array, const char *name, const void *caller)
{
    tad_status status = tad__check(leaf, name, caller);
    if (status != TAD_OK)
        return status;
    if (!(leaf.tape->nodes[leaf.id].flags & TAD__LEAF))
        return tad__fail(leaf.tape, caller, TAD_EARG, "%s: the value is a result of %s; expected a leaf", name,
                         tad__op_of_node(leaf.tape, leaf.id)->name);
    if (leaf.tape->nodes[leaf.id].flags & TAD__USED)
        return tad__fail(leaf.tape, caller, TAD_EARG,
                         "%s: the leaf is a parameter; write to its value, call tad_param_touch and record again",
                         name);
    tad__value_array(leaf.tape, leaf.id, array);
    return TAD_OK;
}

tad_status tad_set(tad_var leaf, const void *data, size_t bytes)
{
    const void *caller = TAD_CALLER;
    tad_array   array;
    tad_status  status = check_leaf(leaf, &array, "tad_set", caller);
    if (status != TAD_OK)
        return status;
    size_t needed = tad__array_bytes(&array);
    if (bytes != needed || (!data && needed))
        return tad__fail(leaf.tape, caller, TAD_EARG, "tad_set: %zu bytes%s; the leaf has %zu", bytes,
                         data ? "" : " at NULL", needed);
    void *to = stage(leaf, "tad_set", caller);
    if (to && needed)
        memcpy(to, data, needed);
    return to ? TAD_OK : TAD_ENOMEM;
}

tad_status tad_set_value(tad_var leaf, double value)
{
    const void *caller = TAD_CALLER;
    tad_array   array;
    tad_status  status = check_leaf(leaf, &array, "tad_set_value", caller);
    if (status != TAD_OK)
        return status;
    if (tad__array_count(&array) != 1)
        return tad__fail(leaf.tape, caller, TAD_ESHAPE,
                         "tad_set_value: the leaf has %lld elements; expected one: use tad_set",
                         (long long)tad__array_count(&array));
    array.data = stage(leaf, "tad_set_value", caller);
    if (!array.data)
        return TAD_ENOMEM;
    tad__fill(&array, value);
    return TAD_OK;
}
