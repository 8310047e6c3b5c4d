#!/usr/bin/env python3
"""Writes tests/torch/*.txt: values and gradients by PyTorch, which tests/test_torch.c holds tad to.

    make golden-torch                     (needs PyTorch 1.13 or newer; neither building nor testing does)

The rows of tests/torch_cases.def have the names of the cases; golden.py says what a case is.
"""
import os
import sys

sys.dont_write_bytecode = True
from golden import FAMILIES, Family, torch

import torch.nn.functional as F

# ---- Elementwise ----

f = Family("elementwise")
for name in "square reciprocal neg abs relu sigmoid tanh exp exp2 expm1 sin cos atan sinh cosh asinh erf erfc".split():
    f.case(name, getattr(torch, name), "wide 13")
for name in "sqrt log log2 log10 log1p lgamma".split():
    f.case(name, getattr(torch, name), "positive 13")
for name in "tan asin acos atanh".split():
    f.case(name, getattr(torch, name), "any 13")
f.case("acosh", lambda x: torch.acosh(x + 1), "positive 13")


class Digamma(torch.autograd.Function):
    """With a derivative good to the last digits: torch.polygamma(1, x) is not, its f64 being 2e-10 off."""

    @staticmethod
    def forward(context, x):
        context.save_for_backward(x)
        return torch.digamma(x)

    @staticmethod
    def backward(context, gy):
        return gy * torch.special.zeta(2, context.saved_tensors[0])


f.case("digamma", Digamma.apply, "positive 13")
f.case("trigamma", lambda x: torch.special.zeta(2, x), "positive 13")
for name in "gelu silu selu hardtanh softsign mish softplus".split():
    f.case(name, getattr(F, name), "wide 19")
f.case("gelu_tanh", lambda x: F.gelu(x, approximate="tanh"), "wide 19")
f.case("log_sigmoid", F.logsigmoid, "wide 19")
f.case("logit", torch.logit, "unit 19")
f.case("elu", lambda x: F.elu(x, 1.5), "wide 19")
f.case("elu_1", F.elu, "wide 19")
f.case("leaky_relu", lambda x: F.leaky_relu(x, 0.125), "wide 19")
f.case("prelu", F.prelu, "wide 2,3,4", "unit 1")
f.case("clamp", lambda x: torch.clamp(x, -1.5, 1), "wide 19")
f.case("clamp_tensors", torch.clamp, "ties 19", "any 19", "positive 19")
for name in "add sub mul maximum minimum".split():
    f.case(name, getattr(torch, name), "wide 3,1,4", "wide 5,1")
f.case("maximum_ties", torch.maximum, "ties 4,5", "ties 5")
f.case("minimum_ties", torch.minimum, "ties 4,5", "ties 4,1")
f.case("div", torch.div, "wide 3,4", "positive 4")
f.case("pow", torch.pow, "positive 3,4", "wide 4")
f.case("hypot", torch.hypot, "wide 3,4", "positive 3,1")
f.case("atan2", torch.atan2, "wide 11", "wide 11")
f.case("copysign", torch.copysign, "wide 11", "const wide 11")
f.case("fmod", torch.fmod, "wide 11", "positive 11")
f.case("where", lambda c, a, b: torch.where(c != 0, a, b), "const bits 3,4", "any 4", "any 3,1")

# ---- Reductions and running sums ----

