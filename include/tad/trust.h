/**
 * tad/trust.h - how far to believe the numbers on a tape: where a NaN or an infinity came from, which nodes sit next to a
 * kink, and how many digits of a gradient are right.
 */
#ifndef TAD_TRUST_H
#define TAD_TRUST_H

#include <tad/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- The first NaN or infinity ---- */

/** Where the first one came from. */
typedef enum tad_nonfinite_origin {
    TAD_ALL_FINITE,  /**< there is none */
    TAD_IN_LEAF,     /**< a leaf was given one */
    TAD_IN_FORWARD,  /**< an operation made it of finite operands */
    TAD_IN_BACKWARD, /**< the rule of an operation made it of a finite cotangent */
} tad_nonfinite_origin;

/** "all finite", "in a leaf", "in the forward pass", "in the backward pass". Static storage. */
TAD_API const char *tad_nonfinite_origin_name(tad_nonfinite_origin origin);

typedef struct tad_nonfinite {
    tad_nonfinite_origin origin;
    tad_var              node;      /**< the leaf, or the result of the operation */
    int                  operand;   /**< backward: which operand it was handed to; -1 otherwise */
    int64_t              element;   /**< where, in C order: of the node, or backward of the operand's adjoint */
    double               value;     /**< NaN, infinity or -infinity */
    char                 text[400]; /**< one line: operation, numbers, and a hint such as "the logarithm of 0" */
} tad_nonfinite;

/** Finds the operation that created the first NaN or infinity, as opposed to those that only passed it on.
 *
 * Forward: the first node, in the order of recording, whose value is not finite. Nodes come after their operands, so those
 * of an operation that is found are all finite. With a zeroed handle for y that is all, and every node is looked at.
 *
 * Backward: with a one-element y only nodes it depends on are looked at, and the sweep of tad_backward(y) is made, node
 * by node, up to the first one that hands on something that is not finite while every adjoint before was. If y is finite
 * this comes first: what is not finite in the forward pass was then not chosen (tad_where) or taken back (exp(-infinity)),
 * and is reported only if the sweep is clean. If y is not finite the forward pass is at fault, and there is no sweep.
 * What is created within a checkpoint is reported for the checkpoint.
 *
 * The tape is left as it was, the adjoints of the last tad_backward too. Finding one is no error.
 * Errors: TAD_EARG (NULL), TAD_ESHAPE (y has not one element), TAD_ETAPE, TAD_ESTALE, TAD_ENOMEM. */
TAD_API TAD_CHECKED tad_status tad_tape_find_nonfinite(tad_tape *tape, tad_var y, tad_nonfinite *found);

/* ---- Kinks ---- */

/** An element of a node that is near a place where its derivative jumps. */
typedef struct tad_near_kink {
    tad_var     node;
    int64_t     element;  /**< in C order; -1: it cannot be said which */
    double      distance; /**< how far the operands have to move, relative to max(1, |operand|); NaN: not known */
    const char *kink;     /**< "a - b": what is 0 there, or words. Lives as long as the operation */
} tad_near_kink;

/** Called for each. Return false to stop. */
typedef bool tad_kink_visitor(void *user, const tad_near_kink *kink);

/** Visits every element, of every node that y depends on and that can be differentiated, whose operands are at most `delta`
 * away from a kink: a finite difference with a step of that size sees both sides of it, and a derivative says nothing about
 * the other side. Nodes come in the order of recording. At the kink itself the distance is 0.
 *
 * The distance is found to first order: |k| over the sum of |dk/d(operand)|, for the expression k that is 0 at the kink,
 * which is right for the built-in operations. For max, min and pooling it is half of what the two greatest elements of a
 * group differ by; for norm and std the value itself; tad_where counts where its condition is a value that can be
 * differentiated (a comparison is visited itself). For an operation of yours that names its kink in words the distance is
 * not known: it is visited once, with element -1 and distance NaN. Within checkpoints nothing is looked at.
 * The visitor may read the tape, but not record or rewind.
 * Errors: TAD_EARG (NULL, a delta below 0 or NaN, a kink of a user's operation that is no expression in its
 * operands), TAD_ETAPE, TAD_ESTALE, TAD_ENOMEM. */
TAD_API TAD_CHECKED tad_status tad_near_kinks(tad_var y, double delta, tad_kink_visitor *visit, void *user);

/* ---- Digits ---- */

/** One entry of a gradient. */
typedef struct tad_digits {
    double gradient;  /**< by tad_backward */
    double reference; /**< the same computed with some 30 digits, and rounded */
    double digits;    /**< decimal digits of `gradient` to trust: 0 to 15.95 (f64) or 7.22 (f32) */
    bool   estimated; /**< the reference itself rests on operations that are not known to 30 digits: see below */
} tad_digits;

/** For every element of dy/dx[0], ..., dy/dx[n - 1], one behind the other, how many decimal digits of what tad_backward
 * gives are right: -log10 of its relative error. `count` is the number of all these elements, and of entries in `out`.
 *
 * The error is found, not bounded: the recorded gradient (tad_gradient) is computed once more with pairs of doubles, 106 bits
 * (T. J. Dekker, Numer. Math. 18 (1971), 224-242), from the same leaves: these count as exact, so that digits lost before
 * the numbers came to the tape are not seen. The same goes for constants, those of formulas and derivatives included (ln2,
 * pi as doubles). It is done twice, the second time with the last bits changed at random, and what changes with them is not
 * trusted: so 106 bits being too few shows. Where a comparison comes out otherwise, the digits are those of the other branch.
 * An entry that is NaN or infinite has 0 digits; one that is exactly right all of its type; so digits are few, too, where a
 * gradient should be 0 and is 1e-17: look at `reference`.
 *
 * With pairs are computed: elementwise operations, sums and products (matmul, convolutions, cumulative sums, scattering),
 * whatever moves elements, choices, extrema, products over axes, means, variances, norms, softmax, logsumexp, layer
 * normalisation, losses, and what any of these is made of; an operation of yours if it names its `parts` (tad/op.h). Any other
 * (factorisations and solvers, batch normalisation, average pooling, attention, recurrent cells, cumulative products, your own; sin
 * of 1e15 and beyond, gamma functions below -1000) is computed in double four times, on operands rounded at random, with its result
 * rounded at random: `estimated` is then true for what depends on it, and the worst of all references counts. So an
 * ill-conditioned matrix costs digits, but a rule that is wrong is not found: for that there is tad_gradcheck.
 *
 * Time: up to a thousand times that of tad_backward; memory: 24 bytes a node, 16 an element, while it runs. The tape is left
 * as it was, adjoints included.
 * Errors: TAD_EARG (NULL, a count that does not fit, an x that does not depend on a differentiable leaf), and as tad_gradient. */
TAD_API TAD_CHECKED tad_status tad_trusted_digits(tad_var y, size_t n, const tad_var x[], size_t count,
                                                  tad_digits out[]);

#ifdef __cplusplus
}
#endif
#endif
