/* The gradient checker: reverse mode, as numbers and recorded, against central differences of seven points. */
#include "base/random.h"
#include "base/text.h"
#include "diff/adjoints.h"
#include "tensor/move.h"

#include <tad/diff.h>
#include <tad/elementwise.h>
#include <tad/gradcheck.h>
#include <tad/operations.h>

#include <float.h>
#include <math.h>
#include <string.h>

enum {
    CENTRE = 3,
    POINTS = 7,  /* x - 3h ... x + 3h */
    SHRINKS = 3, /* how often the stencil is tried smaller where the function looks rough */
    SHRINK_BY = 8,
};

/* Weights of f(x + (k - 3) h). The fourth-order derivative and the sixth difference tell how far to trust the first. */
static const double sixth_order[POINTS] = {-1.0 / 60, 9.0 / 60, -45.0 / 60, 0, 45.0 / 60, -9.0 / 60, 1.0 / 60};
static const double fourth_order[POINTS] = {0, 1.0 / 12, -8.0 / 12, 0, 8.0 / 12, -1.0 / 12, 0};
static const double sixth_difference[POINTS] = {1, -6, 15, -20, 15, -6, 1};

/* Differences are believed if they disagree among themselves by at most this share of the disagreement, and of themselves. */
#define DOUBT 0.02

typedef struct checker {
    tad_tape             *tape;
    const void           *caller;
    tad_function         *f;
    void                 *user;
    size_t                n;
    const tad_var        *inputs;
    tad_gradcheck_options options;
    tad_gradcheck_report *report;
    double               *values; /* of all entries */
    tad_var *x; /* the leaves of one evaluation; behind them those to differentiate by, and their gradients */
    int64_t  outputs;
    double   unit; /* what a single output is weighed with: divided out, so that its gradient is reported */
    double  *sums; /* of each output element over the stencil: three weighted sums, and the largest value */
    double   epsilon;
} checker;

static double weight(const checker *c, int64_t output)
{
    double w = tad__random_uniform(c->options.seed, (uint64_t)output, -1, 1);
    return w < 0 ? w - 0.5 : w + 0.5;
}

/* ---- evaluating the function ---- */

static tad_status record_inputs(const checker *c)
{
    const double *values = c->values;
    for (size_t i = 0; i < c->n; i++) {
        tad_var input = c->inputs[i];
        if (!tad_is_differentiable(input)) {
            c->x[i] = input;
            continue;
        }
        tad_array array;
        tad__value_array(c->tape, input.id, &array);
        c->x[i] = tad_tensor(c->tape, TAD_F64, array.rank, array.dims, values);
        if (!tad_is_valid(c->x[i]))
            return TAD_ENOMEM;
        values += tad__array_count(&array);
    }
    return TAD_OK;
}

static tad_status evaluate(const checker *c, tad_var *y)
{
    tad_status status = record_inputs(c);
    if (status != TAD_OK)
        return status;
    *y = c->f(c->user, c->n, c->x);
    if (y->tape == c->tape && tad_is_valid(*y))
        return TAD_OK;
    status = c->tape->status != TAD_OK ? c->tape->status : TAD_EARG;
    return tad__fail(c->tape, c->caller, status, "tad_gradcheck: the function returned an invalid result");
}

/* w . y, the scalar that is differentiated. */
static tad_var weigh(const checker *c, tad_var y)
{
    tad_array shape;
    tad__value_array(c->tape, y.id, &shape);
    double *w = tad__arena_take(&c->tape->scratch, (size_t)c->outputs * sizeof *w);
    if (!w) {
        tad__fail_memory(c->tape, c->caller, "tad_gradcheck");
        return tad__invalid(c->tape);
    }
    for (int64_t i = 0; i < c->outputs; i++)
        w[i] = weight(c, i);
    if (shape.dtype != TAD_F64)
        y = tad_cast(y, TAD_F64);
    tad_var weights = tad_tensor_constant(c->tape, TAD_F64, shape.rank, shape.dims, w);
    tad__arena_rewind(&c->tape->scratch, w);
    return tad_sum(tad_mul(y, weights));
}

