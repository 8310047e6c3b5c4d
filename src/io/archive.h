/* What readers and writers of files know of an archive and of each other. */
#ifndef TAD__IO_ARCHIVE_H
#define TAD__IO_ARCHIVE_H

#include "base/table.h"

#include <tad/files.h>

typedef struct tad__item {
    tad_entry      entry;
    bool           owned; /* data is a block of its own, not a part of the file's */
    UT_hash_handle hh;
    char           name[]; /* behind it, for a note, its text */
} tad__item;

typedef struct tad__note {
    char  *text; /* the key, 0, the text, 0 */
    size_t key_bytes, text_bytes;
} tad__note;

struct tad_archive {
    tad_allocator allocator;
    tad__item   **items;
    size_t        n, capacity;
    tad__item    *by_name;
    tad__note    *notes;
    size_t        n_notes, note_capacity;
    char         *file; /* the bytes that were read: entries are parts of it where they can be */
    size_t        file_bytes, file_capacity;
    size_t        used, most; /* bytes of memory for the file and data, and how many there may be */
};

/* A block that counts for the archive's limit; NULL: out of memory. */
void *tad__archive_take(tad_archive *archive, size_t bytes);
void  tad__archive_give(tad_archive *archive, void *block, size_t bytes);

/* As tad_archive_add, but `data` is part of the archive's file if aligned and not `owned`, copied if not aligned; with `owned`, a block of
 * tad__archive_take that the archive frees, also on failure. */
tad_status tad__archive_put(tad_archive *archive, const char *name, tad_element element, int rank, const int64_t dims[],
                            void *data, bool owned);

/* elements and bytes of a shape, or false if too many. A size may be 0, but even then no product overflows. */
bool tad__element_bytes(tad_element element, int rank, const int64_t dims[], int64_t *count, size_t *bytes);

/* The bytes of each of `count` elements the other way round. */
void tad__swap_bytes(void *data, size_t count, size_t width);

/* ---- Errors ---- */

/* Sets `error` and returns its status. `offset` -1: nowhere. */
tad_status tad__file_refuse(tad_file_error *error, tad_status status, int64_t offset, const char *hint,
                            const char *format, ...) TAD_PRINTF(5, 6);
tad_status tad__file_no_memory(tad_file_error *error, size_t bytes);

/* Name, or other bytes of a file, for a message: cut, and only what prints. */
typedef struct tad__shown {
    char text[64];
} tad__shown;
tad__shown tad__show(const char *text, size_t bytes);

/* The first byte that is no UTF-8, or NULL. Strictly: no longer form than needed, no surrogates, nothing above U+10FFFF. */
const char *tad__bad_utf8(const char *at, const char *end);

/* ---- Formats ---- */

struct tad__saver;

/* Readers turn archive->file into entries; what they say is completed with the file's name by the caller. */
#define TAD__READER(name)                                                                                              \
    tad_status tad__read_##name(tad_archive *archive, const tad_file_options *options, tad_file_error *error)
TAD__READER(safetensors);
TAD__READER(npy);
TAD__READER(npz);
TAD__READER(idx);
TAD__READER(csv);
TAD__READER(text);

#define TAD__WRITER(name)                                                                                              \
    tad_status tad__write_##name(const tad_archive *archive, const tad_file_options *options,                          \
                                 struct tad__saver *saver, tad_file_error *error)
TAD__WRITER(safetensors);
TAD__WRITER(npy);
TAD__WRITER(npz);

/* An .npy file, which begins at byte `at` of the whole, as entry `name`. Its bytes are changed, and the entry may be part
 * of them: they are part of archive->file. */
tad_status tad__npy_parse(tad_archive *archive, const char *name, char *data, size_t bytes, int64_t at,
                          tad_file_error *error);

enum { TAD__NPY_HEADER = 512 };

/* The header of an entry's .npy, or 0 with an error. */
size_t tad__npy_header(const tad_entry *entry, char out[TAD__NPY_HEADER], tad_file_error *error);

#endif
