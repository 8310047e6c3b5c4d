/* tad explain: the derivation of one derivative, or of several. */
#include "cli/print.h"

#include <stdlib.h>
#include <string.h>

/* The step of gradient descent, as the last line of the derivation. */
static void print_update(const cli_model *m, const char *name, tad_var y, tad_var x)
{
    const cli_options *options = &m->cli->options;
    int                digits = options->digits ? (int)options->digits : 5;
    double             gradient, value = tad_value(x), rate = options->update;
    if (tad_read_jacobian(1, &y, 1, &x, &gradient, sizeof gradient) != TAD_OK)
        return;
    char   escaped[200];
    size_t used = 0;
    for (const char *at = name; *at && used + 3 < sizeof escaped; at++) {
        if (options->latex && *at == '_')
            escaped[used++] = '\\';
        escaped[used++] = *at;
    }
    escaped[used] = 0;
    const char *format = options->latex      ? "\\[ \\text{%s} \\leftarrow %.*g - %g \\cdot %.*g = %.*g \\]\n"
                         : options->markdown ? "\n`%s <- %.*g - %g * %.*g = %.*g`\n"
                                             : "\n%s <- %.*g - %g * %.*g = %.*g\n";
    printf(format, escaped, digits, value, rate, digits, gradient, digits, value - rate * gradient);
}

/* A document of LaTeX is held back, so that a step of descent can come before its end. */
typedef struct held {
    char  *text;
    size_t used, room;
} held;

static bool hold(void *user, const char *text, size_t bytes)
{
    held *h = user;
    if (bytes > h->room - h->used) {
        size_t room = 2 * h->room + bytes;
        char  *grown = realloc(h->text, room);
        if (!grown)
            return false;
        h->text = grown;
        h->room = room;
    }
    memcpy(h->text + h->used, text, bytes);
    h->used += bytes;
    return true;
}

static tad_status explain_latex(const cli_model *m, const tad_explain_options *options, const char *name, tad_var y,
                                tad_var x)
{
    static const char end[] = "\\end{document}\n";
    held              h = {0};
    tad_status        status = tad_explain(y, x, options, (tad_writer){hold, &h});
    size_t            length = sizeof end - 1;
    bool              ends = h.used > length && memcmp(h.text + h.used - length, end, length) == 0;
    if (status == TAD_OK) {
        fwrite(h.text, 1, h.used - (ends ? length : 0), stdout);
        if (m->cli->options.update > 0 && tad_count(x) == 1)
            print_update(m, name, y, x);
        printf("%s", ends ? end : "");
    }
    free(h.text);
    return status == TAD_EIO ? TAD_ENOMEM : status;
}

static int explain_text(const cli_model *m, const char *name, tad_var y, tad_var x)
{
    const cli_options  *given = &m->cli->options;
    tad_explain_options options = {.format = given->latex      ? TAD_LATEX
                                             : given->markdown ? TAD_MARKDOWN
                                                               : TAD_TEXT,
                                   .digits = (int)given->digits,
                                   .most_paths = (size_t)given->paths};
    tad_status          status =
        given->latex ? explain_latex(m, &options, name, y, x) : tad_explain(y, x, &options, cli_writer(stdout));
    if (status == TAD_OK && !given->latex && given->update > 0 && tad_count(x) == 1)
        print_update(m, name, y, x);
    return status == TAD_OK ? CLI_DONE : status == TAD_EIO ? CLI_WRONG : cli_complain_tape(m, status);
}

/* ---- JSON ---- */

typedef struct path_list {
    tad__output *out;
    int64_t      left; /* paths that may still be written */
    bool         first, cut;
} path_list;

static bool write_path(void *user, size_t n, const tad_path_step steps[], double product)
{
    path_list *list = user;
    if (list->left-- == 0) {
        list->cut = true;
        return false;
    }
    tad__output_text(list->out, list->first ? "{\"steps\": [" : ", {\"steps\": [");
    list->first = false;
    for (size_t i = 0; i < n; i++) {
        const char *to = tad_name(steps[i].to), *from = tad_name(steps[i].from);
        tad__output_text(list->out, i ? ", {\"to\": " : "{\"to\": ");
        cli_json_text(list->out, to ? to : "");
        cli_json_key(list->out, false, "from");
        cli_json_text(list->out, from ? from : "");
        cli_json_key(list->out, false, "derivative");
        tad__output_number(list->out, steps[i].derivative);
        tad__output_text(list->out, "}");
    }
    tad__output_text(list->out, "], \"product\": ");
    tad__output_number(list->out, product);
    tad__output_text(list->out, "}");
    return true;
}

