/* What is asked of the operating system, as a table, so that tests can have it refuse. Each entry is the POSIX function of
 * that name; -1 is failure, with a reason in errno. */
#ifndef TAD__IO_SYSTEM_H
#define TAD__IO_SYSTEM_H

#include "io/archive.h"

typedef struct tad__system {
    int (*open)(const char *path, int flags, unsigned mode);
    long (*read)(int file, void *to, size_t bytes);
    long (*write)(int file, const void *from, size_t bytes);
    int (*lock)(int file);
    int (*truncate)(int file);
    int (*fsync)(int file);
    int (*close)(int file);
    int (*rename)(const char *from, const char *to);
    int (*unlink)(const char *path);
} tad__system;

extern const tad__system tad__posix;

/* The whole file to archive->file. */
tad_status tad__file_read(const tad__system *system, const char *path, tad_archive *archive, tad_file_error *error);

/* A new file beside the old one. */
typedef struct tad__saver {
    const tad__system   *system;
    const tad_allocator *allocator;
    const char          *path;
    char                *part; /* path and ".part" */
    int                  file;
    tad_status           status;
    tad_file_error      *error;
    size_t               used;
    uint64_t             offset; /* bytes written so far, those in the buffer too */
    char                 buffer[8192];
} tad__saver;

tad_status tad__saver_open(tad__saver *saver, const tad__system *system, const tad_allocator *allocator,
                           const char *path, tad_file_error *error);

/* Once something failed they do nothing; tad__saver_close says what. */
void tad__saver_write(tad__saver *saver, const void *data, size_t bytes);
void tad__saver_number(tad__saver *saver, uint64_t number, int bytes); /* little-endian */

/* Brings the new file to the disk and gives it its name; or, unless `status` is TAD_OK, removes it. */
TAD_CHECKED tad_status tad__saver_close(tad__saver *saver, tad_status status);

/* As tad_archive_load and tad_archive_save. */
tad_status tad__load_with(const tad__system *system, const char *path, const tad_file_options *options,
                          tad_archive **archive, tad_file_error *error);
tad_status tad__save_with(const tad__system *system, const tad_archive *archive, const char *path,
                          const tad_file_options *options, tad_file_error *error);

/* gzip undone, in place: archive->file becomes what was packed. */
bool       tad__is_gzip(const tad_archive *archive);
tad_status tad__gunzip(tad_archive *archive, tad_file_error *error);

#endif
