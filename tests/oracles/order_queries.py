"""Numbers that the order and query metrics are checked against; run by hand:

    python tests/oracles/order_queries.py        (scikit-learn 1.9.1, numpy 2.4, scipy 1.17)

reads regression.csv of metrics.py and writes beside itself
    order.csv                  made here: 61 rows of eighths, hence ties; weights, some of them 0
    queries.csv                made here: 48 queries in mixed order, ties, queries without a relevant row,
                               one weight per query, some of them 0, clusters of whole queries
    order_queries_expected.csv data, roles, check, value, standard error, lower and upper bound at 95 %

Values are scikit-learn's; scikit-learn has no map, mrr and hit_rate, which are written out here from their
definitions. Standard errors: the influence of a query is w dT/dw by central differences, as in metrics.py;
they are good to about 1e-8. Bounds of a median: order statistics whose ranks are scipy's binom.ppf.
"""
import csv
import os

import numpy as np
from scipy.stats import binom
from sklearn import metrics as m

from metrics import uneven_error

HERE = os.path.dirname(os.path.abspath(__file__))
STEP = 1e-5
EXPECTED = []


def read(name):
    with open(os.path.join(HERE, name), newline="") as file:
        rows = list(csv.DictReader(file))
    return {k: np.array([float(row[k]) for row in rows]) for k in rows[0]}


