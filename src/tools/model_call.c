/* Calls in a model: operations by name, with operands and attributes, and fillings. */
#include "tools/model.h"

#include "base/nearest.h"

#include <stdio.h>
#include <string.h>

/* A call while its list is read: of an operation, or of a filling, which has no operands. */
typedef struct call {
    const tad__token   *word;
    const tad_op       *op;
    const tad__filling *filling;
    const tad_argument *arguments;
    void               *attributes;
    int                 operands, positional; /* operands so far, and attributes without a name */
    uint32_t            given;                /* which attributes */
    bool                named;                /* has one been given by name? */
} call;

static const tad_op *find_op(const char *word, size_t length)
{
    char name[TAD__MOST_LETTERS + 1];
    if (length > TAD__MOST_LETTERS)
        return NULL;
    memcpy(name, word, length);
    name[length] = '\0';
    return tad_op_find(name);
}

bool tad__is_operation(const char *word, size_t length)
{
    return find_op(word, length) || tad__filling_find(word, length);
}

/* Only what can be called. */
static const char *operation_name(const void *user, size_t i)
{
    const tad__filling *filling = tad__filling_at(i);
    const tad_op       *op;
    (void)user;
    if (filling)
        return filling->name;
    for (size_t k = 0; tad__filling_at(k); k++)
        i--;
    op = tad_op_at(i);
    return !op ? NULL : tad__is_callable(op) ? op->name : "";
}

static const char *argument_name(const void *user, size_t i)
{
    return ((const call *)user)->arguments[i].name;
}

static bool advise_signature(tad__parser *p, const call *c)
{
    tad_text_error *error = p->lexer.error;
    char            list[sizeof error->hint];
    if (c->op && tad_op_signature(c->op, list, sizeof list) < sizeof list)
        return tad__advise(&p->lexer, "%s", list);
    tad__text text = {.out = list, .size = sizeof list};
    if (c->filling)
        tad__argument_list(&text, c->arguments, c->filling->defaults);
    return c->filling && tad__advise(&p->lexer, "%s(%s)", c->filling->name, list + 2);
}

/* ---- Arguments ---- */

static bool fault_value(tad__parser *p, const tad__token *at, const tad_argument *argument)
{
    char      words[120];
    tad__text text = {.out = words, .size = sizeof words};
    tad__argument_describe(&text, argument);
    return tad__fault_at(&p->lexer, at, "'%s' has to be %s", argument->name, words);
}

/* A copy of a text without its quotes, for the attributes to point to. */
static char *keep_text(tad__parser *p, const tad__token *text)
{
    size_t length = (size_t)text->length - 2;
    char  *copy = tad__model_take(p, length + 1);
    if (copy) {
        memcpy(copy, text->start + 1, length);
        copy[length] = '\0';
    }
    return copy;
}

static bool is_numeric(const tad_argument *argument)
{
    return argument->kind != TAD_ARGUMENT_FLAG && argument->kind != TAD_ARGUMENT_WORD &&
           argument->kind != TAD_ARGUMENT_TEXT;
}

static bool parse_value(tad__parser *p, const tad_argument *argument, void *attributes)
{
    tad__token   at = p->lexer.next;
    tad__literal value;
    double       number;
    if (is_numeric(argument) && at.kind != TAD__STRING) {
        if (!tad__parse_constant(p, &value, &number))
            return false;
        at = tad__span(&at, p->lexer.behind);
        return !tad__argument_set(argument, attributes, &value) || fault_value(p, &at, argument);
    }
    bool        text = argument->kind == TAD_ARGUMENT_TEXT;
    const char *word = at.start;
    if (at.kind != (text ? TAD__STRING : TAD__WORD))
        return fault_value(p, &at, argument);
    if (text && !(word = keep_text(p, &at)))
        return false;
    return tad__argument_set_word(argument, attributes, word, (size_t)at.length) ? tad__advance(&p->lexer)
                                                                                 : fault_value(p, &at, argument);
}

static bool parse_argument(tad__parser *p, call *c, int i, const tad__token *at)
{
    if (c->given & 1u << i)
        return tad__fault_at(&p->lexer, at, "'%s' is given twice", c->arguments[i].name);
    c->given |= 1u << i;
    return parse_value(p, &c->arguments[i], c->attributes);
}

