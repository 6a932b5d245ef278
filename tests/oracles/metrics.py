"""Numbers that the metric families are checked against; run by hand:

    python tests/oracles/metrics.py        (scikit-learn 1.9.1, numpy 2.4)

writes beside itself
    fairlearn71.csv      read, not written: y_t, y_p, y_score, s_w and g_1 ... g_4 of fairlearn/fairlearn,
                         test/unit/metrics/data_for_test.py (MIT); id and cluster (row modulo 24) are ours
    multiclass.csv       made here: four classes, probabilities with ties, weights, clusters, a baseline
    regression.csv       made here: positive numbers, weights, clusters, a baseline
    metrics_expected.csv data, roles, check, value, standard error, rows or clusters that it rests on

Values are scikit-learn's. Standard errors come from scikit-learn too: the influence of row i is
w_i dT/dw_i, by central differences of the function with sample_weight. Hence they share no code and no
formula with what they check; they are good to about 1e-8.
"""
import csv
import os
import warnings

import numpy as np
from sklearn import metrics as m

warnings.filterwarnings("ignore")
HERE = os.path.dirname(os.path.abspath(__file__))
STEP = 1e-5


def path(name):
    return os.path.join(HERE, name)


def read(name):
    with open(path(name), newline="") as file:
        rows = list(csv.DictReader(file))
    return {k: np.array([row[k] for row in rows]) for k in rows[0]}


