"""The losses: torch's own functions, each with its arguments, on outputs that are logits or probabilities."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from service.schemas.targets import Target
from service.schemas.training import Loss

_LEAST = 1e-7
SMALLEST_VARIANCE = 1e-6

Criterion = Callable[[Loss, Target, Tensor, Tensor], Tensor]


def criterion(loss: Loss, target: Target, output: Tensor, y: Tensor) -> Tensor:
    """The loss of a batch, reduced as it says: outputs (n, *output), targets (n, *target.shape)."""
    return _CRITERIA[loss.type](loss, target, output, y)


def rows(target: Target, output: Tensor) -> Tensor:
    """Outputs as (predictions, classes)."""
    if output.dim() == 2:
        return output
    along = output if target.class_axis == -1 else output.movedim(1, -1)
    return along.reshape(-1, along.shape[-1])


def clipped(p: Tensor) -> Tensor:
    """Probabilities clipped as Keras does, in fp32: 16 bits know nothing between 1 - 1e-7 and 1."""
    return p.float().clamp(_LEAST, 1 - _LEAST)


def log_probabilities(loss: Loss, output: Tensor, axis: int) -> Tensor:
    """What torch's losses of log-probabilities want, whatever the network ends in."""
    if loss.from_logits is None:
        return output
    return output.log_softmax(axis) if loss.from_logits else clipped(output).log()


def _cross_entropy(loss: Loss, target: Target, output: Tensor, y: Tensor) -> Tensor:
    if target.class_axis == -1:
        output, y = rows(target, output), y.reshape(-1)
    if loss.from_logits is not False:
        return functional.cross_entropy(
            output, y, reduction=loss.reduction, label_smoothing=loss.label_smoothing
        )
    # Keras normalises before it clips, which is what makes one unit give no gradient at all
    logs = clipped(output.float() / output.float().sum(1, keepdim=True)).log()
    real = y.is_floating_point()
    picked = -(y * logs).sum(1) if real else functional.nll_loss(logs, y, reduction="none")
    smooth = loss.label_smoothing
    return _reduced(loss, picked if not smooth else (1 - smooth) * picked - smooth * logs.mean(1))


def _negative_log_likelihood(loss: Loss, target: Target, output: Tensor, y: Tensor) -> Tensor:
    if target.class_axis == -1:
        output, y = rows(target, output), y.reshape(-1)
    return functional.nll_loss(log_probabilities(loss, output, 1), y, reduction=loss.reduction)


def _binary_cross_entropy(loss: Loss, _target: Target, output: Tensor, y: Tensor) -> Tensor:
    smooth = loss.label_smoothing
    y = y * (1 - smooth) + smooth / 2 if smooth else y
    if loss.from_logits or (loss.from_logits is None and loss.type == "BCEWithLogitsLoss"):
        return functional.binary_cross_entropy_with_logits(output, y, reduction=loss.reduction)
    if loss.from_logits is False:
        p = clipped(output)
        return _reduced(loss, -(y * p.log() + (1 - y) * (1 - p).log()))
    # torch raises where the output is no probability (and aborts on CUDA); here that is a NaN like any other
    valid = (output >= 0) & (output <= 1)
    value = functional.binary_cross_entropy(torch.where(valid, output, 0.5), y, reduction=loss.reduction)
    return value + torch.where(valid, 0.0, torch.nan).sum()


def _mse(loss: Loss, _target: Target, output: Tensor, y: Tensor) -> Tensor:
    return functional.mse_loss(output, y, reduction=loss.reduction)


def _l1(loss: Loss, _target: Target, output: Tensor, y: Tensor) -> Tensor:
    return functional.l1_loss(output, y, reduction=loss.reduction)


def _smooth_l1(loss: Loss, _target: Target, output: Tensor, y: Tensor) -> Tensor:
    return functional.smooth_l1_loss(output, y, reduction=loss.reduction, beta=loss.beta)


def _huber(loss: Loss, _target: Target, output: Tensor, y: Tensor) -> Tensor:
    return functional.huber_loss(output, y, reduction=loss.reduction, delta=loss.delta)


