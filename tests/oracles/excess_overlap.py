#!/usr/bin/env python3
"""How often the one-sided 95 % bounds of excess_overlap are wrong, under fair and leaky splits.

    python tests/oracles/excess_overlap.py [--sets 4000]

Writes the table of docs/overfit-methods.md to standard output. Rows are drawn from a distribution over `levels` values
(even, or Zipf's), n of them for each source; a leaky split copies a held-out row from train with probability `leak`.
The truth of one pair of files is the probability that a held-out row is found in this train, less that of a fresh one:
what the quantity estimates. Counted is how often it lies above the upper bound (a wrong pass at a limit just below it)
and below the lower bound (a wrong fail); each is to be 5 % at most, within three Monte-Carlo errors.
A second table has rows of which each is another, some of which stand in train once more (oversampled): how often
the guard against such a train file acts, and how often a leak passes at a limit of 0.05, with and without it.
`plain` is the interval that takes both shares for independent proportions, as a comparison.
"""
import argparse

import numpy


Z = 1.6448536269514722


def wilson(share, n):
    middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z * numpy.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
    return numpy.clip(middle - half, 0, 1), numpy.clip(middle + half, 0, 1)


def uncovered(singles, doubles, n):
    """(N1/n - m)^2 = z^2 (m (1 - m) / n + 2 N2 / n^2), solved for m; three more pairs than were seen for the lower bound."""
    share, limits = singles / n, []
    for sign, pairs in ((-1, doubles + 3), (1, doubles)):
        a, b, c = 1 + Z * Z / n, 2 * share + Z * Z / n, share ** 2 - Z * Z * 2 * pairs / n ** 2
        limits.append((b + sign * numpy.sqrt(max(0, b * b - 4 * a * c))) / (2 * a))
    return min(max(limits[0], 0), share), max(min(limits[1], 1), share)


def difference(a, a_limits, b, b_limits):
    """Zou and Donner 2008."""
    return (a - b - numpy.sqrt((a - a_limits[0]) ** 2 + (b_limits[1] - b) ** 2),
            a - b + numpy.sqrt((a_limits[1] - a) ** 2 + (b - b_limits[0]) ** 2))


def rarefied(counts, size):
    """Of `size` rows drawn from these: the share that occurs once, and different rows that occur twice, for each row."""
    rows, singles, doubles = counts.sum(), 0, 0
    for times, groups in zip(*numpy.unique(counts[counts > 0], return_counts=True)):
        share, none, one = times * groups / rows, 1, (times - 1) * (size - 1) / max(1, rows - 1)
        for j in range(times - 1):
            none *= max(0, rows - size - j) / (rows - 1 - j)
        for j in range(times - 2):
            one *= max(0, rows - size - j) / (rows - 2 - j)
        singles, doubles = singles + share * none, doubles + share * one / 2
    return singles, doubles


def has_more_twins(train, test):
    n, m = train.sum(), test.sum()
    theirs, ours = rarefied(train, min(n, m)), rarefied(test, min(n, m))
    singles, doubles = ((theirs[i] * n + ours[i] * m) / (n + m) for i in (0, 1))
    variance = (singles * (1 - singles) + 2 * doubles) * (1 / n + 1 / m)
    return ours[0] - theirs[0] > Z * max(0, variance) ** 0.5 + 1e-9


def oversampled(n_train, n_test, copied, leak, levels, sets, generator):
    """How often the guard acts, and how often `<= 0.05` passes with and without it."""
    acts = passes = unguarded = 0
    for _ in range(sets):
        if levels:
            train = numpy.bincount(generator.integers(levels, size=n_train), minlength=levels)
            fresh = numpy.bincount(generator.integers(levels, size=n_test - leak), minlength=levels)
            test = fresh + numpy.bincount(generator.choice(levels, leak, p=train / n_train), minlength=levels)
            found = (test * (train > 0)).sum()
        else:
            train = numpy.ones(n_train, int)
            train[:copied] = 2
            leaked = generator.choice(n_train, leak, replace=False)
            test = numpy.concatenate([numpy.bincount(leaked, minlength=n_train), numpy.ones(n_test - leak, int)])
            found = leak
        n, singles, doubles = train.sum(), (train == 1).sum(), (train == 2).sum()
        low, high = uncovered(singles, doubles, n)
        rate = wilson(found / n_test, n_test)
        upper = difference(found / n_test, rate, 1 - singles / n, (1 - high, 1 - low))[1]
        guard = has_more_twins(train, test)
        acts, unguarded = acts + guard, unguarded + (upper <= 0.05)
        passes += (rate[1] if guard else upper) <= 0.05
    return acts / sets, passes / sets, unguarded / sets


