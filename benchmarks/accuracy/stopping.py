"""Diagnoses as the service runs them: every run ended where a worker of profile quick would have ended it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.accuracy.labels import Labelled
from benchmarks.accuracy.settling import cut
from service.schemas.evidence import Evidence, RunEvidence
from service.schemas.order import RunOrder
from tests.diagnosing import LIMITS
from workers.settling import Settling


@dataclass(frozen=True)
class Stopped:
    """A labelled trace whose runs ended early, and after how many steps each did."""

    case: Labelled
    steps: tuple[int, ...]
    of: int
    """Steps of the whole budget."""

    @property
    def share(self) -> float:
        """Part of the budget that was run."""
        return sum(self.steps) / (self.of * len(self.steps))


def stopped(case: Labelled) -> Stopped:
    """The same case with the evidence that early stopping would have left."""
    evidence = case.trace.evidence
    runs = tuple(_ended(evidence, run) for run in evidence.runs)
    short = case.trace.model_copy(update={"evidence": evidence.model_copy(update={"runs": runs})})
    early = Labelled(case.configuration, short, case.label, case.skill, case.fix_skill)
    budget = case.configuration.submission["training"]["steps"]
    return Stopped(early, tuple(run.outcome.steps_run for run in runs), budget)


def _ended(evidence: Evidence, run: RunEvidence) -> RunEvidence:
    """The run up to the probe at which its verdict has settled."""
    steps = sorted({row.step for row in run.layers})
    losses = [row.loss for row in run.network if row.loss is not None]
    settling = _listening(evidence, run)
    for previous, step in zip([-1, *steps], steps, strict=False):
        settling(
            layers=tuple(row for row in run.layers if row.step == step),
            network=tuple(row for row in run.network if previous < row.step <= step),
            time_profiles=tuple(row for row in run.time_profiles if row.step == step),
        )
        known = losses[: step + 1]
        if len(known) <= step or not math.isfinite(known[-1]):
            break
        if settling.settled(known, run.outcome.trivial_loss or math.nan):
            (short,) = cut(evidence.model_copy(update={"runs": (run,)}), step).runs
            outcome = short.outcome.model_copy(update={"stopped": "settled"})
            return short.model_copy(update={"outcome": outcome})
    return run


def _listening(evidence: Evidence, run: RunEvidence) -> Settling:
    def emit(**_rows: Sequence[Any]) -> None:
        """Rows go nowhere."""

    order = RunOrder(
        run_id=f"run_{run.seed}", attempt=1, seed=run.seed, steps=evidence.planned_steps,
        planned_steps=evidence.planned_steps, submission=evidence.submission, limits=LIMITS,
    )  # fmt: skip
    return Settling(order, evidence.layers, evidence.dataset, emit)
