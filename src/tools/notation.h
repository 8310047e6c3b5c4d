/* How derivations look in each format: one table of marks, operators and functions, numbers, and names made safe. */
#ifndef TAD__TOOLS_NOTATION_H
#define TAD__TOOLS_NOTATION_H

#include "base/output.h"

#include <tad/explain.h>
#include <tad/op.h>

/* How tightly operators bind, C's order, with the power above. */
enum { TAD__COMPARISON = 1, TAD__SUM, TAD__PRODUCT, TAD__SIGN, TAD__POWERS, TAD__ATOM };

typedef struct tad__operator {
    const char *formula; /* as in elementwise.def */
    int         strength;
    const char *text, *math;
} tad__operator;

/* NULL: the operation is written as a function. */
const tad__operator *tad__find_operator(const tad_op *op);

/* What is put around the operand of a function in mathematics: "e^{" and "}". NULL: its name and parentheses. */
typedef struct tad__function_marks {
    const char *name, *open, *close;
    int         strength;
} tad__function_marks;

const tad__function_marks *tad__find_function_marks(const tad_op *op);

/* What else a format writes. */
typedef enum tad__glyph {
    TAD__HEAD,
    TAD__TAIL,
    TAD__TITLE,
    TAD__TITLE_END,
    TAD__DISPLAY, /* rows of formulas */
    TAD__DISPLAY_END,
    TAD__ROW,         /* begins the first row */
    TAD__NEXT_ROW,    /* ends a row and begins the next */
    TAD__ALIGN,       /* "=", where the rows are aligned */
    TAD__ALIGN_GETS,  /* "+=" there */
    TAD__ALIGN_HERE,  /* nothing there */
    TAD__NEXT_EQUALS, /* the formula goes on in the next row with "=" */
    TAD__NEXT_MORE,   /* or in its midst */
    TAD__EQUALS,
    TAD__TIMES,
    TAD__TIMES_EACH, /* element by element */
    TAD__BACK,       /* an arrow to the left */
    TAD__INLINE,
    TAD__INLINE_END,
    TAD__D, /* D y D_BY x D_END */
    TAD__D_BY,
    TAD__D_END,
    TAD__USE, /* behind it: of several uses, which one */
    TAD__USE_END,
    TAD__ADJOINT,
    TAD__ADJOINT_END,
    TAD__PAREN_OPEN,
    TAD__PAREN_CLOSE,
    TAD__FRACTION,
    TAD__FRACTION_BY,
    TAD__FRACTION_END,
    TAD__RAISED,
    TAD__RAISED_END,
    TAD__CASES,
    TAD__CASES_IF,
    TAD__CASES_ELSE,
    TAD__CASES_END,
    TAD__TRUTH, /* 1 if what stands inside is true, else 0 */
    TAD__TRUTH_END,
    TAD__WORDS, /* words within a formula */
    TAD__WORDS_END,
    TAD__LIST,
    TAD__LIST_END,
    TAD__DOTS,
    TAD__GAP,
    TAD__TRANSPOSED,
    TAD__MARKS
} tad__glyph;

/* What was written last: where the next paragraph or display needs a blank line in front. */
typedef enum tad__before {
    TAD__BLANK,    /* a blank line */
    TAD__SENTENCE, /* what displays keep at a distance from */
    TAD__CLOSE_BY, /* what they follow at once, except in Markdown */
} tad__before;

typedef struct tad__pen {
    tad__output        output;
    tad_explain_format format;
    int                digits;
    bool               in_display;
    bool               compared; /* was a comparison written? Who reads it wants to know that it is 1 or 0 */
    tad__before        before;
} tad__pen;

void tad__put(tad__pen *pen, tad__glyph mark);
void tad__put_text(tad__pen *pen, const char *text);

/* Behind a blank line, of which there is never more than one. */
void tad__begin_title(tad__pen *pen);
void tad__begin_paragraph(tad__pen *pen);

/* Begins a row of formulas, and before the first the display; tad__end_rows ends it. */
void tad__begin_row(tad__pen *pen);
void tad__end_rows(tad__pen *pen);

/* A name within a formula: "w1" and "w_1" have an index. `ordinal` 0: none; otherwise which of the nodes of that name. */
void tad__put_name(tad__pen *pen, const char *name, size_t ordinal);

/* The name of a function or an operation within a formula. */
void tad__put_function(tad__pen *pen, const char *name);

/* Parentheses where an operator of that strength around it needs them. */
void tad__put_number(tad__pen *pen, double x, int strength);

/* 1,099,511,627,776 */
void tad__put_count(tad__pen *pen, uint64_t n);

#endif
