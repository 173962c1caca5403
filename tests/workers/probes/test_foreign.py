"""Layers of a file, where batch, time and units lie as they like, are measured like torch's own."""

import pytest
import torch
from onnx import numpy_helper
from torch import nn

from tests.workers.networks.onnx.exporting import exported
from tests.workers.networks.onnx.files import model, node, tensor, whole
from tests.workers.networks.opening import opened, spec_of
from tests.workers.probes.conftest import Network, Rows, Training, make_order
from workers.networks.load import choose_trained
from workers.probes.recorder import Recorder
from workers.probes.sites import sites

COMMON = ("activation_rms", "activation_batch_std", "output_gradient_rms", "output_gradient_coherence")


def measured(network, x, eager, loss=lambda y: y.square().mean(), **order):
    rows = Rows()
    recorder = Recorder({"main": network}, make_order(**order), rows, eager=eager)
    recorder.attach({})
    Training({"main": network}, None, recorder, rows, loss).step(x)
    recorder.finish()
    return rows


class Reader(nn.Module):
    def __init__(self, kind=nn.LSTM):
        super().__init__()
        self.layer = kind(3, 4, batch_first=True)

    def forward(self, x):
        return self.layer(x)[0]


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU])
def test_a_recurrent_layer_with_time_in_front_gives_what_autograd_gives(tmp_path, eager, kind):
    module, x = Reader(kind), torch.randn(5, 12, 3)
    rows = measured(opened(exported(module, x), tmp_path), x, eager)
    own = measured(Network([Steps(module.layer)], x), x, eager)
    (profile,), (expected,) = rows.profiles, own.profiles
    assert profile.times == expected.times
    assert profile.gradient_rms == pytest.approx(expected.gradient_rms, rel=1e-5)
    for name in (*COMMON, "time_gradient_first_rms", "time_gradient_last_rms"):
        assert getattr(rows.at(0), name) == pytest.approx(getattr(own.at(0), name), rel=1e-5), name


class Steps(nn.Module):
    """A recurrent layer of torch that gives its outputs alone."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x)[0]


Steps.__name__ = "LSTM"


def test_the_last_state_of_a_layer_with_several_outputs_is_watched_by_its_first(tmp_path, eager):
    nodes = [
        node("Transpose", ["x"], ["t"], perm=[1, 0, 2]),
        node("RNN", ["t", "r.w", "r.r"], ["all", "last"], hidden_size=3),
        node("Squeeze", ["last", "zero"], ["y"]),
    ]
    file = model(
        nodes,
        [tensor("r.w", 1, 3, 4), tensor("r.r", 1, 3, 3), whole("zero", 0)],
        shape=("batch", 6, 4),
    )
    network, x = opened(file, tmp_path), torch.randn(5, 6, 4)
    states = []
    network.layers[0].register_forward_hook(
        lambda _module, _inputs, output: states.append(output[0].detach())
    )
    row = measured(network, x, eager).at(0)
    assert row.activation_rms == pytest.approx(states[0].square().mean().sqrt().item(), rel=1e-5)
    assert row.activation_batch_std == pytest.approx(
        states[0].var(2, correction=0).mean().sqrt().item(), rel=1e-5
    )
    assert row.activation_saturated_share == pytest.approx((states[0].abs() > 0.97).float().mean().item())


def test_units_are_counted_along_outputs_whichever_way_a_weight_lies(tmp_path, eager):
    """Two equal units: equal columns of (in, out), equal rows of (out, in)."""
    files = {
        turned: model(
            [node("Gemm", ["x", "fc.weight"], ["y"], transB=int(not turned))], [equal_units(turned)]
        )
        for turned in (True, False)
    }
    spreads = {
        turned: measured(opened(file, tmp_path), torch.randn(4, 4), eager).at(0).weight_row_spread
        for turned, file in files.items()
    }
    assert spreads[True] == pytest.approx(0.0, abs=1e-6)
    assert spreads[False] == pytest.approx(0.0, abs=1e-6)


def equal_units(turned):
    row = torch.randn(4, generator=torch.Generator().manual_seed(0))
    weight = row.expand(3, 4)
    return numpy_helper.from_array((weight.t() if turned else weight).contiguous().numpy(), "fc.weight")


def test_what_is_the_same_for_every_example_is_not_watched_but_its_weights_are(tmp_path, eager):
    class Placed(nn.Module):
        def __init__(self):
            super().__init__()
            self.place = nn.Embedding(6, 6)
            self.fc = nn.Linear(6, 3)

        def forward(self, x):
            return self.fc(x + self.place(torch.arange(6))).mean(1)

    network = opened(exported(Placed(), torch.randn(2, 6, 6)), tmp_path)
    by_name = {site.layer.name: site for site in sites({"main": network})}
    assert not by_name["place"].watched
    row = measured(network, torch.randn(4, 6, 6), eager).at(by_name["place"].depth)
    assert row.activation_rms is None
    assert row.weight_gradient_rms > 0


def test_frozen_layers_show_outputs_and_no_weights(tmp_path, eager):
    nodes = [
        node("Gemm", ["x", "a.weight"], ["h"]),
        node("Relu", ["h"], ["r"]),
        node("Gemm", ["r", "b.weight"], ["y"]),
    ]
    network = opened(model(nodes, [tensor("a.weight", 4, 4), tensor("b.weight", 4, 3)]), tmp_path)
    choose_trained(network, spec_of("sha256:" + "0" * 64, freeze=["a.*"]))
    rows = measured(network, torch.randn(4, 4), eager)
    assert all(
        row.weight_rms is None and row.weight_gradient_rms is None for row in rows.layers if row.depth == 0
    )
    assert rows.at(1).activation_rms > 0
    assert rows.at(2).weight_gradient_rms > 0


@pytest.mark.parametrize(
    ("low", "high", "kind", "saturated", "dead"),
    [
        (-1.0, 1.0, "Hardtanh", 2 / 5, None),
        (0.0, 6.0, "ReLU6", None, 2 / 5),
        (0.0, None, "ReLU", None, 2 / 5),
        (-2.0, 9.0, "clip", None, None),
    ],
)
def test_a_clip_is_called_and_measured_by_its_bounds(tmp_path, eager, low, high, kind, saturated, dead):
    names = {"lo": low, "hi": high}
    ends = [scalar(name, value) for name, value in names.items() if value is not None]
    inputs = ["h", "lo" if low is not None else "", "hi"] if high is not None else ["h", "lo"]
    nodes = [node("Gemm", ["x", "a.weight"], ["h"]), node("Clip", inputs, ["y"])]
    weight = numpy_helper.from_array(torch.tensor([[-3.0, -1.5, 0.25, 0.5, 0.75]]).numpy(), "a.weight")
    network = opened(model(nodes, [weight, *ends], shape=("batch", 1)), tmp_path)
    row = measured(network, torch.ones(4, 1), eager).at(1)
    assert network.planned[1].layer.type == kind
    assert row.activation_saturated_share == (None if saturated is None else pytest.approx(saturated))
    assert row.activation_dead_share == (None if dead is None else pytest.approx(dead))


def scalar(name, value):
    return numpy_helper.from_array(torch.tensor(value).numpy(), name)
