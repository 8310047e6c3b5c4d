/* The worked network as a page to be opened in a browser: every value, every step of the chain rule, and inputs to play with.
 *
 *     build/release/examples/page > network.html
 */
#include "network.h"

#include <stdio.h>

static bool write_to_file(void *user, const char *text, size_t bytes)
{
    return fwrite(text, 1, bytes, user) == bytes;
}

static tad_status write_network(tad_tape *tape, FILE *file)
{
    static const tad_page_options options = {
        .title = "The worked network",
        .about =
            "Two inputs, two hidden units and two outputs learn to turn (0.1, 0.5) into (0.05, 0.95). E is the error.",
    };
    network net;
    tad_var p[PARAMETERS];
    for (int i = 0; i < PARAMETERS; i++)
        p[i] = tad_scalar(tape, first_values[i]);
    tad_var    error = record_network(&net, PARAMETERS, p);
    tad_status status = tad_tape_status(tape);
    return status == TAD_OK ? tad_write_html(error, &options, (tad_writer){write_to_file, file}) : status;
}

int main(void)
{
    tad_tape  *tape = tad_tape_new();
    tad_status status = tape ? write_network(tape, stdout) : TAD_ENOMEM;
    if (status != TAD_OK)
        fprintf(stderr, "page: %s: %s\n", tad_status_meaning(status), tad_tape_message(tape));
    tad_tape_free(tape);
    return status != TAD_OK;
}
