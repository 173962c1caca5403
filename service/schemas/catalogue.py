"""What the builtin and the synthetic data look like, before a single example is made."""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Final, Literal

from service.schemas.data import BuiltinData, BuiltinName, DatasetInfo, SyntheticData
from service.schemas.plan import Tensor
from service.schemas.targets import Answer, synthetic_answer
from service.schemas.training import Loss

ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz .,;'\n"
"""The characters of the text set, in the order of their token numbers."""

COMPUTED = 1024
"""Examples of every set that is computed rather than shipped."""


@dataclass(frozen=True)
class DataShape:
    """Examples, the shape and dtype of one of them, and what is to be answered."""

    examples: int
    x: Tensor
    answer: Answer
    vocab: int | None = None
    """Number of different tokens, where x holds tokens (also where they are one-hot floats)."""


@dataclass(frozen=True)
class Builtin:
    """One builtin set: how it looks for a number of time steps and of classes."""

    about: str
    make: Callable[[int, int], DataShape]
    """From (length, classes)."""
    length: int | None = None
    """Default number of time steps; None where the set has no time."""
    classes: int | None = None
    """Default number of classes where it can be chosen, else None."""


def _table(examples: int, width: int, classes: int) -> Callable[[int, int], DataShape]:
    return lambda _length, _classes: DataShape(examples, Tensor(shape=(width,)), Answer("class", (), classes))


def _points(_length: int, classes: int) -> DataShape:
    return DataShape(COMPUTED, Tensor(shape=(2,)), Answer("class", (), classes))


def _tokens(length: int, vocab: int, answer: Answer) -> DataShape:
    return DataShape(COMPUTED, Tensor(shape=(length,), dtype="int"), answer, vocab)


BUILTINS: Final[dict[BuiltinName, Builtin]] = {
    "digits": Builtin("handwritten digits of 8 x 8 grey values from 0 to 16", _table(1797, 64, 10)),
    "iris": Builtin("four measures of three kinds of iris", _table(150, 4, 3)),
    "wine": Builtin("thirteen measures of three wines, on very different scales", _table(178, 13, 3)),
    "breast_cancer": Builtin("thirty measures of benign and malignant cells", _table(569, 30, 2)),
    "diabetes": Builtin(
        "ten standardised measures and a disease score from 25 to 346",
        lambda _length, _classes: DataShape(442, Tensor(shape=(10,)), Answer("real", (1,), beyond_one=True)),
    ),
    "xor": Builtin("the four rows of the exclusive or", _table(4, 2, 2)),
    "and": Builtin("the four rows of the logical and", _table(4, 2, 2)),
    "moons": Builtin("two interleaved half circles in the plane", _table(COMPUTED, 2, 2)),
    "circles": Builtin("two circles in the plane, one inside the other", _table(COMPUTED, 2, 2)),
    "spirals": Builtin("spirals in the plane, one for each class", _points, classes=2),
    "blobs": Builtin("Gaussian clouds in the plane, one for each class", _points, classes=3),
    "characters": Builtin(
        "windows of a short English text; each step's answer is the next character",
        lambda length, _classes: _tokens(
            length, len(ALPHABET), Answer("class", (length,), len(ALPHABET), per_step=True)
        ),
        length=64,
    ),
    "adding": Builtin(
        "numbers in [0, 1] beside two marks; the answer is the sum of the two marked numbers",
        lambda length, _classes: DataShape(
            COMPUTED, Tensor(shape=(length, 2)), Answer("real", (1,), beyond_one=True)
        ),
        length=50,
    ),
    "copy": Builtin(
        "symbols 1 to classes - 1 in the first half, then 0; the answer is 0 in the first half, then the symbols",
        lambda length, classes: _tokens(length, classes, Answer("class", (length,), classes, per_step=True)),
        length=20,
        classes=8,
    ),
    "first_token": Builtin(
        "random tokens; the answer is the first of them",
        lambda length, classes: _tokens(length, classes, Answer("class", (), classes)),
        length=50,
        classes=4,
    ),
    "ring": Builtin(
        "eight Gaussians on a circle in the plane, without answers: for adversarial training",
        lambda _length, _classes: DataShape(COMPUTED, Tensor(shape=(2,)), Answer("none")),
    ),
}


def builtin_shape(data: BuiltinData, entry: Tensor) -> DataShape:
    """The set as the network's input `entry` takes it.

    Where `length` is left out, the input says it. Tokens become one-hot floats where the input's shape is
    (length, vocab), and stay as they are everywhere else.
    """
    builtin = BUILTINS[data.name]
    classes = data.classes or builtin.classes or 0
    if builtin.length is None:
        return builtin.make(0, classes)
    shape = builtin.make(data.length or _steps(builtin, entry, classes), classes)
    one_hot = (*shape.x.shape, shape.vocab or 0)
    if shape.vocab and (entry.shape, entry.dtype) == (one_hot, "float"):
        return DataShape(shape.examples, Tensor(shape=one_hot), shape.answer, shape.vocab)
    return shape


def _steps(builtin: Builtin, entry: Tensor, classes: int) -> int:
    """Time steps that would fill the input, or the set's own where none would."""
    probe = builtin.make(1, classes)
    width = prod(probe.x.shape)
    if not entry.shape or 0 in entry.shape:
        return builtin.length or 1
    if probe.vocab and len(entry.shape) == 2 and entry.shape[1] in {probe.vocab, 1}:
        return entry.shape[0]
    return max(1, prod(entry.shape) // width) if prod(entry.shape) % width == 0 else builtin.length or 1


def synthetic_shape(
    data: SyntheticData, loss: Loss, entry: Tensor, vocab: int | None, output: Tensor
) -> DataShape:
    """Synthetic examples: the input's own shape, answers made to fit the output."""
    answer = Answer("none") if loss.type == "Wasserstein" else synthetic_answer(loss, output, data.task)
    return DataShape(data.examples, entry, answer, vocab)


def dataset_shape(info: DatasetInfo) -> DataShape:
    """An uploaded set: whole numbers are classes, whose number is known only once the data are read."""
    x = Tensor(shape=info.x_shape, dtype=info.x_dtype)
    if info.y_shape is None:
        return DataShape(info.examples, x, Answer("none"))
    kind: Literal["class", "real"] = "class" if info.y_dtype == "int" else "real"
    per_step = bool(info.x_shape and info.y_shape) and info.x_shape[0] == info.y_shape[0]
    return DataShape(info.examples, x, Answer(kind, info.y_shape, None, per_step))


def fits(x: Tensor, entry: Tensor) -> bool:
    """Whether examples can be reshaped (and tokens taken as numbers) to what the network takes."""
    if entry.dtype == "int":
        return (x.shape, x.dtype) == (entry.shape, "int")
    return prod(x.shape) == prod(entry.shape)
