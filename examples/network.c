/* The worked example that many people learned backpropagation from, every number shown. Nothing below knows a derivative:
 * formulas, local derivatives and paths are read from the tape. Run it with `make demo`. */
#define _POSIX_C_SOURCE 200809L
#include "network.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool colour;

static void title(const char *text)
{
    printf(colour ? "\n\033[1;36m%s\033[0m\n\n" : "\n%s\n\n", text);
}

static const char *bold(void)
{
    return colour ? "\033[1m" : "";
}

static const char *plain(void)
{
    return colour ? "\033[0m" : "";
}

static void print_forward(const network *net)
{
    title("Forward pass");
    for (int i = 0; i < net->count; i++) {
        char symbols[80], numbers[80];
        tad_formula(net->steps[i], TAD_SYMBOLS, symbols, sizeof symbols);
        tad_formula(net->steps[i], TAD_NUMBERS, numbers, sizeof numbers);
        printf("  %-6s = %-23s = %-40s = %s%.5f%s\n", tad_name(net->steps[i]), symbols, numbers, bold(),
               tad_value(net->steps[i]), plain());
    }
}

/* One path, three lines: the names it passes, its local derivatives, their numbers and product. */
static bool print_path(void *user, size_t n, const tad_path_step steps[], double product)
{
    (void)user;
    printf("    E");
    for (size_t i = 0; i < n; i++)
        printf(" <- %s", tad_name(steps[i].from));
    printf("\n     ");
    for (size_t i = 0; i < n; i++)
        printf("%sd%s/d%s", i ? " * " : " ", tad_name(steps[i].to), tad_name(steps[i].from));
    printf("\n    =");
    for (size_t i = 0; i < n; i++)
        printf("%s%.5f", i ? " * " : " ", steps[i].derivative);
    printf(" = %s%.5f%s\n", bold(), product, plain());
    return true;
}

static tad_status print_chain(tad_var e, const tad_var p[])
{
    title("Backward pass: the chain rule, path by path");
    for (int i = 0; i < PARAMETERS; i++) {
        printf("  %sdE/d%s = %.5f%s, the sum over its paths:\n", bold(), tad_name(p[i]), tad_grad(p[i]), plain());
        tad_status status = tad_each_path(e, p[i], print_path, NULL);
        if (status != TAD_OK)
            return status;
    }
    return TAD_OK;
}

/* Rounding differs between machines; that it is far below the digits shown does not. */
static const char *bound(double error)
{
    return error < 1e-12 ? "< 1e-12" : "LARGE";
}

static tad_status print_update(network *net, const tad_var p[])
{
    tad_gradcheck_report report;
    tad_status           status = tad_gradcheck(record_network, net, PARAMETERS, p, NULL, &report);
    title("Update, with learning rate 0.6, and the gradient by finite differences");
    printf("        value   gradient        new    by differences  error\n");
    for (int i = 0; i < PARAMETERS && status == TAD_OK; i++) {
        double value = tad_value(p[i]), gradient = tad_grad(p[i]), numeric = report.entries[i].numeric;
        printf("  %s  %8.5f   %8.5f   %s%8.5f%s          %8.5f  %s\n", parameter_names[i], value, gradient, bold(),
               value - rate * gradient, plain(), numeric, bound(fabs(gradient - numeric)));
    }
    tad_gradcheck_free(&report);
    return status;
}

/* One step of gradient descent on the first n parameters. Returns the error before it. */
static double descend(tad_tape *tape, double values[], int n)
{
    network net;
    tad_var p[PARAMETERS];
    tad_tape_rewind(tape, 0);
    for (int i = 0; i < PARAMETERS; i++)
        p[i] = i < n ? tad_scalar(tape, values[i]) : tad_constant(tape, values[i]);
    tad_var e = record_network(&net, PARAMETERS, p);
    if (tad_backward(e) != TAD_OK)
        return nan("");
    for (int i = 0; i < n; i++)
        values[i] -= rate * tad_grad(p[i]);
    return tad_value(e);
}

/* A bar for an error between 1e-6 and 1, on a logarithmic scale. */
static const char *bar(double error)
{
    static const char full[] = "##############################";
    int               length = (int)lround(5 * (log10(error) + 6));
    return full + sizeof full - 1 - (length < 0 ? 0 : length);
}

static void print_training(tad_tape *tape)
{
    static const int shown[] = {0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};
    double           all[PARAMETERS], weights[PARAMETERS];
    memcpy(all, first_values, sizeof all);
    memcpy(weights, first_values, sizeof weights);
    title("The error E over further steps (logarithmic bars)");
    printf("  step  biases trained, too                       weights only\n");
    for (int step = 0, next = 0; step <= 1000; step++) {
        double e_all = descend(tape, all, PARAMETERS), e_weights = descend(tape, weights, WEIGHTS);
        if (step != shown[next])
            continue;
        next++;
        printf("  %4d  %.7f %-30s  %.7f %s\n", step, e_all, bar(e_all), e_weights, bar(e_weights));
    }
}

int main(void)
{
    const char *no_colour = getenv("NO_COLOR"), *terminal = getenv("TERM");
    colour = isatty(STDOUT_FILENO) && !(no_colour && *no_colour) && !(terminal && strcmp(terminal, "dumb") == 0);

    tad_tape *tape = tad_tape_new();
    network   net;
    tad_var   p[PARAMETERS];
    for (int i = 0; i < PARAMETERS && tape; i++)
        p[i] = tad_scalar(tape, first_values[i]);
    tad_var    e = tape ? record_network(&net, PARAMETERS, p) : (tad_var){0};
    tad_status status = tad_backward(e);
    if (status == TAD_OK) {
        printf("A network of two inputs, two hidden units and two outputs learns to turn (0.1, 0.5) into "
               "(0.05, 0.95).\n");
        print_forward(&net);
        status = print_chain(e, p);
    }
    if (status == TAD_OK)
        status = print_update(&net, p);
    if (status == TAD_OK) {
        print_training(tape);
        printf("\nThe numbers published with this example were truncated, not rounded, and computed from truncated\n"
               "intermediate results; they agree with those above to 1e-5. The biases were not trained there.\n");
    }
    if (status != TAD_OK || tad_tape_status(tape) != TAD_OK)
        fprintf(stderr, "network: %s: %s\n", tad_status_meaning(status), tad_tape_message(tape));
    bool failed = status != TAD_OK || tad_tape_status(tape) != TAD_OK;
    tad_tape_free(tape);
    return failed;
}
