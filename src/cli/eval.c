/* tad eval: the outputs of a model, and their derivatives. */
#include "cli/trust.h"

#include <stdlib.h>
#include <string.h>

typedef struct evaluation {
    cli_model   m;
    size_t      output_count, wrt_count;
    size_t     *outputs, *wrt; /* numbers of symbols */
    tad_var    *x;             /* by which is differentiated */
    size_t      columns;       /* elements of all of them */
    tad_var    *direction;     /* --jvp: one for each x */
    bool        json;
    tad__output out;
} evaluation;

static const char *name_of(const evaluation *e, size_t symbol)
{
    return tad_model_symbol(e->m.model, symbol)->name;
}

/* ---- One piece of what is shown: a title and a tensor ---- */

static void show(evaluation *e, bool first, const char *title, const char *key, int rank, const int64_t dims[],
                 const double *data)
{
    if (e->json) {
        cli_json_key(&e->out, first, key);
        cli_json_tensor(&e->out, rank, dims, data);
    } else {
        printf("%s = ", title);
        cli_print_tensor(e->m.cli, (int)strlen(title) + 3, rank, dims, data);
    }
}

static int show_node(evaluation *e, bool first, const char *title, const char *key, tad_var x)
{
    int     rank;
    int64_t dims[TAD_MAX_RANK];
    size_t  count;
    double *data = cli_read(x, &rank, dims, &count);
    if (!data)
        return cli_complain_tape(&e->m, TAD_ENOMEM);
    show(e, first, title, key, rank, dims, data);
    free(data);
    return CLI_DONE;
}

/* ---- Derivatives ---- */

/* "  dE/dw1", padded to the longest of them. */
static void derivative_title(const evaluation *e, size_t output, size_t k, char title[300])
{
    size_t longest = 0;
    for (size_t i = 0; i < e->wrt_count; i++) {
        size_t length = strlen(name_of(e, e->wrt[i]));
        longest = length > longest ? length : longest;
    }
    snprintf(title, 300, "  d%.100s/d%-*.100s", name_of(e, output), longest < 30 ? (int)longest : 0,
             name_of(e, e->wrt[k]));
}

/* Column k of blocks in a Jacobian with e->columns columns: the derivative by x[k], of the shape of y, then x. */
static int show_block(evaluation *e, size_t output, size_t k, tad_var y, const double *jacobian, size_t offset)
{
    int     rank = tad_rank(y), x_rank = tad_rank(e->x[k]);
    size_t  rows = (size_t)tad_count(y), columns = (size_t)tad_count(e->x[k]);
    int64_t dims[2 * TAD_MAX_RANK];
    char    title[300];
    for (int i = 0; i < rank; i++)
        dims[i] = tad_dim(y, i);
    for (int i = 0; i < x_rank; i++)
        dims[rank + i] = tad_dim(e->x[k], i);
    double *block = cli_room(e->m.cli, rows * columns, sizeof *block);
    if (!block)
        return CLI_WRONG;
    for (size_t r = 0; r < rows; r++)
        memcpy(block + r * columns, jacobian + r * e->columns + offset, columns * sizeof *block);
    derivative_title(e, output, k, title);
    show(e, k == 0, title, name_of(e, e->wrt[k]), rank + x_rank, dims, block);
    free(block);
    return CLI_DONE;
}

static int show_derivatives(evaluation *e, size_t output, tad_var y)
{
    size_t  rows = (size_t)tad_count(y), offset = 0;
    double *jacobian = cli_room(e->m.cli, rows * e->columns, sizeof *jacobian);
    int     status = jacobian ? CLI_DONE : CLI_WRONG;
    if (jacobian && rows * e->columns > 0) {
        tad_status read = tad_read_jacobian(1, &y, e->wrt_count, e->x, jacobian, rows * e->columns * sizeof *jacobian);
        status = read == TAD_OK ? CLI_DONE : cli_complain_tape(&e->m, read);
    }
    if (e->json) {
        cli_json_key(&e->out, false, "derivatives");
        tad__output_text(&e->out, "{");
    }
    for (size_t k = 0; k < e->wrt_count && status == CLI_DONE; k++) {
        status = show_block(e, output, k, y, jacobian, offset);
        offset += (size_t)tad_count(e->x[k]);
    }
    if (e->json)
        tad__output_text(&e->out, "}");
    free(jacobian);
    return status;
}

