/* The suites of the unit tests, one line each: NAME_suite() is defined in tests/test_NAME.c. */
#ifndef TAD_TESTS_SUITES_H
#define TAD_TESTS_SUITES_H

#include <check.h>

#define SUITES(SUITE)                                                                                                  \
    SUITE(expression)                                                                                                  \
    SUITE(derivatives)                                                                                                 \
    SUITE(gemm)                                                                                                        \
    SUITE(network)                                                                                                     \
    SUITE(special)                                                                                                     \
    SUITE(mutants)                                                                                                     \
    SUITE(graphs)                                                                                                      \
    SUITE(gradcheck)                                                                                                   \
    SUITE(gradcheck_errors)                                                                                            \
    SUITE(explain)                                                                                                     \
    SUITE(paths)                                                                                                       \
    SUITE(tape)                                                                                                        \
    SUITE(values)                                                                                                      \
    SUITE(sweep)                                                                                                       \
    SUITE(jacobian)                                                                                                    \
    SUITE(sparse)                                                                                                      \
    SUITE(nested)                                                                                                      \
    SUITE(pause)                                                                                                       \
    SUITE(recorded)                                                                                                    \
    SUITE(custom)                                                                                                      \
    SUITE(custom_wrong)                                                                                                \
    SUITE(errors)                                                                                                      \
    SUITE(misuse)                                                                                                      \
    SUITE(memory)                                                                                                      \
    SUITE(steady)                                                                                                      \
    SUITE(limits)

#define DECLARE_SUITE(name) Suite *name##_suite(void);
SUITES(DECLARE_SUITE)
#undef DECLARE_SUITE

#endif
