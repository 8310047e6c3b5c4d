#include "tensor/attention.h"

static size_t least(int64_t a, int64_t b)
{
    return (size_t)(a < b ? a : b);
}

/* Two blocks of scores; a block of queries, and one of their gradients. */
size_t tad__attention_scratch(const tad__attention *a, tad_dtype dtype)
{
    size_t queries = least(a->queries, TAD__ATTENTION_QUERIES), keys = least(a->keys, TAD__ATTENTION_KEYS);
    return 2 * queries * (keys + (size_t)a->width) * tad_dtype_size(dtype);
}

void tad__attention_forward(const tad__attention *a, tad_dtype dtype, void *scratch)
{
    if (dtype == TAD_F32)
        tad__attention_forward_f32(a, scratch);
    else
        tad__attention_forward_f64(a, scratch);
}

void tad__attention_backward(const tad__attention *a, tad_dtype dtype, void *scratch)
{
    if (dtype == TAD_F32)
        tad__attention_backward_f32(a, scratch);
    else
        tad__attention_backward_f64(a, scratch);
}
