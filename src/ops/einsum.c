/* linalg: sums of products, named by subscripts: made of diagonals, sums, matrix products and views. */
#include "ops/arguments.h"
#include "ops/sample.h"
#include "ops/subscripts.h"

#include <tad/elementwise.h>
#include <tad/operations.h>

static tad_status shape(const tad_call *call)
{
    const char      *equation = *(const char *const *)call->attributes;
    tad__einsum_plan plan;
    if (!equation)
        return tad_refuse(call, TAD_EARG, "the equation is NULL; expected one such as \"ij,jk->ik\"");
    tad_status status = tad__plan_einsum(call, equation, call->n, call->in, &plan);
    call->out->rank = 0; /* of a composition the shape is not asked for */
    return status;
}

/* ---- recording ---- */

/* A value whose axes have labels. */
typedef struct term {
    tad_var         x;
    tad__subscripts axes;
} term;

static int find(const tad__subscripts *s, int label)
{
    for (int i = 0; i < s->n; i++)
        if (s->label[i] == label)
            return i;
    return -1;
}

/* The axes in the order of `to`, which has all labels of t. */
static term arrange(term t, const tad__subscripts *to)
{
    int  axes[TAD_MAX_RANK];
    bool moved = false;
    for (int i = 0; i < to->n; i++) {
        axes[i] = find(&t.axes, to->label[i]);
        moved |= axes[i] != i;
    }
    return (term){moved ? tad_permute(t.x, to->n, axes) : t.x, *to};
}

/* A label that is repeated means the diagonal, whose axis becomes the last. */
static term take_diagonals(term t)
{
    for (int i = 0; i < t.axes.n; i++)
        for (int j = i + 1; j < t.axes.n; j++) {
            if (t.axes.label[i] != t.axes.label[j])
                continue;
            tad__subscripts rest = {0};
            int             axes[TAD_MAX_RANK];
            for (int k = 0; k < t.axes.n; k++)
                if (k != i && k != j) {
                    axes[rest.n] = k;
                    rest.label[rest.n++] = t.axes.label[k];
                }
            axes[rest.n] = i;
            axes[rest.n + 1] = j;
            rest.label[rest.n++] = t.axes.label[i];
            t = (term){tad_diagonal(tad_permute(t.x, t.axes.n, axes), 0), rest};
            return take_diagonals(t); /* at most seven times */
        }
    return t;
}

static term sum_over_others(term t, uint64_t kept)
{
    tad__subscripts rest = {0};
    int             axes[TAD_MAX_RANK], n = 0;
    for (int i = 0; i < t.axes.n; i++)
        if (kept & tad__label_bit(t.axes.label[i]))
            rest.label[rest.n++] = t.axes.label[i];
        else
            axes[n++] = i;
    return n ? (term){tad_sum_axes(t.x, n, axes, false), rest} : t;
}

static void append(tad__subscripts *to, const tad__subscripts *from, uint64_t which)
{
    for (int i = 0; i < from->n; i++)
        if (which & tad__label_bit(from->label[i]))
            to->label[to->n++] = from->label[i];
}

static int64_t count_of(tad_var x, int first, int last)
{
    int64_t count = 1;
    for (int i = first; i < last; i++)
        count *= tad_dim(x, i);
    return count;
}

static tad_var reshape(tad_var x, int rank, const int64_t dims[])
{
    bool same = rank == tad_rank(x);
    for (int i = 0; i < rank && same; i++)
        same = dims[i] == tad_dim(x, i);
    return same ? x : tad_reshape(x, rank, dims);
}

/* As matrices [batch..., first group, second group]. More batch axes than fit become one, once they have all their
 * elements. */
static tad_var as_matrices(tad_var x, int batch, int group, const int64_t sizes[])
{
    int64_t dims[TAD_MAX_RANK];
    int     rank = tad_rank(x), kept = batch;
    int64_t first = count_of(x, batch, group), second = count_of(x, group, rank);
    for (int i = 0; i < rank; i++)
        dims[i] = batch > TAD_MAX_RANK - 2 && i < batch ? sizes[i] : tad_dim(x, i);
    if (batch > TAD_MAX_RANK - 2) {
        x = tad_broadcast_to(x, rank, dims);
        dims[0] = count_of(x, 0, batch);
        kept = 1;
    }
    dims[kept] = first;
    dims[kept + 1] = second;
    return reshape(x, kept + 2, dims);
}

/* The product of two, summed over the labels that are not kept. */
static term multiply(term a, term b, uint64_t kept)
{
    uint64_t in_a = tad__label_set(&a.axes), in_b = tad__label_set(&b.axes), both = in_a & in_b, inner = both & ~kept;
    tad__subscripts order_a = {0}, order_b = {0}, result = {0};
    int64_t         sizes[2 * TAD_MAX_RANK] = {0};
    append(&order_a, &a.axes, both & kept);
    order_b = order_a;
    int batch = order_a.n;
    append(&order_a, &a.axes, ~both);
    int group_a = order_a.n;
    append(&order_a, &a.axes, inner);
    append(&order_b, &a.axes, inner);
    int group_b = order_b.n;
    append(&order_b, &b.axes, ~both);
    a = arrange(a, &order_a);
    b = arrange(b, &order_b);
    if (!tad_is_valid(a.x) || !tad_is_valid(b.x))
        return (term){{.tape = a.x.tape}, {0}};
    for (int i = 0; i < batch; i++)
        sizes[i] = tad_dim(a.x, i) == 1 ? tad_dim(b.x, i) : tad_dim(a.x, i);
    for (int i = batch; i < group_a; i++)
        sizes[i] = tad_dim(a.x, i);
    for (int i = group_b; i < order_b.n; i++)
        sizes[group_a + i - group_b] = tad_dim(b.x, i);
    append(&result, &order_a, ~inner);
    append(&result, &order_b, ~both);
    tad_var left = as_matrices(a.x, batch, group_a, sizes), right = as_matrices(b.x, batch, group_b, sizes);
    tad_var y = inner ? tad_matmul(left, right) : tad_mul(left, right);
    return (term){tad_is_valid(y) ? reshape(y, result.n, sizes) : y, result};
}

