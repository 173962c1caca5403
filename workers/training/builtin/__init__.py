"""The builtin data sets as tensors: the same examples for every seed, as the catalogue describes them."""

from collections.abc import Callable
from typing import Final

from torch import Tensor

from service.schemas.catalogue import DataShape
from service.schemas.data import BuiltinName
from workers.training.builtin import plane, sequences, tables

Maker = Callable[[DataShape], tuple[Tensor, Tensor | None]]

_MAKERS: Final[dict[BuiltinName, Maker]] = {
    "digits": tables.digits,
    "iris": tables.iris,
    "wine": tables.wine,
    "breast_cancer": tables.breast_cancer,
    "diabetes": tables.diabetes,
    "xor": plane.exclusive_or,
    "and": plane.logical_and,
    "moons": plane.moons,
    "circles": plane.circles,
    "spirals": plane.spirals,
    "blobs": plane.blobs,
    "ring": plane.ring,
    "characters": sequences.characters,
    "adding": sequences.adding,
    "copy": sequences.copy,
    "first_token": sequences.first_token,
}


def make(name: BuiltinName, shape: DataShape) -> tuple[Tensor, Tensor | None]:
    """Examples (n, *x) and their answers: class numbers (int64) or real numbers (float32), or none."""
    return _MAKERS[name](shape)
