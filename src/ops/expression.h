/* Expressions in C's notation, parsed once into steps for a stack machine: the language of elementwise.def. */
#ifndef TAD__OPS_EXPRESSION_H
#define TAD__OPS_EXPRESSION_H

#include "base/memory.h"

#include <tad/op.h>

/* What to do with the stack. */
typedef enum tad__step_kind {
    TAD__NUMBER, /* push `number` */
    TAD__NAME,   /* push the variable names[name] */
    TAD__CALL,   /* replace the topmost op->arity values by op of them */
} tad__step_kind;

typedef struct tad__step {
    tad__step_kind kind;
    int            name;
    double         number;
    const tad_op  *op;
} tad__step;

typedef struct tad__expression {
    tad__step *steps;
    size_t     count, capacity;
    size_t     depth; /* the stack needs this many places */
} tad__expression;

/* What was wrong with a text, and where. */
typedef struct tad__syntax_error {
    int  column; /* from 1 */
    char message[160];
} tad__syntax_error;

/* TAD_OK, TAD_EARG with `error` filled, or TAD_ENOMEM. On an error *expression is empty. Operators + - * / < <= > >= ==
 * != ?: and unary -, C's precedence; functions are elementwise operations by name; numbers and the names of constants.def.
 * The caller frees. */
tad_status tad__expression_parse(const tad_allocator *allocator, const char *text, const char *const names[],
                                 int name_count, tad__expression *expression, tad__syntax_error *error);

void tad__expression_free(const tad_allocator *allocator, tad__expression *expression);

#endif
