"""How often a bound of two groups is on the wrong side of the truth: by enumeration of all tables, no drawing.

    python tests/oracles/contrast_errors.py        (numpy, scipy)

prints the table of docs/fairness.md: the largest one-sided error, as a multiple of alpha, over group sizes,
rates and both bounds, for Koopman's interval of a ratio, Newcombe's of a difference, and for what
`interval: auto` does: these two where each of the four cells has at least `SWITCH` rows, the limits of Clopper
and Pearson, combined by MOVER, where one has fewer.
"""
import itertools

import numpy as np
from scipy.stats import beta, binom, norm

SWITCH = 50
SIZES = [(20, 20), (30, 30), (50, 50), (100, 100), (200, 200), (400, 400), (1000, 1000), (20, 80), (80, 20),
         (50, 500), (500, 50), (100, 1000), (1000, 100)]
RATES = [0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99]


def clopper_pearson(x, n, alpha):
    lower = np.where(x > 0, beta.ppf(alpha, np.maximum(x, 1), n - x + 1), 0)
    upper = np.where(x < n, beta.ppf(1 - alpha, x + 1, np.maximum(n - x, 1)), 1)
    return lower, upper


def wilson(x, n, alpha):
    z, p = norm.ppf(1 - alpha), x / n
    middle, half = p + z * z / (2 * n), z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


def mover_difference(p1, one, p2, other):
    d = p1 - p2
    return (d - np.hypot(p1 - one[0], other[1] - p2), d + np.hypot(one[1] - p1, p2 - other[0]))


def mover_ratio(p1, one, p2, other):
    product = p1 * p2
    la, lc = other[1] * (2 * p2 - other[1]), one[0] * (2 * p1 - one[0])
    ua, uc = other[0] * (2 * p2 - other[0]), one[1] * (2 * p1 - one[1])
    below = product + np.sqrt(np.maximum(0, product ** 2 - la * lc))
    above = product + np.sqrt(np.maximum(0, product ** 2 - ua * uc))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((lc > 0) & (below > 0), lc / below, 0), np.where(ua > 0, above / ua, np.inf)


def koopman_score(x1, n1, x2, n2, ratio):
    a, b, c = (n1 + n2) * ratio, -(n1 * ratio + x1 + n2 + x2 * ratio), x1 + x2
    q2 = (-b - np.sqrt(np.maximum(0, b * b - 4 * a * c))) / (2 * a)
    q1 = ratio * q2
    variance = q1 * (1 - q1) / n1 + ratio ** 2 * q2 * (1 - q2) / n2
    distance = x1 / n1 - ratio * x2 / n2
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(variance > 0, distance / np.sqrt(variance), np.sign(distance) * np.inf)


def wrong_sides(form, n1, n2, theta, alpha):
    """Of every table: is the lower bound above theta, is the upper one below it; by the score or Wilson's limits,
    and by Clopper and Pearson's."""
    x1, x2 = np.arange(n1 + 1.0)[:, None] + 0 * np.arange(n2 + 1.0), np.arange(n2 + 1.0) + 0 * np.arange(n1 + 1.0)[:, None]
    exact = [clopper_pearson(x1, n1, alpha), clopper_pearson(x2, n2, alpha)]
    if form == "ratio":
        score, z = koopman_score(x1, n1, x2, n2, theta), norm.ppf(1 - alpha)
        usual = score > z, score < -z
        safe = mover_ratio(x1 / n1, exact[0], x2 / n2, exact[1])
    else:
        limits = mover_difference(x1 / n1, wilson(x1, n1, alpha), x2 / n2, wilson(x2, n2, alpha))
        usual = limits[0] > theta, limits[1] < theta
        safe = mover_difference(x1 / n1, exact[0], x2 / n2, exact[1])
    small = np.minimum(np.minimum(x1, n1 - x1), np.minimum(x2, n2 - x2)) < SWITCH
    careful = safe[0] > theta, safe[1] < theta
    auto = [np.where(small, careful[i], usual[i]) for i in range(2)]
    return usual, auto


def largest_errors(form, thetas, alpha, sizes):
    worst = [0.0, 0.0]
    for (n1, n2), theta in itertools.product(sizes, thetas):
        sides = wrong_sides(form, n1, n2, theta, alpha)
        for p2 in RATES:
            p1 = theta * p2 if form == "ratio" else p2 + theta
            if not 0 <= p1 <= 1:
                continue
            probability = np.outer(binom.pmf(np.arange(n1 + 1), n1, p1), binom.pmf(np.arange(n2 + 1), n2, p2))
            for way, both in enumerate(sides):
                worst[way] = max(worst[way], *((probability * side).sum() for side in both))
    return [w / alpha for w in worst]


def main():
    print("| contrast | rows of a group | alpha | Koopman, Newcombe alone | `auto` |\n|---|---|---|---|---|")
    groups = [("up to 100", [s for s in SIZES if max(s) <= 100]), ("200 to 1,000", [s for s in SIZES if min(s) >= 200]),
              ("unequal, 50 to 1,000", [s for s in SIZES if s[0] != s[1] and max(s) >= 500])]
    for form, name, thetas in (("ratio", "ratio, truth 0.8 or 1", (0.8, 1.0)),
                               ("difference", "difference, truth 0, 0.05 or 0.1", (-0.1, -0.05, 0.0))):
        for label, sizes in groups:
            for alpha in (0.05, 0.005):
                usual, auto = largest_errors(form, thetas, alpha, sizes)
                print(f"| {name} | {label} | {alpha} | {usual:.2f} | {auto:.2f} |")


if __name__ == "__main__":
    main()
