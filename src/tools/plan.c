#include "tools/plan.h"

#include <math.h>
#include <string.h>

/* ---- What passes derivatives on ---- */

static int copy_operands(const tad__plan *plan, uint32_t id, uint32_t in[TAD_MAX_ARITY])
{
    const uint32_t *operands;
    int             n = tad__operands(plan->tape, id, &operands);
    for (int k = 0; k < n; k++)
        in[k] = operands[k];
    return n;
}

/* Its derivative may be 0 here, but not everywhere. */
static bool passes(const tad__plan *plan, uint32_t id, int k, uint32_t operand)
{
    const tad_op *op = tad__op_of_node(plan->tape, id);
    tad_array     array;
    if (op->constant || (k < 2 && op->partial[k] && strcmp(op->partial[k], "0") == 0))
        return false;
    tad__value_array(plan->tape, operand, &array);
    return array.dtype != TAD_I64;
}

bool tad__is_passed(const tad__plan *plan, uint32_t id, int k)
{
    const uint32_t *in;
    int             n = tad__operands(plan->tape, id, &in);
    return k < n && plan->spots[in[k]].between && passes(plan, id, k, in[k]);
}

static bool has_one_element(const tad__plan *plan, uint32_t id)
{
    tad_array array;
    tad__value_array(plan->tape, id, &array);
    return tad__array_count(&array) == 1;
}

double tad__number_of(const tad__plan *plan, uint32_t id)
{
    tad_array array;
    tad__value_array(plan->tape, id, &array);
    return tad__array_number(&array);
}

/* ---- Between x and y ---- */

static void mark_between(tad__plan *plan)
{
    tad__spot *spots = plan->spots;
    spots[plan->x].between = true; /* at first: depends on x */
    for (uint32_t id = plan->x + 1; id <= plan->y; id++) {
        const uint32_t *in;
        int             n = tad__operands(plan->tape, id, &in);
        for (int k = 0; k < n && !spots[id].between; k++)
            spots[id].between = spots[in[k]].between && passes(plan, id, k, in[k]);
    }
    spots[plan->y].uses = 1; /* y itself */
    for (uint32_t id = plan->y + 1; id-- > plan->x;) {
        const uint32_t *in;
        int             n = tad__operands(plan->tape, id, &in);
        spots[id].between &= spots[id].uses > 0;
        for (int k = 0; k < n && spots[id].between && id > plan->x; k++)
            if (spots[in[k]].between && passes(plan, id, k, in[k]))
                spots[in[k]].uses = spots[in[k]].uses ? 2 : 1;
    }
}

static void count_paths(tad__plan *plan)
{
    tad__spot *spots = plan->spots;
    spots[plan->x].paths = 1;
    spots[plan->x].exact = 1;
    for (uint32_t id = plan->x + 1; id <= plan->y; id++) {
        const uint32_t *in;
        int             n = tad__operands(plan->tape, id, &in);
        for (int k = 0; k < n && spots[id].between; k++) {
            if (!tad__is_passed(plan, id, k))
                continue;
            uint64_t more = spots[in[k]].exact;
            spots[id].paths += spots[in[k]].paths;
            spots[id].exact = more > UINT64_MAX - spots[id].exact ? UINT64_MAX : spots[id].exact + more;
        }
    }
}

/* ---- What stands for itself ---- */

bool tad__is_literal(const tad__plan *plan, uint32_t id)
{
    const uint32_t *in;
    return tad__operands(plan->tape, id, &in) == 0 && id != plan->x && has_one_element(plan, id) &&
           !tad_name(tad__handle(plan->tape, id));
}

/* Sums, products and squares are part of a formula; (o - t)^2, too. */
static bool is_arithmetic(const tad__plan *plan, uint32_t id)
{
    const uint32_t *in;
    tad__operands(plan->tape, id, &in);
    switch (tad__row_of(tad__op_of_node(plan->tape, id))) {
    case TAD__ROW_add:
    case TAD__ROW_sub:
    case TAD__ROW_mul:
    case TAD__ROW_div:
    case TAD__ROW_neg:
    case TAD__ROW_square:
        return true;
    case TAD__ROW_pow:
        return tad__is_literal(plan, in[1]);
    default:
        return false;
    }
}

