#!/usr/bin/env python3
"""The largest relative deviation of every quantity from scikit-learn, through the whole program.

    pip install scikit-learn==1.9.1 pandas
    python tests/oracles/agreement.py build/bin/mlgate-accuracy

Draws tables of classes, scores, numbers and ranked lists (seeded), with and without weights, asks the gate for every
quantity in one run per table, and prints a Markdown table. Exits 1 where a deviation is over 1e-12.
"""
import collections
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy
import pandas
from sklearn import metrics as sk
from sklearn.preprocessing import label_binarize

GATE = sys.argv[1] if len(sys.argv) > 1 else "build/bin/mlgate-accuracy"
LIMIT = 1e-12
TRIALS = 20


def estimates(table, flags, quantities, scratch):
    path = pathlib.Path(scratch) / "table.csv"
    table.to_csv(path, index=False, float_format="%.17g")
    command = [GATE, "--data", str(path), "--report", "json=-", "--max-slices", "10", "--allow-constant"]
    command += flags + ["--check", "rows >= 1"]
    for quantity in quantities:
        command += ["--check", quantity]
    done = subprocess.run(command, capture_output=True, text=True)
    results = json.loads(done.stdout)
    found = {row["check"]: row["estimate"] for row in results["gates"][0]["reported"]}
    missing = [quantity for quantity in quantities if found.get(quantity) is None]
    if missing:
        sys.exit(f"no estimate of {missing}: {done.stderr}")
    return found


def ratio(a, b):
    return a / b


def binary(generator, n, weighted):
    y = generator.integers(0, 2, n)
    p = numpy.clip(numpy.round(1 / (1 + numpy.exp(-generator.normal(y * 2 - 1, 1.3))), 3), 0.001, 0.999)
    h = (p >= 0.45).astype(int)
    w = numpy.round(generator.uniform(0.1, 5, n), 4)
    s = w if weighted else None
    table = pandas.DataFrame({"y": y, "h": h, "p": p, "w": w})
    tn, fp, fn, tp = sk.confusion_matrix(y, h, sample_weight=s).ravel()
    order = numpy.argsort(-p, kind="stable")
    fpr, tpr, _ = sk.roc_curve(y, p, sample_weight=s, drop_intermediate=False)
    precision, recall, _ = sk.precision_recall_curve(y, p, sample_weight=s)
    total = n if s is None else s.sum()

    def ece(bins):
        index = numpy.minimum((p * bins).astype(int), bins - 1)
        u = numpy.ones(n) if s is None else s
        return sum(abs((u * (y - p))[index == b].sum()) for b in range(bins)) / u.sum()

    kw = {"sample_weight": s}
    want = {
        "accuracy": sk.accuracy_score(y, h, **kw), "zero_one_loss": sk.zero_one_loss(y, h, **kw),
        "precision": sk.precision_score(y, h, **kw), "recall": sk.recall_score(y, h, **kw),
        "specificity": sk.recall_score(y, h, pos_label=0, **kw), "npv": sk.precision_score(y, h, pos_label=0, **kw),
        "fpr": ratio(fp, fp + tn), "fnr": ratio(fn, fn + tp), "fdr": ratio(fp, fp + tp), "for": ratio(fn, fn + tn),
        "selection_rate": ratio(tp + fp, total), "base_rate": ratio(tp + fn, total),
        "f1": sk.f1_score(y, h, **kw), "fbeta(beta=2)": sk.fbeta_score(y, h, beta=2, **kw),
        "jaccard": sk.jaccard_score(y, h, **kw), "balanced_accuracy": sk.balanced_accuracy_score(y, h, **kw),
        "balanced_accuracy(adjusted=true)": sk.balanced_accuracy_score(y, h, adjusted=True, **kw),
        "mcc": sk.matthews_corrcoef(y, h, **kw), "cohen_kappa": sk.cohen_kappa_score(y, h, **kw),
        "roc_auc": sk.roc_auc_score(y, p, **kw), "roc_auc(max_fpr=0.3)": sk.roc_auc_score(y, p, max_fpr=0.3, **kw),
        "average_precision": sk.average_precision_score(y, p, **kw),
        "log_loss": sk.log_loss(y, p, **kw), "brier": sk.brier_score_loss(y, p, **kw), "ece(bins=15)": ece(15),
        "tpr_at_fpr(0.2)": tpr[fpr <= 0.2].max(), "specificity_at_recall(0.8)": 1 - fpr[tpr >= 0.8].min(),
        "precision_at_recall(0.7)": precision[:-1][recall[:-1] >= 0.7].max(),
        "recall_at_precision(0.6)": recall[:-1][precision[:-1] >= 0.6].max(),
        "f1(average=macro)": sk.f1_score(y, h, average="macro", **kw),
    }
    assert order.size == n
    flags = ["--label", "y", "--prediction", "h", "--score", "p"] + (["--weight", "w"] if weighted else [])
    return table, flags, want


