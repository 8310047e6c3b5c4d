/* Sparse Jacobians and Hessians: a pattern and a plan, kept in one block, and the values that few products give. */
#include "diff/colour.h"

#include <tad/sparse.h>

#include <string.h>

struct tad_sparse_plan {
    tad_allocator allocator;
    size_t        bytes; /* of the block, which begins here */
    bool          hessian;
    size_t        pulls; /* how many products are u' J; the others are J v: see tad__plan */
    size_t       *row_product, *column_product;
    size_t       *start, *entry,
        *place;        /* product p gives the entries entry[start[p]], ..., from its elements place[start[p]], ... */
    uint64_t *support; /* for each product, a bit for each element that can be other than 0 */
    size_t    words;   /* of each */
};

/* ---- one block for everything ---- */

static void *part(char *block, size_t *at, size_t n, size_t item_bytes)
{
    void *here = block ? block + *at : NULL;
    *at += (n * item_bytes + 15) / 16 * 16;
    return here;
}

/* Lays the arrays out behind the plan at `block`, which may be NULL; returns how many bytes they take. */
static size_t lay_out(tad_sparse *matrix, char *block)
{
    struct tad_sparse_plan *p = matrix->plan;
    size_t                  at = 0;
    part(block, &at, 1, sizeof *p);
    matrix->value = part(block, &at, matrix->nnz, sizeof *matrix->value);
    matrix->column = part(block, &at, matrix->nnz, sizeof *matrix->column);
    matrix->row_start = part(block, &at, matrix->rows + 1, sizeof *matrix->row_start);
    p->row_product = part(block, &at, matrix->rows, sizeof *p->row_product);
    p->column_product = part(block, &at, matrix->columns, sizeof *p->column_product);
    p->start = part(block, &at, matrix->products + 2, sizeof *p->start);
    p->entry = part(block, &at, matrix->nnz, sizeof *p->entry);
    p->place = part(block, &at, matrix->nnz, sizeof *p->place);
    p->support = part(block, &at, matrix->products * p->words, sizeof *p->support);
    return at;
}

/* The entries in the order of the products they come from. */
static void sort_entries(const tad_sparse *matrix, const tad__plan *plan, const struct tad_sparse_plan *p)
{
    memset(p->start, 0, (matrix->products + 2) * sizeof *p->start);
    for (size_t k = 0; k < matrix->nnz; k++)
        p->start[plan->product[k] + 2]++;
    for (size_t i = 2; i < matrix->products + 2; i++)
        p->start[i] += p->start[i - 1];
    for (size_t k = 0; k < matrix->nnz; k++) {
        size_t to = p->start[plan->product[k] + 1]++;
        p->entry[to] = k;
        p->place[to] = plan->place[k];
    }
}

static void set_support(const tad_sparse *matrix, const struct tad_sparse_plan *p)
{
    memset(p->support, 0, matrix->products * p->words * sizeof *p->support);
    for (size_t i = 0; i < matrix->rows; i++)
        for (size_t k = matrix->row_start[i]; k < matrix->row_start[i + 1]; k++) {
            size_t j = matrix->column[k], row = p->row_product[i], column = p->column_product[j];
            if (row != TAD__NO_PRODUCT)
                p->support[row * p->words + j / 64] |= UINT64_C(1) << j % 64;
            if (column != TAD__NO_PRODUCT)
                p->support[column * p->words + i / 64] |= UINT64_C(1) << i % 64;
        }
}

static void copy(void *to, const void *from, size_t n)
{
    if (n)
        memcpy(to, from, n * sizeof(size_t));
}

