/* Nodes next to a kink: where the expression that is 0 there, or what stands in its place, is small. */
#include "ops/expression.h"
#include "ops/pool.h"
#include "tools/elements.h"

#include <tad/trust.h>

#include <float.h>
#include <math.h>
#include <string.h>

enum { DEEPEST = 512 }; /* places on the stack of an expression */

static const char name[] = "tad_near_kinks";

typedef struct finder {
    tad_tape         *tape;
    const void       *caller;
    double            delta;
    tad_kink_visitor *visit;
    void             *user;
    bool              stopped;
    tad_status        status;
    tad__expression   rows[TAD__ROWS]; /* parsed so far */
} finder;

/* The node that is looked at. */
typedef struct place {
    finder   *f;
    uint32_t  id;
    tad_call  call;
    tad_array in[TAD_MAX_ARITY], out;
} place;

static void report(const place *p, int64_t element, double distance)
{
    finder *f = p->f;
    if (f->stopped || distance > f->delta) /* NaN is reported */
        return;
    const tad_near_kink kink = {tad__handle(f->tape, p->id), element, distance, p->call.op->kink};
    f->stopped = !f->visit(f->user, &kink);
}

static double scale_of(int n, const double x[])
{
    double scale = 1;
    for (int k = 0; k < n; k++)
        scale = fmax(scale, fabs(x[k]));
    return scale;
}

/* ---- elementwise operations: an expression in the operands ---- */

static double evaluate(const tad__expression *expression, const double x[])
{
    double stack[DEEPEST];
    size_t top = 0;
    for (size_t i = 0; i < expression->count; i++) {
        const tad__step *step = &expression->steps[i];
        if (step->kind == TAD__CALL)
            top -= (size_t)step->op->arity;
        double *at = &stack[top++];
        if (step->kind == TAD__NUMBER)
            *at = step->number;
        else if (step->kind == TAD__NAME)
            *at = x[step->name];
        else if (step->op == &tad__op_where)
            *at = at[0] != 0 ? at[1] : at[2];
        else
            tad__kernels_f64[tad__row_of(step->op)].forward(
                &(const tad__run){.n = 1, .a = &at[0], .b = &at[step->op->arity - 1], .out = at});
    }
    return stack[0];
}

/* How far x is from where the expression is 0, to first order. */
static double distance_from(const tad__expression *expression, int n, const double x[])
{
    double here = evaluate(expression, x), slope = 0;
    if (here == 0)
        return 0;
    for (int k = 0; k < n; k++) {
        double h = fmax(0x1p-20, fabs(x[k]) * 0x1p-40), up[2] = {x[0], x[1]}, down[2] = {x[0], x[1]};
        up[k] += h;
        down[k] -= h;
        slope += fabs(evaluate(expression, up) - evaluate(expression, down)) / (up[k] - down[k]);
    }
    double distance = fabs(here) / slope / scale_of(n, x);
    return isnan(distance) ? HUGE_VAL : distance < DBL_EPSILON ? 0 : distance; /* sin(pi x) is not quite 0 */
}

static bool parse(const place *p, tad__expression *expression)
{
    static const char *const unary[] = {"x"}, *const binary[] = {"a", "b"};
    finder        *f = p->f;
    const tad_op  *op = p->call.op;
    tad_text_error error;
    f->status = tad__expression_parse(&f->tape->allocator, op->kink, op->arity == 1 ? unary : binary, op->arity,
                                      expression, &error);
    if (f->status == TAD_EARG)
        tad__fail(f->tape, f->caller, TAD_EARG, "%s: the kink of %s, \"%s\", column %d: %s", name, op->name, op->kink,
                  error.column, error.message);
    else if (f->status == TAD_ENOMEM)
        tad__fail_memory(f->tape, f->caller, name);
    else if (expression->depth > DEEPEST)
        f->status = tad__fail(f->tape, f->caller, TAD_EARG, "%s: the kink of %s is nested too deep", name, op->name);
    return f->status == TAD_OK;
}

