#!/usr/bin/env python3
"""The largest relative deviation of every quantity from scikit-learn, through the whole program.

    pip install scikit-learn==1.9.1 pandas
    python tests/oracles/agreement.py build/bin/mlgate-accuracy

Draws tables of classes, scores, numbers and ranked lists (seeded), with and without weights, asks the gate for every
quantity in one run per table, and prints a Markdown table. Besides usual tables there are tiny ones (2 to 5 rows),
ones with heavy ties, scores of exactly 0 and 1 and weights from 1e-8 to 1e8, numbers around 1e7, and ones of 200,000
rows. Where scikit-learn divides 0 by 0 the gate has to say that there is no value.

scikit-learn has no map, mrr, hit_rate, ece, mean_error and constant_score, and its own rounding is in the way where
numbers are large or weights differ much: there the reference is written out here, from the definitions, in numpy's
long double or in fractions. Exits 1 where a deviation is over 1e-12, or a quantity of `mlgate list` is never asked for.
"""
import collections
import fractions
import itertools
import json
import math
import pathlib
import re
import subprocess
import sys
import tempfile
import warnings

import numpy
import pandas
from sklearn import metrics as sk
from sklearn.preprocessing import label_binarize

GATE = sys.argv[1] if len(sys.argv) > 1 else "build/bin/mlgate-accuracy"
SUITE = pathlib.Path(GATE).with_name("mlgate")
LIMIT = 1e-12
TRIALS = 20
MANY_ROWS = 200_000
UNDEFINED = math.nan
OFFSET = 1e7  # of NIST's NumAcc4
EPSILON = sys.float_info.epsilon  # what log_loss clips to
TIMEOUT = 300


# ---- the gate ------------------------------------------------------------------------------------------------------

def asked(results, quantities):
    if not results["gates"]:
        sys.exit(f"nothing was judged: {results['errors']}")
    found = {row["check"]: row["estimate"] for row in results["gates"][0]["reported"]}
    lost = [quantity for quantity in quantities if quantity not in found]
    if lost:
        sys.exit(f"no answer to {lost}")
    return {quantity: UNDEFINED if found[quantity] is None else found[quantity] for quantity in quantities}


def results_of(command, folder=None):
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=TIMEOUT, cwd=folder)
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError:
        sys.exit(f"no results: {' '.join(command)}\n{done.stderr}")


def write(table, path):
    table.to_csv(path, index=False, float_format="%.17g")


def estimates(table, flags, quantities, scratch):
    path = pathlib.Path(scratch) / "table.csv"
    write(table, path)
    command = [GATE, "--data", str(path), "--report", "json=-", "--max-slices", "10", "--allow-constant"]
    command += flags + ["--check", "rows >= 1"]
    for quantity in quantities:
        command += ["--check", quantity]
    return asked(results_of(command), quantities)


def compared(candidate, baseline, roles, quantities, scratch):
    """As estimates, of a suite with two sources: delta needs them."""
    folder = pathlib.Path(scratch)
    write(candidate, folder / "candidate.csv")
    write(baseline, folder / "baseline.csv")
    suite = {"version": 1,
             "data": {name: {"path": f"{name}.csv", "allow_constant": True, **roles}
                      for name in ("candidate", "baseline")},
             "gates": [{"gate": "accuracy", "data": "candidate", "baseline": "baseline",
                        "checks": ["rows >= 1", *quantities]}]}
    (folder / "mlgate.yaml").write_text(json.dumps(suite))
    command = [str(SUITE.resolve()), "run", "--report", "json=-"]
    return asked(results_of(command, folder), quantities)


# ---- classes, from exact counts ------------------------------------------------------------------------------------

def exact(x):
    return fractions.Fraction(float(x))


def share(a, b):
    return float(a / b) if b else UNDEFINED


def root(x):
    """The square root of a fraction, to all digits of a double."""
    scale = 1 << 300
    return fractions.Fraction(math.isqrt(int(x * scale * scale)), scale)


def cells(y, h, weights, classes):
    table = collections.defaultdict(fractions.Fraction)
    for label, prediction, weight in zip(y, h, weights):
        table[label, prediction] += exact(weight)
    return [[table[a, b] for b in classes] for a in classes]


