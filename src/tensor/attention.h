/* Scaled dot-product attention of one head, in blocks: of the queries x keys matrix of weights there is never more than one
 * block. Method: T. Dao, D. Fu, S. Ermon, A. Rudra, C. Re, FlashAttention, NeurIPS 2022, algorithms 1 and 4. */
#ifndef TAD__TENSOR_ATTENTION_H
#define TAD__TENSOR_ATTENTION_H

#include "tensor/gemm.h"

/* A block has at most so many queries and keys. (Measured with 8,192 positions of 64 floats: more keys are slower, fewer of
 * either, too.) */
enum { TAD__ATTENTION_QUERIES = 256, TAD__ATTENTION_KEYS = 256 };

/* scores = scale q k' + mask; out = softmax(scores) v, with the logarithm of the sum of exp(scores) in one more column. */
typedef struct tad__attention {
    int64_t     queries, keys, width, value_width;
    double      scale;
    bool        causal; /* query i sees keys 0 to i */
    tad__matrix q, k, v, out;
    tad__matrix mask;                  /* data is NULL: none */
    tad__matrix g_out;                 /* backward: of the shape of out */
    tad__matrix g_q, g_k, g_v, g_mask; /* backward: added to, where data is not NULL */
} tad__attention;

/* Bytes of scratch for either direction. */
size_t tad__attention_scratch(const tad__attention *a, tad_dtype dtype);

void tad__attention_forward(const tad__attention *a, tad_dtype dtype, void *scratch);
void tad__attention_backward(const tad__attention *a, tad_dtype dtype, void *scratch);

void tad__attention_forward_f32(const tad__attention *a, float *scratch);
void tad__attention_forward_f64(const tad__attention *a, double *scratch);
void tad__attention_backward_f32(const tad__attention *a, float *scratch);
void tad__attention_backward_f64(const tad__attention *a, double *scratch);

#endif