f = Family("reductions")
f.case("softmax", lambda x: F.softmax(x, -1), "wide 3,5")
f.case("softmax_first_axis", lambda x: F.softmax(x, 0), "wide 4,2,3")
f.case("log_softmax", lambda x: F.log_softmax(x, -1), "wide 3,5")
f.case("log_softmax_middle_axis", lambda x: F.log_softmax(x, 1), "wide 2,4,3")
f.case("sum", torch.sum, "any 3,5")
f.case("sum_axes", lambda x: torch.sum(x, (0, 2)), "any 3,2,4")
f.case("mean", torch.mean, "any 3,5")
f.case("mean_axes", lambda x: torch.mean(x, (1,), keepdim=True), "any 3,5")
f.case("prod", torch.prod, "positive 7")
f.case("prod_zeros", lambda x: torch.prod(x, 1), "ties 5,3")
f.case("prod_axes", lambda x: torch.prod(torch.prod(x, 2), 0), "wide 2,3,4")
f.case("logsumexp", lambda x: torch.logsumexp(x, (0, 1)), "wide 3,5")
f.case("logsumexp_axes", lambda x: torch.logsumexp(x, (0, 2), keepdim=True), "wide 2,3,4")
f.case("variance", lambda x: torch.var(x, unbiased=False), "wide 3,5")
f.case("variance_unbiased", lambda x: torch.var(x, (0, 2), unbiased=True), "wide 2,3,4")
f.case("std", lambda x: torch.std(x, unbiased=False), "wide 3,5")
f.case("std_unbiased", lambda x: torch.std(x, (1,), unbiased=True, keepdim=True), "wide 3,5")
f.case("norm", torch.linalg.vector_norm, "wide 3,5")
f.case("norm_axes", lambda x: torch.linalg.vector_norm(x, dim=(0, 2)), "wide 2,3,4")
f.case("max", torch.amax, "wide 3,5")
f.case("max_ties", lambda x: torch.amax(x, (0,)), "ties 7,4")
f.case("max_all_ties", lambda x: torch.amax(x, (0, 1)), "ties 3,5")
f.case("min_ties", lambda x: torch.amin(x, (0, 2), keepdim=True), "ties 3,2,4")
f.case("cumsum", lambda x: torch.cumsum(x, 1), "wide 2,5,2")
f.case("cumprod", lambda x: torch.cumprod(x, 0), "wide 5,3")
f.case("cumprod_zeros", lambda x: torch.cumprod(x, 1), "ties 3,6")


def linear_recurrence(a, b):
    y = [b[:, 0]]
    for i in range(1, b.shape[1]):
        y.append(a[:, i] * y[-1] + b[:, i])
    return torch.stack(y, 1)


f.case("linear_recurrence", linear_recurrence, "wide 3,5", "any 3,5")

# ---- Losses ----

f = Family("losses")
for reduction in ("mean", "sum", "none"):
    settings = {"reduction": reduction}
    f.case(f"cross_entropy_{reduction}", lambda x, t: F.cross_entropy(x, t, **settings), "wide 3,4", "index:4 3")
    f.case(f"cross_entropy_weights_{reduction}", lambda x, t, w: F.cross_entropy(x, t, w, **settings),
           "wide 3,4", "index:4 3", "const positive 4")
    f.case(f"cross_entropy_all_{reduction}",
           lambda x, t, w: F.cross_entropy(x, t, w, ignore_index=2, label_smoothing=0.125, **settings),
           "wide 2,4,3", "index:4 2,3", "const positive 4")
    f.case(f"cross_entropy_soft_{reduction}", lambda x, t, w: F.cross_entropy(x, t, w, label_smoothing=0.25, **settings),
           "wide 3,4", "unit 3,4", "const positive 4")
    f.case(f"nll_loss_{reduction}", lambda x, t, w: F.nll_loss(x, t, w, ignore_index=1, **settings),
           "wide 5,3", "index:3 5", "const positive 3")
    f.case(f"bce_{reduction}", lambda x, t: F.binary_cross_entropy_with_logits(x, t, **settings), "wide 3,4", "unit 3,4")
    f.case(f"bce_weights_{reduction}",
           lambda x, t, w, p: F.binary_cross_entropy_with_logits(x, t, w, pos_weight=p, **settings),
           "wide 3,4", "unit 3,4", "const positive 3,1", "const positive 4")
    f.case(f"mse_{reduction}", lambda x, t: F.mse_loss(x, t, **settings), "wide 3,4", "wide 3,4")
    f.case(f"l1_{reduction}", lambda x, t: F.l1_loss(x, t, **settings), "ties 3,4", "ties 3,4")
    f.case(f"huber_{reduction}", lambda x, t: F.huber_loss(x, t, delta=0.75, **settings), "wide 3,4", "wide 3,4")
    f.case(f"smooth_l1_{reduction}", lambda x, t: F.smooth_l1_loss(x, t, beta=0.75, **settings), "wide 3,4", "wide 3,4")
    f.case(f"kl_div_{reduction}", lambda x, t: F.kl_div(x, t, **settings), "wide 3,4", "unit 3,4")
