"""Candidates for networks in real files are taken by what reads the files, and cure them."""

from pathlib import Path

import pytest
import torch
from torch import nn

from service.diagnosis.engine import judge
from service.diagnosis.remedies import candidates
from service.schemas.evidence import Evidence, RunEvidence
from service.schemas.submission import Submission
from tests.service.diagnosis.remedies.cases import finding, judged
from tests.workers.assignments import Trained, assigned, trained
from tests.workers.networks.onnx.exporting import exported, file_of
from workers.messages import Assignment
from workers.preparation import Prepared, prepare

RULES = (
    "vanishing-gradient",
    "poor-initialization",
    "output-loss-mismatch",
    "missing-bias",
    "exploding-gradient",
)
SIGMOIDS = 8


def deep() -> nn.Module:
    """Sigmoids in depth with torch's weights: nothing reaches the first of them."""
    hidden = [layer for _ in range(SIGMOIDS) for layer in (nn.Linear(64, 64), nn.Sigmoid())]
    return nn.Sequential(*hidden, nn.Linear(64, 10))


def evidence_of(assignment: Assignment, prepared: Prepared, *runs: RunEvidence) -> Evidence:
    assert prepared.imported is not None
    return Evidence(
        submission=assignment.order.submission,
        layers=prepared.imported.layers,
        planned_steps=prepared.accepted.planned_steps,
        runs=runs,
        imported=prepared.imported.report,
    )


def changed(assignment: Assignment, submission: Submission) -> Assignment:
    order = assignment.order.model_copy(update={"submission": submission})
    return assignment.model_copy(update={"order": order})


def seen(done: Trained) -> RunEvidence:
    return RunEvidence(
        seed=0,
        outcome=done.outcome,
        network=tuple(row for _, row in sorted(done.rows.network.items())),
        layers=tuple(row for _, row in sorted(done.rows.layers.items())),
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mlp", "cnn", "gru"])
def test_every_candidate_can_be_built(name: str, tmp_path: Path) -> None:
    assignment = assigned(file_of(name), tmp_path, steps=4)
    evidence = evidence_of(assignment, prepare(assignment))
    found = [each for rule in RULES for each in candidates(evidence, judged(finding(rule)))]
    assert len(found) > 20
    for candidate in found:
        assert prepare(changed(assignment, candidate.submission)).networks.modules


@pytest.mark.slow
def test_the_first_candidate_cures_sigmoids_in_depth(tmp_path: Path) -> None:
    torch.manual_seed(0)
    data = {"data": {"source": "builtin", "name": "digits", "preprocess": "minmax"}}
    assignment = assigned(exported(deep(), torch.randn(5, 64)), tmp_path, steps=200, **data)
    done = trained(assignment)
    evidence = evidence_of(assignment, done.prepared, seen(done))
    judgement = judge(evidence)
    assert judgement.findings[0].rule == "vanishing-gradient"
    first = candidates(evidence, judgement)[0]
    cured = trained(changed(assignment, first.submission))
    assert (done.outcome.accuracy or 0) < 0.3
    assert (cured.outcome.accuracy or 0) > 0.6
