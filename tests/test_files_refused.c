/* Every refusal of the readers, by status, place and text. */
#include "suites.h"
#include "support.h"

#include <stdio.h>
#include <string.h>

#define ST(header, data) TAD_FORMAT_SAFETENSORS, true, header, sizeof(header) - 1, data, sizeof(data) - 1
#define RAW(format, text) TAD_FORMAT_##format, false, "", 0, text, sizeof(text) - 1
#define X(shape, offsets) "{\"x\":{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":" offsets "}}"

static const struct {
    tad_format  format;
    bool        framed; /* 8 bytes of length go in front */
    const char *header;
    size_t      header_bytes;
    const char *data;
    size_t      data_bytes;
    const char *text;
} cases[] = {
    {RAW(SAFETENSORS, "1234567"), "has at least 8 bytes; this one has 7"},
    {RAW(SAFETENSORS, "\1\xe1\xf5\5\0\0\0\0{"), "a header of 100000001 bytes; expected at most 100,000,000"},
    {RAW(SAFETENSORS, "\3\0\0\0\0\0\0\0{}"), "a header of 3 bytes in a file of 10: it is cut short"},
    {ST("", ""), "does not begin with '{'"},
    {ST(" {}", ""), "does not begin with '{'"},
    {ST("{\"\xff\":1}", ""), "byte 10: the header is no UTF-8"},
    {ST("{\"\xed\xa0\x80\":1}", ""), "no UTF-8"},
    {ST("{\"\xc0\x80\":1}", ""), "no UTF-8"},
    {ST("{", ""), "no JSON: expected '\"' before a name"},
    {ST("{\"x", ""), "a string without an end"},
    {ST("{\"x\n\":1}", ""), "a control character in a string"},
    {ST("{\"\\ud800\":1}", ""), "an escape that is none"},
    {ST("{\"\\u0000\":1}", ""), "U+0000"},
    {ST("{} x", ""), "something follows its end"},
    {ST("{\"x\":[]}", ""), "expected '{' before a tensor's description"},
    {ST("{\"x\":{}}", ""), "\"x\" has no dtype"},
    {ST("{\"x\":{\"a\":1}}", ""), "field \"a\" of \"x\" is not known"},
    {ST("{\"x\":{\"shape\":[],\"shape\":[]}}", ""), "field \"shape\" of \"x\" is there twice"},
    {ST("{\"x\":{\"dtype\":\"F31\"}}", ""), "dtype \"F31\" of \"x\" is not known"},
    {ST("{\"x\":{\"shape\":[-1]}}", ""), "expected whole numbers from 0"},
    {ST("{\"x\":{\"shape\":[1.5]}}", ""), "expected whole numbers from 0"},
    {ST("{\"x\":{\"shape\":[99999999999999999999]}}", ""), "above 2^63 - 1"},
    {ST(X("[1,1,1,1,1,1,1,1,1]", "[0,4]"), "1234"), "more than 8 axes"},
    {ST("{\"__metadata__\":{\"a\":1}}", ""), "before a text of __metadata__"},
    {ST("{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}", ""), "key \"a\" of __metadata__ is there twice"},
    {ST("{\"__metadata__\":{},\"__metadata__\":{}}", ""), "__metadata__ is there twice"},
    {ST(X("[1]", "[1,5]"), "12345"), "[1, 5] of \"x\": expected to begin at 0"},
    {ST(X("[1]", "[0,8]"), "12345678"), "span 8 bytes, but its shape needs 4"},
    {ST(X("[4611686018427387904,4]", "[0,0]"), ""), "too many elements"},
    {ST(X("[0,4611686018427387904,4]", "[0,0]"), ""), "too many elements"},
    {ST(X("[2]", "[0,8]"), "1234"), "ends at 8, but the file has 4 bytes of data"},
    {ST(X("[1]", "[0,4]"), "12345"), "1 bytes of data belong to no tensor"},
    {ST("{\"x\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
        "\"x\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}",
        "12"),
     "the name \"x\" is there twice"},

    {RAW(NPY, "\x93NUMPZ\1\0\1\0\n"), "does not begin as an .npy file does"},
    {RAW(NPY, "\x93NUMPY\4\0\1\0\n"), "version 4.0"},
    {RAW(NPY, "\x93NUMPY\1\0\xff\0\n"), "a header of 255 bytes, but the file has 11"},
    {RAW(NPY, "\x93NUMPY\1\0\1\0\n"), "no Python dictionary"},
    {RAW(NPY, "\x93NUMPY\1\0\x0e\0{'descr':'|O'}"), "Python objects (descr '|O')"},
    {RAW(NPY, "\x93NUMPY\1\0\x13\0{'descr':[('a',1)]}"), "structured elements"},
    {RAW(NPY, "\x93NUMPY\1\0\x0f\0{'descr':'<c8'}"), "descr '<c8' are not known"},
    {RAW(NPY, "\x93NUMPY\1\0\x02\0{}"), "each once"},
    {RAW(NPY, "\x93NUMPY\1\0\x0d\0{'shape':(3)}"), "expected a tuple, as (3,)"},
    {RAW(NPY, "\x93NUMPY\1\0\x0d\0{'shape':(-)}"), "whole numbers from 0"},
    {RAW(NPY, "\x93NUMPY\1\0\x13\0{'fortran_order':1}"), "neither True nor False"},
    {RAW(NPY, "\x93NUMPY\1\0\x33\0{'descr':'<f4','fortran_order':False,'shape':(2,)}\n1234"),
     "needs 8 bytes, but 4 follow"},

    {RAW(NPZ, "PK"), "at least 22 bytes"},
    {RAW(NPZ, "PK\3\4"
              "567890123456789012345"),
     "no end of a ZIP's directory"},
    {RAW(NPZ, "PK\5\6\0\0\0\0\1\0\1\0\0\0\0\0\0\0\0\0\0\0"), "directory is damaged or cut short"},

    {RAW(IDX, "\0\0\x08"), "at least 4 bytes"},
    {RAW(IDX, "\1\0\x08\0"), "two bytes of 0"},
    {RAW(IDX, "\0\0\x07\0"), "type 0x07"},
    {RAW(IDX, "\0\0\x08\x09"), "it has 9 axes"},
    {RAW(IDX, "\0\0\x08\1\0\0"), "1 sizes need 8 bytes, but the file has 6"},
    {RAW(IDX, "\0\0\x08\1\0\0\0\3ab"), "needs 3 bytes, but 2 follow"},
    {RAW(IDX, "\0\0\x0e\3\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), "too many elements"},

    {RAW(CSV, "1,2\n3,x\n"), "line 2, column 3: 'x' is no number"},
    {RAW(CSV, "x, "), "is no name of a column"},
    {RAW(CSV, "1,2\n3\n"), "line 2, column 2: there are fewer fields"},
    {RAW(CSV, "1,2\n3,4,5\n"), "line 2, column 5: there are more fields"},
    {RAW(CSV, "1,\"2\n"), "line 1, column 3: a quoted field has no end"},
    {RAW(CSV, "1,\"2\"3\n"), "line 1, column 6: '3' follows a quoted field"},
    {RAW(CSV, "0x10,1\n0x10,1"), "line 2, column 1: '0x10' is no number"},

    {RAW(ANY, "what is this"), "of no format"},
    {RAW(ANY, "\x1f\x8b\x08\0"), "the gzipped data is damaged: it is cut short"},
    {RAW(ANY, "\x1f\x8b\x08\xff"), "the gzipped data is damaged"},
};

START_TEST(test_refusals)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        char             file[512] = {0};
        size_t           n = 0;
        heap             h = {0};
        tad_allocator    allocator = heap_allocator(&h);
        tad_file_options options = {.format = cases[i].format, .allocator = &allocator};
        tad_file_error   error;
        tad_archive     *archive;
        if (cases[i].framed) {
            file[0] = (char)(cases[i].header_bytes & 0xff);
            file[1] = (char)(cases[i].header_bytes >> 8);
            memcpy(file + 8, cases[i].header, cases[i].header_bytes);
            n = 8 + cases[i].header_bytes;
        }
        memcpy(file + n, cases[i].data, cases[i].data_bytes);
        tad_status status = tad_archive_parse(file, n + cases[i].data_bytes, &options, &archive, &error);
        ck_assert_msg(status == TAD_EARG && error.status == TAD_EARG, "case %zu (%s): %s", i, cases[i].text,
                      tad_status_name(status));
        ck_assert_ptr_null(archive);
        ck_assert_msg(strstr(error.message, cases[i].text) != NULL, "case %zu: '%s' has no '%s'", i, error.message,
                      cases[i].text);
        ck_assert(error.hint && *error.hint);
        ck_assert_uint_eq(h.blocks, 0);
    }
}
END_TEST

