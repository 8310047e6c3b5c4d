#include "ops/indices.h"

#include "base/text.h"
#include "tensor/gather.h"

#include <inttypes.h>

tad_status tad__check_indices(const tad_call *call, int k, int axis, int64_t size)
{
    const tad_array *index = &call->in[k];
    int64_t          bad, at[TAD_MAX_RANK];
    char             words[200] = "";
    tad__text        place = {.out = words, .size = sizeof words};
    if (!tad__find_bad_index(index, size, &bad, at))
        return TAD_OK;
    for (int i = 0; i < index->rank; i++)
        tad__text_add(&place, i ? ", %" PRId64 : "%" PRId64, at[i]);
    if (size == 0)
        return tad_refuse(call, TAD_EINDEX, "index %" PRId64 " at [%s]; expected none, axis %d has no elements", bad,
                          words, axis);
    return tad_refuse(call, TAD_EINDEX,
                      "index %" PRId64 " at [%s]; expected %" PRId64 " to %" PRId64 ", axis %d has %" PRId64
                      " elements",
                      bad, words, -size, size - 1, axis, size);
}