def one_class(c, k):
    """tp, fp, fn, tn of class number k against the rest."""
    tp, all_ = c[k][k], sum(map(sum, c))
    fn, fp = sum(c[k]) - tp, sum(row[k] for row in c) - tp
    return tp, fp, fn, all_ - tp - fp - fn


def ratios(tp, fp, fn, tn, beta=2):
    b2 = beta * beta
    return {"precision": (tp, tp + fp), "recall": (tp, tp + fn), "specificity": (tn, tn + fp), "npv": (tn, tn + fn),
            "fpr": (fp, tn + fp), "fnr": (fn, tp + fn), "fdr": (fp, tp + fp), "for": (fn, tn + fn),
            "f1": (2 * tp, 2 * tp + fp + fn), f"fbeta(beta={beta})": ((1 + b2) * tp, (1 + b2) * tp + b2 * fn + fp),
            "jaccard": (tp, tp + fp + fn)}


def argued(name, argument):
    return name.replace(")", f", {argument})") if "(" in name else f"{name}({argument})"


def averages(c, classes, declared=False):
    """Every ratio, of every class and averaged in every way. Of declared classes one without rows counts 0."""
    want = {}
    seen = [k for k in range(len(classes)) if sum(c[k]) or any(row[k] for row in c)]
    parts = {k: one_class(c, k) for k in seen}
    each = {k: ratios(*parts[k]) for k in seen}
    total = sum(map(sum, c))
    for name in each[seen[0]]:
        for k in seen:
            want[argued(name, f"class={classes[k]}")] = share(*each[k][name])
        pairs = [(each[k][name], parts[k][0] + parts[k][2]) for k in seen]
        defined = all(down for (_, down), _ in pairs)
        unseen = [ratios(*one_class(c, k))[name] for k in range(len(classes)) if k not in seen] if declared else []
        mean = sum(up / down for (up, down) in [pair for pair, _ in pairs] + unseen if down)
        want[argued(name, "average=macro")] = float(mean / (len(seen) + len(unseen))) if defined else UNDEFINED
        supported = [(pair, support) for pair, support in pairs if support]
        want[argued(name, "average=weighted")] = (
            float(sum(support * up / down for (up, down), support in supported) / total)
            if all(down for (_, down), _ in supported) else UNDEFINED)
        want[argued(name, "average=micro")] = share(sum(up for (up, _), _ in pairs),
                                                    sum(down for (_, down), _ in pairs))
    return want


def whole_table(c):
    """What is of all cells at once."""
    n, k = sum(map(sum, c)), len(c)
    right = sum(c[i][i] for i in range(k))
    labels, predictions = [sum(row) for row in c], [sum(row[i] for row in c) for i in range(k)]
    labelled = [i for i in range(k) if labels[i]]
    balanced = sum(c[i][i] / labels[i] for i in labelled) / len(labelled)
    product = (n * n - sum(x * x for x in labels)) * (n * n - sum(x * x for x in predictions))
    both = right * n - sum(a * b for a, b in zip(labels, predictions))
    floor = fractions.Fraction(1, len(labelled))
    want = {"accuracy": share(right, n), "zero_one_loss": share(n - right, n), "balanced_accuracy": float(balanced),
            "balanced_accuracy(adjusted=true)":
                float((balanced - floor) / (1 - floor)) if len(labelled) > 1 else UNDEFINED,
            "mcc": float(both / root(product)) if product else UNDEFINED}
    for weights, power in (("none", 0), ("linear", 1), ("quadratic", 2)):
        distance = [[0 if i == j else abs(i - j) ** power for j in range(k)] for i in range(k)]
        seen = sum(distance[i][j] * c[i][j] for i in range(k) for j in range(k))
        chance = sum(distance[i][j] * labels[i] * predictions[j] for i in range(k) for j in range(k)) / n
        want[f"cohen_kappa(weights={weights})"] = float(1 - seen / chance) if chance else UNDEFINED
    return want


def constants(y, weights, classes):
    """The best value over answers that are one class for every row."""
    want = {}
    for name, pick in (("accuracy", max), ("zero_one_loss", min), ("balanced_accuracy", max),
                       ("cohen_kappa(weights=none)", max)):
        values = []
        for answer in sorted(set(y)):
            values.append(whole_table(cells(y, [answer] * len(y), weights, classes))[name])
        values = [value for value in values if not math.isnan(value)]
        want["constant_score(" + name.replace("(", ", ")] = pick(values) if values else UNDEFINED
    return {name if name.endswith(")") else name + ")": value for name, value in want.items()}


