/* How many digits of a gradient to trust: what tad_backward gives against the recorded gradient, computed with pairs. */
#include "diff/adjoints.h"
#include "tools/exact.h"

#include <tad/diff.h>
#include <tad/trust.h>

#include <string.h>

/* Each replay rounds otherwise: two show how far pairs can be trusted, and what can only be estimated takes more. */
enum { REPLAYS = 2, ESTIMATES = 4 };

static const char name[] = "tad_trusted_digits";

typedef struct trust {
    tad_tape       *tape;
    const void     *caller;
    tad_var         y;
    size_t          n;
    const tad_var  *x;
    tad_digits     *out;
    tad__exact_rows rows;
} trust;

/* The gradient that the digits are of. */
static tad_status read_gradients(const trust *t)
{
    tad_digits      *entry = t->out;
    tad__adjoints    callers = tad__adjoints_put_aside(t->tape);
    tad_status       status = tad_backward(t->y);
    const tad__sweep s = {.tape = t->tape, .name = name, .caller = t->caller};
    for (size_t i = 0; i < t->n && status == TAD_OK; i++) {
        tad_array value;
        tad__value_array(t->tape, t->x[i].id, &value);
        int64_t count = tad__array_count(&value);
        bool    reached = t->x[i].id <= t->y.id && tad__is_reached(t->tape, t->x[i].id);
        if (reached)
            status = tad__adjoint_array(&s, t->x[i].id, &value);
        for (int64_t k = 0; k < count && status == TAD_OK; k++) {
            tad_array number = {.dtype = value.dtype, .rank = 0};
            number.data = (char *)value.data + k * (int64_t)tad_dtype_size(value.dtype);
            *entry++ = (tad_digits){.gradient = reached ? tad__array_number(&number) : 0};
        }
    }
    tad__adjoints_put_back(t->tape, callers);
    return status;
}

static double digits_of(double gradient, tad__pair reference, tad_dtype dtype)
{
    double most = (dtype == TAD_F32 ? 24 : 53) * log10(2);
    if (!isfinite(gradient) || !isfinite(reference.hi))
        return 0;
    tad__pair error = tad__pair_sub(tad__pair_of(gradient), reference);
    if (error.hi == 0)
        return most;
    double digits = -log10(fabs(error.hi) / fabs(reference.hi));
    return digits > 0 ? fmin(digits, most) : 0;
}

static tad_status replay(trust *t, const tad_var gx[], uint64_t seed, bool *estimated)
{
    tad_digits *entry = t->out;
    tad__exact  e = {.tape = t->tape,
                     .caller = t->caller,
                     .name = name,
                     .arena.allocator = &t->tape->allocator,
                     .rows = &t->rows,
                     .seed = seed};
    tad_status  status = tad__exact_run(&e, t->n, gx);
    for (size_t i = 0; i < t->n && status == TAD_OK; i++) {
        tad_dtype dtype = tad_dtype_of(t->x[i]);
        int64_t   count = tad_count(t->x[i]);
        for (int64_t k = 0; k < count; k++, entry++) {
            tad__pair reference = tad__exact_at(&e, gx[i].id, k);
            double    digits = digits_of(entry->gradient, reference, dtype);
            if (seed == 0) {
                entry->reference = reference.hi;
                entry->estimated = tad__exact_is_estimated(&e, gx[i].id);
            }
            bool vanishes = entry->gradient == 0 && entry->reference == 0; /* of 0 other last bits leave nothing */
            if (seed == 0 || !vanishes || entry->estimated)
                entry->digits = seed == 0 ? digits : fmin(entry->digits, digits);
            *estimated |= entry->estimated;
        }
    }
    tad__exact_close(&e);
    return status;
}

static tad_status compare(trust *t, tad_var gx[])
{
    tad__recording r = tad__begin_recording(t->tape, t->caller);
    tad_status     status = tad_gradient(t->y, t->n, t->x, gx);
    bool           estimated = false;
    for (uint64_t seed = 0; seed < (estimated ? ESTIMATES : REPLAYS) && status == TAD_OK; seed++)
        status = replay(t, gx, seed, &estimated);
    tad_status recorded = tad__end_recording(t->tape, r, status, 0, NULL);
    tad_tape_rewind(t->tape, r.mark);
    for (int row = 0; row < TAD__ROWS; row++)
        tad__expression_free(&t->tape->allocator, &t->rows.text[row]);
    return recorded;
}

static tad_status check(const trust *t, size_t count)
{
    size_t elements = 0;
    if (t->n > 0 && (!t->x || !t->out))
        return tad__fail(t->tape, t->caller, TAD_EARG, "%s: %s is NULL", name, t->x ? "out" : "x");
    tad_status status = tad__check_list(t->tape, t->n, t->x, "x", name, t->caller);
    for (size_t i = 0; i < t->n && status == TAD_OK; i++) {
        elements += (size_t)tad_count(t->x[i]);
        if (!tad_is_differentiable(t->x[i]))
            status = tad__fail(t->tape, t->caller, TAD_EARG,
                               "%s: x[%zu] does not depend on a differentiable leaf: record it with tad_scalar or "
                               "tad_tensor",
                               name, i);
    }
    if (status == TAD_OK && count != elements)
        status = tad__fail(t->tape, t->caller, TAD_EARG, "%s: room for %zu entries; x has %zu elements", name, count,
                           elements);
    if (status == TAD_OK && tad_count(t->y) != 1)
        status = tad__fail(t->tape, t->caller, TAD_ESHAPE, "%s: y has %lld elements; expected one", name,
                           (long long)tad_count(t->y));
    return status;
}

tad_status tad_trusted_digits(tad_var y, size_t n, const tad_var x[], size_t count, tad_digits out[])
{
    trust      t = {.tape = y.tape, .caller = TAD_CALLER, .y = y, .n = n, .x = x, .out = out};
    tad_status status = tad__check(y, name, t.caller);
    if (status == TAD_OK)
        status = check(&t, count);
    if (status != TAD_OK || n == 0)
        return status;
    tad_var *gx = tad__arena_take(&t.tape->scratch, n * sizeof *gx);
    if (!gx)
        return tad__fail_memory(t.tape, t.caller, name);
    tad_frame outer = tad_enter(t.tape, name, t.caller);
    status = read_gradients(&t);
    if (status == TAD_OK)
        status = compare(&t, gx);
    tad_leave(t.tape, outer);
    tad__arena_rewind(&t.tape->scratch, gx);
    return status;
}
