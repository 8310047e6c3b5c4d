/* Arrays in files: round trips, what others wrote, byte for byte; a system that refuses; memory that ends. */
#include "suites.h"
#include "support.h"

#include "io/system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static const char *const endings[] = {".safetensors", ".npz", ".npy"};

static void path_in(char out[64], const char *ending)
{
    snprintf(out, 64, "/tmp/tad-files-%ld%s", (long)getpid(), ending);
}

static size_t slurp(const char *path, char *out, size_t room)
{
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s", path);
    size_t n = fread(out, 1, room, file);
    fclose(file);
    return n;
}

static void same(const tad_archive *a, const tad_archive *b)
{
    ck_assert_uint_eq(tad_archive_count(a), tad_archive_count(b));
    for (size_t i = 0; i < tad_archive_count(a); i++) {
        const tad_entry *x = tad_archive_at(a, i), *y = tad_archive_find(b, x->name);
        ck_assert_ptr_nonnull(y);
        ck_assert_int_eq(x->element, y->element);
        ck_assert_int_eq(x->rank, y->rank);
        ck_assert_int_eq(x->count, y->count);
        for (int k = 0; k < x->rank; k++)
            ck_assert_int_eq(x->dims[k], y->dims[k]);
        ck_assert_mem_eq(x->data, y->data, x->bytes);
        ck_assert_uint_eq((uintptr_t)y->data % tad_element_size(y->element), 0);
    }
}

/* Every element type that NumPy has too (or all), ranks 0 to 4, zero-size axes. */
static tad_archive *varied(const tad_allocator *allocator, bool all)
{
    static const int64_t shapes[][4] = {{0}, {3}, {2, 3}, {2, 0, 3}, {1, 2, 3, 2}};
    static const int     ranks[] = {0, 1, 2, 3, 4};
    unsigned char        data[128];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(i * 37 + 11);
    tad_archive *archive = tad_archive_new(allocator);
    for (int e = TAD_ELEMENT_BOOL; archive && e <= TAD_ELEMENT_U64; e++) {
        bool foreign = e == TAD_ELEMENT_BF16 || e == TAD_ELEMENT_F8_E5M2 || e == TAD_ELEMENT_F8_E4M3;
        char name[32];
        snprintf(name, sizeof name, "layer.%d.weight", e * 7 % 15);
        if ((all || !foreign) &&
            tad_archive_add(archive, name, (tad_element)e, ranks[e % 5], shapes[e % 5], data, NULL) != TAD_OK) {
            tad_archive_free(archive);
            return NULL;
        }
    }
    return archive;
}

START_TEST(test_round_trips)
{
    for (int i = 0; i < 4; i++) {
        char             path[64];
        tad_file_error   error;
        tad_file_options options = {.compress = i == 3};
        path_in(path, endings[i % 3 == 2 ? 2 : i % 2]);
        tad_archive *archive = varied(NULL, i == 0), *back;
        if (i == 2) {
            tad_archive_free(archive);
            archive = tad_archive_new(NULL);
            expect_ok(
                tad_archive_add(archive, "data", TAD_ELEMENT_F32, 2, (int64_t[]){2, 2}, (float[]){1, 2, 3, 4}, NULL));
        }
        ck_assert_msg(tad_archive_save(archive, path, &options, &error) == TAD_OK, "%s", error.message);
        ck_assert_msg(tad_archive_load(path, NULL, &back, &error) == TAD_OK, "%s", error.message);
        same(archive, back);
        unlink(path);
        tad_archive_free(archive);
        tad_archive_free(back);
    }
}
END_TEST

/* What others wrote is read, and written again byte for byte. */
START_TEST(test_bytes_of_others)
{
    static const char *const files[] = {"tests/data/reference.safetensors", "tests/data/numpy.npy",
                                        "tests/data/numpy.npz"};
    static char              theirs[1 << 15], ours[1 << 15];
    for (size_t i = 0; i < COUNT(files); i++) {
        tad_file_error error;
        tad_archive   *archive;
        char           path[64];
        path_in(path, strrchr(files[i], '.'));
        ck_assert_msg(tad_archive_load(files[i], NULL, &archive, &error) == TAD_OK, "%s", error.message);
        ck_assert_msg(tad_archive_save(archive, path, NULL, &error) == TAD_OK, "%s", error.message);
        size_t n = slurp(files[i], theirs, sizeof theirs);
        ck_assert_uint_eq(slurp(path, ours, sizeof ours), n);
        ck_assert_mem_eq(theirs, ours, n);
        unlink(path);
        tad_archive_free(archive);
    }
}
END_TEST

