#include "diff/pattern.h"

#include "diff/depend.h"

#include <string.h>

/* Entries as they are found, row by row. */
typedef struct finder {
    const tad__jacobian *j;
    bool                 symmetric;
    size_t               row, count, capacity;
    size_t              *rows, *columns; /* of each entry */
    size_t              *last;           /* the row in which each column was found last, plus 1 */
    size_t               row_capacity;
    bool                 out_of_memory;
} finder;

static void add(finder *f, size_t row, size_t column)
{
    const tad_allocator *allocator = &f->j->tape->allocator;
    if (f->out_of_memory ||
        !tad__reserve(allocator, (void **)&f->columns, &f->capacity, f->count + 1, sizeof *f->columns) ||
        !tad__reserve(allocator, (void **)&f->rows, &f->row_capacity, f->count + 1, sizeof *f->rows)) {
        f->out_of_memory = true;
        return;
    }
    f->rows[f->count] = row;
    f->columns[f->count++] = column;
}

static void add_elements(void *user, size_t n, const uint32_t elements[])
{
    finder *f = user;
    for (size_t i = 0; i < n; i++) {
        size_t column = elements[i];
        if (f->last[column] == f->row + 1)
            continue;
        f->last[column] = f->row + 1;
        add(f, f->row, column);
        if (f->symmetric && column != f->row)
            add(f, column, f->row);
    }
}

static tad_status find(finder *f, tad__dependence *d)
{
    for (size_t i = 0; i < f->j->y.n; i++) {
        int64_t n = tad__dependence_count(d, f->j->y.x[i].id);
        for (int64_t k = 0; k < n; k++, f->row++)
            tad__sets_visit(&d->sets, tad__dependence_at(d, f->j->y.x[i].id, k), add_elements, f);
    }
    return f->out_of_memory || d->sets.out_of_memory ? tad__fail_memory(f->j->tape, f->j->caller, f->j->name) : TAD_OK;
}

/* Entries sorted into lines; within a line they keep their order. */
static bool sort(const tad__jacobian *j, size_t n, size_t across, size_t count, const size_t line[], const size_t at[],
                 tad__lines *out)
{
    *out = (tad__lines){.n = n, .across = across};
    out->start = tad__take(j, n + 2, sizeof *out->start);
    out->at = out->start ? tad__take(j, count, sizeof *out->at) : NULL;
    if (!out->at)
        return false;
    memset(out->start, 0, (n + 2) * sizeof *out->start);
    for (size_t k = 0; k < count; k++)
        out->start[line[k] + 2]++;
    for (size_t i = 2; i < n + 2; i++)
        out->start[i] += out->start[i - 1];
    for (size_t k = 0; k < count; k++)
        out->at[out->start[line[k] + 1]++] = at[k];
    return true;
}

/* The same entries by the other lines. Those come out ascending, as the lines are walked in order. */
static bool transpose(const tad__jacobian *j, const tad__lines *from, tad__lines *out)
{
    size_t count = from->start[from->n], *line = tad__take(j, count, sizeof *line);
    if (!line)
        return false;
    for (size_t i = 0; i < from->n; i++)
        for (size_t k = from->start[i]; k < from->start[i + 1]; k++)
            line[k] = i;
    return sort(j, from->across, from->n, count, from->at, line, out);
}

/* Entries found twice, which stand side by side in ascending lines, are kept once. */
static void drop_doubles(tad__lines *lines)
{
    size_t kept = 0, from = 0;
    for (size_t i = 0; i < lines->n; i++) {
        size_t start = kept, end = lines->start[i + 1];
        for (; from < end; from++)
            if (kept == start || lines->at[kept - 1] != lines->at[from])
                lines->at[kept++] = lines->at[from];
        lines->start[i + 1] = kept;
    }
}

static bool arrange(const finder *f, tad__pattern *out)
{
    const tad__jacobian *j = f->j;
    tad__lines           unsorted;
    if (!sort(j, j->y.elements, j->x.elements, f->count, f->rows, f->columns, &unsorted) ||
        !transpose(j, &unsorted, &out->columns) || !transpose(j, &out->columns, &out->rows))
        return false;
    drop_doubles(&out->rows);
    return transpose(j, &out->rows, &out->columns);
}

tad_status tad__find_pattern(const tad__jacobian *j, bool symmetric, tad__pattern *out)
{
    const tad_allocator *allocator = &j->tape->allocator;
    finder               f = {.j = j, .symmetric = symmetric};
    tad__dependence      d;
    f.last = tad__take(j, j->x.elements, sizeof *f.last);
    if (!f.last)
        return TAD_ENOMEM;
    memset(f.last, 0, j->x.elements * sizeof *f.last);
    tad_status status = tad__open_dependence(j, &d);
    if (status == TAD_OK)
        status = find(&f, &d);
    tad__close_dependence(&d);
    if (status == TAD_OK && !arrange(&f, out))
        status = TAD_ENOMEM;
    tad__resize(allocator, f.columns, f.capacity * sizeof *f.columns, 0);
    tad__resize(allocator, f.rows, f.row_capacity * sizeof *f.rows, 0);
    return status;
}
