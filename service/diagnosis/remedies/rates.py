"""The learning rate by a range test: a short run whose rate grows by a factor at every step, and what its losses say.

Smith (2017), "Cyclical Learning Rates": below some rate nothing happens, above some rate the loss leaps; the
largest useful rate lies a little below the leap. The rule that reads it is this project's own: half a decade below
the rate where the smoothed loss is lowest, and never more than a third of the rate where it is twice that of the start.
"""

import math
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import accumulate

from service.schemas.patching import tree_of
from service.schemas.submission import Submission
from service.schemas.training import Optimizer, Training

LOWEST, HIGHEST = 1e-7, 10.0
MOST_STEPS = 100
FEWEST_STEPS = 24
_SMOOTHING = 0.8
_BACK = math.sqrt(10)
_DEFAULTS = {
    "SGD": 1e-3, "Adam": 1e-3, "AdamW": 1e-3, "RMSprop": 1e-2, "Adagrad": 1e-2, "Adadelta": 1.0, "Adamax": 2e-3,
    "NAdam": 2e-3, "RAdam": 1e-3, "ASGD": 1e-2, "Rprop": 1e-2, "Adafactor": 1e-2,
}  # fmt: skip


@dataclass(frozen=True)
class Sweep:
    """Rates from `low` on, each `gamma` times the one before it."""

    low: float
    gamma: float
    steps: int

    def rate(self, step: int) -> float:
        """The rate at a step, from 0."""
        return self.low * self.gamma**step


def sweep_of(submission: Submission) -> Sweep:
    """The rates that a range test of this submission goes through; the same whenever it is asked."""
    asked = submission.probing.steps
    steps = MOST_STEPS if asked == "auto" else max(FEWEST_STEPS, min(MOST_STEPS, asked))
    return Sweep(LOWEST, (HIGHEST / LOWEST) ** (1 / (steps - 1)), steps)


def from_range(losses: Sequence[float], sweep: Sweep) -> float | None:
    """The rate to train with; None where no rate lowers the loss. `losses` may end early, in a non-finite number."""
    finite = list(losses[: next((i for i, x in enumerate(losses) if not math.isfinite(x)), len(losses))])
    if len(finite) < 3:
        return None
    smooth = list(accumulate(finite, lambda held, x: _SMOOTHING * held + (1 - _SMOOTHING) * x))
    start = smooth[min(3, len(smooth) - 1)]
    room = abs(start) + 1e-12
    leap = next((i for i, x in enumerate(smooth) if x > start + room), len(smooth))
    lowest = min(range(leap), key=smooth.__getitem__)
    if start - smooth[lowest] < 0.02 * room:
        return None
    rate = min(sweep.rate(lowest) / _BACK, sweep.rate(leap) / 3)
    return float(f"{rate:.1g}")


def rate_of(optimizer: Optimizer) -> float:
    """The rate as it was written, or torch's default."""
    return optimizer.lr if optimizer.lr is not None else _DEFAULTS[optimizer.type]


def steep(training: Training) -> bool:
    """Whether a step follows the gradient's size: then its scale decides which rates are sound."""
    return training.optimizer.type in {"SGD", "ASGD"}


def with_rate(submission: Submission, rate: float) -> Submission:
    """The same optimiser with another rate."""
    tree = deepcopy(tree_of(submission))
    tree["training"]["optimizer"]["lr"] = rate
    return Submission.model_validate(tree)
