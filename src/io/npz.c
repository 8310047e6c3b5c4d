/* .npz: a ZIP of .npy members, stored or deflated; as numpy.savez writes it, and as others do. */
#include "base/text.h"
#include "io/deflate.h"
#include "io/system.h"

#include <string.h>

static const char hint[] = "was it cut short? Save it again with numpy.savez; `unzip -t` checks it";

static uint64_t number(const char *at, int bytes)
{
    uint64_t n = 0;
    for (int i = bytes - 1; i >= 0; i--)
        n = n << 8 | (unsigned char)at[i];
    return n;
}

/* ---- Reading ---- */

enum { LOCAL = 30, CENTRAL = 46, END = 22, END64 = 56, LOCATOR = 20 };

typedef struct member {
    const char *name;
    size_t      name_bytes;
    unsigned    flags, method;
    uint32_t    crc;
    uint64_t    packed, bytes, at; /* at: of its local header */
} member;

static tad_status refuse_zip(tad_file_error *error, uint64_t at, const char *what)
{
    return tad__file_refuse(error, TAD_EARG, (int64_t)at, hint, "%s", what);
}

/* Where the central directory is, and how many members it has. */
static tad_status find_directory(const tad_archive *archive, uint64_t *at, uint64_t *count, tad_file_error *error)
{
    const char *file = archive->file;
    size_t      bytes = archive->file_bytes, end;
    if (bytes < END)
        return refuse_zip(error, 0, "an .npz file is a ZIP of at least 22 bytes; it is cut short");
    end = bytes - END;
    while (memcmp(file + end, "PK\5\6", 4) != 0) {
        if (end == 0 || bytes - end > END + 65535)
            return refuse_zip(error, bytes, "there is no end of a ZIP's directory: it is cut short or no .npz file");
        end--;
    }
    *count = number(file + end + 10, 2);
    *at = number(file + end + 16, 4);
    if (*count != 0xffff && *at != 0xffffffff)
        return TAD_OK;
    if (end < LOCATOR || memcmp(file + end - LOCATOR, "PK\6\7", 4) != 0)
        return TAD_OK;
    uint64_t end64 = number(file + end - LOCATOR + 8, 8);
    if (bytes < END64 || end64 > bytes - END64 || memcmp(file + end64, "PK\6\6", 4) != 0)
        return refuse_zip(error, end - LOCATOR, "the ZIP's 64-bit directory is not where it should be");
    *count = number(file + end64 + 32, 8);
    *at = number(file + end64 + 48, 8);
    return TAD_OK;
}

/* Sizes that have no room in 32 bits are in an extra field, in this order. */
static void extend(member *m, const char *extra, size_t bytes)
{
    while (bytes >= 4) {
        size_t      n = number(extra + 2, 2);
        const char *value = extra + 4;
        if (n > bytes - 4)
            return;
        if (number(extra, 2) == 1) {
            uint64_t *fields[] = {&m->bytes, &m->packed, &m->at};
            for (int i = 0; i < 3; i++)
                if (*fields[i] == 0xffffffff && n >= 8) {
                    *fields[i] = number(value, 8);
                    value += 8;
                    n -= 8;
                }
            return;
        }
        extra += 4 + n;
        bytes -= 4 + n;
    }
}

/* Reads the directory's member at *at, and moves on to the next. */
static tad_status next_member(const tad_archive *archive, uint64_t *at, member *m, tad_file_error *error)
{
    size_t      bytes = archive->file_bytes;
    const char *c = archive->file + *at;
    if (*at > bytes || bytes - *at < CENTRAL || memcmp(c, "PK\1\2", 4) != 0)
        return refuse_zip(error, *at, "the ZIP's directory is damaged or cut short");
    *m = (member){.name = c + CENTRAL,
                  .name_bytes = number(c + 28, 2),
                  .flags = (unsigned)number(c + 8, 2),
                  .method = (unsigned)number(c + 10, 2),
                  .crc = (uint32_t)number(c + 16, 4),
                  .packed = number(c + 20, 4),
                  .bytes = number(c + 24, 4),
                  .at = number(c + 42, 4)};
    size_t extra = number(c + 30, 2), all = CENTRAL + m->name_bytes + extra + number(c + 32, 2);
    if (bytes - *at < all)
        return refuse_zip(error, *at, "the ZIP's directory is damaged or cut short");
    extend(m, m->name + m->name_bytes, extra);
    *at += all;
    return TAD_OK;
}

