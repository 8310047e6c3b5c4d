/**
 * tad/base.h - status codes, element types, arrays and the allocator hook: what every other header needs.
 */
#ifndef TAD_BASE_H
#define TAD_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TAD_VERSION "0.1.0"

#if defined(__GNUC__)
#define TAD_API __attribute__((visibility("default")))
#define TAD_CHECKED __attribute__((warn_unused_result))
#define TAD_PRINTF(text, first) __attribute__((__format__(__printf__, text, first)))
/** The address the current function returns to: what an error message turns into the caller's file and line. */
#define TAD_CALLER __builtin_return_address(0)
#else
#define TAD_API
#define TAD_CHECKED
#define TAD_PRINTF(text, first)
#define TAD_CALLER NULL
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** Every status, its meaning and what to do about it. This list is the source of the enumeration, of
 * tad_status_name() and tad_status_hint(), and of the table in docs/errors.md. */
#define TAD_STATUS_LIST(X)                                                                                             \
    X(OK, "no error", "nothing to do")                                                                                 \
    X(ENOMEM, "out of memory", "rewind or free tapes, or record fewer and smaller tensors")                            \
    X(ESHAPE, "shapes do not fit", "compare the shapes in the message; tad_reshape and slices can help")               \
    X(EDTYPE, "element types do not fit", "record both operands as TAD_F32 or both as TAD_F64")                        \
    X(ETAPE, "handle is zeroed or from another tape", "record every operand on one and the same tape")                 \
    X(ESTALE, "handle is from before a rewind", "record the value again after tad_tape_rewind")                        \
    X(EARG, "invalid argument", "see what the message expected")                                                       \
    X(EINDEX, "index out of range", "indices count from 0; a negative one counts from the end")                        \
    X(ESINGULAR, "matrix is singular or not positive definite",                                                        \
      "check its rank, or add a small multiple of the identity")                                                       \
    X(EBRANCH, "a recorded comparison has another outcome", "record the function again at the new values")             \
    X(EIO, "output was refused", "see why the writer stopped: a full disk, a closed pipe")

typedef enum tad_status {
#define TAD_STATUS_ENUM(name, meaning, hint) TAD_##name,
    TAD_STATUS_LIST(TAD_STATUS_ENUM)
#undef TAD_STATUS_ENUM
} tad_status;

/** "TAD_ESHAPE" for TAD_ESHAPE; "unknown status" for a number that is none. Static storage. */
TAD_API const char *tad_status_name(tad_status status);

/** What a status means, e.g. "shapes do not fit". Static storage. */
TAD_API const char *tad_status_meaning(tad_status status);

/** What a user can do about a status. Static storage. */
TAD_API const char *tad_status_hint(tad_status status);

/** Element types: IEEE 754 binary32 and binary64, and int64_t for indices, which are never differentiated. */
typedef enum tad_dtype { TAD_F32, TAD_F64, TAD_I64 } tad_dtype;

/** Bytes of one element: 4, 8 or 8; 0 for a number that is no element type. */
TAD_API size_t tad_dtype_size(tad_dtype dtype);

/** "f32", "f64" or "i64"; "?" for a number that is no element type. Static storage. */
TAD_API const char *tad_dtype_name(tad_dtype dtype);

/** The largest number of axes a tensor can have. */
enum { TAD_MAX_RANK = 8 };

/** As the end of a slice: the end of the axis. */
#define TAD_END INT64_MAX

/** A strided view of numbers in memory; it owns nothing. Element (i0, i1, ...) lies at
 * data + (i0 * strides[0] + i1 * strides[1] + ...) elements. A stride of 0 repeats an axis (broadcasting).
 * C order means that strides[rank - 1] is 1 and each further stride is the product of the sizes behind it. */
typedef struct tad_array {
    tad_dtype dtype;
    int       rank;
    int64_t   dims[TAD_MAX_RANK];    /**< sizes, outermost first; 0 is allowed */
    int64_t   strides[TAD_MAX_RANK]; /**< in elements */
    void     *data;
} tad_array;

/** Where a tape's memory comes from, in the manner of Lua's allocator: one function that does everything.
 *
 * resize(user, NULL, 0, n) allocates n bytes aligned for any type; resize(user, p, old, n) grows or shrinks;
 * resize(user, p, old, 0) frees and returns NULL. NULL for n > 0 means out of memory and leaves the block as it
 * was. The functions of one tape are called from one thread at a time. */
typedef struct tad_allocator {
    void *(*resize)(void *user, void *block, size_t old_bytes, size_t new_bytes);
    void *user;
} tad_allocator;

#ifdef __cplusplus
}
#endif
#endif
