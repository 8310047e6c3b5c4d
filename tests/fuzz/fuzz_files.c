/* Any bytes are an archive or an error, in every format: never a crash, a leak, or more memory than allowed. With -DFUZZING for
 * libFuzzer (`make fuzz`); without, a program that runs the files it is given. */
#include <tad/files.h>

#include <stdio.h>
#include <stdlib.h>

enum { MOST = 16 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void demand(int condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "fuzz_files: %s\n", what);
    abort();
}

/* Twice the limit: what the limit counts is the file and data; names' tables and zlib come on top. */
static void *resize(void *user, void *block, size_t old_bytes, size_t new_bytes)
{
    size_t *used = user;
    *used += new_bytes - old_bytes;
    demand(*used <= 2 * MOST + 64 * 1024, "more memory than allowed");
    if (new_bytes == 0) {
        free(block);
        return NULL;
    }
    return realloc(block, new_bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    for (int format = TAD_FORMAT_ANY; format <= TAD_FORMAT_TEXT; format++) {
        size_t                 used = 0;
        const tad_allocator    allocator = {resize, &used};
        const tad_file_options options = {.format = (tad_format)format, .allocator = &allocator, .most_bytes = MOST};
        tad_archive           *archive;
        tad_file_error         error;
        tad_status             status = tad_archive_parse(data, bytes, &options, &archive, &error);
        demand((status == TAD_OK) == (archive != NULL), "an archive with an error, or neither");
        demand(status == TAD_OK || (*error.message && error.hint && error.status == status), "an error without words");
        for (size_t i = 0; i < tad_archive_count(archive); i++) {
            const tad_entry *entry = tad_archive_at(archive, i);
            volatile char    sum = 0;
            for (size_t k = 0; k < entry->bytes; k++)
                sum = (char)(sum ^ ((char *)entry->data)[k]);
        }
        tad_archive_free(archive);
        demand(used == 0, "memory is left");
    }
    return 0;
}

#ifndef FUZZING
int main(int argc, char *argv[])
{
    static uint8_t data[1 << 21];
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (!file) {
            perror(argv[i]);
            return 1;
        }
        size_t bytes = fread(data, 1, sizeof data, file);
        fclose(file);
        LLVMFuzzerTestOneInput(data, bytes);
    }
    printf("  %-20s ok   %d files\n", "fuzzing corpus", argc - 1);
    return 0;
}
#endif
