"""Endings that a loss does not take: softmax and sigmoid missing, doubled, alone or in the wrong place."""

from itertools import pairwise
from math import prod

from service.diagnosis.mismatches.base import (
    BINARY,
    LOGARITHMS,
    PROBABILITIES,
    SOFTMAX,
    SQUASHING,
    Mismatch,
    blocked,
    expects,
    slows,
)
from service.diagnosis.ranges import bounding, output_range
from service.diagnosis.structure import Structure
from service.schemas.plan import Layer


def alone(structure: Structure) -> Mismatch | None:
    """A softmax that has only one number to share out."""
    for layer in structure.tail:
        if layer.type in SOFTMAX and _softmax_size(structure, layer) == 1:
            return Mismatch(
                f"{layer.name} is a softmax over one unit: it always answers 1, and nothing is learned.",
                "A softmax shares out 1 among its units; with one unit there is nothing to choose, and the gradient"
                " is exactly zero. A sigmoid says yes or no with one unit.",
                blocks=True,
                forgivable=False,
            )
    target, output = structure.target, structure.output
    one = output is not None and prod(output.output.shape) == 1
    if structure.submission.training.loss.type != "CrossEntropyLoss" or not one:
        return None
    if target is not None and (target.class_axis is not None or target.kind == "real"):
        return None
    return Mismatch(
        "CrossEntropyLoss on one unit is a softmax over one unit: the loss is constant, and nothing is learned.",
        "CrossEntropyLoss shares out 1 among the units; for two classes with one unit it is BCEWithLogitsLoss.",
        blocks=True,
        forgivable=False,
    )


def _softmax_size(structure: Structure, layer: Layer) -> int:
    """Numbers along a softmax's dimension, which counts from 1 because 0 is the batch."""
    dim, shape = structure.argument(layer, "dim", -1), layer.output.shape
    return shape[dim if dim < 0 else dim - 1] if isinstance(dim, int) else shape[-1]


def twice(structure: Structure) -> Mismatch | None:
    """Probabilities made of probabilities, inside the network or by the loss."""
    kinds = [layer.type for layer in structure.tail]
    loss = structure.submission.training.loss.type
    inside = [pair for pair in pairwise(kinds) if _normalizes(pair[0]) and _normalizes(pair[1])]
    if inside:
        first, second = inside[-1]
        return slows(
            f"The network ends in {first} and then {second}: probabilities are turned into probabilities.",
            "The second one sees only numbers between 0 and 1, so its answers stay close together and the gradient"
            " is small. Keep one of them.",
        )
    if not kinds or expects(structure) != "logits" or kinds[-1] not in PROBABILITIES:
        return None
    last = kinds[-1]
    if structure.target is not None and structure.target.kind in {"binary", "signed"}:
        return Mismatch(
            f"{last} before {loss}, which applies a sigmoid itself: the answer is never below one half.",
            f"{loss} expects logits. Of numbers between 0 and 1 its sigmoid makes .5 to .73, so the one class cannot"
            f" be said. Take {last} away.",
            blocks=True,
        )
    own = "softmax" if loss == "CrossEntropyLoss" else "sigmoid"
    return slows(
        f"{last} before {loss}, which applies a {own} itself: the {own} is taken twice or of squeezed numbers.",
        f"{loss} expects logits. Numbers between 0 and 1 leave it a small part of its range, and a small gradient."
        f" Take {last} away.",
    )


def _normalizes(kind: str) -> bool:
    return kind in PROBABILITIES or kind == "LogSoftmax"


def squashed(structure: Structure) -> Mismatch | None:
    """Logits that cannot take one sign, or not grow."""
    layer, reach = bounding(structure), output_range(structure)
    if layer is None or expects(structure) != "logits" or not reach.bounded:
        return None
    loss = structure.submission.training.loss.type
    kind = layer.activation or layer.type
    one_sided = reach.low >= 0 or reach.high <= 0
    if structure.target is not None and structure.target.kind in {"binary", "signed"} and one_sided:
        side = "below" if reach.low >= 0 else "above"
        return Mismatch(
            f"{kind} before {loss}: its answers are never {side} zero, so one of the two classes cannot be said.",
            f"{loss} expects logits of both signs, and {kind} gives {reach}. Take it away.",
            blocks=True,
        )
    if kind not in SQUASHING:
        return None
    return slows(
        f"{kind} before {loss}, which expects logits: they are held to {reach}.",
        f"An activation after the last layer takes from {loss} what it needs to be sure, and passes no gradient where"
        f" it is flat. Take {kind} away.",
    )


def unnormalized(structure: Structure) -> Mismatch | None:
    """Numbers where the loss takes probabilities or their logarithms."""
    loss, wants = structure.submission.training.loss, expects(structure)
    last = structure.tail[-1].type if structure.tail else "No activation"
    reach = output_range(structure)
    if wants == "logarithms":
        return _not_logarithms(loss.type, last)
    if loss.type == "PoissonNLLLoss" and not loss.log_input and reach.low < 0:
        return blocked(
            "PoissonNLLLoss with log_input: false takes the logarithm of an output that may be negative.",
            "The output is a rate here and must be above zero: end in Softplus, or give its logarithm.",
        )
    if wants != "probabilities" or last in PROBABILITIES or (last == "Softplus" and loss.type not in BINARY):
        if wants == "probabilities" and last in {"Sigmoid", "Hardsigmoid"} and loss.type in LOGARITHMS:
            return _shared_out(loss.type, last)
        return None
    if reach.low == 0 and reach.high != 1:
        return blocked(
            f"{last} before {loss.type}, which expects probabilities: it takes the logarithm of zero.",
            f"{last} gives exact zeros and numbers beyond 1, of which a logarithm is infinite or clipped without a"
            f" gradient. {_instead(loss.type)}",
        )
    if reach.low >= 0 and reach.high <= 1:
        return None
    return blocked(
        f"{last} before {loss.type}, which expects probabilities: the {_activation(loss.type)} is missing.",
        f"The logarithm of a number outside of 0 to 1 is not finite, or clipped without a gradient."
        f" {_instead(loss.type)}",
    )


def _not_logarithms(loss: str, last: str) -> Mismatch | None:
    if last in {"LogSoftmax", "LogSigmoid"}:
        return None
    if last in SOFTMAX:
        return slows(
            f"Softmax before {loss}, which expects logarithms of probabilities: the logarithm is missing.",
            "Without it the gradient is smallest where the network is most wrong. End in LogSoftmax.",
        )
    if last in PROBABILITIES or last in {"Tanh", "Softsign"}:
        return _shared_out(loss, last)
    return blocked(
        f"{last} before {loss}, which expects logarithms of probabilities: the loss falls for ever.",
        f"{loss} only adds up what it is given; outputs that nothing holds together grow without end."
        " End in LogSoftmax, or use CrossEntropyLoss.",
        forgivable=False,
    )


def _shared_out(loss: str, last: str) -> Mismatch:
    return blocked(
        f"{last} before {loss}: nothing makes the classes compete, so every answer may be 1 at once.",
        f"{loss} raises only the right class and relies on a softmax to lower the others.",
    )


def _activation(loss: str) -> str:
    return "sigmoid" if loss in BINARY else "softmax"


def _instead(loss: str) -> str:
    better = "BCEWithLogitsLoss" if loss in BINARY else "CrossEntropyLoss of logits"
    return f"End in a {_activation(loss)}, or use {better}."
