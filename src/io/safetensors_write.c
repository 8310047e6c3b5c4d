/* The safetensors format, written byte for byte as its reference writer does: the widest elements first, then by name; the
 * header padded with spaces to a multiple of 8. */
#include "base/text.h"
#include "io/system.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Where the header goes: its length is needed first, so it is written twice, once to nowhere. */
typedef struct header {
    tad__saver *saver; /* NULL: counted only */
    uint64_t    length;
} header;

static void put(header *h, const char *text, size_t bytes)
{
    h->length += bytes;
    if (h->saver)
        tad__saver_write(h->saver, text, bytes);
}

static void put_number(header *h, const char *before, uint64_t number)
{
    char      out[64];
    tad__text text = {out, sizeof out, 0};
    tad__text_add(&text, "%s%" PRIu64, before, number);
    put(h, out, text.length);
}

static void put_string(header *h, const char *string)
{
    static const char special[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
    put(h, "\"", 1);
    for (const char *at = string; *at; at++) {
        const char *known = strchr(special, *at);
        char        out[8] = {'\\', known ? names[known - special] : 0};
        tad__text   text = {out, sizeof out, 0};
        if (known) {
            put(h, out, 2);
        } else if ((unsigned char)*at < 0x20) {
            tad__text_add(&text, "\\u%04x", (unsigned)*at);
            put(h, out, text.length);
        } else {
            put(h, at, 1);
        }
    }
    put(h, "\"", 1);
}

static int by_element_and_name(const void *a, const void *b)
{
    const tad_entry *x = *(const tad_entry *const *)a, *y = *(const tad_entry *const *)b;
    return x->element != y->element ? (x->element < y->element ? 1 : -1) : strcmp(x->name, y->name);
}

static void put_header(header *h, const tad_archive *archive, const tad_entry *const entries[])
{
    const char *before = "{";
    uint64_t    offset = 0;
    for (size_t i = 0; i < archive->n_notes; i++) {
        put(h, i ? "," : "{\"__metadata__\":{", i ? 1 : 17);
        put_string(h, archive->notes[i].text);
        put(h, ":", 1);
        put_string(h, archive->notes[i].text + archive->notes[i].key_bytes);
        before = "},";
    }
    for (size_t i = 0; i < archive->n; i++) {
        const tad_entry *entry = entries[i];
        put(h, before, strlen(before));
        before = ",";
        put_string(h, entry->name);
        put(h, ":{\"dtype\":", 10);
        put_string(h, tad_element_name(entry->element));
        put(h, ",\"shape\":[", 10);
        for (int k = 0; k < entry->rank; k++)
            put_number(h, k ? "," : "", (uint64_t)entry->dims[k]);
        put_number(h, "],\"data_offsets\":[", offset);
        offset += entry->bytes;
        put_number(h, ",", offset);
        put(h, "]}", 2);
    }
    if (archive->n == 0)
        put(h, archive->n_notes ? "}" : "{", 1);
    put(h, "}", 1);
    while (h->length % 8 != 0)
        put(h, " ", 1);
}

static void put_data(tad__saver *saver, const tad_entry *entry)
{
    const uint16_t one = 1;
    size_t         width = tad_element_size(entry->element);
    if (*(const unsigned char *)&one == 1) {
        tad__saver_write(saver, entry->data, entry->bytes);
        return;
    }
    for (size_t i = 0; i < entry->bytes; i += width) {
        char element[8];
        memcpy(element, (const char *)entry->data + i, width);
        tad__swap_bytes(element, 1, width);
        tad__saver_write(saver, element, width);
    }
}

static tad_status check_texts(const tad_archive *archive, tad_file_error *error)
{
    for (size_t i = 0; i < archive->n + 2 * archive->n_notes; i++) {
        const tad__note *note = i < archive->n ? NULL : &archive->notes[(i - archive->n) / 2];
        const char *text = !note ? archive->items[i]->name : note->text + ((i - archive->n) % 2 ? note->key_bytes : 0);
        if (tad__bad_utf8(text, text + strlen(text)) || (!note && strcmp(text, "__metadata__") == 0))
            return tad__file_refuse(
                error, TAD_EARG, -1, "give it another name",
                "\"%s\" cannot be written: names and notes of safetensors are UTF-8, and no entry is "
                "named __metadata__",
                tad__show(text, strlen(text)).text);
    }
    return TAD_OK;
}

TAD__WRITER(safetensors)
{
    (void)options;
    size_t            bytes = archive->n * sizeof(tad_entry *);
    const tad_entry **entries = tad__resize(&archive->allocator, NULL, 0, bytes);
    if (bytes && !entries)
        return tad__file_no_memory(error, bytes);
    for (size_t i = 0; i < archive->n; i++)
        entries[i] = &archive->items[i]->entry;
    tad_status status = check_texts(archive, error);
    if (status != TAD_OK) {
        tad__resize(&archive->allocator, entries, bytes, 0);
        return status;
    }
    if (archive->n)
        qsort(entries, archive->n, sizeof *entries, by_element_and_name);
    header counted = {NULL, 0}, written = {saver, 0};
    put_header(&counted, archive, entries);
    tad__saver_number(saver, counted.length, 8);
    put_header(&written, archive, entries);
    for (size_t i = 0; i < archive->n; i++)
        put_data(saver, entries[i]);
    tad__resize(&archive->allocator, entries, bytes, 0);
    return TAD_OK;
}
