/* Right numbers in wrong places: transposed, with another argument, or in any other order. */
#include "tools/diagnose.h"

#include <math.h>
#include <stdlib.h>

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
        int64_t                    size = m->rows * m->columns, at = s->element - m->start, in = at % size;
        int64_t                    from = m->start + at / size * size + in % m->columns * m->rows + in / m->columns;
        const tad_gradcheck_entry *other = tad__entry_at(e, s->point, m->input, from);
        if (!tad__near(tad__derivative_of(e, other), s->numeric, s->noise))
            return false;
        used += s->wrong;
    }
    return used > 1;
}

static bool found_transposed(const tad__evidence *e, const matrix *m, tad__finding *f)
{
    if (m->rows < 2 || m->columns < 2 || !is_transposed(e, m))
        return false;
    tad__text_add(&f->words,
                  "with rows and columns swapped, the %lld x %lld numbers from element %lld of %s %zu on are right",
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

bool tad__transposed(const tad__evidence *e, tad__finding *f)
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

bool tad__swapped(const tad__evidence *e, tad__finding *f)
{
    for (size_t k = 0; k + 1 < e->subject->n; k++)
        for (size_t l = k + 1; l < e->subject->n; l++) {
            bool holds = e->first[k] >= 0 && e->first[l] >= 0 && e->counts[k] == e->counts[l];
            for (size_t i = 0; i < e->count && holds; i++) {
                const tad__sample *s = &e->samples[i];
                if (s->input == k || s->input == l)
                    holds = tad__near(tad__derivative_of(e, tad__entry_at(e, s->point, k + l - s->input, s->element)),
                                      s->numeric, s->noise);
                else
                    holds = !s->wrong;
            }
            if (holds) {
                tad__text_add(&f->words, "%s %zu has the derivative of %s %zu, and the other way round",
                              e->subject->input, k, e->subject->input, l);
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
        const tad_gradcheck_entry *entry = tad__entry_at(e, point, k, i);
        if (entry->verdict != TAD_AGREES && entry->verdict != TAD_WRONG)
            return false;
        a[i] = tad__derivative_of(e, entry);
        b[i] = entry->numeric;
    }
    qsort(a, (size_t)n, sizeof *a, ascending);
    qsort(b, (size_t)n, sizeof *b, ascending);
    for (int64_t i = 0; i < n; i++)
        if (!tad__near(a[i], b[i], noise))
            return false;
    return true;
}

bool tad__permuted(const tad__evidence *e, tad__finding *f)
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
    tad__text_add(&f->words, "in each %s the same numbers occur as by differences, in another order",
                  e->subject->input);
    return most > 2;
}
