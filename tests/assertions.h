/* Check's assertions, made cheap. */
#ifndef TAD_TESTS_ASSERTIONS_H
#define TAD_TESTS_ASSERTIONS_H

#include <check.h>

/* Check writes a note to a file for every assertion that holds. Most of ours stand in loops over elements, where that took
 * longer than all the rest of the tests. */
#if CHECK_MAJOR_VERSION > 0 || CHECK_MINOR_VERSION >= 15
#undef ck_assert_msg
#define ck_assert_msg(expression, ...)                                                                                 \
    ((expression) ? (void)0 : _ck_assert_failed(__FILE__, __LINE__, "Assertion '" #expression "' failed", __VA_ARGS__))
#endif

#endif
