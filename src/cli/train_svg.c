/* The loss over the steps as an SVG drawing. */
#include "base/output.h"
#include "cli/file.h"
#include "cli/plot.h"
#include "cli/train.h"

#include <math.h>

enum { WIDTH = 720, HEIGHT = 420, LEFT = 80, RIGHT = 24, TOP = 48, BOTTOM = 56 };

static const char style[] =
    "<style>\n"
    "  text { font: 13px system-ui, sans-serif; fill: #333 }\n"
    "  .title { font-size: 16px; font-weight: 600 }\n"
    "  .back { fill: #fff } .grid { stroke: #ddd } .axis { stroke: #333; fill: none }\n"
    "  .curve { stroke: #1663b0; stroke-width: 2; fill: none; stroke-linejoin: round }\n"
    "  @media (prefers-color-scheme: dark) {\n"
    "    text { fill: #ddd } .back { fill: #16181c } .grid { stroke: #3a3d42 } .axis { stroke: #ddd }\n"
    "    .curve { stroke: #6cb2f5 }\n"
    "  }\n"
    "</style>\n";

typedef struct scale {
    double low, high;
    bool   logarithmic;
} scale;

static double place(const scale *y, double value)
{
    double part = y->logarithmic ? log(value / y->low) / log(y->high / y->low) : (value - y->low) / (y->high - y->low);
    part = part < 0 ? 0 : part > 1 ? 1 : part;
    return HEIGHT - BOTTOM - part * (HEIGHT - BOTTOM - TOP);
}

/* A distance of 1, 2 or 5 times a power of 10, so that about five fit into `range`. */
static double nice_step(double range)
{
    double power = pow(10, floor(log10(range / 5))), rest = range / 5 / power;
    return power * (rest < 1.5 ? 1 : rest < 3.5 ? 2 : rest < 7.5 ? 5 : 10);
}

static void draw_y_tick(tad__output *out, const scale *y, double value)
{
    double at = place(y, value);
    tad__output_add(
        out, "<path class=\"grid\" d=\"M%d %.1fH%d\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.4g</text>\n",
        LEFT, at, WIDTH - RIGHT, LEFT - 8, at + 4, value);
}

static void draw_y_ticks(tad__output *out, const scale *y)
{
    if (y->logarithmic) {
        int first = (int)ceil(log10(y->low) - 1e-9), last = (int)floor(log10(y->high) + 1e-9),
            every = 1 + (last - first) / 8;
        if (last - first < 1) {
            draw_y_tick(out, y, y->low);
            draw_y_tick(out, y, y->high);
        } else
            for (int power = first; power <= last; power += every)
                draw_y_tick(out, y, pow(10, power));
        return;
    }
    double step = nice_step(y->high - y->low);
    for (int k = 0; k < 16; k++) {
        double value = (ceil(y->low / step - 1e-9) + k) * step;
        if (!(value <= y->high + 1e-9 * step))
            break;
        draw_y_tick(out, y, fabs(value) < 1e-9 * step ? 0 : value);
    }
}

static void draw_x_ticks(tad__output *out, double last)
{
    double step = last > 0 ? fmax(nice_step(last), 1) : 1;
    for (int k = 0; k < 16 && k * step <= last; k++)
        tad__output_add(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.6g</text>\n",
                        LEFT + (last > 0 ? k * step / last : 0) * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM + 20,
                        k * step);
    tad__output_add(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">step</text>\n", (LEFT + WIDTH - RIGHT) / 2,
                    HEIGHT - 14);
}

static void draw_curve(tad__output *out, const cli_history *history, const scale *y)
{
    bool pen = false;
    tad__output_text(out, "<path class=\"curve\" d=\"");
    for (int i = 0; i < history->count; i++) {
        bool   last = i + 1 == history->count;
        double x = LEFT + (history->count > 1 ? (double)i / (history->count - 1) : 0) * (WIDTH - LEFT - RIGHT);
        if (isfinite(history->loss[i]))
            tad__output_add(out, "%s%.1f %.1f%s", pen ? "L" : "M", x, place(y, history->loss[i]), last ? "" : " ");
        pen = isfinite(history->loss[i]);
    }
    tad__output_text(out, "\"/>\n");
}

static int draw(const cli_history *history, tad_writer to)
{
    tad__output out;
    scale       y = {.logarithmic = cli_history_is_steep(history)};
    double      last = (double)((history->count - 1) * history->every);
    cli_curve_range(&(cli_curve){.y = history->loss, .n = history->count, .logarithmic = true}, &y.low, &y.high);
    tad__output_start(&out, to);
    tad__output_add(
        &out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\">\n",
        WIDTH, HEIGHT, WIDTH, HEIGHT);
    tad__output_add(&out, "<title>Loss over %lld steps: from %.6g to %.6g</title>\n", (long long)history->steps - 1,
                    history->loss[0], history->last);
    tad__output_text(&out, style);
    tad__output_add(
        &out,
        "<rect class=\"back\" width=\"%d\" height=\"%d\"/>\n<text class=\"title\" x=\"%d\" y=\"28\">Loss%s</text>\n",
        WIDTH, HEIGHT, LEFT, y.logarithmic ? " (logarithmic)" : "");
    draw_y_ticks(&out, &y);
    draw_x_ticks(&out, last);
    tad__output_add(&out, "<path class=\"axis\" d=\"M%d %dV%dH%d\"/>\n", LEFT, TOP, HEIGHT - BOTTOM, WIDTH - RIGHT);
    draw_curve(&out, history, &y);
    tad__output_text(&out, "</svg>\n");
    return tad__output_end(&out) == TAD_OK ? CLI_DONE : CLI_WRONG;
}

int cli_history_svg(const cli_call *cli, const cli_history *history)
{
    cli_file file;
    int      status = cli_open_file(cli, &file, cli->options.svg);
    return status == CLI_DONE ? cli_close_file(&file, draw(history, cli_writer(file.stream))) : status;
}
