/* The suites of the unit tests, one line each: NAME_suite() is defined in tests/test_NAME.c. */
#ifndef TAD_TESTS_SUITES_H
#define TAD_TESTS_SUITES_H

#include <check.h>

#define SUITES(SUITE)                                                                                                  \
    SUITE(expression)                                                                                                  \
    SUITE(language)                                                                                                    \
    SUITE(language_examples)                                                                                           \
    SUITE(derivatives)                                                                                                 \
    SUITE(precision)                                                                                                   \
    SUITE(gemm)                                                                                                        \
    SUITE(shape)                                                                                                       \
    SUITE(shape_errors)                                                                                                \
    SUITE(indices)                                                                                                     \
    SUITE(lapack)                                                                                                      \
    SUITE(einsum)                                                                                                      \
    SUITE(linalg)                                                                                                      \
    SUITE(indexed)                                                                                                     \
    SUITE(conv)                                                                                                        \
    SUITE(pool)                                                                                                        \
    SUITE(exp)                                                                                                         \
    SUITE(attention)                                                                                                   \
    SUITE(cells)                                                                                                       \
    SUITE(network)                                                                                                     \
    SUITE(special)                                                                                                     \
    SUITE(mutants)                                                                                                     \
    SUITE(reductions)                                                                                                  \
    SUITE(reductions_special)                                                                                          \
    SUITE(graphs)                                                                                                      \
    SUITE(torch)                                                                                                       \
    SUITE(gradcheck)                                                                                                   \
    SUITE(gradcheck_errors)                                                                                            \
    SUITE(derivation)                                                                                                  \
    SUITE(planted)                                                                                                     \
    SUITE(diagnosis)                                                                                                   \
    SUITE(false_alarms)                                                                                                \
    SUITE(explain)                                                                                                     \
    SUITE(paths)                                                                                                       \
    SUITE(layout)                                                                                                      \
    SUITE(write_graph)                                                                                                 \
    SUITE(tape)                                                                                                        \
    SUITE(values)                                                                                                      \
    SUITE(sweep)                                                                                                       \
    SUITE(jacobian)                                                                                                    \
    SUITE(patterns)                                                                                                    \
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
    SUITE(checkpoint)                                                                                                  \
    SUITE(loop)                                                                                                        \
    SUITE(replay)                                                                                                      \
    SUITE(limits)                                                                                                      \
    SUITE(files)                                                                                                       \
    SUITE(files_refused)                                                                                               \
    SUITE(losses)                                                                                                      \
    SUITE(norms)                                                                                                       \
    SUITE(pair)                                                                                                        \
    SUITE(nonfinite)                                                                                                   \
    SUITE(kinks)                                                                                                       \
    SUITE(trust)                                                                                                       \
    SUITE(scopes)                                                                                                      \
    SUITE(page)                                                                                                        \
    SUITE(params)                                                                                                      \
    SUITE(layers)                                                                                                      \
    SUITE(nist)                                                                                                        \
    SUITE(optim)

#define DECLARE_SUITE(name) Suite *name##_suite(void);
SUITES(DECLARE_SUITE)
#undef DECLARE_SUITE

#endif