def _kl(loss: Loss, target: Target, output: Tensor, y: Tensor) -> Tensor:
    logs = log_probabilities(loss, output, 1 if target.class_axis == 0 else -1)
    # the mean over elements, as torch has it, without torch's warning that it will change
    return _reduced(loss, functional.kl_div(logs, y, reduction="none"))


def _hinge_embedding(loss: Loss, _target: Target, output: Tensor, y: Tensor) -> Tensor:
    return functional.hinge_embedding_loss(output, y, margin=loss.margin, reduction=loss.reduction)


def _multi_margin(loss: Loss, target: Target, output: Tensor, y: Tensor) -> Tensor:
    return functional.multi_margin_loss(
        rows(target, output).float(), y.reshape(-1), margin=loss.margin, reduction=loss.reduction
    )


def _multi_label_soft_margin(loss: Loss, _target: Target, output: Tensor, y: Tensor) -> Tensor:
    return functional.multilabel_soft_margin_loss(output, y, reduction=loss.reduction)


def _soft_margin(loss: Loss, _target: Target, output: Tensor, y: Tensor) -> Tensor:
    return functional.soft_margin_loss(output, y, reduction=loss.reduction)


def _poisson(loss: Loss, _target: Target, output: Tensor, y: Tensor) -> Tensor:
    return functional.poisson_nll_loss(output, y, log_input=loss.log_input, reduction=loss.reduction)


def _gaussian(loss: Loss, _target: Target, output: Tensor, y: Tensor) -> Tensor:
    """F.gaussian_nll_loss without its check for negative variances, which would wait for the GPU."""
    mean, variance = output, torch.ones_like(output)
    if output.shape != y.shape:
        mean, variance = output.chunk(2, dim=-1)
        variance = variance.exp()
        variance = variance + (variance.detach().clamp(min=SMALLEST_VARIANCE) - variance.detach())
    return _reduced(loss, 0.5 * (variance.log() + (mean - y) ** 2 / variance))


def _cosine(loss: Loss, _target: Target, output: Tensor, y: Tensor) -> Tensor:
    width = output.shape[-1] if output.dim() > 1 else 1
    mine, wanted = output.reshape(-1, width), y.reshape(-1, width)
    alike = torch.ones(len(mine), device=output.device)
    return functional.cosine_embedding_loss(mine, wanted, alike, margin=loss.margin, reduction=loss.reduction)


def _ctc(loss: Loss, _target: Target, output: Tensor, y: Tensor) -> Tensor:
    """Labels below 0 fill up; every output has the whole length."""
    logs = log_probabilities(loss, output, -1).float().transpose(0, 1)
    lengths = torch.full((len(y),), len(logs), dtype=torch.int64, device=y.device)
    return functional.ctc_loss(
        logs, y.clamp(min=0), lengths, (y >= 0).sum(1),
        blank=loss.blank, reduction=loss.reduction, zero_infinity=loss.zero_infinity,
    )  # fmt: skip


def _reduced(loss: Loss, values: Tensor) -> Tensor:
    return values.sum() if loss.reduction == "sum" else values.mean()


_CRITERIA: dict[str, Criterion] = {
    "CrossEntropyLoss": _cross_entropy,
    "NLLLoss": _negative_log_likelihood,
    "BCELoss": _binary_cross_entropy,
    "BCEWithLogitsLoss": _binary_cross_entropy,
    "MSELoss": _mse,
    "L1Loss": _l1,
    "SmoothL1Loss": _smooth_l1,
    "HuberLoss": _huber,
    "KLDivLoss": _kl,
    "HingeEmbeddingLoss": _hinge_embedding,
    "MultiMarginLoss": _multi_margin,
    "MultiLabelSoftMarginLoss": _multi_label_soft_margin,
    "SoftMarginLoss": _soft_margin,
    "PoissonNLLLoss": _poisson,
    "GaussianNLLLoss": _gaussian,
    "CosineEmbeddingLoss": _cosine,
    "CTCLoss": _ctc,
}