f.case("cross_entropy_labels", lambda x, t: F.cross_entropy(x, t, label_smoothing=0.125), "wide 3,4", "index:4 3")
f.case("cross_entropy_one_sample", F.cross_entropy, "wide 5", "index:5")
f.case("cross_entropy_soft_pixels", F.cross_entropy, "wide 2,3,2,2", "unit 2,3,2,2")
f.case("huber_kinks", lambda x, t: F.huber_loss(x, t, reduction="none"), "ties 3,4", "ties 3,4")
f.case("kl_div_batchmean", lambda x, t: F.kl_div(x, t, reduction="batchmean"), "wide 3,4", "unit 3,4")
f.case("kl_div_zeros", lambda x, t: F.kl_div(x, t, reduction="sum"), "wide 3,4", "const bits 3,4")

# ---- Convolution and pooling ----

f = Family("convolution")
for name, x, w, b, settings in (
        ("plain", "2,2,7", "3,2,3", 3, {}),
        ("no_bias", "1,2,6", "3,2,2", 0, {}),
        ("stride_2", "1,2,8", "2,2,3", 2, {"stride": 2, "padding": 1}),
        ("stride_3", "1,1,11", "2,1,2", 2, {"stride": 3}),
        ("dilation_2", "1,2,9", "2,2,3", 2, {"dilation": 2, "padding": 2}),
        ("groups", "2,4,5", "4,2,3", 4, {"groups": 2, "padding": 1}),
        ("depthwise", "1,3,7", "6,1,3", 6, {"groups": 3, "stride": 2, "dilation": 2, "padding": 1})):
    f.case(f"conv1d_{name}", lambda *x: F.conv1d(*x, **settings), f"any {x}", f"any {w}", *([f"any {b}"] if b else []))
for name, x, w, b, settings in (
        ("plain", "2,2,4,3", "2,2,2,2", 2, {}),
        ("one_by_one", "1,3,3,2", "2,3,1,1", 2, {}),
        ("stride_padding", "1,2,5,4", "2,2,3,2", 2, {"stride": 2, "padding": 1}),
        ("uneven", "1,2,5,6", "2,2,2,3", 2, {"stride": (1, 2), "padding": (0, 2), "dilation": (2, 1)}),
        ("dilation", "1,1,6,5", "2,1,3,2", 2, {"dilation": 2, "padding": (1, 2)}),
        ("groups", "1,4,3,4", "4,2,2,3", 4, {"groups": 2, "padding": 1, "stride": (2, 1)}),
        ("depthwise", "2,2,4,4", "2,1,3,3", 0, {"groups": 2, "padding": 1})):
    f.case(f"conv2d_{name}", lambda *x: F.conv2d(*x, **settings), f"any {x}", f"any {w}", *([f"any {b}"] if b else []))
for name, x, w, b, settings in (
        ("plain", "2,2,3,2", "2,2,2,3", 2, {}),
        ("stride_padding", "1,2,3,3", "2,2,3,2", 2, {"stride": 2, "padding": 1}),
        ("output_padding", "1,2,2,3", "2,2,3,3", 2, {"stride": (3, 2), "padding": 1, "output_padding": (2, 1)}),
        ("dilation", "1,2,3,3", "2,1,2,3", 1, {"dilation": 2, "padding": (1, 2)}),
        ("groups", "1,4,2,3", "4,2,3,2", 4, {"groups": 2, "stride": (1, 2)})):
    f.case(f"conv_transpose2d_{name}", lambda *x: F.conv_transpose2d(*x, **settings), f"any {x}", f"any {w}", f"any {b}")