# ---- two classes ---------------------------------------------------------------------------------------------------

def expected_calibration_error(p, right, weights, bins):
    index = numpy.minimum((p * bins).astype(int), bins - 1)
    index += (p >= (index + 1) / bins) & (index + 1 < bins)
    index -= p < index / bins
    d = numpy.longdouble(weights) * (numpy.longdouble(right) - numpy.longdouble(p))
    return float(sum(abs(d[index == b].sum()) for b in range(bins)) / numpy.longdouble(weights).sum())


def curves(y, p, s):
    """Scores of two classes; nothing where a class is missing."""
    names = ["roc_auc", "roc_auc(max_fpr=0.3)", "tpr_at_fpr(0.2)", "specificity_at_recall(0.8)"]
    want = {name: UNDEFINED for name in names}
    both = 0 < y.sum() < y.size
    if both:
        fpr, tpr, _ = sk.roc_curve(y, p, sample_weight=s, drop_intermediate=False)
        want = dict(zip(names, (sk.roc_auc_score(y, p, sample_weight=s),
                                sk.roc_auc_score(y, p, sample_weight=s, max_fpr=0.3),
                                tpr[fpr <= 0.2].max(), 1 - fpr[tpr >= 0.8].min())))
    names = ["average_precision", "precision_at_recall(0.7)", "recall_at_precision(0.6)"]
    want.update({name: UNDEFINED for name in names})
    if y.sum():  # scikit-learn has an average precision of 1 without negatives
        precision, recall, _ = sk.precision_recall_curve(y, p, sample_weight=s)
        reached = recall[:-1][precision[:-1] >= 0.6]
        want.update(zip(names, (sk.average_precision_score(y, p, sample_weight=s) if both else UNDEFINED,
                                precision[:-1][recall[:-1] >= 0.7].max(),
                                reached.max() if reached.size else UNDEFINED)))
    return want


def scores_of_two(y, p, s):
    u = numpy.ones(y.size) if s is None else s
    kw = {"sample_weight": s}
    positives, all_ = (sum(map(exact, u[rows])) for rows in (y == 1, y >= 0))
    rates = [x / all_ for x in (positives, all_ - positives) if x]
    want = curves(y, p, s)
    want.update({
        "log_loss": sk.log_loss(y, p, labels=[0, 1], **kw), "brier": numpy.average((p - y) ** 2, weights=s),
        "ece": expected_calibration_error(p, y, u, 15), "ece(bins=7)": expected_calibration_error(p, y, u, 7),
        "top_k_accuracy(k=1)": sk.top_k_accuracy_score(y, p, k=1, labels=[0, 1], **kw),
        "constant_score(log_loss)": sum(float(x) * -math.log(max(x, EPSILON)) if x < 0.5 else
                                        float(x) * -math.log1p(-max(1 - x, EPSILON)) for x in rates),
        "constant_score(brier)": float(rates[0] * (1 - rates[0])),
        "mean_score": float((numpy.longdouble(u) * p).sum() / numpy.longdouble(u).sum()),
        "calibration_in_the_large": float((numpy.longdouble(u) * (numpy.longdouble(p) - y)).sum()
                                          / numpy.longdouble(u).sum()),
        "constant_score(roc_auc)": 0.5,
        "constant_score(average_precision)": share(positives, all_) if y.sum() else UNDEFINED,
    })
    return want


