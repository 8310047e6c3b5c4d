#include "diff/rules.h"

#include "base/table.h"
#include "base/text.h"
#include "ops/expression.h"

#include <tad/diff.h>
#include <tad/elementwise.h>
#include <tad/operations.h>

#include <string.h>

/* ---- the partial derivatives of an elementwise operation, parsed once a tape ---- */

struct tad__rules {
    const tad_op   *op;
    tad__expression partial[2];
    UT_hash_handle  hh;
};

static void free_rule(const tad_allocator *allocator, tad__rules *rule)
{
    for (int k = 0; k < 2; k++)
        tad__expression_free(allocator, &rule->partial[k]);
    tad__resize(allocator, rule, sizeof *rule, 0);
}

static void free_rules(tad_tape *tape)
{
    const tad_allocator *table_allocator = &tape->allocator;
    tad__rules          *rule, *next;
    HASH_ITER(hh, tape->rules, rule, next)
    {
        HASH_DEL(tape->rules, rule);
        free_rule(table_allocator, rule);
    }
}

static tad_status parse(tad_tape *tape, const tad_op *op, tad__rules *rule, const void *caller)
{
    static const char *const unary[] = {"x", "y"}, *const binary[] = {"a", "b", "y"};
    rule->op = op;
    for (int k = 0; k < op->arity; k++) {
        tad_text_error error;
        tad_status     status = tad__expression_parse(&tape->allocator, op->partial[k], op->arity == 1 ? unary : binary,
                                                      op->arity + 1, &rule->partial[k], &error);
        if (status == TAD_EARG)
            return tad__fail(tape, caller, status, "%s: derivative \"%s\", column %d: %s", op->name, op->partial[k],
                             error.column, error.message);
        if (status != TAD_OK)
            return tad__fail_memory(tape, caller, op->name);
    }
    return TAD_OK;
}

static tad_status find_rule(tad_tape *tape, const tad_op *op, tad__rules **out, const void *caller)
{
    const tad_allocator *table_allocator = &tape->allocator;
    bool                 out_of_memory = false;
    tad__rules          *rule;
    HASH_FIND_PTR(tape->rules, &op, rule);
    *out = rule;
    if (rule)
        return TAD_OK;
    rule = tad__resize(table_allocator, NULL, 0, sizeof *rule);
    if (!rule)
        return tad__fail_memory(tape, caller, op->name);
    memset(rule, 0, sizeof *rule);
    tad_status status = parse(tape, op, rule, caller);
    if (status == TAD_OK) {
        HASH_ADD_PTR(tape->rules, op, rule);
        if (out_of_memory)
            status = tad__fail_memory(tape, caller, op->name);
    }
    if (status != TAD_OK) {
        free_rule(table_allocator, rule);
        return status;
    }
    tape->free_rules = free_rules;
    *out = rule;
    return TAD_OK;
}

/* ---- evaluating them on the tape ---- */

/* A number known while recording, or a node: 1 * y is then just y, and 0 needs no node at all. */
typedef struct term {
    bool    is_number;
    double  number;
    tad_var node;
} term;

static tad_var node_of(tad_tape *tape, term t)
{
    return t.is_number ? tad_constant(tape, t.number) : t.node;
}

static term call(tad_tape *tape, const tad_op *op, const term *arguments)
{
    int     row = tad__row_of(op);
    term    first = arguments[0], last = arguments[op->arity - 1];
    tad_var operands[TAD_MAX_ARITY];
    if (row >= 0 && first.is_number && last.is_number) {
        term     result = {.is_number = true};
        tad__run run = {.n = 1, .a = &first.number, .b = &last.number, .out = &result.number};
        tad__kernels_f64[row].forward(&run);
        return result;
    }
    for (int k = 0; k < op->arity; k++)
        operands[k] = node_of(tape, arguments[k]);
    return (term){.node = tad_apply(op, (tad_args){.n = op->arity, .x = operands})};
}

