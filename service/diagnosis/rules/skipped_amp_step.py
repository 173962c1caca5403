"""Loss scaling skipped steps whose gradients overflowed.

What it measures: how many steps were skipped, and which was the last.

Why it matters: it does not, and that is worth saying: dynamic loss scaling starts high on purpose and halves itself
until gradients fit. The NaN that a log shows in these steps touched no weight.

Fires on: any skipped step. Always a note, never a warning.

Stays silent on: trainings without loss scaling, and runs that went non-finite all the same.

Source: torch.amp.GradScaler's documentation.
"""

from service.diagnosis.registry import Sighting, rule
from service.diagnosis.signals import Signals
from service.schemas.diagnosis import Measurement


@rule("GC910", "skipped-amp-step", severity="note", stage="consequence")
def detect(signals: Signals) -> Sighting | None:
    """See skipped steps."""
    skipped = [row.step for row in signals.run.network if row.skipped]
    if not skipped or not signals.structure.judged or signals.run.outcome.stopped == "non-finite":
        return None
    steps = signals.run.outcome.steps_run
    return Sighting(
        message=f"Loss scaling skipped {len(skipped)} of {steps} steps, the last of them step {skipped[-1]}.",
        cause="Scaled gradients overflowed, the step was left out and the scale halved, as it should be.",
        evidence=(
            Measurement(
                statistic="skipped_steps", value=len(skipped), threshold=0, comparison=">", step=skipped[-1],
                seed=signals.run.seed,
            ),
        ),
        latent=False,
        contributory=True,
    )  # fmt: skip