static bool is_shown(const tad__plan *plan, uint32_t id)
{
    const tad__spot *spot = &plan->spots[id];
    const uint32_t  *in;
    if (id == plan->x || id == plan->y || tad_name(tad__handle(plan->tape, id)))
        return true;
    if (tad__operands(plan->tape, id, &in) == 0)
        return !tad__is_literal(plan, id);
    return spot->between && (!plan->numbers || spot->uses > 1 || !is_arithmetic(plan, id));
}

/* Formulas that would be too long are cut: the longest operand gets a name. */
static void choose_shown(tad__plan *plan)
{
    tad__spot *spots = plan->spots;
    for (uint32_t id = 0; id <= plan->y; id++) {
        uint32_t in[TAD_MAX_ARITY];
        int      n = copy_operands(plan, id, in), size = n > 0;
        spots[id].shown = is_shown(plan, id);
        for (int k = 0; k < n; k++)
            size += spots[in[k]].shown ? 0 : spots[in[k]].size;
        while (size > TAD__MOST_INLINED) {
            int longest = -1;
            for (int k = 0; k < n; k++)
                if (!spots[in[k]].shown && (longest < 0 || spots[in[k]].size > spots[in[longest]].size))
                    longest = k;
            spots[in[longest]].shown = true;
            size = n > 0;
            for (int k = 0; k < n; k++)
                size += spots[in[k]].shown ? 0 : spots[in[k]].size;
            if (spots[in[longest]].size <= 1)
                break; /* one of many operands */
        }
        spots[id].size = (uint16_t)size;
    }
    for (uint32_t id = plan->x; id <= plan->y; id++)
        plan->shown += spots[id].between && spots[id].shown;
}

/* The depth of a formula is that of its operations, which are few. */
static void mention(tad__plan *plan, uint32_t id)
{
    const uint32_t *in;
    int             n = tad__operands(plan->tape, id, &in);
    for (int k = 0; k < n; k++) {
        tad__spot *spot = &plan->spots[in[k]];
        if (spot->shown)
            spot->mentioned |= !spot->between;
        else
            mention(plan, in[k]);
    }
}

bool tad__next_shown(const tad__plan *plan, uint32_t *id)
{
    while ((*id)-- > plan->x)
        if (plan->spots[*id].between && plan->spots[*id].shown)
            return true;
    return false;
}

/* ---- Names ---- */

static uint32_t last_of(const tad__plan *plan)
{
    return plan->x > plan->y ? plan->x : plan->y;
}

static bool is_numbered(const char *name, char letter)
{
    return *name == letter && name[1] && name[1 + strspn(name + 1, "0123456789")] == '\0';
}

static void number_unnamed(tad__plan *plan)
{
    static const char letters[] = "vutszqrkjn"; /* the first that no name of the tape looks like */
    const tad_tape   *tape = plan->tape;
    uint32_t          count = 0;
    bool              taken = true;
    for (size_t l = 0; taken && letters[l]; l++) {
        taken = false;
        plan->letter = letters[l];
        for (size_t i = 0; i < tape->label_count && !taken; i++)
            taken = is_numbered(tape->labels[i].text, letters[l]);
    }
    for (uint32_t id = 0; id <= last_of(plan); id++) {
        tad__spot *spot = &plan->spots[id];
        if (((spot->between && spot->shown) || spot->mentioned) && !tad_name(tad__handle(plan->tape, id)))
            spot->number = ++count;
    }
}

const char *tad__label_of(const tad__plan *plan, uint32_t id, size_t *ordinal)
{
    const tad_tape *tape = plan->tape;
    const char     *name = tad_name(tad__handle(plan->tape, id));
    size_t          before = 0, all = 0;
    for (size_t i = 0; name && i < tape->label_count; i++)
        if (strcmp(tape->labels[i].text, name) == 0) {
            before += tape->labels[i].id <= id;
            all++;
        }
    *ordinal = all > 1 ? before : 0;
    return name;
}

