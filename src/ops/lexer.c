#include "ops/lexer.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DIGITS = 100, MAX_EXPONENT = 100000 };

/* Longer ones before those that they begin with. */
static const tad__mark marks[] = {
    {"==", TAD__INFIX, false, 1, "equal"},
    {"!=", TAD__INFIX, false, 1, "not_equal"},
    {"<=", TAD__INFIX, false, 2, "less_equal"},
    {">=", TAD__INFIX, false, 2, "greater_equal"},
    {"<", TAD__INFIX, false, 2, "less"},
    {">", TAD__INFIX, false, 2, "greater"},
    {"+", TAD__INFIX, false, 3, "add"},
    {"-", TAD__INFIX, false, 3, "sub"},
    {"*", TAD__INFIX, false, 4, "mul"},
    {"/", TAD__INFIX, false, 4, "div"},
    {"@", TAD__INFIX, true, 4, "matmul"},
    {"(", TAD__OPEN, false, 0, NULL},
    {")", TAD__CLOSE, false, 0, NULL},
    {",", TAD__COMMA, false, 0, NULL},
    {"?", TAD__QUESTION, false, 0, NULL},
    {":", TAD__COLON, false, 0, NULL},
    {"^", TAD__POWER, true, 0, NULL},
    {"[", TAD__OPEN_LIST, true, 0, NULL},
    {"]", TAD__CLOSE_LIST, true, 0, NULL},
    {"=", TAD__ASSIGN, true, 0, NULL},
    {";", TAD__LINE, true, 0, NULL},
};

/* What people write in other languages, and what it is here. Longer ones first. */
static const struct {
    const char *text, *advice;
} foreign[] = {
    {"**", "for a power write x^2"},
    {"//", "comments begin with #"},
    {"/*", "comments begin with #"},
    {"++", "a name has one value: write y = x + 1"},
    {"+=", "a name has one value: write y = x + 1"},
    {"-=", "a name has one value: write y = x - 1"},
    {"*=", "a name has one value: write y = x * 2"},
    {"/=", "a name has one value: write y = x / 2"},
    {"&&", "for both of two conditions multiply them: (a > 0) * (b > 0)"},
    {"||", "for one of two conditions write maximum(a > 0, b > 0)"},
    {":=", "a name gets its value with ="},
    {"->", "a model has no functions, only values"},
    {"!", "for 'not' write x == 0"},
    {"&", "for both of two conditions multiply them: (a > 0) * (b > 0)"},
    {"|", "for an absolute value write abs(x)"},
    {"'", "for a transposed matrix write transpose(x)"},
    {"%", "for a remainder write fmod(a, b); comments begin with #"},
    {"{", "brackets of lists are [ and ]"},
    {"}", "brackets of lists are [ and ]"},
    {"\xc3\x97", "for a product write *"},                                  /* multiplication sign */
    {"\xc2\xb7", "for a product write *"},                                  /* middle dot */
    {"\xe2\x8b\x85", "for a product write *"},                              /* dot operator */
    {"\xc3\xb7", "for a quotient write /"},                                 /* division sign */
    {"\xe2\x88\x92", "the minus sign is -"},                                /* minus */
    {"\xe2\x80\x93", "the minus sign is -"},                                /* en dash */
    {"\xc2\xb2", "for a square write x^2"},                                 /* superscript two */
    {"\xe2\x88\x9a", "for a root write sqrt(x)"},                           /* radical */
    {"\xcf\x80", "write pi"},                                               /* small pi */
    {"\xc2\xa0", "this is a space of another kind; write an ordinary one"}, /* no-break space */
};

#define COUNT_OF(array) ((int)(sizeof(array) / sizeof *(array)))

/* ---- Errors ---- */

