#include "tools/elements.h"

#include <string.h>

int64_t tad__offset_of(const tad_array *array, int64_t element)
{
    int64_t offset = 0;
    for (int axis = array->rank - 1; axis >= 0; axis--) {
        offset += element % array->dims[axis] * array->strides[axis];
        element /= array->dims[axis];
    }
    return offset;
}

bool tad__element_at(const tad_array *array, const tad_array *shape, int64_t element, double *value)
{
    if (!tad__array_broadcasts_to(array, shape))
        return false;
    tad_array view = tad__array_broadcast(array, shape);
    int64_t   offset = tad__offset_of(&view, element) * (int64_t)tad_dtype_size(view.dtype);
    tad_array number = {.dtype = view.dtype, .rank = 0, .data = (char *)view.data + offset};
    *value = tad__array_number(&number);
    return true;
}

bool tad__is_elementwise(const tad_op *op)
{
    return tad__has_partials(op) || op == &tad__op_where;
}

bool *tad__mark_below(tad_tape *tape, size_t n, const tad_var y[])
{
    uint32_t high = 0;
    for (size_t i = 0; i < n; i++)
        high = y[i].id > high ? y[i].id : high;
    bool *below = tad__arena_take(&tape->scratch, (size_t)high + 1);
    if (!below)
        return NULL;
    memset(below, 0, (size_t)high + 1);
    for (size_t i = 0; i < n; i++)
        below[y[i].id] = true;
    for (uint32_t id = high + 1; id-- > 0;) {
        const uint32_t *in;
        int             operands = below[id] ? tad__operands(tape, id, &in) : 0;
        for (int k = 0; k < operands; k++)
            below[in[k]] = true;
    }
    return below;
}