static term evaluate(tad_tape *tape, const tad__expression *expression, const tad_var names[], term stack[])
{
    size_t top = 0;
    for (size_t i = 0; i < expression->count; i++) {
        const tad__step *step = &expression->steps[i];
        if (step->kind == TAD__CALL)
            top -= (size_t)step->op->arity;
        if (step->kind == TAD__NUMBER)
            stack[top] = (term){.is_number = true, .number = step->number};
        else if (step->kind == TAD__NAME)
            stack[top] = (term){.node = names[step->name]};
        else
            stack[top] = call(tape, step->op, &stack[top]);
        top++;
    }
    return stack[0];
}

/* Where g is 0, the product is, whatever the factor: see `scale` in elementwise.def. */
static tad_var multiply(tad_tape *tape, tad_var g, term factor)
{
    if (!factor.is_number)
        return tad_scale(g, factor.node);
    if (factor.number == 0)
        return (tad_var){0};
    if (factor.number == 1)
        return g;
    return factor.number == -1 ? tad_neg(g) : tad_mul(g, tad_constant(tape, factor.number));
}

/* g * dy/d(operand k); a zeroed handle if that is 0 everywhere. */
static tad_status times_partial(tad_tape *tape, const tad_op *op, const tad_rule *at, int k, tad_var g, tad_var *out,
                                const void *caller)
{
    tad__rules *rule;
    tad_status  status = find_rule(tape, op, &rule, caller);
    if (status != TAD_OK)
        return status;
    const tad__expression *partial = &rule->partial[k];
    tad_var                names[3] = {at->x[0], op->arity == 1 ? at->y : at->x[op->arity - 1], at->y};
    term                  *stack = tad__arena_take(&tape->scratch, partial->depth * sizeof(term));
    if (!stack)
        return tad__fail_memory(tape, caller, op->name);
    term factor = evaluate(tape, partial, names, stack);
    tad__arena_rewind(&tape->scratch, stack);
    *out = multiply(tape, g, factor);
    return TAD_OK;
}

/* ---- a node, as its rule sees it ---- */

typedef struct node_rule {
    tad_rule rule;
    tad_var  x[TAD_MAX_ARITY];
} node_rule;

static void open_node(tad_tape *tape, uint32_t id, node_rule *node)
{
    const uint32_t *in;
    int             n = tad__operands(tape, id, &in);
    for (int k = 0; k < n; k++)
        node->x[k] = tad__handle(tape, in[k]);
    node->rule = (tad_rule){.op = tad__op_of_node(tape, id),
                            .n = n,
                            .x = node->x,
                            .y = tad__handle(tape, id),
                            .attributes = tad__attributes(tape, id)};
}

/* ---- shapes and element types ---- */

static int shape_of(tad_var x, int64_t dims[TAD_MAX_RANK])
{
    tad_array array;
    tad__value_array(x.tape, x.id, &array);
    for (int i = 0; i < array.rank; i++)
        dims[i] = array.dims[i];
    return array.rank;
}

static bool same_shape(tad_var a, tad_var b)
{
    tad_array x, y;
    tad__value_array(a.tape, a.id, &x);
    tad__value_array(b.tape, b.id, &y);
    return tad__array_same_shape(&x, &y);
}

static tad_var with_dtype_of(tad_var g, tad_var x)
{
    tad_dtype dtype = tad_dtype_of(x);
    return tad_is_valid(g) && tad_dtype_of(g) != dtype ? tad_cast(g, dtype) : g;
}

