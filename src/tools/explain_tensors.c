/* Adjoints that are tensors, and what they hand on. */
#include "diff/rules.h"
#include "diff/sweep.h"
#include "tools/derivation.h"

#include <string.h>

/* How the adjoint of the result g becomes a contribution to operand 0 or 1: in text and in mathematics; {g}, {a} and {b} stand
 * for the adjoint and the operands. */
static const struct {
    const char *name;
    int         operand;
    const char *text, *math;
} products[] = {
    {"matmul", 0, "{g} @ transpose({b})", "{g} \\, {b}^{\\top}"},
    {"matmul", 1, "transpose({a}) @ {g}", "{a}^{\\top} \\, {g}"},
    {"outer", 0, "{g} @ {b}", "{g} \\, {b}"},
    {"outer", 1, "transpose({g}) @ {a}", "{g}^{\\top} \\, {a}"},
    {"dot", 0, "{g} * {b}", "{g} \\cdot {b}"},
    {"dot", 1, "{g} * {a}", "{g} \\cdot {a}"},
};

/* What happens to the adjoint of something that only moves, adds or averages. */
static const struct {
    const char *name, *words;
} moves[] = {
    {"sum", "for each element that was added"},
    {"mean", "for each element that was averaged"},
    {"broadcast_to", "added up over the repeated axes"},
    {"sum_to", "for each element that was added"},
    {"reshape", "reshaped back"},
    {"squeeze", "reshaped back"},
    {"unsqueeze", "reshaped back"},
    {"transpose", "transposed back"},
    {"permute", "with its axes in their old order"},
    {"slice", "at the elements that were taken, 0 elsewhere"},
    {"take", "at the elements that were taken, 0 elsewhere"},
    {"gather", "at the elements that were taken, 0 elsewhere"},
    {"pad", "without the border"},
    {"concat", "the part that came from there"},
    {"stack", "the part that came from there"},
    {"cast", "converted"},
    {"flip", "flipped back"},
};

tad_status tad__record_adjoints(tad__derivation *d, size_t n, const uint32_t ids[], tad_var adjoints[])
{
    tad_tape            *tape = d->plan.tape;
    const tad_allocator *allocator = &tape->allocator;
    tad_var             *x = tad__resize(allocator, NULL, 0, n * sizeof *x);
    if (!x)
        return tad__fail_memory(tape, d->plan.caller, "tad_explain");
    for (size_t i = 0; i < n; i++)
        x[i] = tad__handle(tape, ids[i]);
    tad_var    y = tad__handle(tape, d->plan.y), one = tad__constant_like(y, 1);
    tad_status status = tad_is_valid(one) ? tad__record_vjps(1, &y, &one, n, x, adjoints, "tad_explain", d->plan.caller)
                                          : tad__status_of_failure(tape);
    tad__resize(allocator, x, n * sizeof *x, 0);
    return status;
}

static void put_words(tad__derivation *d, const char *words)
{
    tad__put(&d->pen, TAD__WORDS);
    tad__put_text(&d->pen, ", ");
    tad__put_text(&d->pen, words);
    tad__put(&d->pen, TAD__WORDS_END);
}

static void put_product(tad__derivation *d, uint32_t id, const char *text)
{
    const uint32_t *in;
    tad__operands(d->plan.tape, id, &in);
    for (const char *at = text; *at;) {
        size_t      plain = strcspn(at, "{");
        const char *braces = at + plain;
        bool        item = braces[0] && strchr("gab", braces[1]) && braces[2] == '}';
        tad__output_add(&d->pen.output, "%.*s", (int)(plain + (!item && *braces)), at);
        at = braces + (item ? 3 : *braces ? 1 : 0);
        if (!item)
            continue;
        if (braces[1] == 'g')
            tad__put_adjoint(d, id);
        else {
            int term = tad__operand_term(&d->terms, in[braces[1] - 'a']);
            tad__put_term(&d->pen, &d->terms, term, false, TAD__ATOM);
        }
    }
}

