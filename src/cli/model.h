/* A model as the commands use it: read from a file, stdin or -e, with the values of the command line, and recorded. */
#ifndef CLI_MODEL_H
#define CLI_MODEL_H

#include "cli/cli.h"

#include <tad/tad.h>

#include <tad/model.h>

typedef struct cli_model {
    cli_call   *cli;
    const char *file; /* its name in messages */
    char       *text; /* as it was written */
    size_t      bytes;
    char       *whole; /* the same with what -e adds: `ahead` characters in front */
    int         ahead;
    tad_model  *model;
    tad_tape   *tape;
    tad_var    *vars; /* one for each symbol */
    size_t      count;
} cli_model;

/* Reads and parses the model that the command line names, and sets the values it gives. All of these return CLI_DONE, or
 * CLI_WRONG after a complaint; the model is to be closed in either case. */
int cli_open_model(cli_call *cli, cli_model *m);

/* Records it on an empty tape. */
int  cli_record_model(cli_model *m);
void cli_close_model(cli_model *m);

/* The symbol of a name: its number, or -1 after a complaint. */
int cli_find_symbol(const cli_model *m, const char *name);

/* The outputs, or the one of --of: their numbers in `outputs`, which has room for m->count. */
int cli_outputs(const cli_model *m, size_t *count, size_t outputs[]);

/* The only output with one element; where there are several, one has to be named by --of. */
int cli_only_output(const cli_model *m, size_t *output);

/* The names of --wrt, or else all inputs and parameters. */
int cli_wrt(const cli_model *m, size_t *count, size_t wrt[]);

/* The error of the tape as a complaint. */
int cli_complain_tape(const cli_model *m, tad_status status);

/* Reads the numbers of a value like "1.5", "[1, 2]" or "pi / 2" in *rank, dims and *data, which the caller frees. `what` is
 * the argument it stands in. */
int cli_read_value(const cli_call *cli, const char *what, const char *value, int *rank, int64_t dims[TAD_MAX_RANK],
                   double **data);

const char *cli_next_symbol(const void *m, size_t i);

/* What a node has, as doubles; NULL: out of memory. The caller frees it. */
double *cli_read(tad_var x, int *rank, int64_t dims[TAD_MAX_RANK], size_t *count);

/* Asks malloc for room, at least one element; complains if there is none. */
void *cli_room(const cli_call *cli, size_t count, size_t size);

#endif
