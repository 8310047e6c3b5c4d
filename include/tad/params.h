/**
 * tad/params.h - parameters: named numbers that outlive the tape, and their gradients.
 *
 *     tad_params *model = tad_params_new(NULL, seed);
 *     tad_param  *w = tad_param_new(model, "layer.0.weight", TAD_F32, 2, dims, (tad_init){TAD_KAIMING_UNIFORM, 0});
 *     ...
 *     tad_tape_rewind(tape, 0);
 *     tad_var y = tad_matmul(x, tad_use(tape, w));      // a leaf that is the parameter's memory: nothing is copied
 *     ...
 *     tad_params_backward(model, loss);                 // adds to the parameters' gradients
 *     tad_optimiser_step(adam);                         // changes values: what was recorded with them can no longer be differentiated
 */
#ifndef TAD_PARAMS_H
#define TAD_PARAMS_H

#include <tad/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A store of parameters: owns them. */
typedef struct tad_params tad_params;

/** One parameter. Fields may be read; `value` and `gradient` may be written (C order), `value` between tad_param_touch calls. */
typedef struct tad_param {
    const char *name; /**< hierarchical: "encoder.0.attention.weight" */
    tad_dtype   dtype;
    int         rank;
    int64_t     dims[TAD_MAX_RANK];
    int64_t     count;    /**< elements */
    void       *value;    /**< aligned to 64 bytes */
    void       *gradient; /**< the sum since tad_params_zero_gradients */
    bool        frozen;   /**< recorded as a constant; has no gradient, and optimisers leave it alone */
    bool        state;    /**< always frozen: running statistics and the like, which the model itself writes */
    uint64_t    version;  /**< counts changes of the value: see tad_param_touch */
} tad_param;

/** How a parameter begins. Fans are those of a matrix [out, in] or a convolution [out, in, ...]; numbers depend on the store's
 * seed, the parameter's name and the element alone, on every machine. */
typedef enum tad_filling {
    TAD_ZEROS,
    TAD_ONES,
    TAD_UNIFORM,        /**< -scale to scale */
    TAD_NORMAL,         /**< mean 0, deviation scale */
    TAD_XAVIER_UNIFORM, /**< X. Glorot, Y. Bengio, AISTATS 2010 */
    TAD_XAVIER_NORMAL,
    TAD_KAIMING_UNIFORM, /**< K. He et al., ICCV 2015 */
    TAD_KAIMING_NORMAL,
    TAD_ORTHOGONAL, /**< A. Saxe et al., ICLR 2014 */
} tad_filling;

typedef struct tad_init {
    tad_filling filling;
    double      scale; /**< a factor, 0: 1 */
} tad_init;

/** An empty store. `allocator` NULL: malloc. NULL: out of memory. The caller frees it. */
TAD_API tad_params *tad_params_new(const tad_allocator *allocator, uint64_t seed);
TAD_API void        tad_params_free(tad_params *params);

/** The first error of the store, kept until cleared, as a tape's. */
TAD_API tad_status  tad_params_status(const tad_params *params);
TAD_API const char *tad_params_message(const tad_params *params);
TAD_API void        tad_params_clear_error(tad_params *params);

/** A new parameter; its name is copied and must be new. NULL with an error of the store: TAD_EARG, TAD_ESHAPE, TAD_EDTYPE, TAD_ENOMEM. */
TAD_API tad_param *tad_param_new(tad_params *params, const char *name, tad_dtype dtype, int rank, const int64_t dims[],
                                 tad_init init);

/** In the order in which they were made; NULL past the last. By name; NULL if there is none. */
TAD_API size_t     tad_params_count(const tad_params *params);
TAD_API tad_param *tad_params_at(const tad_params *params, size_t i);
TAD_API tad_param *tad_params_find(const tad_params *params, const char *name);

/** The number of elements of all parameters; `frozen`: those of frozen ones, too. */
TAD_API int64_t tad_params_elements(const tad_params *params, bool frozen);

/** Freezes, or unfreezes, the parameters whose names begin with `prefix` ("": all), but for `state`. Returns how many. */
TAD_API size_t tad_params_freeze(tad_params *params, const char *prefix, bool frozen);

/** A table of names, shapes and elements, with totals, as snprintf writes: at most `size` bytes with the closing 0, and what
 * is returned is the length of the whole text. */
TAD_API size_t tad_params_summary(const tad_params *params, char *out, size_t size);

/** The parameter as a leaf, named after it; not copied: the leaf is the parameter's memory (of a single f64 number, a copy), so
 * the store has to live as long as what is recorded. Used again on the tape it is the same node, unless it was changed, frozen
 * or paused in between. Once a value was changed and tad_param_touch called, differentiating what was recorded with it before
 * is TAD_ESTALE. A frozen parameter, and any in a pause, is a constant. Errors: TAD_EARG (NULL; in a function recorded for a
 * checkpoint, unless it is frozen or in use already: pass it in), TAD_ENOMEM. */
TAD_API tad_var tad_use(tad_tape *tape, tad_param *param);
TAD_API void    tad_param_touch(tad_param *param);

/** tad_backward(loss), with the gradients of the store's parameters added to `gradient`, in place: the sweep works in that
 * memory, which is then also what tad_read_grad reads for them. After an error gradients may be part added: zero them.
 * Errors: as tad_backward, TAD_EARG (NULL). */
TAD_API TAD_CHECKED tad_status tad_params_backward(tad_params *params, tad_var loss);
TAD_API void                   tad_params_zero_gradients(tad_params *params);

#ifdef __cplusplus
}
#endif
#endif
