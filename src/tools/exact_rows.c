/* Elementwise operations with pairs: functions of pairs for what is a function, the row's own text for the rest. */
#include "tools/elements.h"
#include "tools/exact.h"

#include "base/random.h"
#include "ops/special_functions.h"

#include <string.h>

enum { DEEPEST = 64, LONGEST = 512 };

static bool is_less(tad__pair a, tad__pair b)
{
    return a.hi < b.hi || (a.hi == b.hi && a.lo < b.lo);
}

static bool is_equal(tad__pair a, tad__pair b)
{
    return a.hi == b.hi && a.lo == b.lo;
}

static tad__pair truth(bool yes)
{
    return tad__pair_of(yes ? 1 : 0);
}

static tad__pair maximum(tad__pair a, tad__pair b)
{
    return is_less(b, a) || isnan(a.hi) ? a : b;
}

static tad__pair minimum(tad__pair a, tad__pair b)
{
    return is_less(a, b) || isnan(a.hi) ? a : b;
}

static tad__pair remainder_of(tad__pair a, tad__pair b)
{
    double y = fmod(a.hi, b.hi), limit = 0x1p100 * fabs(b.hi);
    if (!isfinite(y) || isinf(b.hi) || a.hi == 0 || fabs(a.hi) > limit)
        return isinf(b.hi) && isfinite(a.hi) ? a : tad__pair_of(y);
    tad__pair x = tad__pair_abs(a), by = tad__pair_abs(b);
    tad__pair rest = tad__pair_sub(x, tad__pair_mul(tad__pair_floor(tad__pair_div(x, by)), by));
    if (rest.hi < 0)
        rest = tad__pair_add(rest, by);
    else if (!is_less(rest, by))
        rest = tad__pair_sub(rest, by);
    return a.hi < 0 ? tad__pair_neg(rest) : rest;
}

static tad__pair polygamma_of(double order, tad__pair x)
{
    double y = order == 0 ? tad__digamma_f64(x.hi) : tad__polygamma_f64(order, x.hi);
    if (!isfinite(y) || x.hi < TAD__PAIR_LEAST)
        return tad__pair_of(y);
    return tad__pair_polygamma(tad__pair_of(rint(order)), x);
}

#define ROW(name, value)                                                                                               \
    static tad__pair row_##name(tad__pair a, tad__pair b)                                                              \
    {                                                                                                                  \
        (void)a, (void)b;                                                                                              \
        return value;                                                                                                  \
    }
