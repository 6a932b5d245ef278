#!/usr/bin/env python3
"""How often a bound is on the wrong side of the truth, by quantity and setting, through the whole program.

    pip install numpy scipy pandas
    python tests/oracles/coverage.py [--program build/bin/mlgate] [--sets 2000] [NAME ...]

Draws data sets (seeded) whose true value is known, one slice each, asks for the one-sided 95 % bounds of each, and
prints a Markdown table. At a limit equal to the truth, a check would pass although the model is no better in
`false pass` % of the data sets, and fail although it is no worse in `false fail` %: 5 % is what is promised. NAME
chooses settings by the beginning of their names.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy
import pandas
from scipy import stats

ERRORS = ("mae", "mse", "rmse", "log_loss", "brier", "median_absolute_error")
settings = []


def setting(name, rows, quantities, truths, draw, **roles):
    """draw(generator, sets, rows) gives the columns, data set by data set."""
    settings.append((name, rows, quantities, truths, draw, roles))


# ---- counts ------------------------------------------------------------------------------------------------------


def ratio_of_counts(cells):
    p = numpy.asarray(cells, float)
    p = p / p.sum()
    right, label, said = numpy.diag(p), p.sum(1), p.sum(0)
    f1, chance = 2 * right / (label + said), label @ said
    return {
        "accuracy": right.sum(),
        "recall": right[1] / label[1],
        "precision": right[1] / said[1],
        "f1": f1[1],
        "f1(average=macro)": f1.mean(),
        "fbeta(beta=2)": 5 * right[1] / (4 * label[1] + said[1]),
        "balanced_accuracy": (right / label).mean(),
        "mcc": (right.sum() - chance) / numpy.sqrt((1 - said @ said) * (1 - label @ label)),
        "cohen_kappa": (right.sum() - chance) / (1 - chance),
    }


def cells_of(cells):
    p = numpy.asarray(cells, float).ravel()
    classes = len(cells)

    def draw(generator, sets, rows):
        at = generator.choice(len(p), size=sets * rows, p=p / p.sum())
        return {"y": at // classes, "h": at % classes}

    return draw


BINARY = ["accuracy", "recall", "precision", "f1", "fbeta(beta=2)", "mcc", "cohen_kappa", "balanced_accuracy"]
for name, cells, sizes in (
    ("both classes 85 % right", [[0.425, 0.075], [0.075, 0.425]], (20, 50, 200)),
    ("both classes 97 % right", [[0.485, 0.015], [0.015, 0.485]], (30, 100, 400)),
    ("5 % positive, 80 % found", [[0.94, 0.01], [0.01, 0.04]], (100, 300, 1000)),
    ("2 % positive, false alarms", [[0.95, 0.03], [0.0005, 0.0195]], (200, 1000)),
):
    for rows in sizes:
        setting(f"counts: {name}", rows, BINARY, ratio_of_counts(cells), cells_of(cells), prediction="h", positive=1)

SEVERAL = ["accuracy", "f1(average=macro)", "mcc", "cohen_kappa", "balanced_accuracy"]
for name, cells, sizes in (
    ("82 % right", [[40, 5, 1, 1], [3, 25, 2, 1], [1, 1, 12, 1], [0.5, 0.5, 0.5, 5]], (50, 150, 500)),
    ("97 % right, one rare", [[600, 5, 5, 1], [5, 300, 5, 1], [2, 2, 50, 1], [0.5, 0.5, 0.5, 20]], (100, 300, 1000)),
):
    for rows in sizes:
        setting(f"four classes: {name}", rows, SEVERAL, ratio_of_counts(cells), cells_of(cells), prediction="h")


# ---- weights and clusters ----------------------------------------------------------------------------------------


def right_with(probability, labels, generator):
    right = generator.random(labels.size) < probability
    return numpy.where(right, labels, 1 - labels)


def weighted(share, weigh):
    def draw(generator, sets, rows):
        y = generator.integers(0, 2, sets * rows)
        return {"y": y, "h": right_with(share, y, generator), "w": weigh(generator, sets * rows)}

    return draw


for name, weigh in (
    ("all 1", lambda generator, n: numpy.ones(n)),
    ("0.5 to 1.5", lambda generator, n: generator.uniform(0.5, 1.5, n)),
    ("lognormal", lambda generator, n: numpy.exp(generator.normal(0, 1, n))),
):
    for share, rows in ((0.9, 50), (0.95, 200), (0.98, 200), (0.98, 1000)):
        truths = ratio_of_counts([[share, 1 - share], [1 - share, share]])
        setting(f"weights: {name}, {share:.0%} right", rows, ["accuracy", "recall", "f1", "mcc", "balanced_accuracy"],
                truths, weighted(share, weigh), prediction="h", positive=1, weight="w")


def clustered(share, clusters, size, correlation):
    spread = 1 / correlation - 1

    def draw(generator, sets, rows):
        own = numpy.repeat(generator.beta(share * spread, (1 - share) * spread, sets * clusters), size)
        y = generator.integers(0, 2, sets * rows)
        of = numpy.tile(numpy.repeat(numpy.arange(clusters), size), sets)
        return {"y": y, "h": right_with(own, y, generator), "c": of}

    return draw


for share, clusters, size, correlation in (
    (0.9, 30, 10, 0.3), (0.97, 30, 10, 0.3), (0.97, 100, 5, 0.3), (0.9, 10, 20, 0.3), (0.9, 50, 100, 0.02),
    (0.95, 200, 5, 0.2),
):
    truths = ratio_of_counts([[share, 1 - share], [1 - share, share]])
    setting(f"clusters: {clusters} of {size}, correlation {correlation}, {share:.0%} right", clusters * size,
            ["accuracy", "recall", "f1", "mcc"], truths, clustered(share, clusters, size, correlation),
            prediction="h", positive=1, cluster="c")


# ---- ranking -----------------------------------------------------------------------------------------------------


def normal_scores(distance, prevalence, lost=0.0, clusters=0):
    def draw(generator, sets, rows):
        y = (generator.random(sets * rows) < prevalence).astype(int)
        score = generator.normal(y * distance, 1)
        score[(y == 1) & (generator.random(sets * rows) < lost)] -= 1000
        return {"y": y, "s": score, "w": numpy.ones(sets * rows)}

    return draw


def distance_of(area):
    return numpy.sqrt(2) * stats.norm.ppf(area)


for area, prevalence, rows in ((0.7, 0.5, 100), (0.8, 0.5, 50), (0.8, 0.5, 500), (0.95, 0.5, 50), (0.95, 0.5, 300),
                               (0.99, 0.5, 100), (0.99, 0.5, 400), (0.8, 0.05, 200), (0.9, 0.05, 200),
                               (0.97, 0.05, 200), (0.99, 0.05, 400), (0.9, 0.02, 2000), (0.99, 0.05, 2000)):
    setting(f"area: {prevalence:.0%} positive", rows, ["roc_auc"], {"roc_auc": area},
            normal_scores(distance_of(area), prevalence), score="s", positive=1)
for lost, prevalence, rows in ((0.04, 0.5, 50), (0.02, 0.5, 100), (0.04, 0.1, 300), (0.05, 0.1, 1000)):
    setting(f"area: {prevalence:.0%} positive, {lost:.0%} of them scored lowest", rows, ["roc_auc"],
            {"roc_auc": (1 - lost) * stats.norm.cdf(3 / numpy.sqrt(2))}, normal_scores(3, prevalence, lost),
            score="s", positive=1)
for area, rows in ((0.8, 100), (0.95, 300)):
    setting("area: 50 % positive, weights of 1", rows, ["roc_auc"], {"roc_auc": area},
            normal_scores(distance_of(area), 0.5), score="s", positive=1, weight="w")


def precision_of(distance, prevalence):
    x = numpy.linspace(-9, 13, 400001)
    tpr, fpr = stats.norm.sf(x - distance), stats.norm.sf(x)
    with numpy.errstate(invalid="ignore"):
        precision = prevalence * tpr / (prevalence * tpr + (1 - prevalence) * fpr)
    precision[~numpy.isfinite(precision)] = 1
    return float(numpy.sum((precision[:-1] + precision[1:]) / 2 * -numpy.diff(tpr)))


for distance, prevalence, rows in ((1.5, 0.5, 100), (1.5, 0.5, 1000), (1.5, 0.9, 200), (0.5, 0.9, 1000),
                                   (0.3, 0.97, 1000), (1.5, 0.05, 400), (1.5, 0.05, 2000), (2.5, 0.05, 400),
                                   (2.5, 0.01, 2000), (2.5, 0.2, 200)):
    setting(f"average precision: {prevalence:.0%} positive", rows, ["average_precision"],
            {"average_precision": precision_of(distance, prevalence)}, normal_scores(distance, prevalence),
            score="s", positive=1)


# ---- means -------------------------------------------------------------------------------------------------------


def errors(generate):
    def draw(generator, sets, rows):
        error = generate(generator, sets * rows)
        return {"y": numpy.full(sets * rows, 3.0), "f": 3 + error}

    return draw


for name, generate, mae, mse, median in (
    ("normal", lambda g, n: g.normal(0, 1, n), numpy.sqrt(2 / numpy.pi), 1, stats.norm.ppf(0.75)),
    ("Student's with 5 degrees", lambda g, n: g.standard_t(5, n), stats.t(5).expect(abs), 5 / 3, stats.t(5).ppf(0.75)),
    ("lognormal", lambda g, n: numpy.exp(g.normal(0, 1, n)), numpy.exp(0.5), numpy.exp(2), 1),
):
    for rows in (20, 100, 1000):
        setting(f"errors: {name}", rows, ["mae", "mse", "rmse", "median_absolute_error"],
                {"mae": mae, "mse": mse, "rmse": numpy.sqrt(mse), "median_absolute_error": median}, errors(generate),
                prediction="f")


def explained(share):
    def draw(generator, sets, rows):
        f = generator.normal(0, 1, sets * rows)
        return {"y": f + generator.normal(0, numpy.sqrt((1 - share) / share), sets * rows), "f": f}

    return draw


for share, sizes in ((0.9, (20, 100, 1000)), (0.3, (30, 200))):
    for rows in sizes:
        setting("normal labels and errors", rows, ["r2", "explained_variance"],
                {"r2": share, "explained_variance": share}, explained(share), prediction="f")


def probabilities(generator, sets, rows):
    p = generator.beta(0.5, 0.5, sets * rows) * 0.98 + 0.01
    return {"y": (generator.random(sets * rows) < p).astype(int), "p": p}


x = numpy.linspace(0, 1, 2000001)[1:-1]
own = stats.beta.ppf(x, 0.5, 0.5) * 0.98 + 0.01
for rows in (50, 300, 2000):
    setting("calibrated, most near 0 or 1", rows, ["log_loss", "brier"],
            {"log_loss": float((-own * numpy.log(own) - (1 - own) * numpy.log(1 - own)).mean()),
             "brier": float((own * (1 - own)).mean())}, probabilities, score="p", positive=1)


# ---- two models --------------------------------------------------------------------------------------------------


def two_models(generator, sets, rows):
    y = generator.integers(0, 2, sets * rows)
    common = generator.normal(0, 1, sets * rows)
    ours = y * 1.5 + 0.8 * common + 0.6 * generator.normal(0, 1, sets * rows)
    theirs = y * 1.5 + 0.8 * common + 0.6 * generator.normal(0, 1, sets * rows)
    return {"y": y, "s": ours, "h": (ours > 0.75).astype(int), "s2": theirs, "h2": (theirs > 0.75).astype(int),
            "i": numpy.arange(sets * rows)}


for rows in (50, 200, 1000):
    setting("two models that are equally good", rows,
            ["delta(accuracy)", "delta(f1)", "delta(mcc)", "delta(roc_auc)", "delta(average_precision)"],
            dict.fromkeys(["delta(accuracy)", "delta(f1)", "delta(mcc)", "delta(roc_auc)",
                           "delta(average_precision)"], 0.0),
            two_models, prediction="h", score="s", positive=1, baseline=("h2", "s2"), id="i")


# ---- means with weights and in clusters ---------------------------------------------------------------------------


LOSSES = (
    ("uniform", lambda g, n: g.random(n), 0.5),
    ("exponential", lambda g, n: g.exponential(1, n), 1),
    ("20 % wrong by 1", lambda g, n: (g.random(n) < 0.2).astype(float), 0.2),
)


def heavy(count, weight):
    def weigh(generator, sets, rows):
        return numpy.tile(numpy.where(numpy.arange(rows) < count, weight(rows), 1.0), sets)

    return weigh


def lognormal(spread):
    return lambda generator, sets, rows: numpy.exp(generator.normal(0, spread, sets * rows))


def weighted_losses(generate, weigh):
    def draw(generator, sets, rows):
        return {"y": numpy.full(sets * rows, 3.0), "f": 3 + generate(generator, sets * rows),
                "w": weigh(generator, sets, rows)}

    return draw


for name, weigh, sizes in (
    ("lognormal, spread 1", lognormal(1), (20, 50, 400)),
    ("lognormal, spread 2", lognormal(2), (50, 400)),
    ("4 rows have 10,000, others 1", heavy(4, lambda rows: 10000.0), (50, 400)),
    ("20 rows have 10,000, others 1", heavy(20, lambda rows: 10000.0), (400,)),
    ("one row has as much as all others", heavy(1, lambda rows: rows - 1.0), (50, 400)),
):
    for loss, generate, mean in LOSSES:
        for rows in sizes:
            setting(f"weighted losses, {loss}; {name}", rows, ["mae"], {"mae": mean},
                    weighted_losses(generate, weigh), prediction="f", weight="w")


def clustered_losses(generate, sizes, together):
    """`together`: the share of rows that have their cluster's loss."""
    def draw(generator, sets, rows):
        of = numpy.tile(numpy.repeat(numpy.arange(len(sizes)), sizes), sets)
        at = numpy.repeat(numpy.arange(sets), rows) * len(sizes) + of
        own, alone = generate(generator, sets * len(sizes))[at], generate(generator, sets * rows)
        loss = numpy.where(generator.random(sets * rows) < together, own, alone)
        return {"y": numpy.full(sets * rows, 3.0), "f": 3 + loss, "c": of}

    return draw


