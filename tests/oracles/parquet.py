#!/usr/bin/env python3
"""Parquet files as mlgate reads them, against pyarrow (and pandas, for what a table is as CSV).

    parquet.py DUMP --random N [--seed S]   N random tables, written by pyarrow, DuckDB and polars in all encodings,
                                            codecs, page versions and sizes of row groups that these have
    parquet.py DUMP --pandas N [--seed S]   N frames that pandas writes to CSV and to Parquet, as mlgate reads either
    parquet.py DUMP --files DIRECTORY       every *.parquet below the directory, such as apache/parquet-testing
    parquet.py --fixtures DIRECTORY         writes the files that tests/unit/test_parquet.c reads
    parquet.py --stories DIRECTORY          writes those of the stories about Parquet

DUMP is the executable parquet_dump of a build. Needs pyarrow, pandas and, for --random, duckdb and polars.
"""
import argparse
import decimal
import math
import pathlib
import random
import re
import struct
import subprocess
import sys
import tempfile
import uuid

import pyarrow as pa
import pyarrow.parquet as pq

MISSING = object()


def dump(executable, path, *rest):
    done = subprocess.run([executable, str(path), *rest], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out = done.stdout.decode()
    error = None
    if done.returncode:
        error = out[out.rindex("error: "):].strip() if "error: " in out else f"status {done.returncode}: {done.stderr.decode()[-300:]}"
        out = out[: out.rindex("error: ")] if "error: " in out else out
    return out.splitlines(), error


def is_missing(text):
    return text in (b"", b"NA") or text.lower() in (b"nan", b"null")


def clock(seconds, nanoseconds, utc):
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    if nanoseconds:
        text += f".{nanoseconds // 1000:06d}" if nanoseconds % 1000 == 0 else f".{nanoseconds:09d}"
    return text + ("+00:00" if utc else "")


def civil(days):
    import datetime

    return (datetime.date(1970, 1, 1) + datetime.timedelta(days=days)).isoformat()


def texts_of(array):
    """What each value is as text, MISSING where it is missing."""
    kind = array.type
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
        if isinstance(array, pa.ChunkedArray):
            array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], kind)
    if pa.types.is_dictionary(kind):
        return texts_of(array.dictionary_decode())
    if isinstance(kind, pa.BaseExtensionType):
        if "uuid" in str(kind).lower():
            return [MISSING if v is None else str(uuid.UUID(bytes=v)).encode() for v in array.storage.to_pylist()]
        return texts_of(array.storage)
    if pa.types.is_timestamp(kind) or pa.types.is_time(kind):
        unit = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[kind.unit]
        stamps = pa.types.is_timestamp(kind)
        utc = stamps and kind.tz is not None
        whole = array.view(pa.int32() if pa.types.is_time32(kind) else pa.int64()).to_pylist()
        out = []
        for value in whole:
            if value is None:
                out.append(MISSING)
                continue
            seconds, part = divmod(value, unit)
            text = clock(seconds % 86400, part * (10**9 // unit), utc)
            out.append(((civil(seconds // 86400) + " ") * stamps + text).encode())
        return out
    out = []
    for value in array.to_pylist():
        if value is None or (isinstance(value, float) and math.isnan(value)):
            out.append(MISSING)
        elif isinstance(value, bytes):
            out.append(MISSING if is_missing(value) else value)
        elif isinstance(value, str):
            out.append(MISSING if is_missing(value.encode()) else value.encode())
        elif isinstance(value, decimal.Decimal):
            out.append(format(value, "f").encode())
        elif hasattr(value, "isoformat"):
            out.append(value.isoformat().encode())
        elif pa.types.is_float16(kind):
            out.append(repr(float(value)).encode())
        else:
            out.append((repr(value) if isinstance(value, float) else str(value)).encode())
    return out


def number_of(text):
    """The double of a text, None where it is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def show(value):
    return "missing" if value is MISSING else repr(value[:60])


def compare_column(executable, path, name, expected):
    """None, or what is wrong; a sentence that refuses as a str that begins with 'refused'."""
    for how in ("text", "code"):
        lines, error = dump(executable, path, how, name)
        if error:
            return "refused: " + error
        got = [MISSING if line == "-" else bytes.fromhex(line) for line in lines]
        if len(got) != len(expected):
            return f"{len(got)} rows, and not {len(expected)} ({how})"
        for row, (one, other) in enumerate(zip(got, expected)):
            if one != other and not (one is MISSING and other is MISSING):
                return f"row {row}: {show(one)}, and not {show(other)} ({how})"
    numbers = [MISSING if text is MISSING else number_of(text) for text in expected]
    lines, error = dump(executable, path, "number", name)
    first_bad = next((i for i, n in enumerate(numbers) if n is None), None)
    if first_bad is not None:
        return None if error and error.startswith(f"error: row {first_bad + 1}:") else f"number: {error}, not row {first_bad + 1}"
    if error:
        return "number " + error
    got = [MISSING if line == "-" else float.fromhex(line) for line in lines]
    if len(got) != len(numbers):
        return f"{len(got)} rows, and not {len(numbers)} (number)"
    for row, (one, other) in enumerate(zip(got, numbers)):
        if (one is MISSING) != (other is MISSING) or (one is not MISSING and struct.pack("<d", one) != struct.pack("<d", other)):
            return f"row {row}: {one}, and not {other} (number)"
    return None


def compare_files(executable, directory):
    read = refused = differing = values = columns = 0
    for path in sorted(pathlib.Path(directory).rglob("*.parquet")):
        names, error = dump(executable, path)
        names = [bytes.fromhex(name).decode() for name in names]
        said = []
        if error:
            refused += 1
            try:
                pq.ParquetFile(path).read()
                other = "pyarrow reads it"
            except Exception as why:
                other = "pyarrow: " + str(why).splitlines()[0][:80]
            print(f"{path.name}: {error}  [{other}]")
            continue
        good = 0
        for name in names:
            try:
                expected = texts_of(pq.ParquetFile(path).read(columns=[name]).column(name))
            except Exception as why:
                expected, other = None, "pyarrow: " + (str(why).splitlines() or [type(why).__name__])[0][:80]
            if expected is None:
                lines, error = dump(executable, path, "text", name)
                said.append(f"  {name}: {error or f'{len(lines)} rows'}  [{other}]")
                good += error is None
                continue
            wrong = compare_column(executable, path, name, expected)
            if wrong is None:
                good += 1
                columns += 1
                values += len(expected)
            elif wrong.startswith("refused"):
                said.append(f"  {name}: {wrong}")
            else:
                said.append(f"  {name}: DIFFERS: {wrong}")
                differing += 1
        read += good > 0
        refused += good == 0
        print(f"{path.name}: {good} of {len(names)} columns")
        for line in said:
            print(line)
    print(f"{read} files read, {refused} refused; {columns} columns with {values} values equal, {differing} differ")
    return differing


# ---- random tables --------------------------------------------------------------------------------------------------


def random_column(rng, rows):
    """An array of one type, with missing values in some, and what pyarrow may encode it in."""
    share = rng.choice([0, 0, 0.02, 0.5, 0.98, 1])
    kind = rng.choice("bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float half double text category decimal date "
                      "time stamp utc".split())
    span = rng.choice([2, 50, 10**6])

    def pick(make):
        pool = [make() for _ in range(min(span, rows) or 1)] if span < 10**6 else None
        return [None if rng.random() < share else (rng.choice(pool) if pool else make()) for _ in range(rows)]

    whole = ["PLAIN", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"]
    if kind == "bool":
        return pa.array(pick(lambda: rng.random() < 0.5), pa.bool_()), ["PLAIN", "RLE"]
    if "int" in kind:
        bits = int(kind.strip("uint"))
        low, high = (0, 2**bits - 1) if kind[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        near = rng.random() < 0.5
        make = (lambda: rng.randint(0, 100)) if near else (lambda: rng.choice([low, high, rng.randint(low, high)]))
        return pa.array(pick(make), getattr(pa, kind)()), whole
    if kind in ("float", "double", "half"):
        def make():
            value = rng.choice([0.0, -0.0, 0.1, 1.0, math.nan, rng.random(), rng.gauss(0, 1), rng.random() * 10.0 ** rng.randint(-4, 4)])
            return value
        def wide():
            return rng.choice([make(), 1e300 * rng.random(), 5e-324, 1e16, 123456789012345680.0, 1e-5])
        import numpy

        values = pick(wide if kind == "double" else make)
        if kind == "half":
            return pa.array([None if v is None else numpy.float16(v) for v in values], pa.float16()), ["PLAIN", "BYTE_STREAM_SPLIT"]
        return pa.array(values, pa.float32() if kind == "float" else pa.float64()), ["PLAIN", "BYTE_STREAM_SPLIT"]
    if kind in ("text", "category"):
        common = rng.choice(["", "a/very/long/path/that/all/of/them/begin/with/", "é"])
        def make():
            return rng.choice(["", "NA", "1.0", "a,b", '"quoted"', "line\nline", common + str(rng.randint(0, span)),
                               common + "x" * rng.randint(0, 40)])
        array = pa.array(pick(make), pa.string())
        return (array.dictionary_encode() if kind == "category" else array), ["PLAIN", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"]
    if kind == "decimal":
        precision = rng.randint(1, 38)
        scale = rng.randint(0, precision)
        def make():
            return decimal.Decimal(rng.randint(-(10**precision) + 1, 10**precision - 1)).scaleb(-scale, decimal.Context(prec=60))
        return pa.array(pick(make), pa.decimal128(precision, scale)), ["PLAIN"]
    if kind == "date":
        return pa.array(pick(lambda: rng.randint(-700000, 2900000)), pa.int32()).view(pa.date32()), ["PLAIN", "DELTA_BINARY_PACKED"]
    unit = rng.choice(["ms", "us", "ns"])
    scale = {"ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    part = rng.choice([1, scale, scale // 1000])
    if kind == "time":
        times = pick(lambda: rng.randint(0, 86400 * scale - 1) // part * part)
        return (pa.array(times, pa.int32()).view(pa.time32("ms")) if unit == "ms" else pa.array(times, pa.int64()).view(pa.time64(unit))), ["PLAIN", "DELTA_BINARY_PACKED"]
    times = pick(lambda: rng.randint(-(2**31) * scale, 2**32 * scale) // part * part)
    return pa.array(times, pa.int64()).view(pa.timestamp(unit, tz="UTC" if kind == "utc" else None)), ["PLAIN", "DELTA_BINARY_PACKED"]


def write_pyarrow(rng, table, encodings, path):
    dictionary = [n for n in table.column_names if rng.random() < 0.5]
    chosen = {n: rng.choice(e) for n, e in encodings.items() if n not in dictionary}
    how = dict(
        use_dictionary=dictionary,
        column_encoding=chosen or None,
        compression=rng.choice(["none", "snappy", "gzip", "zstd", "lz4"]),
        data_page_version=rng.choice(["1.0", "2.0"]),
        row_group_size=rng.choice([1, 7, 100, 1000, 5000, 10**6]) if table.num_rows < 3000 else rng.choice([1000, 5000, 10**6]),
        data_page_size=rng.choice([10, 500, 8192, 2**20]),
        write_batch_size=rng.choice([1, 100, 1024]),
        dictionary_pagesize_limit=rng.choice([20, 2000, 2**20]),
        write_page_checksum=rng.random() < 0.5,
        version="2.6",
        store_schema=rng.random() < 0.5,
        use_deprecated_int96_timestamps=False,
    )
    pq.write_table(table, path, **how)
    return how


def write_duckdb(rng, table, path):
    import duckdb

    codec = rng.choice(["uncompressed", "snappy", "gzip", "zstd", "lz4_raw"])
    version = rng.choice(["V1", "V2"])
    rows = rng.choice([2048, 10000])
    connection = duckdb.connect()
    connection.register("t", table)
    connection.execute(f"copy t to '{path}' (format parquet, codec '{codec}', row_group_size {rows}, parquet_version {version})")
    return f"duckdb {codec} {version}"


def write_polars(rng, table, path):
    import polars

    codec = rng.choice(["uncompressed", "snappy", "gzip", "zstd", "lz4"])
    polars.from_arrow(table).write_parquet(path, compression=codec, row_group_size=rng.choice([100, 1000, 10**5]),
                                           data_page_size=rng.choice([64, 4096, 2**20]))
    return f"polars {codec}"


def compare_random(executable, count, seed):
    columns = values = failed = unread = 0
    written = {"pyarrow": 0, "duckdb": 0, "polars": 0}
    with tempfile.TemporaryDirectory() as directory:
        for number in range(count):
            rng = random.Random(seed * 1000003 + number)
            rows = rng.choice([0, 1, 7, 100, 1023, 1024, 1025, 3000, 10000])
            table, encodings = {}, {}
            for i in range(rng.randint(1, 6)):
                array, may = random_column(rng, rows)
                table[f"c{i}"] = array
                encodings[f"c{i}"] = may
            table = pa.table(table)
            path = pathlib.Path(directory) / "t.parquet"
            by = rng.choice(["pyarrow", "pyarrow", "duckdb", "polars"])
            try:
                how = (write_pyarrow(rng, table, encodings, path) if by == "pyarrow"
                       else write_duckdb(rng, table, path) if by == "duckdb" else write_polars(rng, table, path))
            except Exception as why:  # a type that this writer lacks
                by, how = "pyarrow", write_pyarrow(rng, table, encodings, path)
            written[by] += 1
            try:
                back = pq.ParquetFile(path).read() if by != "pyarrow" else table
            except OSError:  # what another one wrote, and pyarrow does not read
                back, unread = table, unread + 1
            for name in table.column_names:
                expected = texts_of(back.column(name))
                wrong = compare_column(executable, path, name, expected)
                columns += 1
                values += len(expected)
                if wrong:
                    failed += 1
                    kept = pathlib.Path(tempfile.gettempdir()) / f"parquet-{seed}-{number}.parquet"
                    kept.write_bytes(path.read_bytes())
                    print(f"{number} {name} {table.column(name).type}: {wrong}\n  {how}\n  {kept}")
    print(f"{count} files ({', '.join(f'{v} by {k}' for k, v in written.items())}), {columns} columns with {values} values, "
          f"each as text, code and number: {failed} columns differ; {unread} files that pyarrow does not read")
    return failed


def compare_pandas(executable, count, seed):
    """What mlgate reads of a frame in Parquet and of the same frame in CSV, both by pandas."""
    import numpy
    import pandas

    failed = columns = values = 0
    with tempfile.TemporaryDirectory() as directory:
        for number in range(count):
            rng = random.Random(seed * 1000003 + number)
            rows = rng.choice([1, 7, 1024, 3000])
            share = rng.choice([0, 0, 0.1])
            some = lambda make: [None if rng.random() < share else make() for _ in range(rows)]
            words = ["Male", "Female", "", "NA", "a,b", '"q"', " x ", "1.0", "two\nlines", "é", "null"]
            frame = pandas.DataFrame({
                "whole": numpy.array([rng.choice([0, 1, -5, 2**53 + 1, 2**63 - 1]) for _ in range(rows)], dtype="int64"),
                "small": numpy.array([rng.randint(-128, 127) for _ in range(rows)], dtype="int8"),
                "unsigned": numpy.array([rng.choice([0, 2**64 - 1, 7]) for _ in range(rows)], dtype="uint64"),
                "real": numpy.array([math.nan if rng.random() < share else rng.choice(
                    [1.0, 0.1, rng.random(), rng.gauss(0, 1) * 10.0 ** rng.randint(-20, 20), -0.0, 1e16]) for _ in range(rows)]),
                "truth": [rng.random() < 0.5 for _ in range(rows)],
                "truth_or_none": pandas.array(some(lambda: rng.random() < 0.5), dtype="boolean"),
                "whole_or_none": pandas.array(some(lambda: rng.randint(-9, 9)), dtype="Int64"),
                "text": some(lambda: rng.choice(words)),
                "category": pandas.Categorical(some(lambda: rng.choice(words))),
                "category_of_numbers": pandas.Categorical([rng.randint(0, 3) for _ in range(rows)]),
            })
            csv, parquet = pathlib.Path(directory) / "t.csv", pathlib.Path(directory) / "t.parquet"
            frame.to_csv(csv, index=False)
            frame.to_parquet(parquet, compression=rng.choice(["snappy", "zstd", "gzip", "lz4", None]))
            for name in frame.columns:
                columns += 1
                values += rows
                for how in ("text", "code", "number"):
                    one, other = dump(executable, csv, how, name), dump(executable, parquet, how, name)
                    told = [re.sub(r"^error: row \d+: ", "", e or "") for e in (one[1], other[1])]
                    if one[0] != other[0] or told[0] != told[1]:
                        failed += 1
                        print(f"{number} {name} {how}: {one[1]} {other[1]}")
                        break
    print(f"{count} frames, {columns} columns with {values} values: {failed} differ between CSV and Parquet")
    return failed


# ---- fixtures -------------------------------------------------------------------------------------------------------


def write_fixtures(directory):
    """One table, written in many ways: tests/unit/test_parquet.c reads the same rows from all of them."""
    import duckdb
    import polars

    directory = pathlib.Path(directory)
    rows = 40
    some = lambda values: [values[i % len(values)] for i in range(rows)]
    table = pa.table({
        "id": pa.array(range(1, rows + 1), pa.int64()),
        "y": pa.array(some([1, 0, None, 1, -7]), pa.int32()),
        "score": pa.array(some([0.25, 1.0, math.nan, None, -1e-5, 1e16, 0.1]), pa.float64()),
        "small": pa.array(some([0.1, 0.5, None]), pa.float32()),
        "sex": pa.array(some(["Male", "Female", None, "", "NA", "1.0", 'a "b", c']), pa.string()),
        "flag": pa.array(some([True, False, False, None]), pa.bool_()),
        "large": pa.array(some([0, 2**64 - 1, None]), pa.uint64()),
        "at": pa.array(some([0, 1_600_000_000_123_000, -1, None]), pa.int64()).view(pa.timestamp("us")),
    })
    plain = {n: "PLAIN" for n in table.column_names}
    delta = dict(plain, id="DELTA_BINARY_PACKED", y="DELTA_BINARY_PACKED", large="DELTA_BINARY_PACKED",
                 at="DELTA_BINARY_PACKED", flag="RLE")
    ways = {
        "plain": dict(use_dictionary=False, compression="none", data_page_version="1.0", column_encoding=plain),
        "dictionary-snappy": dict(use_dictionary=True, compression="snappy", data_page_version="1.0"),
        "dictionary-zstd-v2-checksum": dict(use_dictionary=True, compression="zstd", data_page_version="2.0",
                                            write_page_checksum=True),
        "delta-gzip-v2": dict(use_dictionary=False, compression="gzip", data_page_version="2.0",
                              column_encoding=dict(delta, sex="DELTA_BYTE_ARRAY")),
        "delta-length-lz4": dict(use_dictionary=False, compression="lz4", data_page_version="1.0",
                                 column_encoding=dict(delta, sex="DELTA_LENGTH_BYTE_ARRAY")),
        "split-v2": dict(use_dictionary=False, compression="none", data_page_version="2.0",
                         column_encoding=dict(plain, id="BYTE_STREAM_SPLIT", y="BYTE_STREAM_SPLIT",
                                              score="BYTE_STREAM_SPLIT", small="BYTE_STREAM_SPLIT")),
        "pages-of-few-rows": dict(use_dictionary=["sex"], compression="snappy", data_page_size=16, write_batch_size=3,
                                  write_page_checksum=True),
        "groups-of-seven-rows": dict(use_dictionary=True, compression="zstd", row_group_size=7),
        "dictionary-then-plain": dict(use_dictionary=True, compression="none", dictionary_pagesize_limit=30,
                                      write_batch_size=5),
    }
    for name, how in ways.items():
        pq.write_table(table, directory / f"{name}.parquet", store_schema=False, write_statistics=False, **how)
    connection = duckdb.connect()
    connection.register("t", table)
    connection.execute(f"copy t to '{directory / 'duckdb-snappy.parquet'}' (format parquet)")
    connection.execute(f"copy t to '{directory / 'duckdb-v2-zstd.parquet'}' (format parquet, codec zstd, parquet_version v2)")
    polars.from_arrow(table).write_parquet(directory / "polars-lz4.parquet", compression="lz4", statistics=False)
    nested = table.select(["id", "y"]).append_column("list", pa.array([[1, 2]] * rows)).append_column(
        "part", pa.array([{"a": 1, "b": "x"}] * rows)).append_column("bytes", pa.array([b"abc"] * rows, pa.binary(3)))
    nested = nested.append_column("z", table.column("flag"))
    pq.write_table(nested, directory / "nested.parquet", store_schema=False, write_statistics=False,
                   compression={n: "brotli" if n == "y" else "snappy" for n in
                                ["id", "y", "list.list.element", "part.a", "part.b", "bytes", "z"]})


def write_stories(directory):
    """The tables of tests/stories/parquet-* and repro-parquet: the same in CSV, by pandas, and in Parquet."""
    import pandas
    import polars

    directory = pathlib.Path(directory)
    rng = random.Random(11)
    rows = []
    for i in range(400):
        label = rng.random() < 0.5
        score = min(0.999, max(0.001, rng.gauss(0.65 if label else 0.4, 0.2)))
        rows.append((f"r{i}", label, round(score, 6), score >= 0.5, rng.choice(["Male", "Female"]),
                     rng.choice(["<25", "25-45", None, ">45"]), rng.choice([1.0, 2.0, 1.5]), rng.randint(0, 4)))
    frame = pandas.DataFrame(rows, columns=["id", "label", "score", "predicted", "sex", "age", "weight", "fold"])
    frame["sex"] = frame["sex"].astype("category")
    here = directory / "parquet-says-what-csv-says"
    frame.to_csv(here / "test.csv", index=False)
    frame.to_parquet(here / "test.parquet", row_group_size=150, compression="zstd")
    gaps = frame.copy()
    gaps.loc[[5, 217], "score"] = float("nan")
    gaps.to_csv(here / "gaps.csv", index=False)
    gaps.to_parquet(here / "gaps.parquet", row_group_size=100)
    here = directory / "repro-parquet"
    frame = frame[["id", "label", "score", "predicted", "sex"]].head(120)
    frame["sex"] = frame["sex"].astype(str)
    frame.to_parquet(here / "one.parquet")
    polars.from_pandas(frame).write_parquet(here / "two.parquet", compression="zstd", row_group_size=50)
    frame.loc[7, "predicted"] = not frame.loc[7, "predicted"]
    frame.loc[9, "score"] += 0.125
    frame.to_parquet(here / "three.parquet", compression="gzip", row_group_size=33)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dump", nargs="?")
    parser.add_argument("--files")
    parser.add_argument("--random", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pandas", type=int)
    parser.add_argument("--fixtures")
    parser.add_argument("--stories")
    given = parser.parse_args()
    if given.files:
        sys.exit(1 if compare_files(given.dump, given.files) else 0)
    if given.random:
        sys.exit(1 if compare_random(given.dump, given.random, given.seed) else 0)
    if given.pandas:
        sys.exit(1 if compare_pandas(given.dump, given.pandas, given.seed) else 0)
    if given.fixtures:
        write_fixtures(given.fixtures)
    if given.stories:
        write_stories(given.stories)
