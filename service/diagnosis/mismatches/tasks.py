"""Losses for another task, and targets that the output cannot reach."""

from service.diagnosis.mismatches.base import BINARY, NUMBERS, SOFTMAX, Mismatch, blocked, expects, slows
from service.diagnosis.ranges import bounding, lost_share, output_range, target_range
from service.diagnosis.structure import Structure

UNREACHABLE, BARELY = 0.25, 0.05
"""Share of the targets' variance out of reach: from the first it blocks, from the second it hinders."""


def unreachable(structure: Structure) -> Mismatch | None:
    """Targets beyond what the last activation can give."""
    targets, reach, layer = target_range(structure), output_range(structure), bounding(structure)
    if targets is None or layer is None or expects(structure) != "numbers" or not reach.bounded:
        return None
    lost = lost_share(reach, targets)
    if lost < BARELY:
        return None
    kind = layer.activation or layer.type
    message = (
        f"{kind} at the end gives {reach}, and the targets run over {targets}:"
        f" {100 * min(lost, 1):.0f} % of their spread is out of reach."
    )
    cause = (
        f"No weights can make {kind} answer that. End without an activation, or bring the targets to scale."
    )
    blocks = lost >= UNREACHABLE
    return Mismatch(message, cause, blocks, forgivable=not blocks, lost=min(lost, 0.9))


def foreign_task(structure: Structure) -> Mismatch | None:
    """A loss for another kind of answer."""
    loss, target, answer = structure.submission.training.loss.type, structure.target, structure.answer
    if target is None or answer is None:
        return None
    if loss == "CrossEntropyLoss" and target.kind == "real" and answer.beyond_one:
        return blocked(
            "CrossEntropyLoss for real numbers: it compares probabilities, and the targets are none.",
            "Regression takes MSELoss, HuberLoss or L1Loss.",
        )
    if loss in BINARY and target.kind == "value":
        return blocked(
            f"{loss} on one unit for {target.classes or 'several'} classes: class numbers above 1 have no bottom.",
            f"A binary loss tells two classes apart. End in {target.classes or 'as many'} units and use"
            " CrossEntropyLoss.",
            forgivable=False,
        )
    competing = bool(structure.tail) and structure.tail[-1].type in SOFTMAX
    several = (answer.classes or target.classes or 2) > 2
    if loss in BINARY and target.kind == "one-hot" and several and not competing:
        return slows(
            f"{loss} with {structure.units} units for one class of {answer.classes or target.classes}:"
            " each unit mostly learns to say no.",
            "Only one class is right, and CrossEntropyLoss makes the units compete for it.",
        )
    if loss in NUMBERS and answer.kind == "class":
        return slows(
            f"{loss} for classes: {_number_fault(loss, target.kind)}",
            "Class numbers are names and not amounts: CrossEntropyLoss (or BCEWithLogitsLoss for two) is made for"
            " them, and its gradient does not fade where the network is surely wrong.",
            enlarges=target.kind == "value",
        )
    return None


def _number_fault(loss: str, kind: str) -> str:
    if kind == "value":
        return "it takes class 3 for a number between 2 and 4."
    if loss == "L1Loss" and kind == "one-hot":
        return "answering 0 everywhere is already nearly right."
    return "its gradient fades where the network is surely wrong."


def bounded_critic(structure: Structure) -> Mismatch | None:
    """A critic that cannot give any number."""
    if structure.submission.training.loss.type != "Wasserstein" or structure.network != "critic":
        return None
    layer, reach = bounding(structure), output_range(structure)
    if layer is None or not reach.bounded:
        return None
    return slows(
        f"The critic ends in {layer.type}: its scores are held to {reach}.",
        "A Wasserstein critic estimates a distance and must be free to give any number. Take the activation away.",
    )
