/* From a return address to the words "file.c:12" for an error message. */
#ifndef TAD__BASE_CALLSITE_H
#define TAD__BASE_CALLSITE_H

#include "base/text.h"

/* Adds where the call that returns to `address` stands: "file.c:12 (function)" where debugging information and libdw are
 * at hand, "program+0x1234" otherwise, nothing if not even that is known. */
void tad__callsite_add(tad__text *text, const void *address);

#endif
