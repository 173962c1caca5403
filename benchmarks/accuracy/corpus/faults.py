"""The faults that are put into the corpus: the rule that names each, what else names the same root, what follows.

A consequence is no wrong finding where the fault is, but leading with it is a wrong cause. The lists were
written down before any rule was tried on what they are put into; RESULTS.md tells of two that were corrected since.
"""

from dataclasses import dataclass

from benchmarks.accuracy.configuration import Configuration, Measure, Submission


@dataclass(frozen=True)
class Fault:
    """What a rule book is expected to say."""

    mechanism: str
    same_root: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


_STUCK = ("learning-rate-too-low", "update-below-precision", "dead-units")
_BURST = (
    "diverging-training", "non-finite-origin", "non-finite-gradient", "gradient-spikes", "oscillating-loss",
    "exploding-signal", "exploding-gradient", "saturated-activation", "dead-units", "overflow",
)  # fmt: skip

DEEP = Fault("vanishing-gradient", ("vanishing-signal",), _STUCK)
SHRINKING = Fault("vanishing-gradient", ("vanishing-signal", "poor-initialization"), _STUCK)
"""torch's default weights are a third of He's in variance: depth and initialisation name the same thing."""
SHATTERED = Fault(
    "shattered-gradient", ("vanishing-signal",), ("exploding-gradient", "not-learning", *_STUCK)
)
DEEP_NORM = Fault(
    "exploding-gradient", ("shattered-gradient",), ("dead-units", "diverging-training", "gradient-spikes")
)
SMALL_WEIGHTS = Fault("poor-initialization", ("vanishing-signal", "vanishing-gradient"), _STUCK)
LARGE_WEIGHTS = Fault(
    "poor-initialization", ("exploding-signal", "exploding-gradient"),
    (*_BURST, "learning-rate-too-high", "vanishing-gradient"),
)  # fmt: skip
SATURATING_WEIGHTS = Fault(
    "poor-initialization", ("saturated-activation", "exploding-gradient", "exploding-signal"),
    ("vanishing-gradient", "vanishing-signal", "shattered-gradient", *_BURST),
)  # fmt: skip
SYMMETRIC = Fault(
    "symmetric-units", ("poor-initialization",),
    ("vanishing-gradient", "vanishing-signal", "no-gradient", *_STUCK, *_BURST),
)  # fmt: skip
BORN_DEAD = Fault(
    "dead-units", ("poor-initialization",), ("vanishing-gradient", "vanishing-signal", "no-gradient")
)
NO_BIAS = Fault("missing-bias", (), ("not-learning", "symmetric-units"))
THROUGH_TIME = Fault(
    "vanishing-through-time", (), ("vanishing-gradient", "not-learning", "learning-rate-too-low")
)
BURST_TIME = Fault(
    "exploding-through-time", ("poor-initialization",), (*_BURST, "learning-rate-too-high", "vanishing-through-time")
)  # fmt: skip
UNBOUNDED_CELL = Fault("exploding-through-time", ("exploding-signal",), (*_BURST, "learning-rate-too-high"))
MASKED = Fault("non-finite-origin", ("non-finite-gradient",), ("output-loss-mismatch",))
POST_NORM = Fault(
    "vanishing-gradient", ("vanishing-signal",),
    ("exploding-gradient", "shattered-gradient", "learning-rate-too-high", "not-learning"),
)  # fmt: skip
MISMATCH = Fault(
    "output-loss-mismatch", (),
    (
        "attenuated-loss-gradient", "unbounded-objective", "target-scale", "not-learning", "vanishing-gradient",
        "learning-rate-too-low", "saturated-activation", "no-gradient", *_BURST,
    ),
)  # fmt: skip
ATTENUATED = Fault(
    "output-loss-mismatch",
    ("attenuated-loss-gradient",),
    ("not-learning", "vanishing-gradient", "learning-rate-too-low"),
)
INPUTS_LARGE = Fault(
    "input-scale", (), (*_BURST, "learning-rate-too-high", "vanishing-gradient", "vanishing-signal")
)
INPUTS_SMALL = Fault("input-scale", (), ("vanishing-signal", "vanishing-gradient", "not-learning", *_STUCK))
TARGETS_LARGE = Fault(
    "target-scale", (), ("learning-rate-too-low", "learning-rate-too-high", "output-loss-mismatch", *_BURST)
)
TARGETS_SMALL = Fault(
    "target-scale",
    (),
    ("learning-rate-too-high", "diverging-training", "oscillating-loss", "update-below-precision"),
)
SUMMED = Fault("loss-reduction-scale", ("learning-rate-too-high",), (*_BURST, "vanishing-gradient"))
TOO_FAST = Fault("learning-rate-too-high", (), (*_BURST, "vanishing-gradient", "vanishing-signal"))
TOO_SLOW = Fault("learning-rate-too-low", (), ("not-learning", "update-below-precision"))
EPSILON = Fault("update-below-precision", (), ("learning-rate-too-low", "not-learning"))
LOST_UPDATES = Fault("update-below-precision", ("underflow",), ("learning-rate-too-low", "not-learning"))
FP16_EPSILON = Fault(
    "update-below-precision",
    ("underflow", "non-finite-origin"),
    ("non-finite-gradient", "overflow", "diverging-training"),
)
UNDERFLOW = Fault(
    "underflow", ("vanishing-gradient", "update-below-precision"), ("learning-rate-too-low", "not-learning")
)
OVERFLOW = Fault("overflow", ("non-finite-origin",), (*_BURST, "input-scale", "learning-rate-too-high"))
CLIPPED = Fault("clipping-masks-gradients", ("learning-rate-too-low",), ("not-learning",))
UNCONSTRAINED = Fault("unbounded-objective", (), (*_BURST, "learning-rate-too-high"))
CLAMPED = Fault("vanishing-gradient", ("vanishing-signal",), _STUCK)
PLATEAU = Fault("not-learning", (), ("learning-rate-too-low", "symmetric-units", "vanishing-gradient"))

