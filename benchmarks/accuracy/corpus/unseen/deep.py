"""Too deep for what they are made of: flat layers, convolutions along time and space, and norms without shortcuts."""

from collections.abc import Iterator

from benchmarks.accuracy.configuration import Configuration
from benchmarks.accuracy.corpus.faults import DEEP, DEEP_NORM, SHATTERED, SHRINKING, Fault, healthy, sick
from benchmarks.accuracy.corpus.parts import (
    BLOBS,
    CANCER,
    CIRCLES,
    DIABETES,
    HE,
    IRIS,
    MOONS,
    REGRESSION,
    SPIRALS,
    WINE,
    Layers,
    Task,
    cnn,
    mlp,
    plan,
    submission,
)
from benchmarks.accuracy.corpus.unseen.tasks import (
    GREY,
    PATCH,
    RATES,
    SENSOR,
    SIX,
    TWENTY,
    begun,
    conv1d,
    textbook,
)

Case = tuple[Task, str, str, Fault, tuple[int, ...], int]

PLAIN: tuple[Case, ...] = (
    (SIX, "Sigmoid", "SGD", DEEP, (4, 9), 48),
    (BLOBS, "Sigmoid", "AdamW", DEEP, (7, 11), 24),
    (IRIS, "Hardsigmoid", "RMSprop", DEEP, (6, 10), 20),
    (CIRCLES, "Sigmoid", "NAdam", DEEP, (7, 12), 32),
    (TWENTY, "Sigmoid", "SGD", DEEP, (3, 6), 48),
    (WINE, "Sigmoid", "Adamax", DEEP, (8,), 40),
    (GREY, "Softsign", "SGD", SHRINKING, (12, 22), 40),
    (WINE, "ELU", "SGD", SHRINKING, (10, 20), 24),
    (MOONS, "GELU", "SGD", SHRINKING, (8, 14), 40),
    (IRIS, "Tanh", "RMSprop", SHRINKING, (14, 24), 20),
    (GREY, "LeakyReLU", "AdamW", SHRINKING, (14, 28), 40),
    (BLOBS, "SiLU", "SGD", SHRINKING, (7, 13), 24),
    (GREY, "Mish", "SGD", SHRINKING, (8, 16), 48),
    (DIABETES, "Tanh", "ASGD", SHRINKING, (9, 15), 24),
    (CANCER, "GELU", "Adagrad", SHRINKING, (12, 20), 40),
    (TWENTY, "CELU", "SGD", SHRINKING, (9, 18), 32),
    (SPIRALS, "Softsign", "RMSprop", SHRINKING, (14,), 32),
    (SIX, "Hardswish", "RAdam", SHRINKING, (10, 18), 40),
)


def configurations() -> Iterator[Configuration]:
    """Sick ones first."""
    for task, activation, optimizer, fault, depths, width in PLAIN:
        for depth in depths:
            name = f"new-{task.name}-{activation.lower()}-{optimizer.lower()}-{depth}"
            broken = submission(
                task, mlp(task, depth, activation, width=width), plan(task, optimizer, RATES[optimizer])
            )
            yield sick(name, fault, broken, textbook(task, depth, optimizer))
    yield from _convolutions()
    yield from _shattered()
    yield from _normed()
    yield from _done_right()


