"""How far two arrays are from each other, for compare.py and onnx_models.py. Needs numpy.

Squares are summed as fractions, so that relative_l2 is the nearest double but for one rounding."""
import math
from fractions import Fraction

import numpy as np


def rank(x):
    """The place of each float among the numbers of its type."""
    x = x.astype(x.dtype.newbyteorder("="))
    bits = x.view(f"u{x.dtype.itemsize}").astype(object)
    sign = 1 << (8 * x.dtype.itemsize - 1)
    return [int(b) if b < sign else sign - int(b) for b in bits]  # -0 is 0, smaller ones below


def ulps(a, b):
    if a.dtype.kind in "biu":
        return max(abs(int(x) - int(y)) for x, y in zip(a, b))
    worst = 0
    for x, y, m, n in zip(a, b, rank(a), rank(b)):
        if np.isfinite(x) and np.isfinite(y):
            worst = max(worst, abs(m - n))
        elif x != y and not (np.isnan(x) and np.isnan(y)):
            return math.inf
    return worst


def root(fraction):
    """The square root of a fraction, in 80 digits and then a double."""
    scaled = fraction * Fraction(10) ** 80
    return float(Fraction(math.isqrt(int(scaled * Fraction(10) ** 80)), 10 ** 80))


def measure(a, b):
    a, b = a.ravel(), b.ravel()
    if a.dtype.kind == "c":
        real = a.real.dtype
        parts = [(np.ascontiguousarray(f(a)), np.ascontiguousarray(f(b))) for f in (np.real, np.imag)]
        ulp = max(ulps(x.astype(real), y.astype(real)) for x, y in parts)
    else:
        ulp = ulps(a, b)
    differ, largest, relative = 0, 0.0, 0.0
    squares, base = Fraction(0), Fraction(0)
    infinite = False
    for x, y in zip(a, b):
        if a.dtype.kind in "biu":
            size, norm = abs(int(x) - int(y)), abs(int(y))
            squares, base = squares + Fraction(size) ** 2, base + Fraction(norm) ** 2
        else:
            equal = x == y or (np.isnan(x) and np.isnan(y))
            wide = np.complex128 if a.dtype.kind == "c" else np.float64
            with np.errstate(invalid="ignore"):
                size = 0.0 if equal else float(np.abs(wide(x) - wide(y)))
            norm = float(np.abs(wide(y)))
            if math.isfinite(norm):
                base += Fraction(norm) ** 2
            if math.isnan(size) or math.isinf(size):
                size, infinite = math.inf, True
            else:
                squares += Fraction(size) ** 2
        if size:
            differ += 1
            largest = max(largest, float(size))
            relative = max(relative, float(size) / float(norm) if norm and math.isfinite(norm) else math.inf)
    l2 = math.inf if infinite else root(squares / base) if base else (math.inf if squares else 0.0)
    return [a.size, differ, repr(largest), repr(relative), ulp, repr(l2)]
