"""What a training minimises: its loss against adapted targets, and the same as a mean over examples."""

from torch import Tensor

from service.schemas.targets import Target
from service.schemas.training import Loss
from workers.training.accuracy import accuracy
from workers.training.losses import criterion


class Objective:
    """A loss with its targets; `keep` computes in the output's own precision instead of fp32."""

    def __init__(self, loss: Loss, target: Target, *, keep: bool = False) -> None:
        self._loss = loss
        self._target = target
        self._keep = keep

    def __call__(self, output: Tensor, y: Tensor) -> Tensor:
        """The loss to differentiate."""
        return criterion(self._loss, self._target, output if self._keep else output.float(), y)

    def mean(self, value: Tensor, y: Tensor) -> Tensor:
        """A loss that this objective gave, detached, as torch's reduction `mean` would have it (CTC: per label)."""
        value = value.detach()
        return value if self._loss.reduction == "mean" else value / self._terms(y)

    def accuracy(self, output: Tensor, y: Tensor) -> Tensor | None:
        """Share of right answers in a batch; None where that makes no sense."""
        return accuracy(self._loss, self._target, output.detach(), y)

    def _terms(self, y: Tensor) -> Tensor | int:
        """How many terms the sum over a batch has."""
        if self._target.kind == "labels":
            return (y >= 0).sum().clamp(min=1)
        if self._loss.type in {"CosineEmbeddingLoss", "MultiLabelSoftMarginLoss"}:
            return y.numel() // (y.shape[-1] if y.dim() > 1 else 1)
        if self._loss.type == "CrossEntropyLoss" and y.is_floating_point():
            return y.numel() // y.shape[1]
        return y.numel()