/* The gradient by tad_backward and by tad_gradient, into the entries. */
static tad_status differentiate(checker *c, tad_var y)
{
    tad_var *wanted = c->x + c->n, *gx = wanted + c->n, s = weigh(c, y);
    size_t   count_wanted = 0;
    for (size_t i = 0; i < c->n; i++)
        if (tad_is_differentiable(c->inputs[i]))
            wanted[count_wanted++] = c->x[i];
    tad_status status = tad_is_valid(s) ? tad_backward(s) : tad__fail_memory(c->tape, c->caller, "tad_gradcheck");
    if (status == TAD_OK)
        status = tad_gradient(s, count_wanted, wanted, gx);
    tad_gradcheck_entry *entry = c->report->entries;
    double              *numbers = c->values + c->report->count;
    for (size_t i = 0; i < c->n && status == TAD_OK; i++) {
        if (!tad_is_differentiable(c->inputs[i]))
            continue;
        int64_t count = tad_count(c->inputs[i]);
        size_t  bytes = (size_t)count * sizeof *numbers;
        status = tad_read_grad(c->x[i], numbers, bytes);
        for (int64_t k = 0; k < count && status == TAD_OK; k++)
            entry[k].analytic = numbers[k] / c->unit;
        if (status == TAD_OK)
            status = tad_read(*gx++, numbers, bytes);
        for (int64_t k = 0; k < count && status == TAD_OK; k++) {
            entry[k].recorded = numbers[k] / c->unit;
            entry[k].input = i;
            entry[k].element = k;
        }
        entry += count;
    }
    return status;
}

/* ---- differences ---- */

typedef struct estimate {
    double derivative, noise;
    double roughness; /* tiny for a smooth function, of the size of a kink's jump in slope */
    bool   finite;
} estimate;

/* Adds the outputs at one point of the stencil to the sums. */
static tad_status add_point(const checker *c, int k)
{
    tad_var    y;
    size_t     mark = tad_tape_mark(c->tape);
    tad_status status = evaluate(c, &y);
    if (status == TAD_OK && tad_count(y) != c->outputs)
        status = tad__fail(c->tape, c->caller, TAD_ESHAPE, "tad_gradcheck: the function's result changes its shape");
    if (status == TAD_OK) {
        tad_array from, to;
        double   *now = c->sums + 4 * c->outputs;
        tad__value_array(c->tape, y.id, &from);
        to = from;
        to.dtype = TAD_F64;
        to.data = now;
        tad__array_set_c_order(&to);
        tad__copy(&to, &from);
        for (int64_t i = 0; i < c->outputs; i++) {
            double *sums = c->sums + 4 * i;
            sums[0] += sixth_order[k] * now[i];
            sums[1] += fourth_order[k] * now[i];
            sums[2] += sixth_difference[k] * now[i];
            sums[3] = isfinite(now[i]) ? fmax(sums[3], fabs(now[i])) : HUGE_VAL;
        }
    }
    tad_tape_rewind(c->tape, mark);
    return status;
}

static tad_status difference(const checker *c, double *value, double step, estimate *out)
{
    const double x = *value;
    double       h = step * fmax(1, fabs(x));
    tad_status   status = TAD_OK;
    memset(c->sums, 0, (size_t)c->outputs * 4 * sizeof *c->sums);
    for (int k = 0; k < POINTS && status == TAD_OK; k++) {
        *value = x + (k - CENTRE) * h;
        status = add_point(c, k);
    }
    *value = x;
    double totals[4] = {0};
    for (int64_t i = 0; i < c->outputs; i++) {
        double w = weight(c, i) / c->unit;
        for (int k = 0; k < 4; k++)
            totals[k] += (k < 3 ? w : fabs(w)) * c->sums[4 * i + k];
    }
    out->finite = isfinite(totals[3]);
    out->derivative = totals[0] / h;
    /* How many roundings the values are off: the sixth difference multiplies them by 30 and the derivative by 1, so a third
     * of it is ample. At a kink it is large for another reason, hence the limit. */
    double rounding = c->epsilon * totals[3];
    out->noise = fmin(fmax(fabs(totals[2]) / 3, 8 * rounding), 64 * rounding) / h;
    out->roughness = fmax(fabs(totals[1] - totals[0]) / h, fabs(totals[2]) / (10 * h));
    return status;
}

