/* What the times were measured on. */
#define _XOPEN_SOURCE 700
#include "machine.h"

#include "bench.h"

#ifdef TAD_HAVE_CBLAS
#include <cblas.h>
#endif

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* BLAS reads its settings before main runs, so where they are not as they should be, the program starts again. */
void bench_use_one_thread(char *argv[])
{
    static const char *const names[] = {"OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"};
    bool                     changed = getenv("OPENBLAS_CORETYPE") != NULL;
    unsetenv("OPENBLAS_CORETYPE");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value && strcmp(value, "1") == 0)
            continue;
        bench_require(setenv(names[i], "1", 1) == 0, "setenv failed");
        changed = true;
    }
    if (changed)
        execv("/proc/self/exe", argv);
    if (changed)
        fprintf(stderr, "bench: cannot start itself again (%s): BLAS may use more threads\n", strerror(errno));
}

const char *bench_cpu(void)
{
    static char line[256];
    FILE       *file = fopen("/proc/cpuinfo", "r");
    const char *name = "unknown CPU";
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, "model name", 10) != 0 || !strchr(line, ':'))
            continue;
        line[strcspn(line, "\n")] = 0;
        name = strchr(line, ':') + 2;
        break;
    }
    if (file)
        fclose(file);
    return name;
}

const char *bench_compiler(void)
{
#ifdef __clang__
    return __VERSION__;
#elif defined(__GNUC__)
    return "GCC " __VERSION__;
#else
    return "unknown compiler";
#endif
}

const char *bench_peers(void)
{
#ifdef TAD_BENCH_ADOLC
    return "ADOL-C";
#else
    return "none (ADOL-C is not installed: make setup-dev)";
#endif
}

const char *bench_blas(void)
{
#ifdef TAD_HAVE_CBLAS
    static char name[80];
    snprintf(name, sizeof name, "OpenBLAS, core %s, threads %d", openblas_get_corename(), openblas_get_num_threads());
    return name;
#else
    return "none (portable kernels)";
#endif
}
