#!/usr/bin/env python3
"""Writes tests/torch/optim.txt: parameters after 1, 10 and 100 steps, and rates of schedules, by PyTorch 1.13.

A case is a line "case NAME", and lines "steps T NUMBER..." with the 37 elements after T steps; or "schedule NAME NUMBER...".
The tests have the same start, w[i] = (i * 37 % 101 - 50) / 32, and the same gradients in step t = 0, 1, ...:
g[i] = (1 + i % 5) / 8 * (w[i] - (i % 7 - 3) / 4) + ((t * 7 + i * 3) % 11 - 5) / 16.
"""
import os

import torch
from torch.optim import SGD, Adagrad, Adam, AdamW, RMSprop
from torch.optim.lr_scheduler import CosineAnnealingLR, OneCycleLR, StepLR
from torch.optim.swa_utils import AveragedModel

torch.set_num_threads(1)
N = 37
i = torch.arange(N, dtype=torch.float64)
slope, centre = (1 + i % 5) / 8, (i % 7 - 3) / 4
out = open(os.path.join(os.path.dirname(__file__), "optim.txt"), "w")


def words(numbers):
    return " ".join(repr(float(x)) for x in numbers)


def case(name, make, clip_norm=0, clip_value=0, mean=0):
    model = torch.nn.ParameterList([torch.nn.Parameter((i * 37 % 101 - 50) / 32)])
    w = model[0]
    optimiser = make([w])
    average = AveragedModel(model, avg_fn=lambda a, x, n: mean * a + (1 - mean) * x) if mean else None
    print("case", name, file=out)
    for t in range(100):
        w.grad = (slope * (w.detach() - centre) + ((t * 7 + i * 3) % 11 - 5) / 16)
        if clip_norm:
            torch.nn.utils.clip_grad_norm_([w], clip_norm)
        if clip_value:
            torch.nn.utils.clip_grad_value_([w], clip_value)
        optimiser.step()
        if average:
            average.update_parameters(model)
        if t + 1 in (1, 10, 100):
            print("steps", t + 1, words((average.module[0] if average else w).detach()), file=out)


case("sgd", lambda p: SGD(p, 0.05))
case("sgd_decay", lambda p: SGD(p, 0.05, weight_decay=0.1))
case("sgd_momentum", lambda p: SGD(p, 0.05, momentum=0.9))
case("sgd_dampening", lambda p: SGD(p, 0.05, momentum=0.9, dampening=0.5, weight_decay=0.01))
case("sgd_nesterov", lambda p: SGD(p, 0.05, momentum=0.9, nesterov=True, weight_decay=0.01))
case("adam", lambda p: Adam(p))
case("adam_numbers", lambda p: Adam(p, 0.05, betas=(0.8, 0.95), eps=1e-4, weight_decay=0.1))
case("adam_amsgrad", lambda p: Adam(p, 0.05, amsgrad=True))
case("adamw", lambda p: AdamW(p, 0.05, weight_decay=0.01))
case("adamw_amsgrad", lambda p: AdamW(p, 0.05, weight_decay=0.1, amsgrad=True))
case("rmsprop", lambda p: RMSprop(p))
case("rmsprop_momentum", lambda p: RMSprop(p, 0.01, alpha=0.9, momentum=0.9, weight_decay=0.1))
case("rmsprop_centred", lambda p: RMSprop(p, 0.01, alpha=0.9, eps=1e-3, centered=True))
case("rmsprop_both", lambda p: RMSprop(p, 0.01, alpha=0.9, eps=1e-3, centered=True, momentum=0.5))
case("adagrad", lambda p: Adagrad(p))
case("adagrad_numbers", lambda p: Adagrad(p, 0.1, lr_decay=0.01, weight_decay=0.1, eps=1e-3))
case("clip_norm", lambda p: SGD(p, 0.05, momentum=0.9), clip_norm=0.5)
case("clip_value", lambda p: Adam(p, 0.05), clip_value=0.25)
case("clip_both", lambda p: SGD(p, 0.05), clip_norm=1.5, clip_value=0.125)
case("average", lambda p: SGD(p, 0.05), mean=0.9)


def schedule(name, make, steps):
    optimiser = SGD([torch.nn.Parameter(torch.zeros(1))], 0.25)
    scheduler, rates = make(optimiser), []
    for _ in range(steps):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        scheduler.step()
    print("schedule", name, words(rates), file=out)


schedule("step", lambda o: StepLR(o, 7, gamma=0.5), 40)
schedule("cosine", lambda o: CosineAnnealingLR(o, 30, eta_min=0.01), 30)
schedule("one_cycle", lambda o: OneCycleLR(o, 0.25, total_steps=40), 40)
