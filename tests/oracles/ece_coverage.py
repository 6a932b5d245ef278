"""One-sided coverage of the bounds of expected calibration error; run by hand:

    python tests/oracles/ece_coverage.py [replications]        (numpy, scipy; some minutes)

For each case the truth is the binned calibration error of a population of four million rows. `plug-in` are the
bounds that correct for the bias which the observed bins suggest, value - bias -+ z sqrt(sum Var|N(d_b, se_b)|);
they fail where calibration is good, which is why lib/stats/metric_calibration.c uses the others.
"""
import sys

import numpy as np
from scipy.stats import norm

BINS = 15
rng = np.random.default_rng(1)


def draw(n, a, b, miss):
    p = rng.beta(a, b, n)
    truth = np.clip(p + miss * np.sin(6 * p), 0, 1) if miss >= 0 else p ** (1 - miss)
    return p, truth


def bounds(p, y, z, bins):
    n, place = len(p), np.minimum((p * bins).astype(int), bins - 1)
    rows = np.bincount(place, minlength=bins)
    d = np.bincount(place, y - p, bins) / n
    q = (np.bincount(place, y, bins) + 0.5) / (rows + 1)
    se2 = q * (1 - q) * rows / n ** 2
    se, value = np.sqrt(se2), np.abs(d).sum()
    safe = np.where(se > 0, se, 1)
    mean = np.where(se > 0, se * np.sqrt(2 / np.pi) * np.exp(-d ** 2 / (2 * safe ** 2))
                    + np.abs(d) * (1 - 2 * norm.cdf(-np.abs(d) / safe)), np.abs(d))
    bias, folded = (mean - np.abs(d)).sum(), np.maximum(d ** 2 + se2 - mean ** 2, 0).sum()
    plug_in = max(0, value - bias - z * np.sqrt(folded)), max(value, value - bias + z * np.sqrt(folded))
    variance = ((1 - 2 / np.pi) * se2).sum()
    third = np.sqrt(2 / np.pi) * (4 / np.pi - 1) * (se ** 3).sum()
    high = np.sqrt(2 / np.pi) * se.sum() + (z + (z * z - 1) * third / variance ** 1.5 / 6) * np.sqrt(variance)
    ours = max(0, value - high), min(1, value + z * np.sqrt(se2.sum()))
    return value, plug_in, ours


def case(n, a, b, miss, confidence, replications, bins=BINS):
    z = norm.ppf(confidence)
    p, truth = draw(4_000_000, a, b, miss)
    place = np.minimum((p * bins).astype(int), bins - 1)
    true = np.abs(np.bincount(place, truth - p, bins)).sum() / len(p)
    held, values = np.zeros(4), []
    for _ in range(replications):
        p, truth = draw(n, a, b, miss)
        value, plug_in, ours = bounds(p, (rng.random(n) < truth).astype(float), z, bins)
        values.append(value)
        held += [plug_in[0] <= true, plug_in[1] >= true, ours[0] <= true, ours[1] >= true]
    held /= replications
    print(f"{confidence:.2f} bins {bins:2d} n {n:5d} beta({a},{b}) miss {miss:5.2f}  truth {true:.4f} "
          f"mean ece {np.mean(values):.4f}  plug-in {held[0]:.3f} {held[1]:.3f}  ours {held[2]:.3f} {held[3]:.3f}",
          flush=True)
    return held


if __name__ == "__main__":
    replications = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    held = np.array([case(n, a, b, miss, 0.95, replications)
                     for n in (200, 1000, 5000) for a, b in ((1, 1), (0.5, 0.5), (2, 5))
                     for miss in (0, 0.02, 0.05, 0.15, -0.5)])
    print("least at 0.95 (plug-in lower, upper; ours lower, upper):", held.min(0))
    more = np.array([case(n, 1, 1, miss, confidence, replications, bins)
                     for confidence, bins in ((0.99, 15), (0.95, 5), (0.95, 30)) for n in (200, 1000)
                     for miss in (0, 0.05, 0.15)])
    print("least at 0.99, or with 5 or 30 bins:", more.min(0))
