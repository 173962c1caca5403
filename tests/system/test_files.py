"""Networks from files in a real deployment: they train under their own names, and no file brings a worker down."""

import random
from collections.abc import Callable
from typing import Any

import onnx
import pytest
import torch
from onnx import helper
from torch import Tensor, nn

from service.schemas.diagnosis import Diagnosis
from service.store.files import NetworkFiles
from tests.system.clinic import Clinic, Worker, submission
from tests.system.files import deep
from tests.workers.networks.onnx.exporting import exported, onnxruntime_output
from tests.workers.networks.onnx.files import linear, model, node, tensor, whole

pytestmark = pytest.mark.slow


class Mlp(nn.Module):
    """With what exports like to lose."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Linear(4, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.2))
        self.head = nn.Linear(32, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.stem(x))


class Deep(nn.Module):
    """Twenty layers of sigmoids."""

    def __init__(self) -> None:
        super().__init__()
        self.h = nn.Sequential(
            *(nn.Sequential(nn.Linear(4 if i == 0 else 64, 64), nn.Sigmoid()) for i in range(20))
        )
        self.head = nn.Linear(64, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.h(x))


def diagnosed(clinic: Clinic, content: bytes, *, steps: int = 60, **said: Any) -> Diagnosis:
    body = submission(steps=steps, seeds=2, batch_size=32, epochs=100)
    body |= {"network": {"onnx": clinic.upload(content)} | said, "trials": {"mode": "off"}}
    return clinic.finished(clinic.submit(body))


def test_an_export_with_batch_norm_and_dropout_trains_under_its_modules_names(
    clinic: Clinic, worker: Worker
) -> None:
    torch.manual_seed(0)
    diagnosis = diagnosed(clinic, exported(Mlp(), torch.randn(2, 4)))

    assert (diagnosis.status, diagnosis.verdict) == ("succeeded", "healthy"), (
        diagnosis.error or diagnosis.summary
    )
    assert {layer.name: layer.type for layer in diagnosis.layers} == {
        "stem.0": "Linear",
        "stem.1": "BatchNorm1d",
        "stem.2": "ReLU",
        "stem.3": "Dropout",
        "head": "Linear",
    }
    assert all((layer.source or "").startswith("test_files.py:") for layer in diagnosis.layers)
    report = diagnosis.imported
    assert report is not None
    assert report.lost == ()
    assert {each.name for each in report.parameters} == {name for name, _ in Mlp().named_parameters()}
    first, second = (run.outcome for run in diagnosis.runs if run.role == "baseline")
    assert first is not None
    assert second is not None
    assert first.skill is not None
    assert first.skill > 0.3
    assert first.last_loss != second.last_loss


def test_twenty_sigmoid_layers_vanish_whether_drawn_afresh_or_as_given(
    clinic: Clinic, worker: Worker
) -> None:
    torch.manual_seed(0)
    content = exported(Deep(), torch.randn(2, 4))
    for said in ({}, {"weights": "reinitialize"}):
        diagnosis = diagnosed(clinic, content, **said)
        assert diagnosis.verdict == "unstable"
        (cause, *_) = diagnosis.findings
        assert cause.rule == "vanishing-gradient"
        assert cause.starts_at is not None
        assert cause.starts_at.startswith("h.0")


def test_an_export_for_inference_trains_all_the_same_and_is_told(clinic: Clinic, worker: Worker) -> None:
    class Convolved(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Sequential(nn.Conv1d(1, 8, 3), nn.BatchNorm1d(8), nn.ReLU())
            self.head = nn.Linear(8, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.body(x.unsqueeze(1)).mean(2))

    torch.manual_seed(0)
    diagnosis = diagnosed(clinic, exported(Convolved().eval(), torch.randn(2, 4), optimize=True))
    assert diagnosis.status == "succeeded", diagnosis.error
    told = next(finding for finding in diagnosis.findings if finding.code == "GC901")
    assert (told.rule, told.severity) == ("exported-for-inference", "warning")
    assert "Batch normalization was folded" in told.message
    assert "torch.onnx.export(" in told.cause


def test_a_network_that_was_tried_can_be_had_as_a_file_with_the_weights_it_came_to(
    clinic: Clinic, worker: Worker
) -> None:
    content = deep(layers=3, width=8)
    edits = [{"replace": "Tanh", "by": "ReLU"}, {"insert": "LayerNorm", "after": "h.0"}]
    variant = {"name": "edited", "patch": [{"op": "add", "path": "/network/edits", "value": edits}]}
    body = submission(steps=40) | {"network": {"onnx": clinic.upload(content)}}
    diagnosis = clinic.finished(clinic.submit(body | {"trials": {"mode": "only", "variants": [variant]}}))

    (remedy,) = diagnosis.remedies
    assert remedy.network is not None
    written = NetworkFiles(clinic.settings.networks_dir).path(remedy.network).read_bytes()
    x = torch.randn(3, 4)
    assert not torch.allclose(onnxruntime_output(written, x), onnxruntime_output(content, x))
    assert {"Relu", "LayerNormalization"} <= {
        node.op_type for node in onnx.load_from_string(written).graph.node
    }
    assert list(clinic.settings.networks_dir.glob("*.part")) == []
    again = diagnosed(clinic, written, steps=20)
    assert again.status == "succeeded", again.error
    assert again.error is None


def bomb(name: str, *inputs: str, **sizes: tuple[int, ...]) -> onnx.ModelProto:
    nodes = [node(name, inputs, ["big"]), node("Add", ["big", "fc.weight"], ["y"])]
    return model(nodes, [tensor("fc.weight", 1), *(whole(key, *value) for key, value in sizes.items())])


def nested() -> onnx.ModelProto:
    """Functions within functions: a hundred thousand million nodes."""
    functions = []
    for level in range(12):
        inner = [node("Relu", ["a"], ["b"])]
        if level:
            names = ["a", *(f"t{n}" for n in range(9)), "b"]
            inner = [node(f"f{level - 1}", [names[n]], [names[n + 1]], domain="d") for n in range(10)]
        opsets = [helper.make_opsetid("", 20), helper.make_opsetid("d", 1)]
        functions.append(helper.make_function("d", f"f{level}", ["a"], ["b"], inner, opsets))
    return model([node("f11", ["x"], ["y"], domain="d")], functions=functions, domains=["d"])


def growing() -> onnx.ModelProto:
    """Each node makes its input eight times as long."""
    steps = [node("Concat", ["x" if n == 0 else f"c{n}"] * 8, [f"c{n + 1}"], axis=0) for n in range(12)]
    return model([*steps, node("Add", ["c12", "fc.weight"], ["y"])], [tensor("fc.weight", 1)])


def looping() -> onnx.ModelProto:
    return model([node("Add", ["x", "b"], ["a"]), node("Relu", ["a"], ["b"]), node("Relu", ["b"], ["y"])])


def states() -> onnx.ModelProto:
    """A state of a wrong shape, with which torch writes where it must not."""
    nodes = [node("LSTM", ["x", "l.w", "l.r", "", "", "h"], ["y"], hidden_size=3)]
    weights = [tensor("l.w", 1, 12, 4), tensor("l.r", 1, 12, 3), tensor("h", 1, 1, 3)]
    return model(nodes, weights, shape=(5, "batch", 4))


HUGE = 10_000_000
HOSTILE: dict[str, Callable[[], bytes | onnx.ModelProto]] = {
    "nested functions": nested,
    "a tensor of zeros": lambda: bomb("ConstantOfShape", "n", n=(HUGE, HUGE)),
    "an expansion": lambda: bomb("Expand", "x", "n", n=(HUGE, 4, 1, 4)),
    "a tiling": lambda: bomb("Tile", "x", "n", n=(HUGE, HUGE)),
    "a growing chain": growing,
    "a cycle": looping,
    "an opset of the future": lambda: linear(opset=99),
    "states of a wrong shape": states,
    "half a file": lambda: linear().SerializeToString()[:60],
    "random bytes": lambda: random.Random(0).randbytes(10_000),
    "nothing": lambda: b"\0",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_means_harm_is_refused_within_seconds_and_the_worker_lives_on(
    clinic: Clinic, worker: Worker, name: str
) -> None:
    made = HOSTILE[name]()
    content = made if isinstance(made, bytes) else made.SerializeToString()
    diagnosis = diagnosed(clinic, content)

    assert diagnosis.status == "failed"
    assert diagnosis.error is not None
    assert (diagnosis.error.whose, diagnosis.error.code) == ("client", "cannot-import"), diagnosis.error
    (run,) = diagnosis.runs
    assert (run.role, run.attempt) == ("validation", 1)
    assert run.started_at is not None
    assert run.finished_at is not None
    assert (run.finished_at - run.started_at).total_seconds() < 20
    assert worker.process.poll() is None
