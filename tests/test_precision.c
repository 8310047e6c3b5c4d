/* Every elementwise operation against 113 bits: value and first derivative within 4 ulps in f64 and 8 in f32. */
#include "precision.h"
#include "samples.h"
#include "suites.h"
#include "support.h"

#include "ops/elementwise.h"

START_TEST(rows)
{
    const tad_op *op = &tad__elementwise[_i];
    precision     worst;
    if (!sample_chosen(op))
        return;
    for (tad_dtype dtype = TAD_F32; dtype <= TAD_F64; dtype++) {
        if (!precision_of(op, dtype, &worst))
            return;
        double most = dtype == TAD_F32 ? 8 : 4;
        ck_assert_msg(
            worst.value <= most && worst.first <= most && worst.second <= 100 * most,
            "%s, %s: worst errors in ulps: value %.3g, derivative %.3g, second %.3g; expected at most %g, %g, %g",
            op->name, tad_dtype_name(dtype), worst.value, worst.first, worst.second, most, most, 100 * most);
    }
}
END_TEST

Suite *precision_suite(void)
{
    Suite *suite = suite_create("precision");
    TCase *tests = tcase_create("rows");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, rows, 0, TAD__ROWS);
    suite_add_tcase(suite, tests);
    return suite;
}
