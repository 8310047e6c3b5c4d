#include "cli/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL = 10, MOST_COLUMNS = 200, MOST_POINTS = 4096 };

/* The dots of a cell, a bit for each: of a column from the top, and how far the second column is from the first. */
typedef struct grid {
    int           across, down; /* dots of a cell */
    int           columns, rows;
    unsigned char cell[CLI_PLOT_ROWS][MOST_COLUMNS];
} grid;

static void set_dot(grid *g, int x, int y)
{
    static const unsigned char braille[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    int                        row = y / g->down, column = x / g->across;
    if (row < 0 || row >= g->rows || column < 0 || column >= g->columns)
        return;
    g->cell[row][column] |= g->across == 2 ? braille[y % 4][x % 2] : (unsigned char)(1 << y % 3);
}

static size_t write_cell(const grid *g, unsigned char dots, char *out)
{
    static const char ascii[] = {' ', '\'', '-', '\'', '.', ':', '.', '|'}; /* by the bits top 1, middle 2, bottom 4 */
    if (g->across == 1 || dots == 0) {
        out[0] = g->across == 1 ? ascii[dots] : ' ';
        return 1;
    }
    out[0] = (char)0xe2; /* U+2800 + dots in UTF-8 */
    out[1] = (char)(0xa0 | dots >> 6);
    out[2] = (char)(0x80 | (dots & 0x3f));
    return 3;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void cli_curve_range(const cli_curve *curve, double *low, double *high)
{
    double sorted[MOST_POINTS];
    int    n = 0;
    for (int i = 0; i < curve->n && i < MOST_POINTS; i++)
        if (isfinite(curve->y[i]))
            sorted[n++] = curve->y[i];
    *low = 0;
    *high = 1;
    if (n == 0)
        return;
    qsort(sorted, (size_t)n, sizeof *sorted, compare);
    *low = sorted[0];
    *high = sorted[n - 1];
    double inner_low = sorted[n / 20], inner_high = sorted[n - 1 - n / 20], inner = inner_high - inner_low;
    if (!curve->logarithmic && inner > 0) { /* what lies further out than the middle is wide is a pole */
        *low = fmax(*low, inner_low - 2 * inner);
        *high = fmin(*high, inner_high + 2 * inner);
    }
    if (*high - *low <= 1e-12 * fmax(fabs(*low), fabs(*high))) { /* constant, but for rounding */
        double margin = *low == 0 ? 1 : fabs(*low) / 2;
        *high += margin;
        *low -= curve->logarithmic ? margin / 2 : margin;
    }
}

/* Interpolated between the points at the two sides of dot column `x` of `width`. */
static double value_at(const cli_curve *curve, int x, int width)
{
    double at = width > 1 ? (double)x * (curve->n - 1) / (width - 1) : 0;
    int    i = (int)at, j = i + 1 < curve->n ? i + 1 : i;
    double part = at - i;
    return part == 0 ? curve->y[i] : curve->y[i] * (1 - part) + curve->y[j] * part;
}

static void draw_curve(grid *g, const cli_curve *curve, double low, double high)
{
    int width = g->columns * g->across, height = g->rows * g->down, before = -1;
    for (int x = 0; x < width; x++) {
        double y = value_at(curve, x, width);
        if (curve->logarithmic)
            y = (log(y) - log(low)) / (log(high) - log(low));
        else
            y = (y - low) / (high - low);
        if (!(y >= -1e-9 && y <= 1 + 1e-9)) {
            before = -1;
            continue;
        }
        int dot = (int)floor((1 - y) * (height - 1) + 0.5), from = before < 0 ? dot : before;
        int step = from < dot ? 1 : -1;
        for (int k = from; k != dot; k += step) /* a steep curve has no gaps: half of a step in each column */
            set_dot(g, (k - from) * step <= (dot - from) * step / 2 ? x - 1 : x, k);
        set_dot(g, x, dot);
        before = dot;
    }
}

static void write_axis(cli_plot *plot, int row, int columns, const cli_curve *curve)
{
    char low[32], high[32];
    snprintf(low, sizeof low, "%.4g", curve->low);
    snprintf(high, sizeof high, "%.4g", curve->high);
    snprintf(plot->line[row], CLI_PLOT_BYTES, "%*s%-*s%s", LABEL + 1, "", columns - (int)strlen(high), low, high);
}

void cli_plot_draw(const cli_call *cli, cli_plot *plot, int columns, int rows, const cli_curve *curve)
{
    bool   braille = cli->utf8 && !cli->options.ascii;
    double low, high;
    grid   g = {.across = braille ? 2 : 1, .down = braille ? 4 : 3, .rows = rows - 2};
    g.columns = columns - LABEL - 1 < MOST_COLUMNS ? columns - LABEL - 1 : MOST_COLUMNS;
    cli_curve_range(curve, &low, &high);
    draw_curve(&g, curve, low, high);
    plot->rows = rows;
    plot->columns = columns;
    snprintf(plot->line[0], CLI_PLOT_BYTES, "%*s%s", LABEL + 1, "", curve->title);
    for (int r = 0; r < g.rows; r++) {
        char  *line = plot->line[r + 1], label[32] = "";
        double part = 1 - (double)r / (g.rows - 1);
        double y = curve->logarithmic ? exp(log(low) + part * (log(high) - log(low))) : low + part * (high - low);
        if (r % 3 == 0 || r == g.rows - 1)
            snprintf(label, sizeof label, "%.4g", !curve->logarithmic && fabs(y) < 1e-9 * (high - low) ? 0 : y);
        size_t used = (size_t)snprintf(line, CLI_PLOT_BYTES, "%*s %s", LABEL - 1, label, braille ? "│" : "|");
        for (int c = 0; c < g.columns; c++)
            used += write_cell(&g, g.cell[r][c], line + used);
        line[used] = 0;
    }
    write_axis(plot, rows - 1, g.columns, curve);
}

/* Columns that a line of UTF-8 takes. */
static int width_of(const char *line)
{
    int width = 0;
    for (; *line; line++)
        width += (*line & 0xc0) != 0x80;
    return width;
}

static void print_row(int n, const cli_plot plots[], int row)
{
    for (int p = 0; p < n; p++) {
        const char *line = plots[p].line[row];
        int         length = (int)strlen(line);
        if (p + 1 == n)
            while (length > 0 && line[length - 1] == ' ')
                length--;
        printf("%.*s%*s", length, line, p + 1 < n ? plots[p].columns + 2 - width_of(line) : 0, "");
    }
    putchar('\n');
}

void cli_plot_print(const cli_call *cli, int n, const cli_plot plots[])
{
    int width = -2;
    for (int p = 0; p < n; p++)
        width += plots[p].columns + 2;
    int abreast = width <= cli->width ? n : 1;
    for (int first = 0; first < n; first += abreast)
        for (int row = 0; row < plots[first].rows; row++)
            print_row(abreast, plots + first, row);
}
