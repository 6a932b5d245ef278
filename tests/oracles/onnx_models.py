#!/usr/bin/env python3
"""Pairs of ONNX models and how far their numbers are from each other, by onnx.numpy_helper.to_array and numpy.

    onnx_models.py                   writes tests/oracles/onnx/*.onnx, and onnx_expected.csv beside it
    onnx_models.py MLGATE MODEL...   lets MLGATE compare each MODEL with the same written otherwise, and with one whose
                                     numbers are moved; says in how many cases, and over how many tensors, both agree
    onnx_models.py MLGATE --external N  the same of N random models that onnx.save writes with their values beside them

Needs numpy, onnx and skl2onnx (versions: tests/trainers/requirements.txt)."""
import csv
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnx import AttributeProto, TensorProto, helper, numpy_helper

from distances import measure, rank

HERE = os.path.dirname(os.path.abspath(__file__))
WHERE = os.path.join(HERE, "onnx")


def tensors_of(graph, prefix=""):
    """(part, TensorProto) of all that has a name or is an attribute."""
    for tensor in graph.initializer:
        yield prefix + tensor.name, tensor
    for sparse in graph.sparse_initializer:
        yield f"{prefix}{sparse.values.name}/values", sparse.values
        yield f"{prefix}{sparse.values.name}/indices", sparse.indices
    yield from tensors_of_nodes(graph.node, prefix)


def tensors_of_nodes(nodes, prefix):
    types = [node.op_type for node in nodes]
    for node in nodes:
        key = next((name for name in node.output if name), "")
        name = node.op_type if types.count(node.op_type) == 1 else f"{node.op_type}:{key}"
        for attribute in node.attribute:
            part = f"{prefix}node/{name}/{attribute.name}"
            if attribute.type == AttributeProto.TENSOR:
                yield part, attribute.t
            elif attribute.type == AttributeProto.GRAPH:
                yield from tensors_of(attribute.g, part + "/")
            elif attribute.type == AttributeProto.FLOAT:
                yield part, np.array(attribute.f, "f4")
            elif attribute.type == AttributeProto.FLOATS:
                yield part, np.array(attribute.floats, "f4")


def array_of(tensor):
    return tensor if isinstance(tensor, np.ndarray) else numpy_helper.to_array(tensor)


def arrays_of(model):
    arrays = {part: array_of(tensor) for part, tensor in tensors_of(model.graph)
              if isinstance(tensor, np.ndarray) or tensor.data_location != TensorProto.EXTERNAL}
    for function in model.functions:
        name = f"{function.domain}.{function.name}" if function.domain else function.name
        name += f":{function.overload}" if function.overload else ""
        arrays |= {part: array_of(tensor) for part, tensor in tensors_of_nodes(function.node, f"function/{name}/")}
    return arrays


def distance(a, b):
    """None: the type has no distance."""
    word = str(b.dtype)
    if word.startswith(("float8_", "float6_", "float4_")) or b.dtype == object:
        return None
    if word == "bfloat16":
        told = measure(a.astype("f4"), b.astype("f4"))
        if np.isfinite(told[4]):
            told[4] = max((abs(x - y) for x, y in zip(*[rank(c.ravel().view("f2")) for c in (a, b)])), default=0)
        return told
    if word in ("int4", "uint4", "int2", "uint2"):
        a, b = a.astype("i1"), b.astype("i1")
    return measure(a, b)


# ---- written down -----------------------------------------------------------------------------------------------


def typed(array, name, kind):
    return helper.make_tensor(name, kind, array.shape, array.ravel())


def graph_of(tensors, nodes=()):
    value = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 1])
    return helper.make_graph([*nodes, helper.make_node("Identity", ["x"], ["y"])], "g",
                             [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 1])], [value], tensors)


def save(name, graph, **more):
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], **more)
    model.producer_version = ""  # of the onnx that wrote it
    with open(os.path.join(WHERE, name), "wb") as file:
        file.write(model.SerializeToString(deterministic=True))


