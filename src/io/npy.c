/* NumPy's .npy: a line of Python that describes the array, then its elements. */
#include "base/text.h"
#include "io/system.h"

#include <inttypes.h>
#include <string.h>

static const char hint[] = "save it with numpy.save, of numbers or booleans, without pickle";

static const char *const descrs[] = {
#define ROW(name, text, bytes, descr) descr,
    TAD_ELEMENT_LIST(ROW)
#undef ROW
};

static bool little_endian(void)
{
    const uint16_t one = 1;
    return *(const unsigned char *)&one == 1;
}

/* ---- Reading ---- */

typedef struct header {
    const char     *start, *at, *end;
    int64_t         offset; /* of start in the file */
    tad_file_error *error;
    tad_element     element;
    bool            swap, fortran;
    int             rank;
    int64_t         dims[TAD_MAX_RANK];
} header;

#define REFUSE(h, ...)                                                                                                 \
    (tad__file_refuse((h)->error, TAD_EARG, (h)->offset + ((h)->at - (h)->start), hint, __VA_ARGS__), false)

static bool next_is(header *h, const char *text)
{
    size_t n = strlen(text);
    while (h->at < h->end && (*h->at == ' ' || *h->at == '\n'))
        h->at++;
    if ((size_t)(h->end - h->at) < n || memcmp(h->at, text, n) != 0)
        return false;
    h->at += n;
    return true;
}

static bool read_descr(header *h)
{
    if (next_is(h, "["))
        return REFUSE(h, "it has structured elements; expected plain numbers");
    char        quote = h->at < h->end ? *h->at : 0;
    const char *start = h->at + 1, *close = start;
    if (quote != '\'' && quote != '"')
        return REFUSE(h, "descr is no string");
    while (close < h->end && *close != quote)
        close++;
    if (close >= h->end)
        return REFUSE(h, "descr is no string");
    size_t     n = (size_t)(close - start);
    tad__shown shown = tad__show(start, n);
    if (n >= 2 && memchr(start, 'O', n))
        return REFUSE(h, "it has Python objects (descr '%s'); expected plain numbers", shown.text);
    if (n == 3 && strchr("<>|=", *start) && *start)
        for (size_t i = 0; i < sizeof descrs / sizeof *descrs; i++)
            if (*descrs[i] && memcmp(descrs[i], start + 1, 2) == 0) {
                size_t width = tad_element_size((tad_element)i);
                if (*start == '|' && width > 1)
                    break;
                h->element = (tad_element)i;
                h->swap = width > 1 && *start != '=' && (*start == '<') != little_endian();
                h->at = close + 1;
                return true;
            }
    return REFUSE(h, "elements of descr '%s' are not known; expected <f4, <f8, <i8, |u1, ...", shown.text);
}

static bool read_order(header *h)
{
    h->fortran = next_is(h, "True");
    return h->fortran || next_is(h, "False") || REFUSE(h, "fortran_order is neither True nor False");
}

static bool read_shape(header *h)
{
    if (!next_is(h, "("))
        return REFUSE(h, "shape is no tuple");
    bool comma = true;
    for (h->rank = 0; !next_is(h, ")"); h->rank++) {
        int64_t size = 0;
        if (!comma)
            return REFUSE(h, "shape: expected ',' or ')'");
        (void)next_is(h, "");
        const char *start = h->at;
        if (h->rank == TAD_MAX_RANK)
            return REFUSE(h, "it has more than %d axes", TAD_MAX_RANK);
        for (; h->at < h->end && *h->at >= '0' && *h->at <= '9'; h->at++) {
            if (size > (INT64_MAX - 9) / 10)
                return REFUSE(h, "a size in shape is above 2^63 - 1");
            size = size * 10 + (*h->at - '0');
        }
        if (h->at == start)
            return REFUSE(h, "shape: expected whole numbers from 0");
        h->dims[h->rank] = size;
        comma = next_is(h, ",");
    }
    return (h->rank != 1 || comma) || REFUSE(h, "shape: expected a tuple, as (3,)");
}

static bool read_header(header *h)
{
    static const struct {
        const char *name;
        bool (*read)(header *h);
    } keys[] = {{"descr", read_descr}, {"fortran_order", read_order}, {"shape", read_shape}};
    unsigned seen = 0;
    if (!next_is(h, "{"))
        return REFUSE(h, "the header is no Python dictionary");
    while (!next_is(h, "}")) {
        unsigned i = 0;
        (void)next_is(h, "");
        for (; i < 3; i++) {
            char      key[2][20];
            tad__text single = {key[0], sizeof key[0], 0}, twofold = {key[1], sizeof key[1], 0};
            tad__text_add(&single, "'%s'", keys[i].name);
            tad__text_add(&twofold, "\"%s\"", keys[i].name);
            if (next_is(h, key[0]) || next_is(h, key[1]))
                break;
        }
        if (i == 3 || seen & 1u << i)
            return REFUSE(h, "expected the keys descr, fortran_order and shape, each once");
        seen |= 1u << i;
        if (!next_is(h, ":"))
            return REFUSE(h, "expected ':' behind %s", keys[i].name);
        (void)next_is(h, "");
        if (!keys[i].read(h))
            return false;
        if (!next_is(h, ",")) {
            if (!next_is(h, "}"))
                return REFUSE(h, "expected ',' or '}' in the header");
            break;
        }
    }
    if (seen != 7)
        return REFUSE(h, "expected the keys descr, fortran_order and shape, each once");
    (void)next_is(h, "");
    return h->at == h->end || REFUSE(h, "something follows the header's dictionary");
}