static tad_status inflate_member(const tad_archive *archive, const member *m, const char *from, char *to,
                                 tad_file_error *error)
{
    z_stream z = TAD__ZLIB(&archive->allocator);
    uint64_t in = m->packed, out = m->bytes;
    int      result;
    if (inflateInit2(&z, -15) != Z_OK)
        return tad__file_no_memory(error, 1 << 15);
    z.next_in = (unsigned char *)(uintptr_t)from;
    z.next_out = (unsigned char *)to;
    do {
        unsigned some_in = in < 1u << 30 ? (unsigned)in : 1u << 30,
                 some_out = out < 1u << 30 ? (unsigned)out : 1u << 30;
        z.avail_in = some_in;
        z.avail_out = some_out;
        result = inflate(&z, Z_NO_FLUSH);
        in -= some_in - z.avail_in;
        out -= some_out - z.avail_out;
    } while (result == Z_OK);
    inflateEnd(&z);
    if (result == Z_MEM_ERROR)
        return tad__file_no_memory(error, 1 << 15);
    return result == Z_STREAM_END && in == 0 && out == 0
               ? TAD_OK
               : refuse_zip(error, m->at, "a member's deflated data is damaged");
}

static uint32_t crc_of(const void *data, size_t bytes)
{
    return (uint32_t)crc32_z(0, data, bytes);
}

/* The member's .npy, unpacked, to an entry. */
static tad_status read_member(tad_archive *archive, const member *m, char *name, tad_file_error *error)
{
    char  *local = archive->file + m->at;
    size_t bytes = archive->file_bytes;
    if (m->at > bytes || bytes - m->at < LOCAL || memcmp(local, "PK\3\4", 4) != 0)
        return refuse_zip(error, m->at, "a member is not where the ZIP's directory has it");
    size_t header = LOCAL + number(local + 26, 2) + number(local + 28, 2);
    if (bytes - m->at < header || bytes - m->at - header < m->packed)
        return refuse_zip(error, m->at, "a member's data is cut short");
    char *data = local + header;
    if (m->method == 0 && m->packed != m->bytes)
        return refuse_zip(error, m->at, "a stored member has two sizes");
    if (m->method == 8 && m->bytes / TAD__MOST_RATIO > m->packed)
        return refuse_zip(error, m->at, "a member claims to hold more than deflate can pack");
    tad_status status = TAD_OK;
    if (m->method == 8) {
        data = tad__archive_take(archive, m->bytes);
        if (!data)
            return tad__file_no_memory(error, m->bytes);
        status = inflate_member(archive, m, local + header, data, error);
    }
    if (status == TAD_OK && crc_of(data, m->bytes) != m->crc)
        status = refuse_zip(error, m->at, "a member's checksum (CRC-32) is wrong: it is damaged");
    if (m->method == 0) // part of the file, as the entry may be
        return status == TAD_OK ? tad__npy_parse(archive, name, data, m->bytes, (int64_t)(m->at + header), error)
                                : status;
    // What was unpacked goes when this returns: the entry gets a copy, without the header.
    size_t entries = archive->n;
    if (status == TAD_OK)
        status = tad__npy_parse(archive, name, data, m->bytes, (int64_t)(m->at + header), error);
    if (status == TAD_OK && archive->n > entries && !archive->items[entries]->owned) {
        tad__item *item = archive->items[entries];
        void      *copy = tad__archive_take(archive, item->entry.bytes);
        if (copy) {
            memcpy(copy, item->entry.data, item->entry.bytes);
            item->owned = true;
        } else {
            item->entry.bytes = 0;
            status = tad__file_no_memory(error, m->bytes);
        }
        item->entry.data = copy;
    }
    tad__archive_give(archive, data, m->bytes);
    return status;
}

