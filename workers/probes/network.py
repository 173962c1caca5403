"""The network as a whole: its inputs, its loss against a trivial predictor's, its gradient's norm."""

import math
from functools import partial

from torch import Tensor

from workers.probes.numbers import Number
from workers.probes.probe import Probe, ProbedStep, Update, probe
from workers.probes.reading import root_mean_square
from workers.probes.sheet import Statistics
from workers.probes.values import Values


@probe
class Network(Probe):
    """One row per probed step, from what the loop says and from all gradients together."""

    statistics = (
        "loss",
        "learning_rate",
        "skipped",
        "skill",
        "accuracy",
        "gradient_norm",
        "clipped",
        "input_mean",
        "input_rms",
        "input_min",
        "input_max",
    )

    def after_forward(self, step: ProbedStep, inputs: Tensor) -> None:
        """Note the inputs' moments; tokens have none."""
        if inputs.is_floating_point():
            values = Values(inputs, eager=step.eager)
            step.sheet.note(
                None,
                "input",
                partial(_read_input, values.count),
                *values.extremes,
                values.sum,
                values.sum_squares,
            )

    def after_backward(self, step: ProbedStep) -> None:
        """Note the squares of all gradients, those of biases too."""
        gradients = [step.gradient(parameter) for parameter in self.scene.parameters]
        squares = [gradient.sum_squares for gradient in gradients if gradient is not None]
        if squares:
            step.sheet.note(None, "gradient norm", _read_norm, *squares)

    def after_update(self, step: ProbedStep, update: Update) -> None:
        """Note what the loop says."""
        read = partial(_read_loss, update.learning_rate, update.trivial_loss)
        step.sheet.note(None, "loss", read, update.loss)
        told: dict[str, Number | None] = {
            "accuracy": update.accuracy,
            "clipped": update.clipped,
            "skipped": update.skipped,
        }
        for name, number in told.items():
            if number is not None:
                step.sheet.note(None, name, partial(_read_named, name), number)


def _read_input(count: int, lowest: float, highest: float, total: float, sum_squares: float) -> Statistics:
    return {
        "input_mean": total / count,
        "input_rms": root_mean_square(sum_squares, count),
        "input_min": lowest,
        "input_max": highest,
    }


def _read_norm(*squares: float) -> Statistics:
    return {"gradient_norm": math.sqrt(sum(squares))}


def _read_loss(learning_rate: float, trivial_loss: float, loss: float) -> Statistics:
    comparable = math.isfinite(trivial_loss) and trivial_loss != 0
    return {
        "loss": loss,
        "learning_rate": learning_rate,
        "skill": 1 - loss / trivial_loss if comparable else None,
    }


def _read_named(name: str, number: float) -> Statistics:
    return {name: number}
