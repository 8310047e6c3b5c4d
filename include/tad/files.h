/**
 * tad/files.h - arrays in files: safetensors, NumPy's .npy and .npz, IDX, CSV, plain text.
 *
 *     tad_file_error error;
 *     tad_archive   *archive;
 *     if (tad_archive_load("model.safetensors", NULL, &archive, &error) != TAD_OK)
 *         fprintf(stderr, "%s\n  hint: %s\n", error.message, error.hint);
 *     const tad_entry *weight = tad_archive_find(archive, "encoder.0.weight");
 *
 * What a reader does not understand it refuses, with where and why; a hostile file costs no more memory than
 * `most_bytes`, and without that, no more than its size allows. Saving is all or nothing: the new file is written
 * beside the old one, brought to the disk, and takes its name. Whatever happens meanwhile, the name stands for the old
 * file or the new one, whole.
 */
#ifndef TAD_FILES_H
#define TAD_FILES_H

#include <tad/base.h>
#include <tad/params.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Elements as files have them: enumerator, name in safetensors, bytes, descr of NumPy without the byte order ("": has
 * none). In ascending order of the reference writer of safetensors, which begins with the last. */
#define TAD_ELEMENT_LIST(X)                                                                                            \
    X(BOOL, "BOOL", 1, "b1")                                                                                           \
    X(U8, "U8", 1, "u1")                                                                                               \
    X(I8, "I8", 1, "i1")                                                                                               \
    X(F8_E5M2, "F8_E5M2", 1, "")                                                                                       \
    X(F8_E4M3, "F8_E4M3", 1, "")                                                                                       \
    X(I16, "I16", 2, "i2")                                                                                             \
    X(U16, "U16", 2, "u2")                                                                                             \
    X(F16, "F16", 2, "f2")                                                                                             \
    X(BF16, "BF16", 2, "")                                                                                             \
    X(I32, "I32", 4, "i4")                                                                                             \
    X(U32, "U32", 4, "u4")                                                                                             \
    X(F32, "F32", 4, "f4")                                                                                             \
    X(F64, "F64", 8, "f8")                                                                                             \
    X(I64, "I64", 8, "i8")                                                                                             \
    X(U64, "U64", 8, "u8")

typedef enum tad_element {
#define TAD_ELEMENT_ENUM(name, text, bytes, descr) TAD_ELEMENT_##name,
    TAD_ELEMENT_LIST(TAD_ELEMENT_ENUM)
#undef TAD_ELEMENT_ENUM
} tad_element;

/** "F32" for TAD_ELEMENT_F32; "?" for a number that is none. Static storage. */
TAD_API const char *tad_element_name(tad_element element);

/** Bytes of one element; 0 for a number that is none. */
TAD_API size_t tad_element_size(tad_element element);

/** One named array of an archive, in C order and the machine's byte order. */
typedef struct tad_entry {
    const char *name;
    tad_element element;
    int         rank;
    int64_t     dims[TAD_MAX_RANK];
    int64_t     count; /**< elements */
    size_t      bytes; /**< count times the size of an element */
    void       *data;  /**< aligned for its elements; never NULL */
} tad_entry;

/** Named arrays in order, and notes: pairs of text, the "__metadata__" of safetensors. Owns what it holds. */
typedef struct tad_archive tad_archive;

/** Empty. `allocator` NULL: malloc. NULL: out of memory. The caller frees it. */
TAD_API tad_archive *tad_archive_new(const tad_allocator *allocator);
TAD_API void         tad_archive_free(tad_archive *archive);

/** Adds a copy of `data` (NULL: zeros) in C order; *entry, if `entry` is not NULL, is what was added and lives as long as
 * the archive. TAD_EARG: the name is NULL or taken; TAD_EDTYPE: no such element; TAD_ESHAPE: rank or sizes; TAD_ENOMEM. */
TAD_API TAD_CHECKED tad_status tad_archive_add(tad_archive *archive, const char *name, tad_element element, int rank,
                                               const int64_t dims[], const void *data, tad_entry **entry);

/** In the order in which they were added; NULL past the last. By name; NULL if there is none. */
TAD_API size_t           tad_archive_count(const tad_archive *archive);
TAD_API const tad_entry *tad_archive_at(const tad_archive *archive, size_t i);
TAD_API const tad_entry *tad_archive_find(const tad_archive *archive, const char *name);

