/* A node's formula in terms of the nearest named nodes and leaves. */
#include "base/text.h"
#include "tape/tape.h"
#include "tools/notation.h"

#include <math.h>
#include <string.h>

enum { DEEPEST = 64, LONGEST = 65536 };

/* Five decimals without trailing zeros; five digits where that would hide them. */
static void add_number(tad__text *text, double value)
{
    char   digits[40];
    size_t used;
    if (value != 0 && (fabs(value) < 1e-3 || fabs(value) >= 1e6 || !isfinite(value))) {
        tad__text_add(text, "%.5g", value);
        return;
    }
    tad__text number = {.out = digits, .size = sizeof digits};
    tad__text_add(&number, "%.5f", value);
    for (used = number.length; digits[used - 1] == '0'; used--)
        ;
    if (digits[used - 1] == '.')
        used--;
    tad__text_add(text, "%.*s", (int)used, digits);
}

static void add_value(tad__text *text, tad_var x, int strength)
{
    tad_array array;
    tad__value_array(x.tape, x.id, &array);
    if (tad__array_count(&array) != 1) {
        tad__text_add_shape(text, &array);
        return;
    }
    double value = tad__array_number(&array); /* tad_value would remember that it was read */
    bool   wrap = signbit(value) && strength >= TAD__SUM;
    tad__text_add(text, wrap ? "(" : "");
    add_number(text, value);
    tad__text_add(text, wrap ? ")" : "");
}

static void add_formula(tad__text *text, tad_var x, tad_formula_style style, int strength, int depth);

static void add_operand(tad__text *text, tad_var x, int k, tad_formula_style style, int strength, int depth)
{
    tad_var     operand = tad_operand(x, k);
    const char *name = tad_name(operand);
    if (name && style == TAD_SYMBOLS)
        tad__text_add(text, "%s", name);
    else if (name || tad_operand_count(operand) == 0)
        add_value(text, operand, strength);
    else
        add_formula(text, operand, style, strength, depth + 1);
}

/* `strength`: of the operator around it; a weaker one is put in parentheses. The depth is bounded, and so is the stack; the
 * length is, because a formula can be exponentially longer than the graph. */
static void add_formula(tad__text *text, tad_var x, tad_formula_style style, int strength, int depth)
{
    const tad_op *op = tad_op_of(x);
    if (depth > DEEPEST || text->length > LONGEST) {
        tad__text_add(text, "...");
        return;
    }
    const tad__operator *infix = tad__find_operator(op);
    if (!infix) {
        tad__text_add(text, "%s(", op->name);
        for (int k = 0; k < tad_operand_count(x); k++) {
            tad__text_add(text, k ? ", " : "");
            add_operand(text, x, k, style, 0, depth);
        }
        tad__text_add(text, ")");
        return;
    }
    bool wrap = infix->strength < strength;
    tad__text_add(text, wrap ? "(" : "");
    if (op->arity == 1) {
        tad__text_add(text, "%s", infix->text);
        add_operand(text, x, 0, style, infix->strength + 1, depth);
    } else {
        add_operand(text, x, 0, style, infix->strength, depth);
        tad__text_add(text, "%s", infix->text);
        add_operand(text, x, 1, style, infix->strength + 1, depth);
    }
    tad__text_add(text, wrap ? ")" : "");
}

size_t tad_formula(tad_var x, tad_formula_style style, char *out, size_t size)
{
    tad__text text = {.out = out, .size = out ? size : 0};
    if (out && size)
        *out = '\0';
    if (!tad_is_valid(x))
        tad__text_add(&text, "?");
    else if (tad_operand_count(x) > 0)
        add_formula(&text, x, style, 0, 0);
    else if (tad_name(x) && style == TAD_SYMBOLS)
        tad__text_add(&text, "%s", tad_name(x));
    else
        add_value(&text, x, 0);
    return text.length;
}
