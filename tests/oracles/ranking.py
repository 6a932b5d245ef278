"""Numbers that ranking, order and query metrics are checked against; run by hand:

    python tests/oracles/ranking.py        (scikit-learn 1.9.1, numpy 2.4)

reads  fairlearn71.csv, multiclass.csv, regression.csv (their origin: metrics.py)
writes ranking.csv           made here: binary labels, scores with many ties, -0 and 0, weights with zeros,
                             numbers with ties, clusters, a baseline
       queries.csv           made here: 60 queries, graded relevance, tied scores
       ranking_expected.csv  table; roles; check; value; standard error (empty: not checked)

Values are scikit-learn's; of map, mrr and hit_rate the mean over every order of tied documents, one by one.
Standard errors: DeLong's from the definition, pair by pair (as in pROC); of weighted sums and clusters from
w_i dT/dw_i by central differences of scikit-learn's function.
"""
import csv
import itertools
import math
import os
import warnings

import numpy as np
from sklearn import metrics as m

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
    y = rng.integers(0, 12, n)
    write("ranking.csv", {
        "id": np.arange(n), "label": np.where(positive, "yes", "no"), "score": text, "baseline": baseline,
        "weight": weight, "cluster": rng.integers(0, 25, n), "y": y,
        "f": np.round(y + rng.normal(0, 2, n)), "whole": rng.integers(0, 4, n)})


def make_queries():
    rng = np.random.default_rng(5)
    rows = []
    for query in range(60):
        size = int(rng.integers(2, 8))
        relevance = rng.integers(0, 4, size) * (rng.random(size) < 0.5)
        if query % 15 == 3:
            relevance[:] = 0
        score = np.round(rng.normal(0.4 * relevance, 1) * 2) / 2
        for r, s in zip(relevance, score):
            rows.append((f"q{query}", int(r), s, 0 if query == 7 else round(0.5 + query % 4 * 0.7, 2), query % 9))
    order = rng.permutation(len(rows))
    rows = [rows[i] for i in order]
    write("queries.csv", {name: [row[i] for row in rows] for i, name in
                          enumerate(("query", "relevance", "score", "weight", "cluster"))})


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
        tell(table, roles, "average_precision", ap,
             1 / math.sqrt(y.sum() * ap * (1 - ap)) if weights is None
             else math.sqrt(n / (n - 1) * (psi_ap**2).sum()))
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
            n = len(y)
            tell(table, roles, f"delta({check})", difference(weights), math.sqrt(n / (n - 1) * (psi**2).sum()))


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


# ---- order --------------------------------------------------------------------------------------------


def order(table, y, f, w, cluster):
    for roles, weights in (("plain", None), ("weighted", w)):
        ones = np.ones(len(y)) if weights is None else weights.astype(float)
        tell(table, roles, "median_absolute_error", m.median_absolute_error(y, f, sample_weight=weights))
        keep = ones > 0
        tell(table, roles, "max_error", m.max_error(y[keep], f[keep]))
        for check, function in (
                ("d2_absolute_error", lambda v: m.d2_absolute_error_score(y, f, sample_weight=v)),
                ("d2_pinball", lambda v: m.d2_pinball_score(y, f, sample_weight=v)),
                ("d2_pinball(0.1)", lambda v: m.d2_pinball_score(y, f, sample_weight=v, alpha=0.1)),
                ("d2_pinball(0.83)", lambda v: m.d2_pinball_score(y, f, sample_weight=v, alpha=0.83))):
            psi, n = influence(function, ones), keep.sum()
            tell(table, roles, check, function(weights), math.sqrt(n / (n - 1) * (psi**2).sum()))
            tell(table, roles + "+clustered", check, function(weights), clustered(psi, cluster[keep])
                 if keep.all() else clustered(psi, cluster))


# ---- queries ------------------------------------------------------------------------------------------


def orders(relevance, score):
    """Every order of the documents that the scores allow, as relevant or not."""
    relevant = relevance > 0
    groups = [relevant[score == s] for s in sorted(set(score), reverse=True)]
    for choice in itertools.product(*(itertools.permutations(g) for g in groups)):
        yield np.concatenate([np.array(part) for part in choice])


def average_precision_at(ranked, k):
    hits = np.cumsum(ranked)
    at = [hits[i] / (i + 1) for i in range(min(k, len(ranked))) if ranked[i]]
    return sum(at) / min(k, ranked.sum())


def reciprocal_rank(ranked, _):
    return 1 / (1 + int(np.argmax(ranked)))


def hit(ranked, k):
    return float(ranked[:k].any())


def queries(table):
    data = read("queries.csv")
    names = sorted(set(data["query"]))
    relevance, score, weight = (data[c].astype(float) for c in ("relevance", "score", "weight"))
    rows = {name: data["query"] == name for name in names}

    def summary(check, values):
        for roles in ("plain", "weighted", "plain+clustered", "weighted+clustered"):
            used = [name for name in names if name in values and
                    (roles[0] == "p" or weight[rows[name]][0] > 0)]
            v = np.array([values[name] for name in used])
            w = np.array([weight[rows[name]][0] if roles[0] == "w" else 1.0 for name in used])
            mean, n = (w * v).sum() / w.sum(), len(v)
            psi = w * (v - mean) / w.sum()
            if "clustered" in roles:
                error = clustered(psi, np.array([data["cluster"][rows[name]][0] for name in used]))
            else:
                error = math.sqrt(n / (n - 1) * (psi**2).sum())
            tell(table, roles, check, mean, error)

    for check, k in (("ndcg", None), ("ndcg(3)", 3), ("ndcg(1)", 1)):
        summary(check, {name: m.ndcg_score([relevance[r]], [score[r]], k=k) for name, r in rows.items()})
    some = {name: r for name, r in rows.items() if (relevance[r] > 0).any()}
    for check, function, k in (("map", average_precision_at, 99), ("map(3)", average_precision_at, 3),
                               ("map(1)", average_precision_at, 1), ("mrr", reciprocal_rank, 0),
                               ("hit_rate", hit, 99), ("hit_rate(1)", hit, 1), ("hit_rate(3)", hit, 3)):
        summary(check, {name: np.mean([function(o, k) for o in orders(relevance[r], score[r])])
                        for name, r in some.items()})


def main():
    make_ranking()
    make_queries()
    small = read("fairlearn71.csv")
    binary("binary", small["y_t"] == "1", small["y_score"].astype(float), small["s_w"].astype(float),
           small["cluster"])
    data = read("ranking.csv")
    y, s, b = data["label"] == "yes", data["score"].astype(float), data["baseline"].astype(float)
    w = data["weight"].astype(float)
    binary("ranking", y, s, w, data["cluster"])
    paired("ranking", y, s, b, w)
    several("multiclass")
    number = read("regression.csv")
    for table, label, prediction in (("regression", "label", "prediction"), ("far", "far", "far_prediction")):
        order(table, number[label].astype(float), number[prediction].astype(float),
              number["weight"].astype(float), number["cluster"])
    order("whole", data["y"].astype(float), data["f"].astype(float), data["whole"].astype(float), data["cluster"])
    queries("queries")
    with open(os.path.join(HERE, "ranking_expected.csv"), "w") as file:
        for row in EXPECTED:
            file.write(";".join(row) + "\n")


main()