TAD__READER(npz)
{
    (void)options;
    uint64_t   at = 0, count = 0, packed = 0;
    tad_status status = find_directory(archive, &at, &count, error);
    for (uint64_t i = 0; i < count && status == TAD_OK; i++) {
        member   m;
        uint64_t here = at;
        status = next_member(archive, &at, &m, error);
        if (status != TAD_OK)
            return status;
        tad__shown shown = tad__show(m.name, m.name_bytes);
        // Members that lie upon each other would unpack to more than the file's size allows.
        packed += m.packed <= archive->file_bytes ? m.packed : archive->file_bytes;
        if (packed > archive->file_bytes)
            return refuse_zip(error, here, "members overlap, or one is longer than the file");
        if (m.flags & 1)
            return tad__file_refuse(error, TAD_EARG, (int64_t)here, hint, "member \"%s\" is encrypted", shown.text);
        if (m.method != 0 && m.method != 8)
            return tad__file_refuse(error, TAD_EARG, (int64_t)here, hint,
                                    "member \"%s\" is packed by method %u; expected 0 (stored) or 8 (deflated)",
                                    shown.text, m.method);
        if (m.name_bytes < 4 || memcmp(m.name + m.name_bytes - 4, ".npy", 4) != 0 || memchr(m.name, 0, m.name_bytes))
            return tad__file_refuse(error, TAD_EARG, (int64_t)here, hint, "member \"%s\" is no .npy file", shown.text);
        char *name = tad__archive_take(archive, m.name_bytes);
        if (!name)
            return tad__file_no_memory(error, m.name_bytes);
        memcpy(name, m.name, m.name_bytes - 4);
        name[m.name_bytes - 4] = 0;
        status = read_member(archive, &m, name, error);
        tad__archive_give(archive, name, m.name_bytes);
    }
    return status;
}

/* ---- Writing ---- */

typedef struct packed {
    uint64_t at, bytes, packed;
    uint32_t crc;
} packed;

static bool large(uint64_t n)
{
    return n >= 0xffffffff;
}

/* 2.0, or 4.5 where it takes 64 bits. */
static unsigned version_of(const packed *p)
{
    return large(p->bytes) || large(p->packed) || large(p->at) ? 45 : 20;
}

/* The fields that the header of a member shares with the directory. */
static void put_common(tad__saver *saver, const packed *p, const tad_entry *entry, bool deflated, bool in_extra,
                       unsigned version)
{
    tad__saver_number(saver, version, 2);
    tad__saver_number(saver, 0, 2); // flags
    tad__saver_number(saver, deflated ? 8 : 0, 2);
    tad__saver_number(saver, 0x00210000, 4); // 1 January 1980, 0:00: the same arrays are the same file
    tad__saver_number(saver, p->crc, 4);
    tad__saver_number(saver, in_extra ? 0xffffffff : p->packed, 4);
    tad__saver_number(saver, in_extra ? 0xffffffff : p->bytes, 4);
    tad__saver_number(saver, strlen(entry->name) + 4, 2);
}

static void put_name(tad__saver *saver, const tad_entry *entry)
{
    tad__saver_write(saver, entry->name, strlen(entry->name));
    tad__saver_write(saver, ".npy", 4);
}

/* Deflates header and data to a block of *capacity bytes. */
static char *deflate_member(const tad_archive *archive, const char *header, size_t header_bytes, const tad_entry *entry,
                            packed *p, size_t *capacity, tad_file_error *error)
{
    z_stream    z = TAD__ZLIB(&archive->allocator);
    const char *parts[] = {header, entry->data};
    size_t      sizes[] = {header_bytes, entry->bytes}, used = 0;
    if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        tad__file_no_memory(error, 1 << 18);
        return NULL;
    }
    *capacity = (size_t)p->bytes + (size_t)p->bytes / 1000 + 1024; // deflate adds at most 5 bytes to 16 KB
    char *out = tad__resize(&archive->allocator, NULL, 0, *capacity);
    for (int i = 0; out && i < 2; i++) {
        z.next_in = (unsigned char *)(uintptr_t)parts[i];
        for (int result = Z_OK; result == Z_OK && (sizes[i] > 0 || i == 1);) {
            unsigned in = sizes[i] < 1u << 30 ? (unsigned)sizes[i] : 1u << 30;
            unsigned room = *capacity - used < 1u << 30 ? (unsigned)(*capacity - used) : 1u << 30;
            z.avail_in = in;
            z.avail_out = room;
            z.next_out = (unsigned char *)out + used;
            result = deflate(&z, i == 1 && in == sizes[i] ? Z_FINISH : Z_NO_FLUSH);
            sizes[i] -= in - z.avail_in;
            used += room - z.avail_out;
        }
    }
    deflateEnd(&z);
    p->packed = used;
    if (!out)
        tad__file_no_memory(error, *capacity);
    return out;
}

