/* linalg: diagonals of matrices, and its adjoint, a matrix with a diagonal. */
#include "ops/arguments.h"
#include "ops/matrix.h"
#include "ops/sample.h"
#include "tensor/move.h"

#include <tad/operations.h>

#include <inttypes.h>

typedef struct attributes {
    int64_t offset;
    int64_t rows, columns; /* diag: of the result; 0: as many as the diagonal has elements */
} attributes;

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t length_of(int64_t rows, int64_t columns, int64_t offset)
{
    return offset < 0 ? least(rows + offset, columns) : least(rows, columns - offset);
}

/* The diagonal of matrices: they are seen with a stride of one row and one column. */
static tad_array diagonal_of(const tad_array *x, int64_t offset)
{
    tad_array view = *x;
    int       last = x->rank - 2;
    int64_t   row = x->strides[last], column = x->strides[last + 1];
    view.rank = x->rank - 1;
    view.dims[last] = length_of(x->dims[last], x->dims[last + 1], offset);
    view.strides[last] = row + column;
    if (view.data && view.dims[last] > 0)
        view.data =
            (char *)x->data + (offset < 0 ? -offset * row : offset * column) * (int64_t)tad_dtype_size(x->dtype);
    return view;
}

static tad_status shape_of_diagonal(const tad_call *call)
{
    const attributes *to = call->attributes;
    const tad_array  *x = &call->in[0];
    tad_status        status = tad__check_matrices(call, 0, false);
    if (status != TAD_OK)
        return status;
    int64_t rows = x->dims[x->rank - 2], columns = x->dims[x->rank - 1];
    if (to->offset < -rows || to->offset > columns)
        return tad_refuse(call, TAD_EARG, "diagonal %" PRId64 "; expected -%" PRId64 " to %" PRId64, to->offset, rows,
                          columns);
    tad__array_set_shape(call->out, x->rank - 1, x->dims);
    call->out->dims[x->rank - 2] = length_of(rows, columns, to->offset);
    return TAD_OK;
}

static bool view_diagonal(const tad_call *call, const tad_array *base, tad_array *out)
{
    const attributes *to = call->attributes;
    *out = diagonal_of(base, to->offset);
    return true;
}

static tad_status shape_of_diag(const tad_call *call)
{
    const attributes *to = call->attributes;
    const tad_array  *x = &call->in[0];
    tad_array        *out = call->out;
    if (x->rank < 1 || x->rank == TAD_MAX_RANK)
        return tad_refuse(call, TAD_ESHAPE, "expected 1 to %d axes", TAD_MAX_RANK - 1);
    int64_t n = x->dims[x->rank - 1];
    bool    square = to->rows == 0 && to->columns == 0;
    tad__array_set_shape(out, x->rank, x->dims);
    out->dims[out->rank - 1] = square ? n : to->rows;
    out->dims[out->rank++] = square ? n : to->columns;
    return TAD_OK;
}

static void forward_diag(const tad_call *call)
{
    const attributes *to = call->attributes;
    tad_array         view = diagonal_of(call->out, to->offset);
    tad__fill(call->out, 0);
    tad__copy(&view, &call->in[0]);
}

static void backward_diag(const tad_call *call, const tad_array *gy, const tad_array gx[])
{
    const attributes *to = call->attributes;
    tad_array         view = diagonal_of(gy, to->offset);
    tad__accumulate(&gx[0], &view, 1);
}

static void vjp_diag(const tad_rule *rule)
{
    const attributes *to = rule->attributes;
    rule->gx[0] = tad_diagonal(rule->gy, to->offset);
}

static const tad_sample matrices[] = {
    {.in = "[1, 1]", .attributes = &(const attributes){0}},
    {.in = "[3, 3]", .attributes = &(const attributes){0}},
    {.in = "[3, 5]", .attributes = &(const attributes){0}},
    {.in = "[3, 5]", .attributes = &(const attributes){.offset = 3}},
    {.in = "[5, 3]", .attributes = &(const attributes){.offset = -1}},
    {.in = "[2, 3, 4]", .attributes = &(const attributes){.offset = 1}},
    {.in = "[3, 2]", .attributes = &(const attributes){.offset = 2}},
    {.in = "[0, 3]", .attributes = &(const attributes){0}},
    {.in = "[2, 1, 3, 3]", .attributes = &(const attributes){.offset = -2}},
};

static const tad_sample vectors[] = {
    {.in = "[1]", .attributes = &(const attributes){0}},
    {.in = "[3]", .attributes = &(const attributes){0}},
    {.in = "[7]", .attributes = &(const attributes){0}},
    {.in = "[2, 3]", .attributes = &(const attributes){0}},
    {.in = "[2, 1, 4]", .attributes = &(const attributes){0}},
    {.in = "[0]", .attributes = &(const attributes){0}},
    {.in = "[2]", .attributes = &(const attributes){1, 3, 3}},
    {.in = "[3]", .attributes = &(const attributes){-1, 5, 3}},
    {.in = "[2, 0]", .attributes = &(const attributes){2, 3, 2}},
};

const tad_op tad__op_diag = {
    .name = "diag",
    .about = "a matrix with a given diagonal, and zeros elsewhere",
    .formula = "diag(x)",
    .arity = 1,
    .any_dtype = true,
    .attribute_bytes = sizeof(attributes),
    NO_ARGUMENTS,
    .shape = shape_of_diag,
    .forward = forward_diag,
    .backward = backward_diag,
    .vjp = vjp_diag,
    .linear = true,
    SAMPLES(vectors),
};

static tad_var build(tad_var x, attributes to, const void *caller)
{
    return tad_apply(&tad__op_diag, (tad_args){.n = 1, .x = &x, .attributes = &to, .caller = caller});
}

static void vjp_diagonal(const tad_rule *rule)
{
    const attributes *to = rule->attributes;
    tad_var           x = rule->x[0];
    rule->gx[0] = build(rule->gy, (attributes){to->offset, tad_dim(x, -2), tad_dim(x, -1)}, NULL);
}

const tad_op tad__op_diagonal = {
    .name = "diagonal",
    .about = "a diagonal of a matrix",
    .formula = "diagonal(x)",
    .arity = 1,
    .any_dtype = true,
    .attribute_bytes = sizeof(attributes),
    ARGUMENTS(NAMED("k", attributes, offset, LONG)),
    .shape = shape_of_diagonal,
    .view = view_diagonal,
    .vjp = vjp_diagonal,
    .linear = true,
    SAMPLES(matrices),
};

/** A diagonal of the matrices [..., m, n]: y[..., i] = x[..., i, i + k] for k >= 0, and x[..., i - k, i] for k < 0, which is
 * below the main diagonal. A view: nothing is copied. Errors: TAD_ESHAPE (x has fewer than two axes), TAD_EARG (k outside
 * -m..n; at either end the diagonal is empty). */
TAD_API tad_var tad_diagonal(tad_var x, int64_t k)
{
    attributes to = {.offset = k};
    return tad_apply(&tad__op_diagonal, (tad_args){.n = 1, .x = &x, .attributes = &to, .caller = TAD_CALLER});
}

/** Square matrices [..., n, n] with the numbers [..., n] on the main diagonal and 0 elsewhere: the adjoint of tad_diagonal.
 * Errors: TAD_ESHAPE (x has no axis, or eight). */
TAD_API tad_var tad_diag(tad_var x)
{
    return build(x, (attributes){0}, TAD_CALLER);
}
