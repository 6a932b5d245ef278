"""Numbers that the fairness gate is checked against; run by hand:

    python tests/oracles/fairness.py              (fairlearn 0.15.0, aif360 0.6.1, aequitas 1.1.0,
                                                   scikit-learn 1.9.1, scipy 1.17, numpy 2.4, pandas 2.3)
writes beside itself
    groups.csv             made here: attributes g2 ... g12 of 2 to 12 groups, strata, labels and predictions
                           of two and of four classes, scores with ties, numbers, weights
    fairness_expected.csv  data; roles; check; value; whose value it is
and reads
    fairlearn71.csv        attributes g_1 ... g_4 of fairlearn/fairlearn, test/unit/metrics/data_for_test.py
                           (MIT)

    python tests/oracles/fairness.py --compare build/bin/mlgate [--data DIRECTORY]

runs mlgate on the same tables, or on compas.csv and adult_rf.csv of the directory, and prints the largest
deviation of every family of quantities.

Whose value: fairlearn is MetricFrame with scikit-learn's functions; its ready-made functions, AIF360's and
Aequitas' are asserted to agree with it where they are defined. `own` is numpy after a published formula, where
no peer has the quantity for any number of groups or with weights; for two groups it is asserted to be the
peer's. Clarify's formulas (SageMaker Clarify, methods of smclarify/bias/metrics) are written out here: the
package wants another pandas.
"""
import argparse
import csv
import itertools
import json
import os
import subprocess
import tempfile
import warnings

import logging

logging.disable(logging.WARNING)
warnings.filterwarnings("ignore")

import aif360.sklearn.metrics as aif  # noqa: E402
import fairlearn.metrics as fair  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import sklearn.metrics as m  # noqa: E402
from aequitas.bias import Bias  # noqa: E402
from aequitas.group import Group  # noqa: E402
from scipy.spatial.distance import jensenshannon  # noqa: E402
from scipy.special import rel_entr  # noqa: E402
from scipy.stats import ks_2samp  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))


def path(name):
    return os.path.join(HERE, name)


# ---- tables ------------------------------------------------------------------------------------------------


def make_groups():
    rng = np.random.default_rng(20241104)
    n = 720
    letters = np.array(list("abcdefghijkl"))
    columns, logit = {"id": np.arange(n)}, rng.normal(0, 1, n)
    for k in range(2, 13):
        share = rng.dirichlet([20] * k)
        value = rng.choice(k, n, p=share)
        logit = logit + rng.normal(0, 0.35, k)[value]
        columns[f"g{k}"] = letters[value]
    stratum = rng.choice(4, n)
    logit = logit + np.array([-0.3, 0, 0.1, 0.4])[stratum]
    logit = logit - logit.mean()
    columns["stratum"] = np.array(["art", "law", "music", "physics"])[stratum]
    columns["label"] = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(int)
    # 64ths: exact, with ties, never 0 or 1
    score = np.clip(np.round(64 / (1 + np.exp(-1.3 * logit - rng.normal(0, 0.8, n)))), 1, 63) / 64
    columns["score"] = score
    columns["prediction"] = (score >= 0.5).astype(int)
    names = np.array(["ash", "birch", "cedar", "dogwood"])
    kind = np.clip(np.floor(1.6 + 0.8 * logit + rng.normal(0, 0.8, n)), 0, 3).astype(int)
    columns["kind"] = names[kind]
    columns["kind_prediction"] = names[np.where(rng.random(n) < 0.75, kind, rng.integers(0, 4, n))]
    number = np.round(np.exp(1 + 0.3 * logit + rng.normal(0, 0.4, n)), 3)
    columns["number"] = number
    columns["number_prediction"] = np.round(number * np.exp(rng.normal(0.02, 0.2, n)), 3)
    columns["weight"] = np.round(rng.gamma(2, 1, n) + 0.05, 3)
    pd.DataFrame(columns).to_csv(path("groups.csv"), index=False, lineterminator="\n")


def read(name):
    return pd.read_csv(name if os.path.isabs(name) else path(name), dtype=str, keep_default_na=False)


