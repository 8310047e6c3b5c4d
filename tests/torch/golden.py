"""What make_golden.py runs its cases with: operands by formula, values and gradients by PyTorch, and files of them.

A file has cases, and a case, word by word,

    case NAME
    train RATE                            (models only: a step takes RATE times the gradient off the parameters)
    x KIND SHAPE                          an operand that is differentiated
    const KIND SHAPE                      one that is not; index:N is one of indices below N
    f64 y SHAPE NUMBER...                 the value; of a model, the losses step by step
    f64 g0 SHAPE NUMBER...                the gradient with respect to operand 0, given the cotangent; of a model, of step one
    f64 p0 SHAPE NUMBER...                models only: operand 0 after all steps
    f32 ...                               the same once more

Operands are not stored: element i (in C order) of operand k, counted from 1, follows from (i * 37 + k * 11) % 101 by kind,
exactly in either element type. The cotangent is operand 0, of kind any.
"""
import os
import sys
import warnings

os.environ["ATEN_CPU_CAPABILITY"] = "default"  # the same kernels on every machine

try:
    import torch
except ImportError:
    sys.exit("make golden-torch needs PyTorch (Debian: python3-torch), and PYTHON=... if another Python has it")

warnings.filterwarnings("ignore", message="reduction: .mean. divides")  # of kl_div: that is meant
torch.set_num_threads(1)
torch.backends.mkldnn.enabled = False
torch.use_deterministic_algorithms(True)

DTYPES = {"f64": torch.float64, "f32": torch.float32}
STEPS = 10


def mixed(i, k):
    return (i * 37 + k * 11) % 101


NUMBERS = {
    "any": lambda m: (m - 50) / 64,
    "wide": lambda m: (m - 50) / 16,
    "positive": lambda m: (m + 16) / 64,
    "unit": lambda m: (m + 13) / 128,
    "ties": lambda m: float(m % 5 - 2),
    "bits": lambda m: float(m % 2),
    "mask": lambda m: float("-inf") if m % 3 == 0 else 0.0,
    "zero": lambda m: 0.0,
}
MATRICES = {"symmetric", "definite", "dominant"}  # numbers of kind any; symmetric; with n added to the diagonal


def element(kind, k, i, n):
    if kind not in MATRICES:
        return NUMBERS[kind](mixed(i, k))
    matrix, row, column = i // (n * n), i // n % n, i % n
    if kind != "dominant":
        i = (matrix * n + min(row, column)) * n + max(row, column)
    return NUMBERS["any"](mixed(i, k)) + (n if row == column and kind != "symmetric" else 0)


def numbers(kind, k, shape, dtype):
    count = 1
    for size in shape:
        count *= size
    if kind.startswith("index:"):
        below = int(kind[6:])
        return torch.tensor([mixed(i, k) % below for i in range(count)], dtype=torch.int64).reshape(shape)
    n = shape[-1] if shape else 1
    exact = torch.tensor([element(kind, k, i, n) for i in range(count)], dtype=torch.float64).reshape(shape)
    assert (exact.float().double() == exact).all()
    return exact.to(dtype)


class Operand:
    """As written: "any 2,3", "const any 2,3", "index:4 3"; no sizes: a scalar."""

    def __init__(self, text, k):
        words = text.split()
        self.wanted = words[0] != "const" and not words[0].startswith("index:")
        if words[0] == "const":
            words = words[1:]
        self.kind, self.k = words[0], k
        self.shape = [int(size) for size in words[1].split(",")] if len(words) > 1 else []

    def make(self, dtype):
        made = numbers(self.kind, self.k, self.shape, dtype)
        return made.requires_grad_() if self.wanted else made

    def line(self):
        return f"{'x' if self.wanted else 'const'} {self.kind} {shape_text(self.shape)}"


def shape_text(shape):
    return "[" + ",".join(str(size) for size in shape) + "]"


class Family:
    """One file."""

    def __init__(self, name):
        self.name, self.lines, self.cases, self.spread = name, [], 0, 0.0
        FAMILIES.append(self)

    def case(self, name, function, *operands, train=None):
        operands = [Operand(text, k + 1) for k, text in enumerate(operands)]
        self.lines += [f"case {name}"] + ([f"train {train}"] if train else []) + [o.line() for o in operands]
        results = {}
        for dtype_name, dtype in DTYPES.items():
            results[dtype_name] = run(function, operands, dtype) if not train else fit(function, operands, dtype, train)
            for key, tensor in results[dtype_name].items():
                assert tensor.dtype == dtype and not tensor.isnan().any(), f"{name}: {dtype_name} {key}"
                digits = ".17g" if dtype_name == "f64" else ".9g"
                self.lines.append(" ".join([dtype_name, key, shape_text(tensor.shape)] +
                                           [format(v, digits) for v in tensor.flatten().tolist()]))
        for key, exact in results["f64"].items():
            self.spread = max(self.spread, distance(name, key, results["f32"][key].double(), exact))
        self.cases += 1

    def write(self, folder):
        path = os.path.join(folder, self.name + ".txt")
        with open(path, "w") as file:
            file.write("\n".join(self.lines) + "\n")
        print(f"{path}: {self.cases} cases, {os.path.getsize(path)} bytes; f32 is within {self.spread:.1e} of f64")


FAMILIES = []


def distance(name, key, found, exact):
    """How far f32 is from f64, relative to 1 + the largest magnitude: what f32 is good for in this case."""
    finite = exact.isfinite()
    assert (found[~finite] == exact[~finite]).all()
    if not finite.any():
        return 0.0
    far = ((found - exact)[finite].abs().max() / (1 + exact[finite].abs().max())).item()
    if far > 5e-7:
        print(f"note: {name} {key} is {far:.1e} off in f32")
    return far


def gradients(y, cotangent, operands, x):
    wanted = [k for k, o in enumerate(operands) if o.wanted]
    if not wanted:
        return {}
    return dict(zip((f"g{k}" for k in wanted), torch.autograd.grad(y, [x[k] for k in wanted], cotangent)))


def run(function, operands, dtype):
    x = [o.make(dtype) for o in operands]
    y = function(*x)
    cotangent = numbers("any", 0, list(y.shape), dtype)
    return {"y": y.detach(), **gradients(y, cotangent, operands, x)}


def fit(function, operands, dtype, rate):
    """Plain gradient descent. The rate is a power of two, so that a step is rounded once, however it is computed."""
    x, losses, first = [o.make(dtype) for o in operands], [], None
    for _ in range(STEPS):
        loss = function(*x)
        losses.append(loss.detach())
        g = gradients(loss, None, operands, x)
        first = first or g
        x = [(t - rate * g[f"g{k}"]).detach().requires_grad_() if o.wanted else t
             for k, (o, t) in enumerate(zip(operands, x))]
    return {"y": torch.stack(losses), **first,
            **{f"p{k}": x[k].detach() for k, o in enumerate(operands) if o.wanted}}
