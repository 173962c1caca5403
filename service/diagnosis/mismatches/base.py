"""What a mismatch is, and what each loss takes."""

from dataclasses import dataclass, replace

from service.diagnosis.structure import Structure

SOFTMAX = frozenset({"Softmax", "Softmin", "LogSoftmax"})
PROBABILITIES = frozenset({"Softmax", "Softmin", "Sigmoid", "Hardsigmoid"})
SQUASHING = frozenset({"ReLU", "ReLU6", "Tanh", "Softsign", "Hardtanh", "Sine"})
NUMBERS = frozenset({"MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss"})
BINARY = frozenset({"BCELoss", "BCEWithLogitsLoss"})
LOGARITHMS = frozenset({"NLLLoss", "KLDivLoss", "CTCLoss"})
SCORES = frozenset({"BCEWithLogitsLoss", "SoftMarginLoss", "MultiLabelSoftMarginLoss"})

ENLARGED = frozenset({"dead-units", "gradient-spikes", "learning-rate-too-high"})


@dataclass(frozen=True)
class Mismatch:
    """One way in which they do not go together."""

    message: str
    cause: str
    blocks: bool
    """It keeps the network from learning, and does not only slow it."""
    forgivable: bool = True
    """A network that learns all the same has got by."""
    explains: frozenset[str] = frozenset({"attenuated-loss-gradient", "learning-rate-too-low"})
    """What it accounts for where it only slows."""
    lost: float = 0.0
    """Share of the skill that is out of reach."""


def expects(structure: Structure) -> str:
    """What the loss takes: `logits`, `probabilities`, `logarithms`, `numbers`, or `other`."""
    loss = structure.submission.training.loss
    if loss.type == "CrossEntropyLoss" or loss.type in LOGARITHMS:
        if loss.from_logits is False:
            return "probabilities"
        return "logits" if loss.type == "CrossEntropyLoss" or loss.from_logits else "logarithms"
    if loss.type in BINARY:
        logits = loss.from_logits if loss.from_logits is not None else loss.type == "BCEWithLogitsLoss"
        return "logits" if logits else "probabilities"
    if loss.type in SCORES:
        return "logits"
    return "numbers" if loss.type in NUMBERS else "other"


def slows(message: str, cause: str, *, enlarges: bool = False) -> Mismatch:
    """One that hinders; where it `enlarges` the gradient, its steps are too long besides."""
    found = Mismatch(message, cause, blocks=False)
    return replace(found, explains=found.explains | ENLARGED) if enlarges else found


def blocked(message: str, cause: str, *, forgivable: bool = True) -> Mismatch:
    """One that keeps the network from learning."""
    return Mismatch(message, cause, blocks=True, forgivable=forgivable)
