"""The loss of the best constant prediction: what a network reaches that does not look at its input."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from service.schemas.targets import Target
from service.schemas.training import Loss
from workers.training.losses import SMALLEST_VARIANCE, criterion

_MOST_VALUES = 2_000_000
_MOST_EXAMPLES = 256
_DESCENT_STEPS = 200


def trivial_loss(loss: Loss, target: Target, output: tuple[int, ...], y: Tensor | None) -> float:
    """Mean loss over the targets `y` (n, *target.shape) of the best output that is the same for all examples.

    The output may differ from place to place (time steps, pixels). Where there is a closed form it is that: label
    entropy, variance, distance to the median; else a bisection or a short descent. NaN where no constant
    is best (a loss without lower bound) or the loss has no targets. Very large sets are thinned evenly.
    """
    if y is None or loss.type == "Wasserstein":
        return math.nan
    mean = loss.model_copy(update={"reduction": "mean"})
    few = y[:: math.ceil(y.numel() / _MOST_VALUES)]
    if loss.type in _CLOSED:
        values = few.double() if few.is_floating_point() else few
        if loss.type == "GaussianNLLLoss" and output != tuple(y.shape[1:]):
            return float(_log_variance(values))
        return float(_CLOSED[loss.type](mean, target, values))
    return _descend(mean, target, output, few)


def _class_entropy(loss: Loss, target: Target, y: Tensor) -> Tensor:
    """Entropy of the class frequencies at each place, smoothed where the labels are."""
    if y.is_floating_point():
        return _probability_entropy(loss, y)
    classes = target.classes or int(y.max()) + 1
    places = y.reshape(len(y), -1)
    cells = places + classes * torch.arange(places.shape[1], device=y.device)
    counts = torch.bincount(cells.reshape(-1), minlength=classes * places.shape[1])
    share = _smoothed(loss, counts.reshape(-1, classes).double() / len(y), classes)
    return -torch.xlogy(share, share).sum(-1).mean()


def _probability_entropy(loss: Loss, y: Tensor) -> Tensor:
    """The same for targets (n, classes, *places) that are probabilities, or were taken for some."""
    share = _smoothed(loss, y.mean(0), y.shape[1])
    if (share < 0).any():
        return torch.tensor(math.nan)
    whole = share.sum(0, keepdim=True)
    return (torch.xlogy(share, whole) - torch.xlogy(share, share)).sum(0).mean()


def _smoothed(loss: Loss, share: Tensor, classes: int) -> Tensor:
    smooth = loss.label_smoothing if loss.type == "CrossEntropyLoss" else 0.0
    return share * (1 - smooth) + smooth / classes


def _binary_entropy(loss: Loss, _target: Target, y: Tensor) -> Tensor:
    """Entropy of every unit's share of ones; targets are 0 and 1, or probabilities."""
    return _coin_entropy(y.mean(0) * (1 - loss.label_smoothing) + loss.label_smoothing / 2)


def _sign_entropy(_loss: Loss, _target: Target, y: Tensor) -> Tensor:
    return _coin_entropy((y.mean(0) + 1) / 2) if bool((y.abs() == 1).all()) else torch.tensor(math.nan)


def _coin_entropy(p: Tensor) -> Tensor:
    if not bool(((p >= 0) & (p <= 1)).all()):
        return torch.tensor(math.nan)
    return -(torch.xlogy(p, p) + torch.xlogy(1 - p, 1 - p)).mean()


def _variance(_loss: Loss, _target: Target, y: Tensor) -> Tensor:
    return y.var(0, correction=0).mean()


def _median_distance(_loss: Loss, _target: Target, y: Tensor) -> Tensor:
    return (y - y.median(0).values).abs().mean()


