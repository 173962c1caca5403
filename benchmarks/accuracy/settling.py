"""From which probe on a verdict no longer changes: traces cut short and judged again."""

import math
from collections.abc import Sequence

from service.diagnosis.engine import judge
from service.schemas.evidence import Evidence, RunEvidence
from service.schemas.run import Outcome


def settled_step(evidence: Evidence) -> int:
    """The first probed step from which on the verdict is the last one's."""
    steps = sorted({row.step for run in evidence.runs for row in run.layers})
    last = judge(evidence).verdict
    settled = steps[-1]
    for step in reversed(steps[:-1]):
        if judge(cut(evidence, step)).verdict != last:
            break
        settled = step
    return settled


def cut(evidence: Evidence, step: int) -> Evidence:
    """The evidence as it stood after `step`."""
    return evidence.model_copy(update={"runs": tuple(_cut(run, step) for run in evidence.runs)})


def _cut(run: RunEvidence, step: int) -> RunEvidence:
    network = tuple(row for row in run.network if row.step <= step)
    losses = [row.loss for row in network if row.loss is not None]
    accuracies = [row.accuracy for row in network if row.accuracy is not None]
    return RunEvidence(
        seed=run.seed,
        outcome=_outcome(run.outcome, step, losses, accuracies[-1] if accuracies else None),
        network=network,
        layers=tuple(row for row in run.layers if row.step <= step),
        time_profiles=tuple(row for row in run.time_profiles if row.step <= step),
    )


def _outcome(outcome: Outcome, step: int, losses: Sequence[float], accuracy: float | None) -> Outcome:
    """As if the run had been given no more steps than this."""
    if step + 1 >= outcome.steps_run:
        return outcome
    late = losses[-max(1, math.ceil(len(losses) / 10)) :]
    last = sum(late) / len(late) if late else None
    trivial, first_bad = outcome.trivial_loss, outcome.first_nonfinite
    return outcome.model_copy(
        update={
            "steps_run": step + 1,
            "stopped": "budget",
            "last_loss": last,
            "best_loss": min((loss for loss in losses if not math.isnan(loss)), default=None),
            "skill": 1 - last / trivial if last is not None and trivial else None,
            "accuracy": accuracy,
            "first_nonfinite": first_bad if first_bad and first_bad.step <= step else None,
        }
    )
