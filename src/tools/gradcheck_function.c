/* Checking a gradient that is written by hand, in C. */
#include "base/memory.h"
#include "base/text.h"
#include "tools/gradcheck.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* What `grad` holds before the call, so that what is not set shows: no number that a gradient is likely to have. */
static const double junk[] = {-7.3891e4, 5.1237e4};

typedef struct by_hand {
    tad_c_function       *f;
    size_t                n;
    const double         *x;
    double               *moved, *grad;
    tad_gradcheck_options options;
} by_hand;

static void fill(double to[], size_t n, double number)
{
    for (size_t i = 0; i < n; i++)
        to[i] = number;
}

static tad_status evaluate(void *user, size_t i, double y[])
{
    const by_hand *h = user;
    (void)i;
    *y = h->f(h->moved, h->n, h->grad);
    return TAD_OK;
}

/* Verdicts at h->moved; of very many entries only `most`, if that is not 0. */
static tad_status check(by_hand *h, size_t most, tad_gradcheck_report *report)
{
    double       centre, sums[8], one = 1;
    tad__stencil s = {.evaluate = evaluate,
                      .user = h,
                      .outputs = 1,
                      .weights = &one,
                      .centre = &centre,
                      .sums = sums,
                      .epsilon = DBL_EPSILON,
                      .step = h->options.step > 0 ? h->options.step : pow(DBL_EPSILON, 1.0 / 7),
                      .tolerance = h->options.tolerance};
    tad_status   status = TAD_OK;
    *report = (tad_gradcheck_report){.allocator = tad__malloc_allocator, .identity = nan(""), .by_hand = true};
    report->entries = tad__take_items(&report->allocator, h->n, sizeof *report->entries);
    if (!report->entries)
        return TAD_ENOMEM;
    report->count = h->n;
    memset(report->entries, 0, h->n * sizeof *report->entries);
    fill(h->grad, h->n, junk[0]);
    centre = h->f(h->moved, h->n, h->grad);
    for (size_t i = 0; i < h->n; i++) {
        tad_gradcheck_entry *entry = &report->entries[i];
        entry->element = (int64_t)i;
        entry->value = h->moved[i];
        entry->analytic = entry->recorded = entry->forward = h->grad[i];
        if (isfinite(h->grad[i]))
            s.largest = fmax(s.largest, fabs(h->grad[i]));
    }
    for (size_t i = 0; i < h->n && status == TAD_OK; i++) {
        if (most && h->n > most && i % (h->n / most) != 0) {
            report->entries[i].numeric = nan("");
            report->entries[i].verdict = TAD_UNDECIDED;
        } else {
            status = tad__judge(&s, i, &h->moved[i], &report->entries[i]);
        }
        tad__count_verdict(report, i, false);
    }
    return status;
}

/* ---- diagnosis ---- */

static tad_status probe(void *user, int point, tad_gradcheck_report *report, tad__outputs *outputs)
{
    by_hand *h = user;
    for (size_t i = 0; i < h->n; i++)
        h->moved[i] = tad__moved(h->x[i], point, i);
    tad_status status = check(h, TAD__MOST_ENTRIES, report);
    outputs->y = tad__take_items(&tad__malloc_allocator, 1, 2 * sizeof *outputs->y);
    if (!outputs->y)
        return TAD_ENOMEM;
    outputs->g = outputs->y + 1;
    outputs->count = outputs->room = 1;
    outputs->y[0] = h->f(h->moved, h->n, h->grad);
    outputs->g[0] = 1;
    return status;
}

static void say(tad_gradcheck_report *report, tad_cause cause, const char *format, size_t i)
{
    tad__text words = {.out = report->evidence, .size = sizeof report->evidence};
    report->cause = cause;
    report->modes = TAD_BY_BACKWARD;
    tad__text_add(&words, format, i);
}

/* Does what `grad` held before show in what is wrong? */
static bool depends_on_junk(by_hand *h, tad_gradcheck_report *report)
{
    size_t unset = 0, added = 0, example = 0;
    memcpy(h->moved, h->x, h->n * sizeof *h->moved);
    fill(h->grad, h->n, junk[1]);
    h->f(h->moved, h->n, h->grad);
    for (size_t i = 0; i < h->n; i++) {
        const tad_gradcheck_entry *entry = &report->entries[i];
        if (entry->verdict != TAD_WRONG)
            continue;
        bool stays = entry->analytic == junk[0] && h->grad[i] == junk[1];
        bool adds = fabs(h->grad[i] - entry->analytic - (junk[1] - junk[0])) < 1e-6 * fabs(junk[0]);
        if (stays || adds)
            example = i;
        unset += stays;
        added += !stays && adds;
    }
    if (unset == report->wrong)
        say(report, TAD_CAUSE_MISSING_ARGUMENT, "the gradient: grad[%zu] is never set", example);
    else if (unset + added == report->wrong)
        say(report, TAD_CAUSE_ADDED,
            "the gradient: the function adds to what grad[%zu] held before, and does not set it", example);
    return unset + added == report->wrong;
}

static bool is_random(by_hand *h)
{
    memcpy(h->moved, h->x, h->n * sizeof *h->moved);
    double y = h->f(h->moved, h->n, h->grad);
    return memcmp(&y, &(double){h->f(h->moved, h->n, h->grad)}, sizeof y) != 0 && !isnan(y);
}

static tad_status diagnose(by_hand *h, tad_gradcheck_report *report)
{
    const int     rank = 1;
    const int64_t dims[1][TAD_MAX_RANK] = {{(int64_t)h->n}};
    tad__subject  subject = {
         .probe = probe, .user = h, .n = 1, .rank = &rank, .dims = dims, .input = "x", .single = true};
    subject.name = "the gradient";
    if (is_random(h)) {
        say(report, TAD_CAUSE_RANDOM, "the function gave another value for the same inputs", 0);
        return TAD_OK;
    }
    if (report->wrong == 0)
        return TAD_OK;
    return depends_on_junk(h, report) ? TAD_OK : tad__diagnose(&subject, &tad__malloc_allocator, report);
}

tad_status tad_gradcheck_function(tad_c_function *f, size_t n, const double x[], const tad_gradcheck_options *options,
                                  tad_gradcheck_report *report)
{
    by_hand h = {.f = f, .n = n, .x = x};
    if (report)
        *report = (tad_gradcheck_report){0};
    if (!f || n == 0 || !x || !report || !tad__gradcheck_options(options, &h.options) || h.options.order > 1)
        return TAD_EARG;
    h.moved = tad__take_items(&tad__malloc_allocator, n, 2 * sizeof *h.moved);
    if (!h.moved)
        return TAD_ENOMEM;
    h.grad = h.moved + n;
    memcpy(h.moved, x, n * sizeof *h.moved);
    tad_status status = check(&h, 0, report);
    if (status == TAD_OK && report->wrong + report->not_smooth > 0 && !h.options.no_diagnosis)
        status = diagnose(&h, report);
    tad__give_back_items(&tad__malloc_allocator, h.moved, n, 2 * sizeof *h.moved);
    return status;
}
