"""Networks of every day on other programs: dropout, few layers, wide ones, other pools, Keras's defaults."""

from collections.abc import Iterator
from typing import Any

from benchmarks.accuracy.configuration import Configuration
from benchmarks.accuracy.corpus.faults import healthy
from benchmarks.accuracy.corpus.parts import (
    BLOBS,
    CANCER,
    IRIS,
    MOONS,
    SPIRALS,
    WINE,
    Layers,
    Task,
    cnn,
    mlp,
    plan,
    residual_mlp,
    resnet,
    submission,
)
from benchmarks.accuracy.corpus.unseen.tasks import (
    EIGHT,
    GREY,
    PATCH,
    RATES,
    SCAN,
    SENSOR,
    SIX,
    TWENTY,
    conv1d,
)


def configurations() -> Iterator[Configuration]:
    """All meant to be healthy."""
    dropped = mlp(GREY, 2, "ELU", width=64)
    dropped.insert(1, {"type": "Dropout", "p": 0.3})
    flat: tuple[tuple[str, Task, Layers, str, dict[str, Any]], ...] = (
        ("dropout", GREY, dropped, "AdamW", {}),
        ("linear", WINE, [mlp(WINE, 1, None)[-1]], "NAdam", {}),
        ("linear", SIX, [mlp(SIX, 1, None)[-1]], "AdamW", {}),
        ("one-layer", IRIS, mlp(IRIS, 1, "ELU"), "NAdam", {}),
        ("wide", EIGHT, mlp(EIGHT, 2, "Mish", width=200), "NAdam", {}),
        ("narrow", CANCER, mlp(CANCER, 2, "LeakyReLU", width=10), "NAdam", {}),
        ("keras", SIX, mlp(SIX, 3, "Softsign"), "AdamW", {"defaults": "keras"}),
        ("keras", BLOBS, mlp(BLOBS, 3, "GELU"), "AdamW", {"defaults": "keras"}),
        ("keras", MOONS, mlp(MOONS, 3, "SiLU"), "NAdam", {"defaults": "keras"}),
        ("residual", TWENTY, residual_mlp(TWENTY, 5, "SiLU"), "RAdam", {}),
        ("residual", SPIRALS, residual_mlp(SPIRALS, 5, "GELU"), "AdamW", {}),
        ("residual", SIX, residual_mlp(SIX, 8, "ELU", norm="RMSNorm"), "Adagrad", {}),
    )
    for label, task, layers, optimizer, more in flat:
        right = submission(task, layers, plan(task, optimizer, 2 * RATES[optimizer]), **more)
        textbook = submission(task, mlp(task, 2, "ReLU"), plan(task, lr=1e-2))
        yield healthy(f"new-{task.name}-{label}-{optimizer.lower()}", right, textbook)
    yield from _shaped()


def _shaped() -> Iterator[Configuration]:
    """Convolutions along time and over patches."""
    for label, task, layers, optimizer, lr in (
        ("normed", SENSOR, conv1d(SENSOR, 4, "GELU", norm="BatchNorm1d"), "AdamW", 5e-3),
        ("normed", SENSOR, conv1d(SENSOR, 5, "SiLU", norm="BatchNorm1d"), "SGD", 0.1),
        ("normed", SCAN, conv1d(SCAN, 3, "ReLU", norm="BatchNorm1d", channels=12), "AdamW", 1e-2),
        ("shallow", SCAN, conv1d(SCAN, 2, "ELU", channels=16), "NAdam", 1e-2),
    ):
        textbook = submission(task, conv1d(task, 3, "ReLU", norm="BatchNorm1d"), plan(task, lr=5e-3))
        name = f"new-{task.name}-{label}-conv-{optimizer.lower()}-{lr:g}"
        yield healthy(name, submission(task, layers, plan(task, optimizer, lr)), textbook)
    for label, layers, optimizer, lr in (
        ("resnet", resnet(PATCH, 3), "NAdam", 3e-3),
        ("normed-elu", cnn(PATCH, 4, norm="BatchNorm2d", activation="ELU"), "Adamax", 5e-3),
        ("normed", cnn(PATCH, 4, norm="BatchNorm2d", activation="SiLU"), "AdamW", 3e-3),
    ):
        textbook = submission(PATCH, cnn(PATCH, 3, norm="BatchNorm2d"), plan(PATCH))
        yield healthy(
            f"new-patch-{label}-{optimizer.lower()}",
            submission(PATCH, layers, plan(PATCH, optimizer, lr)),
            textbook,
        )
