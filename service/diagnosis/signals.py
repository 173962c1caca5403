"""Scale-free signals of one network in one run: what the rules look at instead of raw statistics.

Nothing here is a threshold on a raw gradient. Signals are ratios over depth and time, update sizes as the
optimiser really took them, and skill against the trivial predictor, so multiplying the loss changes none.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from statistics import median

from service.diagnosis.progress import Progress
from service.schemas.evidence import Evidence, RunEvidence
from service.schemas.plan import Family, Layer
from service.schemas.statistics import LayerStatistics

TAPPED: frozenset[Family] = frozenset({"activation", "normalization", "recurrent", "attention", "operation"})
HEARD = 0.5
"""Sum of updates over the plan from which a generator is taken to learn from its critic."""
SETTLED_PROBES = 3


@dataclass(frozen=True)
class Signals(Progress):
    """One network of one run. Methods take a probed step and answer None where it was not measured."""

    generator: "Signals | None" = None
    """Of a critic: the network that learns through it."""

    @property
    def heard(self) -> bool:
        """Whether a critic's gradient reaches its generator: that moves, whatever the critic looks like inside."""
        return self.generator is not None and (self.generator.reach or 0.0) >= HEARD

    @cached_property
    def statistics(self) -> dict[int, dict[int, LayerStatistics]]:
        """Statistics by probed step, then depth."""
        own = {layer.depth for layer in self.layers}
        table: dict[int, dict[int, LayerStatistics]] = {}
        for row in self.run.layers:
            if row.depth in own:
                table.setdefault(row.step, {})[row.depth] = row
        return dict(sorted(table.items()))

    @property
    def steps(self) -> tuple[int, ...]:
        """Probed steps, ascending."""
        return tuple(self.statistics)

    @cached_property
    def taps(self) -> tuple[Layer, ...]:
        """Hidden layers whose output and its gradient were measured; the output itself is no hidden layer.

        Linear networks have no activation to tap: there the weighted layers stand in.
        """
        first = next(iter(self.statistics.values()), {})
        hidden = [layer for layer in self.layers if layer.depth not in self._tail]
        measured = [
            layer
            for layer in hidden
            if (row := first.get(layer.depth)) is not None and row.output_gradient_rms is not None
        ]
        tapped = [layer for layer in measured if layer.family in TAPPED]
        return tuple(tapped if len(tapped) > 1 else measured)

    @cached_property
    def _tail(self) -> frozenset[int]:
        """Depths from the last weighted layer on: the output layer and what shapes it."""
        weighted = [layer.depth for layer in self.weighted]
        return frozenset(layer.depth for layer in self.layers if weighted and layer.depth >= weighted[-1])

    @cached_property
    def weighted(self) -> tuple[Layer, ...]:
        """Layers with weights of their own that carry the signal (normalisation is left out)."""
        return tuple(layer for layer in self.layers if layer.parameters and layer.family != "normalization")

    @property
    def recovering(self) -> bool:
        """Whether the last three probes of a run that is cut short see a bad start pass: more steps will tell.

        The signal tells examples apart three times better from the first of them to the last, or D rises by half a
        decade.
        """
        if not self.cut_short or len(self.steps) < SETTLED_PROBES:
            return False
        then, now = self.steps[-SETTLED_PROBES], self.steps[-1]
        parts, ratios = (self.signal(then), self.signal(now)), (self.depth_ratio(then), self.depth_ratio(now))
        clearer = parts[0] is not None and parts[1] is not None and parts[1] >= 3 * parts[0]
        risen = ratios[0] is not None and ratios[1] is not None and ratios[1] - ratios[0] >= 0.5
        return clearer or risen

    def row(self, step: int, layer: Layer) -> LayerStatistics | None:
        """What was measured at one layer at one step."""
        return self.statistics.get(step, {}).get(layer.depth)

    def value(self, step: int, statistic: str, layer: Layer) -> float | None:
        """One statistic of one layer at one step."""
        return next((value for _, value in self.values(step, statistic, (layer,))), None)

    def values(self, step: int, statistic: str, layers: Sequence[Layer]) -> list[tuple[Layer, float]]:
        """One statistic along `layers`, those left out where it was not measured."""
        rows = ((layer, self.row(step, layer)) for layer in layers)
        pairs = ((layer, getattr(row, statistic)) for layer, row in rows if row is not None)
        return [(layer, value) for layer, value in pairs if value is not None]

    def gradient_norms(self, step: int) -> list[tuple[Layer, float]]:
        """L2 norm of dL/da per example at each tap (RMS times root of the size: pooling keeps it)."""
        return [
            (layer, value * math.sqrt(math.prod(layer.output.shape)))
            for layer, value in self.values(step, "output_gradient_rms", self.taps)
        ]

    def depth_ratio(self, step: int) -> float | None:
        """D = log10(‖dL/da‖ at the first tap / at the last): negative vanishes, positive explodes."""
        return _log_ratio(self.gradient_norms(step), of_first=True)

    def signal_ratio(self, step: int) -> float | None:
        """Return fw = log10(RMS a at the last tap / at the first): how the forward signal scales over depth."""
        return _log_ratio(self.values(step, "activation_rms", self.taps), of_first=False)

    def signal(self, step: int) -> float | None:
        """Return sig = batch std / RMS of the last tap: 0 means that every example looks the same there."""
        return self.signal_at(step, self.taps[-1]) if self.taps else None

    def signal_at(self, step: int, layer: Layer) -> float | None:
        """Batch std / RMS of one layer's output."""
        row = self.row(step, layer)
        if row is None or not row.activation_rms or row.activation_batch_std is None:
            return None
        return row.activation_batch_std / row.activation_rms

    def saturation(self, step: int) -> float | None:
        """Return sat: the largest share of saturated units of any layer."""
        return _largest(self.values(step, "activation_saturated_share", self.layers))

    def update(self, step: int) -> float | None:
        """Return u*: the largest ‖Δw‖/‖w‖ of any layer with non-zero weights."""
        return _largest(self.updates(step))

    def updates(self, step: int) -> list[tuple[Layer, float]]:
        """‖Δw‖/‖w‖ by layer; zero-initialised weights have no ratio until they have moved."""
        return [
            (layer, v) for layer, v in self.values(step, "update_ratio", self.weighted) if math.isfinite(v)
        ]

    @cached_property
    def reach(self) -> float | None:
        """Sum of u* over the planned steps, linear between probes and constant after the last one."""
        known = [(step, value) for step in self.steps if (value := self.update(step)) is not None]
        if not known:
            return None
        between = ((later - step) * (value + after) / 2 for (step, value), (later, after) in pairwise(known))
        last, value = known[-1]
        return sum(between) + max(0, self.planned_steps - last) * value

    def epsilon_share(self, step: int) -> float | None:
        """The largest share of weights whose √v̂ is below Adam's eps."""
        return _largest(self.values(step, "adam_epsilon_share", self.weighted))

    def settled(self, signal: Callable[[int], float | None]) -> float | None:
        """Median of a signal over the last three probes: the state that the run ended in."""
        values = [value for step in self.steps[-SETTLED_PROBES:] if (value := signal(step)) is not None]
        return None if not values else math.nan if any(map(math.isnan, values)) else median(values)

    def highest(self, signal: Callable[[int], float | None]) -> tuple[float, int] | None:
        """Largest finite value of a signal over all probes, and its step."""
        values = [
            (value, step)
            for step in self.steps
            if (value := signal(step)) is not None and math.isfinite(value)
        ]
        return max(values, key=lambda pair: pair[0], default=None)


