/* uthash, set up so that it takes its memory from a tad_allocator and reports a lack of it instead of exiting.
 * A function that adds to a table has in scope: `const tad_allocator *table_allocator` and `bool out_of_memory`. */
#ifndef TAD__BASE_TABLE_H
#define TAD__BASE_TABLE_H

#include "base/memory.h"

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(item) (out_of_memory = true)
#define uthash_malloc(bytes) tad__resize(table_allocator, NULL, 0, bytes)
#define uthash_free(block, bytes) tad__resize(table_allocator, block, bytes, 0)
#include <uthash.h>

#endif
