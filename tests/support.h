/* What the tests share: an allocator that counts and fails on request, expected errors, and comparing numbers. */
#ifndef TAD_TESTS_SUPPORT_H
#define TAD_TESTS_SUPPORT_H

#include "assertions.h"
#include "sanitized.h"

#include <tad/tad.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Does valgrind, which preloads itself, run the tests? */
bool under_valgrind(void);

/* ---- Memory ---- */

typedef struct heap {
    size_t calls;    /* requests for memory so far */
    size_t fail_at;  /* request number fail_at fails; 0: none */
    bool   for_ever; /* and so do all behind it */
    size_t limit;    /* a request for more bytes fails; 0: none */
    size_t blocks;   /* in use */
    size_t bytes;
    size_t peak; /* the most bytes so far */
} heap;

/* An allocator on top of `h`: fails as told, and aborts the test if a size it is told differs from the block's. */
tad_allocator heap_allocator(heap *h);

/* A tape on top of `h`; NULL if that fails. */
tad_tape *heap_tape(heap *h);

/* ---- Errors ---- */

/* The tape's first error has this status, and its message contains `text`; the error is then cleared. `what` says in a
 * failure which row of a table it was. */
#define expect_error(tape, status, text) expect_error_at((tape), (status), (text), "", __FILE__, __LINE__)
#define expect_error_of(what, tape, status, text) expect_error_at((tape), (status), (text), (what), __FILE__, __LINE__)
void expect_error_at(tad_tape *tape, tad_status status, const char *text, const char *what, const char *file, int line);

/* `call` gave an invalid handle, and the tape this error. */
#define expect_refused(tape, call, status, text)                                                                       \
    expect_refused_at((tape), (call), (status), (text), #call, __FILE__, __LINE__)
void expect_refused_at(tad_tape *tape, tad_var found, tad_status status, const char *text, const char *what,
                       const char *file, int line);

/* No error so far. */
#define expect_no_error(tape) expect_no_error_at((tape), "", __FILE__, __LINE__)
#define expect_no_error_of(what, tape) expect_no_error_at((tape), (what), __FILE__, __LINE__)
void expect_no_error_at(const tad_tape *tape, const char *what, const char *file, int line);

#define expect_ok(call) ck_assert_str_eq(tad_status_name(call), "TAD_OK")

/* ---- Numbers ---- */

/* Within `tolerance` relative to max(1, |expected|); a tolerance of 0 means equal. NaN is never near anything. */
#define expect_near(found, expected, tolerance)                                                                        \
    expect_near_at((found), (expected), (tolerance), #found, __FILE__, __LINE__)
void expect_near_at(double found, double expected, double tolerance, const char *what, const char *file, int line);

/* The elements of an f64 value, or of its gradient, in C order, equal these. */
#define expect_values(x, ...) expect_array_at((x), tad_read, VALUES(__VA_ARGS__), #x, __FILE__, __LINE__)
#define expect_grads(x, ...) expect_array_at((x), tad_read_grad, VALUES(__VA_ARGS__), #x, __FILE__, __LINE__)
#define VALUES(...)                                                                                                    \
    sizeof((const double[]){__VA_ARGS__}) / sizeof(double), (const double[])                                           \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }
void expect_array_at(tad_var x, tad_status (*read)(tad_var x, void *out, size_t bytes), size_t n,
                     const double expected[], const char *what, const char *file, int line);

/* The elements of an f64 value, or of its gradient, are each near these, as above, or NaN where they are. */
void expect_all_near(tad_var x, tad_status (*read)(tad_var x, void *out, size_t bytes), int64_t n,
                     const double expected[], double tolerance, const char *what);

/* An f64 tensor of random numbers from -most to most, which go to `out` as well; differentiable. */
tad_var random_f64(tad_tape *tape, uint64_t seed, double most, int rank, const int64_t dims[], double out[]);

/* A vector or a matrix of f64; differentiable. */
tad_var vector(tad_tape *tape, int64_t n, const double data[]);
tad_var matrix(tad_tape *tape, int64_t rows, int64_t columns, const double data[]);

/* ---- Operations ---- */

/* Parts of operations on f64 in C order: y = x^3 and its rule. */
tad_status op_same_shape(const tad_call *call);
void       op_cube(const tad_call *call);
void       op_cube_vjp(const tad_rule *rule);

/* Number of elements. */
int64_t count_of(const tad_array *array);

/* An operation of one operand. */
tad_var apply_one(const tad_op *op, tad_var x);

#endif
