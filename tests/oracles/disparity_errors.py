"""How often verdicts of disparities that are no plain rates are wrong: data sets are drawn whose true value is
the limit (or, where groups are equal, below it), and the gate judges them.

    python tests/oracles/disparity_errors.py build/bin/mlgate-fairness 1000        (numpy)

prints the table of docs/fairness-simulation.md that names this file: percent of the data sets, seeded.
"""
import json
import os
import subprocess
import sys
import tempfile

import numpy as np

BETWEEN = "between_group_generalized_entropy"
STRATA = "conditional_demographic_disparity(strata=stratum)"


def draw_groups(rng, sizes, selected, base=0.4):
    """Labels and predictions that are independent of each other within each group."""
    group = np.repeat(np.arange(len(sizes)), sizes)
    return {"label": (rng.random(len(group)) < base).astype(int),
            "prediction": (rng.random(len(group)) < np.repeat(selected, sizes)).astype(int), "group": group}


def between(sizes, selected, base=0.4):
    benefit, share = np.array(selected) - base + 1, np.array(sizes) / sum(sizes)
    return float((share * (benefit / (share * benefit).sum() - 1) ** 2).sum() / 2)


def draw_strata(rng, groups, size, strata):
    """Every stratum has its own rate, and all groups have it."""
    group = np.repeat(np.arange(groups), size)
    stratum = rng.integers(0, strata, len(group))
    rate = np.linspace(0.2, 0.8, strata)[stratum]
    return {"label": rng.integers(0, 2, len(group)), "prediction": (rng.random(len(group)) < rate).astype(int),
            "group": group, "stratum": stratum}


def draw_households(rng, count, of_a, of_b):
    """A member of each group in every household, one selected where the other is not as far as that goes."""
    place = rng.random(count)
    selected = np.stack([place < of_a, place > 1 - of_b], axis=1).astype(int).ravel()
    return {"label": rng.integers(0, 2, 2 * count), "prediction": selected, "group": np.tile([0, 1], count),
            "household": np.repeat(np.arange(count), 2)}


def settings():
    for groups, rows, limit in ((10, 100, 0.0001), (30, 30, 0.001), (50, 20, 0.005)):
        yield (f"{BETWEEN}, {groups} equal groups of {rows}", f"{BETWEEN} <= {limit}", [],
               lambda rng, k=groups, n=rows: draw_groups(rng, [n] * k, [0.5] * k))
    for rows in (500, 3000):
        truth = between([rows] * 2, [0.5, 0.6])
        yield (f"{BETWEEN}, 2 groups of {rows} on the limit", f"{BETWEEN} <= {truth:.15f}", [],
               lambda rng, n=rows: draw_groups(rng, [n] * 2, [0.5, 0.6]))
    for groups, rows, strata in ((3, 50, 40), (5, 200, 100), (2, 500, 100)):
        yield (f"conditional_demographic_disparity, {groups} equal groups of {rows}, {strata} strata",
               f"{STRATA} <= 0", [],
               lambda rng, k=groups, n=rows, s=strata: draw_strata(rng, k, n, s))
    for a, b in ((0.6, 0.5), (0.8, 0.7)):
        yield (f"selection_rate_difference on the limit, {a} and {b}, 500 clusters of one row of each group, "
               "opposed", "selection_rate_difference <= 0.1", ["--cluster", "household"],
               lambda rng, a=a, b=b: draw_households(rng, 500, a, b))


def judge(gate, folder, columns, check, options):
    data, report = os.path.join(folder, "data.csv"), os.path.join(folder, "report.json")
    with open(data, "w") as file:
        file.write(",".join(columns) + "\n")
        for row in zip(*columns.values()):
            file.write(",".join(map(str, row)) + "\n")
    subprocess.run([gate, "--data", data, "--label", "label", "--prediction", "prediction", "--attributes",
                    "group", "--check", check, "--report", "json=" + report] + options, capture_output=True)
    with open(report) as file:
        return json.load(file)["gates"][0]["checks"][0]["verdict"]


def main():
    gate, sets = sys.argv[1], int(sys.argv[2])
    print("| data sets | gate fails | gate passes |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, check, options, draw in settings():
            rng = np.random.default_rng(1)
            verdicts = [judge(gate, folder, draw(rng), check, options) for _ in range(sets)]
            fails, passes = (100 * verdicts.count(word) / sets for word in ("fail", "pass"))
            print(f"| {name} | {fails:.1f} | {passes:.1f} |", flush=True)


if __name__ == "__main__":
    main()