def signals_of(evidence: Evidence, run: RunEvidence) -> list[Signals]:
    """One view for each network of the submission, in order of depth."""
    names = dict.fromkeys(layer.network for layer in evidence.layers)
    views = [
        Signals(
            submission=evidence.submission,
            planned_steps=evidence.planned_steps,
            network=name,
            layers=tuple(layer for layer in evidence.layers if layer.network == name),
            run=run,
            dataset=evidence.dataset,
            imported=evidence.imported,
        )
        for name in names
    ]
    generator = next((view for view in views if view.network == "generator"), None)
    return [replace(view, generator=generator) if view.network == "critic" else view for view in views]


def _largest(pairs: Sequence[tuple[Layer, float]]) -> float | None:
    """Largest value; NaN wins over any number."""
    return max((value for _, value in pairs), key=lambda v: math.inf if math.isnan(v) else v, default=None)


def _log_ratio(pairs: Sequence[tuple[Layer, float]], *, of_first: bool) -> float | None:
    """log10 of first over last (or last over first); zero over something is -inf, NaN stays NaN."""
    if len(pairs) < 2:
        return None
    first, last = pairs[0][1], pairs[-1][1]
    above, below = (first, last) if of_first else (last, first)
    if math.isnan(above) or math.isnan(below) or (above == 0 and below == 0):
        return math.nan
    if below == 0 or math.isinf(above):
        return math.inf
    if above == 0 or math.isinf(below):
        return -math.inf
    return math.log10(above) - math.log10(below)