/* From Fortran's order to C's: element (i0, i1, ...) of `from` has the first axis innermost. */
static void reorder(const header *h, const char *from, char *to, size_t count)
{
    size_t  width = tad_element_size(h->element), offset = 0;
    size_t  strides[TAD_MAX_RANK], stride = width;
    int64_t index[TAD_MAX_RANK] = {0};
    for (int i = 0; i < h->rank; i++) {
        strides[i] = stride;
        stride *= (size_t)h->dims[i];
    }
    for (size_t n = 0; n < count; n++) {
        memcpy(to + n * width, from + offset, width);
        for (int i = h->rank - 1; i >= 0; i--) {
            offset += strides[i];
            if (++index[i] < h->dims[i])
                break;
            offset -= strides[i] * (size_t)h->dims[i];
            index[i] = 0;
        }
    }
}

tad_status tad__npy_parse(tad_archive *archive, const char *name, char *data, size_t bytes, int64_t at,
                          tad_file_error *error)
{
    const unsigned char *first = (unsigned char *)data;
    if (bytes < 10 || memcmp(data, "\x93NUMPY", 6) != 0)
        return tad__file_refuse(error, TAD_EARG, at, hint, "\"%s\" does not begin as an .npy file does",
                                tad__show(name, strlen(name)).text);
    if (first[6] < 1 || first[6] > 3 || first[7] != 0)
        return tad__file_refuse(error, TAD_EARG, at + 6, hint, "version %d.%d of .npy; expected 1.0, 2.0 or 3.0",
                                first[6], first[7]);
    size_t start = first[6] == 1 ? 10 : 12;
    if (bytes < start)
        return tad__file_refuse(error, TAD_EARG, at + 8, hint, "it is cut short in the header");
    size_t length = first[8] | (size_t)first[9] << 8;
    if (start == 12)
        length |= (size_t)first[10] << 16 | (size_t)first[11] << 24;
    if (length > bytes - start)
        return tad__file_refuse(error, TAD_EARG, at + 8, hint,
                                "a header of %zu bytes, but the file has %zu: it is cut short", length, bytes);
    header  h = {.start = data, .at = data + start, .end = data + start + length, .offset = at, .error = error};
    int64_t count;
    size_t  needed, there = bytes - start - length;
    if (!read_header(&h))
        return error->status;
    if (!tad__element_bytes(h.element, h.rank, h.dims, &count, &needed))
        return tad__file_refuse(error, TAD_EARG, at + (int64_t)start, hint, "its shape has too many elements");
    if (needed != there)
        return tad__file_refuse(error, TAD_EARG, at + (int64_t)(start + length), hint,
                                "its shape needs %zu bytes, but %zu follow the header", needed, there);
    data += start + length;
    if (h.swap)
        tad__swap_bytes(data, (size_t)count, tad_element_size(h.element));
    bool  other_order = h.fortran && h.rank > 1;
    char *block = other_order ? tad__archive_take(archive, needed) : data;
    if (!block)
        return tad__file_no_memory(error, needed);
    if (other_order)
        reorder(&h, data, block, (size_t)count);
    tad_status status = tad__archive_put(archive, name, h.element, h.rank, h.dims, block, other_order);
    return status == TAD_ENOMEM ? tad__file_no_memory(error, needed)
           : status != TAD_OK   ? tad__file_refuse(error, TAD_EARG, at, hint, "the name \"%s\" is there twice",
                                                   tad__show(name, strlen(name)).text)
                                : TAD_OK;
}

TAD__READER(npy)
{
    (void)options;
    return tad__npy_parse(archive, "data", archive->file, archive->file_bytes, 0, error);
}

/* ---- Writing ---- */

/* As numpy.save: room for the first size to grow to 21 digits, then spaces up to a multiple of 64. */
size_t tad__npy_header(const tad_entry *entry, char out[TAD__NPY_HEADER], tad_file_error *error)
{
    if (!*descrs[entry->element]) {
        tad__file_refuse(error, TAD_EARG, -1, "convert it with tad_entry_read, or save as safetensors",
                         "NumPy has no elements of type %s, as \"%s\" has", tad_element_name(entry->element),
                         tad__show(entry->name, strlen(entry->name)).text);
        return 0;
    }
    tad__text text = {out, TAD__NPY_HEADER, 10}, first = {NULL, 0, 0};
    char      order = tad_element_size(entry->element) == 1 ? '|' : little_endian() ? '<' : '>';
    tad__text_add(&text, "{'descr': '%c%s', 'fortran_order': False, 'shape': (", order, descrs[entry->element]);
    for (int i = 0; i < entry->rank; i++)
        tad__text_add(&text, "%s%" PRId64, i ? ", " : "", entry->dims[i]);
    tad__text_add(&text, "%s), }", entry->rank == 1 ? "," : "");
    if (entry->rank > 0) {
        tad__text_add(&first, "%" PRId64, entry->dims[0]);
        tad__text_add(&text, "%*s", 21 - (int)first.length, "");
    }
    while ((text.length + 1) % 64 != 0)
        tad__text_add(&text, " ");
    tad__text_add(&text, "\n");
    memcpy(out, "\x93NUMPY\1\0", 8);
    out[8] = (char)((text.length - 10) & 0xff);
    out[9] = (char)((text.length - 10) >> 8);
    return text.length;
}

TAD__WRITER(npy)
{
    (void)options;
    if (archive->n != 1)
        return tad__file_refuse(error, TAD_EARG, -1, "save as .npz or .safetensors",
                                "an .npy file has one array; the archive has %zu", archive->n);
    const tad_entry *entry = &archive->items[0]->entry;
    char             out[TAD__NPY_HEADER];
    size_t           n = tad__npy_header(entry, out, error);
    if (n == 0)
        return error->status;
    tad__saver_write(saver, out, n);
    tad__saver_write(saver, entry->data, entry->bytes);
    return TAD_OK;
}
