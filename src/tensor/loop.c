#include "tensor/loop.h"

typedef struct axis {
    int64_t size;
    int64_t strides[TAD__LOOP_MAX];
} axis;

/* The axes of size other than 1, outermost first, merged where that changes no address. */
static int merge_axes(int count, const tad_array *const arrays[], axis axes[])
{
    int used = 0;
    for (int i = 0; i < arrays[0]->rank; i++) {
        int64_t size = arrays[0]->dims[i];
        if (size == 1)
            continue;
        bool merges = used > 0;
        for (int k = 0; k < count && merges; k++)
            merges = axes[used - 1].strides[k] == arrays[k]->strides[i] * size;
        axis *to = merges ? &axes[used - 1] : &axes[used++];
        to->size = merges ? to->size * size : size;
        for (int k = 0; k < count; k++)
            to->strides[k] = arrays[k]->strides[i];
    }
    return used;
}

void tad__loop(int count, const tad_array *const arrays[], tad__run_function *run, void *context)
{
    axis    axes[TAD_MAX_RANK];
    int     rank = merge_axes(count, arrays, axes);
    char   *at[TAD__LOOP_MAX];
    int64_t bytes[TAD__LOOP_MAX], index[TAD_MAX_RANK] = {0};
    for (int k = 0; k < count; k++) {
        at[k] = arrays[k]->data;
        bytes[k] = at[k] ? (int64_t)tad_dtype_size(arrays[k]->dtype) : 0;
    }
    for (int i = 0; i < rank; i++)
        if (axes[i].size == 0)
            return;
    if (rank == 0) {
        run(context, 1, at, (int64_t[TAD__LOOP_MAX]){0});
        return;
    }
    const axis *inner = &axes[rank - 1];
    for (;;) {
        run(context, inner->size, at, inner->strides);
        int i = rank - 2;
        for (; i >= 0; i--) {
            int64_t steps = ++index[i] < axes[i].size ? 1 : 1 - axes[i].size;
            for (int k = 0; k < count; k++)
                at[k] += steps * axes[i].strides[k] * bytes[k];
            if (steps == 1)
                break;
            index[i] = 0;
        }
        if (i < 0)
            return;
    }
}
