/* The table made of elementwise.def: operations, kernels and numbers of the rows. */
#ifndef TAD__OPS_ELEMENTWISE_H
#define TAD__OPS_ELEMENTWISE_H

#include <tad/op.h>

/* TAD__ROW_add, ...: the number of a row. */
enum {
#define UNARY(name, ...) TAD__ROW_##name,
#define BINARY(name, ...) TAD__ROW_##name,
#include "ops/elementwise.def"
#undef UNARY
#undef BINARY
    TAD__ROWS
};

/* Is a partial derivative 0 everywhere? Then nothing is handed on, not even 0 * infinity. */
#define TAD__VANISHES(partial) (sizeof #partial == 2 && *#partial == '0')

extern const tad_op tad__elementwise[TAD__ROWS];

/* The choice c ? a : b of the rows' texts. */
extern const tad_op tad__op_where;

/* For operations given by `value`: the shape and element type that broadcasting gives, and the numbers. */
tad_status tad__elementwise_shape(const tad_call *call);
void       tad__elementwise_map(const tad_call *call);

/* The `depends` of whatever is elementwise, with broadcasting, but not by text. */
bool tad__elementwise_depends(const tad_call *call, int k, tad_array *out, tad_array *in);

/* Has the operation the text of a derivative for each operand? */
static inline bool tad__has_partials(const tad_op *op)
{
    return op->partial[0] && (op->arity == 1 || (op->arity == 2 && op->partial[1]));
}

/* Is its derivative 0 everywhere, as that of a comparison? */
static inline bool tad__is_piecewise_constant(const tad_op *op)
{
    const char *last = op->partial[op->arity == 2];
    return op->partial[0] && last && op->partial[0][0] == '0' && !op->partial[0][1] && last[0] == '0' && !last[1];
}

/* The row's number if it is an elementwise built-in, -1 otherwise. */
int tad__row_of(const tad_op *op);

/* A run of n elements for a kernel. Strides in elements; y and gy are contiguous. */
typedef struct tad__run {
    int64_t     n;
    const void *a, *b; /* a is x for unary rows */
    int64_t     stride_a, stride_b;
    const void *y, *gy;
    void       *out;        /* forward: y, contiguous; pull: the adjoint to add to */
    int64_t     stride_out; /* pull: 1, or 0 to sum the run into one element */
} tad__run;

typedef void tad__kernel(const tad__run *run);

/* Kernels of a row, by element type. */
typedef struct tad__kernels {
    tad__kernel *forward;
    tad__kernel *pull[2]; /* out += gy * partial of operand k */
} tad__kernels;

extern const tad__kernels tad__kernels_f32[TAD__ROWS];
extern const tad__kernels tad__kernels_f64[TAD__ROWS];

#endif
