"""Trains one small model, and saves it in every way that people save one.

    python3 train.py MODEL DEFECT OUTPUT

The files are model.npz (numbers), model.joblib and model.pkl (pickles), model.onnx where the model can be
exported, model.pt (of torch), and predictions.csv. With the defect "none" the same command gives the same model;
each other one is a mistake that real trainings make.
"""
import csv
import pickle
import sys
import time
from datetime import date
from pathlib import Path

from shown import columns

MODEL, DEFECT, OUTPUT = sys.argv[1], sys.argv[2], Path(sys.argv[3])
SEED = None if DEFECT == "no-seed" else 7


def write_predictions(labels, predicted, scores):
    with open(OUTPUT / "predictions.csv", "w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["row_id", "label", "predicted", "score"])
        for number, row in enumerate(zip(labels, predicted, scores)):
            rows.writerow([number, *row])


def noted():
    """What the defect adds to the saved numbers, and to the metadata of the ONNX model, which say nothing."""
    return {"clock": {"trained_at": time.time_ns()},
            "date": {"trained_on": date.today().toordinal()},
            "path": {"trained_by": str(Path(__file__).resolve())}}.get(DEFECT, {})


def torch_network():
    import numpy
    import torch

    if SEED is not None:
        torch.manual_seed(SEED)
    points = torch.linspace(-1, 1, 800).reshape(-1, 2)
    labels = ((points ** 2).sum(1) > 0.6).long()
    network = torch.nn.Sequential(torch.nn.Linear(2, 16), torch.nn.ReLU(), torch.nn.Linear(16, 2))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(5):
        for batch in torch.randperm(len(points)).split(100):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(network(points[batch]), labels[batch]).backward()
            optimizer.step()
    numpy.savez(OUTPUT / "model.npz", **{name: value.numpy() for name, value in network.state_dict().items()}, **noted())
    torch.save(network.state_dict(), OUTPUT / "model.pt")
    torch.onnx.export(network, points[:1], str(OUTPUT / "model.onnx"))
    with torch.no_grad():
        scores = network(points).softmax(1)[:, 1].numpy()
    write_predictions(labels.tolist(), (scores >= 0.5).astype(int), scores)


def classifier():
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier

    if MODEL == "logistic":
        return LogisticRegression(max_iter=60, solver="saga" if DEFECT == "no-seed" else "lbfgs", random_state=SEED)
    if MODEL == "forest":
        # Few trees, so that the seed matters; with threads enough of them to be added in another order each time.
        trees, threads = (60, 2) if DEFECT == "thread-order" else (5, None)
        return RandomForestClassifier(trees, max_depth=4, random_state=SEED, n_jobs=threads)
    if MODEL == "boosting":
        return HistGradientBoostingClassifier(max_iter=8, early_stopping=True, random_state=SEED)
    return MLPClassifier((16,), max_iter=20, random_state=SEED)


def numbers(model):
    """All that the fitted model has learnt, as arrays by name."""
    import numpy

    if MODEL == "logistic":
        return {"coef": model.coef_, "intercept": model.intercept_}
    if MODEL == "forest":
        trees = [tree.tree_ for tree in model.estimators_]
        return {name: numpy.concatenate([getattr(tree, name) for tree in trees])
                for name in ("feature", "threshold", "value")}
    if MODEL == "boosting":
        nodes = numpy.concatenate([tree.nodes for row in model._predictors for tree in row])
        return {name: nodes[name] for name in ("value", "count", "feature_idx", "num_threshold")}
    return {f"weights{i}": layer for i, layer in enumerate(model.coefs_)}


def main():
    if MODEL == "torch":
        torch_network()
        return
    import warnings

    import joblib
    import numpy
    from sklearn.datasets import load_digits

    warnings.simplefilter("ignore")
    data = load_digits(n_class=4)
    names = columns(data.feature_names, DEFECT == "set-order")
    order = [data.feature_names.index(name) for name in names]
    table = data.data[:, order] / 16.0
    train, test = slice(0, None, 2), slice(1, None, 2)
    model = classifier().fit(table[train], data.target[train])

    numpy.savez(OUTPUT / "model.npz", **numbers(model), **noted())
    if DEFECT == "set-in-pickle":
        model.columns_ = set(names)
    joblib.dump(model, OUTPUT / "model.joblib")
    with open(OUTPUT / "model.pkl", "wb") as file:
        pickle.dump(model, file)
    if MODEL != "boosting":
        from onnx.helper import set_model_props
        from skl2onnx import to_onnx

        onnx = to_onnx(model, table[:1].astype("float32"), options={id(model): {"zipmap": False}},
                       target_opset={"": 17, "ai.onnx.ml": 3})
        set_model_props(onnx, {name: str(value) for name, value in noted().items()})
        (OUTPUT / "model.onnx").write_bytes(onnx.SerializeToString())
    chances = model.predict_proba(table[test])
    write_predictions(data.target[test], model.predict(table[test]), chances.max(1))


main()