#define FUNCTIONS(F)                                                                                                   \
    F(add, tad__pair_add(a, b))                                                                                        \
    F(sub, tad__pair_sub(a, b))                                                                                        \
    F(mul, tad__pair_mul(a, b))                                                                                        \
    F(div, tad__pair_div(a, b))                                                                                        \
    F(neg, tad__pair_neg(a))                                                                                           \
    F(pow, tad__pair_pow(a, b))                                                                                        \
    F(sqrt, tad__pair_sqrt(a))                                                                                         \
    F(cbrt, tad__pair_cbrt(a))                                                                                         \
    F(hypot, tad__pair_hypot(a, b))                                                                                    \
    F(exp, tad__pair_exp(a))                                                                                           \
    F(exp2, tad__pair_exp2(a))                                                                                         \
    F(expm1, tad__pair_expm1(a))                                                                                       \
    F(log, tad__pair_log(a))                                                                                           \
    F(log2, tad__pair_log2(a))                                                                                         \
    F(log10, tad__pair_log10(a))                                                                                       \
    F(log1p, tad__pair_log1p(a))                                                                                       \
    F(sin, tad__pair_sin(a))                                                                                           \
    F(cos, tad__pair_cos(a))                                                                                           \
    F(tan, tad__pair_tan(a))                                                                                           \
    F(asin, tad__pair_asin(a))                                                                                         \
    F(acos, tad__pair_acos(a))                                                                                         \
    F(atan, tad__pair_atan(a))                                                                                         \
    F(atan2, tad__pair_atan2(a, b))                                                                                    \
    F(sinh, tad__pair_sinh(a))                                                                                         \
    F(cosh, tad__pair_cosh(a))                                                                                         \
    F(tanh, tad__pair_tanh(a))                                                                                         \
    F(asinh, tad__pair_asinh(a))                                                                                       \
    F(acosh, tad__pair_acosh(a))                                                                                       \
    F(atanh, tad__pair_atanh(a))                                                                                       \
    F(erf, tad__pair_erf(a))                                                                                           \
    F(erfc, tad__pair_erfc(a))                                                                                         \
    F(lgamma, tad__pair_lgamma(a))                                                                                     \
    F(digamma, polygamma_of(0, a))                                                                                     \
    F(trigamma, polygamma_of(1, a))                                                                                    \
    F(polygamma, polygamma_of(a.hi, b))                                                                                \
    F(abs, tad__pair_abs(a))                                                                                           \
    F(maximum, maximum(a, b))                                                                                          \
    F(minimum, minimum(a, b))                                                                                          \
    F(copysign, signbit(a.hi) == signbit(b.hi) ? a : tad__pair_neg(a))                                                 \
    F(floor, tad__pair_floor(a))                                                                                       \
    F(ceil, tad__pair_neg(tad__pair_floor(tad__pair_neg(a))))                                                          \
    F(round, tad__pair_round(a))                                                                                       \
    F(trunc, tad__pair_trunc(a))                                                                                       \
    F(fmod, remainder_of(a, b))                                                                                        \
    F(greater, truth(is_less(b, a)))                                                                                   \
    F(greater_equal, truth(is_less(b, a) || is_equal(a, b)))                                                           \
    F(less, truth(is_less(a, b)))                                                                                      \
    F(less_equal, truth(is_less(a, b) || is_equal(a, b)))                                                              \
    F(equal, truth(is_equal(a, b)))                                                                                    \
    F(not_equal, truth(!is_equal(a, b)))
FUNCTIONS(ROW)
#undef ROW

typedef tad__pair pair_function(tad__pair a, tad__pair b);

static pair_function *const functions[TAD__ROWS] = {
#define ENTRY(name, value) [TAD__ROW_##name] = row_##name,
    FUNCTIONS(ENTRY)
#undef ENTRY
};

/* Where a function of pairs is no better than that of doubles. */
static bool is_beyond(int row, tad__pair a, tad__pair b)
{
    switch (row) {
    case TAD__ROW_sin:
    case TAD__ROW_cos:
    case TAD__ROW_tan:
        return fabs(a.hi) > TAD__PAIR_TURNS;
    case TAD__ROW_lgamma:
    case TAD__ROW_digamma:
    case TAD__ROW_trigamma:
        return a.hi < TAD__PAIR_LEAST;
    case TAD__ROW_polygamma:
        return b.hi < TAD__PAIR_LEAST;
    default:
        return false;
    }
}

/* The text as the parser wants it: C's fabs is the table's abs. */
static bool translate(const char *text, char to[LONGEST])
{
    size_t length = 0;
    for (; *text; text++) {
        if (strncmp(text, "fabs", 4) == 0)
            text++;
        if (length + 1 == LONGEST)
            return false;
        to[length++] = *text;
    }
    to[length] = '\0';
    return true;
}

