#!/usr/bin/env python3
"""Dummies, simple models and single columns as scikit-learn has them: writes tests/oracles/gain_train.csv,
gain_test.csv and gain_expected.csv (check, value).

The model that is judged is a tree: its answers are part of the rows.
"""
import pathlib
import struct

import numpy as np
import pandas as pd
from scipy.stats import spearmanr
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import (accuracy_score, balanced_accuracy_score, f1_score, mean_absolute_error, mean_squared_error,
                             r2_score, roc_auc_score)
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

HERE = pathlib.Path(__file__).parent
random = np.random.default_rng(11)


def rows(count):
    a = random.normal(0, 1, count).round(3)
    b = random.normal(10, 5, count).round(2)
    b[random.random(count) < 0.1] = np.nan
    color = random.choice(["red", "green", "blue"], count)
    signal = 1.2 * a + 0.08 * (np.nan_to_num(b, nan=10) - 10) + (color == "red") * 0.8
    noise = random.normal(0, 1, count)
    return pd.DataFrame({"a": a, "b": b, "color": color, "same": 3, "label": (signal + noise > 0.3).astype(int),
                         "kind": np.array(["low", "middle", "high"])[np.digitize(signal + noise, [-0.6, 0.9])],
                         "value": (signal * 10 + noise * 4 + 50).round(2)})


def design(train, test, columns, weight=None):
    left, right = [], []
    counts = np.ones(len(train), bool) if weight is None else weight > 0
    for column in columns:
        x, y = train[[column]], test[[column]]
        if column == "color":
            encoder = OneHotEncoder(sparse_output=False, handle_unknown="ignore").fit(x[counts])
            left.append(encoder.transform(x)), right.append(encoder.transform(y))
            continue
        scaler = StandardScaler().fit(x[counts], sample_weight=None if weight is None else weight[counts])
        for values, out in ((x, left), (y, right)):
            out.append(np.nan_to_num(scaler.transform(values), nan=0.0))
            if x[column][counts].isna().any():
                out.append(values.isna().to_numpy(float))
    return np.hstack(left), np.hstack(right)


WORD = (1 << 64) - 1


def mix(value, word):
    value = (value ^ word) * 0x9e3779b97f4a7c15 & WORD
    return value ^ value >> 29


def text_hash(text):
    value = 0xcbf29ce484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001b3 & WORD
    return value


def halves(row):
    """Which half of the rows a row is in, of each halving: decided by what it holds, as lib/stats/overfit_domain.c
    does."""
    value = 0
    for cell in row:
        word = text_hash(cell) if isinstance(cell, str) else 0 if np.isnan(cell) else struct.unpack(
            "<Q", struct.pack("<d", cell))[0]
        value = mix(value + 1 & WORD, word)
    return [mix(value, 0x5851f42d4c957f2d + halving) >> 63 for halving in range(5)]


def far_out(numbers):
    """How far from the middle of all numbers each is, as a share of them."""
    ranks = numbers.rank() - 0.5
    return (ranks / numbers.count() - 0.5).abs().fillna(0.25)


def domain_auc(train, test):
    both = pd.concat([train, test])
    source = np.r_[np.zeros(len(train)), np.ones(len(test))]
    both["a_far"], both["b_far"] = far_out(both.a), far_out(both.b)
    folds = np.array([halves(row) for row in both[["a", "b", "color", "same"]].astype({"same": float}).to_numpy()])
    values = []
    for halving in range(5):
        areas, pairs, half = [], [], folds[:, halving]
        for k in (0, 1):
            x, y = design(both[half != k], both[half == k], ["a", "a_far", "b", "b_far", "color"])
            told = classifier().fit(x, source[half != k]).predict_proba(y)[:, 1]
            areas.append(roc_auc_score(source[half == k], told))
            pairs.append(source[half == k].sum() * (1 - source[half == k]).sum())
        values.append(np.average(areas, weights=pairs))
    return np.mean(values)


def classifier():
    return LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-14, max_iter=1000)