def binary(generator, n, weighted, hard=False):
    y = generator.integers(0, 2, n)
    p = 1 / (1 + numpy.exp(-generator.normal(y * 2 - 1, 1.3)))
    if hard:  # many ties, scores of exactly 0 and 1
        p = numpy.clip(numpy.round(p * 1.4 - 0.2, 1), 0, 1)
        w = 10 ** generator.uniform(-8, 8, n)
    else:
        p = numpy.clip(numpy.round(p, 3), 0.001, 0.999)
        w = numpy.round(generator.uniform(0.1, 5, n), 4)
    h = (p >= 0.45).astype(int)
    s = w if weighted else None
    u = w if weighted else numpy.ones(n)
    table = pandas.DataFrame({"y": y, "h": h, "p": p, "w": w})
    c = cells(y, h, u, [0, 1])
    tp, fp, fn, tn = one_class(c, 1)
    want = {name: share(*pair) for name, pair in ratios(tp, fp, fn, tn).items()}
    want.update(averages(c, [0, 1], declared=True))
    want.update({alias: want[name] for alias, name in (("ppv", "precision"), ("tpr", "recall"), ("tnr", "specificity"),
                                                       ("f1(average=binary)", "f1"))})
    want.update(whole_table(c))
    want.update(constants(y, u, [0, 1]))
    want.update({
        "rows": n, "positives": int(y.sum()), "negatives": int(n - y.sum()),
        "selection_rate": share(tp + fp, tp + fp + fn + tn), "base_rate": share(tp + fn, tp + fp + fn + tn),
    })
    if len(set(y) | set(h)) > 1:
        want["selection_rate(class=0)"] = share(fn + tn, tp + fp + fn + tn)
    if not hard and n > 20:  # and as scikit-learn has it
        kw = {"sample_weight": s}
        want.update({
            "accuracy": sk.accuracy_score(y, h, **kw), "zero_one_loss": sk.zero_one_loss(y, h, **kw),
            "precision": sk.precision_score(y, h, **kw), "recall": sk.recall_score(y, h, **kw),
            "specificity": sk.recall_score(y, h, pos_label=0, **kw), "npv": sk.precision_score(y, h, pos_label=0, **kw),
            "f1": sk.f1_score(y, h, **kw), "fbeta(beta=2)": sk.fbeta_score(y, h, beta=2, **kw),
            "jaccard": sk.jaccard_score(y, h, **kw), "balanced_accuracy": sk.balanced_accuracy_score(y, h, **kw),
            "balanced_accuracy(adjusted=true)": sk.balanced_accuracy_score(y, h, adjusted=True, **kw),
            "mcc": sk.matthews_corrcoef(y, h, **kw), "cohen_kappa": sk.cohen_kappa_score(y, h, **kw),
        })
        for average in ("macro", "weighted", "micro"):
            want[f"f1(average={average})"] = sk.f1_score(y, h, average=average, **kw)
            want[f"jaccard(average={average})"] = sk.jaccard_score(y, h, average=average, **kw)
    want.update(scores_of_two(y, p, s))
    flags = ["--label", "y", "--prediction", "h", "--score", "p"] + (["--weight", "w"] if weighted else [])
    return table, flags + ["--positive", "1", "--labels", "0", "--labels", "1"], want


def hard_binary(generator, n, weighted):
    return binary(generator, n, weighted, hard=True)


def logits(generator, n, weighted):
    """Scores that a link turns into probabilities, and a threshold that makes predictions of them."""
    y = generator.integers(0, 2, n)
    y[:2] = 0, 1
    z = generator.normal(y * 3 - 1.5, 2, n)
    z *= numpy.where((z > 0) == (y > 0), generator.choice([1, 1, 1, 30], n), 1)  # of some nothing is left but 0 or 1
    w = numpy.round(generator.uniform(0.1, 5, n), 4)
    s = w if weighted else None
    p = 1 / (1 + numpy.exp(-z))
    h = (p >= 0.37).astype(int)
    c = cells(y, h, w if weighted else numpy.ones(n), [0, 1])
    want = {**whole_table(c), **{name: share(*pair) for name, pair in ratios(*one_class(c, 1)).items()}}
    want.update({"log_loss": sk.log_loss(y, p, sample_weight=s), "brier": numpy.average((p - y) ** 2, weights=s),
                 "roc_auc": sk.roc_auc_score(y, z, sample_weight=s),
                 "ece": expected_calibration_error(p, y, numpy.ones(n) if s is None else s, 15)})
    flags = ["--label", "y", "--score", "z", "--link", "logit", "--threshold", "0.37"]
    return pandas.DataFrame({"y": y, "z": z, "w": w}), flags + (["--weight", "w"] if weighted else []), want


