#!/usr/bin/env python3
"""What `mlgate diff` says of files of torch.save against what torch.load and numpy say: random state_dicts of every type,
views, shared and expanded storages, checkpoints with optimizers. Needs PyTorch (python3-torch) and numpy.

    /usr/bin/python3 tests/oracles/torch_files.py [MLGATE] [FILES] [SEED]      (build/bin/mlgate, 200 pairs, 1)
"""
import json
import math
import random
import subprocess
import sys
import tempfile
from collections import OrderedDict
from pathlib import Path

import numpy
import torch

FLOATS = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.complex64, torch.complex128]
WHOLES = [torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool]


def random_tensor(dtype, shape):
    if dtype in WHOLES:
        return torch.randint(0, 2 if dtype == torch.bool else 100, shape).to(dtype)
    tensor = torch.randn(shape, dtype=torch.complex128 if dtype.is_complex else torch.float64)
    tensor = (tensor * 10.0 ** random.randint(-4, 4)).to(dtype)
    if tensor.numel() > 2 and random.random() < 0.3:
        tensor.view(-1)[random.randrange(tensor.numel())] = random.choice([math.nan, math.inf, -0.0, 0.0])
    return tensor


def random_layout(tensor):
    """The same tensor, laid out otherwise in its storage."""
    choice = random.randrange(5)
    if choice == 1 and tensor.dim() > 1:
        return tensor.transpose(0, -1).contiguous().transpose(0, -1)
    if choice == 2:
        room = torch.zeros(tensor.numel() * 2 + 3, dtype=tensor.dtype)
        view = room[3:].as_strided(tensor.shape, [2 * step for step in tensor.contiguous().stride()])
        view.copy_(tensor)
        return view
    if choice == 3:
        return torch.nn.Parameter(tensor, requires_grad=False)
    return tensor.clone()


def moved(tensor):
    """A few elements otherwise; sometimes none, sometimes of another shape or type."""
    other, chance = tensor.clone(), random.random()
    if chance < 0.3 or not tensor.numel():
        return other
    if chance < 0.35:
        return other.unsqueeze(0)
    if chance < 0.4:
        return other.to(torch.float32 if other.dtype == torch.float64 else torch.float64)
    flat = other.contiguous().view(-1)
    for _ in range(random.randint(1, 3)):
        at = random.randrange(flat.numel())
        if other.dtype == torch.bool:
            flat[at] = not flat[at]
        elif other.dtype in WHOLES:
            flat[at] = int(flat[at]) ^ random.randint(1, 7)
        else:
            flat[at] = random.choice([flat[at] * (1 + 10.0 ** -random.randint(1, 6)), -flat[at], flat[at] * 0])
    return flat.view(other.shape)


def random_weights():
    found = OrderedDict()
    for i in range(random.randint(1, 6)):
        shape = [random.randint(0 if random.random() < 0.1 else 1, 5) for _ in range(random.randint(0, 4))]
        found[f"layer{i}.weight"] = random_tensor(random.choice(FLOATS + WHOLES), shape)
    return found


def shuffled(items):
    items = list(items)
    random.shuffle(items)
    return items


def random_pair():
    a = random_weights()
    b = OrderedDict((name, random_layout(moved(tensor))) for name, tensor in shuffled(a.items()))
    if random.random() < 0.3:
        shared = torch.randn(12)
        a["tied"], a["tied.part"] = shared, shared[3:7]
        b["tied"], b["tied.part"] = shared + 0, shared[3:7].clone()
    if random.random() < 0.2:
        a["wide"], b["wide"] = torch.ones(1).expand(3, 4), torch.ones(3, 4)
    if random.random() < 0.2:
        del b[random.choice(list(b))]
    if random.random() < 0.5:
        return {"model": a, "epoch": 3, "best": numpy.float64(0.25)}, {"best": 0.25, "epoch": 3, "model": dict(b)}
    return a, b


def ranks(values):
    """The place of each number among those of its type."""
    bits = values.view(values.dtype.str.replace("f", "i")).astype(object)
    least = -(1 << (8 * values.dtype.itemsize - 1))
    return [int(bit) if bit >= 0 else least - int(bit) for bit in bits]


def real_ulps(x, y):
    worst = 0
    for m, n, p, q in zip(ranks(x), ranks(y), x, y):
        if numpy.isfinite(p) and numpy.isfinite(q):
            worst = max(worst, abs(m - n))
        elif p != q and not (numpy.isnan(p) and numpy.isnan(q)):
            return None  # infinitely far
    return worst


def brain_as_halves(tensor):
    """bfloat16, whose bits numpy has no type for: as the upper halves of 32 bits."""
    return tensor.float().numpy().reshape(-1), (tensor.float().numpy().reshape(-1).view(numpy.uint32) >> 16).astype(numpy.uint16)