static tad_var compose(const tad_rule *rule)
{
    const char      *equation = *(const char *const *)rule->attributes;
    tad_array        in[TAD__EINSUM_OPERANDS] = {{0}};
    tad__einsum_plan plan;
    term             y = {0};
    const int        identity[] = {0, 1, 2, 3, 4, 5, 6, 7};
    for (int k = 0; k < rule->n; k++) {
        in[k].rank = tad_rank(rule->x[k]);
        for (int i = 0; i < in[k].rank; i++)
            in[k].dims[i] = tad_dim(rule->x[k], i);
    }
    if (tad__plan_einsum(NULL, equation, rule->n, in, &plan) != TAD_OK)
        return (tad_var){0}; /* never: it was made before */
    for (int k = 0; k < rule->n; k++) {
        uint64_t kept = tad__needed_after(&plan, k + 1);
        term     next = take_diagonals((term){rule->x[k], plan.in[k]});
        next = sum_over_others(next, kept | (k ? tad__label_set(&y.axes) : 0));
        y = k ? multiply(y, next, kept) : next;
        if (!tad_is_valid(y.x))
            return y.x;
    }
    tad_var result = arrange(y, &plan.out).x;
    return result.id == rule->x[0].id ? tad_permute(result, plan.out.n, identity) : result; /* a node of its own */
}

#define CASE(shapes, text)                                                                                             \
    {                                                                                                                  \
        .in = shapes, .attributes = &(const char *const)                                                               \
        {                                                                                                              \
            text                                                                                                       \
        }                                                                                                              \
    }
static const tad_sample samples[] = {
    CASE("[7]", "i->i"),
    CASE("[7]", "i->"),
    CASE("[2, 3]", "ij->ji"),
    CASE("[2, 3]", "ba"),
    CASE("[3, 3]", "ii"),
    CASE("[3, 3]", "ii->i"),
    CASE("[3, 2, 3]", "iji->j"),
    CASE("[2, 3, 4]", "...j->...j"),
    CASE("[2, 3, 4]", "i...->..."),
    CASE("[5] [5]", "i,i"),
    CASE("[5] [5]", "i,i->i"),
    CASE("[3] [4]", "i,j->ji"),
    CASE("[2, 3] [3, 4]", "ij,jk"),
    CASE("[2, 3] [4, 3]", "ij,kj->ki"),
    CASE("[2, 3, 2] [2, 2, 3]", "bij,bjk->bik"),
    CASE("[2, 2, 3] [3, 4]", "...j,jk"),
    CASE("[2, 1, 2, 3] [3, 3, 2]", "...ij,...jk->...ik"),
    CASE("[2, 3] [2, 3]", "ij,ij->"),
    CASE("[3, 2] [] [2]", "ij,,j->i"),
    CASE("[2, 3] [3, 2] [2, 2]", "ij,jk,kl->il"),
    CASE("[2, 2] [2] [3, 2]", "ii,i,ki->k"),
    CASE("[0, 3] [3, 2]", "ij,jk->ik"),
    CASE("[2, 0] [0, 3]", "ij,jk->ik"),
};

const tad_op tad__op_einsum = {
    .name = "einsum",
    .about = "sum of products over subscripts",
    .formula = "einsum(a, b)",
    .arity = TAD__EINSUM_OPERANDS,
    .optional = TAD__EINSUM_OPERANDS - 1,
    .attribute_bytes = sizeof(const char *),
    ARGUMENTS({.name = "equation", .kind = TAD_ARGUMENT_TEXT, REQUIRED}),
    .shape = shape,
    .compose = compose,
    .linear = true,
    SAMPLES(samples),
};

/** Einstein's summation: the product of n operands (1 to 8) whose axes are named by letters, summed over all letters that the
 * result lacks. "ij,jk->ik" is a matrix product, "bij,bjk->bik" one of batches, "ii->i" a diagonal, "i,j->ij" an outer
 * product. Without "->" the result has the letters that occur once, in alphabetical order, capitals first. An ellipsis stands
 * for all other axes, which broadcast, and are the first of an implied result. Operands are multiplied from left to right,
 * two at a time, each as a matrix product; nothing larger than these products is made. Derivatives of any order are those of
 * the operations it is made of. Errors: TAD_EARG (the equation is NULL or cannot be read, with the column and what was
 * expected), TAD_ESHAPE (an operand has another number of axes than subscripts, a letter names axes of different sizes,
 * those of an ellipsis do not broadcast, a product of more than eight axes), TAD_EDTYPE. */
TAD_API tad_var tad_einsum(const char *equation, int n, const tad_var x[])
{
    return tad_apply(&tad__op_einsum,
                     (tad_args){.n = n, .x = x, .attributes = (const void *)&equation, .caller = TAD_CALLER});
}
