/* One operation by itself: is its derivative right, entry by entry, along a direction, on copies, in place? */
#include "tools/local.h"

#include "base/random.h"
#include "tensor/move.h"

#include <tad/diff.h>
#include <tad/elementwise.h>
#include <tad/operations.h>

#include <math.h>
#include <string.h>

enum { MOST_OUTPUTS = 4096 };

void tad__local_open(tad__local *local, const tad_tape *tape, uint32_t id)
{
    const uint32_t *in;
    local->op = tad__op_of_node(tape, id);
    local->attributes = tad__attributes(tape, id);
    local->n = tad__operands(tape, id, &in);
    if (local->n > local->op->arity) /* a unary row has the same one twice */
        local->n = local->op->arity;
    tad__value_array(tape, id, &local->out);
    for (int k = 0; k < local->n; k++) {
        local->id[k] = in[k];
        local->wanted[k] = tape->nodes[in[k]].flags & TAD__DIFFERENTIABLE;
        tad__value_array(tape, in[k], &local->in[k]);
        local->shape[k] = local->in[k];
    }
}

tad_status tad__local_read(tad__local *local)
{
    local->count = 0;
    for (int k = 0; k < local->n; k++)
        local->count += (size_t)tad__array_count(&local->shape[k]);
    local->values = tad__take_items(&local->tape->allocator, local->count, sizeof *local->values);
    if (!local->values)
        return TAD_ENOMEM;
    double *to = local->values;
    for (int k = 0; k < local->n; k++) {
        tad_array from = tad__array_broadcast(&local->in[k], &local->shape[k]), copy = from;
        copy.dtype = TAD_F64;
        copy.data = to;
        tad__array_set_c_order(&copy);
        if (from.dtype != TAD_I64)
            tad__copy(&copy, &from);
        to += tad__array_count(&from);
    }
    return TAD_OK;
}

void tad__local_close(tad__local *local)
{
    tad__give_back_items(&local->tape->allocator, local->values, local->count, sizeof *local->values);
    local->values = NULL;
}

/* ---- recording it ---- */

static tad_var apply(void *user, size_t n, const tad_var x[])
{
    const tad__local *local = user;
    return tad_apply(local->op, (tad_args){.n = (int)n, .x = x, .attributes = local->attributes});
}

/* Operand k from numbers; indices as they are. */
static tad_var operand(const tad__local *local, int k, const double *values, bool differentiable)
{
    const tad_array *in = &local->in[k], *shape = &local->shape[k];
    if (in->dtype != TAD_I64)
        return differentiable ? tad_tensor(local->tape, TAD_F64, shape->rank, shape->dims, values)
                              : tad_tensor_constant(local->tape, TAD_F64, shape->rank, shape->dims, values);
    tad_array copy = *in;
    tad__array_set_c_order(&copy);
    copy.data = tad__arena_take(&local->tape->scratch, tad__array_bytes(in));
    if (!copy.data)
        return (tad_var){0};
    tad__copy(&copy, in);
    tad_var x = tad_tensor_constant(local->tape, TAD_I64, copy.rank, copy.dims, copy.data);
    tad__arena_rewind(&local->tape->scratch, copy.data);
    return x;
}

static tad_status check(tad__local *local, tad_function *f, void *user, size_t n, const tad_var x[],
                        tad_gradcheck_report *report)
{
    tad__inner   inner = {f, user, local->seed + 3};
    tad__checked c = {.tape = local->tape, .n = n, .inputs = x, .report = report, .most = TAD__MOST_ENTRIES};
    c.f = local->order == 2 ? tad__gradient_of : f;
    c.user = local->order == 2 ? &inner : user;
    tad__gradcheck_options(NULL, &c.options);
    c.options.seed = local->seed;
    c.options.no_diagnosis = true;
    *report = (tad_gradcheck_report){0};
    return tad__check_function(&c);
}

/* What goes wrong on the local tape is no error of the caller's, unless there is no memory. */
static tad_status forgive(tad__local *local, tad_status status)
{
    tad_tape_clear_error(local->tape);
    return status == TAD_ENOMEM ? TAD_ENOMEM : TAD_OK;
}