tad_status tad__exact_prepare(const tad__exact *e, int row)
{
    static const char *const unary[] = {"x"}, *const binary[] = {"a", "b"};
    const tad_op    *op = &tad__elementwise[row];
    tad__expression *text = &e->rows->text[row];
    tad_text_error   error;
    char             words[LONGEST];
    if (functions[row] || text->count > 0)
        return TAD_OK;
    tad_status status = translate(op->formula, words) ? TAD_OK : TAD_EARG;
    if (status == TAD_OK)
        status =
            tad__expression_parse(&e->tape->allocator, words, op->arity == 1 ? unary : binary, op->arity, text, &error);
    if (status == TAD_ENOMEM)
        return tad__fail_memory(e->tape, e->caller, e->name);
    if (status != TAD_OK || text->depth > DEEPEST)
        return tad__fail(e->tape, e->caller, TAD_EARG, "%s: cannot read the formula of %s, \"%s\"", e->name, op->name,
                         op->formula);
    for (size_t i = 0; i < text->count && status == TAD_OK; i++) {
        int used = text->steps[i].kind == TAD__CALL ? tad__row_of(text->steps[i].op) : -1;
        if (used >= 0)
            status = tad__exact_prepare(e, used);
    }
    return status;
}

static tad__pair apply_row(const tad__exact_rows *rows, int row, tad__pair a, tad__pair b, bool *estimated);

static tad__pair evaluate(const tad__exact_rows *rows, const tad__expression *text, const tad__pair x[],
                          bool *estimated)
{
    tad__pair stack[DEEPEST];
    size_t    top = 0;
    for (size_t i = 0; i < text->count; i++) {
        const tad__step *step = &text->steps[i];
        if (step->kind == TAD__CALL)
            top -= (size_t)step->op->arity;
        tad__pair *at = &stack[top++];
        if (step->kind == TAD__NUMBER)
            *at = tad__pair_of(step->number);
        else if (step->kind == TAD__NAME)
            *at = x[step->name];
        else if (step->op == &tad__op_where)
            *at = at[0].hi != 0 ? at[1] : at[2];
        else
            *at = apply_row(rows, tad__row_of(step->op), at[0], at[step->op->arity - 1], estimated);
    }
    return stack[0];
}

static tad__pair apply_row(const tad__exact_rows *rows, int row, tad__pair a, tad__pair b, bool *estimated)
{
    *estimated |= is_beyond(row, a, b);
    if (functions[row])
        return functions[row](a, b);
    return evaluate(rows, &rows->text[row], (const tad__pair[]){a, b}, estimated);
}

/* What fits a double is taken for exact; of all else, the last bits are changed if there is a seed. */
tad__pair tad__exact_row(const tad__exact *e, uint32_t id, int64_t i, tad__pair a, tad__pair b, bool *estimated)
{
    tad__pair y = apply_row(e->rows, tad__row_of(tad__op_of_node(e->tape, id)), a, b, estimated);
    if (e->seed && y.lo != 0)
        y.lo += y.hi * tad__random_uniform(e->seed * 1000003 + id, (uint64_t)i, -0x1p-103, 0x1p-103);
    return y;
}

tad_status tad__exact_elementwise(tad__exact_node *node)
{
    int        row = tad__row_of(node->call.op), n = node->call.n;
    int64_t    count = tad__array_count(&node->out_hi);
    tad_array  view[3];
    tad_status status = row < 0 ? TAD_OK : tad__exact_prepare(node->e, row);
    for (int k = 0; k < n; k++)
        view[k] = tad__array_broadcast(&node->hi[k], &node->out_hi);
    for (int64_t i = 0; i < count && status == TAD_OK; i++) {
        tad__pair x[3];
        for (int k = 0; k < n; k++) {
            int64_t offset = tad__offset_of(&view[k], i);
            if (node->lo[k].data) {
                x[k] = tad__exact_get(&node->hi[k], &node->lo[k], offset);
            } else { /* a condition of integers */
                tad_array number = {.dtype = TAD_I64, .data = (int64_t *)node->hi[k].data + offset};
                x[k] = tad__pair_of(tad__array_number(&number));
            }
        }
        if (row < 0)
            tad__exact_put(node, i, x[0].hi != 0 ? x[1] : x[2]);
        else
            tad__exact_put(node, i, tad__exact_row(node->e, node->id, i, x[0], x[n - 1], &node->estimated));
    }
    return status;
}
