/**
 * tad/checkpoint.h - time for memory: parts of a recording that are forgotten, and recorded again where a derivative needs
 * them.
 *
 * A checkpointed function costs the tape one node: its value. tad_backward records it again, sweeps that part, and forgets it
 * once more; so a chain of N layers, in about sqrt(N) checkpoints of sqrt(N) layers, takes the memory of 2 sqrt(N) layers,
 * and one more evaluation. Checkpoints can contain checkpoints. Recorded derivatives (tad_gradient, tad_vjp, tad_jvp,
 * tad_hvp) record the function in full, because they can be differentiated again: they give the same numbers, but save no
 * memory.
 *
 * What a checkpointed function must observe:
 * - Every differentiable value that it uses comes in through x. Any other, kept in `user` or a variable, is refused
 *   (TAD_EARG), as its gradient would be lost. Constants and the leaves it makes itself are free.
 * - It does the same each time: it is called again in every sweep, so `user` must live, and be the same, until the last one.
 *   Another shape the second time is an error (TAD_ESHAPE); other numbers are not noticed.
 * - It does not call tad_backward or tad_replay, nor rewind to before its own nodes (TAD_EARG). tad_gradient is welcome.
 */
#ifndef TAD_CHECKPOINT_H
#define TAD_CHECKPOINT_H

#include <tad/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Records f(x[0], ..., x[n - 1]) as one node. At most 32 x; the same one may be there twice.
 * Errors give an invalid result: TAD_EARG (f NULL, more than 32 x, or what the list above forbids), TAD_ETAPE, TAD_ESTALE,
 * TAD_ENOMEM, and those of f. */
TAD_API tad_var tad_checkpoint(tad_function *f, void *user, size_t n, const tad_var x[]);

/** One step of a loop: records next[0], next[1], ..., each of the shape and element type of its state, from the state before
 * step number i (they count from 0) and the parameters. The rules for checkpointed functions apply. */
typedef void tad_step(void *user, size_t i, const tad_var state[], const tad_var params[], tad_var next[]);

/** A loop over time. */
typedef struct tad_loop_args {
    tad_step *step;
    void     *user;
    size_t    steps;
    size_t    snapshots; /**< states that may be kept at a time, with the first; 0: so many that no step runs more than
                                   three times, which is about sqrt(2 steps) */
    size_t    state_count;
    const tad_var *state; /**< before the first step; f32 or f64 */
    size_t         param_count;
    const tad_var *params; /**< what every step gets as well; may be NULL if there are none */
} tad_loop_args;

/** Runs the loop and gives the state after the last step. tad_backward runs steps again from the snapshots it keeps, with as
 * few evaluations as any method with that number of snapshots: with r such that C(c + r - 1, c) < steps <= C(c + r, c),
 * where c is the number of snapshots, loop and tad_backward together call `step`
 *
 *     steps + r * steps - C(c + r, c + 1)  times
 *
 * (A. Griewank and A. Walther, Algorithm 799: revolve, ACM TOMS 26 (2000), 19-45, proposition 1). The memory does not grow
 * with the number of steps: the loop leaves `snapshots` states on the tape, besides its last step, and the sweep keeps as
 * many once more. Several states are kept packed in one, which is f64 if their element types differ. Recorded derivatives
 * save no memory, and need snapshots enough for r <= 32.
 *
 * With 0 steps, out[k] is state[k]. Errors fill `out` with invalid handles: TAD_EARG (NULL, no state, states and parameters
 * together more than 32, an invalid next state), TAD_ESHAPE and TAD_EDTYPE (a next state unlike the one before; indices as
 * state), TAD_ETAPE, TAD_ESTALE, TAD_ENOMEM, and those of `step`. */
TAD_API TAD_CHECKED tad_status tad_loop(const tad_loop_args *loop, tad_var out[]);

#ifdef __cplusplus
}
#endif
#endif
