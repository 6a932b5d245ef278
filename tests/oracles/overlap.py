#!/usr/bin/env python3
"""Two tables that share rows, and what pandas says of them: overlap_train.csv, overlap_test.csv, overlap_expected.csv.

    python tests/oracles/overlap.py          (pandas, numpy)

The held-out table has its columns in another order and its numbers spelled in other ways; some of its rows are copies of
train rows, some with another label, some with noise of 1e-9.
"""
import decimal
import pathlib

import numpy
import pandas

HERE = pathlib.Path(__file__).resolve().parent
FEATURES = ["size", "price", "city", "grade"]
SETS = [FEATURES, ["city", "grade"], ["size"], ["price"], ["city", "price"]]


def make(rows, generator):
    return pandas.DataFrame({
        "size": generator.integers(-20, 20, rows),
        "price": generator.lognormal(3, 1, rows).round(generator.integers(1, 4)),
        "city": generator.choice(["Bern", "Oslo", "Rome, old", 'so "new"'], rows),
        "grade": generator.choice(["a", "b", None], rows),
        "user": generator.integers(0, 400, rows),
        "day": pandas.to_datetime("2024-01-01") + pandas.to_timedelta(generator.integers(0, 300, rows), unit="D"),
        "label": generator.integers(0, 2, rows)})


def spell(value, generator):
    """The same number, written in another way."""
    text = repr(value)
    if isinstance(value, int):
        return str(generator.choice([text, text + ".0", text + ".", text + "e0", text + "0E-1"]))
    scientific = f"{value:.15e}"
    return str(generator.choice([text, text + "00", scientific if decimal.Decimal(scientific) == decimal.Decimal(text) else text]))


def near(train, test, columns, tolerance):
    """As the definition of near_overlap says, every pair."""
    count = 0
    numbers = [c for c in columns if c in ("size", "price")]
    others = [c for c in columns if c not in numbers]
    scales = {}
    for c in numbers:
        sizes = numpy.sort(train[c].abs().to_numpy(float))
        sizes = sizes[sizes > 0]
        scales[c] = sizes[len(sizes) // 4]
    for _, row in test.iterrows():
        keep = numpy.ones(len(train), bool)
        for c in others:
            keep &= (train[c].isna() if pandas.isna(row[c]) else train[c] == row[c]).to_numpy()
        for c in numbers:
            a = train[c].to_numpy(float)
            keep &= abs(a - row[c]) <= tolerance * numpy.maximum(numpy.maximum(abs(a), abs(row[c])), scales[c])
        count += keep.any()
    return count


def main():
    generator = numpy.random.default_rng(11)
    train, test = make(600, generator), make(300, generator)
    train = pandas.concat([train, train.sample(60, random_state=1)], ignore_index=True)
    copies = train.sample(40, random_state=2).reset_index(drop=True)
    copies.loc[:9, "label"] = 1 - copies.loc[:9, "label"]
    noisy = train.sample(25, random_state=3).reset_index(drop=True)
    noisy["price"] *= 1 + generator.normal(size=len(noisy)) * 1e-9
    test["day"] += pandas.to_timedelta(200, unit="D")
    test.loc[test.index[:7], "user"] = numpy.nan
    test = pandas.concat([test, copies, noisy, test.sample(15, random_state=4)], ignore_index=True)
    test = test.sample(frac=1, random_state=5).reset_index(drop=True)

    expected = []
    for columns in SETS:
        text = ", ".join(columns)
        found = test.merge(train[columns].drop_duplicates(), on=columns, how="left", indicator=True)._merge == "both"
        twins = train.duplicated(columns, keep=False)
        both = test.reset_index().merge(train[columns + ["label"]].drop_duplicates(), on=columns, suffixes=("", "_train"))
        conflicts = both[both.label != both.label_train]["index"].nunique()
        expected += [(f"overlap({text})", found.sum()), (f"overlap_rate({text})", found.mean()),
                     (f"duplicates({text})", test.duplicated(columns).mean()),
                     (f"conflicting_labels({text})", conflicts),
                     (f"excess_overlap({text})", found.mean() - twins.mean())]
        expected += [(f"near_overlap({text}, tolerance={t})", near(train, test, columns, float(t)))
                     for t in ("1e-6", "0.01", "0")]
    expected += [("shared_groups(user)", len(set(train.user.dropna()) & set(test.user.dropna()))),
                 ("shared_groups(city)", len(set(train.city) & set(test.city))),
                 ("time_overlap(day)", (test.day <= train.day.max()).sum())]

    train.to_csv(HERE / "overlap_train.csv", index=False)
    spelled = test[["grade", "label", "city", "day", "price", "user", "size"]].copy()
    spelled["price"] = [spell(float(x), generator) for x in test.price]
    spelled["size"] = [spell(int(x), generator) for x in test["size"]]
    spelled["day"] = test.day.dt.strftime("%Y-%m-%dT00:00")
    spelled.to_csv(HERE / "overlap_test.csv", index=False)
    again = pandas.read_csv(HERE / "overlap_test.csv")
    assert (again.price == test.price).all() and (again["size"] == test["size"]).all()
    with open(HERE / "overlap_expected.csv", "w") as file:
        for check, value in expected:
            file.write(f"{check};{value!r}\n".replace("np.int64(", "").replace("np.float64(", "").replace(")\n", "\n"))


if __name__ == "__main__":
    main()
