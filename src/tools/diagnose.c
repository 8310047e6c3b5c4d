/* Causes of a wrong gradient: hypotheses in a table, each tested on all the entries and points there are. */
#include "base/random.h"
#include "base/text.h"
#include "tools/diagnose.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double tad__moved(double x, int point, uint64_t i)
{
    double u = point == 0 ? 0 : 0.1 * tad__random_uniform((uint64_t)point, i, -1, 1);
    return x == 0 ? u / 2 : x * (1 + u);
}

/* ---- what is known ---- */

static double derivative_of(const tad__evidence *e, const tad_gradcheck_entry *entry)
{
    return e->mode == TAD_BY_FORWARD ? entry->forward : e->mode == TAD_BY_GRADIENT ? entry->recorded : entry->analytic;
}

/* Equal, as far as the differences tell. */
static bool near(double a, double b, double noise)
{
    return fabs(a - b) <= 1e-8 * fmax(fabs(a), fabs(b)) + 4 * noise;
}

static bool off(double derivative, const tad_gradcheck_entry *entry)
{
    double far = fabs(derivative - entry->numeric);
    return !isfinite(derivative) || !(far <= 1e-9 * fmax(fabs(derivative), fabs(entry->numeric)) + entry->noise);
}

static unsigned wrong_modes(const tad_gradcheck_report *report)
{
    unsigned modes = 0;
    for (size_t i = 0; i < report->count; i++) {
        const tad_gradcheck_entry *entry = &report->entries[i];
        if (entry->verdict != TAD_WRONG)
            continue;
        modes |= off(entry->analytic, entry) ? TAD_BY_BACKWARD : 0u;
        modes |= off(entry->recorded, entry) ? TAD_BY_GRADIENT : 0u;
        modes |= !isnan(report->identity) && off(entry->forward, entry) ? TAD_BY_FORWARD : 0u;
    }
    return modes;
}

/* The entry of element `element` of input `input` at a point; NULL if there is none. */
static const tad_gradcheck_entry *entry_at(const tad__evidence *e, int point, size_t input, int64_t element)
{
    const tad_gradcheck_report *report = &e->reports[point];
    int64_t                     at = element >= 0 && input < e->subject->n ? e->first[input] : -1;
    if (at < 0 || element >= e->counts[input])
        return NULL;
    return &report->entries[at + element];
}

static double value_at(const tad__evidence *e, int point, size_t input, int64_t element)
{
    const tad_gradcheck_entry *entry = entry_at(e, point, input, element);
    return entry ? entry->value : 0;
}

static void describe(const tad__evidence *e, int point, const tad_gradcheck_entry *entry, tad__sample *s)
{
    const tad__outputs *out = &e->outputs[point];
    size_t              k = entry->input, other = k == 0 ? 1 : 0;
    int64_t             i = entry->element, n = e->counts[k];
    *s = (tad__sample){.input = k, .element = i, .point = point, .x = entry->value, .numeric = entry->numeric};
    s->noise = entry->noise;
    s->a = derivative_of(e, entry);
    s->wrong = off(s->a, entry);
    s->left = value_at(e, point, k, i - 1);
    s->right = value_at(e, point, k, i + 1);
    if (e->subject->n > 1 && e->first[other] >= 0)
        s->other = value_at(e, point, other, e->counts[other] == n ? i : 0);
    for (int64_t j = 0; j < n; j++) {
        const tad_gradcheck_entry *one = entry_at(e, point, k, j);
        s->sum_x += one->value;
        s->sum_a += derivative_of(e, one);
    }
    bool alike = out->count == n;
    s->g = out->count == 0 ? 1 : alike ? out->g[i] : out->count == 1 ? out->g[0] : 1;
    s->y = out->count == 0 ? 0 : alike ? out->y[i] : out->y[0];
    for (int64_t j = 0; j < out->count; j++) {
        s->sum_g += out->g[j];
        s->sum_gy += out->g[j] * out->y[j];
    }
}

/* ---- hypotheses: each says whether it holds, and why in words ---- */

static size_t count_wrong(const tad__evidence *e)
{
    size_t n = 0;
    for (size_t i = 0; i < e->count; i++)
        n += e->samples[i].wrong;
    return n;
}

/* Does a property hold for each sample that is wrong? */
static bool all_wrong(const tad__evidence *e, bool (*holds)(const tad__sample *s, double c), double c)
{
    for (size_t i = 0; i < e->count; i++)
        if (e->samples[i].wrong && !holds(&e->samples[i], c))
            return false;
    return true;
}

static bool is_not_finite(const tad__sample *s, double c)
{
    (void)c;
    return !isfinite(s->a) && isfinite(s->numeric);
}

