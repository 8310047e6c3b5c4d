/* Formulas written out: precedence, fractions, powers and functions. */
#include "tools/terms.h"

#include <stdio.h>
#include <string.h>

enum { OWN_NAME = 16 };

/* The label of a node, or v12 in `own`. */
static const char *name_of(const tad__plan *plan, uint32_t id, char own[OWN_NAME], size_t *ordinal)
{
    const char *name = tad__label_of(plan, id, ordinal);
    if (!name)
        snprintf(own, OWN_NAME, "%c%u", plan->letter, plan->spots[id].number);
    return name ? name : own;
}

void tad__put_node(tad__pen *pen, const tad__plan *plan, uint32_t id)
{
    size_t      ordinal;
    char        own[OWN_NAME];
    const char *name = name_of(plan, id, own, &ordinal);
    tad__put_name(pen, name, ordinal);
}

size_t tad__width_of(const tad__plan *plan, uint32_t id)
{
    size_t      ordinal, width;
    char        own[OWN_NAME];
    const char *name = name_of(plan, id, own, &ordinal);
    for (width = ordinal ? strlen("#1") : 0; *name; name++)
        width += (*name & 0xc0) != 0x80; /* characters, not bytes */
    return width;
}

static void put_operand(tad__pen *pen, const tad__terms *t, const tad__term *term, int k, bool values, int strength)
{
    tad__put_term(pen, t, t->parts[term->first + k], values, strength);
}

static void put_list(tad__pen *pen, const tad__terms *t, const tad__term *term, bool values)
{
    for (int k = 0; k < term->n; k++) {
        if (k > 0)
            tad__put_text(pen, ", ");
        put_operand(pen, t, term, k, values, 0);
    }
}

/* a^b, also for the square */
static void put_power(tad__pen *pen, const tad__terms *t, const tad__term *term, bool values)
{
    const tad__term *base = &t->terms[t->parts[term->first]];
    size_t           ordinal = 0; /* h^{(2)} has a number up there already */
    if (base->kind == TAD__TERM_NODE && !values && pen->format != TAD_TEXT)
        tad__label_of(t->plan, base->node, &ordinal);
    if (ordinal)
        tad__put(pen, TAD__PAREN_OPEN);
    put_operand(pen, t, term, 0, values, TAD__ATOM);
    if (ordinal)
        tad__put(pen, TAD__PAREN_CLOSE);
    tad__put(pen, TAD__RAISED);
    if (term->n == 1)
        tad__put_text(pen, "2");
    else
        put_operand(pen, t, term, 1, values, pen->format == TAD_TEXT ? TAD__ATOM : 0);
    tad__put(pen, TAD__RAISED_END);
}

static void put_infix(tad__pen *pen, const tad__terms *t, const tad__term *term, const tad__operator *infix,
                      bool values)
{
    if (term->n == 1) {
        tad__put_text(pen, infix->text);
        put_operand(pen, t, term, 0, values, infix->strength + 1);
    } else if (pen->format != TAD_TEXT && !infix->math) {
        tad__put(pen, TAD__FRACTION);
        put_operand(pen, t, term, 0, values, 0);
        tad__put(pen, TAD__FRACTION_BY);
        put_operand(pen, t, term, 1, values, 0);
        tad__put(pen, TAD__FRACTION_END);
    } else {
        put_operand(pen, t, term, 0, values, infix->strength);
        tad__put_text(pen, pen->format == TAD_TEXT ? infix->text : infix->math);
        put_operand(pen, t, term, 1, values, infix->strength + 1);
    }
}

static void put_choice(tad__pen *pen, const tad__terms *t, const tad__term *term, bool values)
{
    tad__put(pen, TAD__CASES);
    bool math = pen->format != TAD_TEXT;
    put_operand(pen, t, term, math ? 1 : 0, values, TAD__COMPARISON);
    tad__put(pen, TAD__CASES_IF);
    put_operand(pen, t, term, math ? 0 : 1, values, math ? -1 : TAD__COMPARISON);
    tad__put(pen, TAD__CASES_ELSE);
    put_operand(pen, t, term, 2, values, TAD__COMPARISON);
    tad__put(pen, TAD__CASES_END);
}

static void put_function(tad__pen *pen, const tad__terms *t, const tad__term *term, bool values)
{
    const tad__function_marks *marks = pen->format == TAD_TEXT ? NULL : tad__find_function_marks(term->op);
    if (marks)
        tad__put_text(pen, marks->open);
    else
        tad__put_function(pen, term->op->name);
    if (!marks)
        tad__put(pen, TAD__PAREN_OPEN);
    put_list(pen, t, term, values);
    if (marks)
        tad__put_text(pen, marks->close);
    else
        tad__put(pen, TAD__PAREN_CLOSE);
}

/* As tad_formula, except that matrices are multiplied as in the language of models. */
static const tad__operator *infix_of(const tad_op *op)
{
    static const tad__operator matmul = {"matmul(a, b)", TAD__PRODUCT, " @ ", " \\, "};
    return op->formula && strcmp(op->formula, matmul.formula) == 0 ? &matmul : tad__find_operator(op);
}

static int strength_of(const tad__pen *pen, const tad__term *term, const tad__operator *infix)
{
    const tad__function_marks *marks = pen->format == TAD_TEXT ? NULL : tad__find_function_marks(term->op);
    int                        row = tad__row_of(term->op);
    if (row == TAD__ROW_square || row == TAD__ROW_pow)
        return TAD__POWERS;
    if (infix)
        return pen->format != TAD_TEXT && !infix->math ? TAD__SIGN : infix->strength;
    return marks ? marks->strength : TAD__ATOM;
}

static void put_call(tad__pen *pen, const tad__terms *t, const tad__term *term, bool values, int strength)
{
    const tad__operator *infix = infix_of(term->op);
    int                  own = strength_of(pen, term, infix), row = tad__row_of(term->op);
    bool truth = own == TAD__COMPARISON && infix && (strength > own || pen->format != TAD_TEXT) && strength >= 0;
    bool wrap = !truth && own < strength;
    pen->compared |= truth;
    if (wrap || truth)
        tad__put(pen, truth ? TAD__TRUTH : TAD__PAREN_OPEN);
    if (own == TAD__POWERS && (row == TAD__ROW_square || row == TAD__ROW_pow))
        put_power(pen, t, term, values);
    else if (infix)
        put_infix(pen, t, term, infix, values);
    else if (term->op == &tad__op_where)
        put_choice(pen, t, term, values);
    else
        put_function(pen, t, term, values);
    pen->compared |= truth;
    if (wrap || truth)
        tad__put(pen, truth ? TAD__TRUTH_END : TAD__PAREN_CLOSE);
}

void tad__put_term(tad__pen *pen, const tad__terms *t, int index, bool values, int strength)
{
    const tad__term *term = &t->terms[index];
    const tad__plan *plan = t->plan;
    switch (term->kind) {
    case TAD__TERM_NUMBER:
        tad__put_number(pen, term->number, strength);
        break;
    case TAD__TERM_NODE:
        if (values && tad_count(tad__handle(plan->tape, term->node)) == 1)
            tad__put_number(pen, tad__number_of(plan, term->node), strength);
        else
            tad__put_node(pen, plan, term->node);
        break;
    case TAD__TERM_CALL:
        put_call(pen, t, term, values, strength);
        break;
    case TAD__TERM_DOTS:
        tad__put(pen, TAD__DOTS);
        break;
    }
}
