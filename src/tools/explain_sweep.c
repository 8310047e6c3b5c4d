/* A derivation node by node: the reverse sweep, each contribution to an adjoint by itself. */
#include "tools/derivation.h"

#include <math.h>

static const char what_is_summed[] =
    "By the chain rule the derivative is the sum, over all paths by which a change travels, of the products\n"
    "of the local derivatives on them. ";

static const char why_tensors[] =
    "Some of these are tensors, and their local derivatives whole matrices (Jacobians), which nobody writes\n"
    "down. The reverse sweep needs only products with them.";

static const char why_reversed[] =
    "Paths share factors, so the sum is taken in another order. The adjoint of a value is the derivative of\n"
    "{y} with respect to it: the sum over the paths from {y} down to that value. Each value hands its adjoint\n"
    "on to those it was computed from, multiplied by the local derivative, and there it is added. It may do\n"
    "so only when its adjoint is complete. So the values are visited in the reverse of the order in which they\n"
    "were computed: whatever uses a value was computed after it, and has been visited before it.";

/* ---- Numbers ---- */

typedef struct handing_on {
    tad__derivation *d;
    bool             written; /* or only counted */
} handing_on;

/* adj v5 += adj v7 * v6 = 1 * (-3) = -3 */
static tad_status hand_on(void *user, const tad__step_down *step)
{
    handing_on      *h = user;
    tad__derivation *d = h->d;
    tad__pen        *pen = &d->pen;
    double           adjoint = d->plan.spots[step->to].adjoint;
    tad__spot       *to = &d->plan.spots[step->from];
    double           share = adjoint == 0 ? 0 : adjoint * step->derivative;
    bool             first = to->edges++ == 0; /* of those that arrive */
    to->so_far += share;
    if (!h->written)
        return TAD_OK;
    int term;
    tad__begin_formula(d);
    tad__put_adjoint(d, step->from);
    tad__put(pen, TAD__ALIGN_GETS);
    tad__put_adjoint(d, step->to);
    tad_status status = tad__derivative_term(&d->terms, step->n, step->links, &term);
    if (status != TAD_OK)
        return status;
    tad__put(pen, TAD__TIMES);
    if (term >= 0)
        tad__put_term(pen, &d->terms, term, false, TAD__SIGN);
    else
        tad__put_derivative(d, step->to, step->from, 0);
    tad__put(pen, TAD__EQUALS);
    tad__put_number(pen, adjoint, TAD__PRODUCT);
    tad__put(pen, TAD__TIMES);
    tad__put_number(pen, step->derivative, TAD__SIGN);
    tad__put(pen, TAD__EQUALS);
    tad__put_number(pen, share, 0);
    if (!first) {
        tad__put(pen, TAD__GAP);
        tad__put(pen, TAD__WORDS);
        tad__put_text(pen, "in all ");
        tad__put(pen, TAD__WORDS_END);
        tad__put_number(pen, to->so_far, 0);
    }
    return TAD_OK;
}

/* ---- Both ---- */

typedef struct sweep {
    tad__derivation *d;
    size_t           n;        /* nodes that are written, x among them, which comes last */
    uint32_t        *ids;      /* downwards */
    tad_var         *adjoints; /* of tensors */
    size_t           id_capacity, adjoint_capacity;
    size_t           upper; /* so many of the first ones, then some are left out */
} sweep;

/* The first half of what may be written from the beginning of the sweep, the other half from its end. */
static tad_status choose(sweep *s)
{
    const tad__plan *plan = &s->d->plan;
    size_t           most = s->d->most_nodes < 2 ? 2 : s->d->most_nodes, visited = 0;
    s->n = plan->shown < most ? plan->shown : most;
    s->upper = plan->shown <= most ? s->n : s->n / 2;
    const tad_allocator *allocator = &plan->tape->allocator;
    if (!tad__reserve(allocator, (void **)&s->ids, &s->id_capacity, s->n, sizeof *s->ids) ||
        !tad__reserve(allocator, (void **)&s->adjoints, &s->adjoint_capacity, s->n, sizeof *s->adjoints))
        return tad__fail_memory(plan->tape, plan->caller, "tad_explain");
    for (uint32_t id = plan->y + 1; tad__next_shown(plan, &id); visited++)
        if (visited < s->upper)
            s->ids[visited] = id;
        else if (visited >= plan->shown - (s->n - s->upper))
            s->ids[visited - (plan->shown - s->n)] = id;
    return TAD_OK;
}

