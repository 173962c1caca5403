"""Sequence tasks: a text, sums and copies over a distance, drawn from a fixed seed."""

import torch
from torch import Tensor
from torch.nn import functional

from service.schemas.catalogue import ALPHABET, DataShape
from workers.training.builtin.text import TEXT


def characters(shape: DataShape) -> tuple[Tensor, Tensor]:
    """Windows of the text, evenly spread over it; the answer is the same window one character on."""
    text = torch.tensor([ALPHABET.index(character) for character in TEXT])
    length = shape.answer.shape[0]
    tokens = text.repeat((length + 1) // len(text) + 1)
    starts = torch.linspace(0, len(tokens) - length - 1, shape.examples).long()
    windows = tokens[starts[:, None] + torch.arange(length + 1)]
    return _tokens(windows[:, :-1], shape), windows[:, 1:]


def adding(shape: DataShape) -> tuple[Tensor, Tensor]:
    """Numbers in [0, 1] and two marks, one in each half; the answer is the sum of the marked numbers."""
    length = shape.x.shape[0]
    numbers = torch.rand(shape.examples, length, generator=_generator())
    marks = torch.zeros(shape.examples, length)
    half = max(1, length // 2)
    first = torch.randint(half, (shape.examples, 1), generator=_generator(1))
    second = torch.randint(min(half, length - 1), length, (shape.examples, 1), generator=_generator(2))
    marks.scatter_(1, first, 1.0).scatter_(1, second, 1.0)
    return torch.stack((numbers, marks), dim=2), (numbers * marks).sum(1, keepdim=True)


def copy(shape: DataShape) -> tuple[Tensor, Tensor]:
    """Symbols from 1 up, then as many zeros; the answer is zeros, then the symbols."""
    length = shape.answer.shape[0]
    size = (shape.examples, length // 2)
    symbols = torch.randint(1, max(2, shape.answer.classes or 2), size, generator=_generator())
    silence = torch.zeros(shape.examples, length - length // 2, dtype=torch.int64)
    return _tokens(torch.cat((symbols, silence), dim=1), shape), torch.cat((silence, symbols), dim=1)


def first_token(shape: DataShape) -> tuple[Tensor, Tensor]:
    """Random tokens; the answer is the first."""
    length = shape.x.shape[0]
    tokens = torch.randint(shape.answer.classes or 2, (shape.examples, length), generator=_generator())
    return _tokens(tokens, shape), tokens[:, 0]


def _tokens(tokens: Tensor, shape: DataShape) -> Tensor:
    """Token numbers, or one-hot floats where the shape says so."""
    one_hot = shape.x.dtype == "float" and shape.vocab is not None
    return functional.one_hot(tokens, shape.vocab or -1).float() if one_hot else tokens


def _generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
