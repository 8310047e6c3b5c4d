#include "tools/exact.h"

#include "base/random.h"
#include "tensor/move.h"
#include "tools/elements.h"

#include <string.h>

/* ---- values ---- */

static const tad__exact *owner_of(const tad__exact *e, uint32_t id)
{
    while (id < e->low)
        e = e->below;
    return e;
}

static tad__exact_value *value_of(const tad__exact *e, uint32_t id)
{
    e = owner_of(e, id);
    return &e->values[id - e->low];
}

/* Arrays of both parts, in C order. */
static void get_parts(const tad__exact *e, uint32_t id, tad_array *hi, tad_array *lo)
{
    tad__exact_value *value = value_of(e, id);
    tad__value_array(e->tape, id, hi);
    *lo = *hi;
    lo->data = NULL;
    if (hi->dtype == TAD_I64)
        return;
    bool scalar = tad__array_is_scalar(hi);
    hi->dtype = TAD_F64;
    tad__array_set_c_order(hi);
    *lo = *hi;
    hi->data = scalar ? &value->number.hi : value->data;
    lo->data = scalar ? &value->number.lo : value->data + tad__array_count(hi);
}

tad__pair tad__exact_at(const tad__exact *e, uint32_t id, int64_t element)
{
    tad_array hi, lo;
    get_parts(e, id, &hi, &lo);
    return tad__exact_get(&hi, &lo, element);
}

bool tad__exact_is_estimated(const tad__exact *e, uint32_t id)
{
    return value_of(e, id)->estimated;
}

/* ---- running an operation's own functions on parts ---- */

static void end_call(tad__exact_node *node)
{
    (void)tad__end_call(&node->call);
    node->scratch = NULL;
}

tad_status tad__exact_forward(tad__exact_node *node, const tad_array *out)
{
    tad_tape     *tape = node->e->tape;
    tad_array     to = *out;
    tad_status    before = tape->status;
    const tad_op *op = node->call.op;
    node->call.out = &to;
    if (op->forward)
        op->forward(&node->call);
    else
        tad__elementwise_map(&node->call);
    end_call(node);
    node->call.out = &node->out_hi;
    if (node->refused == TAD_OK || node->refused == TAD_ENOMEM)
        return node->refused;
    if (before == TAD_OK) /* numbers that it does not like */
        tad_tape_clear_error(tape);
    node->refused = TAD_OK;
    tad__fill(&to, (double)NAN);
    return TAD_OK;
}

/* The operation on `in`, of any one type, into `out`. */
static tad_status rearrange(tad__exact_node *node, const tad_array *in, const tad_array *out)
{
    const tad_op *op = node->call.op;
    tad_array     view = *out;
    tad_status    status = TAD_OK;
    node->call.in = in;
    node->call.out = &view;
    if (op->view && op->view(&node->call, in, &view))
        tad__copy(out, &view);
    else
        status = tad__exact_forward(node, out);
    node->call.in = node->hi;
    node->call.out = &node->out_hi;
    return status;
}

/* What only moves elements moves first and second parts alike. A constant beside them, as that around a padded value, has
 * no second part: it is found by moving zeros. */
static tad_status move(tad__exact_node *node)
{
    tad__arena *scratch = &node->e->tape->scratch;
    double      nothing = 0, *constants = tad__arena_take(scratch, tad__array_bytes(&node->out_hi));
    tad_array   zero = tad__array_of_number(&nothing), alone = node->out_hi;
    if (!constants)
        return tad__fail_memory(node->e->tape, node->e->caller, node->e->name);
    alone.data = constants;
    for (int k = 0; k < node->call.n; k++)
        if (!node->lo[k].data)
            node->lo[k] = node->hi[k];
    tad_status status = rearrange(node, node->hi, &node->out_hi);
    if (status == TAD_OK)
        status = rearrange(node, node->lo, &node->out_lo);
    for (int k = 0; k < node->call.n; k++)
        if (node->lo[k].dtype == TAD_F64)
            node->lo[k] = tad__array_broadcast(&zero, &node->lo[k]);
    if (status == TAD_OK)
        status = rearrange(node, node->lo, &alone);
    if (status == TAD_OK)
        tad__accumulate(&node->out_lo, &alone, -1);
    tad__arena_rewind(scratch, constants);
    return status;
}

