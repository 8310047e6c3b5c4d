/* Einsum against loops over every subscript, on whole numbers: values and gradients are equal to the last bit. */
#include "suites.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { OPERANDS = 4, ROOM = 1500 };

/* An equation with "->", the shapes of its operands, and what its result is recorded as (NULL: does not matter). An
 * ellipsis is spelled out in `letters`, where '.' is an axis that broadcasts over the letter in its place. */
typedef struct equation {
    const char *text, *letters, *shapes[OPERANDS], *last;
} equation;

static const equation equations[] = {
    {"i->i", "i->i", {"5"}, "permute"},
    {"->", "->", {""}, NULL},
    {"ij->ji", "ij->ji", {"34"}, NULL},
    {"ijk->", "ijk->", {"234"}, NULL},
    {"iij->j", "iij->j", {"332"}, NULL},
    {"ijij->ij", "ijij->ij", {"2323"}, NULL},
    {"iiii->i", "iiii->i", {"3333"}, NULL},
    {"ijk", "ijk->ijk", {"234"}, NULL},
    {"kji", "kji->ijk", {"234"}, NULL},
    {"bA", "bA->Ab", {"23"}, NULL},
    {" i j , j k -> i k ", "ij,jk->ik", {"23", "34"}, "matmul"},
    {"ij,jk", "ij,jk->ik", {"79", "95"}, "matmul"},
    {"ij,kj->ik", "ij,kj->ik", {"23", "43"}, "matmul"},
    {"ji,kj->ki", "ji,kj->ki", {"32", "43"}, NULL},
    {"bij,bjk->bik", "bij,bjk->bik", {"234", "245"}, "matmul"},
    {"ibj,jkb->kib", "ibj,jkb->kib", {"234", "453"}, NULL},
    {"i,i->", "i,i->", {"9", "9"}, NULL},
    {"i,i->i", "i,i->i", {"9", "9"}, NULL},
    {"i,j->ij", "i,j->ij", {"3", "4"}, NULL},
    {"ijkl,klmn->ijmn", "ijkl,klmn->ijmn", {"2323", "2322"}, NULL},
    {"ijk,l->k", "ijk,l->k", {"234", "3"}, NULL},
    {"ij,,j->i", "ij,,j->i", {"23", "", "3"}, NULL},
    {"ij,jk,kl,lm->im", "ij,jk,kl,lm->im", {"23", "34", "42", "25"}, "matmul"},
    {"ij,ij,ij->j", "ij,ij,ij->j", {"34", "34", "34"}, NULL},
    {"ii,ij,jj->", "ii,ij,jj->", {"33", "34", "44"}, NULL},
    {"...->...", "xy->xy", {"23"}, NULL},
    {"...i->...", "xyi->xy", {"234"}, NULL},
    {"i...i->...", "ixi->x", {"323"}, NULL},
    {"...ij,...jk->...ik", "xij,xjk->xik", {"223", "234"}, "matmul"},
    {"...ij,jk", "xyij,jk->xyik", {"2223", "32"}, NULL},
    {"...ij,...jk->ik...", "x.ij,.yjk->ikxy", {"2123", "1332"}, NULL},
    {"...,...", ".y,xy->xy", {"13", "23"}, NULL},
    {"i...,i...->...i", "ixy,iy->xyi", {"323", "33"}, NULL},
    {"...,...->...", "xy,->xy", {"23", ""}, NULL},
    {"...,...,...->...", ".,.,x->x", {"1", "1", "3"}, NULL},
    {"abcdefgh,abcdefgh->abcdefg", "abcdefgh,abcdefgh->abcdefg", {"21212123", "21212123"}, "reshape"},
    {"ab...,ab...->ab...", "abcdefgh,abc.efgh->abcdefgh", {"21221222", "21211222"}, "reshape"},
    {"ij,jk->ik", "ij,jk->ik", {"03", "32"}, NULL},
    {"ij,jk->ik", "ij,jk->ik", {"20", "03"}, NULL},
    {"ij,j->j", "ij,j->j", {"03", "3"}, NULL},
};

