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

bool *tad__mark_below(tad_tape *tape, uint32_t low, size_t n, const tad_var y[])
{
    uint32_t high = low;
    for (size_t i = 0; i < n; i++)
        high = y[i].id > high ? y[i].id : high;
    size_t count = (size_t)high - low + 1;
    bool  *below = tad__arena_take(&tape->scratch, count);
    if (!below)
        return NULL;
    memset(below, 0, count);
    for (size_t i = 0; i < n; i++)
        if (y[i].id >= low)
            below[y[i].id - low] = true;
    for (uint32_t id = high + 1; id-- > low;) {
        const uint32_t *in;
        int             operands = below[id - low] ? tad__operands(tape, id, &in) : 0;
        for (int k = 0; k < operands; k++)
            if (in[k] >= low)
                below[in[k] - low] = true;
    }
    return below;
}
