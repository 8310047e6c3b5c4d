/**
 * tad/op.h - what an operation is. Built-in operations are made of this and nothing else, so a user's own has the
 * same rights: fill in a `const tad_op`, record it with tad_apply, check it with tad_gradcheck.
 *
 * An elementwise operation needs name, arity, value and partial:
 *
 *     static double value(const double x[]) { return exp(-x[0] * x[0]); }
 *     static const tad_op gaussian = {.name = "gaussian", .arity = 1, .value = value, .partial = {"-2 * x * y"}};
 *
 * Any other needs name, arity, shape, one of forward and view, and vjp; or name, arity and compose. The rest is optional.
 */
#ifndef TAD_OP_H
#define TAD_OP_H

#include <tad/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tad_op tad_op;
struct tad_args;

/** The most operands an operation can have. */
enum { TAD_MAX_ARITY = 32 };

/** One application of an operation to numbers, as its `shape`, `forward`, `view` and `backward` see it. */
typedef struct tad_call {
    const tad_op    *op;
    int              n;          /**< number of operands */
    const tad_array *in;         /**< the operands */
    tad_array       *out;        /**< the result; in C order, unless the operation is a view */
    const void      *attributes; /**< copied at tad_apply; op->attribute_bytes of them */
    tad_tape        *tape;       /**< for tad_refuse */
    const void      *caller;
    tad_status      *refused; /**< set by tad_refuse */
    void           **scratch; /**< for tad_scratch */
} tad_call;

/** One application of an operation to nodes, as `vjp` and `jvp` see it. They record with the public functions. */
typedef struct tad_rule {
    const tad_op  *op;
    int            n;
    const tad_var *x; /**< the operands */
    tad_var        y; /**< the result */
    const void    *attributes;
    const bool    *wanted; /**< vjp: is the gradient of operand k asked for? jvp: does operand k have a tangent? */
    const tad_var *dx;     /**< jvp: the tangents of the operands */
    tad_var        gy;     /**< vjp: the cotangent of y */
    tad_var       *gx;     /**< vjp: to be filled where wanted */
    bool
        forgets; /**< compose of a checkpoint: of what is recorded now, nothing but the value of the result will be kept */
} tad_rule;

/** A case the operation is tested with: the shape of each operand, and attributes. "[2, 3] []" is a matrix and a scalar,
 * "[4]<5" four indices (i64) below 5. See tests/samples.c for how it is used. */
typedef struct tad_sample {
    const char *in;
    const void *attributes;
} tad_sample;

/** What an attribute is: the type of the member of the attributes that it fills. */
typedef enum tad_argument_kind {
    TAD_ARGUMENT_INT,    /**< int: a whole number */
    TAD_ARGUMENT_LONG,   /**< int64_t: a whole number */
    TAD_ARGUMENT_PAIR,   /**< int64_t[2]: two whole numbers, or one for both */
    TAD_ARGUMENT_NUMBER, /**< double */
    TAD_ARGUMENT_FLAG,   /**< bool: true or false */
    TAD_ARGUMENT_WORD,   /**< an enumeration, of int's size: one of `words` */
    TAD_ARGUMENT_TEXT,   /**< const char *: text in quotes */
    TAD_ARGUMENT_AXES,   /**< int n, followed by int[8]: a list of at most 8, or one alone */
    TAD_ARGUMENT_SIZES,  /**< int rank; int64_t[8], as a struct: a list of at most 8, or one alone */
} tad_argument_kind;

/** An attribute as models give it: softmax(x, axis = -1), or softmax(x, -1). */
typedef struct tad_argument {
    const char       *name;
    tad_argument_kind kind;
    size_t            offset;   /**< of the member */
    bool              required; /**< otherwise it is what tad_op.defaults say */
    const char       *words;    /**< "mean sum none" for 0, 1 and 2 */
    size_t            turns; /**< 1 + the offset of a bool that becomes the opposite if the argument is given; or 0 */
} tad_argument;

struct tad_op {
    const char *name;     /**< "matmul": in messages, graphs and the language */
    const char *about;    /**< one line */
    const char *formula;  /**< in the operands x, or a and b; e.g. "a / b" */
    int         arity;    /**< number of operands: the most there can be */
    int         optional; /**< how many of the last ones may be left out */
    size_t      attribute_bytes;

    /** Operands hold floats of one type, and the result has it too, unless: bit k says that operand k holds indices (i64);
     * any_dtype, that elements only move (or are 0), so that any type will do; mixes, that `shape` itself looks at the types. */
    unsigned indices;
    bool     any_dtype, mixes;

    /** Sets out->rank and dims (and out->dtype, which is otherwise that of the first operand of floats), or returns
     * tad_refuse(...). */
    tad_status (*shape)(const tad_call *call);

    /** Computes every element of out. May call tad_refuse for what only the numbers show: a singular matrix, an index
     * out of range. */
    void (*forward)(const tad_call *call);

    /** In place of forward: an operation that is a composition. Records the result by operations on rule->x, of which there
     * are rule->n; y, gy and the like are not set. If `shape` is given it is asked first. Nothing else is needed. */
    tad_var (*compose)(const tad_rule *rule);

    /** For a composition: keep its result alone on the tape, as one node, and record the rest again where a derivative needs
     * it. It must use no differentiable node but its operands. See tad/checkpoint.h. */
    bool checkpoint;

    /** For an operation that only rearranges its first operand: sets strides and data of `out`, whose dims are set, so
     * that it views `base`. false: this base cannot be viewed so, use `forward`. The reverse sweep views the adjoint of
     * the operand in the same way and adds to it, so a view needs no `backward`. */
    bool (*view)(const tad_call *call, const tad_array *base, tad_array *out);

