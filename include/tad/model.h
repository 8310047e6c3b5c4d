/**
 * tad/model.h - models written as text, in the language that derivatives of operations are written in.
 *
 *     # the network of one unit
 *     input x = [0.5, -1]
 *     param w = [1, 2], b = 0.1
 *     const t = 1
 *     y = tanh(dot(w, x) + b)
 *     output E = (t - y)^2 / 2
 *
 * A statement is an assignment; lines and semicolons separate statements, inside brackets a line goes on. Comments begin with
 * #. `input`, `param` and `const` declare leaves: a number, a list of numbers in brackets, which nest (a vector, a matrix), a
 * filling as normal([784, 10], 1), and arithmetic on these. Inputs and parameters are differentiable, constants are not.
 * Anything else is computed. `output` marks results; without any the last assignment is the result. A name has one value.
 *
 * Expressions have C's operators and precedence (+ - * / < <= > >= == != ?:), `^` for power (right to left, above unary
 * minus: -x^2 is -(x^2)), `@` for the matrix product (beside *), parts of tensors (x[0], x[1:3], x[:, -1]), lists of values
 * ([a, b + 1]), and every operation by name, with attributes behind its operands: softmax(x, axis = 0). tad_op_signature says
 * how each is called. Numbers are f64; where an operation wants indices, whole numbers will do. The language is described,
 * with its errors, in docs/language.md.
 */
#ifndef TAD_MODEL_H
#define TAD_MODEL_H

#include <tad/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tad_model tad_model;

/** What was wrong with a text, and where. Fixed size: reporting allocates nothing. */
typedef struct tad_text_error {
    int  line, column; /**< from 1; columns count characters of UTF-8. 0 if it is no matter of place */
    int  length;       /**< characters to underline, at least 1 */
    char message[240]; /**< "there is no operation 'sigmid'" */
    char hint[160];    /**< "did you mean 'sigmoid'?"; may be empty */
} tad_text_error;

typedef enum tad_symbol_kind { TAD_SYMBOL_INPUT, TAD_SYMBOL_PARAM, TAD_SYMBOL_CONST, TAD_SYMBOL_VALUE } tad_symbol_kind;

/** A name of a model, in the order of the text. Owned by the model. */
typedef struct tad_symbol {
    const char     *name;
    tad_symbol_kind kind;
    bool            output;
    int             line;
    const char     *text; /**< right-hand side, as it was written */
    int             rank; /**< leaves only, as the following */
    int64_t         dims[TAD_MAX_RANK];
    double         *data; /**< C order; change the numbers and record again */
} tad_symbol;

/** Writes an error as compilers do: place, message, the line of the text with marks below, and the hint, each ending with a
 * newline. `file` and `text` (of `bytes` bytes) may be NULL: then there is no name, or no line. Cut to `size` bytes with the
 * final 0; returns the length of the whole, as snprintf does.
 *
 *     network.tad:3:5: error: there is no operation 'sigmid'
 *         3 | h = sigmid(x)
 *           |     ^~~~~~
 *     hint: did you mean 'sigmoid'?
 */
TAD_API size_t tad_text_error_write(const tad_text_error *error, const char *file, const char *text, size_t bytes,
                                    char *out, size_t size);

/** Reads a model. `bytes` bytes of UTF-8, at most 1 MiB; `allocator`, which is copied, NULL: malloc. On an error *model is
 * NULL and *error, if not NULL, says what and where. Inputs, parameters and constants have at most 2^20 numbers together, and
 * expressions nest 64 deep: so no text takes much memory, time or stack. The caller frees the model.
 * Errors: TAD_EARG (NULL, or the text is wrong), TAD_ENOMEM. */
TAD_API TAD_CHECKED tad_status tad_model_parse(const tad_allocator *allocator, const char *text, size_t bytes,
                                               tad_model **model, tad_text_error *error);

/** Frees a model. NULL is allowed. */
TAD_API void tad_model_free(tad_model *model);

/** Number of names; 0 for NULL. */
TAD_API size_t tad_model_count(const tad_model *model);

/** The i-th name, NULL past the last. */
TAD_API const tad_symbol *tad_model_symbol(const tad_model *model, size_t i);

/** The symbol of that name; NULL if there is none. */
TAD_API const tad_symbol *tad_model_find(const tad_model *model, const char *name);

/** Gives a leaf new numbers, perhaps of a new shape (a batch of another size). Copied. What was computed from a constant when
 * the text was read, as the numbers of other leaves, stays as it is. Errors: TAD_EARG (no leaf of that name, bad
 * arguments), TAD_ENOMEM: the leaf is then as it was. */
TAD_API TAD_CHECKED tad_status tad_model_set(tad_model *model, const char *name, int rank, const int64_t dims[],
                                             const double *data);

/** Records the model: vars[i] becomes the node of symbol i (there is room for tad_model_count of them), named after it; a
 * value that is only another name of an earlier one keeps the earlier name. What an operation refuses is an error of the
 * tape; *error, if not NULL, says at which place of the text. What comes behind it has zeroed handles. Several tapes may
 * hold one model. Errors: TAD_EARG (NULL), those of the operations, and the tape's, if it had one before. */
TAD_API TAD_CHECKED tad_status tad_model_record(const tad_model *model, tad_tape *tape, tad_var vars[],
                                                tad_text_error *error);

/** The same with leaves of yours: where vars[i] of an input, parameter or constant is not zeroed, it is taken for that leaf, and
 * named after it. So a model becomes a tad_function, for tad_gradcheck, or a part of a larger one. */
TAD_API TAD_CHECKED tad_status tad_model_record_with(const tad_model *model, tad_tape *tape, tad_var vars[],
                                                     tad_text_error *error);

#ifdef __cplusplus
}
#endif
#endif