/** Sets note `key`, or replaces it. TAD_EARG: NULL; TAD_ENOMEM. */
TAD_API TAD_CHECKED tad_status tad_archive_set_note(tad_archive *archive, const char *key, const char *text);

/** The note of that key, or NULL. The key of note i, in order; NULL past the last. They live as long as the archive or
 * until replaced. */
TAD_API const char *tad_archive_note(const tad_archive *archive, const char *key);
TAD_API const char *tad_archive_note_key(const tad_archive *archive, size_t i);

/** The elements of an entry as f32, f64 or i64, of which `out` has room for as many as the entry has. Integers of 64 bits
 * become the nearest number; as i64, fractions are cut off, NaN is 0 and what is too large is the last that fits. TAD_EARG: `count` is
 * not the entry's; TAD_EDTYPE: of 8-bit floating point, or `dtype` is none. */
TAD_API TAD_CHECKED tad_status tad_entry_read(const tad_entry *entry, tad_dtype dtype, void *out, int64_t count);

/** What a file is. TAD_FORMAT_ANY: by its name's ending (".safetensors", ".npy", ".npz", ".idx", ".csv", ".txt", and ".gz" behind
 * any), else by how it begins. */
typedef enum tad_format {
    TAD_FORMAT_ANY,
    TAD_FORMAT_SAFETENSORS,
    TAD_FORMAT_NPY, /**< one array, named "data" */
    TAD_FORMAT_NPZ, /**< members are named without their ".npy" */
    TAD_FORMAT_IDX, /**< one array, named "data": the format of MNIST; to be read only */
    TAD_FORMAT_CSV, /**< "data", F64 [rows, columns]; notes "column 0", ... name them; an empty field is NaN; to be read only */
    TAD_FORMAT_TEXT /**< "data", U8 [bytes]; to be read only */
} tad_format;

/** Is the first line of a CSV file one of names? By default, if one of its fields is neither empty nor a number. */
typedef enum tad_csv_header { TAD_CSV_GUESS, TAD_CSV_NAMES, TAD_CSV_NUMBERS } tad_csv_header;

/** All zero: the defaults. */
typedef struct tad_file_options {
    tad_format           format;
    const tad_allocator *allocator;     /**< NULL: malloc */
    size_t               most_bytes;    /**< of memory for what is read; 0: whatever its size allows */
    char                 csv_separator; /**< 0: ',' */
    tad_csv_header       csv_header;
    bool                 compress; /**< .npz: deflate the members when saving */
} tad_file_options;

/** What was wrong, and where: fixed size, nothing to free. */
typedef struct tad_file_error {
    tad_status  status; /**< TAD_EIO: the system refused; TAD_EARG: the file is not what it should be; TAD_ENOMEM ... */
    char        message[320]; /**< one line, complete by itself: the file's name, what was wrong, what was expected */
    int64_t     offset;       /**< byte in the file, from 0, after gzip was undone; -1: nowhere */
    int         line, column; /**< in a text, from 1; 0: nowhere */
    const char *hint;         /**< what can be done; static */
} tad_file_error;

/** Reads a file, gzipped or not. `options` NULL: defaults; `error` NULL: no details. On failure *archive is NULL. */
TAD_API TAD_CHECKED tad_status tad_archive_load(const char *path, const tad_file_options *options,
                                                tad_archive **archive, tad_file_error *error);

/** The same with a file that is in memory; it is copied. */
TAD_API TAD_CHECKED tad_status tad_archive_parse(const void *data, size_t bytes, const tad_file_options *options,
                                                 tad_archive **archive, tad_file_error *error);

/** Writes all entries to a file, as safetensors (byte for byte as its reference writer), .npz or (one entry) .npy. A crash
 * at any instant leaves the old file or the new one; what may be left beside it, PATH.part, the next call takes up. */
TAD_API TAD_CHECKED tad_status tad_archive_save(const tad_archive *archive, const char *path,
                                                const tad_file_options *options, tad_file_error *error);

/** Parameters as entries of their names, and back: tad_params_save writes the values of all parameters; tad_params_load sets
 * those of all parameters from entries of the same names and shapes, converted where the element type differs. It changes all or none.
 * TAD_EARG: an entry is missing or there is one more; TAD_ESHAPE: another shape. */
TAD_API TAD_CHECKED tad_status tad_params_save(const tad_params *params, const char *path, tad_file_error *error);
TAD_API TAD_CHECKED tad_status tad_params_load(tad_params *params, const char *path, tad_file_error *error);

#ifdef __cplusplus
}
#endif
#endif
