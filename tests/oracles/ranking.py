"""Numbers that ranking metrics are checked against; run by hand:

    python tests/oracles/ranking.py        (scikit-learn 1.9.1, numpy 2.4)

reads  fairlearn71.csv, multiclass.csv (their origin: metrics.py)
writes ranking.csv           made here: binary labels, scores with many ties, -0 and 0, weights with zeros,
                             clusters, a baseline
       ranking_expected.csv  table; roles; check; value; standard error (empty: not checked)

Values are scikit-learn's. Standard errors: DeLong's from the definition, pair by pair (as in pROC); of
weighted sums and clusters from w_i dT/dw_i by central differences of scikit-learn's function; average
precision without weights has Boyd's, on the logit scale.
"""
import csv
import math
import os
import warnings

import numpy as np
from sklearn import metrics as m

from metrics import uneven_error

warnings.filterwarnings("ignore")
HERE = os.path.dirname(os.path.abspath(__file__))
STEP = 1e-5


def read(name):
    with open(os.path.join(HERE, name), newline="") as file:
        rows = list(csv.DictReader(file))
    return {k: np.array([row[k] for row in rows]) for k in rows[0]}


def write(name, columns):
    with open(os.path.join(HERE, name), "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values()))


def make_ranking():
    rng = np.random.default_rng(11)
    n = 320
    positive = rng.random(n) < 0.35
    score = np.round(rng.normal(0.9 * positive, 1), 1)
    baseline = np.round(score + rng.normal(0, 1, n), 1)
    text = [str(s) if s != 0 else ("-0.0" if i % 2 else "0") for i, s in enumerate(score)]
    weight = np.where(rng.random(n) < 0.1, 0, np.round(rng.gamma(2, 1, n) + 0.05, 3))
    write("ranking.csv", {
        "id": np.arange(n), "label": np.where(positive, "yes", "no"), "score": text, "baseline": baseline,
        "weight": weight, "cluster": rng.integers(0, 25, n)})


EXPECTED = []


def tell(table, roles, check, value, error=None):
    EXPECTED.append((table, roles, check, repr(float(value)), "" if error is None else repr(float(error))))


# ---- standard errors ----------------------------------------------------------------------------------


def influence(function, weights):
    psi = np.empty(len(weights))
    for i, weight in enumerate(weights):
        if weight == 0:
            psi[i] = 0
            continue
        high, low = weights.copy(), weights.copy()
        high[i] += STEP * weight
        low[i] -= STEP * weight
        psi[i] = (function(high) - function(low)) / (2 * STEP)
    return psi


def clustered(psi, cluster):
    sums = np.array([psi[cluster == c].sum() for c in np.unique(cluster)])
    return math.sqrt(len(sums) / (len(sums) - 1) * (sums**2).sum())


def placements(y, s, w=None):
    """V10 of the positives, V01 of the negatives, by all pairs."""
    w = np.ones(len(y)) if w is None else w
    x, z, v, u = s[y], s[~y], w[y], w[~y]
    kernel = (x[:, None] > z[None, :]) + 0.5 * (x[:, None] == z[None, :])
    return (kernel * u).sum(1) / u.sum(), (kernel * v[:, None]).sum(0) / v.sum(), v, u


def delong(y, s):
    v10, v01, _, _ = placements(y, s)
    return math.sqrt(v10.var(ddof=1) / len(v10) + v01.var(ddof=1) / len(v01))


def delong_weighted(y, s, w):
    keep = w > 0
    v10, v01, v, u = placements(y[keep], s[keep], w[keep])
    area = (v * v10).sum() / v.sum()
    a, b = len(v), len(u)
    return math.sqrt((v**2 * (v10 - area) ** 2).sum() / v.sum() ** 2 * a / (a - 1)
                     + (u**2 * (v01 - area) ** 2).sum() / u.sum() ** 2 * b / (b - 1))


def ovr_macro_error(label, p, names, w=None):
    """Influence of each row on the mean of the areas; classes are samples of their own."""
    w = np.ones(len(label)) if w is None else w
    psi = np.zeros(len(label))
    for k, name in enumerate(names):
        y = label == name
        v10, v01, v, u = placements(y, p[:, k], w)
        area = (v * v10).sum() / v.sum()
        psi[y] += v * (v10 - area) / v.sum() / len(names)
        psi[~y] += u * (v01 - area) / u.sum() / len(names)
    total = 0
    for name in names:
        own = psi[label == name]
        total += len(own) / (len(own) - 1) * (own**2).sum()
    return math.sqrt(total)


# ---- ranking ------------------------------------------------------------------------------------------


def at_constraint(y, s, w):
    precision, recall, _ = m.precision_recall_curve(y, s, sample_weight=w)
    precision, recall = precision[:-1], recall[:-1]
    fpr, tpr, _ = m.roc_curve(y, s, sample_weight=w, drop_intermediate=False)
    for x in (0.3, 0.62, 0.9, 1):
        yield f"precision_at_recall({x})", precision[recall >= x].max()
        yield f"specificity_at_recall({x})", (1 - fpr)[tpr >= x].max()
    for x in (0.4, 0.55):
        yield f"recall_at_precision({x})", recall[precision >= x].max()
    for x in (0, 0.05, 0.33):
        yield f"tpr_at_fpr({x})", tpr[fpr <= x].max()


def binary(table, y, s, w, cluster):
    for roles, weights in (("plain", None), ("weighted", w)):
        ones = np.ones(len(y)) if weights is None else weights.astype(float)
        n = (ones > 0).sum()
        psi_area = influence(lambda v: m.roc_auc_score(y, s, sample_weight=v), ones)
        psi_ap = influence(lambda v: m.average_precision_score(y, s, sample_weight=v), ones)
        area = m.roc_auc_score(y, s, sample_weight=weights)
        ap = m.average_precision_score(y, s, sample_weight=weights)
        tell(table, roles, "roc_auc", area, delong(y, s) if weights is None else delong_weighted(y, s, weights))
        # the larger one of Boyd's error and that of all rows; without weights on the logit scale
        positives = ones[y].sum() ** 2 / (ones[y] ** 2).sum()
        error = math.sqrt(max(ap * (1 - ap) / positives, n / (n - 1) * (psi_ap**2).sum()))
        tell(table, roles, "average_precision", ap, error / (ap * (1 - ap)) if weights is None else error)
        tell(table, roles + "+clustered", "roc_auc", area, clustered(psi_area, cluster))
        tell(table, roles + "+clustered", "average_precision", ap, clustered(psi_ap, cluster))
        for f in (0.1, 0.3, 0.75):
            tell(table, roles, f"roc_auc(max_fpr={f})", m.roc_auc_score(y, s, sample_weight=weights, max_fpr=f))
        for check, value in at_constraint(y, s, weights):
            tell(table, roles, check, value)


def paired(table, y, s, b, w):
    for roles, weights in (("plain", np.ones(len(y))), ("weighted", w.astype(float))):
        for check, function in (("roc_auc", m.roc_auc_score), ("average_precision", m.average_precision_score)):
            def difference(v):
                return function(y, s, sample_weight=v) - function(y, b, sample_weight=v)
            psi = influence(difference, weights)
            there = weights > 0
            strata = [y & there, ~y & there] if check == "roc_auc" else [there]
            variance = sum((psi[rows] ** 2).sum() * rows.sum() / (rows.sum() - 1) for rows in strata)
            error = math.sqrt(variance)
            if check != "roc_auc":
                error = uneven_error(psi[there], weights[there], np.ones(there.sum()))
            tell(table, roles, f"delta({check})", difference(weights), error)


def several(table):
    data = read("multiclass.csv")
    names = sorted(set(data["label"]))
    label, w, cluster = data["label"], data["weight"].astype(float), data["cluster"]
    p = np.array([data[f"p_{name}"].astype(float) for name in names]).T
    for roles, weights in (("plain", None), ("weighted", w)):
        def area(v, average="macro"):
            return m.roc_auc_score(label, p, multi_class="ovr", average=average, sample_weight=v)

        def precision(v):
            return m.average_precision_score(label, p, sample_weight=v)
        ones = np.ones(len(label)) if weights is None else weights
        n = len(label)
        psi = influence(precision, ones)
        tell(table, roles, "roc_auc", area(weights), ovr_macro_error(label, p, names, weights))
        tell(table, roles + "+clustered", "roc_auc", area(weights), clustered(influence(area, ones), cluster))
        tell(table, roles, "roc_auc(average=weighted)", area(weights, "weighted"))
        tell(table, roles, "average_precision", precision(weights), math.sqrt(n / (n - 1) * (psi**2).sum()))
        tell(table, roles + "+clustered", "average_precision", precision(weights), clustered(psi, cluster))
    for average in ("macro", "weighted"):
        tell(table, "plain", f"roc_auc(multi_class=ovo, average={average})",
             m.roc_auc_score(label, p, multi_class="ovo", average=average))


def main():
    make_ranking()
    small = read("fairlearn71.csv")
    binary("binary", small["y_t"] == "1", small["y_score"].astype(float), small["s_w"].astype(float),
           small["cluster"])
    data = read("ranking.csv")
    y, s, b = data["label"] == "yes", data["score"].astype(float), data["baseline"].astype(float)
    w = data["weight"].astype(float)
    binary("ranking", y, s, w, data["cluster"])
    paired("ranking", y, s, b, w)
    several("multiclass")
    with open(os.path.join(HERE, "ranking_expected.csv"), "w") as file:
        for row in EXPECTED:
            file.write(";".join(row) + "\n")


main()
