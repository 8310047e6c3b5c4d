/* The table of formats: which one a file is, and loading and saving by it. */
#include "base/text.h"
#include "io/system.h"

#include <string.h>

static const struct {
    const char *name, *ending;
    tad_status (*read)(tad_archive *archive, const tad_file_options *options, tad_file_error *error);
    tad_status (*write)(const tad_archive *archive, const tad_file_options *options, tad__saver *saver,
                        tad_file_error *error);
} formats[] = {
    [TAD_FORMAT_SAFETENSORS] = {"safetensors", ".safetensors", tad__read_safetensors, tad__write_safetensors},
    [TAD_FORMAT_NPY] = {".npy", ".npy", tad__read_npy, tad__write_npy},
    [TAD_FORMAT_NPZ] = {".npz", ".npz", tad__read_npz, tad__write_npz},
    [TAD_FORMAT_IDX] = {"IDX", ".idx", tad__read_idx, NULL},
    [TAD_FORMAT_CSV] = {"CSV", ".csv", tad__read_csv, NULL},
    [TAD_FORMAT_TEXT] = {"text", ".txt", tad__read_text, NULL},
};
enum { FORMATS = sizeof formats / sizeof *formats };

/* ---- Errors ---- */

static const char no_details[] = "see the message";

tad_status tad__file_refuse(tad_file_error *error, tad_status status, int64_t offset, const char *hint,
                            const char *format, ...)
{
    tad__text text = {error->message, sizeof error->message, 0};
    va_list   list;
    va_start(list, format);
    *error->message = 0;
    tad__text_add_list(&text, format, list);
    va_end(list);
    error->status = status;
    error->offset = offset;
    error->hint = hint ? hint : no_details;
    return status;
}

tad_status tad__file_no_memory(tad_file_error *error, size_t bytes)
{
    return tad__file_refuse(error, TAD_ENOMEM, -1, "free memory, or raise most_bytes",
                            "there is no memory, or no more is allowed, for %zu bytes", bytes);
}

tad__shown tad__show(const char *text, size_t bytes)
{
    tad__shown shown;
    size_t     n = bytes < sizeof shown.text - 4 ? bytes : sizeof shown.text - 4;
    for (size_t i = 0; i < n; i++)
        shown.text[i] = (unsigned char)text[i] < 0x20 || text[i] == 0x7f ? '?' : text[i];
    memcpy(shown.text + n, bytes > n ? "..." : "", bytes > n ? 4 : 1);
    return shown;
}

/* The message so far, behind the file's name and in front of the place. */
static tad_status complete(tad_file_error *error, const char *path)
{
    char      message[sizeof error->message];
    tad__text text = {error->message, sizeof error->message, 0};
    memcpy(message, error->message, sizeof message);
    if (path)
        tad__text_add(&text, "%s: ", tad__show(path, strlen(path)).text);
    if (error->line)
        tad__text_add(&text, "line %d, column %d: ", error->line, error->column);
    else if (error->offset >= 0)
        tad__text_add(&text, "byte %lld: ", (long long)error->offset);
    tad__text_add(&text, "%s", message);
    return error->status;
}

/* ---- Which format ---- */

static bool ends(const char *path, size_t length, const char *ending)
{
    size_t n = strlen(ending);
    return length >= n && memcmp(path + length - n, ending, n) == 0;
}

static tad_format by_ending(const char *path)
{
    size_t length = path ? strlen(path) : 0;
    if (path && ends(path, length, ".gz"))
        length -= 3;
    for (int i = 1; path && i < FORMATS; i++)
        if (ends(path, length, formats[i].ending))
            return (tad_format)i;
    return TAD_FORMAT_ANY;
}

static tad_format by_beginning(const char *file, size_t bytes)
{
    if (bytes >= 6 && memcmp(file, "\x93NUMPY", 6) == 0)
        return TAD_FORMAT_NPY;
    if (bytes >= 4 && (memcmp(file, "PK\3\4", 4) == 0 || memcmp(file, "PK\5\6", 4) == 0))
        return TAD_FORMAT_NPZ;
    if (bytes >= 4 && file[0] == 0 && file[1] == 0 && file[2] >= 8 && file[2] <= 14)
        return TAD_FORMAT_IDX;
    if (bytes >= 9 && file[8] == '{')
        return TAD_FORMAT_SAFETENSORS;
    return TAD_FORMAT_ANY;
}

/* ---- Loading and saving ---- */

