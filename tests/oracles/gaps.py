"""Numbers that gaps between train and held-out rows are checked against; run by hand:

    python tests/oracles/gaps.py        (scikit-learn 1.9.1, numpy 2.4, scipy 1.17)

writes beside itself
    gap_TASK_train.csv, gap_TASK_held_out.csv   made here, TASK binary, classes, numbers or queries: a model that is
                       better on its train rows; weights, clusters, two sites, five folds
    gaps_expected.csv  task, roles, slice, check, value, lower and upper bound at 95 % (empty: not checked here)

Values are differences of scikit-learn's; what scikit-learn does not have is written out here or in order_queries.py
from its definition. Positive means overfitting: train - held-out where more is better, else held-out - train. A
relative gap is that over the size of the train score. The bounds of the mean gap over folds are Student's t of numpy's
variance with the correction of Nadeau and Bengio 2003.
"""
import csv
import os
import warnings

import numpy as np
from scipy.stats import t
from sklearn import metrics as m

from order_queries import average_precision, hit, ndcg, reciprocal_rank

warnings.filterwarnings("ignore")
HERE = os.path.dirname(os.path.abspath(__file__))
PARTS = ("train", "held_out")
EXPECTED = []


def path(name):
    return os.path.join(HERE, name)


def write(task, part, columns):
    with open(path(f"gap_{task}_{part}.csv"), "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values()))


def read(task, part):
    with open(path(f"gap_{task}_{part}.csv"), newline="") as file:
        rows = list(csv.DictReader(file))
    return {k: np.array([row[k] for row in rows]) for k in rows[0]}


# ---- data -----------------------------------------------------------------------------------------

def roles_of(rng, n):
    return {"weight": np.round(rng.gamma(2, 1, n) + 0.05, 2), "cluster": rng.integers(0, 30, n),
            "site": np.where(rng.random(n) < 0.6, "north", "south"), "fold": rng.permutation(np.arange(n) % 5)}


def make():
    rng = np.random.default_rng(5)
    for part, n, strength in (("train", 160, 2.4), ("held_out", 120, 1.0)):
        y = (rng.random(n) < 0.4).astype(int)
        s = np.round(1 / (1 + np.exp(-(strength * (2 * y - 1) + rng.normal(0, 1.5, n)))), 2).clip(0.02, 0.98)
        answers = np.where(rng.random(n) < 0.05, 1 - y, s > 0.5).astype(int)
        write("binary", part, {"label": y, "prediction": answers, "score": s, **roles_of(rng, n)})

        label = rng.choice(3, n, p=[0.5, 0.3, 0.2])
        p = rng.dirichlet([0.8] * 3, n)
        p[np.arange(n), label] += strength * 0.5 * rng.random(n)
        cuts = np.round(np.cumsum(p / p.sum(1, keepdims=True), 1) * 64).astype(int)  # sixty-fourths: exact, ties
        cuts[:, -1] = 64
        p = np.diff(cuts, axis=1, prepend=0) / 64
        names = np.array(["ash", "birch", "cedar"])
        write("classes", part, {"label": names[label], "prediction": names[p.argmax(1)],
                                **{f"p_{name}": p[:, k] for k, name in enumerate(names)}, **roles_of(rng, n)})

        mean = rng.gamma(4, 2, n)
        number = np.round(rng.gamma(6, mean / 6), 3) + 0.001
        guess = np.round(np.exp(np.log(number) * 0.5 + np.log(mean) * 0.5 + rng.normal(0, 0.4 / strength, n)), 3)
        write("numbers", part, {"label": [repr(float(x)) for x in number],
                                "prediction": [repr(float(x)) for x in guess + 0.001], **roles_of(rng, n)})

        rows = []
        for q in range(n // 4):
            size = rng.integers(3, 12)
            grade = np.minimum(rng.poisson(0.5, size), 3) * (q % 12 != 5)
            score = np.round((strength * grade + rng.normal(0, 1.5, size)) * 4) / 4
            weight, site = [0.3, 0.5, 1, 2.7][rng.integers(0, 4)], ["north", "south"][q % 2]
            rows += [(f"q{q}", s, g, weight, f"c{q % 20}", site, q % 5) for s, g in zip(score, grade)]
        rows = [rows[i] for i in rng.permutation(len(rows))]
        write("queries", part, dict(zip(("query", "score", "label", "weight", "cluster", "site", "fold"), zip(*rows))))


# ---- metrics: functions of a table and weights ------------------------------------------------------

def cells(d, w):
    return m.confusion_matrix(d["label"], d["prediction"], sample_weight=w).ravel()


def of(function, **arguments):
    return lambda d, w: function(d["label"], d["prediction"], sample_weight=w, **arguments)


def positive(function, **arguments):
    return lambda d, w: function(d["label"].astype(int), d["prediction"].astype(int), sample_weight=w, **arguments)


def scored(function, **arguments):
    return lambda d, w: function(d["label"].astype(int), d["score"].astype(float), sample_weight=w, **arguments)


def columns(d):
    return np.array([d[f"p_{name}"].astype(float) for name in ("ash", "birch", "cedar")]).T


def probable(function, **arguments):
    return lambda d, w: function(d["label"], columns(d), sample_weight=w, **arguments)


def number(function, **arguments):
    return lambda d, w: function(d["label"].astype(float), d["prediction"].astype(float), sample_weight=w, **arguments)


def calibration(right, p, w, bins):
    place = np.minimum((p * bins).astype(int), bins - 1)
    return np.abs(np.bincount(place, w * (right - p), bins)).sum() / w.sum()


def curve(what, x):
    def function(d, w):
        y, s = d["label"].astype(int), d["score"].astype(float)
        precision, recall, _ = m.precision_recall_curve(y, s, sample_weight=w)
        fpr, tpr, _ = m.roc_curve(y, s, sample_weight=w, drop_intermediate=False)
        return {"precision_at_recall": lambda: precision[:-1][recall[:-1] >= x].max(),
                "recall_at_precision": lambda: recall[:-1][precision[:-1] >= x].max(),
                "tpr_at_fpr": lambda: tpr[fpr <= x].max(),
                "specificity_at_recall": lambda: (1 - fpr)[tpr >= x].max()}[what]()
    return function


def one_against_rest(part, whole):
    """The mean over classes of a rate that scikit-learn has for two alone."""
    def function(d, w):
        c = m.confusion_matrix(d["label"], d["prediction"], sample_weight=w)
        tp = np.diag(c)
        count = {"tp": tp, "fp": c.sum(0) - tp, "fn": c.sum(1) - tp}
        count["tn"] = c.sum() - sum(count.values())
        return np.mean(count[part] / (count[part] + count[whole]))
    return function


def of_queries(function, k=None):
    def mean(d, w):
        values, weights = [], []
        for query in np.unique(d["query"]):
            own = d["query"] == query
            value = function(d["label"][own].astype(float), d["score"][own].astype(float), k)
            if value is not None:
                values.append(value)
                weights.append(w[own][0])
        return np.average(values, weights=weights)
    return mean


MORE, LESS = 1, -1
BINARY = {
    "accuracy": (MORE, positive(m.accuracy_score)), "zero_one_loss": (LESS, positive(m.zero_one_loss)),
    "precision": (MORE, positive(m.precision_score)), "recall": (MORE, positive(m.recall_score)),
    "recall(class=0)": (MORE, positive(m.recall_score, pos_label=0)),
    "specificity": (MORE, positive(m.recall_score, pos_label=0)),
    "npv": (MORE, positive(m.precision_score, pos_label=0)),
    "fpr": (LESS, lambda d, w: cells(d, w)[1] / cells(d, w)[:2].sum()),
    "fnr": (LESS, lambda d, w: cells(d, w)[2] / cells(d, w)[2:].sum()),
    "fdr": (LESS, lambda d, w: cells(d, w)[1] / cells(d, w)[1::2].sum()),
    "for": (LESS, lambda d, w: cells(d, w)[2] / cells(d, w)[::2].sum()),
    "jaccard": (MORE, positive(m.jaccard_score)),
    "f1": (MORE, positive(m.f1_score)), "f1(average=macro)": (MORE, positive(m.f1_score, average="macro")),
    "f1(average=weighted)": (MORE, positive(m.f1_score, average="weighted")),
    "f1(average=micro)": (MORE, positive(m.f1_score, average="micro")),
    "f1(class=0)": (MORE, positive(m.f1_score, pos_label=0)),
    "fbeta(0.5)": (MORE, positive(m.fbeta_score, beta=0.5)),
    "balanced_accuracy": (MORE, positive(m.balanced_accuracy_score)),
    "balanced_accuracy(adjusted=true)": (MORE, positive(m.balanced_accuracy_score, adjusted=True)),
    "mcc": (MORE, positive(m.matthews_corrcoef)), "cohen_kappa": (MORE, positive(m.cohen_kappa_score)),
    "roc_auc": (MORE, scored(m.roc_auc_score)), "roc_auc(max_fpr=0.3)": (MORE, scored(m.roc_auc_score, max_fpr=0.3)),
    "average_precision": (MORE, scored(m.average_precision_score)),
    "precision_at_recall(0.62)": (MORE, curve("precision_at_recall", 0.62)),
    "recall_at_precision(0.7)": (MORE, curve("recall_at_precision", 0.7)),
    "tpr_at_fpr(0.1)": (MORE, curve("tpr_at_fpr", 0.1)),
    "specificity_at_recall(0.9)": (MORE, curve("specificity_at_recall", 0.9)),
    "log_loss": (LESS, scored(m.log_loss)), "brier": (LESS, scored(m.brier_score_loss)),
    "top_k_accuracy(1)": (MORE, scored(m.top_k_accuracy_score, k=1)),
    "ece": (LESS, lambda d, w: calibration(d["label"].astype(int), d["score"].astype(float), w, 15)),
    "ece(bins=4)": (LESS, lambda d, w: calibration(d["label"].astype(int), d["score"].astype(float), w, 4)),
}
CLASSES = {
    "accuracy": (MORE, of(m.accuracy_score)),
    **{f"{name}(average={average})": (MORE, of(function, average=average))
       for name, function in (("precision", m.precision_score), ("recall", m.recall_score), ("f1", m.f1_score),
                              ("jaccard", m.jaccard_score)) for average in ("macro", "weighted", "micro")},
    "f1": (MORE, of(m.f1_score, average="macro")),
    "f1(class=cedar)": (MORE, lambda d, w: m.f1_score(d["label"] == "cedar", d["prediction"] == "cedar",
                                                      sample_weight=w)),
    **{name: (MORE if name in ("specificity", "npv") else LESS, one_against_rest(*parts))
       for name, parts in {"specificity": ("tn", "fp"), "npv": ("tn", "fn"), "fpr": ("fp", "tn"), "fnr": ("fn", "tp"),
                           "fdr": ("fp", "tp"), "for": ("fn", "tn")}.items()},
    "balanced_accuracy": (MORE, of(m.balanced_accuracy_score)), "mcc": (MORE, of(m.matthews_corrcoef)),
    "cohen_kappa": (MORE, of(m.cohen_kappa_score)),
    "cohen_kappa(weights=quadratic)": (MORE, of(m.cohen_kappa_score, weights="quadratic")),
    "log_loss": (LESS, probable(m.log_loss)),
    "brier": (LESS, probable(m.brier_score_loss, labels=["ash", "birch", "cedar"])),
    "top_k_accuracy(2)": (MORE, probable(m.top_k_accuracy_score, k=2)),
    "roc_auc": (MORE, probable(m.roc_auc_score, multi_class="ovr")),
    "roc_auc(average=weighted)": (MORE, probable(m.roc_auc_score, multi_class="ovr", average="weighted")),
    "average_precision": (MORE, probable(m.average_precision_score)),
    "ece(bins=5)": (LESS, lambda d, w: calibration(
        np.array(["ash", "birch", "cedar"])[columns(d).argmax(1)] == d["label"], columns(d).max(1), w, 5)),
}
PLAIN_CLASSES = {f"roc_auc(multi_class=ovo, average={average})":
                 (MORE, lambda d, w, a=average: m.roc_auc_score(d["label"], columns(d), multi_class="ovo", average=a))
                 for average in ("macro", "weighted")}
NUMBERS = {
    "mae": (LESS, number(m.mean_absolute_error)), "mse": (LESS, number(m.mean_squared_error)),
    "rmse": (LESS, number(m.root_mean_squared_error)), "mape": (LESS, number(m.mean_absolute_percentage_error)),
    "msle": (LESS, number(m.mean_squared_log_error)), "median_absolute_error": (LESS, number(m.median_absolute_error)),
    "max_error": (LESS, lambda d, w: m.max_error(d["label"].astype(float), d["prediction"].astype(float))),
    **{f"pinball_loss({alpha})": (LESS, number(m.mean_pinball_loss, alpha=alpha)) for alpha in (0.5, 0.9)},
    **{f"tweedie_deviance({power})": (LESS, number(m.mean_tweedie_deviance, power=power)) for power in (0, 1, 1.5, 3)},
    "r2": (MORE, number(m.r2_score)), "explained_variance": (MORE, number(m.explained_variance_score)),
    "d2_absolute_error": (MORE, number(m.d2_absolute_error_score)),
    "d2_pinball(0.7)": (MORE, number(m.d2_pinball_score, alpha=0.7)),
    **{f"d2_tweedie({power})": (MORE, number(m.d2_tweedie_score, power=power)) for power in (0, 1, 2)},
}
QUERIES = {
    **{"ndcg" + (f"({k})" if k else ""): (MORE, of_queries(ndcg, k)) for k in (None, 3)},
    **{"map" + (f"({k})" if k else ""): (MORE, of_queries(average_precision, k)) for k in (None, 3)},
    "mrr": (MORE, of_queries(reciprocal_rank)), "hit_rate(1)": (MORE, of_queries(hit, 1)),
}


# ---- gaps -------------------------------------------------------------------------------------------

def part_of(d, own):
    return {k: v[own] for k, v in d.items()}


def score(function, d, roles):
    n = len(d["weight"])
    return function(d, d["weight"].astype(float) if roles == "weighted" else np.ones(n))


def expect(task, roles, where, check, value, lower="", upper=""):
    EXPECTED.append([task, roles, where, check] + [x if x == "" else repr(float(x)) for x in (value, lower, upper)])


def named(quantity, check):
    return f"{quantity}({check.replace('(', ', ', 1)}" if "(" in check else f"{quantity}({check})"


def gaps(task, metrics, all_roles=("plain", "weighted")):
    tables = {part: read(task, part) for part in PARTS}
    for roles in all_roles:
        for check, (sign, function) in metrics.items():
            for where in ("", "north", "south"):
                train, held_out = (score(function, part_of(d, (d["site"] == where) | (where == "")), roles)
                                   for d in tables.values())
                gap = sign * (train - held_out)
                expect(task, roles, where, named("gap", check), gap)
                expect(task, roles, where, named("relative_gap", check), gap / abs(train))
    for roles in all_roles:
        for check, (sign, function) in metrics.items():
            folds(task, roles, check, sign, function, tables)


# What is asked of folds: one of each kind.
OF_FOLDS = ("accuracy", "f1", "f1(average=macro)", "balanced_accuracy", "mcc", "roc_auc", "log_loss", "brier", "mae",
            "rmse", "r2")


def folds(task, roles, check, sign, function, tables):
    if check not in OF_FOLDS:
        return
    k = len(np.unique(tables["train"]["fold"]))
    train, held_out = (np.array([score(function, part_of(d, d["fold"] == str(f)), roles) for f in range(k)])
                       for d in tables.values())
    gap = sign * (train - held_out)
    half = t.ppf(0.95, k - 1) * np.sqrt(gap.var(ddof=1) * (1 / k + 1 / (k - 1)))
    expect(task, roles, "", named("fold_gap", check), gap.mean(), gap.mean() - half, gap.mean() + half)
    expect(task, roles, "", named("fold_spread", check), held_out.max() - held_out.min())
    expect(task, roles, "", named("fold_worst", check), held_out.min() if sign == MORE else held_out.max())


if __name__ == "__main__":
    make()
    gaps("binary", BINARY)
    gaps("classes", CLASSES)
    gaps("classes", PLAIN_CLASSES, ("plain",))
    gaps("numbers", NUMBERS)
    gaps("queries", QUERIES)
    with open(path("gaps_expected.csv"), "w", newline="") as out:
        writer = csv.writer(out, lineterminator="\n", delimiter=";")
        writer.writerow(["task", "roles", "slice", "check", "value", "lower", "upper"])
        writer.writerows(EXPECTED)
    print(len(EXPECTED), "numbers")
