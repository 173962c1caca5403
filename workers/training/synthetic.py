"""Synthetic tasks: normal inputs of any shape, and a fixed random teacher whose answers can be learned from them."""

import math

import torch
from torch import Tensor
from torch.nn import functional

from service.schemas.catalogue import DataShape
from service.schemas.data import SyntheticData
from service.schemas.plan import Shape

_FEATURES = 16
_GAIN = 1.5


def make(data: SyntheticData, shape: DataShape) -> tuple[Tensor, Tensor | None]:
    """Examples x = scale · N(0, 1) + shift, or uniform tokens, and the teacher's answers of shape `shape.answer`.

    The teacher sees the values before scale and shift, so that these change how hard the network has it and
    not what is to be learned. It is a layer of tanh features, averaged over places (which a convolution, a
    recurrent network and a plain one can all learn), and a random readout. The same for every seed.
    """
    dice = torch.Generator().manual_seed(0)
    x, seen = _inputs(data, shape, dice)
    answer = shape.answer
    if answer.kind == "none":
        return x, None
    if answer.kind == "class":
        return x, _scores(seen, answer.shape, max(2, answer.classes or 2), dice).argmax(-1)
    return x, data.target_scale * _numbers(seen, answer.shape, dice) + data.target_shift


def _inputs(data: SyntheticData, shape: DataShape, dice: torch.Generator) -> tuple[Tensor, Tensor]:
    """The examples, and what the teacher sees of them."""
    size = (data.examples, *shape.x.shape)
    if shape.x.dtype == "int":
        vocab = shape.vocab or 2
        x = torch.randint(vocab, size, generator=dice)
        return x, torch.randn(vocab, _FEATURES, generator=dice)[x]
    seen = torch.randn(size, generator=dice)
    return data.scale * seen + data.shift, seen


def _numbers(seen: Tensor, shape: Shape, dice: torch.Generator) -> Tensor:
    """Real answers (n, *shape); place by place where the inputs have the same places."""
    if len(shape) >= 2 and _has_places(seen, shape[:-1]):
        return _scores(seen, shape[:-1], shape[-1], dice)
    if len(shape) >= 2 and _has_places(seen, shape[1:]):
        return _scores(seen, shape[1:], shape[0], dice).movedim(-1, 1)
    return _scores(seen, shape, 1, dice).squeeze(-1)


def _scores(seen: Tensor, places: Shape, classes: int, dice: torch.Generator) -> Tensor:
    """Standardised scores (n, *places, classes)."""
    if _has_places(seen, places):
        features = _at_places(seen, places, dice)
        scores = features @ torch.randn(_FEATURES, classes, generator=dice)
    else:
        wide = torch.randn(_FEATURES, math.prod(places) * classes, generator=dice)
        scores = (_of_the_whole(seen, dice) @ wide).reshape(len(seen), *places, classes)
    return (scores - scores.mean(0)) / scores.std(0, correction=0).clamp(min=1e-6)


def _has_places(seen: Tensor, places: Shape) -> bool:
    """Whether each answer has a part of the input to itself: a pixel, a time step or a stretch of time."""
    if seen.dim() < 3 or not places:
        return False
    return tuple(seen.shape[2:]) == places or (len(places) == 1 and 1 < places[0] <= seen.shape[1])


def _at_places(seen: Tensor, places: Shape, dice: torch.Generator) -> Tensor:
    """Features (n, *places, features): of pixels (channels first), or averaged over stretches of time."""
    if tuple(seen.shape[2:]) == places:
        return _layer(seen.movedim(1, -1), dice)
    by_time = _layer(seen.flatten(2), dice).movedim(1, -1)
    return functional.adaptive_avg_pool1d(by_time, places[0]).movedim(-1, 1)


def _of_the_whole(seen: Tensor, dice: torch.Generator) -> Tensor:
    """Features (n, features) of whole examples; over (time, features) and (channels, places) alike."""
    if seen.dim() < 3:
        return _layer(seen.reshape(len(seen), -1), dice)
    features = _averaged(seen.flatten(2).movedim(1, -1), dice)
    return features + _averaged(seen, dice) if seen.dim() == 3 else features


def _averaged(rows: Tensor, dice: torch.Generator) -> Tensor:
    return _layer(rows, dice).mean(1) * math.sqrt(rows.shape[1])


def _layer(values: Tensor, dice: torch.Generator) -> Tensor:
    width = values.shape[-1]
    weight = torch.randn(width, _FEATURES, generator=dice) * (_GAIN / math.sqrt(width))
    return torch.tanh(values @ weight)