/* A gradient summed down to the shape of its operand, in the operand's element type. */
static tad_status fit_gradient(tad_var *g, const node_rule *node, int k, const void *caller)
{
    const char *name = node->rule.op->name;
    tad_var     x = node->x[k];
    tad_tape   *tape = x.tape;
    if (!tad__is_on(tape, *g))
        return tad__fail(tape, caller, tad__status_of_failure(tape),
                         "%s: its rule gave an invalid gradient for operand %d", name, k + 1);
    tad_array gradient, operand;
    tad__value_array(tape, g->id, &gradient);
    tad__value_array(tape, x.id, &operand);
    if (!tad__array_broadcasts_to(&operand, &gradient)) {
        char      words[320];
        tad__text text = {.out = words, .size = sizeof words};
        tad__text_add_shape(&text, &gradient);
        tad__text_add(&text, " for operand %d, ", k + 1);
        tad__text_add_shape(&text, &operand);
        return tad__fail(tape, caller, TAD_ESHAPE, "%s: its rule gave a gradient of shape %s; expected the same shape",
                         name, words);
    }
    if (!tad__array_same_shape(&gradient, &operand))
        *g = tad_sum_to(*g, operand.rank, operand.dims);
    *g = with_dtype_of(*g, x);
    return tad_is_valid(*g) ? TAD_OK : tad__status_of_failure(tape);
}

/* A tangent repeated to the shape of its node. */
static tad_var fit_tangent(tad_var d, tad_var y)
{
    int64_t dims[TAD_MAX_RANK];
    d = with_dtype_of(d, y);
    if (tad_is_valid(d) && !same_shape(d, y))
        d = tad_broadcast_to(d, shape_of(y, dims), dims);
    return d;
}

tad_var tad__constant_like(tad_var x, double number)
{
    return fit_tangent(tad_constant(x.tape, number), x);
}

tad_status tad__check_like(tad_var dx, tad_var x, const char *name, const void *caller)
{
    if (dx.tape != x.tape)
        return tad__fail(x.tape, caller, TAD_ETAPE, "%s: the direction is %s", name, tad__handle_problem(x.tape, dx));
    tad_status status = tad__check(dx, name, caller);
    if (status != TAD_OK)
        return status;
    if (!same_shape(dx, x)) {
        char      words[320];
        tad__text text = {.out = words, .size = sizeof words};
        tad_array a, b;
        tad__value_array(x.tape, dx.id, &a);
        tad__value_array(x.tape, x.id, &b);
        tad__text_add_shape(&text, &a);
        tad__text_add(&text, "; expected ");
        tad__text_add_shape(&text, &b);
        return tad__fail(x.tape, caller, TAD_ESHAPE, "%s: the direction is %s, the shape of its value", name, words);
    }
    if (tad_dtype_of(dx) != tad_dtype_of(x))
        return tad__fail(x.tape, caller, TAD_EDTYPE, "%s: the direction is %s; expected %s, the type of its value",
                         name, tad_dtype_name(tad_dtype_of(dx)), tad_dtype_name(tad_dtype_of(x)));
    return TAD_OK;
}

tad_status tad__status_of_failure(const tad_tape *tape)
{
    return tape->status != TAD_OK ? tape->status : TAD_EARG;
}

/* ---- one node ---- */

tad_status tad__record_vjp(tad_tape *tape, uint32_t id, tad_var gy, const bool wanted[], tad_var gx[],
                           const void *caller)
{
    node_rule node;
    open_node(tape, id, &node);
    const tad_op *op = node.rule.op;
    node.rule.gy = gy;
    node.rule.gx = gx;
    node.rule.wanted = wanted;
    for (int k = 0; k < node.rule.n; k++)
        gx[k] = (tad_var){0};
    if (op->constant)
        return TAD_OK;
    if (op->compose)
        return tad__vjp_of_checkpoint(tape, &node.rule, caller);
    if (op->vjp)
        op->vjp(&node.rule);
    for (int k = 0; k < node.rule.n; k++) {
        if (!wanted[k])
            continue;
        if (!op->vjp) {
            tad_status status = times_partial(tape, op, &node.rule, k, gy, &gx[k], caller);
            if (status != TAD_OK)
                return status;
        }
        if (!gx[k].tape)
            continue;
        tad_status status = fit_gradient(&gx[k], &node, k, caller);
        if (status != TAD_OK)
            return status;
    }
    return TAD_OK;
}