def multiclass(generator, n, weighted):
    k = 4
    y = generator.integers(0, k, n)
    z = generator.normal(0, 1, (n, k))
    z[numpy.arange(n), y] += 1.2
    p = numpy.exp(z)
    p /= p.sum(axis=1, keepdims=True)
    h = generator.integers(0, k, n)
    h = numpy.where(generator.random(n) < 0.6, y, h)
    w = numpy.round(generator.uniform(0.1, 5, n), 4)
    s = w if weighted else None
    kw = {"sample_weight": s}
    names = numpy.array(["ant", "bee", "cat", "dog"])
    table = pandas.DataFrame({"y": names[y], "h": names[h], "w": w, **{f"p_{names[c]}": p[:, c] for c in range(k)}})
    want = {}
    for name, function in (("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score),
                           ("jaccard", sk.jaccard_score)):
        for average in ("macro", "weighted", "micro"):
            want[f"{name}(average={average})"] = function(y, h, average=average, **kw)
        want[f"{name}(class=cat)"] = function(y == 2, h == 2, **kw)
    want.update({
        "accuracy": sk.accuracy_score(y, h, **kw), "balanced_accuracy": sk.balanced_accuracy_score(y, h, **kw),
        "mcc": sk.matthews_corrcoef(y, h, **kw), "cohen_kappa": sk.cohen_kappa_score(y, h, **kw),
        "cohen_kappa(weights=linear)": sk.cohen_kappa_score(y, h, weights="linear", **kw),
        "cohen_kappa(weights=quadratic)": sk.cohen_kappa_score(y, h, weights="quadratic", **kw),
        "log_loss": sk.log_loss(y, p, **kw),
        "brier": numpy.average(((p - label_binarize(y, classes=range(k))) ** 2).sum(axis=1), weights=s),
        "top_k_accuracy(k=2)": sk.top_k_accuracy_score(y, p, k=2, **kw),
        "roc_auc": sk.roc_auc_score(y, p, multi_class="ovr", **kw),
        "roc_auc(average=weighted)": sk.roc_auc_score(y, p, multi_class="ovr", average="weighted", **kw),
        "average_precision": sk.average_precision_score(label_binarize(y, classes=range(k)), p, **kw),
    })
    if not weighted:
        want["roc_auc(multi_class=ovo)"] = sk.roc_auc_score(y, p, multi_class="ovo")
        want["roc_auc(multi_class=ovo, average=weighted)"] = sk.roc_auc_score(y, p, multi_class="ovo",
                                                                              average="weighted")
    flags = ["--label", "y", "--prediction", "h", "--score-prefix", "p_"] + (["--weight", "w"] if weighted else [])
    return table, flags, want


def regression(generator, n, weighted):
    y = numpy.exp(generator.normal(1, 0.8, n))
    f = y * numpy.exp(generator.normal(0, 0.3, n))
    w = numpy.round(generator.uniform(0.1, 5, n), 4)
    s = w if weighted else None
    kw = {"sample_weight": s}
    table = pandas.DataFrame({"y": y, "f": f, "w": w})
    want = {
        "mae": sk.mean_absolute_error(y, f, **kw), "mse": sk.mean_squared_error(y, f, **kw),
        "rmse": sk.root_mean_squared_error(y, f, **kw), "mape": sk.mean_absolute_percentage_error(y, f, **kw),
        "msle": sk.mean_squared_log_error(y, f, **kw), "median_absolute_error": sk.median_absolute_error(y, f, **kw),
        "max_error": sk.max_error(y, f), "mean_error": numpy.average(f - y, weights=s),
        "pinball_loss(alpha=0.3)": sk.mean_pinball_loss(y, f, alpha=0.3, **kw),
        "tweedie_deviance(power=0)": sk.mean_tweedie_deviance(y, f, power=0, **kw),
        "tweedie_deviance(power=1)": sk.mean_tweedie_deviance(y, f, power=1, **kw),
        "tweedie_deviance(power=1.5)": sk.mean_tweedie_deviance(y, f, power=1.5, **kw),
        "tweedie_deviance(power=2)": sk.mean_tweedie_deviance(y, f, power=2, **kw),
        "r2": sk.r2_score(y, f, **kw), "explained_variance": sk.explained_variance_score(y, f, **kw),
        "d2_absolute_error": sk.d2_absolute_error_score(y, f, **kw),
        "d2_pinball(alpha=0.3)": sk.d2_pinball_score(y, f, alpha=0.3, **kw),
        "d2_tweedie(power=1)": sk.d2_tweedie_score(y, f, power=1, **kw),
    }
    flags = ["--label", "y", "--prediction", "f"] + (["--weight", "w"] if weighted else [])
    return table, flags, want


def ranked_lists(generator, n, weighted):
    queries = max(3, n // 12)
    q = numpy.sort(generator.integers(0, queries, n))
    relevance = generator.choice([0, 0, 0, 1, 2, 3], n)
    score = numpy.round(generator.normal(relevance, 1.5), 1)  # with ties
    sizes = collections.Counter(q)
    keep = numpy.array([sizes[x] > 1 for x in q])
    q, relevance, score = q[keep], relevance[keep], score[keep]
    values = {None: [], 5: []}
    for query in sorted(set(q)):
        rows = q == query
        for k in values:
            values[k].append(sk.ndcg_score([relevance[rows]], [score[rows]], k=k))
    table = pandas.DataFrame({"q": q, "y": relevance, "s": score})
    return table, ["--label", "y", "--score", "s", "--query", "q"], {
        "ndcg": numpy.mean(values[None]), "ndcg(k=5)": numpy.mean(values[5])}


def main():
    worst = collections.defaultdict(float)
    generator = numpy.random.default_rng(20261124)
    with tempfile.TemporaryDirectory() as scratch:
        for trial in range(TRIALS):
            n = int(generator.integers(30, 3000))
            for weighted in (False, True):
                for make in (binary, multiclass, regression, ranked_lists):
                    if make is ranked_lists and weighted:
                        continue
                    table, flags, want = make(generator, n, weighted)
                    got = estimates(table, flags, want, scratch)
                    for quantity, value in want.items():
                        deviation = abs(got[quantity] - value) / max(abs(value), 1e-300) if value else abs(got[quantity])
                        key = (quantity, make.__name__)
                        worst[key] = max(worst[key], float(deviation))
    print("| quantity | table | largest relative deviation |\n|---|---|---|")
    for (quantity, table), deviation in sorted(worst.items(), key=lambda item: -item[1]):
        print(f"| `{quantity}` | {table} | {deviation:.1e} |")
    over = [quantity for (quantity, _), deviation in worst.items() if deviation > LIMIT]
    print(f"\n{len(worst)} quantities, {TRIALS} tables each, weighted and not; over {LIMIT:g}: {over or 'none'}")
    sys.exit(1 if over else 0)


if __name__ == "__main__":
    main()