/* The largest distance of the two analytic derivatives from the numeric one; NaN if one of them is NaN. */
static double distance(const tad_gradcheck_entry *entry, double numeric)
{
    double a = fabs(entry->analytic - numeric), b = fabs(entry->recorded - numeric);
    return isnan(a) || a > b ? a : b;
}

/* Do two estimates, of steps that are no multiples of each other, agree far better than either with the derivative that is
 * checked? If not, the function has a kink here, or waves too short for the step. */
static bool believable(const estimate *a, const estimate *b, double far)
{
    double doubt = DOUBT * fmin(isfinite(far) ? far : HUGE_VAL, fabs(a->derivative)) + a->noise + b->noise;
    return b->finite && fabs(a->derivative - b->derivative) <= doubt && a->roughness <= doubt;
}

/* A disagreement counts as wrong only where the differences are believable; where they are not, smaller steps are tried. */
static tad_status judge(checker *c, tad_gradcheck_entry *entry, double *value)
{
    double step = c->options.step;
    entry->value = *value;
    for (int i = 0; i <= SHRINKS; i++) {
        estimate   at, nearby;
        tad_status status = difference(c, value, step, &at);
        if (status != TAD_OK)
            return status;
        double far = distance(entry, at.derivative);
        double scale = fmax(fabs(entry->analytic), fabs(at.derivative));
        entry->numeric = at.derivative;
        entry->noise = at.noise;
        step /= SHRINK_BY;
        if (!at.finite) {
            entry->verdict = TAD_UNDECIDED;
            continue;
        }
        entry->verdict = TAD_AGREES;
        if (isfinite(far) && far <= c->options.tolerance * scale + at.noise)
            return TAD_OK;
        status = difference(c, value, 0.6 * SHRINK_BY * step, &nearby);
        if (status != TAD_OK)
            return status;
        entry->verdict = TAD_WRONG;
        if (believable(&at, &nearby, far))
            return TAD_OK;
        entry->verdict = TAD_NOT_SMOOTH;
    }
    return TAD_OK;
}

static void count_verdict(tad_gradcheck_report *report, size_t i)
{
    const tad_gradcheck_entry *entry = &report->entries[i];
    size_t *const              counts[] = {&report->agree, &report->wrong, &report->not_smooth, &report->undecided};
    ++*counts[entry->verdict];
    if (entry->verdict != TAD_AGREES && entry->verdict != TAD_WRONG)
        return;
    double far = distance(entry, entry->numeric);
    double scale = fmax(fabs(entry->analytic), fabs(entry->numeric));
    double error = !isfinite(far) ? HUGE_VAL : far > entry->noise ? (far - entry->noise) / scale : 0;
    if (error > report->worst) {
        report->worst = error;
        report->worst_entry = i;
    }
}

static tad_status difference_all(checker *c)
{
    tad_status status = TAD_OK;
    for (size_t i = 0; i < c->report->count && status == TAD_OK; i++) {
        status = judge(c, &c->report->entries[i], &c->values[i]);
        if (status == TAD_OK)
            count_verdict(c->report, i);
    }
    return status;
}

/* ---- the check ---- */

static void *take(const checker *c, size_t count, size_t item_bytes)
{
    size_t bytes;
    return tad__multiply(count, item_bytes, &bytes) ? tad__resize(&c->tape->allocator, NULL, 0, bytes) : NULL;
}

static void give_back(const checker *c, void *block, size_t count, size_t item_bytes)
{
    tad__resize(&c->tape->allocator, block, block ? count * item_bytes : 0, 0);
}

static void read_values(const checker *c)
{
    double *to = c->values;
    for (size_t i = 0; i < c->n; i++) {
        if (!tad_is_differentiable(c->inputs[i]))
            continue;
        tad_array from, copy;
        tad__value_array(c->tape, c->inputs[i].id, &from);
        copy = from;
        copy.dtype = TAD_F64;
        copy.data = to;
        tad__array_set_c_order(&copy);
        tad__copy(&copy, &from);
        to += tad__array_count(&from);
    }
}