for name, sizes in (("30 of 10", [10] * 30), ("30 of 1 to 59", list(range(1, 60, 2))),
                    ("4 of 100, 100 of 1", [100] * 4 + [1] * 100)):
    for loss, generate, mean in LOSSES:
        for together in (0, 0.5):
            setting(f"losses in clusters, {loss}; {name}, {together:.0%} of rows alike", sum(sizes), ["mae"],
                    {"mae": mean}, clustered_losses(generate, sizes, together), prediction="f", cluster="c")


# ---- several classes in an order ---------------------------------------------------------------------------------


def agreement(cells):
    p = numpy.asarray(cells, float)
    p = p / p.sum()
    i, j = numpy.indices(p.shape)
    label, said = p.sum(1), p.sum(0)
    right = numpy.diag(p)
    by = {"none": i != j, "linear": abs(i - j), "quadratic": (i - j) ** 2}
    truths = {f"cohen_kappa(weights={name})": 1 - (w * p).sum() / (w * numpy.outer(label, said)).sum()
              for name, w in by.items()}
    return truths | {"mcc": ratio_of_counts(cells)["mcc"],
                     "specificity(average=macro)": ((1 - label - said + right) / (1 - label)).mean()}


def graded(shares, near, far):
    """`near` of a label's rows are told as the next class on each side, `far` as each other one."""
    classes = len(shares)
    i, j = numpy.indices((classes, classes))
    cells = numpy.where(abs(i - j) == 1, near, numpy.where(i == j, 0.0, far))
    cells[numpy.arange(classes), numpy.arange(classes)] = 1 - cells.sum(1)
    return (cells * numpy.asarray(shares)[:, None]).tolist()


