/* linalg: triangles of matrices: the elements on and below a diagonal, or on and above. */
#include "ops/arguments.h"
#include "ops/matrix.h"
#include "ops/sample.h"

#include <tad/operations.h>

typedef struct attributes {
    int64_t k;
    bool    upper;
} attributes;

/* Which columns of a row are kept. */
typedef struct span {
    int64_t first, last;
} span;

static int64_t clamp(int64_t column, int64_t columns)
{
    return column < 0 ? 0 : column > columns ? columns : column;
}

static span kept(const tad_call *call, int64_t row, int64_t columns)
{
    const attributes *to = call->attributes;
    int64_t           diagonal = row + (to->k > columns ? columns : to->k); /* no overflow: row >= 0 */
    return to->upper ? (span){clamp(diagonal, columns), columns} : (span){0, clamp(diagonal + 1, columns)};
}

static tad_status shape(const tad_call *call)
{
    tad_status status = tad__check_matrices(call, 0, false);
    tad__array_set_shape(call->out, call->in[0].rank, call->in[0].dims);
    return status;
}

/* Row by row, by elements of a size; and adding numbers of a type. */
#define DEFINE_ROWS(size, bits, type)                                                                                  \
    static void keep_##size(const tad_call *call, const tad_array *to, const tad_array *from)                          \
    {                                                                                                                  \
        for (int64_t i = 0; i < to->dims[0]; i++) {                                                                    \
            const span  in = kept(call, i, to->dims[1]);                                                               \
            const bits *x = (const bits *)from->data + i * from->strides[0];                                           \
            bits       *y = (bits *)to->data + i * to->strides[0];                                                     \
            for (int64_t j = 0; j < to->dims[1]; j++)                                                                  \
                y[j] = j >= in.first && j < in.last ? x[j * from->strides[1]] : 0;                                     \
        }                                                                                                              \
    }                                                                                                                  \
    static void add_##size(const tad_call *call, const tad_array *to, const tad_array *from)                           \
    {                                                                                                                  \
        for (int64_t i = 0; i < to->dims[0]; i++) {                                                                    \
            const span  in = kept(call, i, to->dims[1]);                                                               \
            const type *gy = (const type *)from->data + i * from->strides[0];                                          \
            type       *gx = (type *)to->data + i * to->strides[0];                                                    \
            for (int64_t j = in.first; j < in.last; j++)                                                               \
                gx[j * to->strides[1]] += gy[j * from->strides[1]];                                                    \
        }                                                                                                              \
    }
DEFINE_ROWS(4, uint32_t, float)
DEFINE_ROWS(8, uint64_t, double)

static void forward(const tad_call *call)
{
    bool    small = tad_dtype_size(call->out->dtype) == 4;
    int64_t n = tad__matrix_count(call->out);
    for (int64_t i = 0; i < n; i++) {
        tad_array to = tad__matrix_at(call->out, i), from = tad__matrix_at(&call->in[0], i);
        (small ? keep_4 : keep_8)(call, &to, &from);
    }
}

static void backward(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    bool    small = gy->dtype == TAD_F32;
    int64_t n = tad__matrix_count(gy);
    for (int64_t i = 0; i < n; i++) {
        tad_array to = tad__matrix_at(&gx[0], i), from = tad__matrix_at(gy, i);
        (small ? add_4 : add_8)(call, &to, &from);
    }
}

static void vjp(const tad_rule *rule)
{
    rule->gx[0] = tad_apply(rule->op, (tad_args){.n = 1, .x = &rule->gy, .attributes = rule->attributes});
}

#define TRIANGLES(upper)                                                                                               \
    {.in = "[1, 1]", .attributes = &(const attributes){0, upper}},                                                     \
        {.in = "[3, 3]", .attributes = &(const attributes){0, upper}},                                                 \
        {.in = "[4, 4]", .attributes = &(const attributes){-1, upper}},                                                \
        {.in = "[3, 5]", .attributes = &(const attributes){1, upper}},                                                 \
        {.in = "[5, 3]", .attributes = &(const attributes){-2, upper}},                                                \
        {.in = "[2, 3, 4]", .attributes = &(const attributes){0, upper}},                                              \
        {.in = "[2, 1, 3, 3]", .attributes = &(const attributes){-1, upper}},                                          \
        {.in = "[3, 7]", .attributes = &(const attributes){2, upper}},                                                 \
        {.in = "[2, 0, 3]", .attributes = &(const attributes){0, upper}},
static const tad_sample lower[] = {TRIANGLES(false)};
static const tad_sample upper[] = {TRIANGLES(true)};

const tad_op tad__op_tril = {
    .name = "tril",
    .about = "the lower triangle of a matrix, and zeros above it",
    .formula = "tril(x)",
    .arity = 1,
    .any_dtype = true,
    .attribute_bytes = sizeof(attributes),
    ARGUMENTS(MEMBER(attributes, k, LONG)),
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .vjp = vjp,
    .linear = true,
    SAMPLES(lower),
};

const tad_op tad__op_triu = {
    .name = "triu",
    .about = "the upper triangle of a matrix, and zeros below it",
    .formula = "triu(x)",
    .arity = 1,
    .any_dtype = true,
    .attribute_bytes = sizeof(attributes),
    ARGUMENTS(MEMBER(attributes, k, LONG)),
    .defaults = &(const attributes){.upper = true},
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .vjp = vjp,
    .linear = true,
    SAMPLES(upper),
};

/** The lower triangle of each matrix: y[i][j] = x[i][j] where j <= i + k, and 0 elsewhere, even where x is NaN. k = 0 is the
 * main diagonal, k = -1 the one below it; any k will do. Errors: TAD_ESHAPE (x has fewer than two axes). */
TAD_API tad_var tad_tril(tad_var x, int64_t k)
{
    attributes to = {k, false};
    return tad_apply(&tad__op_tril, (tad_args){.n = 1, .x = &x, .attributes = &to, .caller = TAD_CALLER});
}

/** The upper triangle of each matrix: y[i][j] = x[i][j] where j >= i + k, and 0 elsewhere; otherwise as tad_tril. */
TAD_API tad_var tad_triu(tad_var x, int64_t k)
{
    attributes to = {k, true};
    return tad_apply(&tad__op_triu, (tad_args){.n = 1, .x = &x, .attributes = &to, .caller = TAD_CALLER});
}