/* ---- Steps and adjoints ---- */

typedef struct descent {
    const tad__plan   *plan;
    tad__step_visitor *visit;
    void              *user;
    tad__step_down     step;
} descent;

static tad_status go_down(descent *d, uint32_t id, double derivative)
{
    uint32_t   in[TAD_MAX_ARITY];
    int        n = copy_operands(d->plan, id, in);
    tad_status status = TAD_OK;
    for (int k = 0; k < n && status == TAD_OK; k++) {
        double local;
        if (!tad__is_passed(d->plan, id, k))
            continue;
        status = tad__local_derivative(d->plan->tape, id, k, &local, "tad_explain", d->plan->caller);
        if (status != TAD_OK)
            return status;
        d->step.links[d->step.n++] = (tad__link){id, k};
        d->step.from = in[k];
        d->step.derivative = derivative * local;
        status = d->plan->spots[in[k]].shown ? d->visit(d->user, &d->step) : go_down(d, in[k], derivative * local);
        d->step.n--;
    }
    return status;
}

tad_status tad__each_step(const tad__plan *plan, uint32_t id, tad__step_visitor *visit, void *user)
{
    descent d = {.plan = plan, .visit = visit, .user = user, .step = {.to = id}};
    return id == plan->x ? TAD_OK : go_down(&d, id, 1);
}

/* The reverse sweep, over numbers; a cotangent of 0 hands on 0. */
static tad_status compute_adjoints(tad__plan *plan)
{
    tad__spot *spots = plan->spots;
    tad_status status = TAD_OK;
    spots[plan->y].adjoint = 1;
    for (uint32_t id = plan->y; id > plan->x && status == TAD_OK; id--) {
        uint32_t in[TAD_MAX_ARITY];
        int      n = spots[id].between && spots[id].adjoint != 0 ? copy_operands(plan, id, in) : 0;
        for (int k = 0; k < n && status == TAD_OK; k++) {
            double local;
            if (!tad__is_passed(plan, id, k))
                continue;
            status = tad__local_derivative(plan->tape, id, k, &local, "tad_explain", plan->caller);
            if (status == TAD_OK)
                spots[in[k]].adjoint += spots[id].adjoint * local;
        }
    }
    return status;
}

static size_t bytes_of(const tad__plan *plan)
{
    return ((size_t)last_of(plan) + 1) * sizeof *plan->spots;
}

tad_status tad__plan_make(tad__plan *plan, tad_var y, tad_var x, const void *caller)
{
    *plan = (tad__plan){.tape = y.tape, .x = x.id, .y = y.id, .caller = caller, .numbers = true};
    plan->spots = tad__resize(&plan->tape->allocator, NULL, 0, bytes_of(plan));
    if (!plan->spots)
        return tad__fail_memory(plan->tape, caller, "tad_explain");
    memset(plan->spots, 0, bytes_of(plan));
    plan->spots[x.id].mentioned = plan->spots[y.id].mentioned = true;
    tad_status status = TAD_OK;
    if (x.id <= y.id)
        mark_between(plan);
    if (plan->spots[y.id].between) {
        count_paths(plan);
        for (uint32_t id = x.id; id <= y.id; id++)
            plan->numbers &= !plan->spots[id].between || has_one_element(plan, id);
        choose_shown(plan);
        for (uint32_t id = x.id + 1; id <= y.id; id++)
            if (plan->spots[id].between && plan->spots[id].shown)
                mention(plan, id);
        if (plan->numbers)
            status = compute_adjoints(plan);
    }
    number_unnamed(plan);
    if (status != TAD_OK)
        tad__plan_free(plan);
    return status;
}

void tad__plan_free(tad__plan *plan)
{
    tad__resize(&plan->tape->allocator, plan->spots, bytes_of(plan), 0);
    plan->spots = NULL;
}
