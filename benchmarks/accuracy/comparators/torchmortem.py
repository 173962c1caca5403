"""The detectors of torchmortem at the defaults of its source; findings of both its severities count."""

import math
from itertools import pairwise
from statistics import mean, median

from benchmarks.accuracy.comparators.tool import Alarms, Tool, View, named

VANISHING_RATIO, EXPLODED, STALLED, STALLED_STEPS = 100.0, 1000.0, 1e-8, 0.3
DEAD, SATURATED, SUSTAINED = 0.5, 0.5, 0.5
LOW_UPDATE, HIGH_UPDATE = 1e-5, 1e-1
GROWN, STAGNANT, IMBALANCED = 10.0, 1e-4, 100.0
WINDOW, RISING, RISEN, FLAT = 20, 0.8, 1.5, 1e-5
NOTHING = 1e-30

Table = list[list[float]]
"""By probed step, then layer."""


def detect(view: View) -> Alarms:
    """Gradient flow, dead and saturated units, updates, weight norms and the course of the loss."""
    norms = _norms(view)
    late = norms[len(norms) // 2 :]
    return named(
        (
            ("vanishing gradients", "vanishing", _vanishing(late)),
            ("exploding gradients", "exploding", any(value > EXPLODED for row in norms for value in row)),
            ("gradient stalling", "vanishing", _stalled(norms)),
            ("dead units", "vanishing", _sustained(view, "activation_dead_share", DEAD)),
            ("saturation", "vanishing", _sustained(view, "activation_saturated_share", SATURATED)),
            *_updates(view),
            *_weights(view),
            ("divergence", "exploding", _diverges(view.losses)),
            ("plateau", None, _flat(view.losses)),
        )
    )


def _column(view: View, statistic: str) -> Table:
    """A statistic of layers with weights, 0 where it was not measured."""
    return [[getattr(row, statistic) or 0.0 for _, row in view.weighted(step)] for step in view.steps]


def _norms(view: View) -> Table:
    """L2 norm over the batch of the gradient at each weighted layer's output."""
    return [
        [
            (row.output_gradient_rms or 0.0) * math.sqrt(view.batch * math.prod(layer.output.shape))
            for layer, row in view.weighted(step)
        ]
        for step in view.steps
    ]


def _vanishing(late: Table) -> bool:
    if not late or len(late[0]) < 2:
        return False
    first, last = (mean(row[i] for row in late) for i in (0, -1))
    if first < NOTHING:
        return True
    return last >= NOTHING and last / first >= VANISHING_RATIO


def _stalled(norms: Table) -> bool:
    return any(
        sum(value < STALLED for value in column) >= STALLED_STEPS * len(column)
        for column in zip(*norms, strict=True)
    )


def _sustained(view: View, statistic: str, bound: float) -> bool:
    """Above the bound in half of the probes of the second half."""
    late = view.steps[len(view.steps) // 2 :]
    counts: dict[int, int] = {}
    for step in late:
        for layer, row in view.rows(step):
            counts[layer.depth] = counts.get(layer.depth, 0) + ((getattr(row, statistic) or 0.0) > bound)
    return any(count >= SUSTAINED * len(late) for count in counts.values())


def _updates(view: View) -> tuple[tuple[str, None, bool], ...]:
    ratios = _column(view, "update_ratio")[1:]
    columns = [[v for v in column if v > 0] for column in zip(*ratios[len(ratios) // 2 :], strict=True)]
    middles = [median(column) for column in columns if column]
    return (
        ("update ratio too low", None, any(middle < LOW_UPDATE for middle in middles)),
        ("update ratio too high", None, any(middle > HIGH_UPDATE for middle in middles)),
    )


def _weights(view: View) -> tuple[tuple[str, None, bool], ...]:
    sizes = _column(view, "weight_rms")
    parameters = [math.sqrt(layer.parameters) for layer, _ in view.weighted(view.steps[0])]
    pairs = [(a, b) for a, b in zip(sizes[0], sizes[-1], strict=False) if a >= NOTHING]
    norms = [size * root for size, root in zip(sizes[-1], parameters, strict=False) if size * root > NOTHING]
    return (
        ("weight norm explosion", None, any(b / a > GROWN for a, b in pairs)),
        ("stagnant weight norms", None, len(sizes) >= 4 and any(abs(b - a) / a < STAGNANT for a, b in pairs)),
        ("weight norm imbalance", None, len(norms) > 1 and max(norms) / min(norms) >= IMBALANCED),
    )


def _diverges(losses: list[float]) -> bool:
    tail = losses[-min(WINDOW, len(losses) // 2) :] if len(losses) >= 10 else []
    rises = [b > a for a, b in pairwise(tail)]
    return (
        bool(rises)
        and sum(rises) >= RISING * len(rises)
        and (tail[0] <= NOTHING or tail[-1] / tail[0] >= RISEN)
    )


def _flat(losses: list[float]) -> bool:
    windows = [losses[i : i + WINDOW] for i in range(len(losses) // 2, len(losses) - WINDOW, WINDOW)]
    return len(losses) >= 2 * WINDOW and any(
        mean(window) >= NOTHING and (max(window) - min(window)) / abs(mean(window)) < FLAT
        for window in windows
    )


TOOL = Tool(
    "torchmortem",
    "github.com/sebseager/torchmortem, detectors at their defaults: last/first gradient ≥ 100, norm > 1000, "
    "< 1e-8 in 30 % of steps, dead or saturated > .5, update ratio outside 1e-5 to .1, weight norms × 10, "
    "unchanged by 1e-4 or 100 apart, loss dynamics",
    "steps are our probes; dead and saturated are counted where we count them (by unit after rectifiers, at saturating "
    "activations), which spares it false alarms on every rectifier; rank, curvature and noise are left out",
    detect,
)
