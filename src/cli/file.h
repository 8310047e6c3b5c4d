/* Files that are written: whole, or not at all. */
#ifndef CLI_FILE_H
#define CLI_FILE_H

#include "cli/cli.h"

typedef struct cli_file {
    const cli_call *cli;
    const char     *name;      /* NULL: stdout */
    char           *temporary; /* what is written, until it gets its name; NULL: a device or a pipe, written directly */
    FILE           *stream;
} cli_file;

/* Opens a file for writing; NULL or "-": stdout. CLI_DONE, or CLI_WRONG after a complaint. */
int cli_open_file(const cli_call *cli, cli_file *file, const char *name);

/* Closes it, and gives it its name if `status`, that of what was to be written, is CLI_DONE. Otherwise the file of that name is
 * left as it was. Returns the status of all this. */
int cli_close_file(cli_file *file, int status);

#endif