f.case("conv_transpose1d", lambda *x: F.conv_transpose1d(*x, stride=2, padding=1, output_padding=1, dilation=3),
       "any 2,2,4", "any 2,3,3", "any 3")

f = Family("pooling")
f.case("max_pool1d", lambda x: F.max_pool1d(x, 3, 2, 1), "any 2,2,7")
f.case("max_pool2d", lambda x: F.max_pool2d(x, 2), "any 2,2,4,5")
f.case("max_pool2d_uneven", lambda x: F.max_pool2d(x, (3, 2), (1, 2), (1, 0)), "any 1,2,5,4")
f.case("max_pool2d_dilation", lambda x: F.max_pool2d(x, 2, 1, 1, 2), "any 1,2,5,4")
f.case("max_pool2d_ties", lambda x: F.max_pool2d(x, 3, 1, 1), "ties 1,2,5,4")
f.case("avg_pool1d", lambda x: F.avg_pool1d(x, 3, 2, 1), "any 2,2,7")
f.case("avg_pool2d", lambda x: F.avg_pool2d(x, 2), "any 2,2,4,5")
f.case("avg_pool2d_padding", lambda x: F.avg_pool2d(x, (3, 2), (2, 1), 1), "any 1,2,5,4")
f.case("avg_pool2d_exclude", lambda x: F.avg_pool2d(x, (3, 2), (2, 1), 1, count_include_pad=False), "any 1,2,5,4")
f.case("adaptive_avg_pool2d", lambda x: F.adaptive_avg_pool2d(x, (3, 2)), "any 1,2,5,4")
f.case("adaptive_avg_pool2d_one", lambda x: F.adaptive_avg_pool2d(x, 1), "any 2,2,3,4")
f.case("adaptive_max_pool2d", lambda x: F.adaptive_max_pool2d(x, (2, 3)), "any 1,2,5,4")
f.case("adaptive_max_pool2d_ties", lambda x: F.adaptive_max_pool2d(x, (2, 2)), "ties 1,2,5,4")

# ---- Normalisation ----

f = Family("normalisation")


def statistics(x):
    axes = [axis for axis in range(x.dim()) if axis != 1]
    return x.mean(axes), x.var(axes, unbiased=False)


def along_channels(t, x):
    return t.reshape([1, -1] + [1] * (x.dim() - 2))


def normalise_with(x, mean, variance, gamma, beta, eps=1e-5):
    mean, variance, gamma, beta = (along_channels(t, x) for t in (mean, variance, gamma, beta))
    return (x - mean) / torch.sqrt(variance + eps) * gamma + beta


def rms_norm(x, gamma=None, n=1, eps=1e-5):
    y = x / torch.sqrt((x * x).mean([-1 - i for i in range(n)], keepdim=True) + eps)
    return y if gamma is None else y * gamma


f.case("layer_norm", lambda x, g, b: F.layer_norm(x, (5,), g, b), "wide 3,5", "positive 5", "any 5")
f.case("layer_norm_two_axes", lambda x, g, b: F.layer_norm(x, (3, 4), g, b), "wide 2,3,4", "positive 3,4", "any 3,4")
f.case("layer_norm_plain", lambda x: F.layer_norm(x, (7,), eps=0.125), "wide 2,7")
f.case("rms_norm", lambda x, g: rms_norm(x, g), "wide 3,5", "positive 5")
f.case("rms_norm_two_axes", lambda x: rms_norm(x, n=2, eps=0.125), "wide 2,3,4")
f.case("batch_norm", lambda x, g, b: F.batch_norm(x, None, None, g, b, training=True), "wide 6,3", "positive 3", "any 3")
f.case("batch_norm_pixels", lambda x, g, b: F.batch_norm(x, None, None, g, b, training=True, eps=0.125),
       "wide 2,3,2,3", "positive 3", "any 3")
