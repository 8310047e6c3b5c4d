#include "ops/axes.h"

#include "tensor/move.h"

#include <tad/elementwise.h>
#include <tad/operations.h>

#include <inttypes.h>

int tad__find_axis(const tad_call *call, int rank, int given)
{
    int axis = tad__array_axis(rank, given);
    if (axis < 0 && rank == 0)
        tad_refuse(call, TAD_EARG, "axis %d of a scalar, which has none", given);
    else if (axis < 0)
        tad_refuse(call, TAD_EARG, "axis %d; expected -%d to %d", given, rank, rank - 1);
    return axis;
}

tad_status tad__check_axes(const tad_call *call, int n, const int axes[])
{
    int  rank = call->in[0].rank;
    bool named[TAD_MAX_RANK] = {false};
    if (n < 0 || n > rank)
        return tad_refuse(call, TAD_EARG, "%d axes; expected a list of 0 to %d", n, rank);
    for (int i = 0; i < n; i++) {
        int axis = tad__find_axis(call, rank, axes[i]);
        if (axis < 0)
            return TAD_EARG;
        if (named[axis])
            return tad_refuse(call, TAD_EARG, "axis %d is named twice", axes[i]);
        named[axis] = true;
    }
    return TAD_OK;
}

tad__axes tad__axes_of(int n, const int axes[], bool keepdims)
{
    tad__axes to = {.n = n > 0 && !axes ? -1 : n, .keepdims = keepdims};
    for (int i = 0; i < to.n && i < TAD_MAX_RANK; i++)
        to.axes[i] = axes[i];
    return to;
}

void tad__axes_reduced(const void *attributes, int rank, bool reduced[TAD_MAX_RANK])
{
    const tad__axes *to = attributes;
    for (int i = 0; i < rank; i++)
        reduced[i] = to->all;
    for (int i = 0; i < to->n; i++)
        reduced[tad__array_axis(rank, to->axes[i])] = true;
}

tad_status tad__axes_shape(const tad_call *call)
{
    const tad__axes *to = call->attributes;
    const tad_array *x = &call->in[0];
    bool             reduced[TAD_MAX_RANK];
    tad_status       status = tad__check_axes(call, to->n, to->axes);
    if (status != TAD_OK)
        return status;
    tad__axes_reduced(to, x->rank, reduced);
    call->out->rank = 0;
    for (int i = 0; i < x->rank; i++)
        if (!reduced[i] || to->keepdims)
            call->out->dims[call->out->rank++] = reduced[i] ? 1 : x->dims[i];
    return TAD_OK;
}

tad_status tad__axes_shape_of(const tad_call *call, int64_t least)
{
    tad_status status = tad__axes_shape(call);
    if (status == TAD_OK && tad__axes_group(call) < least)
        return tad_refuse(call, TAD_ESHAPE, "reduces %" PRId64 " elements to one; expected at least %" PRId64,
                          tad__axes_group(call), least);
    return status;
}

int64_t tad__axes_group(const tad_call *call)
{
    const tad_array *x = &call->in[0];
    bool             reduced[TAD_MAX_RANK];
    int64_t          size = 1;
    tad__axes_reduced(call->attributes, x->rank, reduced);
    for (int i = 0; i < x->rank; i++)
        size *= reduced[i] ? x->dims[i] : 1;
    return size;
}

tad_array tad__axes_expand(const tad_call *call, const tad_array *array)
{
    const tad__axes *to = call->attributes;
    const tad_array *x = &call->in[0];
    tad_array        view = *array;
    bool             reduced[TAD_MAX_RANK];
    tad__axes_reduced(to, x->rank, reduced);
    tad__array_set_shape(&view, x->rank, x->dims);
    for (int i = 0, k = 0; i < x->rank; i++) {
        view.strides[i] = reduced[i] ? 0 : array->strides[k];
        k += !reduced[i] || to->keepdims;
    }
    return view;
}

tad_array tad__axes_first(const tad_call *call, const tad_array *x)
{
    const tad__axes *to = call->attributes;
    tad_array        first = *x;
    bool             reduced[TAD_MAX_RANK];
    tad__axes_reduced(to, x->rank, reduced);
    first.rank = 0;
    for (int i = 0; i < x->rank; i++)
        if (!reduced[i] || to->keepdims) {
            first.dims[first.rank] = reduced[i] ? 1 : x->dims[i];
            first.strides[first.rank++] = x->strides[i];
        }
    return first;
}

