#!/usr/bin/env python3
"""Makes the data files of this example; running the example itself needs no Python.

    pip install scikit-learn==1.9.1 scikit-lego==0.9.10 pandas
    python examples/arrests/train.py [--out DIRECTORY] [--seed SEED]

Without --out the files beside this one are made anew; without --seed the seed is 1, and "none" leaves it to chance.

Two models say whether somebody arrested for possession is released with a summons. Both are judged on the
same 2,613 rows that neither has seen:

    good.csv.gz   a logistic regression on employment, citizenship, previous checks and age
    bad.csv.gz    a random forest of 200 full-grown trees on all seven columns, colour and sex included

good-train.csv.gz and bad-train.csv.gz are what the two say of the 2,613 rows that they were fitted to. The rows
themselves are in three more files, for the search for rows that both sides have:

    rows-train.csv.gz   the rows that both models were fitted to
    rows-test.csv.gz    the held-out rows
    rows-leaky.csv.gz   the held-out rows among which somebody has mixed 600 of the training rows

The files are the same bytes at every run: no time stamp goes into them.
"""
import argparse
import gzip
import io
import pathlib

import pandas
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, PolynomialFeatures, StandardScaler
from sklego.datasets import load_arrests

HERE = pathlib.Path(__file__).parent


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=pathlib.Path, default=HERE)
    parser.add_argument("--seed", type=lambda text: None if text == "none" else int(text), default=1)
    return parser.parse_args()


ARGUMENTS = arguments()
SEED = ARGUMENTS.seed


def write(name, table):
    text = io.StringIO()
    table.to_csv(text, index=False, lineterminator="\n")
    with open(ARGUMENTS.out / name, "wb") as file:
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
            packed.write(text.getvalue().encode())


def write_predictions(name, rows, scores, threshold):
    """row_id, colour, sex, label, predicted, score: what a run of a model leaves behind."""
    write(name, pandas.DataFrame({
        "row_id": rows.index,
        "colour": rows["colour"],
        "sex": rows["sex"],
        "label": rows["released"],
        "predicted": ["Yes" if score >= threshold else "No" for score in scores],
        "score": [f"{score:.6f}" for score in scores],
    }))


def write_rows(name, rows):
    """row_id and all columns of the data set."""
    write(name, rows.rename_axis("row_id").reset_index())


def main():
    data = load_arrests(as_frame=True)
    train, test = train_test_split(data, test_size=0.5, random_state=SEED, stratify=data["released"])
    answer = train["released"] == "Yes"

    write_rows("rows-train.csv.gz", train)
    write_rows("rows-test.csv.gz", test)
    copied = train.sample(600, random_state=SEED)
    write_rows("rows-leaky.csv.gz", pandas.concat([test, copied]).sample(frac=1, random_state=SEED))

    good = make_pipeline(
        ColumnTransformer([("words", OneHotEncoder(drop="if_binary"), ["employed", "citizen"]),
                           ("numbers", StandardScaler(), ["checks", "age"])]),
        PolynomialFeatures(2, include_bias=False),
        LogisticRegression(C=0.1, max_iter=1000))
    good.fit(train, answer)
    write_predictions("good.csv.gz", test, good.predict_proba(test)[:, 1], 0.70)
    write_predictions("good-train.csv.gz", train, good.predict_proba(train)[:, 1], 0.70)

    words = ["colour", "sex", "employed", "citizen"]
    bad = make_pipeline(
        ColumnTransformer([("words", OneHotEncoder(drop="if_binary"), words)], remainder="passthrough"),
        RandomForestClassifier(200, random_state=None if SEED is None else SEED - 1))
    columns = words + ["year", "age", "checks"]
    bad.fit(train[columns], answer)
    write_predictions("bad.csv.gz", test, bad.predict_proba(test[columns])[:, 1], 0.85)
    write_predictions("bad-train.csv.gz", train, bad.predict_proba(train[columns])[:, 1], 0.85)


if __name__ == "__main__":
    main()