def guard_table(sets, generator):
    print("| train | held out | copied in train | leaked | levels | guard acts | passes | without guard |\n"
          "|---|---|---|---|---|---|---|---|")
    for n, m, copied, leak, levels in (
            (1000, 1000, 0, 0, 0), (1000, 1000, 0, 0, 50), (1000, 1000, 0, 0, 3000), (5000, 500, 0, 0, 3000),
            (1000, 1000, 20, 90, 0), (1000, 1000, 50, 140, 0), (1000, 1000, 100, 180, 0), (1000, 1000, 200, 330, 0),
            (1000, 1000, 300, 460, 0), (5000, 1000, 1000, 330, 0), (5000, 500, 1000, 165, 0), (10000, 200, 2000, 66, 0)):
        acts, passes, unguarded = oversampled(n, m, copied, leak, levels, sets, generator)
        print(f"| {n:,} | {m:,} | {copied:,} | {leak} | {levels or 'each another'} | {100 * acts:.1f} % | "
              f"{100 * passes:.1f} % | {100 * unguarded:.1f} % |", flush=True)


def probabilities(levels, shape):
    if shape == "even":
        return numpy.full(levels, 1 / levels)
    p = 1 / numpy.arange(1, levels + 1)
    return p / p.sum()


def simulate(n_train, n_test, levels, shape, leak, sets, generator):
    p = probabilities(levels, shape)
    wrong = numpy.zeros((2, 2))  # [method][above the upper, below the lower]
    cumulated = numpy.cumsum(p)
    cumulated[-1] = 1
    for _ in range(sets):
        train = numpy.searchsorted(cumulated, generator.random(n_train), side="right")
        counts = numpy.bincount(train, minlength=levels)
        covered = p[counts > 0].sum()
        truth = leak * (1 - covered)
        found = generator.binomial(n_test, leak + (1 - leak) * covered) / n_test
        singles, doubles = (counts == 1).sum(), (counts == 2).sum()
        chance = 1 - singles / n_train
        low, high = uncovered(singles, doubles, n_train)
        limits = [difference(found, wilson(found, n_test), chance, (1 - high, 1 - low)),
                  difference(found, wilson(found, n_test), chance, wilson(chance, n_train))]
        for method, (lower, upper) in enumerate(limits):
            wrong[method] += (truth > upper + 1e-12, truth < lower - 1e-12)
    return wrong / sets


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", type=int, default=4000)
    parser.add_argument("--guard", action="store_true", help="the second table alone")
    arguments = parser.parse_args()
    generator = numpy.random.default_rng(6)
    if arguments.guard:
        guard_table(arguments.sets, generator)
        return
    print(f"| n of each | levels | leak | wrong pass | wrong fail | plain: wrong pass | wrong fail |\n|---|---|---|---|---|---|---|")
    worst = [0, 0]
    for n in (50, 200, 1000, 10000):
        for levels, shape in ((5, "even"), (n // 2, "even"), (3 * n, "even"), (100 * n, "even"), (10 * n, "zipf")):
            for leak in (0, 0.05, 0.3):
                sets = arguments.sets if n < 10000 else max(arguments.sets // 4, 500)
                ours, plain = simulate(n, n, levels, shape, leak, sets, generator)
                worst = [max(worst[0], ours[0]), max(worst[1], ours[1])]
                allowed = 0.05 + 3 * (0.05 * 0.95 / sets) ** 0.5
                mark = lambda x: f"{100 * x:.1f} %" + (" *" if x > allowed else "")
                print(f"| {n:,} | {levels:,} {shape} | {leak} | {mark(ours[0])} | {mark(ours[1])} | {mark(plain[0])} | "
                      f"{mark(plain[1])} |", flush=True)
    print(f"\nLargest: wrong pass {100 * worst[0]:.1f} %, wrong fail {100 * worst[1]:.1f} % (* above 5 % and three "
          "Monte-Carlo errors).\n")
    guard_table(arguments.sets, generator)


if __name__ == "__main__":
    main()