def two_columns(generator, n, weighted):
    """Two classes by name, a column of scores for each."""
    y = generator.integers(0, 2, n)
    y[:2] = 0, 1
    z = generator.normal(0, 1, (n, 2))
    z[numpy.arange(n), y] += 1
    p = numpy.exp(z) / numpy.exp(z).sum(axis=1, keepdims=True)
    w = numpy.round(generator.uniform(0.1, 5, n), 4)
    s = w if weighted else None
    names = numpy.array(["bad", "good"])
    h = p.argmax(axis=1)
    c = cells(y, h, w if weighted else numpy.ones(n), [0, 1])
    want = {**whole_table(c), "roc_auc": sk.roc_auc_score(y, p[:, 1], sample_weight=s),
            "average_precision": sk.average_precision_score(y, p[:, 1], sample_weight=s),
            "log_loss": sk.log_loss(y, p, sample_weight=s),
            "brier": numpy.average((p[:, 1] - y) ** 2, weights=s),
            "top_k_accuracy(k=1)": numpy.average(h == y, weights=s)}
    table = pandas.DataFrame({"y": names[y], "bad": p[:, 0], "good": p[:, 1], "w": w})
    flags = ["--label", "y", "--score", "bad=bad", "--score", "good=good", "--positive", "good"]
    return table, flags + (["--weight", "w"] if weighted else []), want


# ---- several classes -----------------------------------------------------------------------------------------------

