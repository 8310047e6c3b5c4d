/* The inside of a model, and of its parser, which is several files: statements (model_parse.c), what expressions of models have
 * beyond derivatives (model_grammar.c, model_call.c), numbers known while reading (model_literal.c). */
#ifndef TAD__TOOLS_MODEL_H
#define TAD__TOOLS_MODEL_H

#include "base/memory.h"
#include "base/table.h"
#include "ops/arguments.h"
#include "ops/expression.h"

#include <tad/model.h>

/* Bounds that are part of the language: of a text, a name, and all numbers that leaves and constants have together. */
enum { TAD__MOST_BYTES = 1 << 20, TAD__MOST_LETTERS = 63 };
#define TAD__MOST_NUMBERS (INT64_C(1) << 20)

typedef struct tad__entry {
    tad_symbol     symbol;       /* first: what the caller is given points here */
    int            number;       /* its place */
    size_t         first, count; /* its steps */
    void          *block;        /* numbers that tad_model_set gave it; otherwise they lie in the arena */
    size_t         block_bytes;
    UT_hash_handle hh;
} tad__entry;

struct tad_model {
    tad_allocator   allocator;
    tad__arena      arena; /* texts, entries, numbers, attributes */
    char           *text;
    tad__entry    **entries;
    size_t          count, capacity;
    tad__entry     *table; /* the same by name */
    tad__expression steps; /* of all expressions, one after another */
    int64_t         numbers;
};

/* A part of a value: one element (start) or a range along an axis, or all of it. */
typedef struct tad__index {
    int     axis;
    bool    range;
    int64_t start, stop;
} tad__index;

/* What a parser of a model knows besides: parser.user. */
typedef struct tad__reader {
    tad_model  *model;
    tad__token  defining; /* the name that is being defined; length 0: none */
    int         constant; /* > 0: everything has to be known now */
    const char *line_at;  /* a place, and its line: those of all names are found in one pass */
    int         line;
} tad__reader;

/* ---- memory: NULL or false say so in p->status ---- */

void *tad__model_take(tad__parser *p, size_t bytes);

/* Room for the numbers of value->dims; sets count and data. `at`: what to complain about if they are too many. */
bool tad__literal_new(tad__parser *p, tad__literal *value, const tad__token *at);

/* ---- numbers known while reading ---- */

bool tad__step_literal(const tad__step *step, tad__literal *out, double *number);
bool tad__emit_literal(tad__parser *p, const tad__literal *value, const tad__token *at);

/* Replaces an operation on constants by its result. */
bool tad__fold(tad__parser *p, size_t first);

/* Reads an expression of constants, and takes it off the steps again. A number alone lies in *number. */
bool tad__parse_constant(tad__parser *p, tad__literal *out, double *number);

/* [expression, ...] */
bool tad__parse_list(tad__parser *p);

/* ---- names and calls ---- */

extern const tad__grammar tad__model_grammar;

tad__entry *tad__model_entry(const tad_model *model, const char *name, size_t length);
bool        tad__parse_call(tad__parser *p, const tad__token *word);

/* The bracket `open` does not end where it should: what is wrong. */
bool tad__unclosed(tad__parser *p, const tad__token *open, const char *expected);

/* Is the word that of an operation or filling? */
bool tad__is_operation(const char *word, size_t length);
bool tad__is_reserved(const tad__token *word);

/* ---- fillings: zeros(shape) and the like ---- */

typedef struct tad__filling {
    const char         *name;
    const tad_argument *arguments;
    const void         *defaults;
    void (*fill)(const void *attributes, tad__literal *out);
} tad__filling;

/* What the arguments of a filling fill. */
typedef struct tad__filled {
    struct {
        int     rank;
        int64_t dims[TAD_MAX_RANK];
    } shape;
    int64_t seed;
    double  a, b;
} tad__filled;

const tad__filling *tad__filling_at(size_t i);
const tad__filling *tad__filling_find(const char *word, size_t length);

/* From a token to a place behind it. */
tad__token tad__span(const tad__token *from, const char *end);

/* Records, but refuses values of more elements than `most`. */
tad_status tad__model_record(const tad_model *model, tad_tape *tape, tad_var vars[], tad_text_error *error,
                             int64_t most, const void *caller);

#endif
