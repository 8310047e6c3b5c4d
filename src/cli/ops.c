/* tad ops: the table of operations, and one operation with a plot. */
#include "cli/plot.h"
#include "cli/print.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *next_operation(const void *user, size_t i)
{
    const tad_op *op = tad_op_at(i);
    (void)user;
    return op ? op->name : NULL;
}

static bool is_elementwise(const tad_op *op)
{
    return op->partial[0] != NULL;
}

/* ---- The list ---- */

static void print_list(const cli_call *cli)
{
    const tad_op *op;
    int           longest = 0;
    for (size_t i = 0; (op = tad_op_at(i)); i++)
        longest = (int)strlen(op->name) > longest ? (int)strlen(op->name) : longest;
    for (int whole = 0; whole < 2; whole++) {
        printf("%s%s%s\n\n", cli_bold(cli), whole ? "\nWhole tensors" : "Element by element", cli_plain(cli));
        for (size_t i = 0; (op = tad_op_at(i)); i++)
            if (is_elementwise(op) != whole)
                printf("  %-*s  %s\n", longest, op->name, op->about ? op->about : "");
    }
    printf("\n'tad ops NAME' shows formula, derivatives and, for those of numbers, a plot.\n");
}

static void json_member(tad__output *out, bool first, const char *key, const char *value)
{
    cli_json_key(out, first, key);
    if (value)
        cli_json_text(out, value);
    else
        tad__output_text(out, "null");
}

static void json_operation(tad__output *out, const tad_op *op)
{
    char signature[400];
    tad__output_text(out, "{");
    json_member(out, true, "name", op->name);
    json_member(out, false, "about", op->about);
    json_member(out, false, "formula", op->formula);
    tad_op_signature(op, signature, sizeof signature);
    json_member(out, false, "call", signature[0] ? signature : NULL);
    cli_json_key(out, false, "operands");
    tad__output_add(out, "%d", op->arity);
    cli_json_key(out, false, "optional");
    tad__output_add(out, "%d", op->optional);
    cli_json_key(out, false, "elementwise");
    tad__output_text(out, is_elementwise(op) ? "true" : "false");
    cli_json_key(out, false, "derivatives");
    tad__output_text(out, "[");
    for (int k = 0; is_elementwise(op) && k < op->arity; k++) {
        tad__output_text(out, k ? ", " : "");
        cli_json_text(out, op->partial[k]);
    }
    tad__output_text(out, "]");
    json_member(out, false, "kink", op->kink);
    tad__output_text(out, "}");
}

static int print_json(const tad_op *only)
{
    tad__output   out;
    const tad_op *op = only;
    tad__output_start(&out, cli_writer(stdout));
    tad__output_text(&out, only ? "" : "[");
    for (size_t i = 0; only ? i == 0 : (op = tad_op_at(i)) != NULL; i++) {
        tad__output_text(&out, i ? ",\n" : "");
        json_operation(&out, op);
    }
    tad__output_text(&out, only ? "" : "]");
    return cli_json_end(&out);
}

/* ---- One operation ---- */

enum { POINTS = 801 };

/* Value and derivative by operand k at POINTS numbers from low to high, while the other operand, if any, is `other`. */
static tad_status sample(const tad_op *op, int k, double other, double low, double high, double value[POINTS],
                         double derivative[POINTS])
{
    double  x[POINTS];
    int64_t dims[] = {POINTS};
    for (int i = 0; i < POINTS; i++)
        x[i] = low + (high - low) * i / (POINTS - 1);
    tad_tape *tape = tad_tape_new();
    if (!tape)
        return TAD_ENOMEM;
    tad_var    moving = tad_tensor(tape, TAD_F64, 1, dims, x), fixed = tad_constant(tape, other);
    tad_var    operands[] = {k == 0 ? moving : fixed, k == 0 ? fixed : moving};
    tad_var    y = tad_apply(op, (tad_args){.n = op->arity, .x = operands});
    tad_status status = tad_read(y, value, POINTS * sizeof *value);
    memset(derivative, 0, POINTS * sizeof *derivative);
    if (status == TAD_OK && tad_is_differentiable(y))
        status = tad_backward(tad_sum(y));
    if (status == TAD_OK && tad_is_differentiable(y))
        status = tad_read_grad(moving, derivative, POINTS * sizeof *derivative);
    for (int i = 0; i < POINTS; i++)
        if (!isfinite(value[i]))
            derivative[i] = nan("");
    tad_tape_free(tape);
    return status;
}

