#include "base/memory.h"

/* Chunks form a list in the order of use. Those behind `current` are empty and wait for the next round. */
struct tad__chunk {
    tad__chunk *next;
    size_t      block_bytes; /* of the whole allocation, for the allocator */
    size_t      size, used;
    char       *data; /* aligned */
};

enum { FIRST_CHUNK = 64 * 1024 };

static size_t round_up(size_t bytes)
{
    return (bytes + TAD__ALIGNMENT - 1) & ~(size_t)(TAD__ALIGNMENT - 1);
}

static tad__chunk *new_chunk(const tad_allocator *allocator, size_t size)
{
    size_t overhead = sizeof(tad__chunk) + TAD__ALIGNMENT;
    if (size > SIZE_MAX - overhead)
        return NULL;
    tad__chunk *chunk = tad__resize(allocator, NULL, 0, size + overhead);
    if (!chunk)
        return NULL;
    *chunk = (tad__chunk){.block_bytes = size + overhead, .size = size};
    chunk->data = (char *)round_up((uintptr_t)(chunk + 1));
    return chunk;
}

/* Advances to a chunk with room, making one where there is none. Waiting chunks that are too small are passed over
 * (they stay empty until the arena is rewound past them). */
static tad__chunk *chunk_with_room(tad__arena *arena, size_t bytes)
{
    tad__chunk *last = arena->current;
    tad__chunk *chunk = last ? last : arena->first;
    for (; chunk; last = chunk, chunk = chunk->next)
        if (chunk->size - chunk->used >= bytes)
            return arena->current = chunk;
    size_t size = last ? last->size * 2 : FIRST_CHUNK;
    if (size < bytes)
        size = bytes;
    chunk = new_chunk(arena->allocator, size);
    if (!chunk && size > bytes)
        chunk = new_chunk(arena->allocator, bytes);
    if (!chunk)
        return NULL;
    if (last)
        last->next = chunk;
    else
        arena->first = chunk;
    return arena->current = chunk;
}

void *tad__arena_take(tad__arena *arena, size_t bytes)
{
    if (bytes > SIZE_MAX - TAD__ALIGNMENT)
        return NULL;
    size_t      rounded = bytes ? round_up(bytes) : TAD__ALIGNMENT;
    tad__chunk *chunk = arena->current;
    if (!chunk || chunk->size - chunk->used < rounded)
        chunk = chunk_with_room(arena, rounded);
    if (!chunk)
        return NULL;
    void *block = chunk->data + chunk->used;
    chunk->used += rounded;
    return block;
}

void tad__arena_rewind(tad__arena *arena, const void *position)
{
    uintptr_t   at = (uintptr_t)position;
    tad__chunk *chunk = arena->first;
    for (; chunk; chunk = chunk->next) {
        uintptr_t start = (uintptr_t)chunk->data;
        if (at >= start && at < start + chunk->used)
            break;
    }
    if (!chunk)
        return;
    chunk->used = (size_t)(at - (uintptr_t)chunk->data);
    arena->current = chunk;
    for (chunk = chunk->next; chunk; chunk = chunk->next)
        chunk->used = 0;
}

void tad__arena_clear(tad__arena *arena)
{
    for (tad__chunk *chunk = arena->first; chunk; chunk = chunk->next)
        chunk->used = 0;
    arena->current = arena->first;
}

void tad__arena_free(tad__arena *arena)
{
    for (tad__chunk *chunk = arena->first, *next; chunk; chunk = next) {
        next = chunk->next;
        tad__resize(arena->allocator, chunk, chunk->block_bytes, 0);
    }
    arena->first = arena->current = NULL;
}
