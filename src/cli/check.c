/* tad check: the gradient of a model, or of a C function in a shared object, against differences. */
#include "cli/print.h"

#include <ctype.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

/* ---- The report ---- */

static int print_report(const cli_call *cli, const tad_gradcheck_report *report)
{
    size_t length = tad_gradcheck_write(report, cli->options.all, NULL, 0);
    char  *text = cli_room(cli, length + 1, 1);
    if (!text)
        return CLI_WRONG;
    tad_gradcheck_write(report, cli->options.all, text, length + 1);
    fputs(text, stdout);
    free(text);
    return CLI_DONE;
}

/* What the numbers of inputs in reports mean, as far as names fit on a line. */
static void name_inputs(size_t n, const char *const names[])
{
    printf("\ninputs:");
    for (size_t i = 0; i < n && i < 16; i++)
        printf("%s %zu %s", i ? "," : "", i, names[i]);
    puts(n > 16 ? ", ..." : "");
}

static bool begin_json(size_t n, const char *const names[])
{
    tad__output out;
    tad__output_start(&out, cli_writer(stdout));
    tad__output_text(&out, "{\"inputs\": [");
    for (size_t i = 0; i < n; i++) {
        tad__output_text(&out, i ? ", " : "");
        cli_json_text(&out, names[i]);
    }
    tad__output_text(&out, "], \"reports\": {");
    return tad__output_end(&out) == TAD_OK;
}

/* One report of a run: as text, or as a member of a JSON object. */
static int show_report(const cli_call *cli, bool first, const char *name, const tad_gradcheck_report *report)
{
    int status = CLI_DONE;
    if (cli->options.json) {
        tad__output out;
        tad__output_start(&out, cli_writer(stdout));
        cli_json_key(&out, first, name);
        if (tad__output_end(&out) != TAD_OK || tad_gradcheck_json(report, cli_writer(stdout)) != TAD_OK)
            status = CLI_WRONG;
    } else {
        printf("%s%s%s%s\n", first ? "" : "\n", cli_bold(cli), name, cli_plain(cli));
        status = print_report(cli, report);
    }
    return status != CLI_DONE ? status : report->wrong > 0 ? CLI_FAILED : CLI_DONE;
}

static tad_gradcheck_options check_options(const cli_call *cli)
{
    return (tad_gradcheck_options){.tolerance = cli->options.tolerance, .order = cli->options.second ? 2 : 1};
}

/* ---- A model ---- */

typedef struct subject {
    const cli_model *m;
    tad_var         *vars;
    size_t           output;
    size_t           count;
    const size_t    *wrt;
} subject;

/* The model with other leaves: a tad_function. */
static tad_var record_with(void *user, size_t n, const tad_var x[])
{
    const subject *s = user;
    memset(s->vars, 0, s->m->count * sizeof *s->vars);
    for (size_t i = 0; i < n; i++)
        s->vars[s->wrt[i]] = x[i];
    if (tad_model_record_with(s->m->model, x[0].tape, s->vars, NULL) != TAD_OK)
        return (tad_var){0};
    return s->vars[s->output];
}

static int check_outputs(const cli_call *cli, subject *s, size_t outputs, const size_t output[])
{
    const cli_model      *m = s->m;
    tad_gradcheck_options options = check_options(cli);
    int                   result = CLI_DONE;
    tad_var              *x = cli_room(cli, s->count, sizeof *x);
    const char          **names = cli_room(cli, s->count, sizeof *names);
    size_t                agree = 0, entries = 0;
    for (size_t k = 0; x && names && k < s->count; k++) {
        x[k] = m->vars[s->wrt[k]];
        names[k] = tad_model_symbol(m->model, s->wrt[k])->name;
    }
    if (!x || !names || (cli->options.json && !begin_json(s->count, names)))
        result = CLI_WRONG;
    for (size_t i = 0; i < outputs && result != CLI_WRONG; i++) {
        tad_gradcheck_report report = {0};
        s->output = output[i];
        tad_status status = tad_gradcheck(record_with, s, s->count, x, &options, &report);
        int found = status == TAD_OK ? show_report(cli, i == 0, tad_model_symbol(m->model, output[i])->name, &report)
                                     : cli_complain_tape(m, status);
        result = found > result ? found : result;
        agree += report.agree;
        entries += report.count;
        tad_gradcheck_free(&report);
    }
    if (result != CLI_WRONG && cli->options.json)
        puts("}}");
    else if (result != CLI_WRONG && (agree < entries || cli->options.all))
        name_inputs(s->count, names);
    free(x);
    free(names);
    return result;
}