/* x, rounded at random to one of the doubles around it. */
static double jitter(const tad__exact_node *node, int k, int64_t i, double x, double unit)
{
    uint64_t stream = node->e->seed * 1000003 + (uint64_t)node->id * 37 + (uint64_t)k;
    return node->e->seed ? x * (1 + unit * tad__random_uniform(stream, (uint64_t)i, -1, 1)) : x;
}

static bool round_operands(const tad__exact_node *node, tad_array rounded[])
{
    for (int k = 0; k < node->call.n; k++) {
        rounded[k] = node->hi[k];
        if (!node->lo[k].data)
            continue;
        int64_t       count = tad__array_count(&node->hi[k]);
        const double *from = node->hi[k].data;
        double       *to = tad__arena_take(&node->e->tape->scratch, tad__array_bytes(&node->hi[k]));
        if (!to)
            return false;
        rounded[k].data = to;
        for (int64_t i = 0; i < count; i++)
            to[i] = jitter(node, k, i, from[i], 0x1p-52);
    }
    return true;
}

/* Nothing better is known: double arithmetic, with operands and result rounded at random. An operation from elsewhere may
 * know no type but that of its node, so of an f32 one the value stays. */
static tad_status estimate(tad__exact_node *node)
{
    const tad_op *op = node->call.op;
    tad__exact   *e = node->e;
    tad__arena   *scratch = &e->tape->scratch;
    tad_array    *rounded = tad__arena_take(scratch, TAD_MAX_ARITY * sizeof *rounded), recorded;
    tad_status    status = rounded ? TAD_OK : TAD_ENOMEM;
    double        unit = 0x1p-52;
    tad__value_array(e->tape, node->id, &recorded);
    if (status == TAD_OK && recorded.dtype == TAD_F32 && tad_op_find(op->name) != op) {
        unit = 0x1p-23;
        tad__copy(&node->out_hi, &recorded);
    } else if (status == TAD_OK && round_operands(node, rounded)) {
        node->call.in = rounded;
        status = tad__exact_forward(node, &node->out_hi);
        node->call.in = node->hi;
    } else {
        status = TAD_ENOMEM;
    }
    int64_t count = tad__array_count(&node->out_hi);
    double *to = node->out_hi.data;
    for (int64_t i = 0; i < count && status == TAD_OK; i++)
        to[i] = jitter(node, -1, i, to[i], unit);
    memset(node->out_lo.data, 0, tad__array_bytes(&node->out_lo));
    node->estimated = true;
    if (rounded)
        tad__arena_rewind(scratch, rounded);
    return status == TAD_ENOMEM ? tad__fail_memory(e->tape, e->caller, e->name) : status;
}

/* ---- groups: extrema and products over axes ---- */

/* NaN wins. */
static tad__pair combine(const tad_op *op, tad__pair a, tad__pair b)
{
    if (strcmp(op->name, "prod") == 0)
        return tad__pair_mul(a, b);
    if (isnan(a.hi) || isnan(b.hi))
        return isnan(a.hi) ? a : b;
    int order = strcmp(op->name, "max") == 0 ? 1 : -1;
    return tad__pair_compare(a, b) == -order ? b : a;
}

static bool is_fold(const tad_op *op)
{
    return (strcmp(op->name, "max") == 0 || strcmp(op->name, "min") == 0 || strcmp(op->name, "prod") == 0) &&
           tad_op_find(op->name) == op;
}

