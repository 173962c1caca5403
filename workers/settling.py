"""When a run may end before its budget: once more of it would not change what is said of it."""

import math
from collections.abc import Sequence
from dataclasses import replace

from service.diagnosis.engine import judge
from service.diagnosis.progress import LEARNED
from service.diagnosis.signals import signals_of
from service.schemas.data import DatasetInfo
from service.schemas.evidence import Evidence, RunEvidence
from service.schemas.onnx import ImportReport
from service.schemas.order import RunOrder
from service.schemas.plan import Layer
from service.schemas.run import Outcome
from service.schemas.statistics import LayerStatistics, NetworkStatistics, TimeProfile
from workers.probes.recorder import Emit
from workers.probes.schedule import probed

SOONEST = 32
"""No run settles before this step: many networks escape a bad start within it."""
AGREEING = 3
"""Probes that must say the same."""

Opinion = tuple[str, tuple[tuple[str, str], ...]]
"""Verdict, and each finding's rule and severity."""


class Settling:
    """Reads the rows of one run as they pass by, and judges what they say so far.

    A verdict has settled when three probes agree on it: on findings of a network that learns nothing, or on a
    network that learns without any. A network that neither learns nor shows why goes on to its budget, and so does one
    whose loss falls fast enough to get there.
    """

    def __init__(
        self,
        order: RunOrder,
        layers: tuple[Layer, ...],
        dataset: DatasetInfo | None,
        emit: Emit,
        imported: ImportReport | None = None,
    ) -> None:
        self._order = order
        self._table = layers
        self._dataset = dataset
        self._emit = emit
        # What an export has lost is told at the end; it says nothing of how the training goes.
        self._imported = None if imported is None else imported.model_copy(update={"lost": ()})
        self._layers: list[LayerStatistics] = []
        self._network: list[NetworkStatistics] = []
        self._time_profiles: list[TimeProfile] = []
        self._opinions: list[Opinion] = []

    def __call__(
        self,
        *,
        layers: tuple[LayerStatistics, ...],
        network: tuple[NetworkStatistics, ...],
        time_profiles: tuple[TimeProfile, ...],
    ) -> None:
        """Keep rows and pass them on."""
        self._layers.extend(layers)
        self._network.extend(network)
        self._time_profiles.extend(time_profiles)
        self._emit(layers=layers, network=network, time_profiles=time_profiles)

    def settled(self, losses: Sequence[float], trivial_loss: float) -> bool:
        """Whether the run may end after the step whose loss is the last of `losses`."""
        step = len(losses) - 1
        full = self._order.submission.probing.profile == "full" or not self._order.settles
        if full or step == self._order.steps - 1 or not probed(step, self._order.steps):
            return False
        self._opinions.append(self._opinion(losses, trivial_loss))
        recent = self._opinions[-AGREEING:]
        agreed = len(recent) == AGREEING and len(set(recent)) == 1
        return step >= SOONEST and agreed and self._conclusive(recent[0][0], trivial_loss)

    @staticmethod
    def _conclusive(verdict: str, trivial_loss: float) -> bool:
        """Whether the outcome bears the verdict out: without a skill to measure, healthy takes the whole budget."""
        return verdict != "inconclusive" and (verdict != "healthy" or trivial_loss > 0)

    def _opinion(self, losses: Sequence[float], trivial_loss: float) -> Opinion:
        # Rows between probes come in batches, so the latest losses are told here before their rows are.
        rows = {
            step: NetworkStatistics.model_validate({"step": step, "loss": loss})
            for step, loss in enumerate(losses)
        }
        rows |= {row.step: row for row in self._network}
        run = RunEvidence(
            seed=self._order.seed,
            outcome=so_far(losses, trivial_loss),
            network=tuple(row for _, row in sorted(rows.items())),
            layers=tuple(self._layers),
            time_profiles=tuple(self._time_profiles),
        )
        evidence = Evidence(
            submission=self._order.submission,
            layers=self._table,
            planned_steps=self._order.planned_steps,
            runs=(run,),
            dataset=self._dataset,
            imported=self._imported,
        )
        judgement = judge(evidence)
        verdict = judgement.verdict
        if verdict in {"unstable", "warning"} and self._recovers(evidence):
            verdict = "inconclusive"
        return verdict, tuple((finding.rule, finding.severity) for finding in judgement.findings)

    def _recovers(self, evidence: Evidence) -> bool:
        """Whether the loss falls fast enough to count as learning within the budget, whatever is found so far."""
        views = (
            replace(view, planned_steps=self._order.steps) for view in signals_of(evidence, evidence.runs[0])
        )
        return any((view.projected_skill or 0.0) >= LEARNED for view in views)


def so_far(losses: Sequence[float], trivial_loss: float) -> Outcome:
    """The outcome of a run if it ended now."""
    tail = losses[-max(1, len(losses) // 10) :]
    last = sum(tail) / len(tail)
    known = trivial_loss > 0 and math.isfinite(trivial_loss)
    return Outcome(
        steps_run=len(losses),
        stopped="settled",
        first_loss=losses[0],
        last_loss=last,
        best_loss=min(losses),
        trivial_loss=trivial_loss if known else None,
        skill=1 - last / trivial_loss if known else None,
        accuracy=None,
        device="",
        engine="",
        seconds=0.0,
    )
