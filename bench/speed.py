#!/usr/bin/env python3
"""Speed side by side with peers, as ratios in one run.

    pip install pandas scikit-learn duckdb fairlearn     # and GNU time, as /usr/bin/time
    scripts/build release && python bench/speed.py [--rows 5000000] [--runs 5]
    python bench/speed.py --fairness --rows 10000000 --runs 1     # groups against fairlearn's MetricFrame

Every measurement is a whole process, start-up included; mlgate and its peer take turns, so that a machine whose
speed drifts changes both. The first round is thrown away. What is printed is the median.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time

HERE = pathlib.Path(__file__).resolve().parent
GATE = HERE.parent / "build" / "bin" / "mlgate-accuracy"
FAIRNESS = HERE.parent / "build" / "bin" / "mlgate-fairness"

SLICES = "sex*race*age_group"

PANDAS = textwrap.dedent("""
    import sys
    import pandas
    from sklearn.metrics import accuracy_score, roc_auc_score
    columns = ["label", "predicted", "score", "sex", "race", "age_group"]
    table = pandas.read_csv(sys.argv[1], usecols=columns,
                            dtype={"sex": "category", "race": "category", "age_group": "category"})
    print(accuracy_score(table.label, table.predicted), roc_auc_score(table.label, table.score))
    for _, group in table.groupby(["sex", "race", "age_group"], observed=True):
        accuracy_score(group.label, group.predicted), roc_auc_score(group.label, group.score)
""")

DUCKDB = textwrap.dedent("""
    import sys
    import duckdb
    duckdb.sql("SET threads = %d" % int(sys.argv[2]))
    print(duckdb.sql(f\"\"\"
        SELECT sex, race, age_group, label, predicted, count(*), sum(score)
        FROM read_csv('{sys.argv[1]}', header = true, columns = {{
            'id': 'BIGINT', 'label': 'UTINYINT', 'predicted': 'UTINYINT', 'score': 'DOUBLE', 'sex': 'VARCHAR',
            'race': 'VARCHAR', 'age_group': 'VARCHAR', 'weight': 'DOUBLE'}})
        GROUP BY ALL\"\"\").fetchall()[:1])
""")


FAIRLEARN = textwrap.dedent("""
    import sys
    import pandas
    from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate
    from sklearn.metrics import accuracy_score
    groups = ["sex", "race", "age_group"]
    table = pandas.read_csv(sys.argv[1], usecols=["label", "predicted"] + groups)
    frame = MetricFrame(metrics={"selection_rate": selection_rate, "tpr": true_positive_rate,
                                 "fpr": false_positive_rate, "accuracy": accuracy_score},
                        y_true=table.label, y_pred=table.predicted, sensitive_features=table[groups])
    print(frame.difference(), frame.ratio())
""")


def make(path, rows):
    """id,label,predicted,score,sex,race,age_group,weight; scores with 6 to 17 digits."""
    import numpy
    generator = numpy.random.default_rng(5)
    with open(path, "w") as file:
        file.write("id,label,predicted,score,sex,race,age_group,weight\n")
        for start in range(0, rows, 100_000):
            n = min(100_000, rows - start)
            label = generator.integers(0, 2, n)
            score = 1 / (1 + numpy.exp(-generator.normal(label * 1.6 - 0.8, 1.0)))
            digits = generator.integers(6, 18, n)
            sex = generator.choice(["Male", "Female"], n)
            race = generator.choice(["White", "Black", "Asian", "Hispanic", "Other"], n)
            age = generator.choice(["<25", "25-34", "35-44", "45-54", "55-64", "65+"], n)
            weight = generator.integers(1, 5, n)
            for i in range(n):
                file.write(f"{start + i},{label[i]},{int(score[i] >= 0.5)},{score[i]:.{digits[i]}g},{sex[i]},{race[i]},"
                           f"{age[i]},{weight[i]}\n")


def run(command):
    """Seconds of one process."""
    start = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    seconds = time.monotonic() - start
    if done.returncode > 2:
        sys.exit(f"{command[0]} failed: {done.stderr.decode()}")
    return seconds


def peak(command):
    """Peak resident bytes, as GNU time tells them: what is forked from this process would count its own pages too."""
    with tempfile.NamedTemporaryFile("r") as told:
        subprocess.run(["/usr/bin/time", "-f", "%M", "-o", told.name] + command, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        return int(told.read().split()[-1]) * 1024


def compare(ours, peer, runs):
    mine, theirs = [], []
    for round_ in range(runs + 1):
        seconds, other = run(ours), run(peer)
        if round_:
            mine.append(seconds)
            theirs.append(other)
    return statistics.median(mine), statistics.median(theirs), peak(ours)


def row(job, peer_name, ours, peer, runs):
    mine, theirs, memory = compare(ours, peer, runs)
    print(f"| {job} | {mine:.4f} | {memory / 2**20:.1f} | {peer_name} | {theirs:.3f} | {theirs / mine:.1f}x |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--fairness", action="store_true", help="the fairness gate alone")
    parser.add_argument("--data", help="where the data file is kept between runs")
    arguments = parser.parse_args()
    threads = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as scratch:
        large = pathlib.Path(arguments.data or scratch) / f"rows-{arguments.rows}.csv"
        small = pathlib.Path(scratch) / "rows-1000.csv"
        if not large.exists():
            make(large, arguments.rows)
        make(small, 1000)
        gate = [str(GATE), "--label", "label", "--data"]
        counts = ["--prediction", "predicted", "--check", "accuracy >= 0.5"]
        both = counts + ["--score", "score", "--check", "roc_auc >= 0.5"]
        pandas = [sys.executable, "-c", PANDAS]
        duckdb = [sys.executable, "-c", DUCKDB]
        size = large.stat().st_size / 2**20
        print(f"{arguments.rows:,} rows, {size:.0f} MiB; {threads} threads; medians of {arguments.runs}\n")
        print("| job, whole process | mlgate s | mlgate MiB | peer | peer s | ratio |")
        print("|---|---|---|---|---|---|")
        runs = arguments.runs
        if arguments.fairness:
            checks = ["selection_rate_ratio >= 0.8", "tpr_difference <= 0.1", "fpr_difference <= 0.1",
                      "accuracy_difference <= 0.1"]
            ours = [str(FAIRNESS), "--label", "label", "--prediction", "predicted", "--attributes", SLICES,
                    "--data", str(large)] + [word for check in checks for word in ("--check", check)]
            row("4 quantities of 60 crossed groups", "fairlearn MetricFrame", ours,
                [sys.executable, "-c", FAIRLEARN, str(large)], runs)
            return
        row("accuracy + AUC, all rows and 60 slices", "pandas + scikit-learn",
            gate + [str(large)] + both + ["--slices", SLICES], pandas + [str(large)], runs)
        row("the same", "DuckDB, tally of the same columns",
            gate + [str(large)] + both + ["--slices", SLICES], duckdb + [str(large), str(threads)], runs)
        row("accuracy alone, 60 slices", "DuckDB, tally of the same columns",
            gate + [str(large)] + counts + ["--slices", SLICES], duckdb + [str(large), str(threads)], runs)
        row("the same with one thread", "DuckDB with one thread",
            gate + [str(large)] + counts + ["--slices", SLICES, "--threads", "1"], duckdb + [str(large), "1"], runs)
        row("accuracy + AUC, 1,000 rows", "pandas + scikit-learn", gate + [str(small)] + both, pandas + [str(small)],
            max(runs, 15))


if __name__ == "__main__":
    main()