CONSTANT_LAYER = Fault(
    "no-gradient", ("vanishing-signal", "dead-units", "saturated-activation"), ("vanishing-gradient", *_STUCK)
)
"""A layer that answers every example alike: a threshold that nothing reaches, a dropout of everything."""
OSCILLATING = Fault(
    "oscillating-loss", ("learning-rate-too-high",), (*_BURST, "vanishing-gradient", "vanishing-signal")
)
SPIKING = Fault(
    "gradient-spikes", ("learning-rate-too-high", "exploding-through-time"),
    (*_BURST, "vanishing-gradient", "vanishing-signal", "vanishing-through-time", "not-learning"),
)  # fmt: skip
HIDDEN_NAN = Fault("non-finite-gradient", ("non-finite-origin",), ("output-loss-mismatch",))
"""A not-a-number that no output shows: the loss is finite, and its gradient is not."""
ALL_SKIPPED = Fault(
    "overflow", ("skipped-amp-step",), ("learning-rate-too-low", "not-learning", "non-finite-gradient")
)
UNSCALED_LOSS = Fault(
    "underflow",
    ("vanishing-gradient", "no-gradient"),
    ("learning-rate-too-low", "not-learning", "update-below-precision"),
)


def sick(
    name: str, fault: Fault, submission: Submission, fix: Submission, compare: Measure = "loss"
) -> Configuration:
    """A configuration that is meant to be sick; its outcome decides."""
    return Configuration(
        name, submission, fix, mechanism=fault.mechanism, also=fault.also, same_root=fault.same_root,
        compare=compare,
    )  # fmt: skip


def healthy(
    name: str, submission: Submission, reference: Submission, compare: Measure = "loss"
) -> Configuration:
    """A configuration that is meant to be healthy, beside the textbook's network for its task."""
    return Configuration(name, submission, reference, compare=compare)