START_TEST(test_most_bytes)
{
    tad_file_options options = {.format = TAD_FORMAT_TEXT, .most_bytes = 4};
    tad_file_error   error;
    tad_archive     *archive;
    ck_assert_int_eq(tad_archive_parse("12345", 5, &options, &archive, &error), TAD_ENOMEM);
    ck_assert_ptr_nonnull(strstr(error.message, "5 bytes"));
    ck_assert_int_eq(tad_archive_load("tests/data/numpy.npy", &options, &archive, &error), TAD_ENOMEM);
}
END_TEST

/* One byte of a stored member's data is another. */
START_TEST(test_checksum)
{
    char           file[668];
    tad_file_error error;
    tad_archive   *archive;
    FILE          *stream = fopen("tests/data/numpy.npz", "rb");
    ck_assert_uint_eq(fread(file, 1, sizeof file, stream), sizeof file);
    fclose(stream);
    file[0xb8] ^= 1;
    ck_assert_int_eq(tad_archive_parse(file, sizeof file, NULL, &archive, &error), TAD_EARG);
    ck_assert_ptr_nonnull(strstr(error.message, "checksum (CRC-32) is wrong"));
}
END_TEST

START_TEST(test_wrong_calls)
{
    tad_archive   *archive = tad_archive_new(NULL), *out;
    tad_file_error error;
    ck_assert_int_eq(tad_archive_add(archive, NULL, TAD_ELEMENT_F32, 0, NULL, NULL, NULL), TAD_EARG);
    ck_assert_int_eq(tad_archive_add(archive, "x", (tad_element)99, 0, NULL, NULL, NULL), TAD_EDTYPE);
    ck_assert_int_eq(tad_archive_add(archive, "x", TAD_ELEMENT_F32, 9, NULL, NULL, NULL), TAD_ESHAPE);
    ck_assert_int_eq(tad_archive_add(archive, "x", TAD_ELEMENT_F32, 1, (int64_t[]){-1}, NULL, NULL), TAD_ESHAPE);
    expect_ok(tad_archive_add(archive, "__metadata__", TAD_ELEMENT_BF16, 0, NULL, NULL, NULL));
    ck_assert_int_eq(tad_archive_add(archive, "__metadata__", TAD_ELEMENT_F32, 0, NULL, NULL, NULL), TAD_EARG);
    ck_assert_int_eq(tad_archive_save(archive, "/tmp/x.safetensors", NULL, &error), TAD_EARG);
    ck_assert_ptr_nonnull(strstr(error.message, "cannot be written"));
    ck_assert_int_eq(tad_archive_save(archive, "/tmp/x.npy", NULL, &error), TAD_EARG);
    ck_assert_ptr_nonnull(strstr(error.message, "no elements of type BF16"));
    ck_assert_int_eq(tad_archive_save(archive, "/tmp/x.csv", NULL, &error), TAD_EARG);
    ck_assert_ptr_nonnull(strstr(error.message, "CSV files are not written"));
    ck_assert_int_eq(tad_archive_load("/nowhere/x.npy", NULL, &out, &error), TAD_EIO);
    ck_assert_ptr_nonnull(strstr(error.message, "/nowhere/x.npy: cannot open it: No such file"));
    ck_assert_int_eq(tad_archive_load(NULL, NULL, &out, NULL), TAD_EARG);
    tad_archive_free(archive);
}
END_TEST

Suite *files_refused_suite(void)
{
    Suite *suite = suite_create("files_refused");
    TCase *tests = tcase_create("files_refused");
    tcase_add_test(tests, test_refusals);
    tcase_add_test(tests, test_most_bytes);
    tcase_add_test(tests, test_checksum);
    tcase_add_test(tests, test_wrong_calls);
    suite_add_tcase(suite, tests);
    return suite;
}
