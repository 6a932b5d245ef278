#!/usr/bin/env python3
"""Arrays and how far they are from each other, by numpy: writes tests/oracles/compare/*.npy, .npz and
.safetensors, and compare_expected.csv beside it. Needs numpy."""
import csv
import json
import os

import numpy as np

from distances import measure

here = os.path.dirname(os.path.abspath(__file__))
where = os.path.join(here, "compare")
os.makedirs(where, exist_ok=True)
rng = np.random.default_rng(20240607)
rows = []


def pair(name, a, b, save=np.save, ending="npy", part=""):
    files = [f"{name}.{side}.{ending}" for side in "ab"]
    for file, array in zip(files, (a, b)):
        save(os.path.join(where, file), array)
    rows.append([name, *files, part, *(measure(a[part], b[part]) if a.dtype.names else measure(a, b))])


def safetensors(path, tensors):
    names = {"f2": "F16", "f4": "F32", "f8": "F64", "i8": "I64", "u1": "U8"}
    header, data = {"__metadata__": {"format": "np"}}, b""
    for name, array in tensors.items():
        header[name] = {"dtype": names[array.dtype.str[1:]], "shape": list(array.shape),
                        "data_offsets": [len(data), len(data) + array.nbytes]}
        data += array.tobytes()
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text + data)


for kind in ("f2", "f4", "f8"):
    b = rng.standard_normal((5, 7)).astype(kind)
    a = b.copy()
    a[1, 2] = np.nextafter(a[1, 2], b.dtype.type(9))
    a[4, 0] *= b.dtype.type(1.25)
    pair(f"normal_{kind}", a, b)
    pair(f"big_endian_{kind}", a.astype(">" + kind), b)
    pair(f"fortran_{kind}", np.asfortranarray(a), b)
    pair(f"fortran_both_{kind}", np.asfortranarray(a), np.asfortranarray(b))
    special = np.array([0.0, -0.0, np.nan, np.inf, -np.inf, 1.0], kind)
    pair(f"equal_specials_{kind}", special, np.array([-0.0, 0.0, np.nan, np.inf, -np.inf, 1.0], kind))
    pair(f"nan_{kind}", special, np.array([0.0, 0.0, 1.0, np.inf, -np.inf, 1.0], kind))
    pair(f"infinite_{kind}", special, np.array([0.0, 0.0, np.nan, -np.inf, 3.0, 1.0], kind))
    tiny = np.finfo(kind).smallest_subnormal
    pair(f"across_zero_{kind}", np.array([tiny, -tiny, 2 * tiny], kind), np.array([-tiny, tiny, 0], kind))
    pair(f"against_zero_{kind}", np.array([1, 0], kind), np.array([0, 0], kind))
for kind in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"):
    ends = np.iinfo(kind)
    b = rng.integers(0, 100, (3, 4)).astype(kind)
    a = b.copy()
    a[2, 1] += 7
    a[0, 0] = ends.max - 1
    pair(f"whole_{kind}", a, b)
    pair(f"whole_big_endian_{kind}", a.astype(">" + kind), b)
pair("truth", np.array([True, False, True]), np.array([True, True, True]))
for kind in ("c8", "c16"):
    b = (rng.standard_normal(6) + 1j * rng.standard_normal(6)).astype(kind)
    a = b.copy()
    a[3] += 0.5 - 0.25j
    pair(f"complex_{kind}", a, b)
pair("cube", np.arange(24.0).reshape(2, 3, 4), np.asfortranarray(np.arange(24.0).reshape(2, 3, 4) + 1))
pair("scalar", np.float64(3), np.float64(4))
b = rng.standard_normal((3, 3)).astype("f4")
a = b + np.float32(1e-3)
for ending, save in (("npz", lambda path, x: np.savez(path, w=x)),
                     ("packed.npz", lambda path, x: np.savez_compressed(path, w=x))):
    pair("archive_" + ending.split(".")[0], a, b, save, ending, "w")
pair("safetensors", a, b, lambda path, x: safetensors(path, {"w": x, "n": np.arange(3)}), "safetensors", "w")
pair("huge", np.array([1e300, 2e300, 1, 1e-300]), np.array([1.1e300, 2e300, 3, 1e-300]))
pair("tiny", np.array([1e-200, 3e-300, 5e-324]), np.array([2e-200, 1e-300, 0]))
fields = np.dtype([("s", "i1"), ("x", "f8", (2,)), ("y", "i2")], align=True)
a = np.frombuffer(rng.bytes(3 * fields.itemsize), fields).copy()
b = np.zeros(3, fields)
a["x"], b["x"] = rng.standard_normal((3, 2)), rng.standard_normal((3, 2))
pair("fields", a, b, part="x")

with open(os.path.join(here, "compare_expected.csv"), "w", newline="", encoding="utf-8") as file:
    out = csv.writer(file, lineterminator="\n")
    out.writerow("name a b part elements differ max_abs max_rel max_ulp relative_l2".split())
    out.writerows(rows)
