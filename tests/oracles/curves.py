"""Makes the training logs of XGBoost and LightGBM in tests/oracles/curves, and expected.csv: what is asked of all logs there.

The logs are what the libraries record, written with Python's json. Those of Keras, Lightning and Hugging Face are made by hand
in the shape that these document (README there). Values are worked out here by plain Python, from the logs as json and csv read
them. Needs: pip install xgboost lightgbm scikit-learn
Run: python curves.py
"""
import csv
import json
import math
import pathlib

import lightgbm
import numpy
import sklearn
import xgboost
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

HERE = pathlib.Path(__file__).parent / "curves"
ROUNDS = 40


def record_xgboost(train, held_out):
    results = {}
    model = xgboost.train(
        {"objective": "binary:logistic", "eval_metric": ["logloss", "auc"], "eta": 0.5, "max_depth": 6, "seed": 0, "nthread": 1},
        xgboost.DMatrix(*train), ROUNDS, evals=[(xgboost.DMatrix(*train), "train"), (xgboost.DMatrix(*held_out), "eval")],
        evals_result=results, verbose_eval=False)
    assert model.num_boosted_rounds() == ROUNDS
    return results


def record_xgboost_sklearn(train, held_out):
    model = xgboost.XGBClassifier(n_estimators=ROUNDS, learning_rate=0.5, eval_metric=["logloss", "error"], random_state=0, n_jobs=1)
    model.fit(*train, eval_set=[train, held_out], verbose=False)
    return model.evals_result()


def record_lightgbm(train, held_out):
    results = {}
    data = lightgbm.Dataset(*train)
    lightgbm.train(
        {"objective": "binary", "metric": ["binary_logloss", "auc"], "learning_rate": 0.5, "verbose": -1, "seed": 0, "num_threads": 1},
        data, ROUNDS, valid_sets=[data, lightgbm.Dataset(*held_out, reference=data)], valid_names=["training", "valid_1"],
        callbacks=[lightgbm.record_evaluation(results)])
    return results


def write_logs():
    x, y = load_breast_cancer(return_X_y=True)
    x = x[:, :4] + numpy.random.default_rng(0).normal(0, 0.2, (len(y), 4)) * x[:, :4]
    x_train, x_held_out, y_train, y_held_out = train_test_split(x, y, test_size=0.5, random_state=0)
    train, held_out = (x_train, y_train), (x_held_out, y_held_out)
    logs = {
        "xgboost_train.json": (record_xgboost(train, held_out), f"xgboost {xgboost.__version__}, xgboost.train"),
        "xgboost_sklearn.json": (record_xgboost_sklearn(train, held_out), f"xgboost {xgboost.__version__}, XGBClassifier"),
        "lightgbm.json": (record_lightgbm(train, held_out), f"lightgbm {lightgbm.__version__}, record_evaluation"),
    }
    with open(HERE / "versions.txt", "w") as out:
        for name, (log, writer) in logs.items():
            with open(HERE / name, "w") as file:
                json.dump(log, file)
            print(f"{name}: {writer}, scikit-learn {sklearn.__version__}", file=out)


def column(name, key):
    """(epoch, value) of the rows that have one; evals_result is counted from 0."""
    path = HERE / name
    if path.suffix == ".csv":
        with open(path) as file:
            return [(float(row["epoch"]), float(row[key])) for row in csv.DictReader(file) if row[key]]
    log = json.loads(path.read_text())
    if "log_history" in log:
        return [(row["epoch"], row[key]) for row in log["log_history"] if key in row]
    for part in key.split("/"):
        log = log[part]
    return list(enumerate(log))


def expected():
    for name, train, held_out, higher in (
            ("keras.csv", "loss", "val_loss", False), ("keras.csv", "accuracy", "val_accuracy", True),
            ("lightning.csv", "train_loss_epoch", "val_loss", False), ("trainer_state.json", "loss", "eval_loss", False),
            ("keras_history.json", "loss", "val_loss", False), ("keras_history.json", "auc", "val_auc", True),
            ("xgboost_train.json", "train/logloss", "eval/logloss", False), ("xgboost_train.json", "train/auc", "eval/auc", True),
            ("xgboost_sklearn.json", "validation_0/logloss", "validation_1/logloss", False),
            ("xgboost_sklearn.json", "validation_0/error", "validation_1/error", False),
            ("lightgbm.json", "training/binary_logloss", "valid_1/binary_logloss", False),
            ("lightgbm.json", "training/auc", "valid_1/auc", True)):
        sign = -1 if higher else 1
        curve = column(name, held_out)
        best = min(range(len(curve)), key=lambda i: sign * curve[i][1])  # the first of equal ones
        end = curve[-1]
        yield name, f"decline({held_out})", max(0, sign * (end[1] - curve[best][1]) / abs(curve[best][1]))
        yield name, f"epochs_past_best({held_out})", end[0] - curve[best][0]
        fitted = [value for epoch, value in column(name, train) if epoch <= end[0]][-1]
        for series in (train, held_out) if train.isalpha() else (held_out,):  # loss stands for val_loss
            yield name, f"curve_gap({series})", sign * (end[1] - fitted)
        fitted = [value for epoch, value in column(name, train) if epoch <= curve[best][0]][-1]
        yield name, f"curve_gap({held_out}, at=best)", sign * (curve[best][1] - fitted)


write_logs()
with open(HERE / "expected.csv", "w") as out:
    for name, check, value in expected():
        assert math.isfinite(value)
        print(f"{name},{check},{value!r}", file=out)
