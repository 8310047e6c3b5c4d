/* Tapes that pages are tried with, in unit tests and in a browser. */
#ifndef TAD_TESTS_PAGE_MODELS_H
#define TAD_TESTS_PAGE_MODELS_H

#include <tad/tad.h>

/* A transformer: layers of heads, each in a scope; some 25 nodes a head. Returns its loss. */
tad_var record_transformer(tad_tape *tape, int layers, int heads);

/* Every elementwise operation of the library once, on scalars within its domain, added up. */
tad_var record_every_row(tad_tape *tape);

/* NaN and infinities in both passes, dead and saturated units, zeros of both signs, empty and one-element tensors, indices, nodes
 * that nothing uses, one operand twice, and names that try to break out of what they are written in. */
tad_var record_troubles(tad_tape *tape);

/* A long chain of scalars in which the same few operations come again and again, without any name. */
tad_var record_chain(tad_tape *tape, int steps);

/* Parameters named "encoder.0.w", no scopes. */
tad_var record_named_layers(tad_tape *tape, int layers);

#endif
