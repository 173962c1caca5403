import pytest
import torch
from torch import nn

from tests.workers.networks.onnx.exporting import example, exported, file_of, original
from tests.workers.networks.onnx.files import model, node, tensor, whole
from tests.workers.networks.opening import opened


def test_the_axis_that_grows_is_the_batch(tmp_path):
    network = opened(file_of("lstm"), tmp_path)
    by_type = {planned.layer.type: network.flows[planned.layer.depth] for planned in network.planned}
    assert by_type["LSTM"].axis == 2
    assert by_type["LSTM"].shape == (7, 2, 5)
    assert (by_type["Embedding"].axis, by_type["Embedding"].shape) == (0, (7, 6))


@pytest.mark.parametrize("batch", [5, 7, 1])
def test_a_fixed_batch_is_found_by_its_size_and_in_recurrent_layers_by_their_layout(tmp_path, batch):
    data = exported(original("lstm"), example("lstm", batch), dynamic=False)
    network = opened(data, tmp_path)
    flows = {planned.layer.type: network.flows[planned.layer.depth] for planned in network.planned}
    assert (flows["LSTM"].axis, flows["LSTM"].shape) == (2, (7, 2, 5))


def test_a_batch_that_is_one_axis_with_the_time_has_its_share(tmp_path):
    nodes = [
        node("Reshape", ["x", "long"], ["h"]),
        node("MatMul", ["h", "fc.weight"], ["z"]),
        node("Reshape", ["z", "back"], ["y"]),
    ]
    file = model(
        nodes,
        [tensor("fc.weight", 4, 3), whole("long", -1, 4), whole("back", -1, 5, 3)],
        shape=("batch", 5, 4),
    )
    (flow,) = opened(file, tmp_path).flows.values()
    assert (flow.axis, flow.shape) == (0, (5, 3))


def test_what_is_the_same_for_every_example_has_no_axis(tmp_path):
    class Placed(nn.Module):
        def __init__(self):
            super().__init__()
            self.place = nn.Embedding(6, 6)
            self.fc = nn.Linear(6, 3)

        def forward(self, x):
            return self.fc(x + self.place(torch.arange(6))).mean(1)

    network = opened(exported(Placed(), torch.randn(2, 6, 6)), tmp_path)
    axes = {planned.layer.name: network.batch_axis(planned.layer.depth) for planned in network.planned}
    assert axes["place"] is None
    assert axes["fc"] == 0


def test_measuring_leaves_the_network_and_the_random_state_alone(tmp_path):
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    network = opened(file_of("cnn"), tmp_path)
    assert torch.equal(torch.rand(1), expected)
    assert network.training
    assert not any(module._forward_hooks for module in network.layers.values())
    given = original("cnn").stem[1].running_mean
    assert any(torch.equal(each, given) for each in network.buffers())
