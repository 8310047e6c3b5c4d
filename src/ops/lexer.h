/* Words, numbers and symbols of a text: of the derivatives in elementwise.def, and of models, which know more symbols. */
#ifndef TAD__OPS_LEXER_H
#define TAD__OPS_LEXER_H

#include <tad/model.h>

typedef enum tad__token_kind {
    TAD__END,
    TAD__LINE, /* a semicolon, or the end of a line outside brackets; models only, as all that follow up to ASSIGN */
    TAD__STRING,
    TAD__OPEN_LIST,
    TAD__CLOSE_LIST,
    TAD__POWER,
    TAD__ASSIGN,
    TAD__LITERAL, /* a number */
    TAD__WORD,
    TAD__OPEN,
    TAD__CLOSE,
    TAD__COMMA,
    TAD__QUESTION,
    TAD__COLON,
    TAD__INFIX,
} tad__token_kind;

/* An infix operator has a precedence (the higher one binds tighter), all but ^ associate to the left, and the name of an
 * operation. */
typedef struct tad__mark {
    const char     *text;
    tad__token_kind kind;
    bool            model; /* not in derivatives */
    int             precedence;
    const char     *op;
} tad__mark;

typedef struct tad__token {
    tad__token_kind  kind;
    const char      *start;
    int              length;
    double           number; /* of a LITERAL */
    const tad__mark *mark;   /* of a symbol */
} tad__token;

typedef struct tad__lexer {
    const char     *text; /* ends with a 0 */
    tad_text_error *error;
    bool            model;
    int             brackets; /* that are open: within them a line goes on */
    const char     *open;     /* the outermost of them */
    tad__token      next;
    const char     *behind; /* where the token before that ends */
} tad__lexer;

/* Replaces lexer->next by the token behind it. For a start, make next.start the text. */
bool tad__advance(tad__lexer *lexer);

/* Fills the error with words and the place of `length` bytes, and returns false, as every function here does that failed. */
bool tad__fault(tad__lexer *lexer, const char *at, int length, const char *format, ...) TAD_PRINTF(4, 5);

/* The same for a token, and what to do about an error. */
bool tad__fault_at(tad__lexer *lexer, const tad__token *token, const char *format, ...) TAD_PRINTF(3, 4);
bool tad__advise(tad__lexer *lexer, const char *format, ...) TAD_PRINTF(2, 3);

/* "expected ..., found 'x'" about lexer->next. */
bool tad__fault_expected(tad__lexer *lexer, const char *expected);

/* The outermost bracket is never closed. */
bool tad__fault_open(tad__lexer *lexer);

/* Is the token the first one of its line? */
bool tad__begins_line(const tad__lexer *lexer, const tad__token *token);

/* Bytes of the character of UTF-8 at a place; 0: it is none. */
int tad__utf8(const char *at);

/* The number of the line of a place, from 1. */
int tad__line_of(const char *text, const char *at);

/* A token for printf's '%.*s%s': long ones are cut. */
enum { TAD__SHOWN = 40 };
#define TAD__SHOW(t)                                                                                                   \
    ((t)->length > TAD__SHOWN ? TAD__SHOWN : (t)->length), (t)->start, ((t)->length > TAD__SHOWN ? "..." : "")

static inline bool tad__is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool tad__is_word(char c)
{
    return tad__is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

#endif