static int show_hessian(evaluation *e, size_t output, tad_var y)
{
    if (tad_count(y) != 1)
        return cli_complain(e->m.cli, "sum or mean make one number of many; --of chooses an output",
                            "--hessian: output '%s' has %lld numbers; expected one", name_of(e, output),
                            (long long)tad_count(y));
    int64_t dims[2] = {(int64_t)e->columns, (int64_t)e->columns};
    double *hessian = cli_room(e->m.cli, e->columns * e->columns, sizeof *hessian);
    if (!hessian)
        return CLI_WRONG;
    tad_status status =
        e->columns ? tad_read_hessian(y, e->wrt_count, e->x, hessian, e->columns * e->columns * sizeof *hessian)
                   : TAD_OK;
    if (status == TAD_OK) {
        if (!e->json) {
            printf("  Hessian, rows and columns by");
            for (size_t k = 0; k < e->wrt_count; k++) {
                int64_t count = tad_count(e->x[k]);
                printf("%s %s", k ? "," : "", name_of(e, e->wrt[k]));
                if (tad_rank(e->x[k]) > 0)
                    printf(" (%lld)", (long long)count);
            }
            putchar('\n');
        }
        show(e, false, "    H", "hessian", 2, dims, hessian);
    }
    free(hessian);
    return status == TAD_OK ? CLI_DONE : cli_complain_tape(&e->m, status);
}

static int show_jvp(evaluation *e, size_t output, tad_var y)
{
    tad_var    dy;
    char       title[300];
    tad_status status = tad_jvp(y, e->wrt_count, e->x, e->direction, &dy);
    snprintf(title, sizeof title, "  d%.100s along %.150s", name_of(e, output), e->m.cli->options.jvp);
    return status == TAD_OK ? show_node(e, false, title, "jvp", dy) : cli_complain_tape(&e->m, status);
}

static int show_trust(evaluation *e, tad_var y)
{
    const char **names = cli_room(e->m.cli, e->wrt_count, sizeof *names);
    if (!names)
        return CLI_WRONG;
    for (size_t k = 0; k < e->wrt_count; k++)
        names[k] = name_of(e, e->wrt[k]);
    int status = cli_show_trust(&e->m, &e->out, y, e->wrt_count, e->x, names);
    free(names);
    return status;
}

/* ---- What was asked for ---- */

/* Sets the direction of x[k] to numbers of its shape. */
static int set_direction(evaluation *e, size_t k, const char *value)
{
    int     rank;
    int64_t dims[TAD_MAX_RANK];
    double *data;
    int     status = cli_read_value(e->m.cli, "--jvp", value, &rank, dims, &data);
    bool    fits = status == CLI_DONE && rank == tad_rank(e->x[k]);
    for (int i = 0; fits && i < rank; i++)
        fits = dims[i] == tad_dim(e->x[k], i);
    if (fits)
        e->direction[k] = tad_tensor_constant(e->m.tape, TAD_F64, rank, dims, data);
    else if (status == CLI_DONE)
        status = cli_complain(e->m.cli, "a direction has the shape of what moves in it", "--jvp: %s does not fit '%s'",
                              value, name_of(e, e->wrt[k]));
    free(data);
    return status;
}

/* Everything stands still. */
static int clear_directions(evaluation *e)
{
    double *zeros = cli_room(e->m.cli, e->columns, sizeof *zeros);
    e->direction = cli_room(e->m.cli, e->wrt_count, sizeof *e->direction);
    for (size_t k = 0; zeros && e->direction && k < e->wrt_count; k++) {
        int64_t dims[TAD_MAX_RANK];
        for (int i = 0; i < tad_rank(e->x[k]); i++)
            dims[i] = tad_dim(e->x[k], i);
        e->direction[k] = tad_tensor_constant(e->m.tape, TAD_F64, tad_rank(e->x[k]), dims, zeros);
    }
    free(zeros);
    return zeros && e->direction ? CLI_DONE : CLI_WRONG;
}