def all_types():
    """One tensor of each type; A as raw_data and B in the field of its type, in other order."""
    rng = np.random.default_rng(20250111)
    a, b = [], []
    for kind, word in sorted(helper.get_all_tensor_dtypes() and {
            kind: str(helper.tensor_dtype_to_np_dtype(kind)) for kind in helper.get_all_tensor_dtypes()
            if kind not in (TensorProto.STRING, TensorProto.UNDEFINED)}.items()):
        dtype = helper.tensor_dtype_to_np_dtype(kind)
        bits = TensorProto.DataType.Name(kind)
        if "FLOAT6" in bits or "FLOAT4" in bits or "FLOAT8E8M0" in bits:
            continue
        if bits == "BOOL":
            left, right = np.array([True, False, True]), np.array([True, True, True])
        elif "COMPLEX" in bits:
            right = (rng.standard_normal(4) + 1j * rng.standard_normal(4)).astype(dtype)
            left = right.copy()
            left[2] += 0.5 - 0.25j
        elif "INT" in bits:
            small = "4" in bits and "64" not in bits or "INT2" in bits
            right = np.array([1, 0, 1, -1 if bits.startswith("INT") else 1, 0], "i8").astype(dtype)
            left = right.astype("i8")
            left[3] = 0 if small else 77
            left = left.astype(dtype)
        else:
            right = rng.standard_normal((3, 5)).astype(dtype)
            left = right.copy()
            if "FLOAT8" not in bits:
                left[1, 2] = dtype.type(1.5) * left[1, 2]
                left[2, 4] = dtype.type(np.nan)
                right[2, 4] = dtype.type(np.nan)
                left[0, 0], right[0, 0] = dtype.type(0.0), dtype.type(-0.0)
        a.append(numpy_helper.from_array(left, bits.lower()))
        b.append(typed(right, bits.lower(), kind))
    save("types.a.onnx", graph_of(a))
    save("types.b.onnx", graph_of(b[::-1]))


def nested():
    """Tensors and attributes in the branches of an If."""
    def branch(value, alpha, name):
        node = helper.make_node("Constant", [], ["c"], value=numpy_helper.from_array(np.float32([value, 1])))
        leaky = helper.make_node("LeakyRelu", ["c"], ["d"], alpha=alpha)
        out = helper.make_tensor_value_info("d", TensorProto.FLOAT, [2])
        return helper.make_graph([node, leaky], name, [], [out],
                                 [numpy_helper.from_array(np.float64([value, 2 * value]), "w")])

    for side, value in (("a", 0.1), ("b", 0.3)):
        node = helper.make_node("If", ["condition"], ["z"], then_branch=branch(value, 0.25, "then"),
                                else_branch=branch(2, value, "else"))
        save(f"nested.{side}.onnx", graph_of([], [node]))


def learned():
    """What skl2onnx makes of a forest and of a logistic regression, and the same with other numbers."""
    from skl2onnx import to_onnx
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    rng = np.random.default_rng(7)
    x = rng.standard_normal((80, 3)).astype("f4")
    y = (x[:, 0] + 0.3 * rng.standard_normal(80) > 0).astype(int)
    for name, model in (("forest", RandomForestClassifier(3, max_depth=3, random_state=0)),
                        ("logistic", LogisticRegression())):
        made = to_onnx(model.fit(x, y), x[:1], options={id(model): {"zipmap": False}},
                       target_opset={"": 17, "ai.onnx.ml": 3})
        made.producer_version, made.graph.name = "", name
        for side in "ab":
            for node in made.graph.node:
                for attribute in node.attribute:
                    if side == "a" or not attribute.floats:
                        continue
                    moved = np.array(attribute.floats, "f4")
                    moved[::4] *= np.float32(1 + 1e-6)
                    attribute.floats[:] = [float(f) for f in moved]
            with open(os.path.join(WHERE, f"{name}.{side}.onnx"), "wb") as file:
                file.write(made.SerializeToString(deterministic=True))


