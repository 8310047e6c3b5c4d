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

#endif
