#include "ops/pairs.h"

tad__pairs tad__pairs_start(const tad_array *out, const tad_array *in)
{
    tad__pairs p = {.out = *out, .in = *in, .fit = true};
    p.out.rank = p.in.rank = 0;
    return p;
}

void tad__pairs_axis(tad__pairs *p, int64_t size, int64_t out_stride, int64_t in_stride)
{
    int i = p->out.rank;
    if (size == 1)
        return;
    p->fit &= i < TAD_MAX_RANK;
    if (!p->fit)
        return;
    p->out.dims[i] = p->in.dims[i] = size;
    p->out.strides[i] = out_stride;
    p->in.strides[i] = in_stride;
    p->out.rank = p->in.rank = i + 1;
}

void tad__pairs_leading(tad__pairs *p, const tad_array *out, int out_last, const tad_array *in, int in_last)
{
    int missing = (out->rank - out_last) - (in->rank - in_last); /* axes that the operand lacks */
    for (int i = 0; i < out->rank - out_last; i++) {
        bool repeats = i < missing || in->dims[i - missing] == 1;
        tad__pairs_axis(p, out->dims[i], out->strides[i], repeats ? 0 : in->strides[i - missing]);
    }
}

void tad__pairs_last_of_out(tad__pairs *p, const tad_array *out, int last)
{
    for (int i = out->rank - last; i < out->rank; i++)
        tad__pairs_axis(p, out->dims[i], out->strides[i], 0);
}

void tad__pairs_last_of_in(tad__pairs *p, const tad_array *in, int last)
{
    for (int i = in->rank - last; i < in->rank; i++)
        tad__pairs_axis(p, in->dims[i], 0, in->strides[i]);
}

bool tad__pairs_end(const tad__pairs *p, tad_array *out, tad_array *in)
{
    *out = p->out;
    *in = p->in;
    return p->fit;
}

bool tad__pairs_in_line(tad_array *out, tad_array *in, int axis)
{
    tad__pairs p = tad__pairs_start(out, in);
    for (int i = 0; i < out->rank; i++)
        if (i != axis)
            tad__pairs_axis(&p, out->dims[i], out->strides[i], in->strides[i]);
    tad__pairs_axis(&p, out->dims[axis], out->strides[axis], 0);
    tad__pairs_axis(&p, in->dims[axis], 0, in->strides[axis]);
    return tad__pairs_end(&p, out, in);
}

bool tad__pairs_in_block(tad_array *out, int out_last, tad_array *in, int in_last)
{
    tad__pairs p = tad__pairs_start(out, in);
    tad__pairs_leading(&p, out, out_last, in, in_last);
    tad__pairs_last_of_out(&p, out, out_last);
    tad__pairs_last_of_in(&p, in, in_last);
    return tad__pairs_end(&p, out, in);
}

bool tad__pairs_none(tad_array *out, tad_array *in)
{
    tad__pairs p = tad__pairs_start(out, in);
    tad__pairs_axis(&p, 0, 0, 0);
    return tad__pairs_end(&p, out, in);
}

bool tad__depends_in_place(const tad_call *call, int k, tad_array *out, tad_array *in)
{
    (void)call, (void)k;
    return tad__pairs_in_block(out, 0, in, 0);
}

bool tad__depends_by_matrix(const tad_call *call, int k, tad_array *out, tad_array *in)
{
    (void)call, (void)k;
    return tad__pairs_in_block(out, 2, in, 2);
}