class Table:
    """One table with its roles: what every quantity below is a function of."""

    def __init__(self, name, frame, roles, attributes, label=None, prediction=None, score=None, weight=None,
                 strata=None, positive=None):
        self.name, self.roles, self.frame, self.attributes, self.strata = name, roles, frame, attributes, strata
        self.columns = dict(label=label, prediction=prediction, score=score, weight=weight)
        self.positive = positive
        n = len(frame)
        self.weight = frame[weight].astype(float).values if weight else np.ones(n)
        self.weighted = bool(weight)

    def groups(self, attribute):
        """Group of every row; of a cross the values joined by *, as reference= writes them."""
        columns = attribute.split("*")
        return self.frame[columns].agg("*".join, axis=1).values

    def ints(self, role):
        return self.frame[self.columns[role]].astype(float).astype(int).values

    def floats(self, role):
        return self.frame[self.columns[role]].astype(float).values

    def texts(self, role):
        return self.frame[self.columns[role]].values


# ---- by group ----------------------------------------------------------------------------------------------


def frame_of(function, y, p, groups, weight):
    return fair.MetricFrame(metrics=function, y_true=y, y_pred=p, sensitive_features=groups,
                            sample_params={"sample_weight": weight})


def with_reference(values, reference):
    return [values[g] for g in values.index if g != reference], values[reference]


def signed(values, reference):
    others, r = with_reference(values, reference)
    return max([o - r for o in others], key=lambda d: (abs(d), d))


EXPECTED = []


def expect(table, check, value, peer):
    EXPECTED.append([table.name, table.roles, check, repr(float(value)), peer])


def call(name, attribute, *arguments):
    first = f'"{attribute}"' if "*" in attribute else attribute
    return f"{name}({', '.join([first, *arguments])})"


