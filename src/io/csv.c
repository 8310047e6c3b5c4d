/* CSV: numbers in lines, separated; fields may be quoted, the first line may name the columns. */
#include "base/text.h"
#include "io/archive.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DIGITS = 400, MOST_COLUMNS = 1 << 20 };

typedef struct reader {
    tad_archive    *archive;
    tad_file_error *error;
    char           *at, *end, *line_start;
    int             line;
    char            separator, point; /* point: what strtod takes for one here */
    double         *numbers;
    size_t          n, capacity, columns;
} reader;

static tad_status refuse(reader *r, const char *at, const char *hint, const char *what, tad__shown field)
{
    tad__file_refuse(r->error, TAD_EARG, at - r->archive->file, hint, what, field.text);
    r->error->line = r->line;
    r->error->column = at - r->line_start < 1 << 30 ? (int)(at - r->line_start) + 1 : 1 << 30;
    return TAD_EARG;
}

static bool at_line_end(const reader *r)
{
    return r->at == r->end || *r->at == '\n' || (*r->at == '\r' && (r->at + 1 == r->end || r->at[1] == '\n'));
}

static void next_line(reader *r)
{
    r->at += r->at < r->end && *r->at == '\r';
    r->at += r->at < r->end;
    r->line++;
    r->line_start = r->at;
}

/* A field without its quotes, decoded where it stands; spaces around it do not count. */
static tad_status next_field(reader *r, char **text, size_t *bytes)
{
    while (r->at < r->end && *r->at == ' ')
        r->at++;
    char *start = r->at;
    *text = start;
    if (r->at < r->end && *r->at == '"') {
        char *out = start;
        for (r->at++; r->at < r->end && (*r->at != '"' || (r->at + 1 < r->end && r->at[1] == '"')); r->at++) {
            r->at += *r->at == '"';
            *out++ = *r->at;
        }
        if (r->at == r->end)
            return refuse(r, start, "close the quotes, and double those within", "a quoted field has no end%s",
                          tad__show("", 0));
        r->at++;
        *bytes = (size_t)(out - start);
        while (r->at < r->end && *r->at == ' ')
            r->at++;
        if (!at_line_end(r) && *r->at != r->separator)
            return refuse(r, r->at, "double the quotes within a quoted field", "'%s' follows a quoted field",
                          tad__show(r->at, 1));
        return TAD_OK;
    }
    while (!at_line_end(r) && *r->at != r->separator)
        r->at++;
    *bytes = (size_t)(r->at - start);
    while (*bytes && (start[*bytes - 1] == ' ' || start[*bytes - 1] == '\t'))
        --*bytes;
    return TAD_OK;
}

static size_t digits(const char *at, const char *end)
{
    const char *start = at;
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return (size_t)(at - start);
}

static bool is_word(const char *at, const char *end, const char *word)
{
    for (; at < end && *word; at++, word++)
        if ((*at | 0x20) != *word)
            return false;
    return at == end && !*word;
}

/* [sign] digits [. digits] [e [sign] digits], inf or nan: what strtod takes, less hexadecimal numbers, in any locale. */
static bool to_number(const reader *r, const char *text, size_t bytes, double *number)
{
    char        copy[MOST_DIGITS];
    const char *at = text, *end = text + bytes;
    if (bytes == 0) {
        *number = (double)NAN;
        return true;
    }
    bool minus = *at == '-';
    at += minus || *at == '+';
    if (is_word(at, end, "nan") || is_word(at, end, "inf") || is_word(at, end, "infinity")) {
        *number = (*at | 0x20) == 'n' ? (double)NAN : (double)(minus ? -INFINITY : INFINITY);
        return true;
    }
    size_t before = digits(at, end), behind = 0;
    at += before;
    if (at < end && *at == '.') {
        behind = digits(at + 1, end);
        at += 1 + behind;
    }
    if (before + behind == 0 || bytes >= sizeof copy)
        return false;
    if (at < end && (*at | 0x20) == 'e') {
        at++;
        at += at < end && (*at == '-' || *at == '+');
        size_t exponent = digits(at, end);
        at += exponent;
        if (exponent == 0)
            return false;
    }
    if (at != end)
        return false;
    for (size_t i = 0; i < bytes; i++)
        copy[i] = text[i] == '.' ? r->point : text[i];
    copy[bytes] = 0;
    *number = strtod(copy, NULL);
    return true;
}

/* Numbers grow in a block of the archive, so that they count for its limit. */
static bool push(reader *r, double number)
{
    if (r->n == r->capacity) {
        size_t  wanted = r->capacity ? r->capacity * 2 : 64;
        double *grown = wanted > SIZE_MAX / 16 ? NULL : tad__archive_take(r->archive, wanted * sizeof *grown);
        if (!grown)
            return false;
        if (r->n)
            memcpy(grown, r->numbers, r->n * sizeof *grown);
        tad__archive_give(r->archive, r->numbers, r->capacity * sizeof *grown);
        r->numbers = grown;
        r->capacity = wanted;
    }
    r->numbers[r->n++] = number;
    return true;
}

