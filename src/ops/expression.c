#include "ops/expression.h"

#include "ops/elementwise.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* MAX_NESTING bounds the recursion and so the depth of the value stack; longer words have no nearest name. */
enum { MAX_NESTING = 64, MAX_DIGITS = 100, MAX_EXPONENT = 100000, MAX_WORD = 32 };

#define COUNT_OF(array) ((int)(sizeof(array) / sizeof *(array)))

static const struct {
    const char *name;
    double      value;
} constants[] = {
#define CONSTANT(name, value) {#name, value},
#include "ops/constants.def"
#undef CONSTANT
};

/* ---- Tokens ---- */

typedef enum token_kind { END, NUMBER, WORD, OPEN, CLOSE, COMMA, QUESTION, COLON, INFIX } token_kind;

/* Infix operators have a precedence (the higher one binds tighter) and a row. All associate to the left. */
typedef struct symbol {
    const char *text;
    token_kind  kind;
    int         precedence, row;
} symbol;

/* Longer ones before those that they begin with. */
static const symbol symbols[] = {
    {"==", INFIX, 1, TAD__ROW_equal},
    {"!=", INFIX, 1, TAD__ROW_not_equal},
    {"<=", INFIX, 2, TAD__ROW_less_equal},
    {">=", INFIX, 2, TAD__ROW_greater_equal},
    {"<", INFIX, 2, TAD__ROW_less},
    {">", INFIX, 2, TAD__ROW_greater},
    {"+", INFIX, 3, TAD__ROW_add},
    {"-", INFIX, 3, TAD__ROW_sub},
    {"*", INFIX, 4, TAD__ROW_mul},
    {"/", INFIX, 4, TAD__ROW_div},
    {"(", OPEN, 0, 0},
    {")", CLOSE, 0, 0},
    {",", COMMA, 0, 0},
    {"?", QUESTION, 0, 0},
    {":", COLON, 0, 0},
};

typedef struct token {
    token_kind    kind;
    const char   *start;
    int           length;
    double        number; /* of a NUMBER */
    const symbol *symbol; /* of an INFIX */
} token;

typedef struct parser {
    const tad_allocator *allocator;
    const char          *text;
    const char *const   *names;
    int                  name_count;
    tad__expression     *expression;
    tad__syntax_error   *error;
    tad_status           status;
    token                next;
    int                  nesting;
    size_t               height; /* of the value stack behind the last step */
} parser;

/* Returns false, as every function here does that failed. */
static bool TAD_PRINTF(3, 4) fail(parser *p, const char *at, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(p->error->message, sizeof p->error->message, format, list);
    va_end(list);
    p->error->column = (int)(at - p->text) + 1;
    p->status = TAD_EARG;
    return false;
}

