#include "ops/expression.h"

#include "ops/elementwise.h"

#include <string.h>

/* Bounds the recursion, and so the depth of the value stack. */
enum { MAX_NESTING = 64 };

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static const struct {
    const char *name;
    double      value;
} constants[] = {
#define CONSTANT(name, value) {#name, value},
#include "ops/constants.def"
#undef CONSTANT
};

const char *tad__constant_name(size_t i)
{
    return i < COUNT_OF(constants) ? constants[i].name : NULL;
}

bool tad__constant_value(const tad__token *word, double *value)
{
    for (size_t i = 0; i < COUNT_OF(constants); i++) {
        if (strncmp(word->start, constants[i].name, (size_t)word->length) == 0 && !constants[i].name[word->length]) {
            *value = constants[i].value;
            return true;
        }
    }
    return false;
}

/* ---- Steps ---- */

bool tad__emit(tad__parser *p, tad__step step)
{
    tad__expression *e = p->expression;
    void            *steps = e->steps;
    if (!tad__reserve(p->allocator, &steps, &e->capacity, e->count + 1, sizeof step)) {
        p->status = TAD_ENOMEM;
        return false;
    }
    e->steps = steps;
    e->steps[e->count++] = step;
    p->height = p->height + 1 - (size_t)step.count;
    e->depth = p->height > e->depth ? p->height : e->depth;
    return true;
}

void tad__retract(tad__parser *p, size_t first, size_t values)
{
    p->expression->count = first;
    p->height -= values;
}

bool tad__emit_call(tad__parser *p, const tad_op *op, int count, const tad__token *at)
{
    size_t first = p->expression->count - (size_t)count; /* where it begins if all operands are single steps */
    return tad__emit(p,
                     (tad__step){.kind = TAD__CALL, .op = op, .count = count, .at = at->start, .length = at->length}) &&
           (!p->grammar->fold || p->grammar->fold(p, first));
}

/* ---- Grammar ---- */

bool tad__descend(tad__parser *p, const tad__token *at)
{
    if (p->nesting == MAX_NESTING)
        return tad__fault_at(&p->lexer, at, "nested more than %d levels deep", MAX_NESTING);
    p->nesting++;
    return true;
}

void tad__ascend(tad__parser *p)
{
    p->nesting--;
}

bool tad__close(tad__parser *p, const tad__token *open, tad__token_kind kind, const char *expected)
{
    if (p->lexer.next.kind == kind)
        return tad__advance(&p->lexer);
    if (p->grammar->unclosed)
        return p->grammar->unclosed(p, open, expected);
    return tad__fault_expected(&p->lexer, expected);
}

static bool is_minus(const tad__token *t)
{
    return t->kind == TAD__INFIX && *t->start == '-';
}

/* number, name, call, (expression) or [list] */
static bool parse_primary(tad__parser *p)
{
    tad__token  first = p->lexer.next;
    tad__lexer *lexer = &p->lexer;
    if (first.kind == TAD__LITERAL)
        return tad__advance(lexer) &&
               tad__emit(
                   p,
                   (tad__step){.kind = TAD__NUMBER, .number = first.number, .at = first.start, .length = first.length});
    if (first.kind == TAD__WORD)
        return tad__advance(lexer) &&
               (lexer->next.kind == TAD__OPEN ? p->grammar->call(p, &first) : p->grammar->name(p, &first));
    if (first.kind == TAD__OPEN)
        return tad__advance(lexer) && tad__parse_expression(p) &&
               tad__close(p, &first, TAD__CLOSE, "an operator or ')'");
    if (first.kind == TAD__OPEN_LIST && p->grammar->list)
        return p->grammar->list(p);
    return tad__fault_expected(lexer, p->grammar->operand);
}

static bool parse_operand(tad__parser *p);

/* primary, primary[index], primary ^ operand */
static bool parse_power(tad__parser *p)
{
    tad__token base = p->lexer.next;
    if (!parse_primary(p))
        return false;
    while (p->lexer.next.kind == TAD__OPEN_LIST && p->grammar->index)
        if (!p->grammar->index(p, &base))
            return false;
    tad__token power = p->lexer.next;
    if (power.kind != TAD__POWER)
        return true;
    if (!tad__advance(&p->lexer) || !parse_operand(p))
        return false;
    const tad__step *exponent = &p->expression->steps[p->expression->count - 1];
    if (exponent->kind != TAD__NUMBER || exponent->number != 2)
        return tad__emit_call(p, &tad__elementwise[TAD__ROW_pow], 2, &power);
    tad__retract(p, p->expression->count - 1, 1);
    return tad__emit_call(p, &tad__elementwise[TAD__ROW_square], 1, &power);
}

/* power or -operand */
static bool parse_operand(tad__parser *p)
{
    tad__token first = p->lexer.next;
    if (!tad__descend(p, &first))
        return false;
    bool good = is_minus(&first) ? tad__advance(&p->lexer) && parse_operand(p) &&
                                       tad__emit_call(p, &tad__elementwise[TAD__ROW_neg], 1, &first)
                                 : parse_power(p);
    tad__ascend(p);
    return good;
}

/* operands with operators of at least the precedence `lowest` between them */
static bool parse_binary(tad__parser *p, int lowest)
{
    if (!parse_operand(p))
        return false;
    while (p->lexer.next.kind == TAD__INFIX && p->lexer.next.mark->precedence >= lowest) {
        tad__token infix = p->lexer.next;
        if (!tad__advance(&p->lexer) || !parse_binary(p, infix.mark->precedence + 1) ||
            !tad__emit_call(p, tad_op_find(infix.mark->op), 2, &infix))
            return false;
    }
    return true;
}

/* condition ? expression : expression, or just operands and operators */
bool tad__parse_expression(tad__parser *p)
{
    if (!parse_binary(p, 0))
        return false;
    tad__token question = p->lexer.next;
    if (question.kind != TAD__QUESTION)
        return true;
    if (!tad__descend(p, &question))
        return false;
    bool good = tad__advance(&p->lexer) && tad__parse_expression(p) &&
                (p->lexer.next.kind == TAD__COLON ? tad__advance(&p->lexer)
                                                  : tad__fault_expected(&p->lexer, "an operator or ':'")) &&
                tad__parse_expression(p) && tad__emit_call(p, &tad__op_where, 3, &question);
    tad__ascend(p);
    return good;
}

void tad__expression_free(const tad_allocator *allocator, tad__expression *expression)
{
    tad__resize(allocator, expression->steps, expression->capacity * sizeof *expression->steps, 0);
    *expression = (tad__expression){0};
}