def _convolutions() -> Iterator[Configuration]:
    layers: tuple[tuple[Task, Layers, Layers, str, Fault, int], ...] = (
        (
            SENSOR,
            conv1d(SENSOR, 10, "ReLU"),
            conv1d(SENSOR, 4, "ReLU", norm="BatchNorm1d"),
            "SGD",
            SHRINKING,
            10,
        ),
        (
            SENSOR,
            conv1d(SENSOR, 16, "ReLU"),
            conv1d(SENSOR, 4, "ReLU", norm="BatchNorm1d"),
            "SGD",
            SHRINKING,
            16,
        ),
        (
            SENSOR,
            conv1d(SENSOR, 6, "Sigmoid"),
            conv1d(SENSOR, 4, "ReLU", norm="BatchNorm1d"),
            "AdamW",
            DEEP,
            6,
        ),
        (PATCH, cnn(PATCH, 12, activation="Tanh"), cnn(PATCH, 4, norm="BatchNorm2d"), "NAdam", SHRINKING, 12),
        (PATCH, cnn(PATCH, 10, activation="ELU"), cnn(PATCH, 4, norm="BatchNorm2d"), "SGD", SHRINKING, 10),
    )
    for task, broken, cure, optimizer, fault, depth in layers:
        training = plan(task, optimizer, RATES[optimizer])
        name = f"new-{task.name}-{fault.mechanism}-conv-{optimizer.lower()}-{depth}"
        yield sick(name, fault, submission(task, broken, training), submission(task, cure, training))


def _shattered() -> Iterator[Configuration]:
    for task, activation, optimizer, depth in (
        (GREY, "LeakyReLU", "SGD", 44),
        (MOONS, "ReLU", "AdamW", 36),
        (SIX, "ReLU", "NAdam", 40),
        (WINE, "PReLU", "SGD", 40),
    ):
        name = f"new-{task.name}-he-{activation.lower()}-{optimizer.lower()}-{depth}"
        training = plan(task, optimizer, RATES[optimizer])
        broken = submission(task, mlp(task, depth, activation, width=40), training, init=begun(HE))
        yield sick(name, SHATTERED, broken, textbook(task, depth, optimizer))


def _normed() -> Iterator[Configuration]:
    for task, activation, optimizer, depth in (
        (CANCER, "ReLU", "NAdam", 30),
        (SIX, "GELU", "SGD", 30),
        (BLOBS, "LeakyReLU", "AdamW", 26),
        (GREY, "ReLU", "RAdam", 44),
    ):
        name = f"new-{task.name}-batchnorm-{activation.lower()}-{optimizer.lower()}-{depth}"
        layers = mlp(task, depth, activation, width=40, norm="BatchNorm1d")
        broken = submission(task, layers, plan(task, optimizer, RATES[optimizer]))
        yield sick(name, DEEP_NORM, broken, textbook(task, depth, optimizer))


def _done_right() -> Iterator[Configuration]:
    """Depth with shortcuts, or with weights or norms that keep the signal."""
    for task, optimizer, depth in (
        (CANCER, "NAdam", 24),
        (GREY, "RAdam", 16),
        (BLOBS, "AdamW", 12),
        (TWENTY, "Adamax", 14),
        (IRIS, "RMSprop", 10),
    ):
        name = f"new-{task.name}-residual-{optimizer.lower()}-{depth}"
        yield healthy(name, textbook(task, depth, optimizer), textbook(task))
    for task, activation, depth, optimizer, norm in (
        (WINE, "PReLU", 7, "Adam", "LayerNorm"),
        (REGRESSION, "ELU", 5, "RAdam", None),
        (MOONS, "GELU", 5, "NAdam", None),
        (SIX, "Mish", 8, "NAdam", "BatchNorm1d"),
        (GREY, "LeakyReLU", 6, "NAdam", None),
    ):
        name = f"new-{task.name}-begun-{activation.lower()}-{optimizer.lower()}-{depth}"
        layers = mlp(task, depth, activation, width=40, norm=norm)
        right = submission(task, layers, plan(task, optimizer, RATES[optimizer]), init=begun(HE))
        yield healthy(name, right, textbook(task))
    training = plan(SENSOR, "NAdam", 3e-3)
    yield healthy(
        "new-sensor-conv-nadam-3",
        submission(SENSOR, conv1d(SENSOR, 3, "ReLU"), training, init=begun(HE, "Conv1d")),
        submission(SENSOR, conv1d(SENSOR, 3, "ReLU", norm="BatchNorm1d"), plan(SENSOR)),
    )
