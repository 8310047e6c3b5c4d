/* Hints to the compiler and the processor: nothing depends on them. */
#ifndef TAD__BASE_HINTS_H
#define TAD__BASE_HINTS_H

#if defined(__GNUC__)
#define TAD__LIKELY(condition) __builtin_expect(!!(condition), 1)
#define TAD__NOINLINE __attribute__((noinline))
#define TAD__PREFETCH(address) __builtin_prefetch(address)
#define TAD__PREFETCH_TO_WRITE(address) __builtin_prefetch(address, 1)
#else
#define TAD__LIKELY(condition) (condition)
#define TAD__NOINLINE
#define TAD__PREFETCH(address) (void)(address)
#define TAD__PREFETCH_TO_WRITE(address) (void)(address)
#endif

/* A function whose loops are compiled for several instruction sets, of which the program picks one when it is loaded. No
 * operation of one rounds otherwise than that of another, so results are the same on every machine. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__gnu_linux__) &&                       \
    defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define TAD__CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define TAD__CLONES
#endif

#endif
