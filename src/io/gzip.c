/* gzip undone. */
#include "io/deflate.h"
#include "io/system.h"

#include <string.h>

enum { BEFORE = 16 }; /* keeps the block aligned */

void *tad__zlib_alloc(void *allocator, unsigned items, unsigned bytes)
{
    size_t all = (size_t)items * bytes + BEFORE; // zlib asks for less than 300 KB
    char  *block = tad__resize(allocator, NULL, 0, all);
    if (!block)
        return NULL;
    memcpy(block, &all, sizeof all);
    return block + BEFORE;
}

void tad__zlib_free(void *allocator, void *block)
{
    size_t all;
    char  *whole = (char *)block - BEFORE;
    memcpy(&all, whole, sizeof all);
    tad__resize(allocator, whole, all, 0);
}

bool tad__is_gzip(const tad_archive *archive)
{
    return archive->file_bytes >= 3 && memcmp(archive->file, "\x1f\x8b\x08", 3) == 0;
}

typedef struct unpacked {
    char  *data;
    size_t bytes, capacity;
} unpacked;

static bool grow(tad_archive *archive, unpacked *out)
{
    size_t wanted =
        out->capacity ? out->capacity + (out->capacity / 2 > 1 ? out->capacity / 2 : 1) : archive->file_bytes * 2 + 64;
    size_t left = archive->most - archive->used;
    if (wanted < out->capacity || left == 0)
        return false;
    if (wanted - out->capacity > left)
        wanted = out->capacity + left;
    char *data = tad__resize(&archive->allocator, out->data, out->capacity, wanted);
    if (!data)
        return false;
    archive->used += wanted - out->capacity;
    out->data = data;
    out->capacity = wanted;
    return true;
}

/* One member after the other, as gzip does. */
static tad_status inflate_all(tad_archive *archive, z_stream *z, unpacked *out, tad_file_error *error)
{
    static const char hint[] = "was it cut short? Get it again; `gzip -t` checks it";
    size_t            taken = 0;
    for (;;) {
        if (out->bytes == out->capacity && !grow(archive, out))
            return tad__file_no_memory(error, out->bytes + 1);
        size_t in = archive->file_bytes - taken, room = out->capacity - out->bytes;
        z->next_in = (unsigned char *)archive->file + taken;
        z->avail_in = in < 1u << 30 ? (unsigned)in : 1u << 30;
        z->next_out = (unsigned char *)out->data + out->bytes;
        z->avail_out = room < 1u << 30 ? (unsigned)room : 1u << 30;
        unsigned given_in = z->avail_in, given_out = z->avail_out;
        int      result = inflate(z, Z_NO_FLUSH);
        taken += given_in - z->avail_in;
        out->bytes += given_out - z->avail_out;
        if (result == Z_STREAM_END && taken == archive->file_bytes)
            return TAD_OK;
        if (result == Z_MEM_ERROR)
            return tad__file_no_memory(error, 1 << 15);
        if (result == Z_STREAM_END)
            result = inflateReset(z);
        if (result != Z_OK && !(result == Z_BUF_ERROR && z->avail_out == 0))
            return tad__file_refuse(error, TAD_EARG, (int64_t)taken, hint, "the gzipped data is damaged: %s",
                                    result == Z_BUF_ERROR ? "it is cut short"
                                    : z->msg              ? z->msg
                                                          : "it cannot be unpacked");
    }
}

tad_status tad__gunzip(tad_archive *archive, tad_file_error *error)
{
    z_stream z = TAD__ZLIB(&archive->allocator);
    unpacked out = {NULL, 0, 0};
    if (inflateInit2(&z, 15 + 16) != Z_OK)
        return tad__file_no_memory(error, 1 << 15);
    tad_status status = inflate_all(archive, &z, &out, error);
    inflateEnd(&z);
    if (status != TAD_OK) {
        tad__archive_give(archive, out.data, out.capacity);
        return status;
    }
    tad__archive_give(archive, archive->file, archive->file_capacity);
    archive->file = out.data;
    archive->file_bytes = out.bytes;
    archive->file_capacity = out.capacity;
    return TAD_OK;
}