static tad_status fold(tad__exact_node *node)
{
    tad_array group = node->out_hi, from = node->hi[0];
    int64_t   count = tad__array_count(&from), results = tad__array_count(&group);
    bool     *begun = tad__arena_take(&node->e->tape->scratch, (size_t)results);
    if (!begun)
        return tad__fail_memory(node->e->tape, node->e->caller, node->e->name);
    memset(begun, 0, (size_t)results);
    for (int64_t i = 0; i < results; i++) /* the product of nothing */
        tad__exact_put(node, i, tad__pair_of(1));
    node->call.op->depends(&node->call, 0, &group, &from);
    for (int64_t i = 0; i < count; i++) {
        int64_t   to = tad__offset_of(&group, i);
        tad__pair x = tad__exact_get(&node->hi[0], &node->lo[0], tad__offset_of(&from, i));
        tad__pair before = tad__exact_get(&node->out_hi, &node->out_lo, to);
        tad__exact_put(node, to, begun[to] ? combine(node->call.op, before, x) : x);
        begun[to] = true;
    }
    tad__arena_rewind(&node->e->tape->scratch, begun);
    return TAD_OK;
}

/* ---- what is made of other operations ---- */

/* Records the parts of a node, or a checkpoint again, at the end of the tape, computes that, and forgets it. */
static tad_status by_parts(tad__exact *e, uint32_t id)
{
    tad_tape       *tape = e->tape;
    const tad_op   *op = tad__op_of_node(tape, id);
    const uint32_t *in;
    tad_var         x[TAD_MAX_ARITY], y;
    tad_array       value, hi, lo;
    tad_rule rule = {.op = op, .n = tad__operands(tape, id, &in), .x = x, .attributes = tad__attributes(tape, id)};
    if (e->depth == TAD__MAX_DEPTH)
        return tad__fail(tape, e->caller, TAD_EARG, "%s: checkpoints in checkpoints, %d deep, are too many", e->name,
                         TAD__MAX_DEPTH);
    for (int k = 0; k < rule.n; k++)
        x[k] = tad__handle(tape, in[k]);
    tad__value_array(tape, id, &value);
    tad__exact inner = *e;
    inner.below = e;
    inner.depth++;
    inner.low = tape->count;
    inner.values = NULL;
    inner.arena = (tad__arena){.allocator = &tape->allocator};
    y = op->parts ? op->parts(&rule) : tad__record_again(tape, &rule, &value, e->caller);
    tad_status status = TAD_OK;
    if (!tad__is_on(tape, y))
        status = tape->status != TAD_OK ? tape->status : TAD_EARG;
    if (status == TAD_OK && y.id >= inner.low)
        status = tad__exact_run(&inner, 1, &y);
    if (status == TAD_OK) {
        get_parts(e, id, &hi, &lo);
        for (int64_t i = 0; i < tad__array_count(&hi); i++) {
            tad__pair p = tad__exact_at(&inner, y.id, i);
            ((double *)hi.data)[i] = p.hi;
            ((double *)lo.data)[i] = p.lo;
        }
        value_of(e, id)->estimated = tad__exact_is_estimated(&inner, y.id);
    }
    tad__exact_close(&inner);
    if (tape->count >= inner.low)
        tad_tape_rewind(tape, inner.low);
    return status;
}

/* ---- nodes ---- */

static tad_status take_recorded(tad__exact_node *node)
{
    tad_array recorded;
    tad__value_array(node->e->tape, node->id, &recorded);
    tad__copy(&node->out_hi, &recorded);
    memset(node->out_lo.data, 0, tad__array_bytes(&node->out_lo));
    return TAD_OK;
}

/* A number stays the number it is, whatever the type. */
static tad_status cast(tad__exact_node *node)
{
    tad__copy(&node->out_hi, &node->hi[0]);
    if (node->lo[0].data)
        tad__copy(&node->out_lo, &node->lo[0]);
    else
        memset(node->out_lo.data, 0, tad__array_bytes(&node->out_lo));
    return TAD_OK;
}

static tad_status compute(tad__exact_node *node)
{
    const tad_op *op = node->call.op;
    bool          was_view = node->e->tape->nodes[node->id].flags & TAD__VIEW, has_floats = false;
    for (int k = 0; k < node->call.n; k++)
        has_floats |= node->lo[k].data != NULL;
    if (!has_floats && op != tad_op_find("cast")) /* a leaf, or made of indices */
        return take_recorded(node);
    if (tad__row_of(op) >= 0 || op == &tad__op_where)
        return tad__exact_elementwise(node);
    if (op->any_dtype || was_view)
        return move(node);
    if (op == tad_op_find("cast"))
        return cast(node);
    if (tad__exact_is_sum(op))
        return tad__exact_sums(node);
    return is_fold(op) ? fold(node) : estimate(node);
}