def reference_of(groups):
    """A group in the middle."""
    values = sorted(set(groups))
    return values[len(values) // 2]


def reference_argument(value):
    return f'reference="{value}"'


def expect_rate(table, attribute, rate, frame, full, ratio=True, more=()):
    """Everything that is made of a rate. `more`: arguments of the rate itself."""
    groups, values = table.groups(attribute), frame.by_group
    peer = "fairlearn"
    expect(table, call(f"{rate}_difference", attribute, *more), frame.difference(method="between_groups"), peer)
    if ratio:
        expect(table, call(f"{rate}_ratio", attribute, *more), frame.ratio(method="between_groups"), peer)
    if not full:
        return
    overall = "method=to_overall"
    expect(table, call(f"{rate}_group_min", attribute, *more), frame.group_min(), peer)
    expect(table, call(f"{rate}_group_max", attribute, *more), frame.group_max(), peer)
    expect(table, call(f"{rate}_difference", attribute, overall, *more), frame.difference(method="to_overall"),
           peer)
    if ratio:
        expect(table, call(f"{rate}_ratio", attribute, overall, *more), frame.ratio(method="to_overall"), peer)
    reference = reference_of(groups)
    others, r = with_reference(values, reference)
    argument = reference_argument(reference)
    expect(table, call(f"{rate}_difference", attribute, argument, *more), max(abs(o - r) for o in others),
           "fairlearn by_group")
    expect(table, call(f"{rate}_signed_difference", attribute, argument, *more), signed(values, reference),
           "fairlearn by_group")
    if ratio and r != 0:  # x/0 is no number here
        expect(table, call(f"{rate}_ratio", attribute, argument, *more), min(o / r for o in others),
               "fairlearn by_group")


# ---- two classes -------------------------------------------------------------------------------------------


def base_rate(y, p, sample_weight):
    return np.average(y, weights=sample_weight)


def npv(y, p, sample_weight):
    return m.precision_score(y, p, pos_label=0, sample_weight=sample_weight)


def f2(y, p, sample_weight):
    return m.fbeta_score(y, p, beta=2, sample_weight=sample_weight)


def precision(y, p, sample_weight):
    return m.precision_score(y, p, sample_weight=sample_weight)


COUNT_RATES = {
    "selection_rate": fair.selection_rate,
    "tpr": fair.true_positive_rate,
    "fpr": fair.false_positive_rate,
    "fnr": fair.false_negative_rate,
    "tnr": fair.true_negative_rate,
    "ppv": precision,
    "npv": npv,
    "fdr": lambda y, p, sample_weight: 1 - precision(y, p, sample_weight),
    "for": lambda y, p, sample_weight: 1 - npv(y, p, sample_weight),
    "accuracy": m.accuracy_score,
    "error": m.zero_one_loss,
}
OTHER_RATES = {
    "base_rate": base_rate,
    "f1": m.f1_score,
    "jaccard": m.jaccard_score,
    "balanced_accuracy": m.balanced_accuracy_score,
    "mcc": m.matthews_corrcoef,
}
SCORE_RATES = {
    "roc_auc": m.roc_auc_score,
    "average_precision": m.average_precision_score,
    "log_loss": lambda y, p, sample_weight: m.log_loss(y, p, sample_weight=sample_weight, labels=[0, 1]),
    "brier": m.brier_score_loss,
    "mean_score": lambda y, p, sample_weight: np.average(p, weights=sample_weight),
}
NEGATIVE = {"mcc", "mean_score", "r2", "mean_error", "explained_variance"}  # a ratio says nothing

READY_MADE = {
    "selection_rate": "selection_rate", "tpr": "true_positive_rate", "fpr": "false_positive_rate",
    "fnr": "false_negative_rate", "tnr": "true_negative_rate", "accuracy": "accuracy_score",
    "error": "zero_one_loss"}


def near(a, b, what):
    assert abs(a - b) <= 1e-12 * max(1, abs(b)), (what, a, b)


def check_ready_made(y, p, groups, weight, frames):
    """fairlearn's ready-made functions are its MetricFrame."""
    arguments = dict(y_true=y, y_pred=p, sensitive_features=groups, sample_weight=weight)
    for rate, name in READY_MADE.items():
        for kind in ("difference", "ratio"):
            for method in ("between_groups", "to_overall"):
                got = getattr(fair, f"{name}_{kind}")(**arguments, method=method)
                near(got, getattr(frames[rate], kind)(method=method), name)


def expect_binary(table, full):
    y, p, w = table.ints("label"), table.ints("prediction"), table.weight
    for attribute in table.attributes:
        groups = table.groups(attribute)
        is_full = attribute in full
        frames = {rate: frame_of(function, y, p, groups, w) for rate, function in COUNT_RATES.items()}
        check_ready_made(y, p, groups, w, frames)
        for rate, frame in frames.items():
            expect_rate(table, attribute, rate, frame, is_full)
        if is_full:
            for rate, function in OTHER_RATES.items():
                expect_rate(table, attribute, rate, frame_of(function, y, p, groups, w), True,
                            rate not in NEGATIVE)
            expect_rate(table, attribute, "fbeta", frame_of(f2, y, p, groups, w), False, True, ("beta=2",))
        expect_named(table, attribute, y, p, groups, w)
        expect_odds(table, attribute, y, p, groups, w, frames)
        expect_inequality(table, attribute, y, p, groups, w)
        if table.strata:
            expect_conditional(table, attribute, p, groups, w)
        if is_full and not table.weighted:
            expect_aequitas(table, attribute, y, p, groups)
        if len(set(groups)) == 2:
            check_aif360(y, p, groups, w, frames)
    expect_entropy(table, y, p, w)


def expect_named(table, attribute, y, p, groups, weight):
    """fairlearn's own names."""
    arguments = dict(y_true=y, y_pred=p, sensitive_features=groups, sample_weight=weight)
    for name in ("demographic_parity_difference", "demographic_parity_ratio", "equal_opportunity_difference",
                 "equal_opportunity_ratio"):
        expect(table, call(name, attribute), getattr(fair, name)(**arguments), f"fairlearn {name}")


def expect_odds(table, attribute, y, p, groups, weight, frames):
    arguments = dict(y_true=y, y_pred=p, sensitive_features=groups, sample_weight=weight)
    for kind in ("difference", "ratio"):
        name = f"equalized_odds_{kind}"
        for agg in ("worst_case", "mean"):
            for method in ("between_groups", "to_overall"):
                value = getattr(fair, name)(**arguments, agg=agg, method=method)
                expect(table, call(name, attribute, f"agg={agg}", f"method={method}"), value, f"fairlearn {name}")
    expect(table, call("average_odds_difference", attribute),
           fair.equalized_odds_difference(**arguments, agg="mean"), "fairlearn equalized_odds_difference")
    reference = reference_of(groups)
    values = [with_reference(frames[rate].by_group, reference) for rate in ("tpr", "fpr")]
    expect(table, call("equalized_odds_difference", attribute, reference_argument(reference)),
           max(abs(o - r) for others, r in values for o in others), "fairlearn by_group")
    tallies = {g: squares(y[groups == g], p[groups == g], weight[groups == g]) for g in set(groups)}
    quotients = [t["fn"] / t["fp"] for t in tallies.values()]
    expect(table, call("treatment_equality_difference", attribute), max(quotients) - min(quotients),
           "own, Clarify TE between all pairs")


def squares(y, p, w):
    return {"tp": w[(y == 1) & (p == 1)].sum(), "fp": w[(y == 0) & (p == 1)].sum(),
            "fn": w[(y == 1) & (p == 0)].sum(), "tn": w[(y == 0) & (p == 0)].sum()}


def series(y, groups):
    return pd.Series(y, index=pd.Index(groups, name="g"))


def check_aif360(y, p, groups, weight, frames):
    """Two groups, the second one privileged."""
    s, (first, second) = series(y, groups), sorted(set(groups))
    arguments = dict(prot_attr="g", priv_group=second, sample_weight=weight)
    d = {rate: frames[rate].by_group[first] - frames[rate].by_group[second] for rate in frames}
    near(aif.statistical_parity_difference(s, p, **arguments), d["selection_rate"], "statistical parity")
    near(aif.equal_opportunity_difference(s, p, **arguments), d["tpr"], "equal opportunity")
    near(aif.average_odds_error(s, p, **arguments), (abs(d["tpr"]) + abs(d["fpr"])) / 2, "average odds error")
    near(aif.average_odds_difference(s, p, **arguments), (d["tpr"] + d["fpr"]) / 2, "average odds difference")
    near(aif.average_predictive_value_difference(s, p, **arguments), (d["ppv"] + d["for"]) / 2, "predictive value")
    near(aif.disparate_impact_ratio(s, p, **arguments),
         frames["selection_rate"].by_group[first] / frames["selection_rate"].by_group[second], "disparate impact")


def expect_aequitas(table, attribute, y, p, groups):
    """Aequitas' disparities against the first group are our ratios against that reference."""
    data = pd.DataFrame({"score": p, "label_value": y, "a": groups})
    crosses, _ = Group().get_crosstabs(data)
    reference = reference_of(groups)
    found = Bias().get_disparity_predefined_groups(crosses, original_df=data, ref_groups_dict={"a": reference},
                                                   alpha=0.05, mask_significance=True)
    others = found[found.attribute_value != reference]
    names = {"selection_rate": "pprev", "tpr": "tpr", "fpr": "fpr", "fnr": "fnr", "tnr": "tnr",
             "ppv": "precision", "npv": "npv", "fdr": "fdr", "for": "for"}
    for rate, name in names.items():
        if found[found.attribute_value == reference][name].iloc[0] > 0:  # x/0 is 10 for Aequitas
            expect(table, call(f"{rate}_ratio", attribute, reference_argument(reference)),
                   others[f"{name}_disparity"].min(), "aequitas")


# ---- benefits ----------------------------------------------------------------------------------------------


def entropy(benefit, weight, alpha):
    """Generalized entropy with weights; without them it is asserted to be AIF360's (but for alpha = 0, which
    AIF360 divides by the mean once too often). With 64 bits, as near equality most of 53 cancel."""
    benefit, weight = benefit.astype(np.longdouble), weight.astype(np.longdouble)
    x = benefit / np.average(benefit, weights=weight)
    if alpha == 1:
        return np.average(x * np.log(np.where(x > 0, x, 1)), weights=weight)
    if alpha == 0:
        return -np.average(np.log(x), weights=weight)
    # x^alpha - 1 less alpha (x - 1), whose mean is 0: what is left has one sign, and cancels no further
    terms = x ** alpha - 1 - alpha * (x - 1) if alpha != 2 else (x - 1) ** 2
    return np.average(terms, weights=weight) / (alpha * (alpha - 1))


def benefits(y, p):
    return (p - y + 1).astype(float)


def expect_entropy(table, y, p, w):
    peer = "own" if table.weighted else "aif360"
    b = benefits(y, p)
    for alpha in (2, 3, 0.5):
        value = entropy(b, w, alpha)
        if not table.weighted:
            near(aif.generalized_entropy_error(y, p, alpha=alpha), value, "generalized entropy")
        expect(table, f"generalized_entropy(alpha={alpha})", value, peer)
    if not table.weighted:
        near(aif.theil_index(b), entropy(b, w, 1), "theil")
    expect(table, "theil", entropy(b, w, 1), peer)
    expect(table, "generalized_entropy(alpha=1)", entropy(b, w, 1), peer)


def expect_inequality(table, attribute, y, p, groups, w):
    b = benefits(y, p)
    means = np.empty(len(b), dtype=np.longdouble)
    for g in set(groups):
        means[groups == g] = np.average(b[groups == g].astype(np.longdouble), weights=w[groups == g])
    for alpha in (2, 1, 0, 3):
        value = entropy(means, w, alpha)
        if not table.weighted and alpha != 0:
            peer = aif.between_group_generalized_entropy_error(series(y, groups), p, prot_attr="g", alpha=alpha)
            near(peer, value, "between groups")
        expect(table, call("between_group_generalized_entropy", attribute, f"alpha={alpha}"), value,
               "own" if table.weighted or alpha == 0 else "aif360")
    # AIF360 halves the concentration by the outcomes that the group has; with one alone it adds all of it.
    both = all(0 < p[groups == g].mean() < 1 for g in set(groups))
    for concentration in (1, 5) if both else ():
        value = aif.smoothed_edf(series(y, groups), p, prot_attr="g", concentration=concentration, sample_weight=w)
        expect(table, call("differential_fairness", attribute, f"concentration={concentration}"), value,
               "aif360 smoothed_edf")


def expect_conditional(table, attribute, p, groups, w):
    """Clarify CDDPL of every group as the facet; every stratum here has both outcomes."""
    strata = table.frame[table.strata].values
    worst = -1.0
    for g in sorted(set(groups)):
        value = 0.0
        for s in sorted(set(strata)):
            rows, own = strata == s, groups == g
            rejected, selected = w[rows & (p == 0)].sum(), w[rows & (p == 1)].sum()
            assert rejected > 0 and selected > 0
            value += w[rows].sum() / w.sum() * (w[rows & own & (p == 0)].sum() / rejected -
                                                w[rows & own & (p == 1)].sum() / selected)
        worst = max(worst, value)
    expect(table, call("conditional_demographic_disparity", attribute, f"strata={table.strata}"), worst,
           "own, Clarify CDDPL of the worst facet")


# ---- scores ------------------------------------------------------------------------------------------------


def expect_scores(table, full):
    y, s, w = table.ints("label"), table.floats("score"), table.weight
    for attribute in table.attributes:
        groups = table.groups(attribute)
        for rate, function in SCORE_RATES.items():
            if attribute in full or rate == "roc_auc":
                expect_rate(table, attribute, rate, frame_of(function, y, s, groups, w), attribute in full,
                            rate not in NEGATIVE)
        frame = frame_of(lambda y, p, sample_weight: np.average(p - y, weights=sample_weight), y, s, groups, w)
        expect(table, call("calibration_gap", attribute), frame.difference(), "fairlearn")
        expect(table, call("subgroup_auc", attribute),
               frame_of(m.roc_auc_score, y, s, groups, w).group_min(), "fairlearn roc_auc_score_group_min")
        bpsn, bnsp = [], []
        for g in set(groups):
            own = groups == g
            for into, rows in ((bpsn, (own & (y == 0)) | (~own & (y == 1))),
                               (bnsp, (own & (y == 1)) | (~own & (y == 0)))):
                into.append(m.roc_auc_score(y[rows], s[rows], sample_weight=w[rows]))
        expect(table, call("bpsn_auc", attribute), min(bpsn), "own, Jigsaw with roc_auc_score")
        expect(table, call("bnsp_auc", attribute), min(bnsp), "own, Jigsaw with roc_auc_score")
        gap = 0.0
        for a, b in itertools.combinations(sorted(set(groups)), 2):
            gap = max(gap, weighted_ks(s[groups == a], w[groups == a], s[groups == b], w[groups == b]))
            if not table.weighted:
                near(ks_2samp(s[groups == a], s[groups == b]).statistic,
                     weighted_ks(s[groups == a], w[groups == a], s[groups == b], w[groups == b]), "ks")
        expect(table, call("score_ks", attribute), gap, "own" if table.weighted else "scipy ks_2samp")


def weighted_ks(a, v, b, w):
    points = np.unique(np.concatenate([a, b]))
    below = [np.array([weight[x <= t].sum() for t in points]) / weight.sum() for x, weight in ((a, v), (b, w))]
    return np.abs(below[0] - below[1]).max()


# ---- labels ------------------------------------------------------------------------------------------------


def expect_labels(table):
    y, w = table.texts("label"), table.weight
    classes = sorted(set(y))
    for attribute in table.attributes:
        groups = table.groups(attribute)
        shares = {g: np.array([w[(groups == g) & (y == c)].sum() for c in classes]) / w[groups == g].sum()
                  for g in sorted(set(groups))}
        pairs = list(itertools.permutations(shares, 2))
        complete = all((share > 0).all() for share in shares.values())
        values = {
            "label_kl": (lambda a, b: rel_entr(a, b).sum(), "scipy rel_entr, Clarify KL"),
            "label_js": (lambda a, b: jensenshannon(a, b) ** 2, "scipy jensenshannon, Clarify JS"),
            "label_tvd": (lambda a, b: np.abs(a - b).sum() / 2, "own, Clarify TVD"),
            "label_ks": (lambda a, b: np.abs(a - b).max(), "own, Clarify KS"),
        }
        for name, (distance, peer) in values.items():
            if name == "label_kl" and not complete:
                continue  # infinite; Clarify leaves such labels out
            expect(table, call(name, attribute), max(distance(shares[a], shares[b]) for a, b in pairs), peer)
        counts = [np.sum(groups == g) for g in shares]
        expect(table, call("class_imbalance", attribute), (max(counts) - min(counts)) / (max(counts) + min(counts)),
               "own, Clarify CI of the largest and the smallest group")
        if len(shares) == 2 and len(classes) == 2:
            s = series((y == classes[1]).astype(int), groups)
            both = [aif.kl_divergence(s, prot_attr="g", priv_group=g, sample_weight=w) for g in shares]
            near(max(both), max(values["label_kl"][0](shares[a], shares[b]) for a, b in pairs), "aif360 kl")
        if len(classes) == 2:
            rates = [share[1] for share in shares.values()]
            expect(table, call("label_rate_difference", attribute), max(rates) - min(rates),
                   "own, Clarify DPL between all pairs")


# ---- more classes, numbers ---------------------------------------------------------------------------------


def expect_classes(table):
    y, p, w = table.texts("label"), table.texts("prediction"), table.weight
    for attribute in table.attributes:
        groups = table.groups(attribute)
        functions = {
            ("f1", ("average=macro",)):
                lambda y, p, sample_weight: m.f1_score(y, p, average="macro", sample_weight=sample_weight),
            ("recall", ("average=weighted",)):
                lambda y, p, sample_weight: m.recall_score(y, p, average="weighted", sample_weight=sample_weight),
            ("precision", ("class=birch",)):
                lambda y, p, sample_weight: m.precision_score(y, p, labels=["birch"], average="macro",
                                                              sample_weight=sample_weight),
            ("fpr", ("class=cedar",)):
                lambda y, p, sample_weight: fair.false_positive_rate(y == "cedar", p == "cedar", pos_label=True,
                                                                     sample_weight=sample_weight),
            ("selection_rate", ("class=dogwood",)):
                lambda y, p, sample_weight: fair.selection_rate(y, p, pos_label="dogwood",
                                                                sample_weight=sample_weight),
            ("accuracy", ()): m.accuracy_score,
            ("balanced_accuracy", ()): m.balanced_accuracy_score,
        }
        for (rate, more), function in functions.items():
            expect_rate(table, attribute, rate, frame_of(function, y, p, groups, w), True, True, more)


def expect_favourable(table, favourable):
    """Several classes together are the positive one."""
    y, p = (np.isin(table.texts(role), favourable).astype(int) for role in ("label", "prediction"))
    for attribute in table.attributes:
        groups = table.groups(attribute)
        for rate, function in {**COUNT_RATES, "base_rate": base_rate, "f1": m.f1_score}.items():
            expect_rate(table, attribute, rate, frame_of(function, y, p, groups, table.weight), False)


def mean_error(y, p, sample_weight):
    return np.average(p - y, weights=sample_weight)


NUMBERS = {
    "mae": m.mean_absolute_error, "mse": m.mean_squared_error, "rmse": m.root_mean_squared_error, "r2": m.r2_score,
    "mean_error": mean_error, "mape": m.mean_absolute_percentage_error, "explained_variance":
    m.explained_variance_score, "median_absolute_error": m.median_absolute_error, "max_error":
    lambda y, p, sample_weight: m.max_error(y, p),
}


def expect_numbers(table):
    y, p, w = table.floats("label"), table.floats("prediction"), table.weight
    for attribute in table.attributes:
        groups = table.groups(attribute)
        for rate, function in NUMBERS.items():
            if rate == "median_absolute_error" and table.weighted:
                continue  # scikit-learn's weighted median is another one: metrics.py
            expect_rate(table, attribute, rate, frame_of(function, y, p, groups, w), True, rate not in NEGATIVE)


# ---- all ---------------------------------------------------------------------------------------------------


def committed_tables():
    """Tables, and what is asked of each."""
    groups, small = read("groups.csv"), read("fairlearn71.csv")
    every = [f"g{k}" for k in range(2, 13)] + ["g2*g3", "g3*g4"]
    full = {"g5", "g3*g4"}
    few = ["g7", "g2*g3"]
    for weight in (None, "weight"):
        roles = "weighted" if weight else "plain"
        binary = Table("groups", groups, roles, every, "label", "prediction", "score", weight, "stratum")
        yield binary, lambda t: (expect_binary(t, full), expect_scores(t, full), expect_labels(t))
        kinds = Table("kinds", groups, roles, few, "kind", "kind_prediction", None, weight)
        yield kinds, lambda t: (expect_classes(t), expect_labels(t))
        chosen = Table("chosen", groups, roles, few, "kind", "kind_prediction", None, weight,
                       positive=["birch", "dogwood"])
        yield chosen, lambda t: expect_favourable(t, ["birch", "dogwood"])
        numbers = Table("numbers", groups, roles, few, "number", "number_prediction", None, weight)
        yield numbers, expect_numbers
        fairlearn = Table("fairlearn71", small, roles, ["g_1", "g_2", "g_3", "g_4", "g_1*g_2"], "y_t", "y_p",
                          "y_score", "s_w" if weight else None)
        yield fairlearn, lambda t: (expect_binary(t, {"g_1", "g_1*g_2"}), expect_scores(t, {"g_1", "g_1*g_2"}),
                                    expect_labels(t))


def real_tables(directory):
    compas = read(os.path.join(directory, "compas.csv"))
    yield (Table("compas", compas, "plain", ["race", "sex", "age_cat", "race*sex"], "label_value", "score",
                 strata="age_cat"),
           lambda t: (expect_binary(t, {"race", "sex"}), expect_labels(t)))
    adult = read(os.path.join(directory, "adult_rf.csv"))
    yield (Table("adult", adult, "plain", ["race", "gender", "education"], "label_value", "score"),
           lambda t: (expect_binary(t, {"race", "gender"}), expect_labels(t)))


def family_of(check):
    name = check.split("(")[0]
    for ending in ("_signed_difference", "_difference", "_ratio", "_group_min", "_group_max"):
        if name.endswith(ending) and not name.startswith(("equalized", "average_odds", "treatment", "label_",
                                                           "demographic", "equal_opp")):
            rate = name[: -len(ending)]
            kind = ("counts" if rate in COUNT_RATES or rate in OTHER_RATES or rate in ("fbeta", "recall", "precision")
                    else "scores" if rate in SCORE_RATES else "numbers")
            return f"RATE{ending} of {kind}"
    return name


def run(binary, table, checks):
    """mlgate's estimates, by check."""
    columns = {role: column for role, column in table.columns.items() if column}
    with tempfile.TemporaryDirectory() as directory:
        source = {"path": "t.csv", **columns}
        gates = [{"gate": "fairness", "name": f"g{i}", "data": "t", "attributes": table.attributes,
                  "checks": checks[i:i + 500],
                  **({"favourable": table.positive} if table.positive else {})} for i in range(0, len(checks), 500)]
        table.frame.to_csv(os.path.join(directory, "t.csv"), index=False)
        with open(os.path.join(directory, "mlgate.yaml"), "w") as file:
            json.dump({"version": 1, "data": {"t": source}, "gates": gates}, file)
        done = subprocess.run([binary, "run", "--report", "json=r.json"], cwd=directory, capture_output=True, text=True)
        if not os.path.exists(os.path.join(directory, "r.json")):
            raise SystemExit(done.stderr)
        with open(os.path.join(directory, "r.json")) as file:
            results = json.load(file)
    for gate in results["gates"]:
        if gate["error"]:
            print(gate["name"], gate["error"])
    return {c["check"]: c for g in results["gates"] for c in g["reported"]}


def compare(binary, tables):
    worst = {}
    binary = os.path.abspath(binary)
    for table, ask in tables:
        EXPECTED.clear()
        ask(table)
        rows = {(row[2], row[4]): float(row[3]) for row in EXPECTED if np.isfinite(float(row[3]))}
        got = run(binary, table, list(dict.fromkeys(check for check, _ in rows)))
        for (check, peer), value in rows.items():
            if check not in got or got[check]["estimate"] is None:
                print(f"{table.name}, {table.roles}: {check} is {value} for {peer}; here:",
                      got.get(check, {}).get("reason"))
                continue
            off = abs(got[check]["estimate"] - value) / max(abs(value), 1e-3)
            if off > 1e-12:
                print(f"{table.name}, {table.roles}: {check} is {got[check]['estimate']}, {value} for {peer}")
            name = family_of(check)
            worst[name] = max(worst.get(name, (0, "")), (off, check))
        print(f"{table.name}, {table.roles}: {len(rows)} numbers")
    for name, (off, check) in sorted(worst.items()):
        print(f"{off:8.1e}  {name:42s} {check}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--compare", metavar="MLGATE")
    parser.add_argument("--data", metavar="DIRECTORY")
    given = parser.parse_args()
    if given.compare:
        compare(given.compare, real_tables(given.data) if given.data else committed_tables())
        return
    make_groups()
    for table, ask in committed_tables():
        ask(table)
    with open(path("fairness_expected.csv"), "w", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\n", quoting=csv.QUOTE_NONE, escapechar="\\", quotechar=None)
        writer.writerow(["data", "roles", "check", "value", "whose"])
        writer.writerows(EXPECTED)
    print(len(EXPECTED), "numbers")


if __name__ == "__main__":
    main()
