/* How it is computed. Along an axis, place i of x meets place o of y in element t of the kernel where
 * i + padding = o * stride + t * dilation. With q = stride / gcd(stride, dilation), the elements t with the same t % q (a
 * slot) meet only every stride-th place of x: those make a plane of their own, in which o meets o + shift(t). So a strided
 * convolution is a sum of plain ones.
 *
 * Planes are copied into a buffer, with their padding, a block of rows at a time. Shifting by rows and columns is then
 * shifting by a constant in memory, and a whole block of places one line of an indexed product: nothing is copied once for
 * each element of the kernel. What a line computes between the rows is ignored. */
#include "tensor/conv.h"

#include "tensor/indexed.h"

#include <string.h>

/* A block of planes and lines fits some second-level cache, unless it would have too few rows. */
enum { BLOCK_BYTES = 1 << 20, LEAST_ROWS = 4 };

typedef struct plan {
    int64_t slots[2], period[2], reach[2]; /* slots in use, q, and the largest shift */
    int64_t first[2], places[2];           /* of y; by x: of the planes of x that have any of x */
    int64_t rows;                          /* of places in a block */
    int64_t width, plane, planes;          /* of the buffer */
    int64_t positions;                     /* by w: elements from position to position of y in its buffer */
    int64_t m, k, line;                    /* rows, entries, and elements from row to row of a product */
} plan;