static bool fail_expected(parser *p, const char *expected)
{
    const token *found = &p->next;
    if (found->kind == END)
        return fail(p, found->start, "expected %s, found the end", expected);
    return fail(p, found->start, "expected %s, found '%.*s'", expected, found->length, found->start);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* strtod's decimal point depends on the locale, so it gets the digits without one: for 0.5 it reads 05e-1. */
static bool lex_number(parser *p, token *t)
{
    char        plain[MAX_DIGITS + 16];
    int         digits = 0, scale = 0, exponent = 0;
    bool        good = true;
    const char *at = t->start, *point = NULL;
    t->kind = NUMBER;
    for (; is_digit(*at) || (*at == '.' && !point); at++) {
        if (*at == '.')
            point = at;
        else if (digits++ < MAX_DIGITS)
            plain[digits - 1] = *at;
    }
    if (point)
        scale = (int)(point + 1 - at);
    if (*at == 'e' || *at == 'E') {
        bool negative = *++at == '-';
        at += *at == '-' || *at == '+';
        good = is_digit(*at);
        for (; is_digit(*at); at++)
            exponent = exponent < MAX_EXPONENT ? exponent * 10 + (*at - '0') : exponent;
        scale += negative ? -exponent : exponent;
    }
    good = good && digits > 0 && !is_word(*at) && *at != '.';
    while (is_word(*at) || *at == '.')
        at++;
    t->length = (int)(at - t->start);
    if (!good)
        return fail(p, t->start, "expected a number like 12, 0.5 or 1e-3, found '%.*s'", t->length, t->start);
    if (digits > MAX_DIGITS)
        return fail(p, t->start, "expected a number of at most %d digits, found %d", MAX_DIGITS, digits);
    snprintf(plain + digits, sizeof plain - (size_t)digits, "e%d", scale);
    t->number = strtod(plain, NULL);
    return isfinite(t->number) || fail(p, t->start, "number too large: '%.*s'", t->length, t->start);
}

/* Replaces p->next by the token behind it. */
static bool advance(parser *p)
{
    token      *t = &p->next;
    const char *at = t->start + t->length;
    at += strspn(at, " \t\r\n");
    *t = (token){.kind = END, .start = at};
    if (!*at)
        return true;
    if (is_digit(*at) || *at == '.')
        return lex_number(p, t);
    while (is_word(at[t->length])) {
        t->kind = WORD;
        t->length++;
    }
    for (int i = 0; i < COUNT_OF(symbols) && t->kind == END; i++) {
        int length = (int)strlen(symbols[i].text);
        if (strncmp(at, symbols[i].text, (size_t)length) == 0)
            *t = (token){.kind = symbols[i].kind, .start = at, .length = length, .symbol = &symbols[i]};
    }
#define EXPECTED "expected a number, a name, an operator or a parenthesis, found "
    if (t->kind == END)
        fail(p, at, *at > ' ' && *at <= '~' ? EXPECTED "'%c'" : EXPECTED "byte 0x%02x", (unsigned char)*at);
    return t->kind != END;
}

/* ---- Names ---- */

/* The i-th of some names; NULL past the last. */
typedef const char *name_list(const parser *p, int i);

static const char *value_name(const parser *p, int i)
{
    int constant = i - p->name_count;
    return constant < 0 ? p->names[i] : constant < COUNT_OF(constants) ? constants[constant].name : NULL;
}

static const char *function_name(const parser *p, int i)
{
    (void)p;
    return i < TAD__ROWS ? tad__elementwise[i].name : NULL;
}

static int find(const parser *p, name_list *list, const token *word)
{
    const char *name;
    for (int i = 0; (name = list(p, i)) != NULL; i++)
        if (strncmp(word->start, name, (size_t)word->length) == 0 && !name[word->length])
            return i;
    return -1;
}

/* Levenshtein's distance: how many letters to insert, delete or replace. MAX_WORD if a word is longer. */
static int distance(const token *word, const char *name)
{
    int row[MAX_WORD + 1], length = (int)strlen(name);
    if (length > MAX_WORD || word->length > MAX_WORD)
        return MAX_WORD;
    for (int j = 0; j <= length; j++)
        row[j] = j;
    for (int i = 0; i < word->length; i++) {
        int replaced = row[0];
        row[0] = i + 1;
        for (int j = 0; j < length; j++) {
            int least = replaced + (word->start[i] != name[j]);
            replaced = row[j + 1];
            least = row[j] + 1 < least ? row[j] + 1 : least;
            row[j + 1] = replaced + 1 < least ? replaced + 1 : least;
        }
    }
    return row[length];
}

/* Suggests the nearest name unless it is more than two letters off, or as many as the word has. */
static bool fail_unknown(parser *p, const char *what, name_list *list, const token *word)
{
    const char *name, *nearest = NULL;
    int         least = word->length < 3 ? word->length : 3;
    for (int i = 0; (name = list(p, i)) != NULL; i++) {
        int d = distance(word, name);
        if (d < least) {
            least = d;
            nearest = name;
        }
    }
    return fail(p, word->start, "unknown %s '%.*s'%s%s%s", what, word->length, word->start,
                nearest ? ", did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

/* ---- Grammar ---- */

static bool emit(parser *p, tad__step step)
{
    tad__expression *e = p->expression;
    void            *steps = e->steps;
    if (!tad__reserve(p->allocator, &steps, &e->capacity, e->count + 1, sizeof step)) {
        p->status = TAD_ENOMEM;
        return false;
    }
    e->steps = steps;
    e->steps[e->count++] = step;
    p->height = p->height + 1 - (step.kind == TAD__CALL ? (size_t)step.op->arity : 0);
    e->depth = p->height > e->depth ? p->height : e->depth;
    return true;
}

static bool emit_call(parser *p, int row)
{
    return emit(p, (tad__step){.kind = TAD__CALL, .op = &tad__elementwise[row]});
}

static bool parse_choice(parser *p);

/* name */
static bool parse_name(parser *p, const token *word)
{
    int i = find(p, value_name, word);
    if (i < 0 && find(p, function_name, word) >= 0)
        return fail_expected(p, "'(' behind the name of a function");
    if (i < 0)
        return fail_unknown(p, "name", value_name, word);
    if (i < p->name_count)
        return emit(p, (tad__step){.kind = TAD__NAME, .name = i});
    return emit(p, (tad__step){.kind = TAD__NUMBER, .number = constants[i - p->name_count].value});
}

/* name(expression, ...) */
static bool parse_call(parser *p, const token *word)
{
    int row = find(p, function_name, word), count = 0;
    if (row < 0)
        return fail_unknown(p, "function", function_name, word);
    do {
        if (!advance(p))
            return false;
        if (count == 0 && p->next.kind == CLOSE)
            break;
        if (!parse_choice(p))
            return false;
        count++;
    } while (p->next.kind == COMMA);
    if (p->next.kind != CLOSE)
        return fail_expected(p, "an operator, ',' or ')'");
    int arity = tad__elementwise[row].arity;
    if (count != arity)
        return fail(p, word->start, "%s takes %d argument%s, found %d", tad__elementwise[row].name, arity,
                    arity == 1 ? "" : "s", count);
    return advance(p) && emit_call(p, row);
}

/* number, name, call, (expression) or -operand */
static bool parse_operand(parser *p)
{
    token first = p->next;
    bool  good;
    if (p->nesting == MAX_NESTING)
        return fail(p, first.start, "nested more than %d levels deep", MAX_NESTING);
    p->nesting++;
    if (first.kind == NUMBER)
        good = advance(p) && emit(p, (tad__step){.kind = TAD__NUMBER, .number = first.number});
    else if (first.kind == WORD)
        good = advance(p) && (p->next.kind == OPEN ? parse_call(p, &first) : parse_name(p, &first));
    else if (first.kind == INFIX && first.symbol->row == TAD__ROW_sub)
        good = advance(p) && parse_operand(p) && emit_call(p, TAD__ROW_neg);
    else if (first.kind == OPEN)
        good = advance(p) && parse_choice(p) &&
               (p->next.kind == CLOSE ? advance(p) : fail_expected(p, "an operator or ')'"));
    else
        good = fail_expected(p, "a number, a name, '-' or '('");
    p->nesting--;
    return good;
}

/* operands with operators of at least the precedence `lowest` between them */
static bool parse_binary(parser *p, int lowest)
{
    if (!parse_operand(p))
        return false;
    while (p->next.kind == INFIX && p->next.symbol->precedence >= lowest) {
        const symbol *infix = p->next.symbol;
        if (!advance(p) || !parse_binary(p, infix->precedence + 1) || !emit_call(p, infix->row))
            return false;
    }
    return true;
}

/* condition ? expression : expression, or just operands and operators */
static bool parse_choice(parser *p)
{
    if (!parse_binary(p, 0))
        return false;
    if (p->next.kind != QUESTION)
        return true;
    if (p->nesting == MAX_NESTING)
        return fail(p, p->next.start, "nested more than %d levels deep", MAX_NESTING);
    p->nesting++;
    bool good = advance(p) && parse_choice(p) &&
                (p->next.kind == COLON ? advance(p) : fail_expected(p, "an operator or ':'")) && parse_choice(p) &&
                emit(p, (tad__step){.kind = TAD__CALL, .op = &tad__op_where});
    p->nesting--;
    return good;
}

tad_status tad__expression_parse(const tad_allocator *allocator, const char *text, const char *const names[],
                                 int name_count, tad__expression *expression, tad__syntax_error *error)
{
    parser p = {.allocator = allocator,
                .text = text,
                .names = names,
                .name_count = name_count,
                .expression = expression,
                .error = error,
                .next = {.start = text}};
    *expression = (tad__expression){0};
    *error = (tad__syntax_error){0};
    if (advance(&p) && parse_choice(&p) && p.next.kind != END)
        fail_expected(&p, "an operator or the end");
    if (p.status)
        tad__expression_free(allocator, expression);
    return p.status;
}

void tad__expression_free(const tad_allocator *allocator, tad__expression *expression)
{
    tad__resize(allocator, expression->steps, expression->capacity * sizeof *expression->steps, 0);
    *expression = (tad__expression){0};
}