/* Narrows the range to where there are values. */
static void narrow(const double value[POINTS], double *low, double *high)
{
    int first = 0, last = POINTS - 1;
    while (first < last && !isfinite(value[first]))
        first++;
    while (last > first && !isfinite(value[last]))
        last--;
    double step = (*high - *low) / (POINTS - 1), from = *low;
    if (last > first) {
        *low = from + first * step;
        *high = from + last * step;
    }
}

static int plot(const cli_call *cli, const tad_op *op, int k)
{
    double      value[POINTS], derivative[POINTS], low = -4, high = 4;
    double      other = op->arity > 1 ? (op->domain[2 - 2 * k] + op->domain[3 - 2 * k]) / 2 : 0;
    char        title[2][120];
    const char *name = op->arity == 1 ? "x" : k == 0 ? "a" : "b";
    int         columns = cli->width >= 78 ? 38 : cli->width - 2;
    other = other == 0 ? 2 : other;
    cli_plot *plots = cli_room(cli, 2, sizeof *plots);
    if (!plots || sample(op, k, other, low, high, value, derivative) != TAD_OK) {
        free(plots);
        return plots ? cli_complain(cli, NULL, "out of memory") : CLI_WRONG;
    }
    narrow(value, &low, &high);
    if (low > -4 || high < 4)
        (void)!sample(op, k, other, low, high, value, derivative);
    snprintf(title[0], sizeof title[0], op->arity == 1 ? "y over %s" : "y over %s, %s = %g", name, k == 0 ? "b" : "a",
             other);
    snprintf(title[1], sizeof title[1], "dy/d%s", name);
    cli_plot_draw(cli, &plots[0], columns, 12, &(cli_curve){title[0], value, POINTS, low, high, false});
    cli_plot_draw(cli, &plots[1], columns, 12, &(cli_curve){title[1], derivative, POINTS, low, high, false});
    putchar('\n');
    cli_plot_print(cli, 2, plots);
    free(plots);
    return CLI_DONE;
}

static int print_operation(const cli_call *cli, const tad_op *op)
{
    static const char *const names[2][2] = {{"dy/dx", ""}, {"dy/da", "dy/db"}};
    int                      status = CLI_DONE;
    char                     signature[400];
    printf("%s%s%s: %s\n\n", cli_bold(cli), op->name, cli_plain(cli), op->about ? op->about : "");
    tad_op_signature(op, signature, sizeof signature);
    printf("  y     = %s\n", op->formula);
    for (int k = 0; is_elementwise(op) && k < op->arity; k++)
        printf("  %s = %s\n", names[op->arity - 1][k], op->partial[k]);
    if (op->kink)
        printf("  not smooth where %s%s\n", op->kink, is_elementwise(op) ? " = 0" : "");
    if (signature[0])
        printf("  in a model: %s\n", signature);
    if (op->constant)
        printf("  its result is a constant: nothing is differentiated through it\n");
    if (op->optional)
        printf("  operands: %d to %d\n", op->arity - op->optional, op->arity);
    if (op->linear)
        printf("  linear in %s\n", op->arity == 1 ? "its operand" : "each operand");
    if (!is_elementwise(op)) {
        printf("  of whole tensors: what it does, and its derivative, is told in tad/operations.h\n");
        return status;
    }
    for (int k = 0; k < op->arity && status == CLI_DONE; k++)
        status = plot(cli, op, k);
    return status;
}

int cli_run_ops(cli_call *cli)
{
    char          hint[160];
    const tad_op *op = cli->count ? tad_op_find(cli->words[0]) : NULL;
    if (cli->count > 1)
        return cli_complain(cli, NULL, "'%s' is one too many; expected one NAME, or none", cli->words[1]);
    if (cli->count && !op)
        return cli_complain(cli, cli_did_you_mean(hint, cli->words[0], next_operation, NULL, "'tad ops' lists them"),
                            "there is no operation '%s'", cli->words[0]);
    if (cli->options.json)
        return print_json(op);
    if (op)
        return print_operation(cli, op);
    if (!cli->options.names) {
        print_list(cli);
        return CLI_DONE;
    }
    for (size_t i = 0; (op = tad_op_at(i)); i++)
        puts(op->name);
    return CLI_DONE;
}
