/* What the times were measured on, and with how many threads: one. */
#ifndef TAD_BENCH_MACHINE_H
#define TAD_BENCH_MACHINE_H

/* Sees to it that BLAS uses one thread and picks its kernels itself: starts the program again where it would not. */
void bench_use_one_thread(char *argv[]);

/* For the table's head; static storage. */
const char *bench_cpu(void);
const char *bench_compiler(void);
const char *bench_blas(void);
const char *bench_peers(void);

#endif
