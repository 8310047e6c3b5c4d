#include "diff/colour.h"

#include <string.h>

#define NONE TAD__NO_PRODUCT

static size_t length(const tad__lines *lines, size_t i)
{
    return lines->start[i + 1] - lines->start[i];
}

/* ---- what all colourings share ---- */

typedef struct palette {
    size_t *order;     /* in which lines are coloured */
    size_t *forbidden; /* the line, plus 1, for which each colour was forbidden last */
    size_t *colours;   /* of each line; NONE: not yet, or not needed */
    size_t  used;
} palette;

static bool open_palette(const tad__jacobian *j, size_t n, palette *p)
{
    p->order = tad__take(j, n, sizeof *p->order);
    p->forbidden = p->order ? tad__take(j, n + 1, sizeof *p->forbidden) : NULL;
    p->colours = p->forbidden ? tad__take(j, n, sizeof *p->colours) : NULL;
    return p->colours;
}

/* Colours as they come, or the longest lines first. */
static void start(palette *p, const tad__lines *lines, bool longest_first)
{
    size_t *first = p->forbidden; /* where the lines of each length begin; of use only here */
    p->used = 0;
    for (size_t i = 0; i < lines->n; i++) {
        p->order[i] = i;
        p->colours[i] = NONE;
    }
    if (longest_first && lines->n > 1) { /* lengths beyond n - 1 (a matrix that is not square) count as that */
        size_t top = lines->n - 1;
        memset(first, 0, (lines->n + 1) * sizeof *first);
        for (size_t i = 0; i < lines->n; i++)
            first[top - (length(lines, i) < top ? length(lines, i) : top) + 1]++;
        for (size_t i = 1; i <= lines->n; i++)
            first[i] += first[i - 1];
        for (size_t i = 0; i < lines->n; i++)
            p->order[first[top - (length(lines, i) < top ? length(lines, i) : top)]++] = i;
    }
    memset(p->forbidden, 0, (lines->n + 1) * sizeof *p->forbidden);
}

static void forbid(palette *p, size_t colour, size_t line)
{
    if (colour != NONE)
        p->forbidden[colour] = line + 1;
}

static void choose(palette *p, size_t line)
{
    size_t colour = 0;
    while (p->forbidden[colour] == line + 1)
        colour++;
    p->colours[line] = colour;
    if (colour == p->used)
        p->used++;
}

/* ---- Jacobian: no two lines of a colour share a line across, except one that is left out for its length ---- */

static void colour_apart(palette *p, const tad__lines *lines, const tad__lines *across, size_t longest)
{
    for (size_t at = 0; at < lines->n; at++) {
        size_t line = p->order[at];
        bool   any = false;
        for (size_t k = lines->start[line]; k < lines->start[line + 1]; k++) {
            size_t other = lines->at[k];
            if (length(across, other) > longest)
                continue;
            any = true;
            for (size_t i = across->start[other]; i < across->start[other + 1]; i++)
                forbid(p, p->colours[across->at[i]], line);
        }
        if (any)
            choose(p, line);
    }
}

/* What is coloured, and which lines across are taken one by one. */
typedef struct choice {
    bool   by_rows, longest_first;
    size_t longest, products;
} choice;

static const tad__lines *lines_of(const tad__pattern *pattern, bool rows)
{
    return rows ? &pattern->rows : &pattern->columns;
}

/* The products that one choice takes if that is fewer than `best` has. */
static void try_choice(palette *p, const tad__pattern *pattern, choice c, choice *best)
{
    const tad__lines *lines = lines_of(pattern, c.by_rows), *across = lines_of(pattern, !c.by_rows);
    size_t            apart = 0, least = 0;
    for (size_t i = 0; i < across->n; i++) {
        apart += length(across, i) > c.longest;
        least = length(across, i) <= c.longest && length(across, i) > least ? length(across, i) : least;
    }
    if (apart + least >= best->products)
        return;
    start(p, lines, c.longest_first);
    colour_apart(p, lines, across, c.longest);
    c.products = apart + p->used;
    if (c.products < best->products)
        *best = c;
}

static choice best_choice(palette *p, const tad__pattern *pattern)
{
    choice best = {.products = SIZE_MAX};
    for (int by_rows = 1; by_rows >= 0; by_rows--) {
        const tad__lines *across = lines_of(pattern, !by_rows);
        size_t            longest = 0;
        for (size_t i = 0; i < across->n; i++)
            longest = length(across, i) > longest ? length(across, i) : longest;
        for (;; longest /= 2) {
            for (int order = 0; order < 2; order++)
                try_choice(p, pattern, (choice){by_rows, order, longest, 0}, &best);
            if (longest == 0)
                break;
        }
    }
    return best;
}

static bool open_plan(const tad__jacobian *j, const tad__pattern *p, tad__plan *out)
{
    size_t entries = p->rows.start[p->rows.n];
    *out = (tad__plan){0};
    out->row_product = tad__take(j, p->rows.n, sizeof *out->row_product);
    out->column_product = out->row_product ? tad__take(j, p->columns.n, sizeof *out->column_product) : NULL;
    out->product = out->column_product ? tad__take(j, entries, sizeof *out->product) : NULL;
    out->place = out->product ? tad__take(j, entries, sizeof *out->place) : NULL;
    return out->place;
}