static tad_status put_member(const tad_archive *archive, tad__saver *saver, const tad_entry *entry, bool deflated,
                             packed *p, tad_file_error *error)
{
    char   header[TAD__NPY_HEADER], *block = NULL;
    size_t n = tad__npy_header(entry, header, error), capacity = 0;
    if (n == 0)
        return error->status;
    if (strlen(entry->name) > 65000)
        return tad__file_refuse(error, TAD_EARG, -1, "give it another name", "a name of %zu bytes is too long for .npz",
                                strlen(entry->name));
    p->at = saver->offset;
    p->bytes = p->packed = n + entry->bytes;
    p->crc = (uint32_t)crc32_z(crc_of(header, n), entry->data, entry->bytes);
    if (deflated) {
        block = deflate_member(archive, header, n, entry, p, &capacity, error);
        if (!block)
            return TAD_ENOMEM;
    }
    // As NumPy: the field for sizes of 64 bits is there whether needed or not.
    tad__saver_write(saver, "PK\3\4", 4);
    put_common(saver, p, entry, deflated, large(p->bytes) || large(p->packed), version_of(p));
    tad__saver_number(saver, 20, 2);
    put_name(saver, entry);
    tad__saver_number(saver, 16 << 16 | 1, 4);
    tad__saver_number(saver, p->bytes, 8);
    tad__saver_number(saver, p->packed, 8);
    tad__saver_write(saver, deflated ? block : header, deflated ? (size_t)p->packed : n);
    if (!deflated)
        tad__saver_write(saver, entry->data, entry->bytes);
    tad__resize(&archive->allocator, block, capacity, 0);
    return TAD_OK;
}

static void put_directory(const tad_archive *archive, tad__saver *saver, const packed members[], bool deflated)
{
    uint64_t start = saver->offset, n = archive->n;
    for (size_t i = 0; i < n; i++) {
        const packed    *p = &members[i];
        const tad_entry *entry = &archive->items[i]->entry;
        bool             sizes = large(p->bytes) || large(p->packed), offset = large(p->at);
        unsigned         extra = (sizes ? 16u : 0) + (offset ? 8u : 0);
        tad__saver_write(saver, "PK\1\2", 4);
        tad__saver_number(saver, 3 << 8 | version_of(p), 2); // made on Unix
        put_common(saver, p, entry, deflated, sizes, version_of(p));
        tad__saver_number(saver, extra ? extra + 4 : 0, 2);
        tad__saver_number(saver, 0, 2 + 2 + 2); // comment, disk, internal attributes
        tad__saver_number(saver, 0600u << 16, 4);
        tad__saver_number(saver, offset ? 0xffffffff : p->at, 4);
        put_name(saver, entry);
        if (extra)
            tad__saver_number(saver, extra << 16 | 1, 4);
        if (sizes) {
            tad__saver_number(saver, p->bytes, 8);
            tad__saver_number(saver, p->packed, 8);
        }
        if (offset)
            tad__saver_number(saver, p->at, 8);
    }
    uint64_t end = saver->offset, size = end - start;
    bool     in64 = n >= 0xffff || large(start) || large(size);
    if (in64) {
        tad__saver_write(saver, "PK\6\6", 4);
        tad__saver_number(saver, END64 - 12, 8);
        tad__saver_number(saver, 45 << 16 | 45, 4);
        tad__saver_number(saver, 0, 8); // disks
        tad__saver_number(saver, n, 8);
        tad__saver_number(saver, n, 8);
        tad__saver_number(saver, size, 8);
        tad__saver_number(saver, start, 8);
        tad__saver_write(saver, "PK\6\7", 4);
        tad__saver_number(saver, 0, 4);
        tad__saver_number(saver, end, 8);
        tad__saver_number(saver, 1, 4);
    }
    tad__saver_write(saver, "PK\5\6", 4);
    tad__saver_number(saver, 0, 4); // disks
    tad__saver_number(saver, in64 ? 0xffff : n, 2);
    tad__saver_number(saver, in64 ? 0xffff : n, 2);
    tad__saver_number(saver, in64 ? 0xffffffff : size, 4);
    tad__saver_number(saver, in64 ? 0xffffffff : start, 4);
    tad__saver_number(saver, 0, 2);
}

TAD__WRITER(npz)
{
    size_t     bytes = archive->n * sizeof(packed);
    packed    *members = tad__resize(&archive->allocator, NULL, 0, bytes);
    tad_status status = bytes && !members ? tad__file_no_memory(error, bytes) : TAD_OK;
    for (size_t i = 0; i < archive->n && status == TAD_OK; i++)
        status = put_member(archive, saver, &archive->items[i]->entry, options->compress, &members[i], error);
    if (status == TAD_OK)
        put_directory(archive, saver, members, options->compress);
    tad__resize(&archive->allocator, members, bytes, 0);
    return status;
}
