"""Scale-free signals of one network in one run: what the rules look at instead of raw statistics.

Nothing here is a threshold on a raw gradient. Signals are ratios over depth and time, update sizes as the
optimiser really took them, and skill against the trivial predictor, so multiplying the loss changes none.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from statistics import fmean, median

from service.diagnosis.structure import Structure
from service.schemas.data import DatasetInfo
from service.schemas.evidence import Evidence, RunEvidence
from service.schemas.onnx import ImportReport
from service.schemas.plan import Family, Layer
from service.schemas.statistics import LayerStatistics, NetworkStatistics
from service.schemas.submission import Submission

TAPPED: frozenset[Family] = frozenset({"activation", "normalization", "recurrent", "attention", "operation"})
LEARNING = 0.3
"""Skill from which a network gets somewhere: what no evidence speaks against is then no matter of doubt."""
LEARNED = 0.45
"""Skill from which it has learned: evidence beside it is latent."""
GAINED = 0.6
"""Gain in accuracy from which it counts as learning, whatever its loss makes of that."""
ADAPTIVE = frozenset(
    {"Adam", "AdamW", "Adamax", "NAdam", "RAdam", "RMSprop", "Adagrad", "Adadelta", "Adafactor"}
)
"""Optimisers that divide each gradient by a running estimate of its size."""
SETTLED_PROBES = 3


@dataclass(frozen=True)
class Signals:
    """One network of one run. Methods take a probed step and answer None where it was not measured."""

    submission: Submission
    planned_steps: int
    network: str
    layers: tuple[Layer, ...]
    """Of this network alone, in order of depth."""
    run: RunEvidence
    dataset: DatasetInfo | None = None
    """What is known of an uploaded data set."""
    imported: ImportReport | None = None
    """What an uploaded network's file turned out to hold."""

    @cached_property
    def structure(self) -> Structure:
        """What was known before anything ran."""
        return Structure(self.submission, self.network, self.layers, self.dataset, self.imported)

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
    def adaptive(self) -> bool:
        """Whether the optimiser scales each gradient by its own size."""
        return self.submission.training.optimizer.type in ADAPTIVE

    @property
    def clamp(self) -> float | None:
        """What a critic's weights are clamped to after every step; None where nothing clamps this network's."""
        return self.submission.training.loss.weight_clip if self.network == "critic" else None

    @property
    def skill(self) -> float | None:
        """Of the run's last tenth; None for objectives without a trivial predictor."""
        return self.run.outcome.skill

    @property
    def learned(self) -> bool:
        """Whether the network got somewhere: then evidence of an illness is latent.

        A skill above 1 is that of a loss without a bottom and says nothing; a loss that is worse than that of the best
        constant tells more than an accuracy.
        """
        skilled = self.skill is not None and LEARNED <= self.skill <= 1
        lost = self.skill is not None and self.skill <= 0
        return skilled or (self.gain is not None and self.gain >= GAINED and not lost)

    @property
    def cut_short(self) -> bool:
        """Whether the run ended before its budget: that it has learned nothing yet is then no evidence in itself."""
        return self.run.outcome.stopped == "settled"

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

    @property
    def gain(self) -> float | None:
        """Accuracy as a share of the way from guessing to perfect; None where classes are not known."""
        answer, accuracy = self.structure.answer, self.run.outcome.accuracy
        classes = answer.classes if answer is not None and answer.kind == "class" else None
        return None if accuracy is None or not classes else (accuracy - 1 / classes) / (1 - 1 / classes)

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

    @cached_property
    def losses(self) -> tuple[NetworkStatistics, ...]:
        """Steps whose loss was kept."""
        return tuple(row for row in self.run.network if row.loss is not None)

    @cached_property
    def projected_skill(self) -> float | None:
        """Skill by the end of the plan, were the loss to go on falling as over the run's second half.

        None for runs that are too short to have a slope, went non-finite, or have no trivial predictor.
        """
        losses = [row.loss for row in self.losses if row.loss is not None]
        trivial, quarter = self.run.outcome.trivial_loss, len(losses) // 4
        if trivial is None or trivial <= 0 or quarter < 4 or not all(map(math.isfinite, losses)):
            return None
        before, now = fmean(losses[-2 * quarter : -quarter]), fmean(losses[-quarter:])
        falling = max(0.0, (before - now) / quarter)
        return 1 - (now - falling * max(0, self.planned_steps - len(losses))) / trivial

    @property
    def start(self) -> float:
        """max(first loss, trivial loss): what a network that has learned nothing may be expected to show."""
        outcome = self.run.outcome
        known = [v for v in (outcome.first_loss, outcome.trivial_loss) if v is not None and math.isfinite(v)]
        return max(known, default=math.nan)

    @cached_property
    def loss_peak(self) -> float:
        """Largest finite loss after the first step over `start`; 0 for objectives without a trivial predictor."""
        if self.run.outcome.trivial_loss is None:
            return 0.0
        finite = [
            row.loss
            for row in self.losses
            if row.step > 0 and row.loss is not None and math.isfinite(row.loss)
        ]
        return max(finite, default=0.0) / self.start if self.start > 0 else 0.0


def signals_of(evidence: Evidence, run: RunEvidence) -> list[Signals]:
    """One view for each network of the submission, in order of depth."""
    names = dict.fromkeys(layer.network for layer in evidence.layers)
    return [
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
