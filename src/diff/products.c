#include "diff/products.h"

#include "diff/adjoints.h"
#include "diff/rules.h"
#include "tensor/move.h"

#include <string.h>

/* ---- opening ---- */

static size_t elements_of(const tad_tape *tape, size_t n, const tad_var x[])
{
    size_t    sum = 0;
    tad_array array;
    for (size_t i = 0; i < n; i++) {
        tad__value_array(tape, x[i].id, &array);
        sum += (size_t)tad__array_count(&array);
    }
    return sum;
}

static tad_tape *tape_of(size_t n, const tad_var x[])
{
    return n && x ? x[0].tape : NULL;
}

/* What the numbers of a sweep are to be read from has to depend on a differentiable leaf. */
static tad_status check_x(const tad__jacobian *j)
{
    for (size_t i = 0; i < j->x.n; i++)
        if (!(j->tape->nodes[j->x.x[i].id].flags & TAD__DIFFERENTIABLE))
            return tad__fail(
                j->tape, j->caller, TAD_EARG,
                "%s: x[%zu] does not depend on a differentiable leaf: record it with tad_scalar or tad_tensor", j->name,
                i);
    return TAD_OK;
}

tad_status tad__open_jacobian(size_t m, const tad_var y[], size_t n, const tad_var x[], const char *name,
                              const void *caller, tad__jacobian *out)
{
    tad_tape *tape = tape_of(m, y) ? tape_of(m, y) : tape_of(n, x);
    if (!tape)
        return m && y ? TAD_ETAPE : TAD_EARG;
    *out = (tad__jacobian){.tape = tape, .y = {.n = m, .x = y}, .x = {.n = n, .x = x}, .name = name, .caller = caller};
    if ((m && !y) || (n && !x))
        return tad__fail(tape, caller, TAD_EARG, "%s: y or x is NULL; expected %zu and %zu handles", name, m, n);
    tad_status status = tad__check_list(tape, m, y, "y", name, caller);
    if (status == TAD_OK)
        status = tad__check_list(tape, n, x, "x", name, caller);
    if (status != TAD_OK)
        return status;
    out->y.elements = elements_of(tape, m, y);
    out->x.elements = elements_of(tape, n, x);
    return check_x(out);
}

tad_status tad__open_hessian(tad_var y, size_t n, const tad_var x[], const char *name, const void *caller,
                             tad__jacobian *out)
{
    tad_status status = tad__open_jacobian(1, &y, n, x, name, caller, out);
    if (status == TAD_OK && out->y.elements != 1)
        status = tad__fail(out->tape, caller, TAD_ESHAPE, "%s: the value has %zu elements; expected one", name,
                           out->y.elements);
    tad_var *gx = status == TAD_OK ? tad__take(out, n, sizeof *gx) : NULL;
    if (!gx)
        return status == TAD_OK ? TAD_ENOMEM : status;
    tad_var one = tad__constant_like(y, 1);
    status =
        tad_is_valid(one) ? tad__record_vjps(1, &y, &one, n, x, gx, name, caller) : tad__status_of_failure(out->tape);
    out->y = (tad__list){.n = n, .x = gx, .elements = out->x.elements};
    return status;
}

/* ---- scratch ---- */

tad_status tad__begin_products(tad_tape *tape, const char *name, const void *caller, tad__products *out)
{
    out->scratch = tad__arena_take(&tape->scratch, 1);
    if (!out->scratch)
        return tad__fail_memory(tape, caller, name);
    out->recording = tad__begin_recording(tape, caller);
    return TAD_OK;
}

tad_status tad__end_products(tad_tape *tape, const tad__products *p, tad_status status)
{
    status = tad__end_recording(tape, p->recording, status, 0, NULL);
    tad__arena_rewind(&tape->scratch, p->scratch);
    if (tape->count > p->recording.mark)
        tad_tape_rewind(tape, p->recording.mark);
    return status;
}

void *tad__take(const tad__jacobian *j, size_t n, size_t item_bytes)
{
    size_t bytes;
    void  *block = tad__multiply(n, item_bytes, &bytes) ? tad__arena_take(&j->tape->scratch, bytes) : NULL;
    if (!block)
        tad__fail_memory(j->tape, j->caller, j->name);
    return block;
}

/* ---- sweeping ---- */

/* The numbers of one value in a vector, which are not written to. */
static tad_array part_of(const double vector[], const tad_array *value)
{
    tad_array part = *value;
    part.dtype = TAD_F64;
    part.data = (void *)(uintptr_t)vector;
    tad__array_set_c_order(&part);
    return part;
}

