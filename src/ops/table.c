/* Every built-in operation: the rows of elementwise.def, then the files of this folder (operations.inc is made from their
 * names by the Makefile). */
#include "ops/elementwise.h"

#include <string.h>

#define OPERATION(name) extern const tad_op tad__op_##name;
#include "operations.inc"
#undef OPERATION

static const tad_op *const structured[] = {
#define OPERATION(name) &tad__op_##name,
#include "operations.inc"
#undef OPERATION
};

const tad_op *tad_op_at(size_t i)
{
    if (i < TAD__ROWS)
        return &tad__elementwise[i];
    i -= TAD__ROWS;
    return i < sizeof structured / sizeof *structured ? structured[i] : NULL;
}

const tad_op *tad_op_find(const char *name)
{
    const tad_op *op;
    for (size_t i = 0; name && (op = tad_op_at(i)) != NULL; i++)
        if (strcmp(op->name, name) == 0)
            return op;
    return NULL;
}