static tad_status compute_record(tad__exact *e, uint32_t id)
{
    const uint32_t  *in;
    tad__exact_node *node = tad__arena_take(&e->tape->scratch, sizeof *node);
    if (!node)
        return tad__fail_memory(e->tape, e->caller, e->name);
    *node = (tad__exact_node){.e = e, .id = id};
    node->call = (tad_call){.op = tad__op_of_node(e->tape, id),
                            .n = tad__operands(e->tape, id, &in),
                            .in = node->hi,
                            .out = &node->out_hi,
                            .attributes = tad__attributes(e->tape, id),
                            .tape = e->tape,
                            .caller = e->caller,
                            .refused = &node->refused,
                            .scratch = &node->scratch};
    for (int k = 0; k < node->call.n; k++) {
        get_parts(e, in[k], &node->hi[k], &node->lo[k]);
        node->estimated |= node->lo[k].data && value_of(e, in[k])->estimated;
    }
    get_parts(e, id, &node->out_hi, &node->out_lo);
    tad_status status = compute(node);
    value_of(e, id)->estimated = node->estimated;
    tad__arena_rewind(&e->tape->scratch, node);
    return status;
}

/* A row of scalars. */
static tad_status compute_scalar(const tad__exact *e, uint32_t id)
{
    const tad__node  *node = &e->tape->nodes[id];
    tad__exact_value *to = value_of(e, id);
    if (node->flags & TAD__LEAF) {
        to->number = tad__pair_of(e->tape->values[id]);
        return TAD_OK;
    }
    const tad__exact_value *a = value_of(e, node->in[0]), *b = value_of(e, node->in[1]);
    tad_status              status = tad__exact_prepare(e, node->row);
    bool                    estimated = a->estimated || b->estimated;
    if (status == TAD_OK)
        to->number = tad__exact_row(e, id, 0, a->number, b->number, &estimated);
    to->estimated = estimated;
    return status;
}

static tad_status compute_node(tad__exact *e, uint32_t id)
{
    const tad_op *op = tad__op_of_node(e->tape, id);
    tad_array     value;
    if (!(e->tape->nodes[id].flags & TAD__RECORD))
        return compute_scalar(e, id);
    tad__value_array(e->tape, id, &value);
    if (value.dtype == TAD_I64)
        return TAD_OK;
    if (!(e->tape->nodes[id].flags & TAD__SCALAR)) {
        double *data = tad__arena_take(&e->arena, (size_t)tad__array_count(&value) * 2 * sizeof *data);
        if (!data)
            return tad__fail_memory(e->tape, e->caller, e->name);
        value_of(e, id)->data = data;
    }
    return op && (op->parts || op->compose) ? by_parts(e, id) : compute_record(e, id);
}

tad_status tad__exact_run(tad__exact *e, size_t n, const tad_var y[])
{
    e->high = e->low;
    for (size_t i = 0; i < n; i++)
        e->high = y[i].id > e->high ? y[i].id : e->high;
    size_t count = (size_t)e->high - e->low + 1;
    bool  *below = tad__mark_below(e->tape, e->low, n, y);
    e->values = tad__resize(&e->tape->allocator, NULL, 0, count * sizeof *e->values);
    tad_status status = below && e->values ? TAD_OK : tad__fail_memory(e->tape, e->caller, e->name);
    if (e->values)
        memset(e->values, 0, count * sizeof *e->values);
    for (uint32_t id = e->low; id <= e->high && status == TAD_OK; id++)
        if (below[id - e->low])
            status = compute_node(e, id);
    if (below)
        tad__arena_rewind(&e->tape->scratch, below);
    return status;
}

void tad__exact_close(tad__exact *e)
{
    if (e->values)
        tad__resize(&e->tape->allocator, e->values, ((size_t)e->high - e->low + 1) * sizeof *e->values, 0);
    e->values = NULL;
    tad__arena_free(&e->arena);
}