static bool is_zero(const double vector[], int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (vector[i] != 0)
            return false;
    return true;
}

/* The nodes between which there is something to sweep: from the lowest that is read to the highest with a seed. */
static bool find_range(tad__sweep *s, const tad__list *from, const double seed[], const tad__list *to)
{
    bool any = false;
    s->low = UINT32_MAX;
    for (size_t i = 0; i < to->n; i++)
        s->low = to->x[i].id < s->low ? to->x[i].id : s->low;
    for (size_t i = 0; i < from->n; i++) {
        tad_array value;
        tad__value_array(s->tape, from->x[i].id, &value);
        int64_t n = tad__array_count(&value);
        if (from->x[i].id >= s->low && (!any || from->x[i].id > s->high) && !is_zero(seed, n)) {
            any = true;
            s->high = from->x[i].id;
        }
        seed += n;
    }
    return any;
}

static tad_status add_seeds(const tad__sweep *s, const tad__list *from, const double seed[])
{
    for (size_t i = 0; i < from->n; i++) {
        tad_array to;
        tad__value_array(s->tape, from->x[i].id, &to);
        tad_array  part = part_of(seed, &to);
        int64_t    n = tad__array_count(&to);
        tad_status status = TAD_OK;
        seed += n;
        if (from->x[i].id < s->low || is_zero(part.data, n))
            continue;
        status = tad__adjoint_array(s, from->x[i].id, &to);
        if (status != TAD_OK)
            return status;
        tad__accumulate(&to, &part, 1);
    }
    return TAD_OK;
}

static tad_status read_adjoints(const tad__sweep *s, const tad__list *to, double product[])
{
    for (size_t i = 0; i < to->n; i++) {
        uint32_t  id = to->x[i].id;
        tad_array from;
        tad__value_array(s->tape, id, &from);
        tad_array part = part_of(product, &from);
        int64_t   n = tad__array_count(&from);
        if (id <= s->high && tad__is_reached(s->tape, id)) {
            tad_status status = tad__adjoint_array(s, id, &from);
            if (status != TAD_OK)
                return status;
            tad__copy(&part, &from);
        } else {
            memset(product, 0, (size_t)n * sizeof *product);
        }
        product += n;
    }
    return TAD_OK;
}

/* product = seed' d(from)/d(to) */
static tad_status sweep(const tad__jacobian *j, const tad__list *from, const double seed[], const tad__list *to,
                        double product[])
{
    tad__sweep s = {.tape = j->tape, .name = j->name, .caller = j->caller};
    if (!find_range(&s, from, seed, to)) {
        memset(product, 0, to->elements * sizeof *product);
        return TAD_OK;
    }
    tad_status status = tad__sweep_start(&s);
    if (status == TAD_OK)
        status = add_seeds(&s, from, seed);
    if (status == TAD_OK)
        status = tad__sweep_run(&s);
    return status == TAD_OK ? read_adjoints(&s, to, product) : status;
}

tad_status tad__pull(const tad__jacobian *j, const double u[], double product[])
{
    return sweep(j, &j->y, u, &j->x, product);
}

tad_status tad__push(const tad__jacobian *j, const double v[], double product[])
{
    return sweep(j, &j->gx, v, &j->w, product);
}

/* The cotangents are zeros, as nothing depends on their values; differentiable, so that the sweep goes down to them. */
tad_status tad__transpose(tad__jacobian *j)
{
    tad_var   *w = tad__take(j, j->y.n, sizeof *w), *gx = w ? tad__take(j, j->x.n, sizeof *gx) : NULL;
    tad_status status = gx ? TAD_OK : TAD_ENOMEM;
    for (size_t i = 0; i < j->y.n && status == TAD_OK; i++) {
        w[i] = tad__constant_like(j->y.x[i], 0);
        if (tad_is_valid(w[i]))
            j->tape->nodes[w[i].id].flags |= TAD__DIFFERENTIABLE;
        else
            status = tad__status_of_failure(j->tape);
    }
    if (status == TAD_OK && j->y.n > 0)
        status = tad__record_vjps(j->y.n, j->y.x, w, j->x.n, j->x.x, gx, j->name, j->caller);
    j->w = (tad__list){.n = j->y.n, .x = w, .elements = j->y.elements};
    j->gx = (tad__list){.n = j->x.n, .x = gx, .elements = j->x.elements};
    return status;
}