def write():
    os.makedirs(WHERE, exist_ok=True)
    all_types()
    nested()
    learned()
    rows = []
    for name in ("types", "nested", "forest", "logistic"):
        files = [f"{name}.{side}.onnx" for side in "ab"]
        a, b = (arrays_of(onnx.load(os.path.join(WHERE, file))) for file in files)
        for part in sorted(a):
            told = distance(a[part], b[part])
            if told:
                rows.append([name, *files, part, *told])
    with open(os.path.join(HERE, "onnx_expected.csv"), "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow("name a b part elements differ max_abs max_rel max_ulp relative_l2".split())
        out.writerows(rows)


# ---- against models of others -----------------------------------------------------------------------------------


def otherwise(model):
    """The same model: nodes and tensors in another order, values in another field, other names and dates."""
    other = onnx.ModelProto()
    other.CopyFrom(model)
    other.producer_version, other.doc_string = "another", "written otherwise"
    other.metadata_props.add(key="date", value="today")
    for nodes in (other.graph.node,):
        turned = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes][::-1]
        del nodes[:]
        nodes.extend(turned)
    for node in other.graph.node:
        node.name += "_"
    for tensor in other.graph.initializer:
        if tensor.HasField("raw_data") and tensor.data_location != TensorProto.EXTERNAL:
            array = numpy_helper.to_array(tensor)
            kind = tensor.data_type
            if kind in (TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.INT64, TensorProto.INT32, TensorProto.BOOL):
                tensor.CopyFrom(helper.make_tensor(tensor.name, kind, array.shape, array.ravel()))
    return other