def main():
    train, test = rows(160), rows(120)
    plain = [np.c_[t.a, t.b.fillna(10), t.color == "red"] for t in (train, test)]
    for name, target in (("label", "label"), ("kind", "kind")):
        tree = DecisionTreeClassifier(max_depth=3, random_state=0).fit(plain[0], train[target])
        for table, x in zip((train, test), plain):
            table[f"{name}_prediction"] = tree.predict(x)
            for k, c in enumerate(tree.classes_):
                table[f"{name}_p_{c}"] = tree.predict_proba(x)[:, k].round(6)
    tree = DecisionTreeRegressor(max_depth=3, random_state=0).fit(plain[0], train.value)
    for table, x in zip((train, test), plain):
        table["value_prediction"] = tree.predict(x).round(4)
    for table in (train, test):
        table["w"] = random.choice([0, 0.5, 1, 2], len(table))
    train.to_csv(HERE / "gain_train.csv", index=False)
    test.to_csv(HERE / "gain_test.csv", index=False)

    columns = ["a", "b", "color"]
    expected = []

    def add(task, quantity, value):
        expected.append((task, quantity, repr(float(value))))

    # two classes
    dummy = DummyClassifier(strategy="prior").fit(plain[0], train.label)
    x, y = design(train, test, columns)
    simple = classifier().fit(x, train.label)
    answers = {"dummy": (dummy.predict(plain[1]), dummy.predict_proba(plain[1])[:, 1]),
               "simple": (simple.predict(y), simple.predict_proba(y)[:, 1])}
    own = (test.label_prediction, test.label_p_1)
    measures = {"accuracy": (lambda p, s: accuracy_score(test.label, p), 1),
                "balanced_accuracy": (lambda p, s: balanced_accuracy_score(test.label, p), 1),
                "roc_auc": (lambda p, s: roc_auc_score(test.label, s), 1)}
    for against, answer in answers.items():
        for metric, (measure, sign) in measures.items():
            add("label", f"gain_over_{against}({metric})", sign * (measure(*own) - measure(*answer)))
    add("label", "gain_over_simple(f1)", f1_score(test.label, own[0]) - f1_score(test.label, answers["simple"][0]))
    brier = [((s - test.label) ** 2).mean() for s in (own[1], answers["dummy"][1], answers["simple"][1])]
    add("label", "gain_over_dummy(brier)", brier[1] - brier[0])
    add("label", "gain_over_simple(brier)", brier[2] - brier[0])
    singles = []
    for column in columns:
        x, y = design(train, test, [column])
        singles.append(classifier().fit(x, train.label).predict_proba(y)[:, 1])
    add("label", "single_feature(roc_auc)", max(roc_auc_score(test.label, s) for s in singles))
    add("label", "single_feature(brier)", min(((s - test.label) ** 2).mean() for s in singles))
    add("label", "single_feature(accuracy)", max(accuracy_score(test.label, s > 0.5) for s in singles))

    # with weights
    w, own = train.w.to_numpy(), (test.label_prediction, test.label_p_1)
    dummy = DummyClassifier(strategy="prior").fit(plain[0], train.label, sample_weight=w)
    x, y = design(train, test, columns, w)
    simple = classifier().fit(x[w > 0], train.label[w > 0], sample_weight=w[w > 0])
    for name, model, rows_told in (("dummy", dummy, plain[1]), ("simple", simple, y)):
        add("weighted", f"gain_over_{name}(accuracy)",
            accuracy_score(test.label, own[0], sample_weight=test.w)
            - accuracy_score(test.label, model.predict(rows_told), sample_weight=test.w))
        add("weighted", f"gain_over_{name}(roc_auc)",
            roc_auc_score(test.label, own[1], sample_weight=test.w)
            - roc_auc_score(test.label, model.predict_proba(rows_told)[:, 1], sample_weight=test.w))

    # three classes
    dummy = DummyClassifier(strategy="prior").fit(plain[0], train.kind)
    x, y = design(train, test, columns)
    simple = classifier().fit(x, train.kind)
    probabilities = test[[f"kind_p_{c}" for c in simple.classes_]].to_numpy()
    for metric, measure in (("accuracy", lambda p, s: accuracy_score(test.kind, p)),
                            ("balanced_accuracy", lambda p, s: balanced_accuracy_score(test.kind, p)),
                            ("roc_auc", lambda p, s: roc_auc_score(test.kind, s, multi_class="ovr"))):
        mine = measure(test.kind_prediction, probabilities)
        add("kind", f"gain_over_dummy({metric})", mine - measure(dummy.predict(plain[1]), dummy.predict_proba(plain[1])))
        add("kind", f"gain_over_simple({metric})", mine - measure(simple.predict(y), simple.predict_proba(y)))

    # numbers
    x, y = design(train, test, columns)
    simple = Ridge(alpha=1.0, solver="cholesky").fit(x, train.value).predict(y)
    own = test.value_prediction
    for metric, measure, sign, strategy in (("rmse", lambda p: mean_squared_error(test.value, p) ** 0.5, -1, "mean"),
                                            ("mae", lambda p: mean_absolute_error(test.value, p), -1, "median"),
                                            ("r2", lambda p: r2_score(test.value, p), 1, "mean")):
        constant = DummyRegressor(strategy=strategy).fit(plain[0], train.value).predict(plain[1])
        add("value", f"gain_over_dummy({metric})", sign * (measure(own) - measure(constant)))
        add("value", f"gain_over_simple({metric})", sign * (measure(own) - measure(simple)))
    singles = []
    for column in columns:
        x, y = design(train, test, [column])
        singles.append(Ridge(alpha=1.0, solver="cholesky").fit(x, train.value).predict(y))
    add("value", "single_feature(rmse)", min(mean_squared_error(test.value, s) ** 0.5 for s in singles))
    add("value", "single_feature(r2)", max(r2_score(test.value, s) for s in singles))
    # the split, and the order of rows
    place = np.arange(len(test))
    areas = {task: max(abs(2 * roc_auc_score(test[task] == c, place) - 1) for c in test[task].unique())
             for task in ("label", "kind")}
    add("label", "domain_auc", domain_auc(train, test))
    add("label", "id_leak", areas["label"])
    add("kind", "id_leak", areas["kind"])
    add("value", "id_leak", abs(spearmanr(place, test.value).statistic))
    pd.DataFrame(expected, columns=["task", "check", "value"]).to_csv(HERE / "gain_expected.csv", index=False)


main()
