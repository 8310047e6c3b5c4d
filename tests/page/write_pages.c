/* Writes pages and what they have to show: `write_pages FOLDER` gives NAME.html and NAME.js for each model. The numbers are those
 * of another run of tad_backward, in hexadecimal by C itself. */
#include "page_models.h"
#include "tape/tape.h"

#include <tad/page.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static tad_var transformer(tad_tape *tape)
{
    return record_transformer(tape, 21, 10);
}

static tad_var chain(tad_tape *tape)
{
    return record_chain(tape, 1250);
}

static tad_var named(tad_tape *tape)
{
    return record_named_layers(tape, 6);
}

/* y = w * x + b and its square: what a beginner would begin with. */
static tad_var small(tad_tape *tape)
{
    tad_var x = tad_named(tad_constant(tape, 2), "x"), w = tad_named(tad_scalar(tape, -3), "w");
    tad_var b = tad_named(tad_scalar(tape, 0.1), "b");
    return tad_named(tad_square(tad_add(tad_mul(x, w), b)), "y");
}

static const struct {
    const char *name;
    tad_var (*record)(tad_tape *tape);
} models[] = {{"small", small}, {"rows", record_every_row}, {"troubles", record_troubles},
              {"chain", chain}, {"named", named},           {"transformer", transformer}};

static bool to_file(void *user, const char *text, size_t bytes)
{
    return fwrite(text, 1, bytes, user) == bytes;
}

/* "0x1.8p+1", or null where there is no single number. */
static void write_number(FILE *file, tad_var x, bool is_there, double number)
{
    if (!is_there || tad_count(x) != 1 || tad_dtype_of(x) == TAD_I64)
        fprintf(file, "null,");
    else if (isnan(number))
        fprintf(file, "\"nan\",");
    else
        fprintf(file, "\"%a\",", number);
}

static bool write_expected(const char *path, tad_var y)
{
    FILE *file = fopen(path, "wb");
    if (!file || tad_backward(y) != TAD_OK)
        return false;
    fprintf(file, "window.expected = {values: [");
    for (uint32_t id = 0; id <= y.id; id++) {
        tad_var x = tad__handle(y.tape, id);
        bool    one = tad_count(x) == 1;
        write_number(file, x, one, one ? tad_value(x) : 0);
    }
    fprintf(file, "],\nadjoints: [");
    for (uint32_t id = 0; id <= y.id; id++) {
        tad_var x = tad__handle(y.tape, id);
        bool    one = tad_count(x) == 1 && tad_is_differentiable(x);
        write_number(file, x, one, one ? tad_grad(x) : 0);
    }
    fprintf(file, "]};\n");
    return fclose(file) == 0;
}

static bool write_model(const char *folder, size_t i)
{
    char      page[1024], expected[1024];
    tad_tape *tape = tad_tape_new();
    tad_var   y = models[i].record(tape);
    snprintf(page, sizeof page, "%s/%s.html", folder, models[i].name);
    snprintf(expected, sizeof expected, "%s/%s.js", folder, models[i].name);
    FILE *file = fopen(page, "wb");
    bool  good = file && tad_write_html(y, NULL, (tad_writer){to_file, file}) == TAD_OK;
    good = file && fclose(file) == 0 && good && write_expected(expected, y);
    if (!good)
        fprintf(stderr, "%s: %s\n", page, tad_tape_message(tape));
    tad_tape_free(tape);
    return good;
}

int main(int argc, char *argv[])
{
    for (size_t i = 0; i < sizeof models / sizeof *models; i++)
        if (argc != 2 || !write_model(argv[1], i))
            return EXIT_FAILURE;
    return EXIT_SUCCESS;
}
