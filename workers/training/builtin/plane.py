"""Points in the plane: truth tables, half circles, spirals and clouds, drawn from a fixed seed."""

import math

import torch
from torch import Tensor

from service.schemas.catalogue import DataShape

_SPREAD = 0.1
_CORNERS = ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))


def exclusive_or(_shape: DataShape) -> tuple[Tensor, Tensor]:
    """The truth table of XOR."""
    return torch.tensor(_CORNERS), torch.tensor([0, 1, 1, 0])


def logical_and(_shape: DataShape) -> tuple[Tensor, Tensor]:
    """The truth table of AND."""
    return torch.tensor(_CORNERS), torch.tensor([0, 0, 0, 1])


def moons(shape: DataShape) -> tuple[Tensor, Tensor]:
    """Two half circles that reach into each other."""
    y = _classes(shape)
    angle = torch.linspace(0, 1, shape.examples) * math.pi
    upper = torch.stack((angle.cos(), angle.sin()), dim=1)
    lower = torch.stack((1 - angle.cos(), 0.5 - angle.sin()), dim=1)
    return torch.where(y[:, None] == 0, upper, lower) + _noise(shape), y


def circles(shape: DataShape) -> tuple[Tensor, Tensor]:
    """A circle of radius 1 (class 0) around one of radius 1/2 (class 1)."""
    y = _classes(shape)
    angle = torch.linspace(0, 2 * math.pi, shape.examples)
    return _polar(1 - 0.5 * y, angle) + 0.5 * _noise(shape), y


def spirals(shape: DataShape) -> tuple[Tensor, Tensor]:
    """One arm per class, winding once around the origin."""
    y = _classes(shape)
    way = torch.linspace(0.1, 1, shape.examples)
    angle = 2 * math.pi * (way + y / (shape.answer.classes or 2))
    return _polar(way, angle) + 0.2 * _noise(shape), y


def blobs(shape: DataShape) -> tuple[Tensor, Tensor]:
    """One Gaussian cloud per class, their centres on a circle of radius 4."""
    y = _classes(shape)
    centres = _polar(torch.full_like(y, 4), 2 * math.pi * y / (shape.answer.classes or 3))
    return centres + 10 * _noise(shape), y


def ring(shape: DataShape) -> tuple[Tensor, None]:
    """Eight narrow Gaussians on a circle of radius 2."""
    place = torch.arange(shape.examples) % 8
    return _polar(torch.full_like(place, 2), 2 * math.pi * place / 8) + 0.2 * _noise(shape), None


def _classes(shape: DataShape) -> Tensor:
    """Class numbers in turn, so that every class has as many examples."""
    return torch.arange(shape.examples) % (shape.answer.classes or 2)


def _noise(shape: DataShape) -> Tensor:
    return _SPREAD * torch.randn(shape.examples, 2, generator=torch.Generator().manual_seed(0))


def _polar(radius: Tensor, angle: Tensor) -> Tensor:
    return torch.stack((radius * angle.cos(), radius * angle.sin()), dim=1)
