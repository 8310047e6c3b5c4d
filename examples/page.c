/* The worked network as a page to be opened in a browser: every value, every step of the chain rule, and inputs to play with.
 *
 *     build/release/examples/page network.html
 */
#include "network.h"

#include <tad/page.h>

#include <stdio.h>

static bool write_to_file(void *user, const char *text, size_t bytes)
{
    return fwrite(text, 1, bytes, user) == bytes;
}

static tad_status write_network(tad_tape *tape, FILE *file)
{
    network net;
    tad_var p[PARAMETERS];
    for (int i = 0; i < PARAMETERS; i++)
        p[i] = tad_scalar(tape, first_values[i]);
    const tad_page_options options = {
        .title = "The worked network",
        .about = "Two inputs, two hidden units and two outputs learn to turn (0.1, 0.5) into (0.05, 0.95); E is their error.",
    };
    return tad_write_html(record_network(&net, PARAMETERS, p), &options, (tad_writer){write_to_file, file});
}

int main(int argc, char *argv[])
{
    const char *path = argc > 1 ? argv[1] : "network.html";
    FILE       *file = fopen(path, "wb");
    tad_tape   *tape = file ? tad_tape_new() : NULL;
    if (!tape) {
        fprintf(stderr, "page: cannot write %s\n", path);
        return 1;
    }
    bool good = write_network(tape, file) == TAD_OK;
    good = fclose(file) == 0 && good;
    if (good)
        printf("%s: open it in a browser\n", path);
    else
        fprintf(stderr, "page: %s: %s\n", path, tad_tape_message(tape));
    tad_tape_free(tape);
    return good ? 0 : 1;
}
