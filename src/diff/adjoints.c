#include "diff/adjoints.h"

#include <string.h>

/* A block that was given back. */
struct tad__spare {
    tad__spare *next;
    size_t      bytes;
};

/* Blocks of 2^i to below 2^(i + 1) bytes are in list i. */
static tad__spare **list_of(tad_tape *tape, size_t bytes)
{
    int i = 0;
    while (bytes >> i > 1)
        i++;
    return &tape->spare_adjoints[i];
}

static size_t size_of(const tad_array *array)
{
    size_t bytes = tad__array_bytes(array);
    return bytes < sizeof(tad__spare) ? sizeof(tad__spare) : bytes;
}

static void *take(tad_tape *tape, size_t bytes)
{
    for (tad__spare **at = list_of(tape, bytes); *at; at = &(*at)->next) {
        tad__spare *spare = *at;
        if (spare->bytes >= bytes) {
            *at = spare->next;
            return spare;
        }
    }
    return tad__arena_take(&tape->adjoint_arena, bytes);
}

tad_status tad__adjoints_open(tad_tape *tape, uint32_t from, uint32_t to, const void *caller)
{
    if (!tad__reserve(&tape->allocator, (void **)&tape->adjoints, &tape->adjoint_capacity, to, sizeof *tape->adjoints))
        return tad__fail_memory(tape, caller, "tad_backward");
    for (uint32_t id = from; id < to; id++)
        tape->adjoints[id].bits = TAD__UNREACHED;
    return TAD_OK;
}

void tad__adjoints_clear(tad_tape *tape)
{
    memset(tape->spare_adjoints, 0, sizeof tape->spare_adjoints);
    tad__arena_clear(&tape->adjoint_arena);
}

tad_status tad__adjoint_array_to_write(tad_tape *tape, uint32_t id, tad_array *out, bool *fresh, const void *caller)
{
    tad__adjoint *adjoint = &tape->adjoints[id];
    tad__value_array(tape, id, out);
    tad__array_set_c_order(out);
    bool reached = adjoint->bits != TAD__UNREACHED;
    *fresh = false;
    if (tape->nodes[id].flags & TAD__SCALAR) {
        if (!reached)
            adjoint->number = 0;
        out->data = &adjoint->number;
        return TAD_OK;
    }
    if (!reached) {
        void *data = take(tape, size_of(out));
        if (!data)
            return tad__fail_memory(tape, caller, "tad_backward");
        adjoint->data = data;
        *fresh = true;
    }
    out->data = adjoint->data;
    return TAD_OK;
}

tad_status tad__adjoint_array(tad_tape *tape, uint32_t id, tad_array *out, const void *caller)
{
    bool       fresh;
    tad_status status = tad__adjoint_array_to_write(tape, id, out, &fresh, caller);
    if (status == TAD_OK && fresh)
        memset(out->data, 0, tad__array_bytes(out));
    return status;
}

void tad__adjoint_give_back(tad_tape *tape, const tad_array *array)
{
    if (tad__array_is_scalar(array))
        return;
    size_t       bytes = size_of(array);
    tad__spare  *spare = array->data;
    tad__spare **list = list_of(tape, bytes);
    *spare = (tad__spare){*list, bytes};
    *list = spare;
}
