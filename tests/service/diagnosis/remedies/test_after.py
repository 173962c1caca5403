"""What a range test leads to."""

from service.diagnosis.remedies import after_range
from service.diagnosis.remedies.rates import sweep_of
from service.schemas.submission import Submission
from tests.service.diagnosis.remedies.cases import deep, finding, judged, written


def _losses(submission: Submission) -> tuple[float, ...]:
    sweep = sweep_of(submission)
    rates = [sweep.rate(step) for step in range(sweep.steps)]
    return tuple(2.3 if rate < 0.01 else 1.0 if rate < 1 else 1e4 for rate in rates)


def test_a_rate_above_what_was_found_is_lowered() -> None:
    submission = Submission.model_validate(
        written(deep(), training={"optimizer": {"type": "SGD", "lr": 5.0}})
    )
    found = after_range(submission, judged(finding("learning-rate-too-high")), _losses(submission))
    assert [each.name for each in found] == ["lower-learning-rate", "lower-learning-rate-careful"]
    first, careful = (each.submission.training.optimizer.lr or 0.0 for each in found)
    assert 0.01 < first < 1
    assert careful < first / 3
    assert {each.rule for each in found} == {"learning-rate-too-high"}
    assert found[0].submission.network == submission.network


def test_a_rate_below_what_was_found_is_raised() -> None:
    submission = Submission.model_validate(
        written(deep(), training={"optimizer": {"type": "SGD", "lr": 1e-6}})
    )
    found = after_range(submission, judged(finding("learning-rate-too-low")), _losses(submission))
    assert [each.remedy for each in found] == ["raise-learning-rate", "raise-learning-rate"]


def test_losses_that_say_nothing_lead_to_nothing() -> None:
    submission = Submission.model_validate(written(deep()))
    assert after_range(submission, judged(), (2.3,) * 150) == ()
