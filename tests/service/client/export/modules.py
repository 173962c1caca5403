"""Modules that are easy, awkward or impossible to export."""

from typing import Any

import torch
from torch import Tensor, nn


class Cnn(nn.Module):
    """Batch norm, dropout, a table and tied weights."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3, padding=1)
        self.bn = nn.BatchNorm2d(4)
        self.drop = nn.Dropout(0.3)
        self.up = nn.Linear(256, 16, bias=False)
        self.again = nn.Linear(256, 16, bias=False)
        self.again.weight = self.up.weight
        self.head = nn.Linear(16, 10)
        self.register_buffer("mask", torch.rand(256))

    def forward(self, x: Tensor) -> Tensor:
        h = self.drop(torch.relu(self.bn(self.conv(x)))).flatten(1)
        return self.head(self.up(h) + self.again(h * self.mask))


class Masked(nn.Module):
    """A second input that the data do not go to."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(7, 8)
        self.head = nn.Linear(8, 3)

    def forward(self, tokens: Tensor, mask: Tensor | None = None, *, scale: float = 1.0) -> Any:
        h = self.embedding(tokens) * scale
        return {"logits": self.head((h if mask is None else h * mask.unsqueeze(-1)).mean(1))}


class Bessel(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.special.i1(x)


class Inexpressible(nn.Module):
    """An operator deep inside that ONNX does not have."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.inner = nn.Sequential(nn.Tanh(), Bessel())

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(self.first(x))


class Branching(nn.Module):
    """What it computes depends on the data."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.norm = nn.BatchNorm1d(4)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.first(x))
        return y if x.sum() > -1e9 else -y


class Rigid(nn.Module):
    """It was written for batches of four."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(6, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(x.reshape(4, 6))


class Doubled(torch.autograd.Function):
    @staticmethod
    def forward(_context: Any, x: Tensor) -> Tensor:
        return x * 2

    @staticmethod
    def backward(_context: Any, gradient: Tensor) -> Tensor:
        return gradient


class OwnGradient(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        return Doubled.apply(self.head(x))


class PartlyUsed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(4, 2)
        self.forgotten = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(x)