/* dy += d, where either may be none yet. */
static void add_tangent(tad_var *dy, tad_var d)
{
    if (d.tape)
        *dy = dy->tape ? tad_add(*dy, d) : d;
}

/* The VJP is linear in its cotangent w, so the JVP is its transpose: the VJP of w -> vjp(w), for the cotangent dx. */
static tad_status transpose_vjp(tad_tape *tape, uint32_t id, const node_rule *node, const tad_var dx[], tad_var *dy,
                                const void *caller)
{
    bool    wanted[TAD_MAX_ARITY] = {false};
    tad_var gx[TAD_MAX_ARITY], w = tad__constant_like(node->rule.y, 0);
    for (int k = 0; k < node->rule.n; k++)
        wanted[k] = dx[k].tape != NULL;
    tad_status status =
        tad_is_valid(w) ? tad__record_vjp(tape, id, w, wanted, gx, caller) : tad__status_of_failure(tape);
    for (int k = 0; k < node->rule.n && status == TAD_OK; k++)
        if (wanted[k] && gx[k].tape) {
            tad_var d = {0};
            status = tad_vjp(gx[k], dx[k], 1, &w, &d);
            add_tangent(dy, d);
        }
    return status;
}

static void push_linear(const node_rule *node, const tad_var dx[], tad_var *dy)
{
    for (int k = 0; k < node->rule.n; k++) {
        if (!dx[k].tape)
            continue;
        tad_var x[TAD_MAX_ARITY];
        for (int i = 0; i < node->rule.n; i++)
            x[i] = i == k ? dx[k] : node->x[i];
        add_tangent(
            dy, tad_apply(node->rule.op, (tad_args){.n = node->rule.n, .x = x, .attributes = node->rule.attributes}));
    }
}

static tad_status push_partials(tad_tape *tape, const node_rule *node, const tad_var dx[], tad_var *dy,
                                const void *caller)
{
    for (int k = 0; k < node->rule.n; k++) {
        tad_var d = {0};
        if (!dx[k].tape)
            continue;
        tad_status status = times_partial(tape, node->rule.op, &node->rule, k, dx[k], &d, caller);
        if (status != TAD_OK)
            return status;
        add_tangent(dy, d);
    }
    return TAD_OK;
}

tad_status tad__record_jvp(tad_tape *tape, uint32_t id, const tad_var dx[], tad_var *dy, const void *caller)
{
    node_rule node;
    open_node(tape, id, &node);
    const tad_op *op = node.rule.op;
    tad_status    status = TAD_OK;
    *dy = (tad_var){0};
    if (op->constant)
        return TAD_OK;
    if (op->compose)
        return tad__jvp_of_checkpoint(tape, &node.rule, dx, dy, caller);
    if (op->jvp) {
        bool has[TAD_MAX_ARITY];
        for (int k = 0; k < node.rule.n; k++)
            has[k] = dx[k].tape != NULL;
        node.rule.dx = dx;
        node.rule.wanted = has;
        *dy = op->jvp(&node.rule);
    } else if (op->linear) {
        push_linear(&node, dx, dy);
    } else if (tad__has_partials(op)) {
        status = push_partials(tape, &node, dx, dy, caller);
    } else {
        status = transpose_vjp(tape, id, &node, dx, dy, caller);
    }
    if (status != TAD_OK || !dy->tape)
        return status;
    if (tad__is_on(tape, *dy))
        *dy = fit_tangent(*dy, node.rule.y);
    return tad__is_on(tape, *dy) ? TAD_OK
                                 : tad__fail(tape, caller, tad__status_of_failure(tape),
                                             "%s: its rule gave an invalid tangent", op->name);
}