/* An equation in letters, taken apart. */
typedef struct naive {
    int         n;
    const char *term[OPERANDS + 1]; /* the result last */
    int         rank[OPERANDS + 1];
    int64_t     dims[OPERANDS + 1][TAD_MAX_RANK], size[128];
    double      x[OPERANDS + 1][ROOM], g[OPERANDS][ROOM], w[ROOM];
} naive;

static int64_t elements(const naive *e, int k)
{
    int64_t count = 1;
    for (int i = 0; i < e->rank[k]; i++)
        count *= e->dims[k][i];
    return count;
}

static void take_apart(const equation *from, naive *e)
{
    const char *at = from->letters;
    memset(e, 0, sizeof *e);
    for (e->n = 0;; e->n++) {
        int k = e->n;
        e->term[k] = at;
        e->rank[k] = (int)strcspn(at, ",-");
        for (int i = 0; i < e->rank[k]; i++) {
            e->dims[k][i] = from->shapes[k][i] - '0';
            if (at[i] != '.')
                e->size[(int)at[i]] = e->dims[k][i];
        }
        at += e->rank[k];
        if (*at++ == '-')
            break;
    }
    e->n++;
    e->term[e->n] = ++at;
    e->rank[e->n] = (int)strlen(at);
    for (int i = 0; i < e->rank[e->n]; i++)
        e->dims[e->n][i] = e->size[(int)at[i]];
    for (int k = 0; k < e->n; k++)
        for (int64_t i = 0; i < elements(e, k); i++)
            e->x[k][i] = (double)((i * 7 + k * 5) % 5 - 2);
    for (int64_t i = 0; i < elements(e, e->n); i++)
        e->w[i] = (double)(i * 3 % 7 - 3);
}

static int64_t offset(const naive *e, int k, const int64_t at[128])
{
    int64_t to = 0;
    for (int i = 0; i < e->rank[k]; i++)
        to = to * e->dims[k][i] + (e->term[k][i] == '.' ? 0 : at[(int)e->term[k][i]]);
    return to;
}

/* For every value of all letters: adds the product to the result, and what that makes of w to the gradients. */
static void loop(naive *e)
{
    int64_t at[128] = {0};
    for (int i = 0; i < 128; i++)
        for (int k = 0; k < e->n; k++)
            for (int j = 0; j < e->rank[k]; j++)
                if (e->term[k][j] == i && i != '.' && e->size[i] == 0)
                    return;
    for (int letter = 0; letter < 128;) {
        double product = 1;
        for (int k = 0; k < e->n; k++) {
            double others = e->w[offset(e, e->n, at)];
            for (int l = 0; l < e->n; l++)
                others *= l == k ? 1 : e->x[l][offset(e, l, at)];
            e->g[k][offset(e, k, at)] += others;
            product *= e->x[k][offset(e, k, at)];
        }
        e->x[e->n][offset(e, e->n, at)] += product;
        for (letter = 0; letter < 128 && (e->size[letter] == 0 || ++at[letter] == e->size[letter]); letter++)
            at[letter] = 0;
    }
}

static tad_var leaf(tad_tape *tape, tad_dtype dtype, int rank, const int64_t dims[], const double data[], int64_t n)
{
    float floats[ROOM];
    for (int64_t i = 0; i < n; i++)
        floats[i] = (float)data[i];
    return tad_tensor(tape, dtype, rank, dims, dtype == TAD_F32 ? (const void *)floats : (const void *)data);
}

static void expect_equal(const equation *from, const char *what, tad_var x, const double expected[], int64_t n,
                         tad_status read(tad_var, void *, size_t))
{
    double found[ROOM];
    float  floats[ROOM];
    bool   f32 = tad_dtype_of(x) == TAD_F32;
    ck_assert_msg(tad_count(x) == n, "%s: %s has %d elements; expected %d", from->text, what, (int)tad_count(x),
                  (int)n);
    expect_ok(read(x, f32 ? (void *)floats : (void *)found, f32 ? sizeof floats : sizeof found));
    for (int64_t i = 0; i < n; i++)
        ck_assert_msg((f32 ? (double)floats[i] : found[i]) == expected[i], "%s: element %d of %s is %g; expected %g",
                      from->text, (int)i, what, f32 ? (double)floats[i] : found[i], expected[i]);
}

