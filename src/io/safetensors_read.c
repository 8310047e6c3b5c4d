/* The safetensors format, read. Its header is JSON of one shape, so one pass reads it, without a tree and without recursion:
 * {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, "__metadata__": {"key": "text"}} */
#include "io/archive.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_HEADER = 100 * 1000 * 1000 };

typedef struct tensor {
    char       *name;
    tad_element element;
    int         rank;
    int64_t     dims[TAD_MAX_RANK];
    uint64_t    begin, end;
    int64_t     at; /* where its description begins */
} tensor;

typedef struct reader {
    tad_archive    *archive;
    tad_file_error *error;
    char           *at, *end; /* of the header */
    tensor         *tensors;
    size_t          n, capacity;
} reader;

static const char format_hint[] = "was it cut short, or is it another kind of file? Get or save it again";

static int64_t place(const reader *r, const char *at)
{
    return at - r->archive->file;
}

#define REFUSE(r, at, ...) (tad__file_refuse((r)->error, TAD_EARG, place((r), (at)), format_hint, __VA_ARGS__), false)

static bool no_memory(reader *r, size_t bytes)
{
    tad__file_no_memory(r->error, bytes);
    return false;
}

/* ---- JSON ---- */

static void skip_space(reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r'))
        r->at++;
}

/* Is the next thing this character? If so, it is passed. */
static bool next_is(reader *r, char c)
{
    skip_space(r);
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

static bool expect(reader *r, char c, const char *where)
{
    return next_is(r, c) || REFUSE(r, r->at, "the header is no JSON: expected '%c' %s", c, where);
}

/* After a member: more of them, or the end? */
static bool more(reader *r, char close, bool *done, const char *where)
{
    *done = next_is(r, close);
    return *done || next_is(r, ',') || REFUSE(r, r->at, "the header is no JSON: expected ',' or '%c' %s", close, where);
}

static bool hex4(reader *r, unsigned *code)
{
    *code = 0;
    if (r->end - r->at < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        char c = *r->at++;
        int  digit = c >= '0' && c <= '9'   ? c - '0'
                     : c >= 'a' && c <= 'f' ? c - 'a' + 10
                     : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                            : -1;
        if (digit < 0)
            return false;
        *code = *code * 16 + (unsigned)digit;
    }
    return true;
}

static char *put_utf8(char *out, unsigned code)
{
    if (code < 0x80) {
        *out++ = (char)code;
        return out;
    }
    int more_bytes = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    *out++ = (char)((more_bytes == 1 ? 0xc0u : more_bytes == 2 ? 0xe0u : 0xf0u) | code >> 6 * more_bytes);
    while (more_bytes-- > 0)
        *out++ = (char)(0x80u | (code >> 6 * more_bytes & 0x3fu));
    return out;
}

/* Behind a backslash. What is put is never longer than what stood there. */
static bool escape(reader *r, char **out)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    if (r->at == r->end)
        return false;
    char        c = *r->at++;
    const char *known = c ? strchr(names, c) : NULL;
    unsigned    code, low;
    if (known) {
        *(*out)++ = values[known - names];
        return true;
    }
    if (c != 'u' || !hex4(r, &code) || code == 0 || (code >= 0xdc00 && code < 0xe000))
        return false;
    if (code >= 0xd800 && code < 0xdc00) {
        if (r->end - r->at < 6 || r->at[0] != '\\' || r->at[1] != 'u')
            return false;
        r->at += 2;
        if (!hex4(r, &low) || low < 0xdc00 || low >= 0xe000)
            return false;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    *out = put_utf8(*out, code);
    return true;
}

/* A string, decoded where it stands. */
static bool string(reader *r, char **text, const char *what)
{
    if (!expect(r, '"', what))
        return false;
    char *start = r->at, *out = start;
    while (r->at < r->end && *r->at != '"') {
        const char *here = r->at;
        char        c = *r->at++;
        if ((unsigned char)c < 0x20)
            return REFUSE(r, here, "the header is no JSON: a control character in a string");
        if (c != '\\')
            *out++ = c;
        else if (!escape(r, &out))
            return REFUSE(r, here, "the header is no JSON: an escape that is none, or U+0000, in a string");
    }
    if (r->at == r->end)
        return REFUSE(r, start, "the header is no JSON: a string without an end");
    r->at++;
    *out = 0; // at most at the closing quote
    *text = start;
    return true;
}

/* A count: digits, no sign, no fraction. */
static bool number(reader *r, uint64_t *value, const char *what)
{
    skip_space(r);
    const char *start = r->at;
    for (*value = 0; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++) {
        uint64_t digit = (uint64_t)(*r->at - '0');
        if (*value > (INT64_MAX - digit) / 10)
            return REFUSE(r, start, "a number of %s is above 2^63 - 1", what);
        *value = *value * 10 + digit;
    }
    bool starts_with_0 = r->at - start > 1 && *start == '0';
    if (r->at == start || starts_with_0 || (r->at < r->end && strchr(".eE", *r->at) && *r->at))
        return REFUSE(r, start, "%s: expected whole numbers from 0", what);
    return true;
}

const char *tad__bad_utf8(const char *at, const char *end)
{
    while (at < end) {
        const unsigned char *c = (const unsigned char *)at;
        int                  n = *c < 0x80                 ? 0
                                 : *c >= 0xc2 && *c < 0xe0 ? 1
                                 : *c >= 0xe0 && *c < 0xf0 ? 2
                                 : *c >= 0xf0 && *c < 0xf5 ? 3
                                                           : -1;
        if (n < 0 || end - at <= n)
            return at;
        for (int i = 1; i <= n; i++)
            if ((c[i] & 0xc0) != 0x80)
                return at;
        if ((*c == 0xe0 && c[1] < 0xa0) || (*c == 0xed && c[1] >= 0xa0) || (*c == 0xf0 && c[1] < 0x90) ||
            (*c == 0xf4 && c[1] >= 0x90))
            return at;
        at += n + 1;
    }
    return NULL;
}

/* ---- The header ---- */

static bool read_element(reader *r, tensor *t)
{
    static const char *const names[] = {
#define ROW(name, text, bytes, descr) text,
        TAD_ELEMENT_LIST(ROW)
#undef ROW
    };
    const char *at = r->at;
    char       *text;
    if (!string(r, &text, "before dtype's name"))
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], text) == 0) {
            t->element = (tad_element)i;
            return true;
        }
    return REFUSE(r, at, "dtype \"%s\" of \"%s\" is not known; expected F32, F64, I64, ...",
                  tad__show(text, strlen(text)).text, tad__show(t->name, strlen(t->name)).text);
}

