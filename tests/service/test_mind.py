"""The mind of a deployment judges with its rule book and races within its limits."""

from service.diagnosis.engine import judge
from service.mind import mind_of
from service.schemas.evidence import Evidence, RunEvidence
from service.schemas.intake import accept
from service.schemas.limits import Limits
from service.schemas.submission import Submission
from tests.service.patients import BODY, OUTCOME, healthy

LARGER = {"name": "larger", "patch": [{"op": "add", "path": "/training/batch_size", "value": 64}]}


def evidence() -> Evidence:
    """Two runs of a submission whose client wants to see larger batches."""
    submission = Submission.model_validate(BODY | {"trials": {"mode": "only", "variants": [LARGER]}})
    accepted = accept(submission, Limits(), lambda _: None)
    return Evidence(
        submission=submission,
        layers=accepted.plan.layers,
        planned_steps=accepted.planned_steps,
        runs=tuple(RunEvidence(seed=seed, outcome=OUTCOME, network=(), layers=()) for seed in (0, 1)),
    )


def test_it_judges_with_the_rule_book() -> None:
    assert mind_of(Limits()).judge is judge


def test_its_races_keep_to_the_limits_of_the_deployment() -> None:
    shown = evidence()
    free, bound = (
        {candidate.name: candidate.refused for candidate in mind.begin(shown, healthy(shown)).candidates}
        for mind in (mind_of(Limits()), mind_of(Limits(batch_size=32)))
    )
    assert free["larger"] is None
    assert "limit `batch_size`" in (bound["larger"] or "")