/* Loop test _i: in f32 or f64. */
START_TEST(as_loops)
{
    static naive e;
    tad_dtype    dtype = _i ? TAD_F64 : TAD_F32;
    tad_tape    *tape = tad_tape_new();
    for (size_t i = 0; i < COUNT(equations); i++) {
        const equation *from = &equations[i];
        tad_var         x[OPERANDS];
        take_apart(from, &e);
        loop(&e);
        for (int k = 0; k < e.n; k++)
            x[k] = leaf(tape, dtype, e.rank[k], e.dims[k], e.x[k], elements(&e, k));
        tad_var y = tad_einsum(from->text, e.n, x);
        expect_no_error_of(from->text, tape);
        ck_assert_msg(tad_rank(y) == e.rank[e.n], "%s: rank %d; expected %d", from->text, tad_rank(y), e.rank[e.n]);
        for (int axis = 0; axis < e.rank[e.n]; axis++)
            ck_assert_msg(tad_dim(y, axis) == e.dims[e.n][axis], "%s: axis %d has %d elements", from->text, axis,
                          (int)tad_dim(y, axis));
        expect_equal(from, "the result", y, e.x[e.n], elements(&e, e.n), tad_read);
        if (from->last)
            ck_assert_msg(strcmp(tad_op_of(y)->name, from->last) == 0, "%s: recorded as %s; expected %s", from->text,
                          tad_op_of(y)->name, from->last);
        tad_var w = leaf(tape, dtype, e.rank[e.n], e.dims[e.n], e.w, elements(&e, e.n));
        expect_ok(tad_backward(tad_sum(tad_mul(y, w))));
        for (int k = 0; k < e.n; k++)
            expect_equal(from, "a gradient", x[k], e.g[k], elements(&e, k), tad_read_grad);
        tad_tape_rewind(tape, 0);
    }
    tad_tape_free(tape);
}
END_TEST

/* What is recorded for a contraction is no larger than its operands and its result. */
START_TEST(no_large_product)
{
    tad_tape *tape = tad_tape_new();
    double    numbers[20 * 30] = {0};
    tad_var   x[] = {matrix(tape, 20, 30, numbers), matrix(tape, 20, 30, numbers)};
    size_t    mark = tad_tape_mark(tape);
    tad_var   y = tad_einsum("ij,kj->ik", 2, x);
    expect_no_error(tape);
    for (tad_var node = y; node.id >= mark; node.id--)
        ck_assert_msg(tad_count(node) <= 600, "%s has %d elements", tad_op_of(node)->name, (int)tad_count(node));
    ck_assert_str_eq(tad_op_of(y)->name, "matmul");
    tad_tape_free(tape);
}
END_TEST

/* An equation for operands [2, 3] and [3, 4], or the first alone, that is refused. */
static const struct refused {
    const char *text;
    int         n;
    tad_status  status;
    const char *message;
} refusals[] = {
    {NULL, 1, TAD_EARG, "einsum(f64 [2, 3]): the equation is NULL; expected one such as \"ij,jk->ik\""},
    {"i1", 1, TAD_EARG, "\"i1\", column 2: '1'; expected a letter, '...', ',' or '->'"},
    {"ij..", 1, TAD_EARG, "column 3: '.'; expected a letter, '...', ',' or '->'"},
    {"......", 1, TAD_EARG, "column 4: a second ellipsis; expected a letter, ',' or '->'"},
    {"ij-", 1, TAD_EARG, "column 3: expected '->'"},
    {"ij-k", 1, TAD_EARG, "column 3: expected '->'"},
    {"ij>k", 1, TAD_EARG, "column 3: '>'; expected"},
    {"ij,", 1, TAD_EARG, "column 3: expected '->' or the end: there is one operand"},
    {"ij,jk,kl", 2, TAD_EARG, "column 6: expected '->' or the end: there are no more operands"},
    {"ij->ij", 2, TAD_EARG, "column 3: expected ',': there are 2 operands"},
    {"ij->k", 1, TAD_EARG, "column 5: the result has 'k', but no operand has"},
    {"ij->ii", 1, TAD_EARG, "column 5: the result has 'i' twice"},
    {"ij->i,j", 1, TAD_EARG, "column 6: ','; expected the end"},
    {"ij->i->j", 1, TAD_EARG, "column 6: '-'; expected the end"},
    {"i...->i", 1, TAD_EARG, "column 7: the result has no '...', but an operand has"},
    {"abcdefghi", 1, TAD_EARG, "column 9: a value has at most 8 axes"},
    {"i", 1, TAD_ESHAPE, "\"i\", column 2: operand 1 has 2 axes, its subscripts name 1"},
    {"ij,i", 2, TAD_ESHAPE, "column 5: operand 2 has 2 axes, its subscripts name 1"},
    {"ijk...", 1, TAD_ESHAPE, "operand 1 has 2 axes, its subscripts name at least 3"},
    {"ii", 1, TAD_ESHAPE, "'i' names axes of 2 and, in operand 1, of 3 elements"},
    {"ij,ij", 2, TAD_ESHAPE, "'i' names axes of 2 and, in operand 2, of 3 elements"},
    {"...,...", 2, TAD_ESHAPE, "axes of '...' do not broadcast: 2 and 3 elements; expected as many, or 1"},
    {"ij", 9, TAD_EARG, "einsum: 9 operands; expected up to 8"},
};

