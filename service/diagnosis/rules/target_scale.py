"""The targets of a regression are out of proportion to what a fresh network answers.

What it measures: size and spread of the targets: from the data where they are known, else from the trivial loss
(the variance, for MSELoss) and from a first loss that the output's own size does not account for.

Why it matters: a fresh network answers about 0 ± 1. Targets of 25 to 346 give errors and gradients hundreds of times
as large, which tear the weights under SGD; under Adam, whose steps have a fixed size, they are out of reach. Targets
of a thousandth drown in the noise of the first weights.

Fires on: targets whose RMS is above 5 or whose spread is below .05, in a network that learns nothing.

Stays silent on: networks that learn all the same, and classes.

Source: LeCun et al. (1998), "Efficient BackProp", for standardised targets; bounds from this project's own
measurements.
"""

import math
from dataclasses import replace

from pydantic import Field

from service.diagnosis.options import RuleOptions
from service.diagnosis.ranges import target_range
from service.diagnosis.registry import Sighting, rule
from service.diagnosis.signals import Signals
from service.diagnosis.structure import Structure
from service.schemas.diagnosis import Measurement

MOSTLY = 3.0
"""How many times the output's own size the first error must be to be the targets' doing."""
SQUARED = frozenset({"MSELoss"})
ABSOLUTE = frozenset({"L1Loss", "SmoothL1Loss", "HuberLoss"})


class Options(RuleOptions):
    """What can be set of it."""

    large: float = Field(5.0, ge=1, le=1e9)
    """RMS of the targets above which they are large."""
    small: float = Field(0.05, ge=0, le=1)
    """Spread of the targets below which they are small."""


DEFAULTS = Options()


def inspect(structure: Structure) -> Sighting | None:
    """See targets that are known to be large or small."""
    size = _known(structure)
    return None if size is None else _sighting(structure, DEFAULTS, *size, foreseen=True)


@rule(
    "GC406",
    "target-scale",
    severity="error",
    stage="data",
    explains=(
        "clipping-masks-gradients", "dead-units", "diverging-training", "exploding-gradient", "exploding-signal",
        "gradient-spikes", "learning-rate-too-high", "learning-rate-too-low", "non-finite-gradient",
        "non-finite-origin", "oscillating-loss", "overflow", "saturated-activation", "vanishing-gradient",
        "vanishing-signal",
    ),
    inspect=inspect,
    options=DEFAULTS,
)  # fmt: skip
def detect(signals: Signals, options: Options = DEFAULTS) -> Sighting | None:
    """See them in a network that learns nothing."""
    structure = signals.structure
    if signals.learned or structure.submission.training.loss.type not in SQUARED | ABSOLUTE:
        return None
    size = _known(structure) or _measured(signals)
    seen = None if size is None else _sighting(structure, options, *size)
    # Large targets alone may only take longer; before the budget has run out it takes damage to be sure.
    early = signals.cut_short and not _damaged(signals)
    return replace(seen, severity="note") if seen is not None and early else seen


def _damaged(signals: Signals) -> bool:
    """Whether the steps tore the weights, or the loss rose."""
    torn = signals.highest(signals.update)
    return signals.loss_peak >= 2 or (torn is not None and torn[0] >= 0.05)


def _known(structure: Structure) -> tuple[float, float] | None:
    """RMS and spread of real targets that the data are known to have."""
    targets = target_range(structure)
    if targets is None or structure.target is None or structure.target.kind != "real":
        return None
    spread = targets.scale if targets.scale is not None else targets.width / math.sqrt(12)
    return math.hypot(targets.middle, spread), spread


def _measured(signals: Signals) -> tuple[float, float] | None:
    """The same of an upload, from losses: the trivial one is the spread, the first one the size."""
    outcome, target = signals.run.outcome, signals.structure.target
    if (
        target is None
        or target.kind != "real"
        or outcome.trivial_loss is None
        or not outcome.trivial_loss > 0
    ):
        return None
    squared = signals.submission.training.loss.type in SQUARED
    spread = math.sqrt(outcome.trivial_loss) if squared else outcome.trivial_loss
    first = outcome.first_loss if outcome.first_loss is not None and outcome.first_loss >= 0 else 0.0
    error = math.sqrt(first) if squared else first
    output = signals.structure.output
    answered = signals.values(0, "activation_max", (output,)) if output is not None else []
    foreign = bool(answered) and error > MOSTLY * answered[0][1]
    return max(spread, error if foreign else 0.0), spread


def _sighting(
    structure: Structure, options: Options, size: float, spread: float, *, foreseen: bool = False
) -> Sighting | None:
    if spread >= options.small and size <= options.large:
        return None
    large = size > options.large
    name, value, bound = (
        ("target_rms", size, options.large) if large else ("target_spread", spread, options.small)
    )
    return Sighting(
        message=(
            f"The targets are too {'large' if large else 'small'}: their {'RMS' if large else 'spread'} is {value:.3g},"
            " and a fresh network answers about 1."
        ),
        cause="The targets are not standardised; bring them to mean 0 and spread 1, and undo it on the answers.",
        evidence=(
            Measurement(statistic=name, value=value, threshold=bound, comparison=">" if large else "<"),
        ),
        layers=(structure.output,) if structure.output is not None else (),
        clear=not bound / 2 < value < bound * 2,
        severity="warning" if foreseen else None,
        contributory=foreseen,
    )
