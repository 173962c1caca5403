"""Plain networks that are too deep for their activation, their weights or their norms."""

from collections.abc import Iterator

from benchmarks.accuracy.configuration import Configuration
from benchmarks.accuracy.corpus.faults import DEEP, DEEP_NORM, SHATTERED, SHRINKING, Fault, sick
from benchmarks.accuracy.corpus.parts import (
    BLOBS,
    CANCER,
    CIRCLES,
    HE,
    SPIRALS,
    WINE,
    Layers,
    Task,
    mlp,
    resnet,
    submission,
)
from benchmarks.accuracy.corpus.unseen.tasks import begun
from benchmarks.remedies.unseen.parts import (
    INK,
    PICTURE,
    SIGNAL,
    STRIPES,
    SURVEY,
    TABLE,
    TILE,
    bridged_waves,
    short,
    shortcut,
    stages,
    train,
    waves,
)

Case = tuple[Task, str, str, Fault, int, int]

PLAIN: tuple[Case, ...] = (
    (INK, "Sigmoid", "RMSprop", DEEP, 7, 40),
    (INK, "Hardsigmoid", "AdamW", DEEP, 6, 48),
    (WINE, "Sigmoid", "RAdam", DEEP, 6, 24),
    (TABLE, "Sigmoid", "Adam", DEEP, 8, 40),
    (SPIRALS, "Sigmoid", "Adam", DEEP, 5, 36),
    (SURVEY, "Sigmoid", "AdamW", DEEP, 6, 36),
    (INK, "CELU", "SGD", SHRINKING, 14, 40),
    (INK, "Hardtanh", "SGD", SHRINKING, 13, 48),
    (INK, "Tanh", "Adagrad", SHRINKING, 24, 36),
    (CANCER, "ReLU", "AdamW", SHRINKING, 26, 36),
    (CANCER, "Softsign", "SGD", SHRINKING, 16, 30),
    (BLOBS, "Mish", "SGD", SHRINKING, 10, 28),
    (CIRCLES, "ReLU", "SGD", SHRINKING, 9, 36),
    (SPIRALS, "Mish", "AdamW", SHRINKING, 14, 32),
    (TABLE, "PReLU", "SGD", SHRINKING, 12, 40),
)


def configurations() -> Iterator[Configuration]:
    """Flat layers, convolutions, rectifiers at He's size, norms without shortcuts."""
    for task, activation, optimizer, fault, depth, width in PLAIN:
        broken = submission(task, mlp(task, depth, activation, width=width), train(task, optimizer))
        yield sick(
            short(task.name, activation, optimizer, depth),
            fault,
            broken,
            shortcut(task, depth, optimizer, width),
        )
    yield from _convolutions()
    yield from _shattered()
    yield from _normed()


def _convolutions() -> Iterator[Configuration]:
    """The cure is norms, rectifiers and shortcuts around about as many convolutions."""
    cases: tuple[tuple[str, Task, Layers, Layers, str, Fault], ...] = (
        ("tanh-12", SIGNAL, waves(SIGNAL, 12, "Tanh"), bridged_waves(SIGNAL, 12), "SGD", SHRINKING),
        ("silu-10", STRIPES, waves(STRIPES, 10, "SiLU"), bridged_waves(STRIPES, 10), "SGD", SHRINKING),
        ("sigmoid-5", PICTURE, stages(PICTURE, "Sigmoid", *[10] * 5), resnet(PICTURE, 2), "AdamW", DEEP),
        ("mish-9", TILE, stages(TILE, "Mish", *[8] * 9), resnet(TILE, 4), "SGD", SHRINKING),
    )
    for label, task, broken, cure, optimizer, fault in cases:
        training = train(task, optimizer)
        yield sick(
            short(task.name, "convolutions", label, optimizer),
            fault,
            submission(task, broken, training),
            submission(task, cure, training),
        )


def _shattered() -> Iterator[Configuration]:
    for task, activation, optimizer, depth in (
        (INK, "LeakyReLU", "Adam", 40),
        (TABLE, "ReLU6", "NAdam", 34),
    ):
        broken = submission(
            task, mlp(task, depth, activation, width=36), train(task, optimizer), init=begun(HE)
        )
        yield sick(
            short(task.name, "he", activation, optimizer, depth),
            SHATTERED,
            broken,
            shortcut(task, depth, optimizer),
        )


def _normed() -> Iterator[Configuration]:
    for task, activation, optimizer, depth in (
        (INK, "Mish", "AdamW", 36),
        (TABLE, "ReLU6", "AdamW", 36),
    ):
        layers = mlp(task, depth, activation, width=28, norm="BatchNorm1d")
        yield sick(
            short(task.name, "batchnorm", activation, optimizer, depth),
            DEEP_NORM,
            submission(task, layers, train(task, optimizer)),
            shortcut(task, depth, optimizer, 28),
        )
