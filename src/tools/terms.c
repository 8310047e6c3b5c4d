#include "tools/terms.h"

#include "ops/expression.h"

#include <math.h>
#include <string.h>

/* ---- Making terms ---- */

static int add_term(tad__terms *t, tad__term term)
{
    if (t->count == TAD__MOST_TERMS) {
        t->terms[t->count - 1] = (tad__term){.kind = TAD__TERM_DOTS};
        return t->count - 1;
    }
    t->terms[t->count] = term;
    return t->count++;
}

static int number(tad__terms *t, double x)
{
    return add_term(t, (tad__term){.kind = TAD__TERM_NUMBER, .number = x});
}

static int call(tad__terms *t, const tad_op *op, int n, const int parts[])
{
    if (n > TAD__MOST_PARTS - t->used)
        return add_term(t, (tad__term){.kind = TAD__TERM_DOTS});
    memcpy(t->parts + t->used, parts, (size_t)n * sizeof *parts);
    t->used += n;
    return add_term(t, (tad__term){.kind = TAD__TERM_CALL, .op = op, .n = n, .first = t->used - n});
}

static int row(tad__terms *t, int which, int a, int b)
{
    return call(t, &tad__elementwise[which], b < 0 ? 1 : 2, (const int[]){a, b});
}

/* As an operand: by itself, or the formula it is. */
int tad__operand_term(tad__terms *t, uint32_t id)
{
    if (t->plan->spots[id].shown)
        return add_term(t, (tad__term){.kind = TAD__TERM_NODE, .node = id});
    if (tad__is_literal(t->plan, id))
        return number(t, tad__number_of(t->plan, id));
    return tad__formula_term(t, id);
}

int tad__formula_term(tad__terms *t, uint32_t id)
{
    const uint32_t *in;
    int             parts[TAD_MAX_ARITY], n = tad__operands(t->plan->tape, id, &in);
    if (n == 0)
        return add_term(t, (tad__term){.kind = TAD__TERM_NODE, .node = id});
    for (int k = 0; k < n; k++)
        parts[k] = tad__operand_term(t, in[k]);
    return call(t, tad__op_of_node(t->plan->tape, id), n, parts);
}

bool tad__is_compound(const tad__terms *t, int term)
{
    return t->terms[term].kind == TAD__TERM_CALL;
}

int tad__size_of(const tad__terms *t, int term)
{
    const tad__term *at = &t->terms[term];
    int              size = 1;
    for (int k = 0; k < at->n; k++)
        size += tad__size_of(t, t->parts[at->first + k]);
    return size;
}

/* ---- Simplifying, as far as a reader expects it ---- */

static bool is_number(const tad__terms *t, int term, double *x)
{
    *x = t->terms[term].number;
    return t->terms[term].kind == TAD__TERM_NUMBER;
}

/* The operands of a call of that row. */
static const int *parts_of(const tad__terms *t, int term, int which)
{
    const tad__term *at = &t->terms[term];
    return at->kind == TAD__TERM_CALL && at->op == &tad__elementwise[which] ? t->parts + at->first : NULL;
}

static int negate(tad__terms *t, int a)
{
    double     x;
    const int *parts = parts_of(t, a, TAD__ROW_neg);
    if (is_number(t, a, &x))
        return number(t, -x);
    return parts ? parts[0] : row(t, TAD__ROW_neg, a, -1);
}

static int add(tad__terms *t, int a, int b)
{
    double     x = 1, y = 1;
    bool       left = is_number(t, a, &x), right = is_number(t, b, &y);
    const int *negative = parts_of(t, b, TAD__ROW_neg);
    if (left && right)
        return number(t, x + y);
    if ((left && x == 0) || (right && y == 0))
        return left && x == 0 ? b : a;
    return negative ? row(t, TAD__ROW_sub, a, negative[0]) : row(t, TAD__ROW_add, a, b);
}

static int subtract(tad__terms *t, int a, int b)
{
    double     x = 1, y = 1;
    bool       left = is_number(t, a, &x), right = is_number(t, b, &y);
    const int *negative = parts_of(t, b, TAD__ROW_neg);
    if (left && right)
        return number(t, x - y);
    if (right && y == 0)
        return a;
    if (left && x == 0)
        return negate(t, b);
    return negative ? row(t, TAD__ROW_add, a, negative[0]) : row(t, TAD__ROW_sub, a, b);
}