START_TEST(errors)
{
    tad_tape *tape = tad_tape_new();
    double    numbers[12] = {0};
    for (size_t i = 0; i < COUNT(refusals); i++) {
        const struct refused *r = &refusals[i];
        tad_var               x[9];
        for (int k = 0; k < 9; k++)
            x[k] = k == 1 ? matrix(tape, 3, 4, numbers) : matrix(tape, 2, 3, numbers);
        ck_assert(!tad_is_valid(tad_einsum(r->text, r->n, x)));
        expect_error_of(r->text ? r->text : "NULL", tape, r->status, r->message);
    }
    tad_var x[8];
    for (int k = 0; k < 8; k++)
        x[k] = matrix(tape, 1, 1, numbers);
    ck_assert(!tad_is_valid(tad_einsum("ab,cd,ef,gh,ij,ab,cd,ef->ghi", 8, x)));
    expect_error(tape, TAD_ESHAPE, "the product of operands 1 to 5 has 9 axes; at most 8: name them in another order");
    ck_assert(tad_is_valid(tad_einsum("ab,ab,cd,cd,ef,ef,gh,ij->gi", 8, x)));
    x[1] = tad_tensor(tape, TAD_F32, 2, (const int64_t[]){1, 1}, numbers);
    ck_assert(!tad_is_valid(tad_einsum("ab,ab", 2, x)));
    expect_error(tape, TAD_EDTYPE, "f64 and f32 do not mix");
    ck_assert(!tad_is_valid(tad_einsum("ab,ab", 2, NULL))); /* without a tape to keep the error */
    ck_assert(!tad_is_valid(tad_einsum("ab", 0, x)));
    expect_no_error(tape);
    tad_tape_free(tape);
}
END_TEST

/* What is not a number stays so, and an infinity that is summed over, too. */
START_TEST(special_values)
{
    tad_tape    *tape = tad_tape_new();
    const double numbers[] = {(double)INFINITY, 1, (double)NAN, 2};
    double       sums[2];
    tad_var      x = matrix(tape, 2, 2, numbers);
    expect_ok(tad_read(tad_einsum("ij->i", 1, &x), sums, sizeof sums));
    ck_assert(isinf(sums[0]) && isnan(sums[1]));
    expect_ok(tad_read(tad_einsum("ii->i", 1, &x), sums, sizeof sums));
    ck_assert(isinf(sums[0]) && sums[1] == 2);
    tad_tape_free(tape);
}
END_TEST

Suite *einsum_suite(void)
{
    Suite *suite = suite_create("einsum");
    TCase *tests = tcase_create("einsum");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, as_loops, 0, 2);
    tcase_add_test(tests, no_large_product);
    tcase_add_test(tests, errors);
    tcase_add_test(tests, special_values);
    suite_add_tcase(suite, tests);
    return suite;
}
