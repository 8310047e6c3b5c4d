/* The benchmark: rows of cases, and what their files share. To add a case, add a row to its file's table; to add a
 * file, add its table to `tables` in bench.c. A second peer for the same function is a second row. */
#ifndef TAD_BENCH_H
#define TAD_BENCH_H

#include <tad/tad.h>

enum { BENCH_MAX_GRADIENT = 128 };

/* Who computes: the library, the peer it is measured against, and plain C without derivatives. */
typedef enum bench_side { BENCH_OURS, BENCH_PEER, BENCH_PLAIN, BENCH_SIDES } bench_side;

/* What a run computed. Before anything is timed all sides of a row must agree. */
typedef struct bench_result {
    double value;
    size_t n; /* entries of the gradient; 0: none was computed */
    double gradient[BENCH_MAX_GRADIENT];
} bench_result;

/* One row at work. */
typedef struct bench_work {
    size_t       size;  /* the row's parameter */
    double       units; /* units of work (nodes, steps, calls) in one run; set by `setup` or `ours` */
    tad_tape    *tape;  /* made before `setup`, freed after `finish` */
    void        *state; /* the row's own */
    bench_result result[BENCH_SIDES];
} bench_work;

typedef void bench_run(bench_work *work, bench_result *result);

/* A row that is timed. A time that misses its target is reported, but is no failure: machines are noisy. */
typedef struct bench_case {
    const char *name;
    const char *unit; /* what one time is divided into */
    size_t      size;
    double      target_ns;            /* per unit, at most; 0: none */
    double      target_ratio;         /* ours / peer, at most; 0: none */
    bool (*setup)(bench_work *work);  /* may be NULL; false: no memory */
    bench_run  *run[BENCH_SIDES];     /* ours is required */
    const char *peer;                 /* its name, if it was compiled in */
    bench_run  *expected;             /* what must come out; not timed. May be NULL */
    void (*finish)(bench_work *work); /* may be NULL */
} bench_case;

/* A row that is counted: the same on every machine, so a miss is a failure. */
typedef struct bench_count {
    const char *name;
    const char *unit;
    double      target, tolerance;
    double (*count)(void); /* NaN: it could not be counted */
} bench_count;

typedef struct bench_table {
    const bench_case  *cases;
    size_t             case_count;
    const bench_count *counts;
    size_t             count_count;
} bench_table;

extern const bench_table bench_scalars, bench_tensors;

/* An allocator for tad_tape_new_with that counts. */
typedef struct bench_memory {
    size_t        bytes, peak;
    unsigned long calls;
} bench_memory;

tad_allocator bench_counting(bench_memory *memory);

/* The i-th of a fixed sequence of numbers in [-0.5, 0.5). */
double bench_number(unsigned i);

/* Seconds, from anywhere. */
double bench_now(void);

#define MODEL(name, shapes, function) tad_var function(const tad_var x[]);
#include "models.def"
#undef MODEL

/* Prints what the derivatives of each operation, and of models, cost; false if an operation has no row. */
bool bench_costs(bool wanted(const char *name, char *const words[]), char *const words[]);

/* A rule of <tad/tad.h> was not obeyed by the benchmark, or there is no memory: says so and ends with status 1. */
void bench_require(bool condition, const char *what);

#endif
