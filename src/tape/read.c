/* Reading shapes and values of nodes. */
#include "tape/tape.h"

#include "tensor/move.h"

#include <math.h>

bool tad_is_valid(tad_var x)
{
    return x.tape && tad__is_on(x.tape, x);
}

int tad_rank(tad_var x)
{
    if (tad__check(x, "tad_rank", TAD_CALLER) != TAD_OK)
        return -1;
    tad_array array;
    tad__value_array(x.tape, x.id, &array);
    return array.rank;
}

int64_t tad_dim(tad_var x, int axis)
{
    if (tad__check(x, "tad_dim", TAD_CALLER) != TAD_OK)
        return -1;
    tad_array array;
    tad__value_array(x.tape, x.id, &array);
    int i = tad__array_axis(array.rank, axis);
    if (i < 0) {
        tad__fail(x.tape, TAD_CALLER, TAD_EARG, "tad_dim: axis %d of a value of rank %d", axis, array.rank);
        return -1;
    }
    return array.dims[i];
}

tad_dtype tad_dtype_of(tad_var x)
{
    if (tad__check(x, "tad_dtype_of", TAD_CALLER) != TAD_OK)
        return TAD_F64;
    tad_array array;
    tad__value_array(x.tape, x.id, &array);
    return array.dtype;
}

int64_t tad_count(tad_var x)
{
    if (tad__check(x, "tad_count", TAD_CALLER) != TAD_OK)
        return -1;
    tad_array array;
    tad__value_array(x.tape, x.id, &array);
    return tad__array_count(&array);
}

/* A comparison that the program reads is one that it may branch on: tad_replay has to know. */
static tad_status note_branch(tad_var x, const char *name, const void *caller)
{
    tad__node *node = &x.tape->nodes[x.id];
    if (!(node->flags & TAD__STEPS))
        return TAD_OK;
    tad_status status = tad__add_branch(x.tape, x.id, false, caller, name);
    if (status == TAD_OK)
        node->flags &= (uint16_t)~TAD__STEPS; /* once is enough */
    return status;
}

double tad_value(tad_var x)
{
    const unsigned steps = TAD__SCALAR | TAD__STEPS;
    if (x.tape)
        x.tape->reads++;
    if (x.tape && tad__is_on(x.tape, x) && (x.tape->nodes[x.id].flags & steps) == TAD__SCALAR)
        return x.tape->values[x.id];
    if (tad__check(x, "tad_value", TAD_CALLER) != TAD_OK)
        return nan("");
    tad_array array;
    tad__value_array(x.tape, x.id, &array);
    int64_t count = tad__array_count(&array);
    if (count != 1) {
        tad__fail(x.tape, TAD_CALLER, TAD_ESHAPE, "tad_value: the value has %lld elements; expected one: use tad_read",
                  (long long)count);
        return nan("");
    }
    if (note_branch(x, "tad_value", TAD_CALLER) != TAD_OK)
        return nan("");
    return tad__array_number(&array);
}

tad_status tad_read(tad_var x, void *out, size_t bytes)
{
    tad_status status = tad__check(x, "tad_read", TAD_CALLER);
    if (status != TAD_OK)
        return status;
    x.tape->reads++;
    tad_array array;
    tad__value_array(x.tape, x.id, &array);
    size_t needed = tad__array_bytes(&array);
    if (bytes < needed || (!out && needed))
        return tad__fail(x.tape, TAD_CALLER, TAD_EARG, "tad_read: %zu bytes%s; the value has %zu", bytes,
                         out ? " of room" : " at NULL", needed);
    status = note_branch(x, "tad_read", TAD_CALLER);
    if (status != TAD_OK)
        return status;
    tad_array to = array;
    tad__array_set_c_order(&to);
    to.data = out;
    if (needed)
        tad__copy(&to, &array);
    return TAD_OK;
}
