/* Attributes of operations as models give them: filled from text by the list of tad_argument. */
#ifndef TAD__OPS_ARGUMENTS_H
#define TAD__OPS_ARGUMENTS_H

#include "base/text.h"

#include <tad/op.h>

/* A number, or numbers in C order. */
typedef struct tad__literal {
    int     rank;
    int64_t dims[TAD_MAX_RANK], count;
    double *data;
} tad__literal;

/* Numbers that an argument of a numeric kind can have: NULL if they were stored, else what was expected. */
const char *tad__argument_set(const tad_argument *argument, void *attributes, const tad__literal *value);

/* A word or the inside of a text, which has to live as long as the attributes: false if it is none that was expected. */
bool tad__argument_set_word(const tad_argument *argument, void *attributes, const char *word, size_t length);

/* What the argument expects, in words: "a whole number", "true or false", "one of mean, sum, none". */
void tad__argument_describe(tad__text *text, const tad_argument *argument);

/* ", axis = -1" for each argument. */
void tad__argument_list(tad__text *text, const tad_argument *arguments, const void *defaults);

/* The name of operand k, which has to be one the operation can have. Returns its length. */
size_t tad__operand_name(const tad_op *op, int k, const char **name);

/* Can models call it? */
bool tad__is_callable(const tad_op *op);

/* Does one of its operands repeat, as in concat(x...)? */
static inline bool tad__is_variadic(const tad_op *op)
{
    return op->optional > 0 && op->optional == op->arity - 1 && op->arity > 3;
}

/* ---- for the operations' files ---- */

/* A member of the attributes, by its name or another: ARGUMENTS(MEMBER(attributes, int, INT), NAMED("axis", ...)). */
#define ARGUMENTS(...)                                                                                                 \
    .arguments = (const tad_argument[])                                                                                \
    {                                                                                                                  \
        __VA_ARGS__,                                                                                                   \
        {                                                                                                              \
            .name = NULL                                                                                               \
        }                                                                                                              \
    }
#define NAMED(text, type, member, ...)                                                                                 \
    {                                                                                                                  \
        .name = text, .offset = offsetof(type, member), .kind = TAD_ARGUMENT_##__VA_ARGS__                             \
    }
#define MEMBER(type, member, ...) NAMED(#member, type, member, __VA_ARGS__)
#define REQUIRED .required = true
#define TURNS(type, member) .turns = 1 + offsetof(type, member)
#define NO_ARGUMENTS                                                                                                   \
    .arguments = (const tad_argument[])                                                                                \
    {                                                                                                                  \
        {                                                                                                              \
            .name = NULL                                                                                               \
        }                                                                                                              \
    }

/* The attributes are an axis, or begin with one: an int. */
#define AXIS_ARGUMENT                                                                                                  \
    {                                                                                                                  \
        .name = "axis", .kind = TAD_ARGUMENT_INT                                                                       \
    }

/* The attributes are, or begin with, a tad__axes. */
#define AXES_ARGUMENTS NAMED("axes", tad__axes, n, AXES, TURNS(tad__axes, all)), MEMBER(tad__axes, keepdims, FLAG)

#define DTYPE_WORDS .words = "f32 f64 i64"
#define REDUCTION_WORDS .words = "mean sum none"

#endif
