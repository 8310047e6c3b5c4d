#include "ops/lines.h"
#include "ops/axes.h"
#include "ops/pairs.h"

#include "tensor/move.h"
#include "tensor/scan.h"

#include <tad/operations.h>

tad_status tad__line_shape(const tad_call *call)
{
    const tad__line *line = call->attributes;
    const tad_array *x = &call->in[0];
    tad__array_set_shape(call->out, x->rank, x->dims);
    return tad__find_axis(call, x->rank, line->axis) < 0 ? TAD_EARG : TAD_OK;
}

tad_array tad__line_doubles(const tad_call *call)
{
    tad_array array = call->in[0];
    array.dtype = TAD_F64;
    tad__array_set_c_order(&array);
    array.data = tad_scratch(call, tad__array_bytes(&array));
    return array;
}

tad_array tad__line_carry(const tad_call *call, double number)
{
    const tad__line *line = call->attributes;
    const tad_array *x = &call->in[0];
    tad_array        carry = *x;
    carry.dtype = TAD_F64;
    carry.dims[tad__array_axis(x->rank, line->axis)] = 1;
    tad__array_set_c_order(&carry);
    carry.data = tad_scratch(call, tad__array_bytes(&carry));
    if (carry.data)
        tad__fill(&carry, number);
    return tad__array_broadcast(&carry, x);
}

tad_array tad__line_seen(const tad_call *call, const tad_array *array, bool back)
{
    const tad__line *line = call->attributes;
    bool             axes[TAD_MAX_RANK] = {false};
    axes[tad__array_axis(array->rank, line->axis)] = true;
    return line->reverse != back ? tad__reversed(array, axes) : *array;
}

static tad_var shifted(tad_var x, int axis, bool towards_start)
{
    if (tad_dim(x, axis) == 0)
        return x;
    return towards_start ? tad_pad(tad_slice(x, axis, 1, TAD_END), axis, 0, 1)
                         : tad_pad(tad_slice(x, axis, 0, -1), axis, 1, 0);
}

tad_var tad__line_next(tad_var x, const tad__line *line)
{
    return shifted(x, line->axis, !line->reverse);
}

tad_var tad__line_last(tad_var x, const tad__line *line)
{
    return shifted(x, line->axis, line->reverse);
}

bool tad__line_depends(const tad_call *call, int k, tad_array *out, tad_array *in)
{
    (void)k;
    return tad__pairs_in_line(out, in, tad__array_axis(out->rank, ((const tad__line *)call->attributes)->axis));
}