def moved(model):
    """Each float tensor and attribute of the graph itself, some of its numbers changed."""
    other = onnx.ModelProto()
    other.CopyFrom(model)
    rng = np.random.default_rng(1)

    def move(array):
        array = np.array(array)
        flat = array.reshape(-1)
        if flat.size:
            at = rng.integers(0, flat.size, max(1, flat.size // 7))
            flat[at] = flat[at] * flat.dtype.type(1.01) + flat.dtype.type(1e-3)
        return array

    for part, tensor in tensors_of(other.graph):
        if not isinstance(tensor, np.ndarray) and tensor.data_location != TensorProto.EXTERNAL \
                and tensor.data_type in (TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16):
            tensor.CopyFrom(numpy_helper.from_array(move(numpy_helper.to_array(tensor)), tensor.name))
    for node in other.graph.node:
        for attribute in node.attribute:
            if attribute.floats:
                attribute.floats[:] = [float(f) for f in move(np.array(attribute.floats, "f4"))]
    return other


def check(mlgate, paths):
    counts = {"models": 0, "same": 0, "parts": 0, "elements": 0}
    wrong = []
    with tempfile.TemporaryDirectory() as directory:
        a, b = (os.path.join(directory, name) for name in ("a.onnx", "b.onnx"))
        for path in paths:
            try:
                model = onnx.load(path, load_external_data=False)
            except Exception as problem:  # what protobuf does not read either
                print(f"{path}: {problem}")
                continue
            counts["models"] += 1
            for judged, what in ((otherwise(model), "same"), (moved(model), "moved")):
                for name, written in ((a, judged), (b, model)):
                    with open(name, "wb") as file:
                        file.write(written.SerializeToString())
                done = subprocess.run([mlgate, "diff", "--json", a, b], capture_output=True, text=True)
                if not done.stdout:
                    wrong.append(f"{path} ({what}): {done.stderr.strip()}")
                    continue
                told = json.loads(done.stdout)
                if what == "moved" and told["identical_bytes"]:
                    continue  # it has no floats
                if what == "same":
                    counts["same"] += told["same"]
                    if not told["same"]:
                        wrong.append(f"{path}: differs from itself written otherwise")
                    continue
                parts = {part["name"]: part for part in told["parts"] if part["kind"] == "tensor"}
                x, y = arrays_of(judged), arrays_of(model)
                for part in y:
                    expected = distance(x[part], y[part])
                    if expected is None:
                        continue
                    got = parts.get(part, {}).get("distance")
                    counts["parts"] += 1
                    counts["elements"] += expected[0]
                    if not got or [got["elements"], got["differ"]] != expected[:2] or \
                            not agree(got["max_abs_difference"], expected[2]) or \
                            not agree(got["max_rel_difference"], expected[3]) or \
                            ulps(got) != expected[4] or \
                            not agree(got["relative_l2"], expected[5]):
                        wrong.append(f"{path}, {part}: {got}, and should be {expected}")
    print(f"{counts['models']} models; {counts['same']} are the same written otherwise; {counts['parts']} tensors with "
          f"{counts['elements']} elements were measured; {len(wrong)} disagree")
    print(*wrong[:40], sep="\n")
    return 1 if wrong or not counts["models"] else 0


# ---- values in files beside a model -----------------------------------------------------------------------------


KINDS = [TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.BFLOAT16, TensorProto.INT64,
         TensorProto.INT32, TensorProto.INT8, TensorProto.UINT8, TensorProto.UINT16, TensorProto.BOOL, TensorProto.INT4,
         TensorProto.UINT4, TensorProto.COMPLEX64, TensorProto.FLOAT8E4M3FN]


def random_model(rng):
    tensors, nodes = [], []
    for i in range(rng.integers(1, 9)):
        kind = KINDS[rng.integers(len(KINDS))]
        dtype = helper.tensor_dtype_to_np_dtype(kind)
        shape = tuple(int(n) for n in rng.integers(0 if rng.random() < 0.1 else 1, 40, rng.integers(0, 4)))
        bits = TensorProto.DataType.Name(kind)
        whole = "INT" in bits or bits == "BOOL"
        least = -8 if bits.startswith("INT") else 0
        values = rng.integers(least, 8 if bits.startswith("INT") else 2 if bits == "BOOL" else 16, shape) if whole \
            else rng.standard_normal(shape)
        tensor = numpy_helper.from_array(np.asarray(values).astype(dtype).reshape(shape), f"t{i}")
        if rng.random() < 0.25:
            nodes.append(helper.make_node("Constant", [], [f"c{i}"], value=tensor))
        else:
            tensors.append(tensor)
    return helper.make_model(graph_of(tensors, nodes), opset_imports=[helper.make_opsetid("", 21)])


def save_somehow(model, directory, rng):
    """As onnx.save writes it, in one of its ways; True: values lie beside it."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)  # saving changes it
    path = os.path.join(directory, "model.onnx")
    way = rng.integers(4)
    if way == 0:
        onnx.save(copy, path)
        return False
    where = {} if way == 3 else {"location": ["model.onnx.data", "weights.bin"][rng.integers(2)]}
    onnx.save(copy, path, save_as_external_data=True, all_tensors_to_one_file=way != 3,
              size_threshold=int(rng.integers(0, 2)) * 64, convert_attribute=bool(rng.integers(2)), **where)
    return any(not isinstance(tensor, np.ndarray) and tensor.data_location == TensorProto.EXTERNAL
               for _, tensor in tensors_of(onnx.load(path, load_external_data=False).graph))


def tell(mlgate, *paths):
    done = subprocess.run([mlgate, "diff", "--json", *paths], capture_output=True, text=True)
    return json.loads(done.stdout) if done.stdout else {"same": None, "parts": [], "error": done.stderr.strip()}


def check_external(mlgate, count):
    rng = np.random.default_rng(20250112)
    counts = dict.fromkeys("external same directories moved elements refused".split(), 0)
    wrong = []
    for number in range(count):
        model = random_model(rng)
        with tempfile.TemporaryDirectory() as top:
            for side in "abc":
                os.mkdir(os.path.join(top, side))
            a, b, c = (os.path.join(top, side) for side in "abc")
            counts["external"] += save_somehow(model, a, rng) + save_somehow(model, b, rng)
            other = moved(model)
            beside = save_somehow(other, c, rng)
            files = [os.path.join(directory, "model.onnx") for directory in (a, b, c)]
            for what, paths in (("same", files[:2]), ("directories", (a, b))):
                told = tell(mlgate, *paths)
                counts[what] += told["same"] is True
                if told["same"] is not True:
                    wrong.append(f"model {number}, {what}: {told}")
            x, y = (arrays_of(onnx.load(path)) for path in (files[2], files[0]))
            told = tell(mlgate, files[2], files[0])
            parts = {part["name"]: part for part in told["parts"] if part["kind"] == "tensor"}
            differ = False
            for part in y:
                expected = distance(x[part], y[part]) if y[part].size else None
                if expected is None:
                    continue
                differ |= expected[1] > 0
                if told.get("identical_bytes"):
                    continue
                counts["elements"] += expected[0]
                got = parts.get(part, {}).get("distance")
                if not got or [got["elements"], got["differ"]] != expected[:2] or \
                        not agree(got["max_abs_difference"], expected[2]) or \
                        not agree(got["max_rel_difference"], expected[3]) or ulps(got) != expected[4] or \
                        not agree(got["relative_l2"], expected[5]):
                    wrong.append(f"model {number}, {part}: {got}, and should be {expected}")
            counts["moved"] += differ
            if told["same"] != (not differ):
                wrong.append(f"model {number}: the same {told['same']}, and numbers differ: {differ}: {told}")
            if not beside:
                continue
            needed = {}  # of each file the bytes that tensors reach
            for _, tensor in tensors_of(onnx.load(files[2], load_external_data=False).graph):
                if not isinstance(tensor, np.ndarray) and tensor.data_location == TensorProto.EXTERNAL:
                    place = {entry.key: entry.value for entry in tensor.external_data}
                    end = int(place.get("offset", 0)) + int(place["length"])
                    needed[place["location"]] = max(end, needed.get(place["location"], 0))
            for location, end in needed.items():
                if end > 0:
                    os.truncate(os.path.join(c, location), end - 1)
                    told = tell(mlgate, files[2], files[2])
                    counts["refused"] += told["same"] is None
                    if told["same"] is not None:
                        wrong.append(f"model {number}: '{location}' is cut short, and nobody says so")
                os.remove(os.path.join(c, location))
                told = tell(mlgate, c, c)
                counts["refused"] += told["same"] is None
                if told["same"] is not None and len(os.listdir(c)) > 0:
                    wrong.append(f"model {number}: '{location}' is missing, and nobody says so")
                break
    print(f"{count} models written three times, {counts['external']} of {2 * count} with values beside them; "
          f"{counts['same']} are the same as themselves written otherwise, as are {counts['directories']} directories; "
          f"{counts['moved']} differ where numbers moved, {counts['elements']} elements were measured; {counts['refused']} "
          f"with files cut short or missing are refused; {len(wrong)} disagree")
    print(*wrong[:40], sep="\n")
    return 1 if wrong else 0


def ulps(distance):
    return np.inf if distance["max_ulp"] is None else distance["max_ulp"]


def agree(got, expected):
    expected = float(expected)
    if got is None:
        return not np.isfinite(expected)
    return got == expected or abs(got - expected) <= 1e-12 * abs(expected)


if sys.argv[2:3] == ["--external"]:
    sys.exit(check_external(sys.argv[1], int(sys.argv[3])))
sys.exit(check(sys.argv[1], sys.argv[2:]) if len(sys.argv) > 1 else write())
