/* Whole Jacobians and Hessians. Recorded: one VJP or JVP for each row or column, joined. As numbers: one sweep each. */
#include "diff/join.h"
#include "diff/products.h"
#include "diff/rules.h"

#include <tad/jacobian.h>
#include <tad/operations.h>

#include <string.h>

/* ---- recorded ---- */

/* y, x, and what is recorded for which function. */
typedef struct pair {
    tad_var     y, x;
    tad_array   value_y, value_x;
    const char *name;
    const void *caller;
} pair;

static tad_status open_pair(pair *p, tad_array *J)
{
    tad_tape *tape = p->y.tape;
    tad__value_array(tape, p->y.id, &p->value_y);
    tad__value_array(tape, p->x.id, &p->value_x);
    int rank_y = p->value_y.rank, rank_x = p->value_x.rank;
    if (rank_y + rank_x > TAD_MAX_RANK)
        return tad__fail(tape, p->caller, TAD_ESHAPE, "%s: values of rank %d and %d give one of rank %d; at most %d",
                         p->name, rank_y, rank_x, rank_y + rank_x, TAD_MAX_RANK);
    tad__array_set_shape(J, rank_y, p->value_y.dims);
    memcpy(J->dims + rank_y, p->value_x.dims, (size_t)rank_x * sizeof *J->dims);
    J->rank = rank_y + rank_x;
    J->dtype = p->value_y.dtype;
    return tad__array_fits(J) ? TAD_OK
                              : tad__fail(tape, p->caller, TAD_ESHAPE,
                                          "%s: the Jacobian would have more bytes than memory can address", p->name);
}

static tad_var reshape_like(tad_var x, const tad_array *shape)
{
    return tad_reshape(x, shape->rank, shape->dims);
}

/* Zeros with a 1 in the middle, of which any unit vector of n elements is a part. */
static tad_var wide_unit(tad_tape *tape, tad_dtype dtype, int64_t n)
{
    tad_var one = tad_reshape(tad_cast(tad_constant(tape, 1), dtype), 1, (const int64_t[]){1});
    return tad_pad(one, 0, n - 1, n - 1);
}

/* Row i of the Jacobian, or column i: a product with a unit vector of `along`'s shape. */
static tad_status record_product(const pair *p, bool by_rows, tad_var wide, int64_t i, tad_var *out)
{
    const tad_array *along = by_rows ? &p->value_y : &p->value_x;
    int64_t          n = tad__array_count(along);
    tad_var          unit = reshape_like(tad_slice(wide, 0, n - 1 - i, 2 * n - 1 - i), along);
    if (!tad_is_valid(unit))
        return tad__status_of_failure(p->y.tape);
    const tad_var y = p->y, x = p->x;
    return by_rows ? tad__record_vjps(1, &y, &unit, 1, &x, out, p->name, p->caller)
                   : tad__record_jvps(1, &y, 1, &x, &unit, out, p->name, p->caller);
}

static tad_status record_matrix(const pair *p, const tad_array *shape, tad_var products[], tad_var *out)
{
    int64_t    rows = tad__array_count(&p->value_y), columns = tad__array_count(&p->value_x);
    bool       by_rows = rows <= columns;
    int64_t    n = by_rows ? rows : columns;
    tad_dtype  dtype = by_rows ? p->value_y.dtype : p->value_x.dtype;
    tad_var    wide = wide_unit(p->y.tape, dtype, n);
    tad_status status = TAD_OK;
    for (int64_t i = 0; i < n && status == TAD_OK; i++)
        status = record_product(p, by_rows, wide, i, &products[i]);
    if (status != TAD_OK)
        return status;
    tad_var all = tad__join((size_t)n, products);
    if (!by_rows)
        all = tad_transpose(tad_reshape(all, 2, (const int64_t[]){columns, rows}));
    *out = reshape_like(all, shape);
    if (tad_is_valid(*out) && tad_dtype_of(*out) != shape->dtype)
        *out = tad_cast(*out, shape->dtype);
    return tad_is_valid(*out) ? TAD_OK : tad__status_of_failure(p->y.tape);
}

static tad_status record_zeros(const pair *p, const tad_array *shape, tad_var *out)
{
    tad_var zero = tad_cast(tad_constant(p->y.tape, 0), shape->dtype);
    *out = tad_broadcast_to(zero, shape->rank, shape->dims);
    return tad_is_valid(*out) ? TAD_OK : tad__status_of_failure(p->y.tape);
}

static tad_status record_jacobian(pair *p, tad_var *out)
{
    tad_tape  *tape = p->y.tape;
    tad_array  shape;
    tad_status status = open_pair(p, &shape);
    if (status != TAD_OK)
        return status;
    int64_t rows = tad__array_count(&p->value_y), columns = tad__array_count(&p->value_x);
    if (rows == 0 || columns == 0)
        return record_zeros(p, &shape, out);
    tad_var *products = tad__arena_take(&tape->scratch, (size_t)(rows < columns ? rows : columns) * sizeof *products);
    if (!products)
        return tad__fail_memory(tape, p->caller, p->name);
    status = record_matrix(p, &shape, products, out);
    tad__arena_rewind(&tape->scratch, products);
    return status;
}

static tad_status check_pair(tad_var y, tad_var x, const tad_var *out, const char *name, const void *caller)
{
    tad_status status = tad__check(y, name, caller);
    if (status == TAD_OK)
        status = tad__check_list(y.tape, 1, &y, "y", name, caller);
    if (status == TAD_OK)
        status = tad__check_list(y.tape, 1, &x, "x", name, caller);
    if (status == TAD_OK && !out)
        status = tad__fail(y.tape, caller, TAD_EARG, "%s: there is no place for the result (NULL)", name);
    return status;
}

