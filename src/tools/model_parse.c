/* Reading a model: its statements. */
#include "tools/model.h"

#include <string.h>

static const char *const kinds[] = {"input", "param", "const", "output"};
enum { OUTPUT = 3, ASSIGNMENT };

static bool is_word(const tad__token *token, const char *word)
{
    return token->kind == TAD__WORD && (size_t)token->length == strlen(word) &&
           strncmp(token->start, word, (size_t)token->length) == 0;
}

/* ---- Entries ---- */

static char *keep(tad__parser *p, const char *start, size_t length)
{
    char *copy = tad__model_take(p, length + 1);
    if (copy) {
        memcpy(copy, start, length);
        copy[length] = '\0';
    }
    return copy;
}

static bool check_name(tad__parser *p, const tad__token *name)
{
    static const char *const words[] = {"an input", "a parameter", "a constant", ""};
    const tad_model         *model = ((tad__reader *)p->user)->model;
    const tad__entry        *entry = tad__model_entry(model, name->start, (size_t)name->length);
    if (tad__is_reserved(name))
        return tad__fault_at(&p->lexer, name, "'%.*s' is a reserved word and cannot be a name", name->length,
                             name->start);
    if (name->length > TAD__MOST_LETTERS)
        return tad__fault_at(&p->lexer, name, "a name of %d letters; expected at most %d", name->length,
                             TAD__MOST_LETTERS);
    if (tad__is_operation(name->start, (size_t)name->length)) {
        tad__fault_at(&p->lexer, name, "'%.*s' is an operation and cannot be a name", name->length, name->start);
        return tad__advise(&p->lexer, "take another name, as %.*s_1", name->length, name->start);
    }
    if (!entry)
        return true;
    if (entry->symbol.kind == TAD_SYMBOL_VALUE)
        tad__fault_at(&p->lexer, name, "'%s' is defined already, in line %d", entry->symbol.name, entry->symbol.line);
    else
        tad__fault_at(&p->lexer, name, "'%s' is %s, declared in line %d, and cannot be assigned to", entry->symbol.name,
                      words[entry->symbol.kind], entry->symbol.line);
    return tad__advise(&p->lexer, "a name has one value: take another one");
}

static tad__entry *add_entry(tad__parser *p, const tad__token *name, int kind)
{
    tad__reader         *reader = p->user;
    tad_model           *model = reader->model;
    const tad_allocator *table_allocator = &model->allocator;
    bool                 out_of_memory = false;
    void                *entries = model->entries;
    tad__entry          *entry = tad__model_take(p, sizeof *entry);
    char                *text = keep(p, name->start, (size_t)name->length);
    if (!entry || !text)
        return NULL;
    if (!tad__reserve(&model->allocator, &entries, &model->capacity, model->count + 1, sizeof(tad__entry *))) {
        p->status = TAD_ENOMEM;
        return NULL;
    }
    model->entries = entries;
    memset(entry, 0, sizeof *entry);
    entry->symbol.name = text;
    entry->symbol.kind = kind < OUTPUT ? (tad_symbol_kind)kind : TAD_SYMBOL_VALUE;
    entry->symbol.output = kind == OUTPUT;
    reader->line += tad__line_of(reader->line_at, name->start) - 1;
    reader->line_at = name->start;
    entry->symbol.line = reader->line;
    entry->number = (int)model->count;
    HASH_ADD_KEYPTR(hh, model->table, entry->symbol.name, (size_t)name->length, entry);
    if (out_of_memory) {
        p->status = TAD_ENOMEM;
        return NULL;
    }
    model->entries[model->count++] = entry;
    return entry;
}

/* Numbers of its own for a leaf: those of a constant that it names must not be shared. */
static bool give_numbers(tad__parser *p, tad_symbol *symbol, const tad__literal *value, const tad__token *at)
{
    tad__literal copy = *value;
    if (!tad__literal_new(p, &copy, at))
        return false;
    memcpy(copy.data, value->data, (size_t)value->count * sizeof *value->data);
    symbol->rank = copy.rank;
    memcpy(symbol->dims, copy.dims, sizeof symbol->dims);
    symbol->data = copy.data;
    return true;
}

