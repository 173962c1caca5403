"""The learning rate by a range test: a short run whose rate grows by a factor at every step, and what its losses say.

Smith (2017), "Cyclical Learning Rates": below some rate nothing happens, above some rate the loss leaps; the largest
useful rate lies a little below the leap. How it is read is this project's own, set on the part of the corpus that is
tuned on: half a decade below the rate where the smoothed loss is lowest, if that is clearly below the noise of the
first quarter; else a thirtieth of the rate where it leaps. Never more than a sixth of the latter.
"""

import math
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import accumulate
from statistics import fmean, pstdev

from service.schemas.patching import tree_of
from service.schemas.submission import Submission
from service.schemas.training import Optimizer, Training

STEEP, ADAPTIVE = (1e-4, 10.0), (1e-5, 1.0)
"""Lowest and highest rate, by whether steps follow the gradient's size."""
MOST_STEPS = 150
FEWEST_STEPS = 24
_SMOOTHING = 0.8
_BACK, _BELOW_LEAP, _BLIND = math.sqrt(10), 6.0, 30.0
CAREFUL = 4.0
"""How far below the first reading the second one is, for trainings that grow steeper as they go on."""
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
    asked, training = submission.probing.steps, submission.training
    steps = MOST_STEPS if asked == "auto" else max(FEWEST_STEPS, min(MOST_STEPS, asked))
    low, high = STEEP if steep(training) else ADAPTIVE
    if steep(training) and training.loss.reduction == "sum":
        low, high = low / training.batch_size, high / training.batch_size
    return Sweep(low, (high / low) ** (1 / (steps - 1)), steps)


def from_range(losses: Sequence[float], sweep: Sweep) -> float | None:
    """The rate to train with; None where no rate does anything. `losses` may end early, in a non-finite number."""
    finite = list(losses[: next((i for i, x in enumerate(losses) if not math.isfinite(x)), len(losses))])
    quarter = finite[: max(4, sweep.steps // 4)]
    if len(finite) < 8:
        return None
    start, noise = fmean(quarter), pstdev(quarter)
    smooth = list(
        accumulate(finite, lambda held, x: _SMOOTHING * held + (1 - _SMOOTHING) * x, initial=start)
    )[1:]
    ended = len(finite) < sweep.steps
    leap = next((i for i, x in enumerate(smooth) if x > start + max(abs(start), 4 * noise)), None)
    end = leap if leap is not None else len(smooth)
    lowest = min(range(end), key=smooth.__getitem__, default=0)
    clear = start - smooth[lowest] > max(0.01 * abs(start), noise)
    broken = sweep.rate(end) if leap is not None or ended else math.inf
    if clear:
        return _rounded(min(sweep.rate(lowest) / _BACK, broken / _BELOW_LEAP))
    return None if math.isinf(broken) else _rounded(broken / _BLIND)


def _rounded(rate: float) -> float:
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