/* ---- along a direction ---- */

/* The operands x + t v, v random and in proportion to x. */
static tad_var along(void *user, size_t n, const tad_var t[])
{
    const tad__local *local = user;
    tad_tape         *tape = local->tape;
    tad_var           x[TAD_MAX_ARITY];
    const double     *values = local->values;
    double           *v = tad__arena_take(&tape->scratch, (local->count ? local->count : 1) * sizeof *v);
    (void)n;
    if (!v)
        return (tad_var){.tape = tape, .id = TAD__INVALID};
    for (int k = 0; k < local->n; k++) {
        const tad_array *shape = &local->shape[k];
        const tad_array *own = &local->in[k];
        int64_t          count = tad__array_count(shape);
        double           largest = 0;
        x[k] = operand(local, k, values, false);
        for (int64_t i = 0; i < count; i++)
            largest = fmax(largest, fabs(values[i]));
        if (local->wanted[k] && own->dtype != TAD_I64) {
            for (int64_t i = 0; i < count; i++) {
                double size = values[i] != 0 ? fabs(values[i]) : largest > 0 ? 0.1 * largest : 1;
                v[i] = size * tad__weight(local->seed + 1000 + (uint64_t)k, (uint64_t)i);
            }
            x[k] = tad_add(x[k], tad_mul(tad_tensor_constant(tape, TAD_F64, shape->rank, shape->dims, v), t[0]));
        }
        values += count;
    }
    tad__arena_rewind(&tape->scratch, v);
    return apply(user, (size_t)local->n, x);
}

tad_status tad__local_check(tad__local *local, bool *wrong)
{
    tad_gradcheck_report report;
    tad_var              t = tad_scalar(local->tape, 0);
    tad_status           status = check(local, along, local, 1, &t, &report);
    *wrong = status == TAD_OK && report.wrong > 0;
    tad_gradcheck_free(&report);
    tad_tape_rewind(local->tape, 0);
    return forgive(local, status);
}

/* ---- repeated beforehand ---- */

/* Gives the operands the shape of the result in all axes but the last `kept`. False: it is theirs, or they do not go there. */
static bool repeat(tad__local *local, int kept)
{
    bool changed = false;
    for (int k = 0; k < local->n; k++) {
        tad_array *shape = &local->shape[k];
        *shape = local->in[k];
        if (local->in[k].dtype == TAD_I64 || (kept > 0 && shape->rank < kept))
            continue;
        tad_array to = local->out;
        for (int i = 0; i < kept; i++)
            to.dims[to.rank - 1 - i] = shape->dims[shape->rank - 1 - i];
        if (!tad__array_broadcasts_to(&local->in[k], &to))
            return false;
        changed |= !tad__array_same_shape(&local->in[k], &to);
        tad__array_set_shape(shape, to.rank, to.dims);
    }
    return changed;
}

tad_status tad__local_right_if_repeated(tad__local *local, bool *right)
{
    tad_status status = TAD_OK;
    *right = false;
    for (int kept = 0; kept <= 2 && !*right && status == TAD_OK; kept += 2) {
        tad__local other = *local;
        bool       wrong = true;
        if (local->out.rank < kept || !repeat(&other, kept))
            continue;
        status = tad__local_read(&other);
        if (status == TAD_OK) {
            tad_gradcheck_report report;
            tad_var              t = tad_scalar(local->tape, 0);
            status = check(&other, along, &other, 1, &t, &report);
            wrong = status != TAD_OK || report.agree != 1;
            tad_gradcheck_free(&report);
            tad_tape_rewind(local->tape, 0);
            status = forgive(local, status);
        }
        tad__local_close(&other);
        *right = status == TAD_OK && !wrong;
    }
    return status;
}

/* ---- in place ---- */

