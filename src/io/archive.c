/* Named arrays in memory. */
#include "io/archive.h"

#include <stdint.h>
#include <string.h>

static const struct {
    const char *name;
    size_t      bytes;
} elements[] = {
#define ROW(name, text, bytes, descr) {text, bytes},
    TAD_ELEMENT_LIST(ROW)
#undef ROW
};

static bool is_element(tad_element element)
{
    return (size_t)element < sizeof elements / sizeof *elements;
}

const char *tad_element_name(tad_element element)
{
    return is_element(element) ? elements[element].name : "?";
}

size_t tad_element_size(tad_element element)
{
    return is_element(element) ? elements[element].bytes : 0;
}

tad_archive *tad_archive_new(const tad_allocator *allocator)
{
    if (!allocator)
        allocator = &tad__malloc_allocator;
    tad_archive *archive = tad__resize(allocator, NULL, 0, sizeof *archive);
    if (archive)
        *archive = (tad_archive){.allocator = *allocator, .most = SIZE_MAX};
    return archive;
}

void *tad__archive_take(tad_archive *archive, size_t bytes)
{
    if (bytes == 0)
        bytes = 1;
    if (bytes > archive->most - archive->used)
        return NULL;
    void *block = tad__resize(&archive->allocator, NULL, 0, bytes);
    if (block)
        archive->used += bytes;
    return block;
}

void tad__archive_give(tad_archive *archive, void *block, size_t bytes)
{
    if (!block)
        return;
    if (bytes == 0)
        bytes = 1;
    archive->used -= bytes;
    tad__resize(&archive->allocator, block, bytes, 0);
}

static size_t item_bytes(const char *name)
{
    return sizeof(tad__item) + strlen(name) + 1;
}

void tad_archive_free(tad_archive *archive)
{
    if (!archive)
        return;
    const tad_allocator  allocator = archive->allocator;
    const tad_allocator *table_allocator = &allocator;
    HASH_CLEAR(hh, archive->by_name);
    for (size_t i = 0; i < archive->n; i++) {
        tad__item *item = archive->items[i];
        if (item->owned)
            tad__archive_give(archive, item->entry.data, item->entry.bytes);
        tad__archive_give(archive, item, item_bytes(item->name));
    }
    for (size_t i = 0; i < archive->n_notes; i++)
        tad__archive_give(archive, archive->notes[i].text, archive->notes[i].key_bytes + archive->notes[i].text_bytes);
    tad__archive_give(archive, archive->file, archive->file_capacity);
    tad__resize(&allocator, archive->items, archive->capacity * sizeof *archive->items, 0);
    tad__resize(&allocator, archive->notes, archive->note_capacity * sizeof *archive->notes, 0);
    tad__resize(&allocator, archive, sizeof *archive, 0);
}

bool tad__element_bytes(tad_element element, int rank, const int64_t dims[], int64_t *count, size_t *bytes)
{
    size_t product = 1, whole = tad_element_size(element);
    bool   empty = false;
    for (int i = 0; i < rank; i++) {
        if (dims[i] < 0 || (uint64_t)dims[i] > PTRDIFF_MAX)
            return false;
        empty |= dims[i] == 0;
        if (dims[i] > 0 && (!tad__multiply(product, (size_t)dims[i], &product) ||
                            !tad__multiply(whole, (size_t)dims[i], &whole) || whole > PTRDIFF_MAX))
            return false;
    }
    *count = empty ? 0 : (int64_t)product;
    *bytes = empty ? 0 : whole;
    return true;
}

static const tad__item *find(const tad_archive *archive, const char *name)
{
    const tad__item *item;
    HASH_FIND(hh, archive->by_name, name, strlen(name), item);
    return item;
}

static bool insert(tad_archive *archive, tad__item *item)
{
    const tad_allocator *table_allocator = &archive->allocator;
    bool                 out_of_memory = false;
    if (!tad__reserve(&archive->allocator, (void **)&archive->items, &archive->capacity, archive->n + 1,
                      sizeof *archive->items))
        return false;
    HASH_ADD_KEYPTR(hh, archive->by_name, item->name, strlen(item->name), item);
    if (out_of_memory)
        return false;
    archive->items[archive->n++] = item;
    return true;
}

/* The entry without its data. */
static tad_status describe(const tad_archive *archive, const char *name, tad_element element, int rank,
                           const int64_t dims[], tad_entry *entry)
{
    if (!archive || !name || find(archive, name))
        return TAD_EARG;
    if (!is_element(element))
        return TAD_EDTYPE;
    if (rank < 0 || rank > TAD_MAX_RANK || (rank > 0 && !dims))
        return TAD_ESHAPE;
    *entry = (tad_entry){.element = element, .rank = rank};
    for (int i = 0; i < rank; i++)
        entry->dims[i] = dims[i];
    return tad__element_bytes(element, rank, dims, &entry->count, &entry->bytes) ? TAD_OK : TAD_ESHAPE;
}

