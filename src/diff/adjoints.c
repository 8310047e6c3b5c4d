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

static void set_unreached(const tad_tape *tape, size_t from, size_t to)
{
    for (size_t id = from; id < to; id++)
        tape->adjoints[id].bits = TAD__UNREACHED;
}

tad_status tad__adjoints_open(const tad__sweep *s, uint32_t from, uint32_t to)
{
    tad_tape *tape = s->tape;
    size_t    had = tape->adjoint_capacity;
    if (!tad__reserve(&tape->allocator, (void **)&tape->adjoints, &tape->adjoint_capacity, to, sizeof *tape->adjoints))
        return tad__fail_memory(tape, s->caller, s->name);
    set_unreached(tape, from, to);
    set_unreached(tape, had, tape->adjoint_capacity); /* below its low a sweep adds, too, though nobody reads it */
    return TAD_OK;
}

void tad__adjoints_clear(tad_tape *tape)
{
    memset(tape->spare_adjoints, 0, sizeof tape->spare_adjoints);
    tad__arena_clear(&tape->adjoint_arena);
}

tad_status tad__adjoint_array(const tad__sweep *s, uint32_t id, tad_array *out)
{
    tad_tape     *tape = s->tape;
    tad__adjoint *adjoint = &tape->adjoints[id];
    tad__value_array(tape, id, out);
    tad__array_set_c_order(out);
    bool fresh = !tad__is_reached(tape, id);
    if (tape->nodes[id].flags & TAD__SCALAR) {
        if (fresh)
            adjoint->number = 0;
        out->data = &adjoint->number;
        return TAD_OK;
    }
    if (fresh) {
        void *data = take(tape, size_of(out));
        if (!data)
            return tad__fail_memory(tape, s->caller, s->name);
        memset(data, 0, tad__array_bytes(out));
        adjoint->data = data;
    }
    out->data = adjoint->data;
    return TAD_OK;
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

bool tad__is_reached(const tad_tape *tape, uint32_t id)
{
    return tape->adjoints[id].bits != TAD__UNREACHED;
}

void tad__adjoint_place(const tad_tape *tape, uint32_t id, void *data)
{
    tape->adjoints[id].data = data;
}
