/* What was found, in words. */
#ifndef TAD__TOOLS_NONFINITE_TEXT_H
#define TAD__TOOLS_NONFINITE_TEXT_H

#include "tape/tape.h"

#include <tad/trust.h>

/* Fills found->text from its other members. `cotangent`: backward, that of the node, of its shape; data NULL otherwise. */
void tad__describe_nonfinite(tad_nonfinite *found, const tad_array *cotangent);

#endif
