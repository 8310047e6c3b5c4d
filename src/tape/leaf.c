/* Leaves: the values a recording starts from. */
#include "tape/tape.h"

#include <inttypes.h>
#include <string.h>

static tad_var scalar_leaf(tad_tape *tape, double value, uint16_t flags, const void *caller, const char *name)
{
    if (!tape)
        return (tad_var){0};
    if (tape->count >= tape->capacity && !tad__grow(tape, caller, name))
        return tad__invalid(tape);
    uint32_t id = tape->count++;
    if (tape->paused)
        flags &= (uint16_t)~TAD__DIFFERENTIABLE;
    tape->nodes[id] = (tad__node){.flags = flags, .birth = tape->birth};
    tape->values[id] = value;
    return (tad_var){tape, id, tape->birth};
}

tad_var tad_scalar(tad_tape *tape, double value)
{
    return scalar_leaf(tape, value, TAD__LEAF | TAD__SCALAR | TAD__DIFFERENTIABLE, TAD_CALLER, "tad_scalar");
}

tad_var tad_constant(tad_tape *tape, double value)
{
    return scalar_leaf(tape, value, TAD__LEAF | TAD__SCALAR, TAD_CALLER, "tad_constant");
}

static uint16_t flags_of(bool differentiable)
{
    return (uint16_t)(TAD__LEAF | (differentiable ? TAD__DIFFERENTIABLE : 0));
}

static tad_var scalar_number(tad_tape *tape, const void *data, uint16_t flags, const void *caller, const char *name)
{
    double number;
    memcpy(&number, data, sizeof number);
    return scalar_leaf(tape, number, flags | TAD__SCALAR, caller, name);
}

static tad_var push_leaf(tad_tape *tape, tad__record *record, const tad_array *array, uint16_t flags)
{
    record->array = *array;
    tad__array_set_c_order(&record->array);
    return tad__push_record(tape, record, flags);
}

tad_var tad__constant_view(tad_tape *tape, const tad_array *array, const void *caller, const char *name)
{
    if (tad__array_is_scalar(array))
        return scalar_number(tape, array->data, flags_of(false), caller, name);
    tad__record *record = tad__new_record(tape, 0, 0, caller, name);
    return record ? push_leaf(tape, record, array, flags_of(false)) : tad__invalid(tape);
}

static tad_status check_shape(tad_tape *tape, tad_dtype dtype, int rank, const int64_t dims[], const void *data,
                              tad_array *array, const void *caller, const char *name)
{
    if (tad_dtype_size(dtype) == 0)
        return tad__fail(tape, caller, TAD_EDTYPE, "%s: %d is no element type; expected TAD_F32, TAD_F64 or TAD_I64",
                         name, (int)dtype);
    if (rank < 0 || rank > TAD_MAX_RANK)
        return tad__fail(tape, caller, TAD_EARG, "%s: rank %d; expected 0 to %d", name, rank, TAD_MAX_RANK);
    if (rank > 0 && !dims)
        return tad__fail(tape, caller, TAD_EARG, "%s: dims is NULL; expected %d sizes", name, rank);
    for (int i = 0; i < rank; i++)
        if (dims[i] < 0)
            return tad__fail(tape, caller, TAD_EARG, "%s: size %" PRId64 " of axis %d is negative", name, dims[i], i);
    array->dtype = dtype;
    tad__array_set_shape(array, rank, dims);
    if (!tad__array_fits(array))
        return tad__fail(tape, caller, TAD_ESHAPE, "%s: the sizes' product is more bytes than memory can address",
                         name);
    if (!data && tad__array_count(array) > 0)
        return tad__fail(tape, caller, TAD_EARG, "%s: data is NULL; expected %zu bytes", name, tad__array_bytes(array));
    return TAD_OK;
}

/* The caller's numbers are copied behind the record. */
static tad_var tensor_leaf(tad_tape *tape, tad_dtype dtype, int rank, const int64_t dims[], const void *data,
                           bool differentiable, const void *caller, const char *name)
{
    if (!tape)
        return (tad_var){0};
    tad_array array = {0};
    if (check_shape(tape, dtype, rank, dims, data, &array, caller, name) != TAD_OK)
        return tad__invalid(tape);
    if (differentiable && dtype == TAD_I64) {
        tad__fail(tape, caller, TAD_EDTYPE, "%s: i64 holds indices, which have no derivatives; use tad_tensor_constant",
                  name);
        return tad__invalid(tape);
    }
    if (tad__array_is_scalar(&array))
        return scalar_number(tape, data, flags_of(differentiable), caller, name);
    size_t       bytes = tad__array_bytes(&array);
    tad__record *record = tad__new_record(tape, 0, 0, caller, name);
    if (!record)
        return tad__invalid(tape);
    array.data = tad__arena_take(&tape->arena, bytes);
    if (!array.data) {
        tad__arena_rewind(&tape->arena, record);
        tad__fail_memory(tape, caller, name);
        return tad__invalid(tape);
    }
    if (bytes)
        memcpy(array.data, data, bytes);
    return push_leaf(tape, record, &array, flags_of(differentiable));
}

tad_var tad_tensor(tad_tape *tape, tad_dtype dtype, int rank, const int64_t dims[], const void *data)
{
    return tensor_leaf(tape, dtype, rank, dims, data, true, TAD_CALLER, "tad_tensor");
}

tad_var tad_tensor_constant(tad_tape *tape, tad_dtype dtype, int rank, const int64_t dims[], const void *data)
{
    return tensor_leaf(tape, dtype, rank, dims, data, false, TAD_CALLER, "tad_tensor_constant");
}
