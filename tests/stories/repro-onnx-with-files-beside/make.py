#!/usr/bin/env python3
"""Writes the models of this story: one tensor of four numbers, in the model or in a file beside it. Needs onnx."""
import os

from onnx import TensorProto, helper

HERE = os.path.dirname(os.path.abspath(__file__))


def write(name, **place):
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4])
    if place:
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in place.items():
            tensor.external_data.add(key=key, value=value)
    else:
        tensor.float_data.extend([1, 2, 3, 4])
    ends = [helper.make_tensor_value_info(end, TensorProto.FLOAT, [4]) for end in "xy"]
    graph = helper.make_graph([helper.make_node("Add", ["x", "w"], ["y"])], "g", ends[:1], ends[1:], [tensor])
    with open(os.path.join(HERE, name), "wb") as file:
        file.write(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)]).SerializeToString())


write("beside.onnx", location="model.onnx.data", offset="0", length="16")
write("below.onnx", location="weights/w", offset="4", length="16")
write("inside.onnx")
write("outside.onnx", location="../model.onnx.data")
