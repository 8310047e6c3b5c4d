/* Arrays summed up for a page: statistics, heat maps, and units that hand on nothing. */
#include "tensor/move.h"
#include "tools/page.h"

#include <math.h>

bool tad__page_load(tad__page *page, const tad_array *array, size_t offset)
{
    tad_array to = *array;
    size_t    count = (size_t)tad__array_count(array);
    if (!tad__reserve(&page->tape->allocator, (void **)&page->numbers, &page->number_capacity, offset + count + 1,
                      sizeof *page->numbers))
        return false;
    to.dtype = TAD_F64;
    tad__array_set_c_order(&to);
    to.data = page->numbers + offset;
    if (count)
        tad__copy(&to, array);
    return true;
}

tad__summary tad__summarise(const double *numbers, int64_t count)
{
    tad__summary s = {.count = count};
    int64_t      finite = 0;
    double       sum = 0, squares = 0, spread = 0;
    for (int64_t i = 0; i < count; i++) {
        double x = numbers[i];
        s.zeros += x == 0;
        s.nans += isnan(x);
        s.infinities += isinf(x) != 0;
        if (!isfinite(x))
            continue;
        s.least = finite == 0 || x < s.least ? x : s.least;
        s.most = finite == 0 || x > s.most ? x : s.most;
        finite++;
        sum += x;
        squares += x * x;
    }
    if (finite == 0)
        return s;
    s.mean = sum / (double)finite;
    s.rms = sqrt(squares / (double)finite);
    for (int64_t i = 0; i < count; i++)
        spread += isfinite(numbers[i]) ? (numbers[i] - s.mean) * (numbers[i] - s.mean) : 0;
    s.deviation = sqrt(spread / (double)finite);
    return s;
}

/* ---- dead and saturated units ---- */

/* The derivative of a row of one operand at x. */
static double slope(int row, double x)
{
    double   one = 1, y, share = 0;
    tad__run run = {.n = 1, .a = &x, .b = &x, .stride_a = 1, .stride_b = 1, .out = &y};
    tad__kernels_f64[row].forward(&run);
    run.y = &y;
    run.gy = &one;
    run.out = &share;
    run.stride_out = 1;
    tad__kernels_f64[row].pull[0](&run);
    return share;
}

/* A slope below this is none to speak of. */
static const double slight = 0.01;

/* Dead: the slope is 0 here and a unit further on one side. Saturated: it is slight, and falls to less than half a unit further.
 * So a square near 0 is neither, for its slope grows on both sides. */
static void judge(int row, double x, int64_t *dead, int64_t *saturated)
{
    double here = fabs(slope(row, x));
    if (!(here < slight))
        return;
    double beside = fmin(fabs(slope(row, x - 1)), fabs(slope(row, x + 1)));
    *dead += here == 0 && beside == 0;
    *saturated += here != 0 && beside < here / 2;
}

bool tad__page_units(tad__page *page, uint32_t id, int64_t *dead, int64_t *saturated)
{
    const tad_tape *tape = page->tape;
    const tad_op   *op = tad__op_of_node(tape, id);
    int             row = op ? tad__row_of(op) : -1;
    *dead = *saturated = 0;
    if (row < 0 || op->arity != 1 || tad__is_piecewise_constant(op))
        return true;
    const uint32_t *in;
    tad_array       array;
    tad__operands(tape, id, &in);
    tad__value_array(tape, in[0], &array);
    if (!tad__page_load(page, &array, 0))
        return false;
    for (int64_t i = 0, n = tad__array_count(&array); i < n; i++)
        judge(row, page->numbers[i], dead, saturated);
    return true;
}

/* ---- heat maps ---- */

/* The levels 0 to 60 of a cell as characters, 30 for 0; NaN is '!'. */
static const char levels[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxy";
enum { MIDDLE = 30 };

static char level(double x, double scale)
{
    if (isnan(x))
        return '!';
    double part = scale > 0 ? x / scale : 0;
    part = part > 1 ? 1 : part < -1 ? -1 : part;
    return levels[MIDDLE + (int)lround(part * MIDDLE)];
}

/* The mean of a block of elements; infinite or NaN if one is. */
static double block_mean(const double *numbers, int64_t columns, const int64_t from[2], const int64_t to[2])
{
    double sum = 0;
    for (int64_t i = from[0]; i < to[0]; i++)
        for (int64_t j = from[1]; j < to[1]; j++)
            sum += numbers[i * columns + j];
    return sum / (double)((to[0] - from[0]) * (to[1] - from[1]));
}

/* The largest absolute value, of finite elements. */
static double largest(const double *numbers, int64_t count)
{
    double most = 0;
    for (int64_t i = 0; i < count; i++)
        if (isfinite(numbers[i]) && fabs(numbers[i]) > most)
            most = fabs(numbers[i]);
    return most;
}

void tad__page_heat_map(tad__page *page, const tad_array *shape)
{
    int64_t count = tad__array_count(shape), columns = shape->rank ? shape->dims[shape->rank - 1] : 1;
    int64_t sizes[2] = {columns ? count / columns : 0, columns}, cells[2];
    double  scale = largest(page->numbers, count);
    for (int i = 0; i < 2; i++)
        cells[i] = sizes[i] < page->side ? sizes[i] : page->side;
    tad__output_add(page->output, "[%d,%d,\"", (int)cells[0], (int)cells[1]);
    for (int64_t i = 0; i < cells[0]; i++)
        for (int64_t j = 0; j < cells[1]; j++) {
            int64_t from[2] = {i * sizes[0] / cells[0], j * sizes[1] / cells[1]};
            int64_t to[2] = {(i + 1) * sizes[0] / cells[0], (j + 1) * sizes[1] / cells[1]};
            tad__output_add(page->output, "%c", level(block_mean(page->numbers, columns, from, to), scale));
        }
    tad__output_text(page->output, "\"]");
}