/* A differentiable leaf that is the array itself, strides and all. */
static tad_var leaf_in_place(tad_tape *tape, const tad_array *array)
{
    if (tad__array_is_scalar(array))
        return tad_scalar(tape, tad__array_number(array));
    tad__record *record = tad__new_record(tape, 0, 0, NULL, "tad_gradcheck");
    if (!record)
        return tad__invalid(tape);
    record->array = *array;
    return tad__push_record(tape, record, TAD__LEAF | TAD__DIFFERENTIABLE);
}

typedef enum { COPIES, SHARED, IN_PLACE } manner;

/* The gradient of w . op(x), or of w . op(x) + u . x where operands are shared, without the u, of operand after operand; of
 * operands that are the same node, the sum in each. */
static tad_status gradient(tad__local *local, manner how, double out[])
{
    tad_tape     *tape = local->tape;
    tad_var       x[TAD_MAX_ARITY], s, w, y;
    const double *values = local->values;
    for (int k = 0; k < local->n; k++) {
        x[k] = (tad_var){0};
        for (int l = 0; l < k && how != COPIES && local->wanted[k]; l++)
            if (local->id[l] == local->id[k])
                x[k] = x[l];
        if (!x[k].tape)
            x[k] = how == IN_PLACE && local->wanted[k] ? leaf_in_place(tape, &local->in[k])
                                                       : operand(local, k, values, local->wanted[k]);
        values += tad__array_count(&local->in[k]);
    }
    y = apply(local, (size_t)local->n, x);
    if (!tad_is_valid(y))
        return tape->status != TAD_OK ? tape->status : TAD_EARG;
    w = tad__random_like(y, local->seed);
    s = tad_sum(tad_mul(tad_dtype_of(y) == TAD_F64 ? y : tad_cast(y, TAD_F64), w));
    for (int k = 0; k < local->n && how != COPIES; k++) {
        bool first = local->wanted[k];
        for (int l = 0; l < k; l++)
            first &= local->id[l] != local->id[k];
        if (first)
            s = tad_add(s, tad_sum(tad_mul(tad_dtype_of(x[k]) == TAD_F64 ? x[k] : tad_cast(x[k], TAD_F64),
                                           tad__random_like(x[k], local->seed + 50 + (uint64_t)k))));
    }
    tad_status status = tad_backward(s);
    for (int k = 0; k < local->n && status == TAD_OK; k++) {
        int64_t count = tad__array_count(&local->in[k]);
        if (local->wanted[k]) {
            tad_array g = local->in[k], to;
            tad__array_set_c_order(&g);
            g.dtype = tad_dtype_of(x[k]);
            g.data = tad__arena_take(&tape->scratch, tad__array_bytes(&g));
            status = g.data ? tad_read_grad(x[k], g.data, tad__array_bytes(&g)) : TAD_ENOMEM;
            to = g;
            to.dtype = TAD_F64;
            to.data = out;
            if (status == TAD_OK)
                tad__copy(&to, &g);
            if (g.data)
                tad__arena_rewind(&tape->scratch, g.data);
            uint64_t seed = local->seed + 50;
            for (int l = 0; l <= k; l++)
                if (local->id[l] == local->id[k]) {
                    seed += (uint64_t)l;
                    break;
                }
            for (int64_t i = 0; i < count && how != COPIES; i++)
                out[i] -= tad__weight(seed, (uint64_t)i);
        } else {
            memset(out, 0, (size_t)count * sizeof *out);
        }
        out += count;
    }
    return status;
}

/* Copies have gradients of their own: those of one and the same node are added up. */
static void add_shares(const tad__local *local, double g[])
{
    double *gk = g;
    for (int k = 0; k < local->n; k++) {
        double *gl = g;
        int64_t count = tad__array_count(&local->in[k]);
        for (int l = 0; l < k; l++) {
            if (local->id[l] == local->id[k])
                for (int64_t i = 0; i < count; i++) {
                    gk[i] += gl[i];
                    gl[i] = gk[i];
                }
            gl += tad__array_count(&local->in[l]);
        }
        gk += count;
    }
}

