"""A higher learning rate, its value found by a range test.

What it changes: the optimiser's rate: to what a short range test finds; to what lets the measured steps move the
weights within the plan; to ten times what it was, as one is often told to do.

When it helps: sound gradients and steps so small that the plan ends before anything has moved (the range test: three
of three).

When it does not: times ten where a thousand are missing (none of three); vanishing gradients, whose first layers stand
still at any rate that the last ones take.

Source: Smith (2017), "Cyclical Learning Rates"; measured on this project's corpus.
"""

from collections.abc import Iterator

from service.diagnosis.remedies.case import Case, Proposal
from service.diagnosis.remedies.ranging import SOUND, at_rate, range_test
from service.diagnosis.remedies.rates import rate_of
from service.diagnosis.remedies.registry import remedy

RULES = frozenset({"learning-rate-too-low", "not-learning", "clipping-masks-gradients"})
PATIENT = frozenset({"vanishing-through-time", "exploding-through-time"})
"""Findings of networks that ten times the rate would throw about."""


@remedy(
    "raise-learning-rate",
    answers={
        "learning-rate-too-low": 10, "not-learning": 18, "clipping-masks-gradients": 30, "target-scale": 46,
        "attenuated-loss-gradient": 50, "update-below-precision": 60, "output-loss-mismatch": 70,
        "vanishing-through-time": 72, "missing-bias": 76, "underflow": 76, "vanishing-gradient": 76,
        "vanishing-signal": 76, "no-gradient": 80, "symmetric-units": 88,
    },
)  # fmt: skip
def propose(case: Case) -> Iterator[Proposal]:
    """The range test first where it is the cure."""
    now = rate_of(case.submission.training.optimizer)
    if case.finding.rule in RULES:
        yield from range_test(case)
        size = case.step_size
        if size is not None and 0 < size < SOUND / 2 and now:
            yield from at_rate(
                case, "measured", now * SOUND / size, "makes a step one per cent of the weights", 1
            )
        yield from at_rate(case, "hundredfold", now * 100, "is a hundred times what it was", 4)
    if case.ill & PATIENT:
        yield from at_rate(case, "threefold", now * 3, "is three times what it was", 2)
    yield from at_rate(case, "tenfold", now * 10, "is ten times what it was", 3)