def multiclass(generator, n, weighted, link=False):
    k = 4
    y = generator.integers(0, k, n)
    z = generator.normal(0, 1, (n, k))
    z[numpy.arange(n), y] += 1.2
    p = numpy.exp(z)
    p /= p.sum(axis=1, keepdims=True)
    h = generator.integers(0, k, n)
    h = p.argmax(axis=1) if link else numpy.where(generator.random(n) < 0.6, y, h)
    w = numpy.round(generator.uniform(0.1, 5, n), 4)
    s = w if weighted else None
    u = w if weighted else numpy.ones(n)
    kw = {"sample_weight": s}
    names = numpy.array(["ant", "bee", "cat", "dog"])
    shown = z if link else p
    table = pandas.DataFrame({"y": names[y], "h": names[h], "w": w, **{f"p_{names[c]}": shown[:, c] for c in range(k)}})
    c = cells(names[y], names[h], u, names)
    want = averages(c, names)
    want.update(constants(names[y], u, names))
    want.update({name: value for name, value in whole_table(c).items() if "adjusted" in name})
    for name, function in (("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score),
                           ("jaccard", sk.jaccard_score)):
        for average in ("macro", "weighted", "micro"):
            want[f"{name}(average={average})"] = function(y, h, average=average, **kw)
        want[f"{name}(class=cat)"] = function(y == 2, h == 2, **kw)
    hot = label_binarize(y, classes=range(k))
    base = numpy.average(hot, axis=0, weights=s)
    want.update({
        "f1": want["f1(average=macro)"], "precision": want["precision(average=macro)"],
        "accuracy": sk.accuracy_score(y, h, **kw), "balanced_accuracy": sk.balanced_accuracy_score(y, h, **kw),
        "selection_rate(class=cat)": numpy.average(h == 2, weights=s),
        "mcc": sk.matthews_corrcoef(y, h, **kw), "cohen_kappa": sk.cohen_kappa_score(y, h, **kw),
        "cohen_kappa(weights=linear)": sk.cohen_kappa_score(y, h, weights="linear", **kw),
        "cohen_kappa(weights=quadratic)": sk.cohen_kappa_score(y, h, weights="quadratic", **kw),
        "log_loss": sk.log_loss(y, p, **kw), "brier": numpy.average(((p - hot) ** 2).sum(axis=1), weights=s),
        "ece": expected_calibration_error(p.max(axis=1), p.argmax(axis=1) == y, u, 15),
        "top_k_accuracy": sk.top_k_accuracy_score(y, p, k=2, **kw),
        "top_k_accuracy(k=2)": sk.top_k_accuracy_score(y, p, k=2, **kw),
        "top_k_accuracy(k=3)": sk.top_k_accuracy_score(y, p, k=3, **kw),
        "constant_score(top_k_accuracy, k=3)": sum(sorted(base)[1:]),
        "constant_score(log_loss)": sk.log_loss(y, numpy.tile(base, (n, 1)), **kw),
        "constant_score(brier)": 1 - (base ** 2).sum(),
        "roc_auc": sk.roc_auc_score(y, p, multi_class="ovr", **kw),
        "roc_auc(average=weighted)": sk.roc_auc_score(y, p, multi_class="ovr", average="weighted", **kw),
        "average_precision": sk.average_precision_score(hot, p, **kw),
    })
    if not weighted:
        want["roc_auc(multi_class=ovo)"] = sk.roc_auc_score(y, p, multi_class="ovo")
        want["roc_auc(multi_class=ovo, average=weighted)"] = sk.roc_auc_score(y, p, multi_class="ovo",
                                                                              average="weighted")
    flags = ["--label", "y", "--score-prefix", "p_"] + (["--weight", "w"] if weighted else [])
    flags += ["--link", "softmax"] if link else ["--prediction", "h"]
    if link:  # roc_auc and average_precision take the scores as they are told, here before the link
        drop = ("roc_auc", "average_precision")
        want = {name: value for name, value in want.items() if not name.startswith(drop)}
    return table, flags, want


def softmax(generator, n, weighted):
    return multiclass(generator, n, weighted, link=True)


def listed_classes(generator, n, weighted):
    """Ordered classes of which one never occurs: a place between the others, and 0 in the mean of the classes."""
    values = numpy.array([1, 2, 4])
    y, h = values[generator.integers(0, 3, n)], values[generator.integers(0, 3, n)]
    h = numpy.where(generator.random(n) < 0.5, y, h)
    w = 10 ** generator.uniform(-8, 8, n)
    c = cells(y, h, w if weighted else numpy.ones(n), [1, 2, 3, 4])
    want = {**whole_table(c), **averages(c, [1, 2, 3, 4], declared=True)}
    table = pandas.DataFrame({"y": y, "h": h, "w": w})
    flags = ["--label", "y", "--prediction", "h"] + [flag for k in range(1, 5) for flag in ("--labels", str(k))]
    return table, flags + (["--weight", "w"] if weighted else []), want


# ---- numbers -------------------------------------------------------------------------------------------------------

def regression(generator, n, weighted):
    y = numpy.exp(generator.normal(1, 0.8, n))
    f = y * numpy.exp(generator.normal(0, 0.3, n))
    w = numpy.round(generator.uniform(0.1, 5, n), 4)
    s = w if weighted else None
    kw = {"sample_weight": s}
    table = pandas.DataFrame({"y": y, "f": f, "w": w})
    mean = numpy.average(y, weights=s)
    variance = numpy.average((y - mean) ** 2, weights=s)
    want = {
        "mae": sk.mean_absolute_error(y, f, **kw), "mse": sk.mean_squared_error(y, f, **kw),
        "rmse": sk.root_mean_squared_error(y, f, **kw), "mape": sk.mean_absolute_percentage_error(y, f, **kw),
        "msle": sk.mean_squared_log_error(y, f, **kw), "median_absolute_error": sk.median_absolute_error(y, f, **kw),
        "max_error": sk.max_error(y, f), "mean_error": numpy.average(f - y, weights=s),
        "pinball_loss": sk.mean_pinball_loss(y, f, **kw),
        "pinball_loss(alpha=0.3)": sk.mean_pinball_loss(y, f, alpha=0.3, **kw),
        "r2": sk.r2_score(y, f, **kw), "explained_variance": sk.explained_variance_score(y, f, **kw),
        "d2_absolute_error": sk.d2_absolute_error_score(y, f, **kw),
        "d2_pinball(alpha=0.3)": sk.d2_pinball_score(y, f, alpha=0.3, **kw),
        "constant_score(mse)": variance, "constant_score(rmse)": variance ** 0.5, "constant_score(r2)": 0,
    }
    for power in (-1, 0, 1, 1.5, 2, 3):
        want[f"tweedie_deviance(power={power})"] = sk.mean_tweedie_deviance(y, f, power=power, **kw)
        want[f"d2_tweedie(power={power})"] = sk.d2_tweedie_score(y, f, power=power, **kw)
    flags = ["--label", "y", "--prediction", "f"] + (["--weight", "w"] if weighted else [])
    return table, flags, want


def large_numbers(generator, n, weighted):
    """Around 1e7, a tenth apart, with many equal errors. In long double."""
    y = OFFSET + numpy.round(generator.normal(0, 0.3, n), 1)
    f = y + numpy.round(generator.normal(0, 0.2, n), 1)
    w = numpy.round(generator.uniform(0.1, 5, n), 4)
    s = numpy.longdouble(w if weighted else numpy.ones(n))
    label, e = numpy.longdouble(y), numpy.longdouble(y) - numpy.longdouble(f)

    def mean(x):
        return (s * x).sum() / s.sum()

    spread = mean((label - mean(label)) ** 2)
    want = {"mae": mean(abs(e)), "mse": mean(e * e), "rmse": mean(e * e) ** 0.5, "mean_error": -mean(e),
            "mape": mean(abs(e) / label), "pinball_loss(alpha=0.3)": mean(numpy.maximum(0.3 * e, -0.7 * e)),
            "max_error": abs(e).max(), "tweedie_deviance(power=0)": mean(e * e),
            "median_absolute_error": sk.median_absolute_error(y, f, sample_weight=w if weighted else None),
            "constant_score(mse)": spread}
    different = len(set(y)) > 1
    want["r2"] = want["d2_tweedie(power=0)"] = 1 - mean(e * e) / spread if different else UNDEFINED
    want["explained_variance"] = 1 - mean((e - mean(e)) ** 2) / spread if different else UNDEFINED
    flags = ["--label", "y", "--prediction", "f"] + (["--weight", "w"] if weighted else [])
    return pandas.DataFrame({"y": y, "f": f, "w": w}), flags, {name: float(value) for name, value in want.items()}


# ---- ranked lists --------------------------------------------------------------------------------------------------

def one_list(relevance, score, k):
    """map, mrr and hit_rate of one query, straight from their definitions; among equal scores the relevant come
    last. None where nothing is relevant."""
    rows = sorted(range(len(score)), key=lambda i: (-score[i], relevance[i] > 0))
    hits = [relevance[i] > 0 for i in rows]
    if not any(hits):
        return None
    within = min(k, len(hits))
    precision = sum(sum(hits[:rank]) / rank for rank in range(1, within + 1) if hits[rank - 1])
    return precision / min(within, sum(hits)), 1 / (hits.index(True) + 1), float(any(hits[:k]))


def ranked_lists(generator, n, weighted):
    queries = max(3, n // 12)
    q = numpy.sort(generator.integers(0, queries, n))
    relevance = generator.choice([0, 0, 0, 1, 2, 3], n)
    score = numpy.round(generator.normal(relevance, 1.5), 1)  # with ties
    sizes = collections.Counter(q)
    keep = numpy.array([sizes[x] > 1 for x in q])
    q, relevance, score = q[keep], relevance[keep], score[keep]
    relevance[:2] = 1, 0
    w = numpy.round(generator.uniform(0.1, 5, queries), 4)[q]
    order = generator.permutation(q.size)  # rows of a query need not stand together
    table = pandas.DataFrame({"q": q, "y": relevance, "s": score, "w": w}).iloc[order]
    want = {}
    bounds = numpy.flatnonzero(numpy.r_[True, q[1:] != q[:-1], True])
    lists = [slice(a, b) for a, b in itertools.pairwise(bounds)]
    for k in (10 ** 6, 5, 1):
        told = f"(k={k})" if k < 10 ** 6 else ""
        ndcg = [sk.ndcg_score([relevance[rows]], [score[rows]], k=k) for rows in lists]
        want["ndcg" + told] = numpy.average(ndcg, weights=[w[rows][0] for rows in lists] if weighted else None)
        values = [(one_list(relevance[rows], score[rows], k), w[rows][0]) for rows in lists]
        values = [(value, weight) for value, weight in values if value]
        for place, name in enumerate(("map", "mrr", "hit_rate")):
            if told if name == "hit_rate" else name == "map" or not told:
                want[name + told] = numpy.average([value[place] for value, _ in values],
                                                  weights=[weight for _, weight in values] if weighted else None)
    flags = ["--label", "y", "--score", "s", "--query", "q"] + (["--weight", "w"] if weighted else [])
    return table, flags, want


# ---- two models ----------------------------------------------------------------------------------------------------

def two_models(generator, n, weighted):
    """delta of what the makers above ask of each."""
    seed = int(generator.integers(1 << 30))
    tables = []
    for shift in (0, 1):
        own = numpy.random.default_rng(seed)
        y, w = own.integers(0, 2, n), numpy.round(own.uniform(0.1, 5, n), 4)
        y[:2] = 0, 1
        own = numpy.random.default_rng(seed + shift)
        p = numpy.round(1 / (1 + numpy.exp(-own.normal(y * 2 - 1, 1.3 + shift))), 3)
        tables.append(pandas.DataFrame({"i": numpy.arange(n), "y": y, "h": (p >= 0.45).astype(int), "p": p, "w": w}))
    u = tables[0]["w"].to_numpy() if weighted else numpy.ones(n)
    sides = []
    for table in tables:
        y, h, p = (table[name].to_numpy() for name in "yhp")
        c = cells(y, h, u, [0, 1])
        both = {**whole_table(c), **{name: share(*pair) for name, pair in ratios(*one_class(c, 1)).items()},
                **averages(c, [0, 1]), **scores_of_two(y, p, u if weighted else None)}
        sides.append({name: value for name, value in both.items() if not name.startswith("constant")})
    inner = {name: f"delta({name})" if "(" not in name else "delta(" + name.replace("(", ", ", 1) for name in sides[0]}
    want = {inner[name]: sides[0][name] - sides[1][name] for name in sides[0]}
    tables[1] = tables[1].iloc[generator.permutation(n)]
    roles = {"label": "y", "prediction": "h", "score": "p", "id": "i", **({"weight": "w"} if weighted else {})}
    return tables, roles, want


# ---- all -----------------------------------------------------------------------------------------------------------

# Differences, here or in scikit-learn: as exact as what they are made of.
DIFFERENCES = ("mcc", "roc_auc", "specificity_at_recall", "cohen_kappa", "balanced_accuracy(adj", "r2",
               "explained_variance", "d2", "mean_error", "calibration_in", "delta", "constant_score")


def deviation_of(quantity, got, want):
    if math.isnan(want) or math.isnan(got):
        return 0.0 if math.isnan(want) and math.isnan(got) else math.inf
    size = max(abs(want), 1) if quantity.startswith(DIFFERENCES) else abs(want)
    return float(abs(got - want) / size) if size else abs(got)


def quantities_listed():
    done = subprocess.run([str(SUITE), "list"], capture_output=True, text=True, check=False, timeout=TIMEOUT)
    text = done.stdout[done.stdout.index("quantities of any table"):done.stdout.index("\ngroups (fairness gate)")]
    return re.findall(r"^  (\w+)(?:\([\w, ]*\))? +\[", text, re.MULTILINE)


def sizes_of(generator):
    for _ in range(TRIALS):
        yield int(generator.integers(30, 3000))
    yield MANY_ROWS


def main():
    worst = collections.defaultdict(float)
    generator = numpy.random.default_rng(20261124)
    warnings.simplefilter("ignore")
    usual = (binary, hard_binary, logits, two_columns, multiclass, softmax, listed_classes, regression, large_numbers,
             ranked_lists, two_models)
    tiny = (binary, hard_binary, logits, two_columns, large_numbers)
    jobs = [(make, n) for n in sizes_of(generator) for make in usual]
    jobs += [(make, int(generator.integers(2, 6))) for _ in range(2 * TRIALS) for make in tiny]
    tables = 0
    with tempfile.TemporaryDirectory() as scratch:
        for make, n in jobs:
            for weighted in (False, True):
                table, flags, want = make(generator, n, weighted)
                got = (compared(*table, flags, want, scratch) if make is two_models
                       else estimates(table, flags, want, scratch))
                tables += 1
                for quantity, value in want.items():
                    deviation = deviation_of(quantity, got[quantity], value)
                    key = (quantity, make.__name__)
                    worst[key] = max(worst[key], deviation)
                    if deviation > LIMIT:
                        print(f"{quantity} of {make.__name__}, {n} rows, {'' if weighted else 'un'}weighted: "
                              f"{got[quantity]!r} and not {value!r}", file=sys.stderr)
    print("| quantity | table | largest relative deviation |\n|---|---|---|")
    for (quantity, table), deviation in sorted(worst.items(), key=lambda item: -item[1]):
        print(f"| `{quantity}` | {table} | {deviation:.1e} |")
    over = [key for key, deviation in worst.items() if deviation > LIMIT]
    names = {re.match(r"\w+", quantity).group() for quantity, _ in worst}
    unasked = [name for name in quantities_listed() if name not in names]
    print(f"\n{len(worst)} quantities of {tables} tables, weighted and not; over {LIMIT:g}: {over or 'none'}; "
          f"of `mlgate list` not asked for: {unasked or 'none'}")
    sys.exit(1 if over or unasked else 0)


if __name__ == "__main__":
    main()