/* The layout of the reference writer: the widest first, then names; notes in front; escapes; padding. */
START_TEST(test_safetensors_layout)
{
    static const char header[] =
        "{\"__metadata__\":{\"format\":\"a\\n\\\"\\u0001\"},\"z\":{\"dtype\":\"I64\",\"shape\":[],"
        "\"data_offsets\":[0,8]},\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]},"
        "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[12,16]},\"c\":{\"dtype\":\"U8\","
        "\"shape\":[2,0],\"data_offsets\":[16,16]}}";
    char         path[64], bytes[1024];
    tad_archive *archive = tad_archive_new(NULL), *back;
    path_in(path, ".safetensors");
    expect_ok(tad_archive_add(archive, "c", TAD_ELEMENT_U8, 2, (int64_t[]){2, 0}, NULL, NULL));
    expect_ok(tad_archive_add(archive, "b", TAD_ELEMENT_F32, 1, (int64_t[]){1}, NULL, NULL));
    expect_ok(tad_archive_add(archive, "z", TAD_ELEMENT_I64, 0, NULL, NULL, NULL));
    expect_ok(tad_archive_add(archive, "a", TAD_ELEMENT_F32, 1, (int64_t[]){1}, NULL, NULL));
    expect_ok(tad_archive_set_note(archive, "format", "a\n\"\1"));
    expect_ok(tad_archive_save(archive, path, NULL, NULL));
    size_t n = slurp(path, bytes, sizeof bytes), padded = (sizeof header - 1 + 7) / 8 * 8;
    ck_assert_uint_eq(n, 8 + padded + 16);
    ck_assert_uint_eq((unsigned char)bytes[0] + 256u * (unsigned char)bytes[1], padded);
    ck_assert_mem_eq(bytes + 8, header, sizeof header - 1);
    expect_ok(tad_archive_load(path, NULL, &back, NULL));
    ck_assert_str_eq(tad_archive_note(back, "format"), "a\n\"\1");
    unlink(path);
    tad_archive_free(back);
    tad_archive_free(archive);
}
END_TEST

static tad_archive *parse(tad_format format, const void *data, size_t bytes)
{
    tad_file_error   error;
    tad_file_options options = {.format = format};
    tad_archive     *archive;
    ck_assert_msg(tad_archive_parse(data, bytes, &options, &archive, &error) == TAD_OK, "%s", error.message);
    return archive;
}

