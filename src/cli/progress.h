/* How far a loop is, on stderr, in the manner of tqdm: a line that is written over, or, where stderr is no terminal, a line
 * every few seconds. Looks at the clock only as often as it has to. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "cli/cli.h"

typedef struct cli_progress {
    const char *title, *note_name;
    bool        silent, terminal, utf8;
    int64_t     n, total;
    int64_t     look_at;      /* n at which to look at the clock again */
    double      note;         /* a number shown behind the rate */
    double      begun, shown; /* seconds */
} cli_progress;

void cli_progress_start(cli_progress *progress, const cli_call *cli, const char *title, int64_t total,
                        const char *note_name);
void cli_progress_look(cli_progress *progress);

/* One step done. */
static inline void cli_progress_step(cli_progress *progress, double note)
{
    progress->note = note;
    if (++progress->n >= progress->look_at)
        cli_progress_look(progress);
}

/* Shows the last state for good. */
void cli_progress_end(cli_progress *progress);

#endif