tad_status tad_jacobian(tad_var y, tad_var x, tad_var *J)
{
    pair       p = {.y = y, .x = x, .name = "tad_jacobian", .caller = TAD_CALLER};
    tad_status status = check_pair(y, x, J, p.name, p.caller);
    if (status == TAD_OK) {
        tad__recording r = tad__begin_recording(y.tape, p.caller);
        status = tad__end_recording(y.tape, r, record_jacobian(&p, J), 1, J);
    }
    if (status != TAD_OK && J)
        *J = (tad_var){.tape = y.tape, .id = TAD__INVALID};
    return status;
}

static tad_status record_hessian(pair *p, tad_var *H)
{
    tad_tape *tape = p->y.tape;
    if (tad_count(p->y) != 1)
        return tad__fail(tape, p->caller, TAD_ESHAPE, "%s: the value has %lld elements; expected one", p->name,
                         (long long)tad_count(p->y));
    tad_var one = tad__constant_like(p->y, 1), y = p->y;
    if (!tad_is_valid(one))
        return tad__status_of_failure(tape);
    tad_status status = tad__record_vjps(1, &y, &one, 1, &p->x, &p->y, p->name, p->caller);
    return status == TAD_OK ? record_jacobian(p, H) : status;
}

tad_status tad_hessian(tad_var y, tad_var x, tad_var *H)
{
    pair       p = {.y = y, .x = x, .name = "tad_hessian", .caller = TAD_CALLER};
    tad_status status = check_pair(y, x, H, p.name, p.caller);
    if (status == TAD_OK) {
        tad__recording r = tad__begin_recording(y.tape, p.caller);
        status = tad__end_recording(y.tape, r, record_hessian(&p, H), 1, H);
    }
    if (status != TAD_OK && H)
        *H = (tad_var){.tape = y.tape, .id = TAD__INVALID};
    return status;
}

/* ---- as numbers ---- */

static tad_status check_room(const tad__jacobian *j, const double out[], size_t bytes)
{
    size_t needed;
    if (!tad__multiply(j->y.elements, j->x.elements, &needed) || !tad__multiply(needed, sizeof *out, &needed))
        needed = SIZE_MAX;
    if (bytes < needed || (!out && needed))
        return tad__fail(j->tape, j->caller, TAD_EARG, "%s: %zu bytes%s; %zu rows of %zu numbers have %zu", j->name,
                         bytes, out ? " of room" : " at NULL", j->y.elements, j->x.elements, needed);
    return TAD_OK;
}

static tad_status fill_by_rows(const tad__jacobian *j, double unit[], double out[])
{
    tad_status status = TAD_OK;
    for (size_t i = 0; i < j->y.elements && status == TAD_OK; i++) {
        unit[i] = 1;
        status = tad__pull(j, unit, &out[i * j->x.elements]);
        unit[i] = 0;
    }
    return status;
}

static tad_status fill_by_columns(tad__jacobian *j, double unit[], double column[], double out[])
{
    size_t     columns = j->x.elements;
    tad_status status = tad__transpose(j);
    for (size_t k = 0; k < columns && status == TAD_OK; k++) {
        unit[k] = 1;
        status = tad__push(j, unit, column);
        unit[k] = 0;
        for (size_t i = 0; i < j->y.elements && status == TAD_OK; i++)
            out[i * columns + k] = column[i];
    }
    return status;
}

/* Recording u' J took as long as 2 sweeps of matrix products and 400 of scalars, and sweeping it up to 4, when measured. */
static bool pays_to_push(const tad__jacobian *j)
{
    bool scalars = j->y.n == j->y.elements;
    return j->y.elements / 4 > j->x.elements + (scalars ? 100 : 4);
}

static tad_status fill(tad__jacobian *j, double out[])
{
    size_t  rows = j->y.elements, columns = j->x.elements, longer = rows > columns ? rows : columns;
    double *unit = tad__take(j, longer, sizeof *unit), *column = unit ? tad__take(j, rows, sizeof *column) : NULL;
    if (!column)
        return TAD_ENOMEM;
    memset(unit, 0, longer * sizeof *unit);
    if (rows == 0 || columns == 0)
        return TAD_OK;
    return pays_to_push(j) ? fill_by_columns(j, unit, column, out) : fill_by_rows(j, unit, out);
}

tad_status tad_read_jacobian(size_t m, const tad_var y[], size_t n, const tad_var x[], double J[], size_t bytes)
{
    const char   *name = "tad_read_jacobian";
    const void   *caller = TAD_CALLER;
    tad__jacobian j;
    tad__products p;
    tad_status    status = tad__open_jacobian(m, y, n, x, name, caller, &j);
    if (status == TAD_OK)
        status = check_room(&j, J, bytes);
    if (status == TAD_OK)
        status = tad__begin_products(j.tape, name, caller, &p);
    return status == TAD_OK ? tad__end_products(j.tape, &p, fill(&j, J)) : status;
}

tad_status tad_read_hessian(tad_var y, size_t n, const tad_var x[], double H[], size_t bytes)
{
    const char   *name = "tad_read_hessian";
    const void   *caller = TAD_CALLER;
    tad__jacobian j;
    tad__products p;
    tad_status    status = tad__check(y, name, caller);
    if (status == TAD_OK)
        status = tad__begin_products(y.tape, name, caller, &p);
    if (status != TAD_OK)
        return status;
    status = tad__open_hessian(y, n, x, name, caller, &j);
    if (status == TAD_OK)
        status = check_room(&j, H, bytes);
    if (status == TAD_OK)
        status = fill(&j, H);
    return tad__end_products(y.tape, &p, status);
}