def _bisected(loss: Loss, target: Target, y: Tensor) -> Tensor:
    """Huber and SmoothL1: the constant where the clipped residuals balance."""
    reach = loss.delta if loss.type == "HuberLoss" else loss.beta
    low, high = y.amin(0), y.amax(0)
    for _ in range(60):
        middle = (low + high) / 2
        too_low = (y - middle).clamp(-reach, reach).sum(0) > 0
        low, high = torch.where(too_low, middle, low), torch.where(too_low, high, middle)
    return criterion(loss, target, ((low + high) / 2).expand_as(y), y)


def _divergence(_loss: Loss, target: Target, y: Tensor) -> Tensor:
    """KL: how far targets are from their own mean, normalised along the class axis, per element."""
    axis = 0 if target.class_axis == 0 or y.dim() == 1 else -1
    mean = y.mean(0)
    whole = mean.sum(axis, keepdim=True) if mean.dim() else mean
    constant = torch.xlogy(mean, mean) - torch.xlogy(mean, whole)
    return (torch.xlogy(y, y).mean(0) - constant).mean()


def _far_or_near(loss: Loss, _target: Target, y: Tensor) -> Tensor:
    """Hinge embedding: the better of the distances 0 and margin, as a distance is never below 0."""
    near, margin = (y == 1).double().mean(0), max(0.0, loss.margin)
    return torch.minimum((1 - near) * margin, near * margin).mean()


def _poisson(loss: Loss, _target: Target, y: Tensor) -> Tensor:
    rate = y.mean(0)
    if (rate < 0).any():
        return torch.tensor(math.nan)
    floor = 0.0 if loss.log_input else 1e-8
    return (rate - torch.xlogy(rate, rate + floor)).mean()


def _half_variance(_loss: Loss, _target: Target, y: Tensor) -> Tensor:
    """Gaussian with a variance of 1."""
    return 0.5 * y.var(0, correction=0).mean()


def _log_variance(y: Tensor) -> Tensor:
    """Gaussian that gives the variance too, of which no less than 1e-6 counts."""
    variance = y.var(0, correction=0)
    floor = variance.clamp(min=SMALLEST_VARIANCE)
    return 0.5 * (floor.log() + variance / floor).mean()


def _angle(_loss: Loss, _target: Target, y: Tensor) -> Tensor:
    """Cosine: the mean direction, at each place."""
    directions: Tensor = torch.nn.functional.normalize(y if y.dim() > 1 else y[:, None], dim=-1)
    length: Tensor = directions.mean(0).norm(dim=-1)
    return (1 - length).mean()


def _descend(loss: Loss, target: Target, output: tuple[int, ...], y: Tensor) -> float:
    """Adam from zero on the constant itself, for losses that are piecewise linear or aligned."""
    some = y[:: math.ceil(len(y) / _MOST_EXAMPLES)]
    logits = loss.model_copy(update={"from_logits": True}) if loss.type == "CTCLoss" else loss
    constant = torch.zeros(output, requires_grad=True, device=y.device)
    optimizer = torch.optim.Adam([constant], lr=0.1)
    best = math.inf
    for step in range(_DESCENT_STEPS):
        optimizer.param_groups[0]["lr"] = 0.1 * (1 - step / _DESCENT_STEPS)
        value = criterion(logits, target, constant.expand(len(some), *output), some)
        best = min(best, float(value.detach()))
        optimizer.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return best if math.isfinite(best) else math.nan


_CLOSED: dict[str, Callable[[Loss, Target, Tensor], Tensor]] = {
    "CrossEntropyLoss": _class_entropy,
    "NLLLoss": _class_entropy,
    "BCELoss": _binary_entropy,
    "BCEWithLogitsLoss": _binary_entropy,
    "MultiLabelSoftMarginLoss": _binary_entropy,
    "SoftMarginLoss": _sign_entropy,
    "MSELoss": _variance,
    "L1Loss": _median_distance,
    "SmoothL1Loss": _bisected,
    "HuberLoss": _bisected,
    "KLDivLoss": _divergence,
    "HingeEmbeddingLoss": _far_or_near,
    "PoissonNLLLoss": _poisson,
    "GaussianNLLLoss": _half_variance,
    "CosineEmbeddingLoss": _angle,
}
