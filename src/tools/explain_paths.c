/* A derivation path by path: definitions, local derivatives, the product along each path, and their sum. */
#include "tools/derivation.h"

#include <string.h>

static const char why_products[] =
    "When {x} changes a little, what is computed from it changes by that times the local\n"
    "derivative, and so on up to {y}: along a path, local derivatives multiply.";

static const char why_sum[] =
    "{x} acts on {y} by each of these paths at the same time. The changes that arrive are small,\n"
    "so they simply add up: the derivative is the sum of the products.";

static const char why_reversed[] =
    "Paths share factors, and in a large graph there are far too many paths to go along each. The reverse\n"
    "sweep therefore adds up at each value what arrives there from {y}, its adjoint, and hands it on once,\n"
    "multiplied by the local derivatives. For that the adjoint has to be complete. So the values are visited\n"
    "in the reverse of the order in which they were computed: whatever uses a value was computed after it,\n"
    "and is visited before it.";

static const char what_uses_are[] =
    "A value that a formula uses more than once can act on it in each of these places. Each\n"
    "counts by itself, and is numbered.";

/* A local derivative, and where it leads to. */
typedef struct edge {
    tad__step_down step;
    size_t         use; /* of several steps between the same two nodes, which one; 0: the only one */
} edge;

typedef struct walk {
    tad__derivation *d;
    edge            *edges; /* by the node they lead down from, downwards */
    size_t           count, capacity;
    size_t          *path; /* the edges from y down */
    size_t           depth, path_capacity;
    double          *products; /* of the paths so far */
    size_t           paths, product_capacity;
} walk;

enum { FACTORS_A_ROW = 8, TERMS_A_ROW = 6 };

static bool make_room(const walk *w, void **items, size_t *capacity, size_t count, size_t bytes, tad_status *status)
{
    const tad__plan *plan = &w->d->plan;
    if (tad__reserve(&plan->tape->allocator, items, capacity, count, bytes))
        return true;
    *status = tad__fail_memory(plan->tape, plan->caller, "tad_explain");
    return false;
}

/* ---- Local derivatives ---- */

static tad_status keep_edge(void *user, const tad__step_down *step)
{
    walk      *w = user;
    tad_status status = TAD_OK;
    tad__spot *spot = &w->d->plan.spots[step->to];
    if (!make_room(w, (void **)&w->edges, &w->capacity, w->count + 1, sizeof *w->edges, &status))
        return status;
    edge *added = &w->edges[w->count];
    *added = (edge){.step = *step};
    if (spot->edges == 0)
        spot->first_edge = (uint32_t)w->count;
    for (size_t i = spot->first_edge; i < w->count; i++)
        if (w->edges[i].step.from == step->from) {
            w->edges[i].use += w->edges[i].use == 0;
            added->use = w->edges[i].use + 1;
        }
    spot->edges++;
    w->count++;
    return TAD_OK;
}

static tad_status find_edges(walk *w)
{
    uint32_t   id = w->d->plan.y + 1;
    tad_status status = TAD_OK;
    while (status == TAD_OK && tad__next_shown(&w->d->plan, &id))
        status = tad__each_step(&w->d->plan, id, keep_edge, w);
    return status;
}

static size_t width_of(const walk *w, const edge *e)
{
    const tad__plan *plan = &w->d->plan;
    return tad__width_of(plan, e->step.to) + tad__width_of(plan, e->step.from) + (e->use ? strlen("[1]") : 0);
}