    /** Records gx[k], for each k wanted, of a shape that operand k broadcasts to (the sweep sums it down). A gx[k] left
     * alone contributes nothing. */
    void (*vjp)(const tad_rule *rule);

    /** Optional: the same as numbers; adds to gx[k], which has the shape of operand k, where its data is not NULL.
     * Without it the reverse sweep records `vjp`, adds up the numbers and forgets the nodes. */
    void (*backward)(const tad_call *call, const tad_array *gy, const tad_array gx[]);

    /** Optional: records the tangent of y. Not needed if `linear` or `partial` is given. */
    tad_var (*jvp)(const tad_rule *rule);

    /** Optional, for sparse derivatives: which elements of the result depend on which of operand k, whatever the numbers are.
     * `out` and `in` come with the shapes of result and operand; set them to views of these, both of one and the same shape: an
     * element of the result depends on the elements of the operand at the same places. A stride of 0 repeats: the sum of
     * a matrix over its rows has for `out` the vector repeated to the matrix. A shape without elements: on none. false: it
     * cannot be said so. Without it every element is taken to depend on all. Not needed for elementwise operations, for
     * views, and for what only moves elements (any_dtype, and no kink): those are looked at as they compute. */
    bool (*depends)(const tad_call *call, int k, tad_array *out, tad_array *in);

    /** Is its result a constant, of which nothing is a function any more? No rule is then needed. */
    bool constant;

    /** Is it linear in each operand while the others are held fixed? Then the tangent of y is the sum over k of the
     * operation applied with operand k replaced by its tangent. */
    bool linear;

    /** Elementwise operations only: dy/dx, or dy/da and dy/db, as expressions in x, or a and b, and y: numbers, + - * /,
     * comparisons (1 or 0), and the elementwise built-in operations by name. */
    const char *partial[2];

    /** Elementwise operations only: y from x[0], or a = x[0] and b = x[1], in place of shape and forward. Operands of any
     * shape broadcast, and floats are converted. */
    double (*value)(const double x[]);

    /** An expression that is 0 where the derivative jumps; NULL if smooth. Other than elementwise operations: in words;
     * they are tested with numbers that keep away from 0 and from each other. */
    const char *kink;

    /** Elementwise operations only: where to test: the lowest and highest value of x, or of a and then of b. */
    double domain[4];

    const tad_sample *samples; /**< the cases for tests; elementwise operations need none */
    int               sample_count;

    /** For tests: turns any operands into ones of the operation's domain, by operations on the tape; e.g. a matrix x into
     * the positive definite x x' + 1. NULL: any will do. */
    void (*prepare)(int n, tad_var x[]);

    /** How a model (tad/model.h) calls it. Nothing is needed for an operation without attributes; one with attributes that says
     * nothing cannot be called. `operands` names them, "a b" by default (or "x"). `arguments` ends with a name of NULL, and
     * fills a copy of `defaults` (NULL: zeros), of `argument_bytes`, or attribute_bytes if that is 0. Then `call` is called,
     * by default tad_apply. `packed`: it cannot be called, as its value is several results in one, or a part of another. */
    const char         *operands;
    const tad_argument *arguments;
    const void         *defaults;
    size_t              argument_bytes;
    tad_var (*call)(struct tad_args args);
    bool packed;

    const void *impl; /**< for the operation's own functions */
};

/** What an operation is applied to. */
typedef struct tad_args {
    int            n;
    const tad_var *x;
    const void    *attributes; /**< copied */
    const void    *caller;     /**< TAD_CALLER, so that errors name the line that called your function; or NULL */
} tad_args;

/** Records op(x[0], ..., x[n - 1]). An invalid operand, a refusal by op->shape, or no memory gives an invalid result;
 * the tape keeps the reason. Errors: TAD_EARG (NULL, a wrong number of operands, an operation without its required
 * members), TAD_ETAPE, TAD_ESTALE, TAD_ENOMEM, TAD_ESHAPE, and what op->shape refuses with. */
TAD_API tad_var tad_apply(const tad_op *op, tad_args args);

/** For a `shape`, `forward` or `backward` function: keeps the error, in the words of `format` (as printf's), behind the
 * operation's name and the operands' shapes. Returns `status`. Allocates nothing. */
TAD_API tad_status tad_refuse(const tad_call *call, tad_status status, const char *format, ...) TAD_PRINTF(3, 4);

/** For a `forward` or `backward` function: memory that lasts until it returns, aligned for any type, not initialised.
 * NULL: out of memory, which is then refused already (TAD_ENOMEM). */
TAD_API void *tad_scratch(const tad_call *call, size_t bytes);

/** What a tape's errors are reported for. */
typedef struct tad_frame {
    const char *name;
    const void *caller;
} tad_frame;

/** For functions that are made of others: until tad_leave, errors on the tape are reported for the function `name`, which
 * was called at `caller` (TAD_CALLER), and not for the operations it records. The outermost function wins. Returns what
 * tad_leave wants. `name` has to live until then. NULL for the tape is allowed. */
TAD_API tad_frame tad_enter(tad_tape *tape, const char *name, const void *caller);
TAD_API void      tad_leave(tad_tape *tape, tad_frame outer);

/** The i-th built-in operation, NULL past the last; elementwise ones first, then the others by name. */
TAD_API const tad_op *tad_op_at(size_t i);

/** The built-in operation of that name; NULL if there is none. */
TAD_API const tad_op *tad_op_find(const char *name);

/** How a model calls the operation: "softmax(x, axis = -1)", "matmul(a, b)"; "" if it cannot. Returns the length of the whole
 * text, as snprintf does. NULL for `op` is allowed. */
TAD_API size_t tad_op_signature(const tad_op *op, char *out, size_t size);

#ifdef __cplusplus
}
#endif
#endif
