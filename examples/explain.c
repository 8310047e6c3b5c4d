/* The derivative of the worked network's error with respect to one weight, derived as a textbook does: symbols, numbers, every
 * path. Give it a parameter's name, and `latex` or `markdown` if you like: explain w5 latex */
#include "network.h"

#include <stdio.h>
#include <string.h>

static bool print(void *user, const char *text, size_t bytes)
{
    return fwrite(text, 1, bytes, user) == bytes;
}

int main(int argc, char *argv[])
{
    const char         *wanted = argc > 1 ? argv[1] : "w1", *format = argc > 2 ? argv[2] : "text";
    tad_explain_options options = {.format = strcmp(format, "latex") == 0      ? TAD_LATEX
                                             : strcmp(format, "markdown") == 0 ? TAD_MARKDOWN
                                                                               : TAD_TEXT};
    network             net;
    tad_var             p[PARAMETERS];
    tad_tape           *tape = tad_tape_new();
    for (int i = 0; i < PARAMETERS && tape; i++)
        p[i] = tad_scalar(tape, first_values[i]);
    tad_var e = tape ? record_network(&net, PARAMETERS, p) : (tad_var){0}, x = {0};
    for (int i = 0; i < PARAMETERS; i++)
        if (strcmp(parameter_names[i], wanted) == 0)
            x = p[i];

    tad_status status = tape ? tad_tape_status(tape) : TAD_ENOMEM;
    if (status == TAD_OK)
        status = tad_explain(e, x, &options, (tad_writer){print, stdout});
    if (status != TAD_OK)
        fprintf(stderr, "explain: %s: %s\n", tad_status_meaning(status), tad_tape_message(tape));
    tad_tape_free(tape);
    return status != TAD_OK;
}
