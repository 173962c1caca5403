"""An exported network and the same network written out are measured alike, to the last bit."""

import pytest
import torch
from torch import nn

from service.diagnosis.engine import judge
from service.schemas.evidence import Evidence, RunEvidence
from tests.diagnosing import gather
from tests.workers.assignments import Trained, assigned, trained
from tests.workers.networks.onnx.exporting import exported

pytestmark = pytest.mark.slow

DIGITS = {"source": "builtin", "name": "digits", "preprocess": "minmax"}
PLAN = {
    "loss": {"type": "CrossEntropyLoss"},
    "optimizer": {"type": "Adam", "lr": 1e-3},
    "batch_size": 64,
    "epochs": 30,
}
STEPS = 40


class Deep(nn.Module):
    """Blocks of a linear layer, maybe a normalisation, and an activation."""

    def __init__(self, depth, activation, norm=None):
        super().__init__()
        self.h = nn.ModuleList()
        for _ in range(depth):
            block = (
                {"linear": nn.Linear(64, 64)} | ({"norm": norm(64)} if norm else {}) | {"act": activation()}
            )
            self.h.append(nn.ModuleDict(block))
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        for block in self.h:
            for part in block.values():
                x = part(x)
        return self.head(x)


def written(depth, *body):
    layers = [{"type": "Linear", "out_features": 64, "name": "linear"}, *body]
    return {
        "network": {
            "input": {"shape": [64]},
            "layers": [
                {"repeat": depth, "name": "h", "body": layers},
                {"type": "Linear", "out_features": 10, "name": "head"},
            ],
        },
        "training": PLAN,
        "probing": {"seeds": 1, "steps": STEPS},
        "data": DIGITS,
    }


def from_file(module, folder, *, network=None):
    data = exported(module, torch.randn(2, 64))
    said = {
        "probing": {"seeds": 1, "steps": STEPS},
        "data": DIGITS,
        "network": network or {"weights": "reinitialize"},
    }
    return assigned(data, folder, training=PLAN, steps=STEPS, **said)


def evidence(assignment, done: Trained) -> Evidence:
    run = RunEvidence(
        seed=0,
        outcome=done.outcome,
        network=tuple(row for _, row in sorted(done.rows.network.items())),
        layers=tuple(row for _, row in sorted(done.rows.layers.items())),
    )
    plan, imported = done.prepared.accepted.plan, done.prepared.imported
    return Evidence(
        submission=assignment.order.submission,
        layers=plan.layers,
        planned_steps=done.prepared.accepted.planned_steps,
        runs=(run,),
        imported=imported.report,
    )


@pytest.fixture(scope="module", params=["sigmoid", "relu with batch norm"])
def twins(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("twins")
    act = {"type": "Sigmoid" if request.param == "sigmoid" else "ReLU", "name": "act"}
    if request.param == "sigmoid":
        body, module = (act,), Deep(20, nn.Sigmoid)
    else:
        body, module = ({"type": "BatchNorm1d", "name": "norm"}, act), Deep(4, nn.ReLU, nn.BatchNorm1d)
    assignment = from_file(module, folder)
    return gather(written(len(module.h), *body)), evidence(assignment, trained(assignment))


def test_layers_are_the_same_places(twins):
    one, other = twins
    told = [
        [(layer.name, layer.type, layer.output.shape, layer.inputs) for layer in each.layers]
        for each in twins
    ]
    assert told[0] == told[1]
    assert [layer.parameters for layer in one.layers] == [layer.parameters for layer in other.layers]
    assert one.planned_steps == other.planned_steps


def test_every_statistic_of_every_layer_at_every_step_is_the_same(twins):
    (one,), (other,) = (each.runs for each in twins)
    assert one.network == other.network
    assert one.layers == other.layers
    assert one.outcome.model_copy(update={"seconds": 0}) == other.outcome.model_copy(update={"seconds": 0})


def test_the_same_is_said_of_both(twins):
    findings = [[finding.rule for finding in judge(each).findings if finding.code < "GC9"] for each in twins]
    assert findings[0] == findings[1]
    assert judge(twins[0]).verdict == judge(twins[1]).verdict


def test_twenty_sigmoid_layers_from_a_file_vanish(tmp_path):
    assignment = from_file(Deep(20, nn.Sigmoid), tmp_path)
    judgement = judge(evidence(assignment, trained(assignment)))
    assert (judgement.verdict, judgement.findings[0].rule) == ("unstable", "vanishing-gradient")


def test_frozen_layers_are_not_called_ill(tmp_path):
    torch.manual_seed(0)
    network = {"freeze": ["h.0.*", "h.1.*"]}
    assignment = from_file(Deep(3, nn.Tanh), tmp_path, network=network)
    findings = judge(evidence(assignment, trained(assignment))).findings
    assert {finding.severity for finding in findings} == {"note"}
    assert "no-gradient" not in {finding.rule for finding in findings}