static bool read_shape(reader *r, tensor *t)
{
    if (!expect(r, '[', "before a shape"))
        return false;
    bool done = next_is(r, ']');
    for (t->rank = 0; !done; t->rank++) {
        uint64_t size;
        if (t->rank == TAD_MAX_RANK)
            return REFUSE(r, r->at, "the shape of \"%s\" has more than %d axes",
                          tad__show(t->name, strlen(t->name)).text, TAD_MAX_RANK);
        if (!number(r, &size, "shape") || !more(r, ']', &done, "in a shape"))
            return false;
        t->dims[t->rank] = (int64_t)size;
    }
    return true;
}

static bool read_offsets(reader *r, tensor *t)
{
    return expect(r, '[', "before data_offsets") && number(r, &t->begin, "data_offsets") &&
           expect(r, ',', "between data_offsets") && number(r, &t->end, "data_offsets") &&
           expect(r, ']', "behind data_offsets");
}

static bool read_tensor(reader *r, tensor *t)
{
    static const struct {
        const char *name;
        bool (*read)(reader *r, tensor *t);
    } fields[] = {{"dtype", read_element}, {"shape", read_shape}, {"data_offsets", read_offsets}};
    unsigned    seen = 0;
    bool        done = false;
    const char *start = r->at;
    if (!expect(r, '{', "before a tensor's description"))
        return false;
    done = next_is(r, '}');
    while (!done) {
        const char *at = r->at;
        char       *key;
        unsigned    i = 0;
        if (!string(r, &key, "before a field") || !expect(r, ':', "behind a field's name"))
            return false;
        while (i < 3 && strcmp(fields[i].name, key) != 0)
            i++;
        if (i == 3 || seen & 1u << i)
            return REFUSE(r, at, "field \"%s\" of \"%s\" is %s", tad__show(key, strlen(key)).text,
                          tad__show(t->name, strlen(t->name)).text, i == 3 ? "not known" : "there twice");
        seen |= 1u << i;
        if (!fields[i].read(r, t) || !more(r, '}', &done, "in a tensor's description"))
            return false;
    }
    for (unsigned i = 0; i < 3; i++)
        if (!(seen & 1u << i))
            return REFUSE(r, start, "\"%s\" has no %s", tad__show(t->name, strlen(t->name)).text, fields[i].name);
    return true;
}

static bool read_notes(reader *r)
{
    if (!expect(r, '{', "before __metadata__"))
        return false;
    for (bool done = next_is(r, '}'); !done;) {
        const char *at = r->at;
        char       *key, *text;
        if (!string(r, &key, "before a key of __metadata__") || !expect(r, ':', "behind a key of __metadata__") ||
            !string(r, &text, "before a text of __metadata__"))
            return false;
        if (tad_archive_note(r->archive, key))
            return REFUSE(r, at, "key \"%s\" of __metadata__ is there twice", tad__show(key, strlen(key)).text);
        if (tad_archive_set_note(r->archive, key, text) != TAD_OK)
            return no_memory(r, strlen(key) + strlen(text));
        if (!more(r, '}', &done, "in __metadata__"))
            return false;
    }
    return true;
}