/* Fractions stay as they are, unless they are exact. */
static int divide(tad__terms *t, int a, int b)
{
    double     x = 1, y = 2;
    int        exponent;
    bool       left = is_number(t, a, &x), right = is_number(t, b, &y);
    const int *negative = parts_of(t, a, TAD__ROW_neg);
    if (right && y == 1)
        return a;
    if (left && right && fabs(frexp(y, &exponent)) == 0.5)
        return number(t, x / y);
    if (negative)
        return negate(t, row(t, TAD__ROW_div, negative[0], b));
    if (left && x < 0)
        return negate(t, row(t, TAD__ROW_div, number(t, -x), b));
    return row(t, TAD__ROW_div, a, b);
}

/* Numbers go to the front and are multiplied; signs come out. */
static int multiply(tad__terms *t, int a, int b)
{
    double     x = 0, y = 0;
    const int *parts;
    if (is_number(t, b, &y) && !is_number(t, a, &x))
        return multiply(t, b, a);
    bool left = is_number(t, a, &x);
    if (left && (is_number(t, b, &y) || x == 0))
        return number(t, x == 0 ? 0 : x * y);
    if (left && x == 1)
        return b;
    if (left && x == -1)
        return negate(t, b);
    if (left && (parts = parts_of(t, b, TAD__ROW_mul)) != NULL && is_number(t, parts[0], &y))
        return multiply(t, number(t, x * y), parts[1]);
    if ((parts = parts_of(t, a, TAD__ROW_neg)) != NULL)
        return negate(t, multiply(t, parts[0], b));
    if ((parts = parts_of(t, b, TAD__ROW_neg)) != NULL)
        return left ? multiply(t, number(t, -x), parts[0]) : negate(t, multiply(t, a, parts[0]));
    if ((parts = parts_of(t, b, TAD__ROW_div)) != NULL && is_number(t, parts[0], &y) && y == 1 && !left)
        return divide(t, a, parts[1]);
    return row(t, TAD__ROW_mul, a, b);
}

static int power(tad__terms *t, int a, int b)
{
    double y;
    if (is_number(t, b, &y) && (y == 0 || y == 1))
        return y == 0 ? number(t, 1) : a;
    return row(t, TAD__ROW_pow, a, b);
}

/* A comparison is 0 where its opposite is true, and other than 0 where it is. */
static int compare_with_0(tad__terms *t, int a, int b, bool equal)
{
    static const int opposites[][2] = {{TAD__ROW_greater, TAD__ROW_less_equal},
                                       {TAD__ROW_less, TAD__ROW_greater_equal},
                                       {TAD__ROW_equal, TAD__ROW_not_equal}};
    double           y;
    for (int i = 0; i < 6 && is_number(t, b, &y) && y == 0; i++) {
        const int *parts = parts_of(t, a, opposites[i / 2][i % 2]);
        if (parts)
            return equal ? row(t, opposites[i / 2][1 - i % 2], parts[0], parts[1]) : a;
    }
    return row(t, equal ? TAD__ROW_equal : TAD__ROW_not_equal, a, b);
}

static int simplified(tad__terms *t, const tad_op *op, const int *parts)
{
    switch (tad__row_of(op)) {
    case TAD__ROW_add:
        return add(t, parts[0], parts[1]);
    case TAD__ROW_sub:
        return subtract(t, parts[0], parts[1]);
    case TAD__ROW_mul:
        return multiply(t, parts[0], parts[1]);
    case TAD__ROW_div:
        return divide(t, parts[0], parts[1]);
    case TAD__ROW_pow:
        return power(t, parts[0], parts[1]);
    case TAD__ROW_neg:
        return negate(t, parts[0]);
    case TAD__ROW_equal:
    case TAD__ROW_not_equal:
        return compare_with_0(t, parts[0], parts[1], tad__row_of(op) == TAD__ROW_equal);
    default:
        return call(t, op, op->arity, parts);
    }
}

/* ---- Derivatives ---- */