/* "paths" is null where values on the way have many elements: there are no paths of numbers then. */
static int explain_json(const cli_model *m, tad__output *out, const char *y_name, const char *name, tad_var y,
                        tad_var x)
{
    path_list list = {.out = out, .left = m->cli->options.paths, .first = true};
    int       rank;
    int64_t   dims[TAD_MAX_RANK];
    size_t    count;
    double   *value = cli_read(x, &rank, dims, &count), *gradient = cli_room(m->cli, count, sizeof *gradient);
    int       result = value && gradient ? CLI_DONE : CLI_WRONG;
    if (result == CLI_DONE && count > 0) {
        tad_status status = tad_read_jacobian(1, &y, 1, &x, gradient, count * sizeof *gradient);
        result = status == TAD_OK ? CLI_DONE : cli_complain_tape(m, status);
    }
    if (result == CLI_DONE) {
        tad__output_text(out, "{\"output\": ");
        cli_json_text(out, y_name);
        cli_json_key(out, false, "wrt");
        cli_json_text(out, name);
        cli_json_key(out, false, "value");
        cli_json_tensor(out, rank, dims, value);
        cli_json_key(out, false, "derivative");
        cli_json_tensor(out, rank, dims, gradient);
        cli_json_key(out, false, "paths");
        tad__output_text(out, "[");
        tad_status status = tad_each_path(y, x, write_path, &list);
        tad__output_text(out, "]");
        cli_json_key(out, false, "complete"); /* are these all the paths? */
        tad__output_text(out, status == TAD_OK && !list.cut ? "true}" : "false}");
        tad_tape_clear_error(m->tape);
    }
    free(value);
    free(gradient);
    return result;
}

static int explain_all(const cli_model *m, tad__output *out, size_t output, size_t count, const size_t wrt[])
{
    int         status = CLI_DONE;
    bool        json = m->cli->options.json;
    const char *y_name = tad_model_symbol(m->model, output)->name;
    if (json)
        tad__output_text(out, "[");
    for (size_t k = 0; k < count && status == CLI_DONE; k++) {
        const char *name = tad_model_symbol(m->model, wrt[k])->name;
        if (k > 0 && json)
            tad__output_text(out, ", ");
        else if (k > 0)
            printf("\n");
        status = json ? explain_json(m, out, y_name, name, m->vars[output], m->vars[wrt[k]])
                      : explain_text(m, name, m->vars[output], m->vars[wrt[k]]);
    }
    if (json && status == CLI_DONE) {
        tad__output_text(out, "]");
        status = cli_json_end(out);
    }
    return status;
}

int cli_run_explain(cli_call *cli)
{
    cli_model   m;
    tad__output out;
    size_t      output, count, *wrt = NULL;
    int         status = cli_open_model(cli, &m);
    tad__output_start(&out, cli_writer(stdout));
    if (status == CLI_DONE)
        status = cli_record_model(&m);
    if (status == CLI_DONE)
        status = cli_only_output(&m, &output);
    if (status == CLI_DONE && !(wrt = cli_room(cli, m.count, sizeof *wrt)))
        status = CLI_WRONG;
    if (status == CLI_DONE)
        status = cli_wrt(&m, &count, wrt);
    if (status == CLI_DONE && count != 1 && !cli->options.wrt)
        status = cli_complain(
            cli, count ? "name one, or several separated by commas: --wrt w1" : "declare it with input or param",
            count ? "by which of its %zu inputs and parameters?" : "there is nothing to differentiate by", count);
    if (status == CLI_DONE && count > 1 && cli->options.latex)
        status = cli_complain(cli, "name one in --wrt",
                              "--latex writes a document for each derivative; %zu are asked for", count);
    if (status == CLI_DONE && cli->options.latex && cli->options.markdown)
        status = cli_complain(cli, NULL, "--latex and --markdown are two formats; expected one of them");
    if (status == CLI_DONE)
        status = explain_all(&m, &out, output, count, wrt);
    free(wrt);
    cli_close_model(&m);
    return status;
}
