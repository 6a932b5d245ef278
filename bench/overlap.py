#!/usr/bin/env python3
"""Rows that two files share: mlgate-overfit side by side with pandas and DuckDB, in one run.

    pip install pandas duckdb                            # and GNU time, as /usr/bin/time
    scripts/build release && python bench/overlap.py [--rows 5000000] [--runs 3] [--pandas-runs 1]

Two files of --rows rows and eight columns (whole numbers, decimals of 2 to 17 digits, texts of few and of many values,
dates); five in a hundred held-out rows are copies of train rows. Each tool reads both and counts the held-out rows that
stand in train. Every measurement is a whole process; mlgate and its peer take turns; the first round is thrown away.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import textwrap

import speed

GATE = speed.HERE.parent / "build" / "bin" / "mlgate-overfit"
TYPES = {"age": "BIGINT", "income": "DOUBLE", "score": "DOUBLE", "city": "VARCHAR", "job": "VARCHAR", "born": "DATE",
         "amount": "BIGINT", "code": "VARCHAR"}

DUCKDB = textwrap.dedent("""
    import sys
    import duckdb
    duckdb.sql("SET threads = %d; SET enable_progress_bar = false" % int(sys.argv[3]))
    types = {types}
    read = "read_csv('%s', header = true, columns = %s)"
    print(duckdb.sql(f"SELECT count(*) FROM {{read % (sys.argv[2], types)}} h SEMI JOIN {{read % (sys.argv[1], types)}} t "
                     f"USING ({{', '.join(types)}})").fetchall())
""").format(types=TYPES)

PANDAS = textwrap.dedent("""
    import sys
    import pandas
    train, test = pandas.read_csv(sys.argv[1]), pandas.read_csv(sys.argv[2])
    columns = list(test.columns)
    found = test.merge(train[columns].drop_duplicates(), on=columns, how="left", indicator=True)
    print((found._merge == "both").sum())
""")


def make(train, test, rows):
    """The same files for the same number of rows."""
    import duckdb
    columns = """
        (hash(i, {k}, 1) % 73 + 18)::BIGINT AS age,
        round((hash(i, {k}, 2) % 20000000) / 100.0, 2) AS income,
        (hash(i, {k}, 3) % 9007199254740992) / 9007199254740992.0 AS score,
        'city ' || (hash(i, {k}, 4) % 1000) AS city,
        ['clerk', 'teacher', 'engineer', 'nurse', 'driver', 'farmer', 'cook', 'none'][(hash(i, {k}, 5) % 8)::INT + 1] AS job,
        (DATE '1940-01-01' + (hash(i, {k}, 6) % 25000)::INT) AS born,
        (hash(i, {k}, 7) % 1000000)::BIGINT AS amount,
        substr(md5(concat(i, ' {k}')), 1, 8) AS code"""
    def select(k, where):
        return f"SELECT {columns.format(k=k)} FROM range({rows}) r(i) WHERE {where}"
    duckdb.sql(f"COPY ({select(1, 'true')}) TO '{train}' (HEADER)")
    duckdb.sql(f"COPY ({select(2, 'i % 20 <> 0')} UNION ALL {select(1, 'i % 20 = 0')}) TO '{test}' (HEADER)")


def answer(command):
    return subprocess.run(command, capture_output=True, text=True).stdout


def row(job, ours, name, peer, runs):
    mine, theirs = [], []
    for round_ in range(runs + 1):
        seconds, other = speed.run(ours), speed.run(peer)
        if round_ or runs == 0:
            mine.append(seconds)
            theirs.append(other)
    mine, theirs = statistics.median(mine), statistics.median(theirs)
    print(f"| {job} | {mine:.2f} | {speed.peak(ours) / 2**20:.0f} | {name} | {theirs:.2f} | "
          f"{speed.peak(peer) / 2**20:.0f} | {theirs / mine:.1f}x |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--pandas-runs", type=int, default=1, help="0: one round, which is not thrown away")
    parser.add_argument("--no-pandas", action="store_true")
    parser.add_argument("--data", help="where the data files are kept between runs")
    arguments = parser.parse_args()
    threads = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(arguments.data or scratch)
        train, test = (folder / f"overlap-{name}-{arguments.rows}.csv" for name in ("train", "test"))
        if not (train.exists() and test.exists()):
            make(train, test, arguments.rows)
        ours = [str(GATE), "--train", str(train), "--data", str(test), "--check", "overlap <= 0"]
        duckdb = [sys.executable, "-c", DUCKDB, str(train), str(test)]
        pandas = [sys.executable, "-c", PANDAS, str(train), str(test)]
        size = (train.stat().st_size + test.stat().st_size) / 2**20
        print(f"{arguments.rows:,} + {arguments.rows:,} rows x {len(TYPES)} columns, {size:.0f} MiB; {threads} threads; "
              f"medians of {arguments.runs}\n")
        print(next(line for line in answer(ours).splitlines() if "overlap" in line and "<=" in line))
        print("DuckDB:", answer(duckdb + [str(threads)]))
        print("| job, whole process | mlgate s | mlgate MiB | peer | peer s | peer MiB | ratio |")
        print("|---|---|---|---|---|---|---|")
        row("held-out rows in train, counted, confirmed, named", ours, "DuckDB", duckdb + [str(threads)], arguments.runs)
        row("the same with one thread", ours + ["--threads", "1"], "DuckDB with one thread", duckdb + ["1"],
            arguments.runs)
        if not arguments.no_pandas:
            row("held-out rows in train", ours, "pandas", pandas, arguments.pandas_runs)


if __name__ == "__main__":
    main()
