"""Older spellings of operators, of which ONNX has no cases any more, against onnxruntime."""

import numpy as np
import onnxruntime
import pytest
import torch
from onnx import numpy_helper

from tests.workers.networks.onnx.files import model, node, tensor, whole
from workers.networks.onnx.assemble import assemble
from workers.networks.onnx.options import Options
from workers.networks.onnx.read import read
from workers.networks.onnx.registry import tensors


def _floats(name, *values):
    return numpy_helper.from_array(np.array(values, "float32"), name)


CASES = {
    "softmax over all axes from one on": (11, [node("Softmax", ["x"], ["y"], axis=1)], []),
    "log softmax from axis 2": (9, [node("LogSoftmax", ["x"], ["y"], axis=2)], []),
    "softmax along one axis": (13, [node("Softmax", ["x"], ["y"], axis=1)], []),
    "squeeze and unsqueeze by attribute": (
        11,
        [node("Unsqueeze", ["x"], ["h"], axes=[0, 3]), node("Squeeze", ["h"], ["y"], axes=[0])],
        [],
    ),
    "slice by attributes": (9, [node("Slice", ["x"], ["y"], axes=[1, 2], starts=[1, -3], ends=[99, -1])], []),
    "slice backwards": (
        10,
        [node("Slice", ["x", "s", "e", "a", "t"], ["y"])],
        [whole("s", -1, 4), whole("e", -99, 1), whole("a", 1, 2), whole("t", -1, -2)],
    ),
    "pad by attributes": (10, [node("Pad", ["x"], ["y"], mode="reflect", pads=[0, 0, 1, 1, 0, 0, 2, 1])], []),
    "pad by a value": (9, [node("Pad", ["x"], ["y"], value=2.0, pads=[0, 0, 1, 1, 0, 0, 0, -1])], []),
    "clip by attributes": (10, [node("Clip", ["x"], ["y"], min=-0.5, max=0.25)], []),
    "clip at one side": (8, [node("Clip", ["x"], ["y"], min=-0.5)], []),
    "dropout in inference": (7, [node("Dropout", ["x"], ["y"], ratio=0.9)], []),
    "split by attribute": (
        11,
        [node("Split", ["x"], ["a", "b"], axis=1, split=[1, 2]), node("Concat", ["b", "a"], ["y"], axis=1)],
        [],
    ),
    "reduction by attribute": (11, [node("ReduceSum", ["x"], ["y"], axes=[1, 3], keepdims=0)], []),
    "mean by attribute": (17, [node("ReduceMean", ["x"], ["y"], axes=[-1])], []),
    "norm of everything": (13, [node("ReduceL2", ["x"], ["y"], keepdims=1)], []),
    "upsample by attribute": (7, [node("Upsample", ["x"], ["y"], scales=[1.0, 1.0, 2.0, 3.0])], []),
    "upsample by input": (9, [node("Upsample", ["x", "s"], ["y"])], [_floats("s", 1, 1, 2, 1.5)]),
    "resize by scales": (10, [node("Resize", ["x", "s"], ["y"])], [_floats("s", 1, 1, 0.5, 2)]),
    "resize linear, asymmetric": (
        11,
        [
            node(
                "Resize",
                ["x", "r", "s"],
                ["y"],
                mode="linear",
                coordinate_transformation_mode="asymmetric",
            )
        ],
        [_floats("r"), _floats("s", 1, 1, 2, 2)],
    ),
    "resize to aligned corners": (
        13,
        [
            node(
                "Resize",
                ["x", "", "", "n"],
                ["y"],
                mode="linear",
                coordinate_transformation_mode="align_corners",
            )
        ],
        [whole("n", 2, 3, 7, 3)],
    ),
    "resize cubic as torch": (
        17,
        [
            node(
                "Resize",
                ["x", "", "s"],
                ["y"],
                mode="cubic",
                coordinate_transformation_mode="pytorch_half_pixel",
            )
        ],
        [_floats("s", 1, 1, 1.6, 2.2)],
    ),
    "batch normalization": (
        7,
        [node("BatchNormalization", ["x", "s", "b", "m", "v"], ["y"], epsilon=0.1)],
        [tensor(name, 3) for name in "sbm"] + [_floats("v", 1, 2, 3)],
    ),
    "average with what hangs over": (
        11,
        [
            node(
                "AveragePool",
                ["x"],
                ["y"],
                kernel_shape=[3, 3],
                strides=[2, 2],
                ceil_mode=1,
                pads=[1, 0, 1, 0],
                count_include_pad=1,
            )
        ],
        [],
    ),
    "average without the border": (
        11,
        [
            node(
                "AveragePool",
                ["x"],
                ["y"],
                kernel_shape=[2, 3],
                strides=[2, 2],
                ceil_mode=1,
                pads=[0, 1, 1, 1],
            )
        ],
        [],
    ),
    "largest with what hangs over": (
        12,
        [
            node(
                "MaxPool",
                ["x"],
                ["y"],
                kernel_shape=[3, 2],
                strides=[2, 2],
                ceil_mode=1,
                pads=[1, 0, 1, 1],
                dilations=[1, 2],
            )
        ],
        [],
    ),
    "largest, same size": (
        8,
        [node("MaxPool", ["x"], ["y"], kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_LOWER")],
        [],
    ),
    "convolution, same size": (
        8,
        [node("Conv", ["x", "w"], ["y"], auto_pad="SAME_UPPER", strides=[2, 1])],
        [tensor("w", 4, 3, 2, 4)],
    ),
    "convolution with an uneven border": (
        11,
        [node("Conv", ["x", "w", "b"], ["y"], pads=[0, 1, 2, 0], dilations=[2, 1])],
        [tensor("w", 4, 3, 2, 2), tensor("b", 4)],
    ),
    "transposed convolution": (
        11,
        [
            node(
                "ConvTranspose",
                ["x", "w", "b"],
                ["y"],
                strides=[2, 3],
                pads=[1, 0, 0, 1],
                output_padding=[1, 0],
                group=3,
            )
        ],
        [tensor("w", 3, 2, 3, 2), tensor("b", 6)],
    ),
    "transposed convolution to a size": (
        11,
        [
            node(
                "ConvTranspose",
                ["x", "w"],
                ["y"],
                strides=[2, 2],
                output_shape=[8, 11],
                auto_pad="SAME_UPPER",
            )
        ],
        [tensor("w", 3, 2, 3, 3)],
    ),
    "the largest few": (
        10,
        [node("TopK", ["x", "k"], ["y", "i"], axis=2)],
        [whole("k", 2)],
    ),
    "a matrix product with scalars": (
        9,
        [
            node("Flatten", ["x"], ["h"], axis=2),
            node("Gemm", ["h", "w", "b"], ["y"], alpha=0.5, beta=2.0, transB=1),
        ],
        [tensor("w", 3, 30), tensor("b", 1, 3)],
    ),
    "local response": (8, [node("LRN", ["x"], ["y"], size=3, alpha=0.5)], []),
    "scattered along an axis": (
        9,
        [node("Scatter", ["x", "i", "u"], ["y"], axis=1)],
        [numpy_helper.from_array(np.array([[[[2]]]], "int64"), "i"), tensor("u", 1, 1, 1, 1)],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_an_older_spelling_gives_what_onnxruntime_gives(name):
    opset, nodes, initializers = CASES[name]
    file = model(nodes, initializers, shape=(2, 3, 5, 6), opset=opset)
    file.graph.output[0].type.tensor_type.ClearField("shape")
    file.graph.output[0].type.tensor_type.shape.SetInParent()
    data = file.SerializeToString()
    x = torch.randn(2, 3, 5, 6, generator=torch.Generator().manual_seed(0))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 4
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    (expected,) = session.run(["y"], {"x": x.numpy()})
    with torch.no_grad():
        (output,) = tensors(assemble(read(data), Options()).network.eval()(x))
    torch.testing.assert_close(output, torch.from_numpy(expected), rtol=1e-4, atol=1e-5)
