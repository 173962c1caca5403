"""Gradients in float64 against differences, for operators whose backward is ours or easily wrong."""

import numpy as np
import pytest
import torch
from onnx import TensorProto, numpy_helper

from tests.workers.networks.onnx.files import model, node, tensor, whole
from workers.networks.onnx.assemble import assemble
from workers.networks.onnx.options import Options
from workers.networks.onnx.read import read
from workers.networks.onnx.registry import tensors

W = {"dtype": np.float64}
GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


def _recurrent(kind, **attributes):
    both = 2 if attributes.get("direction") == "bidirectional" else 1
    weights = [
        tensor("w", both, GATES[kind] * 2, 4, **W),
        tensor("r", both, GATES[kind] * 2, 2, seed=1, **W),
        tensor("b", both, GATES[kind] * 4, seed=2, **W),
    ]
    return [node(kind, ["x", "w", "r", "b"], ["y"], hidden_size=2, **attributes)], weights, (3, 2, 4)


CASES = {
    "lstm both ways": _recurrent("LSTM", direction="bidirectional"),
    "lstm backwards": _recurrent("LSTM", direction="reverse"),
    "gru": _recurrent("GRU", linear_before_reset=1),
    "gru that resets before": _recurrent("GRU", direction="bidirectional"),
    "rnn": _recurrent("RNN"),
    "gemm": (
        [node("Gemm", ["x", "w", "b"], ["y"], alpha=0.5, transA=1)],
        [tensor("w", 3, 2, **W), tensor("b", 2, **W)],
        (3, 4),
    ),
    "matmul": ([node("MatMul", ["x", "w"], ["y"])], [tensor("w", 4, 2, **W)], (2, 3, 4)),
    "einsum": ([node("Einsum", ["x", "w"], ["y"], equation="bi,ij->bj")], [tensor("w", 4, 2, **W)], (3, 4)),
    "conv": (
        [node("Conv", ["x", "w", "b"], ["y"], pads=[1, 0], strides=[2])],
        [tensor("w", 3, 2, 3, **W), tensor("b", 3, **W)],
        (2, 2, 5),
    ),
    "conv transposed": (
        [node("ConvTranspose", ["x", "w", "b"], ["y"], pads=[1, 0], strides=[2])],
        [tensor("w", 2, 3, 3, **W), tensor("b", 3, **W)],
        (2, 2, 4),
    ),
    "average pool": (
        [node("AveragePool", ["x"], ["y"], kernel_shape=[3], strides=[2], pads=[1, 1], ceil_mode=1)],
        [],
        (2, 2, 6),
    ),
    "max pool": ([node("MaxPool", ["x"], ["y"], kernel_shape=[3], strides=[2], pads=[1, 1])], [], (2, 2, 6)),
    "instance norm": (
        [node("InstanceNormalization", ["x", "w", "b"], ["y"])],
        [tensor("w", 2, **W), tensor("b", 2, **W)],
        (2, 2, 5),
    ),
    "layer norm": (
        [node("LayerNormalization", ["x", "w", "b"], ["y"])],
        [tensor("w", 4, **W), tensor("b", 4, **W)],
        (3, 4),
    ),
    "local response": ([node("LRN", ["x"], ["y"], size=3, alpha=0.5)], [], (2, 4, 3)),
    "resize": (
        [node("Resize", ["x", "", "", "n"], ["y"], mode="cubic")],
        [whole("n", 2, 2, 7)],
        (2, 2, 4),
    ),
    "gelu by tanh": ([node("Gelu", ["x"], ["y"], approximate="tanh")], [], (3, 4)),
    "prelu": ([node("PRelu", ["x", "w"], ["y"])], [tensor("w", 4, **W)], (3, 4)),
    "reflected border": ([node("Pad", ["x", "p"], ["y"], mode="reflect")], [whole("p", 0, 2, 0, 1)], (2, 5)),
    "log of sum of exp": ([node("ReduceLogSumExp", ["x", "a"], ["y"])], [whole("a", 1)], (3, 4)),
    "product": ([node("ReduceProd", ["x", "a"], ["y"])], [whole("a", 0, 1)], (2, 3)),
    "norm": ([node("LpNormalization", ["x"], ["y"], p=2)], [], (3, 4)),
    "scatter": (
        [node("ScatterND", ["x", "i", "u"], ["y"], reduction="add")],
        [numpy_helper.from_array(np.array([[0], [0]]), "i"), tensor("u", 2, 4, **W)],
        (3, 4),
    ),
    "gather": ([node("Gather", ["x", "i"], ["y"], axis=1)], [whole("i", 0, -1, 0)], (2, 4)),
    "running sum": ([node("CumSum", ["x", "a"], ["y"], reverse=1, exclusive=1)], [whole("a", 1)], (2, 4)),
    "max pool and back": (
        [
            node("MaxPool", ["x"], ["h", "i"], kernel_shape=[2, 2], strides=[2, 2]),
            node("MaxUnpool", ["h", "i"], ["y"], kernel_shape=[2, 2], strides=[2, 2]),
        ],
        [],
        (2, 2, 4, 4),
    ),
    "resize with a stretched filter": (
        [node("Resize", ["x", "", "", "n"], ["y"], mode="linear", antialias=1)],
        [whole("n", 2, 2, 3)],
        (2, 2, 7),
    ),
    "deformed convolution": (
        [node("DeformConv", ["x", "w", "o", "b"], ["y"], pads=[1, 1, 1, 1], group=2)],
        [tensor("w", 4, 1, 2, 2, **W), tensor("o", 1, 8, 4, 4, **W), tensor("b", 4, **W)],
        (1, 2, 3, 3),
    ),
    "regions": (
        [node("RoiAlign", ["x", "r", "i"], ["y"], output_height=2, output_width=3)],
        [
            numpy_helper.from_array(np.array([[0.1, 0.3, 4.2, 3.9], [1, 1, 2, 2.5]]), "r"),
            whole("i", 0, 1),
        ],
        (2, 2, 5, 5),
    ),
    "columns to an image": (
        [node("Col2Im", ["x", "s", "k"], ["y"], pads=[0, 1, 0, 1], dilations=[1, 2])],
        [whole("s", 4, 3), whole("k", 2, 2)],
        (2, 8, 9),
    ),
    "short-time fourier": (
        [node("STFT", ["x", "s", "w"], ["y"])],
        [numpy_helper.from_array(np.array(2), "s"), tensor("w", 4, **W)],
        (2, 9),
    ),
    "determinant": ([node("Det", ["x"], ["y"])], [], (2, 3, 3)),
    "middle": ([node("CenterCropPad", ["x", "s"], ["y"])], [whole("s", 2, 6)], (3, 3)),
    "fourier": (
        [node("Unsqueeze", ["x", "a"], ["h"]), node("DFT", ["h", "", "b"], ["y"])],
        [whole("a", -1), numpy_helper.from_array(np.array(1), "b")],
        (2, 5),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_gradients_of_inputs_and_weights_are_right(name):
    nodes, initializers, shape = CASES[name]
    file = model(nodes, initializers, shape=shape, dtype=TensorProto.DOUBLE)
    network = assemble(read(file.SerializeToString()), Options()).network
    x = torch.randn(
        shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True
    )
    weights = tuple(network.parameters())
    assert all(weight.dtype == torch.float64 for weight in weights)
    torch.autograd.gradcheck(lambda x, *_: tensors(network(x))[0], (x, *weights))


def test_attention_as_one_operator_has_the_gradient_of_torchs():
    file = model(
        [node("Attention", ["x", "x", "x"], ["y"], is_causal=1)],
        shape=(2, 2, 3, 4),
        dtype=TensorProto.DOUBLE,
        opset=24,
    )
    network = assemble(read(file.SerializeToString()), Options()).network
    x = torch.randn(2, 2, 3, 4, dtype=torch.float64, requires_grad=True)
    torch.autograd.gradcheck(network, (x,))
    expected = torch.nn.functional.scaled_dot_product_attention(x, x, x, is_causal=True)
    torch.testing.assert_close(network(x), expected)