for name, shares, near, far, sizes in (
    ("three classes, errors near", (0.4, 0.4, 0.2), 0.1, 0.01, (50, 200, 1000)),
    ("three classes, errors anywhere", (0.4, 0.4, 0.2), 0.1, 0.1, (50, 200, 1000)),
    ("three classes, 98 % right", (0.4, 0.4, 0.2), 0.01, 0.005, (100, 400, 2000)),
    ("five classes, errors near", (0.3, 0.3, 0.2, 0.1, 0.1), 0.1, 0.005, (50, 200, 1000)),
    ("five classes, errors anywhere", (0.3, 0.3, 0.2, 0.1, 0.1), 0.05, 0.05, (50, 200, 1000)),
    ("five classes, 97 % right, some far", (0.3, 0.3, 0.2, 0.1, 0.1), 0.01, 0.003, (100, 400, 2000)),
):
    cells = graded(shares, near, far)
    for rows in sizes:
        setting(f"in order: {name}", rows, list(agreement(cells)), agreement(cells), cells_of(cells), prediction="h")


# ---- few positives, few clusters ----------------------------------------------------------------------------------


for distance, rows in ((0.7, 200), (1.5, 200), (2.5, 200)):
    setting("few positives: average precision, 10% positive", rows, ["average_precision"],
            {"average_precision": precision_of(distance, 0.1)}, normal_scores(distance, 0.1), score="s", positive=1)


