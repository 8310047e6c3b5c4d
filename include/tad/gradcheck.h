/**
 * tad/gradcheck.h - is a derivative right, and if not, what is wrong with it, and where? Reverse mode in numbers and
 * recorded, and forward mode, against finite differences; also for gradients written by hand in C.
 */
#ifndef TAD_GRADCHECK_H
#define TAD_GRADCHECK_H

#include <tad/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum tad_verdict {
    TAD_AGREES,     /**< within the tolerance */
    TAD_WRONG,      /**< the function is smooth here, and the derivatives differ */
    TAD_NOT_SMOOTH, /**< a kink or a jump within reach of every step, or a function rougher than its precision */
    TAD_UNDECIDED, /**< not finite within reach of every step, or the derivative drowns in the rounding of the values */
} tad_verdict;

/** "agrees", "wrong", "not smooth here", "cannot be decided at this precision". Static storage. */
TAD_API const char *tad_verdict_name(tad_verdict verdict);

/** Every cause that is tested for, its name, and what to look for. */
#define TAD_CAUSE_LIST(X)                                                                                              \
    X(NONE, "none", "nothing to do")                                                                                   \
    X(SIGN, "sign", "look for a minus too many or too few")                                                            \
    X(FACTOR, "constant factor", "look for a 2, a 1/2, or a mean that is differentiated as a sum")                     \
    X(CHAIN, "missing factor of the chain rule", "multiply by the derivative of the inner function, or once only")     \
    X(TRANSPOSED, "transposed", "swap rows and columns where the gradient is stored or multiplied")                    \
    X(PERMUTED, "permuted", "the right numbers are in the wrong places: look at the indices")                          \
    X(SWAPPED, "swapped arguments", "two arguments have each other's gradient")                                        \
    X(MISSING_TERM, "missing term", "differentiate each place where the variable occurs, and add them all up")         \
    X(MISSING_ARGUMENT, "missing argument", "its gradient is never set")                                               \
    X(BROADCAST, "broadcasting", "sum the gradient over the axes that the argument was repeated along")                \
    X(REPEATED, "repeated use", "add to the gradient that is there (+=), do not overwrite it")                         \
    X(ADDED, "added to junk", "set the gradient (=), or set it to 0 first: nobody says what it held before")           \
    X(LAYOUT, "memory layout", "use the strides of the arrays: operands may be views")                                 \
    X(RULES_DIFFER, "rules differ", "the same derivative is written down more than once: compare the two")             \
    X(DETACHED, "detached",                                                                                            \
      "numbers left the tape and came back as constants: tad_value, tad_read, tad_stop_gradient, tad_tape_pause")      \
    X(NOT_FINITE, "not finite", "look for 0/0, 0 * infinity, or the derivative of a root at 0")                        \
    X(RANDOM, "not a function", "the function gives other values for the same inputs: fix the seed, or its state")     \
    X(UNKNOWN, "unknown", "compare the formula at the entries listed, smallest case first")

typedef enum tad_cause {
#define TAD_CAUSE_ENUM(name, words, hint) TAD_CAUSE_##name,
    TAD_CAUSE_LIST(TAD_CAUSE_ENUM)
#undef TAD_CAUSE_ENUM
} tad_cause;

/** "sign", "constant factor", ...; "unknown cause" for a number that is none. Static storage. */
TAD_API const char *tad_cause_name(tad_cause cause);

/** What to look for. Static storage. */
TAD_API const char *tad_cause_hint(tad_cause cause);

/** One entry of the gradient: element `element` (in C order) of input `input`. */
typedef struct tad_gradcheck_entry {
    size_t      input;
    int64_t     element;
    double      value;    /**< where it was checked */
    double      analytic; /**< by tad_backward */
    double      recorded; /**< by tad_gradient */
    double      forward;  /**< by forward mode, as tad_jvp */
    double      numeric;  /**< by differences */
    double      noise;    /**< error bar of `numeric` */
    tad_verdict verdict;
} tad_gradcheck_entry;

/** All zero means the defaults. */
typedef struct tad_gradcheck_options {
    double   tolerance; /**< relative; 0: 1e-9 */
    double   step;      /**< of the first stencil, relative to max(1, |x|); 0: 2^-52 to the power 1/7, about 0.0058 */
    uint64_t seed;      /**< of the random cotangent that weighs the elements of the result */
    int      order;     /**< 2: checks the gradient of the gradient; 0 or 1: the gradient */
    bool     no_diagnosis; /**< verdicts only: do not look for cause and place of what is wrong */
} tad_gradcheck_options;

/** The three derivatives, as bits: which are wrong. */
enum { TAD_BY_BACKWARD = 1, TAD_BY_GRADIENT = 2, TAD_BY_FORWARD = 4 };

/** The operation that is to blame: the first one on the tape whose own derivative disagrees with differences of it alone. */
typedef struct tad_blame {
    char    operation[64]; /**< its name; "" if none is to blame */
    size_t  node;          /**< nodes of the function in front of it */
    int     operand;       /**< whose derivative is wrong, from 0 */
    int64_t element;       /**< an element of that operand for which it is, in C order */
    double  value;         /**< of that element */
    double  analytic, numeric;
    char    call[320];  /**< "mul(f64 [2, 3], f64 [3]) = f64 [2, 3]" */
    char    where[160]; /**< "model.c:12 (layer)": the line that recorded it; "" if unknown */
} tad_blame;

