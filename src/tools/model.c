#include "tools/model.h"

#include <string.h>

/* Of longer lines an excerpt is shown. */
enum { LONG_LINE = 120 };

void tad_model_free(tad_model *model)
{
    if (!model)
        return;
    const tad_allocator allocator = model->allocator, *table_allocator = &allocator;
    for (size_t i = 0; i < model->count; i++)
        tad__resize(&allocator, model->entries[i]->block, model->entries[i]->block_bytes, 0);
    HASH_CLEAR(hh, model->table);
    tad__resize(&allocator, model->entries, model->capacity * sizeof(tad__entry *), 0);
    tad__expression_free(&allocator, &model->steps);
    tad__arena_free(&model->arena);
    tad__resize(&allocator, model, sizeof *model, 0);
}

size_t tad_model_count(const tad_model *model)
{
    return model ? model->count : 0;
}

const tad_symbol *tad_model_symbol(const tad_model *model, size_t i)
{
    return model && i < model->count ? &model->entries[i]->symbol : NULL;
}

const tad_symbol *tad_model_find(const tad_model *model, const char *name)
{
    tad__entry *entry = model && name ? tad__model_entry(model, name, strlen(name)) : NULL;
    return entry ? &entry->symbol : NULL;
}

tad_status tad_model_set(tad_model *model, const char *name, int rank, const int64_t dims[], const double *data)
{
    tad__entry *entry = model && name ? tad__model_entry(model, name, strlen(name)) : NULL;
    size_t      bytes = sizeof(double);
    if (!entry || entry->symbol.kind == TAD_SYMBOL_VALUE || rank < 0 || rank > TAD_MAX_RANK || (rank > 0 && !dims))
        return TAD_EARG;
    for (int i = 0; i < rank; i++)
        if (dims[i] < 0 || !tad__multiply(bytes, (size_t)dims[i], &bytes))
            return TAD_EARG;
    if (bytes > 0 && !data)
        return TAD_EARG;
    void *block = bytes > 0 ? tad__resize(&model->allocator, NULL, 0, bytes) : NULL;
    if (bytes > 0 && !block)
        return TAD_ENOMEM;
    if (bytes > 0)
        memcpy(block, data, bytes);
    tad__resize(&model->allocator, entry->block, entry->block_bytes, 0);
    entry->block = block;
    entry->block_bytes = bytes;
    entry->symbol.data = block;
    entry->symbol.rank = rank;
    for (int i = 0; i < rank; i++)
        entry->symbol.dims[i] = dims[i];
    return TAD_OK;
}

/* ---- Showing an error ---- */

/* The start of a line, from 1, and its length without the end. NULL: there is no such line. */
static const char *find_line(const char *text, size_t bytes, int line, size_t *length)
{
    const char *end = text + bytes;
    for (int i = 1; i < line; i++) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        if (!newline)
            return NULL;
        text = newline + 1;
    }
    const char *newline = memchr(text, '\n', (size_t)(end - text));
    *length = (size_t)((newline ? newline : end) - text);
    if (*length > 0 && text[*length - 1] == '\r')
        --*length;
    return text;
}

static bool begins_character(char c)
{
    return ((unsigned char)c & 0xc0) != 0x80;
}

/* Skips n characters. */
static const char *skip(const char *at, const char *end, int n)
{
    while (at < end && n > 0) {
        at++;
        n -= at == end || begins_character(*at);
    }
    return at;
}

/* The line, or what is near the place if it is long, and marks below. Tabs are kept, so that the marks stand below the
 * characters; what is no text shows as '?'. */
static void add_excerpt(tad__text *out, const tad_text_error *error, const char *line, size_t length)
{
    const char *end = line + length;
    int         before = error->column > LONG_LINE ? error->column - LONG_LINE / 2 : 0;
    const char *from = skip(line, end, before), *to = skip(from, end, LONG_LINE);
    const char *at = skip(from, end, error->column - 1 - before);
    tad__text_add(out, "  %3d | %s", error->line, from > line ? "..." : "");
    for (const char *c = from; c < to; c++)
        tad__text_add(out, "%c", (unsigned char)*c < ' ' && *c != '\t' ? '?' : *c);
    tad__text_add(out, "%s\n      | %s", to < end ? "..." : "", from > line ? "   " : "");
    for (const char *c = from; c < at; c++)
        if (begins_character(*c))
            tad__text_add(out, *c == '\t' ? "\t" : " ");
    tad__text_add(out, "^");
    for (int i = 1; i < error->length && i < LONG_LINE; i++)
        tad__text_add(out, "~");
    tad__text_add(out, "\n");
}

size_t tad_text_error_write(const tad_text_error *error, const char *file, const char *text, size_t bytes, char *out,
                            size_t size)
{
    tad__text   words = {.out = out, .size = out ? size : 0};
    size_t      length = 0;
    const char *line;
    if (words.size > 0)
        *out = '\0';
    if (!error)
        return 0;
    if (file)
        tad__text_add(&words, "%s:", file);
    if (error->line > 0)
        tad__text_add(&words, "%d:%d:", error->line, error->column);
    tad__text_add(&words, "%serror: %s\n", words.length > 0 ? " " : "", error->message);
    if (text && error->line > 0 && (line = find_line(text, bytes, error->line, &length)) != NULL)
        add_excerpt(&words, error, line, length);
    if (*error->hint)
        tad__text_add(&words, "hint: %s\n", error->hint);
    return words.length;
}
