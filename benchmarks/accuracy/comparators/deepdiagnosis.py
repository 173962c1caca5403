"""DeepDiagnosis (Wardat et al., ICSE 2022) and DeepLocalize (ICSE 2021), as their callbacks check."""

import math

from benchmarks.accuracy.comparators.tool import (
    MEAN_OF_RMS,
    Alarms,
    Tool,
    View,
    above,
    below,
    named,
    saturated,
)

DEAD, VANISHED = 0.7, 1e-7
BOUNDS = {"Tanh": 5.0, "Sigmoid": 5.0}
EPOCHS, WINDOW, LONG_WINDOW = 20, 5, 20


def deepdiagnosis(view: View) -> Alarms:
    """Dead in the last epoch, saturated or unchanged in any, vanishing in any, and numbers that are none."""
    last = [row for _, row in view.rows(view.steps[-1])]
    gradients = [row for step in view.steps for _, row in view.weighted(step)]
    return deeplocalize(view) | named(
        (
            ("dead node", "vanishing", any(above(row.activation_dead_share, DEAD - 1e-9) for row in last)),
            ("saturated activation", "vanishing", any(saturated(view, step, BOUNDS) for step in view.steps)),
            (
                "vanishing gradient",
                "vanishing",
                any(below(row.weight_gradient_rms, VANISHED / MEAN_OF_RMS) for row in gradients),
            ),
        )
    )


def deeplocalize(view: View) -> Alarms:
    """Means that are NaN, infinite, zero or unchanged."""
    outputs = [row.activation_mean for step in view.steps for _, row in view.rows(step)]
    gradients = [row.weight_gradient_mean for step in view.steps for _, row in view.weighted(step)]
    accuracies = [row.accuracy for row in view.probed if row.accuracy is not None]
    return named(
        (
            ("error in forward", "exploding", any(_not_finite(value) for value in outputs)),
            ("zero in forward", "vanishing", any(value == 0 for value in outputs)),
            ("error in gradient", "exploding", any(_not_finite(value) for value in gradients)),
            ("zero gradient", "vanishing", any(value == 0 for value in gradients)),
            ("invalid loss", "exploding", view.lost),
            ("accuracy zero", None, any(value == 0 for value in accuracies)),
            ("loss not decreasing", None, _unchanged(view.losses)),
            ("unchanged output", "vanishing", _stands_still(view)),
        )
    )


def _not_finite(value: float | None) -> bool:
    return value is not None and not math.isfinite(value)


def _unchanged(losses: list[float]) -> bool:
    """Mean equals maximum over five epochs, each a twentieth of the training."""
    size = max(1, len(losses) // EPOCHS)
    epochs = [sum(losses[i : i + size]) / size for i in range(0, len(losses) - size + 1, size)]
    windows = [epochs[i : i + WINDOW] for i in range(0, len(epochs) - WINDOW + 1, WINDOW)]
    return any(sum(window) / len(window) == max(window) for window in windows)


def _stands_still(view: View) -> bool:
    """A hidden layer's mean output that is the same at the last five probes."""
    table: dict[int, list[float]] = {}
    for step in view.steps[-WINDOW:]:
        for layer, row in view.rows(step)[:-1]:
            if row.activation_mean is not None:
                table.setdefault(layer.depth, []).append(row.activation_mean)
    return any(len(means) == WINDOW and len(set(means)) == 1 for means in table.values())


TOOL = Tool(
    "DeepDiagnosis",
    "github.com/DeepDiagnosis/ICSE2022, callback/callbacks.py: ≥ .7 of outputs dead in the last epoch, half of "
    "the inputs beyond ±5, mean |gradient| < 1e-7, means that are NaN, 0 or unchanged",
    "dead outputs are counted by unit; inputs of activations and means of |gradient| follow from an RMS; epochs "
    "are probes or twentieths; its check of the output's range is left out: it flags whatever ends in logits",
    deepdiagnosis,
)
LOCALIZE = Tool(
    "DeepLocalize",
    "Wardat et al., ICSE 2021: means of outputs, gradients and loss that are NaN, infinite, 0 or unchanged",
    "as for DeepDiagnosis",
    deeplocalize,
)
