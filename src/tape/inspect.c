/* What was recorded: operations, operands and names. */
#include "tape/tape.h"

#include <string.h>

const tad_op *tad_op_of(tad_var x)
{
    return tad__check(x, "tad_op_of", TAD_CALLER) == TAD_OK ? tad__op_of_node(x.tape, x.id) : NULL;
}

int tad_operand_count(tad_var x)
{
    const uint32_t *in;
    return tad__check(x, "tad_operand_count", TAD_CALLER) == TAD_OK ? tad__operands(x.tape, x.id, &in) : -1;
}

tad_var tad_operand(tad_var x, int k)
{
    if (tad__check(x, "tad_operand", TAD_CALLER) != TAD_OK)
        return (tad_var){.tape = x.tape, .id = TAD__INVALID};
    const uint32_t *in;
    int             n = tad__operands(x.tape, x.id, &in);
    if (k < 0 || k >= n) {
        tad__fail(x.tape, TAD_CALLER, TAD_EARG, "tad_operand: operand %d of a node that has %d", k, n);
        return tad__invalid(x.tape);
    }
    return tad__handle(x.tape, in[k]);
}

bool tad_is_differentiable(tad_var x)
{
    return tad__check(x, "tad_is_differentiable", TAD_CALLER) == TAD_OK &&
           x.tape->nodes[x.id].flags & TAD__DIFFERENTIABLE;
}

/* The place of the first label whose id is not below `id`. */
static size_t find(const tad_tape *tape, uint32_t id)
{
    size_t low = 0, high = tape->label_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (tape->labels[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Room for a text, so that a node can be named again without taking more. */
enum { USUAL_ROOM = 64 };

tad_var tad_named(tad_var x, const char *name)
{
    if (tad__check(x, "tad_named", TAD_CALLER) != TAD_OK)
        return x;
    tad_tape *tape = x.tape;
    if (!name) {
        tad__fail(tape, TAD_CALLER, TAD_EARG, "tad_named: the name is NULL");
        return x;
    }
    size_t bytes = strlen(name) + 1, i = find(tape, x.id);
    bool   again = i < tape->label_count && tape->labels[i].id == x.id;
    if (again && bytes <= tape->labels[i].room) {
        memmove(tape->labels[i].text, name, bytes);
        return x;
    }
    size_t room = bytes < USUAL_ROOM ? USUAL_ROOM : bytes;
    char  *text = NULL;
    if (tad__reserve(&tape->allocator, (void **)&tape->labels, &tape->label_capacity, tape->label_count + 1,
                     sizeof *tape->labels))
        text = tad__arena_take(&tape->label_arena, room);
    if (!text) {
        tad__fail_memory(tape, TAD_CALLER, "tad_named");
        return x;
    }
    memcpy(text, name, bytes);
    tad__label *label = &tape->labels[i];
    if (!again) {
        memmove(label + 1, label, (tape->label_count - i) * sizeof *label);
        tape->label_count++;
    }
    *label = (tad__label){x.id, tape->label_serial++, text, room};
    return x;
}

const char *tad_name(tad_var x)
{
    if (tad__check(x, "tad_name", TAD_CALLER) != TAD_OK)
        return NULL;
    size_t i = find(x.tape, x.id);
    return i < x.tape->label_count && x.tape->labels[i].id == x.id ? x.tape->labels[i].text : NULL;
}

/* The texts that were written after every text still needed are given back. */
void tad__forget_labels(tad_tape *tape, uint32_t id)
{
    size_t kept = find(tape, id);
    if (kept == tape->label_count)
        return;
    uint32_t needed = 0; /* texts with a lower serial stay */
    for (size_t i = 0; i < kept; i++)
        if (tape->labels[i].serial >= needed)
            needed = tape->labels[i].serial + 1;
    const tad__label *oldest = NULL;
    for (size_t i = kept; i < tape->label_count; i++)
        if (tape->labels[i].serial >= needed && (!oldest || tape->labels[i].serial < oldest->serial))
            oldest = &tape->labels[i];
    if (oldest)
        tad__arena_rewind(&tape->label_arena, oldest->text);
    if (kept == 0) {
        tad__arena_clear(&tape->label_arena);
        tape->label_serial = 0;
    }
    tape->label_count = kept;
}