bool tad__axes_depends(const tad_call *call, int k, tad_array *out, tad_array *in)
{
    (void)k, (void)in;
    *out = tad__axes_expand(call, out);
    return true;
}

bool tad__axes_doubles(const tad_call *call, double number, tad_array *out)
{
    *out = *call->out;
    out->dtype = TAD_F64;
    tad__array_set_c_order(out);
    out->data = tad_scratch(call, tad__array_bytes(out));
    if (out->data)
        tad__fill(out, number);
    return out->data != NULL;
}

bool tad__axes_result(const tad_call *call, double number, tad_array *out)
{
    if (call->out->dtype != TAD_F64)
        return tad__axes_doubles(call, number, out);
    *out = *call->out;
    tad__fill(out, number);
    return true;
}

void tad__axes_store(const tad_call *call, const tad_array *result)
{
    if (result->data != call->out->data)
        tad__copy(call->out, result);
}

tad_var tad__axes_keep(const tad_rule *rule, tad_var v)
{
    int64_t dims[TAD_MAX_RANK];
    bool    reduced[TAD_MAX_RANK];
    int     rank = tad_rank(rule->x[0]);
    tad__axes_reduced(rule->attributes, tad_rank(rule->x[0]), reduced);
    for (int i = 0; i < rank; i++)
        dims[i] = reduced[i] ? 1 : tad_dim(rule->x[0], i);
    return tad_rank(v) == rank ? v : tad_reshape(v, rank, dims);
}

tad_var tad__axes_sum(const tad_rule *rule, tad_var v)
{
    const tad__axes *to = rule->attributes;
    bool             reduced[TAD_MAX_RANK];
    int              axes[TAD_MAX_RANK], n = 0;
    tad__axes_reduced(rule->attributes, tad_rank(rule->x[0]), reduced);
    for (int i = 0; i < tad_rank(rule->x[0]); i++)
        if (reduced[i])
            axes[n++] = i;
    return tad_sum_axes(v, n, axes, to->keepdims);
}

int64_t tad__axes_count(const tad_rule *rule)
{
    bool    reduced[TAD_MAX_RANK];
    int64_t size = 1;
    tad__axes_reduced(rule->attributes, tad_rank(rule->x[0]), reduced);
    for (int i = 0; i < tad_rank(rule->x[0]); i++)
        size *= reduced[i] ? tad_dim(rule->x[0], i) : 1;
    return size;
}

tad_var tad__over_all(const tad_op *op, tad_var x, const void *caller)
{
    return tad__over_axes(op, x, (tad__axes){.all = true}, caller);
}

tad_var tad__over_axes(const tad_op *op, tad_var x, tad__axes to, const void *caller)
{
    return tad_apply(op, (tad_args){.n = 1, .x = &x, .attributes = &to, .caller = caller});
}

#define ATTRIBUTES(...)                                                                                                \
    .attributes = &(const tad__axes)                                                                                   \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }
const tad_sample tad__axes_samples[TAD__AXES_SAMPLES] = {
    {.in = "[]", ATTRIBUTES(.all = true)},
    {.in = "[1]", ATTRIBUTES(.all = true)},
    {.in = "[7]", ATTRIBUTES(.all = true)},
    {.in = "[9]", ATTRIBUTES(.n = 1, .axes = {0}, .keepdims = true)},
    {.in = "[3, 5]", ATTRIBUTES(.all = true, .keepdims = true)},
    {.in = "[3, 5]", ATTRIBUTES(.n = 1, .axes = {0})},
    {.in = "[3, 5]", ATTRIBUTES(.n = 1, .axes = {-1}, .keepdims = true)},
    {.in = "[2, 9]", ATTRIBUTES(.n = 1, .axes = {1})},
    {.in = "[17, 2]", ATTRIBUTES(.n = 1, .axes = {-2})},
    {.in = "[2, 3, 4]", ATTRIBUTES(.n = 2, .axes = {0, -1})},
    {.in = "[3, 1, 4]", ATTRIBUTES(.n = 2, .axes = {1, 2})},
    {.in = "[2, 3, 2, 3]", ATTRIBUTES(.n = 2, .axes = {2, 1}, .keepdims = true)},
    {.in = "[2, 3]", ATTRIBUTES(.n = 0)},
    {.in = "[2, 0]", ATTRIBUTES(.n = 1, .axes = {0})},
};
