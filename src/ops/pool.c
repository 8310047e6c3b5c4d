#include "ops/pool.h"

#include "ops/pairs.h"

#include <inttypes.h>

enum { LARGEST = INT32_MAX };

/* One axis, with all numbers as they count. */
typedef struct axis {
    int64_t size, places, kernel, stride, padding, dilation;
} axis;

static axis axis_of(const tad__pool_attributes *to, int64_t size, int i)
{
    const tad_pool_options *o = &to->options;
    return (axis){.size = size,
                  .kernel = o->kernel[i],
                  .stride = o->stride[i] ? o->stride[i] : o->kernel[i],
                  .padding = o->padding[i],
                  .dilation = o->dilation[i] ? o->dilation[i] : 1};
}

static tad_status check_options(const tad_call *call, tad__pooling kind, const tad_pool_options *o)
{
    const struct {
        const char    *name;
        const int64_t *numbers;
        int64_t        least;
    } checked[] = {
        {"kernel", o->kernel, 1}, {"stride", o->stride, 0}, {"padding", o->padding, 0}, {"dilation", o->dilation, 0}};
    for (int k = 0; k < 4; k++)
        for (int i = 0; i < 2; i++)
            if (checked[k].numbers[i] < checked[k].least || checked[k].numbers[i] > LARGEST)
                return tad_refuse(call, TAD_EARG, "%s %" PRId64 "; expected %" PRId64 " to 2147483647", checked[k].name,
                                  checked[k].numbers[i], checked[k].least);
    if (kind == TAD__POOL_AVERAGES && (o->dilation[0] > 1 || o->dilation[1] > 1))
        return tad_refuse(call, TAD_EARG, "dilation %" PRId64 "x%" PRId64 "; averages have none", o->dilation[0],
                          o->dilation[1]);
    if (kind == TAD__POOL_MAXIMA && o->exclude_padding)
        return tad_refuse(call, TAD_EARG, "exclude_padding is for averages");
    return TAD_OK;
}

static tad_status adaptive_shape(const tad_call *call, const int64_t size[2], const tad_array *x, tad_array *y)
{
    for (int i = 0; i < 2; i++) {
        if (size[i] < 0 || size[i] > LARGEST)
            return tad_refuse(call, TAD_EARG, "size %" PRId64 "; expected 0 to 2147483647", size[i]);
        if (size[i] > 0 && x->dims[x->rank - 2 + i] == 0)
            return tad_refuse(call, TAD_ESHAPE, "an axis of size 0 has no windows");
        y->dims[y->rank - 2 + i] = size[i];
    }
    return TAD_OK;
}

tad_status tad__pool_shape(const tad_call *call, tad__pooling kind, const tad_array *x, tad_array *y)
{
    const tad__pool_attributes *to = call->attributes;
    if (x->rank < 2)
        return tad_refuse(call, TAD_ESHAPE, "expected at least two axes: height and width");
    tad__array_set_shape(y, x->rank, x->dims);
    const int64_t *size = &x->dims[x->rank - 2];
    if (size[0] > LARGEST || size[1] > LARGEST)
        return tad_refuse(call, TAD_ESHAPE, "height %" PRId64 " and width %" PRId64 "; at most 2147483647", size[0],
                          size[1]);
    if (to->adaptive)
        return adaptive_shape(call, to->size, x, y);
    tad_status status = check_options(call, kind, &to->options);
    for (int i = 0; i < 2 && status == TAD_OK; i++) {
        axis    a = axis_of(to, size[i], i);
        int64_t reach = a.dilation * (a.kernel - 1) + 1, room = a.size + 2 * a.padding - reach;
        if (a.padding > reach / 2)
            return tad_refuse(call, TAD_EARG, "padding %" PRId64 "; expected at most half the window, %" PRId64,
                              a.padding, reach);
        if (room < 0)
            return tad_refuse(call, TAD_ESHAPE,
                              "window %" PRId64 "x%" PRId64 " with dilation %" PRId64 "x%" PRId64
                              " does not fit the padded input %" PRId64 "x%" PRId64,
                              to->options.kernel[0], to->options.kernel[1], axis_of(to, 0, 0).dilation,
                              axis_of(to, 0, 1).dilation, size[0] + 2 * to->options.padding[0],
                              size[1] + 2 * to->options.padding[1]);
        y->dims[y->rank - 2 + i] = room / a.stride + 1;
    }
    return status;
}