static tad_status name_column(reader *r, size_t column, char *text, size_t bytes)
{
    char      key[40], kept = 0;
    tad__text name = {key, sizeof key, 0};
    bool      inside = text + bytes < r->end;
    if (memchr(text, 0, bytes) || !inside)
        return refuse(r, text, "the first line names the columns, and numbers follow", "'%s' is no name of a column",
                      tad__show(text, bytes));
    tad__text_add(&name, "column %zu", column);
    kept = text[bytes];
    text[bytes] = 0;
    tad_status status = tad_archive_set_note(r->archive, key, text);
    text[bytes] = kept;
    return status == TAD_OK ? status : tad__file_no_memory(r->error, bytes);
}

/* Is the first line one of names? Looked for in a copy of the reader: nothing is decoded but quotes, which come out the same. */
static bool has_names(const reader *start)
{
    reader r = *start;
    while (!at_line_end(&r)) {
        double number;
        while (r.at < r.end && *r.at == ' ')
            r.at++;
        bool  quoted = !at_line_end(&r) && *r.at == '"';
        char *text = r.at += quoted;
        while (!at_line_end(&r) && *r.at != r.separator && !(quoted && *r.at == '"'))
            r.at++;
        size_t bytes = (size_t)(r.at - text);
        while (bytes && (text[bytes - 1] == ' ' || text[bytes - 1] == '\t'))
            bytes--;
        if (!to_number(&r, text, bytes, &number))
            return true;
        r.at += !at_line_end(&r) && *r.at == '"';
        r.at += !at_line_end(&r);
    }
    return false;
}

static tad_status read_line(reader *r, bool names)
{
    size_t column = 0;
    for (bool last = false; !last; column++) {
        char      *text;
        size_t     bytes = 0;
        char      *at = r->at;
        double     number = 0;
        tad_status status = next_field(r, &text, &bytes);
        if (status != TAD_OK)
            return status;
        if (column >= (r->columns ? r->columns : MOST_COLUMNS))
            return refuse(r, at, "check quotes and separators of this line",
                          "there are more fields than in the first line, from '%s'", tad__show(text, bytes));
        // Where the field ends is known before it is named, since naming it sets its end to 0 for a moment.
        last = at_line_end(r);
        if (names)
            status = name_column(r, column, text, bytes);
        else if (!to_number(r, text, bytes, &number))
            return refuse(r, at, "only the first line may have names; see also csv_separator", "'%s' is no number",
                          tad__show(text, bytes));
        else if (!push(r, number))
            return tad__file_no_memory(r->error, r->n * sizeof number);
        if (status != TAD_OK)
            return status;
        r->at += !last;
    }
    if (r->columns && column < r->columns)
        return refuse(r, r->at, "check quotes and separators of this line",
                      "there are fewer fields than in the first line%s", tad__show("", 0));
    r->columns = column;
    if (r->at < r->end || r->line_start < r->at)
        next_line(r);
    return TAD_OK;
}

TAD__READER(csv)
{
    reader r = {.archive = archive,
                .error = error,
                .at = archive->file,
                .end = archive->file + archive->file_bytes,
                .line_start = archive->file,
                .line = 1,
                .separator = options->csv_separator ? options->csv_separator : ',',
                .point = *localeconv()->decimal_point};
    if (archive->file_bytes >= 3 && memcmp(r.at, "\xef\xbb\xbf", 3) == 0)
        r.at = r.line_start += 3;
    bool       names = options->csv_header == TAD_CSV_NAMES || (options->csv_header == TAD_CSV_GUESS && has_names(&r));
    tad_status status = TAD_OK;
    while (r.at < r.end && status == TAD_OK) {
        if (at_line_end(&r)) {
            next_line(&r); // an empty line
            continue;
        }
        status = read_line(&r, names);
        names = false;
    }
    if (status == TAD_OK) {
        int64_t dims[] = {r.columns ? (int64_t)(r.n / r.columns) : 0, (int64_t)r.columns};
        status = tad__archive_put(archive, "data", TAD_ELEMENT_F64, 2, dims, r.numbers, false);
        // The numbers are a block of their own, perhaps longer than they: the entry has its exact copy.
        if (status == TAD_OK && r.n && !archive->items[0]->owned) {
            void *copy = tad__archive_take(archive, r.n * sizeof(double));
            if (copy)
                memcpy(copy, r.numbers, r.n * sizeof(double));
            archive->items[0]->owned = copy != NULL;
            archive->items[0]->entry.data = copy;
            status = copy ? TAD_OK : TAD_ENOMEM;
        }
        if (status != TAD_OK)
            tad__file_no_memory(error, r.n * sizeof(double));
    }
    tad__archive_give(archive, r.numbers, r.capacity * sizeof(double));
    return status;
}