static void put_adjoint_row(sweep *s, uint32_t id, tad_var adjoint)
{
    tad__derivation *d = s->d;
    tad__begin_row(&d->pen);
    tad__put_adjoint(d, id);
    tad__put(&d->pen, TAD__ALIGN);
    if (d->plan.numbers)
        tad__put_number(&d->pen, d->plan.spots[id].adjoint, 0);
    else
        tad__put_value(d, adjoint);
    if (id == d->plan.x) {
        tad__put(&d->pen, TAD__EQUALS);
        tad__put_derivative(d, d->plan.y, d->plan.x, 0);
    }
}

static void put_left_out(sweep *s)
{
    tad__pen *pen = &s->d->pen;
    tad__begin_paragraph(pen);
    tad__put_text(pen, "... and so on for ");
    tad__put_count(pen, s->d->plan.shown - s->n);
    tad__put_text(pen, " more values, which are left out here ...\n");
}

static tad_status visit(sweep *s, uint32_t id, size_t *written)
{
    tad__derivation *d = s->d;
    bool             write = *written < s->n && s->ids[*written] == id;
    tad_var          adjoint = s->adjoints[write ? *written : 0];
    tad_status       status = TAD_OK;
    if (write) {
        if (*written == s->upper && s->upper < s->n)
            put_left_out(s);
        ++*written;
        tad__begin_paragraph(&d->pen);
        d->pen.before = TAD__CLOSE_BY;
        if (id != d->plan.x)
            tad__put_definition(d, id, 0);
        put_adjoint_row(s, id, adjoint);
    }
    if (d->plan.numbers) {
        handing_on h = {d, write};
        status = tad__each_step(&d->plan, id, hand_on, &h);
    } else if (write && id != d->plan.x)
        status = tad__put_tensor_contributions(d, id, adjoint);
    return status;
}

static void put_reason(tad__derivation *d)
{
    const tad__plan *plan = &d->plan;
    const tad__spot *top = &plan->spots[plan->y];
    tad__pen        *pen = &d->pen;
    tad__say(d, "#How many paths there are");
    tad__begin_paragraph(pen);
    tad__put_text(pen, what_is_summed);
    if (top->exact < UINT64_MAX) {
        tad__put_text(pen, top->exact == 1 ? "There is " : "There are ");
        tad__put_count(pen, top->exact);
        tad__put_text(pen, top->exact == 1 ? " path" : " paths");
    } else {
        tad__put_text(pen, "There are more than ");
        tad__put_count(pen, UINT64_MAX - 1);
        tad__put_text(pen, " paths, about ");
        tad__put(pen, TAD__INLINE);
        if (isfinite(top->paths))
            tad__put_number(pen, top->paths, 0);
        else
            tad__put_number(pen, 1e308, 0);
        tad__put(pen, TAD__INLINE_END);
        tad__put_text(pen, isfinite(top->paths) ? "" : " or far more");
    }
    tad__put_text(pen, ", over ");
    tad__put_count(pen, plan->shown);
    tad__put_text(pen, " values.\n");
    if (!plan->numbers)
        tad__say(d, why_tensors);
}

static tad_status explain(sweep *s)
{
    tad__derivation *d = s->d;
    tad_status       status = choose(s);
    if (status == TAD_OK && !d->plan.numbers)
        status = tad__record_adjoints(d, s->n, s->ids, s->adjoints);
    if (status != TAD_OK)
        return status;
    put_reason(d);
    tad__say(d, "#The reverse sweep");
    tad__say(d, why_reversed);
    size_t written = 0;
    for (uint32_t id = d->plan.y + 1; status == TAD_OK && tad__next_shown(&d->plan, &id);)
        status = visit(s, id, &written);
    tad__end_rows(&d->pen);
    return status;
}

tad_status tad__explain_sweep(tad__derivation *d)
{
    sweep                s = {.d = d};
    const tad_allocator *allocator = &d->plan.tape->allocator;
    tad_status           status = explain(&s);
    tad__resize(allocator, s.ids, s.id_capacity * sizeof *s.ids, 0);
    tad__resize(allocator, s.adjoints, s.adjoint_capacity * sizeof *s.adjoints, 0);
    return status;
}