typedef struct tad_gradcheck_report {
    size_t               count; /**< entries: the elements of all differentiable inputs */
    tad_gradcheck_entry *entries;
    size_t               agree, wrong, not_smooth, undecided;
    double               worst;       /**< largest relative error of an entry that is not within its noise */
    size_t               worst_entry; /**< index into entries */
    double        identity; /**< |<J v, w> - <v, J' w>| relative to its terms, J by forward and J' by reverse mode, for
                                        random v: tiny if the modes agree. NaN without forward mode */
    tad_cause     cause;    /**< of what is wrong */
    double        factor;   /**< the constant factor, if that is the cause: analytic / right */
    unsigned      modes;    /**< which derivatives are wrong: TAD_BY_... */
    char          evidence[320]; /**< the test that the cause has passed, in words */
    tad_blame     blame;
    bool          by_hand;   /**< of tad_gradcheck_function: `analytic` is the function's own gradient */
    tad_allocator allocator; /**< what `entries` came from */
} tad_gradcheck_report;

/** Checks the gradient of f, or of w . f for a random cotangent w if f has several elements, at the values of `inputs`,
 * entry by entry: tad_backward, tad_gradient and forward mode against
 *
 *     f'(x) = (45 (f(x+h) - f(x-h)) - 9 (f(x+2h) - f(x-2h)) + (f(x+3h) - f(x-3h))) / (60 h) + O(h^6)
 *
 * (B. Fornberg, Math. Comp. 51 (1988), 699-706, table 1). An entry agrees if |analytic - numeric| is at most tolerance *
 * max(|analytic|, |numeric|) plus the error bar of the differences, and recorded and forward agree likewise. Where they do
 * not at the first step, the step is swept over many orders of magnitude, with Richardson extrapolation of pairs of steps
 * (L. F. Richardson, Phil. Trans. R. Soc. A 210 (1911), 307-357), so that it need not suit the scale of x; the sixth
 * difference of the same points, which is tiny for a smooth function and not for a kink, tells a kink from an error. Inputs
 * that are constants are passed on and not checked. f32 inputs are checked in f64: the function is called with f64 copies,
 * and must not fix an element type itself.
 *
 * What is wrong is diagnosed: the operations are checked one by one, each by itself, and the first that disagrees with
 * differences of it alone is named with its line (report->blame); then causes are tested, at several points, on that
 * operation, or on f if no operation is to blame (report->cause, evidence). With options->order = 2 the function that is
 * checked is u . gradient(w . f) for a random u.
 *
 * The tape is left as it was, adjoints included; only the report is new. `options` and `report` may be NULL. The report is the
 * caller's to free, also after an error.
 * Returns TAD_OK if the check could be made, whatever it found: look at report->wrong, or give no report and get
 * TAD_EARG with a message that names the worst entry if any is wrong.
 * Errors: TAD_EARG, TAD_ETAPE, TAD_ESTALE, TAD_ENOMEM, and those of `f`. */
TAD_API TAD_CHECKED tad_status tad_gradcheck(tad_function *f, void *user, size_t n, const tad_var inputs[],
                                             const tad_gradcheck_options *options, tad_gradcheck_report *report);

/** A function of n numbers with a gradient written by hand: returns f(x) and sets all of grad[0] to grad[n - 1]. `grad` is
 * never NULL, and holds no particular numbers before. */
typedef double tad_c_function(const double *x, size_t n, double *grad);

/** The same check and diagnosis for a gradient written in C, at x[0] to x[n - 1]; no tape is needed. Entries have input 0;
 * `recorded` and `forward` are as `analytic`. options->order has to be 0 or 1. The report, which is not optional here, takes
 * its memory from malloc.
 * Errors: TAD_EARG (NULL, n is 0, a tolerance or step below 0, another order), TAD_ENOMEM. */
TAD_API TAD_CHECKED tad_status tad_gradcheck_function(tad_c_function *f, size_t n, const double x[],
                                                      const tad_gradcheck_options *options,
                                                      tad_gradcheck_report        *report);

/** Writes a report as text, one line an entry that does not agree (every entry if `all`), a summary, and what is wrong and
 * where, as snprintf does: at most `size` bytes with the final 0; returns the length the whole text has. */
TAD_API size_t tad_gradcheck_write(const tad_gradcheck_report *report, bool all, char *out, size_t size);

/** Writes a report as one JSON object, every entry included. Numbers read back to the same bits; NaN and infinities are
 * null. Errors: TAD_EARG (NULL), TAD_EIO. */
TAD_API TAD_CHECKED tad_status tad_gradcheck_json(const tad_gradcheck_report *report, tad_writer out);

/** Frees the entries. NULL and a zeroed report are allowed. */
TAD_API void tad_gradcheck_free(tad_gradcheck_report *report);

#ifdef __cplusplus
}
#endif
#endif
