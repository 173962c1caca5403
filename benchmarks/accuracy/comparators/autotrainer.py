"""AutoTrainer's detection (Zhang et al., ICSE 2021) with the parameters of its repository."""

import math
from itertools import pairwise

from benchmarks.accuracy.comparators.tool import Alarms, Tool, View, named

RATIO, NORM, EXPLODED, ZEROS = 1e-3, 1e-4, 70.0, 0.7
SATISFIED, LITTLE, SWING, SWINGS = 0.7, 0.01, 0.03, 0.2
JUDGED_FROM, EPOCHS, HUGE_LOSS = 0.3, 20, 1e5


def detect(view: View) -> Alarms:
    """Gradient rules count only where the accuracy is unsatisfying, checked in the last 70 % of the training."""
    if view.lost or any(loss >= HUGE_LOSS for loss in view.losses):
        return {"explode": "exploding"}
    late = [step for step in view.steps if step >= JUDGED_FROM * view.run.outcome.steps_run]
    scores = _scores(view)
    gains = [after - before for before, after in pairwise(scores)]
    unsatisfied = max(scores, default=0.0) < SATISFIED or max(gains, default=0.0) < LITTLE
    if not unsatisfied:
        return named((("unstable", None, _swings(scores)),))
    found = {sign for step in late for sign in _signs(view, step)}
    order = (("relu", "vanishing"), ("explode", "exploding"), ("vanish", "vanishing"))
    for name, family in order:
        if name in found:
            return {name: family}  # type: ignore[dict-item]
    return named((("not_converge", None, max(gains, default=0.0) < LITTLE),))


def _signs(view: View, step: int) -> set[str]:
    """Kernels' gradient norms, first over last, and the share of zeros in all gradients."""
    rows = view.weighted(step)
    norms = [(row.weight_gradient_rms or 0.0) * math.sqrt(layer.parameters) for layer, row in rows]
    sizes = [layer.parameters for layer, _ in rows]
    zeros = sum(
        size * (row.weight_gradient_zero_share or 0.0) for size, (_, row) in zip(sizes, rows, strict=True)
    )
    if not norms:
        return set()
    ratio = norms[0] / norms[-1] if norms[-1] else math.nan
    signs = (
        ("relu", zeros / sum(sizes) >= ZEROS),
        ("explode", ratio > EXPLODED),
        ("vanish", ratio < RATIO and norms[0] < NORM),
    )
    return {name for name, there in signs if there}


def _scores(view: View) -> list[float]:
    """What stands for the accuracy of an epoch: 1 - loss / trivial loss over each twentieth of the training."""
    trivial, losses = view.run.outcome.trivial_loss, view.losses
    if not trivial or not losses:
        return []
    size = max(1, len(losses) // EPOCHS)
    means = [sum(losses[i : i + size]) / size for i in range(0, len(losses) - size + 1, size)]
    return [1 - mean / trivial for mean in means]


def _swings(scores: list[float]) -> bool:
    inner = list(zip(scores, scores[1:], scores[2:], strict=False))
    highs = [b for a, b, c in inner if b >= a and b >= c]
    lows = [b for a, b, c in inner if b <= a and b <= c]
    wide = sum(high - low >= SWING for high, low in zip(highs, lows, strict=False))
    return wide >= SWINGS * len(scores) if scores else False


TOOL = Tool(
    "AutoTrainer",
    "github.com/shiningrain/AUTOTRAINER: gradient ratio < 1e-3 with norm < 1e-4, ratio > 70, zeros ≥ .7, "
    "loss ≥ 1e5 or NaN, swings of .03 in a fifth of the epochs, gated by an accuracy below .7 or "
    "gains below .01 (all but NaN, huge losses and swings)",
    "epochs are twentieths of the training; the skill of the loss stands for accuracy; biases count with their "
    "kernels; no trivial loss (GAN) means not satisfied",
    detect,
)