/* The first element that differs. */
static bool differs(const tad__local *local, const double a[], const double b[], tad__in_place *result)
{
    for (int k = 0; k < local->n; k++) {
        int64_t count = tad__array_count(&local->in[k]);
        double  largest = 1e-300, tolerance = local->in[k].dtype == TAD_F32 ? 1e-3 : 1e-9;
        for (int64_t i = 0; i < count; i++)
            largest = fmax(fmax(largest, isfinite(b[i]) ? fabs(b[i]) : 0), 1e-3);
        for (int64_t i = 0; i < count; i++)
            if (isfinite(b[i]) && !(fabs(a[i] - b[i]) <= tolerance * largest)) {
                *result = (tad__in_place){.operand = k, .element = i, .found = a[i], .right = b[i]};
                return true;
            }
        a += count;
        b += count;
    }
    return false;
}

tad_status tad__local_in_place(tad__local *local, tad__in_place *result)
{
    const tad_allocator *allocator = &local->tape->allocator;
    double              *g = tad__take_items(allocator, local->count, 3 * sizeof *g), *by[3];
    tad_status           status = g ? TAD_OK : TAD_ENOMEM;
    *result = (tad__in_place){0};
    for (int how = COPIES; how <= IN_PLACE && status == TAD_OK; how++) {
        by[how] = g + (size_t)how * local->count;
        status = gradient(local, (manner)how, by[how]);
        tad_tape_rewind(local->tape, 0);
    }
    if (status == TAD_OK) {
        add_shares(local, by[COPIES]);
        if (differs(local, by[SHARED], by[COPIES], result))
            result->cause = TAD_CAUSE_REPEATED;
        else if (differs(local, by[IN_PLACE], by[COPIES], result))
            result->cause = TAD_CAUSE_LAYOUT;
    }
    tad__give_back_items(allocator, g, local->count, 3 * sizeof *g);
    return forgive(local, status);
}

/* ---- entry by entry ---- */

static tad_status read_outputs(const tad__local *local, const tad_var x[], tad__outputs *outputs)
{
    tad_var y = apply((void *)(uintptr_t)local, (size_t)local->n, x);
    int64_t count = tad_is_valid(y) ? tad_count(y) : 0;
    if (count == 0 || count > MOST_OUTPUTS || local->order == 2)
        return TAD_OK;
    outputs->y = tad__take_items(&local->tape->allocator, (size_t)count, 2 * sizeof *outputs->y);
    if (!outputs->y)
        return TAD_ENOMEM;
    outputs->g = outputs->y + count;
    outputs->count = outputs->room = count;
    tad_array from, to;
    tad__value_array(local->tape, y.id, &from);
    to = from;
    to.dtype = TAD_F64;
    to.data = outputs->y;
    tad__array_set_c_order(&to);
    tad__copy(&to, &from);
    for (int64_t i = 0; i < count; i++)
        outputs->g[i] = count == 1 ? 1 : tad__weight(local->seed, (uint64_t)i);
    return TAD_OK;
}

tad_status tad__local_probe(void *user, int point, tad_gradcheck_report *report, tad__outputs *outputs)
{
    tad__local *local = user;
    tad_var     x[TAD_MAX_ARITY];
    double     *moved = tad__take_items(&local->tape->allocator, local->count, sizeof *moved), *values = moved;
    if (!moved)
        return TAD_ENOMEM;
    for (size_t i = 0; i < local->count; i++)
        moved[i] = tad__moved(local->values[i], point, i);
    for (int k = 0; k < local->n; k++) {
        double *fixed = local->values + (values - moved);
        x[k] = operand(local, k, local->wanted[k] ? values : fixed, local->wanted[k]);
        values += tad__array_count(&local->shape[k]);
    }
    local->seed += (uint64_t)point;
    tad_status status = check(local, apply, local, (size_t)local->n, x, report);
    if (status == TAD_OK)
        status = read_outputs(local, x, outputs);
    local->seed -= (uint64_t)point;
    tad__give_back_items(&local->tape->allocator, moved, local->count, sizeof *moved);
    tad_tape_rewind(local->tape, 0);
    tad_tape_clear_error(local->tape);
    return status;
}