/* archive->file is there. */
static tad_status parse(tad_archive *archive, const char *path, const tad_file_options *options, tad_file_error *error)
{
    if (tad__is_gzip(archive)) {
        tad_status status = tad__gunzip(archive, error);
        if (status != TAD_OK)
            return status;
    }
    tad_format format = options->format ? options->format : by_ending(path);
    if (!format)
        format = by_beginning(archive->file, archive->file_bytes);
    if (!format || (size_t)format >= FORMATS)
        return tad__file_refuse(error, TAD_EARG, -1, "say which it is in tad_file_options.format",
                                "it is of no format that its name or its first bytes tell");
    return formats[format].read(archive, options, error);
}

static const tad_file_options defaults;

static tad_archive *begin(const tad_file_options *options, tad_archive **out, tad_file_error *error)
{
    *error = (tad_file_error){.offset = -1, .hint = tad_status_hint(TAD_OK)};
    tad_archive *archive = tad_archive_new(options->allocator);
    *out = NULL;
    if (!archive)
        tad__file_no_memory(error, sizeof *archive);
    else if (options->most_bytes)
        archive->most = options->most_bytes;
    return archive;
}

static tad_status end(tad_archive *archive, tad_status status, const char *path, tad_archive **out,
                      tad_file_error *error)
{
    if (status == TAD_OK) {
        *out = archive;
        return status;
    }
    tad_archive_free(archive);
    return complete(error, path);
}

static tad_status no_argument(tad_file_error *error)
{
    *error = (tad_file_error){.offset = -1};
    return tad__file_refuse(error, TAD_EARG, -1, "check the arguments", "an argument is NULL");
}

tad_status tad__load_with(const tad__system *system, const char *path, const tad_file_options *options,
                          tad_archive **out, tad_file_error *error)
{
    tad_file_error own;
    error = error ? error : &own;
    if (out)
        *out = NULL;
    if (!path || !out)
        return no_argument(error);
    options = options ? options : &defaults;
    tad_archive *archive = begin(options, out, error);
    if (!archive)
        return complete(error, path);
    tad_status status = tad__file_read(system, path, archive, error);
    if (status == TAD_OK)
        status = parse(archive, path, options, error);
    return end(archive, status, path, out, error);
}

tad_status tad_archive_load(const char *path, const tad_file_options *options, tad_archive **archive,
                            tad_file_error *error)
{
    return tad__load_with(&tad__posix, path, options, archive, error);
}

tad_status tad_archive_parse(const void *data, size_t bytes, const tad_file_options *options, tad_archive **out,
                             tad_file_error *error)
{
    tad_file_error own;
    error = error ? error : &own;
    if (out)
        *out = NULL;
    if (!out || (!data && bytes))
        return no_argument(error);
    options = options ? options : &defaults;
    tad_archive *archive = begin(options, out, error);
    if (!archive)
        return complete(error, NULL);
    archive->file = tad__archive_take(archive, bytes);
    if (!archive->file)
        return end(archive, tad__file_no_memory(error, bytes), NULL, out, error);
    archive->file_bytes = archive->file_capacity = bytes;
    if (bytes)
        memcpy(archive->file, data, bytes);
    return end(archive, parse(archive, NULL, options, error), NULL, out, error);
}

tad_status tad__save_with(const tad__system *system, const tad_archive *archive, const char *path,
                          const tad_file_options *options, tad_file_error *error)
{
    tad_file_error own;
    error = error ? error : &own;
    if (!archive || !path)
        return no_argument(error);
    options = options ? options : &defaults;
    *error = (tad_file_error){.offset = -1, .hint = tad_status_hint(TAD_OK)};
    tad_format format = options->format ? options->format : by_ending(path);
    if (!format || (size_t)format >= FORMATS || !formats[format].write || ends(path, strlen(path), ".gz")) {
        tad__file_refuse(error, TAD_EARG, -1, "save as .safetensors, .npz or .npy, or set tad_file_options.format",
                         "%s files are not written",
                         format && (size_t)format < FORMATS && !formats[format].write ? formats[format].name : "such");
        return complete(error, path);
    }
    tad__saver saver;
    tad_status status = tad__saver_open(&saver, system, &archive->allocator, path, error);
    if (status == TAD_OK)
        status = tad__saver_close(&saver, formats[format].write(archive, options, &saver, error));
    return status == TAD_OK ? status : complete(error, path);
}

tad_status tad_archive_save(const tad_archive *archive, const char *path, const tad_file_options *options,
                            tad_file_error *error)
{
    return tad__save_with(&tad__posix, archive, path, options, error);
}
