"""The first cure that is offered really cures: trained beside the unchanged network, on the same seed and batches."""

import math
from typing import Any

import pytest

from service.diagnosis.engine import judge
from service.diagnosis.remedies import after_range, candidates
from service.schemas.intake import accept
from service.schemas.order import RunOrder
from service.schemas.patching import tree_of
from service.schemas.run import Outcome
from service.schemas.submission import Submission
from tests import zoo, zoo_practice, zoo_practice_output
from tests.diagnosing import CPU, LIMITS, Rows, gather
from workers.preparation import build
from workers.probes.recorder import Recorder
from workers.training.loop import train

PATIENTS = {
    patient.name: patient.submission
    for module in (zoo, zoo_practice, zoo_practice_output)
    for patient in module.SICK
}
STEPS = 300
"""What the profile quick allows."""
QUICK = (
    "deep sigmoid under SGD",
    "deep tanh with small weights",
    "tanh with huge weights",
    "ReLU born dead",
    "features in thousands",
    "attention with every key masked",
    "SIREN with torch's weights",
    "weights of zero",
    "softmax over one unit",
    "no biases on zero inputs",
    "squares that fp16 cannot hold",
    "clipping far below the gradient",
)


def trial(submission: Submission) -> tuple[Outcome, tuple[float, ...]]:
    """Outcome and losses of one seed that never stops early, as trials do not."""
    longer = Submission.model_validate(tree_of(submission) | {"probing": {"seeds": 1, "steps": STEPS}})
    accepted = accept(longer, LIMITS, lambda _digest: None)
    order = RunOrder(
        run_id="run_trial", attempt=1, seed=0, steps=accepted.run_steps, planned_steps=accepted.planned_steps,
        submission=accepted.submission, limits=LIMITS, role="trial", settles=False,
    )  # fmt: skip
    prepared, rows = build(accepted, 0), Rows()
    recorder = Recorder(prepared.networks.modules, order, rows)
    found = train(order, prepared.networks.modules, prepared.examples, recorder, CPU, lambda *_: False)
    return found, tuple(row.loss for _, row in sorted(rows.network.items()) if row.loss is not None)


def outcome(submission: dict[str, Any] | Submission) -> Outcome:
    """Of one seed, over the steps of a usual diagnosis."""
    return trial(Submission.model_validate(submission) if isinstance(submission, dict) else submission)[0]


def skill(found: Outcome) -> float:
    """Minus infinity where it went non-finite."""
    return -math.inf if found.stopped == "non-finite" or found.skill is None else found.skill


@pytest.mark.slow
@pytest.mark.parametrize("name", QUICK)
def test_the_first_cure_reaches_what_the_network_does_not(name: str) -> None:
    evidence = gather(PATIENTS[name])
    first = candidates(evidence, judge(evidence))[0]
    assert skill(outcome(PATIENTS[name])) < 0.3
    assert skill(outcome(first.submission)) > 0.5


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Adam at rate 1", "SGD at rate 1e-7", "Adam at rate 1e-9"])
def test_a_range_test_finds_a_rate_that_learns(name: str) -> None:
    evidence = gather(PATIENTS[name])
    judgement = judge(evidence)
    first = candidates(evidence, judgement)[0]
    assert first.kind == "range-test"
    _, losses = trial(first.submission)
    found = after_range(evidence.submission, judgement, losses)
    assert max(skill(outcome(each.submission)) for each in found) > 0.6
