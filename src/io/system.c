/* Whole files in, and whole files out: a crash at any instant leaves the old file or the new one. */
#define _DEFAULT_SOURCE
#include "io/system.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int posix_open(const char *path, int flags, unsigned mode)
{
    return open(path, flags | O_CLOEXEC, (mode_t)mode);
}

static long posix_read(int file, void *to, size_t bytes)
{
    return read(file, to, bytes);
}

static long posix_write(int file, const void *from, size_t bytes)
{
    return write(file, from, bytes);
}

static int posix_lock(int file)
{
    return flock(file, LOCK_EX);
}

static int posix_truncate(int file)
{
    return ftruncate(file, 0);
}

const tad__system tad__posix = {posix_open, posix_read, posix_write, posix_lock, posix_truncate,
                                fsync,      close,      rename,      unlink};

static tad_status refused(tad_file_error *error, const char *what, int64_t offset)
{
    static const struct {
        int         number;
        const char *hint;
    } hints[] = {
        {ENOENT, "check the path"},
        {EACCES, "check the permissions of the file and its folder"},
        {EISDIR, "give the path of a file"},
        {ENOSPC, "free space on the disk; the file is as it was"},
        {EDQUOT, "free space within the quota; the file is as it was"},
        {EROFS, "save to another place"},
    };
    const char *hint = "see what the system says of the disk; the file is as it was";
    int         number = errno;
    char        text[128] = "";
    if (strerror_r(number, text, sizeof text) != 0) // with _DEFAULT_SOURCE alone, POSIX's, which fills the text
        snprintf(text, sizeof text, "error %d", number);
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
        if (hints[i].number == number)
            hint = hints[i].hint;
    return tad__file_refuse(error, TAD_EIO, offset, hint, "cannot %s: %s", what, text);
}

/* ---- Reading ---- */

static bool grow(tad_archive *archive)
{
    size_t capacity = archive->file_capacity ? archive->file_capacity * 2 : 1 << 14;
    size_t left = archive->most - archive->used;
    if (capacity < archive->file_capacity || left == 0)
        return false;
    if (capacity - archive->file_capacity > left)
        capacity = archive->file_capacity + left;
    char *file = tad__resize(&archive->allocator, archive->file, archive->file_capacity, capacity);
    if (!file)
        return false;
    archive->used += capacity - archive->file_capacity;
    archive->file = file;
    archive->file_capacity = capacity;
    return true;
}

static tad_status read_all(const tad__system *system, int file, tad_archive *archive, tad_file_error *error)
{
    for (;;) {
        if (archive->file_bytes == archive->file_capacity && !grow(archive))
            return tad__file_no_memory(error, archive->file_bytes + 1);
        long got =
            system->read(file, archive->file + archive->file_bytes, archive->file_capacity - archive->file_bytes);
        if (got == 0)
            return TAD_OK;
        if (got > 0)
            archive->file_bytes += (size_t)got;
        else if (errno != EINTR)
            return refused(error, "read it", (int64_t)archive->file_bytes);
    }
}

