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
_TRAITS = 4
_VISIBLE = 0.75
_PERIOD = 4
_CANDIDATES = 4


def make(data: SyntheticData, shape: DataShape) -> tuple[Tensor, Tensor | None]:
    """Examples x = scale · N(0, 1) + shift, or tokens, and the teacher's answers of shape `shape.answer`.

    The teacher is a layer of tanh features and a random readout. Of a plain row of numbers it sees all of them.
    Images, sequences and tokens have a few hidden traits each, woven into all of their places, and these it
    sees; so a convolution, a recurrent network and a plain one can all learn it within some hundred steps.
    Answers for each place depend on that place. What it sees is before scale and shift, so that these change
    how hard the network has it and not what is to be learned. The same for every seed.
    """
    dice = torch.Generator().manual_seed(0)
    x, places, whole = _inputs(data, shape, dice)
    answer = shape.answer
    if answer.kind == "none":
        return x, None
    teacher = _Teacher(places, whole, dice)
    if answer.kind == "class":
        return x, teacher.scores(answer.shape, max(2, answer.classes or 2)).argmax(-1)
    return x, data.target_scale * teacher.numbers(answer.shape) + data.target_shift


def _inputs(data: SyntheticData, shape: DataShape, dice: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """The examples, and what the teacher sees of their places and of each as a whole."""
    size = (data.examples, *shape.x.shape)
    traits = torch.randn(data.examples, _TRAITS, generator=dice)
    if shape.x.dtype == "int":
        meanings = torch.randn(shape.vocab or 2, _TRAITS, generator=dice)
        tokens = _chosen(size, traits, meanings, dice)
        return tokens, meanings[tokens], traits
    seen = torch.randn(size, generator=dice)
    if len(shape.x.shape) < 2:
        return data.scale * seen + data.shift, seen, seen.reshape(data.examples, -1)
    woven = traits @ _patterns(shape.x.shape, dice)
    seen = math.sqrt(_VISIBLE) * woven.reshape(size) + math.sqrt(1 - _VISIBLE) * seen
    return data.scale * seen + data.shift, seen, traits


def _patterns(shape: Shape, dice: torch.Generator) -> Tensor:
    """(traits, values): a small random texture for each trait, repeated along every axis, of unit variance in sum."""
    pattern = torch.randn(_TRAITS, *(min(length, _PERIOD) for length in shape), generator=dice)
    pattern = functional.normalize(pattern, dim=0)
    for axis, length in enumerate(shape, start=1):
        pattern = pattern.index_select(axis, torch.arange(length) % _PERIOD)
    return pattern.reshape(_TRAITS, -1)


def _chosen(size: Shape, traits: Tensor, meanings: Tensor, dice: torch.Generator) -> Tensor:
    """Tokens, each the one of a few random candidates whose meaning is nearest to the example's traits."""
    candidates = torch.randint(len(meanings), (*size, _CANDIDATES), generator=dice)
    near = torch.einsum("n...k,nk->n...", meanings[candidates], traits)
    return candidates.gather(-1, near.argmax(-1, keepdim=True)).squeeze(-1)


class _Teacher:
    """Answers of a shape, from places (n, channels or time, ...) or from examples as a whole (n, numbers)."""

    def __init__(self, places: Tensor, whole: Tensor, dice: torch.Generator) -> None:
        self._places = places
        self._whole = whole
        self._dice = dice

    def numbers(self, shape: Shape) -> Tensor:
        """Real answers (n, *shape); place by place where the inputs have the same places."""
        if len(shape) >= 2 and self._has(shape[:-1]):
            return self.scores(shape[:-1], shape[-1])
        if len(shape) >= 2 and self._has(shape[1:]):
            return self.scores(shape[1:], shape[0]).movedim(-1, 1)
        return self.scores(shape, 1).squeeze(-1)

    def scores(self, places: Shape, classes: int) -> Tensor:
        """Standardised scores (n, *places, classes)."""
        if self._has(places):
            scores = self._at(places) @ self._random(_FEATURES, classes)
        else:
            wide = self._random(_FEATURES, math.prod(places) * classes)
            scores = (self._layer(self._whole) @ wide).reshape(-1, *places, classes)
        return (scores - scores.mean(0)) / scores.std(0, correction=0).clamp(min=1e-6)

    def _has(self, places: Shape) -> bool:
        """Whether each answer has a part of the input to itself: a pixel, a time step or a stretch of time."""
        if self._places.dim() < 3 or not places:
            return False
        stretches = len(places) == 1 and 1 < places[0] <= self._places.shape[1]
        return stretches or tuple(self._places.shape[2:]) == places

    def _at(self, places: Shape) -> Tensor:
        """Features (n, *places, features): of pixels (channels first), or averaged over stretches of time."""
        if tuple(self._places.shape[2:]) == places:
            return self._layer(self._places.movedim(1, -1))
        by_time = self._layer(self._places.flatten(2)).movedim(1, -1)
        return functional.adaptive_avg_pool1d(by_time, places[0]).movedim(-1, 1)

    def _layer(self, values: Tensor) -> Tensor:
        width = values.shape[-1]
        weight = self._random(width, _FEATURES) * (_GAIN / math.sqrt(width))
        return torch.tanh(values @ weight + self._random(_FEATURES) / 2)

    def _random(self, *size: int) -> Tensor:
        return torch.randn(*size, generator=self._dice)
