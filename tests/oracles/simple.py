#!/usr/bin/env python3
"""Linear models of mixed columns as scikit-learn fits them: writes tests/oracles/simple.txt.

Columns of numbers: StandardScaler, then 0 for what is missing, and a column that says so where a row of the fit
lacks it. Columns of categories: OneHotEncoder, of more than 50 the most frequent and one for all others. Classes:
LogisticRegression(C=1), numbers: Ridge(alpha=1).
"""
import pathlib

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import OneHotEncoder, StandardScaler

TRAIN, HELD_OUT = 240, 60
random = np.random.default_rng(7)


def make(rows, held_out):
    a = random.normal(3, 2, rows).round(3)
    b = (random.lognormal(0, 1, rows) * 1e4).round(1)
    b[random.random(rows) < 0.1] = np.nan
    color = random.choice(["red", "green", "blue"] + (["violet"] if held_out else []), rows).astype(object)
    color[random.random(rows) < 0.15] = None
    town = np.array([f"town{int(k)}" for k in np.minimum(random.geometric(0.04, rows), 90)], dtype=object)
    yes = random.choice(["no", "yes"] + (["perhaps"] if held_out else []), rows).astype(object)
    same = np.full(rows, 4.5)
    if held_out:
        a[3] = np.nan  # no row of the fit lacks it
    score = (np.nan_to_num(a, nan=3) - 3) / 2 + (color == "red") - (yes == "yes") + random.normal(0, 1, rows)
    two = (score > 0).astype(int)
    three = np.digitize(score, [-0.7, 0.8])
    number = (score * 12 + 500).round(2)
    weight = random.choice([0, 0.5, 1, 3], rows)
    return dict(a=a, b=b, color=color, town=town, yes=yes, same=same), two, three, number, weight


def design(train, held_out, weight):
    counts = weight > 0
    left, right = [], []
    for name in ["a", "b", "color", "town", "yes"]:  # `same` does not vary
        x, y = train[name].reshape(-1, 1), held_out[name].reshape(-1, 1)
        if name in ("a", "b"):
            scaler = StandardScaler().fit(x[counts], sample_weight=weight[counts])
            missing = bool(np.isnan(x[counts].astype(float)).any())
            for values, out in ((x, left), (y, right)):
                out.append(np.nan_to_num(scaler.transform(values), nan=0.0))
                if missing:
                    out.append(np.isnan(values).astype(float))
        else:
            most = 51 if len(set(train[name][counts])) > 50 else None
            encoder = OneHotEncoder(sparse_output=False, handle_unknown="infrequent_if_exist", max_categories=most)
            encoder.fit(x[counts])
            left.append(encoder.transform(x))
            right.append(encoder.transform(y))
    return np.hstack(left), np.hstack(right)


def solve(kind, x, target, weight):
    if kind == "number":
        return Ridge(alpha=1.0, solver="cholesky").fit(x, target, sample_weight=weight)
    return LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-14, max_iter=1000).fit(
        x, target, sample_weight=weight)


def main():
    train, two, three, number, weight = make(TRAIN, False)
    held_out, *_ = make(HELD_OUT, True)
    with open(pathlib.Path(__file__).with_name("simple.txt"), "w") as out:
        def row(cells):
            print(*cells, file=out)

        def number_text(x):
            return "nan" if np.isnan(x) else repr(float(x))

        for rows, cells, answers in ((TRAIN, train, (two, three, number, weight)), (HELD_OUT, held_out, None)):
            row(["rows", rows])
            for i in range(rows):
                row([number_text(cells["a"][i]), number_text(cells["b"][i]), cells["color"][i] or "-",
                     cells["town"][i], cells["yes"][i], number_text(cells["same"][i])]
                    + ([answers[0][i], answers[1][i], answers[2][i], answers[3][i]] if answers else []))
        for kind, target in (("two", two), ("three", three), ("number", number)):
            for weighted in (False, True):
                w = weight if weighted else np.ones(TRAIN)
                x, y = design(train, held_out, w)
                keep = w > 0
                model = solve(kind, x[keep], target[keep], w[keep])
                coefficients = np.atleast_2d(model.coef_)
                intercepts = np.atleast_1d(model.intercept_)
                answers = model.predict(y).reshape(-1, 1) if kind == "number" else model.predict_proba(y)
                row(["case", kind, int(weighted), coefficients.shape[0], coefficients.shape[1], answers.shape[1]])
                for unit, intercept in zip(coefficients, intercepts):
                    row([repr(float(v)) for v in [*unit, intercept - (intercepts.mean() if kind == "three" else 0)]])
                for line in answers:
                    row([repr(float(v)) for v in line])


main()