def scores_in_clusters(distance, prevalence, clusters, size, own):
    """`own`: the share of a score's variance that its cluster has in common."""
    def draw(generator, sets, rows):
        of = numpy.tile(numpy.repeat(numpy.arange(clusters), size), sets)
        y = (generator.random(sets * rows) < prevalence).astype(int)
        common = numpy.repeat(generator.normal(0, 1, sets * clusters), size)
        alone = generator.normal(0, 1, sets * rows)
        score = y * distance + numpy.sqrt(own) * common + numpy.sqrt(1 - own) * alone
        return {"y": y, "s": score, "c": of}

    return draw


for prevalence in (0.5, 0.1):
    setting(f"few positives: average precision, {prevalence:.0%} positive, 40 clusters of 10", 400,
            ["average_precision"], {"average_precision": precision_of(1.5, prevalence)},
            scores_in_clusters(1.5, prevalence, 40, 10, 0.3), score="s", positive=1, cluster="c")


def probabilities_in_clusters(clusters, size):
    """Calibrated over all clusters, in none of them: a cluster's rows are positive the more often together."""
    def draw(generator, sets, rows):
        of = numpy.tile(numpy.repeat(numpy.arange(clusters), size), sets)
        p = generator.beta(0.5, 0.5, sets * rows) * 0.98 + 0.01
        common = numpy.repeat(generator.normal(0, 1, sets * clusters), size)
        alone = generator.normal(0, 1, sets * rows)
        y = (numpy.sqrt(0.3) * common + numpy.sqrt(0.7) * alone < stats.norm.ppf(p)).astype(int)
        return {"y": y, "p": p, "c": of}

    return draw