static int check_model(cli_call *cli)
{
    cli_model m;
    subject   s = {.m = &m};
    size_t    outputs, *output = NULL, *wrt = NULL;
    int       status = cli_open_model(cli, &m);
    if (status == CLI_DONE)
        status = cli_record_model(&m);
    if (status == CLI_DONE) {
        output = cli_room(cli, m.count, sizeof *output);
        wrt = cli_room(cli, m.count, sizeof *wrt);
        s.vars = cli_room(cli, m.count, sizeof *s.vars);
        s.wrt = wrt;
        status = output && wrt && s.vars ? cli_outputs(&m, &outputs, output) : CLI_WRONG;
    }
    if (status == CLI_DONE)
        status = cli_wrt(&m, &s.count, wrt);
    if (status == CLI_DONE && s.count == 0)
        status =
            cli_complain(cli, "declare what is differentiated by with input or param", "there is nothing to check");
    if (status == CLI_DONE)
        status = check_outputs(cli, &s, outputs, output);
    free(output);
    free(wrt);
    free(s.vars);
    cli_close_model(&m);
    return status;
}

/* ---- A C function ---- */

/* The numbers of --at: *x is the caller's to free. */
static int read_point(const cli_call *cli, size_t *n, double **x)
{
    const char *at = cli->options.at;
    *n = 0;
    *x = cli_room(cli, strlen(at) / 2 + 1, sizeof **x);
    if (!*x)
        return CLI_WRONG;
    for (;;) {
        char *end;
        at += strspn(at, ", \t\n");
        if (!*at)
            break;
        (*x)[(*n)++] = strtod(at, &end);
        if (end == at || (*end && !strchr(", \t\n", *end)))
            return cli_complain(cli, "numbers are separated by commas or blanks: --at 1.2,1.0",
                                "--at: '%.20s' is no number", at);
        at = end;
    }
    return *n ? CLI_DONE : cli_complain(cli, NULL, "--at has no numbers; expected a point, as in --at 1.2,1.0");
}

static int find_function(const cli_call *cli, void **library, tad_c_function **f)
{
    const char *name = cli->options.lib;
    *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (!*library) {
        const char *why = dlerror();
        return cli_complain(cli,
                            strchr(name, '/') ? "compile it by: cc -shared -fPIC -o mine.so mine.c -lm"
                                              : "a library in this folder is written ./mine.so",
                            "--lib: %s", why ? why : name);
    }
    void *symbol = dlsym(*library, cli->options.fn);
    if (!symbol)
        return cli_complain(cli, "it must not be static; in C++ it must be extern \"C\"", "%s has no function '%s'",
                            name, cli->options.fn);
    memcpy(f, &symbol, sizeof *f); /* a conversion from object to function pointer, which POSIX has and C11 has not */
    return CLI_DONE;
}

static int check_function(cli_call *cli)
{
    void                 *library = NULL;
    tad_c_function       *f = NULL;
    size_t                n = 0;
    double               *x = NULL;
    tad_gradcheck_report  report = {0};
    tad_gradcheck_options options = check_options(cli);
    if (cli->options.second)
        return cli_complain(cli, NULL, "--second is for models: a C function has no gradient of its gradient");
    int status = read_point(cli, &n, &x);
    if (status == CLI_DONE)
        status = find_function(cli, &library, &f);
    if (status == CLI_DONE) {
        static const char *const names[] = {"x"};
        if (cli->options.json && !begin_json(1, names))
            status = CLI_WRONG;
        tad_status checked = tad_gradcheck_function(f, n, x, &options, &report);
        status = checked == TAD_OK ? show_report(cli, true, cli->options.fn, &report)
                                   : cli_complain(cli, tad_status_hint(checked), "%s", tad_status_meaning(checked));
        if (cli->options.json && status != CLI_WRONG)
            puts("}}");
    }
    tad_gradcheck_free(&report);
    free(x);
    if (library)
        dlclose(library);
    return status;
}

int cli_run_check(cli_call *cli)
{
    const cli_options *options = &cli->options;
    bool               any = options->lib || options->fn || options->at;
    if (any && !(options->lib && options->fn && options->at))
        return cli_complain(cli, "as in: tad check --lib ./mine.so --fn rosenbrock --at 1.2,1.0",
                            "--lib, --fn and --at belong together; %s is missing",
                            !options->lib  ? "--lib"
                            : !options->fn ? "--fn"
                                           : "--at");
    if (any && (cli->count || options->expression))
        return cli_complain(cli, NULL, "--lib checks a C function; there can be no model beside it");
    return any ? check_function(cli) : check_model(cli);
}
