/* shapes: one value as several parts. */
#include "ops/axes.h"
#include "tensor/array.h"

#include <tad/op.h>
#include <tad/operations.h>

#include <inttypes.h>

typedef struct attributes {
    int            axis, n;
    const int64_t *sizes; /* NULL: all the same */
    const tad_var *parts;
} attributes;

static tad_status shape(const tad_call *call)
{
    const attributes *to = call->attributes;
    const tad_array  *x = &call->in[0];
    int               axis = tad__find_axis(call, x->rank, to->axis);
    if (axis < 0)
        return TAD_EARG;
    int64_t left = x->dims[axis];
    if (to->n < 1 || !to->parts)
        return tad_refuse(call, TAD_EARG, "%d parts%s; expected 1 or more", to->n, to->parts ? "" : " at NULL");
    if (!to->sizes && left % to->n != 0)
        return tad_refuse(call, TAD_ESHAPE, "axis %d has %" PRId64 " elements, which do not make %d equal parts",
                          to->axis, left, to->n);
    for (int i = 0; i < to->n && to->sizes; i++) {
        if (to->sizes[i] < 0)
            return tad_refuse(call, TAD_EARG, "part %d has %" PRId64 " elements; expected 0 or more", i, to->sizes[i]);
        if (to->sizes[i] > left)
            return tad_refuse(call, TAD_ESHAPE, "the parts have more elements than axis %d, which has %" PRId64,
                              to->axis, x->dims[axis]);
        left -= to->sizes[i];
    }
    if (to->sizes && left > 0)
        return tad_refuse(call, TAD_ESHAPE, "the parts leave %" PRId64 " elements of axis %d over", left, to->axis);
    tad__array_set_shape(call->out, x->rank, x->dims);
    return TAD_OK;
}

static tad_var same(const tad_rule *rule)
{
    return rule->x[0];
}

/* Not an operation of its own: what tad_split is told, looked at as tad_apply looks at operands. */
static const tad_op arguments = {
    .name = "split",
    .arity = 1,
    .any_dtype = true,
    .attribute_bytes = sizeof(attributes),
    .shape = shape,
    .compose = same,
};

/** x cut along an axis into n parts of sizes[0], sizes[1], ... elements, or, if sizes is NULL, of the same size. The
 * parts are views: nothing is copied. After an error they are invalid handles.
 * Errors: TAD_EARG (no such axis, n below 1, parts NULL, a negative size), TAD_ESHAPE (sizes do not add up to the axis, or it
 * cannot be cut into n equal parts). */
TAD_API TAD_CHECKED tad_status tad_split(tad_var x, int axis, int n, const int64_t sizes[], tad_var parts[])
{
    const void      *caller = TAD_CALLER;
    const attributes to = {axis, n, sizes, parts};
    tad_var          whole = tad_apply(&arguments, (tad_args){.n = 1, .x = &x, .attributes = &to, .caller = caller});
    bool             good = tad_is_valid(whole);
    int64_t          size = good && !sizes ? tad_dim(x, axis) / n : 0, start = 0;
    tad_frame        outer = tad_enter(x.tape, "split", caller);
    for (int i = 0; i < n && parts; i++) {
        int64_t stop = good ? start + (sizes ? sizes[i] : size) : 0;
        parts[i] = good ? tad_slice(x, axis, start, stop) : whole;
        good = good && tad_is_valid(parts[i]);
        start = stop;
    }
    tad_leave(x.tape, outer);
    if (good)
        return TAD_OK;
    tad_status status = tad_tape_status(x.tape);
    return !x.tape ? TAD_ETAPE : status != TAD_OK ? status : TAD_EARG;
}