static bool is_zero(const tad__sample *s, double c)
{
    (void)c;
    return s->a == 0;
}

static bool is_multiple(const tad__sample *s, double c)
{
    return near(s->a, c * s->numeric, fabs(c) * s->noise);
}

static bool not_finite(const tad__evidence *e, tad__finding *f)
{
    tad__text_add(&f->words, "it is NaN or infinite where the differences are finite");
    return all_wrong(e, is_not_finite, 0);
}

static bool missing_argument(const tad__evidence *e, tad__finding *f)
{
    const tad__sample *first = e->samples;
    while (!first->wrong)
        first++;
    tad__text_add(&f->words, "it is exactly 0 for %s %zu", e->subject->input, first->input);
    if (e->subject->n == 1)
        tad__text_add(&f->words, ", element %lld", (long long)first->element);
    tad__text_add(&f->words, ", and wherever it is wrong; by differences it is %.6g", first->numeric);
    return all_wrong(e, is_zero, 0);
}

static bool sign(const tad__evidence *e, tad__finding *f)
{
    tad__text_add(&f->words, "it is -1 times the differences wherever it is wrong");
    return all_wrong(e, is_multiple, -1);
}

static void add_number(tad__text *words, double c, int64_t n)
{
    tad__text_add(words, "%.7g", c);
    for (int denominator = 2; denominator <= 12; denominator++)
        if (fabs(c * denominator - round(c * denominator)) < 1e-7 && fabs(c - round(c)) > 1e-3) {
            tad__text_add(words, " = %g/%d", round(c * denominator), denominator);
            break;
        }
    if (n > 2 && fabs(c - (double)n) < 1e-6 * (double)n)
        tad__text_add(words, ", the number of elements");
    if (n > 2 && fabs(c * (double)n - 1) < 1e-6)
        tad__text_add(words, ", 1 / the number of elements");
}

static bool factor(const tad__evidence *e, tad__finding *f)
{
    const tad__sample *best = NULL;
    for (size_t i = 0; i < e->count; i++) {
        const tad__sample *s = &e->samples[i];
        if (s->wrong && (!best || fabs(s->numeric) * best->noise > fabs(best->numeric) * s->noise))
            best = s;
    }
    if (best->numeric == 0 || fabs(best->numeric) < 1e3 * best->noise)
        return false;
    f->factor = best->a / best->numeric;
    tad__text_add(&f->words, "it is the differences times ");
    add_number(&f->words, f->factor, e->counts[best->input]);
    tad__text_add(&f->words, " wherever it is wrong");
    return f->factor != 0 && e->wrong >= 2 && all_wrong(e, is_multiple, f->factor);
}

/* Do all samples of one input agree with what `from` says is the place of their derivative? */
typedef struct matrix {
    size_t  input;
    int64_t start, rows, columns; /* batches of rows x columns elements from `start` on */
    int64_t end;
} matrix;

static bool is_transposed(const tad__evidence *e, const matrix *m)
{
    size_t used = 0;
    for (size_t i = 0; i < e->count; i++) {
        const tad__sample *s = &e->samples[i];
        if (s->input != m->input || s->element < m->start || s->element >= m->end) {
            if (s->wrong)
                return false;
            continue;
        }
        int64_t size = m->rows * m->columns, at = s->element - m->start, in = at % size;
        int64_t from = m->start + at / size * size + in % m->columns * m->rows + in / m->columns;
        const tad_gradcheck_entry *other = entry_at(e, s->point, m->input, from);
        if (!near(derivative_of(e, other), s->numeric, s->noise))
            return false;
        used += s->wrong;
    }
    return used > 1;
}

static bool found_transposed(const tad__evidence *e, const matrix *m, tad__finding *f)
{
    if (m->rows < 2 || m->columns < 2 || !is_transposed(e, m))
        return false;
    tad__text_add(&f->words, "with rows and columns swapped, the %lld x %lld numbers from element %lld of %s %zu on are right",
                  (long long)m->rows, (long long)m->columns, (long long)m->start, e->subject->input, m->input);
    return true;
}

/* A vector may hold a matrix: what is wrong, and with it perhaps the corners, which transposing leaves. */
static bool transposed_within(const tad__evidence *e, size_t input, tad__finding *f)
{
    int64_t first = INT64_MAX, last = -1;
    for (size_t i = 0; i < e->count; i++)
        if (e->samples[i].wrong && e->samples[i].input == input) {
            first = e->samples[i].element < first ? e->samples[i].element : first;
            last = e->samples[i].element > last ? e->samples[i].element : last;
        }
    matrix m = {.input = input, .start = first - 1, .end = last + 2};
    if (last < 0 || m.start < 0 || m.end > e->counts[input])
        return false;
    int64_t size = m.end - m.start;
    for (m.rows = 2; m.rows * 2 <= size; m.rows++) {
        m.columns = size / m.rows;
        if (size % m.rows == 0 && found_transposed(e, &m, f))
            return true;
    }
    return false;
}