static void find_elementwise(const place *p)
{
    int             row = tad__row_of(p->call.op);
    tad__expression own = {0}, *expression = row >= 0 ? &p->f->rows[row] : &own;
    int64_t         count = tad__array_count(&p->out);
    if (expression->count > 0 || parse(p, expression))
        for (int64_t i = 0; i < count && !p->f->stopped; i++) {
            double x[2] = {0};
            for (int k = 0; k < p->call.n; k++)
                tad__element_at(&p->in[k], &p->out, i, &x[k]);
            report(p, i, distance_from(expression, p->call.n, x));
        }
    tad__expression_free(&p->f->tape->allocator, &own);
}

/* A condition that is a comparison has a kink of its own, and one that cannot be differentiated does not move. */
static void find_condition(const place *p)
{
    tad_var condition = tad_operand(tad__handle(p->f->tape, p->id), 0);
    int64_t count = tad__array_count(&p->out);
    if (!tad_is_differentiable(condition) || (tad_op_of(condition) && tad__is_piecewise_constant(tad_op_of(condition))))
        return;
    for (int64_t i = 0; i < count && !p->f->stopped; i++) {
        double c;
        if (tad__element_at(&p->in[0], &p->out, i, &c))
            report(p, i, fabs(c) / scale_of(1, &c));
    }
}

/* ---- the greatest of a group: how far it is ahead of the next ---- */

typedef struct lead {
    double first, second;
} lead;

static const lead no_lead = {-HUGE_VAL, -HUGE_VAL};

/* Is it the greatest so far? */
static bool take(lead *l, double x)
{
    bool leads = x > l->first;
    l->second = leads ? l->first : fmax(l->second, x);
    l->first = leads ? x : l->first;
    return leads;
}

static void report_lead(const place *p, int64_t element, const lead *l)
{
    if (isfinite(l->first) && l->second > -HUGE_VAL)
        report(p, element, (l->first - l->second) / 2 / scale_of(1, &l->first));
}

static void find_extreme(const place *p, double sign)
{
    tad_array   group = p->out, from = p->in[0];
    tad__arena *scratch = &p->f->tape->scratch;
    int64_t     count = tad__array_count(&p->out);
    lead       *leads = tad__arena_take(scratch, (size_t)count * sizeof *leads);
    if (!leads) {
        p->f->status = tad__fail_memory(p->f->tape, p->f->caller, name);
        return;
    }
    for (int64_t i = 0; i < count; i++)
        leads[i] = no_lead;
    p->call.op->depends(&p->call, 0, &group, &from);
    for (int64_t i = 0; i < tad__array_count(&from); i++) {
        double x;
        if (tad__element_at(&from, &from, i, &x))
            take(&leads[tad__offset_of(&group, i)], sign * x);
    }
    for (int64_t i = 0; i < count; i++)
        report_lead(p, i, &leads[i]);
    tad__arena_rewind(scratch, leads);
}

static void find_max(const place *p)
{
    find_extreme(p, 1);
}

static void find_min(const place *p)
{
    find_extreme(p, -1);
}

/* Windows over the last two axes of x; for the operations beside max_pool2d, too, whose first operand is that x. */
static void find_pool(const place *p)
{
    const tad_array *x = &p->in[0];
    tad_array        y = *x;
    tad__pool        pool;
    double          *row;
    if (tad__pool_shape(&p->call, TAD__POOL_MAXIMA, x, &y) != TAD_OK ||
        !tad__pool_windows(&p->call, x, &y, &pool, &row))
        return;
    int64_t height = x->dims[x->rank - 2], width = x->dims[x->rank - 1];
    int64_t rows = y.dims[y.rank - 2], columns = y.dims[y.rank - 1], count = tad__array_count(&y);
    bool    scatters = p->call.op == &tad__op_max_pool2d_scatter; /* whose result is like x */
    for (int64_t i = 0; i < count; i++) {
        lead               l = no_lead;
        int64_t            largest = 0;
        const tad__window *down = &pool.windows[0][i / columns % rows], *across = &pool.windows[1][i % columns];
        for (int64_t r = 0; r < down->count; r++)
            for (int64_t c = 0; c < across->count; c++) {
                double  number;
                int64_t line = i / (rows * columns) * height + down->first + r * down->step;
                int64_t at = line * width + across->first + c * across->step;
                if (tad__element_at(x, x, at, &number) && take(&l, number))
                    largest = at;
            }
        report_lead(p, scatters ? largest : i, &l);
    }
}

