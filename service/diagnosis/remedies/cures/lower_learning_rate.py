"""A lower learning rate, its value found by a range test or read from the size of the steps, not guessed.

What it changes: the optimiser's rate: to what a short range test finds; to what makes the measured steps one per cent
of the weights; to a tenth, as one is often told to do.

When it helps: a network that is sound before its first step and torn by its own updates (the range test: six of
seven).

When it does not: weak or wrong initial weights (a tenth: none), vanishing gradients, input out of scale, anything whose
fault is there before the first step.

Source: Smith (2017), "Cyclical Learning Rates"; the one per cent is this project's own measure.
"""

from collections.abc import Iterator

from service.diagnosis.remedies.case import Case, Proposal
from service.diagnosis.remedies.ranging import SOUND, at_rate, range_test
from service.diagnosis.remedies.rates import rate_of
from service.diagnosis.remedies.registry import remedy

RULES = frozenset(
    {
        "learning-rate-too-high", "diverging-training", "gradient-spikes", "oscillating-loss", "loss-reduction-scale",
        "exploding-through-time",
    }
)  # fmt: skip
"""Findings whose cure it is; for all others it is advice, and a tenth is what is advised."""


@remedy(
    "lower-learning-rate",
    answers={
        "learning-rate-too-high": 10, "oscillating-loss": 12, "diverging-training": 14,
        "loss-reduction-scale": 14, "gradient-spikes": 20, "exploding-through-time": 30, "target-scale": 40,
        "non-finite-origin": 50, "dead-units": 56, "non-finite-gradient": 60, "not-learning": 60,
        "exploding-gradient": 64, "exploding-signal": 80, "input-scale": 80, "overflow": 80,
        "poor-initialization": 80, "saturated-activation": 80, "shattered-gradient": 80,
        "unbounded-objective": 80, "missing-bias": 84, "output-loss-mismatch": 84, "vanishing-gradient": 84,
        "vanishing-signal": 84, "symmetric-units": 86,
    },
    pairs=("clip-gradients",),
)  # fmt: skip
def propose(case: Case) -> Iterator[Proposal]:
    """The range test first where it is the cure."""
    now = rate_of(case.submission.training.optimizer)
    if case.finding.rule in RULES:
        yield from range_test(case)
        size = case.step_size
        if size is not None and size > 2 * SOUND:
            yield from at_rate(
                case, "measured", now * SOUND / size, "makes a step one per cent of the weights", 1
            )
        yield from at_rate(case, "hundredth", now / 100, "is a hundredth of what it was", 4)
    yield from at_rate(case, "tenth", now / 10, "is a tenth of what it was", 3)