def write(name, columns):
    with open(os.path.join(HERE, name), "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values()))


def expect(data, roles, check, value, error="", lower="", upper=""):
    EXPECTED.append([data, roles, check] + [x if x == "" else repr(float(x)) for x in (value, error, lower, upper)])


# ---- order ----------------------------------------------------------------------------------------

def make_order():
    rng = np.random.default_rng(61)
    n = 61
    label = np.round(rng.normal(3, 2, n) * 8) / 8
    write("order.csv", {"label": label, "prediction": label + np.round(rng.normal(0, 1, n) * 8) / 8,
                        "weight": rng.choice([0, 0.25, 0.5, 1, 1.5, 3], n)})


def order():
    for data in ("regression", "order"):
        columns = read(f"{data}.csv")
        y, f = columns["label"], columns["prediction"]
        errors, n = np.sort(np.abs(y - f)), len(y)
        rank = int(binom.ppf(0.05, n, 0.5))
        expect(data, "plain", "median_absolute_error", m.median_absolute_error(y, f), "", errors[rank - 1],
               errors[n - rank])
        expect(data, "plain", "max_error", m.max_error(y, f))
        expect(data, "weighted", "max_error", m.max_error(y[columns["weight"] > 0], f[columns["weight"] > 0]))
        expect(data, "weighted", "median_absolute_error",
               m.median_absolute_error(y, f, sample_weight=columns["weight"]))
        for roles in ("plain", "weighted"):
            w = columns["weight"] if roles == "weighted" else None
            expect(data, roles, "d2_absolute_error", m.d2_absolute_error_score(y, f, sample_weight=w))
            for alpha in (0.05, 0.25, 0.5, 0.7, 0.9):
                expect(data, roles, f"d2_pinball({alpha})", m.d2_pinball_score(y, f, sample_weight=w, alpha=alpha))


# ---- queries --------------------------------------------------------------------------------------

def make_queries():
    rng = np.random.default_rng(48)
    rows = []
    for q in range(48):
        size = rng.integers(2, 19)
        label = np.minimum(rng.poisson(0.25, size), 3) * (q % 12 != 5)
        score = np.round((label + rng.normal(0, 2, size)) * 2) / 8  # many ties
        weight = [0, 0.3, 0.5, 1, 2.7][rng.integers(0, 5)]
        rows += [(f"q{q}", s, g, weight, f"c{q % 24}") for s, g in zip(score, label)]
    rows = [rows[i] for i in rng.permutation(len(rows))]
    write("queries.csv", dict(zip(("query", "score", "label", "weight", "cluster"), zip(*rows))))


def pessimistic(label, score):
    """Relevance by rank: the highest score first; what is relevant last among equal scores."""
    return (label > 0)[np.lexsort((label > 0, -score))]


def ndcg(label, score, k):
    return m.ndcg_score([label], [score], k=k)


def average_precision(label, score, k):
    relevant = pessimistic(label, score)
    if not relevant.any():
        return None
    k = k or len(relevant)
    at = [relevant[:i + 1].sum() / (i + 1) for i in range(min(k, len(relevant))) if relevant[i]]
    return sum(at) / min(k, relevant.sum())


def reciprocal_rank(label, score, _):
    relevant = pessimistic(label, score)
    return 1 / (1 + np.argmax(relevant)) if relevant.any() else None


def hit(label, score, k):
    relevant = pessimistic(label, score)
    return float(relevant[:k].any()) if relevant.any() else None


def queries():
    with open(os.path.join(HERE, "queries.csv"), newline="") as file:
        rows = list(csv.DictReader(file))
    lists = {}
    for row in rows:
        lists.setdefault(row["query"], []).append(row)
    for name, function, ks in (("ndcg", ndcg, (None, 1, 3, 5)), ("map", average_precision, (None, 1, 3, 5)),
                               ("mrr", reciprocal_rank, (None,)), ("hit_rate", hit, (1, 3, 5))):
        for k in ks:
            values, weights, clusters = [], [], []
            for documents in lists.values():
                label, score = (np.array([float(d[c]) for d in documents]) for c in ("label", "score"))
                value = function(label, score, k)
                if value is not None:
                    values.append(value)
                    weights.append(float(documents[0]["weight"]))
                    clusters.append(documents[0]["cluster"])
            values, weights, clusters = np.array(values), np.array(weights), np.array(clusters)
            for roles in ("plain", "weighted", "clustered", "clustered weighted"):
                used = weights > 0 if "weighted" in roles else np.ones(len(weights), bool)
                v, w, c = values[used], (weights if "weighted" in roles else np.ones(len(weights)))[used], clusters[used]
                psi = np.empty(len(v))
                for i in range(len(v)):
                    high, low = w.copy(), w.copy()
                    high[i], low[i] = w[i] * (1 + STEP), w[i] * (1 - STEP)
                    psi[i] = (np.average(v, weights=high) - np.average(v, weights=low)) / (2 * STEP)
                if "clustered" in roles:
                    # as many clusters as there are rows with a weight in, whether or not their queries count
                    count = len({row["cluster"] for row in rows
                                 if "weighted" not in roles or float(row["weight"]) > 0})
                    sums = np.array([psi[c == x].sum() for x in np.unique(c)])
                else:
                    count, sums = len(psi), psi
                error = np.sqrt(count / (count - 1) * (sums ** 2).sum())
                if "clustered" in roles and name != "hit_rate":
                    shares = {}
                    for documents in lists.values():
                        weight = float(documents[0]["weight"]) if "weighted" in roles else 1
                        of = documents[0]["cluster"]
                        shares[of] = shares.get(of, 0) + weight
                    shares = {x: share for x, share in shares.items() if share > 0}
                    sums = np.array([psi[c == x].sum() for x in shares])
                    error = uneven_error(sums, np.array(list(shares.values())), np.array(list(shares.values())))
                elif name != "hit_rate":
                    error = uneven_error(psi, w, np.ones(len(psi)))
                proportion = name == "hit_rate" and roles == "plain"
                expect("queries", roles, name + (f"({k})" if k else ""), np.average(v, weights=w),
                       "" if proportion else error)


if __name__ == "__main__":
    make_order()
    make_queries()
    order()
    queries()
    with open(os.path.join(HERE, "order_queries_expected.csv"), "w", newline="") as out:
        writer = csv.writer(out, lineterminator="\n", delimiter=";")
        writer.writerow(["data", "roles", "check", "value", "standard_error", "lower", "upper"])
        writer.writerows(EXPECTED)
    print(len(EXPECTED), "numbers")
