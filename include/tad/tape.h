/**
 * tad/tape.h - the tape: leaves, handles, reading values, marks and errors.
 *
 * A tape is a list of nodes in the order in which they were recorded, so every node comes after its operands.
 * Values on a tape never change. A handle (tad_var) names one node and is passed by value.
 *
 * Errors. Operations are total: they always return a handle, and an invalid operand gives an invalid result. The
 * first error of a tape is kept (tad_tape_status, tad_tape_message) until tad_tape_clear_error; later ones do not
 * replace it. So a long computation is checked once, at its end. Nothing here aborts, exits or prints.
 *
 * Threads. A tape belongs to one thread at a time; different tapes are independent.
 */
#ifndef TAD_TAPE_H
#define TAD_TAPE_H

#include <tad/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tad_tape tad_tape;

/** A handle: node `id` of `tape`, recorded in period `birth` (periods are separated by rewinds, so a handle from
 * before a rewind is recognised). All zero is never a valid handle. */
typedef struct tad_var {
    tad_tape *tape;
    uint32_t  id, birth;
} tad_var;

/** A function that is recorded more than once, by tad_checkpoint or tad_gradcheck: records its result, of any shape, from
 * the n operands it is given, on their tape, and must give the same result for the same operands. */
typedef tad_var tad_function(void *user, size_t n, const tad_var x[]);

/** A new, empty tape that takes its memory from malloc; NULL: out of memory. The caller frees it. */
TAD_API tad_tape *tad_tape_new(void);

/** The same with the caller's allocator, which is copied. NULL: out of memory, or no `resize` given. */
TAD_API tad_tape *tad_tape_new_with(const tad_allocator *allocator);

/** Frees the tape and all it recorded; its handles must not be used any more. NULL is allowed. */
TAD_API void tad_tape_free(tad_tape *tape);

/** The number of nodes recorded so far: a place to rewind to. 0 for NULL. */
TAD_API size_t tad_tape_mark(const tad_tape *tape);

/** Forgets every node recorded after `mark` was taken; 0 empties the tape. Handles of forgotten nodes become stale
 * (TAD_ESTALE), and the adjoints of a forgotten y can no longer be read. The memory is kept, so that the next step of a loop allocates nothing.
 * A mark beyond the end of the tape is TAD_EARG, and nothing is forgotten. */
TAD_API void tad_tape_rewind(tad_tape *tape, size_t mark);

/** The first error since the tape was made or cleared; TAD_OK if there was none; TAD_EARG for NULL. */
TAD_API tad_status tad_tape_status(const tad_tape *tape);

/** The first error in words: operation, shapes, what was wrong and expected, and the file and line of the call where
 * they are known (program built with -g and libdw installed; otherwise module and offset, as addr2line wants them).
 * Looking them up, once an error, takes some 200 KB of stack. "" if there was no error. Owned by the tape, valid until the error is cleared or the tape freed. */
TAD_API const char *tad_tape_message(const tad_tape *tape);

/** Forgets the error, so that the next one is kept. */
TAD_API void tad_tape_clear_error(tad_tape *tape);

/** From here to tad_tape_resume everything recorded is a constant leaf: a value that remembers no operands and is not
 * differentiated, also what tad_scalar and tad_tensor record. What was recorded before is as it was, and can be
 * differentiated: derivatives taken meanwhile (tad_gradient, tad_hvp, ...) are right, and constants. Where the derivatives
 * of what is recorded meanwhile are needed, use tad_stop_gradient on the result instead. tad_replay leaves what was recorded meanwhile as it is. Pauses nest, and outlast a
 * rewind; they cost what is recorded outside nothing. NULL is allowed. */
TAD_API void tad_tape_pause(tad_tape *tape);

/** Ends the innermost tad_tape_pause. NULL is allowed. Errors: TAD_EARG (there is none). */
TAD_API void tad_tape_resume(tad_tape *tape);

/** Differentiable leaf of rank 0 and type f64. Errors: TAD_ENOMEM. */
TAD_API tad_var tad_scalar(tad_tape *tape, double value);

