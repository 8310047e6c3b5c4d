/* The unit tests. `check_tad` runs all suites, `check_tad tape` one; CK_FORK=no keeps them in one process for a debugger.
 * The last line is Check's totals. */
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    Suite *(*make)(void);
} suites[] = {
#define ROW(name) {#name, name##_suite},
    SUITES(ROW)
#undef ROW
};

int main(int argc, char *argv[])
{
    const char *wanted = argc > 1 ? argv[1] : NULL;
    SRunner    *runner = srunner_create(NULL);
    int         chosen = 0;
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++)
        if (!wanted || strcmp(wanted, suites[i].name) == 0) {
            srunner_add_suite(runner, suites[i].make());
            chosen++;
        }
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner), run = srunner_ntests_run(runner);
    srunner_free(runner);
    if (chosen == 0)
        fprintf(stderr, "check_tad: there is no suite '%s'; tests/suites.h lists them\n", wanted);
    return chosen > 0 && run > 0 && failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
