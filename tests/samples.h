/* Cases that every operation of the library is tested with: shapes, how the operands lie in memory, and values. Nothing
 * here names an operation: elementwise ones bring their domain and kink, the others their samples (see tad/op.h). */
#ifndef TESTS_SAMPLES_H
#define TESTS_SAMPLES_H

#include <tad/tad.h>

enum { SAMPLE_OPERANDS = 8, SAMPLE_ELEMENTS = 1024 };

/* How an operand comes about: as a leaf of its own shape, or as a view of another leaf. */
typedef enum sample_layout {
    SAMPLE_PLAIN,
    SAMPLE_TRANSPOSED, /* the last two axes swapped */
    SAMPLE_SLICED,     /* a part of a longer last axis */
    SAMPLE_REPEATED,   /* the first axis repeats one row */
    SAMPLE_FLIPPED,    /* the last axis in reverse */
} sample_layout;

typedef struct sample_operand {
    int           rank;
    int64_t       dims[TAD_MAX_RANK];
    sample_layout layout;
    int64_t       below; /* indices from 0 to below this; 0: floats */
} sample_operand;

typedef struct sample {
    const tad_op  *op;
    const void    *attributes;
    int            n;
    sample_operand in[SAMPLE_OPERANDS];
    unsigned       wanted; /* bit k: operand k is differentiable */
    bool           large;  /* too many elements for differences */
    uint64_t       seed;
} sample;

typedef void sample_visitor(const sample *s, void *user);

/* Visits every sample of an operation, with each non-empty subset of its operands wanted; returns how many. */
size_t sample_each(const tad_op *op, sample_visitor *visit, void *user);

/* Is this operation to be tested? All are, unless the environment has TAD_OPS=name,name: then those are. */
bool sample_chosen(const tad_op *op);

/* The leaves of a sample: numbers that a float can hold, in the operation's domain and away from its kink, and indices. */
void sample_leaves(const sample *s, tad_tape *tape, tad_dtype dtype, tad_var leaves[]);

/* The operands as views of the leaves, and prepared as the operation wants it. */
void sample_operands(const sample *s, const tad_var leaves[], tad_var x[]);

/* A tad_function: the sample (`user`) applied to its leaves. */
tad_var sample_record(void *user, size_t n, const tad_var leaves[]);

/* Random operands for an elementwise operation: `count` numbers for each operand, of which any two make a pair away from
 * the kink. */
void sample_numbers(const tad_op *op, uint64_t seed, int64_t count, double a[], double b[]);

/* A constant of the shape and type of x: numbers of magnitude 0.5 to 1.5 and either sign, that a float can hold. */
tad_var sample_random_like(tad_var x, uint64_t seed);

/* The value, or the adjoint, of x as doubles; returns how many, -1 after an error. */
int64_t sample_read(tad_var x, double out[SAMPLE_ELEMENTS]);
int64_t sample_read_gradient(tad_var x, double out[SAMPLE_ELEMENTS]);

/* "mul([3, 5] transposed, [5]), wanted 2". Static storage. */
const char *sample_text(const sample *s);

#endif
