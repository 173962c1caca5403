"""The loss swings up and down and gets nowhere.

What it measures: over the second half of the run, the spread of the loss (10th to 90th percentile) over its size at
the start, and how often it turns round; batches of a few examples are averaged first.

Why it matters: each step overshoots the valley that it aims at; the mean of the loss hides it.

Fires on: a spread of half the start or more, with a turn at every third step, in a network that learns nothing.

Stays silent on: noise of small batches, single spikes, and networks that learn all the same. Any cause that is seen
accounts for it.

Source: LeCun et al. (1998), "Efficient BackProp", for steps beyond the curvature's bound; cut-offs from this
project's own measurements.
"""

import math
from itertools import pairwise
from statistics import fmean

from pydantic import Field

from service.diagnosis.options import RuleOptions
from service.diagnosis.registry import Sighting, rule
from service.diagnosis.signals import Signals
from service.schemas.diagnosis import Measurement

EXAMPLES = 32
"""Examples behind each averaged loss, so that its own noise is small."""
FEWEST = 12


class Options(RuleOptions):
    """What can be set of it."""

    wide: float = Field(0.5, ge=0, le=1e6)
    """Spread of the loss over its size at the start."""
    turns: float = Field(1 / 3, ge=0, le=1)
    """Share of steps at which it turns round."""


DEFAULTS = Options()


@rule(
    "GC505",
    "oscillating-loss",
    severity="warning",
    stage="learning-rate",
    explains=("learning-rate-too-low",),
    residual=True,
    options=DEFAULTS,
)
def detect(signals: Signals, options: Options = DEFAULTS) -> Sighting | None:
    """See wide swings without progress."""
    if (
        signals.learned
        or signals.cut_short
        or signals.run.outcome.trivial_loss is None
        or not signals.start > 0
    ):
        return None
    losses = _averaged(signals)
    if len(losses) < FEWEST or not all(map(math.isfinite, losses)):
        return None
    ranked = sorted(losses)
    spread = (ranked[int(0.9 * (len(ranked) - 1))] - ranked[int(0.1 * (len(ranked) - 1))]) / signals.start
    changes = [after - before for before, after in pairwise(losses)]
    turns = sum(a * b < 0 for a, b in pairwise(changes)) / (len(changes) - 1)
    if spread < options.wide or turns < options.turns:
        return None
    return Sighting(
        message=f"The loss swings by {spread:.2g} times its size at the start and gets nowhere.",
        cause="Steps overshoot: they are longer than the valley of the loss is wide. Lower the rate.",
        evidence=(
            Measurement(
                statistic="loss_spread", value=spread, threshold=options.wide, comparison=">=", seed=signals.run.seed,
                meaning="10th to 90th percentile of the second half, over the loss at the start",
            ),
            Measurement(
                statistic="loss_turns", value=turns, threshold=options.turns, comparison=">=", seed=signals.run.seed,
                meaning="share of steps at which it turns round",
            ),
        ),
        clear=spread >= 2 * options.wide,
        from_start=True,
    )  # fmt: skip


def _averaged(signals: Signals) -> list[float]:
    """Losses of the second half, averaged over at least so many examples."""
    losses = [row.loss for row in signals.losses if row.loss is not None]
    late = losses[len(losses) // 2 :]
    width = math.ceil(EXAMPLES / signals.submission.training.batch_size)
    return [fmean(late[start : start + width]) for start in range(0, len(late) - width + 1, width)]