static tad_status put_local_derivatives(walk *w)
{
    tad__derivation *d = w->d;
    tad_status       status = TAD_OK;
    bool             several = false;
    size_t           width = 0;
    for (size_t i = 0; i < w->count; i++) {
        several |= w->edges[i].use > 0;
        width = width_of(w, &w->edges[i]) > width ? width_of(w, &w->edges[i]) : width;
    }
    tad__say(d, "#Local derivatives");
    tad__say(d,
             "How each value changes with those that it is computed from, everything else in its formula held fixed:");
    for (size_t i = 0; i < w->count && status == TAD_OK; i++) {
        const edge *e = &w->edges[i];
        int         term;
        tad__begin_formula(d);
        tad__put_derivative(d, e->step.to, e->step.from, e->use);
        tad__put_padding(d, width_of(w, e), width);
        tad__put(&d->pen, TAD__ALIGN);
        status = tad__derivative_term(&d->terms, e->step.n, e->step.links, &term);
        if (status == TAD_OK)
            tad__put_symbols(d, term);
        tad__put_number(&d->pen, e->step.derivative, 0);
    }
    tad__end_rows(&d->pen);
    if (several)
        tad__say(d, what_uses_are);
    return status;
}

/* ---- Paths ---- */

typedef enum factor_kind { DERIVATIVES, SYMBOLS, NUMBERS } factor_kind;

static tad_status put_factor(walk *w, const edge *e, factor_kind kind)
{
    tad__derivation *d = w->d;
    int              term;
    if (kind == DERIVATIVES)
        tad__put_derivative(d, e->step.to, e->step.from, e->use);
    if (kind == NUMBERS)
        tad__put_number(&d->pen, e->step.derivative, w->depth > 1 ? TAD__SIGN : 0);
    if (kind != SYMBOLS)
        return TAD_OK;
    d->terms.count = d->terms.used = 0;
    tad_status status = tad__derivative_term(&d->terms, e->step.n, e->step.links, &term);
    if (status == TAD_OK && term >= 0)
        tad__put_term(&d->pen, &d->terms, term, false, w->depth > 1 ? TAD__SIGN : 0);
    else if (status == TAD_OK)
        tad__put_derivative(d, e->step.to, e->step.from, e->use);
    return status;
}

static tad_status put_product(walk *w, factor_kind kind)
{
    tad_status status = TAD_OK;
    for (size_t i = 0; i < w->depth && status == TAD_OK; i++) {
        if (i > 0 && i % FACTORS_A_ROW == 0)
            tad__put(&w->d->pen, TAD__NEXT_MORE);
        if (i > 0)
            tad__put(&w->d->pen, TAD__TIMES);
        status = put_factor(w, &w->edges[w->path[i]], kind);
    }
    return status;
}

static tad_status put_path(walk *w)
{
    tad__derivation *d = w->d;
    tad__pen        *pen = &d->pen;
    tad_status       status = TAD_OK;
    double           product = 1;
    for (size_t i = 0; i < w->depth; i++)
        product *= w->edges[w->path[i]].step.derivative;
    if (!make_room(w, (void **)&w->products, &w->product_capacity, w->paths + 1, sizeof *w->products, &status))
        return status;
    w->products[w->paths++] = product;

    tad__begin_paragraph(pen);
    pen->before = TAD__CLOSE_BY;
    tad__output_add(&pen->output, "Path %zu: ", w->paths);
    tad__put(pen, TAD__INLINE);
    tad__put_node(pen, &d->plan, d->plan.y);
    for (size_t i = 0; i < w->depth; i++) {
        tad__put(pen, TAD__BACK);
        tad__put_node(pen, &d->plan, w->edges[w->path[i]].step.from);
    }
    tad__put(pen, TAD__INLINE_END);
    tad__put_text(pen, "\n");
    tad__begin_formula(d);
    tad__put(pen, TAD__ALIGN_HERE);
    status = put_product(w, DERIVATIVES);
    for (factor_kind kind = SYMBOLS; kind <= NUMBERS && status == TAD_OK; kind++) {
        tad__put(pen, TAD__NEXT_EQUALS);
        status = put_product(w, kind);
    }
    if (w->depth > 1) {
        tad__put(pen, TAD__NEXT_EQUALS);
        tad__put_number(pen, product, 0);
    }
    tad__end_rows(pen);
    return status;
}