START_TEST(test_idx_and_gzip)
{
    static const unsigned char idx[] = {0, 0, 0x0b, 2, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 0xff, 0xfe};
    unsigned char              packed[128];
    z_stream                   z = {0};
    ck_assert_int_eq(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (unsigned char *)(uintptr_t)idx;
    z.avail_in = sizeof idx;
    z.next_out = packed;
    z.avail_out = sizeof packed;
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t n = sizeof packed - z.avail_out;
    deflateEnd(&z);
    for (int gzipped = 0; gzipped < 2; gzipped++) {
        tad_archive *archive = parse(TAD_FORMAT_ANY, gzipped ? packed : idx, gzipped ? n : sizeof idx);
        int64_t      numbers[2];
        expect_ok(tad_entry_read(tad_archive_find(archive, "data"), TAD_I64, numbers, 2));
        ck_assert_int_eq(numbers[0], 258);
        ck_assert_int_eq(numbers[1], -2);
        tad_archive_free(archive);
    }
}
END_TEST

START_TEST(test_csv)
{
    static const char text[] = "\"x, 1\",y\r\n1.5, -2e3\n\n\"3\",\n+.5,inf";
    tad_archive      *archive = parse(TAD_FORMAT_CSV, text, sizeof text - 1);
    const tad_entry  *data = tad_archive_find(archive, "data");
    const double     *x = data->data;
    ck_assert_int_eq(data->dims[0], 3);
    ck_assert_int_eq(data->dims[1], 2);
    ck_assert_str_eq(tad_archive_note(archive, "column 0"), "x, 1");
    ck_assert_str_eq(tad_archive_note(archive, "column 1"), "y");
    ck_assert(x[0] == 1.5 && x[1] == -2000 && x[2] == 3 && x[3] != x[3] && x[4] == 0.5 && x[5] > 1e308);
    tad_archive_free(archive);
}
END_TEST

START_TEST(test_conversions)
{
    static const uint16_t halves[] = {0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0x8000};
    static const double   expected[] = {1, -2, 0x1p-24, 65504, INFINITY, -0.0};
    double                out[6];
    tad_archive          *archive = tad_archive_new(NULL);
    tad_entry            *entry;
    expect_ok(tad_archive_add(archive, "h", TAD_ELEMENT_F16, 1, (int64_t[]){6}, halves, &entry));
    expect_ok(tad_entry_read(entry, TAD_F64, out, 6));
    ck_assert_mem_eq(out, expected, sizeof out);
    ck_assert_int_eq(tad_entry_read(entry, TAD_F64, out, 5), TAD_EARG);
    tad_archive_free(archive);
}
END_TEST

/* Fortran's order becomes C's. */
START_TEST(test_fortran)
{
    static const char text[] = "\x93NUMPY\1\0\x3b\0{\"fortran_order\": True,'shape':(2, 3), 'descr': '>i2' }       \n"
                               "\0\1\0\4\0\2\0\5\0\3\0\6";
    char              file[sizeof text];
    memcpy(file, text, sizeof text);
    file[8] = (char)(strchr(text + 10, '\n') + 1 - text - 10);
    tad_archive *archive = parse(TAD_FORMAT_ANY, file, sizeof text - 1);
    ck_assert_mem_eq(tad_archive_at(archive, 0)->data, ((int16_t[]){1, 2, 3, 4, 5, 6}), 12);
    tad_archive_free(archive);
}
END_TEST

/* ---- A system that refuses ---- */

static struct {
    const char *call; /* that fails */
    int         number, times;
    bool        shortly; /* reads and writes do a byte at a time */
} trouble;

static bool fails(const char *call)
{
    if (!trouble.call || strcmp(call, trouble.call) != 0 || trouble.times == 0)
        return false;
    trouble.times--;
    errno = trouble.number;
    return true;
}

static int try_open(const char *path, int flags, unsigned mode)
{
    return fails("open") ? -1 : tad__posix.open(path, flags, mode);
}
static long try_read(int file, void *to, size_t bytes)
{
    return fails("read") ? -1 : tad__posix.read(file, to, trouble.shortly && bytes > 1 ? 1 : bytes);
}
static long try_write(int file, const void *from, size_t bytes)
{
    return fails("write") ? -1 : tad__posix.write(file, from, trouble.shortly && bytes > 1 ? 1 : bytes);
}
static int try_lock(int file)
{
    return fails("lock") ? -1 : tad__posix.lock(file);
}
static int try_truncate(int file)
{
    return fails("truncate") ? -1 : tad__posix.truncate(file);
}
static int try_fsync(int file)
{
    (void)file; // nothing here is to survive the machine
    return fails("fsync") ? -1 : 0;
}
static int try_close(int file)
{
    return tad__posix.close(file);
}
static int try_rename(const char *from, const char *to)
{
    return fails("rename") ? -1 : tad__posix.rename(from, to);
}
static int try_unlink(const char *path)
{
    return tad__posix.unlink(path);
}
static const tad__system troubled = {try_open,  try_read,  try_write,  try_lock,  try_truncate,
                                     try_fsync, try_close, try_rename, try_unlink};

START_TEST(test_calls_that_fail)
{
    static const struct {
        const char *call;
        int         number;
        bool        saving, fatal;
        const char *text;
    } cases[] = {
        {"open", EACCES, true, true, "cannot create a file beside it: Permission denied"},
        {"open", EINTR, true, false, ""},
        {"lock", EINTR, true, false, ""},
        {"lock", ENOLCK, true, false, ""},
        {"truncate", EIO, true, true, "cannot empty the file beside it: Input/output error"},
        {"write", ENOSPC, true, true, "cannot write it: No space left on device"},
        {"write", EIO, true, true, "cannot write it: Input/output error"},
        {"write", EINTR, true, false, ""},
        {"fsync", EIO, true, true, "cannot bring it to the disk: Input/output error"},
        {"fsync", EINTR, true, false, ""},
        {"rename", EXDEV, true, true, "cannot replace it: "},
        {"open", ENOENT, false, true, "cannot open it: No such file"},
        {"open", EINTR, false, false, ""},
        {"read", EIO, false, true, "byte 0: cannot read it: Input/output error"},
        {"read", EINTR, false, false, ""},
    };
    char         path[64], part[80];
    tad_archive *archive = varied(NULL, true), *back;
    path_in(path, ".safetensors");
    snprintf(part, sizeof part, "%s.part", path);
    expect_ok(tad_archive_save(archive, path, NULL, NULL));
    for (size_t i = 0; i < 2 * COUNT(cases); i++) {
        tad_file_error error;
        tad_status     status;
        trouble.call = cases[i / 2].call;
        trouble.number = cases[i / 2].number;
        trouble.times = 1;
        trouble.shortly = i % 2;
        if (cases[i / 2].saving) {
            status = tad__save_with(&troubled, archive, path, NULL, &error);
        } else {
            status = tad__load_with(&troubled, path, NULL, &back, &error);
            if (status == TAD_OK)
                same(archive, back);
            tad_archive_free(back);
        }
        ck_assert_msg(trouble.times == 0, "%s was not called", trouble.call);
        trouble.call = NULL;
        ck_assert_msg(status == (cases[i / 2].fatal ? TAD_EIO : TAD_OK), "case %zu: %s", i, error.message);
        ck_assert_msg(strstr(error.message, cases[i / 2].text) != NULL, "'%s' has no '%s'", error.message,
                      cases[i / 2].text);
        ck_assert_int_ne(access(part, F_OK), 0);
        expect_ok(tad_archive_load(path, NULL, &back, &error)); // the old one, or the same again: whole
        same(archive, back);
        tad_archive_free(back);
    }
    unlink(path);
    tad_archive_free(archive);
}
END_TEST

START_TEST(test_no_memory)
{
    char         path[64];
    tad_archive *whole = varied(NULL, false);
    for (int i = 0; i < 3; i++) {
        tad_file_options options = {.compress = i == 2};
        path_in(path, endings[i > 0]);
        expect_ok(tad_archive_save(whole, path, &options, NULL));
        bool done = false;
        for (size_t n = 1; !done; n++) {
            heap                h = {.fail_at = n};
            const tad_allocator allocator = heap_allocator(&h);
            tad_file_error      error = {.status = TAD_OK};
            tad_archive        *archive = varied(&allocator, false), *back = NULL;
            tad_status status = archive ? tad__save_with(&troubled, archive, path, &options, &error) : TAD_ENOMEM;
            tad_archive_free(archive);
            options.allocator = &allocator;
            if (status == TAD_OK)
                status = tad_archive_load(path, &options, &back, &error);
            options.allocator = NULL;
            ck_assert(status == TAD_OK || status == TAD_ENOMEM);
            ck_assert((status == TAD_OK) == (back != NULL));
            if (back)
                same(whole, back);
            tad_archive_free(back);
            ck_assert_uint_eq(h.blocks, 0);
            done = h.calls < n;
        }
        unlink(path);
    }
    tad_archive_free(whole);
}
END_TEST

Suite *files_suite(void)
{
    Suite *suite = suite_create("files");
    TCase *tests = tcase_create("files");
    tcase_add_test(tests, test_round_trips);
    tcase_add_test(tests, test_bytes_of_others);
    tcase_add_test(tests, test_safetensors_layout);
    tcase_add_test(tests, test_idx_and_gzip);
    tcase_add_test(tests, test_csv);
    tcase_add_test(tests, test_conversions);
    tcase_add_test(tests, test_fortran);
    tcase_add_test(tests, test_calls_that_fail);
    tcase_add_test(tests, test_no_memory);
    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);
    return suite;
}
