/* A part of a tape computed once more, with pairs of doubles in place of numbers (tensor/pair.h). */
#ifndef TAD__TOOLS_EXACT_H
#define TAD__TOOLS_EXACT_H

#include "ops/expression.h"
#include "tape/tape.h"
#include "tensor/pair.h"

/* The texts of rows that have no function of pairs, parsed so far. */
typedef struct tad__exact_rows {
    tad__expression text[TAD__ROWS];
} tad__exact_rows;

/* The value of a node. */
typedef struct tad__exact_value {
    tad__pair number;    /* of a scalar */
    double   *data;      /* of any other node: all first parts, then all second ones, in C order */
    bool      estimated; /* rests on something that is not known to so many digits */
} tad__exact_value;

typedef struct tad__exact tad__exact;
struct tad__exact {
    tad_tape         *tape;
    const void       *caller;
    const char       *name;  /* the public function, for errors */
    const tad__exact *below; /* the nodes below `low`: for what is recorded in passing */
    int               depth; /* how often it is recorded within what is recorded */
    uint32_t          low, high;
    tad__exact_value *values;
    tad__arena        arena;
    tad__exact_rows  *rows;
    uint64_t seed; /* of random roundings: of the last bits of pairs, and of doubles where there is nothing better */
};

/* Computes the n values y, and what they are made of. Whatever the outcome, tad__exact_close has to follow. */
tad_status tad__exact_run(tad__exact *e, size_t n, const tad_var y[]);
void       tad__exact_close(tad__exact *e);

/* Element `element` in C order; whether it is estimated. */
tad__pair tad__exact_at(const tad__exact *e, uint32_t id, int64_t element);
bool      tad__exact_is_estimated(const tad__exact *e, uint32_t id);

/* ---- for the files exact_*.c ---- */

/* One node: arrays of first and of second parts of its operands and its result. Integers have no second parts (NULL). */
typedef struct tad__exact_node {
    tad__exact *e;
    uint32_t    id;
    tad_call    call; /* with hi and out_hi */
    tad_array   hi[TAD_MAX_ARITY], lo[TAD_MAX_ARITY], out_hi, out_lo;
    bool        estimated;
    tad_status  refused;
    void       *scratch;
} tad__exact_node;

static inline tad__pair tad__exact_get(const tad_array *hi, const tad_array *lo, int64_t offset)
{
    return (tad__pair){((const double *)hi->data)[offset], ((const double *)lo->data)[offset]};
}

static inline void tad__exact_put(const tad__exact_node *node, int64_t offset, tad__pair value)
{
    ((double *)node->out_hi.data)[offset] = value.hi;
    ((double *)node->out_lo.data)[offset] = value.lo;
}

/* Makes sure that the row can be computed. */
tad_status tad__exact_prepare(const tad__exact *e, int row);

/* A row of pairs, for element i of node `id`. *estimated is set where its functions are not exact. */
tad__pair tad__exact_row(const tad__exact *e, uint32_t id, int64_t i, tad__pair a, tad__pair b, bool *estimated);

/* An elementwise operation of the table, and tad_where. */
tad_status tad__exact_elementwise(tad__exact_node *node);

/* Runs op->forward on the arrays in node->call, into `out`. */
tad_status tad__exact_forward(tad__exact_node *node, const tad_array *out);

/* Is it a sum of elements, or of products of elements of two operands? Then it is computed, exactly. */
bool       tad__exact_is_sum(const tad_op *op);
tad_status tad__exact_sums(tad__exact_node *node);

#endif
