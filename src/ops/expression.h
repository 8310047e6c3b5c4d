/* Expressions in C's notation, parsed once into steps for a stack machine: one parser for the derivatives in elementwise.def
 * (tad__expression_parse) and for models (tools/model.h), which know more and say so by a tad__grammar. */
#ifndef TAD__OPS_EXPRESSION_H
#define TAD__OPS_EXPRESSION_H

#include "base/memory.h"
#include "ops/lexer.h"

#include <tad/op.h>

/* What to do with the stack. Derivatives have the first three. */
typedef enum tad__step_kind {
    TAD__NUMBER, /* push `number` */
    TAD__NAME,   /* push the variable number `name` */
    TAD__CALL,   /* replace the topmost `count` values by op of them */
    TAD__TENSOR, /* push the tad__literal `data` */
    TAD__STACK,  /* replace the topmost `count` values by a vector of them */
    TAD__INDEX,  /* replace the topmost value by a part of it: `data` is a tad__index */
} tad__step_kind;

typedef struct tad__step {
    tad__step_kind kind;
    int            name, count;
    double         number;
    const tad_op  *op;
    void          *data; /* also: the attributes of a call. Not freed with the expression */
    const char    *at;   /* its place in the text */
    int            length;
} tad__step;

typedef struct tad__expression {
    tad__step *steps;
    size_t     count, capacity;
    size_t     depth; /* the stack needs this many places */
} tad__expression;

typedef struct tad__parser  tad__parser;
typedef struct tad__grammar tad__grammar;

struct tad__parser {
    tad__lexer           lexer;
    const tad_allocator *allocator;
    const tad__grammar  *grammar;
    tad__expression     *expression;
    tad_status           status; /* TAD_ENOMEM, or whatever a wrong text is */
    int                  nesting;
    size_t               height; /* of the value stack behind the last step */
    void                *user;   /* for the grammar */
};

/* What a language has of its own. Functions are called where the parser stands behind the word, or at the bracket. */
struct tad__grammar {
    const char *operand; /* what an operand can be, for "expected ..." */
    bool (*name)(tad__parser *p, const tad__token *word);
    bool (*call)(tad__parser *p, const tad__token *word);
    bool (*list)(tad__parser *p);                          /* NULL: there are none */
    bool (*index)(tad__parser *p, const tad__token *base); /* the same */
    /* After a call was put down: may replace the steps from number `first` on by one. */
    bool (*fold)(tad__parser *p, size_t first);
    /* A bracket ends with neither this nor `expected`: what is wrong. */
    bool (*unclosed)(tad__parser *p, const tad__token *open, const char *expected);
};

/* An expression from p->lexer.next on; stops at the first token that cannot belong to it. */
bool tad__parse_expression(tad__parser *p);

/* ---- for grammars ---- */

bool tad__emit(tad__parser *p, tad__step step);

/* op of the topmost `count` values; at: what to underline. */
bool tad__emit_call(tad__parser *p, const tad_op *op, int count, const tad__token *at);

/* Takes the steps from number `first` on away, which left `values` values. */
void tad__retract(tad__parser *p, size_t first, size_t values);

/* Goes past a closing bracket. */
bool tad__close(tad__parser *p, const tad__token *open, tad__token_kind kind, const char *expected);

/* Guards recursion: tad__descend before, tad__ascend behind. */
bool tad__descend(tad__parser *p, const tad__token *at);
void tad__ascend(tad__parser *p);

/* The constants of constants.def: the i-th's name, NULL past the last, and the value of the word; false: it is none. */
const char *tad__constant_name(size_t i);
bool        tad__constant_value(const tad__token *word, double *value);

/* ---- derivatives ---- */

/* TAD_OK, TAD_EARG with `error` filled, or TAD_ENOMEM. On an error *expression is empty. Operators + - * / < <= > >= ==
 * != ?: and unary -, C's precedence; functions are elementwise operations by name; numbers and the names of constants.def.
 * The caller frees. */
tad_status tad__expression_parse(const tad_allocator *allocator, const char *text, const char *const names[],
                                 int name_count, tad__expression *expression, tad_text_error *error);

void tad__expression_free(const tad_allocator *allocator, tad__expression *expression);

#endif