/* The place of a named attribute; -1. One of several axes may be called axis. */
static int find_argument(const call *c, const tad__token *name)
{
    for (int i = 0; c->arguments && c->arguments[i].name; i++) {
        const char *known = c->arguments[i].name;
        bool        axis =
            c->arguments[i].kind == TAD_ARGUMENT_AXES && name->length == 4 && memcmp(name->start, "axis", 4) == 0;
        if (axis || (strncmp(known, name->start, (size_t)name->length) == 0 && !known[name->length]))
            return i;
    }
    return -1;
}

/* The next operand, by name: leaves operands out at the end only. */
static bool is_operand(const call *c, const tad__token *name, int k)
{
    const char *known;
    return c->op && k < c->op->arity && !tad__is_variadic(c->op) &&
           tad__operand_name(c->op, k, &known) == (size_t)name->length &&
           strncmp(known, name->start, (size_t)name->length) == 0;
}

/* name = value; p stands behind the '='. */
static bool parse_named(tad__parser *p, call *c, const tad__token *name)
{
    int         i = find_argument(c, name);
    const char *called = c->op ? c->op->name : c->filling->name, *near = NULL;
    c->named = true;
    if (i >= 0)
        return parse_argument(p, c, i, name);
    if (is_operand(c, name, c->operands)) {
        c->operands++;
        return tad__parse_expression(p);
    }
    for (int k = 0; c->op && k < c->op->arity; k++)
        if (is_operand(c, name, k))
            return tad__fault_at(&p->lexer, name,
                                 k < c->operands ? "operand '%.*s%s' is given twice"
                                                 : "operand '%.*s%s' comes too early: operands before it are missing",
                                 TAD__SHOW(name)) ||
                   advise_signature(p, c);
    if (tad__begins_line(&p->lexer, name))
        return tad__fault_open(&p->lexer); /* probably the next statement */
    tad__fault_at(&p->lexer, name, "%s has no argument '%.*s%s'", called, TAD__SHOW(name));
    if (c->arguments)
        near = tad__nearest(name->start, (size_t)name->length, argument_name, c);
    if (near)
        return tad__advise(&p->lexer, "did you mean '%s'?", near);
    return c->arguments && c->arguments[0].name ? advise_signature(p, c)
                                                : tad__advise(&p->lexer, "to compare write '=='");
}

/* Operands come first; attributes follow without a name only where it is clear which they are. */
static bool parse_positional(tad__parser *p, call *c)
{
    tad__token at = p->lexer.next;
    int        arity = c->op ? c->op->arity : 0, most = 0;
    bool       fixed = !c->op || c->op->optional == 0;
    while (c->arguments && c->arguments[most].name)
        most++;
    if (at.kind == TAD__STRING) {
        for (int i = 0; i < most; i++)
            if (c->arguments[i].kind == TAD_ARGUMENT_TEXT)
                return parse_argument(p, c, i, &at);
        return tad__fault_at(&p->lexer, &at, "expected an operand, found text");
    }
    if (c->named)
        return tad__fault_at(&p->lexer, &at, "what has no name has to stand before what has one") ||
               advise_signature(p, c);
    if (fixed && c->operands == arity && c->positional < most)
        return parse_argument(p, c, c->positional++, &at);
    c->operands++;
    return tad__parse_expression(p);
}

static bool parse_item(tad__parser *p, call *c)
{
    tad__lexer before = p->lexer;
    tad__token word = p->lexer.next;
    if (word.kind == TAD__WORD) {
        if (!tad__advance(&p->lexer))
            return false;
        if (p->lexer.next.kind == TAD__ASSIGN)
            return tad__advance(&p->lexer) && parse_named(p, c, &word);
        p->lexer = before;
    }
    return parse_positional(p, c);
}

/* (item, ...), up to the closing bracket, which is left to be read */
static bool parse_items(tad__parser *p, call *c)
{
    tad__token open = p->lexer.next, comma = open;
    for (int n = 0;; n++) {
        if (!tad__advance(&p->lexer))
            return false;
        if (p->lexer.next.kind == TAD__END)
            return tad__unclosed(p, &open, "");
        if (p->lexer.next.kind == TAD__CLOSE)
            return n == 0 || tad__fault_at(&p->lexer, &comma, "a comma before ')'") ||
                   tad__advise(&p->lexer, "remove it, or add the operand that is missing");
        if (!parse_item(p, c))
            return false;
        comma = p->lexer.next;
        if (comma.kind != TAD__COMMA)
            return true;
    }
}

/* ---- The whole ---- */

