"""How often a network's answer is the right one, where its loss and its targets say what right means."""

import torch
from torch import Tensor

from service.schemas.targets import Target
from service.schemas.training import Loss
from workers.training.losses import rows

_NUMBER_LOSSES = frozenset({"MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss"})
_SCORE_LOSSES = frozenset({"BCEWithLogitsLoss", "SoftMarginLoss", "MultiLabelSoftMarginLoss"})


def accuracy(loss: Loss, target: Target, output: Tensor, y: Tensor) -> Tensor | None:
    """Share of right answers in a batch, a scalar on the device; None where that makes no sense.

    The largest unit along a class axis; one unit against its threshold (0 for scores, .5 for probabilities);
    a class number that the output rounds to.
    """
    if loss.type == "HingeEmbeddingLoss" or target.kind == "labels":
        return None  # the output is a distance, or an alignment would have to be decoded
    if target.kind == "class-index":
        return _share(rows(target, output).argmax(-1) == y.reshape(-1))
    if target.class_axis is not None:
        return _share(rows(target, output).argmax(-1) == rows(target, y).argmax(-1))
    if target.kind in {"binary", "signed"}:
        return _share(_positive(loss, output) == (y > 0))
    if target.kind == "value" and loss.type in _NUMBER_LOSSES:
        return _share((output - y).abs() < 0.5)
    return None


def _positive(loss: Loss, output: Tensor) -> Tensor:
    if loss.type == "CrossEntropyLoss":
        return torch.ones_like(output, dtype=torch.bool)  # a softmax over one unit says 1 to everything
    scores = loss.from_logits or (loss.from_logits is None and loss.type in _SCORE_LOSSES)
    return output > (0 if scores else 0.5)


def _share(right: Tensor) -> Tensor:
    return right.float().mean()
