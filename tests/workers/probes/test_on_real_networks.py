"""Recorder, networks and training together, as a run puts them together."""

import pytest
import torch

from service.schemas.intake import accept
from service.schemas.limits import Limits
from service.schemas.order import RunOrder
from service.schemas.submission import Submission
from workers.networks.load import load
from workers.probes.recorder import Recorder
from workers.training.data import load as load_examples
from workers.training.loop import train

CONV = {"type": "Conv2d", "out_channels": 4, "kernel_size": 3, "padding": 1}
HEAD = {"type": "Linear", "out_features": 3, "name": "head"}


class Seen:
    def __init__(self):
        self.layers, self.network, self.profiles = [], [], []

    def __call__(self, *, layers, network, time_profiles):
        self.layers += layers
        self.network += network
        self.profiles += time_profiles


def run(network, *, steps=3, precision="fp32", loss="CrossEntropyLoss", networks=None, **training):
    """The plan, what the recorder gave out, and how the training ended."""
    body = {
        "networks" if networks else "network": networks or network,
        "training": {
            "loss": loss, "optimizer": {"type": "Adam", "lr": 1e-3}, "batch_size": 8, "precision": precision,
            **training,
        },
    }  # fmt: skip
    submission, limits = Submission.model_validate(body), Limits()
    plan = accept(submission, limits, lambda _digest: None).plan
    order = RunOrder(
        run_id="r", attempt=1, seed=0, steps=steps, planned_steps=steps, submission=submission, limits=limits
    )
    modules, seen = load(submission, plan, 0).modules, Seen()
    outcome = train(
        order,
        modules,
        load_examples(submission, plan, None),
        Recorder(modules, order, seen),
        torch.device("cpu"),
    )
    return plan, seen, outcome


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_residual_network_is_measured_at_every_depth(precision):
    body = [CONV, "BatchNorm2d", "ReLU", CONV]
    layers = [CONV, {"residual": {"body": body}, "name": "block"}, "ReLU", "Flatten", HEAD]
    plan, seen, outcome = run({"input": {"shape": [1, 6, 6]}, "layers": layers}, precision=precision)
    rows = {row.depth: row for row in seen.layers if row.step == 2}
    for layer in plan.layers:
        if layer.family != "shape":
            assert rows[layer.depth].activation_rms > 0, layer.name
            assert rows[layer.depth].output_gradient_rms > 0, layer.name
        if layer.parameters:
            assert rows[layer.depth].weight_gradient_rms > 0, layer.name
            assert rows[layer.depth].update_ratio > 0, layer.name
    assert [row.step for row in seen.network] == [0, 1, 2]
    assert outcome.first_nonfinite is None


def test_recurrent_layers_have_profiles_over_time():
    layers = [{"type": "LSTM", "hidden_size": 5}, HEAD]
    _, seen, _ = run({"input": {"shape": [12, 2]}, "layers": layers})
    assert {(profile.depth, profile.step) for profile in seen.profiles} == {(0, 0), (0, 1), (0, 2)}
    assert all(len(profile.times) == 12 for profile in seen.profiles)


def test_attention_to_nothing_is_named_as_the_origin():
    layers = [
        {"type": "Linear", "out_features": 8},
        {"type": "SelfAttention", "num_heads": 2, "mask": "all", "name": "gaze"},
    ]
    _, _, outcome = run({"input": {"shape": [4, 8]}, "layers": [*layers, "Flatten", HEAD]})
    found = outcome.first_nonfinite
    assert (found.layer, found.direction, found.step, found.value) == ("gaze", "forward", 0, "NaN")


def test_a_blow_up_between_two_probes_is_found_at_its_own_step():
    layers = [{"repeat": 6, "name": "h", "body": [{"type": "Linear", "out_features": 16}, "ReLU"]}, HEAD]
    _, seen, outcome = run(
        {"input": {"shape": [16]}, "layers": layers}, steps=200,
        optimizer={"type": "SGD", "lr": 300.0, "momentum": 0.9},
    )  # fmt: skip
    assert outcome.stopped == "non-finite"
    assert outcome.first_nonfinite.step == outcome.steps_run - 1
    assert sorted(row.step for row in seen.network) == list(range(outcome.steps_run))
    assert outcome.first_nonfinite.step in {row.step for row in seen.layers}
    assert len({(row.depth, row.step) for row in seen.layers}) == len(seen.layers)