for clusters in (6, 15):
    setting(f"few clusters: {clusters} of 20, calibrated", 20 * clusters, ["log_loss"],
            {"log_loss": float((-own * numpy.log(own) - (1 - own) * numpy.log(1 - own)).mean())},
            probabilities_in_clusters(clusters, 20), score="p", positive=1, cluster="c")
    setting(f"few clusters: {clusters} of 20, correlation 0.3, 90% right", 20 * clusters, ["accuracy"],
            {"accuracy": 0.9}, clustered(0.9, clusters, 20, 0.3), prediction="h", positive=1, cluster="c")


# ---- the program -------------------------------------------------------------------------------------------------


def configuration(roles, quantities):
    lines = ["version: 1", "max_slices: 100000", "data:"]
    for source, replaced in (("test", {}), ("old", roles.get("baseline"))):
        if replaced is None:
            continue
        own = {"path": "table.csv", "label": "y", "allow_constant": "true"}
        own |= {role: column for role, column in roles.items() if role != "baseline"}
        if source == "old":
            own |= {"prediction": replaced[0], "score": replaced[1]}
        lines.append(f"  {source}: {{{', '.join(f'{key}: {value}' for key, value in own.items())}}}")
    baseline = ", baseline: old" if "baseline" in roles else ""
    lines += ["gates:", f"  - {{gate: accuracy, data: test, slices: [g]{baseline}, checks: ["]
    lines.append(", ".join(f"'{quantity}'" for quantity in ["rows >= 1"] + quantities) + "]}")
    return "\n".join(lines) + "\n"


