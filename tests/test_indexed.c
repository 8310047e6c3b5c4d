/* Every kernel of the indexed product against a naive loop, on small whole numbers: equal to the last bit. */
#include "suites.h"
#include "support.h"
#include "tensor/indexed.h"

enum { MOST = 40, TERMS = 600, SIZE = 4 * TERMS };

/* Tables that lead all over the place. */
static void check(tad__kernel kernel, bool f32, bool add, int64_t m, int64_t n, int64_t k)
{
    static double  a[SIZE], b[SIZE], c[MOST * 64], before[MOST * 64];
    static float   a32[SIZE], b32[SIZE], c32[MOST * 64];
    static int64_t row[MOST], column[TERMS], line[TERMS];
    for (int64_t i = 0; i < SIZE; i++) {
        a[i] = (double)((i * 7 + 3) % 11 - 5);
        b[i] = (double)((i * 5 + 1) % 13 - 6);
        a32[i] = (float)a[i];
        b32[i] = (float)b[i];
    }
    for (int64_t i = 0; i < MOST * 64; i++) {
        c[i] = before[i] = (double)(i % 17 - 8);
        c32[i] = (float)c[i];
    }
    for (int64_t i = 0; i < MOST; i++)
        row[i] = i * 37 % 50;
    for (int64_t l = 0; l < TERMS; l++) {
        column[l] = l * 3;
        line[l] = l * 11 % 900;
    }
    tad__indexed p = {.dtype = f32 ? TAD_F32 : TAD_F64,
                      .m = m,
                      .n = n,
                      .k = k,
                      .add = add,
                      .a = f32 ? (void *)a32 : (void *)a,
                      .b = f32 ? (void *)b32 : (void *)b,
                      .c = f32 ? (void *)c32 : (void *)c,
                      .c_stride = 64,
                      .row = row,
                      .column = column,
                      .line = line};
    if (!tad__indexed_product_by(kernel, &p))
        return;
    for (int64_t i = 0; i < MOST; i++)
        for (int64_t j = 0; j < 64; j++) {
            double right = add || i >= m ? before[i * 64 + j] : 0,
                   found = f32 ? (double)c32[i * 64 + j] : c[i * 64 + j];
            for (int64_t l = 0; l < k && i < m && j < n; l++)
                right += a[row[i] + column[l]] * b[line[l] + j];
            bool slack = i < m && j >= n && j < n + TAD__INDEXED_SLACK;
            if (i < m && j >= n)
                right = before[i * 64 + j];
            ck_assert_msg(slack || found == right, "kernel %d, %s, %dx%dx%d: element %d, %d is %g; expected %g",
                          (int)kernel, f32 ? "f32" : "f64", (int)m, (int)k, (int)n, (int)i, (int)j, found, right);
        }
}

START_TEST(equal_to_loops)
{
    static const int64_t ms[] = {1, 3, 4, 8, 13, 33}, ns[] = {1, 4, 15, 16, 17, 33, 40, 48},
                         ks[] = {0, 1, 2, 9, 256, 600};
    for (size_t m = 0; m < COUNT(ms); m++)
        for (size_t n = 0; n < COUNT(ns); n++)
            for (size_t k = 0; k < COUNT(ks); k++)
                for (int variant = 0; variant < 4; variant++)
                    check((tad__kernel)_i, variant & 1, variant & 2, ms[m], ns[n], ks[k]);
}
END_TEST

Suite *indexed_suite(void)
{
    Suite *suite = suite_create("indexed");
    TCase *tests = tcase_create("products");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, equal_to_loops, 0, TAD__PORTABLE + 1);
    suite_add_tcase(suite, tests);
    return suite;
}
