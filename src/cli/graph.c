/* tad graph: what a model computes, as a picture. */
#define _POSIX_C_SOURCE 200809L
#include "cli/file.h"
#include "cli/model.h"

#include <tad/graph.h>
#include <tad/page.h>

#include <stdlib.h>
#include <string.h>

enum { DOT, SVG, HTML, MERMAID }; /* as --format counts */

static const struct {
    const char *ending;
    int         format;
} endings[] = {{".dot", DOT},  {".gv", DOT},      {".svg", SVG},        {".html", HTML},
               {".htm", HTML}, {".mmd", MERMAID}, {".mermaid", MERMAID}};

/* The format that the name of the file asks for, or --format. */
static int choose_format(const cli_call *cli, int *format)
{
    const char *name = cli->options.output, *ending = name ? strrchr(name, '.') : NULL;
    *format = cli->options.format;
    if (!name || *format != DOT || strcmp(name, "-") == 0 || strncmp(name, "/dev/", 5) == 0)
        return CLI_DONE;
    for (size_t i = 0; ending && i < sizeof endings / sizeof *endings; i++)
        if (strcmp(endings[i].ending, ending) == 0) {
            *format = endings[i].format;
            return CLI_DONE;
        }
    return cli_complain(cli, "the end of the name chooses the format: .dot, .svg, .html or .mmd",
                        "-o %s: what is to be written?", name);
}

static int write_graph(const cli_model *m, int format, size_t n, const tad_var y[], tad_writer out)
{
    tad_graph_options options = {.values = true,
                                 .gradients = n == 1 && tad_count(y[0]) == 1 && tad_is_differentiable(y[0]),
                                 .digits = (int)m->cli->options.digits};
    tad_status        status = options.gradients ? tad_backward(y[0]) : TAD_OK;
    if (status == TAD_OK)
        status = format == HTML  ? tad_write_html(y[0], NULL, out)
                 : format == SVG ? tad_write_svg(n, y, &options, out)
                 : format == DOT ? tad_write_dot(n, y, &options, out)
                                 : tad_write_mermaid(n, y, &options, out);
    return status == TAD_OK ? CLI_DONE : status == TAD_EIO ? CLI_WRONG : cli_complain_tape(m, status);
}

static int draw(const cli_model *m, int format)
{
    const char *name = m->cli->options.output;
    size_t      count, first = 0, *output = cli_room(m->cli, m->count, sizeof *output);
    tad_var    *y = cli_room(m->cli, m->count, sizeof *y);
    cli_file    file;
    int         status = output && y ? cli_outputs(m, &count, output) : CLI_WRONG;
    if (status == CLI_DONE && format == HTML) { /* the page is about one number */
        status = cli_only_output(m, &first);
        output[0] = first;
        count = 1;
    }
    for (size_t i = 0; status == CLI_DONE && i < count; i++)
        y[i] = m->vars[output[i]];
    if (status == CLI_DONE)
        status = cli_open_file(m->cli, &file, name);
    if (status == CLI_DONE)
        status = cli_close_file(&file, write_graph(m, format, count, y, cli_writer(file.stream)));
    free(output);
    free(y);
    return status;
}

int cli_run_graph(cli_call *cli)
{
    cli_model m;
    int       format, status = choose_format(cli, &format);
    if (status != CLI_DONE)
        return status;
    status = cli_open_model(cli, &m);
    if (status == CLI_DONE)
        status = cli_record_model(&m);
    if (status == CLI_DONE)
        status = draw(&m, format);
    cli_close_model(&m);
    return status;
}
