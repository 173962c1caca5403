"""What the network is held against: how a loss, an output and the data's answers are brought together.

A wrong choice of loss is an illness that the clinic finds, so nothing is refused here that torch could
compute. The answers are adapted to the loss instead, by these rules, the first that fits:

1. Losses over class numbers (CrossEntropyLoss, NLLLoss, MultiMarginLoss) on an output with a class axis of
   at least as many units as classes: `class-index`. The class axis is the last one for (C,) and (T, C) and
   the first one for (C, T) and (C, H, W). CrossEntropyLoss on one unit takes the class number as a
   probability, as Keras does with the categorical loss on `Dense(1)`.
2. All other losses on such an output: `one-hot` (hinge and soft margin losses: `signed`, -1 and +1).
3. All other losses on one unit per prediction: the class number as a float: `binary` for two classes
   (`signed` for hinge and soft margin losses), `value` for more; torch's BCELoss takes none beyond 1.
4. Real answers: `real`, reshaped to the output, which must have as many values. GaussianNLLLoss may have
   twice as many: means, then log variances, along the last axis; else the variance is 1.
5. CTCLoss: `labels`; class numbers are moved past the blank, so there must be one unit more than classes.
6. Where answers are per time step and the output has no time axis, the last step's answer is the target.
"""

from dataclasses import dataclass, replace
from math import prod
from typing import Literal

from service.schemas.plan import Shape, Tensor
from service.schemas.training import Loss

TargetKind = Literal["class-index", "one-hot", "signed", "binary", "value", "real", "labels", "none"]

INDEX_LOSSES = frozenset({"CrossEntropyLoss", "NLLLoss", "MultiMarginLoss"})
SIGN_LOSSES = frozenset({"HingeEmbeddingLoss", "SoftMarginLoss"})
BINARY_LOSSES = frozenset({"BCELoss", "BCEWithLogitsLoss"})
REGRESSION_LOSSES = frozenset(
    {
        "MSELoss",
        "L1Loss",
        "SmoothL1Loss",
        "HuberLoss",
        "PoissonNLLLoss",
        "GaussianNLLLoss",
        "CosineEmbeddingLoss",
    }
)


class TargetError(ValueError):
    """torch could not compute this loss of this output and these answers."""

    def __init__(
        self, message: str, *, hint: str | None = None, about: Literal["output", "loss"] = "loss"
    ) -> None:
        super().__init__(message)
        self.hint = hint
        self.about = about
        """What to change: the units of the last layer, or the loss."""


@dataclass(frozen=True)
class Answer:
    """What the data says of one example: a class, one for each step or place, or real numbers."""

    kind: Literal["class", "real", "none"]
    shape: Shape = ()
    classes: int | None = None
    """None where it is not known before the data are read."""
    per_step: bool = False
    """The first axis of the answer is the time of the input."""
    beyond_one: bool = False
    """Real numbers that are known to leave [0, 1]."""


@dataclass(frozen=True)
class Target:
    """What the loss gets for one example, besides the network's output."""

    kind: TargetKind
    shape: Shape = ()
    classes: int | None = None
    """Units along the class axis; numbers of classes where there is no such axis."""
    class_axis: Literal[0, -1] | None = None
    """Axis of the output (of one example) that counts classes."""
    last: bool = False
    """Only the last time step's answer is used."""


def target_for(loss: Loss, output: Tensor, answer: Answer) -> Target:
    """The target that fits; raises TargetError where torch could not compute the loss."""
    if loss.type == "Wasserstein":
        return Target("none")
    if output.dtype != "float":
        raise TargetError("the network's output is whole numbers, which no loss can be computed of")
    if answer.kind == "none":
        raise TargetError(
            f"the data have no targets, which {loss.type} needs", hint="the loss Wasserstein needs none"
        )
    if loss.type == "CTCLoss":
        return _labels(loss, output.shape, answer)
    if answer.kind == "real":
        return _real(loss, output.shape, answer)
    return _classes(loss, output.shape, answer)


