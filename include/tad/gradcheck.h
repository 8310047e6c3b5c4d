/**
 * tad/gradcheck.h - is a derivative right? The recorded and the numeric gradient against finite differences.
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
    TAD_NOT_SMOOTH, /**< a kink or a jump within reach of the stencil: differences decide nothing here */
    TAD_UNDECIDED,  /**< the function is not finite within reach of the stencil */
} tad_verdict;

/** "agrees", "wrong", "not smooth here", "not finite here". Static storage. */
TAD_API const char *tad_verdict_name(tad_verdict verdict);

/** One entry of the gradient: element `element` (in C order) of input `input`. */
typedef struct tad_gradcheck_entry {
    size_t      input;
    int64_t     element;
    double      value;    /**< where it was checked */
    double      analytic; /**< by tad_backward */
    double      recorded; /**< by tad_gradient */
    double      numeric;  /**< by the 6-point stencil */
    double      noise;    /**< rounding error to be expected of `numeric` */
    tad_verdict verdict;
} tad_gradcheck_entry;

/** All zero means the defaults. */
typedef struct tad_gradcheck_options {
    double   tolerance; /**< relative; 0: 1e-9 */
    double   step;      /**< of the stencil, relative to max(1, |x|); 0: 2^-52 to the power 1/7, about 0.0058 */
    uint64_t seed;      /**< of the random cotangent that weighs the elements of the result */
} tad_gradcheck_options;

typedef struct tad_gradcheck_report {
    size_t               count; /**< entries: the elements of all differentiable inputs */
    tad_gradcheck_entry *entries;
    size_t               agree, wrong, not_smooth, undecided;
    double               worst;       /**< largest relative error of an entry that is not within its noise */
    size_t               worst_entry; /**< index into entries */
    tad_allocator        allocator;   /**< what `entries` came from */
} tad_gradcheck_report;

/** Checks the gradient of f, or of w . f for a random cotangent w if f has several elements, at the values of `inputs`,
 * entry by entry: tad_backward and tad_gradient against
 *
 *     f'(x) = (45 (f(x+h) - f(x-h)) - 9 (f(x+2h) - f(x-2h)) + (f(x+3h) - f(x-3h))) / (60 h) + O(h^6)
 *
 * (B. Fornberg, Math. Comp. 51 (1988), 699-706, table 1). An entry agrees if |analytic - numeric| is at most tolerance *
 * max(|analytic|, |numeric|) plus the rounding error of the differences, and analytic and recorded agree likewise. The
 * sixth difference of the same points, which is tiny for a smooth function and not for a kink, tells a kink from an
 * error. Inputs that are constants are passed on and not checked. f32 inputs are checked in f64: the function is
 * called with f64 copies, and must not fix an element type itself.
 *
 * The tape is left as it was, adjoints included; only the report is new. `options` and `report` may be NULL. The report is the
 * caller's to free, also after an error.
 * Returns TAD_OK if the check could be made, whatever it found: look at report->wrong, or give no report and get
 * TAD_EARG with a message that names the worst entry if any is wrong.
 * Errors: TAD_EARG, TAD_ETAPE, TAD_ESTALE, TAD_ENOMEM, and those of `f`. */
TAD_API TAD_CHECKED tad_status tad_gradcheck(tad_function *f, void *user, size_t n, const tad_var inputs[],
                                             const tad_gradcheck_options *options, tad_gradcheck_report *report);

/** Writes a report as text, one line an entry that does not agree (every entry if `all`) and a summary, as snprintf
 * does: at most `size` bytes with the final 0; returns the length the whole text has. */
TAD_API size_t tad_gradcheck_write(const tad_gradcheck_report *report, bool all, char *out, size_t size);

/** Frees the entries. NULL and a zeroed report are allowed. */
TAD_API void tad_gradcheck_free(tad_gradcheck_report *report);

#ifdef __cplusplus
}
#endif
#endif
