#define _POSIX_C_SOURCE 200809L
#include "cli/progress.h"

#include <string.h>
#include <time.h>

static const double between_terminal = 0.1, between_lines = 5; /* seconds */

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

void cli_progress_start(cli_progress *progress, const cli_call *cli, const char *title, int64_t total,
                        const char *note_name)
{
    *progress = (cli_progress){
        .title = title, .note_name = note_name, .silent = cli->options.quiet, .total = total, .look_at = 1};
    progress->terminal = cli_is_terminal(stderr);
    progress->utf8 = cli->utf8 && !cli->options.ascii;
    progress->begun = progress->shown = now();
}

/* "01:23", or "1:02:03". */
static void write_time(double seconds, char text[24])
{
    long s = seconds < 1e8 ? (long)seconds : 99999999;
    if (s >= 3600)
        snprintf(text, 24, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(text, 24, "%02ld:%02ld", s / 60, s % 60);
}

/* A bar of `width` columns, filled to a part between 0 and 1, in eighths or tenths of a column. */
static void write_bar(const cli_progress *progress, double part, int width, char *out, size_t size)
{
    static const char *const eighths[] = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
    static const char *const tenths[] = {" ", "1", "2", "3", "4", "5", "6", "7", "8", "9", "#"};
    const char *const       *steps = progress->utf8 ? eighths : tenths;
    int                      fine = progress->utf8 ? 8 : 10, filled = (int)(part * width * fine);
    size_t                   used = 0;
    for (int i = 0; i < width && used + 4 < size; i++, filled -= fine)
        used += (size_t)snprintf(out + used, size - used, "%s", steps[filled >= fine ? fine : filled > 0 ? filled : 0]);
}

static void show(const cli_progress *progress, double time)
{
    char   bar[1024] = "", elapsed[24], left[24], tail[160];
    double passed = time - progress->begun, rate = passed > 0 ? (double)progress->n / passed : 0;
    double part = progress->total > 0 ? (double)progress->n / (double)progress->total : 1;
    write_time(passed, elapsed);
    write_time(rate > 0 ? (double)(progress->total - progress->n) / rate : 0, left);
    snprintf(tail, sizeof tail, "| %lld/%lld [%s<%s, %.*fit/s, %s=%.4g]", (long long)progress->n,
             (long long)progress->total, elapsed, left, rate < 100 ? 2 : 0, rate, progress->note_name, progress->note);
    int width = progress->terminal ? cli_width_of(stderr) - 1 - (int)(strlen(progress->title) + strlen(tail)) - 7 : 10;
    write_bar(progress, part, width < 4 ? 4 : width, bar, sizeof bar);
    fprintf(stderr, "%s%s: %3d%%|%s%s%s", progress->terminal ? "\r" : "", progress->title, (int)(100 * part), bar, tail,
            progress->terminal ? "\033[K" : "\n");
    fflush(stderr);
}

void cli_progress_look(cli_progress *progress)
{
    double  time = now(), since = time - progress->shown;
    double  wait = progress->terminal ? between_terminal : between_lines;
    int64_t ahead = 1;
    if (since >= wait && progress->n < progress->total) {
        if (!progress->silent)
            show(progress, time);
        progress->shown = time;
    }
    if (time > progress->begun) /* some ten looks between two lines, and at least twenty a second */
        ahead = (int64_t)((double)progress->n / (time - progress->begun) * (wait > 0.5 ? 0.05 : wait / 10));
    progress->look_at = progress->n + (ahead > 1 ? ahead : 1);
}

void cli_progress_end(cli_progress *progress)
{
    if (progress->silent)
        return;
    show(progress, now());
    if (progress->terminal)
        fputc('\n', stderr);
}