int tad__line_of(const char *text, const char *at)
{
    int line = 1;
    for (const char *c = text; c < at; c++)
        line += *c == '\n';
    return line;
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

static void set_place(tad__lexer *lexer, const char *at, int length)
{
    tad_text_error *error = lexer->error;
    const char     *line = at;
    while (line > lexer->text && line[-1] != '\n')
        line--;
    error->line = tad__line_of(lexer->text, at);
    error->column = 1;
    for (const char *c = line; c < at; c++)
        error->column += !is_continuation(*c);
    error->length = 0;
    for (const char *c = at; c < at + length && *c && *c != '\n' && *c != '\r'; c++)
        error->length += !is_continuation(*c);
    error->length += error->length == 0;
}

bool tad__fault(tad__lexer *lexer, const char *at, int length, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(lexer->error->message, sizeof lexer->error->message, format, list);
    va_end(list);
    lexer->error->hint[0] = '\0';
    set_place(lexer, at, length);
    return false;
}

bool tad__fault_at(tad__lexer *lexer, const tad__token *token, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(lexer->error->message, sizeof lexer->error->message, format, list);
    va_end(list);
    lexer->error->hint[0] = '\0';
    set_place(lexer, token->start, token->length);
    return false;
}

bool tad__advise(tad__lexer *lexer, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(lexer->error->hint, sizeof lexer->error->hint, format, list);
    va_end(list);
    return false;
}

static bool begins_with(const char *at, const char *text)
{
    return strncmp(at, text, strlen(text)) == 0;
}

/* What begins here or, of two characters, ends here, might be of another language. */
static bool advise_foreign(tad__lexer *lexer, const char *at)
{
    for (int i = 0; i < COUNT_OF(foreign) && lexer->model; i++) {
        bool pair = strlen(foreign[i].text) == 2 && (unsigned char)foreign[i].text[0] < 0x80 && at > lexer->text;
        if (begins_with(at, foreign[i].text) || (pair && begins_with(at - 1, foreign[i].text)))
            return tad__advise(lexer, "%s", foreign[i].advice);
    }
    return false;
}

bool tad__fault_open(tad__lexer *lexer)
{
    const char *open = lexer->open;
    tad__fault(lexer, open, 1, "this '%c' is never closed", *open);
    return tad__advise(lexer, "expected '%c' before the end of line %d", *open == '[' ? ']' : ')',
                       tad__line_of(lexer->text, open));
}

bool tad__fault_expected(tad__lexer *lexer, const char *expected)
{
    const tad__token *found = &lexer->next;
    if (lexer->model && found->kind == TAD__END && lexer->brackets > 0)
        return tad__fault_open(lexer);
    if (found->kind == TAD__END)
        return tad__fault_at(lexer, found, "expected %s, found the end", expected);
    if (found->kind == TAD__LINE && *found->start != ';') {
        tad__fault_at(lexer, found, "expected %s, found the end of the line", expected);
        return tad__advise(lexer, "an expression goes on in the next line only inside brackets");
    }
    tad__fault_at(lexer, found, "expected %s, found '%.*s%s'", expected, TAD__SHOW(found));
    return advise_foreign(lexer, found->start);
}

bool tad__begins_line(const tad__lexer *lexer, const tad__token *token)
{
    const char *at = token->start;
    while (at > lexer->text && (at[-1] == ' ' || at[-1] == '\t'))
        at--;
    return at == lexer->text || at[-1] == '\n';
}

int tad__utf8(const char *at)
{
    const unsigned char *c = (const unsigned char *)at;
    if (c[0] < 0x80)
        return 1;
    int      length = c[0] >= 0xf0 ? 4 : c[0] >= 0xe0 ? 3 : 2;
    uint32_t code = c[0] & (0x7fu >> length), least[] = {0x80, 0x800, 0x10000};
    if (c[0] < 0xc2 || c[0] > 0xf4)
        return 0;
    for (int i = 1; i < length; i++) {
        if (!is_continuation(at[i]))
            return 0;
        code = code << 6 | (c[i] & 0x3fu);
    }
    bool surrogate = code >= 0xd800 && code <= 0xdfff;
    return code >= least[length - 2] && code <= 0x10ffff && !surrogate ? length : 0;
}

/* ---- Tokens ---- */

static bool bad_number(tad__lexer *lexer, const tad__token *t)
{
    int digits = 0;
    tad__fault_at(lexer, t, "expected a number like 12, 0.5 or 1e-3, found '%.*s%s'", TAD__SHOW(t));
    while (digits < t->length && tad__is_digit(t->start[digits]))
        digits++;
    char c = t->start[digits], after = c ? t->start[digits + 1] : c;
    bool exponent = (c == 'e' || c == 'E') && (!tad__is_word(after) || tad__is_digit(after));
    if (lexer->model && !exponent && digits > 0 && digits < t->length && t->start[digits] != '.' &&
        t->length <= TAD__SHOWN)
        tad__advise(lexer, "for a product write %.*s * %.*s", digits, t->start, t->length - digits, t->start + digits);
    return false;
}

/* strtod's decimal point depends on the locale, so it gets the digits without one: for 0.5 it reads 05e-1. */
static bool lex_number(tad__lexer *lexer, tad__token *t)
{
    char        plain[MAX_DIGITS + 16];
    int         digits = 0, scale = 0, exponent = 0;
    bool        good = true;
    const char *at = t->start, *point = NULL;
    t->kind = TAD__LITERAL;
    for (; tad__is_digit(*at) || (*at == '.' && !point); at++) {
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
        good = tad__is_digit(*at);
        for (; tad__is_digit(*at); at++)
            exponent = exponent < MAX_EXPONENT ? exponent * 10 + (*at - '0') : exponent;
        scale += negative ? -exponent : exponent;
    }
    good = good && digits > 0 && !tad__is_word(*at) && *at != '.';
    while (tad__is_word(*at) || *at == '.')
        at++;
    t->length = (int)(at - t->start);
    if (!good)
        return bad_number(lexer, t);
    if (digits > MAX_DIGITS)
        return tad__fault_at(lexer, t, "expected a number of at most %d digits, found %d", MAX_DIGITS, digits);
    snprintf(plain + digits, sizeof plain - (size_t)digits, "e%d", scale);
    t->number = strtod(plain, NULL);
    return isfinite(t->number) || tad__fault_at(lexer, t, "number too large: '%.*s%s'", TAD__SHOW(t));
}

static bool lex_string(tad__lexer *lexer, tad__token *t)
{
    t->kind = TAD__STRING;
    t->length = 1 + (int)strcspn(t->start + 1, "\"\r\n");
    if (t->start[t->length] != '"')
        return tad__fault_at(lexer, t, "this text has no closing \"");
    t->length++;
    return true;
}

/* A character that begins no token. */
static bool lex_unknown(tad__lexer *lexer, const char *at)
{
#define EXPECTED "expected a number, a name, an operator or a parenthesis, found "
    int length = tad__utf8(at);
    if (length == 0 || *at <= ' ' ? (unsigned char)*at < 0x80 || length == 0 : *at == 0x7f)
        return tad__fault(lexer, at, 1, EXPECTED "byte 0x%02x", (unsigned char)*at);
    tad__fault(lexer, at, length, EXPECTED "'%.*s'", length, at);
    if (lexer->model && length > 1)
        tad__advise(lexer, "names are made of the letters a to z and A to Z, digits and _");
    return advise_foreign(lexer, at);
}

/* Blanks, and in models comments, and the ends of lines inside brackets. */
static const char *skip_blanks(const tad__lexer *lexer, const char *at)
{
    for (;;) {
        at += strspn(at, lexer->model && lexer->brackets == 0 ? " \t\r" : " \t\r\n");
        if (!lexer->model || *at != '#')
            return at;
        at += strcspn(at, "\n");
    }
}

bool tad__advance(tad__lexer *lexer)
{
    tad__token *t = &lexer->next;
    const char *at;
    lexer->behind = t->start + t->length;
    at = skip_blanks(lexer, lexer->behind);
    *t = (tad__token){.kind = TAD__END, .start = at};
    if (!*at)
        return true;
    if (tad__is_digit(*at) || *at == '.')
        return lex_number(lexer, t);
    if (lexer->model && *at == '"')
        return lex_string(lexer, t);
    while (tad__is_word(at[t->length])) {
        t->kind = TAD__WORD;
        t->length++;
    }
    if (lexer->model && *at == '\n')
        *t = (tad__token){.kind = TAD__LINE, .start = at, .length = 1};
    for (int i = 0; i < COUNT_OF(marks) && t->kind == TAD__END; i++)
        if (begins_with(at, marks[i].text) && (lexer->model || !marks[i].model))
            *t = (tad__token){
                .kind = marks[i].kind, .start = at, .length = (int)strlen(marks[i].text), .mark = &marks[i]};
    if (lexer->brackets == 0)
        lexer->open = at;
    lexer->brackets += (t->kind == TAD__OPEN || t->kind == TAD__OPEN_LIST);
    lexer->brackets -= (t->kind == TAD__CLOSE || t->kind == TAD__CLOSE_LIST) && lexer->brackets > 0;
    return t->kind != TAD__END || lex_unknown(lexer, at);
}
