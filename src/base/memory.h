/* Memory from the tape's allocator: single blocks, growable arrays, and the arena for what a tape records. */
#ifndef TAD__BASE_MEMORY_H
#define TAD__BASE_MEMORY_H

#include <tad/base.h>

extern const tad_allocator tad__malloc_allocator;

/* NULL for new_bytes > 0 means out of memory; the block is then as it was. */
void *tad__resize(const tad_allocator *allocator, void *block, size_t old_bytes, size_t new_bytes);

/* Makes room for `count` elements in an array of *capacity; doubles, so that appending is O(1) on average. */
bool tad__reserve(const tad_allocator *allocator, void **items, size_t *capacity, size_t count, size_t item_bytes);

/* a * b, or false on overflow. */
bool tad__multiply(size_t a, size_t b, size_t *product);

/* An arena hands out 64-byte aligned memory that is never freed one by one but given back from the newest to an
 * older position, and keeps its chunks for the next round. */
typedef struct tad__chunk tad__chunk;
typedef struct tad__arena {
    const tad_allocator *allocator;
    tad__chunk          *first, *current;
} tad__arena;

enum { TAD__ALIGNMENT = 64 };

/* NULL: out of memory. bytes may be 0: the result is then not NULL. */
void *tad__arena_take(tad__arena *arena, size_t bytes);

/* Gives back `position`, which tad__arena_take returned, and everything taken after it. */
void tad__arena_rewind(tad__arena *arena, const void *position);

/* Gives everything back, but keeps the chunks. */
void tad__arena_clear(tad__arena *arena);

/* Frees the chunks. */
void tad__arena_free(tad__arena *arena);

#endif
