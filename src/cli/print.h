/* Numbers and tensors, for people and as JSON. */
#ifndef CLI_PRINT_H
#define CLI_PRINT_H

#include "base/output.h"
#include "cli/model.h"

/* A number with --digits digits (6 if that is 0), or as --hex wants it; in `text`, which is returned. */
const char *cli_number(const cli_call *cli, double x, char text[40]);

/* A tensor behind what stands on the line already, `indent` columns of it; ends with a newline. Large ones are cut. */
void cli_print_tensor(const cli_call *cli, int indent, int rank, const int64_t dims[], const double *data);

/* The same as nested arrays of JSON, whole. */
void cli_json_tensor(tad__output *out, int rank, const int64_t dims[], const double *data);

/* A key and what comes before it: a comma unless it is the first. */
void cli_json_key(tad__output *out, bool first, const char *key);

/* A string. */
void cli_json_text(tad__output *out, const char *text);

/* Ends JSON with a newline: CLI_DONE, or CLI_WRONG if it could not be written (main says so). */
int cli_json_end(tad__output *out);

#endif