/* name = expression; p stands behind the '='. */
static bool parse_definition(tad__parser *p, const tad__token *name, int kind)
{
    tad__reader *reader = p->user;
    tad__literal value;
    double       number;
    size_t       first = p->expression->count;
    tad__token   start = p->lexer.next;
    if (!check_name(p, name))
        return false;
    reader->defining = *name;
    if (!(kind < OUTPUT ? tad__parse_constant(p, &value, &number) : tad__parse_expression(p)))
        return false;
    reader->defining = (tad__token){0};
    const char *end = p->lexer.behind;
    tad__entry *entry = add_entry(p, name, kind);
    if (!entry)
        return false;
    entry->first = first;
    entry->count = p->expression->count - first;
    p->height = 0;
    entry->symbol.text = keep(p, start.start, (size_t)(end - start.start));
    return entry->symbol.text && (kind >= OUTPUT || give_numbers(p, &entry->symbol, &value, name));
}

/* ---- Statements ---- */

static void fault_no_assignment(tad__parser *p, const tad__token *name, int kind)
{
    tad__lexer *lexer = &p->lexer;
    tad__token  found = lexer->next;
    if (found.kind == TAD__INFIX && found.length == 2 && found.start[0] == '=') {
        tad__fault_at(lexer, &found, "'==' compares; to give '%.*s%s' a value write '='", TAD__SHOW(name));
    } else if (kind == ASSIGNMENT && found.kind == TAD__WORD) {
        tad__fault_at(lexer, name, "there is no statement '%.*s%s'", TAD__SHOW(name));
        tad__advise(lexer, "statements are name = expression, input, param, const and output");
    } else {
        tad__fault_expected(lexer, "'=' behind the name");
        if (found.kind == TAD__OPEN && !tad__is_operation(name->start, (size_t)name->length))
            tad__advise(lexer, "a model defines values, not functions");
        else if (!*lexer->error->hint || found.kind == TAD__LINE)
            tad__advise(lexer, "a statement gives a value a name: y = ...");
    }
}

/* output name, of a value there is */
static bool mark_output(tad__parser *p, const tad__token *name)
{
    const tad_model *model = ((tad__reader *)p->user)->model;
    tad__entry      *entry = tad__model_entry(model, name->start, (size_t)name->length);
    if (!entry)
        return tad__model_grammar.name(p, name);
    entry->symbol.output = true;
    return true;
}

static bool parse_items(tad__parser *p, int kind)
{
    for (;;) {
        tad__token name = p->lexer.next;
        if (name.kind != TAD__WORD)
            return tad__fault_expected(&p->lexer, "a name");
        if (!tad__advance(&p->lexer))
            return false;
        tad__token_kind next = p->lexer.next.kind;
        bool            ends = next == TAD__COMMA || next == TAD__LINE || next == TAD__END;
        if (next == TAD__ASSIGN) {
            if (!tad__advance(&p->lexer) || !parse_definition(p, &name, kind))
                return false;
        } else if (kind == OUTPUT && ends) {
            if (!mark_output(p, &name))
                return false;
        } else {
            fault_no_assignment(p, &name, kind);
            return false;
        }
        if (kind == ASSIGNMENT || p->lexer.next.kind != TAD__COMMA)
            return true;
        if (!tad__advance(&p->lexer))
            return false;
    }
}

static bool parse_statement(tad__parser *p)
{
    tad__token first = p->lexer.next;
    int        kind = 0;
    while (kind < ASSIGNMENT && !is_word(&first, kinds[kind]))
        kind++;
    if (first.kind != TAD__WORD)
        return tad__fault_expected(&p->lexer, "a statement, which begins with a name, input, param, const or output");
    if (kind != ASSIGNMENT && !tad__advance(&p->lexer))
        return false;
    if (kind != ASSIGNMENT && p->lexer.next.kind == TAD__ASSIGN)
        return check_name(p, &first);
    return parse_items(p, kind);
}

/* What may not follow a statement. */
static bool fault_end(tad__parser *p)
{
    tad__lexer *lexer = &p->lexer;
    tad__token  found = lexer->next;
    bool        operand = found.kind == TAD__WORD || found.kind == TAD__LITERAL || found.kind == TAD__OPEN;
    if (operand)
        return tad__fault_at(lexer, &found, "an operator is missing before '%.*s%s'", TAD__SHOW(&found)) ||
               tad__advise(lexer, "for a product write *");
    if (found.kind == TAD__CLOSE || found.kind == TAD__CLOSE_LIST)
        return tad__fault_at(lexer, &found, "'%.*s' closes nothing", found.length, found.start) ||
               tad__advise(lexer, "there is no '%s' before it in this statement", found.kind == TAD__CLOSE ? "(" : "[");
    if (found.kind == TAD__ASSIGN)
        return tad__fault_at(lexer, &found, "'=' assigns; it cannot stand inside an expression") ||
               tad__advise(lexer, "to compare write '=='");
    return tad__fault_expected(lexer, "an operator or the end of the line");
}

