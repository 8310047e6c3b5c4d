/* How far to believe a gradient: what --trust adds. */
#ifndef CLI_TRUST_H
#define CLI_TRUST_H

#include "cli/print.h"

/* For one-element y and its gradient by x[0], ..., x[n - 1], which are called `names`: the first NaN or infinity, kinks nearby, and
 * the digits of each entry; as text, or as a member of the JSON object that `out` is in. CLI_DONE, or CLI_WRONG after a complaint. */
int cli_show_trust(const cli_model *m, tad__output *out, tad_var y, size_t n, const tad_var x[],
                   const char *const names[]);

#endif
