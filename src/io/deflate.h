/* zlib with an archive's memory. */
#ifndef TAD__IO_DEFLATE_H
#define TAD__IO_DEFLATE_H

#include "base/memory.h"

#include <zlib.h>

/* Deflate packs at most 1,032 bytes in one: who claims more lies. */
enum { TAD__MOST_RATIO = 1032 };

void *tad__zlib_alloc(void *allocator, unsigned items, unsigned bytes);
void  tad__zlib_free(void *allocator, void *block);

/* A stream that takes its memory from `allocator`. */
#define TAD__ZLIB(from)                                                                                                \
    {                                                                                                                  \
        .zalloc = tad__zlib_alloc, .zfree = tad__zlib_free, .opaque = (void *)(uintptr_t)(from)                        \
    }

#endif
