/* Both matrix product backends against a naive loop, on small whole numbers: equal to the last bit, whatever the order. */
#include "suites.h"
#include "support.h"
#include "tensor/gemm.h"

#include <stdlib.h>
#include <string.h>

enum { LARGEST = 24 };

/* How a matrix lies in memory, for strides of a rows x columns matrix. */
typedef struct layout {
    const char *name;
    int64_t     row_factor, column_factor; /* strides are factor * columns, or factor, or that of the transpose */
    bool        transposed, cblas;         /* can CBLAS express it? */
} layout;

static const layout layouts[] = {
    {"contiguous", 1, 1, false, true},           {"transposed", 1, 1, true, true},
    {"part of wider rows", 2, 1, false, true},   {"every second column", 2, 2, false, false},
    {"repeated row", 0, 1, false, false},        {"rows in reverse", -1, 1, false, false},
    {"columns in reverse", 1, -1, false, false},
};

static int64_t elements(int64_t rows, int64_t columns)
{
    return 4 * (rows + 1) * (columns + 1);
}

/* The element at 0, 0 of a matrix that runs backwards is not the first in memory. */
static tad__matrix lay_out(const layout *as, double *data, int64_t rows, int64_t columns)
{
    data += as->row_factor < 0 ? (rows - 1) * columns : as->column_factor < 0 ? columns - 1 : 0;
    int64_t row = as->row_factor * (as->transposed ? 1 : columns), column = as->transposed ? rows : as->column_factor;
    return (tad__matrix){data, row, column};
}

static void fill(double *data, int64_t n, int seed)
{
    for (int64_t i = 0; i < n; i++)
        data[i] = (double)((i * 7 + seed * 5) % 11 - 5);
}

static double at(const tad__matrix *m, int64_t i, int64_t j)
{
    return ((const double *)m->data)[i * m->row_stride + j * m->column_stride];
}

/* The n numbers from `from` on, in which the matrix lies, as floats; the caller frees them. */
static float *to_floats(tad__matrix *m, const double *from, int64_t n)
{
    float *floats = malloc((size_t)n * sizeof *floats);
    for (int64_t i = 0; i < n; i++)
        floats[i] = (float)from[i];
    m->data = floats + ((const double *)m->data - from);
    return floats;
}

/* c += a b by the backend; every element equals c + the sum of the products. */
static void check_product(bool cblas, tad_dtype dtype, const layout *la, const layout *lb, int64_t m, int64_t n,
                          int64_t k)
{
    static double a[4 * (LARGEST + 1) * (LARGEST + 1)], b[sizeof a / sizeof *a], c[sizeof a / sizeof *a];
    fill(a, elements(m, k), 1);
    fill(b, elements(k, n), 2);
    fill(c, elements(m, n), 3);
    tad__product p = {TAD_F64, m, n, k, lay_out(la, a, m, k), lay_out(lb, b, k, n), {c, n, 1}};
    tad__product run = p;
    double       found[sizeof c / sizeof *c];
    memcpy(found, c, sizeof c);
    run.dtype = dtype;
    run.c.data = found;
    float *floats[3] = {NULL};
    if (dtype == TAD_F32) {
        floats[0] = to_floats(&run.a, a, elements(m, k));
        floats[1] = to_floats(&run.b, b, elements(k, n));
        floats[2] = to_floats(&run.c, found, elements(m, n));
    }
    bool done = true;
    if (cblas)
        done = tad__gemm_cblas(&run);
    else
        tad__gemm_portable(&run);
#ifdef TAD_HAVE_CBLAS
    bool thin = m == 1 || n == 1 || k == 1; /* strides along an axis of one element do not matter */
    if (cblas && !thin)
        ck_assert_msg(done == (la->cblas && lb->cblas), "%s times %s: %s", la->name, lb->name,
                      done ? "done" : "refused");
#else
    ck_assert(done == !cblas);
#endif
    for (int64_t i = 0; i < m && done; i++)
        for (int64_t j = 0; j < n; j++) {
            double expected = c[i * n + j];
            for (int64_t l = 0; l < k; l++)
                expected += at(&p.a, i, l) * at(&p.b, l, j);
            double got = dtype == TAD_F32 ? (double)((const float *)run.c.data)[i * n + j] : found[i * n + j];
            ck_assert_msg(got == expected, "%s: %s times %s, %dx%dx%d: element %d, %d is %g; expected %g",
                          cblas ? "cblas" : "portable", la->name, lb->name, (int)m, (int)k, (int)n, (int)i, (int)j, got,
                          expected);
        }
    for (int i = 0; i < 3; i++)
        free(floats[i]);
}

START_TEST(test_backend)
{
    static const int64_t sizes[][3] = {{1, 1, 1}, {2, 3, 4}, {1, 5, 3}, {5, 1, 7}, {4, 6, 1}, {7, 9, 17}, {16, 24, 8}};
    for (size_t s = 0; s < COUNT(sizes); s++)
        for (size_t i = 0; i < COUNT(layouts); i++)
            for (size_t j = 0; j < COUNT(layouts); j++)
                for (int dtype = TAD_F32; dtype <= TAD_F64; dtype++)
                    check_product(_i == 1, (tad_dtype)dtype, &layouts[i], &layouts[j], sizes[s][0], sizes[s][1],
                                  sizes[s][2]);
}
END_TEST

/* Sizes beyond CBLAS's int are refused before anything is touched. */
START_TEST(test_cblas_refuses_what_it_cannot_count)
{
    double       one = 1;
    tad__matrix  m = {&one, 1, 1};
    tad__product p = {TAD_F64, (int64_t)1 << 40, 1, 1, m, m, m};
    ck_assert(!tad__gemm_cblas(&p));
    p.m = 0;
    ck_assert(!tad__gemm_cblas(&p));
    ck_assert(one == 1);
}
END_TEST

Suite *gemm_suite(void)
{
    Suite *suite = suite_create("gemm");
    TCase *products = tcase_create("products");
    tcase_set_timeout(products, 60);
    tcase_add_loop_test(products, test_backend, 0, 2);
    tcase_add_test(products, test_cblas_refuses_what_it_cannot_count);
    suite_add_tcase(suite, products);
    return suite;
}
