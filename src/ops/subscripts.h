/* What the equation of an einsum says: a label for each axis of each operand and of the result. */
#ifndef TAD__OPS_SUBSCRIPTS_H
#define TAD__OPS_SUBSCRIPTS_H

#include <tad/op.h>

enum { TAD__EINSUM_OPERANDS = 8, TAD__EINSUM_LETTERS = 52, TAD__EINSUM_LABELS = TAD__EINSUM_LETTERS + TAD_MAX_RANK };

/* The label of each axis: a letter in the order A-Z, a-z, or behind these one of the axes that an ellipsis stands for, the
 * last of which has the last label. */
typedef struct tad__subscripts {
    int n;
    int label[TAD_MAX_RANK];
} tad__subscripts;

typedef struct tad__einsum_plan {
    int             n;
    tad__subscripts in[TAD__EINSUM_OPERANDS], out;
    int64_t         size[TAD__EINSUM_LABELS]; /* -1: not used */
} tad__einsum_plan;

static inline uint64_t tad__label_bit(int label)
{
    return (uint64_t)1 << label;
}

uint64_t tad__label_set(const tad__subscripts *s);

/* Parses the equation for operands of these shapes, or refuses it, with the column and what was expected. The call may be
 * NULL for what was not refused before. */
tad_status tad__plan_einsum(const tad_call *call, const char *equation, int n, const tad_array in[],
                            tad__einsum_plan *whole);

/* The labels that are needed once the first k operands are one. */
uint64_t tad__needed_after(const tad__einsum_plan *whole, int k);

#endif