/* Memory for exactly the file, where its size is known, so that nothing is moved while it is read. */
static void expect(int file, tad_archive *archive)
{
    struct stat about;
    if (fstat(file, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size <= 0)
        return;
    size_t bytes = (size_t)about.st_size + 1; // the last byte is never read: its absence is how the end is seen
    archive->file = tad__archive_take(archive, bytes);
    archive->file_capacity = archive->file ? bytes : 0;
}

tad_status tad__file_read(const tad__system *system, const char *path, tad_archive *archive, tad_file_error *error)
{
    int file;
    do
        file = system->open(path, O_RDONLY, 0);
    while (file < 0 && errno == EINTR);
    if (file < 0)
        return refused(error, "open it", -1);
    expect(file, archive);
    tad_status status = read_all(system, file, archive, error);
    system->close(file);
    return status;
}

/* ---- Writing ---- */

/* Is `file` still what `path` names? Who waited for the lock may have a file that was renamed meanwhile. */
static bool is_named(int file, const char *path)
{
    struct stat a, b;
    return fstat(file, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static void fail(tad__saver *saver, const char *what)
{
    if (saver->status == TAD_OK)
        saver->status = refused(saver->error, what, (int64_t)saver->offset);
}

/* One name for the part, and a lock on it: a crash leaves at most one behind, which the next call takes up, and two who
 * save at the same time wait for each other. Where there are no locks there is no waiting. */
static bool open_part(tad__saver *saver)
{
    for (;;) {
        saver->file = saver->system->open(saver->part, O_WRONLY | O_CREAT, 0666);
        if (saver->file < 0 && errno == EINTR)
            continue;
        if (saver->file < 0)
            return false;
        while (saver->system->lock(saver->file) < 0 && errno == EINTR)
            ;
        if (is_named(saver->file, saver->part))
            return true;
        saver->system->close(saver->file);
    }
}

static size_t part_bytes(const char *path)
{
    return strlen(path) + sizeof ".part";
}

tad_status tad__saver_open(tad__saver *saver, const tad__system *system, const tad_allocator *allocator,
                           const char *path, tad_file_error *error)
{
    saver->system = system;
    saver->allocator = allocator;
    saver->path = path;
    saver->status = TAD_OK;
    saver->error = error;
    saver->used = 0;
    saver->offset = 0;
    saver->part = tad__resize(allocator, NULL, 0, part_bytes(path));
    if (!saver->part)
        return tad__file_no_memory(error, part_bytes(path));
    memcpy(saver->part, path, strlen(path));
    memcpy(saver->part + strlen(path), ".part", sizeof ".part");
    if (!open_part(saver)) {
        fail(saver, "create a file beside it");
        tad__resize(allocator, saver->part, part_bytes(path), 0);
    } else if (system->truncate(saver->file) < 0) {
        fail(saver, "empty the file beside it");
        return tad__saver_close(saver, saver->status);
    }
    return saver->status;
}

static void write_all(tad__saver *saver, const char *data, size_t bytes)
{
    while (bytes > 0 && saver->status == TAD_OK) {
        long put = saver->system->write(saver->file, data, bytes < 1 << 30 ? bytes : 1 << 30);
        if (put > 0) {
            data += put;
            bytes -= (size_t)put;
        } else if (put < 0 && errno != EINTR) {
            fail(saver, "write it");
        }
    }
}

static void flush(tad__saver *saver)
{
    write_all(saver, saver->buffer, saver->used);
    saver->used = 0;
}

void tad__saver_write(tad__saver *saver, const void *data, size_t bytes)
{
    if (bytes > sizeof saver->buffer - saver->used)
        flush(saver);
    if (bytes > sizeof saver->buffer)
        write_all(saver, data, bytes);
    else if (bytes) {
        memcpy(saver->buffer + saver->used, data, bytes);
        saver->used += bytes;
    }
    saver->offset += bytes;
}

void tad__saver_number(tad__saver *saver, uint64_t number, int bytes)
{
    unsigned char out[8];
    for (int i = 0; i < bytes; i++)
        out[i] = (unsigned char)(number >> 8 * i);
    tad__saver_write(saver, out, (size_t)bytes);
}

static int sync_file(const tad__system *system, int file)
{
    int result;
    do
        result = system->fsync(file);
    while (result < 0 && errno == EINTR);
    return result;
}

/* The new name is on the disk once its folder is. Some file systems have no such thing, and the data is safe: no error. */
static void sync_folder(tad__saver *saver)
{
    char *slash = strrchr(saver->part, '/');
    if (slash)
        slash[slash == saver->part] = 0;
    int folder = saver->system->open(slash ? saver->part : ".", O_RDONLY, 0);
    if (folder < 0)
        return;
    (void)sync_file(saver->system, folder);
    saver->system->close(folder);
}

tad_status tad__saver_close(tad__saver *saver, tad_status status)
{
    if (saver->status == TAD_OK)
        saver->status = status;
    if (saver->status == TAD_OK)
        flush(saver);
    if (saver->status == TAD_OK && sync_file(saver->system, saver->file) < 0)
        fail(saver, "bring it to the disk");
    // Renamed before it is closed: the lock holds until then.
    if (saver->status == TAD_OK && saver->system->rename(saver->part, saver->path) < 0)
        fail(saver, "replace it");
    if (saver->status != TAD_OK)
        saver->system->unlink(saver->part);
    saver->system->close(saver->file);
    size_t bytes = part_bytes(saver->path);
    if (saver->status == TAD_OK)
        sync_folder(saver);
    tad__resize(saver->allocator, saver->part, bytes, 0);
    return saver->status;
}
