"""What another tool's rules are asked for, and the readings of a trace that several of them share."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from benchmarks.accuracy.families import Family
from service.schemas.evidence import Evidence, RunEvidence
from service.schemas.plan import Layer
from service.schemas.statistics import LayerStatistics, NetworkStatistics

MEAN_OF_RMS = math.sqrt(2 / math.pi)
"""Mean absolute value over RMS of a normal distribution: means of |x| are not in our traces."""
HALF_BEYOND = 0.6745
"""Half of a normal distribution lies beyond that many standard deviations."""


@dataclass(frozen=True)
class View:
    """One run as a tool sees it."""

    evidence: Evidence
    run: RunEvidence

    @property
    def steps(self) -> list[int]:
        """Probed steps."""
        return sorted({row.step for row in self.run.layers})

    def rows(self, step: int) -> list[tuple[Layer, LayerStatistics]]:
        """Layers with their statistics at a step, in order of depth."""
        found = {row.depth: row for row in self.run.layers if row.step == step}
        return [(layer, found[layer.depth]) for layer in self.evidence.layers if layer.depth in found]

    def weighted(self, step: int) -> list[tuple[Layer, LayerStatistics]]:
        """Those of the layers with weights."""
        return [(layer, row) for layer, row in self.rows(step) if row.weight_gradient_rms is not None]

    @property
    def losses(self) -> list[float]:
        """Loss of every step."""
        return [row.loss for row in self.run.network if row.loss is not None]

    @property
    def probed(self) -> list[NetworkStatistics]:
        """Network statistics of probed steps."""
        probed = set(self.steps)
        return [row for row in self.run.network if row.step in probed]

    @property
    def batch(self) -> int:
        """Examples of a batch."""
        return self.evidence.submission.training.batch_size

    @property
    def lost(self) -> bool:
        """Whether anything went non-finite."""
        return self.run.outcome.stopped == "non-finite" or any(
            not math.isfinite(loss) for loss in self.losses
        )


Alarms = dict[str, Family | None]
"""Names of the rules that fire, with the family that each speaks of."""


@dataclass(frozen=True)
class Tool:
    """Another tool's published rules on our traces."""

    name: str
    source: str
    approximated: str
    """What our traces do not hold, and how it was replaced."""
    detect: Callable[[View], Alarms]

    def alarms(self, evidence: Evidence) -> Alarms:
        """Alarms in more than half of the seeds."""
        views = [self.detect(View(evidence, run)) for run in evidence.runs]
        kinds = {name: kind for view in views for name, kind in view.items()}
        return {
            name: kind for name, kind in kinds.items() if sum(name in view for view in views) * 2 > len(views)
        }


def below(value: float | None, bound: float) -> bool:
    """A measured number under a bound; comparisons with NaN are false, as they are in the tools."""
    return value is not None and value < bound


def above(value: float | None, bound: float) -> bool:
    """A measured number over a bound."""
    return value is not None and value > bound


def named(pairs: Iterable[tuple[str, Family | None, bool]]) -> Alarms:
    """The alarms of which the condition holds."""
    return {name: family for name, family, there in pairs if there}


def saturated(view: View, step: int, bounds: dict[str, float]) -> bool:
    """Whether at some activation half of the inputs lie beyond the bound, were they normally distributed."""
    rows = {layer.depth: row for layer, row in view.rows(step)}
    for layer, _ in view.rows(step):
        source = rows.get(layer.inputs[0]) if layer.inputs else None
        if (
            layer.type in bounds
            and source is not None
            and above(source.activation_rms, bounds[layer.type] / HALF_BEYOND)
        ):
            return True
    return False
