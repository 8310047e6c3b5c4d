/* Making, rewinding and freeing a tape, and the room for its nodes. */
#include "tape/tape.h"

#include <string.h>
#include <time.h>

enum { FIRST_NODES = 1024 };

/* Handles of a freed tape must not fit a new one at the same address, so periods start at a different number each. */
static uint32_t first_birth(const tad_tape *tape)
{
    struct timespec now = {0};
    timespec_get(&now, TIME_UTC);
    uint64_t mixed = ((uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec) ^ (uintptr_t)tape >> 4;
    return (uint32_t)(mixed * 0x9e3779b97f4a7c15u >> 32);
}

tad_tape *tad_tape_new_with(const tad_allocator *allocator)
{
    if (!allocator || !allocator->resize)
        return NULL;
    tad_tape *tape = tad__resize(allocator, NULL, 0, sizeof *tape);
    if (!tape)
        return NULL;
    memset(tape, 0, sizeof *tape);
    tape->allocator = *allocator;
    tape->arena.allocator = tape->adjoint_arena.allocator = tape->label_arena.allocator = &tape->allocator;
    tape->scratch.allocator = tape->staged_arena.allocator = &tape->allocator;
    tape->birth = first_birth(tape);
    return tape;
}

tad_tape *tad_tape_new(void)
{
    return tad_tape_new_with(&tad__malloc_allocator);
}

void tad_tape_free(tad_tape *tape)
{
    if (!tape)
        return;
    if (tape->free_rules)
        tape->free_rules(tape);
    tad_allocator allocator = tape->allocator;
    tad__arena_free(&tape->arena);
    tad__arena_free(&tape->adjoint_arena);
    tad__arena_free(&tape->label_arena);
    tad__arena_free(&tape->scratch);
    tad__arena_free(&tape->staged_arena);
    tad__resize(&allocator, tape->nodes, tape->node_capacity * sizeof *tape->nodes, 0);
    tad__resize(&allocator, tape->values, tape->value_capacity * sizeof *tape->values, 0);
    tad__resize(&allocator, tape->adjoints, tape->adjoint_capacity * sizeof *tape->adjoints, 0);
    tad__resize(&allocator, tape->records, tape->record_capacity * sizeof(tad__record *), 0);
    tad__resize(&allocator, tape->labels, tape->label_capacity * sizeof *tape->labels, 0);
    tad__resize(&allocator, tape->branches, tape->branch_capacity * sizeof *tape->branches, 0);
    tad__resize(&allocator, tape->staged, tape->staged_capacity * sizeof *tape->staged, 0);
    tad__resize(&allocator, tape->uses, tape->use_capacity * sizeof *tape->uses, 0);
    tad__resize(&allocator, tape, sizeof *tape, 0);
}

size_t tad_tape_mark(const tad_tape *tape)
{
    return tape ? tape->count : 0;
}

void tad_tape_rewind(tad_tape *tape, size_t mark)
{
    if (!tape)
        return;
    if (mark > tape->count) {
        tad__fail(tape, TAD_CALLER, TAD_EARG,
                  "tad_tape_rewind: mark %zu is beyond the end of the tape, which has %u nodes", mark, tape->count);
        return;
    }
    const tad__record *oldest = NULL;
    while (tape->record_count > 0 && tape->records[tape->record_count - 1]->id >= mark)
        oldest = tape->records[--tape->record_count];
    if (oldest)
        tad__arena_rewind(&tape->arena, oldest);
    tad__forget_labels(tape, (uint32_t)mark);
    tad__forget_replay(tape, (uint32_t)mark);
    tad__forget_uses(tape, (uint32_t)mark);
    tape->count = (uint32_t)mark;
    tape->birth++;
    if (tape->swept > mark)
        tape->swept = 0;
}

static uint32_t room(const tad_tape *tape)
{
    size_t both = tape->node_capacity < tape->value_capacity ? tape->node_capacity : tape->value_capacity;
    return both < TAD__INVALID ? (uint32_t)both : TAD__INVALID;
}

/* The short way of scalars compares count and capacity anyway, so a pause costs it nothing. */
static void set_paused(tad_tape *tape, uint32_t paused)
{
    tape->paused = paused;
    tape->capacity = paused ? 0 : room(tape);
}

void tad_tape_pause(tad_tape *tape)
{
    if (!tape)
        return;
    if (tape->paused == UINT32_MAX)
        tad__fail(tape, TAD_CALLER, TAD_EARG, "tad_tape_pause: 2^32 - 1 pauses are open");
    else
        set_paused(tape, tape->paused + 1);
}

void tad_tape_resume(tad_tape *tape)
{
    if (!tape)
        return;
    if (tape->paused == 0)
        tad__fail(tape, TAD_CALLER, TAD_EARG, "tad_tape_resume: the tape is not paused");
    else
        set_paused(tape, tape->paused - 1);
}

uint32_t tad__end_pause(tad_tape *tape)
{
    uint32_t paused = tape->paused;
    set_paused(tape, 0);
    return paused;
}

void tad__pause_again(tad_tape *tape, uint32_t paused)
{
    set_paused(tape, paused);
}

bool tad__grow(tad_tape *tape, const void *caller, const char *name)
{
    size_t wanted = (size_t)tape->count + 1;
    if (wanted >= TAD__INVALID) {
        tad__fail(tape, caller, TAD_ENOMEM, "%s: the tape is full: it has 2^32 - 2 nodes", name);
        return false;
    }
    if (wanted <= room(tape))
        return true;
    if (wanted < FIRST_NODES)
        wanted = FIRST_NODES;
    const tad_allocator *allocator = &tape->allocator;
    if (!tad__reserve(allocator, (void **)&tape->nodes, &tape->node_capacity, wanted, sizeof *tape->nodes) ||
        !tad__reserve(allocator, (void **)&tape->values, &tape->value_capacity, wanted, sizeof *tape->values)) {
        tad__fail_memory(tape, caller, name);
        return false;
    }
    set_paused(tape, tape->paused);
    return true;
}

tad__record *tad__new_record(tad_tape *tape, int n, size_t attribute_bytes, const void *caller, const char *name)
{
    size_t operands = ((size_t)n * sizeof(uint32_t) + 15) / 16 * 16; /* attributes are aligned for any type */
    size_t record_bytes = (sizeof(tad__record) + 15) / 16 * 16;
    if (!tad__grow(tape, caller, name))
        return NULL;
    tad__record *record = NULL;
    if (tad__reserve(&tape->allocator, (void **)&tape->records, &tape->record_capacity, tape->record_count + 1,
                     sizeof(tad__record *)))
        record = tad__arena_take(&tape->arena, record_bytes + operands + attribute_bytes);
    if (!record) {
        tad__fail_memory(tape, caller, name);
        return NULL;
    }
    char *after = (char *)record + record_bytes;
    record->op = NULL;
    record->id = tape->count;
    record->n = n;
    record->in = (uint32_t *)(void *)after;
    record->attributes = attribute_bytes ? after + operands : NULL;
    return record;
}

tad_var tad__push_record(tad_tape *tape, tad__record *record, uint16_t flags)
{
    uint32_t index = (uint32_t)tape->record_count;
    if (tape->paused) { /* a value that nothing made */
        record->op = NULL;
        record->n = 0;
        flags = (uint16_t)((flags & TAD__SCALAR) | TAD__LEAF);
    }
    tape->records[tape->record_count++] = record;
    tape->nodes[tape->count] =
        (tad__node){.flags = (uint16_t)(flags | TAD__RECORD), .in = {index, index}, .birth = tape->birth};
    return tad__handle(tape, tape->count++);
}

void tad__value_array(const tad_tape *tape, uint32_t id, tad_array *out)
{
    const tad__node *node = &tape->nodes[id];
    if (node->flags & TAD__SCALAR) {
        out->dtype = TAD_F64;
        out->rank = 0;
        out->data = &tape->values[id];
        return;
    }
    const tad_array *array = &tape->records[node->in[0]]->array;
    out->dtype = array->dtype;
    out->rank = array->rank;
    out->data = array->data;
    for (int i = 0; i < array->rank; i++) {
        out->dims[i] = array->dims[i];
        out->strides[i] = array->strides[i];
    }
}

const tad_op *tad__op_of_node(const tad_tape *tape, uint32_t id)
{
    const tad__node *node = &tape->nodes[id];
    if (node->flags & TAD__RECORD)
        return tape->records[node->in[0]]->op;
    return node->flags & TAD__LEAF ? NULL : &tad__elementwise[node->row];
}

int tad__operands(const tad_tape *tape, uint32_t id, const uint32_t **in)
{
    const tad__node *node = &tape->nodes[id];
    if (node->flags & TAD__RECORD) {
        const tad__record *record = tape->records[node->in[0]];
        *in = record->in;
        return record->n;
    }
    *in = node->in;
    return node->flags & TAD__LEAF ? 0 : tad__elementwise[node->row].arity;
}

const void *tad__attributes(const tad_tape *tape, uint32_t id)
{
    const tad__node *node = &tape->nodes[id];
    return node->flags & TAD__RECORD ? tape->records[node->in[0]]->attributes : NULL;
}