static tad_status build(const tad__jacobian *j, bool hessian, const tad__pattern *pattern, const tad__plan *plan,
                        tad_sparse *out)
{
    const tad__lines      *rows = &pattern->rows;
    size_t                 longer = rows->n > rows->across ? rows->n : rows->across;
    struct tad_sparse_plan head = {.allocator = j->tape->allocator, .hessian = hessian, .words = longer / 64 + 1};
    tad_sparse made = {.rows = rows->n, .columns = rows->across, .nnz = rows->start[rows->n], .plan = &head};
    made.products = plan->pulls + plan->pushes;
    head.bytes = lay_out(&made, NULL);
    char *block = tad__resize(&head.allocator, NULL, 0, head.bytes);
    if (!block)
        return tad__fail_memory(j->tape, j->caller, j->name);
    lay_out(&made, block);
    head.pulls = plan->pulls;
    memset(made.value, 0, made.nnz * sizeof *made.value);
    copy(made.column, rows->at, made.nnz);
    copy(made.row_start, rows->start, made.rows + 1);
    copy(head.row_product, plan->row_product, made.rows);
    copy(head.column_product, plan->column_product, made.columns);
    sort_entries(&made, plan, &head);
    set_support(&made, &head);
    made.plan = (struct tad_sparse_plan *)(void *)block;
    *made.plan = head;
    *out = made;
    return TAD_OK;
}

void tad_sparse_free(tad_sparse *matrix)
{
    if (!matrix)
        return;
    if (matrix->plan) {
        tad_allocator allocator = matrix->plan->allocator;
        tad__resize(&allocator, matrix->plan, matrix->plan->bytes, 0);
    }
    *matrix = (tad_sparse){0};
}

/* ---- pattern ---- */

static tad_status find(const tad__jacobian *j, bool hessian, tad_sparse *out)
{
    tad__pattern pattern;
    tad__plan    plan;
    tad_status   status = tad__find_pattern(j, hessian, &pattern);
    if (status == TAD_OK)
        status = (hessian ? tad__plan_hessian : tad__plan_jacobian)(j, &pattern, &plan);
    return status == TAD_OK ? build(j, hessian, &pattern, &plan, out) : status;
}

/* ---- values ---- */

static tad_status check_pattern(const tad__jacobian *j, const tad_sparse *matrix, bool hessian)
{
    if (matrix->plan->hessian != hessian)
        return tad__fail(j->tape, j->caller, TAD_ESHAPE, "%s: the pattern is that of a %s", j->name,
                         hessian ? "Jacobian" : "Hessian");
    if (matrix->rows != j->y.elements || matrix->columns != j->x.elements)
        return tad__fail(j->tape, j->caller, TAD_ESHAPE, "%s: the pattern is %zu x %zu; expected %zu x %zu", j->name,
                         matrix->rows, matrix->columns, j->y.elements, j->x.elements);
    return TAD_OK;
}

/* A number where there is no entry means that the function has another structure now. */
static tad_status check_support(const tad__jacobian *j, const struct tad_sparse_plan *p, size_t number, size_t n,
                                const double product[])
{
    const uint64_t *support = &p->support[number * p->words];
    for (size_t i = 0; i < n; i++)
        if (product[i] != 0 && !(support[i / 64] >> i % 64 & 1))
            return tad__fail(j->tape, j->caller, TAD_EARG,
                             "%s: product %zu has %g in element %zu, where the pattern has no entry: the function has "
                             "another structure than when the pattern was found",
                             j->name, number, product[i], i);
    return TAD_OK;
}

static tad_status multiply(const tad__jacobian *j, const tad_sparse *matrix, size_t number, double seed[],
                           double product[])
{
    const struct tad_sparse_plan *p = matrix->plan;
    bool                          pull = number < p->pulls;
    const size_t                 *products = pull ? p->row_product : p->column_product;
    size_t                        n = pull ? matrix->rows : matrix->columns;
    for (size_t i = 0; i < n; i++)
        seed[i] = products[i] == number;
    tad_status status = (pull ? tad__pull : tad__push)(j, seed, product);
    return status == TAD_OK ? check_support(j, p, number, pull ? matrix->columns : matrix->rows, product) : status;
}