/* Where `partial` is written for the sake of rounding, or there is none: the form that is taught. In x; a and b; or a, b, c. */
static const struct {
    const char *name, *partial[3];
} taught[] = {
    {"div", {"1 / b", "-a / square(b)"}},
    {"reciprocal", {"-1 / square(x)"}},
    {"pow", {"b * pow(a, b - 1)", "y * log(a)"}},
    {"sqrt", {"1 / (2 * y)"}},
    {"cbrt", {"1 / (3 * square(y))"}},
    {"hypot", {"a / y", "b / y"}},
    {"exp2", {"y * log(2)"}},
    {"log2", {"1 / (x * log(2))"}},
    {"log10", {"1 / (x * log(10))"}},
    {"tan", {"1 + square(y)"}},
    {"asin", {"1 / sqrt(1 - square(x))"}},
    {"acos", {"-1 / sqrt(1 - square(x))"}},
    {"atan", {"1 / (1 + square(x))"}},
    {"atan2", {"b / (square(a) + square(b))", "-a / (square(a) + square(b))"}},
    {"tanh", {"1 - square(y)"}},
    {"asinh", {"1 / sqrt(1 + square(x))"}},
    {"acosh", {"1 / sqrt(square(x) - 1)"}},
    {"atanh", {"1 / (1 - square(x))"}},
    {"erf", {"two_over_sqrt_pi * exp(-square(x))"}},
    {"erfc", {"-two_over_sqrt_pi * exp(-square(x))"}},
    {"sigmoid", {"y * (1 - y)"}},
    {"log_sigmoid", {"1 - sigmoid(x)"}},
    {"softsign", {"1 / square(1 + abs(x))"}},
    {"silu", {"sigmoid(x) + y * (1 - sigmoid(x))"}},
    {"hardtanh", {"abs(x) < 1"}},
    {"abs", {"sign(x)"}},
    {"where", {NULL, "a != 0", "a == 0"}},
    {"matmul", {"b", "a"}},
    {"dot", {"b", "a"}},
    {"outer", {"b", "a"}},
    {"sum", {"1"}},
    {"mean", {"1"}},
    {"reshape", {"1"}},
};

/* NULL: none. Those of operations on tensors hold for numbers. */
static const char *partial_text(const tad__plan *plan, const tad_op *op, int k)
{
    bool by_element = tad__has_partials(op);
    for (size_t i = 0; k < 3 && i < sizeof taught / sizeof *taught; i++)
        if (tad_op_find(taught[i].name) == op && (by_element || plan->numbers || strcmp(op->name, "where") == 0))
            return taught[i].partial[k];
    return by_element && k < 2 ? op->partial[k] : NULL;
}

/* Runs the steps with terms in place of numbers. -1: too deep. */
static int run(tad__terms *t, const tad__expression *expression, const int values[])
{
    int stack[128], height = 0;
    if (expression->depth > sizeof stack / sizeof *stack)
        return -1;
    for (size_t i = 0; i < expression->count; i++) {
        const tad__step *step = &expression->steps[i];
        int              n = step->kind == TAD__CALL ? step->op->arity : 0;
        height -= n;
        stack[height] = step->kind == TAD__NUMBER ? number(t, step->number)
                        : step->kind == TAD__NAME ? values[step->name]
                                                  : simplified(t, step->op, stack + height);
        height++;
    }
    return stack[0];
}

static tad_status partial_term(tad__terms *t, tad__link link, int *term)
{
    static const char *const names[3][4] = {{"x", "y"}, {"a", "b", "y"}, {"a", "b", "c", "y"}};
    tad_tape                *tape = t->plan->tape;
    const uint32_t          *in;
    int                      values[4], n = tad__operands(tape, link.node, &in);
    const char              *text = partial_text(t->plan, tad__op_of_node(tape, link.node), link.operand);
    tad__expression          expression;
    tad_text_error           error;
    *term = -1;
    if (!text || n > 3)
        return TAD_OK;
    for (int k = 0; k < n; k++)
        values[k] = tad__operand_term(t, in[k]);
    values[n] = tad__operand_term(t, link.node);
    tad_status status = tad__expression_parse(&tape->allocator, text, names[n - 1], n + 1, &expression, &error);
    if (status == TAD_ENOMEM)
        return tad__fail_memory(tape, t->plan->caller, "tad_explain");
    if (status == TAD_OK)
        *term = run(t, &expression, values);
    tad__expression_free(&tape->allocator, &expression);
    return TAD_OK;
}

tad_status tad__derivative_term(tad__terms *t, size_t n, const tad__link links[], int *term)
{
    *term = number(t, 1);
    for (size_t i = 0; i < n && *term >= 0; i++) {
        int        partial;
        tad_status status = partial_term(t, links[i], &partial);
        if (status != TAD_OK)
            return status;
        *term = partial < 0 ? -1 : multiply(t, *term, partial);
    }
    return TAD_OK;
}