static bool put_known_product(tad__derivation *d, uint32_t id, int k)
{
    const uint32_t *in;
    int             n = tad__operands(d->plan.tape, id, &in);
    const char     *name = tad__op_of_node(d->plan.tape, id)->name;
    for (size_t i = 0; i < sizeof products / sizeof *products; i++) {
        if (strcmp(products[i].name, name) != 0 || products[i].operand != k || n < 2)
            continue;
        bool matrices =
            tad_rank(tad__handle(d->plan.tape, in[0])) >= 2 && tad_rank(tad__handle(d->plan.tape, in[1])) >= 2;
        if (strcmp(name, "matmul") == 0 && !matrices)
            return false;
        put_product(d, id, d->pen.format == TAD_TEXT ? products[i].text : products[i].math);
        return true;
    }
    return false;
}

/* By element: adj y * dy/dx */
static tad_status put_by_element(tad__derivation *d, uint32_t id, int k, bool *known)
{
    int        term;
    tad_status status = tad__derivative_term(&d->terms, 1, &(tad__link){id, k}, &term);
    *known = status == TAD_OK && term >= 0;
    if (!*known)
        return status;
    const uint32_t *in;
    tad_array       y, x;
    tad__operands(d->plan.tape, id, &in);
    tad__value_array(d->plan.tape, id, &y);
    tad__value_array(d->plan.tape, in[k], &x);
    tad__put_adjoint(d, id);
    if (d->terms.terms[term].kind != TAD__TERM_NUMBER || d->terms.terms[term].number != 1) {
        tad__put(&d->pen, TAD__TIMES_EACH);
        tad__put_term(&d->pen, &d->terms, term, false, TAD__SIGN);
    }
    if (!tad__array_same_shape(&x, &y))
        put_words(d, "added up over the repeated axes");
    return TAD_OK;
}

static void put_in_general(tad__derivation *d, uint32_t id, uint32_t operand)
{
    const char *name = tad__op_of_node(d->plan.tape, id)->name;
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++)
        if (strcmp(moves[i].name, name) == 0) {
            tad__put_adjoint(d, id);
            if (strcmp(name, "mean") == 0)
                tad__output_add(&d->pen.output, " / %lld",
                                (long long)(tad_count(tad__handle(d->plan.tape, operand)) /
                                            tad_count(tad__handle(d->plan.tape, id))));
            put_words(d, moves[i].words);
            return;
        }
    tad__put(&d->pen, TAD__PAREN_OPEN);
    tad__put_derivative(d, id, operand, 0);
    tad__put(&d->pen, TAD__PAREN_CLOSE);
    tad__put(&d->pen, TAD__TRANSPOSED);
    tad__put(&d->pen, TAD__TIMES);
    tad__put_adjoint(d, id);
}

static tad_status put_contribution(tad__derivation *d, uint32_t id, int k, tad_var share)
{
    const uint32_t *in;
    bool            known = false;
    tad__operands(d->plan.tape, id, &in);
    uint32_t operand = in[k];
    tad__begin_formula(d);
    tad__put_adjoint(d, operand);
    tad__put(&d->pen, TAD__ALIGN_GETS);
    tad_status status = put_by_element(d, id, k, &known);
    if (status == TAD_OK && !known && !put_known_product(d, id, k))
        put_in_general(d, id, operand);
    tad__put(&d->pen, TAD__EQUALS);
    if (share.tape)
        tad__put_value(d, share);
    else
        tad__put_text(&d->pen, "0");
    return status;
}

tad_status tad__put_tensor_contributions(tad__derivation *d, uint32_t id, tad_var adjoint)
{
    tad_tape       *tape = d->plan.tape;
    size_t          mark = tape->count;
    const uint32_t *in;
    bool            wanted[TAD_MAX_ARITY];
    tad_var         shares[TAD_MAX_ARITY];
    int             n = tad__operands(tape, id, &in);
    for (int k = 0; k < n; k++)
        wanted[k] = tad__is_passed(&d->plan, id, k);
    tad_status status = tad__record_vjp(tape, id, adjoint, wanted, shares, d->plan.caller);
    for (int k = 0; k < n && status == TAD_OK; k++)
        if (wanted[k])
            status = put_contribution(d, id, k, shares[k]);
    tad_tape_rewind(tape, mark);
    return status;
}
