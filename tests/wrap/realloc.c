/* Linked into an example with -Wl,--wrap=realloc, which all of a tape's memory comes from: request number TAD_FAIL_AT fails,
 * and with TAD_FAIL_FOR_EVER so do those behind it. At the end the number of requests goes to the file TAD_FAIL_COUNT. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

void *__real_realloc(void *block, size_t bytes);
void *__wrap_realloc(void *block, size_t bytes);

static long count;

static void report(void)
{
    const char *path = getenv("TAD_FAIL_COUNT");
    FILE       *file = path ? fopen(path, "w") : NULL;
    if (file) {
        fprintf(file, "%ld\n", count);
        fclose(file);
    }
}

void *__wrap_realloc(void *block, size_t bytes)
{
    const char *at = getenv("TAD_FAIL_AT");
    long        fail_at = at ? atol(at) : 0;
    if (count++ == 0)
        atexit(report);
    if (fail_at && (count == fail_at || (count > fail_at && getenv("TAD_FAIL_FOR_EVER"))))
        return NULL;
    return __real_realloc(block, bytes);
}
