/* tad train: gradient descent on the parameters of a model. */
#define _POSIX_C_SOURCE 200809L
#include "cli/train.h"

#include "cli/plot.h"
#include "cli/print.h"
#include "cli/progress.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { SGD, MOMENTUM, ADAM }; /* as --optimizer counts */

typedef struct training {
    cli_model   m;
    size_t      output;
    size_t      params, *param;            /* numbers of symbols */
    size_t      count;                     /* numbers in all parameters */
    double     *gradient, *first, *second; /* of all parameters; the running means of gradients and their squares */
    cli_history history;
    bool        stopped; /* by Ctrl-C */
} training;

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

/* ---- One step ---- */

/* Records the model, and fills in loss and gradient. */
static int differentiate(training *t, double *loss)
{
    double *gradient = t->gradient;
    if (cli_record_model(&t->m) != CLI_DONE)
        return CLI_WRONG;
    tad_status status = tad_backward(t->m.vars[t->output]);
    for (size_t k = 0; k < t->params && status == TAD_OK; k++) {
        tad_var x = t->m.vars[t->param[k]];
        size_t  n = (size_t)tad_count(x);
        status = n ? tad_read_grad(x, gradient, n * sizeof *gradient) : TAD_OK;
        gradient += n;
    }
    *loss = tad_value(t->m.vars[t->output]);
    return status == TAD_OK ? CLI_DONE : cli_complain_tape(&t->m, status);
}

/* How far number i moves, against its gradient g. `step` counts from 1. Adam: D. P. Kingma and J. Ba, ICLR 2015. */
static double move(training *t, size_t i, double g, int64_t step)
{
    const cli_options *o = &t->m.cli->options;
    switch (o->optimizer) {
    case MOMENTUM:
        return o->rate * (t->first[i] = o->momentum * t->first[i] + g);
    case ADAM: {
        const double decay = 0.999, tiny = 1e-8;
        double       first = t->first[i] = o->momentum * t->first[i] + (1 - o->momentum) * g;
        double       second = t->second[i] = decay * t->second[i] + (1 - decay) * g * g;
        double       first_share = o->momentum < 1 ? 1 - pow(o->momentum, (double)step) : 1;
        return o->rate * (first / first_share) / (sqrt(second / (1 - pow(decay, (double)step))) + tiny);
    }
    default:
        return o->rate * g;
    }
}

static void update(training *t, int64_t step)
{
    size_t at = 0;
    for (size_t k = 0; k < t->params; k++) {
        double *data = tad_model_symbol(t->m.model, t->param[k])->data;
        size_t  n = (size_t)tad_count(t->m.vars[t->param[k]]);
        for (size_t i = 0; i < n; i++, at++)
            data[i] -= move(t, at, t->gradient[at], step);
    }
}

static int descend(training *t)
{
    const cli_call  *cli = t->m.cli;
    cli_progress     progress;
    struct sigaction before,
        action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND}; /* the second Ctrl-C ends all */
    int64_t steps = cli->options.steps;
    double  loss;
    int     status = CLI_DONE;
    if (sigaction(SIGINT, NULL, &before) == 0 && before.sa_handler != SIG_IGN) /* in the background it is ignored */
        sigaction(SIGINT, &action, NULL);
    cli_progress_start(&progress, cli, "train", steps, "loss");
    for (int64_t step = 1;; step++) {
        status = differentiate(t, &loss);
        if (status != CLI_DONE)
            return status;
        cli_history_add(&t->history, loss);
        if (!isfinite(loss) || step > steps || interrupted)
            break;
        update(t, step);
        cli_progress_step(&progress, loss);
    }
    progress.note = loss;
    cli_progress_end(&progress);
    t->stopped = interrupted;
    if (isfinite(loss))
        return CLI_DONE;
    cli_complain(cli, t->history.steps > 1 ? "a smaller --rate may help" : "the model has no value at these numbers",
                 "the loss is %g after %lld step%s", loss, (long long)t->history.steps - 1,
                 t->history.steps == 2 ? "" : "s");
    return CLI_FAILED;
}

/* ---- What came of it ---- */

bool cli_history_is_steep(const cli_history *history)
{
    double low = HUGE_VAL, high = 0;
    for (int i = 0; i < history->count; i++) {
        if (!(history->loss[i] > 0) || !isfinite(history->loss[i]))
            return false;
        low = fmin(low, history->loss[i]);
        high = fmax(high, history->loss[i]);
    }
    return high > 20 * low;
}

static void print_chart(const training *t)
{
    const cli_call *cli = t->m.cli;
    bool            steep = cli_history_is_steep(&t->history);
    cli_plot       *plot = cli_room(cli, 1, sizeof *plot);
    int             width = cli->width < 90 ? cli->width : 90;
    if (!plot)
        return;
    cli_plot_draw(cli, plot, width - 2, 14,
                  &(cli_curve){.title = steep ? "loss (logarithmic) over steps" : "loss over steps",
                               .y = t->history.loss,
                               .n = t->history.count,
                               .low = 0,
                               .logarithmic = steep,
                               .high = (double)((t->history.count - 1) * t->history.every)});
    cli_plot_print(cli, 1, plot);
    putchar('\n');
    free(plot);
}