/* Norms, which have a kink where they are 0. */
static void find_zero(const place *p)
{
    int64_t count = tad__array_count(&p->out);
    for (int64_t i = 0; i < count; i++) {
        double y;
        if (tad__element_at(&p->out, &p->out, i, &y))
            report(p, i, fabs(y) / scale_of(1, &y));
    }
}

static const struct {
    const char *op;
    void (*find)(const place *p);
} measures[] = {
    {"where", find_condition},
    {"max", find_max},
    {"min", find_min},
    {"norm", find_zero},
    {"std", find_zero},
    {"max_pool2d", find_pool},
    {"adaptive_max_pool2d", find_pool},
    {"max_pool2d_gather", find_pool},
    {"max_pool2d_scatter", find_pool},
};

/* ---- all nodes ---- */

static void find_structured(const place *p)
{
    const tad_op *op = p->call.op;
    for (size_t i = 0; i < sizeof measures / sizeof *measures; i++)
        if (strcmp(op->name, measures[i].op) == 0 && tad_op_find(op->name) == op) {
            measures[i].find(p);
            return;
        }
    report(p, -1, (double)NAN);
}

static void look_at(finder *f, uint32_t id)
{
    const tad_op *op = tad__op_of_node(f->tape, id);
    tad_status    refused = TAD_OK;
    void         *scratch = NULL;
    place         p = {.f = f, .id = id};
    if (!op || !op->kink || !(f->tape->nodes[id].flags & TAD__DIFFERENTIABLE))
        return;
    const uint32_t *in;
    p.call = (tad_call){.op = op,
                        .n = tad__operands(f->tape, id, &in),
                        .in = p.in,
                        .out = &p.out,
                        .attributes = tad__attributes(f->tape, id),
                        .tape = f->tape,
                        .caller = f->caller,
                        .refused = &refused,
                        .scratch = &scratch};
    tad__value_array(f->tape, id, &p.out);
    for (int k = 0; k < p.call.n; k++)
        tad__value_array(f->tape, in[k], &p.in[k]);
    if (tad__has_partials(op))
        find_elementwise(&p);
    else
        find_structured(&p);
    tad_status status = tad__end_call(&p.call);
    if (f->status == TAD_OK)
        f->status = status;
}

tad_status tad_near_kinks(tad_var y, double delta, tad_kink_visitor *visit, void *user)
{
    finder     f = {.tape = y.tape, .caller = TAD_CALLER, .delta = delta, .visit = visit, .user = user};
    tad_status status = tad__check(y, name, f.caller);
    if (status != TAD_OK)
        return status;
    if (!visit)
        return tad__fail(f.tape, f.caller, TAD_EARG, "%s: the visitor is NULL", name);
    if (!(delta >= 0))
        return tad__fail(f.tape, f.caller, TAD_EARG, "%s: delta %g; expected 0 or more", name, delta);
    bool *below = tad__mark_below(f.tape, 0, 1, &y);
    if (!below)
        return tad__fail_memory(f.tape, f.caller, name);
    for (uint32_t id = 0; id <= y.id && f.status == TAD_OK && !f.stopped; id++)
        if (below[id])
            look_at(&f, id);
    tad__arena_rewind(&f.tape->scratch, below);
    for (int row = 0; row < TAD__ROWS; row++)
        tad__expression_free(&f.tape->allocator, &f.rows[row]);
    return f.status;
}
