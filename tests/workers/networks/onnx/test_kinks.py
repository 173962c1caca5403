"""On a kink there is no one gradient, and zeros and saturated values stand on it: ours is the original's there."""

import pytest
import torch
from onnx import numpy_helper
from torch import nn

from tests.workers.networks.onnx.files import model, node
from workers.networks.onnx.assemble import assemble
from workers.networks.onnx.options import Options
from workers.networks.onnx.read import read

POINTS = (-3.0, -2.0, -1.0, 0.0, 0.5, 1.0, 3.0, 6.0, 7.0)


def _bounds(**bounds):
    return [numpy_helper.from_array(torch.tensor(value).numpy(), name) for name, value in bounds.items()]


def _gradient(function):
    x = torch.tensor([POINTS], requires_grad=True)
    function(x).sum().backward()
    return x.grad


def _imported(nodes, initializers=(), opset=20):
    file = model(nodes, initializers, shape=("b", len(POINTS)), opset=opset)
    return assemble(read(file.SerializeToString()), Options()).network


def _clip(told=""):
    clip = node("Clip", ["x", "low", "high"], ["y"])
    if told:
        clip.metadata_props.add(key="pkg.torch.onnx.fx_node", value=told)
    return [clip]


@pytest.mark.parametrize(
    ("original", "nodes", "initializers", "opset"),
    [
        (nn.ReLU6(), _clip(), _bounds(low=0.0, high=6.0), 20),
        (nn.ReLU6(), _clip("target=torch.ops.aten.hardtanh.default"), _bounds(low=0.0, high=6.0), 20),
        (nn.Hardtanh(-2.0, 3.0), _clip(), _bounds(low=-2.0, high=3.0), 20),
        (nn.ReLU6(), [node("Clip", ["x"], ["y"], min=0.0, max=6.0)], [], 9),
        (nn.Hardsigmoid(), [node("HardSigmoid", ["x"], ["y"], alpha=1 / 6, beta=0.5)], [], 20),
        (
            lambda x: nn.functional.hardtanh(0.25 * x + 0.5, 0, 1),
            [node("HardSigmoid", ["x"], ["y"], alpha=0.25)],
            [],
            20,
        ),
        (nn.Hardswish(), [node("HardSwish", ["x"], ["y"])], [], 20),
        (nn.ReLU(), [node("Relu", ["x"], ["y"])], [], 20),
    ],
)
def test_the_gradient_on_a_bound_is_that_of_torchs_activation(original, nodes, initializers, opset):
    network = _imported(nodes, initializers, opset)
    torch.testing.assert_close(_gradient(network), _gradient(original))


def test_a_clamp_that_the_exporter_tells_passes_its_gradient_on_the_bounds():
    network = _imported(_clip("target=torch.ops.aten.clamp.default"), _bounds(low=-1.0, high=3.0))
    torch.testing.assert_close(_gradient(network), _gradient(lambda x: torch.clamp(x, -1.0, 3.0)))


def test_one_bound_alone_is_a_clamp():
    network = _imported([node("Clip", ["x", "low"], ["y"])], _bounds(low=-1.0))
    torch.testing.assert_close(_gradient(network), _gradient(lambda x: x.clamp_min(-1.0)))


def test_what_is_not_a_number_stays_so_between_bounds():
    network = _imported(_clip(), _bounds(low=0.0, high=6.0))
    x = torch.full((1, len(POINTS)), float("nan"))
    assert network(x).isnan().all()