def ulps(a, b):
    if a.dtype in WHOLES:
        return max((abs(int(x) - int(y)) for x, y in zip(a.reshape(-1).tolist(), b.reshape(-1).tolist())), default=0)
    if a.dtype == torch.bfloat16:
        values, halves = zip(brain_as_halves(a), brain_as_halves(b))
        worst = 0
        for x, y, m, n in zip(*values, *halves):
            if numpy.isfinite(x) and numpy.isfinite(y):
                m, n = (int(k) if k < 0x8000 else 0x8000 - int(k) for k in (m, n))
                worst = max(worst, abs(m - n))
            elif x != y and not (numpy.isnan(x) and numpy.isnan(y)):
                return None
        return worst
    x, y = (numpy.ascontiguousarray(t.numpy()).reshape(-1) for t in (a, b))
    if a.dtype.is_complex:
        both = [real_ulps(numpy.ascontiguousarray(part(x)), numpy.ascontiguousarray(part(y))) for part in (numpy.real, numpy.imag)]
        return None if None in both else max(both)
    return real_ulps(x, y)


def expected(a, b):
    """(verdict, differ, largest difference, ulps) of two tensors."""
    if a.dtype != b.dtype or a.shape != b.shape:
        return "different", 0, 0.0, 0
    wide = torch.complex128 if a.dtype.is_complex else torch.float64
    x, y = (t.detach().to(wide).numpy().reshape(-1) for t in (a, b))
    with numpy.errstate(invalid="ignore"):
        equal = (x == y) | (numpy.isnan(x) & numpy.isnan(y))
        if a.dtype.is_complex:  # the parts one by one: NaN + 1i is not NaN + 2i
            parts = [(part(x), part(y)) for part in (numpy.real, numpy.imag)]
            equal = numpy.logical_and(*[(p == q) | (numpy.isnan(p) & numpy.isnan(q)) for p, q in parts])
            gaps = [numpy.where((p == q) | (numpy.isnan(p) & numpy.isnan(q)), 0, p - q) for p, q in parts]
            size = numpy.hypot(*gaps)
        else:
            size = numpy.abs(x - y)
        size = numpy.where(equal, 0.0, numpy.where(numpy.isfinite(size), size, numpy.inf))
    differ = int((~equal).sum())
    return ("different" if differ else "same"), differ, float(size.max()) if size.size else 0.0, ulps(a, b)


def flatten(value, path=""):
    if isinstance(value, dict):
        for key, item in value.items():
            yield from flatten(item, f"{path}/{key}" if path else str(key))
    elif isinstance(value, torch.Tensor):
        yield path, value


def check(mlgate, directory, tally):
    for name, value in zip("ab", random_pair()):
        torch.save(value, directory / f"{name}.pt", pickle_protocol=random.choice([2, 2, 4]))
    done = subprocess.run([mlgate, "diff", "--json", directory / "a.pt", directory / "b.pt"], capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    told = json.loads(done.stdout)
    a, b = (dict(flatten(torch.load(directory / f"{name}.pt"))) for name in "ab")
    if told["identical_bytes"]:
        return
    assert not [n for n in told["notes"] if "not understood" in n], told["notes"]
    parts = {part["name"]: part for part in told["parts"] if part["kind"] == "tensor"}
    assert set(parts) == set(a) | set(b), (set(parts), set(a), set(b))
    for name, part in parts.items():
        tally["tensors"] += 1
        if name not in a or name not in b:
            assert part["verdict"] == ("only_in_a" if name in a else "only_in_b"), part
            continue
        verdict, differ, size, ulp = expected(a[name], b[name])
        tally["differ"] += verdict == "different"
        distance = part["distance"]
        assert (part["verdict"] in ("same", "identical")) == (verdict == "same"), (name, part, a[name], b[name])
        assert distance["differ"] == differ, (name, part, a[name], b[name])
        assert distance["max_ulp"] == ulp, (name, part, ulp, a[name], b[name])
        got = distance["max_abs_difference"]
        assert math.isinf(size) if got is None else math.isclose(got, size, rel_tol=1e-15), (name, part, size)


def main():
    mlgate = sys.argv[1] if len(sys.argv) > 1 else "build/bin/mlgate"
    files, seed = (int(word) for word in (sys.argv[2:] + ["200", "1"][len(sys.argv[2:]):]))
    random.seed(seed)
    torch.manual_seed(seed)
    tally = {"tensors": 0, "differ": 0}
    with tempfile.TemporaryDirectory() as directory:
        for _ in range(files):
            check(mlgate, Path(directory), tally)
    print(f"{files} pairs of files, {tally['tensors']} tensors, {tally['differ']} of which differ: all as torch.load has them")


main()