static int read_direction(evaluation *e)
{
    char        word[4096];
    const char *rest = e->m.cli->options.jvp;
    if (clear_directions(e) != CLI_DONE)
        return CLI_WRONG;
    while (rest) {
        rest = cli_next_word(rest, ",", word, sizeof word);
        char  *name = word + strspn(word, " "), *equal = strchr(name, '=');
        size_t k = 0;
        if (!equal)
            return cli_complain(e->m.cli, "a direction is written as x=1,w=[1,0]", "--jvp: '%s' is no NAME=VALUE",
                                word);
        *equal = 0;
        int symbol = cli_find_symbol(&e->m, name);
        while (symbol >= 0 && k < e->wrt_count && e->wrt[k] != (size_t)symbol)
            k++;
        if (symbol < 0)
            return CLI_WRONG;
        if (k == e->wrt_count)
            return cli_complain(e->m.cli, NULL, "--jvp: nothing is differentiated by '%s' here", name);
        if (set_direction(e, k, equal + 1) != CLI_DONE)
            return CLI_WRONG;
    }
    return CLI_DONE;
}

static int prepare(evaluation *e)
{
    cli_call *cli = e->m.cli;
    e->outputs = cli_room(cli, e->m.count, sizeof *e->outputs);
    e->wrt = cli_room(cli, e->m.count, sizeof *e->wrt);
    e->x = cli_room(cli, e->m.count, sizeof *e->x);
    if (!e->outputs || !e->wrt || !e->x)
        return CLI_WRONG;
    if (cli_record_model(&e->m) != CLI_DONE || cli_outputs(&e->m, &e->output_count, e->outputs) != CLI_DONE ||
        cli_wrt(&e->m, &e->wrt_count, e->wrt) != CLI_DONE)
        return CLI_WRONG;
    for (size_t k = 0; k < e->wrt_count; k++) {
        e->x[k] = e->m.vars[e->wrt[k]];
        e->columns += (size_t)tad_count(e->x[k]);
    }
    return cli->options.jvp ? read_direction(e) : CLI_DONE;
}

static int show_output(evaluation *e, size_t output)
{
    tad_var y = e->m.vars[output];
    int     status = CLI_DONE;
    if (e->json)
        cli_json_key(&e->out, output == e->outputs[0], name_of(e, output));
    if (e->json)
        tad__output_text(&e->out, "{");
    printf("%s", e->json ? "" : cli_bold(e->m.cli));
    status = show_node(e, true, name_of(e, output), "value", y);
    printf("%s", e->json ? "" : cli_plain(e->m.cli));
    if (status == CLI_DONE && tad_is_differentiable(y)) {
        status = show_derivatives(e, output, y);
        if (status == CLI_DONE && e->m.cli->options.hessian)
            status = show_hessian(e, output, y);
        if (status == CLI_DONE && e->m.cli->options.jvp)
            status = show_jvp(e, output, y);
        if (status == CLI_DONE && e->m.cli->options.trust && tad_count(y) == 1)
            status = show_trust(e, y);
    }
    if (e->json)
        tad__output_text(&e->out, "}");
    return status;
}

static int show_all_values(evaluation *e)
{
    int status = CLI_DONE;
    if (e->json) {
        tad__output_text(&e->out, "\"values\": {");
        for (size_t i = 0; i < e->m.count && status == CLI_DONE; i++)
            status = show_node(e, i == 0, NULL, name_of(e, i), e->m.vars[i]);
        tad__output_text(&e->out, "}, ");
        return status;
    }
    for (size_t i = 0; i < e->m.count && status == CLI_DONE; i++)
        status = show_node(e, false, name_of(e, i), NULL, e->m.vars[i]);
    putchar('\n');
    return status;
}

int cli_run_eval(cli_call *cli)
{
    evaluation e = {.json = cli->options.json};
    int        status = cli_open_model(cli, &e.m);
    tad__output_start(&e.out, cli_writer(stdout));
    if (status == CLI_DONE)
        status = prepare(&e);
    if (status == CLI_DONE && e.json)
        tad__output_text(&e.out, "{");
    if (status == CLI_DONE && cli->options.all)
        status = show_all_values(&e);
    if (status == CLI_DONE && e.json)
        tad__output_text(&e.out, "\"outputs\": {");
    for (size_t i = 0; i < e.output_count && status == CLI_DONE; i++)
        status = show_output(&e, e.outputs[i]);
    if (status == CLI_DONE && e.json) {
        tad__output_text(&e.out, "}}");
        status = cli_json_end(&e.out);
    }
    free(e.outputs);
    free(e.wrt);
    free(e.x);
    free(e.direction);
    cli_close_model(&e.m);
    return status;
}
