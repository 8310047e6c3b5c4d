/**
 * tad/replay.h - running a recorded tape again with other numbers in its leaves.
 *
 *     tad_var x = tad_scalar(tape, 2), y = f(x);
 *     for (...) {
 *         tad_set_value(x, next);
 *         if (tad_replay(tape) == TAD_EBRANCH)
 *             ...record f again, the program would take another way...
 *         tad_backward(y);
 *     }
 *
 * Nothing is recorded or allocated, and all handles stay good. A replay follows the operations that were recorded, and does
 * not see what C did in between: numbers that went through C, by tad_value or tad_read and back as a leaf, or that were recorded during a tad_tape_pause, are as they were.
 * Where C may have branched, the replay makes sure that it would branch the same way.
 */
#ifndef TAD_REPLAY_H
#define TAD_REPLAY_H

#include <tad/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Gives a leaf, constant or not, its next value, which tad_replay puts in place: as many bytes as the leaf has, in its own
 * element type and in C order, copied. Until then all values are as they were. Setting a leaf again replaces its next value.
 * Errors: TAD_EARG (not a leaf, another number of bytes, NULL), TAD_ETAPE, TAD_ESTALE, TAD_ENOMEM. */
TAD_API TAD_CHECKED tad_status tad_set(tad_var leaf, const void *data, size_t bytes);

/** The same for a leaf of one element, of any element type. Errors: TAD_ESHAPE (not one element), and as tad_set. */
TAD_API TAD_CHECKED tad_status tad_set_value(tad_var leaf, double value);

/** Puts the values that were set into their leaves and computes every node again, in the order of recording: recorded
 * gradients, too, and checkpoints, whose functions are called. Adjoints can be read again after the next tad_backward.
 *
 * Refuses with TAD_EBRANCH if a comparison, or another operation that is piecewise constant (its derivative is 0), gives
 * something else than it gave when the program read it with tad_value, tad_read or tad_branch: the program may have branched
 * on it. The message names the line that read it. Comparisons that nobody read, as those for tad_where, may change.
 *
 * After any error the values of all nodes are as before, and what was set is forgotten. (If there is no memory even for
 * that, the nodes from the first leaf that was set on are forgotten as by tad_tape_rewind, so that nothing wrong can be read.)
 * Errors: TAD_EBRANCH, TAD_EARG (NULL; called by a function that is being checkpointed), TAD_ENOMEM, and what operations
 * refuse when they see their numbers: TAD_ESINGULAR, TAD_EINDEX. */
TAD_API TAD_CHECKED tad_status tad_replay(tad_tape *tape);

/** Is the value, of one element, other than 0? For `if (tad_branch(tad_less(a, b)))`: tad_replay makes sure that the answer
 * is the same. NaN is true. false with an error if the handle is invalid, the value has not one element (TAD_ESHAPE), or
 * there is no memory to remember it (TAD_ENOMEM). */
TAD_API bool tad_branch(tad_var condition);

#ifdef __cplusplus
}
#endif
#endif
