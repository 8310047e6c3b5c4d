/* What expressions of models have beyond derivatives: names of the model, lists, indices; and better words for mistakes. */
#include "tools/model.h"

#include "base/nearest.h"
#include "ops/elementwise.h"

#include <math.h>
#include <string.h>

tad__token tad__span(const tad__token *from, const char *end)
{
    tad__token whole = *from;
    whole.length = (int)(end - from->start);
    return whole;
}

tad__entry *tad__model_entry(const tad_model *model, const char *name, size_t length)
{
    tad__entry *found;
    HASH_FIND(hh, model->table, name, length, found);
    return found;
}

bool tad__is_reserved(const tad__token *word)
{
    static const char *const words[] = {"input", "param", "const", "output", "true", "false"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if ((size_t)word->length == strlen(words[i]) && strncmp(word->start, words[i], (size_t)word->length) == 0)
            return true;
    return false;
}

/* ---- Names ---- */

static const char *value_name(const void *user, size_t i)
{
    const tad_model *model = user;
    return i < model->count ? model->entries[i]->symbol.name : tad__constant_name(i - model->count);
}

static bool same_word(const tad__token *a, const tad__token *b)
{
    return a->length == b->length && strncmp(a->start, b->start, (size_t)a->length) == 0;
}

/* The line of a later definition of the name; 0: there is none. Reads on, so it is for errors only. */
static int later_definition(const tad__parser *p, const tad__token *word)
{
    tad_text_error ignored;
    tad__lexer     ahead = p->lexer;
    ahead.error = &ignored;
    while (ahead.next.kind != TAD__END) {
        tad__token token = ahead.next;
        int        brackets = ahead.brackets;
        if (!tad__advance(&ahead))
            return 0;
        if (token.kind == TAD__WORD && brackets == 0 && ahead.next.kind == TAD__ASSIGN && same_word(&token, word))
            return tad__line_of(ahead.text, token.start);
    }
    return 0;
}

static bool fault_unknown(tad__parser *p, const tad__token *word)
{
    tad__reader *reader = p->user;
    int          line;
    if (p->lexer.next.kind == TAD__ASSIGN && p->lexer.brackets > 0 && tad__begins_line(&p->lexer, word))
        return tad__fault_open(&p->lexer);
    if (same_word(word, &reader->defining))
        return tad__fault_at(&p->lexer, word, "'%.*s%s' is used in its own definition", TAD__SHOW(word));
    if (tad__is_reserved(word))
        return tad__fault_at(&p->lexer, word, "'%.*s%s' is a reserved word; it has no value here", TAD__SHOW(word));
    if ((line = later_definition(p, word)) > 0)
        return tad__fault_at(&p->lexer, word, "'%.*s%s' is used before it is defined, in line %d", TAD__SHOW(word),
                             line);
    tad__fault_at(&p->lexer, word, "there is no value '%.*s%s'", TAD__SHOW(word));
    const char *near = tad__nearest(word->start, (size_t)word->length, value_name, reader->model);
    return near && tad__advise(&p->lexer, "did you mean '%s'?", near);
}

static const char *kind_of(const tad_symbol *symbol)
{
    static const char *const words[] = {"an input", "a parameter", "a constant", "a computed value"};
    return words[symbol->kind];
}

static bool parse_name(tad__parser *p, const tad__token *word)
{
    tad__reader *reader = p->user;
    tad__entry  *entry = tad__model_entry(reader->model, word->start, (size_t)word->length);
    double       number;
    if (!entry && tad__constant_value(word, &number)) {
        const tad__literal value = {.count = 1, .data = &number};
        return tad__emit_literal(p, &value, word);
    }
    if (!entry && tad__is_operation(word->start, (size_t)word->length)) {
        tad__fault_at(&p->lexer, word, "'%.*s%s' is an operation, not a value", TAD__SHOW(word));
        return tad__advise(&p->lexer, "write its operands behind it, in parentheses");
    }
    if (!entry)
        return fault_unknown(p, word);
    const tad_symbol *symbol = &entry->symbol;
    if (reader->constant == 0)
        return tad__emit(
            p, (tad__step){.kind = TAD__NAME, .name = entry->number, .at = word->start, .length = word->length});
    if (symbol->kind != TAD_SYMBOL_CONST) {
        tad__fault_at(&p->lexer, word, "'%s' is %s, but here only constants can be used", symbol->name,
                      kind_of(symbol));
        return tad__advise(&p->lexer, "these numbers have to be known before anything is computed");
    }
    tad__literal value = {.rank = symbol->rank, .count = 1, .data = symbol->data};
    memcpy(value.dims, symbol->dims, sizeof value.dims);
    for (int k = 0; k < value.rank; k++)
        value.count *= value.dims[k];
    return tad__emit_literal(p, &value, word);
}

/* ---- Indices ---- */

static bool parse_whole(tad__parser *p, int64_t *out)
{
    tad__literal value;
    double       number;
    tad__token   at = p->lexer.next;
    if (!tad__parse_constant(p, &value, &number))
        return false;
    if (value.rank > 0 || value.data[0] != floor(value.data[0]) || fabs(value.data[0]) > 1e15)
        return tad__fault_at(&p->lexer, &at, "an index has to be a whole number");
    *out = (int64_t)value.data[0];
    return true;
}

static bool ends_part(const tad__token *t)
{
    return t->kind == TAD__COMMA || t->kind == TAD__CLOSE_LIST;
}

/* i, i:j, i:, :j or : */
static bool parse_part(tad__parser *p, int *axis, const tad__token *open)
{
    tad__index part = {.axis = *axis, .stop = TAD_END};
    if (p->lexer.next.kind != TAD__COLON && !parse_whole(p, &part.start))
        return false;
    part.range = p->lexer.next.kind == TAD__COLON;
    if (part.range && (!tad__advance(&p->lexer) || (!ends_part(&p->lexer.next) && !parse_whole(p, &part.stop))))
        return false;
    *axis += part.range;
    if (part.range && part.start == 0 && part.stop == TAD_END)
        return true;
    tad__index *kept = tad__model_take(p, sizeof *kept);
    if (!kept)
        return false;
    *kept = part;
    return tad__emit(
        p, (tad__step){.kind = TAD__INDEX, .count = 1, .data = kept, .at = open->start, .length = open->length});
}

static bool parse_index(tad__parser *p, const tad__token *base)
{
    tad__token open = p->lexer.next;
    tad__token at = tad__span(base, open.start + 1);
    int        axis = 0;
    size_t     parts = 0;
    do {
        if (parts++ == TAD_MAX_RANK)
            return tad__fault_at(&p->lexer, &open, "more than %d indices", TAD_MAX_RANK);
        if (!tad__advance(&p->lexer))
            return false;
        if (p->lexer.next.kind == TAD__CLOSE_LIST)
            return tad__fault_at(&p->lexer, &p->lexer.next, "an index is missing") ||
                   tad__advise(&p->lexer, "x[0] is the first element, x[1:3] are two, x[:, 0] is a column");
        if (!parse_part(p, &axis, &at))
            return false;
    } while (p->lexer.next.kind == TAD__COMMA);
    return tad__close(p, &open, TAD__CLOSE_LIST, "an operator, ',', ':' or ']'");
}

/* ---- What is wrong in brackets ---- */

bool tad__unclosed(tad__parser *p, const tad__token *open, const char *expected)
{
    tad__lexer *lexer = &p->lexer;
    tad__token  found = lexer->next;
    const char *bracket = *open->start == '[' ? "[" : "(";
    const char *closing = *open->start == '[' ? "]" : ")";
    bool        other = found.kind == TAD__CLOSE || found.kind == TAD__CLOSE_LIST;
    if (other)
        return tad__fault_at(lexer, &found, "'%.*s' closes nothing: the '%s' of line %d is still open", found.length,
                             found.start, bracket, tad__line_of(lexer->text, open->start)) ||
               tad__advise(lexer, "expected '%s'", closing);
    if (found.kind == TAD__END || found.kind == TAD__LINE ||
        (found.kind == TAD__WORD && tad__begins_line(&p->lexer, &found)))
        return tad__fault_at(lexer, open, "this '%s' is never closed", bracket) ||
               tad__advise(lexer, "expected '%s' before the end of line %d", closing,
                           tad__line_of(lexer->text, open->start));
    if (found.kind == TAD__ASSIGN)
        return tad__fault_at(lexer, &found, "'=' assigns; it cannot stand inside an expression") ||
               tad__advise(lexer, "to compare write '=='");
    tad__fault_expected(lexer, expected);
    if (found.kind == TAD__WORD || found.kind == TAD__LITERAL || found.kind == TAD__OPEN)
        tad__advise(lexer, "is a comma or an operator missing before it?");
    return false;
}

const tad__grammar tad__model_grammar = {
    .operand = "a number, a name, '-', '(' or '['",
    .name = parse_name,
    .call = tad__parse_call,
    .list = tad__parse_list,
    .index = parse_index,
    .fold = tad__fold,
    .unclosed = tad__unclosed,
};
