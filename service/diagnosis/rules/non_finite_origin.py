"""The first place where a NaN or an infinity appeared.

What it measures: the first layer and step whose output (forward) or gradient (backward) is not finite while what
went into it still was. Layers that merely received it are victims and are not named.

Why it matters: after one NaN every weight is NaN at the next step; the place where it was made is where to look.

Fires on: any non-finite origin in a run that stopped for it.

Stays silent on: steps that loss scaling skipped, which is what it is for.

Source: the definition; the probes tell producer and victim apart.
"""

from service.diagnosis.registry import Sighting, rule
from service.diagnosis.signals import Signals
from service.schemas.diagnosis import Measurement
from service.schemas.run import NonFinite


@rule("GC301", "non-finite-origin", severity="error", stage="consequence", explains=("non-finite-gradient",))
def detect(signals: Signals) -> Sighting | None:
    """See a run that ended in a non-finite number, and where that was made."""
    outcome = signals.run.outcome
    if outcome.stopped != "non-finite":
        return None
    origin = outcome.first_nonfinite
    if origin is None:
        return _unplaced(signals)
    layers = tuple(layer for layer in signals.layers if layer.depth == origin.depth)
    if origin.depth is not None and not layers:
        return None
    return Sighting(
        message=f"Training turns {origin.value}: {_place(origin)}.",
        cause=_cause(origin),
        evidence=(
            Measurement(
                statistic="first_nonfinite", value=float(origin.value.replace("Infinity", "inf")), threshold=None,
                layer=origin.layer, step=origin.step, seed=signals.run.seed, meaning=f"in the {origin.direction} pass",
            ),
        ),
        layers=layers,
        latent=False,
    )  # fmt: skip


def _unplaced(signals: Signals) -> Sighting:
    """The run ended non-finite and no probe saw where it began."""
    return Sighting(
        message="Training turns non-finite; the layer where it began could not be told.",
        cause="The loss or a weight stopped being a finite number.",
        evidence=(
            Measurement(
                statistic="last_loss", value=signals.run.outcome.last_loss, threshold=None,
                step=signals.run.outcome.steps_run, seed=signals.run.seed,
            ),
        ),
        latent=False,
    )  # fmt: skip


def _place(origin: NonFinite) -> str:
    """Where it was made, in words."""
    if origin.layer == "input":
        return f"it is in the input already, at step {origin.step}"
    if origin.layer == "loss":
        return f"the loss itself makes it at step {origin.step}, of finite outputs"
    what = "output" if origin.direction == "forward" else "gradient"
    return f"{origin.layer} is the first whose {what} is not finite, at step {origin.step}"


def _cause(origin: NonFinite) -> str:
    """Why, as far as the place tells."""
    if origin.layer == "input":
        return "The data contain values that are not finite."
    if origin.layer == "loss":
        return "The loss divides by zero, takes the logarithm of zero, or overflows."
    if origin.direction == "backward":
        return f"The derivative of {origin.layer} is not finite where its output is (a root or a division at zero)."
    return f"{origin.layer} makes a non-finite number of finite ones: an overflow, a division or a logarithm of zero."