static tad_status fill(tad__jacobian *j, const tad_sparse *matrix)
{
    const struct tad_sparse_plan *p = matrix->plan;
    size_t                        longer = matrix->rows > matrix->columns ? matrix->rows : matrix->columns;
    double *seed = tad__take(j, longer, sizeof *seed), *product = seed ? tad__take(j, longer, sizeof *product) : NULL;
    tad_status status = product ? TAD_OK : TAD_ENOMEM;
    if (status == TAD_OK && matrix->products > p->pulls)
        status = tad__transpose(j);
    for (size_t number = 0; number < matrix->products && status == TAD_OK; number++) {
        status = multiply(j, matrix, number, seed, product);
        for (size_t k = p->start[number]; k < p->start[number + 1] && status == TAD_OK; k++)
            matrix->value[p->entry[k]] = product[p->place[k]];
    }
    return status;
}

/* ---- the public functions ---- */

typedef struct task {
    size_t         m, n;
    const tad_var *y, *x;
    bool           hessian, values;
    const char    *name;
    const void    *caller;
} task;

static tad_status perform(const task *t, tad__jacobian *j, tad_sparse *matrix)
{
    tad_status status = t->hessian ? tad__open_hessian(*t->y, t->n, t->x, t->name, t->caller, j) : TAD_OK;
    if (status == TAD_OK && (!t->values || !matrix->plan)) {
        tad_sparse_free(matrix);
        status = find(j, t->hessian, matrix);
    } else if (status == TAD_OK) {
        status = check_pattern(j, matrix, t->hessian);
    }
    return status == TAD_OK && t->values ? fill(j, matrix) : status;
}

static tad_status run(const task *t, tad_sparse *matrix)
{
    tad__jacobian j;
    tad__products p;
    tad_status    status = t->hessian ? tad__check(*t->y, t->name, t->caller)
                                      : tad__open_jacobian(t->m, t->y, t->n, t->x, t->name, t->caller, &j);
    if (status == TAD_OK && t->hessian)
        j.tape = t->y->tape;
    if (status == TAD_OK && !matrix)
        status = tad__fail(j.tape, t->caller, TAD_EARG, "%s: there is no place for the result (NULL)", t->name);
    if (status == TAD_OK)
        status = tad__begin_products(j.tape, t->name, t->caller, &p);
    if (status == TAD_OK) {
        tad_tape *tape = j.tape;
        status = tad__end_products(tape, &p, perform(t, &j, matrix));
    }
    if (status != TAD_OK && !t->values)
        tad_sparse_free(matrix);
    return status;
}

tad_status tad_sparse_jacobian_pattern(size_t m, const tad_var y[], size_t n, const tad_var x[], tad_sparse *J)
{
    const task t = {.m = m, .y = y, .n = n, .x = x, .name = "tad_sparse_jacobian_pattern", .caller = TAD_CALLER};
    return run(&t, J);
}

tad_status tad_sparse_jacobian(size_t m, const tad_var y[], size_t n, const tad_var x[], tad_sparse *J)
{
    const task t = {
        .m = m, .y = y, .n = n, .x = x, .values = true, .name = "tad_sparse_jacobian", .caller = TAD_CALLER};
    return run(&t, J);
}

tad_status tad_sparse_hessian_pattern(tad_var y, size_t n, const tad_var x[], tad_sparse *H)
{
    const task t = {
        .m = 1, .y = &y, .n = n, .x = x, .hessian = true, .name = "tad_sparse_hessian_pattern", .caller = TAD_CALLER};
    return run(&t, H);
}

tad_status tad_sparse_hessian(tad_var y, size_t n, const tad_var x[], tad_sparse *H)
{
    const task t = {.m = 1,
                    .y = &y,
                    .n = n,
                    .x = x,
                    .hessian = true,
                    .values = true,
                    .name = "tad_sparse_hessian",
                    .caller = TAD_CALLER};
    return run(&t, H);
}
