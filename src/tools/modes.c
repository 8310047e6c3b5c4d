/* The three derivatives of a function that is checked: reverse mode in numbers and recorded, and forward mode. */
#include "base/random.h"
#include "diff/adjoints.h"
#include "tools/check.h"

#include <tad/diff.h>
#include <tad/elementwise.h>
#include <tad/operations.h>

#include <float.h>
#include <math.h>
#include <string.h>

static const char name[] = "tad_gradcheck";

/* ---- reverse mode, in numbers and recorded ---- */

/* w . y, the scalar that is differentiated. */
static tad_var weigh(const tad__checker *k, tad_var y)
{
    tad_array shape;
    tad__value_array(k->tape, y.id, &shape);
    if (shape.dtype != TAD_F64)
        y = tad_cast(y, TAD_F64);
    tad_var weights = tad_tensor_constant(k->tape, TAD_F64, shape.rank, shape.dims, k->weights);
    return tad_sum(tad_mul(y, weights));
}

static size_t list_wanted(const tad__checker *k, const tad_var x[], tad_var out[])
{
    size_t n = 0;
    for (size_t i = 0; i < k->c->n; i++)
        if (tad_is_differentiable(k->c->inputs[i]))
            out[n++] = x[i];
    return n;
}

void tad__list_entries(const tad__checker *k)
{
    tad_gradcheck_entry *entry = k->c->report->entries;
    for (size_t i = 0; i < k->c->n; i++)
        for (int64_t e = 0; tad_is_differentiable(k->c->inputs[i]) && e < tad_count(k->c->inputs[i]); e++) {
            entry->input = i;
            entry->element = e;
            entry++;
        }
}

/* What one rounding of each number of a node does to the result: its adjoint times the rounding, squared and summed. */
static double rounding_of(const tad__checker *k, uint32_t id)
{
    const tad__sweep s = {.tape = k->tape, .name = name};
    tad_array        value, adjoint;
    double           sum = 0;
    tad__value_array(k->tape, id, &value);
    if (k->tape->nodes[id].flags & (TAD__LEAF | TAD__VIEW) || value.dtype == TAD_I64 || !tad__is_reached(k->tape, id) ||
        tad__adjoint_array(&s, id, &adjoint) != TAD_OK)
        return 0;
    int64_t count = tad__array_count(&value);
    double  epsilon = value.dtype == TAD_F32 ? (double)FLT_EPSILON : DBL_EPSILON;
    for (int64_t i = 0; i < count; i++) {
        double v = value.dtype == TAD_F32 ? (double)((const float *)value.data)[i] : ((const double *)value.data)[i];
        double g =
            value.dtype == TAD_F32 ? (double)((const float *)adjoint.data)[i] : ((const double *)adjoint.data)[i];
        double e = v * g * epsilon;
        if (isfinite(e))
            sum += e * e;
    }
    return sum;
}

static void find_rounding(tad__checker *k)
{
    double sum = 0;
    for (uint32_t id = k->first; id <= k->y.id; id++)
        sum += rounding_of(k, id);
    k->rounding = sqrt(sum) / fabs(k->unit);
}

tad_status tad__go_back(tad__checker *k)
{
    tad_var    s = weigh(k, k->y), *gx = k->gx;
    size_t     n = list_wanted(k, k->leaf, k->wanted);
    tad_status status = tad_is_valid(s) ? tad_backward(s) : tad__check_no_memory(k);
    if (status == TAD_OK) {
        find_rounding(k);
        status = tad_gradient(s, n, k->wanted, gx);
    }
    tad_gradcheck_entry *entry = k->c->report->entries;
    double              *numbers = k->values + k->count;
    for (size_t i = 0; i < n && status == TAD_OK; i++) {
        size_t count = (size_t)tad_count(k->wanted[i]);
        status = tad_read_grad(k->wanted[i], numbers, count * sizeof *numbers);
        for (size_t e = 0; e < count && status == TAD_OK; e++)
            entry[e].analytic = entry[e].forward = numbers[e] / k->unit;
        if (status == TAD_OK)
            tad__read_numbers(k, gx[i], numbers);
        for (size_t e = 0; e < count && status == TAD_OK; e++)
            entry[e].recorded = numbers[e] / k->unit;
        entry += count;
    }
    return status;
}

/* ---- forward mode ---- */

static double weighed(const tad__checker *k, const double y[])
{
    double sum = 0;
    for (int64_t i = 0; i < k->outputs; i++)
        sum += k->weights[i] * y[i];
    return sum / k->unit;
}

/* Is entry i one of those to be judged? */
bool tad__is_chosen(const tad__checker *k, size_t i)
{
    size_t most = k->c->most;
    return most == 0 || k->count <= most || tad__random_bits(77, i) % k->count < most;
}

/* <J v, w> against <v, J' w>, then J of one direction after the other, by computing the tangents again. */
static tad_status push_all(tad__checker *k, uint32_t first, tad_var dy, double y[])
{
    tad_gradcheck_entry *entries = k->c->report->entries;
    double               right = 0, terms = 0;
    for (size_t i = 0; i < k->count; i++) {
        right += k->vector[i] * entries[i].analytic;
        terms += fabs(k->vector[i] * entries[i].analytic);
    }
    tad__set_all(k, k->dx, k->vector);
    tad_status status = tad__replay_from(k, first, dy, y);
    double     left = weighed(k, y);
    k->c->report->identity = left == right ? 0 : fabs(left - right) / fmax(terms, fabs(left));
    memset(k->values + k->count, 0, k->count * sizeof *k->values);
    tad__set_all(k, k->dx, k->values + k->count);
    for (size_t i = 0; i < k->count && status == TAD_OK; i++) {
        if (!tad__is_chosen(k, i))
            continue;
        *tad__place(k, k->dx, i) = 1;
        status = tad__replay_from(k, first, dy, y);
        *tad__place(k, k->dx, i) = 0;
        entries[i].forward = weighed(k, y);
    }
    return status;
}

static tad_status record_tangent(tad__checker *k, tad_var *dy)
{
    tad_status status = TAD_OK;
    size_t     n = 0;
    memset(k->values + k->count, 0, k->count * sizeof *k->values);
    for (size_t i = 0; i < k->c->n && status == TAD_OK; i++) {
        if (!tad_is_differentiable(k->c->inputs[i]))
            continue;
        k->dx[i] = k->gx[n++] = tad__leaf_like(k, k->leaf[i], k->values + k->count, false);
        status = tad_is_valid(k->dx[i]) ? TAD_OK : TAD_ENOMEM;
    }
    return status == TAD_OK ? tad_jvp(k->y, n, k->wanted, k->gx, dy) : status;
}

/* A function of which forward mode is refused has only two derivatives to check. */
tad_status tad__go_forward(tad__checker *k)
{
    tad_var    dy = {0};
    bool       clean = k->tape->status == TAD_OK;
    uint32_t   first = k->tape->count;
    tad_status status = record_tangent(k, &dy);
    if (status == TAD_OK)
        status = push_all(k, first, dy, k->weights + 2 * k->outputs);
    k->three = status == TAD_OK;
    if (status == TAD_OK || status == TAD_ENOMEM)
        return status;
    if (clean)
        tad_tape_clear_error(k->tape);
    k->c->report->identity = nan("");
    for (size_t i = 0; i < k->count; i++)
        k->c->report->entries[i].forward = nan("");
    return TAD_OK;
}