def bounds(program, table, roles, quantities):
    with tempfile.TemporaryDirectory() as scratch:
        table.to_csv(pathlib.Path(scratch) / "table.csv", index=False, float_format="%.17g")
        (pathlib.Path(scratch) / "mlgate.yaml").write_text(configuration(roles, quantities))
        command = [pathlib.Path(program).resolve(), "run", "--report", "json=-"]
        done = subprocess.run(command, cwd=scratch, capture_output=True, text=True)
        results = json.loads(done.stdout)
    if not results["gates"]:
        sys.exit(str(results))
    found = {quantity: [] for quantity in quantities}
    for row in results["gates"][0]["reported"]:
        if row["slice"]:
            found[row["check"]].append(row)
    return found


def cell(name, rows, quantity, truth, found):
    known = [row for row in found if row["estimate"] is not None and row["method"] != "none"]
    lower = numpy.array([-numpy.inf if row["lower"] is None else row["lower"] for row in known])
    upper = numpy.array([numpy.inf if row["upper"] is None else row["upper"] for row in known])
    tiny = 1e-12 * max(1, abs(truth))
    above, below = (lower >= truth - tiny).sum() / len(found), (upper <= truth + tiny).sum() / len(found)
    passes, fails = (below, above) if quantity in ERRORS else (above, below)
    methods = ", ".join(sorted({row["method"] for row in known}))
    without = len(found) - len(known)
    over = 5 + 3 * numpy.sqrt(5 * 95 / len(found))
    mark = ["**" if 100 * rate > over else "" for rate in (passes, fails)]
    print(f"| {name} | {quantity} | {rows} | {truth:.4g} | {mark[0]}{100 * passes:.1f}{mark[0]} | "
          f"{mark[1]}{100 * fails:.1f}{mark[1]} | {without or ''} | {methods} |", flush=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--program", default="build/bin/mlgate")
    arguments.add_argument("--sets", type=int, default=2000)
    arguments.add_argument("names", nargs="*")
    given = arguments.parse_args()
    print("| data | quantity | rows | truth | false pass % | false fail % | no interval | method |\n"
          "|---|---|---|---|---|---|---|---|")
    for number, (name, rows, quantities, truths, draw, roles) in enumerate(settings):
        if given.names and not any(name.startswith(begin) for begin in given.names):
            continue
        generator = numpy.random.default_rng([7, number])
        table = pandas.DataFrame(draw(generator, given.sets, rows))
        table["g"] = numpy.repeat(numpy.arange(given.sets), rows)
        found = bounds(given.program, table, roles, quantities)
        for quantity in quantities:
            cell(name, rows, quantity, truths[quantity], found[quantity])


if __name__ == "__main__":
    main()