def write(name, columns):
    with open(path(name), "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values()))


def make_multiclass():
    rng = np.random.default_rng(20240611)
    n, names = 400, np.array(["ash", "birch", "cedar", "dogwood"])
    label = rng.choice(4, n, p=[0.4, 0.3, 0.2, 0.1])
    p = rng.dirichlet([0.6] * 4, n)
    p[np.arange(n), label] += rng.random(n)
    cuts = np.round(np.cumsum(p / p.sum(1, keepdims=True), 1) * 16).astype(int)  # sixteenths: exact, many ties
    cuts[:, -1] = 16
    p = np.diff(cuts, axis=1, prepend=0) / 16
    prediction = np.where(rng.random(n) < 0.8, p.argmax(1), rng.integers(0, 4, n))
    baseline = np.where(rng.random(n) < 0.7, prediction, rng.integers(0, 4, n))
    write("multiclass.csv", {
        "id": [f"r{i}" for i in range(n)], "label": names[label], "prediction": names[prediction],
        "baseline": names[baseline],
        **{f"p_{name}": p[:, k] for k, name in enumerate(names)},
        "weight": np.round(rng.gamma(2, 1, n) + 0.05, 3), "cluster": rng.integers(0, 40, n)})


def make_regression():
    rng = np.random.default_rng(7)
    n = 240
    mean = rng.gamma(4, 2, n)
    label = np.round(rng.gamma(6, mean / 6), 3) + 0.001
    prediction = np.round(mean * rng.lognormal(0, 0.1, n), 4) + 0.001
    baseline = np.round(mean * rng.lognormal(0.05, 0.3, n), 4) + 0.001
    write("regression.csv", {
        "id": np.arange(n), "label": [repr(float(x)) for x in label],
        "prediction": [repr(float(x)) for x in prediction], "baseline": [repr(float(x)) for x in baseline],
        "far": [repr(float(1e6 + x)) for x in label], "far_prediction": [repr(float(1e6 + x)) for x in prediction],
        "weight": np.round(rng.gamma(2, 1, n) + 0.05, 3), "cluster": rng.integers(0, 30, n)})


def influence(function, weights):
    psi = np.empty(len(weights))
    for i, weight in enumerate(weights):
        high, low = weights.copy(), weights.copy()
        high[i], low[i] = weight * (1 + STEP), weight * (1 - STEP)
        psi[i] = (function(high) - function(low)) / (2 * STEP)
    return psi


def sums_of(values, clusters):
    return np.array([values[clusters == c].sum() for c in np.unique(clusters)])


def cluster_error(psi, clusters):
    sums = sums_of(psi, clusters)
    return np.sqrt(len(sums) / (len(sums) - 1) * (sums ** 2).sum())


def uneven_error(psi, share, of_each):
    """Of a mean: `share` of all weight that each row (or cluster) has, `of_each` how much it counts where the
    variance is taken from what all say, psi / share. family.c says why."""
    share = share / share.sum()
    kish, carriers = 1 / (share ** 2).sum(), (share ** 2).sum() ** 2 / (share ** 4).sum()
    observed, weight = (psi ** 2).sum(), (carriers / 20) ** 2
    even = (share ** 2).sum() * np.average((psi / share) ** 2, weights=of_each)
    return np.sqrt((weight * observed + max(observed, even)) / (weight + 1) * kish / (kish - 1))


def mean_errors(psi, weights, clusters):
    of_clusters = sums_of(weights, clusters)
    return (uneven_error(psi, weights, np.ones(len(psi))),
            uneven_error(sums_of(psi, clusters), of_clusters, of_clusters))


EXPECTED = []


def expect(data, check, function, columns, proportion=False, delta=False):
    """`delta`: the plain standard error is the multinomial delta method's, without n/(n-1)."""
    n = len(columns["cluster"])
    for roles in ("plain", "weighted"):
        weights = columns["weight"].astype(float) if roles == "weighted" else np.ones(n)
        value, psi = function(weights), influence(function, weights)
        error = np.sqrt((psi ** 2).sum() * (1 if delta and roles == "plain" else n / (n - 1)))
        of_clusters = cluster_error(psi, columns["cluster"])
        if not proportion and not delta:
            error, of_clusters = mean_errors(psi, weights, columns["cluster"])
        plain_proportion = proportion and roles == "plain"
        EXPECTED.append([data, roles, check, repr(float(value)), "" if plain_proportion else repr(float(error))])
        EXPECTED.append([data, "clustered" if roles == "plain" else "clustered weighted", check,
                         repr(float(value)), repr(float(of_clusters))])


def expect_delta(data, check, candidate, baseline, columns, tango=False):
    n = len(columns["cluster"])
    for roles in ("plain", "weighted"):
        weights = columns["weight"].astype(float) if roles == "weighted" else np.ones(n)
        psi = influence(candidate, weights) - influence(baseline, weights)
        value = candidate(weights) - baseline(weights)
        of_rows, of_clusters = mean_errors(psi, weights, columns["cluster"])
        error = "" if tango and roles == "plain" else repr(float(of_rows))
        EXPECTED.append([data, roles, f"delta({check})", repr(float(value)), error])
        EXPECTED.append([data, "clustered" if roles == "plain" else "clustered weighted", f"delta({check})",
                         repr(float(value)), repr(float(of_clusters))])


def constant(data, check, function, columns):
    n = len(columns["cluster"])
    for roles in ("plain", "weighted"):
        weights = columns["weight"].astype(float) if roles == "weighted" else np.ones(n)
        EXPECTED.append([data, roles, f"constant_score({check})", repr(float(function(weights))), ""])


def binary():
    raw = read("fairlearn71.csv")
    columns = {"weight": raw["s_w"], "cluster": raw["cluster"]}
    y, p, s = raw["y_t"].astype(int), raw["y_p"].astype(int), raw["y_score"].astype(float)
    two = np.column_stack([1 - s, s])

    def on(function, **arguments):
        return lambda w: function(y, p, sample_weight=w, **arguments)

    def cells(w):
        return m.confusion_matrix(y, p, sample_weight=w).ravel()

    for check, function in {
            "accuracy": on(m.accuracy_score), "zero_one_loss": on(m.zero_one_loss),
            "precision": on(m.precision_score), "recall": on(m.recall_score),
            "recall(class=0)": on(m.recall_score, pos_label=0),
            "specificity": on(m.recall_score, pos_label=0), "npv": on(m.precision_score, pos_label=0),
            "fpr": lambda w: cells(w)[1] / cells(w)[:2].sum(), "fnr": lambda w: cells(w)[2] / cells(w)[2:].sum(),
            "fdr": lambda w: cells(w)[1] / cells(w)[1::2].sum(), "for": lambda w: cells(w)[2] / cells(w)[::2].sum(),
            "selection_rate": lambda w: np.average(p, weights=w), "base_rate": lambda w: np.average(y, weights=w),
            "jaccard": on(m.jaccard_score), "precision(micro)": on(m.precision_score, average="micro"),
    }.items():
        expect("binary", check, function, columns, proportion=True)
    for check, function in {
            "f1": on(m.f1_score), "fbeta(0.5)": on(m.fbeta_score, beta=0.5), "fbeta(2)": on(m.fbeta_score, beta=2),
            "f1(average=macro)": on(m.f1_score, average="macro"),
            "f1(average=weighted)": on(m.f1_score, average="weighted"),
            "f1(class=0)": on(m.f1_score, pos_label=0),
            "balanced_accuracy": on(m.balanced_accuracy_score),
            "balanced_accuracy(adjusted=true)": on(m.balanced_accuracy_score, adjusted=True),
            "mcc": on(m.matthews_corrcoef), "cohen_kappa": on(m.cohen_kappa_score),
    }.items():
        expect("binary", check, function, columns, delta=True)
    expect("binary", "log_loss", lambda w: m.log_loss(y, two, sample_weight=w), columns)
    expect("binary", "brier", lambda w: m.brier_score_loss(y, s, sample_weight=w), columns)
    expect("binary", "top_k_accuracy(1)", lambda w: m.top_k_accuracy_score(y, s, k=1, sample_weight=w), columns,
           proportion=True)

    def best(function):
        return lambda w: max(function(y, np.full_like(y, c), sample_weight=w) for c in (0, 1))

    def rate(w):
        return np.average(y, weights=w)
    constant("binary", "accuracy", best(m.accuracy_score), columns)
    constant("binary", "f1", best(m.f1_score), columns)
    constant("binary", "balanced_accuracy", best(m.balanced_accuracy_score), columns)
    constant("binary", "zero_one_loss", lambda w: 1 - best(m.accuracy_score)(w), columns)
    constant("binary", "log_loss",
             lambda w: m.log_loss(y, np.tile([1 - rate(w), rate(w)], (len(y), 1)), sample_weight=w), columns)
    constant("binary", "brier", lambda w: m.brier_score_loss(y, np.full(len(y), rate(w)), sample_weight=w), columns)


def multiclass():
    columns = read("multiclass.csv")
    y, p, b = columns["label"], columns["prediction"], columns["baseline"]
    names = np.unique(y)
    s = np.column_stack([columns[f"p_{name}"].astype(float) for name in names])

    def on(function, answers=p, **arguments):
        return lambda w: function(y, answers, sample_weight=w, **arguments)

    def rates(part, whole):
        def function(w):
            c = m.confusion_matrix(y, p, sample_weight=w)
            tp = np.diag(c)
            cells = {"tp": tp, "fp": c.sum(0) - tp, "fn": c.sum(1) - tp}
            cells["tn"] = c.sum() - sum(cells.values())
            return np.mean(cells[part] / (cells[part] + cells[whole]))
        return function

    for average in ("macro", "weighted", "micro"):
        pooled = average == "micro"
        for name, function in {"precision": m.precision_score, "recall": m.recall_score, "f1": m.f1_score,
                               "jaccard": m.jaccard_score}.items():
            # weighted recall is accuracy
            share = name != "jaccard" and pooled or (name, average) == ("recall", "weighted")
            expect("multiclass", f"{name}(average={average})", on(function, average=average), columns,
                   proportion=share, delta=not share)
        expect("multiclass", f"fbeta(2, average={average})", on(m.fbeta_score, beta=2, average=average), columns,
               proportion=pooled, delta=not pooled)
    expect("multiclass", "f1", on(m.f1_score, average="macro"), columns, delta=True)
    expect("multiclass", "f1(class=cedar)", lambda w: m.f1_score(y == "cedar", p == "cedar", sample_weight=w),
           columns, delta=True)
    for name, parts in {"specificity": ("tn", "fp"), "npv": ("tn", "fn"), "fpr": ("fp", "tn"), "fnr": ("fn", "tp"),
                        "fdr": ("fp", "tp"), "for": ("fn", "tn")}.items():
        expect("multiclass", name, rates(*parts), columns, delta=True)
    expect("multiclass", "accuracy", on(m.accuracy_score), columns, proportion=True)
    for check, function in {
            "balanced_accuracy": on(m.balanced_accuracy_score),
            "balanced_accuracy(adjusted=true)": on(m.balanced_accuracy_score, adjusted=True),
            "mcc": on(m.matthews_corrcoef), "cohen_kappa": on(m.cohen_kappa_score),
            "cohen_kappa(linear)": on(m.cohen_kappa_score, weights="linear"),
            "cohen_kappa(weights=quadratic)": on(m.cohen_kappa_score, weights="quadratic"),
    }.items():
        expect("multiclass", check, function, columns, delta=True)
    expect("multiclass", "log_loss", lambda w: m.log_loss(y, s, sample_weight=w), columns)
    expect("multiclass", "brier", lambda w: m.brier_score_loss(y, s, sample_weight=w, labels=names), columns)
    for k in (1, 2, 3):
        expect("multiclass", f"top_k_accuracy({k})",
               lambda w, k=k: m.top_k_accuracy_score(y, s, k=k, sample_weight=w), columns, proportion=True)

    expect_delta("multiclass", "accuracy", on(m.accuracy_score), on(m.accuracy_score, b), columns, tango=True)
    expect_delta("multiclass", "f1, average=macro", on(m.f1_score, average="macro"),
                 on(m.f1_score, b, average="macro"), columns)
    expect_delta("multiclass", "mcc", on(m.matthews_corrcoef), on(m.matthews_corrcoef, b), columns)

    def best(function, **arguments):
        return lambda w: max(function(y, np.full(len(y), c), sample_weight=w, **arguments) for c in names)

    def rate(w):
        return np.tile([np.average(y == c, weights=w) for c in names], (len(y), 1))
    constant("multiclass", "accuracy", best(m.accuracy_score), columns)
    constant("multiclass", "f1, macro", best(m.f1_score, average="macro"), columns)
    constant("multiclass", "log_loss", lambda w: m.log_loss(y, rate(w), sample_weight=w), columns)
    constant("multiclass", "brier", lambda w: m.brier_score_loss(y, rate(w), sample_weight=w, labels=names), columns)
    constant("multiclass", "top_k_accuracy, 2", lambda w: np.sort(rate(w)[0])[-2:].sum(), columns)


def regression():
    columns = read("regression.csv")
    numbers = {k: v.astype(float) for k, v in columns.items()}
    y, f, b = numbers["label"], numbers["prediction"], numbers["baseline"]

    def on(function, answers=f, label=y, **arguments):
        return lambda w: function(label, answers, sample_weight=w, **arguments)

    for check, function in {
            "mae": on(m.mean_absolute_error), "mse": on(m.mean_squared_error),
            "mape": on(m.mean_absolute_percentage_error), "msle": on(m.mean_squared_log_error),
            "mean_error": lambda w: np.average(f - y, weights=w),
            "pinball_loss": on(m.mean_pinball_loss), "pinball_loss(0.9)": on(m.mean_pinball_loss, alpha=0.9),
            **{f"tweedie_deviance({power})": on(m.mean_tweedie_deviance, power=power)
               for power in (-1, 0, 1, 1.5, 2, 3)},
    }.items():
        expect("regression", check, function, columns)
    for check, function in {
            "rmse": on(m.root_mean_squared_error), "r2": on(m.r2_score),
            "explained_variance": on(m.explained_variance_score),
            **{f"d2_tweedie({power})": on(m.d2_tweedie_score, power=power) for power in (0, 1, 1.5, 2, 3)},
    }.items():
        expect("regression", check, function, columns)
    far = numbers["far"], numbers["far_prediction"]
    for check, function in {"r2": m.r2_score, "explained_variance": m.explained_variance_score,
                            "mse": m.mean_squared_error}.items():
        expect("far", check, lambda w, function=function: function(*far, sample_weight=w), columns)

    for name, function in {"mae": m.mean_absolute_error, "r2": m.r2_score}.items():
        expect_delta("regression", name, on(function), on(function, b), columns)

    def mean(w):
        return np.full(len(y), np.average(y, weights=w))
    constant("regression", "mse", lambda w: m.mean_squared_error(y, mean(w), sample_weight=w), columns)
    constant("regression", "rmse", lambda w: m.root_mean_squared_error(y, mean(w), sample_weight=w), columns)
    constant("regression", "r2", lambda w: 0.0, columns)


if __name__ == "__main__":
    make_multiclass()
    make_regression()
    binary()
    multiclass()
    regression()
    with open(path("metrics_expected.csv"), "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n", delimiter=";")
        writer.writerow(["data", "roles", "check", "value", "standard_error"])
        writer.writerows(EXPECTED)
    print(len(EXPECTED), "numbers")