static bool parse_statements(tad__parser *p)
{
    while (p->lexer.next.kind != TAD__END) {
        p->lexer.brackets = 0;
        if (p->lexer.next.kind != TAD__LINE && !parse_statement(p))
            return false;
        if (p->lexer.next.kind != TAD__LINE && p->lexer.next.kind != TAD__END)
            return fault_end(p);
        if (p->lexer.next.kind == TAD__LINE && !tad__advance(&p->lexer))
            return false;
    }
    return true;
}

/* ---- The whole ---- */

/* Text is UTF-8 without a 0. */
static bool check_characters(tad__parser *p, size_t bytes)
{
    const char *text = p->lexer.text;
    if (bytes > TAD__MOST_BYTES) {
        tad__fault(&p->lexer, text, 1, "the text has %zu bytes; expected at most %d", bytes, TAD__MOST_BYTES);
        p->lexer.error->line = p->lexer.error->column = 0;
        return false;
    }
    for (const char *at = text; at < text + bytes;) {
        int length = tad__utf8(at);
        if (*at == '\0')
            return tad__fault(&p->lexer, at, 1, "a byte of 0 in the text");
        if (length == 0)
            return tad__fault(&p->lexer, at, 1, "byte 0x%02x is no UTF-8", (unsigned char)*at) ||
                   tad__advise(&p->lexer, "save the text as UTF-8");
        at += length;
    }
    return true;
}

/* Without an output the last value is one. */
static bool find_output(tad__parser *p)
{
    tad_model *model = ((tad__reader *)p->user)->model;
    if (model->count == 0)
        return tad__fault(&p->lexer, p->lexer.text, 1, "there is nothing in this model") ||
               tad__advise(&p->lexer, "write for example: param x = 2; y = x^2");
    size_t last = model->count - 1;
    for (size_t i = 0; i < model->count; i++) {
        if (model->entries[i]->symbol.output)
            return true;
        last = model->entries[i]->symbol.kind == TAD_SYMBOL_VALUE ? i : last;
    }
    model->entries[last]->symbol.output = true;
    return true;
}

static bool parse(tad__parser *p, size_t bytes)
{
    if (!check_characters(p, bytes))
        return false;
    if (strncmp(p->lexer.text, "\xef\xbb\xbf", 3) == 0) /* the mark of UTF-8 that some editors write */
        p->lexer.next.start += 3;
    return tad__advance(&p->lexer) && parse_statements(p) && find_output(p);
}

tad_status tad_model_parse(const tad_allocator *allocator, const char *text, size_t bytes, tad_model **out,
                           tad_text_error *error)
{
    tad_text_error ignored;
    error = error ? error : &ignored;
    *error = (tad_text_error){0};
    if (out)
        *out = NULL;
    if (!out || (!text && bytes > 0) || (allocator && !allocator->resize)) {
        tad__text words = {.out = error->message, .size = sizeof error->message};
        tad__text_add(&words, "tad_model_parse: %s is NULL",
                      !out                              ? "model"
                      : allocator && !allocator->resize ? "resize"
                                                        : "text");
        return TAD_EARG;
    }
    allocator = allocator ? allocator : &tad__malloc_allocator;
    tad_model *model = tad__resize(allocator, NULL, 0, sizeof *model);
    if (model) {
        *model = (tad_model){.allocator = *allocator};
        model->arena.allocator = &model->allocator;
        model->text = tad__arena_take(&model->arena, (bytes > TAD__MOST_BYTES ? 0 : bytes) + 1);
    }
    if (!model || !model->text) {
        tad_model_free(model);
        *error = (tad_text_error){.message = "out of memory"};
        return TAD_ENOMEM;
    }
    size_t kept = bytes > TAD__MOST_BYTES ? 0 : bytes;
    if (kept > 0)
        memcpy(model->text, text, kept);
    model->text[kept] = '\0';
    tad__reader reader = {.model = model, .line_at = model->text, .line = 1};
    tad__parser p = {.lexer = {.text = model->text, .error = error, .model = true, .next = {.start = model->text}},
                     .allocator = &model->allocator,
                     .grammar = &tad__model_grammar,
                     .expression = &model->steps,
                     .status = TAD_EARG,
                     .user = &reader};
    if (parse(&p, bytes)) {
        *out = model;
        return TAD_OK;
    }
    if (p.status == TAD_ENOMEM)
        *error = (tad_text_error){.message = "out of memory"};
    tad_model_free(model);
    return p.status;
}