def synthetic_answer(
    loss: Loss, output: Tensor, task: Literal["classification", "regression"] | None
) -> Answer:
    """The answer of synthetic data, made so that the output can give it."""
    shape = output.shape
    regression = task == "regression" if task else loss.type in REGRESSION_LOSSES
    if regression:
        return Answer("real", shape, beyond_one=True)
    if loss.type == "CTCLoss" and len(shape) == 2:
        return Answer("class", (max(1, shape[0] // 4),), max(1, shape[1] - 1))
    if prod(shape) == 1:
        return Answer("class", (), 2)
    if len(shape) != 2 and prod(shape[1:]) == 1:
        return Answer("class", (), shape[0])
    if len(shape) == 2:
        return Answer("class", shape[:1], max(2, shape[1]), per_step=True)
    return Answer("class", shape[1:], max(2, shape[0]))


def _classes(loss: Loss, shape: Shape, answer: Answer) -> Target:
    places = () if prod(answer.shape) == 1 else answer.shape
    index = loss.type in INDEX_LOSSES
    axis = _class_axis(shape, places, answer.classes)
    if axis is not None:
        return _along(loss, shape, axis, last=False)
    one = not index or _one_probability(loss, shape, answer)
    if one and prod(shape) == prod(places):
        return _unit(loss, shape, answer)
    if answer.per_step and len(places) == 1:
        axis = _class_axis(shape, (), answer.classes)
        if axis is not None:
            return _along(loss, shape, axis, last=True)
        if one and prod(shape) == 1:
            return replace(_unit(loss, shape, answer), last=True)
    raise TargetError(_misfit(shape, answer), hint=_advice(shape, answer), about="output")


def _class_axis(shape: Shape, places: Shape, classes: int | None) -> Literal[0, -1] | None:
    """The axis with room for all classes, the others being the places of the answer."""
    fewest = classes or 2
    if not shape:
        return None
    if shape[:-1] == places and shape[-1] >= fewest:
        return -1
    if shape[0] >= fewest and (shape[1:] == places or (not places and prod(shape[1:]) == 1)):
        return 0
    return -1 if not places and prod(shape[:-1]) == 1 and shape[-1] >= fewest else None


def _along(loss: Loss, shape: Shape, axis: Literal[0, -1], *, last: bool) -> Target:
    if loss.type in INDEX_LOSSES:
        places = shape[1:] if axis == 0 else shape[:-1]
        return Target("class-index", places, shape[axis], axis, last)
    return Target("signed" if loss.type in SIGN_LOSSES else "one-hot", shape, shape[axis], axis, last)


def _one_probability(loss: Loss, shape: Shape, answer: Answer) -> bool:
    """CrossEntropyLoss of numbers given as probabilities: one unit, or as many as the answer has numbers."""
    return loss.type == "CrossEntropyLoss" and bool(shape) and (prod(shape) == 1 or not answer.per_step)


def _unit(loss: Loss, shape: Shape, answer: Answer) -> Target:
    if loss.type == "BCELoss" and (answer.classes or 2) > 2:
        raise TargetError(
            f"BCELoss takes targets from 0 to 1; there is one unit for the classes 0 to {(answer.classes or 2) - 1}",
            hint=f"end the network in {answer.classes} units, or use BCEWithLogitsLoss, which takes any target",
            about="output",
        )
    two = answer.classes == 2 or (answer.classes is None and loss.type in BINARY_LOSSES)
    if two and loss.type in SIGN_LOSSES:
        return Target("signed", shape, 2)
    return Target("binary" if two else "value", shape, answer.classes)


def _real(loss: Loss, shape: Shape, answer: Answer) -> Target:
    if loss.type in {"NLLLoss", "MultiMarginLoss"}:
        raise TargetError(
            f"{loss.type} takes class numbers; the data's targets are real numbers",
            hint="MSELoss takes real numbers",
        )
    if loss.type == "BCELoss" and answer.beyond_one:
        raise TargetError("BCELoss takes targets from 0 to 1; the data's go beyond", hint="MSELoss takes any")
    values = prod(answer.shape)
    if prod(shape) == values and (shape or loss.type != "CrossEntropyLoss"):
        return Target("real", shape)
    if loss.type == "GaussianNLLLoss" and prod(shape) == 2 * values and shape[-1] % 2 == 0:
        return Target("real", (*shape[:-1], shape[-1] // 2))
    units = "1 unit" if values == 1 else f"{values} units"
    raise TargetError(_misfit(shape, answer), hint=f"end the network in {units}", about="output")


def _labels(loss: Loss, shape: Shape, answer: Answer) -> Target:
    if len(shape) != 2:
        raise TargetError(
            f"CTCLoss needs an output of shape (time, classes), not {list(shape)}", about="output"
        )
    if answer.kind != "class" or len(answer.shape) > 1:
        raise TargetError(
            "CTCLoss takes one sequence of class numbers for each example, which these data have not"
        )
    length, classes = prod(answer.shape), answer.classes or shape[1] - 1
    if length > shape[0]:
        raise TargetError(
            f"the labels have {length} steps and the output only {shape[0]}: CTCLoss cannot align them",
            about="output",
        )
    if shape[1] <= max(classes, 1):
        raise TargetError(
            f"CTCLoss needs a unit for the blank besides {classes} classes; the output has {shape[1]} units",
            hint=f"give the last layer {classes + 1} units",
            about="output",
        )
    if loss.blank >= shape[1]:
        raise TargetError(f"blank is {loss.blank}, but the output has only the units 0 to {shape[1] - 1}")
    return Target("labels", (length,), classes, -1)


def _misfit(shape: Shape, answer: Answer) -> str:
    what = f"{answer.classes} classes" if answer.kind == "class" and answer.classes else "numbers"
    places = f" of shape {list(answer.shape)}" if answer.shape else " (one for each example)"
    return f"the network's output has shape {list(shape)}; the data's targets are {what}{places}"


def _advice(shape: Shape, answer: Answer) -> str | None:
    classes = answer.classes or 2
    if len(shape) >= 2 and not answer.shape:
        return f"flatten the output, or take the last step of a sequence, and end in {classes} units"
    return f"end the network in {classes} units"
