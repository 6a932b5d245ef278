#!/usr/bin/env python3
"""Parquet files as mlgate reads them, against pyarrow (and pandas, for what a table is as CSV).

    parquet.py DUMP --random N [--seed S]   N random tables, written by pyarrow, DuckDB and polars in all encodings,
                                            codecs, page versions and sizes of row groups that these have
    parquet.py DUMP --files DIRECTORY       every *.parquet below the directory, such as apache/parquet-testing
    parquet.py --fixtures DIRECTORY         writes the files that tests/unit/test_parquet.c reads

DUMP is the executable parquet_dump of a build. Needs pyarrow, pandas and, for --random, duckdb and polars.
"""
import argparse
import decimal
import math
import pathlib
import random
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


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dump", nargs="?")
    parser.add_argument("--files")
    parser.add_argument("--random", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fixtures")
    given = parser.parse_args()
    if given.files:
        sys.exit(1 if compare_files(given.dump, given.files) else 0)