/* Numbers for the lines of either kind. */
static void number_products(const palette *p, const tad__pattern *pattern, choice c, tad__plan *out)
{
    const tad__lines *lines = lines_of(pattern, c.by_rows), *across = lines_of(pattern, !c.by_rows);
    size_t           *coloured = c.by_rows ? out->row_product : out->column_product;
    size_t           *single = c.by_rows ? out->column_product : out->row_product;
    size_t            singles = c.products - p->used;
    size_t            first_coloured = c.by_rows ? 0 : singles, next = c.by_rows ? p->used : 0;
    out->pulls = c.by_rows ? p->used : singles;
    out->pushes = c.products - out->pulls;
    for (size_t i = 0; i < lines->n; i++)
        coloured[i] = p->colours[i] == NONE ? NONE : first_coloured + p->colours[i];
    for (size_t i = 0; i < across->n; i++)
        single[i] = length(across, i) > c.longest ? next++ : NONE;
}

static void place_entries(const tad__pattern *pattern, bool by_rows, tad__plan *out)
{
    const tad__lines *rows = &pattern->rows;
    for (size_t i = 0; i < rows->n; i++)
        for (size_t k = rows->start[i]; k < rows->start[i + 1]; k++) {
            size_t row = out->row_product[i], column = out->column_product[rows->at[k]];
            bool   pull = by_rows ? column == NONE : row != NONE;
            out->product[k] = pull ? row : column;
            out->place[k] = pull ? rows->at[k] : i;
        }
}

tad_status tad__plan_jacobian(const tad__jacobian *j, const tad__pattern *p, tad__plan *out)
{
    palette colours;
    size_t  longer = p->rows.n > p->columns.n ? p->rows.n : p->columns.n;
    if (!open_palette(j, longer, &colours) || !open_plan(j, p, out))
        return TAD_ENOMEM;
    choice            best = best_choice(&colours, p);
    const tad__lines *lines = lines_of(p, best.by_rows);
    start(&colours, lines, best.longest_first);
    colour_apart(&colours, lines, lines_of(p, !best.by_rows), best.longest);
    number_products(&colours, p, best, out);
    place_entries(p, best.by_rows, out);
    return TAD_OK;
}

/* ---- Hessian: neighbours differ, and no path of four has only two colours ---- */

/* Is there a neighbour of x, other than w, of w's colour? */
static bool has_twin(const palette *p, const tad__lines *lines, size_t x, size_t w)
{
    for (size_t k = lines->start[x]; k < lines->start[x + 1]; k++)
        if (lines->at[k] != w && lines->at[k] != x && p->colours[lines->at[k]] == p->colours[w])
            return true;
    return false;
}

/* Colours that line v must not have for its neighbour w. Between two neighbours of a line that has no colour yet, none are
 * equal; so v is never in the middle of a path whose ends are coloured alike. */
static void forbid_around(palette *p, const tad__lines *lines, size_t v, size_t w)
{
    forbid(p, p->colours[w], v);
    for (size_t k = lines->start[w]; k < lines->start[w + 1]; k++) {
        size_t x = lines->at[k];
        if (x == v || x == w || p->colours[x] == NONE || p->forbidden[p->colours[x]] == v + 1)
            continue;
        if (p->colours[w] == NONE || has_twin(p, lines, x, w))
            forbid(p, p->colours[x], v);
    }
}

static void colour_stars(palette *p, const tad__lines *lines)
{
    for (size_t at = 0; at < lines->n; at++) {
        size_t v = p->order[at];
        if (length(lines, v) == 0)
            continue;
        for (size_t k = lines->start[v]; k < lines->start[v + 1]; k++)
            if (lines->at[k] != v)
                forbid_around(p, lines, v, lines->at[k]);
        choose(p, v);
    }
}

/* Entry (i, j) is element i of the product of j's colour if no other entry of row i has that colour; else (j, i) has the
 * like property, and the matrix is symmetric. */
static void place_symmetric(const tad__lines *rows, size_t counts[], tad__plan *out)
{
    for (size_t i = 0; i < rows->n; i++) {
        for (size_t k = rows->start[i]; k < rows->start[i + 1]; k++)
            counts[out->row_product[rows->at[k]]]++;
        for (size_t k = rows->start[i]; k < rows->start[i + 1]; k++) {
            size_t j = rows->at[k];
            bool   alone = counts[out->row_product[j]] == 1;
            out->product[k] = out->row_product[alone ? j : i];
            out->place[k] = alone ? i : j;
        }
        for (size_t k = rows->start[i]; k < rows->start[i + 1]; k++)
            counts[out->row_product[rows->at[k]]] = 0;
    }
}

tad_status tad__plan_hessian(const tad__jacobian *j, const tad__pattern *p, tad__plan *out)
{
    palette           colours;
    const tad__lines *rows = &p->rows;
    if (!open_palette(j, rows->n, &colours) || !open_plan(j, p, out))
        return TAD_ENOMEM;
    start(&colours, rows, true);
    colour_stars(&colours, rows);
    out->pulls = colours.used;
    for (size_t i = 0; i < rows->n; i++) {
        out->row_product[i] = colours.colours[i];
        out->column_product[i] = NONE;
    }
    memset(colours.forbidden, 0, (rows->n + 1) * sizeof *colours.forbidden);
    place_symmetric(rows, colours.forbidden, out);
    return TAD_OK;
}