f.case("batch_norm_plain", lambda x: F.batch_norm(x, None, None, training=True), "wide 4,2,3")
f.case("batch_norm_statistics", lambda x: torch.cat(statistics(x)), "wide 4,2,3")
f.case("batch_norm_inference", lambda x, m, v, g, b: F.batch_norm(x, m, v, g, b),
       "wide 2,3,4", "const any 3", "const positive 3", "positive 3", "any 3")
f.case("batch_norm_inference_all", normalise_with, "wide 2,3,4", "any 3", "positive 3", "positive 3", "any 3")
f.case("group_norm", lambda x, g, b: F.group_norm(x, 2, g, b), "wide 2,4,3", "positive 4", "any 4")
f.case("group_norm_one", lambda x: F.group_norm(x, 1), "wide 2,3,2,2")
f.case("instance_norm", lambda x, g, b: F.instance_norm(x, weight=g, bias=b), "wide 2,3,2,2", "positive 3", "any 3")

# ---- Sequences ----

f = Family("sequences")


def attention(q, k, v, mask=None, causal=False, scale=None):
    scores = q @ k.transpose(-1, -2) * (scale or q.shape[-1] ** -0.5)
    if causal:
        scores = scores.masked_fill(torch.ones(scores.shape[-2:]).triu(1).bool(), float("-inf"))
    return F.softmax(scores if mask is None else scores + mask, -1) @ v


f.case("attention", attention, "wide 3,4", "wide 5,4", "any 5,2")
f.case("attention_heads", attention, "wide 2,2,3,4", "wide 2,2,3,4", "any 2,2,3,4")
f.case("attention_causal", lambda q, k, v: attention(q, k, v, causal=True), "wide 2,5,3", "wide 2,5,3", "any 2,5,3")
f.case("attention_hidden", attention, "wide 2,3,4", "wide 2,4,4", "any 2,4,3", "const mask 3,4")
f.case("attention_bias", attention, "wide 2,3,4", "wide 2,4,4", "any 2,4,3", "any 3,4")
f.case("attention_all", lambda *x: attention(*x, causal=True, scale=0.25), "wide 2,4,3", "wide 2,4,3", "any 2,4,2", "any 4")
f.case("lstm_cell", lambda x, h, c, *w: torch.cat(torch.lstm_cell(x, (h, c), *w), 1),
       "wide 3,2", "any 3,4", "any 3,4", "any 16,2", "any 16,4", "any 16", "any 16")
f.case("gru_cell", torch.gru_cell, "wide 3,2", "any 3,4", "any 12,2", "any 12,4", "any 12", "any 12")

# ---- Shapes and indices ----

