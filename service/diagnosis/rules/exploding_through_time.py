"""The gradient, or the state, grows from one time step to the next.

What it measures: DT, the ratio (as log10) of the gradient with respect to a recurrent layer's input at the first time
step and at the last; the growth of the state against the input; and whether an unbounded cell turned non-finite.

Why it matters: the growth is exponential in the length of the sequence, so that training is sound on short ones and
breaks on long ones. Weight gradients look sound at the start.

Fires on: DT ≥ 1 before the first step; DT ≥ 2 or a state a hundred times its input at any probe; a non-finite number
made in a cell with ReLU.

Stays silent on: gradients that are large at every time step alike, which is a scale of the loss.

Source: Pascanu et al. (2013); Le et al. (2015) for rectified cells; cut-offs from this project's own measurements.
"""

from pydantic import Field

from service.diagnosis.options import RuleOptions
from service.diagnosis.registry import Sighting, rule
from service.diagnosis.signals import Signals
from service.diagnosis.through_time import Decay, decay, growth_at, recurrent, state_growth, steepest_growth
from service.schemas.diagnosis import Measurement
from service.schemas.plan import Layer

BORDER = 0.3


class Options(RuleOptions):
    """What can be set of it."""

    steep: float = Field(2.0, ge=0.5, le=20)
    """DT or growth of the state at any probe."""
    growing: float = Field(1.0, ge=0.25, le=20)
    """DT before the first step."""


DEFAULTS = Options()


@rule(
    "GC203",
    "exploding-through-time",
    severity="error",
    stage="architecture",
    explains=(
        "clipping-masks-gradients", "dead-units", "diverging-training", "exploding-gradient",
        "exploding-signal", "gradient-spikes", "learning-rate-too-high", "learning-rate-too-low",
        "non-finite-gradient", "non-finite-origin", "oscillating-loss", "overflow", "saturated-activation",
        "shattered-gradient", "vanishing-gradient", "vanishing-signal", "vanishing-through-time",
    ),
    options=DEFAULTS,
)  # fmt: skip
def detect(signals: Signals, options: Options = DEFAULTS) -> Sighting | None:
    """See growth over time at any probe, or an unbounded cell that broke."""
    seen = [
        (statistic, what, found)
        for statistic, what, found in (
            ("time_ratio", "gradient", steepest_growth(signals)),
            ("state_growth", "state", state_growth(signals)),
        )
        if found is not None and found.ratio >= _bound(signals, options, statistic, found)
    ]
    broken = _broken_cell(signals)
    if not seen and broken is None:
        return None
    what = seen[0][1] if seen else "state"
    layers = tuple(dict.fromkeys(found.layer for _, _, found in seen)) or ((broken,) if broken else ())
    return Sighting(
        message=f"The {what} explodes through time in {layers[0].name}: it grows from time step to time step.",
        cause=_cause(layers[0]),
        evidence=(
            *(_grown(signals, options, statistic, which, found) for statistic, which, found in seen),
            *((_broken(signals, broken),) if broken is not None else ()),
        ),
        layers=layers,
        clear=broken is not None
        or any(_clearly(signals, options, statistic, found) for statistic, _, found in seen),
        from_start=broken is not None
        or any(_at_start(signals, options, found.layer) for _, _, found in seen),
    )


def _grown(signals: Signals, options: Options, statistic: str, what: str, found: Decay) -> Measurement:
    return Measurement(
        statistic=statistic, value=found.ratio, threshold=_bound(signals, options, statistic, found), comparison=">=",
        layer=found.layer.name, step=found.step, seed=signals.run.seed,
        meaning=f"{what}: 1e{found.ratio:.1f} over the sequence",
    )  # fmt: skip


def _broken(signals: Signals, layer: Layer) -> Measurement:
    return Measurement(
        statistic="steps_run", value=signals.run.outcome.steps_run, threshold=None, layer=layer.name,
        seed=signals.run.seed, meaning="steps until a number in this layer was not finite",
    )  # fmt: skip


def _clearly(signals: Signals, options: Options, statistic: str, found: Decay) -> bool:
    return found.ratio >= _bound(signals, options, statistic, found) + BORDER


def _bound(signals: Signals, options: Options, statistic: str, found: Decay) -> float:
    """Before the first step a gradient has no reason yet to grow through time: half as much is enough."""
    return options.growing if statistic == "time_ratio" and found.step == signals.steps[0] else options.steep


def _broken_cell(signals: Signals) -> Layer | None:
    """A recurrent layer with ReLU in which a run turned non-finite."""
    origin = signals.run.outcome.first_nonfinite
    if origin is None or signals.run.outcome.stopped != "non-finite":
        return None
    unbounded = (layer for layer in recurrent(signals) if layer.activation == "ReLU")
    return next((layer for layer in unbounded if layer.depth == origin.depth), None)


def _at_start(signals: Signals, options: Options, layer: Layer) -> bool:
    """Whether gradient or state grew through time before the first step, or nothing kept it from it."""
    if layer.activation == "ReLU":
        return True
    ratio, growth = decay(signals, signals.steps[0], layer), growth_at(signals, signals.steps[0], layer)
    return (ratio or 0.0) >= options.growing or (growth or 0.0) >= options.growing


def _cause(layer: Layer) -> str:
    if layer.activation == "ReLU":
        return f"The {layer.type}'s ReLU does not bound its state, so that a recurrent gain above one is compounded."
    return f"The recurrent weights of the {layer.type} multiply by more than one at every time step."
