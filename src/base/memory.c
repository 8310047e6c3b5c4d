#include "base/memory.h"

#include <stdlib.h>

static void *resize_with_malloc(void *user, void *block, size_t old_bytes, size_t new_bytes)
{
    (void)user;
    (void)old_bytes;
    if (new_bytes == 0) {
        free(block);
        return NULL;
    }
    return realloc(block, new_bytes);
}

const tad_allocator tad__malloc_allocator = {resize_with_malloc, NULL};

void *tad__resize(const tad_allocator *allocator, void *block, size_t old_bytes, size_t new_bytes)
{
    if (!block && new_bytes == 0)
        return NULL;
    return allocator->resize(allocator->user, block, old_bytes, new_bytes);
}

bool tad__multiply(size_t a, size_t b, size_t *product)
{
    if (b != 0 && a > SIZE_MAX / b)
        return false;
    *product = a * b;
    return true;
}

bool tad__reserve(const tad_allocator *allocator, void **items, size_t *capacity, size_t count, size_t item_bytes)
{
    if (count <= *capacity)
        return true;
    size_t wanted = *capacity > SIZE_MAX / 2 ? SIZE_MAX : *capacity * 2;
    if (wanted < count)
        wanted = count;
    size_t bytes;
    if (!tad__multiply(wanted, item_bytes, &bytes))
        return false;
    void *grown = tad__resize(allocator, *items, *capacity * item_bytes, bytes);
    if (!grown)
        return false;
    *items = grown;
    *capacity = wanted;
    return true;
}