static bool transposed(const tad__evidence *e, tad__finding *f)
{
    for (size_t k = 0; k < e->subject->n; k++) {
        int rank = e->subject->rank[k];
        if (e->first[k] < 0)
            continue;
        matrix m = {.input = k, .end = e->counts[k]};
        m.rows = rank < 2 ? 0 : e->subject->dims[k][rank - 2];
        m.columns = rank < 2 ? 0 : e->subject->dims[k][rank - 1];
        if (found_transposed(e, &m, f) || (rank == 1 && transposed_within(e, k, f)))
            return true;
    }
    return false;
}

static bool swapped(const tad__evidence *e, tad__finding *f)
{
    for (size_t k = 0; k + 1 < e->subject->n; k++)
        for (size_t l = k + 1; l < e->subject->n; l++) {
            bool holds = e->first[k] >= 0 && e->first[l] >= 0 && e->counts[k] == e->counts[l];
            for (size_t i = 0; i < e->count && holds; i++) {
                const tad__sample *s = &e->samples[i];
                if (s->input == k || s->input == l)
                    holds = near(derivative_of(e, entry_at(e, s->point, k + l - s->input, s->element)), s->numeric, s->noise);
                else
                    holds = !s->wrong;
            }
            if (holds) {
                tad__text_add(&f->words, "%s %zu has the derivative of %s %zu, and the other way round", e->subject->input, k,
                              e->subject->input, l);
                return true;
            }
        }
    return false;
}