/** The same, but nothing is differentiated with respect to it. Errors: TAD_ENOMEM. */
TAD_API tad_var tad_constant(tad_tape *tape, double value);

/** Differentiable leaf: dims[0] x ... x dims[rank - 1] numbers of type `dtype` in C order, copied from `data`.
 * rank may be 0 (dims may then be NULL); a size may be 0 (data may then be NULL).
 * Errors: TAD_EARG (rank outside 0..8, a negative size, NULL data or dims), TAD_EDTYPE, TAD_ESHAPE (more bytes than
 * memory can address), TAD_ENOMEM. */
TAD_API tad_var tad_tensor(tad_tape *tape, tad_dtype dtype, int rank, const int64_t dims[], const void *data);

/** The same, but nothing is differentiated with respect to it. */
TAD_API tad_var tad_tensor_constant(tad_tape *tape, tad_dtype dtype, int rank, const int64_t dims[], const void *data);

/** Does the handle name a node that is still on its tape? Never an error. */
TAD_API bool tad_is_valid(tad_var x);

/** Number of axes; -1 if invalid. */
TAD_API int tad_rank(tad_var x);

/** Size of an axis; a negative axis counts from the end. -1 if invalid or there is no such axis (TAD_EARG). */
TAD_API int64_t tad_dim(tad_var x, int axis);

/** Element type; TAD_F64 if invalid. */
TAD_API tad_dtype tad_dtype_of(tad_var x);

/** Number of elements; -1 if invalid. */
TAD_API int64_t tad_count(tad_var x);

/** The value of a one-element node; NaN if invalid or not of one element (TAD_ESHAPE). */
TAD_API double tad_value(tad_var x);

/** Copies the whole value in C order, in its own element type, into `out`, which has room for `bytes` bytes.
 * Errors: TAD_EARG (NULL, or too few bytes: nothing is written), TAD_ETAPE, TAD_ESTALE. */
TAD_API TAD_CHECKED tad_status tad_read(tad_var x, void *out, size_t bytes);

/* ---- Looking at a tape: what was recorded, for tools that explain it ---- */

/** Gives a node a name, copied, for messages, formulas and graphs; it lasts as long as the node. Returns x.
 * Naming a node again replaces its name. Errors: TAD_EARG (NULL), TAD_ENOMEM. */
TAD_API tad_var tad_named(tad_var x, const char *name);

/** The name given to a node; NULL if it has none. Owned by the tape. */
TAD_API const char *tad_name(tad_var x);

/** Begins a part of the tape that has a name: a layer, a step, a block. Graphs and pages show it folded, and scopes nest. It goes
 * on until tad_scope_end, also across a rewind. The name is copied, its first 47 bytes. Leaves that were recorded elsewhere
 * can be put into a scope by name: "encoder.0.w". NULL for the tape is allowed. Errors: TAD_EARG (name NULL), TAD_ENOMEM. */
TAD_API void tad_scope_begin(tad_tape *tape, const char *name);

/** Ends the innermost open scope. NULL is allowed. Errors: TAD_EARG (none is open). */
TAD_API void tad_scope_end(tad_tape *tape);

/** Writes the names of the scopes that x was recorded in, outermost first, as "encoder/0/attention", as snprintf does: at most
 * `size` bytes with the final 0; returns the length the whole text has. "" and 0 if there are none, or x is invalid. */
TAD_API size_t tad_scope_of(tad_var x, char *out, size_t size);

struct tad_op;
/** The operation that made a node; NULL for a leaf or an invalid handle. */
TAD_API const struct tad_op *tad_op_of(tad_var x);

/** Number of operands of the node: 0 for a leaf, -1 if invalid. */
TAD_API int tad_operand_count(tad_var x);

/** Operand k of the node that made x; an invalid handle if there is none (TAD_EARG). */
TAD_API tad_var tad_operand(tad_var x, int k);

/** Does the value depend on a differentiable leaf? */
TAD_API bool tad_is_differentiable(tad_var x);

#ifdef __cplusplus
}
#endif
#endif
