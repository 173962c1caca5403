"""Which rate the losses of a range test speak for."""

import math

import pytest

from service.diagnosis.remedies.rates import Sweep, from_range, rate_of, sweep_of, with_rate
from service.schemas.patching import tree_of
from service.schemas.submission import Submission
from tests.service.diagnosis.remedies.cases import deep, written

SWEEP = Sweep(1e-4, 10 ** (5 / 99), 100)


def submission(**training) -> Submission:
    return Submission.model_validate(written(deep(), training=training))


def losses(falls: float, leaps: float, noise: float = 0.0) -> list[float]:
    """2.3 at first; down to 1 from `falls` on, and up without end from `leaps` on."""
    found = []
    for step in range(SWEEP.steps):
        rate = SWEEP.rate(step)
        loss = 2.3 - min(1.3, max(0.0, math.log10(rate / falls))) if rate < leaps else 2.3 * rate / leaps * 3
        found.append(loss + noise * math.sin(step * 1.7))
    return found


def test_the_rate_lies_below_the_leap_and_above_where_nothing_happens() -> None:
    rate = from_range(losses(0.01, 1.0), SWEEP)
    assert rate is not None
    assert 0.05 <= rate <= 0.3


def test_a_run_that_ends_in_a_non_finite_number_is_read_up_to_there() -> None:
    told = losses(0.01, 1.0)
    cut = [*told[:75], math.nan, math.inf]
    assert from_range(cut, SWEEP) is not None
    assert from_range(cut, SWEEP) < SWEEP.rate(75)


def test_noise_is_no_valley_and_then_the_leap_alone_is_read() -> None:
    flat = losses(1e9, 3.0, noise=0.2)
    rate = from_range(flat, SWEEP)
    assert rate is not None
    assert 0.03 <= rate <= 0.2


def test_without_valley_and_leap_there_is_nothing_to_say() -> None:
    assert from_range([2.3] * 100, SWEEP) is None
    assert from_range([2.3, math.nan], SWEEP) is None
    assert from_range([], SWEEP) is None


@pytest.mark.parametrize(
    ("training", "low", "high"),
    [
        ({"optimizer": "SGD"}, 1e-4, 10),
        ({"optimizer": "Adam"}, 1e-5, 1),
        ({"optimizer": "SGD", "loss": {"type": "CrossEntropyLoss", "reduction": "sum"}}, 1e-4 / 64, 10 / 64),
    ],
)
def test_the_range_depends_on_what_a_step_follows(training, low, high) -> None:
    sweep = sweep_of(submission(**training))
    assert sweep.rate(0) == pytest.approx(low)
    assert sweep.rate(sweep.steps - 1) == pytest.approx(high)


def test_a_range_test_is_no_longer_than_a_run() -> None:
    short = submission().model_copy(update={"probing": submission().probing.model_copy(update={"steps": 40})})
    assert (sweep_of(short).steps, sweep_of(submission()).steps) == (40, 150)


def test_a_rate_that_was_left_out_is_torchs() -> None:
    assert rate_of(submission(optimizer="RMSprop").training.optimizer) == 0.01
    assert tree_of(with_rate(submission(optimizer="Adam"), 0.5))["training"]["optimizer"] == {
        "type": "Adam",
        "lr": 0.5,
    }