tad_status tad__archive_put(tad_archive *archive, const char *name, tad_element element, int rank, const int64_t dims[],
                            void *data, bool owned)
{
    tad_entry  entry;
    tad_status status = describe(archive, name, element, rank, dims, &entry);
    if (status != TAD_OK) {
        size_t  bytes;
        int64_t count;
        if (owned && tad__element_bytes(element, rank, dims, &count, &bytes))
            tad__archive_give(archive, data, bytes);
        return status;
    }
    if (!owned && (!data || (uintptr_t)data % tad_element_size(element) != 0)) {
        void *copy = tad__archive_take(archive, entry.bytes);
        if (!copy)
            return TAD_ENOMEM;
        if (data)
            memcpy(copy, data, entry.bytes);
        else
            memset(copy, 0, entry.bytes);
        data = copy;
        owned = true;
    }
    tad__item *item = tad__archive_take(archive, item_bytes(name));
    if (item) {
        *item = (tad__item){.entry = entry, .owned = owned};
        memcpy(item->name, name, strlen(name) + 1);
        item->entry.name = item->name;
        item->entry.data = data;
        if (insert(archive, item))
            return TAD_OK;
        tad__archive_give(archive, item, item_bytes(name));
    }
    if (owned)
        tad__archive_give(archive, data, entry.bytes);
    return TAD_ENOMEM;
}

tad_status tad_archive_add(tad_archive *archive, const char *name, tad_element element, int rank, const int64_t dims[],
                           const void *data, tad_entry **entry)
{
    tad_entry  described;
    tad_status status = describe(archive, name, element, rank, dims, &described);
    if (entry)
        *entry = NULL;
    if (status != TAD_OK)
        return status;
    void *copy = tad__archive_take(archive, described.bytes);
    if (!copy)
        return TAD_ENOMEM;
    if (data && described.bytes)
        memcpy(copy, data, described.bytes);
    else
        memset(copy, 0, described.bytes ? described.bytes : 1);
    status = tad__archive_put(archive, name, element, rank, dims, copy, true);
    if (status == TAD_OK && entry)
        *entry = &archive->items[archive->n - 1]->entry;
    return status;
}

size_t tad_archive_count(const tad_archive *archive)
{
    return archive ? archive->n : 0;
}

const tad_entry *tad_archive_at(const tad_archive *archive, size_t i)
{
    return i < tad_archive_count(archive) ? &archive->items[i]->entry : NULL;
}

const tad_entry *tad_archive_find(const tad_archive *archive, const char *name)
{
    const tad__item *item = archive && name ? find(archive, name) : NULL;
    return item ? &item->entry : NULL;
}

static tad__note *find_note(const tad_archive *archive, const char *key)
{
    for (size_t i = 0; archive && key && i < archive->n_notes; i++)
        if (strcmp(archive->notes[i].text, key) == 0)
            return &archive->notes[i];
    return NULL;
}

tad_status tad_archive_set_note(tad_archive *archive, const char *key, const char *text)
{
    if (!archive || !key || !text)
        return TAD_EARG;
    tad__note note = {NULL, strlen(key) + 1, strlen(text) + 1};
    if (!tad__reserve(&archive->allocator, (void **)&archive->notes, &archive->note_capacity, archive->n_notes + 1,
                      sizeof *archive->notes))
        return TAD_ENOMEM;
    note.text = tad__archive_take(archive, note.key_bytes + note.text_bytes);
    if (!note.text)
        return TAD_ENOMEM;
    memcpy(note.text, key, note.key_bytes);
    memcpy(note.text + note.key_bytes, text, note.text_bytes);
    tad__note *old = find_note(archive, key);
    if (old)
        tad__archive_give(archive, old->text, old->key_bytes + old->text_bytes);
    else
        old = &archive->notes[archive->n_notes++];
    *old = note;
    return TAD_OK;
}

const char *tad_archive_note(const tad_archive *archive, const char *key)
{
    const tad__note *note = find_note(archive, key);
    return note ? note->text + note->key_bytes : NULL;
}

const char *tad_archive_note_key(const tad_archive *archive, size_t i)
{
    return archive && i < archive->n_notes ? archive->notes[i].text : NULL;
}

void tad__swap_bytes(void *data, size_t count, size_t width)
{
    unsigned char *at = data;
    for (size_t i = 0; i < count; i++, at += width)
        for (size_t low = 0, high = width - 1; low < high; low++, high--) {
            unsigned char kept = at[low];
            at[low] = at[high];
            at[high] = kept;
        }
}
