/**
 * tad/losses.h - losses. What is common to all is told in operations.h.
 *
 * Written by `make headers` from the files of src/ops: change those, not this one.
 */
#ifndef TAD_LOSSES_H
#define TAD_LOSSES_H

#include <tad/options.h>
#include <tad/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Binary cross-entropy of logits x with targets t, mostly 0 to 1: weight (pos_weight t log(1 + exp(-x)) + (1 - t) log(1 +
 * exp(x))), as PyTorch's binary_cross_entropy_with_logits, and their mean, sum or none of it. Exact to the last digits also for
 * large x; a term whose factor, t or 1 - t, is 0 counts nothing even if x is infinite. All operands get a gradient; dx:
 * weight ((1 - t) sigmoid(x) - pos_weight t sigmoid(-x)). The mean of no numbers is NaN. `options` may be NULL.
 * Errors: TAD_ESHAPE (t has another shape than x, or a weight does not broadcast to it), TAD_EARG (no such reduction). */
TAD_API tad_var tad_bce_with_logits(tad_var x, tad_var target, const tad_bce_options *options);

/** Negative log-likelihood: as tad_cross_entropy with class indices, for x that are logarithms of probabilities already. */
TAD_API tad_var tad_nll_loss(tad_var x, tad_var targets, const tad_cross_entropy_options *options);

/** Cross-entropy of logits, [N, C] or [N, C, ...] with the C classes along axis 1, or [C], as PyTorch's cross_entropy. With
 * p = log_softmax(logits), weights w (1 by default) and label smoothing s (0 by default):
 *
 * class indices, targets of TAD_I64 and the logits' shape without C: a sample of class t loses
 *     -(1 - s) w[t] p[t] - s / C sum over c of w[c] p[c],
 * or 0 if t is the ignored index, and the mean is the sum divided by the sum of w[t] of those not ignored;
 *
 * probabilities, targets of the logits' type and shape: a sample loses
 *     -sum over c of w[c] ((1 - s) t[c] + s / C) p[c],
 * where a class of probability 0 counts nothing even if its logit is -INFINITY, and the mean is the sum divided by the number
 * of samples.
 *
 * Gradients flow to the logits, to the weights, and to targets that are probabilities. The mean of no samples (an empty batch,
 * or all ignored) is NaN with gradient 0, as PyTorch's. `options` may be NULL. Large logits do not overflow; for NaN and
 * infinities see tad_log_softmax. Errors: TAD_ESHAPE (targets or weights do not fit), TAD_EINDEX (a target neither below C nor
 * ignored), TAD_EARG (label smoothing outside 0..1, no such reduction), TAD_EDTYPE. */
TAD_API tad_var tad_cross_entropy(tad_var logits, tad_var targets, const tad_cross_entropy_options *options);

/** Mean squared error: (x - target)^2, and their mean, sum or none of it. x and target have the same shape, and both get a
 * gradient; so in all losses here. The mean of no numbers is NaN. Errors: TAD_ESHAPE (another shape; nothing broadcasts),
 * TAD_EARG (no such reduction). */
TAD_API tad_var tad_mse_loss(tad_var x, tad_var target, tad_reduction reduction);

/** Mean absolute error: |x - target|, with derivative 0 where they are equal; otherwise as tad_mse_loss. */
TAD_API tad_var tad_l1_loss(tad_var x, tad_var target, tad_reduction reduction);

/** With d = |x - target|: d^2 / 2 up to delta, and delta (d - delta / 2) beyond it. The second derivative jumps at delta.
 * Source: P. Huber, Ann. Math. Statist. 35 (1964), 73-101. Errors: TAD_EARG (delta not above 0), and as tad_mse_loss. */
TAD_API tad_var tad_huber_loss(tad_var x, tad_var target, double delta, tad_reduction reduction);

/** With d = |x - target|: d^2 / (2 beta) up to beta, and d - beta / 2 beyond it: tad_huber_loss divided by beta. For beta = 0
 * it is tad_l1_loss. Errors: TAD_EARG (beta negative or NaN), and as tad_mse_loss. */
TAD_API tad_var tad_smooth_l1_loss(tad_var x, tad_var target, double beta, tad_reduction reduction);

/** Kullback-Leibler divergence of target, probabilities, from x, logarithms of probabilities: target (log(target) - x). Where
 * target is 0 it is 0, and so are both gradients, even if x is -INFINITY. TAD_MEAN divides by the number of elements, as
 * PyTorch's does, and TAD_BATCH_MEAN, the divergence proper, by the size of the first axis. Errors: as tad_mse_loss. */
TAD_API tad_var tad_kl_div(tad_var x, tad_var target, tad_reduction reduction);

#ifdef __cplusplus
}
#endif
#endif
