/* The texts of derivatives: expressions in the operands, and elementwise operations of them. */
#include "base/nearest.h"
#include "ops/elementwise.h"
#include "ops/expression.h"

#include <string.h>

typedef struct variables {
    const char *const *names;
    int                count;
} variables;

static const char *value_name(const void *user, size_t i)
{
    const variables *known = user;
    return i < (size_t)known->count ? known->names[i] : tad__constant_name(i - (size_t)known->count);
}

static const char *function_name(const void *user, size_t i)
{
    (void)user;
    return i < TAD__ROWS ? tad__elementwise[i].name : NULL;
}

static int find(const void *user, tad__name_list *list, const tad__token *word)
{
    const char *name;
    for (size_t i = 0; (name = list(user, i)) != NULL; i++)
        if (strncmp(word->start, name, (size_t)word->length) == 0 && !name[word->length])
            return (int)i;
    return -1;
}

static bool fault_unknown(tad__parser *p, const char *what, tad__name_list *list, const tad__token *word)
{
    const char *nearest = tad__nearest(word->start, (size_t)word->length, list, p->user);
    return tad__fault_at(&p->lexer, word, "unknown %s '%.*s%s'%s%s%s", what, TAD__SHOW(word),
                         nearest ? ", did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

static bool parse_name(tad__parser *p, const tad__token *word)
{
    const variables *known = p->user;
    int              i = find(known, value_name, word);
    double           number;
    if (i < 0 && find(NULL, function_name, word) >= 0)
        return tad__fault_expected(&p->lexer, "'(' behind the name of a function");
    if (i < 0)
        return fault_unknown(p, "name", value_name, word);
    if (i < known->count)
        return tad__emit(p, (tad__step){.kind = TAD__NAME, .name = i});
    return tad__constant_value(word, &number) && tad__emit(p, (tad__step){.kind = TAD__NUMBER, .number = number});
}

/* name(expression, ...) */
static bool parse_call(tad__parser *p, const tad__token *word)
{
    int        row = find(NULL, function_name, word), count = 0;
    tad__token open = p->lexer.next;
    if (row < 0)
        return fault_unknown(p, "function", function_name, word);
    do {
        if (!tad__advance(&p->lexer))
            return false;
        if (count == 0 && p->lexer.next.kind == TAD__CLOSE)
            break;
        if (!tad__parse_expression(p))
            return false;
        count++;
    } while (p->lexer.next.kind == TAD__COMMA);
    const tad_op *op = &tad__elementwise[row];
    if (p->lexer.next.kind == TAD__CLOSE && count != op->arity)
        return tad__fault_at(&p->lexer, word, "%s takes %d argument%s, found %d", op->name, op->arity,
                             op->arity == 1 ? "" : "s", count);
    return tad__close(p, &open, TAD__CLOSE, "an operator, ',' or ')'") && tad__emit_call(p, op, count, word);
}

static const tad__grammar grammar = {.operand = "a number, a name, '-' or '('", .name = parse_name, .call = parse_call};

tad_status tad__expression_parse(const tad_allocator *allocator, const char *text, const char *const names[],
                                 int name_count, tad__expression *expression, tad_text_error *error)
{
    variables   known = {names, name_count};
    tad__parser p = {.lexer = {.text = text, .error = error, .next = {.start = text}},
                     .allocator = allocator,
                     .grammar = &grammar,
                     .expression = expression,
                     .status = TAD_EARG,
                     .user = &known};
    *expression = (tad__expression){0};
    *error = (tad_text_error){0};
    if (tad__advance(&p.lexer) && tad__parse_expression(&p) &&
        (p.lexer.next.kind == TAD__END || tad__fault_expected(&p.lexer, "an operator or the end")))
        return TAD_OK;
    tad__expression_free(allocator, expression);
    return p.status;
}
