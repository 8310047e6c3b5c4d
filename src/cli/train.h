/* The loss of a run, step by step, thinned out where it is long: at most CLI_HISTORY points at equal distances. */
#ifndef CLI_TRAIN_H
#define CLI_TRAIN_H

#include "cli/cli.h"

enum { CLI_HISTORY = 1024 };

typedef struct cli_history {
    int64_t steps; /* added so far */
    int64_t every; /* points are this many steps apart */
    int     count;
    double  loss[CLI_HISTORY];
    double  last;
} cli_history;

static inline void cli_history_add(cli_history *history, double loss)
{
    if (history->every == 0)
        history->every = 1;
    if (history->steps % history->every == 0) {
        if (history->count == CLI_HISTORY) {
            history->count /= 2;
            for (int i = 0; i < history->count; i++)
                history->loss[i] = history->loss[2 * i];
            history->every *= 2;
        }
        if (history->steps % history->every == 0)
            history->loss[history->count++] = loss;
    }
    history->last = loss;
    history->steps++;
}

/* Does the loss want a logarithmic axis? */
bool cli_history_is_steep(const cli_history *history);

/* The chart of --svg. CLI_DONE, or CLI_WRONG after a complaint. */
int cli_history_svg(const cli_call *cli, const cli_history *history);

#endif