static tad__window adaptive_window(int64_t size, int64_t places, int64_t place)
{
    int64_t first = place * size / places, end = ((place + 1) * size + places - 1) / places;
    return (tad__window){.first = first, .step = 1, .count = end - first, .divisor = end - first};
}

static tad__window window(const axis *a, int64_t place, bool exclude_padding)
{
    int64_t first = place * a->stride - a->padding, skipped = first < 0 ? (-first + a->dilation - 1) / a->dilation : 0;
    tad__window w = {.first = first + skipped * a->dilation, .step = a->dilation};
    int64_t     inside = w.first < a->size ? (a->size - 1 - w.first) / a->dilation + 1 : 0;
    w.count = inside < a->kernel - skipped ? inside : a->kernel - skipped;
    w.divisor = exclude_padding && w.count > 0 ? w.count : a->kernel;
    return w;
}

bool tad__pool_windows(const tad_call *call, const tad_array *x, const tad_array *y, tad__pool *pool, double **row)
{
    const tad__pool_attributes *to = call->attributes;
    const int64_t              *size = &x->dims[x->rank - 2], *places = &y->dims[y->rank - 2];
    tad__window                *windows =
        tad_scratch(call, (size_t)(places[0] + places[1]) * sizeof *windows + (size_t)size[1] * sizeof **row);
    if (!windows)
        return false;
    for (int i = 0; i < 2; i++) {
        axis a = axis_of(to, size[i], i);
        pool->windows[i] = windows;
        for (int64_t k = 0; k < places[i]; k++)
            *windows++ =
                to->adaptive ? adaptive_window(size[i], places[i], k) : window(&a, k, to->options.exclude_padding);
    }
    *row = (double *)(void *)windows;
    return true;
}

bool tad__pool_depends(const tad__pool_attributes *to, bool x_is_out, tad_array *out, tad_array *in)
{
    const tad_array *x = x_is_out ? out : in, *y = x_is_out ? in : out;
    tad__pairs       p = tad__pairs_start(out, in);
    tad__pairs_leading(&p, out, 2, in, 2);
    for (int i = x->rank - 2; i < x->rank; i++) {
        axis    a = axis_of(to, x->dims[i], i - (x->rank - 2));
        bool    exact = !to->adaptive && a.padding == 0; /* or else each place goes with each */
        int64_t step = exact ? a.stride * x->strides[i] : 0,
                within = exact ? a.dilation * x->strides[i] : x->strides[i];
        tad__pairs_axis(&p, y->dims[i], x_is_out ? step : y->strides[i], x_is_out ? y->strides[i] : step);
        tad__pairs_axis(&p, exact ? a.kernel : x->dims[i], x_is_out ? within : 0, x_is_out ? 0 : within);
    }
    return tad__pairs_end(&p, out, in);
}

static tad_var apply(const tad_op *op, tad_var x, tad__pool_attributes to, const void *caller)
{
    return tad_apply(op, (tad_args){.n = 1, .x = &x, .attributes = &to, .caller = caller});
}

tad_var tad__pool_in(const tad_op *op, tad_var x, const tad_pool_options *options, const void *caller)
{
    static const tad_pool_options none;
    return apply(op, x, (tad__pool_attributes){.options = options ? *options : none}, caller);
}

tad_var tad__pool_evenly(const tad_op *op, tad_var x, int64_t height, int64_t width, const void *caller)
{
    return apply(op, x, (tad__pool_attributes){.adaptive = true, .size = {height, width}}, caller);
}