static int64_t lesser(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t greater(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t common_divisor(int64_t a, int64_t b)
{
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* floor(a / b) for b > 0 */
static int64_t quotient(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int64_t whole_vectors(int64_t n)
{
    return (n + TAD__INDEXED_SLACK - 1) / TAD__INDEXED_SLACK * TAD__INDEXED_SLACK;
}

static int64_t shift(const tad__conv *g, int axis, int64_t t)
{
    return t * g->dilation[axis] / g->stride[axis];
}

/* The place of x where a slot's plane begins. */
static int64_t phase(const tad__conv *g, int axis, int64_t slot)
{
    return slot * g->dilation[axis] % g->stride[axis] - g->padding[axis];
}

/* The product of two sizes; if that is no size, one that cannot be had either. */
static int64_t bounded_product(int64_t a, int64_t b)
{
    return (double)a * (double)b < 0x1p56 ? a * b : (int64_t)1 << 56;
}

static plan make_plan(const tad__conv *g, tad__conv_role role, tad_dtype dtype)
{
    bool   by_x = role == TAD__CONV_X, by_y = role == TAD__CONV_Y;
    double size = (double)tad_dtype_size(dtype);
    plan   p = {0};
    for (int i = 0; i < 2; i++) {
        p.period[i] = g->stride[i] / common_divisor(g->stride[i], g->dilation[i]);
        p.slots[i] = lesser(g->w[i], p.period[i]);
        p.reach[i] = shift(g, i, g->w[i] - 1);
        p.first[i] = by_x ? g->padding[i] / g->stride[i] : 0;
        p.places[i] = by_x ? (g->x[i] - 1 + g->padding[i]) / g->stride[i] - p.first[i] + 1 : g->y[i];
    }
    p.width = p.places[1] + p.reach[1];
    p.planes = by_x ? g->y_channels : bounded_product(g->x_channels, bounded_product(p.slots[0], p.slots[1]));
    p.positions = by_x || by_y ? 0 : whole_vectors(g->y_channels);
    int64_t elements = bounded_product(g->w[0], g->w[1]);
    p.m = by_x ? g->x_channels : by_y ? g->y_channels : bounded_product(g->x_channels, elements);
    double lines = (double)p.width * (double)(p.planes + (p.positions ? 0 : p.m));
    double rows = BLOCK_BYTES / size - (double)p.width * (double)p.planes * (double)p.reach[0];
    rows /= lines + (double)p.places[1] * (double)p.positions;
    p.rows = p.places[0];
    if (rows < (double)p.rows)
        p.rows = lesser(p.rows, greater(LEAST_ROWS, greater(p.reach[0], rows > 0 ? (int64_t)rows : 0)));
    p.plane = bounded_product(p.rows + p.reach[0], p.width);
    p.line = p.positions ? p.positions : whole_vectors(bounded_product(p.rows, p.width));
    p.k = by_x   ? bounded_product(g->y_channels, elements)
          : by_y ? bounded_product(g->x_channels, elements)
                 : bounded_product(p.rows, p.places[1]);
    return p;
}

/* What a product needs in memory, in this order. */
typedef struct workspace {
    char    *planes, *positions, *out; /* out: what the product gives */
    int64_t *row, *column, *line;      /* tables */
} workspace;

static int64_t plane_elements(const plan *p)
{
    return whole_vectors(bounded_product(p->planes, p->plane) + TAD__INDEXED_SLACK);
}

size_t tad__conv_scratch(const tad__conv *conv, tad__conv_role role, tad_dtype dtype)
{
    plan   p = make_plan(conv, role, dtype);
    double elements = (double)plane_elements(&p) + (double)p.positions * (double)p.k + (double)p.m * (double)p.line;
    double bytes = elements * (double)tad_dtype_size(dtype) + ((double)p.m + 2 * (double)p.k) * sizeof(int64_t);
    return bytes < 0x1p52 ? (size_t)bytes : SIZE_MAX;
}

static workspace lay_out(const plan *p, tad_dtype dtype, void *scratch)
{
    int64_t   size = (int64_t)tad_dtype_size(dtype);
    workspace at = {.planes = scratch};
    at.positions = at.planes + plane_elements(p) * size;
    at.out = at.positions + p->positions * p->k * size;
    at.row = (int64_t *)(void *)(at.out + p->m * p->line * size);
    at.column = at.row + p->m;
    at.line = at.column + p->k;
    return at;
}

/* All that the functions below want to know. */
typedef struct job {
    const tad__conv *g;
    tad__conv_role   role;
    const tad_array *arrays;
    plan             plan;
    workspace        at;
} job;

/* The elements of the kernel along an axis that a slot has. */
static int64_t slot_elements(const tad__conv *g, const plan *p, int axis, int64_t slot)
{
    return (g->w[axis] - slot + p->period[axis] - 1) / p->period[axis];
}

/* Where element t of the kernel finds what place 0 of y meets, in the planes of x that one channel has. */
static int64_t tap(const tad__conv *g, const plan *p, int64_t t0, int64_t t1)
{
    int64_t slot = t0 % p->period[0] * p->slots[1] + t1 % p->period[1];
    return slot * p->plane + shift(g, 0, t0) * p->width + shift(g, 1, t1);
}

/* By y: channels of y times the kernel's elements; the lines are those of x. */
static void table_by_y(const tad__conv *g, const plan *p, const tad_array *w, const workspace *at)
{
    int64_t l = 0;
    for (int64_t i = 0; i < g->y_channels; i++)
        at->row[i] = i * w->strides[0];
    for (int64_t c = 0; c < g->x_channels; c++)
        for (int64_t t0 = 0; t0 < g->w[0]; t0++)
            for (int64_t t1 = 0; t1 < g->w[1]; t1++, l++) {
                at->column[l] = c * w->strides[1] + t0 * w->strides[2] + t1 * w->strides[3];
                at->line[l] = c * p->slots[0] * p->slots[1] * p->plane + tap(g, p, t0, t1);
            }
}

/* By x: channels of x times the kernel's elements, slot by slot; the lines are those of y. */
static void table_by_x(const tad__conv *g, const plan *p, const tad_array *w, const workspace *at)
{
    int64_t l = 0;
    for (int64_t i = 0; i < g->x_channels; i++)
        at->row[i] = i * w->strides[1];
    for (int64_t s0 = 0; s0 < p->slots[0]; s0++)
        for (int64_t s1 = 0; s1 < p->slots[1]; s1++)
            for (int64_t c = 0; c < g->y_channels; c++)
                for (int64_t t0 = s0; t0 < g->w[0]; t0 += p->period[0])
                    for (int64_t t1 = s1; t1 < g->w[1]; t1 += p->period[1], l++) {
                        at->column[l] = c * w->strides[0] + t0 * w->strides[2] + t1 * w->strides[3];
                        at->line[l] =
                            c * p->plane + (p->reach[0] - shift(g, 0, t0)) * p->width + (p->reach[1] - shift(g, 1, t1));
                    }
}

/* By w: the kernel's elements times the places of y; a line is all channels of y in one place. */
static void table_by_w(const tad__conv *g, const plan *p, const workspace *at)
{
    int64_t i = 0, l = 0;
    for (int64_t c = 0; c < g->x_channels; c++)
        for (int64_t t0 = 0; t0 < g->w[0]; t0++)
            for (int64_t t1 = 0; t1 < g->w[1]; t1++)
                at->row[i++] = c * p->slots[0] * p->slots[1] * p->plane + tap(g, p, t0, t1);
    for (int64_t r = 0; r < p->rows; r++)
        for (int64_t o = 0; o < p->places[1]; o++, l++) {
            at->column[l] = r * p->width + o;
            at->line[l] = l * p->positions;
        }
}

/* Place j of a row or column of a block is element start + j * step of an axis, which has it for low <= j < high. */
typedef struct range {
    int64_t start, step, low, high;
} range;

/* Where the rows and columns of a block stand in one plane of an array: a channel of one of the batch. */
typedef struct window {
    char   *data;
    int64_t places[2], strides[2];
    int64_t pitch; /* from row to row of the block */
    range   axes[2];
} window;

static range range_of(int64_t start, int64_t step, int64_t size, int64_t places)
{
    int64_t low = lesser(places, greater(0, -quotient(start, step)));
    int64_t high = lesser(places, quotient(size - 1 - start, step) + 1);
    return (range){start, step, low, greater(low, high)};
}

static window window_of(const job *j, tad__conv_role role, int64_t n, int64_t channel, int64_t rows, int64_t columns)
{
    const tad_array *array = &j->arrays[role];
    int64_t          offset = n * array->strides[0] + channel * array->strides[1];
    return (window){.data = (char *)array->data + offset * (int64_t)tad_dtype_size(array->dtype),
                    .places = {rows, columns},
                    .strides = {array->strides[2], array->strides[3]},
                    .pitch = j->plan.width};
}

/* A block of one column is seen as one row, which is faster. */
static window turn(const window *w)
{
    return (window){.data = w->data,
                    .places = {w->places[1], w->places[0]},
                    .strides = {w->strides[1], w->strides[0]},
                    .pitch = w->places[0],
                    .axes = {w->axes[1], w->axes[0]}};
}

/* Place j is element start + j * step of an axis of that size. */
static void set_axis(window *w, int axis, int64_t start, int64_t step, int64_t size)
{
    w->axes[axis] = range_of(start, step, size, w->places[axis]);
    if (axis == 1 && w->places[1] == 1 && w->pitch == 1)
        *w = turn(w);
}

#define REAL float
#define NAME(x) x##_f32
#include "tensor/conv.inc"
#define REAL double
#define NAME(x) x##_f64
#include "tensor/conv.inc"

void tad__conv_add(const tad__conv *conv, tad__conv_role role, const tad_array arrays[3], void *scratch)
{
    const tad_array *w = &arrays[TAD__CONV_W];
    for (int i = 0; i < 3; i++)
        if (tad__array_count(&arrays[i]) == 0)
            return;
    job j = {.g = conv, .role = role, .arrays = arrays, .plan = make_plan(conv, role, w->dtype)};
    j.at = lay_out(&j.plan, w->dtype, scratch);
    if (role == TAD__CONV_Y)
        table_by_y(conv, &j.plan, w, &j.at);
    else if (role == TAD__CONV_X)
        table_by_x(conv, &j.plan, w, &j.at);
    else
        table_by_w(conv, &j.plan, &j.at);
    (w->dtype == TAD_F32 ? add_f32 : add_f64)(&j);
}
