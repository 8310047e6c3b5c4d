/* Curves in a terminal: braille dots (2 x 4 a character) where UTF-8 is spoken, and otherwise ' - . (1 x 3). */
#ifndef CLI_PLOT_H
#define CLI_PLOT_H

#include "cli/cli.h"

enum { CLI_PLOT_ROWS = 16, CLI_PLOT_BYTES = 1024 };

/* What to plot: n points from x = low to x = high at equal distances. NaN leaves a gap. */
typedef struct cli_curve {
    const char   *title;
    const double *y;
    int           n;
    double        low, high;
    bool          logarithmic; /* the axis of y; all y are above 0 */
} cli_curve;

/* A plot of some columns in lines of text. */
typedef struct cli_plot {
    int  rows, columns;
    char line[CLI_PLOT_ROWS][CLI_PLOT_BYTES];
} cli_plot;

void cli_plot_draw(const cli_call *cli, cli_plot *plot, int columns, int rows, const cli_curve *curve);

/* Prints plots side by side, or one below the other where the terminal is too narrow. */
void cli_plot_print(const cli_call *cli, int n, const cli_plot plots[]);

/* The lowest and the highest y to show: all of them, unless a few are far from all others (poles). */
void cli_curve_range(const cli_curve *curve, double *low, double *high);

#endif