/* A value as the language writes it: 0.5, [1, 2], [[1, 2], [3, 4]]. */
static void print_literal(const cli_call *cli, int rank, const int64_t dims[], const double *data)
{
    int64_t size = 1;
    char    text[40];
    if (rank == 0) {
        printf("%s", cli_number(cli, data[0], text));
        return;
    }
    for (int i = 1; i < rank; i++)
        size *= dims[i];
    putchar('[');
    for (int64_t i = 0; i < dims[0]; i++) {
        printf("%s", i ? ", " : "");
        print_literal(cli, rank - 1, dims + 1, data + i * size);
    }
    putchar(']');
}

static void print_text(const training *t)
{
    static const char *const names[] = {"sgd", "momentum", "adam"};
    const cli_call          *cli = t->m.cli;
    char                     first[40], last[40];
    printf("%sloss %s -> %s%s in %lld step%s (%s, rate %g)\n\n", cli_bold(cli),
           cli_number(cli, t->history.loss[0], first), cli_number(cli, t->history.last, last), cli_plain(cli),
           (long long)t->history.steps - 1, t->history.steps == 2 ? "" : "s", names[cli->options.optimizer],
           cli->options.rate);
    if (t->history.count > 1)
        print_chart(t);
    for (size_t k = 0; k < t->params; k++) {
        const tad_symbol *symbol = tad_model_symbol(t->m.model, t->param[k]);
        printf("param %s = ", symbol->name);
        print_literal(cli, symbol->rank, symbol->dims, symbol->data);
        putchar('\n');
    }
}

static int print_json(const training *t)
{
    tad__output out;
    tad__output_start(&out, cli_writer(stdout));
    tad__output_add(&out, "{\"steps\": %lld, \"stopped\": %s, \"loss\": ", (long long)t->history.steps - 1,
                    t->stopped ? "true" : "false");
    tad__output_number(&out, t->history.last);
    tad__output_text(&out, ", \"history\": ["); /* [step, loss] */
    for (int i = 0; i < t->history.count; i++) {
        tad__output_add(&out, "%s[%lld, ", i ? ", " : "", (long long)(i * t->history.every));
        tad__output_number(&out, t->history.loss[i]);
        tad__output_text(&out, "]");
    }
    tad__output_text(&out, "], \"params\": {");
    for (size_t k = 0; k < t->params; k++) {
        const tad_symbol *symbol = tad_model_symbol(t->m.model, t->param[k]);
        cli_json_key(&out, k == 0, symbol->name);
        cli_json_tensor(&out, symbol->rank, symbol->dims, symbol->data);
    }
    tad__output_text(&out, "}}");
    return cli_json_end(&out);
}

/* ---- The command ---- */

static int prepare(training *t)
{
    const cli_call *cli = t->m.cli;
    if (cli_record_model(&t->m) != CLI_DONE || cli_only_output(&t->m, &t->output) != CLI_DONE)
        return CLI_WRONG;
    t->param = cli_room(cli, t->m.count, sizeof *t->param);
    for (size_t i = 0; t->param && i < t->m.count; i++)
        if (tad_model_symbol(t->m.model, i)->kind == TAD_SYMBOL_PARAM) {
            t->param[t->params++] = i;
            t->count += (size_t)tad_count(t->m.vars[i]);
        }
    if (t->params == 0)
        return cli_complain(cli, "declare what is to be trained with param: param w = 0.5", "%s has no parameters",
                            t->m.file);
    t->gradient = cli_room(cli, t->count, sizeof *t->gradient);
    t->first = cli_room(cli, t->count, sizeof *t->first);
    t->second = cli_room(cli, t->count, sizeof *t->second);
    return t->param && t->gradient && t->first && t->second ? CLI_DONE : CLI_WRONG;
}

int cli_run_train(cli_call *cli)
{
    training *t = cli_room(cli, 1, sizeof *t); /* the history is large for a stack */
    if (!t)
        return CLI_WRONG;
    int status = cli_open_model(cli, &t->m);
    if (status == CLI_DONE)
        status = prepare(t);
    if (status == CLI_DONE)
        status = descend(t);
    if (status != CLI_WRONG) {
        int shown = CLI_DONE;
        if (cli->options.json)
            shown = print_json(t);
        else
            print_text(t);
        if (shown == CLI_DONE && cli->options.svg)
            shown = cli_history_svg(cli, &t->history);
        status = shown == CLI_DONE ? status : shown;
    }
    free(t->param);
    free(t->gradient);
    free(t->first);
    free(t->second);
    cli_close_model(&t->m);
    free(t);
    return status;
}