/* Depth first; path[] holds, for each level, the edge that was taken. There are few paths, and no level without one. */
static tad_status put_paths(walk *w)
{
    const tad__plan *plan = &w->d->plan;
    tad_status       status = TAD_OK;
    uint32_t         at = plan->y;
    if (!make_room(w, (void **)&w->path, &w->path_capacity, plan->shown, sizeof *w->path, &status))
        return status;
    for (;;) {
        while (at != plan->x) {
            w->path[w->depth] = plan->spots[at].first_edge;
            at = w->edges[w->path[w->depth++]].step.from;
        }
        status = put_path(w);
        if (status != TAD_OK)
            return status;
        for (;; w->depth--) { /* back up to where there is another edge */
            if (w->depth == 0)
                return TAD_OK;
            size_t          *taken = &w->path[w->depth - 1];
            const tad__spot *spot = &plan->spots[w->edges[*taken].step.to];
            if (*taken + 1 < spot->first_edge + spot->edges) {
                at = w->edges[++*taken].step.from;
                break;
            }
        }
    }
}

/* ---- The sum ---- */

static void put_sum(walk *w)
{
    tad__derivation *d = w->d;
    tad__pen        *pen = &d->pen;
    double           sum = 0;
    tad__begin_row(pen);
    tad__put_derivative(d, d->plan.y, d->plan.x, 0);
    tad__put(pen, TAD__ALIGN);
    for (size_t i = 0; i < w->paths; i++) {
        double product = w->products[i];
        bool   minus = i > 0 && product < 0;
        sum += product;
        if (i > 0 && i % TERMS_A_ROW == 0)
            tad__put(pen, TAD__NEXT_MORE);
        tad__put_text(pen, i == 0 ? "" : minus ? " - " : " + ");
        tad__put_number(pen, minus ? -product : product, 0);
    }
    if (w->paths > 1) {
        tad__put(pen, TAD__EQUALS);
        tad__put_number(pen, sum, 0);
    }
    tad__end_rows(pen);
}

static tad_status explain(walk *w)
{
    tad__derivation *d = w->d;
    const tad__plan *plan = &d->plan;
    tad_status       status = find_edges(w);
    size_t           width = 0;
    if (status != TAD_OK)
        return status;
    tad__say(d, "#What is computed");
    for (uint32_t id = plan->x + 1; id <= plan->y; id++)
        if (plan->spots[id].between && plan->spots[id].shown && tad__width_of(plan, id) > width)
            width = tad__width_of(plan, id);
    for (uint32_t id = plan->x + 1; id <= plan->y; id++)
        if (plan->spots[id].between && plan->spots[id].shown)
            tad__put_definition(d, id, width);
    status = put_local_derivatives(w);
    if (status != TAD_OK)
        return status;
    tad__say(d, plan->spots[plan->y].exact == 1 ? "#The path from {y} down to {x}" : "#The paths from {y} down to {x}");
    tad__say(d, why_products);
    status = put_paths(w);
    if (status != TAD_OK)
        return status;
    if (w->paths == 1) {
        tad__say(d, "#The derivative");
        tad__say(d, "There is one path, so its product is the derivative.");
    } else {
        tad__say(d, "#The sum over the paths");
        tad__say(d, why_sum);
    }
    put_sum(w);
    if (w->paths > 1)
        tad__say(d, why_reversed);
    return TAD_OK;
}

tad_status tad__explain_paths(tad__derivation *d)
{
    walk                 w = {.d = d};
    const tad_allocator *allocator = &d->plan.tape->allocator;
    tad_status           status = explain(&w);
    tad__resize(allocator, w.edges, w.capacity * sizeof *w.edges, 0);
    tad__resize(allocator, w.path, w.path_capacity * sizeof *w.path, 0);
    tad__resize(allocator, w.products, w.product_capacity * sizeof *w.products, 0);
    return status;
}