static bool check_count(tad__parser *p, const call *c)
{
    int least = c->op ? c->op->arity - c->op->optional : 0, most = c->op ? c->op->arity : 0;
    if (c->operands < least || c->operands > most) {
        char expected[40];
        snprintf(expected, sizeof expected, least == most ? "%d" : "%d to %d", least, most);
        tad__fault_at(&p->lexer, c->word, "%.*s takes %s operand%s, found %d", c->word->length, c->word->start,
                      c->filling ? "no" : expected, most == 1 ? "" : "s", c->operands);
        return advise_signature(p, c);
    }
    for (int i = 0; c->arguments && c->arguments[i].name; i++)
        if (c->arguments[i].required && !(c->given & 1u << i))
            return tad__fault_at(&p->lexer, c->word, "%.*s needs '%s'", c->word->length, c->word->start,
                                 c->arguments[i].name) ||
                   advise_signature(p, c);
    return true;
}

static bool make_attributes(tad__parser *p, call *c, size_t bytes, const void *defaults)
{
    if (bytes == 0)
        return true;
    c->attributes = tad__model_take(p, bytes);
    if (!c->attributes)
        return false;
    if (defaults)
        memcpy(c->attributes, defaults, bytes);
    else
        memset(c->attributes, 0, bytes);
    return true;
}

static bool emit_filling(tad__parser *p, const call *c, const tad__token *word)
{
    const tad__filled *to = c->attributes;
    tad__literal       value = {.rank = to->shape.rank};
    memcpy(value.dims, to->shape.dims, sizeof value.dims);
    if (!tad__literal_new(p, &value, word))
        return false;
    c->filling->fill(to, &value);
    return tad__emit_literal(p, &value, word);
}

static bool fault_unknown(tad__parser *p, const tad__token *word)
{
    const tad_model *model = ((tad__reader *)p->user)->model;
    double           number;
    if (tad__model_entry(model, word->start, (size_t)word->length) || tad__constant_value(word, &number)) {
        tad__fault_at(&p->lexer, word, "'%.*s%s' is a value, not an operation", TAD__SHOW(word));
        return tad__advise(&p->lexer, "for a product write %.*s * (...)", word->length, word->start);
    }
    if (tad__is_reserved(word))
        return tad__fault_at(&p->lexer, word, "'%.*s%s' is a reserved word, not an operation", TAD__SHOW(word));
    tad__fault_at(&p->lexer, word, "there is no operation '%.*s%s'", TAD__SHOW(word));
    const char *near = tad__nearest(word->start, (size_t)word->length, operation_name, NULL);
    return near && *near && tad__advise(&p->lexer, "did you mean '%s'?", near);
}

bool tad__parse_call(tad__parser *p, const tad__token *word)
{
    call       c = {.word = word, .op = find_op(word->start, (size_t)word->length)};
    tad__token open = p->lexer.next;
    if (!c.op)
        c.filling = tad__filling_find(word->start, (size_t)word->length);
    if (!c.op && !c.filling)
        return fault_unknown(p, word);
    if (c.op && !tad__is_callable(c.op)) {
        tad__fault_at(&p->lexer, word, "'%s' cannot be used in a model", c.op->name);
        return tad__advise(&p->lexer, c.op->packed ? "it has several results in one; call it from C"
                                                   : "it is a part of other operations");
    }
    c.arguments = c.op ? c.op->arguments : c.filling->arguments;
    bool good = c.op ? make_attributes(p, &c, c.op->argument_bytes ? c.op->argument_bytes : c.op->attribute_bytes,
                                       c.op->defaults)
                     : make_attributes(p, &c, sizeof(tad__filled), c.filling->defaults);
    if (!good || !parse_items(p, &c))
        return false;
    if (p->lexer.next.kind == TAD__CLOSE && !check_count(p, &c))
        return false;
    if (!tad__close(p, &open, TAD__CLOSE, "an operator, ',' or ')'"))
        return false;
    if (c.filling)
        return emit_filling(p, &c, word);
    if (!c.attributes)
        return tad__emit_call(p, c.op, c.operands, word);
    if (((tad__reader *)p->user)->constant > 0)
        return tad__fault_at(&p->lexer, word, "'%s' cannot be computed while the model is read", c.op->name);
    return tad__emit(p, (tad__step){.kind = TAD__CALL,
                                    .op = c.op,
                                    .count = c.operands,
                                    .data = c.attributes,
                                    .at = word->start,
                                    .length = word->length});
}
