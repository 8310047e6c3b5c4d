/* The gradient checker: what the public function makes of a check and a diagnosis. */
#include "tools/gradcheck.h"

#include <tad/diff.h>
#include <tad/elementwise.h>
#include <tad/operations.h>

#include <math.h>

/* ---- second order ---- */

tad_var tad__random_like(tad_var x, uint64_t seed)
{
    tad_tape *tape = x.tape;
    tad_array shape;
    tad__value_array(tape, x.id, &shape);
    int64_t count = tad__array_count(&shape);
    double *w = tad__arena_take(&tape->scratch, (size_t)count * sizeof *w);
    if (!w) {
        tad__fail_memory(tape, NULL, "tad_gradcheck");
        return tad__invalid(tape);
    }
    for (int64_t i = 0; i < count; i++)
        w[i] = tad__weight(seed, (uint64_t)i);
    tad_var weights = tad_tensor_constant(tape, TAD_F64, shape.rank, shape.dims, w);
    tad__arena_rewind(&tape->scratch, w);
    return weights;
}

static tad_var weighed_sum(tad_var x, uint64_t seed)
{
    if (!tad_is_valid(x))
        return x;
    if (tad_dtype_of(x) != TAD_F64)
        x = tad_cast(x, TAD_F64);
    return tad_sum(tad_mul(x, tad__random_like(x, seed)));
}

tad_var tad__gradient_of(void *user, size_t n, const tad_var x[])
{
    const tad__inner *inner = user;
    tad_var           y = inner->f(inner->user, n, x), sum = {0}, g;
    tad_var           s = weighed_sum(y, inner->seed);
    if (!tad_is_valid(s))
        return s;
    for (size_t i = 0; i < n; i++) {
        if (!tad_is_differentiable(x[i]))
            continue;
        if (tad_gradient(s, 1, &x[i], &g) != TAD_OK)
            return (tad_var){.tape = s.tape, .id = TAD__INVALID};
        g = weighed_sum(g, inner->seed + 1 + i);
        sum = sum.tape ? tad_add(sum, g) : g;
    }
    return sum.tape ? sum : s;
}

/* ---- the check ---- */

bool tad__gradcheck_options(const tad_gradcheck_options *given, tad_gradcheck_options *options)
{
    *options = given ? *given : (tad_gradcheck_options){0};
    bool good = options->tolerance >= 0 && options->step >= 0 && options->order >= 0 && options->order <= 2;
    if (options->tolerance == 0)
        options->tolerance = 1e-9;
    return good;
}

static tad_status check_and_diagnose(tad__checked *c)
{
    tad__checked verdicts = *c;
    tad__inner inner = {c->f, c->user, c->options.seed + 7};
    if (c->options.order == 2) {
        verdicts.f = tad__gradient_of;
        verdicts.user = &inner;
    }
    tad_status status = tad__check_function(&verdicts);
    if (status != TAD_OK || c->options.no_diagnosis || !(c->report->wrong || verdicts.random))
        return status;
    c->detached = verdicts.detached;
    c->random = verdicts.random;
    return tad__blame(c);
}

/* Without a report, the tape's error tells. */
static tad_status complain(const tad__checked *c)
{
    const tad_gradcheck_report *own = c->report;
    const tad_gradcheck_entry  *worst = own->entries + own->worst_entry;
    const tad_blame            *blame = &own->blame;
    return tad__fail(c->tape, c->caller, TAD_EARG,
                     "tad_gradcheck: %zu of %zu entries are wrong; the worst is input %zu, element %lld: %.10g by "
                     "tad_backward, %.10g by tad_gradient, %.10g by differences; cause: %s%s%s%s%s",
                     own->wrong, own->count, worst->input, (long long)worst->element, worst->analytic, worst->recorded,
                     worst->numeric, tad_cause_name(own->cause), blame->operation[0] ? ", in " : "",
                     blame->operation[0] ? blame->call : "", blame->where[0] ? ", recorded at " : "", blame->where);
}

tad_status tad_gradcheck(tad_function *f, void *user, size_t n, const tad_var inputs[],
                         const tad_gradcheck_options *options, tad_gradcheck_report *report)
{
    tad_gradcheck_report own = {0};
    tad__checked           c = {.caller = TAD_CALLER, .f = f, .user = user, .n = n, .inputs = inputs};
    c.report = report ? report : &own;
    *c.report = own;
    if (!inputs || n == 0)
        return TAD_EARG;
    for (size_t i = 0; i < n && !c.tape; i++)
        c.tape = inputs[i].tape;
    if (!c.tape)
        return TAD_ETAPE;
    if (!f)
        return tad__fail(c.tape, c.caller, TAD_EARG, "tad_gradcheck: the function is NULL");
    if (!tad__gradcheck_options(options, &c.options))
        return tad__fail(c.tape, c.caller, TAD_EARG,
                         "tad_gradcheck: tolerance %g, step %g, order %d; expected 0 (the default) or more, and an order "
                         "of at most 2",
                         c.options.tolerance, c.options.step, c.options.order);
    tad_status status = check_and_diagnose(&c);
    if (!report) {
        if (status == TAD_OK && own.wrong && own.entries)
            status = complain(&c);
        tad_gradcheck_free(&own);
    }
    return status;
}