static int ascending(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Are the numbers of one input at one point those of the differences, in another order? */
static bool is_permuted(const tad__evidence *e, int point, size_t k, double noise)
{
    int64_t n = e->counts[k];
    double *a = e->room, *b = e->room + n;
    for (int64_t i = 0; i < n; i++) {
        const tad_gradcheck_entry *entry = entry_at(e, point, k, i);
        if (entry->verdict != TAD_AGREES && entry->verdict != TAD_WRONG)
            return false;
        a[i] = derivative_of(e, entry);
        b[i] = entry->numeric;
    }
    qsort(a, (size_t)n, sizeof *a, ascending);
    qsort(b, (size_t)n, sizeof *b, ascending);
    for (int64_t i = 0; i < n; i++)
        if (!near(a[i], b[i], noise))
            return false;
    return true;
}

static bool permuted(const tad__evidence *e, tad__finding *f)
{
    size_t most = 0;
    for (size_t k = 0; k < e->subject->n; k++) {
        size_t wrong = 0;
        double noise = 0;
        for (size_t i = 0; i < e->count; i++)
            if (e->samples[i].input == k) {
                wrong += e->samples[i].wrong;
                noise = fmax(noise, e->samples[i].noise);
            }
        for (int point = 0; point < TAD__POINTS && wrong > 0; point++)
            if (e->reports[point].count > 0 && !is_permuted(e, point, k, noise))
                return false;
        most = wrong > most ? wrong : most;
    }
    tad__text_add(&f->words, "in each %s the same numbers occur as by differences, in another order", e->subject->input);
    return most > 2;
}

static bool rules_differ(const tad__evidence *e, tad__finding *f)
{
    unsigned all = TAD_BY_BACKWARD | TAD_BY_GRADIENT | (isnan(e->reports[0].identity) ? 0u : TAD_BY_FORWARD);
    tad__text_add(&f->words, "only some of tad_backward, tad_gradient and forward mode are wrong");
    return !e->subject->single && e->modes != all;
}

static bool unknown(const tad__evidence *e, tad__finding *f)
{
    (void)e;
    tad__text_add(&f->words, "no hypothesis holds at all entries and points");
    return true;
}

static const struct hypothesis {
    tad_cause cause;
    bool (*test)(const tad__evidence *e, tad__finding *f);
} hypotheses[] = {
    {TAD_CAUSE_NOT_FINITE, not_finite},
    {TAD_CAUSE_MISSING_ARGUMENT, missing_argument},
    {TAD_CAUSE_SIGN, sign},
    {TAD_CAUSE_FACTOR, factor},
    {TAD_CAUSE_TRANSPOSED, transposed},
    {TAD_CAUSE_SWAPPED, swapped},
    {TAD_CAUSE_PERMUTED, permuted},
    {TAD_CAUSE_CHAIN, tad__missing_factor},
    {TAD_CAUSE_MISSING_TERM, tad__missing_term},
    {TAD_CAUSE_RULES_DIFFER, rules_differ},
    {TAD_CAUSE_UNKNOWN, unknown},
};

/* ---- gathering evidence ---- */

static void list_inputs(tad__evidence *e)
{
    const tad_gradcheck_report *report = &e->reports[0];
    for (size_t k = 0; k < e->subject->n; k++) {
        e->first[k] = -1;
        e->counts[k] = 0;
    }
    for (size_t i = 0; i < report->count; i++) {
        size_t k = report->entries[i].input;
        if (e->first[k] < 0)
            e->first[k] = (int64_t)i;
        e->counts[k]++;
    }
}

/* Entries of all points that the differences decide; of very many only some. */
static void list_samples(tad__evidence *e)
{
    for (int point = 0; point < TAD__POINTS; point++)
        for (size_t i = 0, kept = 0; i < e->reports[point].count && kept < TAD__MOST_ENTRIES; i++) {
            const tad_gradcheck_entry *entry = &e->reports[point].entries[i];
            if (entry->verdict == TAD_AGREES || entry->verdict == TAD_WRONG) {
                describe(e, point, entry, &e->samples[e->count++]);
                kept++;
            }
        }
    e->wrong = count_wrong(e);
}

static void test_all(tad__evidence *e, tad_gradcheck_report *report)
{
    static const struct {
        unsigned    mode;
        const char *name;
    } modes[] = {{TAD_BY_BACKWARD, "tad_backward"}, {TAD_BY_GRADIENT, "tad_gradient"}, {TAD_BY_FORWARD, "forward mode"}};
    report->modes = e->modes = wrong_modes(&e->reports[0]);
    for (size_t m = 0; m < sizeof modes / sizeof *modes; m++) {
        if (!(e->modes & modes[m].mode))
            continue;
        e->mode = modes[m].mode;
        e->count = 0;
        list_samples(e);
        for (size_t h = 0; h < sizeof hypotheses / sizeof *hypotheses && e->wrong > 0; h++) {
            tad__finding finding = {.words = {.out = report->evidence, .size = sizeof report->evidence}};
            tad__text_add(&finding.words, "%s: ", e->subject->single ? e->subject->name : modes[m].name);
            if (!hypotheses[h].test(e, &finding))
                continue;
            report->cause = hypotheses[h].cause;
            report->factor = report->cause == TAD_CAUSE_FACTOR ? finding.factor : report->cause == TAD_CAUSE_SIGN ? -1 : 0;
            tad__text_add(&finding.words, " (%zu numbers)", e->count);
            return;
        }
    }
}

static tad_status probe_all(const tad__subject *subject, tad__evidence *e)
{
    tad_status status = TAD_OK;
    for (int point = 0; point < TAD__POINTS && status == TAD_OK; point++) {
        status = subject->probe(subject->user, point, &e->reports[point], &e->outputs[point]);
        if (point > 0 && status != TAD_OK && status != TAD_ENOMEM) { /* it may refuse other numbers */
            tad_gradcheck_free(&e->reports[point]);
            e->outputs[point].count = 0;
            status = TAD_OK;
        }
    }
    return status;
}

tad_status tad__diagnose(const tad__subject *subject, const tad_allocator *allocator, tad_gradcheck_report *report)
{
    tad__evidence e = {.subject = subject};
    size_t        n = subject->n, room = 0, samples = TAD__POINTS * (size_t)TAD__MOST_ENTRIES;
    tad_status    status = probe_all(subject, &e);
    report->cause = TAD_CAUSE_UNKNOWN;
    if (status == TAD_OK && e.reports[0].wrong > 0) {
        room = 2 * e.reports[0].count;
        e.first = tad__take_items(allocator, n, sizeof *e.first);
        e.counts = tad__take_items(allocator, n, sizeof *e.counts);
        e.samples = tad__take_items(allocator, samples, sizeof *e.samples);
        e.room = tad__take_items(allocator, room, sizeof *e.room);
        if (e.first && e.counts && e.samples && e.room) {
            list_inputs(&e);
            test_all(&e, report);
        } else {
            status = TAD_ENOMEM;
        }
        tad__give_back_items(allocator, e.first, n, sizeof *e.first);
        tad__give_back_items(allocator, e.counts, n, sizeof *e.counts);
        tad__give_back_items(allocator, e.samples, samples, sizeof *e.samples);
        tad__give_back_items(allocator, e.room, room, sizeof *e.room);
    }
    for (int point = 0; point < TAD__POINTS; point++) {
        tad_gradcheck_free(&e.reports[point]);
        tad__give_back_items(allocator, e.outputs[point].y, (size_t)e.outputs[point].room, 2 * sizeof(double));
    }
    return status;
}