f = Family("indexing")
f.case("gather", lambda x, i: torch.gather(x, 0, i), "any 3,4", "index:3 5,4")
f.case("gather_last_axis", lambda x, i: torch.gather(x, -1, i), "any 2,3,4", "index:4 2,2,5")
f.case("scatter_add", lambda x, i, s: torch.scatter_add(x, 0, i, s), "any 3,4", "index:3 5,4", "any 5,4")
f.case("scatter_add_last_axis", lambda x, i, s: torch.scatter_add(x, 1, i, s), "any 3,4", "index:4 2,5", "any 2,5")
f.case("index_select", lambda x, i: torch.index_select(x, 1, i), "any 2,4,3", "index:4 6")
f.case("index_add", lambda x, i, s: torch.index_add(x, 1, i, s), "any 2,4,3", "index:4 6", "any 2,6,3")
f.case("take_along_axis", lambda x, i: torch.take_along_dim(x, i, 1), "any 3,4", "index:4 1,5")
f.case("embedding", lambda w, i: F.embedding(i, w), "any 5,3", "index:5 2,4")
f.case("concat", lambda *x: torch.cat(x, 1), "any 2,3", "any 2,1", "any 2,4")
f.case("stack", lambda *x: torch.stack(x, 1), "any 2,3", "any 2,3")
f.case("flip", lambda x: torch.flip(x, (0, 2)), "any 2,3,4")
f.case("roll", lambda x: torch.roll(x, 2, 1), "any 2,5")
f.case("permute", lambda x: torch.permute(x, (2, 0, 1)), "any 2,3,4")
f.case("tile", lambda x: torch.tile(x, (2, 3)), "any 2,2")
f.case("repeat_interleave", lambda x: torch.repeat_interleave(x, 3, 0), "any 2,3")
f.case("slice_step", lambda x: x[:, 1:6:2], "any 2,7")
f.case("pad_value", lambda x: F.pad(x, (1, 2), value=0.5), "any 2,3")
f.case("pad_reflect", lambda x: F.pad(x, (2, 1), mode="reflect"), "any 2,4")
f.case("pad_replicate", lambda x: F.pad(x, (2, 1), mode="replicate"), "any 2,4")
f.case("tril", lambda x: torch.tril(x, -1), "any 2,3,4")
f.case("triu", lambda x: torch.triu(x, 1), "any 2,3,4")
f.case("diagonal", lambda x: torch.diagonal(x, 1, -2, -1), "any 2,3,4")
f.case("diag", torch.diag_embed, "any 2,3")
f.case("trace", torch.trace, "any 3,3")
f.case("broadcast_to", lambda x: torch.broadcast_to(x, (2, 3, 4)), "any 3,1")

# ---- Linear algebra ----

f = Family("linalg")
L = torch.linalg


def signed_qr(x):
    q, r = L.qr(x)
    sign = torch.diagonal(r, 0, -2, -1).sign().detach()
    return q * sign[..., None, :], r * sign[..., :, None]


def signed_eigenvectors(x):
    vectors = L.eigh(x)[1]
    largest = torch.gather(vectors, -2, vectors.abs().argmax(-2, keepdim=True))
    return vectors * largest.sign().detach()


f.case("matmul", torch.matmul, "any 3,4", "any 4,2")
f.case("matmul_batches", torch.matmul, "any 2,1,3,4", "any 3,4,2")
f.case("matmul_vectors", torch.matmul, "any 4", "any 4,3")
f.case("dot", torch.dot, "any 5", "any 5")
f.case("outer", torch.outer, "any 3", "any 4")
f.case("cholesky", L.cholesky, "definite 4,4")
f.case("cholesky_batches", L.cholesky, "definite 2,3,3")
f.case("solve_lower", lambda a, b: L.solve_triangular(a, b, upper=False), "dominant 4,4", "any 4,2")
f.case("solve_upper", lambda a, b: L.solve_triangular(a, b, upper=True), "dominant 2,3,3", "any 2,3,2")
f.case("solve_transposed", lambda a, b: L.solve_triangular(a.mT, b, upper=True), "dominant 3,3", "any 3,2")
f.case("solve_unit", lambda a, b: L.solve_triangular(a, b, upper=False, unitriangular=True), "dominant 4,4", "any 4,1")
f.case("solve", L.solve, "dominant 4,4", "any 4,2")
f.case("solve_vector", L.solve, "dominant 3,3", "any 3")
f.case("solve_batches", L.solve, "dominant 2,3,3", "any 2,3,2")
f.case("inverse", L.inv, "dominant 2,3,3")
f.case("det", L.det, "dominant 2,3,3")
f.case("det_negative", lambda x: L.det(-x), "dominant 3,3")
f.case("logdet", lambda x: L.slogdet(x)[1], "dominant 2,4,4")
f.case("sign_of_det", lambda x: L.slogdet(-x)[0], "const dominant 2,3,3")
f.case("qr_q", lambda x: signed_qr(x)[0], "any 5,3")
f.case("qr_r", lambda x: signed_qr(x)[1], "any 2,4,3")
f.case("eigenvalues", L.eigvalsh, "symmetric 4,4")
f.case("eigenvalues_with_vectors", lambda x: L.eigh(x)[0], "symmetric 2,3,3")
f.case("eigenvectors", signed_eigenvectors, "symmetric 4,4")
for name, equation, *operands in (
        ("product", "ij,jk->ik", "3,4", "4,2"), ("batches", "bij,bkj->bik", "2,3,4", "2,2,4"),
        ("diagonal", "ii->i", "4,4"), ("all", "ij,ij->", "3,4", "3,4"), ("bilinear", "i,ij,j->", "3", "3,4", "4"),
        ("ellipsis", "...ij,...jk->...ki", "2,1,3,2", "3,2,4"), ("implied", "ba", "2,3"),
        ("chain", "ij,jk,kl->li", "2,3", "3,4", "4,2"), ("attention", "bqhd,bkhd->bhqk", "1,3,2,2", "1,2,2,2")):
    f.case(f"einsum_{name}", lambda *x: torch.einsum(equation, *x), *[f"any {o}" for o in operands])