static tad_status run(checker *c)
{
    tad_var    y;
    size_t     mark = tad_tape_mark(c->tape);
    tad_status status = evaluate(c, &y);
    if (status == TAD_OK) {
        c->outputs = tad_count(y);
        c->unit = c->outputs == 1 ? weight(c, 0) : 1;
        c->epsilon = tad_dtype_of(y) == TAD_F32 ? (double)FLT_EPSILON : DBL_EPSILON;
        if (c->options.step == 0)
            c->options.step = pow(c->epsilon, 1.0 / 7);
        status = differentiate(c, y);
    }
    tad_tape_rewind(c->tape, mark);
    if (status != TAD_OK)
        return status;
    size_t count = (size_t)(c->outputs > 0 ? c->outputs : 1) * 5;
    c->sums = take(c, count, sizeof *c->sums);
    if (!c->sums)
        return tad__fail_memory(c->tape, c->caller, "tad_gradcheck");
    status = difference_all(c);
    give_back(c, c->sums, count, sizeof *c->sums);
    return status;
}

static tad_status check_inputs(const checker *c, size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < c->n; i++) {
        tad_status status = tad__handle_status(c->tape, c->inputs[i]);
        if (status != TAD_OK)
            return tad__fail(c->tape, c->caller, status, "tad_gradcheck: inputs[%zu] is %s", i,
                             tad__handle_problem(c->tape, c->inputs[i]));
        if (tad_is_differentiable(c->inputs[i]))
            *count += (size_t)tad_count(c->inputs[i]);
    }
    return TAD_OK;
}

static tad_status check_with(checker *c)
{
    size_t     count;
    tad_status status = check_inputs(c, &count);
    if (status != TAD_OK || count == 0)
        return status;
    c->report->allocator = c->tape->allocator;
    c->report->entries = take(c, count, sizeof *c->report->entries);
    c->values = take(c, count, 2 * sizeof *c->values);
    c->x = take(c, c->n, 3 * sizeof *c->x);
    if (c->report->entries && c->values && c->x) {
        c->report->count = count;
        memset(c->report->entries, 0, count * sizeof *c->report->entries);
        read_values(c);
        tad__adjoints callers = tad__adjoints_put_aside(c->tape);
        status = run(c);
        tad__adjoints_put_back(c->tape, callers);
    } else {
        status = tad__fail_memory(c->tape, c->caller, "tad_gradcheck");
    }
    if (!c->report->count) {
        give_back(c, c->report->entries, count, sizeof *c->report->entries);
        c->report->entries = NULL;
    }
    give_back(c, c->values, count, 2 * sizeof *c->values);
    give_back(c, c->x, c->n, 3 * sizeof *c->x);
    return status;
}

tad_status tad_gradcheck(tad_function *f, void *user, size_t n, const tad_var inputs[],
                         const tad_gradcheck_options *options, tad_gradcheck_report *report)
{
    tad_gradcheck_report own = {0};
    checker              c = {.caller = TAD_CALLER, .f = f, .user = user, .n = n, .inputs = inputs};
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
    if (options)
        c.options = *options;
    if (!(c.options.tolerance >= 0) || !(c.options.step >= 0))
        return tad__fail(c.tape, c.caller, TAD_EARG,
                         "tad_gradcheck: tolerance %g, step %g; expected 0 (the default) or more", c.options.tolerance,
                         c.options.step);
    if (c.options.tolerance == 0)
        c.options.tolerance = 1e-9;
    tad_status status = check_with(&c);
    if (!report) {
        const tad_gradcheck_entry *worst = own.entries + own.worst_entry;
        if (status == TAD_OK && own.wrong && own.entries)
            status =
                tad__fail(c.tape, c.caller, TAD_EARG,
                          "tad_gradcheck: %zu of %zu entries are wrong; the worst is input %zu, element %lld: %.10g by "
                          "tad_backward, %.10g by tad_gradient, %.10g by differences",
                          own.wrong, own.count, worst->input, (long long)worst->element, worst->analytic,
                          worst->recorded, worst->numeric);
        tad_gradcheck_free(&own);
    }
    return status;
}