static bool read_header(reader *r)
{
    bool noted = false;
    if (!expect(r, '{', "at the beginning of the header"))
        return false;
    for (bool done = next_is(r, '}'); !done;) {
        tensor t = {.at = place(r, r->at)};
        if (!string(r, &t.name, "before a name") || !expect(r, ':', "behind a name"))
            return false;
        if (strcmp(t.name, "__metadata__") == 0) {
            if (noted)
                return REFUSE(r, r->at, "__metadata__ is there twice");
            noted = true;
            if (!read_notes(r))
                return false;
        } else {
            if (!read_tensor(r, &t))
                return false;
            if (!tad__reserve(&r->archive->allocator, (void **)&r->tensors, &r->capacity, r->n + 1, sizeof t))
                return no_memory(r, (r->n + 1) * sizeof t);
            r->tensors[r->n++] = t;
        }
        if (!more(r, '}', &done, "in the header"))
            return false;
    }
    skip_space(r);
    return r->at == r->end || REFUSE(r, r->at, "the header is no JSON: something follows its end");
}

/* ---- The data ---- */

static int by_offset(const void *a, const void *b)
{
    const tensor *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    if (x->end != y->end)
        return x->end < y->end ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at); // the order is that of the header, whatever qsort does
}

static bool little_endian(void)
{
    const uint16_t one = 1;
    return *(const unsigned char *)&one == 1;
}

static bool place_tensors(reader *r, char *data, size_t bytes)
{
    uint64_t end = 0;
    if (r->n)
        qsort(r->tensors, r->n, sizeof *r->tensors, by_offset);
    for (size_t i = 0; i < r->n; i++) {
        const tensor *t = &r->tensors[i];
        tad__shown    name = tad__show(t->name, strlen(t->name));
        const char   *at = r->archive->file + t->at;
        int64_t       count;
        size_t        needed;
        if (t->begin != end || t->end < t->begin)
            return REFUSE(r, at, "data_offsets [%" PRIu64 ", %" PRIu64 "] of \"%s\": expected to begin at %" PRIu64,
                          t->begin, t->end, name.text, end);
        if (!tad__element_bytes(t->element, t->rank, t->dims, &count, &needed))
            return REFUSE(r, at, "the shape of \"%s\" has too many elements", name.text);
        if (t->end - t->begin != needed)
            return REFUSE(r, at, "data_offsets of \"%s\" span %" PRIu64 " bytes, but its shape needs %zu", name.text,
                          t->end - t->begin, needed);
        if (t->end > bytes)
            return REFUSE(r, at, "the data of \"%s\" ends at %" PRIu64 ", but the file has %zu bytes of data",
                          name.text, t->end, bytes);
        end = t->end;
        if (tad_archive_find(r->archive, t->name))
            return REFUSE(r, at, "the name \"%s\" is there twice", name.text);
        if (!little_endian())
            tad__swap_bytes(data + t->begin, (size_t)count, tad_element_size(t->element));
        if (tad__archive_put(r->archive, t->name, t->element, t->rank, t->dims, data + t->begin, false) != TAD_OK)
            return no_memory(r, needed);
    }
    return end == bytes ||
           REFUSE(r, data + end, "%" PRIu64 " bytes of data belong to no tensor", (uint64_t)bytes - end);
}

TAD__READER(safetensors)
{
    (void)options;
    char  *file = archive->file;
    size_t bytes = archive->file_bytes;
    if (bytes < 8)
        return tad__file_refuse(error, TAD_EARG, 0, format_hint,
                                "a safetensors file has at least 8 bytes; this one has %zu", bytes);
    uint64_t header = 0;
    for (int i = 0; i < 8; i++)
        header |= (uint64_t)(unsigned char)file[i] << 8 * i;
    if (header > MOST_HEADER)
        return tad__file_refuse(error, TAD_EARG, 0, format_hint,
                                "a header of %" PRIu64 " bytes; expected at most 100,000,000", header);
    if (header > bytes - 8)
        return tad__file_refuse(error, TAD_EARG, 0, format_hint,
                                "a header of %" PRIu64 " bytes in a file of %zu: it is cut short", header, bytes);
    reader      r = {archive, error, file + 8, file + 8 + header, NULL, 0, 0};
    const char *bad = tad__bad_utf8(r.at, r.end);
    bool        good = true;
    if (bad)
        good = REFUSE(&r, bad, "the header is no UTF-8");
    else if (header == 0 || *r.at != '{')
        good = REFUSE(&r, r.at, "the header does not begin with '{'");
    good = good && read_header(&r) && place_tensors(&r, file + 8 + header, bytes - 8 - (size_t)header);
    tad__resize(&archive->allocator, r.tensors, r.capacity * sizeof *r.tensors, 0);
    return good ? TAD_OK : error->status;
}