# ---- Models ----

f = Family("models")


def perceptron(x, t, w1, b1, w2, b2):
    return F.mse_loss(torch.tanh(x @ w1 + b1) @ w2 + b2, t)


def convolutional(x, t, w1, b1, w2, b2, w3, b3):
    y = F.max_pool2d(F.relu(F.conv2d(x, w1, b1, padding=1)), 2)
    y = F.relu(F.conv2d(y, w2, b2)).mean((2, 3))
    return F.cross_entropy(y @ w3 + b3, t)


def lstm(x, t, start, w_ih, w_hh, b_ih, b_hh, w, b):
    h, c, loss = start, start, 0
    for step in range(x.shape[0]):
        h, c = torch.lstm_cell(x[step], (h, c), w_ih, w_hh, b_ih, b_hh)
        loss = loss + F.mse_loss(h @ w + b, t[step])
    return loss


def transformer(x, t, gamma1, beta1, w_in, b_in, w_out, b_out, gamma2, beta2, w1, b1, w2, b2, w):
    batch, length, width = x.shape
    y = F.layer_norm(x, (width,), gamma1, beta1) @ w_in + b_in
    q, k, v = (part.reshape(batch, length, 2, width // 2).permute(0, 2, 1, 3) for part in y.split(width, 2))
    y = attention(q, k, v, causal=True).permute(0, 2, 1, 3).reshape(x.shape)
    x = x + y @ w_out + b_out
    y = F.layer_norm(x, (width,), gamma2, beta2)
    x = x + F.gelu(y @ w1 + b1) @ w2 + b2
    return F.cross_entropy((x @ w).reshape(batch * length, -1), t)


f.case("perceptron", perceptron, "const any 6,3", "const unit 6,2", "any 3,5", "any 5", "any 5,2", "any 2", train=0.25)
f.case("convolutional", convolutional, "const any 3,1,6,6", "index:3 3", "any 3,1,3,3", "any 3", "any 4,3,2,2", "any 4",
       "any 4,3", "any 3", train=0.25)
f.case("lstm", lstm, "const any 4,3,2", "const any 4,3,1", "const zero 3,4", "any 16,2", "any 16,4", "any 16", "any 16",
       "any 4,1", "any 1", train=0.125)
f.case("transformer", transformer, "const any 2,4,6", "index:5 8", "positive 6", "any 6", "any 6,18", "any 18", "any 6,6",
       "any 6", "positive 6", "any 6", "any 6,8", "any 8", "any 8,6", "any 6", "any 6,5", train=0.125)

for f in FAMILIES:
    f.write(sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__)))
